"""A stand-in for the interface of `huggingface_hub.HfApi`, as far as it is used: repositories in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any


@dataclass
class StandInHub:
    """Keeps what is uploaded; `owner` is who is logged in."""

    owner: str = "me"
    repositories: dict[str, SimpleNamespace] = field(default_factory=dict)
    refusal: Exception | None = None
    """Raised in place of an answer."""

    def create_repo(self, repo_id: str, *, repo_type: str, private: bool, exist_ok: bool) -> Any:
        if self.refusal is not None:
            raise self.refusal
        name = repo_id if "/" in repo_id else f"{self.owner}/{repo_id}"
        if name not in self.repositories:
            self.repositories[name] = SimpleNamespace(private=private, repo_type=repo_type, files={}, commits=[])
        elif not exist_ok:
            raise AssertionError("made twice")
        return SimpleNamespace(repo_id=name)

    def repo_info(self, repo_id: str, *, repo_type: str) -> Any:
        found = self.repositories[repo_id]
        assert found.repo_type == repo_type
        return SimpleNamespace(private=found.private)

    def create_commit(self, repo_id: str, operations: Any, *, commit_message: str, repo_type: str) -> Any:
        found = self.repositories[repo_id]
        assert found.repo_type == repo_type
        found.commits.append(commit_message)
        for operation in operations:
            content = operation.path_or_fileobj
            found.files[operation.path_in_repo] = content if isinstance(content, bytes) else Path(content).read_bytes()

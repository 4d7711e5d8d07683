"""Uploading a folder's files to a model hub, told beforehand; private unless said otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from molreflect.tools.errors import InputError, shorten

RepoType = Literal["dataset", "model"]
_NAME = re.compile(r"(?:[\w.-]+/)?[\w.-]+", re.ASCII)
_PAGES: Mapping[RepoType, str] = {"dataset": "https://huggingface.co/datasets/", "model": "https://huggingface.co/"}


class Hub(Protocol):
    """What is used of `huggingface_hub.HfApi`."""

    def create_repo(self, repo_id: str, *, repo_type: str, private: bool, exist_ok: bool) -> Any:
        """Make a repository where there is none; what it gives has the full name as `repo_id`."""

    def repo_info(self, repo_id: str, *, repo_type: str) -> Any:
        """Look a repository up; what it gives has `private`."""

    def create_commit(self, repo_id: str, operations: Any, *, commit_message: str, repo_type: str) -> Any:
        """Upload files in one commit."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What would be uploaded, and as what."""

    name: str
    """`owner/name`, or a name of one's own account."""
    kind: RepoType
    files: Mapping[str, bytes | Path]
    """Path in the repository, and its content or the file that has it."""
    message: str
    private: bool = True

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InputError(f"{shorten(self.name)} is no name on the hub; pass owner/name, e.g. me/my-run")

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of every file."""
        return {
            path: len(content) if isinstance(content, bytes) else content.stat().st_size
            for path, content in self.files.items()
        }


def files_of(folder: Path, names: Sequence[str], *, made_by: str) -> dict[str, bytes | Path]:
    """Take files of a folder.

    Args:
        folder: The folder.
        names: Files that must be there.
        made_by: What makes one that is missing, for the message.

    Raises:
        InputError: One is missing.
    """
    if missing := [name for name in names if not (folder / name).is_file()]:
        raise InputError(f"{folder / missing[0]} does not exist; make it with {made_by}")
    return {name: folder / name for name in names}


def push(upload: Upload, hub: Hub | None = None) -> str:
    """Upload files to the hub, in one commit; what is there under other names stays.

    Args:
        upload: What and where to.
        hub: The hub's interface; `huggingface_hub`'s own where not given.

    Returns:
        The address of its page.

    Raises:
        InputError: The package is missing, nobody is logged in, the hub cannot be reached or refuses, or the repository
            exists and is public where it should be private.
    """
    try:
        from huggingface_hub import CommitOperationAdd, HfApi
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError
    except ImportError as error:
        raise InputError("uploading needs huggingface_hub; run: pip install huggingface_hub") from error
    # What the HTTP library raises without an answer; the hub's package changed that library once.
    transport: type[Exception] = next(base for base in HfHubHTTPError.__bases__ if base is not OSError)
    api: Any = hub or HfApi()
    try:
        made = api.create_repo(upload.name, repo_type=upload.kind, private=upload.private, exist_ok=True)
        name = str(getattr(made, "repo_id", upload.name))
        if upload.private and not api.repo_info(name, repo_type=upload.kind).private:
            raise InputError(f"{name} exists and is public; pass --public to upload there, or another name")
        operations = [CommitOperationAdd(path, _content(content)) for path, content in upload.files.items()]
        api.create_commit(name, operations, commit_message=upload.message, repo_type=upload.kind)
    except LocalTokenNotFoundError as error:
        raise InputError("nobody is logged in to the hub; run `hf auth login`, or set HF_TOKEN") from error
    except (HfHubHTTPError, HFValidationError) as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        advice = "; log in with `hf auth login`, or set HF_TOKEN" if status == 401 else ""
        raise InputError(f"the hub refused {upload.name}: {_first_line(error)}{advice}") from error
    except (OSError, transport) as error:  # no network, or HF_HUB_OFFLINE
        raise InputError(f"the hub cannot be reached: {_first_line(error)}; see that the network is there") from error
    return _PAGES[upload.kind] + name


def _content(content: bytes | Path) -> bytes | str:
    return content if isinstance(content, bytes) else str(content)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]

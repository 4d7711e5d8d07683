"""A provider's batches behind OpenAI's interface: upload, create, look, download; each again until it is answered."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import openai
from openai.types import Batch

from molreflect.agents.errors import CapReachedError, TroubleKind, endpoint_trouble
from molreflect.agents.models.batch_files import URL
from molreflect.agents.models.openai_chat import TolerantChatOpenAI
from molreflect.tools.storage import atomic_path

R = TypeVar("R")

TIMEOUT = 600.0
"""Seconds for one step of a request: files are large."""
_LONGEST = 30.0
"""Seconds between two tries, at most."""
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class BatchLook:
    """A batch as its provider has it now."""

    id: str
    status: str
    """OpenAI's word: `validating`, `in_progress`, `completed`, `expired`, `cancelled`, `failed` ..."""
    done: int
    of: int
    output_id: str
    """File of results; empty where there is none."""
    errors_id: str
    """File of lines that failed; empty where there is none."""
    said: str
    """Why it failed, in the provider's words."""

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.status in ("completed", "expired", "cancelled", "failed")


class BatchService:
    """Batches of the provider that a chat model belongs to."""

    def __init__(
        self, model: TolerantChatOpenAI, *, patience: float, wait: Callable[[float], bool], named: str = "--batch-file"
    ) -> None:
        """Use the address and the key of a model.

        Args:
            model: The teacher's.
            patience: Seconds to try again while the provider answers nothing.
            wait: Waits some seconds; False where the run stops meanwhile.
            named: What to advise where the provider has no batches.
        """
        # A client of its own: the model's bounds the whole of an answer, and a file of results takes longer than that.
        client = openai.DefaultHttpxClient(timeout=TIMEOUT)
        self._client = model.root_client.with_options(http_client=client, timeout=TIMEOUT, max_retries=0)
        self._patience, self._wait, self._named = patience, wait, named

    def upload(self, path: Path, name: str, *, look_first: bool) -> str:
        """Upload a file of requests once.

        Args:
            path: The file.
            name: What the provider calls it; no other file has the name.
            look_first: Whether an earlier try may have got through.

        Returns:
            The provider's id of the file.

        Raises:
            CapReachedError: The provider refuses, does not answer, or the run stops.
        """
        looks = look_first

        def once() -> str:
            nonlocal looks
            if looks and (known := self._file_named(name, path.stat().st_size)) is not None:
                return known
            looks = True  # at the next try
            with path.open("rb") as file:
                return str(self._client.files.create(file=(name, file), purpose="batch").id)

        return self._ask(once, "take a file")

    def submit(self, file_id: str, made: float, *, look_first: bool) -> BatchLook:
        """Have a file of requests worked on once.

        Args:
            file_id: From `upload`; no other batch has it.
            made: When the file was made, in seconds; older batches need no look.
            look_first: Whether an earlier try may have got through.

        Raises:
            CapReachedError: As `upload`.
        """
        looks = look_first

        def once() -> BatchLook:
            nonlocal looks
            if looks and (known := self._batch_of(file_id, made)) is not None:
                return known
            looks = True  # at the next try
            created = self._client.batches.create(
                completion_window="24h",
                endpoint=URL,
                input_file_id=file_id,
                metadata={"made_by": "molreflect"},
            )
            return _look(created)

        return self._ask(once, "begin a batch")

    def look(self, batch_id: str) -> BatchLook:
        """See how far a batch is.

        Raises:
            CapReachedError: As `upload`.
        """
        return self._ask(lambda: _look(self._client.batches.retrieve(batch_id)), f"speak of {batch_id}")

    def download(self, file_id: str, path: Path) -> None:
        """Download a file, whole or not at all.

        Raises:
            CapReachedError: As `upload`.
        """

        def once() -> None:
            with self._client.files.with_streaming_response.content(file_id) as response, atomic_path(path) as part:
                response.stream_to_file(part)

        self._ask(once, f"give {file_id}")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _file_named(self, name: str, size: int) -> str | None:
        for file in self._client.files.list(purpose="batch"):
            if file.filename == name and file.bytes == size:
                return str(file.id)
        return None

    def _batch_of(self, file_id: str, made: float) -> BatchLook | None:
        for batch in self._client.batches.list(limit=100):  # the newest first
            if batch.input_file_id == file_id:
                return _look(batch)
            if batch.created_at < made - _DAY:  # clocks differ
                return None
        return None

    def _ask(self, call: Callable[[], R], what: str) -> R:
        failed_at: float | None = None
        failures = 0
        while True:
            try:
                return call()
            except Exception as error:
                trouble = endpoint_trouble(error)
                if trouble is None:
                    raise
                now = time.monotonic()
                failed_at = now if failed_at is None else failed_at
                failures += 1
                if trouble.kind not in (TroubleKind.BUSY, TroubleKind.TRANSIENT):
                    advice = f"; for a server without batches use {self._named}" if "404" in trouble.text else ""
                    raise CapReachedError(f"the endpoint does not {what}: {trouble.text}{advice}") from error
                pause = trouble.retry_after or min(_LONGEST, 0.5 * 2.0**failures) * random.uniform(0.5, 1.0)
                if now + pause - failed_at > self._patience:
                    patience = f"within {self._patience:g} s"
                    raise CapReachedError(f"the endpoint does not {what} {patience}: {trouble.text}") from error
                if not self._wait(pause):
                    raise CapReachedError(f"the run stops while the endpoint does not {what}") from error


def _look(batch: Batch) -> BatchLook:
    counts = batch.request_counts
    errors = (batch.errors.data if batch.errors is not None else None) or []
    return BatchLook(
        id=batch.id,
        status=str(batch.status),
        done=0 if counts is None else counts.completed + counts.failed,
        of=0 if counts is None else counts.total,
        output_id=batch.output_file_id or "",
        errors_id=batch.error_file_id or "",
        said=" ".join("; ".join(dict.fromkeys(e.message or e.code or "" for e in errors)).split())[:300],
    )

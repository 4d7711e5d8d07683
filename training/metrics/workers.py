"""RDKit on all cores: processes that read molecules, fed through pipes.

Plain subprocesses instead of `multiprocessing`: they work from a notebook, a script without a main guard and a process
with threads alike, and one that dies (RDKit is C++, and predictions are arbitrary text) takes one row with it
instead of the evaluation.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from types import TracebackType
from typing import Any, Self

from training.metrics.molecules import Fingerprints, Identity, Invalid, MoleculeReader, Progress, Reading

_SMALL = 300
"""Fewer distinct molecules than this are read in this process: starting others takes longer."""
_CHUNK = 64
_UNREAD = Reading(False, Invalid.CRASHED, "")


def available_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Process:
    """One reader in a process of its own; restarted when it dies."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    def ask(self, method: str, texts: Sequence[str]) -> list[Any]:
        """Call a method of the far `MoleculeReader`; None stands for each text that killed the process."""
        if self._child is None:
            path = os.pathsep.join(p or os.getcwd() for p in sys.path)
            self._child = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": path},
            )
        child = self._child
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            pickle.dump((method, list(texts)), child.stdin)
            child.stdin.flush()
            answers, bug = pickle.load(child.stdout)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            self.close()
        else:
            if bug:
                raise RuntimeError(f"a process that reads molecules failed:\n{bug}")
            return list(answers)
        if len(texts) == 1:
            return [None]
        half = len(texts) // 2
        return [*self.ask(method, texts[:half]), *self.ask(method, texts[half:])]

    def close(self) -> None:
        """End the process."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()


class MoleculePool:
    """A fixed set of distinct SMILES, shared out over processes that keep their molecules between questions."""

    def __init__(self, texts: Iterable[str], *, workers: int | None = None, progress: Progress | None = None) -> None:
        """Share out `texts`; `workers` None means one a core, or none at all for a few molecules."""
        self._texts = list(texts)
        self._progress = progress
        if workers is None:
            workers = 1 if len(self._texts) < _SMALL else available_cores()
        self._reader = MoleculeReader() if workers <= 1 else None
        self._processes = [] if self._reader else [_Process() for _ in range(workers)]
        # Neighbours in length go to different processes, so that all have about the same to do.
        order = sorted(self._texts, key=len, reverse=True)
        self._home = {text: i % max(1, workers) for i, text in enumerate(order)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.close()

    def read(self) -> dict[str, Reading]:
        """Read every molecule."""
        return {text: reading or _UNREAD for text, reading in self._ask("read", self._texts).items()}

    def identities(self, texts: Iterable[str]) -> dict[str, Identity]:
        """Canonical SMILES and InChIs of some of them."""
        return {text: found or Identity("", "", "") for text, found in self._ask("identities", list(texts)).items()}

    def canonical(self, texts: Iterable[str]) -> dict[str, str]:
        """Canonical SMILES of some of them."""
        return {text: found or "" for text, found in self._ask("canonical", list(texts)).items()}

    def fingerprints(self, texts: Iterable[str]) -> dict[str, Fingerprints | None]:
        """Fingerprints of some of them; None for one that RDKit died on."""
        return self._ask("fingerprints", list(texts))

    def _ask(self, method: str, texts: list[str]) -> dict[str, Any]:
        done = 0
        lock = Lock()
        found: dict[str, Any] = {}

        def note(chunk: Sequence[str], answers: list[Any]) -> None:
            nonlocal done
            with lock:
                found.update(zip(chunk, answers, strict=True))
                done += len(chunk)
                if self._progress:
                    self._progress(method, done, len(texts))

        if self._reader is not None:
            for start in range(0, len(texts), _CHUNK):
                chunk = texts[start : start + _CHUNK]
                note(chunk, getattr(self._reader, method)(chunk))
            return found
        shares: list[list[str]] = [[] for _ in self._processes]
        for text in texts:
            shares[self._home[text]].append(text)

        def work(number: int) -> None:
            for start in range(0, len(shares[number]), _CHUNK):
                chunk = shares[number][start : start + _CHUNK]
                note(chunk, self._processes[number].ask(method, chunk))

        with ThreadPoolExecutor(len(shares)) as threads:
            for _ in threads.map(work, range(len(shares))):
                pass
        return found


def _serve() -> None:
    """Answer questions from standard input until it ends."""
    reader = MoleculeReader()
    source, target = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get between the answers
    while True:
        try:
            method, texts = pickle.load(source)
        except EOFError:
            return
        answers, bug = [], ""
        try:
            answers = getattr(reader, method)(texts)
        except Exception:  # noqa: BLE001 - it travels to the asking process, which raises it
            bug = traceback.format_exc()
        pickle.dump((answers, bug), target, protocol=pickle.HIGHEST_PROTOCOL)
        target.flush()


if __name__ == "__main__":
    _serve()

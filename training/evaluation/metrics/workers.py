"""RDKit on all cores: processes that score rows, fed through pipes.

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
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from types import TracebackType
from typing import Self

from molreflect.training.evaluation.metrics.molecules import CRASHED, Progress, RowReader, RowScore, is_ordinary

_SMALL = 300
"""Fewer distinct rows than this are scored in this process: starting others takes longer."""
_CHUNK = 6_000
"""Characters of SMILES in one question to a process, about a twentieth of a second's work."""

Row = tuple[str, str]


def available_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Process:
    """One reader in a process of its own; restarted when it dies."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """Start the process if it does not run."""
        if self._child is None:
            path = os.pathsep.join(p or os.getcwd() for p in sys.path)
            self._child = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": path},
            )
        return self._child

    def ask(self, rows: Sequence[Row], canonical: bool) -> list[RowScore]:
        """Score rows over there; `CRASHED` stands for each row that killed the process."""
        child = self.start()
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            pickle.dump((list(rows), canonical), child.stdin)
            child.stdin.flush()
            scores, bug = pickle.load(child.stdout)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            self.close()
        else:
            if bug:
                raise RuntimeError(f"a process that reads molecules failed:\n{bug}")
            return [RowScore(*score) for score in scores]
        if len(rows) == 1:
            return [CRASHED]
        half = len(rows) // 2
        return [*self.ask(rows[:half], canonical), *self.ask(rows[half:], canonical)]

    def close(self) -> None:
        """End the process."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()


class RowPool:
    """Distinct rows of answer and reference, shared out over processes."""

    def __init__(
        self,
        rows: Sequence[Row],
        *,
        canonical: bool = False,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Start the processes and put them to work.

        Args:
            rows: Answer and reference; a row that occurs twice is scored once.
            canonical: Write canonical SMILES too.
            workers: Processes; None means one a core, or none at all for a few rows. Texts that may kill RDKit are
                read in a process of their own in any case.
            progress: Called with stage, done, total.
        """
        self._canonical = canonical
        self._progress = progress
        self._lock = Lock()
        self._done = 0
        self._scores: dict[Row, RowScore] = {}
        distinct = list(dict.fromkeys(rows))
        self._total = len(distinct)
        if workers is None:
            workers = 1 if len(distinct) < _SMALL else available_cores()
        here = [row for row in distinct if all(map(is_ordinary, row))] if workers <= 1 else []
        elsewhere = distinct if not here else [row for row in distinct if not all(map(is_ordinary, row))]
        self._here = _chunks(here)
        # The longest first, so that no process is left with a long one at the end.
        self._chunks = iter(_chunks(sorted(elsewhere, key=lambda row: -len(row[0]) - len(row[1]))))
        self._processes = [_Process() for _ in range(min(max(1, workers), len(elsewhere)))]
        self._threads = ThreadPoolExecutor(max(1, len(self._processes)))
        self._work: list[Future[None]] = []
        for process in self._processes:
            process.start()
            self._work.append(self._threads.submit(self._serve, process))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._chunks = iter(())
        for process in self._processes:
            process.close()
        self._threads.shutdown()

    def scores(self) -> dict[Row, RowScore]:
        """Scores of all rows."""
        reader = RowReader()
        for chunk in self._here:
            self._note(chunk, reader.score(chunk, self._canonical))
        for work in self._work:
            work.result()
        return self._scores

    def _serve(self, process: _Process) -> None:
        while True:
            with self._lock:
                chunk = next(self._chunks, None)
            if chunk is None:
                return
            self._note(chunk, process.ask(chunk, self._canonical))

    def _note(self, chunk: Sequence[Row], scores: Sequence[RowScore]) -> None:
        with self._lock:
            self._scores.update(zip(chunk, scores, strict=True))
            self._done += len(chunk)
            if self._progress:
                self._progress("molecules", self._done, self._total)


def _chunks(rows: Sequence[Row]) -> list[list[Row]]:
    return list(_cut(rows))


def _cut(rows: Sequence[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    size = 0
    for row in rows:
        chunk.append(row)
        size += len(row[0]) + len(row[1]) + 20
        if size > _CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _serve() -> None:
    """Answer questions from standard input until it ends."""
    reader = RowReader()
    source, target = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get between the answers
    while True:
        try:
            rows, canonical = pickle.load(source)
        except EOFError:
            return
        scores, bug = [], ""
        try:
            scores = [tuple(score) for score in reader.score(rows, canonical)]
        except Exception:  # noqa: BLE001 - it travels to the asking process, which raises it
            bug = traceback.format_exc()
        pickle.dump((scores, bug), target, protocol=pickle.HIGHEST_PROTOCOL)
        target.flush()


if __name__ == "__main__":
    _serve()

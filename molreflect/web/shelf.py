"""The runs that pages are about: those that were named, and those in folders that were named."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from molreflect.graphs.review.check import Checker
from molreflect.graphs.runs.browse import RunIndex
from molreflect.graphs.traces.schema import FILE as TRACES
from molreflect.graphs.traces.store import TraceStore
from molreflect.tools.errors import InputError, shorten

_DEEP = 2
"""How many folders below a named one a run may lie."""
_TAKEN = frozenset({"compare"})
"""Addresses beside those of runs."""


class Shelf:
    """Finds runs by the names that addresses have; what was opened of them stays open."""

    def __init__(self, places: Sequence[Path], *, cache: Path | None) -> None:
        """Take run directories, folders of them, and the cache of names turned into structures."""
        self._places, self._cache = tuple(places), cache
        self._stack, self._lock = ExitStack(), threading.Lock()
        self._indexes: dict[Path, RunIndex] = {}
        self._checkers: dict[Path, Checker] = {}
        self._traces: dict[Path, TraceStore] = {}

    def runs(self) -> dict[str, Path]:
        """Look for runs: names for addresses to folders, those named first, then by name.

        A folder's own name is its name; one that is taken gets a number.
        """
        found: dict[Path, None] = {}
        for place in self._places:
            for folder in _runs_in(place, _DEEP):
                found.setdefault(folder.resolve(), None)
        named: dict[str, Path] = {}
        for folder in found:
            name, number = folder.name, 1
            while name in named or name in _TAKEN:
                number += 1
                name = f"{folder.name}-{number}"
            named[name] = folder
        return named

    def folder(self, name: str) -> Path:
        """Look the folder of a run up.

        Raises:
            InputError: There is none of that name.
        """
        if (found := self.runs().get(name)) is None:
            raise InputError(f"there is no run {shorten(name)} here; see the list of runs")
        return found

    def index(self, name: str) -> RunIndex:
        """Open the index of a run's alignments.

        Raises:
            InputError: There is no such run, or it is of another version.
        """
        folder = self.folder(name)
        with self._lock:
            if folder not in self._indexes:
                self._indexes[folder] = RunIndex(folder)
            return self._indexes[folder]

    def checker(self, name: str) -> Checker:
        """Open what verifies corrections on a run.

        Raises:
            InputError: There is no such run.
        """
        folder = self.folder(name)
        with self._lock:
            if folder not in self._checkers:
                self._checkers[folder] = self._stack.enter_context(closing(Checker(folder, cache=self._cache)))
            return self._checkers[folder]

    def traces(self, name: str) -> TraceStore:
        """Open the traces of a run.

        Raises:
            InputError: There is no such run, or it kept no traces.
        """
        folder = self.folder(name)
        with self._lock:
            if folder not in self._traces:
                store = TraceStore(folder / TRACES, must_exist=True)
                self._traces[folder] = self._stack.enter_context(closing(store))
            return self._traces[folder]

    def close(self) -> None:
        """Close what was opened."""
        self._stack.close()


def keeps_traces(folder: Path) -> bool:
    """Whether a run kept traces."""
    return (folder / TRACES).is_file()


def _runs_in(place: Path, deep: int) -> list[Path]:
    """List run directories at or below a place, by name."""
    if (place / "run.yaml").is_file():
        return [place]
    if not deep or not place.is_dir():
        return []
    below = sorted(child for child in place.iterdir() if child.is_dir() and not child.name.startswith("."))
    return [run for child in below for run in _runs_in(child, deep - 1)]

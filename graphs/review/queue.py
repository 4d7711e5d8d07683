"""What a reviewer is shown next: the alignments of a run in corpus order."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from molreflect.graphs.review.decisions import FILE, ReviewStore
from molreflect.graphs.runs.browse import AlignmentFilter, Item, RunIndex
from molreflect.tools.terms import PhraseKind

_DECIDED = "key IN (SELECT key FROM review.standing WHERE reviewer = :reviewer)"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a reviewer is."""

    decided: int
    of: int


class ReviewQueue:
    """Walks through the alignments of a run that a filter lets through.

    Without a kind, those of structure and relation: roles and origins have nothing to be decided about.
    """

    def __init__(self, index: RunIndex, chosen: AlignmentFilter) -> None:
        """Take a run and a filter."""
        self._index, self._chosen = index, chosen
        ReviewStore.open(index.folder).close()

    def first(self, reviewer: str) -> Item | None:
        """The first alignment that a reviewer has not decided on; None where there is none left."""
        return self._pick(f"NOT {_DECIDED} ORDER BY position, n", reviewer=reviewer)

    def after(self, item: Item, reviewer: str) -> Item | None:
        """The first undecided one after an alignment, else the first of all."""
        behind = "(position, n) > (:position, :n)"
        found = self._pick(
            f"{behind} AND NOT {_DECIDED} ORDER BY position, n", reviewer=reviewer, position=item.position, n=item.n
        )
        return found or self.first(reviewer)

    def beside(self, item: Item, *, back: bool) -> Item | None:
        """The alignment before or after one, decided or not; None at the end."""
        sign, way = ("<", "DESC") if back else (">", "ASC")
        return self._pick(
            f"(position, n) {sign} (:position, :n) ORDER BY position {way}, n {way}", position=item.position, n=item.n
        )

    def progress(self, reviewer: str) -> Progress:
        """Count what a reviewer has decided, of all that the filter lets through."""
        (where, values), (walked, _) = self._where(), self._where(walked=True)
        with self._opened() as db:
            (of,) = db.execute(f"SELECT COUNT(*) FROM alignments WHERE {where}", values).fetchone()
            (decided,) = db.execute(
                "SELECT COUNT(*) FROM alignments WHERE key IN "
                f"(SELECT key FROM review.standing WHERE reviewer = :reviewer) AND {walked}",
                values | {"reviewer": reviewer},
            ).fetchone()
        return Progress(decided, of)

    def _pick(self, condition: str, **values: object) -> Item | None:
        where, chosen = self._where(walked=True)
        with self._opened() as db:
            found = db.execute(
                f"SELECT key FROM alignments WHERE {where} AND {condition} LIMIT 1", chosen | values
            ).fetchone()
        return None if found is None else self._index.item(found[0])

    def _where(self, *, walked: bool = False) -> tuple[str, dict[str, object]]:
        """Write the condition of the filter.

        Args:
            walked: Keep SQLite from gathering and sorting all of a kind, where the first in order is wanted.
        """
        columns = self._chosen.of_alignments
        off = "+" if walked and set(columns) <= {"kind"} else ""
        conditions = [f"{off}{name} = :{name}" for name in columns]
        values: dict[str, object] = dict(columns)
        if self._chosen.kind is None:
            conditions.append(f"{off}kind IN (:structure, :relation)")
            values |= {"structure": str(PhraseKind.STRUCTURE), "relation": str(PhraseKind.RELATION)}
        for number, word in enumerate(self._chosen.text.lower().split()):
            conditions.append(f"position IN (SELECT position FROM rows WHERE instr(text, :word{number}))")
            values[f"word{number}"] = word
        return " AND ".join(conditions), values

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with self._index.opened() as db:
            db.execute("ATTACH DATABASE ? AS review", (str(self._index.folder / FILE),))
            yield db

"""A run directory to be looked at: its records one by one, what failed, its figures, its report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.agents.schemas import PairRecord
from molreflect.graphs.runs.export import failures_of, summarise, write_report
from molreflect.graphs.runs.report import run_sections
from molreflect.graphs.runs.store import RunStore
from molreflect.tools.errors import InputError, shorten

if TYPE_CHECKING:
    import pandas

    from molreflect.graphs.runs.diff import RunDiff

SHOWN_PAIRS = 3
"""Pairs that a notebook shows of a run."""


class Run:
    """A run directory that `distill` wrote, finished or not; its records are read when they are asked for.

    Iterating gives the finished records in corpus order, `len` counts them, `run["S001"]` is the one with that id.

    Args:
        folder: The run directory.

    Raises:
        InputError: It is no run directory, or one of another version.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        with closing(RunStore.open(self.folder)) as store:
            self.settings: Mapping[str, Any] = store.settings
            """What `run.yaml` says: settings, versions, corpus."""

    def __iter__(self) -> Iterator[PairRecord]:
        with closing(RunStore.open(self.folder)) as store:
            for record in store.records():
                yield PairRecord.model_validate(record)

    def __len__(self) -> int:
        return self.counts.get("done", 0)

    def __getitem__(self, pair_id: str) -> PairRecord:
        """Read the record of one pair.

        Raises:
            KeyError: There is no finished pair of that id.
        """
        with closing(RunStore.open(self.folder)) as store:
            if (found := store.record(pair_id)) is None:
                raise KeyError(f"{self.folder} has no finished pair {shorten(str(pair_id))}")
        return PairRecord.model_validate(found)

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {state}" for state, count in self.counts.items()) or "no rows"
        return f"Run({str(self.folder)!r}: {counts})"

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are in each state: `pending`, `drafted`, `done`, `failed`."""
        with closing(RunStore.open(self.folder)) as store:
            return store.counts()

    @property
    def failures(self) -> list[dict[str, Any]]:
        """What has no record and why, as in `failures.jsonl`: rows that failed, then rows that could not be read."""
        with closing(RunStore.open(self.folder)) as store:
            return failures_of(store)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The figures of the run, as in `summary.json`; counted once."""
        with closing(RunStore.open(self.folder)) as store:
            return summarise(store, store.records())

    def diff(self, other: Run | Path | str) -> RunDiff:
        """Compare this run with another one, row by row of the same id and content.

        Args:
            other: The other run; what is gained and lost is told from here to there.
        """
        from molreflect.graphs.runs.diff import diff_runs

        return diff_runs(self.folder, other.folder if isinstance(other, Run) else Path(other))

    def to_pandas(self, *, pairs: bool = False) -> pandas.DataFrame:
        """Put the run into a table, one row an alignment.

        Args:
            pairs: One row a pair instead, with its alignments as a list.

        Returns:
            For alignments the columns `id`, `smiles`, `caption`, those of an alignment and those of its evidence
            (`evidence_recall` ...); for pairs those of a record.

        Raises:
            InputError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise InputError("a data frame needs pandas; run: pip install pandas") from error
        records = [record.model_dump(mode="json") for record in self]
        if pairs:
            return pandas.DataFrame(records, columns=list(PairRecord.model_fields))
        rows = [
            {name: record[name] for name in ("id", "smiles", "caption")} | _flat(alignment)
            for record in records
            for alignment in record["alignments"]
        ]
        return pandas.DataFrame(rows)

    def report(self, path: Path | str | None = None) -> Path:
        """Write the report of what is done by now, one HTML page with every pair (of thousands: a part of them).

        Args:
            path: Where to; `report.html` of the run where not given.

        Returns:
            The page.
        """
        page = self.folder / "report.html" if path is None else Path(path)
        with closing(RunStore.open(self.folder)) as store:
            summary = summarise(store, store.records())
            write_report(store, page, summary, failures_of(store))
        return page

    def _repr_html_(self) -> str:
        """Show the run in a notebook: its counts, and its first pairs as a report shows them."""
        from molreflect.tools.views.html import notebook_html, notebook_tables

        first = [record.to_json() for record in islice(self, SHOWN_PAIRS)]
        lead = f"{self!r}. The first {len(first)} pairs follow; report() writes a page with all of them."
        return notebook_tables(*run_sections(self.summary, self.failures), lead=lead) + notebook_html(*first)


def _flat(alignment: Mapping[str, Any]) -> dict[str, Any]:
    """An alignment with its evidence beside it."""
    plain = {name: value for name, value in alignment.items() if name != "evidence"}
    return plain | {f"evidence_{name}": value for name, value in (alignment["evidence"] or {}).items()}

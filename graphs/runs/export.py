"""What is derived from a run: alignments, failures, summary, report, dataset card. Made again at will."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from molreflect.agents.schemas import Usage, add
from molreflect.graphs.runs.card import LINES_FILE, TABLE_FILE, dataset_card, record_schema
from molreflect.graphs.runs.report import choose_pairs, drawing_pool, report_html
from molreflect.graphs.runs.schema import connect_run
from molreflect.graphs.runs.store import RunStore
from molreflect.tools.errors import InputError
from molreflect.tools.processes import ProcessPool
from molreflect.tools.storage import atomic_path, atomic_write_text
from molreflect.tools.tables.arrow import import_arrow
from molreflect.tools.terms import PhraseKind, ProgressCallback, Verdict

_ROW_GROUP = 1_000
"""Records of one row group of the Parquet file; no more are in memory at once."""

FILES = (LINES_FILE, TABLE_FILE, "failures.jsonl", "summary.json", "report.html", "README.md")


@dataclass(frozen=True, slots=True)
class Exported:
    """The files that were written."""

    folder: Path
    summary: dict[str, Any]
    left_out: str = ""
    """Which file was not written and why, in one line; empty where all were."""

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files that were written."""
        return tuple(name for name in FILES if name != TABLE_FILE or not self.left_out)


def export(store: RunStore, *, progress: ProgressCallback = lambda what, done, of: None) -> Exported:
    """Write every derived file of a run, each whole or not at all; records are gone through one by one.

    Args:
        store: An open run; it may still have rows to do, which are then counted as such.
        progress: Told about every pair that is drawn for the report, which takes the most time.
    """
    shown = choose_pairs(_finished(store.folder))
    with drawing_pool(len(shown)) as pool:
        return _export(store, shown, pool, progress)


def _export(store: RunStore, shown: list[int], pool: ProcessPool | None, progress: ProgressCallback) -> Exported:
    folder = store.folder
    left_out, arrow = "", None
    try:
        arrow = import_arrow(TABLE_FILE, instead=f"use {LINES_FILE}, which holds the same")
    except InputError as missing:
        left_out = f"left out: {missing}"
        (folder / TABLE_FILE).unlink(missing_ok=True)  # an older one would pass for the rows of now
    with contextlib.ExitStack() as files:
        lines = files.enter_context(atomic_path(folder / LINES_FILE)).open("w", encoding="utf-8")
        files.enter_context(lines)
        table = None
        if arrow is not None:
            table = files.enter_context(_Table(files.enter_context(atomic_path(folder / TABLE_FILE)), arrow))
        summary = summarise(store, _written(store.records_as_kept(), lines, table))  # each record is read once for all
    failures = failures_of(store)
    atomic_write_text(folder / "failures.jsonl", "".join(json.dumps(f, ensure_ascii=False) + "\n" for f in failures))
    atomic_write_text(folder / "summary.json", json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    _write_report(store, folder / "report.html", summary, failures, shown, pool, progress)
    atomic_write_text(folder / "README.md", dataset_card(summary, data_file=LINES_FILE if left_out else TABLE_FILE))
    return Exported(folder, summary, left_out)


def write_report(
    store: RunStore,
    page: Path,
    summary: Mapping[str, Any],
    failures: Sequence[Mapping[str, Any]],
    *,
    progress: ProgressCallback = lambda what, done, of: None,
) -> None:
    """Write the page of a run.

    Args:
        store: The run.
        page: Where to.
        summary: From `summarise`.
        failures: From `failures_of`.
        progress: Told about every pair that is drawn.
    """
    shown = choose_pairs(_finished(store.folder))
    with drawing_pool(len(shown)) as pool:
        _write_report(store, page, summary, failures, shown, pool, progress)


def _write_report(
    store: RunStore,
    page: Path,
    summary: Mapping[str, Any],
    failures: Sequence[Mapping[str, Any]],
    shown: list[int],
    pool: ProcessPool | None,
    progress: ProgressCallback,
) -> None:
    drawn = _counted(store.records(shown), len(shown), progress)
    atomic_write_text(page, report_html(summary, drawn, failures, pool=pool))


def _finished(folder: Path) -> list[tuple[int, bool]]:
    """List the places of a run's finished rows, and whether a structural phrase of theirs was refuted."""
    with contextlib.closing(connect_run(folder / "run.sqlite")) as db:
        found = db.execute(
            "SELECT p.position, COALESCE(e.refuted, 0) > 0 FROM pairs p LEFT JOIN ended e ON e.position = p.position "
            "WHERE p.state = 'done' ORDER BY p.position"
        )
        return [(position, bool(refuted)) for position, refuted in found]


def _counted(records: Iterable[dict[str, Any]], of: int, progress: ProgressCallback) -> Iterator[dict[str, Any]]:
    for done, record in enumerate(records):
        progress("drawing the report", done, of)
        yield record
    if of:
        progress("drawing the report", of, of)


def _written(
    kept: Iterable[tuple[str, dict[str, Any]]], lines: IO[str], table: _Table | None
) -> Iterator[dict[str, Any]]:
    """Yield records as they are written to the files that hold all of them."""
    for text, record in kept:
        lines.write(text + "\n")
        if table is not None:
            table.add(text)
        yield record


class _Table:
    """A Parquet file under construction."""

    def __init__(self, path: Path, arrow: Any) -> None:
        self._arrow, self._schema = arrow, record_schema(arrow)
        self._file = arrow.parquet.ParquetWriter(path, self._schema)
        self._lines: list[str] = []

    def add(self, line: str) -> None:
        """Write a record, given as a line of JSON, with some others."""
        self._lines.append(line)
        if len(self._lines) == _ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        """Write the lines that wait; Arrow reads them several times as fast as it takes Python's values."""
        if not self._lines:
            return
        read = self._arrow.json
        data = "\n".join(self._lines).encode()
        table = read.read_json(
            self._arrow.BufferReader(data),
            # In one block: a record must not be cut in two.
            read_options=read.ReadOptions(use_threads=False, block_size=len(data) + 1),
            parse_options=read.ParseOptions(explicit_schema=self._schema, unexpected_field_behavior="ignore"),
        )
        self._file.write_table(table.select(self._schema.names).cast(self._schema))
        self._lines.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is None:
            self._flush()
        self._file.close()


def failures_of(store: RunStore) -> list[dict[str, Any]]:
    """List the rows that failed, then those that could not be read, as `failures.jsonl` has them."""
    said, failed = store.last_failures(), {row.id: row for row in store.failed.rows()}
    nothing = ("", Usage())
    return [
        {
            "id": row.id,
            "smiles": row.smiles,
            "caption": row.caption,
            "kind": failed[row.id].kind,
            "reason": row.reason,
            "attempts": failed[row.id].tries,
            "raw": said.get(row.id, nothing)[0],
            "usage": said.get(row.id, nothing)[1].model_dump(),
            "trace_id": row.trace_id,
        }
        for row in store.rows("failed")
    ] + [{"line": bad.line, "reason": bad.reason, "text": bad.text} for bad in store.bad_rows()]


def summarise(store: RunStore, records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Count the verdicts of a run and sum up its shares."""
    kinds: dict[str, Counter[str]] = {kind.value: Counter() for kind in PhraseKind}
    reasons: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    selected: Counter[str] = Counter()
    phrase_shares: list[float] = []
    atom_shares: list[float] = []
    usage = Usage()
    bounds: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    for record in records:
        selected[record["selected"]] += 1
        usage = add(usage, Usage.model_validate(record["usage"]))
        bounds.update(record["bounds"])
        left = record.get("unread")  # None, or missing in an older record: it was not looked for
        unread.update(looked_at=left is not None, pairs=bool(left), sentences=len(left or ()))
        for alignment in record["alignments"]:
            kinds[alignment["kind"]][alignment["verdict"]] += 1
            reasons[alignment["reason"]] += 1
            if alignment["verdict"] == Verdict.SUPPORTED:
                sources[alignment["source"]] += 1
        if record["coverage"]["phrases"] is not None:
            phrase_shares.append(record["coverage"]["phrases"])
        if record["coverage"]["heavy_atoms"] is not None:
            atom_shares.append(record["coverage"]["heavy_atoms"])
    structure = kinds[PhraseKind.STRUCTURE.value]
    return {
        "rows": store.counts(),
        "failures": dict(store.failed.counts()),
        "bad_rows": len(store.bad_rows()),
        "run": store.settings,
        "alignments": {kind: dict(sorted(counter.items())) for kind, counter in kinds.items()},
        "supported_share_of_structural_phrases": _share(structure[Verdict.SUPPORTED.value], sum(structure.values())),
        "mean_coverage": {
            "phrases": round(sum(phrase_shares) / len(phrase_shares), 4) if phrase_shares else None,
            "heavy_atoms": round(sum(atom_shares) / len(atom_shares), 4) if atom_shares else None,
        },
        "unread": {name: unread[name] for name in ("looked_at", "pairs", "sentences")},
        "reasons": dict(reasons.most_common()),
        "sources_of_supported": dict(sources.most_common()),
        "selected": dict(selected.most_common()),
        "bounds": dict(bounds.most_common(20)),
        "usage": usage.model_dump(),
        "spent": store.spent().model_dump(),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None

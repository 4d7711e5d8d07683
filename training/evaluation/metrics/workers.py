"""RDKit on all cores: rows scored by processes, so that a text that kills RDKit (it is C++) costs one row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, partial

from molreflect.tools.processes import ProcessPool, available_cores
from molreflect.training.evaluation.metrics.molecules import CRASHED, RowReader, RowScore, is_ordinary
from molreflect.training.progress import Progress

_SMALL = 300
"""Fewer distinct rows than this are scored in this process: starting others takes longer."""
_CHUNK = 6_000
"""Characters of SMILES in one question to a process, about a twentieth of a second's work."""

Row = tuple[str, str]


def score_rows(
    rows: Sequence[Row], *, canonical: bool = False, workers: int | None = None, progress: Progress | None = None
) -> dict[Row, RowScore]:
    """Score distinct rows of answer and reference, shared out over processes.

    Args:
        rows: Answer and reference; a row that occurs twice is scored once.
        canonical: Write canonical SMILES too.
        workers: Processes; None means one a core, or none at all for a few rows. Texts that may kill RDKit are read in
            a process of their own in any case.
        progress: Called with stage, done, total.

    Returns:
        The score of every row, `CRASHED` for one that killed its process.
    """
    distinct = list(dict.fromkeys(rows))
    if workers is None:
        workers = 1 if len(distinct) < _SMALL else available_cores()
    here = [row for row in distinct if all(map(is_ordinary, row))] if workers <= 1 else []
    elsewhere = distinct if not here else [row for row in distinct if not all(map(is_ordinary, row))]
    # The longest first, so that no process is left with a long one at the end.
    elsewhere.sort(key=lambda row: -len(row[0]) - len(row[1]))
    scores: dict[Row, RowScore] = {}
    reader = RowReader()
    with ProcessPool(min(max(1, workers), max(1, len(elsewhere)))) as pool:
        score = partial(_score, canonical=canonical)
        for done in (
            ((chunk, reader.score(chunk, canonical)) for chunk in _chunks(here)),
            pool.surviving(score, _chunks(elsewhere), CRASHED),
        ):
            for chunk, found in done:
                scores.update(zip(chunk, found, strict=True))
                if progress:
                    progress("molecules", len(scores), len(distinct))
    return scores


def _chunks(rows: Sequence[Row]) -> Iterator[list[Row]]:
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


_reader = cache(RowReader)  # one a process: it knows the molecules of the rows before


def _score(rows: Sequence[Row], canonical: bool) -> list[RowScore]:
    return _reader().score(rows, canonical)

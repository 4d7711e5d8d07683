"""The steps of a teacher, compressed to a few lines: what it looked up, what was refuted and why, what was mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from molreflect.graphs.runs.history import PairHistory, read_histories
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import PhraseKind, Verdict
from molreflect.training.examples.records import TrainRecord, one_line
from molreflect.training.examples.refused import as_written

MAX_LINE = 160
"""Characters of one line; look-ups are cut to whole names, and a longer refusal is left out."""
_LOOK_UP = "look up: "


def with_steps(run_dir: Path, records: Sequence[TrainRecord], limit: int) -> list[TrainRecord]:
    """Return the records with the steps by which a run came to them.

    Args:
        run_dir: The run, with `run.sqlite` and `traces.sqlite`.
        records: Of that run.
        limit: Most lines of one record.

    Raises:
        InputError: The run does not hold how its records were made.
    """
    if not (run_dir / "run.sqlite").is_file():
        raise InputError(
            f"{run_dir} has no run.sqlite, so the steps of its teacher are not known; pass a run directory as distill "
            "leaves it, or set arm=written"
        )
    wanted = {record.id for record in records}
    traced = 0
    found: dict[str, tuple[str, ...]] = {}
    for history in read_histories(run_dir):
        id = str(history.record["id"])
        if id in wanted:
            traced += history.traced
            found[id] = steps_of(history, limit)
    if not traced:
        raise InputError(f"{run_dir} has no traces of its pairs, so the steps of its teacher are not known")
    return [replace(record, steps=found.get(record.id, ())) for record in records]


def steps_of(history: PairHistory, limit: int) -> tuple[str, ...]:
    """Word the steps of one pair: its look-ups in one line, then what was refuted, in the order of the caption.

    Every refusal of a structural phrase is one line, each once: the phrase, what was proposed for it as a student
    would write it, the reason, and whether another proposal was accepted for it. What no SMILES can say is left out.

    Args:
        history: Of the pair.
        limit: Most lines; the look-ups give way first, then the last refusals.
    """
    molecule = read_molecule(str(history.record["smiles"]))
    accepted = {
        str(a["phrase"])
        for a in history.record["alignments"]
        if a["version"] == history.record["selected"]
        and a["verdict"] == Verdict.SUPPORTED
        and a["kind"] == PhraseKind.STRUCTURE
    }
    caption = str(history.record["caption"])
    refused: dict[str, int] = {}
    for proposal in history.proposals:
        if proposal.verdict is not Verdict.REFUTED or proposal.pattern is None:
            continue
        if (text := as_written(proposal, molecule)) is None:
            continue
        end = "mended" if proposal.phrase in accepted else "left out"
        line = f"{one_line(proposal.phrase)} is not {text}: {proposal.reason.value.replace('_', ' ')}; {end}"
        if len(line) <= MAX_LINE:
            place = caption.find(proposal.phrase) if proposal.start is None else proposal.start
            refused.setdefault(line, place)
    lines = sorted(refused, key=lambda line: refused[line])[:limit]
    look_ups = _look_ups(history.looked_up)
    return (look_ups, *lines) if look_ups and len(lines) < limit else tuple(lines)


def _look_ups(names: Sequence[str]) -> str:
    """Name what was looked up in one line, as many whole names as it takes; empty where nothing was."""
    line = ""
    for name in names:
        longer = f"{line}, {one_line(name)}" if line else f"{_LOOK_UP}{one_line(name)}"
        if len(longer) > MAX_LINE:
            break
        line = longer
    return line

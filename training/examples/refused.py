"""Proposals that verification refused, as a student could have written them, set against what was accepted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from molreflect.agents.schemas import Alignment
from molreflect.graphs.alignment.coverage import verified_coverage
from molreflect.graphs.runs.history import JudgedProposal, PairHistory, Seen
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.molecules.smiles_patterns import written_as_smiles
from molreflect.tools.molecules.write import fragment_smiles
from molreflect.tools.terms import PhraseKind, Reason, Verdict
from molreflect.training.examples.records import TrainRecord, one_line, parts_of, supported

_NOT_THERE = frozenset({Reason.ABSENT, Reason.UNREADABLE})
"""Reasons that leave no matched atoms."""


class PreferenceKind(StrEnum):
    """What tells the chosen answer from the rejected one."""

    ALTERNATIVE = "alternative"
    """One phrase: another pattern for it was checked beside the accepted one, and refuted."""
    MENDED = "mended"
    """One phrase: its pattern was submitted, refuted, and replaced by the accepted one."""
    COVERAGE = "coverage"
    """All phrases: the draft, of which something was refuted and less was verified than of its reflection."""


@dataclass(frozen=True, slots=True)
class Preference:
    """A record as it was accepted is preferred to the same record with parts that were refused."""

    kind: PreferenceKind
    rejected: TrainRecord
    phrase: str
    """Of `alternative` and `mended`, like the two patterns; empty for `coverage`."""
    accepted: str
    refused: str
    reason: str
    """Why the pattern was refuted; `coverage` for a whole draft."""
    message: str
    """What verification said to the teacher, or how much was verified of either version."""


@dataclass(slots=True)
class RefusedCounts:
    """What became of the refuted proposals that were gone through."""

    refuted: int = 0
    """Different refuted proposals of structural phrases."""
    without_accepted: int = 0
    """Of phrases with nothing accepted in their place."""
    unwritable: int = 0
    """Whose pattern says more than a SMILES can, so that what a student would write is not what was refuted."""


def preferences(history: PairHistory, record: TrainRecord, counts: RefusedCounts) -> Iterator[Preference]:
    """Set what was refused of one pair against what was accepted.

    Proposals that are merely unchecked take no part: nothing speaks against them.

    Args:
        history: Of the pair.
        record: Its record, whose parts are what was accepted.
        counts: Counted on.
    """
    molecule = read_molecule(str(history.record["smiles"]))
    accepted = supported(history.record)
    seen: set[tuple[str, int | None, str | None]] = set()
    for proposal in history.proposals:
        if proposal.verdict is not Verdict.REFUTED or proposal.pattern is None or _is_told(proposal, seen):
            continue
        seen.add((proposal.phrase, proposal.start, proposal.pattern))
        counts.refuted += 1
        if (place := _accepted_for(proposal, accepted)) is None:
            counts.without_accepted += 1
        elif (text := as_written(proposal, molecule)) is None:
            counts.unwritable += 1
        elif (swapped := _swapped(record, place, text)) is not None:
            late = proposal.seen in (Seen.DRAFT, Seen.VERIFIED)
            yield Preference(
                PreferenceKind.MENDED if late else PreferenceKind.ALTERNATIVE,
                swapped,
                one_line(proposal.phrase),
                str(place["pattern"]),
                proposal.pattern,
                proposal.reason.value,
                proposal.message,
            )
    whole = _worse_draft(history, record, molecule)
    if whole is not None:
        yield whole


def _is_told(proposal: JudgedProposal, seen: Set[tuple[str, int | None, str | None]]) -> bool:
    """Say whether the same words were tied to the same pattern before; an unknown place may be any."""
    phrase, start, pattern = proposal.phrase, proposal.start, proposal.pattern
    if start is None:
        return any(mark[0] == phrase and mark[2] == pattern for mark in seen)
    return (phrase, start, pattern) in seen or (phrase, None, pattern) in seen


def _accepted_for(proposal: JudgedProposal, accepted: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Find the accepted alignment of the same words at the same place; None where there is none, or it is not sure."""
    same = [a for a in accepted if a["phrase"] == proposal.phrase and proposal.start in (None, a["start"])]
    if len({a["start"] for a in same}) != 1 or any(a["pattern"] == proposal.pattern for a in same):
        return None
    return same[0]


def as_written(proposal: JudgedProposal, molecule: Molecule) -> str | None:
    """Write what was refused as a student writes it: as SMILES; None where that would say something else."""
    if proposal.fragment:
        return proposal.fragment
    pattern = str(proposal.pattern)
    if proposal.reason is Reason.UNREADABLE:
        return one_line(pattern)
    try:
        hits = find(molecule, pattern)
        if hits is not None:
            return None if proposal.reason in _NOT_THERE else fragment_smiles(molecule, hits.atoms[0])
        text = written_as_smiles(pattern)
        # Without the pattern's conditions the text may be true of the molecule.
        if text is None or find(molecule, text, smiles_too=True) is not None:
            return None
    except (InputError, MatchTimeoutError):
        return None
    return text


def _swapped(record: TrainRecord, accepted: Mapping[str, Any], text: str) -> TrainRecord | None:
    """Put a refused text in the place of an accepted one; None where it is written like an accepted one."""
    phrase = one_line(accepted["phrase"])
    if any(part.phrase == phrase and part.fragment == text for part in record.parts):
        return None
    at = next(i for i, p in enumerate(record.parts) if (p.phrase, p.fragment) == (phrase, accepted["fragment"]))
    parts = list(record.parts)
    parts[at] = parts[at]._replace(fragment=text)  # its size stays, so that the same parts are shown where some are not
    return replace(record, parts=tuple(parts))


def _worse_draft(history: PairHistory, record: TrainRecord, molecule: Molecule) -> Preference | None:
    """Take the draft as rejected where more was verified of the reflection that was selected."""
    raw = history.record
    if raw["selected"] != "reflected" or not history.draft:
        return None
    before, after = (
        verified_coverage([Alignment.model_validate(a) for a in alignments], by_atoms=False)
        for alignments in (history.draft, raw["alignments"])
    )
    structural = [a for a in history.draft if a["kind"] == PhraseKind.STRUCTURE]
    refuted = [
        {**a, "fragment": text}
        for a in structural
        if a["verdict"] == Verdict.REFUTED and (text := _refuted_text(a, molecule)) is not None
    ]
    if after <= before or not refuted:  # a draft that only left something open says nothing that was refused
        return None
    shown = [a for a in structural if a["verdict"] == Verdict.SUPPORTED and a["fragment"]] + refuted
    message = f"supported phrases: draft {before}, reflected {after}"
    worse = replace(record, parts=parts_of(shown))
    return Preference(PreferenceKind.COVERAGE, worse, "", "", "", PreferenceKind.COVERAGE.value, message)


def _refuted_text(alignment: Mapping[str, Any], molecule: Molecule) -> str | None:
    if alignment["pattern"] is None:
        return None
    names = ("phrase", "start", "pattern", "fragment", "message")
    same = {name: alignment[name] for name in names}
    judged = JudgedProposal(Seen.DRAFT, verdict=Verdict.REFUTED, reason=Reason(alignment["reason"]), **same)
    return as_written(judged, molecule)

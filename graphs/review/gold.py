"""Decisions as gold: cases in the layout of the project's own gold set, which `benchmarks/gold.py` scores against."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from molreflect.graphs.review.agreement import same
from molreflect.graphs.review.decisions import Decision, Judgement
from molreflect.tools.terms import PhraseKind, Reason, Verdict

SAME_ATOMS = 0.5
"""Intersection over union from which on two sets of atoms count as the same, as where gold is scored."""
DISAGREED = "reviewers disagree"
UNSAID = "rejected, and what would be right is not said"
ONE_SIDED = "molecule or caption is not known"
NO_PATTERN = "refuted without a pattern"


@dataclass(frozen=True, slots=True)
class Gold:
    """Cases, and what could not become part of one."""

    cases: list[dict[str, Any]]
    """Of each pair `id`, `smiles`, `caption`, `phrases` (what holds) and `wrong` (what must not be supported)."""
    left_out: dict[str, int]
    """Decisions by why they are left out."""

    @property
    def text(self) -> str:
        """One case a line, as JSON."""
        return "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in self.cases)


def gold_of(decisions: Iterable[Decision]) -> Gold:
    """Make gold of decisions that stand; where several reviewers decided on one alignment, they must agree.

    A phrase that is accepted keeps verdict and atoms; one that is corrected is supported at the atoms of the
    correction; a supported alignment that was rejected, or corrected to other atoms, is wrong; so is a refuted one that
    was accepted.
    """
    by_key: dict[str, list[Decision]] = {}
    for decision in decisions:
        by_key.setdefault(decision.key, []).append(decision)
    cases: dict[tuple[str, str, str], dict[str, Any]] = {}
    left_out: Counter[str] = Counter()
    for said in by_key.values():
        about = said[0].about
        if about.smiles is None or about.caption is None:
            left_out[ONE_SIDED] += len(said)
        elif not all(same(said[0], other) for other in said[1:]):
            left_out[DISAGREED] += len(said)
        else:
            case = cases.setdefault(
                (about.id, about.smiles, about.caption), _case(about.id, about.smiles, about.caption)
            )
            if why := _add(case, said[0]):
                left_out[why] += len(said)
    found = [_ordered(case) for case in cases.values() if case["phrases"] or case["wrong"]]
    return Gold(found, dict(left_out.most_common()))


def _case(pair_id: str, smiles: str, caption: str) -> dict[str, Any]:
    return {"id": pair_id, "smiles": smiles, "caption": caption, "phrases": [], "wrong": []}


def _ordered(case: dict[str, Any]) -> dict[str, Any]:
    return {
        name: sorted(value, key=lambda part: (part["start"] or 0, part["phrase"])) if isinstance(value, list) else value
        for name, value in case.items()
    }


def _add(case: dict[str, Any], decision: Decision) -> str:
    """Put a decision into its case; what is returned says why it cannot be."""
    tie, correction = decision.about.alignment, decision.correction
    supported = tie["verdict"] == Verdict.SUPPORTED
    if correction is not None:
        case["phrases"].append(_phrase(decision, Verdict.SUPPORTED, correction.atoms))
        if supported and tie["pattern"] and _overlap(tie["atoms"], correction.atoms) < SAME_ATOMS:
            case["wrong"].append(_wrong(decision, Reason.CONTRADICTS_READING))
        return ""
    if decision.judgement is Judgement.REJECT:
        if not supported:
            return UNSAID
        usual = Reason.RELATION_FAILS if tie["kind"] == PhraseKind.RELATION else Reason.CONTRADICTS_READING
        case["wrong"].append(_wrong(decision, decision.reason or usual))
        return ""
    if tie["verdict"] != Verdict.REFUTED:
        case["phrases"].append(_phrase(decision, tie["verdict"], tie["atoms"] if supported else ()))
    elif tie["pattern"] is None:
        return NO_PATTERN
    else:
        case["wrong"].append(_wrong(decision, Reason(tie["reason"])))
    return ""


def _phrase(decision: Decision, verdict: str, atoms: Sequence[Sequence[int]]) -> dict[str, Any]:
    tie = decision.about.alignment
    said = {name: tie[name] for name in ("phrase", "start", "end", "kind")}
    return said | {"verdict": str(verdict), "atoms": [list(place) for place in atoms], "note": decision.note}


def _wrong(decision: Decision, reason: Reason) -> dict[str, Any]:
    tie = decision.about.alignment
    said = {name: tie[name] for name in ("phrase", "start", "end", "kind", "pattern")}
    return said | {"verdict": str(Verdict.REFUTED), "reason": str(reason), "accept": [str(reason)]}


def _overlap(one: Sequence[Sequence[int]], other: Sequence[Sequence[int]]) -> float:
    a, b = ({atom for place in places for atom in place} for places in (one, other))
    return len(a & b) / len(a | b) if a | b else 0.0

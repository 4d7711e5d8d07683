"""How far two reviewers of one run agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from molreflect.graphs.review.decisions import Decision, Judgement


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An alignment that two reviewers decided differently."""

    first: Decision
    second: Decision

    @property
    def what(self) -> str:
        """What differs, in words."""
        one, two = self.first.judgement, self.second.judgement
        return f"{one} and {two}" if one is not two else "corrected to other atoms"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two reviewers beside each other, over the alignments that both decided on."""

    first: str
    second: str
    both: int
    """Alignments that both decided on."""
    table: dict[tuple[Judgement, Judgement], int]
    """How often the first said one thing and the second another; sums to `both`."""
    disagreements: tuple[Disagreement, ...]
    """Other judgements, and corrections to other atoms."""

    @property
    def raw(self) -> float | None:
        """Share of the alignments with the same judgement, 0 to 1; None where there is none in common."""
        same = sum(count for (one, two), count in self.table.items() if one is two)
        return same / self.both if self.both else None

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa of the judgements: 1 is agreement, 0 what chance gives.

        None where it is not defined: nothing in common, or both always say one and the same.

        Source: Cohen, Educational and Psychological Measurement 20 (1960) 37.
        """
        if self.raw is None:
            return None
        rows: Counter[Judgement] = Counter()
        columns: Counter[Judgement] = Counter()
        for (one, two), count in self.table.items():
            rows[one] += count
            columns[two] += count
        chance = sum(rows[each] * columns[each] for each in Judgement) / self.both**2
        return None if chance == 1 else (self.raw - chance) / (1 - chance)

    def to_json(self) -> dict[str, Any]:
        """Plain types."""
        return {
            "first": self.first,
            "second": self.second,
            "both": self.both,
            "raw": self.raw,
            "kappa": self.kappa,
            "table": [{"first": one, "second": two, "count": n} for (one, two), n in self.table.items()],
            "disagreements": [
                {
                    "id": differ.first.about.id,
                    "phrase": differ.first.about.alignment["phrase"],
                    "first": differ.first.judgement,
                    "second": differ.second.judgement,
                    "what": differ.what,
                }
                for differ in self.disagreements
            ],
        }


def agreements(decisions: Iterable[Decision]) -> list[Agreement]:
    """Compare all pairs of reviewers who have an alignment in common, most in common first.

    Args:
        decisions: Those that stand, one for each reviewer and alignment.
    """
    said: dict[str, dict[str, Decision]] = {}
    for decision in decisions:
        said.setdefault(decision.reviewer, {})[decision.key] = decision
    found = [agreement(said[one], said[two], one, two) for one, two in combinations(sorted(said), 2)]
    return sorted((each for each in found if each.both), key=lambda each: -each.both)


def agreement(first: dict[str, Decision], second: dict[str, Decision], one: str, two: str) -> Agreement:
    """Compare two reviewers.

    Args:
        first: Decisions of the first, by key.
        second: Of the second.
        one: Name of the first.
        two: Name of the second.
    """
    both = [key for key in first if key in second]
    table = Counter((first[key].judgement, second[key].judgement) for key in both)
    differing = tuple(Disagreement(first[key], second[key]) for key in both if not same(first[key], second[key]))
    return Agreement(one, two, len(both), dict(table), differing)


def same(first: Decision, second: Decision) -> bool:
    """Whether two decisions say the same: the same judgement, and corrections that mean the same atoms."""
    if first.judgement is not second.judgement:
        return False
    if first.correction is None or second.correction is None:
        return True
    meant = [{frozenset(place) for place in each.correction.atoms} for each in (first, second) if each.correction]
    return meant[0] == meant[1]

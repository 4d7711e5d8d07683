"""Whether the molecule is one of the class that a phrase names, and what it means that no pattern of it is there."""

from __future__ import annotations

from molreflect.tools.meaning.conditions import membership_of
from molreflect.tools.molecules.match import find
from molreflect.tools.terms import Reason
from molreflect.tools.verification import messages
from molreflect.tools.verification.case import Case
from molreflect.tools.verification.proposals import Verification


def is_no_member(case: Case) -> Verification | None:
    """Refuse words that call the molecule one of a class whose conditions it does not meet; None where they stand."""
    if not case.is_said or case.modified or case.molecule is None:
        return None
    judged = membership_of(case.name, case.molecule, case.resources.lexicon)
    if judged.holds is not False:
        return None
    return case.refuted(Reason.NOT_A_MEMBER, messages.NOT_A_MEMBER, why=judged.why)


def unless_narrower(case: Case, decided: Verification) -> Verification:
    """Leave open what was refused only because a class's patterns, narrower than its name's use, are not there."""
    entry = case.resources.lexicon.find(case.name)
    if decided.reason not in (Reason.ABSENT, Reason.CONTRADICTS_READING) or entry is None or case.molecule is None:
        return decided
    if entry.absence == "refutes" or (decided.reason is Reason.ABSENT and case.pattern not in entry.patterns):
        return decided
    if any(find(case.molecule, pattern, floor=entry.level) is not None for pattern in entry.patterns):
        return decided
    return case.unchecked(Reason.NARROWER_THAN_WORD, messages.NARROWER_THAN_WORD)

"""Whether the molecule is one of the class that a phrase names."""

from __future__ import annotations

from molreflect.tools.meaning.membership import membership_of
from molreflect.tools.terms import Reason
from molreflect.tools.verification import messages
from molreflect.tools.verification.case import Case
from molreflect.tools.verification.proposals import Verification


def check_membership(case: Case) -> Verification | None:
    """Refuse words that call the molecule one of a class whose conditions it does not meet; None where they stand."""
    if not case.is_said or case.modified or case.molecule is None:
        return None
    judged = membership_of(case.name, case.molecule, case.resources.lexicon)
    if judged.holds is not False:
        return None
    return case.refuted(Reason.NOT_A_MEMBER, messages.NOT_A_MEMBER, why=judged.why)

"""Whether the molecule is one of the class that a phrase names."""

from __future__ import annotations

import re

from molreflect.tools.meaning.membership import membership_of
from molreflect.tools.terms import Reason
from molreflect.tools.verification import messages
from molreflect.tools.verification.case import Case
from molreflect.tools.verification.proposals import Verification

_POLYMER = re.compile(r"saccharide|glycan|polymer|peptide|poly[a-z]", re.IGNORECASE)
_REPEATED = re.compile(r"\brepeat(?:ing|ed)?[- ](?:[a-z]+ )?units?\b", re.IGNORECASE)


def check_membership(case: Case) -> Verification | None:
    """Refuse words that call the molecule one of a class whose conditions it does not meet; None where they stand.

    They are left open where a condition fails on a molecule that some call so.
    """
    if not case.is_said or case.modified or case.molecule is None:
        return None
    judged = membership_of(case.name, case.molecule, case.resources.lexicon)
    if judged.holds is None and judged.why:
        return case.unchecked(Reason.ABSENCE_UNDECIDED, messages.OPEN_MEMBER, why=judged.why)
    if judged.holds is not False:
        return None
    if case.caption is not None and _POLYMER.search(case.name) and _REPEATED.search(case.caption):
        return case.unchecked(Reason.ABSENCE_UNDECIDED, messages.REPEATED)
    return case.refuted(Reason.NOT_A_MEMBER, messages.NOT_A_MEMBER, why=judged.why)

"""The verifier: whether a proposed alignment of a phrase and a pattern stands, and why.

The questions are asked in the order of `docs/architecture.md` (quoted, readable, present, specific, counted, supported
by the corpus); the first "no" gives the reason, and its message (`molreflect.tools.verification.messages`) says what to
do about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from molreflect.tools.errors import InputError
from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.resources import Resources
from molreflect.tools.terms import PhraseKind, Reason, Verdict
from molreflect.tools.verification import messages
from molreflect.tools.verification.absence import is_known_but_absent
from molreflect.tools.verification.by_corpus import check_corpus, decide_by_corpus_alone
from molreflect.tools.verification.by_membership import check_membership
from molreflect.tools.verification.by_relation import holds_relation
from molreflect.tools.verification.case import Case, open_case
from molreflect.tools.verification.configured_bonds import check_configured
from molreflect.tools.verification.occurrence import check_count, check_positions, check_presence, check_which_place
from molreflect.tools.verification.placing import check_bound_to, check_carrier, check_qualifier, check_together
from molreflect.tools.verification.proposals import ProposedAlignment, Verification
from molreflect.tools.verification.specificity import check_agreement, check_specific

QUESTIONS = (
    check_agreement,
    check_specific,
    check_bound_to,
    check_positions,
    check_count,
    check_carrier,
    check_qualifier,
    check_which_place,
    check_together,
    check_configured,
)
"""What is asked of a pattern that is present, before the corpus."""


def verify(
    proposal: ProposedAlignment,
    *,
    molecule: Molecule | None,
    caption: str | None,
    resources: Resources,
    pair_id: str | None = None,
) -> Verification:
    """Decide whether one proposed alignment stands.

    Args:
        proposal: What the teacher said.
        molecule: The molecule, or None in the `caption` view.
        caption: The caption, or None in the `molecule` view.
        resources: What the phrase can be looked up in.
        pair_id: Id of the pair in the evidence's corpus, left out of its own evidence.

    Returns:
        The verdict. Proposals that cannot be used are verdicts too, never exceptions.
    """
    case = open_case(proposal, molecule=molecule, caption=caption, resources=resources, pair_id=pair_id)
    if case is None:
        told = messages.MISQUOTED.format(quoted=proposal.phrase)
        return Verification(proposal, None, None, Verdict.REFUTED, Reason.MISQUOTED, told)
    try:
        return _decide(case)
    except MatchTimeoutError as error:
        return case.unchecked(Reason.OUT_OF_BOUNDS, messages.AS_IT_IS, said=str(error))


def verify_all(
    proposals: Sequence[ProposedAlignment],
    *,
    smiles: str | None,
    caption: str | None,
    resources: Resources,
    pair_id: str | None = None,
) -> list[Verification]:
    """Verify several proposed alignments of one pair, in their order.

    A teacher checks its proposals with a tool and the graph verifies them again, so verdicts are remembered.

    Raises:
        InputError: `smiles` cannot be read.
    """
    if smiles is not None:
        read_molecule(smiles)  # said once, before any proposal is looked at
    return [_remembered(proposal, smiles, caption, resources, pair_id) for proposal in proposals]


def leave_unverified(
    proposals: Sequence[ProposedAlignment], *, smiles: str | None, caption: str | None, resources: Resources
) -> list[Verification]:
    """Take proposed alignments down as they are, in their order, for a run whose verification is off.

    Atoms are where the pattern is found, so that a fragment can be cut; whether the phrase means them is not asked. All
    are `unchecked`, with the reason `not_verified`.

    Raises:
        InputError: `smiles` cannot be read.
    """
    molecule = read_molecule(smiles) if smiles is not None else None
    return [_unverified(proposal, molecule, caption, resources) for proposal in proposals]


def _unverified(
    proposal: ProposedAlignment, molecule: Molecule | None, caption: str | None, resources: Resources
) -> Verification:
    case = open_case(proposal, molecule=molecule, caption=caption, resources=resources)
    if case is None:  # misquoted: it has no place in the caption
        return Verification(proposal, None, None, Verdict.UNCHECKED, Reason.NOT_VERIFIED, messages.NOT_VERIFIED)
    hits = None
    if molecule is not None and proposal.pattern is not None:
        try:
            hits = find(molecule, proposal.pattern, floor=proposal.floor)
        except InputError:  # unreadable, or a search that was given up: the record has the pattern and no atoms
            hits = None
    return case.unchecked(Reason.NOT_VERIFIED, messages.NOT_VERIFIED, hits=hits)


@lru_cache(maxsize=4_096)
def _remembered(
    proposal: ProposedAlignment, smiles: str | None, caption: str | None, resources: Resources, pair_id: str | None
) -> Verification:
    molecule = read_molecule(smiles) if smiles is not None else None
    return verify(proposal, molecule=molecule, caption=caption, resources=resources, pair_id=pair_id)


def _decide(case: Case) -> Verification:
    """Ask the questions in their order."""
    kind = case.proposal.kind
    if kind in (PhraseKind.ROLE, PhraseKind.ORIGIN):
        return case.unchecked(Reason.ROLE_OR_ORIGIN, messages.NO_STRUCTURE, kind=kind)
    if kind is PhraseKind.RELATION:
        return holds_relation(case)
    if case.proposal.pattern is None:
        if is_known_but_absent(case):
            return check_membership(case) or case.unchecked(Reason.ABSENCE_UNDECIDED, messages.KNOWN_BUT_ABSENT)
        return case.unchecked(Reason.NO_READING, messages.NO_PATTERN)
    try:
        read_pattern(case.pattern)
    except InputError as error:
        return case.refuted(Reason.UNREADABLE, messages.AS_IT_IS, said=str(error))
    known = interpret(case.name, case.resources, leave_out=case.pair_id, modified=case.modified, molecule=case.molecule)
    if case.read_as is not None and not known:
        if case.read_as is PhraseKind.RELATION:
            return case.unchecked(Reason.NO_READING, messages.WORDS_OF_RELATION)
        return case.unchecked(Reason.ROLE_OR_ORIGIN, messages.WORDS_OF_NO_STRUCTURE, kind=case.read_as)
    if case.molecule is None:
        return decide_by_corpus_alone(case, known)
    if (refusal := check_membership(case)) is not None:
        return refusal
    found = check_presence(case, case.molecule, known)
    for question in QUESTIONS:
        if isinstance(found, Verification):
            return found
        found = question(case, found)
    return found if isinstance(found, Verification) else check_corpus(case, found)

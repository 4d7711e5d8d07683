"""Whether a molecule stands in the relation that a phrase states, with the atoms the relation rests on as a pattern."""

from __future__ import annotations

import re

from rdkit import Chem

from molreflect.tools.errors import InputError
from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.names.structures import NamedStructure
from molreflect.tools.terms import Level, Reason
from molreflect.tools.verification import messages
from molreflect.tools.verification.case import Case, Found, states_stereo
from molreflect.tools.verification.changed_form import contradiction_in, contradicts_hydride, contradicts_parent
from molreflect.tools.verification.consumed import sentence_of
from molreflect.tools.verification.proposals import Verification
from molreflect.tools.verification.relation_check import RelationCheck
from molreflect.tools.verification.relations import COMPARED_RELATIONS, check_enantiomer_named, check_relation
from molreflect.tools.verification.replaced_group import has_group_replaced
from molreflect.tools.verification.specificity import is_lone_atom

_COMPARED_AS = {
    "functionally related to": "derives from",
    "functional parent": "derives from",
    "anion of": "conjugate base of",
    "deprotonation of": "conjugate base of",
    "cation of": "conjugate acid of",
    "protonation of": "conjugate acid of",
}
"""Relations of captions that say the same as one of `COMPARED_RELATIONS`."""
_CONTAINED = frozenset(
    {"condensation of", "acylation of", "reaction of", "ester of", "ether of", "derivative of", "oligomer of"}
)
"""Relations to a compound that stands in the molecule in changed form."""


def compared_as(relation: str | None) -> str | None:
    """The relation that is compared where a caption states `relation`; None where none is."""
    known = _COMPARED_AS.get(relation or "", relation)
    return known if known in COMPARED_RELATIONS else None


def holds_relation(case: Case) -> Verification:
    """Compare the molecule with the compound a relation names.

    Raises:
        MatchTimeoutError: A search took too long.
    """
    if case.molecule is None:
        return case.unchecked(Reason.NAME_WITHOUT_STRUCTURE, messages.NEEDS_MOLECULE)
    relation = compared_as(case.phrase.relation)
    if relation is None and case.phrase.relation in _CONTAINED:
        return _contains(case, case.molecule)
    if relation is None:
        return case.unchecked(Reason.NO_READING, messages.NO_RELATION)
    named = case.resources.nomenclature.resolve([case.name], leave_out=case.pair_id)[case.name]
    if relation == "enantiomer of" and (hand := _HAND.search(case.phrase.text)):
        check = check_enantiomer_named(case.molecule, hand[1], named, _configured(case, hand[1]))
    elif named is None:
        return _contains_class(case, case.molecule, relation)
    elif relation == "derives from" and (told := contradicts_parent(case.molecule, named)) is not None:
        if _is_of_class_named(case, case.molecule):
            return case.unchecked(Reason.NAME_WITHOUT_STRUCTURE, messages.CLASS_OF_THAT_NAME, name=case.name)
        if has_group_replaced(case.molecule, named):
            return case.unchecked(Reason.ABSENCE_UNDECIDED, messages.GROUP_REPLACED)
        return case.refuted(Reason.RELATION_FAILS, told)
    elif "hydride" in relation and (told := contradicts_hydride(case.molecule, named)) is not None:
        return case.refuted(Reason.RELATION_FAILS, told)
    else:
        check = check_relation(case.molecule, relation, named, case.phrase.text)
    if check.holds is None:
        return case.unchecked(check.reason, messages.AS_IT_IS, said=check.message)
    if not check.holds:
        return case.refuted(check.reason, messages.AS_IT_IS, said=check.message)
    return _spelt(case, case.molecule, check)


_HAND = re.compile(r"(?:^|\b|\()([DL]|(?:\d*[RS],?)+|[+-])\)?-enantiomer")


def _configured(case: Case, hand: str) -> NamedStructure | None:
    """Look up the compound in the configuration that "the D-enantiomer of" says."""
    written = f"{hand}-{case.name}" if hand in ("D", "L") else f"({hand})-{case.name}"
    return case.resources.nomenclature.resolve([written], leave_out=case.pair_id)[written]


_ESTER_OF = re.compile(r"^(?:the )?(?P<what>(?:mono|di|tri|bis)?-?[A-Za-z-]{3,}yl (?:ester|ether)) of ")


def _lacking_ester(case: Case, molecule: Molecule) -> str | None:
    """Name the ester or ether that a relation speaks of where the molecule has none: "methyl ester of benzoic acid"."""
    hit = _ESTER_OF.match(case.phrase.text)
    if hit is None:
        return None
    what = hit["what"]
    entry = case.resources.lexicon.find(what)
    if entry is None or entry.absence != "refutes":
        return None
    patterns = (*entry.patterns, *entry.doubtful)
    return None if any(find(molecule, pattern, floor=entry.level) for pattern in patterns) else what


def _contains(case: Case, molecule: Molecule) -> Verification:
    """Find what is left of a compound that reacted.

    That it is not found is no contradiction where its atoms are there, since a reaction may take more than was looked
    for.
    """
    named = case.resources.nomenclature.resolve([case.name], leave_out=case.pair_id)[case.name]
    if named is not None and (told := contradiction_in(sentence_of(case), molecule, named)) is not None:
        return case.refuted(Reason.RELATION_FAILS, told)
    if (lacking := _lacking_ester(case, molecule)) is not None:
        return case.refuted(Reason.RELATION_FAILS, messages.AS_IT_IS, said=f"the molecule has no {lacking}")
    known = interpret(case.name, case.resources, leave_out=case.pair_id, modified=True, molecule=molecule)
    stereo = states_stereo(case.name)
    for meant in known:
        for pattern in meant.patterns:
            hits = find(molecule, pattern, floor=meant.floor, stereo=stereo)
            spelt = case.with_pattern(pattern, meant.source)
            if hits is not None and is_lone_atom(spelt, Found(molecule, hits, known, stereo, meant.floor)) is None:
                return spelt.supported(Reason.RELATION_HOLDS, hits=hits)
    message = messages.NOT_RECOGNISED if known else messages.UNKNOWN_STRUCTURE
    return case.unchecked(Reason.NAME_WITHOUT_STRUCTURE, message)


def _contains_class(case: Case, molecule: Molecule, relation: str) -> Verification:
    """Find the class of a relation to a class ("derives from a fatty acid") in the molecule."""
    entry = case.resources.lexicon.find(case.name)
    if entry is None or "derives" not in relation:
        return case.unchecked(Reason.NAME_WITHOUT_STRUCTURE, messages.NAME_UNKNOWN)
    floor = Level.SKELETON if "hydride" in relation else entry.level
    for pattern in entry.patterns:
        hits = find(molecule, pattern, floor=floor)
        if hits is not None:
            return case.with_pattern(pattern, "class").supported(Reason.RELATION_HOLDS, hits=hits)
    return case.unchecked(Reason.NAME_WITHOUT_STRUCTURE, messages.CLASS_NOT_LEFT)


def _is_of_class_named(case: Case, molecule: Molecule) -> bool:
    """Tell whether a compound's name is a class as well that occurs: "an aporphine" on an oxoaporphine."""
    entry = case.resources.lexicon.find(case.name)
    return entry is not None and any(find(molecule, p, floor=entry.level) is not None for p in entry.patterns)


def _spelt(case: Case, molecule: Molecule, check: RelationCheck) -> Verification:
    """Spell the atoms that a relation rests on as a pattern, so that it replays like any other alignment."""
    meant = sorted({i for atoms in check.atoms[:1] for i in atoms}) or list(range(molecule.mol.GetNumAtoms()))
    pattern = str(Chem.MolFragmentToSmarts(molecule.mol, meant, isomericSmarts=False))
    try:
        hits = find(molecule, pattern, floor=Level.EXACT)
    except InputError as error:  # too large to spell, or too slow to find again
        return case.unchecked(Reason.OUT_OF_BOUNDS, messages.AS_IT_IS, said=str(error))
    assert hits is not None  # the pattern was cut from these very atoms
    return case.with_pattern(pattern, "name").supported(check.reason, messages.AS_IT_IS, hits=hits, said=check.message)

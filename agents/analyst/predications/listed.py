"""Lists of atoms that a group is said to be made of: "the methyl ester takes up atoms 7, 8, 9 and 10"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rdkit import Chem

from molreflect.agents.analyst.predications.patterned import Decision, compiled
from molreflect.agents.analyst.predications.phrases import HOLDS, NOUN, START, Phrase, in_phrases, phrase
from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.subject import Quantity
from molreflect.tools.facts.statements import Statement
from molreflect.tools.terms import Verdict

_TAKES = (
    r"(?:takes? up|uses?|occup(?:y|ies)|compris(?:e|es)|spans?|covers?|consists? of|includes?|involves?"
    r"|encompass(?:es)?|corresponds? to|contains?|extends? over|runs? (?:over|through|along)|maps? (?:to|onto)"
    r"|(?:is|are) (?:made(?: up)? (?:of|from)|built (?:from|of|by)|composed of|comprised of|formed (?:by|from|of)"
    r"|represented by|defined by|constituted by|given by|the)"
    r"|(?:is|are) (?:located |found |situated |positioned )?(?:at|on|in)|(?:sits?|lies?|resides?) (?:at|on|in)|is|are)"
)
_MAKE = (
    r"(?:(?:together )?(?:forms?|makes?(?: up)?|constitutes?|builds?(?: up)?|represents?|defines?|compris(?:e|es)"
    r"|corresponds? to)|(?:is|are))"
)
_WITHIN = r"(?:belongs? to|(?:is|are) (?:all |both )?(?:part of|members? of|in|within|inside))"
_LIST = r"(?:atoms?|indices|positions?)@?(?P<atoms>[\d,]+)"
_RAW = r"(?:atoms?|indices)(?:@| )(?P<atoms>\d[\d,]*)"
_RINGS = r"(?P<noun>(?:the|its|both|the two|two|all)(?: \w+)* rings?)"
_END = r"(?= ?(?:[.;]|$))"


def _numbers(found: re.Match[str]) -> frozenset[int]:
    return frozenset(map(int, re.findall(r"\d+", found["atoms"])))


def _made_of(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide that a group is made of atoms: all of one place of it, or of as many places as are spoken of."""
    said, atoms = phrase(found["noun"], nouns), _numbers(found)
    if said is None or not atoms or max(atoms) >= nouns.molecule.mol.GetNumAtoms():
        return None
    if _is_made_of(said, atoms, nouns.molecule.mol):
        return HOLDS
    at = "; ".join(", ".join(map(str, sorted(place))) for place in said.places[:4])
    every = {atom for place in said.places for atom in place}
    near = {n.GetIdx() for a in every for n in nouns.molecule.mol.GetAtomWithIdx(a).GetNeighbors()}
    beyond = not atoms & (every | near)
    return (Verdict.REFUTED if beyond else Verdict.UNCHECKED), f"it is at atoms {at}"


def _is_made_of(said: Phrase, atoms: frozenset[int], mol: Chem.Mol) -> bool:
    hit = [place for place in said.places if set(place) & atoms]
    every = tuple(sorted({atom for place in hit for atom in place}))
    of_one = said.subject.quantity is not Quantity.ALL and said.subject.number in (None, 1)
    if of_one and any(covers(place, atoms, mol) for place in said.places):
        return True
    if said.subject.quantity is Quantity.ALL and len(hit) != len(said.places):
        return False
    if said.subject.of not in (None, len(said.places)) or said.subject.number not in (None, len(hit)):
        return False
    several = said.subject.quantity in (Quantity.ALL, Quantity.EXACTLY) or said.subject.noun.endswith("s")
    return several and covers(every, atoms, mol)


def covers(place: tuple[int, ...], atoms: frozenset[int], mol: Chem.Mol) -> bool:
    """Whether atoms are those of a place; carbons by which it hangs on the rest may be counted or not."""
    own = set(place)
    beside = atoms - own
    if beside:
        bonded = {n.GetIdx() for a in own for n in mol.GetAtomWithIdx(a).GetNeighbors()}
        return len(beside) == 1 and own < atoms and beside <= bonded and not _is_ring(own, mol)
    missing = own - atoms
    return not missing or (not _is_ring(own, mol) and all(_is_carrier(a, own, mol) for a in missing))


def _is_ring(place: set[int], mol: Chem.Mol) -> bool:
    return any(set(ring) <= place for ring in mol.GetRingInfo().AtomRings())


def _is_carrier(index: int, place: set[int], mol: Chem.Mol) -> bool:
    """Whether an atom of a group is a carbon by which it is drawn: one bond within, no multiple bond in it."""
    atom = mol.GetAtomWithIdx(index)
    inside = [b for b in atom.GetBonds() if b.GetOtherAtomIdx(index) in place]
    heavy = [b.GetOtherAtom(atom) for b in inside]
    return (
        atom.GetAtomicNum() == 6
        and len(inside) == 1
        and inside[0].GetBondType() == Chem.BondType.SINGLE
        and (atom.GetDegree() > 1 or heavy[0].GetAtomicNum() != 6)
    )


def _belongs(found: re.Match[str], nouns: Nouns) -> Decision:
    said, atoms = phrase(found["noun"], nouns), _numbers(found)
    if said is None or max(atoms) >= nouns.molecule.mol.GetNumAtoms():
        return None
    within = any(atoms <= set(place) for place in said.places)
    return HOLDS if within else (Verdict.UNCHECKED, "no place of it has them all")


def _shared(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "atoms 3 and 7 are shared by both rings": two rings of those spoken of have them all."""
    said, atoms = phrase(found["noun"], nouns), _numbers(found)
    if said is None:
        return None
    having = sum(atoms <= set(place) for place in said.places)
    return HOLDS if having > 1 and atoms else (Verdict.UNCHECKED, "no two of them share these atoms")


_FORMS = compiled(
    (
        (START + NOUN.format("noun") + rf" {_TAKES} {_RAW}" + _END, _made_of),
        (rf"^{_LIST} {_MAKE} " + NOUN.format("noun") + _END, _made_of),
        (rf"^{_LIST} (?:are|is) (?:shared by|common to|part of both|in both) {_RINGS}" + _END, _shared),
        (rf"^{_RINGS} (?:share|meet at|are fused at|are joined at) {_LIST}" + _END, _shared),
        (rf"^{_LIST} {_WITHIN} " + NOUN.format("noun") + _END, _belongs),
    )
)


def listed_atoms(text: str, place: tuple[int, int], nouns: Nouns) -> Iterator[Statement]:
    """Check the atoms that a group is said to be made of, or to be at.

    Args:
        text: The answer, what its molecules are called put as "It".
        place: Where the sentence stands.
        nouns: Looks nouns up in the molecule.
    """
    return in_phrases(text, place, nouns, _FORMS)

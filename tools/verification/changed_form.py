"""Whether a named compound can stand in a molecule in changed form: what no condensation or replacement takes away.

A compound that "is part of", "was condensed with" or "in which a group is replaced" is not in the molecule as it is
named. Its carbon skeleton, its rings, the places of its groups and the configuration that its name states are, unless
the words say that just these changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property, lru_cache

from rdkit import Chem

from molreflect.tools.molecules.configuration import Configuration, compare_configuration
from molreflect.tools.molecules.descriptors import bears_descriptors
from molreflect.tools.molecules.parts import atoms_of, bonds_of
from molreflect.tools.molecules.read import WITH_MOLECULES, Molecule
from molreflect.tools.molecules.write import uncharge
from molreflect.tools.names.structures import NamedStructure, states_configuration, states_descriptors
from molreflect.tools.names.sugars import open_form, ring_forms
from molreflect.tools.verification import messages

MIN_ATOMS = 5
"""Heavy atoms of the smallest compound that is looked for: smaller ones say too little to contradict."""
MAX_ATOMS = 150
MAX_LAYINGS = 500
"""Most ways of laying a compound over the molecule that are looked at; where there are more, nothing is decided."""

MAX_RING_SHARE = 0.25
"""Share of a compound's bonds outside rings that may have become part of rings."""
MIN_POLYOL = 4
"""End groups from which on a chain may have closed to a ring, as a sugar or its alcohol does."""

MIN_CHAIN = 8
"""Carbon atoms of the shortest chain that must end where its name's ends."""

_OXO = Chem.MolFromSmarts("[OX1]=[#6]([#6])[#6,#1]")
_RING_HYDROXY = Chem.MolFromSmarts("[OX2H1]-[CX4;R;!$(C-[O;R])]")
_WITHOUT_PLACE = re.compile(
    r"^(?!.*\d)(?:(?:[NOS]-)?(?:hydroxy|amino|methyl|ethyl|chloro|bromo|fluoro|iodo|nitro|oxo|methoxy)(?=[a-z-])|"
    r"(?:carboxy|cyano|sulfo|sulfanyl|phenyl)(?=eth|prop|but|pent|hex)|"
    r".*(?:pent|hex|hept|oct|non|dec|cos)(?:an|en)(?:ol|one)s?$)"
)
"""Names of which one place is chosen where many are meant: "hexanol in which the hydroxy group is at position 3"."""
_BONDS_CHANGE = re.compile(
    r"hydrogenat|reduc|oxid|epox|ylidene|dehydr|double bond|(?<!un)saturat|unsaturation|hydro\b|imino|imine|hydrazon|"
    r"tautomer|oxime|aromati[sz]|cyclis|cycliz|bridg|fused|addition(?!al)"
)
_CONFIGURATION_CHANGES = re.compile(
    r"\b(?:inver(?:ted|sion)|epimeri[sz]ed|opposite|reversed|other) (?:of )?(?:the )?(?:stereo|config|chiral|cent)"
    r"|\b(?:configuration|stereochemistry|cent[re]{2}) (?:at [^.;]{1,30} )?(?:is|has been|was) (?:inverted|reversed)"
)
"""What turns a centre round: then the configuration of a name says nothing."""
_CLOSES = re.compile(r"cycl|lact|\bring\b|anhydr")
_SKELETON_CHANGES = re.compile(
    r"decarbox|de(?:oxy)?-?methyl|\bnor|cleav|hydrolys|remov|rearrang|cycli[sz]|"
    r"ring(?:s? (?:open|clos|expan|contract|format|fission)|s? (?:has|have|is|are) "
    r"(?:(?:been|formally|fully|partially|then|also) )*(?:[a-z]+ed|open|absent|missing|lost|broken)\b|-\w+ed)|"
    r"\blos[st]|seco|abeo|migrat|lack|homo|"
    r"expan|contract|degrad|bridg|fused|dimer|oligomer|polymer|instead|rather|differ|missing|without|analog|similar|"
    r"(?:methyl|methylene|methoxy|alkyl|acyl|acetyl|carbon|chain|phenyl|carboxy|residue|nitrogen|oxygen|sulfur|CH)\S*"
    r"(?: atoms?| groups?| substituents?| moiety| bridge)?(?: at [^.;]{0,40})? (?:"
    r"(?:is|are|has been|have been|being) (?:formally )?(?:replaced|substituted)|(?:formally )?replaced)"
)
"""What may take carbon atoms or rings from a compound: then its skeleton says nothing."""
_GROUPS_LEAVE = re.compile(
    r"deoxy|reduc|replac|substituted by|convert|conver|oxid|eliminat|dehydr|transform|hydrogenat"
)
_GROUP_LACKED = re.compile(
    r"\b(?:lack(?:s|ing)?|without|missing|minus|loss of|having lost|has lost) (?:the |an? |its |both |two |one )?"
    r"(?:\S+-)?(?:hydroxyl?|oxo|keto|amino|fluoro|chloro|bromo|iodo) (?:group|substituent)s?\b"
)
"""Groups that are gone without a carbon atom."""
_GEOMETRY = re.compile(
    r"\b(?:the|all|all of the|both|each|its)(?: \w+)? double bonds?\b[^.;]{0,80}?"
    r"\b(?:geometry|configurations?|stereochemistry|cis|trans|[EZ])\b"
)
_HYDROGEN_REPLACED = re.compile(
    r"\bhydrogens?\b[^.;]{0,160}?\b(?:replaced|substituted|exchanged)\b|"
    r"\b(?:replaced|substituted) by (?:deuterium|tritium)\b|"
    r"\b(?:removal|loss|transfer|migration) of (?:an? |the |one |two |three |four )?(?:protons?|hydrogens?|hydrons?)\b"
)


_FACE = re.compile(r"\d(?:alpha|beta)-")


class Loss(IntEnum):
    """What of a compound may be gone."""

    NOTHING = 0
    """Only hydrogen atoms were replaced, and end groups by what they condensed with."""
    MOVED = 1
    """Some end groups, if nothing new is bound to its carbon atoms: a group does not move to another place."""
    GROUPS = 2
    """Groups at its ends that are no carbon."""
    SKELETON = 3
    """Anything."""


def loss_of(sentence: str) -> Loss:
    """Read from a sentence what a compound in it may have lost."""
    text = _GROUP_LACKED.sub(" convert ", without_replaced_hydrogens(sentence))
    if _SKELETON_CHANGES.search(text):
        return Loss.SKELETON
    return Loss.GROUPS if _GROUPS_LEAVE.search(text) else Loss.NOTHING


def without_replaced_hydrogens(text: str) -> str:
    """Leave out of a text what only says that hydrogens were replaced, protons moved, or what geometry is meant."""
    return _GEOMETRY.sub(" ", _HYDROGEN_REPLACED.sub(" ", text))


def turns_round(text: str) -> bool:
    """Whether words say that a centre has another configuration than in the compound they are about."""
    return _CONFIGURATION_CHANGES.search(text) is not None


def lacks_place(name: str) -> bool:
    """Whether a name leaves a place open that its structure chooses."""
    return _WITHOUT_PLACE.search(name) is not None


def changes_bonds(sentence: str, named: NamedStructure) -> bool:
    """Whether a sentence speaks of other bonds than a compound in it has: "decanoic acid having a double bond at"."""
    return _BONDS_CHANGE.search(without_replaced_hydrogens(sentence.replace(named.name, " "))) is not None


def may_have_changed(text: str) -> bool:
    """Whether words behind a compound or class say of more than that hydrogens of it were replaced."""
    if loss_of(text) is not Loss.NOTHING or turns_round(text):
        return True
    return _BONDS_CHANGE.search(without_replaced_hydrogens(text)) is not None


def contradiction_in(sentence: str, molecule: Molecule, named: NamedStructure) -> str | None:
    """Say how a molecule contradicts that a compound is in it as a sentence says; None where it does not.

    Args:
        sentence: What is said of the change.
        molecule: The molecule.
        named: The compound.
    """
    sentence = sentence.replace(named.name, " ")  # "norbornane" and "lactam" are no change by themselves
    turned = turns_round(sentence)
    bonds_fixed, may_close = _BONDS_CHANGE.search(sentence) is None, _CLOSES.search(sentence) is not None
    loss = loss_of(sentence)
    return _contradiction(molecule, named, loss, bonds_fixed=bonds_fixed, may_close=may_close, turned=turned)


def contradicts_parent(molecule: Molecule, named: NamedStructure) -> str | None:
    """Say how a molecule contradicts that it derives from a compound; None where it does not."""
    return _contradiction(molecule, named, Loss.MOVED, bonds_fixed=True, may_close=False, turned=False)


def contradicts_hydride(molecule: Molecule, named: NamedStructure) -> str | None:
    """Say how a molecule contradicts that it derives from a hydride; None where it does not.

    The double bonds of a chain, if the molecule's has as many, stand where they are, and a face that the name of a
    saturated ring system states ("5alpha-") is the molecule's where it is saturated as well.
    """
    form = Chem.MolFromSmiles(named.smiles)
    faced = named.kind == "molecule" and named.stereo and _FACE.search(named.name) is not None
    if faced and compare_configuration(molecule.neutral, form, MAX_LAYINGS) is Configuration.CONTRADICTS:
        return messages.ONLY_OTHER_CONFIGURATION
    doubles = _doubles(form)
    if named.kind != "molecule" or named.ambiguous or form.GetRingInfo().NumRings() or not doubles:
        return None
    layings = molecule.mol.GetSubstructMatches(any_bonds(form), uniquify=False, maxMatches=MAX_LAYINGS)
    laid = [_doubles(molecule.mol, laying) for laying in layings]
    if not laid or len(laid) == MAX_LAYINGS or any(len(each) != len(doubles) or each == doubles for each in laid):
        return None
    return messages.NOT_EVEN_CHANGED


def _contradiction(
    molecule: Molecule, named: NamedStructure, loss: Loss, *, bonds_fixed: bool, may_close: bool, turned: bool
) -> str | None:
    if named.kind != "molecule" or named.ambiguous or named.generic or loss is Loss.SKELETON:
        return None
    if lacks_place(named.name):
        return None
    stated = not turned and named.stereo and states_configuration(named, named.name)
    other_configuration = False
    own = _form(named.smiles, loss, charged=False)
    for here in (own, *(_form(text, loss, charged=True) for text in _other_forms(named, own.mol))):
        if not here.fits:
            return None
        mol, form, kept = molecule.neutral, here.mol, here.kept
        layings = mol.GetSubstructMatches(here.any_bonds, uniquify=False, maxMatches=MAX_LAYINGS)
        if len(layings) == MAX_LAYINGS:
            return None
        if loss is Loss.MOVED:
            stands = any(not _moved(mol, form, kept, laying) for laying in layings)
        elif bonds_fixed:
            stands = _stands_with_bonds(mol, form, kept, layings, may_close=may_close)
        else:
            stands = bool(layings)
        if not stands:
            continue
        if not stated:
            return None
        whole = _kept(form, Loss.NOTHING, any_element=True)  # with its end groups a centre keeps its handedness
        compared = compare_configuration(mol, kept if loss is Loss.NOTHING else whole, MAX_LAYINGS, any_end=True)
        if compared is Configuration.ABSENT and loss is Loss.GROUPS:
            compared = compare_configuration(mol, kept, MAX_LAYINGS, any_end=True)
        if compared is Configuration.ABSENT and here is not own:
            continue  # another form of a sugar, whose bonds the molecule does not have
        if compared is not Configuration.CONTRADICTS:
            return None
        if states_descriptors(named.name) and bears_descriptors(mol, form, any_bonds(whole)):
            return None
        other_configuration = True
    return messages.ONLY_OTHER_CONFIGURATION if other_configuration else messages.NOT_EVEN_CHANGED


@dataclass(frozen=True)
class _Form:
    """A drawing of a compound, and what must be left of it after a change."""

    mol: Chem.Mol
    loss: Loss

    @cached_property
    def fits(self) -> bool:
        """Whether it is one organic compound that is neither too small nor too large to be laid on a molecule."""
        fits = MIN_ATOMS <= self.mol.GetNumHeavyAtoms() <= MAX_ATOMS and len(Chem.GetMolFrags(self.mol)) == 1
        return fits and any(atom.GetAtomicNum() == 6 for atom in atoms_of(self.mol))

    @cached_property
    def kept(self) -> Chem.Mol:
        """What must be left of it."""
        return _kept(self.mol, self.loss)

    @cached_property
    def any_bonds(self) -> Chem.Mol:
        """The same, with bonds of any order."""
        return any_bonds(self.kept)


@lru_cache(maxsize=WITH_MOLECULES)
def _form(smiles: str, loss: Loss, *, charged: bool) -> _Form:
    mol = Chem.MolFromSmiles(smiles)
    return _Form(mol if charged else uncharge(mol), loss)


def _other_forms(named: NamedStructure, own: Chem.Mol) -> Iterator[str]:
    """List the rings and the chain that a sugar may stand in beside the form of its name, as SMILES."""
    yield from ring_forms(named.smiles, named.name)
    opened = open_form(named.smiles)
    if opened != named.smiles and not re.search("pyran|furan", named.name):
        sizes = _ring_sizes(own)
        if re.search("alpha|beta", named.name) is None:
            yield opened
        for text in ring_forms(opened, ""):
            if _ring_sizes(Chem.MolFromSmiles(text)) != sizes:
                yield text


def _ring_sizes(mol: Chem.Mol) -> list[int]:
    return sorted(map(len, mol.GetRingInfo().AtomRings()))


def _kept(form: Chem.Mol, loss: Loss, *, any_element: bool = False) -> Chem.Mol:
    """Write what must be left of a compound: its end groups as places where something is bound, or not at all."""
    copy = Chem.RWMol(form)
    ends = [atom.GetIdx() for atom in atoms_of(form) if _is_end(atom)]
    if loss is Loss.NOTHING:
        for index in ends if any_element else set(ends) - _kept_hydroxy(form):
            atom = copy.GetAtomWithIdx(index)
            atom.SetAtomicNum(0)
            atom.SetNoImplicit(False)
            atom.SetNumExplicitHs(0)
    else:
        for index in sorted(ends, reverse=True):
            for neighbour in copy.GetAtomWithIdx(index).GetNeighbors():
                neighbour.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
            copy.RemoveAtom(index)
    mol = copy.GetMol()
    mol.UpdatePropertyCache(strict=False)  # a ring with an oxo group stays as aromatic as the molecule's
    Chem.GetSSSR(mol)
    return mol


def _kept_hydroxy(form: Chem.Mol) -> set[int]:
    """List the oxygens that stay where something is bound to them: a sugar's, but for the anomeric one."""
    return {hit[0] for hit in form.GetSubstructMatches(_RING_HYDROXY)}


def any_bonds(part: Chem.Mol) -> Chem.Mol:
    """Make a query of a part of a molecule: its elements, with bonds of any order between them."""
    params = Chem.AdjustQueryParameters.NoAdjustments()
    params.makeDummiesQueries = True
    params.makeBondsGeneric = True
    query = Chem.RWMol(Chem.AdjustQueryProperties(part, params))
    for atom in atoms_of(query):
        if atom.GetAtomicNum():
            query.ReplaceAtom(atom.GetIdx(), Chem.AtomFromSmarts(f"[#{atom.GetAtomicNum()}]"))
    return query.GetMol()


def _stands_with_bonds(
    mol: Chem.Mol, form: Chem.Mol, part: Chem.Mol, layings: Sequence[tuple[int, ...]], *, may_close: bool
) -> bool:
    """Whether a compound lies somewhere with its own bonds between carbon atoms outside rings, and few new rings.

    Args:
        mol: The molecule.
        form: The compound.
        part: What must be left of it.
        layings: Where the atoms of `part` are in the molecule.
        may_close: Whether the words say that a ring was formed.
    """
    may_close = may_close or sum(map(_is_end, form.GetAtoms())) >= MIN_POLYOL
    most = MAX_RING_SHARE * part.GetNumBonds()
    oxo = {hit[0] for hit in form.GetSubstructMatches(_OXO)} if part.GetNumAtoms() == form.GetNumAtoms() else set()
    bonds = [
        (
            begin := bond.GetBeginAtomIdx(),
            end := bond.GetEndAtomIdx(),
            bond.GetBondType(),
            bool(oxo & {begin, end}) or _joins(bond, 6, 6),
        )
        for bond in bonds_of(part)
        if not bond.IsInRing()
    ]
    for laying in layings:
        there = [mol.GetBondBetweenAtoms(laying[begin], laying[end]) for begin, end, _, _ in bonds]
        closed = [bond.IsInRing() for bond in there]
        if not may_close and sum(closed) > most:
            continue
        if all(
            not fixed or in_ring or bond.GetBondType() == kind
            for (_, _, kind, fixed), bond, in_ring in zip(bonds, there, closed, strict=True)
        ):
            return True
    return False


def _joins(bond: Chem.Bond, first: int, second: int) -> bool:
    """Whether a bond is one between these elements."""
    return sorted((bond.GetBeginAtom().GetAtomicNum(), bond.GetEndAtom().GetAtomicNum())) == [first, second]


def _moved(mol: Chem.Mol, form: Chem.Mol, kept: Chem.Mol, laying: tuple[int, ...]) -> bool:
    """Whether a group or a double bond of a parent is missing where it was, and is somewhere else on its carbons.

    Args:
        mol: The molecule.
        form: The parent.
        kept: The parent without its end groups, in the order of `form`.
        laying: Where the atoms of `kept` are in the molecule.
    """
    left = [a.GetIdx() for a in atoms_of(form) if not _is_end(a)]
    at = dict(zip(left, laying, strict=True))
    own = set(laying)
    missing = extra = 0
    for index in left:
        atom = form.GetAtomWithIdx(index)
        had = sum(_is_end(n) for n in atom.GetNeighbors())
        around = [n for n in mol.GetAtomWithIdx(at[index]).GetNeighbors() if n.GetIdx() not in own]
        missing += max(0, had - len(around))
        if had and atom.GetIsAromatic() and around and all(n.GetAtomicNum() == 6 for n in around):
            missing += 1  # a carbon atom took no hydroxy group's place on an aromatic ring: it stood elsewhere
        if had > 1 and atom.GetAtomicNum() == 6 and all(n.GetAtomicNum() == 6 for n in around):
            return True  # the middle of a chain is no carboxy group
        if atom.GetAtomicNum() == 6:
            extra += max(0, sum(n.GetAtomicNum() != 6 for n in around) - had)
    inside = [b for b in bonds_of(form) if b.GetBeginAtomIdx() in at and b.GetEndAtomIdx() in at]
    there = [mol.GetBondBetweenAtoms(at[b.GetBeginAtomIdx()], at[b.GetEndAtomIdx()]) for b in inside]
    closed = sum(bond.IsInRing() and not own_bond.IsInRing() for own_bond, bond in zip(inside, there, strict=True))
    if closed > MAX_RING_SHARE * len(inside) or (missing and extra) or _runs_on(mol, form, at):
        return True
    doubles, laid = _doubles(kept), _doubles(mol, laying)
    return not missing and not extra and len(doubles) == len(laid) and doubles != laid


def _runs_on(mol: Chem.Mol, form: Chem.Mol, at: dict[int, int]) -> bool:
    """Whether a long unbranched chain goes on in the molecule: a longer chain does not derive from a shorter one."""
    carbons = [a for a in atoms_of(form) if a.GetAtomicNum() == 6]
    branched = any(sum(n.GetAtomicNum() == 6 for n in a.GetNeighbors()) > 2 for a in carbons)
    if len(carbons) < MIN_CHAIN or len(carbons) != len(at) or branched or form.GetRingInfo().NumRings():
        return False
    laid = set(at.values())
    ends = [mol.GetAtomWithIdx(at[a.GetIdx()]) for a in carbons if a.GetDegree() == 1]
    return any(
        n.GetAtomicNum() == 6 and not n.IsInRing() and n.GetIdx() not in laid
        for end in ends
        for n in end.GetNeighbors()
    )


def _doubles(mol: Chem.Mol, laying: tuple[int, ...] | None = None) -> set[tuple[int, int]]:
    """List the double and triple bonds between carbon atoms outside rings, by the numbers of a laid part."""
    number = {index: i for i, index in enumerate(laying)} if laying is not None else {}
    found = set()
    for bond in bonds_of(mol):
        ends = bond.GetBeginAtom(), bond.GetEndAtom()
        if bond.IsInRing() or bond.GetBondTypeAsDouble() < 2 or any(end.GetAtomicNum() != 6 for end in ends):
            continue
        numbers = [number.get(end.GetIdx(), -1) if laying is not None else end.GetIdx() for end in ends]
        if min(numbers) >= 0:
            found.add((min(numbers), max(numbers)))
    return found


def _is_end(atom: Chem.Atom) -> bool:
    """Whether an atom is a group at an end of a compound, such as hydroxy or oxo."""
    return bool(atom.GetDegree() == 1 and atom.GetAtomicNum() in (7, 8, 16, 34))

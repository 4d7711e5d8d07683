"""Whether a molecule stands in the relation that its caption states: "conjugate base of", "derives from" and the like.

Every check compares the molecule with the structure of the named compound and answers with a message, also when the
relation holds. Protonation is compared after neutralisation on both sides (`molreflect.tools.molecules.read`), so that
it does not matter where a caption's author drew the charge of a zwitterion.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rdkit import Chem
from rdkit.Chem import rdMolDescriptors
from rdkit.Chem.MolStandardize import rdMolStandardize

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.match import MatchTimeoutError
from molreflect.tools.molecules.read import Molecule, quiet_rdkit, read_molecule
from molreflect.tools.molecules.write import mirror_image
from molreflect.tools.names.structures import NamedStructure
from molreflect.tools.terms import Reason
from molreflect.tools.verification.derivatives import derives_from, derives_from_hydride, is_natural_parent
from molreflect.tools.verification.relation_check import RelationCheck, fails, holds, whole_of
from molreflect.tools.verification.same_compound import (
    NO_TAG,
    agrees_without_stereo,
    connectivity,
    formula_of,
    has_same_graph,
    is_same,
    neutral_key,
    stereo_key,
)

MAX_TAUTOMERS = 200
MAX_TAUTOMER_ATOMS = 80
COMPARED_RELATIONS: tuple[str, ...] = (
    "derives from a hydride of",
    "derives from",
    "conjugate base of",
    "conjugate acid of",
    "enantiomer of",
    "tautomer of",
    "salt of",
    "hydrochloride of",
)
"""The relations that can be checked. "functional parent of" and "functionally related to" mean "derives from"."""
_SYNONYMS = {
    "functional parent": "derives from",
    "functionally related to": "derives from",
    "derivative of": "derives from",
    "derived from": "derives from",
    "parent hydride": "derives from a hydride of",
    "derives from hydride of": "derives from a hydride of",
}


def normalise_relation(relation: str) -> str:
    """The entry of `COMPARED_RELATIONS` that a caption's wording means.

    Args:
        relation: E.g. "It is a conjugate base of", "derives from a".

    Raises:
        InputError: The relation is not one that can be checked.
    """
    text = re.sub(r"\s+", " ", relation.strip().lower())
    text = re.sub(r"^(?:it |which |that )?(?:is )?(?:an? |the )?", "", text)
    text = re.sub(r"^has (?:an? )?", "", text)
    text = re.sub(r"\s+(?:an?|the)$", "", text)
    for surface, meaning in _SYNONYMS.items():
        if text.startswith(surface):
            return meaning
    for known in COMPARED_RELATIONS:
        if text.startswith(known) or (known.endswith(" of") and text == known.removesuffix(" of")):
            return known
    if re.fullmatch(r"(?:[a-z]*(?:chloride|bromide|sulfate|acetate|maleate|citrate|sodium|potassium)\s)?salt of", text):
        return "salt of"
    raise InputError(
        f"{shorten(relation)} is not a relation that can be checked; pass one of {', '.join(COMPARED_RELATIONS)}"
    )


def check_relation(molecule: Molecule, relation: str, named: NamedStructure | None) -> RelationCheck:
    """Check one relation of a molecule to a named compound.

    Args:
        molecule: The molecule the caption describes.
        relation: One of `COMPARED_RELATIONS`, or a caption's wording of it.
        named: The named compound, from `molreflect.tools.names.structures`; None where the name has no structure.

    Returns:
        Whether the relation holds, why, and on which atoms.

    Raises:
        InputError: The relation is not one that can be checked.
    """
    kind = normalise_relation(relation)
    if named is None:
        return RelationCheck(
            None,
            Reason.NAME_WITHOUT_STRUCTURE,
            f"the compound after {kind!r} has no known structure, so the relation cannot be checked",
        )
    if named.kind == "substituent" or named.ambiguous or named.generic:
        what = "a substituent" if named.kind == "substituent" else "more than one structure"
        if kind not in ("derives from", "derives from a hydride of"):
            return RelationCheck(
                None, Reason.NAME_WITHOUT_STRUCTURE, f"{named.name!r} names {what}, so {kind!r} cannot be checked"
            )
    try:
        other = read_molecule(named.smiles)
        if kind == "derives from":
            derives = derives_from(molecule, named, other)
            # "derives from a labdane" is said of the parent hydride as well
            return (
                derives_from_hydride(molecule, named)
                if derives.holds is False and is_natural_parent(other)
                else derives
            )
        if kind == "derives from a hydride of":
            return derives_from_hydride(molecule, named)
        if kind == "conjugate base of":
            return _conjugate(molecule, named, other, sign=-1)
        if kind == "conjugate acid of":
            return _conjugate(molecule, named, other, sign=1)
        if kind == "enantiomer of":
            return _enantiomer(molecule, named, other)
        if kind == "tautomer of":
            return _tautomer(molecule, named, other)
        return _salt(molecule, named, other, hydrochloride=kind == "hydrochloride of")
    except MatchTimeoutError as error:
        return RelationCheck(None, Reason.OUT_OF_BOUNDS, str(error))


def _conjugate(molecule: Molecule, named: NamedStructure, other: Molecule, *, sign: int) -> RelationCheck:
    role, verb = ("base", "lost") if sign < 0 else ("acid", "gained")
    mine = Chem.GetFormalCharge(molecule.mol)
    difference = (mine - named.charge) * sign
    if not is_same(molecule, other):
        same_flat, note = agrees_without_stereo(molecule, named, other)
        if not same_flat:
            formulas = f"{formula_of(molecule)} against {formula_of(other)}"
            return fails(f"without protons the molecule is not {named.name!r}: {formulas}{note}")
        suffix = f" ({note})" if note else ""
    else:
        suffix = ""
    stated = f"{mine:+d} against {named.charge:+d}"
    if difference <= 0:
        opposite = "acid" if sign < 0 else "base"
        hint = f"; it is rather the conjugate {opposite}" if difference < 0 else ""
        return fails(f"a conjugate {role} has {verb} a proton, but the charges are {stated}{hint}")
    if named.charge == Chem.GetFormalCharge(other.mol):
        protons = (_hydrogens(molecule) - _hydrogens(other)) * sign
        if protons != difference:
            return fails(f"the charges differ by {difference}, the hydrogens by {protons}: more than protons moved")
    plural = "proton" if difference == 1 else "protons"
    return holds(f"the molecule is {named.name!r} that has {verb} {difference} {plural}{suffix}", whole_of(molecule))


def _hydrogens(molecule: Molecule) -> int:
    total = 0
    for atom in molecule.mol.GetAtoms():
        lone_proton = atom.GetAtomicNum() == 1 and atom.GetDegree() == 0
        total += int(atom.GetTotalNumHs()) + int(lone_proton)
    return total


def _enantiomer(molecule: Molecule, named: NamedStructure, other: Molecule) -> RelationCheck:
    if not has_same_graph(molecule, other):
        return fails(
            f"an enantiomer has the same graph, but the molecule ({formula_of(molecule)}) and {named.name!r} "
            f"({formula_of(other)}) differ in more than stereochemistry"
        )
    charge = Chem.GetFormalCharge(molecule.mol)
    if charge != named.charge:
        return fails(f"an enantiomer has the same charge, but it is {charge:+d} against {named.charge:+d}")
    mirrored = stereo_key(Chem.MolToSmiles(mirror_image(molecule.neutral)))
    if mirrored == stereo_key(molecule.smiles):
        return fails("the molecule as given is its own mirror image (achiral, or its stereochemistry is not given)")
    if not any(atom.GetChiralTag() != NO_TAG for atom in other.mol.GetAtoms()):  # "8-HETE" gives double bonds only
        return RelationCheck(
            None,
            Reason.NAME_WITHOUT_STRUCTURE,
            f"{named.name!r} does not give the stereochemistry; the graphs agree, the handedness cannot be compared",
        )
    if mirrored == stereo_key(other.smiles):
        return holds(f"the mirror image of the molecule is {named.name!r}", whole_of(molecule))
    if stereo_key(other.smiles) == stereo_key(molecule.smiles):
        return fails(f"the molecule is {named.name!r} itself, not its mirror image")
    return fails(
        f"the mirror image of the molecule is not {named.name!r}: they are diastereomers, or one is incomplete"
    )


def _tautomer(molecule: Molecule, named: NamedStructure, other: Molecule) -> RelationCheck:
    charge = Chem.GetFormalCharge(molecule.mol)
    if charge != named.charge:
        return fails(f"tautomers have the same charge, but it is {charge:+d} against {named.charge:+d}")
    if _heavy_formula(molecule) != _heavy_formula(other):
        return fails(f"tautomers have the same formula: {_heavy_formula(molecule)} against {_heavy_formula(other)}")
    zwitterion = "zwitterion" in named.name.lower()
    if neutral_key(molecule.smiles, False) == neutral_key(other.smiles, False):
        mine = any(a.GetFormalCharge() for a in molecule.mol.GetAtoms())
        theirs = zwitterion or any(a.GetFormalCharge() for a in other.mol.GetAtoms())
        if mine == theirs and Chem.MolToSmiles(molecule.mol) == Chem.MolToSmiles(other.mol):
            return fails(f"the molecule is {named.name!r} itself, drawn with the same hydrogens")
        if mine == theirs and not mine:
            return fails(f"the molecule has the graph and the hydrogens of {named.name!r}")
        if mine and theirs and zwitterion:
            return fails(f"both the molecule and {named.name!r} are zwitterions of the same compound")
        return holds(f"the molecule is {named.name!r} with protons moved between acid and base", whole_of(molecule))
    if max(molecule.heavy_atoms, other.heavy_atoms) > MAX_TAUTOMER_ATOMS:
        if connectivity(molecule.smiles) and connectivity(molecule.smiles) == connectivity(other.smiles):
            return holds(f"the molecule and {named.name!r} differ in mobile hydrogens only (InChI)", whole_of(molecule))
        return RelationCheck(
            None,
            Reason.OUT_OF_BOUNDS,
            f"the molecules have more than {MAX_TAUTOMER_ATOMS} heavy atoms, too many to enumerate",
        )
    if connectivity(molecule.smiles) and connectivity(molecule.smiles) == connectivity(other.smiles):
        return holds(f"the molecule and {named.name!r} differ in mobile hydrogens only (InChI)", whole_of(molecule))
    mine_key, mine_complete = _canonical_tautomer(molecule.smiles)
    their_key, their_complete = _canonical_tautomer(other.smiles)
    if mine_key == their_key:
        return holds(f"the molecule and {named.name!r} have the same canonical tautomer", whole_of(molecule))
    if not (mine_complete and their_complete):
        return RelationCheck(
            None, Reason.OUT_OF_BOUNDS, f"there are more than {MAX_TAUTOMERS} tautomers, too many to compare"
        )
    return fails(f"the molecule and {named.name!r} have the same formula but no tautomer in common")


def _heavy_formula(molecule: Molecule) -> str:
    return str(rdMolDescriptors.CalcMolFormula(Chem.MolFromSmiles(neutral_key(molecule.smiles, False))))


@lru_cache(maxsize=1_024)
def _canonical_tautomer(smiles: str) -> tuple[str, bool]:
    """Canonical tautomer of the uncharged form without stereo, and whether all tautomers were seen."""
    enumerator = rdMolStandardize.TautomerEnumerator()
    enumerator.SetMaxTautomers(MAX_TAUTOMERS)
    enumerator.SetMaxTransforms(MAX_TAUTOMERS)
    with quiet_rdkit():
        found = enumerator.Enumerate(Chem.MolFromSmiles(neutral_key(smiles, False)))
    complete = found.status == rdMolStandardize.TautomerEnumeratorStatus.Completed
    return str(Chem.MolToSmiles(enumerator.PickCanonical(found), isomericSmiles=False)), complete


def _salt(molecule: Molecule, named: NamedStructure, other: Molecule, *, hydrochloride: bool) -> RelationCheck:
    if len(molecule.components) < 2:
        return fails("a salt has at least two components, the molecule has one")
    frags = Chem.GetMolFrags(molecule.mol)
    parts = [read_molecule(Chem.MolFragmentToSmiles(molecule.mol, list(atoms))) for atoms in frags]
    if hydrochloride and not any(neutral_key(part.smiles, False) == "Cl" for part in parts):
        return fails("a hydrochloride has a chloride or hydrogen chloride component, the molecule has none")
    matching: list[tuple[int, ...]] = []
    note = ""
    for atoms, part in zip(frags, parts, strict=True):
        if is_same(part, other):
            matching.append(tuple(sorted(atoms)))
            continue
        agrees, remark = agrees_without_stereo(part, named, other)
        if agrees:
            matching.append(tuple(sorted(atoms)))
            note = f" ({remark})"
    if not matching:
        return fails(f"none of the components {', '.join(molecule.components)} is {named.name!r} or its ion")
    if len(matching) == len(frags):
        return fails(f"every component is {named.name!r}; a salt needs another one")
    return holds(f"{len(matching)} of {len(frags)} components are {named.name!r} or its ion{note}", tuple(matching))

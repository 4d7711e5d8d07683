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
from molreflect.tools.molecules.configuration import Configuration, compare_configuration
from molreflect.tools.molecules.descriptors import labelled_centres
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.parts import atoms_of
from molreflect.tools.molecules.read import WITH_MOLECULES, Molecule, quiet_rdkit, read_molecule
from molreflect.tools.molecules.write import mirror_image, uncharge
from molreflect.tools.names.structures import NamedStructure
from molreflect.tools.terms import Level, Reason
from molreflect.tools.verification.derivatives import derives_from, derives_from_hydride, is_natural_parent
from molreflect.tools.verification.other_bonds import may_have_other_bonds
from molreflect.tools.verification.relation_check import RelationCheck, fails, holds, undecided, whole_of
from molreflect.tools.verification.same_compound import (
    NO_TAG,
    agrees_without_stereo,
    connectivity,
    formula_of,
    has_same_graph,
    is_same,
    neutral_key,
    same_as_ring_or_chain,
    skeleton_key,
    stereo_key,
)

MAX_TAUTOMERS = 200
MAX_TAUTOMER_ATOMS = 80
MIN_SKELETAL_ATOMS = 10
"""Heavy atoms of the smallest compound that a salt's component may contain instead of being it: a skeleton's."""
COMPARED_RELATIONS: tuple[str, ...] = (
    "derives from a hydride of",
    "derives from",
    "conjugate base of",
    "conjugate acid of",
    "enantiomer of",
    "tautomer of",
    "salt of",
    "hydrochloride of",
    "zwitterion of",
    "stereoisomer of",
    "isomer of",
    "hydrate of",
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


def check_relation(molecule: Molecule, relation: str, named: NamedStructure | None, wording: str = "") -> RelationCheck:
    """Check one relation of a molecule to a named compound.

    Args:
        molecule: The molecule the caption describes.
        relation: One of `COMPARED_RELATIONS`, or a caption's wording of it.
        named: The named compound, from `molreflect.tools.names.structures`; None where the name has no structure.
        wording: The caption's own words, which may say that the molecule is one form of the compound ("the 1H-tautomer
            of benzimidazole") or only that protons moved ("protonation of ... and deprotonation of ...").

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
    molecule = _mended(molecule) if kind not in ("derives from", "derives from a hydride of") else molecule
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
            return _conjugate(molecule, named, other, sign=-1, wording=wording)
        if kind == "conjugate acid of":
            return _conjugate(molecule, named, other, sign=1, wording=wording)
        if kind == "enantiomer of":
            return _enantiomer(molecule, named, other)
        if kind == "tautomer of":
            return _tautomer(molecule, named, other, wording)
        if kind == "zwitterion of":
            return _zwitterion(molecule, named, other)
        if kind in ("stereoisomer of", "isomer of"):
            return _isomer(molecule, named, other, same_graph=kind == "stereoisomer of")
        if kind == "hydrate of":
            return _hydrate(molecule, named, other)
        return _salt(molecule, named, other, hydrochloride=kind == "hydrochloride of")
    except MatchTimeoutError as error:
        return RelationCheck(None, Reason.OUT_OF_BOUNDS, str(error))


_BOTH_WAYS = re.compile(r"\bdeprotonat\w+\b.*(?<!de)protonat|(?<!de)\bprotonat\w+\b.*\bdeprotonat", re.IGNORECASE)
_OF_A_PART = re.compile(r"^(?:de)?protonation\b", re.IGNORECASE)
_HALF_ESTER = re.compile(r"yl\)? (?:di|tri)?(?:sulfate|phosphate|sulfonate|phosphonate)$")


def _conjugate(
    molecule: Molecule, named: NamedStructure, other: Molecule, *, sign: int, wording: str = ""
) -> RelationCheck:
    role, verb = ("base", "lost") if sign < 0 else ("acid", "gained")
    mine = Chem.GetFormalCharge(molecule.mol)
    difference = (mine - named.charge) * sign
    suffix = ""
    if not is_same(molecule, other):
        same, note = _same_but_for_hydrogens(molecule, named, other)
        if same is None and not may_have_other_bonds(molecule, named.pattern, group=False):
            return fails(f"the molecule is not {named.name!r}: its double bonds are elsewhere")
        if same is None:
            return undecided(f"the molecule and {named.name!r} differ in where hydrogens and double bonds are drawn")
        part = molecule.heavy_atoms > other.heavy_atoms
        if (
            not same
            and part
            and _OF_A_PART.search(wording)
            and find(molecule, named.pattern, floor=Level.NEUTRAL) is not None
        ):
            return undecided(f"{named.name!r} is part of the molecule, and which of its atoms are meant is not said")
        if not same:
            formulas = f"{formula_of(molecule)} against {formula_of(other)}"
            return fails(f"without protons the molecule is not {named.name!r}: {formulas}{note}")
        suffix = f" ({note})" if note else ""
    if _BOTH_WAYS.search(wording):
        return holds(f"the molecule is {named.name!r} with protons lost and gained{suffix}", whole_of(molecule))
    stated = f"{mine:+d} against {named.charge:+d}"
    if difference == 0 and sign > 0 and _HALF_ESTER.search(named.name):  # "4-acetylphenyl sulfate" means the ion too
        return holds(f"the molecule is {named.name!r} with its protons{suffix}", whole_of(molecule))
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


def _same_but_for_hydrogens(molecule: Molecule, named: NamedStructure, other: Molecule) -> tuple[bool | None, str]:
    """Whether two molecules are one compound but for protons, tautomers and rings of sugars, and what to say about it.

    None where only their elements and connections agree, so that hydrogens or double bonds may have moved or not.
    """
    agrees, note = agrees_without_stereo(molecule, named, other)
    if agrees:
        return True, note
    if (as_ring := same_as_ring_or_chain(molecule, other)) is not None:
        return as_ring, "compared as ring and chain" if as_ring else ", and the stereochemistry is another"
    if note or skeleton_key(molecule.smiles) != skeleton_key(other.smiles):
        return False, note
    if max(molecule.heavy_atoms, other.heavy_atoms) <= MAX_TAUTOMER_ATOMS:
        keys = _canonical_tautomer(molecule.smiles), _canonical_tautomer(other.smiles)
        if keys[0][0] == keys[1][0]:
            return True, "compared by their canonical tautomer, stereochemistry left aside"
    return None, ""


@lru_cache(maxsize=WITH_MOLECULES)
def _mended(molecule: Molecule) -> Molecule:
    """Give hydrogens back to a drawing without them: on a selanyl radical, on the phosphorus of an oxophosphonium."""
    copy = Chem.RWMol(molecule.mol)
    changed = False
    for atom in atoms_of(copy):
        if atom.GetNumRadicalElectrons() and atom.GetAtomicNum() in (16, 34, 52) and atom.GetDegree() == 1:
            atom.SetNumExplicitHs(atom.GetTotalNumHs() + atom.GetNumRadicalElectrons())
            atom.SetNumRadicalElectrons(0)
            changed = True
        oxo = any(bond.GetBondType() == Chem.BondType.DOUBLE for bond in atom.GetBonds())
        if atom.GetAtomicNum() == 15 and atom.GetFormalCharge() == 1 and atom.GetDegree() == 3 and oxo:
            atom.SetFormalCharge(0)
            atom.SetNoImplicit(True)
            atom.SetNumExplicitHs(1)
            changed = True
    if not changed or Chem.SanitizeMol(copy, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
        return molecule
    return Molecule(molecule.text, str(Chem.MolToSmiles(copy)), copy.GetMol())


def _hydrogens(molecule: Molecule) -> int:
    total = 0
    for atom in atoms_of(molecule.mol):
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
    if not any(atom.GetChiralTag() != NO_TAG for atom in atoms_of(other.mol)):  # "8-HETE" gives double bonds only
        return RelationCheck(
            None,
            Reason.NAME_WITHOUT_STRUCTURE,
            f"{named.name!r} does not give the stereochemistry; the graphs agree, the handedness cannot be compared",
        )
    reflected = compare_configuration(mirror_image(molecule.neutral), other.neutral)
    if mirrored == stereo_key(other.smiles) or reflected is Configuration.AGREES:
        return holds(f"the mirror image of the molecule is {named.name!r}", whole_of(molecule))
    if stereo_key(other.smiles) == stereo_key(molecule.smiles):
        return fails(f"the molecule is {named.name!r} itself, not its mirror image")
    if reflected is Configuration.UNDEFINED:
        return undecided(f"the molecule leaves open some of the stereochemistry that {named.name!r} gives")
    return fails(
        f"the mirror image of the molecule is not {named.name!r}: they are diastereomers, or one is incomplete"
    )


_ONE_FORM = re.compile(r"^(?:[\dN][\w,]*[- ]?H-|open[- ]chain |keto |enol |\w+ form |zwitterion|.{0,24}\bform of\b)")


def check_enantiomer_named(
    molecule: Molecule, hand: str, named: NamedStructure | None, configured: NamedStructure | None
) -> RelationCheck:
    """Check "the D-enantiomer of arabinitol", which is that compound in that configuration.

    Args:
        molecule: The molecule the caption describes.
        hand: The descriptor: "D", "L", "R", "S,S", "+", "-".
        named: The compound without the descriptor.
        configured: The compound with it, "D-arabinitol"; None where that has no structure.
    """
    known = configured or named
    if known is None or known.kind != "molecule" or known.ambiguous:
        return undecided("the compound has no known structure", Reason.NAME_WITHOUT_STRUCTURE)
    other = read_molecule(known.smiles)
    same, note = (True, "") if is_same(molecule, other) else _same_but_for_hydrogens(molecule, known, other)
    if same is False and not note:
        return fails(f"the molecule ({formula_of(molecule)}) is not {known.name!r} ({formula_of(other)})")
    if configured is not None and configured.stereo:
        compared = compare_configuration(molecule.neutral, uncharge(other.mol))
        if same is False or compared is Configuration.CONTRADICTS:
            return fails(f"the molecule is {known.name!r} in another configuration")
        if compared is Configuration.AGREES:
            return holds(f"the molecule is {known.name!r}", whole_of(molecule))
        return undecided(f"the molecule leaves open the configuration of {known.name!r}, or draws it otherwise")
    letters = sorted(re.findall(r"[RS]", hand))
    mine = sorted(label for _, label in labelled_centres(molecule.mol, unassigned=False))
    if letters and mine == letters:
        return holds(f"the molecule is {known.name!r} with the centres {', '.join(mine)}", whole_of(molecule))
    if letters and len(mine) == len(letters):
        return fails(f"the molecule is {known.name!r} with the centres {', '.join(mine)}, not {', '.join(letters)}")
    return undecided(f"the molecule is {known.name!r}; its handedness cannot be compared with {hand!r}")


def _tautomer(molecule: Molecule, named: NamedStructure, other: Molecule, wording: str = "") -> RelationCheck:
    charge = Chem.GetFormalCharge(molecule.mol)
    if charge != named.charge:
        return fails(f"tautomers have the same charge, but it is {charge:+d} against {named.charge:+d}")
    if _heavy_formula(molecule) != _heavy_formula(other):
        return fails(f"tautomers have the same formula: {_heavy_formula(molecule)} against {_heavy_formula(other)}")
    if is_same(molecule, other) and _ONE_FORM.search(wording):
        return holds(f"the molecule is one form of {named.name!r}", whole_of(molecule))
    if same_as_ring_or_chain(molecule, other):
        return holds(f"the molecule and {named.name!r} differ as ring and chain", whole_of(molecule))
    if agrees_without_stereo(molecule, named, other)[1].endswith("is another"):
        return fails(f"tautomers have the same configuration, which the molecule and {named.name!r} have not")
    zwitterion = "zwitterion" in named.name.lower()
    if neutral_key(molecule.smiles, False) == neutral_key(other.smiles, False):
        mine = any(a.GetFormalCharge() for a in atoms_of(molecule.mol))
        theirs = zwitterion or any(a.GetFormalCharge() for a in atoms_of(other.mol))
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
    if skeleton_key(molecule.smiles) == skeleton_key(other.smiles):
        return holds(f"the molecule and {named.name!r} differ in hydrogens and double bonds only", whole_of(molecule))
    return fails(f"the molecule and {named.name!r} have the same formula but no tautomer in common")


def _zwitterion(molecule: Molecule, named: NamedStructure, other: Molecule) -> RelationCheck:
    same, note = (True, "") if is_same(molecule, other) else _same_but_for_hydrogens(molecule, named, other)
    if same is None:
        return undecided(f"the molecule and {named.name!r} differ in where hydrogens and double bonds are drawn")
    if not same:
        return fails(f"without charges the molecule is not {named.name!r}{note}")
    charges = [atom.GetFormalCharge() for atom in atoms_of(molecule.mol)]
    if not min(charges) < 0 < max(charges):
        return fails("a zwitterion has a positive and a negative charge, the molecule as drawn has not")
    return holds(f"the molecule is {named.name!r} with charges of both signs", whole_of(molecule))


def _isomer(molecule: Molecule, named: NamedStructure, other: Molecule, *, same_graph: bool) -> RelationCheck:
    if _heavy_formula(molecule) != _heavy_formula(other):
        return fails(f"isomers have the same formula: {_heavy_formula(molecule)} against {_heavy_formula(other)}")
    if has_same_graph(molecule, other):
        if stereo_key(molecule.smiles) == stereo_key(other.smiles):
            return undecided(f"the molecule is {named.name!r} as far as its configuration is known")
        return holds(f"the molecule and {named.name!r} differ in configuration only", whole_of(molecule))
    if same_graph:
        return fails(f"stereoisomers have the same graph, but the molecule and {named.name!r} have not")
    return holds(f"the molecule has the formula of {named.name!r} and another graph", whole_of(molecule))


def _hydrate(molecule: Molecule, named: NamedStructure, other: Molecule) -> RelationCheck:
    waters = [text for text in molecule.components if text in ("O", "[2H]O[2H]")]
    rest = ".".join(text for text in molecule.components if text not in waters)
    if not waters or not rest:
        return fails("a hydrate has water as a component, the molecule has not")
    dry = read_molecule(rest)
    if is_same(dry, other) or agrees_without_stereo(dry, named, other)[0]:
        return holds(f"the molecule is {named.name!r} with {len(waters)} of water", whole_of(molecule))
    return undecided(f"beside water the molecule is {rest}, which may be {named.name!r} drawn otherwise")


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
        agrees, remark = _same_but_for_hydrogens(part, named, other)
        if agrees:
            matching.append(tuple(sorted(atoms)))
            note = f" ({remark})"
    if not matching and other.heavy_atoms == 1:  # "a salt of sodium" names the element, not the metal
        element = other.mol.GetAtomWithIdx(0).GetAtomicNum()
        ions = [atoms for atoms in frags if [molecule.mol.GetAtomWithIdx(i).GetAtomicNum() for i in atoms] == [element]]
        matching = [tuple(sorted(atoms)) for atoms in ions]
    skeletal = other.heavy_atoms >= MIN_SKELETAL_ATOMS and find(molecule, named.pattern, floor=Level.SKELETON)
    if not matching and skeletal:
        return undecided(f"{named.name!r} is found in a component, with more bound to it")
    if not matching:
        return fails(f"none of the components {', '.join(molecule.components)} is {named.name!r} or its ion")
    if len(matching) == len(frags):
        return fails(f"every component is {named.name!r}; a salt needs another one")
    return holds(f"{len(matching)} of {len(frags)} components are {named.name!r} or its ion{note}", tuple(matching))

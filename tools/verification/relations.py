"""Whether a molecule stands in the relation that its caption states: "conjugate base of", "derives from" and the like.

Every check compares the molecule with the structure of the named compound and answers with a message, also when the
relation holds. Protonation is compared after neutralisation on both sides (tools.molecules.read), so that it does
not matter
where a caption's author drew the charge of a zwitterion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rdkit import Chem
from rdkit.Chem import rdFMCS, rdMolDescriptors
from rdkit.Chem.MolStandardize import rdMolStandardize

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.match import Hits, MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule, quiet_rdkit, read_molecule
from molreflect.tools.molecules.write import mirror_image, uncharge
from molreflect.tools.names.patterns import molecule_pattern
from molreflect.tools.names.structures import NamedStructure
from molreflect.tools.terms import Level, Reason

MCS_SECONDS = 1
"""Most time for one maximum common substructure (whole seconds, as RDKit wants it)."""
MCS_COVERAGE = 0.8
"""Share of the parent's heavy atoms that must be found where the whole parent is not."""
SKELETON_MIN_ATOMS = 7
"""Heavy atoms below which a parent must be found with its bond orders; smaller skeletons are found everywhere."""
MAX_RING_SHARE = 0.25
"""Share of an open-chain parent's bonds that may have become part of rings (prostaglandins, epoxides)."""
MAX_BOND_ORDER_CHANGE = 1
"""Double bonds that a parent may have gained or lost where it is found with other bond orders."""
MCS_MAX_ATOMS = 150
"""Heavy atoms above which no common substructure is sought; the time bound would only be wasted."""
NATURAL_PARENT_MIN_ATOMS = 15
"""Carbon atoms of the smallest parent hydride that a derivative may have lost carbon atoms of: sesquiterpenes."""
MAX_LOST_CARBONS = 2
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


@dataclass(frozen=True, slots=True)
class RelationCheck:
    """The answer to one relation."""

    holds: bool | None
    """None where nothing here can decide it."""
    reason: Reason
    message: str
    atoms: tuple[tuple[int, ...], ...] = ()
    """0-based atoms of the molecule that carry the relation, one tuple per place: the parent's atoms for "derives
    from", the organic component for salts, else all heavy atoms. Empty unless the relation holds."""
    level: Level | None = None
    """How strictly the named structure was found, where it was."""


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
            derives = _derives(molecule, named, other)
            # "derives from a labdane" is said of the parent hydride as well
            return _hydride(molecule, named) if derives.holds is False and _saturated(other) else derives
        if kind == "derives from a hydride of":
            return _hydride(molecule, named)
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


def _whole(molecule: Molecule) -> tuple[tuple[int, ...], ...]:
    return (tuple(a.GetIdx() for a in molecule.mol.GetAtoms() if a.GetAtomicNum() != 1),)


def _fails(message: str) -> RelationCheck:
    return RelationCheck(False, Reason.RELATION_FAILS, message)


def _holds(message: str, atoms: tuple[tuple[int, ...], ...], level: Level | None = None) -> RelationCheck:
    return RelationCheck(True, Reason.RELATION_HOLDS, message, atoms, level)


# ---------------------------------------------------------------------------------------------------------------------
# Derivatives


def _derives(molecule: Molecule, named: NamedStructure, other: Molecule) -> RelationCheck:
    if not named.generic and _same(molecule, other):
        return _fails(f"the molecule is {named.name!r} itself (or its ion), not a derivative of it")
    other_stereo = False
    for pattern, what in (
        (named.pattern, f"the whole of {named.name!r} is found in the molecule"),
        (_without_leaving_groups(other.neutral), f"{named.name!r} is found but for hydroxy groups that were replaced"),
    ):
        hits = find(molecule, pattern, floor=Level.NEUTRAL) if pattern else None
        kept = _plausible(molecule, other, hits)
        if hits is None or not kept:
            continue
        loose = named.stereo and hits.level is not Level.EXACT
        if loose:
            strict = find(molecule, pattern, floor=Level.NEUTRAL, stereo=True) if pattern else None
            loose = strict is None
        if loose and all(_states_stereo(molecule, atoms, other) for atoms in kept):
            other_stereo = True
            continue
        return _holds(what + (", its stereochemistry not counted" if loose else ""), kept, hits.level)
    if other_stereo:
        return _fails(f"{named.name!r} is found in the molecule only with another stereochemistry")
    if other.heavy_atoms >= SKELETON_MIN_ATOMS:
        hits = find(molecule, named.pattern, floor=Level.SKELETON)
        kept = _plausible(molecule, other, hits)
        if hits is not None and kept:
            return _holds(
                f"the skeleton of {named.name!r} is found in the molecule, with other bond orders", kept, hits.level
            )
    return _shared_part(molecule, named, other)


def _plausible(molecule: Molecule, other: Molecule, hits: Hits | None) -> tuple[tuple[int, ...], ...]:
    """The hits that a chemist would call the parent: chains as chains, and about as many multiple bonds."""
    if hits is None:
        return ()
    acyclic = not any(atom.IsInRing() for atom in other.mol.GetAtoms())
    whole = set(range(other.mol.GetNumAtoms()))
    kept = []
    for hit in hits.atoms:
        atoms = set(hit)
        if acyclic and _ring_share(molecule.mol, atoms) > MAX_RING_SHARE:
            continue
        change = abs(_bond_orders(molecule.smiles, atoms) - _bond_orders(other.smiles, whole))
        if hits.level is Level.SKELETON and change > MAX_BOND_ORDER_CHANGE:
            continue
        kept.append(tuple(hit))
    return tuple(kept)


def _ring_share(mol: Chem.Mol, atoms: set[int]) -> float:
    """Share of the bonds among some atoms that lie in rings."""
    bonds = [b for b in mol.GetBonds() if b.GetBeginAtomIdx() in atoms and b.GetEndAtomIdx() in atoms]
    return sum(b.IsInRing() for b in bonds) / len(bonds) if bonds else 0.0


def _bond_orders(smiles: str, atoms: set[int]) -> int:
    """How many double bonds (a triple bond counts twice) lie among some atoms, in the neutral Kekule form."""
    mol = _kekule(smiles)
    return sum(
        int(b.GetBondTypeAsDouble()) - 1
        for b in mol.GetBonds()
        if b.GetBeginAtomIdx() in atoms and b.GetEndAtomIdx() in atoms
    )


@lru_cache(maxsize=4_096)
def _kekule(smiles: str) -> Chem.Mol:
    copy = Chem.Mol(read_molecule(smiles).neutral)
    Chem.Kekulize(copy, clearAromaticFlags=True)
    return copy


def _states_stereo(molecule: Molecule, atoms: tuple[int, ...], other: Molecule) -> bool:
    """Whether the molecule gives at least as many stereo centres among some atoms as the named structure has."""
    mine = sum(molecule.mol.GetAtomWithIdx(i).GetChiralTag() != _NO_TAG for i in atoms)
    theirs = sum(atom.GetChiralTag() != _NO_TAG for atom in other.mol.GetAtoms())
    return bool(0 < theirs <= mine)


_NO_TAG = Chem.ChiralType.CHI_UNSPECIFIED


def _shared_part(molecule: Molecule, named: NamedStructure, other: Molecule) -> RelationCheck:
    """The last resort: the carbon skeleton of the parent and most of its other atoms, as one connected piece."""
    wanted = other.heavy_atoms
    if max(molecule.heavy_atoms, wanted) > MCS_MAX_ATOMS:
        return RelationCheck(
            None,
            Reason.OUT_OF_BOUNDS,
            f"{named.name!r} as a whole is not found, and the molecules are too large to look for parts of it",
        )
    if wanted < SKELETON_MIN_ATOMS:
        return _fails(f"{named.name!r} is not found in the molecule")
    found = rdFMCS.FindMCS(
        [molecule.neutral, other.neutral],
        timeout=MCS_SECONDS,
        atomCompare=rdFMCS.AtomCompare.CompareElements,
        bondCompare=rdFMCS.BondCompare.CompareAny,  # oxidation and reduction keep a parent a parent
        ringMatchesRingOnly=True,
        completeRingsOnly=True,  # half of a benzene ring in nicotinic acid is no parent
    )
    share = f"{found.numAtoms} of the {wanted} heavy atoms of {named.name!r} are found as one piece"
    query = Chem.MolFromSmarts(found.smartsString) if found.numAtoms else None
    if query is not None and found.numAtoms >= MCS_COVERAGE * wanted:
        params = Chem.SubstructMatchParameters()
        params.maxMatches = 16
        inside = set(other.neutral.GetSubstructMatch(query))
        lost = [a for a in other.neutral.GetAtoms() if a.GetIdx() not in inside and a.GetAtomicNum() == 6]
        orders = _bond_orders(other.smiles, inside)
        atoms = tuple(
            tuple(hit)
            for hit in molecule.neutral.GetSubstructMatches(query, params)
            if abs(_bond_orders(molecule.smiles, set(hit)) - orders) <= MAX_BOND_ORDER_CHANGE
        )
        if atoms and not lost:
            return _holds(f"{share}, all its carbon atoms among them", atoms, Level.SKELETON)
        if not found.canceled:
            what = f"{len(lost)} of its carbon atoms are missing" if lost else "the multiple bonds are too different"
            return _fails(f"{share}, but {what}")
    if found.canceled:
        return RelationCheck(
            None,
            Reason.OUT_OF_BOUNDS,
            f"the search for {named.name!r} was given up after {MCS_SECONDS} s: {share} so far",
        )
    return _fails(f"only {share}, fewer than {MCS_COVERAGE:.0%}")


_LEAVING = (
    Chem.MolFromSmarts("[OX2H1]-[#6,#15,#16]=[O,S]"),  # acids: acyl groups carry another atom here
    Chem.MolFromSmarts("[OX2H1]-[CX4;R]-[O;R]"),  # anomeric hydroxy: glycosides of nitrogen, carbon or sulfur
)


def _without_leaving_groups(parent: Chem.Mol) -> str | None:
    """SMARTS of a parent without the hydroxy groups that condensation or substitution replaces; None without any."""
    leaving = {hit[0] for query in _LEAVING for hit in parent.GetSubstructMatches(query)}
    if not leaving or parent.GetNumHeavyAtoms() - len(leaving) < 2:
        return None
    copy = Chem.RWMol(parent)
    for index in sorted(leaving, reverse=True):
        for neighbour in copy.GetAtomWithIdx(index).GetNeighbors():  # its handedness went with the hydroxy group
            neighbour.SetChiralTag(_NO_TAG)
        copy.RemoveAtom(index)
    if Chem.SanitizeMol(copy, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
        return None
    return molecule_pattern(copy.GetMol())


def _saturated(parent: Molecule) -> bool:
    """Whether a compound is a saturated hydrocarbon with rings, large enough to be a natural product's parent."""
    return (
        parent.heavy_atoms >= NATURAL_PARENT_MIN_ATOMS
        and parent.mol.GetRingInfo().NumRings() > 0
        and all(
            a.GetAtomicNum() == 6 and a.GetHybridization() == Chem.HybridizationType.SP3 for a in parent.mol.GetAtoms()
        )
    )


def _hydride(molecule: Molecule, named: NamedStructure) -> RelationCheck:
    hits = find(molecule, named.pattern, floor=Level.SKELETON)
    other = read_molecule(named.smiles)
    if hits is None and named.kind == "molecule" and _saturated(other) and molecule.heavy_atoms <= MCS_MAX_ATOMS:
        # Natural products that lost a carbon or two on the way ("nor") keep the parent's name.
        found = rdFMCS.FindMCS(
            [molecule.neutral, other.neutral],
            timeout=MCS_SECONDS,
            bondCompare=rdFMCS.BondCompare.CompareAny,
            ringMatchesRingOnly=True,
            completeRingsOnly=True,
        )
        query = Chem.MolFromSmarts(found.smartsString) if found.numAtoms else None
        missing = other.heavy_atoms - found.numAtoms
        if query is not None and missing <= MAX_LOST_CARBONS:
            atoms = tuple(tuple(hit) for hit in molecule.neutral.GetSubstructMatches(query, maxMatches=16))
            return _holds(
                f"the skeleton of {named.name!r} is found in the molecule but for {missing} carbon atoms",
                atoms,
                Level.SKELETON,
            )
    if hits is None:
        return _fails(f"the skeleton of {named.name!r} is not found in the molecule, bond orders left aside")
    return _holds(f"the skeleton of {named.name!r} is found in the molecule", hits.atoms, hits.level)


# ---------------------------------------------------------------------------------------------------------------------
# Acids and bases


def _conjugate(molecule: Molecule, named: NamedStructure, other: Molecule, *, sign: int) -> RelationCheck:
    role, verb = ("base", "lost") if sign < 0 else ("acid", "gained")
    mine = Chem.GetFormalCharge(molecule.mol)
    difference = (mine - named.charge) * sign
    if not _same(molecule, other):
        same_flat, note = _same_without_stereo(molecule, named, other)
        if not same_flat:
            formulas = f"{_formula(molecule)} against {_formula(other)}"
            return _fails(f"without protons the molecule is not {named.name!r}: {formulas}{note}")
        suffix = f" ({note})" if note else ""
    else:
        suffix = ""
    stated = f"{mine:+d} against {named.charge:+d}"
    if difference <= 0:
        opposite = "acid" if sign < 0 else "base"
        hint = f"; it is rather the conjugate {opposite}" if difference < 0 else ""
        return _fails(f"a conjugate {role} has {verb} a proton, but the charges are {stated}{hint}")
    if named.charge == Chem.GetFormalCharge(other.mol):
        protons = (_hydrogens(molecule) - _hydrogens(other)) * sign
        if protons != difference:
            return _fails(f"the charges differ by {difference}, the hydrogens by {protons}: more than protons moved")
    plural = "proton" if difference == 1 else "protons"
    return _holds(f"the molecule is {named.name!r} that has {verb} {difference} {plural}{suffix}", _whole(molecule))


def _hydrogens(molecule: Molecule) -> int:
    total = 0
    for atom in molecule.mol.GetAtoms():
        lone_proton = atom.GetAtomicNum() == 1 and atom.GetDegree() == 0
        total += int(atom.GetTotalNumHs()) + int(lone_proton)
    return total


_CHARGE_OR_PROTON = re.compile(r"[+-]|\[\d*(?:H|#1)[\]:]")
"""In SMILES: without either, there is nothing to take away."""


@lru_cache(maxsize=4_096)
def _neutral_key(smiles: str, stereo: bool) -> str:
    """Canonical text of the uncharged form; the same for all protonation states that RDKit can neutralise."""
    mol = read_molecule(smiles).neutral
    if _CHARGE_OR_PROTON.search(smiles):
        copy = Chem.RWMol(mol)
        for atom in reversed(list(copy.GetAtoms())):
            if atom.GetAtomicNum() == 1 and atom.GetDegree() == 0 and copy.GetNumAtoms() > 1:
                copy.RemoveAtom(atom.GetIdx())  # "[H+]" written beside an anion: neutralising gives the proton back
        mol = uncharge(copy.GetMol())
    return str(Chem.MolToSmiles(Chem.MolFromSmiles(Chem.MolToSmiles(mol)) or mol, isomericSmiles=stereo))


@lru_cache(maxsize=4_096)
def _connectivity(smiles: str) -> str:
    """InChI of the uncharged form without stereo: mobile hydrogens of standard InChI are not told apart."""
    mol = Chem.MolFromSmiles(_neutral_key(smiles, False))
    return str(Chem.MolToInchi(mol)) if mol is not None else ""


def _same(left: Molecule, right: Molecule) -> bool:
    """The same compound but for protonation, stereochemistry included."""
    return _neutral_key(left.smiles, True) == _neutral_key(right.smiles, True)


def _flavylium(molecule: Molecule) -> bool:
    return any(
        a.GetAtomicNum() == 8 and a.GetFormalCharge() == 1 and a.GetIsAromatic() for a in molecule.neutral.GetAtoms()
    )


def _same_without_stereo(molecule: Molecule, named: NamedStructure, other: Molecule) -> tuple[bool, str]:
    """Whether the two agree as far as the name goes, and what to say about it."""
    flat = _neutral_key(molecule.smiles, False) == _neutral_key(other.smiles, False)
    tautomers = (
        not flat
        and bool(_connectivity(molecule.smiles))
        and (_connectivity(molecule.smiles) == _connectivity(other.smiles))
    )
    if not (flat or tautomers) and (_flavylium(molecule) or _flavylium(other)):
        # The quinoid base of an anthocyanidin has its hydrogens and bonds elsewhere: atoms and connections must agree.
        tautomers = _connectivity(molecule.smiles).split("/h")[0] == _connectivity(other.smiles).split("/h")[0] != ""
    if not (flat or tautomers):
        return False, ""
    note = "compared as tautomers, stereochemistry left aside" if tautomers else "compared without stereochemistry"
    if named.stereo and flat and _contradicting_stereo(molecule, other):
        return False, ", and the stereochemistry is another"
    return True, note + ("" if named.stereo else ", which the name does not give")


def _contradicting_stereo(molecule: Molecule, other: Molecule) -> bool:
    """Whether both give stereochemistry and disagree where both do."""
    left = Chem.MolFromSmiles(_neutral_key(molecule.smiles, True))
    right = Chem.MolFromSmiles(_neutral_key(other.smiles, True))
    params = Chem.SubstructMatchParameters()
    params.useChirality = True
    # A centre that only one side gives is no contradiction, so each may be the query of the other.
    return not (left.HasSubstructMatch(right, params) or right.HasSubstructMatch(left, params))


def _formula(molecule: Molecule) -> str:
    return str(rdMolDescriptors.CalcMolFormula(molecule.mol))


# ---------------------------------------------------------------------------------------------------------------------
# Isomers


def _enantiomer(molecule: Molecule, named: NamedStructure, other: Molecule) -> RelationCheck:
    if not _same_without_stereo_flat(molecule, other):
        return _fails(
            f"an enantiomer has the same graph, but the molecule ({_formula(molecule)}) and {named.name!r} "
            f"({_formula(other)}) differ in more than stereochemistry"
        )
    charge = Chem.GetFormalCharge(molecule.mol)
    if charge != named.charge:
        return _fails(f"an enantiomer has the same charge, but it is {charge:+d} against {named.charge:+d}")
    mirrored = _stereo_key(Chem.MolToSmiles(mirror_image(molecule.neutral)))
    if mirrored == _stereo_key(molecule.smiles):
        return _fails("the molecule as given is its own mirror image (achiral, or its stereochemistry is not given)")
    if not any(atom.GetChiralTag() != _NO_TAG for atom in other.mol.GetAtoms()):  # "8-HETE" gives double bonds only
        return RelationCheck(
            None,
            Reason.NAME_WITHOUT_STRUCTURE,
            f"{named.name!r} does not give the stereochemistry; the graphs agree, the handedness cannot be compared",
        )
    if mirrored == _stereo_key(other.smiles):
        return _holds(f"the mirror image of the molecule is {named.name!r}", _whole(molecule))
    if _stereo_key(other.smiles) == _stereo_key(molecule.smiles):
        return _fails(f"the molecule is {named.name!r} itself, not its mirror image")
    return _fails(
        f"the mirror image of the molecule is not {named.name!r}: they are diastereomers, or one is incomplete"
    )


def _same_without_stereo_flat(left: Molecule, right: Molecule) -> bool:
    if _neutral_key(left.smiles, False) == _neutral_key(right.smiles, False):
        return True
    return bool(_connectivity(left.smiles)) and _connectivity(left.smiles) == _connectivity(right.smiles)


@lru_cache(maxsize=4_096)
def _stereo_key(smiles: str) -> str:
    """Standard InChI of the uncharged form (so that the drawn tautomer does not matter), else canonical SMILES."""
    text = _neutral_key(smiles, True)
    return str(Chem.MolToInchi(Chem.MolFromSmiles(text))) or text


def _tautomer(molecule: Molecule, named: NamedStructure, other: Molecule) -> RelationCheck:
    charge = Chem.GetFormalCharge(molecule.mol)
    if charge != named.charge:
        return _fails(f"tautomers have the same charge, but it is {charge:+d} against {named.charge:+d}")
    if _heavy_formula(molecule) != _heavy_formula(other):
        return _fails(f"tautomers have the same formula: {_heavy_formula(molecule)} against {_heavy_formula(other)}")
    zwitterion = "zwitterion" in named.name.lower()
    if _neutral_key(molecule.smiles, False) == _neutral_key(other.smiles, False):
        mine = any(a.GetFormalCharge() for a in molecule.mol.GetAtoms())
        theirs = zwitterion or any(a.GetFormalCharge() for a in other.mol.GetAtoms())
        if mine == theirs and Chem.MolToSmiles(molecule.mol) == Chem.MolToSmiles(other.mol):
            return _fails(f"the molecule is {named.name!r} itself, drawn with the same hydrogens")
        if mine == theirs and not mine:
            return _fails(f"the molecule has the graph and the hydrogens of {named.name!r}")
        if mine and theirs and zwitterion:
            return _fails(f"both the molecule and {named.name!r} are zwitterions of the same compound")
        return _holds(f"the molecule is {named.name!r} with protons moved between acid and base", _whole(molecule))
    if max(molecule.heavy_atoms, other.heavy_atoms) > MAX_TAUTOMER_ATOMS:
        if _connectivity(molecule.smiles) and _connectivity(molecule.smiles) == _connectivity(other.smiles):
            return _holds(f"the molecule and {named.name!r} differ in mobile hydrogens only (InChI)", _whole(molecule))
        return RelationCheck(
            None,
            Reason.OUT_OF_BOUNDS,
            f"the molecules have more than {MAX_TAUTOMER_ATOMS} heavy atoms, too many to enumerate",
        )
    if _connectivity(molecule.smiles) and _connectivity(molecule.smiles) == _connectivity(other.smiles):
        return _holds(f"the molecule and {named.name!r} differ in mobile hydrogens only (InChI)", _whole(molecule))
    mine_key, mine_complete = _canonical_tautomer(molecule.smiles)
    their_key, their_complete = _canonical_tautomer(other.smiles)
    if mine_key == their_key:
        return _holds(f"the molecule and {named.name!r} have the same canonical tautomer", _whole(molecule))
    if not (mine_complete and their_complete):
        return RelationCheck(
            None, Reason.OUT_OF_BOUNDS, f"there are more than {MAX_TAUTOMERS} tautomers, too many to compare"
        )
    return _fails(f"the molecule and {named.name!r} have the same formula but no tautomer in common")


def _heavy_formula(molecule: Molecule) -> str:
    return str(rdMolDescriptors.CalcMolFormula(Chem.MolFromSmiles(_neutral_key(molecule.smiles, False))))


@lru_cache(maxsize=1_024)
def _canonical_tautomer(smiles: str) -> tuple[str, bool]:
    """Canonical tautomer of the uncharged form without stereo, and whether all tautomers were seen."""
    enumerator = rdMolStandardize.TautomerEnumerator()
    enumerator.SetMaxTautomers(MAX_TAUTOMERS)
    enumerator.SetMaxTransforms(MAX_TAUTOMERS)
    with quiet_rdkit():
        found = enumerator.Enumerate(Chem.MolFromSmiles(_neutral_key(smiles, False)))
    complete = found.status == rdMolStandardize.TautomerEnumeratorStatus.Completed
    return str(Chem.MolToSmiles(enumerator.PickCanonical(found), isomericSmiles=False)), complete


# ---------------------------------------------------------------------------------------------------------------------
# Salts


def _salt(molecule: Molecule, named: NamedStructure, other: Molecule, *, hydrochloride: bool) -> RelationCheck:
    if len(molecule.components) < 2:
        return _fails("a salt has at least two components, the molecule has one")
    frags = Chem.GetMolFrags(molecule.mol)
    parts = [read_molecule(Chem.MolFragmentToSmiles(molecule.mol, list(atoms))) for atoms in frags]
    if hydrochloride and not any(_neutral_key(part.smiles, False) == "Cl" for part in parts):
        return _fails("a hydrochloride has a chloride or hydrogen chloride component, the molecule has none")
    matching: list[tuple[int, ...]] = []
    note = ""
    for atoms, part in zip(frags, parts, strict=True):
        if _same(part, other):
            matching.append(tuple(sorted(atoms)))
            continue
        agrees, remark = _same_without_stereo(part, named, other)
        if agrees:
            matching.append(tuple(sorted(atoms)))
            note = f" ({remark})"
    if not matching:
        return _fails(f"none of the components {', '.join(molecule.components)} is {named.name!r} or its ion")
    if len(matching) == len(frags):
        return _fails(f"every component is {named.name!r}; a salt needs another one")
    return _holds(f"{len(matching)} of {len(frags)} components are {named.name!r} or its ion{note}", tuple(matching))

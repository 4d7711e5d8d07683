"""Whether a molecule derives from a parent compound or its hydride: the parent as it stands in it, or most of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from rdkit import Chem

from molreflect.tools.molecules.configuration import Configuration, compare_configuration
from molreflect.tools.molecules.match import Hits, find
from molreflect.tools.molecules.parts import atoms_of, bonds_of
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.molecules.write import mirror_image, uncharge
from molreflect.tools.names.patterns import molecule_pattern
from molreflect.tools.names.structures import NamedStructure
from molreflect.tools.names.sugars import is_sugar, ring_forms
from molreflect.tools.terms import Level, Reason
from molreflect.tools.verification.common_part import MAX_STEPS, common_part
from molreflect.tools.verification.relation_check import RelationCheck, fails, holds, undecided
from molreflect.tools.verification.same_compound import NO_TAG, is_same

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
DOUBTFUL_COVERAGE = 0.6
"""Share of the parent's heavy atoms from which on it may have lost a part on the way to the molecule."""
MIN_SHARED_ATOMS = 5
"""Heavy atoms of the smallest parent that is recognised by a part of it."""
MAX_ALCOHOLS = 4
"""Most alcohol groups of a parent of which each may have been replaced."""
_ALCOHOL = Chem.MolFromSmarts("[OX2H1]-[CX4;!$(C([#8])[#8])]")
MAX_LOST_CARBONS = 2
_LEAVING = (
    Chem.MolFromSmarts("[OX2H1]-[#6,#15,#16]=[O,S]"),  # acids: acyl groups carry another atom here
    Chem.MolFromSmarts("[OX2H1]-[CX4;R]-[O;R]"),  # anomeric hydroxy: glycosides of nitrogen, carbon or sulfur
)


def derives_from(molecule: Molecule, named: NamedStructure, other: Molecule) -> RelationCheck:
    """Find the parent, whole, or most of it, in the molecule.

    Args:
        molecule: The molecule the caption describes.
        named: The parent, as named.
        other: Its structure.
    """
    if not named.generic and is_same(molecule, other):
        return fails(f"the molecule is {named.name!r} itself (or its ion), not a derivative of it")
    other_stereo: Chem.Mol | None = None
    for part, what in _parts(named, other):
        pattern = molecule_pattern(part) if part is not None else named.pattern
        hits = find(molecule, pattern, floor=Level.NEUTRAL) if pattern else None
        form = other if part is None else read_molecule(str(Chem.MolToSmiles(part)))
        kept = _plausible(molecule, form, hits)
        if hits is None or not kept:
            continue
        loose = named.stereo and hits.level is not Level.EXACT
        if loose:
            whole = part if part is not None else uncharge(Chem.MolFromSmiles(named.smiles))
            compared = compare_configuration(molecule.neutral, whole)
            loose = compared is not Configuration.AGREES
            if compared is Configuration.CONTRADICTS:
                other_stereo = whole
                continue
        return holds(
            what.format(name=named.name) + (", its stereochemistry not counted" if loose else ""), kept, hits.level
        )
    if other_stereo is not None:
        told = f"{named.name!r} is found in the molecule only with another stereochemistry"
        return undecided(told) if _may_be_epimer(molecule, named, other_stereo) else fails(told)
    hits = find(molecule, named.pattern, floor=Level.SKELETON)
    if hits is not None and other.heavy_atoms >= SKELETON_MIN_ATOMS and (kept := _plausible(molecule, other, hits)):
        return holds(
            f"the skeleton of {named.name!r} is found in the molecule, with other bond orders", kept, hits.level
        )
    if hits is not None:
        return undecided(f"the atoms of {named.name!r} are found in the molecule, with other bonds or closed to rings")
    return _shared_part(molecule, named, other)


def _parts(named: NamedStructure, other: Molecule) -> Iterator[tuple[Chem.Mol | None, str]]:
    """List the forms in which a parent may stand in a molecule: whole (None), as a sugar's ring, less what reacted."""
    rings = [Chem.MolFromSmiles(text) for text in ring_forms(named.smiles, named.name)]
    yield None, "the whole of {name!r} is found in the molecule"
    for ring in rings:
        yield ring, "the whole of {name!r} is found in the molecule, as a ring"
    for form in (other.neutral, *rings):
        for part in _without_leaving_groups(form):
            yield part, "{name!r} is found but for hydroxy groups that were replaced"


def _may_be_epimer(molecule: Molecule, named: NamedStructure, part: Chem.Mol) -> bool:
    """Whether a derivative may differ from its parent at some centre or double bond: a prostaglandin may.

    A sugar is then another sugar, and a mirror image another compound.
    """
    if is_sugar(named.smiles):
        return False
    return compare_configuration(molecule.neutral, mirror_image(part)) is Configuration.CONTRADICTS


def _plausible(molecule: Molecule, other: Molecule, hits: Hits | None) -> tuple[tuple[int, ...], ...]:
    """The hits that a chemist would call the parent: chains as chains, and about as many multiple bonds."""
    if hits is None:
        return ()
    acyclic = not any(atom.IsInRing() for atom in atoms_of(other.mol))
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
    bonds = [b for b in bonds_of(mol) if b.GetBeginAtomIdx() in atoms and b.GetEndAtomIdx() in atoms]
    return sum(b.IsInRing() for b in bonds) / len(bonds) if bonds else 0.0


def _bond_orders(smiles: str, atoms: set[int]) -> int:
    """How many double bonds (a triple bond counts twice) lie among some atoms, in the neutral Kekule form."""
    mol = _kekule(smiles)
    return sum(
        int(b.GetBondTypeAsDouble()) - 1
        for b in bonds_of(mol)
        if b.GetBeginAtomIdx() in atoms and b.GetEndAtomIdx() in atoms
    )


@lru_cache(maxsize=256)  # some 90 kB each
def _kekule(smiles: str) -> Chem.Mol:
    copy = Chem.Mol(read_molecule(smiles).neutral)
    Chem.Kekulize(copy, clearAromaticFlags=True)
    return copy


def _shared_part(molecule: Molecule, named: NamedStructure, other: Molecule) -> RelationCheck:
    """The last resort: the carbon skeleton of the parent and most of its other atoms, as one connected piece."""
    wanted = other.heavy_atoms
    if max(molecule.heavy_atoms, wanted) > MCS_MAX_ATOMS:
        return RelationCheck(
            None,
            Reason.OUT_OF_BOUNDS,
            f"{named.name!r} as a whole is not found, and the molecules are too large to look for parts of it",
        )
    if wanted < MIN_SHARED_ATOMS:
        return fails(f"{named.name!r} is not found in the molecule")
    # Oxidation and reduction keep a parent a parent; half of a benzene ring in nicotinic acid is none.
    found = common_part(molecule.neutral, other.neutral)
    share = f"{found.numAtoms} of the {wanted} heavy atoms of {named.name!r} are found as one piece"
    query = Chem.MolFromSmarts(found.smartsString) if found.numAtoms else None
    if query is not None and found.numAtoms >= MCS_COVERAGE * wanted:
        params = Chem.SubstructMatchParameters()
        params.maxMatches = 16
        inside = set(other.neutral.GetSubstructMatch(query))
        lost = [a for a in atoms_of(other.neutral) if a.GetIdx() not in inside and a.GetAtomicNum() == 6]
        orders = _bond_orders(other.smiles, inside)
        atoms = tuple(
            tuple(hit)
            for hit in molecule.neutral.GetSubstructMatches(query, params)
            if abs(_bond_orders(molecule.smiles, set(hit)) - orders) <= MAX_BOND_ORDER_CHANGE
        )
        if atoms and not lost:
            return holds(f"{share}, all its carbon atoms among them", atoms, Level.SKELETON)
        if not found.canceled:
            what = f"{len(lost)} of its carbon atoms are missing" if lost else "with other multiple bonds"
            return undecided(f"{share}, but {what}")
    if found.canceled:
        return RelationCheck(
            None,
            Reason.OUT_OF_BOUNDS,
            f"the search for {named.name!r} was given up after {MAX_STEPS} steps: {share} so far",
        )
    if found.numAtoms >= DOUBTFUL_COVERAGE * wanted:
        return undecided(f"only {share}: too few for the parent, too many to speak against it")
    return fails(f"only {share}, fewer than {DOUBTFUL_COVERAGE:.0%}")


def _without_leaving_groups(parent: Chem.Mol) -> Iterator[Chem.Mol]:
    """Write a parent without the hydroxy groups that condensation takes away, and with an alcohol's replaced by N or S.

    Only one alcohol group at a time, and not by another oxygen: D-glucose is no parent of D-galactose.
    """
    leaving = {hit[0] for query in _LEAVING for hit in parent.GetSubstructMatches(query)}
    if leaving and parent.GetNumHeavyAtoms() - len(leaving) >= 2:
        copy = Chem.RWMol(parent)
        for index in sorted(leaving, reverse=True):
            for neighbour in copy.GetAtomWithIdx(index).GetNeighbors():  # its handedness went with the hydroxy group
                neighbour.SetChiralTag(NO_TAG)
            copy.RemoveAtom(index)
        if Chem.SanitizeMol(copy, catchErrors=True) == Chem.SanitizeFlags.SANITIZE_NONE:
            yield copy.GetMol()
    alcohols = sorted({hit[0] for hit in parent.GetSubstructMatches(_ALCOHOL)} - leaving)
    for index in alcohols[:MAX_ALCOHOLS]:
        for element in (7, 16):
            copy = Chem.RWMol(parent)
            copy.GetAtomWithIdx(index).SetAtomicNum(element)
            if Chem.SanitizeMol(copy, catchErrors=True) == Chem.SanitizeFlags.SANITIZE_NONE:
                yield copy.GetMol()


def is_natural_parent(parent: Molecule) -> bool:
    """Whether a compound is a saturated hydrocarbon with rings, large enough to be a natural product's parent."""
    return (
        parent.heavy_atoms >= NATURAL_PARENT_MIN_ATOMS
        and parent.mol.GetRingInfo().NumRings() > 0
        and all(
            a.GetAtomicNum() == 6 and a.GetHybridization() == Chem.HybridizationType.SP3 for a in atoms_of(parent.mol)
        )
    )


def derives_from_hydride(molecule: Molecule, named: NamedStructure) -> RelationCheck:
    """Find the skeleton of a parent hydride in the molecule, bond orders left aside."""
    hits = find(molecule, named.pattern, floor=Level.SKELETON)
    other = read_molecule(named.smiles)
    if hits is None and named.kind == "molecule" and is_natural_parent(other) and molecule.heavy_atoms <= MCS_MAX_ATOMS:
        # Natural products that lost a carbon or two on the way ("nor") keep the parent's name.
        found = common_part(molecule.neutral, other.neutral)
        query = Chem.MolFromSmarts(found.smartsString) if found.numAtoms else None
        missing = other.heavy_atoms - found.numAtoms
        if query is not None and missing <= MAX_LOST_CARBONS:
            atoms = tuple(tuple(hit) for hit in molecule.neutral.GetSubstructMatches(query, maxMatches=16))
            return holds(
                f"the skeleton of {named.name!r} is found in the molecule but for {missing} carbon atoms",
                atoms,
                Level.SKELETON,
            )
    if hits is None:
        return fails(f"the skeleton of {named.name!r} is not found in the molecule, bond orders left aside")
    return holds(f"the skeleton of {named.name!r} is found in the molecule", hits.atoms, hits.level)

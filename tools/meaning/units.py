"""What a molecule is built of, counted: amino acid residues, monosaccharide units, carbons of an acyl chain."""

from __future__ import annotations

from rdkit import Chem

from molreflect.tools.lexicon.member import Bounds

_ACYL_END = "[CX3;$(C=[OX1]);!$(C([OX2,SX2])[#7]);!$(C([#7])[#7])]"
_PEPTIDE_BOND = Chem.MolFromSmarts(_ACYL_END + "-!@[#7;!$([NX3H2])]")
_RING_PEPTIDE_BOND = Chem.MolFromSmarts(_ACYL_END + "-@[#7;!$([NX3H2]);!$(N-*=*-*=*)]")
_ESTER_BOND = Chem.MolFromSmarts("[CX3;$(C=[OX1]);!$(C([OX2,SX2])[OX2,SX2,#7])]-[OX2,SX2;$(*[#6])]")
_RESIDUE = Chem.MolFromSmarts("[N;!$(N=*);!$([N+](=O))][#6;!$(C=[O,N,S])]~[CX3;$(C=[OX1,SX1])]")
_LONGER_RESIDUE = tuple(
    Chem.MolFromSmarts(f"[N;!$(N=*);!$([N+](=O))][#6;!$(C=[O,N,S])]{way}~[CX3;$(C=[OX1,SX1])]")
    for way in ("~[#6;!$(C=[O,N])]", "[CX4][CX4]")
)
_POLYOL = Chem.MolFromSmarts("[CX4;!R;!$(C[R])]([OX2])[CX4;!R;!$(C[R])]([OX2])[CX4;!R;!$(C[R])][OX2]")
_OPEN_SUGAR = tuple(
    map(
        Chem.MolFromSmarts,
        ("[CX3H1;!R](=[OX1])[CX4;!R]([#8,#7])[CX4;!R][#8]", "[CX4H2;!R]([#8])[CX3;!R](=[OX1])[CX4;!R][#8]"),
    )
)


def residues(mol: Chem.Mol) -> Bounds:
    """Count the amino acid residues that peptide bonds join: dehydro, D, beta and gamma residues among them.

    Returns:
        Fewest and most by the ways of counting them; (0, 0) or (1, 1) where nothing is joined.
    """
    cuts = set()
    for query in (_PEPTIDE_BOND, _RING_PEPTIDE_BOND, _ESTER_BOND):
        for one, other in mol.GetSubstructMatches(query):
            cuts.add(mol.GetBondBetweenAtoms(one, other).GetIdx())
    parts = Chem.GetMolFrags(Chem.FragmentOnBonds(mol, sorted(cuts), addDummies=False) if cuts else mol)
    alpha = [set(hit) for hit in mol.GetSubstructMatches(_RESIDUE)]
    longer = [set(hit) for query in _LONGER_RESIDUE for hit in mol.GetSubstructMatches(query)]
    groups: list[tuple[set[int], int]] = []  # residues that hang together: what they reach, and how many they are
    most = 0
    for part in map(set, parts):
        own = {min(hit) for hit in alpha if hit <= part}
        if not own and not any(hit <= part for hit in longer):
            continue
        most += max(1, len(own))
        reach = part | {n.GetIdx() for i in part for n in mol.GetAtomWithIdx(i).GetNeighbors()}
        touching = [group for group in groups if not group[0].isdisjoint(part)]
        groups = [group for group in groups if group[0].isdisjoint(part)]
        groups.append((reach.union(*(group[0] for group in touching)), 1 + sum(group[1] for group in touching)))
    few = max((number for _, number in groups), default=0)
    return few, most


def sugars(mol: Chem.Mol) -> Bounds:
    """Count monosaccharide units: rings of one oxygen and carbons that bear oxygen or nitrogen, and open chains.

    Returns:
        Fewest and most; rings with fewer groups (dideoxy sugars, anhydro sugars) and alditols count in the most only.
    """
    few = most = 0
    in_rings: set[int] = set()
    for ring in mol.GetRingInfo().AtomRings():
        atoms = [mol.GetAtomWithIdx(i) for i in ring]
        hetero = [atom for atom in atoms if atom.GetAtomicNum() != 6]
        if len(ring) not in (5, 6, 7) or len(hetero) != 1 or hetero[0].GetAtomicNum() not in (7, 8, 16):
            continue
        if any(atom.GetIsAromatic() for atom in atoms):
            continue
        borne = [_bears(atom, set(ring)) for atom in atoms if atom.GetAtomicNum() == 6]
        anomers = [i for i in (n.GetIdx() for n in hetero[0].GetNeighbors()) if i in ring]
        at_anomer = any(_bears(mol.GetAtomWithIdx(i), set(ring)) for i in anomers)
        groups = sum(borne)
        needed = 2 if len(ring) == 5 else 3
        fused = any(mol.GetRingInfo().NumAtomRings(i) > 1 for i in ring)
        if groups >= needed and not fused and hetero[0].GetAtomicNum() == 8 and at_anomer:
            few += 1
        if groups >= needed - 1:
            most += 1
            in_rings |= set(ring)
    for query in _OPEN_SUGAR:
        if any(in_rings.isdisjoint(hit) for hit in mol.GetSubstructMatches(query)):
            return few + 1, most + 1
    return few, most + mol.HasSubstructMatch(_POLYOL)


def _bears(atom: Chem.Atom, ring: set[int]) -> bool:
    """Whether a ring atom carries oxygen, nitrogen or sulfur outside of the ring."""
    return any(n.GetIdx() not in ring and n.GetAtomicNum() in (7, 8, 9, 16) for n in atom.GetNeighbors())


_ACYL = Chem.MolFromSmarts("[CX3;!R](=[OX1])[#8,#7,#16]")
MAX_STEPS = 20_000
"""Most steps of following the paths of an acyl chain."""


def acyl_chains(mol: Chem.Mol) -> list[int]:
    """Measure the longest open carbon chain that begins at each acyl carbon, that one counted."""
    lengths = []
    for start, *_ in mol.GetSubstructMatches(_ACYL):
        longest, steps = 1, 0
        paths: list[tuple[int, ...]] = [(start,)]
        while paths and steps < MAX_STEPS:
            steps += 1
            path = paths.pop()
            longest = max(longest, len(path))
            for n in mol.GetAtomWithIdx(path[-1]).GetNeighbors():
                open_chain = not n.IsInRing() or n.IsInRingSize(3)
                if n.GetAtomicNum() == 6 and open_chain and n.GetIdx() not in path:
                    paths.append((*path, n.GetIdx()))
        lengths.append(longest)
    return lengths


def overlap(one: Bounds, other: Bounds) -> bool:
    """Whether two bounds have a number in common; -1 as the most is no bound."""
    return (other[1] == -1 or one[0] <= other[1]) and (one[1] == -1 or other[0] <= one[1])

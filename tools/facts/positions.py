"""Atoms and bonds that are named by where they stand: benzylic carbons, basic nitrogens, N-methyl groups."""

from __future__ import annotations

from collections.abc import Callable

from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from molreflect.tools.molecules.read import Molecule

Places = tuple[tuple[int, ...], ...]

_ALPHA_OF_AMINO_ACID = "[CX4;$(C([#7])[CX3]=[OX1])]"
BY_POSITION: tuple[tuple[tuple[str, ...], str, str, tuple[str, ...]], ...] = (
    (
        ("benzylic carbon", "benzylic position", "benzyl carbon", "benzylic site", "benzylic centre"),
        "benzylic carbon",
        "sp3 carbons bound to an aromatic carbon",
        ("[CX4;$(Cc)]",),
    ),
    (("benzylic ch2",), "benzylic CH2", "CH2 groups bound to an aromatic carbon", ("[CX4H2;$(Cc)]",)),
    (
        ("allylic carbon", "allylic position", "allylic site"),
        "allylic carbon",
        "sp3 carbons bound to a C=C bond",
        ("[CX4;$(C[CX3]=[CX3])]",),
    ),
    (
        ("propargylic carbon", "propargylic position"),
        "propargylic carbon",
        "sp3 carbons bound to a C\u2261C bond",
        ("[CX4;$(C[CX2]#[CX2])]",),
    ),
    (
        ("vinylic carbon", "vinyl carbon", "olefinic carbon", "alkene carbon"),
        "vinylic carbon",
        "carbons of C=C bonds outside aromatic rings",
        ("[C;$([CX3]=[CX3,CX2])]",),
    ),
    (
        ("alpha carbon", "alpha-carbon", "alpha position", "\u03b1-carbon", "\u03b1 carbon", "alpha-position"),
        "alpha carbon",
        "carbons beside a carbonyl group, of amino acids those that bear the nitrogen",
        (_ALPHA_OF_AMINO_ACID, "[C;!$(C=[OX1]);$(C[CX3]=[OX1])]"),
    ),
    (
        ("basic nitrogen", "basic n", "basic amine", "basic nitrogen atom", "basic centre", "basic group"),
        "basic nitrogen",
        "nitrogens of aliphatic amines, amidines and guanidines, which take up a proton in water",
        (
            "[$([NX3;!$(N[#6]=[O,N,S]);!$(N[a]);!$(N[!#6;!#1]);!$(N[CX2]#N);!$(N[CX3]=[CX3])]([CX4,#1])),"
            "$([NX3H2][CX4]),$([NX2]=[CX3]([#7X3])),$([NX4+;!H0])]",
        ),
    ),
    (
        ("aliphatic carbon", "non-aromatic carbon", "nonaromatic carbon"),
        "aliphatic carbon",
        "carbons outside aromatic rings",
        ("[C]",),
    ),
    (
        ("aliphatic nitrogen", "non-aromatic nitrogen", "nonaromatic nitrogen"),
        "aliphatic nitrogen",
        "nitrogens outside aromatic rings",
        ("[N]",),
    ),
    (
        ("michael acceptor", "conjugated acceptor"),
        "Michael acceptor",
        "C=C or C\u2261C bonds conjugated with C=O, C\u2261N, NO2, S=O or SO2",
        (
            "[$([CX3;!$([CX3]([#7,#8])=*)]),$([CX2])]=,#;!:[C]-[$([CX3]=[OX1]),$([CX2]#[NX1]),$([NX3+](=O)[O-]),"
            "$([SX4](=O)=O),$([SX3]=O)]",
        ),
    ),
    (("ipso carbon", "ipso position"), "ipso carbon", "aromatic carbons that bear a substituent", ("[c;$(c!@[!#1])]",)),
    (("aromatic ch", "aromatic c-h", "aryl ch"), "aromatic CH", "aromatic carbons that bear hydrogen", ("[cH]",)),
    (
        ("exocyclic double bond", "exocyclic c=c", "exocyclic alkene"),
        "exocyclic double bond",
        "C=C bonds of which one carbon is in the ring",
        ("[#6;R]=;!@[#6]",),
    ),
    (
        ("endocyclic double bond", "ring double bond", "double bond in the ring"),
        "endocyclic double bond",
        "double bonds within rings, aromatic ones left out",
        ("*=;@;!:*",),
    ),
    (
        ("amino acid residue", "residue", "amino-acid residue"),
        "amino acid residue",
        "alpha-amino acids, free or bound as amides",
        ("[#7;!$([#7]=*)][CX4][CX3](=[OX1])[#7,#8]",),
    ),
    (("n-methyl",), "N-methyl group", "CH3 groups on nitrogen", ("[CX4H3;$(C[#7])]",)),
    (("o-methyl",), "O-methyl group", "CH3 groups on oxygen", ("[CX4H3;$(C[#8])]",)),
    (("s-methyl",), "S-methyl group", "CH3 groups on sulfur", ("[CX4H3;$(C[#16])]",)),
    (("c-methyl",), "C-methyl group", "CH3 groups on carbon", ("[CX4H3;$(C[#6])]",)),
    (("sp2 nitrogen",), "sp2 nitrogen atom", "nitrogens that RDKit calls sp2, conjugated ones included", ("[#7;^2]",)),
    (("sp3 nitrogen",), "sp3 nitrogen atom", "nitrogens that RDKit calls sp3", ("[#7;^3]",)),
    (("sp2 oxygen",), "sp2 oxygen atom", "oxygens that RDKit calls sp2, conjugated ones included", ("[#8;^2]",)),
    (("sp3 oxygen",), "sp3 oxygen atom", "oxygens that RDKit calls sp3", ("[#8;^3]",)),
)
"""What they are called, in small letters, the name in an answer, what is counted, and SMARTS, the first that hits."""


def by_first_pattern(patterns: tuple[str, ...]) -> Callable[[Molecule], Places]:
    """Make what finds the places of the first of several SMARTS that occurs."""
    queries = [Chem.MolFromSmarts(smarts) for smarts in patterns]

    def found(molecule: Molecule) -> Places:
        for query in queries:
            hits = molecule.mol.GetSubstructMatches(query, uniquify=True, maxMatches=10_000)
            if hits:
                return tuple(tuple(hit) for hit in hits)
        return ()

    return found


def function_carbons(molecule: Molecule, place: tuple[int, ...]) -> tuple[int, ...]:
    """The carbons of a group that its name speaks of: "the ketone carbon" is that of the C=O.

    Args:
        molecule: The molecule.
        place: Atoms of one group.

    Returns:
        The carbons with a multiple bond to another element of the group; all carbons where there is none, or where the
        group has multiple bonds between carbons, too (enones, quinones).
    """
    mol, own = molecule.mol, set(place)
    carbons = [i for i in place if mol.GetAtomWithIdx(i).GetAtomicNum() == 6]
    multiple = (Chem.BondType.DOUBLE, Chem.BondType.TRIPLE)
    told = []
    for i in carbons:
        for bond in mol.GetAtomWithIdx(i).GetBonds():
            other = bond.GetOtherAtom(mol.GetAtomWithIdx(i))
            if other.GetIdx() not in own or bond.GetBondType() not in multiple:
                continue
            if other.GetAtomicNum() == 6:
                return tuple(carbons)
            told.append(i)
    return tuple(dict.fromkeys(told)) or tuple(carbons)


def spiro_atoms(molecule: Molecule) -> Places:
    """Find atoms that two rings share alone."""
    atoms: list[int] = []
    rdMolDescriptors.CalcNumSpiroAtoms(molecule.mol, atoms=atoms)
    return tuple((i,) for i in sorted(set(atoms)))


def bridgeheads(molecule: Molecule) -> Places:
    """Find atoms where bridged rings meet."""
    atoms: list[int] = []
    rdMolDescriptors.CalcNumBridgeheadAtoms(molecule.mol, atoms=atoms)
    return tuple((i,) for i in sorted(set(atoms)))


def fusion_atoms(molecule: Molecule) -> Places:
    """Find atoms of bonds that two rings share."""
    info = molecule.mol.GetRingInfo()
    shared = [bond for bond in molecule.mol.GetBonds() if info.NumBondRings(bond.GetIdx()) > 1]
    return tuple((atom,) for atom in sorted({a for b in shared for a in (b.GetBeginAtomIdx(), b.GetEndAtomIdx())}))

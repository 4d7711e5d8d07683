"""Parts of a molecule that no class of the lexicon names: rings, bonds, atoms by element or kind, centres."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from rdkit import Chem
from rdkit.Chem import Lipinski, rdMolDescriptors

from molreflect.tools.facts.borne import BY_BEARING, kinds_of_atom
from molreflect.tools.facts.configured import centres, configured, stereo_bonds
from molreflect.tools.facts.locants import numbered_part
from molreflect.tools.facts.part_patterns import BY_SMARTS
from molreflect.tools.facts.positions import BY_POSITION, bridgeheads, by_first_pattern, fusion_atoms, spiro_atoms
from molreflect.tools.facts.positions import Places as Places
from molreflect.tools.molecules.read import Molecule

_PT = Chem.GetPeriodicTable()
ELEMENTS = {_PT.GetElementName(z).lower(): _PT.GetElementSymbol(z) for z in range(1, 104)} | {
    "sulphur": "S",
    "aluminum": "Al",
    "cesium": "Cs",
    "deuterium": "[2H]",
}
"""Symbols by the names of elements."""
_SYMBOLS = frozenset(ELEMENTS.values())
_SAFE_IN_SMALL = frozenset({"cl", "br"})
"""Symbols that mean an element in small letters, too, and no other word."""
_SIZES = {word: n for n, word in enumerate(["three", "four", "five", "six", "seven", "eight", "nine", "ten"], 3)}
_BOND = re.compile(r"(?P<a>[A-Z][a-z]?)(?P<order>[-=#\u2261\u2013])(?P<b>[A-Z][a-z]?)")


@dataclass(frozen=True, slots=True)
class Part:
    """What is counted, and how its places are found."""

    name: str
    """In the singular, as an answer says it."""
    counted: str
    """What exactly is counted."""
    find: Callable[[Molecule], Places]
    count: Callable[[Molecule], int] | None = None
    """How many there are, where that is more than the places that can be shown."""


def part_named(words: str) -> Part | None:
    """Find the part that words mean; None where they mean none of these.

    Args:
        words: In small letters but for element symbols and bonds, in singular or plural.
    """
    text = " ".join(words.replace("\u2010", "-").split())
    first, _, rest = text.partition(" ")
    if first.casefold() in _OPEN and (centre := part_named(rest)) is not None and centre.name == "stereocentre":
        return Part("open stereocentre", "tetrahedral centres whose configuration is not stated", _open_centres)
    if (labelled := configured(text)) is not None:
        return Part(*labelled)
    if "-" in text and (numbered := numbered_part(text)) is not None:
        return Part(*numbered)
    if (bond := _BOND.fullmatch(text.removesuffix(" bonds").removesuffix(" bond"))) is not None:
        return _bond_between(bond["a"], bond["b"], {"=": "=", "#": "#", "\u2261": "#"}.get(bond["order"], "-"))
    if (named := _bond_by_names(text.casefold())) is not None:
        return named
    atoms = re.fullmatch(r"(?P<what>[A-Za-z]+)(?:-| )?(?P<word>atoms?|cent(?:re|er)s?)?", text)
    if atoms is not None:
        what = atoms["what"]
        symbol = what if what in _SYMBOLS and (len(what) > 1 or what.isupper()) else None
        low = what.lower().removesuffix("s") if len(what) > 2 else what.lower()
        if symbol is None and (low in _SAFE_IN_SMALL or (atoms["word"] and low.capitalize() in _SYMBOLS)):
            symbol = low.capitalize()  # "cl", "br atoms", "n atoms"
        symbol = symbol or ELEMENTS.get(what.lower()) or ELEMENTS.get(what.lower().removesuffix("s"))
        if symbol is not None:
            return _element(symbol)
    low = text.casefold()
    key = re.sub(
        r"\b(ring|bond|atom|cent(?:re|er)|carbon|stereocent(?:re|er)|heteroatom|halogen|donor|acceptor|heterocycle|hydrogen"
        r"|carbocycle|link(?:age)?|stereo bond|charge|cycle|electron)s\b",
        r"\1",
        low,
    )
    key = key.replace("center", "centre")
    if key.removesuffix("s") == "ring system":
        return _parts()["ring assembly"]
    key = key.replace("ring system", "ring")
    if (
        size := re.fullmatch(
            r"(?:(?P<before>aromatic|saturated) )?(?:(?P<n>\d+)|(?P<word>[a-z]+))(?:[- ]member(?:ed)?|(?=-ring))"
            r"(?P<kind>(?: aromatic| saturated| hetero(?:cyclic)?)?)[ -](?P<noun>ring|cycle|heterocycle|carbocycle)",
            key,
        )
    ) is not None:
        kinds = (
            size["kind"].strip(),
            size["before"] or "",
            {"heterocycle": "hetero", "carbocycle": "carbo"}.get(size["noun"], ""),
        )
        number = int(size["n"]) if size["n"] else _SIZES.get(size["word"], 0)
        return (
            _rings(
                f"{size['before'] or ''} {size['n'] or size['word']}-membered{size['kind']} {size['noun']}".strip(),
                lambda m, r: len(r) == number and all(_kind_of_ring(m, r, kind) for kind in kinds),
            )
            if number
            else None
        )
    found = _parts().get(key) or _parts().get(key.removesuffix("s"))
    return found or _by_position().get(re.sub(r"(?:s| groups?| atoms?)$", "", key))


def _element(symbol: str) -> Part:
    if symbol == "H":
        return Part("hydrogen atom", "hydrogen atoms, those that a SMILES leaves out included", _hydrogens)
    name = next(n for n, s in ELEMENTS.items() if s == symbol)
    return Part(
        f"{name} atom", f"{name} atoms", _by_smarts(f"[#{_PT.GetAtomicNumber(symbol)}]" if symbol[0] != "[" else symbol)
    )


def _hydrogens(molecule: Molecule) -> Places:
    """One place for each hydrogen: the atom that bears it."""
    return tuple(
        (atom.GetIdx(),) for atom in molecule.mol.GetAtoms() for _ in range(atom.GetTotalNumHs(includeNeighbors=False))
    ) + tuple((atom.GetIdx(),) for atom in molecule.mol.GetAtoms() if atom.GetAtomicNum() == 1)


def _every_atom(molecule: Molecule) -> int:
    return sum(1 + int(atom.GetTotalNumHs(includeNeighbors=False)) for atom in molecule.mol.GetAtoms())


def _bond_between(a: str, b: str, order: str) -> Part | None:
    if a not in _SYMBOLS or b not in _SYMBOLS:
        return None
    if "H" in (a, b):
        return _bond_to_hydrogen(b if a == "H" else a) if order == "-" and a != b else None
    left, right = (f"#{_PT.GetAtomicNumber(s)}" for s in (a, b))
    shown = {"-": f"{a}-{b}", "=": f"{a}={b}", "#": f"{a}\u2261{b}"}[order]
    kind = {"-": "single", "=": "double", "#": "triple"}[order]
    counted = f"{kind} bonds between {a} and {b}" + (", aromatic ones left out" if order != "#" else "")
    return Part(f"{shown} bond", counted, _by_smarts(f"[{left}]{order};!:[{right}]"))


_NAMED_BOND = re.compile(r"(?P<a>[a-z]+)[- ](?P<b>[a-z]+) (?:(?P<order>single|double|triple) )?bonds?")


def _bond_by_names(text: str) -> Part | None:
    """Read "carbon-oxygen double bond"; without an order, bonds of any order."""
    found = _NAMED_BOND.fullmatch(text)
    if found is None or not {found["a"], found["b"]} <= ELEMENTS.keys():
        return None
    a, b = ELEMENTS[found["a"]], ELEMENTS[found["b"]]
    if found["order"] or "H" in (a, b):
        return _bond_between(a, b, {"double": "=", "triple": "#"}.get(found["order"] or "", "-"))
    left, right = (f"#{_PT.GetAtomicNumber(symbol)}" for symbol in (a, b))
    name = f"{found['a']}-{found['b']} bond"
    return Part(name, f"bonds between {a} and {b}, of any order", _by_smarts(f"[{left}]~[{right}]"))


def _bond_to_hydrogen(symbol: str) -> Part:
    """Bonds of an element to hydrogen: a place for each atom that bears some, and the number of the bonds."""
    number = _PT.GetAtomicNumber(symbol)

    def found(molecule: Molecule) -> list[Chem.Atom]:
        return [a for a in molecule.mol.GetAtoms() if a.GetAtomicNum() == number and a.GetTotalNumHs(True)]

    return Part(
        f"{symbol}-H bond",
        f"bonds between {symbol} and hydrogen, at the atoms that bear it",
        lambda m: tuple((a.GetIdx(),) for a in found(m)),
        lambda m: sum(int(a.GetTotalNumHs(True)) for a in found(m)),
    )


def _by_smarts(smarts: str) -> Callable[[Molecule], Places]:
    query = Chem.MolFromSmarts(smarts)

    def found(molecule: Molecule) -> Places:
        hits = molecule.mol.GetSubstructMatches(query, uniquify=True, maxMatches=10_000)
        return tuple(tuple(hit) for hit in hits)

    return found


def _ring_atoms(molecule: Molecule) -> list[tuple[int, ...]]:
    return [tuple(ring) for ring in molecule.mol.GetRingInfo().AtomRings()]


def _is_aromatic(molecule: Molecule, ring: tuple[int, ...]) -> bool:
    pairs = zip(ring, (*ring[1:], ring[0]), strict=True)
    return all(molecule.mol.GetBondBetweenAtoms(a, b).GetIsAromatic() for a, b in pairs)


def _is_hetero(molecule: Molecule, ring: tuple[int, ...]) -> bool:
    return any(molecule.mol.GetAtomWithIdx(i).GetAtomicNum() != 6 for i in ring)


def _kind_of_ring(molecule: Molecule, ring: tuple[int, ...], kind: str) -> bool:
    if kind == "aromatic":
        return _is_aromatic(molecule, ring)
    if kind == "saturated":
        return _is_saturated(molecule, ring)
    if kind == "carbo":
        return not _is_hetero(molecule, ring)
    return _is_hetero(molecule, ring) if kind else True


def _is_saturated(molecule: Molecule, ring: tuple[int, ...]) -> bool:
    """Whether a ring has single bonds alone, a bond that it shares with an aromatic ring aside (tetralin)."""
    mol = molecule.mol
    bonds = [mol.GetBondBetweenAtoms(a, b) for a, b in zip(ring, (*ring[1:], ring[0]), strict=True)]
    info = mol.GetRingInfo()
    own = [b for b in bonds if not (b.GetIsAromatic() and info.NumBondRings(b.GetIdx()) > 1)]
    single = Chem.BondType.SINGLE
    return len(own) > len(bonds) // 2 and all(b.GetBondType() == single for b in own)


def _rings(name: str, holds: Callable[[Molecule, tuple[int, ...]], bool], counted: str = "") -> Part:
    def found(molecule: Molecule) -> Places:
        return tuple(ring for ring in _ring_atoms(molecule) if holds(molecule, ring))

    return Part(name, counted or f"{name}s of the smallest set of smallest rings", found)


def _fused(molecule: Molecule, ring: tuple[int, ...]) -> bool:
    info = molecule.mol.GetRingInfo()
    return any(
        set(ring) == set(atoms) and any(info.NumBondRings(bond) > 1 for bond in bonds)
        for atoms, bonds in zip(info.AtomRings(), info.BondRings(), strict=True)
    )


_OPEN = frozenset(["undefined", "unassigned", "unspecified", "undetermined", "unknown", "open", "ambiguous"])


def _open_centres(molecule: Molecule) -> Places:
    return tuple((index,) for index, label in centres(molecule) if label == "?")


def _centres(molecule: Molecule) -> Places:
    return tuple((index,) for index, _ in centres(molecule))


def _stereo_bonds(molecule: Molecule) -> Places:
    return tuple(bond for bond, _ in stereo_bonds(molecule))


def _rotatable(molecule: Molecule) -> Places:
    """The bonds of RDKit's wider definition, where they are as many as it counts; none where they are not."""
    bonds = tuple(tuple(hit) for hit in molecule.mol.GetSubstructMatches(Lipinski.RotatableBondSmarts))
    return bonds if len(bonds) == rdMolDescriptors.CalcNumRotatableBonds(molecule.mol) else ()


def _donors(molecule: Molecule) -> Places:
    return tuple(tuple(hit) for hit in molecule.mol.GetSubstructMatches(Lipinski.HDonorSmarts))


def _acceptors(molecule: Molecule) -> Places:
    return tuple(tuple(hit) for hit in molecule.mol.GetSubstructMatches(Lipinski.HAcceptorSmarts))


def _ring_systems(molecule: Molecule) -> Places:
    systems: list[set[int]] = []
    for ring in _ring_atoms(molecule):
        merged = set(ring)
        apart = []
        for system in systems:
            if len(system & merged) > 1:
                merged |= system
            else:
                apart.append(system)
        systems = [*apart, merged]
    return tuple(tuple(sorted(system)) for system in systems)


def _sugars(molecule: Molecule) -> Places:
    mol, found = molecule.mol, []
    for ring in _ring_atoms(molecule):
        atoms = [mol.GetAtomWithIdx(i) for i in ring]
        oxygens = [a for a in atoms if a.GetAtomicNum() == 8]
        carbons = [a for a in atoms if a.GetAtomicNum() == 6]
        if (
            len(ring) not in (5, 6)
            or len(oxygens) != 1
            or len(carbons) != len(ring) - 1
            or not _is_saturated(molecule, ring)
        ):
            continue
        outside = [
            n for a in carbons for n in a.GetNeighbors() if n.GetIdx() not in ring and n.GetAtomicNum() in (7, 8)
        ]
        if len(outside) > 1 and all(n.GetTotalDegree() > 1 for n in outside):
            found.append(tuple(ring))
    return tuple(found)


def _pi_bonds(molecule: Molecule) -> Places:
    return tuple((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond, order in _orders(molecule) if order > 1)


def _pi_count(molecule: Molecule) -> int:
    return sum(order - 1 for _, order in _orders(molecule))


def _sigma_count(molecule: Molecule) -> int:
    return int(molecule.mol.GetNumBonds()) + len(_hydrogens(molecule)) - _written_hydrogens(molecule)


def _written_hydrogens(molecule: Molecule) -> int:
    return sum(atom.GetAtomicNum() == 1 for atom in molecule.mol.GetAtoms())


def _orders(molecule: Molecule) -> list[tuple[Chem.Bond, int]]:
    """The bonds of a Kekul\u00e9 form, each with its order."""
    form = Chem.Mol(molecule.mol)
    Chem.Kekulize(form, clearAromaticFlags=True)
    return [(bond, max(1, int(bond.GetBondTypeAsDouble()))) for bond in form.GetBonds()]


def _where_rings_meet() -> dict[tuple[str, ...], Part]:
    return {
        ("spiro atom", "spiro centre"): Part("spiro atom", "atoms that two rings share alone", spiro_atoms),
        ("sugar ring", "sugar"): Part(
            "sugar ring",
            "saturated rings of five or six with one oxygen and two or more O or N on their carbons",
            _sugars,
        ),
        ("ring fusion atom", "fusion atom", "fusion carbon", "ring fusion carbon", "ring junction"): Part(
            "ring fusion atom", "atoms of bonds that two rings share", fusion_atoms
        ),
        ("bridgehead", "bridgehead atom"): Part("bridgehead atom", "atoms where bridged rings meet", bridgeheads),
    }


@cache
def _parts() -> dict[str, Part]:
    ring = _rings("ring", lambda m, r: True)
    aromatic = _rings("aromatic ring", _is_aromatic)
    hetero = _rings("heterocyclic ring", _is_hetero, "rings with an atom other than carbon")
    parts = {
        ("ring", "cycle"): ring,
        ("aromatic ring", "aromatic cycle", "aryl ring", "arene ring"): aromatic,
        ("aliphatic ring", "non-aromatic ring", "nonaromatic ring", "alicyclic ring"): _rings(
            "non-aromatic ring", lambda m, r: not _is_aromatic(m, r)
        ),
        ("saturated ring",): _rings(
            "saturated ring", _is_saturated, "rings with single bonds alone, bonds shared with an aromatic ring aside"
        ),
        ("heterocycle", "heterocyclic ring", "hetero ring", "heteroring"): hetero,
        ("carbocycle", "carbocyclic ring"): _rings(
            "carbocyclic ring", lambda m, r: not _is_hetero(m, r), "rings of carbon alone"
        ),
        ("heteroaromatic ring", "aromatic heterocycle", "heteroaryl ring", "hetaryl ring"): _rings(
            "heteroaromatic ring", lambda m, r: _is_aromatic(m, r) and _is_hetero(m, r)
        ),
        ("fused ring",): _rings("fused ring", _fused, "rings that share a bond with another"),
        ("polycycle", "fused system", "ring assembly"): Part(
            "ring system", "rings that share bonds, taken together", _ring_systems
        ),
        ("rotatable bond",): Part(
            "rotatable bond",
            "RDKit's strict definition: ester and amide bonds are left out",
            _rotatable,
            lambda m: int(rdMolDescriptors.CalcNumRotatableBonds(m.mol)),
        ),
        (
            "stereocentre",
            "chiral centre",
            "chirality centre",
            "asymmetric centre",
            "stereogenic centre",
            "asymmetric carbon",
            "asymmetric carbon atom",
            "chiral carbon",
            "chiral carbon atom",
            "stereo centre",
            "chiral atom",
        ): Part("stereocentre", "tetrahedral centres, open ones included", _centres),
        ("stereo double bond", "stereogenic double bond", "stereo bond", "e/z double bond"): Part(
            "stereogenic double bond", "double bonds that can be E or Z", _stereo_bonds
        ),
        (
            "hydrogen bond donor",
            "h-bond donor",
            "hbond donor",
            "donor",
            "hbd",
            "h bond donor",
            "hydrogen-bond donor",
        ): Part("hydrogen-bond donor", "N and O that bear hydrogen (RDKit's Lipinski pattern)", _donors),
        (
            "hydrogen bond acceptor",
            "h-bond acceptor",
            "hbond acceptor",
            "acceptor",
            "hba",
            "h bond acceptor",
            "hydrogen-bond acceptor",
        ): Part("hydrogen-bond acceptor", "RDKit's Lipinski pattern", _acceptors),
        ("atom including hydrogen", "atom of any element"): Part(
            "atom of any element",
            "all atoms, the hydrogens that a SMILES leaves out included",
            lambda m: tuple((atom.GetIdx(),) for atom in m.mol.GetAtoms()),
            _every_atom,
        ),
        ("pi bond", "\u03c0 bond", "pi-bond", "\u03c0-bond"): Part(
            "pi bond", "one for each double bond, two for each triple bond, of a Kekul\u00e9 form", _pi_bonds, _pi_count
        ),
        ("sigma bond", "\u03c3 bond", "sigma-bond", "\u03c3-bond"): Part(
            "sigma bond", "one for each bond, those to hydrogen included", _by_smarts("*~*"), _sigma_count
        ),
    }
    parts |= _where_rings_meet() | {words: Part(*kind) for words, kind in kinds_of_atom().items()}
    parts |= {words: Part(name, counted, _by_smarts(smarts)) for words, name, counted, smarts in BY_SMARTS}
    return {word: part for words, part in parts.items() for word in words}


@cache
def _by_position() -> dict[str, Part]:
    return {
        word: Part(name, counted, by_first_pattern(tried))
        for words, name, counted, tried in (*BY_BEARING, *BY_POSITION)
        for word in words
    }

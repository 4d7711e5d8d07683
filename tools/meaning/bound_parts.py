"""Groups with a word that says where each is bound: "benzylic alcohol", "amide carbonyl", "fluorinated ring".

Such words choose among the groups of a kind. The chosen ones are cut from the molecule in hand, so that the words light
no other group; where none fits, the name stays without a meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from rdkit import Chem

from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.molecules.smarts import MAX_PATTERN_LENGTH, MAX_PATTERN_NESTING, read_pattern
from molreflect.tools.names.words import MULTIPLIERS, one_of
from molreflect.tools.terms import Level

Mean = Callable[[str], Sequence[Interpretation]]
"""Says what a shorter name means."""
MAX_GROUPS = 64
"""Most groups of a kind that are looked at."""
SECONDS = 0.1
"""Bound on the processor time of looking for one part of a name."""

_ON_AROMATIC = "[!a;$(*~a)]"
_SIDE_CHAIN = (
    "[*;!R;!$([#7][CX4;!R][CX3]=[OX1]);!$([CX3](=[OX1])[CX4;!R][#7]);!$([#8][CX3](=[OX1])[CX4;!R][#7]);"
    "!$([OX1]=[CX3][CX4;!R][#7])]"
)
"""An atom outside of rings that is none of an amino acid's backbone."""
_ANCHORS = {
    "aryl": _ON_AROMATIC,
    "aryl-bound": _ON_AROMATIC,
    "aryl-attached": _ON_AROMATIC,
    "aromatic": "[a,$([!a]~a)]",
    "benzylic": "[!a;$([!#6][CX4]a),$([CX4]~a)]",
    "allylic": "[$([!#6][CX4][CX3]=[CX3]),$([CX4][CX3]=[CX3])]",
    "bis-allylic": "[CX4;$(C([CX3]=[CX3])[CX3]=[CX3])]",
    "propargylic": "[$([!#6][CX4]C#C),$([CX4]C#C)]",
    "vinylic": "[$([!a][CX3]=[CX3]),$([CX3]=[CX3])]",
    "angular": "[CX4H3;$([CX4H3][CX4;R2,R3])]",
    "phenolic": "[OX2,OX1-;$(Oc)]",
    "enolic": "[OX2,OX1-;$(O[#6]=,:[#6]);!$(Oc1ccccc1)]",
    "ring": "[*;R]",
    "endocyclic": "[*;R]",
    "exocyclic": "[*;!R]",
    "side-chain": _SIDE_CHAIN,
    "side chain": _SIDE_CHAIN,
    "n-terminal": "[#7;$([#7][CX4][CX3]=[OX1]);!$([#7][CX3]=[OX1])]",
    "c-terminal": "[CX3;$(C([CX4][#7])(=[OX1])[OX2H1,OX1-,NX3H2])]",
}
"""Words before a group, and SMARTS of the atom that one of the group's atoms must be."""
_NONE_OF = dict.fromkeys(("aliphatic", "alkyl", "alkyl-bound"), "[!#6;$(*~a)]")
"""Words before a group, and SMARTS that none of its atoms may be."""
_EVERY = frozenset({"ring", "endocyclic", "exocyclic", "side-chain", "side chain"})
"""Words that hold where every atom of a bond or atom does."""
_DEGREES = r"(?:(?P<degree>primary|secondary|tertiary|quaternary) )?"
_CONDITIONED = re.compile(
    rf"^{_DEGREES}(?P<word>{one_of(_ANCHORS)}|{one_of(_NONE_OF)})[ -]{_DEGREES.replace('degree', 'degree2')}"
    r"(?P<head>(?:hydroxyl?|oh|alcohol|amine|amino|nh2|nh|nitrogen|oxygen|sulfur|carbonyl|ketone|ether|ester|amide|"
    r"carbon|(?:carbon-carbon )?(?:double|triple) bond|c=c(?: bond| double bond)?|alkene|alkyne|olefin|thioether|"
    r"sulfide|thiol|methyl|methylene|ch2|carbox(?:yl|y|ylic acid|ylate)|acid|"
    r"(?:fluor|chlor|brom|iod)(?:ide|ine|o)|halogen|halide|nitrile|nitro)(?: group| atom| function| unit)?)s?$"
)
_HEADS = {
    "amino": "[NX3,NX4+;!$(N[#6]=[O,S]);!$(N=*);!$([N+](=O)[O-])]",
    "oh": "[OX2H]",
    "hydroxy": "[OX2H]",
    "hydroxyl": "[OX2H]",
    "nh": "[#7;!H0]",
    "n-h": "[#7;!H0]",
    "nh2": "[NX3H2]",
    "carbonyl": "[#6]=[OX1]",
    "c=o": "[#6]=[OX1]",
    "carbon": "[#6]",
    "nitrogen": "[#7]",
    "oxygen": "[#8]",
    "sulfur": "[#16]",
    "ch": "[CX4H1]",
    "ch2": "[CX4H2]",
    "methylene": "[CX4H2]",
    "ch3": "[CX4H3]",
    "methyl": "[CX4H3]",
    "fluoride": "F",
    "chloride": "Cl",
    "bromide": "Br",
    "iodide": "I",
    "halide": "[F,Cl,Br,I]",
    "acid": "[CX3](=[OX1])[OX2H1,OX1-]",
    "carboxyl": "[CX3](=[OX1])[OX2H1,OX1-]",
    "carboxy": "[CX3](=[OX1])[OX2H1,OX1-]",
    "double bond": "[#6;!a]=[#6;!a]",
    "carbon-carbon double bond": "[#6;!a]=[#6;!a]",
    "c=c": "[#6;!a]=[#6;!a]",
    "c=c bond": "[#6;!a]=[#6;!a]",
    "c=c double bond": "[#6;!a]=[#6;!a]",
}
"""Short names of groups within a name, as SMARTS."""
_GROUP_END = re.compile(r"(?: group| atom| function| unit)?s?$")
_WITHIN = re.compile(
    r"^(?P<of>[a-z0-9(][a-z0-9,'()\[\] -]*?) (?P<head>nh|n-h|nh2|oh|hydroxyl?|carbonyl|c=o|c=c|ch[23]?|methyl(?:ene)?)"
    r"(?: group| function| unit)?s?$"
)
_SIZES = ("three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {word: number for number, word in enumerate(_SIZES, start=3)}
_MEMBERED = re.compile(
    rf"^(?P<size>\d{{1,2}}|{one_of(_NUMBERS)})-membered "
    r"(?P<rest>(?!ring$|macrocy|carbo|hetero|.*(?:peptide|saccharide|glycan|oligomer))[a-z].{3,})$"
)
_PREFIXED_RING = re.compile(
    r"^(?P<count>mono|di|tri|tetra|penta|)(?P<group>fluoro|chloro|bromo|iodo|nitro|hydroxy|methoxy|methyl|amino|cyano)"
    r"(?:phenyl|benzene)(?: ring| group| substituent| unit)?$"
)
_PREFIXES = {
    "fluorin": "F",
    "chlorin": "Cl",
    "brominat": "Br",
    "bromin": "Br",
    "iodin": "I",
    "halogen": "[F,Cl,Br,I]",
    "methyl": "[CX4H3]",
    "methoxyl": "[OX2;$(O[CX4H3])]",
    "hydroxyl": "[OX2H]",
    "nitr": "[NX3+](=O)[O-]",
}
_BEARING_RING = re.compile(
    rf"^(?P<count>mono|di|tri|poly|per|)(?P<group>{one_of(_PREFIXES)})ated "
    r"(?P<kind>aromatic |aryl |benzene |phenyl |pyridine |phenol |aniline )?ring$"
)
_HAVING_RING = re.compile(
    r"^(?P<group>[a-z]{3,20})-(?P<how>substituted|bearing|containing) (?P<kind>(?:[a-z]{3,20} )?)ring$"
)
_RING_KIND = re.compile(r"^(?P<kind>saturated|unsaturated|unsubstituted|aliphatic|non-?aromatic) ring$")
_IN_RING = {"nitrogen": "[#7;R]", "oxygen": "[#8;R]", "sulfur": "[#16;R]", "sulphur": "[#16;R]"}


@dataclass(frozen=True, slots=True)
class _Parts:
    """Parts of a molecule that one pattern finds."""

    pattern: str
    floor: Level
    hits: tuple[tuple[int, ...], ...]
    """The atoms of each, in the order of the pattern."""

    def chosen(self, fits: Callable[[tuple[int, ...]], bool]) -> _Parts:
        """Keep those that fit."""
        return replace(self, hits=tuple(filter(fits, self.hits)))


_NOTHING = _Parts("", Level.EXACT, ())


def read_bound_part(key: str, mean: Mean, molecule: Molecule) -> tuple[Interpretation, ...] | None:
    """Read a group with a word that says where it is bound.

    Args:
        key: The normalised name, in the singular.
        mean: Says what the group means.
        molecule: The molecule in hand.

    Returns:
        Its one meaning in the molecule, or none where the words are known and nothing fits; None for other names.
    """
    if (hit := _PREFIXED_RING.match(key)) is not None:
        return _prefixed_ring(hit, key, mean, molecule)
    if (named := _MEMBERED.match(key)) is not None:
        return _membered(named, mean, molecule)
    if (hit := _BEARING_RING.match(key)) is not None and (found := _bearing_ring(hit, key, mean, molecule)) is not None:
        return found
    for rule in (_ring_with, _conditioned, _within):
        if (parts := rule(key, mean, molecule)) is not None:
            patterns = tuple(filter(None, (_pinned(part, molecule) for part in parts if part.hits)))
            floor = next((part.floor for part in parts), Level.EXACT)
            return (Interpretation(patterns, key, floor, computed=True),) if patterns else ()
    return None


def is_bound_part(key: str, molecule: Molecule | None) -> bool:
    """Say whether a normalised name has a word that only a molecule decides: "aromatic amino", "chlorinated ring".

    Without a molecule, "amide carbonyl" is left to others, since it may be a name.
    """
    return any(pattern.match(key) for pattern in (_PATTERNS if molecule is None else (_WITHIN, *_PATTERNS)))


_PATTERNS = (_CONDITIONED, _BEARING_RING, _HAVING_RING, _RING_KIND, _PREFIXED_RING)


def _membered(hit: re.Match[str], mean: Mean, molecule: Molecule) -> tuple[Interpretation, ...]:
    """Read "seven-membered azepine ring" as the ring of that name, where it has so many members."""
    size = _NUMBERS.get(hit["size"]) or int(hit["size"])
    rings = [set(ring) for ring in molecule.mol.GetRingInfo().AtomRings() if len(ring) == size]
    found = []
    for part in mean(hit["rest"]):
        for pattern in part.patterns:
            own = _matches(molecule, pattern, part.floor)
            kept = own.chosen(lambda atoms: any(ring <= set(atoms) for ring in rings))
            if len(kept.hits) == len(own.hits) > 0:
                return (part,)
            if kept.hits and (pinned := _pinned(kept, molecule)):
                found.append(replace(part, patterns=(pinned,), computed=True))
    return tuple(found[:1])


def _prefixed_ring(hit: re.Match[str], key: str, mean: Mean, molecule: Molecule) -> tuple[Interpretation, ...] | None:
    """Read "dichlorophenyl ring" as the benzene rings that bear so many of the groups, together with these."""
    groups = _groups(hit["group"], mean, molecule)
    rings = _matches(molecule, "c1ccccc1", Level.EXACT)
    if groups is None:
        return None
    need, patterns = MULTIPLIERS.get(hit["count"], 1), []
    for ring in rings.hits:
        own = _on_ring(groups, ring, molecule)
        if len(own.hits) == need:
            patterns.append(_with_groups(replace(rings, hits=(_turned(ring, molecule),)), own, molecule))
    written = tuple(dict.fromkeys(filter(None, patterns)))
    return (Interpretation(written, key, Level.NEUTRAL, computed=True),) if written else ()


def _bearing_ring(hit: re.Match[str], key: str, mean: Mean, molecule: Molecule) -> tuple[Interpretation, ...] | None:
    """Read "chlorinated ring" as the ring with its chlorine, where one ring bears any."""
    rings = _ring_with(key, mean, molecule)
    if rings is None or len(rings) != 1 or len(rings[0].hits) != 1:
        return None
    own = _on_ring(_matches(molecule, _PREFIXES[hit["group"]]), rings[0].hits[0], molecule)
    pattern = _with_groups(rings[0], own, molecule)
    return (Interpretation((pattern,), key, Level.NEUTRAL, computed=True),) if pattern else None


def _on_ring(groups: _Parts, ring: Sequence[int], molecule: Molecule) -> _Parts:
    around = _with_neighbours(molecule, ring) - set(ring)
    return groups.chosen(lambda each: not around.isdisjoint(each) and not set(each) <= set(ring))


def _with_groups(ring: _Parts, groups: _Parts, molecule: Molecule) -> str:
    """Write one ring and the groups on it as a pattern of several parts; empty where that cannot be."""
    parts = [ring, *(replace(groups, hits=(each,)) for each in groups.hits)]
    written = [_pinned(part, molecule, alike=True) for part in parts]
    return ".".join(written) if all(written) else ""


def _conditioned(key: str, mean: Mean, molecule: Molecule) -> list[_Parts] | None:
    """Keep the groups that are bound as a word before them says: "aryl-bound nitrogen", "ring double bond"."""
    hit = _CONDITIONED.match(key)
    if hit is None:
        return None
    word, degree = hit["word"], hit["degree"] or hit["degree2"]
    groups = _groups(f"{degree} {hit['head']}" if degree else hit["head"], mean, molecule)
    if groups is None:
        return None
    anchored = _atoms(molecule, _ANCHORS.get(word) or _NONE_OF[word])
    if word in _NONE_OF:
        return [groups.chosen(anchored.isdisjoint)]
    if word in _EVERY:
        return [groups.chosen(lambda hit: _is_at(molecule, anchored, _core(molecule, hit), on_ring=word == "ring"))]
    return [groups.chosen(lambda hit: not anchored.isdisjoint(_core(molecule, hit)))]


def _is_at(molecule: Molecule, anchored: frozenset[int], core: frozenset[int], *, on_ring: bool) -> bool:
    """Say whether a group is where a word says; "ring methyl" is on a ring, of "ring carbonyl" the carbon is in it."""
    inner = {i for i in core if molecule.mol.GetAtomWithIdx(i).GetDegree() > 1}
    if on_ring and not inner:
        return not anchored.isdisjoint(_with_neighbours(molecule, core))
    return anchored.issuperset(inner if on_ring else core)


def _within(key: str, mean: Mean, molecule: Molecule) -> list[_Parts] | None:
    """Keep the groups that are in another one, or else bound to it: "amide carbonyl", "indole NH", "aniline NH2"."""
    hit = _WITHIN.match(key)
    if hit is None or hit["of"] in _DEGREE_WORDS:
        return None
    wholes = _groups(hit["of"], mean, molecule)
    if (wholes is None or not wholes.hits) and hit["of"].endswith("amide"):
        wholes = _matches(molecule, _ANY_AMIDE)  # also a urea's and a carbamate's
    if wholes is None or not wholes.hits:
        return None
    groups = _matches(molecule, _HEADS[hit["head"]])
    inside = groups.chosen(lambda group: any(set(group) <= set(whole) for whole in wholes.hits))
    if inside.hits:
        return [inside]
    near = [_with_neighbours(molecule, whole) for whole in wholes.hits]
    beside = groups.chosen(lambda group: any(not each.isdisjoint(group) for each in near))
    return [beside] if beside.hits else None


_ANY_AMIDE = "[#6,#16](=[OX1])[#7X3]"
_DEGREE_WORDS = frozenset({"primary", "secondary", "tertiary", "free", "terminal", "geminal", "vicinal", "n", "o", "c"})


def _ring_with(key: str, mean: Mean, molecule: Molecule) -> list[_Parts] | None:
    """Keep the rings that bear a group, or hold an element: "chlorinated ring", "nitrogen-containing ring"."""
    rings = tuple(_turned(ring, molecule) for ring in molecule.mol.GetRingInfo().AtomRings())
    if (hit := _RING_KIND.match(key)) is not None:
        return _of_sizes([ring for ring in rings if _is_ring_of_kind(ring, hit["kind"], molecule)])
    if (hit := _BEARING_RING.match(key)) is not None:
        borne: _Parts | None = _matches(molecule, _PREFIXES[hit["group"]])
    elif (hit := _HAVING_RING.match(key)) is None:
        return None
    elif hit["how"] == "containing":
        if hit["group"] not in _IN_RING:
            return None
        held = _atoms(molecule, _IN_RING[hit["group"]])
        return _of_sizes([ring for ring in rings if held.intersection(ring)])
    else:
        borne = _groups(hit["group"], mean, molecule)
    kind = (hit["kind"] or "").strip()
    if borne is None:
        return None
    if kind in _AROMATIC:
        rings = tuple(ring for ring in rings if all(molecule.mol.GetAtomWithIdx(i).GetIsAromatic() for i in ring))
    elif kind:
        named = _groups(_RING_NAMES.get(kind, kind), mean, molecule)
        if named is None:
            return None
        rings = tuple(ring for ring in rings if any(set(ring) <= set(each) for each in named.hits))
    need = MULTIPLIERS.get(hit.groupdict().get("count") or "", 1)
    chosen = []
    for ring in rings:
        around = _with_neighbours(molecule, ring) - set(ring)
        if sum(not around.isdisjoint(each) and not set(each) <= set(ring) for each in borne.hits) >= need:
            chosen.append(ring)
    return _of_sizes(chosen)


def _is_ring_of_kind(ring: Sequence[int], kind: str, molecule: Molecule) -> bool:
    atoms = [molecule.mol.GetAtomWithIdx(i) for i in ring]
    within = set(ring)
    multiple = any(
        _is_multiple(bond) and bond.GetOtherAtomIdx(atom.GetIdx()) in within
        for atom in atoms
        for bond in atom.GetBonds()
    )
    aromatic = all(atom.GetIsAromatic() for atom in atoms)
    if kind == "unsubstituted":
        return bool(sum(atom.GetDegree() > _IN_CHAIN for atom in atoms) <= 1)
    if kind in {"saturated", "unsaturated"}:
        return (multiple or aromatic) is (
            kind == "unsaturated"
        )  # a ring that is fused to an aromatic one may be either
    return not aromatic


_IN_CHAIN = 2
_AROMATIC = frozenset({"aromatic", "aryl", "heteroaromatic"})
_RING_NAMES = {"phenyl": "benzene", "phenol": "benzene", "aniline": "benzene"}


def _of_sizes(rings: Sequence[tuple[int, ...]]) -> list[_Parts]:
    """Write rings as parts, those of one size together."""
    sizes = dict.fromkeys(map(len, rings))
    if len(sizes) > 1:
        return [_NOTHING]  # one pattern cannot find them all, and some of them would be a guess
    return [
        _Parts(f"*1{'@*' * (size - 1)}@1", Level.EXACT, tuple(ring for ring in rings if len(ring) == size))
        for size in sizes
    ] or [_NOTHING]


def _turned(ring: Sequence[int], molecule: Molecule) -> tuple[int, ...]:
    """Let a ring begin with an atom that it shares with no other, by which it can be told from them."""
    shared = molecule.mol.GetRingInfo().NumAtomRings
    first = min(range(len(ring)), key=lambda place: shared(ring[place]))
    return (*ring[first:], *ring[:first])


def _groups(name: str, mean: Mean, molecule: Molecule) -> _Parts | None:
    """Find the groups that a name means; None where it means nothing that is known."""
    stem = _GROUP_END.sub("", name)
    if stem in _HEADS:
        return _matches(molecule, _HEADS[stem])
    known = mean(stem)
    for meant in known:
        for pattern in meant.patterns:
            if (found := _matches(molecule, pattern, meant.floor)).hits:
                return found
    return _NOTHING if known else None


def _matches(molecule: Molecule, pattern: str, floor: Level = Level.NEUTRAL) -> _Parts:
    try:
        hits = find(molecule, pattern, floor=floor, max_hits=MAX_GROUPS, seconds=SECONDS)
    except MatchTimeoutError:
        return _NOTHING
    return _Parts(pattern, floor, hits.atoms) if hits is not None and not hits.capped else _NOTHING


def _atoms(molecule: Molecule, pattern: str) -> frozenset[int]:
    return frozenset().union(*_matches(molecule, pattern).hits)


def _core(molecule: Molecule, group: Iterable[int]) -> frozenset[int]:
    """Choose the atoms of a group that its kind is known by: hetero atoms and ends of multiple bonds, else all."""
    atoms = [molecule.mol.GetAtomWithIdx(i) for i in group]
    own = {atom.GetIdx() for atom in atoms if atom.GetAtomicNum() != _CARBON_NUMBER or _is_unsaturated(atom)}
    return frozenset(own or group)


_CARBON_NUMBER = 6


def _is_unsaturated(atom: Chem.Atom) -> bool:
    return any(map(_is_multiple, atom.GetBonds()))


def _is_multiple(bond: Chem.Bond) -> bool:
    return bool(bond.GetBondType() in (Chem.BondType.DOUBLE, Chem.BondType.TRIPLE))


def _with_neighbours(molecule: Molecule, atoms: Iterable[int]) -> frozenset[int]:
    own = frozenset(atoms)
    return own | {n.GetIdx() for i in own for n in molecule.mol.GetAtomWithIdx(i).GetNeighbors()}


def _pinned(parts: _Parts, molecule: Molecule, *, alike: bool = False) -> str:
    """Write a pattern that finds just these parts in the molecule: its first atom has their surroundings.

    With `alike` it may find others of the same surroundings as well.

    Empty where the surroundings that tell them from others are too large to be written.
    """
    query = read_pattern(parts.pattern).query
    text, first = Chem.MolToSmarts(query), query.GetAtomWithIdx(0).GetSmarts()
    if not text.startswith(first):
        return ""
    rest, own = text[len(first) :], first.removeprefix("[").removesuffix("]")
    wanted = {frozenset(hit) for hit in parts.hits}
    for radius in range(1, MAX_RADIUS + 1):
        around = dict.fromkeys(_surroundings(molecule.mol, hit[0], radius) for hit in parts.hits)
        pattern = f"[{own};{','.join(f'$({each})' for each in around)}]{rest}"
        if len(pattern) > MAX_PATTERN_LENGTH or pattern.count("$(") > MAX_PATTERN_NESTING:
            return ""
        found = {frozenset(hit) for hit in _matches(molecule, pattern, parts.floor).hits}
        if found == wanted or (alike and radius == MAX_RADIUS and found >= wanted):
            return pattern
    return ""


MAX_RADIUS = 5
"""Most bonds from a part's first atom that are looked at to tell it from others."""


def _surroundings(mol: Chem.Mol, root: int, radius: int) -> str:
    """Write the atoms within so many bonds of one as SMARTS that begins with it."""
    bonds = list(Chem.FindAtomEnvironmentOfRadiusN(mol, radius, root))
    atoms = {root} | {end for b in bonds for end in (mol.GetBondWithIdx(b).GetBeginAtomIdx(), _end(mol, b))}
    symbols = [f"[#{a.GetAtomicNum()};D{a.GetDegree()};{'R' if a.IsInRing() else 'R0'}]" for a in mol.GetAtoms()]
    signs = [_SIGNS.get(bond.GetBondType(), "~") for bond in mol.GetBonds()]
    written = Chem.MolFragmentToSmiles(
        mol, sorted(atoms), bonds, atomSymbols=symbols, bondSymbols=signs, rootedAtAtom=root, canonical=False
    )
    return str(written)


def _end(mol: Chem.Mol, bond: int) -> int:
    return int(mol.GetBondWithIdx(bond).GetEndAtomIdx())


_SIGNS = {Chem.BondType.SINGLE: "-", Chem.BondType.DOUBLE: "=", Chem.BondType.TRIPLE: "#", Chem.BondType.AROMATIC: ":"}

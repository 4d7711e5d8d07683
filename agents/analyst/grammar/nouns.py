"""What a noun means in a molecule: the atoms of each of its places."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files

from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from molreflect.agents.analyst.grammar.adjectives import is_aromatic
from molreflect.agents.analyst.grammar.fragments import written_out
from molreflect.agents.analyst.grammar.meaning import MAX_PLACES, Meaning, Place
from molreflect.agents.analyst.grammar.relations import around, within
from molreflect.agents.analyst.grammar.ring_letters import LETTERED, lettered_ring
from molreflect.agents.analyst.grammar.tokens import Sentence
from molreflect.agents.analyst.grammar.whole_parts import composed_substituent, graph_noun, ring_named
from molreflect.agents.analyst.predications.vocabulary import called, connected_parts, ring_systems
from molreflect.tools.captions.cue_words import load_cue_words
from molreflect.tools.facts.groups import locate
from molreflect.tools.facts.parts import Places, part_named
from molreflect.tools.molecules.read import Molecule

_HYDROGEN = frozenset(["hydrogen", "hydrogens", "h", "hydrogen atom", "hydrogen atoms", "proton", "protons"])


_ADJECTIVES = frozenset(
    ["carboxylic", "acidic", "alcoholic", "ketonic", "aldehydic", "olefinic", "acetylenic", "nitrilic"]
)
"""Adjectives that a group may be read from, but that name nothing by themselves."""
_DERIVATIVE = re.compile(r"^\d.* (?:derivative|analogue|analog)s?$")
_PLACED_GENERIC = re.compile(r"\d(?:,\d)*-(?:di|tri)?(?:aryl|alkyl|acyl|halo)")
"""A position of something that no name has: the reader of captions drops the number."""
_LABEL = re.compile(r"[A-Z][a-z]?-?\d{1,3}'*")


def is_hydrogen(meaning: Meaning) -> bool:
    """Whether a phrase means hydrogen atoms, which have no place of their own."""
    return meaning.noun.lower() in _HYDROGEN


def looked_up(s: Sentence, noun: str) -> Meaning | None:
    """Find what a noun means, none of its words passed over; None where it is not understood."""
    low = noun.lower()
    if _LABEL.fullmatch(noun) is not None and noun != "N3":
        return None  # "C1" is no carbon, but an atom or a position
    if low in _HYDROGEN:
        return Meaning(noun, (), ())
    if (lettered := LETTERED.fullmatch(noun)) is not None:
        ring = lettered_ring(lettered["a"] or lettered["b"], s.mol)
        return None if ring is None else Meaning(noun, ring, ring)
    if low in _ADJECTIVES:
        return None
    if _DERIVATIVE.search(low) is not None or _PLACED_GENERIC.match(low) is not None:
        return None  # "3-amino derivative": it is read with the name of the parent
    if _MADE.match(low) or _drops_a_word(low, s) or low.rpartition(" ")[2] in _HYDROGEN:
        return None
    found = special_noun(low, s.mol)
    if found is None and (one := ring_named(low)) is not None:
        of_ring = _named(f"{one} ring", s) or ()
        found = tuple((a,) for place in of_ring for a in place if s.mol.GetAtomWithIdx(a).IsInRing()) or None
    if found is None and not (known := s.nouns.places(noun)):
        written = written_out(noun, s.mol) if known is None else None
        found = written if written is not None else _by_system(low, s.mol) or None
    noun = _PREFIX.get(low, noun)
    noun = _PHENYL.sub(lambda m: f"{_LOCANTS[m['how'].lower()]}-{m['what']}phenyl", noun)
    noun = _RIBOSE.sub(r"\1ribofuranosyl", _HYDROXYL_OXYGEN.sub("hydroxyl", noun))  # of an acid that is said otherwise
    whole = _named(noun, s) if found is None else found
    if whole is None and noun[:1] == "-":
        whole = _named(noun[1:], s)
    if not whole and (composed := composed_substituent(low.removesuffix("s"), s.mol, s.nouns.places)) is not None:
        return Meaning(noun, composed, composed)
    if not whole and _TYPE.search(noun) is not None:  # "imide-type NH"
        return looked_up(s, _TYPE.sub(" ", noun))
    if whole is None:
        return _of_two(s, noun)
    if len(whole) > MAX_PLACES * (1 + 2 * low.endswith(("bond", "bonds", "heavy atom", "heavy atoms"))):
        return None
    bearing = s.nouns.anchors(noun) if found is None else found
    if _ALCOHOL.fullmatch(low) is not None:
        bearing = tuple(_hydroxyl_oxygen(place, s.mol) for place in whole)
    bearing = bearing or whole
    return Meaning(noun, bearing, whole if len(bearing) == len(whole) else bearing)


_ALCOHOL = re.compile(r"(?:[a-z]+ )*alcohols?(?: groups?)?")


def _hydroxyl_oxygen(place: Place, mol: Chem.Mol) -> Place:
    """The oxygen of a secondary or tertiary alcohol, by which it is "on" its carbon; a primary one may be CH2OH."""
    atoms = [mol.GetAtomWithIdx(a) for a in place]
    oxygens = tuple(a.GetIdx() for a in atoms if a.GetAtomicNum() == 8)
    primary = any(a.GetAtomicNum() == 6 and a.GetTotalNumHs(True) > 1 for a in atoms)
    return oxygens if len(oxygens) == 1 and len(place) == 2 and not primary else place


_MADE = re.compile(
    r"(?:methyl|acetyl|ethyl|phenyl|benzyl|hydroxyl"
    r"|chlorin|fluorin|bromin|iodin|methoxyl|nitr|sulfonyl|acyl"
    r"|alkyl|aryl)ated "
)
"""An adjective that says what a part bears; it is read by itself."""
_TYPE = re.compile(r"-(?:type|like|derived|style) ")
_PORTION = re.compile(r" (?:portions?|parts?|halves|half|fragments?|subunits?|component|nucleus)$", re.IGNORECASE)
_GENERIC = re.compile(
    r" (?:groups?|caps?|chains?|branch(?:es)?|side[- ]chains?|arms?|tails?|moiety|moieties|units?|residues?"
    r"|substituents?"
    r"|sugars?|functions?|functionality|neighbou?rs?|terminus|termini|ends?|heads?|linkages?)$",
    re.I,
)


def _named(noun: str, s: Sentence) -> Places | None:
    """Look a noun up, without "group" and the like where it is not there with it; of two parts together neither."""
    if noun.lower().endswith((" ring", " rings")) and not s.nouns.places(noun):
        group = s.nouns.places(noun.rpartition(" ")[0])  # "lactam ring": the ring that the group is in
        if group:
            ringed = [tuple(ring) for ring in s.mol.GetRingInfo().AtomRings()]
            return tuple(ring for ring in ringed if any(len(set(ring) & set(place)) > 1 for place in group))
    if " + " in locate(noun, s.nouns.molecule, s.nouns.resources).name:
        return None
    found = s.nouns.places(noun)
    if not found and (portion := _PORTION.search(noun)) is not None:
        base = noun[: portion.start()]
        return s.nouns.places(base) or s.nouns.places(f"{base} ring")
    return found or (s.nouns.places(_GENERIC.sub("", noun)) if _GENERIC.search(noun) else found)


_HYDROXYL_OXYGEN = re.compile(r"\bhydroxyl? oxygens?$", re.IGNORECASE)
_RIBOSE = re.compile(r"\b(2'-?deoxy|deoxy)?(?:d-)?ribose\b", re.IGNORECASE)


_PREFIX = {
    **{"chloro": "chlorine", "bromo": "bromine", "fluoro": "fluorine", "iodo": "iodine", "hydroxy": "hydroxyl"},
    **{f"{part} group": noun for part, noun in (("chloro", "chlorine"), ("bromo", "bromine"), ("fluoro", "fluorine"))},
    **{f"{part} substituent": noun for part, noun in (("chloro", "chlorine"), ("fluoro", "fluorine"))},
}
"""Prefixes of names that are said of substituents."""
_PHENYL = re.compile(r"\b(?P<how>ortho|meta|para|o|m|p)-(?P<what>[a-z]+)phenyl\b", re.IGNORECASE)
_LOCANTS = {"ortho": "2", "o": "2", "meta": "3", "m": "3", "para": "4", "p": "4"}


def _drops_a_word(low: str, s: Sentence) -> bool:
    """Whether a noun would be looked up without an adjective that it begins with: "internal alkyne" as alkyne."""
    first = low.split()[0]
    if first not in load_cue_words().trimmed or low == first:
        return False
    if called(low, s.nouns.molecule) is not None or part_named(low) is not None:
        return False
    return first not in locate(low, s.nouns.molecule, s.nouns.resources).name.lower()


def _of_two(s: Sentence, noun: str) -> Meaning | None:
    """Read "phenol oxygen", "side chain hydroxyl": a part of, or at, another one."""
    words = noun.split()
    for cut in range(len(words) - 1, 0, -1):
        outer, inner = " ".join(words[:cut]), " ".join(words[cut:])
        one, other = s.nouns.places(inner), s.nouns.places(outer)
        if one is None or other is None or len(one) > MAX_PLACES:
            continue
        if outer.lower() in ("side chain", "side-chain") and other:
            other = tuple(place for place in other if len(place) == max(map(len, other)))
        own = tuple(p for p in one if any(within(p, q, s.mol) for q in other))
        own = own or tuple(p for p in one if any(around(p, s.mol) & set(q) for q in other))
        return Meaning(noun, own, own)
    return None


@cache
def _patterns() -> dict[str, Chem.Mol]:
    with (files("molreflect.agents.analyst.grammar") / "data" / "nouns.toml").open("rb") as file:
        return {name: Chem.MolFromSmarts(smarts) for name, smarts in tomllib.load(file).items()}


def _keys(low: str) -> list[str]:
    """The ways in which a noun may stand in the table: in the singular, without "group" or "atom"."""
    found = [low, low.removesuffix("s")]
    for words in found[:2]:
        found += [_OF_KIND.sub("", words), _OF_KIND.sub("", words).removesuffix("s")]
    return list(dict.fromkeys(found))


_OF_KIND = re.compile(
    r" (?:groups?|caps?|units?|bridges?|linkers?|linkages?|spacers?|tethers?"
    r"|branch(?:es)?|moiety|moieties|functions?|functionality|functionalities|substituents?|residues?|atoms?"
    r"|cent(?:er|re)s?)$"
)


def special_noun(low: str, mol: Chem.Mol) -> Places | None:
    """Find what the facts have no name for: positions, ring atoms."""
    table = _patterns()
    for key in _keys(low):
        if key in table:
            return tuple(mol.GetSubstructMatches(table[key], maxMatches=8 * MAX_PLACES))
    key = low.removesuffix("s")
    if key in ("aryl ring", "aryl group", "aryl", "benzo ring", "arene", "arene ring"):
        benzene = [r for r in mol.GetRingInfo().AtomRings() if len(r) == 6 and is_aromatic(r, mol)]
        carbon = [r for r in benzene if all(mol.GetAtomWithIdx(a).GetAtomicNum() == 6 for a in r)]
        return tuple(carbon or (r for r in mol.GetRingInfo().AtomRings() if is_aromatic(r, mol)))
    if key in _BY_SMARTS:
        return tuple(mol.GetSubstructMatches(Chem.MolFromSmarts(_BY_SMARTS[key])))
    if (bond := _ELEMENT_BOND.fullmatch(low)) is not None:
        return _bonds_between(bond, mol)
    if (cycle := _CYCLE.fullmatch(key)) is not None:
        wanted = {"nitrogen": 7, "n": 7, "oxygen": 8, "o": 8, "sulfur": 16, "s": 16}.get(
            (cycle["what"] or "").rstrip("- ")
        )
        kinds = [(tuple(r), {mol.GetAtomWithIdx(a).GetAtomicNum() for a in r}) for r in mol.GetRingInfo().AtomRings()]
        if cycle["kind"] == "carbo":
            return tuple(ring for ring, kind in kinds if kind == {6})
        return tuple(ring for ring, kind in kinds if (wanted in kind if wanted else kind != {6}))
    if (system := _ANY_SYSTEM.fullmatch(key)) is not None:
        return _systems(mol, aromatic=system["aromatic"] is not None, hetero=system["hetero"] is not None)
    if (system := _SYSTEM.fullmatch(key)) is not None:
        return ring_systems(mol, {"bi": 2, "tri": 3, "tetra": 4}[system["many"]])
    if key in _BONDS:
        single = key != "bond"
        bonds = (b for b in mol.GetBonds() if not single or b.GetBondType() == Chem.BondType.SINGLE)
        return tuple((b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in bonds)
    if key in ("spiro carbon", "spiro atom", "spiro center", "spiro centre", "spiro carbon atom", "spirocenter"):
        atoms: list[int] = []
        rdMolDescriptors.CalcNumSpiroAtoms(mol, atoms=atoms)
        return tuple((a,) for a in atoms)
    if (size := _SUGAR_RINGS.get(key)) is not None:
        return tuple(ring for ring in called("sugar ring", Molecule("", "", mol)) or () if len(ring) == size)
    if key in ("central ring", "middle ring") and (central := _central_ring(mol)):
        return central
    if key in ("substituent", "ring substituent"):
        beside = (n for a in mol.GetAtoms() if a.IsInRing() for n in a.GetNeighbors() if not n.IsInRing())
        return tuple((index,) for index in dict.fromkeys(n.GetIdx() for n in beside))
    if key in ("alkyl substituent", "alkyl group", "alkyl chain", "alkyl") and mol.GetRingInfo().NumRings():
        rest = (a.GetIdx() for a in mol.GetAtoms() if not a.IsInRing())
        parts = connected_parts(rest, mol)
        alone = (part for part in parts if all(mol.GetAtomWithIdx(a).GetTotalDegree() == 4 for a in part))
        chains = tuple(part for part in alone if all(mol.GetAtomWithIdx(a).GetAtomicNum() == 6 for a in part))
        return chains or None
    if (by_graph := graph_noun(key, mol)) is not None:
        return by_graph
    if key in _CHAINS:
        return _chains(mol, of_carbon=key.startswith(("carbon", "alkyl", "hydrocarbon", "alkenyl")))
    if (greek := _GREEK_CARBON.fullmatch(key)) is not None and not mol.HasSubstructMatch(_AMINO_ACID):
        return _counted_from_carbonyl(greek["letter"], mol)
    if key == "side chain" and mol.HasSubstructMatch(_AMINO_ACID):
        return _of_amino_acids(mol)
    if key in ("unsubstituted position", "unsubstituted ring position", "free position"):
        ringed = (a for a in mol.GetAtoms() if a.IsInRing() and a.GetTotalNumHs(True))
        return tuple((a.GetIdx(),) for a in ringed)
    if key in ("ring carbon", "carbon of the ring"):
        return tuple((a.GetIdx(),) for a in mol.GetAtoms() if a.GetAtomicNum() == 6 and a.IsInRing())
    if key in ("attachment point", "point of attachment", "attachment site", "ipso carbon", "attachment atom"):
        beside = (a for a in mol.GetAtoms() if a.IsInRing() and any(not b.IsInRing() for b in a.GetBonds()))
        return tuple((a.GetIdx(),) for a in beside)
    if key in ("ring atom", "ring position", "ring member", "position", "site", "ring site", "point"):
        return tuple((a.GetIdx(),) for a in mol.GetAtoms() if a.IsInRing())
    return None


_GREEK_CARBON = re.compile(r"(?P<letter>alpha|beta|gamma)[- ](?:carbon|position)(?: atom)?")
_CARBONYL = Chem.MolFromSmarts("[#6;!a;$([#6]=[OX1]),$(C#N)]")


def _counted_from_carbonyl(letter: str, mol: Chem.Mol) -> Places:
    """Find the carbons that stand so far from a carbonyl group or nitrile, and no nearer to another one."""
    far = Chem.GetDistanceMatrix(mol)
    carbonyls = [a for (a,) in mol.GetSubstructMatches(_CARBONYL)]
    wanted = ("alpha", "beta", "gamma").index(letter) + 1
    carbons = [a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() == 6 and a.GetIdx() not in carbonyls]
    paths = ((c, b) for c in carbons for b in carbonyls if far[c][b] == wanted)
    straight = (
        [c for c, b in paths if all(mol.GetAtomWithIdx(a).GetAtomicNum() == 6 for a in Chem.GetShortestPath(mol, c, b))]
        if carbonyls
        else []
    )
    return tuple((c,) for c in dict.fromkeys(straight) if min(far[c][b] for b in carbonyls) == wanted)


_CYCLE = re.compile(r"(?P<what>nitrogen |oxygen |sulfur |n-|o-|s-)?(?P<kind>hetero|carbo)cycle(?: ring)?")
_ELEMENT_BOND = re.compile(
    r"(?P<a>[a-z]{1,2})(?:(?P<order>[=\u2261#])(?P<b>[a-z]{1,2})(?: (?:single|double|triple))?(?: bonds?)?"
    r"|-(?P<c>[a-z]{1,2})(?: (?:single|double|triple))? bonds?)"
)
_ORDERS = {"-": 1.0, "=": 2.0, "#": 3.0, "\u2261": 3.0}


def _bonds_between(said: re.Match[str], mol: Chem.Mol) -> Places:
    """Find the bonds of "S-N bond", "C=N double bond"; a single dash is any bond but a double or triple one."""
    symbols = sorted((said["a"], said["b"] or said["c"]))
    order = _ORDERS[said["order"] or "-"]
    found = []
    for bond in mol.GetBonds():
        ends = bond.GetBeginAtom(), bond.GetEndAtom()
        same = sorted(atom.GetSymbol().lower() for atom in ends) == symbols
        own = bond.GetBondTypeAsDouble()
        if same and (own == order or (order == 1 and own == 1.5)):
            found.append((ends[0].GetIdx(), ends[1].GetIdx()))
    return tuple(found)


_SYSTEM = re.compile(
    r"(?:fused )?(?P<many>bi|tri|tetra)cycl(?:e|ic(?: (?:system|ring system|core|part|unit|scaffold|skeleton"
    r"|amine))?)"
)
_SUGAR_RINGS = {
    **{f"{name} ring": 5 for name in ("ribose", "deoxyribose", "furanose", "ribofuranose")},
    **{f"{name} ring": 6 for name in ("pyranose", "glucose", "galactose", "mannose", "glucopyranose")},
    **{"furanose": 5, "pyranose": 6},
}
"""Rings of sugars by what they are called, with their size."""


_SYSTEMATIC = re.compile(
    r"(?:\d(?:,\d)*-)?(?P<hetero>(?:(?:di|tri)?(?:oxa|aza|az|ox|thia|thi|phospha|sila|bora|dioxa))+)"
    r"(?P<stem>epine|epane|ocine|ocane|etidine|etane|inane|olidine|oline|iridine|irane)(?: (?:ring|core|system))?"
)
_SIZES = {"ep": 7, "oc": 8, "et": 4, "in": 6, "ol": 5, "ir": 3}
_PIECE = re.compile(
    r"(?P<many>di|tri)?(?P<what>ox(?=a)|oxa|ox|az(?=[aeoi])|aza|az|thi(?=a)|thia|thi|phospha|sila|bora)"
)


def _by_system(low: str, mol: Chem.Mol) -> Places | None:
    """Find a ring by its systematic name, "oxazepine": so many atoms, so many of them of each element, fused or not."""
    named = _SYSTEMATIC.fullmatch(low.removesuffix("s"))
    if named is None:
        return None
    wanted: dict[int, int] = {}
    for piece in _PIECE.finditer(named["hetero"]):
        number = {"ox": 8, "az": 7, "th": 16, "ph": 15, "si": 14, "bo": 5}[piece["what"][:2]]
        wanted[number] = wanted.get(number, 0) + {"di": 2, "tri": 3}.get(piece["many"] or "", 1)
    size = _SIZES[named["stem"][:2]]
    found = []
    for ring in mol.GetRingInfo().AtomRings():
        kinds = [mol.GetAtomWithIdx(a).GetAtomicNum() for a in ring]
        there = {n: kinds.count(n) for n in set(kinds) - {6}}
        if len(ring) == size and there == wanted:
            found.append(tuple(ring))
    return tuple(found)


_BONDS = frozenset(["bond", "single bond", "sigma bond", "single c-c bond", "direct bond", "covalent bond"])
_AMINO_ACID = Chem.MolFromSmarts("[NX3,NX4+;!R][CX4;!R]C(=O)[O,N]")


def _of_amino_acids(mol: Chem.Mol) -> Places:
    """Find the side chains of amino acids: what an alpha carbon bears beside its nitrogen and its carboxyl group."""
    found = []
    for nitrogen, alpha, carboxyl, *_ in mol.GetSubstructMatches(_AMINO_ACID):
        for beside in mol.GetAtomWithIdx(alpha).GetNeighbors():
            if beside.GetIdx() in (nitrogen, carboxyl):
                continue
            rest = (a.GetIdx() for a in mol.GetAtoms() if a.GetIdx() != alpha)
            parts = connected_parts(rest, mol)
            found += [part for part in parts if beside.GetIdx() in part and nitrogen not in part]
    return tuple(dict.fromkeys(found))


def _central_ring(mol: Chem.Mol) -> Places:
    """Find the ring to which two others or more are bonded, where there is one."""
    rings = [tuple(ring) for ring in mol.GetRingInfo().AtomRings()]
    many = [sum(bool(around(ring, mol) & set(other)) for other in rings if other != ring) for ring in rings]
    return tuple(ring for ring, near in zip(rings, many, strict=True) if near > 1) if len(rings) > 2 else ()


_BY_SMARTS = {
    "acetonide": "[OX2][CX4]([CX4H3])([CX4H3])[OX2]",
    "acetonide group": "[OX2][CX4]([CX4H3])([CX4H3])[OX2]",
    "isopropylidene ketal": "[OX2][CX4]([CX4H3])([CX4H3])[OX2]",
}
"""What chemists call by names that are no classes of the lexicon."""
_CHAINS = frozenset(
    f"{kind} chain"
    for kind in ("fatty", "carbon", "alkyl", "aliphatic", "hydrocarbon", "acyl", "alkenyl", "fatty acyl")
) | {"chain", "linker chain"}


def _chains(mol: Chem.Mol, *, of_carbon: bool) -> Places:
    """Find the open chains: connected carbons outside rings, three at least; with their heteroatoms, too."""
    outside = [a for a in mol.GetAtoms() if not a.IsInRing()]
    carbons = connected_parts((a.GetIdx() for a in outside if a.GetAtomicNum() == 6), mol)
    every = [] if of_carbon else connected_parts((a.GetIdx() for a in outside), mol)
    return tuple(dict.fromkeys(part for part in (*carbons, *every) if len(part) > 2))


def rows(mol: Chem.Mol, carbon: Callable[[Chem.Atom], bool]) -> list[Place]:
    """Find the connected atoms outside rings of which something holds."""
    return connected_parts((a.GetIdx() for a in mol.GetAtoms() if not a.IsInRing() and carbon(a)), mol)


_ANY_SYSTEM = re.compile(r"(?P<hetero>hetero)?(?:cyclic |(?P<aromatic>aromatic )|ring )(?:ring )?system")


def _systems(mol: Chem.Mol, *, aromatic: bool, hetero: bool) -> Places:
    """Find the ring systems of a kind."""
    return tuple(
        system
        for system in ring_systems(mol)
        if not (aromatic and not is_aromatic(system, mol))
        and not (hetero and all(mol.GetAtomWithIdx(a).GetAtomicNum() == 6 for a in system))
    )

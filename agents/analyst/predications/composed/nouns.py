"""Which atoms a noun with its adjectives means; a noun of which one word is not understood means nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rdkit import Chem

from molreflect.agents.analyst.predications.adjectives import is_so
from molreflect.agents.analyst.predications.composed.adjectives import adjective, bonds_out, is_ring
from molreflect.agents.analyst.predications.composed.words import listed, vocabulary
from molreflect.agents.analyst.predications.described import is_of_place, is_read_in_full
from molreflect.agents.analyst.predications.places import Nouns, at_atoms, ring_numbers, touches
from molreflect.agents.analyst.predications.traits import trait_named
from molreflect.tools.facts.composed import DEGREES
from molreflect.tools.facts.groups import noun_of
from molreflect.tools.facts.parts import ELEMENTS, Places
from molreflect.tools.meaning.positions import atoms_at

_HEADS = frozenset(
    [
        "group",
        "groups",
        "substituent",
        "substituents",
        "moiety",
        "moieties",
        "unit",
        "units",
        "fragment",
        "fragments",
        "residue",
        "residues",
        "function",
        "functions",
        "functionality",
        "arm",
        "arms",
        "portion",
        "half",
        "part",
        "branch",
        "branches",
        "atom",
        "atoms",
        "system",
    ]
)
"""Words behind a group that leave its meaning as it is."""
_RINGS = frozenset(["ring", "rings", "half", "part", "portion", "nucleus", "core", "unit", "moiety", "system", "group"])
_UNREAD_LABEL = re.compile(r"[CNOSP]-?\d{1,3}'*")
_LABEL = re.compile(r"(?P<symbol>C|N|O|S|P|F|Cl|Br|I)[-(]?(?P<index>\d{1,3})\)?'*")
_BEARING = re.compile(
    r"(?P<what>[\w=+-]+?)-(?P<how>bearing|carrying|substituted|containing|linked|bound|bonded|attached)"
)
_SYSTEMS = ("monocyclic", "bicyclic", "tricyclic", "tetracyclic")
_ARYLS = frozenset(["phenoxy", "benzyl", "benzoyl", "benzyloxy", "anilino", "phenyl"])
_CONFIGURED = re.compile(r"\(?[ez]\)?-configured|cis|trans|\(?[ez]\)?")
_FURANOSES = ("ribose", "deoxyribose", "furanose", "ribofuranose", "arabinose")
_PYRANOSES = ("glucose", "galactose", "mannose", "glucopyranose", "rhamnose", "xylose", "pyranose")
_SUGARS = dict.fromkeys(_FURANOSES, (5,)) | dict.fromkeys(_PYRANOSES, (6,)) | {"fructose": (5, 6), "sugar": (5, 6)}
"""Sizes of the rings of sugars."""
_SYMBOLS = {word: symbol for word, symbol in ELEMENTS.items() if word.isalpha()}


@dataclass(slots=True)
class Resolver:
    """Looks up nouns of one molecule, each once."""

    nouns: Nouns
    known: dict[tuple[str, ...], Places | None] = field(default_factory=dict)

    def places(self, words: Sequence[str]) -> Places | None:
        """Find what a noun means: `()` where it is not there, None where a word of it is not understood.

        Args:
            words: As they are written, without article or number.
        """
        key = tuple(words)
        if key not in self.known:
            self.known[key] = None
            found = self._found(key)
            if found and words[-1].lower() in ("ring", "rings"):
                found = self._alone(found)
            self.known[key] = _connected(found, self.nouns.molecule.mol)
        return self.known[key]

    def _found(self, words: tuple[str, ...]) -> Places | None:
        molecule = self.nouns.molecule
        first, rest = words[0], words[1:]
        low = first.lower()
        if not rest and (formula := self._formula(first)) is not None:
            return formula
        if rest and _named(rest) in _BEHIND_FORMULAS and (formula := self._formula(first)) is not None:
            return formula
        if (smarts := _smarts_of(_named(words))) is not None:
            return tuple(molecule.mol.GetSubstructMatches(Chem.MolFromSmarts(smarts)))
        if any(_UNREAD_LABEL.fullmatch(word) for word in words[1:]) or (
            _UNREAD_LABEL.fullmatch(first) and self.label(first) is None
        ):
            return None
        if rest and (given := self.label(first)) is not None:
            return at_atoms(self.places(rest) or (), frozenset(given[0]))
        if (sugar := self._sugar(words)) is not None:
            return sugar
        if rest and low in _SYSTEMS and (own := self.places(rest)) is not None:
            return self._systems(_SYSTEMS.index(low) + 1, own)
        if rest and low == "ring" and self.element(rest[-1].lower()) is None and (own := self.places(rest)) is not None:
            return self._at_ring(own)
        if rest and low == "middle" and not {"ring", "rings"} & set(rest):
            return self.places(("central", *rest))
        if rest and low in listed("empty"):
            return self.places(rest)
        if rest and (holds := adjective(low)) is not None and (own := self._kept(low, rest)) is not None:
            kept = tuple(place for place in own if holds(molecule, place))
            if not kept and low in ("terminal", "end"):
                return self.nouns.anchors(" ".join(words))
            if not kept and low in ("central", "middle"):
                return self._between_rings(own)
            carbon = [p for p in kept if all(molecule.mol.GetAtomWithIdx(a).GetAtomicNum() == 6 for a in p)]
            return tuple(carbon) or kept if low == "aryl" else kept  # beside a heterocycle rings of carbon are meant
        if rest and (bearing := _BEARING.fullmatch(first)) is not None:
            return self._bearing(bearing["what"], bearing["how"], rest)
        text = " ".join(words)
        if rest and low in DEGREES and "carbon" not in " ".join(rest) and not self.nouns.anchors(text):
            own = self.places(rest)
            return None if own is None else tuple(p for p in own if is_so(low, p, self.nouns) is True)
        if len(words) > 2 and words[-1].lower() in ("bond", "bonds") and (joined := self._composed(words)):
            return joined
        if (
            rest
            and (low.endswith("ated") or _CONFIGURED.fullmatch(low))
            and (trait := trait_named(low, self.nouns)) is not None
        ):
            return tuple(p for p in self.places(rest) or () if is_of_place(trait, p, self.nouns))
        found = self.nouns.anchors(text)
        if found and low in _ARYLS and words[-1].lower() not in ("ring", "rings"):
            found = tuple(p for p in found if bonds_out(molecule, p) == 1) or found  # what bears more is called so last
        if found is not None and not is_read_in_full(text, self.nouns):
            found = None
        if not found and (smarts := _smarts_of(_named(words), "fallbacks")) is not None:
            return tuple(molecule.mol.GetSubstructMatches(Chem.MolFromSmarts(smarts)))
        if not found and (ring := self._ring(words)) is not None:
            return ring
        if not found and len(words) > 1 and (joined := self._composed(words)) is not None:
            return joined
        return found

    def _between_rings(self, own: Places) -> Places:
        """Select the ring that others are bonded to, two at least, where that is one."""
        mol = self.nouns.molecule.mol
        rings = [tuple(ring) for ring in mol.GetRingInfo().AtomRings()]
        middle = [p for p in own if sum(touches(mol, p, ring) for ring in rings) > 1]
        return tuple(middle) if len(middle) == 1 else ()

    def _alone(self, found: Places) -> Places:
        """Leave out what "phenol ring" holds beside its ring; a place with several rings stays."""
        rings = [set(ring) for ring in self.nouns.molecule.mol.GetRingInfo().AtomRings()]
        own = [[ring for ring in rings if ring <= set(place)] for place in found]
        if any(len(each) != 1 for each in own):
            return found
        return tuple(tuple(a for a in place if a in each[0]) for place, each in zip(found, own, strict=True))

    def _kept(self, word: str, rest: tuple[str, ...]) -> Places | None:
        """What an adjective is said of; None where adjective and noun are read together elsewhere."""
        if word in ("primary", "secondary", "tertiary", "quaternary") and not {"carbon", "carbons", "centre"} & set(
            rest
        ):
            return None
        if word in ("central", "middle", "outer", "inner") and not {"ring", "rings"} & {w.lower() for w in rest}:
            return None
        if word in ("aromatic", "aliphatic", "saturated", "unsaturated") and rest[-1].lower().startswith("amine"):
            return None
        return self.places(rest)

    def _formula(self, word: str) -> Places | None:
        table = vocabulary()["formulas"]
        assert isinstance(table, dict)
        bare = word.strip("-\u2013")
        for form in (bare, bare.removesuffix("s")):
            if form in table:
                hits = self.nouns.molecule.mol.GetSubstructMatches(Chem.MolFromSmarts(table[form]))
                return tuple(tuple(hit) for hit in hits)
        return None

    def _sugar(self, words: tuple[str, ...]) -> Places | None:
        """Find "the ribose ring", of which a part is bound to something else than a hydroxy group."""
        low = [word.lower() for word in words]
        size = _SUGARS.get(low[0])
        if size is None or not set(low[1:]) <= {"ring", "sugar", "unit", "moiety", "part", "residue"}:
            return None
        rings = tuple(ring for ring in self.nouns.anchors("sugar ring") or () if len(ring) in size)
        if "ring" in low:
            return rings
        mol = self.nouns.molecule.mol
        arms = [
            [n.GetIdx() for a in ring for n in mol.GetAtomWithIdx(a).GetNeighbors() if _is_arm(n, ring)]
            for ring in rings
        ]
        return tuple((*ring, *arm) for ring, arm in zip(rings, arms, strict=True))

    def _systems(self, rings: int, own: Places) -> Places:
        """Find the ring systems of so many rings that hold something: "the bicyclic amine"."""
        word = ("monocyclic", "bicyclic", "tricyclic", "tetracyclic")[rings - 1]
        systems = self.nouns.places(f"{word} core") or () if rings > 1 else ()
        return tuple(s for s in systems if any(set(p) & set(s) for p in own))

    def _at_ring(self, own: Places) -> Places:
        """Select what is in a ring; where nothing is, what a ring bears: "ring hydroxyls"."""
        mol = self.nouns.molecule.mol
        holds = adjective("ring")
        within = [p for p in own if holds is not None and holds(self.nouns.molecule, p)]
        rings = [set(ring) for ring in mol.GetRingInfo().AtomRings()]
        borne = [
            p
            for p in own
            if any({n.GetIdx() for a in p for n in mol.GetAtomWithIdx(a).GetNeighbors()} & r for r in rings)
        ]
        return tuple(within or borne)

    def _ring(self, words: tuple[str, ...]) -> Places | None:
        """Find "the pyrimidine ring" of a purine: an aromatic ring of these atoms, fused to another."""
        table = vocabulary()["rings"]
        assert isinstance(table, dict)
        wanted = table.get(words[0].lower())
        if wanted is None or (len(words) > 1 and not {w.lower() for w in words[1:]} <= _RINGS):
            return None
        mol = self.nouns.molecule.mol
        found = []
        for ring in mol.GetRingInfo().AtomRings():
            atoms = [mol.GetAtomWithIdx(a) for a in ring]
            own = "".join(a.GetSymbol().lower() for a in atoms)
            ways = {way[k:] + way[:k] for way in (own, own[::-1]) for k in range(len(own))}
            if wanted in ways and all(a.GetIsAromatic() for a in atoms):
                found.append(tuple(ring))
        return tuple(found) if found else None

    def _composed(self, words: tuple[str, ...]) -> Places | None:
        """Find "pyrrolidine nitrogen", "phenol ring": what the last words name within, or at, what the first name."""
        mol = self.nouns.molecule.mol
        for cut in range(len(words) - 1, 0, -1):
            if words[cut].lower() in _HEADS and cut == len(words) - 1:
                continue
            inner = self.places(words[cut:])
            outer = self.places(noun_of(" ".join(words[:cut])).split()) if inner is not None else None
            if inner is None or outer is None:
                continue
            within = [p for p in inner if any(set(p) <= set(q) for q in outer)]
            if within:
                return tuple(within)
            around = [p for p in inner if any(set(q) < set(p) for q in outer)]
            beside = [p for p in inner if any(touches(mol, p, q) or _overlaps(p, q) for q in outer)]
            return tuple(around or beside)
        return None

    def _bearing(self, what: str, how: str, rest: tuple[str, ...]) -> Places | None:
        """Find the "methyl-bearing carbon", the "CF3-substituted ring"."""
        one = self.places(rest)
        other = self.places([what])
        other = self.places([what, "group"]) if other is None else other
        if one is None or other is None:
            return None
        mol = self.nouns.molecule.mol
        if how == "containing":
            return tuple(p for p in one if any(set(q) < set(p) for q in other))
        linked = how not in ("bearing", "carrying", "substituted")
        return tuple(
            p
            for p in one
            if any(touches(mol, p, q) or _drawn_with(mol, p, q) or (linked and set(p) < set(q)) for q in other)
        )

    def label(self, word: str) -> Places | None:
        """Find the atom of a label by its index: "C5", "N6"; None for other words, and for another element."""
        told = _LABEL.fullmatch(word)
        mol = self.nouns.molecule.mol
        if told is None or int(told["index"]) >= mol.GetNumAtoms():
            return None
        index = int(told["index"])
        return ((index,),) if mol.GetAtomWithIdx(index).GetSymbol() == told["symbol"] else None

    def locant(self, word: str) -> int | None:
        """Read the number of a label or locant: "C2", "C-4", "3-position"."""
        told = re.fullmatch(r"(?:[CN]-?)?(\d{1,2})(?:-position)?", word)
        return int(told[1]) if told is not None else None

    def numbered(self, said: int, ring: Sequence[int], parent: str) -> Places | None:
        """Find the atoms at a numbered place of a ring; None where its numbers are not known.

        Args:
            said: The locant.
            ring: Atoms of the parent.
            parent: Its name.
        """
        mol = self.nouns.molecule.mol
        within = [r for r in mol.GetRingInfo().AtomRings() if set(r) <= set(ring)]
        numbers = ring_numbers(within[0], mol) if len(within) == 1 else None
        if numbers is not None:
            return tuple((a,) for a in within[0] if said in numbers[a])
        if not parent:
            return None
        bound = atoms_at(parent.lower(), (str(said),), self.nouns.molecule, self.nouns.resources.nomenclature)
        if not bound:
            return None
        near = {n.GetIdx() for a in bound[0] for n in mol.GetAtomWithIdx(a).GetNeighbors()} & set(ring)
        own = tuple((a,) for a in sorted(near))
        return own if len(own) == 1 else None

    def element(self, word: str) -> int | None:
        """The atomic number of an element by its name."""
        symbol = _SYMBOLS.get(word) or _SYMBOLS.get(word.removesuffix("s"))
        return Chem.GetPeriodicTable().GetAtomicNumber(symbol) if symbol is not None else None

    def is_ring(self, place: Sequence[int]) -> bool:
        """Whether a place is one ring."""
        return is_ring(self.nouns.molecule, tuple(place))


_BEHIND_FORMULAS = _HEADS | {"side chain", "arm", "tail", "side-chain", "end", "ends", "terminus", "side chains"} - {
    "half",
    "part",
}


def _is_arm(atom: Chem.Atom, ring: Sequence[int]) -> bool:
    """Whether an atom is the CH2 or CH3 beside the ring of a sugar."""
    return bool(
        atom.GetIdx() not in ring and atom.GetAtomicNum() == 6 and atom.GetDegree() <= 2 and not atom.IsInRing()
    )


def _named(words: Sequence[str]) -> str:
    return " ".join(words).lower()


def _smarts_of(noun: str, name: str = "nouns") -> str | None:
    table = vocabulary()[name]
    assert isinstance(table, dict)
    return table.get(noun) or table.get(noun.removesuffix("s"))


def _overlaps(one: Sequence[int], other: Sequence[int]) -> bool:
    return bool(set(one) & set(other))


def _drawn_with(mol: Chem.Mol, one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether a group is drawn with the one atom that bears it: an alcohol with its carbon."""
    shared = set(one) & set(other)
    if len(shared) != 1 or set(other) <= set(one):
        return False
    (atom,) = shared
    return any(n.GetIdx() not in other for n in mol.GetAtomWithIdx(atom).GetNeighbors())


def _connected(places: Places | None, mol: Chem.Mol) -> Places | None:
    """Leave out places whose atoms do not hang together, and those of another place in another order."""
    if places is None:
        return None
    kept: dict[frozenset[int], tuple[int, ...]] = {}
    for place in places:
        left, ahead = set(place), list(place[:1])
        left -= set(ahead)
        while ahead:
            near = {n.GetIdx() for n in mol.GetAtomWithIdx(ahead.pop()).GetNeighbors()} & left
            left -= near
            ahead += near
        if not left:
            kept.setdefault(frozenset(place), tuple(place))
    return tuple(kept.values())

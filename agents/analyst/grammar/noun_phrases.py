"""Noun phrases: how many of what, with what is said of it before and behind: "both methyl groups on the ring"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from rdkit import Chem

from molreflect.agents.analyst.grammar.lexis import FILLERS, MOLECULE, NUMBER_HEADS, PLAIN, STOP
from molreflect.agents.analyst.grammar.meaning import MAX_PLACES, Many, Meaning, Place
from molreflect.agents.analyst.grammar.relations import around, within
from molreflect.agents.analyst.predications.adjectives import is_so
from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.predications.vocabulary import called
from molreflect.tools.captions.cue_words import load_cue_words
from molreflect.tools.facts.groups import locate
from molreflect.tools.facts.parts import ELEMENTS, Places, part_named

_TOKEN = re.compile(
    r"[-\u2013]?(?=[A-Z])(?:[A-Z][a-z]?|\d|\((?=[=A-Z])[^()\s]{1,12}\)\d?|[=\u2261#\u2013-])+(?=[\s,;:.)]|$)"
    r"|(?:[^\s,;:()\"\u201c\u201d]|(?<=[\w\u03b1-\u03c9'\u2032]),(?=[\w\u03b1-\u03c9]))+|[,;:()]"
)
_LONGEST_NOUN = 7
_SPAN = re.compile(r"(?P<a>\d{1,4})[-\u2013](?P<b>\d{1,4})")
_LABELLED = re.compile(r"(?P<element>[A-Z][a-z]?)(?P<index>\d{1,3})")
_BOND = re.compile(r"(?P<a>[A-Z][a-z]?\d{1,3})[=#\u2261-](?P<b>[A-Z][a-z]?\d{1,3})")
_MAX_SPAN = 40
STEPS = 6_000
"""Most steps of the reading of one sentence; what needs more is not read."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or mark with its place in the text."""

    text: str
    low: str
    start: int
    end: int


def tokens_of(text: str, place: tuple[int, int]) -> list[Token]:
    """Cut a sentence into words and marks; a Greek letter is written out."""
    found = []
    for match in _TOKEN.finditer(text, *place):
        bare = match[0].rstrip(".!?")
        for letter, name in (("\u03b1", "alpha"), ("\u03b2", "beta"), ("\u03b3", "gamma"), ("\u03b4", "delta")):
            plain = bare.replace(letter, name)
            bare = plain
        bare = bare.replace("\u2013", "-").replace("\u2011", "-").replace("\u2032", "'").replace("\u2019", "'")
        if bare:
            found.append(Token(bare, bare.lower(), match.start(), match.start() + len(match[0].rstrip(".!?"))))
    return found


@dataclass(slots=True)
class Sentence:
    """A sentence that is being read, and where its nouns are looked up."""

    tokens: Sequence[Token]
    nouns: Nouns
    left: int = STEPS
    heads: dict[tuple[int, int], Meaning | None] = field(default_factory=dict)

    @property
    def mol(self) -> Chem.Mol:
        """The molecule."""
        return self.nouns.molecule.mol

    def low(self, k: int) -> str:
        """The word at an index in small letters; empty behind the last one."""
        return self.tokens[k].low if 0 <= k < len(self.tokens) else ""

    def starts(self, k: int, words: Sequence[str]) -> bool:
        """Whether words stand at an index."""
        return all(self.low(k + n) == word for n, word in enumerate(words))

    def past_fillers(self, k: int) -> int:
        """The index behind words that say nothing."""
        while self.low(k) in FILLERS:
            k += 1
        return k

    def step(self) -> bool:
        """Count a step; false when there are none left."""
        self.left -= 1
        return self.left > 0


def atoms_at(s: Sentence, k: int) -> tuple[tuple[int, ...], int]:
    """Read "atom 5", "atoms 3, 4 and 5", "index 2", "O0, O12 and O15"; no atoms where none are given."""
    labelled = _LABELLED.fullmatch(s.tokens[k].text) if k < len(s.tokens) else None
    if k < len(s.tokens) and (bond := _BOND.fullmatch(s.tokens[k].text)) is not None:
        ends = [_LABELLED.fullmatch(bond[name]) for name in ("a", "b")]
        indices = tuple(int(end["index"]) for end in ends if end is not None)
        if len(indices) == 2 and max(indices) < s.mol.GetNumAtoms():
            return indices, k + 1
    if labelled is None:
        if s.low(k) not in ("atom", "atoms", "index", "indices"):
            return (), k
        k += 1
        while s.low(k) in ("index", "indices", "number", "numbers", "no", "#"):
            k += 1
    found: list[int] = []
    while k < len(s.tokens):
        word = s.tokens[k].text
        own = _LABELLED.fullmatch(word)
        if own is not None:
            index = int(own["index"])
            if index >= s.mol.GetNumAtoms() or s.mol.GetAtomWithIdx(index).GetSymbol() != own["element"]:
                return (), k
            found.append(index)
        elif word.isdigit() and len(word) < 5:
            found.append(int(word))
        elif (span := _SPAN.fullmatch(word)) is not None and 0 <= int(span["b"]) - int(span["a"]) <= _MAX_SPAN:
            found += range(int(span["a"]), int(span["b"]) + 1)
        elif re.fullmatch(r"\d{1,4}(?:,\d{1,4})+", word):
            found += map(int, word.split(","))
        else:
            break
        k += 1
        if s.low(k) in ("to", "through") and s.low(k + 1).isdigit() and 0 <= int(s.low(k + 1)) - found[-1] <= _MAX_SPAN:
            found += range(found[-1] + 1, int(s.low(k + 1)) + 1)
            k += 2
        more = k + (2 if s.starts(k, (",", "and")) else 1)
        if s.low(k) not in (",", "and", "&", "plus") or not _is_index(s, more):
            break
        k = more
    return tuple(found), k


def _is_index(s: Sentence, k: int) -> bool:
    if k >= len(s.tokens):
        return False
    word = s.tokens[k].text
    return word[0].isdigit() and re.fullmatch(r"[\d,\u2013-]+", word) is not None or bool(_LABELLED.fullmatch(word))


@dataclass(frozen=True, slots=True)
class _Many:
    many: Many
    number: int = 1
    of: int | None = None
    definite: bool = False


def _determiners(s: Sentence, k: int) -> Iterator[tuple[_Many, int]]:
    """Read how many are spoken of; what stands behind it begins at the index given."""
    begin = k
    k += 3 if s.starts(k, ("a", "total", "of")) else s.low(k) in NUMBER_HEADS
    k += s.starts(k, ("both", "a")) or s.starts(k, ("both", "an"))
    low = s.low(k)
    number = number_of(low)
    if low == "it" and s.low(k + 1) in ("'s", "\u2019s"):
        yield from _counted_definite(s, k + 2)
    elif low in ("the", "its", "it's"):
        yield from _counted_definite(s, k + 1)
    elif low in ("a", "an", "another", "any", "some"):
        if s.low(k + 1) in ("single", "lone", "sole"):
            yield _Many(Many.EXACTLY, 1), k + 2
        elif s.low(k + 1) == "pair" and s.low(k + 2) == "of":
            yield _Many(Many.EXACTLY, 2), k + 3
        else:
            yield _Many(Many.SOME), k + 1
    elif low in ("both", "each", "every", "all", "either"):
        after = k + 1 + (s.low(k + 1) == "of")
        after += s.low(after) in ("the", "its")
        of = 2 if low in ("both", "either") else number_of(s.low(after))
        after += low not in ("both", "either") and of is not None
        after += low in ("both", "either", "each") and s.low(after) == "two"
        yield _Many(Many.ALL, of=of), after
    elif number is not None:
        many = _Many(Many.NONE) if number == 0 else _Many(Many.EXACTLY, number)
        if s.low(k + 1) == "of" and s.low(k + 2) in ("the", "its", "these", "those"):
            of = number_of(s.low(k + 3))
            yield replace(many, of=of), k + 3 + (of is not None)
        yield many, k + 1
    elif begin == k or s.low(begin) in ("both", "only"):
        yield _Many(Many.SOME), k


def _counted_definite(s: Sentence, k: int) -> Iterator[tuple[_Many, int]]:
    number = number_of(s.low(k))
    if number:
        yield _Many(Many.ALL, of=number, definite=True), k + 1
    elif s.low(k) in ("only", "sole", "lone", "single"):
        yield _Many(Many.ALL, of=1, definite=True), k + 1
    else:
        yield _Many(Many.THE, definite=True), k


Reader = Callable[[Sentence, Meaning, int], Iterator[tuple[Meaning, int]]]


def read_noun(s: Sentence, k: int, behind: Reader) -> Iterator[tuple[Meaning, int]]:
    """Read a noun phrase at an index, every way it can be read; `behind` reads what may follow its noun."""
    if not s.step():
        return
    k = s.past_fillers(k)
    atoms, end = atoms_at(s, k)
    if atoms and max(atoms) < s.mol.GetNumAtoms():
        places: Places = tuple((a,) for a in dict.fromkeys(atoms))
        noun = " ".join(t.text for t in s.tokens[k:end])
        yield Meaning(noun, places, places, Many.ALL, given=frozenset(atoms), is_plural=len(places) > 1), end
    if s.low(k) == "it" and s.low(k + 1) not in ("'s", "\u2019s"):
        yield _molecule("it"), k + 1
    for said, after in _determiners(s, k):
        if s.low(after) in MOLECULE and s.low(after) != "it" and (said.definite or s.low(k) == "this"):
            yield _molecule(s.low(after)), after + 1
        for meaning, last in _nouns(s, after):
            plural = _is_plural(s.low(last - 1))
            many = Many.ALL if said.many is Many.THE and plural else said.many
            counted = replace(meaning, many=many, number=said.number, of=said.of, is_plural=plural)
            yield from behind(s, counted, last)


def _molecule(noun: str) -> Meaning:
    return Meaning(noun, (), (), Many.THE, is_molecule=True)


def _is_plural(word: str) -> bool:
    return word.endswith("s") and not word.endswith(("ss", "us", "is")) or word in ("nitrogens", "nuclei")


def _nouns(s: Sentence, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read adjectives and the noun behind them, the longest noun first."""
    if not s.step():
        return
    end = k
    while end < len(s.tokens) and end - k < _LONGEST_NOUN and _is_of_noun(s, end, end == k):
        end += 1
    for last in range(end, k, -1):
        meaning = _head(s, k, last)
        if meaning is not None:
            yield _at_index(s, meaning, last)
    low = s.low(k)
    if low in PLAIN:
        yield from _nouns(s, k + 1)
    for width in (2, 1):
        words = " ".join(s.low(k + n) for n in range(width))
        if k + width >= len(s.tokens) or (holds := adjective(words, s)) is None:
            continue
        for meaning, last in _nouns(s, k + width):
            if last > k + width:
                yield meaning.kept(holds), last
    if s.low(k) == "(" and s.low(k + 2) == ")" and (holds := adjective(s.low(k + 1), s)) is not None:
        for meaning, last in _nouns(s, k + 3):
            yield meaning.kept(holds), last


def _at_index(s: Sentence, meaning: Meaning, k: int) -> tuple[Meaning, int]:
    """Take "oxygen 7" as the oxygen with that index."""
    word = s.low(k)
    if not word.isdigit() or any(len(place) != 1 for place in meaning.places):
        return meaning, k
    return meaning.kept(lambda place: place == (int(word),)), k + 1


def _is_of_noun(s: Sentence, k: int, first: bool) -> bool:
    low = s.low(k)
    if low in STOP and not (first and low in ("ortho", "meta", "para", "alpha", "beta", "gamma", "terminal")):
        return low == "bridge" or (low in ("link", "end", "form") and not first)
    return low[:1].isalnum() or low[:1] in "=-"


_HYDROGEN = frozenset(["hydrogen", "hydrogens", "h", "hydrogen atom", "hydrogen atoms", "proton", "protons"])


def is_hydrogen(meaning: Meaning) -> bool:
    """Whether a phrase means hydrogen atoms, which have no place of their own."""
    return meaning.noun.lower() in _HYDROGEN


def _head(s: Sentence, first: int, last: int) -> Meaning | None:
    if (first, last) not in s.heads:
        s.heads[first, last] = _looked_up(s, " ".join(t.text for t in s.tokens[first:last]))
    return s.heads[first, last]


def _looked_up(s: Sentence, noun: str) -> Meaning | None:
    low = noun.lower()
    if low in _HYDROGEN:
        return Meaning(noun, (), ())
    if _drops_a_word(low, s):
        return None
    found = special_noun(low, s.mol)
    whole = _named(noun, s) if found is None else found
    if whole is None and noun[:1] == "-":
        whole = _named(noun[1:], s)
    if whole is None:
        return _of_two(s, noun)
    if len(whole) > MAX_PLACES:
        return None
    bearing = s.nouns.anchors(noun) if found is None else found
    bearing = whole if bearing is None else bearing
    return Meaning(noun, bearing, whole if len(bearing) == len(whole) else bearing)


_GENERIC = re.compile(
    r" (?:groups?|moiety|moieties|units?|residues?|substituents?|sugars?|functions?|functionality)$", re.I
)


def _named(noun: str, s: Sentence) -> Places | None:
    """Look a noun up, without "group" and the like where it is not there with it; of two parts together neither."""
    if " + " in locate(noun, s.nouns.molecule, s.nouns.resources).name:
        return None
    noun = _RIBOSE.sub(r"\1ribofuranosyl", noun)
    found = s.nouns.places(noun)
    return found or (s.nouns.places(_GENERIC.sub("", noun)) if _GENERIC.search(noun) else found)


_RIBOSE = re.compile(r"\b(2'-?deoxy|deoxy)?(?:d-)?ribose\b", re.IGNORECASE)


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
        own = tuple(p for p in one if any(within(p, q, s.mol) for q in other))
        own = own or tuple(p for p in one if any(around(p, s.mol) & set(q) for q in other))
        return Meaning(noun, own, own)
    return None


def special_noun(low: str, mol: Chem.Mol) -> Places | None:
    """Find what the facts have no name for: positions, ring atoms."""
    key = low.removesuffix("s")
    if key in ("aryl ring", "aryl group", "aryl"):
        benzene = [r for r in mol.GetRingInfo().AtomRings() if len(r) == 6 and _is_aromatic(r, mol)]
        carbon = [r for r in benzene if all(mol.GetAtomWithIdx(a).GetAtomicNum() == 6 for a in r)]
        return tuple(carbon or (r for r in mol.GetRingInfo().AtomRings() if _is_aromatic(r, mol)))
    if key in ("central ring", "middle ring") and (central := _central_ring(mol)):
        return central
    if key in ("substituent", "ring substituent"):
        beside = (n for a in mol.GetAtoms() if a.IsInRing() for n in a.GetNeighbors() if not n.IsInRing())
        return tuple((index,) for index in dict.fromkeys(n.GetIdx() for n in beside))
    if key in _CHAINS:
        return _chains(mol)
    if key in ("ring carbon", "ring carbon atom", "carbon of the ring"):
        return tuple((a.GetIdx(),) for a in mol.GetAtoms() if a.GetAtomicNum() == 6 and a.IsInRing())
    if key in ("ring atom", "ring position", "ring member"):
        return tuple((a.GetIdx(),) for a in mol.GetAtoms() if a.IsInRing())
    return None


def _central_ring(mol: Chem.Mol) -> Places:
    """Find the ring to which two others or more are bonded, where there is one."""
    rings = [tuple(ring) for ring in mol.GetRingInfo().AtomRings()]
    many = [sum(bool(around(ring, mol) & set(other)) for other in rings if other != ring) for ring in rings]
    return tuple(ring for ring, near in zip(rings, many, strict=True) if near > 1) if len(rings) > 2 else ()


_CHAINS = frozenset(
    f"{kind} chain"
    for kind in ("fatty", "carbon", "alkyl", "aliphatic", "hydrocarbon", "acyl", "alkenyl", "fatty acyl")
) | {"chain", "linker chain"}


def _chains(mol: Chem.Mol) -> Places:
    """Find the open chains of carbon: connected carbons outside rings, three at least."""
    left = {a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() == 6 and not a.IsInRing()}
    found: list[Place] = []
    while left:
        part = {left.pop()}
        ahead = list(part)
        while ahead:
            near = around((ahead.pop(),), mol) & left
            left -= near
            part |= near
            ahead += near
        if len(part) > 2:
            found.append(tuple(sorted(part)))
    return tuple(found)


_HYBRID = re.compile(r"(?P<kind>sp[23]?)(?:-hybridi[sz]ed)?(?: hybridi[sz]ed)?")
_CONFIGURED = re.compile(r"\(?(?P<label>[rsez]|cis|trans)\)?(?:-configured|-configuration)?")


def adjective(words: str, s: Sentence) -> Callable[[Place], bool] | None:
    """What an adjective says of a place; None where it is not understood at all."""
    mol = s.mol
    if words in _OF_ATOMS:
        of_atom = _OF_ATOMS[words]
        return lambda place: all(of_atom(mol.GetAtomWithIdx(a)) for a in place)
    if words in _OF_PLACES:
        of_place = _OF_PLACES[words]
        return lambda place: of_place(place, mol)
    if (labelled := _CONFIGURED.fullmatch(words)) is not None:
        return lambda place: is_so(labelled["label"], place, s.nouns) is True
    if (pair := _DISUBSTITUTED.fullmatch(words)) is not None:
        return lambda place: _is_disubstituted(place, mol, pair["how"])
    if words.split(" ")[0] in STOP or " " in words and words.split(" ")[1] in STOP:
        return None
    if _is_known_adjective(words):
        return lambda place: is_so(words, place, s.nouns) is True
    return None


_KNOWN = re.compile(
    r"(?:un|mono|di|tri|tetra|penta|hexa)substituted|(?:primary|secondary|tertiary|quaternary)|sp[23]?(?:-hybridi[sz]ed)?"
    r"|(?:fully )?saturated|unsaturated|stereogenic|chiral|asymmetric|benzylic|allylic|propargylic"
    r"|[a-z]+-membered|(?:n-)?(?:methylated|acetylated|ethylated|phenylated|benzylated|hydroxylated|chlorinated|fluorinated"
    r"|brominated|iodinated|methoxylated|nitrated|sulfonylated|acylated)"
)


_BASIC = Chem.MolFromSmarts(
    "[$([NX3;!$(N-[#6]=[O,S,N]);!$(N-S(=O)=O);!$(N-[a]);!$(N-[N,O]);!$(N-C#N)]),$([nX2]),$([NX2]=[CX3][NX3])]"
)
_UNSATURATED_BESIDE = Chem.MolFromSmarts("[#6X3;$([#6](=[O,S])-,:[#6X3]=,:[#6X3;!$([#6]=[O,S])])]")


def _is_terminal(place: Place, mol: Chem.Mol) -> bool:
    """Whether a part ends a chain: it bears one bond, or is a double or triple bond with an end."""
    own = set(place)
    outside = [n.GetIdx() for a in own for n in mol.GetAtomWithIdx(a).GetNeighbors() if n.GetIdx() not in own]
    if len(place) == 2 and all(mol.GetAtomWithIdx(a).GetAtomicNum() == 6 for a in place):
        return any(mol.GetAtomWithIdx(a).GetDegree() == 1 for a in place)
    return len(outside) == 1


def _holds_hit(query: Chem.Mol) -> Callable[[Place, Chem.Mol], bool]:
    return lambda place, mol: any(set(hit) & set(place) for hit in mol.GetSubstructMatches(query))


_DISUBSTITUTED = re.compile(r"(?P<how>ortho|meta|para|1,2|1,3|1,4)-(?:di)?substituted")


def _is_disubstituted(place: Place, mol: Chem.Mol, how: str) -> bool:
    """Whether a ring of six bears two things, so far apart."""
    ring = next((r for r in mol.GetRingInfo().AtomRings() if set(r) == set(place) and len(r) == 6), None)
    if ring is None:
        return False
    bearing = [
        k for k, a in enumerate(ring) if any(n.GetIdx() not in ring for n in mol.GetAtomWithIdx(a).GetNeighbors())
    ]
    apart = {"ortho": 1, "1,2": 1, "meta": 2, "1,3": 2, "para": 3, "1,4": 3}[how]
    return len(bearing) == 2 and min(bearing[1] - bearing[0], 6 - bearing[1] + bearing[0]) == apart


def _is_known_adjective(words: str) -> bool:
    return _KNOWN.fullmatch(words) is not None


def _no_substituent(place: Place, mol: Chem.Mol) -> bool:
    """Whether a part bears nothing but the one bond that it hangs by."""
    own = set(place)
    return sum(n.GetIdx() not in own for a in own for n in mol.GetAtomWithIdx(a).GetNeighbors()) < 2


def _is_fused(place: Place, mol: Chem.Mol) -> bool:
    own = set(place)
    rings = [set(r) for r in mol.GetRingInfo().AtomRings()]
    return any(len(r & own) > 1 and not r <= own for r in rings) or sum(r <= own for r in rings) > 1


def _has_aromatic_carbon_beside(place: Place, mol: Chem.Mol) -> bool:
    atoms = [mol.GetAtomWithIdx(a) for a in place]
    return any(a.GetIsAromatic() for a in atoms) or any(
        n.GetIsAromatic() for a in atoms for n in a.GetNeighbors() if n.GetIdx() not in place
    )


def _is_aromatic(place: Place, mol: Chem.Mol) -> bool:
    """Whether rings are aromatic; a group is, by what it hangs on."""
    ringed = [mol.GetAtomWithIdx(a) for a in place if mol.GetAtomWithIdx(a).IsInRing()]
    if ringed:
        return all(a.GetIsAromatic() for a in ringed)
    return _has_aromatic_carbon_beside(place, mol)


def _charge(place: Place, mol: Chem.Mol) -> int:
    return int(sum(mol.GetAtomWithIdx(a).GetFormalCharge() for a in place))


_OF_ATOMS: dict[str, Callable[[Chem.Atom], bool]] = {
    "endocyclic": lambda a: bool(a.IsInRing()),
    "quaternary": lambda a: a.GetDegree() == 4 and a.GetTotalNumHs(True) == 0,
}
_OF_PLACES: dict[str, Callable[[Place, Chem.Mol], bool]] = {
    "aromatic": _is_aromatic,
    "aryl": _has_aromatic_carbon_beside,
    "aliphatic": lambda p, m: not _has_aromatic_carbon_beside(p, m),
    "cyclic": lambda p, m: any(len(set(r) & set(p)) > 1 for r in m.GetRingInfo().AtomRings()),
    "acyclic": lambda p, m: not any(len(set(r) & set(p)) > 1 for r in m.GetRingInfo().AtomRings()),
    "exocyclic": lambda p, m: not any(set(p) <= set(r) for r in m.GetRingInfo().AtomRings()),
    "unsubstituted": _no_substituent,
    "terminal": _is_terminal,
    "internal": lambda p, m: not _is_terminal(p, m),
    "basic": _holds_hit(_BASIC),
    "alpha,beta-unsaturated": _holds_hit(_UNSATURATED_BESIDE),
    "fused": _is_fused,
    "charged": lambda p, m: _charge(p, m) != 0,
    "neutral": lambda p, m: _charge(p, m) == 0,
    "cationic": lambda p, m: _charge(p, m) > 0,
    "protonated": lambda p, m: _charge(p, m) > 0,
    "anionic": lambda p, m: _charge(p, m) < 0,
    "deprotonated": lambda p, m: _charge(p, m) < 0,
    "heteroaromatic": lambda p, m: (
        all(m.GetAtomWithIdx(a).GetIsAromatic() for a in p) and any(m.GetAtomWithIdx(a).GetAtomicNum() != 6 for a in p)
    ),
}


def element_of(noun: str) -> str | None:
    """The symbol of an element that a noun names."""
    part = part_named(noun)
    return ELEMENTS.get(noun.lower().removesuffix("s")) if part is not None else None

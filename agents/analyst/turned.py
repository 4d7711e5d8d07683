"""Questions put another way, turned into the plain one that the readers know: "of the oxygens in X, how many are Y".

What is said and what it means stand in `data/turned.toml`: words, choices (`is|are`), words that may be left out
(`[the]`) and slots (`{mol}`, `{part}`), which take a run of words of their kind. A pattern has to fit a whole sentence,
and of each pattern a slot takes at most a few words, so that the work is bounded.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from molreflect.agents.analyst.marks import ENDS
from molreflect.agents.analyst.openings import number_of
from molreflect.agents.analyst.property_words import asks_for_something
from molreflect.agents.analyst.sentence import is_group
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.facts.classes import is_adjective
from molreflect.tools.facts.molecules import is_known_name, looks_like_smiles
from molreflect.tools.facts.parts import part_named

MAX_WORDS = 40
"""Words of the longest question that is turned."""
_MOST = {
    "mol": 5,
    "named": 5,
    "mols": 16,
    "group": 4,
    "part": 3,
    "class": 4,
    "said": 1,
    "word": 1,
    "value": 3,
    "unit": 4,
    "some": 6,
    "rest": 36,
    "number": 1,
}
"""Words that a slot takes at most, by its kind."""
_POINTING = frozenset(
    ["it", "this", "that", "this molecule", "the molecule", "this compound", "the compound", "this one", "that one",
     "that molecule", "that compound", "the first", "the second", "the first one", "the second one", "the other",
     "the other one"]
)  # fmt: skip
_ARTICLES = frozenset(["a", "an", "the", "any", "its"])
_UNITS = frozenset(
    [
        *(
            "g/mol",
            "g",
            "gram",
            "grams",
            "mol",
            "mole",
            "per",
            "g.mol-1",
            "gmol-1",
            "da",
            "dalton",
            "daltons",
            "kda",
            "u",
        ),
        *(
            "amu",
            "unified",
            "atomic",
            "mass",
            "unit",
            "units",
            "square",
            "squared",
            "sq",
            "angstrom",
            "angstroms",
            "a2",
        ),
        *("\u00e5ngstr\u00f6m", "a^2", "\u00e52", "\u00e5^2", "\u00e5\u00b2", "a\u00b2", "nm2", "%", "percent"),
    ]
)
_LISTING = frozenset(["and", "or", "&", "vs", "versus"])


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way of saying something."""

    pieces: tuple[Piece, ...]
    means: str
    needs: tuple[str, ...] = ()
    """Slots that together have to name a group: "{said} {part}"."""
    word: str = ""
    """A word that the text has to hold."""
    mark: str = ""
    """A mark that has to stand behind one of its words."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, a choice of words, or a slot."""

    words: frozenset[str] = frozenset()
    may_miss: bool = False
    slot: str = ""

    @property
    def kind(self) -> str:
        """What the slot takes: a key of `_KINDS`."""
        return self.slot.rstrip("0123456789")


@dataclass(slots=True)
class _Words:
    """The words of a text, and what is known of runs of them."""

    shown: list[str]
    bare: list[str]
    known: dict[tuple[str, int, int], bool] = field(default_factory=dict)

    def fits(self, kind: str, start: int, end: int) -> bool:
        key = (kind, start, end)
        if key not in self.known:
            self.known[key] = _KINDS[kind](self.shown[start:end], self.bare[start:end])
        return self.known[key]


def turned(text: str) -> str:
    """Write a question in the plainer way, where it is one of those that are known; else as it stands."""
    if any(mark in text for mark in '"\u201c\u201d'):
        return text
    shown = text.split()
    if not 1 < len(shown) <= MAX_WORDS or (len(shown) == 2 and shown[0][-1] != ":"):
        return text
    bare = [token.casefold().rstrip(ENDS).strip("'`") for token in shown]
    kept = [
        (token, word) for token, word in zip(shown, bare, strict=True) if word and word not in ("-", "\u2013", "->")
    ]
    words = _Words([token for token, _ in kept], [word for _, word in kept])
    marks = frozenset(token[-1] for token in shown)
    for pattern in _candidates(frozenset(words.bare)):
        if pattern.mark and pattern.mark not in marks:
            continue
        found = next(_matches(pattern.pieces, words, 0, 0, {}), None)
        if found is None:
            continue
        filled = {slot: _value(words, slot, *span) for slot, span in found.items()}
        if all(is_group(need.format(**filled)) for need in pattern.needs):
            return pattern.means.format(**filled)
    return text


def _value(words: _Words, slot: str, start: int, end: int) -> str:
    if slot == "mols":
        return _listed(words.shown[start:end])
    last = words.shown[end - 1].rstrip(ENDS)
    run = [*words.shown[start : end - 1], last]
    if run[0].startswith("'") and run[-1].endswith("'"):
        run = " ".join(run).strip("'").split()
    if run[0].casefold() in _ARTICLES and len(run) > 1 and " ".join(run).casefold() not in _POINTING:
        run = run[1:]
    return " ".join(run)


def _listed(shown: Sequence[str]) -> str:
    """Write a list of molecules with "and" between them."""
    joined = " ".join(shown).rstrip(ENDS)
    for word in _LISTING:
        joined = joined.replace(f", {word} ", " and ").replace(f" {word} ", " and ")
    return joined.replace(", ", " and ").replace("; ", " and ")


def _candidates(told: frozenset[str]) -> Iterator[Pattern]:
    """Those patterns all of whose fixed words are in a text."""
    for pattern in _patterns():
        if pattern.word and pattern.word not in told:
            continue
        fixed = (piece for piece in pattern.pieces if piece.words and not piece.may_miss)
        if all(piece.words & told for piece in fixed):
            yield pattern


def _matches(
    pieces: Sequence[Piece], words: _Words, at: int, i: int, found: Mapping[str, tuple[int, int]]
) -> Iterator[Mapping[str, tuple[int, int]]]:
    """Yield what the slots of the pieces from `at` on take of the words from `i` on."""
    if at == len(pieces):
        if i == len(words.bare):
            yield found
        return
    piece = pieces[at]
    if not piece.slot:
        if i < len(words.bare) and words.bare[i] in piece.words:
            yield from _matches(pieces, words, at + 1, i + 1, found)
        if piece.may_miss:
            yield from _matches(pieces, words, at + 1, i, found)
        return
    for end in range(min(len(words.bare), i + _MOST[piece.kind]), i, -1):
        if words.fits(piece.kind, i, end):
            yield from _matches(pieces, words, at + 1, end, {**found, piece.slot: (i, end)})


def _is_molecule(shown: Sequence[str], bare: Sequence[str]) -> bool:
    """Whether words may name one molecule, or point to one."""
    name = " ".join(bare)
    if name in _POINTING:
        return True
    first = 1 if bare[0] == "the" and len(bare) > 1 else 0
    shown, bare = shown[first:], bare[first:]
    if any(token[-1] in ",;:?!" for token in shown[:-1]):
        return False
    name = " ".join(bare)
    if len(bare) == 1 and (looks_like_smiles(shown[0].rstrip(ENDS)) or shown[0].startswith("InChI=")):
        return True
    if is_known_name(name):
        return True
    speech = vocabulary()
    if any(speech.role(word) or asks_for_something(word) or word in _LISTING for word in bare):
        return False
    return not is_adjective(name) and part_named(name) is None


def _are_molecules(shown: Sequence[str], bare: Sequence[str]) -> bool:
    """Whether words list two molecules or more."""
    start, listed = 0, 0
    for i, word in enumerate(bare):
        ends = shown[i][-1] in ",;" or i == len(bare) - 1
        if word in _LISTING:
            if start < i and not _is_molecule(shown[start:i], bare[start:i]):
                return False
            listed += start < i
            start = i + 1
        elif ends:
            if not _is_molecule(shown[start : i + 1], bare[start : i + 1]):
                return False
            listed, start = listed + 1, i + 1
    return listed > 1 and start == len(bare)


def _is_group(shown: Sequence[str], bare: Sequence[str]) -> bool:
    if any(token[-1] in ",;:?!" for token in shown[:-1]):
        return False
    cut = 1 if bare[0] in _ARTICLES and len(bare) > 1 else 0
    return is_group(" ".join([*shown[cut:-1], shown[-1].rstrip(ENDS)])) or is_group(" ".join(bare[cut:]))


def _is_part(shown: Sequence[str], bare: Sequence[str]) -> bool:
    name = " ".join([*bare[:-1], shown[-1].rstrip(ENDS)])
    return part_named(name) is not None or part_named(" ".join(bare)) is not None or name in ("atom", "atoms")


def _is_word(shown: Sequence[str], bare: Sequence[str]) -> bool:
    return any(c.isalnum() for c in bare[0])


def _is_said(shown: Sequence[str], bare: Sequence[str]) -> bool:
    return bare[0].replace("-", "").isalnum() and not vocabulary().role(bare[0])


def _is_value(shown: Sequence[str], bare: Sequence[str]) -> bool:
    return asks_for_something(" ".join(bare))


def _is_some(shown: Sequence[str], bare: Sequence[str]) -> bool:
    return True


_KINDS: Mapping[str, Callable[[Sequence[str], Sequence[str]], bool]] = {
    "mol": _is_molecule,
    "named": lambda shown, bare: " ".join(bare) not in _POINTING and _is_molecule(shown, bare),
    "mols": _are_molecules,
    "group": _is_group,
    "class": lambda shown, bare: is_adjective(" ".join(bare)) or (_is_group(shown, bare) and not _is_part(shown, bare)),
    "part": _is_part,
    "said": _is_said,
    "word": _is_word,
    "value": _is_value,
    "unit": lambda shown, bare: set(bare) <= _UNITS,
    "some": _is_some,
    "rest": _is_some,
    "number": lambda shown, bare: number_of(bare[0]) is not None,
}
"""What a slot may take, by its kind."""


@cache
def _patterns() -> tuple[Pattern, ...]:
    """Read the patterns, once."""
    text = files("molreflect.agents.analyst").joinpath("data/turned.toml").read_text(encoding="utf-8")
    found = []
    for entry in tomllib.loads(text)["turn"]:
        needs, word = tuple(entry.get("needs", ())), entry.get("needs_word", "")
        mark = entry.get("needs_mark", "")
        found += [
            Pattern(tuple(map(_piece, said.split())), entry["means"], needs, word, mark) for said in entry["said"]
        ]
    return tuple(found)


def _piece(written: str) -> Piece:
    if written.startswith("{"):
        piece = Piece(slot=written[1:-1])
        if piece.kind not in _KINDS or piece.kind not in _MOST:
            raise ValueError(f"data/turned.toml: {written} is no slot")
        return piece
    if written.startswith("["):
        return Piece(frozenset(written[1:-1].split("|")), may_miss=True)
    return Piece(frozenset(written.split("|")))

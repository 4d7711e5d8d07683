"""A molecule from a description of one ring and what it bears: "a benzene ring with a nitro group para to a hydroxyl".

Every word has to be understood (`data/descriptions.toml`): a description with any other word is not built from. All
placements of what the ring bears are made, and those kept that the description's places allow.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from itertools import permutations
from typing import Any

from rdkit import Chem

from molreflect.tools.molecules.read import quiet_rdkit

MAX_WORDS = 40
"""Words of the longest description that is built from."""
MAX_BORNE = 4
"""Substituents of a ring, at most."""
MAX_FITTING = 6
"""Molecules that are told where a description leaves a choice."""
_APART = {"ortho": 1, "meta": 2, "para": 3}
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "single": 1}
_SIX = 6
_RING_ATOM = re.compile(r"(?:\[nH\]|[a-zA-Z])1?")
_PLACE = re.compile(r"(?P<before>[2-6])(?:-position)?|(?P<locants>[1-6](?:,[1-6]){1,3})(?:-positions?)?")


@dataclass(frozen=True, slots=True)
class Built:
    """What a description was built into."""

    smiles: tuple[str, ...] = ()
    """The molecules that fit it; one where it leaves no choice."""
    read: tuple[str, ...] = ()
    """What was read: the ring and what it bears, as the description calls them."""
    why_not: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


@dataclass(slots=True)
class _Parsed:
    ring: str = ""
    borne: tuple[str, ...] = ()
    places: tuple[int | None, ...] = ()
    """Numbered places, of a ring with a heteroatom counted from it, one for each substituent; None where not told."""
    apart: str = ""
    read: tuple[str, ...] = ()


def built_from(description: str) -> Built:
    """Build the molecules that a description of a ring and its substituents fits.

    Args:
        description: In English; one ring, its substituents by name, and their places.
    """
    words = re.findall(r"[\w,'-]+", description.casefold().replace("\u2010", "-"))
    if not words or len(words) > MAX_WORDS:
        return Built(why_not=f"it has {len(words)} words; I build from 1 to {MAX_WORDS}")
    parsed = _parse([word.strip(",'-") for word in words if word.strip(",'-")])
    if isinstance(parsed, str):
        return Built(why_not=parsed)
    found = _placed(parsed)
    if not found:
        return Built(why_not="no placement of these groups on the ring fits it", read=parsed.read)
    return Built(found[:MAX_FITTING], parsed.read)


def _parse(words: Sequence[str]) -> _Parsed | str:
    """Read a description to its last word; a reason where a word is not understood."""
    ring, apart = "", ""
    read: list[str] = []
    borne: list[str] = []
    places: list[int | None] = []
    i, number = 0, 1
    while i < len(words):
        named, end = _named(words, i, _rings())
        if named and not ring:
            read.append(" ".join(words[i:end]))
            ring, i = named, end
            continue
        borne_here, end = _named(words, i, _substituents())
        if borne_here:
            borne += [borne_here] * number
            places += [None] * number
            read.append(" ".join(words[i:end]))
            i, number = end, 1
            continue
        word = words[i].removesuffix("-disubstituted").removesuffix("-substituted")
        place = _PLACE.fullmatch(words[i])
        if word in _APART:
            if apart and apart != word:
                return "it names more than one place of groups to each other"
            apart = word
        elif place is not None and borne and _tells_place(words, i):
            told = [int(n) for n in (place["before"] or place["locants"]).split(",")]
            if len(told) > len(borne):
                return "it gives more places than groups"
            for k, locant in enumerate(reversed(told)):
                places[-1 - k] = locant
        elif word in _NUMBERS:
            number = _NUMBERS[word]
        elif word == "no" and words[i + 1 : i + 2] in (["other"], ["further"], ["substituents"], ["others"]):
            i += 1
        elif word not in _joining():
            return f"I do not know what {words[i]!r} says of it"
        i += 1
    if not ring:
        return "it names no ring that I can begin from"
    if not borne or len(borne) > MAX_BORNE:
        return f"it names {len(borne)} groups on the ring; I place 1 to {MAX_BORNE}"
    if apart and len(borne) != 2:
        return "ortho, meta and para are read of two groups alone"
    return _Parsed(ring, tuple(borne), tuple(places), apart, tuple(read))


def _tells_place(words: Sequence[str], i: int) -> bool:
    near = {*words[max(0, i - 3) : i], *words[i + 1 : i + 2]}
    return "position" in words[i] or bool(near & {"position", "positions", "carbon", "c"})


def _named(words: Sequence[str], i: int, table: Mapping[str, str]) -> tuple[str, int]:
    """Find the longest name of a table that words go on with."""
    for end in range(min(len(words), i + 5), i, -1):
        name = " ".join(words[i:end])
        for form in (name, name.removesuffix("s")):
            if form in table:
                return table[form], end
    return "", i


def _placed(parsed: _Parsed) -> tuple[str, ...]:
    """Place the substituents in every way that is allowed; canonical SMILES, each once."""
    atoms = _RING_ATOM.findall(parsed.ring)
    size = len(atoms)
    free = [i for i, atom in enumerate(atoms) if atom[0] in "cC"]
    found: set[str] = set()
    for spots in permutations(free, len(parsed.borne)):
        if any(place is not None and place != spot + 1 for place, spot in zip(parsed.places, spots, strict=True)):
            continue
        if parsed.apart:
            steps = abs(spots[0] - spots[1])
            if min(steps, size - steps) != _APART[parsed.apart] or size != _SIX:
                continue
        borne = dict(zip(spots, parsed.borne, strict=True))
        written = "".join(f"{atom}({borne[i]})" if i in borne else atom for i, atom in enumerate(atoms))
        with quiet_rdkit():
            mol = Chem.MolFromSmiles(written)
        if mol is not None:
            found.add(str(Chem.MolToSmiles(mol)))
    return tuple(sorted(found))


@cache
def _table() -> dict[str, Any]:
    text = files("molreflect.tools.facts").joinpath("data/descriptions.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _rings() -> dict[str, str]:
    return {name: smiles for smiles, names in _table()["rings"].items() for name in names}


@cache
def _substituents() -> dict[str, str]:
    return {name: smiles for smiles, names in _table()["substituents"].items() for name in names}


@cache
def _joining() -> frozenset[str]:
    return frozenset(_table()["joining"]["words"])

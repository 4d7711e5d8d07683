"""Nouns behind an article or number: groups, atoms by index or place, rows of atoms, hydrogens, "the one"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from molreflect.agents.analyst.predications.composed.meant import Chain, Meant, relates
from molreflect.agents.analyst.predications.composed.reader import Reader
from molreflect.agents.analyst.predications.composed.relations import RELATIONS, Place
from molreflect.agents.analyst.predications.composed.words import listed
from molreflect.agents.analyst.predications.places import touches
from molreflect.agents.analyst.predications.subject import Quantity, number_of
from molreflect.agents.analyst.predications.tokens import indices_from
from molreflect.tools.facts.parts import Places

_MOST = 6
"""Words of the longest noun with its adjectives."""
_ELEMENTS = re.compile(r"(?:ring )?(?:carbon|nitrogen|oxygen|sulfur|phosphorus|chlorine|fluorine|bromine|iodine)s?")
_HYDROGENS = frozenset(["hydrogen", "hydrogens", "h", "proton", "protons", "hydrogen atom", "hydrogen atoms"])
_WHOLE = frozenset(["it", "molecule", "compound", "structure"])
_CHAIN = re.compile(r"(?P<number>[a-z]+|\d)-(?P<kind>carbon|atom)")
_CHAIN_HEADS = frozenset(["chain", "bridge", "linker", "spacer", "tether", "link", "unit", "chains", "linkage"])
_ALKYLENE = {"methylene": 1, "ethylene": 2, "propylene": 3, "trimethylene": 3, "butylene": 4, "tetramethylene": 4}
_COUNTED = {
    "ch2": "methylene",
    "methylene": "methylene",
    "methylenes": "methylene",
    "carbon": "carbon",
    "carbons": "carbon",
    "atom": "atom",
    "atoms": "atom",
    "bond": "bond",
    "bonds": "bond",
    "ch2s": "methylene",
}
_MUTUAL = {
    "adjacent": "adjacent",
    "neighbouring": "adjacent",
    "neighboring": "adjacent",
    "vicinal": "adjacent",
    "contiguous": "adjacent",
    "consecutive": "adjacent",
    "adjoining": "adjacent",
    "fused": "fused",
    "geminal": "geminal",
}


def heads(reader: Reader, start: Meant, depth: int) -> Iterator[Meant]:
    """Read the noun behind an article or number."""
    k = start.end
    yield from indexed(reader, start)
    yield from _at_locant(reader, start, depth)
    if (
        reader.low(k) in ("one", "ones", "that")
        and (start.quantity is Quantity.THE or start.end == k)
        and reader.low(k - 1) != "of"
    ):
        before = [at for at in reader.heads if at < k]
        if start.quantity is Quantity.THE or reader.low(k) == "that":
            for at in sorted(before, reverse=True):
                yield replace(start, places=reader.heads[at], quantity=Quantity.THE, end=k + 1, is_bare=False)
    for size in (2, 1):
        if k + size > len(reader.words):
            continue
        noun = " ".join(word.low for word in reader.words[k : k + size])
        if noun in _HYDROGENS:
            yield replace(start, hydrogens=True, end=k + size, is_plural=noun.endswith("s"))
        if noun == "it" and depth and reader.heads:  # "one is inside the ring and the other outside it"
            for at in sorted(reader.heads, reverse=True):
                if at < k and len(reader.heads[at]) == 1:
                    yield replace(start, places=reader.heads[at], quantity=Quantity.THE, end=k + 1, is_bare=False)
        elif noun in _WHOLE and (noun == "it" or start.quantity is Quantity.THE):
            yield replace(start, is_whole=True, end=k + size)
    yield from _chains(reader, start)
    yield from _positions(reader, start, depth)
    yield from _by_greek(reader, start, depth)
    yield from nouns(reader, start)
    yield from _coordinated(reader, start)


def _coordinated(reader: Reader, start: Meant) -> Iterator[Meant]:
    """Read "the pyrrole and benzene rings", "five- and six-membered rings": two of which the second has the noun."""
    k = start.end
    for cut in (k + 1, k + 2):
        again = reader.low(cut + 1) == "the"  # "the methyl-bearing and the nitro-bearing carbons"
        if reader.low(cut) != "and" or not all(_is_noun(reader, at, k) for at in range(k, cut)):
            continue
        for end in range(min(len(reader.words), cut + again + 4), cut + again + 1, -1):
            second = [word.text for word in reader.words[cut + again + 1 : end]]
            if not _is_plural(second[-1]) or not all(_is_noun(reader, at, k) for at in range(cut + again + 1, end)):
                continue
            first = [word.text for word in reader.words[k:cut]]
            if first[-1].endswith("-"):
                first[-1] += second[0].partition("-")[2]
            one, other = reader.resolver.places([*first, second[-1]]), reader.resolver.places(second)
            if one and other:
                quantity = Quantity.SOME if start.is_bare else Quantity.THE
                parts = tuple(replace(start, places=p, quantity=quantity, end=end, is_bare=False) for p in (one, other))
                yield Meant((), Quantity.ALL, end, is_plural=True, parts=parts, noun=second[-1])


def _by_greek(reader: Reader, start: Meant, depth: int) -> Iterator[Meant]:
    """Read "the alpha carbon of the acid": carbons that stand so to a group."""
    k = start.end
    letter = reader.low(k).removesuffix("-carbon")
    behind = k + 1 + (reader.low(k) == letter)
    if letter not in ("alpha", "beta", "gamma") or (
        reader.low(k) == letter and reader.low(k + 1) not in ("carbon", "position")
    ):
        return
    if reader.low(behind) not in ("of", "to", "from"):
        return
    carbons = [(a.GetIdx(),) for a in reader.molecule.mol.GetAtoms() if a.GetAtomicNum() == 6]
    for other in reader.noun_phrase(reader, behind + 1, depth + 1):
        found = tuple(c for c in carbons if relates(reader.molecule, letter, c, other) and _is_itself(reader, c, other))
        yield replace(start, places=found, end=other.end, is_bare=False, modified=True)


_RING_POSITIONS = frozenset(["ortho", "meta", "para"])


def _positions(reader: Reader, start: Meant, depth: int) -> Iterator[Meant]:
    """Read "both ortho positions of the ring, to the amide nitrogen,": ring atoms that stand so to something."""
    k = start.end
    relation = reader.low(k)
    if relation not in _RING_POSITIONS or reader.low(k + 1) not in (
        "position",
        "positions",
        "carbon",
        "carbons",
        "site",
        "sites",
    ):
        return
    end = k + 2
    rings: list[Meant | None] = [None]
    if reader.low(end) in ("of", "on", "in"):
        rings = [*reader.noun_phrase(reader, end + 1, depth + 1)]
    for ring in rings:
        at = ring.end if ring is not None else end
        comma = reader.low(at) == ","
        if reader.low(at + comma) != "to":
            continue
        for other in reader.noun_phrase(reader, at + comma + 1, depth + 1):
            found = []
            for a in reader.molecule.mol.GetAtoms():
                place = (a.GetIdx(),)
                within = ring is None or any(a.GetIdx() in p for p in ring.places)
                if a.IsInRing() and within and relates(reader.molecule, relation, place, other):
                    found.append(place)
            plural = reader.low(k + 1).endswith("s")
            quantity = Quantity.ALL if plural and start.quantity is Quantity.THE else start.quantity
            closed = other.end + (comma and reader.low(other.end) == ",")
            yield replace(start, places=tuple(found), quantity=quantity, end=closed, is_plural=plural, modified=True)


def _is_itself(reader: Reader, carbon: Place, other: Meant) -> bool:
    """Whether a carbon is counted by itself, and not as a methyl group by the atom that bears it."""
    mol = reader.molecule.mol
    return mol.GetAtomWithIdx(carbon[0]).GetDegree() > 1 or any(touches(mol, carbon, p) for p in other.places)


_NO_GROUPS = frozenset(
    ["charge", "charges", "geometry", "configuration", "stereochemistry", "conformation", "hydrogens"]
)
"""What an atom or a bond has without bearing it."""


def nouns(reader: Reader, start: Meant) -> Iterator[Meant]:
    """Read the nouns with their adjectives that begin at a word, the longest first."""
    if start.quantity is Quantity.NONE:
        return  # that there is no other group is decided elsewhere
    k = start.end
    mutual = _MUTUAL.get(reader.low(k), "") if k < len(reader.words) else ""
    last = k
    while last < min(len(reader.words), k + _MOST) and _is_noun(reader, last, k):
        last += 1
    for end in range(last, k, -1):
        texts = [word.text for word in reader.words[k:end]]
        if texts[0].lower() in _HYDROGENS or texts[-1].lower() in _NO_GROUPS:
            continue
        plural = _is_plural(texts[-1])
        places = None
        if mutual and plural and end > k + 1:
            places = reader.resolver.places(texts[1:])
        kept = mutual if places is not None and mutual != "fused" else ""
        if kept == "geminal" and places is not None:
            holds = RELATIONS["geminal"]
            places = tuple(p for p in places if any(holds(reader.molecule, p, q) for q in places if q != p))
        if places is None:
            places = reader.resolver.places(texts)
        if places is None:
            continue
        reader.heads.setdefault(k, places)
        quantity = start.quantity
        if quantity is Quantity.THE and plural:
            quantity = Quantity.ALL
        many = plural or (start.is_plural and quantity is not Quantity.EXACTLY) or (start.number or 0) > 1
        yield replace(
            start, places=places, quantity=quantity, end=end, is_plural=many, mutual=kept, noun=" ".join(texts)
        )


def _is_plural(word: str) -> bool:
    return word.endswith("s") and len(word) > 2 and not word.endswith(("ss", "us", "is"))


def _is_noun(reader: Reader, k: int, first: int) -> bool:
    low = reader.low(k)
    if low in listed("stops") or low in ",;:()'s" or (low.isdigit() and k > first):
        return False
    return k == first or all(relation not in ("bears", "contains") for relation, _ in reader.phrase_at("verbs", k))


def indexed(reader: Reader, start: Meant) -> Iterator[Meant]:
    """Read atoms by their index: "atoms 3 and 6", "nitrogen 5", "ring atom 4", "C10"."""
    k = start.end
    size = reader.molecule.mol.GetNumAtoms()
    for length in (2, 1, 0):
        noun = " ".join(word.low for word in reader.words[k : k + length])
        element = _ELEMENTS.fullmatch(noun.removesuffix(" atoms").removesuffix(" atom")) is not None
        plain = noun in ("atom", "atoms", "index", "indices", "ring atom", "ring atoms") or noun.endswith(
            (" atom", " atoms")
        )
        known = length and plain and length == 2 and not element and not noun.startswith("ring ")
        if (not plain and not element) or (known and reader.resolver.places([noun.split()[0]]) is None):
            continue
        atoms, end = indices_from([word.low for word in reader.words], k + length)
        if not atoms or max(atoms) >= size or not noun or len(set(atoms)) < len(atoms):
            continue
        places: Places = tuple((a,) for a in atoms)
        if noun not in ("atom", "atoms", "index", "indices"):
            own = reader.resolver.places(noun.removesuffix(" atoms").removesuffix(" atom").split()) or ()
            if noun.startswith("ring atom"):
                own = tuple((a.GetIdx(),) for a in reader.molecule.mol.GetAtoms() if a.IsInRing())
            if not set(places) <= set(own):
                continue
        several = len(atoms) > 1
        quantity = Quantity.ALL if several else Quantity.THE
        yield replace(start, places=places, quantity=quantity, end=end, is_plural=several, is_index=True, is_bare=False)
    label = reader.resolver.label(reader.words[k].text) if k < len(reader.words) else None
    placed = reader.low(k - 1) in ("at", "on", "in", "position") and not any(
        w.low.startswith("atom") for w in reader.words
    )
    if label is not None and not placed:  # "at C3" counts as names count
        yield replace(start, places=label, quantity=Quantity.THE, end=k + 1, is_index=True, noun="label", is_bare=False)


def _at_locant(reader: Reader, start: Meant, depth: int) -> Iterator[Meant]:
    """Read "C2 of the pyrrolidine", "the 3-position of the ring", "position 4 of the pyridine"."""
    k = start.end
    if k >= len(reader.words):
        return
    named = reader.low(k) in ("position", "carbon", "locant")
    said = reader.resolver.locant(reader.words[k + named].text) if k + named < len(reader.words) else None
    at = k + named + 1
    if said is None or (not named and reader.words[k].text.isdigit()) or reader.low(at) not in ("of", "in", "on"):
        return
    for parent in reader.noun_phrase(reader, at + 1, depth + 1):
        found: list[Place] = []
        for place in parent.places:
            own = reader.resolver.numbered(said, place, parent.noun.removesuffix(" ring"))
            symbol = reader.words[k].text[:1]
            if symbol in ("C", "N"):
                mol = reader.molecule.mol
                own = own and tuple(p for p in own if mol.GetAtomWithIdx(p[0]).GetSymbol() == symbol)
            found += own or ()
        if found:
            yield replace(
                start, places=tuple(found), quantity=Quantity.SOME, end=parent.end, is_bare=False, noun="locant"
            )


def _chains(reader: Reader, start: Meant) -> Iterator[Meant]:
    """Read a row of atoms: "two CH2 groups", "a three-carbon chain", "an ethylene bridge", "four bonds"."""
    k = start.end
    low, following = reader.low(k), reader.low(k + 1)
    told = _CHAIN.fullmatch(low)
    if told is not None and following in _CHAIN_HEADS and (number := number_of(told["number"])) is not None:
        yield replace(start, chain=Chain(number, told["kind"]), end=k + 2, is_plural=False)
    if (row := re.fullmatch(r"-?((?:ch2)+)-?", low)) is not None and len(row[1]) > 3:
        end = k + 1 + (following in _CHAIN_HEADS or following in ("group", "segment"))
        yield replace(start, chain=Chain(len(row[1]) // 3, "methylene"), end=end, is_plural=False)
    if low in _ALKYLENE and following in _CHAIN_HEADS:
        yield replace(start, chain=Chain(_ALKYLENE[low], "methylene"), end=k + 2, is_plural=False)
    number = (
        start.number
        if start.quantity is Quantity.EXACTLY
        else 1
        if start.quantity is Quantity.SOME and not start.is_bare
        else None
    )
    if low in _COUNTED and number is not None:
        end = k + 1 + (following in ("group", "groups", "unit", "units", "atom", "atoms", "bridge", "spacer", "linker"))
        yield replace(start, chain=Chain(number, _COUNTED[low]), end=end)

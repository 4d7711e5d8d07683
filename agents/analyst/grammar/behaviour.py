"""What a part is said to do: "is acidic", "is largely ionized at physiological pH", "can donate a hydrogen bond"."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files

from rdkit import Chem

from molreflect.agents.analyst.grammar.meaning import Place, Predicate
from molreflect.agents.analyst.grammar.tokens import Sentence

_ADVERBS = frozenset(
    [
        "weakly",
        "strongly",
        "moderately",
        "slightly",
        "relatively",
        "largely",
        "mostly",
        "predominantly",
        "mainly",
        "typically",
        "usually",
        "fully",
        "fairly",
        "expected",
        "likely",
        "normally",
        "essentially",
        "almost",
        "completely",
        "quite",
        "very",
    ]
)
_BEING = frozenset(["is", "are", "be", "being", "remains", "becomes"])
_AT_PH = (
    ("at", "physiological", "ph"),
    ("under", "physiological", "conditions"),
    ("at", "neutral", "ph"),
    ("at", "ph", "7.4"),
    ("at", "ph", "7"),
    ("in", "the", "body"),
)
_IONIC = {
    **dict.fromkeys(("ionized", "ionised", "charged"), "ionized at ph"),
    "deprotonated": "deprotonated at ph",
    "protonated": "protonated at ph",
}
_ACTING = frozenset(["act", "acts", "serve", "serves", "function", "functions", "behave", "behaves"])
_BONDS = {
    "donate": "hydrogen bond donor",
    "donates": "hydrogen bond donor",
    "accept": "hydrogen bond acceptor",
    "accepts": "hydrogen bond acceptor",
}


@cache
def _patterns() -> dict[str, tuple[Chem.Mol, ...]]:
    """Read the table of behaviours, once."""
    with (files("molreflect.agents.analyst.grammar") / "data" / "behaviours.toml").open("rb") as file:
        return {name: tuple(map(Chem.MolFromSmarts, every)) for name, every in tomllib.load(file).items()}


def behaves(name: str, mol: Chem.Mol) -> Callable[[Place], bool] | None:
    """What an adjective such as "acidic" says of a part; None for one that the table does not have."""
    every = _patterns().get(name)
    if every is None:
        return None
    hits = [set(hit) for pattern in every for hit in mol.GetSubstructMatches(pattern)]
    return lambda place: any(hit & set(place) for hit in hits)


def read_behaviour(s: Sentence, k: int) -> Iterator[tuple[Predicate, int]]:
    """Read what a part does, from its verb on."""
    at = k + (s.low(k) in ("can", "may", "could", "will", "would", "should"))
    at += s.low(at) in _BEING
    while s.low(at) in _ADVERBS or (s.low(at) == "to" and s.low(at - 1) in ("expected", "likely")) or s.low(at) == "be":
        at += 1
    if at == k and s.low(k) not in _ACTING and s.low(k) not in _BONDS:
        return
    for name, end in (*_charged(s, at), *_bonding(s, at)):
        holds = behaves(name, s.mol)
        if holds is not None:
            yield Predicate(holds), end
    if s.low(k) in _BEING and (holds := behaves(s.low(at), s.mol)) is not None and s.low(at) != "basic":
        yield Predicate(holds), at + 1


def _charged(s: Sentence, k: int) -> Iterator[tuple[str, int]]:
    name = _IONIC.get(s.low(k))
    for words in _AT_PH:
        if name is not None and s.starts(k + 1, words):
            yield name, k + 1 + len(words)


def _bonding(s: Sentence, k: int) -> Iterator[tuple[str, int]]:
    """Read "act as a hydrogen-bond donor", "donate a hydrogen bond", "a hydrogen bond acceptor"."""
    if s.low(k) in _BONDS:
        at = k + 1 + (s.low(k + 1) in ("a", "one"))
        end = _past_hydrogen_bond(s, at)
        if end > at:
            yield _BONDS[s.low(k)], end
        return
    at = k + (2 if s.low(k) in _ACTING and s.low(k + 1) == "as" else 0)
    if at == k and s.low(k - 1) not in _BEING:
        return
    at += s.low(at) in ("a", "an", "the", "good")
    end = _past_hydrogen_bond(s, at)
    word = s.low(end).removesuffix("s")
    if end > at and word in ("donor", "acceptor"):
        yield f"hydrogen bond {word}", end + 1


def _past_hydrogen_bond(s: Sentence, k: int) -> int:
    if s.low(k) in ("hydrogen-bond", "hydrogen-bonding", "h-bond", "h-bonds", "hydrogen-bonds"):
        return k + 1
    if s.low(k) in ("hydrogen", "h") and s.low(k + 1) in ("bond", "bonds", "bonding"):
        return k + 2
    return k

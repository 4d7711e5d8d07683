"""Pronouns with a number: "all three", "every one of them", "two of these", "they all"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from molreflect.agents.analyst.grammar.meaning import Many, Meaning, Predicate
from molreflect.agents.analyst.grammar.tokens import Sentence
from molreflect.agents.analyst.predications.subject import number_of

OF_THEM = frozenset(["them", "these", "those", "which"])


def so_many_of(s: Sentence, k: int, spoken: Meaning, said: Predicate | None) -> Iterator[tuple[Meaning, int]]:
    """Read "all three", "every one of them", "two of these", "they all": of what a clause before it speaks of."""
    if spoken.is_molecule or spoken.given:
        return
    if said is not None and said.of_each is not None and spoken.many in (Many.EXACTLY, Many.SOME):
        kept = spoken.kept(said.of_each, by_whole=said.by_whole)
        spoken = kept if kept.places else spoken
    k += s.low(k) in ("only", "just", "exactly")
    low, number = s.low(k), number_of(s.low(k))
    every = replace(spoken, many=Many.ALL, of=None, is_plural=True, then=())
    if low in ("all", "the", "these", "those") and (of := number_of(s.low(k + 1))):
        end = k + 2 + 2 * (s.low(k + 2) == "of" and s.low(k + 3) in OF_THEM)
        yield replace(every, of=of), end
    if low in ("both", "each", "all", "every", "none", "neither", "either") or number:
        at = k + 1 + (low in ("every", "each") and s.low(k + 1) in ("one", "single"))
        if s.low(at) == "of" and s.low(at + 1) in OF_THEM:
            pair = low in ("both", "neither", "either")
            none = low in ("none", "neither")
            some = replace(every, many=Many.NONE if none else Many.ALL, of=2 if pair else None)
            yield replace(every, many=Many.EXACTLY, number=number) if number else some, at + 2
    if low in ("they", "these", "those") and s.low(k + 1) in ("all", "both", "each"):
        yield replace(every, of=2 if s.low(k + 1) == "both" else None), k + 2

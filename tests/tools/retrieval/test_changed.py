"""Rows that are said to keep their neighbours do keep them, whatever is new in the corpus."""

from __future__ import annotations

import random

import pytest

from molreflect.tools.corpus import Corpus, Pair, fingerprint
from molreflect.tools.retrieval.changed import may_differ
from molreflect.tools.retrieval.index import NeighbourIndex

MOLECULES = [f"{chain}{head}" for chain in ("C", "CC", "CCC", "CCCC", "CC(C)", "c1ccccc1C") for head in
             ("O", "N", "C#N", "C(=O)O", "S", "F", "OC", "C(=O)N")]  # fmt: skip


def corpus_of(molecules: list[str]) -> Corpus:
    pairs = tuple(Pair(f"id {s}", s, "a caption", s, n + 2) for n, s in enumerate(molecules))
    return Corpus(pairs, (), fingerprint(pairs), "test")


def neighbours(corpus: Corpus, k: int) -> tuple[NeighbourIndex, dict[str, list[str]]]:
    index = NeighbourIndex(corpus, routes=["molecule"])
    exclude = [{index.block_of(pair.id)} for pair in corpus.pairs]
    found = index.neighbours_of_batch([p.smiles for p in corpus.pairs], by="molecule", k=k, exclude=exclude)
    return index, {pair.id: [n.id for n in near] for pair, near in zip(corpus.pairs, found, strict=True)}


@pytest.mark.parametrize("seed", range(6))
def test_all_others_have_the_neighbours_they_had(seed: int) -> None:
    rng = random.Random(seed)
    there = [molecule for molecule in MOLECULES if rng.random() < 0.8]
    new = [molecule for molecule in MOLECULES if molecule not in there][:3]
    after = [molecule for molecule in there if rng.random() < 0.97]
    for molecule in new:
        after.insert(rng.randrange(len(after) + 1), molecule)
    _, before = neighbours(corpus_of(there), 2)
    index, now = neighbours(corpus_of(after), 2)
    named = {pair_id: near for pair_id, near in before.items() if pair_id in now}
    told = may_differ(index, named, {f"id {molecule}" for molecule in new}, 2)
    changed = {pair_id for pair_id, near in named.items() if now[pair_id] != near}
    assert changed <= told
    assert len(told) < len(named)


def test_many_new_pairs_ask_for_all() -> None:
    index, now = neighbours(corpus_of(MOLECULES), 2)
    assert may_differ(index, now, set(list(now)[:20]), 2) == set(now)
    assert may_differ(index, now, set(), 2) == set()
    assert may_differ(index, now, set(), 3) == set(now)  # more are wanted than were named

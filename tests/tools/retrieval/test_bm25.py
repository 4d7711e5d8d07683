"""BM25 scores are those of the formula, whatever package computes them."""

import math
from collections import Counter

import numpy as np
import pytest

from molreflect.tools.corpus import read_corpus
from molreflect.tools.retrieval.bm25 import BM25


def okapi(captions: list[str], query: str) -> list[float]:
    """Okapi BM25 with k1 = 1.5, b = 0.75 and a floor of a quarter of the mean weight, word for word."""
    documents = [Counter(BM25.tokens(caption)) for caption in captions]
    holding = Counter(word for document in documents for word in document)
    weight = {word: math.log((len(captions) - n + 0.5) / (n + 0.5)) for word, n in holding.items()}
    floor = 0.25 * math.fsum(weight.values()) / len(weight)
    weight = {word: value if value >= 0 else floor for word, value in weight.items()}
    mean = sum(document.total() for document in documents) / len(documents)
    return [
        math.fsum(
            weight.get(word, 0) * d[word] * 2.5 / (d[word] + 1.5 * (0.25 + 0.75 * d.total() / mean))
            for word in BM25.tokens(query)
        )
        for d in documents
    ]


def test_words_are_parted_as_icma_does() -> None:
    words = ["It", "is", "a", "beta", "D", "glucoside", "an", "acetal"]
    assert BM25.tokens("It is a beta-D-glucoside, (an acetal).") == words


def test_scores_are_those_of_the_formula() -> None:
    captions = [
        "It is a beta-D-glucoside, (an acetal).",
        "It is a steroid.",
        "A 3-oxo-Delta(4) steroid, a diol.",
        "b",
        "",
    ]
    ours = BM25(captions)
    for query in [*captions, "unknown words", "steroid steroid"]:
        assert ours.scores(query) == pytest.approx(okapi(captions, query), abs=1e-12)


def test_the_sample_is_ranked_as_the_formula_ranks_it(sample_corpus) -> None:
    captions = [pair.caption for pair in read_corpus(sample_corpus).pairs]
    ours = BM25(captions)
    for query in captions[:40]:
        found, known = ours.scores(query), np.array(okapi(captions, query))
        assert found == pytest.approx(known, rel=1e-9)
        assert np.argsort(-found, kind="stable")[:30].tolist() == np.argsort(-known, kind="stable")[:30].tolist()


@pytest.mark.parametrize("captions", [["", " . "], [""]])
def test_captions_without_words_are_like_nothing(captions: list[str]) -> None:
    assert BM25(captions).scores("a word").tolist() == [0.0] * len(captions)

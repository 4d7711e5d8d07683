"""Scores of generated captions: ROUGE on words, BLEU statistics and METEOR on a tokenizer's tokens."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from molreflect.training.evaluation.metrics.bleu import MAX_ORDER, ngram_statistics

_WORD = re.compile(r"[a-z0-9]+")
_SPECIAL = frozenset(("[PAD]", "[CLS]", "[SEP]"))
Synonyms = Callable[[str], frozenset[str]]


def clean_output(text: str) -> str:
    """Drop one leading `[CLS] ` from an answer, as MolT5's script does."""
    return text.removeprefix("[CLS] ")


def rouge_words(text: str) -> list[str]:
    """Words as `rouge_score` cuts them without a stemmer: runs of a-z and 0-9 of the lower-cased text."""
    return _WORD.findall(text.lower())


def rouge(outputs: Sequence[str], truths: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """ROUGE-1, ROUGE-2 and ROUGE-L of every row: F-measure, no stemmer, range 0 to 1, higher is better.

    Returns:
        `rouge1`, `rouge2`, `rougeL`, each of shape (rows,).

    Source: Lin 2004; rouge_score 0.1.2 (`RougeScorer(["rouge1", "rouge2", "rougeL"])`).
    """
    from rapidfuzz.distance import LCSseq

    answer = [rouge_words(text) for text in outputs]
    reference = [rouge_words(text) for text in truths]
    statistics = ngram_statistics(answer, reference)
    lengths = statistics[:, 2 * MAX_ORDER], statistics[:, 2 * MAX_ORDER + 1]
    numbers: dict[str, int] = defaultdict(lambda: len(numbers))
    common = np.fromiter(
        (
            LCSseq.similarity([numbers[w] for w in a], [numbers[w] for w in b])
            for a, b in zip(answer, reference, strict=True)
        ),
        dtype=np.int64,
        count=len(answer),
    )
    return {
        "rouge1": _f_measure(statistics[:, 0], *lengths),
        "rouge2": _f_measure(statistics[:, 1], lengths[0] - 1, lengths[1] - 1),
        "rougeL": _f_measure(common, *lengths),
    }


def _f_measure(
    shared: NDArray[np.int64], answer: NDArray[np.int64], reference: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Harmonic mean of `shared / answer` and `shared / reference`; 0 where nothing is shared."""
    precision = shared / np.maximum(1, answer)
    recall = shared / np.maximum(1, reference)
    total = precision + recall
    return np.asarray(np.divide(2 * precision * recall, total, out=np.zeros(len(shared)), where=total > 0))


def drop_special(tokens: Sequence[str]) -> list[str]:
    """Drop `[PAD]`, `[CLS]` and `[SEP]`, which MolT5's script filters out of every token list."""
    return [token for token in tokens if token not in _SPECIAL]


class Meteor:
    """METEOR of token lists as nltk computes it: exact matches, then Porter stems, then WordNet synonyms.

    Range 0 to 1, higher is better; alpha .9, beta 3, gamma .5. Each stage walks the answer from its end and takes the
    last reference token that is still free. Two properties of nltk are kept because published figures contain them:
    the synonym stage compares *stems* (the stem stage hands them on), and no attempt is made to minimise
    crossings. Stems and synonyms are looked up once per token.

    Source: Lavie and Agarwal 2007; nltk 3.10 `translate.meteor_score`.
    """

    def __init__(self, synonyms: Synonyms) -> None:
        """`synonyms(word)` gives the words that share a synset with `word`, e.g. `WordNet.synonyms`."""
        from nltk.stem.porter import PorterStemmer

        self._stem: Callable[[str], str] = cache(PorterStemmer().stem)
        self._synonyms = synonyms

    def score(self, answer: Sequence[str], reference: Sequence[str]) -> float:
        """Score one answer against one reference; 0 where either is empty or nothing matches."""
        left = list(enumerate(token.lower() for token in answer))
        right = list(enumerate(token.lower() for token in reference))
        matches: list[tuple[int, int]] = []
        left, right = self._match(left, right, matches, None)
        if left and right:
            left = [(i, self._stem(word)) for i, word in left]
            right = [(j, self._stem(word)) for j, word in right]
            left, right = self._match(left, right, matches, None)
        if left and right:
            self._match(left, right, matches, self._synonyms)
        if not matches:
            return 0.0
        matches.sort()
        chunks = 1 + sum(b[0] != a[0] + 1 or b[1] != a[1] + 1 for a, b in pairwise(matches))
        precision, recall = len(matches) / len(answer), len(matches) / len(reference)
        mean = (precision * recall) / (0.9 * precision + (1 - 0.9) * recall)
        return float((1 - 0.5 * (chunks / len(matches)) ** 3.0) * mean)

    @staticmethod
    def _match(
        left: list[tuple[int, str]], right: list[tuple[int, str]], matches: list[tuple[int, int]], also: Synonyms | None
    ) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
        """Tie answer tokens to reference tokens of the same form (or a synonym's); return what stays free."""
        free: dict[str, list[int]] = defaultdict(list)
        for j, word in right:
            free[word].append(j)
        taken_left: set[int] = set()
        taken_right: set[int] = set()
        for i, word in reversed(left):
            best = word
            if also is not None:
                places = [(free[form][-1], form) for form in (word, *also(word)) if free.get(form)]
                best = max(places)[1] if places else word
            if free.get(best):
                j = free[best].pop()
                matches.append((i, j))
                taken_left.add(i)
                taken_right.add(j)
        return [pair for pair in left if pair[0] not in taken_left], [p for p in right if p[0] not in taken_right]

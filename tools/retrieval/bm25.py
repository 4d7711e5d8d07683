"""BM25 over captions, with ICMA's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

K1, B = 1.5, 0.75
FLOOR = 0.25
"""Words of more than half of the captions would count against a caption; they count for this share of the mean."""

_ICMA = str.maketrans({"-": " ", ",": " ", "(": " ", ")": " ", ".": None})


class BM25:
    """Scores captions by the words they share with a query.

    Source: Robertson and Zaragoza 2009, in the Okapi form of ICMA (Li et al., arXiv 2403.04197) and its preprocessing.
    """

    def __init__(self, captions: Sequence[str]) -> None:
        """Count the words of the captions, in corpus order."""
        import bm25s

        tokens = [self.tokens(caption) for caption in captions]
        self._rows = len(captions)
        self._index: Any = None
        if not any(tokens):
            return
        self._index = bm25s.BM25(method="lucene", k1=K1, b=B, dtype="float64")
        self._index.index(tokens, show_progress=False)
        # The package has no Okapi weights with a floor, so each word's scores exchange the weight they were made with.
        scores = self._index.scores
        holding = np.diff(scores["indptr"])
        odds = (self._rows - holding + 0.5) / (holding + 0.5)
        idf = np.log(odds)
        idf[idf < 0] = FLOOR * np.sort(idf).sum() / len(idf)
        scores["data"] *= np.repeat(idf * (K1 + 1) / np.log(1 + odds), holding)

    @staticmethod
    def tokens(text: str) -> list[str]:
        """Cut a caption into words: hyphens, commas and parentheses part words, full stops vanish."""
        return text.translate(_ICMA).split()

    def scores(self, query: str) -> npt.NDArray[np.float64]:
        """Score every caption for a query, shape (n_captions,); a word that is said twice counts twice."""
        words = [] if self._index is None else self.tokens(query)
        known = self._index.get_tokens_ids(words) if words else []
        if not len(known):
            return np.zeros(self._rows)
        return np.asarray(self._index.get_scores_from_ids(known))

"""BLEU from per-row n-gram statistics: counted for all rows at once, summed for any resample of the rows."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_ORDER = 4
COLUMNS = 2 * MAX_ORDER + 2
"""Columns of a statistics matrix: matches of order 1 to 4, candidates of order 1 to 4, answer and reference length."""
_BLOCK = 5_000_000
"""Tokens counted at a time, to bound memory."""

Tokens = Sequence[str] | str


def ngram_statistics(outputs: Sequence[Tokens], truths: Sequence[Tokens]) -> NDArray[np.int64]:
    """Count clipped n-gram matches of every answer with its reference.

    Args:
        outputs: One answer a row: a string (its characters are the tokens) or a list of tokens.
        truths: The references, same length.

    Returns:
        Shape (rows, 10): matches of order 1 to 4, candidate n-grams of order 1 to 4, answer length, reference length
        (both in tokens). A row has at least 1 candidate in each order, also where the answer is shorter than
        the order: nltk counts so, and MolT5's figures contain it.

    Source: Papineni et al. 2002; nltk `modified_precision` (`max(1, ...)` in the denominator).
    """
    if len(outputs) != len(truths):
        raise ValueError(f"{len(outputs)} answers, but {len(truths)} references")
    statistics = np.zeros((len(outputs), COLUMNS), dtype=np.int64)
    start, size = 0, 0
    for row in range(len(outputs)):
        size += len(outputs[row]) + len(truths[row])
        if size > _BLOCK or row + 1 == len(outputs):
            _count_block(outputs[start : row + 1], truths[start : row + 1], statistics[start : row + 1])
            start, size = row + 1, 0
    return statistics


def _count_block(outputs: Sequence[Tokens], truths: Sequence[Tokens], statistics: NDArray[np.int64]) -> None:
    rows = len(outputs)
    output_lengths = np.fromiter((len(t) for t in outputs), dtype=np.int64, count=rows)
    truth_lengths = np.fromiter((len(t) for t in truths), dtype=np.int64, count=rows)
    statistics[:, 2 * MAX_ORDER] = output_lengths
    statistics[:, 2 * MAX_ORDER + 1] = truth_lengths
    for order in range(1, MAX_ORDER + 1):
        statistics[:, MAX_ORDER + order - 1] = np.maximum(1, output_lengths - order + 1)
    ids, vocabulary = _token_ids([*outputs, *truths])
    if not len(ids):
        return
    # One long array: all answers, then all references. An n-gram's key holds its row, so rows never mix, and is
    # built from the key of its first n - 1 tokens and its last token.
    lengths = np.concatenate([output_lengths, truth_lengths])
    row_of = np.repeat(np.concatenate([np.arange(rows), np.arange(rows)]), lengths)
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(ids))
    from_output = np.arange(len(ids)) < int(output_lengths.sum())
    place = np.arange(len(ids))
    prefix = row_of
    for order in range(1, MAX_ORDER + 1):
        keep = left[place] >= order
        place, prefix = place[keep], prefix[keep]
        if not len(place):
            return
        keys = prefix * vocabulary + ids[place + order - 1]
        _, first, prefix = np.unique(keys, return_index=True, return_inverse=True)
        mine = from_output[place]
        in_output = np.bincount(prefix[mine], minlength=len(first))
        in_truth = np.bincount(prefix[~mine], minlength=len(first))
        shared = np.minimum(in_output, in_truth)
        statistics[:, order - 1] = np.bincount(row_of[place[first]], weights=shared, minlength=rows).astype(np.int64)


def _token_ids(texts: Sequence[Tokens]) -> tuple[NDArray[np.int64], int]:
    """Number the tokens of all texts, in one array; return it with an upper bound of the numbers."""
    if all(isinstance(text, str) for text in texts):
        joined = "".join(texts)  # type: ignore[arg-type]
        codes = np.frombuffer(joined.encode("utf-32-le", errors="surrogatepass"), dtype=np.uint32)
        known, ids = np.unique(codes, return_inverse=True)
        return ids.astype(np.int64), len(known) + 1
    numbers: dict[str, int] = {}
    flat = [numbers.setdefault(token, len(numbers)) for text in texts for token in text]
    return np.asarray(flat, dtype=np.int64), len(numbers) + 1


def corpus_bleu(sums: NDArray[Any], order: int) -> NDArray[np.float64]:
    """Corpus BLEU with equal weights, one reference and no smoothing, exactly as nltk's `corpus_bleu` has it.

    Range 0 to 1, higher is better. No match of single tokens gives 0; no match in a higher order counts as
    the smallest positive float there (nltk's `method0`), which gives nearly 0.

    Args:
        sums: Statistics summed over rows, shape (..., 10), see `ngram_statistics`.
        order: Longest n-gram, 1 to 4.

    Source: Papineni et al. 2002; nltk 3.10 `translate.bleu_score`.
    """
    sums = np.asarray(sums, dtype=np.float64)
    matches, candidates = sums[..., :order], sums[..., MAX_ORDER : MAX_ORDER + order]
    precision = np.divide(matches, candidates, out=np.zeros_like(matches), where=candidates > 0)
    logs = np.log(np.where(matches > 0, precision, sys.float_info.min))
    score = _brevity(sums) * np.exp(logs.sum(axis=-1) / order)
    return np.asarray(np.where(matches[..., 0] > 0, score, 0.0))


def sentence_bleu(statistics: NDArray[np.int64], order: int) -> NDArray[np.float64]:
    """BLEU of each row by itself, for the strict mode.

    Range 0 to 1, higher is better. Orders that the reference is too short for are left out (else `C` answered with `C`
    would not be perfect); no match in any other order gives 0. An empty reference is matched by an empty answer only.

    Args:
        statistics: Shape (rows, 10), see `ngram_statistics`.
        order: Longest n-gram, 1 to 4.
    """
    sums = statistics.astype(np.float64)
    truth_length = sums[..., 2 * MAX_ORDER + 1]
    orders = np.arange(1, order + 1)
    used = truth_length[..., None] >= orders
    matches = sums[..., :order]
    precision = matches / np.maximum(1.0, sums[..., MAX_ORDER : MAX_ORDER + order])
    logs = np.where(used, np.log(np.where(precision > 0, precision, 1.0)), 0.0)
    hit = np.where(used, matches > 0, True).all(axis=-1)
    score = _brevity(sums) * np.exp(logs.sum(axis=-1) / np.maximum(1, used.sum(axis=-1)))
    both_empty = (truth_length == 0) & (sums[..., 2 * MAX_ORDER] == 0)
    return np.asarray(np.where(truth_length == 0, both_empty * 1.0, np.where(hit, score, 0.0)))


def _brevity(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Brevity penalty: 1 for an answer longer than the reference, exp(1 - reference / answer) else, 0 for none."""
    answer, reference = sums[..., 2 * MAX_ORDER], sums[..., 2 * MAX_ORDER + 1]
    ratio = np.divide(reference, answer, out=np.ones_like(reference), where=answer > 0)
    return np.asarray(np.where(answer > 0, np.exp(np.minimum(0.0, 1.0 - ratio)), 0.0))

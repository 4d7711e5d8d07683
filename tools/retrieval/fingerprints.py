"""Morgan fingerprints as packed bits, and their exact Tanimoto similarity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

_FOLDED_WORDS = 8
"""Words of a folded fingerprint: a molecule sets some 50 of their 512 bits, and few of those together."""
_MARGIN = 16
"""Fingerprints compared beyond those that are asked for, to learn how near the last of them is at least."""

Packed = npt.NDArray[np.uint64]
"""Bits of fingerprints, 64 a word; the last axis has bits / 64 words."""


@cache
def _generator(radius: int, bits: int) -> Any:
    return rdFingerprintGenerator.GetMorganGenerator(radius=radius, fpSize=bits)


def morgan(mol: Chem.Mol, *, radius: int = 2, bits: int = 2048) -> Packed:
    """Compute the Morgan fingerprint of a molecule, shape (bits / 64,).

    Source: Rogers and Hahn 2010; RDKit `GetMorganGenerator`.
    """
    vector = _generator(radius, bits).GetFingerprint(mol)
    return np.frombuffer(DataStructs.BitVectToBinaryText(vector), dtype=np.uint64)


class PackedFingerprints:
    """Fingerprints of many molecules, to be compared with one at a time."""

    def __init__(self, bits: Packed | Iterable[Packed]) -> None:
        """Take them, shape (n, words)."""
        self.bits = bits if isinstance(bits, np.ndarray) else np.stack(list(bits))
        self._counts = np.bitwise_count(self.bits).sum(axis=1, dtype=np.int64)

    def tanimoto(self, query: Packed, rows: npt.NDArray[np.intp] | None = None) -> npt.NDArray[np.float64]:
        """Compute the Tanimoto similarity to one fingerprint, 0 to 1; two without any bit are alike.

        Args:
            query: Shape (words,).
            rows: 0-based rows to compare; None compares all, without copying them.

        Returns:
            Shape (n,), or (n_rows,).
        """
        bits, counts = (self.bits, self._counts) if rows is None else (self.bits[rows], self._counts[rows])
        shared = np.bitwise_count(bits & query).sum(axis=1, dtype=np.int64)
        union = counts + int(np.bitwise_count(query).sum()) - shared
        return np.asarray(np.divide(shared, union, out=np.ones(len(bits)), where=union > 0))

    def between(self, rows: npt.NDArray[np.intp], others: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """Compute the Tanimoto similarity of each row to another one, shape (n_rows,)."""
        shared = np.bitwise_count(self.bits[rows] & self.bits[others]).sum(axis=1, dtype=np.int64)
        union = self._counts[rows] + self._counts[others] - shared
        return np.asarray(np.divide(shared, union, out=np.ones(len(rows)), where=union > 0))

    def candidates(
        self, query: Packed, k: int, *, leave_out: Sequence[int] = (), at_most: float | None = None
    ) -> npt.NDArray[np.intp]:
        """Find rows that hold the `k` nearest of a fingerprint, with every tie of the last place.

        All rows are screened by folded fingerprints, whose union is never larger than the real one, so that they bound
        the similarity from above; few are compared in full. Five times as fast as comparing all.

        Args:
            query: Shape (words,).
            k: How many are wanted of those that are allowed.
            leave_out: Rows that are not allowed; they may be among the candidates.
            at_most: Greatest similarity that is allowed; more similar ones may be among the candidates.

        Returns:
            Rows in rising order; all where fewer than `k` can be told to be allowed.
        """
        total, wanted = len(self.bits), k + len(leave_out) + _MARGIN
        everything: npt.NDArray[np.intp] = np.arange(total)
        if total <= wanted:
            return everything
        folded = _fold(query[:, np.newaxis])
        united = np.bitwise_count(self._folded | folded).sum(axis=0, dtype=np.uint16).astype(np.int64)
        both = self._counts + int(np.bitwise_count(query).sum())
        bound = np.divide(both - united, united, out=np.ones(total), where=united > 0)
        likely = np.argpartition(bound, total - wanted)[total - wanted :]
        near = self.tanimoto(query, likely)
        allowed = ~np.isin(likely, leave_out)
        if at_most is not None:
            allowed &= near <= at_most
        near = near[allowed]
        if len(near) < k:
            return everything
        least = np.partition(near, len(near) - k)[len(near) - k]
        return np.flatnonzero(bound >= least)

    @cached_property
    def _folded(self) -> Packed:
        """Folded fingerprints, shape (folded words, n): one word of all rows lies together."""
        return _fold(self.bits.T)


def _fold(words: Packed) -> Packed:
    """Lay the words of fingerprints, shape (words, n), over each other."""
    width = _FOLDED_WORDS if len(words) % _FOLDED_WORDS == 0 else len(words)
    return np.ascontiguousarray(np.bitwise_or.reduce(words.reshape(-1, width, words.shape[1]), axis=0))


def unpack(bits: Packed, dimensions: int) -> npt.NDArray[np.float32]:
    """Turn packed bits into floats: 0 and 1, or counts of bits where there are fewer dimensions than bits.

    Args:
        bits: Shape (n, words).
        dimensions: A divisor of 64 * words.

    Returns:
        Shape (n, dimensions); entry `j` counts the set bits `j`, `j + dimensions`, `j + 2 * dimensions` ...
    """
    single = np.unpackbits(bits.view(np.uint8), axis=1, bitorder="little")
    return np.asarray(single.reshape(len(single), -1, dimensions).sum(axis=1, dtype=np.uint8), dtype=np.float32)

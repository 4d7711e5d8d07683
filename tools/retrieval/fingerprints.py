"""Morgan fingerprints as packed bits, and their exact Tanimoto similarity."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

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

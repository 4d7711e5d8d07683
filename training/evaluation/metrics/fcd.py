"""Fréchet ChemNet Distance between generated and reference molecules, through `fcd-torch`.

The packages differ on salts: `fcd-torch` stops at the first `.`, as the old Keras code behind published figures did,
`fcd` reads the whole string. So the package and its version stand beside every figure.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from molreflect.tools.errors import InputError
from molreflect.training.progress import Progress

PACKAGE = "fcd-torch"
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Fcd:
    """The distance and how it was made."""

    value: float
    """0 for equal sets, lower is better, no upper bound."""
    interval: tuple[float, float] | None
    package: str
    """Package and version, e.g. `fcd-torch 1.0.7`."""
    molecules: tuple[int, int]
    """Generated and reference molecules that went in."""


def frechet_chemnet_distance(
    pairs: Sequence[tuple[str, str]],
    *,
    resamples: int = 0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Fcd:
    """Compute the FCD of generated molecules to references.

    Args:
        pairs: Canonical SMILES of answer and reference, row by row; an empty string is left out on its side, as MolT5's
            script drops what RDKit does not read.
        resamples: Bootstrap resamples of the rows for the interval; 0 for none. Each takes a few tenths of a second.
            FCD grows when rows repeat, so the resampled distances are shifted to have the value as their mean.
        seed: Of the resamples.
        progress: Told how far it is.

    Raises:
        InputError: the package is not installed, or fewer than two molecules are left on a side.

    Source: Preuer et al. 2018; fcd-torch 1.0.7.
    """
    try:
        from fcd_torch import FCD, calculate_frechet_distance
    except ImportError as error:
        raise InputError(f"{error.name} is not installed; pip install 'molreflect[evaluate,models]'") from error
    smiles = list(dict.fromkeys(text for pair in pairs for text in pair if text))
    place = {text: i for i, text in enumerate(smiles)}
    generated = np.array([place[a] for a, _ in pairs if a], dtype=np.int64)
    reference = np.array([place[b] for _, b in pairs if b], dtype=np.int64)
    if len(generated) < _FEWEST or len(reference) < _FEWEST:
        raise InputError(f"{len(generated)} generated and {len(reference)} reference molecules: FCD needs 2 of each")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package calls deprecated numpy, scipy and torch functions
        network: Any = FCD(device="cpu", n_jobs=1, canonize=False)
        parts = []
        for start in range(0, len(smiles), 512):
            parts.append(network.get_predictions(smiles[start : start + 512]))
            if progress:
                progress("fcd", min(start + 512, len(smiles)), len(smiles))
        seen = np.concatenate(parts).astype(np.float64)
        value = float(
            calculate_frechet_distance(
                seen[reference].mean(0), np.cov(seen[reference].T), seen[generated].mean(0), np.cov(seen[generated].T)
            )
        )
    interval = _interval(pairs, place, seen, value, resamples, seed, progress) if resamples else None
    return Fcd(value, interval, f"{PACKAGE} {version(PACKAGE)}", (len(generated), len(reference)))


def _interval(
    pairs: Sequence[tuple[str, str]],
    place: dict[str, int],
    seen: NDArray[np.float64],
    value: float,
    resamples: int,
    seed: int,
    progress: Progress | None,
) -> tuple[float, float] | None:
    rng = np.random.default_rng(seed)
    drawn = []
    for done in range(1, resamples + 1):
        rows = rng.integers(0, len(pairs), size=len(pairs))
        sides = []
        for side in (0, 1):
            drawn_here = [place[pairs[i][side]] for i in rows if pairs[i][side]]
            if len(drawn_here) < _FEWEST:
                break  # so few valid rows that a resample may miss them: it has no distance
            chosen = np.bincount(drawn_here, minlength=len(seen))
            sides.append((np.average(seen, axis=0, weights=chosen), np.cov(seen.T, fweights=chosen)))
        else:
            drawn.append(frechet_distance(*sides[0], *sides[1]))
        if progress:
            progress("fcd interval", done, resamples)
    if not drawn:
        return None
    low, high = np.percentile(np.asarray(drawn) - np.mean(drawn) + value, [2.5, 97.5])
    return float(low), float(high)


def frechet_distance(
    mean_a: NDArray[np.float64], cov_a: NDArray[np.float64], mean_b: NDArray[np.float64], cov_b: NDArray[np.float64]
) -> float:
    """Squared Fréchet distance of two normal distributions, through symmetric eigenvalues only.

    Equal to the usual `|a - b|^2 + tr(A + B - 2 sqrt(AB))`: the eigenvalues of AB are those of L'BL for A = LL', and
    these are several times faster to find than a general matrix root.
    """
    try:
        root = np.linalg.cholesky(cov_a)
    except np.linalg.LinAlgError:  # fewer molecules than dimensions: singular, so through the eigenvectors
        values, vectors = np.linalg.eigh(cov_a)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
    product = np.linalg.eigvalsh(root.T @ cov_b @ root)
    trace = np.sqrt(np.maximum(product, 0.0)).sum()
    return float(((mean_a - mean_b) ** 2).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * trace)

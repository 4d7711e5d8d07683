"""Baselines that any model of a property has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

from molreflect.tools.errors import InputError
from molreflect.tools.retrieval.fingerprints import PackedFingerprints, morgan
from molreflect.training.properties.splits import Rows

BASELINES = ("prevalence", "nearest", "forest", "boosting")
BITS = 2048

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Features:
    """What baselines read of molecules."""

    fingerprints: PackedFingerprints
    """Morgan fingerprints, radius 2, 2048 bits (ECFP4)."""
    counts: npt.NDArray[np.float32]
    """The same as counts, shape (molecules, 2048)."""


def featurize(molecules: Sequence[Chem.Mol]) -> Features:
    """Compute ECFP4 bits and counts, without configuration.

    Source: Rogers and Hahn 2010; RDKit `GetMorganGenerator`.
    """
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=BITS)
    counts = np.stack([generator.GetCountFingerprintAsNumPy(molecule) for molecule in molecules])
    return Features(PackedFingerprints([morgan(m, bits=BITS) for m in molecules]), counts.astype(np.float32))


def predict_baseline(
    name: str, features: Features, train: Rows, labels: npt.NDArray[np.float64], asked: Rows, *, seed: int
) -> Probabilities:
    """Train a baseline, and give the probability that molecules are active.

    Args:
        name: One of `BASELINES`. `prevalence` says the share of actives in training of every molecule. `nearest` says
            (1 + s) / 2 where the most similar training molecule is active and (1 - s) / 2 where it is not, s being the
            Tanimoto similarity of bits, the mean over equally similar ones. `forest` is a random forest and `boosting`
            gradient boosting of trees, both on counts.
        features: Of all molecules.
        train: Rows to train on.
        labels: 1 or 0 of each of `train`, both of them present.
        asked: Rows to predict.
        seed: Of forest and boosting.

    Returns:
        Shape (asked,).

    Source: Breiman 2001 and Friedman 2001 in scikit-learn's implementations.
    """
    if name == "prevalence":
        return np.full(len(asked), labels.mean())
    if name == "nearest":
        return np.array([_by_nearest(features.fingerprints, row, train, labels) for row in asked])
    model = _model(name, seed)
    known = features.counts[train]
    varying = known.min(axis=0) < known.max(axis=0)  # a column that is the same everywhere cannot split
    model.fit(known[:, varying], labels.astype(int))
    return np.asarray(model.predict_proba(features.counts[asked][:, varying])[:, 1], dtype=np.float64)


def _by_nearest(fingerprints: PackedFingerprints, row: int, train: Rows, labels: npt.NDArray[np.float64]) -> float:
    similarity = fingerprints.tanimoto(fingerprints.bits[row], train)
    best = similarity.max()
    share = labels[similarity == best].mean()
    return float(0.5 + (share - 0.5) * best)


def require_sklearn() -> None:
    """Refuse to begin without scikit-learn.

    Raises:
        InputError: It is not installed.
    """
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise InputError("scikit-learn is not installed; pip install 'molreflect[evaluate]'") from error


def _model(name: str, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

    if name == "forest":
        return RandomForestClassifier(n_estimators=500, random_state=seed)
    # A tenth of the columns for each split makes it ten times as fast, and no worse on such wide and sparse counts.
    return HistGradientBoostingClassifier(
        max_iter=200, learning_rate=0.05, max_leaf_nodes=15, max_features=0.1, early_stopping=False, random_state=seed
    )

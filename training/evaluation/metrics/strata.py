"""Where a score comes from: rows grouped by distance to the training data, by size, by caption length.

ChEBI-20 holds many near-duplicates, and every metric is a steep function of the distance to the nearest training
molecule. So a score says little without its strata, and without what copying the nearest neighbour would have scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.training.evaluation.metrics.bootstrap import Bleu, Mean, Metric, Share, intervals, score
from molreflect.training.evaluation.prediction_files import Prediction, Predictions
from molreflect.training.progress import Progress

if TYPE_CHECKING:
    from molreflect.tools.corpus import Corpus

SIZES = (10, 20, 30, 50)
"""Upper ends of the classes of heavy atoms."""
LENGTHS = (20, 40, 60, 100)
"""Upper ends of the classes of caption words."""
TANIMOTO = (0.3, 0.5, 0.7, 0.9, 1.0)
"""Lower ends of the classes of similarity to the nearest training molecule, the first class aside."""
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Stratification:
    """Rows sorted into named classes."""

    name: str
    labels: tuple[str, ...]
    """Class of each row."""
    order: tuple[str, ...]
    """Classes as a table lists them; some may be empty."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest training molecule of each row."""

    index: NDArray[np.int64]
    """Place in the corpus, shape (rows,); -1 for a row whose molecule cannot be read."""
    similarity: NDArray[np.float64]
    """Tanimoto of Morgan fingerprints (radius 2, 2048 bits), shape (rows,); NaN where `index` is -1."""


def molecules_of(predictions: Predictions) -> list[str]:
    """The molecule that each row is about, as SMILES: the input of mol2cap, the ground truth of cap2mol."""
    side = "source" if predictions.direction is Direction.MOL2CAP else "truth"
    return [getattr(row, side) for row in predictions.rows]


def captions_of(predictions: Predictions) -> list[str]:
    """The caption that each row is about: the ground truth of mol2cap, the input of cap2mol."""
    side = "truth" if predictions.direction is Direction.MOL2CAP else "source"
    return [getattr(row, side) for row in predictions.rows]


def by_size(smiles: Sequence[str]) -> Stratification:
    """Classes of heavy atoms, `1-10` to `51+`."""
    counts = [None if m is None else m.GetNumHeavyAtoms() for m in _read(smiles)]
    return _graded("heavy atoms", counts, SIZES)


def by_caption_length(captions: Sequence[str]) -> Stratification:
    """Classes of words, `1-20` to `101+`."""
    return _graded("caption words", [len(caption.split()) for caption in captions], LENGTHS)


def _graded(name: str, counts: Sequence[int | None], ends: Sequence[int]) -> Stratification:
    starts = [1, *(end + 1 for end in ends)]
    names = [f"{a}-{b}" for a, b in zip(starts, ends, strict=False)] + [f"{starts[-1]}+"]
    places = [None if n is None else int(np.searchsorted(ends, n)) for n in counts]
    labels = tuple(UNREADABLE if place is None else names[place] for place in places)
    return Stratification(name, labels, (*names, UNREADABLE))


def nearest_training(smiles: Sequence[str], training: Sequence[str], progress: Progress | None = None) -> Nearest:
    """Find the most similar training molecule of each row, exactly (no index in between); ties go to the first.

    Raises:
        InputError: no training molecule can be read.
    """
    from molreflect.tools.retrieval.fingerprints import PackedFingerprints, morgan

    read = [(i, molecule) for i, molecule in enumerate(_read(training)) if molecule is not None]
    if not read:
        raise InputError("no molecule of the training corpus can be read")
    known = PackedFingerprints(morgan(molecule) for _, molecule in read)
    index = np.full(len(smiles), -1, dtype=np.int64)
    similarity = np.full(len(smiles), np.nan)
    for i, molecule in enumerate(_read(smiles)):
        if molecule is not None:
            found = known.tanimoto(morgan(molecule))
            best = int(np.argmax(found))
            index[i], similarity[i] = read[best][0], found[best]
        if progress and (i % 100 == 0 or i + 1 == len(smiles)):
            progress("nearest", i + 1, len(smiles))
    return Nearest(index, similarity)


def by_similarity(nearest: Nearest) -> Stratification:
    """Classes of Tanimoto similarity to the nearest training molecule, `< 0.3` to `1.0`."""
    names = [f"< {TANIMOTO[0]}", *(f"{a}-{b}" for a, b in pairwise(TANIMOTO)), "1.0"]
    labels = tuple(
        UNREADABLE if np.isnan(value) else names[int(np.searchsorted(TANIMOTO, value, side="right"))]
        for value in nearest.similarity
    )
    return Stratification("nearest training molecule", labels, (*names, UNREADABLE))


SAME_MOLECULE, SAME_SCAFFOLD, NEITHER = "same molecule", "same scaffold", "new scaffold"
NO_RINGS = "no rings"


def by_relation(smiles: Sequence[str], training: Sequence[str]) -> Stratification:
    """What the training data holds of each molecule: itself (InChIKey first block), its scaffold, or neither.

    A molecule without rings has no Murcko scaffold and is a class of its own. InChIs are computed only where a test
    and a training molecule have the same heavy atoms, since others cannot share a first block.
    """
    from rdkit.Chem.Scaffolds import MurckoScaffold

    ours, theirs = _read(smiles), _read(training)
    atoms = [None if m is None else _heavy_formula(m) for m in ours]
    wanted = {formula for formula in atoms if formula is not None}
    blocks = {_block(m) for m in theirs if m is not None and _heavy_formula(m) in wanted} - {""}
    scaffolds = {MurckoScaffold.MurckoScaffoldSmiles(mol=m) for m in theirs if m is not None} - {""}
    held = {_heavy_formula(m) for m in theirs if m is not None}
    labels = []
    for molecule, formula in zip(ours, atoms, strict=True):
        if molecule is None:
            labels.append(UNREADABLE)
        elif formula in held and _block(molecule) in blocks:
            labels.append(SAME_MOLECULE)
        else:
            scaffold = MurckoScaffold.MurckoScaffoldSmiles(mol=molecule)
            labels.append(NO_RINGS if not scaffold else SAME_SCAFFOLD if scaffold in scaffolds else NEITHER)
    order = (SAME_MOLECULE, SAME_SCAFFOLD, NEITHER, NO_RINGS, UNREADABLE)
    return Stratification("in the training data", tuple(labels), order)


def _heavy_formula(molecule: Any) -> tuple[tuple[int, int], ...]:
    counts: dict[int, int] = {}
    for atom in molecule.GetAtoms():
        counts[atom.GetAtomicNum()] = counts.get(atom.GetAtomicNum(), 0) + 1
    counts.pop(1, None)
    return tuple(sorted(counts.items()))


def _block(molecule: Any) -> str:
    """First block of the InChIKey; empty where InChI has no key."""
    from rdkit import Chem

    from molreflect.tools.molecules.read import quiet_rdkit

    with quiet_rdkit():
        return str(Chem.MolToInchiKey(molecule))[:14]


def _read(smiles: Sequence[str]) -> list[Any]:
    """RDKit molecules; None for what cannot be read or is empty."""
    from rdkit import Chem

    from molreflect.tools.molecules.read import quiet_rdkit

    with quiet_rdkit():
        found = [Chem.MolFromSmiles(text) for text in smiles]
    return [m if m is not None and m.GetNumAtoms() else None for m in found]


def copy_nearest(predictions: Predictions, corpus: Corpus, progress: Progress | None = None) -> Predictions:
    """Answer every row with the answer of its nearest training pair, without any model.

    mol2cap copies the caption of the molecule with the most similar Morgan fingerprint; cap2mol copies the molecule of
    the caption with the highest BM25 score. Nothing is excluded: a training set that holds the test molecules shows
    here.
    """
    pairs = corpus.pairs
    if not pairs:
        raise InputError(f"{corpus.source} holds no training pair to copy from")
    if predictions.direction is Direction.MOL2CAP:
        nearest = nearest_training(molecules_of(predictions), [pair.smiles for pair in pairs], progress)
        answers = ["" if i < 0 else pairs[i].caption for i in nearest.index]
    else:
        from molreflect.tools.retrieval.bm25 import BM25

        ranker = BM25([pair.caption for pair in pairs])
        answers = []
        for i, caption in enumerate(captions_of(predictions)):
            answers.append(pairs[int(np.argmax(ranker.scores(caption)))].smiles)
            if progress and (i % 100 == 0 or i + 1 == len(predictions.rows)):
                progress("nearest", i + 1, len(predictions.rows))
    rows = tuple(
        Prediction(row.source, row.truth, answer, row.line)
        for row, answer in zip(predictions.rows, answers, strict=True)
    )
    return replace(predictions, path=f"nearest neighbour in {corpus.source}", rows=rows, ragged=(), sha256="")


@dataclass(frozen=True, slots=True)
class Stratum:
    """Scores of the rows of one class."""

    rows: int
    scores: dict[str, float]
    intervals: dict[str, tuple[float, float]]


def stratify(
    metrics: Mapping[str, Metric], strata: Stratification, *, bootstrap: int = 0, seed: int = 0
) -> dict[str, Stratum]:
    """Score each class by itself; classes without rows are left out.

    Args:
        metrics: Over all rows.
        strata: A class for each of these rows.
        bootstrap: Resamples for 95 % intervals within each class; 0 for none.
        seed: Of the resamples.
    """
    labels = np.asarray(strata.labels)
    found = {}
    for label in strata.order:
        chosen = labels == label
        if chosen.any():
            part = {name: _subset(metric, chosen) for name, metric in metrics.items()}
            ends = intervals(part, resamples=bootstrap, seed=seed) if bootstrap else {}
            found[label] = Stratum(int(chosen.sum()), {name: score(metric) for name, metric in part.items()}, ends)
    return found


def _subset(metric: Metric, chosen: NDArray[np.bool_]) -> Metric:
    if isinstance(metric, Bleu):
        return Bleu(metric.statistics[chosen], metric.order)
    if isinstance(metric, Share):
        return Share(metric.part[chosen], metric.whole[chosen])
    return Mean(metric.values[chosen], None if metric.among is None else metric.among[chosen])

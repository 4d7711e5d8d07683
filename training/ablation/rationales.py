"""How much of a rationale is what a noise-free teacher says of the same pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from rdkit import Chem

from molreflect.tools.molecules.read import quiet_rdkit
from molreflect.tools.terms import Direction
from molreflect.training.ablation.rows import Chosen
from molreflect.training.evaluation.faithfulness import read_rationales
from molreflect.training.evaluation.metrics.bootstrap import Metric, Share
from molreflect.training.evaluation.prediction_files import read_predictions
from molreflect.training.examples.records import PhraseFragment, TrainRecord

PREFIX = "rationale."
PRECISION, RECALL = f"{PREFIX}precision", f"{PREFIX}recall"


def rationale_metrics(chosen: Chosen, direction: Direction) -> Callable[[Path], Mapping[str, Metric]]:
    """Score the rationales of prediction files over the held-out rows.

    `rationale.precision` is the share of the alignments that a student wrote that the noise-free run has for that pair,
    by phrase and fragment; `rationale.recall` the share of the noise-free run's that it wrote. Both 0 to 1, higher is
    better, resampled by rows.

    Args:
        chosen: Its held-out records carry the noise-free run's alignments.
        direction: Of the prediction files.
    """
    wanted = [record.parts for record in chosen.split.heldout]

    def score(path: Path) -> Mapping[str, Metric]:
        written = read_rationales(read_predictions(path, direction))
        return shares([[(part.phrase, part.fragment) for part in parts] for parts in written], wanted)

    return score


def training_shares(
    records: Sequence[TrainRecord], clean: Mapping[str, TrainRecord], *, draft: bool
) -> dict[str, Metric]:
    """Score what an arm is trained on, as `rationale_metrics` scores what it writes.

    Args:
        records: Of a noisy teacher.
        clean: Of the noise-free run, by id.
        draft: Take the unverified draft in place of the verified alignments.
    """
    given = [[(part.phrase, part.fragment) for part in (r.draft if draft else r.parts)] for r in records]
    return shares(given, [clean[record.id].parts for record in records])


def shares(
    written: Sequence[Iterable[tuple[str, str]]], wanted: Sequence[Iterable[PhraseFragment]]
) -> dict[str, Metric]:
    """Precision and recall of alignments, row by row; each distinct alignment of a row counts once."""
    counts = np.zeros((len(wanted), 3))
    for i, (mine, theirs) in enumerate(zip(written, wanted, strict=True)):
        said = {(_words(phrase), _spelt(fragment)) for phrase, fragment in mine}
        right = {(_words(part.phrase), _spelt(part.fragment)) for part in theirs}
        counts[i] = len(said & right), len(said), len(right)
    return {PRECISION: Share(counts[:, 0], counts[:, 1]), RECALL: Share(counts[:, 0], counts[:, 2])}


def _words(phrase: str) -> str:
    return " ".join(phrase.split()).casefold()


@lru_cache(maxsize=8_192)
def _spelt(fragment: str) -> str:
    """One spelling of a fragment, so that the order of its atoms does not matter; text that is no SMILES stays."""
    with quiet_rdkit():
        # Pieces of aromatic rings are no molecules, so nothing is sanitised.
        mol = Chem.MolFromSmiles(fragment, sanitize=False)
        return fragment if mol is None else str(Chem.MolToSmiles(mol))

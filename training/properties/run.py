"""Train systems on splits of a dataset, or on one table for another, and score what they say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from molreflect.tools.errors import InputError
from molreflect.tools.terms import PropertySplit
from molreflect.training.config import StudentConfig, load_config
from molreflect.training.properties.baselines import (
    BASELINES,
    Features,
    Probabilities,
    featurize,
    predict_baseline,
    require_sklearn,
)
from molreflect.training.properties.dataset import Dataset, Entry, Labels
from molreflect.training.properties.scores import Answers, Scored, delong, score
from molreflect.training.properties.splits import Parts, Rows, nearest_similarity, split
from molreflect.training.properties.student import STUDENTS, Shown, predict_student, show
from molreflect.training.student.train import require_packages as require_training

Progress = Callable[[str, int, int], None]
SYSTEMS = (*BASELINES, *STUDENTS)
REFERENCE = "forest"
"""The system that all others are tested against, where it takes part."""


@dataclass(frozen=True, kw_only=True)
class PropertySettings:
    """How systems are trained and scored."""

    split: PropertySplit = PropertySplit.SCAFFOLD
    seeds: int = 5
    """How many; they are 0, 1, 2 ..., each of a split and of the models."""
    systems: tuple[str, ...] = BASELINES
    max_similarity: float = 0.6
    """Most Tanimoto similarity between parts of the `separated` split."""
    resamples: int = 1000
    student: StudentConfig = field(default_factory=partial(load_config, None))
    """How students are fine-tuned, where some take part; the seed is that of the split."""

    def __post_init__(self) -> None:
        """Check them.

        Raises:
            InputError: A value makes no sense.
        """
        if unknown := [name for name in self.systems if name not in SYSTEMS]:
            raise InputError(f"there is no system {unknown[0]!r}; there are {', '.join(SYSTEMS)}")
        if not self.systems or len(set(self.systems)) < len(self.systems):
            raise InputError(f"name systems once each, of {', '.join(SYSTEMS)}")
        if self.seeds < 1 or self.resamples < 0:
            raise InputError(f"seeds must be at least 1 and resamples 0, got {self.seeds} and {self.resamples}")
        if not 0 < self.max_similarity < 1:
            raise InputError(f"max_similarity lies between 0 and 1, got {self.max_similarity:g}")

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """What is tested: every system against the reference, and the student with groups against that without."""
        own = ((STUDENTS[0], STUDENTS[1]),) if set(STUDENTS) <= set(self.systems) else ()
        if REFERENCE not in self.systems:
            return own
        return (*((name, REFERENCE) for name in self.systems if name != REFERENCE), *own)


@dataclass(frozen=True, slots=True)
class SplitFigures:
    """How a split came out."""

    seed: int
    train: int
    valid: int
    test: int
    median_similarity: float
    """Median over the test part of the Tanimoto similarity to the nearest training molecule."""
    max_similarity: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the systems say of one molecule and task."""

    row: int
    """0-based entry of the dataset that was asked."""
    seed: int
    part: str
    """`test` or `valid`."""
    task: str
    label: float
    """NaN where it is not known."""
    probabilities: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TaskResult:
    """All scores of one task."""

    task: str
    labelled: int
    actives: int
    scored: Mapping[str, Scored]
    """By part (`test`, `valid`); a part without scores is missing."""
    unscored: tuple[str, ...]
    """Why parts or seeds have none, a sentence each."""
    delong: Mapping[tuple[str, str], tuple[float, ...]]
    """p-values for the ROC-AUC on the test part, one a scored seed."""


@dataclass(frozen=True, slots=True)
class PropertyResult:
    """What came of all tasks."""

    dataset: Dataset
    """What was predicted: the dataset that was split, or the test table."""
    training: Dataset | None
    """The training table, where there is one of its own."""
    settings: PropertySettings
    splits: tuple[SplitFigures, ...]
    """One a seed; empty for a test table."""
    in_training: int
    """Molecules of a test table that stand in the training table too (same canonical SMILES)."""
    tasks: tuple[TaskResult, ...]
    predictions: tuple[Prediction, ...]


def evaluate_splits(dataset: Dataset, settings: PropertySettings, progress: Progress | None = None) -> PropertyResult:
    """Train every system on the training part of each split, and score it on the validation and the test part.

    Nothing is tuned, so the validation part is as unseen as the test part; published figures name one or the other.

    Raises:
        InputError: scikit-learn is missing, or the molecules cannot be split so.
    """
    _require_packages(settings)
    molecules = [entry.molecule.mol for entry in dataset.entries]
    told = _Told(progress, len(dataset.tasks) * settings.seeds * len(settings.systems))
    seen = _see(dataset.entries, settings, told)
    features = seen.features
    parts = [
        split(settings.split, molecules, features.fingerprints, seed=seed, max_similarity=settings.max_similarity)
        for seed in range(settings.seeds)
    ]
    figures = tuple(_figures(features, part, seed) for seed, part in enumerate(parts))
    tasks, predictions = [], []
    for number, task in enumerate(dataset.tasks):
        answers: dict[str, list[Answers]] = {"test": [], "valid": []}
        unscored = []
        for seed, part in enumerate(parts):
            known = part.train[~np.isnan(dataset.labels[part.train, number])]
            labels = dataset.labels[known, number]
            if why := _untrainable(labels):
                unscored.append(f"seed {seed}: {why}")
                told.skip(len(settings.systems))
                continue
            asked = np.concatenate([part.test, part.valid])
            said = _ask(settings, seen, task, known, labels, asked, seed, told)
            where = np.repeat(["test", "valid"], [len(part.test), len(part.valid)])
            predictions += _predictions(asked, where, seed, task, dataset.labels[asked, number], said)
            for name in answers:
                one = _answers(asked, dataset.labels[:, number], said, where == name)
                if one.has_both:
                    answers[name].append(one)
                else:
                    unscored.append(f"seed {seed}: the {name} part has no actives or no inactives")
        tasks.append(_scored(task, dataset.labels[:, number], answers, unscored, settings))
    return PropertyResult(dataset, None, settings, figures, 0, tuple(tasks), tuple(predictions))


def predict_test(
    training: Dataset, test: Dataset, settings: PropertySettings, progress: Progress | None = None
) -> PropertyResult:
    """Train every system on one table, predict another, and score it where its labels are known.

    With several seeds a molecule's probability is the mean over models of each seed.

    Raises:
        InputError: scikit-learn is missing, the tables do not name the same tasks, or a task cannot be trained.
    """
    _require_packages(settings)
    if training.tasks != test.tasks:
        raise InputError(f"the test table has the tasks {', '.join(test.tasks)}, not {', '.join(training.tasks)}")
    entries = (*training.entries, *test.entries)
    told = _Told(progress, len(training.tasks) * settings.seeds * len(settings.systems))
    seen_of = _see(entries, settings, told)
    asked = np.arange(len(training.entries), len(entries))
    tasks, predictions = [], []
    for number, task in enumerate(training.tasks):
        known = np.flatnonzero(~np.isnan(training.labels[:, number]))
        labels = training.labels[known, number]
        if why := _untrainable(labels):
            raise InputError(f"{training.source}, task {task}: {why}")
        seeds = [_ask(settings, seen_of, task, known, labels, asked, seed, told) for seed in range(settings.seeds)]
        said = {name: np.mean([each[name] for each in seeds], axis=0) for name in settings.systems}
        truth = test.labels[:, number]
        rows = np.arange(len(test.entries))
        predictions += _predictions(rows, np.repeat("test", len(rows)), 0, task, truth, said)
        one = _answers(rows, truth, said, np.ones(len(rows), dtype=bool))
        if one.has_both:
            tasks.append(_scored(task, truth, {"test": [one]}, [], settings))
        else:
            why = "no labels" if np.isnan(truth).all() else "no actives or no inactives"
            tasks.append(_scored(task, truth, {"test": []}, [f"the test table has {why}"], settings))
    seen = {entry.canonical for entry in training.entries}
    shared = sum(entry.canonical in seen for entry in test.entries)
    return PropertyResult(test, training, settings, (), shared, tuple(tasks), tuple(predictions))


class _Told:
    """Tells how many models are trained."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def one(self) -> None:
        self.skip(1)

    def note(self, message: str) -> None:
        """Tell what goes on, in words."""
        if self._progress is not None:
            self._progress(message, 0, 0)

    def skip(self, models: int) -> None:
        self._done += models
        if self._progress is not None:
            self._progress("training", self._done, self._total)


def _require_packages(settings: PropertySettings) -> None:
    if {"forest", "boosting"} & set(settings.systems):
        require_sklearn()
    if set(STUDENTS) & set(settings.systems):
        require_training()


@dataclass(frozen=True, slots=True)
class _Seen:
    """All molecules, as baselines and as students see them."""

    features: Features
    shown: Sequence[Shown]
    """Empty where no student takes part."""


def _see(entries: Sequence[Entry], settings: PropertySettings, told: _Told) -> _Seen:
    features = featurize([entry.molecule.mol for entry in entries])
    if not set(STUDENTS) & set(settings.systems):
        return _Seen(features, ())
    told.note("finding groups")
    return _Seen(features, show([entry.molecule for entry in entries], settings.student))


def _untrainable(labels: Labels) -> str:
    """Say why nothing can be learned of these labels; empty where something can."""
    return "" if 0 < labels.sum() < len(labels) else "the training part has no actives or no inactives"


def _ask(
    settings: PropertySettings,
    seen: _Seen,
    task: str,
    train: Rows,
    labels: Labels,
    asked: Rows,
    seed: int,
    told: _Told,
) -> dict[str, Probabilities]:
    said = {}
    for name in settings.systems:
        if name in STUDENTS:
            config, prints = settings.student.changed(seed=seed), seen.features.fingerprints
            said[name] = predict_student(name, task, seen.shown, prints, train, labels, asked, config, told.note)
        else:
            said[name] = predict_baseline(name, seen.features, train, labels, asked, seed=seed)
        told.one()
    return said


def _figures(features: Features, parts: Parts, seed: int) -> SplitFigures:
    near = nearest_similarity(features.fingerprints, parts.test, parts.train)
    return SplitFigures(
        seed, len(parts.train), len(parts.valid), len(parts.test), float(np.median(near)), float(near.max())
    )


def _answers(rows: Rows, labels: Labels, said: Mapping[str, Probabilities], chosen: np.ndarray) -> Answers:
    chosen = chosen & ~np.isnan(labels[rows])
    return Answers(rows[chosen], labels[rows[chosen]], {name: values[chosen] for name, values in said.items()})


def _predictions(
    rows: Rows, where: np.ndarray, seed: int, task: str, labels: Labels, said: Mapping[str, Probabilities]
) -> list[Prediction]:
    return [
        Prediction(int(row), seed, str(where[i]), task, float(labels[i]), {n: float(v[i]) for n, v in said.items()})
        for i, row in enumerate(rows)
    ]


def _scored(
    task: str,
    labels: Labels,
    answers: Mapping[str, Sequence[Answers]],
    unscored: Sequence[str],
    settings: PropertySettings,
) -> TaskResult:
    known = labels[~np.isnan(labels)]
    return TaskResult(
        task=task,
        labelled=len(known),
        actives=int(known.sum()),
        scored={
            name: score(parts, settings.pairs, resamples=settings.resamples, seed=0)
            for name, parts in answers.items()
            if parts
        },
        unscored=tuple(unscored),
        delong={
            (a, b): tuple(delong(p.labels, p.probabilities[a], p.probabilities[b]) for p in answers["test"])
            for a, b in settings.pairs
        },
    )

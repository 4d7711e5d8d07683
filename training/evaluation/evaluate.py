"""Evaluation that others can trust: MolT5's metrics to the digit, a strict mode, intervals and paired tests.

Whatever cannot be computed is named with its reason in `left_out`; nothing is replaced in silence.
"""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np

from molreflect.tools.english import counted
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.terms import Direction
from molreflect.training.evaluation.faithfulness import PREFIX as FAITHFUL
from molreflect.training.evaluation.faithfulness import measure_faithfulness
from molreflect.training.evaluation.labels import OTHER, STRICT, TOKENIZERS
from molreflect.training.evaluation.metrics.bleu import ngram_statistics, sentence_bleu
from molreflect.training.evaluation.metrics.bootstrap import (
    Bleu,
    Mean,
    Metric,
    intervals,
    score,
)
from molreflect.training.evaluation.metrics.molecules import MAX_SMILES, MoleculeScores, score_molecules
from molreflect.training.evaluation.metrics.strata import (
    Nearest,
    Stratification,
    Stratum,
    by_caption_length,
    by_relation,
    by_similarity,
    by_size,
    captions_of,
    copy_nearest,
    molecules_of,
    nearest_training,
    stratify,
)
from molreflect.training.evaluation.prediction_files import (
    SPOILT,
    Predictions,
    placeholders_told,
    read_predictions,
)
from molreflect.training.evaluation.results import Evaluation
from molreflect.training.progress import Progress

if TYPE_CHECKING:
    from molreflect.tools.corpus import Corpus
    from molreflect.tools.resources import Resources

ORDERS = (2, 4)


WORDNET = "3.0"
"""Version behind published METEOR figures: the one nltk and Debian distribute."""


_FCD_RESAMPLES = 50
"""Most resamples for the interval of FCD, of which each costs as much as a thousand of all other metrics."""


_PACKAGES = {
    Direction.CAP2MOL: ("rdkit", "rapidfuzz", "numpy"),
    Direction.MOL2CAP: ("nltk", "rapidfuzz", "tokenizers", "sentencepiece", "numpy"),
}


class Options(TypedDict, total=False):
    """What `evaluate` and `evaluate_predictions` can be told; see the latter."""

    fcd: bool
    bootstrap: int
    seed: int
    tokenizers: Sequence[str]
    strata: bool
    training: str | Path | Corpus | None
    faithfulness: bool
    resources: Resources | None
    workers: int | None
    progress: Progress | None


def evaluate(path: str | Path, direction: str | Direction | None = None, **options: Unpack[Options]) -> Evaluation:
    """Score a prediction file.

    Args:
        path: TSV in MolT5's evaluation layout.
        direction: `mol2cap` or `cap2mol`; left out, the file's header says it.
        options: See `evaluate_predictions`.

    Raises:
        InputError: the file cannot be read as predictions.
    """
    return evaluate_predictions(read_predictions(path, direction), **options)


def evaluate_predictions(
    predictions: Predictions,
    *,
    fcd: bool = False,
    bootstrap: int = 1000,
    seed: int = 0,
    tokenizers: Sequence[str] = ("scibert", "t5"),
    strata: bool = False,
    training: str | Path | Corpus | None = None,
    faithfulness: bool = False,
    resources: Resources | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Score predictions that were read already.

    Args:
        predictions: As `molreflect.training.evaluation.prediction_files.read_predictions` reads them.
        fcd: Compute the Fréchet ChemNet Distance too (cap2mol; takes a while and needs `fcd-torch`).
        bootstrap: Resamples for 95 % intervals; 0 for none.
        seed: Of the resamples.
        tokenizers: Which to score captions with; one that is not there is left out with its reason.
        strata: Score classes of rows by molecule size and caption length too.
        training: Training corpus (see `tools.corpus.read_corpus`): adds strata by distance to it, and the baseline that
            copies the nearest neighbour's answer.
        faithfulness: Judge the structural claims of captions against molecules too, see
        `training.evaluation.faithfulness`.
        resources: What claims are looked up in; one is opened for the call where none is given.
        workers: Processes for RDKit; None for one a core.
        progress: Called with stage, done, total.

    Raises:
        InputError: the training corpus cannot be read, a package is missing, or `bootstrap` is negative.
    """
    if bootstrap < 0:
        raise InputError(f"bootstrap is a number of resamples, 0 for none; got {bootstrap}")
    started = time.perf_counter()
    corpus = _corpus(training)
    draft = _Draft()
    draft.note_package_versions(_PACKAGES[predictions.direction])
    draft.spoilt = placeholders_told(predictions)
    ends: dict[str, tuple[float, float]] = {}
    if predictions.direction is Direction.CAP2MOL:
        scores = _score_cap2mol(predictions, draft, fcd, workers, progress)
        if fcd:
            ends |= _add_fcd(scores, draft, min(_FCD_RESAMPLES, bootstrap), seed, progress)
        else:
            draft.left_out["fcd"] = "not asked for"
        problems = tuple(None if p is None else str(p) for p in scores.problems)
        invalid = scores.problem_counts
    else:
        _score_mol2cap(predictions, draft, tokenizers, progress)
        problems, invalid = (), {}
        if fcd:
            draft.left_out["fcd"] = "compares molecules; these predictions are captions"
    judged = _add_faithfulness(predictions, draft, resources, progress) if faithfulness else {}
    values = draft.computed()
    if bootstrap:
        ends |= intervals(draft.metrics, resamples=bootstrap, seed=seed)
    classes: dict[str, dict[str, Stratum]] = {}
    nearest = None
    if strata or corpus is not None:
        stratifications, nearest = _stratifications(predictions, corpus, progress)
        classes = {s.name: stratify(draft.metrics, s, bootstrap=bootstrap, seed=seed) for s in stratifications}
    baseline: dict[str, Any] = {}
    if corpus is not None:
        copies = copy_nearest(predictions, corpus, progress)
        copied = evaluate_predictions(copies, bootstrap=0, tokenizers=tokenizers, workers=workers, progress=progress)
        baseline = {
            "answers": copied.path,
            "training": {"source": corpus.source, "pairs": len(corpus), "fingerprint": corpus.fingerprint},
            "molt5": copied.molt5,
            "strict": copied.strict,
        }
    return Evaluation(
        path=predictions.path,
        direction=predictions.direction,
        rows=len(predictions.rows),
        sha256=predictions.sha256,
        molt5={name: v for name, v in values.items() if not name.startswith((STRICT, OTHER, FAITHFUL))},
        strict=_under(STRICT, values),
        other=_under(OTHER, values),
        faithfulness={"scores": _under(FAITHFUL, values)} | judged if faithfulness else {},
        intervals=ends,
        left_out=draft.left_out,
        invalid=invalid,
        ragged=predictions.ragged_counts,
        notes=(*predictions.notes, *draft.notes),
        spoilt=draft.spoilt,
        tokenizers=draft.tokenizers,
        versions=draft.versions,
        bootstrap={"resamples": bootstrap, "seed": seed, "level": 0.95},
        strata=classes,
        baseline=baseline,
        seconds=time.perf_counter() - started,
        metrics=draft.metrics,
        predictions=predictions,
        problems=problems,
        nearest=nearest,
    )


def _under(prefix: str, values: Mapping[str, float]) -> dict[str, float]:
    """Return the values whose names begin with a prefix, by their names without it."""
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}


def _add_faithfulness(
    predictions: Predictions, draft: _Draft, resources: Resources | None, progress: Progress | None
) -> dict[str, Any]:
    found = measure_faithfulness(predictions, resources, progress=progress)
    draft.metrics |= {FAITHFUL + name: metric for name, metric in found.metrics.items()}
    draft.left_out |= {FAITHFUL + name: reason for name, reason in found.left_out.items()}
    draft.versions |= found.versions
    return found.counts


def _stratifications(
    predictions: Predictions, corpus: Corpus | None, progress: Progress | None
) -> tuple[list[Stratification], Nearest | None]:
    """Sort the rows by size and caption length, and where there is a training corpus by distance to it."""
    mine = molecules_of(predictions)
    found = [by_size(mine), by_caption_length(captions_of(predictions))]
    if corpus is None:
        return found, None
    theirs = [pair.smiles for pair in corpus.pairs]
    nearest = nearest_training(mine, theirs, progress)
    return [*found, by_similarity(nearest), by_relation(mine, theirs)], nearest


def _corpus(training: str | Path | Corpus | None) -> Corpus | None:
    from molreflect.tools.corpus import Corpus, read_corpus

    return training if training is None or isinstance(training, Corpus) else read_corpus(training)


class _Draft:
    """What an evaluation collects while it is made."""

    def __init__(self) -> None:
        self.metrics: dict[str, Metric] = {}
        self.values: dict[str, float] = {}
        self.left_out: dict[str, str] = {}
        self.notes: list[str] = []
        self.spoilt = ""
        self.tokenizers: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, str] = {"python": platform.python_version()}

    def note_package_versions(self, names: Sequence[str]) -> None:
        for name in names:
            try:
                self.versions[name] = version(name)
            except PackageNotFoundError:
                self.versions[name] = "not installed"

    def computed(self) -> dict[str, float]:
        """Values of all metrics; one that no row can decide moves to `left_out`."""
        for name in list(self.metrics):
            value = score(self.metrics[name])
            if math.isnan(value):
                del self.metrics[name]
                self.left_out[name] = (
                    "no row holds anything that can be judged"
                    if name.startswith(FAITHFUL)
                    else "no row has both a valid answer and a valid reference"
                )
            else:
                self.values[name] = value
        return self.values


def _score_cap2mol(
    predictions: Predictions, draft: _Draft, fcd: bool, workers: int | None, progress: Progress | None
) -> MoleculeScores:
    outputs, truths = [row.output for row in predictions.rows], [row.truth for row in predictions.rows]
    try:
        scores = score_molecules(outputs, truths, canonical=fcd, workers=workers, progress=progress)
    except ImportError as error:
        raise InputError(f"{error.name} is not installed; pip install 'molreflect[evaluate]'") from error
    statistics = ngram_statistics(outputs, truths)
    draft.metrics["bleu"] = Bleu(statistics, 4)
    for name, values in scores.compatible.items():
        among = scores.scored if name in ("maccs", "rdk", "morgan") else None
        draft.metrics[name] = Mean(values, among)
    strict = dict(scores.strict)
    strict["sentence_bleu"] = sentence_bleu(statistics, 4) * strict["validity"]
    for name, values in strict.items():
        draft.metrics[STRICT + name] = Mean(values)
    if scores.unreadable_truths:
        draft.notes.append(
            f"RDKit does not read {scores.unreadable_truths} ground truths: MolT5's scripts count their rows as "
            "invalid answers, strict mode scores them 0"
        )
        if scores.unreadable_truths >= SPOILT * len(truths):
            draft.spoilt = draft.spoilt or (
                f"{predictions.path}: RDKit reads {len(truths) - scores.unreadable_truths} of "
                f"{counted(len(truths), 'ground truth')}, e.g. not {shorten(truths[0], 60)}; see that the column "
                "holds SMILES"
            )
    too_long = sum(len(text) > MAX_SMILES for text in outputs)
    if too_long:
        draft.notes.append(
            f"{counted(too_long, 'answer')} of more than {MAX_SMILES:,} characters, not read and counted as "
            "invalid; MolT5's "
            "scripts would try"
        )
    if any(not text for text in outputs):
        draft.notes.append(
            f"{counted(sum(not text for text in outputs), 'empty answer')}: valid in MolT5's scripts, invalid "
            "in strict mode"
        )
    return scores


def _add_fcd(
    scores: MoleculeScores, draft: _Draft, resamples: int, seed: int, progress: Progress | None
) -> dict[str, tuple[float, float]]:
    from molreflect.training.evaluation.metrics.fcd import frechet_chemnet_distance

    try:
        found = frechet_chemnet_distance(scores.canonical, resamples=resamples, seed=seed, progress=progress)
    except InputError as error:
        draft.left_out["fcd"] = str(error)
        return {}
    draft.values["fcd"] = found.value
    draft.versions["fcd"] = found.package
    draft.notes.append(f"FCD by {found.package} of {found.molecules[0]} generated and {found.molecules[1]} references")
    return {"fcd": found.interval} if found.interval else {}


def _score_mol2cap(
    predictions: Predictions, draft: _Draft, tokenizers: Sequence[str], progress: Progress | None
) -> None:
    from molreflect.training.evaluation.metrics.captions import Meteor, clean_output, drop_special, rouge, rouge_words
    from molreflect.training.evaluation.metrics.tokenizers import VOCABULARIES, load_tokenizer
    from molreflect.training.evaluation.metrics.wordnet import MISSING, find_wordnet, load_wordnet

    outputs = [clean_output(row.output) for row in predictions.rows]
    truths = [row.truth for row in predictions.rows]
    answered = np.asarray([bool(text.strip()) for text in outputs], dtype=np.float64)
    try:
        rouges = rouge(outputs, truths)
    except ImportError as error:
        raise InputError(f"{error.name} is not installed; pip install 'molreflect[evaluate]'") from error
    for name, values in rouges.items():
        draft.metrics[name] = Mean(values)
        draft.metrics[STRICT + name] = Mean(values * answered)
    draft.metrics[STRICT + "answered"] = Mean(answered)
    same = [" ".join(a.split()) == " ".join(b.split()) for a, b in zip(outputs, truths, strict=True)]
    draft.metrics[STRICT + "exact_match"] = Mean(np.asarray(same, dtype=np.float64) * answered)

    meteor, no_meteor = None, MISSING
    place = find_wordnet()
    if place is not None:
        try:
            wordnet = load_wordnet(place)
            meteor = Meteor(wordnet.synonyms)
            draft.versions["wordnet"] = wordnet.version
            if wordnet.version != WORDNET:
                draft.notes.append(f"METEOR is with WordNet {wordnet.version}; published figures are with {WORDNET}")
        except ImportError as error:
            no_meteor = f"{error.name} is not installed; pip install 'molreflect[evaluate]'"
        except InputError as error:
            no_meteor = str(error)

    def add(name: str, prefix: str, answer: list[list[str]], reference: list[list[str]], cut: int | None) -> None:
        full = ngram_statistics(answer, reference)
        kept = [tokens[:cut] for tokens in answer], [tokens[:cut] for tokens in reference]
        shortened = [i for i in range(len(answer)) if cut is not None and max(len(answer[i]), len(reference[i])) > cut]
        if shortened:
            draft.notes.append(
                f"{counted(len(shortened), 'row')} with a text of more than {cut} {TOKENIZERS[name]} tokens, "
                "which MolT5's script "
                "cuts there; strict mode does not"
            )
        statistics = ngram_statistics(*kept) if shortened else full
        for order in ORDERS:
            draft.metrics[f"{prefix}bleu{order}_{name}"] = Bleu(statistics, order)
            draft.metrics[f"{STRICT}sentence_bleu{order}_{name}"] = Mean(sentence_bleu(full, order) * answered)
        if meteor is None:
            draft.left_out[f"{prefix}meteor_{name}"] = no_meteor
            return
        values = np.zeros(len(answer))
        for i, (mine, right) in enumerate(zip(*kept, strict=True)):
            values[i] = meteor.score(mine, right)
            if progress and (i % 200 == 0 or i + 1 == len(answer)):
                progress(f"meteor, {name}", i + 1, len(answer))
        draft.metrics[f"{prefix}meteor_{name}"] = Mean(values)
        strictly = values.copy()
        for i in shortened:
            strictly[i] = meteor.score(answer[i], reference[i])
        draft.metrics[f"{STRICT}meteor_{name}"] = Mean(strictly * answered)

    for name in tokenizers:
        try:
            tokenizer = load_tokenizer(name)
        except InputError as error:
            for metric in (*(f"bleu{order}" for order in ORDERS), "meteor"):
                draft.left_out[f"{metric}_{name}"] = str(error)
            continue
        published = tokenizer.sha256 == VOCABULARIES[name].sha256
        draft.tokenizers[name] = {"sha256": tokenizer.sha256, "published": published, "limit": tokenizer.limit}
        if not published:
            draft.notes.append(f"{tokenizer.path} is not the published {TOKENIZERS[name]} vocabulary")
        distinct = list(dict.fromkeys([*outputs, *truths]))
        tokens = {text: drop_special(cut) for text, cut in zip(distinct, tokenizer.tokenize(distinct), strict=True)}
        add(name, "", [tokens[text] for text in outputs], [tokens[text] for text in truths], tokenizer.limit)
    if len(draft.tokenizers) < len(tokenizers):
        # No published protocol, so under a name of its own: something to follow a training run with.
        add("words", OTHER, [rouge_words(text) for text in outputs], [rouge_words(text) for text in truths], None)

"""Evaluation that others can trust: MolT5's metrics to the digit, a strict mode, intervals and paired tests.

Whatever cannot be computed is named with its reason in `left_out`; nothing is replaced in silence.
"""

from __future__ import annotations

import json
import math
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np

from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.training.evaluation.faithfulness import NAMES as FAITHFULNESS_LABELS
from molreflect.training.evaluation.faithfulness import PREFIX as FAITHFUL
from molreflect.training.evaluation.faithfulness import measure_faithfulness
from molreflect.training.evaluation.metrics.bleu import ngram_statistics, sentence_bleu
from molreflect.training.evaluation.metrics.bootstrap import (
    Bleu,
    Mean,
    Metric,
    PairedTest,
    intervals,
    paired_tests,
    score,
)
from molreflect.training.evaluation.metrics.molecules import MAX_SMILES, MoleculeScores, Progress, score_molecules
from molreflect.training.evaluation.metrics.strata import (
    Nearest,
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
from molreflect.training.evaluation.prediction_files import Prediction, Predictions, read_predictions

if TYPE_CHECKING:
    from rich.table import Table

    from molreflect.tools.corpus import Corpus
    from molreflect.tools.resources import Resources

STRICT = "strict."
"""Prefix of strict metrics where they stand in one mapping with MolT5's."""
OTHER = "other."
"""Prefix of metrics that no published protocol has, such as BLEU on plain words."""
LABELS = {
    "bleu": "BLEU",
    "sentence_bleu": "BLEU, mean of rows",
    "exact_match": "Exact match",
    "exact_match_flat": "Exact match, no stereo",
    "exact_match_canonical": "Exact match, canonical SMILES",
    "levenshtein": "Levenshtein",
    "levenshtein_similarity": "Levenshtein similarity",
    "validity": "Validity",
    "maccs": "MACCS FTS",
    "rdk": "RDK FTS",
    "morgan": "Morgan FTS",
    "fcd": "FCD",
    "rouge1": "ROUGE-1",
    "rouge2": "ROUGE-2",
    "rougeL": "ROUGE-L",
    "answered": "Answered",
}
DISTANCES = frozenset(("levenshtein", "fcd"))
LOWER_IS_BETTER = DISTANCES | {"refuted", "refuted_rows"}
TOKENIZERS = {"scibert": "SciBERT", "t5": "T5", "words": "words"}
ORDERS = (2, 4)
WORDNET = "3.0"
"""Version behind published METEOR figures: the one nltk and Debian distribute."""
_FCD_RESAMPLES = 50
"""Most resamples for the interval of FCD, of which each costs as much as a thousand of all other metrics."""
_PACKAGES = {
    Direction.CAP2MOL: ("rdkit", "rapidfuzz", "numpy"),
    Direction.MOL2CAP: ("nltk", "rapidfuzz", "tokenizers", "sentencepiece", "numpy"),
}


def label(name: str) -> str:
    """Name of a metric as a table shows it, e.g. `BLEU-4 (SciBERT)`; prefixes are dropped."""
    if name.startswith(FAITHFUL):
        return FAITHFULNESS_LABELS[name.removeprefix(FAITHFUL)]
    bare = name.removeprefix(STRICT).removeprefix(OTHER)
    if bare in LABELS:
        return LABELS[bare]
    stem, _, tokenizer = bare.rpartition("_")
    words = {"bleu2": "BLEU-2", "bleu4": "BLEU-4", "meteor": "METEOR"}
    stems = words | {f"sentence_{k}": f"{v}, mean of rows" for k, v in words.items()}
    return f"{stems.get(stem, stem)} ({TOKENIZERS.get(tokenizer, tokenizer)})"


def higher_is_better(name: str) -> bool:
    """Whether a larger value of the metric is the better one."""
    return name.removeprefix(STRICT).removeprefix(OTHER).removeprefix(FAITHFUL) not in LOWER_IS_BETTER


@dataclass(frozen=True)
class Evaluation:
    """Every score of one prediction file, with what is needed to trust and repeat it."""

    path: str
    direction: Direction
    rows: int
    sha256: str
    """Of the prediction file."""
    molt5: dict[str, float]
    """Metrics as MolT5's scripts compute them, traps included; see docs/evaluation.md."""
    strict: dict[str, float]
    """Every invalid or empty answer counts as zero, everything is averaged over all rows."""
    other: dict[str, float]
    """Metrics that belong to no published protocol, under names of their own."""
    faithfulness: dict[str, Any]
    """What chemistry says of the answers' claims (`training.evaluation.faithfulness`); empty when not asked for."""
    intervals: dict[str, tuple[float, float]]
    """95 % bootstrap intervals; strict metrics under `strict.<name>`, others under `other.<name>`, faithfulness under
    `faithfulness.<name>`."""
    left_out: dict[str, str]
    """Metric -> why it was not computed."""
    invalid: dict[str, int]
    """Why answers are invalid in strict mode -> how many."""
    ragged: dict[str, int]
    """Problem of a row's fields -> how many rows have it."""
    notes: tuple[str, ...]
    tokenizers: dict[str, dict[str, Any]]
    versions: dict[str, str]
    bootstrap: dict[str, Any]
    strata: dict[str, dict[str, Stratum]]
    """Stratification -> class -> scores of its rows; empty when not asked for."""
    baseline: dict[str, Any]
    """Scores of copying the nearest training pair's answer; empty without a training corpus."""
    seconds: float
    metrics: dict[str, Metric] = field(repr=False)
    """Row-level material of every metric (FCD has none): what intervals, strata and paired tests are made from."""
    predictions: Predictions = field(repr=False)
    problems: tuple[str | None, ...] = field(repr=False, default=())
    """Why each answer is invalid; empty for mol2cap."""
    nearest: Nearest | None = field(repr=False, default=None)
    """The nearest training molecule of each row; None without a training corpus."""

    def to_dict(self) -> dict[str, Any]:
        """As plain data, with None for an undefined number; row-level material stays out."""
        inner = ("metrics", "predictions", "problems", "nearest")
        plain = {key: getattr(self, key) for key in self.__dataclass_fields__ if key not in inner}
        plain["strata"] = {
            name: {label: asdict(stratum) for label, stratum in classes.items()}
            for name, classes in self.strata.items()
        }
        cleaned: dict[str, Any] = _without_nan(plain)
        return cleaned

    def to_json(self, *, indent: int | None = 2) -> str:
        """As JSON, with `null` for an undefined number."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    def table(self) -> Table:
        """As a table for the terminal."""
        return evaluation_table(self)


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _without_nan(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


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
    counted: dict[str, Any] = {}
    if faithfulness:
        found = measure_faithfulness(predictions, resources, progress=progress)
        draft.metrics |= {FAITHFUL + name: metric for name, metric in found.metrics.items()}
        draft.left_out |= {FAITHFUL + name: reason for name, reason in found.left_out.items()}
        draft.versions |= found.versions
        counted = found.counts
    values = draft.computed()
    if bootstrap:
        ends |= intervals(draft.metrics, resamples=bootstrap, seed=seed)
    classes: dict[str, dict[str, Stratum]] = {}
    nearest = None
    if strata or corpus is not None:
        sorted_rows = [by_size(molecules_of(predictions)), by_caption_length(captions_of(predictions))]
        if corpus is not None:
            mine, theirs = molecules_of(predictions), [pair.smiles for pair in corpus.pairs]
            nearest = nearest_training(mine, theirs, progress)
            sorted_rows += [by_similarity(nearest), by_relation(mine, theirs)]
        classes = {s.name: stratify(draft.metrics, s, bootstrap=bootstrap, seed=seed) for s in sorted_rows}
    baseline: dict[str, Any] = {}
    if corpus is not None:
        copied = evaluate_predictions(
            copy_nearest(predictions, corpus, progress),
            bootstrap=0,
            tokenizers=tokenizers,
            workers=workers,
            progress=progress,
        )
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
        strict={name.removeprefix(STRICT): v for name, v in values.items() if name.startswith(STRICT)},
        other={name.removeprefix(OTHER): v for name, v in values.items() if name.startswith(OTHER)},
        faithfulness=_under("scores", FAITHFUL, values) | counted if faithfulness else {},
        intervals=ends,
        left_out=draft.left_out,
        invalid=invalid,
        ragged=predictions.ragged_counts,
        notes=tuple(draft.notes),
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


def _under(key: str, prefix: str, values: Mapping[str, float]) -> dict[str, Any]:
    return {key: {name.removeprefix(prefix): v for name, v in values.items() if name.startswith(prefix)}}


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
    too_long = sum(len(text) > MAX_SMILES for text in outputs)
    if too_long:
        draft.notes.append(
            f"{too_long} answers of more than {MAX_SMILES:,} characters are not read and count as invalid; MolT5's "
            "scripts would try"
        )
    if any(not text for text in outputs):
        draft.notes.append(
            f"{sum(not text for text in outputs)} answers are empty: valid in MolT5's scripts, invalid in strict mode"
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
    from molreflect.training.evaluation.metrics.wordnet import MISSING, WordNet, find_wordnet

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
            wordnet = WordNet(place)
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
                f"{len(shortened)} rows have a text of more than {cut} {TOKENIZERS[name]} tokens, which MolT5's script "
                "cuts there; strict mode does not"
            )
        counted = ngram_statistics(*kept) if shortened else full
        for order in ORDERS:
            draft.metrics[f"{prefix}bleu{order}_{name}"] = Bleu(counted, order)
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


# --- tables


SCORE_HEADINGS = ("metric", "MolT5", "95 %", "strict", "95 %")
TEST_HEADINGS = ("metric", "A", "B", "B - A", "95 %", "p", "ahead")


def score_rows(evaluation: Evaluation) -> list[list[str]]:
    """Every score with its interval, MolT5's and strict side by side, as texts under `SCORE_HEADINGS`."""
    rows = []
    names = dict.fromkeys([*evaluation.molt5, *evaluation.strict])
    for name in sorted(names, key=lambda name: name == "fcd"):
        # The packages differ on salts, so a distance never stands without the one that made it.
        cells = [f"{label(name)} ({evaluation.versions['fcd']})" if name == "fcd" else label(name)]
        for values, key in ((evaluation.molt5, name), (evaluation.strict, STRICT + name)):
            value = values.get(name)
            cells += ["" if value is None else number(name, value), span(name, evaluation.intervals.get(key))]
        rows.append(cells)
    for name, value in evaluation.other.items():
        ends = evaluation.intervals.get(OTHER + name)
        rows.append([label(name), "", "", number(name, value), span(name, ends)])
    return rows


def faithfulness_rows(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """Name, value and interval of every faithfulness score; empty when not asked for."""
    scores = evaluation.faithfulness.get("scores", {})
    return [
        (label(FAITHFUL + name), number(name, value), span(name, evaluation.intervals.get(FAITHFUL + name)))
        for name, value in scores.items()
    ]


def evaluation_table(evaluation: Evaluation) -> Table:
    """Scores with intervals, MolT5's and strict side by side, for the terminal."""
    from rich.markup import escape
    from rich.table import Table

    title = f"{evaluation.path}: {evaluation.direction}, {evaluation.rows:,} rows"
    table = Table(title=escape(title), caption=escape(_caption(evaluation)), caption_justify="left")
    for heading in SCORE_HEADINGS:
        table.add_column(heading, justify="left" if heading == "metric" else "right")
    for cells in score_rows(evaluation):
        table.add_row(*cells)
    claims = faithfulness_rows(evaluation)
    if claims:
        table.add_section()
    for name, value, ends in claims:
        table.add_row(name, "", "", value, ends)
    return table


def headlines(direction: Direction, names: Sequence[str]) -> list[str]:
    """The few metrics that a narrow table shows, of those in `names`."""
    wanted = {
        Direction.CAP2MOL: [f"{STRICT}exact_match", f"{STRICT}morgan", "bleu", "levenshtein", f"{STRICT}validity"],
        Direction.MOL2CAP: [
            "bleu4_scibert",
            "bleu4_t5",
            f"{OTHER}bleu4_words",
            "rougeL",
            "meteor_scibert",
            "meteor_t5",
        ],
    }
    return [name for name in wanted[direction] if name in names]


def strata_rows(evaluation: Evaluation) -> tuple[list[str], list[list[str]]]:
    """Headline scores of each class of rows; the copy-the-neighbour baseline stands last.

    Returns:
        Headings, and rows of texts, of which one of a single cell names the classes that follow.
    """
    names = headlines(evaluation.direction, list(evaluation.metrics))
    rows: list[list[str]] = []
    for title, classes in evaluation.strata.items():
        rows.append([title])
        for name, stratum in classes.items():
            cells = [number(metric.removeprefix(STRICT), stratum.scores[metric]) for metric in names]
            rows.append([name, f"{stratum.rows:,}", *cells])
    if evaluation.baseline:
        known = evaluation.baseline["molt5"] | {STRICT + k: v for k, v in evaluation.baseline["strict"].items()}
        rows.append(["without any model"])
        cells = [number(name.removeprefix(STRICT), known[name]) if name in known else "" for name in names]
        rows.append(["copying the nearest neighbour", f"{evaluation.rows:,}", *cells])
    return ["class", "rows", *(_heading(name) for name in names)], rows


def _heading(name: str) -> str:
    return label(name) + (", strict" if name.startswith(STRICT) else "")


def strata_table(evaluation: Evaluation) -> Table:
    """Headline scores of each class of rows, for the terminal; the copy-the-neighbour baseline stands last."""
    from rich.markup import escape
    from rich.table import Table

    headings, rows = strata_rows(evaluation)
    table = Table(title=escape(f"{evaluation.path}, by class of rows"))
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "class" else "right")
    for cells in rows:
        if len(cells) == 1:
            table.add_section()
            table.add_row(cells[0], style="bold")
        else:
            table.add_row("  " + cells[0], *cells[1:])
    return table


def _caption(evaluation: Evaluation) -> str:
    lines = []
    for title, counts in (("invalid answers", evaluation.invalid), ("ragged rows", evaluation.ragged)):
        if counts:
            lines.append(f"{title}: " + ", ".join(f"{n} {reason}" for reason, n in counts.items()))
    for verdict, counts in evaluation.faithfulness.get("reasons", {}).items():
        lines.append(f"claims {verdict}: " + ", ".join(f"{n} {reason}" for reason, n in counts.items()))
    lines += evaluation.notes
    reasons: dict[str, list[str]] = {}
    for name, reason in evaluation.left_out.items():
        reasons.setdefault(reason, []).append(name)
    lines += [f"left out {', '.join(names)}: {reason}" for reason, names in reasons.items()]
    lines.append(", ".join(f"{name} {number}" for name, number in evaluation.versions.items()))
    return "\n".join(lines)


def number(name: str, value: float) -> str:
    """A value with the digits the field prints: two for distances, four for shares."""
    return "" if math.isnan(value) else f"{value:.2f}" if name in DISTANCES else f"{value:.4f}"


def span(name: str, ends: tuple[float, float] | None) -> str:
    """An interval as text; empty for none."""
    return "" if ends is None else f"{number(name, ends[0])} .. {number(name, ends[1])}"


# --- comparison


@dataclass(frozen=True)
class Comparison:
    """Two systems' answers to the same rows, tested metric by metric."""

    a: Evaluation
    b: Evaluation
    """Its rows are in A's order."""
    tests: dict[str, PairedTest]
    """Metric -> paired test; strict metrics under `strict.<name>`."""
    left_out: dict[str, str]
    settings: dict[str, Any]

    @property
    def flips(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Rows (0-based, in A's order) that only B, and that only A, answers exactly in strict mode."""
        a, b = (e.metrics[STRICT + "exact_match"].rows() for e in (self.a, self.b))
        return tuple(np.flatnonzero(b > a).tolist()), tuple(np.flatnonzero(a > b).tolist())

    def to_dict(self) -> dict[str, Any]:
        """As plain data, with None for an undefined number."""
        won, lost = self.flips
        plain = {
            "direction": self.a.direction,
            "rows": self.a.rows,
            "a": {"path": self.a.path, "sha256": self.a.sha256},
            "b": {"path": self.b.path, "sha256": self.b.sha256},
            "tests": {
                name: asdict(test) | {"ahead": ahead(name, test.difference)} for name, test in self.tests.items()
            },
            "flips": {"only_b_exact": len(won), "only_a_exact": len(lost)},
            "left_out": self.left_out,
            "settings": self.settings,
            "versions": self.a.versions,
        }
        cleaned: dict[str, Any] = _without_nan(plain)
        return cleaned

    def to_json(self, *, indent: int | None = 2) -> str:
        """As JSON, with `null` for an undefined number."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    def table(self) -> Table:
        """As a table for the terminal."""
        from rich.markup import escape
        from rich.table import Table

        table = Table(title=escape(f"A {self.a.path}\nB {self.b.path}\n{self.a.direction}, {self.a.rows:,} rows"))
        for heading in TEST_HEADINGS:
            table.add_column(heading, justify="left" if heading == "metric" else "right")
        for cells in comparison_rows(self):
            table.add_row(*cells)
        return table


def comparison_rows(comparison: Comparison) -> list[list[str]]:
    """Every paired test as texts under `TEST_HEADINGS`."""
    return [
        [
            _heading(name),
            number(name.removeprefix(STRICT), test.a),
            number(name.removeprefix(STRICT), test.b),
            f"{test.difference:+.4f}",
            f"{test.low:+.4f} .. {test.high:+.4f}",
            f"{test.p_value:.4f}",
            ahead(name, test.difference),
        ]
        for name, test in comparison.tests.items()
    ]


def ahead(name: str, difference: float) -> str:
    """Which system is ahead for a difference B - A: `A`, `B` or `same`."""
    if difference == 0 or math.isnan(difference):
        return "same"
    return "B" if (difference > 0) == higher_is_better(name) else "A"


def compare(
    a: str | Path,
    b: str | Path,
    direction: str | Direction | None = None,
    *,
    bootstrap: int = 1000,
    trials: int = 10_000,
    seed: int = 0,
    tokenizers: Sequence[str] = ("scibert", "t5"),
    workers: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Test whether two prediction files differ, on the same rows.

    Rows are paired by input and ground truth, so the files may be in different order. Intervals are of the difference
    B - A over resampled rows; p-values come from paired approximate randomisation (see
    `training.evaluation.metrics.bootstrap`).

    Raises:
        InputError: a file cannot be read, or the files do not hold the same questions.
    """
    left = read_predictions(a, direction)
    right = align(left, read_predictions(b, left.direction))
    one, two = (
        evaluate_predictions(p, bootstrap=0, tokenizers=tokenizers, workers=workers, progress=progress)
        for p in (left, right)
    )
    return compare_evaluations(one, two, bootstrap=bootstrap, trials=trials, seed=seed)


def compare_evaluations(
    one: Evaluation, two: Evaluation, *, bootstrap: int = 1000, trials: int = 10_000, seed: int = 0
) -> Comparison:
    """Test whether two evaluations differ; row `i` of both must answer the same question. See `compare`."""
    left_out = {name: reason for e in (one, two) for name, reason in e.left_out.items()}
    left_out["fcd"] = "has no rows to pair"
    if one.direction is Direction.MOL2CAP:
        del left_out["fcd"]  # captions have none to begin with
    return Comparison(
        one,
        two,
        paired_tests(one.metrics, two.metrics, resamples=bootstrap, trials=trials, seed=seed),
        left_out,
        {"resamples": bootstrap, "trials": trials, "seed": seed, "level": 0.95},
    )


def align(a: Predictions, b: Predictions) -> Predictions:
    """Put B's rows into A's order.

    Raises:
        InputError: the two do not hold the same pairs of input and ground truth.
    """
    places: dict[tuple[str, str], list[Prediction]] = {}
    for row in reversed(b.rows):
        places.setdefault(_question(row), []).append(row)
    ordered, missing = [], 0
    for row in a.rows:
        found = places.get(_question(row))
        if found:
            ordered.append(found.pop())
        else:
            missing += 1
    surplus = len(b.rows) - len(ordered)
    if missing or surplus:
        raise InputError(
            f"{a.path} and {b.path} do not answer the same questions: {missing} rows only in the first, {surplus} only "
            "in the second (rows are paired by input and ground truth)"
        )
    return Predictions(b.path, b.direction, tuple(ordered), b.ragged, b.sha256)


def _question(row: Prediction) -> tuple[str, str]:
    """Input and ground truth; some groups' files double the backslashes of SMILES."""
    return row.source.strip().replace("\\\\", "\\"), row.truth.strip().replace("\\\\", "\\")

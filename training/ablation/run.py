"""The ablation: every arm trained with the same steps on the same rows, evaluated on the same held-out rows.

Rows are chosen once, before any arm is looked at: a row takes part only if it fits in every arm, so that no arm skips
what another one trains on. The order of rows is planned from the pairs alone (`training.student.train.plan`), so
that with the
same seed all arms see the same pairs in the same order. What differs between two arms is what stands in their prompts
and completions, and therefore their tokens, which the table reports.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from molreflect.tools.errors import InputError
from molreflect.tools.storage import atomic_write_text, require_same_settings, run_lock
from molreflect.tools.terms import Direction
from molreflect.training.ablation.settings import CURRICULUM, FIXED, AblationSettings
from molreflect.training.config import Arm, StudentConfig
from molreflect.training.evaluation.evaluate import evaluate_predictions
from molreflect.training.evaluation.metrics.bootstrap import (
    Bleu,
    Metric,
    PairedTest,
    Share,
    intervals,
    paired_tests,
    score,
)
from molreflect.training.evaluation.metrics.strata import copy_nearest
from molreflect.training.evaluation.prediction_files import read_predictions
from molreflect.training.evaluation.results import Evaluation
from molreflect.training.examples.builder import ExampleBuilder, TooLongError
from molreflect.training.examples.records import TrainRecord, fingerprint, read_run, read_supplied
from molreflect.training.student.folder import MANIFEST_FILE, METRICS_FILE, read_student
from molreflect.training.student.plan import Split
from molreflect.training.student.predict import COLUMNS, Judge, predict
from molreflect.training.student.train import train

if TYPE_CHECKING:
    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.tools.resources import Resources

SETTINGS_FILE, TABLE_FILE, DATA_FILE, HELDOUT_FILE, TRAINING_FILE = (
    "ablation.yaml",
    "table.md",
    "table.json",
    "heldout.tsv",
    "training.tsv",
)
BASELINE = "copy nearest"
"""Name of the baseline that answers with the answer of the most similar training pair."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which records an ablation trains and tests on, and which it cannot."""

    split: Split
    records: int
    """Records of the run."""
    too_long: int
    """Records that do not fit in every arm."""
    over_row_tokens: int
    """Records that take more tokens than the settings allow."""
    without_alignments: int
    """Chosen training records without any verified alignment."""


@dataclass(frozen=True)
class System:
    """One line of the table: an arm, the verifier's choice among an arm's candidates, or the baseline."""

    name: str
    metrics: dict[str, Metric]
    """Over all seeds; row `i` is the question `i`, its values added up over the seeds."""
    values: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    by_seed: dict[int, dict[str, float]]
    """Empty for the baseline, which has no seed."""
    left_out: dict[str, str]
    cost: dict[str, Any] = field(default_factory=dict)
    """Steps, examples, tokens, seconds: means over the seeds."""


@dataclass(frozen=True, slots=True)
class Test:
    """A paired test between two systems of one direction, over the questions."""

    a: str
    b: str
    tests: dict[str, PairedTest]
    """Differences are `a - b`: `PairedTest.b` belongs to the system `a` here, since that is the one under test."""


@dataclass(frozen=True)
class Results:
    """What one direction gave."""

    direction: Direction
    rows: int
    systems: tuple[System, ...]
    tests: tuple[Test, ...]
    histories: dict[str, list[list[float]]]
    """Arm -> training loss of every logged step, one list a seed."""


@dataclass(frozen=True)
class AblationResult:
    """Where an ablation's results are, and what they are."""

    out: Path
    results: tuple[Results, ...]
    chosen: Chosen
    table: str
    """The Markdown table."""
    data: dict[str, Any]
    """The same with every metric, as `table.json` has it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One training with its prediction."""

    direction: Direction
    arm: str
    seed: int

    @property
    def name(self) -> str:
        """As a folder and as a sign of life."""
        return f"{self.direction}/{self.arm}-{self.seed}"


Progress = Callable[[str, int, int], None]
"""What is going on, done, of how many (0 where nobody knows)."""


def choose(
    records: Sequence[TrainRecord],
    settings: AblationSettings,
    config: StudentConfig,
    chat_format: ChatFormat,
    *,
    supplied: Mapping[str, Any] | None = None,
) -> Chosen:
    """Choose the rows of all arms: held-out molecules first, then training ones, in an order by hash.

    A record takes part if its example fits into `max_length` in both directions and in every arm, asked for or not:
    with the same settings, an arm or a direction that is added later meets the same rows.

    Raises:
        InputError: There are not enough records for the rows asked for.
    """
    arms = [arm for arm in Arm if arm is not Arm.SUPPLIED or Arm.SUPPLIED in settings.arms]
    builders = [
        ExampleBuilder(
            format=chat_format,
            arm=arm,
            max_alignments=config.max_alignments,
            max_length=config.max_length,
            supplied=supplied,
        )
        for arm in arms
        # Arms without context are shorter than their twins, and filler takes as many tokens as `written`.
        if arm not in (Arm.NO_CONTEXT, Arm.FILLER)
    ]
    too_long = over = 0
    fitting: list[TrainRecord] = []
    for record in records:
        if settings.row_tokens is not None and _row_tokens(record, config, chat_format) > settings.row_tokens:
            over += 1
            continue
        try:
            for builder in builders:
                # One-sided alignments are there for one direction only.
                for direction in settings.directions if builder.arm is Arm.SUPPLIED else Direction:
                    builder.example(record, (), direction)
        except TooLongError:
            too_long += 1
            continue
        fitting.append(record)
    blocks: dict[str, list[TrainRecord]] = {}
    for record in fitting:
        blocks.setdefault(record.block, []).append(record)
    order = sorted(blocks, key=lambda block: hashlib.sha256(f"{settings.split_seed}:{block}".encode()).digest())
    heldout: list[TrainRecord] = []
    train_side: list[TrainRecord] = []
    for block in order:
        if len(heldout) < settings.heldout_rows:
            heldout += blocks[block][: settings.heldout_rows - len(heldout)]
        elif settings.train_rows is None or len(train_side) < settings.train_rows:
            left = None if settings.train_rows is None else settings.train_rows - len(train_side)
            train_side += blocks[block][:left]
        else:
            break
    if len(heldout) < settings.heldout_rows or len(train_side) < (settings.train_rows or 2):
        raise InputError(
            f"{len(fitting)} of {len(records)} records fit in every arm ({over} over row_tokens, {too_long} over "
            f"max_length={config.max_length}): not enough for {settings.heldout_rows} held-out and "
            f"{settings.train_rows or 'at least 2'} training rows; ask for fewer, or raise max_length"
        )
    return Chosen(
        Split(tuple(train_side), tuple(heldout)),
        len(records),
        too_long,
        over,
        sum(not record.parts for record in train_side),
    )


def _row_tokens(record: TrainRecord, config: StudentConfig, chat_format: ChatFormat) -> int:
    def rationale(parts: Sequence[Any]) -> int:
        return chat_format.count("\n".join(f"{p.phrase} -> {p.fragment}" for p in parts[: config.max_alignments]))

    pair = chat_format.count(f"{record.smiles}\n{record.caption}")
    return pair + max(rationale(record.parts), rationale(record.draft))


def ablate(
    run_dir: Path | str,
    out: Path | str,
    settings: AblationSettings,
    config: StudentConfig,
    *,
    resources: Resources | None = None,
    cache: Path | None = None,
    judge: Judge | None = None,
    progress: Progress | None = None,
) -> AblationResult:
    """Train and evaluate all arms, and write one table.

    Every cell (direction, arm, seed) is a folder under `out`; a finished one is kept, a broken-off one goes on from its
    last checkpoint or its last window of predictions. Arms, seeds, directions and candidates can be added by a later
    call with the same other settings.

    Args:
        run_dir: Run directory of a distillation from the pair view.
        out: Folder for everything; a second call with the same settings goes on there.
        settings: Arms, seeds, directions, rows.
        config: Of every training; its arm, direction, seed and held-out share are set by the ablation.
        resources: What claims are looked up in; one is opened where it is needed and none is given.
        cache: Where that resources keeps names turned into structures.
        judge: Chooses among candidates; the verifier where not given.
        progress: Called with every sign of life.

    Raises:
        InputError: The run cannot be read, there are not enough rows, or `out` holds an ablation with other
            settings or records.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when huggingface_hub is imported first
    _require_packages()
    if config.curriculum:
        raise InputError("an ablation's curriculum is an arm of its own: set its own curriculum, not the training's")
    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.agents.student.weights import load_tokenizer, resolve_base

    tell = progress or (lambda *_: None)
    out = Path(out)
    records = read_run(run_dir, limit=config.limit)
    supplied = None
    if Arm.SUPPLIED in settings.arms:
        if not config.supplied_run:
            raise InputError("the supplied arm needs the setting supplied_run, a one-sided run over the same corpus")
        supplied = read_supplied(config.supplied_run, settings.directions[0])
        records = [record for record in records if record.id in supplied]
    tell("choosing rows", 0, 0)
    base = resolve_base(config.base, notify=lambda line: tell(line, 0, 0))
    chosen = choose(records, settings, config, ChatFormat(load_tokenizer(base)), supplied=supplied)
    _open_out(out, _identity(settings, config, chosen), settings)
    write_pairs(out / HELDOUT_FILE, chosen.split.heldout)
    write_pairs(out / TRAINING_FILE, chosen.split.train)
    cells = [
        Cell(direction, arm, seed)
        for seed in settings.seeds  # seed by seed, so that a table over fewer seeds can be had early
        for direction in settings.directions
        for arm in settings.arms
    ]
    with ExitStack() as stack:
        stack.enter_context(run_lock(out, "the ablation"))
        opened = stack.enter_context(_tools(resources, cache, needed=settings.faithfulness or settings.candidates > 1))
        if judge is None and settings.candidates > 1:
            judge = _verifier(opened)
        for number, cell in enumerate(cells):
            tell("cells", number, len(cells))
            _run_cell(cell, run_dir, out, settings, config, chosen, judge, tell)
        tell("cells", len(cells), len(cells))
        results = tuple(_results(direction, out, settings, chosen, opened, tell) for direction in settings.directions)
    from molreflect.training.ablation.report import as_data, markdown, write_plots

    table = markdown(results, settings, config, chosen)
    data = as_data(results, settings, config, chosen) | {"versions": _versions(), "device": _device()}
    atomic_write_text(out / DATA_FILE, json.dumps(data, indent=1, ensure_ascii=False))
    atomic_write_text(out / TABLE_FILE, table)
    write_plots(results, settings, out)
    return AblationResult(out, results, chosen, table, data)


def _require_packages() -> None:
    try:
        import matplotlib  # noqa: F401
        import rapidfuzz  # noqa: F401
        import rouge_score  # noqa: F401
    except ImportError as error:  # hours of training must not end with this
        raise InputError(f"{error.name} is not installed; pip install 'molreflect[evaluate]'") from error


def _identity(settings: AblationSettings, config: StudentConfig, chosen: Chosen) -> dict[str, Any]:
    """What must be the same for cells to stand in one table."""
    own = {k: v for k, v in settings.plain().items() if k in FIXED}
    return {
        "rows": own,
        "training": {
            k: v
            for k, v in config.plain().items()
            if k not in ("arm", "direction", "seed", "eval_fraction", "too_long", "curriculum", "curriculum_steps")
        },
        "training_records": fingerprint(chosen.split.train),
        "heldout_records": fingerprint(chosen.split.heldout),
    }


def _open_out(out: Path, identity: Mapping[str, Any], settings: AblationSettings) -> None:
    mark = out / SETTINGS_FILE
    if mark.is_file():
        known = yaml.safe_load(mark.read_text(encoding="utf-8"))
        require_same_settings(f"{out} holds an ablation", known.get("identity", {}), identity)
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} exists and is no ablation's folder; pass a new one")
    out.mkdir(parents=True, exist_ok=True)
    whole = {"settings": settings.plain(), "identity": dict(identity)}
    atomic_write_text(mark, yaml.safe_dump(whole, sort_keys=False, allow_unicode=True))


def write_pairs(path: Path, records: Sequence[TrainRecord]) -> None:
    """Write records as a corpus in MolT5's layout."""
    lines = ["CID\tSMILES\tdescription"]
    lines += [f"{r.id}\t{r.smiles}\t{' '.join(r.caption.split())}" for r in records]
    atomic_write_text(path, "\n".join(lines) + "\n")


def cell_config(config: StudentConfig, cell: Cell, settings: AblationSettings) -> StudentConfig:
    """The settings of one cell's training."""
    own: dict[str, Any] = {"arm": cell.arm}
    if cell.arm == CURRICULUM:
        first = round(config.max_steps * settings.curriculum_share)
        if not 0 < first < config.max_steps:
            raise InputError(
                f"{settings.curriculum_share:g} of {config.max_steps} steps leave none for the curriculum or for the "
                "rows proper; raise max_steps"
            )
        own = {"arm": Arm.WRITTEN, "curriculum": settings.curriculum, "curriculum_steps": first}
        # The rows proper fit, as they do for every arm; those of the curriculum were not looked at.
        own |= {"max_steps": config.max_steps - first, "too_long": "skip"}
    common: dict[str, Any] = {
        "direction": str(cell.direction),
        "seed": cell.seed,
        "eval_fraction": 0.0,
        "too_long": "stop",
    }
    return config.changed(**(common | own))


def _run_cell(
    cell: Cell,
    run_dir: Path | str,
    out: Path,
    settings: AblationSettings,
    config: StudentConfig,
    chosen: Chosen,
    judge: Judge | None,
    tell: Progress,
) -> None:
    folder = out / cell.name
    folder.mkdir(parents=True, exist_ok=True)
    student = folder / "student"
    wanted = cell_config(config, cell, settings)
    if (student / MANIFEST_FILE).is_file():
        if read_student(student).config != wanted:
            raise InputError(f"{student} was trained with other settings; delete it, or ablate into another folder")
    else:

        def training(sign: Any) -> None:
            loss = "" if sign.loss is None else f", loss {sign.loss:.3f}"
            tell(f"{cell.name}: {sign.stage}{loss}", sign.step, sign.total)

        train(run_dir, student, wanted, split=chosen.split, progress=training)
        _free()
    candidates = settings.candidates_of(cell.arm)
    said = folder / f"{prediction_name(candidates)}.json"
    if not said.is_file():
        done = predict(
            student,
            chosen.split.heldout,
            cell.direction,
            folder / f"{prediction_name(candidates)}.tsv",
            candidates=candidates,
            batch_size=settings.batch_size,
            seed=cell.seed,
            judge=judge,
            supplied_run=config.supplied_run if cell.arm == Arm.SUPPLIED else None,
            overwrite=True,  # a kill between the two files leaves one of them
            progress=lambda sign: tell(f"{cell.name}: predict", sign.done, sign.total),
        )
        if done.failed:
            raise RuntimeError(f"{done.failed} held-out rows of {cell.name} could not be asked, see {done.jsonl}")
        atomic_write_text(said, json.dumps({"seconds": done.seconds, "statuses": done.statuses}, indent=1))
        _free()


def prediction_name(candidates: int) -> str:
    """Name of a cell's prediction files, without the ending."""
    return f"pred-k{candidates}"


def _free() -> None:
    """Weights of one cell must not stand beside those of the next."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@contextmanager
def _tools(resources: Resources | None, cache: Path | None, *, needed: bool) -> Iterator[Resources | None]:
    if resources is not None or not needed:
        yield resources
        return
    from molreflect.tools.resources import open_resources

    opened = open_resources(cache)
    try:
        yield opened
    finally:
        opened.close()


def _verifier(resources: Resources | None) -> Judge:
    from molreflect.training.student.rerank import Verifier

    if resources is None:
        raise RuntimeError("choosing among candidates needs a resources")
    return Verifier(resources)


# --- results


def _results(
    direction: Direction,
    out: Path,
    settings: AblationSettings,
    chosen: Chosen,
    resources: Resources | None,
    tell: Progress,
) -> Results:
    """Evaluate the cells of one direction and test them against each other."""
    _check_equal(direction, out, settings)

    def scored(path: Path) -> Evaluation:
        tell(f"scoring {path.parent.name}/{path.name}", 0, 0)
        return evaluate_predictions(
            read_predictions(path, direction),
            bootstrap=0,
            faithfulness=settings.faithfulness,
            resources=resources,
        )

    systems: dict[str, System] = {}
    pairs: list[tuple[str, str]] = []
    histories: dict[str, list[list[float]]] = {}
    for arm in settings.arms:
        folders = {seed: out / Cell(direction, arm, seed).name for seed in settings.seeds}
        candidates = settings.candidates_of(arm)
        file = prediction_name(candidates)
        variants = {str(arm): file}
        if candidates > 1:
            for folder in folders.values():
                write_single(folder, file, direction)
            best = f"{arm}, best of {candidates}"
            variants = {str(arm): f"{file}-greedy", f"{arm}, one sample": f"{file}-sample", best: file}
            pairs += [(best, str(arm)), (best, f"{arm}, one sample")]
        for name, file in variants.items():
            cost = _cost(list(folders.values()), prediction_name(candidates)) if name == str(arm) else {}
            by_seed = {seed: scored(folder / f"{file}.tsv") for seed, folder in folders.items()}
            systems[name] = pool(name, by_seed, settings, cost)
        histories[str(arm)] = [_losses(folder / "student" / "history.jsonl") for folder in folders.values()]
    reference = str(settings.reference)
    pairs = [(reference, str(arm)) for arm in settings.arms if str(arm) != reference] + pairs
    copied = _copy_baseline(direction, out, chosen, settings, resources)
    # One answer for each seed, so that each side of a paired test counts as many answers.
    systems[BASELINE] = pool(BASELINE, dict.fromkeys(settings.seeds, copied), settings, {}, seeded=False)
    pairs.append((reference, BASELINE))
    tests = tuple(
        Test(
            a,
            b,
            paired_tests(systems[b].metrics, systems[a].metrics, resamples=settings.bootstrap, trials=settings.trials),
        )
        for a, b in pairs
    )
    return Results(direction, len(chosen.split.heldout), tuple(systems.values()), tests, histories)


def _check_equal(direction: Direction, out: Path, settings: AblationSettings) -> None:
    """Equal steps, equal rows, equal order: read from what the trainings wrote down, not from what was asked for."""
    for seed in settings.seeds:
        facts = {}
        for arm in settings.arms:
            student = out / Cell(direction, arm, seed).name / "student"
            manifest = json.loads((student / MANIFEST_FILE).read_text(encoding="utf-8"))
            metrics = json.loads((student / METRICS_FILE).read_text(encoding="utf-8"))
            facts[arm] = (
                tuple(manifest["train_ids"]),
                tuple(manifest["heldout_ids"]),
                metrics["steps"],
                metrics["examples"],
                # A curriculum's first steps are on other rows; how many it makes, and on what, stands in the table.
                metrics["order_sha256"] if arm != CURRICULUM else None,
            )
        same = {fact[:-1] for fact in facts.values()}
        orders = {fact[-1] for arm, fact in facts.items() if arm != CURRICULUM}
        if len(same) > 1 or len(orders) > 1:
            raise RuntimeError(f"the arms of {direction}, seed {seed}, were not trained on the same rows and steps")


def _cost(folders: Sequence[Path], file: str) -> dict[str, Any]:
    metrics = [json.loads((f / "student" / METRICS_FILE).read_text(encoding="utf-8")) for f in folders]
    asked = [json.loads((f / f"{file}.json").read_text(encoding="utf-8")) for f in folders]
    statuses: dict[str, int] = {}
    for one in asked:
        for status, count in one["statuses"].items():
            statuses[status] = statuses.get(status, 0) + count

    def mean(values: Sequence[float]) -> float:
        return round(sum(values) / len(values), 2)

    return {
        "steps": metrics[0]["steps"],
        "examples": metrics[0]["examples"],
        "tokens_trained_on": round(mean([m["tokens_trained_on"] for m in metrics])),
        "tokens_with_prompts": round(mean([m["tokens_trained_on_with_prompts"] for m in metrics])),
        "examples_with_dropped_neighbours": metrics[0]["examples_with_dropped_neighbours"],
        "heldout_loss": mean([m["heldout_loss_after"]["all"] for m in metrics])
        if all(m["heldout_loss_after"] for m in metrics)
        else None,
        "train_seconds": mean([m["seconds"]["train"] for m in metrics]),
        "predict_seconds": mean([one["seconds"] for one in asked]),
        "statuses": statuses,
    }


def _losses(path: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in path.read_text(encoding="utf-8").splitlines()]


def pool(
    name: str,
    by_seed: Mapping[int, Evaluation],
    settings: AblationSettings,
    cost: dict[str, Any],
    *,
    seeded: bool = True,
) -> System:
    """One system over its seeds.

    Every metric depends on its rows through sums of columns (`training.evaluation.metrics.bootstrap`), so the
    columns of a
    question are added up over the seeds: values are means over the seeds, and a resample draws questions, each with
    all its answers.
    """
    evaluations = list(by_seed.values())
    names = [n for n in evaluations[0].metrics if all(n in e.metrics for e in evaluations)]
    metrics = {n: _added([e.metrics[n] for e in evaluations]) for n in names}
    return System(
        name,
        metrics,
        {n: score(metric) for n, metric in metrics.items()},
        intervals(metrics, resamples=settings.bootstrap),
        {seed: {n: score(m) for n, m in e.metrics.items()} for seed, e in by_seed.items()} if seeded else {},
        {n: reason for e in evaluations for n, reason in e.left_out.items()},
        cost,
    )


def _added(metrics: Sequence[Metric]) -> Metric:
    first = metrics[0]
    if isinstance(first, Bleu):
        return Bleu(np.sum([m.statistics for m in metrics if isinstance(m, Bleu)], axis=0), first.order)
    columns = np.sum([m.columns() for m in metrics], axis=0)
    return Share(columns[:, 0], columns[:, 1])


def write_single(folder: Path, file: str, direction: Direction) -> None:
    """From all candidates, what one greedy answer and what one sample would have been: `FILE-greedy`, `FILE-sample`."""
    rows = [json.loads(line) for line in (folder / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()]
    predictions = read_predictions(folder / f"{file}.tsv", direction)
    for name, at in (("greedy", 0), ("sample", 1)):
        lines = ["\t".join(COLUMNS[direction])]
        for row, shown in zip(rows, predictions.rows, strict=True):
            answer = " ".join(row["candidates"][at]["answer"].split())
            lines.append(f"{shown.source}\t{shown.truth}\t{answer}")
        atomic_write_text(folder / f"{file}-{name}.tsv", "\n".join(lines) + "\n")
        # The rationale metrics read the chosen candidate from a file of the same name.
        chosen = [{**row, "output": row["candidates"][at]["answer"], "chosen": at} for row in rows]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in chosen)
        atomic_write_text(folder / f"{file}-{name}.jsonl", text)


def _copy_baseline(
    direction: Direction, out: Path, chosen: Chosen, settings: AblationSettings, resources: Resources | None
) -> Evaluation:
    from molreflect.tools.corpus import Corpus, Pair

    pairs = tuple(Pair(r.id, r.smiles, r.caption, r.smiles, i) for i, r in enumerate(chosen.split.train, start=1))
    corpus = Corpus(pairs, (), fingerprint(chosen.split.train), "the training rows")
    first = out / Cell(direction, settings.arms[0], settings.seeds[0]).name
    file = prediction_name(settings.candidates_of(settings.arms[0]))
    copied = copy_nearest(read_predictions(first / f"{file}.tsv", direction), corpus)
    lines = ["\t".join(COLUMNS[direction])]
    lines += ["\t".join((row.source, row.truth, " ".join(row.output.split()))) for row in copied.rows]
    path = out / str(direction) / "copy-nearest.tsv"
    atomic_write_text(path, "\n".join(lines) + "\n")
    return evaluate_predictions(
        read_predictions(path, direction), bootstrap=0, faithfulness=settings.faithfulness, resources=resources
    )


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("torch", "transformers", "trl", "peft", "rdkit", "molreflect")}


def _device() -> str:
    import torch

    if torch.cuda.is_available():
        return str(torch.cuda.get_device_name())
    return f"CPU, {torch.get_num_threads()} threads"

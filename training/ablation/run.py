"""The ablation: every arm trained with the same steps on the same rows, evaluated on the same held-out rows.

The order of rows is planned from the pairs alone (`training.student.plan.plan`), so that with the same seed all arms
see the same pairs in the same order. What differs between two arms is what stands in their prompts and completions,
and therefore their tokens, which the table reports.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from molreflect.tools.errors import InputError
from molreflect.tools.storage import atomic_write_text, require_same_settings, require_writable, run_lock
from molreflect.training.ablation.cells import Cell
from molreflect.training.ablation.jobs import CellTask, run_cells
from molreflect.training.ablation.results import Results, collect_results
from molreflect.training.ablation.rows import Chosen, choose
from molreflect.training.ablation.settings import ATTACHED, FIXED, AblationSettings
from molreflect.training.config import Arm, StudentConfig, load_config
from molreflect.training.examples.records import TrainRecord, fingerprint, read_run, read_supplied, write_corpus
from molreflect.training.examples.steps import with_steps
from molreflect.training.plots import require_matplotlib
from molreflect.training.progress import DetailedProgress
from molreflect.training.student.candidates import Judge

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


OF_THE_CELL = (
    *("arm", "direction", "seed", "eval_fraction", "too_long"),
    *("fragments", "curriculum", "curriculum_steps"),
)
"""Settings of a training that a cell sets for itself."""


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


def ablate(
    run_dir: Path | str,
    out: Path | str,
    settings: AblationSettings,
    config: StudentConfig,
    *,
    resources: Resources | None = None,
    cache: Path | None = None,
    judge: Judge | None = None,
    jobs: int = 1,
    progress: DetailedProgress | None = None,
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
        cache: Where the resources keep names turned into structures.
        judge: Chooses among candidates; the verifier where not given. One of one's own takes `jobs=1`.
        jobs: Cells at a time, each in a process with one thread; 1 runs them in this process.
        progress: Called with every progress event.

    Raises:
        InputError: The run cannot be read, there are not enough rows, or `out` holds an ablation with other
            settings or records.
    """
    require_start(config, jobs, judge)
    if config.curriculum:
        raise InputError("an ablation's curriculum is an arm of its own: set its own curriculum, not the training's")
    if config.fragments == "attached":
        raise InputError("attached fragments are an arm of an ablation: name 'attached' among --arms, not fragments")
    tell = progress or (lambda what, done, of, *, loss=None, tokens=None: None)
    out = Path(out)
    require_writable(out, "--out", folder=True)
    records = read_run(run_dir, limit=config.limit)
    supplied = None
    if Arm.SUPPLIED in settings.arms:
        if not config.supplied_run:
            raise InputError("the supplied arm needs the setting supplied_run, a one-sided run over the same corpus")
        supplied = read_supplied(config.supplied_run, settings.directions[0])
        records = [record for record in records if record.id in supplied]
    attached = read_run(run_dir, limit=config.limit, attached=True) if ATTACHED in settings.arms else None
    traced = with_steps(Path(run_dir), records, config.trace_lines) if Arm.TRACED in settings.arms else None
    chosen, _ = choose_rows(records, out, settings, config, tell, supplied=supplied, attached=attached, traced=traced)
    cells = [
        Cell(direction, arm, seed)
        for seed in settings.seeds  # seed by seed, so that a table over fewer seeds can be had early
        for direction in settings.directions
        for arm in settings.arms
    ]
    with ExitStack() as stack:
        stack.enter_context(run_lock(out, "the ablation"))
        opened = stack.enter_context(
            opened_resources(resources, cache, needed=settings.faithfulness or settings.candidates > 1)
        )
        if judge is None and settings.candidates > 1 and jobs == 1:
            judge = _verifier(opened)
        tasks = [CellTask(cell, str(run_dir), out, settings, config, chosen) for cell in cells]
        run_cells(tasks, jobs=jobs, judge=judge, resources_cache=cache, tell=tell)
        results = tuple(
            collect_results(direction, out, settings, chosen, opened, tell) for direction in settings.directions
        )
    from molreflect.training.ablation.report import as_data, markdown, write_plots

    table = markdown(results, settings, config, chosen)
    data = as_data(results, settings, config, chosen) | {"versions": versions(), "device": device(jobs)}
    write_tables(out, {TABLE_FILE: table, DATA_FILE: data})
    write_plots(results, settings, out)
    return AblationResult(out, results, chosen, table, data)


def require_start(config: StudentConfig, jobs: int, judge: Judge | None = None) -> None:
    """See that cells can be trained, compared and drawn, before anything is read.

    Raises:
        InputError: They cannot; see `require_packages` and `require_jobs`.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when huggingface_hub is imported first
    if config.keeps_best:
        named = "patience" if config.patience is not None else "keep_best"
        raise InputError(
            f"all cells are compared after as many steps, on the rows that {named} would choose by; leave it out"
        )
    require_packages()
    require_jobs(jobs, judge)


def choose_rows(
    records: Sequence[TrainRecord],
    out: Path,
    settings: AblationSettings,
    config: StudentConfig,
    tell: DetailedProgress,
    *,
    identity: Mapping[str, Any] | None = None,
    **forms: Any,
) -> tuple[Chosen, ChatFormat]:
    """Choose the rows of all cells, and begin or go on with the folder of the ablation.

    Args:
        records: Of the run.
        out: The folder.
        settings: Which cells, how many rows.
        config: Of every training.
        tell: Told what is going on.
        identity: More that must be the same for cells to stand in one table.
        **forms: Of the records, as `choose` takes them.

    Returns:
        The rows, and the chat format of the base model.

    Raises:
        InputError: There are not enough rows, or the folder holds something else.
    """
    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.agents.student.weights import load_tokenizer, resolve_base

    tell("choosing rows", 0, 0)
    base = resolve_base(config.base, notify=lambda line: tell(line, 0, 0))
    chat_format = ChatFormat(load_tokenizer(base, config.chat_template_kwargs))
    chosen = choose(records, settings, config, chat_format, **forms)
    open_out(out, identity_of(settings, config, chosen) | dict(identity or {}), settings)
    write_corpus(chosen.split.heldout, out / HELDOUT_FILE)
    write_corpus(chosen.split.train, out / TRAINING_FILE)
    return chosen, chat_format


def write_tables(out: Path, contents: Mapping[str, str | Mapping[str, Any]]) -> None:
    """Write files of an ablation: texts as they are, the rest as JSON."""
    for name, content in contents.items():
        text = content if isinstance(content, str) else json.dumps(content, indent=1, ensure_ascii=False)
        atomic_write_text(out / name, text)


def require_jobs(jobs: int, judge: Judge | None) -> None:
    """See that cells can run so many at a time.

    Raises:
        InputError: They cannot.
    """
    if jobs < 1:
        raise InputError(f"jobs must be at least 1, got {jobs}")
    if jobs > 1 and judge is not None:
        raise InputError("a judge of one's own works in this process; pass jobs=1")


def require_packages() -> None:
    """See that what scores and draws is installed.

    Raises:
        InputError: It is not.
    """
    require_matplotlib()
    try:
        import rapidfuzz  # noqa: F401
        import rouge_score  # noqa: F401
    except ImportError as error:  # hours of training must not end with this
        raise InputError(f"{error.name} is not installed; pip install 'molreflect[evaluate]'") from error


def identity_of(settings: AblationSettings, config: StudentConfig, chosen: Chosen) -> dict[str, Any]:
    """Name what must be the same for cells to stand in one table."""
    own = {k: v for k, v in settings.plain().items() if k in FIXED}
    return {
        "rows": own,
        "training": {k: v for k, v in config.plain().items() if k not in OF_THE_CELL},
        "training_records": fingerprint(chosen.split.train),
        "heldout_records": fingerprint(chosen.split.heldout),
    }


def open_out(out: Path, identity: Mapping[str, Any], settings: AblationSettings) -> None:
    """Begin the folder of an ablation, or go on with it.

    Raises:
        InputError: It holds something else, or an ablation with other settings or rows.
    """
    mark = out / SETTINGS_FILE
    if mark.is_file():
        known = yaml.safe_load(mark.read_text(encoding="utf-8")).get("identity", {})
        # What an earlier version wrote has no settings that came later.
        usual = {name: value for name, value in load_config(None).plain().items() if name not in OF_THE_CELL}
        known = known | {"training": usual | known.get("training", {})}
        require_same_settings(f"{out} holds an ablation", known, identity)
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} exists and is no ablation's folder; pass a new one")
    out.mkdir(parents=True, exist_ok=True)
    whole = {"settings": settings.plain(), "identity": dict(identity)}
    atomic_write_text(mark, yaml.safe_dump(whole, sort_keys=False, allow_unicode=True))


@contextmanager
def opened_resources(resources: Resources | None, cache: Path | None, *, needed: bool) -> Iterator[Resources | None]:
    """Open what claims are looked up in, where it is needed and not open yet."""
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
        raise RuntimeError("choosing among candidates needs resources")
    return Verifier(resources)


def versions() -> dict[str, str]:
    """Name the versions of what decides the numbers."""
    return {name: version(name) for name in ("torch", "transformers", "trl", "peft", "rdkit", "molreflect")}


def device(jobs: int) -> str:
    """Name what the cells ran on."""
    import torch

    if torch.cuda.is_available():
        return str(torch.cuda.get_device_name())
    if jobs > 1:
        return f"CPU, {jobs} processes of 1 thread"
    return f"CPU, {torch.get_num_threads()} threads"

"""Fine-tuning the student: LoRA on chain-of-thought in-context examples, through TRL's trainers."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.resources import Resources
from molreflect.tools.storage import atomic_write_text, require_same_settings, require_writable
from molreflect.training.config import StudentConfig, load_config
from molreflect.training.examples.records import TrainRecord, fingerprint
from molreflect.training.examples.wording import PROMPT_VERSION
from molreflect.training.student.figures import heldout_metrics, peak_memory_mb, training_metrics
from molreflect.training.student.folder import FORMAT, save_student
from molreflect.training.student.measuring import (
    begin_at,
    heldout_by_step,
    ran_out_of_patience,
    require_reporter,
    take_best,
)
from molreflect.training.student.methods import build_trainer
from molreflect.training.student.plan import Prepared, Split, count_processes, summarize
from molreflect.training.student.preparation import prepare_records, read_split
from molreflect.training.student.reward_trainer import require_generation
from molreflect.training.student.start import adapter_fingerprint, with_start
from molreflect.training.student.trainer import TrainProgress


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What a fine-tuning left behind."""

    out: Path
    metrics: dict[str, Any]
    """The content of `metrics.json`."""


def train(
    run_dir: Path | str,
    out: Path | str,
    config: StudentConfig,
    *,
    split: Split | None = None,
    progress: Callable[[TrainProgress], None] | None = None,
    resume: bool = True,
    stop_after: int | None = None,
    resources: Resources | None = None,
) -> TrainResult:
    """Fine-tune a student on a run's selected alignments.

    All work happens in a hidden folder beside `out`, which becomes `out` only when everything is written. An
    interrupted training leaves that folder with its checkpoints; the same call goes on from the last one, and gives
    what an undisturbed training gives.

    Args:
        run_dir: Run directory with `alignments.jsonl`.
        out: Folder of the student; must be new or empty.
        config: All settings.
        split: Which records of the run are trained on and held out, where the settings alone shall not say it; their
            fragments are written as the settings say.
        progress: Called with every progress event.
        resume: Go on with an interrupted training of the same settings and records; False starts over.
        stop_after: Stop at this step as an interruption would, right after its checkpoint; for tests.
        resources: What claims are looked up in, for `grpo`; opened for the call where not given.

    Raises:
        InputError: `out` is taken, the run cannot be read, packages or weights are missing, an example cannot be
            composed, or an interrupted training with other settings is in the way.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when huggingface_hub is imported first
    tell = progress or (lambda _: None)
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} exists and is not empty; pass a new folder for the student, or delete it")
    require_writable(out, "--out", folder=True)
    config = with_start(config)
    records, split = read_split(run_dir, config, split=split)
    require_packages()
    require_generation(config)
    require_reporter(config)

    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.agents.student.weights import load_tokenizer, resolve_base

    base = resolve_base(config.base, notify=lambda line: tell(TrainProgress("prepare", message=line)))
    tokenizer = load_tokenizer(base, config.chat_template_kwargs)
    prepared = prepare_records(run_dir, config, ChatFormat(tokenizer), records, split)
    if config.eval_steps is not None and not prepared.heldout:
        raise InputError(f"eval_steps={config.eval_steps} measures held-out rows, and none is left; leave it out")
    tell(TrainProgress("prepare", message=f"{counted(len(records), 'record')} of {run_dir}"))
    identity = _identity(config, records, prepared)
    work = work_folder(out)
    checkpoint = _open_work(work, identity, out, resume=resume)
    _keep_threads(work, tell, resumed=checkpoint is not None)
    tell(TrainProgress("prepare", message=summarize(prepared)))

    started = time.perf_counter()
    with ExitStack() as closing:
        try:
            trainer = build_trainer(
                base, tokenizer, prepared, config, work, tell, stop_after, resources=resources, closing=closing
            )
        except InputError:
            if checkpoint is None:  # nothing that could be gone on with
                shutil.rmtree(work)
            raise
        metrics = _train_measured(trainer, prepared, config, work, tell, checkpoint, stop_after)
    metrics["seconds"] = {**metrics["seconds"], "total": round(time.perf_counter() - started, 2)}
    tell(TrainProgress("save", config.total_steps, config.total_steps, message=f"writing {out}"))
    if trainer.is_world_process_zero():
        manifest = {
            "format": FORMAT,
            "prompt_version": PROMPT_VERSION,
            "run": Path(run_dir).resolve().name,
            "run_records": len(records),
            "run_fingerprint": identity["records"],
            "warm_up_run": Path(config.curriculum).resolve().name if config.curriculum else None,
            "warm_up_fingerprint": identity["warm_up"],
            "started_from": None if config.start is None else Path(config.start).resolve().name,
            "started_from_adapter": identity["start"],
        }
        save_student(trainer, tokenizer, prepared, config, manifest, metrics, work, out)
    trainer.accelerator.wait_for_everyone()
    return TrainResult(out, metrics)


def _identity(config: StudentConfig, records: Sequence[TrainRecord], prepared: Prepared) -> dict[str, Any]:
    """Name everything that an interrupted training must share with the one that goes on."""
    rejected = [row.rejected.completion for row in (*prepared.train, *prepared.heldout) if row.rejected]
    return {
        "format": FORMAT,
        "prompt_version": PROMPT_VERSION,
        "settings": config.plain(),
        "records": fingerprint(records),
        "warm_up": fingerprint(row.record for row in prepared.warm_up) if prepared.warm_up else None,
        "training_records": fingerprint(prepared.split.train),
        "start": None if config.start is None else adapter_fingerprint(Path(config.start)),
        "rejected": hashlib.sha256(json.dumps(rejected).encode()).hexdigest() if rejected else None,
        "processes": count_processes(),
    }


def _train_measured(
    trainer: Any,
    prepared: Prepared,
    config: StudentConfig,
    work: Path,
    tell: Callable[[TrainProgress], None],
    checkpoint: Path | None,
    stop_after: int | None,
) -> dict[str, Any]:
    """Train from the start or a checkpoint, measured before and after; returns the content of `metrics.json`."""
    total = config.total_steps
    before = _before(trainer, prepared, work, tell, resumed=checkpoint is not None)
    tell(TrainProgress("train", 0, total, message="training" if checkpoint is None else f"going on from {checkpoint}"))
    begin_at(trainer, checkpoint, config)
    began = time.perf_counter()
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    seconds = time.perf_counter() - began
    steps, heldout = trainer.state.global_step, heldout_by_step(trainer.state.log_history, config)
    stopped_early = ran_out_of_patience(heldout, config)
    if stop_after is not None and steps < total and not stopped_early:
        raise InterruptedError(f"stopped after step {steps} of {total}, as asked")
    metrics = training_metrics(trainer, prepared, config)
    metrics |= {"stopped_early": stopped_early, "best_step": take_best(trainer, config), "heldout_by_step": heldout}
    metrics |= heldout_metrics(config, before, _measure(trainer, prepared, tell) if prepared.heldout else {})
    metrics["seconds"] = {"train": round(seconds, 2)}
    steps_here = steps - (0 if checkpoint is None else int(checkpoint.name.rpartition("-")[2]))
    if steps_here and seconds:
        metrics["seconds_per_step"] = round(seconds / steps_here, 3)
        metrics["tokens_per_second"] = round(metrics["tokens_trained_on_with_prompts"] * steps_here / steps / seconds)
    metrics["peak_memory_mb"] = peak_memory_mb()
    return metrics


def require_packages() -> None:
    """See that what trains students is installed.

    Raises:
        InputError: It is not.
    """
    try:
        import datasets  # noqa: F401
        import matplotlib  # noqa: F401
        import peft  # noqa: F401
        import torch  # noqa: F401
        import trl  # noqa: F401
    except ImportError as error:
        raise InputError(f"training needs the package {error.name}; run: pip install 'molreflect[train]'") from error


def work_folder(out: Path) -> Path:
    """Name the hidden folder where a student is made before it stands in `out`."""
    return out.parent / f".{out.name}.unfinished"


def last_checkpoint(work: Path) -> Path | None:
    """Find the last whole checkpoint in a work folder; None where there is none."""
    # The trainer writes its state last, so a checkpoint without it was cut short.
    whole = [path.parent for path in (work / "checkpoints").glob("checkpoint-*/trainer_state.json")]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def _open_work(work: Path, identity: Mapping[str, Any], out: Path, *, resume: bool) -> Path | None:
    """Make or take over the hidden work folder, and find the last whole checkpoint in it."""
    mark = work / "identity.json"
    if work.exists() and not resume:
        shutil.rmtree(work)
    if mark.is_file():
        require_same_settings(
            f"{work} holds an interrupted training of {out.name}",
            _as_kept(json.loads(mark.read_text(encoding="utf-8"))),
            identity,
            advice="name another folder, or start over with --start-over (in Python, resume=False)",
        )
        return last_checkpoint(work)
    work.mkdir(parents=True, exist_ok=True)
    atomic_write_text(mark, json.dumps(identity, indent=1))
    return None


def _as_kept(identity: dict[str, Any]) -> dict[str, Any]:
    """Read what an earlier version wrote: settings as text, without those that came later."""
    settings = identity.get("settings", {})
    settings = yaml.safe_load(settings) if isinstance(settings, str) else settings
    return identity | {"settings": load_config(None).plain() | settings}


def _keep_threads(work: Path, tell: Callable[[TrainProgress], None], *, resumed: bool) -> None:
    """Go on with as many threads as the training began with: with another number, sums may be rounded otherwise."""
    import torch

    kept, threads = work / "threads.json", torch.get_num_threads()
    if not (resumed and kept.is_file()):
        atomic_write_text(kept, json.dumps(threads))
    elif (before := int(json.loads(kept.read_text(encoding="utf-8")))) != threads:
        torch.set_num_threads(before)
        tell(TrainProgress("prepare", message=f"going on with {counted(before, 'thread')}, as it began"))


def _before(
    trainer: Any, prepared: Prepared, work: Path, tell: Callable[[TrainProgress], None], *, resumed: bool
) -> dict[str, float]:
    """Measure the student as it starts once: a resumed training reads what was kept in `work`."""
    kept = work / "before.json"
    if resumed and kept.is_file():
        stored: dict[str, float] = json.loads(kept.read_text(encoding="utf-8"))
        return stored
    if not prepared.heldout:
        return {}
    found = _measure(trainer, prepared, tell)
    if trainer.is_world_process_zero():
        atomic_write_text(kept, json.dumps(found))
    return found


def _measure(trainer: Any, prepared: Prepared, tell: Callable[[TrainProgress], None]) -> dict[str, float]:
    """Measure the student on the held-out rows, by direction and over `all`."""
    tell(TrainProgress("evaluate", message=f"measuring on {counted(len(prepared.heldout), 'held-out example')}"))
    measured: dict[str, float] = trainer.measure_heldout()
    return measured

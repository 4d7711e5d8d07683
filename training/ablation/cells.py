"""One cell of an ablation: a training with its prediction, in a folder of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.storage import atomic_write_text
from molreflect.tools.terms import Direction
from molreflect.training.ablation.rows import Chosen
from molreflect.training.ablation.settings import ATTACHED, CURRICULUM, AblationSettings
from molreflect.training.config import Arm, StudentConfig
from molreflect.training.progress import DetailedProgress
from molreflect.training.student.candidates import Judge
from molreflect.training.student.folder import MANIFEST_FILE, read_student
from molreflect.training.student.predict import predict
from molreflect.training.student.train import train
from molreflect.training.student.trainer import TrainProgress


@dataclass(frozen=True, slots=True)
class Cell:
    """One training with its prediction."""

    direction: Direction
    arm: str
    seed: int

    @property
    def name(self) -> str:
        """As a folder, and in progress events."""
        return f"{self.direction}/{self.arm}-{self.seed}"


def cell_config(config: StudentConfig, cell: Cell, settings: AblationSettings) -> StudentConfig:
    """The settings of one cell's training."""
    own: dict[str, Any] = {"arm": cell.arm}
    if cell.arm == ATTACHED:
        own = {"arm": Arm.WRITTEN, "fragments": "attached"}
    if cell.arm == CURRICULUM:
        first = round(config.max_steps * settings.curriculum_share)
        if not 0 < first < config.max_steps:
            raise InputError(
                f"{settings.curriculum_share:g} of {counted(config.max_steps, 'step')} leave none for the "
                "curriculum or for the "
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


def run_cell(
    cell: Cell,
    run_dir: Path | str,
    out: Path,
    settings: AblationSettings,
    config: StudentConfig,
    chosen: Chosen,
    judge: Judge | None,
    tell: DetailedProgress,
) -> None:
    """Train a cell's student and predict the held-out rows, as far as that is not done yet.

    Raises:
        InputError: The cell's student was trained with other settings.
    """
    folder = out / cell.name
    folder.mkdir(parents=True, exist_ok=True)
    student = folder / "student"
    wanted = cell_config(config, cell, settings)
    if (student / MANIFEST_FILE).is_file():
        if read_student(student).config != wanted:
            raise InputError(f"{student} was trained with other settings; delete it, or ablate into another folder")
    else:

        def training(sign: TrainProgress) -> None:
            tell(f"{cell.name}: {sign.stage}", sign.step, sign.total, loss=sign.loss, tokens=sign.tokens or None)

        split = chosen.attached if cell.arm == ATTACHED else chosen.split
        train(run_dir, student, wanted, split=split, progress=training)
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
            progress=lambda sign: tell(f"{cell.name}: predict", sign.done, sign.total, tokens=sign.tokens),
        )
        if done.failed:
            raise RuntimeError(
                f"{counted(done.failed, 'held-out row')} of {cell.name} could not be asked, see {done.jsonl}"
            )
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

"""The cells of an ablation, one after the other or several at a time.

On a CPU a small student gains little from a second thread, and two trainings beside each other, a thread each, gain
nearly a factor of two. Each cell has a folder of its own, so nothing is shared but what is read.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from molreflect.tools.english import counted
from molreflect.tools.processes import ProcessPool
from molreflect.training.ablation.cells import Cell, run_cell
from molreflect.training.ablation.rows import Chosen
from molreflect.training.ablation.settings import AblationSettings
from molreflect.training.config import StudentConfig
from molreflect.training.progress import DetailedProgress
from molreflect.training.student.candidates import Judge

ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
EVERY = 1.0
"""Seconds between two events that a process tells, and between two looks at them."""


@dataclass(frozen=True)
class CellTask:
    """Everything a process needs for one cell."""

    cell: Cell
    run_dir: str
    out: Path
    """The folder in which the cell has its own."""
    settings: AblationSettings
    config: StudentConfig
    chosen: Chosen

    @property
    def judged(self) -> bool:
        """Whether several answers are asked for, so that somebody has to choose."""
        return self.settings.candidates_of(self.cell.arm) > 1


def run_cells(
    tasks: Sequence[CellTask],
    *,
    jobs: int,
    judge: Judge | None,
    resources_cache: Path | None,
    tell: DetailedProgress,
) -> None:
    """Train and predict all cells, as far as that is not done yet.

    Args:
        tasks: The cells.
        jobs: Cells at a time. With 1 they run in this process, with its threads; with more, each in a process with one.
        judge: Chooses among candidates in this process; processes open a verifier of their own.
        resources_cache: Where theirs keeps names turned into structures.
        tell: Called with every progress event; of several cells at a time, with how much of all is done.

    Raises:
        InputError: A cell was trained with other settings.
        WorkerDiedError: A process died; what it had done is kept.
    """
    if jobs == 1 or len(tasks) < 2:
        for number, task in enumerate(tasks):
            tell("cells", number, len(tasks))
            run_cell(task.cell, task.run_dir, task.out, task.settings, task.config, task.chosen, judge, tell)
        tell("cells", len(tasks), len(tasks))
        return
    with tempfile.TemporaryDirectory(prefix="molreflect-cells-") as folder:
        signs = [Path(folder) / f"{number}.json" for number in range(len(tasks))]
        what = f"training and predicting, {counted(jobs, 'cell')} at a time, percent"

        shares = [0.0] * len(signs)

        def look() -> None:
            # A step that begins anew, or a sign that is just being written, takes nothing back: a clock would restart.
            shares[:] = (max(before, _share(sign)) for before, sign in zip(shares, signs, strict=True))
            tell(what, int(100 * sum(shares) / len(shares)), 100)

        work = [(task, resources_cache, sign) for task, sign in zip(tasks, signs, strict=True)]
        with ProcessPool(jobs, env=ONE_THREAD) as pool:
            for _ in pool.as_completed(_run_task, work, tick=look, every=EVERY):
                look()


def _share(sign: Path) -> float:
    """How much of a cell is done, 0 to 1, as its process last told."""
    try:
        return float(json.loads(sign.read_text(encoding="utf-8")))
    except (OSError, ValueError):  # not begun, or in the middle of being written: the next look sees more
        return 0.0


def _run_task(task: CellTask, resources_cache: Path | None, sign: Path) -> None:
    """Run a cell in a process of its own."""
    last = 0.0

    def tell(what: str, done: int, of: int, *, loss: float | None = None, tokens: int | None = None) -> None:
        nonlocal last
        now = time.monotonic()
        if of and now - last >= EVERY:
            last = now
            # Writing answers takes about as long as training; that is all the precision that a progress bar needs.
            share = done / of / 2
            sign.write_text(json.dumps(share + 0.5 if what.endswith("predict") else share), encoding="utf-8")

    judge = _verifier(resources_cache) if task.judged else None
    run_cell(task.cell, task.run_dir, task.out, task.settings, task.config, task.chosen, judge, tell)
    sign.write_text("1.0", encoding="utf-8")


@cache
def _verifier(resources_cache: Path | None) -> Judge:
    """Open a process's own verifier, once; it ends with the process."""
    from molreflect.tools.resources import open_resources
    from molreflect.training.student.rerank import Verifier

    return Verifier(open_resources(resources_cache))

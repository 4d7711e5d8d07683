"""Prediction: ask a fine-tuned student, keep every candidate, write what evaluation reads."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from molreflect.agents.student.generation import AnswerModel
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.storage import atomic_write_text, require_same_settings, require_writable
from molreflect.tools.terms import Direction
from molreflect.training.config import Arm
from molreflect.training.evaluation.prediction_files import write_predictions
from molreflect.training.examples.builder import ExampleBuilder
from molreflect.training.examples.records import (
    PhraseFragment,
    TrainRecord,
    fingerprint,
    one_line,
    read_records,
    read_supplied,
)
from molreflect.training.examples.wording import PROMPT_VERSION
from molreflect.training.student.candidates import Judge, PairLike, Questioner, Writer, block_of, judge_by_form
from molreflect.training.student.folder import RECORDS_FILE, StudentFolder, read_student
from molreflect.training.student.neighbours import NeighbourSource, TrainingIndex

WINDOW = 2
"""Batches in one window: sorted by length within, written together. The unit of resuming."""
TELL_EVERY = 0.5
"""Seconds between two progress events while a window is written."""


@dataclass(frozen=True, slots=True)
class PredictProgress:
    """A progress event: rows done and in all, seconds and tokens since the start."""

    done: int
    total: int
    seconds: float
    tokens: int = 0
    """Tokens written since the start; a server's answers are counted when they are there."""


class _Told:
    """Tells rows as they are done, and twice a second how many tokens were written meanwhile."""

    def __init__(self, tell: Callable[[PredictProgress], None], total: int, started: float) -> None:
        self._tell, self._total, self._started = tell, total, started
        self._done = self._written = 0
        self._last = started

    def rows(self, done: int) -> None:
        self._done = done
        self._say(time.perf_counter())

    def tokens(self, more: int) -> None:
        self._written += more
        now = time.perf_counter()
        if now - self._last >= TELL_EVERY:
            self._say(now)

    def _say(self, now: float) -> None:
        self._last = now
        self._tell(PredictProgress(self._done, self._total, now - self._started, self._written))


@contextmanager
def _watched(student: Writer, told: Callable[[int], None]) -> Iterator[None]:
    """Hear of the tokens a student writes, where it tells of them."""
    if not isinstance(student, AnswerModel):
        yield
        return
    student.watch = told
    try:
        yield
    finally:
        student.watch = None


@dataclass(frozen=True, slots=True)
class PredictResult:
    """Where predictions are, and what became of them."""

    tsv: Path
    jsonl: Path
    rows: int
    resumed: int
    """Rows that an earlier, interrupted call had already written."""
    failed: int
    """Rows that could not be asked; their output is empty and their reason stands in the JSONL."""
    statuses: dict[str, int]
    """How the chosen answers parsed."""
    in_training: int
    """Rows whose molecule the student was trained on: scores on them are not held-out scores."""
    neighbours_dropped: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        return asdict(self) | {"tsv": str(self.tsv), "jsonl": str(self.jsonl)}


def predict(
    student_dir: Path | str,
    pairs: Sequence[PairLike],
    direction: Direction | str,
    out_tsv: Path | str,
    *,
    limit: int | None = None,
    candidates: int = 1,
    batch_size: int = 8,
    max_new_tokens: int | None = None,
    seed: int = 0,
    neighbours: NeighbourSource | None = None,
    judge: Judge | None = None,
    supplied_run: Path | str | None = None,
    student: Writer | None = None,
    resume: bool = True,
    overwrite: bool = False,
    progress: Callable[[PredictProgress], None] | None = None,
) -> PredictResult:
    """Ask a student for every pair of a corpus, in corpus order.

    Context comes from the student's own training records, never from the corpus that is asked about, and never from
    the query's own molecule (InChIKey first block). One candidate is decoded greedily; of several, the first is
    greedy and the others are sampled, and the one that the judge scores highest wins (the earliest where scores tie).
    A rationale that does not come to an end within `max_new_tokens` is closed after its last whole line, and the
    answer is asked for after it (status `asked_again`).

    Args:
        student_dir: Folder that `train` wrote.
        pairs: Pairs to predict; the other side of each is copied to the output as the ground truth, and never shown.
        direction: Which side is given.
        out_tsv: Predictions in MolT5's layout. Beside it, with the ending `.jsonl`, all candidates with their
            alignments and verdicts.
        limit: Only the first so many pairs.
        candidates: Answers for each pair.
        batch_size: Sequences decoded together.
        max_new_tokens: Most tokens of an answer; the student's own setting where not given.
        seed: For sampling.
        neighbours: Where context comes from; an exact index over the training records where not given.
        judge: Chooses between candidates, such as `training.student.rerank.Verifier`; `judge_by_form` where not given.
        supplied_run: One-sided run over the same corpus, for a student of the `supplied` arm.
        student: A loaded student; `student_dir`'s where not given.
        resume: Go on with an interrupted prediction of the same settings; False starts over.
        overwrite: Replace existing outputs.
        progress: Called after every window of rows.

    Raises:
        InputError: The folder is not a student, the direction is not one it was trained in, the outputs exist,
            or an interrupted prediction with other settings is in the way.
    """
    started = time.perf_counter()
    folder, out = read_student(student_dir), Path(out_tsv)
    config, direction = folder.config, _direction(direction, folder)
    jsonl, part = out.with_suffix(".jsonl"), unfinished(out)
    _require_free(out, jsonl, overwrite=overwrite)
    asked = list(pairs if limit is None else pairs[:limit])
    if not asked:
        raise InputError("there is nothing to predict: the corpus is empty, or limit is 0")
    if candidates < 1 or batch_size < 1:
        raise InputError(f"candidates and batch_size must be at least 1, got {candidates} and {batch_size}")
    supplied = _supplied(folder, direction, supplied_run)
    records = training_records(folder)
    limit_new = max_new_tokens or config.max_new_tokens
    settings = {"candidates": candidates, "batch_size": batch_size, "max_new_tokens": limit_new, "seed": seed}
    header = _header(folder, direction, asked, settings, judge, student)
    window = max(1, WINDOW * batch_size // candidates)
    done = _open_part(part, header, window=window, total=len(asked), resume=resume)
    resumed = len(done)
    told = _Told(progress or (lambda _: None), len(asked), started)
    told.rows(resumed)
    if resumed < len(asked):
        student = student or load_student(folder)
        builder = ExampleBuilder(
            format=student.format,
            arm=config.arm,
            max_alignments=config.max_alignments,
            max_length=config.max_length,
            supplied=supplied,
        )
        questioner = Questioner(
            config=config,
            direction=direction,
            builder=builder,
            student=student,
            neighbours=neighbours or TrainingIndex(records),
            judge=judge or judge_by_form,
            candidates=candidates,
            batch_size=batch_size,
            max_new_tokens=limit_new,
        )
        with _watched(student, told.tokens):
            for start in range(resumed, len(asked), window):
                rows = questioner.ask(asked[start : start + window], seed=seed + start)
                _append(part, rows)
                done += rows
                told.rows(len(done))
    _write_tsv(out, direction, asked, done)
    atomic_write_text(jsonl, _json_lines(done))
    part.unlink()
    trained = {record.block for record in records}
    return PredictResult(
        tsv=out,
        jsonl=jsonl,
        rows=len(done),
        resumed=resumed,
        failed=sum(row["status"] == "failed" for row in done),
        statuses=dict(Counter(row["status"] for row in done)),
        in_training=sum(block_of(pair) in trained for pair in asked),
        neighbours_dropped=sum(row["neighbours_dropped"] for row in done),
        seconds=round(time.perf_counter() - started, 2),
    )


def _header(
    folder: StudentFolder,
    direction: Direction,
    pairs: Sequence[PairLike],
    settings: dict[str, Any],
    judge: Judge | None,
    student: Writer | None,
) -> dict[str, Any]:
    """Name everything that an interrupted prediction must share with the one that goes on."""
    return {
        "student": folder.manifest["training_fingerprint"],
        "settings": folder.config.to_yaml(),
        "prompt_version": PROMPT_VERSION,
        "direction": str(direction),
        "pairs": _pairs_fingerprint(pairs),
        **settings,
        "judge": getattr(judge, "name", getattr(judge, "__name__", type(judge).__name__)) if judge else "form",
        "writer": folder.config.base if student is None else getattr(student, "name", type(student).__name__),
    }


def training_records(folder: StudentFolder) -> list[TrainRecord]:
    """Read what a student was trained on.

    Raises:
        InputError: The records were changed after training.
    """
    records = read_records(folder.path / RECORDS_FILE)
    if fingerprint(records) != folder.manifest["training_fingerprint"]:
        raise InputError(f"{folder.path / RECORDS_FILE} was changed after training; train the student again")
    return records


def load_student(folder: StudentFolder) -> Writer:
    """Load a student's own weights."""
    import torch

    # A student that was trained in bfloat16 answers in it: where that pays in training, it does in writing.
    dtype = torch.bfloat16 if folder.config.precision == "bf16" else None
    return folder.load(dtype=dtype)


def _supplied(
    folder: StudentFolder, direction: Direction, supplied_run: Path | str | None
) -> dict[str, tuple[PhraseFragment, ...]] | None:
    """Read the one-sided alignments of queries and neighbours; None for all arms but `supplied`."""
    if folder.config.arm is not Arm.SUPPLIED:
        return None
    if supplied_run is None:
        raise InputError("a student of the supplied arm needs the one-sided run over this corpus: supplied_run")
    # Neighbours are training records, whose alignments come from the run the student was trained with.
    return read_supplied(str(folder.config.supplied_run), direction) | read_supplied(supplied_run, direction)


def _append(part: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Append the rows of a window, and see to it that they reach the disk."""
    with part.open("a", encoding="utf-8") as file:
        file.write(_json_lines(rows))
        file.flush()
        os.fsync(file.fileno())


def _json_lines(rows: Sequence[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _require_free(out: Path, jsonl: Path, *, overwrite: bool) -> None:
    if jsonl == out:
        raise InputError(f"{out} would also be the name of the candidates' file; end it with .tsv")
    if not overwrite and (out.exists() or jsonl.exists()):
        raise InputError(
            f"{out if out.exists() else jsonl} exists; pass another name, or --overwrite (in Python, overwrite=True)"
        )
    require_writable(out, "--out")


def _direction(direction: Direction | str, folder: StudentFolder) -> Direction:
    if direction not in tuple(Direction):
        raise InputError(f"direction must be one of {', '.join(Direction)}; got {direction!r}")
    if Direction(direction) not in folder.config.directions:
        raise InputError(
            f"{folder.path} was trained for {folder.config.direction} only; train a student for {direction}"
        )
    return Direction(direction)


def _pairs_fingerprint(pairs: Sequence[PairLike]) -> str:
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(json.dumps([pair.id, pair.smiles, pair.caption]).encode())
    return digest.hexdigest()


def unfinished(out: Path) -> Path:
    """Name the hidden file that holds the rows of a prediction until all are there."""
    return out.with_name(f".{out.name}.unfinished")


def written_rows(part: Path) -> int:
    """Count the rows an interrupted prediction wrote."""
    return max(0, part.read_bytes().count(b"\n") - 1) if part.exists() else 0


def _open_part(part: Path, header: dict[str, Any], *, window: int, total: int, resume: bool) -> list[dict[str, Any]]:
    """Rows an interrupted call wrote, cut back to whole windows; a fresh file with its header otherwise."""
    part.parent.mkdir(parents=True, exist_ok=True)
    if part.exists() and resume:
        lines = part.read_text(encoding="utf-8").split("\n")
        whole = lines[:-1]  # what follows the last line break was cut short
        if whole:
            require_same_settings(
                f"{part} holds an interrupted prediction",
                json.loads(whole[0]),
                header,
                advice="name another file, or start over with --start-over (in Python, resume=False)",
            )
            kept = len(whole) - 1
            kept = kept if kept >= total else kept - kept % window
            atomic_write_text(part, "\n".join(whole[: kept + 1]) + "\n")
            return [json.loads(line) for line in whole[1 : kept + 1]]
    atomic_write_text(part, json.dumps(header) + "\n")
    return []


def _write_tsv(out: Path, direction: Direction, pairs: Sequence[PairLike], rows: Sequence[dict[str, Any]]) -> None:
    """MolT5's layout has no quoting, so tabs and line breaks inside a field become spaces."""
    lines = []
    for pair, row in zip(pairs, rows, strict=True):
        if pair.id != row["id"]:
            raise RuntimeError(f"row {shorten(row['id'])} stands where {shorten(pair.id)} belongs")
        sides = (pair.caption, pair.smiles) if direction is Direction.CAP2MOL else (pair.smiles, pair.caption)
        lines.append((one_line(sides[0]), one_line(sides[1]), one_line(row["output"])))
    write_predictions(out, direction, lines)

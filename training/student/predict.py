"""Prediction: ask a fine-tuned student, keep every candidate, write what evaluation reads."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.storage import atomic_write_text, require_same_settings
from molreflect.tools.terms import Direction
from molreflect.training.config import Arm
from molreflect.training.evaluation.prediction_files import write_predictions
from molreflect.training.examples.answers import ParsedAnswer, close_rationale, parse_answer
from molreflect.training.examples.builder import ExampleBuilder, Prompt, Query
from molreflect.training.examples.records import fingerprint, one_line, read_records, read_supplied
from molreflect.training.examples.wording import PROMPT_VERSION
from molreflect.training.student.folder import RECORDS_FILE, StudentFolder, read_student
from molreflect.training.student.neighbours import NeighbourSource, TrainingIndex

if TYPE_CHECKING:
    from molreflect.agents.student.chat_format import ChatFormat, Message

WINDOW = 2
"""Batches in one window: sorted by length within, written together. The unit of resuming."""


class PairLike(Protocol):
    """What prediction needs of a pair (`molreflect.tools.corpus.Pair` has it)."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def smiles(self) -> str: ...  # noqa: D102
    @property
    def caption(self) -> str: ...  # noqa: D102


class Writer(Protocol):
    """Who writes answers: `molreflect.agents.student.local.Student`, or anything that takes the same questions."""

    format: ChatFormat

    @property
    def max_positions(self) -> int: ...  # noqa: D102

    def generate(  # noqa: D102
        self,
        prompts: Sequence[Sequence[Message]],
        *,
        max_new_tokens: int = ...,
        do_sample: bool = ...,
        temperature: float = ...,
        top_p: float = ...,
        top_k: int = ...,
        n: int = ...,
        seed: int = ...,
        batch_size: int = ...,
        starts: Sequence[str] | None = ...,
    ) -> list[list[str]]: ...


@dataclass(frozen=True, slots=True)
class CandidateScore:
    """What a judge says of one candidate."""

    score: float
    """Higher is better; compared between the candidates of one query only."""
    verdicts: tuple[dict[str, Any], ...] = ()
    """One JSON object for each claim that was judged; kept in the JSONL."""


Judge = Callable[[Direction, str, ParsedAnswer], CandidateScore]
"""Judges a candidate (direction, input text, parsed answer) without knowing the reference. Its `name`, where it has
one, stands in the prediction's settings."""


@dataclass(frozen=True, slots=True)
class PredictProgress:
    """A progress event: rows done and in all, and seconds since the start."""

    done: int
    total: int
    seconds: float


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


def judge_by_form(direction: Direction, text: str, answer: ParsedAnswer) -> CandidateScore:
    """The judge where no other is given: is there an answer, and (cap2mol) can RDKit read it."""
    if not answer.answer:
        return CandidateScore(0.0)
    if direction is Direction.CAP2MOL:
        try:
            read_molecule(answer.answer)
        except InputError as error:
            return CandidateScore(0.5, ({"claim": answer.answer, "holds": False, "message": str(error)},))
    return CandidateScore(2.0 if answer.status == "ok" else 1.0)


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
    folder = read_student(student_dir)
    config = folder.config
    direction = _direction(direction, folder)
    out = Path(out_tsv)
    jsonl, part = out.with_suffix(".jsonl"), out.with_name(f".{out.name}.unfinished")
    if jsonl == out:
        raise InputError(f"{out} would also be the name of the candidates' file; end it with .tsv")
    if not overwrite and (out.exists() or jsonl.exists()):
        raise InputError(f"{out if out.exists() else jsonl} exists; pass another name, or overwrite")
    asked = list(pairs if limit is None else pairs[:limit])
    if not asked:
        raise InputError("there is nothing to predict: the corpus is empty, or limit is 0")
    if candidates < 1 or batch_size < 1:
        raise InputError(f"candidates and batch_size must be at least 1, got {candidates} and {batch_size}")
    supplied = None
    if config.arm is Arm.SUPPLIED:
        if supplied_run is None:
            raise InputError("a student of the supplied arm needs the one-sided run over this corpus: supplied_run")
        # Neighbours are training records, whose alignments come from the run the student was trained with.
        supplied = {**read_supplied(str(config.supplied_run), direction), **read_supplied(supplied_run, direction)}

    records = read_records(folder.path / RECORDS_FILE)
    if fingerprint(records) != folder.manifest["training_fingerprint"]:
        raise InputError(f"{folder.path / RECORDS_FILE} was changed after training; train the student again")
    source = neighbours or TrainingIndex(records)
    limit_new = max_new_tokens or config.max_new_tokens
    header = {
        "student": folder.manifest["training_fingerprint"],
        "settings": config.to_yaml(),
        "prompt_version": PROMPT_VERSION,
        "direction": str(direction),
        "pairs": _pairs_fingerprint(asked),
        "candidates": candidates,
        "batch_size": batch_size,
        "max_new_tokens": limit_new,
        "seed": seed,
        "judge": getattr(judge, "name", getattr(judge, "__name__", type(judge).__name__)) if judge else "form",
        "writer": config.base if student is None else getattr(student, "name", type(student).__name__),
    }
    window = max(1, WINDOW * batch_size // candidates)
    done = _open_part(part, header, window=window, total=len(asked), resume=resume)
    resumed = len(done)
    if progress is not None:
        progress(PredictProgress(resumed, len(asked), time.perf_counter() - started))
    if resumed < len(asked):
        if student is None:
            from molreflect.agents.student.local import Student

            student = Student.load(config.base, adapter=folder.path)
        builder = ExampleBuilder(
            format=student.format,
            arm=config.arm,
            max_alignments=config.max_alignments,
            max_length=config.max_length,
            supplied=supplied,
        )
        with part.open("a", encoding="utf-8") as progress_file:
            for start in range(resumed, len(asked), window):
                rows = _answer(
                    asked[start : start + window],
                    direction,
                    folder,
                    builder,
                    student,
                    source,
                    judge or judge_by_form,
                    candidates=candidates,
                    batch_size=batch_size,
                    max_new_tokens=limit_new,
                    seed=seed + start,
                )
                progress_file.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
                progress_file.flush()
                os.fsync(progress_file.fileno())
                done += rows
                if progress is not None:
                    progress(PredictProgress(len(done), len(asked), time.perf_counter() - started))
    _write_tsv(out, direction, asked, done)
    atomic_write_text(jsonl, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in done))
    part.unlink()
    trained = {record.block for record in records}
    statuses: dict[str, int] = {}
    for row in done:
        statuses[row["status"]] = statuses.get(row["status"], 0) + 1
    return PredictResult(
        tsv=out,
        jsonl=jsonl,
        rows=len(done),
        resumed=resumed,
        failed=sum(row["status"] == "failed" for row in done),
        statuses=statuses,
        in_training=sum(_block(pair) in trained for pair in asked),
        neighbours_dropped=sum(row["neighbours_dropped"] for row in done),
        seconds=round(time.perf_counter() - started, 2),
    )


def _direction(direction: Direction | str, folder: StudentFolder) -> Direction:
    if direction not in tuple(Direction):
        raise InputError(f"direction must be one of {', '.join(Direction)}; got {direction!r}")
    if Direction(direction) not in folder.config.directions:
        raise InputError(
            f"{folder.path} was trained for {folder.config.direction} only; train a student for {direction}"
        )
    return Direction(direction)


def _answer(
    pairs: Sequence[PairLike],
    direction: Direction,
    folder: StudentFolder,
    builder: ExampleBuilder,
    student: Writer,
    source: NeighbourSource,
    judge: Judge,
    *,
    candidates: int,
    batch_size: int,
    max_new_tokens: int,
    seed: int,
) -> list[dict[str, Any]]:
    """One window of rows, as the JSONL holds them."""
    config = folder.config
    prompts: dict[int, Prompt] = {}
    reasons: dict[int, str] = {}
    # A prompt takes what it took in training, unless the model itself has less room; where a rationale is written,
    # an answer may be asked for after it.
    asks = 2 if config.arm.writes_rationale else 1
    room = min(config.max_length, student.max_positions - asks * max_new_tokens)
    for place, pair in enumerate(pairs):
        text = pair.smiles if direction is Direction.MOL2CAP else " ".join(pair.caption.split())
        query = Query(pair.id, text, _block(pair))
        try:
            k = config.neighbours if config.arm.has_context else 0
            prompts[place] = builder.prompt(query, source(query, direction, k), direction, room=room)
        except InputError as error:  # one row that cannot be asked must not stop the others; its reason is kept
            reasons[place] = str(error)
    places = sorted(prompts)
    texts: dict[int, list[str]] = {place: [] for place in places}
    decodings = [("greedy", 1)] + ([("sampled", candidates - 1)] if candidates > 1 else [])
    for decoding, n in decodings:
        if not places:
            break
        written = student.generate(
            [prompts[place].messages for place in places],
            max_new_tokens=max_new_tokens,
            do_sample=decoding == "sampled",
            temperature=config.temperature,
            top_p=config.top_p,
            top_k=config.top_k,
            n=n,
            seed=seed,
            batch_size=batch_size,
        )
        for place, answers in zip(places, written, strict=True):
            texts[place] += answers
    parsed = {place: [parse_answer(text, direction) for text in texts[place]] for place in places}
    if config.arm.writes_rationale:
        # A rationale that used up its tokens (or lost its way) is closed after its last whole line.
        open_ends = [
            (place, i) for place in places for i, answer in enumerate(parsed[place]) if answer.status == "no_answer"
        ]
        starts = [close_rationale(texts[place][i], direction) for place, i in open_ends]
        ends = student.generate(
            [prompts[place].messages for place, _ in open_ends],
            max_new_tokens=max_new_tokens,
            do_sample=False,
            batch_size=batch_size,
            starts=starts,
        )
        for (place, i), start, [end] in zip(open_ends, starts, ends, strict=True):
            texts[place][i] = start + end
            answer = parse_answer(start + end, direction)
            parsed[place][i] = replace(answer, status="asked_again" if answer.answer else "no_answer")
    rows = []
    for place, pair in enumerate(pairs):
        text = pair.smiles if direction is Direction.MOL2CAP else pair.caption
        row: dict[str, Any] = {
            "id": pair.id,
            "direction": str(direction),
            "output": "",
            "status": "failed",
            "reason": reasons.get(place, ""),
            "chosen": None,
            "neighbours": [],
            "neighbours_dropped": 0,
            "candidates": [],
        }
        if place in prompts:
            row["neighbours"], row["neighbours_dropped"] = list(prompts[place].context), prompts[place].dropped
            answered = parsed[place]
            judged = [judge(direction, text, answer) for answer in answered]
            best = max(range(len(answered)), key=lambda i: (judged[i].score, -i))
            row |= {"output": answered[best].answer, "status": answered[best].status, "chosen": best}
            row["candidates"] = [
                {
                    "decoding": "greedy" if i == 0 else "sampled",
                    "text": texts[place][i],
                    "answer": answer.answer,
                    "status": answer.status,
                    "alignments": [{"phrase": part.phrase, "fragment": part.fragment} for part in answer.parts],
                    "score": judged[i].score,
                    "verdicts": list(judged[i].verdicts),
                }
                for i, answer in enumerate(answered)
            ]
        rows.append(row)
    return rows


def _block(pair: PairLike) -> str | None:
    """First InChIKey block of a pair's molecule, so that its own record is never shown; None where unreadable."""
    if not pair.smiles.strip():
        return None
    try:
        return read_molecule(pair.smiles).block
    except InputError:  # the row itself is answered or fails on its own; an unreadable molecule has no twin
        return None


def _pairs_fingerprint(pairs: Sequence[PairLike]) -> str:
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(json.dumps([pair.id, pair.smiles, pair.caption]).encode())
    return digest.hexdigest()


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
                advice="delete it, or start over (resume=False)",
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


def as_json(result: PredictResult) -> dict[str, Any]:
    """The result as plain JSON values."""
    return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(result).items()}

"""Pairs of answers for preference training: what verification accepted against what it refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.graphs.runs.history import read_histories
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.training.config import StudentConfig
from molreflect.training.examples.records import TrainRecord
from molreflect.training.examples.refused import RefusedCounts, preferences
from molreflect.training.examples.text import ExampleText
from molreflect.training.student.plan import Preferred

if TYPE_CHECKING:
    from molreflect.agents.student.chat_format import ChatFormat


def read_preferred(
    run_dir: Path, records: Sequence[TrainRecord], config: StudentConfig, chat_format: ChatFormat
) -> Preferred:
    """Read the pairs of answers of a run, and of a file of candidates where the settings name one.

    Args:
        run_dir: The run; what was refused is looked up in `run.sqlite` and `traces.sqlite`.
        records: What may be trained on or held out.
        config: All settings.
        chat_format: Of the base model; a candidate that it cannot write back is left out.

    Returns:
        By record id and direction, each pair once.

    Raises:
        InputError: The run has no `run.sqlite` and no candidates are named, or their file cannot be read.
    """
    known = {record.id: record for record in records}
    found: dict[tuple[str, Direction], dict[tuple[str, str], None]] = {}
    if (run_dir / "run.sqlite").is_file():
        for key, pair in _of_run(run_dir, known, config):
            found.setdefault(key, {})[pair] = None
    elif config.candidates is None:
        raise InputError(
            f"{run_dir} has no run.sqlite, so what was refused is not known; pass a run directory as distill "
            "leaves it, or candidates=FILE"
        )
    if config.candidates is not None:
        for key, pair in _of_candidates(Path(config.candidates), config):
            if key[0] in known and all(_is_writable(answer, chat_format) for answer in pair):
                found.setdefault(key, {})[pair] = None
    return {key: tuple(pairs) for key, pairs in found.items()}


def _of_run(
    run_dir: Path, known: dict[str, TrainRecord], config: StudentConfig
) -> Iterator[tuple[tuple[str, Direction], tuple[str, str]]]:
    text, counts = ExampleText(config.arm, config.max_alignments), RefusedCounts()
    for history in read_histories(run_dir):
        record = known.get(str(history.record["id"]))
        if record is None:
            continue
        for preference in preferences(history, record, counts):
            for direction in config.directions:
                chosen, rejected = (text.completion(r, direction) for r in (record, preference.rejected))
                if chosen != rejected:  # what differs may be among the parts that are not shown
                    yield (record.id, direction), (chosen, rejected)


def _of_candidates(path: Path, config: StudentConfig) -> Iterator[tuple[tuple[str, Direction], tuple[str, str]]]:
    """Set the candidate that its judge scored highest against the lowest, where the two scores differ."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"the candidates {path} cannot be read ({error.strerror})") from error
    for number, line in enumerate(lines, start=1):
        try:
            row: Any = json.loads(line)
            direction = Direction(row["direction"])
            scored = [(float(each["score"]), str(each["text"])) for each in row["candidates"]]
            id = str(row["id"])
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path} line {number} is no row of candidates ({type(error).__name__}: {error}); pass the .jsonl that "
                "`molreflect predict --candidates N` writes"
            ) from error
        if direction not in config.directions or not scored:
            continue
        best, worst = (choose(scored, key=lambda each: each[0]) for choose in (max, min))
        if best[0] > worst[0]:
            yield (id, direction), (best[1].strip(), worst[1].strip())


def _is_writable(answer: str, chat_format: ChatFormat) -> bool:
    """Whether an answer can be trained on as it stands: not empty, and read back as it was written."""
    try:
        chat_format.encode([{"role": "user", "content": "?"}], answer)
    except InputError:
        return False
    return True

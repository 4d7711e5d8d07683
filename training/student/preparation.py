"""From a run directory to the rows of a training: what is read, split, compared and composed, before any weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from molreflect.tools.terms import TrainMethod
from molreflect.training.config import Arm, StudentConfig
from molreflect.training.examples.builder import Example
from molreflect.training.examples.records import TrainRecord, read_run
from molreflect.training.examples.steps import with_steps
from molreflect.training.student.plan import Prepared, Split, plan_all, prepare, render, summarize
from molreflect.training.student.preferences import read_preferred
from molreflect.training.student.start import split_of_start, with_start

if TYPE_CHECKING:
    from molreflect.agents.student.chat_format import ChatFormat


def read_split(
    run_dir: Path | str, config: StudentConfig, *, split: Split | None = None
) -> tuple[list[TrainRecord], Split | None]:
    """Read a run, before anything heavy is loaded.

    Args:
        run_dir: Run directory with `alignments.jsonl`.
        config: All settings; see `with_start`.
        split: Which records are trained on and held out, where the settings alone shall not say it.

    Returns:
        All records, and how they are split where it is known already.

    Raises:
        InputError: As `read_run` says.
    """
    if split is None:
        records = read_run(run_dir, limit=config.limit, attached=config.fragments == "attached")
        if config.arm is Arm.TRACED:
            records = with_steps(Path(run_dir), records, config.trace_lines)
        return records, split_of_start(config, records)
    if config.arm is Arm.TRACED:
        sides = (with_steps(Path(run_dir), side, config.trace_lines) for side in (split.train, split.heldout))
        split = Split(*map(tuple, sides))
    return [*split.train, *split.heldout], split


def prepare_records(
    run_dir: Path | str,
    config: StudentConfig,
    chat_format: ChatFormat,
    records: list[TrainRecord],
    split: Split | None,
) -> Prepared:
    """Compose everything that is trained on.

    Args:
        run_dir: Of the records; for `dpo` with `run.sqlite` too, or with `candidates` set.
        config: All settings; see `with_start`.
        chat_format: Of the base model.
        records: As `read_split` gives them, like `split`.

    Raises:
        InputError: As `read_preferred` and `prepare` say.
    """
    preferred = None
    if config.method is TrainMethod.DPO:
        preferred = read_preferred(Path(run_dir), records, config, chat_format)
    return prepare(records, config, chat_format, split=split, preferred=preferred)


def prepare_run(
    run_dir: Path | str, config: StudentConfig, chat_format: ChatFormat
) -> tuple[list[TrainRecord], Prepared]:
    """Read a run and compose everything that is trained on: `read_split`, then `prepare_records`."""
    records, split = read_split(run_dir, config)
    return records, prepare_records(run_dir, config, chat_format, records, split)


class Preview(NamedTuple):
    """What a training would begin with."""

    examples: list[tuple[Example, list[tuple[str, bool]]]]
    """Examples with every token and whether it is trained on, in the order of training."""
    summary: str
    """Counts over all examples: rows, longest, neighbours dropped, rows skipped."""


def preview_examples(run_dir: Path | str, config: StudentConfig, n: int = 3) -> Preview:
    """The first `n` examples of a training as the model will see them; loads no weights.

    Raises:
        InputError: As in `train`.
    """
    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.agents.student.weights import load_tokenizer, resolve_base
    from molreflect.training.examples.preview import preview

    config = with_start(config)
    chat_format = ChatFormat(load_tokenizer(resolve_base(config.base), config.chat_template_kwargs))
    _, prepared = prepare_run(run_dir, config, chat_format)
    first = [render(prepared, row, epoch, config) for row, epoch in plan_all(prepared, config)[:n]]
    return Preview([(example, preview(example, chat_format)) for example in first], summarize(prepared))

"""What a training is made of, before any weight is loaded: the split, all examples, and their order."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.training.config import Arm, StudentConfig
from molreflect.training.examples.builder import Example, ExampleBuilder, TooLongError, rewrite_smiles
from molreflect.training.examples.records import (
    TrainRecord,
    read_run,
    read_supplied,
)
from molreflect.training.examples.text import Query
from molreflect.training.student.neighbours import TrainingIndex

if TYPE_CHECKING:
    from molreflect.agents.student.chat_format import ChatFormat


Preferred = Mapping[tuple[str, Direction], Sequence[tuple[str, str]]]
"""Pairs of answers by record id and direction: the whole answer that is preferred, and the one that is not."""


@dataclass(frozen=True, slots=True)
class Split:
    """Records trained on, and records held out; no InChIKey first block is on both sides."""

    train: tuple[TrainRecord, ...]
    heldout: tuple[TrainRecord, ...]


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One record in one direction, with its context."""

    record: TrainRecord
    neighbours: tuple[TrainRecord, ...]
    """Most similar first."""
    direction: Direction
    example: Example
    rejected: Example | None = None
    """`dpo` only: the same prompt with the answer that is not preferred."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything a training is made of, before any weight is loaded."""

    split: Split
    train: tuple[TrainingRow, ...]
    heldout: tuple[TrainingRow, ...]
    """The held-out rows that are scored, at most `eval_rows` records in each direction."""
    skipped: tuple[str, ...]
    """`direction:id` of examples that are too long even without neighbours."""
    builder: ExampleBuilder
    warm_up: tuple[TrainingRow, ...] = ()
    """Rows of `curriculum`, trained on before `train`; their neighbours are of that run as well."""
    warm_up_left_out: int = 0
    """Records of `curriculum` that were not used because their molecules are held out here."""


def split_records(records: Sequence[TrainRecord], *, fraction: float, seed: int) -> Split:
    """Hold out a share of the molecules, never a molecule of the training side.

    The choice is by a hash of the InChIKey first block, so that it depends on nothing but the block, the seed and
    which other blocks there are.

    Raises:
        InputError: A share is asked for, and there are fewer than two different molecules.
    """
    if fraction == 0:
        return Split(tuple(records), ())
    blocks = sorted({r.block for r in records}, key=lambda block: hashlib.sha256(f"{seed}:{block}".encode()).digest())
    if len(blocks) < 2:
        raise InputError("one molecule cannot be split into training and held-out rows; set eval_fraction=0")
    held = set(blocks[: min(len(blocks) - 1, max(1, round(fraction * len(blocks))))])
    return Split(tuple(r for r in records if r.block not in held), tuple(r for r in records if r.block in held))


def prepare(
    records: Sequence[TrainRecord],
    config: StudentConfig,
    chat_format: ChatFormat,
    *,
    split: Split | None = None,
    preferred: Preferred | None = None,
) -> Prepared:
    """Split the records, find every row's neighbours among the training records, and compose all examples.

    Args:
        records: All records; unused where `split` is given.
        config: All settings.
        chat_format: Of the base model.
        split: Which records are trained on and held out; made as the settings say where not given.
        preferred: For `dpo`, the pairs of answers of each record; records without any make no rows.

    Raises:
        InputError: An example cannot be composed as the settings say, or none is left.
    """
    split = split or split_records(records, fraction=config.eval_fraction, seed=config.seed)
    supplied = None
    if config.arm is Arm.SUPPLIED:
        supplied = read_supplied(str(config.supplied_run), config.directions[0])
    builder = ExampleBuilder(
        format=chat_format,
        arm=config.arm,
        max_alignments=config.max_alignments,
        max_length=config.max_length,
        supplied=supplied,
    )
    index = TrainingIndex(split.train)
    by_id = {record.id: record for record in split.train}
    skipped: list[str] = []

    def rows(
        side: Sequence[TrainRecord], index: TrainingIndex = index, by_id: Mapping[str, TrainRecord] = by_id
    ) -> tuple[TrainingRow, ...]:
        made: list[TrainingRow] = []
        for record in side:
            for direction in config.directions:
                neighbours = _neighbours(record, direction, config, index, by_id)
                try:
                    made += _rows_of(builder, record, neighbours, direction, preferred)
                except TooLongError:
                    if config.too_long == "stop":
                        raise
                    skipped.append(f"{direction}:{record.id}")
        return tuple(made)

    train, heldout = rows(split.train), rows(split.heldout[: config.eval_rows])
    if not train and preferred is not None and not skipped:
        raise InputError("no training record has two answers to compare; dpo needs refused proposals, or candidates")
    if not train:
        raise InputError(
            f"none of {len(split.train)} training records fits into max_length={config.max_length} tokens; raise it"
        )
    if not config.curriculum:
        return Prepared(split, train, heldout, tuple(skipped), builder)
    warm_records, left_out = _warm_up_records(config, split)
    warm_up = rows(warm_records, TrainingIndex(warm_records), {record.id: record for record in warm_records})
    if not warm_up:
        raise InputError(f"no example of {config.curriculum} fits into max_length={config.max_length} tokens")
    return Prepared(split, train, heldout, tuple(skipped), builder, warm_up, left_out)


def _rows_of(
    builder: ExampleBuilder,
    record: TrainRecord,
    neighbours: tuple[TrainRecord, ...],
    direction: Direction,
    preferred: Preferred | None,
) -> Iterator[TrainingRow]:
    """Compose the rows of one record in one direction: one, or for `dpo` one for each pair of answers."""
    if preferred is None:
        yield TrainingRow(record, neighbours, direction, builder.example(record, neighbours, direction))
        return
    for chosen, rejected in preferred.get((record.id, direction), ()):
        # Both share one prompt, so the longer answer says how many neighbours fit.
        shown = neighbours
        for answer in sorted((chosen, rejected), key=builder.format.count, reverse=True):
            shown = shown[: len(builder.example(record, shown, direction, completion=answer).context)]
        one, other = (
            replace(builder.example(record, shown, direction, completion=answer), dropped=len(neighbours) - len(shown))
            for answer in (chosen, rejected)
        )
        yield TrainingRow(record, neighbours, direction, one, other)


def _warm_up_records(config: StudentConfig, split: Split) -> tuple[list[TrainRecord], int]:
    """As many records of the warm-up's run as its steps can use, without molecules that are held out here."""
    held = {record.block for record in split.heldout}
    each = config.accumulation * config.batch_size * count_processes()
    wanted = -(-config.curriculum_steps * each // len(config.directions))
    found = read_run(str(config.curriculum), limit=wanted + len(held), attached=config.fragments == "attached")
    kept = [record for record in found if record.block not in held]
    if not kept:
        raise InputError(f"every molecule of {config.curriculum} is held out here; pass another warm-up run")
    return kept[:wanted], len(found) - len(kept)


def _neighbours(
    record: TrainRecord,
    direction: Direction,
    config: StudentConfig,
    index: TrainingIndex,
    by_id: Mapping[str, TrainRecord],
) -> tuple[TrainRecord, ...]:
    if not config.arm.has_context:
        return ()
    if config.neighbours_from == "index":
        return index(Query(record.id, record.given(direction), record.block), direction, config.neighbours)
    named = (by_id[id] for id in record.neighbours if id in by_id)
    return tuple(n for n in named if n.block != record.block)[: config.neighbours]


def plan(rows: Sequence[TrainingRow], config: StudentConfig, *, examples: int) -> list[tuple[int, int]]:
    """The order of training, fixed beforehand: `examples` pairs of (row, epoch).

    Every epoch is its own shuffle. Where several examples share a forward pass, the shuffle is cut into pieces of 32
    batches, and rows of similar length go together within a piece; the batches of a piece are shuffled again. Length is
    that of the pair itself, so that all arms see the same rows in the same order.
    """
    order: list[tuple[int, int]] = []
    epoch = 0
    while len(order) < examples:
        rng = random.Random(f"{config.seed}-{epoch}")
        shuffled = list(range(len(rows)))
        rng.shuffle(shuffled)
        if config.batch_size > 1:
            size = config.batch_size
            for start in range(0, len(shuffled), size * 32):
                piece = sorted(shuffled[start : start + size * 32], key=lambda i: _length(rows[i].record))
                batches = [piece[i : i + size] for i in range(0, len(piece), size)]
                rng.shuffle(batches)
                shuffled[start : start + size * 32] = [i for batch in batches for i in batch]
        order += [(row, epoch) for row in shuffled]
        epoch += 1
    return order[:examples]


def plan_all(prepared: Prepared, config: StudentConfig, *, world: int = 1) -> list[tuple[int, int]]:
    """The order of a whole training as pairs of (row, epoch): the warm-up's rows first, then the run's.

    Rows are counted through: those of `prepared.warm_up` stand behind those of `prepared.train`.
    """
    each = config.examples_per_step(world)
    proper = plan(prepared.train, config, examples=config.max_steps * each)
    if not prepared.warm_up:
        return proper
    shift = len(prepared.train)
    first = plan(prepared.warm_up, config, examples=config.curriculum_steps * each)
    return [*((shift + row, epoch) for row, epoch in first), *proper]


def _length(record: TrainRecord) -> int:
    return len(record.smiles) + len(record.caption)


def count_processes() -> int:
    """How many processes train together, as `accelerate launch` and `torchrun` say in the environment."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first_process() -> bool:
    """Whether this one of the processes that train together speaks for all."""
    return int(os.environ.get("RANK", "0")) == 0


def render(prepared: Prepared, index: int, epoch: int, config: StudentConfig) -> Example:
    """The example of one row in one epoch; differs between epochs only where SMILES are rewritten."""
    proper = len(prepared.train)
    row = prepared.train[index] if index < proper else prepared.warm_up[index - proper]
    if not config.randomize_smiles or row.direction is not Direction.MOL2CAP or row.rejected is not None:
        return row.example
    seed = int.from_bytes(hashlib.sha256(f"{config.seed}-{epoch}-{row.record.id}".encode()).digest()[:4])
    try:
        smiles = rewrite_smiles(row.record.smiles, seed)
        return prepared.builder.example(row.record, row.neighbours, row.direction, smiles=smiles)
    except TooLongError:  # this writing takes more tokens than the corpus' own, which is known to fit
        return row.example


def summarize(prepared: Prepared) -> str:
    """Count in one line what is trained on, held out, cut and skipped."""
    longest = max(len(row.example.encoded.ids) for row in (*prepared.train, *prepared.warm_up))
    dropped = sum(row.example.dropped > 0 for row in (*prepared.train, *prepared.warm_up))
    parts = [
        f"{counted(len(prepared.train), 'training example')} of {counted(len(prepared.split.train), 'record')}",
        f"{counted(len(prepared.split.heldout), 'record')} held out",
        f"longest {longest} tokens",
    ]
    if prepared.warm_up:
        parts.append(f"{counted(len(prepared.warm_up), 'example')} to warm up on")
    if prepared.warm_up_left_out:
        parts.append(f"{counted(prepared.warm_up_left_out, 'record')} of the warm-up left out as held out")
    if dropped:
        parts.append(f"{counted(dropped, 'example')} lost neighbours to max_length")
    if prepared.skipped:
        parts.append(f"{counted(len(prepared.skipped), 'example')} skipped as too long")
    return ", ".join(parts)

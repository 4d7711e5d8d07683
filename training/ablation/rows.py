"""The rows of an ablation, chosen once, before any arm is looked at.

A row takes part only if it fits in every arm, so that no arm skips what another one trains on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.training.ablation.settings import AblationSettings
from molreflect.training.config import Arm, StudentConfig
from molreflect.training.examples.builder import ExampleBuilder, TooLongError
from molreflect.training.examples.records import TrainRecord
from molreflect.training.student.plan import Split

if TYPE_CHECKING:
    from molreflect.agents.student.chat_format import ChatFormat


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which records an ablation trains and tests on, and which it cannot."""

    split: Split
    attached: Split | None
    """The same records with attached fragments, for the arm of that name; None where it is not asked for."""
    records: int
    """Records of the run."""
    too_long: int
    """Records that do not fit in every arm."""
    over_row_tokens: int
    """Records that take more tokens than the settings allow."""
    without_alignments: int
    """Chosen training records without any verified alignment."""


def choose(
    records: Sequence[TrainRecord],
    settings: AblationSettings,
    config: StudentConfig,
    chat_format: ChatFormat,
    *,
    supplied: Mapping[str, Any] | None = None,
    attached: Sequence[TrainRecord] | None = None,
    traced: Sequence[TrainRecord] | None = None,
) -> Chosen:
    """Choose the rows of all arms: held-out molecules first, then training ones, in an order by hash.

    A record takes part if its example fits into `max_length` in both directions and in every arm, asked for or not:
    with the same settings, an arm or a direction that is added later meets the same rows. The arms `supplied`,
    `attached` and `traced` count only where they are asked for.

    Args:
        records: Of the run.
        settings: Arms, directions, how many rows.
        config: Of every training.
        chat_format: Of the base model.
        supplied: One-sided alignments by id, for the arm of that name.
        attached: The same records with attached fragments, for the arm of that name.
        traced: The same records with the steps of their teacher, for the arm of that name.

    Raises:
        InputError: There are not enough records for the rows asked for.
    """
    arms = [arm for arm in Arm if arm is not Arm.SUPPLIED or Arm.SUPPLIED in settings.arms]
    builders = [
        ExampleBuilder(
            format=chat_format,
            arm=arm,
            max_alignments=config.max_alignments,
            max_length=config.max_length,
            supplied=supplied,
        )
        for arm in arms
        # Arms without context are shorter than their twins, and filler takes as many tokens as `written`.
        if arm not in (Arm.NO_CONTEXT, Arm.FILLER, Arm.TRACED)
    ]
    written = [builder for builder in builders if builder.arm is Arm.WRITTEN]
    twins = {record.id: record for record in attached or ()}
    # The builder of an arm with the same records as that arm has them.
    other = [(builder, twins) for builder in written if twins]
    if traced is not None:
        steps = replace(written[0], arm=Arm.TRACED)
        other.append((steps, {record.id: record for record in traced}))
    too_long = over = 0
    fitting: list[TrainRecord] = []
    for record in records:
        if settings.row_tokens is not None and _row_tokens(record, config, chat_format) > settings.row_tokens:
            over += 1
            continue
        try:
            for builder in builders:
                # One-sided alignments are there for one direction only.
                for direction in settings.directions if builder.arm is Arm.SUPPLIED else Direction:
                    builder.example(record, (), direction)
            for builder, own in other:
                for direction in Direction:
                    builder.example(own[record.id], (), direction)
        except TooLongError:
            too_long += 1
            continue
        fitting.append(record)
    blocks: dict[str, list[TrainRecord]] = {}
    for record in fitting:
        blocks.setdefault(record.block, []).append(record)
    order = sorted(blocks, key=lambda block: hashlib.sha256(f"{settings.split_seed}:{block}".encode()).digest())
    heldout: list[TrainRecord] = []
    train_side: list[TrainRecord] = []
    for block in order:
        if len(heldout) < settings.heldout_rows:
            heldout += blocks[block][: settings.heldout_rows - len(heldout)]
        elif settings.train_rows is None or len(train_side) < settings.train_rows:
            left = None if settings.train_rows is None else settings.train_rows - len(train_side)
            train_side += blocks[block][:left]
        else:
            break
    if len(heldout) < settings.heldout_rows or len(train_side) < (settings.train_rows or 2):
        raise InputError(
            f"{len(fitting)} of {len(records)} records fit in every arm ({over} over row_tokens, {too_long} over "
            f"max_length={config.max_length}): not enough for {settings.heldout_rows} held-out and "
            f"{settings.train_rows or 'at least 2'} training rows; ask for fewer, or raise max_length"
        )
    with_twins = [tuple(twins[record.id] for record in side) for side in (train_side, heldout)] if twins else None
    return Chosen(
        Split(tuple(train_side), tuple(heldout)),
        None if with_twins is None else Split(*with_twins),
        len(records),
        too_long,
        over,
        sum(not record.parts for record in train_side),
    )


def _row_tokens(record: TrainRecord, config: StudentConfig, chat_format: ChatFormat) -> int:
    def rationale(parts: Sequence[Any]) -> int:
        return chat_format.count("\n".join(f"{p.phrase} -> {p.fragment}" for p in parts[: config.max_alignments]))

    pair = chat_format.count(f"{record.smiles}\n{record.caption}")
    return pair + max(rationale(record.parts), rationale(record.draft))

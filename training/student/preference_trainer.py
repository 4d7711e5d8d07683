"""TRL's `DPOTrainer` over pairs of answers that are composed, and masked, by our own code alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from molreflect.training.config import StudentConfig
from molreflect.training.student.measuring import measured
from molreflect.training.student.plan import Prepared, TrainingRow
from molreflect.training.student.trainer import Ground, quiet

USUAL_BETA = 0.1
"""Of Rafailov et al. 2023."""


def build_dpo(tokenizer: Any, prepared: Prepared, config: StudentConfig, ground: Ground) -> Any:
    """Build the trainer; what it compares with is the student as it starts."""
    from datasets import Dataset, disable_progress_bars
    from trl import DPOConfig, DPOTrainer
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    disable_progress_bars()
    pad = DataCollatorForPreference(pad_token_id=tokenizer.pad_token_id)

    def collate(places: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Put in the tokens of the rows: what TRL would cut out of texts has other ends, and other beginnings."""
        rows: tuple[TrainingRow, ...] = (*prepared.train, *prepared.heldout)
        padded: dict[str, Any] = pad([_tokens(rows[place["row"]]) for place in places])
        return padded

    def places(rows: Sequence[int]) -> Any:
        # TRL takes texts and makes tokens of them, which nobody reads; words, so that none merges with the next.
        blank = {"prompt": "a", "chosen": " b", "rejected": " c"}
        return Dataset.from_list([{"row": row, **blank} for row in rows])

    first = len(prepared.train)
    heldout = {
        str(direction): [first + i for i, row in enumerate(prepared.heldout) if row.direction is direction]
        for direction in config.directions
    }
    trainer = measured(DPOTrainer, config, prepared)(
        model=ground.model,
        args=DPOConfig(
            **ground.arguments,
            beta=USUAL_BETA if config.beta is None else config.beta,
            max_length=None,
        ),
        data_collator=collate,
        train_dataset=places([row for row, _ in ground.order]),
        eval_dataset={name: places(rows) for name, rows in heldout.items() if rows} or None,
        processing_class=tokenizer,
        peft_config=ground.peft_config,
        callbacks=ground.callbacks,
    )
    return quiet(trainer)


def _tokens(row: TrainingRow) -> dict[str, list[int]]:
    """Prompt, accepted and refused answer of a row, each answer with its end-of-turn token."""
    if row.rejected is None:
        raise ValueError(f"the row of {row.record.id} has one answer only")
    chosen, rejected = row.example.encoded, row.rejected.encoded
    return {
        "prompt_ids": list(chosen.ids[: chosen.n_prompt]),
        "chosen_ids": list(chosen.ids[chosen.n_prompt :]),
        "rejected_ids": list(rejected.ids[rejected.n_prompt :]),
    }

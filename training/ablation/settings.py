"""What an ablation compares: arms, seeds, directions and rows."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from molreflect.tools.terms import Direction
from molreflect.training.config import Arm, CheckedSettings, Text

CURRICULUM = "curriculum"
"""Arm of an ablation that is `written` with its first steps on another run, such as one of `molreflect synthesize`."""
ATTACHED = "attached"
"""Arm of an ablation that is `written` with fragments that show where they were attached."""
ARMS = (*Arm, CURRICULUM, ATTACHED)
MAIN_ARMS = (Arm.WRITTEN, Arm.ICMT, Arm.SFT, Arm.UNVERIFIED)
FIXED = ("train_rows", "heldout_rows", "row_tokens", "split_seed", "batch_size")
"""Settings that must stay from call to call; with any other one changed, finished cells stay what they are."""


class AblationSettings(CheckedSettings):
    """Every setting of an ablation; saved beside its results."""

    arms: tuple[str, ...] = MAIN_ARMS
    """Of `ARMS`."""
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = (42,)
    """Of the order of rows, of the adapter's first weights and of sampling."""
    directions: tuple[Direction, ...] = (Direction.CAP2MOL, Direction.MOL2CAP)
    train_rows: int | None = Field(None, ge=2)
    """Records trained on; all that are left beside the held-out ones where None."""
    heldout_rows: int = Field(60, ge=2)
    row_tokens: int | None = Field(None, ge=2)
    """Leave out records whose input, alignments (verified or drafted) and answer take more tokens than this."""
    split_seed: int = Field(0, ge=0)
    """Which rows are held out and which are trained on; the same for all arms, directions and seeds."""
    candidates: int = Field(1, ge=1)
    """Answers of each question to the arms in `rerank`. With several, the verifier's choice among them is a system of
    its own in the table, beside the greedy answer and one sample."""
    rerank: tuple[str, ...] = (Arm.WRITTEN,)
    """Arms that give several answers; all others give one."""
    curriculum: Text | None = None
    """Run directory that the arm `curriculum` begins with; its molecules that are held out are left out."""
    curriculum_share: float = Field(0.25, gt=0, lt=1)
    """Share of that arm's steps spent there: all arms make as many steps, so it makes fewer on the rows proper."""
    batch_size: int = Field(8, ge=1)
    """Sequences decoded together."""
    bootstrap: int = Field(1000, ge=1)
    trials: int = Field(default=10_000, ge=1)
    """Swaps of the paired tests."""
    faithfulness: bool = True
    """Judge the claims of the answers too."""

    @model_validator(mode="after")
    def _check_arms(self) -> Self:
        for name in ("arms", "rerank"):
            if unknown := [arm for arm in getattr(self, name) if arm not in ARMS]:
                raise ValueError(f"{name} must be of {', '.join(ARMS)}; got {', '.join(unknown)}")
        for name in ("arms", "seeds", "directions"):
            values = getattr(self, name)
            if not values or len(set(values)) != len(values):
                raise ValueError(f"{name} must hold at least one value and none twice; got {list(values)}")
        if CURRICULUM in self.arms and not self.curriculum:
            raise ValueError("the arm curriculum needs a run to begin with, e.g. one of `molreflect synthesize`")
        if Arm.SUPPLIED in self.arms and len(self.directions) > 1:
            raise ValueError("the supplied arm takes one direction at a time, since each needs its own one-sided run")
        return self

    def candidates_of(self, arm: str) -> int:
        """Answers of each question to an arm."""
        return self.candidates if arm in self.rerank else 1

    @property
    def reference(self) -> str:
        """The arm that all others are tested against: `written`, or the first one where it is not among them."""
        return Arm.WRITTEN if Arm.WRITTEN in self.arms else self.arms[0]

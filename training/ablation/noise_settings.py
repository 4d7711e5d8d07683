"""What an experiment with an erring teacher compares: rates of errors, seeds, rows."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from molreflect.training.ablation.settings import AblationSettings
from molreflect.training.config import Arm

NOISE_ARMS = (Arm.WRITTEN, Arm.UNVERIFIED)
"""The two arms: alignments that were verified and mended, and the same teacher's drafts as they were proposed."""
NAMES = {str(Arm.WRITTEN): "verified", str(Arm.UNVERIFIED): "unverified"}
"""What tables call them."""
Rate = Annotated[float, Field(ge=0, le=1)]


class NoiseSettings(AblationSettings):
    """Every setting of the experiment; saved beside its results. A seed is that of the errors and of the training."""

    arms: tuple[str, ...] = NOISE_ARMS
    rates: tuple[Rate, ...] = (0.0, 0.2, 0.4)
    """Probabilities that a tie is wrong."""

    @model_validator(mode="after")
    def _check_rates(self) -> Self:
        if not self.rates or len(set(self.rates)) != len(self.rates):
            raise ValueError(f"rates of errors must hold at least one value and none twice; got {list(self.rates)}")
        if self.arms != NOISE_ARMS:
            raise ValueError("with rates of errors the arms are verified and unverified; name no others")
        if self.candidates > 1:
            raise ValueError("with rates of errors each arm gives one answer; leave candidates at 1")
        if self.curriculum:
            raise ValueError("with rates of errors there is no curriculum; leave it out")
        return self

"""What a teacher proposes, and what verification says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, field_validator

from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.meaning.interpretation import Interpretation, Source, source_of
from molreflect.tools.terms import LADDER, Evidence, Level, PhraseKind, Reason, Verdict

Rung = Annotated[Level, WithJsonSchema({"enum": [level.value for level in LADDER], "type": "string"})]
"""A rung of the match ladder, as a model is offered it."""


class ProposedAlignment(BaseModel):
    """One phrase of the caption tied to a substructure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phrase: str = Field(description="Words quoted verbatim from the caption; in the molecule view, the group's name.")
    kind: PhraseKind = Field(
        default=PhraseKind.STRUCTURE,
        description="structure: part of the molecule; relation: another compound; role or origin: no structure.",
    )
    pattern: str | None = Field(
        default=None, description="SMARTS of the substructure the phrase means; null for relation, role and origin."
    )
    start: int | None = Field(default=None, description="Character offset of the phrase in the caption, if known.")
    source: Annotated[Source, BeforeValidator(source_of), WithJsonSchema({"type": "string"})] = Field(
        default="model", description="Where the pattern comes from: class, name, mined, neighbour, model."
    )
    floor: Rung = Field(default=Level.NEUTRAL, description="Loosest rung of the match ladder to accept.")

    @field_validator("floor")
    @classmethod
    def _on_the_ladder(cls, floor: Level) -> Level:
        """Take `smiles`, which is no rung, for the loosest rung by default."""
        return floor if floor in LADDER else Level.NEUTRAL

    @classmethod
    def of(cls, phrase: Phrase, pattern: str | None = None, reading: Interpretation | None = None) -> ProposedAlignment:
        """Propose that a caption's phrase means a pattern, which one of its readings may vouch for."""
        said = cls(phrase=phrase.text, kind=phrase.kind, pattern=pattern, start=phrase.start)
        return said if reading is None else said.with_pattern(pattern, reading.source, reading.floor)

    def with_pattern(self, pattern: str | None, source: Source, floor: Level | None = None) -> ProposedAlignment:
        """The same phrase with another pattern."""
        return self.model_copy(update={"pattern": pattern, "source": source, "floor": floor or self.floor})


@dataclass(frozen=True, slots=True)
class Verification:
    """A proposed alignment with its verdict."""

    proposal: ProposedAlignment
    start: int | None
    """Where the phrase stands in the caption; None without a caption or where it is misquoted."""
    end: int | None
    verdict: Verdict
    reason: Reason
    message: str
    """What to do about it, for a person and for a model, or which words of a phrase that stands were not read; empty
    where there is nothing to say."""
    key: str = ""
    """The normalised phrase, as the corpus counts it."""
    atoms: tuple[tuple[int, ...], ...] = ()
    """0-based RDKit atom indices in pattern order, one tuple per occurrence."""
    level: Level | None = None
    fragment: str | None = None
    evidence: Evidence | None = None

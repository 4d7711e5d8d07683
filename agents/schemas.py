"""Records of a teacher's answers and of pairs: frozen pydantic models, whose descriptions language models read."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from molreflect.tools.terms import Evidence, Level, PerplexityOf, PhraseKind, Reason, Verdict, View
from molreflect.tools.verification.proposals import ProposedAlignment, Verification


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Version(StrEnum):
    """Which proposals: before or after the teacher saw verdicts and neighbours."""

    DRAFT = "draft"
    REFLECTED = "reflected"


class AlignmentDraft(_Record):
    """Submit the alignments of one pair. Call this last, once every pattern has been checked."""

    alignments: tuple[ProposedAlignment, ...] = Field(description="One entry per phrase, in the caption's order.")


SUBMIT = AlignmentDraft.__name__
"""The tool by whose call a model submits its alignments."""


class EvidenceRecord(_Record):
    """Evidence of the corpus for or against an alignment; see `molreflect.tools.terms.Evidence`."""

    pairs_with_phrase: int
    recall: float | None
    recall_error: float | None = None
    background: float | None
    background_error: float | None = None
    lift: float | None
    p_value: float | None
    counterexamples: tuple[str, ...]

    @classmethod
    def of(cls, evidence: Evidence) -> EvidenceRecord:
        """Round to six significant digits: enough to read, and the same on every machine."""
        values: dict[str, Any] = {name: getattr(evidence, name) for name in cls.model_fields}
        return cls.model_validate(
            {name: float(f"{v:.6g}") if isinstance(v, float) else v for name, v in values.items()}
        )


class Alignment(_Record):
    """A verified alignment as it stands in `alignments.jsonl`."""

    phrase: str
    start: int | None
    end: int | None
    kind: PhraseKind
    pattern: str | None
    fragment: str | None
    atoms: tuple[tuple[int, ...], ...]
    """0-based RDKit atom indices of the record's `smiles`, one tuple per occurrence, in pattern order."""
    level: Level | None
    verdict: Verdict
    reason: Reason
    message: str
    evidence: EvidenceRecord | None
    source: str
    version: Version

    @classmethod
    def of(cls, verification: Verification, version: Version) -> Alignment:
        """Write down a verification."""
        own = ("start", "end", "fragment", "atoms", "level", "verdict", "reason", "message")
        proposed = ("phrase", "kind", "pattern", "source")
        values = {name: getattr(verification, name) for name in own}
        values |= {name: getattr(verification.proposal, name) for name in proposed}
        evidence = verification.evidence
        return cls(evidence=EvidenceRecord.of(evidence) if evidence else None, version=version, **values)


class Coverage(_Record):
    """How much of a pair the supported alignments account for."""

    phrases: float | None
    """Share of the structural phrases of the caption that are supported, 0 to 1; None where there are none."""
    heavy_atoms: float | None
    """Share of the molecule's heavy atoms that a supported alignment touches; None without a molecule."""


class UnreadSentence(_Record):
    """A sentence of the caption with words that look structural and that nothing was read from."""

    start: int
    """0-based character offset of its first character."""
    end: int
    """0-based character offset behind its last character."""
    words: tuple[str, ...]
    """The words that look structural, in their order."""


class Usage(_Record):
    """What calls of the teacher's model used, as the provider counts it."""

    input_tokens: int = 0
    output_tokens: int = 0
    calls: int = 0
    uncounted: int = 0
    """Calls whose tokens the provider did not report; they are estimated, and part of the sums."""
    cached_tokens: int = Field(default=0, exclude=True)
    """Of `input_tokens`, those the provider had in its own cache. In no record: the next run finds another cache."""
    cost: float | None = None
    """Money by the price table, in its currency; None where the model has no price."""


def add(left: Usage, right: Usage) -> Usage:
    """Add two usages; the cost is None only where both are."""
    known = [u.cost for u in (left, right) if u.cost is not None]
    return Usage(
        input_tokens=left.input_tokens + right.input_tokens,
        output_tokens=left.output_tokens + right.output_tokens,
        calls=left.calls + right.calls,
        uncounted=left.uncounted + right.uncounted,
        cached_tokens=left.cached_tokens + right.cached_tokens,
        cost=round(sum(known), 9) if known else None,
    )


class PairRecord(_Record):
    """One line of `alignments.jsonl`. Nothing in it differs from run to run; times stand in the trace."""

    id: str
    view: View
    smiles: str | None
    caption: str | None
    alignments: tuple[Alignment, ...]
    """Of the selected version: supported, refuted and unchecked, in the caption's order."""
    selected: Version
    selected_because: str
    perplexity: dict[str, float]
    """Per version that was scored; empty where perplexity did not have to decide."""
    perplexity_of: PerplexityOf | None
    """What the perplexity is of; None where it did not have to decide."""
    coverage: Coverage
    unread: tuple[UnreadSentence, ...] | None = None
    """What the caption says of structure without an alignment that says so; None where there is no caption, and in
    records made before it was looked for."""
    neighbours: tuple[str, ...]
    """Ids of the retrieved pairs, most similar first."""
    rounds: int
    """Repair and reflection rounds beyond the first draft."""
    bounds: tuple[str, ...]
    """Limits that were reached, in words; empty where none was."""
    teacher: str
    prompt_version: str
    index_hash: str
    usage: Usage
    trace_id: str
    status: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, in the order of the fields."""
        return self.model_dump(mode="json")

    def _repr_html_(self) -> str:
        """Show the record in a notebook, as a report shows it."""
        from molreflect.tools.views.html import notebook_html

        return notebook_html(self.to_json())

"""State, settings and collaborators of the alignment graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from langgraph.runtime import Runtime

from molreflect.agents.prompts.reflect import NeighbourExample
from molreflect.agents.schemas import Alignment, PairRecord, Usage, Version
from molreflect.agents.teacher.agent import Teacher
from molreflect.tools.resources import Resources
from molreflect.tools.terms import PerplexityOf, ReflectWhen, Select, View
from molreflect.tools.verification.proposals import ProposedAlignment

Retrieve = Callable[[str], Sequence[NeighbourExample]]
"""`pair id -> neighbours`, most similar first, never the pair itself or a molecule with its InChIKey block."""

Score = Callable[[str, Sequence[str]], Sequence[float]]
"""`(input text, alignment texts) -> perplexities` by the student."""

ScoreTarget = Callable[[str, Sequence[str], str, bool], Sequence[float]]
"""`(input text, alignment texts, output text, whether that is the molecule) -> perplexities` of the output."""


@dataclass(frozen=True, slots=True)
class AlignmentSettings:
    """What decides how a pair is worked on."""

    max_repairs: int = 1
    """Repair rounds of the draft, and again of the reflection, for teachers that do not check their own ties."""
    select: Select = Select.VERIFIED
    reflect_when: ReflectWhen = ReflectWhen.REFUSED
    """`refused`: only where something was refused or had no reading; `always`: as the paper does."""
    reflect_tokens: int = 6_000
    """Most tokens of a request to reflect; neighbours there is no room for are left out, the farthest first."""
    perplexity_of: PerplexityOf = PerplexityOf.ALIGNMENTS
    verify: bool = True
    """Whether proposals are verified; if not, the draft is recorded as it was proposed."""


@dataclass(frozen=True)
class AlignmentContext:
    """Collaborators of the nodes; never checkpointed."""

    teacher: Teacher
    resources: Resources
    settings: AlignmentSettings = field(default_factory=AlignmentSettings)
    retrieve: Retrieve | None = None
    """None where no corpus is at hand: reflection then has verdicts but no neighbours."""
    score: Score | None = None
    """None without a student."""
    score_target: ScoreTarget | None = None
    """None without a student."""
    index_hash: str = ""


@dataclass(kw_only=True)
class AlignmentInput:
    """One pair, as the caller gives it."""

    id: str
    view: View = View.PAIR
    smiles: str | None = None
    caption: str | None = None
    target: str | None = None
    """The side a one-sided view hides, never shown to the teacher: what a perplexity of the target is taken of."""
    trace_id: str = ""

    def __post_init__(self) -> None:
        self.view = View(self.view)  # Studio and other callers over HTTP give plain text


@dataclass(kw_only=True)
class AlignmentState(AlignmentInput):
    """Everything known about the pair so far."""

    proposals: tuple[ProposedAlignment, ...] = ()
    """The teacher's latest answer; `draft` and `reflect` replace it."""
    version: Version = Version.DRAFT
    """Which list the latest answer belongs to; `reflect` sets it."""
    drafted: tuple[Alignment, ...] = ()
    """The judged draft; `verify` writes it."""
    reflected: tuple[Alignment, ...] | None = None
    """The judged reflection; `verify` writes it; None where reflection was not needed."""
    repairs: int = 0
    """Repair rounds of the current version; `verify` counts, `reflect` resets."""
    neighbours: tuple[NeighbourExample, ...] = ()
    """Most similar first; `retrieve` writes it."""
    rounds: int = 0
    """Teacher requests beyond the first; `draft` and `reflect` count."""
    bounds: tuple[str, ...] = ()
    """Limits that were reached; every node may add."""
    exhausted: bool = False
    """Whether a bound ended a request, so that the teacher is not asked again; `draft` and `reflect` set it."""
    usage: Usage = field(default_factory=Usage)
    """Summed over all requests; `draft` and `reflect` add."""
    usage_here: Usage = field(default_factory=Usage)
    """The same without what a state brought along from an earlier part."""
    selected: Version = Version.DRAFT
    selected_because: str = ""
    perplexity: dict[str, float] = field(default_factory=dict)
    """Written by `select`."""
    perplexity_of: PerplexityOf | None = None
    """Written by `select`; None where perplexity did not have to decide."""
    seconds: float = 0.0
    """Time in teacher, tools and judge; every node adds."""
    record: PairRecord | None = None
    """Written last, by `record`."""


AlignmentRuntime = Runtime[AlignmentContext]

"""The way of one pair: draft, verify, retrieve, reflect, verify, select, record.

    START -> draft -> verify -> retrieve -> reflect -> verify -> select -> record -> END
              ^        |                     ^          |
              +--------+ (repair, bounded)   +----------+ (repair, bounded)

A batch drafts a pair's neighbours before it reflects on the pair, because they are shown with *their* drafts; it
therefore compiles the same nodes as two graphs (`part="draft"` and `part="reflect"`). The first goes on to the record
where there is nothing to reflect on: such a pair is shown no neighbours, and its record names those the caller finds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from langchain_core.runnables import RunnableConfig
from langgraph.config import get_config
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from molreflect.agents.errors import BoundReachedError, CapReachedError, TeacherError
from molreflect.agents.prompts import align, reflect, repair
from molreflect.agents.prompts.reflect import NeighbourExample
from molreflect.agents.schemas import Alignment, Coverage, PairRecord, UnreadSentence, Usage, Version
from molreflect.agents.teacher.agent import Teacher
from molreflect.agents.teacher.budget import add
from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.captions.unread import unread
from molreflect.tools.langchain_tools import PAIR_ID
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources
from molreflect.tools.terms import PerplexityOf, PhraseKind, ReflectWhen, Select, Verdict, View
from molreflect.tools.verification.case import read_phrases
from molreflect.tools.verification.proposals import ProposedAlignment
from molreflect.tools.verification.verify import verify_all

Part = Literal["whole", "draft", "reflect"]

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


def draft(state: AlignmentState, runtime: AlignmentRuntime) -> dict[str, Any]:
    """Ask the teacher for alignments, or to repair those that were refused."""
    began = time.perf_counter()
    first = not state.drafted
    if first:
        words = align.request(view=state.view, smiles=state.smiles, caption=state.caption)
    else:
        words = repair.request(view=state.view, smiles=state.smiles, caption=state.caption, judged=state.drafted)
    return _ask(state, words, runtime, began, answered=not first) | {"rounds": state.rounds + (not first)}


def verify(state: AlignmentState, runtime: AlignmentRuntime) -> dict[str, Any]:
    """Judge every proposed alignment with RDKit and the corpus, never by the model's own word."""
    began = time.perf_counter()
    verified = verify_all(
        state.proposals,
        smiles=state.smiles,
        caption=state.caption,
        resources=runtime.context.resources,
        pair_id=state.id,
    )
    alignments = tuple(Alignment.of(v, state.version) for v in verified)
    spent = {"seconds": state.seconds + time.perf_counter() - began}
    if state.version is Version.REFLECTED:
        return {"reflected": alignments} | spent
    return {"drafted": alignments} | spent


def retrieve(state: AlignmentState, runtime: AlignmentRuntime) -> dict[str, Any]:
    """Fetch similar pairs with their verified drafts."""
    if runtime.context.retrieve is None:
        return {"neighbours": ()}
    began = time.perf_counter()
    found = tuple(runtime.context.retrieve(state.id))
    return {"neighbours": found, "seconds": state.seconds + time.perf_counter() - began}


def reflect_node(state: AlignmentState, runtime: AlignmentRuntime) -> dict[str, Any]:
    """Show the teacher verdicts, counterexamples and neighbours, and ask again."""
    began = time.perf_counter()
    again = state.version is Version.REFLECTED
    judged = state.reflected if again and state.reflected is not None else state.drafted
    counter, budget = runtime.context.teacher.counter, runtime.context.settings.reflect_tokens
    fitted = reflect.fit(
        view=state.view, smiles=state.smiles, caption=state.caption, judged=judged, neighbours=state.neighbours,
        count=counter.count, budget=budget,
    )  # fmt: skip
    asked = _ask(state, fitted.text, runtime, began, answered=True)
    if fitted.left_out or fitted.tokens > budget:
        left = f"neighbours left out: {', '.join(fitted.left_out)}" if fitted.left_out else "no neighbours to leave out"
        note = f"reflection within {budget} tokens ({counter.how}): {left}; the request takes {fitted.tokens}"
        asked["bounds"] = tuple(dict.fromkeys([*asked["bounds"], note]))
    if asked.get("exhausted"):
        return asked
    return asked | {
        "version": Version.REFLECTED,
        "rounds": state.rounds + 1,
        "repairs": state.repairs + 1 if again else 0,
    }


def select(state: AlignmentState, runtime: AlignmentRuntime) -> dict[str, Any]:
    """Choose between the draft and the reflection: verified coverage first, the student's perplexity to break ties."""
    if state.reflected is None:
        because = (
            "a bound was reached before the teacher had reflected"
            if state.exhausted
            else "nothing was refused, so nothing was reflected on"
        )
        return {"selected": Version.DRAFT, "selected_because": because}
    began = time.perf_counter()
    settings = runtime.context.settings
    what = "heavy atoms supported" if state.caption is None else "supported alignments"
    before, after = (verified_coverage(a, by_atoms=state.caption is None) for a in (state.drafted, state.reflected))
    if settings.select == Select.VERIFIED and before != after:
        return {
            "selected": Version.REFLECTED if after > before else Version.DRAFT,
            "selected_because": f"{what}: draft {before}, reflected {after}",
            "seconds": state.seconds + time.perf_counter() - began,
        }
    texts = [alignment_text(state.drafted), alignment_text(state.reflected)]
    if texts[0] == texts[1]:
        return {"selected": Version.DRAFT, "selected_because": "reflection changed nothing that is supported"}
    scored = perplexities(state, runtime.context, texts)
    if scored is None:
        if settings.select == Select.PERPLEXITY:
            raise ValueError("select='perplexity' needs a student; the caller checks this before the run")
        return {"selected": Version.REFLECTED, "selected_because": "equal coverage and no student to break the tie"}
    values = [float(f"{p:.6g}") for p in scored]
    of = "the target given the alignments" if settings.perplexity_of is PerplexityOf.TARGET else "the alignments"
    return {
        "selected": Version.REFLECTED if values[1] < values[0] else Version.DRAFT,
        "selected_because": f"the student's perplexity of {of}: draft {values[0]}, reflected {values[1]}",
        # A version that supports nothing has no perplexity; JSON has no word for its infinity.
        "perplexity": {
            version: value
            for version, value in zip(("draft", "reflected"), values, strict=True)
            if math.isfinite(value)
        },
        "perplexity_of": settings.perplexity_of,
        "seconds": state.seconds + time.perf_counter() - began,
    }


def perplexities(state: AlignmentState, context: AlignmentContext, texts: Sequence[str]) -> Sequence[float] | None:
    """The student's perplexities of both versions, by the setting; None without a student.

    Args:
        state: The pair; a one-sided view brings the hidden side as `target` where that is to be scored.
        context: With the student's scores.
        texts: The supported alignments of each version.
    """
    shown = state.smiles if state.view is not View.CAPTION else state.caption
    if context.settings.perplexity_of is PerplexityOf.ALIGNMENTS:
        return context.score(shown or "", texts) if context.score is not None else None
    if context.score_target is None:
        return None
    target = state.caption if state.view is View.PAIR else state.target
    if target is None:
        raise ValueError(f"a perplexity of the target needs the side that the {state.view} view hides, as `target`")
    return context.score_target(shown or "", texts, target, state.view is View.CAPTION)


def record(state: AlignmentState, runtime: AlignmentRuntime) -> dict[str, Any]:
    """Write down what was chosen, with everything that led to it."""
    context = runtime.context
    chosen = state.reflected if state.selected is Version.REFLECTED and state.reflected is not None else state.drafted
    ordered = sorted(chosen, key=lambda a: (a.start if a.start is not None else -1, a.end or -1, a.phrase))
    return {
        "record": PairRecord(
            id=state.id,
            view=state.view,
            smiles=state.smiles,
            caption=state.caption,
            alignments=tuple(ordered),
            selected=state.selected,
            selected_because=state.selected_because,
            perplexity=state.perplexity,
            perplexity_of=state.perplexity_of,
            coverage=coverage(ordered, state.smiles, state.caption, context.resources),
            unread=unread_sentences(ordered, state.caption, context.resources),
            neighbours=tuple(n.id for n in state.neighbours),
            rounds=state.rounds,
            bounds=state.bounds,
            teacher=context.teacher.name,
            prompt_version=context.teacher.prompt_version,
            index_hash=context.index_hash,
            usage=state.usage,
            trace_id=state.trace_id,
            status="ok",
        )
    }


def coverage(
    alignments: Sequence[Alignment], smiles: str | None, caption: str | None, resources: Resources
) -> Coverage:
    """Shares of the caption's structural phrases and of the molecule's heavy atoms that are supported."""
    supported = [a for a in alignments if a.verdict is Verdict.SUPPORTED and a.kind is PhraseKind.STRUCTURE]
    phrases = None
    if caption is not None:
        claims = {(p.start, p.end) for p in read_phrases(resources, caption) if p.kind is PhraseKind.STRUCTURE}
        claims |= {
            (a.start, a.end) for a in alignments
            if a.kind is PhraseKind.STRUCTURE and a.start is not None and a.end is not None
        }  # fmt: skip
        covered = {(a.start, a.end) for a in supported}
        phrases = round(len(covered) / len(claims), 4) if claims else None
    atoms = None
    if smiles is not None:
        touched = {i for a in supported for hit in a.atoms for i in hit}
        atoms = round(len(touched) / read_molecule(smiles).heavy_atoms, 4) if touched else 0.0
    return Coverage(phrases=phrases, heavy_atoms=atoms)


def unread_sentences(
    alignments: Sequence[Alignment], caption: str | None, resources: Resources
) -> tuple[UnreadSentence, ...] | None:
    """List the sentences with words that look structural and that neither the reader nor the teacher speaks of."""
    if caption is None:
        return None
    read = list(read_phrases(resources, caption))
    read += [
        Phrase(a.phrase, a.start, a.end, a.kind, a.phrase)
        for a in alignments
        if a.start is not None and a.end is not None
    ]
    return tuple(
        UnreadSentence(start=each.start, end=each.end, words=each.words)
        for each in unread(caption, read, resources.reader)
    )


def verified_coverage(alignments: Sequence[Alignment], *, by_atoms: bool) -> int:
    """How much a version verifiably accounts for, to compare two versions of one pair.

    Args:
        alignments: Judged alignments of one version.
        by_atoms: Count the molecule's heavy atoms that are supported (a molecule alone has no phrases to count, and
            names of one part are many); else the phrases of the caption, each place once.
    """
    supported = _supported(alignments)
    if by_atoms:
        return len({atom for a in supported for hit in a.atoms for atom in hit})
    return len({(a.start, a.end) for a in supported})


def alignment_text(alignments: Sequence[Alignment]) -> str:
    """The supported structural alignments as text, one `phrase: fragment` a line, in the caption's order."""
    return "\n".join(
        f"{a.phrase}: {a.fragment or a.pattern}"
        for a in sorted(_supported(alignments), key=lambda a: (a.start if a.start is not None else -1, a.phrase))
    )


def after_draft_verify(state: AlignmentState, runtime: AlignmentRuntime) -> Literal["draft", "retrieve"]:
    """Repair what was refused while rounds are left."""
    context = runtime.context
    refused = any(a.verdict is Verdict.REFUTED for a in state.drafted)
    more = state.rounds < context.settings.max_repairs and not context.teacher.self_checking and not state.exhausted
    return "draft" if refused and more else "retrieve"


def after_draft(state: AlignmentState, runtime: AlignmentRuntime) -> Literal["draft", "reflect", "select"]:
    """Repair what was refused while rounds are left; then finish, or leave it to the reflection."""
    onward = after_draft_verify(state, runtime)
    return "draft" if onward == "draft" else after_retrieve(state, runtime)


def after_retrieve(state: AlignmentState, runtime: AlignmentRuntime) -> Literal["reflect", "select"]:
    """Reflect where there is something to reflect on."""
    if state.exhausted:
        return "select"
    if runtime.context.settings.reflect_when == ReflectWhen.ALWAYS:
        return "reflect"
    open_ends = any(
        a.verdict is Verdict.REFUTED or (a.verdict is Verdict.UNCHECKED and a.kind is PhraseKind.STRUCTURE)
        for a in state.drafted
    )
    return "reflect" if open_ends else "select"


def after_reflect(state: AlignmentState, runtime: AlignmentRuntime) -> Literal["verify_again", "select"]:
    """Judge what the teacher answered, unless a bound kept it from answering."""
    return "select" if state.exhausted else "verify_again"


def after_reflect_verify(state: AlignmentState, runtime: AlignmentRuntime) -> Literal["reflect", "select"]:
    """Reflect again while rounds are left and something is refused."""
    context = runtime.context
    refused = any(a.verdict is Verdict.REFUTED for a in state.reflected or ())
    more = state.repairs < context.settings.max_repairs and not context.teacher.self_checking
    return "reflect" if refused and more else "select"


def build_alignment_graph(*, part: Part = "whole", context: AlignmentContext | None = None) -> Any:
    """Compile the graph.

    Args:
        part: `whole` for one pair on its own; `draft` stops where reflection would begin, and goes on to a record that
            names no neighbours where there is nothing to reflect on; `reflect` begins with retrieval (the state then
            brings `drafted` along).
        context: Collaborators to bind at once; by default each call brings its own.
    """
    bind = _binder(context)
    # With the context bound, its schema is nobody's business: Studio would try to draw a form for it.
    schema = AlignmentContext if context is None else None
    graph = StateGraph(AlignmentState, input_schema=AlignmentState, context_schema=schema)
    if part in ("whole", "draft"):
        graph.add_node("draft", bind(draft))
        graph.add_node("verify", bind(verify))
        graph.add_edge(START, "draft")
        graph.add_edge("draft", "verify")
    if part == "whole":
        graph.add_conditional_edges("verify", bind(after_draft_verify), ["draft", "retrieve"])
    elif part == "draft":
        onward: dict[Hashable, str] = {"draft": "draft", "reflect": END, "select": "select"}
        graph.add_conditional_edges("verify", bind(after_draft), onward)
    if part in ("whole", "reflect"):
        graph.add_node("retrieve", bind(retrieve))
        graph.add_node("reflect", bind(reflect_node))
        graph.add_node("verify_again", bind(verify))
        if part == "reflect":
            graph.add_edge(START, "retrieve")
        graph.add_conditional_edges("retrieve", bind(after_retrieve), ["reflect", "select"])
        graph.add_conditional_edges("reflect", bind(after_reflect), ["verify_again", "select"])
        graph.add_conditional_edges("verify_again", bind(after_reflect_verify), ["reflect", "select"])
    graph.add_node("select", bind(select))
    graph.add_node("record", bind(record))
    graph.add_edge("select", "record")
    graph.add_edge("record", END)
    return graph.compile(name="align" if part == "whole" else f"align:{part}")


def _binder(context: AlignmentContext | None) -> Callable[[Callable[..., Any]], Any]:
    """Nodes as they are, or with their context filled in."""
    if context is None:
        return lambda step: step

    def bind(step: Callable[..., Any]) -> Any:
        def bound(state: AlignmentState, runtime: AlignmentRuntime) -> Any:
            return step(state, runtime.override(context=context))

        return bound

    return bind


def _ask(
    state: AlignmentState, words: str, runtime: AlignmentRuntime, began: float, *, answered: bool
) -> dict[str, Any]:
    """Ask the teacher within what is left of the pair's bounds.

    Args:
        answered: Whether an earlier answer stands, so that a bound ends the asking and not the row.
    """
    inner: RunnableConfig = {"callbacks": get_config().get("callbacks"), "configurable": {PAIR_ID: state.id}}
    try:
        proposal = runtime.context.teacher.propose(words, inner, spent=state.usage, seconds=state.seconds)
    except (CapReachedError, TeacherError) as error:
        if not isinstance(error, BoundReachedError) or not answered:
            # What this part of the graph spent; a draft that an earlier part kept has its own account.
            error.usage = add(state.usage_here, error.usage)
            raise
        return {
            "bounds": (*state.bounds, error.bound),
            "exhausted": True,
            "usage": add(state.usage, error.usage),
            "usage_here": add(state.usage_here, error.usage),
            "seconds": state.seconds + time.perf_counter() - began,
        }
    return {
        "proposals": proposal.alignments,
        "bounds": (*state.bounds, *proposal.bounds),
        "usage": add(state.usage, proposal.usage),
        "usage_here": add(state.usage_here, proposal.usage),
        "seconds": state.seconds + time.perf_counter() - began,
    }


def _supported(alignments: Sequence[Alignment]) -> list[Alignment]:
    return [a for a in alignments if a.verdict is Verdict.SUPPORTED and a.kind is PhraseKind.STRUCTURE]

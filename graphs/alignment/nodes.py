"""Nodes of the alignment graph, and what decides the way from one to the next."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any, Literal

from langchain_core.runnables import RunnableConfig
from langgraph.config import get_config

from molreflect.agents.errors import BoundReachedError, CapReachedError, TeacherError
from molreflect.agents.prompts import align, reflect, repair
from molreflect.agents.schemas import Alignment, PairRecord, Version
from molreflect.agents.teacher.budget import add
from molreflect.graphs.alignment.coverage import alignment_text, coverage, unread_sentences, verified_coverage
from molreflect.graphs.alignment.state import (
    AlignmentContext,
    AlignmentRuntime,
    AlignmentState,
)
from molreflect.tools.langchain_tools import PAIR_ID
from molreflect.tools.terms import NOT_REFLECTED, PerplexityOf, PhraseKind, ReflectWhen, Select, Verdict, View
from molreflect.tools.verification.verify import leave_unverified, verify_all


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
    context = runtime.context
    pair: dict[str, Any] = {"smiles": state.smiles, "caption": state.caption, "resources": context.resources}
    if context.settings.verify:
        verified = verify_all(state.proposals, **pair, pair_id=state.id)
    else:
        verified = leave_unverified(state.proposals, **pair)
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
        view=state.view,
        smiles=state.smiles,
        caption=state.caption,
        judged=judged,
        neighbours=state.neighbours,
        count=counter.count,
        budget=budget,
    )
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
        because = "a bound was reached before the teacher had reflected" if state.exhausted else NOT_REFLECTED
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
    if state.exhausted or not runtime.context.settings.verify:
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
        "seconds": state.seconds + time.perf_counter() - began - proposal.waited,
    }

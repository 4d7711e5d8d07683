"""What a trace of an alignment begins with: everything that running the graph again would need."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from molreflect.agents.models.prices import Price
from molreflect.agents.teacher.agent import prompt_digest
from molreflect.graphs.alignment.state import AlignmentContext, AlignmentInput
from molreflect.graphs.traces.spans import GRAPH, PAIR, TraceStart
from molreflect.tools.terms import View

_PACKAGES = ("molreflect", "rdkit", "langchain", "langgraph")


def setup_of(context: AlignmentContext) -> dict[str, Any]:
    """Describe the collaborators of a graph: settings, teacher, versions of what decides."""
    teacher = context.teacher
    return {
        "settings": asdict(context.settings),
        "teacher": teacher.name,
        "prompt_version": teacher.prompt_version,
        "prompts": prompt_digest(),
        "self_checking": teacher.self_checking,
        "limits": asdict(teacher.limits),
        "counter": teacher.counter.how,
        "protocol": str(teacher.protocol),
        "price": None if teacher.price is None else _price(teacher.price),
        "index_hash": context.index_hash,
        "has_corpus": context.resources.evidence is not None,
        "lexicon": context.resources.lexicon.version,
        "versions": _versions(),
    }


def trace_start(pair: AlignmentInput, setup: Mapping[str, Any], *, parent: str | None = None) -> TraceStart:
    """Begin the trace of a pair.

    Args:
        pair: As the graph is given it.
        setup: From `setup_of`.
        parent: The trace that it is forked from.
    """
    given = {name: getattr(pair, name) for name in ("id", "view", "smiles", "caption", "target", "trace_id")}
    title = pair.smiles if pair.view is View.MOLECULE else pair.caption
    return TraceStart(
        trace_id=pair.trace_id,
        kind="alignment",
        subject=pair.id,
        title=title or "",
        parent_trace=parent,
        attributes={PAIR: given, GRAPH: dict(setup)},
    )


def _price(price: Price) -> dict[str, Any]:
    return {name: getattr(price, name) for name in ("input", "output", "currency", "entry", "source")}


@cache
def _versions() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in _PACKAGES}

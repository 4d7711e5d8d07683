"""Traces of single pairs with scripted teachers, and what they run with again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from scripted import ScriptedModel

from molreflect.agents.errors import TeacherError
from molreflect.agents.models.prices import Price
from molreflect.agents.models.rule_model import RuleModel
from molreflect.agents.teacher.agent import build_teacher
from molreflect.graphs.alignment.graph import build_alignment_graph
from molreflect.graphs.alignment.state import AlignmentContext, AlignmentState
from molreflect.graphs.alignment.traced import setup_of, trace_start
from molreflect.graphs.replay.opening import Bench, open_bench, replay_traces
from molreflect.graphs.replay.replay import Replayed
from molreflect.graphs.traces.spans import new_trace_id
from molreflect.graphs.traces.writer import TraceTarget, TraceWriter
from molreflect.tools.langchain_tools import build_alignment_tools

PRICE = Price(1.0, 2.0, "USD", "far", "a table of tests")
SALICYLIC, WORDS = "OC(=O)c1ccccc1O", "The molecule is a monocarboxylic acid and a member of phenols."


def align_traced(
    folder: Path,
    resources: Any,
    script: Any,
    *,
    teacher: dict[str, Any] | None = None,
    target: Any = None,
    **context: Any,
) -> str:
    """Align a pair as a single alignment does, and keep its trace in a folder; returns the trace's id.

    What the teacher's answers end in instead of a record is kept as well.
    """
    asked = build_teacher(
        script if isinstance(script, RuleModel) else ScriptedModel(script=script),
        build_alignment_tools(resources),
        **{"name": "far", "price": PRICE, **(teacher or {})},
    )
    state = AlignmentState(id="pair", smiles=SALICYLIC, caption=WORDS, trace_id=new_trace_id())
    whole = AlignmentContext(teacher=asked, resources=resources, index_hash="x", **context)
    with closing(TraceWriter(target or TraceTarget(path=folder / "traces.sqlite"))) as writer:
        recorder = writer.recorder(trace_start(state, setup_of(whole)), price=PRICE)
        try:
            build_alignment_graph().invoke(state, {"callbacks": [recorder], "recursion_limit": 100}, context=whole)
        except TeacherError:
            assert writer is not None
        finally:
            writer.finish(state.trace_id)
    return state.trace_id


@contextmanager
def bench(folder: Path, cache: Path, sample: Path) -> Iterator[Bench]:
    """What the traces of a folder run with again."""
    with open_bench(folder, cache=cache, sample=sample) as opened:
        yield opened


def replay_all(opened: Bench, **how: Any) -> tuple[list[Replayed], list[str]]:
    """Replay every trace; those that were refused come as the reason."""
    refused: list[str] = []
    done = list(replay_traces(opened, opened.store.traces(), lambda _, why: refused.append(why), **how))
    return done, refused

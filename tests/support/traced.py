"""Traces made by hand, in tests."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from molreflect.graphs.traces.recorder import SpanRecorder
from molreflect.graphs.traces.spans import TraceStart
from molreflect.graphs.traces.writer import TraceTarget, TraceWriter


def start(trace_id: str, subject: str = "row", **more: Any) -> TraceStart:
    """A trace of an alignment."""
    return TraceStart(trace_id=trace_id, kind="alignment", subject=subject, **more)


def chain(
    recorder: SpanRecorder, name: str, parent: Any = None, *, error: str | None = None, outputs: Any = None
) -> Any:
    """Record a step that ends at once."""
    run = uuid4()
    recorder.on_chain_start(None, {}, run_id=run, parent_run_id=parent, name=name)
    if error is not None:
        recorder.on_chain_error(ValueError(error), run_id=run)
    else:
        recorder.on_chain_end(outputs or {}, run_id=run)
    return run


def turn(recorder: SpanRecorder, parent: Any, said: list[BaseMessage], answer: AIMessage, **parameters: Any) -> None:
    """Record a call of a model."""
    run = uuid4()
    recorder.on_chat_model_start(
        {}, [said], run_id=run, parent_run_id=parent, invocation_params={"model": "far", **parameters}
    )
    recorder.on_llm_end(LLMResult(generations=[[ChatGeneration(message=answer)]]), run_id=run)


def tool(recorder: SpanRecorder, parent: Any, name: str, output: str, **inputs: Any) -> None:
    """Record a call of a tool."""
    run = uuid4()
    recorder.on_tool_start({"name": name}, "", run_id=run, parent_run_id=parent, inputs=inputs)
    recorder.on_tool_end(output, run_id=run)


def write(folder: Path, start: TraceStart, *names: str, **target: Any) -> None:
    """Write a trace of roots that end at once."""
    with closing(TraceWriter(TraceTarget(path=folder / "traces.sqlite", **target))) as writer:
        recorder = writer.recorder(start)
        for name in names:
            chain(recorder, name)
        writer.finish(start.trace_id)


QUESTION = [HumanMessage("What is in it?")]

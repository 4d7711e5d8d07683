"""Spans of one run of a graph, recorded by LangChain's callbacks.

Kinds and attribute names follow OpenInference (`AGENT`, `LLM`, `TOOL`, `RETRIEVER`, `CHAIN`, `EVALUATOR`), so export
to an OpenTelemetry backend is a mapping.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage
from langchain_core.outputs import LLMResult

from molreflect.tools.storage import encodable

MAX_TEXT = 20_000
"""Characters kept of one input or output."""

_KINDS = {
    "teacher": "AGENT",
    "analyst": "AGENT",
    "retrieve": "RETRIEVER",
    "verify": "EVALUATOR",
    "verify_again": "EVALUATOR",
}

_NODES = frozenset(
    {
        "align",
        "align:draft",
        "align:reflect",
        "draft",
        "verify",
        "retrieve",
        "reflect",
        "verify_again",
        "select",
        "record",
        "teacher",
        "analyst",
        "conversation",
    }
)
"""Chains worth a span; LangGraph's own plumbing is folded into the nearest of these."""


@dataclass(slots=True)
class Span:
    """One step of a trace."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    kind: str
    started: float
    """Unix time in seconds."""
    seconds: float | None = None
    status: str = "OK"
    attributes: dict[str, Any] = field(default_factory=dict)


class SpanRecorder(BaseCallbackHandler):
    """Collects the spans of one trace while a graph runs. One recorder a trace."""

    raise_error = True  # a broken recorder is a bug, not something to lose spans over in silence
    run_inline = True

    def __init__(self, trace_id: str) -> None:
        self.trace_id = trace_id
        self.spans: list[Span] = []
        self._open: dict[UUID, Span] = {}
        self._parents: dict[UUID, UUID | None] = {}

    def _begin(self, run_id: UUID, parent: UUID | None, name: str, kind: str, attributes: dict[str, Any]) -> None:
        span = Span(self.trace_id, uuid4().hex[:16], self._nearest(parent), name, kind, time.time())
        span.attributes = {"openinference.span.kind": kind, **attributes}
        self._parents[run_id] = parent
        self._open[run_id] = span
        self.spans.append(span)

    def _nearest(self, run_id: UUID | None) -> str | None:
        while run_id is not None:
            if run_id in self._open:
                return self._open[run_id].span_id
            run_id = self._parents.get(run_id)
        return None

    def _end(self, run_id: UUID, status: str = "OK", **attributes: Any) -> None:
        span = self._open.pop(run_id, None)
        self._parents.pop(run_id, None)
        if span is not None:
            span.seconds = time.time() - span.started
            span.status = status
            span.attributes |= attributes

    def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """A graph, a node or an agent begins."""
        name = str(kwargs.get("name") or "")
        if name in _NODES:
            self._begin(run_id, parent_run_id, name, _KINDS.get(name, "CHAIN"), {})
        else:
            self._parents[run_id] = parent_run_id

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A graph, a node or an agent is done."""
        span = self._open.get(run_id)
        self._end(run_id, **({} if span is None else _outcome(span.name, outputs)))

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A graph, a node or an agent failed."""
        self._end(run_id, "ERROR", **{"exception.message": _text(str(error))})

    def on_chat_model_start(
        self,
        serialized: dict[str, Any] | None,
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """A model is asked."""
        last = messages[0][-1]
        parameters = kwargs.get("invocation_params") or {}
        self._begin(
            run_id,
            parent_run_id,
            "model",
            "LLM",
            {
                "llm.model_name": str(
                    parameters.get("model_name") or parameters.get("model") or parameters.get("_type")
                ),
                "input.value": _text(str(last.content)),
                "llm.input_messages.count": len(messages[0]),
            },
        )

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """A model has answered."""
        message = getattr(response.generations[0][0], "message", None)
        attributes: dict[str, Any] = {}
        if message is not None:
            calls = [{"name": c["name"], "args": c["args"]} for c in getattr(message, "tool_calls", [])]
            attributes["output.value"] = _text(str(message.content))
            if calls:
                attributes["llm.tool_calls"] = _text(json.dumps(calls, ensure_ascii=False, default=str))
            if (usage := getattr(message, "usage_metadata", None)) is not None:
                attributes["llm.token_count.prompt"] = usage["input_tokens"]
                attributes["llm.token_count.completion"] = usage["output_tokens"]
        self._end(run_id, **attributes)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A model could not answer."""
        self._end(run_id, "ERROR", **{"exception.message": _text(str(error))})

    def on_tool_start(
        self,
        serialized: dict[str, Any] | None,
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """A tool is called."""
        name = str(kwargs.get("name") or (serialized or {}).get("name") or "tool")
        shown = json.dumps(inputs, ensure_ascii=False, default=_plain) if inputs is not None else input_str
        self._begin(run_id, parent_run_id, name, "TOOL", {"tool.name": name, "input.value": _text(shown)})

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool has answered."""
        status = "ERROR" if getattr(output, "status", "success") == "error" else "OK"
        self._end(run_id, status, **{"output.value": _text(str(getattr(output, "content", output)))})

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool refused its arguments, or broke."""
        self._end(run_id, "ERROR", **{"exception.message": _text(str(error))})


def _outcome(name: str, outputs: Any) -> dict[str, Any]:
    """What a node decided, in a form a person can read in a tree."""
    if not isinstance(outputs, dict):
        return {}
    if name in ("verify", "verify_again"):
        judged = outputs.get("drafted") or outputs.get("reflected") or ()
        return {
            "output.value": _text(
                json.dumps(
                    [
                        {
                            "phrase": a.phrase,
                            "start": a.start,
                            "pattern": a.pattern,
                            "verdict": a.verdict,
                            "reason": a.reason,
                            "message": a.message,
                        }
                        for a in judged
                    ],
                    ensure_ascii=False,
                )
            )
        }
    if name == "retrieve":
        documents = [{"id": n.id, "similarity": round(n.similarity, 4)} for n in outputs.get("neighbours", ())]
        return {"retrieval.documents": json.dumps(documents)}
    if name == "select":
        chosen = {"selected": outputs.get("selected"), "because": outputs.get("selected_because")}
        return {"output.value": json.dumps(chosen, ensure_ascii=False)}
    return {}


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else str(value)


def _text(text: str) -> str:
    text = encodable(text)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}... ({len(text)} characters)"


def new_trace_id() -> str:
    """32 hexadecimal characters, as OpenTelemetry has them."""
    return uuid4().hex

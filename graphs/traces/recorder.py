"""Spans of one run of a graph, recorded by LangChain's callbacks.

Kinds and attribute names follow OpenInference (`AGENT`, `LLM`, `TOOL`, `RETRIEVER`, `CHAIN`, `EVALUATOR`), so export
to an OpenTelemetry backend is a mapping.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from random import getrandbits
from typing import TYPE_CHECKING, Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import LLMResult

from molreflect.graphs.traces.contents import Packer
from molreflect.graphs.traces.messages import to_plain
from molreflect.graphs.traces.outcomes import outcome_of, verdicts_in
from molreflect.graphs.traces.packs import Kept
from molreflect.graphs.traces.spans import (
    COST,
    CURRENCY,
    ERROR,
    ERROR_TYPE,
    FROM_STORE,
    INPUT,
    KIND,
    MESSAGES_IN,
    MESSAGES_OUT,
    MODEL,
    OUTPUT,
    PARAMETERS,
    PROVIDER,
    TOKENS_CACHED,
    TOKENS_IN,
    TOKENS_OUT,
    TOOL,
    TOOL_CALL_ID,
    TOOLS,
    UNDERSTOOD,
    Judged,
    Span,
    Status,
    TraceStart,
)
from molreflect.tools.terms import TraceMode

if TYPE_CHECKING:
    from molreflect.agents.models.prices import Price

_KINDS = {
    "teacher": "AGENT",
    "analyst": "AGENT",
    "retrieve": "RETRIEVER",
    "verify": "EVALUATOR",
    "verify_again": "EVALUATOR",
}

_NODES = frozenset(
    {
        *("align", "align:draft", "align:reflect", "draft", "verify", "retrieve", "reflect", "verify_again", "select"),
        *("record", "teacher", "analyst", "conversation"),
    }
)
"""Chains worth a span; LangGraph's own plumbing is folded into the nearest of these."""

_NO_PARAMETERS = frozenset({"tools", "functions", "_type"})
"""What of a call's parameters is no parameter of sampling; tools stand by themselves."""


class SpanRecorder(BaseCallbackHandler):
    """Notes the spans of one trace while a graph runs; made by `TraceWriter.recorder`."""

    raise_error = True  # a broken recorder is a bug, not something to lose spans over in silence
    run_inline = True

    def __init__(
        self,
        start: TraceStart,
        packer: Packer,
        note: Callable[[Span], None],
        judge: Callable[[Judged], None],
        *,
        price: Price | None = None,
        nodes: Sequence[str] = (),
    ) -> None:
        """Note spans with `note`, as they begin and again as they end."""
        self.trace_id = start.trace_id
        self._start, self._packer, self._note, self._judge = start, packer, note, judge
        self._apart = packer.kept(Kept.SHARED)
        self._price, self._nodes = price, _NODES | frozenset(nodes)
        self._open: dict[UUID, Span] = {}
        self._parents: dict[UUID, UUID | None] = {}
        self._hashes: dict[int, tuple[BaseMessage, str | None]] = {}
        """Hashes of messages seen before, by identity; the messages are held, so that no other takes their place."""
        self._asked: tuple[dict[str, Any], Any] | None = None
        """Parameters of the last call of a model, and as they are kept."""
        self._position = 0
        self._placing = threading.Lock()
        """Of the position: tools that a model calls together begin in threads of their own."""

    @property
    def keeps_texts(self) -> bool:
        """Whether messages and contents are kept."""
        return self._packer.mode is TraceMode.FULL

    def _begin(self, run_id: UUID, parent: UUID | None, name: str, kind: str, attributes: dict[str, Any]) -> None:
        above, now = self._nearest(parent), time.time()
        with self._placing:
            position = self._position = max(self._position + 1, int(now * 1e6))
        first = {} if above is not None else self._start.attributes
        span = Span(
            self.trace_id,
            f"{getrandbits(64):016x}",
            above,
            name,
            kind,
            now,
            attributes={KIND: kind, **first, **attributes},
            position=position,
        )
        self._parents[run_id] = parent
        self._open[run_id] = span
        self._note(span)

    def _nearest(self, run_id: UUID | None) -> str | None:
        while run_id is not None:
            if run_id in self._open:
                return self._open[run_id].span_id
            run_id = self._parents.get(run_id)
        return None

    def _end(
        self,
        run_id: UUID,
        status: Status = Status.OK,
        attributes: dict[str, Any] | None = None,
        *,
        now: float | None = None,
    ) -> None:
        span = self._open.pop(run_id, None)
        self._parents.pop(run_id, None)
        if span is not None:
            span.attributes = span.attributes | (attributes or {})
            span.status = status
            span.seconds = max(0.0, (now or time.time()) - span.started)
            self._note(span)

    def _broken(self, run_id: UUID, error: BaseException) -> None:
        told = {ERROR_TYPE: self._packer.label(type(error).__name__), ERROR: self._packer.text(str(error), "error")}
        self._end(run_id, Status.ERROR, told)

    def annotate(self, **attributes: Any) -> None:
        """Add attributes to every root that is open, e.g. `**{spans.UNDERSTOOD: {"intent": "where"}}`."""
        packed = {name: self._packer.value(value, name) for name, value in attributes.items()}
        for span in [*self._open.values()]:
            if span.parent_id is None:
                span.attributes = span.attributes | packed
                self._note(span)

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
        if name in self._nodes:
            self._begin(run_id, parent_run_id, name, _KINDS.get(name, "CHAIN"), {})
        else:
            self._parents[run_id] = parent_run_id

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A graph, a node or an agent is done."""
        now = time.time()  # writing down what came of it is not its work
        span = self._open.get(run_id)
        if span is None:
            self._parents.pop(run_id, None)
            return
        self._end(run_id, attributes=outcome_of(span.name, outputs, self._packer), now=now)
        if (judged := verdicts_in(span.name, outputs)) is not None:
            self._judge(judged)
        if isinstance(outputs, dict) and outputs.get("understood"):
            self.annotate(**{UNDERSTOOD: outputs["understood"]})

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A graph, a node or an agent failed."""
        self._broken(run_id, error)

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
        given = kwargs.get("invocation_params") or {}
        told = kwargs.get("metadata") or {}
        name = told.get("ls_model_name") or given.get("model_name") or given.get("model") or given.get("_type")
        attributes: dict[str, Any] = {MODEL: self._packer.label(name), "llm.input_messages.count": len(messages[0])}
        if provider := told.get("ls_provider"):
            attributes[PROVIDER] = self._packer.label(provider)
        parameters = {key: value for key, value in given.items() if key not in _NO_PARAMETERS and value is not None}
        if self._asked is None or self._asked[0] != parameters:
            self._asked = (parameters, self._packer.value(_jsonable(parameters)))
        attributes[PARAMETERS] = self._asked[1]
        if self.keeps_texts:
            attributes[MESSAGES_IN] = [self._hash(message) for message in messages[0]]
            if tools := given.get("tools") or given.get("functions"):
                attributes[TOOLS] = self._apart.json(tools)
        self._begin(run_id, parent_run_id, "model", "LLM", attributes)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """A model has answered."""
        message = getattr(response.generations[0][0], "message", None)
        attributes: dict[str, Any] = {}
        if isinstance(message, AIMessage):
            if self.keeps_texts:
                attributes[MESSAGES_OUT] = [self._hash(message)]
            if message.tool_calls:
                attributes["molreflect.tool_calls"] = [self._packer.label(c["name"]) for c in message.tool_calls]
            attributes |= self._usage(message)
            if understood := message.additional_kwargs.get("understood"):
                attributes[UNDERSTOOD] = self._packer.value(understood)
                self.annotate(**{UNDERSTOOD: understood})
        self._end(run_id, attributes=attributes)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A model could not answer."""
        self._broken(run_id, error)

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
        name = self._packer.label(kwargs.get("name") or (serialized or {}).get("name") or "tool")
        given = self._packer.json(inputs) if inputs is not None else self._packer.text(input_str)
        attributes = {TOOL: name, INPUT: given}
        if call := kwargs.get("tool_call_id"):
            attributes[TOOL_CALL_ID] = self._packer.label(call)
        self._begin(run_id, parent_run_id, name, "TOOL", attributes)

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool has answered."""
        failed = getattr(output, "status", "success") == "error"
        content = getattr(output, "content", output)
        told = self._packer.text(content) if isinstance(content, str) else self._packer.json(content)
        attributes = {OUTPUT: told}
        if call := getattr(output, "tool_call_id", None):
            attributes[TOOL_CALL_ID] = self._packer.label(call)
        self._end(run_id, Status.ERROR if failed else Status.OK, attributes)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool refused its arguments, or broke."""
        self._broken(run_id, error)

    def _hash(self, message: BaseMessage) -> str | None:
        known = self._hashes.get(id(message))
        if known is None:
            packer = self._apart if message.type == "system" else self._packer
            known = self._hashes[id(message)] = (message, packer.whole(to_plain(message, packer)))
        return known[1]

    def _usage(self, message: AIMessage) -> dict[str, Any]:
        usage = message.usage_metadata
        if usage is None:
            return {}
        read, written = round(usage.get("input_tokens") or 0), round(usage.get("output_tokens") or 0)
        found: dict[str, Any] = {TOKENS_IN: read, TOKENS_OUT: written}
        if cached := (usage.get("input_token_details") or {}).get("cache_read"):
            found[TOKENS_CACHED] = cached
        if "total_cost" in usage:  # LangChain's mark of an answer that its cache had
            found[FROM_STORE] = True
        if self._price is not None:
            found |= {COST: self._price.cost(read, written), CURRENCY: self._price.currency}
        return found


def _jsonable(value: Any) -> Any:
    """Turn models and tools among arguments into plain values."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(name): _jsonable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(each) for each in value]
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)

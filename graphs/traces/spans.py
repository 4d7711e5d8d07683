"""A span, the words of its attributes, and what a trace is begun with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import uuid4

KIND = "openinference.span.kind"
INPUT, OUTPUT = "input.value", "output.value"
MODEL, PROVIDER, PARAMETERS = "llm.model_name", "llm.provider", "llm.invocation_parameters"
MESSAGES_IN, MESSAGES_OUT, TOOLS = "llm.input_messages", "llm.output_messages", "llm.tools"
TOKENS_IN, TOKENS_OUT = "llm.token_count.prompt", "llm.token_count.completion"
TOKENS_CACHED, COST = "llm.token_count.prompt_details.cache_read", "llm.cost.total"
TOOL, TOOL_CALL_ID, DOCUMENTS = "tool.name", "tool_call.id", "retrieval.documents"
ERROR_TYPE, ERROR = "exception.type", "exception.message"
SESSION = "session.id"

PAIR, GRAPH, RECORD = "molreflect.input", "molreflect.graph", "molreflect.record"
"""What a graph was given, how it was set up, and the record it ended in."""
CHECKED = "molreflect.checked"
"""Verdicts on the claims of a conversation's answer, where a language model gave it."""
FORK = "molreflect.fork"
"""On the roots of a fork: the step of the parent that was changed (`at`), and what a replay must know of it."""
VERDICTS, CHOICE = "molreflect.verdicts", "molreflect.choice"
CURRENCY = "molreflect.currency"
FROM_STORE = "molreflect.answer_from_store"
"""Whether an answer of a model was given before, and cost nothing."""
UNDERSTOOD = "molreflect.understood"
"""What a question was taken to mean: `intent`, and the molecule that "it" stands for."""


class Status(StrEnum):
    """How a span or a trace ended."""

    OK = "OK"
    ERROR = "ERROR"
    UNSET = "UNSET"
    """It has not ended: it goes on, or what it ran in was killed."""


@dataclass(slots=True)
class Span:
    """One step of a trace."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    kind: str
    """As OpenInference has it: AGENT, LLM, TOOL, RETRIEVER, EVALUATOR or CHAIN."""
    started: float
    """Unix time in seconds."""
    seconds: float | None = None
    status: str = Status.UNSET
    attributes: dict[str, Any] = field(default_factory=dict)
    """JSON values; long texts stand in the contents and are named here as `{"$text": hash}`. A dictionary is replaced
    and never changed, so that it can be written while the step goes on."""
    position: int = 0
    """Place in the order of the trace's spans: microseconds of its beginning, no two alike."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceStart:
    """What is known of a trace before anything happens in it."""

    trace_id: str
    kind: str
    """`alignment` or `conversation`."""
    subject: str
    """The pair's id, or the conversation's name."""
    title: str = ""
    """The question, or what the pair's caption (else its molecule) begins with."""
    parent_trace: str | None = None
    """The trace that this one was forked from."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Put on every root span."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The verdicts that a trace has come to."""

    of: Sequence[tuple[str, str]]
    """Verdict and reason of each alignment."""


def new_trace_id() -> str:
    """Draw 32 hexadecimal characters, as OpenTelemetry has them."""
    return uuid4().hex

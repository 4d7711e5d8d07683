"""Traces as OpenTelemetry spans with OpenInference's attributes, sent over OTLP."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from molreflect.graphs.traces.spans import (
    DOCUMENTS,
    ERROR,
    ERROR_TYPE,
    INPUT,
    MESSAGES_IN,
    MESSAGES_OUT,
    OUTPUT,
    PAIR,
    RECORD,
    TOKENS_IN,
    TOKENS_OUT,
    TOOLS,
    Span,
    Status,
)
from molreflect.tools.errors import InputError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from molreflect.graphs.traces.store import TraceStore, TraceSummary

BATCH = 200
"""Spans of one request."""
SECONDS = 20.0
"""How long an endpoint may take for one request, with what is tried again."""
_PATH = "/v1/traces"
_LOGGER = "opentelemetry.exporter.otlp.proto.http"


def send_traces(store: TraceStore, traces: Sequence[TraceSummary], endpoint: str) -> int:
    """Send traces to an endpoint that takes OTLP over HTTP; headers come from `OTEL_EXPORTER_OTLP_HEADERS`.

    Args:
        store: Has them.
        traces: Which ones.
        endpoint: Its address; without a path, `/v1/traces` is added.

    Returns:
        Spans that arrived.

    Raises:
        InputError: The package is missing, or the endpoint does not take them.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import SpanExportResult
    except ModuleNotFoundError as error:
        raise InputError(f"sending traces takes {error.name}; pip install 'molreflect[otlp]'") from error
    address = urlsplit(endpoint)
    if address.scheme not in ("http", "https") or not address.netloc:
        raise InputError(f"--endpoint {endpoint} is no address; write e.g. http://127.0.0.1:6006{_PATH}")
    if address.path in ("", "/"):
        address = address._replace(path=_PATH)
    said = _Said()
    logger = logging.getLogger(_LOGGER)
    logger.addHandler(said)
    propagated, logger.propagate = logger.propagate, False
    exporter = OTLPSpanExporter(endpoint=address.geturl(), timeout=SECONDS)
    sent = 0
    try:
        batch: list[ReadableSpan] = []
        for trace in traces:
            batch += [as_otlp(trace, store.resolved(span)) for span in store.spans(trace.trace_id)]
            while len(batch) >= BATCH or (batch and trace is traces[-1]):
                part, batch = batch[:BATCH], batch[BATCH:]
                if exporter.export(part) is not SpanExportResult.SUCCESS:
                    raise InputError(
                        f"{address.geturl()} did not take the traces: {said.last or 'no reason was given'}"
                    )
                sent += len(part)
    finally:
        exporter.shutdown()  # type: ignore[no-untyped-call]
        logger.removeHandler(said)
        logger.propagate = propagated
    return sent


class _Said(logging.Handler):
    """Keeps the last that the exporter said, which tells nobody else why it failed."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.last = " ".join(record.getMessage().split())


def as_otlp(trace: TraceSummary, span: Span) -> ReadableSpan:
    """Write a span as OpenTelemetry has it.

    Args:
        trace: The trace it belongs to.
        span: With its texts.
    """
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext, TraceFlags
    from opentelemetry.trace import Status as Ended
    from opentelemetry.trace.status import StatusCode

    def context(span_id: str) -> SpanContext:
        return SpanContext(int(span.trace_id, 16), int(span_id, 16), False, TraceFlags(TraceFlags.SAMPLED))

    codes = {Status.OK: StatusCode.OK, Status.ERROR: StatusCode.ERROR}
    code = codes.get(Status(span.status), StatusCode.UNSET)
    began = round(span.started * 1e9)
    project = trace.run or "molreflect"
    return ReadableSpan(
        name=span.name,
        context=context(span.span_id),
        parent=None if span.parent_id is None else context(span.parent_id),
        resource=Resource({"service.name": "molreflect", "openinference.project.name": project}),
        attributes=dict(flat_attributes(trace, span)),
        status=Ended(code, str(span.attributes.get(ERROR, ""))) if code is StatusCode.ERROR else Ended(code),
        start_time=began,
        end_time=began + round((span.seconds or 0.0) * 1e9),
    )


def flat_attributes(trace: TraceSummary, span: Span) -> Iterator[tuple[str, str | bool | int | float]]:
    """List the attributes of a span as OpenInference spells them: lists as numbered names, all else as text."""
    told = span.attributes
    for name, value in told.items():
        if value is None:
            continue
        if name in (MESSAGES_IN, MESSAGES_OUT):
            for number, message in enumerate(value):
                yield from _message(f"{name}.{number}.message", message)
        elif name == TOOLS:
            for number, tool in enumerate(value):
                yield f"{name}.{number}.tool.json_schema", _text(tool)
        elif name == DOCUMENTS:
            for number, document in enumerate(value):
                yield from _document(f"{name}.{number}.document", document)
        elif name == ERROR_TYPE:
            yield name, str(value)
        else:
            yield name, value if isinstance(value, str | bool | int | float) else _text(value)
            if name in (INPUT, OUTPUT) and not isinstance(value, str):
                yield name.replace("value", "mime_type"), "application/json"
    if TOKENS_IN in told or TOKENS_OUT in told:
        yield "llm.token_count.total", (told.get(TOKENS_IN) or 0) + (told.get(TOKENS_OUT) or 0)
    if PAIR in told and INPUT not in told:
        yield INPUT, _text(told[PAIR])
    if RECORD in told:
        yield OUTPUT, _text(told[RECORD])
    if trace.kind == "alignment" and span.parent_id is None:
        yield "metadata", _text({"subject": trace.subject, "run": trace.run, "verdicts": trace.verdicts})


def _message(name: str, message: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield f"{name}.role", message["role"]
    if message["content"] not in (None, "", []):
        yield f"{name}.content", _text(message["content"])
    for key in ("name", "tool_call_id"):
        if message.get(key):
            yield f"{name}.{key}", message[key]
    for number, call in enumerate(message.get("tool_calls", ())):
        below = f"{name}.tool_calls.{number}.tool_call"
        if call["id"]:
            yield f"{below}.id", call["id"]
        yield f"{below}.function.name", call["name"]
        yield f"{below}.function.arguments", json.dumps(call["arguments"], ensure_ascii=False)


def _document(name: str, document: Mapping[str, Any]) -> Iterator[tuple[str, str | float]]:
    yield f"{name}.id", str(document["id"])
    yield f"{name}.score", document["score"]
    if document.get("caption"):
        yield f"{name}.content", document["caption"]
    rest = {key: value for key, value in document.items() if key not in ("id", "score", "caption")}
    yield f"{name}.metadata", _text(rest)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

"""Export to OpenTelemetry: spans arrive in a collector with the attributes of OpenInference."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scripted_run import LEARNER, TUTOR, scripted_run

from molreflect.graphs.traces.otlp import send_traces
from molreflect.graphs.traces.store import TraceStore
from molreflect.tools.errors import InputError

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the extra otlp is not installed")


@pytest.fixture
def collector() -> Iterator[SimpleNamespace]:
    """An OTLP collector on this machine, as much of one as takes traces."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    seen = SimpleNamespace(spans=[], projects=set(), paths=set(), headers=[], refuse=False)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            request = ExportTraceServiceRequest.FromString(body)
            seen.paths.add(self.path)
            seen.headers.append(dict(self.headers))
            if not seen.refuse:
                for resource in request.resource_spans:
                    named = {a.key: a.value.string_value for a in resource.resource.attributes}
                    seen.projects.add(named["openinference.project.name"])
                    seen.spans += [s for scope in resource.scope_spans for s in scope.spans]
            self.send_response(401 if seen.refuse else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    seen.url = f"http://127.0.0.1:{server.server_port}"
    yield seen
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def store(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TraceStore]:
    folder = scripted_run(tmp_path_factory.mktemp("far"), cache)
    with closing(TraceStore(folder / "traces.sqlite")) as opened:
        yield opened


def values(span: Any) -> dict[str, Any]:
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes}


def test_every_span_arrives_with_its_parent_and_its_words(
    store: TraceStore, collector: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20abc")
    traces = store.traces()
    sent = send_traces(store, traces, collector.url)
    assert sent == len(collector.spans) == sum(t.spans for t in traces)
    assert collector.paths == {"/v1/traces"}
    assert collector.projects == {"run"}
    assert collector.headers[0]["authorization"] == "Basic abc"
    known = {span.span_id for span in collector.spans}
    assert all(span.parent_span_id in known for span in collector.spans if span.parent_span_id)
    (learner,) = [t for t in traces if t.subject == LEARNER]
    own = [s for s in collector.spans if s.trace_id.hex() == learner.trace_id]
    assert [s.span_id.hex() for s in own] == [s.span_id for s in store.spans(learner.trace_id)]
    assert all(s.end_time_unix_nano >= s.start_time_unix_nano > 1.7e18 for s in own)
    kinds = [values(s)["openinference.span.kind"] for s in own]
    assert set(kinds) == {"CHAIN", "AGENT", "LLM", "TOOL", "EVALUATOR", "RETRIEVER"}
    asked = values(next(s for s in own if values(s)["openinference.span.kind"] == "LLM"))
    assert asked["llm.model_name"] == "scripted"
    assert asked["llm.input_messages.0.message.role"] == "system"
    assert asked["llm.input_messages.1.message.role"] == "user"
    called = "llm.output_messages.0.message.tool_calls.0.tool_call.function"
    assert asked[f"{called}.name"] == "look_up_phrases"
    assert json.loads(asked[f"{called}.arguments"]) == {"names": ["monocarboxylic acid"]}
    assert (asked["llm.token_count.prompt"], asked["llm.token_count.total"]) == (100, 110)
    assert asked["llm.cost.total"] == pytest.approx(120e-6)
    found = values(next(s for s in own if s.name == "retrieve"))
    assert found["retrieval.documents.0.document.id"] == TUTOR
    assert found["retrieval.documents.0.document.content"] == "The molecule is a member of phenols."
    root = values(own[0])
    assert json.loads(root["input.value"])["smiles"] == "OC(=O)c1ccccc1O"


def test_an_endpoint_that_takes_nothing_is_one_line(store: TraceStore, collector: SimpleNamespace) -> None:
    collector.refuse = True
    with pytest.raises(InputError, match=r"http://127\.0\.0\.1:\d+/api/traces did not take the traces: .*401"):
        send_traces(store, store.traces(limit=1), f"{collector.url}/api/traces")
    with pytest.raises(InputError, match="is no address"):
        send_traces(store, store.traces(), "localhost:6006")

"""A provider on loopback with chat completions, files and batches, as OpenAI has them; what tests change is a field."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from openai_server import Answer, Reply, fails

Results = Callable[[list[dict[str, Any]]], bytes]
"""`lines of results in the order of the requests -> the file of results`."""


def as_file(lines: list[dict[str, Any]]) -> bytes:
    """One result a line."""
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


@dataclass
class Provider:
    """What the server has and was asked."""

    answer: Answer
    """What a question gets, asked at once or in a batch; a batch's number is -1."""
    url: str = ""
    results: Results = as_file
    looks: int = 1
    """How often a batch is looked at before it has ended; negative for ever."""
    ends_as: str = "completed"
    trouble: Callable[[str, str, int], Reply | None] = lambda method, path, number: None
    """`(method, path, how often it was asked before) -> what to answer in place`."""
    asked: Counter[str] = field(default_factory=Counter)
    """How often each method and path was asked, ids left out."""
    chats: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of ordinary calls."""
    lines: list[dict[str, Any]] = field(default_factory=list)
    """All lines of all batches."""
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    looked: Counter[str] = field(default_factory=Counter)

    def end(self, batch: dict[str, Any]) -> None:
        """Work on a batch, and put its results into a file."""
        lines = [json.loads(line) for line in self.files[batch["input_file_id"]][1].splitlines()]
        batch["status"] = self.ends_as
        if self.ends_as == "failed":
            batch["errors"] = {"object": "list", "data": [{"code": "token_limit_exceeded", "message": "too many"}]}
            return
        made = self.results([result_of(line, self.answer(line["body"], -1)) for line in lines])
        batch["output_file_id"] = self.keep("results.jsonl", made)
        batch["request_counts"] = {"total": len(lines), "completed": len(lines), "failed": 0}

    def keep(self, name: str, content: bytes) -> str:
        """Keep a file."""
        id_ = f"file-{len(self.files)}"
        self.files[id_] = (name, content)
        return id_


def result_of(line: dict[str, Any], reply: Reply) -> dict[str, Any]:
    """A line of results."""
    response = {"status_code": reply.status, "request_id": "r", "body": json.loads(reply.body)}
    return {
        "id": f"batch_req_{line['custom_id'][-6:]}",
        "custom_id": line["custom_id"],
        "response": response,
        "error": None,
    }


def failed_line(line: dict[str, Any], code: str) -> dict[str, Any]:
    """A line of results with an error in place of an answer."""
    return {**line, "response": None, "error": {"code": code, "message": "no"}}


@contextmanager
def provide(answer: Answer) -> Iterator[Provider]:
    """Serve for as long as the context lasts."""
    provider, guard = Provider(answer), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self._serve("POST", self.rfile.read(int(self.headers["Content-Length"] or 0)))

        def do_GET(self) -> None:
            self._serve("GET", b"")

        def _serve(self, method: str, sent: bytes) -> None:
            path = self.path.partition("?")[0].removeprefix("/v1")
            with guard:
                name = f"{method} {re.sub(r'/(file-|batch_)[^/]*', '/ID', path)}"
                number = provider.asked[name]
                provider.asked[name] += 1
                lost = provider.trouble(method, path, number)
                # A reply with a delay stands for one that is lost on its way: what was asked is done all the same.
                reply = lost if lost is not None and not lost.delay else _reply(provider, method, path, self, sent)
                reply = lost or reply
            if reply.drop:
                self.close_connection = True
                return
            try:
                self.send_response(reply.status)
                for key, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *args: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    provider.url = f"http://127.0.0.1:{http.server_port}/v1"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def _reply(provider: Provider, method: str, path: str, handler: BaseHTTPRequestHandler, sent: bytes) -> Reply:
    what = (method, path.split("/")[1])
    if what == ("POST", "chat"):
        body = json.loads(sent)
        provider.chats.append(body)
        return provider.answer(body, len(provider.chats))
    if what == ("POST", "files"):
        name, content = _uploaded(handler.headers["Content-Type"], sent)
        return _json(_file(provider, provider.keep(name, content)))
    if what == ("GET", "files") and path.endswith("/content"):
        return Reply(provider.files[path.split("/")[2]][1])
    if what == ("GET", "files"):
        return _json({"object": "list", "has_more": False, "data": [_file(provider, id_) for id_ in provider.files]})
    if what == ("POST", "batches"):
        asked = json.loads(sent)
        content = provider.files[asked["input_file_id"]][1]
        lines = [json.loads(line) for line in content.splitlines()]
        provider.lines += lines
        id_ = f"batch_{len(provider.batches)}"
        provider.batches[id_] = {
            "id": id_, "object": "batch", "created_at": 4_000_000_000, "status": "in_progress", **asked,
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
        }  # fmt: skip
        return _json(provider.batches[id_])
    if what == ("GET", "batches") and path != "/batches":
        batch = provider.batches[path.split("/")[2]]
        provider.looked[batch["id"]] += 1
        if batch["status"] == "in_progress" and 0 <= provider.looks <= provider.looked[batch["id"]]:
            provider.end(batch)
        return _json(batch)
    if what == ("GET", "batches"):
        return _json({"object": "list", "has_more": False, "data": [*provider.batches.values()][::-1]})
    return fails(404, "there is no such thing")


def _json(value: Any) -> Reply:
    return Reply(json.dumps(value).encode())


def _file(provider: Provider, id_: str) -> dict[str, Any]:
    name, content = provider.files[id_]
    return {
        "id": id_, "object": "file", "bytes": len(content), "created_at": 0, "filename": name, "purpose": "batch",
        "status": "processed",
    }  # fmt: skip


def _uploaded(kind: str, sent: bytes) -> tuple[str, bytes]:
    message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + sent)
    for part in message.get_payload():
        if (name := part.get_filename()) is not None:
            return name, part.get_payload(decode=True)
    raise ValueError("no file was sent")

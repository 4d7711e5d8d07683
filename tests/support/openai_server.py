"""A scripted OpenAI-compatible server on loopback: what a test tells it to say, faults included, over real HTTP."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from langchain_core.messages import BaseMessage, convert_to_messages


@dataclass(frozen=True)
class Reply:
    """One HTTP answer."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before it is sent."""
    drop: bool = False
    """Close the connection in place of an answer."""


class Crowd:
    """Counts who is inside: `with crowd:` from as many threads as there are."""

    def __init__(self) -> None:
        self._guard, self._inside = threading.Lock(), 0
        self.most = 0
        """How many were inside at once, at the most."""

    def __enter__(self) -> None:
        with self._guard:
            self._inside += 1
            self.most = max(self.most, self._inside)

    def __exit__(self, *_: object) -> None:
        with self._guard:
            self._inside -= 1


BLOCK = re.compile(r"<data>\n(.*?)\n</data>", re.DOTALL)
Answer = Callable[[dict[str, Any], int], Reply]
"""`(request body, number of the request from 0) -> what to answer`."""


@dataclass
class Server:
    """A running server and what it was asked."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@contextmanager
def serve(answer: Answer) -> Iterator[Server]:
    """Answer requests for as long as the context lasts."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                number = len(server.requests)
                server.requests.append(body)
                server.headers.append({k.lower(): v for k, v in self.headers.items()})
                server.paths.append(self.path)
            reply = answer(body, number)
            if reply.delay:
                time.sleep(reply.delay)
            if reply.drop:
                self.close_connection = True
                return
            try:
                self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
            except (BrokenPipeError, ConnectionResetError):  # the client had waited long enough
                self.close_connection = True

        def log_message(self, *args: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            if not isinstance(sys.exc_info()[1], ConnectionError):  # a client that was killed is no error of ours
                super().handle_error(request, client_address)

    http = Quiet(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = Server(f"http://127.0.0.1:{http.server_port}/v1")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def says(content: str | None, *, calls: Sequence[tuple[str, Any]] = (), usage: bool = True, **choice: Any) -> Reply:
    """A chat completion. Arguments of calls that are text are sent as they are, be they JSON or not."""
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if calls:
        functions = [{"name": n, "arguments": a if isinstance(a, str) else json.dumps(a)} for n, a in calls]
        message["tool_calls"] = [
            {"id": f"call-{i}", "type": "function", "function": function} for i, function in enumerate(functions)
        ]
    body: dict[str, Any] = {"id": "c", "object": "chat.completion", "created": 0, "model": "scripted"}
    body["choices"] = [{"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop", **choice}]
    if usage:
        body["usage"] = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return Reply(json.dumps(body).encode())


def fails(status: int, message: str = "no", *, retry_ms: int = 1) -> Reply:
    """An error as OpenAI's servers write it; the client is told to try again at once."""
    body = json.dumps({"error": {"message": message, "type": "error", "code": None}}).encode()
    return Reply(body, status, {"retry-after-ms": str(retry_ms)})


def conversation(body: dict[str, Any]) -> list[BaseMessage]:
    """The messages of a request, as LangChain has them."""
    return list(convert_to_messages(body["messages"]))


def key_of(body: dict[str, Any]) -> str:
    """What a request is about: the data blocks of its messages, without the instructions around them."""
    blocks = [block for m in body["messages"] for block in BLOCK.findall(str(m["content"] or ""))]
    return json.dumps([len(body["messages"]), *blocks])


def replay(path: Path) -> Answer:
    """Answers of a recorded exchange: for every request the recorded reply to the same data.

    A request that was not recorded is answered with 418, which no client tries again.
    """
    recorded = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    by_key = {r["key"]: r["response"] for r in recorded}

    def answer(body: dict[str, Any], number: int) -> Reply:
        found = by_key.get(key_of(body))
        return fails(418, "this was not recorded") if found is None else Reply(json.dumps(found).encode())

    return answer


def recording(upstream: str, path: Path) -> Answer:
    """Pass requests on to a real server, and keep each with its answer, one a line."""

    def answer(body: dict[str, Any], number: int) -> Reply:
        request = urllib.request.Request(
            f"{upstream}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=600) as response:
            said = response.read()
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key_of(body), "response": json.loads(said)}, ensure_ascii=False) + "\n")
        return Reply(said)

    return answer


if __name__ == "__main__":  # python tests/openai_server.py UPSTREAM OUT: an address to distil against, until Ctrl-C
    import sys

    with serve(recording(sys.argv[1], Path(sys.argv[2]))) as running:
        print(running.url, flush=True)
        threading.Event().wait()

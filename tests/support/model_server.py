"""An OpenAI-compatible server on the loopback, whose answers a test scripts."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[str, dict[str, Any]], tuple[int, dict[str, Any]]]
"""Path and body of a request to its status and answer."""


class Server:
    """Answers as `reply` says, and remembers what it was asked."""

    def __init__(self, reply: Reply) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.reply = reply
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send(
                    200, {"object": "list", "data": [{"id": "student", "object": "model", "max_model_len": 900}]}
                )

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append((self.path, body))
                self._send(*outer.reply(self.path, body))

            def _send(self, status: int, answer: dict[str, Any]) -> None:
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def completion(*texts: str) -> dict[str, Any]:
    choices = [{"index": i, "text": text, "finish_reason": "stop", "logprobs": None} for i, text in enumerate(texts)]
    return {"id": "c", "object": "text_completion", "created": 0, "model": "student", "choices": choices}


def chat(*texts: str) -> dict[str, Any]:
    choices = [
        {"index": i, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        for i, text in enumerate(texts)
    ]
    return {"id": "c", "object": "chat.completion", "created": 0, "model": "student", "choices": choices}

"""Servers that send bytes no client expects: each call ends, in time and in little memory, and is sent again."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from openai_server import Reply, says, serve
from raw_server import reset, serve_bytes

from molreflect.agents.errors import Trouble, TroubleKind, endpoint_trouble
from molreflect.agents.models import transport
from molreflect.agents.models.registry import Sampling, load_chat_model

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def trouble_at(url: str, timeout: float = 10.0) -> Trouble:
    model = load_chat_model("m", base_url=url, sampling=Sampling(retries=0, timeout=timeout))
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the client raises
        model.invoke("x")
    trouble = endpoint_trouble(caught.value)
    assert trouble is not None, repr(caught.value)
    return trouble


def dripping(part: bytes) -> Callable[[socket.socket, Any], None]:
    """Send something again and again, for longer than anybody should wait."""

    def send(connection: socket.socket, body: dict[str, Any]) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" if part.startswith(b"X") else b"")
        for _ in range(200):
            connection.sendall(part)
            time.sleep(0.05)

    return send


@pytest.mark.parametrize("part", [b"X-Wait: a\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n"], ids=["headers", "1xx"])
def test_headers_that_drip_end_at_the_deadline(part: bytes) -> None:
    began = time.monotonic()
    with serve_bytes(dripping(part)) as url:
        trouble = trouble_at(url, timeout=0.5)
    assert trouble.kind is TroubleKind.TRANSIENT
    assert time.monotonic() - began < 5.0


def test_a_deadline_is_of_one_call_and_not_of_the_next() -> None:
    with serve(lambda *_: Reply(says("hi").body, delay=0.3)) as server:
        model = load_chat_model("m", base_url=server.url, sampling=Sampling(retries=0, timeout=5.0))
        assert [model.invoke("x").text for _ in range(3)] == ["hi"] * 3


@pytest.mark.parametrize(
    ("send", "words"),
    [
        (lambda s, _: reset(s), "reset"),
        (lambda s, _: (s.sendall(b"HTTP/1.1 200 OK\r\nContent-Ty"), time.sleep(0.05), reset(s)), ""),
        (lambda s, _: s.sendall(b"HTTP/1.1 200 OK\r\nContent-Ty"), "disconnected"),
        (lambda s, _: s.sendall(OK + b'Content-Length: 500\r\n\r\n{"id'), "without sending complete"),
        (lambda s, _: s.sendall(b"SSH-2.0-OpenSSH_9\r\n"), ""),
        (lambda s, _: s.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), ""),
        (lambda s, _: s.sendall(OK + b"Content-Length: -5\r\n\r\n{}"), ""),
        (lambda s, _: s.sendall(OK + b"Content-Length: 4\r\n\r\n\0\0\0\0"), ""),
        (lambda s, _: s.sendall(OK + b"X-Long: " + b"x" * 200_000 + b"\r\n\r\n"), ""),
    ],
    ids=[
        "reset",
        "reset in headers",
        "end in headers",
        "end in body",
        "no HTTP",
        "chunks",
        "length",
        "noughts",
        "long",
    ],
)
def test_a_connection_that_breaks_in_any_place_is_one_line_and_tried_again(send: Any, words: str) -> None:
    with serve_bytes(send) as url:
        trouble = trouble_at(url)
    assert trouble.kind is TroubleKind.TRANSIENT
    assert words in trouble.text
    assert "\n" not in trouble.text


@pytest.mark.parametrize("packing", ["zstd", "br", "gzip, gzip", "compress"])
def test_an_answer_is_unpacked_only_from_what_was_asked_for(packing: str) -> None:
    """httpx would unpack the others whole, however much comes out of them."""
    with serve(lambda *_: Reply(gzip.compress(says("hi").body), headers={"Content-Encoding": packing})) as server:
        trouble = trouble_at(server.url)
        assert server.headers[0]["accept-encoding"] == "gzip, deflate"
    assert trouble.kind is TroubleKind.TRANSIENT
    assert f"packed as nobody asked for ({packing})" in trouble.text


def test_a_plain_answer_that_is_called_packed_is_read_as_it_is() -> None:
    with serve(lambda *_: Reply(says("hi").body, headers={"Content-Encoding": "br"})) as server:
        model = load_chat_model("m", base_url=server.url, sampling=Sampling(retries=0))
        assert model.invoke("x").text == "hi"


@pytest.mark.parametrize("body", [b"null", b"12", b"true", b'"hi"'])
def test_json_that_is_no_object_is_said_to_be_none(body: bytes) -> None:
    with serve(lambda *_: Reply(body)) as server:
        assert "it is no JSON" in trouble_at(server.url).text


def test_redirections_in_a_circle_are_followed_a_few_times_only() -> None:
    with serve(lambda *_: Reply(b"", 307, {"Location": "/v1/chat/completions"})) as server:
        trouble = trouble_at(server.url)
        assert len(server.requests) == transport.MAX_REDIRECTS + 1
    assert trouble.kind is TroubleKind.TRANSIENT
    assert "redirects" in trouble.text


@pytest.mark.parametrize("said", ["text/plain", "text/plain; charset=klingon", "application/octet-stream"])
def test_json_that_is_called_something_else_is_read(said: str) -> None:
    with serve(lambda *_: Reply(says("hi").body, headers={"Content-Type": said})) as server:
        model = load_chat_model("m", base_url=server.url, sampling=Sampling(retries=0))
        assert model.invoke("x").text == "hi"

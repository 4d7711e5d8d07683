"""Addresses, keys and proxies with which no call can be made: one line before anything is begun."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from raw_server import serve_bytes

from molreflect.agents.errors import TroubleKind, endpoint_trouble
from molreflect.agents.models.registry import Sampling, load_chat_model
from molreflect.tools.errors import InputError


@pytest.mark.parametrize(
    "address",
    [
        "localhost:8000/v1", "localhost", "ftp://127.0.0.1/v1", "http:///v1", "http://[::1/v1", "http://xn--\u2603.invalid",
        "http://a\ud83d.invalid/v1", "http://127.0.0.1\n/v1", "http://127.0.0.1:99999/v1", "http://127.0.0.1:port/v1",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_one_line(address: str) -> None:
    with pytest.raises(InputError, match="is no address of a server; write it like http://localhost:8000/v1") as caught:
        load_chat_model("m", base_url=address)
    assert "\n" not in str(caught.value)
    str(caught.value).encode()


@pytest.mark.parametrize("key", ["sk-1\r", "sk-\u2013", "sk-1\n"])
def test_a_key_that_cannot_be_sent_is_refused_and_not_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(InputError, match="OPENAI_API_KEY") as caught:
        load_chat_model("m", base_url="http://localhost:1/v1")
    assert "sk-" not in str(caught.value)


def test_a_proxy_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "gopher://127.0.0.1:70")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(InputError, match=r"the proxy of the environment cannot be used \('gopher://127\.0\.0\.1:70'\)"):
        load_chat_model("m", base_url="http://teacher.invalid/v1")


def test_a_name_that_nobody_knows_may_be_known_later() -> None:
    model = load_chat_model("m", base_url="http://nowhere.invalid/v1", sampling=Sampling(retries=0))
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the client raises
        model.invoke("x")
    trouble = endpoint_trouble(caught.value)
    assert trouble is not None
    assert trouble.kind is TroubleKind.TRANSIENT
    assert "Connection error" in trouble.text


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder: Path = tmp_path_factory.mktemp("tls")
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=nobody", "-days", "2",
         "-keyout", "key.pem", "-out", "certificate.pem"], cwd=folder, capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("openssl is needed to make a certificate")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


def test_a_certificate_that_is_not_right_stops_the_run(certificate: ssl.SSLContext) -> None:
    """No waiting makes it right; a run would wait for ten minutes, and look as if the server were down."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def shake_hands() -> None:
            connection, _ = listener.accept()
            with suppress(OSError), connection:  # the client leaves
                certificate.wrap_socket(connection, server_side=True)

        thread = threading.Thread(target=shake_hands)
        thread.start()
        address = f"https://127.0.0.1:{listener.getsockname()[1]}/v1"
        model = load_chat_model("m", base_url=address, sampling=Sampling(retries=0))
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the client raises
            model.invoke("x")
        thread.join()
    trouble = endpoint_trouble(caught.value)
    assert trouble is not None
    assert trouble.kind is TroubleKind.REFUSED
    assert "certificate verify failed" in trouble.text


def test_a_server_that_speaks_no_tls_may_be_another_tomorrow() -> None:
    with serve_bytes(lambda connection, _: connection.sendall(b"HTTP/1.1 400 Bad\r\n\r\n")) as url:
        model = load_chat_model("m", base_url=url.replace("http:", "https:"), sampling=Sampling(retries=0, timeout=0.5))
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the client raises
            model.invoke("x")
    trouble = endpoint_trouble(caught.value)
    assert trouble is not None
    assert trouble.kind is TroubleKind.TRANSIENT

"""Who is answered: only who has the printed link, under the address it names, from the server's own pages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from served import SECRET, Served, serving
from traced import start, write

from molreflect.web import static
from molreflect.web.security import POLICY


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    write(folder, start("a" * 32, "row"), "align")
    with serving(folder) as running:
        yield running


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.base, trust_env=False) as made:
        yield made


@pytest.mark.parametrize("path", ["/", "/traces/" + "a" * 32, "/static/trace.js", "/traces/events", "/nowhere"])
def test_without_the_token_nothing_is_told(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 403
    assert "Open the whole link" in answer.text
    assert "row" not in answer.text
    assert answer.headers["content-security-policy"] == POLICY


def test_a_wrong_token_is_refused_and_gets_no_cookie(client: httpx.Client) -> None:
    answer = client.get("/?token=" + "x" * len(SECRET))
    assert (answer.status_code, answer.cookies.jar.__len__()) == (403, 0)
    assert client.get("/?token=\u00e9").status_code == 403


def test_the_token_becomes_a_cookie_and_leaves_the_address(client: httpx.Client) -> None:
    answer = client.get(f"/traces/aaaa?span=b&token={SECRET}&x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/traces/aaaa?span=b&x=1")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/traces").status_code == 200


def test_the_way_on_never_leads_to_another_server(client: httpx.Client, served: Served) -> None:
    answer = client.get(f"{served.base}//elsewhere.example/x?token={SECRET}")
    assert answer.headers["location"] == "/elsewhere.example/x"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        pytest.param("Host", "evil.example", id="a name that was made to point here"),
        pytest.param("Host", "127.0.0.1:1", id="another port"),
        pytest.param("Origin", "http://evil.example", id="another site"),
        pytest.param("Origin", "null", id="a page without an origin"),
    ],
)
def test_other_sites_get_nothing_even_with_the_cookie(client: httpx.Client, header: str, value: str) -> None:
    client.get(f"/?token={SECRET}")
    assert client.get("/traces").status_code == 200
    assert client.get("/", headers={header: value}).status_code == 403


def test_every_answer_forbids_what_pages_do_not_need(client: httpx.Client) -> None:
    client.get(f"/?token={SECRET}")
    for path in ("/traces", "/traces/" + "a" * 32, "/static/style.css", "/nowhere", "/traces/zzzz"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert "'unsafe" not in POLICY


def test_what_is_not_there_is_said_on_a_page(client: httpx.Client) -> None:
    client.get(f"/?token={SECRET}")
    for path, told in (
        ("/nowhere", "no such page"),
        ("/traces/zzzz", "has no trace zzzz"),
        ("/static/../app.py", "no such page"),
        ("/static/vendor/htmx.LICENSE", "no such page"),
        ("/traces?verdict=perhaps", "is no verdict"),
        ("/traces?before=x", "is no place in the list"),
        ("/traces/compare?id=" + "a" * 32, "two traces are compared"),
    ):
        answer = client.get(path)
        assert answer.status_code == 404
        assert told in answer.text


def test_htmx_is_the_file_that_was_looked_at() -> None:
    folder = Path(static.__file__).parent / "static" / "vendor"
    named, _, version = (folder / "htmx.sha256").read_text().partition("  ")
    assert hashlib.sha256((folder / version.strip()).read_bytes()).hexdigest() == named
    assert "Zero-Clause BSD" in (folder / "htmx.LICENSE").read_text(encoding="utf-8")

"""`molreflect serve`, as a user calls it, and what its pages refuse."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from served import SECRET, Served
from site_served import desk_of, serving_site

from molreflect.conversations import Desk
from molreflect.graphs.conversation.memory import ConversationStore
from molreflect.web.site import Site
from molreflect.web.subjects import SUBJECTS


@pytest.fixture(scope="module")
def site(resources: Any, sample_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("home")
    with desk_of(home, resources, sample_corpus) as desk, serving_site(desk, home) as running:
        yield running


@pytest.fixture
def client(site: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.base, trust_env=False, follow_redirects=True, timeout=60) as made:
        made.get(f"/?token={SECRET}").raise_for_status()
        yield made


def ask(client: httpx.Client, question: str, **fields: str) -> httpx.Response:
    return client.post("/conversations/ask", data={"question": question, "key": f"key-of-{question}"[:60], **fields})


def test_the_printed_link_opens_the_page_and_ctrl_c_ends_it_while_a_page_listens(
    child_env: dict[str, str], sample_run: Any
) -> None:
    command = [sys.executable, "-m", "molreflect", "serve", "--runs", str(sample_run.folder)]
    running = subprocess.Popen(command, env=child_env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert running.stdout is not None
        link = running.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{40,}", link)
        with httpx.Client(trust_env=False, follow_redirects=True, timeout=60) as client:
            page = client.get(link).text
            places = re.findall(r'<li><a href="([^"?]+)"', page)  # without conversations that are kept
            assert places[:3] == ["/conversations", "/align", "/compare"]
            assert places[-1] == "/traces"
            with client.stream("GET", f"{link.partition('/?')[0]}/traces/events"):
                running.send_signal(signal.SIGINT)
                assert running.wait(30) == 0
        assert running.stderr is not None
        assert "Traceback" not in running.stderr.read()
    finally:
        running.kill()
        running.communicate()


def test_a_run_that_is_not_there_is_one_line(run: Any, tmp_path: Path) -> None:
    assert "is no folder; name a run directory" in run("serve", "--runs", tmp_path / "none").mistake


def test_every_place_of_the_navigation_has_a_page(client: httpx.Client) -> None:
    for subject in SUBJECTS:
        page = client.get(subject.place.path)
        assert page.status_code == 200
        assert f'<a href="{subject.place.path}" aria-current="page">{subject.place.name}</a>' in page.text


def test_other_sites_ask_nothing(client: httpx.Client, site: Served) -> None:
    refused = client.post(
        "/conversations/ask",
        data={"question": "What?", "key": "a-key-of-others"},
        headers={"Origin": "http://evil.example"},
    )
    assert refused.status_code == 403
    assert client.post("/align", data={}, headers={"Origin": "null"}).status_code == 403
    with httpx.Client(base_url=site.base, trust_env=False) as stranger:
        assert ask(stranger, "What is CCO?").status_code == 403


def test_a_question_is_asked_once_and_its_answer_told_as_it_comes(client: httpx.Client) -> None:
    first = ask(client, "Where is the ester in CC(=O)OCC?")
    again = ask(client, "Where is the ester in CC(=O)OCC?")
    assert (first.status_code, again.json()) == (202, first.json())
    events = re.search(r'data-events="([^"]+)"', first.json()["html"])
    assert events is not None
    told = client.get(events[1])
    kinds = re.findall(r"event: (\w+)", told.text)
    assert kinds[0] == "step"
    assert kinds[-2:] == ["answer", "over"]
    rest = client.get(events[1], headers={"Last-Event-ID": str(len(kinds) - 2)})
    assert re.findall(r"event: (\w+)", rest.text) == ["answer", "over"]
    assert "carboxylic ester" in client.get(first.json()["page"]).text


@pytest.mark.parametrize(
    ("question", "fields", "status", "told"),
    [
        pytest.param(" ", {}, 400, "There is no question", id="empty"),
        pytest.param("What?", {"key": "short"}, 422, "key", id="a key that is none"),
        pytest.param("x" * 100_001, {}, 422, "question", id="too long"),
    ],
)
def test_what_is_no_question_is_said(
    client: httpx.Client, question: str, fields: dict[str, str], status: int, told: str
) -> None:
    answer = ask(client, question, **fields)
    assert answer.status_code == status
    assert told in answer.text


def test_what_is_not_there_is_said_on_a_page(client: httpx.Client) -> None:
    for path, told in (
        ("/conversations?name=nobody", "there is no conversation"),
        ("/align?result=gone", "is not held any more"),
        ("/conversations/events/unknown-key", "not followed any more"),
    ):
        answer = client.get(path)
        assert (answer.status_code, told in answer.text) == (404, True)
    taken = client.post("/conversations/rename", data={"name": "nobody", "to": "somebody"})
    assert (taken.status_code, "no conversation" in taken.text) == (400, True)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        pytest.param("https://api.openai.com/v1", "leave this machine: they go to openai:m at https://api", id="away"),
        pytest.param("http://127.0.0.1:8000/v1", "at http://127.0.0.1:8000/v1, on this machine", id="here"),
        pytest.param("http://localhost:11434", "on this machine", id="here by name"),
        pytest.param("http://10.0.0.7/v1", "leave this machine", id="another machine of the house"),
    ],
)
def test_what_leaves_the_machine_is_said(tmp_path: Path, address: str, told: str) -> None:
    class Client:
        base_url = address

    class Model:
        root_client = Client()

    site = Site(desk=Desk(Model(), (), {}, "openai:m"), home=tmp_path)
    assert told in site.leaves
    assert told in site.leaves_aligning


def test_tracing_elsewhere_is_said_though_no_model_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Site(desk=Desk(None, (), {}, "offline"), home=tmp_path)
    for told in (made.leaves, made.leaves_aligning):
        assert told.startswith("Nothing leaves this machine")
    monkeypatch.setattr("molreflect.web.site.tracing_is_enabled", lambda: True)
    for told in (made.leaves, made.leaves_aligning):
        assert "Nothing leaves" not in told
        assert "LANGSMITH_TRACING" in told


def test_an_answer_whose_trace_is_gone_links_to_none(client: httpx.Client, site: Served) -> None:
    asked = ask(client, "Is CCO an alcohol?").json()
    events = re.search(r'data-events="([^"]+)"', asked["html"])
    assert events is not None
    assert "/traces/" in client.get(events[1]).text
    with closing(ConversationStore(site.folder)) as kept:
        kept.append(asked["name"], [HumanMessage("And?", id="f" * 32), AIMessage("No more.")])
    page = client.get(asked["page"]).text
    assert page.count('class="to-trace"') == 1
    assert "f" * 32 not in page


def test_the_editor_is_the_file_that_was_looked_at() -> None:
    import hashlib

    from molreflect.web import static

    folder = Path(static.__file__).parent / "static" / "vendor"
    named, _, version = (folder / "openchemlib.sha256").read_text().partition("  ")
    assert hashlib.sha256((folder / version.strip()).read_bytes()).hexdigest() == named
    assert "Redistribution and use" in (folder / "openchemlib.LICENSE").read_text(encoding="utf-8")

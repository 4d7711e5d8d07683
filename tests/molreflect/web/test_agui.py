"""The AG-UI endpoint: text, tool calls and state as events of the protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_client import api, client_of

pytest.importorskip("ag_ui")
from ag_ui.core import Event, EventType
from pydantic import TypeAdapter

from molreflect.agents.analyst.checked import AnswerClaim, CheckedAnswer
from molreflect.graphs.conversation.events import Answer
from molreflect.tools.terms import Verdict
from molreflect.web.rest.agui import state_of
from molreflect.web.rest.app import AT

EVENTS: TypeAdapter[Any] = TypeAdapter(Event)


@pytest.fixture(scope="module")
def client(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MOLREFLECT_CACHE", str(cache))
        patched.setenv("MOLREFLECT_HOME", str(home))
        with api(home) as app:
            yield client_of(app)


def run(client: Any, *said: str | list[Any], thread: str = "page") -> Any:
    messages = [{"id": str(n), "role": "user", "content": text} for n, text in enumerate(said)]
    body = {"threadId": thread, "runId": "run-1", "messages": messages, "tools": [], "context": [], "state": {}}
    return client.post(f"{AT}/agui", json=body | {"forwardedProps": {}})


def events_of(answer: Any) -> list[Any]:
    """The events, read by the protocol's own models."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = answer.text.strip().split("\n\n")
    return [EVENTS.validate_json(block.removeprefix("data: ")) for block in blocks]


def test_a_turn_is_told_with_text_tools_and_state(client: Any) -> None:
    events = events_of(run(client, "Where is the ester in CC(=O)OCC, and is there a nitrile?"))
    kinds = [event.type for event in events]
    assert (kinds[0], kinds[-2:]) == (EventType.RUN_STARTED, [EventType.STATE_SNAPSHOT, EventType.RUN_FINISHED])
    call = kinds.index(EventType.TOOL_CALL_START)
    told = [EventType.TOOL_CALL_START, EventType.TOOL_CALL_ARGS, EventType.TOOL_CALL_END, EventType.TOOL_CALL_RESULT]
    assert kinds[call : call + 4] == told
    started, arguments, _, result = events[call : call + 4]
    assert json.loads(arguments.delta)
    assert result.tool_call_id == started.tool_call_id
    pieces = [event.delta for event in events if event.type is EventType.TEXT_MESSAGE_CONTENT]
    assert kinds.count(EventType.TEXT_MESSAGE_START) == kinds.count(EventType.TEXT_MESSAGE_END) == 1
    assert "(1, 2, 3, 4)" in "".join(pieces)
    state = events[-2].snapshot
    assert (state["thread"], state["checkedBy"], state["problem"]) == ("page", "tools", "")
    ester = next(claim for claim in state["claims"] if claim["phrase"] == "ester")
    assert (ester["verdict"], ester["atoms"], ester["smiles"]) == ("supported", [[1, 2, 3, 4]], "CC(=O)OCC")


def test_the_thread_is_remembered_here_and_the_last_message_is_the_question(client: Any) -> None:
    events_of(run(client, "What is in aspirin?", thread="talk"))
    events = events_of(
        run(client, "never mind", [{"type": "text", "text": "Where is the ester in it?"}], thread="talk")
    )
    text = "".join(event.delta for event in events if event.type is EventType.TEXT_MESSAGE_CONTENT)
    assert "CC(=O)Oc1ccccc1C(=O)O" in text


@pytest.mark.parametrize(
    ("said", "words"),
    [((), "no message of the user"), ((" ",), "no text"), (("a" * 20_001,), "at most 20,000")],
    ids=["nothing", "blank", "too long"],
)
def test_what_cannot_be_answered_is_a_problem(client: Any, said: tuple[str, ...], words: str) -> None:
    answer = run(client, *said)
    assert (answer.status_code, words in answer.json()["detail"]) == (422, True)


def test_the_state_has_the_verdicts_on_a_models_claims() -> None:
    claims = (
        AnswerClaim("ester", 0, 5, "CCO", Verdict.REFUTED, "not there"),
        AnswerClaim("alcohol", 9, 16, "CCO", Verdict.SUPPORTED, "", ((1, 2),)),
    )
    checked = CheckedAnswer("ester and alcohol", claims, ("Nice.",), ("CCO",))
    state = state_of(Answer("?", "~~ester~~ and alcohol", (), "t", "0" * 32, checked))
    assert [(c["phrase"], c["verdict"], c["atoms"]) for c in state["claims"]] == [
        ("ester", "refuted", []), ("alcohol", "supported", [[1, 2]]),
    ]  # fmt: skip
    assert (state["checkedBy"], state["unread"], state["molecules"]) == ("claims", ["Nice."], ["CCO"])

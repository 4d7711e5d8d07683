"""Many calls at once: sparing work changes nothing of what is sent, and no thread waits for another's answer."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import HumanMessage
from openai_server import Reply, says, serve

from molreflect.agents.models.binding import BoundOnce
from molreflect.agents.models.registry import Sampling, load_chat_model
from molreflect.agents.prompts import align
from molreflect.agents.schemas import AlignmentDraft
from molreflect.agents.teacher.agent import build_teacher
from molreflect.tools.langchain_tools import build_alignment_tools
from molreflect.tools.resources import Resources
from molreflect.tools.terms import View

pytest.importorskip("langchain_openai", reason="the extra molreflect[openai] is not installed")
SUBMITS = says(None, calls=[("AlignmentDraft", {"alignments": []})])


def submit(body: dict[str, Any], number: int) -> Reply:
    return SUBMITS


class BindOnce(AgentMiddleware[Any, Any, Any]):
    def __init__(self) -> None:
        super().__init__()
        self.bound_once = BoundOnce()

    def wrap_model_call(self, request: Any, handler: Any) -> Any:
        return self.bound_once(request, handler)


def test_tools_are_bound_once_and_the_request_is_the_one_langchain_sends(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = build_alignment_tools(resources)
    bound: list[Any] = []
    with serve(submit) as server:
        model = load_chat_model("m", base_url=server.url, sampling=Sampling(temperature=0.5, top_k=40))
        bind = type(model).bind_tools
        monkeypatch.setattr(type(model), "bind_tools", lambda *a, **k: (bound.append(a), bind(*a, **k))[1])
        for middleware in ([], [BindOnce()]):
            agent = create_agent(
                model, tools=tools, response_format=ToolStrategy(AlignmentDraft), middleware=middleware
            )
            for _ in range(3):
                agent.invoke({"messages": [HumanMessage("go")]})
    assert len(bound) == 3 + 1
    plain, fast = server.requests[:3], server.requests[3:]
    assert plain == fast
    assert {tool["function"]["name"] for tool in fast[0]["tools"]} >= {"check_alignments", "AlignmentDraft"}
    assert (fast[0]["tool_choice"], fast[0]["top_k"]) == ("required", 40)


def test_requests_of_many_threads_are_under_way_together(resources: Resources) -> None:
    together = threading.Barrier(8, timeout=20)

    def answer(body: dict[str, Any], number: int) -> Reply:
        together.wait()
        return SUBMITS

    request = align.request(view=View.PAIR, smiles="CCO", caption="The molecule is a primary alcohol.")
    with serve(answer) as server:
        model = load_chat_model("m", base_url=server.url, sampling=Sampling(retries=0))
        teacher = build_teacher(model, build_alignment_tools(resources), name="m")

        def ask(_: int) -> int:
            return len(teacher.propose(request).alignments)

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(ask, range(16))) == [0] * 16
    assert len(server.requests) == 16


@pytest.mark.parametrize(("kind", "body"), [("text/html", b"<html>sign in</html>"), ("application/json", b"{no json")])
def test_an_answer_that_is_no_json_says_so(kind: str, body: bytes) -> None:
    with serve(lambda *_: Reply(body, headers={"Content-Type": kind})) as server:
        model = load_chat_model("m", base_url=server.url, sampling=Sampling(retries=0))
        with pytest.raises(ValueError, match=r"<html>|double quotes"):
            model.invoke("x")


def test_who_is_asked_to_come_back_later_does_not_hold_up_the_others(resources: Resources) -> None:
    first = threading.Event()

    def answer(body: dict[str, Any], number: int) -> Reply:
        if number == 0:
            first.set()
            return Reply(b"{}", status=429, headers={"Retry-After": "4"})
        return SUBMITS

    ended: dict[str, float] = {}
    with serve(answer) as server:
        model = load_chat_model("m", base_url=server.url, sampling=Sampling(retries=1))
        teacher = build_teacher(model, build_alignment_tools(resources), name="m")

        def ask(name: str) -> None:
            if name == "the second":
                assert first.wait(20)
            teacher.propose(align.request(view=View.PAIR, smiles="CCO", caption="The molecule is ethanol."))
            ended[name] = time.monotonic()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(ask, ["the first", "the second"]))
    assert ended["the first"] - ended["the second"] > 1

"""What keeps many calls at once cheap changes nothing of what is sent, and lets nobody wait for a network's sake."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import HumanMessage
from openai_server import Crowd, Reply, says, serve

from molreflect.agents.models.binding import BoundOnce
from molreflect.agents.models.registry import Sampling, load_chat_model
from molreflect.agents.models.turns import Gate, Rank, _Turn, awaiting_answer, my_turn, stepped_aside
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
        lean = model.client
        for client, middleware in ((model.root_client.chat.completions, []), (lean, [BindOnce()])):
            model.client = client
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


def test_one_thread_at_a_time_has_its_turn_and_others_have_theirs_while_it_steps_aside() -> None:
    inside: list[int] = []
    most, both_waiting = [0], threading.Barrier(4, timeout=20)

    def work(_: int) -> None:
        with my_turn(), my_turn():  # twice is once
            for _ in range(50):
                inside.append(1)
                most[0] = max(most[0], len(inside))
                inside.pop()
            with stepped_aside():
                both_waiting.wait()  # all four are here together, or the barrier breaks

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert most == [1]
    with stepped_aside():  # without a turn there is nothing to step aside from
        pass
    with pytest.raises(KeyError), my_turn(), stepped_aside():
        raise KeyError("a bug")
    with my_turn():  # and the turn was given back
        pass


def test_requests_of_many_threads_are_under_way_together_each_on_a_connection_of_its_own(resources: Resources) -> None:
    together = threading.Barrier(8, timeout=20)

    def answer(body: dict[str, Any], number: int) -> Reply:
        together.wait()
        return SUBMITS

    request = align.request(view=View.PAIR, smiles="CCO", caption="The molecule is a primary alcohol.")
    with serve(answer) as server:
        model = load_chat_model("m", base_url=server.url, sampling=Sampling(retries=0))
        teacher = build_teacher(model, build_alignment_tools(resources), name="m")

        def ask(_: int) -> int:
            with my_turn():
                return len(teacher.propose(request).alignments)

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(ask, range(16))) == [0] * 16
        assert len(model.root_client._client._idle) == 8  # the next request takes one of these connections
    assert len(server.requests) == 16


def test_who_began_first_goes_through_the_gate_first_and_who_is_patient_last() -> None:
    gate, order = Gate(1), []
    ranks = [gate.rank(), gate.rank(), gate.rank(patient=True), gate.rank(), gate.rank()]
    threads = []

    def pass_through(rank: Rank) -> None:
        with gate.through(rank):
            order.append(rank)

    with gate.through(ranks[0]):
        for place in (2, 4, 1, 3):  # they come in another order than they began
            threads.append(threading.Thread(target=pass_through, args=(ranks[place],)))
            threads[-1].start()
            while len(gate._waiting) < len(threads):
                pass
    for thread in threads:
        thread.join(20)
    assert order == [ranks[place] for place in (1, 3, 4, 2)]
    with pytest.raises(KeyError), gate.through(gate.rank()):
        raise KeyError("a bug")
    with gate.through(gate.rank()):  # and the place was given back
        pass


@pytest.mark.parametrize(("waiting", "order"), [(0, [5, 6, 2, 4]), (1, [5, 6, 2, 4]), (2, [2, 4, 5, 6])])
def test_work_that_begins_goes_first_while_the_gate_is_hungry(waiting: int, order: list[int]) -> None:
    turn, gate, had = _Turn(), Gate(4), []
    for number in range(waiting):
        gate._waiting.stand((False, number))
    turn.take((False, 0), gate, begins=True)
    threads = []

    def take(number: int) -> None:
        turn.take((False, number), gate, begins=number > 4)
        had.append(number)
        turn.give(gate)

    for number in (6, 4, 2, 5):
        threads.append(threading.Thread(target=take, args=(number,)))
        threads[-1].start()
        while len(turn._beginning) + len(turn._going_on) < len(threads):
            pass
    turn.give(gate)
    for thread in threads:
        thread.join(20)
    assert had == order
    assert not turn._kept


def bell_of(before: Callable[[], None]) -> type:
    """A lock that may be had once; who then waits for it is interrupted, after something else has happened."""

    class Bell:
        def __init__(self) -> None:
            self.waited = False

        def acquire(self) -> None:
            if self.waited:
                before()
                raise KeyboardInterrupt
            self.waited = True

        def release(self) -> None:
            pass

    return Bell


@pytest.mark.parametrize("handed_over", [False, True])
def test_a_wait_that_is_interrupted_takes_no_turn_with_it(monkeypatch: pytest.MonkeyPatch, handed_over: bool) -> None:
    turn = _Turn()
    turn.take((False, 0), None, begins=True)
    # By who had it, just before Ctrl-C came.
    monkeypatch.setattr(
        "molreflect.agents.models.turns.threading.Lock", bell_of(lambda: turn.give(None) if handed_over else None)
    )
    with pytest.raises(KeyboardInterrupt):
        turn.take((False, 1), None, begins=False)
    monkeypatch.undo()
    if not handed_over:
        assert turn._kept
        turn.give(None)
    assert not turn._kept
    assert not turn._going_on


def test_a_wait_at_the_gate_that_is_interrupted_takes_no_place_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(1)
    with gate.through(gate.rank()):
        monkeypatch.setattr("molreflect.agents.models.turns.threading.Lock", bell_of(lambda: None))
        with pytest.raises(KeyboardInterrupt), gate.through(gate.rank()):
            pass
        monkeypatch.undo()
        assert not gate._waiting
    with gate.through(gate.rank()):  # would wait for ever if the place had gone to who was interrupted
        pass


def test_no_more_threads_await_an_answer_than_the_gate_lets_through() -> None:
    gate, crowd = Gate(2), Crowd()

    def work(_: int) -> None:
        with my_turn(gate), awaiting_answer(), crowd:
            time.sleep(0.02)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(12)))
    assert crowd.most == 2


def test_the_lean_client_hands_streams_and_odd_settings_to_the_typed_one() -> None:
    with serve(lambda body, number: says("hello")) as server:
        model: Any = load_chat_model("m", base_url=server.url, sampling=Sampling(retries=0))
        typed = model.root_client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
        lean = model.client.with_raw_response.create(
            model="m", messages=[{"role": "user", "content": "x"}], extra_body={"top_k": 3}
        )
        odd = model.client.with_raw_response.create(
            model="m", messages=[{"role": "user", "content": "x"}], extra_headers={"x-odd": "1"}
        )
    assert lean.parse()["choices"][0]["message"]["content"] == typed.choices[0].message.content == "hello"
    assert odd.parse().choices[0].message.content == "hello"
    assert server.requests[1]["top_k"] == 3
    assert "x-odd" not in server.headers[1]
    assert server.headers[2]["x-odd"] == "1"


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
            with my_turn():
                teacher.propose(align.request(view=View.PAIR, smiles="CCO", caption="The molecule is ethanol."))
                ended[name] = time.monotonic()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(ask, ["the first", "the second"]))
    assert ended["the first"] - ended["the second"] > 1

"""Calls of an endpoint that is busy, down, dripping or refusing: what is sent again, what waits, what stops the run."""

from __future__ import annotations

import json
import random
import socketserver
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from openai_server import Reply, Server, fails, says, serve

from molreflect.agents.errors import CapReachedError, TeacherError, Trouble, TroubleKind, endpoint_trouble
from molreflect.agents.models.registry import Sampling, load_chat_model
from molreflect.agents.models.responses import FILE, ResponseStore, asking_anew
from molreflect.agents.prompts import align
from molreflect.agents.teacher import endpoint as endpoints
from molreflect.agents.teacher.agent import Teacher, build_teacher
from molreflect.agents.teacher.budget import Caps, Limits, RunMeter
from molreflect.agents.teacher.endpoint import Endpoint, EndpointPolicy
from molreflect.tools.errors import InputError
from molreflect.tools.langchain_tools import build_alignment_tools
from molreflect.tools.terms import FailureKind, View

SMILES = "COC(=O)c1ccccc1O"
CAPTION = "The molecule is a methyl ester and a member of phenols."
FINAL = {"alignments": [{"phrase": "phenols", "pattern": "[OX2H1]c1ccccc1"}]}
SUBMITS = says(None, calls=[("AlignmentDraft", FINAL)])


def request() -> str:
    return align.request(view=View.PAIR, smiles=SMILES, caption=CAPTION)


def teacher_at(url: str, resources: Any, meter: RunMeter | None = None, **settings: Any) -> Teacher:
    policy = EndpointPolicy(
        **{k: settings.pop(k) for k in ("retries", "patience", "requests_per_minute") if k in settings}
    )
    model = load_chat_model("any", base_url=url, sampling=Sampling(retries=0, timeout=settings.pop("timeout", 10.0)))
    return build_teacher(
        model, build_alignment_tools(resources), name="any", meter=meter, endpoint=Endpoint(policy), **settings
    )


def refusing(status: int, message: str = "no", code: str | None = None, **headers: str) -> Reply:
    return Reply(json.dumps({"error": {"message": message, "code": code}}).encode(), status, headers)


@contextmanager
def answered_meanwhile(teacher: Teacher) -> Iterator[None]:
    """Ask other questions, which are answered, in a thread of their own."""
    over = threading.Event()

    def others() -> None:
        while not over.is_set():
            teacher.propose(request())

    thread = threading.Thread(target=others)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (refusing(401), TroubleKind.REFUSED),
        (refusing(402), TroubleKind.REFUSED),
        (refusing(403), TroubleKind.REFUSED),
        (refusing(404, "no such model"), TroubleKind.REFUSED),
        (refusing(429, "You exceeded your current quota", "insufficient_quota"), TroubleKind.REFUSED),
        (refusing(429, "slow down"), TroubleKind.BUSY),
        (refusing(503), TroubleKind.BUSY),
        (refusing(529, "overloaded"), TroubleKind.BUSY),
        (refusing(500), TroubleKind.TRANSIENT),
        (refusing(502), TroubleKind.TRANSIENT),
        (refusing(408), TroubleKind.TRANSIENT),
        (refusing(400, "too long"), TroubleKind.REJECTED),
        (refusing(400, "The response was filtered", "content_filter"), TroubleKind.FILTERED),
        (Reply(b"<html>hello</html>", headers={"Content-Type": "text/html"}), TroubleKind.TRANSIENT),
        (Reply(b'{"id": "c", "choices": []}'), TroubleKind.TRANSIENT),
        (Reply(b'{"error": {"message": "busy"}}'), TroubleKind.TRANSIENT),
        (Reply(b'{"id": "c", "choi'), TroubleKind.TRANSIENT),
        (Reply(b"", drop=True), TroubleKind.TRANSIENT),
    ],
    ids=lambda value: f"{value.status}-{value.body[:24]!r}" if isinstance(value, Reply) else str(value),
)
def test_what_an_endpoint_says_is_classified(reply: Reply, kind: TroubleKind) -> None:
    with serve(lambda *_: reply) as server:
        model = load_chat_model("m", base_url=server.url, sampling=Sampling(retries=0))
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the client raises
            model.invoke("x")
    trouble = endpoint_trouble(caught.value)
    assert trouble is not None
    assert trouble.kind is kind
    assert "\n" not in trouble.text
    assert "pydantic" not in trouble.text


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "7"}, 7.0), ({"retry-after-ms": "1500"}, 1.5), ({"Retry-After": "soon"}, None), ({}, None)],
)
def test_the_time_to_wait_is_read_from_the_headers(headers: dict[str, str], seconds: float | None) -> None:
    with serve(lambda *_: refusing(429, **headers)) as server:
        model = load_chat_model("m", base_url=server.url, sampling=Sampling(retries=0))
        with pytest.raises(Exception) as caught:  # noqa: PT011
            model.invoke("x")
    trouble = endpoint_trouble(caught.value)
    assert trouble is not None
    assert trouble.retry_after == seconds


def test_a_refused_key_stops_the_run_at_once(resources: Any) -> None:
    meter = RunMeter()
    with serve(lambda *_: refusing(401, "key revoked")) as server:
        teacher = teacher_at(server.url, resources, meter)
        for _ in range(3):
            with pytest.raises(CapReachedError, match="key revoked"):
                teacher.propose(request())
        assert len(server.requests) == 1
    assert meter.stopped is not None
    assert meter.spent.calls == 1


def test_a_rate_limit_fails_no_row_however_long_it_lasts(resources: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "LONGEST_WAIT", 0.01)
    with serve(lambda body, n: refusing(429, "slow down") if n < 12 else SUBMITS) as server:
        assert len(teacher_at(server.url, resources, retries=1).propose(request()).alignments) == 1
        assert len(server.requests) == 13


def test_a_question_too_large_for_the_limits_fails_alone(resources: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "LONGEST_WAIT", 0.02)
    large = "The gargantuan molecule is a phenol."

    def answer(body: dict[str, Any], number: int) -> Reply:
        return refusing(429, "Request too large") if "gargantuan" in json.dumps(body) else SUBMITS

    with serve(answer) as server:
        teacher = teacher_at(server.url, resources, patience=4.0)
        with answered_meanwhile(teacher), pytest.raises(TeacherError, match="Request too large") as caught:
            teacher.propose(align.request(view=View.PAIR, smiles=SMILES, caption=large))
    assert caught.value.kind is FailureKind.REJECTED


def test_a_wait_longer_than_the_patience_stops_the_run(resources: Any) -> None:
    with serve(lambda *_: refusing(429, "slow down", **{"Retry-After": "3600"})) as server:
        with pytest.raises(CapReachedError, match="asks to wait 3600 s"):
            teacher_at(server.url, resources, patience=30.0).propose(request())
        assert len(server.requests) == 1


def test_an_outage_is_waited_out(resources: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "LONGEST_WAIT", 0.05)
    began: list[float] = []

    def answer(*_: Any) -> Reply:
        began.append(time.monotonic())
        return refusing(500, "down") if began[-1] < began[0] + 1.5 else SUBMITS

    with serve(answer) as server:
        assert len(teacher_at(server.url, resources, retries=1).propose(request()).alignments) == 1
        assert len(server.requests) > 5


def test_an_outage_beyond_all_patience_stops_the_run(resources: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "LONGEST_WAIT", 0.05)
    meter = RunMeter()
    down = serve(lambda *_: refusing(500, "down"))
    with down as server, pytest.raises(CapReachedError, match=r"answered nothing for 0\.5 s"):
        teacher_at(server.url, resources, meter, patience=0.5).propose(request())
    assert "down" in str(meter.stopped)


def test_a_question_that_breaks_the_server_fails_alone(resources: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "LONGEST_WAIT", 0.02)

    def answer(body: dict[str, Any], number: int) -> Reply:
        return refusing(500, "poison") if "poison" in json.dumps(body) else SUBMITS

    with serve(answer) as server:
        teacher = teacher_at(server.url, resources, retries=3)
        with answered_meanwhile(teacher), pytest.raises(TeacherError, match="poison") as caught:
            teacher.propose(align.request(view=View.PAIR, smiles=SMILES, caption="The poison is a phenol."))
    assert caught.value.kind is FailureKind.ENDPOINT


def test_every_request_that_is_sent_counts_for_the_cap(resources: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "LONGEST_WAIT", 0.01)
    meter = RunMeter(Caps(calls=7))
    with serve(lambda *_: refusing(500, "down")) as server:
        with pytest.raises(CapReachedError, match="cap of 7 calls"):
            teacher_at(server.url, resources, meter).propose(request())
        assert len(server.requests) == 7
    assert meter.spent.calls == 7


def test_requests_a_minute_are_kept(resources: Any) -> None:
    moments: list[float] = []

    def answer(body: dict[str, Any], number: int) -> Reply:
        moments.append(time.monotonic())
        return SUBMITS

    with serve(answer) as server:
        teacher = teacher_at(server.url, resources, requests_per_minute=300)
        for _ in range(6):
            teacher.propose(request())
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert sum(gaps) > 5 * 0.19, "300 a minute are five a second"
    assert min(gaps) > 0.05, "evenly, but for what a busy machine moves about"


@contextmanager
def dripping(body: bytes, gap: float) -> Iterator[Server]:
    """A server that sends its answer byte by byte."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            self.request.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
            )
            try:
                for i in range(len(body)):
                    self.request.sendall(body[i : i + 1])
                    time.sleep(gap)
            except OSError:  # the client had waited long enough
                return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as tcp:
        tcp.daemon_threads = True
        threading.Thread(target=tcp.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield Server(f"http://127.0.0.1:{tcp.server_address[1]}/v1")
        tcp.shutdown()


def test_an_answer_that_drips_is_cut_off_at_its_deadline() -> None:
    with dripping(SUBMITS.body, 0.05) as server:
        model = load_chat_model("m", base_url=server.url, sampling=Sampling(retries=0, timeout=0.5))
        began = time.monotonic()
        with pytest.raises(Exception) as caught:  # noqa: PT011
            model.invoke("x")
        assert time.monotonic() - began < 5.0
    trouble = endpoint_trouble(caught.value)
    assert trouble is not None
    assert trouble.kind is TroubleKind.TRANSIENT


# ---------------------------------------------------------------------- answers that are kept


def test_an_answer_is_paid_for_once_whoever_asks_again(resources: Any, tmp_path: Path) -> None:
    def ask(url: str) -> tuple[int, int]:
        meter = RunMeter()
        with closing(ResponseStore(tmp_path / FILE, "any", {"seed": 1})) as store:
            proposal = teacher_at(url, resources, meter, responses=store).propose(request())
        return proposal.usage.calls, meter.spent.calls

    with serve(lambda *_: SUBMITS) as server:
        assert ask(server.url) == (1, 1)
    with serve(lambda *_: SUBMITS) as elsewhere:  # the same model on another port
        assert ask(elsewhere.url) == (1, 0), "the pair's account says what its answer took, the run's what was paid"
        assert elsewhere.requests == []


def test_other_questions_models_and_samplings_are_asked(resources: Any, tmp_path: Path) -> None:
    with serve(lambda *_: SUBMITS) as server:
        for model, sampling in (("any", {}), ("other", {}), ("any", {"temperature": 0.5})):
            with closing(ResponseStore(tmp_path / FILE, model, sampling)) as store:
                teacher_at(server.url, resources, responses=store).propose(request())
        with closing(ResponseStore(tmp_path / FILE, "any")) as store:
            teacher = teacher_at(server.url, resources, responses=store)
            teacher.propose(align.request(view=View.PAIR, smiles="CCO", caption=CAPTION))
            with asking_anew(1):
                teacher.propose(request())
            assert len(server.requests) == 5
            with asking_anew(1):
                teacher.propose(request())
            teacher.propose(request())
            assert len(server.requests) == 5
            assert store.holdings().answers == 5
            assert store.holdings().by_model == {"any": 4, "other": 1}
            assert store.prune(3600.0) == 0
            assert store.prune(0.0) == 5
            assert store.holdings().answers == 0


def test_a_conversation_goes_on_from_answers_that_are_kept(resources: Any, tmp_path: Path) -> None:
    """What an answer says of itself (its id, its tokens) is no part of the question that follows it."""

    def answer(body: dict[str, Any], number: int) -> Reply:
        if body["messages"][-1]["role"] == "tool":
            return SUBMITS
        return says(None, calls=[("find_substructure", {"smiles": SMILES, "patterns": ["C"]})])

    with serve(answer) as server:
        for _ in range(3):
            with closing(ResponseStore(tmp_path / FILE, "any")) as store:
                teacher_at(server.url, resources, responses=store).propose(request())
        assert len(server.requests) == 2


def test_a_store_of_responses_that_is_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("no database, but long enough to be one" * 40)
    with pytest.raises(InputError, match="is not a store of responses"):
        ResponseStore(tmp_path / FILE)


# ---------------------------------------------------------------------- habits of servers

HALF = "\ud83d"


@pytest.mark.parametrize(
    "change",
    [
        lambda message, body: message["tool_calls"][0]["function"].update(arguments=FINAL),
        lambda message, body: message["tool_calls"][0].update(id=None),
        lambda message, body: message["tool_calls"][0].pop("id"),
        lambda message, body: message.update(content=None, reasoning_content="let me see"),
        lambda message, body: message.update(content=HALF),
        lambda message, body: body.update(usage={"prompt_tokens": 10.5, "completion_tokens": None, "total_tokens": 1}),
        lambda message, body: body.update(usage=None),
    ],
    ids=[
        "arguments as object",
        "id null",
        "no id",
        "reasoning apart",
        "half a surrogate pair",
        "odd counts",
        "no usage",
    ],
)
def test_an_answer_in_a_servers_own_manner_is_understood(resources: Any, change: Any) -> None:
    body = json.loads(SUBMITS.body)
    change(body["choices"][0]["message"], body)
    with serve(lambda *_: Reply(json.dumps(body).encode())) as server:
        proposal = teacher_at(server.url, resources).propose(request())
    assert [a.phrase for a in proposal.alignments] == ["phenols"]
    proposal.usage.model_dump_json().encode()


def test_half_surrogate_pairs_reach_no_file_and_no_server(resources: Any) -> None:
    first = says(HALF, calls=[("find_substructure", {"smiles": SMILES, "patterns": ["C" + HALF]})])
    with serve(lambda body, n: first if n == 0 else SUBMITS) as server:
        assert len(teacher_at(server.url, resources).propose(request()).alignments) == 1
        assert len(server.requests) == 2


def test_a_call_that_was_cut_off_is_not_shown_to_the_server_again(resources: Any) -> None:
    cut = says(None, calls=[("AlignmentDraft", '{"alignments": [{"phr')], finish_reason="length")

    def answer(body: dict[str, Any], number: int) -> Reply:
        for message in body["messages"]:
            for call in message.get("tool_calls") or ():
                json.loads(call["function"]["arguments"])  # a strict server
        return cut if number == 0 else SUBMITS

    with serve(answer) as server:
        assert len(teacher_at(server.url, resources).propose(request()).alignments) == 1


def test_no_user_message_follows_a_tool(resources: Any) -> None:
    def answer(body: dict[str, Any], number: int) -> Reply:
        roles = [m["role"] for m in body["messages"]]
        if any(pair == ("tool", "user") for pair in pairwise(roles)):
            return refusing(400, "Unexpected role 'user' after role 'tool'")
        last = body["messages"][-1]["content"] or ""
        if "last call" in last:
            return SUBMITS
        return says(None, calls=[("find_substructure", {"smiles": SMILES, "patterns": ["C"]})])

    with serve(answer) as server:
        proposal = teacher_at(server.url, resources, limits=Limits(request_calls=3)).propose(request())
    assert len(proposal.alignments) == 1


@pytest.mark.parametrize(
    "said",
    [
        f"<think>maybe {{a}}</think>{json.dumps(FINAL)}",
        f"is it {{so}}? yes.</think>\n{json.dumps(FINAL)}",
        f"<thinking>{{}}</thinking> {json.dumps(FINAL)}",
        f"<|channel|>analysis<|message|>{{hm}}<|end|><|start|>assistant<|channel|>final<|message|>{json.dumps(FINAL)}<|return|>",
    ],
)
def test_thoughts_before_an_answer_in_plain_json_are_passed_over(resources: Any, said: str) -> None:
    with serve(lambda *_: says(said)) as server:
        assert len(teacher_at(server.url, resources, protocol="json").propose(request()).alignments) == 1
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (says("I'm sorry, but I can't help with that."), FailureKind.REFUSAL),
        (says("The ester is COC=O."), FailureKind.MALFORMED),
        (says('{"alignments": [', finish_reason="length"), FailureKind.CUT),
        (says("", finish_reason="content_filter"), FailureKind.FILTERED),
        (refusing(400, "too long"), FailureKind.REJECTED),
    ],
    ids=str,
)
def test_a_failure_has_its_kind(resources: Any, reply: Reply, kind: FailureKind) -> None:
    with serve(lambda *_: reply) as server, pytest.raises(TeacherError) as caught:
        teacher_at(server.url, resources, limits=Limits(mends=0)).propose(request())
    assert caught.value.kind is kind


def test_a_warning_stands_at_the_end_of_the_tools_answer() -> None:
    from molreflect.agents.teacher.agent import _warned

    said = [AIMessage(""), ToolMessage("found", tool_call_id="1")]
    assert [m.content for m in _warned(said, "hurry")] == ["", "found\n\nhurry"]
    assert said[-1].content == "found"
    assert [m.content for m in _warned(said[:1], "hurry")] == ["", "hurry"]


def test_fails_is_told_apart(resources: Any) -> None:
    """An endpoint that answers in between is no outage: its errors are repeated and then its own."""
    with serve(lambda body, n: fails(500) if n % 2 == 0 else SUBMITS) as server:
        teacher = teacher_at(server.url, resources, retries=2)
        for _ in range(3):
            assert len(teacher.propose(request()).alignments) == 1
        assert len(server.requests) == 6


# ---------------------------------------------------------------------- storms


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def play(trouble: Callable[[float], Trouble | None], seconds: float, callers: int, latency: float) -> list[float]:
    """Let callers ask an endpoint without rest, on a clock of their own; when each answer came."""
    clock, meter, answers = Clock(), RunMeter(), []
    endpoint = Endpoint(clock=clock, rng=random.Random(3))
    free, under_way = deque(f"q{n}" for n in range(callers)), deque[tuple[float, float, Trouble | None, str]]()
    asleep: list[tuple[float, str]] = []
    while clock.now < seconds:
        free.extend(name for until, name in asleep if until <= clock.now)
        asleep = [(until, name) for until, name in asleep if until > clock.now]
        for call in [call for call in under_way if call[0] <= clock.now]:
            under_way.remove(call)
            _, began, ended, name = call
            endpoint.leave(began, ended, meter, name)
            if ended is None:
                answers.append(clock.now)
                free.append(name)
            else:
                wait = endpoint.again(ended, 1, clock.now - began)
                asleep.append((clock.now + (wait or 0.0), name))
        while free and endpoint._wait(clock.now, 0) <= 0:
            began, met = endpoint.enter(meter, 0), trouble(clock.now)
            under_way.append((clock.now + (latency if met is None else 0.01), began, met, free.popleft()))
        clock.now += 0.01
    assert meter.stopped is None
    return answers


@pytest.mark.parametrize("kind", [TroubleKind.BUSY, TroubleKind.TRANSIENT])
@pytest.mark.parametrize("latency", [0.5, 2.0])
def test_throughput_is_back_within_thirty_seconds_of_a_storm(kind: TroubleKind, latency: float) -> None:
    storm = Trouble(kind, "storm")
    sent = Counter[bool]()

    def trouble(now: float) -> Trouble | None:
        sent[20.0 <= now < 50.0] += 1
        return storm if 20.0 <= now < 50.0 else None

    answers = play(trouble, 100.0, callers=64, latency=latency)
    before = sum(5 <= moment < 15 for moment in answers)
    after = sum(80 <= moment < 90 for moment in answers)
    assert before == pytest.approx(640 / latency, rel=0.1)
    assert after >= 0.95 * before
    assert sent[True] < 64 * 3, "one call at a time finds out when a storm is over"


def test_a_server_that_takes_so_many_at_a_time_is_used_well_and_refuses_few() -> None:
    inside: list[float] = []
    refused = 0

    def trouble(now: float) -> Trouble | None:
        nonlocal refused
        inside[:] = [until for until in inside if until > now]
        if len(inside) >= 16:
            refused += 1
            return Trouble(TroubleKind.BUSY, "429")
        inside.append(now + 1.0)
        return None

    answers = play(trouble, 120.0, callers=64, latency=1.0)
    late = [moment for moment in answers if moment > 20]
    assert len(late) > 0.6 * 16 * 100
    assert refused < 0.15 * len(answers)

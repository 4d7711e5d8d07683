"""Answers of real servers, as bytes over HTTP: understood, or explained to the model in a form no server refuses."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from typing import Any

import httpx
import pytest
from openai_server import Reply, says, serve
from strict_server import complaint

from molreflect.agents.errors import CapReachedError, TeacherError, TroubleKind, endpoint_trouble
from molreflect.agents.models import transport
from molreflect.agents.models.capabilities import protocol_for
from molreflect.agents.models.registry import Sampling, load_chat_model
from molreflect.agents.prompts import align
from molreflect.agents.teacher import endpoint as endpoints
from molreflect.agents.teacher.agent import Teacher, build_teacher
from molreflect.agents.teacher.budget import RunMeter
from molreflect.agents.teacher.endpoint import Endpoint, EndpointPolicy
from molreflect.tools.langchain_tools import build_alignment_tools
from molreflect.tools.terms import FailureKind, View

SMILES = "COC(=O)c1ccccc1O"
FINAL = {"alignments": [{"phrase": "phenols", "pattern": "[OX2H1]c1ccccc1"}]}
TEXT = json.dumps(FINAL)
LOOK = json.dumps({"smiles": SMILES, "patterns": ["C"]})
SUBMITS = says(None, calls=[("AlignmentDraft", FINAL)])
HALF = "\ud83d"
STREAM = {"Content-Type": "text/event-stream"}


def request() -> str:
    caption = "The molecule is a methyl ester and a member of phenols."
    return align.request(view=View.PAIR, smiles=SMILES, caption=caption)


def teacher_at(url: str, resources: Any, meter: RunMeter | None = None, protocol: str = "tools") -> Teacher:
    model = load_chat_model("any", base_url=url, sampling=Sampling(retries=0, timeout=20.0))
    policy = EndpointPolicy(retries=1, patience=60.0)
    return build_teacher(
        model, build_alignment_tools(resources), name="any", protocol=protocol, meter=meter, endpoint=Endpoint(policy)
    )  # fmt: skip


def body_of(**change: Any) -> dict[str, Any]:
    return json.loads(SUBMITS.body) | change


def saying(**message: Any) -> Reply:
    body = body_of()
    body["choices"][0]["message"] = {"role": "assistant", "content": None, **message}
    return Reply(json.dumps(body).encode())


def call(name: Any = "AlignmentDraft", arguments: Any = TEXT, id_: Any = "a", **more: Any) -> dict[str, Any]:
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}, **more}


def calling(*calls: Any) -> Reply:
    return saying(tool_calls=list(calls))


def counting(**usage: Any) -> Reply:
    return Reply(json.dumps(body_of(usage=usage)).encode())


UNDERSTOOD = {
    "arguments encoded twice": calling(call(arguments=json.dumps(TEXT))),
    "id is a number": calling(call(id_=7)),
    "type missing": calling({"id": "a", "function": {"name": "AlignmentDraft", "arguments": TEXT}}),
    "a call of the old kind": saying(function_call={"name": "AlignmentDraft", "arguments": TEXT}),
    "one call, not in a list": saying(tool_calls=call()),
    "role missing": Reply(json.dumps(body_of()).replace('"role": "assistant", ', "").encode()),
    "another call beside it": calling(call("find_substructure", LOOK, "b"), call()),
    "an unknown call beside it": calling(call("frobnicate", "{}", "b"), call()),
    "finish_reason is a number": says(None, calls=[("AlignmentDraft", FINAL)], finish_reason=3),
    "said to be cut off": says(None, calls=[("AlignmentDraft", FINAL)], finish_reason="length"),
    "names that are half": Reply(json.dumps(body_of(model=HALF, system_fingerprint=HALF)).encode()),
    "a byte order mark": Reply(b"\xef\xbb\xbf" + SUBMITS.body),
    "packed": Reply(gzip.compress(SUBMITS.body), headers={"Content-Encoding": "gzip"}),
    "sideways": Reply(b"", 307, {"Location": "/v1/elsewhere/chat/completions"}),
    "a stream nobody asked for": Reply(
        b"".join(
            b"data: " + json.dumps({"id": "c", "model": "m", "choices": [choice]}).encode() + b"\n\n"
            for choice in (
                {"index": 0, "delta": {"role": "assistant", "tool_calls": [{"index": 0, **call(arguments=TEXT[:9])}]}},
                {"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": TEXT[9:]}}]}},
                {"index": 0, "delta": {}, "finish_reason": "tool_calls"},
            )
        )
        + b"data: [DONE]\n\n",
        headers=STREAM,
    ),
}
"""Answers with the alignments in them."""

EXPLAINED = {
    "nothing": saying(),
    "empty": saying(content=""),
    "reasoning apart": saying(reasoning_content="let me see"),
    "a refusal": saying(refusal="No."),
    "content as parts": saying(content=[{"type": "text", "text": "hi"}]),
    "content is an object": saying(content={"a": 1}),
    "calls are text": saying(tool_calls="x"),
    "calls are null": calling(None),
    "a call without a function": calling({"id": "a", "type": "function", "function": None}),
    "a call without a name": calling(call(None)),
    "arguments are a list": calling(call(arguments=[1])),
    "arguments are a number": calling(call(arguments="3")),
    "arguments are cut off": says(None, calls=[("AlignmentDraft", '{"alignments": [{"phr')], finish_reason="length"),
    "arguments nested too deeply": calling(call(arguments='{"a":' * 5_000 + "1" + "}" * 5_000)),
    "arguments with too long a number": calling(call(arguments='{"alignments": [' + "1" * 6_000 + "]}")),
    "cut off beside one that is whole": calling(call("find_substructure", LOOK, "b"), call(arguments='{"al')),
    "an unknown tool": calling(call("frobnicate", "{}")),
    "an unknown tool beside a known one": calling(call("frobnicate", "{}"), call("find_substructure", LOOK, "b")),
    "the same id twice": calling(call("find_substructure", LOOK), call("find_substructure", LOOK)),
    "submitted twice": calling(call(), call(id_="b")),
    "off its schema beside a look": calling(call(arguments="{}"), call("find_substructure", LOOK, "b")),
    "200 calls": calling(*[call("find_substructure", LOOK, f"c{i}") for i in range(200)]),
    "half a pair in an id": calling(call("find_substructure", LOOK, HALF)),
    "half a pair in a name": calling(call(HALF, "{}")),
    "half a pair in a key": calling(call(arguments=json.dumps({HALF: 1}))),
    "half a pair in what was cut off": calling(call(arguments='{"' + HALF)),
    "half a pair in a refusal": saying(refusal=HALF),
    "a call as text": saying(content=f"<tool_call>{TEXT}</tool_call>"),
    "1 MB of words": saying(content="x" * 1_000_000),
}
"""Answers that cannot be used and are returned to the model, in a conversation that no server refuses."""


def answering(first: Reply, then: Reply = SUBMITS) -> Callable[[dict[str, Any], int], Reply]:
    """A strict server that gives one odd answer; the test fails where it is sent what it would refuse."""

    def answer(body: dict[str, Any], number: int) -> Reply:
        if (wrong := complaint(body)) is not None:
            return Reply(json.dumps({"error": {"message": f"strict: {wrong}"}}).encode(), 400)
        return first if number == 0 else then

    return answer


@pytest.mark.parametrize("habit", UNDERSTOOD)
def test_what_a_server_means_is_understood(habit: str, resources: Any) -> None:
    with serve(answering(UNDERSTOOD[habit])) as server:
        proposal = teacher_at(server.url, resources).propose(request())
        sent = [path for path in server.paths if "elsewhere" not in path]
        assert len(sent) == 1
    assert [a.phrase for a in proposal.alignments] == ["phenols"]


@pytest.mark.parametrize("habit", EXPLAINED)
def test_what_cannot_be_used_is_explained_and_shown_to_no_strict_server_again(habit: str, resources: Any) -> None:
    meter = RunMeter()
    with serve(answering(EXPLAINED[habit])) as server:
        proposal = teacher_at(server.url, resources, meter).propose(request())
        assert len(server.requests) == 2
        assert len(json.dumps(server.requests[1])) < 300_000
    assert [a.phrase for a in proposal.alignments] == ["phenols"]
    assert meter.spent.calls == proposal.usage.calls == 2


@pytest.mark.parametrize("habit", EXPLAINED)
def test_a_model_that_says_it_again_fails_its_row_in_one_line(habit: str, resources: Any) -> None:
    if "known one" in habit or "same id" in habit or "an id" in habit:
        pytest.skip("calls that are carried out end at a bound")
    with serve(answering(EXPLAINED[habit], EXPLAINED[habit])) as server:
        with pytest.raises(TeacherError) as caught:
            teacher_at(server.url, resources).propose(request())
        assert len(server.requests) in (3, 12)
    assert caught.value.kind in (FailureKind.MALFORMED, FailureKind.CUT, FailureKind.REFUSAL, FailureKind.BOUND)
    assert "\n" not in str(caught.value)
    assert "pydantic" not in str(caught.value)


@pytest.mark.parametrize("habit", ["nothing", "reasoning apart", "content as parts", "half a pair in a refusal"])
def test_an_empty_answer_in_plain_json_is_shown_to_no_strict_server_again(habit: str, resources: Any) -> None:
    with serve(answering(EXPLAINED[habit], says(TEXT))) as server:
        teacher = teacher_at(server.url, resources, protocol="json")
        assert len(teacher.propose(request()).alignments) == 1
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (counting(prompt_tokens=1.6, completion_tokens="2", total_tokens=None), (2, 2, 0)),
        (
            counting(prompt_tokens=9, completion_tokens=1, prompt_tokens_details={"cached_tokens": 3.5, "x": "y"}),
            (9, 1, 0),
        ),
        (counting(prompt_tokens=9, completion_tokens=1, completion_tokens_details=[1]), (9, 1, 0)),
        *[
            (reply, None)
            for reply in (
                counting(prompt_tokens=100, completion_tokens=None, total_tokens=None),
                counting(prompt_tokens=0, completion_tokens=0, total_tokens=0),
                counting(prompt_tokens=-5, completion_tokens=-1, total_tokens=-6),
                counting(prompt_tokens="many", completion_tokens="some"),
                counting(prompt_tokens=10**30, completion_tokens=1),
                counting(),
                Reply(json.dumps(body_of(usage=[1])).encode()),
                Reply(SUBMITS.body.replace(b'"prompt_tokens": 100', b'"prompt_tokens": NaN')),
                Reply(SUBMITS.body.replace(b'"prompt_tokens": 100', b'"prompt_tokens": Infinity')),
            )
        ],
    ],
)
@pytest.mark.parametrize("protocol", ["tools", "json"])
def test_counts_that_say_nothing_are_estimated_and_marked(
    reply: Reply, expected: tuple[int, int, int] | None, protocol: str, resources: Any
) -> None:
    if protocol == "json":
        said = json.loads(reply.body)
        said["choices"][0]["message"] = {"role": "assistant", "content": TEXT}
        reply = Reply(json.dumps(said).encode())
    with serve(answering(reply)) as server:
        usage = teacher_at(server.url, resources, protocol=protocol).propose(request()).usage
        assert len(server.requests) == 1
    if expected is not None:
        assert (usage.input_tokens, usage.output_tokens, usage.uncounted) == expected
    else:
        assert usage.uncounted == 1
        assert 500 < usage.input_tokens < 10_000


@pytest.mark.parametrize(
    "said",
    [
        f"[THINK]maybe {{a}}[/THINK]{TEXT}",
        f"<seed:think>{{}}</seed:think>{TEXT}",
        f"<reasoning>is it {{so}}?</reasoning>{TEXT}",
        f"<|begin_of_thought|>{{<|end_of_thought|>{TEXT}",
        f"<|channel|>analysis<|message|>{{hm}}<|end|><|channel|>final <|constrain|>json<|message|>{TEXT}",
        f"analysisWe need {{this}}.assistantfinal{TEXT}",
    ],
)
def test_thoughts_in_other_clothes_are_passed_over(said: str, resources: Any) -> None:
    with serve(lambda *_: says(said)) as server:
        assert len(teacher_at(server.url, resources, protocol="json").propose(request()).alignments) == 1
        assert len(server.requests) == 1


# ---------------------------------------------------------------------- what is no answer


def trouble_with(reply: Reply, **settings: Any) -> Any:
    with serve(lambda *_: reply) as server:
        model = load_chat_model("m", base_url=server.url, sampling=Sampling(retries=0, **settings))
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the client raises
            model.invoke("x")
    return endpoint_trouble(caught.value)


def told(status: int, message: str, **headers: str) -> Reply:
    return Reply(json.dumps({"error": {"message": message}}).encode(), status, headers)


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(b'{"a":' * 100_000), TroubleKind.TRANSIENT, "cannot be read"),
        (Reply(b"[1]"), TroubleKind.TRANSIENT, "cannot be read"),
        (Reply(b'{"choices": ["hi"]}'), TroubleKind.TRANSIENT, "cannot be read"),
        (Reply(b'data: {"error": {"message": "busy"}}\n\n', headers=STREAM), TroubleKind.TRANSIENT, "busy"),
        (
            Reply(
                b'data: {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"content": "x"}}]}\n\n',
                headers=STREAM,
            ),
            TroubleKind.TRANSIENT,
            "ends in the middle",
        ),
        (Reply(b"\x1f\x8bxx", headers={"Content-Encoding": "gzip"}), TroubleKind.TRANSIENT, "unpacked"),
        (
            Reply(gzip.compress(SUBMITS.body, mtime=0)[:-20], headers={"Content-Encoding": "gzip"}),
            TroubleKind.TRANSIENT,
            "middle",
        ),
        (Reply(b"", drop=True), TroubleKind.TRANSIENT, "disconnected"),
        (told(407, "password"), TroubleKind.REFUSED, "password"),
        (told(405, "no such method"), TroubleKind.REFUSED, "method"),
        (Reply(b"", 301), TroubleKind.REFUSED, "301"),
        (told(400, "API key not valid. Please pass a valid API key."), TroubleKind.REFUSED, "key"),
        (told(400, "gpt-9 is not a valid model ID"), TroubleKind.REFUSED, "model"),
        (told(501, "tools are not implemented"), TroubleKind.REJECTED, "tools"),
        (told(400, f"bad {HALF}\nthing"), TroubleKind.REJECTED, "bad"),
    ],
    ids=lambda value: f"{value.status}-{value.body[:20]!r}" if isinstance(value, Reply) else str(value),
)
def test_what_is_no_answer_is_classified_and_quoted_in_one_line(reply: Reply, kind: TroubleKind, words: str) -> None:
    trouble = trouble_with(reply)
    assert trouble.kind is kind
    assert words in trouble.text
    assert "\n" not in trouble.text
    assert len(trouble.text) < 400
    trouble.text.encode()


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_without_end_is_cut_off(packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_ANSWER", 2**20)
    large = b" " * 2**21 + SUBMITS.body
    reply = Reply(gzip.compress(large), headers={"Content-Encoding": "gzip"}) if packed else Reply(large)
    trouble = trouble_with(reply)
    assert trouble.kind is TroubleKind.TRANSIENT
    assert "larger than 1,048,576 bytes" in trouble.text
    assert trouble_with(reply, timeout=None).text == trouble.text, "also where nobody set a deadline"


def test_a_proxy_of_the_environment_is_asked_and_its_refusal_ends_the_run(
    resources: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = RunMeter()
    with serve(lambda *_: told(407, "proxy password")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(CapReachedError, match="proxy password"):
            teacher_at("http://teacher.invalid/v1", resources, meter).propose(request())
        assert len(proxy.requests) == 1
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serve(answering(SUBMITS)) as server:
        assert len(teacher_at(server.url, resources).propose(request()).alignments) == 1


def test_a_tunnel_that_a_proxy_refuses_ends_the_run() -> None:
    error = httpx.ProxyError("407 Proxy Authentication Required")
    wrapped = httpx.ConnectError("Connection error.")
    wrapped.__cause__ = error
    trouble = endpoint_trouble(wrapped)
    assert trouble is not None
    assert trouble.kind is TroubleKind.REFUSED
    assert "407 Proxy" in trouble.text


def test_a_server_that_takes_no_request_at_all_stops_the_run(resources: Any) -> None:
    meter = RunMeter()
    with serve(lambda *_: told(400, "unknown parameter: tools")) as server:
        teacher = teacher_at(server.url, resources, meter)
        for _ in range(endpoints.REFUSED_IN_A_ROW):
            with pytest.raises((TeacherError, CapReachedError)):
                teacher.propose(request())
        with pytest.raises(CapReachedError, match=r"none of the last 20 requests: .*unknown"):
            teacher.propose(request())
        assert len(server.requests) == endpoints.REFUSED_IN_A_ROW


def test_requests_that_are_too_long_stop_no_run(resources: Any) -> None:
    meter = RunMeter()
    with serve(lambda *_: told(400, "the maximum context length is 10 tokens")) as server:
        teacher = teacher_at(server.url, resources, meter)
        for _ in range(endpoints.REFUSED_IN_A_ROW + 2):
            with pytest.raises(TeacherError, match="context length"):
                teacher.propose(request())
    assert meter.stopped is None


def callers(teacher: Teacher, count: int, questions: int = 10_000) -> None:
    """Ask from so many threads until the run stops, or so often."""

    def ask() -> None:
        with suppress(CapReachedError):
            for _ in range(questions):
                teacher.propose(request())

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(("answered", "count"), [(0, 64), (60, 16)], ids=["from the start", "revoked"])
def test_a_key_is_refused_at_most_to_those_under_way(answered: int, count: int, resources: Any) -> None:
    refused: list[int] = []

    def answer(body: dict[str, Any], number: int) -> Reply:
        if number < answered:
            return Reply(SUBMITS.body, delay=0.2)
        refused.append(number)
        return Reply(b'{"error": {"message": "revoked"}}', 401, delay=0.0 if answered else 0.2)

    meter = RunMeter()
    with serve(answer) as server:
        callers(teacher_at(server.url, resources, meter), count)
    assert meter.stopped is not None
    assert "revoked" in meter.stopped
    assert 0 < len(refused) <= 16


def test_no_question_fails_of_a_limit_of_requests(resources: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten requests in half a second, 16 callers; the server says so with a date, in milliseconds or not at all."""
    monkeypatch.setattr(endpoints, "LONGEST_WAIT", 0.2)
    guard, taken = threading.Lock(), deque[float]()
    later = [{}, {"retry-after-ms": "200"}, {"Retry-After": formatdate(usegmt=True)}]
    limited: list[int] = []

    def answer(body: dict[str, Any], number: int) -> Reply:
        with guard:
            now = time.monotonic()
            while taken and now - taken[0] > 0.5:
                taken.popleft()
            if len(taken) >= 10:
                limited.append(number)
                return told(429, "requests per minute", **later[number % 3])
            taken.append(now)
        return SUBMITS

    meter = RunMeter()
    with serve(answer) as server:
        callers(teacher_at(server.url, resources, meter), 16, questions=3)
        sent = len(server.requests)
    assert meter.stopped is None
    assert limited, "the limit should have been met"
    assert meter.spent.calls == sent == 48 + len(limited)


def test_a_date_to_come_back_at_is_read() -> None:
    trouble = trouble_with(told(429, "slow down", **{"Retry-After": formatdate(time.time() + 30, usegmt=True)}))
    assert 25 < trouble.retry_after <= 30
    assert trouble_with(told(429, "slow down", **{"Retry-After": formatdate(0)})).retry_after == 0


# ---------------------------------------------------------------------- the first question


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (told(400, "this model only streams"), "only streams"),
        (Reply(b"<html>sign in</html>", headers={"Content-Type": "text/html"}), "no JSON"),
        (told(503, "overloaded"), "overloaded"),
        (told(402, "pay"), "pay"),
        (saying(), "its answer is empty; pass --protocol"),
        (says("I think that", finish_reason="length"), "cut off at its limit of tokens; pass --protocol"),
    ],
)
def test_only_a_real_answer_without_a_call_means_plain_json(reply: Reply, words: str) -> None:
    with serve(lambda *_: reply) as server:
        model = load_chat_model("any", base_url=server.url, sampling=Sampling(retries=0))
        with pytest.raises(TeacherError, match=words):
            protocol_for(model)

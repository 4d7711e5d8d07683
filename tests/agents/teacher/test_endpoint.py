"""Teachers behind a real HTTP endpoint, scripted: the protocol, its faults, and what is learnt by asking."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from openai_server import Answer, Reply, Server, conversation, fails, says, serve
from scripted import what_is_asked

from molreflect.agents.errors import TeacherError
from molreflect.agents.models.capabilities import probe, protocol_for
from molreflect.agents.models.registry import Sampling, load_chat_model
from molreflect.agents.prompts import align
from molreflect.agents.prompts.data import read_block
from molreflect.agents.teacher import endpoint
from molreflect.agents.teacher.agent import Teacher, build_teacher
from molreflect.agents.teacher.budget import Limits
from molreflect.agents.teacher.endpoint import Endpoint, EndpointPolicy
from molreflect.tools.langchain_tools import build_alignment_tools
from molreflect.tools.terms import View

SMILES = "COC(=O)c1ccccc1O"
CAPTION = "The molecule is a methyl ester and a member of phenols."
ESTER, PHENOL = ("methyl ester", "[CH3]OC(=O)[#6]"), ("phenols", "[OX2H1]c1ccccc1")
FINAL = {"alignments": [{"phrase": phrase, "pattern": pattern} for phrase, pattern in (ESTER, PHENOL)]}


def voice(resources: Any, server: Server, *, protocol: str = "tools", mends: int = 1, **sampling: Any) -> Teacher:
    model = load_chat_model(
        "any", base_url=server.url, sampling=Sampling(**{"timeout": 10.0, **sampling, "retries": 0})
    )
    policy = EndpointPolicy(retries=sampling.get("retries", 0))
    return build_teacher(
        model, build_alignment_tools(resources), name="any", protocol=protocol, limits=Limits(mends=mends),
        endpoint=Endpoint(policy),
    )  # fmt: skip


def request() -> str:
    return align.request(view=View.PAIR, smiles=SMILES, caption=CAPTION)


def test_tools_are_called_and_alignments_submitted_over_http(resources: Any) -> None:
    def answer(body: dict[str, Any], number: int) -> Reply:
        _, tools = what_is_asked(conversation(body))
        if not tools:
            return says(None, calls=[("check_alignments", {**FINAL, "smiles": SMILES, "caption": CAPTION})])
        assert [v["verdict"] for v in json.loads(str(tools[0].content))["verdicts"]] == ["supported", "supported"]
        return says(None, calls=[("AlignmentDraft", FINAL)])

    with serve(answer) as server:
        sampling = {"temperature": 0.75, "top_p": 0.85, "top_k": 40, "max_tokens": 512, "seed": 7}
        proposal = voice(resources, server, **sampling).propose(request())
    assert [(a.phrase, a.pattern) for a in proposal.alignments] == [ESTER, PHENOL]
    assert (proposal.usage.calls, proposal.usage.input_tokens, proposal.usage.output_tokens) == (2, 200, 20)
    assert proposal.usage.uncounted == 0
    body = server.requests[0]
    assert {t["function"]["name"] for t in body["tools"]} >= {"check_alignments", "AlignmentDraft", "read_caption"}
    sent = {k: body.get(k, body.get("max_completion_tokens")) for k in sampling}
    assert sent == sampling
    assert server.paths == ["/v1/chat/completions"] * 2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_refusal_for_now_is_tried_again(resources: Any, status: int) -> None:
    def answer(body: dict[str, Any], number: int) -> Reply:
        return fails(status) if number < 2 else says(None, calls=[("AlignmentDraft", FINAL)])

    with serve(answer) as server:
        proposal = voice(resources, server, retries=2).propose(request())
        assert len(server.requests) == 3
    assert len(proposal.alignments) == 2
    assert proposal.usage.calls == 1


def test_a_server_that_stays_down_fails_the_row_after_so_many_tries(
    resources: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "OUTAGE", 0.0)
    with serve(lambda body, number: fails(500, "come back\nlater")) as server:
        with pytest.raises(TeacherError, match=r"teacher 'any': .*come back later") as caught:
            voice(resources, server, retries=1).propose(request())
        assert len(server.requests) == 2
    assert "\n" not in str(caught.value)


def test_an_answer_that_takes_too_long_fails_the_row(resources: Any) -> None:
    late = pytest.raises(TeacherError, match=r"teacher 'any': .*[Tt]imed out")
    with serve(lambda body, number: Reply(b"{}", delay=1.5)) as server, late:
        voice(resources, server, timeout=0.2).propose(request())


GARBAGE = {
    "no JSON": Reply(b"<html>Bad gateway</html>"),
    "HTML that says so": Reply(b"<html>Bad gateway</html>", headers={"Content-Type": "text/html"}),
    "empty": Reply(b""),
    "no choices": Reply(b'{"id": "c", "object": "chat.completion"}'),
    "choices null": Reply(b'{"id": "c", "object": "chat.completion", "choices": null}'),
    "choices empty": Reply(b'{"id": "c", "object": "chat.completion", "choices": []}'),
    "a list": Reply(b"[1, 2]"),
    "message null": Reply(b'{"id": "c", "choices": [{"index": 0, "message": null, "finish_reason": "stop"}]}'),
    "cut off": Reply(b'{"id": "c", "choices": [{"index"'),
    "hung up": Reply(b"", drop=True),
}


@pytest.mark.parametrize("fault", GARBAGE)
@pytest.mark.parametrize("protocol", ["tools", "json"])
def test_garbage_fails_the_row_in_one_line_and_never_the_run(fault: str, protocol: str, resources: Any) -> None:
    with serve(lambda body, number: GARBAGE[fault]) as server, pytest.raises(TeacherError, match="'any'") as caught:
        voice(resources, server, protocol=protocol).propose(request())
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize(
    "bad",
    [
        says(None, calls=[("AlignmentDraft", '{"alignments": [{"phrase": ')]),
        says(None, calls=[("AlignmentDraft", {"alignments": "none"})]),
        says("I would rather not."),
        says(None, calls=[("AlignmentDraft", FINAL), ("AlignmentDraft", FINAL)]),
        says(None),
    ],
    ids=["broken JSON", "off its schema", "refusal", "two answers", "nothing"],
)
def test_a_malformed_answer_is_mended_or_kept_raw(resources: Any, bad: Reply) -> None:
    with serve(lambda body, n: bad if n == 0 else says(None, calls=[("AlignmentDraft", FINAL)])) as server:
        assert len(voice(resources, server).propose(request()).alignments) == 2
        assert "cannot be used" in json.dumps(server.requests[1]["messages"])
    with serve(lambda body, n: bad) as server:
        with pytest.raises(TeacherError, match="submitted no alignments after 2 calls") as caught:
            voice(resources, server).propose(request())
        assert len(server.requests) == 2
    said = json.loads(bad.body)["choices"][0]["message"]
    if said["content"]:
        assert caught.value.raw == said["content"]
    elif said.get("tool_calls"):
        assert "AlignmentDraft" in caught.value.raw


def chemist(body: dict[str, Any], number: int) -> Reply:
    """A model without tool calling that follows the plain JSON protocol: it checks, reads the advice, and mends."""
    assert "tools" not in body
    assert "tool_choice" not in body
    results = [
        read_block(m["content"]) for m in body["messages"] if m["role"] == "user" and "Result of" in m["content"][:20]
    ]
    if not results:
        tie = {"phrase": "phenols", "pattern": "Nc1ccccc1"}
        ask = {"tool": "check_alignments", "arguments": {"alignments": [tie], "smiles": SMILES, "caption": CAPTION}}
        return says(f"Let me check first.\n```json\n{json.dumps(ask)}\n```")
    (verdict,) = results[0]["result"]["verdicts"]
    assert (verdict["verdict"], verdict["reason"]) == ("refuted", "absent")
    assert verdict["message"]
    return says(f"<think>aniline {{was}} wrong</think> {json.dumps(FINAL)}")


def test_a_model_without_tool_calling_uses_the_chemistry_in_plain_json(resources: Any) -> None:
    with serve(chemist) as server:
        proposal = voice(resources, server, protocol="json").propose(request())
    assert [(a.phrase, a.pattern) for a in proposal.alignments] == [ESTER, PHENOL]
    assert proposal.usage.calls == 2
    roles = [m["role"] for m in server.requests[1]["messages"]]
    assert roles == ["user", "assistant", "user"], "the two sides take turns, and no template needs a system role"
    first = server.requests[0]["messages"][0]["content"]
    assert align.SYSTEM in first
    assert "- check_alignments:" in first
    assert "AlignmentDraft:" not in first


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("", "it is empty"),
        ("Sure! The ester is COC=O.", "holds no JSON object"),
        ('{"alignments": [{"phrase": "methyl ester"},]}', "its JSON cannot be read"),
        ('{"alignments": [{"phrase": "methyl ester"}', "its JSON cannot be read"),
        ('{"broken": {"alignments": []}, oops}', "its JSON cannot be read"),
        ('{"alignments": []} {"alignments": []}', "holds 2 JSON objects"),
        ('{"alignments": [], "alignments": []}', "a key stands twice"),
        ('{"answer": []}', "its keys are"),
        ('{"tool": "rm", "arguments": {}}', "there is no tool"),
        ('{"tool": "read_caption", "arguments": "x"}', "its keys are"),
        ('{"alignments": [{"phrase": "methyl ester", "smarts": "C"}]}', "smarts"),
        ('{"alignments": [{"phrase": NaN}]}', "NaN"),
        ('{"alignments": 3}', "alignments"),
        ('{"a":' * 3_000 + "1" + "}" * 3_000, "JSON"),
    ],
)
def test_nothing_is_guessed_from_malformed_json(resources: Any, said: str, problem: str) -> None:
    with serve(lambda body, number: says(said)) as server:
        with pytest.raises(TeacherError, match="submitted no alignments after 2 calls") as caught:
            voice(resources, server, protocol="json").propose(request())
        told = server.requests[1]["messages"][-1]["content"]
    assert problem in read_block(told)["problem"]
    assert caught.value.raw == said[:20_000]


def test_a_cut_off_answer_says_that_it_was_cut_off(resources: Any) -> None:
    cut = says('{"alignments": [{"phr', finish_reason="length")
    with serve(lambda body, number: cut) as server, pytest.raises(TeacherError, match="cut off at its limit of tokens"):
        voice(resources, server, protocol="json").propose(request())


def test_tokens_that_a_server_does_not_count_are_estimated_and_marked(resources: Any) -> None:
    with serve(lambda body, number: says(None, calls=[("AlignmentDraft", FINAL)], usage=False)) as server:
        usage = voice(resources, server).propose(request()).usage
    assert (usage.calls, usage.uncounted) == (1, 1)
    assert usage.input_tokens > 500
    assert usage.output_tokens > 20


def able(body: dict[str, Any], number: int) -> Reply:
    """A server that can do all of it."""
    if body.get("tools"):
        return says(None, calls=[("Report", {"carbons": 2, "colour_code": "amber"})])
    if body.get("response_format"):
        return says('{"carbons": 2, "colour_code": "amber"}')
    tokens = {"content": [{"token": "benzene", "logprob": -0.1, "bytes": None, "top_logprobs": []}]}
    return says("benzene", logprobs=tokens if body.get("logprobs") else None)


def unable(body: dict[str, Any], number: int) -> Reply:
    """A server that ignores everything but the text, as `transformers serve` does."""
    return says("Ethanol has two carbon atoms.")


def refusing(body: dict[str, Any], number: int) -> Reply:
    """A server that refuses what it does not know, as vLLM does without a tool parser."""
    unknown = {"tools", "response_format", "logprobs"} & set(body)
    return fails(400, f"{unknown} is not supported") if unknown else says("benzene")


def inventing(body: dict[str, Any], number: int) -> Reply:
    """A server that makes calls nobody offered."""
    return says("hm", calls=[("Reply", {"x": 1})] if body.get("tools") else ())


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(able, (True,) * 3), (unable, (False,) * 3), (refusing, (False,) * 3), (inventing, (False,) * 3)],
)
def test_what_a_server_can_do_is_found_out_by_asking(answer: Answer, expected: tuple[bool, ...]) -> None:
    with serve(answer) as server:
        model = load_chat_model("any", base_url=server.url, sampling=Sampling(retries=0))
        seen = probe(model)
        assert protocol_for(model)[0] == ("tools" if expected[0] else "json")
    assert [c.name for c in seen] == ["tool calling", "JSON schema output", "logprobs"]
    assert tuple(c.able for c in seen) == expected
    assert all(c.detail for c in seen)
    assert all(bool(c.disables) != c.able for c in seen)


@pytest.mark.parametrize(("status", "word"), [(401, "AuthenticationError"), (404, "NotFoundError")])
def test_a_probe_of_a_teacher_that_cannot_be_asked_says_so_at_once(status: int, word: str) -> None:
    with serve(lambda body, number: fails(status, "bad key")) as server:
        model = load_chat_model("any", base_url=server.url, sampling=Sampling(retries=0))
        with pytest.raises(TeacherError, match=rf"cannot be asked: .*{word}"):
            probe(model)
        assert len(server.requests) == 1


def test_a_probe_of_an_address_nobody_listens_at(free_port: int) -> None:
    model = load_chat_model("any", base_url=f"http://127.0.0.1:{free_port}/v1", sampling=Sampling(retries=0))
    with pytest.raises(TeacherError, match="cannot be asked"):
        probe(model)


def test_a_user_of_a_plain_model_gets_text_back() -> None:
    with serve(unable) as server:
        model = load_chat_model("any", base_url=server.url, sampling=Sampling(retries=0))
        assert model.invoke([HumanMessage("hello")]).content == "Ethanol has two carbon atoms."


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(b"<html>Bad gateway</html>", headers={"Content-Type": "text/html"}), id="html-200"),
        pytest.param(Reply(b'{"choices": [{"index"'), id="half-json"),
        pytest.param(Reply(b'{"id": "c", "choices": [], "note": "nothing to say"}'), id="no-choices"),
        pytest.param(Reply(b"<html>out of order</html>", 500, {"Content-Type": "text/html"}), id="html-500"),
        pytest.param(fails(400, "the caption is too long"), id="rejected"),
    ],
)
def test_an_answer_nobody_can_read_is_kept_as_it_came(resources: Any, reply: Reply) -> None:
    with serve(lambda *_: reply) as server, pytest.raises(TeacherError) as caught:
        voice(resources, server).propose(request())
    told = caught.value.raw
    if b"note" in reply.body:  # read, and found wanting
        assert json.loads(told)["note"] == "nothing to say"
    else:
        assert told == reply.body.decode()


def test_a_long_answer_is_kept_in_part_which_is_said() -> None:
    from molreflect.agents.errors import MAX_RAW, shortened

    assert shortened("x" * MAX_RAW) == "x" * MAX_RAW
    assert shortened("x" * (MAX_RAW + 1_500)).endswith("x\n[1,500 more characters were not kept]")

"""Keys are taken out of everything that is kept, wherever they stand; a molecule is none."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, LLMResult
from traced import chain, start, tool, turn

from molreflect.graphs.traces.redact import REDACTED, Redactor
from molreflect.graphs.traces.store import TraceStore
from molreflect.graphs.traces.writer import TraceTarget, TraceWriter

LONG = "The molecule is a benzoate ester. " * 20
KEY = "sk-proj-abcdefghijklmnop1234"


def target(folder: Path, **more: object) -> TraceTarget:
    return TraceTarget(path=folder / "traces.sqlite", **more)  # type: ignore[arg-type]


def test_keys_are_taken_out_wherever_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAR_API_KEY", "unlike-any-other-0815")
    said = [
        HumanMessage(f"my key is {KEY}"),
        HumanMessage("Authorization: Bearer abc.def-ghi_jkl123 and api_key=0123456789abc"),
        HumanMessage(f"{LONG} unlike-any-other-0815"),
    ]
    with closing(TraceWriter(target(tmp_path))) as writer:
        recorder = writer.recorder(start("a", title=f"use {KEY}", attributes={"molreflect.input": {"caption": KEY}}))
        root = chain(recorder, "analyst", error=f"401 for {KEY}")
        turn(recorder, root, said, AIMessage(KEY), api_key="a-plain-word", headers={"x-goog-api-key": "12345678"})
        tool(recorder, root, "fetch", json.dumps({"api_key": 1234567890}), api_key=1234567890, token=f"{LONG}{KEY}")
        writer.finish("a")
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        told = json.dumps([store.resolved(s).to_json() for s in store.spans("a")]) + store.traces()[0].title
        assert LONG in told
        for secret in (KEY, "abc.def-ghi_jkl123", "0123456789abc", "unlike-any-other-0815", "a-plain-word", "12345678"):
            assert secret not in told
    held = b"".join(path.read_bytes() for path in tmp_path.glob("traces.sqlite*"))
    assert KEY.encode() not in held


PLANTED = "Pl4ntedS3cretPl4ntedS3cretPl4nted"
WEB_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3In0.SflKxwRJSMeKKF2QT4f"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        *((f"the key {begin}{PLANTED} of", PLANTED) for begin in ("sk-", "hf_", "gsk_", "ghp_", "xai-", "AIza")),
        ("as AKIAIOSFODNN7EXAMPLE says", "AKIAIOSFODNN7EXAMPLE"),
        (f"sent {WEB_TOKEN} along", WEB_TOKEN),
        (f"https://host/v1/models?key={PLANTED}&alt=sse", PLANTED),
        (f"https://host/v1?access_token={PLANTED}", PLANTED),
        (f"https://host/v1?a=b&token={PLANTED}#end", PLANTED),
        (f"https://somebody:{PLANTED}@host/v1", PLANTED),
        (json.dumps(json.dumps({"api_key": PLANTED})), PLANTED),
        (json.dumps(json.dumps({"headers": {"Authorization": f"Basic {PLANTED}"}})), PLANTED),
        (f"Bearer\n  {PLANTED}", PLANTED),
        (f"client_secret={PLANTED}", PLANTED),
        (f"password: {PLANTED}", PLANTED),
        (f"Set-Cookie: session={PLANTED}; Path=/", PLANTED),
        (f"my API key: {PLANTED}", PLANTED),
        (f"AWS_SECRET_ACCESS_KEY={PLANTED}", PLANTED),
    ],
)
def test_keys_of_every_provider_in_headers_addresses_and_quoted_json(tmp_path: Path, text: str, secret: str) -> None:
    with closing(TraceWriter(target(tmp_path))) as writer:
        recorder = writer.recorder(start("a", title=text))
        tool(recorder, None, "fetch", text, text=text, longer=f"{LONG} {text}", nested=json.dumps({"said": text}))
        writer.finish("a")
    held = b"".join(path.read_bytes() for path in tmp_path.glob("traces.sqlite*"))
    assert secret.encode() not in held
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        assert REDACTED in json.dumps(store.resolved(store.spans("a")[0]).to_json())


@pytest.mark.parametrize("part", ["-eyJ", "eyJ-eyJabcdefgh.", "://a:", "sk-", "password ", "Bearer\t", "-"])
def test_half_a_megabyte_that_looks_like_the_beginning_of_keys_is_read_once(part: str) -> None:
    redact, said = Redactor(), part * (500_000 // len(part))
    began = time.thread_time()
    assert PLANTED not in redact(f"{said} sk-{PLANTED} {said}")
    assert time.thread_time() - began < 10, "one that begins anew at each of them takes minutes"


@pytest.mark.parametrize("before", ["", "token_", "-eyJ-", "eyJshort.", "key:"])
def test_a_web_token_is_found_behind_whatever_it_stands(before: str) -> None:
    assert Redactor()(f"say {before}{WEB_TOKEN} twice") in (
        f"say {before}{REDACTED} twice",
        f"say {before.removesuffix('eyJ-')}{REDACTED} twice",
    )


def test_keys_are_taken_out_of_names_and_ids_too(tmp_path: Path) -> None:
    """Of tools, models and people, as somebody pasted them in the wrong place."""
    planted = [f"sk-{PLANTED}{number:02d}" for number in range(12)]
    left = iter(planted)
    said = [HumanMessage("Hello.", name=next(left)), ToolMessage("[1]", tool_call_id=next(left), name=next(left))]
    called = [{"name": next(left), "args": {}, "id": next(left)}]
    answer = AIMessage("", tool_calls=called, name=next(left))
    for number, key in enumerate((None, b"k" * 32)):
        with closing(TraceWriter(target(tmp_path, key=key))) as writer:
            recorder = writer.recorder(start(f"a{number}"))
            run = uuid4()
            recorder.on_chat_model_start(
                {}, [said], run_id=run, metadata={"ls_provider": planted[6], "ls_model_name": planted[7]}
            )
            recorder.on_llm_end(LLMResult(generations=[[ChatGeneration(message=answer)]]), run_id=run)
            run = uuid4()
            recorder.on_tool_start({"name": planted[8]}, "", run_id=run, inputs={}, tool_call_id=planted[9])
            recorder.on_tool_error(type(planted[10], (Exception,), {})(planted[11]), run_id=run)
            writer.finish(f"a{number}")
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        told = json.dumps([store.resolved(s).to_json() for n in (0, 1) for s in store.spans(f"a{n}")])
    assert REDACTED in told
    assert PLANTED not in told


def test_a_persons_name_is_no_word_of_ours(tmp_path: Path) -> None:
    with closing(TraceWriter(target(tmp_path, key=b"k" * 32))) as writer:
        recorder = writer.recorder(start("a"))
        turn(recorder, None, [HumanMessage("Hello.", name="Ada")], AIMessage("Hello.", name="analyst"))
        writer.finish("a")
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        told = store.messages(store.spans("a")[0])
    assert told["in"][0]["name"].startswith("hash:")
    assert told["out"][0]["name"] == "analyst"


def test_what_stands_under_the_name_of_a_key_is_taken_out_whatever_it_looks_like(tmp_path: Path) -> None:
    names = ("x-api-key", "X-Api-Key", "Cookie", "password", "client_secret", "x-auth-token", "AWS_SECRET_ACCESS_KEY")
    headers = dict.fromkeys(names, "ab0815") | {f"sk-{PLANTED}": "a name"}
    with closing(TraceWriter(target(tmp_path))) as writer:
        recorder = writer.recorder(start("a"))
        tool(recorder, None, "fetch", "done", headers=headers)
        tool(recorder, None, "fetch", "done", headers=headers, more=LONG)
        writer.finish("a")
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        for span in store.spans("a"):
            kept = store.resolved(span).attributes["input.value"]["headers"]
            assert kept == dict.fromkeys(names, REDACTED) | {REDACTED: "a name"}


def test_a_molecule_is_no_key(tmp_path: Path) -> None:
    smiles = "CC(=O)N[C@@H]1[C@H](O)[C@@H](O)[C@H](OC[C@H](N)C(O)=O)O[C@@H]1CO"
    harmless = (
        "a risk-free bearer of task-oriented groups, whose secretion by capillaries gives access to a token of it"
    )
    with closing(TraceWriter(target(tmp_path))) as writer:
        recorder = writer.recorder(start("a"))
        tool(recorder, None, "find", f"{harmless}: {smiles}", smiles=smiles)
        writer.finish("a")
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        told = store.resolved(store.spans("a")[0]).attributes
        assert told["input.value"] == {"smiles": smiles}
        assert told["output.value"] == f"{harmless}: {smiles}"

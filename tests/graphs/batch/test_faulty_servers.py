"""Servers that fail in every way at once: rows done or failed for the right reason, the same bytes, no traceback."""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openai_server import Reply, says, serve

from benchmarks.kills import what_it_says
from molreflect.agents.teacher import endpoint as endpoints
from molreflect.graphs.batch.run import distill_corpus
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.tools.corpus import read_corpus
from molreflect.tools.terms import FailureKind


def error(status: int, message: str, **headers: str) -> Reply:
    return Reply(json.dumps({"error": {"message": message}}).encode(), status, headers)


PASSING = {
    "500": error(500, "oops"),
    "502 as a page": Reply(b"<html>Bad gateway</html>", 502, {"Content-Type": "text/html"}),
    "a page with 200": Reply(b"<html>sign in</html>", headers={"Content-Type": "text/html"}),
    "429": error(429, "slow down"),
    "429 with a time": error(429, "slow down", **{"Retry-After": "0.05"}),
    "503": error(503, "overloaded"),
    "no choices": Reply(b'{"id": "c", "choices": []}'),
    "half a JSON": Reply(b'{"id": "c", "choi'),
    "an error with 200": Reply(b'{"error": {"message": "busy"}}'),
    "hung up": Reply(b"", drop=True),
}
"""Faults that pass: every row is done in the end."""


def half_surrogates(body: dict[str, Any]) -> Reply:
    said = what_it_says(body)
    said["choices"][0]["message"]["content"] = "\ud83d"
    return Reply(json.dumps(said).encode())


def odd_counts(body: dict[str, Any]) -> Reply:
    usage = {"prompt_tokens": 100.0, "completion_tokens": 10.0}
    return Reply(json.dumps(what_it_says(body) | {"usage": usage}).encode())


def habits(body: dict[str, Any]) -> Reply:
    """The right answer in one of the manners of real servers."""
    said = what_it_says(body)
    (call,) = said["choices"][0]["message"]["tool_calls"]
    function = call["function"]
    manner = sum(map(ord, function["arguments"])) % 6
    if manner == 0:
        function["arguments"] = json.loads(function["arguments"])
    elif manner == 1:
        function["arguments"] = json.dumps(function["arguments"])
    elif manner == 2:
        call["id"] = None
    elif manner == 3:
        said["choices"][0]["message"] |= {"content": None, "reasoning_content": "let me see"}
    elif manner == 4:
        return Reply(gzip.compress(json.dumps(said).encode()), headers={"Content-Encoding": "gzip"})
    else:
        (choice,) = said["choices"]
        delta = choice.pop("message")
        delta["tool_calls"][0]["index"] = 0
        piece = {"id": "c", "model": "m", "choices": [{**choice, "delta": delta}], "usage": said["usage"]}
        return Reply(b"data: " + json.dumps(piece).encode() + b"\n\n", headers={"Content-Type": "text/event-stream"})
    return Reply(json.dumps(said).encode())


RARER = (
    Reply(b'{"a":' * 50_000),
    Reply(b"\x1f\x8bxx", headers={"Content-Encoding": "gzip"}),
    Reply(b'data: {"error": {"message": "busy"}}\n\n', headers={"Content-Type": "text/event-stream"}),
    Reply(b'{"choices": [{"index": 0, "message": null}]}'),
    error(408, "too slow"),
    error(529, "overloaded"),
    error(429, "used up", **{"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "30ms"}),
    error(429, "slow down", **{"Retry-After": "-3"}),
    Reply(b"\x28\xb5\x2f\xfd", headers={"Content-Encoding": "zstd"}),
    Reply(b"null"),
    Reply(b"", 204),
    Reply(b"", 307, {"Location": "/v1/chat/completions"}),
    habits,
)
"""More of them, which pass as well."""


class Moody:
    """Fails three of ten requests, each question at most twice, in ways that a test names."""

    def __init__(self, faults: list[Reply | Any]) -> None:
        self.faults, self.guard = faults, threading.Lock()
        self.failed: Counter[str] = Counter()
        self.struck = 0

    def __call__(self, body: dict[str, Any], number: int) -> Reply:
        key = hashlib.sha256(json.dumps(body["messages"], sort_keys=True).encode()).hexdigest()
        with self.guard:
            draw = int(hashlib.sha256(f"{key}{self.failed[key]}".encode()).hexdigest(), 16)
            if draw % 10 < 3 and self.failed[key] < 2:
                self.failed[key] += 1
                self.struck += 1
                fault = self.faults[draw // 10 % len(self.faults)]
                return fault(body) if callable(fault) else fault
        return Reply(json.dumps(what_it_says(body)).encode())


SETTINGS = DistillSettings(teacher="m", base_url="http://x", neighbours=0, workers=8, processes=1, keeps_answers=False)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, no_page: None) -> DistillSettings:
    monkeypatch.setattr(endpoints, "LONGEST_WAIT", 0.05)
    return SETTINGS


def distilled(
    corpus: Path, out: Path, settings: DistillSettings, answer: Any, cache: Path, rows: int | None = None
) -> tuple[Any, bytes]:
    with serve(answer) as server:
        result, _ = distill_corpus(str(corpus), out, replace(settings, base_url=server.url), cache=cache, limit=rows)
    return result, (out / "alignments.jsonl").read_bytes()


@pytest.fixture(scope="module")
def calm(sample_run: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Callable[[int], bytes]:
    """The alignments of a run of so many rows whose server never fails."""

    @functools.cache
    def made(rows: int) -> bytes:
        out = tmp_path_factory.mktemp("calm") / "run"
        return distilled(sample_run.corpus, out, SETTINGS, _calm, cache, rows)[1]

    return made


@pytest.mark.parametrize("fault", [*PASSING, "half surrogates", "odd counts", "all of them"])
def test_rows_are_done_with_the_same_bytes_however_the_server_fails(
    fault: str,
    calm: Callable[[int], bytes],
    settings: DistillSettings,
    sample_run: SimpleNamespace,
    tmp_path: Path,
    cache: Path,
) -> None:
    own = {"half surrogates": half_surrogates, "odd counts": odd_counts}
    every = [*PASSING.values(), *own.values(), *RARER]
    faults = every if fault == "all of them" else [PASSING.get(fault) or own[fault]]
    rows = 24 if fault == "all of them" else 12
    moody = Moody(faults)
    result, found = distilled(sample_run.corpus, tmp_path / "struck", settings, moody, cache, rows)
    assert moody.struck >= 5
    assert (result.done, result.failed, result.left, result.stopped) == (rows, 0, 0, None)
    assert found == calm(rows)


def _calm(body: dict[str, Any], number: int) -> Reply:
    return Reply(json.dumps(what_it_says(body)).encode())


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (says("I'm sorry, but I can't help with that."), FailureKind.REFUSAL),
        (says("", finish_reason="content_filter"), FailureKind.FILTERED),
        (error(400, "This model's maximum context length is 10 tokens"), FailureKind.REJECTED),
        (says(None, calls=[("AlignmentDraft", '{"alignments": [{')], finish_reason="length"), FailureKind.CUT),
    ],
    ids=["refusal", "filter", "too long", "cut off"],
)
def test_rows_that_cannot_be_done_fail_for_their_reason_and_no_other_row_with_them(
    reply: Reply, kind: FailureKind, settings: DistillSettings, sample_run: SimpleNamespace, tmp_path: Path, cache: Path
) -> None:
    def answer(body: dict[str, Any], number: int) -> Reply:
        asked = next(m["content"] for m in body["messages"] if m["role"] == "user")
        return reply if sum(map(ord, asked)) % 4 == 0 else _calm(body, number)

    result, _ = distilled(sample_run.corpus, tmp_path / "run", settings, answer, cache)
    assert result.failed > 1
    assert result.done + result.failed == 24
    assert dict(result.kinds) == {kind: result.failed}
    failures = [json.loads(x) for x in (tmp_path / "run" / "failures.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [f["kind"] for f in failures if "id" in f] == [kind.value] * result.failed


def test_failures_of_every_kind_at_once_sum_to_the_rows(
    settings: DistillSettings,
    sample_run: SimpleNamespace,
    tmp_path: Path,
    cache: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A quarter of the rows fail for good, each in its own way, while every third request fails for a while."""
    lasting = {
        FailureKind.REFUSAL: says("I'm sorry, but I can't help with that."),
        FailureKind.FILTERED: says("", finish_reason="content_filter"),
        FailureKind.REJECTED: error(400, "This model's maximum context length is 10 tokens"),
        FailureKind.CUT: says(None, calls=[("AlignmentDraft", '{"alignments": [{')], finish_reason="length"),
        FailureKind.MALFORMED: says("The ester is COC=O."),
        FailureKind.BOUND: says(None, calls=[("find_substructure", {"smiles": "C", "patterns": ["C"]})]),
    }
    corpus = read_corpus(sample_run.corpus)
    doomed = {pair.caption: kind for pair, kind in zip(corpus.pairs[::4], lasting, strict=True)}
    moody = Moody([*PASSING.values(), *RARER])

    def answer(body: dict[str, Any], number: int) -> Reply:
        asked = next(m["content"] for m in body["messages"] if m["role"] == "user")
        kind = next((kind for caption, kind in doomed.items() if json.dumps(caption)[1:-1] in asked), None)
        return moody(body, number) if kind is None else lasting[kind]

    result, _ = distilled(sample_run.corpus, tmp_path / "run", settings, answer, cache)
    assert (result.done, result.failed, result.left, result.stopped) == (18, 6, 0, None)
    assert dict(result.kinds) == dict.fromkeys(lasting, 1)
    records = [json.loads(x) for x in (tmp_path / "run" / "alignments.jsonl").read_text(encoding="utf-8").splitlines()]
    failures = [json.loads(x) for x in (tmp_path / "run" / "failures.jsonl").read_text(encoding="utf-8").splitlines()]
    found = [r["id"] for r in records] + [f["id"] for f in failures if "id" in f]
    assert sorted(found) == sorted(pair.id for pair in corpus.pairs)
    assert {f["caption"]: f["kind"] for f in failures if "id" in f} == {c: k.value for c, k in doomed.items()}
    assert "Traceback" not in capfd.readouterr().err


def test_drafts_that_an_outage_took_are_not_passed_over_in_reflections(
    settings: DistillSettings,
    sample_run: SimpleNamespace,
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rows that would be shown a draft which the endpoint failed stay drafted; a resume ends as if nothing had been."""
    monkeypatch.setattr(endpoints, "OUTAGE", 0.0)
    settings = replace(settings, neighbours=2, reflect_when="always")
    calm = distilled(sample_run.corpus, tmp_path / "calm", settings, _calm, cache)

    def answer(body: dict[str, Any], number: int) -> Reply:
        asked = next(m["content"] for m in body["messages"] if m["role"] == "user")
        return error(500, "poison") if '"task": "draft"' in asked and sum(map(ord, asked)) % 4 == 0 else _calm(body, 0)

    out = tmp_path / "run"
    result, _ = distilled(sample_run.corpus, out, settings, answer, cache)
    assert dict(result.kinds) == {FailureKind.ENDPOINT: result.failed}
    assert result.failed > 0
    assert result.left > 0
    with serve(_calm) as server:
        whole, _ = distill_corpus(
            str(sample_run.corpus), out, replace(settings, base_url=server.url), cache=cache, resume=True
        )
    assert (whole.done, whole.failed, whole.left) == (24, 0, 0)
    again = [json.loads(x) for x in (out / "alignments.jsonl").read_text(encoding="utf-8").splitlines()]
    first = [json.loads(x) for x in calm[1].decode().splitlines()]
    for one in (*again, *first):
        one.pop("trace_id")  # which counts the attempts
        one.pop("usage")
    assert again == first

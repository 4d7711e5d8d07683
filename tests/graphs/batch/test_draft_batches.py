"""Drafts by batch files: the bytes of an ordinary run, nothing sent twice, whatever comes back or is killed when."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from batch_server import Provider, as_file, failed_line, provide
from langchain_core.language_models import FakeListChatModel
from openai_server import Reply, conversation, fails, says
from scripted import what_is_asked

from benchmarks.kills import PATTERNS, names_of
from molreflect.agents.models import batch_files
from molreflect.agents.models.batch_service import BatchService
from molreflect.agents.models.registry import Sampling
from molreflect.agents.teacher.budget import Caps, RunMeter
from molreflect.graphs.batch import draft_batches, teacher_setup
from molreflect.graphs.batch.run import DistillResult, distill_corpus
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.steering import INTERRUPTED
from molreflect.graphs.runs.batches import BatchJournal, BatchState
from molreflect.graphs.runs.calls import CallLog
from molreflect.graphs.runs.status import status_of
from molreflect.tools.errors import InputError


def chemist(body: dict[str, Any], number: int) -> Reply:
    """Speak plain JSON by the question alone: look first now and then, then tie words to patterns, some wrong."""
    messages = [m for m in body["messages"] if m["role"] != "system"]
    mood = int(hashlib.sha256(json.dumps(messages, sort_keys=True).encode()).hexdigest(), 16)
    data = _data(body)
    looked = any(m["role"] == "assistant" for m in messages)
    if not looked and mood % 2:
        arguments = {"smiles": data["smiles"], "patterns": list(PATTERNS[:2])}
        return says(json.dumps({"tool": "find_substructure", "arguments": arguments}))
    words = [w for w in ("acid", "ester", "group", "ring", "amine") if w in data["caption"]]
    ties = [{"phrase": w, "pattern": PATTERNS[(mood + i) % len(PATTERNS)]} for i, w in enumerate(words)]
    return says(json.dumps({"alignments": ties}))


def _data(body: dict[str, Any]) -> dict[str, Any]:
    """The latest request about the pair, whatever came after it."""
    found: dict[str, Any] = {}
    for message in conversation(body):
        text = str(message.content)
        for start in range(len(text)):
            if text.startswith("<data>\n", start):
                block = json.loads(text[start + 7 : text.index("\n</data>", start)])
                found = block if "caption" in block else found
    return found


def is_draft(body: dict[str, Any]) -> bool:
    return _data(body)["task"] in ("draft", "repair")


ROWS = 10
SETTINGS = DistillSettings(teacher="m", protocol="json", neighbours=1, workers=4, processes=1)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, no_page: None) -> None:
    """Look at batches without waiting."""
    monkeypatch.setattr(draft_batches, "FIRST_LOOK", 0.01)
    monkeypatch.setattr(draft_batches, "LONGEST_LOOK", 0.02)


@pytest.fixture(scope="module")
def corpus(sample_run: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines = sample_run.corpus.read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path_factory.mktemp("few") / "few.tsv"
    path.write_text("".join([*lines[: ROWS + 1], lines[-1]]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def ordinary(corpus: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The same run by ordinary calls: its bytes, and how many calls it made for drafts and for the rest."""
    folder = tmp_path_factory.mktemp("ordinary")
    names_of(cache, folder / "cache")
    with provide(chemist) as provider:
        result, _ = distill_corpus(
            str(corpus), folder / "run", replace(SETTINGS, base_url=provider.url), cache=folder / "cache"
        )
    assert result.failed == 0
    drafts = sum(is_draft(body) for body in provider.chats)
    assert drafts > ROWS, "some drafts should take more than one call for this to mean much"
    return SimpleNamespace(
        bytes=exported(folder / "run"), drafts=drafts, rest=len(provider.chats) - drafts, spent=spent(folder / "run")
    )


def exported(run: Path) -> list[bytes]:
    return [(run / name).read_bytes() for name in ("alignments.jsonl", "failures.jsonl")]


def spent(run: Path) -> Any:
    with closing(CallLog(run)) as log:
        return log.paid()


class Killed(BaseException):
    """What nobody handles."""


class Case:
    """A run against a provider, with a store of answers of its own."""

    def __init__(self, corpus: Path, folder: Path, names: Path, provider: Provider) -> None:
        self.corpus, self.out, self.cache, self.provider = corpus, folder / "run", folder / "cache", provider
        names_of(names, self.cache)

    def distill(self, *, resume: bool = False, prices: Path | None = None, **settings: Any) -> DistillResult:
        given = {"batch_api": True, "base_url": self.provider.url} | settings
        result, _ = distill_corpus(
            str(self.corpus), self.out, replace(SETTINGS, **given), cache=self.cache, resume=resume, prices=prices
        )
        return result

    @property
    def chats_for_drafts(self) -> int:
        return sum(is_draft(body) for body in self.provider.chats)

    def states(self) -> list[BatchState]:
        with closing(BatchJournal(self.out)) as journal:
            return [batch.state for batch in journal.batches()]


@pytest.fixture
def case(corpus: Path, cache: Path, tmp_path: Path, quick: None) -> Iterator[Case]:
    with provide(chemist) as provider:
        yield Case(corpus, tmp_path, cache, provider)


def test_batches_give_the_bytes_of_an_ordinary_run_without_a_call_for_drafts(
    case: Case, ordinary: SimpleNamespace
) -> None:
    result = case.distill()
    assert (result.done, result.failed, result.stopped) == (ROWS, 0, None)
    assert exported(case.out) == ordinary.bytes
    assert case.chats_for_drafts == 0
    assert len(case.provider.lines) == ordinary.drafts, "each question is in one batch, once"
    assert len(case.provider.chats) == ordinary.rest
    paid = spent(case.out)
    assert (paid.calls, paid.input_tokens) == (ordinary.spent.calls, ordinary.spent.input_tokens)
    assert len(case.provider.batches) > 1, "drafts that use tools take several rounds"
    assert set(case.states()) == {BatchState.READ}


def test_a_batch_holds_what_is_asked_and_nothing_else_of_the_corpus_or_the_machine(case: Case) -> None:
    case.distill()
    for line in case.provider.lines:
        assert set(line) == {"custom_id", "method", "url", "body"}
        assert (line["method"], line["url"]) == ("POST", "/v1/chat/completions")
        assert set(line["body"]) == {"model", "messages"}
    ids = [line.split("\t")[0] for line in case.corpus.read_text(encoding="utf-8").splitlines()[1:]]
    sent = [line["custom_id"] for line in case.provider.lines] + [name for name, _ in case.provider.files.values()]
    sent += [json.dumps(batch["metadata"]) for batch in case.provider.batches.values()]
    assert not [text for text in sent for secret in (*ids, "run", str(case.out)) if secret in text]


def test_one_round_answers_one_call_a_draft_and_the_rest_are_ordinary_calls(
    case: Case, ordinary: SimpleNamespace
) -> None:
    result = case.distill(batch_rounds=1)
    assert exported(case.out) == ordinary.bytes
    assert len(case.provider.lines) == ROWS
    assert case.chats_for_drafts == ordinary.drafts - ROWS
    assert any(note.endswith("of drafts left to ordinary calls") for note in result.notes)


def test_results_in_any_order_missing_double_cut_off_strange_and_failed_cost_no_row(
    case: Case, ordinary: SimpleNamespace
) -> None:
    def struck(lines: list[dict[str, Any]]) -> bytes:
        random.Random(3).shuffle(lines)
        if len(lines) < ROWS:
            return as_file(lines)
        lines[0] = failed_line(lines[0], "server_error")
        lines[1] = failed_line(lines[1], "batch_expired")
        lines[2]["response"]["status_code"] = 500
        lines[3]["response"]["body"] = {"choices": []}
        lines[4]["response"] = None
        strange = {**lines[5], "custom_id": "ask-of-somebody-else"}
        whole = as_file([*lines[:-1], strange, lines[8], lines[8]]) + b"[1, 2]\n\n"
        return whole + json.dumps(lines[-1]).encode()[:-40]

    case.provider.results = struck
    result = case.distill()
    assert (result.done, result.failed) == (ROWS, 0)
    assert exported(case.out) == ordinary.bytes
    first, *_ = result.notes
    assert f"{ROWS - 6} of {ROWS} requests answered, 2 failed, 2 unreadable, 1 missing, 1 unsent" in first
    assert "1 line that answer nothing of it" in first
    assert "2 lines that cannot be read" in first
    assert "2 lines too many for their request" in first
    questions = [line["custom_id"] for line in case.provider.lines]
    twice = {q for q in questions if questions.count(q) > 1}
    assert len(twice) == 2, "what nobody worked on goes into the next batch: the missing and the expired one"
    assert case.chats_for_drafts >= 4, "what failed in the batch is asked in the ordinary way"
    outcomes = status_of(case.out).calls
    assert (outcomes["rejected"], outcomes["transient"]) == (1 + 2, 1)


def test_a_line_that_cannot_be_answered_fails_with_the_kind_of_an_ordinary_call(case: Case) -> None:
    marked = case.corpus.read_text(encoding="utf-8").splitlines()[1].split("\t")[1]

    def answer(body: dict[str, Any], number: int) -> Reply:
        return fails(400, "too long for me") if _data(body)["smiles"] == marked else chemist(body, number)

    case.provider.answer = answer
    result = case.distill()
    assert (result.done, dict(result.kinds)) == (ROWS - 1, {"rejected": 1})
    assert "too long for me" in result.reasons[0][0]


@pytest.mark.parametrize("step", ["upload", "submit", "look", "download", "note", "note_read"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_killed_around_any_step_goes_on_and_submits_nothing_twice(
    step: str, when: str, case: Case, ordinary: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = BatchJournal if step.startswith("note") else BatchService
    whole = getattr(owner, step)
    steps: Iterator[int] = iter(())
    nth = 0

    def struck(self: Any, *args: Any, **named: Any) -> Any:
        is_it = next(steps) == nth
        if is_it and when == "before":
            raise Killed
        said = whole(self, *args, **named)
        if is_it:
            raise Killed
        return said

    for nth in range(6 if step == "note" else 1):
        steps = count()
        with monkeypatch.context() as patched:
            patched.setattr(owner, step, struck)
            with pytest.raises(Killed):
                case.distill(resume=nth > 0)
    result = case.distill(resume=True)
    assert (result.done, result.failed) == (ROWS, 0)
    assert exported(case.out) == ordinary.bytes
    questions = [line["custom_id"] for line in case.provider.lines]
    assert len(questions) == len(set(questions)) == ordinary.drafts, "no question is in two batches"
    assert case.chats_for_drafts == 0
    paid = spent(case.out)
    assert paid.calls == ordinary.spent.calls, "and each is paid for once"


def test_answers_lost_on_their_way_upload_and_submit_nothing_twice(case: Case, ordinary: SimpleNamespace) -> None:
    lost = replace_delay(fails(500, "gone"))

    def trouble(method: str, path: str, number: int) -> Reply | None:
        if (method, path) in (("POST", "/files"), ("POST", "/batches")) and number == 0:
            return lost
        return fails(503, "busy") if path.endswith("/content") and number == 0 else None

    case.provider.trouble = trouble
    assert case.distill().done == ROWS
    questions = [line["custom_id"] for line in case.provider.lines]
    assert len(questions) == len(set(questions))
    uploads = [name for name, _ in case.provider.files.values() if name != "results.jsonl"]
    assert len(uploads) == len(set(uploads)) == len(case.provider.batches)
    assert exported(case.out) == ordinary.bytes


def replace_delay(reply: Reply) -> Reply:
    return replace(reply, delay=1.0)


def test_a_run_that_is_left_while_a_batch_is_out_is_picked_up_without_the_option(
    case: Case, ordinary: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(meter: RunMeter, seconds: float) -> bool:
        meter.stop(INTERRUPTED)  # as a signal does
        return False

    case.provider.looks = -1
    with monkeypatch.context() as patched:
        patched.setattr(RunMeter, "wait", interrupted)
        result = case.distill()
    assert result.stopped == INTERRUPTED
    assert (result.done, result.left) == (0, ROWS)
    (out,) = status_of(case.out).batches
    assert (out["state"], out["batch_id"], out["requests"]) == ("out", "batch_0", ROWS)
    assert not case.provider.chats
    case.provider.looks = 1
    result = case.distill(resume=True, batch_api=False)
    assert (result.done, result.stopped) == (ROWS, None)
    assert len(case.provider.batches) == 1, "without the option there is no further batch"
    assert exported(case.out) == ordinary.bytes
    assert len(case.provider.chats) == ordinary.drafts - ROWS + ordinary.rest


@pytest.mark.parametrize(
    ("ends_as", "said", "state"),
    [
        ("failed", "the endpoint refuses the batch; batch_0: too many", BatchState.REFUSED),
        ("cancelled", "batch_0 was cancelled", BatchState.READ),
    ],
)
def test_a_batch_that_is_refused_or_cancelled_stops_the_run_in_a_line_and_the_next_start_asks_again(
    ends_as: str, said: str, state: BatchState, case: Case, ordinary: SimpleNamespace
) -> None:
    case.provider.ends_as = ends_as
    case.provider.results = lambda lines: as_file([failed_line(line, "batch_cancelled") for line in lines])
    result = case.distill()
    assert str(result.stopped).startswith(said)
    assert result.left == ROWS
    assert case.states() == [state]
    assert spent(case.out).calls == 0, "nothing was worked on"
    case.provider.ends_as, case.provider.results = "completed", as_file
    assert case.distill(resume=True).done == ROWS
    assert exported(case.out) == ordinary.bytes
    assert case.chats_for_drafts == 0


def test_what_an_expired_batch_did_not_reach_goes_into_another_and_then_to_ordinary_calls(
    case: Case, ordinary: SimpleNamespace
) -> None:
    case.provider.ends_as = "expired"
    reached = iter((6, 0, 0))
    case.provider.results = lambda lines: as_file(
        [*lines[: (n := next(reached))], *(failed_line(line, "batch_expired") for line in lines[n:])]
    )
    result = case.distill()
    assert result.done == ROWS
    assert exported(case.out) == ordinary.bytes
    assert result.notes[0].startswith(f"batch_0 (expired): 6 of {ROWS} requests answered, 4 unsent")
    assert len(case.provider.batches) == 3, "twice for each question that nobody works on"
    assert case.chats_for_drafts == ordinary.drafts - 6


def test_files_are_divided_at_the_providers_limits(
    case: Case, ordinary: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = batch_files.split
    monkeypatch.setattr(draft_batches, "split", lambda requests: whole(requests, most=4))
    result = case.distill(batch_rounds=1)
    assert result.done == ROWS
    assert [len(content.splitlines()) for name, content in case.provider.files.values() if name != "results.jsonl"] == [
        4, 4, 2,
    ]  # fmt: skip
    assert exported(case.out) == ordinary.bytes


def test_parts_end_where_the_next_request_is_too_much() -> None:
    requests = [batch_files.BatchRequest(str(i), b"x" * size, 1) for i, size in enumerate([4, 4, 4, 20, 1])]
    sizes = [[len(r.line) for r in part] for part in batch_files.split(requests, most=2, most_bytes=10)]
    assert sizes == [[4, 4], [4], [20], [1]]


def test_caps_hold_for_batches_and_the_price_is_that_of_batches(case: Case, tmp_path: Path) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text(
        'currency = "EUR"\n[models.m]\ninput = 1000.0\noutput = 10000.0\nbatch_input = 500.0\nbatch_output = 5000.0\n',
        encoding="utf-8",
    )
    result = case.distill(prices=prices, caps=Caps(calls=4))
    assert len(case.provider.lines) == 4
    assert not case.provider.chats
    assert result.stopped is not None
    assert "the run's cap of 4 calls is reached" in result.stopped
    assert any("left out of the batch by the run's caps" in note for note in result.notes)
    assert spent(case.out).cost == pytest.approx(4 * (100 * 500 + 10 * 5000) / 1e6)
    assert "0.4 EUR" in result.notes[1]
    assert "at most" not in result.notes[1]


def test_a_price_of_batches_that_nobody_knows_is_the_ordinary_one_and_said_to_be_a_bound(
    case: Case, tmp_path: Path
) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text("[models.m]\ninput = 1000.0\noutput = 10000.0\n", encoding="utf-8")
    result = case.distill(prices=prices, batch_rounds=1)
    assert "2 USD at most: its price for batches is not known" in result.notes[0]


def test_money_bounds_how_much_goes_into_a_batch(case: Case, tmp_path: Path) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text("[models.m]\ninput = 0.0\noutput = 1000000.0\n", encoding="utf-8")
    case.distill(prices=prices, caps=Caps(cost=3 * 1024), sampling=Sampling(max_tokens=1024))
    assert case.provider.batches["batch_0"]["request_counts"]["total"] == 3
    assert (spent(case.out).cost or 0.0) <= 3 * 1024


def test_files_are_left_for_somebody_to_run_and_read_when_they_are_there(case: Case, ordinary: SimpleNamespace) -> None:
    """As `vllm run-batch` is used: no server is asked for a draft."""
    resume = False
    for number in range(1, 20):
        result = case.distill(resume=resume, batch_api=False, batch_file=True)
        resume = True
        if result.stopped is None:
            break
        requests, results = (case.out / "batch" / f"{kind}-{number}.jsonl" for kind in ("requests", "results"))
        assert f"vllm run-batch -i {requests} -o {results} --model m" in result.stopped
        assert not case.provider.asked, "the provider is left alone"
        again = case.distill(resume=True, batch_api=False, batch_file=True)
        assert again.stopped == result.stopped, "nothing is asked while they are not there"
        run_batch(requests, results)
    assert result.done == ROWS
    assert number > 2
    assert exported(case.out) == ordinary.bytes
    assert len(case.provider.chats) == ordinary.rest
    assert spent(case.out).calls == ordinary.spent.calls


def test_more_rows_than_an_endpoint_takes_before_its_first_answer_are_written(
    sample_run: SimpleNamespace, cache: Path, tmp_path: Path, quick: None
) -> None:
    with provide(chemist) as provider:
        case = Case(sample_run.corpus, tmp_path, cache, provider)
        case.distill(batch_api=False, batch_file=True, requests_per_minute=1.0)
        assert len((case.out / "batch" / "requests-1.jsonl").read_bytes().splitlines()) == 24
        assert not provider.asked


def run_batch(requests: Path, results: Path) -> None:
    """What vLLM makes of a file."""
    lines = []
    for line in requests.read_text(encoding="utf-8").splitlines():
        asked = json.loads(line)
        body = json.loads(chemist(asked["body"], -1).body)
        response = {"status_code": 200, "request_id": "vllm-batch-1", "body": body}
        lines.append({"id": "vllm-1", "custom_id": asked["custom_id"], "response": response, "error": None})
    results.write_bytes(as_file(lines[::-1]))


def test_an_endpoint_without_batches_or_with_another_key_is_one_line(case: Case) -> None:
    case.provider.trouble = lambda method, path, number: fails(404, "not found") if path == "/files" else None
    result = case.distill()
    assert str(result.stopped).startswith("the endpoint does not take a file: NotFoundError (404): not found")
    assert str(result.stopped).endswith("for a server without batches use --batch-file")
    case.provider.trouble = lambda method, path, number: fails(401, "who are you")
    result = case.distill(resume=True)
    assert "who are you" in str(result.stopped)
    assert not case.provider.chats
    assert result.left == ROWS


def test_an_outage_is_waited_for_as_long_as_the_patience(case: Case) -> None:
    case.provider.trouble = lambda method, path, number: fails(503, "down") if "batches" in path else None
    result = case.distill(patience=0.0)
    assert "the endpoint does not begin a batch within 0 s" in str(result.stopped)
    case.provider.trouble = lambda method, path, number: None
    assert case.distill(resume=True).done == ROWS
    assert len({line["custom_id"] for line in case.provider.lines}) == len(case.provider.lines)


def test_tool_calls_go_through_batches_as_well(case: Case) -> None:
    def calls(body: dict[str, Any], number: int) -> Reply:
        data, tools = what_is_asked(conversation(body))
        if data["task"] == "draft" and not tools:
            return says(None, calls=[("read_caption", {"caption": data["caption"]})])
        return says(None, calls=[("AlignmentDraft", {"alignments": []})])

    case.provider.answer = calls
    assert case.distill(protocol="tools").done == ROWS
    assert not case.provider.chats
    assert len(case.provider.lines) == 2 * ROWS


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"keeps_answers": False}, "leave out --no-cache"),
        ({"batch_file": True}, "either --batch-api or --batch-file"),
        ({"batch_rounds": 0}, "at least 1"),
        ({"caps": Caps(tokens=9)}, "pass --answer-tokens"),
        ({"teacher": "lexicon", "base_url": None}, "answers at once"),
        ({"teacher": "gpt-5-pro"}, "Responses API"),
    ],
)
def test_what_does_not_go_together_is_said_before_anything_is_done(
    case: Case, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        case.distill(**wrong)
    assert not case.out.exists()


def test_a_teacher_that_speaks_otherwise_than_openai_has_no_batch_files() -> None:
    with pytest.raises(InputError, match="batch files are written for OpenAI"):
        teacher_setup._require_batches(FakeListChatModel(responses=[]), "ollama:x")

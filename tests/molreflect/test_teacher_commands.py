"""Commands with a teacher behind an endpoint: what is asked of it, what it costs, and where a run stops."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from commands import ASPIRIN, CAPTION
from openai_server import Reply, conversation, fails, says, serve
from scripted import what_is_asked

EMPTY: dict[str, Any] = {"alignments": []}


def submits_nothing(body: dict[str, Any], number: int) -> Reply:
    """One call a pair, 110 tokens each; it can call tools."""
    name = "Report" if body["tools"][0]["function"]["name"] == "Report" else "AlignmentDraft"
    return says(None, calls=[(name, {"carbons": 2, "colour_code": "amber"} if name == "Report" else EMPTY)])


def plain(body: dict[str, Any], number: int) -> Reply:
    """A model that knows no tools and answers in JSON."""
    return says(json.dumps(EMPTY))


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    path = tmp_path / "prices.toml"
    path.write_text('currency = "EUR"\n[models."some-*"]\ninput = 1000.0\noutput = 10000.0\n', encoding="utf-8")
    return path


@pytest.fixture
def distill(run: Any, sample_run: SimpleNamespace, fresh_out: Path, no_page: None) -> Any:
    """`molreflect distill` of the small corpus with a teacher at an address."""

    def command(url: str, *more: object) -> Any:
        return run(
            "distill", sample_run.corpus, "--out", fresh_out, "--teacher", "some-model", "--base-url", url,
            "--neighbours", 0, "--no-cache", *more, "--json",
        )  # fmt: skip

    return command


@pytest.mark.parametrize(("answer", "protocol"), [(submits_nothing, "tools"), (plain, "json")])
def test_a_run_asks_the_teacher_once_whether_it_calls_tools_and_keeps_to_it(
    distill: Any, fresh_out: Path, answer: Any, protocol: str
) -> None:
    with serve(answer) as server:
        ran = distill(server.url, "--limit", 3)
        assert (ran.code, json.loads(ran.out)["rows"]) == (0, {"done": 3})
        assert len(server.requests) == 4
        again = distill(server.url, "--limit", 3, "--resume")
        assert again.code == 0
        assert len(server.requests) == 4, "a resumed run is not asked again"
    written = yaml.safe_load((fresh_out / "run.yaml").read_text(encoding="utf-8"))
    assert written["settings"]["protocol"] == protocol
    assert written["prompts"]["version"].endswith("json-1") == (protocol == "json")
    record = json.loads((fresh_out / "alignments.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert record["prompt_version"] == written["prompts"]["version"]


def test_tokens_and_money_stand_in_every_record_and_in_the_summary(distill: Any, fresh_out: Path, prices: Path) -> None:
    with serve(submits_nothing) as server:
        ran = distill(server.url, "--limit", 3, "--protocol", "tools", "--prices", prices)
    summary = json.loads(ran.out)
    assert summary["spent"] == {
        "input_tokens": 300, "output_tokens": 30, "calls": 3, "uncounted": 0, "cost": pytest.approx(0.6)
    }  # fmt: skip
    assert summary["usage"] == summary["spent"]
    price = summary["run"]["account"]["price"]
    assert (price["currency"], price["entry"], price["input"]) == ("EUR", "some-*", 1000.0)
    for line in (fresh_out / "alignments.jsonl").read_text(encoding="utf-8").splitlines():
        assert json.loads(line)["usage"]["cost"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("cap", "said", "workers"),
    [
        (("--max-calls", 5), "cap of 5 calls", 1),
        (("--max-calls", 5), "cap of 5 calls", 4),
        (("--max-cost", 4, "--answer-tokens", 10), "cap of 4 EUR is reached: ", 1),
        (("--max-cost", 4, "--answer-tokens", 10), "cap of 4 EUR is reached: ", 8),
        (("--max-tokens", 3_700, "--answer-tokens", 10), "cap of 3,700 tokens is reached", 3),
        (("--max-seconds", 1e-9), "cap of 1e-09 seconds", 1),
    ],
)
def test_a_run_stops_at_its_cap_and_goes_on_with_a_higher_one(
    distill: Any, fresh_out: Path, prices: Path, cap: tuple[Any, ...], said: str, workers: int
) -> None:
    """A cap is hard: what was spent stays under it, however many calls are under way."""
    with serve(submits_nothing) as server:
        common = ("--limit", 8, "--protocol", "tools", "--prices", prices, "--workers", workers)
        # A request is estimated at some 3,100 tokens, of which this server then only reports 110.
        ran = distill(server.url, *common, *cap)
        assert ran.code == 3
        (line,) = [x for x in ran.err.splitlines() if x.startswith("stopped: ")]
        assert said in line
        assert "go on with --resume and a higher cap" in line
        summary = json.loads(ran.out)
        spent = summary["spent"]
        if cap[0] == "--max-calls":
            assert spent["calls"] == 5
        elif cap[0] == "--max-cost":
            assert 0 < spent["cost"] <= 4
        elif cap[0] == "--max-tokens":
            assert 0 < spent["input_tokens"] + spent["output_tokens"] <= 3_700
        assert spent["calls"] == len(server.requests) < 8
        assert summary["rows"].get("failed", 0) == 0
        assert sum(summary["rows"].values()) == 8
        again = distill(server.url, *common, "--resume", *(("--answer-tokens", 10) if "--answer-tokens" in cap else ()))
        assert again.code == 0
        assert json.loads(again.out)["rows"] == {"done": 8}
        assert json.loads(again.out)["spent"]["calls"] == len(server.requests) == 8, "no row was asked for twice"


def test_a_cap_counts_what_failed_attempts_have_spent(distill: Any, fresh_out: Path) -> None:
    with serve(lambda body, n: says("I would rather not.")) as server:
        ran = distill(server.url, "--limit", 2, "--protocol", "tools", "--mends", 1)
        assert ran.code == 1
        failures = [json.loads(x) for x in (fresh_out / "failures.jsonl").read_text(encoding="utf-8").splitlines()]
        assert [f["raw"] for f in failures] == ["I would rather not."] * 2
        assert [f["usage"]["calls"] for f in failures] == [2, 2]
        assert json.loads(ran.out)["usage"]["calls"] == 0
        assert json.loads(ran.out)["spent"]["calls"] == 4
        again = distill(server.url, "--limit", 2, "--protocol", "tools", "--mends", 1, "--resume", "--max-calls", 5)
        assert again.code == 3
        assert len(server.requests) == 5
        assert json.loads(again.out)["spent"]["calls"] == 5


def test_a_bound_on_money_without_a_price_is_refused_at_once(distill: Any) -> None:
    with serve(plain) as server:
        ran = distill(server.url, "--max-cost", 1)
        assert ran.code == 2
        mistake = ran.err.splitlines()[-1]  # what is said of the corpus comes before
        assert "needs the price of 'some-model'" in mistake
        assert "--prices" in mistake
        assert server.requests == []


def test_an_estimate_projects_tokens_money_and_time_from_a_few_rows(
    distill: Any, fresh_out: Path, prices: Path
) -> None:
    def varied(body: dict[str, Any], number: int) -> Reply:
        data, _ = what_is_asked(conversation(body))
        reply = json.loads(says(None, calls=[("AlignmentDraft", EMPTY)]).body)
        reply["usage"] = {"prompt_tokens": len(data["caption"]), "completion_tokens": 10, "total_tokens": 0}
        return Reply(json.dumps(reply).encode())

    with serve(varied) as server:
        ran = distill(server.url, "--estimate", 6, "--protocol", "tools", "--prices", prices)
        assert ran.code == 0
        assert len(server.requests) == 6
        projected = json.loads(ran.out)
        assert (projected["rows"], projected["sampled"], projected["failed"]) == (24, 6, 0)
        assert projected["calls"] == {"total": 24, "low": 24, "high": 24}
        assert projected["output_tokens"]["total"] == 240
        tokens, cost = projected["input_tokens"], projected["cost"]
        assert tokens["low"] < tokens["total"] < tokens["high"]
        assert cost["total"] == pytest.approx((tokens["total"] * 1000 + 240 * 10_000) / 1e6, rel=1e-3)
        assert projected["spent"]["calls"] == 6
        assert projected["seconds"]["total"] > 0
        assert sorted(p.name for p in fresh_out.iterdir()) == ["index"], "no run was begun"
        whole = json.loads(distill(server.url, "--protocol", "tools", "--prices", prices).out)
        assert tokens["low"] <= whole["spent"]["input_tokens"] <= tokens["high"]
        assert cost["low"] <= whole["spent"]["cost"] <= cost["high"]


def test_an_estimate_for_people(run: Any, sample_run: SimpleNamespace, fresh_out: Path) -> None:
    ran = run("distill", sample_run.corpus, "--out", fresh_out, "--estimate", 1)
    assert ran.code == 0
    assert "needs 2 rows" in ran.out
    assert "24 rows, projected from 1 (0 of them failed)" in ran.out


def test_the_papers_sampling_is_sent_and_single_settings_win(distill: Any, fresh_out: Path) -> None:
    with serve(submits_nothing) as server:
        ran = distill(
            server.url, "--limit", 1, "--protocol", "tools", "--sampling", "paper", "--temperature", 0, "--seed", 3
        )
        assert ran.code == 0
        body = server.requests[0]
    tokens = body.get("max_tokens", body.get("max_completion_tokens"))
    assert (body["temperature"], body["top_p"], body["top_k"], tokens, body["seed"]) == (0.0, 0.85, 40, 512, 3)
    sampling = yaml.safe_load((fresh_out / "run.yaml").read_text(encoding="utf-8"))["settings"]["sampling"]
    assert sampling == {"temperature": 0.0, "top_p": 0.85, "top_k": 40, "max_tokens": 512, "seed": 3}


def test_settings_that_a_teacher_has_no_word_for_are_named(
    run: Any,
    sample_run: SimpleNamespace,
    fresh_out: Path,
) -> None:
    ran = run("distill", sample_run.corpus, "--out", fresh_out, "--limit", 1, "--sampling", "paper", "--json")
    assert "lexicon has no word for temperature, top_p, top_k, max_tokens: not sent" in ran.err
    written = yaml.safe_load((fresh_out / "run.yaml").read_text(encoding="utf-8"))
    assert written["account"]["sampling_not_sent"] == ["temperature", "top_p", "top_k", "max_tokens"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--temperature", -1), ("--top-k", 0), ("--answer-tokens", 0), ("--retries", -1), ("--pair-tokens", 0),
        ("--max-cost", -3), ("--pair-seconds", 0), ("--timeout", 0),
    ],
)  # fmt: skip
def test_impossible_bounds_are_one_line(distill: Any, wrong: tuple[Any, ...]) -> None:
    ran = distill("http://127.0.0.1:9/v1", *wrong)
    assert ran.code == 2
    assert "must" in ran.mistake


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        (("--pair-calls", 1), "1 model call for the pair"),
        (("--pair-tokens", 8_000), "8,000 tokens for the pair"),
        (("--pair-seconds", 1e-9), None),
        (("--pair-cost", 9, "--answer-tokens", 10), "9 EUR for the pair"),
    ],
)
def test_a_bound_of_a_pair_is_recorded_where_it_was_reached(
    distill: Any, fresh_out: Path, prices: Path, bound: tuple[Any, ...], said: str | None
) -> None:
    """A draft that stands is kept with the bound; without any answer, the row fails with it."""

    def misquotes(body: dict[str, Any], number: int) -> Reply:
        tie = {"phrase": "words that are not there", "pattern": "C"}
        reply = json.loads(says(None, calls=[("AlignmentDraft", {"alignments": [tie]})]).body)
        reply["usage"] = {"prompt_tokens": 4_000, "completion_tokens": 100, "total_tokens": 0}
        return Reply(json.dumps(reply).encode())

    with serve(misquotes) as server:
        ran = distill(server.url, "--limit", 1, "--protocol", "tools", "--prices", prices, *bound)
    summary = json.loads(ran.out)
    if said is None:
        assert ran.code == 1
        (failure,) = [json.loads(x) for x in (fresh_out / "failures.jsonl").read_text(encoding="utf-8").splitlines()]
        assert "within 1e-09 seconds for the pair" in failure["reason"]
        return
    record = json.loads((fresh_out / "alignments.jsonl").read_text(encoding="utf-8"))
    assert len(record["bounds"]) == 1
    assert record["bounds"][0].startswith(said)
    assert record["alignments"][0]["reason"] == "misquoted"
    assert record["selected"] == "draft"
    assert record["selected_because"] == "a bound was reached before the teacher had reflected"
    assert list(summary["bounds"]) == record["bounds"]


def test_the_doctor_asks_a_teacher_what_it_can_do(run: Any, prices: Path) -> None:
    with serve(plain) as server:
        ran = run("doctor", "--teacher", "some-model", "--base-url", server.url, "--prices", prices, "--json")
        assert len(server.requests) == 3
    assert ran.code == 0
    found = {f["name"]: f for f in json.loads(ran.out) if f["group"] == "teacher some-model"}
    assert found.pop("address")["value"].rstrip("/") == server.url
    assert {name: f["ok"] for name, f in found.items()} == {
        "tool calling": False, "JSON schema output": False, "logprobs": False, "protocol": True, "tokens": True,
        "price": True,
    }  # fmt: skip
    assert found["protocol"]["value"] == "plain JSON"
    assert "1000 read, 10000 written, EUR" in found["price"]["value"]


def test_the_doctor_says_why_a_teacher_cannot_be_had(run: Any, free_port: int) -> None:
    address = f"http://127.0.0.1:{free_port}/v1/"
    for arguments, said in (
        (("--teacher", "openai:gpt-x"), "set OPENAI_API_KEY"),
        (
            ("--teacher", "m", "--base-url", address),
            f"Connection refused (asked at {address})",
        ),
    ):
        ran = run("doctor", *arguments, "--json")
        assert ran.code == 1
        found = json.loads(ran.out)
        (finding,) = [f for f in found if f["group"].startswith("teacher ")]
        assert not finding["ok"]
        assert said in finding["value"]
    assert "name its model with --teacher" in run("doctor", "--base-url", "http://127.0.0.1:1").mistake


def test_one_pair_with_a_model_that_knows_no_tools(run: Any) -> None:
    tie = {"phrase": "carboxylic acid", "pattern": "[CX3](=O)[OX2H1]"}
    with serve(lambda body, n: says(json.dumps({"alignments": [tie]}))) as server:
        ran = run("align", ASPIRIN, CAPTION, "--teacher", "some-model", "--base-url", server.url, "--json")
    record = json.loads(ran.out)
    assert record["prompt_version"].endswith("+json-1")
    assert [(a["phrase"], a["verdict"]) for a in record["alignments"]] == [("carboxylic acid", "supported")]


def test_a_key_that_is_refused_is_one_line_before_anything_is_begun(distill: Any, fresh_out: Path) -> None:
    with serve(lambda body, n: fails(401, "wrong key")) as server:
        ran = distill(server.url)
    assert (ran.code, ran.out) == (2, "")
    unreadable, _, mistake = ran.err.splitlines()
    assert unreadable.startswith("line 26: 'C1CC' is not a SMILES")
    assert mistake.startswith("molreflect: the teacher cannot be asked:")
    assert "wrong key" in mistake
    assert not (fresh_out / "run.yaml").exists()


def test_prompts_are_printed_and_written(run: Any, tmp_path: Path) -> None:
    page = run("prompts").out
    assert page == (Path(__file__).parents[2] / "docs" / "prompts.md").read_text(encoding="utf-8")
    assert run("prompts", "--out", tmp_path / "p.md").out == f"{tmp_path / 'p.md'}\n"
    assert (tmp_path / "p.md").read_text(encoding="utf-8") == page
    assert run("prompts", "--out", tmp_path / "new" / "p.md").code == 0  # folders are made

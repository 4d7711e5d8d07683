"""`molreflect traces`: questions about a run are answered by what is printed, and nothing printed is obeyed."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from scripted_run import AMIDE, LEARNER, PHENOL, TUTOR, scripted_run
from traced import chain, start, write

from molreflect.graphs.traces.writer import TraceTarget, TraceWriter
from molreflect.tools.terms import TraceMode

EVIL = "a \x1b[31mred\x1b[0m <script>alert(1)</script> \u202egnitset\u202c \x07" + "x" * 1_000_000


@pytest.fixture(scope="module")
def far_run(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scripted_run(tmp_path_factory.mktemp("far"), cache)


@pytest.fixture
def tree(run: Any, far_run: Path) -> str:
    return str(run("traces", "show", LEARNER, far_run).out)


def line_with(text: str, *words: str) -> str:
    return next(line for line in text.splitlines() if all(word in line for word in words))


def test_which_tool_calls_led_to_this_pattern(tree: str) -> None:
    called = re.search(r"TOOL look_up_phrases [\d.]+ ms ([0-9a-f]{8})", tree)
    assert called is not None
    acid = line_with(tree, "supported monocarboxylic acid as")
    assert f"brought by look_up_phrases {called[1]}" in acid
    assert "written by the model" in line_with(tree, "supported phenols as")


def test_why_was_that_alignment_refused(tree: str) -> None:
    assert f"phenols as {AMIDE}: " in tree
    assert "does not occur in the molecule" in line_with(tree, f"phenols as {AMIDE}: ")


def test_what_did_the_neighbours_contribute(tree: str) -> None:
    assert re.search(rf"RETRIEVER retrieve .*: {TUTOR} \(similarity 0\.\d+\)", tree)
    phenol = line_with(tree, f"supported phenols as {PHENOL}")
    assert f"shown by neighbour {TUTOR}, from whom it was taken over" in phenol
    assert "neighbour" not in line_with(tree, "supported monocarboxylic acid as")


def test_what_did_it_cost(tree: str, far_run: Path, run: Any) -> None:
    account = line_with(tree, "model calls")
    assert run("export", far_run).code == 0
    (listed,) = [t for t in json.loads(run("traces", "list", far_run, "--json").out) if t["subject"] == LEARNER]
    lines = [json.loads(line) for line in (far_run / "alignments.jsonl").read_text().splitlines()]
    (usage,) = [line["usage"] for line in lines if line["id"] == LEARNER]
    told = {
        "input_tokens": listed["input_tokens"],
        "output_tokens": listed["output_tokens"],
        "calls": listed["model_calls"],
    }
    assert told == {name: usage[name] for name in told}
    assert listed["cost"] == pytest.approx(usage["cost"])
    assert (
        f"{usage['input_tokens']} tokens read, {usage['output_tokens']} written, cost {usage['cost']:.6g} USD"
        in account
    )


def test_why_was_this_version_chosen(tree: str) -> None:
    assert "reflected, supported alignments: draft 1, reflected 2" in line_with(tree, "CHAIN select")


def test_what_did_it_mean(run: Any) -> None:
    run("ask", "What is in CC(=O)Oc1ccccc1C(=O)O?", "--thread", "meant")
    run("ask", "Where is the ester in it?", "--thread", "meant")
    shown = run("traces", "show", "meant", "--turn", 2).out
    assert "understood: intent where, molecules CC(=O)Oc1ccccc1C(=O)O, groups ester, it CC(=O)Oc1ccccc1C(=O)O" in shown
    assert shown.count("conversation meant: ") == 1
    missing = run("traces", "show", "meant", "--turn", 3)
    assert (missing.code, missing.mistake) == (2, "molreflect: meant has 2 turns; there is no turn 3")


def test_a_list_is_narrowed_by_what_is_asked_for(run: Any, far_run: Path) -> None:
    def subjects(*options: object) -> set[str]:
        return {t["subject"] for t in json.loads(run("traces", "list", "--run", far_run, *options, "--json").out)}

    assert subjects() == {"learner", "tutor", "plain"}
    assert subjects("--verdict", "refuted") == set()  # what was refused was mended
    assert subjects("--verdict", "supported", "--tool", "look_up_phrases") == {LEARNER}
    assert subjects("--reason", "absent") == set()
    assert subjects("--text", "phenols monocarboxylic") == {LEARNER}
    assert subjects("--text", "nowhere") == set()
    assert subjects("--status", "error") == set()
    assert subjects("--min-cost", "0.0003") == {LEARNER}
    assert subjects("--since", "0m") == set()
    assert subjects("--since", "1h") == {"learner", "tutor", "plain"}
    assert len(subjects("--limit", 1)) == 1
    shown = run("traces", "list", far_run)
    assert "The molecule is a monocarboxylic acid and a member of phe..." in shown.out
    assert run("traces", "list", far_run, "--limit", 2).err == "the latest 2 of 3 traces; --limit shows more\n"
    assert run("traces", "list", far_run, "--since", "soon").mistake.startswith("molreflect: --since soon is no time")


def test_one_step_is_shown_whole_and_ids_may_be_shortened(run: Any, far_run: Path, tree: str) -> None:
    (trace,) = [t for t in json.loads(run("traces", "list", far_run, "--json").out) if t["subject"] == LEARNER]
    assert run("traces", "show", trace["trace_id"][:8], far_run).out == tree
    step = re.search(r"LLM model [\d.]+ ms ([0-9a-f]{8})", tree)
    assert step is not None
    whole = run("traces", "show", LEARNER, far_run, "--span", step[1]).out
    assert "in system " in whole
    assert '"task": "draft"' in whole
    assert 'calls look_up_phrases {"names": ["monocarboxylic acid"]}' in whole
    assert json.loads(run("traces", "show", LEARNER, far_run, "--span", step[1], "--json").out)["kind"] == "LLM"
    assert "no step begins with zz" in run("traces", "show", LEARNER, far_run, "--span", "zz").mistake


def test_the_order_of_once_is_told(run: Any, far_run: Path) -> None:
    wrong = run("traces", "show", far_run, LEARNER)
    assert wrong.mistake == f"molreflect: the id comes first: molreflect traces show {LEARNER} {far_run}"


def test_texts_that_a_terminal_would_obey_are_shown_as_text(run: Any, tmp_path: Path) -> None:
    write(tmp_path, start("a" * 32, EVIL[:80], title=EVIL), "align")
    for shown in (run("traces", "list", tmp_path).out, run("traces", "show", "aaaa", tmp_path, "--full").out):
        assert re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]", shown) is None
        assert "\\x1b[31mred" in shown
        assert "\\u202e" in shown
        assert len(shown) < 3_000


def test_an_error_of_a_megabyte_is_cut_unless_all_is_asked_for(run: Any, tmp_path: Path) -> None:
    with closing(TraceWriter(TraceTarget(path=tmp_path / "traces.sqlite"))) as writer:
        chain(writer.recorder(start("a" * 32)), "align", error="y" * 1_000_000)
    tree = run("traces", "show", "aaaa", tmp_path).out
    assert len(tree) < 10_000
    assert "(1,000,000 characters, --full shows all)" in " ".join(tree.split())
    assert run("traces", "show", "aaaa", tmp_path, "--full").out.count("y") >= 1_000_000


def test_nothing_there_is_one_line(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLREFLECT_HOME", str(tmp_path / "home"))
    assert "there are no traces in" in run("traces", "list").mistake
    assert not (tmp_path / "home").exists()
    assert "two runs are named" in run("traces", "list", tmp_path, "--run", tmp_path).mistake


def test_old_traces_are_forgotten_with_their_texts(run: Any, tmp_path: Path, cache: Path) -> None:
    folder = scripted_run(tmp_path, cache)
    before = (folder / "traces.sqlite").stat().st_size
    assert run("traces", "prune", folder, "--older-than", "1d").err == "0 traces forgotten\n"
    assert run("traces", "prune", folder, "--older-than", "0d").err == "3 traces forgotten\n"
    nothing = run("traces", "list", folder, "--text", "phenols")
    assert (nothing.out, nothing.err) == ("", "no trace fits what was asked for\n")
    assert (folder / "traces.sqlite").stat().st_size < before


def test_traces_are_written_as_lines_of_json(run: Any, far_run: Path, tmp_path: Path) -> None:
    ran = run("traces", "export", far_run, "--id", LEARNER)
    (line,) = ran.out.splitlines()
    trace = json.loads(line)
    assert {a["pattern"]: a["shown_by"] for a in trace["alignments"]}[PHENOL] == [TUTOR]
    assert [
        m["role"] for s in trace["spans"] if s["kind"] == "LLM" for m in s["attributes"]["llm.output_messages"]
    ] == ["assistant"] * trace["model_calls"]
    run("traces", "export", far_run, "--out", tmp_path / "all.jsonl")
    assert len((tmp_path / "all.jsonl").read_text().splitlines()) == 3
    assert "takes an --endpoint" in run("traces", "export", far_run, "--format", "otlp").mistake


@pytest.mark.parametrize("mode", [TraceMode.SUMMARY, TraceMode.OFF])
def test_less_is_kept_where_less_is_asked_for(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("MOLREFLECT_HOME", str(tmp_path))
    assert run("align", "CC(=O)O", "The molecule is a carboxylic acid.", "--trace", mode).code == 0
    if mode == TraceMode.OFF:
        assert not (tmp_path / "traces.sqlite").exists()
        return
    (trace,) = json.loads(run("traces", "list", "--json").out)
    assert trace["verdicts"] == {"supported": 1}
    assert trace["tool_calls"] > 0
    whole = run("traces", "export").out
    assert "[CX3]" not in whole
    assert "CC(=O)O" not in whole


def test_what_is_private_is_nowhere_in_the_file(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLREFLECT_HOME", str(tmp_path))
    ran = run("ask", "Where is the carboxylic acid in CC(=O)OCCCC(=O)O?", "--thread", "mine", "--private")
    assert ran.code == 0
    held = b"".join(path.read_bytes() for path in tmp_path.glob("traces.sqlite*"))
    whole = run("traces", "export").out
    for secret in ("CC(=O)OCCCC(=O)O", "carboxylic", "mine"):
        assert secret.encode() not in held
        assert secret not in whole
    assert "TOOL locate_groups" in run("traces", "show", "mine").out  # who has the key finds it by its name
    assert (tmp_path / "private.key").stat().st_mode & 0o077 == 0

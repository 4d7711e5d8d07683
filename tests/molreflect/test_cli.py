"""The command line as a user meets it: one line for each mistake, data on stdout, everything else on stderr."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from commands import ASPIRIN, CAPTION

from molreflect.cli.main import main

COMMANDS = (
    "align", "check", "judge", "distill", "export", "push", "recheck", "synthesize", "train", "predict",
    "evaluate", "compare", "robustness", "ablate", "properties", "serve",
    "ask", "chat", "doctor", "prompts", "traces list", "traces show",
    "traces prune", "traces export", "view", "conversations list", "conversations show", "conversations search",
    "conversations rename", "conversations delete", "conversations export", "mcp",
)  # fmt: skip


def test_the_command_line_starts_without_the_heavy_packages(child_env: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import molreflect.cli.main"],
        env=child_env, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "typer" in imported
    assert imported.isdisjoint({"torch", "transformers", "chromadb", "rdkit", "langchain", "langgraph", "jpype"})


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run: Any, command: str) -> None:
    ran = run(*command.split(), "--help")
    assert (ran.code, ran.err) == (0, "")
    assert "Usage:" in ran.out
    assert command.split()[-1] in ran.out


def test_help_of_the_whole_names_every_command(run: Any) -> None:
    ran = run("--help")
    assert ran.code == 0
    assert {c.split()[0] for c in COMMANDS} <= set(re.findall(r"^ +(\w+)", ran.out, re.MULTILINE))
    assert run("--version").out == f"{__import__('molreflect').__version__}\n"


def test_no_command_at_all_shows_the_help_and_is_a_mistake(run: Any) -> None:
    ran = run()
    assert ran.code == 2
    assert "\n  --help" in ran.err


MISTAKES = {
    "unreadable SMILES": (["align", "C1CC", CAPTION], r"'C1CC' is not a SMILES RDKit can read"),
    "empty caption": (["align", ASPIRIN, "  "], r"the caption is empty; pass the text"),
    "caption beyond all bounds": (["align", ASPIRIN, "word " * 5_000], r"has 25,000 characters, more than 20,000"),
    "unknown teacher": (["align", ASPIRIN, CAPTION, "--teacher", "gpt"], r"'gpt' is not a teacher; pass 'lexicon'"),
    "unknown provider": (["align", "C", "c", "--teacher", "acme:x"], r"'acme' is not a provider known here"),
    "key that is not set": (["align", ASPIRIN, CAPTION, "--teacher", "openai:x"], r"needs a key.*OPENAI_API_KEY"),
    "picture of another kind": (["align", ASPIRIN, CAPTION, "--picture", "x.gif"], r"x\.gif must end in \.svg, \.png"),
    "picture below a file": (
        ["align", ASPIRIN, CAPTION, "--picture", "{tmp}/good.tsv/x.svg"],
        r"--picture .*x\.svg cannot be written: .*good\.tsv is a file; name a folder",
    ),
    "picture that is a folder": (["align", ASPIRIN, CAPTION, "--picture", "{tmp}/d.svg"], r"is a folder; name a file"),
    "report where nothing can be": (
        ["evaluate", "{tmp}/none.tsv", "--direction", "cap2mol", "--report", "/proc/nodir/x.html"],
        r"--report /proc/nodir/x\.html cannot be written: /proc takes no files",
    ),
    "report of a comparison where nothing can be": (
        ["compare", "{tmp}/none.tsv", "{tmp}/none.tsv", "--direction", "cap2mol", "--report", "{tmp}/good.tsv/x.html"],
        r"--report .*x\.html cannot be written",
    ),
    "prompts where nothing can be": (["prompts", "--out", "/proc/nodir/p.md"], r"--out .*cannot be written"),
    "synthesis where nothing can be": (
        ["synthesize", "--out", "/proc/nodir", "--count", "3"],
        r"--out /proc/nodir cannot be written: /proc takes no files",
    ),
    "distillation where nothing can be": (
        ["distill", "{tmp}/good.tsv", "--out", "/proc/nodir/run"],
        r"--out /proc/nodir/run cannot be written",
    ),
    "missing corpus": (["distill", "{tmp}/none.tsv", "--out", "{tmp}/run"], r"there is no file .*none\.tsv; pass"),
    "wrong columns": (["distill", "{tmp}/columns.tsv", "--out", "{tmp}/run"], r"has the columns 'a, b'; expected"),
    "no usable row": (["distill", "{tmp}/broken.tsv", "--out", "{tmp}/run"], r"no usable row; line 2: .*C1CC"),
    "unknown teacher of a batch": (
        ["distill", "{tmp}/good.tsv", "--out", "{tmp}/run", "--teacher", "gpt"],
        r"'gpt' is not a teacher",
    ),
    "out is a file": (["distill", "{tmp}/good.tsv", "--out", "{tmp}/good.tsv"], r"good\.tsv is a file; name a folder"),
    "out is taken": (
        ["distill", "{tmp}/good.tsv", "--out", "{tmp}"],
        r"already holds other files; name another",
    ),
    "perplexity without a student": (
        ["distill", "{tmp}/good.tsv", "--out", "{tmp}/run", "--select", "perplexity"],
        r"needs a student; name one",
    ),
    "unknown student": (
        ["distill", "{tmp}/good.tsv", "--out", "{tmp}/run", "--student", "./none"],
        r"neither `smollm2`, nor an existing",
    ),
    "impossible temperature": (
        ["distill", "{tmp}/good.tsv", "--out", "{tmp}/run", "--temperature", "-1"],
        r"temperature must be a number that is not negative",
    ),
    "export of no run": (["export", "{tmp}"], r"is not a run directory .* make one with `molreflect distill`"),
    "steering of no run": (["ctl", "{tmp}", "pause"], r"is not a run directory; make one with `molreflect distill`"),
    "export of another version": (["export", "{tmp}/old"], r"is a run of format 99, this version reads format 2"),
    "resume of another version": (
        ["distill", "{tmp}/good.tsv", "--out", "{tmp}/old", "--resume"],
        r"is a run of format 99",
    ),
    "push of neither run nor student": (["push", "{tmp}", "me/run"], r"neither a run directory nor a student"),
    "a name of once": (["replay", "{tmp}"], r"replay is called recheck now: molreflect recheck "),
    "recheck of no run": (["recheck", "{tmp}"], r"is not a run directory; make one with `molreflect distill`"),
    "traces of no run": (["traces", "list", "{tmp}"], r"traces\.sqlite does not exist; name a run directory"),
    "training on no run": (["train", "{tmp}", "--out", "{tmp}/student"], r"alignments\.jsonl does not exist; run"),
    "prediction with no student": (
        ["predict", "{tmp}", "{tmp}/good.tsv", "--direction", "cap2mol", "--out", "{tmp}/p.tsv"],
        r"\S",
    ),
    "evaluation of no file": (["evaluate", "{tmp}/none.tsv", "--direction", "cap2mol"], r"none\.tsv"),
    "empty question": (["ask", " "], r"an empty question; ask e\.g\."),
    "unknown model of a conversation": (["ask", "hello", "--model", "gpt"], r"'gpt' is not a teacher"),
    "missing corpus of a conversation": (
        ["ask", "hello", "--corpus", "{tmp}/none.tsv"],
        r"there is no file .*none\.tsv",
    ),
    "unknown option": (["align", "--nope"], r"No such option: --nope.*see `molreflect align --help`"),
    "unknown command": (["nope"], r"No such command 'nope'; see `molreflect --help`"),
    "nearly a command": (["predicct"], r"Did you mean 'predict'\? see `molreflect --help`"),
    "unknown command of a group": (["cache", "stats"], r"No such command 'stats'; see `molreflect cache --help`"),
    "missing argument": (["distill"], r"Missing argument"),
    "value out of range": (["distill", "x", "--out", "y", "--workers", "0"], r"workers"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_and_leaves_nothing_behind(run: Any, tmp_path: Path, name: str) -> None:
    header = "CID\tSMILES\tdescription\n"
    (tmp_path / "good.tsv").write_text(f"{header}1\tCCO\tThe molecule is a primary alcohol.\n")
    (tmp_path / "broken.tsv").write_text(f"{header}1\tC1CC\tThe molecule is broken.\n")
    (tmp_path / "columns.tsv").write_text("a\tb\n1\t2\n")
    (tmp_path / "old").mkdir()
    (tmp_path / "d.svg").mkdir()
    (tmp_path / "old" / "run.yaml").write_text("format: 99\n")
    (tmp_path / "old" / "run.sqlite").write_text("")
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    arguments, said = MISTAKES[name]
    ran = run(*(a.replace("{tmp}", str(tmp_path)) for a in arguments))
    assert ran.code == 2
    assert re.search(said, ran.mistake), ran.mistake
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    assert not (tmp_path / "run").exists()


def test_an_unreachable_endpoint_fails_every_row_and_exits_with_the_reason(
    run: Any, sample_run: SimpleNamespace, fresh_out: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_MAX_RETRIES", "0")
    ran = run(
        "distill", sample_run.corpus, "--limit", 2, "--out", fresh_out, "--teacher", "some-model", "--neighbours", 0,
        "--base-url", f"http://127.0.0.1:{free_port}/v1", "--protocol", "tools", "--retries", 0, "--json",
    )  # fmt: skip
    assert ran.code == 1
    last = ran.err.splitlines()[-1]
    why = "teacher 'some-model': OpenAIConnectionError: Connection error: [Errno 111] Connection refused"
    assert last == f"2 rows failed (endpoint 2); most often (2): {why}"
    assert json.loads(ran.out)["rows"] == {"failed": 2}
    failures = [json.loads(line) for line in (fresh_out / "failures.jsonl").read_text().splitlines()]
    assert [f["reason"] for f in failures] == [
        "teacher 'some-model': OpenAIConnectionError: Connection error: [Errno 111] Connection refused"
    ] * 2
    assert (fresh_out / "alignments.jsonl").read_text() == ""


def test_an_unreachable_endpoint_of_one_pair_is_one_line(run: Any, free_port: int) -> None:
    ran = run("align", ASPIRIN, CAPTION, "--teacher", "m", "--base-url", f"http://127.0.0.1:{free_port}/v1")
    assert ran.code == 2
    assert "the teacher cannot be asked: OpenAIConnectionError" in ran.mistake
    assert f"(asked at http://127.0.0.1:{free_port}/v1" in ran.mistake


def test_a_bug_keeps_its_traceback(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("molreflect.graphs.runs.recheck.recheck", broken)
    monkeypatch.setattr(sys, "argv", ["molreflect", "recheck", "x"])
    with pytest.raises(KeyError, match="a bug"):
        main()


def test_align_prints_json_and_draws(run: Any, tmp_path: Path) -> None:
    ran = run("align", ASPIRIN, CAPTION, "--json", "--picture", tmp_path / "x.svg")
    assert ran.code == 0
    record = json.loads(ran.out)
    assert record["alignments"][0]["verdict"] == "supported"
    assert record["alignments"][0]["atoms"] == [[10, 11, 12]]
    assert ran.err == f"picture: {tmp_path / 'x.svg'}\n"
    assert (tmp_path / "x.svg").read_text().lstrip().startswith("<")


@pytest.mark.parametrize(
    ("name", "begins"), [("x.svg", b"<svg"), ("x.png", b"\x89PNG"), ("x.html", b"<!doctype html>")]
)
def test_align_draws_what_the_ending_says(run: Any, tmp_path: Path, name: str, begins: bytes) -> None:
    ran = run("align", ASPIRIN, CAPTION, "--picture", tmp_path / name, "--atom-numbers")
    assert (ran.code, ran.err) == (0, f"picture: {tmp_path / name}\n")
    drawn = (tmp_path / name).read_bytes()
    assert drawn.startswith(begins)
    if name == "x.svg":
        assert b'class="legend"' in drawn
        assert b'class="note"' in drawn
    run("align", ASPIRIN, CAPTION, "--picture", tmp_path / name, "--no-legend")
    assert b'class="legend"' not in (tmp_path / name).read_bytes()


def test_align_for_people_shows_the_verdict(run: Any) -> None:
    ran = run("align", ASPIRIN, CAPTION)
    assert (ran.code, ran.err) == (0, "")
    assert "supported" in ran.out


def test_distill_export_recheck_and_traces_of_a_real_run(
    run: Any, sample_run: SimpleNamespace, fresh_out: Path
) -> None:
    ran = run("distill", sample_run.corpus, "--out", fresh_out, "--json")
    assert ran.code == 0
    summary = json.loads(ran.out)
    assert summary["rows"] == {"done": sample_run.result.done}
    assert summary["bad_rows"] == 1
    assert "drafting" in ran.err  # progress, and only there
    assert json.loads((fresh_out / "summary.json").read_text()) == summary

    assert json.loads(run("export", fresh_out, "--json").out) == summary
    files = run("export", fresh_out).out.split()
    assert all(Path(f).is_file() for f in files)
    rechecked = json.loads(run("recheck", fresh_out, "--json").out)
    assert rechecked["checked"] == summary_supported(summary)
    assert rechecked["broken"] == []

    listed = json.loads(run("traces", "list", fresh_out, "--json").out)
    assert len(listed) == sample_run.result.done
    shown = json.loads(run("traces", "show", "S001", fresh_out, "--json").out)
    assert shown[0]["subject"] == "S001"
    assert any(s["name"] == "check_alignments" for s in shown[0]["spans"])
    tree = run("traces", "show", "S001", fresh_out).out
    assert "TOOL read_caption" in tree
    told = {key for span in shown[0]["spans"] for key in span["attributes"]}
    told -= {"openinference.span.kind", "tool.name", "tool_call.id", "llm.input_messages", "llm.output_messages"}
    whole = run("traces", "show", "S001", fresh_out, "--full").out
    assert [key for key in told if key not in whole] == []
    messages = [m for s in shown[0]["spans"] for m in s["attributes"].get("llm.input_messages", ())]
    assert {"system", "user", "assistant", "tool"} == {m["role"] for m in messages}
    assert all(str(m["content"]).splitlines()[0] in whole for m in messages if m["content"])
    assert len(tree.splitlines()) < 24 < len(whole.splitlines())
    assert "S001" in run("traces", "list", fresh_out).out
    missing = run("traces", "show", "nobody", fresh_out)
    assert missing.code == 2
    assert "has no trace of 'nobody'" in missing.mistake
    again = run("distill", sample_run.corpus, "--out", fresh_out)
    assert again.code == 2
    assert "already holds a run; pass --resume" in again.mistake


def summary_supported(summary: dict[str, Any]) -> int:
    return sum(kind.get("supported", 0) for kind in summary["alignments"].values())


def test_a_tampered_run_does_not_hold_and_exits_with_1(run: Any, sample_run: SimpleNamespace, tmp_path: Path) -> None:
    out = tmp_path / "run"
    shutil.copytree(sample_run.folder, out, ignore=shutil.ignore_patterns("owner.lock"))
    path = out / "alignments.jsonl"
    path.write_text(path.read_text().replace('"atoms": [[', '"atoms": [[63, ', 1))
    ran = run("recheck", out)
    assert ran.code == 1
    assert "not holding: 1" in ran.out


def test_ask_answers_on_stdout_and_remembers_by_thread(run: Any) -> None:
    first = run("ask", f"Where is the carboxylic acid in {ASPIRIN}?", "--thread", "cli", "--json")
    assert (first.code, first.err) == (0, "")
    answer = json.loads(first.out)
    assert "atoms (10, 11, 12)" in answer["answer"]
    assert [c["name"] for c in answer["tool_calls"]] == ["read_molecules", "locate_groups"]
    second = run("ask", "Why is it an ester?", "--thread", "cli")
    assert second.out.startswith(f"Yes: {ASPIRIN} is an ester")


def test_a_home_written_with_a_tilde_and_an_empty_variable_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    from molreflect.settings import Settings

    monkeypatch.setenv("MOLREFLECT_CACHE", "~/somewhere")
    monkeypatch.setenv("MOLREFLECT_HOME", "")
    assert Settings().cache == Path.home() / "somewhere"
    assert Settings().home == Path.home() / ".local" / "share" / "molreflect"


def test_compare_writes_a_page_with_the_answers_that_flip(run: Any, two_systems: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    options = ["--direction", "cap2mol", "--bootstrap", 20, "--trials", 20]
    ran = run("compare", *two_systems, *options, "--report", page, "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["flips"] == {"only_b_exact": 3, "only_a_exact": 0}
    assert "Right in B only (3 of 3)" in page.read_text(encoding="utf-8")


def test_evaluate_shows_classes_of_rows_without_a_training_corpus(run: Any, two_systems: Any) -> None:
    ran = run("evaluate", two_systems[1], "--direction", "cap2mol", "--bootstrap", 0, "--strata", "--json")
    assert set(json.loads(ran.out)["strata"]) == {"heavy atoms", "caption words"}


def test_published_figures_over_other_rows_are_refused_before_anything_is_scored(run: Any, two_systems: Any) -> None:
    ran = run("evaluate", two_systems[0], "--direction", "cap2mol", "--published", "chebi20")
    assert ran.code == 2
    assert "this file has 3" in ran.mistake


def test_a_full_size_run_is_set_beside_published_figures(run: Any, tmp_path: Path) -> None:
    from molreflect.training.evaluation.prediction_files import write_predictions

    path = tmp_path / "full.tsv"
    write_predictions(path, "cap2mol", [(str(i), "CCCCCCCCO", "CCCCCCCCO") for i in range(3300)])
    options = ["--direction", "cap2mol", "--bootstrap", 0, "--published", "chebi20"]
    told = json.loads(run("evaluate", path, *options, "--json").out)["published"]
    assert {pair["system"] for pair in told["beside"]} > {"LDMol", "BioT5+"}
    assert {item["metric"] for item in told["refused"]} >= {"fcd"}
    ran = run("evaluate", path, *options)
    assert "this run" in ran.out
    assert "not set beside, published over a subset of 100 rows" in ran.out


@pytest.mark.parametrize("tokenizer", ["scibert", "t5"])
def test_rows_for_a_paper_carry_the_tokenizer_that_was_named(run: Any, tmp_path: Path, tokenizer: str) -> None:
    from molreflect.training.evaluation.prediction_files import write_predictions

    write_predictions(tmp_path / "p.tsv", "mol2cap", [("CCO", "an alcohol", "an alcohol")])
    options = ["--direction", "mol2cap", "--bootstrap", 0, "--tokenizer", tokenizer]
    name = {"scibert": "SciBERT", "t5": "T5"}[tokenizer]
    assert f"BLEU-4 ({name})" in run("evaluate", tmp_path / "p.tsv", *options, "--markdown").out
    assert f"METEOR ({name})" in run("evaluate", tmp_path / "p.tsv", *options, "--latex").out


def test_evaluate_judges_claims_where_asked(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "p.tsv"
    path.write_text(f"description\tground truth\toutput\nThe molecule is a benzene.\t{ASPIRIN}\tCCO\n")
    ran = run("evaluate", path, "--direction", "cap2mol", "--bootstrap", 10, "--faithfulness", "--json")
    assert ran.code == 0
    found = json.loads(ran.out)["faithfulness"]
    assert (found["scores"]["satisfied"], found["scores"]["reference_satisfied"]) == (0, 1)
    assert found["reasons"] == {"not satisfied": {"absent": 1}}


def test_robustness_refuses_what_it_cannot_do_in_one_line(run: Any, tmp_path: Path, sample_corpus: Path) -> None:
    out = tmp_path / "robust"
    ran = run("robustness", tmp_path, sample_corpus, "--out", out, "--rewrites", "mirrored", "--limit", 2)
    assert ran.code == 2
    assert "no rewriting" in ran.mistake
    ran = run("robustness", tmp_path, sample_corpus, "--out", out, "--limit", 2)
    assert (ran.code, out.exists()) == (2, False)
    assert ran.mistake


def test_synthesize_makes_a_run_that_train_previews(run: Any, tmp_path: Path) -> None:
    from tiny_model import save_tiny_base

    molecules = tmp_path / "m.smi"
    molecules.write_text("O=C(O)c1ccccc1Cl\nCOc1ccc(CCN)cc1\nCC(=O)Nc1ccc(O)cc1\nnot-one\n")
    made = run("synthesize", "--out", tmp_path / "run", "--molecules", molecules, "--count", 6, "--seed", 4)
    assert made.code == 0
    assert "100.0% of structural phrases supported" in made.out
    assert f"corpus: {tmp_path / 'run' / 'corpus.tsv'}" in made.out
    assert len((tmp_path / "run/corpus.tsv").read_text().splitlines()) == 7
    resumed = run(
        "synthesize",
        "--out",
        tmp_path / "run",
        "--molecules",
        molecules,
        "--count",
        6,
        "--seed",
        4,
        "--resume",
        "--json",
    )
    assert json.loads(resumed.out)["made"] == 6
    assert run("recheck", tmp_path / "run").code == 0
    base = save_tiny_base(tmp_path / "base")
    shown = run(
        "train", tmp_path / "run", "--base", base, "--preview", 2, "--set", "max_length=3000", "--direction", "cap2mol"
    )
    assert shown.code == 0
    assert "\x1b" not in shown.out  # plain where nobody can see colours
    assert shown.out.count("masked (") == shown.out.count("trained on (") == 2
    head = re.search(
        r"example 1 of 2: cap2mol (SYN\d+), (\d+) of (\d+) tokens are trained on, neighbours SYN", shown.out
    )
    assert head is not None
    trained = shown.out.split("trained on (")[1].split("tokens):\n")[1].split("\n\n")[0]
    assert trained.count("\u2502") == int(head[2])
    assert trained.replace("\u2502", "").replace("\u21b5", "").startswith("Parts:\n")
    assert trained.replace("\u2502", "").rstrip().endswith("<|im_end|>")
    assert "training examples of" in shown.out


def test_synthesize_and_train_say_mistakes_in_one_line(run: Any, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/other.txt").write_text("x")
    (tmp_path / "m.smi").write_text("CCO\n")
    for arguments, words in (
        (["--out", tmp_path / "x"], "--count"),
        (["--out", tmp_path / "x", "--molecules", tmp_path / "no.smi"], "cannot be read"),
        (["--out", tmp_path / "run", "--count", 3, "--molecules", tmp_path / "m.smi"], "already holds other files"),
        (["--out", tmp_path / "x", "--molecules", tmp_path / "m.smi", "--leave-out", tmp_path / "m.smi"], "left out"),
    ):
        answer = run("synthesize", *arguments)
        assert answer.code == 2
        assert words in answer.err
        assert len(answer.err.strip().splitlines()) == 1
    assert not (tmp_path / "x").exists()
    answer = run("train", tmp_path / "run")
    assert answer.code == 2
    assert "--out FOLDER" in answer.err


def test_a_run_of_too_few_molecules_exits_with_1(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import molreflect.graphs.runs.synthetic

    monkeypatch.setattr(molreflect.graphs.runs.synthetic, "MAX_FRUITLESS", 6)
    (tmp_path / "m.smi").write_text("FC(F)(F)C(F)(F)F\n")
    answer = run("synthesize", "--out", tmp_path / "run", "--count", 500, "--molecules", tmp_path / "m.smi")
    assert answer.code == 1
    assert re.search(r"only \d+ of 500 triples could be made of these molecules", answer.err)


def test_a_merge_that_differs_exits_with_1(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import molreflect.training.student.merge

    def differs(*_: object, **__: object) -> None:
        raise molreflect.training.student.merge.ParityError(
            "merged weights differ from base and adapter: ...; nothing was written"
        )

    monkeypatch.setattr(molreflect.training.student.merge, "merge", differs)
    answer = run("merge", tmp_path, "--out", tmp_path / "m")
    assert answer.code == 1
    assert answer.err.strip() == "merged weights differ from base and adapter: ...; nothing was written"


# --- students


def test_what_a_student_publishes_names_no_path_of_this_machine(tiny_student: Path) -> None:
    settings = {"student.yaml"}  # as they were given, to train again
    holding = {p.name for p in tiny_student.iterdir() if str(tiny_student.parent).encode() in p.read_bytes()}
    assert holding <= settings
    assert json.loads((tiny_student / "adapter_config.json").read_text())["base_model_name_or_path"] == "base"
    assert "base_model: base\n" in (tiny_student / "README.md").read_text()


def test_the_installed_command_starts_as_a_module_too(child_env: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "molreflect", "--version"], env=child_env, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{__import__('molreflect').__version__}\n"


def test_predict_lets_the_verifier_choose_among_the_answers_of_a_server(
    run: Any, tiny_student: Path, tmp_path: Path
) -> None:
    from model_server import Server, completion

    corpus = tmp_path / "corpus.tsv"
    corpus.write_text("CID\tSMILES\tdescription\n1\tCCCCCC#N\tThe molecule is a nitrile.\n2\tCCCCS\tA thiol.\n")
    sampled = ["Molecule: CCCN", "Molecule: CCC#N"]
    server = Server(lambda path, body: (200, completion(*(sampled if body["temperature"] else ["Molecule: CCO"]))))
    served = ("--backend", "openai", "--base-url", server.url, "--served-model", "student")
    ask = ("predict", tiny_student, corpus, "--direction", "cap2mol", "--candidates", 3, "--batch-size", 1)
    try:
        ran = run(*ask, *served, "--limit", 1, "--out", tmp_path / "p.tsv")
        assert (ran.code, ran.out) == (0, f"{tmp_path / 'p.tsv'}\n")
        [row] = [json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()]
        assert (row["output"], row["chosen"]) == ("CCC#N", 2)
        assert row["candidates"][2]["verdicts"][0]["verdict"] == "supported"
        assert run(*ask, *served, "--limit", 1, "--judge", "form", "--out", tmp_path / "f.tsv").code == 0
        assert json.loads((tmp_path / "f.jsonl").read_text())["output"] == "CCO"
    finally:
        server.close()
    gone = run(*ask, *served, "--out", tmp_path / "gone.tsv")
    assert "cannot be reached" in gone.err
    assert (gone.code, gone.out, len(gone.err.splitlines())) == (2, "", 1)


def test_students_and_answers_are_refused_where_nothing_can_be_written(
    run: Any, tiny_student: Path, sample_corpus: Path
) -> None:
    ask = ("predict", tiny_student, sample_corpus, "--direction", "cap2mol", "--limit", 1)
    assert "--out /proc/nodir/p.tsv cannot be written" in run(*ask, "--out", "/proc/nodir/p.tsv").mistake
    for command in ("train", "ablate"):
        ran = run(command, tiny_student.parent / "run", "--out", "/proc/nodir", "--set", "max_steps=1")
        assert "--out /proc/nodir cannot be written" in ran.mistake
    assert "--out /proc/nodir cannot be written" in run("merge", tiny_student, "--out", "/proc/nodir").mistake
    ran = run("robustness", tiny_student, sample_corpus, "--out", "/proc/nodir", "--limit", 1)
    assert "--out /proc/nodir cannot be written" in ran.err


def test_an_interrupted_training_says_what_is_kept_and_the_same_command_goes_on(
    run: Any, tiny_student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from molreflect.cli.progress import Steps

    ask = (
        "train", tiny_student.parent / "run", "--out", tmp_path / "new/student", "--base", tiny_student.parent / "base",
        "--max-steps", 3, "--set", "save_steps=1", "--set", "max_length=900", "--set", "neighbours=1",
        "--set", "accumulation=1", "--set", "eval_fraction=0",
    )  # fmt: skip
    shown = Steps.training

    def stop(self: Steps, event: Any, **more: Any) -> None:
        shown(self, event, **more)
        if event.step == 2 and event.loss is not None:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Steps, "training", stop)
        ran = run(*ask)
    assert ran.code == 130
    work = tmp_path / "new/.student.unfinished"
    last = ran.err.splitlines()[-1]
    assert last == f"molreflect: interrupted; checkpoint-1 is kept in {work}; the same command goes on from there"
    other = run(*ask, "--set", "seed=7")
    assert "start over with --start-over (in Python, resume=False)" in other.err
    anew = run(*ask, "--set", "seed=7", "--start-over", "--json")
    assert (anew.code, json.loads(anew.out)["steps"]) == (0, 3)
    assert "going on from" not in anew.err


def test_an_interrupted_prediction_says_what_is_kept(
    run: Any, tiny_student: Path, sample_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from molreflect.cli.progress import Steps

    ask = (
        "predict", tiny_student, sample_corpus, "--direction", "cap2mol", "--out", tmp_path / "new/p.tsv", "--limit", 4,
        "--batch-size", 1, "--judge", "form",
    )  # fmt: skip
    shown = Steps.predicting

    def stop(self: Steps, event: Any, **more: Any) -> None:
        shown(self, event, **more)
        if event.done == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Steps, "predicting", stop)
        ran = run(*ask)
    part = tmp_path / "new/.p.tsv.unfinished"
    assert (ran.code, ran.out) == (130, "")
    last = ran.err.splitlines()[-1]
    assert last == f"molreflect: interrupted; 2 rows kept in {part}; the same command goes on from there"
    assert run(*ask, "--start-over").code == 0
    assert run(*ask).mistake.endswith("p.tsv exists; pass another name, or --overwrite (in Python, overwrite=True)")


def test_predict_refuses_half_a_server(run: Any, tiny_student: Path, tmp_path: Path, sample_corpus: Path) -> None:
    ask = ("predict", tiny_student, sample_corpus, "--direction", "cap2mol", "--out", tmp_path / "p.tsv", "--limit", 1)
    assert "need --backend openai" in run(*ask, "--base-url", "http://127.0.0.1:1/v1").mistake
    assert "needs --base-url and --served-model" in run(*ask, "--backend", "openai").mistake


@pytest.mark.usefixtures("one_thread")
def test_ablate_prints_one_table_or_json_and_its_mistakes_in_one_line(
    run: Any, tiny_student: Path, tmp_path: Path
) -> None:
    base, runs = tiny_student.parent / "base", tiny_student.parent / "run"
    ask = (
        "ablate", runs, "--out", tmp_path / "out", "--direction", "cap2mol", "--train-rows", 4, "--heldout-rows", 2,
        "--bootstrap", 50, "--set", f"base={base}", "--set", "max_steps=1", "--set", "max_new_tokens=4",
        "--set", "neighbours=1", "--set", "accumulation=1", "--set", "max_length=900",
    )  # fmt: skip
    assert "arms must be of written, traced, supplied" in run(*ask, "--arms", "written,best").mistake
    assert "seeds must be whole numbers" in run(*ask, "--seeds", "a").mistake
    assert not (tmp_path / "out").exists()
    ran = run(*ask, "--arms", "written,sft")
    assert ran.code == 0
    assert ran.out.rstrip("\n") == (tmp_path / "out/table.md").read_text().rstrip("\n")
    assert "| copy nearest |" in ran.out
    assert "Claims satisfied" in ran.out
    again = run(*ask, "--arms", "written,sft", "--candidates", 2, "--json")
    systems = json.loads(again.out)["directions"]["cap2mol"]["systems"]
    assert list(systems) == ["written", "written, one sample", "written, best of 2", "sft", "copy nearest"]
    assert "other settings" in run(*ask, "--set", "max_steps=2").mistake


def test_a_merge_that_does_not_say_the_same_exits_with_1_and_writes_nothing(
    run: Any, tiny_student: Path, tmp_path: Path
) -> None:
    ran = run("merge", tiny_student, "--out", tmp_path / "merged", "--tolerance", 0)
    assert ran.code == 1
    assert "nothing was written" in ran.err
    assert list(tmp_path.iterdir()) == []
    assert run("merge", tiny_student, "--out", tmp_path / "merged").code == 0


def test_a_reader_that_has_had_enough_is_no_mistake(child_env: dict[str, str]) -> None:
    shell = f"{sys.executable} -m molreflect prompts | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], env=child_env, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "# Prompts\n0\n"
    assert done.stderr == ""

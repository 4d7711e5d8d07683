"""Batches: every row accounted for, whatever dies; the same records however the work is cut."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from scripted import ScriptedModel, submit

from agents.schemas import View
from agents.teacher import build_teacher
from graphs.distill import DistillSettings, check_out, distill, open_run
from graphs.pair import distill_corpus
from graphs.run_store import RunStore
from graphs.traces import TraceStore
from graphs.workspace import open_workspace
from tools.bindings import build_alignment_tools
from tools.corpus import read_corpus
from tools.errors import ChemInputError
from tools.molecule import read_molecule


def lines(folder: Path) -> list[dict[str, Any]]:
    """Records without what differs from run to run."""
    found = [json.loads(line) for line in (folder / "alignments.jsonl").read_text(encoding="utf-8").splitlines()]
    return [{k: v for k, v in record.items() if k not in ("seconds", "trace_id")} for record in found]


def test_every_row_stands_once_in_corpus_order_and_bad_rows_are_counted(sample_run: SimpleNamespace) -> None:
    corpus = read_corpus(sample_run.corpus)
    assert [r["id"] for r in lines(sample_run.folder)] == [p.id for p in corpus.pairs]
    assert (sample_run.result.done, sample_run.result.failed, sample_run.result.bad_rows) == (len(corpus), 0, 1)
    assert any(r["selected_because"] != "nothing was refused, so nothing was reflected on" for r in lines(
        sample_run.folder
    ))  # fmt: skip


def test_a_neighbour_is_never_the_pair_itself_nor_its_molecule_in_another_form(sample_run: SimpleNamespace) -> None:
    blocks = {p.id: read_molecule(p.smiles).block for p in read_corpus(sample_run.corpus).pairs}
    assert len(set(blocks.values())) < len(blocks), "the corpus should hold one molecule twice for this to mean much"
    for record in lines(sample_run.folder):
        assert len(record["neighbours"]) == 2
        assert blocks[record["id"]] not in {blocks[n] for n in record["neighbours"]}


def test_run_yaml_says_what_decided_the_run(sample_run: SimpleNamespace) -> None:
    settings = RunStore.open(sample_run.folder).settings
    assert settings["settings"]["teacher"] == "lexicon"
    assert settings["corpus"]["fingerprint"] == read_corpus(sample_run.corpus).fingerprint
    assert len(settings["index_hash"]) == 16
    assert {"rdkit", "langgraph", "chromadb"} <= set(settings["versions"])
    assert settings["prompts"]["version"].startswith("align-")
    assert {r["index_hash"] for r in lines(sample_run.folder)} == {settings["index_hash"]}


def test_four_workers_make_the_records_of_one(sample_run: SimpleNamespace, fresh_out: Path, cache: Path) -> None:
    distill_corpus(str(sample_run.corpus), fresh_out, DistillSettings(workers=4), cache=cache)
    assert lines(fresh_out) == lines(sample_run.folder)


KILLED = """
import os, signal, sys
from pathlib import Path

import graphs.distill, graphs.export, graphs.pair
from graphs.run_store import RunStore

corpus, out, cache = sys.argv[1:4]
graphs.distill.BATCH = 3
keep = RunStore.keep_records

def attempt(kill_at, kill_in_keep):
    def progress(what, done, of):
        if kill_at == (what, done):
            os.kill(os.getpid(), signal.SIGKILL)
    if kill_in_keep:
        RunStore.keep_records = lambda self, records: os.kill(os.getpid(), signal.SIGKILL)
    graphs.pair.distill_corpus(
        corpus, Path(out), graphs.distill.DistillSettings(), resume=True, cache=Path(cache), progress=progress
    )

# Everything is imported once and nothing is opened; every attempt is a process of its own.
for kill_at, kill_in_keep in [
    (("drafting", 1), False), (("drafting", 8), False), (("drafting", 11), False), (("reflecting", 5), False),
    (None, True), (None, False),
]:
    child = os.fork()
    if child == 0:
        try:
            attempt(kill_at, kill_in_keep)
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status), flush=True)
"""


def test_a_run_that_is_killed_five_times_ends_as_an_undisturbed_one(
    sample_run: SimpleNamespace, fresh_out: Path, cache: Path, child_env: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(sample_run.corpus), str(fresh_out), str(cache)],
        env=child_env, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.stdout.split() == [str(-signal.SIGKILL)] * 5 + ["0"], done.stderr
    assert lines(fresh_out) == lines(sample_run.folder)
    store, traces = RunStore.open(fresh_out), TraceStore(fresh_out / "traces.sqlite")
    assert store.counts() == {"done": len(lines(fresh_out))}
    assert {t["trace_id"] for t in traces.traces()} == store.trace_ids()
    for row in store.rows():  # the spans of an attempt that came to nothing are gone
        roots = [s.name for s in traces.spans(row.trace_id) if s.parent_id is None]
        assert roots == ["align:draft", "align:reflect"], row.id


def test_resume_of_a_finished_run_does_nothing(sample_run: SimpleNamespace, tmp_path: Path, cache: Path) -> None:
    out = tmp_path / "run"
    shutil.copytree(sample_run.folder, out, ignore=shutil.ignore_patterns("owner.lock"))
    seen: list[Any] = []
    distill_corpus(
        str(sample_run.corpus), out, DistillSettings(), resume=True, cache=cache, progress=lambda *a: seen.append(a)
    )
    assert seen == []
    assert (out / "alignments.jsonl").read_bytes() == (sample_run.folder / "alignments.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (DistillSettings(neighbours=3), r"was made with other settings \(neighbours: 2 there, 3 now\)"),
        (DistillSettings(view=View.CAPTION), r"other settings \(view: pair there, caption now\)"),
        (DistillSettings(teacher="openai:x"), r"other settings \(teacher: lexicon there, openai:x now\)"),
    ],
)
def test_resume_with_other_settings_is_refused_and_names_them(
    sample_run: SimpleNamespace, settings: DistillSettings, said: str
) -> None:
    with pytest.raises(ChemInputError, match=said):
        check_out(sample_run.folder, read_corpus(sample_run.corpus), settings, resume=True)


def test_resume_with_another_corpus_is_refused_before_anything_is_touched(
    sample_run: SimpleNamespace, tmp_path: Path, cache: Path
) -> None:
    out, other = tmp_path / "run", tmp_path / "other.tsv"
    shutil.copytree(sample_run.folder, out, ignore=shutil.ignore_patterns("owner.lock"))
    other.write_text("CID\tSMILES\tdescription\n1\tCCO\tThe molecule is a primary alcohol.\n", encoding="utf-8")
    before = {p: p.stat().st_mtime_ns for p in (out / "index").rglob("*")}
    with pytest.raises(ChemInputError, match="was made from another corpus than"):
        distill_corpus(str(other), out, DistillSettings(), resume=True, cache=cache)
    assert {p: p.stat().st_mtime_ns for p in (out / "index").rglob("*")} == before


def test_workers_are_no_setting_that_decides() -> None:
    assert DistillSettings(workers=4).deciding() == DistillSettings(workers=1).deciding()


@pytest.mark.parametrize("wrong", [{"neighbours": 17}, {"workers": 0}, {"max_repairs": -1}, {"select": "perplexity"}])
def test_impossible_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ChemInputError):
        DistillSettings(**wrong)


class Flaky(ScriptedModel):
    """Cannot be reached for some molecules, as long as it is down."""

    def _generate(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
        if self.script.down and any(f'"smiles": "{s}"' in str(messages[-1].content) for s in self.script.down):
            raise ConnectionError("connection refused")
        return super()._generate(messages, *args, **kwargs)


class Answers:
    """Submits nothing; `down` holds the molecules it cannot be reached for."""

    def __init__(self, down: set[str]) -> None:
        self.down = down

    def __call__(self, data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
        return submit()


@pytest.mark.parametrize("workers", [1, 3])
def test_an_endpoint_that_fails_for_some_rows_fails_these_with_the_reason_and_resume_mends_them(
    sample_run: SimpleNamespace, tmp_path: Path, cache: Path, workers: int
) -> None:
    corpus = read_corpus(sample_run.corpus, limit=6)
    settings = DistillSettings(teacher="far", neighbours=0, workers=workers)
    answers = Answers({corpus.pairs[1].smiles, corpus.pairs[4].smiles})
    workspace = open_workspace(corpus, folder=None, cache=cache, routes=())
    teacher = build_teacher(Flaky(script=answers), build_alignment_tools(workspace.toolbox), name="far")
    for down, expected in ((answers.down, (4, 2)), (set[str](), (6, 0))):
        answers.down = down
        store = open_run(tmp_path / "run", corpus, settings, index_hash="", resume=not down)
        result = distill(store, workspace, teacher, settings)
        assert (result.done, result.failed) == expected
        if down:
            assert result.reasons == (("teacher 'far': ConnectionError: connection refused", 2),)
            assert [r.id for r in store.rows("failed")] == [corpus.pairs[1].id, corpus.pairs[4].id]
            assert all(r.attempts == 1 and r.trace_id for r in store.rows("failed"))
        store.close()
    workspace.close()


def test_a_bug_is_not_a_failed_row(sample_run: SimpleNamespace, tmp_path: Path, cache: Path) -> None:
    corpus, settings = read_corpus(sample_run.corpus, limit=2), DistillSettings(teacher="buggy", neighbours=0)

    def script(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
        raise KeyError("a bug")

    workspace = open_workspace(corpus, folder=None, cache=cache, routes=())
    teacher = build_teacher(ScriptedModel(script=script), build_alignment_tools(workspace.toolbox), name="buggy")
    store = open_run(tmp_path / "run", corpus, settings, index_hash="", resume=False)
    with pytest.raises(KeyError, match="a bug"):
        distill(store, workspace, teacher, settings)
    assert store.counts() == {"pending": 2}
    store.close()
    workspace.close()


def test_two_processes_do_not_share_a_run_directory(
    sample_run: SimpleNamespace, fresh_out: Path, cache: Path, child_env: dict[str, str]
) -> None:
    """The second one gets a clear line, not a hang."""
    from tools.retrieval import FolderLock

    holder = FolderLock(fresh_out / "index")
    try:
        child = subprocess.run(
            [sys.executable, "-m", "molreflect.cli", "distill", str(sample_run.corpus), "--out", str(fresh_out)],
            env=child_env, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    finally:
        holder.release()
    assert child.returncode == 2
    (line,) = child.stderr.splitlines()
    assert f"in use by process {os.getpid()}" in line
    assert not (fresh_out / "run.yaml").exists()

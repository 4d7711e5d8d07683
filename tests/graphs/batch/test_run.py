"""Batches: every row accounted for, whatever dies; the same records however the work is cut."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from openai_server import Crowd, Reply, says, serve
from rdkit import DataStructs
from rdkit.Chem import rdFingerprintGenerator
from scripted import ScriptedModel, submit
from worker_setups import worker_setup

from molreflect.agents.teacher.agent import build_teacher
from molreflect.cli.main import main
from molreflect.graphs.batch.executors import ProcessExecutor
from molreflect.graphs.batch.opening import open_run, validate_output_folder
from molreflect.graphs.batch.prepared_corpus import prepare_corpus
from molreflect.graphs.batch.run import distill, distill_corpus
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.teacher_setup import open_teacher
from molreflect.graphs.runs.export import export
from molreflect.graphs.runs.store import RunStore
from molreflect.graphs.traces.store import TraceStore
from molreflect.tools.corpus import read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.langchain_tools import build_alignment_tools
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import FailureKind, View


def lines(folder: Path) -> list[dict[str, Any]]:
    """Records as they are exported; nothing in them differs from run to run."""
    return [json.loads(line) for line in (folder / "alignments.jsonl").read_text(encoding="utf-8").splitlines()]


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


@pytest.mark.parametrize(("workers", "processes"), [(1, 1), (4, 1), (16, 1), (4, 2)])
def test_the_records_are_the_same_bytes_whatever_the_concurrency(
    sample_run: SimpleNamespace, fresh_out: Path, cache: Path, workers: int, processes: int
) -> None:
    settings = DistillSettings(workers=workers, processes=processes)
    distill_corpus(str(sample_run.corpus), fresh_out, settings, cache=cache)
    assert (fresh_out / "alignments.jsonl").read_bytes() == (sample_run.folder / "alignments.jsonl").read_bytes()


class Slow(ScriptedModel):
    """Takes its time, by a rule that gives every order of answers: later rows are often quicker than earlier ones."""

    def _generate(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
        time.sleep(zlib.crc32(str(messages[-1].content).encode()) % 7 / 200)
        return super()._generate(messages, *args, **kwargs)


def wrong_then_mended(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
    """Ties every caption's second word wrongly, and is shown what its neighbours made of theirs."""
    words = str(data["caption"]).split()
    if data["task"] == "draft":
        return submit((words[1], "[#6]"), (words[2], "not a pattern"))
    seen = [f"{n['id']}:{len(n['alignments'])}" for n in data.get("neighbours", [])]
    return submit((words[1], "C"), (words[-1], "O"), ("neighbours " + " ".join(seen), "N"))


def test_answers_in_any_order_make_the_same_bytes(sample_run: SimpleNamespace, tmp_path: Path, cache: Path) -> None:
    corpus = read_corpus(sample_run.corpus)
    made = {}
    for workers in (1, 4, 16):
        settings = DistillSettings(teacher="slow", workers=workers, reflect_when="always")
        prepared = prepare_corpus(corpus, folder=None, cache=cache, routes=("molecule",))
        assert prepared.index is not None
        teacher = build_teacher(Slow(script=wrong_then_mended), build_alignment_tools(prepared.resources), name="slow")
        store = open_run(tmp_path / str(workers), corpus, settings, index_hash=prepared.index.index_hash, resume=False)
        assert distill(store, prepared, teacher, settings).failed == 0
        export(store)
        made[workers] = (store.folder / "alignments.jsonl").read_bytes()
        store.close()
        prepared.close()
    assert made[1].count(b"\n") == len(corpus)
    assert made[1] == made[4] == made[16]


def test_a_reflection_waits_for_the_drafts_it_is_shown_and_for_no_others(
    sample_run: SimpleNamespace, tmp_path: Path, cache: Path
) -> None:
    """The slowest draft holds up those rows only that are shown it; they see it whole."""
    corpus = read_corpus(sample_run.corpus)
    slowest = corpus.pairs[0]
    reflected_on, held = [], threading.Event()

    def script(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
        if data["task"] == "draft":
            if data["caption"] == slowest.caption:
                assert held.wait(60), "nobody was reflected on while the slowest draft was made"
            return submit((str(data["caption"]).split()[1], "[#6]"))
        shown = {n["id"] for n in data["neighbours"]}
        reflected_on.append((data["caption"], shown))
        if len(reflected_on) == 3:
            held.set()
        return submit()

    settings = DistillSettings(teacher="slow", workers=4, reflect_when="always", max_repairs=0)
    prepared = prepare_corpus(corpus, folder=None, cache=cache, routes=("molecule",))
    assert prepared.index is not None
    teacher = build_teacher(ScriptedModel(script=script), build_alignment_tools(prepared.resources), name="slow")
    store = open_run(tmp_path / "run", corpus, settings, index_hash=prepared.index.index_hash, resume=False)
    assert distill(store, prepared, teacher, settings).done == len(corpus)
    early = reflected_on[:3]
    assert all(slowest.id not in shown and caption != slowest.caption for caption, shown in early)
    assert len(reflected_on) == len(corpus)
    store.close()
    prepared.close()


@pytest.mark.parametrize("processes", [1, 2])
def test_no_more_calls_are_under_way_than_workers(
    processes: int, sample_run: SimpleNamespace, tmp_path: Path, cache: Path
) -> None:
    crowd = Crowd()

    def answer(body: dict[str, Any], number: int) -> Reply:
        with crowd:
            time.sleep(0.02)
        return says(None, calls=[("AlignmentDraft", {"alignments": []})])

    with serve(answer) as server:
        settings = DistillSettings(
            teacher="m", base_url=server.url, workers=6, processes=processes, reflect_when="always", max_repairs=0,
            neighbours=1, keeps_answers=False,
        )  # fmt: skip
        result, _ = distill_corpus(sample_run.corpus, tmp_path / "run", settings, cache=cache)
    assert len(server.requests) == 2 * result.done >= 40
    assert 3 <= crowd.most <= 6


def test_what_may_take_long_is_reflected_on_first(sample_run: SimpleNamespace, tmp_path: Path, cache: Path) -> None:
    """Begun last, a row that is repaired ends long after all others."""
    corpus = read_corpus(sample_run.corpus, limit=12)
    wrong = {pair.caption for pair in corpus.pairs[6:9]}
    order: list[bool] = []

    def script(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
        if data["task"] == "draft":
            return submit((str(data["caption"]).split()[0], "[U]")) if data["caption"] in wrong else submit()
        order.append(data["caption"] in wrong)
        return submit()

    settings = DistillSettings(teacher="late", reflect_when="always", max_repairs=0, neighbours=0)
    with closing(prepare_corpus(corpus, folder=None, cache=cache, routes=())) as prepared:
        teacher = build_teacher(ScriptedModel(script=script), build_alignment_tools(prepared.resources), name="late")
        with closing(open_run(tmp_path / "run", corpus, settings, index_hash="", resume=False)) as store:
            drafted = distill(store, prepared, teacher, settings)
    assert drafted.done == len(corpus)
    assert order == [True] * 3 + [False] * 9


def test_neighbours_above_a_tanimoto_threshold_are_left_out_and_captions_can_be_compared_by_bm25(
    sample_run: SimpleNamespace, tmp_path: Path, cache: Path
) -> None:
    make = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    prints = {p.id: make.GetFingerprint(read_molecule(p.smiles).mol) for p in read_corpus(sample_run.corpus).pairs}

    def closest(folder: Path) -> float:
        return max(
            DataStructs.TanimotoSimilarity(prints[r["id"]], prints[n]) for r in lines(folder) for n in r["neighbours"]
        )

    assert closest(sample_run.folder) > 0.4, "the corpus should have closer neighbours for this to mean much"
    by_words = DistillSettings(neighbours_by="both", captions_by="bm25", max_tanimoto=0.4)
    assert by_words.routes == ("molecule", "bm25")
    distill_corpus(str(sample_run.corpus), tmp_path / "run", by_words, cache=cache)
    assert closest(tmp_path / "run") <= 0.4
    assert {len(r["neighbours"]) for r in lines(tmp_path / "run")} == {2}
    kept = RunStore.open(tmp_path / "run").settings["settings"]
    assert (kept["max_tanimoto"], kept["captions_by"]) == (0.4, "bm25")


def test_a_process_that_cannot_begin_says_why_and_one_that_dies_ends_the_run_with_its_rows_kept(
    sample_run: SimpleNamespace, fresh_out: Path, cache: Path
) -> None:
    corpus = read_corpus(sample_run.corpus, limit=3)
    prepared = prepare_corpus(corpus, folder=None, cache=cache, routes=())
    settings = DistillSettings(neighbours=0, workers=2, processes=2)
    with (
        ProcessExecutor(worker_setup(prepared, replace(settings, teacher="nobody")), 1) as executor,
        pytest.raises(InputError, match="'nobody' is not a teacher"),
    ):
        executor.wait_ready()
    executor = ProcessExecutor(worker_setup(prepared, settings), 2)
    executor.wait_ready()
    store = open_run(fresh_out / "run", corpus, settings, index_hash="", resume=False)
    teacher = open_teacher(settings, None, prepared.resources, contextlib.ExitStack())

    def stop(what: str, done: int, of: int) -> None:
        for process in list(executor._pool._pool._processes.values()):
            os.kill(process.pid, signal.SIGKILL)

    with pytest.raises(RuntimeError, match="a worker process ended; go on with --resume"):
        distill(store, prepared, teacher, settings, executor=executor, progress=stop)
    assert sum(store.counts().values()) == 3
    assert distill(store, prepared, teacher, replace(settings, processes=1)).done == 3
    store.close()
    prepared.close()


KILLED = """
import os, signal, sys
from pathlib import Path

import molreflect.graphs.batch.run, molreflect.graphs.batch.schedule, molreflect.graphs.runs.export
from molreflect.graphs.runs.store import RunStore

corpus, out, cache = sys.argv[1:4]
molreflect.graphs.batch.schedule.BATCH = 3

def attempt(kill_at):
    def progress(what, done, of):
        if kill_at == (what, done):
            os.kill(os.getpid(), signal.SIGKILL)
    if isinstance(kill_at, str):
        setattr(RunStore, kill_at, lambda self, kept: list(kept) and os.kill(os.getpid(), signal.SIGKILL))
    molreflect.graphs.batch.run.distill_corpus(
        corpus, Path(out), molreflect.graphs.batch.settings.DistillSettings(), resume=True, cache=Path(cache),
        progress=progress,
    )

# Everything is imported once and nothing is opened; every attempt is a process of its own.
for kill_at in [("drafting", 1), ("drafting", 8), "keep_drafts", "keep_records", ("reflecting", 1), None]:
    child = os.fork()
    if child == 0:
        try:
            attempt(kill_at)
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
    assert {t.trace_id for t in traces.traces()} == store.trace_ids()
    for record in lines(fresh_out):  # the spans of an attempt that came to nothing are gone
        roots = [s.name for s in traces.spans(record["trace_id"]) if s.parent_id is None]
        assert roots in (["align:draft"], ["align:draft", "align:reflect"]), record["id"]
        if record["rounds"]:
            assert roots[-1] == "align:reflect", record["id"]


def test_resume_of_a_finished_run_does_nothing(sample_run: SimpleNamespace, tmp_path: Path, cache: Path) -> None:
    out = tmp_path / "run"
    shutil.copytree(sample_run.folder, out, ignore=shutil.ignore_patterns("owner.lock"))
    seen: list[Any] = []
    distill_corpus(
        str(sample_run.corpus), out, DistillSettings(), resume=True, cache=cache, progress=lambda *a: seen.append(a)
    )
    assert {what for what, *_ in seen} == {"drawing the report"}
    assert (out / "alignments.jsonl").read_bytes() == (sample_run.folder / "alignments.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (DistillSettings(neighbours=3), r"was made with other settings \(settings\.neighbours: 2 there, 3 now\)"),
        (DistillSettings(view=View.CAPTION), r"other settings \(settings\.view: pair there, caption now\)"),
        (DistillSettings(teacher="openai:x"), r"other settings \(settings\.teacher: lexicon there, openai:x now\)"),
    ],
)
def test_resume_with_other_settings_is_refused_and_names_them(
    sample_run: SimpleNamespace, settings: DistillSettings, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        validate_output_folder(sample_run.folder, read_corpus(sample_run.corpus), settings, resume=True)


def test_resume_with_another_corpus_is_refused_before_anything_is_touched(
    sample_run: SimpleNamespace, tmp_path: Path, cache: Path
) -> None:
    out, other = tmp_path / "run", tmp_path / "other.tsv"
    shutil.copytree(sample_run.folder, out, ignore=shutil.ignore_patterns("owner.lock"))
    other.write_text("CID\tSMILES\tdescription\n1\tCCO\tThe molecule is a primary alcohol.\n", encoding="utf-8")
    before = {p: p.stat().st_mtime_ns for p in (out / "index").rglob("*")}
    with pytest.raises(InputError, match="was made from another corpus than"):
        distill_corpus(str(other), out, DistillSettings(), resume=True, cache=cache)
    assert {p: p.stat().st_mtime_ns for p in (out / "index").rglob("*")} == before


def test_workers_are_no_setting_that_decides() -> None:
    assert DistillSettings(workers=4).result_settings() == DistillSettings(workers=1).result_settings()


@pytest.mark.parametrize("wrong", [{"neighbours": 17}, {"workers": 0}, {"max_repairs": -1}, {"select": "perplexity"}])
def test_impossible_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
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
    prepared = prepare_corpus(corpus, folder=None, cache=cache, routes=())
    teacher = build_teacher(Flaky(script=answers), build_alignment_tools(prepared.resources), name="far")
    for down, expected in ((answers.down, (4, 2)), (set[str](), (6, 0))):
        answers.down = down
        store = open_run(tmp_path / "run", corpus, settings, index_hash="", resume=not down)
        result = distill(store, prepared, teacher, settings)
        assert (result.done, result.failed) == expected
        if down:
            assert result.reasons == (("teacher 'far': ConnectionError: connection refused", 2),)
            assert [r.id for r in store.rows("failed")] == [corpus.pairs[1].id, corpus.pairs[4].id]
            assert all(r.attempts == 1 and r.trace_id for r in store.rows("failed"))
        store.close()
    prepared.close()


@pytest.mark.parametrize("workers", [1, 3])
def test_a_reflection_that_fails_leaves_its_draft_and_its_reason(
    sample_run: SimpleNamespace, tmp_path: Path, cache: Path, workers: int
) -> None:
    corpus = read_corpus(sample_run.corpus, limit=4)
    settings = DistillSettings(teacher="far", neighbours=0, workers=workers, max_repairs=0)
    down = [True]

    def script(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
        if "neighbours" in data and down:
            raise ConnectionError("connection refused")
        return submit(("words that stand nowhere", "C"))

    prepared = prepare_corpus(corpus, folder=None, cache=cache, routes=())
    teacher = build_teacher(ScriptedModel(script=script), build_alignment_tools(prepared.resources), name="far")
    store = open_run(tmp_path / "run", corpus, settings, index_hash="", resume=False)
    result = distill(store, prepared, teacher, settings)
    assert (result.done, result.failed, result.left) == (0, 4, 0)
    assert result.reasons == (("teacher 'far': ConnectionError: connection refused", 4),)
    assert all(store.draft(row.id) is not None and row.attempts == 2 for row in store.rows("failed"))
    spans = TraceStore(tmp_path / "run" / "traces.sqlite")
    for row in store.rows():
        roots = [s.name for s in spans.spans(row.trace_id) if s.parent_id is None]
        assert roots == ["align:draft", "align:reflect", "align:reflect"]  # what failed was tried again at the end
    store.close()
    down.clear()
    store = open_run(tmp_path / "run", corpus, settings, index_hash="", resume=True)
    assert store.counts() == {"drafted": 4}
    assert distill(store, prepared, teacher, settings).done == 4
    store.close()
    prepared.close()


def test_neighbours_that_were_not_looked_up_are_missed_also_where_nothing_is_reflected_on(
    sample_run: SimpleNamespace, tmp_path: Path, cache: Path
) -> None:
    corpus = read_corpus(sample_run.corpus, limit=3)
    settings = DistillSettings(teacher="silent")
    prepared = prepare_corpus(corpus, folder=tmp_path / "index", cache=cache, routes=settings.routes)
    found: Future[Any] = Future()

    def script(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
        return submit()

    teacher = build_teacher(ScriptedModel(script=script), build_alignment_tools(prepared.resources), name="silent")
    store = open_run(tmp_path / "run", corpus, settings, index_hash="", resume=False)
    threading.Timer(2.0, found.set_result, [{corpus.pairs[0].id: ()}]).start()  # when all drafts are made
    with pytest.raises(ValueError, match="neighbours of 2 rows were not looked up"):
        distill(store, prepared, teacher, settings, found=found)
    assert store.counts() == {"drafted": 3}
    store.close()
    prepared.close()


@pytest.mark.parametrize("rows", [2, 24])
def test_an_error_nobody_foresaw_fails_its_row_and_many_alike_stop_the_run(
    rows: int, sample_run: SimpleNamespace, tmp_path: Path, cache: Path
) -> None:
    corpus, settings = read_corpus(sample_run.corpus, limit=rows), DistillSettings(teacher="buggy", neighbours=0)

    def script(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
        raise KeyError("a bug")

    prepared = prepare_corpus(corpus, folder=None, cache=cache, routes=())
    teacher = build_teacher(ScriptedModel(script=script), build_alignment_tools(prepared.resources), name="buggy")
    store = open_run(tmp_path / "run", corpus, settings, index_hash="", resume=False)
    if rows == 2:
        result = distill(store, prepared, teacher, settings)
        assert dict(result.kinds) == {FailureKind.UNEXPECTED: 2}
        assert result.reasons == (("unexpected KeyError: \"'a bug'\"", 2),)
    else:
        with pytest.raises(RuntimeError, match=r"(?s)20 rows in a row failed of the same error.*KeyError: 'a bug'"):
            distill(store, prepared, teacher, settings)
    assert store.counts() == {"failed": min(rows, 20)} | ({"pending": rows - 20} if rows > 20 else {})
    assert all("Traceback" in raw and "KeyError" in raw for raw, _ in store.last_failures().values())
    store.close()
    prepared.close()


def test_two_processes_do_not_share_a_run_directory(
    sample_run: SimpleNamespace, fresh_out: Path, cache: Path, child_env: dict[str, str]
) -> None:
    """The second one gets a clear line, not a hang."""
    from molreflect.tools.storage import run_lock

    with run_lock(fresh_out / "index"):
        child = subprocess.run(
            [sys.executable, "-m", "molreflect", "distill", str(sample_run.corpus), "--out", str(fresh_out)],
            env=child_env, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert child.returncode == 2
    *_, line = child.stderr.splitlines()  # what is said of the corpus comes before
    assert f"in use by process {os.getpid()}" in line
    assert not (fresh_out / "run.yaml").exists()


def test_a_chroma_server_gives_the_records_of_a_runs_own_index(
    sample_run: SimpleNamespace, fresh_out: Path, cache: Path, tmp_path: Path, free_port: int
) -> None:
    command = [str(Path(sys.executable).parent / "chroma"), "run", "--path", str(tmp_path / "server")]
    server = subprocess.Popen(
        [*command, "--port", str(free_port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{free_port}"
    shutil.rmtree(fresh_out / "index" / "chroma")
    try:
        for _ in range(150):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", free_port), timeout=1):
                break
            time.sleep(0.2)
        distill_corpus(str(sample_run.corpus), fresh_out, DistillSettings(), cache=cache, chroma_url=url)
    finally:
        server.terminate()
        server.wait(20)
    assert (fresh_out / "alignments.jsonl").read_bytes() == (sample_run.folder / "alignments.jsonl").read_bytes()
    assert not (fresh_out / "index" / "chroma").exists()


HELD = """
import sys
from pathlib import Path

from molreflect.graphs.batch.run import distill_corpus
from molreflect.graphs.batch.settings import DistillSettings

begun = []

def progress(what, done, of):
    if not begun:
        begun.append(print("begun", flush=True))
        sys.stdin.readline()

corpus, out, cache = sys.argv[1:4]
distill_corpus(
    corpus, Path(out), DistillSettings(neighbours=0), limit=6, cache=Path(cache), progress=progress
)
"""


def test_a_second_process_is_refused_while_a_run_goes_on(
    sample_run: SimpleNamespace,
    fresh_out: Path,
    cache: Path,
    child_env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run, settings = fresh_out / "run", DistillSettings(neighbours=0)
    command = [sys.executable, "-c", HELD, str(sample_run.corpus), str(run), str(cache)]
    with subprocess.Popen(command, env=child_env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        assert first.stdout.readline() == "begun\n"
        with pytest.raises(InputError, match=f"in use by process {first.pid}"):
            distill_corpus(str(sample_run.corpus), run, settings, limit=6, resume=True, cache=cache)
        with pytest.raises(InputError, match="already holds a run"):
            distill_corpus(str(sample_run.corpus), run, settings, limit=6, cache=cache)
        for command in ("retry", "export"):
            monkeypatch.setattr("sys.argv", ["molreflect", command, str(run)])
            with pytest.raises(SystemExit) as stop:
                main()
            assert stop.value.code == 2
            assert f"in use by process {first.pid}" in capsys.readouterr().err
        first.communicate("go on\n", timeout=120)
    assert first.returncode == 0
    with closing(RunStore.open(run)) as store:
        assert [row.attempts for row in store.rows()] == [1] * 6

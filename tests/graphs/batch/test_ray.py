"""A batch on Ray Data, on a cluster of two workers on this machine."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from copied import copied_folder
from openai_server import Reply, Server, conversation, says, serve
from scripted import what_is_asked

from molreflect.agents.models.responses import FILE
from molreflect.agents.schemas import Usage
from molreflect.agents.teacher.budget import Caps
from molreflect.agents.teacher.desk import Reply as DeskReply
from molreflect.graphs.alignment.state import AlignmentState
from molreflect.graphs.batch.engines import open_executor
from molreflect.graphs.batch.prepared_corpus import prepare_corpus
from molreflect.graphs.batch.ray_engine import RayExecutor, connected, require_ray, run_once_alive
from molreflect.graphs.batch.ray_mailbox import Beginnings, Begun, Letter
from molreflect.graphs.batch.run import DistillResult, distill, open_run, trace_target
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.tasks import Failure, Interrupted, Outcome, Task
from molreflect.graphs.batch.teacher_setup import open_teacher_setup
from molreflect.graphs.runs.export import export
from molreflect.graphs.traces.store import TraceStore
from molreflect.tools.corpus import read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Engine, View

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="needs Ray Data: pip install 'molreflect[ray]'")


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    with connected(2):
        yield


def answers(body: dict[str, Any], number: int) -> Reply:
    """Tie a word wrongly in the draft, and say in the reflection what was shown of the neighbours."""
    data, _ = what_is_asked(conversation(body))
    words = str(data["caption"]).split()
    shown = [f"{n['id']}:{len(n['alignments'])}" for n in data.get("neighbours", [])]
    phrase = words[1] if data["task"] == "draft" else "neighbours " + " ".join(shown)
    found = {"alignments": [{"phrase": phrase, "pattern": "[#6]"}, {"phrase": words[-1], "pattern": "O"}]}
    return replace(says(None, calls=[("AlignmentDraft", found)]), delay=0.1)


Progress = Callable[[RayExecutor | None, int], None]


def work(
    server: Server, out: Path, corpus: Path, cache: Path, progress: Progress = lambda executor, done: None, **more: Any
) -> DistillResult:
    """Distil with four calls at a time, and export."""
    settings = DistillSettings(
        teacher="m", base_url=server.url, workers=4, processes=2 if "engine" in more else 1, reflect_when="always",
        max_repairs=0, **more,
    )  # fmt: skip
    pairs = read_corpus(corpus)
    with closing(prepare_corpus(pairs, folder=None, cache=cache, routes=settings.routes)) as prepared, ExitStack() as s:
        voice = open_teacher_setup(settings)
        store = s.enter_context(closing(open_run(out, pairs, settings, index_hash="", resume=False)))
        teacher = voice.teacher(prepared.resources, s, voice.meter(s, store), cache=cache)
        index = prepared.index.index_hash if prepared.index is not None else ""
        traces = trace_target(out, settings)
        executor = open_executor(prepared, settings, index, s, rows=len(pairs), teacher=teacher, traces=traces)
        assert executor is None or isinstance(executor, RayExecutor)
        result = distill(
            store, prepared, teacher, settings, executor=executor,
            progress=lambda what, done, of: progress(executor, done),
        )  # fmt: skip
        export(store)
        return result


@needs_ray
@pytest.mark.timeout(900)  # a cluster starts a dozen processes, and a busy machine takes its time for them
def test_a_worker_that_is_killed_loses_nothing_and_the_export_is_the_same(
    cluster: None, sample_run: SimpleNamespace, tmp_path: Path, cache: Path
) -> None:
    mine = tmp_path / "cache"
    copied_folder(cache, mine, f"{FILE}*")  # names, and no answers
    killed: list[int] = []

    def kill_one(executor: RayExecutor | None, done: int) -> None:
        assert executor is not None
        if done == 5 and not killed:
            killed.append(int(next(iter(executor._reader._seen)).split("/")[1].split("-")[0]))
            os.kill(killed[0], signal.SIGKILL)

    with serve(answers) as server:
        undisturbed = work(server, tmp_path / "threads", sample_run.corpus, cache, keeps_answers=False)
        asked = len(server.requests)
        result = work(server, tmp_path / "ray", sample_run.corpus, mine, kill_one, engine=Engine.RAY)
        asked_again = len(server.requests) - 2 * asked
    assert killed
    assert (result.done, result.failed, result.left) == (undisturbed.done, 0, 0) == (24, 0, 0)
    same = (tmp_path / "threads" / "alignments.jsonl").read_bytes()
    assert (tmp_path / "ray" / "alignments.jsonl").read_bytes() == same
    assert same.count(b'"calls": 2') == 24, "every row was drafted and reflected on"
    assert 0 <= asked_again <= 2, "the calls that the dead worker had under way"
    with closing(TraceStore(tmp_path / "ray" / "traces.sqlite")) as traces:
        for name in traces.trace_ids():
            roots = [span.name for span in traces.spans(name) if span.parent_id is None]
            assert roots == ["align:draft", "align:reflect"], "workers send their spans, and none is left of the dead"
        assert traces.count() == 24


@needs_ray
@pytest.mark.timeout(900)
def test_a_cap_holds_over_all_workers(cluster: None, sample_run: SimpleNamespace, tmp_path: Path, cache: Path) -> None:
    with serve(answers) as server:
        result = work(
            server, tmp_path / "run", sample_run.corpus, cache,
            engine=Engine.RAY, neighbours=0, keeps_answers=False, caps=Caps(calls=9),
        )  # fmt: skip
    assert "cap of 9 calls" in str(result.stopped)
    assert len(server.requests) == 9
    assert (result.failed, result.done + result.left) == (0, 24)


def test_ray_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"--engine ray needs Ray Data, .* pip install 'molreflect\[ray\]'"):
        require_ray()


@needs_ray
def test_a_cluster_that_cannot_be_reached_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch, free_port: int) -> None:
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda **_: (_ for _ in ()).throw(ConnectionError("nobody\nthere")))
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{free_port}")
    with pytest.raises(InputError, match=rf"no Ray cluster at '127.0.0.1:{free_port}' \(RAY_ADDRESS\): nobody there"):
        connected(2).__enter__()


def test_a_row_that_kills_its_workers_fails_and_is_tried_alone_before() -> None:
    beginnings, suspects, alone = Beginnings(), threading.Lock(), list[bool]()
    task = Task("draft", AlignmentState(id="1", view=View.PAIR, smiles="C", caption="methane", trace_id="t"))

    def ask(letter: Letter) -> DeskReply:
        assert isinstance(letter, Begun)
        return DeskReply(None, 0, number=beginnings.note(letter))

    def dies(task: Task) -> Outcome:
        alone.append(suspects.locked())
        raise SystemExit

    for _ in range(2):
        with pytest.raises(SystemExit):
            run_once_alive(task, dies, ask, suspects)
    ended = run_once_alive(task, dies, ask, suspects)
    assert alone == [False, True]
    assert isinstance(ended, Failure)
    assert ended.reason.startswith("a process died twice")
    reflection = replace(task, part="reflect")
    assert run_once_alive(reflection, lambda task: Interrupted(Usage()), ask, suspects) == Interrupted(Usage())

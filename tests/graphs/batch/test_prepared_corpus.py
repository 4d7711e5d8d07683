"""What is prepared before a batch, so that nobody waits for it in the batch."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from worker_setups import worker_setup

from molreflect.graphs.alignment.state import AlignmentState
from molreflect.graphs.batch.engines import open_executor, start_early
from molreflect.graphs.batch.executors import ProcessExecutor, WorkerSetup
from molreflect.graphs.batch.neighbours import NeighboursOf, find_neighbours
from molreflect.graphs.batch.opening import open_run
from molreflect.graphs.batch.prepared_corpus import PreparedCorpus, prepare_corpus
from molreflect.graphs.batch.reviving import RevivingExecutor
from molreflect.graphs.batch.run import distill
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.tasks import Finished, Task
from molreflect.graphs.batch.teacher_setup import open_teacher
from molreflect.graphs.batch.worker_pool import WorkerPool
from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.corpus import RowsOf, inchikey_blocks, read_corpus
from molreflect.tools.evidence import presence as evidence_module
from molreflect.tools.evidence.corpus_evidence import CorpusEvidence
from molreflect.tools.names import structures as nomenclature
from molreflect.tools.retrieval.index import NeighbourIndex
from molreflect.tools.terms import PhraseKind, View


def structures(prepared: PreparedCorpus) -> list[Phrase]:
    read = prepared.resources.reader.read
    return [p for pair in prepared.corpus.pairs for p in read(pair.caption) if p.kind is PhraseKind.STRUCTURE]


def test_names_are_read_as_captions_write_them_so_that_a_batch_finds_them(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.tsv"
    corpus.write_text(
        "CID\tSMILES\tdescription\n"
        "1\tCC(=O)N[C@@H](CC(C)C)C(=O)O\tThe molecule is N-acetyl-L-leucine, which bears an N-propylacetamide.\n",
        encoding="utf-8",
    )
    with contextlib.closing(
        prepare_corpus(read_corpus(corpus), folder=None, cache=tmp_path / "cache", routes=())
    ) as prepared:
        named = [p.name for p in structures(prepared) if p.name]
        assert any(name != name.lower() for name in named), "some names should have capitals for this to mean anything"
        parsed = prepared.resources.nomenclature.parses
        assert parsed > 0
        prepared.resources.nomenclature.resolve(named)
        assert prepared.resources.nomenclature.parses == parsed


def test_a_process_that_is_ended_keeps_the_evidence_it_counted(
    sample_run: SimpleNamespace, tmp_path: Path, cache: Path
) -> None:
    corpus = read_corpus(sample_run.corpus)
    with contextlib.closing(prepare_corpus(corpus, folder=tmp_path, cache=cache, routes=())) as prepared:
        settings = DistillSettings(neighbours=0, workers=2, processes=2, view=View.CAPTION)
        executor = ProcessExecutor(worker_setup(prepared, settings), 1)
        tasks = [
            Task("draft", AlignmentState(id=p.id, view=View.CAPTION, smiles=None, caption=p.caption, trace_id=p.id))
            for p in corpus.pairs[:3]
        ]
        drafts = [future.result() for future in [executor.submit(task) for task in tasks]]
        executor.stop()
        assert all(isinstance(draft, Finished) for draft in drafts)
        evidence = prepared.resources.evidence
        assert evidence is not None
        assert evidence._patterns._store is not None
        [(kept,)] = evidence._patterns._store._db.execute("SELECT count(*) FROM presence").fetchall()
        assert 0 < kept < evidence_module._FLUSH, "as few as would still wait in memory"


@pytest.mark.parametrize("reads_names", [False, True])
def test_java_starts_with_a_process_where_names_are_to_be_read(
    sample_run: SimpleNamespace, cache: Path, monkeypatch: pytest.MonkeyPatch, reads_names: bool
) -> None:
    corpus = read_corpus(sample_run.corpus, limit=2)
    with contextlib.closing(prepare_corpus(corpus, folder=None, cache=cache, routes=())) as prepared:
        started: list[bool] = []
        monkeypatch.setattr(nomenclature, "opsin", lambda: started.append(True))
        with contextlib.ExitStack() as stack:
            replace(worker_setup(prepared, DistillSettings(neighbours=0)), reads_names=reads_names).open(stack)
        assert started == [True] * reads_names


def test_processes_read_names_where_the_cache_lacked_some(
    sample_run: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    class Told:
        def __init__(self, told: WorkerSetup, *_: object) -> None:
            seen.append(told.reads_names)

        def wait_ready(self) -> None: ...

        def __enter__(self) -> Told:
            return self

        def __exit__(self, *_: object) -> None: ...

        def stop(self) -> None: ...

    monkeypatch.setattr("molreflect.graphs.batch.engines.ProcessExecutor", Told)
    corpus = read_corpus(sample_run.corpus, limit=30)
    settings = DistillSettings(neighbours=0, workers=2, processes=2)
    for _ in range(2):
        with (
            contextlib.closing(prepare_corpus(corpus, folder=None, cache=tmp_path / "cache", routes=())) as prepared,
            contextlib.ExitStack() as stack,
        ):
            open_executor(prepared, settings, "", stack, rows=30)
    assert seen == [True, False]


def test_processes_end_when_they_are_stopped_or_their_parent_is_gone(
    sample_run: SimpleNamespace, cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    corpus = read_corpus(sample_run.corpus, limit=2)
    with contextlib.closing(prepare_corpus(corpus, folder=None, cache=cache, routes=())) as prepared:
        executor = ProcessExecutor(worker_setup(prepared, DistillSettings(neighbours=0)), 2)
        executor.wait_ready()
        executor._pool.end()  # as the operating system does where a process is killed
        assert [served.result(20) for served in executor._served] == [None, None]
        executor.stop()
    assert "Traceback" not in capfd.readouterr().err


def test_processes_that_start_early_read_the_names_and_are_taken_by_the_batch(
    sample_run: SimpleNamespace, tmp_path: Path
) -> None:
    corpus = read_corpus(sample_run.corpus, limit=4)
    settings = DistillSettings(neighbours=0, workers=2, processes=2)
    with contextlib.ExitStack() as stack:
        pool = start_early(settings, 4, stack)
        assert pool is not None
        prepared = stack.enter_context(
            contextlib.closing(prepare_corpus(corpus, folder=None, cache=tmp_path / "cache", routes=(), elsewhere=pool))
        )
        names = prepared.resources.nomenclature
        assert (prepared.new_names, names.parses) == (True, 0)
        said = [p.name or p.key for p in structures(prepared)]
        here = nomenclature.Nomenclature()
        assert {n: s for n, s in names.resolve(said).items() if s and s.source != "corpus"} == {
            n: s for n, s in here.resolve(said).items() if s
        }
        assert here.parses > 0
        executor = open_executor(prepared, settings, "", stack, rows=4, started=pool)
        assert isinstance(executor, RevivingExecutor)
        assert executor._inner._pool is pool  # type: ignore[attr-defined]
        (pair, *_) = corpus.pairs
        state = AlignmentState(id=pair.id, smiles=pair.smiles, caption=pair.caption, trace_id=pair.id)
        assert isinstance(executor.submit(Task("draft", state)).result(), Finished)


def test_what_concerns_one_molecule_is_computed_in_other_processes(
    sample_run: SimpleNamespace, tmp_path: Path, cache: Path
) -> None:
    corpus, asked = read_corpus(sample_run.corpus, limit=6), []
    with contextlib.closing(WorkerPool(2)) as pool:

        def spread(function: RowsOf, smiles: Sequence[str]) -> npt.NDArray[Any]:
            asked.append(len(smiles))
            parts = [pool.spread(function, smiles[:2]), pool.spread(function, smiles[2:])]
            return np.concatenate(parts)

        elsewhere = SimpleNamespace(begin_names=pool.begin_names, spread=spread)
        prepared = prepare_corpus(corpus, folder=tmp_path, cache=cache, routes=("molecule",), elsewhere=elsewhere)
        with contextlib.closing(prepared), contextlib.closing(NeighbourIndex(corpus)) as here:
            there = prepared.ready()
            assert there is not None
            assert asked == [6, 6, 6], "blocks, fingerprints, and what patterns are screened by"
            assert there.blocks.tolist() == here.blocks.tolist()
            assert (there.prints.bits == here.prints.bits).all()
            assert prepared.resources.evidence is not None
            assert (
                prepared.resources.evidence.presence("c1ccccc1").tolist()
                == CorpusEvidence(corpus, {}).presence("c1ccccc1").tolist()
            )


def test_processes_that_died_early_are_not_taken(sample_run: SimpleNamespace, tmp_path: Path, cache: Path) -> None:
    corpus = read_corpus(sample_run.corpus, limit=2)
    settings = DistillSettings(neighbours=0, workers=2, processes=2)
    with (
        contextlib.closing(prepare_corpus(corpus, folder=None, cache=cache, routes=())) as prepared,
        contextlib.ExitStack() as stack,
    ):
        pool = start_early(settings, 2, stack)
        assert pool is not None
        for pid in [*pool._pool._processes]:
            os.kill(pid, signal.SIGKILL)
        pool.begin_names(["2-methoxyphenol"], tmp_path)()  # which leaves the name to whoever reads the cache
        assert inchikey_blocks(corpus, spread=pool.spread).tolist() == inchikey_blocks(corpus).tolist()
        executor = open_executor(prepared, settings, "", stack, rows=2, started=pool)
        assert isinstance(executor, RevivingExecutor)
        assert executor._inner._pool is not pool  # type: ignore[attr-defined]


def test_one_process_is_not_started_early() -> None:
    with contextlib.ExitStack() as stack:
        assert start_early(DistillSettings(), 10, stack) is None


def test_processes_that_have_not_begun_are_not_waited_for(sample_run: SimpleNamespace, cache: Path) -> None:
    corpus = read_corpus(sample_run.corpus, limit=2)
    with contextlib.closing(prepare_corpus(corpus, folder=None, cache=cache, routes=())) as prepared:
        executor = ProcessExecutor(worker_setup(prepared, DistillSettings(neighbours=0)), 2)
        processes = list(executor._pool._pool._processes.values())
        executor.stop()
        assert [process.exitcode for process in processes] == [-signal.SIGKILL] * 2


def test_neighbours_that_were_looked_up_before_are_those_of_the_batch(
    sample_run: SimpleNamespace, tmp_path: Path, cache: Path
) -> None:
    corpus = read_corpus(sample_run.corpus, limit=8)
    settings = DistillSettings()
    with contextlib.closing(prepare_corpus(corpus, folder=None, cache=cache, routes=settings.routes)) as prepared:
        teacher = open_teacher(settings, None, prepared.resources, contextlib.ExitStack())

        def run(name: str, change: Callable[[NeighboursOf], NeighboursOf]) -> list[int]:
            with contextlib.closing(open_run(tmp_path / name, corpus, settings, index_hash="", resume=False)) as store:
                found: Future[NeighboursOf] = Future()
                found.set_result(change(find_neighbours(store.rows(), prepared, settings)))
                distill(store, prepared, teacher, settings, found=found)
                return [len(record["neighbours"]) for record in store.records()]

        assert run("all", lambda found: found) == [2] * 8
        assert run("closest", lambda found: {row: near[:1] for row, near in found.items()}) == [1] * 8
        with pytest.raises(ValueError, match="neighbours of 1 rows were not looked up, '"):
            run("one short", lambda found: dict(list(found.items())[1:]))

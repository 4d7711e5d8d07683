"""Shared by all tests; its place here also lets them import `tiny_model` and `scripted`."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

SAMPLE = Path(__file__).parents[1] / "data" / "sample.tsv"
PAIRS = 24
"""Pairs of the sample corpus in the run that many tests share."""


@pytest.fixture(scope="session", autouse=True)
def _no_home_of_a_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep conversations and traces of tests out of the home of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOLREFLECT_HOME", str(tmp_path_factory.mktemp("own-home")))
        yield


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of names of this test session; child processes are handed the same."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def child_env(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment of commands that are run as a user would: caches of the session, no keys, no hub, no colours."""
    dropped = ("OPENAI_API_KEY", "FORCE_COLOR", "NO_COLOR", "PYTEST_CURRENT_TEST")
    env = {k: v for k, v in os.environ.items() if k not in dropped}
    return env | {
        "MOLREFLECT_CACHE": str(cache), "MOLREFLECT_HOME": str(tmp_path_factory.mktemp("home")), "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": os.pathsep.join([str(SAMPLE.parents[1]), str(Path(__file__).parent / "support")]),
    }  # fmt: skip


@pytest.fixture(scope="session")
def resources(cache: Path) -> Iterator[Any]:
    """Lexicon, reader and names, without a corpus."""
    from molreflect.tools.resources import open_resources

    opened = open_resources(cache)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def sample_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus cut from the sample: one draft is refuted once, one phrase nobody reads, one row is unreadable."""
    path = tmp_path_factory.mktemp("corpus") / "small.tsv"
    header, *rows = SAMPLE.read_text(encoding="utf-8").splitlines()
    unread = "U001\tCCOC(C)=O\tThe molecule is an acetate ester. It is a polyketide and an ethyl ester."
    refuted = next(row for row in rows if row.startswith("S052\t"))  # the first meaning of a word fails, the next holds
    rows = [*rows[: PAIRS - 2], refuted, unread, "BAD\tC1CC\tThe molecule is broken."]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def sample_run(sample_corpus: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """One undisturbed run of the small corpus with the defaults: `.folder`, `.corpus`, `.settings`, `.result`.

    Tests that change something copy the folder; `index/` in it spares them the sentence model.
    """
    from molreflect.graphs.batch.run import distill_corpus
    from molreflect.graphs.batch.settings import DistillSettings

    folder = tmp_path_factory.mktemp("runs") / "sample"
    settings = DistillSettings()
    result, exported = distill_corpus(str(sample_corpus), folder, settings, cache=cache)
    return SimpleNamespace(
        folder=folder, corpus=sample_corpus, settings=settings, result=result, summary=exported.summary
    )


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Keep torch to one thread in a whole file, and what is there already out of the sight of the garbage collector.

    Every training collects garbage several times, and a process that has run a thousand tests holds over a million
    objects, which take longer to go through than a tiny model takes to train.
    """
    from tiny_model import one_thread

    with one_thread():
        gc.freeze()
        yield
        gc.unfreeze()


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base model that many tests train and ask; who changes it copies it."""
    from tiny_model import save_tiny_base

    return save_tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture
def fresh_out(sample_run: SimpleNamespace, tmp_path: Path) -> Path:
    """A folder for a new run of the small corpus, with the index already in it."""
    out = tmp_path / "run"
    out.mkdir()
    shutil.copytree(sample_run.folder / "index", out / "index", ignore=shutil.ignore_patterns("owner.lock"))
    return out


@pytest.fixture
def no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the page of a run, whose drawings take as long as its rows, where nobody looks at it."""
    monkeypatch.setattr("molreflect.graphs.runs.export.write_report", lambda *arguments, **settings: None)


@pytest.fixture
def free_port() -> int:
    """A port of this machine that nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

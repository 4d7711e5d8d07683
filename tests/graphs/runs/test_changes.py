"""A run whose corpus, server or settings have changed pays for what changed, and says so first."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openai_server import Reply, says, serve

from molreflect.agents.models.registry import Sampling
from molreflect.graphs.batch.run import distill_corpus
from molreflect.graphs.batch.settings import DistillSettings, read_settings, settings_of
from molreflect.graphs.runs.status import status_of
from molreflect.tools.errors import InputError


def submits(body: dict[str, Any], number: int) -> Reply:
    return says(None, calls=[("AlignmentDraft", {"alignments": []})])


@pytest.fixture
def corpus(sample_run: SimpleNamespace, tmp_path: Path) -> Path:
    lines = sample_run.corpus.read_text(encoding="utf-8").splitlines()
    path = tmp_path / "corpus.tsv"
    path.write_text("\n".join(lines[:9]) + "\n", encoding="utf-8")
    return path


def rows_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def ids(out: Path) -> list[str]:
    return [json.loads(line)["id"] for line in rows_of(out / "alignments.jsonl")]


def test_a_resumed_run_pays_for_new_and_changed_rows_only(corpus: Path, tmp_path: Path, cache: Path) -> None:
    out, told = tmp_path / "run", []
    with serve(submits) as server:
        settings = DistillSettings(teacher="m", base_url=server.url, neighbours=0, keeps_answers=False)

        def go(**more: Any) -> int:
            before = len(server.requests)
            told.clear()
            result, _ = distill_corpus(str(corpus), out, settings, cache=cache, report=told.append, **more)
            assert result.failed == result.left == 0
            return len(server.requests) - before

        assert go() == 8
        header, *rows = rows_of(corpus)
        last = rows.pop()
        cells = rows[0].split("\t")
        changed = "\t".join([*cells[:-1], "The molecule is another one, an alcohol."])
        write(corpus, [header, *reversed(rows[1:]), changed, last.replace(last.split("\t")[0], "NEW")])
        assert go(resume=True) == 2
        assert "1 row new, 1 changed, 1 removed, 6 kept; 2 rows to do" in told
        assert ids(out) == [row.split("\t")[0] for row in rows_of(corpus)[1:]]
        assert go(resume=True) == 0
    with serve(submits) as moved:
        settings = replace(settings, base_url=moved.url + "/")
        distill_corpus(str(corpus), out, settings, cache=cache, resume=True)
        assert moved.requests == []


def test_other_settings_need_to_be_asked_for(corpus: Path, tmp_path: Path, cache: Path) -> None:
    out = tmp_path / "run"
    with serve(submits) as server:
        settings = DistillSettings(teacher="m", base_url=server.url, neighbours=0, keeps_answers=False)
        distill_corpus(str(corpus), out, settings, cache=cache)
        warmer = replace(settings, sampling=Sampling(temperature=0.9))
        with pytest.raises(InputError, match=r"temperature.*do all 8 rows again with --resume --redo"):
            distill_corpus(str(corpus), out, warmer, cache=cache, resume=True)
        assert len(server.requests) == 8
        told: list[str] = []
        distill_corpus(str(corpus), out, warmer, cache=cache, resume=True, redo=True, report=told.append)
        assert "other settings: 8 rows to do again" in told
        assert len(server.requests) == 16
    found = status_of(out)
    assert (found.rows, found.spent.calls, found.running) == ({"done": 8}, 16, False)


def test_rows_whose_neighbours_change_are_reflected_on_again(corpus: Path, tmp_path: Path, cache: Path) -> None:
    """A grown corpus ends with the records of a run that was made from it at once."""
    header, *rows = rows_of(corpus)
    grown = corpus.with_name("grown.tsv")
    write(grown, [header, *rows])
    write(corpus, [header, *rows[:5]])
    with serve(submits) as server:
        settings = DistillSettings(
            teacher="m", base_url=server.url, neighbours=2, reflect_when="always", keeps_answers=False
        )
        distill_corpus(str(corpus), tmp_path / "run", settings, cache=cache)
        before = len(server.requests)
        distill_corpus(str(grown), tmp_path / "run", settings, cache=cache, resume=True)
        assert 6 <= len(server.requests) - before < 16, "new rows in full, old ones only where neighbours changed"
        distill_corpus(str(grown), tmp_path / "whole", settings, cache=cache)

    def shown(out: Path) -> list[tuple[str, Any]]:
        return [(r["id"], r["neighbours"]) for r in map(json.loads, rows_of(out / "alignments.jsonl"))]

    assert shown(tmp_path / "run") == shown(tmp_path / "whole")


def test_the_settings_of_another_run_name_its_server(corpus: Path, tmp_path: Path, cache: Path) -> None:
    with serve(submits) as server:
        settings = DistillSettings(teacher="m", base_url=server.url, neighbours=0)
        distill_corpus(str(corpus), tmp_path / "run", settings, cache=cache, limit=1)
        assert settings_of(read_settings(tmp_path / "run" / "run.yaml")) == settings

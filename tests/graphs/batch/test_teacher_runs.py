"""Whole runs with a language model as the teacher: the same records whatever the concurrency, no row lost."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
import re
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from openai_server import replay, serve
from scripted import ScriptedModel, call, submit

from molreflect.agents.models.registry import Sampling
from molreflect.agents.teacher.agent import build_teacher
from molreflect.agents.teacher.budget import Limits
from molreflect.graphs.batch.opening import open_run
from molreflect.graphs.batch.prepared_corpus import prepare_corpus
from molreflect.graphs.batch.run import distill, distill_corpus
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.runs.export import export
from molreflect.tools.corpus import read_corpus
from molreflect.tools.langchain_tools import build_alignment_tools
from molreflect.tools.terms import View

EXCHANGE = Path(__file__).parents[2] / "data" / "exchanges" / "smollm2.jsonl"


def moody(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
    """A teacher whose answer hangs on what it is shown alone: good, poor, malformed, without end; and never in step."""
    shown = json.dumps({key: value for key, value in data.items() if key != "mend"}, sort_keys=True)
    mood = int(hashlib.sha256(shown.encode()).hexdigest(), 16)
    time.sleep(random.random() / 200)  # unseeded on purpose: rows finish in another order every time
    if data["task"] == "draft" and mood % 11 == 0:
        return AIMessage("I would rather not.")
    if data["task"] == "draft" and mood % 11 == 1:
        return call("find_substructure", smiles=data["smiles"], patterns=["C"])
    if mood % 3 == 0 and not tools:
        return call("read_caption", caption=data["caption"])
    words = re.findall(r"[a-z]+ (?:acid|ester|group|ring)s?|phenols|amines?", data["caption"])[:4]
    learned = [a["pattern"] for n in data.get("neighbours", []) for a in n["alignments"]]
    patterns = [*learned, "[OX2H1]c1ccccc1", "[CX3](=O)[OX2H1]", "c1ccccc1", "[#6]", "Nope("]
    ties = [(word, patterns[(mood + i) % len(patterns)]) for i, word in enumerate(words)]
    return submit(*ties, ("words nobody wrote", "C"))


@pytest.mark.parametrize("view", [View.PAIR, View.CAPTION])
def test_records_are_the_same_bytes_whatever_the_concurrency(
    view: View, sample_run: SimpleNamespace, cache: Path, tmp_path: Path
) -> None:
    corpus = read_corpus(sample_run.corpus)
    script = moody if view is View.PAIR else lambda data, tools: moody({**data, "smiles": data["smiles"] or "C"}, tools)

    def score(shown: str, texts: Sequence[str]) -> Sequence[float]:
        return [1.0 + int(hashlib.sha256((t + shown).encode()).hexdigest(), 16) % 997 / 100 for t in texts]

    seen = []
    with closing(prepare_corpus(corpus, folder=None, cache=cache, routes=("molecule", "caption"))) as prepared:
        for workers in (1, 4, 16):
            settings = DistillSettings(
                view=view, teacher="moody", workers=workers, student="none", reflect_tokens=900,
                select="perplexity" if view is View.PAIR else "verified",
                limits=Limits(request_calls=4, mends=1),
            )  # fmt: skip
            teacher = build_teacher(
                ScriptedModel(script=script), build_alignment_tools(prepared.resources), name="moody",
                limits=settings.limits,
            )  # fmt: skip
            out = tmp_path / str(workers)
            assert prepared.ready() is not None
            with closing(open_run(out, corpus, settings, index_hash="x", resume=False)) as store:
                result = distill(store, prepared, teacher, settings, score=score)
                export(store)
            assert result.done + result.failed == len(corpus)
            assert result.failed > 0, "some rows should fail for this to mean much"
            seen.append([(out / name).read_bytes() for name in ("alignments.jsonl", "failures.jsonl")])
    assert seen[0] == seen[1] == seen[2]
    records = [json.loads(line) for line in (tmp_path / "16" / "alignments.jsonl").read_text("utf-8").splitlines()]
    if view is View.PAIR:
        assert {r["selected"] for r in records} == {"draft", "reflected"}
        assert any(r["perplexity"] for r in records)
    assert any("neighbours left out" in bound for r in records for bound in r["bounds"])


def test_a_recorded_exchange_with_a_real_model_leaves_every_row_accounted_for(tmp_path: Path, cache: Path) -> None:
    """SmolLM2 behind `transformers serve`, recorded: it talks in place of JSON, twice a row."""
    corpus, out = tmp_path / "two.tsv", tmp_path / "run"
    rows = (Path(__file__).parents[3] / "data" / "sample.tsv").read_text(encoding="utf-8").splitlines()[:3]
    corpus.write_text("\n".join([*rows, "BAD\tC1CC\tThe molecule is broken."]) + "\n", encoding="utf-8")
    settings = DistillSettings(
        teacher="smollm2", protocol="json", neighbours=0, max_repairs=0, limits=Limits(mends=1),
        sampling=Sampling(temperature=0.0, max_tokens=40, retries=0),
    )  # fmt: skip
    recorded = [json.loads(line)["response"] for line in EXCHANGE.read_text(encoding="utf-8").splitlines()]
    with serve(replay(EXCHANGE)) as server:
        settings = dataclasses.replace(settings, base_url=server.url)
        result, exported = distill_corpus(str(corpus), out, settings, cache=cache)
    assert (result.done, result.failed, result.bad_rows) == (0, 2, 1)
    failures = [json.loads(line) for line in (out / "failures.jsonl").read_text(encoding="utf-8").splitlines()]
    said = [r["choices"][0]["message"]["content"] for r in recorded]
    assert [f["raw"] for f in failures[:2]] == [said[1], said[3]]
    assert all("holds no JSON object" in f["reason"] and "cut off" in f["reason"] for f in failures[:2])
    assert failures[2]["line"] == 4
    tokens = sum(r["usage"]["prompt_tokens"] + r["usage"]["completion_tokens"] for r in recorded)
    spent = exported.summary["spent"]
    assert (spent["calls"], spent["input_tokens"] + spent["output_tokens"]) == (4, tokens)

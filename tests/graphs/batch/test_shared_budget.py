"""Several processes of one run: caps, limits a minute and refused keys hold over all of them together."""

from __future__ import annotations

import json
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openai_server import Reply, Server, says, serve

from molreflect.agents.teacher.budget import Caps
from molreflect.graphs.batch.run import DistillResult, distill_corpus
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.runs.store import RunStore

NOTHING = says(None, calls=[("AlignmentDraft", {"alignments": []})])


def run_in_two_processes(server: Server, out: Path, corpus: Path, cache: Path, **settings: Any) -> DistillResult:
    chosen = DistillSettings(
        teacher="m", base_url=server.url, workers=6, processes=2, neighbours=0, keeps_answers=False, **settings
    )
    return distill_corpus(str(corpus), out, chosen, cache=cache)[0]


@pytest.mark.parametrize(
    ("caps", "said"),
    [
        (Caps(calls=9), "cap of 9 calls"),
        (Caps(tokens=12_000), "cap of 12000 tokens|cap of 12,000 tokens"),
    ],
    ids=["calls", "tokens"],
)
def test_a_cap_holds_over_all_processes(
    sample_run: SimpleNamespace, tmp_path: Path, cache: Path, caps: Caps, said: str
) -> None:
    body = json.loads(NOTHING.body)
    body["usage"] = {"prompt_tokens": 1_900, "completion_tokens": 100, "total_tokens": 2_000}
    with serve(lambda *_: Reply(json.dumps(body).encode(), delay=0.05)) as server:
        result = run_in_two_processes(server, tmp_path / "run", sample_run.corpus, cache, caps=caps)
    assert result.stopped is not None
    assert any(text in result.stopped for text in said.split("|")), result.stopped
    assert result.failed == 0
    assert result.done + result.left == 24
    asked = len(server.requests)
    assert asked == (caps.calls or asked)
    if caps.tokens:
        assert 0 < asked * 2_000 <= caps.tokens
    with closing(RunStore.open(tmp_path / "run")) as store:
        assert store.counts().get("done", 0) == result.done <= asked


def test_a_key_that_is_revoked_stops_all_processes(sample_run: SimpleNamespace, tmp_path: Path, cache: Path) -> None:
    def answer(body: dict[str, Any], number: int) -> Reply:
        return NOTHING if number < 6 else Reply(b'{"error": {"message": "revoked"}}', 401)

    with serve(answer) as server:
        result = run_in_two_processes(server, tmp_path / "run", sample_run.corpus, cache)
    assert "revoked" in str(result.stopped)
    assert result.failed == 0
    assert result.left == 24 - result.done > 0
    assert len(server.requests) <= 6 + 6, "each caller meets the refusal once"


def test_a_limit_a_minute_holds_over_all_processes(sample_run: SimpleNamespace, tmp_path: Path, cache: Path) -> None:
    moments: list[float] = []

    def answer(body: dict[str, Any], number: int) -> Reply:
        moments.append(time.monotonic())
        return NOTHING

    with serve(answer) as server:
        result = run_in_two_processes(
            server, tmp_path / "run", sample_run.corpus, cache, requests_per_minute=600.0, caps=Caps(calls=12)
        )
    assert result.stopped is not None
    assert len(moments) == 12
    assert moments[-1] - moments[0] > 0.9, "600 a minute are ten a second, however many processes ask"
    assert sum(later - earlier < 0.05 for earlier, later in pairwise(sorted(moments))) <= 4

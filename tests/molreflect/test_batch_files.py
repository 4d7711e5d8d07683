"""Drafts by batch files, as a user sees them: what is said, and how a run is left and picked up."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from batch_server import Provider, as_file, provide
from openai_server import Reply, says


def submits_nothing(body: dict[str, Any], number: int) -> Reply:
    return says(json.dumps({"alignments": []}))


def command(corpus: Path, out: Path, provider: Provider, *more: str) -> list[str]:
    # A model of its own each time: answers are shared by all runs of this session.
    model = f"m{provider.url.rpartition(':')[2].removesuffix('/v1')}"
    given = ["--out", str(out), "--teacher", model, "--base-url", provider.url, "--neighbours", "0", "--limit", "3"]
    return ["distill", str(corpus), *given, *more]


def test_files_are_written_named_and_read(run: Any, sample_run: SimpleNamespace, fresh_out: Path) -> None:
    with provide(submits_nothing) as provider:
        ran = run(*command(sample_run.corpus, fresh_out, provider, "--batch-file"))
        assert ran.code == 3
        requests, results = (fresh_out / "batch" / f"{kind}-1.jsonl" for kind in ("requests", "results"))
        said = " ".join(ran.err.split())
        assert "stopped: 3 requests to be run by you, e.g. vllm run-batch" in said
        assert "3 rows left, go on with --resume" in said
        assert "batch      batch 1 is written, 0 of 3 worked on" in run("status", fresh_out).out
        lines = []
        for line in requests.read_text(encoding="utf-8").splitlines():
            asked = json.loads(line)
            response = {"status_code": 200, "body": json.loads(submits_nothing({}, 0).body)}
            lines.append({"custom_id": asked["custom_id"], "response": response, "error": None})
        results.write_bytes(as_file(lines))
        ran = run(*command(sample_run.corpus, fresh_out, provider, "--batch-file", "--resume"))
        assert ran.code == 0
        assert "batch 1: 3 of 3 requests answered" in ran.err
        assert not provider.asked, "nothing is sent"
        assert "batch " not in run("status", fresh_out).out


def test_ctrl_c_leaves_a_batch_with_its_provider_and_says_so(
    sample_run: SimpleNamespace, fresh_out: Path, child_env: dict[str, str]
) -> None:
    with provide(submits_nothing) as provider:
        provider.looks = -1
        given = command(sample_run.corpus, fresh_out, provider, "--batch-api")
        process = subprocess.Popen(
            [sys.executable, "-m", "molreflect", *given], env=child_env, stderr=subprocess.PIPE, text=True
        )
        while process.poll() is None and not provider.asked["GET /batches/ID"]:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "Traceback" not in err
        assert "0 of 3 rows are done" in err
        assert "out with the provider: batch_0 (0 of 3)); the same command with --resume goes on" in " ".join(
            err.split()
        )
        provider.looks = 1
        done = subprocess.run(
            [sys.executable, "-m", "molreflect", *given, "--resume"], env=child_env, capture_output=True, check=False
        )
        assert done.returncode == 0
        assert len(provider.batches) == 1
        assert not provider.chats


def test_options_that_contradict_each_other_are_one_line(
    run: Any, sample_run: SimpleNamespace, fresh_out: Path
) -> None:
    with provide(submits_nothing) as provider:
        ran = run(*command(sample_run.corpus, fresh_out, provider, "--batch-api", "--no-cache"))
    assert ran.code == 2
    assert "leave out --no-cache" in ran.mistake

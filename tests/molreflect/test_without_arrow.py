"""The core without pyarrow: runs are made, exported as lines and uploaded, and what is missing is said."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hub import StandInHub

BLOCKED = """
import sys
for name in ("pyarrow", "datasets", "pandas", "torch", "transformers"):
    sys.modules[name] = None
from molreflect.cli.main import run
run()
"""
"""The command where no extra is installed."""
INSTALL = "pip install 'molreflect[parquet]'"


def test_a_run_is_made_where_no_extra_is_installed(
    sample_run: SimpleNamespace, child_env: dict[str, str], tmp_path: Path
) -> None:
    arguments = ["distill", str(sample_run.corpus), "--out", str(tmp_path / "run"), "--limit", "2", "--neighbours", "0"]
    command = [sys.executable, "-c", BLOCKED, *arguments]
    done = subprocess.run(command, env=child_env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert f"left out: alignments.parquet needs the package pyarrow; install it with {INSTALL}" in done.stderr
    made = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"alignments.jsonl", "report.html", "README.md"} <= made
    assert "alignments.parquet" not in made


@pytest.fixture
def copied(sample_run: SimpleNamespace, tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    shutil.copytree(sample_run.folder, folder, ignore=shutil.ignore_patterns("owner.lock", "index"))
    return folder


def test_export_names_the_files_it_wrote_and_the_one_it_left_out(
    run: Any, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    ran = run("export", copied)
    assert ran.code == 0
    assert "parquet" not in ran.out
    assert f"{copied / 'alignments.jsonl'}\n" in ran.out
    assert f"left out: alignments.parquet needs the package pyarrow; install it with {INSTALL}" in ran.err


def test_push_uploads_the_lines_with_a_card_that_names_them(
    run: Any, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = StandInHub()
    monkeypatch.setattr("huggingface_hub.HfApi", lambda: hub)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert run("export", copied).code == 0
    assert run("push", copied, "me/alignments").code == 0
    files = hub.repositories["me/alignments"].files
    assert set(files) == {"README.md", "alignments.jsonl"}
    assert b"path: alignments.jsonl" in files["README.md"]

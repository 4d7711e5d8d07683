"""The benchmark that is prepared for a GPU runs from end to end on a CPU, at toy size."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import synthetic_run
from script_files import load_script

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Any:
    monkeypatch.setenv("MOLREFLECT_CACHE", str(cache))
    return load_script("benchmarks/gpu/verified_student.py")


def test_it_packs_trains_and_scores_every_arm(
    benchmark: Any,
    base: Path,
    sample_run: SimpleNamespace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(benchmark, "PIECE", 200_000)
    for name, small in (("MAX_LENGTH", 2_000), ("RESAMPLES", 20), ("TRIALS", 20)):
        monkeypatch.setattr(benchmark, name, small)
    synthetic = synthetic_run.write_run(tmp_path / "synthetic")
    packet, result = tmp_path / "packet", tmp_path / "result"
    rows = ["--limit", "6", "--heldout-rows", "2"]
    benchmark.main(
        [
            "pack",
            "--run",
            str(sample_run.folder),
            "--synthetic",
            str(synthetic),
            "--base",
            str(base),
            *rows,
            "--out",
            str(packet),
        ]
    )
    pieces = sorted(path.name for path in packet.glob("base.zip.*"))
    assert len(pieces) > 1
    assert all(path.stat().st_size <= 200_000 for path in packet.iterdir())

    benchmark.main(["train", str(packet), "--out", str(result), "--steps", "1"])
    students = sorted(str(path.parent.relative_to(result)) for path in result.rglob("student.json"))
    assert students == sorted(
        f"{folder}/{direction}/{arm}-1/student"
        for direction in ("cap2mol", "mol2cap")
        for folder, arms in (("clean", ("written", "icmt", "sft")), ("noise-0.2", ("written", "unverified")))
        for arm in arms
    )
    ids = {tuple(json.loads(path.read_text())["train_ids"]) for path in result.rglob("student.json")}
    assert len(ids) == 1
    assert any(id.startswith("syn-") for id in next(iter(ids)))

    back = tmp_path / "back"  # what comes back from the machine with the GPU
    back.mkdir()
    shutil.copy(result / "answers.tar.gz", back)
    capsys.readouterr()
    code = benchmark.main(["table", str(packet), str(back), "--out", str(tmp_path / "table"), "--no-faithfulness"])
    said = capsys.readouterr().out
    assert code == 1  # a random model meets no bar
    assert "MISSED  exact match above 0: 0.0000" in said
    for line in ("| written |", "| icmt |", "| sft |", "| verified |", "| unverified |", "| copy nearest |"):
        assert line in said
    data = json.loads((tmp_path / "table" / "table.json").read_text())
    assert set(data) == {f"{f}/{d}" for f in ("clean", "noise-0.2") for d in ("mol2cap", "cap2mol")}

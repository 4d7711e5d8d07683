"""Commands of students for programs: JSON on stdout, flags of a training, and the upload after it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hub import StandInHub

from molreflect.training.student.folder import read_student

QUICK = (
    "--max-steps", 2, "--eval-steps", 1, "--keep-best", "--direction", "cap2mol", "--set", "max_length=900",
    "--set", "neighbours=0", "--set", "accumulation=1", "--set", "eval_fraction=.3", "--set", "eval_rows=1",
)  # fmt: skip


def training(made: Path, out: Path) -> tuple[Any, ...]:
    """A short training on the run and the base that stand beside a student."""
    return ("train", made / "run", "--out", out, "--base", made / "base", *QUICK)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> StandInHub:
    huggingface_hub = pytest.importorskip("huggingface_hub", reason="the extra molreflect[train] is not installed")
    found = StandInHub()
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: found)
    return found


def test_predict_and_merge_print_json_alone(run: Any, tiny_student: Path, sample_corpus: Path, tmp_path: Path) -> None:
    ask = ("predict", tiny_student, sample_corpus, "--direction", "cap2mol", "--out", tmp_path / "p.tsv", "--limit", 2)
    told = json.loads(run(*ask, "--judge", "form", "--max-new-tokens", 4, "--json").out)
    assert (told["tsv"], told["jsonl"]) == (str(tmp_path / "p.tsv"), str(tmp_path / "p.jsonl"))
    assert (told["rows"], told["resumed"], told["failed"]) == (2, 0, 0)
    assert sum(told["statuses"].values()) == 2
    merging = run("merge", tiny_student, "--out", tmp_path / "merged", "--json")
    assert "Writing model shards" not in merging.err, "a bar of transformers"
    told = json.loads(merging.out)
    assert told["out"] == str(tmp_path / "merged")
    assert told["answers_equal"] == told["probes"] > 0
    assert told["gguf"] is None


def test_a_student_is_uploaded_with_its_card_where_that_is_asked_for(
    run: Any, hub: StandInHub, tiny_student: Path, tmp_path: Path
) -> None:
    ask = training(tiny_student.parent, tmp_path / "s")
    assert "is no name on the hub" in run(*ask, "--push-to-hub", "a/b/c").mistake
    assert not list(tmp_path.iterdir())
    ran = run(*ask, "--push-to-hub", "me/student", "--json")
    assert ran.code == 0
    metrics = json.loads(ran.out)
    assert "uploaded, private: https://huggingface.co/me/student" in ran.err
    found = hub.repositories["me/student"]
    assert (found.private, found.repo_type) == (True, "model")
    assert {"README.md", "adapter_model.safetensors", "adapter_config.json", "curves.png"} <= set(found.files)
    assert f"The weights are those of step {metrics['best_step']}".encode() in found.files["README.md"]
    assert read_student(tmp_path / "s").config.keep_best
    assert all(str(tmp_path).encode() not in content for content in found.files.values())


def test_where_the_upload_fails_the_student_stays_and_the_way_to_repeat_it_is_told(
    run: Any, hub: StandInHub, tiny_student: Path, tmp_path: Path
) -> None:
    hub.refusal = ConnectionError("no route")
    ask = training(tiny_student.parent, tmp_path / "s")
    ran = run(*ask, "--push-to-hub", "me/student")
    assert ran.code == 2
    assert f"upload it with: molreflect push {tmp_path / 's'} me/student" in ran.err
    assert read_student(tmp_path / "s").config.eval_steps == 1

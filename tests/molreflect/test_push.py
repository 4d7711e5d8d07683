"""`push`: what is uploaded, that it is private, and that nothing of this machine goes along."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hub import StandInHub

from molreflect.tools.errors import InputError
from molreflect.tools.hub import Upload
from molreflect.tools.hub import push as upload


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> StandInHub:
    huggingface_hub = pytest.importorskip("huggingface_hub", reason="the extra molreflect[train] is not installed")
    found = StandInHub()
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: found)
    return found


def test_a_run_becomes_a_private_dataset_that_load_dataset_reads(
    run: Any, hub: StandInHub, sample_run: SimpleNamespace, tmp_path: Path
) -> None:
    ran = run("push", sample_run.folder, "me/alignments", "--license", "cc-by-4.0")
    assert (ran.code, ran.out) == (0, "https://huggingface.co/datasets/me/alignments\n")
    found = hub.repositories["me/alignments"]
    assert (found.private, found.repo_type) == (True, "dataset")
    assert set(found.files) == {"README.md", "alignments.parquet", "alignments.jsonl"}
    assert b"license: cc-by-4.0\n" in found.files["README.md"]
    assert all(str(sample_run.corpus.parent).encode() not in content for content in found.files.values())
    assert "private, only you can see it" in ran.err
    for name, content in found.files.items():
        assert f"  {name}, {len(content):,} bytes\n" in ran.err
        (tmp_path / name).write_bytes(content)
    datasets = pytest.importorskip("datasets", reason="the extra molreflect[train] is not installed")
    loaded = datasets.load_dataset(str(tmp_path), cache_dir=str(tmp_path / "cache"), split="train")
    assert len(loaded) == sample_run.result.done


def test_a_dry_run_says_what_it_would_do_and_asks_nobody(
    run: Any, hub: StandInHub, sample_run: SimpleNamespace
) -> None:
    ran = run("push", sample_run.folder, "me/alignments", "--public", "--dry-run")
    assert (ran.code, ran.err, hub.repositories) == (0, "", {})
    assert ran.out.startswith("would upload the dataset me/alignments (everybody can see it):\n  README.md, ")


def test_what_is_public_already_is_not_added_to_unless_that_is_said(
    run: Any, hub: StandInHub, sample_run: SimpleNamespace
) -> None:
    hub.create_repo("me/open", repo_type="dataset", private=False, exist_ok=True)
    ran = run("push", sample_run.folder, "me/open")
    assert ran.code == 2
    assert "me/open exists and is public; pass --public to upload there, or another name" in ran.err
    assert hub.repositories["me/open"].files == {}
    assert run("push", sample_run.folder, "me/open", "--public").code == 0
    assert len(hub.repositories["me/open"].commits) == 1


def test_files_older_than_the_rows_are_not_uploaded(
    run: Any, hub: StandInHub, sample_run: SimpleNamespace, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(sample_run.folder, folder, ignore=shutil.ignore_patterns("owner.lock", "index"))
    summary = json.loads((folder / "summary.json").read_text())
    (folder / "summary.json").write_text(json.dumps(summary | {"rows": {"done": 1}}))
    ran = run("push", folder, "me/x")
    assert ran.code == 2
    assert f"make them again with `molreflect export {folder}`" in ran.mistake
    (folder / "alignments.parquet").unlink()
    assert "alignments.parquet does not exist" in run("push", folder, "me/x").mistake
    assert hub.repositories == {}


@pytest.fixture
def student(tmp_path: Path) -> Path:
    from molreflect.training.config import StudentConfig
    from molreflect.training.examples.wording import PROMPT_VERSION

    folder, base = tmp_path / "student", tmp_path / "my-base"
    folder.mkdir()
    base.mkdir()
    (folder / "student.yaml").write_text(StudentConfig(base=str(base), curriculum=str(tmp_path / "warm")).to_yaml())
    (folder / "student.json").write_text(json.dumps({"format": 1, "prompt_version": PROMPT_VERSION}))
    (folder / "README.md").write_text("---\nbase_model: my-base\n---\n# A student\n")
    for name in ("records.jsonl", "adapter_config.json", "adapter_model.safetensors", ".hidden"):
        (folder / name).write_text("{}")
    (folder / "checkpoint-3").mkdir()
    return folder


def test_a_student_becomes_a_private_model_that_names_its_base_as_others_know_it(
    run: Any, hub: StandInHub, student: Path
) -> None:
    ran = run("push", student, "first", "--license", "apache-2.0")
    assert (ran.code, ran.out) == (0, "https://huggingface.co/me/first\n")
    found = hub.repositories["me/first"]
    assert (found.private, found.repo_type) == (True, "model")
    assert set(found.files) == {p.name for p in student.iterdir() if p.is_file()} - {".hidden"}
    settings = yaml.safe_load(found.files["student.yaml"])
    assert (settings["base"], settings["curriculum"]) == ("my-base", "warm")
    assert found.files["README.md"].startswith(b"---\nlicense: apache-2.0\nbase_model: my-base\n")
    assert all(str(student.parent).encode() not in content for content in found.files.values())


def test_a_name_that_is_none_is_refused_before_anything_is_asked(
    run: Any, hub: StandInHub, sample_run: SimpleNamespace
) -> None:
    assert "is no name on the hub; pass owner/name" in run("push", sample_run.folder, "my runs/1").mistake
    assert hub.repositories == {}


def test_troubles_of_the_hub_are_one_line_with_what_to_do() -> None:
    errors = pytest.importorskip("huggingface_hub.errors", reason="the extra molreflect[train] is not installed")
    told = {
        errors.LocalTokenNotFoundError("no token"): "nobody is logged in to the hub; run `hf auth login`",
        errors.OfflineModeIsEnabled("offline\nmode"): "the hub cannot be reached: offline; see that",
        errors.HfHubHTTPError.__bases__[0]("refused"): "the hub cannot be reached: refused",
        errors.HFValidationError("bad name"): "the hub refused me/x: bad name",
    }
    for trouble, said in told.items():
        with pytest.raises(InputError, match=said):
            upload(Upload("me/x", "model", {"a": b""}, "m"), StandInHub(refusal=trouble))

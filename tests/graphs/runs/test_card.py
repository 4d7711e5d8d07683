"""The dataset card of a run: `datasets.load_dataset(RUN)` reads it, and it names nothing of the machine."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from molreflect.graphs.runs.card import LINES_FILE, dataset_card, record_features, record_schema


def front_matter(card: str) -> dict[str, Any]:
    _, head, text = card.split("---\n", 2)
    assert text.startswith("# ")
    found: dict[str, Any] = yaml.safe_load(head)
    return found


def test_load_dataset_reads_a_run_with_its_types(
    sample_run: SimpleNamespace, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    datasets = pytest.importorskip("datasets", reason="the extra molreflect[train] is not installed")
    pyarrow = pytest.importorskip("pyarrow")
    said = logging.getLogger("datasets")
    said.addHandler(caplog.handler)  # datasets does not hand its warnings on
    try:
        found = datasets.load_dataset(str(sample_run.folder), cache_dir=str(tmp_path))
    finally:
        said.removeHandler(caplog.handler)
    assert "dataset card" not in caplog.text, "no part of the card is ignored"
    assert list(found) == ["train"]
    lines = (sample_run.folder / "alignments.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert list(found["train"]["id"]) == [record["id"] for record in records]
    for row, record in zip(found["train"], records, strict=True):
        assert row["caption"] == record["caption"]
        assert row["alignments"] == record["alignments"]
        assert row["coverage"] == record["coverage"]
    assert found["train"].features == datasets.Features.from_arrow_schema(record_schema(pyarrow))


def test_features_are_written_as_datasets_writes_them() -> None:
    datasets = pytest.importorskip("datasets", reason="the extra molreflect[train] is not installed")
    pyarrow = pytest.importorskip("pyarrow")
    assert record_features() == datasets.Features.from_arrow_schema(record_schema(pyarrow))._to_yaml_list()


def test_load_dataset_reads_a_run_without_a_table_by_its_lines(sample_run: SimpleNamespace, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="the extra molreflect[train] is not installed")
    folder = tmp_path / "run"
    folder.mkdir()
    shutil.copy(sample_run.folder / LINES_FILE, folder)
    (folder / "README.md").write_text(dataset_card(sample_run.summary, data_file=LINES_FILE), encoding="utf-8")
    found = datasets.load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache"))
    lines = (folder / LINES_FILE).read_text(encoding="utf-8").splitlines()
    assert [row["alignments"] for row in found] == [json.loads(line)["alignments"] for line in lines]
    assert found.features == datasets.Features._from_yaml_list(record_features())


def test_a_card_says_licence_language_tags_size_and_where_the_data_are(sample_run: SimpleNamespace) -> None:
    head = front_matter((sample_run.folder / "README.md").read_text(encoding="utf-8"))
    assert (head["license"], head["language"]) == ("unknown", ["en"])
    assert {"chemistry", "smiles"} <= set(head["tags"])
    assert head["size_categories"] == ["n<1K"]
    (config,) = head["configs"]
    assert config["data_files"] == [{"split": "train", "path": "alignments.parquet"}]
    named = front_matter(dataset_card(sample_run.summary, licence="cc-by-4.0"))
    assert named["license"] == "cc-by-4.0"


def test_a_card_names_no_folder_and_no_server_of_the_machine(sample_run: SimpleNamespace) -> None:
    run = sample_run.summary["run"]
    settings = run["settings"] | {"base_url": "http://10.0.0.7:8000/v1", "student": "/home/somebody/model"}
    card = dataset_card(sample_run.summary | {"run": run | {"settings": settings}})
    assert Path(run["corpus"]["source"]).is_absolute()
    assert f"`{Path(run['corpus']['source']).name}`" in card
    assert str(Path(run["corpus"]["source"]).parent) not in card
    assert "10.0.0.7" not in card
    assert "student: `model`" in card

"""Rows for other programs: the words that `train` uses, traces that exist, formats that are loaded and trained on."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tiny_model import one_thread, save_tiny_base, tiny_tokenizer

from molreflect.agents.student.chat_format import ChatFormat
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Directions, ExportFormat
from molreflect.training.config import Arm, StudentConfig
from molreflect.training.examples.records import read_run
from molreflect.training.export.rows import ExportCounts, export_rows
from molreflect.training.export.write import write_rows
from molreflect.training.student.plan import prepare


def rows_of(folder: Path, form: ExportFormat, directions: Directions = Directions.BOTH, **more: Any) -> list[Any]:
    return list(export_rows(folder, form, directions, ExportCounts(), **more))


@pytest.mark.parametrize("neighbours", [0, 2])
def test_rows_say_what_train_trains_on(sample_run: SimpleNamespace, neighbours: int) -> None:
    arm = Arm.WRITTEN if neighbours else Arm.NO_CONTEXT
    config = StudentConfig(base="tiny", arm=arm, neighbours=neighbours, eval_fraction=0, max_length=100_000)
    prepared = prepare(read_run(sample_run.folder), config, ChatFormat(tiny_tokenizer()))
    rows = rows_of(sample_run.folder, ExportFormat.SFT, neighbours=neighbours)
    assert len(rows) == len(prepared.train) == 2 * sample_run.result.done
    trained = {(row.record.id, row.direction.value): row.example for row in prepared.train}
    for row in rows:
        example = trained[row["pair_id"], row["metadata"]["direction"]]
        assert row["prompt"] == list(example.messages)
        assert row["completion"] == [{"role": "assistant", "content": example.completion}]
        assert tuple(row["metadata"].get("neighbours", ())) == example.context


def test_every_row_names_its_run_and_a_trace_that_exists(sample_run: SimpleNamespace) -> None:
    with closing(sqlite3.connect(sample_run.folder / "traces.sqlite")) as db:
        traces = dict(db.execute("SELECT trace_id, subject FROM traces"))
    with closing(sqlite3.connect(sample_run.folder / "run.sqlite")) as db:
        keys = dict(db.execute("SELECT id, key FROM pairs"))
    for form in ExportFormat:
        rows = rows_of(sample_run.folder, form)
        assert rows
        for row in rows:
            assert traces[row["trace_id"]] == row["pair_id"]
            about = row["metadata"]
            assert about["key"] == keys[row["pair_id"]]
            assert (about["run"], about["teacher"], about["molreflect"]) == ("sample", "lexicon", "0.1.0")
            assert sample_run.summary["run"]["corpus"]["fingerprint"].startswith(about["corpus"])
            assert str(sample_run.folder.parent) not in json.dumps(row)


def test_the_formats_say_the_same_in_their_own_ways(sample_run: SimpleNamespace) -> None:
    sft, alpaca, sharegpt = (
        rows_of(sample_run.folder, form, Directions.CAP2MOL)
        for form in (ExportFormat.SFT, ExportFormat.ALPACA, ExportFormat.SHAREGPT)
    )
    for a, b, c in zip(sft, alpaca, sharegpt, strict=True):
        system, user = (message["content"] for message in a["prompt"])
        (answer,) = (message["content"] for message in a["completion"])
        assert (b["system"], f"{b['instruction']}\n\n{b['input']}", b["output"]) == (system, user, answer)
        said = [("system", system), ("human", user), ("gpt", answer)]
        assert [(turn["from"], turn["value"]) for turn in c["conversations"]] == said
        assert user.startswith("Write the molecule")
        assert a["metadata"] == b["metadata"] == c["metadata"]


def test_one_direction_gives_half_the_rows(sample_run: SimpleNamespace) -> None:
    both = rows_of(sample_run.folder, ExportFormat.SFT)
    for direction in (Directions.MOL2CAP, Directions.CAP2MOL):
        found = rows_of(sample_run.folder, ExportFormat.SFT, direction)
        assert found == [row for row in both if row["metadata"]["direction"] == direction]
        assert len(found) == sample_run.result.done


def test_a_run_without_its_traces_says_so(sample_run: SimpleNamespace, tmp_path: Path) -> None:
    for name in ("run.yaml", "run.sqlite"):
        (tmp_path / name).write_bytes((sample_run.folder / name).read_bytes())
    counts = ExportCounts()
    rows = list(export_rows(tmp_path, ExportFormat.SFT, Directions.BOTH, counts))
    assert len(rows) == 2 * sample_run.result.done
    assert counts.remarks(ExportFormat.SFT) == ["the run has no traces of its pairs: trace ids lead nowhere"]
    with pytest.raises(InputError, match="is not a run directory"):
        rows_of(tmp_path / "nothing", ExportFormat.SFT)


@pytest.mark.parametrize("form", ExportFormat)
def test_a_file_is_loaded_by_datasets(form: ExportFormat, sample_run: SimpleNamespace, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="the extra molreflect[train] is not installed")
    rows = rows_of(sample_run.folder, form)
    write_rows(tmp_path / "rows.jsonl", rows)
    found = datasets.load_dataset(
        "json", data_files=str(tmp_path / "rows.jsonl"), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert list(found) == rows


def test_no_rows_make_no_file(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", [])
    assert list(tmp_path.iterdir()) == []


def arguments(tmp_path: Path) -> dict[str, Any]:
    return {
        "output_dir": str(tmp_path / "out"), "max_steps": 1, "per_device_train_batch_size": 2, "use_cpu": True,
        "bf16": False, "report_to": [], "save_strategy": "no", "dataloader_pin_memory": False, "disable_tqdm": True,
    }  # fmt: skip


def test_trl_trains_on_the_tokens_that_train_trains_on(sample_run: SimpleNamespace, tmp_path: Path) -> None:
    trl = pytest.importorskip("trl", reason="the extra molreflect[train] is not installed")
    from datasets import Dataset

    base, tokenizer = save_tiny_base(tmp_path / "base"), tiny_tokenizer()
    rows = rows_of(sample_run.folder, ExportFormat.SFT)[:6]
    with one_thread():
        trainer = trl.SFTTrainer(
            model=str(base),
            args=trl.SFTConfig(max_length=None, **arguments(tmp_path)),
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
        )
        trainer.train()
    chat_format = ChatFormat(tokenizer)
    for row, seen in zip(rows, trainer.train_dataset, strict=True):
        encoded = chat_format.encode(row["prompt"], row["completion"][0]["content"])
        # TRL keeps what a template writes behind the mark that ends an answer, here a line end
        assert seen["input_ids"][: len(encoded.ids)] == list(encoded.ids)
        assert tokenizer.decode(seen["input_ids"][len(encoded.ids) :]).strip() == ""
        labels = [-100] * encoded.n_prompt + list(encoded.ids[encoded.n_prompt :])
        assert seen["labels"][: len(encoded.ids)] == labels


def test_trl_learns_preferences_from_the_rows(sample_run: SimpleNamespace, tmp_path: Path) -> None:
    trl = pytest.importorskip("trl", reason="the extra molreflect[train] is not installed")
    from datasets import Dataset

    base, tokenizer = save_tiny_base(tmp_path / "base"), tiny_tokenizer()
    rows = rows_of(sample_run.folder, ExportFormat.PREFERENCE)[:4]
    with one_thread():
        trainer = trl.DPOTrainer(
            model=str(base),
            args=trl.DPOConfig(max_length=None, **arguments(tmp_path)),
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
        )
        trainer.train()
    for row, seen in zip(rows, trainer.train_dataset, strict=True):
        for name in ("chosen", "rejected"):
            assert row[name][0]["content"] in tokenizer.decode(seen[f"{name}_ids"], clean_up_tokenization_spaces=False)

"""Warming up on another run first, what a preview shows, and whether the card beside an adapter tells the truth."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import synthetic_run
import yaml
from tiny_model import TEMPLATES, save_tiny_base, tiny_tokenizer

from molreflect.agents.student.chat_format import ChatFormat
from molreflect.agents.student.local import Student
from molreflect.agents.student.weights import load_tokenizer
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Direction
from molreflect.training.config import StudentConfig, load_config
from molreflect.training.examples.builder import IGNORED, ExampleBuilder
from molreflect.training.examples.preview import preview
from molreflect.training.examples.records import fingerprint, read_run
from molreflect.training.student.folder import read_student
from molreflect.training.student.gguf_file import ParityError
from molreflect.training.student.merge import merge
from molreflect.training.student.plan import plan_all, prepare
from molreflect.training.student.preparation import preview_examples
from molreflect.training.student.train import train

pytestmark = pytest.mark.usefixtures("one_thread")

WARM = [
    ("CCCCO", "primary alcohol", "CO"), ("OCCCl", "primary alcohol", "CO"), ("CC(=O)NC", "amide", "NC=O"),
    ("CCCC(=O)O", "monocarboxylic acid", "O=CO"), ("CC(C)N", "primary amine", "CN"), ("CCC#CC", "alkyne", "C#C"),
    ("CCOCC", "ether", "COC"), ("CC=O", "aldehyde", "C=O"), ("CCCC#N", "nitrile", "C#N"), ("CSC", "sulfide", "CSC"),
    ("CCBr", "bromide", "CBr"), ("CCCl", "chloride", "CCl"),
]  # fmt: skip


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic_run.write_run(tmp_path_factory.mktemp("run"))


def warm_rows() -> list[dict[str, Any]]:
    rows = [synthetic_run.record(number, *row) for number, row in enumerate(WARM)]
    # Half of the run's own molecules stand in the warm-up too, under other ids.
    rows += [synthetic_run.record(100 + n, *row) for n, row in enumerate(synthetic_run.MOLECULES[::2])]
    for row in rows:
        row["id"] = f"W{row['id']}"
        row["caption"] = row["caption"].replace("with number", "warming up, number")
        for a in row["alignments"]:
            a["start"] = row["caption"].index(a["phrase"])
            a["end"] = a["start"] + len(a["phrase"])
    return rows


@pytest.fixture(scope="module")
def warm_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic_run.write_run(tmp_path_factory.mktemp("warm"), warm_rows())


@pytest.fixture(scope="module")
def config(base: Path, warm_dir: Path) -> StudentConfig:
    return StudentConfig(
        base=str(base), neighbours=2, max_length=900, max_steps=4, batch_size=2, accumulation=2, learning_rate=5e-3,
        warmup_steps=0, lora_rank=4, eval_fraction=0.25, save_steps=2, curriculum=str(warm_dir), curriculum_steps=3,
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(run_dir: Path, config: StudentConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(run_dir, tmp_path_factory.mktemp("students") / "warmed", config).out


def test_the_warm_up_comes_first_and_then_the_run_as_it_would_come_without_it(
    run_dir: Path, config: StudentConfig, base: Path
) -> None:
    chat = ChatFormat(load_tokenizer(base))
    records = read_run(run_dir)
    prepared = prepare(records, config, chat)
    order = plan_all(prepared, config)
    proper = len(prepared.train)
    assert [row >= proper for row, _ in order] == [True] * 12 + [False] * 16
    cold = config.with_overrides(["curriculum=null"])
    assert order[12:] == plan_all(prepare(records, cold, chat), cold)
    assert config.total_steps == 7
    assert cold.total_steps == 4


def test_no_held_out_molecule_is_warmed_up_on_and_no_neighbour_crosses_over(
    run_dir: Path, warm_dir: Path, config: StudentConfig, base: Path
) -> None:
    chat = ChatFormat(load_tokenizer(base))
    every = config.with_overrides(["curriculum_steps=100"])
    prepared = prepare(read_run(run_dir), every, chat)
    held = {record.block for record in prepared.split.heldout}
    in_both = held & {read_molecule(row["smiles"]).block for row in warm_rows()}
    assert in_both
    assert prepared.warm_up_left_out == len(in_both)
    assert len({row.record.id for row in prepared.warm_up}) == len(warm_rows()) - len(in_both)
    for row in prepared.warm_up:
        assert row.record.block not in held
        assert all(id.startswith("W") for id in row.example.context)
    for row in (*prepared.train, *prepared.heldout):
        assert not any(id.startswith("W") for id in row.example.context)
    assert not any("warming up" in m["content"] for row in prepared.train for m in row.example.messages)


def test_a_warmed_up_training_resumes_to_the_same_weights(
    run_dir: Path, config: StudentConfig, trained: Path, tmp_path: Path
) -> None:
    with pytest.raises(InterruptedError):
        train(run_dir, tmp_path / "student", config, stop_after=2)  # within the warm-up
    train(run_dir, tmp_path / "student", config)
    for name in ("adapter_model.safetensors", "contexts.jsonl"):
        assert (tmp_path / "student" / name).read_bytes() == (trained / name).read_bytes()
    curves = [
        [(entry["step"], entry["loss"], entry["learning_rate"]) for entry in map(json.loads, path.open())]
        for path in (tmp_path / "student/history.jsonl", trained / "history.jsonl")
    ]
    assert curves[0] == curves[1]
    assert len(curves[0]) == config.total_steps


def test_the_warm_up_changes_what_is_learned(
    run_dir: Path, config: StudentConfig, trained: Path, tmp_path: Path
) -> None:
    train(run_dir, tmp_path / "cold", config.with_overrides(["curriculum=null"]))
    assert (tmp_path / "cold/adapter_model.safetensors").read_bytes() != (
        trained / "adapter_model.safetensors"
    ).read_bytes()
    metrics = json.loads((trained / "metrics.json").read_text())
    assert (metrics["steps"], metrics["warm_up_steps"], metrics["examples"]) == (7, 3, 28)
    assert json.loads((tmp_path / "cold/metrics.json").read_text())["warm_up_steps"] == 0


def test_another_warm_up_does_not_go_on_with_an_interrupted_training(
    run_dir: Path, config: StudentConfig, tmp_path: Path
) -> None:
    with pytest.raises(InterruptedError):
        train(run_dir, tmp_path / "student", config, stop_after=2)
    rows = warm_rows()
    rows[0]["caption"] += " It is another one."
    other = synthetic_run.write_run(tmp_path / "other", rows)
    with pytest.raises(InputError, match=r"other settings \(.*warm_up"):
        train(run_dir, tmp_path / "student", config.with_overrides([f"curriculum={json.dumps(str(other))}"]))


def test_a_warm_up_that_cannot_be_is_refused(run_dir: Path, config: StudentConfig, tmp_path: Path, base: Path) -> None:
    chat = ChatFormat(load_tokenizer(base))
    with pytest.raises(InputError, match=r"alignments\.jsonl does not exist"):
        prepare(read_run(run_dir), config.with_overrides([f"curriculum={json.dumps(str(tmp_path))}"]), chat)
    split = prepare(read_run(run_dir), config, chat).split
    row = next(row for row in synthetic_run.records() if row["id"] == split.heldout[0].id)
    held = synthetic_run.write_run(tmp_path / "held", [row])
    with pytest.raises(InputError, match="held out here"):
        prepare(read_run(run_dir), config.with_overrides([f"curriculum={json.dumps(str(held))}"]), chat)
    with pytest.raises(InputError, match="supplied takes no curriculum"):
        config.with_overrides(["arm=supplied", "supplied_run=x", "direction=cap2mol"])


# --- the card -----------------------------------------------------------------------------------------------------


def test_every_fact_of_the_card_is_a_fact_of_the_files(trained: Path, run_dir: Path) -> None:
    card = (trained / "README.md").read_text(encoding="utf-8")
    _, front, body = card.split("---\n", 2)
    assert yaml.safe_load(front)["library_name"] == "peft"
    settings = load_config(trained / "student.yaml")
    manifest = read_student(trained).manifest
    adapter = json.loads((trained / "adapter_config.json").read_text())
    contexts = [json.loads(line) for line in (trained / "contexts.jsonl").read_text().splitlines()]
    history = [json.loads(line) for line in (trained / "history.jsonl").read_text().splitlines()]
    rank, alpha, targets = re.search(r"rank (\d+), alpha (\d+), on ([\w, ]+)\)", body).groups()  # type: ignore[union-attr]
    assert (int(rank), int(alpha)) == (adapter["r"], adapter["lora_alpha"])
    assert set(targets.split(", ")) == set(adapter["target_modules"])
    assert f"for `{adapter['base_model_name_or_path']}`" in body
    assert f"direction `{settings.direction}`, arm `{settings.arm}`" in body
    steps, each, examples, records, held, scored = map(int, re.search(
        r"(\d+) steps of (\d+) examples, from (\d+) examples of (\d+) records; (\d+) records of other molecules held "
        r"out, (\d+) examples of them scored", body,
    ).groups())  # type: ignore[union-attr]  # fmt: skip
    assert steps == history[-1]["step"] == 7
    assert each == settings.batch_size * settings.accumulation
    assert examples == sum(entry["split"] == "train" for entry in contexts)
    assert records == len(manifest["train_ids"])
    assert held == len(manifest["heldout_ids"]) == len((trained / "heldout.tsv").read_text().splitlines()) - 1
    assert scored == sum(entry["split"] == "heldout" for entry in contexts)
    blocks = {record.id: record.block for record in read_run(run_dir)}
    assert {blocks[i] for i in manifest["train_ids"]}.isdisjoint(blocks[i] for i in manifest["heldout_ids"])
    first, warm, left_out = re.search(
        r"The first (\d+) of these steps are a warm-up on (\d+) examples .+? (\d+) of its records were left out", body
    ).groups()  # type: ignore[union-attr]
    assert int(first) == settings.curriculum_steps
    assert int(warm) == sum(entry["split"] == "warm_up" for entry in contexts)
    assert int(left_out) == json.loads((trained / "metrics.json").read_text())["warm_up_records_left_out_as_held_out"]
    assert f"Records: sha256 `{fingerprint(read_run(run_dir))}`" in body
    for name in re.findall(r"`(\w+\.(?:yaml|json|jsonl))`", body):
        assert (trained / name).is_file()
    metrics = json.loads((trained / "metrics.json").read_text())
    for name, before, after in re.findall(r"^\| (\w+) \| ([\d.]+) \| ([\d.]+) \|$", body, flags=re.MULTILINE):
        assert float(before) == pytest.approx(metrics["heldout_loss_before"][name], abs=5e-5)
        assert float(after) == pytest.approx(metrics["heldout_loss_after"][name], abs=5e-5)
    for name, release in manifest["versions"].items():
        assert f"{name} {release}" in body


# --- merging ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["shifted", "nan"])
def test_a_merge_that_was_damaged_on_its_way_to_the_disk_does_not_pass(
    trained: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    from safetensors.torch import load_file, save_file

    load = Student.load.__func__  # type: ignore[attr-defined]

    def load_damaged(cls: type[Student], folder: Any, **rest: Any) -> Student:
        path = Path(folder) / "model.safetensors"
        if rest.get("adapter") is None and Path(folder) != base:  # the merged weights, read back
            tensors = load_file(path)
            name = next(name for name in tensors if name.endswith("layers.1.mlp.down_proj.weight"))
            tensors[name][0, 0] = float("nan") if damage == "nan" else tensors[name][0, 0] + 0.5
            save_file(tensors, path, metadata={"format": "pt"})
        student: Student = load(cls, folder, **rest)
        return student

    monkeypatch.setattr(Student, "load", classmethod(load_damaged))
    with pytest.raises(ParityError, match="largest logit difference"):
        merge(trained, tmp_path / "merged", probes=3, max_new_tokens=4, device="cpu")
    assert list(tmp_path.iterdir()) == []


# --- previews -----------------------------------------------------------------------------------------------------


def test_a_preview_shows_the_examples_in_the_order_of_training(
    run_dir: Path, config: StudentConfig, base: Path
) -> None:
    shown = preview_examples(run_dir, config, n=14)
    prepared = prepare(read_run(run_dir), config, ChatFormat(load_tokenizer(base)))
    rows = [*prepared.train, *prepared.warm_up]
    assert [e.id for e, _ in shown.examples] == [rows[row].record.id for row, _ in plan_all(prepared, config)[:14]]
    assert shown.examples[0][0].id.startswith("W")
    assert not shown.examples[13][0].id.startswith("W")
    assert f"{len(prepared.train)} training examples of 12 records, 4 records held out" in shown.summary
    short = preview_examples(run_dir, config.with_overrides(["max_length=150"]), n=1)
    assert re.search(r", \d+ examples lost neighbours to max_length", short.summary)


@pytest.mark.parametrize("template", list(TEMPLATES))
def test_a_preview_puts_characters_of_several_tokens_together_and_its_mask_is_the_labels(
    template: str, tmp_path: Path
) -> None:
    rows = synthetic_run.records()[:2]
    rows[0]["caption"] = (
        "The molecule is a primary alcohol, β-D-形の分子 with number 0. 🧪 It has a role as a metabolite."
    )
    rows[0]["alignments"] = [synthetic_run.alignment(rows[0]["caption"], "primary alcohol", "CO")]
    first, second = read_run(synthetic_run.write_run(tmp_path, rows))
    chat = ChatFormat(tiny_tokenizer(template))
    example = ExampleBuilder(format=chat, max_length=2000).example(first, [second], Direction.MOL2CAP)
    shown = preview(example, chat)
    assert [taken for _, taken in shown] == [label != IGNORED for label in example.labels]
    assert [label for label in example.labels if label != IGNORED] == list(
        example.encoded.ids[example.encoded.n_prompt :]
    )
    assert "".join(text for text, taken in shown if taken).strip() == f"{example.completion}{TEMPLATES[template][1]}"
    assert not any("\ufffd" in text for text, _ in shown)
    assert sum(text == "" for text, _ in shown) >= 10  # the tiny tokenizer spells these characters byte by byte
    # The end mark is the padding token too, and only the one that ends the answer is trained on.
    assert chat.tokenizer.pad_token_id == example.encoded.ids[-1]
    assert example.labels.count(chat.tokenizer.pad_token_id) == 1


def test_a_row_that_trains_on_nothing_stops(tmp_path: Path, base: Path, run_dir: Path) -> None:
    rows = synthetic_run.records()
    rows[3]["caption"] = " \n"
    rows[3]["alignments"] = []
    run = synthetic_run.write_run(tmp_path, rows)
    with pytest.raises(InputError, match="'103' trains on nothing"):
        preview_examples(run, StudentConfig(base=str(base), eval_fraction=0, max_length=900), n=1)


def test_a_template_that_does_not_round_trip_stops_before_any_training(run_dir: Path, tmp_path: Path) -> None:
    base = save_tiny_base(tmp_path / "base")
    settings = json.loads((base / "tokenizer_config.json").read_text())
    template = base / "chat_template.jinja"
    assert template.is_file() or "chat_template" in settings
    broken = "{% if messages | length > 2 %}{{ 'again ' }}{% endif %}"
    if template.is_file():
        template.write_text(broken + template.read_text())
    else:
        settings["chat_template"] = broken + settings["chat_template"]
        (base / "tokenizer_config.json").write_text(json.dumps(settings))
    with pytest.raises(InputError, match="does not round-trip"):
        train(run_dir, tmp_path / "student", StudentConfig(base=str(base), max_length=900, max_steps=1))
    assert not (tmp_path / "student").exists()

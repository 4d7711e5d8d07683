from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import synthetic_run
from tiny_model import save_tiny_base

from molreflect.agents.student.local import Student
from molreflect.agents.student.weights import public_name
from molreflect.tools.errors import InputError
from molreflect.training.config import StudentConfig
from molreflect.training.examples.records import read_run
from molreflect.training.student.folder import read_student
from molreflect.training.student.gguf_file import ParityError
from molreflect.training.student.merge import merge
from molreflect.training.student.plan import plan, prepare, split_records
from molreflect.training.student.preparation import preview_examples
from molreflect.training.student.train import train
from molreflect.training.student.trainer import TrainProgress

pytestmark = pytest.mark.usefixtures("one_thread")

TINY: dict[str, Any] = {
    "neighbours": 2,
    "max_length": 900,
    "max_steps": 6,
    "batch_size": 2,
    "accumulation": 1,
    "learning_rate": 5e-3,
    "warmup_steps": 0,
    "lora_rank": 4,
    "lora_dropout": 0.1,
    "eval_fraction": 0.25,
    "save_steps": 2,
}


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic_run.write_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def trained(base: Path, run_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("students") / "whole"
    train(run_dir, out, StudentConfig(base=str(base), **TINY))
    return out


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return dict(load_file(folder / "adapter_model.safetensors"))


def history(folder: Path) -> list[tuple[int, float, float]]:
    entries = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    return [(entry["step"], entry["loss"], entry["learning_rate"]) for entry in entries]


def test_training_overfits_eight_examples_and_greedy_generation_returns_their_targets(tmp_path: Path) -> None:
    base = save_tiny_base(tmp_path / "base", hidden=128)
    run = synthetic_run.write_run(tmp_path / "run", synthetic_run.records()[::4])
    config = StudentConfig(
        base=str(base), neighbours=1, max_length=900, max_steps=60, batch_size=8, accumulation=1, learning_rate=1e-2,
        warmup_steps=5, lora_rank=32, lora_alpha=64, lora_targets=("all-linear",), eval_fraction=0, save_steps=1000,
    )  # fmt: skip
    result = train(run, tmp_path / "student", config)
    assert result.metrics["train_examples"] == 8
    assert result.metrics["loss_first"] > 3
    assert result.metrics["loss_last"] < 0.1
    student = Student.load(base, adapter=result.out, device="cpu")
    shown = preview_examples(run, config, n=8).examples
    answers = student.generate([example.messages for example, _ in shown], max_new_tokens=80)
    assert [answer for [answer] in answers] == [example.completion for example, _ in shown]


def test_training_moves_the_adapter_and_not_the_base(base: Path, trained: Path) -> None:
    import torch
    from safetensors.torch import load_file

    moved = weights(trained)
    assert moved
    assert all(name.split(".")[-2] in ("lora_A", "lora_B") for name in moved)
    assert all(bool(value.abs().sum() > 0) for name, value in moved.items() if "lora_B" in name)  # they start at zero
    before = load_file(base / "model.safetensors")
    # On the adapted model, so that a weight trained by mistake would show.
    student = Student.load(base, adapter=trained, device="cpu")
    after = {
        name.removeprefix("base_model.model.").replace(".base_layer", ""): value
        for name, value in student.model.state_dict().items()
        if "lora_" not in name
    }
    assert {name for name in before if torch.equal(before[name], after[name])} == set(before)


def test_the_base_stays_as_it_was_in_memory_while_the_adapter_trains(
    base: Path, run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import molreflect.agents.student.weights

    loaded: list[tuple[Any, dict[str, Any]]] = []
    load = molreflect.agents.student.weights.load_model

    def remember(*args: Any, **kwargs: Any) -> Any:
        model = load(*args, **kwargs)
        loaded.append((model, {name: value.clone() for name, value in model.state_dict().items()}))
        return model

    monkeypatch.setattr(molreflect.agents.student.weights, "load_model", remember)
    train(run_dir, tmp_path / "student", StudentConfig(base=str(base), **{**TINY, "max_steps": 2}))
    [(model, before)] = loaded
    after = {name.replace(".base_layer", ""): value for name, value in model.state_dict().items()}
    assert all(bool((after[name] == value).all()) for name, value in before.items())


def test_an_interrupted_training_goes_on_to_the_same_weights_and_losses(
    base: Path, run_dir: Path, trained: Path, tmp_path: Path
) -> None:
    import torch

    config = StudentConfig(base=str(base), **TINY)
    out = tmp_path / "student"
    with pytest.raises(InterruptedError):
        train(run_dir, out, config, stop_after=3)
    assert not out.exists()
    torch.set_num_threads(2)  # as where more cores are free when it goes on
    train(run_dir, out, config)
    assert torch.get_num_threads() == 1
    whole, resumed = weights(trained), weights(out)
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    assert history(out) == history(trained)
    first, second = (json.loads((folder / "metrics.json").read_text()) for folder in (trained, out))
    for name in ("heldout_loss_before", "heldout_loss_after", "tokens_trained_on"):
        assert first[name] == second[name]
    assert [path.name for path in tmp_path.iterdir()] == ["student"]  # the work folder is gone


def test_a_checkpoint_cut_short_is_not_resumed_from(base: Path, run_dir: Path, trained: Path, tmp_path: Path) -> None:
    config = StudentConfig(base=str(base), **TINY)
    with pytest.raises(InterruptedError):
        train(run_dir, tmp_path / "student", config, stop_after=3)
    (tmp_path / ".student.unfinished/checkpoints/checkpoint-3/trainer_state.json").unlink()
    train(run_dir, tmp_path / "student", config)
    assert history(tmp_path / "student") == history(trained)


def test_an_interrupted_training_with_other_settings_is_not_overwritten(
    base: Path, run_dir: Path, tmp_path: Path
) -> None:
    config = StudentConfig(base=str(base), **TINY)
    with pytest.raises(InterruptedError):
        train(run_dir, tmp_path / "student", config, stop_after=2)
    with pytest.raises(InputError, match="other settings"):
        train(run_dir, tmp_path / "student", config.with_overrides(["seed=7"]))
    assert (tmp_path / ".student.unfinished" / "checkpoints").is_dir()


def test_the_folder_says_what_was_trained_and_on_what(run_dir: Path, trained: Path) -> None:
    folder = read_student(trained)
    metrics = json.loads((trained / "metrics.json").read_text())
    assert metrics["threads"] == 1
    ids = {record.id for record in read_run(run_dir)}
    assert set(folder.manifest["train_ids"]) | set(folder.manifest["heldout_ids"]) == ids
    assert len(folder.manifest["heldout_ids"]) == 4
    assert folder.manifest["run"] == run_dir.name
    assert folder.config.max_steps == 6
    assert set(metrics["heldout_loss_before"]) == {"mol2cap", "cap2mol", "all"}
    assert metrics["heldout_loss_after"]["all"] < metrics["heldout_loss_before"]["all"]
    assert [line.split("\t")[0] for line in (trained / "heldout.tsv").read_text().splitlines()[1:]] == (
        folder.manifest["heldout_ids"]
    )
    assert f"{metrics['heldout_loss_after']['all']:.4f}" in (trained / "README.md").read_text()


def test_no_held_out_molecule_ever_stands_in_a_prompt(base: Path, run_dir: Path, trained: Path) -> None:
    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.agents.student.weights import load_tokenizer

    records = {record.id: record for record in read_run(run_dir)}
    manifest = read_student(trained).manifest
    contexts = [json.loads(line) for line in (trained / "contexts.jsonl").read_text().splitlines()]
    assert {entry["split"] for entry in contexts} == {"train", "heldout"}
    assert all(entry["neighbours"] for entry in contexts)
    for entry in contexts:
        assert set(entry["neighbours"]) <= set(manifest["train_ids"])
        assert records[entry["id"]].block not in {records[n].block for n in entry["neighbours"]}
    held = [records[id] for id in manifest["heldout_ids"]]
    chat = ChatFormat(load_tokenizer(base))
    for source in ("index", "record"):
        config = StudentConfig(base=str(base), **TINY, neighbours_from=source)
        prepared = prepare(list(records.values()), config, chat)
        assert [r.id for r in prepared.split.heldout] == manifest["heldout_ids"]
        text = "\n".join(m["content"] for row in prepared.train for m in row.example.messages)
        assert all(record.caption not in text for record in held)
        assert all(f"Molecule: {record.smiles}\n" not in f"{text}\n" for record in held)


def test_stereoisomers_and_salts_of_one_molecule_stay_on_one_side(run_dir: Path) -> None:
    from dataclasses import replace

    records = read_run(run_dir)
    twins = [replace(record, id=f"{record.id}-twin") for record in records]
    for seed in range(5):
        split = split_records([*records, *twins], fraction=0.3, seed=seed)
        assert not {r.block for r in split.train} & {r.block for r in split.heldout}
        assert len(split.heldout) == 10
    assert split_records(records, fraction=0.3, seed=1) != split_records(records, fraction=0.3, seed=2)


def test_every_epoch_trains_on_every_row_once_in_another_order(base: Path, run_dir: Path) -> None:
    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.agents.student.weights import load_tokenizer

    config = StudentConfig(base=str(base), **TINY)
    rows = prepare(read_run(run_dir), config, ChatFormat(load_tokenizer(base))).train
    order = plan(rows, config, examples=3 * len(rows))
    epochs = [[row for row, epoch in order if epoch == number] for number in range(3)]
    assert all(sorted(epoch) == list(range(len(rows))) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert plan(rows, config, examples=10) == order[:10]


def test_rewritten_smiles_reach_training_and_leave_the_targets_alone(base: Path, run_dir: Path) -> None:
    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.agents.student.weights import load_tokenizer
    from molreflect.training.student.plan import render

    config = StudentConfig(base=str(base), **TINY, randomize_smiles=True, direction="mol2cap")
    prepared = prepare(read_run(run_dir), config, ChatFormat(load_tokenizer(base)))
    changed = 0
    for number, row in enumerate(prepared.train):
        for epoch in range(3):
            example = render(prepared, number, epoch, config)
            assert example.completion == row.example.completion
            assert example == render(prepared, number, epoch, config)
            changed += example.messages != row.example.messages
    assert changed > len(prepared.train)


def test_a_taken_folder_and_an_example_that_does_not_fit_stop_before_any_training(
    base: Path, run_dir: Path, trained: Path, tmp_path: Path
) -> None:
    config = StudentConfig(base=str(base), **TINY)
    with pytest.raises(InputError, match="not empty"):
        train(run_dir, trained, config)
    with pytest.raises(InputError, match="target would be cut"):
        train(run_dir, tmp_path / "student", config.with_overrides(["max_length=40"]))
    with pytest.raises(InputError, match="none of 12 training records fits"):
        train(run_dir, tmp_path / "student", config.with_overrides(["max_length=40", "too_long=skip"]))
    assert list(tmp_path.iterdir()) == []


def test_a_student_is_readable_by_all_and_names_its_base_by_no_path(base: Path, run_dir: Path, tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        train(run_dir, tmp_path / "s", StudentConfig(base=str(base), **{**TINY, "max_steps": 1}))
        merge(tmp_path / "s", tmp_path / "merged", probes=1, max_new_tokens=4, device="cpu")
    finally:
        os.umask(old)
    for folder in (tmp_path / "s", tmp_path / "merged"):
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}
        assert folder.stat().st_mode & 0o777 == 0o755
    for name in ("adapter_config.json", "README.md", "student.json", "metrics.json"):
        assert str(tmp_path) not in (tmp_path / "s" / name).read_text()
        assert str(base) not in (tmp_path / "s" / name).read_text()
    assert json.loads((tmp_path / "s/adapter_config.json").read_text())["base_model_name_or_path"] == base.name
    assert f"base_model: {base.name}" in (tmp_path / "s/README.md").read_text()


def test_a_base_is_named_as_another_machine_knows_it(tmp_path: Path) -> None:
    assert public_name("smollm2") == "HuggingFaceTB/SmolLM2-135M-Instruct"
    assert public_name("owner/model") == "owner/model"
    (tmp_path / "config.json").write_text('{"_name_or_path": "owner/model-7b"}')
    assert public_name(str(tmp_path)) == "owner/model-7b"
    (tmp_path / "config.json").write_text('{"_name_or_path": "/home/me/model"}')
    assert public_name(str(tmp_path)) == tmp_path.name


def test_progress_tells_every_step_with_its_loss(base: Path, run_dir: Path, tmp_path: Path) -> None:
    seen: list[TrainProgress] = []
    config = StudentConfig(base=str(base), **{**TINY, "max_steps": 3})
    train(run_dir, tmp_path / "student", config, progress=seen.append)
    steps = [(event.step, event.total) for event in seen if event.loss is not None]
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert [event.stage for event in seen][-1] == "save"
    taken = [event.tokens for event in seen if event.stage == "train" and event.loss is not None]
    assert taken == sorted(taken)
    assert 0 < taken[0] < taken[-1]
    metrics = json.loads((tmp_path / "student/metrics.json").read_text())
    assert taken[-1] == metrics["tokens_trained_on_with_prompts"]
    scored = [(event.step, event.total) for event in seen if event.stage == "evaluate" and event.total]
    assert scored
    assert all(step <= total for step, total in scored)
    assert scored[-1][0] == scored[-1][1]


def test_merged_weights_say_what_base_and_adapter_say(base: Path, trained: Path, tmp_path: Path) -> None:
    result = merge(trained, tmp_path / "merged", probes=3, max_new_tokens=16, device="cpu")
    assert result.answers_equal == result.probes == 3
    assert result.max_logit_difference < 1e-3
    merged = Student.load(tmp_path / "merged", device="cpu")
    untouched = Student.load(base, device="cpu")
    prompt = [{"role": "user", "content": "Molecule: CCO"}]
    [adapted] = Student.load(base, adapter=trained, device="cpu").perplexity([prompt], ["Caption: an alcohol"])
    assert merged.perplexity([prompt], ["Caption: an alcohol"]) == pytest.approx([adapted], rel=1e-4)
    assert untouched.perplexity([prompt], ["Caption: an alcohol"]) != pytest.approx([adapted], rel=1e-3)


def test_a_merge_beyond_the_tolerance_leaves_nothing(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(ParityError, match="nothing was written"):
        merge(trained, tmp_path / "merged", probes=1, tolerance=-1.0, max_new_tokens=4, device="cpu")
    assert list(tmp_path.iterdir()) == []


def test_two_processes_of_accelerate_train_one_student_on_twice_the_examples(
    base: Path, run_dir: Path, tmp_path: Path, free_port: int
) -> None:
    import os
    import subprocess
    import sys

    values = {**TINY, "base": base, "max_steps": 2, "eval_fraction": 0.1, "batch_size": 1, "lora_dropout": 0.0}
    settings = [word for name, value in values.items() for word in ("--set", f"{name}={value}")]
    root = str(Path(__file__).parents[3])
    config = f"{root}/configs/accelerate-two-cpus.yaml"
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", config]
    launch += ["--main_process_port", str(free_port), "-m", "molreflect"]
    done = subprocess.run(
        [*launch, "train", str(run_dir), "--out", str(tmp_path / "student"), "--json", *settings],
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": root, "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    metrics = json.loads(done.stdout)  # printed once
    assert (metrics["processes"], metrics["steps"], metrics["examples"]) == (2, 2, 4)
    assert [path.name for path in tmp_path.iterdir()] == ["student"]
    assert read_student(tmp_path / "student").config.max_steps == 2


def test_the_shipped_settings_can_be_read_and_used(run_dir: Path) -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    from molreflect.training.config import load_config

    configs = Path(__file__).parents[3] / "configs"
    read = {path.stem: load_config(path) for path in configs.glob("*.yaml") if not path.stem.startswith("accelerate-")}
    assert {"paper-mistral-7b", "quickstart", "ablation-cpu"} <= set(read)
    paper = read["paper-mistral-7b"]
    assert (paper.lora_rank, paper.lora_alpha, paper.max_steps, paper.neighbours) == (32, 64, 8000, 2)
    assert (paper.temperature, paper.top_p, paper.top_k) == (0.75, 0.85, 40)
    assert (read["quickstart"].base, read["quickstart"].max_steps) == ("smollm2", 30)
    launched = [load_config_from_file(str(path)) for path in sorted(configs.glob("accelerate-*.yaml"))]
    assert [(c.distributed_type, c.num_processes, c.use_cpu) for c in launched] == [
        ("MULTI_GPU", 4, False),
        ("MULTI_GPU", 2, True),
    ]

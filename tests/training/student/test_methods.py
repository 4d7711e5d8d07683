"""Learning from verdicts: preference and reward training of a student that goes on from another."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import synthetic_run
from tiny_model import save_tiny_base

from molreflect.agents.student.chat_format import ChatFormat
from molreflect.agents.student.weights import load_tokenizer
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.training.config import Arm, StudentConfig, load_config
from molreflect.training.examples.answers import parse_answer
from molreflect.training.examples.records import read_run
from molreflect.training.examples.text import ExampleText
from molreflect.training.student.folder import read_student
from molreflect.training.student.predict import predict
from molreflect.training.student.preferences import read_preferred
from molreflect.training.student.preparation import prepare_run, preview_examples
from molreflect.training.student.start import with_start
from molreflect.training.student.train import train

pytestmark = pytest.mark.usefixtures("one_thread")

SFT: dict[str, Any] = {
    "neighbours": 0, "arm": "no_context", "direction": "cap2mol", "max_length": 400, "max_steps": 12, "batch_size": 8,
    "accumulation": 1, "learning_rate": 1e-2, "warmup_steps": 0, "lora_rank": 16, "lora_alpha": 32,
    "lora_targets": ("all-linear",), "eval_fraction": 0, "save_steps": 100,
}  # fmt: skip
FURTHER: dict[str, Any] = {
    "direction": "cap2mol", "max_length": 400, "warmup_steps": 0, "eval_fraction": 0, "save_steps": 2,
}  # fmt: skip
DPO = FURTHER | {"method": "dpo", "max_steps": 4, "batch_size": 4, "accumulation": 1, "learning_rate": 2e-3}
GRPO = FURTHER | {
    "method": "grpo", "max_steps": 9, "batch_size": 64, "accumulation": 1, "completions": 8, "learning_rate": 1e-3,
    "schedule": "constant", "max_new_tokens": 10, "rewards": {"form": 1, "validity": 1},
}  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_base(tmp_path_factory.mktemp("base"), hidden=128)


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic_run.write_run(tmp_path_factory.mktemp("run"), synthetic_run.records()[::2])


@pytest.fixture(scope="module")
def started(base: Path, run_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("students") / "started"
    train(run_dir, out, StudentConfig(base=str(base), **SFT))
    return out


@pytest.fixture(scope="module")
def novice(base: Path, run_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student that finds the form of an answer in some of its tries."""
    out = tmp_path_factory.mktemp("students") / "novice"
    settings = SFT | {"max_steps": 14, "arm": "sft", "lora_rank": 4, "lora_alpha": 8}
    train(run_dir, out, StudentConfig(base=str(base), **settings))
    return out


@pytest.fixture(scope="module")
def candidates(run_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two candidates a row: what the record says, and another molecule behind a fragment that is not in it."""
    path = tmp_path_factory.mktemp("candidates") / "predicted.jsonl"
    text = ExampleText(Arm.NO_CONTEXT)
    rows = []
    for record in read_run(run_dir):
        wrong = f"Parts:\n{record.parts[0].phrase} -> [Pb]\nMolecule: [Pb]"
        both = [{"text": text.completion(record, Direction.CAP2MOL), "score": 3.0}, {"text": wrong, "score": 2.3}]
        rows.append({"id": record.id, "direction": "cap2mol", "candidates": both})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return dict(load_file(folder / "adapter_model.safetensors"))


def history(folder: Path, *names: str) -> list[tuple[float, ...]]:
    entries = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    return [tuple(entry[name] for name in names) for entry in entries]


def assert_resumes(
    run_dir: Path, config: StudentConfig, whole: Path, out: Path, names: tuple[str, ...], resources: Any = None
) -> None:
    import torch

    with pytest.raises(InterruptedError):
        train(run_dir, out, config, stop_after=3, resources=resources)
    train(run_dir, out, config, resources=resources)
    one, other = weights(whole), weights(out)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert history(whole, *names) == history(out, *names)


def test_preference_training_raises_the_margin_and_goes_on_exactly(
    run_dir: Path, started: Path, candidates: Path, tmp_path: Path
) -> None:
    config = StudentConfig(start=str(started), candidates=str(candidates), **DPO)
    metrics = train(run_dir, tmp_path / "whole", config).metrics
    margins = [margin for (margin,) in history(tmp_path / "whole", "rewards/margins")]
    assert margins[0] == 0  # it is compared with itself
    assert margins[-1] > 0.1
    assert metrics["margin_last_tenth"] == margins[-1]
    assert metrics["loss_last"] < metrics["loss_first"]
    assert_resumes(run_dir, config, tmp_path / "whole", tmp_path / "resumed", ("loss", "rewards/margins"))


def test_a_student_of_preferences_is_one_adapter_that_predicts(
    run_dir: Path, started: Path, candidates: Path, tmp_path: Path
) -> None:
    config = StudentConfig(start=str(started), candidates=str(candidates), **DPO | {"max_steps": 2})
    out = train(run_dir, tmp_path / "student", config).out
    assert not [path for path in out.iterdir() if path.is_dir()]  # what it was compared with is not kept
    folder = read_student(out)
    assert folder.manifest["started_from"] == "started"
    assert folder.config.base == read_student(started).config.base
    card = (out / "README.md").read_text()
    assert "preference (DPO)" in card
    assert "No held-out row was scored (0 records held out)." in card
    assert "`started`" in card
    result = predict(out, read_run(run_dir)[:2], "cap2mol", tmp_path / "p.tsv", max_new_tokens=8)
    assert result.rows == 2


def test_reward_training_raises_the_reward_of_eight_prompts(
    run_dir: Path, novice: Path, resources: Any, tmp_path: Path
) -> None:
    metrics = train(run_dir, tmp_path / "s", StudentConfig(start=str(novice), **GRPO), resources=resources).metrics
    assert metrics["train_examples"] == 8
    rewards = [reward for (reward,) in history(tmp_path / "s", "reward")]
    assert sum(rewards[-3:]) / 3 > sum(rewards[:3]) / 3 + 0.1
    assert (metrics["reward_first_tenth"], metrics["reward_last_tenth"]) == (rewards[0], rewards[-1])


def test_reward_training_goes_on_exactly(run_dir: Path, novice: Path, resources: Any, tmp_path: Path) -> None:
    fewer = {"max_steps": 4, "batch_size": 4, "accumulation": 4, "beta": 0.1, "rewards": {}}
    config = StudentConfig(start=str(novice), **GRPO | fewer)
    train(run_dir, tmp_path / "whole", config, resources=resources)
    names = ("loss", "reward", "kl", "rewards/claims/mean", "rewards/exact/mean")
    assert_resumes(run_dir, config, tmp_path / "whole", tmp_path / "resumed", names, resources)


def test_held_out_rows_are_measured_in_rewards_and_stay_held_out(
    base: Path, run_dir: Path, resources: Any, tmp_path: Path
) -> None:
    short = {"eval_fraction": 0.25, "max_steps": 1}
    train(run_dir, tmp_path / "first", StudentConfig(base=str(base), **SFT | short))
    fewer = {"max_steps": 2, "batch_size": 8, "max_new_tokens": 8, "seed": 7, "eval_steps": 1, "keep_best": True}
    config = StudentConfig(start=str(tmp_path / "first"), **GRPO | fewer)
    out = train(run_dir, tmp_path / "second", config, resources=resources)
    measured = out.metrics["heldout_by_step"]
    assert set(measured) == {1, 2}
    assert measured[out.metrics["best_step"]] == max(measured.values())
    assert out.metrics["heldout_reward_after"]["all"] == max(measured.values())
    first, second = (read_student(tmp_path / name).manifest for name in ("first", "second"))
    assert sorted(second["heldout_ids"]) == sorted(first["heldout_ids"])
    assert set(out.metrics["heldout_reward_after"]) == {"cap2mol", "all"}
    assert out.metrics["heldout_loss_after"] == {}
    assert "held-out reward" in (out.out / "README.md").read_text()


def test_refused_proposals_of_a_run_become_pairs_that_share_their_prompt(
    base: Path, sample_run: SimpleNamespace
) -> None:
    config = StudentConfig(base=str(base), method="dpo", neighbours=1, max_length=2000, eval_fraction=0)
    chat_format = ChatFormat(load_tokenizer(base))
    records, prepared = prepare_run(sample_run.folder, config, chat_format)
    assert prepared.train
    known = {record.id: record for record in records}
    for row in prepared.train:
        assert row.rejected is not None
        one, other = row.example, row.rejected
        assert one.messages == other.messages
        assert one.encoded.ids[: one.encoded.n_prompt] == other.encoded.ids[: other.encoded.n_prompt]
        assert one.completion == ExampleText(config.arm).completion(known[row.record.id], row.direction)
        mine, theirs = (parse_answer(example.completion, row.direction) for example in (one, other))
        assert mine.answer == theirs.answer
        assert mine.parts != theirs.parts


def test_candidates_are_set_against_each_other_by_their_scores(
    base: Path, run_dir: Path, candidates: Path, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in candidates.read_text().splitlines()]
    rows[1]["candidates"][1]["score"] = 3.0  # nothing to prefer
    rows[2]["candidates"][1]["text"] = ""  # nothing that was written
    rows[3]["id"] = "elsewhere"
    path = tmp_path / "c.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = StudentConfig(base=str(base), candidates=str(path), **DPO)
    found = read_preferred(run_dir, read_run(run_dir), config, ChatFormat(load_tokenizer(base)))
    assert len(found) == len(rows) - 3
    [(chosen, rejected)] = found[rows[0]["id"], Direction.CAP2MOL]
    assert (chosen, rejected) == tuple(each["text"] for each in rows[0]["candidates"])


def test_a_preview_shows_what_is_preferred(run_dir: Path, started: Path, candidates: Path) -> None:
    config = StudentConfig(start=str(started), candidates=str(candidates), **DPO)
    assert "[Pb]" not in preview_examples(run_dir, config, n=1).examples[0][0].completion


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"method": "dpo", "arm": "sft"}, "writes none that were verified", id="nothing to compare"),
        pytest.param({"method": "dpo", "beta": 0}, "beta=0 leaves dpo nothing", id="no beta"),
        pytest.param({"method": "dpo", "fragments": "attached"}, "takes no attached fragments", id="attached"),
        pytest.param({"method": "grpo", "curriculum": "x"}, "takes no curriculum", id="curriculum"),
        pytest.param({"method": "grpo", "completions": 3}, "= 8 answers of a step cannot be shared out", id="groups"),
        pytest.param({"method": "grpo", "rewards": {"exakt": 1}}, "'exakt' is no reward", id="reward"),
        pytest.param({"method": "ppo"}, "method must be 'sft', 'dpo' or 'grpo', got 'ppo'", id="method"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        StudentConfig(**settings)


def test_what_makes_the_student_is_taken_from_where_it_starts(started: Path) -> None:
    config = with_start(StudentConfig(start=str(started), direction="cap2mol", max_steps=3))
    assert (config.arm, config.lora_rank, config.max_steps) == ("no_context", 16, 3)
    with pytest.raises(InputError, match=r"lora_rank=4 is not what .* was trained with \(16\)"):
        with_start(StudentConfig(start=str(started), direction="cap2mol", lora_rank=4))
    with pytest.raises(InputError, match="trained for cap2mol only"):
        with_start(StudentConfig(start=str(started)))


@pytest.mark.parametrize("name", ["dpo", "grpo"])
def test_the_presets_are_settings_of_their_method(name: str) -> None:
    config = load_config(Path(__file__).parents[3] / "configs" / f"{name}.yaml")
    assert config.method == name
    assert not {"base", "arm", "neighbours", "lora_rank"} & config.model_fields_set  # they are the student's


def test_a_run_without_its_database_has_no_preferences(run_dir: Path, started: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no run\.sqlite"):
        train(run_dir, tmp_path / "s", StudentConfig(start=str(started), **DPO))


def test_vllm_is_refused_where_it_is_not_installed(run_dir: Path, started: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    with pytest.raises(InputError, match="generation=vllm needs"):
        train(run_dir, tmp_path / "s", StudentConfig(start=str(started), **GRPO | {"generation": "vllm"}))

"""What a fine-tuner sets: kinds of tuning, measuring while training, packing, attention, services for curves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import synthetic_run

from molreflect.tools.corpus import read_corpus
from molreflect.tools.errors import InputError
from molreflect.training.config import StudentConfig
from molreflect.training.examples.records import read_run
from molreflect.training.student.curves import write_curves
from molreflect.training.student.folder import read_student
from molreflect.training.student.measuring import ran_out_of_patience
from molreflect.training.student.merge import merge
from molreflect.training.student.predict import predict
from molreflect.training.student.train import train

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK: dict[str, Any] = {
    "arm": "no_context", "direction": "cap2mol", "max_length": 400, "max_steps": 4, "batch_size": 2, "accumulation": 1,
    "learning_rate": 5e-3, "warmup_steps": 0, "lora_rank": 4, "eval_fraction": 0.25, "save_steps": 100,
}  # fmt: skip


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic_run.write_run(tmp_path_factory.mktemp("run"), synthetic_run.records()[::2])


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    [path] = folder.glob("*.safetensors")
    return dict(load_file(path))


def losses(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / "history.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(
    "settings", [{"tuning": "full"}, {"dora": True}, {"rslora": True}], ids=lambda s: next(iter(s))
)
def test_each_kind_of_tuning_trains_predicts_and_merges(
    base: Path, run_dir: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    import torch

    student = tmp_path / "student"
    result = train(run_dir, student, StudentConfig(base=str(base), **QUICK, **settings))
    assert result.metrics["heldout_loss_after"]["all"] < result.metrics["heldout_loss_before"]["all"]
    pairs = read_corpus(student / "heldout.tsv").pairs
    done = predict(student, pairs, "cap2mol", tmp_path / "p.tsv", max_new_tokens=8)
    assert (done.rows, done.failed) == (len(pairs), 0)
    merged = merge(student, tmp_path / "merged", probes=1, max_new_tokens=8, device="cpu")
    assert merged.answers_equal == 1
    before, after = weights(base), weights(tmp_path / "merged")
    moved = {name for name, value in after.items() if not torch.equal(before[name], value)}
    if "tuning" in settings:
        assert len(moved) > 0.9 * len(before)
        assert not (student / "adapter_config.json").exists()
    else:
        assert moved
        assert all("q_proj" in name or "v_proj" in name for name in moved)
    for path in student.iterdir():  # neither card nor settings of the weights name a folder of this machine
        if path.suffix in (".json", ".md"):
            assert str(base) not in path.read_text()


def test_a_full_fine_tuning_can_be_gone_on_with_and_another_kind_is_refused(
    base: Path, run_dir: Path, tmp_path: Path
) -> None:
    import torch

    train(run_dir, tmp_path / "first", StudentConfig(base=str(base), **QUICK, tuning="full"))
    further = {name: value for name, value in QUICK.items() if name != "lora_rank"} | {"start": str(tmp_path / "first")}
    result = train(run_dir, tmp_path / "second", StudentConfig(**further))
    first = read_student(tmp_path / "first").manifest
    assert read_student(tmp_path / "second").config.tuning == "full"
    assert (
        result.metrics["heldout_loss_before"]
        == json.loads((tmp_path / "first/metrics.json").read_text())["heldout_loss_after"]
    )
    assert read_student(tmp_path / "second").manifest["heldout_ids"] == first["heldout_ids"]
    a, b = weights(tmp_path / "first"), weights(tmp_path / "second")
    assert any(not torch.equal(a[name], b[name]) for name in a)
    with pytest.raises(InputError, match="tuning=lora is not what"):
        train(run_dir, tmp_path / "third", StudentConfig(**further, tuning="lora"))


def test_a_full_fine_tuning_by_preference_compares_with_where_it_started(
    base: Path, run_dir: Path, tmp_path: Path
) -> None:
    candidates = tmp_path / "candidates.jsonl"
    rows = []
    for record in read_run(run_dir):
        answers = [("Parts:\nnone\nMolecule: " + smiles, score) for smiles, score in ((record.smiles, 3), ("[Pb]", 1))]
        both = [{"text": text, "score": score} for text, score in answers]
        rows.append({"id": record.id, "direction": "cap2mol", "candidates": both})
    candidates.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = QUICK | {"method": "dpo", "candidates": str(candidates), "max_steps": 3, "learning_rate": 1e-3}
    result = train(run_dir, tmp_path / "student", StudentConfig(base=str(base), **settings, tuning="full"))
    assert result.metrics["margin_last_tenth"] > 0
    assert losses(tmp_path / "student")[0] == pytest.approx(0.6931, abs=1e-3)  # log 2: as it started


def test_plain_peft_reads_an_adapter_where_the_base_lies_elsewhere(base: Path, run_dir: Path, tmp_path: Path) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    elsewhere = shutil.copytree(base, tmp_path / "elsewhere")
    student = tmp_path / "student"
    train(run_dir, student, StudentConfig(base=str(base), **QUICK, dora=True, rslora=True))
    tokenizer = AutoTokenizer.from_pretrained(student)
    ids = tokenizer("Molecule: CCO", return_tensors="pt").input_ids
    plain = AutoModelForCausalLM.from_pretrained(elsewhere)
    with torch.inference_mode():
        untouched = plain(input_ids=ids).logits
        theirs = PeftModel.from_pretrained(plain, student)(input_ids=ids).logits
        ours = read_student(student).load(device="cpu").model(input_ids=ids).logits
    assert torch.equal(theirs, ours)
    assert not torch.allclose(theirs, untouched)


def test_packed_examples_and_recomputed_activations_train_as_plain_ones_do(
    base: Path, run_dir: Path, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    plain = train(run_dir, tmp_path / "plain", StudentConfig(base=str(base), **QUICK))
    packed = train(run_dir, tmp_path / "packed", StudentConfig(base=str(base), **QUICK, packing=True))
    again = StudentConfig(base=str(base), **QUICK, gradient_checkpointing=True, attn_implementation="eager")
    train(run_dir, tmp_path / "again", again)
    assert not [each for each in recwarn if str(each.message).startswith("`gradient_checkpointing` is deprecated")]
    assert losses(tmp_path / "packed") == pytest.approx(losses(tmp_path / "plain"), rel=1e-4)
    assert losses(tmp_path / "again") == pytest.approx(losses(tmp_path / "plain"), rel=1e-4)
    assert packed.metrics["heldout_loss_after"]["all"] == pytest.approx(
        plain.metrics["heldout_loss_after"]["all"], rel=1e-3
    )
    for name in ("order_sha256", "tokens_trained_on_with_prompts", "steps"):
        assert packed.metrics[name] == plain.metrics[name]


def test_an_attention_that_is_not_there_is_told_in_one_line(base: Path, run_dir: Path, tmp_path: Path) -> None:
    for name in ("flash_attention_2", "no_such_attention"):
        config = StudentConfig(base=str(base), **QUICK, attn_implementation=name)
        with pytest.raises(InputError, match=f"attn_implementation={name} cannot be used: ") as told:
            train(run_dir, tmp_path / "student", config)
        assert "\n" not in str(told.value)
    assert not (tmp_path / "student").exists()


STEEP: dict[str, Any] = QUICK | {
    # Steps so long that the held-out loss gets worse sooner or later.
    "max_steps": 12, "learning_rate": 1.0, "schedule": "constant", "eval_steps": 2, "patience": 2, "save_steps": 5,
}  # fmt: skip


def test_a_training_that_gets_no_better_stops_and_keeps_its_best_weights(
    base: Path, run_dir: Path, tmp_path: Path
) -> None:
    import torch

    config = StudentConfig(base=str(base), **STEEP)
    metrics = train(run_dir, tmp_path / "student", config).metrics
    measured = metrics["heldout_by_step"]
    assert metrics["stopped_early"]
    assert metrics["steps"] < 12
    best = min(measured, key=lambda step: measured[step])
    assert metrics["best_step"] == best == metrics["steps"] - 4
    assert metrics["heldout_loss_after"]["all"] == measured[best]
    assert metrics["examples"] == metrics["steps"] * 2
    card = (tmp_path / "student/README.md").read_text()
    assert f"Stopped after {metrics['steps']} of 12 steps" in card
    assert f"The weights are those of step {best}" in card
    # What was interrupted in the middle, and what had stopped and was not yet saved, ends in the same way.
    for stop in (3, metrics["steps"]):
        out = tmp_path / f"stopped-{stop}"
        if stop == 3:
            with pytest.raises(InterruptedError):
                train(run_dir, out, config, stop_after=stop)
        else:
            _killed_before_saving(run_dir, out, config)
        resumed = train(run_dir, out, config).metrics
        assert {k: resumed[k] for k in ("steps", "best_step", "heldout_by_step")} == {
            k: metrics[k] for k in ("steps", "best_step", "heldout_by_step")
        }
        whole, other = weights(tmp_path / "student"), weights(out)
        assert all(torch.equal(whole[name], other[name]) for name in whole)
        assert losses(out) == losses(tmp_path / "student")


def _killed_before_saving(run_dir: Path, out: Path, config: StudentConfig) -> None:
    import molreflect.training.student.train as module

    class KilledError(Exception): ...

    def save(*_: Any) -> None:
        raise KilledError

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "save_student", save)
        with pytest.raises(KilledError):
            train(run_dir, out, config)


def test_the_best_weights_are_kept_where_a_training_goes_on_to_its_end(
    base: Path, run_dir: Path, tmp_path: Path
) -> None:
    settings = {name: value for name, value in STEEP.items() if name != "patience"} | {"max_steps": 6}
    metrics = train(run_dir, tmp_path / "student", StudentConfig(base=str(base), **settings, keep_best=True)).metrics
    measured = metrics["heldout_by_step"]
    assert (metrics["steps"], metrics["stopped_early"]) == (6, False)
    assert metrics["heldout_loss_after"]["all"] == measured[metrics["best_step"]] == min(measured.values())


def test_patience_counts_measurements_without_a_better_one() -> None:
    config = StudentConfig(eval_steps=1, patience=2)
    told = [
        ran_out_of_patience(dict(enumerate(values)), config) for values in ([3, 2, 2], [3, 2, 2, 2], [3, 2, 4, 1, 5])
    ]
    assert told == [False, True, False]
    rewarded = config.changed(method="grpo", batch_size=8)
    assert ran_out_of_patience({1: 1.0, 2: 0.5, 3: 0.5}, rewarded)
    assert not ran_out_of_patience({1: 0.5, 2: 1.0, 3: 0.5}, rewarded)


def test_measurements_of_nothing_are_refused(base: Path, run_dir: Path, tmp_path: Path) -> None:
    train(run_dir, tmp_path / "first", StudentConfig(base=str(base), **QUICK | {"eval_fraction": 0, "max_steps": 1}))
    further = {name: value for name, value in QUICK.items() if name != "lora_rank"} | {"eval_fraction": 0}
    config = StudentConfig(start=str(tmp_path / "first"), **further, eval_steps=1)
    with pytest.raises(InputError, match="eval_steps=1 measures held-out rows, and none is left"):
        train(run_dir, tmp_path / "second", config)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"patience": 2}, "patience needs eval_steps"),
        ({"keep_best": True}, "keep_best needs eval_steps"),
        ({"eval_steps": 5, "eval_fraction": 0}, "set eval_fraction and eval_rows above 0"),
        ({"eval_steps": 500}, "eval_steps=500 is more than all 200 steps"),
        ({"tuning": "full", "quantization": "4bit"}, "4bit ones cannot be"),
        ({"tuning": "full", "dora": True}, "dora is a kind of LoRA"),
        ({"packing": True}, "set batch_size above 1"),
        ({"packing": True, "batch_size": 8, "method": "dpo"}, "packing is for method=sft"),
        ({"report_to": "mail"}, "report_to must be 'none', 'tensorboard', 'trackio' or 'wandb', got 'mail'"),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_settings_that_do_not_go_together_are_told(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        StudentConfig(**settings)


def test_losses_go_to_tensorboard_and_a_service_that_is_missing_is_told_first(
    base: Path, run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    config = StudentConfig(base=str(base), **QUICK, eval_steps=2, report_to="tensorboard")
    train(run_dir, tmp_path / "student", config)
    events = EventAccumulator(str(tmp_path / "student/tensorboard"))
    events.Reload()
    assert [event.value for event in events.Scalars("train/loss")] == pytest.approx(losses(tmp_path / "student"))
    metrics = json.loads((tmp_path / "student/metrics.json").read_text())
    assert (tmp_path / "student/curves.png").is_file()
    told = {event.step: event.value for event in events.Scalars("eval/all_loss")}
    assert told == pytest.approx({int(step): value for step, value in metrics["heldout_by_step"].items()})
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match="report_to=trackio needs the package trackio, which is not installed"):
        train(run_dir, tmp_path / "other", config.changed(report_to="trackio"))
    assert not list(tmp_path.glob(".other*"))


def test_curves_show_what_was_logged(tmp_path: Path) -> None:
    from PIL import Image

    long = [{"step": i, "loss": 3 / i, "learning_rate": 1e-3 / i} for i in range(1, 30)]
    rewarded = [entry | {"reward": 1 - entry["loss"]} for entry in long]
    assert write_curves([{"step": 1, "eval_all_loss": 2.0}], {1: 2.0}, tmp_path) == []
    sizes = {}
    for name, history in (("few", long[:5]), ("many", long), ("rewarded", rewarded)):
        [path] = write_curves(history, {10: 2.5, 20: 2.0}, tmp_path / name, best_step=20 if name == "many" else None)
        assert path == tmp_path / name / "curves.png"
        with Image.open(path) as image:
            image.load()
            sizes[name] = image.size
            assert len(image.convert("RGB").getcolors(1 << 20) or ()) > 20
        assert write_curves(history, {10: 2.5, 20: 2.0}, tmp_path / "again", best_step=20)[0].exists()
    assert sizes == {"few": (960, 525), "many": (960, 525), "rewarded": (960, 810)}

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import synthetic_run

import molreflect.training.ablation.report
import molreflect.training.student.trainer
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.training.ablation.results import BASELINE, pool
from molreflect.training.ablation.rows import choose
from molreflect.training.ablation.run import AblationResult, ablate
from molreflect.training.ablation.settings import ATTACHED, CURRICULUM, AblationSettings
from molreflect.training.config import Arm, StudentConfig
from molreflect.training.evaluation.evaluate import evaluate
from molreflect.training.examples.records import read_records, read_run

pytestmark = pytest.mark.usefixtures("one_thread")

ARMS = (Arm.WRITTEN, Arm.SFT, Arm.UNVERIFIED)
SETTINGS = AblationSettings(
    arms=ARMS, seeds=(1, 2), directions=(Direction.CAP2MOL,), train_rows=8, heldout_rows=4, batch_size=2, trials=200,
    bootstrap=200, faithfulness=False,
)  # fmt: skip


@pytest.fixture(scope="module")
def config(base: Path) -> StudentConfig:
    return StudentConfig(
        base=str(base), neighbours=1, max_length=900, max_steps=3,
        batch_size=2, accumulation=1, warmup_steps=0, save_steps=1, max_new_tokens=5, learning_rate=5e-3,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the plots of the ablation that all tests share, which are looked at, and of no other."""
    monkeypatch.setattr(molreflect.training.ablation.report, "save_plot", lambda *args, **settings: [])


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic_run.write_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def ablation(config: StudentConfig, run_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """An undisturbed ablation, and every row that each training rendered, in its order."""
    rendered: dict[tuple[str, int], list[tuple[str, str, int]]] = {}
    render = molreflect.training.student.trainer.render

    def remember(prepared: Any, index: int, epoch: int, settings: StudentConfig) -> Any:
        example = render(prepared, index, epoch, settings)
        rendered.setdefault((settings.arm, settings.seed), []).append((example.id, example.direction, epoch))
        return example

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(molreflect.training.student.trainer, "render", remember)
        result = ablate(run_dir, tmp_path_factory.mktemp("ablation") / "whole", SETTINGS, config)
    return SimpleNamespace(result=result, rendered=rendered, out=result.out)


def test_all_arms_train_on_the_same_rows_in_the_same_order_for_as_many_steps(ablation: SimpleNamespace) -> None:
    students = {(arm, seed): ablation.out / f"cap2mol/{arm}-{seed}/student" for arm in ARMS for seed in (1, 2)}
    for name in ("train_ids", "heldout_ids"):
        assert len({tuple(json.loads((f / "student.json").read_text())[name]) for f in students.values()}) == 1
    for name in ("steps", "examples", "train_examples"):
        assert len({json.loads((f / "metrics.json").read_text())[name] for f in students.values()}) == 1
    for seed in (1, 2):
        orders = [ablation.rendered[arm, seed][-6:] for arm in ARMS]  # 3 steps of 2; TRL looks at the first one once
        assert {len(ablation.rendered[arm, seed]) for arm in ARMS} == {7}
        assert orders[0] == orders[1] == orders[2]
    assert ablation.rendered[Arm.WRITTEN, 1] != ablation.rendered[Arm.WRITTEN, 2]
    trained = {id for id, _, _ in ablation.rendered[Arm.WRITTEN, 1]}
    assert trained <= {record.id for record in ablation.result.chosen.split.train}


def test_all_arms_answer_the_same_held_out_questions_about_other_molecules(ablation: SimpleNamespace) -> None:
    split = ablation.result.chosen.split
    assert (len(split.train), len(split.heldout)) == (8, 4)
    assert not {r.block for r in split.train} & {r.block for r in split.heldout}
    asked = set()
    for arm in ARMS:
        lines = (ablation.out / f"cap2mol/{arm}-1/pred-k1.tsv").read_text().splitlines()
        asked.add(tuple(tuple(line.split("\t")[:2]) for line in lines))
        for line in (ablation.out / f"cap2mol/{arm}-1/pred-k1.jsonl").read_text().splitlines():
            assert set(json.loads(line)["neighbours"]) <= {r.id for r in split.train}
    [rows] = asked
    assert rows[1:] == tuple((r.caption, r.smiles) for r in split.heldout)


def test_arms_that_were_trained_on_other_rows_or_steps_do_not_stand_in_one_table(
    ablation: SimpleNamespace, config: StudentConfig, run_dir: Path, tmp_path: Path
) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(ablation.out, copy)
    path = copy / "cap2mol/sft-2/student/metrics.json"
    path.write_text(path.read_text().replace('"steps": 3', '"steps": 4'))
    with pytest.raises(RuntimeError, match="seed 2, were not trained on the same rows and steps"):
        ablate(run_dir, copy, SETTINGS, config)


def test_the_table_holds_every_arm_the_baseline_intervals_and_paired_tests(ablation: SimpleNamespace) -> None:
    result: AblationResult = ablation.result
    table = (ablation.out / "table.md").read_text()
    assert table == result.table
    assert "8 training and 4 held-out records" in table
    for name in (*ARMS, BASELINE):
        assert re.search(rf"^\| {name} \| \d\.\d+ \[\d\.\d+, \d\.\d+\]", table, re.MULTILINE)
    [one] = result.results
    assert [(t.a, t.b) for t in one.tests] == [("written", other) for other in ("sft", "unverified", BASELINE)]
    for system in one.systems:
        for name, (low, high) in system.intervals.items():
            assert np.isnan(low) or low - 1e-9 <= system.values[name] <= high + 1e-9 or "bleu" in name
    values = {system.name: system.values for system in one.systems}
    data = json.loads((ablation.out / "table.json").read_text())
    for test in one.tests:
        for name, found in test.tests.items():
            assert found.difference == pytest.approx(values[test.a][name] - values[test.b][name])
    assert data["directions"]["cap2mol"]["systems"]["sft"]["values"] == pytest.approx(values["sft"], nan_ok=True)
    assert set(data["directions"]["cap2mol"]["systems"]["sft"]["by_seed"]) == {"1", "2"}
    assert data["training"]["max_steps"] == 3
    copied = evaluate(ablation.out / "cap2mol/copy-nearest.tsv", bootstrap=0)
    assert values[BASELINE]["bleu"] == pytest.approx(copied.molt5["bleu"])
    plots = sorted(path.name for path in (ablation.out / "plots").iterdir())
    assert plots == ["differences-cap2mol.svg", "loss-cap2mol.svg", "scores-cap2mol.svg"]


def test_a_killed_ablation_goes_on_where_it_was_and_ends_with_the_same_answers(
    ablation: SimpleNamespace, config: StudentConfig, run_dir: Path, tmp_path: Path
) -> None:
    out = tmp_path / "again"
    settings = SETTINGS.changed(arms=(Arm.WRITTEN, Arm.SFT), seeds=(1,))

    def kill(at: str) -> Any:
        def progress(what: str, done: int, of: int, **_: Any) -> None:
            if what.startswith(at) and done == 2:
                raise KeyboardInterrupt

        return progress

    with pytest.raises(KeyboardInterrupt):
        ablate(run_dir, out, settings, config, progress=kill("cap2mol/sft-1: train"))
    first = out / "cap2mol/written-1/student/adapter_model.safetensors"
    stamp = first.stat().st_mtime_ns
    with pytest.raises(InputError, match=r"other settings \(training\.max_steps: 3 there, 4 now\)"):
        ablate(run_dir, out, settings, config.changed(max_steps=4))
    told: list[tuple[str, int, int, Any]] = []
    ablate(run_dir, out, settings, config, progress=lambda *sign, loss=None, **_: told.append((*sign, loss)))
    assert first.stat().st_mtime_ns == stamp
    steps = [done for what, done, _, loss in told if what == "cap2mol/sft-1: train" and loss is not None]
    assert steps == [2, 3]  # the kill came before the second step's checkpoint
    for path in sorted(out.rglob("pred-k1.tsv")):
        assert path.read_text() == (ablation.out / path.relative_to(out)).read_text()
    for arm in settings.arms:
        histories = [folder / f"cap2mol/{arm}-1/student/history.jsonl" for folder in (out, ablation.out)]
        losses = [[json.loads(line)["loss"] for line in path.read_text().splitlines()] for path in histories]
        assert losses[0] == losses[1]


def test_arms_and_seeds_can_be_added_to_a_finished_ablation(
    ablation: SimpleNamespace, config: StudentConfig, run_dir: Path, tmp_path: Path
) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(ablation.out, copy)
    told: list[str] = []
    more = SETTINGS.changed(arms=(Arm.WRITTEN, Arm.NO_CONTEXT), seeds=(1,))
    result = ablate(run_dir, copy, more, config, progress=lambda what, *_, **__: told.append(what))
    assert {what.split(":")[0] for what in told if ": train" in what} == {"cap2mol/no_context-1"}
    assert [system.name for system in result.results[0].systems] == ["written", "no_context", BASELINE]


def test_two_processes_do_not_share_an_ablation(
    ablation: SimpleNamespace, config: StudentConfig, run_dir: Path
) -> None:
    """Both would train the same arm in the same folder."""
    script = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parents[3])!r})
from pathlib import Path
from molreflect.tools.storage import run_lock
with run_lock(Path({str(ablation.out)!r})):
    print("mine", flush=True)
    sys.stdin.read()
"""
    owner = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "mine\n"
        with pytest.raises(InputError, match=f"the ablation .* is in use by process {owner.pid}"):
            ablate(run_dir, ablation.out, SETTINGS, config)
    finally:
        owner.communicate("", timeout=20)
    ablate(run_dir, ablation.out, SETTINGS, config)


def test_a_curriculum_makes_as_many_steps_in_all_and_never_meets_a_held_out_molecule(
    config: StudentConfig, run_dir: Path, tmp_path: Path
) -> None:
    settings = SETTINGS.changed(
        arms=(Arm.WRITTEN, CURRICULUM), seeds=(1,), curriculum=str(run_dir), curriculum_share=0.34
    )
    result = ablate(run_dir, tmp_path / "out", settings, config)
    students = [tmp_path / f"out/cap2mol/{arm}-1/student" for arm in settings.arms]
    told = [json.loads((student / "metrics.json").read_text()) for student in students]
    assert [m["steps"] for m in told] == [3, 3]
    assert [m["examples"] for m in told] == [6, 6]
    assert [m["warm_up_steps"] for m in told] == [0, 1]
    held = {r.id for r in result.chosen.split.heldout}
    contexts = [json.loads(line) for line in (students[1] / "contexts.jsonl").read_text().splitlines()]
    warm = [entry for entry in contexts if entry["split"] == "warm_up"]
    assert len(warm) == 2  # one step of two examples
    assert not held & {id for entry in warm for id in (entry["id"], *entry["neighbours"])}
    assert [(t.a, t.b) for t in result.results[0].tests] == [("written", CURRICULUM), ("written", BASELINE)]
    assert "first 1 steps on" in result.table
    with pytest.raises(InputError, match="was trained with other settings"):
        ablate(run_dir, tmp_path / "out", settings.changed(curriculum_share=0.6), config)
    with pytest.raises(InputError, match="leave none for the curriculum"):
        ablate(run_dir, tmp_path / "none", settings.changed(curriculum_share=0.01), config)


def test_attached_fragments_are_an_arm_over_the_same_rows(config: StudentConfig, run_dir: Path, tmp_path: Path) -> None:
    settings = SETTINGS.changed(arms=(Arm.WRITTEN, ATTACHED), seeds=(1,))
    result = ablate(run_dir, tmp_path / "out", settings, config)
    parts = {
        arm: [r.parts for r in read_records(tmp_path / "out" / "cap2mol" / f"{arm}-1" / "student" / "records.jsonl")]
        for arm in (Arm.WRITTEN, ATTACHED)
    }
    assert parts[Arm.WRITTEN] == [record.parts for record in result.chosen.split.train]
    assert any("*" in part.fragment for each in parts[ATTACHED] for part in each)
    assert not any("*" in part.fragment for each in parts[Arm.WRITTEN] for part in each)
    assert [[p.phrase for p in each] for each in parts[ATTACHED]] == [
        [p.phrase for p in each] for each in parts[Arm.WRITTEN]
    ]
    assert "| attached" in result.table
    with pytest.raises(InputError, match="name 'attached' among --arms"):
        ablate(run_dir, tmp_path / "other", settings, config.changed(fragments="attached"))


def test_a_row_takes_part_only_if_it_fits_in_every_arm(config: StudentConfig, tmp_path: Path) -> None:
    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.agents.student.weights import load_tokenizer

    chat = ChatFormat(load_tokenizer(config.base))
    rows = synthetic_run.records()
    drafted = synthetic_run.alignment(rows[3]["caption"], "primary" if "primary" in rows[3]["caption"] else "molecule",
                                      "CN" * 120, version="draft")  # fmt: skip
    rows[3]["alignments"].append(drafted)  # too long in the unverified arm alone
    rows[5]["caption"] += " It has a role as a metabolite." * 40  # too long everywhere
    records = read_run(synthetic_run.write_run(tmp_path / "run", rows))
    settings = SETTINGS.changed(train_rows=None)
    short = config.changed(max_length=260)
    chosen = choose(records, settings, short, chat)
    kept = {r.id for r in (*chosen.split.train, *chosen.split.heldout)}
    assert chosen.too_long == 2
    assert {r.id for r in records} - kept == {"103", "105"}
    assert choose(records, settings, config, chat).too_long == 0
    only_sft = settings.changed(arms=(Arm.SFT,))
    assert choose(records, only_sft, short, chat) == chosen  # arms that are added later meet the same rows
    other_way = settings.changed(directions=(Direction.MOL2CAP,))
    assert choose(records, other_way, short, chat) == chosen
    # The steps of a teacher take room too; a row that has none for them is left out of all arms.
    steps = "CCO is not CCN: absent; mended " * 40
    traced = [replace(record, steps=(steps,) if record.id == "107" else ()) for record in records]
    with_steps = choose(records, settings, short, chat, traced=traced)
    assert with_steps.too_long == 3
    assert "107" not in {r.id for r in (*with_steps.split.train, *with_steps.split.heldout)}
    limited = choose(records, settings.changed(row_tokens=120), config, chat)
    assert limited.over_row_tokens == 2
    assert limited.split == chosen.split
    with pytest.raises(InputError, match=r"14 of 16 records fit in every arm.*not enough for 4 held-out and 11"):
        choose(records, settings.changed(train_rows=11), short, chat)


def test_a_folder_of_an_earlier_version_goes_on_and_other_settings_do_not(
    ablation: SimpleNamespace, config: StudentConfig, run_dir: Path, tmp_path: Path
) -> None:
    import shutil

    import yaml

    copy = tmp_path / "copy"
    shutil.copytree(ablation.out, copy)
    mark = copy / "ablation.yaml"
    known = yaml.safe_load(mark.read_text())
    for name in ("dora", "packing", "eval_steps"):  # settings that came later
        del known["identity"]["training"][name]
    mark.write_text(yaml.safe_dump(known))
    with pytest.raises(InputError, match=r"with other settings \(training.packing: False there, True now\)"):
        ablate(run_dir, copy, SETTINGS, config.changed(packing=True))
    assert ablate(run_dir, copy, SETTINGS, config).table == ablation.result.table


def test_arms_are_not_compared_after_steps_of_their_own(run_dir: Path, config: StudentConfig, tmp_path: Path) -> None:
    for chosen, said in (({"patience": 1}, "patience"), ({"keep_best": True}, "keep_best")):
        with pytest.raises(InputError, match=f"on the rows that {said} would choose by"):
            ablate(run_dir, tmp_path / "out", SETTINGS, config.changed(eval_steps=1, **chosen))
    assert not (tmp_path / "out").exists()


def test_seeds_are_pooled_question_by_question(ablation: SimpleNamespace) -> None:
    folders = {seed: ablation.out / f"cap2mol/unverified-{seed}" for seed in (1, 2)}
    scored = {seed: evaluate(folder / "pred-k1.tsv", bootstrap=0) for seed, folder in folders.items()}
    both = pool("unverified", scored, SETTINGS, {})
    for name in ("strict.morgan", "strict.validity", "levenshtein"):
        assert both.values[name] == pytest.approx(np.mean([both.by_seed[seed][name] for seed in (1, 2)]))
    once = pool("unverified", {1: scored[1]}, SETTINGS, {})
    twice = pool("unverified", {1: scored[1], 2: scored[1]}, SETTINGS, {})
    assert twice.values == pytest.approx(once.values, nan_ok=True)
    for name, ends in once.intervals.items():  # the same answer twice is no second question
        assert twice.intervals[name] == pytest.approx(ends, nan_ok=True)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"arms": ()}, "arms must hold at least one value"),
        ({"arms": ("written", "best")}, "arms must be of written, traced, supplied.*curriculum, attached; got best"),
        ({"arms": ("curriculum",)}, "needs a run to begin with"),
        ({"curriculum_share": 1.0}, "curriculum_share must be less than 1"),
        ({"seeds": (1, 1)}, r"seeds must hold .* none twice; got \[1, 1\]"),
        ({"seeds": (-1,)}, r"seeds\.0 must be greater than or equal to 0, got -1"),
        ({"heldout_rows": 1}, "heldout_rows must be greater than or equal to 2, got 1"),
        ({"train_rows": 1}, "train_rows must be greater than or equal to 2, got 1"),
        ({"arms": (Arm.SUPPLIED,), "directions": tuple(Direction)}, "supplied arm takes one direction"),
    ],
)
def test_settings_that_make_no_ablation_are_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        SETTINGS.changed(**changed)


def test_a_folder_of_something_else_is_left_alone(config: StudentConfig, run_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="is no ablation's folder"):
        ablate(run_dir, tmp_path, SETTINGS, config)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]

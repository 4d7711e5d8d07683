"""The dose-response experiment at toy size: equal rows and steps, what each arm reads, resuming, refusals."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from molreflect.agents.models.noisy_teacher import Noise
from molreflect.cli.main import main
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.training.ablation import jobs, noise, noise_runs
from molreflect.training.ablation.cells import Cell
from molreflect.training.ablation.jobs import CellTask, run_cells
from molreflect.training.ablation.noise import NoiseResult, ablate_noise
from molreflect.training.ablation.noise_report import paired
from molreflect.training.ablation.noise_runs import NoisyRun
from molreflect.training.ablation.noise_settings import NoiseSettings
from molreflect.training.ablation.rationales import PRECISION, RECALL, shares
from molreflect.training.config import Arm, StudentConfig
from molreflect.training.evaluation.metrics.bootstrap import score
from molreflect.training.examples.records import PhraseFragment, read_records, read_run

pytestmark = pytest.mark.usefixtures("one_thread")

SETTINGS = NoiseSettings(
    rates=(0.0, 0.5), seeds=(1,), directions=(Direction.CAP2MOL,), train_rows=6, heldout_rows=3, batch_size=3,
    trials=100, bootstrap=100, faithfulness=False,
)  # fmt: skip


@pytest.fixture(scope="module")
def config(base: Path) -> StudentConfig:
    return StudentConfig(
        base=str(base), neighbours=1, max_length=4000, max_steps=2,
        batch_size=2, accumulation=1, warmup_steps=0, save_steps=2, max_new_tokens=4, max_alignments=4,
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(
    config: StudentConfig, sample_run: SimpleNamespace, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> NoiseResult:
    out = tmp_path_factory.mktemp("noise") / "whole"
    return ablate_noise(sample_run.folder, out, SETTINGS, config, cache=cache)


def records(found: NoiseResult, rate: str, arm: str, seed: int) -> list[Any]:
    return read_records(found.out / f"noise-{rate}/cap2mol/{arm}-{seed}/student/records.jsonl")


def test_all_cells_train_on_the_same_rows_for_as_many_steps(found: NoiseResult) -> None:
    cells = [
        found.out / f"noise-{rate}/cap2mol/{arm}-1/student"
        for rate in ("0", "0.5")
        for arm in ("written", "unverified")
    ]
    manifests = [json.loads((cell / "student.json").read_text()) for cell in cells]
    assert len({tuple(m["train_ids"]) for m in manifests}) == 1
    metrics = [json.loads((cell / "metrics.json").read_text()) for cell in cells]
    assert {(m["steps"], m["examples"]) for m in metrics} == {(2, 4)}
    assert len({m["order_sha256"] for m in metrics}) == 1


def test_the_arms_read_the_verified_and_the_unverified_run_of_their_rate(
    found: NoiseResult, sample_run: SimpleNamespace
) -> None:
    clean = {r.id: r for r in read_run(sample_run.folder)}
    runs = sorted(path.name for path in (found.out / "runs").iterdir())
    assert runs == sorted(
        f"noise-{noise}-{how}" for noise in ("0-seed-0", "0.5-seed-1") for how in ("verified", "unverified")
    )
    off = read_run(found.out / "runs/noise-0.5-seed-1-unverified")
    assert {r.id: r.draft for r in records(found, "0.5", "unverified", 1)} == {r.id: r.draft for r in off}
    on = read_run(found.out / "runs/noise-0.5-seed-1-verified")
    assert {r.id: r.parts for r in records(found, "0.5", "written", 1)} == {r.id: r.parts for r in on}
    assert all(set(r.parts) <= set(clean[r.id].parts) for r in records(found, "0", "written", 1))


def test_what_verification_lets_through_is_right_more_often(found: NoiseResult) -> None:
    clean, noisy = found.doses
    for arm in ("written", "unverified"):
        assert noisy.quality[arm].values[PRECISION] < 1
        low, high = noisy.quality[arm].intervals[PRECISION]
        assert low <= noisy.quality[arm].values[PRECISION] <= high
    assert clean.quality["written"].values[PRECISION] > 0.9
    assert noisy.quality["written"].values[PRECISION] > noisy.quality["unverified"].values[PRECISION] + 0.15
    assert noisy.quality["unverified"].values[PRECISION] < clean.quality["unverified"].values[PRECISION] - 0.15


def test_the_table_and_the_data_hold_every_rate_and_arm_with_intervals(found: NoiseResult) -> None:
    assert (found.out / "noise.md").read_text() == found.table
    assert (found.out / "trained-on.md").read_text() in found.table
    rows = [line for line in found.table.splitlines() if line.startswith(("| 0 | ", "| 0.5 | "))]
    for rate in ("0", "0.5"):
        for arm in ("verified", "unverified"):
            assert sum(line.startswith(f"| {rate} | {arm} |") for line in rows) == 3  # trained on, scores, costs
        assert any(line.startswith(f"| {rate} | Rationale precision |") for line in rows)
    data = json.loads((found.out / "noise.json").read_text())
    assert [dose["noise"] for dose in data["doses"]] == [0.0, 0.5]
    for dose, plain in zip(found.doses, data["doses"], strict=True):
        [results] = dose.results
        mine = plain["directions"]["cap2mol"]
        assert set(mine["systems"]) == {"verified", "unverified", "copy nearest"}
        values = {s.name: s.values for s in results.systems}
        for name, test in paired(results).tests.items():
            expected = values["written"][name] - values["unverified"][name]
            assert test.difference == pytest.approx(expected, nan_ok=True)
            assert mine["verified_minus_unverified"][name]["difference"] == pytest.approx(expected, nan_ok=True) or (
                np.isnan(expected)
            )
        assert set(mine["systems"]["verified"]["by_seed"]) == {"1"}
    assert {p.name for p in (found.out / "plots").iterdir()} == {
        f"{name}.{ending}" for name in ("noise-cap2mol", "trained-on") for ending in ("svg", "png")
    }


def test_a_later_call_makes_nothing_twice(
    found: NoiseResult, config: StudentConfig, sample_run: SimpleNamespace, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {p: p.stat().st_mtime_ns for p in found.out.glob("noise-*/cap2mol/*-1/student/metrics.json")}
    assert len(before) == 4
    monkeypatch.setattr(noise_runs, "distill_corpus", lambda *a, **k: pytest.fail("a finished run was made again"))
    fewer = SETTINGS.changed(rates=(0.5,))
    again = ablate_noise(sample_run.folder, found.out, fewer, config, cache=cache)
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert [dose.quality for dose in again.doses] == [found.doses[1].quality]
    with pytest.raises(InputError, match="holds an ablation"):
        ablate_noise(sample_run.folder, found.out, SETTINGS.changed(heldout_rows=4), config, cache=cache)


def test_several_cells_at_a_time_have_a_thread_each_and_say_how_much_of_all_is_done(
    found: NoiseResult, config: StudentConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The processes themselves are tested with their pool; here its calls are made in this one."""
    begun: list[tuple[int, Any]] = []

    class Inline:
        def __init__(self, workers: int, *, env: Any) -> None:
            begun.append((workers, env))

        def __enter__(self) -> Inline:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def as_completed(self, function: Any, tasks: Any, *, tick: Any, every: float) -> Iterator[None]:
            for task in tasks:
                tick()
                pickle.loads(pickle.dumps(task))  # what a process gets
                yield function(*task)
                sign = task[-1]
                done = sign.read_text()
                for spoilt in ("0.25", '{"ha'):  # a step that begins anew, and a sign that is half written
                    sign.write_text(spoilt)
                    tick()
                sign.write_text(done)

    told: list[tuple[str, int, int]] = []
    monkeypatch.setattr(jobs, "ProcessPool", Inline)
    cells = [Cell(Direction.CAP2MOL, arm, 1) for arm in ("written", "unverified")]
    tasks = [CellTask(cell, "run", found.out / "noise-0.5", SETTINGS, config, found.chosen) for cell in cells]
    run_cells(
        tasks, jobs=2, judge=None, resources_cache=None, tell=lambda what, done, of, **_: told.append((what, done, of))
    )
    assert begun == [(2, jobs.ONE_THREAD)]
    assert {what for what, _, _ in told} == {"training and predicting, 2 cells at a time, percent"}
    assert [done for _, done, _ in told] == [0, 50, 50, 50, 50, 100, 100, 100]  # the cells were there already
    with pytest.raises(InputError, match="at least 1"):
        ablate_noise("run", found.out, SETTINGS, config, jobs=0)


def test_nonsense_is_refused_in_one_line(
    found: NoiseResult, config: StudentConfig, sample_run: SimpleNamespace, cache: Path, tmp_path: Path
) -> None:
    for changed, said in (
        ({"rates": (0.2, 0.2)}, "none twice"),
        ({"rates": ()}, "at least one value"),
        ({"rates": (1.5,)}, "rates"),
        ({"arms": (Arm.WRITTEN,)}, "name no others"),
        ({"candidates": 4}, "leave candidates at 1"),
    ):
        with pytest.raises(InputError, match=said):
            NoiseSettings(**changed)
    spoilt = found.out / "runs/noise-0.5-seed-1-verified"
    with pytest.raises(InputError, match="its own are spoilt; pass a noise-free run"):
        ablate_noise(spoilt, tmp_path / "a", SETTINGS, config, cache=cache)
    with pytest.raises(InputError, match="its own are not verified"):
        ablate_noise(found.out / "runs/noise-0-seed-0-unverified", tmp_path / "b", SETTINGS, config, cache=cache)


def test_a_spoilt_rationale_that_does_not_fit_is_said_before_anything_is_trained(
    found: NoiseResult,
    config: StudentConfig,
    sample_run: SimpleNamespace,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = PhraseFragment("phenol", "C" * 9_000, 1)
    records = tuple(replace(record, draft=(long,)) for record in found.chosen.split.train)
    monkeypatch.setattr(noise, "noisy_runs", lambda *a, **k: {(0.5, 1): NoisyRun(Noise(0.5, 1), records)})
    with pytest.raises(InputError, match=r"with the errors of noisy:lexicon\?rate=0.5&seed=1, .*max_length"):
        ablate_noise(sample_run.folder, tmp_path / "out", SETTINGS.changed(rates=(0.5,)), config, cache=cache)
    assert not list((tmp_path / "out").glob("noise-*/*"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--noise", "0,x"], "noise must be numbers separated by commas; got '0,x'"),
        (["--noise", "2"], "rates"),
        (["--noise", ".2", "--arms", "written"], "takes no --arms"),
        (["--noise", ".2", "--candidates", "8"], "leave candidates at 1"),
    ],
)
def test_the_command_refuses_what_makes_no_sense(
    options: list[str],
    said: str,
    sample_run: SimpleNamespace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["molreflect", "ablate", str(sample_run.folder), "--out", str(tmp_path / "out"), *options]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_precision_and_recall_count_distinct_alignments_whatever_the_order_of_atoms() -> None:
    wanted = [(PhraseFragment("methyl ester", "COC=O", 4), PhraseFragment("phenol", "Oc1ccccc1", 7)), ()]
    written = [[("Methyl  ester", "O=COC"), ("methyl ester", "COC=O"), ("phenol", "CO")], [("amine", "not SMILES")]]
    found = shares(written, wanted)
    assert score(found[PRECISION]) == pytest.approx(1 / 3)
    assert score(found[RECALL]) == pytest.approx(1 / 2)

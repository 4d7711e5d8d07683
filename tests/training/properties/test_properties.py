"""Binary properties: reading, splitting, scoring, predicting a test table."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

from molreflect.tools.errors import InputError
from molreflect.tools.terms import PropertySplit
from molreflect.training.properties.baselines import featurize, predict_baseline
from molreflect.training.properties.dataset import read_dataset
from molreflect.training.properties.report import calibration
from molreflect.training.properties.run import PropertySettings, evaluate_splits, predict_test
from molreflect.training.properties.scores import Answers, delong, point_scores, score
from molreflect.training.properties.splits import Parts, scaffold_sets, split

CHAINS = ["C" * n + end for n in range(2, 12) for end in ("O", "N", "F", "C(=O)O")]
RINGS = ["c1ccccc1", "c1ccncc1", "c1ccc2ccccc2c1", "C1CCCCC1", "C1CCNCC1", "c1ccsc1", "c1ccoc1", "C1CCOC1"]
SMILES = CHAINS + [ring + "C" * n + "O" for ring in RINGS for n in range(3)]


def table(path: Path, rows: list[str], head: str = "smiles,active") -> Path:
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


@pytest.fixture(scope="module")
def molecules() -> list[Chem.Mol]:
    return [Chem.MolFromSmiles(s) for s in SMILES]


# --- reading


def test_rows_of_one_molecule_are_merged_and_contradictions_taken_as_unknown(tmp_path: Path) -> None:
    read = read_dataset(
        table(
            tmp_path / "a.csv",
            ["OCC,1,", "CCO,1,0", "CCN,0,1", "NCC,1,1", "CCC(,1,1", "CCF,,0"],
            "smiles,a,b",
        )
    )
    assert [e.canonical for e in read.entries] == ["CCO", "CCN", "CCF"]
    assert (read.rows, read.duplicates, read.conflicts) == (6, 2, (1, 0))
    np.testing.assert_array_equal(read.labels, [[1, 0], [math.nan, 1], [math.nan, 0]])
    (bad,) = read.bad_rows
    assert (bad.line, bad.smiles) == (6, "CCC(")


def test_only_columns_of_0_and_1_are_tasks_and_the_molecules_may_have_another_name(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", ["x,CCO,7.5,1.0,train", "y,CCN,1,0,test"], "id,drug,dose,hit,split")
    with pytest.raises(InputError, match="smiles=COLUMN"):
        read_dataset(path)
    assert read_dataset(path, columns="smiles=drug").tasks == ("hit",)


@pytest.mark.parametrize(
    ("rows", "tasks", "said"),
    [
        pytest.param(["CCO,2"], ["active"], "has '?2'? as its active", id="another value"),
        pytest.param(["CCO,2"], [], "no column that holds only 0 and 1", id="no labels"),
        pytest.param(["CCO,1"], ["toxic"], "no column 'toxic'", id="no such column"),
        pytest.param(["C(,1"], [], "no molecule that can be read", id="no molecule"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path: Path, rows: list[str], tasks: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_dataset(table(tmp_path / "a.csv", rows), tasks=tasks)


# --- splits


@pytest.mark.parametrize("kind", list(PropertySplit))
def test_every_molecule_stands_in_one_part_and_a_seed_gives_the_same_split(
    kind: PropertySplit, molecules: list[Chem.Mol]
) -> None:
    prints = featurize(molecules).fingerprints
    once, again = (split(kind, molecules, prints, seed=3, max_similarity=0.6) for _ in range(2))
    together = np.concatenate([once.train, once.valid, once.test])
    assert sorted(together) == list(range(len(molecules)))
    for name in ("train", "valid", "test"):
        np.testing.assert_array_equal(getattr(once, name), getattr(again, name))


def _part_of(parts: Parts) -> dict[int, str]:
    return {int(row): name for name in ("train", "valid", "test") for row in getattr(parts, name)}


@pytest.mark.parametrize("kind", [PropertySplit.SCAFFOLD, PropertySplit.BALANCED])
def test_no_scaffold_stands_in_two_parts(kind: PropertySplit, molecules: list[Chem.Mol]) -> None:
    part = _part_of(split(kind, molecules, featurize(molecules).fingerprints, seed=1, max_similarity=0.6))
    assert all(len({part[row] for row in group}) == 1 for group in scaffold_sets(molecules))


def test_the_largest_scaffolds_are_trained_on(molecules: list[Chem.Mol]) -> None:
    parts = split(PropertySplit.SCAFFOLD, molecules, featurize(molecules).fingerprints, seed=0, max_similarity=0.6)
    assert set(range(len(CHAINS))) <= set(parts.train)  # those without a ring are the largest set


@pytest.mark.parametrize("limit", [0.5, 0.7])
def test_parts_of_the_separated_split_are_no_more_alike_than_was_said(limit: float, molecules: list[Chem.Mol]) -> None:
    prints = featurize(molecules).fingerprints
    part = _part_of(split(PropertySplit.SEPARATED, molecules, prints, seed=0, max_similarity=limit))
    for row in range(len(molecules)):
        alike = np.flatnonzero(prints.tanimoto(prints.bits[row]) > limit)
        assert {part[int(other)] for other in alike} == {part[row]}


def test_molecules_that_are_all_alike_cannot_be_separated() -> None:
    chain = [Chem.MolFromSmiles("C" * n + "O") for n in range(8, 30)]
    with pytest.raises(InputError, match="raise --max-similarity"):
        split(PropertySplit.SEPARATED, chain, featurize(chain).fingerprints, seed=0, max_similarity=0.3)


# --- scores


def test_scores_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    labels = (rng.random(80) < 0.3).astype(float)
    said = np.round(np.clip(rng.random(80) * 0.6 + labels * 0.3, 0, 1), 1)  # with many ties
    found = point_scores(labels, said)
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(labels, said))
    assert found["pr_auc"] == pytest.approx(metrics.average_precision_score(labels, said))
    assert found["brier"] == pytest.approx(metrics.brier_score_loss(labels, said))


def test_the_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    labels, said = np.array([1.0, 0, 1, 1]), np.array([0.15, 0.15, 0.95, 0.95])
    assert point_scores(labels, said)["ece"] == pytest.approx(0.5 * 0.35 + 0.5 * 0.05)
    np.testing.assert_allclose(calibration(said.tolist(), labels), [(0.15, 0.5), (0.95, 1.0)])


def test_repeating_a_part_makes_nothing_surer() -> None:
    rng = np.random.default_rng(1)
    labels = np.repeat([0.0, 1.0], 30)
    part = Answers(np.arange(60), labels, {"a": rng.random(60) + labels * 0.5, "b": rng.random(60)})
    once = score([part], [("a", "b")], resamples=300, seed=0)
    thrice = score([part] * 3, [("a", "b")], resamples=300, seed=0)
    assert thrice.scores["a"]["roc_auc"].low == pytest.approx(once.scores["a"]["roc_auc"].low)
    assert thrice.paired["a", "b"]["roc_auc"].p_value == once.paired["a", "b"]["roc_auc"].p_value < 0.05
    assert once.scores["a"]["roc_auc"].low < once.scores["a"]["roc_auc"].value < once.scores["a"]["roc_auc"].high


def test_delong_is_calm_where_nothing_differs_and_small_where_much_does() -> None:
    rng = np.random.default_rng(2)
    labels = np.repeat([0.0, 1.0], 60)
    good, bad = rng.random(120) + labels, rng.random(120)
    assert delong(labels, good, good) == 1.0
    assert delong(labels, good, bad) < 1e-6
    draws = [delong(labels, rng.random(120), rng.random(120)) for _ in range(200)]
    assert 0.02 < np.mean(np.array(draws) < 0.1) < 0.2  # about a tenth where there is no difference


# --- baselines and runs


def test_the_nearest_neighbour_says_how_near_it_is() -> None:
    features = featurize([Chem.MolFromSmiles(s) for s in ("CCCCO", "c1ccccc1", "CCCCO")])
    train, labels = np.array([0, 1]), np.array([0.0, 1.0])
    assert predict_baseline("nearest", features, train, labels, np.array([2, 1]), seed=0).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("name", ["forest", "boosting"])
def test_trees_learn_what_a_ring_is_and_say_the_same_again(name: str, molecules: list[Chem.Mol]) -> None:
    pytest.importorskip("sklearn")
    features = featurize(molecules)
    labels = np.array([float("1" in s) for s in SMILES])
    train, asked = np.tile(np.arange(0, len(SMILES), 2), 3), np.arange(1, len(SMILES), 2)
    said = predict_baseline(name, features, train, labels[train], asked, seed=0)
    assert point_scores(labels[asked], said)["roc_auc"] > 0.9
    np.testing.assert_array_equal(predict_baseline(name, features, train, labels[train], asked, seed=0), said)


CHEAP = PropertySettings(split=PropertySplit.RANDOM, seeds=2, systems=("prevalence", "nearest"), resamples=20)


def test_a_task_is_trained_on_its_own_labels_alone(tmp_path: Path) -> None:
    rows = [f"{s},{int('1' in s)},{'' if i % 2 else int(s.endswith('O'))}" for i, s in enumerate(SMILES)]
    found = evaluate_splits(read_dataset(table(tmp_path / "a.csv", rows, "smiles,ring,oxygen")), CHEAP)
    ring, oxygen = found.tasks
    assert (ring.labelled, oxygen.labelled) == (len(SMILES), len(SMILES) // 2)
    assert ring.scored["test"].scores["prevalence"]["roc_auc"].value == 0.5
    assert ring.scored["test"].scores["nearest"]["roc_auc"].value > 0.8


def test_a_task_without_actives_is_told_and_not_scored(tmp_path: Path) -> None:
    found = evaluate_splits(read_dataset(table(tmp_path / "a.csv", [f"{s},0" for s in SMILES])), CHEAP)
    assert found.tasks[0].scored == {}
    assert found.tasks[0].unscored[0] == "seed 0: the training part has no actives or no inactives"


def test_every_row_of_a_test_table_is_predicted_though_it_repeats_or_has_no_labels(tmp_path: Path) -> None:
    training = read_dataset(table(tmp_path / "a.csv", [f"{s},{int('1' in s)}" for s in SMILES]))
    test = read_dataset(
        table(tmp_path / "b.csv", ["Cc1ccccc1", "Cc1ccccc1", "CCCO"], "smiles"),
        tasks=training.tasks, merge=False, unlabelled=True,
    )  # fmt: skip
    found = predict_test(training, test, CHEAP)
    assert [p.row for p in found.predictions] == [0, 1, 2]
    assert found.in_training == 1  # propanol
    assert found.predictions[0].probabilities["nearest"] > 0.5 > found.predictions[2].probabilities["nearest"]
    assert found.tasks[0].unscored == ("the test table has no labels",)

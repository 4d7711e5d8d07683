"""Evaluation end to end: the published reference values, strictness, intervals, paired tests, ragged files."""

from __future__ import annotations

import json
import math
import os
import random
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from molreflect.tools.errors import InputError
from molreflect.tools.processes import ProcessPool
from molreflect.tools.terms import Direction
from molreflect.training.evaluation.compare import compare
from molreflect.training.evaluation.evaluate import evaluate
from molreflect.training.evaluation.metrics.bootstrap import Bleu, Mean, intervals, paired_tests, score
from molreflect.training.evaluation.metrics.wordnet import find_wordnet
from molreflect.training.evaluation.prediction_files import read_predictions, write_predictions
from molreflect.training.evaluation.report import markdown_table
from molreflect.training.evaluation.tables import comparison_table, evaluation_table, score_rows

EXPECTED_CAP2MOL = {
    "bleu": 0.8654824046,
    "exact_match": 0.1,
    "levenshtein": 9.7,
    "validity": 1.0,
    "maccs": 0.8923407755,
    "rdk": 0.7662244211,
    "morgan": 0.7041759604,
}
EXPECTED_MOL2CAP = {
    "bleu2_scibert": 0.6036995628,
    "bleu4_scibert": 0.5305640543,
    "rouge1": 0.6530182456,
    "rouge2": 0.5195262056,
    "rougeL": 0.5795447322,
}


@pytest.fixture(scope="module")
def shared() -> Path:
    folder = os.environ.get("MOLREFLECT_SHARED_DATA")
    if not folder:
        pytest.skip("MOLREFLECT_SHARED_DATA is not set: the reference files are not on this machine")
    return Path(folder)


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    """A process for texts that may kill RDKit; it starts with the first of them."""
    with ProcessPool(1) as pool:
        yield pool


@pytest.fixture(autouse=True)
def _one_pool(pool: ProcessPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all evaluations of this file share the process, which takes longer to start than to read a few rows."""
    monkeypatch.setattr("molreflect.training.evaluation.metrics.workers.ProcessPool", lambda workers: nullcontext(pool))


@pytest.fixture
def no_tokenizers(monkeypatch) -> None:
    monkeypatch.setenv("MOLREFLECT_SCIBERT_VOCAB", "/nowhere/vocab.txt")
    monkeypatch.setenv("MOLREFLECT_T5_SPIECE", "/nowhere/spiece.model")


def file_of(path: Path, direction: str, rows: list[tuple[str, str]]) -> Path:
    write_predictions(path, direction, [("input", truth, output) for output, truth in rows])
    return path


def test_the_molecule_example_scores_as_molt5s_scripts_do_to_six_digits(shared: Path) -> None:
    found = evaluate(shared / "metrics" / "caption2smiles_example.txt", "cap2mol", bootstrap=0)
    assert found.molt5 == pytest.approx(EXPECTED_CAP2MOL, abs=5e-7)


def test_the_caption_example_scores_as_molt5s_scripts_do_to_six_digits(shared: Path, monkeypatch) -> None:
    monkeypatch.setenv("MOLREFLECT_SCIBERT_VOCAB", str(shared / "scibert" / "vocab.txt"))
    monkeypatch.setenv("MOLREFLECT_T5_SPIECE", str(shared / "t5" / "spiece.model"))
    found = evaluate(shared / "metrics" / "smiles2caption_example.txt", bootstrap=0)
    assert {name: found.molt5[name] for name in EXPECTED_MOL2CAP} == pytest.approx(EXPECTED_MOL2CAP, abs=5e-7)
    assert found.molt5["bleu4_t5"] > found.molt5["bleu4_scibert"] + 0.02, "the scales of the two tokenizers differ"
    assert {name: tokenizer["published"] for name, tokenizer in found.tokenizers.items()} == {
        "scibert": True,
        "t5": True,
    }


def test_meteor_of_the_caption_example_to_six_digits(shared: Path, monkeypatch) -> None:
    if find_wordnet() is None:
        pytest.skip("WordNet is not on this machine; make wordnet fetches it")
    monkeypatch.setenv("MOLREFLECT_SCIBERT_VOCAB", str(shared / "scibert" / "vocab.txt"))
    found = evaluate(shared / "metrics" / "smiles2caption_example.txt", bootstrap=0, tokenizers=["scibert"])
    assert found.molt5["meteor_scibert"] == pytest.approx(0.6329186968, abs=5e-7)
    assert found.versions["wordnet"] == "3.0"


def test_what_is_missing_is_left_out_with_its_reason(tmp_path: Path, no_tokenizers, monkeypatch) -> None:
    monkeypatch.setattr("molreflect.training.evaluation.metrics.wordnet.candidates", lambda: [])
    path = file_of(tmp_path / "p.txt", "mol2cap", [("an acid", "an acid"), ("a base", "an acid")])
    found = evaluate(path, bootstrap=0)
    names = {f"{metric}_{name}" for metric in ("bleu2", "bleu4", "meteor") for name in ("scibert", "t5")}
    assert names <= found.left_out.keys()
    assert "MOLREFLECT_T5_SPIECE" in found.left_out["bleu2_t5"]
    assert "WordNet is not on this machine" in found.left_out["other.meteor_words"]
    assert set(found.molt5) == {"rouge1", "rouge2", "rougeL"}
    # 2 of 4 words match and 1 of 2 bigrams.
    assert found.other["bleu2_words"] == pytest.approx(math.sqrt(1 / 2 * 1 / 2))


def test_json_has_the_documented_shape_and_no_nan(tmp_path: Path) -> None:
    path = file_of(tmp_path / "p.txt", "cap2mol", [("CC(", "CCO"), ("CC)", "CCO")])
    found = json.loads(evaluate(path, "cap2mol", bootstrap=20).to_json())
    assert {"direction", "rows", "molt5", "strict", "intervals", "left_out", "versions"} <= found.keys()
    assert (found["direction"], found["rows"]) == ("cap2mol", 2)
    assert found["left_out"]["maccs"] == "no row has both a valid answer and a valid reference"
    assert "maccs" not in found["molt5"]
    assert found["strict"]["maccs"] == 0
    assert found["invalid"] == {"unbalanced_parentheses": 2}
    assert found["left_out"]["fcd"] == "not asked for"


def test_strict_averages_over_all_rows_where_molt5_averages_over_valid_ones(tmp_path: Path) -> None:
    rows = [("CCCCO", "CCCCO"), ("CC(", "CCO"), ("", "CCO"), ("c1ccccc1", "c1ccccc1")]
    found = evaluate(file_of(tmp_path / "p.txt", "cap2mol", rows), bootstrap=0)
    assert found.molt5["morgan"] == pytest.approx(2 / 3)
    assert found.strict["morgan"] == pytest.approx(2 / 4)
    assert (found.molt5["validity"], found.strict["validity"]) == (0.75, 0.5)
    assert any("1 empty answer:" in note for note in found.notes)


# --- reading files


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"\n \n", "is empty", id="blank lines"),
        pytest.param(b"description\tground truth\toutput\n", "no row that can be scored", id="header only"),
        pytest.param(b"CCO\tCCO\tCCO\n", "the header is 'CCO", id="no header"),
        pytest.param(b"description\tright\toutput\na\tb\tc\n", "expected the columns 'description'", id="other names"),
        pytest.param(b"description,right,output\na,b,c\n", "expected the columns 'description'", id="commas"),
        pytest.param(b"\xff\xfe\x00\x01\n\x00", "the header is", id="binary"),
        pytest.param(b"SMILES\tground truth\toutput\nC\ta\tb\n", "holds mol2cap predictions", id="other direction"),
    ],
)
def test_a_file_that_is_no_prediction_file_is_refused_in_one_line(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        evaluate(path, "cap2mol")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_an_unknown_direction_are_one_line_each(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the prediction file"):
        evaluate(tmp_path / "nowhere.txt")
    with pytest.raises(InputError, match="pass 'mol2cap' or 'cap2mol'"):
        evaluate(file_of(tmp_path / "p.txt", "cap2mol", [("C", "C")]), "both")


def test_ragged_rows_are_counted_and_scored_where_that_is_fair(tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    path.write_bytes(
        b"description\tground truth\toutput\r\n"
        b"a\tCCO\tCCO\r\n"
        b"a\tCCO\r\n"  # an editor stripped the tab before an empty answer
        b"a\tCCO\tCCO\tmore\r\n"
        b"just prose\r\n"
        b"\r\n"
        b"a\tCCO\t\xff\xff\r\n"
    )
    found = read_predictions(path)
    assert found.ragged_counts == {
        "missing_output": 1,
        "too_many_fields": 1,
        "too_few_fields": 1,
        "not_utf8": 1,
    }
    assert [row.output for row in found.rows] == ["CCO", "", "CCO"]
    assert [row.line for row in found.ragged] == [3, 4, 5, 7]
    assert evaluate(path, bootstrap=0).strict["validity"] == pytest.approx(2 / 3)


def test_columns_are_found_by_name_and_text_is_never_interpreted(tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    path.write_text('output\tCID\tground truth\tSMILES\nnan\t1\t"NA\tC\nNone\t2\tNaN\tC\n', encoding="utf-8-sig")
    found = read_predictions(path)
    assert found.direction is Direction.MOL2CAP
    assert [(row.truth, row.output) for row in found.rows] == [('"NA', "nan"), ("NaN", "None")]


def test_writing_keeps_one_row_a_line_and_reading_gives_it_back(tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    changed = write_predictions(path, "mol2cap", [("C", "an acid", "a\tb\nc"), ("C\\C", '"q"', "")])
    assert changed == 1
    assert [(r.source, r.truth, r.output) for r in read_predictions(path, "mol2cap").rows] == [
        ("C", "an acid", "a b c"),
        ("C\\C", '"q"', ""),
    ]


@pytest.mark.parametrize("direction", ["cap2mol", "mol2cap"])
def test_a_million_characters_are_scored(direction: str, tmp_path: Path, shared: Path, monkeypatch) -> None:
    monkeypatch.setenv("MOLREFLECT_SCIBERT_VOCAB", str(shared / "scibert" / "vocab.txt"))
    monkeypatch.setenv("MOLREFLECT_T5_SPIECE", str(shared / "t5" / "spiece.model"))
    long = {"cap2mol": "C" * 1_000_000, "mol2cap": "acid of the " * 83_334}[direction]
    right = {"cap2mol": "CCO", "mol2cap": "an acid of the steroid class"}[direction]
    path = file_of(tmp_path / "p.txt", direction, [(long, right), (right, right), ("(" * 1_000_000, right)])
    found = evaluate(path, bootstrap=0)  # a hang ends at the suite's time limit
    assert found.rows == 3
    assert found.strict["exact_match"] == pytest.approx(1 / 3)
    if direction == "cap2mol":
        assert found.invalid == {"too_long": 2}
        assert any("2 answers of more than 10,000 characters, not read" in note for note in found.notes)
    else:
        assert any("more than 512 SciBERT tokens" in note for note in found.notes)


@pytest.mark.parametrize("text", ["nan", "NaN", "NULL", "None", "inf", "1e999", "-", "\x00", "\u2028", "\ufeff", "🧪"])
@pytest.mark.parametrize("direction", ["cap2mol", "mol2cap"])
def test_odd_strings_are_text_and_never_a_traceback(text: str, direction: str, tmp_path: Path, no_tokenizers) -> None:
    path = file_of(tmp_path / "p.txt", direction, [(text, "CCO"), ("CCO", "CCO")])
    found = evaluate(path, bootstrap=10)
    assert found.rows == 2
    json.loads(found.to_json())


# --- properties

MOLECULES = st.sampled_from(
    ["CC(=O)Oc1ccccc1C(=O)O", "C[C@H](N)C(=O)O", "CCCCCCCCO", "c1ccccc1CCCN", "[Na+].CC(=O)[O-]", "OCCCCCCCC"]
)
ANSWERS = MOLECULES | st.sampled_from(["", "C1CC", "CC(C)(C)(C)C", "CCO ethanol", "nan"])
CAPTIONS = st.sampled_from(
    ["an acid", "It is an acid and a base.", "a steroid of the plant", "The molecule is an ester."]
)
TEXTS = CAPTIONS | st.sampled_from(["", "   ", "nan", "???"])
INVALID = st.sampled_from(["", " ", "C1CC", "CCO and more", "(((("])
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def tiny_tokenizer(tmp_path: Path, monkeypatch) -> None:
    vocabulary = tmp_path / "vocab.txt"
    words = "an acid it is and a base . steroid of the plant molecule ester nan ? # ##s".split()  # noqa: SIM905
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]))
    monkeypatch.setenv("MOLREFLECT_SCIBERT_VOCAB", str(vocabulary))
    monkeypatch.setattr("molreflect.training.evaluation.metrics.wordnet.candidates", lambda: [])


def scores(path: Path, direction: str, rows: list[tuple[str, str]]):
    return evaluate(file_of(path / "p.txt", direction, rows), bootstrap=0, tokenizers=["scibert"], workers=1)


@quick
@given(rows=st.lists(MOLECULES, min_size=1, max_size=5))
def test_identical_molecules_score_perfectly(rows: list[str], tmp_path: Path) -> None:
    found = scores(tmp_path, "cap2mol", [(text, text) for text in rows])
    assert found.molt5 == pytest.approx({**dict.fromkeys(found.molt5, 1.0), "levenshtein": 0.0})
    assert found.strict == pytest.approx(dict.fromkeys(found.strict, 1.0))


@quick
@given(rows=st.lists(CAPTIONS, min_size=1, max_size=5))
def test_identical_captions_score_perfectly(rows: list[str], tmp_path: Path, tiny_tokenizer) -> None:
    found = scores(tmp_path, "mol2cap", [(text, text) for text in rows])
    assert found.strict == pytest.approx(dict.fromkeys(found.strict, 1.0))
    long_enough = {name: v for name, v in found.molt5.items() if "an acid" not in rows or name != "bleu4_scibert"}
    assert long_enough == pytest.approx(dict.fromkeys(long_enough, 1.0))


@quick
@given(rows=st.lists(st.tuples(ANSWERS, MOLECULES), min_size=2, max_size=6), seed=st.integers(0, 99))
def test_permuting_molecule_rows_changes_nothing(rows: list[tuple[str, str]], seed: int, tmp_path: Path) -> None:
    one = scores(tmp_path, "cap2mol", rows)
    two = scores(tmp_path, "cap2mol", random.Random(seed).sample(rows, len(rows)))
    assert one.molt5 == pytest.approx(two.molt5, abs=1e-12)
    assert one.strict == pytest.approx(two.strict, abs=1e-12)


@quick
@given(rows=st.lists(st.tuples(TEXTS, CAPTIONS), min_size=2, max_size=6), seed=st.integers(0, 99))
def test_permuting_caption_rows_changes_nothing(rows, seed: int, tmp_path: Path, tiny_tokenizer) -> None:
    one = scores(tmp_path, "mol2cap", rows)
    two = scores(tmp_path, "mol2cap", random.Random(seed).sample(rows, len(rows)))
    assert one.molt5 == pytest.approx(two.molt5, abs=1e-12)
    assert one.strict == pytest.approx(two.strict, abs=1e-12)


@quick
@given(rows=st.lists(st.tuples(ANSWERS, MOLECULES), min_size=1, max_size=5), bad=INVALID, at=st.integers(0, 4))
def test_an_invalid_molecule_never_raises_a_strict_score(rows, bad: str, at: int, tmp_path: Path) -> None:
    before = scores(tmp_path, "cap2mol", rows).strict
    spoilt = [(bad if i == at % len(rows) else output, truth) for i, (output, truth) in enumerate(rows)]
    for worse in (spoilt, [*rows, (bad, "CCCCCCCCO")]):
        after = scores(tmp_path, "cap2mol", worse).strict
        assert all(after[name] <= value + 1e-12 for name, value in before.items())


@quick
@given(rows=st.lists(st.tuples(TEXTS, CAPTIONS), min_size=1, max_size=5), at=st.integers(0, 4))
def test_an_empty_caption_never_raises_a_strict_score(rows, at: int, tmp_path: Path, tiny_tokenizer) -> None:
    before = scores(tmp_path, "mol2cap", rows).strict
    spoilt = [("" if i == at % len(rows) else output, truth) for i, (output, truth) in enumerate(rows)]
    for worse in (spoilt, [*rows, (" ", "an acid")]):
        after = scores(tmp_path, "mol2cap", worse).strict
        assert all(after[name] <= value + 1e-12 for name, value in before.items())


# --- intervals and paired tests


def test_an_interval_of_a_share_is_close_to_the_binomial_one() -> None:
    values = np.repeat([1.0, 0.0], [300, 700])
    low, high = intervals({"share": Mean(values)}, resamples=4000)["share"]
    half = 1.96 * math.sqrt(0.3 * 0.7 / 1000)
    assert (low, high) == pytest.approx((0.3 - half, 0.3 + half), abs=0.004)


def test_intervals_depend_on_the_seed_only_and_hold_the_score() -> None:
    rng = np.random.default_rng(1)
    metrics = {
        "mean": Mean(rng.random(50), rng.random(50) > 0.3),
        "bleu": Bleu(rng.integers(5, 9, size=(50, 10)), 4),
    }
    one, two, other = (intervals(metrics, resamples=500, seed=seed) for seed in (3, 3, 4))
    assert one == two != other
    assert all(one[name][0] <= score(metric) <= one[name][1] for name, metric in metrics.items())


def test_a_masked_mean_ignores_rows_that_do_not_count() -> None:
    metric = Mean(np.array([1.0, 0.0, 9.0]), np.array([True, True, False]))
    assert score(metric) == 0.5
    assert math.isnan(score(Mean(np.array([1.0]), np.array([False]))))


def test_paired_tests_tell_a_real_gap_from_a_chance_one() -> None:
    rng = np.random.default_rng(0)
    base = rng.random(200)
    a = {"gap": Mean(base), "chance": Mean(base)}
    b = {"gap": Mean(base + 0.05 + 0.05 * rng.random(200)), "chance": Mean(rng.permutation(base))}
    found = paired_tests(a, b, trials=2000)
    assert found["gap"].p_value == pytest.approx(1 / 2001)
    assert found["gap"].low > 0
    assert (found["gap"].b_higher, found["gap"].a_higher) == (200, 0)
    assert found["chance"].difference == pytest.approx(0)
    assert found["chance"].p_value > 0.9


def test_randomisation_of_two_rows_by_hand() -> None:
    # B is ahead by 1 on both rows. Of the four swaps two (none, all) give a gap as large: p is about 1/2.
    found = paired_tests({"m": Mean(np.zeros(2))}, {"m": Mean(np.ones(2))}, trials=20_000)
    assert found["m"].p_value == pytest.approx(0.5, abs=0.02)


def test_comparing_pairs_rows_by_question_whatever_their_order(tmp_path: Path) -> None:
    questions = [(f"caption {i}", "C" * (i + 4)) for i in range(12)]
    a, b = tmp_path / "a.txt", tmp_path / "b.txt"
    write_predictions(a, "cap2mol", [(q, t, t if i < 3 else "CC(") for i, (q, t) in enumerate(questions)])
    write_predictions(b, "cap2mol", [(q, t, t if i < 9 else "") for i, (q, t) in reversed([*enumerate(questions)])])
    found = compare(a, b, trials=2000, workers=1)
    assert found.tests["strict.exact_match"].difference == pytest.approx(0.5)
    assert found.tests["strict.exact_match"].p_value < 0.05
    assert found.flips == (tuple(range(3, 9)), ())
    told = json.loads(found.to_json())
    assert told["tests"]["levenshtein"]["ahead"] in ("A", "B")
    assert told["flips"] == {"only_b_exact": 6, "only_a_exact": 0}
    assert len(comparison_table(found).rows) == len(found.tests)


def test_comparing_a_file_with_itself_finds_nothing(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.txt", "cap2mol", [("CCO", "CCO"), ("CC", "CCO"), ("", "CN")])
    found = compare(path, path, trials=200)
    assert all((test.difference, test.p_value) == (0, 1) for test in found.tests.values())


def test_files_with_other_questions_are_not_compared(tmp_path: Path) -> None:
    a = file_of(tmp_path / "a.txt", "cap2mol", [("CCO", "CCO"), ("CC", "CC")])
    b = file_of(tmp_path / "b.txt", "cap2mol", [("CCO", "CCO")])
    with pytest.raises(InputError, match="1 row only in the first, 0 only in the second"):
        compare(a, b)


def test_the_table_shows_scores_intervals_and_what_is_left_out(tmp_path: Path) -> None:
    path = file_of(tmp_path / "p.txt", "cap2mol", [("CCCCO", "CCCCO"), ("CC(", "CCO")])
    text = str(evaluation_table(evaluate(path, bootstrap=50)))
    assert "Exact match, no stereo" in text
    assert "0.5000" in text
    assert "1 unbalanced_parentheses" in text
    assert "left out fcd: not asked for" in text


def test_a_score_of_captions_stands_once_in_the_table(tmp_path: Path) -> None:
    path = file_of(tmp_path / "p.txt", "mol2cap", [("It is an acid.", "It is an ester."), ("It is a salt.", "A salt.")])
    names = [row[0] for row in score_rows(evaluate(path, bootstrap=0))]
    assert len(names) == len(set(names))
    assert {"METEOR (words)", "BLEU-4 (words)"} <= set(names)


# --- FCD


def test_the_distance_of_two_normal_distributions_by_hand() -> None:
    from molreflect.training.evaluation.metrics.fcd import frechet_distance

    # Means differ by (3, 4): 25. Covariances 4 and 9 times the identity: 2 * (2 - 3)^2 = 2.
    found = frechet_distance(np.zeros(2), 4 * np.eye(2), np.array([3.0, 4.0]), 9 * np.eye(2))
    assert found == pytest.approx(27)


def test_the_distance_agrees_with_the_packages_matrix_root() -> None:
    package = pytest.importorskip("fcd_torch")
    from molreflect.training.evaluation.metrics.fcd import frechet_distance

    rng = np.random.default_rng(0)
    for rows in (60, 8):  # 8 rows in 12 dimensions: singular covariances
        a, b = rng.normal(size=(rows, 12)), rng.normal(1, 2, size=(rows, 12))
        sides = a.mean(0), np.cov(a.T), b.mean(0), np.cov(b.T)
        assert frechet_distance(*sides) == pytest.approx(package.calculate_frechet_distance(*sides), abs=1e-4)


def test_fcd_of_a_set_with_itself_is_zero_and_names_its_package(tmp_path: Path) -> None:
    pytest.importorskip("fcd_torch")
    rows = [("C" * i + "O", "C" * i + "O") for i in range(2, 8)]
    found = evaluate(file_of(tmp_path / "p.txt", "cap2mol", rows), fcd=True, bootstrap=2)
    assert found.molt5["fcd"] == pytest.approx(0, abs=1e-3)
    package = found.versions["fcd"]
    assert package.startswith("fcd-torch ")
    assert f"FCD ({package})" in markdown_table([("ours", found)])
    assert score_rows(found)[-1][0] == f"FCD ({package})", "the package stands beside every distance"
    low, high = found.intervals["fcd"]
    assert low <= high


def test_fcd_of_few_valid_rows_has_a_value_or_a_reason_and_never_a_traceback(tmp_path: Path) -> None:
    pytest.importorskip("fcd_torch")
    rows = [("CCO", "CCO"), ("CCN", "CCN"), *[("CC(", "CCO")] * 20]
    found = evaluate(file_of(tmp_path / "p.txt", "cap2mol", rows), fcd=True, bootstrap=4)
    assert found.molt5["fcd"] >= 0
    assert "2 generated and 22 references" in " ".join(found.notes)


def test_fcd_that_cannot_be_computed_is_left_out(tmp_path: Path, no_tokenizers) -> None:
    pytest.importorskip("fcd_torch")
    found = evaluate(file_of(tmp_path / "p.txt", "cap2mol", [("CC(", "CCO"), ("", "CC")]), fcd=True, bootstrap=0)
    assert "0 generated and 2 reference molecules" in found.left_out["fcd"]
    captions = evaluate(file_of(tmp_path / "q.txt", "mol2cap", [("an acid", "an acid")]), fcd=True, bootstrap=0)
    assert "captions" in captions.left_out["fcd"]

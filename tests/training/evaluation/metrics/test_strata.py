"""Strata, the copy-the-neighbour baseline, published figures and reports."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from molreflect.tools.corpus import read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.training.evaluation.compare import compare
from molreflect.training.evaluation.evaluate import evaluate
from molreflect.training.evaluation.metrics.bootstrap import Mean
from molreflect.training.evaluation.metrics.strata import (
    NEITHER,
    NO_RINGS,
    SAME_MOLECULE,
    SAME_SCAFFOLD,
    UNREADABLE,
    Nearest,
    Stratification,
    by_caption_length,
    by_relation,
    by_similarity,
    by_size,
    copy_nearest,
    nearest_training,
    stratify,
)
from molreflect.training.evaluation.prediction_files import read_predictions, write_predictions
from molreflect.training.evaluation.published import published, set_beside
from molreflect.training.evaluation.report import html_report, latex_table, markdown_table
from molreflect.training.evaluation.tables import strata_table

TRAINING = [
    ("1", "CC(=O)Oc1ccccc1C(=O)O", "The molecule is a benzoic acid and a phenyl acetate."),
    ("2", "CCCCCCCC(=O)O", "The molecule is a saturated fatty acid."),
    ("3", "C1CCNCC1", "The molecule is a cyclic amine."),
]
ROWS = [
    ("A benzoic acid that is a phenyl acetate.", "CC(=O)Oc1ccccc1C(=O)[O-]", "CC(=O)Oc1ccccc1C(=O)[O-]"),
    ("A saturated fatty acid.", "CCCCCCCCCC(=O)O", "CCCCCCCCCC(=O"),
    ("A cyclic amine with a chloro group.", "ClC1CCNCC1", "ClC1CCNCC1"),
    ("A thing.", "c1ccc2ncccc2c1", ""),
]


@pytest.fixture
def training(tmp_path: Path) -> Path:
    path = tmp_path / "train.txt"
    path.write_text("CID\tSMILES\tdescription\n" + "".join("\t".join(row) + "\n" for row in TRAINING))
    return path


@pytest.fixture
def molecules(tmp_path: Path) -> Path:
    write_predictions(tmp_path / "p.txt", "cap2mol", ROWS)
    return tmp_path / "p.txt"


def test_classes_of_size_and_length_have_closed_upper_ends() -> None:
    found = by_size(["C" * 10, "C" * 11, "C" * 51, "CC(", ""])
    assert found.labels == ("1-10", "11-20", "51+", UNREADABLE, UNREADABLE)
    assert by_caption_length(["a " * 20, "a " * 21, "a " * 101]).labels == ("1-20", "21-40", "101+")


def test_the_nearest_training_molecule_is_found_exactly() -> None:
    found = nearest_training([row[1] for row in ROWS] + ["CC("], [smiles for _, smiles, _ in TRAINING])
    assert found.index.tolist()[:3] == [0, 1, 2]
    assert found.index[4] == -1
    assert np.isnan(found.similarity[4])
    assert nearest_training(["CCO"], ["CC(", "OCC"]).similarity.tolist() == [1.0]


def test_similarity_classes_keep_exact_duplicates_apart() -> None:
    values = np.array([0.29, 0.3, 0.899, 0.9, 0.999, 1.0, np.nan])
    found = by_similarity(Nearest(np.zeros(7, dtype=np.int64), values))
    assert found.labels == ("< 0.3", "0.3-0.5", "0.7-0.9", "0.9-1.0", "0.9-1.0", "1.0", UNREADABLE)


def test_relation_to_the_training_data_ignores_charge_and_stereo() -> None:
    # The benzoate is the training acid without a proton: one InChIKey first block. The chloropiperidine shares a ring.
    found = by_relation([row[1] for row in ROWS] + ["CC("], [smiles for _, smiles, _ in TRAINING])
    assert found.labels == (SAME_MOLECULE, NO_RINGS, SAME_SCAFFOLD, NEITHER, UNREADABLE)


def test_strata_scores_are_those_of_their_rows() -> None:
    metrics = {"m": Mean(np.array([1.0, 0.0, 1.0]))}
    found = stratify(metrics, Stratification("s", ("a", "a", "b"), ("a", "b", "c")), bootstrap=50)
    assert {name: (s.rows, s.scores["m"]) for name, s in found.items()} == {"a": (2, 0.5), "b": (1, 1.0)}
    assert found["b"].intervals["m"] == (1.0, 1.0)


def test_copying_the_nearest_neighbour_answers_with_training_answers(training, molecules, tmp_path: Path) -> None:
    corpus = read_corpus(training)
    copied = copy_nearest(read_predictions(molecules), corpus)
    assert [row.output for row in copied.rows][:3] == [smiles for _, smiles, _ in TRAINING]
    write_predictions(tmp_path / "q.txt", "mol2cap", [(smiles, caption, "x") for caption, smiles, _ in ROWS])
    captions = copy_nearest(read_predictions(tmp_path / "q.txt"), corpus)
    assert [row.output for row in captions.rows][:3] == [caption for _, _, caption in TRAINING]


def test_an_evaluation_with_training_data_reports_strata_and_baseline(training: Path, molecules: Path) -> None:
    found = evaluate(molecules, training=training, bootstrap=20)
    told = json.loads(found.to_json())
    assert told["strata"]["in the training data"][SAME_MOLECULE]["scores"]["strict.exact_match"] == 1
    assert told["strata"]["in the training data"][NO_RINGS]["scores"]["maccs"] is None, "no valid row in this class"
    assert told["baseline"]["strict"]["validity"] == 1
    assert told["baseline"]["strict"]["exact_match"] == 0
    assert told["baseline"]["training"]["pairs"] == 3
    assert len(strata_table(found).rows) > len(found.strata)


def test_a_training_corpus_without_pairs_is_one_clear_line(molecules: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("CID\tSMILES\tdescription\n1\tCC(\tbroken\n")
    with pytest.raises(InputError):
        evaluate(molecules, training=empty, bootstrap=0)


# --- published figures


def test_published_figures_are_complete_and_named() -> None:
    for figure in published():
        assert figure.source
        assert figure.evidence in ("stated", "inferred", "recalled")
        assert figure.tokenizer in (
            ("none",) if figure.direction is Direction.CAP2MOL else ("scibert", "t5", "unknown")
        )
        assert set(figure.uncertain) <= set(figure.metrics)
        assert all(0 <= v <= 1 for k, v in figure.metrics.items() if k not in ("levenshtein", "fcd")), figure.system
    assert len({(f.system, f.direction, f.corpus) for f in published()}) == len(published())


def full_size(tmp_path: Path, direction: str, answer: str) -> Path:
    path = tmp_path / "full.txt"
    write_predictions(path, direction, [(f"{i}", answer, answer) for i in range(3300)])
    return path


def test_a_figure_over_a_subset_is_refused_by_name(tmp_path: Path) -> None:
    beside, refused = set_beside(evaluate(full_size(tmp_path, "cap2mol", "CCCCCCCCO"), bootstrap=0), "chebi20")
    assert "ChemDFM-8B + RTMol, 100 rows" not in {pair.system for pair in beside}
    reasons = {item.reason for item in refused if item.system == "ChemDFM-8B + RTMol, 100 rows"}
    assert reasons == {"published over a subset of 100 rows"}


def test_another_number_of_rows_is_refused(molecules: Path) -> None:
    with pytest.raises(InputError, match="over the 3,300 rows of its test split, this file has 4"):
        set_beside(evaluate(molecules, bootstrap=0), "chebi20")
    with pytest.raises(InputError, match="no published cap2mol figures for 'qm9'"):
        set_beside(evaluate(molecules, bootstrap=0), "qm9")


def test_molecules_are_set_beside_published_figures(tmp_path: Path) -> None:
    found = evaluate(full_size(tmp_path, "cap2mol", "CCCCCCCCO"), bootstrap=0)
    beside, refused = set_beside(found, "chebi20", systems=["MolReFlect (Mistral-7B)", "BioT5+"])
    exact = {pair.system: pair.published for pair in beside if pair.metric == "exact_match"}
    assert exact == {"MolReFlect (Mistral-7B)": 0.510, "BioT5+": 0.522}
    assert {item.metric for item in refused} == {"fcd"}, "not computed in this run"
    with pytest.raises(InputError, match="no published figures of GPT-9"):
        set_beside(found, "chebi20", systems=["GPT-9"])


def test_bleu_on_another_tokenizer_is_refused_and_rouge_is_not(tmp_path: Path, monkeypatch) -> None:
    vocabulary = tmp_path / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "an", "acid", "of", "plants"]))
    monkeypatch.setenv("MOLREFLECT_SCIBERT_VOCAB", str(vocabulary))
    monkeypatch.setattr("molreflect.training.evaluation.metrics.wordnet.candidates", lambda: [])
    found = evaluate(full_size(tmp_path, "mol2cap", "an acid of plants"), bootstrap=0, tokenizers=["scibert"])
    beside, refused = set_beside(found, "chebi20")
    reasons = {(item.system, item.metric): item.reason for item in refused}
    assert {pair.metric for pair in beside} == {"rouge1", "rouge2", "rougeL"}
    assert "lacks" in reasons["MolReFlect (Mistral-7B)", "bleu4"]
    assert "not known" in reasons["MolXPT", "bleu2"]
    assert "not the published one" in reasons["MolT5-large", "bleu2"]


# --- reports


def test_markdown_and_latex_rows_hold_the_fields_columns(molecules: Path) -> None:
    found = evaluate(molecules, bootstrap=0)
    lines = markdown_table([("ours|v1", found)]).splitlines()
    assert lines[0] == (
        "| system | BLEU | Exact match | Levenshtein | MACCS FTS | RDK FTS | Morgan FTS | FCD | Validity |"
    )
    cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", lines[2])[1:-1]]
    assert cells[0] == r"ours\|v1"
    assert (cells[2], cells[7], cells[8]) == ("0.500", "-", "0.750")
    assert r"ours\_v1 & " in latex_table([("ours_v1", found)])
    assert "0.500" in markdown_table([("ours", found)], strict=True)


def test_a_table_of_both_directions_is_refused(molecules: Path, tmp_path: Path) -> None:
    write_predictions(tmp_path / "q.txt", "mol2cap", [("C", "an acid", "an acid")])
    runs = [("a", evaluate(molecules, bootstrap=0)), ("b", evaluate(tmp_path / "q.txt", bootstrap=0, tokenizers=[]))]
    with pytest.raises(InputError, match="one table holds one direction"):
        markdown_table(runs)


def test_the_html_report_holds_the_claims_that_were_judged(tmp_path: Path, resources) -> None:
    write_predictions(tmp_path / "a.txt", "mol2cap", [("CC(=O)O", "It is a monocarboxylic acid.", "It is a nitrile.")])
    found = evaluate(tmp_path / "a.txt", bootstrap=0, tokenizers=[], faithfulness=True, resources=resources)
    page = html_report(found)
    assert "Claims refuted" in page
    assert "refuted: 1 absent" in page


@pytest.mark.parametrize("direction", ["cap2mol", "mol2cap"])
def test_the_html_report_is_self_contained_and_escapes_what_models_wrote(direction: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    evil = "<script>alert(1)</script>"
    a, b = tmp_path / "a.txt", tmp_path / "b.txt"
    source, truth = {"cap2mol": (evil, "CCCCCO"), "mol2cap": ("CCCCCO", "an alcohol")}[direction]
    rows = [(source, truth, evil), (source + " ", truth, truth), ("CC(", truth, "C" * 20_000)]
    write_predictions(a, direction, rows)
    write_predictions(b, direction, [(s, t, t) for s, t, _ in rows])
    found = evaluate(a, bootstrap=20, strata=True, tokenizers=[])
    page = html_report(found, comparison=compare(a, b, trials=20, bootstrap=20, tokenizers=[]))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "Right in B only (" in page
    assert ("Answers that are no molecule (2 of 2)" in page) == (direction == "cap2mol")
    assert page.count("<svg") >= 4
    assert not re.findall(r"(?:src|href)=[\"'](?!#)", page), "nothing is loaded from anywhere"
    assert "default-src 'none'" in page
    assert len(page) < 400_000

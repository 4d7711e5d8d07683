"""Claims of captions judged against molecules: counted by hand on small cases, with the real verifier."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.verification.claims import claims_of
from molreflect.training.evaluation.evaluate import evaluate
from molreflect.training.evaluation.faithfulness import (
    RATIONALES,
    contains,
    measure_faithfulness,
    quotes,
)
from molreflect.training.evaluation.metrics.bootstrap import Share, intervals, paired_tests, score
from molreflect.training.evaluation.prediction_files import read_predictions, write_predictions
from molreflect.training.evaluation.tables import evaluation_table

ANISOLE = "COc1ccccc1"
BENZOIC = "O=C(O)c1ccccc1"
TRUE = "The molecule is a monomethoxybenzene."


@pytest.fixture
def _no_tokenizers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLREFLECT_SCIBERT_VOCAB", "/nowhere/vocab.txt")
    monkeypatch.setenv("MOLREFLECT_T5_SPIECE", "/nowhere/spiece.model")


def measured(path: Path, direction: str, rows: list[tuple[str, str, str]], resources: Any) -> Any:
    write_predictions(path, direction, rows)
    return measure_faithfulness(read_predictions(path, direction), resources)


def said(caption: str, resources: Any) -> list[str]:
    return [claim.phrase.text for claim in claims_of(caption, resources)]


def test_captions_are_counted_over_claims_and_over_rows(tmp_path: Path, resources: Any) -> None:
    rows = [
        (BENZOIC, "The molecule is a carboxylic acid.", "The molecule is a carboxylic acid."),
        (
            ANISOLE,
            "The molecule is a member of benzenes.",
            "The molecule is a carboxylic acid and a member of benzenes.",
        ),
        (ANISOLE, "The molecule is an aromatic ether.", ""),
        ("C1CC", "The molecule is an alcohol.", "The molecule is an alcohol."),
    ]
    found = measured(tmp_path / "p.tsv", "mol2cap", rows, resources)
    values = {name: score(metric) for name, metric in found.metrics.items()}
    assert values["supported"] == pytest.approx(2 / 3)
    assert values["refuted"] == pytest.approx(1 / 3)
    assert values["unchecked"] == 0
    assert values["supported_of_decided"] == pytest.approx(2 / 3)
    assert values["supported_rows"] == pytest.approx((1 + 0.5) / 2), "rows without a claim do not count"
    assert values["claims"] == pytest.approx(3 / 4)
    assert values["reference_supported"] == 1
    assert found.counts["claims"] == 3
    assert found.counts["rows_with_claims"] == 2
    assert found.counts["unreadable_inputs"] == 1
    assert found.counts["reasons"] == {"supported": {"present_and_specific": 2}, "refuted": {"absent": 1}}
    assert set(found.left_out) == set(RATIONALES)
    low, high = intervals(found.metrics, resamples=200)["supported"]
    assert low < 2 / 3 < high


def test_molecules_are_measured_by_the_checkable_claims_of_their_caption(tmp_path: Path, resources: Any) -> None:
    both = "The molecule is a carboxylic acid and a member of benzenes."
    vague = "The molecule is xyzzylin acid methyl ester."
    assert [claim.checkable for claim in claims_of(both + " It derives from a fatty acid.", resources)] == [
        True, True, False
    ]  # fmt: skip
    rows = [
        (both, BENZOIC, BENZOIC),
        (both, BENZOIC, ANISOLE),
        (both, BENZOIC, "C1CC"),
        (both, BENZOIC, ""),
        (vague, ANISOLE, ANISOLE),
    ]
    found = measured(tmp_path / "p.tsv", "cap2mol", rows, resources)
    values = {name: score(metric) for name, metric in found.metrics.items()}
    assert values["satisfied"] == pytest.approx((2 + 1 + 0 + 0) / 8)
    assert values["satisfied_rows"] == pytest.approx((1 + 0.5 + 0 + 0) / 4)
    assert values["reference_satisfied"] == 1
    assert values["checkable"] == pytest.approx(8 / 5)
    assert found.counts["invalid_answers"] == 2
    assert found.counts["reasons"] == {"not satisfied": {"invalid_molecule": 4, "absent": 1}}


def test_an_invalid_answer_never_raises_the_satisfied_share(tmp_path: Path, resources: Any) -> None:
    caption = "The molecule is a carboxylic acid and a member of benzenes."
    rows = [(caption, BENZOIC, answer) for answer in (BENZOIC, ANISOLE, "CCO", "CC(=O)O")]
    before = score(measured(tmp_path / "a.tsv", "cap2mol", rows, resources).metrics["satisfied"])
    for i, (source, truth, _) in enumerate(rows):
        broken = [*rows[:i], (source, truth, "C(("), *rows[i + 1 :]]
        assert score(measured(tmp_path / "b.tsv", "cap2mol", broken, resources).metrics["satisfied"]) <= before


def test_permuting_rows_changes_nothing(tmp_path: Path, resources: Any) -> None:
    rows = [(BENZOIC, TRUE, "The molecule is a carboxylic acid."), (ANISOLE, TRUE, "The molecule is a phenol.")]
    a = measured(tmp_path / "a.tsv", "mol2cap", rows, resources)
    b = measured(tmp_path / "b.tsv", "mol2cap", rows[::-1], resources)
    assert {k: score(m) for k, m in a.metrics.items()} == {k: score(m) for k, m in b.metrics.items()}
    assert a.counts == b.counts


def candidates(path: Path, rows: list[tuple[str, list[tuple[str, str]] | None]]) -> None:
    lines = []
    for output, parts in rows:
        chosen = {"answer": output, "alignments": [{"phrase": p, "fragment": f} for p, f in parts or []]}
        other = {"answer": "x", "alignments": [{"phrase": "never counted", "fragment": "[U]"}]}
        made = {"candidates": [other, chosen], "chosen": 1} if parts is not None else {"candidates": [], "chosen": None}
        lines.append(json.dumps({"id": "1", "output": output, "status": "ok", **made}) + "\n")
    path.write_text("".join(lines), encoding="utf-8")


def test_alignments_of_a_molecule_are_looked_for_in_it_and_in_the_caption(tmp_path: Path, resources: Any) -> None:
    caption = "The molecule is a Carboxylic  acid."
    parts = [("carboxylic acid", "O=CO"), ("carboxylic acid", "O=CO"), ("ether", "COc"), ("acid", "c1cc(")]
    rows = [(caption, BENZOIC, BENZOIC), (caption, BENZOIC, "C1CC"), (caption, BENZOIC, "")]
    write_predictions(tmp_path / "p.tsv", "cap2mol", rows)
    candidates(tmp_path / "p.jsonl", [(BENZOIC, parts), ("C1CC", [("acid", "CC")]), ("", None)])
    found = measure_faithfulness(read_predictions(tmp_path / "p.tsv"), resources)
    values = {name: score(metric) for name, metric in found.metrics.items()}
    assert found.left_out == {}
    assert values["rationale_in_answer"] == pytest.approx(1 / 4), "of O=CO, COc, one unreadable; and none of C1CC"
    assert values["rationale_in_answer_rows"] == pytest.approx((1 / 3 + 0) / 2)
    assert values["rationale_in_input"] == pytest.approx(3 / 4)
    assert values["rationale_parts"] == pytest.approx(4 / 3)
    assert found.counts["rationale"] == {"alignments": 4, "unreadable_fragments": 1}


def test_alignments_of_a_caption_reappear_in_it(tmp_path: Path, resources: Any) -> None:
    answer = "The molecule is a carboxylic acid."
    write_predictions(tmp_path / "p.tsv", "mol2cap", [(BENZOIC, TRUE, answer)])
    candidates(tmp_path / "p.jsonl", [(answer, [("carboxylic acid", "O=CO"), ("carbox", "c1ccccc1"), ("acid", "N")])])
    found = measure_faithfulness(read_predictions(tmp_path / "p.tsv"), resources)
    assert score(found.metrics["rationale_in_answer"]) == pytest.approx(2 / 3)
    assert score(found.metrics["rationale_in_input"]) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [(None, "does not exist"), ("no json\n", "not the candidates' file"), ('{"output": "other"}\n', "another answer")],
)
def test_rationales_without_their_own_file_are_left_out_with_the_reason(
    text: str | None, reason: str, tmp_path: Path, resources: Any
) -> None:
    write_predictions(tmp_path / "p.tsv", "mol2cap", [(BENZOIC, TRUE, "x")])
    if text is not None:
        (tmp_path / "p.jsonl").write_text(text)
    found = measure_faithfulness(read_predictions(tmp_path / "p.tsv"), resources)
    assert all(reason in found.left_out[name] for name in RATIONALES)
    assert not set(RATIONALES) & set(found.metrics)


def test_fragments_cut_from_a_molecule_are_found_in_it(sample_run: Any) -> None:
    records = [json.loads(line) for line in (sample_run.folder / "alignments.jsonl").read_text().splitlines()]
    ties = [(r["smiles"], a["fragment"]) for r in records for a in r["alignments"] if a["verdict"] == "supported"]
    assert len(ties) > 20
    assert [tie for tie in ties if contains(read_molecule(tie[0]), tie[1]) is not True] == []


def test_words_are_quoted_whole_whatever_their_capitals() -> None:
    assert quotes("An Aromatic\nether here", "aromatic ether")
    assert not quotes("It is alcoholic", "alcohol")
    assert quotes("3-oxo (C6) ring", "(C6)")
    assert not quotes("anything", "  ")


def test_shares_are_resampled_by_rows_and_tested_in_pairs() -> None:
    share = Share(np.array([1.0, 0.0, 3.0]), np.array([2.0, 0.0, 3.0]))
    assert score(share) == pytest.approx(4 / 5)
    assert share.rows()[[0, 2]].tolist() == [0.5, 1.0]
    assert np.isnan(share.rows()[1])
    assert np.isnan(score(Share(np.zeros(2), np.zeros(2))))
    other = Share(np.array([2.0, 0.0, 3.0]), np.array([2.0, 0.0, 3.0]))
    test = paired_tests({"s": share}, {"s": other}, resamples=50, trials=500)["s"]
    assert test.difference == pytest.approx(1 / 5)
    assert test.p_value > 0.4, "the one row that differs gives this gap or its mirror image, swapped or not"


@pytest.mark.usefixtures("_no_tokenizers")
def test_an_evaluation_carries_faithfulness_only_where_asked_for(tmp_path: Path, resources: Any) -> None:
    path = tmp_path / "p.tsv"
    write_predictions(path, "mol2cap", [(BENZOIC, "The molecule is a carboxylic acid.", "The molecule is an alcohol.")])
    plain = evaluate(path, bootstrap=0)
    assert plain.to_dict()["faithfulness"] == {}
    found = evaluate(path, bootstrap=20, faithfulness=True, resources=resources, strata=True)
    report = json.loads(found.to_json())
    assert report["faithfulness"]["scores"]["refuted"] == 1
    assert report["intervals"]["faithfulness.refuted"] == [1, 1]
    assert report["left_out"]["faithfulness.rationale_parts"].endswith("alignments there")
    assert report["versions"]["lexicon"] == resources.lexicon.version
    assert set(found.molt5) == set(plain.molt5), "MolT5's metrics stay what they are"
    shown = str(evaluation_table(found))
    assert "Claims refuted" in shown
    assert "claims refuted: 1 absent" in shown

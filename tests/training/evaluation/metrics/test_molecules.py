"""Molecule metrics against hand-computed values, MolT5's traps among them, and against RDKit row by row."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molreflect.training.evaluation.metrics.molecules import (
    CRASHED,
    MAX_SMILES,
    Invalid,
    RowReader,
    is_ordinary,
    score_molecules,
)
from molreflect.training.evaluation.metrics.workers import score_rows

ROWS = [("CCO", "CCO"), ("OCC", "CCO"), ("CC(", "CCO"), ("", "CCO")]


def scored(rows: list[tuple[str, str]], **options):
    return score_molecules([row[0] for row in rows], [row[1] for row in rows], **{"workers": 1, **options})


def test_exact_match_is_by_inchi_and_not_by_spelling() -> None:
    assert scored(ROWS).compatible["exact_match"].tolist() == [1, 1, 0, 0]


def test_levenshtein_counts_edits_of_the_raw_strings() -> None:
    # OCC -> CCO: drop one, add one. CC( -> CCO: replace one. The empty answer misses three.
    assert scored(ROWS).compatible["levenshtein"].tolist() == [0, 2, 1, 3]
    assert scored(ROWS).strict["levenshtein_similarity"].tolist() == pytest.approx([1, 1 / 3, 0, 0])


def test_an_empty_answer_is_valid_for_molt5_and_invalid_in_strict_mode() -> None:
    found = scored(ROWS)
    assert found.compatible["validity"].tolist() == [1, 1, 0, 1]
    assert found.strict["validity"].tolist() == [1, 1, 0, 0]
    assert found.scored.tolist() == [True, True, False, True]
    assert [found.compatible[name][3] for name in ("maccs", "rdk", "morgan")] == [0, 0, 0]


def test_fingerprint_similarities_of_ethane_and_propane_by_hand() -> None:
    # Morgan counts: ethane has two CH3 and one bond environment, propane two CH3, one CH2 and three environments, of
    # which only the CH3 are shared: 2 / (3 + 6 - 2). MACCS: keys {149, 160} and {74, 114, 149, 155, 160}: 2 / 5.
    found = scored([("CC", "CCC")]).compatible
    assert found["morgan"][0] == pytest.approx(2 / 7)
    assert found["maccs"][0] == pytest.approx(2 / 5)


def test_methane_is_unlike_itself_by_the_path_fingerprint() -> None:
    # RDKit gives 0 for two empty fingerprints, and methane has no path. The shortcut for equal rows must not hide it.
    found = scored([("C", "C"), ("[Na+].[Cl-]", "[Na+].[Cl-]")])
    assert found.compatible["rdk"].tolist() == [0, 0]
    assert found.compatible["maccs"].tolist() == [1, 1]
    assert found.strict["rdk"].tolist() == [1, 1], "strict mode need not repeat the trap"
    assert found.strict["exact_match"].tolist() == [1, 1]


def test_exact_match_with_and_without_stereo() -> None:
    found = scored([("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"), ("F/C=C/F", "F/C=C\\F"), ("CC", "CO")])
    assert found.strict["exact_match"].tolist() == [0, 0, 0]
    assert found.strict["exact_match_flat"].tolist() == [1, 1, 0]
    assert found.compatible["morgan"][0] == 1


def test_tautomers_match_by_inchi_but_not_by_canonical_smiles() -> None:
    found = scored([("Cc1ccc2[nH]cnc2c1", "Cc1ccc2nc[nH]c2c1")])
    assert (found.strict["exact_match"][0], found.strict["exact_match_canonical"][0]) == (1, 0)


def test_two_failed_inchis_match_for_molt5_only() -> None:
    found = scored([("*C", "*CC"), ("*C", "C*")])
    assert found.compatible["exact_match"].tolist() == [1, 1]
    assert found.strict["exact_match"].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", Invalid.EMPTY, id="empty"),
        pytest.param("  ", Invalid.EMPTY, id="blank"),
        pytest.param("CC(C", Invalid.PARENTHESES, id="open parenthesis"),
        pytest.param("CC)C", Invalid.PARENTHESES, id="closed parenthesis"),
        pytest.param("C1CC", Invalid.RING, id="ring"),
        pytest.param("C%10CC1CC1", Invalid.RING, id="two-digit ring"),
        pytest.param("C[C@H(N)C", Invalid.SYNTAX, id="bracket"),
        pytest.param("nan", Invalid.SYNTAX, id="nan"),
        pytest.param("None", Invalid.SYNTAX, id="None"),
        pytest.param("CC(C)(C)(C)C", Invalid.VALENCE, id="valence"),
        pytest.param("c1cccc1", Invalid.AROMATICITY, id="aromaticity"),
        pytest.param("CCO is ethanol", Invalid.EXTRA_TEXT, id="prose"),
        pytest.param("C" * (MAX_SMILES + 1), Invalid.TOO_LONG, id="too long"),
        pytest.param("C\x00C", Invalid.SYNTAX, id="zero byte"),
        pytest.param("CCO", None, id="valid"),
    ],
)
def test_the_reason_of_invalidity(text: str, reason: Invalid | None) -> None:
    found = scored([(text, "CCO")])
    assert found.problems == (reason,)
    assert found.problem_counts == ({} if reason is None else {str(reason): 1})
    assert found.strict["validity"][0] == (reason is None)


def test_extra_text_is_valid_for_molt5_because_rdkit_takes_it_for_a_name() -> None:
    found = scored([("CCO is ethanol", "CCO")])
    assert found.compatible["validity"][0] == found.compatible["exact_match"][0] == 1
    assert found.strict["exact_match"][0] == found.strict["morgan"][0] == 0


def test_an_unreadable_reference_is_counted_and_never_scored() -> None:
    found = scored([("CCO", "CC("), ("CC(", "CC(")])
    assert found.unreadable_truths == 2
    assert found.compatible["validity"].tolist() == [0, 0]
    assert found.strict["exact_match"].tolist() == [0, 0]


SMILES = st.sampled_from(
    [
        "CC(=O)Oc1ccccc1C(=O)O", "OC(=O)c1ccccc1OC(C)=O", "CN1C=NC2=C1C(=O)N(C(=O)N2C)C", "C[C@H](N)C(=O)O",
        "C[C@@H](N)C(=O)O", "NC(C)C(=O)O", "[13CH3]CCCCCCCO", "CCCCCCCCO", "[Na+].CC(=O)[O-]", "*CCCCCCCC", "C", "",
        "C1CC", "c1ccccc1CCCN", "CCCCCCCCO name", "[2H]OCCCCCCCC", "C/C=C/CCCCC", "C/C=C\\CCCCC", "[He]",
    ]
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(SMILES, SMILES), min_size=1, max_size=5))
def test_every_score_equals_rdkit_asked_row_by_row(rows: list[tuple[str, str]]) -> None:
    from rdkit import Chem, DataStructs, rdBase
    from rdkit.Chem import AllChem, MACCSkeys

    found = scored(rows)
    with rdBase.BlockLogs():
        for i, (output, truth) in enumerate(rows):
            mine, right = Chem.MolFromSmiles(output), Chem.MolFromSmiles(truth)
            assert bool(found.scored[i]) == (mine is not None and right is not None)
            if mine is None or right is None:
                continue
            same = Chem.MolToInchi(mine) == Chem.MolToInchi(right)
            expected = {
                "maccs": (MACCSkeys.GenMACCSKeys(mine), MACCSkeys.GenMACCSKeys(right)),
                "rdk": (Chem.RDKFingerprint(mine), Chem.RDKFingerprint(right)),
                "morgan": (AllChem.GetMorganFingerprint(mine, 2), AllChem.GetMorganFingerprint(right, 2)),
            }
            assert found.compatible["exact_match"][i] == same
            for name, pair in expected.items():
                assert found.compatible[name][i] == DataStructs.TanimotoSimilarity(*pair), (name, output, truth)


def test_processes_give_the_same_scores_as_this_one() -> None:
    rows = [*ROWS, ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"), ("CC(=O)Oc1ccccc1C(=O)O", "Oc1ccccc1C(=O)O")]
    told: list[tuple[str, int, int]] = []
    here, there = scored(rows), scored(rows, workers=2, progress=lambda *step: told.append(step))
    assert all(there.compatible[name].tolist() == values.tolist() for name, values in here.compatible.items())
    assert all(there.strict[name].tolist() == values.tolist() for name, values in here.strict.items())
    assert there.problems == here.problems
    assert told[-1][1] == told[-1][2]


def test_a_text_that_kills_the_reader_costs_one_row(monkeypatch) -> None:
    from molreflect.training.evaluation.metrics import workers

    def fragile(rows, canonical):
        if any(output == "killer" for output, _ in rows):
            os.kill(os.getpid(), signal.SIGKILL)  # what a segmentation fault looks like from outside
        return workers._reader().score(rows, canonical)

    monkeypatch.setattr(workers, "_score", fragile)
    rows = [(text, "CCO") for text in ("CCO", "killer", "CC", "CN", "CO")]
    found = score_rows(rows, workers=2)
    assert found["killer", "CCO"] == CRASHED
    assert [output for (output, _), score in found.items() if not score.both_valid] == ["killer"]


def test_an_isotope_that_kills_inchi_does_not_kill_the_evaluation() -> None:
    # RDKit 2026.9 writes beyond its memory for this hydrogen; whether that kills it is chance, so only the rest counts.
    rows = [("CCO", "CCO"), ("[999H+]", "[999H]"), ("CC", "CCO")]
    found = score_molecules([row[0] for row in rows], [row[1] for row in rows])
    assert found.compatible["exact_match"][[0, 2]].tolist() == [1, 0]
    assert found.strict["exact_match"].tolist() == [1, 0, 0]


def test_a_bug_in_a_reading_process_is_not_taken_for_an_invalid_molecule(monkeypatch) -> None:
    from molreflect.training.evaluation.metrics import workers

    monkeypatch.setattr(workers, "_score", lambda rows, canonical: workers._reader().score([None], canonical))
    with pytest.raises(TypeError):
        score_rows([("CCO", "CCO")], workers=2)


def test_formulas_differ_only_where_inchis_differ() -> None:
    # The shortcut that spares InChIs rests on this; charges, isotopes and odd bonds are what could break it.
    from rdkit import Chem

    reader = RowReader()
    texts = [
        "CC(=O)O", "CC(=O)[O-]", "[Na+].CC(=O)[O-]", "CC(=O)O[Na]", "[2H]OC", "CO", "[CH3]", "C", "[H+]", "[Fe+3]",
        "C:C", "C:C.Cl", "[Cu]->N", "C[Cu]->N", "C~C", "C$C", "*", "*C", "[#0]C", "CC |$;$|", "[U]" + "(Cl)" * 21,
        "[U]" + "(Cl)" * 20, "C" * 341, "C" * 1023, "[CH2:1]C",
    ]  # fmt: skip
    readings = {text: reader.read(text) for text in texts}
    inchis = {text: Chem.MolToInchi(readings[text].molecule) for text in texts}
    for one in texts:
        for two in texts:
            if inchis[one] == inchis[two] and readings[one].formula and readings[two].formula:
                assert readings[one].formula == readings[two].formula, (one, two)


@pytest.mark.parametrize(
    "text", ["CC(=O)Oc1ccccc1", "C[C@@H](N)C(=O)[O-]", "F/C=C\\F", "C%10CC%10", "[13CH4]", "[Na+].[Cl-]"]
)
def test_plain_smiles_are_ordinary(text: str) -> None:
    assert is_ordinary(text)


@pytest.mark.parametrize(
    "text", ["*C", "[#6]", "[999H+]", "C:C", "C->[Fe]", "C~C", "C$C", "CC name", "[C:1]", "CC |$;$|"]
)
def test_what_rdkit_or_inchi_may_trip_over_is_not(text: str) -> None:
    assert not is_ordinary(text)

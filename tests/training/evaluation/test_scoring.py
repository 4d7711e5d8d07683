"""The evaluation against the row-by-row script of the benchmark, on answers that are spoilt in every way we know."""

from __future__ import annotations

import os
import random
from pathlib import Path
from types import ModuleType

import pytest
from script_files import load_script

from molreflect.training.evaluation.evaluate import evaluate
from molreflect.training.evaluation.metrics.wordnet import find_wordnet

SAMPLE = Path(__file__).parents[3] / "data" / "sample.tsv"
SPOILT = [
    "", "C", "[H][H]", "*", "*C", "[#0]C", "C:C", "C:C.Cl", "[Cu]->N", "C[Cu]->N", "C~C", "C$C", "[Na+].[Cl-]",
    "[Na]Cl", "[CH3]", "C[CH2]", "[2H]OC", "CCO ethanol", " CCO", "CCO ", "nan", "NaN", "None", "inf", ".", "()",
    "C1CC", "C1CC1C1", "CC(C)(C)(C)C", "c1cccc1", "n1cccc1", "CN(=O)=O", "C[N+](=O)[O-]", "C%10CC%10", "F/C=C/F",
    "F/C=C\\F", "F/C=C\\\\F",
    "C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "CC |$;$|", "CC>>CC", "[C+9]", "\x00", "C\x00C", "\u2028", "[CLS] CC",
    '"', '""', "[U]" + "(Cl)" * 21, "CC(C" * 40 + ")" * 40, "C" * 400,
]  # fmt: skip
SAID = [
    "", " ", "[CLS] an acid", "[CLS] [CLS] an acid [SEP] [PAD]", "[CLS]", "nan", "NaN", "None", ".", '"an acid"', "'",
    "AN ACID", "an  acid", " an acid ", "an {acid}", "alpha-D\u2192beta", "\u2028", "\ufeff", "x\x00y",
    "caf\u00e9 \u4e2d\u6587", "acids and bases are salts", "an acid " * 400,
]  # fmt: skip


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load_script("benchmarks/scoring.py")


@pytest.fixture(scope="module")
def pairs(script: ModuleType) -> list[tuple[str, str]]:
    return script.corpus(SAMPLE, 60)


def test_molecules_score_as_a_row_by_row_script_has_them(script: ModuleType, pairs, tmp_path: Path) -> None:
    rng = random.Random(0)
    rows = script.molecule_predictions(pairs, rng, copies=True)
    rows += [(caption, smiles, answer) for (smiles, caption), answer in zip(pairs, SPOILT, strict=False)]
    # Odd references too, of those the script can read; it stops at others.
    rows += [("odd", truth, answer) for truth, answer in [("*C", "*"), ("C:C", "C:C.Cl"), ("C", "C"), ("[H+]", "*")]]
    path = tmp_path / "p.txt"
    script.write(path, "cap2mol", rows)
    expected = script.reference_cap2mol(path)
    assert evaluate(path, bootstrap=0).molt5 == pytest.approx(expected, abs=1e-12)


def test_captions_score_as_a_row_by_row_script_has_them(script: ModuleType, pairs, tmp_path: Path, monkeypatch) -> None:
    shared = os.environ.get("MOLREFLECT_SHARED_DATA")
    if not shared or find_wordnet() is None:
        pytest.skip("needs MOLREFLECT_SHARED_DATA (vocabularies) and WordNet (make wordnet)")
    monkeypatch.setenv("MOLREFLECT_SCIBERT_VOCAB", f"{shared}/scibert/vocab.txt")
    monkeypatch.setenv("MOLREFLECT_T5_SPIECE", f"{shared}/t5/spiece.model")
    rows = script.caption_predictions(pairs, random.Random(0), copies=True)
    rows += [(smiles, caption, said) for (smiles, caption), said in zip(pairs, SAID, strict=False)]
    path = tmp_path / "p.txt"
    script.write(path, "mol2cap", rows)
    expected = script.reference_mol2cap(path)
    assert evaluate(path, bootstrap=0).molt5 == pytest.approx(expected, abs=1e-12)

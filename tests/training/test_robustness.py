"""Other spellings of a molecule: they must be the same molecule, and the measurement must notice who minds them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import synthetic_run
from rdkit import Chem

from molreflect.agents.student.local import Student
from molreflect.tools.corpus import Pair
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.training.config import StudentConfig
from molreflect.training.evaluation.rewriting import REWRITES, rewrite, rewrite_pairs, same_molecule
from molreflect.training.robustness import ORIGINAL, measure_robustness, robustness_table
from molreflect.training.student.predict import PredictProgress
from molreflect.training.student.train import train

pytestmark = pytest.mark.usefixtures("one_thread")

MOLECULES = (
    "OC(=O)c1ccccc1",
    "C[C@H](N)C(=O)O",
    "F/C=C/Cl",
    "[Na+].[O-]C(=O)c1ccc2ccccc2c1",
    "C[C@]12CC[C@H]3[C@H]([C@@H]1CC[C@@H]2O)CCC4=CC(=O)CC[C@]34C",
    "[13CH3]c1c[nH]c2ccc(O)cc12",
    "C1CC2CC1CC2.C1=CC=CC=C1",
    "C%10CCCCC%10",
    "O=[N+]([O-])c1ccncc1",
    "[2H]C([2H])([2H])O",
)


@pytest.mark.parametrize("how", list(REWRITES))
@pytest.mark.parametrize("smiles", MOLECULES)
def test_a_rewriting_keeps_the_molecule(smiles: str, how: str) -> None:
    text = rewrite(smiles, how)
    assert Chem.MolToInchi(Chem.MolFromSmiles(text)) == Chem.MolToInchi(Chem.MolFromSmiles(smiles))
    assert Chem.MolToSmiles(Chem.MolFromSmiles(text)) == Chem.MolToSmiles(Chem.MolFromSmiles(smiles))
    assert rewrite(smiles, how) == text, "the same input gives the same text"


@pytest.mark.parametrize(
    ("how", "smiles", "expected"),
    [
        ("canonical", "OC(=O)C", "CC(=O)O"),
        ("canonical", "CC(=O)O", "CC(=O)O"),
        ("hydrogen", "OC", "O(C([H])([H])[H])[H]"),
        ("kekule", "Oc1ccccc1", "OC1=CC=CC=C1"),
        ("kekule", "OCC1=CC=CCC1", "OCC1=CC=CCC1"),
        ("rings", "CCO", "CCO"),
    ],
)
def test_what_a_rewriting_writes(how: str, smiles: str, expected: str) -> None:
    assert rewrite(smiles, how) == expected


@pytest.mark.parametrize("smiles", [m for m in MOLECULES if any(c.isdigit() for c in m.replace("13CH3", ""))])
def test_renumbering_changes_every_ring_number_and_nothing_else(smiles: str) -> None:
    import re

    text = rewrite(smiles, "rings")
    ring = re.compile(r"(\[[^\]]*\])|%\d\d|\d")
    numbers = [[m[0] for m in ring.finditer(t) if not m[1]] for t in (smiles, text)]
    assert len(numbers[0]) == len(numbers[1])
    assert all(old != new for old, new in zip(*numbers, strict=True))
    bare = [ring.sub(lambda m: m[1] or "#", t) for t in (smiles, text)]
    assert bare[0] == bare[1]


def test_more_ring_numbers_than_digits_are_written_with_a_percent_sign() -> None:
    smiles = "".join(f"C{n if n < 10 else f'%{n}'}" for n in range(1, 12)) + "".join(
        f"C{n if n < 10 else f'%{n}'}" for n in range(1, 12)
    )
    assert same_molecule(read_molecule(smiles), read_molecule(rewrite(smiles, "rings")))


def test_an_unknown_rewriting_and_an_unreadable_molecule_are_refused() -> None:
    with pytest.raises(InputError, match="no rewriting"):
        rewrite("CCO", "backwards")
    with pytest.raises(InputError, match="not a SMILES"):
        rewrite("C1CC", "canonical")


def test_a_rewriting_that_changes_the_molecule_is_never_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REWRITES, "rings", lambda molecule: "CCC")
    [pair], refused = rewrite_pairs([Pair("1", "CCO", "x", "CCO", 2)], "rings")
    assert pair.smiles == "CCO"
    [(reason, n)] = refused.items()
    assert n == 1
    assert "not read back as the same molecule" in reason


def test_a_molecule_without_inchi_is_compared_by_its_canonical_smiles() -> None:
    assert same_molecule(read_molecule("*CO"), read_molecule("OC*"))
    assert not same_molecule(read_molecule("*CO"), read_molecule("*CN"))


CORPUS = [
    Pair(str(i), smiles, f"The molecule is number {i} of a small list of molecules.", smiles, i + 1)
    for i, smiles in enumerate(["OC(=O)c1ccccc1", "Oc1ccccc1", "CCO", "OC1CCCCC1", "Nc1ccccc1", "CCCCCCCCC"], start=1)
]


class Scripted:
    """Knows the right caption by heart, but only for molecules spelt as in the corpus."""

    max_positions = 4096

    def __init__(self, student: Student) -> None:
        self.format = student.format
        self.captions = {pair.smiles: pair.caption for pair in CORPUS}
        self.asked: list[str] = []

    def generate(self, prompts: Any, *, n: int = 1, starts: Any = None, **settings: Any) -> list[list[str]]:
        answers = []
        for messages in prompts:
            smiles = messages[-1]["content"].splitlines()[-1].removeprefix("Molecule: ")
            self.asked.append(smiles)
            answers.append([f"Caption: {self.captions.get(smiles, 'The substance is something else entirely.')}"])
        return answers


@pytest.fixture(scope="module")
def folder(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("robustness")
    config = StudentConfig(
        base=str(base), neighbours=1, max_length=900, max_steps=1, batch_size=1, accumulation=1, eval_fraction=0.25,
        max_new_tokens=6,
    )  # fmt: skip
    return train(synthetic_run.write_run(root / "run"), root / "student", config).out


@pytest.fixture(scope="module")
def student(base: Path, folder: Path) -> Student:
    return Student.load(base, adapter=folder, device="cpu")


@pytest.fixture(autouse=True)
def _no_tokenizers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLREFLECT_SCIBERT_VOCAB", "/nowhere/vocab.txt")
    monkeypatch.setenv("MOLREFLECT_T5_SPIECE", "/nowhere/spiece.model")


def measure(folder: Path, out: Path, student: Any, **settings: Any) -> Any:
    given = {"rewrites": ("kekule", "rings"), "bootstrap": 50, "trials": 200, "student": student, "batch_size": 2}
    return measure_robustness(folder, CORPUS, out, **(given | settings))


def test_a_student_that_knows_one_spelling_only_loses_just_the_rewritten_rows(
    folder: Path, student: Student, tmp_path: Path
) -> None:
    found = measure(folder, tmp_path / "out", Scripted(student))
    kekule, rings = found.rewritten
    assert (kekule.changed, kekule.same_answers) == (3, 3)
    assert (rings.changed, rings.same_answers) == (4, 2)
    assert found.original.strict["exact_match"] == 1
    assert kekule.evaluation.strict["exact_match"] == pytest.approx(3 / 6)
    assert rings.comparison.tests["strict.exact_match"].difference == pytest.approx(-4 / 6)
    assert rings.comparison.tests["strict.exact_match"].a_higher == 4
    assert (kekule.refused, kekule.failed, found.failed) == ({}, 0, 0)
    report = json.loads(json.dumps(found.to_dict()))
    assert report["rewritten"]["kekule"]["tests"]["rougeL"]["difference"] < 0
    shown = str(robustness_table(found))
    assert "ROUGE-L" in shown
    assert "kekule: 3 of 6 inputs changed, 3 captions stayed the same" in shown


def test_a_student_that_does_not_mind_the_spelling_loses_nothing(
    folder: Path, student: Student, tmp_path: Path
) -> None:
    scripted = Scripted(student)
    for how in REWRITES:
        scripted.captions |= {rewrite(pair.smiles, how): pair.caption for pair in CORPUS}
    found = measure(folder, tmp_path / "out", scripted, rewrites=tuple(REWRITES))
    assert [item.name for item in found.rewritten] == list(REWRITES)
    for item in found.rewritten:
        assert item.same_answers == 6
        assert all(test.difference == 0 and test.p_value == 1 for test in item.comparison.tests.values())
    hydrogen = found.rewritten[1]
    assert hydrogen.changed == 6


def test_an_interrupted_measurement_goes_on_and_ends_the_same(folder: Path, student: Student, tmp_path: Path) -> None:
    whole = measure(folder, tmp_path / "whole", Scripted(student), batch_size=1)

    def stop(name: str, sign: PredictProgress) -> None:
        if name == "kekule" and sign.done == 4:
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        measure(folder, out, Scripted(student), batch_size=1, predicting=stop)
    again = Scripted(student)
    found = measure(folder, out, again, batch_size=1)
    assert len(again.asked) == 2 + 6, "two rows of the interrupted spelling, and the one that had not begun"
    for name in (ORIGINAL, "kekule", "rings"):
        assert (out / f"{name}.tsv").read_text() == (tmp_path / "whole" / f"{name}.tsv").read_text()
    assert found.rewritten[0].comparison.tests == whole.rewritten[0].comparison.tests
    third = Scripted(student)
    assert measure(folder, out, third, batch_size=1).rewritten[1].changed == 4
    assert third.asked == []


def test_a_folder_of_other_predictions_is_refused(folder: Path, student: Student, tmp_path: Path) -> None:
    measure(folder, tmp_path / "out", Scripted(student))
    with pytest.raises(InputError, match="another pairs"):
        measure(folder, tmp_path / "out", Scripted(student), limit=3)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep me")
    with pytest.raises(InputError, match="no empty folder"):
        measure(folder, tmp_path / "full", Scripted(student))
    with pytest.raises(InputError, match="no rewriting"):
        measure(folder, tmp_path / "new", Scripted(student), rewrites=("upside-down",))
    assert not (tmp_path / "new").exists()

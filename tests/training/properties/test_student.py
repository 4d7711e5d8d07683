"""A student that is fine-tuned on labels and scored by the probabilities of its answer words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_model import save_tiny_base

from molreflect.agents.student.local import Student
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.retrieval.fingerprints import PackedFingerprints, morgan
from molreflect.tools.terms import PropertySplit
from molreflect.training.config import StudentConfig
from molreflect.training.properties import student as module
from molreflect.training.properties.dataset import read_dataset
from molreflect.training.properties.report import to_dict
from molreflect.training.properties.run import PropertySettings, evaluate_splits
from molreflect.training.properties.student import answer_probabilities, predict_student, prompt, show

pytestmark = pytest.mark.usefixtures("one_thread")

ACIDS = ["CC(=O)O", "CCC(=O)O", "CCCC(=O)O", "OC(=O)c1ccccc1"]
OTHERS = ["CCN", "CCCN", "CCCCN", "Nc1ccccc1"]
QUICK: dict[str, Any] = {"max_steps": 2, "batch_size": 4, "accumulation": 1, "warmup_steps": 0, "max_length": 900}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_base(tmp_path_factory.mktemp("base"), hidden=128)


@pytest.fixture(scope="module")
def shown() -> list[module.Shown]:
    return show([read_molecule(smiles) for smiles in (*ACIDS, *OTHERS)], StudentConfig(max_alignments=3))


@pytest.fixture(scope="module")
def prints() -> PackedFingerprints:
    return PackedFingerprints([morgan(read_molecule(smiles).mol, bits=2048) for smiles in (*ACIDS, *OTHERS)])


def test_verified_groups_stand_in_the_prompt_or_do_not(shown: list[module.Shown]) -> None:
    assert any(line.endswith("carboxylic acid -> O=CO") for line in shown[0].groups)
    assert all(len(one.groups) <= 3 for one in shown)
    near = [(shown[1], 1.0), (shown[4], 0.0)]
    with_groups, bare = (prompt("toxicity", shown[0], near, groups=g)[-1]["content"] for g in (True, False))
    assert bare == (
        "Is the last molecule active in toxicity? Answer yes or no.\n\nMolecule: CCN\nAnswer: no\n\n"
        "Molecule: CCC(=O)O\nAnswer: yes\n\nMolecule: CC(=O)O"
    )
    assert with_groups.endswith("\n".join(["Molecule: CC(=O)O", "Groups:", *shown[0].groups]))
    assert with_groups.count("Groups:") == 3


def test_the_probability_is_that_of_one_answer_word_against_the_other(base: Path) -> None:
    import torch

    student = Student.load(base, device="cpu")
    questions = [prompt("x", module.Shown(smiles, ()), [], groups=False) for smiles in ("CCO", "CCN", "c1ccccc1")]
    expected = []
    for question in questions:
        scores = []
        for word in module.WORDS:
            encoded = student.format.encode(question, word)
            with torch.inference_mode():
                logits = torch.log_softmax(student.model(input_ids=torch.tensor([encoded.ids])).logits[0], dim=-1)
            places = range(encoded.n_prompt, encoded.n_text)
            scores.append(sum(float(logits[place - 1, encoded.ids[place]]) for place in places))
        expected.append(1 / (1 + np.exp(scores[1] - scores[0])))
    np.testing.assert_allclose(answer_probabilities(student, questions, batch_size=2), expected, rtol=1e-4)


def test_a_student_learns_labels_and_is_never_shown_its_own(
    base: Path, shown: list[module.Shown], prints: PackedFingerprints, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, list[str]]] = []
    write = module.prompt

    def remember(task: str, one: module.Shown, neighbours: Any, *, groups: bool) -> Any:
        asked.append((one.smiles, [other.smiles for other, _ in neighbours]))
        return write(task, one, neighbours, groups=groups)

    monkeypatch.setattr(module, "prompt", remember)
    settings = QUICK | {"max_steps": 40, "batch_size": 8, "learning_rate": 1e-2, "lora_rank": 16, "lora_alpha": 32}
    config = StudentConfig(base=str(base), **settings, lora_targets="all-linear", neighbours=1)
    rows, labels = np.arange(8), np.array([1.0] * 4 + [0.0] * 4)
    said = predict_student("student", "acidity", shown, prints, rows, labels, rows, config)
    assert said[:4].min() > 0.8
    assert said[4:].max() < 0.2
    assert asked
    assert all(smiles not in neighbours and len(neighbours) == 1 for smiles, neighbours in asked)


def test_a_question_too_long_loses_neighbours_and_then_is_told(base: Path, shown: list[module.Shown]) -> None:
    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.agents.student.weights import load_tokenizer

    chat = ChatFormat(load_tokenizer(base))
    near = [(one, 1.0) for one in shown[1:]]
    whole = len(chat.encode(prompt("x", shown[0], near, groups=True), "yes").ids)
    short = module._fitting(chat, "x", shown[0], near, whole - 1, groups=True)
    assert short == prompt("x", shown[0], near[:-1], groups=True)
    with pytest.raises(InputError, match=r"the question about .* takes more than max_length=20 tokens"):
        module._fitting(chat, "x", shown[0], near, 20, groups=True)


def test_students_stand_beside_baselines_and_are_tested_against_each_other(base: Path, tmp_path: Path) -> None:
    lines = [f"{'C' * n}{end},{label}" for n in range(2, 14) for end, label in (("C(=O)O", 1), ("N", 0))]
    (tmp_path / "a.csv").write_text("\n".join(["smiles,acid", *lines]) + "\n")
    settings = PropertySettings(
        split=PropertySplit.RANDOM, seeds=2, systems=("prevalence", "student", "student_bare"), resamples=20,
        student=StudentConfig(base=str(base), **QUICK, neighbours=1, max_alignments=2),
    )  # fmt: skip
    told: list[str] = []
    result = evaluate_splits(read_dataset(tmp_path / "a.csv"), settings, lambda what, *_: told.append(what))
    assert "finding groups" in told
    data = json.loads(json.dumps(to_dict(result)))
    assert data["settings"]["student"]["max_steps"] == 2
    [task] = data["tasks"]
    scored = {part for part, scores in task["scores"].items() if set(scores) == set(settings.systems)}
    assert scored
    assert {(one["a"], one["b"]) for one in task["paired"]} == {("student", "student_bare")}
    by_seed = [p.probabilities for p in result.predictions]
    assert all(0 < p[name] < 1 for p in by_seed for name in ("student", "student_bare"))
    assert any(p["student"] != p["student_bare"] for p in by_seed)

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import synthetic_run
from tiny_model import save_tiny_base

from molreflect.agents.student.local import Student
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.training.config import StudentConfig
from molreflect.training.examples.answers import ParsedAnswer
from molreflect.training.examples.records import read_run
from molreflect.training.student.candidates import CandidateScore
from molreflect.training.student.predict import PredictProgress, predict
from molreflect.training.student.train import train
from molreflect.training.student.translator import Translator

pytestmark = pytest.mark.usefixtures("one_thread")


@dataclass(frozen=True)
class Pair:
    id: str
    smiles: str
    caption: str


CORPUS = [
    Pair("9", "CCCCO", "The molecule is a primary\talcohol that is butane."),
    Pair("100", "OCC", "Ethanol, the very molecule of a training record."),
    Pair("7", "CCCCN", "The molecule is a primary amine."),
    Pair("3", "C1CCCCC1", "The molecule is a cycloalkane."),
    Pair("5", "CCCCC#N", "The molecule is a nitrile."),
]


class Echo:
    """Writes what a script says, and remembers what it was asked; the chat format is a real one."""

    max_positions = 2048

    def __init__(self, student: Student, script: list[str]) -> None:
        self.format = student.format
        self.script = script
        self.asked: list[Sequence[dict[str, str]]] = []
        self.calls: list[dict[str, Any]] = []

    def generate(self, prompts: Any, *, n: int = 1, starts: Any = None, **settings: Any) -> list[list[str]]:
        self.asked += list(prompts)
        if starts is not None:
            return [[" C1CC1"] for _ in starts]
        self.calls.append({"n": n, **settings})
        offset = 0 if settings["do_sample"] is False else 1
        return [[self.script[(offset + i) % len(self.script)] for i in range(n)] for _ in prompts]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("predict")
    base = save_tiny_base(root / "base")
    config = StudentConfig(
        base=str(base), neighbours=2, max_length=900, max_steps=1, batch_size=1, accumulation=1, eval_fraction=0.25,
        max_new_tokens=6,
    )  # fmt: skip
    return train(synthetic_run.write_run(root / "run"), root / "student", config).out


@pytest.fixture(scope="module")
def student(folder: Path) -> Student:
    return Student.load(folder.parent / "base", adapter=folder, device="cpu")


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("direction", list(Direction))
def test_predictions_keep_corpus_order_and_molt5s_columns(folder: Path, direction: Direction, tmp_path: Path) -> None:
    result = predict(folder, CORPUS, direction, tmp_path / "pred.tsv", batch_size=2)
    lines = [line.split("\t") for line in (tmp_path / "pred.tsv").read_text().splitlines()]
    first = "SMILES" if direction is Direction.MOL2CAP else "description"
    assert lines[0] == [first, "ground truth", "output"]
    assert all(len(line) == 3 for line in lines)
    given = [pair.smiles if direction is Direction.MOL2CAP else " ".join(pair.caption.split()) for pair in CORPUS]
    assert [line[0] for line in lines[1:]] == given
    assert [row["id"] for row in rows(result.jsonl)] == [pair.id for pair in CORPUS]
    assert (result.rows, result.failed, result.resumed) == (5, 0, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pred.jsonl", "pred.tsv"]


@pytest.mark.parametrize("direction", list(Direction))
def test_context_comes_from_training_records_and_never_from_the_corpus_or_the_query(
    folder: Path, student: Student, direction: Direction, tmp_path: Path
) -> None:
    echo = Echo(student, ["Molecule: C" if direction is Direction.CAP2MOL else "Caption: x"])
    result = predict(folder, CORPUS, direction, tmp_path / "pred.tsv", student=echo)
    trained = json.loads((folder / "student.json").read_text())["train_ids"]
    records = {r.id: r for r in read_run(folder.parent / "run")}
    found = rows(result.jsonl)
    assert all(len(row["neighbours"]) == 2 and set(row["neighbours"]) <= set(trained) for row in found)
    # Corpus row "100" is ethanol, as is the record "100", if it is a training record at all.
    assert "100" not in found[1]["neighbours"]
    assert result.in_training == ("100" in trained)
    hidden = [pair.caption if direction is Direction.MOL2CAP else pair.smiles for pair in CORPUS]
    for asked in echo.asked:
        text = asked[-1]["content"]
        lines = [line.partition(": ")[2] for line in text.splitlines()]
        assert not set(hidden) & set(lines)
        shown = [line.removeprefix("Caption: ") for line in text.splitlines() if line.startswith("Caption: ")]
        known = {r.caption for r in records.values()}
        assert set(shown) <= (known | {" ".join(pair.caption.split()) for pair in CORPUS})


def test_an_interrupted_prediction_goes_on_to_the_same_files(folder: Path, student: Student, tmp_path: Path) -> None:
    whole = predict(folder, CORPUS, "mol2cap", tmp_path / "whole.tsv", batch_size=1, candidates=2, student=student)

    def stop(progress: PredictProgress) -> None:
        if progress.done == 4:
            raise KeyboardInterrupt

    out = tmp_path / "again.tsv"
    with pytest.raises(KeyboardInterrupt):
        predict(folder, CORPUS, "mol2cap", out, batch_size=1, candidates=2, student=student, progress=stop)
    assert not out.exists()
    part = tmp_path / ".again.tsv.unfinished"
    with part.open("a") as file:
        file.write('{"id": "5", "cut sho')  # a kill in the middle of a line
    with pytest.raises(InputError, match="other settings"):
        predict(folder, CORPUS, "mol2cap", out, batch_size=1, candidates=3, student=student)
    result = predict(folder, CORPUS, "mol2cap", out, batch_size=1, candidates=2, student=student)
    assert result.resumed == 4
    assert out.read_text() == whole.tsv.read_text()
    assert result.jsonl.read_text() == whole.jsonl.read_text()
    assert not part.exists()


def test_progress_tells_rows_and_the_tokens_that_are_written(
    folder: Path, student: Student, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("molreflect.training.student.predict.TELL_EVERY", 0.0)
    told: list[PredictProgress] = []
    predict(
        folder, CORPUS, "mol2cap", tmp_path / "p.tsv", batch_size=2, max_new_tokens=6, student=student,
        progress=told.append,
    )  # fmt: skip
    assert (told[0].done, told[-1].done) == (0, 5)
    assert [event.tokens for event in told] == sorted(event.tokens for event in told)
    assert any(event.done == 0 and event.tokens for event in told)  # before the first window is done
    assert 5 <= told[-1].tokens <= 2 * 5 * 6  # an answer, and one asked for after a rationale without end
    assert student.watch is None


def test_the_judge_chooses_between_candidates_and_its_verdicts_are_kept(
    folder: Path, student: Student, tmp_path: Path
) -> None:
    echo = Echo(student, ["Parts:\nalcohol -> CO\nMolecule: CC", "Molecule: CCO", "Molecule: CCCO"])

    def judge(direction: Direction, text: str, answer: ParsedAnswer) -> CandidateScore:
        assert direction is Direction.CAP2MOL
        assert text in {pair.caption for pair in CORPUS}
        return CandidateScore(float("O" in answer.answer), ({"fragment": "CO", "holds": "O" in answer.answer},))

    result = predict(
        folder, CORPUS, "cap2mol", tmp_path / "pred.tsv", candidates=3, judge=judge, student=echo, max_new_tokens=9
    )
    first = rows(result.jsonl)[0]
    assert (first["output"], first["chosen"]) == ("CCO", 1)
    assert [c["answer"] for c in first["candidates"]] == ["CC", "CCO", "CCCO"]
    assert [c["decoding"] for c in first["candidates"]] == ["greedy", "sampled", "sampled"]
    assert first["candidates"][0]["alignments"] == [{"phrase": "alcohol", "fragment": "CO"}]
    assert first["candidates"][0]["verdicts"] == [{"fragment": "CO", "holds": False}]
    assert [(call["do_sample"], call["n"], call["max_new_tokens"]) for call in echo.calls] == [
        (False, 1, 9), (True, 2, 9)
    ]  # fmt: skip
    assert (tmp_path / "pred.tsv").read_text().splitlines()[1].split("\t")[2] == "CCO"


def test_a_rationale_without_an_end_is_closed_after_its_last_whole_line_and_the_answer_asked_for(
    folder: Path, student: Student, tmp_path: Path
) -> None:
    echo = Echo(student, ["Parts:\nalcohol -> CO\nprimary alc"])
    result = predict(folder, CORPUS[:1], "cap2mol", tmp_path / "pred.tsv", student=echo)
    [row] = rows(result.jsonl)
    assert (row["output"], row["status"]) == ("C1CC1", "asked_again")
    assert row["candidates"][0]["text"] == "Parts:\nalcohol -> CO\nMolecule: C1CC1"
    assert row["candidates"][0]["alignments"] == [{"phrase": "alcohol", "fragment": "CO"}]


def test_without_a_judge_a_readable_molecule_beats_an_unreadable_one(
    folder: Path, student: Student, tmp_path: Path
) -> None:
    echo = Echo(student, ["Molecule: C(", "Molecule: CCO"])
    result = predict(folder, CORPUS, "cap2mol", tmp_path / "pred.tsv", candidates=2, student=echo)
    assert {row["output"] for row in rows(result.jsonl)} == {"CCO"}


def test_a_row_that_cannot_be_asked_fails_alone_with_its_reason(folder: Path, student: Student, tmp_path: Path) -> None:
    corpus = [Pair("1", "C(", "broken"), CORPUS[0], Pair("2", "[13CH2]" * 400, "very long")]
    echo = Echo(student, ["Caption: an answer\twith\na tab"])
    result = predict(folder, corpus, "mol2cap", tmp_path / "pred.tsv", student=echo)
    found = rows(result.jsonl)
    assert [row["status"] for row in found] == ["failed", "ok", "failed"]
    assert "not a SMILES" in found[0]["reason"]
    assert "tokens" in found[2]["reason"]
    assert (result.failed, result.statuses) == (2, {"failed": 2, "ok": 1})
    assert result.tsv.read_text().splitlines()[2].split("\t")[2] == "an answer with a tab"


def test_a_wrong_folder_a_wrong_direction_and_taken_outputs_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a student folder"):
        predict(tmp_path, CORPUS, "mol2cap", tmp_path / "pred.tsv")
    with pytest.raises(InputError, match="mol2cap, cap2mol"):
        predict(folder, CORPUS, "up", tmp_path / "pred.tsv")
    with pytest.raises(InputError, match="nothing to predict"):
        predict(folder, [], "mol2cap", tmp_path / "pred.tsv")
    (tmp_path / "pred.tsv").write_text("mine")
    with pytest.raises(InputError, match="exists"):
        predict(folder, CORPUS, "mol2cap", tmp_path / "pred.tsv")
    assert (tmp_path / "pred.tsv").read_text() == "mine"


def test_changed_training_records_are_noticed(folder: Path, student: Student, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    text = (copy / "records.jsonl").read_text()
    (copy / "records.jsonl").write_text(text.replace("metabolite", "drug", 1))
    with pytest.raises(InputError, match="changed after training"):
        predict(copy, CORPUS, "mol2cap", tmp_path / "pred.tsv", student=student)


def test_one_text_is_translated_as_a_row_is_predicted(folder: Path, student: Student, tmp_path: Path) -> None:
    echo = Echo(student, ["Caption: The molecule is butan-1-ol."])
    translate = Translator(folder, student=echo)
    assert translate(Direction.MOL2CAP, "CCCCO") == "The molecule is butan-1-ol."
    assert "CCCCO" in str(echo.asked[-1])
    echo.script[:] = ["Molecule: CCCCO"]
    assert translate(Direction.CAP2MOL, "The molecule is butan-1-ol.") == "CCCCO"
    with pytest.raises(InputError):
        Translator(tmp_path)

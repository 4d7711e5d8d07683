from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import synthetic_run
from tiny_model import save_tiny_base

from molreflect.agents.student.chat_format import ChatFormat
from molreflect.agents.student.weights import load_tokenizer
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.training.config import StudentConfig
from molreflect.training.examples.answers import ParsedAnswer, parse_answer
from molreflect.training.examples.records import PhraseFragment, read_run
from molreflect.training.student.predict import PredictProgress, predict
from molreflect.training.student.rerank import READABLE, UNREADABLE, Verifier
from molreflect.training.student.train import train

pytestmark = pytest.mark.usefixtures("one_thread")

CAPTION = "The molecule is a methyl ester and a member of phenols."
ESTER = "COC(=O)c1ccccc1O"
"""Methyl salicylate: what `CAPTION` says, and the parts below, are true of it."""
PARTS = "Parts:\nmethyl ester -> COC=O\nphenols -> Oc1ccccc1"


@dataclass(frozen=True)
class Pair:
    id: str
    smiles: str
    caption: str


class Scripted:
    """Gives each question the answers of a script: the first is the greedy one."""

    max_positions = 2048
    name = "scripted"

    def __init__(self, base: Path, script: dict[str, list[str]]) -> None:
        self.format = ChatFormat(load_tokenizer(base))
        self.script = script

    def generate(self, prompts: Sequence[Any], *, n: int = 1, starts: Any = None, **settings: Any) -> list[list[str]]:
        if starts is not None:
            return [["" for _ in range(n)] for _ in starts]
        found = []
        for messages in prompts:
            text = messages[-1]["content"].splitlines()[-1].partition(": ")[2]
            found.append(self.script[text][1 : n + 1] if settings["do_sample"] else self.script[text][:1])
        return found


@pytest.fixture(scope="module")
def verifier(resources: Any) -> Verifier:
    return Verifier(resources)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("rerank")
    base = save_tiny_base(root / "base")
    config = StudentConfig(
        base=str(base), neighbours=1, max_length=900, max_steps=1, batch_size=1, accumulation=1, eval_fraction=0,
        max_new_tokens=6,
    )  # fmt: skip
    return train(synthetic_run.write_run(root / "run"), root / "student", config).out


def judged(verifier: Verifier, direction: Direction, given: str, text: str) -> Any:
    return verifier(direction, given, parse_answer(text, direction))


def test_a_molecule_with_the_fragments_its_rationale_promised_beats_one_without(verifier: Verifier) -> None:
    kept = judged(verifier, Direction.CAP2MOL, CAPTION, f"{PARTS}\nMolecule: {ESTER}")
    broken = judged(verifier, Direction.CAP2MOL, CAPTION, f"{PARTS}\nMolecule: CCCCO")
    half = judged(verifier, Direction.CAP2MOL, CAPTION, f"{PARTS}\nMolecule: COC(=O)CC")
    assert kept.score > half.score > broken.score
    mine = {(v["claim"], v["from"]): (v["verdict"], v["reason"]) for v in half.verdicts}
    assert mine["methyl ester", "alignment"] == ("supported", "present_and_specific")
    assert mine["phenols", "alignment"] == ("refuted", "absent")
    assert mine["methyl ester", "caption"][0] == "supported"
    assert mine["phenols", "caption"][0] == "refuted"
    json.dumps(half.verdicts)


def test_a_caption_whose_claims_are_true_of_the_molecule_beats_one_whose_claims_are_not(verifier: Verifier) -> None:
    true = judged(verifier, Direction.MOL2CAP, ESTER, f"{PARTS}\nCaption: {CAPTION}")
    invented = judged(verifier, Direction.MOL2CAP, ESTER, "Parts:\nnone\nCaption: The molecule is a nitrile.")
    silent = judged(verifier, Direction.MOL2CAP, ESTER, "Caption: It has a role as a metabolite.")
    assert true.score > silent.score > invented.score
    assert {v["verdict"] for v in invented.verdicts if v["from"] == "caption"} == {"refuted"}


def test_a_rationale_that_speaks_of_words_the_caption_does_not_have_is_refuted(verifier: Verifier) -> None:
    found = judged(verifier, Direction.MOL2CAP, ESTER, f"{PARTS}\nCaption: The molecule is a methyl ester.")
    assert [(v["claim"], v["reason"]) for v in found.verdicts if v["verdict"] == "refuted"] == [
        ("phenols", "misquoted")
    ]


def test_a_fragment_nobody_can_read_or_an_empty_one_is_refuted_not_fatal(verifier: Verifier) -> None:
    parts = (PhraseFragment("phenols", "c1cc("), PhraseFragment("methyl ester", ""))
    found = verifier(Direction.CAP2MOL, CAPTION, ParsedAnswer(ESTER, parts, "ok"))
    reasons = [(v["claim"], v["reason"]) for v in found.verdicts if v["from"] == "alignment"]
    assert reasons == [("phenols", "unreadable"), ("methyl ester", "unreadable")]


def test_form_comes_first_then_consistency(verifier: Verifier) -> None:
    nothing = judged(verifier, Direction.CAP2MOL, CAPTION, PARTS)
    unreadable = judged(verifier, Direction.CAP2MOL, CAPTION, f"{PARTS}\nMolecule: C1CC(")
    wrong = judged(verifier, Direction.CAP2MOL, CAPTION, f"{PARTS}\nMolecule: CCCCO")
    assert nothing.score < unreadable.score == UNREADABLE < READABLE < wrong.score < READABLE + 1
    assert "SMILES" in unreadable.verdicts[0]["message"]


def test_more_supported_claims_beat_fewer_and_repeating_one_gains_nothing(verifier: Verifier) -> None:
    one = judged(verifier, Direction.CAP2MOL, CAPTION, f"Parts:\nphenols -> Oc1ccccc1\nMolecule: {ESTER}")
    both = judged(verifier, Direction.CAP2MOL, CAPTION, f"{PARTS}\nMolecule: {ESTER}")
    again = judged(verifier, Direction.CAP2MOL, CAPTION, f"{PARTS}\nphenols -> Oc1ccccc1\nMolecule: {ESTER}")
    assert one.score < both.score == again.score


def test_the_right_answer_of_every_record_wins_over_that_of_another_molecule(
    verifier: Verifier, tmp_path: Path
) -> None:
    records = read_run(synthetic_run.write_run(tmp_path / "run"))
    for record in records:
        others = [r for r in records if r.parts[0].phrase != record.parts[0].phrase]
        rationale = "Parts:\n" + "\n".join(f"{p.phrase} -> {p.fragment}" for p in record.parts)
        right = judged(verifier, Direction.CAP2MOL, record.caption, f"{rationale}\nMolecule: {record.smiles}")
        for other in others[::4]:
            wrong = judged(verifier, Direction.CAP2MOL, record.caption, f"{rationale}\nMolecule: {other.smiles}")
            assert right.score >= wrong.score, (record.smiles, other.smiles)


def test_the_most_consistent_candidate_is_written_and_all_are_kept_with_their_verdicts(
    folder: Path, verifier: Verifier, tmp_path: Path
) -> None:
    corpus = [Pair("b", ESTER, CAPTION), Pair("a", "CCCCCC#N", "The molecule is a nitrile.")]
    script = {
        CAPTION: [f"{PARTS}\nMolecule: CCCCO", f"{PARTS}\nMolecule: C1CC(", f"{PARTS}\nMolecule: {ESTER}", PARTS],
        corpus[1].caption: [f"Parts:\nnitrile -> C#N\nMolecule: {s}" for s in ("CCC#N", "CCC#N", "CCN", "CCCC#N")],
    }
    writer = Scripted(folder.parent / "base", script)
    result = predict(
        folder, corpus, "cap2mol", tmp_path / "pred.tsv", candidates=4, judge=verifier, student=writer, batch_size=1
    )
    lines = [line.split("\t") for line in result.tsv.read_text().splitlines()[1:]]
    assert [line[2] for line in lines] == [ESTER, "CCC#N"]
    first, second = (json.loads(line) for line in result.jsonl.read_text().splitlines())
    assert (first["id"], first["chosen"]) == ("b", 2)
    assert [c["answer"] for c in first["candidates"]] == ["CCCCO", "C1CC(", ESTER, ""]
    scores = [c["score"] for c in first["candidates"]]
    assert scores[2] > scores[0] > scores[1] > scores[3] == 0
    assert all(
        v["verdict"] in ("supported", "refuted", "unchecked") for c in first["candidates"] for v in c["verdicts"]
    )
    # Three candidates are equally consistent: the earliest, which is the greedy answer, wins.
    assert (second["chosen"], second["candidates"][0]["score"]) == (0, second["candidates"][3]["score"])


def test_an_interrupted_choice_goes_on_and_refuses_another_judge(
    folder: Path, verifier: Verifier, tmp_path: Path
) -> None:
    corpus = [Pair(str(i), "CCCCCC#N", f"The molecule is a nitrile, number {i}.") for i in range(4)]
    script = {p.caption: ["Molecule: CCN", f"Molecule: {'C' * (i + 1)}C#N"] for i, p in enumerate(corpus)}
    writer = Scripted(folder.parent / "base", script)

    def stop(sign: PredictProgress) -> None:
        if sign.done == 2:
            raise KeyboardInterrupt

    settings: dict[str, Any] = {"candidates": 2, "student": writer, "batch_size": 1}
    out = tmp_path / "pred.tsv"
    with pytest.raises(KeyboardInterrupt):
        predict(folder, corpus, "cap2mol", out, judge=verifier, progress=stop, **settings)
    with pytest.raises(InputError, match="other settings"):
        predict(folder, corpus, "cap2mol", out, **settings)  # judged by form alone
    result = predict(folder, corpus, "cap2mol", out, judge=verifier, **settings)
    assert result.resumed == 2
    assert [line.split("\t")[2] for line in out.read_text().splitlines()[1:]] == ["CC#N", "CCC#N", "CCCC#N", "CCCCC#N"]


def test_parts_are_judged_whatever_their_order_and_spacing(verifier: Verifier) -> None:
    answer = parse_answer(f"Parts:\nPHENOLS  -> Oc1ccccc1\nMolecule: {ESTER}", Direction.CAP2MOL)
    assert answer.parts == (PhraseFragment("PHENOLS", "Oc1ccccc1"),)
    assert verifier(Direction.CAP2MOL, CAPTION, answer).verdicts[0]["verdict"] == "supported"

"""Steps of a teacher: from a run's traces to a few lines that a student writes before its alignments."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import synthetic_run
from tiny_model import save_tiny_base

from molreflect.agents.student.chat_format import ChatFormat
from molreflect.agents.student.weights import load_tokenizer
from molreflect.graphs.runs.history import JudgedProposal, PairHistory, Seen, read_histories
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction, Reason, Verdict
from molreflect.training.config import Arm, StudentConfig
from molreflect.training.examples.answers import parse_answer
from molreflect.training.examples.records import read_records, read_run, write_records
from molreflect.training.examples.steps import MAX_LINE, steps_of, with_steps
from molreflect.training.examples.text import ExampleText
from molreflect.training.student.preparation import prepare_run

pytestmark = pytest.mark.usefixtures("one_thread")

CAPTION = "The molecule is a primary amine and a primary alcohol."


def proposal(phrase: str, pattern: str, reason: Reason = Reason.ABSENT, **changed: Any) -> JudgedProposal:
    verdict = Verdict.SUPPORTED if reason is Reason.PRESENT_AND_SPECIFIC else Verdict.REFUTED
    told = {"fragment": None, "verdict": verdict, "reason": reason, "message": ""} | changed
    return JudgedProposal(Seen.CHECKED, phrase, CAPTION.index(phrase), pattern, **told)


def history(*proposals: JudgedProposal, looked_up: tuple[str, ...] = ()) -> PairHistory:
    kept = synthetic_run.alignment(CAPTION, "primary amine", "CN")
    record = {"id": "1", "smiles": "NCCO", "caption": CAPTION, "selected": "reflected", "alignments": [kept]}
    return PairHistory(record, "key", (), proposals, True, 0, looked_up)


def test_refusals_stand_in_the_order_of_the_caption_with_reason_and_end() -> None:
    found = steps_of(
        history(
            proposal("primary alcohol", "CS"),
            proposal("primary amine", "C#N"),
            proposal("primary amine", "C#N"),  # said once
            proposal("primary amine", "CN", Reason.PRESENT_AND_SPECIFIC),
            looked_up=("primary amine", "primary alcohol"),
        ),
        limit=8,
    )
    assert found == (
        "look up: primary amine, primary alcohol",
        "primary amine is not C#N: absent; mended",
        "primary alcohol is not CS: absent; left out",
    )


def test_what_a_smiles_cannot_say_is_left_out() -> None:
    """Without its conditions the pattern is in the molecule: written down it would not be what was refuted."""
    assert steps_of(history(proposal("primary amine", "[NX3;H2;R]")), limit=8) == ()


def test_steps_are_bounded_and_look_ups_give_way_first() -> None:
    wrong = [proposal("primary amine", pattern) for pattern in ("C#N", "CS", "CF", "CBr")]
    names = tuple(f"compound number {i}" for i in range(40))
    assert len(steps_of(history(*wrong, looked_up=names), limit=3)) == 3
    assert not any("look up" in line for line in steps_of(history(*wrong, looked_up=names), limit=4))
    look_ups, *lines = steps_of(history(*wrong, looked_up=names), limit=5)
    assert len(lines) == 4
    assert len(look_ups) <= MAX_LINE
    assert look_ups.endswith("compound number 7")  # whole names
    assert steps_of(history(proposal("primary amine", "S" * 200)), limit=8) == ()


def test_the_steps_of_a_run_are_those_of_its_traces(sample_run: SimpleNamespace) -> None:
    records = read_run(sample_run.folder)
    traced = with_steps(sample_run.folder, records, 8)
    histories = {str(h.record["id"]): h for h in read_histories(sample_run.folder)}
    assert [replace(record, steps=()) for record in traced] == records
    assert all(len(record.steps) <= 8 for record in traced)
    looked_up = [record for record in traced if record.steps and record.steps[0].startswith("look up: ")]
    assert looked_up
    for record in looked_up:
        assert record.steps[0].removeprefix("look up: ").split(", ")[0] in ", ".join(histories[record.id].looked_up)
    refused = {line for record in traced for line in record.steps if " is not " in line}
    refuted = [p for h in histories.values() for p in h.proposals if p.verdict is Verdict.REFUTED and p.pattern]
    assert bool(refused) == bool(refuted)


def test_a_student_of_the_arm_is_trained_on_steps_and_parts_are_read_behind_them(
    sample_run: SimpleNamespace, tmp_path: Path
) -> None:
    base = save_tiny_base(tmp_path / "base")
    config = StudentConfig(base=str(base), arm="traced", neighbours=1, max_length=3000, eval_fraction=0)
    records, prepared = prepare_run(sample_run.folder, config, ChatFormat(load_tokenizer(base)))
    row = next(row for row in prepared.train if row.record.steps and row.record.parts)
    assert row.example.completion.startswith("Steps:\n" + row.record.steps[0])
    assert "First say what you look up" in row.example.messages[-1]["content"]
    assert row.example.messages[-1]["content"].count("Steps:") == 1  # the neighbour's
    answer = parse_answer(row.example.completion, row.direction)
    assert [(p.phrase, p.fragment) for p in answer.parts] == [(p.phrase, p.fragment) for p in row.record.parts]
    write_records(records, tmp_path / "records.jsonl")
    assert [record.steps for record in read_records(tmp_path / "records.jsonl")] == [r.steps for r in records]


def test_steps_are_no_alignments_and_no_answer() -> None:
    text = "Steps:\na -> b is not C: absent; mended\nParts:\nalcohol -> CO\nMolecule: CCO"
    assert [part.phrase for part in parse_answer(text, Direction.CAP2MOL).parts] == ["alcohol"]
    assert parse_answer("Steps:\nalcohol is not C: absent; mended", Direction.CAP2MOL).status == "no_answer"
    assert parse_answer("Steps:\nlook up: a\nMolecule: CCO", Direction.CAP2MOL).answer == "CCO"


def test_records_without_steps_say_so() -> None:
    record = read_run_of_one()
    assert ExampleText(Arm.TRACED).completion(record, Direction.CAP2MOL).startswith("Steps:\nnone\nParts:\n")


def read_run_of_one() -> Any:
    from molreflect.training.examples.records import train_record

    return train_record(json.loads(json.dumps(synthetic_run.records()[0])))


def test_a_run_without_its_database_or_traces_is_refused(sample_run: SimpleNamespace, tmp_path: Path) -> None:
    run = synthetic_run.write_run(tmp_path / "run")
    with pytest.raises(InputError, match=r"has no run\.sqlite"):
        with_steps(run, read_run(run), 8)
    (tmp_path / "bare").mkdir()
    for name in ("run.sqlite", "alignments.jsonl"):
        (tmp_path / "bare" / name).write_bytes((sample_run.folder / name).read_bytes())
    with pytest.raises(InputError, match="has no traces of its pairs"):
        with_steps(tmp_path / "bare", read_run(tmp_path / "bare"), 8)


@pytest.mark.parametrize("settings", [{"fragments": "attached"}, {"curriculum": "run"}], ids=["attached", "curriculum"])
def test_settings_that_know_no_steps_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="arm=traced takes no"):
        StudentConfig(arm="traced", **settings)

"""`molreflect check` and `molreflect judge` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import child

PHENOL = "Oc1ccccc1"
TEXT = "It is a phenol with a chloro group. It lacks a nitro group. Das Molekül enthält eine Säure."
TIE = {"smiles": PHENOL, "caption": "It is a phenol.", "phrase": "phenol", "pattern": "[OX2H1]c1ccccc1"}


def test_check_prints_each_claim_on_its_line_and_what_was_not_read(run: Any) -> None:
    ran = run("check", PHENOL, TEXT)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "supported  phenol [8:14]: it is there  atoms (0,1,2,3,4,5,6)",
        "refuted    chloro group [22:34]: it is not in the molecule",
        "supported  says it is not there: nitro group [47:58]: it is not there, as the text says",
        "not read:  [60:91] it does not look like English  Das Molekül enthält eine Säure.",
        "3 structural claims: 2 supported, 1 refuted, 0 unchecked; 1 part not read",
    ]


def test_check_with_strict_ends_with_one_when_something_is_refuted(run: Any) -> None:
    assert run("check", PHENOL, TEXT, "--strict").code == 1
    assert run("check", PHENOL, "It is a phenol.", "--strict").code == 0
    assert run("check", PHENOL, "It has a benzene ring and a frobnicyl group.", "--strict").code == 0


def test_check_as_json_is_the_record_of_the_text(run: Any) -> None:
    data = json.loads(run("check", PHENOL, TEXT, "--json").out)
    assert [claim["verdict"] for claim in data["claims"]] == ["supported", "refuted", "supported"]
    assert data["claims"][0]["atoms"] == [[0, 1, 2, 3, 4, 5, 6]]
    assert [part["why"] for part in data["unread"]] == ["other_language"]


def test_check_reads_stdin_and_shows_control_characters_harmlessly(run: Any, child_env: dict[str, str]) -> None:
    ran = child(child_env, "check", PHENOL, "-", stdin="It is a phenol\x1b[31m.\nIt is a \x07 phenol.")
    assert ran.code == 0
    assert "\x1b" not in ran.out
    assert "\x07" not in ran.out
    ran = run("check", PHENOL, "-", stdin="")
    assert ran.out == "no structural claim was read; 0 parts not read\n"


def test_check_goes_through_a_file_or_stdin_line_by_line(run: Any, tmp_path: Path) -> None:
    lines = "".join(json.dumps({"smiles": PHENOL, "text": text}) + "\n" for text in (TEXT, "It is a phenol.", ""))
    path = tmp_path / "texts.jsonl"
    path.write_text(lines, encoding="utf-8")
    ran = run("check", "--file", path)
    assert ran.code == 0
    assert [json.loads(line)["counts"]["refuted"] for line in ran.out.splitlines()] == [1, 0, 0]
    assert run("check", "--file", path, "--strict").code == 1
    assert run("check", "--file", "-", stdin=lines).out == ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("C1CC", "x"), "'C1CC' is not a SMILES"),
        ((PHENOL,), "give a SMILES and a TEXT"),
        ((PHENOL, "x", "--file", "y"), "not both"),
        (("--file", "nowhere.jsonl"), "nowhere.jsonl cannot be read"),
    ],
)
def test_a_mistake_of_the_caller_is_one_line(run: Any, arguments: tuple[str, ...], said: str) -> None:
    ran = run("check", *arguments)
    assert ran.code == 2
    assert said in ran.mistake


@pytest.mark.parametrize(
    ("command", "line", "said"),
    [
        (("check", "--file"), '{"smiles": "C1CC", "text": "x"}', "line 1: 'C1CC' is not a SMILES"),
        (("check", "--file"), '{"smiles": "CC"}', "line 1: 'text' is missing"),
        (("judge",), '{"smiles": "CC", "caption": "x", "phrase": "x"}', "line 1: 'pattern' is missing"),
        (("judge",), "nonsense", "line 1: not JSON"),
        (("judge",), json.dumps(TIE | {"smiles": "C1CC"}), "line 1: 'C1CC' is not a SMILES"),
    ],
)
def test_a_mistake_in_a_file_names_its_line(
    run: Any, tmp_path: Path, command: tuple[str, ...], line: str, said: str
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    ran = run(*command, path)
    assert ran.code == 2
    assert said in ran.mistake


def test_judge_gives_verdicts_in_the_order_of_the_ties(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "ties.jsonl"
    ties = [TIE, TIE | {"pattern": "Nc1ccccc1"}, TIE | {"phrase": "zzz"}, TIE | {"start": 8}]
    path.write_text("".join(json.dumps(tie) + "\n" for tie in ties), encoding="utf-8")
    found = json.loads(run("judge", path, "--json").out)
    assert [(tie["verdict"], tie["reason"]) for tie in found] == [
        ("supported", "present_and_specific"), ("refuted", "absent"), ("refuted", "misquoted"),
        ("supported", "present_and_specific"),
    ]  # fmt: skip
    assert {"smiles", "phrase", "verdict", "reason", "message", "atoms", "level"} <= set(found[0])
    assert found[0]["atoms"] == [[0, 1, 2, 3, 4, 5, 6]]
    ran = run("judge", path)
    assert ran.out.splitlines()[0] == ("supported  phenol as [OX2H1]c1ccccc1: it is there  atoms (0,1,2,3,4,5,6)")
    assert ran.out.splitlines()[-1] == "4 ties: 2 supported, 2 refuted, 0 unchecked"

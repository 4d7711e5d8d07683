"""A session opens once what calls look things up in, and closes it with its block."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from commands import ASPIRIN, CAPTION

import molreflect as mr
from molreflect.tools import resources as opening
from molreflect.tools.errors import InputError

PAIRS = "id,smiles,caption\n1,CCO,The molecule is a primary alcohol.\n2,CC(=O)O,It is a monocarboxylic acid.\n"


@pytest.fixture(autouse=True)
def _places(child_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MOLREFLECT_CACHE", "MOLREFLECT_HOME"):
        monkeypatch.setenv(name, child_env[name])


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[opening.Resources]:
    """All resources that are opened while a test runs."""
    found: list[opening.Resources] = []
    real = opening.open_resources

    def noted(*given: Any, **options: Any) -> opening.Resources:
        found.append(real(*given, **options))
        return found[-1]

    for module in ("molreflect.tools.resources", "molreflect.graphs.align_pair"):
        monkeypatch.setattr(f"{module}.open_resources", noted)
    return found


def ask_for_everything() -> tuple[Any, ...]:
    record = mr.align(ASPIRIN, CAPTION)
    checked = mr.check(ASPIRIN, CAPTION)
    (judged,) = mr.judge([{"smiles": ASPIRIN, "caption": CAPTION, "phrase": "acid", "pattern": "[OX2H1]"}])
    answer = mr.ask(f"Where is the carboxylic acid in {ASPIRIN}?")
    return record.alignments, checked, judged, answer.answer


def test_all_calls_of_a_block_share_what_was_opened_once(opened: list[opening.Resources]) -> None:
    alone = ask_for_everything()
    assert len(opened) == 4
    with mr.Session():
        assert ask_for_everything() == alone
        assert ask_for_everything() == alone
    assert len(opened) == 5
    mr.check(ASPIRIN, CAPTION)
    assert len(opened) == 6  # outside the block, each call is by itself again


def test_nothing_is_opened_that_no_call_needs(opened: list[opening.Resources]) -> None:
    with mr.Session():
        pass
    assert opened == []


def test_a_corpus_is_read_and_prepared_once_and_gives_evidence_to_every_pair(
    tmp_path: Path, opened: list[opening.Resources], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(PAIRS.replace("smiles", "mol"))
    prepared: list[Any] = []
    monkeypatch.setattr(
        "molreflect.graphs.align_pair.prepare_corpus", _counting("molreflect.graphs.align_pair", prepared)
    )
    with mr.Session(corpus=path, columns="smiles=mol", neighbours=1) as session:
        records = [mr.align("CCO", "The molecule is a primary alcohol."), session.align("CCCO", "A primary alcohol.")]
    assert len(prepared) == 1
    assert [record.id for record in records] == ["1", "pair"]
    evidence = [record.alignments[0].evidence for record in records]
    assert all(found is not None for found in evidence)


def _counting(module: str, calls: list[Any]) -> Any:
    from importlib import import_module

    real = import_module(module).prepare_corpus

    def noted(*given: Any, **options: Any) -> Any:
        calls.append(given)
        return real(*given, **options)

    return noted


def test_a_call_that_names_a_teacher_of_its_own_does_not_take_the_one_of_the_session() -> None:
    with mr.Session(teacher="openai:none", base_url="http://127.0.0.1:9/v1"):
        assert mr.align(ASPIRIN, CAPTION, teacher="lexicon").teacher == "lexicon"


def test_sessions_nest_and_belong_to_their_thread(opened: list[opening.Resources]) -> None:
    with mr.Session() as outer:
        with mr.Session() as inner:
            mr.check("CCO", "An alcohol.")
            assert opened == [inner.resources]
        mr.check("CCO", "An alcohol.")
        assert opened[-1] is outer.resources
        other = threading.Thread(target=mr.check, args=("CCO", "An alcohol."))
        other.start()
        other.join()
        assert len(opened) == 3


def test_a_session_is_used_in_its_block_and_entered_once() -> None:
    session = mr.Session()
    with pytest.raises(InputError, match=r"not open; use it in a block: with molreflect\.Session"):
        session.align("CCO", "An alcohol.")
    with session, pytest.raises(InputError, match="open already"), session:
        pass
    with pytest.raises(InputError, match="not open"):
        _ = session.resources


def test_a_corpus_that_is_none_is_said_before_the_block() -> None:
    with pytest.raises(InputError, match="there is no file"):
        mr.Session(corpus="none.tsv")

"""The tool that translates with the user's student."""

from __future__ import annotations

import json
from typing import Any

import pytest

from molreflect.graphs.conversation.translation import MAX_TEXT, build_translate_tool
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction


def answered(answer: str, **arguments: str) -> tuple[dict[str, Any], list[tuple[Direction, str]]]:
    asked: list[tuple[Direction, str]] = []

    def translate(direction: Direction, text: str) -> str:
        asked.append((direction, text))
        return answer

    return json.loads(build_translate_tool(translate).invoke(arguments)), asked


def test_a_molecule_becomes_a_caption() -> None:
    found, asked = answered("The molecule is ethanol.", text="OCC", into="caption")
    assert found == {"caption": "The molecule is ethanol."}
    assert asked == [(Direction.MOL2CAP, "OCC")]


def test_a_caption_becomes_a_molecule_and_what_cannot_be_read_is_said() -> None:
    found, asked = answered("CCO", text="The molecule is an alcohol.", into="molecule")
    assert found == {"answer": "CCO", "smiles": "CCO"}
    assert asked == [(Direction.CAP2MOL, "The molecule is an alcohol.")]
    broken, _ = answered("CC(", text="The molecule is an alcohol.", into="molecule")
    assert broken["answer"] == "CC("
    assert "smiles" not in broken
    assert "CC(" in broken["why_not"]


def test_without_a_student_the_tool_says_what_to_configure() -> None:
    with pytest.raises(InputError, match="MOLREFLECT_STUDENT"):
        build_translate_tool(None).invoke({"text": "CCO", "into": "caption"})


@pytest.mark.parametrize(
    ("text", "into"), [("not a molecule", "caption"), (" ", "molecule"), ("a" * (MAX_TEXT + 1), "molecule")]
)
def test_what_cannot_be_translated_is_said_before_the_student_is_asked(text: str, into: str) -> None:
    def translate(direction: Direction, text: str) -> str:
        raise AssertionError("asked")

    with pytest.raises(InputError):
        build_translate_tool(translate).invoke({"text": text, "into": into})

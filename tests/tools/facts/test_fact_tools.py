"""The facts as tools: JSON that a model can read, mistakes as messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from molreflect.tools.errors import InputError
from molreflect.tools.facts.langchain_tools import MAX_ITEMS, MAX_TEXT, build_fact_tools
from molreflect.tools.names.systematic import Namer

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


@pytest.fixture(scope="module")
def tools(resources: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("pictures")
    with Namer() as namer:
        yield {tool.name: tool for tool in build_fact_tools(resources, namer, lambda: folder)}


def test_every_tool_says_what_it_is_for(tools: dict[str, Any]) -> None:
    assert len(tools) == len({*tools}) >= 11
    for tool in tools.values():
        assert len(tool.description) > 40
        assert all(field.get("description") for field in tool.args.values())


def test_names_are_read_and_unread_ones_said(tools: dict[str, Any]) -> None:
    found = json.loads(tools["read_molecules"].invoke({"words": ["aspirin", "frobnicatol"]}))["molecules"]
    assert found["aspirin"]["smiles"] == ASPIRIN
    assert "why_not" in found["frobnicatol"]


def test_a_wrong_claim_is_refuted_with_its_reason(tools: dict[str, Any]) -> None:
    text = "The molecule is a carboxylic acid that contains a nitrile."
    claims = json.loads(tools["check_text"].invoke({"smiles": ASPIRIN, "text": text}))["claims"]
    verdicts = {claim["phrase"]: claim["verdict"] for claim in claims}
    assert verdicts["carboxylic acid"] == "supported"
    assert verdicts["nitrile"] == "refuted"


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_drawing_is_a_picture_of_its_kind(tools: dict[str, Any], kind: str) -> None:
    found = json.loads(
        tools["draw_molecule"].invoke({"smiles": ASPIRIN, "groups": ["carboxylic acid"], "file_format": kind})
    )
    data = Path(found["file"]).read_bytes()
    assert data.startswith(b"\x89PNG") if kind == "png" else b"<svg" in data
    assert found["lit"] == ["carboxylic acid"]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("locate_groups", {"smiles": "C1CC", "groups": ["ring"]}),
        ("locate_groups", {"smiles": "CCO", "groups": []}),
        ("check_classes", {"smiles": "CCO", "classes": ["x"] * (MAX_ITEMS + 1)}),
        ("compare_molecules", {"smiles": ["CCO"]}),
        ("check_text", {"smiles": "CCO", "text": "a" * (MAX_TEXT + 1)}),
        ("draw_molecule", {"smiles": "CCO", "file_format": "gif"}),
        ("change_group", {"smiles": "CCO", "request": "make it blue"}),
    ],
)
def test_mistakes_are_messages(tools: dict[str, Any], tool: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(InputError) as error:
        tools[tool].invoke(arguments)
    assert str(error.value)

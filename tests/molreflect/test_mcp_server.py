"""The MCP server, spoken to by a client session of the SDK."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import ASPIRIN

pytest.importorskip("mcp")

CAPTION = "The molecule is a monocarboxylic acid. It has 2 rings."
NAMES = {"read", "groups", "locate", "align", "check_text", "compare", "similar", "draw"}


async def session_of(client: Any) -> dict[str, Any]:
    """Call every tool once, and one with a molecule that cannot be read."""
    async with client:
        listed = (await client.list_tools()).tools
        calls: dict[str, dict[str, Any]] = {
            "read": {"words": ["aspirin", "C1CC"]},
            "groups": {"molecule": "aspirin"},
            "locate": {"molecule": ASPIRIN, "groups": ["carboxylic acid", "nitrile"]},
            "align": {"molecule": ASPIRIN, "caption": CAPTION},
            "check_text": {"molecule": ASPIRIN, "text": "It has an ester and a nitrile group."},
            "compare": {"molecules": ["ethanol", "CCCO"]},
            "similar": {"molecule": ASPIRIN, "k": 2},
            "draw": {"molecule": ASPIRIN, "groups": ["ester"]},
        }
        results = {name: await client.call_tool(name, arguments) for name, arguments in calls.items()}
        wrong = await client.call_tool("groups", {"molecule": "C1CC"})
        return {"listed": listed, "results": results, "wrong": wrong}


@pytest.fixture(scope="module")
def spoken(child_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    from mcp import Client, StdioServerParameters

    env = child_env | {"MOLREFLECT_HOME": str(tmp_path_factory.mktemp("home"))}
    server = StdioServerParameters(command=sys.executable, args=["-m", "molreflect", "mcp"], env=env, cwd=Path.cwd())
    return asyncio.run(session_of(Client(server, read_timeout_seconds=120)))


def test_every_tool_says_what_it_answers_and_only_reads(spoken: dict[str, Any]) -> None:
    assert {tool.name for tool in spoken["listed"]} == NAMES
    for tool in spoken["listed"]:
        assert tool.output_schema["type"] == "object"
        assert tool.annotations.read_only_hint is True
        assert tool.description


def test_every_tool_answers(spoken: dict[str, Any]) -> None:
    found = {name: result.structured_content for name, result in spoken["results"].items()}
    assert [r.is_error for r in spoken["results"].values()] == [False] * len(NAMES)
    first, second = found["read"]["molecules"]
    assert first["smiles"]
    assert (second["smiles"], bool(second["why_not"])) == ("", True)
    assert "carboxylic acid" in str(found["groups"]["facts"])
    assert found["locate"]["facts"]["groups"]["carboxylic acid"]["count"] == 1
    assert "supported" in [c["verdict"] for c in found["align"]["claims"]]
    assert [text.rstrip(".") for text in found["align"]["unread"]] == ["It has 2 rings"]
    assert [c["verdict"] for c in found["check_text"]["claims"]] == ["supported", "refuted"]
    assert len(found["compare"]["smiles"]) == 2
    assert len(found["similar"]["facts"]["similar"]) == 2
    assert found["draw"]["svg"].lstrip().startswith("<")
    assert len(found["draw"]["lit"]) == 1


def test_a_molecule_that_cannot_be_read_is_an_error_in_words(spoken: dict[str, Any]) -> None:
    assert spoken["wrong"].is_error
    assert "C1CC" in spoken["wrong"].content[0].text
    assert "Traceback" not in spoken["wrong"].content[0].text

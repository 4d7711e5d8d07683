"""The plain JSON protocol: how a model without tool calling uses the chemistry tools and submits its answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from molreflect.agents.prompts.data import block
from molreflect.tools.verification.proposals import ProposedAlignment

VERSION = "json-1"

_RULES = """You cannot call tools directly. Instead, every message you write is exactly one JSON object, in one of two \
forms, with no other JSON beside it:

1. To use a tool: {"tool": "NAME", "arguments": {...}}
   The tool's result comes back in the next message. One tool at a time.
2. To submit: {"alignments": [{"phrase": "...", "pattern": "..."}, ...]}
   This is what "submit with AlignmentDraft" means. It is your final answer. Each entry takes: """

_EXAMPLE = (
    'For instance, for a molecule CCOC(C)=O whose caption says "an ethyl ester", you might write '
    '{"tool": "find_substructure", "arguments": {"smiles": "CCOC(C)=O", "patterns": ["C(=O)OCC"]}} and then '
    '{"alignments": [{"phrase": "ethyl ester", "kind": "structure", "pattern": "C(=O)OCC"}]}'
)


def _entry() -> dict[str, Any]:
    """Describe one alignment as JSON schema, references resolved."""
    schema: dict[str, Any] = ProposedAlignment.model_json_schema()
    definitions = schema.pop("$defs", {})
    for name, value in schema["properties"].items():
        reference = value.get("$ref")
        if reference is not None:
            target = definitions[reference.rpartition("/")[2]]
            schema["properties"][name] = {"enum": target["enum"], "description": value.get("description", "")}
    return schema


ENTRY = _entry()
"""JSON schema of one alignment, as a model is told it."""


def instructions(tools: Sequence[dict[str, Any]], entry: dict[str, Any]) -> str:
    """Render the rules of the protocol with the tools that may be used.

    Args:
        tools: Each with `name`, `description` and `parameters` (JSON schema of its arguments).
        entry: JSON schema of one alignment.
    """
    fields = "; ".join(
        f'"{name}" ({_kind(value)}{"" if name in entry.get("required", ()) else ", optional"}): '
        f"{value.get('description', '')}"
        for name, value in entry["properties"].items()
    )
    offered = "\n".join(
        f"- {tool['name']}: {' '.join(tool['description'].split())}\n  arguments: {json.dumps(tool['parameters'])}"
        for tool in tools
    )
    return f"{_RULES}{fields}\n\nTools:\n{offered}\n\n{_EXAMPLE}"


def result(tool: str, text: str, *, failed: bool) -> str:
    """Render a tool's result for the next message; it may quote captions, so it stands in a block."""
    return f"{'Advice from' if failed else 'Result of'} {tool}:\n{block({'tool': tool, 'result': _parsed(text)})}"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _kind(schema: dict[str, Any]) -> str:
    """Name a field's type in a word or two, e.g. `string or null`."""
    if "enum" in schema:
        return " or ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    return str(schema.get("type", "any"))

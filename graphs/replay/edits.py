"""What a fork changes: one step of a trace, named by its id, and what is put in its place."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from molreflect.agents.prompts.reflect import NeighbourExample
from molreflect.agents.schemas import SUBMIT, Alignment
from molreflect.graphs.replay.recorded import ModelCall, Recorded
from molreflect.graphs.traces.spans import Span
from molreflect.tools.errors import InputError, shorten

PROMPT = "prompt"
"""Key of the question that a model is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """Changes of one step, and where the trace is left."""

    span: Span
    """The step that was named."""
    until: int
    """Position of the last step whose answer comes from the trace, changed or not."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """Of the pair, or the question of a conversation."""
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Messages of the model by the id of their step."""
    tools: Mapping[str, str] = field(default_factory=dict)
    """Answers of tools, likewise."""
    neighbours: tuple[NeighbourExample, ...] | None = None
    reworded: Mapping[str, str] = field(default_factory=dict)
    """Questions to the model: what stands in place of each."""


def read_edits(kept: Recorded, span: Span, changes: Sequence[str]) -> Edits:
    """Read what is changed at a step.

    Args:
        kept: The trace.
        span: The step, with its texts.
        changes: Each `KEY=VALUE`, or the name of a file that holds all of the step's new text or JSON.

    Raises:
        InputError: The step has nothing of that name, or cannot be changed.
    """
    if not changes:
        raise InputError("name what is changed with --set KEY=VALUE or --set FILE")
    if span.parent_id is None or (span.kind == "AGENT" and kept.kind == "conversation"):
        return _of_the_beginning(kept, span, changes)
    if span.kind == "TOOL":
        return _of_a_tool(kept, span, changes)
    if span.name == "retrieve":
        return _of_neighbours(kept, span, changes)
    call = _call_of(kept, span, asks=all(_keyed(change)[0] == PROMPT for change in changes))
    if call is None:
        raise InputError(
            f"{span.name} decides from what came before and has nothing to change; fork at a step of the model, "
            "a tool, verify, retrieve or the beginning"
        )
    return _of_an_answer(span, call, changes)


def _of_the_beginning(kept: Recorded, span: Span, changes: Sequence[str]) -> Edits:
    names = ("question",) if kept.kind == "conversation" else ("smiles", "caption")
    given: dict[str, Any] = {}
    for change in changes:
        key, value = _keyed(change)
        found = _parsed(value) if key is None else {key: value}
        if key is None and len(names) == 1 and not isinstance(found, dict):
            found = {names[0]: value}
        if not isinstance(found, dict) or not found.keys() <= set(names):
            raise InputError(f"the beginning has {' and '.join(names)} to change, not {shorten(str(key or change))}")
        given |= found
    for name, value in given.items():
        if kept.kind != "conversation" and kept.given.get(name) is None:
            raise InputError(f"the view {kept.given['view']} shows no {name}")
        if not isinstance(value, str) or not value.strip():
            raise InputError(f"{name} must be a text")
    return Edits(span=span, until=-1, given=given)


def _of_a_tool(kept: Recorded, span: Span, changes: Sequence[str]) -> Edits:
    call = next((c for c in kept.tool_calls if c.span.span_id == span.span_id), None)
    if call is None:
        raise InputError(f"{span.name} has no answer in the trace")
    said = call.said
    for change in changes:
        key, value = _keyed(change)
        if key is None or key == "output":
            said = value
        else:
            said = json.dumps(_replaced(_parsed(said), key, _parsed(value)), ensure_ascii=False)
    return Edits(span=span, until=span.position, tools={span.span_id: said})


def _of_neighbours(kept: Recorded, span: Span, changes: Sequence[str]) -> Edits:
    shown: Any = [_plain(n) for n in kept.neighbours]
    for change in changes:
        key, value = _keyed(change)
        shown = _parsed(value) if key in (None, "neighbours") else _replaced(shown, str(key), _parsed(value))
    try:
        return Edits(span=span, until=span.position, neighbours=tuple(_neighbour(n) for n in shown))
    except (KeyError, TypeError, ValidationError) as error:
        raise InputError(
            "neighbours are a JSON list of objects with id, smiles, caption, similarity and alignments "
            f"({shorten(' '.join(str(error).split()), 200)})"
        ) from error


def _of_an_answer(span: Span, call: ModelCall, changes: Sequence[str]) -> Edits:
    message: Any = deepcopy(dict(call.said))
    asked = next((str(m["content"]) for m in reversed(call.asked) if m["role"] == "user"), "")
    reworded: dict[str, str] = {}
    for change in changes:
        key, value = _keyed(change)
        if key == PROMPT:
            reworded[asked] = value
        elif key is None:
            message = _answered(message, value)
        else:
            message = _changed(message, key, value)
    if reworded and message != call.said:
        raise InputError(f"change either the question ({PROMPT}) or the answer to it")
    if reworded:
        return Edits(span=span, until=call.span.position - 1, reworded=reworded)
    return Edits(span=span, until=call.span.position, answers={call.span.span_id: message})


def _call_of(kept: Recorded, span: Span, *, asks: bool) -> ModelCall | None:
    """Find the call of the model that a step is, holds, or judges the answer of."""
    for call in kept.model_calls:
        if call.span.span_id == span.span_id:
            return call
    if span.name in ("verify", "verify_again"):
        before = [c for c in kept.model_calls if c.span.position < span.position]
        return before[-1] if before else None
    parents = {s.span_id: s.parent_id for s in kept.spans}
    below = [c for c in kept.model_calls if _is_below(c.span.span_id, span.span_id, parents)]
    if not below:
        return None
    return below[0] if asks else below[-1]


def _is_below(span_id: str | None, above: str, parents: Mapping[str, str | None]) -> bool:
    while span_id is not None:
        if span_id == above:
            return True
        span_id = parents.get(span_id)
    return False


def _answered(message: dict[str, Any], text: str) -> dict[str, Any]:
    """Put a whole answer in place of a message: alignments, a message in JSON, or plain text."""
    found = _parsed(text)
    if isinstance(found, dict) and set(found) == {"alignments"}:
        call = {"id": "fork-1", "name": SUBMIT, "arguments": found}
        return {**message, "content": "", "tool_calls": [call], "invalid_tool_calls": []}
    if isinstance(found, dict) and "role" in found:
        return {**message, **found}
    return {**message, "content": text, "tool_calls": [], "invalid_tool_calls": []}


def _changed(message: dict[str, Any], key: str, value: str) -> dict[str, Any]:
    """Change one thing of a message: the pattern of a phrase, else whatever stands at a path of keys and numbers."""
    submitted = next((c for c in message.get("tool_calls") or () if c["name"] == SUBMIT), None)
    if submitted is not None:
        alignments = submitted["arguments"]["alignments"]
        of_phrase = [a for a in alignments if a.get("phrase") == key]
        if of_phrase:
            of_phrase[0]["pattern"] = None if value in ("", "null") else value
            return message
        if key.split(".")[0] == "alignments":
            submitted["arguments"] = _replaced(submitted["arguments"], key, _parsed(value))
            return message
    if key == "content":
        return {**message, "content": value}
    return dict(_replaced(message, key, _parsed(value)))


def _keyed(change: str) -> tuple[str | None, str]:
    """Split `KEY=VALUE`; of a file the text, without a key.

    Raises:
        InputError: It is neither.
    """
    key, found, value = change.partition("=")
    if not _is_file(change):
        if not found or not key:
            raise InputError(f"--set {shorten(change)} is no file and no KEY=VALUE")
        return key, Path(value[1:]).read_text(encoding="utf-8") if value[:1] == "@" and _is_file(value[1:]) else value
    try:
        return None, Path(change).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{change} cannot be read as text ({error})") from error


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # too long for a name, or with a NUL
        return False


def _parsed(text: str) -> Any:
    """Read JSON; a text that is none stands for itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _replaced(value: Any, path: str, new: Any) -> Any:
    """Put a value at a path such as `readings.phenol.0.patterns.0`; keys may hold dots themselves.

    Raises:
        InputError: There is no such place.
    """
    if isinstance(value, list):
        number, _, rest = path.partition(".")
        if not number.isdecimal() or int(number) >= len(value):
            raise InputError(f"there is no {shorten(number)} among {len(value)} of them")
        value = list(value)
        value[int(number)] = _replaced(value[int(number)], rest, new) if rest else new
        return value
    if isinstance(value, dict):
        if path in value:
            return {**value, path: new}
        for name in sorted(value, key=len, reverse=True):
            if path.startswith(f"{name}."):
                return {**value, name: _replaced(value[name], path[len(name) + 1 :], new)}
        raise InputError(f"there is no {shorten(path)}; there is {shorten(', '.join(value), 300)}")
    raise InputError(f"there is nothing at {shorten(path)}")


def _plain(neighbour: NeighbourExample) -> dict[str, Any]:
    told = {name: getattr(neighbour, name) for name in ("id", "smiles", "caption", "similarity")}
    return told | {"alignments": [a.model_dump(mode="json") for a in neighbour.alignments]}


def _neighbour(plain: Mapping[str, Any]) -> NeighbourExample:
    shown = tuple(Alignment.model_validate(a) for a in plain.get("alignments") or ())
    return NeighbourExample(
        str(plain["id"]), str(plain["smiles"]), str(plain["caption"]), float(plain["similarity"]), shown
    )

"""How what was said then differs from what is said now, in a few lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from molreflect.graphs.traces.messages import lasting
from molreflect.graphs.traces.spans import MESSAGES_IN, MESSAGES_OUT, VERDICTS, Span

BEFORE, AFTER = 40, 100
"""Characters of a text that are shown before and after the place where it differs."""


def attribute_difference(name: str, then: Span, now: Span) -> list[str]:
    """Tell how an attribute of a step differs.

    Args:
        name: Of the attribute.
        then: The step of the trace, with its texts.
        now: The same of the other run.
    """
    a, b = then.attributes.get(name), now.attributes.get(name)
    if name in (MESSAGES_IN, MESSAGES_OUT):
        return message_difference(a or (), b or ())
    if name == VERDICTS:
        return _entry_difference(a or (), b or ())
    return text_difference(_text(a), _text(b))


def message_difference(then: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[str]:
    """Tell the first message that differs, and where in it."""
    for number, (a, b) in enumerate(zip(then, now, strict=False), start=1):
        if lasting(a) == lasting(b):
            continue
        head = f"message {number} ({a['role']})" if a["role"] == b["role"] else f"message {number}"
        if a["role"] != b["role"]:
            return [f"{head}: {a['role']} then, {b['role']} now"]
        if a.get("content") != b.get("content"):
            return [f"{head}:", *text_difference(_text(a.get("content")), _text(b.get("content")))]
        rest = [{k: v for k, v in lasting(m).items() if k != "content"} for m in (a, b)]
        return [f"{head}:", *text_difference(_text(rest[0]), _text(rest[1]))]
    more = then[len(now) :] or now[len(then) :]
    if not more:
        return []
    whose = "then" if len(then) > len(now) else "now"
    return [f"only {whose}: message {min(len(then), len(now)) + 1} ({more[0]['role']}): {_cut(_text(more[0]), 0)}"]


def text_difference(then: str, now: str) -> list[str]:
    """Show both texts around the first place where they differ; nothing where they are the same."""
    if then == now:
        return []
    at = next((n for n, (a, b) in enumerate(zip(then, now, strict=False)) if a != b), min(len(then), len(now)))
    return [f"- {_cut(then, at)}", f"+ {_cut(now, at)}"]


def setup_differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """List what of a graph's setup has changed: versions, prompts, lexicon."""
    found = []
    for name in then.keys() & now.keys():
        a, b = then[name], now[name]
        if isinstance(a, dict) and isinstance(b, dict):
            found += setup_differences(a, b)
        elif a != b:
            found.append(f"{name} {_cut(_text(a), 0)} -> {_cut(_text(b), 0)}")
    return sorted(found)


def record_difference(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Name the fields of a record that differ, and show how the first of them does."""
    names = [name for name in then.keys() | now.keys() if then.get(name) != now.get(name)]
    if not names:
        return []
    first = next(name for name in [*then, *now] if name in names)
    return [f"{', '.join(sorted(names))}:", *text_difference(_text(then.get(first)), _text(now.get(first)))]


def _entry_difference(then: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[str]:
    """Tell the first judged alignment that differs."""
    for a, b in zip(then, now, strict=False):
        if a == b:
            continue
        if a.get("phrase") != b.get("phrase"):
            return [f"{a.get('phrase')} then, {b.get('phrase')} now"]
        names = [name for name in a if a[name] != b.get(name)]
        if not names:
            return [f"{a['phrase']}: {', '.join(sorted(b.keys() - a.keys()))} only now"]
        return [f"{a['phrase']}: {n} {_cut(_text(a[n]), 0)} -> {_cut(_text(b.get(n)), 0)}" for n in names[:4]]
    return [f"{len(then)} alignments then, {len(now)} now"]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cut(text: str, at: int) -> str:
    """Show a text around a place, on one line."""
    begin = max(0, at - BEFORE)
    shown = " ".join(text[begin : at + AFTER].split())
    return f"{'...' if begin else ''}{shown}{'...' if at + AFTER < len(text) else ''}"

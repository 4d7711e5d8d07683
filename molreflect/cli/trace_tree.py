"""One trace as a tree of lines: who called what, what came of it, how long it took."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.text import Text

from molreflect.tools.english import counted
from molreflect.tools.terms import Verdict

if TYPE_CHECKING:
    from molreflect.graphs.traces.recorder import Span

_LEFT_OUT = frozenset(("openinference.span.kind", "tool.name"))
"""Attributes that the first line of a span says already."""
_BRANCH, _LAST, _PASSED, _BELOW_LAST = "├── ", "└── ", "│   ", "    "

Wrap = Callable[[Text, int], Sequence[Text]]
"""Breaks a text between words, given the columns that stand before it."""


@dataclass(slots=True)
class _Node:
    text: Text
    children: list[_Node] = field(default_factory=list)


def trace_lines(trace: dict[str, Any], spans: Sequence[Span], wrap: Wrap, *, full: bool) -> Iterator[Text]:
    """Lay out one trace, one span a line.

    Args:
        trace: As the store lists it: `kind`, `subject`, `trace_id`.
        spans: Its spans, in the order they began.
        wrap: How lines that are too long are broken.
        full: Show every attribute whole, instead of what came of each span.
    """
    root = _Node(Text(f"{trace['kind']} {trace['subject']}  trace {trace['trace_id']}", style="bold"))
    nodes: dict[str, _Node] = {}
    for span in spans:
        node = nodes[span.span_id] = _Node(_head(span, full=full))
        nodes.get(span.parent_id or "", root).children.append(node)
        texts = _attributes(span) if full else _remarks(span)
        node.children += [_Node(text) for text in texts]
    yield from wrap(root.text, 0)
    yield from _below(root, "", wrap)


def _below(node: _Node, prefix: str, wrap: Wrap) -> Iterator[Text]:
    for child in node.children:
        last = child is node.children[-1]
        first, after = prefix + (_LAST if last else _BRANCH), prefix + (_BELOW_LAST if last else _PASSED)
        hanging = after + (_PASSED if child.children else _BELOW_LAST)
        for number, line in enumerate(wrap(child.text, len(hanging))):
            yield Text.assemble((first if number == 0 else hanging, "dim"), line)
        yield from _below(child, after, wrap)


def _head(span: Span, *, full: bool) -> Text:
    took = "" if span.seconds is None else f" {1000 * span.seconds:.1f} ms"
    head = Text.assemble((span.kind, "cyan"), " ", (span.name, "bold"), (took, "dim"))
    if span.status != "OK":
        head.append(f" {span.status}", style="red")
    told = "" if full else _outcome(span)
    return head.append(f": {told}") if told else head


def _attributes(span: Span) -> Iterator[Text]:
    for key, value in span.attributes.items():
        if key not in _LEFT_OUT and value not in ("", None):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield Text.assemble((f"{key} ", "dim"), _readable(text))


def _outcome(span: Span) -> str:
    """Say in a few words what came of a span; nothing where its children say it."""
    told = span.attributes
    if span.kind == "LLM":
        tokens = (told.get("llm.token_count.prompt") or 0, told.get("llm.token_count.completion") or 0)
        parts = [f"calls {', '.join(c['name'] for c in calls)}"] if (calls := _parsed(told, "llm.tool_calls")) else []
        parts += [f"{counted(tokens[0], 'token')} read, {tokens[1]:,} written"] if any(tokens) else []
        return "; ".join(parts)
    if span.kind == "EVALUATOR":
        verdicts = Counter(a["verdict"] for a in _parsed(told, "output.value") or ())
        return ", ".join(f"{verdicts[v]} {v}" for v in Verdict if verdicts[v])
    if span.kind == "RETRIEVER":
        found = _parsed(told, "retrieval.documents") or ()
        return ", ".join(f"{document['id']} ({document['similarity']})" for document in found)
    if span.name == "select" and (chosen := _parsed(told, "output.value")):
        return f"{chosen['selected']}, {chosen['because']}"
    return ""


def _remarks(span: Span) -> Iterator[Text]:
    """Say what did not go well: what was refused and why, and errors."""
    if span.kind == "EVALUATOR":
        for a in _parsed(span.attributes, "output.value") or ():
            if a["verdict"] == Verdict.REFUTED:
                pattern = f" as {a['pattern']}" if a["pattern"] else ""
                yield Text(_readable(f"{a['phrase']}{pattern}: {a['message'] or a['reason']}"), style="magenta")
    for key in ("exception.message", "output.value"):
        if span.status != "OK" and (message := span.attributes.get(key)):
            yield Text(_readable(str(message)), style="red")


def _parsed(attributes: dict[str, Any], key: str) -> Any:
    """Read an attribute that holds JSON; None where it is missing or was cut when it was kept."""
    try:
        return json.loads(attributes.get(key) or "null")
    except json.JSONDecodeError:
        return None


def _readable(text: str) -> str:
    """Escape control characters but line ends."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)

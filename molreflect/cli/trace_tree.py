"""One trace as a tree of lines: who called what, what came of it, how long it took."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.text import Text

from molreflect.cli.printable import readable
from molreflect.graphs.traces.spans import (
    CHOICE,
    COST,
    CURRENCY,
    DOCUMENTS,
    ERROR,
    FROM_STORE,
    INPUT,
    KIND,
    MESSAGES_IN,
    MESSAGES_OUT,
    MODEL,
    OUTPUT,
    SESSION,
    TOKENS_CACHED,
    TOKENS_IN,
    TOKENS_OUT,
    TOOL,
    TOOL_CALL_ID,
    UNDERSTOOD,
    VERDICTS,
)
from molreflect.tools.english import counted
from molreflect.tools.terms import Verdict

if TYPE_CHECKING:
    from molreflect.graphs.traces.explain import Explained, Origin
    from molreflect.graphs.traces.spans import Span
    from molreflect.graphs.traces.store import TraceStore, TraceSummary

SHORT = 120
"""Characters of a result that a line of the tree shows."""
LONGEST_REMARK = 2_000
"""Characters of an error, or of why something was refused, that a tree shows."""
_LEFT_OUT = frozenset((KIND, TOOL, TOOL_CALL_ID, SESSION))
"""Attributes that the first line of a step says already, or nobody asks for."""
_BRANCH, _LAST, _PASSED, _BELOW_LAST = "├── ", "└── ", "│   ", "    "

Wrap = Callable[[Text, int], Sequence[Text]]
"""Breaks a text between words, given the columns that stand before it."""


@dataclass(slots=True)
class _Node:
    text: Text
    children: list[_Node] = field(default_factory=list)


def trace_lines(
    trace: TraceSummary, spans: Sequence[Span], store: TraceStore, wrap: Wrap, *, full: bool
) -> Iterator[Text]:
    """Lay out one trace, one step a line, then where its alignments come from.

    Args:
        trace: What the list knows of it.
        spans: Its steps, in the order they began.
        store: Has the texts.
        wrap: How lines that are too long are broken.
        full: Show every attribute whole, instead of what came of each step.
    """
    from molreflect.graphs.traces.explain import explain

    resolved = [store.resolved(span, messages=False) for span in spans]
    root = _Node(Text(readable(f"{trace.kind} {trace.subject}: {trace.title}  trace {trace.trace_id}"), style="bold"))
    root.children.append(_Node(Text(_account(trace), style="dim")))
    nodes: dict[str, _Node] = {}
    seen: set[str] = set()
    for span in resolved:
        node = nodes[span.span_id] = _Node(_head(span, full=full))
        nodes.get(span.parent_id or "", root).children.append(node)
        texts = [*_attributes(span), *_messages(span, store, seen)] if full else _remarks(span)
        node.children += [_Node(text) for text in texts]
    if explained := explain(resolved):
        below = _Node(Text("alignments", style="bold"))
        below.children = [_Node(_origin(each)) for each in explained]
        root.children.append(below)
    yield from wrap(root.text, 0)
    yield from _below(root, "", wrap)


def span_lines(span: Span, wrap: Wrap) -> Iterator[Text]:
    """Lay out one step with all its attributes and messages.

    Args:
        span: With its texts.
        wrap: How lines that are too long are broken.
    """
    root = _Node(Text.assemble(_head(span, full=True), f"  span {span.span_id}"))
    root.children = [_Node(text) for text in _attributes(span)]
    for key, way in ((MESSAGES_IN, "in"), (MESSAGES_OUT, "out")):
        root.children += [_Node(_message(message, way)) for message in span.attributes.get(key) or ()]
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


def _account(trace: TraceSummary) -> str:
    """Say what a trace took, cost and came to."""
    ended = {"OK": "ended well", "ERROR": "ended in an error"}.get(trace.status, "not ended: it goes on, or was killed")
    cached = f" ({trace.cached_tokens:,} of them cached)" if trace.cached_tokens else ""
    money = "price unknown" if trace.cost is None else f"cost {trace.cost:.6g} {trace.currency}"
    parts = [
        f"{ended} after {trace.seconds:.2f} s",
        f"{counted(trace.model_calls, 'model call')}, {counted(trace.tool_calls, 'tool call')}",
        f"{counted(trace.input_tokens, 'token')} read{cached}, {trace.output_tokens:,} written, {money}",
    ]
    parts += [", ".join(f"{count} {verdict}" for verdict, count in trace.verdicts.items())] if trace.verdicts else []
    parts += [f"forked from {trace.parent_trace}"] if trace.parent_trace else []
    return "; ".join(parts)


def _head(span: Span, *, full: bool) -> Text:
    took = " not ended" if span.seconds is None else f" {1000 * span.seconds:.1f} ms"
    head = Text.assemble((span.kind, "cyan"), " ", (readable(span.name), "bold"), (took, "dim"))
    if span.status == "ERROR":
        head.append(f" {span.status}", style="red")
    head.append(f" {span.span_id[:8]}", style="dim")
    told = "" if full else _outcome(span)
    return head.append(f": {told}") if told else head


def _attributes(span: Span) -> Iterator[Text]:
    for key, value in span.attributes.items():
        if key not in _LEFT_OUT and key not in (MESSAGES_IN, MESSAGES_OUT) and value not in ("", None):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield Text.assemble((f"{key} ", "dim"), readable(text))


def _messages(span: Span, store: TraceStore, seen: set[str]) -> Iterator[Text]:
    """Tell the messages of a call that no earlier call of the trace had."""
    hashes = [(h, "in") for h in span.attributes.get(MESSAGES_IN) or ()]
    hashes += [(h, "out") for h in span.attributes.get(MESSAGES_OUT) or ()]
    if before := sum(h in seen for h, _ in hashes):
        yield Text(f"{counted(before, 'message')} as above", style="dim")
    for hash_, way in hashes:
        if hash_ is not None and hash_ not in seen:
            seen.add(hash_)
            yield _message(store.message(hash_), way)


def _message(message: Mapping[str, Any], way: str) -> Text:
    content = message["content"]
    said = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    text = Text.assemble((f"{way} {message['role']} ", "dim"), readable(said))
    for call in message.get("tool_calls", ()):
        text.append(readable(f"\ncalls {call['name']} {json.dumps(call['arguments'], ensure_ascii=False)}"))
    return text


def _outcome(span: Span) -> str:
    """Say in a few words what came of a step; nothing where its children say it."""
    told = span.attributes
    if span.kind == "LLM":
        calls = told.get("molreflect.tool_calls")
        tokens = (told.get(TOKENS_IN) or 0, told.get(TOKENS_OUT) or 0)
        cached = f" ({told[TOKENS_CACHED]:,} cached)" if told.get(TOKENS_CACHED) else ""
        parts = [readable(str(told.get(MODEL) or ""))]
        parts += [readable(f"calls {', '.join(calls)}")] if calls else []
        parts += [f"{counted(tokens[0], 'token')} read{cached}, {tokens[1]:,} written"] if any(tokens) else []
        parts += [f"cost {told[COST]:.6g} {told.get(CURRENCY, '')}"] if told.get(COST) else []
        parts += ["answered before, from the store"] if told.get(FROM_STORE) else []
        return "; ".join(parts)
    if span.kind == "TOOL" and span.status != "ERROR":
        if told.get(INPUT) is None and told.get(OUTPUT) is None:
            return ""  # only a summary was kept
        return f"{_short(told.get(INPUT))} -> {_short(told.get(OUTPUT))}"
    if span.kind == "EVALUATOR":
        counts = told.get("molreflect.verdict_counts") or {}
        return ", ".join(f"{counts[v]} {v}" for v in Verdict if counts.get(v))
    if span.kind == "RETRIEVER":
        return readable(", ".join(f"{d['id']} (similarity {d['score']:.3f})" for d in told.get(DOCUMENTS) or ()))
    if chosen := told.get(CHOICE):
        return readable(f"{chosen['selected']}, {chosen['because']}")
    return ""


def _remarks(span: Span) -> Iterator[Text]:
    """Say what a question was taken to mean, what was refused and why, and errors."""
    told = span.attributes
    if span.parent_id is None and (understood := told.get(UNDERSTOOD)):
        kept = {name: value for name, value in understood.items() if value not in ("", None) and name != "verdicts"}
        said = ", ".join(f"{name} {_meant(value)}" for name, value in kept.items())
        yield Text(_cut(f"understood: {said}"))
    for a in told.get(VERDICTS) or ():
        if a["verdict"] == Verdict.REFUTED:
            pattern = f" as {a['pattern']}" if a["pattern"] else ""
            yield Text(_cut(f"{a['phrase']}{pattern}: {a['message'] or a['reason']}"), style="magenta")
    for key in (ERROR, OUTPUT):
        if span.status == "ERROR" and (message := told.get(key)):
            yield Text(_cut(str(message)), style="red")


def _cut(text: str) -> str:
    """Leave out the end of a remark that fills screens."""
    if len(text) <= LONGEST_REMARK:
        return readable(text)
    return f"{readable(text[:LONGEST_REMARK])}... ({len(text):,} characters, --full shows all)"


def _meant(value: object) -> str:
    """Write what was understood: molecules by their words, lists with "and"."""
    if isinstance(value, dict):
        return str(value.get("words", value))
    return " and ".join(map(_meant, value)) if isinstance(value, list) else str(value)


def _origin(each: Explained) -> Text:
    """Say where an alignment comes from and why it stands or not."""
    style = {"supported": "green", "refuted": "magenta"}.get(each.verdict, "dim")
    pattern = f" as {each.pattern}" if each.pattern else ""
    parts = [f"{each.reason}{f' ({each.level})' if each.level else ''}"]
    if each.verdict == Verdict.REFUTED and each.message:
        parts.append(each.message)
    if each.pattern:
        parts.append(f"brought by {_named(each.brought_by)}" if each.brought_by else "written by the model")
        parts += [f"checked by {_named(each.checked_by)}"] if each.checked_by else []
    if each.shown_by:
        shown = f"shown by neighbour {', '.join(each.shown_by)}"
        parts.append(f"{shown}, from whom it was taken over" if each.taken_over else shown)
    return Text.assemble((each.verdict, style), readable(f" {each.phrase}{pattern}: {'; '.join(parts)}"))


def _named(origins: Sequence[Origin]) -> str:
    return ", ".join(f"{o.name} {o.span_id[:8]}" for o in origins)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = readable(" ".join(text[: 4 * SHORT].split()))
    return line if len(line) <= SHORT and len(text) <= 4 * SHORT else f"{line[:SHORT]}... ({len(text):,} characters)"

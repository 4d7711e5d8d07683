"""Steps of a trace in plain words, for a chemist who has not read the code."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from molreflect.agents.schemas import SUBMIT
from molreflect.graphs.traces.spans import (
    CHOICE,
    DOCUMENTS,
    ERROR,
    FROM_STORE,
    INPUT,
    MODEL,
    OUTPUT,
    PAIR,
    RECORD,
    UNDERSTOOD,
    VERDICTS,
    Span,
    Status,
)
from molreflect.tools.english import counted
from molreflect.tools.terms import Verdict
from molreflect.tools.views.cards import fact_of

SHOWN = 4
"""Names, patterns or verdicts that one line tells."""
WORDS = 160
"""Characters of a text that one line tells."""

_NODES = {
    "align": "from caption to record",
    "align:draft": "first stage: draft and verify",
    "align:reflect": "second stage: neighbours, reflection, choice",
    "draft": "draft: phrases are tied to patterns",
    "reflect": "reflection: the draft is mended after neighbours were shown",
    "teacher": "the teacher, with its tools",
    "analyst": "the analyst, with its tools",
    "conversation": "a question is answered",
}

_MEANT = {"it": '"it"'}


Count = Callable[[str], int | None]
"""Counts the places of a pattern in the molecule in question; None where that is not known."""


def in_words(span: Span, count: Count = lambda pattern: None, answer: str = "") -> str:
    """Say what a step did and what came of it.

    Args:
        span: With its texts (see `TraceStore.resolved`); its messages may stand as hashes.
        count: Counts places of patterns that were looked up.
        answer: What a model said, where it called no tool.
    """
    said = _tool(span, count) if span.kind == "TOOL" else _said(span)
    if answer:
        said += f": {_short(answer)}"
    if span.status == Status.ERROR:
        reason = span.attributes.get(ERROR) or (span.attributes.get(OUTPUT) if span.kind == "TOOL" else "")
        return f"{said} failed{f': {_short(reason)}' if reason else ''}"
    return said if span.seconds is not None else f"{said} (not ended)"


def answer_of(span: Span) -> Any:
    """Read what a tool answered: JSON where it is, else its text."""
    return _read(span.attributes.get(OUTPUT))


def arguments_of(span: Span) -> dict[str, Any]:
    """Read what a tool was asked."""
    given = _read(span.attributes.get(INPUT))
    return given if isinstance(given, dict) else {}


def patterns_found(span: Span) -> list[tuple[str, str]]:
    """List what a tool said that names mean: each name with a pattern; the first one of a name comes first."""
    readings = _within(answer_of(span), "readings")
    return [
        (str(name), str(pattern))
        for name, found in (readings.items() if isinstance(readings, dict) else ())
        for reading in (found if isinstance(found, list) else ())
        for pattern in reading.get("patterns") or ()
    ]


def verdict_words(alignment: Mapping[str, Any]) -> str:
    """Say in one line what was decided of an alignment, and why."""
    pattern = f" as {alignment['pattern']}" if alignment.get("pattern") else ""
    fact = fact_of(str(alignment.get("message") or ""))
    if alignment.get("pattern"):
        fact = fact.removeprefix(f"{alignment['pattern']}: ")
    return f"'{alignment['phrase']}'{pattern} {alignment['verdict']}, {alignment['reason'].replace('_', ' ')}" + (
        f": {fact}" if fact else ""
    )


def tally(counts: Mapping[str, int]) -> str:
    """Write verdicts by number."""
    return ", ".join(f"{counts[v]} {v}" for v in Verdict if counts.get(v))


# ---------------------------------------------------------------------------------------------------------------------


def _said(span: Span) -> str:
    told = span.attributes
    if span.kind == "LLM":
        return _model(span)
    if span.kind == "EVALUATOR":
        return _verifier(told.get(VERDICTS), told.get("molreflect.verdict_counts") or {})
    if span.kind == "RETRIEVER":
        documents = told.get(DOCUMENTS) or ()
        names = (f"{d['id'] or 'a pair'} (similarity {d['score']:.3f})" for d in documents)
        return f"{counted(len(documents), 'similar pair')}: {_listed(names)}" if documents else "no similar pair"
    if chosen := told.get(CHOICE):
        return f"chose the {chosen.get('selected')} version: {chosen.get('because')}"
    if span.name == "record":
        record = told.get(RECORD)
        if not isinstance(record, dict):
            return "wrote the record"
        return f"wrote the record: {tally(Counter(a['verdict'] for a in record['alignments'])) or 'no alignments'}"
    if span.parent_id is None and isinstance(meant := told.get(UNDERSTOOD), dict):
        return f"{_NODES.get(span.name, span.name)}; {understood_words(meant)}"
    if span.parent_id is None and isinstance(pair := told.get(PAIR), dict):
        return f"{_NODES.get(span.name, span.name)} ({pair.get('id')})"
    return _NODES.get(span.name, span.name)


def _tool(span: Span, count: Count) -> str:
    try:
        return _look_up(span, count) if span.name in _LOOK_UPS else _TOOLS.get(span.name, _any_tool)(span)
    except (AttributeError, KeyError, TypeError, ValueError):  # no answer of ours: a fork may put any in its place
        return _any_tool(span)


def understood_words(meant: Mapping[str, Any]) -> str:
    """Say what a question was taken to mean."""
    parts = [f"{_MEANT.get(name, name)} {value}" for name, value in meant.items() if value not in ("", None)]
    return f"understood: {', '.join(parts)}" if parts else "understood: nothing in particular"


def _model(span: Span) -> str:
    told = span.attributes
    name = told.get(MODEL) or "the model"
    calls = told.get("molreflect.tool_calls") or ()
    stored = " (an answer from the store)" if told.get(FROM_STORE) else ""
    if SUBMIT in calls:
        return f"{name} handed in its alignments{stored}"
    if calls:
        asked = ", ".join(f"{tool} {count} times" if count > 1 else tool for tool, count in Counter(calls).items())
        return f"{name} asked for {asked}{stored}"
    return f"{name} answered{stored}" if span.seconds is not None else f"{name} was asked"


def _verifier(judged: Any, counts: Mapping[str, int]) -> str:
    if not isinstance(judged, list):
        return tally(counts) or "nothing to verify"
    wrong = [a for a in judged if a["verdict"] == Verdict.REFUTED]
    said = tally(Counter(a["verdict"] for a in judged)) or "nothing to verify"
    return f"{said}; {_listed((verdict_words(a) for a in wrong), '; ')}" if wrong else said


def _look_up(span: Span, count: Count) -> str:
    verb = "asked the corpus about" if span.name == "mine_fragments" else "looked up"
    readings = _within(answer_of(span), "readings")
    if not isinstance(readings, dict):
        return _any_tool(span)
    parts = []
    for name, found in readings.items():
        patterns = [p for reading in found if isinstance(reading, dict) for p in reading.get("patterns") or ()]
        told = "nothing known"
        if patterns:
            places = [(p, n) for p in patterns[:SHOWN] if (n := count(p)) is not None]
            shown, number = next((each for each in places if each[1]), (patterns[0], 0 if places else None))
            told = _short(shown, 40) + ("" if number is None else f", {counted(number, 'place')}")
            told += f" (of {len(patterns)} patterns)" if len(patterns) > 1 else ""
        parts.append(f"'{_short(name)}': {told}")
    return f"{verb} {_listed(parts, '; ')}" if parts else f"{verb} nothing"


def _find(span: Span) -> str:
    found = _within(answer_of(span), "patterns")
    if not isinstance(found, dict):
        return _any_tool(span)
    parts = (
        f"{_short(pattern)}: {told['error'] if 'error' in told else counted(told.get('hits', 0), 'place')}"
        for pattern, told in found.items()
    )
    return f"looked for {_listed(parts, '; ')}"


def _check(span: Span) -> str:
    verdicts = _within(answer_of(span), "verdicts")
    if not isinstance(verdicts, list):
        return _any_tool(span)
    return f"checked {_listed((verdict_words(v) for v in verdicts), '; ')}"


def _caption(span: Span) -> str:
    phrases = _within(answer_of(span), "phrases")
    if not isinstance(phrases, list):
        return _any_tool(span)
    return f"read the caption, {counted(len(phrases), 'phrase')}: {_listed(repr(p['phrase']) for p in phrases)}"


def _classes(span: Span) -> str:
    classes = _within(answer_of(span), "classes")
    if not isinstance(classes, list):
        return _any_tool(span)
    return f"listed the classes of the molecule, {len(classes)}: {_listed(str(c['name']) for c in classes)}"


def _names(span: Span) -> str:
    found = _within(answer_of(span), "structures")
    if not isinstance(found, dict):
        return _any_tool(span)
    parts = (f"'{_short(name)}': {'unknown' if s is None else s['smiles']}" for name, s in found.items())
    return f"turned names into structures, {_listed(parts, '; ')}"


def _naming(span: Span) -> str:
    answer = answer_of(span)
    if not isinstance(answer, dict):
        return _any_tool(span)
    return f"named the molecule: {_short(answer.get('name') or answer.get('message') or 'no name')}"


def _similar(span: Span) -> str:
    found = _within(answer_of(span), "similar")
    if not isinstance(found, list):
        return _any_tool(span)
    parts = (f"{n['id']} (similarity {n['similarity']:.3f})" for n in found)
    return f"{counted(len(found), 'similar molecule')}: {_listed(parts)}" if found else "no similar molecule"


def _any_tool(span: Span) -> str:
    given = arguments_of(span)
    asked = _short(", ".join(f"{k} {_short(v, 60)}" for k, v in given.items())) if given else ""
    answer = span.attributes.get(OUTPUT)
    told = "" if answer is None or span.status == Status.ERROR else f": {_short(answer)}"
    return f"called {span.name}{f' with {asked}' if asked else ''}{told}"


_TOOLS: dict[str, Callable[[Span], str]] = {
    "find_substructure": _find,
    "check_alignments": _check,
    "read_caption": _caption,
    "list_classes": _classes,
    "resolve_names": _names,
    "name_molecule": _naming,
    "similar_molecules": _similar,
}

_LOOK_UPS = frozenset({"look_up_phrases", "mine_fragments"})


def _read(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value


def _within(answer: Any, name: str) -> Any:
    return answer.get(name) if isinstance(answer, dict) else None


def _listed(parts: Iterable[str], between: str = ", ") -> str:
    found: Sequence[str] = list(parts)
    more = f"{between}{len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return between.join(_short(part) for part in found[:SHOWN]) + more


def _short(value: Any, most: int = WORDS) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(text[: 4 * most].split())
    return line if len(line) <= most and len(text) <= 4 * most else f"{line[:most]}..."

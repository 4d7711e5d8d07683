"""What was proposed for each pair of a run on the way to its record, with the verdict on each proposal."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from molreflect.graphs.traces.contents import is_hashed
from molreflect.graphs.traces.spans import INPUT, OUTPUT, RECORD, VERDICTS, Status
from molreflect.graphs.traces.store import FILE, TraceStore
from molreflect.tools.storage import connect
from molreflect.tools.terms import Reason, Verdict

_CHECK = "check_alignments"
"""The tool by which a teacher asks for verdicts before it submits."""
_LOOK_UPS = frozenset({"look_up_phrases", "resolve_names"})
"""Tools that are asked what names mean."""


class Seen(StrEnum):
    """Where a proposal was judged."""

    RECORD = "record"
    """In the version that was selected."""
    DRAFT = "draft"
    """In the draft that a reflection has replaced."""
    VERIFIED = "verified"
    """In an answer that the teacher has mended since."""
    CHECKED = "checked"
    """By a teacher that asked before it submitted."""


@dataclass(frozen=True, slots=True)
class JudgedProposal:
    """One phrase tied to one pattern, and what verification said of it."""

    seen: Seen
    phrase: str
    start: int | None
    """Where the phrase stands in the caption; None where that was not kept."""
    pattern: str | None
    fragment: str | None
    """SMILES of the matched atoms; None where nothing matched, or that was not kept."""
    verdict: Verdict
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class PairHistory:
    """How one finished pair came to its record."""

    record: Mapping[str, Any]
    """The record as JSON types."""
    key: str
    """What determines the result of the pair."""
    draft: tuple[Mapping[str, Any], ...]
    """The alignments of the last draft as JSON types; empty where none was kept."""
    proposals: tuple[JudgedProposal, ...]
    """Everything that was judged on the way: of the record first, then of the draft, then of the trace in its order."""
    traced: bool
    """Whether the run still has the trace that the record names."""
    cut: int
    """Lists of verdicts that the trace was told not to keep, so that they are missing here."""
    looked_up: tuple[str, ...] = ()
    """Names that the teacher looked up, each once, in the order of the trace."""


@dataclass(frozen=True, slots=True)
class _Traced:
    """What the trace of a record says."""

    there: bool = False
    found: tuple[JudgedProposal, ...] = ()
    cut: int = 0
    looked_up: tuple[str, ...] = ()


def read_histories(folder: Path, *, proposals: bool = True) -> Iterator[PairHistory]:
    """Go through the finished pairs of a run, in corpus order.

    Args:
        folder: A run directory, which the caller has found to be one.
        proposals: Look up what was proposed; otherwise only whether the trace is there.
    """
    with contextlib.ExitStack() as stack:
        runs = stack.enter_context(contextlib.closing(connect(folder / "run.sqlite", "a database of a run")))
        traces = None
        if (folder / FILE).is_file():
            traces = stack.enter_context(contextlib.closing(TraceStore(folder / FILE)))
        rows = runs.execute("SELECT record, key, draft FROM pairs WHERE state = 'done' ORDER BY position")
        for text, key, drafted in rows:
            record = json.loads(text)
            draft = tuple(json.loads(drafted)["drafted"]) if proposals and drafted else ()
            trace = _trace(traces, record, proposals=proposals)
            own = [_of_alignment(a, Seen.RECORD) for a in record["alignments"]]
            replaced = record["selected"] != "draft"
            own += [_of_alignment(a, Seen.DRAFT) for a in draft if replaced]
            judged = (*own, *trace.found) if proposals else ()
            yield PairHistory(record, key, draft, judged, trace.there, trace.cut, trace.looked_up)


def history_of_trace(traces: TraceStore, trace_id: str) -> PairHistory | None:
    """Take what was proposed from a trace alone: of a run, of a single pair, or of a fork.

    Args:
        traces: Has the trace.
        trace_id: Its whole id.

    Returns:
        None where the trace came to no record, or its texts were not kept.
    """
    kept: Any = None
    drafted: list[Any] = []
    for span in traces.spans(trace_id):
        if span.name == "record" and span.attributes.get(RECORD) is not None:
            kept = traces.resolved(span).attributes[RECORD] or kept
        elif span.name == "verify" and span.status == Status.OK:
            drafted = traces.resolved(span).attributes.get(VERDICTS) or []
    if not isinstance(kept, dict) or any(is_hashed(str(kept.get(name))) for name in ("smiles", "caption")):
        return None
    trace = _trace(traces, kept, proposals=True)
    own = [_of_alignment(a, Seen.RECORD) for a in kept["alignments"]]
    if kept["selected"] != "draft":
        own += [_of_alignment(a, Seen.DRAFT) for a in drafted]
    judged = (*own, *trace.found)
    return PairHistory(kept, trace_id, tuple(drafted), judged, True, trace.cut, trace.looked_up)


def _of_alignment(alignment: Mapping[str, Any], seen: Seen) -> JudgedProposal:
    same = {name: alignment[name] for name in ("phrase", "start", "pattern", "fragment", "message")}
    return JudgedProposal(seen, verdict=Verdict(alignment["verdict"]), reason=Reason(alignment["reason"]), **same)


def _trace(traces: TraceStore | None, record: Mapping[str, Any], *, proposals: bool) -> _Traced:
    """Look up the trace of a record, and where asked for what was proposed and looked up in it."""
    if traces is None or not record["trace_id"]:
        return _Traced()
    there = traces.trace(record["trace_id"]) is not None
    found: list[JudgedProposal] = []
    left_out = 0
    names: dict[str, None] = {}
    for span in traces.spans(record["trace_id"]) if there and proposals else ():
        if span.status == Status.OK and span.name in _LOOK_UPS:
            asked = traces.resolved(span).attributes.get(INPUT)
            names |= dict.fromkeys(asked.get("names") or ()) if isinstance(asked, dict) else {}
        if span.status != Status.OK or not (span.kind == "EVALUATOR" or span.name == _CHECK):
            continue
        told = traces.resolved(span).attributes
        judged = told.get(VERDICTS) if span.kind == "EVALUATOR" else told.get(OUTPUT)
        if judged is None or (isinstance(judged, str) and is_hashed(judged)) or _all_hashed(judged):
            left_out += 1
        elif span.kind == "EVALUATOR":
            found += [_of_trace(each, Seen.VERIFIED) for each in judged]
        else:
            found += _checked(told[INPUT], judged, record)
    looked_up = tuple(str(name) for name in names if not is_hashed(str(name)))
    return _Traced(there, tuple(found), left_out, looked_up)


def _all_hashed(judged: Any) -> bool:
    return isinstance(judged, list) and any(is_hashed(each["phrase"]) for each in judged)


def _checked(asked: Mapping[str, Any], told: str, record: Mapping[str, Any]) -> Iterator[JudgedProposal]:
    """Read the verdicts a teacher asked for, where it asked about this very pair."""
    if asked.get("smiles") != record["smiles"] or asked.get("caption") not in (None, record["caption"]):
        return
    for judged in json.loads(told)["verdicts"]:
        yield _of_trace(judged, Seen.CHECKED)


def _of_trace(judged: Mapping[str, Any], seen: Seen) -> JudgedProposal:
    return JudgedProposal(
        seen,
        phrase=judged["phrase"],
        start=judged.get("start"),
        pattern=judged["pattern"],
        fragment=None,
        verdict=Verdict(judged["verdict"]),
        reason=Reason(judged["reason"]),
        message=judged.get("message", ""),
    )

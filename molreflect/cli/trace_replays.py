"""What replays, forks and comparisons of traces came to, in a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from molreflect.cli.printable import readable
from molreflect.cli.progress import say
from molreflect.cli.render import print_line
from molreflect.tools.english import counted

if TYPE_CHECKING:
    from molreflect.graphs.replay.compare import Ending, TraceDifference
    from molreflect.graphs.replay.fork import Forked
    from molreflect.graphs.replay.replay import Replayed
    from molreflect.graphs.traces.store import TraceSummary

SHOWN = 20
"""Traces of many that are listed one by one."""


def print_replayed(done: Replayed, *, model_only: bool) -> None:
    """Print what a replay came to: one line where nothing differs."""
    for line in _told(done, model_only=model_only):
        print_line(readable(line))


def print_replays(done: Sequence[Replayed], refused: Sequence[tuple[TraceSummary, str]], *, model_only: bool) -> None:
    """Print what many replays came to: those that differ, and a summary."""
    others = [each for each in done if not each.identical]
    for each in others[:SHOWN]:
        print_replayed(each, model_only=model_only)
    if len(others) > SHOWN:
        print_line(f"... and {len(others) - SHOWN} more that differ")
    same = len(done) - len(others)
    print_line(f"{counted(len(done), 'trace')} replayed: {same} the same byte for byte, {len(others)} differ")
    for why, count in Counter(why for _, why in refused).most_common():
        say(f"{counted(count, 'trace')} cannot be replayed: {why}")


def print_forked(done: Forked) -> None:
    """Print what a fork came to, and what it cost."""
    money = "" if done.paid is None else f", {done.paid:.6g} {done.difference.second.currency}".rstrip()
    print_line(f"trace {done.trace_id[:8]}, forked from {done.parent[:8]}")
    kept = counted(done.replayed_calls, "model answer")
    print_line(f"{kept} from the trace, {counted(done.paid_calls, 'call')} paid for{money}")
    for line in _differences(done.difference):
        print_line(readable(line))
    if done.error:
        print_line(readable(f"the fork ended in an error: {done.error}"))


def print_difference(difference: TraceDifference) -> None:
    """Print where two traces part, and what came of it."""
    for line in _differences(difference):
        print_line(readable(line))


def _told(done: Replayed, *, model_only: bool) -> Iterator[str]:
    name = f"{done.subject} (trace {done.trace_id[:8]})"
    taken = counted(done.model_answers, "model answer")
    if not model_only:
        taken += f" and {counted(done.tool_answers, 'tool answer')}"
    ended = "answer" if done.record is not None and "answer" in done.record else "record"
    if done.identical:
        yield f"{name}: the same {ended} byte for byte, from {taken} of then"
        return
    step = done.step
    if step is None:
        yield f"{name}: differs"
    else:
        where = f", {step.span_id[:8]}" if step.span_id else ""
        yield f"{name}: differs first at step {step.place + 1}, {step.path}{where}: {step.what}"
    yield from (f"  {line}" for line in done.how)
    if done.stopped:
        yield f"  it went no further: {done.stopped}"
    if done.changed:
        yield f"  changed since: {'; '.join(done.changed)}"
    yield from (f"  {change.sentence}" for change in done.verdicts)
    if done.ended and not done.verdicts and ended == "record":
        yield "  no verdict differs"


def _differences(difference: TraceDifference) -> Iterator[str]:
    step = difference.step
    if step is None:
        yield "the traces say the same from beginning to end"
    else:
        ids = " and ".join(i[:8] for i in (step.span_id, step.other_span_id) if i)
        yield f"they part at step {step.place + 1}, {step.path} ({ids}): {step.what}"
    yield from (f"  {line}" for line in difference.how)
    yield from (f"  {change.sentence}" for change in difference.verdicts)
    a, b = difference.first, difference.second
    yield f"supported, refuted, unchecked: {_verdicts(a)} -> {_verdicts(b)}"
    if a.phrases is not None or b.phrases is not None or a.heavy_atoms is not None or b.heavy_atoms is not None:
        yield (
            f"coverage: phrases {_share(a.phrases)} -> {_share(b.phrases)}, heavy atoms "
            f"{_share(a.heavy_atoms)} -> {_share(b.heavy_atoms)}"
        )
    if (a.answer or b.answer) and a.answer != b.answer:
        yield f"answer: {a.answer}"
        yield f"    -> {b.answer}"
    yield f"{_account(a)} -> {_account(b)}"


def _verdicts(ending: Ending) -> str:
    return ", ".join(str(ending.verdicts.get(v, 0)) for v in ("supported", "refuted", "unchecked"))


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def _account(ending: Ending) -> str:
    money = "price unknown" if ending.cost is None else f"{ending.cost:.6g} {ending.currency}"
    return f"{counted(ending.model_calls, 'model call')}, {counted(ending.tokens, 'token')}, {money}"

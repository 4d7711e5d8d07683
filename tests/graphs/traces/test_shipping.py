"""Spans that are noted on one machine and written on another."""

from __future__ import annotations

import pickle
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from traced import start, turn

from molreflect.graphs.traces.spans import Span
from molreflect.graphs.traces.store import TraceStore
from molreflect.graphs.traces.writer import Shipped, ShippingWriter, TraceTarget, TraceWriter

LONG = "The molecule is a benzoate ester. " * 20


def recorded(writer: TraceWriter, name: str) -> None:
    """Note a call of a model; two traces share what was said."""
    recorder = writer.recorder(start(name))
    root = uuid4()
    recorder.on_chain_start(None, {}, run_id=root, name="align:draft")
    turn(recorder, root, [HumanMessage(LONG)], AIMessage(f"of {name}"))
    writer.flush()
    recorder.on_chain_end({}, run_id=root)
    writer.finish(name)


def told(folder: Path) -> dict[str, list[tuple[str, bool, list[dict[str, object]]]]]:
    def of(store: TraceStore, span: Span) -> tuple[str, bool, list[dict[str, object]]]:
        return span.name, span.seconds is not None, [m for side in store.messages(span).values() for m in side]

    with closing(TraceStore(folder / "traces.sqlite")) as store:
        return {name: [of(store, span) for span in store.spans(name)] for name in sorted(store.trace_ids())}


def test_spans_that_are_sent_are_those_that_are_written_here(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    with closing(TraceWriter(TraceTarget(path=here / "traces.sqlite"))) as writer:
        for name in ("a", "b"):
            recorded(writer, name)
    nowhere = TraceTarget(path=tmp_path / "no" / "such" / "folder" / "traces.sqlite")
    with closing(TraceWriter(TraceTarget(path=there / "traces.sqlite"))) as writer:

        def send(shipped: Shipped) -> None:
            writer.take(pickle.loads(pickle.dumps(shipped)))

        with closing(ShippingWriter(nowhere, send)) as sending:
            for name in ("a", "b"):
                recorded(sending, name)
        assert not writer._shipped, "what is finished is held no longer"
    assert told(there) == told(here)
    assert [name for name, ended, _ in told(there)["b"] if ended]


def test_what_cannot_be_sent_is_raised_where_the_row_is_worked_on(tmp_path: Path) -> None:
    def send(shipped: Shipped) -> None:
        raise ConnectionError("the mailbox is gone")

    sending = ShippingWriter(TraceTarget(path=tmp_path / "traces.sqlite"), send)
    with pytest.raises(ConnectionError, match="the mailbox is gone"):
        recorded(sending, "a")

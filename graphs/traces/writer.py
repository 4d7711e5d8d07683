"""Writing traces: spans are noted where they happen, and written together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from molreflect.graphs.traces.contents import Packer
from molreflect.graphs.traces.packs import Kept, PackWriter
from molreflect.graphs.traces.recorder import SpanRecorder
from molreflect.graphs.traces.redact import Redactor
from molreflect.graphs.traces.rows import Batch, Pending, taken
from molreflect.graphs.traces.schema import open_traces
from molreflect.graphs.traces.spans import GRAPH, Judged, Span, TraceStart
from molreflect.tools.terms import TraceMode

if TYPE_CHECKING:
    from molreflect.agents.models.prices import Price

SECONDS = 0.5
"""How long what happened waits to be written, at most: what a killed process loses."""
MANY = 512
"""Changed spans that are written at once, without waiting."""


def open_writer(target: TraceTarget, stack: ExitStack) -> TraceWriter | None:
    """Open a file for writing until a stack closes it; None where nothing is to be kept."""
    if target.mode is TraceMode.OFF:
        return None
    return stack.enter_context(closing(TraceWriter(target)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceTarget:
    """Where traces go, and how much of them. It is pickled to worker processes."""

    path: Path
    mode: TraceMode = TraceMode.FULL
    run: str = ""
    """Name of the run they belong to."""
    key: bytes | None = field(default=None, repr=False)
    """Texts are kept as hashes under this key; None keeps them."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What a machine sends of its traces to the one that has the file."""

    traces: dict[str, Pending]
    """What is new of each trace."""
    finished: tuple[str, ...]
    """Traces of which no more comes."""


class TraceWriter:
    """The one writer of a process; any number of threads hand it their spans, and processes may share the file."""

    def __init__(self, target: TraceTarget) -> None:
        """Open the file, and begin to write what comes every half second.

        Raises:
            InputError: The file is something else, or cannot be written.
        """
        self.target = target
        self._open()
        self._guard = threading.Lock()
        """Of what is pending."""
        self._writing = threading.Lock()
        """Of the file."""
        self._redact = Redactor()
        self._known: WeakValueDictionary[str, Pending] = WeakValueDictionary()
        """Of every trace that somebody records. Its recorder holds it, for what ends after the trace was finished."""
        self._shipped: dict[str, Pending] = {}
        """Of every trace that another machine records."""
        self._changed: dict[str, Pending] = {}
        """Of every trace of which something is to be written."""
        self._changed_since = 0.0
        """When the first of it came; by `time.monotonic`."""
        self._ended: list[str] = []
        """Traces that are to be written together."""
        self._count = self._pruned = 0
        self._failed: BaseException | None = None
        self._wake, self._closed = threading.Event(), False
        self._thread = threading.Thread(target=self._run, daemon=True, name="traces")
        self._thread.start()

    def recorder(self, start: TraceStart, *, price: Price | None = None, nodes: Sequence[str] = ()) -> SpanRecorder:
        """Begin a trace, or go on with one.

        Args:
            start: What is known of it.
            price: What the model's tokens cost.
            nodes: Steps of the graph worth a span, besides those of the graphs of this package.

        Returns:
            Callbacks for one run of a graph. When that has ended, call `finish`.
        """
        # What a list shows is packed first: what is known of the trace must be there before its texts are kept.
        plain = Packer(self.target.mode, self.target.key, lambda *_: None, self._redact)
        told = replace(start, subject=plain.short(start.subject), title=plain.short(start.title), attributes={})
        with self._guard:
            pending = self._known.setdefault(start.trace_id, Pending(told))
        packer = Packer(self.target.mode, self.target.key, partial(self._keep, pending), self._redact)
        apart = packer.kept(Kept.SHARED)
        told = replace(
            told,
            attributes={
                key: (apart if key == GRAPH else packer).json(value) for key, value in start.attributes.items()
            },
        )
        note, judge = partial(self._note, pending), partial(self._judge, pending)
        return SpanRecorder(told, packer, note, judge, price=price, nodes=nodes)

    def finish(self, trace_id: str) -> None:
        """Write what is left of a trace.

        A step of it that ends later, in a thread that nobody waited for, is written as well.

        Raises:
            OSError: It cannot be written.
            sqlite3.Error: Likewise.
        """
        self._write([trace_id])

    def end(self, trace_id: str) -> None:
        """Leave what is left of a trace to `write_ended`, which writes many of them at the cost of one."""
        with self._guard:
            self._ended.append(trace_id)

    def write_ended(self) -> None:
        """Write what is left of every trace that was ended so far, and what others have to be written with them.

        Raises:
            OSError: It cannot be written.
            sqlite3.Error: Likewise.
        """
        with self._guard:
            some, self._ended = bool(self._ended), []
        if some:
            self._write(None)

    def drop(self, trace_id: str) -> None:
        """Forget here what is pending of a trace whose spans are gone from the file."""
        with self._guard:
            self._known.pop(trace_id, None)
            self._shipped.pop(trace_id, None)
            self._changed.pop(trace_id, None)

    def take(self, shipped: Shipped) -> None:
        """Write what another machine has sent of its traces."""
        with self._guard:
            for name, sent in shipped.traces.items():
                pending = self._shipped.setdefault(name, Pending(sent.start))
                pending.spans.update(sent.spans)
                pending.texts.update(sent.texts)
                pending.judged = sent.judged or pending.judged
                self._change(pending)
        self._write([*shipped.traces])
        with self._guard:
            for name in shipped.finished:
                self._shipped.pop(name, None)

    def flush(self) -> None:
        """Write what is pending of all traces."""
        self._write(None)

    def close(self) -> None:
        """Write what is pending, and close the file."""
        self._closed = True
        self._wake.set()
        self._thread.join()
        self._write(None)
        self._shut()

    def _open(self) -> None:
        self._db = open_traces(self.target.path)
        self._packs = PackWriter(self._db, searchable=self.target.key is None)

    def _shut(self) -> None:
        self._db.close()

    def _change(self, pending: Pending) -> None:
        """Note, under the guard, that something of a trace is to be written."""
        if not self._changed:
            self._changed_since = time.monotonic()
        self._changed[pending.start.trace_id] = pending

    def _note(self, pending: Pending, span: Span) -> None:
        with self._guard:
            pending.spans[span.position] = span
            self._change(pending)
            self._count += 1
        if self._count >= MANY:
            self._wake.set()

    def _judge(self, pending: Pending, judged: Judged) -> None:
        with self._guard:
            pending.judged = judged
            self._change(pending)

    def _keep(self, pending: Pending, hash_: str, text: str, kept: Kept) -> None:
        with self._guard:
            pending.texts[hash_] = (text, kept)

    def _run(self) -> None:
        while not self._closed:
            # What was written meanwhile, by whoever finished a trace, need not be written again at once.
            if not self._wake.wait(self._seconds_left()) and self._seconds_left():
                continue
            self._wake.clear()
            try:
                self._write(None)
            except Exception as error:  # noqa: BLE001 - raised by the next call that writes
                self._failed = error
                return

    def _seconds_left(self) -> float:
        """Say how long what has changed may still wait; where nothing has, as long as what comes next may."""
        with self._guard:
            return max(0.0, self._changed_since + SECONDS - time.monotonic()) if self._changed else SECONDS

    def _take(self, only: Sequence[str] | None) -> list[tuple[Pending, Pending]]:
        """Take what is pending: of some traces, or of all."""
        with self._guard:
            names = [*self._changed] if only is None else only
            changed = [self._changed.pop(name) for name in names if name in self._changed]
            self._count = 0
            return [taken(pending) for pending in changed]

    def _write(self, only: Sequence[str] | None) -> None:
        """Write what is pending in one transaction: of some traces, or of all."""
        if self._failed is not None:
            raise self._failed
        with self._writing:
            if not (batches := self._take(only)):
                return
            try:
                self._write_batches(batches)
            except BaseException:
                self._packs.forget()  # nothing of it is in the file
                raise

    def _write_batches(self, batches: Sequence[tuple[Pending, Pending]]) -> None:
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("UPDATE changes SET number = number + 1")
            number, pruned = self._db.execute("SELECT number, pruned FROM changes").fetchone()
            if pruned != self._pruned:  # what was known to be there may be gone
                self._pruned = pruned
                self._packs.forget()
            for pending, batch in batches:
                Batch(self._db, self.target.run, pending, batch, number, pruned).write(self._packs)


class ShippingWriter(TraceWriter):
    """A writer on a machine that has no such file: what is to be written is sent."""

    def __init__(self, target: TraceTarget, send: Callable[[Shipped], None]) -> None:
        """Begin to send what comes every half second.

        Args:
            target: How much of traces is kept; its file is another machine's.
            send: Has it written there, by `TraceWriter.take`.
        """
        self._send = send
        super().__init__(target)

    def finish(self, trace_id: str) -> None:
        """As `TraceWriter.finish`."""
        self._ship([trace_id], (trace_id,))

    def write_ended(self) -> None:
        """As `TraceWriter.write_ended`."""
        with self._guard:
            ended, self._ended = tuple(self._ended), []
        if ended:
            self._ship(None, ended)

    def _open(self) -> None:
        """Open nothing."""

    def _shut(self) -> None:
        """Shut nothing."""

    def _write(self, only: Sequence[str] | None) -> None:
        self._ship(only, ())

    def _ship(self, only: Sequence[str] | None, finished: tuple[str, ...]) -> None:
        if self._failed is not None:
            raise self._failed
        with self._writing:
            traces = {pending.start.trace_id: batch for pending, batch in self._take(only)}
            if traces or finished:
                self._send(Shipped(traces, finished))

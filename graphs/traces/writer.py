"""Writing traces: spans are noted where they happen, and written together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

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
        self._traces: dict[str, Pending] = {}
        self._changed: set[str] = set()
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
        name = start.trace_id
        packer = Packer(self.target.mode, self.target.key, partial(self._keep, name), self._redact)
        apart = packer.kept(Kept.SHARED)
        told = replace(start, subject=packer.short(start.subject), title=packer.short(start.title), attributes={})
        with self._guard:
            self._traces.setdefault(name, Pending(told))
        told = replace(
            told,
            attributes={
                key: (apart if key == GRAPH else packer).json(value) for key, value in start.attributes.items()
            },
        )
        return SpanRecorder(told, packer, self._note, self._judge, price=price, nodes=nodes)

    def finish(self, trace_id: str) -> None:
        """Write what is left of a trace, and forget it here.

        Raises:
            OSError: It cannot be written.
            sqlite3.Error: Likewise.
        """
        self._write([trace_id])
        with self._guard:
            self._traces.pop(trace_id, None)

    def drop(self, trace_id: str) -> None:
        """Forget here what is pending of a trace whose spans are gone from the file."""
        with self._guard:
            self._traces.pop(trace_id, None)
            self._changed.discard(trace_id)

    def take(self, shipped: Shipped) -> None:
        """Write what another machine has sent of its traces."""
        with self._guard:
            for name, sent in shipped.traces.items():
                pending = self._traces.setdefault(name, Pending(sent.start))
                pending.spans.update(sent.spans)
                pending.texts.update(sent.texts)
                pending.judged = sent.judged or pending.judged
                self._changed.add(name)
        self._write([*shipped.traces])
        with self._guard:
            for name in shipped.finished:
                self._traces.pop(name, None)

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

    def _note(self, span: Span) -> None:
        with self._guard:
            self._traces[span.trace_id].spans[span.position] = span
            self._changed.add(span.trace_id)
            self._count += 1
        if self._count >= MANY:
            self._wake.set()

    def _judge(self, trace_id: str, judged: Judged) -> None:
        with self._guard:
            self._traces[trace_id].judged = judged
            self._changed.add(trace_id)

    def _keep(self, trace_id: str, hash_: str, text: str, kept: Kept) -> None:
        with self._guard:
            self._traces[trace_id].texts[hash_] = (text, kept)

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(SECONDS)
            self._wake.clear()
            if self._changed:
                try:
                    self._write(None)
                except Exception as error:  # noqa: BLE001 - raised by the next call that writes
                    self._failed = error
                    return

    def _write(self, only: Sequence[str] | None) -> None:
        """Write what is pending in one transaction: of some traces, or of all."""
        if self._failed is not None:
            raise self._failed
        with self._writing:
            with self._guard:
                names = [n for n in (self._changed if only is None else only) if n in self._changed]
                if not names:
                    return
                self._changed.difference_update(names)
                self._count = 0
                batches = [taken(self._traces[n]) for n in names]
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
                Batch(self._db, self.target.run, pending, batch, number).write(self._packs)


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
        with self._guard:
            self._traces.pop(trace_id, None)

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
            with self._guard:
                names = [n for n in (self._changed if only is None else only) if n in self._changed]
                self._changed.difference_update(names)
                self._count = 0
                traces = {n: taken(self._traces[n])[1] for n in names}
            if traces or finished:
                self._send(Shipped(traces, finished))

"""Traces of this process that are kept nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from molreflect.graphs.traces.contents import Packer
from molreflect.graphs.traces.packs import Kept
from molreflect.graphs.traces.reader import TextReader
from molreflect.graphs.traces.recorder import SpanRecorder
from molreflect.graphs.traces.redact import Redactor
from molreflect.graphs.traces.spans import Judged, Span, TraceStart
from molreflect.tools.errors import InputError
from molreflect.tools.terms import TraceMode

if TYPE_CHECKING:
    from molreflect.agents.models.prices import Price


class MemoryTrace(TextReader):
    """One trace, to be looked at once it is recorded."""

    def __init__(self) -> None:
        self._spans: dict[int, Span] = {}
        self._texts: dict[str, str] = {}
        self.packer = Packer(TraceMode.FULL, None, self._keep, Redactor())

    @property
    def spans(self) -> list[Span]:
        """The spans so far, in the order they began; long texts stand as hashes."""
        return [self._spans[position] for position in sorted(self._spans)]

    def recorder(self, start: TraceStart, *, price: Price | None = None, nodes: Sequence[str] = ()) -> SpanRecorder:
        """Begin the trace; see `TraceWriter.recorder`."""
        return SpanRecorder(start, self.packer, self._note, self._judge, price=price, nodes=nodes)

    def content(self, hash_: str) -> str:
        """Read a text by its hash.

        Raises:
            InputError: There is no such text.
        """
        if hash_ not in self._texts:
            raise InputError(f"the trace has no text {hash_}")
        return self._texts[hash_]

    def _note(self, span: Span) -> None:
        self._spans[span.position] = span

    def _judge(self, judged: Judged) -> None:
        """Keep nothing: verdicts stand in the spans."""

    def _keep(self, hash_: str, text: str, kept: Kept) -> None:
        self._texts[hash_] = text

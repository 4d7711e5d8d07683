"""What a trace runs with again: resources of today, tools, and the corpus it was made with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool

from molreflect.graphs.batch.prepared_corpus import PreparedCorpus, Report, prepare_corpus
from molreflect.graphs.conversation.conversation import conversation_tools
from molreflect.graphs.replay.recorded import NotReplayableError, Recorded, recorded
from molreflect.graphs.replay.replay import Replayed, replay
from molreflect.graphs.runs.store import RunStore, lexicon_patch_of
from molreflect.graphs.traces.schema import FILE
from molreflect.graphs.traces.store import TraceStore
from molreflect.graphs.traces.summary import TraceSummary
from molreflect.tools.corpus import Corpus, Pair, read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.langchain_tools import build_alignment_tools, build_naming_tool
from molreflect.tools.names.systematic import Namer
from molreflect.tools.resources import Resources, open_resources


@dataclass(frozen=True)
class Bench:
    """What traces of one folder run with again; each part is opened when a trace first needs it."""

    folder: Path
    """A run directory, or the home folder."""
    store: TraceStore
    cache: Path | None
    corpus: str | Path | None
    """The corpus of traces that no run directory knows it of."""
    sample: Path
    """Where conversations look for similar molecules if no corpus is named."""
    report: Report
    _stack: ExitStack

    def load(self, trace: TraceSummary) -> Recorded:
        """Take from a trace what running it again needs.

        Raises:
            NotReplayableError: It does not hold that; the message says why.
        """
        return recorded(self.store, trace, self.store.spans(trace.trace_id))

    def resources(self, kept: Recorded) -> Resources:
        """Open what today's verification of a trace looks things up in.

        Raises:
            NotReplayableError: It was made with a corpus that nobody has named.
            InputError: The corpus cannot be read.
        """
        return self.prepared.resources if kept.setup.get("has_corpus") else self.plain_resources

    def tools(self, kept: Recorded) -> list[BaseTool]:
        """Build the tools that a trace's model could call, over today's resources."""
        if kept.kind == "conversation":
            return conversation_tools(
                self.plain_resources,
                lambda: read_corpus(self.corpus or self.sample),
                namer=self.namer,
                pictures=lambda: self.folder / "pictures",
            )
        tools = build_alignment_tools(self.resources(kept))
        return [*tools, build_naming_tool(self.namer)] if kept.given["view"] == "molecule" else tools

    def row(self, kept: Recorded) -> Mapping[str, Any] | None:
        """Read the record that a run has kept of a trace; None where there is no run, or no such record."""
        if not (self.folder / "run.yaml").is_file():
            return None
        with closing(RunStore.open(self.folder)) as run:
            return run.record(kept.subject)

    @cached_property
    def prepared(self) -> PreparedCorpus:
        """The corpus of the traces, with its evidence.

        Raises:
            NotReplayableError: Nobody has named it.
            InputError: It cannot be read.
        """
        prepared = prepare_corpus(
            self._read_corpus(),
            folder=None,
            cache=self.cache,
            routes=(),
            lexicon_patch=lexicon_patch_of(self.folder),
            report=self.report,
        )  # routes: neighbours are those of then
        self._stack.callback(prepared.close)
        prepared.ready()
        return prepared

    @cached_property
    def plain_resources(self) -> Resources:
        """What phrases are looked up in, without a corpus; in a run, with the classes that it laid over the curated."""
        resources = open_resources(self.cache, lexicon_patch=lexicon_patch_of(self.folder))
        self._stack.callback(resources.close)
        return resources

    @cached_property
    def namer(self) -> Namer:
        """Names molecules; its process is started by the first that is named."""
        return self._stack.enter_context(Namer())

    def _read_corpus(self) -> Corpus:
        if self.corpus is not None:
            return read_corpus(self.corpus)
        if not (self.folder / "run.yaml").is_file():
            raise NotReplayableError("it was made with a corpus, which verification needs again; name it with --corpus")
        return corpus_of_run(self.folder)


@contextmanager
def open_bench(
    folder: Path,
    *,
    cache: Path | None,
    sample: Path,
    corpus: str | Path | None = None,
    report: Report = lambda _: None,
) -> Iterator[Bench]:
    """Open the traces of a run directory or of the home folder, to run them again.

    Args:
        folder: The folder.
        cache: Where names turned into structures are kept.
        sample: Where conversations look for similar molecules if no corpus is named.
        corpus: The corpus of the traces, where it is not a run's.
        report: Told what is going on.

    Raises:
        InputError: There are no traces.
    """
    with ExitStack() as stack:
        store = stack.enter_context(closing(TraceStore(folder / FILE, must_exist=True)))
        yield Bench(folder, store, cache, corpus, sample, report, stack)


def corpus_of_run(folder: Path) -> Corpus:
    """Put the corpus of a run together from its rows.

    Raises:
        InputError: The folder is no run directory.
    """
    with closing(RunStore.open(folder)) as run:
        rows, said = run.rows(), run.settings.get("corpus") or {}
    pairs = tuple(Pair(row.id, row.smiles, row.caption, row.smiles, row.position + 1) for row in rows)
    if not pairs:
        raise InputError(f"{folder} has no rows")
    return Corpus(pairs, (), str(said.get("fingerprint", "")), str(said.get("source", folder.name)))


def replay_traces(
    bench: Bench,
    traces: Sequence[TraceSummary],
    refused: Callable[[TraceSummary, str], None],
    *,
    model_only: bool = False,
) -> Iterator[Replayed]:
    """Replay traces one by one.

    Args:
        bench: What they run with.
        traces: Which ones.
        refused: Told of those that cannot be replayed, and why.
        model_only: As in `replay`.
    """
    for trace in traces:
        try:
            kept = bench.load(trace)
            yield replay(kept, bench.resources(kept), bench.tools(kept), model_only=model_only, row=bench.row(kept))
        except NotReplayableError as error:
            refused(trace, str(error))

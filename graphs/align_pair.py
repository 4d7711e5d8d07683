"""The two ways in: one pair, or a corpus. Opens what the graph needs, runs it, and leaves the trace."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel

from molreflect.agents.models.capabilities import protocol_for
from molreflect.agents.models.lexicon import NAME as LEXICON
from molreflect.agents.models.prices import Price, price_of
from molreflect.agents.models.registry import Sampling, load_chat_model, not_sent
from molreflect.agents.models.tokens import TokenCounter, counter_of
from molreflect.agents.prompts import score as score_prompt
from molreflect.agents.prompts.reflect import NeighbourExample
from molreflect.agents.schemas import PairRecord
from molreflect.agents.teacher.agent import Teacher, build_teacher
from molreflect.agents.teacher.budget import Caps, RunMeter
from molreflect.graphs.alignment.graph import (
    AlignmentContext,
    AlignmentInput,
    AlignmentState,
    Retrieve,
    Score,
    ScoreTarget,
    build_alignment_graph,
)
from molreflect.graphs.batch.executors import ProcessExecutor, WorkerSetup, paying_processes
from molreflect.graphs.batch.prepared_corpus import PreparedCorpus, Report, count_classes, prepare_corpus
from molreflect.graphs.batch.run import (
    DistillResult,
    DistillSettings,
    Progress,
    distill,
    find_neighbours,
    open_run,
    validate_output_folder,
)
from molreflect.graphs.runs.export import Exported, export
from molreflect.graphs.runs.store import RunStore, require_empty
from molreflect.graphs.traces.store import SpanRecorder, TraceStore, new_trace_id
from molreflect.tools.corpus import Corpus, read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.langchain_tools import build_alignment_tools, build_naming_tool
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.names.systematic import Namer
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.storage import run_lock
from molreflect.tools.terms import TeacherProtocol, Verdict, View
from molreflect.tools.views.drawing import Highlight, draw_alignments

SINGLE = "pair"
"""Id of a pair that belongs to no corpus."""


def align_pair(
    smiles: str,
    caption: str,
    *,
    teacher: str = "lexicon",
    base_url: str | None = None,
    sampling: Sampling | None = None,
    protocol: TeacherProtocol = TeacherProtocol.AUTO,
    corpus: Path | None = None,
    cache: Path | None = None,
    home: Path | None = None,
    neighbours: int = 2,
    report: Report = lambda _: None,
) -> PairRecord:
    """Align one pair.

    Args:
        smiles: The molecule.
        caption: Its caption.
        teacher: As in `molreflect.agents.models.registry.load_chat_model`.
        base_url: Address of an OpenAI-compatible server.
        sampling: How it is sampled.
        protocol: How it is spoken to; `auto` asks it once.
        corpus: Pairs that give evidence and neighbours; without one, chemistry alone judges.
        cache: Where names turned into structures are kept.
        home: Where the trace is kept; None keeps none.
        neighbours: Neighbours shown in reflection.
        report: Told what is going on.

    Raises:
        InputError: The SMILES cannot be read, the caption is empty, or the teacher cannot be had.
    """
    molecule = read_molecule(smiles)
    if not caption.strip():
        raise InputError("the caption is empty; pass the text that describes the molecule")
    model = load_chat_model(teacher, base_url=base_url, sampling=sampling)
    spoken = protocol_for(model)[0] if protocol == TeacherProtocol.AUTO else protocol
    with contextlib.ExitStack() as stack:
        if corpus is not None:
            read = read_corpus(corpus)
            prepared = prepare_corpus(read, folder=None, cache=cache, routes=("molecule",), report=report)
            stack.callback(prepared.close)
            resources = prepared.resources
            own = next((p.id for p in read.pairs if p.smiles == molecule.smiles and p.caption == caption), SINGLE)
        else:
            prepared, resources, own = None, open_resources(cache), SINGLE
            stack.callback(resources.close)
        voice = build_teacher(
            model, build_alignment_tools(resources), name=teacher, protocol=spoken, price=price_of(teacher),
            counter=counter_of(model),
        )  # fmt: skip
        context = AlignmentContext(
            teacher=voice,
            resources=resources,
            retrieve=_drafting_retrieval(prepared, voice, molecule.smiles, neighbours) if prepared else None,
            index_hash=prepared.index.index_hash if prepared and prepared.index else "",
        )
        report("aligning")
        recorder = SpanRecorder(new_trace_id())
        pair = AlignmentInput(id=own, smiles=molecule.smiles, caption=caption, trace_id=recorder.trace_id)
        try:
            record = _run(context, pair, recorder)
        finally:
            if home is not None:
                home.mkdir(parents=True, exist_ok=True)
                with contextlib.closing(TraceStore(home / "traces.sqlite")) as traces:
                    traces.add(own, "alignment", recorder.spans)
    return record


@dataclass(frozen=True)
class TeacherSetup:
    """A teacher's model with everything that is settled about it before a run begins."""

    model: BaseChatModel
    settings: DistillSettings
    """With the protocol settled."""
    price: Price | None
    counter: TokenCounter
    unsent: tuple[str, ...]
    """Sampling settings that the provider has no word for."""

    def teacher(self, resources: Resources, stack: contextlib.ExitStack, meter: RunMeter) -> Teacher:
        """The teacher over the tools of a prepared corpus; what it opens is closed by the stack."""
        tools = build_alignment_tools(resources)
        if self.settings.view is View.MOLECULE:
            tools.append(build_naming_tool(stack.enter_context(Namer())))
        settings = self.settings
        assert settings.protocol != TeacherProtocol.AUTO
        return build_teacher(
            self.model, tools, name=settings.teacher, limits=settings.limits, protocol=settings.protocol,
            price=self.price, meter=meter, counter=self.counter,
        )  # fmt: skip

    def meter(self, spent: RunStore | None = None) -> RunMeter:
        """The account of a run, with what it has spent before."""
        currency = self.price.currency if self.price is not None else ""
        return RunMeter(self.settings.caps, spent=spent.spent() if spent is not None else None, currency=currency)

    def account(self) -> dict[str, Any]:
        """How tokens and money are counted, for `run.yaml`."""
        price = self.price
        return {
            "tokens_where_the_provider_reports_none": self.counter.how,
            "price": None if price is None else {
                "input": price.input, "output": price.output, "currency": price.currency, "per_tokens": 1_000_000,
                "entry": price.entry, "table": price.source,
            },
            "sampling_not_sent": list(self.unsent),
        }  # fmt: skip


def open_teacher_setup(
    settings: DistillSettings,
    *,
    prices: Path | None = None,
    resumed: Path | None = None,
    report: Report = lambda _: None,
) -> TeacherSetup:
    """Load a teacher's model and settle how it is spoken to and what it costs.

    Args:
        settings: Of the run.
        prices: The user's own price table.
        resumed: A run directory that is gone on with: what was settled there stays settled.
        report: Told what is going on, and what the provider will not be sent.

    Raises:
        InputError: The teacher cannot be had or cannot be reached, or money is bounded and the model has no price.
    """
    model = load_chat_model(settings.teacher, base_url=settings.base_url, sampling=settings.sampling)
    price = price_of(settings.teacher, prices)
    if price is None and (settings.limits.cost is not None or settings.caps.cost is not None):
        raise InputError(
            f"a bound on money needs the price of {settings.teacher!r}, which stands in no table; write a file with "
            f'[models."{settings.teacher}"] input = ... output = ... (per million tokens) and pass it with --prices'
        )
    unsent = not_sent(settings.teacher, settings.sampling, base_url=settings.base_url)
    if settings.protocol == TeacherProtocol.AUTO:
        known = _settled_protocol(resumed) if resumed is not None else None
        if known is None:
            report("asking the teacher whether it calls tools")
            known, _ = protocol_for(model)
        settings = replace(settings, protocol=known)
    return TeacherSetup(model, settings, price, counter_of(model), unsent)


def _settled_protocol(folder: Path) -> TeacherProtocol | None:
    if not (folder / "run.yaml").is_file():
        return None
    with contextlib.closing(RunStore.open(folder)) as store:
        known = store.settings.get("settings", {}).get("protocol")
    return TeacherProtocol(known) if known in ("tools", "json") else None


def distill_corpus(
    source: str,
    out: Path,
    settings: DistillSettings,
    *,
    limit: int | None = None,
    resume: bool = False,
    cache: Path | None = None,
    chroma_url: str | None = None,
    prices: Path | None = None,
    report: Report = lambda _: None,
    progress: Progress = lambda what, done, of: None,
) -> tuple[DistillResult, Exported]:
    """Distil a corpus into a run directory and export what is derived from it.

    Raises:
        InputError: Corpus, settings, teacher, student or directory cannot be used; nothing is begun then.
    """
    report("reading the corpus")
    load_chat_model(
        settings.teacher, base_url=settings.base_url, sampling=settings.sampling
    )  # a missing key is said first
    if not resume:
        require_empty(out)
    corpus = read_usable(source, limit)
    voice = open_teacher_setup(settings, prices=prices, resumed=out if resume else None, report=report)
    settings = voice.settings
    validate_output_folder(out, corpus, settings, resume=resume)  # before an index is built where it does not belong
    score, score_target = (None, None) if settings.student is None else student_scores(settings.student)
    existed = out.exists()
    prepared = prepare_corpus(
        corpus, folder=out / "index", cache=cache, chroma_url=chroma_url, routes=settings.routes, report=report
    )
    try:
        hash_ = prepared.index.index_hash if prepared.index is not None else ""
        with contextlib.ExitStack() as stack:
            opened = open_run(out, corpus, settings, index_hash=hash_, resume=resume, account=voice.account())
            store = stack.enter_context(contextlib.closing(opened))
            teacher = voice.teacher(prepared.resources, stack, voice.meter(store))
            report("starting processes")
            rows = store.rows("pending", "drafted")
            aside = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="neighbours"))
            found = aside.submit(find_neighbours, rows, prepared, settings)
            executor = open_processes(prepared, settings, hash_, stack, rows=len(rows), prices=prices)
            result = distill(
                store, prepared, teacher, settings, score=score, score_target=score_target, progress=progress,
                executor=executor, found=found,
            )  # fmt: skip
            report("exporting")
            return result, export(store)
    finally:
        prepared.close()
        if not existed and out.is_dir() and not (out / "run.yaml").is_file():
            _remove_unstarted(out)


def read_usable(source: str, limit: int | None = None) -> Corpus:
    """Read a corpus that must have at least one row to work on.

    Raises:
        InputError: It cannot be read, or none of its rows can.
    """
    corpus = read_corpus(source, limit=limit)
    if not corpus.pairs:
        first = corpus.bad_rows[0]
        raise InputError(f"{source} has no usable row; line {first.line}: {first.reason}")
    return corpus


def open_processes(
    prepared: PreparedCorpus,
    settings: DistillSettings,
    index_hash: str,
    stack: contextlib.ExitStack,
    *,
    rows: int,
    prices: Path | None = None,
) -> ProcessExecutor | None:
    """Processes for a batch, where more than one is asked for or pays; None leaves it to threads of this one.

    Args:
        prepared: The prepared corpus.
        settings: With the protocol settled.
        index_hash: Of the neighbour index.
        stack: Ends the processes.
        rows: Rows to be worked on.
        prices: The user's own price table.
    """
    wanted = settings.processes
    if wanted is None:
        # The lexicon and a student are this machine's own work, which is not waited for; a cap is kept by one meter.
        alone = settings.teacher == LEXICON or settings.student is not None or settings.caps != Caps()
        wanted = 1 if alone else paying_processes(settings.workers, rows)
    if wanted == 1 or not rows:
        return None
    if prepared.resources.evidence is not None:
        _ = prepared.resources.evidence.library  # cut once and read from its file, not by every process for itself
    worker_setup = WorkerSetup(
        corpus=prepared.corpus, phrases=prepared.phrases, folder=prepared.folder, cache=prepared.cache,
        settings=settings.pair_settings(), index_hash=index_hash,
        open_teacher=partial(open_teacher, settings, prices), calls=-(-settings.workers // wanted),
        reads_names=prepared.resources.nomenclature.parses > 0,
    )  # fmt: skip
    executor = stack.enter_context(ProcessExecutor(worker_setup, wanted))
    count_classes(prepared, enough=lambda: executor.ready)
    executor.wait_ready()
    return executor


def open_teacher(
    settings: DistillSettings, prices: Path | None, resources: Resources, stack: contextlib.ExitStack
) -> Teacher:
    """The teacher once more, in a process that shares the work."""
    return open_teacher_setup(settings, prices=prices).teacher(resources, stack, RunMeter())


def student_scores(student: str) -> tuple[Score, ScoreTarget]:
    """The student's perplexities: of alignments given the input side, and of the output side given both."""
    from molreflect.agents.student.local import Student

    voice, turn = Student.load(student), threading.Lock()

    def perplexity(prompts: list[list[dict[str, str]]], texts: list[str]) -> list[float]:
        with turn:  # a tokenizer's settings are its own state, and workers share it
            return voice.perplexity(prompts, texts)

    def score(shown: str, texts: Sequence[str]) -> Sequence[float]:
        # An empty set of alignments says nothing: any text is preferred to it.
        filled = [text for text in texts if text]
        values = iter(perplexity([score_prompt.request(shown)] * len(filled), filled))
        return [next(values) if text else float("inf") for text in texts]

    def score_target(shown: str, texts: Sequence[str], target: str, molecule: bool) -> Sequence[float]:
        prompts = [score_prompt.target_request(shown, text, molecule=molecule) for text in texts]
        return perplexity(prompts, [target] * len(texts))

    return score, score_target


def draw_record(record: PairRecord) -> str:
    """The molecule of a record with its supported alignments, as SVG."""
    if record.smiles is None:
        raise InputError(f"record {record.id!r} has no molecule to draw")
    return draw_alignments(read_molecule(record.smiles), highlights_of(record))


def highlights_of(record: PairRecord) -> list[Highlight]:
    """What to colour: one group of atoms for every supported alignment, in the caption's order."""
    return [
        Highlight(a.phrase, a.atoms, str(number))
        for number, a in enumerate(a for a in record.alignments if a.verdict is Verdict.SUPPORTED and a.atoms)
    ]


def _run(context: AlignmentContext, pair: AlignmentInput, recorder: SpanRecorder) -> PairRecord:
    state = AlignmentState(id=pair.id, view=pair.view, smiles=pair.smiles, caption=pair.caption, trace_id=pair.trace_id)
    final: dict[str, Any] = build_alignment_graph().invoke(
        state, {"callbacks": [recorder], "recursion_limit": 100}, context=context
    )
    record: PairRecord = final["record"]
    return record


def _drafting_retrieval(prepared: PreparedCorpus, teacher: Teacher, smiles: str, k: int) -> Retrieve:
    """Neighbours of a single pair; their drafts are made on the spot, since no batch made them before."""
    index = prepared.ready()
    assert index is not None  # opened with the molecule route

    def retrieve(_: str) -> tuple[NeighbourExample, ...]:
        graph = build_alignment_graph(part="draft")
        context = AlignmentContext(teacher=teacher, resources=prepared.resources)
        found = index.neighbours(smiles, by="molecule", k=k, exclude={read_molecule(smiles).block}) if k else ()
        return tuple(
            NeighbourExample(n.id, n.smiles, n.caption, n.similarity, graph.invoke(
                AlignmentState(id=n.id, view=View.PAIR, smiles=n.smiles, caption=n.caption), context=context
            )["drafted"])
            for n in found
        )  # fmt: skip

    return retrieve


def _remove_unstarted(out: Path) -> None:
    """Remove what an attempt left that never became a run, unless another process is making one there."""
    with contextlib.suppress(InputError), run_lock(out):
        if not (out / "run.yaml").is_file():
            shutil.rmtree(out)

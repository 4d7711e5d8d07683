"""The two ways in: one pair, or a corpus. Opens what the graph needs, runs it, and leaves the trace."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agents.models import load_chat_model
from agents.prompts import score as score_prompt
from agents.prompts.reflect import NeighbourExample
from agents.schemas import PairRecord, View
from agents.teacher import Teacher, build_teacher
from graphs.alignment import (
    AlignmentContext,
    AlignmentInput,
    AlignmentState,
    Retrieve,
    Score,
    build_alignment_graph,
)
from graphs.distill import DistillResult, DistillSettings, Progress, check_out, distill, open_run
from graphs.export import Exported, export
from graphs.run_store import refuse_taken
from graphs.traces import SpanRecorder, TraceStore, new_trace_id
from graphs.workspace import Report, Workspace, open_workspace
from tools.bindings import build_alignment_tools, build_naming_tool
from tools.corpus import read_corpus
from tools.drawing import Highlight, draw_alignments
from tools.errors import ChemInputError
from tools.molecule import read_molecule
from tools.naming import Namer
from tools.toolbox import open_toolbox
from tools.verdicts import Verdict

SINGLE = "pair"
"""Id of a pair that belongs to no corpus."""


def align_pair(
    smiles: str,
    caption: str,
    *,
    teacher: str = "lexicon",
    base_url: str | None = None,
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
        teacher: As in `agents.models.load_chat_model`.
        base_url: Address of an OpenAI-compatible server.
        corpus: Pairs that give evidence and neighbours; without one, chemistry alone judges.
        cache: Where names turned into structures are kept.
        home: Where the trace is kept; None keeps none.
        neighbours: Neighbours shown in reflection.
        report: Told what is going on.

    Raises:
        ChemInputError: The SMILES cannot be read, the caption is empty, or the teacher cannot be had.
    """
    molecule = read_molecule(smiles)
    if not caption.strip():
        raise ChemInputError("the caption is empty; pass the text that describes the molecule")
    model = load_chat_model(teacher, base_url=base_url)
    with contextlib.ExitStack() as stack:
        if corpus is not None:
            read = read_corpus(corpus)
            workspace = open_workspace(read, folder=None, cache=cache, routes=("molecule",), report=report)
            stack.callback(workspace.close)
            toolbox = workspace.toolbox
            own = next((p.id for p in read.pairs if p.smiles == molecule.smiles and p.caption == caption), SINGLE)
        else:
            workspace, toolbox, own = None, open_toolbox(cache), SINGLE
            stack.callback(toolbox.close)
        voice = build_teacher(model, build_alignment_tools(toolbox), name=teacher)
        context = AlignmentContext(
            teacher=voice,
            toolbox=toolbox,
            retrieve=_drafting_retrieval(workspace, voice, molecule.smiles, neighbours) if workspace else None,
            index_hash=workspace.index.index_hash if workspace and workspace.index else "",
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


def distill_corpus(
    source: str,
    out: Path,
    settings: DistillSettings,
    *,
    limit: int | None = None,
    resume: bool = False,
    cache: Path | None = None,
    chroma_url: str | None = None,
    report: Report = lambda _: None,
    progress: Progress = lambda what, done, of: None,
) -> tuple[DistillResult, Exported]:
    """Distil a corpus into a run directory and export what is derived from it.

    Raises:
        ChemInputError: Corpus, settings, teacher, student or directory cannot be used; nothing is begun then.
    """
    report("reading the corpus")
    model = load_chat_model(settings.teacher, base_url=settings.base_url, sampling=settings.sampling)
    if not resume:
        refuse_taken(out)
    corpus = read_corpus(source, limit=limit)
    if not corpus.pairs:
        first = corpus.bad_rows[0]
        raise ChemInputError(f"{source} has no usable row; line {first.line}: {first.reason}")
    check_out(out, corpus, settings, resume=resume)  # before an index is built where it does not belong
    score = student_score(settings.student) if settings.student is not None else None
    existed = out.exists()
    workspace = open_workspace(
        corpus, folder=out / "index", cache=cache, chroma_url=chroma_url, routes=settings.routes, report=report
    )
    try:
        hash_ = workspace.index.index_hash if workspace.index is not None else ""
        with contextlib.ExitStack() as stack:
            store = stack.enter_context(
                contextlib.closing(open_run(out, corpus, settings, index_hash=hash_, resume=resume))
            )
            tools = build_alignment_tools(workspace.toolbox)
            if settings.view is View.MOLECULE:
                tools.append(build_naming_tool(stack.enter_context(Namer())))
            teacher = build_teacher(model, tools, name=settings.teacher)
            result = distill(store, workspace, teacher, settings, score=score, progress=progress)
            report("exporting")
            return result, export(store)
    finally:
        workspace.close()
        if not existed and out.is_dir() and not (out / "run.yaml").is_file():
            _remove_unbegun(out)


def student_score(student: str) -> Score:
    """The student's perplexity of alignments, given the input side."""
    from agents.student import Student

    voice = Student.load(student)

    def score(shown: str, texts: Sequence[str]) -> Sequence[float]:
        # An empty set of alignments says nothing: any text is preferred to it.
        filled = [text for text in texts if text]
        values = iter(voice.perplexity([score_prompt.request(shown)] * len(filled), filled))
        return [next(values) if text else float("inf") for text in texts]

    return score


def draw_record(record: PairRecord) -> str:
    """The molecule of a record with its supported alignments, as SVG."""
    if record.smiles is None:
        raise ChemInputError(f"record {record.id!r} has no molecule to draw")
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


def _drafting_retrieval(workspace: Workspace, teacher: Teacher, smiles: str, k: int) -> Retrieve:
    """Neighbours of a single pair; their drafts are made on the spot, since no batch made them before."""
    index = workspace.ready()
    assert index is not None  # opened with the molecule route

    def retrieve(_: str) -> tuple[NeighbourExample, ...]:
        graph = build_alignment_graph(part="draft")
        context = AlignmentContext(teacher=teacher, toolbox=workspace.toolbox)
        found = index.neighbours(smiles, by="molecule", k=k, exclude={read_molecule(smiles).block}) if k else ()
        return tuple(
            NeighbourExample(n.id, n.smiles, n.caption, n.similarity, graph.invoke(
                AlignmentState(id=n.id, view=View.PAIR, smiles=n.smiles, caption=n.caption), context=context
            )["drafted"])
            for n in found
        )  # fmt: skip

    return retrieve


def _remove_unbegun(out: Path) -> None:
    """Remove what an attempt left that never became a run, so that nothing half-written looks whole."""
    import shutil

    shutil.rmtree(out)

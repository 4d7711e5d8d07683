"""Align one pair: open what the graph needs, run it, and leave the trace."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from molreflect.agents.errors import CapReachedError, TeacherError
from molreflect.agents.models.capabilities import protocol_for
from molreflect.agents.models.prices import price_of
from molreflect.agents.models.registry import Sampling, load_chat_model
from molreflect.agents.models.tokens import counter_of
from molreflect.agents.prompts.reflect import NeighbourExample
from molreflect.agents.schemas import PairRecord
from molreflect.agents.teacher.agent import Teacher, build_teacher
from molreflect.agents.teacher.budget import RunMeter
from molreflect.agents.teacher.endpoint import Endpoint, EndpointPolicy
from molreflect.graphs.alignment.graph import build_alignment_graph
from molreflect.graphs.alignment.state import AlignmentContext, AlignmentInput, AlignmentState, Retrieve
from molreflect.graphs.alignment.traced import setup_of, trace_start
from molreflect.graphs.batch.prepared_corpus import (
    PreparedCorpus,
    Report,
    prepare_corpus,
)
from molreflect.graphs.traces.contents import private_key
from molreflect.graphs.traces.schema import FILE
from molreflect.graphs.traces.spans import new_trace_id
from molreflect.graphs.traces.writer import TraceTarget, TraceWriter, open_writer
from molreflect.tools.corpus import Corpus, caption_problem, read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.langchain_tools import build_alignment_tools
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.storage import atomic_path, atomic_write_text
from molreflect.tools.terms import (
    TeacherProtocol,
    TraceMode,
    Verdict,
    View,
)
from molreflect.tools.views.drawing import MAX_HIGHLIGHTS, Highlight, draw_alignments, draw_alignments_png
from molreflect.tools.views.html import alignment_page

PATIENCE = 60.0
"""Seconds that somebody who waits for one pair gives an endpoint that answers nothing."""
SINGLE = "pair"
"""Id of a pair that belongs to no corpus."""
PNG_RESOLUTION = 2.0
"""Dots of a picture for each pixel: sharp on most screens and in most documents."""


class PairAligner:
    """Aligns pairs one by one, with a teacher and resources that were opened once; see `open_aligner`."""

    def __init__(
        self, context: AlignmentContext, prepared: PreparedCorpus | None, neighbours: int, traces: TraceWriter | None
    ) -> None:
        self._context, self._prepared, self._neighbours, self._traces = context, prepared, neighbours, traces
        self._graph = build_alignment_graph()

    def align(self, smiles: str, caption: str) -> PairRecord:
        """Align one pair, and leave its trace.

        Args:
            smiles: The molecule.
            caption: Its caption.

        Raises:
            InputError: The SMILES cannot be read, the caption is empty, or the teacher cannot be asked.
        """
        molecule = _checked(smiles, caption)
        # A meter of its own: an endpoint that answered nothing to one pair is asked again for the next.
        context = replace(self._context, teacher=replace(self._context.teacher, meter=RunMeter()))
        own = SINGLE
        if self._prepared is not None:
            pairs = self._prepared.corpus.pairs
            own = next((p.id for p in pairs if p.smiles == molecule.smiles and p.caption == caption), SINGLE)
            retrieve = _drafting_retrieval(self._prepared, context.teacher, molecule.smiles, self._neighbours)
            context = replace(context, retrieve=retrieve)
        pair = AlignmentInput(id=own, smiles=molecule.smiles, caption=caption, trace_id=new_trace_id())
        try:
            return self._run(context, pair)
        except CapReachedError as error:  # there is no cap here: the endpoint ended it
            raise TeacherError(f"teacher {context.teacher.name!r}: {error}") from error
        finally:
            if self._traces is not None:
                self._traces.finish(pair.trace_id)

    def _run(self, context: AlignmentContext, pair: AlignmentInput) -> PairRecord:
        recorders = []
        if self._traces is not None:
            start = trace_start(pair, setup_of(context))
            recorders.append(self._traces.recorder(start, price=context.teacher.price))
        state = AlignmentState(
            id=pair.id, view=pair.view, smiles=pair.smiles, caption=pair.caption, trace_id=pair.trace_id
        )
        final: dict[str, Any] = self._graph.invoke(
            state, {"callbacks": recorders, "recursion_limit": 100}, context=context
        )
        record: PairRecord = final["record"]
        return record


@contextlib.contextmanager
def open_aligner(
    *,
    teacher: str = "lexicon",
    base_url: str | None = None,
    sampling: Sampling | None = None,
    protocol: TeacherProtocol = TeacherProtocol.AUTO,
    corpus: str | Path | Corpus | None = None,
    resources: Resources | None = None,
    cache: Path | None = None,
    home: Path | None = None,
    neighbours: int = 2,
    trace: TraceMode = TraceMode.FULL,
    private: bool = False,
    report: Report = lambda _: None,
) -> Iterator[PairAligner]:
    """Open what aligning takes, for as many pairs as there are.

    Args:
        teacher: As in `molreflect.agents.models.registry.load_chat_model`.
        base_url: Address of an OpenAI-compatible server.
        sampling: How it is sampled.
        protocol: How it is spoken to; `auto` asks it once.
        corpus: Pairs that give evidence and neighbours; without one, chemistry alone judges.
        resources: What phrases are looked up in, where no corpus is given and they are open already.
        cache: Where names turned into structures are kept.
        home: Where traces are kept; None keeps none.
        neighbours: Neighbours shown in reflection.
        trace: How much of each pair is kept as a trace.
        private: Whether traces hold hashes in place of molecules and texts.
        report: Told what is going on.

    Raises:
        InputError: The teacher cannot be had, or the corpus cannot be read.
    """
    how = sampling or Sampling()
    model = load_chat_model(teacher, base_url=base_url, sampling=replace(how, retries=min(2, how.retries)))
    spoken = protocol_for(model)[0] if protocol == TeacherProtocol.AUTO else protocol
    model = load_chat_model(teacher, base_url=base_url, sampling=replace(how, retries=0))  # the endpoint asks again
    with contextlib.ExitStack() as stack:
        prepared = None
        if corpus is not None:
            read = corpus if isinstance(corpus, Corpus) else read_corpus(corpus)
            prepared = prepare_corpus(read, folder=None, cache=cache, routes=("molecule",), report=report)
            stack.callback(prepared.close)
            resources = prepared.resources
        elif resources is None:
            resources = open_resources(cache)
            stack.callback(resources.close)
        voice = build_teacher(
            model,
            build_alignment_tools(resources),
            name=teacher,
            protocol=spoken,
            price=price_of(teacher),
            counter=counter_of(model),
            endpoint=Endpoint(EndpointPolicy(retries=how.retries, patience=PATIENCE), say=report),
        )
        hash_ = prepared.index.index_hash if prepared and prepared.index else ""
        context = AlignmentContext(teacher=voice, resources=resources, index_hash=hash_)
        traces = None
        if home is not None:
            home.mkdir(parents=True, exist_ok=True)
            key = private_key(home) if private else None
            traces = open_writer(TraceTarget(path=home / FILE, mode=trace, key=key), stack)
        report("aligning")
        yield PairAligner(context, prepared, neighbours, traces)


def align_pair(smiles: str, caption: str, **options: Any) -> PairRecord:
    """Align one pair.

    Args:
        smiles: The molecule.
        caption: Its caption.
        **options: As in `open_aligner`.

    Raises:
        InputError: The SMILES cannot be read, the caption is empty, or the teacher cannot be had.
    """
    _checked(smiles, caption)  # before anything is opened
    with open_aligner(**options) as aligner:
        return aligner.align(smiles, caption)


def _checked(smiles: str, caption: str) -> Molecule:
    molecule = read_molecule(smiles)
    if not caption.strip():
        raise InputError("the caption is empty; pass the text that describes the molecule")
    if (problem := caption_problem(caption)) is not None:
        raise InputError(problem)
    return molecule


PICTURES = (".svg", ".png", ".html")
"""Endings of the files that `save_picture` writes."""


def save_picture(path: Path, record: PairRecord, *, legend: bool = True, atom_numbers: bool = False) -> None:
    """Draw the supported alignments of a record into a file, by its ending: SVG, PNG, or a page with all that is known.

    Args:
        path: The file; its folder is there.
        record: What is drawn.
        legend: Name the phrases below an SVG or PNG.
        atom_numbers: Write the 0-based index beside each atom of an SVG or PNG.

    Raises:
        InputError: The ending is another one, or the molecule cannot be drawn.
    """
    ending = path.suffix.lower()
    if ending not in PICTURES:
        raise InputError(f"{path} must end in {', '.join(PICTURES[:-1])} or {PICTURES[-1]}")
    if ending == ".html":
        atomic_write_text(path, alignment_page(record.to_json()))
        return
    if record.smiles is None:
        raise InputError(f"record {record.id!r} has no molecule to draw")
    molecule = read_molecule(record.smiles)
    options: dict[str, Any] = {"legend": legend, "atom_numbers": atom_numbers}
    if ending == ".svg":
        atomic_write_text(path, draw_alignments(molecule, highlights_of(record), **options))
        return
    with atomic_path(path) as part:
        part.write_bytes(draw_alignments_png(molecule, highlights_of(record), resolution=PNG_RESOLUTION, **options))


def highlights_of(record: PairRecord) -> list[Highlight]:
    """What to colour: one group of atoms for every supported alignment, in the caption's order."""
    found = [a for a in record.alignments if a.verdict is Verdict.SUPPORTED and a.atoms]
    return [Highlight(a.phrase, a.atoms, str(number)) for number, a in enumerate(found[:MAX_HIGHLIGHTS])]


def _drafting_retrieval(prepared: PreparedCorpus, teacher: Teacher, smiles: str, k: int) -> Retrieve:
    """Neighbours of a single pair; their drafts are made on the spot, since no batch made them before."""
    index = prepared.ready()
    assert index is not None  # opened with the molecule route

    def retrieve(_: str) -> tuple[NeighbourExample, ...]:
        graph = build_alignment_graph(part="draft")
        context = AlignmentContext(teacher=teacher, resources=prepared.resources)
        found = index.neighbours(smiles, by="molecule", k=k, exclude={read_molecule(smiles).block}) if k else ()
        return tuple(
            NeighbourExample(
                n.id,
                n.smiles,
                n.caption,
                n.similarity,
                graph.invoke(
                    AlignmentState(id=n.id, view=View.PAIR, smiles=n.smiles, caption=n.caption), context=context
                )["drafted"],
            )
            for n in found
        )

    return retrieve

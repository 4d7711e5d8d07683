"""What is computed once per corpus before any pair is looked at: names, phrases, evidence and the neighbour index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt

from molreflect.graphs.batch.pair_readings import read_pairs
from molreflect.tools.corpus import Corpus, RowsOf
from molreflect.tools.evidence.corpus_evidence import CorpusEvidence
from molreflect.tools.molecules.read import quiet_rdkit
from molreflect.tools.names.from_corpus import Definition
from molreflect.tools.names.structures import Nomenclature
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.retrieval.index import NeighbourIndex
from molreflect.tools.retrieval.vectors import IndexSettings, Route

Report = Callable[[str], None]
"""Told what is being prepared, for the progress line."""


class Elsewhere(Protocol):
    """Processes that take some of the work while captions are read."""

    def begin_names(self, names: Sequence[str], cache: Path) -> Callable[[], None]:
        """Begin to turn names into structures and to keep them in the folder `cache`; the answer waits for it."""

    def spread(self, function: RowsOf, smiles: Sequence[str]) -> npt.NDArray[Any]:
        """Compute one entry of an array for each molecule, shape (n_molecules, ...)."""


_NAMES_AT_ONCE = 400
"""Names that are gathered before others are asked to read them: some fifty captions have so many."""


@dataclass(frozen=True)
class PreparedCorpus:
    """A corpus with everything that is looked up in it."""

    corpus: Corpus
    resources: Resources
    index: NeighbourIndex | None
    phrases: Mapping[str, frozenset[str]]
    """Keys of the structural phrases that evidence counts, by pair id."""
    definitions: Mapping[str, tuple[Definition, ...]]
    """Names that pairs define, by pair id."""
    folder: Path | None
    cache: Path | None
    building: tuple[Future[None] | None, ...] = ()
    """The index and the evidence's screens, under construction beside other work; `ready` waits for them."""

    new_names: bool = False
    """Whether the cache did not know all names."""

    def ready(self) -> NeighbourIndex | None:
        """The index, once it and the evidence's screens are built.

        Raises:
            InputError: One of them could not be built.
        """
        for part in filter(None, self.building):
            part.result()
        return self.index

    def close(self) -> None:
        """Close caches and give the index folder back."""
        for part in filter(None, self.building):
            part.exception()  # waits: nothing may be closed under the builder's feet
        self.resources.close()
        if self.resources.evidence is not None:
            self.resources.evidence.close()
        if self.index is not None:
            self.index.close()


def prepare_corpus(
    corpus: Corpus,
    *,
    folder: Path | None,
    cache: Path | None,
    settings: IndexSettings | None = None,
    chroma_url: str | None = None,
    routes: tuple[Route, ...] = ("molecule", "caption"),
    lexicon_patch: str | None = None,
    report: Report = lambda _: None,
    elsewhere: Elsewhere | None = None,
) -> PreparedCorpus:
    """Prepare a corpus, or reuse what an earlier run left beside its index.

    Args:
        corpus: The pairs.
        folder: Where index and evidence are kept; None keeps them in memory.
        cache: Where names turned into structures are kept, shared by all corpora; None keeps them in memory.
        settings: What decides which neighbours are found.
        chroma_url: A Chroma server in place of a folder.
        routes: What retrieval will be asked for; empty opens no index.
        lexicon_patch: As `open_resources` takes it.
        report: Told what is going on.
        elsewhere: Processes that turn names into structures, and compute what concerns one molecule, while captions are
            read; None leaves it to this one.
    """
    spread = None if elsewhere is None else elsewhere.spread
    index = None
    if routes:
        index = NeighbourIndex(corpus, folder, settings=settings, chroma_url=chroma_url, routes=routes, spread=spread)
    # Sentence embeddings are torch's work and the rest is Python's: built at the same time, the index costs little.
    pool = ThreadPoolExecutor(1, thread_name_prefix="index")
    building = None
    try:
        if index is not None:
            _ = index.index_hash  # says at once when the embedding model is missing
            building = pool.submit(index.prepare_batch, routes)
        resources = open_resources(cache, lexicon_patch=lexicon_patch)
        ahead = _NamesAhead(resources.nomenclature, cache, elsewhere)
        report("reading captions")
        with quiet_rdkit():
            readings = read_pairs(corpus, resources, folder, heard=ahead.hear)
        report("turning names into structures")
        ahead.wait()
        definitions = {pair_id: reading.defined for pair_id, reading in readings.items() if reading.defined}
        resources.nomenclature.learn_definitions(definitions.items())
        names = sorted({name for reading in readings.values() for name in reading.names})
        resources.nomenclature.resolve(names)
        keys = {pair_id: frozenset(reading.keys) for pair_id, reading in readings.items()}
        report("gathering corpus evidence")
        evidence = CorpusEvidence(corpus, keys, folder, spread)
        counting = pool.submit(evidence.prepare)  # after the index, which keeps half of it in the folder
        return PreparedCorpus(
            corpus,
            resources.with_evidence(evidence),
            index,
            keys,
            definitions,
            folder,
            cache,
            (building, counting),
            new_names=ahead.new,
        )
    except BaseException:
        if index is not None and building is not None:
            building.exception()
            index.close()
        raise
    finally:
        pool.shutdown(wait=False)


class _NamesAhead:
    """Names that are turned into structures elsewhere while captions are still read."""

    def __init__(self, nomenclature: Nomenclature, cache: Path | None, elsewhere: Elsewhere | None) -> None:
        self._nomenclature, self._cache, self._elsewhere = nomenclature, cache, elsewhere
        self._heard: set[str] = set()
        self._gathered: list[str] = []
        self._waits: list[Callable[[], None]] = []
        self.new = False
        """Whether the cache did not know all names."""

    def hear(self, names: Iterable[str]) -> None:
        """Have names read that were not heard before, many at a time."""
        fresh = [name for name in names if name not in self._heard]
        self._heard.update(fresh)
        self._gathered += fresh
        if len(self._gathered) >= _NAMES_AT_ONCE:
            self._ask()

    def wait(self) -> None:
        """Wait for all that was asked for.

        Raises:
            InputError: Java or OPSIN is not installed.
        """
        self._ask()
        for wait in self._waits:
            wait()

    def _ask(self) -> None:
        gathered, self._gathered = self._gathered, []
        unknown = self._nomenclature.unknown(gathered)
        self.new |= bool(unknown)
        if unknown and self._elsewhere is not None and self._cache is not None:
            self._waits.append(self._elsewhere.begin_names(unknown, self._cache))


def reopen_resources(
    corpus: Corpus,
    phrases: Mapping[str, frozenset[str]],
    definitions: Mapping[str, tuple[Definition, ...]],
    *,
    folder: Path | None,
    cache: Path | None,
    lexicon_patch: str | None = None,
    reads_names: bool = False,
) -> Resources:
    """The resources of a prepared once more, for another process: files are shared, memory is not.

    Args:
        corpus: As `prepare_corpus` was given it.
        phrases: `PreparedCorpus.phrases`.
        definitions: `PreparedCorpus.definitions`.
        folder: `PreparedCorpus.folder`. Evidence in it may be used by several processes at a time.
        cache: `PreparedCorpus.cache`.
        lexicon_patch: As `prepare_corpus` was given it.
        reads_names: Start Java now: the cache lacked names, so it will lack some that only a look at a molecule asks
            for. Later, the first such name would hold up all pairs in work.
    """
    resources = open_resources(cache, lexicon_patch=lexicon_patch)
    if reads_names:
        resources.nomenclature.start()
    resources.nomenclature.learn_definitions(definitions.items())
    return resources.with_evidence(CorpusEvidence(corpus, phrases, folder))

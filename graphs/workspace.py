"""What is computed once per corpus before any pair is looked at: names, phrases, evidence and the neighbour index."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools.corpus import Corpus
from tools.evidence import CorpusEvidence
from tools.judge import MIN_PAIRS
from tools.retrieval import IndexSettings, NeighbourIndex, Route
from tools.substructure import MatchTimeoutError
from tools.toolbox import Toolbox, open_toolbox
from tools.verdicts import PhraseKind

Report = Callable[[str], None]
"""Told what is being prepared, for the progress line."""


@dataclass(frozen=True)
class Workspace:
    """A corpus with everything that is looked up in it."""

    corpus: Corpus
    toolbox: Toolbox
    index: NeighbourIndex | None
    phrases: Mapping[str, frozenset[str]]
    """Keys of the structural phrases that evidence counts, by pair id."""
    folder: Path | None
    cache: Path | None
    building: Future[None] | None = None
    """The index under construction beside other work; `ready` waits for it."""

    def ready(self) -> NeighbourIndex | None:
        """The index, once it is built.

        Raises:
            ChemInputError: It could not be built.
        """
        if self.building is not None:
            self.building.result()
        return self.index

    def close(self) -> None:
        """Close caches and give the index folder back."""
        if self.building is not None:
            self.building.exception()  # waits: nothing may be closed under the builder's feet
        self.toolbox.close()
        if self.toolbox.evidence is not None:
            self.toolbox.evidence.close()
        if self.index is not None:
            self.index.close()


def open_workspace(
    corpus: Corpus,
    *,
    folder: Path | None,
    cache: Path | None,
    settings: IndexSettings | None = None,
    chroma_url: str | None = None,
    routes: tuple[Route, ...] = ("molecule", "caption"),
    report: Report = lambda _: None,
) -> Workspace:
    """Prepare a corpus, or reuse what an earlier run left beside its index.

    Args:
        corpus: The pairs.
        folder: Where index and evidence are kept; None keeps them in memory.
        cache: Where names turned into structures are kept, shared by all corpora; None keeps them in memory.
        settings: What decides which neighbours are found.
        chroma_url: A Chroma server in place of a folder.
        routes: What retrieval will be asked for; empty opens no index.
        report: Told what is going on.
    """
    index = NeighbourIndex(corpus, folder, settings=settings, chroma_url=chroma_url, routes=routes) if routes else None
    # Sentence embeddings are torch's work and the rest is Python's: built at the same time, the index costs little.
    pool = ThreadPoolExecutor(1, thread_name_prefix="index")
    building = None
    try:
        if index is not None:
            _ = index.index_hash  # says at once when the embedding model is missing
            building = pool.submit(index.prepare, routes)
        toolbox = open_toolbox(cache)
        report("reading captions")
        phrases = {pair.id: toolbox.reader.read(pair.caption) for pair in corpus.pairs}
        keys = {
            pair_id: frozenset(p.key for p in found if p.kind is PhraseKind.STRUCTURE)
            for pair_id, found in phrases.items()
        }
        report("turning names into structures")
        toolbox.nomenclature.learn(corpus)
        names = sorted({
            p.name or p.key for found in phrases.values() for p in found
            if p.kind is PhraseKind.RELATION
            or (p.kind is PhraseKind.STRUCTURE and toolbox.lexicon.find(p.key) is None)
        })  # fmt: skip
        toolbox.nomenclature.resolve(names)
        report("gathering corpus evidence")
        evidence = CorpusEvidence(corpus, keys, folder)
        return Workspace(corpus, toolbox.with_evidence(evidence), index, keys, folder, cache, building)
    except BaseException:
        if index is not None and building is not None:
            building.exception()
            index.close()
        raise
    finally:
        pool.shutdown(wait=False)


def count_classes(workspace: Workspace, *, enough: Callable[[], bool] = lambda: False) -> None:
    """Count in the corpus the classes that its captions name, and keep it where other processes find it.

    The judge asks for nearly all of them; without this, every process would count them for itself, in the first seconds
    of a batch, when all pairs are waiting.

    Args:
        workspace: One with a folder; nothing else can be shared.
        enough: Asked before each class, the most frequent first; whether there is no more time for it.
    """
    toolbox, evidence = workspace.toolbox, workspace.toolbox.evidence
    if evidence is None or workspace.folder is None:
        return
    for key, pairs in sorted(evidence.keys.items(), key=lambda item: (-item[1], item[0])):
        if pairs <= MIN_PAIRS or enough():
            break  # of rarer phrases, only the pairs that say them are looked at
        entry = toolbox.lexicon.find(key)
        if entry is None:
            continue
        for pattern in entry.patterns:
            with contextlib.suppress(MatchTimeoutError):  # the judge will meet it again, and say so in its verdict
                evidence.presence(pattern, entry.level)
    evidence.flush()


def reopen_toolbox(
    corpus: Corpus,
    phrases: Mapping[str, frozenset[str]],
    *,
    folder: Path | None,
    cache: Path | None,
    reads_names: bool = False,
) -> Toolbox:
    """The toolbox of a workspace once more, for another process: files are shared, memory is not.

    Args:
        corpus: As `open_workspace` was given it.
        phrases: `Workspace.phrases`.
        folder: `Workspace.folder`. Evidence in it may be used by several processes at a time.
        cache: `Workspace.cache`.
        reads_names: Start Java now: the cache lacked names, so it will lack some that only a look at a molecule asks
            for. Later, the first such name would hold up all pairs in work.
    """
    toolbox = open_toolbox(cache)
    if reads_names:
        toolbox.nomenclature.start()
    toolbox.nomenclature.learn(corpus)
    return toolbox.with_evidence(CorpusEvidence(corpus, phrases, folder))

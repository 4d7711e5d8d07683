"""Neighbours of a molecule or a caption in a corpus: Chroma over-fetches, exact similarity re-ranks.

Two Chroma collections stand behind it, molecules (Morgan fingerprints) and captions (sentence embeddings), plus
BM25 over the captions. A neighbour never shares an InChIKey first block with what the caller excludes.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from rdkit import rdBase

from molreflect.tools.corpus import Corpus, Spread
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.retrieval.chroma import ChromaStore
from molreflect.tools.retrieval.fingerprints import Packed, PackedFingerprints, unpack
from molreflect.tools.retrieval.vectors import ROUTES, CorpusVectors, IndexSettings, Route
from molreflect.tools.storage import run_lock, short_hash

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection as ChromaCollection

FORMAT = 2
"""Bumped when what is stored changes its meaning; part of the index hash."""

SCANNED = 100_000
"""Most rows of a corpus whose molecules a batch is compared with one and all (a quarter of a millisecond a query and
30,000 rows): the answer is exact, and no graph has to be built."""

_NO_BLOCKS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A pair of the corpus that is similar to a query."""

    id: str
    smiles: str
    caption: str
    similarity: float
    """Tanimoto (0 to 1) by molecule, cosine (-1 to 1) by caption, BM25 score (0 and up) by BM25."""


@dataclass(frozen=True, slots=True)
class _Query:
    """A query with everything the search needs."""

    key: npt.NDArray[Any]
    """Packed fingerprint, unit vector, or BM25 scores of all rows."""
    exclude: frozenset[str]
    fingerprint: Packed | None
    """Of the query's molecule, where a Tanimoto threshold is asked for."""


@dataclass(slots=True)
class _Found:
    """Rows and their exact similarity, most similar first."""

    rows: list[int] = field(default_factory=list)
    similarities: list[float] = field(default_factory=list)


class NeighbourIndex:
    """Finds the pairs of a corpus that are most like a molecule or a caption.

    Collections are built at the first query that needs them (or by `prepare`), under a name that no query looks at
    until they are whole, and are used again as long as corpus and settings stay the same. May be used from several
    threads. One process owns an index folder at a time.
    """

    def __init__(
        self,
        corpus: Corpus,
        folder: Path | None = None,
        *,
        settings: IndexSettings | None = None,
        chroma_url: str | None = None,
        routes: Collection[Route] = ROUTES,
        spread: Spread | None = None,
    ) -> None:
        """Open the index of a corpus.

        Args:
            corpus: Every neighbour comes from here.
            folder: Where Chroma and the arrays beside it are kept; None keeps everything in memory.
            settings: What decides which neighbours are found.
            chroma_url: A Chroma server, e.g. `http://localhost:8000`, in place of Chroma in `folder`.
            routes: What will be asked for; others are refused. The index hash covers just these, so that a search by
                molecule needs no embedding model.
            spread: Computes what concerns one molecule in other processes; None leaves it to this one.

        Raises:
            InputError: The corpus is empty, another process owns the folder, or the server does not answer.
        """
        if not corpus.pairs:
            raise InputError(f"{corpus.source} has no usable pairs to search; pass a corpus with at least one")
        self.corpus = corpus
        self.settings = settings or IndexSettings()
        self._vectors = CorpusVectors(corpus, self.settings, folder, spread)
        self._routes = frozenset(routes)
        self._guard = threading.Lock()
        self._hits = self._expected = 0
        self.rows: Mapping[str, int] = {pair.id: row for row, pair in enumerate(corpus.pairs)}
        self._everything = np.arange(len(corpus.pairs))
        self._remote = chroma_url is not None
        self._owned = ExitStack()
        if folder is not None:
            self._owned.enter_context(run_lock(folder, "the index folder", advice="another folder or a Chroma server"))
        hnsw = {name: getattr(self.settings, name) for name in ("max_neighbors", "ef_construction", "ef_search")}
        where = None if folder is None else folder / "chroma"
        try:
            self._chroma = ChromaStore([pair.id for pair in corpus.pairs], hnsw, where, chroma_url)
        except BaseException:
            self._owned.close()
            raise

    # ------------------------------------------------------------------ what the index is

    @cached_property
    def index_hash(self) -> str:
        """16 hex digits over everything that decides the neighbours: corpus, settings, model, RDKit version."""
        parts = {
            "format": FORMAT,
            "corpus": self.corpus.fingerprint,
            "settings": asdict(self.settings),
            "routes": sorted(self._routes),
            "model": self._vectors.embedder.identity if "caption" in self._routes else None,
            "rdkit": rdBase.rdkitVersion,
        }
        return short_hash(parts)

    def prepare(self, routes: Iterable[Route] = ("molecule", "caption")) -> None:
        """Build what the routes need, so that the first query does not wait for it."""
        for route in routes:
            if route == "bm25":
                _ = self._vectors.bm25
            else:
                self._collection("molecules" if route == "molecule" else "captions")
        _ = self.blocks

    def prepare_batch(self, routes: Iterable[Route]) -> None:
        """Build what `neighbours_of_batch` needs: no graph of molecules where all are compared."""
        scanned = self.is_scanned
        if scanned:
            _ = self._vectors.prints
        self.prepare([route for route in routes if route != "molecule" or not scanned])

    @property
    def is_scanned(self) -> bool:
        """Whether a batch of molecules is compared with every row; Chroma on a server is there to be asked."""
        return not self._remote and self.settings.complete_below > 0 and len(self.corpus.pairs) <= SCANNED

    def close(self) -> None:
        """Give the folder back to other processes. The index must not be used afterwards."""
        self._chroma.close()
        self._owned.close()

    def __enter__(self) -> NeighbourIndex:
        """The index itself; leaving the block closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ asking

    def neighbours(
        self,
        query: str | Molecule,
        *,
        by: Route = "molecule",
        k: int = 10,
        exclude: Collection[str] = _NO_BLOCKS,
        max_tanimoto: float | None = None,
        molecule: str | Molecule | None = None,
    ) -> tuple[Neighbour, ...]:
        """The `k` pairs most similar to a query, most similar first, ties in corpus order.

        Args:
            query: A SMILES or `Molecule` for `molecule`, a caption for `caption` and `bm25`.
            by: `molecule` (Tanimoto of Morgan fingerprints), `caption` (cosine of sentence embeddings) or `bm25`.
            k: Most neighbours to return; fewer come back only where the corpus has no more that are allowed.
            exclude: First blocks of InChIKeys (`Molecule.block`) that no neighbour may have; the query's own
                belongs here whenever the query may be in the corpus.
            max_tanimoto: Leave out pairs whose molecule is more similar than this to the query's molecule.
            molecule: The query's molecule where `query` is a caption; needed for `max_tanimoto` only.

        Raises:
            InputError: The molecule cannot be read, `k` is below 1, or the threshold is not usable.
        """
        return self.neighbours_many(
            [query], by=by, k=k, exclude=[exclude], max_tanimoto=max_tanimoto, molecules=[molecule]
        )[0]

    def neighbours_many(
        self,
        queries: Sequence[str | Molecule],
        *,
        by: Route = "molecule",
        k: int = 10,
        exclude: Sequence[Collection[str]] | None = None,
        max_tanimoto: float | None = None,
        molecules: Sequence[str | Molecule | None] | None = None,
    ) -> list[tuple[Neighbour, ...]]:
        """`neighbours` for many queries at once, in their order; Chroma is asked in batches.

        Args:
            queries: As in `neighbours`.
            by: As in `neighbours`, the same for all.
            k: As in `neighbours`.
            exclude: One collection of InChIKey first blocks per query, or None to exclude nothing.
            max_tanimoto: As in `neighbours`.
            molecules: One molecule (or None) per query, as in `neighbours`.
        """
        asked = self._queries(queries, by, k, exclude, max_tanimoto, molecules)
        return _told(self.corpus, self._search(asked, by, k, max_tanimoto))

    def neighbours_of_batch(
        self,
        queries: Sequence[str | Molecule],
        *,
        by: Route,
        k: int,
        exclude: Sequence[Collection[str]],
        max_tanimoto: float | None = None,
        molecules: Sequence[str | Molecule | None] | None = None,
    ) -> list[tuple[Neighbour, ...]]:
        """`neighbours_many` for a batch: molecules are compared with all rows of a corpus of at most `SCANNED`.

        The answers are exact then, and the same in every run; otherwise they are those of `neighbours_many`.
        """
        if by != "molecule" or not self.is_scanned:
            return self.neighbours_many(
                queries, by=by, k=k, exclude=exclude, max_tanimoto=max_tanimoto, molecules=molecules
            )
        prints, found = self._vectors.prints, []
        for query in self._queries(queries, by, k, exclude, max_tanimoto, molecules):
            out = self._excluded_rows(query)
            rows = prints.candidates(query.key, k, leave_out=out, at_most=max_tanimoto)
            found.append(self._rank(query, rows, by, k, max_tanimoto))
        return _told(self.corpus, found)

    def _queries(
        self,
        queries: Sequence[str | Molecule],
        by: Route,
        k: int,
        exclude: Sequence[Collection[str]] | None,
        max_tanimoto: float | None,
        molecules: Sequence[str | Molecule | None] | None,
    ) -> list[_Query]:
        """Check what is asked, and turn it into numbers."""
        if by not in self._routes:
            raise InputError(f"this index was opened to search by {', '.join(sorted(self._routes))}, not by {by}")
        _require_usable(k, max_tanimoto)
        blocks = exclude if exclude is not None else [_NO_BLOCKS] * len(queries)
        known = molecules if molecules is not None else [None] * len(queries)
        if len(blocks) != len(queries) or len(known) != len(queries):
            raise ValueError(f"{len(queries)} queries, {len(blocks)} exclusions and {len(known)} molecules differ")
        if by == "caption":
            self._collection("captions")
        keys = self._vectors.of_queries(queries, by)
        return [
            _Query(
                key,
                frozenset(out),
                None if max_tanimoto is None else self._vectors.fingerprint(_molecule_of(query, by, molecule)),
            )
            for query, key, out, molecule in zip(queries, keys, blocks, known, strict=True)
        ]

    def block_of(self, pair_id: str) -> str:
        """InChIKey first block of a pair of the corpus, what `exclude` takes.

        Raises:
            InputError: The corpus has no such id.
        """
        if pair_id not in self.rows:
            raise InputError(f"{self.corpus.source} has no pair {shorten(pair_id)}; pass an id of the corpus")
        return str(self.blocks[self.rows[pair_id]])

    @property
    def blocks(self) -> npt.NDArray[np.str_]:
        """InChIKey first block of every pair, shape (n_pairs,)."""
        return self._vectors.blocks

    @property
    def prints(self) -> PackedFingerprints:
        """Morgan fingerprints of all pairs."""
        return self._vectors.prints

    # ------------------------------------------------------------------ searching

    def _search(self, asked: Sequence[_Query], by: Route, k: int, threshold: float | None) -> list[_Found]:
        total = len(self.corpus.pairs)
        everything = self._everything
        if by == "bm25":
            return [self._rank(query, everything, by, k, threshold) for query in asked]
        results: list[_Found | None] = [None] * len(asked)
        folded = by == "molecule" and self._vectors.dimensions < self.settings.bits
        first = max(self.settings.fetch * (8 if folded else 1), k)
        for fetch in (first, first * 8):  # ask for more where exclusions ate the first; then look at every row
            waiting = [place for place, result in enumerate(results) if result is None]
            if not waiting:
                break
            rows = self._fetch([asked[place].key for place in waiting], by, min(fetch, total))
            for place, candidates in zip(waiting, rows, strict=True):
                found = self._rank(asked[place], candidates, by, k, threshold)
                if total <= self.settings.complete_below:
                    whole = self._rank(asked[place], everything, by, k, threshold)
                    self._count_missed(found, whole)
                    results[place] = whole
                elif len(found.rows) == k:
                    results[place] = found
        return [
            result if result is not None else self._rank(query, everything, by, k, threshold)
            for query, result in zip(asked, results, strict=True)
        ]

    def _fetch(self, keys: Sequence[npt.NDArray[Any]], by: Route, fetch: int) -> list[npt.NDArray[np.intp]]:
        """Rows that Chroma takes for the nearest, for each key, shape (about `fetch`,) each."""
        stacked = np.stack(keys)
        vectors = unpack(stacked, self._vectors.dimensions) if by == "molecule" else stacked
        return self._chroma.nearest(self._collection("molecules" if by == "molecule" else "captions"), vectors, fetch)

    def _collection(self, kind: str) -> ChromaCollection:
        """The collection `molecules` or `captions`, built where it is missing."""

        own = self._vectors

        def rows(here: slice) -> npt.NDArray[np.float32]:
            return own.embeddings[here] if kind == "captions" else unpack(own.prints.bits[here], own.dimensions)

        return self._chroma.open(kind, _collection_hash(self.corpus, self.settings, own, kind), rows)

    def _rank(self, query: _Query, rows: npt.NDArray[np.intp], by: Route, k: int, threshold: float | None) -> _Found:
        """Order rows by exact similarity, without what is excluded; ties in corpus order."""
        # Over the whole corpus everything is scored and then sieved: copying the rows first costs more than it saves.
        some = None if rows is self._everything else rows
        similarities = self._vectors.similarities(query.key, some, by)
        allowed = np.ones(len(rows), dtype=np.bool_)
        if out := self._excluded_rows(query):
            allowed &= ~np.isin(rows, out)
        if threshold is not None and query.fingerprint is not None:
            allowed &= self._vectors.prints.tanimoto(query.fingerprint, some) <= threshold
        return _nearest(rows[allowed], similarities[allowed], k)

    def _excluded_rows(self, query: _Query) -> list[int]:
        """List the rows that may not be a neighbour: every one with an InChIKey first block that is left out."""
        return [row for block in query.exclude for row in self._vectors.rows_of_block.get(block, ())]

    def _count_missed(self, found: _Found, whole: _Found) -> None:
        """Keep count of how much of the true answer Chroma alone would have given."""
        least = whole.similarities[-1] if whole.similarities else 0.0
        hits = sum(similarity >= least for similarity in found.similarities)
        with self._guard:
            self._expected += len(whole.rows)
            self._hits += min(hits, len(whole.rows))

    @property
    def observed_recall(self) -> float | None:
        """Share of the true neighbours that Chroma's candidates held so far; None where nothing was compared."""
        return self._hits / self._expected if self._expected else None


def _collection_hash(corpus: Corpus, settings: IndexSettings, vectors: CorpusVectors, kind: str) -> str:
    """16 hex digits over what is stored in one collection."""
    parts: dict[str, Any] = {"format": FORMAT, "corpus": corpus.fingerprint, "kind": kind}
    parts["hnsw"] = [settings.max_neighbors, settings.ef_construction, settings.ef_search]
    if kind == "molecules":
        parts["morgan"] = [settings.radius, settings.bits, vectors.dimensions, rdBase.rdkitVersion]
    else:
        parts["model"] = vectors.embedder.identity
    return short_hash(parts)


def _told(corpus: Corpus, found: Sequence[_Found]) -> list[tuple[Neighbour, ...]]:
    pairs = corpus.pairs
    return [
        tuple(
            Neighbour(pairs[row].id, pairs[row].smiles, pairs[row].caption, similarity)
            for row, similarity in zip(one.rows, one.similarities, strict=True)
        )
        for one in found
    ]


def _nearest(rows: npt.NDArray[np.intp], similarities: npt.NDArray[np.float64], k: int) -> _Found:
    """Order the `k` most similar rows; ties in corpus order."""
    if not len(rows):
        return _Found()
    if len(rows) > k:
        least = np.partition(similarities, len(rows) - k)[len(rows) - k]
        near = similarities >= least  # with every tie of the last place, which corpus order decides
        rows, similarities = rows[near], similarities[near]
    order = np.lexsort((rows, -similarities))[:k]
    return _Found(rows[order].tolist(), similarities[order].tolist())


def _require_usable(k: int, max_tanimoto: float | None) -> None:
    """Refuse a question that has no answer."""
    if k < 1:
        raise InputError(f"k is {k}; ask for at least 1 neighbour")
    if max_tanimoto is not None and not 0 <= max_tanimoto <= 1:
        raise InputError(f"a Tanimoto threshold of {max_tanimoto} is outside 0 to 1")


def _molecule_of(query: str | Molecule, by: Route, known: str | Molecule | None) -> str | Molecule:
    molecule = known if known is not None else query if by == "molecule" else None
    if molecule is None:
        raise InputError(
            "a Tanimoto threshold needs the query's molecule, and only its caption is known; "
            "pass molecule=, or no threshold"
        )
    return molecule

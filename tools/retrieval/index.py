"""Neighbours of a molecule or a caption in a corpus: Chroma over-fetches, exact similarity re-ranks.

Two Chroma collections stand behind it, molecules (Morgan fingerprints) and captions (sentence embeddings), plus
BM25 over the captions. A neighbour never shares an InChIKey first block with what the caller excludes.
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
from rdkit import DataStructs, rdBase
from rdkit.Chem import rdFingerprintGenerator

from molreflect.tools.corpus import Corpus, inchikey_blocks
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.retrieval.embeddings import SentenceEmbedder
from molreflect.tools.storage import cached_array, run_lock, short_hash

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection as ChromaCollection

FORMAT = 2
"""Bumped when what is stored changes its meaning; part of the index hash."""

FOLDED = 256
"""Numbers that a folded fingerprint takes in Chroma."""

Route = Literal["molecule", "caption", "bm25"]
ROUTES: tuple[Route, ...] = ("molecule", "caption", "bm25")

_ADD = 4000  # rows a Chroma insert; its own limit is about 5,000
_SYNC = 100_000  # most rows that Chroma adds before it writes its graph, each time the whole of it
_ASK = 256  # queries a Chroma call
_NO_BLOCKS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A pair of the corpus that is similar to a query."""

    id: str
    smiles: str
    caption: str
    similarity: float
    """Tanimoto (0 to 1) by molecule, cosine (-1 to 1) by caption, BM25 score (0 and up) by BM25."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    """What decides which neighbours are found. Any change of what is stored builds the index again."""

    radius: int = 2
    """Bonds around each atom that a Morgan fingerprint sees."""
    bits: int = 2048
    """Length of the Morgan fingerprint, a multiple of 64."""
    embedding_model: str = "packaged"
    """See `SentenceEmbedder`."""
    max_neighbors: int = 16
    """HNSW: links a node (M)."""
    ef_construction: int = 100
    """HNSW: candidates looked at while building."""
    ef_search: int = 100
    """HNSW: candidates looked at while searching."""
    fetch: int = 50
    """Rows asked of Chroma for the exact re-rank; more where many of them are excluded, or fingerprints are folded."""
    fold_above: int = 50_000
    """Corpora of more rows than this have their fingerprints folded for Chroma to `FOLDED` counts, and eight times
    `fetch` rows are asked for. A graph of a million molecules holds 8 GB of numbers at 2,048 each, folded 1 GB. Folded
    ones are less sure of the order, most of which the exact re-rank puts right."""
    complete_below: int = 20_000
    """Corpora of at most so many rows are scanned as well, and what Chroma missed is added. A rebuilt HNSW graph
    misses other rows than the one before, and two runs with equal input must give equal records. 0 trusts Chroma."""

    def __post_init__(self) -> None:
        if self.bits < 64 or self.bits % 64:
            raise InputError(f"a fingerprint of {self.bits} bits cannot be packed; pass a multiple of 64")
        if self.radius < 0:
            raise InputError(f"a Morgan radius of {self.radius} means nothing; pass 0 or more")
        if (
            min(self.max_neighbors, self.ef_construction, self.ef_search, self.fetch) < 1
            or min(self.complete_below, self.fold_above) < 0
        ):
            raise InputError("HNSW settings and fetch must be at least 1, complete_below and fold_above at least 0")


class BM25:
    """BM25 over captions with ICMA's preprocessing.

    Source: Robertson and Zaragoza 2009, in the Okapi form of the package rank-bm25; preprocessing of ICMA (Li et
    al., arXiv 2403.04197).
    """

    def __init__(self, captions: Sequence[str]) -> None:
        """Count the words of the captions, in corpus order."""
        from rank_bm25 import BM25Okapi
        from scipy.sparse import csc_array

        tokens = [self.tokens(caption) for caption in captions]
        self._rows = len(captions)
        self._words: dict[str, int] = {}
        self._weights: Any = None
        if not any(tokens):
            return
        okapi = BM25Okapi(tokens)
        self._words = {word: column for column, word in enumerate(okapi.idf)}
        # Score of row d for a query is the sum over its words of weight[d, word]: one sparse matrix instead of a
        # dictionary look-up for each row and word.
        lengths = 1 - okapi.b + okapi.b * np.asarray(okapi.doc_len) / okapi.avgdl
        rows = [row for row, counts in enumerate(okapi.doc_freqs) for _ in counts]
        columns = [self._words[word] for counts in okapi.doc_freqs for word in counts]
        counts_flat = np.array([count for counts in okapi.doc_freqs for count in counts.values()], dtype=np.float64)
        idf = np.array([okapi.idf[word] for word in self._words])
        values = idf[columns] * counts_flat * (okapi.k1 + 1) / (counts_flat + okapi.k1 * lengths[rows])
        self._weights = csc_array((values, (rows, columns)), shape=(self._rows, len(self._words)))

    @staticmethod
    def tokens(text: str) -> list[str]:
        """Words of a caption: hyphens, commas and parentheses part words, full stops vanish."""
        return text.translate(_ICMA).split()

    def scores(self, query: str) -> npt.NDArray[np.float64]:
        """BM25 score of every caption for a query, shape (n_captions,)."""
        total = np.zeros(self._rows)
        for word in self.tokens(query):
            column = self._words.get(word)
            if column is not None:
                start, end = self._weights.indptr[column], self._weights.indptr[column + 1]
                total[self._weights.indices[start:end]] += self._weights.data[start:end]
        return total


_ICMA = str.maketrans({"-": " ", ",": " ", "(": " ", ")": " ", ".": None})


@dataclass(frozen=True, slots=True)
class _Query:
    """A query with everything the search needs."""

    key: npt.NDArray[Any]
    """Packed fingerprint, unit vector, or BM25 scores of all rows."""
    exclude: frozenset[str]
    fingerprint: npt.NDArray[np.uint64] | None
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
    ) -> None:
        """Open the index of a corpus.

        Args:
            corpus: Every neighbour comes from here.
            folder: Where Chroma and the arrays beside it are kept; None keeps everything in memory.
            settings: What decides which neighbours are found.
            chroma_url: A Chroma server, e.g. `http://localhost:8000`, in place of Chroma in `folder`.
            routes: What will be asked for; others are refused. The index hash covers just these, so that a search by
                molecule needs no embedding model.

        Raises:
            InputError: The corpus is empty, another process owns the folder, or the server does not answer.
        """
        if not corpus.pairs:
            raise InputError(f"{corpus.source} has no usable pairs to search; pass a corpus with at least one")
        self.corpus = corpus
        self.settings = settings or IndexSettings()
        self.embedder = SentenceEmbedder(self.settings.embedding_model)
        self._folder = folder
        self._url = chroma_url
        self._routes = frozenset(routes)
        self._building = threading.RLock()
        self._collections: dict[str, ChromaCollection] = {}
        self._hits = self._expected = 0
        self._generator = rdFingerprintGenerator.GetMorganGenerator(
            radius=self.settings.radius, fpSize=self.settings.bits
        )
        self._by_smiles = {pair.smiles: row for row, pair in reversed(list(enumerate(corpus.pairs)))}
        self._by_caption = {pair.caption: row for row, pair in reversed(list(enumerate(corpus.pairs)))}
        self._rows = {pair.id: row for row, pair in enumerate(corpus.pairs)}
        self._everything = np.arange(len(corpus.pairs))
        self._owned = ExitStack()
        if folder is not None:
            self._owned.enter_context(run_lock(folder, "the index folder", advice="another folder or a Chroma server"))
        try:
            self._client = self._connect()
        except BaseException:
            self.close()
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
            "model": self.embedder.identity if "caption" in self._routes else None,
            "rdkit": rdBase.rdkitVersion,
        }
        return short_hash(parts)

    def _collection_hash(self, kind: str) -> str:
        """16 hex digits over what is stored in one collection."""
        s = self.settings
        parts: dict[str, Any] = {"format": FORMAT, "corpus": self.corpus.fingerprint, "kind": kind}
        parts["hnsw"] = [s.max_neighbors, s.ef_construction, s.ef_search]
        if kind == "molecules":
            parts["morgan"] = [s.radius, s.bits, self._dimensions, rdBase.rdkitVersion]
        else:
            parts["model"] = self.embedder.identity
        return short_hash(parts)

    @property
    def _dimensions(self) -> int:
        """Numbers a fingerprint takes in Chroma."""
        fold = len(self.corpus.pairs) > self.settings.fold_above and self.settings.bits % FOLDED == 0
        return FOLDED if fold else self.settings.bits

    def prepare(self, routes: Iterable[Route] = ("molecule", "caption")) -> None:
        """Build what the routes need, so that the first query does not wait for it."""
        for route in routes:
            if route == "bm25":
                _ = self._bm25
            else:
                self._collection("molecules" if route == "molecule" else "captions")
        _ = self.blocks

    def close(self) -> None:
        """Give the folder back to other processes. The index must not be used afterwards."""
        self._collections.clear()
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
        if by not in self._routes:
            raise InputError(f"this index was opened to search by {', '.join(sorted(self._routes))}, not by {by}")
        if k < 1:
            raise InputError(f"k is {k}; ask for at least 1 neighbour")
        if max_tanimoto is not None and not 0 <= max_tanimoto <= 1:
            raise InputError(f"a Tanimoto threshold of {max_tanimoto} is outside 0 to 1")
        blocks = exclude if exclude is not None else [_NO_BLOCKS] * len(queries)
        known = molecules if molecules is not None else [None] * len(queries)
        if len(blocks) != len(queries) or len(known) != len(queries):
            raise ValueError(f"{len(queries)} queries, {len(blocks)} exclusions and {len(known)} molecules differ")
        keys = self._keys(queries, by)
        asked = [
            _Query(
                key,
                frozenset(out),
                None if max_tanimoto is None else self._own_fingerprint(query, by, molecule),
            )
            for query, key, out, molecule in zip(queries, keys, blocks, known, strict=True)
        ]
        found = self._search(asked, by, k, max_tanimoto)
        pairs = self.corpus.pairs
        return [
            tuple(
                Neighbour(pairs[row].id, pairs[row].smiles, pairs[row].caption, similarity)
                for row, similarity in zip(one.rows, one.similarities, strict=True)
            )
            for one in found
        ]

    def block_of(self, pair_id: str) -> str:
        """InChIKey first block of a pair of the corpus, what `exclude` takes.

        Raises:
            InputError: The corpus has no such id.
        """
        if pair_id not in self._rows:
            raise InputError(f"{self.corpus.source} has no pair {shorten(pair_id)}; pass an id of the corpus")
        return str(self.blocks[self._rows[pair_id]])

    # ------------------------------------------------------------------ queries into numbers

    def _keys(self, queries: Sequence[str | Molecule], by: Route) -> list[npt.NDArray[Any]]:
        if by == "molecule":
            return [self._fingerprint(query) for query in queries]
        texts = [query if isinstance(query, str) else _not_a_caption(query) for query in queries]
        for text in texts:
            if not text.strip():
                raise InputError("an empty caption has no neighbours; pass the words of a caption")
        if by == "bm25":
            return [self._bm25.scores(text) for text in texts]
        self._collection("captions")
        vectors: list[npt.NDArray[Any] | None] = [
            self._embeddings[self._by_caption[text]] if text in self._by_caption else None for text in texts
        ]
        strangers = list(dict.fromkeys(text for text, vector in zip(texts, vectors, strict=True) if vector is None))
        # The model sees one text at a time: a padded batch changes the last digits, and with them perhaps a tie.
        new = {text: self.embedder.embed([text])[0] for text in strangers}
        return [new[text] if vector is None else vector for text, vector in zip(texts, vectors, strict=True)]

    def _own_fingerprint(
        self, query: str | Molecule, by: Route, known: str | Molecule | None
    ) -> npt.NDArray[np.uint64]:
        molecule = known if known is not None else query if by == "molecule" else None
        if molecule is None:
            raise InputError(
                "a Tanimoto threshold needs the query's molecule, and only its caption is known; "
                "pass molecule=, or no threshold"
            )
        return self._fingerprint(molecule)

    def _fingerprint(self, query: str | Molecule) -> npt.NDArray[np.uint64]:
        """Packed Morgan fingerprint, shape (bits / 64,)."""
        molecule = read_molecule(query) if isinstance(query, str) else query
        row = self._by_smiles.get(molecule.smiles)
        if row is not None and "_packed" in self.__dict__:
            known: npt.NDArray[np.uint64] = self._packed[row]
            return known
        return self._compute_fingerprint(molecule)

    def _compute_fingerprint(self, molecule: Molecule) -> npt.NDArray[np.uint64]:
        vector = self._generator.GetFingerprint(molecule.mol)
        return np.frombuffer(DataStructs.BitVectToBinaryText(vector), dtype=np.uint64)

    # ------------------------------------------------------------------ searching

    def _search(self, asked: Sequence[_Query], by: Route, k: int, threshold: float | None) -> list[_Found]:
        total = len(self.corpus.pairs)
        everything = self._everything
        if by == "bm25":
            return [self._rank(query, everything, by, k, threshold) for query in asked]
        results: list[_Found | None] = [None] * len(asked)
        folded = by == "molecule" and self._dimensions < self.settings.bits
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
        collection = self._collection("molecules" if by == "molecule" else "captions")
        answers: list[npt.NDArray[np.intp]] = []
        for start in range(0, len(keys), _ASK):
            stacked = np.stack(keys[start : start + _ASK])
            vectors = _unpack(stacked, self._dimensions) if by == "molecule" else stacked
            reply = collection.query(query_embeddings=vectors, n_results=fetch, include=[])
            answers += [np.array([self._rows[name] for name in names], dtype=np.intp) for names in reply["ids"]]
        return answers

    def _rank(self, query: _Query, rows: npt.NDArray[np.intp], by: Route, k: int, threshold: float | None) -> _Found:
        """Order rows by exact similarity, without what is excluded; ties in corpus order."""
        # Over the whole corpus everything is scored and then sieved: copying the rows first costs more than it saves.
        similarities = self._similarities(query, rows, by)
        allowed = np.ones(len(rows), dtype=np.bool_)
        out = [row for block in query.exclude for row in self._rows_of_block.get(block, ())]
        if out:
            allowed &= ~np.isin(rows, out)
        if threshold is not None and query.fingerprint is not None:
            allowed &= self._tanimoto(query.fingerprint, rows) <= threshold
        rows, similarities = rows[allowed], similarities[allowed]
        if not len(rows):
            return _Found()
        if len(rows) > k:
            least = np.partition(similarities, len(rows) - k)[len(rows) - k]
            near = similarities >= least  # with every tie of the last place, which corpus order decides
            rows, similarities = rows[near], similarities[near]
        order = np.lexsort((rows, -similarities))[:k]
        return _Found(rows[order].tolist(), similarities[order].tolist())

    def _similarities(self, query: _Query, rows: npt.NDArray[np.intp], by: Route) -> npt.NDArray[np.float64]:
        """Exact similarity of a query to some rows, shape (n_rows,)."""
        if by == "molecule":
            return self._tanimoto(query.key, rows)
        if by == "bm25":
            return np.asarray(query.key[rows])
        embeddings = self._embeddings if rows is self._everything else self._embeddings[rows]
        # Equal captions of one corpus may differ in the last digits, by the batch they were embedded in.
        return np.asarray(np.round((embeddings @ query.key).astype(np.float64), 6))

    def _tanimoto(self, fingerprint: npt.NDArray[np.uint64], rows: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """Exact Tanimoto similarity of one fingerprint to those of some rows, shape (n_rows,)."""
        whole = rows is self._everything
        packed = self._packed if whole else self._packed[rows]
        counts = self._bit_counts if whole else self._bit_counts[rows]
        shared = np.bitwise_count(packed & fingerprint).sum(axis=1, dtype=np.int64)
        union = counts + int(np.bitwise_count(fingerprint).sum()) - shared
        return np.asarray(np.divide(shared, union, out=np.ones(len(rows)), where=union > 0))

    def _count_missed(self, found: _Found, whole: _Found) -> None:
        """Keep count of how much of the true answer Chroma alone would have given."""
        least = whole.similarities[-1] if whole.similarities else 0.0
        hits = sum(similarity >= least for similarity in found.similarities)
        with self._building:
            self._expected += len(whole.rows)
            self._hits += min(hits, len(whole.rows))

    @property
    def observed_recall(self) -> float | None:
        """Share of the true neighbours that Chroma's candidates held so far; None where nothing was compared."""
        return self._hits / self._expected if self._expected else None

    # ------------------------------------------------------------------ what is computed once

    @property
    def blocks(self) -> npt.NDArray[np.str_]:
        """InChIKey first block of every pair, shape (n_pairs,)."""
        with self._building:
            return self._blocks

    @cached_property
    def _blocks(self) -> npt.NDArray[np.str_]:
        return inchikey_blocks(self.corpus, self._folder)

    @cached_property
    def _rows_of_block(self) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = {}
        for row, block in enumerate(self.blocks.tolist()):
            rows.setdefault(block, []).append(row)
        return rows

    @cached_property
    def _packed(self) -> npt.NDArray[np.uint64]:
        """Morgan fingerprints, 64 bits a word, shape (n_pairs, bits / 64)."""
        return cached_array(
            self._folder,
            "fingerprints",
            [self.corpus.fingerprint, self.settings.radius, self.settings.bits, rdBase.rdkitVersion],
            len(self.corpus.pairs),
            self._all_fingerprints,
        )

    def _all_fingerprints(self) -> npt.NDArray[np.uint64]:
        found = np.empty((len(self.corpus.pairs), self.settings.bits // 64), dtype=np.uint64)
        for row, pair in enumerate(self.corpus.pairs):
            found[row] = self._compute_fingerprint(read_molecule(pair.smiles))
        return found

    @cached_property
    def _bit_counts(self) -> npt.NDArray[np.int64]:
        return np.asarray(np.bitwise_count(self._packed).sum(axis=1, dtype=np.int64))

    @cached_property
    def _embeddings(self) -> npt.NDArray[np.float32]:
        captions = [pair.caption for pair in self.corpus.pairs]
        return self.embedder.embed_cached(captions, key=self.corpus.fingerprint, folder=self._folder)

    @cached_property
    def _bm25(self) -> BM25:
        return BM25([pair.caption for pair in self.corpus.pairs])

    # ------------------------------------------------------------------ Chroma

    def _connect(self) -> ClientAPI:
        # Chroma reports its use to its makers unless told otherwise.
        os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
        import chromadb
        from chromadb.config import Settings

        quiet = Settings(anonymized_telemetry=False)
        if self._url is not None:
            url = urlsplit(self._url if "//" in self._url else f"http://{self._url}")
            if url.scheme not in ("http", "https") or not url.hostname:
                raise InputError(
                    f"{shorten(self._url)} is not the address of a Chroma server; pass e.g. http://localhost:8000"
                )
            secure = url.scheme == "https"
            try:
                return chromadb.HttpClient(
                    host=url.hostname, port=url.port or (443 if secure else 8000), ssl=secure, settings=quiet
                )
            except ValueError as error:  # what the client makes of a refused connection, and of another kind of server
                said = shorten(" ".join(str(error).split()))
                raise InputError(
                    f"no Chroma server answers at {self._url} ({said}); start one with `chroma run`, "
                    "or leave the address out"
                ) from error
        if self._folder is not None:
            return chromadb.PersistentClient(str(self._folder / "chroma"), settings=quiet)
        return chromadb.EphemeralClient(settings=quiet)

    def _collection(self, kind: str) -> ChromaCollection:
        with self._building:
            if kind not in self._collections:
                self._collections[kind] = self._open_or_build(kind)
            return self._collections[kind]

    def _open_or_build(self, kind: str) -> ChromaCollection:
        from chromadb.errors import ChromaError, NotFoundError

        name = f"{kind}-{self._collection_hash(kind)}"
        try:
            existing = self._client.get_collection(name, embedding_function=None)
        except NotFoundError:
            pass
        else:
            if existing.count() == len(self.corpus.pairs):
                return existing
            self._client.delete_collection(name)
        if self._folder is not None and self._url is None:  # ours alone: what is outdated or half built goes
            for old in self._client.list_collections():
                if old.name.startswith((f"{kind}-", f"building-{kind}-")):
                    self._client.delete_collection(old.name)
        s = self.settings
        total = len(self.corpus.pairs)
        hnsw: Any = {
            "hnsw": {
                "space": "cosine",
                "max_neighbors": s.max_neighbors,
                "ef_construction": s.ef_construction,
                "ef_search": s.ef_search,
                # As few times as memory allows, and the last time when the last row is in: what is not in the graph's
                # file is added to it again at every opening.
                "sync_threshold": max(2, -(-total // -(-total // _SYNC))),
            }
        }
        # Nobody looks for this name, so a build that is killed is never taken for whole; the new name makes it so.
        collection: ChromaCollection = self._client.create_collection(
            f"building-{kind}-{uuid.uuid4().hex}", configuration=hnsw, embedding_function=None
        )
        ids = [pair.id for pair in self.corpus.pairs]
        for start in range(0, len(ids), _ADD):
            here = slice(start, start + _ADD)
            vectors = _unpack(self._packed[here], self._dimensions) if kind == "molecules" else self._embeddings[here]
            collection.add(ids=ids[here], embeddings=vectors)
        try:
            collection.modify(name=name)
        except ChromaError:  # the name is taken: on a server, another run may have built the same meanwhile
            theirs = self._client.get_collection(name, embedding_function=None)
            if theirs.count() != len(ids):
                raise
            self._client.delete_collection(collection.name)
            return theirs
        return collection


def _unpack(packed: npt.NDArray[np.uint64], dimensions: int) -> npt.NDArray[np.float32]:
    """Packed bits as floats: 0 and 1, or counts of bits where there are fewer dimensions than bits.

    Args:
        packed: Shape (n, words).
        dimensions: A divisor of 64 * words.

    Returns:
        Shape (n, dimensions); entry `j` counts the set bits `j`, `j + dimensions`, `j + 2 * dimensions` ...
    """
    bits = np.unpackbits(packed.view(np.uint8), axis=1, bitorder="little")
    return np.asarray(bits.reshape(len(bits), -1, dimensions).sum(axis=1, dtype=np.uint8), dtype=np.float32)


def _not_a_caption(query: Molecule) -> str:
    raise InputError(f"the molecule {shorten(query.smiles)} came as a caption; pass by='molecule'")

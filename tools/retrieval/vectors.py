"""A corpus and its queries as numbers: fingerprints, embeddings, BM25 weights and InChIKey blocks, computed once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from rdkit import rdBase

from molreflect.tools.corpus import Corpus, Spread, compute_rows, inchikey_blocks
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.retrieval.bm25 import BM25
from molreflect.tools.retrieval.embeddings import SentenceEmbedder
from molreflect.tools.retrieval.fingerprints import Packed, PackedFingerprints, morgan
from molreflect.tools.storage import cached_rows

FOLDED = 256
"""Numbers that a folded fingerprint takes in Chroma."""

Route = Literal["molecule", "caption", "bm25"]
ROUTES: tuple[Route, ...] = ("molecule", "caption", "bm25")


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


class CorpusVectors:
    """What neighbours of a corpus are compared by. Each kind is computed at its first use and kept beside the index."""

    def __init__(
        self, corpus: Corpus, settings: IndexSettings, folder: Path | None, spread: Spread | None = None
    ) -> None:
        """Name the corpus; nothing is computed yet. `spread` computes what concerns one molecule elsewhere."""
        self._corpus = corpus
        self._settings = settings
        self._folder = folder
        self._spread = spread
        self._guard = threading.RLock()
        self.embedder = SentenceEmbedder(settings.embedding_model)
        self._by_smiles = {pair.smiles: row for row, pair in reversed(list(enumerate(corpus.pairs)))}
        self._by_caption = {pair.caption: row for row, pair in reversed(list(enumerate(corpus.pairs)))}

    @property
    def dimensions(self) -> int:
        """Numbers a fingerprint takes in Chroma."""
        fold = len(self._corpus.pairs) > self._settings.fold_above and self._settings.bits % FOLDED == 0
        return FOLDED if fold else self._settings.bits

    def of_queries(self, queries: Sequence[str | Molecule], by: Route) -> list[npt.NDArray[Any]]:
        """Turn queries into packed fingerprints, unit vectors, or BM25 scores of all rows.

        Raises:
            InputError: A molecule cannot be read, came as a caption, or a caption is empty.
        """
        if by == "molecule":
            return [self.fingerprint(query) for query in queries]
        texts = [query if isinstance(query, str) else _not_a_caption(query) for query in queries]
        if not all(text.strip() for text in texts):
            raise InputError("an empty caption has no neighbours; pass the words of a caption")
        if by == "bm25":
            return [self.bm25.scores(text) for text in texts]
        known = {text: self.embeddings[self._by_caption[text]] for text in texts if text in self._by_caption}
        for text in dict.fromkeys(texts):
            if text not in known:  # one at a time: a padded batch changes the last digits, and with them perhaps a tie
                known[text] = self.embedder.embed([text])[0]
        return [known[text] for text in texts]

    def fingerprint(self, query: str | Molecule) -> Packed:
        """Find or compute the Morgan fingerprint of a molecule, shape (bits / 64,)."""
        row = self._by_smiles.get(query if isinstance(query, str) else query.smiles)
        if row is not None and "prints" in self.__dict__:
            known: Packed = self.prints.bits[row]
            return known
        molecule = read_molecule(query) if isinstance(query, str) else query
        return morgan(molecule.mol, radius=self._settings.radius, bits=self._settings.bits)

    def similarities(
        self, query: npt.NDArray[Any], rows: npt.NDArray[np.intp] | None, by: Route
    ) -> npt.NDArray[np.float64]:
        """Compute the exact similarity of a query (of `of_queries`) to some rows, or to all where `rows` is None."""
        if by == "molecule":
            return self.prints.tanimoto(query, rows)
        if by == "bm25":
            return np.asarray(query if rows is None else query[rows])
        embeddings = self.embeddings if rows is None else self.embeddings[rows]
        # Equal captions of one corpus may differ in the last digits, by the batch they were embedded in.
        return np.asarray(np.round((embeddings @ query).astype(np.float64), 6))

    @property
    def blocks(self) -> npt.NDArray[np.str_]:
        """InChIKey first block of every pair, shape (n_pairs,)."""
        with self._guard:
            return self._blocks

    @cached_property
    def _blocks(self) -> npt.NDArray[np.str_]:
        return inchikey_blocks(self._corpus, self._folder, self._spread)

    @cached_property
    def rows_of_block(self) -> dict[str, list[int]]:
        """0-based rows of every InChIKey first block."""
        rows: dict[str, list[int]] = {}
        for row, block in enumerate(self.blocks.tolist()):
            rows.setdefault(block, []).append(row)
        return rows

    @cached_property
    def prints(self) -> PackedFingerprints:
        """Morgan fingerprints of all pairs."""
        settings = self._settings
        keys = [pair.smiles for pair in self._corpus.pairs]
        function = partial(_prints_of, radius=settings.radius, bits=settings.bits)
        rows = cached_rows(
            self._folder,
            "fingerprints",
            [settings.radius, settings.bits, rdBase.rdkitVersion],
            keys,
            lambda places: compute_rows(function, [keys[place] for place in places], self._spread),
        )
        return PackedFingerprints(rows)

    @cached_property
    def embeddings(self) -> npt.NDArray[np.float32]:
        """Unit vectors of all captions, shape (n_pairs, dimensions)."""
        captions = [pair.caption for pair in self._corpus.pairs]
        return self.embedder.embed_cached(captions, folder=self._folder)

    @cached_property
    def bm25(self) -> BM25:
        """Words of all captions."""
        return BM25([pair.caption for pair in self._corpus.pairs])


def _prints_of(smiles: Sequence[str], *, radius: int, bits: int) -> Packed:
    found = np.empty((len(smiles), bits // 64), dtype=np.uint64)
    for number, each in enumerate(smiles):
        found[number] = morgan(read_molecule(each).mol, radius=radius, bits=bits)
    return found


def _not_a_caption(query: Molecule) -> str:
    raise InputError(f"the molecule {shorten(query.smiles)} came as a caption; pass by='molecule'")

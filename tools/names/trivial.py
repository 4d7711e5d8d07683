"""Trivial names that OPSIN does not read, from a curated table: `data/trivial_names.toml`.

Every entry gives a systematic name or a SMILES, and the molecular formula that a test compares it with. The table is
read at the first question, not at import.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "trivial_names.toml"
COMMON = TABLE.with_name("common_names.toml")

_KEYS = {"reads", "smiles", "formula", "also", "flat"}


@dataclass(frozen=True, slots=True)
class TrivialName:
    """One compound of the table."""

    name: str
    also: tuple[str, ...]
    """Synonyms."""
    formula: str
    """Molecular formula in Hill order with its charge, as RDKit writes it."""
    reads: str = ""
    """Systematic name that OPSIN understands; empty where `smiles` is given."""
    smiles: str = ""
    flat: bool = False
    """The name fixes a configuration, but none is claimed here: compare the graph only."""
    group: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """List the name and its synonyms."""
        return (self.name, *self.also)


@dataclass(frozen=True, slots=True)
class TrivialNames:
    """The table, ready to be asked."""

    entries: tuple[TrivialName, ...]
    version: str
    """Hash of the file; part of the cache key of resolved names."""
    _by_key: Mapping[str, TrivialName]

    def find(self, text: str) -> TrivialName | None:
        """Find the entry of a name, or None. Case makes no difference but for abbreviations without small letters."""
        return self._by_key.get(text) or self._by_key.get(_key(text))


def _key(name: str) -> str:
    """Abbreviations keep their capitals, so that "amp" or "pep" in a sentence is no nucleotide."""
    return name.casefold() if any(c.islower() for c in name) else name


def read_table(text: str) -> tuple[TrivialName, ...]:
    """Read the table.

    Raises:
        ValueError: An entry has an unknown key, lacks its structure or formula, or repeats a name.
    """
    found: list[TrivialName] = []
    seen: dict[str, str] = {}
    for group, entries in tomllib.loads(text).items():
        for name, entry in entries.items():
            if unknown := set(entry) - _KEYS:
                raise ValueError(f"{group}: {name!r} has unknown keys {sorted(unknown)}; known are {sorted(_KEYS)}")
            if ("reads" in entry) == ("smiles" in entry) or not entry.get("formula"):
                raise ValueError(f"{group}: {name!r} needs a formula and either `reads` or `smiles`")
            record = TrivialName(
                name,
                tuple(entry.get("also", ())),
                entry["formula"],
                entry.get("reads", ""),
                entry.get("smiles", ""),
                entry.get("flat", False),
                group,
            )
            for known in record.names:
                if seen.setdefault(_key(known), name) != name:
                    raise ValueError(f"{group}: {known!r} is named by both {name!r} and {seen[_key(known)]!r}")
            found.append(record)
    return tuple(found)


@lru_cache(maxsize=1)
def trivial_names() -> TrivialNames:
    """Read the packaged table, once in a process."""
    data = TABLE.read_bytes()
    entries = read_table(data.decode("utf-8"))
    by_key = {_key(name): entry for entry in entries for name in entry.names}
    return TrivialNames(entries, hashlib.sha256(data).hexdigest()[:12], by_key)


@lru_cache(maxsize=1)
def common_names() -> dict[str, tuple[str, ...]]:
    """Read the common names that OPSIN understands, by molecular formula, once in a process."""
    return {formula: tuple(names) for formula, names in tomllib.loads(COMMON.read_text("utf-8")).items()}

"""What the captions of a corpus say, as far as a batch needs it before it begins; kept pair by pair."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path

from molreflect.tools import captions, lexicon, names
from molreflect.tools.corpus import Corpus, Pair
from molreflect.tools.names.from_corpus import Definition, definitions_of
from molreflect.tools.resources import Resources
from molreflect.tools.storage import atomic_write_text, read_cached, short_hash
from molreflect.tools.terms import PhraseKind

_KEPT_FROM = 1_000
"""Pairs from which on readings are kept: fewer are read again sooner than a file is."""


@dataclass(frozen=True, slots=True)
class PairReading:
    """What a pair says."""

    keys: tuple[str, ...]
    """Keys of its structural phrases, which evidence counts."""
    names: tuple[str, ...]
    """Names that are to be turned into structures."""
    defined: tuple[Definition, ...]
    """Names that the pair defines."""


def read_pairs(
    corpus: Corpus,
    resources: Resources,
    folder: Path | None,
    *,
    heard: Callable[[Iterable[str]], None] = lambda _: None,
) -> dict[str, PairReading]:
    """Read all pairs of a corpus; those that an earlier run has read are taken from its folder.

    Args:
        corpus: The pairs.
        resources: What reads them.
        folder: Of the index; None keeps nothing.
        heard: Told the names of each pair, as soon as it is read.

    Returns:
        By pair id, in corpus order.
    """
    path = folder / f"readings-{_version(resources)}.json" if folder is not None else None
    known = _kept(path) if path is not None else {}
    digests = {pair.id: _digest(pair) for pair in corpus.pairs}
    new = 0
    said: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for pair in corpus.pairs:
        if digests[pair.id] not in known:
            new += 1
            if pair.caption not in said:
                said[pair.caption] = _read(pair.caption, resources)
            known[digests[pair.id]] = PairReading(*said[pair.caption], tuple(definitions_of(pair)))
        heard(known[digests[pair.id]].names)
    found = {pair_id: known[digest] for pair_id, digest in digests.items()}
    if new and path is not None and len(found) >= _KEPT_FROM:
        lines = {digests[pair_id]: astuple(reading) for pair_id, reading in found.items()}
        atomic_write_text(path, json.dumps(lines, ensure_ascii=True, separators=(",", ":")))
        for old in path.parent.glob("readings-*.json"):
            if old != path:
                old.unlink(missing_ok=True)
    return found


def _read(caption: str, resources: Resources) -> tuple[tuple[str, ...], tuple[str, ...]]:
    phrases = resources.reader.read(caption)
    keys = sorted({p.key for p in phrases if p.kind is PhraseKind.STRUCTURE})
    unknown = {
        p.name or p.key
        for p in phrases
        if p.kind is PhraseKind.RELATION or (p.kind is PhraseKind.STRUCTURE and resources.lexicon.find(p.key) is None)
    }
    return tuple(keys), tuple(sorted(unknown))


def _kept(path: Path) -> dict[str, PairReading]:
    """Read what an earlier run kept."""

    def readings() -> dict[str, PairReading]:
        lines: dict[str, tuple[list[str], list[str], list[list[str]]]] = dict(json.loads(path.read_bytes()))
        return {
            digest: PairReading(tuple(keys), tuple(unknown), tuple((n, s, f) for n, s, f in defined))
            for digest, (keys, unknown, defined) in lines.items()
        }

    return read_cached(path, readings) or {}


def _digest(pair: Pair) -> str:
    said = f"{len(pair.smiles)} {pair.smiles} {pair.caption}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(said, digest_size=16).hexdigest()


def _version(resources: Resources) -> str:
    """Hash everything that a reading depends on besides its pair: the lexicon, and the rules themselves."""
    return short_hash([resources.lexicon.version, _rules()])


@cache
def _rules() -> str:
    digest = hashlib.sha256()
    for room in (captions, lexicon, names):
        folder = Path(next(iter(room.__path__)))
        for path in sorted(p for p in folder.rglob("*") if p.suffix in (".py", ".toml")):
            digest.update(f"{path.relative_to(folder)} ".encode() + path.read_bytes())
    return digest.hexdigest()

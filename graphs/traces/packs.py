"""Texts of traces, compressed together: one pack holds what one trace said between two writes."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from itertools import islice

PLACES = 4096
"""Most texts of a pack. The place of a text is `pack * PLACES + number`; the index of words counts by it."""
WHOLE = -1
"""In `uses`: the trace has all texts of the pack, being the one they were packed for."""
MAX_PACK = 1_000_000
"""Characters of a pack, unless one text alone has more: reading a text expands all of them."""
MAX_INDEXED = 20_000
"""Characters of one text that a search looks at."""
KNOWN = 50_000
"""Texts whose places are remembered."""
_ASKED = 500
"""Hashes that one query looks for."""


class Kept(IntEnum):
    """How a text is kept."""

    SEARCHED = 0
    UNSEARCHED = 1
    SHARED = 2
    """By itself, and not searched: all traces have it."""


Texts = Mapping[str, tuple[str, Kept]]
"""Texts by their hashes."""


def pack(texts: Sequence[tuple[str, bool]]) -> bytes:
    """Compress texts together; each says whether a search finds it."""
    written = [text.encode() for text, _ in texts]
    head = json.dumps([[len(data), int(found)] for data, (_, found) in zip(written, texts, strict=True)])
    # Level 6 takes three times as long, for an eighth less.
    return zlib.compress(b"".join([head.encode(), b"\n", *written]), 1)


def unpack(data: bytes) -> list[tuple[str, bool]]:
    """Restore the texts of a pack.

    Raises:
        ValueError: The pack is damaged.
    """
    try:
        head, _, rest = zlib.decompress(data).partition(b"\n")
    except zlib.error as error:
        raise ValueError(str(error)) from error
    found, start = [], 0
    for length, searched in json.loads(head):
        found.append((rest[start : start + length].decode(), bool(searched)))
        start += length
    return found


class PackWriter:
    """Writes texts that are not in the file yet, within the transactions of a `TraceWriter`."""

    def __init__(self, db: sqlite3.Connection, *, searchable: bool) -> None:
        """Write to a database of traces.

        Args:
            db: The database.
            searchable: Whether words are indexed at all.
        """
        self._db, self._searchable = db, searchable
        self._known: dict[str, int] = {}
        """Places by hash."""

    def forget(self) -> None:
        """Forget which texts are there, since some may be gone."""
        self._known.clear()

    def write(self, texts: Texts) -> set[tuple[int, int]]:
        """Write the texts of one trace.

        Returns:
            The packs that they stand in, each with the number of the text there, or `WHOLE`.
        """
        known = self._known
        if len(known) > KNOWN:
            known.clear()
        self._look_up([hash_ for hash_ in texts if hash_ not in known])
        uses = {divmod(known[hash_], PLACES) for hash_ in texts if hash_ in known}
        new = {hash_: given for hash_, given in texts.items() if hash_ not in known}
        for hash_, (text, kept) in new.items():
            if kept is Kept.SHARED:
                uses.add((self._pack([(hash_, text, False)]), 0))
        own = [(h, text, kept is Kept.SEARCHED) for h, (text, kept) in new.items() if kept is not Kept.SHARED]
        uses.update((self._pack(part), WHOLE) for part in _parts(own))
        return uses

    def _look_up(self, hashes: Sequence[str]) -> None:
        """Find the places of texts that another writer, or an earlier one, has put into the file."""
        left = iter(hashes)
        while asked := [bytes.fromhex(hash_) for hash_ in islice(left, _ASKED)]:
            marks = ", ".join("?" * len(asked))
            for hash_, place in self._db.execute(f"SELECT hash, place FROM contents WHERE hash IN ({marks})", asked):
                self._known[hash_.hex()] = place

    def _pack(self, texts: Sequence[tuple[str, str, bool]]) -> int:
        texts = [(hash_, text, searched and self._searchable) for hash_, text, searched in texts]
        data = pack([(text, searched) for _, text, searched in texts])
        number = int(self._db.execute("INSERT INTO packs (data) VALUES (?)", (data,)).lastrowid or 0)
        first = number * PLACES
        places = {hash_: first + n for n, (hash_, _, _) in enumerate(texts)}
        self._db.executemany(
            "INSERT INTO contents (hash, place) VALUES (?, ?)", [(bytes.fromhex(h), p) for h, p in places.items()]
        )
        found = [(first + n, text[:MAX_INDEXED]) for n, (_, text, searched) in enumerate(texts) if searched]
        if found:
            self._db.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", found)
        self._known |= places
        return number


def _parts(texts: Sequence[tuple[str, str, bool]]) -> Iterator[list[tuple[str, str, bool]]]:
    """Cut texts into packs of bounded size."""
    part: list[tuple[str, str, bool]] = []
    size = 0
    for each in texts:
        if part and (len(part) == PLACES or size + len(each[1]) > MAX_PACK):
            yield part
            part, size = [], 0
        part.append(each)
        size += len(each[1])
    if part:
        yield part


def drop_unused(db: sqlite3.Connection) -> None:
    """Drop the texts that no trace has any more, within a transaction."""
    gone: list[int] = []
    for number, data in db.execute("SELECT id, data FROM packs WHERE id NOT IN (SELECT pack FROM uses)").fetchall():
        gone += _unindex(db, number, unpack(data), frozenset())
        db.execute("DELETE FROM packs WHERE id = ?", (number,))
    owned = "SELECT pack FROM uses GROUP BY pack HAVING MIN(place) <> ?"
    for number, data in db.execute(f"SELECT id, data FROM packs WHERE id IN ({owned})", (WHOLE,)).fetchall():
        # The trace they were packed for is gone; others have some of them.
        used = frozenset(n for (n,) in db.execute("SELECT DISTINCT place FROM uses WHERE pack = ?", (number,)))
        texts = unpack(data)
        if dropped := _unindex(db, number, texts, used):
            gone += dropped
            left = [each if n in used else ("", False) for n, each in enumerate(texts)]
            db.execute("UPDATE packs SET data = ? WHERE id = ?", (pack(left), number))
    db.execute("CREATE TEMP TABLE IF NOT EXISTS gone (place INTEGER PRIMARY KEY)")
    db.execute("DELETE FROM gone")
    db.executemany("INSERT INTO gone VALUES (?)", [(place,) for place in gone])
    db.execute("DELETE FROM contents WHERE place IN (SELECT place FROM gone)")


def _unindex(db: sqlite3.Connection, number: int, texts: Sequence[tuple[str, bool]], used: frozenset[int]) -> list[int]:
    """Take the unused texts of a pack out of the index of words, which has to be told; return their places."""
    places = []
    for n, (text, searched) in enumerate(texts):
        if n in used or not text:
            continue
        place = number * PLACES + n
        places.append(place)
        if searched:
            db.execute("INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)", (place, text[:MAX_INDEXED]))
    return places

"""Which molecules of a corpus hold a pattern: screened, searched once and kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rdkit import Chem, DataStructs, rdBase

from molreflect.tools.corpus import Corpus, Spread, compute_rows
from molreflect.tools.errors import shorten
from molreflect.tools.molecules.match import MatchTimeoutError, match_at
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.molecules.smarts import Pattern, read_pattern
from molreflect.tools.storage import cached_rows, connect, short_hash
from molreflect.tools.terms import LADDER, Level

Bits = npt.NDArray[np.bool_]

FORMAT = 3
"""Part of the name of what is kept. Raise it with every change in `tools/molecules` or here after which a pattern is
found in other molecules, or in the layout of the file."""

SAMPLE = 5_000
"""Most molecules in which a pattern is counted: of a share of one half, the standard error is then .007."""

_SCREEN_BITS = 2048
_CLOCK_STRIDE = 64
"""Rows between two looks at the clock, which takes as long as ten searches."""
_SIMPLE_ATOMS = 20
"""Patterns of at most so many atoms are matched without looking at the clock inside one molecule (a look costs more
than the match); larger ones could run away."""
_FEW = 8
"""Molecules that are searched at once sooner than they are screened together."""
_WRITTEN = 2 * SAMPLE
"""Molecules kept in binary form, some .7 kB each: the sample, and as many more."""
_FLUSH = 32  # presence vectors that wait in memory before they are written together


class PatternPresence:
    """Searches patterns in all molecules of a corpus.

    What is found is kept in memory and, with a folder, on disk under a name that depends on the sample, RDKit's version
    and `FORMAT`, so that outdated answers are never read. May be used from several threads and processes at a time.
    """

    def __init__(self, corpus: Corpus, folder: Path | None = None, spread: Spread | None = None) -> None:
        """Take a corpus; None for `folder` keeps everything in memory only, and for `spread` computes it here."""
        self._corpus = corpus
        self._folder = folder
        self._spread = spread
        self._known: dict[tuple[str, Level], Bits] = {}
        self._seen: dict[tuple[str, Level], _Seen] = {}
        self._written = lru_cache(maxsize=_WRITTEN)(self._write_out)
        self.sample = self.drawn(np.arange(len(corpus.pairs)), SAMPLE)
        """0-based rows of the molecules that stand for the corpus: all, or `SAMPLE` drawn once."""
        drawn = [corpus.pairs[row].smiles for row in self.sample.tolist()]
        name = short_hash([FORMAT, drawn, rdBase.rdkitVersion])
        self._store = _Store(folder, name) if folder is not None else None

    def drawn(self, rows: npt.NDArray[np.intp], at_most: int) -> npt.NDArray[np.intp]:
        """Draw pairs that stand for others: by what they are, so that neither order nor a pair more changes the rest.

        Args:
            rows: 0-based rows, ascending.
            at_most: All are given where there are no more.

        Returns:
            Shape (min(n_rows, at_most),), ascending.
        """
        if len(rows) <= at_most:
            return rows
        return np.sort(rows[np.argsort(self._digests[rows], kind="stable")[:at_most]])

    @cached_property
    def _digests(self) -> npt.NDArray[np.uint64]:
        pairs = self._corpus.pairs
        digests = [blake2b(f"{p.id} {p.smiles}".encode("utf-8", "surrogatepass"), digest_size=8) for p in pairs]
        return np.array([int.from_bytes(digest.digest(), "big") for digest in digests], dtype=np.uint64)

    def prepare(self) -> None:
        """Compute what molecules are screened by, unless it is in the folder already."""
        _ = self._facts

    def flush(self) -> None:
        """Write what waits in memory."""
        if self._store is not None:
            self._store.flush()

    def close(self) -> None:
        """Write what waits and close the file; the object stays usable in memory."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def of(self, pattern: str, level: Level = Level.NEUTRAL) -> Bits:
        """Tell which molecules of the sample hold a pattern, by the rules of `molreflect.tools.molecules.match.find`.

        Args:
            pattern: SMARTS.
            level: Loosest rung of the match ladder, `find`'s `floor`.

        Returns:
            Shape (len(sample),), read-only; entry `i` says whether `find(molecule sample[i], pattern, floor=level)` has
            a hit.

        Raises:
            InputError: The pattern cannot be read.
            MatchTimeoutError: The pattern takes too long (1 s plus 0.3 ms a molecule of processor time, so that a
                busy machine does not change the answer).
        """
        read = read_pattern(pattern)
        known = (read.smarts, level)
        found = self._known.get(known)
        if found is None and self._store is not None:
            found = self._store.get(read.smarts, level, len(self.sample))
        elif found is not None:
            return found
        if found is None:
            found = self._search(read, level, self.sample)
            if self._store is not None:
                self._store.put(read.smarts, level, found)
        found.setflags(write=False)
        self._known[known] = found
        return found

    def among(self, pattern: str, rows: npt.NDArray[np.intp], level: Level = Level.NEUTRAL) -> Bits:
        """Tell which of some molecules hold a pattern: `of` for any rows, of which each is searched once.

        Args:
            pattern: SMARTS.
            rows: 0-based rows of the corpus.
            level: Loosest rung of the match ladder.

        Returns:
            Shape (len(rows),).

        Raises:
            InputError: The pattern cannot be read.
            MatchTimeoutError: The pattern takes too long.
        """
        read = read_pattern(pattern)
        seen = self._seen.setdefault((read.smarts, level), _Seen())
        return seen.holding(rows, lambda new: self._search(read, level, new))

    def _search(self, pattern: Pattern, level: Level, rows: npt.NDArray[np.intp]) -> Bits:
        """Search some rows; shape (len(rows),)."""
        if len(rows) <= _FEW:
            return np.array([self._holds(row, pattern, level) for row in rows.tolist()], dtype=np.bool_)
        deadline = time.thread_time() + 1.0 + 0.0003 * len(rows)
        hit = np.zeros(len(rows), dtype=np.bool_)
        for rung in _rungs(pattern, level):
            left = np.flatnonzero(~hit)
            if rung is Level.NEUTRAL and pattern.neutral is pattern.query:
                left = left[self._facts.charged[rows[left]]]  # nothing is charged on either side of the others
            hit[left] = self._matching(pattern, rung, rows[left], deadline)
        return hit

    def _holds(self, row: int, pattern: Pattern, level: Level) -> bool:
        """Tell whether one molecule holds a pattern."""
        for rung in _rungs(pattern, level):
            if rung is Level.NEUTRAL and pattern.neutral is pattern.query and not self._written(row)[1]:
                continue  # nothing is charged on either side
            if self._may_hold(row, pattern, rung) and self._found(row, pattern, rung):
                return True
        return False

    def _may_hold(self, row: int, pattern: Pattern, rung: Level) -> bool:
        """Screen one molecule for a large pattern, which may run out of its bound where a part of it is missing."""
        query = _queried(pattern, rung)
        if query.GetNumAtoms() <= _SIMPLE_ATOMS:
            return True
        stored = self._facts.neutral_screens if rung is Level.NEUTRAL else self._facts.screens
        screen = _screen_of_query(pattern, rung)
        return bool(self._facts.sizes[row] >= query.GetNumAtoms() and ((stored[row] & screen) == screen).all())

    def _matching(self, pattern: Pattern, rung: Level, rows: npt.NDArray[np.intp], deadline: float) -> Bits:
        """Tell which rows match on one rung: screened by size and pattern fingerprints, then searched."""
        query = _queried(pattern, rung)
        screen = _screen_of_query(pattern, rung)
        stored = self._facts.neutral_screens if rung is Level.NEUTRAL else self._facts.screens
        set_words = np.flatnonzero(screen)
        passed = np.flatnonzero(self._facts.sizes[rows] >= query.GetNumAtoms())
        if len(set_words):
            held = stored[np.ix_(rows[passed], set_words)] & screen[set_words]
            passed = passed[(held == screen[set_words]).all(axis=1)]
        hit = np.zeros(len(rows), dtype=np.bool_)
        open_ones = passed.tolist()
        for begin in range(0, len(open_ones), _CLOCK_STRIDE):
            if time.thread_time() > deadline:
                raise MatchTimeoutError(
                    f"the search for {shorten(pattern.smarts)} over the corpus was given up after its time bound; "
                    "pass a smaller or more specific pattern"
                )
            for place in open_ones[begin : begin + _CLOCK_STRIDE]:
                hit[place] = self._found(int(rows[place]), pattern, rung)
        return hit

    def _found(self, row: int, pattern: Pattern, rung: Level) -> bool:
        """Search one molecule on one rung."""
        query = _queried(pattern, rung)
        if query.GetNumAtoms() > _SIMPLE_ATOMS:
            molecule = read_molecule(self._corpus.pairs[row].smiles)
            return bool(match_at(molecule, pattern, rung, max_hits=1))
        given, neutral = self._written(row)
        target = Chem.Mol(neutral if rung is Level.NEUTRAL and neutral else given)
        return bool(target.HasSubstructMatch(query, useChirality=rung is Level.EXACT and pattern.has_stereo))

    def _write_out(self, row: int) -> tuple[bytes, bytes]:
        """Give a molecule and its neutral form in RDKit's binary form, empty where that is the same.

        Kept so they take half a kilobyte, and are read in a fifth of the time that SMILES take. As molecules they would
        fill the memory, and drive out of the reader's cache what rows under way are asked about.
        """
        molecule = read_molecule(self._corpus.pairs[row].smiles)
        charged = molecule.neutral is not molecule.mol
        return molecule.mol.ToBinary(), molecule.neutral.ToBinary() if charged else b""

    @cached_property
    def _facts(self) -> _Facts:
        """What the molecules are screened by, kept beside the index."""
        smiles = [pair.smiles for pair in self._corpus.pairs]
        words = cached_rows(
            self._folder,
            "screens",
            [rdBase.rdkitVersion, _SCREEN_BITS, FORMAT],
            smiles,
            lambda places: compute_rows(_screens_of, [smiles[place] for place in places], self._spread),
        )
        width = _SCREEN_BITS // 64
        return _Facts(words[:, :width], words[:, width : 2 * width], words[:, -2], words[:, -1] > 0)


class _Seen:
    """Which rows were searched for one pattern, and which of them hold it; nine bytes a row.

    Its table is replaced whole, never changed. Of two threads that learn at once one is forgotten, and asks again.
    """

    def __init__(self) -> None:
        self._table: tuple[npt.NDArray[np.intp], Bits] = (np.empty(0, np.intp), np.empty(0, np.bool_))
        """Rows in ascending order, and whether each holds the pattern."""

    def holding(self, rows: npt.NDArray[np.intp], search: Callable[[npt.NDArray[np.intp]], Bits]) -> Bits:
        """Tell which of some rows hold the pattern, shape (len(rows),); those not known yet are searched."""
        known, held = self._table
        places = np.searchsorted(known, rows)
        there = places < len(known)
        there[there] = known[places[there]] == rows[there]
        if not there.all():
            new = np.unique(rows[~there])
            order = np.argsort(np.concatenate([known, new]), kind="stable")
            held = np.concatenate([held, search(new)])[order]
            known = np.concatenate([known, new])[order]
            self._table = known, held
            places = np.searchsorted(known, rows)
        return held[places]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of every molecule before it is searched."""

    screens: npt.NDArray[np.uint64]
    """Pattern fingerprints of the molecules as given, 64 bits a word."""
    neutral_screens: npt.NDArray[np.uint64]
    """The same without charges."""
    sizes: npt.NDArray[np.uint64]
    """Atoms."""
    charged: Bits
    """Whether the neutral form is another one."""


def _rungs(pattern: Pattern, level: Level) -> list[Level]:
    """List the rungs on which a pattern may be found, and not on the next one as well."""
    return [
        rung
        for rung in LADDER[: LADDER.index(level) + 1]
        # Whatever has the stereo also matches on the next rung, without it.
        if not (rung is Level.EXACT and level is not Level.EXACT and pattern.has_stereo)
        and not (rung is Level.FLAT and not pattern.has_stereo)  # the same search as `exact`
    ]


def _queried(pattern: Pattern, rung: Level) -> Chem.Mol:
    """Say what is searched for on a rung."""
    if rung is Level.NEUTRAL:
        return pattern.neutral
    return pattern.skeleton if rung is Level.SKELETON else pattern.query


@lru_cache(maxsize=1_024)
def _screen_of_query(pattern: Pattern, rung: Level) -> npt.NDArray[np.uint64]:
    return _packed_screen(_queried(pattern, rung))


def _screens_of(smiles: Sequence[str]) -> npt.NDArray[np.uint64]:
    return np.stack([_screened(read_molecule(each)) for each in smiles])


def _screened(molecule: Molecule) -> npt.NDArray[np.uint64]:
    """Both pattern fingerprints of a molecule, its size and whether it is charged, one after the other."""
    own = _packed_screen(molecule.mol)
    charged = molecule.neutral is not molecule.mol
    neutral = _packed_screen(molecule.neutral) if charged else own
    return np.concatenate([own, neutral, np.array([molecule.mol.GetNumAtoms(), charged], dtype=np.uint64)])


def _packed_screen(mol: Chem.Mol) -> npt.NDArray[np.uint64]:
    """RDKit's pattern fingerprint of a molecule or a query, shape (32,): a query's bits are a subset of those of
    every molecule that contains it."""
    vector = Chem.PatternFingerprint(mol, _SCREEN_BITS)
    return np.frombuffer(DataStructs.BitVectToBinaryText(vector), dtype=np.uint64)


class _Store:
    """Presence vectors in a SQLite file; a killed process loses the last few, which are computed again."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"presence-{name}.sqlite"
        for old in folder.glob("presence-*.sqlite*"):
            if not old.name.startswith(path.name):
                old.unlink(missing_ok=True)
        self._guard = threading.Lock()
        self._waiting: dict[tuple[str, str], bytes] = {}
        schema = (
            "CREATE TABLE IF NOT EXISTS presence (pattern TEXT, level TEXT, bits BLOB, PRIMARY KEY (pattern, level))"
        )
        self._db = connect(path, "a store of presence vectors", schema, remade=True)

    def get(self, pattern: str, level: Level, rows: int) -> Bits | None:
        with self._guard:
            found = self._db.execute(
                "SELECT bits FROM presence WHERE pattern = ? AND level = ?", (pattern, level.value)
            ).fetchone()
        if found is None:
            return None
        return np.unpackbits(np.frombuffer(found[0], dtype=np.uint8), count=rows).astype(np.bool_)

    def put(self, pattern: str, level: Level, bits: Bits) -> None:
        with self._guard:
            self._waiting[pattern, level.value] = np.packbits(bits).tobytes()
            if len(self._waiting) >= _FLUSH:
                self._write()

    def flush(self) -> None:
        with self._guard:
            self._write()

    def close(self) -> None:
        with self._guard:
            self._write()
            self._db.close()

    def _write(self) -> None:
        rows = ((pattern, level, bits) for (pattern, level), bits in self._waiting.items())
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO presence VALUES (?, ?, ?)", rows)
        self._waiting.clear()

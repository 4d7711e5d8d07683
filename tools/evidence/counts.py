"""How a corpus speaks on the tie of a phrase and a pattern, and which fragments it would tie to a phrase itself."""

from __future__ import annotations

import inspect
import json
import math
import sys
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rdkit import Chem, DataStructs, rdBase

from molreflect.tools.corpus import Corpus, inchikey_blocks
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.evidence import fragments as fragment_module
from molreflect.tools.evidence.fragments import FragmentLibrary
from molreflect.tools.molecules import match as substructure_module
from molreflect.tools.molecules import read as molecule_module
from molreflect.tools.molecules.match import MatchTimeoutError, find, match_at
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.molecules.smarts import Pattern, read_pattern
from molreflect.tools.storage import atomic_write_text, cached_array, connect, short_hash
from molreflect.tools.terms import LADDER, Evidence, Level

Bits = npt.NDArray[np.bool_]

FORMAT = 1
"""Bumped when what is stored changes its meaning."""

MAX_COUNTEREXAMPLES = 5
MIN_PAIRS = 5
"""A phrase of fewer pairs is not mined: too many fragments would fit by chance."""
MIN_RECALL = 0.95
"""Recall a mined fragment should reach: captions name a class, and nearly all their molecules show it."""
FALLBACK_RECALL = 0.8
"""Recall a mined fragment must reach where a loose use of the words spoils `MIN_RECALL`."""
LEAST_STRENGTH = 0.9
"""Of fragments of the lower recall, those of at least this share of the highest -log p are equally good."""
_FALLBACK_STRENGTH = 1.5  # how many times smaller log p has to be for a fragment of the lower recall to come first
CHANCE = 0.3
"""A fragment counts as more specific than a simpler one only if that is unlikelier than this by chance: a larger one
that fits a little better has mostly learned the corpus, not the phrase."""
LEAST_SHARE = 0.8
"""Of few pairs anything may be chance; a fragment of a lift below this share of the highest is never preferred."""
COMPLETION = 1.08
"""A fragment is completed (by the rest of its ring, by more of its heteroatoms) as long as its lift changes by no
more than this factor: `S(=O)(=O)N` rather than the `SN` that occurs in the same molecules."""

_SCREEN_BITS = 2048
_CLOCK_STRIDE = 64
"""Rows between two looks at the clock, which takes as long as ten searches."""
_SIMPLE_ATOMS = 20
"""Patterns of at most so many atoms are matched without looking at the clock inside one molecule (a look costs more
than the match); larger ones could run away."""
_FLUSH = 32  # presence vectors that wait in memory before they are written together
_CANDIDATES = 32  # fragments whose presence is computed for one mined phrase


@dataclass(frozen=True, slots=True)
class MinedFragment:
    """A fragment whose presence separates a phrase's molecules from the rest of the corpus."""

    pattern: str
    """SMARTS, ready for `molreflect.tools.molecules.match.find`."""
    level: Level
    """Loosest rung of the match ladder the figures below were counted at."""
    recall: float
    """Share of the pairs with the phrase whose molecule holds the fragment, 0 to 1."""
    background: float
    """Share of all pairs whose molecule holds the fragment, 0 to 1."""
    lift: float
    """`recall / background`."""
    p_value: float
    """One-sided Fisher exact test."""


class CorpusEvidence:
    """Counts phrases and patterns over one corpus.

    What is computed is kept in memory and, with a folder, on disk under a name that depends on the corpus, on
    RDKit's version and on the code that matches, so that outdated counts are never read. May be used from several
    threads and by several processes at a time.
    """

    def __init__(
        self,
        corpus: Corpus,
        phrases: Mapping[str, Collection[str]],
        folder: Path | None = None,
    ) -> None:
        """Take the phrases of every pair.

        Args:
            corpus: The pairs to count over.
            phrases: Phrase keys (`Phrase.key`) by pair id; pairs without an entry use no phrase.
            folder: Where presence vectors and the fragment library are kept; None keeps them in memory only.

        Raises:
            InputError: `phrases` names a pair the corpus does not have, or the corpus is empty.
        """
        if not corpus.pairs:
            raise InputError(f"{corpus.source} has no usable pairs to count; pass a corpus with at least one")
        self.corpus = corpus
        self._folder = folder
        self._row_of = {pair.id: row for row, pair in enumerate(corpus.pairs)}
        strangers = phrases.keys() - self._row_of.keys()
        if strangers:
            raise InputError(
                f"phrases are given for {shorten(min(strangers))}, which is no pair of {corpus.source}; "
                "read the phrases from the same corpus"
            )
        rows: dict[str, list[int]] = {}
        for row, pair in enumerate(corpus.pairs):
            for key in sorted(set(phrases.get(pair.id, ()))):
                rows.setdefault(key, []).append(row)
        self._rows_of_key = {key: np.array(found, dtype=np.intp) for key, found in rows.items()}
        self._presence: dict[tuple[str, Level], Bits] = {}
        self._guard = threading.RLock()
        self._log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, len(corpus.pairs) + 1)))])
        self._store = _Store(folder, self._store_name) if folder is not None else None

    # ------------------------------------------------------------------ saving and loading

    @classmethod
    def load(cls, corpus: Corpus, folder: Path, *, phrase_version: str) -> CorpusEvidence | None:
        """The evidence a former `save` left for this very corpus and phrase version, or None."""
        path = _phrase_path(corpus, folder, phrase_version)
        if not path.exists():
            return None
        saved: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
        return cls(corpus, saved, folder)

    def save(self, *, phrase_version: str) -> None:
        """Keep phrases, presence vectors and the fragment library beside the index.

        Args:
            phrase_version: What the phrases depend on besides the corpus: version of the caption reader and lexicon.

        Raises:
            ValueError: The evidence was made without a folder.
        """
        if self._folder is None:
            raise ValueError("evidence without a folder cannot be saved")
        _ = self.library
        by_id: dict[str, list[str]] = {}
        for key, rows in self._rows_of_key.items():
            for row in rows.tolist():
                by_id.setdefault(self.corpus.pairs[row].id, []).append(key)
        path = _phrase_path(self.corpus, self._folder, phrase_version)
        atomic_write_text(path, json.dumps(by_id, sort_keys=True))
        for old in self._folder.glob("phrases-*.json"):
            if old != path:
                old.unlink(missing_ok=True)
        self.flush()

    def flush(self) -> None:
        """Write presence vectors that wait in memory."""
        if self._store is not None:
            self._store.flush()

    def close(self) -> None:
        """Write what waits and close the file; the object stays usable in memory."""
        if self._store is not None:
            self._store.close()
            self._store = None

    @cached_property
    def _store_name(self) -> str:
        code = [inspect.getsource(module) for module in (molecule_module, substructure_module)]
        return short_hash([FORMAT, self.corpus.fingerprint, rdBase.rdkitVersion, code])

    # ------------------------------------------------------------------ phrases

    @property
    def keys(self) -> Mapping[str, int]:
        """Every phrase key with the number of pairs that use it."""
        return {key: len(rows) for key, rows in self._rows_of_key.items()}

    def ids_with(self, key: str) -> tuple[str, ...]:
        """Ids of the pairs whose caption uses a phrase, in corpus order."""
        return tuple(self.corpus.pairs[row].id for row in self._rows_of_key.get(key, ()))

    # ------------------------------------------------------------------ presence

    def presence(self, pattern: str, level: Level = Level.NEUTRAL) -> Bits:
        """Which molecules of the corpus hold a pattern, by the rules of `molreflect.tools.molecules.match.find`.

        Args:
            pattern: SMARTS.
            level: Loosest rung of the match ladder, `find`'s `floor`.

        Returns:
            Shape (n_pairs,), read-only; entry `i` says whether `find(molecule i, pattern, floor=level)` has a hit.

        Raises:
            InputError: The pattern cannot be read.
            MatchTimeoutError: The pattern takes too long (1 s plus 0.3 ms a molecule of processor time, so that a
                busy machine does not change the answer).
        """
        read = read_pattern(pattern)
        known = (read.smarts, level)
        found = self._presence.get(known)
        if found is None and self._store is not None:
            found = self._store.get(read.smarts, level, len(self.corpus.pairs))
        elif found is not None:
            return found
        if found is None:
            found = self._search(read, level)
            if self._store is not None:
                self._store.put(read.smarts, level, found)
        found.setflags(write=False)
        self._presence[known] = found
        return found

    def _search(self, pattern: Pattern, level: Level) -> Bits:
        total = len(self.corpus.pairs)
        # Built once for all patterns, and nothing this pattern should answer for.
        _ = (self._sizes, self._screens_neutral if level in (Level.NEUTRAL, Level.SKELETON) else self._screens)
        deadline = time.thread_time() + 1.0 + 0.0003 * total
        hit = np.zeros(total, dtype=np.bool_)
        for rung in LADDER[: LADDER.index(level) + 1]:
            if rung is Level.EXACT and level is not Level.EXACT and pattern.has_stereo:
                continue  # whatever has the stereo also matches on the next rung, without it
            if rung is Level.FLAT and not pattern.has_stereo:
                continue  # the same search as `exact`
            open_rows = ~hit
            if rung is Level.NEUTRAL and pattern.neutral is pattern.query:
                open_rows &= self._charged  # nothing is charged on either side of the others
            hit[self._matching(pattern, rung, open_rows, deadline)] = True
        return hit

    def _matching(self, pattern: Pattern, rung: Level, open_rows: Bits, deadline: float) -> list[int]:
        """Rows among `open_rows` that match on one rung: screened by pattern fingerprints, then searched."""
        query = {Level.NEUTRAL: pattern.neutral, Level.SKELETON: pattern.skeleton}.get(rung, pattern.query)
        screen = _packed_screen(query)
        stored = self._screens_neutral if rung is Level.NEUTRAL else self._screens
        set_words = np.flatnonzero(screen)
        passed = open_rows & (self._sizes >= query.GetNumAtoms())
        if len(set_words):
            passed &= ((stored[:, set_words] & screen[set_words]) == screen[set_words]).all(axis=1)
        chiral = rung is Level.EXACT and pattern.has_stereo
        simple = query.GetNumAtoms() <= _SIMPLE_ATOMS
        molecules, targets = self._molecules, self._neutral_mols if rung is Level.NEUTRAL else self._mols
        rows: list[int] = []
        open_ones = np.flatnonzero(passed).tolist()
        for begin in range(0, len(open_ones), _CLOCK_STRIDE):
            if time.thread_time() > deadline:
                raise MatchTimeoutError(
                    f"the search for {shorten(pattern.smarts)} over the corpus was given up after its time bound; "
                    "pass a smaller or more specific pattern"
                )
            share = open_ones[begin : begin + _CLOCK_STRIDE]
            if simple:
                rows += [row for row in share if targets[row].HasSubstructMatch(query, useChirality=chiral)]
            else:
                rows += [row for row in share if match_at(molecules[row], pattern, rung, max_hits=1)]
        return rows

    @cached_property
    def _molecules(self) -> list[Molecule]:
        return [read_molecule(pair.smiles) for pair in self.corpus.pairs]

    @cached_property
    def _mols(self) -> list[Chem.Mol]:
        return [molecule.mol for molecule in self._molecules]

    @cached_property
    def _neutral_mols(self) -> list[Chem.Mol]:
        return [molecule.neutral for molecule in self._molecules]

    @cached_property
    def _charged(self) -> Bits:
        return np.array([m.neutral is not m.mol for m in self._molecules], dtype=np.bool_)

    @cached_property
    def _sizes(self) -> npt.NDArray[np.int64]:
        return np.array([mol.GetNumAtoms() for mol in self._mols], dtype=np.int64)

    @cached_property
    def _screens(self) -> npt.NDArray[np.uint64]:
        """Pattern fingerprints of the molecules as given, 64 bits a word."""
        return cached_array(
            self._folder,
            "screens",
            [self.corpus.fingerprint, rdBase.rdkitVersion, _SCREEN_BITS],
            len(self.corpus.pairs),
            lambda: np.stack([_packed_screen(mol) for mol in self._mols]),
        )

    @cached_property
    def _screens_neutral(self) -> npt.NDArray[np.uint64]:
        screens = self._screens.copy()
        for row in np.flatnonzero(self._charged).tolist():
            screens[row] = _packed_screen(self._neutral_mols[row])
        return screens

    # ------------------------------------------------------------------ ties

    def tie(self, key: str, pattern: str, *, level: Level = Level.NEUTRAL, leave_out: str | None = None) -> Evidence:
        """How the corpus speaks on a phrase meaning a pattern.

        Args:
            key: Normalised phrase.
            pattern: SMARTS.
            level: Loosest rung of the match ladder that counts as holding the pattern.
            leave_out: Id of the query's own pair: it is left out of every count, and with it all pairs that share
                its InChIKey first block.

        Returns:
            The counts; recall, lift and p-value are None where no other pair uses the phrase.

        Raises:
            InputError: The pattern cannot be read, or there is no pair `leave_out`.
            MatchTimeoutError: The pattern takes too long.
        """
        return self.tie_many([(key, pattern)], level=level, leave_out=leave_out)[0]

    def tie_many(
        self, ties: Iterable[tuple[str, str]], *, level: Level = Level.NEUTRAL, leave_out: str | None = None
    ) -> list[Evidence]:
        """`tie` for several (key, pattern) at one level and with the same pair left out."""
        out = self._left_out(leave_out)
        return [self._count(self._rows_of_key.get(key), self.presence(pattern, level), out) for key, pattern in ties]

    def tie_any(
        self, key: str, patterns: Sequence[str], *, level: Level = Level.NEUTRAL, leave_out: str | None = None
    ) -> Evidence:
        """`tie` for a meaning with alternatives: a molecule that holds any one of the patterns counts."""
        holds = np.logical_or.reduce([self.presence(pattern, level) for pattern in patterns])
        return self._count(self._rows_of_key.get(key), holds, self._left_out(leave_out))

    def others_with(self, key: str, *, leave_out: str | None = None) -> int:
        """How many pairs use a phrase, `leave_out` and its InChIKey block not counted."""
        rows = self._rows_of_key.get(key)
        return 0 if rows is None else int(_other_than(rows, self._left_out(leave_out)).sum())

    def among_few(
        self, key: str, patterns: Sequence[str], *, level: Level = Level.NEUTRAL, leave_out: str | None = None
    ) -> Evidence:
        """`tie_any` for a rare phrase: looks at the pairs that use it and spares the search of the whole corpus.

        Background, lift and p-value are then unknown.
        """
        out = self._left_out(leave_out)
        rows = [row for row in self._rows_of_key.get(key, ()) if row not in out]
        molecules = self._molecules
        held = [any(find(molecules[row], pattern, floor=level) for pattern in patterns) for row in rows]
        lacking = [self.corpus.pairs[row].id for row, held_here in zip(rows, held, strict=True) if not held_here]
        return Evidence(
            pairs_with_phrase=len(rows),
            recall=sum(held) / len(rows) if rows else None,
            counterexamples=tuple(lacking[:MAX_COUNTEREXAMPLES]),
        )

    def own_pair(self, pair_id: str | None, molecule: Molecule | None = None) -> str | None:
        """The pair to leave out for a query that may not come from this corpus.

        Args:
            pair_id: Id of the query, of this corpus or not.
            molecule: The query's molecule, if it is known.

        Returns:
            `pair_id` where the corpus has it, else a pair of the same InChIKey first block, else None.
        """
        if pair_id is not None and pair_id in self._row_of:
            return pair_id
        rows = self._blocks[1].get(molecule.block) if molecule is not None else None
        return self.corpus.pairs[rows[0]].id if rows else None

    def _left_out(self, pair_id: str | None) -> list[int]:
        if pair_id is None:
            return []
        row = self._row_of.get(pair_id)
        if row is None:
            raise InputError(f"{self.corpus.source} has no pair {shorten(pair_id)}; pass an id of the corpus")
        blocks, rows_of_block = self._blocks
        return rows_of_block[blocks[row]]

    @cached_property
    def _blocks(self) -> tuple[list[str], dict[str, list[int]]]:
        blocks: list[str] = inchikey_blocks(self.corpus, self._folder).tolist()
        rows: dict[str, list[int]] = {}
        for row, block in enumerate(blocks):
            rows.setdefault(block, []).append(row)
        return blocks, rows

    def _count(self, rows: npt.NDArray[np.intp] | None, holds: Bits, out: Sequence[int]) -> Evidence:
        pairs = len(holds) - len(out)
        holding = int(np.count_nonzero(holds)) - sum(bool(holds[row]) for row in out)
        background = holding / pairs if pairs else None
        if rows is not None and out:
            rows = rows[_other_than(rows, out)]
        if rows is None or not len(rows):
            return Evidence(pairs_with_phrase=0, background=background)
        held = holds[rows]
        both = int(np.count_nonzero(held))
        recall = both / len(rows)
        lacking = rows[~held][:MAX_COUNTEREXAMPLES].tolist()
        return Evidence(
            pairs_with_phrase=len(rows),
            recall=recall,
            background=background,
            lift=recall / background if background else None,
            p_value=self._fisher(both, len(rows), holding, pairs),
            counterexamples=tuple(self.corpus.pairs[row].id for row in lacking),
        )

    def _fisher(self, both: int, with_phrase: int, holding: int, pairs: int) -> float:
        """Chance that at least `both` of `with_phrase` pairs hold a pattern that `holding` of all `pairs` hold.

        Source: the hypergeometric tail of Fisher's exact test, summed in logarithms.
        """
        if both <= max(0, with_phrase + holding - pairs):
            return 1.0  # the least overlap there can be
        log = self._log_factorial
        x = np.arange(both, min(with_phrase, holding) + 1)
        constant = log[holding] + log[pairs - holding] + log[with_phrase] + log[pairs - with_phrase] - log[pairs]
        terms = constant - log[x] - log[holding - x] - log[with_phrase - x] - log[pairs - holding - with_phrase + x]
        return float(min(1.0, np.exp(terms).sum()))

    # ------------------------------------------------------------------ mining

    @property
    def library(self) -> FragmentLibrary:
        """The fragments that recur in the corpus, built at first use (seconds for some thousand molecules)."""
        with self._guard:
            return self._library

    @cached_property
    def _library(self) -> FragmentLibrary:
        if self._folder is None:
            return FragmentLibrary.build(self._mols)
        code = inspect.getsource(fragment_module)
        name = short_hash([FORMAT, self.corpus.fingerprint, rdBase.rdkitVersion, code])
        path = self._folder / f"fragments-{name}.npz"
        if path.exists():
            return FragmentLibrary.load(path)
        built = FragmentLibrary.build(self._mols)
        built.save(path)
        for old in self._folder.glob("fragments-*.npz"):
            if old != path:
                old.unlink(missing_ok=True)
        return built

    def mine(
        self,
        key: str,
        *,
        leave_out: str | None = None,
        min_pairs: int = MIN_PAIRS,
        min_recall: float = MIN_RECALL,
        fallback_recall: float = FALLBACK_RECALL,
        limit: int = 5,
    ) -> tuple[MinedFragment, ...]:
        """Fragments that best separate the molecules of a phrase from the rest, the chosen one first.

        The chosen one has the highest lift at a recall of at least `min_recall`, a simpler one being preferred to
        one that is more specific only by chance (see `CHANCE` and `COMPLETION`). Where a fragment of at least
        `fallback_recall` is tied to the phrase far more strongly, the words are also used loosely, and that fragment
        is chosen: look at `recall` before relying on it. The others follow by falling lift.

        Args:
            key: Normalised phrase.
            leave_out: As in `tie`.
            min_pairs: Phrases of fewer pairs are not mined.
            min_recall: Share of the phrase's molecules that should hold a fragment.
            fallback_recall: Share that must hold it.
            limit: Most fragments to return.

        Returns:
            Fragments over-represented at p < 0.001; empty where there is none or the phrase is too rare.
        """
        out = self._left_out(leave_out)
        rows = self._rows_of_key.get(key)
        if rows is not None and out:
            rows = rows[_other_than(rows, out)]
        if rows is None or len(rows) < max(min_pairs, 1):
            return ()
        mined: list[tuple[int, MinedFragment]] = []
        best = 0.0
        least_share = _least_share(len(rows))
        for candidate in self.library.candidates(rows, min_recall=min_recall, limit=_CANDIDATES):
            if len(self.corpus.pairs) / candidate.cut_from < least_share * best:
                break  # the rest is more frequent still: even at full recall it would not come near the best
            try:
                holds = self.presence(candidate.pattern, candidate.level)
            except MatchTimeoutError:
                continue  # a fragment that cannot be counted cannot be proposed either
            counted = self._count(rows, holds, out)
            if counted.recall is None or counted.background is None or counted.lift is None or counted.p_value is None:
                continue
            if counted.recall < fallback_recall or counted.lift <= 1 or counted.p_value >= 1e-3:
                continue
            figures = (counted.recall, counted.background, counted.lift, counted.p_value)
            mined.append((candidate.size, MinedFragment(candidate.pattern, candidate.level, *figures)))
            if counted.recall >= min_recall:
                best = max(best, counted.lift)
        if not mined:
            return ()
        chosen = _choose([item for item in mined if item[1].recall >= min_recall], least_share)
        strongest = max(_strength(fragment) for _, fragment in mined)
        looser = _choose([item for item in mined if _strength(item[1]) >= LEAST_STRENGTH * strongest], 0.0)
        if looser is not None and (chosen is None or _strength(looser) > _FALLBACK_STRENGTH * _strength(chosen)):
            chosen = looser
        rest = sorted((f for _, f in mined if f != chosen), key=lambda f: (-f.lift, len(f.pattern), f.pattern))
        return (*([chosen] if chosen else []), *rest)[:limit]


def _other_than(rows: npt.NDArray[np.intp], few: Iterable[int]) -> npt.NDArray[np.bool_]:
    """Which rows are none of a few; `numpy.isin` prepares for many."""
    others = np.ones(len(rows), dtype=np.bool_)
    for row in few:
        others &= rows != row
    return others


def _least_share(pairs: int) -> float:
    """Share of the highest lift below which a fragment is worse by more than chance.

    If the phrase meant the more frequent fragment, each of its pairs would hold the rarer one with the ratio of the
    two lifts, and all of them together with its power.
    """
    return max(LEAST_SHARE, float(CHANCE ** (1 / pairs)))


def _choose(mined: Sequence[tuple[int, MinedFragment]], least_share: float) -> MinedFragment | None:
    """The simplest of those whose lift is not worse than the highest by more than chance, then completed."""
    best = max((fragment.lift for _, fragment in mined), default=0.0)
    near = [(size, fragment) for size, fragment in mined if fragment.lift >= least_share * best]
    if not near:
        return None
    simplest = min(near, key=_simplicity)[1]
    alike = [
        (size, fragment)
        for size, fragment in mined
        if fragment.recall >= simplest.recall
        and 1 / COMPLETION <= fragment.lift / simplest.lift <= COMPLETION
        and fragment.level is simplest.level
    ]
    return min(alike, key=lambda item: (_broken(item[1].pattern), -_heteroatoms(item[1].pattern), *_simplicity(item)))[
        1
    ]


def _simplicity(item: tuple[int, MinedFragment]) -> tuple[bool, int, int, float, int, str]:
    size, fragment = item
    level = LADDER.index(fragment.level)
    return _broken(fragment.pattern), level, size, -fragment.lift, len(fragment.pattern), fragment.pattern


def _broken(pattern: str) -> bool:
    """Whether a pattern cuts through an aromatic ring."""
    return any(atom.GetIsAromatic() and not atom.IsInRing() for atom in _query_atoms(pattern))


def _heteroatoms(pattern: str) -> int:
    return sum(atom.GetAtomicNum() not in (0, 1, 6) for atom in _query_atoms(pattern))


def _query_atoms(pattern: str) -> Iterator[Chem.Atom]:
    query = Chem.Mol(read_pattern(pattern).query)
    Chem.FastFindRings(query)
    for index in range(query.GetNumAtoms()):
        yield query.GetAtomWithIdx(index)


def _strength(fragment: MinedFragment) -> float:
    """How strongly a fragment and its phrase are tied: minus log p."""
    return -math.log(max(fragment.p_value, sys.float_info.min))


def _packed_screen(mol: Chem.Mol) -> npt.NDArray[np.uint64]:
    """RDKit's pattern fingerprint of a molecule or a query, shape (32,): a query's bits are a subset of those of
    every molecule that contains it."""
    vector = Chem.PatternFingerprint(mol, _SCREEN_BITS)
    return np.frombuffer(DataStructs.BitVectToBinaryText(vector), dtype=np.uint64)


def _phrase_path(corpus: Corpus, folder: Path, phrase_version: str) -> Path:
    return folder / f"phrases-{short_hash([FORMAT, corpus.fingerprint, phrase_version])}.json"


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
        self._db = connect(path, "a store of presence vectors", schema, advice="delete it")

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

"""How a corpus speaks on the tie of a phrase and a pattern, and which fragments it would tie to a phrase itself."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from molreflect.tools.corpus import Corpus, Spread, inchikey_blocks
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.evidence.fragments import Candidate, FragmentLibrary
from molreflect.tools.evidence.mining import FALLBACK_RECALL, MIN_PAIRS, MIN_RECALL, MinedFragment, best_fragments
from molreflect.tools.evidence.presence import Bits, PatternPresence
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.storage import atomic_write_text, read_cached, short_hash
from molreflect.tools.terms import Evidence, Level

FORMAT = 1
"""Part of the name of the kept phrases. Raise it when their file changes its meaning."""

MAX_COUNTEREXAMPLES = 5
CUT_MOLECULES = 5_000
"""Most molecules that fragments are cut from: all of 30,000 took minutes and gigabytes in every process."""
RECALLED = 500
"""Most pairs of a phrase in which a pattern is looked for that the corpus cannot overrule: of a share of one half, the
standard error is then .02. All would make the cost of a pattern grow with the corpus."""
CUT_OF_A_PHRASE = 12
"""Molecules of a phrase that are cut where not all are: a fragment that holds for it is then in nearly all of them."""

_NO_ROWS = np.empty(0, dtype=np.intp)


class CorpusEvidence:
    """Counts phrases and patterns over one corpus.

    What is computed is kept in memory and, with a folder, on disk; see `PatternPresence`. May be used from several
    threads and by several processes at a time.
    """

    def __init__(
        self,
        corpus: Corpus,
        phrases: Mapping[str, Collection[str]],
        folder: Path | None = None,
        spread: Spread | None = None,
    ) -> None:
        """Take the phrases of every pair.

        Args:
            corpus: The pairs to count over.
            phrases: Phrase keys (`Phrase.key`) by pair id; pairs without an entry use no phrase.
            folder: Where presence vectors and the fragment library are kept; None keeps them in memory only.
            spread: Computes what concerns one molecule in other processes; None leaves it to this one.

        Raises:
            InputError: `phrases` names a pair the corpus does not have, or the corpus is empty.
        """
        if not corpus.pairs:
            raise InputError(f"{corpus.source} has no usable pairs to count; pass a corpus with at least one")
        self.corpus = corpus
        self._folder = folder
        self._spread = spread
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
        self._patterns = PatternPresence(corpus, folder, spread)
        self._drawn: dict[str, npt.NDArray[np.intp]] = {}
        self._held_by: dict[tuple[str, tuple[str, ...], Level, int | None], Bits] = {}
        """Which pairs of a phrase hold its patterns: asked by each of those pairs, and counted once."""
        self._guard = threading.RLock()
        self._log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, len(corpus.pairs) + 1)))])

    # ------------------------------------------------------------------ saving and loading

    @classmethod
    def load(cls, corpus: Corpus, folder: Path, *, phrase_version: str) -> CorpusEvidence | None:
        """The evidence a former `save` left for this very corpus and phrase version, or None."""
        path = _phrase_path(corpus, folder, phrase_version)
        saved = read_cached(path, lambda: dict(json.loads(path.read_text(encoding="utf-8"))))
        return None if saved is None else cls(corpus, saved, folder)

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

    def prepare(self) -> None:
        """Compute what molecules are screened by and told apart by, so that processes find it in the folder."""
        self._patterns.prepare()
        _ = self._blocks

    def flush(self) -> None:
        """Write presence vectors that wait in memory."""
        self._patterns.flush()

    def close(self) -> None:
        """Write what waits and close the file; the object stays usable in memory."""
        self._patterns.close()

    # ------------------------------------------------------------------ phrases

    @property
    def keys(self) -> Mapping[str, int]:
        """Every phrase key with the number of pairs that use it."""
        return {key: len(rows) for key, rows in self._rows_of_key.items()}

    def ids_with(self, key: str) -> tuple[str, ...]:
        """Ids of the pairs whose caption uses a phrase, in corpus order."""
        return tuple(self.corpus.pairs[row].id for row in self._rows_of_key.get(key, ()))

    def presence(self, pattern: str, level: Level = Level.NEUTRAL) -> Bits:
        """Tell which molecules hold a pattern; shape (n_pairs,). See `PatternPresence.among`."""
        return self._patterns.among(pattern, np.arange(len(self.corpus.pairs)), level)

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
        return self.tie_any(key, (pattern,), level=level, leave_out=leave_out)

    def tie_any(
        self, key: str, patterns: Sequence[str], *, level: Level = Level.NEUTRAL, leave_out: str | None = None
    ) -> Evidence:
        """`tie` for a meaning with alternatives: a molecule that holds any one of the patterns counts."""
        out = self._left_out(leave_out)
        rows, held = self._held(key, patterns, level, out)
        return self._weigh(rows, held, self._sampled(patterns, level), out)

    def recall(
        self, key: str, patterns: Sequence[str], *, level: Level = Level.NEUTRAL, leave_out: str | None = None
    ) -> Evidence:
        """`tie_any` without the rest of the corpus: only pairs that use the phrase are looked at, at most `RECALLED`.

        Background, lift and p-value are then unknown.
        """
        out = self._left_out(leave_out)
        rows, held = self._held(key, patterns, level, out, at_most=RECALLED)
        found, total = self._share(rows, held), len(self._rows_with(key, out))
        if found.recall is None or len(rows) == total:
            return found
        error = math.sqrt(found.recall * (1 - found.recall) / len(rows) * (1 - len(rows) / total))
        return replace(found, pairs_with_phrase=total, recall_error=error)

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
        blocks: list[str] = inchikey_blocks(self.corpus, self._folder, self._spread).tolist()
        rows: dict[str, list[int]] = {}
        for row, block in enumerate(blocks):
            rows.setdefault(block, []).append(row)
        return blocks, rows

    def _rows_with(self, key: str, out: Sequence[int]) -> npt.NDArray[np.intp]:
        rows = self._rows_of_key.get(key, _NO_ROWS)
        return rows[_other_than(rows, out)] if out else rows

    def _held(
        self, key: str, patterns: Sequence[str], level: Level, out: Sequence[int], *, at_most: int | None = None
    ) -> tuple[npt.NDArray[np.intp], Bits]:
        """Rows whose captions use a phrase, and which of them hold any of the patterns; without those left out."""
        rows = self._rows_of_key.get(key, _NO_ROWS)
        if at_most is not None and len(rows) > at_most:
            rows = self._drawn_of(key, at_most)
        asked = (key, tuple(patterns), level, at_most)
        held = self._held_by.get(asked)
        if held is None:
            held = self._held_by[asked] = _any_of([self._patterns.among(each, rows, level) for each in patterns])
        if not out:
            return rows, held
        others = _other_than(rows, out)
        return rows[others], held[others]

    def _drawn_of(self, key: str, at_most: int) -> npt.NDArray[np.intp]:
        """Rows that stand for all that use a phrase, drawn once."""
        if key not in self._drawn:
            self._drawn[key] = self._patterns.drawn(self._rows_of_key[key], at_most)
        return self._drawn[key]

    def _sampled(self, patterns: Sequence[str], level: Level) -> Bits:
        """Which molecules of the sample hold any of the patterns."""
        return _any_of([self._patterns.of(pattern, level) for pattern in patterns])

    def _share(self, rows: npt.NDArray[np.intp], held: Bits) -> Evidence:
        lacking = rows[~held][:MAX_COUNTEREXAMPLES].tolist()
        return Evidence(
            pairs_with_phrase=len(rows),
            recall=int(np.count_nonzero(held)) / len(rows) if len(rows) else None,
            counterexamples=tuple(self.corpus.pairs[row].id for row in lacking),
        )

    def _weigh(self, rows: npt.NDArray[np.intp], held: Bits, sampled: Bits, out: Sequence[int]) -> Evidence:
        """Compare the pairs with the phrase to all pairs; of the others, those of the sample stand for the rest."""
        share = self._share(rows, held)
        sample = self._patterns.sample
        others = np.ones(len(self.corpus.pairs), dtype=np.bool_)
        others[rows] = False
        others[list(out)] = False
        rest, looked_at = int(np.count_nonzero(others)), others[sample]
        drawn = int(np.count_nonzero(looked_at))
        found = int(np.count_nonzero(sampled & looked_at))
        both, pairs = int(np.count_nonzero(held)), len(rows) + rest
        holding = both + (found if drawn == rest else round(found / max(drawn, 1) * rest))
        background = holding / pairs if pairs else None
        part = found / drawn if drawn else 0.0
        error = 0.0 if drawn == rest else math.sqrt(part * (1 - part) / max(drawn, 1)) * rest / pairs
        return replace(
            share,
            background=background,
            background_error=error or None,
            lift=share.recall / background if background and share.recall is not None else None,
            p_value=_fisher(both, len(rows), holding, pairs, self._log_factorial) if len(rows) else None,
        )

    # ------------------------------------------------------------------ mining

    @property
    def library(self) -> FragmentLibrary:
        """The fragments that recur in the corpus, built at first use (seconds for some thousand molecules).

        Of a large corpus, `CUT_MOLECULES` are cut: some of each phrase that is frequent enough to be mined, those of
        the rare ones first, and then those that stand for the corpus. What is mined is counted over all pairs.
        """
        with self._guard:
            return self._library

    @cached_property
    def _library(self) -> FragmentLibrary:
        places = _to_cut(len(self.corpus.pairs), self._rows_of_key, self._patterns.sample)
        read = lambda: (read_molecule(self.corpus.pairs[row].smiles).mol for row in places)  # noqa: E731
        return FragmentLibrary.cached(self._folder, self.corpus.fingerprint, places, read)

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
        """Find the fragments that best separate the molecules of a phrase from the rest, the chosen one first.

        The chosen one has the highest lift at a recall of at least `min_recall`, a simpler one being preferred to
        one that is more specific only by chance (see `mining.CHANCE` and `mining.COMPLETION`). Where a fragment of
        at least `fallback_recall` is tied to the phrase far more strongly, the words are also used loosely, and that
        fragment is chosen: look at `recall` before relying on it. The others follow by falling lift.

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
        rows = self._rows_with(key, out)
        if len(rows) < max(min_pairs, 1):
            return ()

        def count(candidate: Candidate) -> Evidence:
            asked, level = (candidate.pattern,), candidate.level
            return self._weigh(rows, self._patterns.among(*asked, rows, level), self._sampled(asked, level), out)

        found = best_fragments(
            self.library, rows, count, len(self.corpus.pairs), min_recall=min_recall, fallback_recall=fallback_recall
        )
        return found[:limit]


def _to_cut(pairs: int, rows_of_key: Mapping[str, npt.NDArray[np.intp]], sample: npt.NDArray[np.intp]) -> list[int]:
    """0-based rows of the molecules that the fragment library is cut from, ascending.

    Args:
        pairs: Of the corpus.
        rows_of_key: The rows that use each phrase.
        sample: Rows that stand for the corpus.
    """
    if pairs <= CUT_MOLECULES:
        return list(range(pairs))
    chosen: dict[int, None] = {}
    mined = (item for item in rows_of_key.items() if len(item[1]) >= MIN_PAIRS)
    for _, rows in sorted(mined, key=lambda item: (len(item[1]), item[0])):
        step = max(len(rows) // CUT_OF_A_PHRASE, 1)
        chosen.update(dict.fromkeys(rows[::step][:CUT_OF_A_PHRASE].tolist()))
    chosen.update(dict.fromkeys(sample.tolist()))
    return sorted(list(chosen)[:CUT_MOLECULES])


def _fisher(both: int, with_phrase: int, holding: int, pairs: int, log: npt.NDArray[np.float64]) -> float:
    """Chance that at least `both` of `with_phrase` pairs hold a pattern that `holding` of all `pairs` hold.

    `log` holds the logarithms of the factorials of 0 to `pairs`.

    Source: the hypergeometric tail of Fisher's exact test, summed in logarithms.
    """
    if both <= max(0, with_phrase + holding - pairs):
        return 1.0  # the least overlap there can be
    x = np.arange(both, min(with_phrase, holding) + 1)
    constant = log[holding] + log[pairs - holding] + log[with_phrase] + log[pairs - with_phrase] - log[pairs]
    terms = constant - log[x] - log[holding - x] - log[with_phrase - x] - log[pairs - holding - with_phrase + x]
    return float(min(1.0, np.exp(terms).sum()))


def _any_of(held: list[Bits]) -> Bits:
    """Join what several patterns hold."""
    joined: Bits = np.logical_or.reduce(held)
    return joined


def _other_than(rows: npt.NDArray[np.intp], few: Iterable[int]) -> npt.NDArray[np.bool_]:
    """Which rows are none of a few; `numpy.isin` prepares for many."""
    others = np.ones(len(rows), dtype=np.bool_)
    for row in few:
        others &= rows != row
    return others


def _phrase_path(corpus: Corpus, folder: Path, phrase_version: str) -> Path:
    return folder / f"phrases-{short_hash([FORMAT, corpus.fingerprint, phrase_version])}.json"

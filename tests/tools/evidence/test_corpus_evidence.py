from __future__ import annotations

import os
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from molreflect.tools.corpus import Corpus, Pair, fingerprint, read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.evidence import corpus_evidence, presence
from molreflect.tools.evidence.corpus_evidence import CorpusEvidence
from molreflect.tools.evidence.fragments import FragmentLibrary
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import LADDER, Evidence, Level

MOLECULES = [
    *(
        f"{'C' * n}{head}"
        for n in range(1, 7)
        for head in ["C(=O)O", "C(=O)[O-]", "C#N", "O", "[NH3+]", "N", "OC", "Cl"]
    ),
    *["c1ccccc1O", "c1ccccc1[O-]", "C1CCCCC1O", "C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "CC([NH3+])C(=O)[O-]"],
    *[
        "F/C=C/F",
        "F/C=C\\F",
        "O=[N+]([O-])c1ccccc1",
        "C1CC2CCC1C2",
        "[Na+].CC(=O)[O-]",
        "C[N+](C)(C)C",
        "OC(=O)N",
        "CC=O",
    ],
    *["CN(C)C", "CCN(C)C", "CN1CCCC1"],
]
PATTERNS = [
    *["C(=O)[OH]", "C(=O)[O-]", "[CX3](=O)[OX2H1]", "C#N", "[NH2]", "[NX4+]", "[N+](=O)[O-]", "c1ccccc1", "C1CCCCC1"],
    *["C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "F/C=C/F", "[#6]~[#8]", "*", "[!#6;!#1]", "CC", "[OX2H][CX4]", "Cl"],
    *["[NX3;H2;!$(NC=O)]", "[$(C#N),$(C=O)]", "C1CC2CCC1C2", "[Na+]", "CCCCCCCCCCCCCCCCCCCCCCCCCCCC"],
]


def corpus_of(smiles: list[str]) -> Corpus:
    pairs = tuple(Pair(f"m{n}", s, f"caption {n}", s, n + 2) for n, s in enumerate(smiles))
    return Corpus(pairs, (), fingerprint(pairs), "test")


SMALL = corpus_of(MOLECULES)
PHRASES = {
    pair.id: {
        *(["nitrile"] if "C#N" in pair.smiles else []),
        *(["acid"] if "C(=O)O" in pair.smiles else []),
        *(["even"] if place % 2 == 0 else []),
    }
    for place, pair in enumerate(SMALL.pairs)
}
CHEBI_KEYS = {
    "nitrile": r"\b(?:a|some) nitriles?\b",
    "carbamate ester": r"\bcarbamate esters?\b",
    "steroid": r"\bsteroid\b",
}


@pytest.fixture(scope="module")
def small():
    return CorpusEvidence(SMALL, PHRASES)


@pytest.fixture(scope="module")
def chebi(tmp_path_factory):
    root = os.environ.get("MOLREFLECT_SHARED_DATA")
    path = Path(root or "") / "chebi20/validation.txt"
    if not root or not path.exists():
        pytest.skip("chebi20/validation.txt is not here; set MOLREFLECT_SHARED_DATA to the folder that holds it")
    named = {key: re.compile(words) for key, words in CHEBI_KEYS.items()}
    whole = read_corpus(path).pairs
    phrases = {pair.id: {key for key, words in named.items() if words.search(pair.caption)} for pair in whole}
    # All pairs with the phrases and every eighth of the others: the whole file is benchmarks/evidence.py's work.
    pairs = tuple(pair for row, pair in enumerate(whole) if phrases[pair.id] or row % 8 == 0)
    corpus = Corpus(pairs, (), fingerprint(pairs), str(path))
    phrases = {pair.id: phrases[pair.id] for pair in pairs}
    return CorpusEvidence(corpus, phrases, tmp_path_factory.mktemp("evidence"))


@pytest.mark.parametrize("level", LADDER)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_presence_is_what_find_says_of_every_molecule(small, pattern, level):
    expected = [find(read_molecule(p.smiles), pattern, floor=level) is not None for p in SMALL.pairs]
    assert small.presence(pattern, level).tolist() == expected


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_evidence_equals_a_count_by_hand(small, data):
    key = data.draw(st.sampled_from(["nitrile", "acid", "even", "unheard of"]))
    pattern = data.draw(st.sampled_from(PATTERNS))
    level = data.draw(st.sampled_from(LADDER))
    left_out = data.draw(st.sampled_from([None, *(pair.id for pair in SMALL.pairs)]))
    own = read_molecule(SMALL.pairs[int(left_out[1:])].smiles).block if left_out else ""
    rest = [pair for pair in SMALL.pairs if read_molecule(pair.smiles).block != own]
    holds = {pair.id: find(read_molecule(pair.smiles), pattern, floor=level) is not None for pair in rest}
    used = [pair.id for pair in rest if key in PHRASES[pair.id]]
    both, background = sum(holds[i] for i in used), sum(holds.values()) / len(rest)
    found = small.tie(key, pattern, level=level, leave_out=left_out)
    assert found.background == pytest.approx(background)
    if not used:
        assert found == Evidence(pairs_with_phrase=0, background=found.background)
        return
    table = [
        [both, len(used) - both],
        [sum(holds.values()) - both, len(rest) - len(used) - sum(holds.values()) + both],
    ]
    assert found.pairs_with_phrase == len(used)
    assert found.recall == pytest.approx(both / len(used))
    assert found.lift == (pytest.approx(found.recall / background) if background else None)
    assert found.p_value == pytest.approx(fisher_exact(table, alternative="greater").pvalue, rel=1e-6)
    assert found.counterexamples == tuple(i for i in used if not holds[i])[:5]


def test_a_pair_left_out_takes_its_stereoisomers_and_ions_with_it(small):
    with_all = small.tie("even", "CC(N)C(=O)O")
    without = small.tie("even", "CC(N)C(=O)O", leave_out="m51")  # one of three forms of alanine
    assert with_all.background > 0
    assert without.background == 0
    assert without.lift is None


def test_a_wrong_pattern_or_id_is_a_mistake_to_mend(small):
    with pytest.raises(InputError):
        small.tie("nitrile", "C1CC")
    with pytest.raises(InputError, match="has no pair"):
        small.tie("nitrile", "C#N", leave_out="nobody")
    with pytest.raises(InputError, match="which is no pair"):
        CorpusEvidence(SMALL, {"nobody": {"nitrile"}})


def test_a_runaway_pattern_is_given_up():
    cages = corpus_of(["C12C3C4C1C5C2C3C45" + "C1CC2CC1CC2" * 12] * 40)
    evidence = CorpusEvidence(cages, {})
    with pytest.raises(MatchTimeoutError, match="given up"):
        evidence.presence("*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*~*C(C)(C)C(C)(C)C(C)(C)C")


def test_what_was_counted_is_read_back_for_the_same_corpus_only(tmp_path, monkeypatch):
    first = CorpusEvidence(SMALL, PHRASES, tmp_path)
    counted = {pattern: first.tie("nitrile", pattern) for pattern in PATTERNS}
    library = first.library
    first.save(phrase_version="one")
    first.close()
    assert CorpusEvidence.load(SMALL, tmp_path, phrase_version="two") is None
    assert CorpusEvidence.load(corpus_of(MOLECULES[:-1]), tmp_path, phrase_version="one") is None
    again = CorpusEvidence.load(SMALL, tmp_path, phrase_version="one")
    assert again is not None
    searched: list[int] = []
    search = again._patterns._search

    def count(pattern, level, rows):
        searched.append(len(rows))
        return search(pattern, level, rows)

    monkeypatch.setattr(again._patterns, "_search", count)
    for pattern, evidence in counted.items():
        assert again.tie("nitrile", pattern) == evidence
    assert max(searched) == again.keys["nitrile"], "the sample was searched again"
    assert again.keys == first.keys
    assert again.library.patterns == library.patterns
    assert np.array_equal(again.library.packed, library.packed)


def test_a_known_meaning_is_searched_in_the_pairs_with_the_phrase_and_once(monkeypatch):
    evidence = CorpusEvidence(SMALL, PHRASES)
    searched: list[int] = []
    search = evidence._patterns._search

    def count(pattern, level, rows):
        searched.append(len(rows))
        return search(pattern, level, rows)

    monkeypatch.setattr(evidence._patterns, "_search", count)
    whole = evidence.recall("nitrile", ["C#N"])
    without = evidence.recall("nitrile", ["C#N"], leave_out="m2")
    assert (whole.recall, whole.background, whole.lift) == (1.0, None, None)
    assert without.pairs_with_phrase == whole.pairs_with_phrase - 1
    assert searched == [whole.pairs_with_phrase]


def test_of_a_large_corpus_a_fixed_sample_is_counted_and_its_error_told(monkeypatch):
    monkeypatch.setattr(presence, "SAMPLE", 400)
    smiles = [f"{'C' * (1 + n % 9)}{'C#N' if n % 3 == 0 else 'O'}" for n in range(2_000)]
    corpus = corpus_of(smiles)
    phrases = {pair.id: {"nitrile"} for row, pair in enumerate(corpus.pairs) if row % 60 == 0}
    evidence = CorpusEvidence(corpus, phrases)
    found = evidence.tie("nitrile", "C#N")
    assert found.recall == 1.0
    assert found.pairs_with_phrase == 34
    assert found.background_error == pytest.approx(0.0236, abs=0.003)
    assert abs(found.background - 1 / 3) < 3 * found.background_error
    assert CorpusEvidence(corpus, phrases).tie("nitrile", "C#N") == found
    assert evidence.recall("nitrile", ["C#N"]) == Evidence(pairs_with_phrase=34, recall=1.0)


def test_of_many_pairs_of_a_phrase_some_are_looked_at_and_the_error_told(monkeypatch):
    monkeypatch.setattr(corpus_evidence, "RECALLED", 100)
    corpus = corpus_of([f"{'C' * (1 + n % 9)}{'C#N' if n % 4 else 'O'}" for n in range(800)])
    evidence = CorpusEvidence(corpus, {pair.id: {"nitrile"} for pair in corpus.pairs})
    searched: list[int] = []
    search = presence.PatternPresence._search
    monkeypatch.setattr(
        presence.PatternPresence, "_search", lambda self, *a: searched.append(len(a[-1])) or search(self, *a)
    )
    found = evidence.recall("nitrile", ["C#N"])
    assert searched == [100]
    assert found.pairs_with_phrase == 800
    assert found.recall_error == pytest.approx(0.0405, abs=0.004)
    assert abs(found.recall - 0.75) < 3 * found.recall_error
    assert evidence.recall("nitrile", ["C#N"], leave_out=corpus.pairs[7].id).pairs_with_phrase < 800
    assert evidence.tie("nitrile", "C#N").recall == 0.75, "what may overrule a tie is counted whole"


def test_of_a_large_corpus_a_part_is_cut_and_rare_phrases_are_mined_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus_evidence, "CUT_MOLECULES", 60)
    monkeypatch.setattr(presence, "SAMPLE", 60)
    smiles = [f"{'C' * (1 + n % 9)}{'C#N' if n % 200 == 7 else 'CN' if n % 2 else 'CO'}" for n in range(1_600)]
    corpus = corpus_of(smiles)
    phrases = {pair.id: {"nitrile" if row % 200 == 7 else "common"} for row, pair in enumerate(corpus.pairs)}
    evidence = CorpusEvidence(corpus, phrases, tmp_path)
    assert len(evidence.library.rows) == 60
    found = evidence.mine("nitrile")
    assert (found[0].recall, found[0].background) == (1.0, 8 / 1_600)
    assert CorpusEvidence(corpus, phrases).mine("nitrile") == found
    read = CorpusEvidence(corpus, phrases, tmp_path).library
    assert np.array_equal(read.rows, evidence.library.rows)
    assert read.patterns == evidence.library.patterns


def test_one_of_several_that_want_the_library_cuts_it(tmp_path, monkeypatch):
    cut: list[int] = []
    build = FragmentLibrary.build

    def slowly(mols, places):
        cut.append(len(places))
        time.sleep(0.3)
        return build(mols, places)

    monkeypatch.setattr(FragmentLibrary, "build", slowly)
    several = [CorpusEvidence(SMALL, PHRASES, tmp_path) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        libraries = list(pool.map(lambda evidence: evidence.library.patterns, several))
    assert cut == [len(SMALL)]
    assert len(set(libraries)) == 1


def test_threads_may_ask_at_once(tmp_path):
    evidence = CorpusEvidence(SMALL, PHRASES, tmp_path)
    alone = CorpusEvidence(SMALL, PHRASES)
    wrong: list[str] = []

    def ask() -> None:
        wrong.extend(p for p in PATTERNS if not np.array_equal(evidence.presence(p), alone.presence(p)))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    evidence.close()
    assert wrong == []


def test_the_library_says_present_only_where_the_pattern_is(small):
    for place, (pattern, level) in enumerate(zip(small.library.patterns, small.library.levels, strict=True)):
        cut_from = np.unpackbits(small.library.packed[place], count=len(SMALL)).astype(bool)
        assert not (cut_from & ~small.presence(pattern, level)).any(), pattern


def test_mining_finds_the_group_and_leaves_rare_and_random_phrases_alone(small):
    assert small.mine("nitrile")[0].pattern in ("C#N", "N#C")
    assert small.mine("nitrile")[0].recall == 1
    assert small.mine("even") == ()
    assert small.mine("nitrile", min_pairs=7) == ()
    assert small.mine("unheard of") == ()


def test_on_chebi20_mined_fragments_are_the_groups_the_words_mean(chebi):
    expected = {"nitrile": "C#N", "carbamate ester": "NC(=O)O"}
    for key, smiles in expected.items():
        first = chebi.mine(key)[0]
        assert np.array_equal(chebi.presence(first.pattern, first.level), chebi.presence(smiles, Level.FLAT)), first
        assert first.recall == 1.0
        assert first.lift > 10
        assert chebi.tie(key, first.pattern, level=first.level).recall == 1.0
    nucleus = "C1CCC2C(C1)CCC1C3CCCC3CCC12"
    steroid, saturated = (chebi.tie("steroid", nucleus, level=level) for level in (Level.SKELETON, Level.FLAT))
    assert steroid.recall is not None
    assert saturated.recall is not None
    assert steroid.recall >= 0.95 > 0.8 > saturated.recall  # most have a double bond somewhere in the rings


def test_on_chebi20_a_wrong_tie_gets_low_recall_and_counterexamples(chebi):
    wrong = chebi.tie("nitrile", "C(=O)[OX2H1]")
    right = chebi.tie("nitrile", "C#N")
    assert wrong.recall is not None
    assert wrong.recall < 0.6
    assert len(wrong.counterexamples) == 5
    assert right.p_value is not None
    assert right.p_value < 1e-10
    for pair_id in wrong.counterexamples:
        assert pair_id in chebi.ids_with("nitrile")

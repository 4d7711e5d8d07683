"""Text metrics against hand-computed values and against the libraries whose figures the field publishes."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molreflect.tools.errors import InputError
from molreflect.training.evaluation.evaluate import evaluate
from molreflect.training.evaluation.metrics.bleu import corpus_bleu, ngram_statistics, sentence_bleu
from molreflect.training.evaluation.metrics.captions import Meteor, clean_output, drop_special, rouge, rouge_words
from molreflect.training.evaluation.metrics.tokenizers import SCIBERT, find_vocabulary, load_tokenizer
from molreflect.training.evaluation.metrics.wordnet import WordNet, find_wordnet, load_wordnet
from molreflect.training.evaluation.prediction_files import write_predictions

TOKENS = st.lists(st.sampled_from(["a", "b", "c", "cats", "cat", "running", "runs", "Acid"]), max_size=9)


def no_synonyms(word: str) -> frozenset[str]:
    return frozenset()


def bleu(outputs: list[list[str] | str], truths: list[list[str] | str], order: int) -> float:
    return float(corpus_bleu(ngram_statistics(outputs, truths).sum(axis=0), order))


def test_bleu_of_a_correct_but_short_answer_is_its_brevity_penalty() -> None:
    # Every n-gram of the answer is in the reference; 3 tokens against 4: exp(1 - 4/3).
    assert bleu([["the", "cat", "sat"]], [["the", "cat", "sat", "down"]], 2) == pytest.approx(math.exp(-1 / 3))


def test_bleu_clips_repeated_tokens() -> None:
    # "a" is credited once of three; no brevity penalty at equal length.
    assert bleu([["a", "a", "a"]], [["a", "b", "c"]], 1) == pytest.approx(1 / 3)


def test_bleu_is_of_the_corpus_and_not_the_mean_of_rows() -> None:
    # Unigrams: 2 of 2 and 0 of 1 match, so 2/3; bigrams: 1 of 1, and 0 of max(1, 0) = 1, so 1/2. Lengths are equal.
    assert bleu([["a", "b"], ["x"]], [["a", "b"], ["c"]], 2) == pytest.approx(math.sqrt(2 / 3 * 1 / 2))


def test_a_row_shorter_than_the_order_counts_as_one_missed_ngram() -> None:
    # nltk's max(1, ...): "C" for "C" adds a bigram candidate without a match, so even identical files stay below 1.
    assert bleu(["C", "CCO"], ["C", "CCO"], 2) == pytest.approx(math.sqrt(4 / 4 * 2 / 3))


def test_sentence_bleu_leaves_out_orders_the_reference_is_too_short_for() -> None:
    found = sentence_bleu(ngram_statistics(["C", "CCO", "", "CN"], ["C", "CCO", "CC", "CC"]), 4)
    assert found.tolist() == [1.0, 1.0, 0.0, 0.0]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TOKENS, TOKENS), min_size=1, max_size=6), st.integers(1, 4))
def test_bleu_equals_nltk(rows: list[tuple[list[str], list[str]]], order: int) -> None:
    nltk = pytest.importorskip("nltk.translate.bleu_score")
    outputs, truths = [row[0] for row in rows], [row[1] for row in rows]
    expected = nltk.corpus_bleu([[truth] for truth in truths], outputs, weights=(1 / order,) * order)
    assert bleu(outputs, truths, order) == pytest.approx(expected, abs=1e-12)


def test_rouge_of_a_hand_counted_pair() -> None:
    # 5 and 6 words share the, cat, on, mat: 2 * 4 / 11. Of 4 and 5 bigrams only "the cat" is shared: 2 / 9.
    # The longest common subsequence is "the cat on mat": 2 * 4 / 11.
    found = rouge(["The cat sat on mat"], ["The cat lay on the mat."])
    assert {name: float(values[0]) for name, values in found.items()} == pytest.approx(
        {"rouge1": 8 / 11, "rouge2": 2 / 9, "rougeL": 8 / 11}
    )


def test_rouge_of_an_empty_or_wordless_answer_is_zero() -> None:
    found = rouge(["", "???"], ["an acid", "an acid"])
    assert all(values.tolist() == [0.0, 0.0] for values in found.values())


def test_rouge_words_are_lower_case_runs_of_letters_and_digits() -> None:
    assert rouge_words("N-Acetyl-β-D-Glc (2R)") == ["n", "acetyl", "d", "glc", "2r"]


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="ab 1-é.", max_size=24), st.text(alphabet="ab 1-é.", max_size=24))
def test_rouge_equals_rouge_score(output: str, truth: str) -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rouge1", "rouge2", "rougeL"])
    expected = scorer.score(output, truth)
    found = rouge([output], [truth])
    assert all(float(found[name][0]) == pytest.approx(expected[name].fmeasure, abs=1e-12) for name in found)


def test_meteor_of_four_identical_tokens_pays_for_one_chunk() -> None:
    assert Meteor(no_synonyms).score(list("abcd"), list("abcd")) == pytest.approx(1 - 0.5 * (1 / 4) ** 3)


def test_meteor_pays_for_two_chunks() -> None:
    # 3 of 4 match on both sides, in two chunks: .75 * (1 - .5 * (2/3)^3).
    assert Meteor(no_synonyms).score(list("abcd"), list("abxd")) == pytest.approx(0.75 * (1 - 0.5 * (2 / 3) ** 3))


def test_meteor_matches_stems_and_then_synonyms_of_stems() -> None:
    asked: list[str] = []

    def synonyms(word: str) -> frozenset[str]:
        asked.append(word)
        return frozenset({"auto"}) if word == "car" else frozenset()

    meteor = Meteor(synonyms)
    assert meteor.score(["cats"], ["cat"]) == pytest.approx(0.5)
    assert asked == []
    assert meteor.score(["cars"], ["auto"]) == pytest.approx(0.5)
    assert asked == ["car"], "the synonym stage sees the stem, as in nltk"


def test_meteor_of_nothing_is_zero() -> None:
    meteor = Meteor(no_synonyms)
    assert [meteor.score([], ["a"]), meteor.score(["a"], []), meteor.score(["a"], ["b"])] == [0.0, 0.0, 0.0]


@settings(max_examples=80, deadline=None)
@given(TOKENS, TOKENS)
def test_meteor_equals_nltk(output: list[str], truth: list[str]) -> None:
    module = pytest.importorskip("nltk.translate.meteor_score")
    table = {"cat": {"acid", "b"}, "run": {"cat"}, "a": {"c"}}

    class Lemma:
        def __init__(self, name: str) -> None:
            self.name = lambda: name

    class Synset:
        def __init__(self, names: set[str]) -> None:
            self.lemmas = lambda: [Lemma(name) for name in names]

    class Words:
        def synsets(self, word: str) -> list[Synset]:
            return [Synset(table[word])] if word in table else []

    expected = module.meteor_score([truth], output, wordnet=Words())
    found = Meteor(lambda word: frozenset(table.get(word, ()))).score(output, truth)
    assert found == pytest.approx(expected, abs=1e-12)


def test_only_one_leading_cls_is_dropped_from_an_answer() -> None:
    assert clean_output("[CLS] [CLS] an acid") == "[CLS] an acid"
    assert drop_special(["[CLS]", "an", "[UNK]", "[SEP]", "[PAD]"]) == ["an", "[UNK]"]


def test_wordpiece_tokens_are_lower_cased_and_without_special_tokens(tmp_path: Path, monkeypatch) -> None:
    pytest.importorskip("tokenizers")
    vocabulary = tmp_path / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "ac", "##ids", "an"]))
    monkeypatch.setenv(SCIBERT.variable, str(vocabulary))
    tokenizer = load_tokenizer("scibert")
    assert tokenizer.tokenize(["An ACIDS", "é"]) == [["an", "ac", "##ids"], ["[UNK]"]]
    assert tokenizer.sha256 != SCIBERT.sha256


def test_a_vocabulary_that_is_no_file_is_one_clear_line(monkeypatch) -> None:
    monkeypatch.setenv(SCIBERT.variable, "/nowhere/vocab.txt")
    with pytest.raises(InputError, match=r"MOLREFLECT_SCIBERT_VOCAB names /nowhere/vocab\.txt") as caught:
        find_vocabulary(SCIBERT)
    assert "\n" not in str(caught.value)


def test_a_vocabulary_is_found_in_the_cache(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv(SCIBERT.variable, raising=False)
    monkeypatch.setenv("MOLREFLECT_CACHE", str(tmp_path))
    file = tmp_path / "tokenizers" / "scibert" / "vocab.txt"
    file.parent.mkdir(parents=True)
    file.write_text("[UNK]")
    assert find_vocabulary(SCIBERT) == file


def test_without_a_vocabulary_offline_the_message_says_what_to_set(tmp_path: Path, monkeypatch) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.delenv(SCIBERT.variable, raising=False)
    monkeypatch.setenv("MOLREFLECT_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match=r"HF_HUB_OFFLINE.*set MOLREFLECT_SCIBERT_VOCAB"):
        find_vocabulary(SCIBERT)


@pytest.mark.parametrize("name", ["scibert", "t5"])
def test_a_file_of_another_kind_is_refused_in_one_line(name: str, tmp_path: Path, monkeypatch) -> None:
    pytest.importorskip("tokenizers")
    pytest.importorskip("sentencepiece")
    file = tmp_path / "file"
    file.write_bytes(b"\xff\xfe\x00 not a vocabulary")
    monkeypatch.setenv({"scibert": "MOLREFLECT_SCIBERT_VOCAB", "t5": "MOLREFLECT_T5_SPIECE"}[name], str(file))
    with pytest.raises(InputError, match="is no") as caught:
        load_tokenizer(name)
    assert "\n" not in str(caught.value)


ROOT = Path(__file__).parents[4]


@pytest.fixture
def mini_wordnet(tmp_path: Path) -> Path:
    """A database of two noun synsets and one adjective in nltk's layout, files in the format of wndb(5WN)."""
    folder = tmp_path / "corpora" / "wordnet"
    folder.mkdir(parents=True)
    head = "  1 WordNet 3.0 Copyright 2006 by Princeton University\n"
    offsets = len(head), len(head) + 45
    files = {
        "data.noun": f"{head}{offsets[0]:08d} 06 n 02 car 0 auto 0 000 | wheels  \n"
        f"{offsets[1]:08d} 05 n 03 mouse 0 pet_mouse 0 mus 0 000 |  \n",
        "data.adj": f"{head}{offsets[0]:08d} 00 a 02 galore(ip) 0 plenty 0 000 | lots  \n",
        "index.noun": f"  1 licence\nauto n 1 0 1 0 {offsets[0]:08d}  \ncar n 1 0 1 0 {offsets[0]:08d}  \n"
        f"mouse n 1 2 @ ~ 1 0 {offsets[1]:08d}  \n",
        "index.adj": f"galore a 1 0 1 0 {offsets[0]:08d}  \nplenty a 1 0 1 0 {offsets[0]:08d}  \n",
        "noun.exc": "mice mouse\n",
        "lexnames": (ROOT / "scripts" / "lexnames").read_text(),
    }
    for name in ("data.verb", "data.adv", "index.verb", "index.adv", "verb.exc", "adj.exc", "adv.exc"):
        files[name] = ""
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def test_wordnet_gives_single_word_synonyms_of_all_base_forms(mini_wordnet: Path) -> None:
    words = WordNet(mini_wordnet)
    assert words.version == "3.0"
    assert words.synonyms("Cars") == {"car", "auto"}
    assert words.synonyms("mice") == {"mouse", "mus"}
    assert words.synonyms("plenty") == {"galore", "plenty"}
    assert words.synonyms("molecule") == frozenset()


def test_half_a_wordnet_is_refused_with_the_missing_file(mini_wordnet: Path) -> None:
    (mini_wordnet / "index.adv").unlink()
    with pytest.raises(InputError, match=r"no WordNet database that nltk reads: .*index\.adv"):
        WordNet(mini_wordnet)


def test_wordnet_is_read_once_a_process(mini_wordnet: Path, monkeypatch) -> None:
    read: list[Path] = []

    class Counted(WordNet):
        def __init__(self, path: Path) -> None:
            read.append(path)
            super().__init__(path)

    monkeypatch.setattr("molreflect.training.evaluation.metrics.wordnet.WordNet", Counted)
    monkeypatch.setenv("NLTK_DATA", str(mini_wordnet.parents[1]))
    path = mini_wordnet.parents[1] / "p.txt"
    write_predictions(path, "mol2cap", [("C", "a car", "an auto")])
    first, second = (evaluate(path, bootstrap=0, tokenizers=["none"]) for _ in range(2))
    assert first.other["meteor_words"] == second.other["meteor_words"] > 0
    assert read == [mini_wordnet]
    (mini_wordnet / "index.adv").unlink()
    half = shutil.copytree(mini_wordnet, mini_wordnet.parents[1] / "half" / "corpora" / "wordnet")
    for _ in range(2):  # what cannot be read is tried again, as it may have been mended
        with pytest.raises(InputError, match="no WordNet database"):
            load_wordnet(half)


def test_a_zip_of_wordnet_is_read_as_its_folder_is(mini_wordnet: Path, monkeypatch) -> None:
    from shutil import make_archive, rmtree

    make_archive(str(mini_wordnet), "zip", mini_wordnet.parent, "wordnet")
    rmtree(mini_wordnet)
    monkeypatch.setenv("NLTK_DATA", str(mini_wordnet.parents[1]))
    place = find_wordnet()
    assert place == mini_wordnet.with_suffix(".zip")
    assert WordNet(place).synonyms("mice") == {"mouse", "mus"}


@pytest.mark.parametrize("reachable", [True, False])
def test_fetching_wordnet_makes_nltks_layout_or_says_what_failed(
    mini_wordnet: Path, tmp_path: Path, monkeypatch, reachable: bool
) -> None:
    (mini_wordnet / "lexnames").unlink()  # Debian leaves it out
    (mini_wordnet / "data.noun").chmod(0o666)  # nltk refuses what others may write
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "apt-get").write_text("#!/bin/sh\n" + ("touch a.deb b.deb" if reachable else "exit 100"))
    (programs / "dpkg").write_text(f"#!/bin/sh\nmkdir -p $3/usr/share && cp -r {mini_wordnet} $3/usr/share")
    for program in programs.iterdir():
        program.chmod(0o755)
    root = tmp_path / "nltk_data"
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    command = [ROOT / "scripts" / "fetch_wordnet", root]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    monkeypatch.setenv("NLTK_DATA", str(root))
    if not reachable:
        assert done.returncode == 1
        assert "no WordNet: apt-get download failed" in done.stderr
        assert find_wordnet() != root / "corpora" / "wordnet"
        return
    assert (done.returncode, done.stdout) == (0, f"{root}\n")
    place = find_wordnet()
    assert place == root / "corpora" / "wordnet"
    assert len((place / "lexnames").read_text().splitlines()) == 45
    assert all(file.stat().st_mode & 0o022 == 0 for file in root.rglob("*"))
    assert WordNet(place).synonyms("plenty") == {"galore", "plenty"}


def test_t5_pieces_keep_what_the_vocabulary_lacks(monkeypatch) -> None:
    pytest.importorskip("sentencepiece")
    shared = os.environ.get("MOLREFLECT_SHARED_DATA")
    if not shared:
        pytest.skip("MOLREFLECT_SHARED_DATA is not set: T5's model is not on this machine")
    monkeypatch.setenv("MOLREFLECT_T5_SPIECE", f"{shared}/t5/spiece.model")
    tokenizer = load_tokenizer("t5")
    assert tokenizer.tokenize(["an N-{acid}", ""])[0][-1] == "}"
    assert tokenizer.tokenize([""]) == [[]]
    assert tokenizer.limit is None


def test_statistics_of_a_million_characters_are_counted_exactly() -> None:
    found = ngram_statistics(["C" * 1_000_000, "CO"], ["CCC", "CO"])
    assert found[0].tolist() == [3, 2, 1, 0, 1_000_000, 999_999, 999_998, 999_997, 1_000_000, 3]
    assert found[1].tolist() == [2, 1, 0, 0, 2, 1, 1, 1, 2, 2]
    assert found.dtype == np.int64

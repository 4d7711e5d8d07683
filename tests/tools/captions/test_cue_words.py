"""The word lists of the reader."""

from __future__ import annotations

from dataclasses import asdict

from molreflect.tools.captions.cue_words import load_cue_words


def test_every_list_has_words_and_they_are_lower_case() -> None:
    for name, words in asdict(load_cue_words()).items():
        assert words, name
        if name != "formulas":  # "NO2" keeps its capitals
            assert [word for word in words if word != word.lower()] == [], name


def test_every_relation_of_a_word_is_one_a_phrase_can_have() -> None:
    cues = load_cue_words()
    tables = (cues.isomers, cues.ions, cues.products, cues.reactions)
    stated = {relation for table in tables for relation in table.values()} | cues.formal_relations
    assert stated <= cues.relations

"""The tokeniser: names stay whole, sentences end."""

from __future__ import annotations

import pytest
from caption_cases import texts

from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.captions.tokens import tokenise


def test_tokens_keep_names_whole() -> None:
    words = [
        t.text for t in tokenise("an N-(fatty acyl)-amine, [2-(x)phenyl]amino and (1->4)-linked units (see note).")
    ]
    assert {"N-(fatty acyl)-amine", "[2-(x)phenyl]amino", "(1->4)-linked", "see"} <= set(words)


def test_a_missing_full_stop_does_not_join_sentences(reader: CaptionReader) -> None:
    found = reader.read("The molecule is a phenol; major species at pH 7.3 It is a methyl ester.")
    assert texts(found) == ["phenol", "methyl ester"]


@pytest.mark.parametrize("rest", ["<b>", "it is a methyl ester.", "and so on", "see [1]"])
def test_a_sentence_ends_at_its_full_stop_whatever_follows(rest: str, reader: CaptionReader) -> None:
    assert texts(reader.read(f"It has a nitro group. {rest}"))[0] == "nitro group"


@pytest.mark.parametrize("text", ["found in Streptomyces sp. strain 7", "contains approx. five units", "F. sp. of it"])
def test_a_full_stop_after_an_abbreviation_ends_no_sentence(text: str) -> None:
    assert [t.low for t in tokenise(text)].count(".") == 1, "the one that closes the text"

"""The tokeniser: names stay whole, sentences end."""

from __future__ import annotations

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

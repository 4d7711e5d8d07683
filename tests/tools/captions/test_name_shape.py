"""Whether a word has the shape of a chemical name."""

from __future__ import annotations

import pytest

from molreflect.tools.captions.name_shape import looks_chemical


@pytest.mark.parametrize("word", ["4-methoxyphenyl", "resorcinol", "CDP(3-)", "hexadecanoyl", "glucopyranoside"])
def test_names_look_chemical(word: str) -> None:
    assert looks_chemical(word)


@pytest.mark.parametrize("word", ["medicine", "dehydrogenase", "bone", "protein", "state", "COX-1", ""])
def test_words_of_english_and_biology_do_not_look_chemical(word: str) -> None:
    assert not looks_chemical(word)

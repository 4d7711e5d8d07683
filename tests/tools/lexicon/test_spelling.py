"""The one form in which names are compared, however a caption writes them."""

from __future__ import annotations

import pytest

from molreflect.tools.lexicon.spelling import PLAIN_CHARACTERS, normalise_name


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("3-oxo-Δ4 steroids", "3-oxo-delta(4) steroid"),
        ("3-oxo-Delta(4) steroid", "3-oxo-delta(4) steroid"),
        ("3-oxo-Δ⁴  steroid", "3-oxo-delta(4) steroid"),
        ("3-oxo-Delta(1),Delta(4)-steroid", "3-oxo-delta(1),delta(4)-steroid"),
        ("β-D-Glucosides", "beta-d-glucoside"),
        ("delta-lactones", "delta-lactone"),
        ("benzoic acid(s)", "benzoic acid"),
        ("polyacetylenic species", "polyacetylenic species"),
        ("carboxylic acid.", "carboxylic acid"),
        ("sulphate esters", "sulfate ester"),
        ("phosphorus", "phosphorus"),
        ("2′-deoxyribonucleosides", "2'-deoxyribonucleoside"),
    ],
)
def test_names_are_normalised_to_one_form(text: str, normal: str) -> None:
    assert normalise_name(text) == normal
    assert normalise_name(normal) == normal


def test_every_greek_letter_is_spelt_out_in_ascii() -> None:
    letters = {sign: PLAIN_CHARACTERS[sign] for sign in "αβγδεζηθικλμµνξπρσςτφχψωΔΩ"}
    assert [letters[sign] for sign in "βλµςΔ"] == ["beta", "lambda", "mu", "sigma", "Delta"]
    assert all(word.isascii() and word.isalpha() for word in letters.values())

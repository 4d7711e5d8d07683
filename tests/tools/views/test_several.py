"""Several molecules in one component: one colour for a phrase in all of them, rings where it has none."""

from __future__ import annotations

import pytest

from molreflect.tools.errors import InputError
from molreflect.tools.terms import Verdict
from molreflect.tools.views.html import several_html
from molreflect.tools.views.several import DrawnMolecule, PhraseInMolecules, several_card

TWO = (DrawnMolecule("CCO", "ethanol"), DrawnMolecule("CCN"))


def test_a_phrase_has_its_colour_in_every_molecule_and_its_places_by_molecule() -> None:
    shared = PhraseInMolecules("ethyl", (((0, 1),), ((0, 1),)))
    own = PhraseInMolecules("amine", ((), ((2,),)))
    page = several_html(several_card(TWO, [shared, own]))
    first, second = page.split('<div class="figure"')[1:]
    assert 'data-key="0"' in first
    assert 'data-key="0"' in second
    assert "<circle cx" not in first.partition('data-key="1"')[2].partition("</g>")[0]
    assert page.count("colour-0") == 3  # two halos, one swatch
    assert '<span hidden data-n="1" data-molecule="1" data-atoms="2"></span>' in page


def test_what_has_no_halo_is_still_found_by_its_atoms() -> None:
    page = several_html(several_card(TWO, [PhraseInMolecules("alcohol", (((2,),),), halo=False)]))
    assert 'data-key="0"' not in page
    assert 'data-molecule="0" data-atoms="2"' in page


def test_verdicts_texts_and_what_nobody_checked_are_escaped_and_shown() -> None:
    text = "no <nitrile>"
    refuted = PhraseInMolecules("<nitrile>", (), Verdict.REFUTED, "not & never", 3, 12)
    page = several_html(several_card(TWO, [refuted], text=text, unread=["<b>"], because="so"))
    assert '<mark class="refuted ' in page
    assert "&lt;nitrile&gt;</mark>" in page
    assert "not &amp; never" in page
    assert "<q>&lt;b&gt;</q>" in page


def test_an_atom_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(InputError, match="has atoms"):
        several_card(TWO, [PhraseInMolecules("x", (((9,),),))])

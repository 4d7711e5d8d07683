"""The component that shows an alignment, and the small drawings beside answers."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.tools.views.html import Section, alignment_card, render_page, sketch


def alignment(phrase: str, start: int, atoms: list[list[int]], verdict: str = "supported") -> dict[str, Any]:
    return {
        "phrase": phrase, "start": start, "end": start + len(phrase), "atoms": atoms, "verdict": verdict,
        "reason": "present_and_specific", "pattern": "C", "fragment": None, "message": "said", "evidence": None,
    }  # fmt: skip


def record(caption: str | None, *alignments: dict[str, Any], smiles: str | None = "CCO") -> dict[str, Any]:
    rest = {"id": "1", "selected": "draft", "selected_because": "nothing was refused"}
    return {"smiles": smiles, "caption": caption, "alignments": list(alignments), **rest}


def test_a_caption_is_cut_at_its_phrases_and_the_first_of_two_that_overlap_is_kept() -> None:
    found = [alignment("primary alcohol", 2, [[2]]), alignment("alcohol", 10, [[2]]), alignment("ethanol", 22, [])]
    card = alignment_card(record("a primary alcohol and ethanol.", *found))
    pieces = [(text, row and row["phrase"]) for text, row in card["caption"] if text]
    assert pieces == [
        ("a ", None), ("primary alcohol", "primary alcohol"), (" and ", None), ("ethanol", "ethanol"), (".", None)
    ]  # fmt: skip
    assert "".join(text for text, _ in card["caption"]) == "a primary alcohol and ethanol."


def test_what_is_supported_has_a_number_and_a_colour_of_its_own_and_nothing_else_has() -> None:
    found = [alignment("b", 0, [[0]]), alignment("c", 2, [[1]], "refuted"), alignment("d", 4, [[1]])]
    card = alignment_card(record("b c d", *found))
    assert [row["number"] for row in card["rows"]] == [0, None, 1]
    colours = [row["colour"] for row in card["rows"]]
    assert colours[1] is None
    assert colours[0] != colours[2]
    assert 'data-key="1"' in card["picture"]


def test_a_pair_with_one_side_is_shown_without_the_other() -> None:
    card = alignment_card(record(None, alignment("x", 0, [[0]])))
    assert "".join(text for text, _ in card["caption"]) == ""
    card = alignment_card(record("x", alignment("x", 0, []), smiles=None))
    assert (card["picture"], card["smiles"]) == ("", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "nothing", id="empty"),
        pytest.param("<b>", "not a molecule", id="unreadable"),
        pytest.param("C" * 151, "151 heavy atoms, not drawn", id="large"),
        pytest.param("C" * 1001, "1,001 characters, not read", id="long"),
    ],
)
def test_what_is_not_drawn_says_why(text: str, said: str) -> None:
    assert sketch(text, max_characters=1000) == f"<div class='blank'>{said}</div>"


def test_texts_are_escaped_and_drawings_are_not() -> None:
    page = render_page(
        "evaluation.html",
        **dict.fromkeys(("title", "heading", "path", "rows", "sha256"), "<i>"),
        plots=[sketch("CCO", max_characters=9)],
        sections=[Section("<i>", ["<i>"], [["<i>"]], lead="<i>", legend="<i>", notes=["<i>"])],
        strata=[],
        galleries=[{"title": "<i>", "of": "1", "cards": [{"head": "<i>", "pictures": [], "texts": [("<i>", "")]}]}],
        conditions=Section("<i>", (), []),
    )
    assert page.count("<i>") == 1  # our own, around "nothing"
    assert page.count("&lt;i&gt;") == 15
    assert page.count("<svg") == 1

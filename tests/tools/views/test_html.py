"""The component that shows an alignment, and the small drawings beside answers."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from molreflect.tools.views import html
from molreflect.tools.views.cards import alignment_card, fact_of
from molreflect.tools.views.html import (
    Section,
    alignment_html,
    alignment_page,
    notebook_html,
    plain_svg,
    render_page,
    sketch,
)
from molreflect.tools.views.theme import DARK, DARK_PALETTE, LIGHT, PALETTE


def alignment(phrase: str, start: int, atoms: list[list[int]], verdict: str = "supported") -> dict[str, Any]:
    return {
        "phrase": phrase, "start": start, "end": start + len(phrase), "atoms": atoms, "verdict": verdict,
        "reason": "present_and_specific", "pattern": "C", "fragment": None, "message": "said", "evidence": None,
        "kind": "structure", "level": None, "source": "lexicon",
    }  # fmt: skip


def record(caption: str | None, *alignments: dict[str, Any], smiles: str | None = "CCO") -> dict[str, Any]:
    rest = {"id": "1", "selected": "draft", "selected_because": "nothing was refused"}
    return {"smiles": smiles, "caption": caption, "alignments": list(alignments), **rest}


def test_a_caption_is_cut_where_phrases_begin_and_end_and_none_of_two_that_overlap_is_lost() -> None:
    found = [alignment("primary alcohol", 2, [[2]]), alignment("alcohol", 10, [[2]]), alignment("ethanol", 22, [])]
    card = alignment_card(record("a primary alcohol and ethanol.", *found))
    pieces = [(text, [row["n"] for row in rows], begins) for text, rows, begins in card["caption"]]
    assert pieces == [
        ("a ", [], False), ("primary ", [0], True), ("alcohol", [1, 0], True), (" and ", [], False),
        ("ethanol", [2], True), (".", [], False),
    ]  # fmt: skip


def test_offsets_that_no_caption_has_mark_nothing() -> None:
    card = alignment_card(record("short", alignment("x", 3, [[0]]) | {"end": 99}, alignment("y", -2, [[0]])))
    assert card["caption"] == [("short", [], False)]


def test_what_is_supported_has_a_colour_of_its_own_and_nothing_else_has() -> None:
    found = [alignment("b", 0, [[0]]), alignment("c", 2, [[1]], "refuted"), alignment("d", 4, [[1]])]
    card = alignment_card(record("b c d", *found))
    assert [row["colour"] for row in card["rows"]] == ["colour-0", "", "colour-1"]
    assert 'class="phrase phrase-1 colour-1" data-key="2"' in alignment_html(record("b c d", *found))
    assert card["tally"] == "2 supported, 1 refuted"


def test_a_pair_with_one_side_is_shown_without_the_other() -> None:
    shown = alignment_html(record(None, alignment("x", 0, [[0]])))
    assert "<svg" in shown
    assert "<mark" not in shown
    shown = alignment_html(record("x", alignment("x", 0, []), smiles=None))
    assert "<svg" not in shown
    assert "<mark" in shown


def test_a_molecule_too_large_to_draw_is_still_shown_with_its_caption() -> None:
    shown = alignment_html(record("a long alkane", smiles="C" * 401))
    assert "401 heavy atoms: too large to draw" in shown
    assert "a long alkane" in shown


def test_no_message_that_a_reader_sees_tells_him_what_a_teacher_should_do() -> None:
    from molreflect.tools.verification import messages

    advice = re.compile(r"\b(leave|drop|propose|quote|submit|unpatterned|cut it|make it|add the|add its)\b")
    templates = [text for name, text in vars(messages).items() if name.isupper()]
    assert len(templates) > 40
    for text in templates:
        fact = fact_of(text)
        assert fact, text
        assert not advice.search(fact.replace("{quoted!r}", "")), fact
    shown = alignment_html(record("a b", alignment("b", 2, []) | {"message": "a role names no structure; leave it"}))
    assert "leave it" not in shown


def test_evidence_counts_in_words() -> None:
    evidence = {"pairs_with_phrase": 1, "recall": 1.0, "lift": 2.5, "counterexamples": ["7"]}
    shown = alignment_html(record("b", alignment("b", 0, [[0]]) | {"evidence": evidence}))
    assert "1 other pair says it; 100% of them have the pattern, 2.5 times as often as all molecules; not 7" in shown


def test_every_colour_of_the_style_sheet_is_a_variable_of_the_theme() -> None:
    sheet = (Path(html.__file__).parent / "static" / "style.css").read_text(encoding="utf-8")
    assert re.findall(r"#[0-9A-Fa-f]{3,8}\b", sheet.replace("#000000", "")) == []
    page = alignment_page(record("b", alignment("b", 0, [[0]])))
    for colour in (*LIGHT.values(), *DARK.values(), *PALETTE, *DARK_PALETTE):
        assert colour in page
    named = set(re.findall(r"var\(--([\w-]+)", html.style_sheet()))
    assert named - {"colour"} <= {*LIGHT, *(f"phrase-{n}" for n in range(len(PALETTE)))}


def test_texts_can_be_read_on_their_ground_in_both_themes() -> None:
    def luminance(colour: str) -> float:
        channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05

    for theme in (LIGHT, DARK):
        for name in ("ink", "soft", "accent", "supported", "refuted", "unchecked"):
            for ground in ("paper", "tint"):
                low, high = sorted((luminance(theme[name]), luminance(theme[ground])))
                assert high / low >= 4.5, (name, ground)


def test_a_page_names_its_style_sheet_and_scripts_by_their_hashes_and_has_no_style_attribute() -> None:
    page = alignment_page(record("b", alignment("b", 0, [[0]])))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        for code in re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL):
            assert base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() in policy
    assert not re.search(r"\sstyle\s*=", page)


def test_a_notebook_gets_the_component_with_its_style_and_script_and_nothing_that_styles_the_notebook() -> None:
    shown = notebook_html(record("b", alignment("b", 0, [[0]])))
    assert shown.startswith('<div class="mr">')
    assert shown.count("</molreflect-alignment>") == shown.count("<script>") == shown.count("<style>") == 1
    rules = re.sub(r"@[^{]*\{|/\*.*?\*/", "", html.style_sheet(), flags=re.DOTALL)
    for selector in re.findall(r"(?:^|\})\s*([^{}@]+)\{", rules):
        assert ".mr" in selector


def test_styles_of_an_svg_become_attributes() -> None:
    svg = """<svg><style>* {}</style><text style="font: 8px 'A', b; fill: #000; text-anchor: middle">x</text></svg>"""
    assert plain_svg(svg) == (
        """<svg><text font-size="8px" font-family="'A', b" fill="#000" text-anchor="middle">x</text></svg>"""
    )


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
    assert page.count("&lt;i&gt;") == 17
    assert page.count("<svg") == 1

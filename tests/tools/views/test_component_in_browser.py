"""The component that shows an alignment, in a browser: what lights up, how it is reached, how it looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import axe_findings, browser, needs_browser, opened

from molreflect.tools.views.html import alignment_page, notebook_html

pytestmark = needs_browser

CAPTION = "The molecule is a monocarboxylic acid, an acetate ester and a drug. It is a nitrile."


def alignment(phrase: str, atoms: list[list[int]], verdict: str = "supported", **changed: Any) -> dict[str, Any]:
    start = CAPTION.index(phrase)
    return {
        "phrase": phrase, "start": start, "end": start + len(phrase), "atoms": atoms, "verdict": verdict, "message": "",
        "reason": "present_and_specific", "pattern": "[C]", "fragment": "C", "level": "exact", "evidence": None,
        "kind": "structure", "source": "lexicon", **changed,
    }  # fmt: skip


ASPIRIN = {
    "id": "aspirin", "smiles": "CC(=O)Oc1ccccc1C(=O)O", "caption": CAPTION, "selected": "draft",
    "selected_because": "nothing was refused",
    "alignments": [
        alignment("monocarboxylic acid", [[10, 11, 12]]),
        alignment("acid", [[10, 11, 12]]),
        alignment("acetate ester", [[0, 1, 2, 3, 4]]),
        alignment("drug", [], "unchecked", kind="role", reason="role_or_origin", pattern=None, fragment=None),
        alignment("nitrile", [], "refuted", reason="absent", message="C#N: not there; drop the phrase"),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("pages") / "pair.html"
    file.write_text(alignment_page(ASPIRIN), encoding="utf-8")
    return file


@pytest.fixture
def page(chromium: Any, path: Path) -> Iterator[Any]:
    with opened(chromium, path) as shown:
        yield shown


def lit(page: Any, selector: str) -> list[str]:
    """Numbers of what is lit among the elements of a selector."""
    found = page.eval_on_selector_all(
        f"{selector}", "all => all.filter(e => e.classList.contains('lit')).map(e => e.dataset.n ?? e.dataset.key)"
    )
    return sorted(set(found))


def test_pointing_at_an_atom_lights_its_phrases_and_rows(page: Any) -> None:
    page.locator(".atom-11.target").hover()
    assert lit(page, ".phrase") == ["0", "1"]
    assert lit(page, "li") == ["0", "1"]
    assert lit(page, "mark") == ["0", "1 0"]
    assert page.locator(".status").inner_text() == "O, atom 11: monocarboxylic acid, acid"
    page.locator("h1").hover()
    assert lit(page, ".phrase") == lit(page, "li") == []
    assert page.locator(".status").inner_text() == ""


@pytest.mark.parametrize("selector", ["mark[data-n='2']", "li[data-n='2'] summary"])
def test_pointing_at_a_phrase_or_a_row_lights_its_atoms(page: Any, selector: str) -> None:
    page.locator(selector).hover()
    assert lit(page, ".phrase") == ["2"]
    assert page.locator(".lighting").count() == 1
    from playwright.sync_api import expect

    expect(page.locator(".phrase-0")).to_have_css("opacity", "0.12")
    expect(page.locator(".phrase-2")).to_have_css("opacity", "1")
    assert page.eval_on_selector_all(".target.lit", "all => all.length") == 5


def test_an_atom_of_no_phrase_says_so_and_dims_nothing(page: Any) -> None:
    page.locator(".atom-7.target").hover()
    assert page.locator(".status").inner_text() == "C, atom 7: no phrase"
    assert page.locator(".lighting").count() == 0


def test_everything_is_reached_by_keyboard(page: Any) -> None:
    page.locator(".drawing").focus()
    page.keyboard.press("End")
    assert page.locator(".status").inner_text() == "O, atom 12: monocarboxylic acid, acid"
    page.keyboard.press("ArrowRight")
    assert page.locator(".status").inner_text() == "C, atom 0: acetate ester"
    assert lit(page, ".phrase") == ["2"]
    page.keyboard.press("Tab")
    assert lit(page, ".phrase") == ["0"]  # the first phrase of the caption
    page.keyboard.press("Tab")
    assert lit(page, "li") == ["0", "1"]  # where the second begins inside it
    for _ in range(3):
        page.keyboard.press("Tab")
    assert lit(page, "li") == ["4"]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert lit(page, "li") == ["0"]
    page.keyboard.press("Enter")
    assert page.locator("li[data-n='0'] dl").is_visible()


def test_a_click_holds_a_phrase_until_escape(page: Any) -> None:
    mark = page.locator("mark[data-n='2']")
    mark.click()
    page.locator("h1").hover()
    assert lit(page, ".phrase") == ["2"]
    assert mark.get_attribute("aria-pressed") == "true"
    page.keyboard.press("Escape")
    page.locator("h1").hover()
    assert mark.get_attribute("aria-pressed") == "false"
    assert lit(page, ".phrase") == []


def test_the_evidence_is_one_click_away_and_speaks_to_a_reader(page: Any) -> None:
    row = page.locator("li[data-n='4']")
    assert not row.locator("dl").is_visible()
    row.locator("summary").click()
    said = row.locator("dl").inner_text()
    assert "C#N: not there" in said
    assert "drop" not in said


def test_phrase_row_and_atoms_have_one_colour_in_both_themes(chromium: Any, path: Path) -> None:
    for dark in (False, True):
        with opened(chromium, path, dark=dark) as page:
            swatch = page.locator("li[data-n='2'] .swatch").evaluate("e => getComputedStyle(e).backgroundColor")
            halo = page.locator(".phrase-2").evaluate("e => getComputedStyle(e).stroke")
            line = page.locator("mark[data-n='2']").evaluate("e => getComputedStyle(e).borderBottomColor")
            assert swatch == halo == line


def test_a_dark_page_has_no_white_plate(chromium: Any, path: Path) -> None:
    with opened(chromium, path, dark=True) as page:
        grounds = page.eval_on_selector_all("*", "all => all.map(e => getComputedStyle(e).backgroundColor)")
        assert "rgb(255, 255, 255)" not in grounds
        assert page.locator(".molecule rect").count() == 0
        assert page.locator(".structure").evaluate("e => getComputedStyle(e).stroke") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [400, 1200])
def test_axe_finds_nothing_and_nothing_is_cut(chromium: Any, path: Path, width: int, dark: bool) -> None:
    with opened(chromium, path, width=width, dark=dark) as page:
        for summary in page.locator("summary").all():
            summary.click()
        assert axe_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_long_molecule_is_scrolled_not_shrunk_to_a_thread(chromium: Any, tmp_path: Path) -> None:
    lipid = ASPIRIN | {
        "smiles": "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC(=O)O",
        "alignments": [],
        "caption": "A lipid.",
    }
    file = tmp_path / "lipid.html"
    file.write_text(alignment_page(lipid), encoding="utf-8")
    with opened(chromium, file, width=400) as page:
        shown = page.locator("svg.molecule").evaluate("e => e.getBoundingClientRect().width / e.getAttribute('width')")
        assert shown > 0.5
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        page.locator(".drawing").focus()
        page.keyboard.press("End")
        assert page.locator(".drawing").evaluate("e => e.scrollLeft") > 100
        assert axe_findings(page) == []


def test_a_notebook_cell_lights_up_too_and_keeps_its_style_to_itself(chromium: Any, tmp_path: Path) -> None:
    file = tmp_path / "notebook.html"
    cell = notebook_html(ASPIRIN, ASPIRIN | {"id": "again"})
    file.write_text(f"<!doctype html><body><h2>outside</h2><p id='cell'></p>{cell}{cell}", encoding="utf-8")
    with opened(chromium, file) as page:
        page.locator(".atom-11.target").nth(1).hover()
        assert page.locator(".phrase.lit").count() == 2  # in the one that is pointed at
        assert page.locator("body > h2").evaluate("e => getComputedStyle(e).fontSize") == "24px"


def test_it_is_read_in_full_without_scripts(chromium: Any, path: Path) -> None:
    with opened(chromium, path, script=False) as page:
        assert page.locator("svg.molecule").is_visible()
        page.locator("li[data-n='4'] summary").click()
        assert page.locator("li[data-n='4'] dl").is_visible()


def test_print_shows_colours_and_no_controls(page: Any) -> None:
    page.emulate_media(media="print")
    assert page.locator("mark[data-n='2']").evaluate("e => getComputedStyle(e).printColorAdjust") == "exact"
    assert page.locator("svg.molecule").is_visible()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(('<p class="smiles">', '<p style="color:red">'), "style-src", id="style-attribute"),
        pytest.param(("<h1>", '<h1 onclick="x()"><script>1</script>'), "script-src", id="inline-script"),
        pytest.param(("<h1>", '<img src="http://127.0.0.1:9/x.png" alt=""><h1>'), "127.0.0.1", id="load"),
    ],
)
def test_these_tests_see_what_a_policy_refuses(
    chromium: Any, path: Path, tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    file = tmp_path / "broken.html"
    page = path.read_text(encoding="utf-8")
    assert page.count(change[0]) == 1
    file.write_text(page.replace(*change), encoding="utf-8")
    with pytest.raises(AssertionError, match=said), opened(chromium, file):
        pass


def test_these_tests_see_what_axe_finds(chromium: Any, path: Path, tmp_path: Path) -> None:
    file = tmp_path / "nameless.html"
    page = path.read_text(encoding="utf-8")
    file.write_text(re.sub(r' role="img" aria-label="[^"]*"', ' role="img"', page), encoding="utf-8")
    with opened(chromium, file) as shown:
        assert any(finding.startswith("svg-img-alt") for finding in axe_findings(shown))

"""The report of a run in a browser: every pair is reached, found and filtered, at the size of a real corpus."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from browser import axe_findings, browser, needs_browser, opened

from molreflect.graphs.runs.report import FIRST_PAIRS, report_html
from molreflect.tools.views.html import alignment_html

pytestmark = needs_browser

MANY = 3_301


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def many(sample_run: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A report of as many pairs as a split of ChEBI-20 has: `.path`, `.records`."""
    lines = (sample_run.folder / "alignments.jsonl").read_text(encoding="utf-8").splitlines()
    own = [json.loads(line) for line in lines]
    records = []
    for number in range(MANY):
        record = own[number % len(own)]
        ending = f" It has number n{number}n."
        records.append(record | {"id": f"P{number:05}", "caption": record["caption"] + ending})
    records[3_000]["alignments"] = [
        a | {"verdict": "refuted", "reason": "absent", "atoms": [], "level": None, "fragment": None}
        for a in records[3_000]["alignments"]
    ]
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_html(sample_run.summary, records), encoding="utf-8")
    return SimpleNamespace(path=path, records=records)


@pytest.fixture
def page(chromium: Any, many: SimpleNamespace) -> Iterator[Any]:
    with opened(chromium, many.path) as shown:
        shown.wait_for_selector("#pairs[data-drawn]", state="attached")
        yield shown


def shown(page: Any) -> list[str]:
    return [heading.inner_text() for heading in page.locator("#pairs h2").all()]


def drawn_after(page: Any, act: Any) -> list[str]:
    """Do something, wait until the pairs are drawn again, and say which."""
    before = page.locator("#pairs").get_attribute("data-drawn")
    act()
    page.locator(f"#pairs[data-drawn]:not([data-drawn='{before}'])").wait_for(state="attached")
    return shown(page)


def found(page: Any) -> str:
    return page.locator(".found").inner_text()


def test_the_first_screen_shows_a_molecule(page: Any) -> None:
    box = page.locator("svg.molecule").first.bounding_box()
    assert box["y"] + box["height"] < 900
    assert found(page) == "3,301 pairs"


def test_every_page_is_reached(page: Any, many: SimpleNamespace) -> None:
    ids = [record["id"] for record in many.records]
    assert shown(page) == ids[:10]
    assert drawn_after(page, page.locator("[data-to=next]").first.click) == ids[10:20]
    box = page.locator("input[name=page]")
    box.fill("331")
    assert drawn_after(page, lambda: box.press("Enter")) == ids[3_300:]
    assert page.locator("[data-to=next]").first.is_disabled()
    assert drawn_after(page, page.locator("[data-to=previous]").last.click) == ids[3_290:3_300]
    assert page.locator("form.tools").evaluate("e => e.getBoundingClientRect().top") > -1  # back at the top


SAME = """(shown, html) => {
  const template = document.createElement('template');
  template.innerHTML = html;
  const copy = shown.cloneNode(true);
  copy.removeAttribute('data-ready');
  return copy.isEqualNode(template.content.firstElementChild);
}"""


def test_a_pair_that_was_unpacked_is_the_one_that_was_packed(page: Any, many: SimpleNamespace) -> None:
    def same(places: list[int]) -> list[bool]:
        shown = page.locator("#pairs molreflect-alignment").all()
        return [card.evaluate(SAME, alignment_html(many.records[n])) for card, n in zip(shown, places, strict=True)]

    assert all(same(list(range(10))))
    drawn_after(page, lambda: page.locator("input[name=q]").fill("n2718n"))
    assert same([2_718]) == [True]
    assert not page.locator("#pairs molreflect-alignment").evaluate(SAME, alignment_html(many.records[2_719]))


def test_search_finds_by_id_caption_and_smiles(page: Any, many: SimpleNamespace) -> None:
    search = page.locator("input[name=q]")
    assert drawn_after(page, lambda: search.fill("n2718n")) == ["P02718"]
    assert found(page) == "1 pair of 3,301"
    assert drawn_after(page, lambda: search.fill("P00042")) == ["P00042"]
    smiles = many.records[5]["smiles"]
    drawn_after(page, lambda: search.fill(f"{smiles} number"))
    expected = sum(smiles.lower() in f"{r['smiles']}\n{r['caption']}".lower() for r in many.records)
    assert found(page) == f"{expected} pairs of 3,301"
    assert drawn_after(page, lambda: search.fill("nobody says this")) == []
    assert found(page) == "0 pairs of 3,301"


def test_filters_hold_of_one_alignment_at_once(page: Any, many: SimpleNamespace) -> None:
    drawn_after(page, lambda: page.locator("select[name=verdict]").select_option("refuted"))
    refuted = [r["id"] for r in many.records if any(a["verdict"] == "refuted" for a in r["alignments"])]
    assert found(page).startswith(f"{len(refuted):,} pair")
    drawn_after(page, lambda: page.locator("select[name=kind]").select_option("role"))
    roles = [r["id"] for r in many.records
             if any((a["kind"], a["verdict"]) == ("role", "refuted") for a in r["alignments"])]  # fmt: skip
    assert shown(page) == roles == ["P03000"]
    assert page.locator("li.unmatched").count() == sum(a["kind"] != "role" for a in many.records[3_000]["alignments"])


def test_what_is_not_supported_comes_first_when_asked_for(page: Any) -> None:
    assert drawn_after(page, page.locator("input[name=first]").check)[0] == "P03000"
    assert drawn_after(page, page.locator("input[name=first]").uncheck)[0] == "P00000"


def test_pairs_that_are_paged_to_light_up_as_well(page: Any) -> None:
    drawn_after(page, lambda: page.locator("input[name=q]").fill("n2718n"))
    page.locator("mark[class*=colour]").first.hover()
    assert page.locator(".phrase.lit").count() >= 1
    page.locator("h1").hover()
    page.locator(".phrase + .structure ~ .targets .target").first.hover()
    assert "atom 0" in page.locator(".status").inner_text()


def test_a_page_of_so_many_pairs_is_small_and_quick(chromium: Any, many: SimpleNamespace) -> None:
    assert many.path.stat().st_size < 5_000_000
    with opened(chromium, many.path) as page:
        page.wait_for_selector("#pairs[data-drawn]", state="attached")
        start = time.perf_counter()
        drawn_after(page, lambda: page.locator("input[name=q]").fill("n3299n"))
        assert time.perf_counter() - start < 10  # a second on an idle machine; a search that takes minutes is a bug
        assert page.evaluate("document.querySelectorAll('*').length") < 10_000


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [400, 1200])
def test_axe_finds_nothing_and_nothing_is_cut(chromium: Any, many: SimpleNamespace, width: int, dark: bool) -> None:
    with opened(chromium, many.path, width=width, dark=dark) as page:
        page.wait_for_selector("#pairs[data-drawn]", state="attached")
        assert axe_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_the_first_pairs_are_read_and_the_others_named(chromium: Any, many: SimpleNamespace) -> None:
    with opened(chromium, many.path, script=False) as page:
        assert page.locator("article").count() == FIRST_PAIRS
        assert "The first 10 of 3301 pairs" in page.locator("noscript").inner_text()
        assert not page.locator("form.tools").is_visible()


def test_a_run_without_a_pair_says_so(chromium: Any, sample_run: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "empty.html"
    path.write_text(report_html(sample_run.summary, []), encoding="utf-8")
    with opened(chromium, path) as page:
        page.wait_for_selector("#pairs[data-drawn]", state="attached")
        assert "No pair is done." in page.locator("main").inner_text()

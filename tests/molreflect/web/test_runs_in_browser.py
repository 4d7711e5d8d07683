"""The pages of runs and of a review in a browser: found, filtered, compared, decided by keyboard, at any width."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from browser import axe_findings, browser, needs_browser, opened
from decided import decided, items
from made_run import ESTER, made_run, row, rows, tie
from served import Served
from shelved import serving_runs

from molreflect.graphs.review.decisions import Judgement, ReviewStore
from molreflect.graphs.runs.store import MadeRow, RunStore
from molreflect.tools.terms import Reason

pytestmark = needs_browser

EVIL = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> \u202etxet\u202c"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Served]:
    """Two runs that differ in one verdict, one to be reviewed, and one of hostile words with a row that failed."""
    folder = tmp_path_factory.mktemp("runs")
    made_run(folder / "first")
    changed = rows()
    changed[2]["alignments"][0] |= {
        "verdict": "supported",
        "reason": "present_and_specific",
        "pattern": "CO",
        "atoms": [[1, 2]],
    }
    made_run(folder / "second", changed)
    made_run(folder / "reviewed")
    said = f"The molecule is an {EVIL} ester."
    made_run(folder / "odd", [row("evil", ESTER, said, tie(EVIL, "unchecked", "no_reading", EVIL))])
    with serving_runs(folder, cache=cache) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


def decisions(folder: Path, run: str, reviewer: str) -> list[tuple[str, Judgement]]:
    with closing(ReviewStore.open(folder / run)) as store:
        return [(d.about.alignment["phrase"], d.judgement) for d in store.decisions(reviewer)]


def test_runs_are_listed_and_two_are_compared(chromium: Any, served: Served) -> None:
    with opened(chromium, served.link("/runs")) as page:
        assert page.locator(".runs .title").all_inner_texts() == ["first", "odd", "reviewed", "second"]
        page.locator("input[value=first]").check()
        page.locator("input[value=second]").check()
        page.locator("button", has_text="Compare").click()
        page.locator("h2", has_text="first → second").wait_for()
        told = page.locator(".against").inner_text()
        assert "3 pairs are done in both; 1 came out differently" in told
        assert page.locator(".changes tbody tr").inner_text().split()[0] == "ester"


def test_a_run_shows_its_funnel_and_grows(chromium: Any, served: Served, tmp_path: Path, cache: Path) -> None:
    made_run(tmp_path / "growing")
    with serving_runs(tmp_path, cache=cache) as own, opened(chromium, own.link("/runs/growing")) as page:
        counts = [each.inner_text() for each in page.locator(".funnel tbody .number:nth-child(2)").all()]
        assert counts == ["5", "4", "3", "3", "2"]
        more = row(
            "more", "CCO", "It is an alcohol.", tie("alcohol", "supported", "present_and_specific", "CO", [1, 2])
        )
        with closing(RunStore.open(tmp_path / "growing")) as store:
            store.add_made([MadeRow("more", "more", more)], first=3, name="made", note="")
        page.locator(".funnel td.number", has_text="6").first.wait_for()
        page.locator("a", has_text="its meaning is not known").click()
        page.locator("#found .found", has_text="1 alignment in 1 pair").wait_for()


def test_alignments_are_filtered_and_lit(chromium: Any, served: Served) -> None:
    with opened(chromium, served.link("/runs/first/alignments")) as page:
        assert page.locator("molreflect-alignment").count() == 3
        page.locator("select[name=verdict]").select_option("supported")
        page.locator("#found .found", has_text="2 alignments in 2 pairs").wait_for()
        assert page.locator("li.unmatched .name").all_inner_texts() == ["phenols", "drug"]
        page.locator("input[name=text]").fill("phenols")
        page.locator("#found .found", has_text="1 alignment in 1 pair").wait_for()
        page.wait_for_url("**/runs/first/alignments?verdict=supported&text=phenols")
        page.reload()
        assert page.locator("molreflect-alignment").count() == 1
        page.locator("mark", has_text="monocarboxylic acid").hover()
        assert page.locator(".phrase.lit").count() == 1


def stands(page: Any, words: str) -> None:
    """Wait until the page asks about these words, and hears keys."""
    page.locator("h1", has_text=words).wait_for()
    page.locator("molreflect-review[data-ready]").wait_for()


def test_a_review_is_done_by_keyboard_alone(chromium: Any, served: Served) -> None:
    with opened(chromium, served.link("/review/reviewed?reviewer=Ada")) as page:
        stands(page, "monocarboxylic acid")
        page.keyboard.press("?")
        assert page.locator("dialog.keys").is_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("Control+Enter")
        stands(page, "phenols")
        page.keyboard.press("2")
        page.locator(".checked .verdict.supported").wait_for()
        assert page.locator(".target.proposed").count() >= 2
        page.keyboard.press("p")
        page.keyboard.type("[OX2H1]c1ccccc1C")
        page.locator(".checked", has_text="[OX2H1]c1ccccc1C").wait_for()
        page.keyboard.press("Escape")
        page.keyboard.press("a")
        for _ in range(9):
            page.keyboard.press("ArrowRight")
        page.keyboard.press(" ")
        page.keyboard.press("ArrowRight")
        page.keyboard.press(" ")
        page.locator(".chosen-atoms", has_text="C 8, O 9").wait_for()
        page.locator(".checked .lights[data-atoms='8 9']").wait_for(state="attached")
        assert page.locator(".target.chosen").count() == 2
        page.keyboard.press("t")
        page.keyboard.press("Control+Enter")
        stands(page, "monocarboxylic acid")
        page.locator(".said-last", has_text="phenols").wait_for()
        page.keyboard.press("9")
        page.keyboard.press("Control+Enter")
        stands(page, "frobnic ester")
        page.keyboard.press("ArrowLeft")
        stands(page, "monocarboxylic acid")
        assert page.locator("[name=choice][value=reject]").is_checked()
        page.keyboard.press("u")
        page.locator(".said-last", has_text="undone: reject").wait_for()
        assert decisions(served.folder, "reviewed", "Ada") == [
            ("monocarboxylic acid", Judgement.ACCEPT), ("phenols", Judgement.CORRECT),
        ]  # fmt: skip
        with closing(ReviewStore.open(served.folder / "reviewed")) as store:
            corrected = list(store.decisions("Ada"))[1]
        assert corrected.teaches
        assert corrected.correction is not None
        assert (corrected.correction.atoms, corrected.correction.by_atoms) == (((8, 9),), True)
        page.goto(f"{served.base}/review/reviewed?reviewer=Ada")  # goes on where it was left
        assert page.locator(".whole").inner_text().strip() == "2 of 4 decided"


def test_agreement_gold_and_patch_are_on_the_page(chromium: Any, served: Served, tmp_path: Path) -> None:
    run = served.folder / "second"
    shown = items(run)
    with closing(ReviewStore.open(run)) as store:
        for reviewer, said in (("Ada", Judgement.ACCEPT), ("Grace", Judgement.REJECT)):
            store.keep(decided(reviewer, shown[0], Judgement.ACCEPT))
            store.keep(decided(reviewer, shown[1], said, reason=Reason.ABSENT if said is Judgement.REJECT else None))
    with opened(chromium, served.link("/review/second/agreement")) as page:
        assert "50.0%" in page.locator("dl.known").inner_text()
        assert page.locator("[aria-label='Where they differ'] tbody tr").count() == 1
        with page.expect_download() as waiting:
            page.evaluate("location.href = '/review/second/gold.jsonl?reviewer=Ada'")
        assert '"monocarboxylic acid"' in Path(waiting.value.path()).read_text(encoding="utf-8")
        page.locator("[aria-label='Where they differ'] a", has_text="Grace").click()
        page.locator("h1", has_text="phenols").wait_for()


def test_hostile_words_are_shown_as_words(chromium: Any, served: Served) -> None:
    for path in ("/runs/odd/alignments", "/review/odd?reviewer=Ada", "/runs/odd", "/runs/odd/failures"):
        with opened(chromium, served.link(path)) as page:
            assert page.title() != "owned"
            assert page.locator("img").count() == 0
            if "odd?" in path or "alignments" in path:
                assert "<script>document.title='owned'</script>" in page.locator("body").inner_text()
                assert "\u202e" not in page.locator("body").inner_text()


@pytest.mark.parametrize(("width", "dark"), [(400, True), (1200, False)])
def test_axe_finds_nothing_and_nothing_is_cut(chromium: Any, served: Served, width: int, dark: bool) -> None:
    paths = (
        "/runs", "/runs/first", "/runs/first/alignments?verdict=supported", "/runs/compare?run=first&run=second",
        "/runs/first/failures", "/review", "/review/first?reviewer=Grace", "/review/second/agreement",
    )  # fmt: skip
    with opened(chromium, served.link("/runs"), width=width, dark=dark) as page:
        for path in paths:
            page.goto(served.base + path)
            assert axe_findings(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path

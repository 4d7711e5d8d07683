"""The report of an evaluation in a browser: nothing that its policy refuses, nothing that axe finds, nothing cut."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import axe_findings, browser, needs_browser, opened

from molreflect.tools.terms import Direction
from molreflect.training.evaluation.compare import compare
from molreflect.training.evaluation.evaluate import evaluate
from molreflect.training.evaluation.report import html_report

pytestmark = needs_browser

MOLECULES = ["CCO", "CC(=O)Oc1ccccc1C(=O)O", "C" * 40, "C1CC", "<b>", "OC12CC3CC(CC(C3)C1)C2", "[Na+].[Cl-]", "", "N"]
CAPTION = "The molecule is a very-long-name-that-no-line-can-hold-" + "x" * 60


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module", params=list(Direction))
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with a comparison, whose answers are right, wrong, unreadable and missing."""
    folder = tmp_path_factory.mktemp(request.param)
    truths = [text if text not in ("C1CC", "<b>", "") else "CCN" for text in MOLECULES]
    to_molecules = request.param is Direction.CAP2MOL
    heads = f"{'description' if to_molecules else 'SMILES'}\tground truth\toutput"
    rows = []
    for n, (truth, answer) in enumerate(zip(truths, MOLECULES, strict=True)):
        said = f"{CAPTION} {n}"
        rows.append((said, truth, answer) if to_molecules else (truth, said, f"{answer} {n}"))
    for name, used in (("a.tsv", rows), ("b.tsv", [(source, truth, truth) for source, truth, _ in rows])):
        lines = [heads, *("\t".join(row) for row in used)]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    options: dict[str, Any] = {"bootstrap": 20, "tokenizers": []}
    found = evaluate(folder / "a.tsv", request.param, strata=True, **options)
    against = compare(folder / "a.tsv", folder / "b.tsv", request.param, trials=20, **options)
    page = folder / "report.html"
    page.write_text(html_report(found, comparison=against), encoding="utf-8")
    return page


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [400, 1200])
def test_axe_finds_nothing_and_nothing_is_cut(chromium: Any, path: Path, width: int, dark: bool) -> None:
    with opened(chromium, path, width=width, dark=dark) as page:
        assert page.locator("svg.molecule").count() >= 4
        assert page.locator(".plots svg").count() >= 3
        assert axe_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_plots_and_drawings_take_the_colours_of_a_dark_theme(chromium: Any, path: Path) -> None:
    with opened(chromium, path, dark=True) as page:
        words = page.locator(".plots svg text").first
        assert words.evaluate("e => getComputedStyle(e).fill") == "rgb(238, 238, 238)"
        assert page.locator(".structure").first.evaluate("e => getComputedStyle(e).stroke") == "rgb(255, 255, 255)"
        grounds = page.eval_on_selector_all("*", "all => all.map(e => getComputedStyle(e).backgroundColor)")
        assert "rgb(255, 255, 255)" not in grounds

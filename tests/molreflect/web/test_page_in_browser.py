"""The page in a browser: asked, streamed, lit up, aligned, compared, reloaded, cut off, by keyboard, at any width."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from browser import axe_findings, browser, needs_browser, opened
from langchain_core.messages import AIMessage
from saying import Saying
from served import Served
from site_served import desk_of, serving_site

pytestmark = needs_browser

EVIL = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
CAPTION = "The molecule is a monocarboxylic acid and a sulfonamide."


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def site(resources: Any, sample_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("home")
    with desk_of(home, resources, sample_corpus) as desk, serving_site(desk, home) as running:
        yield running


class Held:
    """An answer that is held back until a test lets it go."""

    def __init__(self, text: str) -> None:
        self._text, self.go, self.asked = text, threading.Event(), threading.Event()

    def __call__(self, messages: Any) -> AIMessage:
        self.asked.set()
        assert self.go.wait(60)
        return AIMessage(self._text)


@contextmanager
def with_model(says: list[Any], resources: Any, corpus: Path, home: Path) -> Iterator[Served]:
    with desk_of(home, resources, corpus, Saying(says=says)) as desk, serving_site(desk, home) as running:
        yield running


@contextmanager
def watched(chromium: Any, link: str) -> Iterator[Any]:
    """A page that may fail to reach its server, but breaks no policy."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(link)
    page.evaluate(
        "window.violations = [];"
        "document.addEventListener('securitypolicyviolation', e => violations.push(e.blockedURI))"
    )
    try:
        yield page
        assert page.evaluate("window.violations") == []
    finally:
        context.close()


def ask(page: Any, question: str) -> Any:
    """Ask by keyboard, and wait for the answer."""
    before = page.locator(".turn").count()
    page.locator("#question").fill(question)
    page.locator("#question").press("Enter")
    page.locator(".turn").nth(before).wait_for()
    page.locator(".turn:not(.going)").nth(before).wait_for()
    return page.locator(".turn").nth(before)


def test_a_question_leads_to_lit_atoms_and_a_reload_shows_the_same(chromium: Any, site: Served) -> None:
    with opened(chromium, site.link()) as page:
        assert page.locator(".places [aria-current]").inner_text() == "Conversation"
        assert page.locator(".leaves").inner_text().startswith("Nothing leaves this machine")
        turn = ask(page, "Where is the ester in aspirin?")
        assert "1, 2, 3, 4" in turn.locator(".caption").inner_text()
        mark = turn.locator("mark", has_text="carboxylic ester")
        mark.focus()
        assert turn.locator("svg .phrase.lit").count() == 1
        assert turn.locator(".target.lit").count() == 4
        turn.locator(".target.atom-3").hover()
        assert turn.locator("mark.lit").inner_text() == "carboxylic ester"
        assert turn.locator(".rows .verdict").inner_text() == "supported"
        assert turn.locator(".steps-taken > summary").inner_text() == "2 tool steps"
        assert (
            page.locator("#kept [aria-current], #kept a")
            .first.inner_text()
            .startswith("Where is the ester in aspirin?")
        )
        assert ask(page, "and the ring?").locator(".figure > .name").inner_text() == "aspirin"
        shown = [page.locator(".turn .caption").all_inner_texts(), page.locator(".turn mark").all_inner_texts()]
        page.reload()
        assert shown == [page.locator(".turn .caption").all_inner_texts(), page.locator(".turn mark").all_inner_texts()]
        page.locator(".to-trace").first.click()
        assert page.locator("h1").inner_text() == "Where is the ester in aspirin?"


def test_conversations_are_found_renamed_and_deleted(chromium: Any, site: Served) -> None:
    with opened(chromium, site.link()) as page:
        ask(page, "What is in caffeine?")
        ask(page, "Is phenol an alcohol?")
        page.locator("aside input[type=search]").fill("phenol")
        page.locator("#kept li").first.wait_for()
        page.locator("#kept .soft", has_text="phenol").wait_for()
        page.reload()
        page.locator(".manage summary").click()
        page.locator(".manage input[name=to]").fill("on caffeine")
        page.locator(".manage button", has_text="Rename").click()
        page.wait_for_url("**/conversations?name=on%20caffeine")
        assert page.locator("h1").inner_text() == "on caffeine"
        assert page.locator(".turn").count() == 2
        page.locator(".manage summary").click()
        page.locator(".manage button", has_text="Delete").click()
        page.wait_for_url("**/conversations")
        assert page.locator("#kept a", has_text="on caffeine").count() == 0


def test_what_a_model_says_is_marked_struck_out_and_named_where_nobody_checked_it(
    chromium: Any, resources: Any, sample_corpus: Path, tmp_path: Path
) -> None:
    false = f"{ASPIRIN} contains a carboxylic acid. It contains a chloro group. {EVIL} Drink it warm."
    with (
        with_model([false], resources, sample_corpus, tmp_path) as served,
        opened(chromium, served.link(), width=1200) as page,
    ):
        assert "leave this machine: they go to openai:scripted" in page.locator(".leaves").inner_text()
        turn = ask(page, f"What is {ASPIRIN}? {EVIL}")
        refuted = turn.locator("mark.refuted", has_text="chloro group")
        assert "line-through" in refuted.evaluate("e => getComputedStyle(e).textDecorationLine")
        assert "not in the molecule" in turn.locator(".rows li", has_text="chloro group").inner_text()
        assert turn.locator("mark.supported", has_text="carboxylic acid").count() == 1
        assert "Drink it warm" in turn.locator("q").last.inner_text()
        assert page.title() != "owned"
        assert page.locator("main img").count() == 0
        assert EVIL in turn.locator(".question").inner_text()
        assert axe_findings(page) == []


def test_an_answer_under_way_survives_a_reload_refuses_a_second_tab_and_can_be_stopped(
    chromium: Any, resources: Any, sample_corpus: Path, tmp_path: Path
) -> None:
    first, second = Held(f"{ASPIRIN} contains a carboxylic acid."), Held("never")
    with with_model([first, second], resources, sample_corpus, tmp_path) as served:
        context = chromium.new_context()
        page = context.new_page()
        page.goto(served.link())
        page.locator("#question").fill(f"What is {ASPIRIN}?")
        page.locator("#question").press("Enter")
        page.locator(".turn.going").wait_for()
        assert first.asked.wait(20)
        page.reload()
        page.locator(".turn.going .question", has_text=ASPIRIN).wait_for()
        assert page.locator(".turn").count() == 1
        other = context.new_page()
        other.goto(page.url)
        other.locator(".turn.going").wait_for()
        refused = other.evaluate(
            "fetch('/conversations/ask', {method: 'POST', body: new URLSearchParams({question: 'x',"
            " key: 'a-second-key', name: document.querySelector('molreflect-conversation').dataset.name})})"
            ".then(async answer => [answer.status, (await answer.json()).why])"
        )
        assert refused[0] == 409
        assert refused[1].startswith("Not asked yet: another question of this conversation is being answered")
        first.go.set()
        for tab in (page, other):
            tab.locator(".turn:not(.going) mark", has_text="carboxylic acid").wait_for()
        page.locator("#question").fill("And what else?")
        page.locator("#question").press("Enter")
        assert second.asked.wait(20)
        other.locator("#question").fill("Mine?")  # this tab knows nothing of that question yet
        other.locator("#question").press("Enter")
        other.locator(".turn.going .question", has_text="And what else?").wait_for()
        assert other.locator("#question").input_value() == "Mine?"
        page.locator("button.stop").click()
        page.locator(".turn:not(.going)", has_text="it was cancelled").wait_for()
        other.locator(".told", has_text="your question can be sent now").wait_for()
        assert page.locator("button.ask").is_visible()
        second.go.set()
        context.close()


def test_a_drawn_molecule_is_aligned_with_its_caption(chromium: Any, site: Served) -> None:
    with opened(chromium, site.link("/align")) as page:
        page.locator(".draw summary").click()
        page.locator(".draw [role=status]", has_text="Drawn by mouse").wait_for()
        box = page.locator("molreflect-editor").bounding_box()
        page.mouse.click(box["x"] + 34, box["y"] + 200)  # the tool of aromatic rings
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.locator("#molecule:not(:placeholder-shown)").wait_for()  # the editor writes it when it has drawn
        drawn = page.locator("#molecule").input_value()
        assert len(drawn) > 5
        page.locator("#caption").fill(f"The molecule is a benzene and a sulfonamide. {EVIL}")
        page.locator("button.main").click()
        page.locator("#result molreflect-alignment").wait_for()
        assert page.locator("#result .smiles").inner_text() == drawn
        assert page.locator("#result mark.refuted").inner_text() == "sulfonamide"
        assert page.title() != "owned"
        assert EVIL in page.locator("#result .caption").inner_text()
        page.reload()
        assert page.locator("#result mark.refuted").inner_text() == "sulfonamide"
        assert page.locator("#molecule").input_value() == drawn


def test_a_name_is_aligned_and_what_cannot_be_read_is_said(chromium: Any, site: Served) -> None:
    with opened(chromium, site.link("/align")) as page:
        assert not [
            script
            for script in page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
            if "openchemlib" in script
        ]
        page.locator("#molecule").fill("xyzzy")
        page.locator("#caption").fill(CAPTION)
        page.locator("button.main").click()
        page.locator("#result .notice", has_text="could not be read").wait_for()
        page.locator("#molecule").fill("aspirin")
        page.locator("button.main").click()
        page.locator("#result mark", has_text="monocarboxylic acid").hover()
        assert page.locator("#result .phrase.lit").count() == 1
        assert f": {ASPIRIN}" in page.locator("#result > p").first.inner_text()


def test_molecules_stand_beside_each_other_with_core_and_differences(chromium: Any, site: Served) -> None:
    with opened(chromium, site.link("/compare")) as page:
        page.locator("input[name=m]").nth(0).fill("aspirin")
        page.locator("input[name=m]").nth(1).fill("paracetamol")
        page.locator("button.main").click()
        page.locator("#result .molecule").nth(1).wait_for()
        assert "Tanimoto of Morgan fingerprints, radius 2" in page.locator("#result").inner_text()
        core = page.locator("#result .rows li", has_text="largest common core")
        core.hover()
        assert [figure.locator(".target.lit").count() for figure in page.locator("#result .figure").all()] == [7, 7]
        page.locator("#result .rows li", has_text="carboxamide").hover()
        assert [figure.locator(".target.lit").count() for figure in page.locator("#result .figure").all()] == [0, 3]
        page.locator("#result .figure").nth(1).locator(".target.atom-3").hover()
        lit = page.locator("#result .rows li.lit .name").all_inner_texts()
        assert "carboxamide" in lit
        assert "carboxylic acid" not in lit
        assert "aspirin" in page.url
        page.locator(".another").click()
        page.locator("input[name=m]").nth(2).fill(EVIL)
        page.locator("button.main").click()
        page.locator("#result .notice", has_text="Molecule 3 could not be read").wait_for()
        assert page.title() != "owned"


def test_without_a_connection_a_question_waits_and_is_asked_once(chromium: Any, site: Served) -> None:
    with watched(chromium, site.link()) as page:
        page.context.set_offline(True)
        page.locator("#question").fill("Is phenol an alcohol?")
        page.locator("#question").press("Enter")
        page.locator(".told", has_text="Waits for the connection").wait_for()
        assert page.locator(".connection").is_visible()
        page.context.set_offline(False)
        page.locator(".turn:not(.going) .answer").wait_for()
        page.locator(".connection").wait_for(state="hidden")
        assert page.locator(".turn").count() == 1


def test_a_page_of_a_server_that_was_started_anew_says_so(chromium: Any, site: Served) -> None:
    with watched(chromium, site.link()) as page:
        page.context.clear_cookies()
        page.locator("#question").fill("Is phenol an alcohol?")
        page.locator("#question").press("Enter")
        page.locator(".connection", has_text="open the link that it printed last").wait_for()
        assert page.locator("#question").input_value() == "Is phenol an alcohol?"


@pytest.mark.parametrize(("width", "dark"), [(400, True), (1200, False)], ids=["phone-dark", "wide-light"])
def test_axe_finds_nothing_and_nothing_is_cut(chromium: Any, site: Served, width: int, dark: bool) -> None:
    with opened(chromium, site.link(), width=width, dark=dark) as page:
        assert axe_findings(page) == []
        ask(page, "What is the difference between aspirin and paracetamol?")
        assert axe_findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width == 400:
            page.locator(".open-kept").click()
            assert page.locator("#kept a").first.is_visible()
            page.keyboard.press("Escape")
        for path in (f"/compare?m=CCO&m={ASPIRIN}", "/align"):
            page.goto(site.base + path)
            if path == "/align":
                page.locator(".draw summary").press("Enter")
                page.locator("molreflect-editor").wait_for()
            assert axe_findings(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_everything_is_asked_by_keyboard(chromium: Any, site: Served) -> None:
    with opened(chromium, site.link()) as page:
        page.keyboard.press("Tab")
        assert re.match("Skip", page.evaluate("document.activeElement.textContent"))
        page.locator("#question").focus()
        page.keyboard.type("Where is the ring in phenol?")
        page.keyboard.press("Enter")
        page.locator(".turn:not(.going) mark").wait_for()
        for _ in range(30):
            page.keyboard.press("Shift+Tab")
            if page.evaluate("document.activeElement.tagName") == "MARK":
                break
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
        assert page.locator(".turn .target.lit").count() == 6

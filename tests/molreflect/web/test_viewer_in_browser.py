"""The pages of traces in a browser: found, opened, lit up, compared, grown, by keyboard, at any width."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from browser import axe_findings, browser, needs_browser, opened
from langchain_core.messages import AIMessage, HumanMessage
from scripted_run import AMIDE, LEARNER, TUTOR, scripted_run
from served import Served, serving
from traced import chain, start, tool, turn, write

from molreflect.graphs.traces.pages import trace_page
from molreflect.graphs.traces.store import FILE, TraceStore
from molreflect.graphs.traces.writer import TraceTarget, TraceWriter

pytestmark = needs_browser

EVIL = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> \u202etxet\u202c \x07"
LONG = EVIL + "x" * 1_000_000
MANY = 1_234
"""Steps of a trace that is read part by part."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def served(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(scripted_run(tmp_path_factory.mktemp("run"), cache)) as running:
        yield running


def id_of(folder: Path, subject: str) -> str:
    with closing(TraceStore(folder / FILE)) as store:
        return store.find(subject)[0].trace_id


@pytest.fixture
def listed(chromium: Any, served: Served) -> Iterator[Any]:
    with opened(chromium, served.link()) as page:
        yield page


@pytest.fixture
def learner(chromium: Any, served: Served) -> Iterator[Any]:
    with opened(chromium, served.link(f"/traces/{id_of(served.folder, LEARNER)}")) as page:
        page.locator(".panel .step").wait_for()
        yield page


def titles(page: Any) -> list[str]:
    return [each.inner_text().split()[1] for each in page.locator(".traces .subject").all()]


def choose(page: Any, words: str) -> Any:
    """Click on the first step that says so, and wait until it stands there whole."""
    row = page.locator("[role=treeitem]", has_text=words).first
    row.locator(".words").click()
    page.locator(f".panel .step[data-step='{row.get_attribute('data-id')}']").wait_for()
    return page.locator(".panel .step")


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.textContent.replace(/\\s+/g, ' ').trim()"))


def test_traces_are_listed_filtered_and_searched(listed: Any, served: Served) -> None:
    assert titles(listed) == ["plain", TUTOR, LEARNER]
    assert "token" not in listed.url
    listed.locator("select[name=tool]").select_option("look_up_phrases")
    listed.locator("#found .found", has_text="1 of 3 traces").wait_for()
    assert titles(listed) == [LEARNER]
    listed.wait_for_url("**/traces?tool=look_up_phrases")
    listed.reload()
    assert titles(listed) == [LEARNER]
    listed.locator("select[name=tool]").select_option("")
    listed.locator("#found .found", has_text="3 traces").wait_for()
    listed.keyboard.press("Escape")
    listed.locator("h1").click()
    listed.keyboard.press("/")
    listed.keyboard.type("member phenols")
    listed.locator("#found .found", has_text="2 of 3 traces").wait_for()
    assert titles(listed) == [TUTOR, LEARNER]
    listed.locator("select[name=verdict]").select_option("refuted")
    listed.locator("#found .found", has_text="0 of 3 traces").wait_for()
    listed.locator("#found a", has_text="all traces").click()
    assert listed.locator(".traces tbody tr").count() == 3


def test_a_step_is_told_in_words_with_its_messages_and_raw_json(learner: Any) -> None:
    step = choose(learner, "looked up")
    told = step.locator("h2").first.inner_text()
    assert told.startswith("looked up 'monocarboxylic acid': [CX3;")
    assert told.endswith(", 1 place")
    assert '"names"' in step.locator("pre[aria-label=asked]").inner_text()
    step = choose(learner, "refuted")
    assert f"'phenols' as {AMIDE} refuted, absent: the pattern does not occur in the molecule" in step.inner_text()
    step = choose(learner, "handed in its alignments")
    roles = [each.inner_text() for each in step.locator(".message .role b").all()]
    assert roles == ["system", "user", "assistant", "tool", "assistant"]
    assert step.locator(".message a[data-go]").count() == 3  # what the call before had is told there
    step.locator(".message a[data-go]").first.click()
    learner.locator(".panel h2", has_text="asked for look_up_phrases").first.wait_for()
    learner.locator(".panel .raw summary").click()
    assert '"kind": "LLM"' in learner.locator(".panel .raw pre").inner_text()


def test_phrase_and_atoms_of_the_chosen_step_light_each_other(learner: Any) -> None:
    step = choose(learner, "1 supported, 1 refuted")
    assert step.locator(".phrase").count() == 1
    step.locator("mark", has_text="monocarboxylic acid").hover()
    assert step.locator(".phrase.lit").count() == 1
    assert step.locator("li.lit .name").inner_text() == "monocarboxylic acid"
    learner.locator("h1").hover()
    step.locator(".target.atom-1").hover()
    assert step.locator("mark.lit").inner_text() == "monocarboxylic acid"
    step = choose(learner, "wrote the record")
    assert step.locator(".phrase").count() == 2


def test_what_changed_between_draft_and_reflected(learner: Any) -> None:
    learner.locator(".overview table").wait_for()
    (changed,) = [row.inner_text() for row in learner.locator(".overview tr.changed").all()]
    assert "phenols" in changed
    assert changed.index("refuted") < changed.index("supported")
    origins = learner.locator(".origins").inner_text()
    assert "brought by look_up_phrases" in origins
    assert f"shown by {TUTOR}, from whom it was taken over" in " ".join(origins.split())


def test_everything_is_reached_by_keyboard(chromium: Any, served: Served) -> None:
    with opened(chromium, served.link()) as page:
        page.locator("a.title", has_text="a monocarboxylic acid and").focus()
        page.keyboard.press("Enter")
        page.locator(".panel .step").wait_for()
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.getAttribute('role')") == "treeitem":
                break
        assert focused(page).startswith("step first stage")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowLeft")
        row = page.locator("[role=treeitem]").nth(1)
        assert row.get_attribute("aria-expanded") == "false"
        page.keyboard.press("ArrowDown")
        assert focused(page).startswith("verifier 1 supported, 1 refuted")
        page.locator(".panel h2", has_text="1 supported, 1 refuted").first.wait_for()
        page.reload()
        page.locator(".panel h2", has_text="1 supported, 1 refuted").first.wait_for()  # the address names the step
        assert page.locator("[role=treeitem]").nth(1).get_attribute("aria-expanded") == "false"
        assert not page.locator("[role=treeitem]").nth(2).is_visible()
        page.locator("[role=treeitem]").nth(1).focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert focused(page).startswith("agent the teacher")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        assert focused(page).startswith("step draft")
        page.keyboard.press("End")
        assert focused(page).startswith("step wrote the record")
        page.keyboard.press("Home")
        assert focused(page).startswith("step first stage")
        page.keyboard.press("?")
        assert page.locator("dialog.keys").is_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        page.keyboard.type("looked up")
        page.locator(".told", has_text="4 of 15 steps").wait_for()  # with those that called it


def test_two_traces_stand_beside_each_other_where_they_part(chromium: Any, served: Served) -> None:
    with opened(chromium, served.link()) as page:
        for box in page.locator("input[name=id]").all()[1:]:
            box.check()
        page.locator("button", has_text="Compare").click()
        page.locator(".twosides").wait_for()
        assert "Step 1 is the first that differs: what the graph was given" in page.locator(".lead").inner_text()
        assert page.locator("li.parts").count() == 2
        differ = page.locator("[aria-label='Verdicts that differ'] tr", has_text="monocarboxylic acid").inner_text()
        assert differ.index("none") < differ.index("supported")
        assert axe_findings(page) == []
        same = id_of(served.folder, TUTOR)
        page.goto(f"{served.base}/traces/compare?a={same}&b={same}")
        assert "Both say the same" in page.locator(".lead").inner_text()


def test_a_trace_and_the_list_grow_while_one_looks(chromium: Any, tmp_path: Path) -> None:
    one, other = "a" * 32, "b" * 32
    with closing(TraceWriter(TraceTarget(path=tmp_path / FILE))) as writer:
        recorder = writer.recorder(start(one, "growing", title="A first one"))
        root = uuid4()
        recorder.on_chain_start(None, {}, run_id=root, name="align")
        agent = uuid4()
        recorder.on_chain_start(None, {}, run_id=agent, parent_run_id=root, name="teacher")
        tool(recorder, agent, "first_tool", "answer")
        writer.flush()
        with serving(tmp_path) as served, opened(chromium, served.link(f"/traces/{one}")) as page:
            page.locator(".panel .step").wait_for()
            rows = page.locator("[role=treeitem]")
            assert rows.count() == 3
            rows.nth(1).locator(".twist").click()
            assert not rows.nth(2).is_visible()
            tool(recorder, agent, "second_tool", "answer")
            chain(recorder, "record", root)
            recorder.on_chain_end({}, run_id=agent)
            recorder.on_chain_end({}, run_id=root)
            writer.finish(one)
            page.locator(".account", has_text="ended well").wait_for()
            assert [row.locator(".words").text_content().split()[-1] for row in rows.all()[2:4]] == ["answer"] * 2
            assert not rows.nth(3).is_visible()  # what was folded stays so
            assert "wrote the record" in rows.nth(4).inner_text()
            assert page.locator("[role=treeitem].open").count() == 0
            page.goto(f"{served.base}/traces")
            assert page.locator(".traces tbody tr").count() == 1
            page.locator("input[name=id]").check()
            later = writer.recorder(start(other, "later", title="Another one"))
            chain(later, "align")
            writer.finish(other)
            page.locator("a.title", has_text="Another one").wait_for()
            assert page.locator("input[name=id]:checked").get_attribute("value") == one


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A trace of hostile texts, and one of many steps."""
    folder = tmp_path_factory.mktemp("odd")
    pair = {"id": EVIL, "view": "pair", "smiles": "CCO", "caption": LONG}
    with closing(TraceWriter(TraceTarget(path=folder / FILE, run=EVIL))) as writer:
        recorder = writer.recorder(start("e" * 32, EVIL, title=EVIL, attributes={"molreflect.input": pair}))
        root = uuid4()
        recorder.on_chain_start(None, {}, run_id=root, name="align")
        turn(recorder, root, [HumanMessage(LONG)], AIMessage(LONG))
        tool(recorder, root, EVIL, LONG, caption=EVIL)
        chain(recorder, "verify", root, error=EVIL)
        recorder.on_chain_end({}, run_id=root)
        writer.finish("e" * 32)
        recorder = writer.recorder(start("f" * 32, "long"))
        root = uuid4()
        recorder.on_chain_start(None, {}, run_id=root, name="align")
        for number in range(MANY - 1):
            tool(recorder, root, "counted", f"number {number}")
        recorder.on_chain_end({}, run_id=root)
        writer.finish("f" * 32)
    with serving(folder) as running:
        yield running


def harmless(page: Any) -> None:
    text = page.locator("body").inner_text()
    assert "<script>document.title='owned'</script>" in text
    assert "\\u202etxet\\u202c" in text
    assert not any(mark in text for mark in ("\u202e", "\u202c", "\x07"))
    assert page.title() != "owned"
    assert not any(mark in page.title() for mark in ("\u202e", "\u202c", "\x07"))
    assert page.locator("img").count() == 0


def test_hostile_texts_are_shown_as_texts_and_long_ones_are_cut(chromium: Any, odd: Served) -> None:
    with opened(chromium, odd.link()) as page:
        harmless(page)
        page.goto(f"{odd.base}/traces/{'e' * 32}")
        page.locator(".panel .step").wait_for()
        harmless(page)
        for words in ("answered", "called", "failed"):
            choose(page, words)
            harmless(page)
            assert len(page.locator("body").inner_text()) < 60_000
        choose(page, "called")
        page.locator(".panel pre[aria-label=answered]").wait_for()
        page.locator(".panel button.all").first.click()
        whole = page.locator(".panel pre[aria-label='answered, whole']")
        whole.wait_for()
        assert whole.text_content().endswith("x" * 999_000)
        harmless(page)


def test_a_long_trace_is_read_part_by_part_and_says_what_it_left_out(chromium: Any, odd: Served) -> None:
    with opened(chromium, odd.link(f"/traces/{'f' * 32}")) as page:
        rows = page.locator("[role=treeitem]")
        assert rows.count() == 500
        more = page.locator("button[data-way=after]")
        assert more.inner_text() == "734 steps after these are left out: show more"
        more.click()
        page.locator("button", has_text="234 steps after these").click()
        more.wait_for(state="detached")
        assert rows.count() == MANY
        numbers = page.evaluate("[...document.querySelectorAll('[role=treeitem] .words')].map(e => e.textContent)")
        assert [text.split()[-1] for text in numbers[1:]] == [str(n) for n in range(MANY - 1)]
        last = rows.last.get_attribute("data-id")
        page.goto(f"{odd.base}/traces/{'f' * 32}?span={last}")
        assert page.locator("[aria-selected=true]").get_attribute("data-id") == last
        assert "number 1232" in page.locator(".panel h2").first.inner_text()
        assert rows.count() == 1 + MANY - 1_000  # its caller stands above it
        page.locator("button", has_text="999 steps before these").click()
        page.locator("button", has_text="499 steps before these").wait_for()
        assert "called counted: number 499" in rows.nth(1).inner_text()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [400, 1200])
def test_axe_finds_nothing_and_nothing_is_cut(
    chromium: Any, served: Served, odd: Served, width: int, dark: bool
) -> None:
    learner = id_of(served.folder, LEARNER)
    links = (served.link(), served.link(f"/traces/{learner}"), odd.link(f"/traces/{'e' * 32}"))
    for link in links:
        with opened(chromium, link, width=width, dark=dark) as page:
            if "/traces/" in link:
                page.locator(".panel .step").wait_for()
                page.locator("[role=treeitem] .words", has_text="record").or_(
                    page.locator("[role=treeitem] .words", has_text="called")
                ).first.click()
                page.locator(".panel .step").wait_for()
                page.keyboard.press("?")
                page.keyboard.press("Escape")
            assert axe_findings(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_one_trace_is_a_file_that_works_without_a_network(chromium: Any, served: Served, tmp_path: Path) -> None:
    path = tmp_path / "trace.html"
    with closing(TraceStore(served.folder / FILE)) as store:
        path.write_text(trace_page(store, store.find(LEARNER)[0]), encoding="utf-8")
    with opened(chromium, path) as page:
        page.context.set_offline(True)
        step = choose(page, "1 supported, 1 refuted")
        step.locator("mark", has_text="monocarboxylic acid").hover()
        assert step.locator(".phrase.lit").count() == 1
        page.locator(".panel").press("/")
        page.keyboard.type("record")
        assert page.locator("[role=treeitem]:visible").count() == 2
        assert "brought by look_up_phrases" in page.locator(".origins").inner_text()
        assert axe_findings(page) == []


def test_a_file_of_hostile_texts_is_harmless(chromium: Any, odd: Served, tmp_path: Path) -> None:
    path = tmp_path / "trace.html"
    with closing(TraceStore(odd.folder / FILE)) as store:
        path.write_text(trace_page(store, store.trace("e" * 32)), encoding="utf-8")
    with opened(chromium, path) as page:
        harmless(page)
        choose(page, "called")
        page.locator(".panel details.rest summary").first.click()
        assert "characters are left out here" in page.locator(".panel").inner_text()
        harmless(page)


def test_a_private_trace_draws_nothing_and_says_no_molecule(chromium: Any, tmp_path: Path) -> None:
    pair = {"id": "row", "view": "pair", "smiles": "CCO", "caption": "The molecule is an alcohol."}
    begun = start("a" * 32, "row", title="an alcohol", attributes={"molreflect.input": pair})
    write(tmp_path, begun, "align", "verify", key=b"k" * 32)
    with serving(tmp_path) as served, opened(chromium, served.link(f"/traces/{'a' * 32}")) as page:
        page.locator(".panel .step").wait_for()
        assert page.locator("svg.molecule").count() == 0
        assert "alcohol" not in page.locator("body").inner_text()

"""Conversations: remembered by thread on disk, traced turn by turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import ScriptedModel

from molreflect.agents.analyst.offline import OfflineAnalyst
from molreflect.agents.errors import TeacherError
from molreflect.graphs.conversation.conversation import conversation_tools, open_conversation
from molreflect.graphs.traces.store import TraceStore
from molreflect.tools.corpus import read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.names.systematic import Namer

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


@pytest.fixture
def tools(resources: Any, sample_corpus: Path, tmp_path: Path) -> Iterator[Any]:
    with Namer() as namer:
        yield conversation_tools(
            resources, lambda: read_corpus(sample_corpus), namer=namer, pictures=lambda: tmp_path / "pictures"
        )


def test_a_thread_is_remembered_across_two_openings_and_another_is_not(tools: Any, tmp_path: Path) -> None:
    with open_conversation(OfflineAnalyst(), tools, folder=tmp_path, thread="a") as talk:
        talk.ask(f"What is in {ASPIRIN}?")
    with open_conversation(OfflineAnalyst(), tools, folder=tmp_path, thread="a") as talk:
        answer = talk.ask("Where is the ester in it?")
        assert f"ester in {ASPIRIN}: atoms (1, 2, 3, 4)" in answer.answer
    with open_conversation(OfflineAnalyst(), tools, folder=tmp_path, thread="b") as talk:
        assert talk.ask("Where is the ester in it?").answer.startswith("Which molecule?")


def test_an_answer_names_its_tool_calls_with_arguments_and_results(tools: Any, tmp_path: Path) -> None:
    with open_conversation(OfflineAnalyst(), tools, folder=tmp_path, thread="a") as talk:
        talk.ask(f"What is in {ASPIRIN}?")
        answer = talk.ask("Why is it an ester?")
    assert [c["name"] for c in answer.tool_calls] == ["check_classes"]  # of this turn only
    assert answer.tool_calls[0]["arguments"] == {"smiles": ASPIRIN, "classes": ["ester"]}
    assert '"holds":true' in answer.tool_calls[0]["result"]


def test_an_answer_shows_itself_in_a_notebook_with_what_was_found_drawn(tools: Any, tmp_path: Path) -> None:
    with open_conversation(OfflineAnalyst(), tools, folder=tmp_path, thread="a") as talk:
        found = talk.ask(f"Where is the carboxylic acid in {ASPIRIN}?")._repr_html_()
    with open_conversation(OfflineAnalyst(), tools, folder=tmp_path, thread="b") as talk:
        lost = talk.ask("<script>hello</script>")._repr_html_()
    assert found.count("</molreflect-alignment>") == 1
    assert "<h2>Where is the carboxylic acid" in found
    assert found.count('<svg xmlns="http://www.w3.org/2000/svg" class="molecule"') == 1
    assert 'class="phrase phrase-0 colour-0"' in found  # the acid's halo
    assert "<mark class=" in found
    assert ".mr .several .caption { white-space: pre-line; }" in found  # lines of an answer stay lines
    assert "<h2>&lt;script&gt;hello" in lost
    assert 'class="molecule"' not in lost


def test_every_turn_leaves_a_trace_with_its_tools(tools: Any, tmp_path: Path) -> None:
    with open_conversation(OfflineAnalyst(), tools, folder=tmp_path, thread="a") as talk:
        ids = [talk.ask(q).trace_id for q in (f"What is in {ASPIRIN}?", "hello")]
    store = TraceStore(tmp_path / "traces.sqlite")
    assert [t.trace_id for t in store.find("a")] == ids
    spans = store.spans(ids[0])
    assert {s.kind for s in spans} >= {"AGENT", "LLM", "TOOL"}
    known = {s.span_id for s in spans}
    assert all(s.parent_id in known for s in spans if s.parent_id is not None)
    called = [store.resolved(s) for s in spans if s.kind == "TOOL"]
    assert called[-1].attributes["input.value"] == {"smiles": ASPIRIN}
    assert "carboxylic acid" in called[-1].attributes["output.value"]
    store.close()


def test_an_empty_question_is_a_mistake(tools: Any, tmp_path: Path) -> None:
    with (
        open_conversation(OfflineAnalyst(), tools, folder=tmp_path, thread="a") as talk,
        pytest.raises(InputError, match="an empty question"),
    ):
        talk.ask(" \n")


def test_a_question_of_broken_bytes_is_kept_as_text(tools: Any, tmp_path: Path) -> None:
    with open_conversation(OfflineAnalyst(), tools, folder=tmp_path, thread="a") as talk:
        answer = talk.ask("where is the ring in \udcff\ud800")
    assert "\ufffd" in answer.question
    answer.answer.encode()


def test_a_model_that_cannot_be_reached_is_said_and_the_trace_kept(tools: Any, resources: Any, tmp_path: Path) -> None:
    class Down(ScriptedModel):
        def _generate(self, *args: Any, **kwargs: Any) -> Any:
            raise ConnectionError("refused")

    with (
        open_conversation(Down(script=None), tools, folder=tmp_path, thread="a", resources=resources) as talk,
        pytest.raises(TeacherError, match="the model could not be asked: ConnectionError: refused"),
    ):
        talk.ask("hello")
    store = TraceStore(tmp_path / "traces.sqlite")
    assert store.traces()[0].errors > 0
    store.close()


def test_similar_molecules_are_found_without_loading_chroma(
    tools: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*where: Any) -> Any:
        raise AssertionError("a small corpus needs no graph, and Chroma takes seconds to load")

    monkeypatch.setattr("molreflect.tools.retrieval.chroma._connect", refused)
    with open_conversation(OfflineAnalyst(), tools, folder=tmp_path, thread="a") as talk:
        answer = talk.ask(f"molecules similar to {ASPIRIN}")
    assert "S003" in answer.answer

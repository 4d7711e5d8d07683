"""The offline analyst: questions in many wordings, answered by the real tools, and plain words beyond them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver

from molreflect.agents.analyst.agent import build_analyst
from molreflect.agents.analyst.offline import OfflineAnalyst
from molreflect.agents.analyst.questions import find_smiles, read_question
from molreflect.graphs.conversation.conversation import conversation_tools
from molreflect.tools.corpus import read_corpus

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
QUESTIONS = tomllib.loads((Path(__file__).parents[2] / "data" / "questions.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def analyst(resources: Any, sample_corpus: Any) -> Any:
    tools = conversation_tools(resources, lambda: read_corpus(sample_corpus))
    return build_analyst(OfflineAnalyst(), tools, checkpointer=InMemorySaver())


def ask(analyst: Any, question: str, thread: str | None = None) -> tuple[list[str], str]:
    """Names of the tools that were called for a question, and the answer."""
    config = {"configurable": {"thread_id": thread or question}}
    messages = analyst.invoke({"messages": [("user", question)]}, config)["messages"]
    last = max(i for i, m in enumerate(messages) if m.type == "human")
    calls = [c["name"] for m in messages[last:] if isinstance(m, AIMessage) for c in m.tool_calls]
    return calls, str(messages[-1].content)


@pytest.mark.parametrize("wording", QUESTIONS["what"])
def test_what_is_in_it(analyst: Any, wording: str) -> None:
    calls, answer = ask(analyst, wording.format(ASPIRIN))
    assert calls == ["list_classes"]
    assert answer.startswith(f"{ASPIRIN} is C9H8O4, 13 heavy atoms")
    assert "- carboxylic acid: atoms (10, 11, 12)" in answer


@pytest.mark.parametrize("wording", QUESTIONS["where"])
def test_where_is_it(analyst: Any, wording: str) -> None:
    calls, answer = ask(analyst, wording.format(ASPIRIN))
    assert calls == ["look_up_phrases", "find_substructure"]
    assert "one place" in answer
    assert "atoms (10, 11, 12)" in answer


@pytest.mark.parametrize("wording", QUESTIONS["why"])
def test_why_is_it_one(analyst: Any, wording: str) -> None:
    calls, answer = ask(analyst, wording.format(ASPIRIN))
    assert calls == ["look_up_phrases", "find_substructure"]
    assert "is a carboxylic acid because atoms (10, 11, 12)" in answer


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (f"Why is {ASPIRIN} a ketone?", "is not a ketone"),
        (f"Where is the nitrile in {ASPIRIN}?", "There is no nitrile in"),
        ("Is CC(=O)O a carboxylic acid anion?", "is not a carboxylic acid anion"),
        ("Is CC(=O)[O-] a carboxylic acid anion?", "is a carboxylic acid anion because"),
        (f"Is {ASPIRIN} an ester?", "is an ester because"),
    ],
)
def test_what_is_not_there_is_denied(analyst: Any, question: str, said: str) -> None:
    assert said in ask(analyst, question)[1]


@pytest.mark.parametrize(
    "wording",
    [
        'Align "The molecule is a carboxylic acid and a ketone." with {}',
        "Align this caption with {}: The molecule is a carboxylic acid and a ketone.",
        "align \u201cThe molecule is a carboxylic acid and a ketone.\u201d to {}",
        'Tie the caption "The molecule is a carboxylic acid and a ketone." to {}',
    ],
)
def test_align_a_caption(analyst: Any, wording: str) -> None:
    calls, answer = ask(analyst, wording.format(ASPIRIN))
    assert calls == ["read_caption", "look_up_phrases", "check_alignments"]
    assert answer.startswith(f"2 phrases against {ASPIRIN}")
    assert "'carboxylic acid'" in answer
    assert "supported, it is there, atoms (10, 11, 12)" in answer
    assert "refuted, it is not in the molecule" in answer


@pytest.mark.parametrize(
    "wording",
    ["What is similar to {}?", "Find molecules similar to {}", "Which molecules resemble {}?", "Show neighbours of {}"],
)
def test_what_is_similar(analyst: Any, wording: str) -> None:
    calls, answer = ask(analyst, wording.format(ASPIRIN))
    assert calls == ["similar_molecules"]
    assert len(answer.splitlines()) == 4
    assert f" {ASPIRIN}:" not in answer  # never the molecule itself


@pytest.mark.parametrize(
    ("question", "tool"),
    [
        ("What is in 2-methoxyphenol?", "list_classes"),
        ("Where is the phenol in 2-methoxyphenol?", "find_substructure"),
        ("Why is 2-methoxyphenol a phenol?", "find_substructure"),
        ("Which molecules resemble 2-methoxyphenol?", "similar_molecules"),
        ('Align "The molecule is a phenol." with 2-methoxyphenol', "check_alignments"),
        ("Does 2-methoxyphenol contain a phenol?", "find_substructure"),
    ],
)
def test_a_systematic_name_stands_for_its_molecule(analyst: Any, question: str, tool: str) -> None:
    calls, answer = ask(analyst, question)
    assert calls[0] == "resolve_names"
    assert calls[-1] == tool
    assert "COc1ccccc1O" in answer


def test_a_pointer_means_the_last_molecule_of_the_conversation(analyst: Any) -> None:
    ask(analyst, f"what is in {ASPIRIN}?", "pointers")
    for question in ("Where is the ester in it?", "where is the ester?", "Does this molecule contain an ester?"):
        assert f"one place of {ASPIRIN}: atoms (1, 2, 3, 4)" in ask(analyst, question, "pointers")[1]
    assert "is an ester because" in ask(analyst, "Why is it an ester?", "pointers")[1]
    ask(analyst, "what is in 2-methoxyphenol", "pointers")
    assert "one place of COc1ccccc1O" in ask(analyst, "where is the phenol in it", "pointers")[1]


def test_a_name_that_cannot_be_read_is_never_taken_for_an_earlier_molecule(analyst: Any) -> None:
    ask(analyst, f"what is in {ASPIRIN}?", "names")
    _, answer = ask(analyst, "what is in frobnicatol?", "names")
    assert answer.startswith("I cannot read 'frobnicatol' as a molecule.")


def test_without_a_molecule_it_asks_for_one(analyst: Any) -> None:
    assert ask(analyst, "Where is the ester in it?")[1].startswith("Which molecule?")


def test_an_unknown_group_is_said_to_be_unknown(analyst: Any) -> None:
    assert "I know no structure for 'flavour'" in ask(analyst, f"Where is the flavour in {ASPIRIN}?")[1]


def test_align_without_a_caption_asks_for_it(analyst: Any) -> None:
    assert ask(analyst, f"align {ASPIRIN}")[1].startswith("Which caption?")


@pytest.mark.parametrize("question", QUESTIONS["beyond"])
def test_beyond_its_reach_it_says_so_without_calling_anything(analyst: Any, question: str) -> None:
    calls, answer = ask(analyst, question.format(ASPIRIN))
    assert calls == []
    assert answer.startswith("That is beyond what I can answer without a language model.")


def test_a_broken_smiles_is_not_guessed(analyst: Any) -> None:
    answer = ask(analyst, "what is in CC(=O?")[1]
    assert "I cannot read 'CC(=O'" in answer


@pytest.mark.parametrize(("text", "smiles"), QUESTIONS["smiles"])
def test_smiles_are_told_from_words(text: str, smiles: str) -> None:
    assert find_smiles(text) == (smiles or None)


def test_the_group_keeps_its_words(analyst: Any) -> None:
    question = read_question(f"Where is the carboxylic acid group in {ASPIRIN}?")
    assert (question.intent, question.what, question.name) == ("where", "carboxylic acid group", "")

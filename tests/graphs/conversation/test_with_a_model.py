"""Conversations with a language model: its claims are checked, its turns bounded, its faulty answers said to be so."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage, convert_to_openai_messages
from saying import Saying, calling
from strict_server import complaint

from molreflect.agents.analyst.turn import TurnLimits
from molreflect.agents.models.prices import Price
from molreflect.graphs.conversation.conversation import conversation_tools, open_conversation
from molreflect.graphs.conversation.events import Answer, StepEnded, StepStarted, TextPiece
from molreflect.graphs.conversation.memory import INTERRUPTED, ConversationStore
from molreflect.graphs.traces.spans import UNDERSTOOD
from molreflect.graphs.traces.store import TraceStore
from molreflect.tools.corpus import read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.names.systematic import Namer
from molreflect.tools.terms import Verdict

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
QUESTION = f"What is {ASPIRIN}?"
LOOK = calling("list_groups", "look", smiles=ASPIRIN)


@pytest.fixture
def tools(resources: Any, sample_corpus: Path, tmp_path: Path) -> Iterator[Any]:
    with Namer() as namer:
        corpus = lambda: read_corpus(sample_corpus)  # noqa: E731
        yield conversation_tools(resources, corpus, namer=namer, pictures=lambda: tmp_path / "pictures")


@pytest.fixture
def ask(tools: Any, resources: Any, tmp_path: Path) -> Any:
    def answered(*says: Any, question: str = QUESTION, limits: TurnLimits | None = None, price: Any = None) -> Any:
        model = Saying(says=list(says))
        how = {"folder": tmp_path, "thread": "a", "resources": resources, "limits": limits, "price": price}
        with open_conversation(model, tools, **how) as talk:
            return talk.ask(question), model

    return answered


def test_a_true_claim_is_supported_with_its_atoms(ask: Any) -> None:
    answer, model = ask(LOOK, f"{ASPIRIN} contains a carboxylic acid at atoms 10, 11 and 12.")
    sentence, acid, atoms = answer.checked.claims
    assert sentence.verdict is Verdict.SUPPORTED  # read to its last word
    assert (acid.phrase, acid.verdict, acid.atoms) == ("carboxylic acid", Verdict.SUPPORTED, ((10, 11, 12),))
    assert (atoms.phrase, atoms.verdict) == ("atoms 10, 11 and 12", Verdict.SUPPORTED)
    assert '+ supported: "carboxylic acid", atoms 10, 11, 12' in answer.answer
    assert answer.checked.unread == ()
    assert len(model.seen) == 2
    assert answer.problem == ""


def test_a_refuted_claim_is_repaired_once_and_nobody_sees_it(ask: Any, tmp_path: Path) -> None:
    answer, model = ask(LOOK, "It has a nitrile group.", "It has an acetate ester.")
    assert answer.checked.repaired
    assert "nitrile" not in answer.answer
    asked_again = model.seen[-1][-1]
    assert asked_again.type == "human"
    assert "'nitrile group'" in asked_again.content
    assert "not in the molecule" in asked_again.content
    with ConversationStore(tmp_path) as store:
        assert [m.type for m in store.messages("a")] == ["human", "ai", "tool", "ai"]
        assert "nitrile" not in str(store.messages("a"))


def test_what_stays_refuted_is_struck_out_with_the_reason(ask: Any) -> None:
    answer, model = ask("Yes, it has a nitrile group at atoms 3 and 4, and an ester.")
    assert len(model.seen) == 2  # one round of repair, no more
    assert "it has a ~~nitrile group~~ at ~~atoms 3 and 4~~, and an ester" in answer.answer
    assert '- refuted: "nitrile group": it is not in the molecule' in answer.answer
    assert '+ supported: "ester"' in answer.answer


def test_a_model_may_look_again_before_it_repairs(ask: Any) -> None:
    answer, model = ask("It has a nitrile group.", LOOK, "It has an ester.")
    assert [c["name"] for c in answer.tool_calls] == ["list_groups"]
    assert "'nitrile group'" in model.seen[-1][-1].content  # the advice is not forgotten
    assert answer.checked.refuted == ()


ATOMS = {
    "out of range": ("The ester is at atoms 1, 2, 3 and 25.", Verdict.REFUTED),
    "of something else": ("The carboxylic acid is at atoms 0, 5, 6.", Verdict.REFUTED),
    "partly": ("The carboxylic acid is at atoms 8, 9, 10.", Verdict.UNCHECKED),
    "a range": ("The carboxylic acid is atoms 10-12.", Verdict.SUPPORTED),
    "a part": ("The carboxylic acid has atom 12.", Verdict.SUPPORTED),
    "what it is bound to": ("The carboxylic acid is attached at atom 9.", Verdict.SUPPORTED),
    "of nothing": ("Look at atoms 1, 2.", Verdict.UNCHECKED),
    "a wrong element": ("Atom 2 is a nitrogen.", Verdict.REFUTED),
    "an element": ("Atom 2 is an oxygen.", Verdict.SUPPORTED),
}


@pytest.mark.parametrize("case", ATOMS)
def test_atom_indices_are_checked(ask: Any, case: str) -> None:
    said, verdict = ATOMS[case]
    answer, _ = ask(LOOK, said)
    assert [c.verdict for c in answer.checked.claims if "atom" in c.phrase.lower()][-1] is verdict


NUMBERS = {
    "Its formula is C9H8O4.": Verdict.SUPPORTED,
    "Its molecular formula is C10H8O4.": Verdict.REFUTED,
    "Its molecular weight is 180.16 g/mol.": Verdict.SUPPORTED,
    "Its molar mass is 212.": Verdict.REFUTED,
    "It has 1 ring.": Verdict.SUPPORTED,
    "It has two rings.": Verdict.REFUTED,
    "It contains 9 carbon atoms.": Verdict.SUPPORTED,
    "It contains 12 carbon atoms.": Verdict.REFUTED,
    "It contains 6 carbon atoms.": Verdict.REFUTED,
    "Two oxygen atoms of it are in the acid.": Verdict.SUPPORTED,
    "Three oxygen atoms of it are in the acid.": Verdict.UNCHECKED,
    "There is no nitrogen in it.": Verdict.SUPPORTED,
    "There is no oxygen in it.": Verdict.REFUTED,
    "It contains nine carbons.": Verdict.SUPPORTED,
    "It has five oxygens.": Verdict.REFUTED,
    "It has one hydrogen-bond donor.": Verdict.SUPPORTED,
    "It has three hydrogen bond donors.": Verdict.REFUTED,
    "It has four heteroatoms.": Verdict.SUPPORTED,
    "It has three fused benzene rings.": Verdict.REFUTED,
    "It doesn't contain an aldehyde.": Verdict.SUPPORTED,
    "It doesn't contain a carboxylic acid.": Verdict.REFUTED,
    "It isn't a nitrile.": Verdict.SUPPORTED,
}


@pytest.mark.parametrize("said", NUMBERS)
def test_numbers_are_checked(ask: Any, said: str) -> None:
    answer, _ = ask(LOOK, said)
    assert [c.verdict for c in answer.checked.claims][:1] == [NUMBERS[said]]


def test_a_number_of_something_else_is_no_count(ask: Any) -> None:
    answer, _ = ask(LOOK, "Its two ring substituents are close.")
    assert answer.checked.claims == ()
    assert answer.checked.unread == ("Its two ring substituents are close.",)
    chains, _ = ask(LOOK, "It has two carbon chains.")
    assert {c.verdict for c in chains.checked.claims} == {Verdict.UNCHECKED}


def test_a_sentence_that_begins_with_the_name_of_the_molecule_is_read(ask: Any) -> None:
    answer, _ = ask(LOOK, "Aspirin contains a carboxylic acid. Acetylsalicylic acid is an ester.")
    assert {c.verdict for c in answer.checked.claims} == {Verdict.SUPPORTED}
    assert answer.checked.unread == ()


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("The double bond has E configuration.", Verdict.SUPPORTED),
        ("The double bond has Z configuration.", Verdict.REFUTED),
        ("Its double bond is (Z)-configured.", Verdict.REFUTED),
    ],
)
def test_a_configuration_is_checked(ask: Any, said: str, verdict: Verdict) -> None:
    answer, _ = ask(calling("list_groups", "1", smiles="C/C=C/C(=O)O"), said, question="What is C/C=C/C(=O)O?")
    assert max(c.verdict is verdict for c in answer.checked.claims if "onfigur" in c.phrase)


def test_sentences_that_were_not_read_are_named(ask: Any) -> None:
    answer, _ = ask("It is an ester. The smell of it reminds of vinegar.")
    assert answer.checked.unread == ("The smell of it reminds of vinegar.",)
    assert 'not read: "The smell of it reminds of vinegar."' in answer.answer


def test_without_a_molecule_nothing_is_called_checked(ask: Any) -> None:
    answer, _ = ask("It is a steroid.", question="what is that thing?")
    assert answer.checked.claims == ()
    assert answer.checked.unread == ("It is a steroid.",)
    assert "Not checked: no molecule" in answer.answer


def test_each_molecule_has_its_own_claims(ask: Any) -> None:
    says = "CCO has a hydroxy group. CC(=O)C is a ketone. CCO is a ketone."
    answer, _ = ask(says, question="compare CCO and CC(=O)C")
    assert list(dict.fromkeys((c.smiles, c.verdict) for c in answer.checked.claims)) == [
        ("CCO", Verdict.SUPPORTED), ("CC(=O)C", Verdict.SUPPORTED), ("CCO", Verdict.REFUTED),
    ]  # fmt: skip
    both, _ = ask("There is a ketone.", question="compare CCO and CC(=O)C")
    assert [c.verdict for c in both.checked.claims] == [Verdict.UNCHECKED]


def test_it_is_the_molecule_of_the_turn_before(tools: Any, resources: Any, tmp_path: Path) -> None:
    model = Saying(says=[LOOK, "It is an ester.", "It is a nitrile."])
    with open_conversation(model, tools, folder=tmp_path, thread="a", resources=resources) as talk:
        first = talk.ask(QUESTION)
        second = talk.ask("and is it a nitrile?")
    assert second.checked is not None
    assert [(c.smiles, c.verdict) for c in second.checked.claims] == [(ASPIRIN, Verdict.REFUTED)]
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        root = next(s for s in store.spans(first.trace_id) if s.parent_id is None)
        assert store.resolved(root).attributes[UNDERSTOOD]["molecules"][0]["smiles"] == ASPIRIN


BOUNDS = {
    "calls": (TurnLimits(calls=3), "bound of 3 model calls"),
    "tool calls": (TurnLimits(tool_calls=2, calls=4), "bound of 2 tool calls"),
    "tokens": (TurnLimits(tokens=1_000), "bound of 1,000 tokens"),
    "seconds": (TurnLimits(seconds=0.2), "bound of 0.2 seconds"),
    "cost": (TurnLimits(cost=0.001), "bound of 0.001 USD"),
}


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_bound_that_is_reached_is_told(ask: Any, bound: str) -> None:
    limits, told = BOUNDS[bound]
    count = iter(range(1000))

    def look_again(_: Any) -> AIMessage:
        time.sleep(0.05 if bound == "seconds" else 0)
        return calling("list_groups", f"look-{next(count)}", smiles=ASPIRIN)

    price = Price(input=1.0, output=1.0, currency="USD", entry="x", source="a test")
    answer, model = ask(look_again, limits=limits, price=price)
    assert any(told in notice for notice in answer.notices)
    assert "I stopped before there was an answer" in answer.answer
    assert answer.problem
    assert len(model.seen) < 30


def test_many_tool_calls_at_a_time_are_bounded_and_the_model_is_told(ask: Any) -> None:
    many = calling("list_groups", *map(str, range(40)), smiles="CCO")
    answer, model = ask(many, "It is an alcohol.", question="what is CCO?")
    results = [m for m in model.seen[-1] if isinstance(m, ToolMessage)]
    assert len(results) == 40
    assert sum(m.status == "error" for m in results) == 24
    assert answer.notices == ("of 40 tool calls at a time, 16 are carried out",)


CUT = {"finish_reason": "length"}
FAULTS = {
    "empty": (AIMessage(""), "gave an empty answer", False),
    "blank": (AIMessage(" \n"), "gave an empty answer", False),
    "thoughts": (AIMessage("<think>The ester is"), "thought, and said nothing", False),
    "thought blocks": (AIMessage([{"type": "thinking", "thinking": "hm"}]), "thought, and said nothing", False),
    "cut": (AIMessage("It is an ester and", response_metadata=CUT), "cut off at the model's limit", True),
    "nothing before the cut": (AIMessage("", response_metadata=CUT), "it was cut off at its limit of tokens", False),
    "refused": (AIMessage("", response_metadata={"finish_reason": "content_filter"}), "refused to answer", False),
    "no JSON": (
        AIMessage("", invalid_tool_calls=[{"name": "list_groups", "args": '{"smi', "id": "1", "error": None}]),
        "the arguments of its call of list_groups are no JSON", False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_answers_that_are_none_are_said_to_be_so(ask: Any, fault: str) -> None:
    said, told, usable = FAULTS[fault]
    answer, model = ask(said)
    assert told in answer.problem
    assert len(model.seen) == (1 if usable else 3)
    assert answer.answer.startswith("It is an ester and" if usable else "(There is no answer: ")


@pytest.mark.parametrize("fault", ["empty", "no JSON"])
def test_a_faulty_answer_is_asked_for_again_and_not_kept(ask: Any, fault: str, tmp_path: Path) -> None:
    answer, model = ask(FAULTS[fault][0], "It is an ester.")
    assert answer.problem == ""
    assert answer.checked.text == "It is an ester."
    assert "cannot be used" in str(model.seen[-1][-1].content)
    with ConversationStore(tmp_path) as store:
        assert [m.type for m in store.messages("a")] == ["human", "ai"]


def test_thoughts_are_not_shown(ask: Any) -> None:
    answer, _ = ask("<think>a nitrile?</think>It is an ester.")
    assert answer.checked.text == "It is an ester."


def test_a_tool_that_is_not_offered_and_a_wrong_argument_go_back_to_the_model(ask: Any) -> None:
    answer, model = ask(
        calling("no_such_tool", "1"), calling("list_groups", "2", smiles="C1CC"),
        calling("list_groups", "3", smile="x"), "It is an ester.",
    )  # fmt: skip
    assert answer.problem == ""
    told = [str(m.content) for m in model.seen[-1] if m.type in ("tool", "human")]
    assert any("C1CC" in text and "not a SMILES" in text for text in told)
    sent = {"messages": convert_to_openai_messages(model.seen[-1]), "tools": [{"function": {"name": "list_groups"}}]}
    assert complaint(sent) is None


def test_steps_come_before_the_text_and_the_pieces_are_the_answer(tools: Any, resources: Any, tmp_path: Path) -> None:
    model = Saying(says=[LOOK, "It is an ester. " * 20])
    with open_conversation(model, tools, folder=tmp_path, thread="a", resources=resources) as talk:
        events = list(talk.stream(QUESTION))
    kinds = [type(event) for event in events]
    assert kinds[:2] == [StepStarted, StepEnded]
    assert kinds[-1] is Answer
    assert kinds.count(TextPiece) > 5
    assert "".join(e.text for e in events if isinstance(e, TextPiece)) == events[-1].answer  # type: ignore[union-attr]


def test_a_turn_that_is_left_is_closed_in_memory(tools: Any, resources: Any, tmp_path: Path) -> None:
    model = Saying(says=[LOOK, "It is an ester."])
    with open_conversation(model, tools, folder=tmp_path, thread="a", resources=resources) as talk:
        events = talk.stream(QUESTION)
        assert isinstance(next(events), StepStarted)
        events.close()
        assert [m.type for m in talk.messages()] == ["human", "ai", "tool", "ai"]
        assert talk.messages()[-1].content == INTERRUPTED
        assert talk.ask("go on").checked is not None


def test_a_cancelled_call_is_left_behind_and_the_conversation_goes_on(
    tools: Any, resources: Any, tmp_path: Path
) -> None:
    hang, asked = threading.Event(), threading.Event()

    def hangs(_: Any) -> AIMessage:
        asked.set()
        hang.wait(30)
        return AIMessage("late")

    model = Saying(says=[hangs, "It is an ester."])
    with open_conversation(model, tools, folder=tmp_path, thread="a", resources=resources) as talk:
        threading.Thread(target=lambda: (asked.wait(), talk.cancel())).start()
        first = talk.ask(QUESTION)
        assert first.problem == "it was cancelled"
        assert talk.ask("is it an ester?").problem == ""
        hang.set()


def test_a_bound_on_money_needs_a_price(tools: Any, resources: Any, tmp_path: Path) -> None:
    limits = TurnLimits(cost=1.0)
    with (
        pytest.raises(InputError, match="needs the price of the model"),
        open_conversation(Saying(says=["x"]), tools, folder=tmp_path, thread="a", resources=resources, limits=limits),
    ):
        pytest.fail("opened")
    with pytest.raises(InputError, match="must be more than 0"):
        TurnLimits(calls=0)


def test_a_model_without_resources_is_refused(tools: Any, tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="cannot be checked"),
        open_conversation(Saying(says=["x"]), tools, folder=tmp_path, thread="a"),
    ):
        pytest.fail("opened")


def test_conversations_side_by_side_see_nothing_of_each_other(tools: Any, resources: Any, tmp_path: Path) -> None:
    wrong: list[str] = []

    def converse(number: int) -> None:
        model = Saying(says=[f"answer {number}"])
        with open_conversation(model, tools, folder=tmp_path, thread=f"t{number}", resources=resources) as talk:
            for turn in range(3):
                if not talk.ask(f"question {number} of {turn}").answer.startswith(f"answer {number}"):
                    wrong.append(f"{number}/{turn}")
        for messages in model.seen:
            wrong.extend(
                str(m.content)
                for m in messages
                if isinstance(m, HumanMessage) and f"question {number} " not in str(m.content)
            )

    threads = [threading.Thread(target=converse, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    with ConversationStore(tmp_path) as store:
        assert sorted(t.turns for t in store.threads()) == [3] * 8

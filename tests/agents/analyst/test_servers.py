"""The analyst in an event loop and without a context, as servers of LangGraph run it: checked, and marked too."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langgraph.constants import TAG_NOSTREAM
from saying import Saying, calling

from molreflect.agents.analyst.agent import build_analyst
from molreflect.agents.analyst.checker import AnswerChecker
from molreflect.tools.facts.langchain_tools import build_fact_tools

FALSE = "Ethanol (CCO) contains a nitrile group and is a primary alcohol."


def analyst(resources: Any, *says: Any) -> Any:
    tools = [tool for tool in build_fact_tools(resources, None, None) if tool.name == "locate_groups"]  # type: ignore[arg-type]
    model = Saying(says=list(says), tags=[TAG_NOSTREAM])
    return build_analyst(model, tools, checker=AnswerChecker(resources))


def test_a_refuted_claim_bears_its_verdict_in_the_message_itself(resources: Any) -> None:
    look = calling("locate_groups", "look", smiles="CCO", groups=["nitrile"])
    graph = analyst(resources, look, FALSE, FALSE)
    messages = asyncio.run(graph.ainvoke({"messages": [HumanMessage("What is in CCO?")]}))["messages"]
    assert [type(m).__name__ for m in messages] == ["HumanMessage", "AIMessage", "ToolMessage", "AIMessage"]
    assert "~~nitrile group~~" in messages[-1].text
    assert '+ supported: "primary alcohol"' in messages[-1].text
    assert "(answered again)" in messages[-1].text


def test_a_wrong_call_goes_back_to_the_model(resources: Any) -> None:
    graph = analyst(resources, calling("locate_groups", "look", smiles="C1CC(", groups=["nitrile"]), "I cannot say.")
    messages = asyncio.run(graph.ainvoke({"messages": [HumanMessage("What is in C1CC(?")]}))["messages"]
    assert (messages[2].status, "C1CC(" in messages[2].text) == ("error", True)


def test_nothing_is_streamed_before_it_was_checked(resources: Any) -> None:
    graph = analyst(resources, FALSE, FALSE)

    async def streamed() -> list[Any]:
        asked = {"messages": [HumanMessage("What is in CCO?")]}
        return [message async for message, _ in graph.astream(asked, stream_mode="messages")]

    told = asyncio.run(streamed())
    said = [m for m in told if isinstance(m, (AIMessage, AIMessageChunk))]
    assert len(said) == 1
    assert "~~nitrile group~~" in said[0].text

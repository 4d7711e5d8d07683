"""A model without tool calling behind the interface of one that has it: tools and answers as plain JSON text.

Agent, budgets, verification and traces are the same for both; only the syntax of a call differs. A reply that is not
exactly one JSON object of the agreed form becomes a message without a call that says why, under `MALFORMED`, and the
agent asks again. Nothing is completed, corrected or guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool

from molreflect.agents.models.history import MALFORMED, WRITE_LESS
from molreflect.agents.models.rule_model import RuleModel, Tools
from molreflect.agents.prompts import protocol
from molreflect.agents.schemas import SUBMIT
from molreflect.tools.errors import shorten

_THOUGHT = re.compile(
    r"^.*</(?:seed:)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection)>|^.*\[/THINK\]|^.*<\|end_of_thought\|>"
    r"|^.*<\|channel\|>final[^{<]*(?:<\|constrain\|>\w+)?<\|message\|>|^analysis.*assistantfinal(?:json)?"
    r"|<\|(?:end|return)\|>\s*$",
    re.DOTALL,
)
"""The reasoning that some models print before their answer, with or without its opening tag, and its channels; the
last of them also as it is left where a server drops the marks."""


class PlainJsonModel(RuleModel):
    """Any chat model, asked in plain JSON."""

    inner: BaseChatModel
    offered: tuple[dict[str, Any], ...] = ()
    """The tools it may use: `name`, `description`, `parameters`."""

    @property
    def _llm_type(self) -> str:
        return f"json:{self.inner._llm_type}"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return dict(self.inner._identifying_params)

    def bind_tools(
        self, tools: Tools, *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools in the instructions, which also say that each message makes one call."""
        described = [convert_to_openai_tool(tool)["function"] for tool in tools]
        offered = tuple(
            {"name": d["name"], "description": d.get("description", ""), "parameters": d["parameters"]}
            for d in described
            if d["name"] != SUBMIT
        )
        return self.model_copy(update={"offered": offered})

    def next_message(self, messages: list[BaseMessage], **call: Any) -> AIMessage:
        """Ask the inner model, and read its reply as a call."""
        # This call is traced; with callbacks the inner one would be traced as the same call a second time.
        reply = self.inner.invoke(self.plain(messages), {"callbacks": []}, **call)
        return self.read(reply, sum(isinstance(message, AIMessage) for message in messages))

    def plain(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """Rewrite a conversation for a model without tools.

        System text opens the first message of the user: some chat templates know no system role, and all of them want
        the two sides to take turns.
        """
        head = [str(m.content) for m in messages if isinstance(m, SystemMessage)]
        head.append(protocol.instructions(self.offered, protocol.ENTRY))
        turns: list[BaseMessage] = []
        for message in messages:
            if isinstance(message, SystemMessage):
                continue
            if isinstance(message, AIMessage):
                turns.append(AIMessage(str(message.content)))
                continue
            text = str(message.content)
            if isinstance(message, ToolMessage) and message.name != SUBMIT:
                text = protocol.result(str(message.name), text, failed=message.status == "error")
            if head:
                text, head = "\n\n".join([*head, text]), []
            if turns and isinstance(turns[-1], HumanMessage):
                turns[-1] = HumanMessage(f"{turns[-1].content}\n\n{text}")
            else:
                turns.append(HumanMessage(text))
        return turns

    def read(self, reply: AIMessage, number: int) -> AIMessage:
        """Read a reply as a message with the call it makes, or with the problem under `MALFORMED`."""
        text = str(reply.text)
        made: dict[str, Any] = {"content": text, "usage_metadata": reply.usage_metadata, "id": reply.id}
        metadata = reply.response_metadata
        try:
            name, arguments = read_reply(text, {tool["name"] for tool in self.offered})
        except ValueError as error:
            problem = str(error)
            if metadata.get("finish_reason") in ("length", "max_tokens") or metadata.get("stop_reason") == "max_tokens":
                problem += f"; it was cut off at its limit of tokens{WRITE_LESS}"
            return AIMessage(**made, response_metadata=metadata, additional_kwargs={MALFORMED: problem})
        call = {"name": name, "args": arguments, "id": f"json-{number}"}
        return AIMessage(**made, response_metadata=metadata, tool_calls=[call])


def read_reply(text: str, tools: set[str]) -> tuple[str, dict[str, Any]]:
    """Parse the call that a reply makes.

    Args:
        text: What the model wrote: one JSON object, with or without prose or a code fence around it.
        tools: Names of the tools that may be used.

    Returns:
        The tool's name with its arguments; `SUBMIT` for the final answer. Arguments are checked by whoever is called.

    Raises:
        ValueError: There is no JSON object, more than one, or one of another form; the message says what to do.
    """
    found = _objects(_THOUGHT.sub("", text))
    if not found:
        raise ValueError(f"it {'is empty' if not text.strip() else 'holds no JSON object'}; write exactly one")
    if len(found) > 1:
        raise ValueError(f"it holds {len(found)} JSON objects; write exactly one")
    (said,) = found
    if set(said) == {"alignments"}:
        return SUBMIT, said
    if set(said) == {"tool", "arguments"} and isinstance(said["tool"], str) and isinstance(said["arguments"], dict):
        if said["tool"] == SUBMIT:
            return SUBMIT, said["arguments"]
        if said["tool"] not in tools:
            raise ValueError(f"there is no tool {shorten(said['tool'])}; the tools are {', '.join(sorted(tools))}")
        return said["tool"], said["arguments"]
    raise ValueError(
        f"its keys are {shorten(', '.join(map(str, said)))}; write either tool (a name) and arguments (an object), or "
        "alignments (a list)"
    )


def _objects(text: str) -> list[dict[str, Any]]:
    """Parse every JSON object at the top level of a text, in order.

    Raises:
        ValueError: One cannot be read. Whatever stands inside it or after it is not taken for an answer.
    """
    decoder = json.JSONDecoder(object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
    found: list[dict[str, Any]] = []
    position = text.find("{")
    while position >= 0:
        try:
            value, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            near = shorten(text[max(0, error.pos - 20) : error.pos + 20])
            raise ValueError(f"its JSON cannot be read: {error.msg}, near {near}; write one whole object") from error
        except RecursionError as error:
            raise ValueError("its JSON is nested too deeply; write one flat object") from error
        found.append(value)
        position = text.find("{", position)
    return found


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice in its JSON; write each once")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} in it is no JSON; write null")

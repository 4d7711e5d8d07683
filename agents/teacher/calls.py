"""One call of a teacher's model within its budgets, and what is wrong with an answer that cannot be used."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from molreflect.agents.errors import shortened
from molreflect.agents.models.history import MALFORMED, WRITE_LESS
from molreflect.agents.models.tokens import TokenCounter, text_of
from molreflect.agents.schemas import SUBMIT, AlignmentDraft, Usage
from molreflect.agents.teacher.budget import Ledger, add
from molreflect.agents.teacher.endpoint import Endpoint
from molreflect.agents.teacher.question import Question
from molreflect.tools.errors import shorten
from molreflect.tools.terms import FailureKind

R = TypeVar("R")

_DECLINES = re.compile(
    r"\s*(?:(?:I'm|I am) (?:very )?sorry\b|Sorry,|I (?:cannot|can't|can not|won't|will not|would rather not|"
    r"am unable to|am not able to|must decline)\b|As an AI\b)",
    re.IGNORECASE,
)
"""How models decline in words."""


class OutOfBoundsError(Exception):
    """A bound of the pair forbids the next call; raised inside the agent."""

    def __init__(self, bound: str, raw: str) -> None:
        super().__init__(bound)
        self.bound, self.raw = bound, raw


class MalformedError(Exception):
    """The answer of a request stayed malformed; raised inside the agent."""

    def __init__(self, problem: str, raw: str, kind: FailureKind) -> None:
        super().__init__(problem)
        self.problem, self.raw, self.kind = problem, raw, kind


class MeteredCalls:
    """Makes calls of a model within the budgets of pair and run, and counts what they cost."""

    def __init__(
        self,
        counter: TokenCounter,
        max_tokens: int | None,
        tools: Sequence[BaseTool],
        endpoint: Endpoint,
        *,
        reads_tokens: bool = True,
    ) -> None:
        """Take what a call is counted and sent with.

        Args:
            counter: Of tokens that the provider does not report.
            max_tokens: Of one answer, where the model is bounded.
            tools: What every call describes to the model.
            endpoint: Where calls go.
            reads_tokens: Whether the model reads tokens at all, as rules do not.
        """
        self.counter, self.max_tokens, self.endpoint = counter, max_tokens, endpoint
        self.reads_tokens = reads_tokens
        offered: list[BaseTool | type[AlignmentDraft]] = [*tools, AlignmentDraft]
        described = [json.dumps(convert_to_openai_tool(tool)) for tool in offered]
        self.tool_tokens = sum(counter.count(text) for text in described)
        """Tokens of the tools' descriptions, which every call sends."""

    def allow(self, ledger: Ledger, shown: Sequence[BaseMessage]) -> Usage:
        """Estimate the next call at most.

        Raises:
            OutOfBoundsError: A bound of the pair forbids it.
        """
        estimate = ledger.estimate(self._read(shown) if ledger.counts_tokens else 0, self.max_tokens)
        if (bound := ledger.bound(estimate)) is not None:
            raise OutOfBoundsError(bound, last_answer(shown))
        return estimate

    def make(
        self,
        ledger: Ledger,
        shown: Sequence[BaseMessage],
        estimate: Usage,
        call: Callable[[], R],
        said: Callable[[R], Sequence[BaseMessage]],
        *,
        gated: bool,
    ) -> R:
        """Make a call, and enter in the ledger what it used.

        Args:
            ledger: Of the request.
            shown: The messages that are sent.
            estimate: From `allow`.
            call: Sends them once.
            said: The messages of what `call` gives back.
            gated: Whether the model asks for leave itself; see `Question.ask`.
        """
        question = Question(self.endpoint, ledger.meter, estimate)
        response, used = question.ask(
            call, lambda answered: ledger.priced(self._usage(shown, said(answered))), gated=gated
        )
        ledger.usage = add(ledger.usage, used)
        ledger.waited += question.waited
        return response

    def _usage(self, shown: Sequence[BaseMessage], said: Sequence[BaseMessage]) -> Usage:
        """Count the tokens of one call: as the provider reports them, else estimated and marked as `uncounted`."""
        answer = next(m for m in said if isinstance(m, AIMessage))
        if not self.reads_tokens:
            return Usage(calls=1)
        reported = answer.usage_metadata
        if reported is not None and reported["input_tokens"] > 0:  # nobody reads nothing: some report noughts
            read = reported["input_tokens"]
            cached = (reported.get("input_token_details") or {}).get("cache_read") or 0
            return Usage(
                input_tokens=read,
                output_tokens=reported["output_tokens"],
                calls=1,
                cached_tokens=min(read, round(cached)),
            )
        read, written = self._read(shown), self.counter.messages([answer])
        return Usage(input_tokens=read, output_tokens=written, calls=1, uncounted=1)

    def _read(self, shown: Sequence[BaseMessage]) -> int:
        return self.tool_tokens + self.counter.messages(shown)


def describe_problem(answer: AIMessage, *, advises: bool = False) -> str:
    """Say why a message without a usable call is no answer.

    Args:
        answer: The message.
        advises: Say to the model, too, what to do about it.
    """
    known = answer.additional_kwargs.get(MALFORMED)
    if known is not None:
        return str(known) if advises else str(known).removesuffix(WRITE_LESS)
    if answer.invalid_tool_calls:
        call = answer.invalid_tool_calls[0]
        return f"the arguments of its call of {call['name']} are no JSON: {shorten(str(call['args']), 200)}"
    cut = answer.response_metadata.get("finish_reason") in ("length", "max_tokens")
    ending = "; it was cut off at its limit of tokens" if cut else ""
    if not advises:
        return f"it calls no tool{ending}"
    less = WRITE_LESS if cut else ""
    return f"it calls no tool; call {SUBMIT} with your alignments, an empty list where there are none{ending}{less}"


def classify_fault(answer: AIMessage) -> FailureKind:
    """Classify an answer that could not be used."""
    ended = answer.response_metadata.get("finish_reason") or answer.response_metadata.get("stop_reason")
    if ended == "content_filter":
        return FailureKind.FILTERED
    if ended in ("length", "max_tokens"):
        return FailureKind.CUT
    declined = bool(answer.additional_kwargs.get("refusal")) or ended == "refusal"
    return FailureKind.REFUSAL if declined or _DECLINES.match(text_of(answer)) else FailureKind.MALFORMED


def last_answer(messages: Sequence[BaseMessage]) -> str:
    """Return the model's last message as it wrote it, tool calls included."""
    last = next((m for m in reversed(messages) if isinstance(m, AIMessage)), None)
    if last is None:
        return ""
    # In plain JSON the content is the call, and stands for it as it was written.
    written = isinstance(last.content, str) and "{" in last.content and not last.invalid_tool_calls
    return shortened(str(last.content) if written else text_of(last))

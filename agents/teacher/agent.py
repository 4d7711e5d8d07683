"""The teacher: a tool-calling agent that drafts alignments and reflects on them; verification decides on them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, AgentState, ToolErrorMiddleware
from langchain.agents.middleware.types import ExtendedModelResponse, ModelRequest, ModelResponse
from langchain.agents.structured_output import ToolStrategy
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.types import Command

from molreflect.agents import prompts
from molreflect.agents.errors import (
    BoundReachedError,
    CapReachedError,
    TeacherError,
    explain_to_model,
)
from molreflect.agents.models.binding import BoundOnce
from molreflect.agents.models.lexicon_teacher import LexiconModel
from molreflect.agents.models.plain_json import MALFORMED, PlainJsonModel
from molreflect.agents.models.prices import Price
from molreflect.agents.models.responses import ResponseStore
from molreflect.agents.models.rule_model import RuleModel
from molreflect.agents.models.tokens import APPROXIMATION, TokenCounter, text_of
from molreflect.agents.prompts import mend
from molreflect.agents.prompts.align import SYSTEM
from molreflect.agents.schemas import SUBMIT, AlignmentDraft, Usage
from molreflect.agents.teacher.budget import Ledger, Limits, RunMeter, add
from molreflect.agents.teacher.endpoint import LEAVE, Endpoint, EndpointPolicy, Question
from molreflect.tools.english import counted
from molreflect.tools.errors import shorten
from molreflect.tools.terms import FailureKind, TeacherProtocol
from molreflect.tools.verification.proposals import ProposedAlignment

AGENT_NAME = "teacher"
RECURSION = 400
"""LangGraph's own bound on the agent's steps, out of the way of ours: a model call and its tools take at most five."""
_DECLINES = re.compile(
    r"\s*(?:(?:I'm|I am) (?:very )?sorry\b|Sorry,|I (?:cannot|can't|can not|won't|will not|would rather not|"
    r"am unable to|am not able to|must decline)\b|As an AI\b)",
    re.IGNORECASE,
)
"""How models decline in words."""
MAX_RAW = 20_000
"""Most characters of an unusable answer that are kept."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The alignments a teacher proposes for one request."""

    alignments: tuple[ProposedAlignment, ...]
    usage: Usage
    bounds: tuple[str, ...]
    """Limits that cut the answer short, in words."""


@dataclass(frozen=True)
class Teacher:
    """A chat model with the chemistry tools and its budget."""

    name: str
    agent: Any
    """The compiled agent graph of `create_agent`."""
    self_checking: bool
    """Whether it checks every proposal itself before it answers, so that a repair round could only repeat it."""
    prompt_version: str = prompts.VERSION
    limits: Limits = field(default_factory=Limits)
    price: Price | None = None
    meter: RunMeter = field(default_factory=RunMeter)
    counter: TokenCounter = APPROXIMATION

    def propose(
        self,
        request: str,
        config: RunnableConfig | None = None,
        *,
        spent: Usage | None = None,
        seconds: float = 0.0,
    ) -> Proposal:
        """Ask for alignments.

        Args:
            request: A rendered prompt of `molreflect.agents.prompts`.
            config: LangChain configuration: callbacks for traces, the pair's id.
            spent: What earlier requests about the same pair have spent, of its bounds.
            seconds: How long they took.

        Raises:
            BoundReachedError: A bound of the pair was reached first.
            TeacherError: The endpoint could not be reached, or the answer could not be used.
            CapReachedError: The run has spent what it may.
        """
        ledger = Ledger.open(self.limits, spent or Usage(), seconds, self.price, self.meter)
        try:
            answer = self.agent.invoke(
                {"messages": [HumanMessage(request)]}, {**(config or {}), "recursion_limit": RECURSION}, context=ledger
            )
        except _OutOfBoundsError as error:
            said = f"teacher {self.name!r} submitted no alignments within {error.bound}"
            raise BoundReachedError(said, bound=error.bound, usage=ledger.usage, raw=error.raw) from None
        except _MalformedError as error:
            after = counted(ledger.usage.calls, "call")
            said = f"teacher {self.name!r} submitted no alignments after {after}; {error.problem}"
            quote = f"; it said: {error.raw[:300]!r}"
            raise TeacherError(said, kind=error.kind, usage=ledger.usage, raw=error.raw, quote=quote) from None
        except CapReachedError as error:
            error.usage = ledger.usage
            raise
        except TeacherError as error:  # of the endpoint, which knows neither name nor account
            said = f"teacher {self.name!r}: {error.reason}"
            raise TeacherError(said, kind=error.kind, usage=ledger.usage) from error
        draft: AlignmentDraft = answer["structured_response"]
        return Proposal(draft.alignments, ledger.usage, ())


def build_teacher(
    model: BaseChatModel,
    tools: Sequence[BaseTool],
    *,
    name: str,
    limits: Limits | None = None,
    protocol: TeacherProtocol = TeacherProtocol.TOOLS,
    price: Price | None = None,
    meter: RunMeter | None = None,
    counter: TokenCounter | None = None,
    endpoint: Endpoint | None = None,
    responses: ResponseStore | None = None,
) -> Teacher:
    """Build the agent of a teacher from a chat model and the chemistry tools.

    Args:
        model: Any chat model; the lexicon is one.
        tools: From `molreflect.tools.langchain_tools.build_alignment_tools`.
        name: What records call this teacher.
        limits: Bounds of one pair.
        protocol: `json` for a model that cannot call tools.
        price: What its tokens cost; None leaves money unknown.
        meter: What the run has spent and may spend; None counts for this teacher alone.
        counter: How its tokens are counted where the provider does not say; see `agents.models.tokens.counter_of`.
        endpoint: How its model is called; None calls it once a question, without limits.
        responses: What the model has answered before; none of it is paid for again.
    """
    count, door = counter or APPROXIMATION, endpoint or Endpoint(EndpointPolicy(retries=0))
    if not isinstance(model, RuleModel):
        # On a copy: the model may be asked by others too, who know nothing of this run.
        model = model.model_copy(update={"cache": responses if responses is not None else False, "rate_limiter": LEAVE})
    rules = isinstance(model, LexiconModel)
    # Rules that said what stands in their way would say it again.
    bounds = replace(limits or Limits(), mends=0) if rules else limits or Limits()
    # By default the agent would write all alignments once more, as the answer of the tool that submits them.
    strategy: Any = ToolStrategy(
        AlignmentDraft, handle_errors=_explain_malformed, tool_message_content="the alignments are taken down"
    )
    agent = create_agent(
        PlainJsonModel(inner=model) if protocol == TeacherProtocol.JSON else model,
        tools=list(tools),
        system_prompt=SYSTEM,
        response_format=strategy,
        middleware=[
            ToolErrorMiddleware(explain_to_model),
            BudgetMiddleware(count, max_tokens_of(model), tools, door, warns=not rules),
        ],
        context_schema=Ledger,
        name=AGENT_NAME,
    )
    return Teacher(
        name,
        agent,
        self_checking=rules,
        prompt_version=prompts.JSON_VERSION if protocol == TeacherProtocol.JSON else prompts.VERSION,
        limits=bounds,
        price=price,
        meter=meter or RunMeter(),
        counter=count,
    )


class _OutOfBoundsError(Exception):
    """A bound of the pair forbids the next call; raised inside the agent."""

    def __init__(self, bound: str, raw: str) -> None:
        super().__init__(bound)
        self.bound, self.raw = bound, raw


class _MalformedError(Exception):
    """The answer of a request stayed malformed; raised inside the agent."""

    def __init__(self, problem: str, raw: str, kind: FailureKind) -> None:
        super().__init__(problem)
        self.problem, self.raw, self.kind = problem, raw, kind


class BudgetMiddleware(AgentMiddleware[AgentState[AlignmentDraft], Ledger, AlignmentDraft]):
    """Count what every model call costs, end a request at its bounds, and return malformed answers to the model.

    One hook does it all: each further hook or middleware is one more step of the graph.
    """

    def __init__(
        self,
        counter: TokenCounter,
        max_tokens: int | None,
        tools: Sequence[BaseTool],
        endpoint: Endpoint,
        *,
        warns: bool,
    ) -> None:
        super().__init__()
        self.counter, self.max_tokens, self.endpoint, self.warns = counter, max_tokens, endpoint, warns
        self.bound_once = BoundOnce()
        offered: list[BaseTool | type[AlignmentDraft]] = [*tools, AlignmentDraft]
        described = [json.dumps(convert_to_openai_tool(tool)) for tool in offered]
        self.tool_tokens = sum(counter.count(text) for text in described)
        """Tokens of the tools' descriptions, which every call sends."""

    def wrap_model_call(
        self,
        request: ModelRequest[Ledger],
        handler: Callable[[ModelRequest[Ledger]], ModelResponse[AlignmentDraft]],
    ) -> ModelResponse[AlignmentDraft] | ExtendedModelResponse[AlignmentDraft]:
        """Make one call within the budgets of pair and run, and check the form of its answer.

        A malformed answer is explained to the model, at most `limits.mends` times a request.
        """
        response = self._call(request, handler)
        answer = next(m for m in response.result if isinstance(m, AIMessage))
        refused = [m for m in response.result if isinstance(m, ToolMessage) and m.name == SUBMIT]
        if response.structured_response is not None or (answer.tool_calls and not refused):
            return response  # the alignments are submitted, or tools are to be called
        ledger = request.runtime.context
        ledger.malformed += 1
        problem = _one_line(str(refused[0].content)) if refused else _problem(answer)
        if ledger.malformed > ledger.limits.mends:
            raise _MalformedError(problem, _raw([answer]), _fault(answer))
        if refused:
            return response  # the tool's answer says what is wrong, and the agent asks again
        again: Command[Any] = Command(update={"messages": [HumanMessage(mend.request(problem))], "jump_to": "model"})
        return ExtendedModelResponse(response, again)

    def _call(
        self,
        request: ModelRequest[Ledger],
        handler: Callable[[ModelRequest[Ledger]], ModelResponse[AlignmentDraft]],
    ) -> ModelResponse[AlignmentDraft]:
        ledger = request.runtime.context
        shown = [*([request.system_message] if request.system_message else []), *request.messages]
        estimate = ledger.estimate(self._read(shown) if ledger.counts_tokens else 0, self.max_tokens)
        if (bound := ledger.bound(estimate)) is not None:
            raise _OutOfBoundsError(bound, _raw(request.messages))
        if self.warns and ledger.usage.calls == ledger.limits.request_calls - 1 > 0:
            request = request.override(messages=_warned(request.messages, mend.request(mend.LAST_CALL)))
        question = Question(self.endpoint, ledger.meter, estimate)
        response, used = question.ask(
            lambda: self.bound_once(request, handler),
            lambda answered: ledger.priced(self._usage(shown, answered.result)),
            gated=_asks_for_leave(request.model),
        )
        ledger.usage = add(ledger.usage, used)
        return response

    def _usage(self, shown: Sequence[BaseMessage], said: Sequence[BaseMessage]) -> Usage:
        """Count the tokens of one call: as the provider reports them, else estimated and marked as `uncounted`."""
        answer = next(m for m in said if isinstance(m, AIMessage))
        if answer.usage_metadata is not None:
            counted = answer.usage_metadata
            # Some servers count in fractions.
            read, written = round(counted["input_tokens"] or 0), round(counted["output_tokens"] or 0)
            return Usage(input_tokens=read, output_tokens=written, calls=1)
        read, written = self._read(shown), self.counter.messages([answer])
        return Usage(input_tokens=read, output_tokens=written, calls=1, uncounted=1)

    def _read(self, shown: Sequence[BaseMessage]) -> int:
        return self.tool_tokens + self.counter.messages(shown)


def _explain_malformed(error: Exception) -> str:
    """Explain to a model why its alignments do not fit their schema."""
    source = getattr(error, "source", None)
    return mend.request(_one_line(str(source if source is not None else error)))


def _problem(answer: AIMessage) -> str:
    """Say why a message without a usable call is no answer."""
    known = answer.additional_kwargs.get(MALFORMED)
    if known is not None:
        return str(known)
    if answer.invalid_tool_calls:
        call = answer.invalid_tool_calls[0]
        return f"the arguments of its call of {call['name']} are no JSON: {shorten(str(call['args']), 200)}"
    cut = answer.response_metadata.get("finish_reason") in ("length", "max_tokens")
    ending = "; it was cut off at its limit of tokens, so write less" if cut else ""
    return f"it calls no tool; call {SUBMIT} with your alignments, an empty list where there are none{ending}"


def _warned(messages: Sequence[Any], warning: str) -> list[Any]:
    """Add a warning: to the tool's answer where one is last, since some servers take no user after a tool."""
    *before, last = messages
    if isinstance(last, ToolMessage) and isinstance(last.content, str):
        return [*before, last.model_copy(update={"content": f"{last.content}\n\n{warning}"})]
    return [*messages, HumanMessage(warning)]


def _fault(answer: AIMessage) -> FailureKind:
    """Classify an answer that could not be used."""
    ended = answer.response_metadata.get("finish_reason") or answer.response_metadata.get("stop_reason")
    if ended == "content_filter":
        return FailureKind.FILTERED
    if ended in ("length", "max_tokens"):
        return FailureKind.CUT
    declined = bool(answer.additional_kwargs.get("refusal")) or ended == "refusal"
    return FailureKind.REFUSAL if declined or _DECLINES.match(text_of(answer)) else FailureKind.MALFORMED


def _asks_for_leave(model: Any) -> bool:
    """Whether a model asks for leave itself, once it knows that an answer is not at hand."""
    inner = model.inner if isinstance(model, PlainJsonModel) else model
    return getattr(inner, "rate_limiter", None) is LEAVE


def _raw(messages: Sequence[BaseMessage]) -> str:
    """Return the model's last message as it wrote it, tool calls included."""
    last = next((m for m in reversed(messages) if isinstance(m, AIMessage)), None)
    if last is None:
        return ""
    if isinstance(last.content, str) and last.content and not last.invalid_tool_calls:
        return last.content[:MAX_RAW]
    return text_of(last)[:MAX_RAW]


def _one_line(text: str) -> str:
    return " ".join(text.split())[:1_000]


def max_tokens_of(model: BaseChatModel) -> int | None:
    """Look up the most tokens of one answer that a chat model was built with; classes name it differently."""
    for name in ("max_tokens", "max_output_tokens", "num_predict"):
        value = getattr(model, name, None)
        if isinstance(value, int) and value > 0:
            return value
    return None


def prompt_digest() -> str:
    """Hash the system prompt, for the settings a run stores."""
    return hashlib.sha256(SYSTEM.encode()).hexdigest()[:12]

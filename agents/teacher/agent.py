"""The teacher: a tool-calling agent that drafts alignments and reflects on them; verification decides on them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, AgentState, ToolErrorMiddleware
from langchain.agents.middleware.types import ExtendedModelResponse, ModelRequest, ModelResponse
from langchain.agents.structured_output import ToolStrategy
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.types import Command
from pydantic import ValidationError

from molreflect.agents import prompts
from molreflect.agents.errors import (
    BoundReachedError,
    CapReachedError,
    TeacherError,
    explain_to_model,
)
from molreflect.agents.models.binding import BoundOnce
from molreflect.agents.models.lexicon_teacher import LexiconModel
from molreflect.agents.models.plain_json import PlainJsonModel
from molreflect.agents.models.prices import Price
from molreflect.agents.models.responses import Responses
from molreflect.agents.models.rule_model import RuleModel
from molreflect.agents.models.tokens import APPROXIMATION, TokenCounter
from molreflect.agents.prompts import mend
from molreflect.agents.prompts.align import SYSTEM
from molreflect.agents.prompts.data import read_block
from molreflect.agents.schemas import SUBMIT, AlignmentDraft, Usage
from molreflect.agents.teacher.budget import Ledger, Limits, RunMeter
from molreflect.agents.teacher.calls import (
    MalformedError,
    MeteredCalls,
    OutOfBoundsError,
    classify_fault,
    describe_problem,
    last_answer,
)
from molreflect.agents.teacher.endpoint import Endpoint, EndpointPolicy
from molreflect.agents.teacher.question import LEAVE
from molreflect.agents.teacher.rule_agent import RuleAgent
from molreflect.tools.english import counted
from molreflect.tools.terms import TeacherProtocol
from molreflect.tools.verification.proposals import ProposedAlignment

AGENT_NAME = "teacher"
RECURSION = 400
"""LangGraph's own bound on the agent's steps, out of the way of ours: a model call and its tools take at most five."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The alignments a teacher proposes for one request."""

    alignments: tuple[ProposedAlignment, ...]
    usage: Usage
    bounds: tuple[str, ...]
    """Limits that cut the answer short, in words."""
    waited: float = field(default=0.0, compare=False)
    """Seconds in which it could make no call."""


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
    endpoint: Endpoint = field(default_factory=Endpoint)
    """Whom its model is called at."""
    responses: Responses | None = None
    """What its model has answered before."""
    protocol: TeacherProtocol = TeacherProtocol.TOOLS
    """How its model is spoken to."""

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
        except OutOfBoundsError as error:
            said = f"teacher {self.name!r} submitted no alignments within {error.bound}"
            raise BoundReachedError(said, bound=error.bound, usage=ledger.usage, raw=error.raw) from None
        except MalformedError as error:
            after = counted(ledger.usage.calls, "call")
            said = f"teacher {self.name!r} submitted no alignments after {after}; {error.problem}"
            quote = f"; it said: {error.raw[:300]!r}"
            raise TeacherError(said, kind=error.kind, usage=ledger.usage, raw=error.raw, quote=quote) from None
        except CapReachedError as error:
            error.usage = ledger.usage
            raise
        except TeacherError as error:  # of the endpoint, which knows neither name nor account
            said = f"teacher {self.name!r}: {error.reason}"
            raise TeacherError(said, kind=error.kind, usage=ledger.usage, raw=error.raw) from error
        draft: AlignmentDraft = answer["structured_response"]
        return Proposal(draft.alignments, ledger.usage, (), ledger.waited)


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
    responses: Responses | None = None,
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
    calls = MeteredCalls(count, max_tokens_of(model), tools, door, reads_tokens=not rules)
    agent: Any
    if isinstance(model, LexiconModel) and protocol != TeacherProtocol.JSON:
        agent = RuleAgent(model, tools, name=AGENT_NAME, system=SYSTEM, calls=calls)
    else:
        spoken = PlainJsonModel(inner=model) if protocol == TeacherProtocol.JSON else model
        agent = build_agent(spoken, tools, calls, warns=not rules)
    return Teacher(
        name,
        agent,
        self_checking=isinstance(model, LexiconModel) and model.self_checking,
        prompt_version=prompts.JSON_VERSION if protocol == TeacherProtocol.JSON else prompts.VERSION,
        limits=bounds,
        price=price,
        meter=meter or RunMeter(),
        counter=count,
        endpoint=door,
        responses=responses,
        protocol=TeacherProtocol.JSON if protocol == TeacherProtocol.JSON else TeacherProtocol.TOOLS,
    )


def build_agent(model: BaseChatModel, tools: Sequence[BaseTool], calls: MeteredCalls, *, warns: bool = True) -> Any:
    """Compile LangChain's agent: the model, its tools, and the tool by which it submits.

    Args:
        model: Any chat model that calls tools.
        tools: What it calls.
        calls: Counts its calls.
        warns: Tell the model where the next call is the last.
    """
    # By default the agent would write all alignments once more, as the answer of the tool that submits them.
    strategy: Any = ToolStrategy(
        AlignmentDraft, handle_errors=_explain_malformed, tool_message_content="the alignments are taken down"
    )
    return create_agent(
        model,
        tools=list(tools),
        system_prompt=SYSTEM,
        response_format=strategy,
        middleware=[ToolErrorMiddleware(explain_to_model), BudgetMiddleware(calls, warns=warns)],
        context_schema=Ledger,
        name=AGENT_NAME,
    )


class BudgetMiddleware(AgentMiddleware[AgentState[AlignmentDraft], Ledger, AlignmentDraft]):
    """Count what every model call costs, end a request at its bounds, and return malformed answers to the model.

    One hook does it all: each further hook or middleware is one more step of the graph.
    """

    def __init__(self, calls: MeteredCalls, *, warns: bool) -> None:
        super().__init__()
        self.calls, self.warns = calls, warns
        self.bound_once = BoundOnce()

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
        if ledger.malformed > ledger.limits.mends:
            problem = _problem_in(str(refused[0].content)) if refused else describe_problem(answer)
            raise MalformedError(problem, last_answer([answer]), classify_fault(answer))
        if refused:  # the tool's answer says what is wrong, and the agent asks again
            return ModelResponse([_submission_of(answer), *refused])
        told = HumanMessage(mend.request(describe_problem(answer, advises=True)))
        again: Command[Any] = Command(update={"messages": [told], "jump_to": "model"})
        return ExtendedModelResponse(response, again)

    def _call(
        self,
        request: ModelRequest[Ledger],
        handler: Callable[[ModelRequest[Ledger]], ModelResponse[AlignmentDraft]],
    ) -> ModelResponse[AlignmentDraft]:
        ledger = request.runtime.context
        shown = [*([request.system_message] if request.system_message else []), *request.messages]
        estimate = self.calls.allow(ledger, shown)
        if self.warns and ledger.usage.calls == ledger.limits.request_calls - 1 > 0:
            request = request.override(messages=_warned(request.messages, mend.request(mend.LAST_CALL)))
        return self.calls.make(
            ledger,
            shown,
            estimate,
            lambda: self.bound_once(request, handler),
            lambda answered: answered.result,
            gated=_asks_for_leave(request.model),
        )


def _explain_malformed(error: Exception) -> str:
    """Explain to a model why its alignments do not fit their schema."""
    source = getattr(error, "source", None) or error
    invalid = source if isinstance(source, ValidationError) else source.__cause__
    if not isinstance(invalid, ValidationError):
        return mend.request(_one_line(str(source)))
    places = [
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
        for fault in invalid.errors(include_url=False, include_context=False, include_input=False)
    ]
    return mend.request(_one_line(f"it does not fit the schema of {SUBMIT}: {'; '.join(places)}"))


def _problem_in(told: str) -> str:
    """Read the problem alone out of what `_explain_malformed` says to a model."""
    try:
        return _one_line(str(read_block(told)["problem"]))
    except (ValueError, LookupError):  # it is the agent's own explanation
        return _one_line(told)


def _submission_of(answer: AIMessage) -> AIMessage:
    """The answer without calls beside its submission, which nobody carries out once that is refused."""
    submissions = [call for call in answer.tool_calls if call["name"] == SUBMIT]
    if len(submissions) == len(answer.tool_calls):
        return answer
    return answer.model_copy(update={"tool_calls": submissions, "content": str(answer.text)})


def _warned(messages: Sequence[Any], warning: str) -> list[Any]:
    """Add a warning: to the tool's answer where one is last, since some servers take no user after a tool."""
    *before, last = messages
    if isinstance(last, ToolMessage) and isinstance(last.content, str):
        return [*before, last.model_copy(update={"content": f"{last.content}\n\n{warning}"})]
    return [*messages, HumanMessage(warning)]


def _asks_for_leave(model: Any) -> bool:
    """Whether a model asks for leave itself, once it knows that an answer is not at hand."""
    inner = model.inner if isinstance(model, PlainJsonModel) else model
    return getattr(inner, "rate_limiter", None) is LEAVE


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

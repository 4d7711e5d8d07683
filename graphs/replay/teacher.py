"""The teacher of then: built from what a trace says of it, with a stand-in for its model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.tools import BaseTool

from molreflect.agents import prompts
from molreflect.agents.models.prices import Price
from molreflect.agents.models.rule_model import RuleModel
from molreflect.agents.models.tokens import APPROXIMATION, TokenCounter, counter_named
from molreflect.agents.prompts.align import SYSTEM
from molreflect.agents.teacher.agent import AGENT_NAME, Teacher, build_agent
from molreflect.agents.teacher.budget import Limits
from molreflect.agents.teacher.calls import MeteredCalls
from molreflect.agents.teacher.endpoint import Endpoint, EndpointPolicy
from molreflect.agents.teacher.rule_agent import RuleAgent
from molreflect.graphs.replay.recorded import NotReplayableError, Recorded
from molreflect.graphs.replay.stand_ins import Answers, RecordedCalls, RecordedModel
from molreflect.tools.terms import TeacherProtocol


@dataclass(frozen=True, slots=True)
class RecordedPrice(Price):
    """A price that knows what each call of a trace cost, whatever tiers it had."""

    known: tuple[tuple[tuple[int, int], float], ...] = ()

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """As then; by the lowest tier where no call of the trace had as many tokens."""
        for tokens, money in self.known:
            if tokens == (input_tokens, output_tokens):
                return money
        return (input_tokens * self.input + output_tokens * self.output) / 1e6


def recorded_teacher(kept: Recorded, tools: Sequence[BaseTool], answers: Answers) -> Teacher:
    """Build the teacher of a trace over answers of then.

    Args:
        kept: The trace.
        tools: What its model calls.
        answers: What its model says.

    Raises:
        NotReplayableError: Tokens were counted in a way that is not at hand.
    """
    setup = kept.setup
    protocol = TeacherProtocol(setup.get("protocol", TeacherProtocol.TOOLS))
    counter, rules = counter_of_trace(kept), bool(setup["self_checking"])
    endpoint = Endpoint(EndpointPolicy(retries=0))
    calls = RecordedCalls(answers, counter, None, tools, endpoint, reads_tokens=not rules)
    model = RecordedModel(answers=answers, reworded=dict(kept.reworded))
    return Teacher(
        setup["teacher"],
        agent_for(model, tools, calls, rules=rules, plain=not kept.reworded and protocol is TeacherProtocol.TOOLS),
        self_checking=rules,
        prompt_version=prompts.JSON_VERSION if protocol is TeacherProtocol.JSON else prompts.VERSION,
        limits=Limits(**setup["limits"]),
        price=price_of_trace(kept),
        counter=counter,
        endpoint=endpoint,
        protocol=protocol,
    )


def agent_for(model: RuleModel, tools: Sequence[BaseTool], calls: MeteredCalls, *, rules: bool, plain: bool) -> Any:
    """Build the agent that a teacher of this kind has.

    Args:
        model: In place of its model.
        tools: What that calls.
        calls: Counts its calls.
        rules: Whether the teacher follows rules.
        plain: Whether nothing of LangChain's agent is needed where it does.
    """
    if rules and plain:
        return RuleAgent(model, tools, name=AGENT_NAME, system=SYSTEM, calls=calls)
    return build_agent(model, tools, calls, warns=not rules)


def counter_of_trace(kept: Recorded) -> TokenCounter:
    """Find the way of counting that a trace names.

    Raises:
        NotReplayableError: It is not at hand.
    """
    how = str(kept.setup.get("counter", APPROXIMATION.how))
    counter = counter_named(how)
    if counter is None:
        raise NotReplayableError(f"its tokens were counted by {how}, which is not at hand here")
    return counter


def price_of_trace(kept: Recorded) -> Price | None:
    """Take the price from a trace; None where the model had none."""
    told = kept.setup.get("price")
    return None if told is None else RecordedPrice(**told, known=tuple(kept.costs.items()))

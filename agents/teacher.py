"""The teacher: a tool-calling agent that drafts alignments and reflects on them. Chemistry judges what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware, ToolErrorMiddleware
from langchain.agents.structured_output import ToolStrategy
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool

from agents import prompts
from agents.lexicon import LexiconModel
from agents.prompts.align import SYSTEM
from agents.schemas import AlignmentDraft, ProposedAlignment, Usage
from tools.errors import ChemInputError

AGENT_NAME = "teacher"
_LIMIT_REACHED = "Model call limits exceeded"
"""How LangChain's `ModelCallLimitMiddleware` begins the message it ends a conversation with."""


class TeacherError(ChemInputError):
    """The teacher could not be reached or gave no usable answer; the row is kept as failed with this reason."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request to a teacher."""

    model_calls: int = 12
    """Most calls of the model, tool results included."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a teacher answered."""

    alignments: tuple[ProposedAlignment, ...]
    usage: Usage
    bounds: tuple[str, ...]
    """Limits that cut the answer short, in words."""


@dataclass(frozen=True)
class Teacher:
    """A chat model with the chemistry tools and the bounds it works in."""

    name: str
    agent: Any
    """The compiled agent graph of `create_agent`."""
    self_checking: bool
    """Whether it checks every tie itself before it answers, so that a repair round could only repeat it."""
    prompt_version: str = prompts.VERSION

    def propose(self, request: str, config: RunnableConfig | None = None) -> Proposal:
        """Ask for alignments.

        Args:
            request: A rendered prompt of `agents.prompts`.
            config: LangChain configuration: callbacks for traces, the pair's id.

        Raises:
            TeacherError: The endpoint could not be reached, or the answer could not be used.
        """
        try:
            answer = self.agent.invoke({"messages": [HumanMessage(request)]}, config)
        except Exception as error:
            if (reason := endpoint_trouble(error)) is None:
                raise
            raise TeacherError(f"teacher {self.name!r}: {reason}") from error
        messages: list[BaseMessage] = answer["messages"]
        draft = answer.get("structured_response")
        if draft is None:
            last = next((str(m.content) for m in reversed(messages) if isinstance(m, AIMessage) and m.content), "")
            calls = sum(isinstance(m, AIMessage) for m in messages)
            if last.startswith(_LIMIT_REACHED):  # written by the middleware, not by the model
                raise TeacherError(f"teacher {self.name!r} submitted no alignments within {calls - 1} model calls")
            raise TeacherError(
                f"teacher {self.name!r} submitted no alignments after {calls} calls; it said: {last[:300]!r}"
            )
        return Proposal(draft.alignments, _usage(messages), ())


def build_teacher(
    model: BaseChatModel, tools: Sequence[BaseTool], *, name: str, limits: Limits | None = None
) -> Teacher:
    """Give a chat model the chemistry tools.

    Args:
        model: Any chat model; the lexicon is one.
        tools: From `tools.bindings.build_alignment_tools`.
        name: What records call this teacher.
        limits: Bounds of one request.
    """
    bounds = limits or Limits()
    # Typed loosely: the middleware's state type adds fields of its own to the agent's.
    limit: Any = ModelCallLimitMiddleware(run_limit=bounds.model_calls, exit_behavior="end")
    agent = create_agent(
        model,
        tools=list(tools),
        system_prompt=SYSTEM,
        response_format=ToolStrategy(AlignmentDraft),
        middleware=[
            ToolErrorMiddleware(explain_to_model),
            limit,
        ],
        name=AGENT_NAME,
    )
    return Teacher(name, agent, self_checking=isinstance(model, LexiconModel))


def explain_to_model(error: Exception, request: Any) -> str | None:
    """Hand a mistake the model can mend back to it; a bug (None) stops the run."""
    return str(error) if isinstance(error, ChemInputError) else None


def prompt_digest() -> str:
    """Hash of the system prompt, for the settings a run stores."""
    return hashlib.sha256(SYSTEM.encode()).hexdigest()[:12]


def _usage(messages: Sequence[BaseMessage]) -> Usage:
    answers = [m for m in messages if isinstance(m, AIMessage)]
    counted = [m.usage_metadata for m in answers if m.usage_metadata is not None]
    return Usage(
        input_tokens=sum(u["input_tokens"] for u in counted),
        output_tokens=sum(u["output_tokens"] for u in counted),
        calls=len(answers),
    )


def endpoint_trouble(error: Exception) -> str | None:
    """One line for what a provider's client raises; None for everything that is not the endpoint's doing."""
    # LangChain wraps some errors in classes of its own (`OpenAIConnectionError`), which derive from the client's.
    modules = {base.__module__.partition(".")[0] for base in type(error).__mro__}
    providers = {"openai", "anthropic", "httpx", "httpcore", "google", "mistralai", "ollama", "requests"}
    if modules & providers or isinstance(error, (ConnectionError, TimeoutError)):
        return " ".join(f"{type(error).__name__}: {error}".split())[:400]
    return None

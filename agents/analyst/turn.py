"""What a turn of a conversation may spend, what it has spent, and what of it was said."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from langchain_core.messages import AIMessage, BaseMessage

from molreflect.agents.analyst.checker import AnswerChecker
from molreflect.agents.models.prices import Price
from molreflect.agents.models.tokens import APPROXIMATION, TokenCounter, text_of
from molreflect.tools.errors import InputError

CANCELLED = "it was cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLimits:
    """Bounds of one turn; each is told when it is reached."""

    calls: int = 16
    """Calls of the model, answers that are asked for again among them."""
    tool_calls: int = 64
    """Tool calls of the turn."""
    at_once: int = 16
    """Tool calls in one answer of the model; of more, the others are not carried out."""
    tokens: int | None = 400_000
    """Tokens read and written."""
    seconds: float | None = 600.0
    cost: float | None = None
    """Money, in the currency of the model's price."""
    mends: int = 2
    """Answers that cannot be used and are asked for again."""

    def __post_init__(self) -> None:
        for name in ("calls", "tool_calls", "at_once", "tokens", "seconds", "cost"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"{name} of a turn must be more than 0; got {value}")


@dataclass(slots=True)
class Turn:
    """One turn: its bounds, what it has spent, and what is to be told of it."""

    limits: TurnLimits = field(default_factory=TurnLimits)
    price: Price | None = None
    checker: AnswerChecker | None = None
    """Checks the answer; None where rules have written it from what the tools said."""
    counter: TokenCounter = APPROXIMATION
    before: Sequence[BaseMessage] = ()
    """Messages of earlier turns."""
    clock: Callable[[], float] = time.monotonic
    began: float = 0.0
    calls: int = 0
    tool_calls: int = 0
    mends: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    repaired: bool = False
    advice: list[BaseMessage] = field(default_factory=list)
    """The refuted answer and why it is, for further calls of this turn."""
    notices: list[str] = field(default_factory=list)
    """Bounds that were reached, in words."""
    problem: str = ""
    """Why there is no answer, or only a part of one."""
    marks: bool = False
    """Whether the text of the answer is to bear its verdicts, for a caller that shows messages as they are."""
    cancelled: threading.Event = field(default_factory=threading.Event)
    """Set by another thread, or by a signal, to end the turn."""

    def __post_init__(self) -> None:
        self.began = self.clock()

    def out_of_time(self) -> str:
        """Say why the turn has to end now; empty where it may go on."""
        if self.cancelled.is_set():
            return CANCELLED
        if self.limits.seconds is not None and self.clock() - self.began >= self.limits.seconds:
            return f"the bound of {self.limits.seconds:g} seconds a turn is reached"
        return ""

    @property
    def cost(self) -> float | None:
        """Money spent; None where no price is known."""
        return None if self.price is None else self.price.cost(self.input_tokens, self.output_tokens)

    def reached(self, shown: Sequence[BaseMessage]) -> str:
        """Say which bound forbids another call; empty where none does.

        Args:
            shown: What the model would read.
        """
        limits = self.limits
        if over := self.out_of_time():
            return over
        if self.calls >= limits.calls:
            return f"the bound of {limits.calls} model calls a turn is reached"
        spent = self.input_tokens + self.output_tokens
        reading = self.counter.messages(shown) if limits.tokens is not None or limits.cost is not None else 0
        if limits.tokens is not None and spent + reading > limits.tokens:
            return (
                f"the bound of {limits.tokens:,} tokens a turn is reached ({spent:,} spent, {reading:,} more to read)"
            )
        if limits.cost is not None and self.price is not None:
            next_cost = self.price.cost(self.input_tokens + reading, self.output_tokens)
            if next_cost > limits.cost:
                return (
                    f"the bound of {limits.cost:g} {self.price.currency} a turn is reached"
                    f" ({self.cost or 0.0:.4f} spent)"
                )
        return ""

    def spend(self, answer: AIMessage, shown: Sequence[BaseMessage]) -> None:
        """Count a call, by what the provider says or else by the length of the texts."""
        self.calls += 1
        usage = answer.usage_metadata
        self.input_tokens += usage["input_tokens"] if usage else self.counter.messages(shown)
        self.output_tokens += usage["output_tokens"] if usage else self.counter.count(text_of(answer))

    def notice(self, text: str) -> None:
        """Note a bound that was reached, once."""
        if text not in self.notices:
            self.notices.append(text)

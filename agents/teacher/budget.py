"""The budgets of a teacher: of one pair and of a whole run, in calls, tokens, seconds and money."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields

from molreflect.agents.errors import CapReachedError
from molreflect.agents.models.prices import Price
from molreflect.agents.schemas import Usage
from molreflect.agents.schemas import add as add  # where it was looked for before
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError

EXPECTED_OUTPUT = 1_024
"""Tokens a call is expected to write where neither `max_tokens` nor an earlier call says more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one pair over all its requests (draft, repairs, reflection); None is no bound."""

    request_calls: int = 12
    """Most calls of the model in one request, tool results included."""
    calls: int | None = 48
    """Most calls of the model for the pair."""
    tokens: int | None = None
    """Most tokens, read and written together."""
    seconds: float | None = None
    """Most seconds in teacher, tools and verification. A call in progress is not interrupted; what a call
    waits for leave does not count."""
    cost: float | None = None
    """Most money, in the price table's currency."""
    mends: int = 2
    """Most times that a malformed answer of one request is returned to the model."""

    def __post_init__(self) -> None:
        if self.request_calls < 1:
            raise InputError(f"calls of one request must be at least 1, got {self.request_calls}")
        if self.mends < 0:
            raise InputError(f"rounds for mending malformed answers must not be negative, got {self.mends}")
        _all_positive(self, "of a pair")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Hard caps of a whole run over all its attempts; None is no cap. A capped run stops cleanly and can be resumed."""

    calls: int | None = None
    tokens: int | None = None
    seconds: float | None = None
    """Of this invocation: a resumed run starts its clock anew."""
    cost: float | None = None

    def __post_init__(self) -> None:
        _all_positive(self, "of a run")


def _all_positive(bounds: Limits | Caps, whose: str) -> None:
    for each in fields(bounds):
        value = getattr(bounds, each.name)
        if each.name not in ("request_calls", "mends") and value is not None and not value > 0:
            raise InputError(f"the bound on {each.name} {whose} must be more than 0, got {value}")


class RunMeter:
    """The budget of a run, shared by all its threads.

    Before a call its estimated usage is reserved, so that concurrent calls together cannot break a cap that each of
    them alone would keep. A call that would break a cap is refused; where only reservations forbid it, the caller waits
    until they are settled.
    """

    def __init__(
        self,
        caps: Caps | None = None,
        *,
        spent: Usage | None = None,
        currency: str = "USD",
        account: Callable[[str, Usage], None] = lambda outcome, used: None,
    ) -> None:
        """Begin to count.

        Args:
            caps: Of the run.
            spent: What earlier starts of the run spent.
            currency: Of the prices.
            account: Told how every call ended (`answered` or the kind of trouble) and what it used, from any thread.
        """
        self.caps = caps or Caps()
        self.currency = currency
        self._account = account
        self.stopped: str | None = None
        """Why the run stops, in words; None while it continues."""
        self._spent = spent or Usage()
        self._reserved = Usage()
        self._most_written = 0
        self._began = time.monotonic()
        self._changed = threading.Condition()

    @property
    def spent(self) -> Usage:
        """What the run has spent so far, reservations excluded."""
        with self._changed:
            return self._spent

    @property
    def most_written(self) -> int:
        """Tokens of the longest answer so far."""
        with self._changed:
            return self._most_written

    def learn(self, most_written: int) -> None:
        """Take in how long the longest answer to another process was."""
        with self._changed:
            self._most_written = max(self._most_written, most_written)

    @property
    def counts_tokens(self) -> bool:
        """Whether a cap needs the tokens of a call estimated before it is made."""
        return self.caps.tokens is not None or self.caps.cost is not None

    def expected_output(self, max_tokens: int | None) -> int:
        """Estimate the most tokens that the next call writes."""
        return max_tokens or max(self._most_written, EXPECTED_OUTPUT)

    def reserve(self, estimate: Usage) -> None:
        """Reserve budget for a call; wait where only other reservations are in the way.

        Raises:
            CapReachedError: The call would break a cap; from then on every call of the run is refused.
        """
        while True:
            with self._changed:
                if self.stopped is None:
                    self.stopped = self._broken(add(self._spent, estimate))
                    if self.stopped is not None:
                        self._changed.notify_all()
                if self.stopped is not None:
                    raise CapReachedError(self.stopped)
                if self._has_room(estimate):
                    self._reserved = add(self._reserved, estimate)
                    return
                self._changed.wait_for(lambda: self.stopped is not None or self._has_room(estimate), timeout=1.0)

    def _has_room(self, estimate: Usage) -> bool:
        """Whether a call fits beside the reservations."""
        return self._broken(add(add(self._spent, self._reserved), estimate)) is None

    def fits(self, estimate: Usage) -> bool:
        """Whether what is estimated would break no cap; nothing is reserved, and the run goes on either way."""
        with self._changed:
            return self._has_room(estimate)

    def book(self, used: Usage) -> None:
        """Add what was used by requests that another account holds already."""
        with self._changed:
            self._spent = add(self._spent, used)
            self._most_written = max(self._most_written, used.output_tokens // max(1, used.calls))
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait, but not beyond the end of the run, which may be a cap on its time.

        Returns:
            Whether the run goes on.
        """
        until = time.monotonic() + seconds
        with self._changed:
            while self.stopped is None:
                self.stopped = self._broken(self._spent)
                if self.stopped is not None or (left := until - time.monotonic()) <= 0:
                    break
                self._changed.wait(min(left, 1.0))
            return self.stopped is None

    def look(self) -> str | None:
        """Say why the run stops, in words; None where it goes on. A cap on time is reached without any call as well."""
        with self._changed:
            if self.stopped is None and self.caps.seconds is not None:
                self.stopped = self._broken(self._spent)
                if self.stopped is not None:
                    self._changed.notify_all()
            return self.stopped

    def stop(self, reason: str) -> None:
        """End the run: no further call is made. The first reason counts."""
        with self._changed:
            if self.stopped is None:
                self.stopped = reason
            self._changed.notify_all()

    def settle(self, estimate: Usage, real: Usage, outcome: str = "answered") -> None:
        """Replace a call's reservation by what it really cost: one call and no tokens where it failed."""
        self._account(outcome, real)
        with self._changed:
            self._reserved = add(self._reserved, _negative(estimate))
            self._spent = add(self._spent, real)
            self._most_written = max(self._most_written, real.output_tokens)
            self._changed.notify_all()

    def release(self, estimate: Usage) -> None:
        """Give back the reservation of a call that was not sent."""
        with self._changed:
            self._reserved = add(self._reserved, _negative(estimate))
            self._changed.notify_all()

    def _broken(self, usage: Usage) -> str | None:
        caps, spent = self.caps, self._spent
        seconds = time.monotonic() - self._began
        if caps.seconds is not None and seconds >= caps.seconds:
            return f"the run's cap of {caps.seconds:g} seconds is reached"
        if caps.calls is not None and usage.calls > caps.calls:
            return f"the run's cap of {counted(caps.calls, 'call')} is reached"
        if caps.tokens is not None and usage.input_tokens + usage.output_tokens > caps.tokens:
            used = spent.input_tokens + spent.output_tokens
            return (
                f"the run's cap of {counted(caps.tokens, 'token')} is reached: {used} spent, the next call may break it"
            )
        if caps.cost is not None and (usage.cost or 0.0) > caps.cost:
            return (
                f"the run's cap of {caps.cost:g} {self.currency} is reached: {spent.cost or 0.0:.4f} spent, the next "
                "call may break it"
            )
        return None


def _negative(usage: Usage) -> Usage:
    cost = None if usage.cost is None else -usage.cost
    return Usage(input_tokens=-usage.input_tokens, output_tokens=-usage.output_tokens, calls=-usage.calls, cost=cost)


@dataclass(slots=True)
class Ledger:
    """What one request has spent, and whether the bounds of its pair allow another call."""

    limits: Limits
    before: Usage
    """Spent on the pair by earlier requests."""
    seconds_before: float
    price: Price | None
    meter: RunMeter
    usage: Usage
    """Spent by this request."""
    began: float
    waited: float = 0.0
    """Seconds in which no call could be made: a pause or a limit is no fault of the pair."""
    malformed: int = 0
    """Answers of this request that could not be used."""
    reached: str | None = None
    """The bound that ended the request, in words."""
    clock: Callable[[], float] = time.perf_counter

    @classmethod
    def open(cls, limits: Limits, before: Usage, seconds_before: float, price: Price | None, meter: RunMeter) -> Ledger:
        """Start counting a request."""
        return cls(
            limits, before, seconds_before, price, meter, Usage(cost=0.0 if price else None), time.perf_counter()
        )

    @property
    def counts_tokens(self) -> bool:
        """Whether a cap needs the tokens of a call estimated before it is made."""
        return self.limits.tokens is not None or self.limits.cost is not None or self.meter.counts_tokens

    def estimate(self, input_tokens: int, max_tokens: int | None) -> Usage:
        """Estimate what the next call costs at most."""
        output = self.meter.expected_output(max_tokens) if self.counts_tokens else 0
        return self.priced(Usage(input_tokens=input_tokens, output_tokens=output, calls=1))

    def priced(self, usage: Usage) -> Usage:
        """Add its cost to a usage."""
        if self.price is None:
            return usage
        return usage.model_copy(update={"cost": round(self.price.cost(usage.input_tokens, usage.output_tokens), 9)})

    def bound(self, estimate: Usage) -> str | None:
        """Name the bound that the next call would break; None where it may be made."""
        limits, whole = self.limits, add(self.before, self.usage)
        if self.usage.calls >= limits.request_calls:
            return f"{counted(limits.request_calls, 'model call')} of one request"
        if limits.calls is not None and whole.calls >= limits.calls:
            return f"{counted(limits.calls, 'model call')} for the pair"
        tokens = whole.input_tokens + whole.output_tokens
        if limits.tokens is not None and tokens + estimate.input_tokens + estimate.output_tokens > limits.tokens:
            return f"{counted(limits.tokens, 'token')} for the pair ({tokens} spent)"
        if (
            limits.seconds is not None
            and self.seconds_before + self.clock() - self.began - self.waited >= limits.seconds
        ):
            return f"{limits.seconds:g} seconds for the pair"
        if limits.cost is not None and (whole.cost or 0.0) + (estimate.cost or 0.0) > limits.cost:
            currency = self.price.currency if self.price is not None else ""
            return f"{limits.cost:g} {currency} for the pair ({whole.cost or 0.0:.6f} spent)"
        return None

"""Calls of one endpoint: how many at a time, how often, what is tried again, and when the run stops for its sake.

Shared by all threads that call the same model. A call that is told to come later comes later, however often; a call
that fails is repeated with growing, jittered waits; a refused key stops everything at once; where nothing at all is
answered, everybody waits for as long as the policy's patience.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from langchain_core.rate_limiters import BaseRateLimiter

from molreflect.agents.errors import CapReachedError, TeacherError, Trouble, TroubleKind, endpoint_trouble
from molreflect.agents.schemas import Usage
from molreflect.agents.teacher.budget import RunMeter
from molreflect.tools.errors import InputError
from molreflect.tools.terms import FailureKind

R = TypeVar("R")

LONGEST_WAIT = 30.0
"""Seconds a call waits at most before it is sent again, where the endpoint names no time."""
OUTAGE = 60.0
"""Seconds a question is sent again and again while nobody is answered; then others get their turn."""
_LOOK = 0.2
"""Seconds after which somebody who waits looks whether the run has stopped."""
_MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointPolicy:
    """How an endpoint is called. Results do not depend on it."""

    retries: int = 5
    """How often a call is repeated that the server failed on while it answers others."""
    patience: float = 600.0
    """Seconds to wait while nothing at all is answered, before the run stops."""
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None

    def __post_init__(self) -> None:
        if self.retries < 0:
            raise InputError(f"retries must not be negative, got {self.retries}")
        if self.patience < 0:
            raise InputError(f"patience must not be negative, got {self.patience}")
        for name in ("requests_per_minute", "tokens_per_minute"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise InputError(f"{name.replace('_', ' ')} must be more than 0, got {value:g}")

    def shared_by(self, processes: int) -> EndpointPolicy:
        """Split the limits between processes that do not know of each other's calls."""
        share = {
            name: None if (value := getattr(self, name)) is None else value / processes
            for name in ("requests_per_minute", "tokens_per_minute")
        }
        return EndpointPolicy(retries=self.retries, patience=self.patience, **share)


@dataclass(frozen=True, slots=True)
class EndpointState:
    """How the calls of an endpoint stand at a moment. Times are seconds from then."""

    under_way: int
    """Calls that were made and have not ended."""
    waiting: int
    """Callers that wait to be let through, or to ask again."""
    paused: bool
    """Whether somebody has asked for a pause."""
    limit: int | None
    """Most calls at a time that somebody has asked for."""
    room: int | None
    """Most calls at a time that the endpoint bears, by what it has said; None where it has not complained."""
    told: str
    """What the endpoint last said in place of an answer, in words; empty where it answers."""
    status: int | None
    """The HTTP status of that."""
    opens_in: float | None
    """When calls are made again that the endpoint has put off; None where it has put off none."""
    silent_for: float | None
    """How long it has answered nobody; None where it answers."""
    patience: float
    """How long that may last."""
    limited: bool
    """Whether a limit of requests or tokens a minute is all that callers wait for."""


class Endpoint:
    """The endpoint of a run's teacher, as all its threads know it."""

    def __init__(
        self,
        policy: EndpointPolicy | None = None,
        *,
        say: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        """Know nothing of the endpoint yet.

        Args:
            policy: How it is called.
            say: Told what everybody waits for, and when it goes on.
            clock: Seconds, ever growing.
            rng: Where jitter comes from; results do not depend on it.
        """
        self.policy = policy or EndpointPolicy()
        self.waits_for = ""
        """What everybody waits for, in words; empty while calls are made."""
        self._say, self._clock, self._rng = say, clock, rng or random.Random()
        self._changed = threading.Condition()
        self._paused, self._limit = False, float("inf")
        """What somebody has asked for who steers the run; neither is changed by what the endpoint says."""
        self._waiting = 0
        self._trouble: Trouble | None = None
        """The last one, until there is an answer."""
        self._inside = 0
        self._room = float("inf")
        """Calls allowed at a time; no bound until the endpoint asks for fewer."""
        self._cut_at = -float("inf")
        self._busy_rounds = 0
        self._paused_until = -float("inf")
        self._answered_at = -float("inf")
        self._failing_since: float | None = None
        """When the first call was made that failed since the last answer."""
        self._sent: deque[tuple[float, int]] = deque()
        """When calls of the last minute were made, with the tokens they were expected to take."""

    def now(self) -> float:
        """Read the endpoint's clock, in seconds."""
        return self._clock()

    def answered_since(self, moment: float) -> bool:
        """Whether the endpoint has answered anybody since a moment of its clock."""
        with self._changed:
            return self._answered_at > moment

    def enter(self, meter: RunMeter, tokens: int) -> float:
        """Wait until a call may be made, and note that it is.

        Returns:
            When, by the endpoint's clock; `leave` wants it.

        Raises:
            CapReachedError: The run has stopped meanwhile.
        """
        with self._changed:
            self._waiting += 1
            try:
                while True:
                    if meter.stopped is not None:
                        raise CapReachedError(meter.stopped)
                    now = self._clock()
                    wait = self._wait(now, tokens)
                    if wait <= 0:
                        self._inside += 1
                        self._sent.append((now, tokens))
                        return now
                    self._changed.wait(min(wait, _LOOK))
            finally:
                self._waiting -= 1

    def pause(self) -> int:
        """Make no new call until `resume`; calls under way come to their end.

        Returns:
            How many calls are under way.
        """
        with self._changed:
            self._paused = True
            return self._inside

    def resume(self) -> None:
        """Make calls again. The time that was paused is no silence of the endpoint."""
        with self._changed:
            if self._paused:
                self._paused, self._failing_since = False, None
            self._changed.notify_all()

    def limit(self, calls: int | None) -> int:
        """Bound the calls at a time, whatever the endpoint bears; None lifts the bound.

        Returns:
            How many calls are under way.
        """
        with self._changed:
            self._limit = float("inf") if calls is None else calls
            self._changed.notify_all()
            return self._inside

    def look(self) -> EndpointState:
        """See how the calls stand."""
        with self._changed:
            now = self._clock()
            trouble = self._trouble
            put_off = self._paused_until - now
            return EndpointState(
                under_way=self._inside,
                waiting=self._waiting,
                paused=self._paused,
                limit=None if self._limit == float("inf") else int(self._limit),
                room=None if self._room == float("inf") else int(self._room),
                told=trouble.text if trouble is not None else "",
                status=trouble.status if trouble is not None else None,
                opens_in=put_off if put_off > 0 else None,
                silent_for=None if self._failing_since is None else now - self._failing_since,
                patience=self.policy.patience,
                limited=not self._paused and put_off <= 0 and self._inside < min(self._room, self._limit)
                and self._wait(now, 0) > 0,
            )  # fmt: skip

    def _wait(self, now: float, tokens: int) -> float:
        """Seconds until a call may be made, as far as is known."""
        if self._paused:
            return _LOOK
        if now < self._paused_until:
            return self._paused_until - now
        if self._inside >= min(self._room, self._limit):
            return _LOOK
        while self._sent and now - self._sent[0][0] >= _MINUTE:
            self._sent.popleft()
        most, most_tokens = self.policy.requests_per_minute, self.policy.tokens_per_minute
        if most is not None and self._sent and now - self._sent[-1][0] < _MINUTE / most:
            return _MINUTE / most - (now - self._sent[-1][0])  # evenly, since servers count over windows of their own
        if most_tokens is not None and self._sent and sum(n for _, n in self._sent) + tokens > most_tokens:
            return _MINUTE - (now - self._sent[0][0])
        return 0.0

    def leave(self, began: float, trouble: Trouble | None, meter: RunMeter) -> None:
        """Note how a call ended.

        Args:
            began: From `enter`.
            trouble: What the endpoint made of it; None for an answer.
            meter: Of the run; it is stopped where no further call makes sense.
        """
        with self._changed:
            self._inside -= 1
            now = self._clock()
            if trouble is None:
                self._note_answer(now)
            elif trouble.kind is TroubleKind.REFUSED:
                meter.stop(f"the endpoint refuses the key, the account or the model: {trouble.text}")
            elif trouble.kind in (TroubleKind.BUSY, TroubleKind.TRANSIENT):
                self._note_trouble(trouble, began, now, meter)
            self._changed.notify_all()

    def _note_answer(self, now: float) -> None:
        self._answered_at = now
        self._failing_since, self._busy_rounds, self._trouble = None, 0, None
        if self._room != float("inf"):
            self._room += 1 / self._room  # one more a round trip
        if self.waits_for:
            self.waits_for = ""
            self._say("the endpoint answers again")

    def _note_trouble(self, trouble: Trouble, began: float, now: float, meter: RunMeter) -> None:
        if self._failing_since is None:
            self._failing_since = began  # a long idle time before this call is no outage
        self._trouble = trouble
        silent = now - self._failing_since
        patience = self.policy.patience
        if trouble.retry_after is not None and trouble.retry_after > patience:
            meter.stop(
                f"the endpoint asks to wait {trouble.retry_after:.0f} s, more than the patience of {patience:g} s"
            )
            return
        if silent > patience:
            meter.stop(f"the endpoint has answered nothing for {patience:g} s: {trouble.text}")
            return
        pause = trouble.retry_after or 0.0
        if trouble.kind is TroubleKind.BUSY and began > self._cut_at:  # of many calls at once only the first counts
            self._room = max(1.0, min(self._room, self._inside + 1.0) / 2)
            self._cut_at = now
            self._busy_rounds += 1
            if self._busy_rounds > 1:
                pause = max(pause, self.backoff(self._busy_rounds - 1))
        self._paused_until = max(self._paused_until, now + pause)
        if not self.waits_for and (pause > 1.0 or silent > 5.0):
            self.waits_for = f"the endpoint ({trouble.text})"
            self._say(f"waiting for the endpoint, at most {patience:g} s: {trouble.text}")

    def backoff(self, times: int) -> float:
        """Seconds to wait after so many failures in a row: doubling, with jitter, at most `LONGEST_WAIT`."""
        return min(LONGEST_WAIT, 0.5 * 2.0 ** min(times, 10)) * self._rng.uniform(0.5, 1.0)

    def sleep(self, seconds: float, meter: RunMeter) -> None:
        """Wait, but not beyond the end of the run."""
        until = self._clock() + seconds
        with self._changed:
            self._waiting += 1
            try:
                while meter.stopped is None and (left := until - self._clock()) > 0:
                    self._changed.wait(min(left, _LOOK))
            finally:
                self._waiting -= 1


@dataclass
class Question:
    """One question to the model, sent as often as the endpoint's policy allows."""

    endpoint: Endpoint
    meter: RunMeter
    estimate: Usage
    """What one call costs at most."""
    _began: float | None = field(default=None, init=False)
    """When the call under way was made; None before it, and where the answer was at hand."""

    def begin(self) -> None:
        """Ask for leave to send; waits for the endpoint's limits and reserves the budget.

        Raises:
            CapReachedError: No further call is made.
        """
        if self._began is not None:
            return
        tokens = self.estimate.input_tokens + self.estimate.output_tokens
        began = self.endpoint.enter(self.meter, tokens)
        try:
            self.meter.reserve(self.estimate)
        except CapReachedError:
            self.endpoint.leave(began, Trouble(TroubleKind.REJECTED, ""), self.meter)
            raise
        self._began = began

    def ask(self, call: Callable[[], R], usage: Callable[[R], Usage], *, gated: bool) -> tuple[R, Usage]:
        """Send it until it is answered.

        Args:
            call: Sends it once.
            usage: What an answer used.
            gated: Whether the model itself asks for leave (`LEAVE`) once it knows that the answer is not at hand.

        Returns:
            The answer, and what it used, whether it was paid for now or earlier.

        Raises:
            TeacherError: The endpoint does not answer this question, though it answers others.
            CapReachedError: The run makes no further call.
        """
        first, failures = self.endpoint.now(), 0
        while True:
            token = _ASKING.set(self)
            try:
                if not gated:
                    self.begin()
                answer = call()
            except CapReachedError:
                raise
            except Exception as error:
                trouble = endpoint_trouble(error)
                self._end(trouble or Trouble(TroubleKind.REJECTED, ""), Usage(calls=1))
                if trouble is None:
                    raise
                failures += trouble.kind is TroubleKind.TRANSIENT
                self._again_or_raise(trouble, failures, first, error)
                continue
            finally:
                _ASKING.reset(token)
            used = usage(answer)
            self._end(None, used)
            return answer, used

    def _end(self, trouble: Trouble | None, used: Usage) -> None:
        """Settle the call under way, if one was made."""
        if self._began is None:
            return
        began, self._began = self._began, None
        self.meter.settle(self.estimate, used, "answered" if trouble is None else trouble.kind.value)
        self.endpoint.leave(began, trouble, self.meter)

    def _again_or_raise(self, trouble: Trouble, failures: int, first: float, error: Exception) -> None:
        """Wait before the next try, or say that there is none."""
        if self.meter.stopped is not None:
            raise CapReachedError(self.meter.stopped) from error
        policy, waited = self.endpoint.policy, self.endpoint.now() - first
        # A question that is too large for the limits is put off for ever, while others are answered.
        if trouble.kind is TroubleKind.BUSY and (waited <= policy.patience or not self.endpoint.answered_since(first)):
            self.endpoint.sleep(self.endpoint.backoff(0), self.meter)  # the endpoint's own pause is waited for in line
            return
        if trouble.kind is TroubleKind.TRANSIENT:
            # Where nobody is answered it is an outage, and no fault of this question; but for a while only: a server
            # that this question breaks looks the same to a run that asks one thing at a time.
            outage = policy.retries > 0 and waited < OUTAGE and not self.endpoint.answered_since(first)
            if failures <= policy.retries or outage:
                self.endpoint.sleep(self.endpoint.backoff(failures - 1), self.meter)
                return
        kinds = {
            TroubleKind.BUSY: FailureKind.REJECTED,
            TroubleKind.REJECTED: FailureKind.REJECTED,
            TroubleKind.FILTERED: FailureKind.FILTERED,
        }
        raise TeacherError(trouble.text, kind=kinds.get(trouble.kind, FailureKind.ENDPOINT)) from error


_ASKING: ContextVar[Question | None] = ContextVar("asking", default=None)


class Leave(BaseRateLimiter):
    """LangChain's place between a cache that has no answer and the request: here the question asks for leave."""

    def acquire(self, *, blocking: bool = True) -> bool:
        """Wait until the question in hand may be sent."""
        if (question := _ASKING.get()) is not None:
            question.begin()
        return True

    async def aacquire(self, *, blocking: bool = True) -> bool:
        """As `acquire`."""
        return self.acquire(blocking=blocking)


LEAVE = Leave()
"""For `BaseChatModel.rate_limiter`."""

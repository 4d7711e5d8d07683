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
from dataclasses import dataclass

from molreflect.agents.errors import CapReachedError, Trouble, TroubleKind
from molreflect.agents.schemas import Usage
from molreflect.agents.teacher.budget import RunMeter
from molreflect.tools.errors import InputError

LONGEST_WAIT = 30.0
"""Seconds a call waits at most before it is sent again, where the endpoint names no time."""
LONGEST_PROBE = 5.0
"""Seconds between two calls at most, while nobody is answered and one call at a time finds out when that ends."""
RECOVERY = 10.0
"""Seconds in which the calls at a time grow back to what they were before trouble."""
OUTAGE = 60.0
"""Seconds a lone question is sent again and again while nobody is answered; then others get their turn."""
ROW_OF_FAILURES = 4
"""Calls that fail one after the other, at least, before the endpoint is taken to be out."""
REFUSED_IN_A_ROW = 20
"""Requests that are not taken, without an answer in between, from which on it is not the requests."""
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
    first: int = 16
    """Calls at a time until the first answer: a key that is refused is not refused to all callers at once."""

    def __post_init__(self) -> None:
        if self.retries < 0:
            raise InputError(f"retries must not be negative, got {self.retries}")
        if not self.patience >= 0:
            raise InputError(f"patience must not be negative, got {self.patience}")
        for name in ("requests_per_minute", "tokens_per_minute"):
            value = getattr(self, name)
            if value is not None and not value > 0:  # nor is it no number
                raise InputError(f"{name.replace('_', ' ')} must be more than 0, got {value:g}")


@dataclass(frozen=True, slots=True)
class CallUnderWay:
    """A call that was given leave, as `Endpoint.end` wants it back."""

    began: float
    """By the endpoint's clock."""
    estimate: Usage
    """What was reserved for it."""
    question: str
    """Which question it asks."""
    number: int = 0
    """Among those of other processes."""


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
        answers: bool = False,
    ) -> None:
        """Know nothing of the endpoint yet.

        Args:
            policy: How it is called.
            say: Told what everybody waits for, and when it goes on.
            clock: Seconds, ever growing.
            rng: Where jitter comes from; results do not depend on it.
            answers: It has answered somebody already.
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
        self._put_off_by: Trouble | None = None
        """What calls are put off for, also where others have been answered since."""
        self._inside = 0
        self._room = float("inf")
        """Calls allowed at a time; no bound until the endpoint asks for fewer."""
        self._goal = float("inf")
        """Calls at a time before the last trouble, to which `_room` grows back in `RECOVERY` seconds."""
        self._grown_at = -float("inf")
        """When `_room` grew last; before the first answer since the last cut, not at all."""
        self._cut_at = -float("inf")
        self._rounds = 0
        """Cuts since the last answer."""
        self._known = answers
        """Whether it has answered anybody."""
        self._not_taken = 0
        """Requests since the last answer that it did not take."""
        self._paused_until = -float("inf")
        self._answered_at = -float("inf")
        self._failing_since: float | None = None
        """When the first call was made that failed since the last answer."""
        self._inside_then = 1
        """Calls under way when it failed."""
        self._failures = 0
        """Calls that failed since the last answer."""
        self._failing: set[str] = set()
        """Questions they asked."""
        self._sent: deque[tuple[float, int]] = deque()
        """When calls of the last minute were made, with the tokens they were expected to take."""

    def now(self) -> float:
        """Read the endpoint's clock, in seconds."""
        return self._clock()

    def begin(self, estimate: Usage, question: str, meter: RunMeter) -> CallUnderWay:
        """Wait until a call may be made: for the endpoint's limits, and for budget to reserve.

        Args:
            estimate: What the call costs at most.
            question: Which question it asks; the same for every try.
            meter: Of the run.

        Raises:
            CapReachedError: The run makes no further call.
        """
        began = self.enter(meter, estimate.input_tokens + estimate.output_tokens)
        try:
            meter.reserve(estimate)
        except CapReachedError:
            self.leave(began, Trouble(TroubleKind.REJECTED, ""), meter)
            raise
        return CallUnderWay(began, estimate, question)

    def give_back(self, call: CallUnderWay, meter: RunMeter) -> None:
        """Give back a call's leave that was not used: nothing was sent."""
        meter.release(call.estimate)
        self.leave(call.began, Trouble(TroubleKind.REJECTED, ""), meter)

    def end(
        self, call: CallUnderWay, used: Usage, trouble: Trouble | None, meter: RunMeter, outcome: str | None = None
    ) -> None:
        """Settle a call from `begin`.

        Args:
            call: Which.
            used: What it used in place of its estimate.
            trouble: What the endpoint made of it; None for an answer.
            meter: Of the run.
            outcome: How the account calls its end; by default as the trouble is called.
        """
        self.leave(
            call.began, trouble, meter, call.question
        )  # first: nobody begins a call while a refusal is noted down
        meter.settle(call.estimate, used, outcome or ("answered" if trouble is None else trouble.kind.value))

    def again(self, trouble: Trouble, failures: int, waited: float) -> float | None:
        """Decide whether a question is sent once more.

        Args:
            trouble: What became of the last try.
            failures: Tries that ended in transient trouble so far.
            waited: Seconds since the question was first sent.

        Returns:
            Seconds to wait before that; None where it is not to be sent again.
        """
        policy = self.policy
        with self._changed:
            answered = self._answered_at > self._clock() - waited
            together = len(self._failing) > 1
        # A question that is too large for the limits is put off for ever, while others are answered.
        if trouble.kind is TroubleKind.BUSY and (waited <= policy.patience or not answered):
            return self.backoff(0)  # the endpoint's own pause is waited for in line
        if trouble.kind is TroubleKind.TRANSIENT:
            # Where nobody is answered it is an outage, and no fault of this question; but where no other question
            # fails beside it, for a while only: a server that this question breaks looks the same to a run that asks
            # one thing at a time.
            if policy.retries > 0 and not answered and (together or waited < OUTAGE):
                return self.backoff(0) if together else self.backoff(failures - 1)
            if failures <= policy.retries:
                return self.backoff(failures - 1)
        return None

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
                    if (stopped := meter.look()) is not None:  # a cap on time ends a wait as well
                        raise CapReachedError(stopped)
                    wait = self._wait(now := self._clock(), tokens)
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
        return _state_of(self)

    def _wait(self, now: float, tokens: int) -> float:
        """Seconds until a call may be made, as far as is known."""
        if self._paused:
            return _LOOK
        if now < self._paused_until:
            return self._paused_until - now
        if self._inside >= min(self._room, self._limit, float("inf") if self._known else self.policy.first):
            return _LOOK
        while self._sent and now - self._sent[0][0] >= _MINUTE:
            self._sent.popleft()
        most, most_tokens = self.policy.requests_per_minute, self.policy.tokens_per_minute
        if most is not None and self._sent and now - self._sent[-1][0] < _MINUTE / most:
            return _MINUTE / most - (now - self._sent[-1][0])  # evenly, since servers count over windows of their own
        if most_tokens is not None and self._sent and sum(n for _, n in self._sent) + tokens > most_tokens:
            return _MINUTE - (now - self._sent[0][0])
        return 0.0

    def leave(self, began: float, trouble: Trouble | None, meter: RunMeter, question: str = "") -> None:
        """Note how a call ended.

        Args:
            began: From `enter`.
            trouble: What the endpoint made of it; None for an answer.
            meter: Of the run; it is stopped where no further call makes sense.
            question: Which question it asked.
        """
        with self._changed:
            now, self._inside = self._clock(), self._inside - 1
            if trouble is None:
                self._note_answer(now)
            elif trouble.kind is TroubleKind.REFUSED:
                meter.stop(f"no call can succeed (key, account, model, address, certificate): {trouble.text}")
            elif trouble.kind in (TroubleKind.BUSY, TroubleKind.TRANSIENT):
                self._note_trouble(trouble, began, now, meter, question)
            elif trouble.kind is TroubleKind.REJECTED and trouble.text and not trouble.too_large:
                self._not_taken += 1
                if self._not_taken >= REFUSED_IN_A_ROW:
                    meter.stop(f"the endpoint has taken none of the last {self._not_taken} requests: {trouble.text}")
            self._changed.notify_all()

    def _note_answer(self, now: float) -> None:
        self._answered_at, self._known, self._not_taken = now, True, 0
        self._failing_since, self._rounds, self._failures, self._trouble = None, 0, 0, None
        self._failing.clear()
        if self._room != float("inf"):
            self._grow(now)
        if self.waits_for:
            self.waits_for = ""
            self._say("the endpoint answers again")

    def _grow(self, now: float) -> None:
        """Allow more calls at a time: as many as before trouble after `RECOVERY` seconds, then twice as many.

        By the clock, and not by the round trip: at a latency of seconds, one more a round trip takes minutes.
        """
        if self._grown_at > self._cut_at:  # else this is the first answer, and the clock starts
            passed = min(now - self._grown_at, RECOVERY / 4)  # a lone slow answer does not open the door for everybody
            self._room += max(self._goal, 2.0) * passed / RECOVERY
            if self._room >= self._goal:
                self._goal = 2 * self._room
        self._grown_at = now

    def _note_trouble(self, trouble: Trouble, began: float, now: float, meter: RunMeter, question: str) -> None:
        if self._failing_since is None:
            self._failing_since = max(began, self._answered_at)  # neither idle time nor a call that hung is an outage
            self._inside_then = self._inside + 1
        self._trouble = trouble
        self._failures += 1
        self._failing.add(question)
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
        pause = _asked_to_wait(trouble)
        # All calls fail, and not a question that breaks the server while others are being answered.
        out = self._failures >= max(ROW_OF_FAILURES, self._inside) and len(self._failing) > 1
        if (trouble.kind is TroubleKind.BUSY or out) and began > self._cut_at:  # of many at once only the first counts
            pause = max(pause, self._cut(now, 1.0 if out else 0.5 * min(self._room, self._inside + 1.0)))
        if now + pause > self._paused_until:
            self._paused_until, self._put_off_by = now + pause, trouble
        if not self.waits_for and (pause > 1.0 or silent > 5.0):
            self.waits_for = f"the endpoint ({trouble.text})"
            self._say(f"waiting for the endpoint, at most {patience:g} s: {trouble.text}")

    def _cut(self, now: float, room: float) -> float:
        """Allow fewer calls at a time; how long to wait besides, where that was done before and nobody answered."""
        if not self._rounds:  # what is cut again before anybody answers was no more than a guess
            self._goal = min(self._room, float(self._inside_then))
        self._room, self._cut_at = max(1.0, room), now
        self._rounds += 1
        return min(LONGEST_PROBE, self.backoff(self._rounds - 2)) if self._rounds > 1 else 0.0

    def backoff(self, times: int) -> float:
        """Seconds to wait after so many failures in a row: doubling, with jitter, at most `LONGEST_WAIT`."""
        return min(LONGEST_WAIT, 0.5 * 2.0 ** min(times, 10)) * self._rng.uniform(0.5, 1.0)

    def sleep(self, seconds: float, meter: RunMeter) -> None:
        """Wait, but not beyond the end of the run."""
        until = self._clock() + seconds
        with self._changed:
            self._waiting += 1
            try:
                while meter.look() is None and (left := until - self._clock()) > 0:
                    self._changed.wait(min(left, _LOOK))
            finally:
                self._waiting -= 1


def _asked_to_wait(trouble: Trouble) -> float:
    if trouble.retry_after is not None:
        return trouble.retry_after
    return min(trouble.resets_in or 0.0, _MINUTE)  # beyond that, asking tells more than what is said of a limit


def _state_of(endpoint: Endpoint) -> EndpointState:
    with endpoint._changed:
        now = endpoint._clock()
        put_off = endpoint._paused_until - now
        trouble = endpoint._put_off_by if put_off > 0 else endpoint._trouble
        return EndpointState(
            under_way=endpoint._inside,
            waiting=endpoint._waiting,
            paused=endpoint._paused,
            limit=None if endpoint._limit == float("inf") else int(endpoint._limit),
            room=None if endpoint._room == float("inf") else int(endpoint._room),
            told=trouble.text if trouble is not None else "",
            status=trouble.status if trouble is not None else None,
            opens_in=put_off if put_off > 0 else None,
            silent_for=None if endpoint._failing_since is None else now - endpoint._failing_since,
            patience=endpoint.policy.patience,
            limited=not endpoint._paused
            and put_off <= 0
            and endpoint._inside < min(endpoint._room, endpoint._limit)
            and endpoint._wait(now, 0) > 0,
        )

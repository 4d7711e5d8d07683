"""One question to the model: asked with leave of its endpoint, and again as often as that decides."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from langchain_core.rate_limiters import BaseRateLimiter

from molreflect.agents.errors import CapReachedError, TeacherError, Trouble, TroubleKind, answer_of, endpoint_trouble
from molreflect.agents.schemas import Usage
from molreflect.agents.teacher.budget import RunMeter
from molreflect.agents.teacher.direct_callbacks import new_id
from molreflect.agents.teacher.endpoint import CallUnderWay, Endpoint
from molreflect.tools.terms import FailureKind

R = TypeVar("R")


@dataclass
class Question:
    """One question to the model, sent as often as the endpoint's policy allows."""

    endpoint: Endpoint
    meter: RunMeter
    estimate: Usage
    """What one call costs at most."""
    name: str = field(default_factory=lambda: new_id().hex)
    """Tells it from others, of other processes too."""
    waited: float = field(default=0.0, init=False)
    """Seconds that it was kept waiting: for leave, and before it was sent again."""
    _call: CallUnderWay | None = field(default=None, init=False)
    """The call under way; None before it, and where the answer was at hand."""

    def begin(self) -> None:
        """Ask for leave to send; waits for the endpoint's limits and reserves the budget.

        Raises:
            CapReachedError: No further call is made.
        """
        if self._call is None:
            since = self.endpoint.now()
            self._call = self.endpoint.begin(self.estimate, self.name, self.meter)
            self.waited += self.endpoint.now() - since

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
        if self._call is not None:
            call, self._call = self._call, None
            self.endpoint.end(call, used, trouble, self.meter)

    def _again_or_raise(self, trouble: Trouble, failures: int, first: float, error: Exception) -> None:
        """Wait before the next try, or say that there is none."""
        if self.meter.stopped is not None:
            raise CapReachedError(self.meter.stopped) from error
        wait = self.endpoint.again(trouble, failures, self.endpoint.now() - first)
        if wait is not None:
            since = self.endpoint.now()
            self.endpoint.sleep(wait, self.meter)
            self.waited += self.endpoint.now() - since
            return
        kinds = {
            TroubleKind.BUSY: FailureKind.REJECTED,
            TroubleKind.REJECTED: FailureKind.REJECTED,
            TroubleKind.FILTERED: FailureKind.FILTERED,
        }
        kind = kinds.get(trouble.kind, FailureKind.ENDPOINT)
        raise TeacherError(trouble.text, kind=kind, raw=answer_of(error)) from error


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

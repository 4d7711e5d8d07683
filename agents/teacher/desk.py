"""One budget for all processes of a run: they ask the process that began it for leave to call the teacher.

`CallDesk` stands in that process, before its endpoint and its meter. Every other process has a `RemoteEndpoint`, which
asks it. Caps, limits a minute, pauses, outages and refused keys hold over all of them together.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from typing import Any, Literal

from molreflect.agents.errors import CapReachedError, Trouble, TroubleKind
from molreflect.agents.models.responses import Responses
from molreflect.agents.schemas import Usage
from molreflect.agents.teacher.budget import RunMeter
from molreflect.agents.teacher.endpoint import CallUnderWay, Endpoint, EndpointPolicy

LOST = "lost"
"""How a call ended whose process died before its answer came."""
_LOOK = 1.0
"""Seconds after which a process that waits asks whether the run has stopped."""


@dataclass(frozen=True, slots=True)
class Query:
    """What a process asks of the desk."""

    what: Literal["begin", "end", "again", "look", "find", "keep"]
    estimate: Usage | None = None
    question: str = ""
    number: int = 0
    """Of the call that ends."""
    used: Usage | None = None
    trouble: Trouble | None = None
    failures: int = 0
    waited: float = 0.0
    key: str = ""
    """Of a question whose answer is looked for or kept."""
    model: str = ""
    text: str = ""
    """Of the answer that is kept."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the desk answers."""

    stopped: str | None
    """Why the run makes no further call, in words."""
    most_written: int
    """Tokens of the longest answer so far."""
    number: int = 0
    """Of the call that was given leave."""
    wait: float | None = None
    """Seconds until a question is sent again."""
    text: str | None = None
    """Of the answer that was looked for; None where there is none."""


class CallDesk:
    """Answers what other processes ask about calls of the teacher, from any number of threads."""

    def __init__(self, endpoint: Endpoint, meter: RunMeter, responses: Responses | None = None) -> None:
        """Stand before an endpoint and a meter, which this process may go on to use itself.

        Args:
            endpoint: Of the run.
            meter: Of the run.
            responses: What was answered before, for workers that cannot open it themselves.
        """
        self._endpoint, self._meter, self._responses = endpoint, meter, responses
        self._numbers = itertools.count(1)
        self._guard = threading.Lock()
        self._open: dict[int, tuple[str, CallUnderWay]] = {}
        """Calls under way, with the worker that makes each."""
        self._gone: set[str] = set()

    @property
    def under_way(self) -> int:
        """Calls that were given leave and have not ended."""
        with self._guard:
            return len(self._open)

    def answer(self, worker: str, query: Query) -> Reply:
        """Answer a query; `begin` waits until there is leave.

        What goes wrong here (a full disk) ends the run: whoever asks could do nothing about it.

        Args:
            worker: Who asks.
            query: What.
        """
        try:
            return self._answer(worker, query)
        except Exception as error:  # noqa: BLE001 - it is why the run stops
            self.stop(error)
            return Reply(self._meter.stopped, self._meter.most_written)

    def stop(self, error: Exception) -> None:
        """Have the run make no further call, for an error of the process that began it."""
        self._meter.stop(f"{type(error).__name__}: {' '.join(str(error).split())}")

    def _answer(self, worker: str, query: Query) -> Reply:
        number, wait, text = 0, None, None
        if query.what == "begin":
            number = self._begin(worker, query)
        elif query.what == "end":
            self._end(query.number, query.used or Usage(calls=1), query.trouble)
        elif query.what == "again" and query.trouble is not None:
            wait = self._endpoint.again(query.trouble, query.failures, query.waited)
        elif query.what == "find" and self._responses is not None:
            text = self._responses.find(query.key)
        elif query.what == "keep" and self._responses is not None:
            self._responses.keep(query.key, query.model, query.text)
        return Reply(self._meter.look(), self._meter.most_written, number, wait, text)

    def _begin(self, worker: str, query: Query) -> int:
        try:
            call = self._endpoint.begin(query.estimate or Usage(calls=1), query.question, self._meter)
        except CapReachedError:
            return 0
        with self._guard:
            number = next(self._numbers)
            self._open[number] = worker, call
            gone = worker in self._gone
        if gone:  # it died while it waited for leave, so nothing was sent
            with self._guard:
                del self._open[number]
            self._endpoint.give_back(call, self._meter)
        return number

    def _end(self, number: int, used: Usage, trouble: Trouble | None, outcome: str | None = None) -> None:
        with self._guard:
            _, call = self._open.pop(number, ("", None))
        if call is not None:
            self._endpoint.end(call, used, trouble, self._meter, outcome)

    def gone(self, worker: str) -> None:
        """Settle what a worker had under way that is no more: it was sent, and nobody will say what came of it."""
        with self._guard:
            self._gone.add(worker)
            lost = [number for number, (whose, _) in self._open.items() if whose == worker]
        for number in lost:
            self._end(number, Usage(calls=1), Trouble(TroubleKind.REJECTED, ""), LOST)


Ask = Callable[[Query], Reply]
"""Has a query answered by the desk."""


class RemoteEndpoint(Endpoint):
    """The endpoint of a run whose calls are counted in another process."""

    def __init__(self, policy: EndpointPolicy, ask: Ask) -> None:
        """Ask another process's desk for leave.

        Args:
            policy: How the endpoint is called; the desk has the same.
            ask: Has a query answered by the desk.
        """
        super().__init__(policy)
        self._ask = ask

    def begin(self, estimate: Usage, question: str, meter: RunMeter) -> CallUnderWay:
        """As `Endpoint.begin`; the meter only learns how things stand."""
        reply = self._told(Query("begin", estimate=estimate, question=question), meter)
        if not reply.number:
            raise CapReachedError(reply.stopped or "the run stops")
        return CallUnderWay(0.0, estimate, question, reply.number)

    def end(
        self, call: CallUnderWay, used: Usage, trouble: Trouble | None, meter: RunMeter, outcome: str | None = None
    ) -> None:
        """As `Endpoint.end`."""
        self._told(Query("end", number=call.number, used=used, trouble=trouble), meter)

    def again(self, trouble: Trouble, failures: int, waited: float) -> float | None:
        """As `Endpoint.again`."""
        return self._ask(Query("again", trouble=trouble, failures=failures, waited=waited)).wait

    def sleep(self, seconds: float, meter: RunMeter) -> None:
        """As `Endpoint.sleep`."""
        until = self.now() + seconds
        while meter.stopped is None and (left := until - self.now()) > 0:
            super().sleep(min(left, _LOOK), meter)
            self._told(Query("look"), meter)

    def _told(self, query: Query, meter: RunMeter) -> Reply:
        reply = self._ask(query)
        meter.learn(reply.most_written)
        if reply.stopped is not None:
            meter.stop(reply.stopped)
        return reply


class RemoteResponses(Responses):
    """Answers that another process keeps."""

    def __init__(self, ask: Ask, model: str, sampling: Mapping[str, Any] | None) -> None:
        """Look for answers of a model at a desk, and keep them there."""
        super().__init__(model, sampling)
        self._ask = ask

    def find(self, key: str) -> str | None:
        """As `Responses.find`."""
        return self._ask(Query("find", key=key)).text

    def keep(self, key: str, model: str, answer: str) -> None:
        """As `Responses.keep`."""
        self._ask(Query("keep", key=key, model=model, text=answer))


@dataclass(frozen=True, slots=True)
class DeskAddress:
    """Where a desk of this machine is asked. It is pickled."""

    address: str
    key: bytes


class DeskServer:
    """Lets other processes of this machine ask a desk, through a socket in a folder of this user's own."""

    def __init__(self, desk: CallDesk) -> None:
        """Listen from now on."""
        self._desk, self._stopping = desk, False
        key = os.urandom(32)
        self._listener = Listener(family="AF_UNIX", backlog=128, authkey=key)
        self.address = DeskAddress(str(self._listener.address), key)
        self._accepting = threading.Thread(target=self._accept, daemon=True, name="desk")
        self._accepting.start()

    def close(self) -> None:
        """Stop listening; connections end with the processes at their other ends."""
        self._stopping = True
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as knock:
            knock.connect(self.address.address)  # wakes who accepts
        self._accepting.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._stopping:
            try:
                connection = self._listener.accept()
            except (OSError, EOFError, AuthenticationError):  # who came is not one of ours, or has left already
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True, name="desk").start()

    def _serve(self, connection: Connection[Any, Any]) -> None:
        worker = ""
        try:
            worker = connection.recv()
            while True:
                connection.send(self._desk.answer(worker, connection.recv()))
        except (EOFError, OSError):
            if worker:  # which closes its connections only as it ends
                self._desk.gone(worker)
        finally:
            connection.close()


class DeskClient:
    """Asks a desk of this machine; one connection for each query under way."""

    def __init__(self, address: DeskAddress) -> None:
        """Make the connection by which the desk knows that this process lives."""
        self._address, self._idle = address, deque[Any]()
        self._worker = f"{os.getpid()}-{os.urandom(4).hex()}"
        self._life = self._connect()

    def __call__(self, query: Query) -> Reply:
        """Have a query answered.

        Raises:
            CapReachedError: The process that began the run is gone.
        """
        try:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._connect()
            connection.send(query)
            reply: Reply = connection.recv()
        except (EOFError, OSError) as error:
            raise CapReachedError("the process that began the run is gone") from error
        self._idle.append(connection)
        return reply

    def _connect(self) -> Any:
        connection = Client(self._address.address, authkey=self._address.key)
        connection.send(self._worker)
        return connection

    def close(self) -> None:
        """Close the connections; calls under way count as lost."""
        for connection in [self._life, *self._idle]:
            connection.close()

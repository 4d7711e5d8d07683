"""Steering a run that goes on: commands from outside are obeyed at once, and the run says how it stands."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, Self

from molreflect.agents.teacher.endpoint import Endpoint
from molreflect.graphs.batch.prepared_corpus import Report
from molreflect.graphs.runs.control import Command, ControlFile, Wanted
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError, StorageError
from molreflect.tools.interrupts import interrupt
from molreflect.tools.storage import run_lock
from molreflect.tools.terms import CommandName, ProgressCallback

INTERRUPTED = "interrupted"
"""Why a run stops, where a signal or `stop` asks for it."""
MOST_CALLS = 256
"""Calls at a time that can be asked for."""
_LOOK = 0.1
"""Seconds between two looks for commands."""
_SAY = 0.5
"""Seconds between two words of how the run stands."""
_RECENT = 60.0
"""Seconds over which the pace is taken."""
_UNUSABLE = (sqlite3.Error, StorageError)
"""What is raised where the control file cannot be read or written; the run itself has other files."""


class Steered(Protocol):
    """The work on the rows of a run, as far as it can be steered."""

    rows_in_work: int
    steps: int
    """Drafts and reflections that came to their end."""

    @property
    def stopping(self) -> str | None:
        """Why no further call is made; None while calls are made."""
        ...

    def stop(self, why: str) -> None:
        """Make no further call, in any process."""
        ...

    def resize(self, calls: int) -> None:
        """Work on so many rows that this many calls can be under way."""
        ...


class Steering:
    """The commands that a run is given while it goes on, and what it says of itself.

    It owns the run directory while it is entered, preparation included, and tells what it is told of progress to
    those who look at the run as well as to whoever runs it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        command: str = "",
        workers: int = 1,
        report: Report = lambda _: None,
        progress: ProgressCallback = lambda what, done, of: None,
        say: Report = lambda _: None,
    ) -> None:
        """Prepare to steer a run.

        Args:
            folder: The run directory.
            command: That began the run, as it was typed.
            workers: Calls at a time that the run was begun with.
            report: Told what is going on.
            progress: Told how far it is.
            say: Told what is to be known whatever goes on.
        """
        self.say = say
        self.folder, self.workers, self._processes = folder, workers, 0
        self.wanted = Wanted()
        self._command, self._report, self._progress = command, report, progress
        self._phase: tuple[str, int, int] = ("starting", 0, 0)
        self._work: Steered | None = None
        self._endpoint: Endpoint | None = None
        self._stop_asked, self._over_rows = False, False
        self._pace: deque[tuple[float, int]] = deque()
        """Steps made by moments of the last minute."""
        self._guard = threading.RLock()
        self._ended = threading.Event()
        self._stack = contextlib.ExitStack()
        self._how = ""

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(run_lock(self.folder))
            self._file = stack.enter_context(contextlib.closing(ControlFile(self.folder)))
            self._start = self._file.begin(self._command)
            self._thread = threading.Thread(target=self._listen, daemon=True, name="steering")
            self._thread.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        how = self._how
        if kind is not None:
            how = INTERRUPTED if issubclass(kind, KeyboardInterrupt) else f"{kind.__name__}: {error}"
        with self._stack, contextlib.suppress(*_UNUSABLE):  # what ended the run is told, not this
            self._file.end(self._start, " ".join(how.split()))

    def ended(self, how: str) -> None:
        """Say how the run came to its end; else it is what is raised."""
        self._how = how

    def report(self, what: str) -> None:
        """Take in what is going on."""
        self._phase = (what, 0, 0)
        self._report(what)

    def progress(self, what: str, done: int, of: int) -> None:
        """Take in how far it is."""
        self._phase = (what, done, of)
        self._progress(what, done, of)

    @contextlib.contextmanager
    def over(self, work: Steered, endpoint: Endpoint, processes: int) -> Iterator[None]:
        """Steer the work on the rows while the block runs; what was asked for before holds for it.

        Args:
            work: On the rows.
            endpoint: Of the teacher.
            processes: How many others share the work; each follows by itself.
        """
        with self._guard:
            self._work, self._endpoint, self._processes = work, endpoint, processes
            self._apply()
            if self._stop_asked:
                work.stop(INTERRUPTED)
        try:
            yield
        finally:
            with self._guard:
                self._work, self._over_rows = None, True

    def _listen(self) -> None:
        said, failing = 0.0, False
        while not self._ended.wait(_LOOK):
            try:
                for command in self._file.waiting():
                    self._obey(command)
                    said = 0.0
                if time.monotonic() - said >= _SAY:
                    said = time.monotonic()
                    self._file.say(self._start, self._state())
                    failing = False  # only what could be written shows that it can be
            except _UNUSABLE as error:
                if not failing:
                    self.say(f"the run goes on, but cannot be watched or steered for now: {error}")
                failing = True

    def _obey(self, command: Command) -> None:
        with self._guard:
            before = self.wanted
            try:
                answer = _DO[CommandName(command.name)](self, command.value)
            except (InputError, ValueError) as error:
                answer = f"not done: {error}"
            self._file.answer(command, answer, self.wanted if self.wanted != before else None)
        self.say(f"{command.name}{'' if command.value is None else f' {command.value}'}: {answer}")

    def _pause(self, _: int | None) -> str:
        self.wanted = Wanted(True, self.wanted.concurrency)
        self._apply()
        self._pace.clear()
        if self._over_rows:
            return "every row is done already; the files of the run are being written"
        if self._work is None:
            return "paused; what is being prepared is finished first, and no call is made then"
        return f"paused; {self._under_way()}"

    def _resume(self, _: int | None) -> str:
        was = self.wanted.paused
        self.wanted = Wanted(False, self.wanted.concurrency)
        self._apply()
        return "goes on" if was else "was not paused, and goes on"

    def _concurrency(self, calls: int | None) -> str:
        if calls is None or not 1 <= calls <= MOST_CALLS:
            raise InputError(f"concurrency must be 1 to {MOST_CALLS}, got {calls}")
        before = self.wanted.concurrency or self.workers
        self.wanted = Wanted(self.wanted.paused, calls)
        self._apply()
        answer = f"{counted(calls, 'call')} at a time at most, {before} before"
        under_way = self._calls()
        if under_way > calls:
            answer += f"; {under_way} under way, which will finish"
        if self._processes > calls:
            answer += f"; each of the {self._processes} processes may make one until the rows in work are done"
        return answer

    def _stop(self, _: int | None) -> str:
        if self._over_rows:
            return "every row has come to its end already; the files of the run are being written"
        if self._stop_asked or (self._work is not None and self._work.stopping is not None):
            return f"it is stopping already; {self._under_way()}"
        self._stop_asked = True
        if self._work is not None:
            self._work.stop(INTERRUPTED)
            return f"stopping; {self._under_way()}, what is done is kept; go on with --resume"
        if interrupt():
            return "stopping; no row was begun"
        return "stopping; what is being prepared is finished first, and no call is made then"

    def _apply(self) -> None:
        """Have the work keep to what is wanted."""
        if self._work is None:
            return
        if self._endpoint is not None:
            keep_to(self._endpoint, self.wanted)
        if self.wanted.concurrency is not None:
            self._work.resize(self.wanted.concurrency)

    def _calls(self) -> int:
        """Calls under way, as far as the other processes have said."""
        own = 0 if self._endpoint is None else self._endpoint.look().under_way
        others = [state["endpoint"] for _, state in self._file.said(self._start) if state.get("worker") is not None]
        return own + sum(int(endpoint["under_way"]) for endpoint in others)

    def _under_way(self) -> str:
        calls = self._calls()
        return f"{counted(calls, 'call')} under way will finish" if calls else "no call is under way"

    def _state(self) -> dict[str, Any]:
        with self._guard:
            what, done, of = self._phase
            work = self._work
            now = time.monotonic()
            pace = None
            if work is not None and not self.wanted.paused:
                self._pace.append((now, work.steps))
                while now - self._pace[0][0] > _RECENT:
                    self._pace.popleft()
                (first, before), seconds = self._pace[0], now - self._pace[0][0]
                pace = (work.steps - before) * 60.0 / seconds if seconds > 2 * _SAY and first < now else None
            return {
                "worker": None,
                "phase": what,
                "done": done,
                "of": of,
                "rows_in_work": 0 if work is None else work.rows_in_work,
                "stopping": (work.stopping if work is not None else None) or (INTERRUPTED if self._stop_asked else ""),
                "paused": self.wanted.paused,
                "concurrency": self.wanted.concurrency or self.workers,
                "steps_per_minute": pace,
                "endpoint": None if work is None or self._endpoint is None else said_of(self._endpoint),
            }


_DO = {
    CommandName.PAUSE: Steering._pause,
    CommandName.RESUME: Steering._resume,
    CommandName.CONCURRENCY: Steering._concurrency,
    CommandName.STOP: Steering._stop,
}


def keep_to(endpoint: Endpoint, wanted: Wanted, limit: int | None = None) -> None:
    """Have an endpoint keep to what is wanted of a run; `limit` is this process's share of its calls at a time."""
    endpoint.limit(limit if limit is not None else wanted.concurrency)
    if wanted.paused:
        endpoint.pause()
    else:
        endpoint.resume()


def said_of(endpoint: Endpoint) -> dict[str, Any]:
    """Say how the calls of an endpoint stand, in plain types with times in seconds since 1970."""
    seen, now = endpoint.look(), time.time()
    silent_since = None if seen.silent_for is None else now - seen.silent_for
    return {
        "under_way": seen.under_way,
        "waiting": seen.waiting,
        "room": seen.room,
        "told": seen.told,
        "status": seen.status,
        "opens_at": None if seen.opens_in is None else now + seen.opens_in,
        "silent_since": silent_since,
        "patience_ends": None if silent_since is None else silent_since + seen.patience,
        "limited": seen.limited,
    }


def share_of(calls: int, processes: int, number: int) -> int:
    """Split calls at a time between processes; each makes one at least, since it has rows in work."""
    return max(1, calls // processes + (number < calls % processes))


class Follower:
    """What a worker process does of the same: it keeps to what is wanted, and says how it stands."""

    def __init__(self, folder: Path, endpoint: Endpoint, *, processes: int, number: int) -> None:
        """Prepare to follow a run.

        Args:
            folder: The run directory.
            endpoint: Of this process.
            processes: How many share the work.
            number: Which of them this is, from 0.
        """
        self._endpoint, self._processes, self._number = endpoint, processes, number
        self._file = ControlFile(folder)
        start = self._file.last_start()
        self._start = 0 if start is None else start.id

    def follow(self, over: threading.Event, grow: Any) -> None:
        """Keep to what is wanted until something is over.

        Args:
            over: Ends it.
            grow: Called with the calls at a time that this process is to make.
        """
        said, kept = 0.0, Wanted()
        while not over.wait(_LOOK):
            with contextlib.suppress(*_UNUSABLE):  # of a full disk the run itself learns
                wanted = self._file.wanted()
                if wanted != kept:
                    kept, calls = wanted, wanted.concurrency
                    share = None if calls is None else share_of(calls, self._processes, self._number)
                    keep_to(self._endpoint, wanted, share)
                    if share is not None:
                        grow(share)
                    said = 0.0
                if time.monotonic() - said >= _SAY:
                    said = time.monotonic()
                    self._file.say(self._start, {"worker": self._number, "endpoint": said_of(self._endpoint)})
        self._file.close()

"""What a command says on stderr: messages, and how far its work is.

One module for all commands: bars where a person watches a terminal, else one plain line every ten seconds, from a
thread of its own, so that a log shows a long step too.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console

from molreflect.cli.printable import Flow, readable
from molreflect.tools.processes import settle_threads

if TYPE_CHECKING:
    from rich.progress import Progress

    from molreflect.training.student.predict import PredictProgress
    from molreflect.training.student.trainer import TrainProgress

err = Console(stderr=True)
EVERY = 10.0
"""Seconds between two lines where nobody watches a terminal."""
_MEAN_OF = 20  # losses in the running mean
_SHOWN = 6  # bars on a terminal; of more steps the oldest that ended go


def say(message: str) -> None:
    """Write one line to stderr as it stands; what a terminal would obey is escaped."""
    err.print(Flow.to_fit(sys.stderr).broken(readable(message)), highlight=False, markup=False, soft_wrap=True)


def say_threads() -> None:
    """Settle how many threads torch takes, and say it; to be called before torch is imported."""
    if (settled := settle_threads()) is not None:
        say(settled)


@contextmanager
def status(what: str) -> Iterator[Callable[[str], None]]:
    """Show what is going on; yields the function that changes it."""
    if err.is_terminal:
        with err.status(what) as shown:
            yield shown.update
        return
    with steps() as lines:
        lines.report(what)
        yield lines.report


class Interrupted(Exception):  # noqa: N818  # no mistake; typer would turn a KeyboardInterrupt into a bare exit code
    """Ctrl-C, with what is kept and how to go on."""


@contextmanager
def kept(told: Callable[[], str]) -> Iterator[None]:
    """Say on Ctrl-C what is kept and how to go on.

    Args:
        told: Called when it happens, so that it can look.

    Raises:
        Interrupted: In place of the `KeyboardInterrupt`.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        raise Interrupted(told()) from stop


class Stage:
    """One step of the work: how far it is, since when, at what rate."""

    def __init__(self, what: str, done: int, of: int, tokens: int | None, now: float) -> None:
        self.what, self.began, self.first = what, now, done
        self.done, self.of, self.ended = done, of, False
        self.tokens = self._first_tokens = tokens or 0
        self._losses: deque[float] = deque(maxlen=_MEAN_OF)
        self._ended_at = now

    def update(self, done: int, of: int, loss: float | None, tokens: int | None, now: float) -> None:
        """Take in an event."""
        self.done, self.of = done, of
        self.tokens = self.tokens if tokens is None else tokens
        if loss is not None:
            self._losses.append(loss)
        self.ended = bool(of) and done >= of
        self._ended_at = now

    def facts(self, now: float) -> str:
        """Say how far it is: count, mean loss, tokens a second, time left."""
        seconds = (self._ended_at if self.ended else now) - self.began
        told = [f"{self.done:,} of {self.of:,}"] if self.of else []
        if self._losses:
            told.append(f"loss {sum(self._losses) / len(self._losses):.3f}")
        if self.tokens > self._first_tokens and seconds > 0:
            told.append(f"{(self.tokens - self._first_tokens) / seconds:,.0f} tokens/s")
        if self.of and self.first < self.done < self.of:
            told.append(f"{clock(seconds / (self.done - self.first) * (self.of - self.done))} left")
        return ", ".join(told)

    def line(self, now: float) -> str:
        """Say the same with its name and the time it takes, as one line of a log."""
        seconds = (self._ended_at if self.ended else now) - self.began
        facts = self.facts(now)
        return f"{self.what}: {facts + ', ' if facts else ''}{clock(seconds)}{'' if self.ended else ' so far'}"


def clock(seconds: float) -> str:
    """Write a time as `0:07` or `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Steps:
    """How far the steps of a command are, told to bars or to a log; its methods are what work calls back.

    Args:
        bars: Where a person watches; None writes lines.
    """

    def __init__(self, bars: Progress | None) -> None:
        self._bars = bars
        self._stages: dict[str, Stage] = {}
        self._tasks: dict[str, Any] = {}
        self._last: Stage | None = None
        self._lock = threading.Lock()
        self.line: Callable[[], str | None] = lambda: None
        """Says for a log how far the whole is, where that is more than how far the step is; None leaves it to that."""

    def report(self, what: str) -> None:
        """Show a step without a count."""
        self.progress(what, 0, 0)

    def progress(self, what: str, done: int, of: int, *, loss: float | None = None, tokens: int | None = None) -> None:
        """Show how far a step is.

        Args:
            what: Its name. One that had ended and begins again is another step, with a clock of its own.
            done: How much is done.
            of: Of how many; 0 where nobody knows.
            loss: Of this event alone; shown is a running mean.
            tokens: All that were taken so far.
        """
        now = time.monotonic()
        with self._lock:
            stage = self._stages.get(what)
            if stage is None or stage.ended or done < stage.done:
                if stage is not None and stage.ended and (done, of) == (stage.done, stage.of):
                    return  # told twice that it has ended
                self._end_uncounted()
                stage = self._stages[what] = Stage(what, done, of, tokens, now)
                self._add_bar(stage)
            stage.update(done, of, loss, tokens, now)
            self._last = stage
            self._show(stage, now)

    def training(self, event: TrainProgress, *, of: str = "") -> None:
        """Show a progress event of a training; `of` names it among several."""
        if event.message:
            say(f"{of}: {event.message}" if of else event.message)
        self.progress(f"{of}: {event.stage}" if of else event.stage, event.step, event.total, **_details(event))

    def predicting(self, event: PredictProgress, *, of: str = "predicting") -> None:
        """Show a progress event of a prediction; `of` names it."""
        self.progress(of, event.done, event.total, tokens=event.tokens)

    def beat(self) -> None:
        """Write where the work is, for a log."""
        whole = self.line()
        with self._lock:
            if whole is not None:
                say(whole)
            elif self._last is not None and not self._last.ended:
                say(self._last.line(time.monotonic()))

    def _end_uncounted(self) -> None:
        """End a step without a count: it ends where the next one begins."""
        if self._last is not None and not self._last.of and self._bars is not None:
            self._bars.stop_task(self._tasks[self._last.what])

    def _add_bar(self, stage: Stage) -> None:
        if self._bars is None:
            return
        self._tasks[stage.what] = self._bars.add_task(stage.what, total=stage.of or None, facts="")
        ended = [task for task in self._bars.tasks if task.visible and (task.finished or task.stop_time is not None)]
        for task in ended[: max(0, sum(task.visible for task in self._bars.tasks) - _SHOWN)]:
            self._bars.update(task.id, visible=False)

    def _show(self, stage: Stage, now: float) -> None:
        if self._bars is not None:
            facts = stage.facts(now)
            self._bars.update(self._tasks[stage.what], completed=stage.done, total=stage.of or None, facts=facts)
        elif stage.ended:
            say(stage.line(now))


def _details(event: TrainProgress) -> dict[str, Any]:
    return {"loss": event.loss, "tokens": event.tokens or None}


@contextmanager
def steps(every: float = EVERY) -> Iterator[Steps]:
    """Show how far a command is while it works.

    Args:
        every: Seconds between two lines where stderr is no terminal.
    """
    if not err.is_terminal:
        shown, over = Steps(None), threading.Event()

        def beat() -> None:
            while not over.wait(every):
                shown.beat()

        heart = threading.Thread(target=beat, name="progress", daemon=True)
        heart.start()
        try:
            yield shown
        finally:
            over.set()
            heart.join()
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[facts]}"))
    progress = Progress(*columns, TimeElapsedColumn(), console=err)
    progress.start()
    try:
        yield Steps(progress)
    except BaseException:
        # A mistake is one line: bars that stopped half way, and the empty line `Progress.stop` adds, would be more.
        progress.live.transient = True
        progress.live.stop()
        raise
    progress.stop()

"""What a command says on stderr: messages, and progress where a person is watching."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress

    from molreflect.tools.corpus import BadRow
    from molreflect.training.student.predict import PredictProgress
    from molreflect.training.student.trainer import TrainProgress

err = Console(stderr=True)


def say(message: str) -> None:
    """Write one line to stderr as it stands."""
    err.print(message, highlight=False, markup=False, soft_wrap=True)


def say_bad_rows(bad_rows: Iterable[BadRow]) -> None:
    """Name the first rows of a corpus that could not be read, and count them."""
    found = list(bad_rows)
    for bad in found[:5]:
        say(f"line {bad.line}: {bad.reason}")
    if len(found) > 5:
        say(f"{len(found)} rows in all could not be read and are left out")


@contextmanager
def status(what: str) -> Iterator[Callable[[str], None]]:
    """Show what is going on; yields the function that changes it."""
    with err.status(what) as shown:
        yield shown.update


class Bars:
    """Progress bars, one for each kind of step."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, Any] = {}

    def report(self, what: str) -> None:
        """Show a step without a count."""
        self.progress(what, 0, 0)

    def progress(self, what: str, done: int, of: int) -> None:
        """Show how far a step is."""
        if what not in self._tasks:
            for task in self._tasks.values():
                self._progress.stop_task(task)
            self._tasks[what] = self._progress.add_task(what, total=of or None)
        self._progress.update(self._tasks[what], completed=done, total=of or None)

    def training(self, event: TrainProgress) -> None:
        """Show a progress event of a training."""
        loss = f" loss {event.loss:.3f}" if event.loss is not None else ""
        rate = f" lr {event.learning_rate:.1e}" if event.learning_rate is not None else ""
        self.progress(event.stage, event.step, event.total)
        self._progress.update(self._tasks[event.stage], description=f"{event.stage}{loss}{rate}")
        if event.message:
            say(event.message)

    def predicting(self, event: PredictProgress) -> None:
        """Show a progress event of a prediction."""
        self.progress("predicting", event.done, event.total)


@contextmanager
def bars() -> Iterator[Bars]:
    """Show progress bars while a command works."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    progress = Progress(*columns, TimeElapsedColumn(), console=err)
    progress.start()
    try:
        yield Bars(progress)
    except BaseException:
        # A mistake is one line: bars that stopped half way, and the empty line `Progress.stop` adds, would be more.
        progress.live.transient = True
        progress.live.stop()
        raise
    progress.stop()

"""A batch on Ray Data: each worker of the cluster runs the same graph, and takes its calls from the run's one budget.

The process that began the run keeps everything that is counted or kept: rows, budget, account, answers. Workers reach
it through a mailbox, an actor of Ray, so that the nodes of a cluster need no folder in common. Rows travel as blocks of
a dataset, a row a block; a worker that dies is started again by Ray Data and its rows are worked on once more, with
the answers that were paid for.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from molreflect.agents.schemas import Usage
from molreflect.agents.teacher.desk import CallDesk, Query, Reply
from molreflect.graphs.batch.executors import WorkerSetup
from molreflect.graphs.batch.ray_mailbox import BEAT, Begun, Letter, MailboxReader, Step
from molreflect.graphs.batch.tasks import DEATHS, Interrupted, Outcome, Task, Worker, died_of
from molreflect.graphs.traces.writer import Shipped, ShippingWriter, TraceTarget
from molreflect.tools.errors import InputError
from molreflect.tools.terms import TraceMode

if TYPE_CHECKING:
    import pyarrow as pa

ADDRESS = "RAY_ADDRESS"
"""Environment variable that names a cluster, as Ray's own commands read it; without it, one is started here."""
_QUIETLY = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_raylet_start_wait_time_s": "180",  # a busy machine takes more than Ray's 30
}
"""Environment variables of Ray, where the user sets none: nothing is told to others, nor to the terminal."""
_QUIET = 0.3
"""Seconds without a new task after which those that wait are begun; each dataset opens its workers anew."""
_LAST = 2.0
"""Seconds without a result, once the run stops and no call is under way, after which the others are not waited for."""
_BLOCK_BYTES = 2**20
"""Largest block that Ray Data expects; a result is a few kilobytes."""


def require_ray() -> None:
    """See that Ray Data is installed.

    Raises:
        InputError: It is not.
    """
    from importlib.util import find_spec

    if find_spec("ray") is None:
        raise InputError("--engine ray needs Ray Data, which is not installed; pip install 'molreflect[ray]'")


@contextlib.contextmanager
def connected(workers: int) -> Iterator[None]:
    """Connect to the cluster that `RAY_ADDRESS` names, or start one on this machine; left as it was found.

    Args:
        workers: Workers that a cluster of this machine has room for.

    Raises:
        InputError: The cluster cannot be reached.
    """
    require_ray()
    for name, value in _QUIETLY.items():
        os.environ.setdefault(name, value)
    import ray

    if ray.is_initialized():
        yield
        return
    address = os.environ.get(ADDRESS, "local")
    how: dict[str, Any] = {"address": address}
    if address == "local":
        # A CPU more, since Ray Data leaves one to others. Ray itself asks whoever connects for a token.
        how |= {"num_cpus": workers + 1, "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    with contextlib.redirect_stdout(sys.stderr):  # where Ray says what became of workers
        _connect(address, how)
        try:
            yield
        finally:
            ray.shutdown()


def _connect(address: str, how: dict[str, Any]) -> None:
    import ray

    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        # The processes of a cluster are ended by signals, which those of a run are kept from.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        ray.init(**how, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # Ray raises plain ones too
        raise InputError(f"no Ray cluster at {address!r} ({ADDRESS}): {' '.join(str(error).split())[:300]}") from error
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def cluster_cores() -> int:
    """Count the CPUs of the cluster that is connected."""
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)))


# ---------------------------------------------------------------------------- in a worker


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a worker process has opened, or why it could not."""

    worker: Worker | None
    error: InputError | str = ""


class RayWorker:
    """Runs tasks in the threads that Ray calls it from; Ray Data makes one in each worker process."""

    def __init__(self, setup: Any, mailbox: Any) -> None:
        """Open the collaborators.

        Args:
            setup: Reference of a pair of a pickled `WorkerSetup` and the id of the node whose folders it names.
            mailbox: Where leave is asked for.
        """
        import ray
        from rdkit import RDLogger

        RDLogger.DisableLog("rdApp.*")
        context = ray.get_runtime_context()
        name = f"{context.get_actor_id()}/{os.getpid()}-{os.urandom(4).hex()}"

        def ask(letter: Letter) -> Reply:
            reply: Reply = ray.get(mailbox.ask.remote(name, letter))
            return reply

        self._stack, self._suspects = contextlib.ExitStack(), threading.Lock()
        pickled, home = ray.get(setup)
        try:
            told: WorkerSetup = pickle.loads(pickled)
            opened = replace(told, traces=None)
            if context.get_node_id() != home:
                opened = replace(opened, folder=None, cache=None)
            worker = opened.open(self._stack, ask if opened.counted else None)
            if told.traces is not None and told.traces.mode is not TraceMode.OFF:
                worker = Worker(worker.context, self._stack.enter_context(_shipping(told.traces, ask)))
            threading.Thread(target=_beat, args=(ask, worker), daemon=True, name="beat").start()
            self._ask, self._opened = ask, _Opened(worker)
        except InputError as error:  # Ray Data would try again for ever
            self._opened = _Opened(None, InputError(str(error)))
        except Exception:  # noqa: BLE001 - it travels to the process that began the run, which raises it
            self._opened = _Opened(None, traceback.format_exc())

    def __call__(self, tasks: pa.Table) -> pa.Table:
        """Run the tasks of a block."""
        import pyarrow

        answers = [pickle.dumps(self._run(pickle.loads(task.as_py()))) for task in tasks["task"]]
        return pyarrow.table({"number": tasks["number"], "answer": pyarrow.array(answers, pyarrow.large_binary())})

    def _run(self, task: Task) -> tuple[Outcome | None, InputError | str]:
        if self._opened.worker is None:
            return None, self._opened.error
        try:
            return run_once_alive(task, self._opened.worker, self._ask, self._suspects), ""
        except InputError as error:
            return None, InputError(str(error))
        except Exception:  # noqa: BLE001 - as above
            return None, traceback.format_exc()


def run_once_alive(
    task: Task, worker: Callable[[Task], Outcome], ask: Callable[[Letter], Reply], suspects: threading.Lock
) -> Outcome:
    """Run a task; one that workers died of before is run with no other such beside it, and fails in the end.

    Args:
        task: To be run.
        worker: Runs it.
        ask: Has a letter answered.
        suspects: Held while such a task is run.
    """
    step = Step(task.state.trace_id, task.part)
    if not ask(Begun(step)).number:
        return worker(task)
    with suspects:
        deaths = ask(Begun(step, alone=True)).number
        return worker(task) if deaths < DEATHS else died_of()


def _shipping(target: TraceTarget, ask: Callable[[Letter], Reply]) -> contextlib.closing[ShippingWriter]:
    def send(shipped: Shipped) -> None:
        ask(shipped)

    return contextlib.closing(ShippingWriter(target, send))


def _beat(ask: Callable[[Query], Reply], worker: Worker) -> None:
    """Give signs of life, and stop where the run does."""
    while True:
        try:
            stopped = ask(Query("look")).stopped
        except Exception:  # noqa: BLE001 - the mailbox is gone, and the run with it
            stopped = "the process that began the run is gone"
        if stopped is not None:
            worker.context.teacher.meter.stop(stopped)
            return
        time.sleep(BEAT)


# ---------------------------------------------------------------------------- in the run's process


class RayExecutor:
    """Runs tasks on Ray Data.

    A dataset takes what waits when it begins: all drafts, then the reflections that they make possible. Rows that come
    up meanwhile wait for the next, since each opens workers of its own.
    """

    processes = 0
    slots = sys.maxsize

    def __init__(self, setup: WorkerSetup, workers: int, desk: CallDesk) -> None:
        """Begin to work on what is submitted. Ray must be connected.

        Args:
            setup: What each worker opens.
            workers: How many.
            desk: Where they ask for leave.
        """
        import ray

        self._setup, self._workers, self._desk = setup, workers, desk
        self._home = ray.get_runtime_context().get_node_id()
        self._reference = ray.put((pickle.dumps(setup), self._home))
        self._reader = MailboxReader(desk, workers * setup.calls, setup.traces)
        self._pending: dict[int, Future[Outcome]] = {}
        self._waiting: list[tuple[int, bytes]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._submitted_at = time.monotonic()
        self._draining, self._stopping = threading.Event(), threading.Event()
        self._working = threading.Thread(target=self._work, daemon=True, name="ray")
        self._working.start()

    def submit(self, task: Task) -> Future[Outcome]:
        """Have a task worked on with the next dataset."""
        future: Future[Outcome] = Future()
        data = pickle.dumps(task, protocol=pickle.HIGHEST_PROTOCOL)
        with self._changed:
            number = next(self._numbers)
            self._pending[number] = future
            self._waiting.append((number, data))
            self._submitted_at = time.monotonic()
            self._changed.notify_all()
        return future

    def settle(self) -> None:
        """Do nothing: an outcome is sent once the spans are written."""

    def resize(self, calls: int) -> None:
        """Do nothing: the desk lets fewer through, and the threads of the workers are settled."""

    def drain(self) -> None:
        """Wait for calls under way only; the workers learn from the desk that no other is made."""
        with self._changed:
            self._draining.set()
            self._changed.notify_all()

    def stop(self) -> None:
        """End the work; tasks that are not done are dropped."""
        with self._changed:
            self._stopping.set()
            self._changed.notify_all()
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _work(self) -> None:
        try:
            while (tasks := self._next()) is not None:
                self._run(tasks)
        except Exception as error:  # noqa: BLE001 - it is raised where the outcomes are asked for
            failed = RuntimeError(f"Ray Data failed: {error}")
            self._end(lambda future: future.set_exception(failed))

    def _next(self) -> list[tuple[int, bytes]] | None:
        """Wait for tasks, until no more of them come; None once there is nothing more to do."""
        with self._changed:
            while not self._stopping.is_set():
                quiet = time.monotonic() - self._submitted_at
                if self._waiting and quiet >= _QUIET:
                    tasks, self._waiting = self._waiting, []
                    return tasks
                self._changed.wait(max(0.01, _QUIET - quiet) if self._waiting else None)
            return None

    def _run(self, tasks: list[tuple[int, bytes]]) -> None:
        """Work on tasks as one dataset, and resolve them as their blocks come back, in whatever order."""
        if self._draining.is_set():
            self._end(lambda future: future.set_result(Interrupted(Usage())))
            return
        heard = time.monotonic()
        with contextlib.closing(self._blocks(tasks)) as blocks:
            for block in blocks:
                for number, answer in zip(block["number"].to_pylist(), block["answer"].to_pylist(), strict=True):
                    outcome, bug = pickle.loads(answer)
                    self._resolve(number, outcome, bug)
                    if not isinstance(outcome, Interrupted):
                        heard = time.monotonic()
                if self._stopping.is_set():
                    return
                if self._draining.is_set() and not self._desk.under_way and time.monotonic() - heard > _LAST:
                    break
        if self._draining.is_set():
            self._end(lambda future: future.set_result(Interrupted(Usage())))

    def _blocks(self, tasks: list[tuple[int, bytes]]) -> Generator[pa.Table, None, None]:
        import ray.data

        _quieten(ray.data.DataContext.get_current())
        given = [{"number": number, "task": task} for number, task in tasks]
        found = ray.data.from_items(given, override_num_blocks=len(given)).map_batches(
            RayWorker,
            fn_constructor_args=(self._reference, self._reader.mailbox),
            batch_size=None,
            batch_format="pyarrow",
            num_cpus=1,
            compute=ray.data.ActorPoolStrategy(
                size=min(self._workers, len(given)),
                max_concurrent_calls_per_actor=self._setup.calls,
                max_tasks_in_flight_per_actor=self._setup.calls + 1,
                enable_true_multi_threading=True,
            ),
        )
        # Whole blocks, none of which is held back until the next has come.
        yield from found.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0)

    def _resolve(self, number: int, outcome: Outcome | None, bug: InputError | str) -> None:
        with self._changed:
            future = self._pending.pop(number, None)
        if future is None:  # a block that was worked on twice
            return
        if isinstance(bug, InputError):
            future.set_exception(bug)
        elif outcome is None:
            future.set_exception(RuntimeError(f"a worker of Ray failed:\n{bug}"))
        else:
            future.set_result(outcome)

    def _end(self, how: Callable[[Future[Outcome]], None]) -> None:
        with self._changed:
            pending = [*self._pending.values()]
            self._pending.clear()
            self._waiting.clear()
        for future in pending:
            how(future)


def _quieten(context: Any) -> None:
    """Have Ray Data show no bars of its own, and expect small blocks: it holds work back for want of room else."""
    context.enable_progress_bars = False
    context.target_max_block_size = _BLOCK_BYTES
    logging.getLogger("ray.data").setLevel(logging.ERROR)

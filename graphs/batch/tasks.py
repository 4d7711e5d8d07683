"""Tasks of a batch: one part of the alignment graph for one pair, and what comes of it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableConfig
from langsmith.utils import tracing_is_enabled

from molreflect.agents.errors import CapReachedError, TeacherError
from molreflect.agents.models.responses import asking_anew
from molreflect.agents.prompts.reflect import NeighbourExample
from molreflect.agents.schemas import Alignment, PairRecord, Usage, Version
from molreflect.agents.teacher.rule_agent import RuleAgent
from molreflect.graphs.alignment.graph import Part, build_alignment_graph, build_alignment_walk
from molreflect.graphs.alignment.state import AlignmentContext, AlignmentState
from molreflect.graphs.alignment.traced import setup_of, trace_start
from molreflect.graphs.runs.store import RunRow
from molreflect.graphs.traces.writer import TraceWriter
from molreflect.tools.errors import InputError, StorageError, shorten
from molreflect.tools.storage import CANNOT_WRITE
from molreflect.tools.terms import FailureKind, View


@dataclass(frozen=True, slots=True)
class Task:
    """One part of the way of one pair."""

    part: Literal["draft", "reflect"]
    state: AlignmentState
    neighbours: tuple[NeighbourExample, ...] | None = None
    """What reflection is shown, most similar first; None where nothing is retrieved."""
    anew: int = 0
    """Attempts of the row whose answers could not be used, so that others are asked for."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A task that came to its end."""

    draft: dict[str, Any] | None
    """What reflection needs of a draft, as JSON types."""
    record: PairRecord | None
    """Of a reflection, or of a draft that there is nothing to reflect on in; the latter names no neighbours."""
    seconds: float
    """Time in teacher, tools and judge, the draft's included."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A row that ended without a result."""

    kind: FailureKind
    reason: str
    usage: Usage
    raw: str
    """The model's last answer as it wrote it, where it could not be used; the traceback of an unexpected error."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A row that the end of the run left undone."""

    usage: Usage
    """What was spent on it before."""
    why: str = ""
    """Why the run stops, in words."""


Outcome = Finished | Failure | Interrupted


def state_of(row: RunRow, view: View, trace_id: str) -> AlignmentState:
    """What the graph begins with for a row: what the view hides is left out."""
    return AlignmentState(
        id=row.id,
        view=view,
        smiles=None if view is View.CAPTION else row.smiles,
        caption=None if view is View.MOLECULE else row.caption,
        target={View.MOLECULE: row.caption, View.CAPTION: row.smiles}.get(view),
        trace_id=trace_id,
    )


DEATHS = 2
"""Processes that may die while a row is in work; then the row has failed."""


def died_of() -> Failure:
    """A row that processes died of, as far as can be known."""
    reason = "a process died twice while it worked on the row (killed, or out of memory?)"
    return Failure(FailureKind.UNEXPECTED, reason, Usage(), reason)


class Worker:
    """Run tasks with one set of collaborators, from any number of threads."""

    def __init__(self, context: AlignmentContext, traces: TraceWriter | None = None, *, together: bool = False) -> None:
        """Compile the graphs for these collaborators.

        Args:
            context: The collaborators.
            traces: Where spans go; None keeps none.
            together: Leave them to `settle`. Otherwise those of a task are written before it has its outcome.
        """
        self.context, self.traces, self.together = context, traces, together
        self.setup = {} if traces is None else setup_of(context)
        # Whoever has LangSmith trace everything is told by LangChain's managers, and so by LangGraph's engine.
        walked = isinstance(context.teacher.agent, RuleAgent) and not tracing_is_enabled()
        build: Callable[[Part], Any] = build_alignment_walk if walked else _compiled
        self.graphs = {"draft": build("draft"), "reflect": build("reflect")}

    def __call__(self, task: Task) -> Outcome:
        """Run one part of the graph for one pair.

        Returns:
            The outcome. Whatever goes wrong with one row ends that row, with its traceback where nobody foresaw it.
        """
        if (why := self.context.teacher.meter.stopped) is not None:
            return Interrupted(Usage(), why)
        if self.traces is None:
            return self._run(task, [])
        start = trace_start(task.state, self.setup)
        try:
            return self._run(task, [self.traces.recorder(start, price=self.context.teacher.price)])
        finally:
            (self.traces.end if self.together else self.traces.finish)(start.trace_id)

    def settle(self) -> None:
        """Write the spans of every task that has its outcome."""
        if self.traces is not None:
            self.traces.write_ended()

    def _run(self, task: Task, callbacks: list[BaseCallbackHandler]) -> Outcome:
        config: RunnableConfig = {"callbacks": callbacks, "recursion_limit": 100}
        shown = task.neighbours
        context = replace(self.context, retrieve=None if shown is None else lambda _: shown)
        try:
            with asking_anew(task.anew):
                final = self.graphs[task.part].invoke(task.state, config, context=context)
        except StorageError:
            raise  # no fault of the row, and others would fare no better
        except TeacherError as error:
            return Failure(error.kind, error.reason, error.usage, error.raw)
        except CapReachedError as error:
            return Interrupted(error.usage, str(error))
        except InputError as error:
            return Failure(FailureKind.INPUT, str(error), Usage(), "")
        except OSError as error:
            if error.errno not in CANNOT_WRITE:
                return _unexpected(error)
            raise StorageError(f"{error.filename or 'a file'} cannot be written ({error.strerror})") from error
        except Exception as error:  # noqa: BLE001 - kept with its traceback; `Schedule` stops for many alike in a row
            return _unexpected(error)
        seconds = round(final.get("seconds", 0.0), 4)
        if task.part == "draft":
            return Finished(draft_to_json(final), final.get("record"), seconds)
        return Finished(None, final["record"], seconds)


def _compiled(part: Part) -> Any:
    return build_alignment_graph(part=part)


def _unexpected(error: Exception) -> Failure:
    reason = f"unexpected {type(error).__name__}: {shorten(str(error), 200)}"
    return Failure(FailureKind.UNEXPECTED, reason, Usage(), "".join(traceback.format_exception(error)))


def draft_to_json(final: dict[str, Any]) -> dict[str, Any]:
    """Take from a draft what the reflection pass needs, as JSON types."""
    return {
        "drafted": [a.model_dump(mode="json") for a in final["drafted"]],
        "rounds": final.get("rounds", 0),
        "bounds": list(final.get("bounds", ())),
        "exhausted": final.get("exhausted", False),
        "usage": final["usage"].model_dump(),
        "seconds": final.get("seconds", 0.0),
    }


def draft_from_json(state: AlignmentState, drafted: dict[str, Any]) -> AlignmentState:
    """Put a draft, as `Finished.draft` holds it, into a state that is to be reflected on."""
    state.drafted = tuple(Alignment.model_validate(a) for a in drafted["drafted"])
    state.rounds = drafted["rounds"]
    state.bounds = tuple(drafted["bounds"])
    state.exhausted = drafted.get("exhausted", False)
    state.usage = Usage.model_validate(drafted["usage"])
    state.seconds = drafted["seconds"]
    state.version = Version.DRAFT
    return state

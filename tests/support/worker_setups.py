"""Make what a worker process opens, in tests."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from molreflect.agents.teacher.agent import Teacher
from molreflect.agents.teacher.desk import Ask
from molreflect.graphs.batch.executors import WorkerSetup
from molreflect.graphs.batch.prepared_corpus import PreparedCorpus
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.teacher_setup import open_teacher
from molreflect.tools.resources import Resources


def worker_setup(prepared: PreparedCorpus, settings: DistillSettings) -> WorkerSetup:
    """Collaborators over a prepared corpus, one call at a time in each process."""
    return WorkerSetup(
        prepared.corpus,
        prepared.phrases,
        prepared.definitions,
        prepared.folder,
        prepared.cache,
        settings.pair_settings(),
        "",
        partial(open_teacher, settings, None),
        calls=1,
    )


@dataclass(frozen=True)
class Deadly:
    """An agent whose process dies of some questions, as of a bug in C++ or for want of memory."""

    agent: Any
    words: str
    """In the questions that it dies of."""
    lives: Path
    """A folder where a process that is about to die leaves a file."""
    deaths: int
    """How many do."""

    def invoke(self, state: Any, config: Any = None, **more: Any) -> Any:
        """Die, or answer."""
        if self.words in str(state["messages"][0].content) and len([*self.lives.iterdir()]) < self.deaths:
            (self.lives / str(os.getpid())).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self.agent.invoke(state, config, **more)


def deadly_teacher(
    settings: DistillSettings,
    words: str,
    lives: Path,
    deaths: int,
    resources: Resources,
    stack: contextlib.ExitStack,
    ask: Ask | None = None,
) -> Teacher:
    """The teacher of a process, with a `Deadly` agent."""
    teacher = open_teacher(settings, None, resources, stack, ask)
    return replace(teacher, agent=Deadly(teacher.agent, words, lives, deaths))


@dataclass(frozen=True)
class Buggy:
    """An agent with a bug that some questions bring out."""

    agent: Any
    words: str

    def invoke(self, state: Any, config: Any = None, **more: Any) -> Any:
        """Break, or answer."""
        if self.words in str(state["messages"][0].content):
            return {}["a bug of ours"]
        return self.agent.invoke(state, config, **more)


def buggy_teacher(
    settings: DistillSettings,
    words: str,
    resources: Resources,
    stack: contextlib.ExitStack,
    ask: Ask | None = None,
) -> Teacher:
    """The teacher of a process, with a `Buggy` agent."""
    teacher = open_teacher(settings, None, resources, stack, ask)
    return replace(teacher, agent=Buggy(teacher.agent, words))

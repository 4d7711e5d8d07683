"""How a run is steered from outside, and what it says of itself meanwhile: `control.sqlite` of a run directory.

The process that works on a run looks here ten times a second. Whoever wants something of it leaves a command and waits
for the answer; whoever looks at the run reads what its processes last said. Nothing here decides a result.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molreflect.tools.errors import InputError
from molreflect.tools.storage import connect, is_locked
from molreflect.tools.terms import CommandName

FILE = "control.sqlite"
PATIENCE = 10.0
"""Seconds that a command waits for its answer."""
_LOOK = 0.02
"""Seconds between two looks for an answer."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS starts (
    id INTEGER PRIMARY KEY, process INTEGER NOT NULL, host TEXT NOT NULL, began REAL NOT NULL, command TEXT NOT NULL,
    ended REAL, how TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS commands (
    id INTEGER PRIMARY KEY, start INTEGER NOT NULL, at REAL NOT NULL, name TEXT NOT NULL, value INTEGER,
    answered REAL, answer TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS commands_answered ON commands (answered);
CREATE TABLE IF NOT EXISTS said (
    process INTEGER PRIMARY KEY, start INTEGER NOT NULL, at REAL NOT NULL, state TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS wanted (
    one INTEGER PRIMARY KEY CHECK (one = 1), paused INTEGER NOT NULL, concurrency INTEGER
);
"""


@dataclass(frozen=True, slots=True)
class Command:
    """Something that was asked of a run. Times are seconds since 1970."""

    id: int
    at: float
    name: str
    value: int | None
    answered: float | None
    """When it was obeyed; None while it waits."""
    answer: str


@dataclass(frozen=True, slots=True)
class Start:
    """One process that worked on a run, or does."""

    id: int
    process: int
    host: str
    began: float
    command: str
    """As it was typed; empty where the run was begun from Python."""
    ended: float | None
    """None while it works, and where it was killed."""
    how: str
    """How it ended, in words."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the processes of a run are to keep to."""

    paused: bool = False
    concurrency: int | None = None
    """Calls at a time, over all processes; None leaves it to the settings of the run."""


class ControlFile:
    """`control.sqlite` of one run directory; any number of threads and processes may use it."""

    def __init__(self, folder: Path) -> None:
        """Open the file, or make it.

        Raises:
            InputError: It is something else, or cannot be written.
        """
        self.folder = folder
        self._guard = threading.Lock()
        self._db = connect(folder / FILE, "a control file", _SCHEMA)

    # ---------------------------------------------------------------- by the process that works on the run

    def begin(self, command: str) -> int:
        """Note that this process begins to work on the run; what was wanted of earlier ones is forgotten.

        Args:
            command: As it was typed.

        Returns:
            The number of the start.
        """
        with self._guard, self._db:
            self._db.execute("DELETE FROM said")
            self._db.execute("INSERT OR REPLACE INTO wanted VALUES (1, 0, NULL)")
            self._db.execute("DELETE FROM commands WHERE answered IS NULL")
            row = (os.getpid(), socket.gethostname(), time.time(), command)
            cursor = self._db.execute("INSERT INTO starts (process, host, began, command) VALUES (?, ?, ?, ?)", row)
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def end(self, start: int, how: str) -> None:
        """Note how a start ended."""
        with self._guard, self._db:
            self._db.execute("UPDATE starts SET ended = ?, how = ? WHERE id = ?", (time.time(), how, start))

    def waiting(self) -> list[Command]:
        """List commands without an answer, oldest first."""
        with self._guard:
            return self._commands("answered IS NULL ORDER BY id")

    def answer(self, command: Command, answer: str, wanted: Wanted | None = None) -> None:
        """Answer a command.

        Args:
            command: From `waiting`.
            answer: What was done, in one line.
            wanted: What all processes of the run are to keep to from now on; None leaves it as it is.
        """
        with self._guard, self._db:
            if wanted is not None:
                self._db.execute(
                    "INSERT OR REPLACE INTO wanted VALUES (1, ?, ?)", (int(wanted.paused), wanted.concurrency)
                )
            self._db.execute(
                "UPDATE commands SET answered = ?, answer = ? WHERE id = ?", (time.time(), answer, command.id)
            )

    def say(self, start: int, state: Mapping[str, Any]) -> None:
        """Leave word of how this process stands."""
        row = (os.getpid(), start, time.time(), json.dumps(state, ensure_ascii=False))
        with self._guard, self._db:
            self._db.execute("INSERT OR REPLACE INTO said VALUES (?, ?, ?, ?)", row)

    def wanted(self) -> Wanted:
        """Read what the processes of the run are to keep to."""
        with self._guard:
            found = self._db.execute("SELECT paused, concurrency FROM wanted").fetchone()
        return Wanted() if found is None else Wanted(bool(found[0]), found[1])

    # ---------------------------------------------------------------- by whoever looks at it

    def ask(self, name: CommandName, value: int | None = None, *, patience: float = PATIENCE) -> str:
        """Ask something of the process that works on the run, and wait for its answer.

        Raises:
            InputError: No process works on it, or the one that does has not answered; the command is withdrawn then.
        """
        start = self.last_start()
        if not is_locked(self.folder):
            raise InputError(f"nobody works on {self.folder}; {name} needs a run that goes on")
        if start is None or start.ended is not None:
            raise InputError(f"the process that works on {self.folder} takes no commands; wait until it ends")
        with self._guard, self._db:
            row = (start.id, time.time(), name.value, value)
            cursor = self._db.execute("INSERT INTO commands (start, at, name, value) VALUES (?, ?, ?, ?)", row)
        until = time.monotonic() + patience
        while time.monotonic() < until:
            with self._guard:
                (command,) = self._commands("id = ?", cursor.lastrowid) or (None,)
            if command is not None and command.answered is not None:
                return command.answer
            if command is None or not is_locked(self.folder):
                break
            time.sleep(_LOOK)
        with self._guard, self._db:
            self._db.execute("DELETE FROM commands WHERE id = ? AND answered IS NULL", (cursor.lastrowid,))
        if not is_locked(self.folder):
            raise InputError(f"process {start.process} has ended before it answered; nobody works on {self.folder} now")
        raise InputError(f"process {start.process} has not answered within {patience:g} s; the command is withdrawn")

    def last_start(self) -> Start | None:
        """Read who worked on the run last, or does; None where nobody has."""
        with self._guard:
            found = self._db.execute(
                "SELECT id, process, host, began, command, ended, how FROM starts ORDER BY id DESC LIMIT 1"
            ).fetchone()
        return None if found is None else Start(*found)

    def commands(self, most: int = 20) -> list[Command]:
        """List the last commands that were answered, oldest first."""
        with self._guard:
            return self._commands("answered IS NOT NULL ORDER BY id DESC LIMIT ?", most)[::-1]

    def said(self, start: int) -> list[tuple[float, dict[str, Any]]]:
        """Read what the processes of a start last said of themselves, and when."""
        with self._guard:
            found = self._db.execute("SELECT at, state FROM said WHERE start = ? ORDER BY at", (start,)).fetchall()
        return [(at, json.loads(state)) for at, state in found]

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _commands(self, where: str, *values: Any) -> list[Command]:
        found = self._db.execute(f"SELECT id, at, name, value, answered, answer FROM commands WHERE {where}", values)
        return [Command(*row) for row in found.fetchall()]

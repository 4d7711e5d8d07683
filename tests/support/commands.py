"""Commands as a user runs them: in this process, or in one of their own."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import typer

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
CAPTION = "The molecule is a monocarboxylic acid."


class Ran(SimpleNamespace):
    code: int
    out: str
    err: str

    @property
    def mistake(self) -> str:
        """The one line on stderr."""
        assert self.err.endswith("\n")
        # On a busy machine the number of threads is said before.
        (line,) = (line for line in self.err.splitlines() if "cores free at the start" not in line)
        assert line.startswith("molreflect: ")
        assert "Traceback" not in self.err
        assert self.out == ""
        return str(line)


def child(env: dict[str, str], *arguments: object, stdin: str = "") -> Ran:
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "molreflect", *(str(a) for a in arguments)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False, input=stdin)
    return Ran(code=done.returncode, out=done.stdout, err=done.stderr)


def names_of_commands(app: typer.Typer, before: str = "") -> set[str]:
    """Every command of an app, e.g. `align` and `traces list`."""
    found = {before + (c.name or c.callback.__name__) for c in app.registered_commands if c.callback is not None}
    return found.union(
        *(names_of_commands(g.typer_instance, f"{before}{g.name} ") for g in app.registered_groups if g.typer_instance)
    )

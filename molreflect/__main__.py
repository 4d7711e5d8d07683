"""`python -m molreflect`: the installed command, for launchers that start a module, such as `accelerate launch -m`."""

from molreflect.cli.main import run

run()

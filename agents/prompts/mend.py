"""What a model is told whose answer could not be used as it stands: what is wrong with its form, not its chemistry."""

from __future__ import annotations

from agents.prompts.data import block

VERSION = "mend-1"

TASK = "mend"


def request(problem: str) -> str:
    """Ask for the same answer again in a form that can be read.

    Args:
        problem: What is wrong, in one line; it may quote the model, so it stands in a block.
    """
    return (
        "Your answer cannot be used as it stands; the block says why. Nothing of it was kept. Give your whole answer "
        f"again, in the form you were asked for.\n{block({'task': TASK, 'problem': problem})}"
    )

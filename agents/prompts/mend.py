"""What a model is told whose answer could not be used as it stands: what is wrong with its form, not its chemistry."""

from __future__ import annotations

from molreflect.agents.prompts.data import block

VERSION = "mend-2"

TASK = "mend"


LAST_CALL = (
    "this is your last call: no tool will be called any more; submit what you have with AlignmentDraft, and leave out "
    "what you could not check"
)
"""The problem of a model that has used up all calls of a request but one."""


def request(problem: str) -> str:
    """Ask for the same answer again in a form that can be read.

    Args:
        problem: What is wrong, in one line; it may quote the model, so it stands in a block.
    """
    return (
        "Your answer cannot be used as it stands; the block says why. Nothing of it was kept. Give your whole answer "
        f"again, in the form you were asked for.\n{block({'task': TASK, 'problem': problem})}"
    )

"""MolReFlect: fine-grained alignments of molecules and captions. The model proposes, chemistry decides.

The functions of `molreflect.api` are here, loaded when they are first used:

>>> import molreflect as mr
>>> record = mr.align("CCO", "The molecule is a primary alcohol.")
>>> [(a.phrase, str(a.verdict)) for a in record.alignments]
[('primary alcohol', 'supported')]
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from molreflect.api import (
        align,
        ask,
        check,
        check_lines,
        conversation,
        distill,
        evaluate,
        judge,
        predict,
        push,
        sample_corpus,
        train,
    )
    from molreflect.graphs.runs.opened import Run
    from molreflect.graphs.runs.recheck import recheck
    from molreflect.session import Session

__version__ = "0.1.0"
__all__ = [
    "Run",
    "Session",
    "align",
    "ask",
    "check",
    "check_lines",
    "conversation",
    "distill",
    "evaluate",
    "judge",
    "predict",
    "push",
    "recheck",
    "sample_corpus",
    "train",
]

_HOMES = {
    "Run": "molreflect.graphs.runs.opened",
    "Session": "molreflect.session",
    "recheck": "molreflect.graphs.runs.recheck",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES.get(name, "molreflect.api")), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

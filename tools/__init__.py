"""Chemistry and retrieval as plain, typed functions.

Nothing here knows a language model, a prompt or a graph; only `molreflect.tools.langchain_tools` knows LangChain. What
a notebook needs is here by name, loaded when it is first used:

>>> from molreflect import tools
>>> tools.find("CC(=O)O", "[CX3](=O)[OX2H1]").atoms
((1, 2, 3),)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from molreflect.tools.api import (
        check_text,
        draw,
        find,
        find_neighbours,
        look_up,
        read_caption,
        resolve_names,
        verify,
    )
    from molreflect.tools.corpus import read_corpus
    from molreflect.tools.molecules.read import read_molecule

__all__ = [
    "check_text",
    "draw",
    "find",
    "find_neighbours",
    "look_up",
    "read_caption",
    "read_corpus",
    "read_molecule",
    "resolve_names",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = {"read_corpus": "corpus", "read_molecule": "molecules.read"}.get(name, "api")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

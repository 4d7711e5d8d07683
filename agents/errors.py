"""What can go wrong with a teacher, and which errors of its client are the endpoint's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from molreflect.agents.schemas import Usage
from molreflect.tools.errors import InputError


class TeacherError(InputError):
    """The teacher could not be reached or gave no usable answer; the row is kept as failed with this reason."""

    def __init__(self, message: str, *, usage: Usage | None = None, raw: str = "", quote: str = "") -> None:
        super().__init__(message + quote)
        self.reason = message
        """The same without what the model said, so that alike failures can be counted together."""
        self.usage = usage or Usage()
        """What was spent on it all the same."""
        self.raw = raw
        """The model's last answer as it wrote it, where it could not be used."""


class BoundReachedError(TeacherError):
    """A bound of the pair ended the request before there was an answer."""

    def __init__(self, message: str, *, bound: str, usage: Usage | None = None, raw: str = "") -> None:
        super().__init__(message, usage=usage, raw=raw)
        self.bound = bound
        """Which one, in words."""


class CapReachedError(Exception):
    """The next call would break a cap of the run; the row is not at fault and is left for later."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.usage = Usage()
        """What the interrupted attempt has spent."""


def explain_to_model(error: Exception, request: Any) -> str | None:
    """Explain a mistake the model can mend; None for a bug, which stops the run."""
    return str(error) if isinstance(error, InputError) else None


_CLIENT = re.compile(
    r"(?:langchain_)?(?:openai|anthropic|google|google_genai|mistralai|ollama)|httpx|httpcore|requests"
)
"""Packages that speak with providers."""


def endpoint_trouble(error: Exception) -> str | None:
    """Describe in one line an error that the endpoint caused; None for every other error."""
    # LangChain wraps some errors in classes of its own (`OpenAIConnectionError`), which derive from the client's.
    modules = [base.__module__ for base in type(error).__mro__]
    if _client_in(modules) or isinstance(error, (ConnectionError, TimeoutError)):
        return " ".join(f"{type(error).__name__}: {error}".split())[:400]
    if isinstance(error, (ValueError, TypeError, LookupError, AttributeError)) and _raised_by_client(error):
        return " ".join(f"its answer cannot be read ({type(error).__name__}: {error})".split())[:400]
    return None


def _client_in(modules: Sequence[str]) -> bool:
    return any(_CLIENT.fullmatch(name.partition(".")[0]) for name in modules)


def _raised_by_client(error: Exception) -> bool:
    """Whether an error comes from a client that could not read an answer (no JSON, no choices), not from our code."""
    modules = []
    trace = error.__traceback__
    while trace is not None:
        modules.append(str(trace.tb_frame.f_globals.get("__name__", "")))
        trace = trace.tb_next
    asked = next((i for i, name in enumerate(modules) if name.startswith("langchain_core.language_models")), None)
    if asked is None:
        return False
    inside = modules[asked:]
    if _client_in(inside):
        # An error raised in a callback of ours is a bug.
        return not any(name.startswith("molreflect.") and not name.startswith("molreflect.agents.") for name in inside)
    known = ("langchain_core.", "molreflect.agents.")
    return all(name.startswith(known) for name in inside) and modules[-1].startswith("langchain_core.language_models")

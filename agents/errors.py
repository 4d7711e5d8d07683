"""What can go wrong with a teacher, and which errors of its client are the endpoint's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from molreflect.agents.rate_limits import resets_in, retry_after
from molreflect.agents.schemas import Usage
from molreflect.tools.errors import InputError, StorageError
from molreflect.tools.terms import FailureKind


class TeacherError(InputError):
    """The teacher could not be reached or gave no usable answer; the row is kept as failed with this reason."""

    def __init__(
        self,
        message: str,
        *,
        kind: FailureKind = FailureKind.ENDPOINT,
        usage: Usage | None = None,
        raw: str = "",
        quote: str = "",
    ) -> None:
        super().__init__(message + quote)
        self.kind = kind
        self.reason = message
        """The same without what the model said, so that alike failures can be counted together."""
        self.usage = usage or Usage()
        """What was spent on it all the same."""
        self.raw = raw
        """The model's last answer as it wrote it, where it could not be used."""


class BoundReachedError(TeacherError):
    """A bound of the pair ended the request before there was an answer."""

    def __init__(self, message: str, *, bound: str, usage: Usage | None = None, raw: str = "") -> None:
        super().__init__(message, kind=FailureKind.BOUND, usage=usage, raw=raw)
        self.bound = bound
        """Which one, in words."""


class CapReachedError(Exception):
    """The run makes no further call (a cap, a refused key, an outage, a stop); the row is not at fault and waits."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.usage = Usage()
        """What the interrupted attempt has spent."""


def explain_to_model(error: Exception, request: Any) -> str | None:
    """Explain a mistake the model can mend; None for a bug, which stops the run."""
    return str(error) if isinstance(error, InputError) and not isinstance(error, StorageError) else None


_CLIENT = re.compile(
    r"(?:langchain_)?(?:openai|anthropic|google|google_genai|mistralai|ollama)|httpx2?|httpcore2?|requests"
)
"""Packages that speak with providers."""


MAX_RAW = 20_000
"""Most characters of an answer that are kept of a row that failed."""


def shortened(raw: str) -> str:
    """An answer as it came; of a longer one its beginning, and how much is not kept."""
    return raw if len(raw) <= MAX_RAW else f"{raw[:MAX_RAW]}\n[{len(raw) - MAX_RAW:,} more characters were not kept]"


def keep_answer(error: Exception, answer: Any) -> None:
    """Keep with an error what the endpoint had answered, for `answer_of`."""
    if isinstance(answer, BaseModel):
        answer = answer.model_dump(warnings=False)
    error.__dict__["answer"] = answer if isinstance(answer, str) else json.dumps(answer, default=str)


def answer_of(error: BaseException) -> str:
    """Find what the endpoint had answered when an error was raised; empty where nothing came, or nobody kept it."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        unread = getattr(at, "doc", None)  # of json
        for found in (at.__dict__.get("answer"), _body(getattr(at, "response", None)), unread):
            if isinstance(found, (str, bytes)) and found:
                return shortened(found if isinstance(found, str) else found.decode("utf-8", "replace"))
        at = at.__cause__ or at.__context__
    return ""


def _body(response: Any) -> bytes:
    import httpx

    try:
        return bytes(getattr(response, "content", b""))
    except httpx.StreamError:  # it broke off before it was read
        return b""


class TroubleKind(StrEnum):
    """What an error of an endpoint asks of those who want to call it again."""

    BUSY = "busy"
    """Too many requests, or overloaded: later, and fewer at a time."""
    TRANSIENT = "transient"
    """A connection that broke, a server error, an answer nobody can read: again."""
    REFUSED = "refused"
    """A key, an account or a model that is refused: no other request would fare better."""
    REJECTED = "rejected"
    """This request is not taken; others may be."""
    FILTERED = "filtered"
    """A content filter stopped it."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error that the endpoint caused."""

    kind: TroubleKind
    text: str
    """In one line, quoting what the provider said."""
    retry_after: float | None = None
    """Seconds that the endpoint asks to wait; None where it does not say."""
    status: int | None = None
    """Of HTTP; None where there was no answer, or one that could not be read."""
    too_large: bool = False
    """Whether a request is rejected for its length, so that others may be taken."""
    resets_in: float | None = None
    """Seconds until a limit of the endpoint is whole again that is used up; None where it does not say."""


_REFUSED_STATUS = frozenset({401, 402, 403, 404, 405, 407, 410})
_BUSY_STATUS = frozenset({429, 503, 529})
_NOT_IMPLEMENTED = 501
_TRANSIENT_STATUS = frozenset({408, 409, 425})
_NO_MONEY = ("insufficient_quota", "billing", "credit balance", "account_deactivated", "payment required")
"""What the codes and texts of a 429 say that no waiting mends."""
_NO_ENTRY = (
    *("invalid_api_key", "api key not valid", "invalid api key", "incorrect api key", "model_not_found"),
    *("is not a valid model", "unknown model", "model not found", "insufficient_quota", "insufficient balance"),
)
"""What some providers say with status 400 or 422 of keys, accounts and models."""
_TOO_LARGE = ("context", "too long", "too large", "too many tokens", "max_tokens", "length", "string_above_max")
"""What providers say of requests that are too long."""
_QUOTED = 300
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What clients raise of answers that they cannot read."""


def endpoint_trouble(error: Exception) -> Trouble | None:
    """Classify an error that the endpoint caused; None for every other error."""
    # LangChain wraps some errors in classes of its own (`OpenAIConnectionError`), which derive from the client's.
    modules = [base.__module__ for base in type(error).__mro__]
    if _client_in(modules) or isinstance(error, (ConnectionError, TimeoutError)):
        return _of_client(error)
    if isinstance(error, _UNREADABLE) and _raised_by_client(error):
        # pydantic's texts speak of our classes and its own web pages, and say nothing of the answer
        said = "of another form" if "pydantic" in " ".join(modules) else f"{type(error).__name__}: {error}"
        return Trouble(TroubleKind.TRANSIENT, _line(f"its answer cannot be read ({said})"))
    return None


def _of_client(error: Exception) -> Trouble:
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    if status is None and isinstance(code := getattr(error, "code", None), int):
        status = code  # google's clients
    text = _line(_said(error, status))
    if status is None:
        # A proxy that wants a password says so before any request is made, and no waiting makes a certificate right.
        shut_out = _proxy_status(error) in _REFUSED_STATUS or "CERTIFICATE_VERIFY_FAILED" in text
        return Trouble(TroubleKind.REFUSED if shut_out else TroubleKind.TRANSIENT, text)
    lowered = f"{text} {getattr(error, 'code', '')}".lower()
    headers = getattr(response, "headers", None) or {}
    wait = retry_after(headers)
    if "content_filter" in lowered or "content management policy" in lowered:
        return Trouble(TroubleKind.FILTERED, text, status=status)
    if status in _BUSY_STATUS:
        dry = status == 429 and any(sign in lowered for sign in _NO_MONEY)
        if dry:
            return Trouble(TroubleKind.REFUSED, text, status=status)
        return Trouble(TroubleKind.BUSY, text, wait, status, resets_in=resets_in(headers))
    strange = 300 <= status < 400 or (status in (400, 422) and any(sign in lowered for sign in _NO_ENTRY))
    if status in _REFUSED_STATUS or strange:
        return Trouble(TroubleKind.REFUSED, text, status=status)
    if (status >= 500 and status != _NOT_IMPLEMENTED) or status in _TRANSIENT_STATUS:
        return Trouble(TroubleKind.TRANSIENT, text, wait, status)
    too_large = status == 413 or any(sign in lowered for sign in _TOO_LARGE)
    return Trouble(TroubleKind.REJECTED, text, status=status, too_large=too_large)


def _said(error: Exception, status: int | None) -> str:
    """What the provider said, after its status: the message of its JSON where there is one, else the text."""
    body = getattr(error, "body", None)
    told: object = body.get("message") or body.get("error") or body if isinstance(body, Mapping) else None
    if isinstance(told, Mapping):
        told = told.get("message") or dict(told)
    words = str(told if told is not None else error)
    if status is None and (cause := _first_cause(error)) not in words:  # "Connection error." says nothing
        words = f"{words.rstrip('.')}: {cause}"
    return f"{type(error).__name__}{f' ({status})' if status is not None else ''}: {words}"


def _first_cause(error: BaseException) -> str:
    """What the error says that all the others came from; empty where there is none or it says nothing."""
    said = ""
    cause = error.__cause__
    while cause is not None:
        said, cause = str(cause) or said, cause.__cause__
    return said


def _proxy_status(error: BaseException) -> int | None:
    """Read the status with which a proxy refused to connect; None where no proxy did."""
    cause: BaseException | None = error
    while cause is not None:
        if type(cause).__name__ == "ProxyError":
            found = re.match(r"\s*(\d{3})\b", str(cause))
            return None if found is None else int(found[1])
        cause = cause.__cause__ or cause.__context__
    return None


def _line(text: str) -> str:
    """One line of printable text, so long that it can be read."""
    whole = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return whole if len(whole) <= _QUOTED else f"{whole[:_QUOTED]} ..."


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

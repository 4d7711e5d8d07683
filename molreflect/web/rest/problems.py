"""Errors of the API: problem details (RFC 9457) in one line, with the status that fits."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from molreflect.agents.errors import TeacherError
from molreflect.services.workers import BusyError, TooSlowError
from molreflect.tools.english import replace_surrogates
from molreflect.tools.errors import InputError, InUseError, StorageError

MEDIA_TYPE = "application/problem+json"
MAX_DETAIL = 1_000
"""Characters of a detail."""


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="In one line: what came in, what was expected, what to do next.")


class NotFoundError(InputError):
    """What was named is not there."""


_STATUS: tuple[tuple[type[InputError], int], ...] = (
    (BusyError, 429),
    (TooSlowError, 422),
    (NotFoundError, 404),
    (InUseError, 409),
    (TeacherError, 424),
    (StorageError, 507),
    (InputError, 422),
)
"""The first that fits."""

DESCRIBED = {
    400: "The request cannot be read as HTTP or JSON.",
    401: "There is no token, or not that of the server.",
    403: "The server is asked under a foreign name, or by the page of another site.",
    404: "What is named is not there.",
    405: "This method is not among those of the address.",
    409: "The conversation is in use; ask again when its turn has ended.",
    413: "The body is too large.",
    422: "What came in cannot be used: a field does not fit, a molecule cannot be read, it would take too long.",
    424: "The language model cannot be reached.",
    429: "More is asked at a time than is carried out; ask again in a moment.",
}


def status_of(error: InputError) -> int:
    """Say which HTTP status an error is told with."""
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Write a problem."""
    line = replace_surrogates(" ".join(detail.split()))[:MAX_DETAIL]
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=line)
    told = {"Retry-After": "1"} if status == 429 else {}
    return JSONResponse(body.model_dump(), status_code=status, headers=told | (headers or {}), media_type=MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    """Let an application tell its errors so."""
    app.add_exception_handler(InputError, _mistake)
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(HTTPException, _other)


async def only_known(request: Request) -> None:
    """Refuse parameters that an address has not, so that a misspelt one is not passed over; for routers to depend on.

    Raises:
        InputError: There is one.
    """
    known = [str(field.alias) for field in request.scope["route"].dependant.query_params]
    if unknown := sorted(set(request.query_params) - set(known)):
        raise InputError(f"no parameter {unknown[0][:80]!r}; there is {', '.join(known) or 'none'}")


def no_address(path: str) -> JSONResponse:
    """Say that there is no such address."""
    return problem(404, f"there is no address {path}; /openapi.json lists them")


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe problems for the OpenAPI document."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {status: {"description": DESCRIBED[status], "content": {MEDIA_TYPE: schema}} for status in statuses}


async def _mistake(request: Request, error: Exception) -> Response:
    assert isinstance(error, InputError)
    return problem(status_of(error), str(error))


async def _unfit(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    told = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()]
    return problem(422, "; ".join(told[:3]) + (f" (and {len(told) - 3} more)" if len(told) > 3 else ""))


async def _other(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return no_address(request.url.path)
    return problem(error.status_code, str(error.detail), dict(error.headers or {}))

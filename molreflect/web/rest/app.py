"""The API as an application of its own, which the server of pages mounts: its own errors, its own description."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from molreflect import __version__
from molreflect.conversations import Desk
from molreflect.graphs.traces.store import FILE, TraceStore
from molreflect.services.facts import open_facts
from molreflect.services.workers import Workers
from molreflect.tools.storage import writing
from molreflect.web.rest import conversations, facts, kept
from molreflect.web.rest.problems import Problem, add_handlers, only_known, problem, responses
from molreflect.web.shelf import Shelf

AT = "/api/v1"
"""Where the API is mounted."""
MAX_BODY = 512 * 1024
"""Bytes of a request."""
BODY_SECONDS = 20.0
"""How long a request may take to arrive."""
THREADS, WAITING, SECONDS = 4, 32, 60.0
"""Of calls that calculate or read; the first one also opens what is looked up in, names and all."""
TURNS, TURNS_WAITING = 8, 64
"""Turns of conversations, whose time has bounds of its own."""
_ABOUT = """Facts about molecules, decided by chemistry and not by a model: every claim is supported, refuted or
unchecked, with a reason and atoms (0-based indices of the SMILES in the answer). `unchecked` means that nothing here
can decide; it is no support.

Send the token of the printed link as `Authorization: Bearer TOKEN`. Errors are problem details (RFC 9457) in one
line."""


class About(BaseModel):
    """What answers here."""

    version: str
    model: str
    """Who answers questions: `offline`, or `provider:model`."""


def build_api(desk: Desk, home: Path, runs: Sequence[Path], stack: ExitStack, *, seconds: float = SECONDS) -> FastAPI:
    """Build the API.

    Args:
        desk: Model, tools and bounds of conversations, and what words are looked up in.
        home: The home folder.
        runs: Run directories that are shown, and folders of them.
        stack: Closes what is opened.
        seconds: Bound on each call that calculates or reads.

    Raises:
        InputError: Traces cannot be opened.
    """
    workers = Workers(THREADS, waiting=WAITING, seconds=seconds, name="api")
    turns = Workers(TURNS, waiting=TURNS_WAITING, seconds=None, name="api-turn")
    service = stack.enter_context(open_facts(desk, home))
    with writing(home):
        home.mkdir(parents=True, exist_ok=True)
    traces = TraceStore(home / FILE)
    shelf = Shelf(runs, cache=None)
    for each in (shelf, traces, turns, workers):
        stack.callback(each.close)
    app = FastAPI(
        title="MolReflect",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        responses=responses(400, 401, 403),
        servers=[{"url": AT}],
        root_path_in_servers=False,
    )

    @app.get(
        "/about",
        tags=["server"],
        summary="Say what answers here",
        responses=responses(422),
        dependencies=[Depends(only_known)],
    )
    async def about() -> About:
        """The version, and who answers questions."""
        return About(version=__version__, model=desk.name)

    app.include_router(facts.build_router(service, workers))
    app.include_router(conversations.build_router(desk, home, turns=turns, workers=workers))
    app.include_router(kept.build_router(shelf, traces, workers))
    if find_spec("ag_ui") is not None:  # of the extra
        from molreflect.web.rest import agui

        app.include_router(agui.build_router(desk, turns))
    add_handlers(app)
    app.add_middleware(BoundedBodies)
    described = _described(app)
    app.openapi = lambda: described  # type: ignore[method-assign]  # FastAPI's way to change the description
    return app


def add_api(app: FastAPI, api: FastAPI) -> None:
    """Put the API into an application, and its description at `/openapi.json`."""
    app.mount(AT, api)

    @app.get("/openapi.json", include_in_schema=False)
    async def description() -> JSONResponse:
        return JSONResponse(api.openapi())


def _described(app: FastAPI) -> dict[str, Any]:
    """Describe the API: problems in place of FastAPI's own errors, the token, and no schema that is not used."""
    found = app.openapi()
    schemas = found["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()
    found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    found["security"] = [{"token": []}]
    return found


class BoundedBodies:
    """Refuse bodies that are too large or take too long, before they are held in memory."""

    def __init__(self, app: ASGIApp) -> None:
        """Guard an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stated = Headers(scope=scope).get("content-length", "0")
        if not stated.isdecimal() or int(stated) > MAX_BODY:
            await _too_large(scope, receive, send)
            return
        held: list[Message] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for message in _arriving(receive):
                    size += len(message.get("body", b""))
                    if size > MAX_BODY:
                        await _too_large(scope, receive, send)
                        return
                    held.append(message)
        except TimeoutError:
            told = f"the body did not arrive within {BODY_SECONDS:g} seconds"
            await problem(408, told, {"Connection": "close"})(scope, receive, send)
            return

        async def replayed() -> Message:
            return held.pop(0) if held else await receive()

        await self._app(scope, replayed, send)


async def _arriving(receive: Receive) -> AsyncIterator[Message]:
    while True:
        message = await receive()
        yield message
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


async def _too_large(scope: Scope, receive: Receive, send: Send) -> None:
    told = f"the body is larger than {MAX_BODY:,} bytes; send less at a time"
    await problem(413, told, {"Connection": "close"})(scope, receive, send)

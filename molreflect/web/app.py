"""The application: a guard, static files, and one router a subject."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from molreflect import __version__
from molreflect.tools.errors import InputError
from molreflect.web import static
from molreflect.web.pages import Navigation, Place, render
from molreflect.web.rest.problems import no_address
from molreflect.web.security import FOR_PROGRAMS, OnlyFromHere


def build_app(
    routers: Sequence[APIRouter], *, token: str, hosts: frozenset[str], places: Sequence[Place] = ()
) -> FastAPI:
    """Build the application.

    Args:
        routers: What it serves, e.g. `traces.build_router(store)`.
        token: What the printed link holds; see `security`.
        hosts: Names with ports under which it is asked.
        places: The navigation; whoever asks for `/` is sent to the first of them.
    """
    app = FastAPI(title="MolReflect", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(static.router)
    for router in routers:
        app.include_router(router)
    if places:
        app.add_api_route("/", lambda: RedirectResponse(places[0].path, status_code=303), include_in_schema=False)
    app.add_exception_handler(InputError, _mistake)
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(HTTPException, _missing)
    app.add_middleware(Navigation, places=places)
    app.add_middleware(OnlyFromHere, token=token, hosts=hosts)
    return app


async def _mistake(request: Request, error: Exception) -> Response:
    reading = request.method in ("GET", "HEAD")
    title = "This cannot be shown" if reading else "This cannot be done"
    return HTMLResponse(render("message.html", title=title, message=str(error)), status_code=404 if reading else 400)


async def _unfit(request: Request, error: Exception) -> Response:
    """A field that is missing, too long or no number, in one line."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    told = "; ".join(f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in found) or str(error)
    return HTMLResponse(render("message.html", title="This cannot be read", message=told), status_code=422)


async def _missing(request: Request, error: Exception) -> Response:
    if request.url.path.startswith(FOR_PROGRAMS):  # names with line ends reach no mounted application
        return no_address(request.url.path)
    status = error.status_code if isinstance(error, HTTPException) else 500
    told = "There is no such page." if status == 404 else str(getattr(error, "detail", error))
    return HTMLResponse(render("message.html", title="Not found", message=told), status_code=status)

"""Templates of the served pages, and the navigation that all of them have."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from molreflect.graphs.traces.pages import open_templates

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the navigation."""

    name: str
    path: str
    """Where its pages begin, e.g. `/traces`."""


class Navigation:
    """Tells templates which places there are and which one a request is about."""

    def __init__(self, app: ASGIApp, *, places: Sequence[Place]) -> None:
        """Put places around an application."""
        self._app, self._places = app, tuple(places)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        _asked.set((self._places, scope.get("path", "")))
        await self._app(scope, receive, send)


_asked: ContextVar[tuple[tuple[Place, ...], str]] = ContextVar("molreflect_asked", default=((), ""))


def render(template: str, **content: Any) -> str:
    """Render a page of `templates/`; texts are escaped, `Markup` is not."""
    places, path = _asked.get()
    here = next((p for p in places if path == p.path or path.startswith(f"{p.path}/")), None)
    return _environment().get_template(template).render({"places": places, "place": here} | content)


def part(template: str, name: str, *values: Any) -> str:
    """Render one macro of a template."""
    module: Any = _environment().get_template(template).module
    return str(getattr(module, name)(*values))


def goes_on(request: Request) -> bool:
    """Whether the server is to answer on; `app.state.stopping` says when it is not."""
    stopping = getattr(request.app.state, "stopping", None)
    return stopping is None or not stopping()


@cache
def _environment() -> Environment:
    return open_templates(_HERE / "templates")

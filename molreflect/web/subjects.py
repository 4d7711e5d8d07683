"""The pages of `molreflect serve`: the one list of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI

from molreflect.graphs.review.decisions import user_name
from molreflect.graphs.traces.schema import FILE
from molreflect.graphs.traces.store import TraceStore
from molreflect.tools.storage import cache_folder, writing
from molreflect.web import align, beside, conversations, review, runs, traces
from molreflect.web.app import build_app
from molreflect.web.pages import Place
from molreflect.web.rest.app import add_api, build_api
from molreflect.web.shelf import Shelf
from molreflect.web.site import Site


@dataclass(frozen=True, slots=True)
class Subject:
    """One entry of the navigation, and the pages behind it."""

    place: Place
    open: Callable[[Site, ExitStack], APIRouter]
    """Builds its router; what has to be closed goes on the stack."""


def _traces(site: Site, stack: ExitStack) -> APIRouter:
    store = TraceStore(site.home / FILE)
    stack.callback(store.close)
    shelf = stack.enter_context(closing(Shelf(site.runs, cache=cache_folder())))
    return traces.build_router(store, places=lambda: runs.trace_places(shelf))


def _runs(site: Site, stack: ExitStack) -> APIRouter:
    return runs.build_router(stack.enter_context(closing(Shelf(site.runs, cache=cache_folder()))))


def _reviews(site: Site, stack: ExitStack) -> APIRouter:
    shelf = stack.enter_context(closing(Shelf(site.runs, cache=cache_folder())))
    return review.build_router(shelf, reviewer=user_name())


SUBJECTS: tuple[Subject, ...] = (
    Subject(Place("Conversation", conversations.AT), conversations.open_conversations),
    Subject(Place("Align", align.AT), align.open_align),
    Subject(Place("Compare", beside.AT), beside.open_compare),
    Subject(Place("Runs", runs.AT), _runs),
    Subject(Place("Review", review.AT), _reviews),
    Subject(Place("Traces", traces.AT), _traces),
)
"""In the order of the navigation; a subject is added here and nowhere else."""


def build_site(site: Site, stack: ExitStack, *, token: str, hosts: frozenset[str]) -> FastAPI:
    """Build the application with every subject, and the API for programs.

    Args:
        site: What it is about.
        stack: Closes what the subjects open.
        token: What the printed link holds; see `security`.
        hosts: Names with ports under which it is asked.

    Raises:
        InputError: Something that pages need cannot be opened.
    """
    with writing(site.home):
        site.home.mkdir(parents=True, exist_ok=True)
    routers = [subject.open(site, stack) for subject in SUBJECTS]
    app = build_app(routers, token=token, hosts=hosts, places=[subject.place for subject in SUBJECTS])
    add_api(app, build_api(site.desk, site.home, site.runs, stack))
    return app

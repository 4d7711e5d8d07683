"""What the pages of `molreflect serve` are about, and the one list of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, FastAPI

from molreflect.conversations import Desk
from molreflect.graphs.traces.schema import FILE
from molreflect.graphs.traces.store import TraceStore
from molreflect.web import traces
from molreflect.web.app import build_app
from molreflect.web.pages import Place


@dataclass(frozen=True, kw_only=True)
class Site:
    """What pages share; each of them opens what else it needs."""

    desk: Desk
    """Model, tools and bounds of conversations, and what words are looked up in."""
    home: Path
    """The home folder: conversations and the traces of single questions."""
    runs: tuple[Path, ...] = ()
    """Run directories that were named, in that order."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One entry of the navigation, and the pages behind it."""

    place: Place
    open: Callable[[Site, ExitStack], APIRouter]
    """Builds its router; what has to be closed goes on the stack."""


def _traces(site: Site, stack: ExitStack) -> APIRouter:
    store = TraceStore(site.home / FILE)
    stack.callback(store.close)
    return traces.build_router(store)


SUBJECTS: tuple[Subject, ...] = (Subject(Place("Traces", traces.AT), _traces),)
"""In the order of the navigation; a subject is added here and nowhere else."""


def build_site(site: Site, stack: ExitStack, *, token: str, hosts: frozenset[str]) -> FastAPI:
    """Build the application with every subject.

    Args:
        site: What it is about.
        stack: Closes what the subjects open.
        token: What the printed link holds; see `security`.
        hosts: Names with ports under which it is asked.

    Raises:
        InputError: Something that pages need cannot be opened.
    """
    routers = [subject.open(site, stack) for subject in SUBJECTS]
    return build_app(routers, token=token, hosts=hosts, places=[subject.place for subject in SUBJECTS])

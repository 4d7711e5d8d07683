"""Pages of runs and of their review, served to a test from a thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from served import SECRET, Served, served

from molreflect.web import review, runs
from molreflect.web.app import build_app
from molreflect.web.pages import Place
from molreflect.web.shelf import Shelf


@contextmanager
def serving_runs(folder: Path, *, cache: Path | None) -> Iterator[Served]:
    """Serve the runs in a folder, and the pages that review them."""
    with closing(Shelf([folder], cache=cache)) as shelf:
        places = [Place("Runs", runs.AT), Place("Review", review.AT)]
        routers = [runs.build_router(shelf), review.build_router(shelf, reviewer="Ada")]
        build = partial(build_app, routers, token=SECRET, places=places)
        with served(folder, lambda host: build(hosts=frozenset({host}))) as found:
            yield found

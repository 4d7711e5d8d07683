"""Commands that serve pages on this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from molreflect import api
from molreflect.cli.conversation import TurnBounds
from molreflect.cli.options import (
    BaseUrl,
    Chat,
    Columns,
    Private,
    SimilarIn,
    TraceLevel,
    TracesOf,
    TracesOfRun,
    grouped,
)
from molreflect.cli.progress import say
from molreflect.cli.traces import open_store
from molreflect.tools.errors import InputError
from molreflect.tools.interrupts import told_first
from molreflect.tools.terms import TraceMode

if TYPE_CHECKING:
    from fastapi import FastAPI

Port = Annotated[int, typer.Option(min=0, max=65_535, help="0 takes any that is free.")]
GRACE = 2
"""Seconds that answers under way have when the server is ended; pages that listen are told at once."""


def view(path: TracesOf = None, run: TracesOfRun = None, port: Port = 0) -> None:
    """Look at traces in a browser, on this machine only.

    The printed link is the key; who has it sees all that the traces hold.

    Example: molreflect view runs/first
    """
    require_web()
    from molreflect.web.app import build_app
    from molreflect.web.pages import Place
    from molreflect.web.traces import AT, build_router

    with closing(open_store(path, run)) as store:
        place = Place("Traces", AT)
        serve_app(
            lambda token, hosts: build_app([build_router(store)], token=token, hosts=hosts, places=[place]),
            port,
            f"shows the traces of {store.path}",
        )


@grouped
def serve(
    bounds: TurnBounds,
    model: Chat = api.OFFLINE,
    base_url: BaseUrl = None,
    runs: Annotated[
        list[Path] | None, typer.Option(help="A run directory to show and review; repeatable.", metavar="<path>")
    ] = None,
    port: Port = 0,
    corpus: SimilarIn = None,
    columns: Columns = None,
    trace: TraceLevel = TraceMode.FULL,
    private: Private = False,
) -> None:
    """Converse, align, compare and review in a browser.

    On this machine only. The printed link is the key; who has it sees and asks all that you can.

    Example: molreflect serve --runs runs/first
    """
    require_web()
    for run in runs or ():
        if not run.is_dir():
            raise InputError(f"--runs {run} is no folder; name a run directory, as distill --out had it")
    from molreflect.conversations import desk
    from molreflect.settings import Settings
    from molreflect.web.site import Site
    from molreflect.web.subjects import build_site

    how: dict[str, Any] = {"base_url": base_url, "corpus": corpus, "columns": columns}
    how |= {"trace": trace, "private": private, "limits": bounds.limits()}
    with desk(model, **how) as opened, ExitStack() as stack:
        site = Site(desk=opened, home=Settings().home, base_url=base_url, runs=tuple(runs or ()))
        serve_app(lambda token, hosts: build_site(site, stack, token=token, hosts=hosts), port, f"serves with {model}")


def require_web() -> None:
    """See that what pages take is installed.

    Raises:
        InputError: It is not.
    """
    try:
        import uvicorn  # noqa: F401

        import molreflect.web.app  # noqa: F401
    except ModuleNotFoundError as error:
        raise InputError(f"the pages take {error.name}; pip install 'molreflect[web]'") from error


def serve_app(build: Callable[[str, frozenset[str]], FastAPI], port: int, told: str, *, path: str = "/") -> None:
    """Serve an application until Ctrl-C, and print its link.

    Args:
        build: Called with the token of the link and the names with ports under which the server is asked.
        port: 0 takes any that is free.
        told: What it does, in words.
        path: Where the link leads.
    """
    import uvicorn

    from molreflect.web.security import TOKEN, new_token

    with closing(_bound(port)) as bound:
        port, token = bound.getsockname()[1], new_token()
        app = build(token, frozenset(f"{host}:{port}" for host in ("127.0.0.1", "localhost")))
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=GRACE
        )
        server = uvicorn.Server(config)
        app.state.stopping = lambda: server.should_exit
        more = "&" if "?" in path else "?"
        print(f"http://127.0.0.1:{port}{path}{more}{TOKEN}={token}", flush=True)
        say(f"{told}; Ctrl-C ends it")
        with told_first(lambda _: setattr(server, "should_exit", True)):
            server.run(sockets=[bound])


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
        bound.listen()  # whoever follows the link before the server has started waits for it
    except OSError as error:
        bound.close()
        raise InputError(f"port {port} cannot be had ({error.strerror}); --port 0 takes a free one") from error
    return bound

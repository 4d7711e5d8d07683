"""The command that serves pages on this machine."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import Annotated

import typer

from molreflect.cli.options import TracesOf, TracesOfRun
from molreflect.cli.progress import say
from molreflect.cli.traces import open_store
from molreflect.tools.errors import InputError
from molreflect.tools.interrupts import told_first


def view(
    path: TracesOf = None,
    run: TracesOfRun = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes any that is free.")] = 0,
) -> None:
    """Look at traces in a browser, on this machine only.

    The printed link is the key; who has it sees all that the traces hold.

    Example: molreflect view runs/first
    """
    try:
        import uvicorn

        from molreflect.web.app import build_app
    except ModuleNotFoundError as error:
        raise InputError(f"the pages take {error.name}; pip install 'molreflect[web]'") from error
    from molreflect.web.security import TOKEN, new_token
    from molreflect.web.traces import build_router

    with closing(open_store(path, run)) as store, closing(_bound(port)) as bound:
        port, token = bound.getsockname()[1], new_token()
        hosts = frozenset(f"{host}:{port}" for host in ("127.0.0.1", "localhost"))
        app = build_app([build_router(store)], token=token, hosts=hosts)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
        app.state.stopping = lambda: server.should_exit
        print(f"http://127.0.0.1:{port}/?{TOKEN}={token}", flush=True)
        say(f"shows the traces of {store.path}; Ctrl-C ends it")
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

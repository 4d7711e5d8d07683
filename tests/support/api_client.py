"""The API over a home folder of a test, asked in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.testclient import TestClient

from molreflect.conversations import desk
from molreflect.web.app import build_app
from molreflect.web.rest.app import add_api, build_api

SECRET = "a-token-of-tests"
HOST = "127.0.0.1:8000"
PATIENCE = 240.0
"""Seconds of a call; a busy machine takes long to open what words are looked up in."""


@contextmanager
def api(home: Path, runs: Sequence[Path] = ()) -> Iterator[FastAPI]:
    """Open the application that has the API, with the offline analyst."""
    with desk() as opened, ExitStack() as stack:
        app = build_app([], token=SECRET, hosts=frozenset({HOST}))
        add_api(app, build_api(opened, home, runs, stack, seconds=PATIENCE))
        yield app


def client_of(app: FastAPI, *, token: str | None = SECRET) -> TestClient:
    """A program that asks, with a token or without one."""
    headers = {"Host": HOST} | ({} if token is None else {"Authorization": f"Bearer {token}"})
    return TestClient(app, base_url=f"http://{HOST}", headers=headers, raise_server_exceptions=False)

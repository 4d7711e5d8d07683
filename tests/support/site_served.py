"""The whole page, served to a test from a thread, with any model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from served import SECRET, Served, served

from molreflect.agents.analyst.offline import OfflineAnalyst
from molreflect.conversations import OFFLINE, Desk
from molreflect.graphs.conversation.conversation import conversation_tools
from molreflect.tools.corpus import read_corpus
from molreflect.tools.names.systematic import Namer
from molreflect.tools.terms import TraceMode
from molreflect.web.site import Site
from molreflect.web.subjects import build_site


@contextmanager
def desk_of(home: Path, resources: Any, corpus: Path, model: Any = None) -> Iterator[Desk]:
    """Open a desk: the offline analyst, or a scripted model that is said to be one of a provider."""
    with Namer() as namer:
        tools = conversation_tools(
            resources, lambda: read_corpus(corpus), namer=namer, pictures=lambda: home / "pictures"
        )
        how = {
            "folder": home, "resources": resources, "limits": None, "price": None, "trace": TraceMode.FULL,
            "private": False,
        }  # fmt: skip
        yield Desk(model or OfflineAnalyst(), tools, how, OFFLINE if model is None else "openai:scripted")


@contextmanager
def serving_site(desk: Desk, home: Path, *, runs: tuple[Path, ...] = (), secret: str = SECRET) -> Iterator[Served]:
    """Serve the page of a desk."""
    with ExitStack() as stack:
        site = Site(desk=desk, home=home, runs=runs)
        build = partial(build_site, site, stack, token=secret)
        with served(home, lambda host: build(hosts=frozenset({host}))) as found:
            yield found

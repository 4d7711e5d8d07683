"""The alignment graph for `langgraph dev` and Studio: the lexicon teacher, no corpus, the same nodes."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any

from molreflect.agents.models.registry import load_chat_model
from molreflect.agents.teacher.agent import build_teacher
from molreflect.graphs.alignment.graph import build_alignment_graph
from molreflect.graphs.alignment.state import AlignmentContext
from molreflect.tools.langchain_tools import build_alignment_tools
from molreflect.tools.resources import open_resources
from molreflect.tools.storage import cache_folder


async def align() -> Any:
    """The graph with its context filled in; Studio only has to give `id`, `smiles` and `caption`.

    The server calls this in its event loop and for every run, and refuses calls there that block: files are read in a
    thread, and once.
    """
    return await asyncio.to_thread(_build)


@lru_cache(maxsize=1)
def _build() -> Any:
    resources = open_resources(cache_folder())
    teacher = build_teacher(load_chat_model("lexicon"), build_alignment_tools(resources), name="lexicon")
    return build_alignment_graph(context=AlignmentContext(teacher=teacher, resources=resources))

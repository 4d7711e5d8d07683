"""The graphs of `langgraph.json`, for `langgraph dev`, Studio and pages that speak to such a server.

A server calls the functions here in its event loop and for every run, and refuses calls there that block: files are
read in a thread, and once.
"""

from __future__ import annotations

import asyncio
import os
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from langgraph.constants import TAG_NOSTREAM

from molreflect.agents.analyst.agent import build_analyst
from molreflect.agents.analyst.checker import AnswerChecker
from molreflect.agents.analyst.offline import OfflineAnalyst
from molreflect.agents.models.registry import load_chat_model
from molreflect.agents.teacher.agent import build_teacher
from molreflect.graphs.alignment.graph import build_alignment_graph
from molreflect.graphs.alignment.state import AlignmentContext
from molreflect.graphs.conversation.conversation import conversation_tools
from molreflect.tools.corpus import Corpus, read_corpus
from molreflect.tools.langchain_tools import build_alignment_tools
from molreflect.tools.names.systematic import Namer
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.storage import cache_folder, home_folder

MODEL = "MOLREFLECT_MODEL"
"""Environment variable that names the model of the analyst, as `provider:model`; the offline analyst without it."""


async def align() -> Any:
    """The alignment graph with its context filled in: the lexicon teacher, no corpus, the same nodes.

    Studio only has to give `id`, `smiles` and `caption`.
    """
    return await asyncio.to_thread(_build_align)


async def analyst() -> Any:
    """The analyst; its state has `messages`, as chat pages expect it. The server remembers the conversation.

    Nothing of a language model is streamed before it was checked, and its answers bear their verdicts.
    """
    return await asyncio.to_thread(_build_analyst)


@lru_cache(maxsize=1)
def _resources() -> Resources:
    return open_resources(cache_folder())


@lru_cache(maxsize=1)
def _build_align() -> Any:
    resources = _resources()
    teacher = build_teacher(load_chat_model("lexicon"), build_alignment_tools(resources), name="lexicon")
    return build_alignment_graph(context=AlignmentContext(teacher=teacher, resources=resources))


@lru_cache(maxsize=1)
def _build_analyst() -> Any:
    resources, named = _resources(), os.environ.get(MODEL, "")
    tools = conversation_tools(resources, _sample, namer=Namer(), pictures=lambda: home_folder() / "pictures")
    if not named:
        return build_analyst(OfflineAnalyst(), tools)
    model = load_chat_model(named)
    silent = model.model_copy(update={"tags": [*(model.tags or ()), TAG_NOSTREAM]})
    return build_analyst(silent, tools, checker=AnswerChecker(resources))


def _sample() -> Corpus:
    return read_corpus(Path(str(files("molreflect") / "data" / "sample.tsv")))

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from molreflect.agents.analyst.agent import build_analyst
from molreflect.agents.analyst.offline import OfflineAnalyst
from molreflect.graphs.conversation.conversation import conversation_tools
from molreflect.tools.corpus import read_corpus
from molreflect.tools.names.systematic import Namer


@pytest.fixture(scope="module")
def analyst(resources: Any, sample_corpus: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The offline analyst with its real tools."""
    folder = tmp_path_factory.mktemp("pictures")
    with Namer() as namer:
        tools = conversation_tools(resources, lambda: read_corpus(sample_corpus), namer=namer, pictures=lambda: folder)
        yield build_analyst(OfflineAnalyst(), tools, checkpointer=InMemorySaver())

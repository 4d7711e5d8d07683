"""Opens a conversation for the command line: model, tools, corpus for similarity, memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from molreflect.agents.analyst.offline import NAME as OFFLINE
from molreflect.agents.analyst.offline import OfflineAnalyst
from molreflect.agents.models.registry import load_chat_model
from molreflect.graphs.conversation.conversation import Conversation, conversation_tools, open_conversation
from molreflect.settings import Settings
from molreflect.tools.corpus import Corpus, read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.resources import open_resources


@contextmanager
def open_talk(
    model: str, *, base_url: str | None = None, thread: str | None = None, corpus: str | None = None
) -> Iterator[Conversation]:
    """Open a conversation.

    Args:
        model: `offline`, or `provider:model`.
        base_url: Address of an OpenAI-compatible server.
        thread: Name of the conversation; a new one where none is given.
        corpus: Pairs to look for similar molecules in; the sample corpus where none is given.

    Raises:
        InputError: The model or the corpus cannot be had.
    """
    settings = Settings()
    if corpus is not None and not corpus.startswith("hf:") and not Path(corpus).exists():
        raise InputError(f"the corpus {corpus} does not exist; pass a TSV, CSV, JSONL or Parquet file")
    voice = OfflineAnalyst() if model == OFFLINE else load_chat_model(model, base_url=base_url)

    def pairs() -> Corpus:
        if corpus is None and not settings.sample.is_file():
            raise InputError(f"the sample corpus {settings.sample} is not there; name a corpus with --corpus")
        return read_corpus(corpus if corpus is not None else settings.sample)

    resources = open_resources(settings.cache)
    try:
        with open_conversation(
            voice, conversation_tools(resources, pairs), folder=settings.home, thread=thread or uuid4().hex[:8]
        ) as conversation:
            yield conversation
    finally:
        resources.close()

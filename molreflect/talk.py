"""Opens a conversation for the command line: model, tools, corpus for similarity, memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from agents.analyst import NAME as OFFLINE
from agents.analyst import OfflineAnalyst
from agents.models import load_chat_model
from graphs.conversation import Conversation, conversation_tools, open_conversation
from molreflect.settings import Settings
from tools.corpus import Corpus, read_corpus
from tools.errors import ChemInputError
from tools.toolbox import open_toolbox


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
        ChemInputError: The model or the corpus cannot be had.
    """
    settings = Settings()
    if corpus is not None and not corpus.startswith("hf:") and not Path(corpus).exists():
        raise ChemInputError(f"the corpus {corpus} does not exist; pass a TSV, CSV, JSONL or Parquet file")
    voice = OfflineAnalyst() if model == OFFLINE else load_chat_model(model, base_url=base_url)

    def pairs() -> Corpus:
        if corpus is None and not settings.sample.is_file():
            raise ChemInputError(f"the sample corpus {settings.sample} is not there; name a corpus with --corpus")
        return read_corpus(corpus if corpus is not None else settings.sample)

    toolbox = open_toolbox(settings.cache)
    try:
        with open_conversation(
            voice, conversation_tools(toolbox, pairs), folder=settings.home, thread=thread or uuid4().hex[:8]
        ) as conversation:
            yield conversation
    finally:
        toolbox.close()

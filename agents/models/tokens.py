"""Count the tokens of a text as a teacher's model does: by its own tokenizer where that is available."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage

CHARACTERS_A_TOKEN = 2.2
"""Of the approximation. Prompts here are JSON with SMILES and SMARTS, which tokenizers cut finer than prose: SmolLM2's
makes a token of 2.5 characters of a reflection on average (`benchmarks/prompt_tokens.py`); this is a little less, so
that a budget is reached too early rather than too late."""

_TIKTOKEN = "tiktoken "
LOADING_SECONDS = 10.0
"""Most seconds to load a tokenizer; tiktoken downloads its tables the first time."""


@dataclass(frozen=True, slots=True)
class TokenCounter:
    """A way of counting tokens, with its name."""

    how: str
    """Named in records and in `run.yaml`."""
    count: Callable[[str], int]

    def messages(self, messages: Sequence[BaseMessage]) -> int:
        """Count the tokens of a conversation, tool calls included; 4 are added for the marks of each turn."""
        return sum(4 + self.count(text_of(message)) for message in messages)


def approximately(text: str) -> int:
    """Estimate the tokens of a text by its length, rounded up."""
    return -int(-len(text) // CHARACTERS_A_TOKEN)


APPROXIMATION = TokenCounter(f"approximation, {CHARACTERS_A_TOKEN} characters a token", approximately)


def counter_of(model: BaseChatModel, *, seconds: float = LOADING_SECONDS) -> TokenCounter:
    """Choose the counter for a model.

    A tokenizer that the user set (`custom_get_token_ids`) comes first, then tiktoken for OpenAI's own models. Other
    classes of LangChain count with another model's tokenizer, or ask the provider each time: for those, and where
    tiktoken's tables cannot be had, tokens are approximated by the length of the text, and `how` says so.
    """
    if model.custom_get_token_ids is not None:
        own = model.custom_get_token_ids
        return TokenCounter("the model's own tokenizer", lambda text: len(own(text)))
    name = getattr(model, "model_name", None)
    if any(kind.__module__.startswith("langchain_openai") for kind in type(model).__mro__) and isinstance(name, str):
        return _tiktoken(name, seconds) or APPROXIMATION
    return APPROXIMATION


def counter_named(how: str, *, seconds: float = LOADING_SECONDS) -> TokenCounter | None:
    """Find a counter by what it calls itself; None where it is the model's own, or its tables cannot be had."""
    if how == APPROXIMATION.how:
        return APPROXIMATION
    named = how.removeprefix(_TIKTOKEN)
    return _by_encoding(named, seconds) if named != how else None


def _tiktoken(name: str, seconds: float) -> TokenCounter | None:
    """Load OpenAI's tokenizer of a model; None for other models, and where its tables cannot be downloaded."""
    import tiktoken

    try:
        encoding_name = tiktoken.encoding_name_for_model(name)
    except KeyError:
        return None  # a server's own model: tiktoken would count with some other one's tables
    return _by_encoding(encoding_name, seconds)


def _by_encoding(encoding_name: str, seconds: float) -> TokenCounter | None:
    import tiktoken

    loaded: list[tiktoken.Encoding] = []

    def load() -> None:
        try:
            loaded.append(tiktoken.get_encoding(encoding_name))
        except (OSError, ValueError):  # no network, or something in its way: what requests raises is an OSError
            return

    thread = threading.Thread(target=load, daemon=True)
    thread.start()
    thread.join(seconds)
    if not loaded:
        return None
    encoding = loaded[0]
    return TokenCounter(f"{_TIKTOKEN}{encoding_name}", lambda text: len(encoding.encode(text, disallowed_special=())))


def text_of(message: BaseMessage) -> str:
    """Write a message as text, tool calls included."""
    content = message.content if isinstance(message.content, str) else json.dumps(message.content, ensure_ascii=False)
    said = [
        json.dumps({"name": c["name"], "args": c["args"]}, ensure_ascii=False, default=str)
        for c in getattr(message, "tool_calls", ())
    ]
    said += [f"{c['name']}: {c['args']}" for c in getattr(message, "invalid_tool_calls", ())]  # as it was written
    return "\n".join([*([content] if content else []), *said])

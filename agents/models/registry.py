"""Load chat models by name: the embedded lexicon, or any `provider:model` that LangChain knows."""

from __future__ import annotations

import importlib
import importlib.util
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from langchain_core.language_models import BaseChatModel

from molreflect.agents.models.lexicon_teacher import NAME as LEXICON
from molreflect.agents.models.lexicon_teacher import LexiconModel
from molreflect.agents.models.noisy_teacher import NoisyModel, is_embedded, is_noisy, read_noise
from molreflect.tools.errors import InputError


@dataclass(frozen=True, slots=True)
class Provider:
    """Package, class, keys and settings of one provider's chat models."""

    package: str
    chat: str
    """The class in the package."""
    extra: str
    """The extra of this project that installs the package."""
    keys: tuple[str, ...]
    """Environment variables that may hold its key; empty where it needs none."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Our names of settings to those of its class, where they differ."""


PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider("langchain_openai", "ChatOpenAI", "openai", ("OPENAI_API_KEY",)),
    "anthropic": Provider("langchain_anthropic", "ChatAnthropic", "anthropic", ("ANTHROPIC_API_KEY",)),
    "google_genai": Provider(
        "langchain_google_genai",
        "ChatGoogleGenerativeAI",
        "google",
        ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        {"max_tokens": "max_output_tokens"},
    ),
    "mistralai": Provider(
        "langchain_mistralai", "ChatMistralAI", "mistral", ("MISTRAL_API_KEY",), {"seed": "random_seed"}
    ),
    "ollama": Provider("langchain_ollama", "ChatOllama", "ollama", (), {"max_tokens": "num_predict"}),
}


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a teacher's model is sampled; None leaves the provider's default."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    seed: int | None = None
    timeout: float | None = 120.0
    """Seconds one request may take."""
    retries: int = 5
    """How often a request is repeated that failed on the server or on the way, while others are answered."""

    def __post_init__(self) -> None:
        if self.temperature is not None and not 0 <= self.temperature < math.inf:
            raise InputError(f"temperature must be a number that is not negative, got {self.temperature}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise InputError(f"top_p must be in (0, 1], got {self.top_p}")
        for name, value in (("top_k", self.top_k), ("max_tokens", self.max_tokens), ("timeout", self.timeout)):
            if value is not None and not value > 0:  # nor is it no number
                raise InputError(f"{name} must be more than 0, got {value}")
        if self.retries < 0:
            raise InputError(f"retries must not be negative, got {self.retries}")


PAPER_SAMPLING = Sampling(temperature=0.75, top_p=0.85, top_k=40, max_tokens=512)
"""The teacher's settings of the paper (table 7)."""


def load_chat_model(name: str, *, base_url: str | None = None, sampling: Sampling | None = None) -> BaseChatModel:
    """Load a chat model by name.

    Args:
        name: `lexicon`, `noisy:lexicon?rate=.2&seed=1` (see `noisy_teacher`), or `provider:model` as LangChain's
            `init_chat_model` takes it, e.g. `openai:gpt-5-mini`.
        base_url: Address of an OpenAI-compatible server; implies the provider `openai` where none is named.
        sampling: Settings to pass on; `not_sent` names those that the provider does not take.

    Raises:
        InputError: The name is unknown, its package is missing, or its key is not set.
    """
    if name == LEXICON:
        return LexiconModel()
    if is_noisy(name) and base_url is None:
        return NoisyModel(noise_name=read_noise(name).name)
    provider, model = _split(name, base_url)
    known = PROVIDERS[provider]
    if importlib.util.find_spec(known.package) is None:
        raise InputError(f"{name!r} needs the package {known.package}; run: pip install 'molreflect[{known.extra}]'")
    keyless = provider == "openai" and base_url is not None  # local servers rarely ask for a key
    if known.keys and not keyless and not any(os.environ.get(key) for key in known.keys):
        # Checked here, since some clients notice only at the first request, and others report something else.
        raise InputError(f"{name!r} needs a key in the environment: set {' or '.join(known.keys)}")
    settings, _ = provider_settings(provider, sampling or Sampling(), base_url)
    if keyless:
        settings["api_key"] = os.environ.get("OPENAI_API_KEY") or "not-needed"  # the client refuses to start without
    if provider == "openai":
        from molreflect.agents.models import openai_chat

        return openai_chat.load(model, **settings)
    from langchain.chat_models import init_chat_model

    return cast("BaseChatModel", init_chat_model(model, model_provider=provider, **settings))


def address_of(model: BaseChatModel) -> str:
    """Name the address a chat model asks; empty where its class does not tell, or it asks none."""
    client = getattr(model, "root_client", None)  # of openai: it knows what the environment and the default say
    if (address := getattr(client, "base_url", None)) is not None:
        return str(address)
    names = ("anthropic_api_url", "base_url", "endpoint")
    return next((found for name in names if isinstance(found := getattr(model, name, None), str) and found), "")


def not_sent(name: str, sampling: Sampling, *, base_url: str | None = None) -> tuple[str, ...]:
    """List the sampling settings asked for that the provider's class does not take, so that they are not sent.

    Args:
        name: As in `load_chat_model`, which has been called before: the provider's package is there.
        sampling: What was asked for.
        base_url: As in `load_chat_model`.
    """
    if is_embedded(name) and (name == LEXICON or base_url is None):
        settings = ("temperature", "top_p", "top_k", "max_tokens", "seed")
        return tuple(key for key in settings if getattr(sampling, key) is not None)
    return provider_settings(_split(name, base_url)[0], sampling, base_url)[1]


def provider_settings(
    provider: str, sampling: Sampling, base_url: str | None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Translate sampling settings to a provider's names.

    Returns:
        Arguments for its class, and the names of settings that it does not take.
    """
    known = PROVIDERS[provider]
    fields = _fields(known)
    given: dict[str, Any] = {} if base_url is None else {"base_url": base_url}
    unknown: list[str] = []
    for name in ("temperature", "top_p", "top_k", "max_tokens", "seed", "timeout", "retries"):
        value = getattr(sampling, name)
        if value is None:
            continue
        theirs = known.names.get(name, "max_retries" if name == "retries" else name)
        if theirs in fields:
            given[theirs] = value
        elif name == "top_k" and provider == "openai" and base_url is not None:
            given["extra_body"] = {"top_k": value}  # vLLM and llama.cpp read it there
        elif name == "timeout" and provider == "ollama":
            given["client_kwargs"] = {"timeout": value}
        elif name not in ("timeout", "retries"):  # those change no answer
            unknown.append(name)
    return given, tuple(unknown)


def _split(name: str, base_url: str | None) -> tuple[str, str]:
    provider, _, model = name.partition(":")
    if base_url is not None and provider not in PROVIDERS:
        provider, model = "openai", name  # servers name models as they like, e.g. 'llama3:8b'
    if not model:
        raise InputError(
            f"{name!r} is not a teacher; pass 'lexicon' or provider:model, e.g. 'openai:gpt-5-mini' or "
            "'ollama:llama3.1', or a model name with --base-url"
        )
    if provider not in PROVIDERS:
        raise InputError(f"{provider!r} is not a provider known here; pass one of {', '.join(PROVIDERS)}")
    return provider, model


def _fields(provider: Provider) -> frozenset[str]:
    """List the arguments of a provider's class, by name and by alias."""
    chat: type[BaseChatModel] = getattr(importlib.import_module(provider.package), provider.chat)
    aliases = {str(f.alias) for f in chat.model_fields.values() if f.alias is not None}
    return frozenset(chat.model_fields) | aliases

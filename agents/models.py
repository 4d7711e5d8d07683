"""Chat models by name: the embedded lexicon, or any `provider:model` that LangChain knows."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel

from agents.lexicon import NAME as LEXICON
from agents.lexicon import LexiconModel
from tools.errors import ChemInputError

_PACKAGES = {
    "openai": ("langchain_openai", "openai"),
    "anthropic": ("langchain_anthropic", "anthropic"),
    "google_genai": ("langchain_google_genai", "google"),
    "mistralai": ("langchain_mistralai", "mistral"),
    "ollama": ("langchain_ollama", "ollama"),
}
"""Provider to (package, extra of this project)."""


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

    def __post_init__(self) -> None:
        if self.temperature is not None and self.temperature < 0:
            raise ChemInputError(f"temperature must not be negative, got {self.temperature}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ChemInputError(f"top_p must be in (0, 1], got {self.top_p}")


PAPER_SAMPLING = Sampling(temperature=0.75, top_p=0.85, top_k=40, max_tokens=512)
"""The teacher's settings of the paper (table 7)."""


def load_chat_model(name: str, *, base_url: str | None = None, sampling: Sampling | None = None) -> BaseChatModel:
    """A chat model by name.

    Args:
        name: `lexicon`, or `provider:model` as LangChain's `init_chat_model` takes it, e.g. `openai:gpt-5-mini`.
        base_url: Address of an OpenAI-compatible server; implies the provider `openai` where none is named.
        sampling: Settings to pass on.

    Raises:
        ChemInputError: The name is unknown, its package is missing, or its key is not set.
    """
    if name == LEXICON:
        return LexiconModel()
    provider, _, model = name.partition(":")
    if base_url is not None and provider not in _PACKAGES:
        provider, model = "openai", name  # servers name models as they like, e.g. 'llama3:8b'
    if not model:
        raise ChemInputError(
            f"{name!r} is not a teacher; pass 'lexicon' or provider:model, e.g. 'openai:gpt-5-mini' or "
            "'ollama:llama3.1', or a model name with --base-url"
        )
    package, extra = _PACKAGES.get(provider, ("", ""))
    if not package:
        raise ChemInputError(f"{provider!r} is not a provider known here; pass one of {', '.join(_PACKAGES)}")
    if importlib.util.find_spec(package) is None:
        raise ChemInputError(f"{name!r} needs the package {package}; run: pip install 'molreflect[{extra}]'")
    from langchain.chat_models import init_chat_model

    chosen = sampling or Sampling()
    settings: dict[str, Any] = {
        "temperature": chosen.temperature, "top_p": chosen.top_p, "max_tokens": chosen.max_tokens,
        "timeout": chosen.timeout, "base_url": base_url,
    }  # fmt: skip
    if provider in ("openai", "mistralai", "ollama"):
        settings["seed"] = chosen.seed
    if provider in ("anthropic", "google_genai", "ollama"):
        settings["top_k"] = chosen.top_k
    elif chosen.top_k is not None and base_url is not None:
        settings["extra_body"] = {"top_k": chosen.top_k}  # vLLM and llama.cpp read it there
    if base_url is not None and provider == "openai":
        import os

        # Local servers rarely ask for a key, while the client refuses to start without one.
        settings["api_key"] = os.environ.get("OPENAI_API_KEY") or "not-needed"
    try:
        given = {name: value for name, value in settings.items() if value is not None}
        built: BaseChatModel = init_chat_model(model, model_provider=provider, **given)
    except Exception as error:
        if "api_key" in str(error).lower() or "credential" in str(error).lower():
            raise ChemInputError(
                f"{name!r} needs a key in the environment (e.g. {provider.upper()}_API_KEY); it is not set"
            ) from error
        raise
    return built

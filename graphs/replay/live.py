"""Whom a fork asks: the model of then, or another one."""

from __future__ import annotations

from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from molreflect.agents.analyst.offline import NAME as OFFLINE
from molreflect.agents.analyst.offline import OfflineAnalyst
from molreflect.agents.models.noisy_teacher import is_embedded
from molreflect.agents.models.prices import price_of
from molreflect.agents.models.registry import PROVIDERS, Sampling, load_chat_model
from molreflect.graphs.replay.fork import LiveModel
from molreflect.graphs.replay.recorded import Recorded
from molreflect.graphs.runs.store import RunStore
from molreflect.graphs.traces.spans import MODEL, PARAMETERS, PROVIDER
from molreflect.tools.terms import TeacherProtocol

_OTHER_NAMES = {"max_completion_tokens": "max_tokens", "max_output_tokens": "max_tokens", "random_seed": "seed"}
"""Settings of sampling by the names that providers have for them."""


def open_live(
    kept: Recorded,
    folder: Path,
    *,
    model: str | None = None,
    base_url: str | None = None,
    prices: Path | None = None,
) -> LiveModel:
    """Load the model that a fork asks, sampled as then.

    Args:
        kept: The trace.
        folder: Of the trace; a run knows the address of its server.
        model: Another model than that of the trace.
        base_url: Address of an OpenAI-compatible server.
        prices: The user's own price table.

    Raises:
        InputError: The model cannot be had.
    """
    said = _said_by_run(folder)
    name = model or str(kept.setup.get("teacher") or _name_in(kept))
    address = base_url or (said.get("server") if model is None else None)
    sampling = replace(_sampling(kept, said), retries=0)  # what is sent again is decided in one place
    if kept.kind == "conversation" and name == OFFLINE:
        return LiveModel(name=name, model=OfflineAnalyst(), price=None, protocol=TeacherProtocol.TOOLS)
    protocol = TeacherProtocol(kept.setup.get("protocol", TeacherProtocol.TOOLS))
    return LiveModel(
        name=name,
        model=load_chat_model(name, base_url=address, sampling=sampling),
        price=price_of(name, prices),
        protocol=TeacherProtocol.TOOLS if is_embedded(name) else protocol,
    )


def _said_by_run(folder: Path) -> dict[str, Any]:
    if not (folder / "run.yaml").is_file():
        return {}
    with closing(RunStore.open(folder)) as run:
        return dict(run.settings)


def _name_in(kept: Recorded) -> str:
    """Name the model of a conversation as `load_chat_model` does."""
    told = kept.model_calls[-1].span.attributes
    name, provider = str(told.get(MODEL, "")), told.get(PROVIDER)
    return f"{provider}:{name}" if provider in PROVIDERS else name


def _sampling(kept: Recorded, said: dict[str, Any]) -> Sampling:
    """Sample as the run says, else as the calls of the trace do."""
    names = {field.name for field in fields(Sampling)} - {"timeout", "retries"}
    told = (said.get("settings") or {}).get("sampling")
    if told is None and kept.model_calls:
        called = kept.model_calls[-1].span.attributes.get(PARAMETERS) or {}
        told = {_OTHER_NAMES.get(name, name): value for name, value in called.items()}
    return Sampling(**{name: value for name, value in (told or {}).items() if name in names})

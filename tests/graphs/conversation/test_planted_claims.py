"""Planted claims of `benchmarks/planted_claims.py`: no false one stands unmarked, no true one is refuted."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def benchmark_module() -> Any:
    path = Path(__file__).parents[3] / "benchmarks" / "planted_claims.py"
    spec = importlib.util.spec_from_file_location("planted_claims", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def test_planted_claims_are_marked(benchmark_module: Any) -> None:
    found = benchmark_module.measure(benchmark_module.selected(seed=4, each=12))
    assert len(found) == 24
    assert [c for c, verdict in found if not c.true and verdict not in ("refuted", "unchecked")] == []
    assert [c for c, verdict in found if c.true and verdict != "supported"] == []

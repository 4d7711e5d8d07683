"""Planted claims of `benchmarks/planted_claims.py`: no false one stands unmarked, no true one is refuted."""

from __future__ import annotations

from typing import Any

import pytest
from script_files import load_script


@pytest.fixture(scope="module")
def benchmark_module() -> Any:
    return load_script("benchmarks/planted_claims.py")


def test_planted_claims_are_marked(benchmark_module: Any) -> None:
    found = benchmark_module.measure(benchmark_module.selected(seed=4, each=12))
    assert len(found) == 24
    assert [c for c, verdict in found if not c.true and verdict not in ("refuted", "unchecked")] == []
    assert [c for c, verdict in found if c.true and verdict != "supported"] == []

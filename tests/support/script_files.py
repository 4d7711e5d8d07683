"""Scripts of the checkout that are in no package: benchmarks, examples, what builds bundles."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load_script(path: str) -> ModuleType:
    """Load a script as a module; skips where this copy of the project comes without it.

    Args:
        path: From the root of the checkout, e.g. `benchmarks/gold.py`.
    """
    place = ROOT / path
    if not place.is_file():
        pytest.skip(f"this copy comes without {path}")
    spec = importlib.util.spec_from_file_location(f"script_{place.stem}", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and models look their module up
    spec.loader.exec_module(module)
    return module

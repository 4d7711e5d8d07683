"""The words that composed names are taken apart by, from `data/composed_names.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

COMPOSED: dict[str, Any] = tomllib.loads((Path(__file__).parent / "data" / "composed_names.toml").read_text("utf-8"))
"""The file's tables and lists, by name."""

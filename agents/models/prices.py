"""What a model's tokens cost: a table the user can edit, and nothing guessed where it has no entry."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from molreflect.tools.errors import InputError

TABLE = Path(__file__).parent / "data" / "prices.toml"
"""The table that comes with the project."""

_DATE = re.compile(r"-\d{4}-?\d{2}-?\d{2}$")
"""The release date that providers append to a model's name."""


@dataclass(frozen=True, slots=True)
class Price:
    """Money per million tokens."""

    input: float
    output: float
    currency: str
    entry: str
    """The key of the table that was used."""
    source: str
    """The file it stands in."""

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """Money for so many tokens, in `currency`."""
        return (input_tokens * self.input + output_tokens * self.output) / 1e6


def price_of(name: str, table: Path | None = None) -> Price | None:
    """The price of a teacher.

    Args:
        name: As `--teacher` takes it, e.g. `openai:gpt-5-mini`, or the model's bare name behind `--base-url`.
        table: The user's own table; its entries win over the project's.

    Returns:
        None where no table has an entry for the name.

    Raises:
        InputError: A table cannot be read or holds something that is no price.
    """
    undated = _DATE.sub("", name)
    for path in (table, TABLE):
        if path is None:
            continue
        currency, models = _read(path)
        fitting = [key for key in models if fnmatchcase(name, key) or fnmatchcase(undated, key)]
        if fitting:
            entry = max(fitting, key=lambda key: (len(key.replace("*", "")), key))
            return Price(*models[entry], currency, entry, str(path) if path != TABLE else path.name)
    return None


def _read(path: Path) -> tuple[str, dict[str, tuple[float, float]]]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"the price table {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"the price table {path} is not TOML: {error}") from error
    models = data.get("models", {})
    if not isinstance(models, dict) or not isinstance(data.get("currency", "USD"), str):
        raise InputError(f'the price table {path} needs tables like [models."openai:gpt-5-mini"], see {TABLE.name}')
    return data.get("currency", "USD"), {key: _entry(path, key, entry) for key, entry in models.items()}


def _entry(path: Path, key: str, entry: Any) -> tuple[float, float]:
    if not isinstance(entry, dict) or set(entry) != {"input", "output"}:
        raise InputError(f"{path}: [models.{key!r}] needs exactly input and output, money per million tokens")
    for side, value in entry.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e9:
            raise InputError(f"{path}: {side} of {key!r} must be a number of at least 0, got {value!r}")
    return float(entry["input"]), float(entry["output"])

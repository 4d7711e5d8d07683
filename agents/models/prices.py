"""What a teacher's tokens cost, by the user's own table, else by genai-prices; never guessed where neither knows it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from molreflect.agents.models.registry import PROVIDERS
from molreflect.tools.errors import InputError

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

FREE = Path(__file__).parent / "data" / "prices.toml"
"""The table of teachers that cost nothing."""

_DATE = re.compile(r"-\d{4}-?\d{2}-?\d{2}$")
"""The release date that providers append to a model's name."""


@dataclass(frozen=True, slots=True)
class Price:
    """Money per million tokens."""

    input: float
    """Of tokens read; the lowest tier, where the price depends on the length of a request."""
    output: float
    """Of tokens written, likewise."""
    currency: str
    entry: str
    """The key that was used: of a table, or `provider:model` as genai-prices calls it."""
    source: str
    """The table it stands in, or genai-prices with its version."""
    rates: ModelPrice | None = field(default=None, repr=False)
    """The price with its tiers, where genai-prices knows it."""

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """Price one call, in `currency`."""
        if self.rates is not None:
            import genai_prices

            usage = genai_prices.Usage(input_tokens=input_tokens, output_tokens=output_tokens)
            return float(self.rates.calc_price(usage)["total_price"])
        return (input_tokens * self.input + output_tokens * self.output) / 1e6


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)
    batch_input: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    batch_output: float | None = Field(default=None, ge=0, allow_inf_nan=False)

    def rates(self, *, batch: bool) -> tuple[float, float] | None:
        """Return input and output; None for batches that the entry has no price for."""
        if not batch or not (self.input or self.output):
            return self.input, self.output
        if self.batch_input is None or self.batch_output is None:
            return None
        return self.batch_input, self.batch_output


class _Table(BaseModel):
    currency: str = "USD"
    models: dict[str, _Entry] = {}


def price_of(name: str, table: Path | None = None, *, batch: bool = False) -> Price | None:
    """Look up the price of a teacher.

    The user's table is asked first, then the table of free teachers, then the prices that come with the installed
    genai-prices; nothing is fetched. A release date at the end of a model's name is ignored.

    Args:
        name: As `--teacher` takes it, e.g. `openai:gpt-5-mini`, or the model's bare name behind `--base-url`.
        table: The user's own table; its entries win.
        batch: The price of what is asked in batch files, which many providers ask less for.

    Returns:
        None where the price is not known.

    Raises:
        InputError: The table cannot be read or holds something that is no price.
    """
    undated = _DATE.sub("", name)
    for path in filter(None, (table, FREE)):
        known = _read(path)
        fitting = [key for key in known.models if fnmatchcase(name, key) or fnmatchcase(undated, key)]
        if fitting:
            entry = max(fitting, key=lambda key: (len(key.replace("*", "")), key))
            source = path.name if path == FREE else str(path)
            rates = known.models[entry].rates(batch=batch)
            return None if rates is None else Price(*rates, known.currency, entry, source)
    return _listed(name, batch) or (_listed(undated, batch) if undated != name else None)


_BATCH = {"processing": "batch"}
"""What genai-prices calls the price of batch files."""


def _listed(name: str, batch: bool) -> Price | None:
    """The price that genai-prices has for `provider:model` today."""
    import genai_prices

    provider, _, model = name.partition(":")
    if provider not in PROVIDERS or not model:
        return None
    try:
        found = genai_prices.calc_price(
            genai_prices.Usage(), model, provider_id=provider, price_context=_BATCH if batch else None
        )
    except LookupError:
        return None
    # Some of its entries take every name that begins like theirs: a model that came later, at another price, as well.
    plain = _DATE.sub("", model).removesuffix("-latest")
    if plain != found.model.id and found.model.is_match(f"{model}-unheard-of"):
        return None
    if batch and not any(variant.when == _BATCH for variant in found.model.price_variants or ()):
        return None  # what came back is the ordinary price
    read, written = found.model_price.input_mtok, found.model_price.output_mtok
    if read is None or written is None:
        return None
    return Price(
        _base(read),
        _base(written),
        "USD",
        f"{provider}:{found.model.id}",
        f"genai-prices {genai_prices.__version__}",
        found.model_price,
    )


def _base(rate: Any) -> float:
    return float(getattr(rate, "base", rate))


def _read(path: Path) -> _Table:
    try:
        return _Table.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(f"the price table {path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(
            f"the price table {path} has a mistake at {where}: {first['msg']}; an entry is "
            '[models."openai:gpt-5-mini"] with input and output, each money per million tokens'
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"the price table {path} is not TOML: {error}") from error

"""What tokens cost: by the user's table, by genai-prices, or not known."""

from __future__ import annotations

import socket
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from molreflect.agents.models.prices import price_of
from molreflect.tools.errors import InputError


@pytest.mark.parametrize(
    ("name", "entry", "price"),
    [
        ("lexicon", "lexicon", (0.0, 0.0)),
        ("ollama:llama3.1", "ollama:*", (0.0, 0.0)),
        ("openai:gpt-5-mini", "openai:gpt-5-mini", (0.25, 2.0)),
        ("openai:gpt-5-mini-2025-08-07", "openai:gpt-5-mini", (0.25, 2.0)),
        ("openai:gpt-5-mini-20991231", "openai:gpt-5-mini", (0.25, 2.0)),
        ("anthropic:claude-sonnet-4-5-20250929", "anthropic:claude-sonnet-4-5", (3.0, 15.0)),
        ("google_genai:gemini-2.5-pro", "google_genai:gemini-2.5-pro", (1.25, 10.0)),
    ],
)
def test_a_price_stands_in_the_table_under_the_teachers_name(name: str, entry: str, price: tuple[float, float]) -> None:
    found = price_of(name)
    assert found is not None
    assert (found.entry, (found.input, found.output), found.currency) == (entry, price, "USD")
    assert found.source == ("prices.toml" if price == (0.0, 0.0) else f"genai-prices {version('genai-prices')}")
    assert found.cost(1_000, 500) == pytest.approx((price[0] + price[1] / 2) / 1_000)
    assert found.cost(0, 0) == 0.0


def test_a_long_request_costs_what_its_tier_costs() -> None:
    found = price_of("anthropic:claude-sonnet-4-5")
    assert found is not None
    assert found.cost(300_000, 1_000) > 1.5 * (300_000 * found.input + 1_000 * found.output) / 1e6


def test_prices_are_looked_up_without_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert price_of("openai:gpt-5") is not None


@pytest.mark.parametrize(
    "name", ["openai:gpt-5-mini-turbo", "anthropic:claude-sonnet-4-5-turbo", "some-model", "openai:gpt-6", "gpt-5"]
)
def test_a_price_that_nobody_wrote_down_is_not_guessed(name: str) -> None:
    assert price_of(name) is None


def test_the_users_table_wins_and_the_longest_key_that_fits(tmp_path: Path) -> None:
    table = tmp_path / "p.toml"
    table.write_text(
        'currency = "CHF"\n[models."openai:*"]\ninput = 1\noutput = 2\n'
        '[models."openai:gpt-5*"]\ninput = 3.5\noutput = 4\n',
        encoding="utf-8",
    )
    mini, other, lexicon = (price_of(n, table) for n in ("openai:gpt-5-mini", "openai:o9", "lexicon"))
    assert mini is not None
    assert (mini.input, mini.currency, mini.source) == (3.5, "CHF", str(table))
    assert other is not None
    assert other.output == 2.0
    assert lexicon is not None
    assert lexicon.currency == "USD"
    assert mini.cost(1_000_000, 500_000) == 5.5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models = 3", "at models: .*dictionary"),
        ("[models.x]\ninput = 1", "at models.x.output: Field required"),
        ("[models.x]\ninput = 1\noutput = 2\ncached = 3", "at models.x.cached: .*not permitted"),
        ("[models.x]\ninput = -1\noutput = 2", "at models.x.input: .*greater than or equal to 0"),
        ("[models.x]\ninput = nan\noutput = 2", "at models.x.input: .*finite"),
        ('[models.x]\ninput = "1"\noutput = 2', "at models.x.input: .*valid number"),
        ("[models.x]\ninput = true\noutput = 2", "at models.x.input: .*valid number"),
        ("[models.x\n", "is not TOML"),
        ("currency = 3", "at currency: .*valid string"),
    ],
)
def test_a_table_that_is_none_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    table = tmp_path / "p.toml"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        price_of("x", table)
    with pytest.raises(InputError, match="cannot be read"):
        price_of("x", tmp_path / "none.toml")


def test_batches_have_a_price_of_their_own_where_somebody_knows_it(tmp_path: Path) -> None:
    found = price_of("openai:gpt-5-mini", batch=True)
    assert found is not None
    assert (found.input, found.output) == (0.125, 1.0)
    assert found.cost(1_000, 500) == pytest.approx(0.000625)
    free = price_of("ollama:llama3.1", batch=True)
    assert free is not None
    assert free.cost(1_000, 500) == 0.0
    table = tmp_path / "prices.toml"
    table.write_text(
        '[models."openai:gpt-5-mini"]\ninput = 2.0\noutput = 4.0\n'
        "[models.m]\ninput = 2.0\noutput = 4.0\nbatch_input = 0.5\nbatch_output = 3.0\n",
        encoding="utf-8",
    )
    assert price_of("openai:gpt-5-mini", table, batch=True) is None, "the user's table says nothing of batches"
    own = price_of("m", table, batch=True)
    assert own is not None
    assert (own.input, own.output) == (0.5, 3.0)

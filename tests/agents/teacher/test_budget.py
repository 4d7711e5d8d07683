"""What a teacher may spend: prices, token counts, the pair's ledger and the run's meter."""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from scripted import ScriptedModel, call, submit

from molreflect.agents.errors import BoundReachedError, CapReachedError
from molreflect.agents.models.lexicon import LexiconModel
from molreflect.agents.models.prices import Price, price_of
from molreflect.agents.models.registry import load_chat_model
from molreflect.agents.models.tokens import APPROXIMATION, approximately, counter_of
from molreflect.agents.prompts import align
from molreflect.agents.schemas import Usage
from molreflect.agents.teacher.agent import build_teacher
from molreflect.agents.teacher.budget import Caps, Ledger, Limits, RunMeter, add
from molreflect.graphs.runs.store import RunStore
from molreflect.tools.corpus import Pair
from molreflect.tools.errors import InputError
from molreflect.tools.langchain_tools import build_alignment_tools
from molreflect.tools.terms import View

PRICE = Price(1_000.0, 10_000.0, "EUR", "x", "test")
TOKENS, FEW = st.integers(0, 10**6), st.integers(0, 99)
USAGES = st.builds(
    Usage, input_tokens=TOKENS, output_tokens=TOKENS, calls=FEW, uncounted=FEW, cost=st.none() | st.floats(0, 100)
)


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


def test_tokens_are_counted_by_the_models_own_tokenizer_where_it_has_one() -> None:
    model = ScriptedModel(script=None, custom_get_token_ids=lambda text: [ord(c) for c in text])
    counter = counter_of(model)
    assert (counter.how, counter.count("abc")) == ("the model's own tokenizer", 3)
    assert counter_of(ScriptedModel(script=None)) is counter_of(LexiconModel()) is APPROXIMATION


@pytest.mark.parametrize("trouble", [ConnectionError("no network"), None])
def test_openais_models_are_counted_by_tiktoken_and_approximated_where_its_tables_are_out_of_reach(
    trouble: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    asked: list[str] = []

    def get_encoding(name: str) -> Any:
        asked.append(name)
        if trouble is not None:
            raise trouble
        return tiktoken.Encoding(
            name, pat_str=r".", mergeable_ranks={bytes([i]): i for i in range(256)}, special_tokens={"<|end|>": 256}
        )

    monkeypatch.setattr(tiktoken, "get_encoding", get_encoding)
    counter = counter_of(load_chat_model("openai:gpt-4o-mini"))
    assert asked == ["o200k_base"]
    if trouble is None:
        assert (counter.how, counter.count("abc <|end|>")) == ("tiktoken o200k_base", 11)
    else:
        assert counter is APPROXIMATION
    assert counter_of(load_chat_model("llama3", base_url="http://127.0.0.1:9/v1")) is APPROXIMATION
    assert len(asked) == 1, "a server's own model has no table in tiktoken"


def test_a_tokenizer_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setattr(tiktoken, "get_encoding", lambda name: time.sleep(3))
    began = time.monotonic()
    assert counter_of(load_chat_model("openai:gpt-4o-mini"), seconds=0.1) is APPROXIMATION
    assert time.monotonic() - began < 2


def test_a_conversation_is_counted_with_its_tool_calls() -> None:
    messages = [SystemMessage("a" * 22), HumanMessage("b" * 22), AIMessage("c" * 22)]
    assert APPROXIMATION.messages(messages) == 3 * (10 + 4)
    assert APPROXIMATION.messages([call("find_substructure", smiles="C" * 220)]) > 100
    assert approximately("") == 0


@given(USAGES, USAGES)
def test_adding_usage_loses_nothing(left: Usage, right: Usage) -> None:
    both = add(left, right)
    assert both.calls == left.calls + right.calls
    assert both.input_tokens == left.input_tokens + right.input_tokens
    assert both.uncounted == left.uncounted + right.uncounted
    assert (both.cost is None) == (left.cost is None and right.cost is None)
    assert both.cost is None or both.cost == pytest.approx((left.cost or 0) + (right.cost or 0), abs=1e-6)


@pytest.mark.parametrize(
    ("limits", "before", "said"),
    [
        ({"calls": 3}, {"calls": 3}, "3 model calls for the pair"),
        ({"tokens": 500}, {"input_tokens": 300}, "500 tokens for the pair (300 spent)"),
        ({"cost": 2.0}, {"cost": 1.9}, "2 EUR for the pair (1.900000 spent)"),
    ],
)
def test_a_pair_that_has_spent_what_it_may_is_not_asked_again(
    limits: dict[str, Any], before: dict[str, Any], said: str
) -> None:
    def open_ledger(spent: Usage) -> Ledger:
        return Ledger.open(Limits(**limits), spent, 0.0, PRICE, RunMeter())

    spent = Usage(**before)
    ledger = open_ledger(spent)
    assert ledger.bound(ledger.estimate(200, 10)) == said
    assert open_ledger(Usage()).bound(ledger.estimate(10, 10)) is None


def test_seconds_of_earlier_requests_count(resources: Any) -> None:
    model = ScriptedModel(script=lambda data, tools: submit())
    voice = build_teacher(model, build_alignment_tools(resources), name="x", limits=Limits(seconds=5.0))
    words = align.request(view=View.PAIR, smiles="CCO", caption="A primary alcohol.")
    assert voice.propose(words, seconds=4.0).usage.calls == 1
    with pytest.raises(BoundReachedError, match="within 5 seconds for the pair") as caught:
        voice.propose(words, seconds=5.0)
    assert caught.value.usage.calls == 0
    assert len(model.seen) == 1


def test_a_model_is_warned_of_its_last_call_and_may_still_submit(resources: Any) -> None:
    def script(data: dict[str, Any], tools: Any) -> AIMessage:
        warned = any("this is your last call" in problem for problem in data.get("mend", []))
        return submit() if warned else call("find_substructure", smiles="CCO", patterns=["C"])

    model = ScriptedModel(script=script)
    voice = build_teacher(model, build_alignment_tools(resources), name="x", limits=Limits(request_calls=4))
    proposal = voice.propose(align.request(view=View.PAIR, smiles="CCO", caption="A primary alcohol."))
    assert proposal.usage.calls == 4


@pytest.mark.parametrize("field", ["calls", "tokens", "seconds", "cost"])
@pytest.mark.parametrize("kind", [Limits, Caps])
def test_a_bound_of_nothing_is_refused(kind: Any, field: str) -> None:
    with pytest.raises(InputError, match=f"the bound on {field} of a"):
        kind(**{field: 0})


@pytest.mark.parametrize("wrong", [{"request_calls": 0}, {"mends": -1}])
def test_impossible_limits_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match=str(next(iter(wrong.values())))):
        Limits(**wrong)


def test_a_cap_holds_with_many_calls_under_way() -> None:
    """What is set aside for calls that are not back yet counts, and what they did not use is given back."""
    meter = RunMeter(Caps(tokens=1_000))
    most, spent, refused = [0], [0], [0]
    lock = threading.Lock()

    def work() -> None:
        estimate = Usage(input_tokens=100, output_tokens=50, calls=1)
        while True:
            try:
                meter.reserve(estimate)
            except CapReachedError:
                with lock:
                    refused[0] += 1
                return
            with lock:
                most[0] += 1
                assert most[0] <= 6
            time.sleep(0.001)
            with lock:
                most[0] -= 1
                spent[0] += 30
            meter.settle(estimate, Usage(input_tokens=20, output_tokens=10, calls=1))

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert meter.spent.input_tokens + meter.spent.output_tokens == spent[0]
    assert 850 < spent[0] <= 1_000, "nearly all of the cap was used, and nothing beyond it"
    assert refused[0] == 12
    assert meter.stopped is not None
    assert "1000 tokens" in meter.stopped


def test_what_an_earlier_attempt_has_spent_counts_for_the_cap() -> None:
    with pytest.raises(CapReachedError, match="cap of 5 calls"):
        RunMeter(Caps(calls=5), spent=Usage(calls=5)).reserve(Usage(calls=1))


def test_a_call_that_fails_gives_back_what_was_reserve(resources: Any) -> None:
    class Down(ScriptedModel):
        def _generate(self, *args: Any, **kwargs: Any) -> Any:
            raise ConnectionError("refused")

    meter = RunMeter(Caps(tokens=100_000))
    voice = build_teacher(Down(script=None), build_alignment_tools(resources), name="x", meter=meter)
    for _ in range(40):
        with pytest.raises(InputError, match="refused"):
            voice.propose(align.request(view=View.PAIR, smiles="CCO", caption="A primary alcohol."))
    assert meter.spent == Usage()
    assert meter.stopped is None


def test_a_run_directory_knows_what_was_spent_on_attempts_that_came_to_nothing(tmp_path: Path) -> None:
    pairs = [Pair(str(i), "CCO", "A primary alcohol.", "CCO", i + 2) for i in range(2)]
    store = RunStore.create(tmp_path / "run", {}, pairs, ["a", "b"], ())
    first, second = store.rows()
    assert store.spent() == Usage()
    store.keep_failure(first, "r", "t", usage=Usage(input_tokens=5, calls=1, cost=0.5), raw="{")
    store.keep_failure(first, "r", "t", usage=Usage(input_tokens=7, calls=2), raw="[")
    store.keep_interrupted(second, Usage(output_tokens=3, calls=1, uncounted=1))
    store.keep_drafts([(second, {"drafted": [], "usage": Usage(input_tokens=1, calls=1).model_dump()}, "t")])
    assert store.spent() == Usage(input_tokens=13, output_tokens=3, calls=5, uncounted=1, cost=0.5)
    assert {k: raw for k, (raw, _) in store.last_failures().items()} == {"0": "["}
    store.close()
    db = sqlite3.connect(tmp_path / "run" / "run.sqlite")
    assert db.execute("SELECT state FROM pairs ORDER BY position").fetchall() == [("failed",), ("drafted",)]
    db.close()

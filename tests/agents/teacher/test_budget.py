"""The budgets of a teacher: the pair's ledger and the run's meter."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage
from scripted import ScriptedModel, call, submit

from molreflect.agents.errors import BoundReachedError, CapReachedError
from molreflect.agents.models.prices import Price
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
    assert "1,000 tokens" in meter.stopped


def test_what_an_earlier_attempt_has_spent_counts_for_the_cap() -> None:
    with pytest.raises(CapReachedError, match="cap of 5 calls"):
        RunMeter(Caps(calls=5), spent=Usage(calls=5)).reserve(Usage(calls=1))


def test_a_call_that_fails_releases_what_was_reserved(resources: Any) -> None:
    class Down(ScriptedModel):
        def _generate(self, *args: Any, **kwargs: Any) -> Any:
            raise ConnectionError("refused")

    meter = RunMeter(Caps(tokens=9_000))
    voice = build_teacher(Down(script=None), build_alignment_tools(resources), name="x", meter=meter)
    for _ in range(3):
        with pytest.raises(InputError, match="refused"):
            voice.propose(align.request(view=View.PAIR, smiles="CCO", caption="A primary alcohol."))
    assert meter.spent == Usage(calls=3), "every request that was sent counts, and none of its tokens"
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


def test_seconds_of_a_pair_do_not_count_while_no_call_could_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    from molreflect.agents.teacher.endpoint import Endpoint, EndpointPolicy
    from molreflect.agents.teacher.question import Question

    now = 0.0
    endpoint, meter = Endpoint(EndpointPolicy(), clock=lambda: now), RunMeter()
    enter = Endpoint.enter

    def paused(self: Endpoint, meter: RunMeter, tokens: int) -> float:
        nonlocal now
        now += 100.0
        return enter(self, meter, tokens)

    monkeypatch.setattr(Endpoint, "enter", paused)
    question = Question(endpoint, meter, Usage(calls=1))
    question.ask(lambda: "answer", lambda _: Usage(calls=1), gated=False)
    assert question.waited == 100.0
    ledger = Ledger.open(Limits(seconds=5), Usage(), 0.0, None, meter)
    ledger.clock = lambda: ledger.began + 103.0
    assert ledger.bound(Usage()) == "5 seconds for the pair"
    ledger.waited += question.waited
    assert ledger.bound(Usage()) is None


def test_a_meter_that_waits_ends_with_the_run_and_books_what_another_account_holds() -> None:
    meter = RunMeter(Caps(calls=3))
    assert meter.wait(0.0)
    meter.book(Usage(calls=2, input_tokens=10, output_tokens=4000))
    assert meter.spent.calls == 2
    assert meter.expected_output(None) == 2000
    assert meter.fits(Usage(calls=1))
    assert not meter.fits(Usage(calls=2))
    assert meter.stopped is None, "asking whether something fits stops nothing"
    meter.stop("enough")
    assert not meter.wait(3600.0)
    late = RunMeter(Caps(seconds=1e-9))
    assert not late.wait(3600.0)
    assert late.stopped is not None
    assert "cap of 1e-09 seconds" in late.stopped

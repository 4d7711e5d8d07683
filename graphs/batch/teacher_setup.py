"""The teacher of a run: its model, how it is spoken to, what it costs; and the scores of a student."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage

from molreflect.agents.models.capabilities import protocol_for
from molreflect.agents.models.prices import Price, price_of
from molreflect.agents.models.registry import load_chat_model, not_sent
from molreflect.agents.models.responses import FILE, KeptResponses, Responses, ResponseStore
from molreflect.agents.models.rule_model import RuleModel
from molreflect.agents.models.tokens import TokenCounter, counter_of
from molreflect.agents.prompts import score as score_prompt
from molreflect.agents.teacher.agent import Teacher, build_teacher
from molreflect.agents.teacher.budget import RunMeter
from molreflect.agents.teacher.desk import Ask, RemoteEndpoint, RemoteResponses
from molreflect.agents.teacher.endpoint import Endpoint
from molreflect.graphs.alignment.state import Score, ScoreTarget
from molreflect.graphs.batch.prepared_corpus import (
    Report,
)
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.runs.calls import CallLog
from molreflect.graphs.runs.store import RunStore
from molreflect.tools.errors import InputError
from molreflect.tools.langchain_tools import build_alignment_tools, build_naming_tool
from molreflect.tools.names.systematic import Namer
from molreflect.tools.resources import Resources
from molreflect.tools.terms import (
    TeacherProtocol,
    View,
)


@dataclass(frozen=True)
class TeacherSetup:
    """A teacher's model with everything that is settled about it before a run begins."""

    model: BaseChatModel
    settings: DistillSettings
    """With the protocol settled."""
    price: Price | None
    counter: TokenCounter
    unsent: tuple[str, ...]
    """Sampling settings that the provider has no word for."""
    answers: bool = False
    """Whether it has answered a question already."""
    batch_price: Price | None = None
    """Of what is asked in batch files; None where it is not known."""

    def teacher(
        self,
        resources: Resources,
        stack: contextlib.ExitStack,
        meter: RunMeter,
        *,
        cache: Path | None = None,
        ask: Ask | None = None,
        say: Report = lambda _: None,
        endpoint: Endpoint | None = None,
        only_kept: bool = False,
    ) -> Teacher:
        """The teacher over the tools of a prepared corpus; what it opens is closed by the stack.

        Args:
            resources: What its tools look things up in.
            stack: Closes what is opened.
            meter: Of the run.
            cache: Folder of the answers that all runs share; None keeps none.
            ask: Has another process give leave for calls, which counts them, and keep answers where there is no
                folder of them here; None counts and keeps them here.
            say: Told what the endpoint makes everybody wait for.
            endpoint: How its model is called; by default as the settings say.
            only_kept: Send nothing: a question without an answer in `cache` ends its row.
        """
        tools = build_alignment_tools(resources)
        if self.settings.view is View.MOLECULE:
            tools.append(build_naming_tool(stack.enter_context(Namer())))
        settings = self.settings
        assert settings.protocol != TeacherProtocol.AUTO
        policy = settings.endpoint_policy()
        responses: Responses | None = None
        if settings.keeps_answers and not isinstance(self.model, RuleModel):
            sampling = settings.result_settings()["sampling"]
            if cache is not None:
                kind = KeptResponses if only_kept else ResponseStore
                responses = store = kind(cache / FILE, settings.teacher, sampling)
                stack.callback(store.close)
            elif ask is not None:
                responses = RemoteResponses(ask, settings.teacher, sampling)
        return build_teacher(
            self.model,
            tools,
            name=settings.teacher,
            limits=settings.limits,
            protocol=settings.protocol,
            price=self.price,
            meter=meter,
            counter=self.counter,
            endpoint=endpoint
            or (RemoteEndpoint(policy, ask) if ask is not None else Endpoint(policy, say=say, answers=self.answers)),
            responses=responses,
        )

    def meter(self, stack: contextlib.ExitStack, store: RunStore | None = None) -> RunMeter:
        """The meter of a run, with what it has spent before; every call is noted beside the run's rows."""
        caps, currency = self.settings.caps, self.price.currency if self.price is not None else ""
        if store is None:
            return RunMeter(caps, currency=currency)
        if isinstance(self.model, RuleModel):  # whose calls are nobody's money
            return RunMeter(caps, spent=store.spent(), currency=currency)
        log = stack.enter_context(contextlib.closing(CallLog(store.folder)))
        paid = log.paid()
        # A run of an earlier version has no account but what its rows say.
        return RunMeter(caps, spent=paid if paid.calls else store.spent(), currency=currency, account=log.note)

    def account(self) -> dict[str, Any]:
        """How tokens and money are counted, for `run.yaml`."""
        price = self.price
        return {
            "tokens_where_the_provider_reports_none": self.counter.how,
            "price": None
            if price is None
            else {
                "input": price.input,
                "output": price.output,
                "currency": price.currency,
                "per_tokens": 1_000_000,
                "entry": price.entry,
                "table": price.source,
            },
            "sampling_not_sent": list(self.unsent),
        }


def open_teacher_setup(
    settings: DistillSettings,
    *,
    prices: Path | None = None,
    price: Price | None = None,
    resumed: Path | None = None,
    report: Report = lambda _: None,
) -> TeacherSetup:
    """Load a teacher's model and settle how it is spoken to and what it costs.

    Args:
        settings: Of the run.
        prices: The user's own price table.
        price: Of the model, where it is known already.
        resumed: A run directory that is gone on with: what was settled there stays settled.
        report: Told what is going on, and what the provider will not be sent.

    Raises:
        InputError: The teacher cannot be had or cannot be reached, or money is bounded and the model has no price.
    """
    few = replace(settings.sampling, retries=min(2, settings.sampling.retries))  # somebody waits for the first answer
    model = load_chat_model(settings.teacher, base_url=settings.base_url, sampling=few)
    price = price or price_of(settings.teacher, prices)
    if price is None and (settings.limits.cost is not None or settings.caps.cost is not None):
        raise InputError(
            f"a bound on money needs the price of {settings.teacher!r}, which stands in no table; write a file with "
            f'[models."{settings.teacher}"] input = ... output = ... (per million tokens) and pass it with --prices'
        )
    unsent = not_sent(settings.teacher, settings.sampling, base_url=settings.base_url)
    asked = False
    if settings.uses_batches:
        _require_batches(model, settings.teacher)
    if settings.protocol == TeacherProtocol.AUTO:
        known = _settled_protocol(resumed) if resumed is not None else None
        if known is None and settings.uses_batches:
            known = TeacherProtocol.JSON  # which every model speaks; there may be no server yet that could be asked
        if known is None:
            report("asking the teacher whether it calls tools")
            known, _ = protocol_for(model)
            asked = True
        settings = replace(settings, protocol=known)
    # What is sent again and when is decided in one place for all callers, which counts every request.
    once = replace(settings.sampling, retries=0)
    model = load_chat_model(settings.teacher, base_url=settings.base_url, sampling=once)
    batch_price = price_of(settings.teacher, prices, batch=True)
    return TeacherSetup(model, settings, price, counter_of(model), unsent, asked, batch_price)


def _require_batches(model: BaseChatModel, name: str) -> None:
    """Refuse a teacher whose requests are not written as OpenAI's batch files.

    Raises:
        InputError: It is one.
    """
    if isinstance(model, RuleModel):
        raise InputError(f"the teacher {name!r} answers at once; leave out --batch-api and --batch-file")
    from molreflect.agents.models.openai_chat import TolerantChatOpenAI

    if not isinstance(model, TolerantChatOpenAI):
        raise InputError(
            f"batch files are written for OpenAI and servers that speak like it (--base-url), not for {name!r}; leave "
            "out --batch-api and --batch-file"
        )
    model.request_body([HumanMessage("")])  # which says so where it would be another interface


def _settled_protocol(folder: Path) -> TeacherProtocol | None:
    if not (folder / "run.yaml").is_file():
        return None
    with contextlib.closing(RunStore.open(folder)) as store:
        known = store.settings.get("settings", {}).get("protocol")
    return TeacherProtocol(known) if known in ("tools", "json") else None


def open_teacher(
    settings: DistillSettings,
    prices: Path | None,
    resources: Resources,
    stack: contextlib.ExitStack,
    ask: Ask | None = None,
    *,
    cache: Path | None = None,
    price: Price | None = None,
) -> Teacher:
    """The teacher once more, in a process that shares the work.

    Args:
        settings: Of the run, with the protocol settled.
        prices: The user's own price table.
        resources: What its tools look things up in.
        stack: Closes what is opened.
        ask: Has the process that began the run give leave for calls, which counts them; None counts none.
        cache: Folder of the answers that all runs share.
        price: Of the model, where it is known already.
    """
    setup = open_teacher_setup(settings, prices=prices, price=price)
    return setup.teacher(resources, stack, RunMeter(settings.caps), cache=cache, ask=ask)


def student_scores(student: str) -> tuple[Score, ScoreTarget]:
    """The student's perplexities: of alignments given the input side, and of the output side given both."""
    from molreflect.agents.student.local import Student

    voice, turn = Student.load(student), threading.Lock()

    def perplexity(prompts: list[list[dict[str, str]]], texts: list[str]) -> list[float]:
        with turn:  # a tokenizer's settings are its own state, and workers share it
            return voice.perplexity(prompts, texts)

    def score(shown: str, texts: Sequence[str]) -> Sequence[float]:
        # An empty set of alignments says nothing: any text is preferred to it.
        filled = [text for text in texts if text]
        values = iter(perplexity([score_prompt.request(shown)] * len(filled), filled))
        return [next(values) if text else float("inf") for text in texts]

    def score_target(shown: str, texts: Sequence[str], target: str, molecule: bool) -> Sequence[float]:
        prompts = [score_prompt.target_request(shown, text, molecule=molecule) for text in texts]
        return perplexity(prompts, [target] * len(texts))

    return score, score_target

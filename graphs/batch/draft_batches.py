"""Drafts by the provider's batch files: what the drafts of a run ask is put into files, and answered from files.

The draft graph itself says what is asked: it runs until a question has no answer yet, which is noted in place of being
sent. What comes back goes into the store of responses under the key of its question, by the same graph; so the run that
follows finds it there, like any other answer, and sends only what is left. A teacher that uses tools asks several
questions a draft: each round of batches answers one more of every row.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from molreflect.agents.errors import CapReachedError, Trouble
from molreflect.agents.models.batch_files import (
    BatchRequest,
    ResultLine,
    read_answer,
    read_results,
    request_id,
    request_line,
    split,
)
from molreflect.agents.models.batch_service import BatchLook, BatchService
from molreflect.agents.models.openai_chat import TolerantChatOpenAI, answered_by, token_counts
from molreflect.agents.models.prices import Price
from molreflect.agents.models.responses import attempt_in_hand
from molreflect.agents.models.tokens import TokenCounter
from molreflect.agents.schemas import Usage
from molreflect.agents.teacher.agent import max_tokens_of
from molreflect.agents.teacher.budget import RunMeter, add
from molreflect.agents.teacher.endpoint import CallUnderWay, Endpoint
from molreflect.graphs.alignment.state import AlignmentContext
from molreflect.graphs.batch.prepared_corpus import PreparedCorpus
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.steering import INTERRUPTED
from molreflect.graphs.batch.tasks import Task, Worker, state_of
from molreflect.graphs.batch.teacher_setup import TeacherSetup
from molreflect.graphs.runs.batches import (
    NOT_WORKED_ON,
    BatchJournal,
    BatchState,
    QuestionState,
    RunBatch,
    batches_of,
)
from molreflect.graphs.runs.store import RunRow, RunStore
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.interrupts import told_first
from molreflect.tools.terms import ProgressCallback

FIRST_LOOK, LONGEST_LOOK = 0.5, 60.0
"""Seconds until a batch is looked at again: doubled each time."""
WORTH_A_ROUND = 0.02
"""Share of the first round's requests that makes another round worth its wait; fewer are sent as ordinary calls."""
TRIES = 2
"""How often a question is put into a batch that nobody works on, before it is sent as an ordinary call."""
_OUTCOMES = {"429": "busy", "500": "transient", "502": "transient", "503": "transient"}
"""What the account calls a line with an error; others are `rejected`."""


class _NoEndpoint(Endpoint):
    """The endpoint of questions that are never sent: nothing is waited for, and nothing counted."""

    def begin(self, estimate: Usage, question: str, meter: RunMeter) -> CallUnderWay:
        """Give leave at once."""
        return CallUnderWay(0.0, estimate, question)

    def end(
        self, call: CallUnderWay, used: Usage, trouble: Trouble | None, meter: RunMeter, outcome: str | None = None
    ) -> None:
        """Count nothing: what a batch answered was counted as it was read."""

    def again(self, trouble: Trouble, failures: int, waited: float) -> float | None:
        """Never: an answer that cannot be read stays as it is."""
        return None


class _Desk:
    """Answers questions from results on disk, and notes the first one of a row that has none."""

    def __init__(self, count: Callable[[str], int]) -> None:
        self._count = count
        self.places: dict[str, tuple[Path, int, int]] = {}
        """Where the answer to each question stands."""
        self.gone_through: set[int] = set()
        """Batches whose answers are known."""
        self._asked: BatchRequest | None = None

    def __call__(self, body: dict[str, Any]) -> dict[str, Any]:
        id_ = request_id(body, attempt_in_hand())
        if (place := self.places.get(id_)) is not None:
            return read_answer(place)
        tokens = self._count(json.dumps([body["messages"], body.get("tools")], ensure_ascii=False, default=str))
        self._asked = BatchRequest(id_, request_line(id_, body), tokens)
        raise CapReachedError("its answer is to come from a batch")

    def take_asked(self) -> BatchRequest | None:
        """Return the question that ended the row, if one did, and be ready for the next row."""
        asked, self._asked = self._asked, None
        return asked


@dataclass
class DraftBatches:
    """Drafts of one run by batches."""

    store: RunStore
    journal: BatchJournal
    worker: Worker
    """With a teacher whose endpoint has no limits: nothing is sent through it."""
    model: TolerantChatOpenAI
    meter: RunMeter
    """Of the run."""
    settings: DistillSettings
    counter: TokenCounter
    price: Price | None
    """Of what a batch answers; None where no price is known."""
    price_is_bound: bool
    """Whether it is the ordinary price, since the one of batches is not known."""
    progress: ProgressCallback
    notes: list[str] = field(default_factory=list)
    """What came of it, a line each."""

    def run(self) -> list[str]:
        """Take in what earlier starts have out, and go on in rounds while there is something to put into a batch.

        Returns:
            What came of it. Where the run cannot go on, its meter is stopped and says why.
        """
        desk = _Desk(self.counter.count)
        try:
            self._take_in(desk)
            rows = self.store.rows("pending") if self._has_something_to_do() else []
            while rows and self.meter.stopped is None:
                waiting = self._look_what_is_asked(rows, desk)
                requests = self._to_be_batched({request.id: request for _, request in waiting})
                if not requests or self.meter.stopped is not None:
                    break
                self._write(requests)
                self._take_in(desk)
                there = {request.id for request in requests}
                rows = [row for row, request in waiting if request.id in there]
        except CapReachedError as stop:
            self.meter.stop(str(stop))
        return self.notes

    def _has_something_to_do(self) -> bool:
        return self.settings.uses_batches or any(b.state is BatchState.READ for b in self.journal.batches())

    # ------------------------------------------------------------------ asking

    def _look_what_is_asked(self, rows: Sequence[RunRow], desk: _Desk) -> list[tuple[RunRow, BatchRequest]]:
        """Run the drafts of rows on the answers there are; each that wants another one comes back with its question."""
        anew = self.store.unusable_attempts()
        waiting = []
        for done, row in enumerate(rows, start=1):
            if self.meter.stopped is not None:
                break
            with answered_by(desk):
                # However it ends otherwise, the run that follows meets it again, and that one keeps what comes of it.
                self.worker(Task("draft", state_of(row, self.settings.view, ""), anew=anew.get(row.id, 0)))
            if (asked := desk.take_asked()) is not None:
                waiting.append((row, asked))
            self.progress("preparing requests", done, len(rows))
        return waiting

    def _to_be_batched(self, requests: Mapping[str, BatchRequest]) -> list[BatchRequest]:
        """Choose what goes into a batch: what was in none, or was not worked on, as much as the caps allow."""
        if not self.settings.uses_batches or not requests:
            return []
        asked = self.journal.asked()
        batches = [b for b in self.journal.batches() if b.state is BatchState.READ]
        wanted = [r for r in requests.values() if _may_be_asked(asked.get(r.id))]
        rounds = max((b.round for b in batches), default=0)
        first = sum(b.requests for b in batches if b.round == 1)
        if rounds >= self.settings.batch_rounds or len(wanted) < WORTH_A_ROUND * first:
            wanted = []
        chosen, sum_ = [], Usage()
        for request in wanted:
            both = add(sum_, self._priced(request.tokens, self.meter.expected_output(max_tokens_of(self.model))))
            if not self.meter.fits(both):
                break
            chosen.append(request)
            sum_ = both
        if len(chosen) < len(wanted):
            self.notes.append(
                f"{counted(len(wanted) - len(chosen), 'request')} left out of the batch by the run's caps"
            )
        elif left := len(requests) - len(chosen):
            self.notes.append(f"{counted(left, 'request')} of drafts left to ordinary calls")
        return chosen

    def _write(self, requests: Sequence[BatchRequest]) -> None:
        """Write the files of the next round."""
        rounds = max((b.round for b in self.journal.batches()), default=0)
        self.journal.add(list(split(requests)), round_=rounds + 1, by_file=self.settings.batch_file)

    # ------------------------------------------------------------------ bringing in

    def _take_in(self, desk: _Desk) -> None:
        """Bring every batch to its end that is on its way, and read it.

        Raises:
            CapReachedError: The run cannot go on; what is out stays out.
        """
        refused: list[str] = []
        if any(not b.by_file and b.state not in _AT_REST for b in self.journal.batches()):
            service = BatchService(self.model, patience=self.settings.patience, wait=self.meter.wait)
            try:
                self._submit(service)
                refused = self._await_ends(service)
            finally:
                service.close()
        self._look_for_files()
        ended = [b for b in self.journal.batches() if b.state is BatchState.ENDED]
        for batch in ended:
            self._read(batch)
        for batch in self.journal.batches():
            if batch.state is BatchState.READ and batch.number not in desk.gone_through:
                self._find_answers(batch, desk)
        if refused and not ended:
            raise CapReachedError(f"the endpoint refuses the batch; {'; '.join(refused)}")
        # Where others came through, it is a limit of what may be out at once: the next round asks again.
        self.notes += [f"{said} (refused, asked again)" for said in refused]
        if cancelled := [b.batch_id for b in ended if b.status == "cancelled"]:
            raise CapReachedError(
                f"{', '.join(cancelled)} was cancelled; what it had answered is kept, and the rest goes into another "
                "batch with --batch-api, or is sent as ordinary calls without it"
            )

    def _submit(self, service: BatchService) -> None:
        """Upload and begin what is not with the provider yet, each once: noted before and after."""
        for batch in self.journal.batches():
            if batch.by_file or batch.state in (*_AT_REST, BatchState.OUT):
                continue
            self._go_on()
            number, file_id = batch.number, batch.file_id
            if batch.state in (BatchState.WRITTEN, BatchState.UPLOADING):
                self.progress(f"uploading batch {number}", 0, 0)
                self.journal.note(number, BatchState.UPLOADING)
                path = self.journal.requests_file(number)
                file_id = service.upload(path, batch.name, look_first=batch.state is BatchState.UPLOADING)
                self.journal.note(number, BatchState.UPLOADED, file_id=file_id)
                self._go_on()
            self.journal.note(number, BatchState.SUBMITTING)
            look = service.submit(file_id, batch.made, look_first=batch.state is BatchState.SUBMITTING)
            self.journal.note(number, BatchState.OUT, batch_id=look.id, status=look.status, done=look.done)

    def _await_ends(self, service: BatchService) -> list[str]:
        """Wait for every batch that is out, and download what came of it.

        Returns:
            Which were refused as a whole, and why.
        """
        pause = FIRST_LOOK
        refused: list[str] = []
        while out := [b for b in self.journal.batches() if b.state is BatchState.OUT]:
            for batch in out:
                look = service.look(batch.batch_id)
                if not look.ended:
                    self.journal.note(batch.number, BatchState.OUT, status=look.status, done=look.done)
                elif look.status == "failed" and not look.output_id:
                    self.journal.note_refused(batch.number, look.status)
                    refused.append(f"{look.id}: {look.said or 'no reason given'}")
                else:
                    self._download(batch, look, service)
            left = [b for b in self.journal.batches() if b.state is BatchState.OUT]
            if left:
                self._show(left)
                self._go_on()
                if not self.meter.wait(pause):
                    self._go_on()
                pause = min(2 * pause, LONGEST_LOOK)
        return refused

    def _show(self, out: Sequence[RunBatch]) -> None:
        named = out[0].batch_id if len(out) == 1 else f"{len(out)} batches"
        self.progress(f"waiting for {named}", sum(b.done for b in out), sum(b.requests for b in out))

    def _go_on(self) -> None:
        if self.meter.stopped is not None:
            raise CapReachedError(self.meter.stopped)

    def _download(self, batch: RunBatch, look: BatchLook, service: BatchService) -> None:
        for file_id, path in (
            (look.output_id, self.journal.results_file(batch.number)),
            (look.errors_id, self.journal.errors_file(batch.number)),
        ):
            if file_id:
                self.progress(f"downloading {path.name}", 0, 0)
                service.download(file_id, path)
        self.journal.note(batch.number, BatchState.ENDED, status=look.status, done=look.done)

    def _look_for_files(self) -> None:
        """Take what somebody else has run; stop where it is not there yet.

        Raises:
            CapReachedError: It is not there.
        """
        missing = []
        for batch in self.journal.batches():
            if not batch.by_file or batch.state in _AT_REST:
                continue
            if self.journal.results_file(batch.number).is_file():
                self.journal.note(batch.number, BatchState.ENDED, status="completed", done=batch.requests)
            else:
                missing.append(batch)
        if missing:
            self._go_on()
            first = missing[0]
            asked, answered = (f(first.number) for f in (self.journal.requests_file, self.journal.results_file))
            more = f", and so on up to number {missing[-1].number}" if len(missing) > 1 else ""
            raise CapReachedError(
                f"{counted(sum(b.requests for b in missing), 'request')} to be run by you, e.g. vllm run-batch "
                f"-i {asked} -o {answered} --model {self.model.model_name}{more}"
            )

    # ------------------------------------------------------------------ reading

    def _read(self, batch: RunBatch) -> None:
        """Count the lines of a batch and pay for them, once."""
        questions = self.journal.questions(batch.number)
        states = dict.fromkeys(questions, QuestionState.MISSING)
        calls: dict[str, tuple[str, Usage]] = {}
        strange: Counter[str] = Counter()
        for path in self.journal.result_files(batch.number):
            for line in read_results(path):
                if line.id not in questions:
                    strange["unknown" if line.id else "unreadable"] += 1
                elif states[line.id] is QuestionState.ANSWERED or (
                    line.body is None and states[line.id] is not QuestionState.MISSING
                ):
                    strange["double"] += 1
                else:
                    strange["double"] += states[line.id] is not QuestionState.MISSING
                    states[line.id] = _state_of(line)
                    calls[line.id] = self._call(line, questions[line.id])
        paid = [call for id_, call in calls.items() if states[id_] is not QuestionState.UNSENT]
        self.journal.note_read(batch.number, states, paid)
        total = Usage()
        for _, used in paid:
            total = add(total, used)
        self.meter.book(total)
        self._tell(batch, states, strange, total)

    def _call(self, line: ResultLine, tokens: int) -> tuple[str, Usage]:
        """How the request of a line ended, and what it used."""
        if line.body is None:
            return _OUTCOMES.get(line.code, "rejected"), Usage(calls=1)
        counts = token_counts(line.body.get("usage"))
        if counts is not None:
            return "answered", self._priced(counts["prompt_tokens"], counts["completion_tokens"])
        written = self.counter.count(json.dumps(line.body["choices"], ensure_ascii=False, default=str))
        return "answered", self._priced(tokens, written, uncounted=1)

    def _priced(self, read: int, written: int, *, uncounted: int = 0) -> Usage:
        cost = None if self.price is None else round(self.price.cost(read, written), 9)
        return Usage(calls=1, input_tokens=read, output_tokens=written, cost=cost, uncounted=uncounted)

    def _tell(
        self, batch: RunBatch, states: Mapping[str, QuestionState], strange: Mapping[str, int], used: Usage
    ) -> None:
        found = Counter(states.values())
        parts = [f"{found[QuestionState.ANSWERED]:,} of {counted(batch.requests, 'request')} answered"]
        parts += [f"{found[state]:,} {state}" for state in _TOLD if found[state]]
        parts += [f"{counted(count, 'line')} {_STRANGE[what]}" for what, count in strange.items() if count]
        name = batch.batch_id or f"batch {batch.number}"
        ended = f" ({batch.status})" if batch.status not in ("", "completed") else ""
        money = ""
        if used.cost is not None and self.price is not None:
            bound = " at most: its price for batches is not known, so the ordinary one" if self.price_is_bound else ""
            money = f", {used.cost:.4g} {self.price.currency}{bound}"
        self.notes.append(f"{name}{ended}: {', '.join(parts)}{money}")

    def _find_answers(self, batch: RunBatch, desk: _Desk) -> None:
        """Note where answers stand; the first of a question counts."""
        desk.gone_through.add(batch.number)
        known = self.journal.questions(batch.number)
        for path in self.journal.result_files(batch.number):
            for line in read_results(path):
                if line.body is not None and line.id in known:
                    desk.places.setdefault(line.id, line.place)


def draft_in_batches(
    store: RunStore,
    prepared: PreparedCorpus,
    setup: TeacherSetup,
    meter: RunMeter,
    *,
    cache: Path | None,
    progress: ProgressCallback,
) -> list[str]:
    """Draft by batches where the settings say so, or where an earlier start of the run has some out.

    Args:
        store: The run.
        prepared: Its corpus.
        setup: Its teacher.
        meter: Of the run; stopped where the run cannot go on yet.
        cache: Folder of the answers that all runs share, through which the run gets what batches answer.
        progress: Told how far requests and batches are.

    Returns:
        What came of it, a line each.

    Raises:
        InputError: Answers are not kept, so that what a batch answers would be lost.
    """
    settings, model = setup.settings, setup.model
    if not isinstance(model, TolerantChatOpenAI) or not (settings.uses_batches or batches_of(store.folder)):
        return []
    if cache is None or not settings.keeps_answers:
        raise InputError("what batches answer goes through the store of answers; leave out --no-cache")
    with contextlib.ExitStack() as stack:
        journal = stack.enter_context(contextlib.closing(BatchJournal(store.folder)))
        teacher = setup.teacher(prepared.resources, stack, RunMeter(), cache=cache, endpoint=_NoEndpoint())
        context = AlignmentContext(teacher=teacher, resources=prepared.resources, settings=settings.pair_settings())
        batches = DraftBatches(
            store=store,
            journal=journal,
            worker=Worker(context),
            model=model,
            meter=meter,
            settings=settings,
            counter=setup.counter,
            price=setup.batch_price or setup.price,
            price_is_bound=setup.batch_price is None,
            progress=progress,
        )
        with told_first(lambda signal: meter.stop(INTERRUPTED)):
            return batches.run()


_AT_REST = (BatchState.ENDED, BatchState.READ, BatchState.REFUSED)
_TOLD = (QuestionState.FAILED, QuestionState.UNREADABLE, QuestionState.MISSING, QuestionState.UNSENT)
_STRANGE = {
    "unknown": "that answer nothing of it",
    "unreadable": "that cannot be read",
    "double": "too many for their request",
}


def _may_be_asked(before: tuple[int, QuestionState] | None) -> bool:
    return before is None or (before[1] in NOT_WORKED_ON and before[0] < TRIES)


def _state_of(line: ResultLine) -> QuestionState:
    if line.body is not None:
        return QuestionState.ANSWERED
    if line.never_sent:
        return QuestionState.UNSENT
    return QuestionState.UNREADABLE if line.code == "unreadable" else QuestionState.FAILED

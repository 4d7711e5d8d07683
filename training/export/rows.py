"""Rows of the formats that other programs train on: the examples of a run in the words that `train` uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from molreflect.graphs.runs.history import PairHistory, history_of_trace, read_histories
from molreflect.graphs.runs.store import RunStore
from molreflect.graphs.traces.store import TraceStore
from molreflect.graphs.traces.summary import TraceSummary
from molreflect.tools.english import counted
from molreflect.tools.terms import Direction, Directions, ExportFormat, ProgressCallback
from molreflect.training.config import Arm
from molreflect.training.examples.records import TrainRecord, is_usable, train_record
from molreflect.training.examples.refused import Preference, RefusedCounts, preferences
from molreflect.training.examples.text import ExampleText, Query, whole_question
from molreflect.training.examples.wording import PROMPT_VERSION, SYSTEM
from molreflect.training.student.neighbours import TrainingIndex

Row = dict[str, Any]


@dataclass(slots=True)
class ExportCounts:
    """What was exported of a run and what was not."""

    rows: int = 0
    pairs: int = 0
    """Finished pairs that were gone through."""
    unfinished: int = 0
    """Pairs of the run without a record yet."""
    one_sided: int = 0
    """Pairs whose record lacks the molecule or the caption."""
    untraced: int = 0
    """Pairs whose trace id leads nowhere: the run's traces do not have it."""
    cut: int = 0
    """Lists of verdicts that a trace was told not to keep, so that they could not be gone through."""
    refused: RefusedCounts = field(default_factory=RefusedCounts)

    def remarks(self, form: ExportFormat) -> list[str]:
        """Say in whole lines what is not in the rows and why."""
        told = []
        if self.unfinished:
            has = "has" if self.unfinished == 1 else "have"
            told.append(f"{counted(self.unfinished, 'pair')} of the run {has} no record (not done, or failed)")
        if self.one_sided:
            told.append(
                f"{counted(self.one_sided, 'record')} left out: made from one side, so the other is not in them"
            )
        if self.untraced and self.untraced < self.pairs:
            told.append(f"the traces of {counted(self.untraced, 'pair')} are not in traces.sqlite")
        elif self.untraced:
            told.append("the run has no traces of its pairs: trace ids lead nowhere")
        if form is ExportFormat.PREFERENCE:
            told.append(self._refused_told())
        return told

    def why_none(self, form: ExportFormat) -> str:
        """Say why there is no row."""
        if not self.pairs:
            return "no pair of the run is done"
        if self.one_sided == self.pairs:
            return "all pairs were made from one side; examples need runs of --view pair"
        if form is ExportFormat.PREFERENCE and not self.refused.refuted:
            return "no proposal was refuted, so there is nothing to reject"
        return "no refuted proposal has an accepted one in its place that it could be set against"

    def _refused_told(self) -> str:
        seen = self.refused
        parts = [f"{counted(seen.refuted, 'refuted proposal')} in {counted(self.pairs, 'pair')}"]
        if seen.without_accepted:
            parts.append(f"{seen.without_accepted:,} of phrases with nothing accepted in their place")
        if seen.unwritable:
            parts.append(f"{seen.unwritable:,} with patterns that say more than a SMILES can")
        if self.cut:
            parts.append(f"{counted(self.cut, 'list')} of verdicts that the trace was told not to keep")
        return "; ".join(parts)


def export_rows(
    folder: Path,
    form: ExportFormat,
    directions: Directions,
    counts: ExportCounts,
    *,
    neighbours: int = 0,
    progress: ProgressCallback = lambda what, done, of: None,
) -> Iterator[Row]:
    """Give the finished pairs of a run as rows of a format, in corpus order.

    Args:
        folder: The run directory; what is done by now is taken, while it goes on too.
        form: The format.
        directions: What is given and what is to be written; with both, each pair comes up in each.
        counts: Counted on while rows are taken.
        neighbours: Similar pairs that stand before the question, found as `train` finds them.
        progress: Told about every pair.

    Raises:
        InputError: It is no run directory.
    """
    with closing(RunStore.open(folder)) as store:
        rows, settings = store.counts(), store.settings
    counts.unfinished = sum(rows.values()) - rows.get("done", 0)
    lineage = _lineage(folder, settings)
    text = ExampleText(Arm.WRITTEN if neighbours else Arm.NO_CONTEXT)
    index = TrainingIndex(_records(folder)) if neighbours else TrainingIndex(())
    for history in read_histories(folder, proposals=form is ExportFormat.PREFERENCE):
        progress("writing rows", counts.pairs, rows["done"])
        yield from _rows_of(history, form, directions, counts, text, lineage, index, neighbours)


def trace_rows(
    traces: TraceStore,
    chosen: Iterable[TraceSummary],
    form: ExportFormat,
    directions: Directions,
    counts: ExportCounts,
) -> Iterator[Row]:
    """Give chosen traces as rows of a format: of a run, of single pairs, of forks.

    Args:
        traces: Has them.
        chosen: Which ones, in the order of the rows. Those that came to no record give none.
        form: The format.
        directions: As in `export_rows`.
        counts: Counted on while rows are taken.
    """
    text, index = ExampleText(Arm.NO_CONTEXT), TrainingIndex(())
    for trace in chosen:
        history = history_of_trace(traces, trace.trace_id)
        if history is None:
            counts.unfinished += 1
            continue
        lineage = {"run": trace.run, "parent_trace": trace.parent_trace or ""}
        yield from _rows_of(history, form, directions, counts, text, lineage, index, 0)


def _rows_of(
    history: PairHistory,
    form: ExportFormat,
    directions: Directions,
    counts: ExportCounts,
    text: ExampleText,
    lineage: Row,
    index: TrainingIndex,
    neighbours: int,
) -> Iterator[Row]:
    """Give the rows of one pair."""
    counts.pairs += 1
    counts.untraced += not history.traced
    counts.cut += history.cut
    if not is_usable(history.record):
        counts.one_sided += 1
        return
    record = train_record(history.record)
    shaped = _Shaped(history, record, text, lineage)
    found = list(preferences(history, record, counts.refused)) if form is ExportFormat.PREFERENCE else []
    for direction in directions.each:
        context = index(Query(record.id, record.given(direction), record.block), direction, neighbours)
        for row in shaped.rows(form, direction, context, found):
            counts.rows += 1
            yield row


def _records(folder: Path) -> list[TrainRecord]:
    return [train_record(h.record) for h in read_histories(folder, proposals=False) if is_usable(h.record)]


def _lineage(folder: Path, settings: Mapping[str, Any]) -> Row:
    """What all rows of a run have in common; nothing of the machine it was made on."""
    return {
        "run": folder.resolve().name,
        "corpus": str((settings.get("corpus") or {}).get("fingerprint") or "")[:16],
        "molreflect": str(settings.get("molreflect", "")),
    }


@dataclass(frozen=True, slots=True)
class _Shaped:
    """One pair, to be written in a format."""

    history: PairHistory
    record: TrainRecord
    text: ExampleText
    lineage: Row

    def rows(
        self, form: ExportFormat, direction: Direction, context: tuple[TrainRecord, ...], found: list[Preference]
    ) -> Iterator[Row]:
        query = Query(self.record.id, self.record.given(direction), self.record.block)
        task, question = self.text.task(direction), self.text.question(query, context, direction)
        answer = self.text.completion(self.record, direction)
        about = self._about(direction, context)
        if form is not ExportFormat.PREFERENCE:
            yield _SHAPES[form](task, question, answer) | about
            return
        said = {answer}
        for preference in found:
            rejected = self.text.completion(preference.rejected, direction)
            if rejected in said:  # equal to the chosen answer, or to one that was rejected already
                continue
            said.add(rejected)
            names = ("kind", "phrase", "accepted", "refused", "reason", "message")
            why = {name: str(getattr(preference, name)) for name in names}
            prompt = {"prompt": _prompt(task, question)}
            yield (
                prompt
                | {"chosen": _turn(answer), "rejected": _turn(rejected)}
                | about
                | {"metadata": about["metadata"] | why}
            )

    def _about(self, direction: Direction, context: tuple[TrainRecord, ...]) -> Row:
        raw = self.history.record
        shown = {"neighbours": [neighbour.id for neighbour in reversed(context)]} if self.text.arm.has_context else {}
        return {
            "pair_id": self.record.id,
            "trace_id": raw["trace_id"],
            "metadata": {
                "direction": direction.value,
                **self.lineage,
                "key": self.history.key,
                "teacher": raw["teacher"],
                "prompt_version": raw["prompt_version"],
                "selected": raw["selected"],
                "wording": PROMPT_VERSION,
                **shown,
            },
        }


def _prompt(task: str, question: str) -> list[Row]:
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": whole_question(task, question)}]


def _turn(answer: str) -> list[Row]:
    return [{"role": "assistant", "content": answer}]


def _sft(task: str, question: str, answer: str) -> Row:
    return {"prompt": _prompt(task, question), "completion": _turn(answer)}


def _alpaca(task: str, question: str, answer: str) -> Row:
    return {"instruction": task, "input": question, "output": answer, "system": SYSTEM}


def _sharegpt(task: str, question: str, answer: str) -> Row:
    said = (("system", SYSTEM), ("human", whole_question(task, question)), ("gpt", answer))
    return {"conversations": [{"from": who, "value": what} for who, what in said]}


_SHAPES: Mapping[ExportFormat, Callable[[str, str, str], Row]] = {
    ExportFormat.SFT: _sft,
    ExportFormat.ALPACA: _alpaca,
    ExportFormat.SHAREGPT: _sharegpt,
}

"""Questions to a student and its answers: prompts, candidates, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Direction
from molreflect.training.config import StudentConfig
from molreflect.training.examples.answers import ParsedAnswer, close_rationale, parse_answer
from molreflect.training.examples.builder import ExampleBuilder, Prompt
from molreflect.training.examples.records import one_line
from molreflect.training.examples.text import Query
from molreflect.training.student.neighbours import NeighbourSource

if TYPE_CHECKING:
    from molreflect.agents.student.chat_format import ChatFormat, Message


class PairLike(Protocol):
    """What prediction needs of a pair (`molreflect.tools.corpus.Pair` has it)."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def smiles(self) -> str: ...  # noqa: D102
    @property
    def caption(self) -> str: ...  # noqa: D102


class Writer(Protocol):
    """Who writes answers: `molreflect.agents.student.local.Student`, or anything that takes the same questions."""

    format: ChatFormat

    @property
    def max_positions(self) -> int: ...  # noqa: D102

    def generate(  # noqa: D102
        self,
        prompts: Sequence[Sequence[Message]],
        *,
        max_new_tokens: int = ...,
        do_sample: bool = ...,
        temperature: float = ...,
        top_p: float = ...,
        top_k: int = ...,
        n: int = ...,
        seed: int = ...,
        batch_size: int = ...,
        starts: Sequence[str] | None = ...,
    ) -> list[list[str]]: ...


@dataclass(frozen=True, slots=True)
class CandidateScore:
    """What a judge says of one candidate."""

    score: float
    """Higher is better; compared between the candidates of one query only."""
    verdicts: tuple[dict[str, Any], ...] = ()
    """One JSON object for each claim that was judged; kept in the JSONL."""


Judge = Callable[[Direction, str, ParsedAnswer], CandidateScore]
"""Judges a candidate (direction, input text, parsed answer) without knowing the reference. Its `name`, where it has
one, stands in the prediction's settings."""


def judge_by_form(direction: Direction, text: str, answer: ParsedAnswer) -> CandidateScore:
    """Score a candidate where no other judge is given: is there an answer, and (cap2mol) can RDKit read it."""
    if not answer.answer:
        return CandidateScore(0.0)
    if direction is Direction.CAP2MOL:
        try:
            read_molecule(answer.answer)
        except InputError as error:
            return CandidateScore(0.5, ({"claim": answer.answer, "holds": False, "message": str(error)},))
    return CandidateScore(2.0 if answer.status == "ok" else 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Questioner:
    """Asks a student about pairs, window by window."""

    config: StudentConfig
    direction: Direction
    builder: ExampleBuilder
    student: Writer
    neighbours: NeighbourSource
    judge: Judge
    candidates: int
    """Answers for each pair: the first is greedy, the others are sampled."""
    batch_size: int
    """Sequences decoded together."""
    max_new_tokens: int

    def ask(self, pairs: Sequence[PairLike], *, seed: int) -> list[dict[str, Any]]:
        """Ask about one window of pairs, and return its rows as the JSONL holds them."""
        prompts, reasons = self._prompts(pairs)
        texts = self._generate(prompts, seed)
        answers = {place: [parse_answer(text, self.direction) for text in texts[place]] for place in prompts}
        if self.config.arm.writes_rationale:
            self._close_rationales(prompts, texts, answers)
        rows = []
        for place, pair in enumerate(pairs):
            row: dict[str, Any] = {
                "id": pair.id,
                "direction": str(self.direction),
                "output": "",
                "status": "failed",
                "reason": reasons.get(place, ""),
                "chosen": None,
                "neighbours": [],
                "neighbours_dropped": 0,
                "candidates": [],
            }
            if place in prompts:
                row["neighbours"], row["neighbours_dropped"] = list(prompts[place].context), prompts[place].dropped
                row |= self._choose(pair, texts[place], answers[place])
            rows.append(row)
        return rows

    def _prompts(self, pairs: Sequence[PairLike]) -> tuple[dict[int, Prompt], dict[int, str]]:
        """Compose the prompts by place in the window, and tell why the other pairs cannot be asked about."""
        prompts: dict[int, Prompt] = {}
        reasons: dict[int, str] = {}
        # A prompt takes what it took in training, unless the model itself has less room; where a rationale is written,
        # an answer may be asked for after it.
        asks = 2 if self.config.arm.writes_rationale else 1
        room = min(self.config.max_length, self.student.max_positions - asks * self.max_new_tokens)
        k = self.config.neighbours if self.config.arm.has_context else 0
        for place, pair in enumerate(pairs):
            text = pair.smiles if self.direction is Direction.MOL2CAP else one_line(pair.caption)
            query = Query(pair.id, text, block_of(pair))
            try:
                found = self.neighbours(query, self.direction, k)
                prompts[place] = self.builder.prompt(query, found, self.direction, room=room)
            except InputError as error:  # one row that cannot be asked must not stop the others; its reason is kept
                reasons[place] = str(error)
        return prompts, reasons

    def _generate(self, prompts: dict[int, Prompt], seed: int) -> dict[int, list[str]]:
        """Write all candidates of every prompt, the greedy one first."""
        texts: dict[int, list[str]] = {place: [] for place in prompts}
        for sampled, n in ((False, 1), (True, self.candidates - 1)):
            if not prompts or not n:
                continue
            written = self.student.generate(
                [prompt.messages for prompt in prompts.values()],
                max_new_tokens=self.max_new_tokens,
                do_sample=sampled,
                temperature=self.config.temperature,
                top_p=self.config.top_p,
                top_k=self.config.top_k,
                n=n,
                seed=seed,
                batch_size=self.batch_size,
            )
            for place, more in zip(prompts, written, strict=True):
                texts[place] += more
        return texts

    def _close_rationales(
        self, prompts: dict[int, Prompt], texts: dict[int, list[str]], answers: dict[int, list[ParsedAnswer]]
    ) -> None:
        """Ask for the answers after rationales that used up their tokens, closed after their last whole lines."""
        unanswered = [
            (place, i) for place in prompts for i, answer in enumerate(answers[place]) if answer.status == "no_answer"
        ]
        starts = [close_rationale(texts[place][i], self.direction) for place, i in unanswered]
        ends = self.student.generate(
            [prompts[place].messages for place, _ in unanswered],
            max_new_tokens=self.max_new_tokens,
            do_sample=False,
            batch_size=self.batch_size,
            starts=starts,
        )
        for (place, i), start, [end] in zip(unanswered, starts, ends, strict=True):
            texts[place][i] = start + end
            answer = parse_answer(start + end, self.direction)
            answers[place][i] = replace(answer, status="asked_again" if answer.answer else "no_answer")

    def _choose(self, pair: PairLike, texts: Sequence[str], answers: Sequence[ParsedAnswer]) -> dict[str, Any]:
        """Let the judge choose among the candidates of one pair, the earliest where scores tie."""
        given = pair.smiles if self.direction is Direction.MOL2CAP else pair.caption
        scores = [self.judge(self.direction, given, answer) for answer in answers]
        best = max(range(len(answers)), key=lambda i: (scores[i].score, -i))
        return {
            "output": answers[best].answer,
            "status": answers[best].status,
            "chosen": best,
            "candidates": [
                {
                    "decoding": "greedy" if i == 0 else "sampled",
                    "text": texts[i],
                    "answer": answer.answer,
                    "status": answer.status,
                    "alignments": [{"phrase": part.phrase, "fragment": part.fragment} for part in answer.parts],
                    "score": scores[i].score,
                    "verdicts": list(scores[i].verdicts),
                }
                for i, answer in enumerate(answers)
            ],
        }


def block_of(pair: PairLike) -> str | None:
    """First InChIKey block of a pair's molecule, so that its own record is never shown; None where unreadable."""
    if not pair.smiles.strip():
        return None
    try:
        return read_molecule(pair.smiles).block
    except InputError:  # the row itself is answered or fails on its own; an unreadable molecule has no twin
        return None

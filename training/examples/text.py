"""The text of an example: what a student is asked, and what it is to write. No tokenizer is needed for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.training.config import Arm
from molreflect.training.examples.records import PhraseFragment, TrainRecord
from molreflect.training.examples.wording import (
    ANSWER_MARKER,
    ARROW,
    INPUT_MARKER,
    LIST_PARTS,
    LIST_STEPS,
    NO_PARTS,
    NO_STEPS,
    PARTS_MARKER,
    STEPS_MARKER,
    SYSTEM,
    TASK,
)

if TYPE_CHECKING:
    from molreflect.agents.student.chat_format import Message


@dataclass(frozen=True, slots=True)
class Query:
    """One question: the input side, and what must not be shown as context."""

    id: str
    text: str
    """SMILES (mol2cap) or caption (cap2mol)."""
    block: str | None
    """InChIKey first block of its molecule, so that the answer is never retrieved; None where nobody knows it."""


def whole_question(task: str, question: str) -> str:
    """Put a user's turn together, of what is to be done and what is asked."""
    return f"{task}\n\n{question}"


@dataclass(frozen=True, slots=True)
class ExampleText:
    """Words the examples of one arm, for training, prediction and exported files alike."""

    arm: Arm = Arm.WRITTEN
    max_alignments: int = 16
    supplied: Mapping[str, tuple[PhraseFragment, ...]] | None = None
    """One-sided alignments by id, for the `supplied` arm."""
    count: Callable[[str], int] | None = None
    """Counts the tokens of a text, for the `filler` arm."""

    def task(self, direction: Direction) -> str:
        """Word what is to be done, without the question itself."""
        if not self.arm.writes_rationale:
            return TASK[direction]
        return f"{TASK[direction]} {LIST_STEPS if self.arm is Arm.TRACED else LIST_PARTS}"

    def question(self, query: Query, neighbours: Sequence[TrainRecord], direction: Direction) -> str:
        """Word the neighbours and the question.

        Args:
            query: What is asked.
            neighbours: Context, most similar first; shown the other way round.
            direction: Which side is given.

        Raises:
            InputError: A neighbour is the query's own molecule.
        """
        for neighbour in neighbours:
            if query.block is not None and neighbour.block == query.block:
                raise InputError(
                    f"neighbour {neighbour.id!r} of {query.id!r} is the same molecule (InChIKey block {query.block})"
                )
        lines: list[str] = []
        for neighbour in reversed(neighbours):
            lines += [f"{INPUT_MARKER[direction]} {neighbour.given(direction)}", self._worked(neighbour, direction), ""]
        lines.append(f"{INPUT_MARKER[direction]} {query.text}")
        if self.arm is Arm.SUPPLIED:
            lines.append(self._rationale(self._supplied_parts(query.id)))
        return "\n".join(lines)

    def messages(self, query: Query, neighbours: Sequence[TrainRecord], direction: Direction) -> tuple[Message, ...]:
        """Word a whole prompt; see `question`."""
        asked = whole_question(self.task(direction), self.question(query, neighbours, direction))
        return ({"role": "system", "content": SYSTEM}, {"role": "user", "content": asked})

    def completion(self, record: TrainRecord, direction: Direction) -> str:
        """Word what the student is to write."""
        if self.arm is Arm.SUPPLIED:  # the alignments already stand in the prompt
            return self._answer(record, direction)
        return self._worked(record, direction)

    def _worked(self, record: TrainRecord, direction: Direction) -> str:
        """Alignments, where the arm has them, and the answer: of a neighbour, and of what the student must write."""
        if self.arm is Arm.SUPPLIED:
            return f"{self._rationale(self._supplied_parts(record.id))}\n{self._answer(record, direction)}"
        if not self.arm.writes_rationale:
            return self._answer(record, direction)
        rationale = self._rationale(record.draft if self.arm is Arm.UNVERIFIED else record.parts)
        if self.arm is Arm.FILLER:
            rationale = f"{PARTS_MARKER}\n{self._filler(rationale.removeprefix(PARTS_MARKER).strip())}"
        if self.arm is Arm.TRACED:
            rationale = "\n".join([STEPS_MARKER, *(record.steps or [NO_STEPS]), rationale])
        return f"{rationale}\n{self._answer(record, direction)}"

    def _supplied_parts(self, id: str) -> tuple[PhraseFragment, ...]:
        if self.supplied is None:
            raise InputError("the supplied arm needs one-sided alignments; set supplied_run")
        if id not in self.supplied:
            raise InputError(f"the supplied run holds no alignments for {id!r}; distill the same corpus one-sided")
        return self.supplied[id]

    def _rationale(self, parts: Sequence[PhraseFragment]) -> str:
        if len(parts) > self.max_alignments:
            ranked = sorted(range(len(parts)), key=lambda i: (-parts[i].atoms, i))[: self.max_alignments]
            parts = [parts[i] for i in sorted(ranked)]
        lines = [f"{p.phrase}{ARROW}{p.fragment}" for p in parts] or [NO_PARTS]
        return "\n".join([PARTS_MARKER, *lines])

    def _filler(self, text: str) -> str:
        """Dots that take as many tokens as `text` does."""
        if self.count is None:
            raise ValueError("the filler arm counts tokens; pass `count`")
        wanted = self.count(text)
        dots = max(1, wanted)
        while dots > 1 and self.count(" ".join("." * dots)) > wanted:
            dots -= 1
        return " ".join("." * dots)

    @staticmethod
    def _answer(record: TrainRecord, direction: Direction) -> str:
        return f"{ANSWER_MARKER[direction]} {record.answer(direction)}"

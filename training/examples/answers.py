"""A generation taken apart: the alignments that the student wrote, and its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from molreflect.tools.terms import Direction
from molreflect.training.examples.records import PhraseFragment, one_line
from molreflect.training.examples.wording import ANSWER_MARKER, ARROW, INPUT_MARKER, PARTS_MARKER, STEPS_MARKER


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """What a generation says, taken apart."""

    answer: str
    """The caption, or the SMILES; empty where there is none."""
    parts: tuple[PhraseFragment, ...]
    """The alignments the student wrote before it answered."""
    status: str
    """`ok`; `unmarked` (no marker: the whole text is the answer); `no_answer` (only a rationale, or nothing). A
    prediction also knows `asked_again`: the rationale did not come to an end, and the answer was asked for after it."""


def parse_answer(text: str, direction: Direction) -> ParsedAnswer:
    """Take a generation apart: the alignments it wrote, and its answer.

    The answer is what follows the first line that opens with the answer's marker. Without a marker, a text that
    wrote no alignments is taken whole; a text that stopped among its alignments has no answer.
    """
    marker = ANSWER_MARKER[direction]
    lines = text.strip().splitlines()
    at = next((i for i, line in enumerate(lines) if line.strip().startswith(marker)), None)
    before = lines if at is None else lines[:at]
    steps = bool(before) and before[0].strip().startswith(STEPS_MARKER)
    if steps:  # what was ruled out is no alignment
        first = next((i for i, line in enumerate(before) if line.strip().startswith(PARTS_MARKER)), len(before))
        before = before[first:]
    parts = tuple(_read_part(line) for line in before if ARROW in line)
    if at is not None:
        opening = lines[at].strip().removeprefix(marker)
        answer = _clean([opening, *lines[at + 1 :]], direction)
        return ParsedAnswer(answer, parts, "ok" if answer else "no_answer")
    if parts or steps or not lines or lines[0].strip().startswith(PARTS_MARKER):
        return ParsedAnswer("", parts, "no_answer")
    answer = _clean(lines, direction)
    return ParsedAnswer(answer, (), "unmarked" if answer else "no_answer")


def close_rationale(text: str, direction: Direction) -> str:
    """The whole lines of a rationale that was cut short, and the marker after which the answer is due."""
    lines = text.strip().split("\n")[:-1]
    return "\n".join([*lines, ANSWER_MARKER[direction]])


def _read_part(line: str) -> PhraseFragment:
    phrase, _, fragment = line.strip().rpartition(ARROW)
    return PhraseFragment(phrase.strip().removeprefix("- "), fragment.strip())


def _clean(lines: Sequence[str], direction: Direction) -> str:
    """A SMILES is one word; a caption ends where the student starts another example."""
    if direction is Direction.CAP2MOL:
        words = " ".join(lines).split()
        return words[0] if words else ""
    kept: list[str] = []
    for line in lines:
        if line.strip().startswith((INPUT_MARKER[direction], ANSWER_MARKER[direction], PARTS_MARKER, STEPS_MARKER)):
            break
        kept.append(line)
    return one_line(" ".join(kept))

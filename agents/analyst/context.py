"""What a conversation has spoken of, kept with each answer, so that "it" and "the first one" mean something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

UNDERSTOOD = "understood"
"""Key of a message's `additional_kwargs`: what a question was taken to mean, for conversations and traces."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A molecule of the conversation."""

    words: str
    """What it was called."""
    smiles: str

    @property
    def shown(self) -> str:
        """The molecule as an answer names it."""
        return self.smiles if self.words == self.smiles else f"{self.words} ({self.smiles})"


@dataclass(frozen=True, slots=True)
class Understood:
    """What a question was taken to mean."""

    intent: str
    molecules: tuple[Spoken, ...] = ()
    groups: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    caption: str = ""
    guesses: tuple[str, ...] = ()
    """What was guessed, in words that an answer says."""
    it: str = ""
    """What a pointing word ("it", "the first one") was taken to mean, as SMILES."""
    singled: str = ""
    """Which of several molecules the answer singled out, as SMILES: "which is heavier?"."""
    verdicts: tuple[tuple[str, str, str], ...] = ()
    """What was decided: molecule, group or class, and why."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, what is empty left out."""
        return {name: value for name, value in asdict(self).items() if value not in ("", ())}

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Understood:
        """Read what `to_json` wrote."""
        return cls(
            str(fields["intent"]),
            tuple(Spoken(**m) for m in fields.get("molecules", ())),
            tuple(fields.get("groups", ())),
            tuple(fields.get("keys", ())),
            str(fields.get("caption", "")),
            tuple(fields.get("guesses", ())),
            str(fields.get("it", "")),
            str(fields.get("singled", "")),
            tuple((str(a), str(b), str(c)) for a, b, c in fields.get("verdicts", ())),
        )


@dataclass(frozen=True, slots=True)
class Context:
    """What was spoken of so far, oldest first."""

    turns: tuple[Understood, ...] = ()
    unread: str = field(default="")
    """A name that the last turn could not read, so that "it" does not fall back on an earlier molecule."""

    @property
    def last(self) -> Understood | None:
        """The last turn that spoke of a molecule or a group."""
        return next((turn for turn in reversed(self.turns) if turn.molecules or turn.groups), None)

    @property
    def current(self) -> tuple[Spoken, ...]:
        """The molecules of the last turn that had any."""
        return next((turn.molecules for turn in reversed(self.turns) if turn.molecules), ())

    @property
    def singled(self) -> str:
        """Which of the current molecules the last answer about them singled out, as SMILES; empty where none."""
        return next((turn.singled for turn in reversed(self.turns) if turn.molecules), "")

    @property
    def all(self) -> tuple[Spoken, ...]:
        """Every molecule once, in the order of first mention."""
        found: dict[str, Spoken] = {}
        for turn in self.turns:
            for spoken in turn.molecules:
                found.setdefault(spoken.smiles, spoken)
        return tuple(found.values())

    def meant(self, pointer: str) -> tuple[Spoken, ...]:
        """The molecules that a pointing word means; several where it leaves a choice, none where it means nothing."""
        current, every = self.current, self.all
        if pointer == "it" and len(current) > 1 and self.singled:
            return tuple(spoken for spoken in current if spoken.smiles == self.singled)
        if pointer in ("", "it"):
            return current
        if pointer == "all":
            return current if len(current) > 1 else every[-2:]
        if pointer == "other":
            others = tuple(spoken for spoken in every if spoken not in current)
            return others[-1:] if len(current) == 1 else current[1:2]
        listed = current if len(current) > 1 else every
        index = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": len(listed) - 1}[pointer]
        return listed[index : index + 1]


def context_of(messages: Sequence[BaseMessage]) -> Context:
    """Read what was understood off the answers of a conversation."""
    turns = []
    unread = ""
    for message in messages:
        if isinstance(message, AIMessage) and (kept := message.additional_kwargs.get(UNDERSTOOD)):
            turn = Understood.of(kept)
            unread = str(kept.get("unread", ""))
            turns.append(turn)
    return Context(tuple(turns), unread)

"""What every student is asked to write, on this machine or behind a server."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from molreflect.agents.student.chat_format import ChatFormat, Message
from molreflect.tools.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How answers are decoded."""

    max_new_tokens: int = 256
    """Most tokens of one answer; it ends earlier at the end-of-turn token."""
    do_sample: bool = False
    """Sample; otherwise the likeliest token is taken each time (greedy)."""
    temperature: float = 0.75
    """Only for sampling, as `top_p` and `top_k`; the defaults are the paper's."""
    top_p: float = 0.85
    """Nucleus size, 0 to 1."""
    top_k: int = 40
    """Number of likeliest tokens to sample from."""
    n: int = 1
    """Answers for each prompt; more than one needs sampling."""
    seed: int = 0
    """Same seed, same prompts and same batch size give the same answers."""
    batch_size: int = 8
    """Sequences (prompts times `n`) decoded together; a server chooses its own."""

    def __post_init__(self) -> None:
        if self.n > 1 and not self.do_sample:
            raise InputError(f"{self.n} greedy answers would all be the same; pass do_sample=True or n=1")


class AnswerModel(ABC):
    """A model that answers chat prompts in a student's chat format."""

    name: str
    """What records call it."""
    format: ChatFormat
    watch: Callable[[int], None] | None = None
    """Told how many more tokens were written, while answers are written; a server's when they are there."""

    def generate(
        self, prompts: Sequence[Sequence[Message]], *, starts: Sequence[str] | None = None, **decoding: Any
    ) -> list[list[str]]:
        """Write answers.

        Args:
            prompts: Chat messages, ending with a user turn.
            starts: How each answer begins; what comes back continues it, without repeating it.
            decoding: Fields of `Decoding`.

        Returns:
            For each prompt its `n` answers, without special tokens.

        Raises:
            InputError: Several greedy answers are asked for, the lists differ in length, a prompt leaves no room for
                an answer, or a server refuses a request or stops answering.
        """
        settings = Decoding(**decoding)
        if starts is not None and len(starts) != len(prompts):
            raise InputError(f"{len(prompts)} prompts came with {len(starts)} starts; pass one for each")
        return self._generate(prompts, starts or [""] * len(prompts), settings)

    @abstractmethod
    def _generate(
        self, prompts: Sequence[Sequence[Message]], starts: Sequence[str], decoding: Decoding
    ) -> list[list[str]]: ...

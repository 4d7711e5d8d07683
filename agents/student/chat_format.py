"""How a conversation is written as tokens.

Training, scoring and generation all render a conversation through `ChatFormat`, so that a token the student is
trained on is a token it is asked for later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from molreflect.tools.errors import InputError, shorten

Message = dict[str, str]
"""One turn of a conversation: `{"role": "system"|"user"|"assistant", "content": ...}`."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A conversation as token ids, split where the answer begins and ends."""

    ids: tuple[int, ...]
    """Prompt, answer and the token that ends the answer; nothing after it."""
    n_prompt: int
    """`ids[:n_prompt]` is exactly what generation starts from; the rest is what is trained on."""
    n_text: int
    """`ids[n_prompt:n_text]` is the answer's own text, `ids[n_text:]` the end-of-turn token."""


class ChatFormat:
    """How one tokenizer's chat template writes a conversation.

    Probes the template once: whether it takes a system role (Mistral's does not: the system text then opens the
    first user turn), and which token ends an answer.

    Raises:
        InputError: The tokenizer has no chat template, or its template never ends an answer.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        if not getattr(tokenizer, "chat_template", None):
            raise InputError(
                "the base model's tokenizer has no chat template, so prompts cannot be written for it; "
                "pass an instruction-tuned model"
            )
        self.takes_system = self._probe_system()
        self.stop_ids = self._probe_stop()

    def _render(self, messages: Sequence[Message], *, generation: bool) -> str:
        text = self.tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=generation)
        return str(text)

    def _tokens(self, text: str) -> list[int]:
        # The template already wrote every special token as text; a tokenizer that adds its own would double them.
        return [int(i) for i in self.tokenizer(text, add_special_tokens=False)["input_ids"]]

    def _probe_system(self) -> bool:
        from jinja2.exceptions import TemplateError

        probe = [{"role": "system", "content": "sysprobe"}, {"role": "user", "content": "userprobe"}]
        try:
            return "sysprobe" in self._render(probe, generation=True)
        except TemplateError:  # this is how templates say that they take no system role
            return False

    def _probe_stop(self) -> tuple[int, ...]:
        user = [{"role": "user", "content": "userprobe"}]
        text = self._render([*user, {"role": "assistant", "content": "answerprobe"}], generation=False)
        _, _, tail = text.partition("answerprobe")
        special = set(self.tokenizer.all_special_ids)
        first = next((i for i in self._tokens(tail) if i in special), None)
        if first is None:
            raise InputError(
                "the base model's chat template ends an answer with no special token, so generation could not stop; "
                "pass an instruction-tuned model"
            )
        eos = self.tokenizer.eos_token_id
        return (first,) if eos is None or eos == first else (first, int(eos))

    def fold(self, messages: Sequence[Message]) -> list[Message]:
        """Write a conversation as the template takes it: without a system role where it has none."""
        if self.takes_system or not messages or messages[0]["role"] != "system":
            return list(messages)
        head, *rest = messages
        if not rest or rest[0]["role"] != "user":
            raise InputError("a system message must be followed by a user message for this chat template")
        return [{"role": "user", "content": f"{head['content']}\n\n{rest[0]['content']}"}, *rest[1:]]

    def render_prompt(self, messages: Sequence[Message]) -> str:
        """Write a prompt as text, up to and including the marks that open the assistant's turn."""
        return self._render(self.fold(messages), generation=True)

    def prompt_ids(self, messages: Sequence[Message]) -> list[int]:
        """Encode a prompt, up to and including the marks that open the assistant's turn."""
        return self._tokens(self.render_prompt(messages))

    def encode(self, messages: Sequence[Message], completion: str) -> Encoded:
        """Encode a prompt and its answer.

        Raises:
            InputError: The answer is empty, or the template does not round-trip: it writes the prompt
                differently once an answer follows, or it changes the answer.
        """
        if not completion.strip():
            raise InputError("an answer to score or train on is empty; pass some text")
        folded = self.fold(messages)
        prompt = self._tokens(self._render(folded, generation=True))
        whole = self._render([*folded, {"role": "assistant", "content": completion}], generation=False)
        ids = self._tokens(whole)
        if ids[: len(prompt)] != prompt:
            raise InputError(
                "the base model's chat template does not round-trip: it writes the prompt differently when an answer "
                f"follows ({shorten(whole)}); a student trained this way would see other prompts than it is asked"
            )
        # The first end mark after the prompt ends the answer; what a template writes after it is never generated.
        stop = next((i for i in range(len(prompt), len(ids)) if ids[i] in self.stop_ids), None)
        if stop is None:
            raise InputError(f"the chat template leaves the answer {shorten(completion)} without an end mark")
        text = self.decode(ids[len(prompt) : stop])
        if text.strip() != completion.strip():
            raise InputError(
                f"the chat template does not round-trip: the answer {shorten(completion)} reads back as {shorten(text)}"
            )
        return Encoded(ids=tuple(ids[: stop + 1]), n_prompt=len(prompt), n_text=stop)

    def decode(self, ids: Sequence[int]) -> str:
        """Decode token ids, special tokens left out and no spaces tidied."""
        text = self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return str(text)

    def text_ids(self, text: str) -> list[int]:
        """Encode a plain text, without any template."""
        return self._tokens(text)

    def count(self, text: str) -> int:
        """Count the tokens of a plain text, without any template."""
        return len(self._tokens(text))

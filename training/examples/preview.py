"""An example token by token, for a reader who wants to see what is trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from molreflect.training.examples.builder import IGNORED, Example

if TYPE_CHECKING:
    from molreflect.agents.student.chat_format import ChatFormat


def preview(example: Example, chat_format: ChatFormat) -> list[tuple[str, bool]]:
    """Every token of an example as text, and whether it is trained on.

    A character that several tokens share stands with the last of them, and the others are empty, so that the texts
    together are the text of the example.
    """
    shown: list[tuple[str, bool]] = []
    waiting: list[int] = []
    last = len(example.encoded.ids) - 1
    for place, (token, label) in enumerate(zip(example.encoded.ids, example.labels, strict=True)):
        waiting.append(token)
        text = str(chat_format.tokenizer.decode(waiting, clean_up_tokenization_spaces=False))
        whole = "\ufffd" not in text or place == last or len(waiting) == _LONGEST_CHARACTER
        shown.append((text if whole else "", label != IGNORED))
        if whole:
            waiting = []
    return shown


_LONGEST_CHARACTER = 4
"""Bytes of a character in UTF-8, and so the most tokens that can share one."""

"""Texts of anybody's as a terminal may be given them: nothing in them is obeyed, and nothing hides."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from typing import Any, TextIO

from rich.text import Span, Text

from molreflect.tools.storage import encodable

_PLAIN = re.compile(r"[\x20-\x7e\n\t]*")


def readable(text: str, kept: str = "\n") -> str:
    """Escape what a terminal would obey or hide: control characters, marks of direction, what has no width.

    Args:
        text: Any text.
        kept: Control characters that stay.
    """
    if _PLAIN.fullmatch(text) and ("\t" not in text or "\t" in kept):
        return text
    return "".join(c if c in kept or _is_seen(c) else c.encode("unicode_escape").decode() for c in text)


def readable_text(text: Text) -> Text:
    """Escape a styled text as `readable` does, tabs left; what is escaped keeps its style."""
    plain = text.plain
    if readable(plain, "\n\t") == plain:
        return text
    unseen = [i for i, c in enumerate(plain) if c not in "\n\t" and not _is_seen(c)]
    made = text.blank_copy()
    for part in text.divide(sorted({*unseen, *(i + 1 for i in unseen)})):
        said = readable(part.plain, "\n\t")
        if said != part.plain:  # one character
            part = Text(said, style=part.style, spans=[Span(0, len(said), span.style) for span in part.spans])
        made.append_text(part)
    return made


def json_line(data: Any, *, indent: int | None = None) -> str:
    """Write JSON for stdout: the same data, with what a terminal would obey or hide as JSON's own escapes."""
    text = encodable(json.dumps(data, ensure_ascii=False, indent=indent))
    if _PLAIN.fullmatch(text):
        return text
    return "".join(c if c == "\n" or _is_seen(c) else json.dumps(c)[1:-1] for c in text)


def _is_seen(char: str) -> bool:
    return char.isprintable() or unicodedata.category(char) == "Zs"


class Flow:
    """Breaks lines between words where a terminal would break them anywhere; a word that is longer stays whole."""

    def __init__(self, width: int | None) -> None:
        self._width, self._column, self._blank = width, 0, ""

    @classmethod
    def to_fit(cls, stream: TextIO) -> Flow:
        """For a stream: no line is broken in a pipe or a file."""
        return cls(shutil.get_terminal_size().columns if stream.isatty() else None)

    def broken(self, piece: str) -> str:
        """Take the next piece of a text that comes word by word, and give what is to be written of it."""
        if self._width is None:
            return piece
        written = []
        for part in re.findall(r"\n| +|[^ \n]+", piece):
            if part == "\n":
                self._column, self._blank = 0, ""
                written.append(part)
            elif part.isspace():
                self._blank += part
            else:
                if self._column and self._column + len(self._blank) + len(part) >= self._width:
                    self._column, self._blank = 0, ""
                    written.append("\n")
                self._column += len(self._blank) + len(part)
                written.append(self._blank + part)
                self._blank = ""
        return "".join(written)

"""Tables as lines of text that cut neither figures nor words, however narrow the terminal is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

_GAP = "  "
_RULE = "─"


@dataclass(frozen=True, slots=True)
class Line:
    """One line, and how it is to look: `title`, `heading`, `rule`, `group`, `caption`, or the mark of its row."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table of texts.

    A row of one cell names the rows that follow. The first column is the key: it is repeated where a table that is too
    wide is told in several parts.
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: frozenset[str] = frozenset()
    """Headings of columns that hold words and stand to the left, besides the first; the others hold figures."""
    caption: str = ""
    marks: Sequence[str] = field(default=())
    """One style a row, for whoever prints them."""

    def __str__(self) -> str:
        return "\n".join(line.text for line in lay_out(self))


def lay_out(table: TextTable, width: int | None = None) -> list[Line]:
    """Write a table as lines.

    Where it is too wide, columns of words are broken between words; where that is not enough, columns of figures are
    told in several tables below each other, and several columns of words row by row. A word or figure that is longer
    than the width stays whole.

    Args:
        table: The table.
        width: Characters of a line; None for as many as it takes, as for a pipe.
    """
    lines = [Line(part, "title") for part in table.title.splitlines()]
    lines += _body(table, width)
    for part in table.caption.splitlines():
        lines += [Line(text, "caption") for text in (_wrap(part, width) if width else [part])]
    return lines


def _body(table: TextTable, width: int | None) -> list[Line]:
    everything = range(len(table.headings))
    widths = _widths(table, everything, width)
    if widths is not None:
        return list(_grid(table, everything, widths, fold=width is not None))
    if sum(heading in table.words for heading in table.headings[1:]) > 1:
        return list(_records(table, width or 0))
    lines: list[Line] = []
    left = list(everything)[1:]
    while left:
        take = 1
        while take < len(left) and _widths(table, [0, *left[: take + 1]], width) is not None:
            take += 1
        columns, left = [0, *left[:take]], left[take:]
        widths = _widths(table, columns, width)
        if widths is None:  # a key and one column are too wide together
            return list(_records(table, width or 0))
        lines += [Line("")] if lines else []
        lines += _grid(table, columns, widths, fold=True)
    return lines


def _widths(table: TextTable, columns: Sequence[int], width: int | None) -> list[int] | None:
    """Choose a width for each column; None where they do not fit."""
    cells = [[row[c] for row in table.rows if len(row) > 1] for c in columns]
    if width is None:
        return [max(map(len, (table.headings[c], *of))) for c, of in zip(columns, cells, strict=True)]
    natural, least = [], []
    for column, of in zip(columns, cells, strict=True):
        heading = max(map(len, table.headings[column].split()), default=0)
        if column == 0 or table.headings[column] in table.words:
            natural.append(max([len(table.headings[column]), *map(len, of)]))
            least.append(max([heading, *(len(word) for cell in of for word in _words(cell))]))
            if column == 0:  # a key of one word a line is hard to read: rather several parts
                least[0] = max(least[0], min(natural[0], width // 3))
        else:
            natural.append(max([len(table.headings[column]), *map(len, of)]))
            least.append(max([heading, *map(len, of)]))
    chosen, room = natural, width - len(_GAP) * (len(columns) - 1)
    while sum(chosen) > room:
        spare = [has - needs for has, needs in zip(chosen, least, strict=True)]
        if not any(spare):
            return None
        widest = max((i for i, left in enumerate(spare) if left), key=lambda i: chosen[i])
        chosen = [has - (i == widest) for i, has in enumerate(chosen)]
    return chosen


def _words(text: str) -> list[str]:
    """Cut a text into words; blanks at its begin belong to the first one, which they indent."""
    words = text.split()
    return [text[: len(text) - len(text.lstrip())] + words[0], *words[1:]] if words else []


def _grid(table: TextTable, columns: Sequence[int], widths: Sequence[int], *, fold: bool) -> Iterator[Line]:
    left = [c == 0 or table.headings[c] in table.words for c in columns]

    def told(cells: Sequence[str]) -> Iterator[str]:
        parts = [_wrap(c, w) if fold else [c] for c, w in zip(cells, widths, strict=True)]
        for texts in zip_longest(*parts, fillvalue=""):
            placed = (
                text.ljust(width) if to_left else text.rjust(width)
                for text, width, to_left in zip(texts, widths, left, strict=True)
            )
            yield _GAP.join(placed).rstrip()

    if any(table.headings[c] for c in columns):
        yield from (Line(text, "heading") for text in told([table.headings[c] for c in columns]))
        yield Line(_GAP.join(_RULE * width for width in widths), "rule")
    for row, mark in zip_longest(table.rows, table.marks, fillvalue=""):
        if len(row) == 1:
            yield Line(row[0], "group")
        else:
            yield from (Line(text, str(mark)) for text in told([row[c] for c in columns]))


def _records(table: TextTable, width: int) -> Iterator[Line]:
    """Tell row by row: the key, and under it every other cell that is not empty behind its heading."""
    indent = max(map(len, table.headings[1:])) + 2 + len(_GAP)
    for row, mark in zip_longest(table.rows, table.marks, fillvalue=""):
        yield from (Line(text, "group" if len(row) == 1 else str(mark)) for text in _wrap(str(row[0]), width))
        for heading, cell in zip(table.headings[1:], row[1:], strict=False):
            first = f"{_GAP}{heading}".ljust(indent)
            for text in _wrap(cell, width - indent) if cell else []:
                yield Line(first + text)
                first = " " * indent


def _wrap(text: str, width: int) -> list[str]:
    """Break a text between words; a longer word stays whole, and blanks at its begin stay."""
    if len(text) <= width:
        return [text]
    wrapped = textwrap.wrap(
        text, max(width, 1), break_long_words=False, break_on_hyphens=False, replace_whitespace=False
    )
    return wrapped or [""]

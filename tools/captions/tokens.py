"""Split captions into names, words and punctuation.

A chemical name may contain commas, brackets, primes and hyphens ("1,2-di-O-acyl-sn-glycero-3-phosphocholine(1+)",
"[2-ethoxy-4-(piperidin-1-yl)phenyl]amino", "N-(very-long-chain fatty acyl)-sphingoid base"). The tokeniser keeps such
a name whole: a comma parts items only when white space follows it, a bracket belongs to a name when the name goes on
after it closes. Everything here is linear in the length of the caption.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from molreflect.tools.captions.cue_words import load_cue_words

_MAX_JOINED = 8
"""Most white-space separated pieces that are joined because a bracket spans them."""
_PIECE = re.compile(r"\S+")
_LABEL = re.compile(r"[A-Z#][\w ()/-]{0,30}:\s")
"""What begins a line of a table: "Functional groups: ..."."""
_GLUED = re.compile(r"[.;](?<=[a-z)\]][.;])(?=(?:It|Its|This|These|The|There|An?|In|Both|Two|One)\b)")
"""Where a full stop has no space behind it: "(...).It is"."""
_BULLET = re.compile(r"(?:^|\n)[ \t]*(?P<mark>[-*+•·–—‣▪◦]|\(?(?:\d{1,2}|[a-h]|[ivx]{1,4})[.)])(?=[ \t]+\S)")
_BULLETS = frozenset("-*+•·–—‣▪◦")
EMPHASIS = re.compile(r"\*{2,3}|`+|(?<![\w.])\*(?=\w)|(?<=[a-z)])\*(?![\w-])")
"""Marks of Markdown around words; they belong to no name, unlike the asterisk of "23R*"."""
_BRACKET = re.compile(r"[()\[\]{}]")
_CLOSES = {")": "(", "]": "[", "}": "{"}
_TRAILING = frozenset(',;:.!?"”“')


class Token(NamedTuple):
    """One word, name, or mark of punctuation of a caption; `caption[start:end] == text`."""

    text: str
    start: int
    end: int
    low: str
    """Lower-case text; for punctuation one of `,` `;` `:` `.` `(` `)`, where `.` always ends a sentence; the mark of a
    list's item ("-", "2.") is such a `.` as well."""
    word: bool
    """False for punctuation."""


_new = tuple.__new__
"""Makes a `Token` in half the time of its own constructor; a caption has some fifty."""


def tokenise(caption: str) -> list[Token]:
    """Split a caption into names, words and punctuation.

    Args:
        caption: Any text.

    Returns:
        Tokens in order, never overlapping. A `.` token closes each sentence; it is empty where the caption forgot the
        full stop ("... at pH 7.3 It is a ..."), and the mark of the item where a list's item begins.
    """
    partner = _pair_brackets(caption)
    lines = "\n" in caption
    marks = _marks_of_items(caption) if lines or caption[:1] in _BULLETS else {}
    pieces = _pieces(caption)
    tokens: list[Token] = []
    emphasised = "*" in caption or "`" in caption
    index = 0
    while index < len(pieces):
        start, end = pieces[index]
        index += 1
        if lines and index > 1 and _ends_line(caption, pieces[index - 2][1], start):
            tokens.append(Token("", start, start, ".", False))
        if start in marks:
            tokens.append(Token(caption[start : marks[start]], start, marks[start], ".", False))
            start = marks[start]
            if start >= end:
                continue
        text = caption[start:end]
        if text.isalnum():
            if text in {"It", "The"}:
                _append_word(caption, start, end, tokens)
            else:
                tokens.append(_new(Token, (text, start, end, text.lower(), True)))
            continue
        if emphasised and (mark := EMPHASIS.match(caption, start, end)):
            start = mark.end()
        while start < end and caption[start] in "([" and not start < partner.get(start, -1) < end:
            close = partner.get(start, -1)
            if close > 0 and close + 1 < len(caption) and _name_goes_on(caption, close + 1) and close - start < 200:
                break  # "(hydroxy imino)methyl": the bracket is part of the name
            tokens.append(Token(caption[start], start, start + 1, "(", False))
            start += 1
        if start == end:
            continue
        closings = [partner.get(hit.start(), -1) for hit in _BRACKET.finditer(caption, start, end)]
        if closings and max(closings) >= end:  # a bracket closes in a later piece: all of them are one name
            for joined in range(index, min(index + _MAX_JOINED, len(pieces))):
                if max(closings) < pieces[joined][1]:
                    end, index = pieces[joined][1], joined + 1
                    break
        _tokenise_piece(caption, start, end, partner, tokens, pieces[index][0] if index < len(pieces) else len(caption))
    if tokens and tokens[-1].low != ".":
        tokens.append(Token("", len(caption), len(caption), ".", False))
    return tokens


def _ends_line(caption: str, end: int, start: int) -> bool:
    """Say whether the blanks between two pieces part sentences: an empty line, or a line that begins with a label."""
    breaks = caption.count("\n", end, start)
    return breaks > 1 or (breaks == 1 and _LABEL.match(caption, start) is not None)


def _pieces(caption: str) -> list[tuple[int, int]]:
    """Return start and end of the pieces between white space, parted where a full stop has no space behind it."""
    pieces = [hit.span() for hit in _PIECE.finditer(caption)]
    cuts = [hit.end() for hit in _GLUED.finditer(caption)]
    if not cuts:
        return pieces
    parted: list[tuple[int, int]] = []
    cut = 0
    for start, end in pieces:
        while cut < len(cuts) and cuts[cut] < end:
            if cuts[cut] > start:
                parted.append((start, cuts[cut]))
                start = cuts[cut]
            cut += 1
        parted.append((start, end))
    return parted


def _marks_of_items(caption: str) -> dict[int, int]:
    """Return where the marks of a list's items ("-", "2.") begin and end."""
    return {hit.start("mark"): hit.end("mark") for hit in _BULLET.finditer(caption)}


def _pair_brackets(caption: str) -> dict[int, int]:
    """Pair the brackets of a caption, both ways: position to position of the partner. Strays have no entry."""
    partner: dict[int, int] = {}
    stack: list[tuple[str, int]] = []
    for hit in _BRACKET.finditer(caption):
        sign = hit.group()
        position = hit.start()
        wanted = _CLOSES.get(sign)
        if wanted is None:
            stack.append((sign, position))
            continue
        for depth in range(1, min(3, len(stack)) + 1):  # a stray opening bracket must not spoil the rest
            if stack[-depth][0] == wanted:
                opened = stack[-depth][1]
                del stack[-depth:]
                partner[opened] = position
                partner[position] = opened
                break
    return partner


def _name_goes_on(caption: str, position: int) -> bool:
    return caption[position].isalnum() or caption[position] in "-[("


def _tokenise_piece(
    caption: str, start: int, end: int, partner: dict[int, int], tokens: list[Token], following: int
) -> None:
    """Append the tokens of one piece without white space (or of several that a bracket joins).

    Args:
        following: Offset of the next piece.
    """
    tail: list[Token] = []
    while end > start:
        sign = caption[end - 1]
        if sign in _TRAILING:
            if sign == "." and _is_abbreviation(caption, start, end, following):
                break
            mark = "." if sign in ".!?" else sign if sign in ",;:" else ""
            if mark == "." and not tail and not _ends_sentence(caption, start, end - 1, following):
                mark = ""
            if mark:
                tail.append(Token(sign, end - 1, end, mark, False))
        elif sign in "*`" and EMPHASIS.match(caption, _mark_start(caption, start, end), end):
            end = _mark_start(caption, start, end) + 1
        elif sign in ")]" and not start <= partner.get(end - 1, -1):
            tail.append(Token(sign, end - 1, end, ")", False))
        else:
            break
        end -= 1
    wrapped = end - start > 2 and caption[start] == "(" and partner.get(start) == end - 1
    if wrapped and "->" not in caption[start : min(end, start + 40)]:
        tail.append(Token(")", end - 1, end, ")", False))
        tokens.append(Token("(", start, start + 1, "(", False))
        start, end = start + 1, end - 1
    if end > start:
        _append_word(caption, start, end, tokens)
    tokens.extend(reversed(tail))


def _mark_start(caption: str, start: int, end: int) -> int:
    """Return where the run of one sign that ends at `end` begins."""
    sign = caption[end - 1]
    while end > start and caption[end - 1] == sign:
        end -= 1
    return end


def _append_word(caption: str, start: int, end: int, tokens: list[Token]) -> None:
    text = caption[start:end]
    # Captions forget full stops; these words open a sentence wherever they stand with a capital.
    opens = text == "It" or (text == "The" and caption.startswith(" molecule", end))
    if opens and tokens and tokens[-1].low != ".":
        tokens.append(Token("", start, start, ".", False))
    tokens.append(_new(Token, (text, start, end, text.lower(), True)))


def _is_abbreviation(caption: str, start: int, end: int, following: int) -> bool:
    """Say whether the full stop behind a word is its own: "cf.", and "no." before a number only."""
    word = caption[start:end]
    numbered = word != "no." or caption[following : following + 1].isdigit()  # "Ester: no."
    return numbered and word in load_cue_words().abbreviations


_WHOLE_WORD = 4
"""Letters from which on a word before a full stop is no abbreviation but those the cue words list."""


def _ends_sentence(caption: str, start: int, stop: int, following: int) -> bool:
    """Say whether a full stop ends a sentence: by what follows, or by a whole word before one in small letters."""
    if _starts_sentence(caption, following):
        return True
    goes_on = caption[following:].split(maxsplit=1)[:1]
    name = bool(goes_on) and "-" in goes_on[0]  # "glycyl. alpha-glutamyl": a slip in a list
    return stop - start >= _WHOLE_WORD and caption[start:stop].isalpha() and not name


def _starts_sentence(caption: str, position: int) -> bool:
    if position >= len(caption):
        return True
    sign = caption[position]
    return sign.isupper() or sign.isdigit() or sign in "([<" or not sign.isascii()

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
_BRACKET = re.compile(r"[()\[\]{}]")
_CLOSES = {")": "(", "]": "[", "}": "{"}
_TRAILING = frozenset(',;:.!?"”“')


class Token(NamedTuple):
    """One word, name, or mark of punctuation of a caption; `caption[start:end] == text`."""

    text: str
    start: int
    end: int
    low: str
    """Lower-case text; for punctuation one of `,` `;` `:` `.` `(` `)`, where `.` always ends a sentence."""
    word: bool
    """False for punctuation."""


def tokenise(caption: str) -> list[Token]:
    """Split a caption into names, words and punctuation.

    Args:
        caption: Any text.

    Returns:
        Tokens in order, never overlapping. A `.` token closes each sentence; it is empty where the caption forgot the
        full stop ("... at pH 7.3 It is a ...").
    """
    partner = _pair_brackets(caption)
    pieces = [hit.span() for hit in _PIECE.finditer(caption)]
    tokens: list[Token] = []
    index = 0
    while index < len(pieces):
        start, end = pieces[index]
        index += 1
        if caption[start:end].isalnum():
            _append_word(caption, start, end, tokens)
            continue
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
            if sign == "." and caption[start:end] in load_cue_words().abbreviations:
                break
            mark = "." if sign in ".!?" else sign if sign in ",;:" else ""
            if mark == "." and not tail and not _starts_sentence(caption, following):
                mark = ""
            if mark:
                tail.append(Token(sign, end - 1, end, mark, False))
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


def _append_word(caption: str, start: int, end: int, tokens: list[Token]) -> None:
    text = caption[start:end]
    # Captions forget full stops; these words open a sentence wherever they stand with a capital.
    opens = text == "It" or (text == "The" and caption.startswith(" molecule", end))
    if opens and tokens and tokens[-1].low != ".":
        tokens.append(Token("", start, start, ".", False))
    tokens.append(Token(text, start, end, text.lower(), True))


def _starts_sentence(caption: str, position: int) -> bool:
    if position >= len(caption):
        return True
    sign = caption[position]
    return sign.isupper() or sign.isdigit() or sign in "([" or not sign.isascii()

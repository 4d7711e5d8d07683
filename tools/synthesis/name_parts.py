"""The words of a systematic name: stereodescriptors, substituents with locants, parent, brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_NAME = 90
"""Characters of a parent or substituent; longer ones are no caption's words."""
_LOCANT = r"(?:\d+[a-z]?'*|N\d*'*|[OS]\d*)"
_LOCANTS = re.compile(rf"({_LOCANT}(?:,{_LOCANT})*)-")
_STEREO = re.compile(r"^\(((?:\d*[a-z]?[RSrsEZ],?)+)\)-")
_HYDRO = re.compile(r"^(?:di|tetra|hexa|octa|deca|dodeca)?hydro$")
_INDICATED = re.compile(r"^(?:\d+[a-z]?H,?)+$|^(?:\d+[a-z]?H,?)+-")
_MULTIPLIERS = {"di": 2, "tri": 3, "tetra": 4, "penta": 5, "hexa": 6}
_BRACKET_MULTIPLIERS = {"bis": 2, "tris": 3, "tetrakis": 4}
_DESCRIPTORS = re.compile(r"\((?:\d*[a-z]?'*[RSrsEZ],?)+\)")


@dataclass(frozen=True, slots=True)
class NameParts:
    """A systematic name, taken apart."""

    stereo: str
    groups: tuple[tuple[str, tuple[str, ...], int], ...]
    """Name, locants, count."""
    parent: str


def split_name(name: str, parent: str) -> NameParts | None:
    """Take a systematic name apart into leading stereodescriptors, substituents with locants, and the parent.

    Args:
        name: E.g. "(2R)-2-amino-3-(4-chlorophenyl)propanoic acid".
        parent: The words it ends with, e.g. "propanoic acid".

    Returns:
        The parts, substituents in the order of the name with brackets as captions write them; None where the name is
        not built like this.
    """
    if not parent or not name.endswith(parent):
        return None
    rest = name[: -len(parent)]
    stereo = ""
    if (found := _STEREO.match(rest)) is not None:
        stereo, rest = found[1], rest[found.end() :]
    groups: list[tuple[str, tuple[str, ...], int]] = []
    for segment in _segments(rest):
        locants: tuple[str, ...] = ()
        body = segment
        if (found := _LOCANTS.match(segment)) is not None:
            locants, body = tuple(found[1].split(",")), segment[found.end() :]
        if _INDICATED.match(segment) or _HYDRO.match(body):
            return NameParts(stereo, tuple(groups), rest[rest.rindex(segment) :] + parent) if groups or stereo else None
        read = _one_group(body, locants)
        if read is None:
            return None
        groups.append(read)
    return NameParts(stereo, tuple(groups), parent)


def _segments(text: str) -> list[str]:
    """Cut a prefix at the hyphens, outside brackets, that a locant follows."""
    out, depth, start = [], 0, 0
    for index, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        behind = text[index + 1 :]
        if (
            char == "-"
            and not depth
            and index
            and not text[index - 1].isdigit()
            and (_LOCANTS.match(behind) or _INDICATED.match(behind))
        ):
            out.append(text[start:index])
            start = index + 1
    tail = text[start:].removesuffix("-")
    return [*out, tail] if tail else out


def _one_group(body: str, locants: tuple[str, ...]) -> tuple[str, tuple[str, ...], int] | None:
    count = 1
    for table in (_BRACKET_MULTIPLIERS, _MULTIPLIERS):
        for word, number in table.items():
            if body.startswith(word) and len(locants) == number and (table is _MULTIPLIERS or body[len(word)] == "("):
                body, count = body[len(word) :], number
                break
    if max(1, len(locants)) != count or not body or len(body) > MAX_NAME:
        return None
    if body.startswith("(") and _closing(body) == len(body) - 1:
        body = body[1:-1]
    if body.startswith("(") and body.endswith("phenyl)oxy") and _closing(body) == len(body) - len(")oxy"):
        body = body[1 : -len("yl)oxy")] + "oxy"  # "(4-chlorophenyl)oxy" is 4-chlorophenoxy
    return restyle(body), locants, count


def _closing(text: str) -> int:
    """Index of the bracket that closes the one at 0."""
    depth = 0
    for index, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if not depth:
            return index
    return -1


def restyle(name: str) -> str:
    """Nest brackets as captions do: round inside, then square, then curly ones.

    Args:
        name: A systematic name with round brackets at every depth; square ones of ring names stay as they are.
    """
    stack: list[int] = []
    pairs: dict[int, int] = {}
    height: dict[int, int] = {}
    for index, char in enumerate(name):
        if char == "(":
            stack.append(index)
        elif char == ")" and stack:
            start = stack.pop()
            pairs[start] = index
            height[start] = 1 + max((height[s] for s in pairs if start < s < index), default=0)
    out = list(name)
    for start, end in pairs.items():
        out[start], out[end] = ("()", "[]", "{}")[(height[start] - 1) % 3]
    return "".join(out)


def mirrored_name(name: str) -> str:
    """The name of the mirror image: R and S changed round; what is pseudo-asymmetric or a double bond stays."""
    swap = str.maketrans("RS", "SR")
    return _DESCRIPTORS.sub(lambda found: found[0].translate(swap), name)

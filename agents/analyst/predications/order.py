"""Words put in the order that clauses are read in: "of its five nitrogens, three" as "three of its five ..."."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.predications.tokens import Words

_EXACTLY = frozenset(["exactly", "only", "just", "precisely"])
_WHOSE = frozenset(["its", "the", "these", "those", "all", "their"])
_THEM = frozenset(["which", "them", "these", "those"])
_MANY = frozenset(["all", "both", "each", "none", "neither"])
_LONGEST = 6
"""Words of the longest noun that a number is said of."""


def in_order(tokens: Sequence[Words]) -> list[Words]:
    """Put a number that stands behind what it is said of before it; each word keeps its place in the text.

    "of the two rings, one is ..." becomes "one of the two rings is ...", "of which exactly one" "one of which".
    """
    tokens = _respelt(tokens)
    low = [token.text.lower() for token in tokens]
    done: list[Words] = []
    k = 0
    while k < len(tokens):
        if low[k] == "of" and low[k + 1 : k + 2] and (k == 0 or low[k - 1] in (",", ";", "and", "but", "(")):
            end, number, behind = _of_some(low, k)
            if number is not None:
                first = replace(tokens[k], text=tokens[number].text)
                done += [first, replace(tokens[k], text="of"), *tokens[k + 1 : end]]
                k = behind
                continue
        done.append(tokens[k])
        k += 1
    return done


_RESPELT: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("is", "made", "up", "of"), ("contains",)),
    (("is", "made", "of"), ("contains",)),
    (("is", "composed", "of"), ("contains",)),
    (("is", "comprised", "of"), ("contains",)),
    (("is", "built", "from"), ("contains",)),
    (("consists", "of"), ("contains",)),
    (("in", "which"), (",",)),
    (("whose",), (",", "its")),
)
"""Words that clauses are not read by, and those with the same sense that they are."""


def _respelt(tokens: Sequence[Words]) -> list[Words]:
    """Write "is made up of" as "contains", "in which" and "whose" as the beginning of a clause of its own."""
    low = [token.text.lower() for token in tokens]
    done: list[Words] = []
    k = 0
    while k < len(tokens):
        for said, meant in _RESPELT:
            of_atoms = k + len(said) < len(low) and low[k + len(said)].startswith(("atom", "indices", "index"))
            if tuple(low[k : k + len(said)]) == said and k and not of_atoms:
                end = tokens[k + len(said) - 1].end
                done += [replace(tokens[k], text=word, end=end) for word in meant]
                k += len(said)
                break
        else:
            done.append(tokens[k])
            k += 1
    if low[:1] == ["unlike"] and "," in low[1:8]:  # "unlike an amide, the carbonyl is bonded to ..."
        done = done[[token.text for token in done].index(",") + 1 :]
    return done


def _of_some(low: Sequence[str], k: int) -> tuple[int, int | None, int]:
    """Find the end of the noun behind "of", the number behind it, and what follows; no number where there is none."""
    if low[k + 1] in _THEM and low[k + 2 : k + 3] != ["two"]:
        end = k + 2
    elif low[k + 1] in _WHOSE and "," in low[k + 2 : k + 2 + _LONGEST]:
        end = low.index(",", k + 2)
    else:
        return k, None, k
    number = end + (low[end : end + 1] == [","])
    while number < len(low) and low[number] in _EXACTLY:
        number += 1
    if number + 1 >= len(low) or not (low[number] in _MANY or number_of(low[number])):
        return k, None, k
    return end, number, number + 1

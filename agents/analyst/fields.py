"""A question in lines of a key and a value: "Task: return atom indices. / Molecule: CCN / Group: primary amine"."""

from __future__ import annotations

import re

_KEYS = {
    "molecule": "molecule",
    "smiles": "molecule",
    "compound": "molecule",
    "structure": "molecule",
    "inchi": "molecule",
    "group": "group",
    "groups": "group",
    "functional group": "group",
    "substructure": "group",
    "fragment": "group",
    "part": "group",
    "class": "class",
    "property": "property",
    "descriptor": "property",
    "task": "task",
    "question": "task",
    "query": "task",
    "instruction": "task",
}
"""What a line may begin with, in small letters, and what its value is."""
_LINE = re.compile(
    r"\s{0,8}[-*]?\s{0,4}(?P<key>[A-Za-z]+(?: [a-z]+)?)\s{0,4}[:=]\s{1,8}(?P<value>\S.{0,2000}?)\s{0,40}"
)
_ENDS = re.compile(r"[\r\n]+|; ")
_COUNTS = frozenset(["count", "number", "many", "counts"])
_WHERE = frozenset(["atoms", "atom", "indices", "indexes", "index", "where", "locate", "find", "positions", "ids"])
_POLAR = frozenset(["yes", "present", "contain", "contains", "whether", "does", "has", "is", "true", "check"])


def fields_in_words(text: str) -> str:
    """Write a molecule and what is asked of it, a line each, as one question; any other text stays as it is."""
    lines = [line for line in _ENDS.split(text) if line.strip()]
    found = [_LINE.fullmatch(line) for line in lines]
    if not 2 <= len(lines) <= len(set(_KEYS.values())) or not all(found):
        return text
    told = {_KEYS.get(hit["key"].casefold(), ""): hit["value"].rstrip(".;,") for hit in found if hit is not None}
    asked = [key for key in ("group", "class", "property") if key in told]
    if "" in told or len(told) != len(lines) or "molecule" not in told or len(asked) > 1:
        return text
    if not asked:
        return f"{told['molecule']}: {told['task']}"
    molecule, value = told["molecule"], told[asked[0]]
    if asked == ["property"]:
        return f"{value} of {molecule}"
    if asked == ["class"]:
        return f"is {molecule} {_with_article(value)}?"
    task = set(re.findall(r"[a-z]+", told.get("task", "").casefold()))
    if task & _COUNTS:
        return f"how many {value} groups does {molecule} have?"
    if task & _POLAR and not task & _WHERE:
        return f"does {molecule} have {_with_article(value)}?"
    return f"where is the {value} in {molecule}?"


def _with_article(words: str) -> str:
    return words if words.casefold().startswith(("a ", "an ")) else f"a{'n' * (words[0] in 'aeiouAEIOU')} {words}"

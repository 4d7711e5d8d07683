"""A patch of the lexicon: corrected and new classes, in the lexicon's own format, laid over the curated ones.

A class of the patch takes the place of the curated class of the same name, whole; any other name is a new class. What
the patch says of its examples is checked when it is read: it comes from outside, and no test of this project sees it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.lexicon.classes import (
    LEXICON_FOLDER,
    Lexicon,
    StructuralClass,
    build_lexicon,
    checked_tables,
    class_of,
    read_tables,
)
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.storage import cache_folder

NAMED = "the lexicon patch"
_EXAMPLE_SECONDS = 10.0
"""Most seconds of an idle core that one search in an example may take; a large sugar phosphate takes half a second."""


def read_patch(path: Path) -> str:
    """Read a patch from its file, and see that it can be used.

    Returns:
        Its text, which `patched_lexicon` takes.

    Raises:
        InputError: The file cannot be read, or breaks a rule of the lexicon.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"the lexicon patch {path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"the lexicon patch {path} is not UTF-8 ({error.reason})") from error
    patched_lexicon(text)
    return text


@lru_cache(maxsize=8)
def patched_lexicon(text: str) -> Lexicon:
    """Lay a patch over the curated lexicon; its `version` is a hash of both.

    Args:
        text: TOML of `[[class]]` tables. A class needs one molecule in `matches`, and none in `misses`.

    Raises:
        InputError: The patch breaks a rule of the lexicon, or one of its examples is not as it says; the message names
            the entry.
    """
    tables = checked_tables(NAMED, text.encode("utf-8", "surrogatepass"))
    for number, table in enumerate(tables, start=1):
        where = f"{NAMED}, entry {number} ({shorten(str(table.get('name', '?')))})"
        if wrong := wrong_examples(class_of(table, where)):
            raise InputError(f"{where}: {wrong[0]}; mend its patterns or take the example out")
    curated = read_tables(LEXICON_FOLDER, cache_folder())
    known = {table["name"]: table for file in curated.values() for table in file}
    patched = {table["name"] for table in tables}
    kept = {name: [table for table in file if table["name"] not in patched] for name, file in curated.items()}
    placed = [_in_its_place(table, known) for table in tables]
    return build_lexicon({**kept, NAMED: placed}, patch=NAMED)


def curated_table(name: str) -> dict[str, Any] | None:
    """Look up the table of a curated class by its exact name; a copy without what is computed of it."""
    for file in read_tables(LEXICON_FOLDER, cache_folder()).values():
        for table in file:
            if table["name"] == name:
                return {key: value for key, value in table.items() if key.strip() == key}
    return None


def wrong_examples(entry: StructuralClass) -> list[str]:
    """Say which examples of a class its patterns contradict, one line each.

    Raises:
        InputError: An example cannot be read.
    """
    return [
        f"{smiles} {'does not match' if expected else 'matches'}"
        for expected, examples in ((True, entry.matches), (False, entry.misses))
        for smiles in examples
        if is_match(entry.patterns, smiles, entry) is not expected
    ]


def is_match(patterns: Sequence[str], smiles: str, entry: StructuralClass) -> bool:
    """Say whether one of some patterns occurs in a molecule, as loosely as the class of an entry allows.

    Raises:
        InputError: The molecule cannot be read, or the search took too long.
    """
    molecule = read_molecule(smiles)
    try:
        return any(find(molecule, p, floor=entry.level, seconds=_EXAMPLE_SECONDS) is not None for p in patterns)
    except MatchTimeoutError as error:
        raise InputError(f"{NAMED}, {entry.name!r}: {error}") from error


def write_classes(tables: Sequence[Mapping[str, Any]], *, head: Sequence[str] = ()) -> str:
    """Write tables as the lexicon's TOML: one key a line, in the order they have.

    Args:
        tables: With strings, whole numbers, and lists or tables of them as values.
        head: Lines of comment at the top.
    """
    lines = [f"# {_one_line(line)}".rstrip() for line in head]
    for table in tables:
        lines += ["", "[[class]]", *(f"{key} = {_value(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _in_its_place(table: dict[str, Any], known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A table with the id of the class that it takes the place of."""
    there = known.get(table["name"], {})
    return table | ({"id": there["id"]} if "id" in there and "id" not in table else {})


def _value(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            return _quoted(value)
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + " }"
    raise TypeError(f"{value!r} is of no kind that the lexicon has")


def _quoted(text: str) -> str:
    """Write a text as a basic string of TOML."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(c: str) -> str:
    if c in '"\\':
        return f"\\{c}"
    if c.isprintable():
        return c
    return "\ufffd" if "\ud800" <= c <= "\udfff" else f"\\U{ord(c):08X}"  # half a character is none in TOML


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())

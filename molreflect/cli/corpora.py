"""Reading a corpus for a command: what was guessed and what could not be read is said on stderr."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import TYPE_CHECKING

from molreflect.cli.progress import say
from molreflect.tools.english import counted
from molreflect.tools.errors import shorten

if TYPE_CHECKING:
    from molreflect.tools.corpus import Corpus

_TOLD = 5
_WIDTH = 60  # characters of a bad row


def read_pairs(
    source: str,
    *,
    limit: int | None = None,
    columns: str | Mapping[str, str] | None = None,
    readable: Container[str] = frozenset(),
) -> Corpus:
    """Read a corpus, and say what was guessed of its layout and which rows could not be read.

    Args:
        source: As in `molreflect.tools.corpus.read_corpus`, like the others.
        limit: Most pairs.
        columns: Which column holds what.
        readable: SMILES that are known to be readable.

    Raises:
        InputError: It cannot be read, or no row of it can.
    """
    from molreflect.tools.corpus import read_corpus, require_pairs

    corpus = read_corpus(source, limit=limit, columns=columns, readable=readable)
    require_pairs(corpus)
    say_how_read(corpus)
    return corpus


def say_how_read(corpus: Corpus) -> None:
    """Say what was guessed of a corpus' layout, and name the first rows that could not be read: where, what, why."""
    for note in corpus.notes:
        say(note)
    for bad in corpus.bad_rows[:_TOLD]:
        say(f"{corpus.unit} {bad.line}: {bad.reason}; it reads {shorten(bad.text, _WIDTH)}")
    if found := len(corpus.bad_rows):
        more = f", the first {_TOLD} above" if found > _TOLD else ""
        say(f"{counted(found, 'row')} could not be read and {'is' if found == 1 else 'are'} left out{more}")

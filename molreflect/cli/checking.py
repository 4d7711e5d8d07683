"""Commands that judge what somebody else wrote: texts about molecules, and alignments."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from molreflect import api
from molreflect.cli.options import AsJson
from molreflect.cli.printable import json_line
from molreflect.cli.render import print_json
from molreflect.tools.errors import InputError


def check(
    smiles: Annotated[str | None, typer.Argument(help="The molecule, as SMILES.")] = None,
    text: Annotated[str | None, typer.Argument(help="Any text about it; - reads it from stdin.")] = None,
    file: Annotated[
        Path | None, typer.Option(help='JSON lines {"smiles", "text"}; - reads stdin. One JSON result a line.')
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="End with code 1 when a claim is refuted.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check every structural claim of a text about a molecule.

    What was not read of it is said as well.

    Example: molreflect check 'Oc1ccccc1' 'It is a phenol. It lacks a nitro group.'
    """
    if file is not None:
        if smiles is not None or text is not None:
            raise InputError("give either SMILES and TEXT or --file, not both")
        refuted = _check_file(file)
    else:
        if smiles is None or text is None:
            raise InputError("give a SMILES and a TEXT, or a file of them with --file; see `molreflect check --help`")
        found = api.check(smiles, _stdin().read() if text == "-" else text)
        refuted = bool(found.refuted)
        if as_json:
            print_json(found.to_json())
        else:
            from molreflect.cli.render import print_checked

            print_checked(found)
    if strict and refuted:
        raise typer.Exit(1)


def judge(
    file: Annotated[
        Path,
        typer.Argument(help="JSON lines {smiles, caption, phrase, pattern}, start and kind if known; - reads stdin."),
    ],
    as_json: AsJson = False,
) -> None:
    """Judge alignments that somebody else made, in their order.

    Example: molreflect judge ties.jsonl --json
    """
    with _opened(file) as lines:
        judged = list(api.judge(lines, source=str(file)))
    if as_json:
        print_json([tie.to_json() for tie in judged])
        return
    from molreflect.cli.render import print_judged

    print_judged(judged)


def _check_file(file: Path) -> bool:
    """Check a file of texts, printing as it goes; whether a claim was refuted."""
    refuted = False
    with _opened(file) as lines:
        for found in api.check_lines(lines, source=str(file)):
            print(json_line(found.to_json()), flush=True)
            refuted = refuted or bool(found.refuted)
    return refuted


@contextmanager
def _opened(file: Path) -> Iterator[TextIO]:
    """Open a file of lines, or stdin for "-".

    Raises:
        InputError: It cannot be opened.
    """
    if str(file) == "-":
        yield _stdin(errors="strict")
        return
    try:
        lines = file.open(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
    with lines:
        yield lines


def _stdin(errors: str = "replace") -> TextIO:
    """Read stdin as UTF-8, whatever the terminal's encoding; a text may hold bytes that are none."""
    return io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors=errors)

"""What is said of one or more molecules made ready for the component: answers, and molecules beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from molreflect.tools.terms import Verdict
from molreflect.tools.views.cards import drawing_of, marked
from molreflect.tools.views.drawing import MAX_HIGHLIGHTS
from molreflect.tools.views.theme import look


@dataclass(frozen=True, slots=True)
class DrawnMolecule:
    """A molecule that is drawn."""

    smiles: str
    name: str = ""
    """What it is called; empty where only its SMILES is known."""


@dataclass(frozen=True, slots=True)
class PhraseInMolecules:
    """A phrase, and where it is in each molecule."""

    phrase: str
    atoms: tuple[tuple[tuple[int, ...], ...], ...] = ()
    """For each molecule the places, each a tuple of 0-based atom indices of its SMILES; shorter where the last
    molecules have none."""
    verdict: Verdict | None = None
    """None where nothing was claimed."""
    why: str = ""
    start: int | None = None
    """0-based character offset in the text; None where the text does not have it."""
    end: int | None = None
    details: tuple[tuple[str, str, bool], ...] = ()
    """Name, text, and whether it is code; one click away."""
    halo: bool = True
    """Whether its atoms have a colour from the start; else they are ringed when it is pointed at."""


def several_card(
    molecules: Sequence[DrawnMolecule],
    phrases: Sequence[PhraseInMolecules],
    *,
    text: str = "",
    title: str = "",
    unread: Sequence[str] = (),
    because: str = "",
) -> dict[str, Any]:
    """Prepare a text about molecules for the component; whatever has atoms gets a colour, the same in each drawing.

    Args:
        molecules: Those that are drawn.
        phrases: What is said of them.
        text: What phrases are marked in.
        title: Heading.
        unread: Sentences that nobody has checked.
        because: A last line.

    Raises:
        InputError: A molecule cannot be read, or an atom does not exist.
    """
    coloured = [n for n, phrase in enumerate(phrases) if phrase.halo and any(phrase.atoms)][:MAX_HIGHLIGHTS]
    colours = {n: look(place) for place, n in enumerate(coloured)}
    rows = [_row(n, phrase, colours.get(n)) for n, phrase in enumerate(phrases)]
    figures = [
        {"name": molecule.name, "smiles": molecule.smiles, "drawing": _drawing(molecule, number, phrases, coloured)}
        for number, molecule in enumerate(molecules)
    ]
    return {
        "title": title,
        "caption": marked(text, rows) if text else [],
        "rows": rows,
        "figures": figures,
        "unread": list(unread),
        "because": because,
    }


def _row(number: int, phrase: PhraseInMolecules, colour: tuple[int, bool] | None) -> dict[str, Any]:
    shade = "" if colour is None else f"colour-{colour[0]}{' edged' if colour[1] else ''}"
    if shade and phrase.verdict in (Verdict.REFUTED, Verdict.UNCHECKED):
        shade = f"lit-{phrase.verdict}"
    places = [
        (molecule, " ".join(map(str, sorted({i for place in found for i in place}))))
        for molecule, found in enumerate(phrase.atoms)
        if found
    ]
    beside = len(phrase.atoms) > 1
    atoms = [(f"atoms in {molecule + 1}" if beside else "atoms", there, False) for molecule, there in places]
    return {
        "n": number,
        "phrase": phrase.phrase,
        "start": phrase.start,
        "end": phrase.end,
        "kind": "structure",
        "verdict": phrase.verdict or "",
        "reason": "",
        "why": phrase.why,
        "colour": shade,
        "atoms": "",
        "places": [{"molecule": molecule, "atoms": there} for molecule, there in places],
        "details": [*phrase.details, *atoms],
    }


def _drawing(
    molecule: DrawnMolecule, number: int, phrases: Sequence[PhraseInMolecules], coloured: Sequence[int]
) -> dict[str, Any]:
    here = [{"phrase": p.phrase, "atoms": p.atoms[number] if number < len(p.atoms) else ()} for p in phrases]
    return drawing_of(molecule.smiles, here, coloured)

"""The page that sets molecules beside each other."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from molreflect.tools.errors import InputError
from molreflect.tools.facts.beside import Beside, set_beside
from molreflect.tools.facts.molecules import read_words
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources
from molreflect.tools.views.html import several_html
from molreflect.web.pages import render
from molreflect.web.site import Site

AT = "/compare"
MOST = 6
"""Molecules of one comparison."""
LEAST = 2
MAX_MOLECULE = 5_000
MAX_ATOMS = 200
"""Atoms of the largest molecule whose common core is looked for."""


def open_compare(site: Site, stack: ExitStack) -> APIRouter:
    """Build the page."""
    router = APIRouter()

    @router.get(AT, response_class=HTMLResponse)
    def page(m: Annotated[list[str] | None, Query()] = None) -> str:
        given = [each.strip() for each in m or () if each.strip()]
        found: Beside | None = None
        told: list[str] = []
        why_not = ""
        if m:
            try:
                found, told = _compared(given, site.desk.resources)
            except InputError as error:
                why_not = str(error)
        fields = given + [""] * max(0, LEAST - len(given))
        return render(
            "beside.html",
            title="Compare",
            fields=fields,
            found=found,
            told=told,
            why_not=why_not,
            most=MOST,
            longest=MAX_MOLECULE,
            card=None if found is None else Markup(several_html(found.card)),
        )

    return router


def _compared(given: list[str], resources: Resources) -> tuple[Beside, list[str]]:
    """Read the molecules and compare them.

    Returns:
        The comparison, and how those were read that are no SMILES.

    Raises:
        InputError: There are too few or too many, or one cannot be read or is too large.
    """
    if not LEAST <= len(given) <= MOST:
        raise InputError(f"{len(given)} given; name {LEAST} to {MOST} molecules")
    molecules, names, told = [], [], []
    for number, words in enumerate(given, 1):
        if len(words) > MAX_MOLECULE:
            raise InputError(f"Molecule {number} has {len(words):,} characters; at most {MAX_MOLECULE:,} are read")
        read = read_words(words, resources)
        if not read.smiles:
            raise InputError(f"Molecule {number} could not be read: {read.why_not}")
        molecule = read_molecule(read.smiles)
        if molecule.mol.GetNumAtoms() > MAX_ATOMS:
            raise InputError(
                f"Molecule {number} has {molecule.mol.GetNumAtoms():,} atoms; those of at most {MAX_ATOMS} are compared"
            )
        molecules.append(molecule)
        names.append(words if words != read.smiles else f"molecule {number}")
        if words != read.smiles:
            told.append(f"{read.read_as or words}: {read.smiles}")
    return set_beside(molecules, names, resources), told

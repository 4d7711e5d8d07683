"""Self-contained HTML pages: one style sheet, one component for an alignment, everything escaped but our own drawings.

A page is a template of `templates/`; it loads nothing, and only the page of a run holds a script.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from rdkit import Chem
from rdkit.Chem.Draw import rdMolDraw2D

from molreflect.tools.molecules.read import quiet_rdkit, read_molecule
from molreflect.tools.terms import Verdict
from molreflect.tools.views.drawing import MAX_DRAWN_ATOMS, MAX_HIGHLIGHTS, PALETTE, Highlight, draw_alignments

MAX_SKETCHED_ATOMS = 150
"""Heavy atoms of the largest molecule that is sketched beside others."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with a table."""

    title: str
    headings: Sequence[str]
    """Empty for a table without a head."""
    rows: Sequence[Sequence[object]]
    """A row of one cell is the heading of a group."""
    lead: str = ""
    legend: str = ""
    notes: Sequence[str] = ()


def render_page(template: str, **content: Any) -> str:
    """Render a page; texts are escaped, `Markup` is not."""
    return _environment().get_template(template).render(content) + "\n"


@cache
def _environment() -> Environment:
    here = Path(__file__).parent
    return Environment(
        loader=FileSystemLoader([here / "templates", here / "static"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def alignment_card(record: Mapping[str, Any]) -> dict[str, Any]:
    """Prepare one record (a line of `alignments.jsonl`) for the component that shows alignments."""
    supported = [a for a in record["alignments"] if a["verdict"] == Verdict.SUPPORTED and a["atoms"]]
    numbers = {id(a): number for number, a in enumerate(supported)}
    rows = []
    for a in record["alignments"]:
        number, evidence = numbers.get(id(a)), a["evidence"]
        corpus = ""
        if evidence is not None and evidence["recall"] is not None:
            lift = "" if evidence["lift"] is None else f", lift {evidence['lift']:.3g}"
            corpus = f"{evidence['pairs_with_phrase']} other pairs, recall {evidence['recall']:.0%}{lift}"
        colour = None if number is None or record["smiles"] is None else PALETTE[number % len(PALETTE)]
        shown = {"structure": a["fragment"] or a["pattern"] or "", "note": corpus or a["message"]}
        rows.append(a | shown | {"number": number, "colour": colour})
    picture: Markup | str = ""
    if record["smiles"] is not None:
        molecule = read_molecule(record["smiles"])
        if molecule.heavy_atoms <= MAX_DRAWN_ATOMS:
            found = [Highlight(a["phrase"], tuple(map(tuple, a["atoms"])), str(n)) for n, a in enumerate(supported)]
            picture = Markup(draw_alignments(molecule, found[:MAX_HIGHLIGHTS], width=420, height=320))
        else:
            picture = f"{molecule.heavy_atoms} heavy atoms: too large to draw."
    return {
        "id": record["id"],
        "smiles": record["smiles"] or "",
        "picture": picture,
        "caption": _marked(record["caption"] or "", rows),
        "rows": rows,
        "unread": [
            {"text": record["caption"][left["start"] : left["end"]], "words": ", ".join(left["words"])}
            for left in record.get("unread") or ()
        ],
        "because": f"{record['selected']}: {record['selected_because']}",
    }


def _marked(caption: str, rows: Sequence[dict[str, Any]]) -> list[tuple[str, dict[str, Any] | None]]:
    """Cut a caption at its phrases, each with its row; of overlapping phrases, the first is kept."""
    pieces: list[tuple[str, dict[str, Any] | None]] = []
    position = 0
    for row in sorted((r for r in rows if r["start"] is not None), key=lambda r: (r["start"], -r["end"])):
        if row["start"] >= position and caption:
            pieces += [(caption[position : row["start"]], None), (caption[row["start"] : row["end"]], row)]
            position = row["end"]
    return [*pieces, (caption[position:], None)]


def sketch(smiles: str, *, max_characters: int) -> Markup:
    """Draw a molecule small, or say in a box why it is not drawn; any text may be given."""
    if len(smiles) > max_characters:
        return _blank(f"{len(smiles):,} characters, not read")
    with quiet_rdkit():
        molecule = Chem.MolFromSmiles(smiles)
    if molecule is None or not molecule.GetNumAtoms():
        return _blank("not a molecule" if smiles.strip() else "nothing")
    if molecule.GetNumHeavyAtoms() > MAX_SKETCHED_ATOMS:
        return _blank(f"{molecule.GetNumHeavyAtoms()} heavy atoms, not drawn")
    drawer = rdMolDraw2D.MolDraw2DSVG(240, 170, -1, -1, True)  # letters as text, a third of the size of outlines
    drawer.drawOptions().clearBackground = False
    rdMolDraw2D.PrepareAndDrawMolecule(drawer, molecule)
    drawer.FinishDrawing()
    text = str(drawer.GetDrawingText())
    text = re.sub(r"fill-rule:evenodd;|stroke-(linecap:butt|linejoin:miter|opacity:1|miterlimit:10);?", "", text)
    return Markup(text[text.index("<svg") :].replace("<svg", '<svg role="img"', 1))


def _blank(why: str) -> Markup:
    return Markup("<div class='blank'>{}</div>").format(why)

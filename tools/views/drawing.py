"""Drawings of a molecule with the atoms of several phrases lit up, as SVG for pages and PNG for documents.

The halos are laid under RDKit's own drawing, one group a phrase, so that a page can light up a phrase
(`.phrase-0`) or an atom (`.atom-7`) by a style alone. Atoms that belong to several phrases carry nested discs, one for
each. The hues are those of Okabe and Ito (2008), which stay apart for colour-blind readers, in evenly spaced lightness,
so that they stay apart in grey print as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rdkit import Chem
from rdkit.Chem import rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D
from rdkit.Geometry import Point2D

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import Molecule

MAX_DRAWN_ATOMS = 400
"""Heavy atoms of the largest molecule that is drawn; a larger one would be an unreadable blot."""
MAX_HIGHLIGHTS = 64
SIZE_LIMITS = (40, 4_000)
"""Smallest and largest width and height, in pixels."""
LEGEND_LINE = 20
"""Height of one line of the legend, in pixels."""

PALETTE: tuple[str, ...] = ("#F1E754", "#F0C76A", "#6FBFEC", "#D38AB2", "#039F74", "#C45600", "#0068A2")
"""Okabe and Ito's hues, lightest first and tinted so that each is a step of 8 in CIE lightness darker than the one
before; phrase `n` has colour `n` modulo 7."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """The atoms of one phrase."""

    label: str
    """What the legend and the tooltip say; any text, escaped here."""
    atoms: tuple[tuple[int, ...], ...]
    """0-based atom indices, one tuple a place, as in an alignment."""
    key: str = ""
    """Handle for a page, written to `data-key`; any text, escaped here."""


@dataclass(frozen=True, slots=True)
class _Layout:
    mol: Chem.Mol
    points: tuple[tuple[float, float], ...]
    """Pixel coordinates of every atom, shape (n_atoms, 2)."""
    unit: float
    """Radius of the largest disc, in pixels."""


def draw_alignments(
    molecule: Molecule,
    highlights: Sequence[Highlight] = (),
    *,
    width: int = 480,
    height: int = 320,
    legend: bool = False,
) -> str:
    """Draw a molecule as SVG with the atoms of every phrase lit up.

    The same input always gives the same text. Bonds and atoms carry RDKit's classes (`atom-7`, `bond-3`), invisible
    discs of class `atom-selector atom-7` make every atom a target for the mouse, and the halos of phrase `n` are a
    group of class `phrase phrase-n`.

    Args:
        molecule: The molecule.
        highlights: The phrases, in the order that gives them their colours.
        width: Pixels.
        height: Pixels of the drawing; the legend adds `LEGEND_LINE` for every phrase.
        legend: Write the labels with their colours below the molecule.

    Returns:
        An SVG document that loads nothing and holds no script.

    Raises:
        InputError: The molecule is too large to draw, an atom index does not exist, or a size is out of limits.
    """
    _check(molecule, highlights, width, height)
    drawer = _prepared(rdMolDraw2D.MolDraw2DSVG(width, height))
    drawer.drawOptions().clearBackground = False
    layout = _layout(drawer, molecule)
    drawer.TagAtoms(layout.mol)
    drawer.FinishDrawing()
    text = str(drawer.GetDrawingText())
    body = text[text.index("<!-- END OF HEADER -->") + len("<!-- END OF HEADER -->") : text.rindex("</svg>")].strip()
    total = height + (LEGEND_LINE * len(highlights) if legend else 0)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="molecule" width="{width}" height="{total}" '
        f'viewBox="0 0 {width} {total}" role="img">',
        f"<title>{escape(_title(molecule, highlights))}</title>",
        f'<rect class="background" width="{width}" height="{total}" fill="#FFFFFF"/>',
        *_svg_halos(layout, highlights),
        f'<g class="structure">\n{body}\n</g>',
        *(_svg_legend(highlights, height) if legend else ()),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def draw_alignments_png(
    molecule: Molecule,
    highlights: Sequence[Highlight] = (),
    *,
    width: int = 480,
    height: int = 320,
    legend: bool = False,
) -> bytes:
    """Draw a molecule as PNG with the atoms of every phrase lit up; the same picture as `draw_alignments`.

    Args:
        molecule: The molecule.
        highlights: The phrases, in the order that gives them their colours.
        width: Pixels.
        height: Pixels of the drawing; the legend adds `LEGEND_LINE` for every phrase.
        legend: Write the labels with their colours below the molecule; characters the font lacks show as boxes.

    Returns:
        The bytes of a PNG file.

    Raises:
        InputError: As for `draw_alignments`.
    """
    _check(molecule, highlights, width, height)
    layout = _layout(_prepared(rdMolDraw2D.MolDraw2DSVG(width, height)), molecule)
    total = height + (LEGEND_LINE * len(highlights) if legend else 0)
    drawer = _prepared(rdMolDraw2D.MolDraw2DCairo(width, total, width, height))
    drawer.ClearDrawing()
    drawer.SetFillPolys(True)
    for index, nested in _nesting(layout.mol, highlights):
        colour = _rgb(PALETTE[index % len(PALETTE)])
        drawer.SetColour(colour)
        for first, second, depth in nested.bonds:
            drawer.SetLineWidth(max(1, round(_bond_width(layout, depth))))
            drawer.DrawLine(Point2D(*layout.points[first]), Point2D(*layout.points[second]), rawCoords=True)
        drawer.SetLineWidth(1)
        for atom, depth in nested.atoms:
            x, y = layout.points[atom]
            radius = _radius(layout, depth)
            drawer.DrawEllipse(Point2D(x - radius, y - radius), Point2D(x + radius, y + radius), rawCoords=True)
    drawer.drawOptions().clearBackground = False
    drawer.DrawMolecule(layout.mol)
    if legend:
        for index, highlight in enumerate(highlights):
            middle = height + LEGEND_LINE * (index + 0.5)
            drawer.SetColour(_rgb(PALETTE[index % len(PALETTE)]))
            drawer.DrawRect(Point2D(8, middle - 6), Point2D(20, middle + 6), rawCoords=True)
            drawer.SetColour((0.0, 0.0, 0.0))
            drawer.SetFontSize(12)
            drawer.DrawString(_one_line(highlight.label), Point2D(28, middle), 1, rawCoords=True)
    drawer.FinishDrawing()
    return bytes(drawer.GetDrawingText())


# ---------------------------------------------------------------------------------------------------------------------


def _check(molecule: Molecule, highlights: Sequence[Highlight], width: int, height: int) -> None:
    low, high = SIZE_LIMITS
    if not (low <= width <= high and low <= height <= high):
        raise InputError(f"a drawing of {width} x {height} pixels is out of limits; pass {low} to {high} for both")
    if molecule.mol.GetNumAtoms() > MAX_DRAWN_ATOMS:
        raise InputError(
            f"the molecule has {molecule.mol.GetNumAtoms()} atoms, more than the {MAX_DRAWN_ATOMS} that can be drawn "
            "readably; draw a fragment of it"
        )
    if len(highlights) > MAX_HIGHLIGHTS:
        raise InputError(f"{len(highlights)} highlights are more than {MAX_HIGHLIGHTS}; pass fewer phrases at once")
    count = molecule.mol.GetNumAtoms()
    for highlight in highlights:
        wrong = sorted({i for place in highlight.atoms for i in place if not 0 <= i < count})
        if wrong:
            raise InputError(
                f"{_one_line(highlight.label)!r} has atoms {wrong[:5]}, but the molecule has only 0 to {count - 1}"
            )


def _prepared(drawer: rdMolDraw2D.MolDraw2D) -> rdMolDraw2D.MolDraw2D:
    options = drawer.drawOptions()
    options.useBWAtomPalette()  # the colours belong to the phrases
    options.prepareMolsBeforeDrawing = False
    options.bondLineWidth = 2
    options.padding = 0.1
    return drawer


def _layout(drawer: rdMolDraw2D.MolDraw2D, molecule: Molecule) -> _Layout:
    """Draw the molecule and say where every atom came to lie."""
    mol = rdMolDraw2D.PrepareMolForDrawing(Chem.Mol(molecule.mol), kekulize=True, addChiralHs=False, forceCoords=True)
    rdDepictor.StraightenDepiction(mol)
    drawer.DrawMolecule(mol)
    points = tuple((p.x, p.y) for p in (drawer.GetDrawCoords(i) for i in range(mol.GetNumAtoms())))
    lengths = [
        ((points[a][0] - points[b][0]) ** 2 + (points[a][1] - points[b][1]) ** 2) ** 0.5
        for a, b in ((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in mol.GetBonds())
    ]
    mean = sum(lengths) / len(lengths) if lengths else 40.0
    return _Layout(mol, points, max(3.0, 0.32 * mean))


@dataclass(frozen=True, slots=True)
class _Nested:
    """The halos of one phrase; depth 0 lies lowest and is largest."""

    atoms: tuple[tuple[int, int], ...]
    bonds: tuple[tuple[int, int, int], ...]


def _nesting(mol: Chem.Mol, highlights: Sequence[Highlight]) -> list[tuple[int, _Nested]]:
    """For every phrase its atoms and bonds, with how many earlier phrases lie under them there."""
    atom_depth: dict[int, int] = {}
    bond_depth: dict[tuple[int, int], int] = {}
    result = []
    for index, highlight in enumerate(highlights):
        atoms = sorted({i for place in highlight.atoms for i in place})
        places = [set(place) for place in highlight.atoms]
        pairs = [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in mol.GetBonds()]
        bonds = [pair for pair in pairs if any(pair[0] in place and pair[1] in place for place in places)]
        result.append(
            (
                index,
                _Nested(
                    tuple((i, atom_depth.get(i, 0)) for i in atoms),
                    tuple((a, b, bond_depth.get((a, b), 0)) for a, b in bonds),
                ),
            )
        )
        for i in atoms:
            atom_depth[i] = atom_depth.get(i, 0) + 1
        for pair in bonds:
            bond_depth[pair] = bond_depth.get(pair, 0) + 1
    return result


def _radius(layout: _Layout, depth: int) -> float:
    return layout.unit * max(0.3, 1 - 0.2 * depth)


def _bond_width(layout: _Layout, depth: int) -> float:
    return layout.unit * 1.3 * max(0.2, 1 - 0.25 * depth)


def _svg_halos(layout: _Layout, highlights: Sequence[Highlight]) -> list[str]:
    lines: list[str] = []
    for index, nested in _nesting(layout.mol, highlights):
        highlight = highlights[index]
        colour = PALETTE[index % len(PALETTE)]
        lines.append(
            f'<g class="phrase phrase-{index}" data-key="{_attribute(highlight.key)}" '
            f'fill="{colour}" stroke="{colour}">'
        )
        lines.append(f"<title>{escape(_one_line(highlight.label))}</title>")
        for first, second, depth in nested.bonds:
            (x1, y1), (x2, y2) = layout.points[first], layout.points[second]
            lines.append(
                f'<line class="halo halo-{first} halo-{second}" x1="{x1:.1f}" y1="{y1:.1f}" '
                f'x2="{x2:.1f}" y2="{y2:.1f}" stroke-width="{_bond_width(layout, depth):.1f}"/>'
            )
        for atom, depth in nested.atoms:
            x, y = layout.points[atom]
            lines.append(
                f'<circle class="halo halo-{atom}" stroke="none" '
                f'cx="{x:.1f}" cy="{y:.1f}" r="{_radius(layout, depth):.1f}"/>'
            )
        lines.append("</g>")
    return lines


def _svg_legend(highlights: Sequence[Highlight], top: int) -> list[str]:
    lines = ['<g class="legend" font-family="sans-serif" font-size="12">']
    for index, highlight in enumerate(highlights):
        y = top + LEGEND_LINE * index
        lines.append(
            f'<g class="label phrase-{index}"><rect x="8" y="{y + 4}" width="12" height="12" '
            f'fill="{PALETTE[index % len(PALETTE)]}"/>'
            f'<text x="28" y="{y + 14}">{escape(_one_line(highlight.label))}</text></g>'
        )
    lines.append("</g>")
    return lines


def _title(molecule: Molecule, highlights: Sequence[Highlight]) -> str:
    named = ", ".join(_one_line(highlight.label, 40) for highlight in highlights)
    return f"{molecule.smiles} with {named} lit up" if named else molecule.smiles


def _one_line(text: str, limit: int = 120) -> str:
    """Text fit for one line of XML: no control characters (XML forbids most of them), not endless."""
    flat = "".join(c if c.isprintable() else " " for c in text).encode("utf-8", "replace").decode("utf-8")
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def _attribute(text: str) -> str:
    return escape(_one_line(text), quote=True)


def _rgb(colour: str) -> tuple[float, float, float]:
    return (int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255)

"""Drawings of a molecule with the atoms of several phrases lit up, as SVG for pages and PNG for documents.

Bonds have one length and halos one width in every drawing that has room for them. The halos are laid under the
structure, one group a phrase, so that a page can light up a phrase (`.phrase-0`) or an atom (`.atom-7`) by a style
alone; where phrases share an atom, each has a ring of its own there. No element has a `style`: a page's rules apply,
and a strict Content-Security-Policy lets it stand.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rdkit.Chem.Draw import rdMolDraw2D
from rdkit.Geometry import Point2D

from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import Molecule, quiet_rdkit
from molreflect.tools.views.layout import Halo, halos, laid_out
from molreflect.tools.views.scene import BAND, EDGE, RADIUS, UNITS, Scene, scene_of, svg_of
from molreflect.tools.views.structure import LENGTH, LINE, Structure, configure, draw_structure, text_width
from molreflect.tools.views.theme import LIGHT, PALETTE, look

MAX_DRAWN_ATOMS = 400
"""Heavy atoms of the largest molecule that is drawn; a larger one would be an unreadable blot."""
MAX_HIGHLIGHTS = 64
SIZE_LIMITS = (40, 4_000)
"""Smallest and largest width and height, in pixels."""
LEGEND_LINE = 20
"""Height of one line of the legend, in pixels."""
LEGEND_WIDTH = 240
"""Pixels of the narrowest drawing with a legend, where no width is asked for."""
MARGIN = RADIUS + EDGE + 3
SMALLEST = (140.0, 100.0)
"""Pixels of the smallest drawing at its natural size."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """The atoms of one phrase."""

    label: str
    """What the legend and the tooltip say; any text, escaped here."""
    atoms: tuple[tuple[int, ...], ...]
    """0-based atom indices, one tuple a place, as in an alignment."""
    key: str = ""
    """Handle for a page, written to `data-key`; any text, escaped here."""


def draw_alignments(
    molecule: Molecule,
    highlights: Sequence[Highlight] = (),
    *,
    width: int | None = None,
    height: int | None = None,
    legend: bool = False,
    atom_numbers: bool = False,
    alone: bool = True,
) -> str:
    """Draw a molecule as SVG with the atoms of every phrase lit up.

    The same input always gives the same text. The halos of phrase `n` are a group of class `phrase phrase-n`, a bond
    is a path of class `bond-3`, a label a text of class `atom-7`, and every atom has a disc of class `target atom-7`
    above all else, for the pointer.

    Args:
        molecule: The molecule.
        highlights: The phrases, in the order that gives them their colours.
        width: Pixels; None takes as many as the molecule needs.
        height: Pixels of the drawing, None as for `width`; the legend adds its lines below.
        legend: Write the labels with their colours below the molecule, in a free corner where there is one.
        atom_numbers: Write the 0-based index beside each atom.
        alone: As a document of its own, with a white ground, a title and tooltips; else as a part of a page that has
            its own ground, and says the same in its own way.

    Returns:
        An SVG document that loads nothing and holds no script and no style.

    Raises:
        InputError: The molecule is too large to draw, an atom index does not exist, or a size is out of limits.
    """
    drawn, frame, scene = _drawn(molecule, highlights, width, height, legend, atom_numbers)
    if not (alone or legend):
        return svg_of(scene) + "\n"
    said = _legend_lines(highlights, frame.width) if legend else []
    below: list[str] = []
    if said:
        top = _legend_top(drawn, frame, said) if height is None else round(frame.height)
        below = _svg_legend(said, f"translate(0 {round(top / frame.scale * UNITS)}) scale({UNITS / frame.scale:.6g})")
        scene["size"][1] = max(scene["size"][1], top + LEGEND_LINE * sum(len(lines) for _, lines in said))
        scene["view"][1] = round(scene["size"][1] / frame.scale * UNITS)
    more, titles = [], []
    if alone:
        more = [
            f"<title>{escape(scene['name'])}</title>",
            f'<rect class="background" width="100%" height="100%" fill="{LIGHT["paper"]}"/>',
        ]
        for index, atom in enumerate(drawn.mol.GetAtoms()):
            labels = [_one_line(h.label) for h in highlights if any(index in place for place in h.atoms)]
            titles.append(f"{atom.GetSymbol()} {index}" + (f": {'; '.join(labels)}" if labels else ""))
    return svg_of(scene, more=more, titles=titles, below=below) + "\n"


def draw_scene(molecule: Molecule, highlights: Sequence[Highlight] = ()) -> Scene:
    """Draw a molecule at its natural size as the table that `drawing.js` turns into what `draw_alignments` returns.

    Raises:
        InputError: As for `draw_alignments`.
    """
    scene = _drawn(molecule, highlights, None, None, False, False)[2]
    lit = f"; {counted(len(highlights), 'phrase')} lit up" if highlights else ""
    return scene | {"name": describe(molecule) + lit}  # the page says beside it which


def draw_alignments_png(
    molecule: Molecule,
    highlights: Sequence[Highlight] = (),
    *,
    width: int | None = None,
    height: int | None = None,
    legend: bool = False,
    atom_numbers: bool = False,
    resolution: float = 1.0,
) -> bytes:
    """Draw a molecule as PNG with the atoms of every phrase lit up; the same picture as `draw_alignments`.

    Args:
        molecule: The molecule.
        highlights: The phrases, in the order that gives them their colours.
        width: Pixels; None takes as many as the molecule needs.
        height: Pixels of the drawing, None as for `width`; the legend adds its lines below.
        legend: Write the labels with their colours, as there; characters the font lacks show as boxes.
        atom_numbers: Write the 0-based index beside each atom.
        resolution: Dots for each pixel, in both directions; 3 is about what print needs.

    Returns:
        The bytes of a PNG file.

    Raises:
        InputError: As for `draw_alignments`, or the resolution is not from 0.5 to 8.
    """
    _check(molecule, highlights, width, height)
    if not 0.5 <= resolution <= 8:
        raise InputError(f"a resolution of {resolution} is out of limits; pass 0.5 to 8 dots a pixel")
    drawn = draw_structure(laid_out(molecule), atom_numbers=atom_numbers)
    frame = _frame(drawn, width, height, legend)
    said = _legend_lines(highlights, frame.width) if legend else []
    top = _legend_top(drawn, frame, said) if said and height is None else round(frame.height)
    total = max(frame.height, top + LEGEND_LINE * sum(len(lines) for _, lines in said))
    size = (round(frame.width * resolution), round(frame.height * resolution), round(total * resolution))
    with quiet_rdkit():  # it warns of every size of a font that it did not choose itself
        return _png(drawn, highlights, frame, (said, top), size, resolution, atom_numbers)


def describe(molecule: Molecule, highlights: Sequence[Highlight] = ()) -> str:
    """Say in words what a drawing shows: formula, size, and which phrases are lit up at how many places."""
    atoms = counted(molecule.heavy_atoms, "heavy atom")
    named = [_one_line(h.label, 60) + ("" if len(h.atoms) == 1 else f" at {len(h.atoms)} places") for h in highlights]
    return f"Molecule {molecule.formula}, {atoms}" + (f"; lit up: {'; '.join(named)}" if named else "")


# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Frame:
    """What of the plane is shown, and how large."""

    left: float
    top: float
    width: float
    """Pixels shown."""
    height: float
    """Pixels shown, without the legend."""
    scale: float
    """Pixels shown for each pixel of the structure; less than 1 where there is no room for all."""


def _drawn(
    molecule: Molecule,
    highlights: Sequence[Highlight],
    width: int | None,
    height: int | None,
    legend: bool,
    atom_numbers: bool,
) -> tuple[Structure, _Frame, Scene]:
    """What both kinds of drawing begin with."""
    _check(molecule, highlights, width, height)
    drawn = draw_structure(laid_out(molecule), atom_numbers=atom_numbers)
    frame = _frame(drawn, width, height, legend)
    scene = scene_of(
        drawn,
        halos(drawn.mol, [highlight.atoms for highlight in highlights]),
        [_one_line(highlight.key) for highlight in highlights],
        corner=(frame.left, frame.top),
        size=(frame.width, frame.height),
        view=(frame.width / frame.scale, frame.height / frame.scale),
        name=describe(molecule, highlights),
    )
    return drawn, frame, scene


def _check(molecule: Molecule, highlights: Sequence[Highlight], width: int | None, height: int | None) -> None:
    low, high = SIZE_LIMITS
    if any(size is not None and not low <= size <= high for size in (width, height)):
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


def _frame(drawn: Structure, width: int | None, height: int | None, legend: bool) -> _Frame:
    """Put the structure into the middle of what is asked for, smaller only where there is no room."""
    left, top, right, bottom = drawn.box(MARGIN)
    across, down = right - left, bottom - top
    shown_width = float(width or max(round(across + 0.5), SMALLEST[0], LEGEND_WIDTH if legend else 0))
    shown_height = float(height or max(round(down + 0.5), SMALLEST[1]))
    scale = min(1.0, shown_width / across, shown_height / down)
    if width is None and height is not None:
        shown_width = max(float(round(across * scale + 0.5)), SMALLEST[0])
    elif height is None and width is not None:
        shown_height = max(float(round(down * scale + 0.5)), SMALLEST[1])
    return _Frame(
        (left + right - shown_width / scale) / 2,
        (top + bottom - shown_height / scale) / 2,
        shown_width,
        shown_height,
        scale,
    )


def _legend_lines(highlights: Sequence[Highlight], width: float) -> list[tuple[int, list[str]]]:
    """The label of every phrase, in lines that fit."""
    letters = max(8, int((width - 34) / 7))
    return [(n, textwrap.wrap(_one_line(h.label), letters) or [""]) for n, h in enumerate(highlights)]


def _legend_top(drawn: Structure, frame: _Frame, said: Sequence[tuple[int, list[str]]]) -> int:
    """Where the legend begins, in pixels shown: below what is drawn above it, in a free corner where there is one."""
    right = 40 + 7 * max(len(text) for _, texts in said for text in texts)
    lowest = frame.height / 2
    for left, bottom in drawn.feet(MARGIN):
        if (left - frame.left) * frame.scale < right:
            lowest = max(lowest, (bottom - frame.top) * frame.scale)
    return min(round(frame.height), math.ceil(lowest))


def _svg_legend(said: Sequence[tuple[int, list[str]]], transform: str) -> list[str]:
    lines = [f'<g class="legend" font-family="sans-serif" font-size="12" transform="{transform}">']
    row = 0
    for number, texts in said:
        colour, edged = look(number)
        edge = f' stroke="{LIGHT["bonds"]}" stroke-width="{EDGE}"' if edged else ""
        lines.append(
            f'<g class="label phrase-{number}"><rect x="8" y="{LEGEND_LINE * row + 4}" width="12" height="12" '
            f'fill="{PALETTE[colour]}"{edge}/>'
        )
        for text in texts:
            lines.append(f'<text x="28" y="{LEGEND_LINE * row + 14}">{escape(text)}</text>')
            row += 1
        lines.append("</g>")
    return [*lines, "</g>"]


def _png(
    drawn: Structure,
    highlights: Sequence[Highlight],
    frame: _Frame,
    legend: tuple[Sequence[tuple[int, list[str]]], int],
    size: tuple[int, int, int],
    resolution: float,
    atom_numbers: bool,
) -> bytes:
    wide, high, below = size
    said, top = legend
    unit = frame.scale * resolution
    drawer = configure(rdMolDraw2D.MolDraw2DCairo(wide, below, wide, high), atom_numbers=atom_numbers)
    options = drawer.drawOptions()
    options.fixedScale = -1
    options.scalingFactor = options.fixedBondLength = LENGTH * unit
    options.padding = min(0.3, MARGIN * unit / min(wide, high))
    options.bondLineWidth = LINE * unit
    measure = configure(rdMolDraw2D.MolDraw2DSVG(wide, high), atom_numbers=atom_numbers)
    for name in ("fixedBondLength", "padding", "bondLineWidth"):
        setattr(measure.drawOptions(), name, getattr(options, name))
    measure.DrawMolecule(drawn.mol)
    points = [measure.GetDrawCoords(i) for i in range(drawn.mol.GetNumAtoms())]
    drawer.SetColour((1.0, 1.0, 1.0))
    drawer.SetFillPolys(True)
    drawer.DrawRect(Point2D(0, 0), Point2D(wide, below), rawCoords=True)
    for halo in halos(drawn.mol, [highlight.atoms for highlight in highlights]):
        colour, edged = look(halo.number)
        if edged:
            _png_halo(drawer, halo, points, unit, 2 * EDGE, LIGHT["bonds"])
        _png_halo(drawer, halo, points, unit, 0, PALETTE[colour])
    drawer.SetLineWidth(LINE * unit)
    drawer.DrawMolecule(drawn.mol)
    row = 0
    for number, texts in said:
        colour, edged = look(number)
        middle = (top + LEGEND_LINE * (row + 0.5)) * resolution
        for wider, paint in ((EDGE, LIGHT["bonds"]), (0.0, PALETTE[colour]))[not edged :]:
            half = (6 + wider) * resolution
            centre = 14 * resolution
            drawer.SetColour(_rgb(paint))
            drawer.DrawRect(
                Point2D(centre - half, middle - half), Point2D(centre + half, middle + half), rawCoords=True
            )
        for text in texts:
            drawer.SetColour((0.0, 0.0, 0.0))
            drawer.SetFontSize(12 * resolution)
            left = 28 + 6 * text_width(text[:1])  # RDKit puts the middle of the first letter there
            place = Point2D(left * resolution, (top + LEGEND_LINE * (row + 0.5)) * resolution)
            drawer.DrawString(text, place, 1, rawCoords=True)
            row += 1
    drawer.FinishDrawing()
    return bytes(drawer.GetDrawingText())


def _png_halo(
    drawer: rdMolDraw2D.MolDraw2D, halo: Halo, points: Sequence[Point2D], unit: float, wider: float, colour: str
) -> None:
    drawer.SetColour(_rgb(colour))
    for first, second, share in () if wider else halo.bonds:  # an edge goes round atoms only
        drawer.SetLineWidth(max(1, BAND * share * unit))
        drawer.DrawLine(points[first], points[second], rawCoords=True)
    drawer.SetLineWidth(1)
    for atom, share in halo.atoms:
        radius = (RADIUS * share + wider / 2) * unit
        corner = Point2D(radius, radius)
        drawer.DrawEllipse(points[atom] - corner, points[atom] + corner, rawCoords=True)


def _one_line(text: str, limit: int = 120) -> str:
    """Text fit for one line of XML: no control characters (XML forbids most of them), not endless."""
    flat = "".join(c if c.isprintable() else " " for c in text).encode("utf-8", "replace").decode("utf-8")
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def _rgb(colour: str) -> tuple[float, float, float]:
    return (int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255)

"""Drawings of a molecule with the atoms of several phrases lit up, as SVG for pages and PNG for documents.

Bonds have one length and halos one width in every drawing that has room for them. The halos are laid under the
structure, one group a phrase, so that a page can light up a phrase (`.phrase-0`) or an atom (`.atom-7`) by a style
alone; where phrases share an atom, each has a ring of its own there. No element has a `style`: a page's rules apply,
and a strict Content-Security-Policy lets it stand.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from rdkit.Chem.Draw import rdMolDraw2D
from rdkit.Geometry import Point2D

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import Molecule, quiet_rdkit
from molreflect.tools.views.layout import Halo, halos, laid_out
from molreflect.tools.views.structure import (
    FONT,
    LENGTH,
    LINE,
    Letter,
    Structure,
    configure,
    draw_structure,
    text_width,
)
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
RADIUS = 0.4 * LENGTH
"""Pixels, of the widest halo of an atom."""
BAND = 0.52 * LENGTH
"""Pixels, width of the widest halo of a bond."""
EDGE = 1.4
"""Pixels, width of the dark edge of halos whose colour has been used before."""
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
        height: Pixels of the drawing, None as for `width`; the legend adds its lines.
        legend: Write the labels with their colours below the molecule.
        atom_numbers: Write the 0-based index beside each atom.
        alone: As a document of its own, with a white ground, a title and tooltips; else as a part of a page that has
            its own ground, and says the same in its own way.

    Returns:
        An SVG document that loads nothing and holds no script and no style.

    Raises:
        InputError: The molecule is too large to draw, an atom index does not exist, or a size is out of limits.
    """
    _check(molecule, highlights, width, height)
    drawn = draw_structure(laid_out(molecule), atom_numbers=atom_numbers)
    frame = _frame(drawn, width, height, legend)
    said = _legend_lines(highlights, frame.width) if legend else []
    total = frame.height + LEGEND_LINE * sum(len(lines) for _, lines in said)
    view = f"{_n(frame.left)} {_n(frame.top)} {_n(frame.width / frame.scale)} {_n(total / frame.scale)}"
    name = escape(describe(molecule, highlights), quote=True)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="molecule" width="{_n(frame.width)}" height="{_n(total)}" '
        f'viewBox="{view}" role="img" aria-label="{name}">'
    ]
    if alone:
        sides = f'x="{_n(frame.left)}" y="{_n(frame.top)}" width="100%" height="100%"'
        lines += [f"<title>{name}</title>", f'<rect class="background" {sides} fill="#FFFFFF"/>']
    for halo in halos(drawn.mol, [highlight.atoms for highlight in highlights]):
        lines += _svg_halo(drawn, halo, highlights[halo.number])
    lines += _svg_structure(drawn)
    lines += _svg_targets(drawn, highlights, titled=alone)
    if said:
        corner = f"translate({_n(frame.left)} {_n(frame.top + frame.height / frame.scale)})"
        scale = "" if frame.scale == 1 else f" scale({1 / frame.scale:.4f})"
        lines += _svg_legend(said, corner + scale)
    return "\n".join([*lines, "</svg>"]) + "\n"


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
        height: Pixels of the drawing, None as for `width`; the legend adds its lines.
        legend: Write the labels with their colours below the molecule; characters the font lacks show as boxes.
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
    total = frame.height + LEGEND_LINE * sum(len(lines) for _, lines in said)
    wide, high, below = (round(size * resolution) for size in (frame.width, frame.height, total))
    with quiet_rdkit():  # it warns of every size of a font that it did not choose itself
        return _png(drawn, highlights, frame, said, (wide, high, below), resolution, atom_numbers)


def describe(molecule: Molecule, highlights: Sequence[Highlight] = ()) -> str:
    """Say in words what a drawing shows: formula, size, and which phrases are lit up at how many places."""
    atoms = f"{molecule.heavy_atoms} heavy atom{'' if molecule.heavy_atoms == 1 else 's'}"
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


def _svg_halo(drawn: Structure, halo: Halo, highlight: Highlight) -> list[str]:
    """Write a phrase's group: a path for every width of its bonds and atoms, the latter as points with round ends."""
    colour, edged = look(halo.number)
    paths: dict[float, list[str]] = {}
    for first, second, share in halo.bonds:
        (x1, y1), (x2, y2) = drawn.points[first], drawn.points[second]
        paths.setdefault(BAND * share, []).append(f"M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}")
    for atom, share in halo.atoms:
        x, y = drawn.points[atom]
        paths.setdefault(2 * RADIUS * share, []).append(f"M{_n(x)} {_n(y)}h.01")
    lines = [
        f'<g class="phrase phrase-{halo.number} colour-{colour}" data-key="{_attribute(highlight.key)}" fill="none" '
        f'stroke="{PALETTE[colour]}" stroke-linecap="round">'
    ]
    if edged:
        lines.append(f'<g class="edge" stroke="{LIGHT["bonds"]}">')
        lines += [f'<path stroke-width="{_n(w + 2 * EDGE)}" d="{"".join(parts)}"/>' for w, parts in paths.items()]
        lines.append("</g>")
    lines += [f'<path class="halo" stroke-width="{_n(w)}" d="{"".join(parts)}"/>' for w, parts in paths.items()]
    return [*lines, "</g>"]


def _svg_structure(drawn: Structure) -> list[str]:
    ink = LIGHT["bonds"]
    lines = [
        f'<g class="structure" fill="none" stroke="{ink}" stroke-width="{LINE}" stroke-linecap="round" '
        'stroke-linejoin="round">'
    ]
    for line in drawn.lines:
        other = f' fill="{ink}"' if line.filled else ""
        other += f' stroke-width="{_n(line.width)}"' if abs(line.width - LINE) > 0.05 else ""
        other += f' stroke-dasharray="{line.dashes}"' if line.dashes else ""
        lines.append(f'<path class="{line.name}"{other} d="{line.path}"/>')
    if drawn.labels:
        lines.append(
            f'<g class="labels" fill="{ink}" stroke="none" font-family="sans-serif" font-size="{FONT:g}" '
            'text-anchor="middle">'
        )
        lines += [_svg_label(name, letters) for name, letters in drawn.labels]
        lines.append("</g>")
    return [*lines, "</g>"]


def _svg_label(name: str, letters: Sequence[Letter]) -> str:
    """Write a label as one text, in which every letter has its place; letters of one size are a run."""
    runs = []
    for (size, _), group in groupby(letters, key=lambda letter: (letter.size, letter.text if len(letter.text) > 1 else "")):
        run = list(group)
        ys = [_n(letter.y) for letter in run]
        attributes = f'x="{" ".join(_n(letter.x) for letter in run)}" '
        attributes += f'y="{ys[0] if len(set(ys)) == 1 else " ".join(ys)}"'
        if size != FONT:
            attributes += f' font-size="{_n(size)}"'
        runs.append((attributes, "".join(letter.text for letter in run)))
    if len(runs) == 1:
        return f'<text class="{name}" {runs[0][0]}>{runs[0][1]}</text>'
    return f'<text class="{name}">' + "".join(f"<tspan {a}>{text}</tspan>" for a, text in runs) + "</text>"


def _svg_targets(drawn: Structure, highlights: Sequence[Highlight], *, titled: bool) -> list[str]:
    lines = ['<g class="targets" fill="#000000" fill-opacity="0" stroke="none">']
    for index, (x, y) in enumerate(drawn.points):
        circle = f'<circle class="target atom-{index}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(RADIUS)}"'
        if titled:
            labels = [_one_line(h.label) for h in highlights if any(index in place for place in h.atoms)]
            name = f"{drawn.mol.GetAtomWithIdx(index).GetSymbol()} {index}"
            lines.append(f"{circle}><title>{escape(': '.join([name, *(['; '.join(labels)] * bool(labels))]))}</title>")
            lines.append("</circle>")
        else:
            lines.append(circle + "/>")
    return [*lines, "</g>"]


def _legend_lines(highlights: Sequence[Highlight], width: float) -> list[tuple[int, list[str]]]:
    """The label of every phrase, in lines that fit."""
    letters = max(8, int((width - 34) / 7))
    return [(n, textwrap.wrap(_one_line(h.label), letters) or [""]) for n, h in enumerate(highlights)]


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
    said: Sequence[tuple[int, list[str]]],
    size: tuple[int, int, int],
    resolution: float,
    atom_numbers: bool,
) -> bytes:
    wide, high, below = size
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
        middle = high + LEGEND_LINE * (row + 0.5) * resolution
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
            place = Point2D(left * resolution, high + LEGEND_LINE * (row + 0.5) * resolution)
            drawer.DrawString(text, place, 1, rawCoords=True)
            row += 1
    drawer.FinishDrawing()
    return bytes(drawer.GetDrawingText())


def _png_halo(
    drawer: rdMolDraw2D.MolDraw2D, halo: Halo, points: Sequence[Point2D], unit: float, wider: float, colour: str
) -> None:
    drawer.SetColour(_rgb(colour))
    for first, second, share in halo.bonds:
        drawer.SetLineWidth(max(1, (BAND * share + wider) * unit))
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


def _attribute(text: str) -> str:
    return escape(_one_line(text), quote=True)


def _n(value: float) -> str:
    """A coordinate in tenths of a pixel, as short as it can be written."""
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 0.05 else "0"


def _rgb(colour: str) -> tuple[float, float, float]:
    return (int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255)

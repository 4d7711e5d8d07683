"""RDKit's drawing of a molecule, taken apart: paths and letters without styles, so that a page's own rules apply.

RDKit writes SVG with a `style` on every element, which a strict Content-Security-Policy forbids, which no theme can
change and which is most of its length. Here each bond becomes one path and each label one text.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache

from rdkit import Chem
from rdkit.Chem.Draw import rdMolDraw2D

from molreflect.tools.molecules.parts import atoms_of
from molreflect.tools.views.layout import bonded_pairs

LENGTH = 38.0
"""Pixels of a bond, in every drawing that has room for it."""
FONT = 15.0
"""Pixels of a label's capital letters, over all."""
SMALL = 10.0
"""Pixels of the figures and charges in a label."""
LINE = 1.8
"""Pixels, width of a bond's line."""
ARROW = 7.0
"""Pixels, length of the head of a dative bond's arrow."""

_ELEMENT = re.compile(r"<(\w+) (.*?)/?>(?:([^<]*)</\w+>)?$", re.MULTILINE)
_ATTRIBUTE = re.compile(r"([\w-]+)='([^']*)'")
_COMMAND = re.compile(r"[A-Z][^A-Z]*")
_WIDTHS = {
    **dict.fromkeys("0123456789abdeghnopquL", 0.56),
    **dict.fromkeys("Iijlft.:'", 0.25),
    **dict.fromkeys("csvxyzkJ", 0.5),
    **dict.fromkeys("ABKPSVXYE", 0.67),
    **dict.fromkeys("FTZ", 0.61),
    **dict.fromkeys("OQG", 0.78),
    "m": 0.83,
    "M": 0.83,
    "W": 0.94,
    "r": 0.33,
    "+": 0.58,
    "\u2212": 0.58,
    "*": 0.39,
}
"""Of letters, as shares of their size, in the sans-serif faces of browsers; 0.72 for all others."""
_HALF_CAPITAL = 0.36
"""Half the height of a capital letter, as a share of its size."""
_FIRST = 0.303
"""How far RDKit puts the beginning of a first letter left of its atom, as a share of its size."""
_SECOND = 0.5
"""From how much a symbol begins left of its atom, as a share of its size, its second letter is on the atom."""
_ROW = 0.65
"""From how much difference in height, as a share of the size, letters stand in another row, not lower or higher."""


@dataclass(frozen=True, slots=True)
class Line:
    """The path of a bond, or of a dot of a radical."""

    name: str
    """`bond-3` or `atom-7`."""
    commands: tuple[tuple[str, tuple[float, ...]], ...]
    """Of the path: a letter of SVG, and absolute coordinates in pixels."""
    filled: bool
    width: float
    dashes: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of a label, or the two of an element's symbol, by the middle of their foot."""

    text: str
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Structure:
    """A molecule drawn."""

    mol: Chem.Mol
    points: tuple[tuple[float, float], ...]
    """Pixels, shape (n_atoms, 2)."""
    lines: tuple[Line, ...]
    labels: tuple[tuple[str, tuple[Letter, ...]], ...]
    """`atom-7`, or `note` for a number beside an atom, and the letters."""

    def box(self, margin: float) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of all that is drawn, with so many pixels around every atom."""
        xs = [x + side for x, _ in self.points for side in (-margin, margin)]
        ys = [y + side for _, y in self.points for side in (-margin, margin)]
        for line in self.lines:
            for _, numbers in line.commands:
                if numbers:
                    xs += [min(numbers[::2]) - 2, max(numbers[::2]) + 2]
                    ys += [min(numbers[1::2]) - 2, max(numbers[1::2]) + 2]
        for _, letters in self.labels:
            for letter in letters:
                half = text_width(letter.text) * letter.size / 2 + 1
                xs += [letter.x - half, letter.x + half]
                ys += [letter.y - 0.9 * letter.size, letter.y + 0.3 * letter.size]
        return min(xs), min(ys), max(xs), max(ys)

    def feet(self, margin: float) -> list[tuple[float, float]]:
        """The left and lower end of each atom with so many pixels around it, bond and letter."""
        ends = [(x - margin, y + margin) for x, y in self.points]
        for first, second in bonded_pairs(self.mol):
            (a, b), (c, d) = self.points[first], self.points[second]
            ends += [(a + (c - a) * t - margin, b + (d - b) * t + margin) for t in (0.33, 0.67)]
        for _, letters in self.labels:
            ends += [
                (letter.x - text_width(letter.text) * letter.size / 2, letter.y + 0.3 * letter.size)
                for letter in letters
            ]
        return ends


def configure(drawer: rdMolDraw2D.MolDraw2D, *, atom_numbers: bool) -> rdMolDraw2D.MolDraw2D:
    """Set what SVG and PNG have in common."""
    options = drawer.drawOptions()
    options.useBWAtomPalette()  # the colours belong to the phrases
    options.prepareMolsBeforeDrawing = False
    options.clearBackground = False
    options.bondLineWidth = LINE
    options.addAtomIndices = atom_numbers
    options.annotationFontScale = 0.65
    options.baseFontSize = FONT / LENGTH * 1.5
    options.minFontSize = options.maxFontSize = -1
    return drawer


def draw_structure(mol: Chem.Mol, *, atom_numbers: bool = False) -> Structure:
    """Draw a laid-out molecule at its natural size, `LENGTH` pixels a bond."""
    text, points = _rdkit_svg(mol, atom_numbers=atom_numbers, as_text=True)
    lines: list[Line] = []
    letters: list[tuple[str, Letter]] = []
    for match in _ELEMENT.finditer(text, text.index("<!-- END OF HEADER -->")):
        tag, rest, content = match.groups()
        attributes = dict(_ATTRIBUTE.findall(rest))
        if tag == "text":
            letters.append((_name(attributes["class"]), _letter(attributes, content)))
        elif tag == "path" and "class" in attributes:  # those without one round the corners, as our line ends do
            _add(lines, _line(attributes))
        elif tag != "path":
            raise RuntimeError(f"RDKit drew a <{tag}>, which no drawing had before")
    if any(_is_central(atom) for atom in atoms_of(mol)):
        lines = [line for line in lines if not line.name.startswith("bond-")] + _fitted_bonds(mol, points, atom_numbers)
    return Structure(mol, points, tuple(_arrows(mol, lines)), _labels(letters, points, mol))


def _rdkit_svg(mol: Chem.Mol, *, atom_numbers: bool, as_text: bool) -> tuple[str, tuple[tuple[float, float], ...]]:
    """RDKit's SVG, its letters as texts or as the outlines of a font, and where the atoms lie."""
    drawer = configure(rdMolDraw2D.MolDraw2DSVG(-1, -1, -1, -1, as_text), atom_numbers=atom_numbers)
    drawer.drawOptions().scalingFactor = LENGTH / 1.5
    drawer.DrawMolecule(mol)
    drawer.FinishDrawing()
    points = tuple((p.x, p.y) for p in (drawer.GetDrawCoords(i) for i in range(mol.GetNumAtoms())))
    return str(drawer.GetDrawingText()), points


def _is_central(atom: Chem.Atom) -> bool:
    """Whether an atom has a symbol of two letters between its bonds, which stands with its middle on the atom."""
    return len(atom.GetSymbol()) == 2 and atom.GetDegree() > 1


def _fitted_bonds(mol: Chem.Mol, points: tuple[tuple[float, float], ...], atom_numbers: bool) -> list[Line]:
    """The bonds cut to the outlines of letters: for texts RDKit guesses widths, and misses symbols of two letters."""
    text, other = _rdkit_svg(mol, atom_numbers=atom_numbers, as_text=False)
    dx, dy = points[0][0] - other[0][0], points[0][1] - other[0][1]
    lines: list[Line] = []
    for match in _ELEMENT.finditer(text, text.index("<!-- END OF HEADER -->")):
        attributes = dict(_ATTRIBUTE.findall(match.group(2)))
        if match.group(1) == "path" and attributes.get("class", "").startswith("bond-"):
            line = _line(attributes)
            moved = tuple((c, tuple(n + (dy if i % 2 else dx) for i, n in enumerate(ns))) for c, ns in line.commands)
            _add(lines, replace(line, commands=moved))
    return lines


def _arrows(mol: Chem.Mol, lines: list[Line]) -> list[Line]:
    """Give the arrows of dative bonds heads that are seen: RDKit's are as wide as their shafts."""
    result = []
    for line in lines:
        head = line.commands
        dative = line.filled and line.name.startswith("bond-") and [c for c, _ in head] == list("MLLZ")
        if dative and mol.GetBondWithIdx(int(line.name[5:])).GetBondType() == Chem.BondType.DATIVE:
            tail, (x, y), other = (numbers for _, numbers in head[:3])
            back = ((tail[0] + other[0]) / 2 - x, (tail[1] + other[1]) / 2 - y)
            length = math.hypot(*back)
            ux, uy = back[0] / length * ARROW, back[1] / length * ARROW
            corners = [(x + ux - 0.4 * side * uy, y + uy + 0.4 * side * ux) for side in (1, -1)]
            line = replace(line, commands=(("M", corners[0]), ("L", (x, y)), ("L", corners[1]), ("Z", ())))
        result.append(line)
    return result


@lru_cache(maxsize=4_096)
def _name(classes: str) -> str:
    return next((c for c in classes.split() if c.startswith("bond-")), classes.split()[0])


@lru_cache(maxsize=1_024)
def _styles(style: str) -> dict[str, str]:
    return dict(part.split(":", 1) for part in style.strip(";").split(";"))


def _letter(attributes: dict[str, str], text: str) -> Letter:
    """Read a letter where RDKit has its left foot; `_labels` sets it anew."""
    size = float(_styles(attributes["style"])["font-size"].removesuffix("px"))
    return Letter(text.replace("-", "\u2212"), float(attributes["x"]), float(attributes["y"]), size)


@lru_cache(maxsize=4_096)
def text_width(text: str) -> float:
    """How wide a text is about, as a share of its size."""
    return sum(_WIDTHS.get(letter, 0.72) for letter in text)


def _line(attributes: dict[str, str]) -> Line:
    style = _styles(attributes["style"])
    commands = tuple(
        (command[0], tuple(map(float, command[1:].replace(",", " ").split())))
        for command in _COMMAND.findall(attributes["d"])
    )
    width = float(style["stroke-width"].removesuffix("px"))
    dashes = style.get("stroke-dasharray", "")
    return Line(_name(attributes["class"]), commands, style["fill"] != "none", width, dashes)


def _add(lines: list[Line], line: Line) -> None:
    """Append a path, to the last one where that is of the same bond and looks the same."""
    last = lines[-1] if lines else None
    if last and (last.name, last.filled, last.width, last.dashes) == (line.name, line.filled, line.width, line.dashes):
        lines[-1] = replace(line, commands=last.commands + line.commands)
    else:
        lines.append(line)


def _labels(
    letters: list[tuple[str, Letter]], points: tuple[tuple[float, float], ...], mol: Chem.Mol
) -> tuple[tuple[str, tuple[Letter, ...]], ...]:
    grouped: dict[str, list[Letter]] = {}
    for place, (name, letter) in enumerate(letters):
        grouped.setdefault(name if name != "note" else f"note {place}", []).append(letter)
    labels = []
    for name, group in grouped.items():
        if name.startswith("atom-"):
            atom = int(name[5:])
            labels.append((name, tuple(_set(_symbols(group), points[atom], _is_central(mol.GetAtomWithIdx(atom))))))
        else:
            (letter,) = group
            x = letter.x + text_width(letter.text) * letter.size / 2
            labels.append(("note", (Letter(letter.text, x, letter.y - 0.15 * letter.size, letter.size),)))
    return tuple(labels)


def _symbols(letters: list[Letter]) -> list[Letter]:
    """Join the two letters of a symbol."""
    joined: list[Letter] = []
    for letter in letters:
        if joined and letter.text.islower() and joined[-1].text.isupper():
            last = joined[-1]
            joined[-1] = Letter(last.text + letter.text, last.x, last.y, last.size)
        else:
            joined.append(letter)
    return joined


def _set(letters: list[Letter], atom: tuple[float, float], central: bool) -> list[Letter]:
    """Set a label anew: RDKit's own has its letters lower than their atoms, and small figures under their neighbours.

    The symbol of the atom stays on its atom, with its first letter or, as RDKit has it, its second, or where it is
    `central` with its middle; what stands beside it follows without gap or overlap, to either side.
    """
    large = max(letter.size for letter in letters)
    symbol = min(
        (letter for letter in letters if letter.size == large),
        key=lambda letter: (
            abs(letter.x + _FIRST * letter.size - atom[0]) + abs(letter.y - _HALF_CAPITAL * letter.size - atom[1])
        ),
    )
    lower = atom[1] + _HALF_CAPITAL * FONT - symbol.y
    rows: tuple[list[Letter], list[Letter]] = ([], [])  # that of the symbol, and hydrogens above or below it
    for letter in letters:
        rows[abs(letter.y - symbol.y) >= _ROW * large].append(letter)
    result: list[Letter] = []
    for row in rows:
        if not row:
            continue
        row.sort(key=lambda letter: letter.x)
        first = row.index(symbol) if symbol in row else next(i for i, letter in enumerate(row) if letter.size == large)
        x = atom[0] if symbol in row else row[first].x + _FIRST * large
        if symbol in row and len(symbol.text) == 2:
            if central:
                x -= text_width(symbol.text[1]) * FONT / 2
            elif atom[0] - symbol.x > _SECOND * large:  # the bond comes from the right: RDKit has the l of Cl there
                x -= text_width(symbol.text) * FONT / 2
        result += _row(row, first, x, lower, large)
    return result


def _row(row: list[Letter], first: int, x: float, lower: float, large: float) -> list[Letter]:
    """Set one row outward from its first symbol, whose first letter has its middle at `x`."""

    def placed(letter: Letter, left: float) -> Letter:
        size = FONT if letter.size == large else SMALL
        return Letter(letter.text, left + text_width(letter.text) * size / 2, letter.y + lower, size)

    def width(letter: Letter) -> float:
        return text_width(letter.text) * (FONT if letter.size == large else SMALL)

    start = x - text_width(row[first].text[0]) * FONT / 2
    result = []
    left = start
    for letter in row[first:]:
        result.append(placed(letter, left))
        left += width(letter)
    left = start
    for letter in reversed(row[:first]):
        left -= width(letter)
        result.insert(0, placed(letter, left))
    return result

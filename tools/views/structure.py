"""RDKit's drawing of a molecule, taken apart: paths and letters without styles, so that a page's own rules apply.

RDKit writes SVG with a `style` on every element, which a strict Content-Security-Policy forbids, which no theme can
change and which is most of its length. Here each bond becomes one path and each label one text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rdkit import Chem
from rdkit.Chem.Draw import rdMolDraw2D

LENGTH = 38.0
"""Pixels of a bond, in every drawing that has room for it."""
FONT = 15.0
"""Pixels of a label's capital letters, over all."""
LINE = 1.8
"""Pixels, width of a bond's line."""

_ELEMENT = re.compile(r"<(\w+) (.*?)/?>(?:([^<]*)</\w+>)?$", re.MULTILINE)
_ATTRIBUTE = re.compile(r"([\w-]+)='([^']*)'")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_WIDTHS = {**dict.fromkeys("0123456789abdeghnopquLFT", 0.56), **dict.fromkeys("Iijlft.:'", 0.28), "m": 0.83, "M": 0.83}
_WIDTHS |= {**dict.fromkeys("csvxykzJ", 0.5), "r": 0.33, "-": 0.33, "+": 0.58, "W": 0.94, "O": 0.78, "G": 0.78}


@dataclass(frozen=True, slots=True)
class Line:
    """The path of a bond, or of a dot of a radical."""

    name: str
    """`bond-3` or `atom-7`."""
    path: str
    filled: bool
    width: float
    dashes: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter of a label, by the middle of its foot."""

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
            numbers = [float(text) for text in _NUMBER.findall(line.path)]
            xs += [x + side for x in numbers[::2] for side in (-2, 2)]
            ys += [y + side for y in numbers[1::2] for side in (-2, 2)]
        for _, letters in self.labels:
            for letter in letters:
                xs += [letter.x - 0.55 * letter.size, letter.x + 0.55 * letter.size]
                ys += [letter.y - 0.9 * letter.size, letter.y + 0.3 * letter.size]
        return min(xs), min(ys), max(xs), max(ys)


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
    drawer = configure(rdMolDraw2D.MolDraw2DSVG(-1, -1, -1, -1, True), atom_numbers=atom_numbers)
    drawer.drawOptions().scalingFactor = LENGTH / 1.5
    drawer.DrawMolecule(mol)
    drawer.FinishDrawing()
    points = tuple((p.x, p.y) for p in (drawer.GetDrawCoords(i) for i in range(mol.GetNumAtoms())))
    lines: list[Line] = []
    letters: list[tuple[str, Letter]] = []
    text = str(drawer.GetDrawingText())
    for match in _ELEMENT.finditer(text, text.index("<!-- END OF HEADER -->")):
        tag, rest, content = match.groups()
        attributes = dict(_ATTRIBUTE.findall(rest))
        if tag == "text":
            letters.append((_name(attributes["class"]), _letter(attributes, content)))
        elif tag == "path" and "class" in attributes:  # those without one round the corners, as our line ends do
            _add(lines, _line(attributes))
        elif tag != "path":
            raise RuntimeError(f"RDKit drew a <{tag}>, which no drawing had before")
    return Structure(mol, points, tuple(lines), _labels(letters))


def _name(classes: str) -> str:
    return next((c for c in classes.split() if c.startswith("bond-")), classes.split()[0])


def _styles(attributes: dict[str, str]) -> dict[str, str]:
    return dict(part.split(":", 1) for part in attributes["style"].strip(";").split(";"))


def _letter(attributes: dict[str, str], text: str) -> Letter:
    size = float(_styles(attributes)["font-size"].removesuffix("px"))
    x, y = float(attributes["x"]), float(attributes["y"])
    return Letter(text, x + letter_width(text) * size / 2, y, size)


def letter_width(text: str) -> float:
    """How wide the first letter of a text is about, as a share of its size."""
    return _WIDTHS.get(text[:1], 0.72)


def _line(attributes: dict[str, str]) -> Line:
    style = _styles(attributes)
    path = re.sub(r" ?([A-Z]) ?", r"\1", attributes["d"].replace(",", " "))
    path = re.sub(r"\.0(?=\D|$)", "", path).strip()
    width = float(style["stroke-width"].removesuffix("px"))
    filled = style["fill"] != "none"
    return Line(_name(attributes["class"]), path, filled, width, style.get("stroke-dasharray", ""))


def _add(lines: list[Line], line: Line) -> None:
    """Append a path, to the last one where that is of the same bond and looks the same."""
    if lines and (last := lines[-1]) and (last.name, last.filled, last.width, last.dashes) == (
        line.name, line.filled, line.width, line.dashes,
    ):  # fmt: skip
        lines[-1] = Line(last.name, last.path + line.path, last.filled, last.width, last.dashes)
    else:
        lines.append(line)


def _labels(letters: list[tuple[str, Letter]]) -> tuple[tuple[str, tuple[Letter, ...]], ...]:
    grouped: dict[str, list[Letter]] = {}
    for place, (name, letter) in enumerate(letters):
        grouped.setdefault(name if name != "note" else f"note {place}", []).append(letter)
    return tuple((name.split()[0], tuple(group)) for name, group in grouped.items())

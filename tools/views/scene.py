"""A drawing as a small table of whole numbers, and the SVG it stands for.

Everything that is decided about a drawing is decided here, once; what is left is writing it down as SVG. `svg_of` does
so in Python and `static/drawing.js` in a browser, letter by letter alike (a test compares them), so that a page of
thousands of molecules carries a few hundred bytes for each. Lengths are whole units of a
quarter of a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import Any

from molreflect.tools.views.layout import Halo, bonded_pairs
from molreflect.tools.views.structure import FONT, LENGTH, LINE, SMALL, Letter, Line, Structure
from molreflect.tools.views.theme import LIGHT, PALETTE, ROUNDS, look

RADIUS = 0.4 * LENGTH
"""Pixels, of the widest halo of an atom."""
BAND = 0.52 * LENGTH
"""Pixels, width of the widest halo of a bond."""
EDGE = 1.4
"""Pixels, width of the dark edge of halos whose colour has been used before."""

UNITS = 4
"""Units of a pixel: finer ones are not seen, and make the tables longer."""

STYLE: dict[str, Any] = {
    "palette": list(PALETTE),
    "rounds": ROUNDS,
    "ink": LIGHT["bonds"],
    "radius": round(RADIUS * UNITS),
    "edge": round(EDGE * 2 * UNITS),
    "line": round(LINE * UNITS),
    "font": round(FONT * UNITS),
    "small": round(SMALL * UNITS),
}
"""What all drawings share, for `drawing.js`."""

Point = tuple[float, float]
Scene = dict[str, Any]
"""`size` in pixels; `view`, the same in units of the structure's own pixels; `name` in words; `points` of the atoms,
each as its step from the one before; `bonds` as pairs of atoms; `lines`; `labels`; `halos`, lowest first."""


def scene_of(
    drawn: Structure,
    layers: Sequence[Halo],
    keys: Sequence[str],
    *,
    corner: Point,
    size: tuple[float, float],
    view: tuple[float, float],
    name: str,
) -> Scene:
    """Write a drawing down.

    Args:
        drawn: The molecule.
        layers: The halos, lowest first.
        keys: What each phrase's group says as `data-key`, by the phrases' numbers.
        corner: What of the plane comes to lie left and top, in the structure's pixels.
        size: Pixels shown.
        view: How many of the structure's pixels they show.
        name: What the drawing shows, in words.
    """
    points = [(_units(x - corner[0]), _units(y - corner[1])) for x, y in drawn.points]
    bonds = bonded_pairs(drawn.mol)
    numbers = {frozenset(pair): number for number, pair in enumerate(bonds)}
    steps = [(x - a, y - b) for (x, y), (a, b) in zip(points, [(0, 0), *points], strict=False)]
    return {
        "size": [round(length) for length in size],
        "view": [_units(length) for length in view],
        "name": name,
        "points": [length for step in steps for length in step],
        "bonds": [atom for bond in bonds for atom in bond],
        "lines": [_line(line, drawn.points, bonds, corner) for line in drawn.lines],
        "labels": [_label(name, letters, drawn.points, corner) for name, letters in drawn.labels],
        "halos": [_halo(layer, keys[layer.number], numbers) for layer in layers],
    }


def svg_of(scene: Scene, *, more: Sequence[str] = (), titles: Sequence[str] = (), below: Sequence[str] = ()) -> str:
    """Write a scene as an SVG element.

    Args:
        scene: From `scene_of`.
        more: Elements that stand before all others.
        titles: What the target of each atom says.
        below: Elements that stand behind all others.
    """
    width, height = scene["size"]
    points = _points(scene)
    bonds = list(zip(scene["bonds"][::2], scene["bonds"][1::2], strict=True))
    name = escape(scene["name"], quote=True)
    ink = STYLE["ink"]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="molecule" width="{width}" height="{height}" '
        f'viewBox="0 0 {scene["view"][0]} {scene["view"][1]}" role="img" aria-label="{name}">',
        *more,
    ]
    for halo in scene["halos"]:
        lines += _svg_halo(halo, points, bonds)
    lines.append(
        f'<g class="structure" fill="none" stroke="{ink}" stroke-width="{STYLE["line"]}" stroke-linecap="round" '
        'stroke-linejoin="round">'
    )
    lines += [_svg_line(line, points, bonds) for line in scene["lines"]]
    if scene["labels"]:
        lines.append(
            f'<g class="labels" fill="{ink}" stroke="none" font-family="sans-serif" font-size="{STYLE["font"]}" '
            'text-anchor="middle">'
        )
        lines += [_svg_label(atom, runs, points) for atom, runs in scene["labels"]]
        lines.append("</g>")
    lines.append("</g>")
    lines.append('<g class="targets" fill="#000000" fill-opacity="0" stroke="none">')
    for atom, (x, y) in enumerate(points):
        circle = f'<circle class="target atom-{atom}" cx="{x}" cy="{y}" r="{STYLE["radius"]}"'
        lines.append(f"{circle}><title>{escape(titles[atom])}</title></circle>" if titles else f"{circle}/>")
    return "\n".join([*lines, "</g>", *below, "</svg>"])


# --- the table

_STRAIGHT = frozenset("MLZ")
"""Commands of paths that are made of straight strokes."""


def _units(length: float) -> int:
    return round(length * UNITS)


def _line(line: Line, points: Sequence[Point], bonds: Sequence[tuple[int, int]], corner: Point) -> list[Any]:
    """Bond or atom, its path, and where they are not the usual ones: whether it is filled, its width, its dashes.

    The path is 0 where it goes from atom to atom, a list of strokes (how far the first point is from the bond's first
    atom, then steps; one number more where the stroke is closed), or a text where it is not made of straight strokes.
    Distances are made whole one by one, so that what looks the same is the same table.
    """
    kind, text = line.name.split("-")
    number = int(text)
    origin = points[bonds[number][0] if kind == "bond" else number]
    path: Any
    if any(letter not in _STRAIGHT for letter, _ in line.commands):
        path = "".join(
            c + " ".join(str(_units(n - corner[i % 2])) for i, n in enumerate(ns)) for c, ns in line.commands
        )
    else:
        path = _strokes(line.commands, origin)
        if kind == "bond" and len(path) == 1 and len(path[0]) == 4:
            far = points[bonds[number][1]]
            x, y = UNITS * (far[0] - origin[0]), UNITS * (far[1] - origin[1])
            if _near(path[0], (0.0, 0.0, x, y)) or _near(path[0], (x, y, -x, -y)):
                path = 0
    width = _units(line.width)
    other: list[Any] = [int(line.filled), 0 if abs(width - STYLE["line"]) < 2 else width, line.dashes]
    while other and not other[-1]:
        other.pop()
    return [number if kind == "bond" else line.name, path, *other]


def _strokes(commands: Sequence[tuple[str, Sequence[float]]], origin: Point) -> list[list[int]]:
    strokes: list[list[int]] = []
    last = origin
    for letter, numbers in commands:
        if letter == "Z":
            strokes[-1].append(1)
            continue
        moves = letter == "M"
        for x, y in zip(numbers[::2], numbers[1::2], strict=True):
            before_x, before_y = origin if moves else last
            step = [round((x - before_x) * UNITS), round((y - before_y) * UNITS)]
            if moves:
                strokes.append(step)
            else:
                strokes[-1] += step
            last = (x, y)
    return strokes


def _near(stroke: Sequence[int], way: Sequence[float]) -> bool:
    """Whether a stroke of four numbers is this way, in units."""
    (a, b, c, d), (p, q, r, t) = stroke, way
    return abs(a - p) < 1.5 and abs(b - q) < 1.5 and abs(c - r) < 1.5 and abs(d - t) < 1.5


def _label(name: str, letters: Sequence[Letter], points: Sequence[Point], corner: Point) -> list[Any]:
    """The atom it is of, or that it is a note, and its runs of letters."""
    if name == "note":
        return [name, _runs(letters, corner)]
    atom = int(name.removeprefix("atom-"))
    return [atom, _runs(letters, points[atom])]


def _runs(letters: Sequence[Letter], origin: Point) -> list[list[Any]]:
    """Letters of one size side by side: size, where they are seen from the atom, text. A symbol of two stands alone."""
    runs: list[list[Any]] = []
    for (size, _), group in groupby(letters, key=lambda t: (t.size, t.text if len(t.text) > 1 else "")):
        run = list(group)
        xs = [_units(letter.x - origin[0]) for letter in run]
        ys = [_units(letter.y - origin[1]) for letter in run]
        small = {FONT: 0, SMALL: 1}.get(size, _units(size))
        runs.append([small, xs, ys[:1] if len(set(ys)) == 1 else ys, "".join(letter.text for letter in run)])
    return runs


def _halo(halo: Halo, key: str, numbers: dict[frozenset[int], int]) -> list[Any]:
    """Number, key, and for every width the bonds and then the atoms that have it."""
    bonds: dict[int, list[int]] = {}
    atoms: dict[int, list[int]] = {}
    for first, second, share in halo.bonds:
        bonds.setdefault(_units(BAND * share), []).append(numbers[frozenset((first, second))])
    for atom, share in halo.atoms:
        atoms.setdefault(_units(2 * RADIUS * share), []).append(atom)
    return [halo.number, key, [[w, *parts] for w, parts in bonds.items()], [[w, *parts] for w, parts in atoms.items()]]


# --- the SVG; `static/drawing.js` says the same


def _points(scene: Scene) -> list[tuple[int, int]]:
    points = []
    x = y = 0
    for dx, dy in zip(scene["points"][::2], scene["points"][1::2], strict=True):
        x, y = x + dx, y + dy
        points.append((x, y))
    return points


def _svg_halo(halo: list[Any], points: Sequence[tuple[int, int]], bonds: Sequence[tuple[int, int]]) -> list[str]:
    """A phrase's group: a path for every width of its bonds and atoms, the latter as points with round ends."""
    number, key, bands, discs = halo
    colour, edged = look(number)
    paths = [
        (width, "".join(_stroke(*(points[atom] for atom in bonds[bond])) for bond in own)) for width, *own in bands
    ]
    round_atoms = [(width, "".join(f"M{points[atom][0]} {points[atom][1]}h1" for atom in own)) for width, *own in discs]
    lines = [
        f'<g class="phrase phrase-{number} colour-{colour}" data-key="{escape(key, quote=True)}" fill="none" '
        f'stroke="{PALETTE[colour]}" stroke-linecap="round">'
    ]
    if edged:  # of atoms only: beside a bond its line would be read as a second one
        lines.append(f'<g class="edge" stroke="{STYLE["ink"]}">')
        lines += [f'<path stroke-width="{width + STYLE["edge"]}" d="{path}"/>' for width, path in round_atoms]
        lines.append("</g>")
    paths += round_atoms
    return [*lines, *(f'<path class="halo" stroke-width="{width}" d="{path}"/>' for width, path in paths), "</g>"]


def _stroke(first: tuple[int, int], second: tuple[int, int]) -> str:
    return f"M{first[0]} {first[1]}l{second[0] - first[0]} {second[1] - first[1]}"


def _svg_line(line: list[Any], points: Sequence[tuple[int, int]], bonds: Sequence[tuple[int, int]]) -> str:
    usual: list[Any] = [0, 0, ""]
    what, path, filled, width, dashes = line + usual[len(line) - 2 :]
    bond = isinstance(what, int)
    x, y = points[bonds[what][0] if bond else int(what[5:])]
    if path == 0:
        path = _stroke(*(points[atom] for atom in bonds[what]))
    elif not isinstance(path, str):
        path = "".join(
            f"M{x + stroke[0]} {y + stroke[1]}l{' '.join(map(str, stroke[2 : len(stroke) // 2 * 2]))}"
            + ("Z" if len(stroke) % 2 else "")
            for stroke in path
        )
    other = f' fill="{STYLE["ink"]}"' if filled else ""
    other += f' stroke-width="{width}"' if width else ""
    other += f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path class="{f"bond-{what}" if bond else what}"{other} d="{path}"/>'


def _svg_label(atom: int | str, runs: Sequence[list[Any]], points: Sequence[tuple[int, int]]) -> str:
    """A label as one text, in which every letter has its place."""
    x, y = points[atom] if isinstance(atom, int) else (0, 0)
    spans = []
    for small, xs, ys, text in runs:
        size = {0: "", 1: f' font-size="{STYLE["small"]}"'}.get(small, f' font-size="{small}"')
        places = f'x="{" ".join(str(x + dx) for dx in xs)}" y="{" ".join(str(y + dy) for dy in ys)}"'
        spans.append(f"<tspan {places}{size}>{escape(text)}</tspan>")
    return f'<text class="{f"atom-{atom}" if isinstance(atom, int) else atom}">{"".join(spans)}</text>'

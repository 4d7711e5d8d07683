from __future__ import annotations

import itertools
import struct
import xml.etree.ElementTree as ElementTree

import pytest

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.views.drawing import (
    LEGEND_LINE,
    MAX_DRAWN_ATOMS,
    PALETTE,
    Highlight,
    draw_alignments,
    draw_alignments_png,
)

SVG = "{http://www.w3.org/2000/svg}"
ASPIRIN = read_molecule("CC(=O)Oc1ccccc1C(=O)O")
ACETYL = Highlight("acetyl", ((0, 1, 2),), "a")
ESTER = Highlight("ester", ((1, 2, 3),), "b")


def groups(svg: str, name: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(svg)
    return [node for node in root.iter() if name in (node.get("class") or "").split()]


def test_every_atom_can_be_found_by_its_class() -> None:
    svg = draw_alignments(ASPIRIN)
    for index in range(13):
        assert any("atom-selector" in (node.get("class") or "") for node in groups(svg, f"atom-{index}"))
    assert not groups(svg, "atom-13")


def test_a_phrase_is_a_group_with_a_disc_for_each_of_its_atoms() -> None:
    svg = draw_alignments(ASPIRIN, [ACETYL, ESTER])
    for index, highlight in enumerate((ACETYL, ESTER)):
        (group,) = groups(svg, f"phrase-{index}")
        discs = {node.get("class") for node in group.iter(f"{SVG}circle")}
        assert discs == {f"halo halo-{i}" for i in highlight.atoms[0]}
        assert len(list(group.iter(f"{SVG}line"))) == 2
        assert group.get("data-key") == highlight.key


def test_two_places_of_one_phrase_are_not_joined() -> None:
    butane = read_molecule("CCCC")
    svg = draw_alignments(butane, [Highlight("ends", ((0, 1), (2, 3)))])
    (group,) = groups(svg, "phrase-0")
    assert len(list(group.iter(f"{SVG}line"))) == 2  # 0-1 and 2-3, not 1-2


def test_where_phrases_overlap_both_stay_visible() -> None:
    svg = draw_alignments(ASPIRIN, [ACETYL, ESTER])
    lower, upper = groups(svg, "halo-1"), [n for n in groups(svg, "halo-1") if n.tag == f"{SVG}circle"]
    assert len(lower) >= 2
    radii = [float(node.get("r") or 0) for node in upper]
    assert len(radii) == 2
    assert radii[0] > radii[1] * 1.15


def test_the_drawing_is_the_same_every_time() -> None:
    assert draw_alignments(ASPIRIN, [ACETYL, ESTER]) == draw_alignments(ASPIRIN, [ACETYL, ESTER])
    assert draw_alignments_png(ASPIRIN, [ACETYL]) == draw_alignments_png(ASPIRIN, [ACETYL])


def test_labels_and_keys_cannot_leave_their_place() -> None:
    hostile = "</text><script>alert('x')</script>\"&\x00\ud800\u202e"
    svg = draw_alignments(ASPIRIN, [Highlight(hostile, ((0,),), hostile + '" onload="x')], legend=True)
    root = ElementTree.fromstring(svg.encode("utf-8"))
    assert not list(root.iter(f"{SVG}script"))
    assert all(attribute in ("class", "data-key", "fill", "stroke") for attribute in groups(svg, "phrase-0")[0].attrib)
    assert any("<script>" in (node.text or "") for node in root.iter(f"{SVG}text"))
    assert "href" not in svg
    assert draw_alignments_png(ASPIRIN, [Highlight(hostile, ((0,),))], legend=True)


def test_the_legend_is_optional_and_adds_its_height() -> None:
    plain, with_legend = draw_alignments(ASPIRIN, [ACETYL]), draw_alignments(ASPIRIN, [ACETYL], legend=True)
    assert not groups(plain, "legend")
    assert [node.text for node in ElementTree.fromstring(with_legend).iter(f"{SVG}text")] == ["acetyl"]
    assert ElementTree.fromstring(with_legend).get("height") == str(320 + LEGEND_LINE)


def test_a_png_has_the_size_that_was_asked_for_and_shows_the_highlight() -> None:
    png = draw_alignments_png(ASPIRIN, [ACETYL], width=200, height=150, legend=True)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24]) == (200, 150 + LEGEND_LINE)
    assert png != draw_alignments_png(ASPIRIN, [ESTER], width=200, height=150, legend=True)


def lightness(colour: str) -> float:
    def linear(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    return 116 * (0.2126 * red + 0.7152 * green + 0.0722 * blue) ** (1 / 3) - 16


def test_any_two_colours_differ_in_grey_and_black_bonds_show_on_all() -> None:
    for one, other in itertools.combinations(PALETTE, 2):
        assert abs(lightness(one) - lightness(other)) > 7
    assert min(map(lightness, PALETTE)) > 40  # contrast to black of at least 3:1


@pytest.mark.parametrize("smiles", ["C", "[Na+].[Cl-]", "[H][H]", "*CC", "[2H]O[2H]", "C" * 390])
def test_unusual_molecules_are_drawn_too(smiles: str) -> None:
    molecule = read_molecule(smiles)
    assert groups(draw_alignments(molecule, [Highlight("x", ((0,),))]), "phrase-0")
    assert draw_alignments_png(molecule, [Highlight("x", ((0,),))])


def test_drawing_does_not_change_the_molecule() -> None:
    molecule = read_molecule("C[C@H](N)C(=O)O")
    draw_alignments(molecule)
    assert molecule.mol.GetNumConformers() == 0


@pytest.mark.parametrize(
    ("smiles", "highlights", "size", "message"),
    [
        pytest.param("CCO", [Highlight("x", ((3,),))], (300, 200), "only 0 to 2", id="atom-out-of-range"),
        pytest.param("CCO", [Highlight("x", ((-1,),))], (300, 200), "only 0 to 2", id="negative-atom"),
        pytest.param("CCO", [], (30_000, 200), "out of limits", id="too-wide"),
        pytest.param("CCO", [Highlight("x", ((0,),))] * 65, (300, 200), "64", id="too-many-phrases"),
        pytest.param("C" * (MAX_DRAWN_ATOMS + 1), [], (300, 200), "fragment", id="too-large"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_reason(
    smiles: str, highlights: list[Highlight], size: tuple[int, int], message: str
) -> None:
    for draw in (draw_alignments, draw_alignments_png):
        with pytest.raises(InputError, match=message):
            draw(read_molecule(smiles), highlights, width=size[0], height=size[1])

from __future__ import annotations

import itertools
import math
import statistics
import struct
import xml.etree.ElementTree as ElementTree

import pytest
from rdkit import Chem

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.views.drawing import (
    BAND,
    LEGEND_LINE,
    MAX_DRAWN_ATOMS,
    RADIUS,
    Highlight,
    describe,
    draw_alignments,
    draw_alignments_png,
)
from molreflect.tools.views.layout import clashes, laid_out
from molreflect.tools.views.scene import UNITS
from molreflect.tools.views.structure import ARROW, FONT, LENGTH, draw_structure, text_width
from molreflect.tools.views.theme import DARK, DARK_PALETTE, PALETTE

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
        assert any("target" in (node.get("class") or "") for node in groups(svg, f"atom-{index}"))
        assert groups(svg, f"bond-{index}")
    assert not groups(svg, "atom-13")


def test_no_element_swallows_the_pointer_above_an_atom_but_its_target() -> None:
    root = ElementTree.fromstring(draw_alignments(ASPIRIN, [ACETYL, ESTER]))
    assert root[-1].get("class") == "targets"
    assert [node.get("class") for node in root[-1]] == [f"target atom-{i}" for i in range(13)]


def drawn_at(group: ElementTree.Element, what: str) -> list[tuple[float, int]]:
    """Width and number of a halo's discs (`h`) or bands (`l`)."""
    paths = [(float(node.get("stroke-width") or 0) / UNITS, (node.get("d") or "").count(what)) for node in group]
    return sorted((path for path in paths if path[1]), reverse=True)


def test_a_phrase_is_a_group_with_a_disc_for_each_atom_and_a_band_for_each_bond() -> None:
    (group,) = groups(draw_alignments(ASPIRIN, [ACETYL]), "phrase-0")
    assert drawn_at(group, "h") == [(pytest.approx(2 * RADIUS, abs=0.2), 3)]
    assert drawn_at(group, "l") == [(pytest.approx(BAND, abs=0.2), 2)]
    assert group.get("data-key") == "a"


def test_two_places_of_one_phrase_are_not_joined() -> None:
    butane = read_molecule("CCCC")
    (group,) = groups(draw_alignments(butane, [Highlight("ends", ((0, 1), (2, 3)))]), "phrase-0")
    assert sum(count for _, count in drawn_at(group, "l")) == 2  # 0-1 and 2-3, not 1-2


def test_where_phrases_overlap_each_has_a_ring_of_its_own() -> None:
    same = [Highlight(name, ((4, 5, 6, 7, 8, 9),)) for name in "abcdef"]
    svg = draw_alignments(ASPIRIN, same)
    widths = [drawn_at(groups(svg, f"phrase-{n}")[0], "h")[0][0] for n in range(6)]
    assert all(wider - narrower > 3 for wider, narrower in itertools.pairwise(widths))
    assert widths[-1] > 8


def test_the_smaller_of_two_phrases_lies_above_the_larger_whatever_their_order() -> None:
    acid, ring = Highlight("acid", ((10, 11, 12),)), Highlight("benzoic acid", (tuple(range(4, 13)),))
    for order in ([acid, ring], [ring, acid]):
        svg = draw_alignments(ASPIRIN, order)
        assert svg.index("phrase-" + str(order.index(ring))) < svg.index("phrase-" + str(order.index(acid)))


def test_a_colour_that_comes_again_has_an_edge() -> None:
    svg = draw_alignments(read_molecule("C" * 20), [Highlight(str(n), ((n,),)) for n in range(15)])
    edged = [n for n in range(15) if list(groups(svg, f"phrase-{n}")[0].iter(f"{SVG}g"))[1:]]
    assert edged == list(range(7, 14))
    assert "colour-0" in (groups(svg, "phrase-7")[0].get("class") or "")
    assert draw_alignments_png(ASPIRIN, [ACETYL] * 7 + [ESTER]) != draw_alignments_png(ASPIRIN, [ACETYL] * 7)


def size(svg: str) -> tuple[float, float, float]:
    """Width, height, and pixels shown for each pixel of the structure."""
    root = ElementTree.fromstring(svg)
    width, height = float(root.get("width") or 0), float(root.get("height") or 0)
    return width, height, width / float((root.get("viewBox") or "").split()[2]) * UNITS


@pytest.mark.parametrize(
    "smiles", ["CC(C)O", "CCCCCCCCCCCCCCCC(=O)OCC(COP(=O)([O-])OCC[N+](C)(C)C)OC(=O)CCCCCCCCCCCCCCC", "c1ccccc1"]
)
def test_bonds_have_one_length_however_large_the_molecule_is(smiles: str) -> None:
    molecule = read_molecule(smiles)
    structure = draw_structure(laid_out(molecule))
    lengths = [math.dist(*(structure.points[i] for i in (b.GetBeginAtomIdx(), b.GetEndAtomIdx())))
               for b in structure.mol.GetBonds()]  # fmt: skip
    assert statistics.median(lengths) == pytest.approx(LENGTH, rel=0.03)
    assert size(draw_alignments(molecule))[2] == pytest.approx(1, rel=0.01)


def test_a_molecule_is_made_smaller_only_where_there_is_no_room() -> None:
    assert size(draw_alignments(ASPIRIN, width=900, height=700)) == (900, 700, pytest.approx(1, rel=0.01))
    width, height, scale = size(draw_alignments(ASPIRIN, width=90, height=90))
    assert (width, height) == (90, 90)
    assert scale < 0.6


@pytest.mark.parametrize("smiles", ["CC(C)O", "[O-][N+](=O)c1ccc(N)cc1", "C[N+](C)(C)CCO", "[13CH3]C#N", "O", "Br"])
def test_nothing_is_clipped(smiles: str) -> None:
    atoms = tuple((i,) for i in range(read_molecule(smiles).mol.GetNumAtoms()))
    root = ElementTree.fromstring(draw_alignments(read_molecule(smiles), [Highlight("all", atoms)], atom_numbers=True))
    left, top, width, height = map(float, (root.get("viewBox") or "").split())
    for node in root.iter(f"{SVG}circle"):
        x, y, radius = (float(node.get(name) or 0) for name in ("cx", "cy", "r"))
        assert left <= x - radius
        assert x + radius <= left + width
        assert top <= y - radius
        assert y + radius <= top + height
    for node in [*root.iter(f"{SVG}text"), *root.iter(f"{SVG}tspan")]:
        for x in map(float, (node.get("x") or "").split()):
            assert left + 4 <= x <= left + width - 4


@pytest.mark.parametrize(
    ("smiles", "most"),
    [
        pytest.param("OC(=O)C12C3C4C1C5C4C3C25", 8, id="cubane"),
        pytest.param("CC1(C)C2CCC1(C)C(=O)C2", 2, id="camphor"),
        pytest.param("CN1CC[C@]23c4c5ccc(O)c4O[C@H]2[C@@H](O)C=C[C@H]3[C@H]1C5", 2, id="morphine"),
        pytest.param("O=C1CCCCCCCCCCCCCCO1", 0, id="macrolide"),
        pytest.param("N[C@@H](C)C(=O)N[C@@H](CO)C(=O)N[C@@H](Cc1ccccc1)C(=O)N1CCC[C@H]1C(=O)O", 0, id="peptide"),
    ],
)
def test_bonds_hardly_cross_and_atoms_lie_apart(smiles: str, most: int) -> None:
    assert clashes(laid_out(read_molecule(smiles))) <= most


STEROIDS = [
    "C[C@]12CC[C@H]3[C@H]([C@@H]1CC[C@@H]2O)CCC4=CC(=O)CC[C@]34C",
    "C[C@H](CCCC(C)C)[C@H]1CC[C@@H]2[C@@]1(CC[C@H]3[C@H]2CC=C4[C@@]3(CC[C@@H](C4)O)C)C",
    "C[C@]12CCC(=O)C=C1CC[C@@H]1[C@@H]2[C@@H](O)C[C@@]2(C)[C@H]1CC[C@]2(O)C(=O)CO",
    "CC12CCC3C(C1CCC2O)CCc1cc(O)ccc13",
]


@pytest.mark.parametrize("smiles", STEROIDS)
def test_a_steroid_has_ring_a_lower_left_and_its_methyl_groups_up(smiles: str) -> None:
    mol = laid_out(read_molecule(smiles))
    gonane = "*~1~*~*~*2~*(~*1)~*~*~*1~*2~*~*~*2(~[CH3])~*~*~*~*12"
    (match,) = mol.GetSubstructMatches(Chem.MolFromSmarts(gonane))
    points = mol.GetConformer().GetPositions()
    ring_a = points[list(match[:6])].mean(axis=0)
    ring_d = points[[match[i] for i in (12, 14, 15, 16, 17)]].mean(axis=0)
    assert ring_a[0] < ring_d[0]
    assert ring_a[1] < ring_d[1]
    assert points[match[13]][1] > points[match[12]][1]


BRIDGED = {
    "camphor": "CC1(C)[C@@H]2CC[C@]1(C)C(=O)C2",
    "dextromethorphan": "CN1CC[C@@]23CCCC[C@@H]2[C@@H]1Cc1ccc(OC)cc13",
    "naltrexone": "O=C1CC[C@@]2(O)[C@H]3Cc4ccc(O)c5c4[C@@]2(CCN3CC2CC2)[C@H]1O5",
    "strychnine": "C1CN2CC3=CCO[C@H]4CC(=O)N5[C@H]6[C@H]4[C@H]3C[C@H]2[C@@]61C7=CC=CC=C75",
}


@pytest.mark.parametrize(
    ("name", "most"), [("camphor", 0), ("dextromethorphan", 1.25), ("naltrexone", 1.25), ("strychnine", 0)]
)
def test_bridged_systems_that_templates_lack_are_drawn_with_one_crossing_at_most(name: str, most: float) -> None:
    assert clashes(laid_out(read_molecule(BRIDGED[name]))) <= most


@pytest.mark.parametrize(
    "smiles",
    [
        *STEROIDS,
        *BRIDGED.values(),
        "C[C@H]1CC[C@@H](C(C)C)[C@@H](O)C1",
        "CN1CC[C@]23c4c5ccc(O)c4O[C@H]2[C@@H](O)C=C[C@H]3[C@H]1C5",
    ],
)
def test_wedges_say_what_the_smiles_says_however_a_drawing_is_turned(smiles: str) -> None:
    molecule = read_molecule(smiles)
    drawn = Chem.MolFromMolBlock(Chem.MolToMolBlock(laid_out(molecule)))
    assert Chem.MolToSmiles(drawn) == Chem.MolToSmiles(molecule.mol)


def test_ions_stand_apart() -> None:
    mol = laid_out(read_molecule("[Na+].[Na+].[Cl-].[Cl-].CC(=O)O"))
    points = mol.GetConformer().GetPositions()
    for part in Chem.GetMolFrags(mol):
        others = [i for i in range(len(points)) if i not in part]
        assert min(math.dist(points[i], points[j]) for i in part for j in others) > 1.9


def test_every_kind_of_element_that_rdkit_draws_is_understood() -> None:
    for smiles in ("[CH3]", "C[CH]C", "[NH3]->[Pt](Cl)(Cl)<-[NH3]", "*CC*", "CC=CC", "C[C@@H](F)Cl", "O=[N+]([O-])C",
                   "C~C", "[2H]C", "C[Si](C)(C)C", "[U]", "F/C=C/F", "[O][O]", "c1ccccc1[P@](C)(=O)O"):  # fmt: skip
        assert draw_alignments(read_molecule(smiles)).count("<circle") == read_molecule(smiles).mol.GetNumAtoms()


def middles(smiles: str) -> dict[str, tuple[float, float]]:
    """How far right of its atom the middle of each symbol of two letters lies, and how wide it is, by atom."""
    drawn = draw_structure(laid_out(read_molecule(smiles)))
    return {
        name: (letter.x - drawn.points[int(name[5:])][0], text_width(letter.text) * FONT)
        for name, letters in drawn.labels
        for letter in letters
        if len(letter.text) == 2
    }


def test_a_symbol_of_two_letters_stands_between_its_bonds_and_at_the_end_of_a_single_one() -> None:
    assert next(round(x, 1) for x, _ in middles("[NH3]->[Pt](Br)(Br)<-[NH3]").values()) == 0
    assert [round(x, 1) for x, _ in middles("C[Si](C)(C)C").values()] == [0]
    drawn = draw_structure(laid_out(read_molecule("ClC(Cl)(Cl)Cl")))
    lines = {line.name: line for line in drawn.lines}
    for name, (letter,) in drawn.labels:
        half = text_width(letter.text) * FONT / 2
        (bond,) = drawn.mol.GetAtomWithIdx(int(name[5:])).GetBonds()
        for _, (x, y) in lines[f"bond-{bond.GetIdx()}"].commands:
            assert abs(x - letter.x) > half - 2 or abs(y - (letter.y - 0.36 * FONT)) > 0.36 * FONT


def test_the_arrow_of_a_dative_bond_has_a_head_that_is_seen_and_ends_at_the_metal() -> None:
    drawn = draw_structure(laid_out(read_molecule("[NH3]->[Pt](Cl)(Cl)<-[NH3]")))
    heads = [line.commands for line in drawn.lines if line.filled]
    assert len(heads) == 2
    for (_, one), (_, tip), (_, other), _ in heads:
        assert math.dist(one, other) == pytest.approx(0.8 * ARROW)
        assert 6 < math.dist(tip, drawn.points[1]) < 14


def test_an_edge_goes_round_atoms_and_never_along_a_bond() -> None:
    phrases = [Highlight(str(n), ((n, n + 1),)) for n in range(8)]
    (edge,) = groups(draw_alignments(read_molecule("C" * 20), phrases), "edge")
    assert sum((node.get("d") or "").count("h1") for node in edge) == 2
    assert not any("l" in (node.get("d") or "") for node in edge)


def test_the_legend_takes_a_free_corner_and_never_lies_on_the_molecule() -> None:
    lipid = read_molecule("CCCCCCCCCCCCCCCC(=O)OC[C@H](COP(=O)([O-])OCC[N+](C)(C)C)OC(=O)CCCCCCC/C=C\\CCCCCCCC")
    phrases = [Highlight(name, ((0,),)) for name in ("one", "two", "three")]
    svg, plain = draw_alignments(lipid, phrases, legend=True), draw_alignments(lipid, phrases)
    heights = [float(ElementTree.fromstring(text).get("height") or 0) for text in (svg, plain)]
    assert heights[0] < heights[1] + 3 * LEGEND_LINE
    (legend,) = groups(svg, "legend")
    top = float((legend.get("transform") or "").split()[1].rstrip(")"))
    targets = [node for node in groups(svg, "target") if float(node.get("cx") or 0) < 75 * UNITS]
    assert targets
    assert all(float(node.get("cy") or 0) + RADIUS * UNITS <= top + 1 for node in targets)


def test_no_element_has_a_style_and_every_colour_is_a_presentation_attribute() -> None:
    svg = draw_alignments(ASPIRIN, [ACETYL], legend=True, atom_numbers=True)
    assert "style" not in svg
    assert svg.count(PALETTE[0]) == 2


def test_a_drawing_says_in_words_what_it_shows() -> None:
    twice = Highlight("methyl", ((0,), (2,)))
    assert describe(read_molecule("CCC"), [twice]) == "Molecule C3H8, 3 heavy atoms; lit up: methyl at 2 places"
    root = ElementTree.fromstring(draw_alignments(ASPIRIN, [ACETYL]))
    assert (root.get("role"), root.get("aria-label")) == ("img", "Molecule C9H8O4, 13 heavy atoms; lit up: acetyl")


def test_atom_numbers_are_optional_and_those_of_the_smiles() -> None:
    def numbers(svg: str) -> list[str]:
        return ["".join(node.itertext()) for node in groups(svg, "note")]

    assert numbers(draw_alignments(read_molecule("CCO"))) == []
    assert sorted(numbers(draw_alignments(read_molecule("CCO"), atom_numbers=True))) == ["0", "1", "2"]


def test_a_png_with_a_legend_says_nothing_on_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    draw_alignments_png(ASPIRIN, [ACETYL, ESTER], legend=True, resolution=3)
    assert capfd.readouterr().err == ""


def test_the_drawing_is_the_same_every_time() -> None:
    assert draw_alignments(ASPIRIN, [ACETYL, ESTER]) == draw_alignments(ASPIRIN, [ACETYL, ESTER])
    assert draw_alignments_png(ASPIRIN, [ACETYL]) == draw_alignments_png(ASPIRIN, [ACETYL])


def test_labels_and_keys_cannot_leave_their_place() -> None:
    hostile = "</text><script>alert('x')</script>\"&\x00\ud800\u202e"
    svg = draw_alignments(ASPIRIN, [Highlight(hostile, ((0,),), hostile + '" onload="x')], legend=True)
    root = ElementTree.fromstring(svg.encode("utf-8"))
    assert not list(root.iter(f"{SVG}script"))
    allowed = {"class", "data-key", "fill", "stroke", "stroke-linecap"}
    assert set(groups(svg, "phrase-0")[0].attrib) <= allowed
    assert any("<script>" in (node.text or "") for node in root.iter(f"{SVG}text"))
    assert "href" not in svg
    assert draw_alignments_png(ASPIRIN, [Highlight(hostile, ((0,),))], legend=True)


def test_the_legend_is_optional_and_adds_its_height() -> None:
    plain, with_legend = draw_alignments(ASPIRIN, [ACETYL]), draw_alignments(ASPIRIN, [ACETYL], legend=True)
    assert not groups(plain, "legend")
    (legend,) = groups(with_legend, "legend")
    assert [node.text for node in legend.iter(f"{SVG}text")] == ["acetyl"]
    wide = [float(ElementTree.fromstring(svg).get("height") or 0) for svg in (plain, with_legend)]
    assert wide[1] == wide[0] + LEGEND_LINE


def test_a_label_that_is_longer_than_the_drawing_is_broken_not_cut() -> None:
    label = "a label of many words that takes more than one line below a drawing as small as this"
    (legend,) = groups(draw_alignments(ASPIRIN, [Highlight(label, ((0,),))], width=200, legend=True), "legend")
    texts = [node.text or "" for node in legend.iter(f"{SVG}text")]
    assert len(texts) > 2
    assert " ".join(texts) == label


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


def test_any_two_colours_differ_in_grey_and_bonds_show_on_all() -> None:
    for palette, step in ((PALETTE, 7), (DARK_PALETTE, 4.5)):
        for one, other in itertools.combinations(palette, 2):
            assert abs(lightness(one) - lightness(other)) > step
    assert min(map(lightness, PALETTE)) > 40  # contrast to black of at least 3:1
    assert max(map(lightness, DARK_PALETTE)) < 63  # to white likewise
    assert min(map(lightness, DARK_PALETTE)) > lightness(DARK["paper"]) + 20


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


# How the cones of dichromats see colours: Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
DICHROMATS = {
    "protanope": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "deuteranope": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "tritanope": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}


@pytest.mark.parametrize("kind", DICHROMATS)
def test_any_two_colours_differ_for_colour_blind_readers(kind: str) -> None:
    def seen(colour: str) -> tuple[float, float, float]:
        rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
        red, green, blue = (sum(w * c for w, c in zip(row, linear, strict=True)) for row in DICHROMATS[kind])
        x, y, z = (
            max(0.0, value) ** (1 / 3)
            for value in (
                (0.4125 * red + 0.3576 * green + 0.1804 * blue) / 0.9505,
                0.2127 * red + 0.7152 * green + 0.0722 * blue,
                (0.0193 * red + 0.1192 * green + 0.9503 * blue) / 1.089,
            )
        )
        return 116 * y - 16, 500 * (x - y), 200 * (y - z)

    for palette, least in ((PALETTE, 14), (DARK_PALETTE, 10)):
        for one, other in itertools.combinations(palette, 2):
            assert math.dist(seen(one), seen(other)) > least

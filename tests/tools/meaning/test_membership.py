"""Membership: what a molecule is, apart from what occurs in it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.errors import InputError
from molreflect.tools.lexicon.classes import load_lexicon, read_lexicon
from molreflect.tools.lexicon.member import read_member
from molreflect.tools.meaning.membership import asks_membership, membership, membership_of
from molreflect.tools.meaning.units import acyl_chains, residues, sugars
from molreflect.tools.molecules.read import read_molecule

GLUCOSYLCERAMIDE = "CCCCCCCCCCCCC/C=C/[C@@H](O)[C@H](CO[C@@H]1O[C@H](CO)[C@@H](O)[C@H](O)[C@H]1O)NC(=O)CCCCCCC"
LACTOSYLCERAMIDE = GLUCOSYLCERAMIDE.replace("[C@@H](O)[C@H](O)[C@H]1O", "[C@@H](OC2OC(CO)C(O)C(O)C2O)[C@H](O)[C@H]1O")
SUCROSE = "OC[C@H]1O[C@@](CO)(O[C@H]2O[C@H](CO)[C@@H](O)[C@H](O)[C@H]2O)[C@@H](O)[C@@H]1O"
GLUCOSE = "OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O"


@pytest.mark.parametrize(
    ("name", "smiles", "holds"),
    [
        ("alkane", "CCCCO", False),
        ("alkane", "C1CC1", False),
        ("alkanes", "CCCC", True),
        ("alkene", "C=CC(=O)O", False),
        ("monocarboxylic acid", "OC(=O)CCC(=O)O", False),
        ("monocarboxylic acid", "CC(=O)O", True),
        ("dicarboxylic acid", "[O-]C(=O)CCC(=O)[O-].[Na+].[Na+]", True),
        ("dicarboxylic acid", "OC(=O)CC(O)(CC(=O)O)C(=O)O", False),
        ("diol", "OCC(O)CO", False),
        ("diol", "OCO", True),
        ("monosaccharide", SUCROSE, False),
        ("disaccharide", SUCROSE, True),
        ("monosaccharide", GLUCOSE, True),
        ("dipeptide", "NCC(=O)NCC(=O)NCC(=O)O", False),
        ("tripeptide", "C=C(NC(=O)CN)C(=O)NCC(=O)O", True),
        ("long-chain fatty acid", "CCCC(=O)O", False),
        ("dihydrochloride", "NCCNCCN.Cl.Cl.Cl", False),
        ("dihydrochloride", "NCCN.Cl.Cl", True),
        ("dihydrochloride", "CN.CN.Cl.Cl", False),
        ("disodium salt", "[O-]P(=O)([O-])[O-].[Na+].[Na+].[Na+]", False),
        ("disodium salt", "[O-]P(=O)([O-])O.[Na+].[Na+]", True),
        ("trisodium salt", "[O-]P(=O)([O-])OP(=O)([O-])[O-].[Na+].[Na+].[Na+].[Na+]", False),
        ("monosodium salt", "[O-]C(=O)C(=O)[O-].[Na+].[Na+]", False),
        ("monosodium salt", "OC(=O)C(=O)[O-].[Na+]", True),
        ("monohydrate", "CN.O.O", False),
        ("monohydrate", "CN.CN.O", False),
        ("hemihydrate", "CN.CN.O.O", False),
        ("phosphate salt", "OP(O)(O)=O.O", False),
        ("phosphate salt", "CN.OP(O)(O)=O", True),
        ("hemihydrate", "CN.CN.CN.O", False),
        ("monohydrate", "CN.CN.O.O", True),
        ("monohydrate", "CN.CN.Cl.Cl.O.O", True),
        ("dihydrate", "CN.CN.Cl.Cl.O.O", False),
        ("monohydrate", "O.O", False),
        ("disodium salt", "CC(=O)[O-].CC(=O)[O-].[Na+].[Na+]", False),
        ("acetate salt", "CC(=O)O.CCO", False),
        ("nitrate salt", "[H+].[O-][N+](=O)[O-]", False),
        ("monohydrate", "CN.CN.OS(O)(=O)=O.O", True),
        ("monosodium salt", "[S-2].[Na+].[Na+]", False),
        ("monohydrate", "[Li+].[OH-].O", True),
        ("dihydrate", "[Ca+2].[Cl-].[Cl-].O.O", True),
        ("dihydrate", "CN.O.O.O", False),
        ("halo monocarboxylic acid", "OC(=O)C(Cl)C(=O)O", False),
        ("halo carboxylic acid", "OC(=O)C(Cl)C(=O)O", True),
        ("anthocyanidin", "OCC1OC(Oc2cc3c(O)cc(O)cc3[o+]c2-c2ccc(O)cc2)C(O)C(O)C1O", False),
        ("anthocyanidin", "Oc1cc2c(O)cc(O)cc2[o+]c1-c1ccc(O)c(O)c1", True),
        ("tripyrrole", "c1cc(Cc2ccc(Cc3ccc(Cc4ccc[nH]4)[nH]3)[nH]2)[nH]c1", False),
        ("alpha-amino-acid cation", "[NH3+]C(CSSCC([NH3+])C(=O)[O-])C(=O)[O-]", False),
        ("alpha-amino-acid cation", "[NH3+]CCCC[C@H]([NH3+])C(=O)[O-].[Cl-]", True),
        ("alpha-amino-acid anion", "[NH3+]C(CSSCC([NH3+])C(=O)[O-])C(=O)[O-]", False),
        ("diamino acid", "NCC(=O)NC(CCCCN)C(=O)O", False),
        ("diamino acid", "NCC(N)C(=O)O", True),
        ("fatty acid", "OC(=O)CC(O)(CC(=O)O)C(=O)O", False),
        ("fatty acid", "OCC(O)C(O)C(O)C(O)C(=O)O", False),
        ("fatty acid", "CC(CCC(=O)O)C1CCC2C3CCC4CC(O)CCC4(C)C3CCC12C", False),
        ("fatty acid", "OC(=O)CCCCC(=O)O", None),
        ("hydroxy fatty acid anion", "[O-]C(=O)CC(O)C(=O)[O-]", False),
        ("branched-chain saturated fatty acid anion", "[O-]C(=O)CC(O)(CC(=O)[O-])C(=O)[O-]", False),
        ("branched-chain saturated fatty acid anion", "CC(C)CC(=O)[O-]", True),
        ("inositol bisphosphate", "CCCC(=O)OCC(COP(O)(=O)OC1C(O)C(O)C(OP(O)(O)=O)C(O)C1O)OC(=O)CCC", False),
        ("inositol bisphosphate", "OP(O)(=O)OC1C(O)C(O)C(OP(O)(O)=O)C(O)C1O", True),
        ("hemihydrate", "CN.O", False),
        ("hemihydrate", "CN.CN.O", True),
        ("glucosylceramide", GLUCOSYLCERAMIDE, True),
        ("glucosylceramide", LACTOSYLCERAMIDE, False),
        ("dicarboxylic acid dianion", "[NH3+]C(CSSCC([NH3+])C(=O)[O-])C(=O)[O-]", False),
        ("dicarboxylic acid dianion", "[O-]C(=O)CCC(=O)[O-].[Na+].[Na+]", True),
        ("thiol", "CCS", None),
        ("no such class", "CCS", None),
    ],
)
def test_a_name_asks_what_its_words_state(name: str, smiles: str, holds: bool | None) -> None:
    assert membership_of(name, read_molecule(smiles), load_lexicon()).holds is holds


def test_a_glycoside_may_be_called_a_diol_after_its_aglycone_or_not() -> None:
    glycoside = "OCCC(C)(O)CCCCO[C@H]1O[C@H](CO)[C@@H](O)[C@H](O)[C@H]1O"
    assert membership_of("diol", read_molecule(glycoside), load_lexicon()).holds is None


def test_the_reason_is_a_sentence_and_names_what_the_molecule_has() -> None:
    judged = membership_of("tricarboxylic acid", read_molecule("OC(=O)CCC(=O)O"), load_lexicon())
    assert judged.why.startswith("has 2 ")
    assert judged.why.endswith(", a tricarboxylic acid has 3")
    assert len(judged.atoms) == 2


@pytest.mark.parametrize(
    ("smiles", "counted"),
    [
        ("NCC(=O)O", (1, 1)),
        ("NCC(=O)NCC(=O)O", (2, 2)),
        ("NCCC(=O)N[C@@H](Cc1c[nH]cn1)C(=O)O", (2, 2)),  # carnosine, its first residue a beta one
        ("N[C@@H](CCC(=O)N[C@@H](CS)C(=O)NCC(=O)O)C(=O)O", (3, 3)),  # glutathione, joined at the side chain
        ("O=C1CNC(=O)CN1", (2, 2)),
        ("CC(=O)NCC(=O)O", (1, 1)),
        ("CC(=O)Nc1ccccc1", (0, 0)),
    ],
)
def test_residues_are_counted_however_they_are_joined(smiles: str, counted: tuple[int, int]) -> None:
    assert residues(read_molecule(smiles).mol) == counted


@pytest.mark.parametrize(("smiles", "low", "high"), [(GLUCOSE, 1, 1), (SUCROSE, 2, 2), ("C1CCOC1", 0, 0)])
def test_sugar_units_are_counted(smiles: str, low: int, high: int) -> None:
    assert sugars(read_molecule(smiles).mol) == (low, high)


def test_a_chain_is_measured_along_its_longest_way() -> None:
    assert acyl_chains(read_molecule("CCC(C)CC(=O)O").mol) == [5]


@pytest.mark.parametrize(
    ("caption", "phrase", "asks"),
    [
        ("The molecule is a diol.", "diol", True),
        ("It is a primary alcohol, a diol and a member of phenols.", "phenols", True),
        ("The molecule is a benzene carrying a hydroxy group.", "hydroxy group", False),
        (
            "The molecule is a ribonucleoside 5'-monophosphate having methyl "
            "(2S)-2-amino-4-(6-methyl-9-oxo-4,9-dihydro-3H-imidazo[1,2-a]purin-7-yl)butanoate as the nucleobase.",
            "nucleobase",
            False,
        ),
    ],
)
def test_words_decide_whether_membership_is_asked(caption: str, phrase: str, asks: bool) -> None:
    found = [p for p in CaptionReader(load_lexicon()).read(caption) if p.text == phrase]
    assert [asks_membership(p, caption) for p in found] == [asks]


ENTRY = """
[[class]]
name = "thiol"
patterns = ["[#6][SX2H1]"]
group = "sulfur"
matches = ["CS", "CCS"]
misses = ["CSC", "CO"]
"""


def lexicon_with(folder: Path, line: str) -> Path:
    (folder / "one.toml").write_text(ENTRY + line + "\n", encoding="utf-8")
    return folder


def test_every_condition_is_asked(tmp_path: Path) -> None:
    line = (
        'member = { elements = ["C", "H", "S"], acyclic = true, carbons = [2, 3], charge = 0, components = 1, '
        'count = [["[SX2H1]", 1, 1, "thiol group"]], without = ["C=C"] }'
    )
    (entry,) = read_lexicon(lexicon_with(tmp_path, line)).classes
    told = {
        s: membership(entry, read_molecule(s)) for s in ("CCS", "OCCS", "SC1CC1", "CS", "SCCS", "C=CS", "CCS.O", "CSC")
    }
    assert {s: m.holds for s, m in told.items()} == {s: s == "CCS" for s in told}
    assert told["OCCS"].why == "has O, a thiol has only C and H and S"
    assert told["SCCS"].why == "has 2 thiol groups, a thiol has 1"


def test_absence_may_be_said_to_decide_nothing(tmp_path: Path) -> None:
    (entry,) = read_lexicon(lexicon_with(tmp_path, 'absence = "unchecked"')).classes
    assert membership(entry, read_molecule("CSC")).holds is None


@pytest.mark.parametrize(
    "line",
    [
        "member = {}",
        "member = { rings = [3, 1] }",
        'member = { element = ["C"] }',
        'member = { elements = ["Cx"] }',
        'member = { count = [["C(", 1, 1]] }',
        'parent = "alcohol"',
        'source = "a friend"',
        'absence = "perhaps"',
    ],
)
def test_conditions_that_cannot_be_read_are_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(InputError, match="thiol"):
        read_lexicon(lexicon_with(tmp_path, line))


@pytest.mark.parametrize(
    ("smiles", "name", "holds"),
    [
        pytest.param("[H+].CC(=O)[O-]", "organic anion", False, id="a_proton_written_apart_neutralises"),
        pytest.param("[H+].C[N+](C)(C)CC(=O)[O-]", "betaine", False, id="a_proton_written_apart_charges"),
        pytest.param("[Na+].CC(=O)[O-]", "organic anion", True, id="a_metal_does_not"),
        pytest.param("[O-]S(=O)(=O)[O-]", "monovalent inorganic anion", False, id="minus_two_is_not_minus_one"),
        pytest.param("[Cl-]", "monovalent inorganic anion", True, id="minus_one"),
        pytest.param("[NH3+]CC(=O)[O-]", "carboxylic acid anion", False, id="a_zwitterion_is_no_anion"),
        pytest.param("[Na+].NCC(=O)[O-]", "carboxylic acid anion", True, id="the_anion_of_a_salt"),
        pytest.param("[NH3+][C@@H](CO)C(=O)[O-]", "hydroxy monocarboxylic acid anion", False, id="nor_a_hydroxy_one"),
        pytest.param("[NH3+]CC(=O)[O-]", "alpha-amino acid zwitterion", True, id="a_zwitterion"),
        pytest.param(
            "[NH3+]C(CC(=O)[O-])C(=O)[O-]", "alpha-amino acid zwitterion", False, id="an_anion_with_an_ammonium"
        ),
        pytest.param("C[N+](C)(C)CCl.[Cl-]", "chloride anion", True, id="the_inorganic_ion_beside"),
        pytest.param("[Pb+2].CC(=O)[O-].CC(=O)[O-]", "lead(2+)", True, id="a_metal_ion_beside_its_anions"),
    ],
)
def test_the_net_charge_is_that_of_a_component_and_the_protons_beside_it(smiles: str, name: str, holds: bool) -> None:
    entry = load_lexicon().find(name)
    assert entry is not None
    assert membership(entry, read_molecule(smiles)).holds is holds


def test_a_drawing_without_configurations_is_not_refused_for_them() -> None:
    flat = "OCC1OC(OC2C(O)C(O)C(OC3C(O)C(O)C(O)OC3CO)OC2CO)C(O)C(O)C1O"
    mannose = (
        "OC[C@H]1O[C@H](O[C@H]2[C@H](O)[C@@H](O)[C@@H](O[C@H]3[C@H](O)[C@H](O)C(O)O[C@@H]3CO)O[C@@H]2CO)"
        "[C@H](O)[C@@H](O)[C@@H]1O"
    )
    assert membership_of("glucotriose", read_molecule(flat), load_lexicon()).holds is not False
    assert membership_of("glucotriose", read_molecule(mannose), load_lexicon()).holds is False


@pytest.mark.parametrize(
    ("name", "holds"), [("acyl-CoA(4-)", False), ("acetate", None), ("acetate anion", True), ("malonate(2-)", None)]
)
def test_a_number_in_the_name_is_the_net_charge(name: str, holds: bool | None) -> None:
    assert membership_of(name, read_molecule("CC(=O)[O-]"), load_lexicon()).holds is holds


def test_what_an_entry_says_goes_before_the_words_of_its_name() -> None:
    salt = read_molecule("CN(C)CCO.CC(=O)O")
    assert membership_of("hydroxy monocarboxylic acid", salt, load_lexicon()).holds is False
    assert membership_of("monocarboxylic acid", salt, load_lexicon()).holds is True


@pytest.mark.parametrize(
    ("name", "holds"), [("tetrahydrate", True), ("trihydrate", False), ("dihydrate", False), ("hemihydrate", False)]
)
def test_waters_of_a_charged_formula_are_those_of_the_whole_formula(name: str, holds: bool) -> None:
    nitrate = read_molecule("[Ca+2].[O-][N+]([O-])=O.[O-][N+]([O-])=O.O.O.O.O")
    assert membership_of(name, nitrate, load_lexicon()).holds is holds


@pytest.mark.parametrize(("name", "holds"), [("monohydrate", True), ("hemihydrate", True), ("dihydrate", False)])
def test_waters_of_two_uncharged_bases_are_shared_out_or_not(name: str, holds: bool) -> None:
    sulfate = read_molecule("CCCCCCCCCCCN.CCCCCCCCCCCN.OS(O)(=O)=O.O")
    assert membership_of(name, sulfate, load_lexicon()).holds is holds


def test_substituted_derivatives_of_a_family_have_no_more_of_its_groups() -> None:
    name = "dicarboxylic acids and O-substituted derivatives"
    assert membership_of(name, read_molecule("COC(=O)CCC(=O)O"), load_lexicon()).holds is True
    assert membership_of(name, read_molecule("OC(=O)CC(O)(CC(=O)O)C(=O)O"), load_lexicon()).holds is not True


def test_the_acid_of_a_salt_does_not_answer_for_the_base() -> None:
    strychnine = "O=C1CC2OCC=C3CN4CCC56C4CC3C2C5N1c1ccccc16"
    salt = read_molecule(f"OC(=O)C(O)C(O)C(=O)O.{strychnine}")
    assert membership_of("indolizidine alkaloid", read_molecule(strychnine), load_lexicon()).holds is False
    assert membership_of("indolizidine alkaloid", salt, load_lexicon()).holds is False
    assert membership_of("dicarboxylic acid", salt, load_lexicon()).holds is True


@pytest.mark.parametrize(
    ("name", "smiles"),
    [
        ("omega-hydroxy fatty acid", "CN(C)CCO.OC(=O)C=CC(O)=O"),
        ("flavonoid O-glycoside", "OCC1OC(Oc2ccccc2)C(O)C(O)C1O.O=c1cc(-c2ccccc2)oc2ccccc12"),
        ("polyphenol", "Oc1ccccc1.Oc1ccccc1"),
    ],
)
def test_parts_of_two_components_make_no_compound(name: str, smiles: str) -> None:
    entry = load_lexicon().find(name)
    assert entry is not None
    judged = membership(entry, read_molecule(smiles))
    assert judged.holds is False
    assert "in different components only" in judged.why


def test_a_salt_has_its_parts_in_two_components() -> None:
    entry = load_lexicon().find("butenedioate salt")
    assert entry is not None
    assert membership(entry, read_molecule("CN(C)CCO.OC(=O)C=CC(O)=O")).holds is True


def test_what_is_counted_stands_in_its_plural() -> None:
    linoleic = read_molecule("CCCCC/C=C\\C/C=C\\CCCCCCCC(=O)O")
    told = membership_of("trienoic fatty acid", linoleic, load_lexicon())
    assert told.why == "has 2 double bonds between carbons, a trienoic fatty acid has 3"


@pytest.mark.parametrize(
    ("smiles", "name", "holds"),
    [
        pytest.param("[Fe+2].c1cc[cH-]c1.c1cc[cH-]c1", "metallocene", True, id="a_compound_of_three_components"),
        pytest.param("[Ni].[C-]#[O+]", "nickel compound", True, id="a_metal_and_ligands_drawn_apart"),
        pytest.param("[Zn+2].[O-]C(=O)c1ccccn1", "zinc coordination entity", True, id="a_metal_ion_and_a_chelator"),
        pytest.param("CN.O.O", "dihydrate", True, id="a_hydrate"),
        pytest.param("[Cu+2].[O-]S(=O)(=O)[O-]", "metal sulfate", True, id="a_salt_by_another_word"),
        pytest.param("CC(=O)O.CCO", "hydroxy carboxylic acid", False, id="an_acid_beside_an_alcohol"),
        pytest.param("[Zn+2].CC(=O)[O-].CC(=O)[O-]", "zinc compound", True, id="a_salt_where_examples_are_salts"),
        pytest.param("CCCO.CCCCCCCCCCCC(=O)[O-]", "hydroxy fatty acid anion", False, id="an_anion_beside_an_alcohol"),
        pytest.param("C[N+](C)(C)CCO.CC(=O)[O-]", "betaine", False, id="a_cation_beside_an_anion"),
        pytest.param("OCCBr.Cl", "haloalcohol", True, id="a_counter_ion_is_looked_through"),
    ],
)
def test_parts_in_two_components_make_a_compound_only_where_its_examples_have_several(
    smiles: str, name: str, holds: bool
) -> None:
    entry = load_lexicon().find(name)
    assert entry is not None
    assert membership(entry, read_molecule(smiles)).holds is holds


def test_a_name_whose_parts_stand_in_two_components_is_refused() -> None:
    lexicon = load_lexicon()
    assert membership_of("haloalcohol", read_molecule("CCO.CCCl"), lexicon).holds is False
    assert membership_of("haloalcohol", read_molecule("CCO"), lexicon).holds is not False  # absence is told elsewhere


@pytest.mark.parametrize(
    ("smiles", "holds"), [("C[C@H](N)C(=O)O", True), ("C[C@@H](N)C(=O)O", False), ("CC(N)C(=O)O", None)]
)
def test_a_centre_without_configuration_leaves_membership_open(smiles: str, holds: bool | None) -> None:
    entry = load_lexicon().find("L-alpha-amino acid")
    assert entry is not None
    assert membership(entry, read_molecule(smiles)).holds is holds


def test_what_some_call_so_leaves_membership_open() -> None:
    entry = load_lexicon().find("carboxamide")
    assert entry is not None
    assert membership(entry, read_molecule("CCO")).holds is False
    thio = replace(entry, doubtful=("CC(=S)N",))
    assert membership(thio, read_molecule("CC(=S)N")).holds is None


@pytest.mark.parametrize(
    ("condition", "smiles", "holds"),
    [
        pytest.param('without = ["[#7]"]\nopen = ["[NX3H2]"]', "NCCO", None, id="what_some_call_so"),
        pytest.param('without = ["[#7]"]\nopen = ["[NX3H2]"]', "CNCCO", False, id="what_nobody_calls_so"),
        pytest.param('without = ["[#7]"]\nopen = ["[OX2H1]"]', "OCCO", True, id="nothing_that_fails"),
        pytest.param('without = ["[NX4+]"]', "C[N+](C)(C)CCO", False, id="a_cation"),
        pytest.param('without = ["[NX4+]"]', "CNCCO", True, id="no_cation"),
        pytest.param('without = ["[#6][OX1-]"]', "CNCCO", True, id="a_hydroxy_group_is_no_anion"),
        pytest.param('without = ["[#6][OX1-]"]', "CNCC[O-]", False, id="an_anion"),
        pytest.param('count = [["C(=O)[OX2H1,OX1-]", 1, 1]]', "OCC(=O)[O-]", True, id="either_form_of_an_anion"),
        pytest.param('count = [["C(=O)[OX2H1,OX1-]", 1, 1]]', "OCC(=O)O", True, id="either_form_of_an_acid"),
        pytest.param('count = [["C(=O)[OX2H1]", 1, 1]]', "OCC(=O)[O-]", True, id="an_uncharged_part_of_an_ion"),
    ],
)
def test_a_condition_keeps_the_charges_that_it_states(condition: str, smiles: str, holds: bool | None) -> None:
    entry = load_lexicon().find("alcohol")
    assert entry is not None
    asked = read_member(tomllib.loads(condition), "here")
    judged = membership(replace(entry, patterns=("[#6][#8]",), member=asked), read_molecule(smiles))
    assert judged.holds is holds


@pytest.mark.parametrize(
    ("name", "smiles", "holds"),
    [
        ("fatty acid", "CCCCCCCC(=O)O[Na]", None),
        ("fatty acid anion", "CCCCCCCC(=O)O[K]", None),
        ("fatty acid", "[Na+].CCCCCCCC(=O)[O-]", True),
        ("fatty acid", "CCCCCCCC(=O)OC", False),
        ("fatty acid", "CCCCCCC[Mg]Br", False),
    ],
)
def test_a_salt_drawn_with_a_bond_to_its_metal_is_left_open(name: str, smiles: str, holds: bool | None) -> None:
    entry = load_lexicon().find(name)
    assert entry is not None
    assert membership(entry, read_molecule(smiles)).holds is holds


@pytest.mark.parametrize(
    ("name", "smiles", "holds"),
    [
        ("carboxamide", "CC(O)=NC", None),
        ("urea", "CNC(O)=N", None),
        ("thioamide", "CC(S)=N", None),
        ("imidic acid", "CC(O)=NC", True),
        ("imidic acid", "CC(=O)NC", False),
        ("carboxamide", "COC(C)=NC", False),
        ("ketone", "CC(O)=NC", False),
    ],
)
def test_an_amide_drawn_as_the_imidic_acid_is_refused_nothing(name: str, smiles: str, holds: bool | None) -> None:
    entry = load_lexicon().find(name)
    assert entry is not None
    assert membership(entry, read_molecule(smiles)).holds is holds

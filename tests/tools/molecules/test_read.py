"""Reading molecules: what is mended, what is refused and why, what a molecule says about itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rdkit import Chem, RDLogger

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import MAX_SMILES_LENGTH, mend_backslashes, quiet_rdkit, read_molecule

# ------------------------------------------------------------------------------------------------ text in, text kept


@pytest.mark.parametrize(
    ("given", "mended"),
    [
        ("C/C=C\\C", "C/C=C\\C"),
        ("C/C=C\\\\C", "C/C=C\\C"),
        ("C/C=C\\\\\\\\C", "C/C=C\\C"),
        ("CCO", "CCO"),
    ],
)
def test_doubled_backslashes_are_mended_and_mending_again_changes_nothing(given: str, mended: str) -> None:
    assert mend_backslashes(given) == mended
    assert mend_backslashes(mended) == mended


def test_the_text_is_kept_as_it_came_and_the_geometry_survives_mending() -> None:
    molecule = read_molecule("C/C=C\\\\C")
    assert molecule.text == "C/C=C\\\\C"
    assert Chem.MolToSmiles(molecule.mol) == Chem.MolToSmiles(Chem.MolFromSmiles("C/C=C\\C"))


def test_atom_indices_are_those_of_the_text() -> None:
    molecule = read_molecule("OC(=O)CN")
    assert [atom.GetSymbol() for atom in molecule.mol.GetAtoms()] == ["O", "C", "O", "C", "N"]


def test_reading_every_row_of_chebi_20_again_gives_the_same_molecule() -> None:
    shared = os.environ.get("MOLREFLECT_SHARED_DATA")
    if not shared:
        pytest.skip("MOLREFLECT_SHARED_DATA is not set: no ChEBI-20 to read")
    path = Path(shared) / "chebi20" / "validation.txt"
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    texts = [line.split("\t")[1] for line in path.read_text(encoding="utf-8").splitlines()[1:] if "\t" in line]
    changed: list[str] = []
    for text in texts:
        once = read_molecule(text)
        twice = read_molecule(once.smiles)
        if (once.smiles, Chem.MolToSmiles(once.mol)) != (twice.smiles, Chem.MolToSmiles(twice.mol)):
            changed.append(text)
    assert len(texts) > 3_000
    assert changed == []


# ------------------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("C(C", "syntax"),
        ("C1CC", "syntax"),
        ("[Xx]", "syntax"),
        ("c1cccc1", "kekulize"),
        ("C(C)(C)(C)(C)C", "valence"),
        ("O(C)(C)C", "valence"),
        ("CC O", "characters no SMILES has"),
        ("CC\x00O", "characters no SMILES has"),
        ("C\u202eO", "characters no SMILES has"),
        ("αC", "characters no SMILES has"),
        ("[CH260]", "more hydrogens"),
        ("C" + "(C)" * 260, "more than 20 bonds"),
        ("C" * (MAX_SMILES_LENGTH + 1), "longer than"),
        ("C" * 1_001, "more than 1000"),
        ("C1CC1" * 201, "rings"),
    ],
)
def test_a_refusal_names_its_reason_in_one_short_line(text: str, reason: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_molecule(text)
    assert reason.lower() in str(refusal.value).lower()
    assert len(str(refusal.value)) < 400
    assert "\n" not in str(refusal.value)


def test_molecules_at_the_limits_are_read() -> None:
    assert read_molecule("C" * 1_000).heavy_atoms == 1_000
    assert read_molecule("C1CC1" * 200).mol.GetRingInfo().NumRings() == 200


# ------------------------------------------------------------------------------------------ salts, mixtures, identity


@pytest.mark.parametrize(
    ("smiles", "form"),
    [
        ("CCO", "single"),
        ("[NH3+]CC(=O)[O-]", "single"),
        ("CC(=O)[O-].[Na+]", "salt"),
        ("[Na+].[Cl-]", "salt"),
        ("CCN.Cl", "salt"),
        ("CCN.OS(=O)(=O)O", "salt"),
        ("CCO.CCC", "mixture"),
        ("CC(=O)O.O", "mixture"),
    ],
)
def test_salts_and_mixtures_are_told_apart(smiles: str, form: str) -> None:
    assert read_molecule(smiles).form == form


def test_components_come_largest_first_with_duplicates() -> None:
    assert read_molecule("[Na+].O=C([O-])C(=O)[O-].[Na+]").components == ("O=C([O-])C(=O)[O-]", "[Na+]", "[Na+]")


def test_the_block_is_shared_by_stereoisomers_and_not_by_other_compounds() -> None:
    left, right, other = (read_molecule(s) for s in ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "NCCC(=O)O"))
    assert left.inchikey != right.inchikey
    assert left.block == right.block != other.block
    assert left.block == "QNAYBMKLOCPYGJ"  # InChIKey QNAYBMKLOCPYGJ-REOHCLBHSA-N of L-alanine


def test_a_molecule_without_inchi_has_a_block_all_the_same() -> None:
    molecule, same, other = (read_molecule(s) for s in ("*CC(=O)O", "OC(=O)C*", "*CCC(=O)O"))
    assert molecule.inchikey == ""
    assert molecule.block.startswith("smiles:")
    assert molecule.block == same.block != other.block


def test_the_formula_states_the_charge() -> None:
    assert read_molecule("CC(=O)[O-]").formula == "C2H3O2-"


# ------------------------------------------------------------------------------------------------------ neutralisation

NEUTRAL = {
    "carboxylate": ("CC(=O)[O-]", "CC(=O)O"),
    "ammonium": ("C[NH3+]", "CN"),
    "phosphate": ("COP(=O)([O-])[O-]", "COP(=O)(O)O"),
    "diphosphate": ("COP(=O)([O-])OP(=O)([O-])[O-]", "COP(=O)(O)OP(=O)(O)O"),
    "phenolate": ("[O-]c1ccccc1", "Oc1ccccc1"),
    "thiolate": ("C[S-]", "CS"),
    "zwitterion": ("[NH3+]CC(=O)[O-]", "NCC(=O)O"),
    "pyridinium with a proton": ("c1cc[nH+]cc1", "c1ccncc1"),
    "imidazolide": ("c1c[n-]cn1", "c1c[nH]cn1"),
    "guanidinium": ("NC(N)=[NH2+]", "NC(N)=N"),
    "salt of an acid": ("CC(=O)[O-].[Na+]", "CC(=O)O.[Na+]"),
    "nitro": ("C[N+](=O)[O-]", "C[N+](=O)[O-]"),
    "N-oxide": ("C[N+](C)(C)[O-]", "C[N+](C)(C)[O-]"),
    "azide": ("CN=[N+]=[N-]", "CN=[N+]=[N-]"),
    "sulfoxide as a dipole": ("C[S+](C)[O-]", "CS(C)=O"),
    "sulfonamide as a dipole": ("C[S+2]([O-])([O-])N", "CS(N)(=O)=O"),
    "phosphate as a dipole": ("CO[P+]([O-])([O-])O", "COP(=O)(O)O"),
    "chiral sulfoxide as a dipole": ("C[S@+]([O-])CC", "C[S@](=O)CC"),
    "phosphonium betaine": ("C[P+](C)(C)CC(=O)[O-]", "C[P+](C)(C)CC(=O)O"),
    "isocyanide": ("C[N+]#[C-]", "C[N+]#[C-]"),
    "quaternary": ("C[N+](C)(C)C", "C[N+](C)(C)C"),
    "betaine": ("C[N+](C)(C)CC(=O)[O-]", "C[N+](C)(C)CC(=O)O"),
    "N-methylpyridinium": ("C[n+]1ccccc1", "C[n+]1ccccc1"),
    "sulfonium": ("C[S+](C)C", "C[S+](C)C"),
    "metal": ("[Fe+2]", "[Fe+2]"),
    "borohydride": ("[BH4-]", "[BH4-]"),
    "uncharged": ("CCO", "CCO"),
}


@pytest.mark.parametrize(("smiles", "neutral"), NEUTRAL.values(), ids=NEUTRAL)
def test_protons_move_and_dipoles_quaternary_centres_and_metals_stay(smiles: str, neutral: str) -> None:
    assert Chem.MolToSmiles(read_molecule(smiles).neutral) == Chem.CanonSmiles(neutral)


@pytest.mark.parametrize("smiles", [smiles for smiles, _ in NEUTRAL.values()], ids=NEUTRAL)
def test_neutralising_keeps_every_atom_at_its_index_and_the_molecule_as_it_was(smiles: str) -> None:
    molecule = read_molecule(smiles)
    before = Chem.MolToSmiles(molecule.mol)
    symbols = [[atom.GetSymbol() for atom in mol.GetAtoms()] for mol in (molecule.mol, molecule.neutral)]
    assert symbols[0] == symbols[1]
    assert Chem.MolToSmiles(molecule.mol) == before


def test_neutralising_keeps_stereochemistry() -> None:
    neutral = read_molecule("C[C@H]([NH3+])C(=O)[O-]").neutral
    assert Chem.MolToSmiles(neutral) == Chem.CanonSmiles("C[C@H](N)C(=O)O")


def test_an_uncharged_molecule_is_its_own_neutral_form() -> None:
    molecule = read_molecule("CCO")
    assert molecule.neutral is molecule.mol


def test_rdkit_is_quiet_while_texts_are_read_and_speaks_again_afterwards(capfd: pytest.CaptureFixture[str]) -> None:
    RDLogger.EnableLog("rdApp.error")  # a benchmark that was tested before in this process may have silenced it
    for text in ("C1CC", "c1cc(", "C(C)(C)(C)(C)C"):
        with pytest.raises(InputError):
            read_molecule(text)
    with quiet_rdkit(), quiet_rdkit():
        Chem.MolFromSmiles("C1C")
    assert capfd.readouterr().err == ""
    Chem.MolFromSmiles("C1C")
    assert "unclosed ring" in capfd.readouterr().err

"""The lists of controlled chemicals: what they name is found, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rdkit import Chem
from rdkit.Chem.rdMolDescriptors import CalcMolFormula

from molreflect.tools.corpus import read_corpus
from molreflect.tools.facts.controlled import controlled_entries, list_names, screen_structure, screen_text
from molreflect.tools.molecules.read import read_molecule


@pytest.mark.parametrize("entry", controlled_entries(), ids=lambda entry: entry.names[0])
def test_every_entry_is_found_by_its_structure_and_by_each_of_its_names(entry: Any) -> None:
    assert entry.source.split("https://")[1]
    if entry.smiles:
        mol = Chem.MolFromSmiles(entry.smiles)
        assert CalcMolFormula(mol) == entry.formula
        assert entry.listed_in in [match.listed_in for match in screen_structure(read_molecule(entry.smiles))]
    for name in entry.names:
        assert entry.listed_in in [match.listed_in for match in screen_text(f"Is {name.upper()}, by chance, listed?")]


@pytest.mark.parametrize(
    ("smiles", "found"),
    [
        ("Cl.CN[C@@H](C)[C@H](O)c1ccccc1", "ephedrine"),  # a salt, where salts count
        ("C[NH2+][C@@H](C)[C@H](O)c1ccccc1.[Cl-]", "ephedrine"),
        ("CNC(C)C(O)c1ccccc1", "ephedrine"),
        ("[Na+].[C-]#N", ""),  # salts do not count there
        ("CC(N)C.Cl", ""),  # the counterion is no hydrochloric acid
        ("[Na+].[Na+].[O-]S(=O)(=O)[O-]", ""),
        ("CC(C)OP(C)(=O)O", ""),
        ("CCO", ""),
    ],
)
def test_salts_and_likes(smiles: str, found: str) -> None:
    assert [match.name for match in screen_structure(read_molecule(smiles))] == ([found] if found else [])


@pytest.mark.parametrize(
    "text",
    ["sarinase", "methyltoluene", "2-nitrotoluene", "piperidine-4-carboxylic acid", "N-sarin", "toluene(d8)"],
)
def test_a_name_within_a_longer_one_is_none(text: str) -> None:
    assert screen_text(text) == ()


def test_the_sample_corpus_raises_no_alarm_but_for_what_is_listed(sample_corpus: Path) -> None:
    listed = {Chem.CanonSmiles(entry.smiles) for entry in controlled_entries() if entry.smiles}
    for pair in read_corpus(sample_corpus).pairs:
        molecule = read_molecule(pair.smiles)
        for match in screen_structure(molecule):
            assert Chem.CanonSmiles(pair.smiles) in listed, f"{pair.id} {match}"
        own = {match.listed_in for match in screen_structure(molecule)}
        alarms = {match.listed_in for match in screen_text(pair.caption) if match.noted} - own
        assert not alarms, f"{pair.id} {pair.caption}"
    assert len(list_names()) == 5


@pytest.mark.parametrize(
    "text",
    [
        "The molecule is a nitrile that is hydrogen cyanide in which the hydrogen has been replaced by a methyl group.",
        "A monocarboxylic acid that is phenylacetic acid substituted by a piperidin-2-yl group.",
        "It is a tautomer of a hydrogen cyanide.",
        "A toluene meta-diisothiocyanate.",
        "The group is attached to the piperidine ring; it is a piperidine alkaloid.",
        "The molecule is the dimethyl ester of sulfuric acid.",
    ],
)
def test_a_name_that_only_tells_of_another_compound_is_no_match(text: str) -> None:
    assert screen_text(text) == ()


def test_a_name_by_itself_is_a_match_whatever_follows() -> None:
    assert [m.name for m in screen_text("Is hydrogen cyanide toxic?")] == ["hydrogen cyanide"]

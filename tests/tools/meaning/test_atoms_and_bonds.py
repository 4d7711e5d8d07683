"""Parts named by their atoms: atoms of groups, bonds by their elements, short chains."""

from __future__ import annotations

import pytest

from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.names.atoms import chain_length, read_bond
from molreflect.tools.resources import Resources


@pytest.mark.parametrize(
    ("name", "smiles", "atoms"),
    [
        ("carbonyl oxygen", "CC(=O)NC", {2}),
        ("amide nitrogen", "CC(=O)NCCN", {3}),
        ("amino nitrogen", "O=C(O)Cc1ccccc1NC", {10}),
        ("ester oxygen", "CC(=O)OC", {3}),
        ("ring nitrogen", "NCc1ccncc1", {5}),
        ("exocyclic nitrogen", "NCc1ccncc1", {0}),
        ("C\u2013Cl bond", "ClCC1CO1", {0, 1}),
        ("N-H group", "CNC(C)=O", {1}),
        ("carbon-nitrogen triple bond", "CC#N", {1, 2}),
        ("ethylene linker", "CN(C)CCOc1ccccc1", {3, 4}),
        ("three-carbon chain", "O=C(C)CCCN(C)C", {3, 4, 5}),
        ("methylene bridge", "c1ccccc1Cc1ccccc1", {6}),
        ("phenolic OH", "OCCc1ccc(O)cc1", {7}),
        ("phenyl ring", "c1ccc(cc1)CC1=CC(=O)c2ccccc2O1", {0, 1, 2, 3, 4, 5}),
        ("sugar ring", "OCC1OC(n2ccc(N)nc2=O)CC1O", {2, 3, 4, 13, 14}),
        ("glycosidic bond", "COC1OC(CO)C(O)C(O)C1O", {1, 2}),
    ],
)
def test_parts_named_by_atoms_light_those_atoms(name: str, smiles: str, atoms: set[int], resources: Resources) -> None:
    molecule = read_molecule(smiles)
    found = [
        find(molecule, p, floor=m.floor) for m in interpret(name, resources, molecule=molecule) for p in m.patterns
    ]
    assert next(hits.covered for hits in found if hits is not None) == atoms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It has a C-Cl bond and a carbon-nitrogen triple bond.", ["C-Cl bond", "carbon-nitrogen triple bond"]),
        ("The bridging oxygen joins a furan and a pyridine.", ["bridging oxygen", "furan", "pyridine"]),
        ("An azo group linking two benzene rings is there.", ["azo group", "two benzene rings"]),
        ("It has a nitrile, connected by a two-carbon chain.", ["nitrile", "two-carbon chain"]),
        ("It has 2,6-difluorophenyl and 4-chlorophenyl groups.", ["2,6-difluorophenyl", "4-chlorophenyl groups"]),
        ("Groups: thiol, acid (COOH), acetamide.", ["thiol", "COOH", "acetamide"]),
        ("It has a thiol which binds zinc, a tertiary amide and a nitrile.", ["thiol", "tertiary amide", "nitrile"]),
        ("It doesn't have any disulfide. It hasn't a nitrile.", []),
    ],
)
def test_such_parts_are_read_in_prose(text: str, expected: list[str], resources: Resources) -> None:
    assert [phrase.text for phrase in resources.reader.read(text)] == expected


def test_other_words_are_no_bonds_and_no_chains() -> None:
    assert [read_bond(text) for text in ("H-H", "peptide bond", "C-3", "amide linkage")] == [None] * 4
    assert [chain_length(text) for text in ("propylene", "side chain", "0-carbon chain")] == [None] * 3

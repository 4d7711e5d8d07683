"""What tests of names ask again and again."""

from __future__ import annotations

from rdkit import Chem

from molreflect.tools.names.structures import NamedStructure, Nomenclature


def one(names: Nomenclature, name: str) -> NamedStructure:
    found = names.resolve([name])[name]
    assert found is not None, name
    return found


def inchi(smiles: str) -> str:
    return str(Chem.MolToInchi(Chem.MolFromSmiles(smiles)))

"""Names that the captions of a corpus define."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from naming import inchi
from rdkit import Chem, RDLogger

from molreflect.tools.names.structures import Nomenclature


@dataclass
class _Pair:
    id: str
    smiles: str
    caption: str


@dataclass
class _Corpus:
    pairs: list[_Pair] = field(default_factory=list)


def test_names_a_corpus_defines_are_learned_but_never_from_the_pair_itself() -> None:
    names = Nomenclature()
    corpus = _Corpus(
        [
            _Pair(
                "1",
                "CC(C)Cc1ccc(cc1)C(C)C([O-])=O",
                "The molecule is an anion. It is a conjugate base of an ibuprofon.",
            ),
            _Pair("2", "C[C@@H](N)c1ccccc1", "The molecule is an amine. It is an enantiomer of a levophenamide."),
            _Pair("3", "CN1CCC[C@H]1c1cccnc1", "Nicofake is a pyridine found in tobacco."),
            _Pair("4", "CCO", "doubtful"),
            _Pair("5", "CCN", "doubtful"),
        ]
    )
    assert names.learn(corpus) == 3
    found = names.resolve(["ibuprofon", "levophenamide", "nicofake", "doubtful", "Nicofakes"])
    assert found["ibuprofon"] is not None
    assert (found["ibuprofon"].source, found["ibuprofon"].learned_from) == ("corpus", ("1",))
    assert inchi(found["ibuprofon"].smiles) == inchi("CC(C)Cc1ccc(cc1)C(C)C(O)=O")
    assert found["levophenamide"] is not None
    assert inchi(found["levophenamide"].smiles) == inchi("C[C@H](N)c1ccccc1")
    assert found["nicofake"] is not None
    assert found["doubtful"] is None
    assert names.resolve(["ibuprofon"], leave_out="1")["ibuprofon"] is None


def test_rdkit_is_silent_while_names_are_learned_and_read_and_only_then(capfd: pytest.CaptureFixture[str]) -> None:
    RDLogger.EnableLog("rdApp.error")  # a benchmark that was tested before in this process may have silenced it
    names = Nomenclature()
    names.learn(_Corpus([_Pair("1", "C1CC", "brokenane"), _Pair("2", "[H+].[Cl-]", "quxine")]))
    assert names.resolve(["quxine"])["quxine"] is not None  # RDKit warns of a hydrogen without neighbours
    assert capfd.readouterr().err == ""
    assert Chem.MolFromSmiles("C1CC") is None
    assert "unclosed ring" in capfd.readouterr().err

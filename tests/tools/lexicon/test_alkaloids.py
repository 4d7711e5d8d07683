"""A ring that synthetic compounds have as well makes no alkaloid, and refutes none: known skeletons of nature do."""

from __future__ import annotations

import pytest

from molreflect.tools.lexicon.classes import load_lexicon
from molreflect.tools.meaning.membership import membership
from molreflect.tools.molecules.read import read_molecule

SYNTHETIC = {
    "quinoline alkaloid": "CCCCOc1cc(C(=O)NCCN(CC)CC)c2ccccc2n1",
    "quinazoline alkaloid": "O=C(c1ccccc1)C1CCN(CCn2c(=O)[nH]c3ccccc3c2=O)CC1",
    "beta-carboline alkaloid": "CN1CC(=O)N2C(Cc3c([nH]c4ccccc34)C2c2ccc3OCOc3c2)C1=O",
    "harmala alkaloid": "CCCCOc1ccc2c(c1)[nH]c1cnccc12",
    "indole alkaloid": "Cc1nccn1CC1CCc2c(C1=O)c1ccccc1n2C",
    "monoterpenoid indole alkaloid": "CN1CCCC1Cc1c[nH]c2ccc(CCc3ccccc3)cc12",
    "spirooxindole alkaloid": "O=C1Nc2ccccc2C12CCNCC2",
    "carbazole alkaloid": "CC(C(=O)O)c1ccc2c(c1)[nH]c1ccccc12",
    "acridone alkaloid": "O=c1c2ccccc2n(CC(=O)O)c2ccccc12",
    "isoquinoline alkaloid": "O=C(C1CCCCC1)N1CC(=O)N2CCc3ccccc3C2C1",
    "pyridine alkaloid": "CC(C)(C(=O)c1cccnc1)c1cccnc1",
    "piperidine alkaloid": "C1CC(C(CN1)COc1ccc2OCOc2c1)c1ccccc1",
    "pyrrolidine alkaloid": "CN1CCCC1CCOC(C)(c1ccccc1)c1ccccc1",
    "imidazole alkaloid": "CCOC(=O)c1cncn1C(C)c1ccccc1",
    "oxazole alkaloid": "c1ccc(cc1)-c1cnc(o1)-c1ccccc1",
    "pyrrole alkaloid": "CC(C)c1c(C(=O)Nc2ccccc2)cc(-c2ccccc2)n1C",
    "diketopiperazine alkaloid": "O=C1CN(Cc2ccccc2)C(=O)CN1c1ccccc1",
    "tropane alkaloid": "CC(C)c1nnc(C)n1C1CC2CCC(C1)N2CCc1ccccc1",
}
NATURAL = {
    "quinoline alkaloid": "COc1c2ccoc2nc2ccccc12",
    "quinazoline alkaloid": "OC1CCN2Cc3ccccc3N=C12",
    "beta-carboline alkaloid": "O=c1ccc2nccc3c4ccccc4n1c23",
    "harmala alkaloid": "CC1=NCCc2c1[nH]c1cc(OC)ccc12",
    "indole alkaloid": "CN1CCC2(C)C1N(C)c1ccc(OC(=O)NC)cc12",
    "monoterpenoid indole alkaloid": "CCC12CC(=C3C4(C1N(CC4)CC=C2)c1ccccc1N3)C(=O)OC",
    "spirooxindole alkaloid": "CN1CCC2(C1)C(=O)Nc1ccc(OC)cc12",
    "carbazole alkaloid": "COc1cc(C=O)cc2c1[nH]c1ccccc12",
    "acridone alkaloid": "COc1cc(O)c2c(c1)n(C)c1ccccc1c2=O",
    "isoquinoline alkaloid": "CC1NCCc2cc(O)c(O)cc12",
    "pyridine alkaloid": "COC(=O)C1=CCCN(C)C1",
    "piperidine alkaloid": "CCCC1CCCCN1",
    "pyrrolidine alkaloid": "CC(=O)CC1CCCN1C",
    "imidazole alkaloid": "CCC1C(COC1=O)Cc1cncn1C",
    "oxazole alkaloid": "Cc1ncc(o1)-c1c[nH]c2ccccc12",
    "pyrrole alkaloid": "NC(=O)c1cc(Br)c(Br)[nH]1",
    "diketopiperazine alkaloid": "O=C1NC(Cc2c[nH]c3ccccc23)C(=O)N2CCCC12",
    "tropane alkaloid": "COC(=O)C1C2CCC(CC1OC(=O)c1ccccc1)N2C",
}


@pytest.mark.parametrize(("name", "smiles"), SYNTHETIC.items())
def test_a_ring_alone_neither_proves_nor_refutes_an_alkaloid(name: str, smiles: str) -> None:
    entry = load_lexicon().find(name)
    assert entry is not None
    assert membership(entry, read_molecule(smiles)).holds is None


@pytest.mark.parametrize(("name", "smiles"), NATURAL.items())
def test_a_skeleton_of_nature_makes_an_alkaloid(name: str, smiles: str) -> None:
    entry = load_lexicon().find(name)
    assert entry is not None
    assert membership(entry, read_molecule(smiles)).holds is True

"""Packed fingerprints are RDKit's, and so is their similarity."""

import numpy as np
import pytest
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

from molreflect.tools.retrieval.fingerprints import PackedFingerprints, morgan, unpack

MOLECULES = [Chem.MolFromSmiles(text) for text in ("CCO", "CCN", "c1ccccc1O", "CC(=O)Oc1ccccc1C(=O)O", "C", "[Na+]")]


@pytest.mark.parametrize("bits", [64, 2048])
def test_tanimoto_is_that_of_rdkit(bits: int) -> None:
    make = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=bits)
    theirs = [make.GetFingerprint(mol) for mol in MOLECULES]
    ours = PackedFingerprints(morgan(mol, bits=bits) for mol in MOLECULES)
    for mol, other in zip(MOLECULES, theirs, strict=True):
        found = ours.tanimoto(morgan(mol, bits=bits))
        assert found.tolist() == DataStructs.BulkTanimotoSimilarity(other, theirs)
        assert ours.tanimoto(morgan(mol, bits=bits), np.array([3, 1])).tolist() == found[[3, 1]].tolist()


def test_two_fingerprints_without_a_bit_are_alike() -> None:
    empty = np.zeros(2, dtype=np.uint64)
    assert PackedFingerprints([empty]).tanimoto(empty).tolist() == [1.0]


def test_unpacked_bits_are_those_of_rdkit_and_folded_ones_their_counts() -> None:
    make = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    packed = np.stack([morgan(mol) for mol in MOLECULES])
    whole = np.array([list(make.GetFingerprint(mol)) for mol in MOLECULES])
    assert np.array_equal(unpack(packed, 2048), whole)
    assert np.array_equal(unpack(packed, 256), whole.reshape(len(MOLECULES), 8, 256).sum(axis=1))

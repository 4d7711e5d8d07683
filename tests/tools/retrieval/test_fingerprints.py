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


@pytest.mark.parametrize("bits", [64, 256, 2048])
def test_candidates_hold_the_nearest_with_all_ties(bits: int) -> None:
    rng = np.random.default_rng(bits)
    families = rng.random((30, bits)) < 0.05
    single = np.repeat(families, 10, axis=0) ^ (rng.random((300, bits)) < 0.005)
    bank = np.packbits(single, axis=1).view(np.uint64)
    bank[50:60], bank[7] = bank[3], 0
    prints = PackedFingerprints(bank)
    looked_at = 0
    for row in range(0, 300, 7):
        near = prints.tanimoto(bank[row])
        for leave_out, at_most in (([], None), ([row, 50, 51], None), ([row], float(np.sort(near)[-20]))):
            allowed = np.ones(300, dtype=bool)
            allowed[leave_out] = False
            if at_most is not None:
                allowed &= near <= at_most
            least = np.sort(near[allowed])[-5]
            found = prints.candidates(bank[row], 5, leave_out=leave_out, at_most=at_most)
            assert set(np.flatnonzero(allowed & (near >= least)).tolist()) <= set(found.tolist())
            looked_at += len(found)
    assert bits == 64 or looked_at < 43 * 3 * 300 / 2  # the others were told apart by their folded bits


def test_where_fewer_are_allowed_than_wanted_all_are_candidates() -> None:
    bank = np.arange(1, 41, dtype=np.uint64).reshape(-1, 1)
    prints = PackedFingerprints(bank)
    assert prints.candidates(bank[0], 3, at_most=0.0).tolist() == list(range(40))
    assert prints.candidates(bank[0], 30).tolist() == list(range(40))

"""Measure what answers that were written to be rewarded earn, on real pairs, beside honest ones.

    python benchmarks/rewards.py chebi20/validation.txt --rows 40

A row of the table is an attack of `tests/support/reward_attacks.py`: its mean and highest sum of rewards, the least
by which the honest answer of the same pair earns more, and on how many pairs it earned as much.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from reward_attacks import TO_CAPTION, TO_MOLECULE, Pair, half_honest, read_pair

from molreflect.tools.corpus import read_corpus
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import open_resources
from molreflect.tools.retrieval.fingerprints import PackedFingerprints, morgan
from molreflect.tools.storage import cache_folder
from molreflect.training.rewards.functions import Rewards


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", help="pairs; read as distill reads them")
    parser.add_argument("--rows", type=int, default=40, help="pairs that are attacked, the first of the corpus")
    parser.add_argument("--others", type=int, default=400, help="pairs after them, as neighbours and to compare with")
    asked = parser.parse_args()
    corpus = read_corpus(asked.corpus, limit=asked.rows + asked.others).pairs
    resources = open_resources(cache_folder())
    rewards = Rewards(resources, [pair.smiles for pair in corpus[asked.rows :]])
    others = corpus[asked.rows :]
    fingerprints = PackedFingerprints(morgan(read_molecule(pair.smiles).mol) for pair in others)
    pairs: list[Pair] = []
    for pair in corpus[: asked.rows]:
        molecule = read_molecule(pair.smiles)
        order = np.argsort(-fingerprints.tanimoto(morgan(molecule.mol)), kind="stable")
        near = next(others[i] for i in order if read_molecule(others[i].smiles).block != molecule.block)
        neighbour = read_pair(near.smiles, near.caption, resources)
        pairs.append(replace(read_pair(pair.smiles, pair.caption, resources), neighbour=neighbour))
    for direction, attacks in (("mol2cap", TO_CAPTION), ("cap2mol", TO_MOLECULE)):
        rows = [pair.to_caption if direction == "mol2cap" else pair.to_molecule for pair in pairs]
        honest = np.array([rewards.total(row["reference"], row) for row in rows])
        print(f"\n{direction}, {len(rows)} pairs: the honest answer earns {honest.mean():.2f}", end="")
        if direction == "mol2cap":
            half = np.mean([rewards.total(half_honest(p), row) for p, row in zip(pairs, rows, strict=True)])
            print(f", half of it {half:.2f}", end="")
        print(f"\n\n{'attack':36} {'mean':>6} {'most':>6} {'margin':>7} {'as much':>8}")
        for name, attack in attacks.items():
            found = np.array([rewards.total(attack(p), row) for p, row in zip(pairs, rows, strict=True)])
            margin = honest - found
            print(f"{name:36} {found.mean():6.2f} {found.max():6.2f} {margin.min():7.2f} {(margin <= 0).sum():8}")
    resources.close()


if __name__ == "__main__":
    main()

"""The main job from end to end on the sample corpus: distil, train, predict, evaluate. No key, no hub, no GPU.

Run it with `make demo`, or `python examples/demo.py runs/demo`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from molreflect.tools.corpus import Pair, read_corpus
from molreflect.tools.molecules.read import read_molecule

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "data" / "sample.tsv"
HELD_OUT_EVERY = 10
"""Every tenth pair is kept away from distillation and training, with all others of its molecule."""
QUESTIONS = 10
"""Held-out pairs the student is asked about, each way."""


def split(pairs: list[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Split a corpus into pairs to train on and pairs held out, so that no molecule is on both sides.

    Two molecules are one where the first block of their InChIKeys is: stereoisomers and protonation states go together.
    """
    blocks = [read_molecule(pair.smiles).block for pair in pairs]
    held = set(blocks[::HELD_OUT_EVERY])
    train = [pair for pair, block in zip(pairs, blocks, strict=True) if block not in held]
    return train, [pair for pair, block in zip(pairs, blocks, strict=True) if block in held]


def write(path: Path, pairs: list[Pair]) -> None:
    """Write a corpus in MolT5's layout."""
    rows = ["\t".join((pair.id, pair.smiles_text, pair.caption)) for pair in pairs]
    path.write_text("\n".join(["CID\tSMILES\tdescription", *rows]) + "\n", encoding="utf-8")


def step(title: str, why: str) -> None:
    """Say what comes next and what it is for."""
    print(f"\n== {title}\n{why}", flush=True)


def molreflect(*arguments: object) -> None:
    """Run one command as a user would."""
    words = [str(a) for a in arguments]
    print(f"\n$ molreflect {' '.join(words)}", flush=True)
    subprocess.run([sys.executable, "-m", "molreflect", *words], check=True)


def main() -> None:
    """Make a fresh run, student and predictions below one folder."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/demo")
    began = time.perf_counter()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    train, held = split(read_corpus(SAMPLE).pairs)
    write(out / "train.tsv", train)
    write(out / "held_out.tsv", held)
    print(f"{len(train)} pairs of the sample corpus to learn from, {len(held)} of other molecules to ask about.")

    run, student = out / "run", out / "student"
    step(
        "1 of 4, distil: tie the phrases of each caption to atoms",
        "A teacher proposes a pattern for each phrase, here the built-in one that needs no model. RDKit finds the\n"
        "atoms, and every tie gets a verdict and a reason. What stands is what the student learns from.",
    )
    molreflect("distill", out / "train.tsv", "--out", run)
    step(
        "2 of 4, train: a small model learns to write these ties, then the answer",
        "LoRA on SmolLM2-135M, 30 steps: enough to see that the loss falls, far from enough for a good student.",
    )
    molreflect("train", run, "--out", student, "--config", ROOT / "configs" / "quickstart.yaml")
    for number, direction, what in ((3, "mol2cap", "molecule to caption"), (4, "cap2mol", "caption to molecule")):
        step(
            f"{number} of 4, predict and evaluate: {what}",
            f"The student answers for {QUESTIONS} molecules it was not trained on, and is shown similar pairs that\n"
            "it was. The scores are those of the field; so small a student of so few rows scores low.",
        )
        predictions = out / f"{direction}.tsv"
        molreflect("predict", student, out / "held_out.tsv", "--direction", direction, "--out", predictions,
                   "--limit", QUESTIONS)  # fmt: skip
        molreflect("evaluate", predictions, "--direction", direction)

    print(f"\ndone in {(time.perf_counter() - began) / 60:.1f} minutes")
    print(f"run directory: {run}")
    print(f"report:        {run / 'report.html'} (open it in a browser)")
    print(f"student:       {student}")
    print(f"predictions:   {out / 'mol2cap.tsv'} and {out / 'cap2mol.tsv'}")
    print("\nThree to try next (first: . .venv/bin/activate):")
    print("  molreflect align 'COC(=O)c1ccccc1O' 'The molecule is a methyl ester and a member of phenols.'")
    print(f"  molreflect traces show {run} {train[0].id}")
    print("  molreflect distill my_pairs.tsv --out runs/mine   # columns id, smiles and caption")


if __name__ == "__main__":
    main()

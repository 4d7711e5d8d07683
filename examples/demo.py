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

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "data" / "sample.tsv"
HELD_OUT_EVERY = 10
"""Every tenth pair is kept away from distillation and training, and is what the student is asked about."""


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
    header, *rows = SAMPLE.read_text(encoding="utf-8").splitlines()
    train, held = out / "train.tsv", out / "held_out.tsv"
    for path, chosen in (
        (train, [row for i, row in enumerate(rows) if i % HELD_OUT_EVERY]),
        (held, [row for i, row in enumerate(rows) if not i % HELD_OUT_EVERY]),
    ):
        path.write_text("\n".join([header, *chosen]) + "\n", encoding="utf-8")

    run, student = out / "run", out / "student"
    molreflect("distill", train, "--out", run)
    molreflect("train", run, "--out", student, "--config", ROOT / "configs" / "quickstart.yaml")
    for direction in ("mol2cap", "cap2mol"):
        predictions = out / f"{direction}.tsv"
        molreflect("predict", student, held, "--direction", direction, "--out", predictions, "--limit", 10)
        molreflect("evaluate", predictions, "--direction", direction)

    minutes = (time.perf_counter() - began) / 60
    print(f"\ndone in {minutes:.1f} minutes")
    print(f"run directory: {run}")
    print(f"report:        {run / 'report.html'}")
    print(f"student:       {student}")
    print(f"predictions:   {out / 'mol2cap.tsv'} and {out / 'cap2mol.tsv'}")


if __name__ == "__main__":
    main()

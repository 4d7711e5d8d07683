"""Distil a whole corpus with the embedded defaults, recheck every supported alignment, and print how long it took.

MOLREFLECT_SHARED_DATA=... python benchmarks/distill.py
python benchmarks/distill.py --corpus data/sample.tsv
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rdkit import Chem

YARDSTICK = ("[CX3](=O)[OX2H1]", "c1ccccc1", "[NX3;H2]", "C1CCC2C(C1)CCC1C2CCC2CCCC12", "[CX4][OX2H]", "C=C")
"""Patterns that are matched against the sample corpus for a second: how fast is this machine, now?"""


def yardstick(seconds: float = 2.0) -> float:
    """Count the substructure matches a second that one thread makes, RDKit alone."""
    sample = Path(__file__).parents[1] / "data" / "sample.tsv"
    rows = sample.read_text(encoding="utf-8").splitlines()[1:]
    molecules = [m for row in rows if (m := Chem.MolFromSmiles(row.split("\t")[1])) is not None]
    patterns = [Chem.MolFromSmarts(smarts) for smarts in YARDSTICK]
    done, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        for molecule in molecules:
            for pattern in patterns:
                molecule.GetSubstructMatches(pattern)
        done += len(molecules) * len(patterns)
    return done / took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    shared = os.environ.get("MOLREFLECT_SHARED_DATA")
    default = Path(shared) / "chebi20" / "validation.txt" if shared else Path("data/sample.tsv")
    parser.add_argument("--corpus", type=Path, default=default)
    parser.add_argument("--keep", type=Path, help="Keep the run in this folder.")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="molreflect-"))
    run = folder / "run" if options.keep is None else folder
    command = [sys.executable, "-m", "molreflect"]
    try:
        before = yardstick()
        began = time.perf_counter()
        subprocess.run(
            [*command, "distill", str(options.corpus), "--out", str(run), "--student", "none"],
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"HF_HUB_OFFLINE": "1"},
        )
        seconds = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = used.ru_utime + used.ru_stime
        after = yardstick()
        summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
        began = time.perf_counter()
        rechecked = subprocess.run(
            [*command, "recheck", str(run), "--json"], stdout=subprocess.PIPE, text=True, check=False
        )
        outcome = json.loads(rechecked.stdout)
        print(f"corpus                        {options.corpus}")
        print(f"rows                          {summary['rows']}, unreadable {summary['bad_rows']}")
        print(f"distil, index included        {seconds:.1f} s")
        each = 1000 * processor / sum(summary["rows"].values())
        print(f"processor time                {processor:.1f} s, {each:.1f} ms a row")
        print(f"yardstick                     {before:,.0f} RDKit matches a second before, {after:,.0f} after;")
        print(f"                              as long as {seconds * (before + after) / 2e6:.1f} million matches")
        print(f"recheck                       {time.perf_counter() - began:.1f} s")
        print(f"supported alignments checked {outcome['checked']}, broken {len(outcome['broken'])}")
        print(f"structural phrases supported  {summary['supported_share_of_structural_phrases']:.1%}")
        print(f"verdicts                      {summary['alignments']}")
        print(f"sources                       {summary['sources_of_supported']}")
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

"""Distil a whole corpus with the embedded defaults, replay every supported alignment, and print how long it took.

MOLREFLECT_SHARED_DATA=... python benchmarks/distill.py
python benchmarks/distill.py --corpus data/sample.tsv
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path


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
        began = time.perf_counter()
        subprocess.run(
            [*command, "distill", str(options.corpus), "--out", str(run), "--student", "none"],
            check=True, stdout=subprocess.DEVNULL, env=os.environ | {"HF_HUB_OFFLINE": "1"},
        )  # fmt: skip
        seconds = time.perf_counter() - began
        summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
        began = time.perf_counter()
        replayed = subprocess.run(
            [*command, "replay", str(run), "--json"], stdout=subprocess.PIPE, text=True, check=False
        )
        outcome = json.loads(replayed.stdout)
        print(f"corpus                        {options.corpus}")
        print(f"rows                          {summary['rows']}, unreadable {summary['bad_rows']}")
        print(f"distil, index included        {seconds:.1f} s")
        print(f"replay                        {time.perf_counter() - began:.1f} s")
        print(f"supported alignments replayed {outcome['checked']}, broken {len(outcome['broken'])}")
        print(f"structural phrases supported  {summary['supported_share_of_structural_phrases']:.1%}")
        print(f"verdicts                      {summary['alignments']}")
        print(f"sources                       {summary['sources_of_supported']}")
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

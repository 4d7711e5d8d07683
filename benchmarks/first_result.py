"""How long a newcomer waits for the first result of `molreflect align`, in a process of its own, with a warm cache.

`python benchmarks/first_result.py --runs 5`. The processor's seconds are what an idle core would take at least; the
wall's tell the same only where nothing else runs. Exits with 1 where the best run takes longer than the bar.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

BAR = 3.0
"""Seconds of one core."""
PAIR = ("COC(=O)c1ccccc1O", "The molecule is a methyl ester and a member of phenols. It derives from a salicylic acid.")


def once() -> tuple[float, float]:
    """Seconds of the wall clock and of the processor for one call."""
    before, began = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-m", "molreflect", "align", *PAIR], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - began, spent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="Calls after one that warms the caches.")
    runs = parser.parse_args().runs
    once()
    walls, cores = zip(*(once() for _ in range(runs)), strict=True)
    for name, seconds in (("wall", walls), ("processor", cores)):
        print(f"{name:10} best {min(seconds):.2f} s, median {statistics.median(seconds):.2f} s of {runs}")
    print(f"load of the machine {os.getloadavg()[0]:.1f}")
    return int(min(cores) > BAR)


if __name__ == "__main__":
    sys.exit(main())

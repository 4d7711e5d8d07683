"""Hostile input: a small run of `benchmarks/fuzz.py`, in processes of their own so that a crash is a failed test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).resolve().parents[3] / "benchmarks" / "fuzz.py"
ITEMS = 2_000


def test_hostile_input_is_refused_or_judged_and_never_hangs_or_crashes() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--items", str(ITEMS), "--chunk", str(ITEMS), "--seed", "2"],
        capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert f"{ITEMS} of {ITEMS} items finished, 0 faults" in done.stdout


def test_an_item_can_be_made_again() -> None:
    said = [
        subprocess.run(
            [sys.executable, str(BENCHMARK), "--only", "0", "--seed", "2"],
            capture_output=True, text=True, timeout=120, check=True,
        ).stdout.splitlines()[0]
        for _ in range(2)
    ]  # fmt: skip
    assert said[0] == said[1]

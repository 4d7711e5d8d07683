"""Share of structural phrases that stand in a run, and a random draw of its supported alignments to judge by hand.

Run: molreflect distill <corpus> --out RUN
     python benchmarks/judged.py RUN [--draw 100] [--seed 2026] [--markdown]

The draw is fixed by the seed and by which alignments are supported. `docs/judged.md` holds one draw for each reference
corpus, each alignment with its judgement; `--markdown` prints the rows of such a table with the judgement left open.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rdkit import Chem

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import PhraseKind, Verdict

CONTEXT = 48
"""Characters of the caption shown on either side of a phrase."""


def structural(run: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every structural alignment of a run with its record, in corpus order."""
    with (run / "alignments.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            for alignment in record["alignments"]:
                if alignment["kind"] == PhraseKind.STRUCTURE:
                    yield record, alignment


def draw(
    alignments: Sequence[tuple[dict[str, Any], dict[str, Any]]], size: int, seed: int
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Some supported alignments at random."""
    supported = [(r, a) for r, a in alignments if a["verdict"] == Verdict.SUPPORTED]
    return random.Random(seed).sample(supported, min(size, len(supported)))


def row(number: int, record: dict[str, Any], alignment: dict[str, Any]) -> str:
    """One row of the table: where the phrase stands, what it was tied to, how often."""
    caption, start, end = record["caption"], alignment["start"], alignment["end"]
    around = f"{caption[max(0, start - CONTEXT) : start]}**{alignment['phrase']}**{caption[end : end + CONTEXT // 2]}"
    molecule = read_molecule(record["smiles"])
    hits = alignment["atoms"]
    fragment = Chem.MolFragmentToSmiles(molecule.mol, sorted({i for hit in hits for i in hit}))
    around = around.replace("|", "/").replace("\n", " ")
    return f"| {number} | {record['id']} | {around} | {len(hits)} | `{fragment}` | {alignment['source']} |  |"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--draw", type=int, default=100)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--markdown", action="store_true", help="print the drawn alignments as table rows")
    chosen = parser.parse_args(arguments)
    alignments = list(structural(chosen.run))
    verdicts = Counter(a["verdict"] for _, a in alignments)
    reasons = Counter((a["verdict"], a["reason"]) for _, a in alignments)
    supported = verdicts[Verdict.SUPPORTED]
    print(f"structural phrases {len(alignments)}, supported {supported} = {supported / max(1, len(alignments)):.3f}")
    for (verdict, reason), count in reasons.most_common():
        print(f"  {verdict:10} {reason:24} {count}")
    if chosen.markdown:
        print("| | id | phrase in its caption | hits | atoms | source | judged |")
        print("|---:|---|---|---:|---|---|---|")
        for number, (record, alignment) in enumerate(draw(alignments, chosen.draw, chosen.seed), start=1):
            print(row(number, record, alignment))
    return 0


if __name__ == "__main__":
    sys.exit(main())

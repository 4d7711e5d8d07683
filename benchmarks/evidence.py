"""Speed of corpus evidence: building the fragment library, one pattern over the corpus, one tie, one mined phrase.

    python benchmarks/evidence.py --corpus chebi20/validation.txt

prints wall and processor seconds (they part when the machine is busy) and the fragments mined for a few class names.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from molreflect.tools.corpus import inchikey_blocks, read_corpus
from molreflect.tools.evidence.corpus_evidence import CorpusEvidence

NAMES = ["nitrile", "carbamate ester", "methyl ester", "sulfonamide", "steroid", "tertiary alcohol", "lactam", "ketone"]
NAMES += ["epoxide", "sulfone", "indole", "coumarin", "guanidine", "phosphatidylcholine", "primary alcohol", "purine"]
PATTERNS = ["c1ccccc1", "C#N", "NC(=O)O", "[CX3](=O)[OX2H1]", "C(=O)[O-]", "CO", "[NX3;H2;!$(NC=O)]", "C[C@H](N)C(=O)O"]
PATTERNS += ["C1CCC2C(C1)CCC1C3CCCC3CCC21", "CCCCCCCCCCCCCCCC", "[OX2H][CX4]", "[N+](=O)[O-]", "S(=O)(=O)N", "C=CC=O"]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = os.environ.get("MOLREFLECT_SHARED_DATA")
    default = Path(shared) / "chebi20" / "validation.txt" if shared else None
    parser.add_argument("--corpus", type=Path, default=default, required=default is None)
    given = parser.parse_args(arguments)
    corpus = read_corpus(given.corpus)
    words = {name: re.compile(rf"\b(?:an?|some) {name}s?\b") for name in NAMES}
    phrases = {pair.id: {n for n, found in words.items() if found.search(pair.caption)} for pair in corpus.pairs}
    figures: dict[str, Any] = {"corpus": corpus.source, "rows": len(corpus)}
    with tempfile.TemporaryDirectory() as folder:
        evidence = CorpusEvidence(corpus, phrases, Path(folder))
        figures["library"] = clock(lambda: evidence.library)
        figures["fragments"] = len(evidence.library.patterns)
        figures["screens"] = clock(lambda: evidence.presence("[Po]"))
        figures["blocks"] = clock(lambda: inchikey_blocks(corpus, Path(folder)))
        each = {pattern: clock(lambda p=pattern: evidence.presence(p))["cpu"] * 1000 for pattern in PATTERNS}
        figures["ms_a_pattern"] = {"median": round(float(np.median(list(each.values()))), 1), **each}
        ids = [pair.id for pair in corpus.pairs[:1000]]
        evidence.tie("nitrile", "C#N", leave_out=ids[0])
        ties = clock(lambda: [evidence.tie("nitrile", "C#N", leave_out=one) for one in ids])
        figures["ms_a_tie"] = round(ties["wall"], 4)
        figures["mine"] = clock(lambda: [evidence.mine(name) for name in NAMES])
        figures["save"] = clock(lambda: evidence.save(phrase_version="benchmark"))
        evidence.close()
        loaded = clock(lambda: CorpusEvidence.load(corpus, Path(folder), phrase_version="benchmark").library)
        figures["load"] = loaded
        figures["mined"] = {
            name: [(f.pattern, f.level.value, round(f.recall, 3), round(f.lift, 1)) for f in evidence.mine(name)[:1]]
            for name in NAMES
        }
    print(json.dumps(figures, indent=1))


def clock(work: Callable[[], object]) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {"wall": round(time.perf_counter() - wall, 4), "cpu": round(time.process_time() - cpu, 4)}


if __name__ == "__main__":
    main()

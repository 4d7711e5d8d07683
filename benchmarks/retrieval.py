"""Recall, speed and size of the neighbour index.

    python benchmarks/retrieval.py --corpus chebi20/validation.txt [--captions] [--scale 100000] [--scale 1000000]

On the corpus: seconds to build, recall@10 of Chroma's 50 candidates after exact re-ranking against an exhaustive
Tanimoto scan by RDKit, milliseconds a query, and how many excluded neighbours were returned (must be 0) when every row
asks, once without a threshold and once with one.

With --scale: how time and memory grow. The molecules are synthetic: rings, chains, links and ends put together at
random as SMILES (fixed seed), each different from the others. They go the whole way of a real corpus (RDKit reads
them, Morgan fingerprints, Chroma), but they are more alike than real ones: 36 pieces make all of them, so recall is
measured on harder ground than it will meet. Every scale runs in a process of its own, so that its peak memory is its
own. What is written to disk is removed afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from rdkit import DataStructs
from rdkit.Chem import rdFingerprintGenerator

from molreflect.tools.corpus import Corpus, Pair, fingerprint, read_corpus
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.retrieval.index import NeighbourIndex
from molreflect.tools.retrieval.vectors import IndexSettings

CORES = [
    "C{}1CCC{}CC1",
    "c1c{}cc{}cc1",
    "C{}1OCC{}O1",
    "c1c{}ncc{}c1",
    "C{}C{}",
    "C(={})C{}",
    "c1c{}sc{}c1",
    "C{}1CC1{}",
]
LINKS = ["C", "O", "N", "CC", "C(=O)N", "C(=O)O", "CCC", "S(=O)(=O)N", "C=C", "OC", "NC(=O)", "CCCC", "C(C)", "N(C)"]
ENDS = ["C", "O", "N", "F", "Cl", "Br", "C#N", "C(=O)O", "C(F)(F)F", "c1ccccc1", "C1CC1", "[N+](=O)[O-]", "C(C)C", "CO"]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = os.environ.get("MOLREFLECT_SHARED_DATA")
    default = Path(shared) / "chebi20" / "validation.txt" if shared else None
    parser.add_argument("--corpus", type=Path, default=default, required=default is None)
    parser.add_argument("--captions", action="store_true", help="embed and search the captions as well")
    parser.add_argument("--scale", type=int, action="append", default=[], help="so many synthetic molecules as well")
    parser.add_argument("--no-corpus", action="store_true", help="the synthetic molecules only")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.one:
        print(json.dumps(on_synthetic(given.one)), flush=True)
        return
    if not given.no_corpus:
        print(json.dumps(on_corpus(read_corpus(given.corpus), captions=given.captions)), flush=True)
    scales = []
    for rows in given.scale:
        child = subprocess.run(
            [sys.executable, __file__, "--corpus", str(given.corpus), "--one", str(rows)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        scales.append(json.loads(child.stdout))
        print(json.dumps(scales[-1]), flush=True)
    for small, large in pairwise(scales):
        print(json.dumps(growth(small, large)), flush=True)


def growth(small: dict[str, Any], large: dict[str, Any]) -> dict[str, Any]:
    """How many times as much the larger corpus takes."""
    shown = (
        "rows",
        "processor_seconds_fingerprints",
        "processor_seconds_chroma",
        "ms_a_query_median",
        "peak_memory_mb",
        "disk_mb",
    )
    return {"from": small["rows"], "to": large["rows"]} | {
        f"times_{name}": round(large[name] / small[name], 2) for name in shown
    }


def on_corpus(corpus: Corpus, *, captions: bool) -> dict[str, Any]:
    figures: dict[str, Any] = {"corpus": corpus.source, "rows": len(corpus)}
    with tempfile.TemporaryDirectory() as folder:
        for name, settings in (
            ("chroma", IndexSettings(complete_below=0)),
            ("chroma_completed", IndexSettings()),
        ):
            with NeighbourIndex(corpus, Path(folder), settings=settings) as index:
                start = time.perf_counter()
                index.prepare(["molecule"])
                if name == "chroma":
                    figures["build_seconds_molecules_and_blocks"] = round(time.perf_counter() - start, 2)
                figures[name] = asked(index, corpus, settings)
        if captions:
            with NeighbourIndex(corpus, Path(folder)) as index:
                start = time.perf_counter()
                index.prepare(["caption"])
                figures["build_seconds_captions"] = round(time.perf_counter() - start, 2)
                texts = [pair.caption for pair in corpus.pairs]
                for route in ("caption", "bm25"):
                    index.neighbours(texts[0], by=route)
                    start = time.perf_counter()
                    for text in texts[:500]:
                        index.neighbours(text, by=route)
                    figures[f"ms_a_query_{route}"] = round((time.perf_counter() - start) * 2, 2)
                figures["caption_recall_of_chroma"] = index.observed_recall
            start = time.perf_counter()
            with NeighbourIndex(corpus, Path(folder)) as index:
                index.prepare(["molecule", "caption"])
                figures["reopen_seconds"] = round(time.perf_counter() - start, 2)
    return figures


def asked(index: NeighbourIndex, corpus: Corpus, settings: IndexSettings) -> dict[str, Any]:
    smiles = [pair.smiles for pair in corpus.pairs]
    blocks = index.blocks.tolist()
    block_of = {pair.id: block for pair, block in zip(corpus.pairs, blocks, strict=True)}
    out = [{block} for block in blocks]
    start = time.perf_counter()
    found = index.neighbours_many(smiles, k=10, exclude=out)
    batched = (time.perf_counter() - start) / len(smiles) * 1000
    singles = []
    for place in range(0, len(smiles), max(1, len(smiles) // 500)):
        start = time.perf_counter()
        index.neighbours(smiles[place], k=10, exclude=out[place])
        singles.append((time.perf_counter() - start) * 1000)
    make = rdFingerprintGenerator.GetMorganGenerator(radius=settings.radius, fpSize=settings.bits)
    prints = [make.GetFingerprint(read_molecule(text).mol) for text in smiles]
    labels = np.array(blocks)
    hits = wanted = 0
    for place, answer in enumerate(found):
        scores = np.array(DataStructs.BulkTanimotoSimilarity(prints[place], prints))
        best = np.sort(scores[labels != blocks[place]])[::-1][:10]
        hits += sum(neighbour.similarity >= best[-1] - 1e-12 for neighbour in answer)
        wanted += len(best)
    threshold = 0.5
    far = index.neighbours_many(smiles, k=10, exclude=out, max_tanimoto=threshold)
    row_of = {pair.id: row for row, pair in enumerate(corpus.pairs)}
    too_close = sum(
        block_of[n.id] == blocks[row] or DataStructs.TanimotoSimilarity(prints[row], prints[row_of[n.id]]) > threshold
        for row, answer in enumerate(far)
        for n in answer
    )
    return {
        "recall_at_10": round(hits / wanted, 5),
        "ms_a_query_median": round(float(np.median(singles)), 2),
        "ms_a_query_p95": round(float(np.percentile(singles, 95)), 2),
        "ms_a_query_batched": round(batched, 2),
        "excluded_returned": sum(block_of[n.id] == blocks[row] for row, answer in enumerate(found) for n in answer),
        "excluded_returned_threshold_0.5": too_close,
        "answers_threshold_0.5": sum(map(len, far)),
    }


def on_synthetic(rows: int) -> dict[str, Any]:
    start = time.perf_counter()
    pairs = tuple(Pair(f"s{n}", text, "synthetic", text, n + 2) for n, text in enumerate(synthetic(rows)))
    corpus = Corpus(pairs, (), fingerprint(pairs), f"{rows} synthetic")
    figures: dict[str, Any] = {"corpus": corpus.source, "rows": rows}
    figures["seconds_to_make"] = round(time.perf_counter() - start, 1)
    folder = Path(tempfile.mkdtemp())
    try:
        with NeighbourIndex(corpus, folder, settings=IndexSettings(complete_below=0)) as index:
            start, busy = time.perf_counter(), time.process_time()
            words = index._vectors.prints.bits
            figures["seconds_fingerprints"] = round(time.perf_counter() - start, 1)
            figures["processor_seconds_fingerprints"] = round(time.process_time() - busy, 1)
            start, busy = time.perf_counter(), time.process_time()
            index._collection("molecules")
            figures["seconds_chroma"] = round(time.perf_counter() - start, 1)
            figures["processor_seconds_chroma"] = round(time.process_time() - busy, 1)
            figures["numbers_a_molecule_in_chroma"] = index._vectors.dimensions
            counts = np.bitwise_count(words).sum(axis=1, dtype=np.int64)
            times, hits = [], 0
            places = random.Random(1).sample(range(rows), 200)
            index.neighbours(pairs[0].smiles, k=10)  # opens the file
            for place in places:
                start = time.perf_counter()
                answer = index.neighbours(pairs[place].smiles, k=10)
                times.append((time.perf_counter() - start) * 1000)
                shared = np.bitwise_count(words & words[place]).sum(axis=1, dtype=np.int64)
                scores = np.sort(shared / (counts + counts[place] - shared))[-10:]
                hits += sum(neighbour.similarity >= scores[0] - 1e-12 for neighbour in answer)
            figures["recall_at_10"] = round(hits / (10 * len(places)), 4)
            figures["ms_a_query_median"] = round(float(np.median(times)), 2)
            figures["ms_a_query_p95"] = round(float(np.percentile(times, 95)), 2)
        figures["disk_mb"] = round(sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6)
        figures["processor_seconds_in_all"] = round(time.process_time())
        figures["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
    finally:
        shutil.rmtree(folder)
    return figures


def synthetic(rows: int) -> list[str]:
    """Different molecules of two to four cores; the same for the same number of rows."""
    rng = random.Random(0)
    found: dict[str, None] = {}
    while len(found) < rows:
        text = rng.choice(ENDS)
        for _ in range(rng.randint(2, 4)):
            core = rng.choice(CORES)
            if "={}" in core:
                core = core.format("O", "({})")
                text = core.format(rng.choice(LINKS) + text)
                continue
            branch = rng.choice(LINKS) + rng.choice(ENDS).replace("1", "9")
            text = core.format(f"({branch})", f"({rng.choice(LINKS)}{bump(text)})")
        found[text] = None
    return list(found)


def bump(smiles: str) -> str:
    """Ring closure labels that cannot meet those of the core around it: each layer takes a label of its own."""
    return smiles.translate(str.maketrans("12345678", "23456781")) if any(c.isdigit() for c in smiles) else smiles


if __name__ == "__main__":
    main()

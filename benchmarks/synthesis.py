"""Make synthetic triples with one process and with several, and print rates, what was dropped, and memory.

python benchmarks/synthesis.py --count 300 --workers 2

Rates are set beside the naming of the same molecules alone, which is the slowest part, in the same run.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections import Counter
from pathlib import Path

from molreflect.graphs.runs.recheck import recheck
from molreflect.graphs.runs.synthetic import Known, SynthesisSettings, Synthesized, read_known, synthesize
from molreflect.settings import Settings
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.names.systematic import Namer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    known = read_known(None, Settings().sample)
    settings = SynthesisSettings(count=options.count, seed=options.seed)
    with tempfile.TemporaryDirectory(prefix="molreflect-") as folder:
        texts: set[str] = set()
        rates: dict[int, float] = {}
        for workers in (1, options.workers):
            run = Path(folder) / str(workers)
            before = cpu_seconds()
            made, seconds = timed(run, known, settings, workers)
            spent = (cpu_seconds() - before) / made.made
            text = (run / "alignments.jsonl").read_text(encoding="utf-8")
            texts.add(text)
            rates[workers] = made.made / seconds
            print(
                f"processes {workers}: {made.made / seconds:.1f} triples/s once started, {spent:.3f} s of processor "
                f"time a triple, start included ({made.tried} candidates)"
            )
        records = [json.loads(line) for line in text.splitlines()]
        with Namer() as namer:
            namer.name(read_molecule("CCO"), 60)
            began = time.perf_counter()
            for record in records:
                namer.name(read_molecule(record["smiles"]), 20)
            naming = len(records) / (time.perf_counter() - began)
            print(f"naming alone: {naming:.1f} molecules/s, one process; triples are {rates[1] / naming:.2f} of that")
        rechecked = recheck(run)
        print(f"the same with every number of processes: {len(texts) == 1}")
        print(f"supported alignments: {rechecked.checked}, of which {len(rechecked.broken)} do not hold")
        print(f"alignments per triple: {rechecked.checked / len(records):.2f}")
        print("dropped:", json.dumps(made.dropped))
        print("sentences:", json.dumps(Counter(r["selected_because"].split(", ")[-1][:-1] for r in records)))
        bytes_each = sum(p.stat().st_size for p in run.iterdir() if p.is_file()) / len(records)
        print(f"disk: {bytes_each / 1e3:.1f} kB a triple, all files together")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(f"peak memory: {peak:.0f} MB in this process (one maker and the writer)")


def cpu_seconds() -> float:
    """Processor time of this process and of the ones it has ended, in seconds."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def timed(run: Path, known: Known, settings: SynthesisSettings, workers: int) -> tuple[Synthesized, float]:
    """A run, and its seconds from the first triple on: starting Java and the workers is not the rate."""
    first: list[float] = []

    def progress(what: str, done: int, of: int) -> None:
        if what == "making triples" and done and not first:
            first.append(time.perf_counter())
            first.append(done)

    made = synthesize(run, known, settings, workers=workers, progress=progress)
    return made, (time.perf_counter() - first[0]) * made.made / max(1, made.made - first[1])


if __name__ == "__main__":
    main()

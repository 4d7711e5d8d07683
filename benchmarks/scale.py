"""Distil corpora of two sizes with the embedded teacher, and print time, memory, disk, and what a row more costs.

MOLREFLECT_SHARED_DATA=... python benchmarks/scale.py                       # 3,301 and 30,000 rows: half an hour
MOLREFLECT_SHARED_DATA=... python benchmarks/scale.py --rows 9000 --small 3000
python benchmarks/scale.py --corpus data/sample.tsv --rows 600 --small 200

Two corpora are made from pairs that are there. `repeated` has the pairs themselves, then the same molecules written in
other orders with the same captions; `different` has as many molecules that all differ: one hydrogen of a known one is
replaced by a group, and the caption says so. The smaller corpus of a kind is drawn from the larger one, so that a row
costs the same by itself: where a group is added, much of the old caption no longer holds, and a caption that was read
before is read faster. Beside the clock stand processor seconds, which a busy machine changes less, and RDKit matches of
the same moments as a yardstick.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from distill import yardstick
from rdkit import Chem, RDLogger

from molreflect.tools.corpus import Pair, read_corpus
from molreflect.tools.molecules.read import read_molecule

GROUPS = {
    "methyl group": "C",
    "fluoro substituent": "F",
    "chloro substituent": "Cl",
    "hydroxy group": "O",
    "methoxy group": "OC",
    "amino group": "N",
    "cyano group": "C#N",
    "ethyl group": "CC",
    "bromo substituent": "Br",
    "acetyl group": "C(C)=O",
    "trifluoromethyl group": "C(F)(F)F",
    "phenyl group": "c1ccccc1",
}
"""What takes the place of a hydrogen, as captions call it, and as SMILES from its first atom on."""
KINDS = ("repeated", "different")
COMMAND = [sys.executable, "-m", "molreflect"]


@dataclass(slots=True)
class Cost:
    """What a command took."""

    wall: float
    """Seconds."""
    processor: float
    """Seconds of all its processes."""
    memory: float
    """Most megabytes of all its processes together, counted twice a second; shared pages are divided among them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = os.environ.get("MOLREFLECT_SHARED_DATA")
    default = Path(shared) / "chebi20" / "validation.txt" if shared else Path("data/sample.tsv")
    parser.add_argument("--corpus", type=Path, default=default, help="Pairs that the corpora are made from.")
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--small", type=int, default=3_301)
    parser.add_argument("--kind", choices=KINDS, action="append", help="One kind of corpus; both by default.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="Keep corpora and runs in this folder.")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="molreflect-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        pairs = read_corpus(options.corpus).pairs
        for kind in options.kind or KINDS:
            *lines, more = make_corpus(kind, options.rows + 1, pairs, options.seed)
            places = sorted(random.Random(options.seed).sample(range(len(lines)), min(options.small, len(lines))))
            small = measure(kind, [lines[place] for place in places], more, folder)
            ratio = measure(kind, lines, more, folder) / small
            print(f"{kind}: rows a second at {len(lines):,} are {ratio:.2f} of those at {len(places):,}")
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def measure(kind: str, lines: list[str], one_more: str, folder: Path) -> float:
    """Distil a corpus, then with one row more; print what it took, and return rows a second of the first."""
    rows = len(lines)
    out = folder / f"{kind}-{rows}"
    corpus = folder / f"{kind}-{rows}.tsv"
    corpus.write_text("\n".join(["CID\tSMILES\tdescription", *lines]) + "\n", encoding="utf-8")
    distil = [*COMMAND, "distill", str(corpus), "--out", str(out), "--student", "none"]
    before = yardstick()
    whole = run(distil)
    after = yardstick()
    corpus.write_text("\n".join(["CID\tSMILES\tdescription", *lines, one_more]) + "\n", encoding="utf-8")
    sizes = {name: megabytes(out / name) for name in ("index", "report.html", "run.sqlite", "traces.sqlite")}
    looked = {name: run([*COMMAND, *name.split(), str(out), "--json"]) for name in ("status", "traces list")}
    more = run([*distil, "--resume"])
    print(f"{kind}, {rows:,} rows")
    print(f"  distil, index included   {whole.wall:8.1f} s, {rows / whole.wall:.1f} rows a second")
    print(f"  processor time           {whole.processor:8.1f} s, {1000 * whole.processor / rows:.1f} ms a row")
    print(f"  yardstick                {whole.wall * (before + after) / 2e6:8.1f} million RDKit matches, one thread")
    print(f"  memory at most           {whole.memory:8.0f} MB, all processes together")
    for name, size in sizes.items():
        print(f"  {name:24} {size:8.1f} MB")
    for name, cost in looked.items():
        print(f"  {name:24} {cost.wall:8.2f} s, processor {cost.processor:.2f} s")
    print(
        f"  one row more, --resume   {more.wall:8.1f} s, processor {more.processor:.1f} s, memory {more.memory:.0f} MB"
    )
    return rows / whole.wall


def make_corpus(kind: str, rows: int, pairs: tuple[Pair, ...], seed: int) -> list[str]:
    """Make the rows of a corpus, tab-separated; the first are pairs as they are."""
    rng = random.Random(seed)
    lines: list[str] = []
    for pair_id, smiles, caption in _repeated(pairs, rng) if kind == "repeated" else _different(pairs, rng):
        lines.append("\t".join([pair_id, smiles, caption]))
        if len(lines) == rows:
            return lines
    raise SystemExit(f"{len(pairs):,} pairs give no more than {len(lines):,} rows; pass a larger --corpus")


def _repeated(pairs: tuple[Pair, ...], rng: random.Random) -> Iterator[tuple[str, str, str]]:
    yield from ((pair.id, pair.smiles, pair.caption) for pair in pairs)
    for number in range(1, 1_000):
        for pair in pairs:
            mol = read_molecule(pair.smiles).mol
            smiles = Chem.MolToRandomSmilesVect(mol, 1, randomSeed=rng.randrange(1, 2**31))[0]
            yield f"{pair.id}-{number}", smiles, pair.caption


def _different(pairs: tuple[Pair, ...], rng: random.Random) -> Iterator[tuple[str, str, str]]:
    seen: set[str] = set()
    for number in range(1_000):
        for pair in pairs:
            name, group = rng.choice(sorted(GROUPS.items())) if number else ("", "")
            smiles = _with_group(pair.smiles, group, rng) if group else pair.smiles
            if smiles is None or (block := read_molecule(smiles).block) in seen:
                continue
            seen.add(block)
            said = f" It carries {'an' if name[0] in 'ae' else 'a'} {name}." if name else ""
            yield (f"{pair.id}-{number}" if number else pair.id), smiles, pair.caption + said


def _with_group(smiles: str, group: str, rng: random.Random) -> str | None:
    """Put a group in the place of one hydrogen on carbon; None where there is none or the result cannot be read."""
    mol = read_molecule(smiles).mol
    free = [atom.GetIdx() for atom in mol.GetAtoms() if atom.GetAtomicNum() == 6 and atom.GetTotalNumHs()]
    if not free:
        return None
    joined = Chem.RWMol(Chem.CombineMols(mol, Chem.MolFromSmiles(group)))
    at = rng.choice(free)
    joined.AddBond(at, mol.GetNumAtoms(), Chem.BondType.SINGLE)
    joined.GetAtomWithIdx(at).SetNumExplicitHs(max(0, joined.GetAtomWithIdx(at).GetNumExplicitHs() - 1))
    if Chem.SanitizeMol(joined, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
        return None
    written = str(Chem.MolToSmiles(joined))
    return written if Chem.MolFromSmiles(written) is not None else None


def run(command: list[str]) -> Cost:
    """Run a command to its end, and count what it takes."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | {"HF_HUB_OFFLINE": "1"})
    most = [0.0]
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, most, ended))
    watcher.start()
    try:
        if process.wait():
            raise SystemExit(f"exit code {process.returncode} of {' '.join(command)}")
    finally:
        ended.set()
        watcher.join()
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, most[0])


def _watch(root: int, most: list[float], ended: threading.Event) -> None:
    while not ended.wait(0.5):
        most[0] = max(most[0], sum(_proportional_memory(pid) for pid in _descendants(root)) / 1024)


def _descendants(root: int) -> list[int]:
    """Process ids of a process and all below it, by `/proc`."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):  # it has ended meanwhile
            continue
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _proportional_memory(pid: int) -> int:
    """Kilobytes of a process, pages that it shares divided among those that share them."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # it has ended meanwhile
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def megabytes(path: Path) -> float:
    """Size of a file or of all files of a folder."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(each.stat().st_size for each in files) / 1e6


if __name__ == "__main__":
    RDLogger.DisableLog("rdApp.*")
    main()

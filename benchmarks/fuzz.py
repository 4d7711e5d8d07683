"""Malformed and hostile SMILES, SMARTS and captions against reading, matching and judging.

Run: python benchmarks/fuzz.py [--items 50000] [--seed 1] [--chunk 2500]

Items are made from a seed, so that a failure can be made again: `--only 12345` runs one of them in this process. Chunks
run in processes of their own: a crash of a native library or a hang ends that process, is reported with the item at
fault, and the rest goes on. What must hold for every item:

- no exception but `InputError`, no crash, none over 2 s of processor time (a busy machine is no item's fault);
- a caption's phrases stand where they say; a molecule's neutral form has the same atoms;
- a tie is supported only where its words are quoted, its pattern is readable and found, and the atoms exist.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from molreflect.tools.corpus import Pair, read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.terms import PhraseKind, Verdict
from molreflect.tools.verification.proposals import ProposedAlignment
from molreflect.tools.verification.verify import verify

ROOT = Path(__file__).resolve().parents[1]
LIMIT_SECONDS = 2.0
GIVE_UP_SECONDS = 20.0
"""A chunk's process that does not finish an item in this time is ended."""

KINDS = ("smiles", "smarts", "caption")
SMILES_LETTERS = "CNOSPFIBrlcnos[]()=#-+\\/.%@0123456789*H:$~ "
SMARTS_LETTERS = SMILES_LETTERS + "!&,;XDRrvhxAa{}^?<>"
RIGHT_TO_LEFT = "\u202eמולקולה\u202c جزيء \u200f"
ODD = "\x00\x01\t\n\r\x7f\u00a0\u2028\ud7ff\ufeffé漢😀αβΔ′–"
C60 = (
    "c12c3c4c5c1c6c7c8c2c9c1c3c2c3c4c4c%10c5c5c6c6c7c7c%11c8c9c8c9c1c2c1c2c3c4c3c4c%10c5c5c6c6c7c7c%11c8c8c9c1c1c2c3"
    "c2c4c5c6c3c7c8c1c23"
)
HOSTS = ("OC(=O)c1ccccc1O", "N[C@@H](CS)C(=O)[O-]", C60, "C[N+](C)(C)CC([O-])=O.[Na+].[Cl-]", "C" * 120)
CAPTION = "The molecule is a carboxylic acid that has a role as a plant metabolite. It derives from a benzene."


@lru_cache(maxsize=1)
def sample() -> tuple[Pair, ...]:
    return read_corpus(ROOT / "data" / "sample.tsv").pairs


# --------------------------------------------------------------------------------------------------------- generators


def mutated(text: str, letters: str, rng: random.Random) -> str:
    """A text with a few characters deleted, doubled, swapped, replaced or put in, or a piece repeated."""
    chars = list(text)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        if not chars:
            break
        at = rng.randrange(len(chars))
        match rng.randrange(6):
            case 0:
                del chars[at]
            case 1:
                chars.insert(at, chars[at])
            case 2:
                chars[at] = rng.choice(letters)
            case 3:
                chars.insert(at, rng.choice(letters))
            case 4:
                other = rng.randrange(len(chars))
                chars[at], chars[other] = chars[other], chars[at]
            case _:
                piece = chars[at : at + rng.randrange(1, 12)]
                chars[at:at] = piece * rng.choice((1, 2, 30))
    return "".join(chars)


def noise(letters: str, rng: random.Random) -> str:
    return "".join(rng.choices(letters, k=int(10 ** rng.uniform(0, 2.8))))


def tangle(rng: random.Random, atoms: str) -> str:
    """A SMILES or SMARTS of a random graph with many ring bonds."""
    size = rng.choice((6, 12, 30, 60, 120, 400))
    bonds: list[list[str]] = [[] for _ in range(size)]
    for number in range(1, min(90, rng.choice((3, 10, size, 2 * size)))):
        a, b = rng.sample(range(size), 2)
        label = str(number) if number < 10 else f"%{number:02d}"
        bonds[a].append(label)
        bonds[b].append(label)
    return "".join(rng.choice(atoms.split()) + "".join(labels) for labels in bonds)


def complete(rng: random.Random, atom: str) -> str:
    """Every atom bonded to every other."""
    size = rng.randrange(4, 13)
    labels = {(i, j): n for n, (i, j) in enumerate(((i, j) for i in range(size) for j in range(i + 2, size)), 1)}
    return "".join(
        atom + "".join(f"%{n:02d}" if n > 9 else str(n) for pair, n in labels.items() if i in pair) for i in range(size)
    )


def hostile_smiles(rng: random.Random) -> str:
    n = int(10 ** rng.uniform(1, 5))
    choices: tuple[Callable[[], str], ...] = (
        lambda: "C(" * n + "C" + ")" * n,
        lambda: "C(" * n,
        lambda: "C" + "(C)" * n,
        lambda: "[" * n + "C" + "]" * n,
        lambda: "C" * n,
        lambda: "C1CC1" * (n // 5 + 1),
        lambda: "c1ccccc1" * (n // 8 + 1),
        lambda: "C1CC2CC1CC2" * (n // 11 + 1),
        lambda: "C" + "12" * (n // 2) + "CC",
        lambda: "C%" + "9" * n,
        lambda: "." * n,
        lambda: "C." * n,
        lambda: "[Na+].[Cl-]." * (n // 12) + "O",
        lambda: f"[{'9' * (n % 12 + 1)}C]",
        lambda: f"[C+{'9' * (n % 12 + 1)}]",
        lambda: f"[CH{'9' * (n % 12 + 1)}]",
        lambda: f"[C:{'9' * (n % 12 + 1)}]",
        lambda: "C" + "\\" * (n % 50) + "C=C" + "/" * (n % 7) + "C",
        lambda: "C[C@" + "@" * (n % 9) + "H](N)O",
        lambda: "C" * (n % 80) + "\x00" + "C",
        lambda: RIGHT_TO_LEFT + "CCO",
        lambda: "CCO" + rng.choice(ODD),
        lambda: tangle(rng, rng.choice(("C", "C N O", "* [Fe] C", "c n o", "[Si] P S", "[*] [U]"))),
        lambda: complete(rng, rng.choice(("*", "[Fe]", "C", "[U]", "c", "B"))),
        lambda: "/".join("C=C" for _ in range(n % 400 + 1)),
        lambda: "".join(rng.choice(("[C@H](O)", "[C@@H](N)", "/C=C/", "C1CC1")) for _ in range(n % 300 + 1)),
        lambda: ".".join(pair.smiles for pair in rng.sample(sample(), n % 25 + 1)),
        lambda: "C#" * (n % 500) + "C",
        lambda: "$".join("C" for _ in range(n % 40 + 1)),
        lambda: "[H]" * (n % 1000),
        lambda: "[2H]C" * (n % 300 + 1),
        lambda: "",
        lambda: " " * n,
    )
    return rng.choice(choices)()


def hostile_smarts(rng: random.Random) -> str:
    n = int(10 ** rng.uniform(1, 5))
    choices: tuple[Callable[[], str], ...] = (
        lambda: "[$(" * (n % 60) + "C" + ")]" * (n % 60),
        lambda: "[!$(" * (n % 45) + "*" + ")]" * (n % 45),
        lambda: "[" + ",".join(f"$({'*~' * (n % 30)}[Br])" for _ in range(n % 39 + 1)) + "]",
        lambda: "*" + "~*" * (n % 200),
        lambda: "c" + "~c" * (n % 90) + "~[Xe]",
        lambda: "*" + "~*" * (n % 40) + "~[!*]",
        lambda: ".".join("*" for _ in range(n % 60 + 1)) + ".[Xe]",
        lambda: ".".join("C" for _ in range(n % 30 + 1)),
        lambda: "(" + "C.C" * (n % 30) + ")",
        lambda: "C" * n,
        lambda: "[" + "!" * (n % 500) + "C]",
        lambda: "[" + ";".join("C,N" for _ in range(n % 900 + 1)) + "]",
        lambda: "[C" + "-" * (n % 30) + "+" * (n % 17) + "]",
        lambda: f"[O-{'9' * (n % 12 + 1)};H{'9' * (n % 11)}]",
        lambda: f"[X{{{'1' * (n % 9)}-{'2' * (n % 9)}}}+]",
        lambda: "[O-;$([" + "O-," * (n % 50) + "S-])]",
        lambda: "[#" + "9" * (n % 12 + 1) + "]",
        lambda: "C>>N",
        lambda: "[C:1]>>[N:1]",
        lambda: "*" * (n % 300),
        lambda: tangle(rng, rng.choice(("*", "C", "[#6] [#7]", "[$(C)] *", "[!#1] [R]"))),
        lambda: complete(rng, rng.choice(("*", "[#6]", "[!#1]"))),
        lambda: RIGHT_TO_LEFT,
        lambda: "[OX1-]" + rng.choice(ODD),
        lambda: "",
        lambda: "[]",
        lambda: "[$()]",
        lambda: "[C;]",
        lambda: "[,]",
    )
    return rng.choice(choices)()


def hostile_caption(rng: random.Random) -> str:
    n = int(10 ** rng.uniform(1, 5))
    pair = rng.choice(sample())
    choices: tuple[Callable[[], str], ...] = (
        lambda: pair.caption * (n // len(pair.caption) + 1),
        lambda: "".join(rng.choices(ODD + "abc -,()[]", k=n)),
        lambda: "The molecule is a " + "(" * n + "acid" + ")" * n,
        lambda: "The molecule is a " + "hydroxy" * (n // 7) + " acid.",
        lambda: "The molecule is a " + "-".join("2" for _ in range(n // 2)) + "-ol.",
        lambda: "It has two " + "methyl, " * (n // 8) + "and ethyl groups at positions " + "1, " * (n // 3) + "and 2.",
        lambda: "It is a conjugate base of " * (n // 26 + 1),
        lambda: "derives from " * (n // 13 + 1) + "a benzene.",
        lambda: "It is " + "a member of " * (n // 12) + "phenols.",
        lambda: RIGHT_TO_LEFT * (n // 20 + 1) + pair.caption,
        lambda: pair.caption[::-1],
        lambda: pair.caption.upper(),
        lambda: pair.caption.replace(" ", ""),
        lambda: pair.caption.replace(" ", "\x00"),
        lambda: "a" * n,
        lambda: "1,2-" * (n // 4),
        lambda: "di" * (n // 2) + "chloro",
        lambda: "poly" * (n % 50) + "cosa" * (n % 50) + "noic acid",
        lambda: "The molecule is a " + "alpha-D-Glcp-(1->4)-" * (n // 20 % 300) + "D-glucose.",
        lambda: "The molecule is a " + "glycyl-" * (n // 7 % 400) + "glycine.",
        lambda: "The molecule is a " + "cyclo" * (n % 90) + "hexane.",
        lambda: "The molecule is a " + "bicyclo[" + "9" * (n % 9) + ".1.0]" + "decane.",
        lambda: (
            "The molecule is a spiro[" + "4." * (n % 90) + "4]nonane carrying " + "9" * (n % 400) + " methyl groups."
        ),
        lambda: "",
        lambda: "\n" * n,
        lambda: ", and " * (n // 6),
        lambda: "'" * n + '"' * n,
        lambda: "one of the two of the three of the " * (n // 35),
    )
    return rng.choice(choices)()


def make(number: int, seed: int) -> tuple[str, str]:
    """Item `number`: its kind and text."""
    rng = random.Random(f"{seed}/{number}")
    kind = KINDS[number % 3]
    share = rng.random()
    pair = rng.choice(sample())
    if kind == "smiles":
        if share < 0.5:
            return kind, mutated(pair.smiles, SMILES_LETTERS, rng)
        return kind, noise(SMILES_LETTERS + ODD * (share > 0.65), rng) if share < 0.7 else hostile_smiles(rng)
    if kind == "smarts":
        if share < 0.5:
            entries = resources().lexicon.classes
            pattern = rng.choice(rng.choice(entries).patterns) if share < 0.35 else pair.smiles
            return kind, mutated(pattern, SMARTS_LETTERS, rng)
        return kind, noise(SMARTS_LETTERS + ODD * (share > 0.65), rng) if share < 0.7 else hostile_smarts(rng)
    if share < 0.6:
        return kind, mutated(pair.caption, "abcdehiklmnoprstuy -,.;:()[]{}'0123456789αβ\x00\u202e", rng)
    return kind, hostile_caption(rng)


# ------------------------------------------------------------------------------------------------------------- checks


@lru_cache(maxsize=1)
def resources() -> Resources:
    return open_resources()


def check(kind: str, text: str, number: int) -> Counter[str]:
    """Run one item.

    Returns:
        What became of it: `error` for a clean refusal, `read`, and every verdict given.

    Raises:
        AssertionError: A promise was broken. Any other exception is a bug as well.
    """
    outcome: Counter[str] = Counter()
    try:
        if kind == "smiles":
            check_molecule(text, outcome)
        elif kind == "smarts":
            check_pattern(text, HOSTS[number // 3 % len(HOSTS)], outcome)
        else:
            check_caption(text, sample()[number % len(sample())], outcome)
    except InputError as error:
        refusal = str(error)
    else:
        return outcome
    assert refusal, "a refusal without a message"
    assert len(refusal) < 1_000, "a refusal that repeats the input"
    assert "\n" not in refusal, "a refusal of several lines"
    outcome["error"] += 1
    return outcome


def check_molecule(text: str, outcome: Counter[str]) -> None:
    molecule = read_molecule(text)
    outcome["read"] += 1
    assert read_molecule(molecule.smiles).smiles == molecule.smiles, "mending is not idempotent"
    assert molecule.neutral.GetNumAtoms() == molecule.mol.GetNumAtoms(), "neutralising moved atoms"
    assert molecule.block, "no block"
    assert len(molecule.components) >= 1
    assert molecule.form in ("single", "salt", "mixture")
    verdicts(molecule.smiles, CAPTION, ("carboxylic acid", "benzene"), "[CX3](=O)[OX2H1]", outcome)


def check_pattern(text: str, host: str, outcome: Counter[str]) -> None:
    verdicts(host, CAPTION, ("carboxylic acid", "plant metabolite", "molecule"), text, outcome)
    hits = find(read_molecule(host), text)
    outcome["read"] += 1
    assert hits is None or hits.atoms


def check_caption(text: str, pair: Pair, outcome: Counter[str]) -> None:
    phrases = resources().reader.read(text)
    outcome["read"] += 1
    for phrase in phrases:
        assert text[phrase.start : phrase.end] == phrase.text, f"{phrase.text!r} does not stand at its offsets"
    first = [p.text for p in phrases if p.kind is PhraseKind.STRUCTURE][:3]
    verdicts(pair.smiles, text, (*first, "a phrase that is not there", text[:40]), "c1ccccc1", outcome)
    for phrase in [p for p in phrases if p.kind is PhraseKind.RELATION][:2]:
        verdicts(pair.smiles, text, (phrase.text,), None, outcome, PhraseKind.RELATION)


def verdicts(
    smiles: str,
    caption: str,
    phrases: Sequence[str],
    pattern: str | None,
    outcome: Counter[str],
    kind: PhraseKind = PhraseKind.STRUCTURE,
) -> None:
    molecule = read_molecule(smiles)
    for phrase in phrases:
        judged = verify(
            ProposedAlignment(phrase=phrase, pattern=pattern, kind=kind),
            molecule=molecule,
            caption=caption,
            resources=resources(),
        )
        outcome[judged.verdict] += 1
        atoms = {i for hit in judged.atoms for i in hit}
        assert not atoms or (min(atoms) >= 0 and max(atoms) < molecule.mol.GetNumAtoms())
        if judged.verdict is not Verdict.SUPPORTED:
            assert judged.message, f"{judged.reason} says nothing"
            continue
        assert phrase.strip(), "blank words are supported"
        assert phrase in caption, "words that are not there are supported"
        assert phrase != "plant metabolite", "a role is supported"
        if pattern is not None:
            assert find(molecule, pattern) is not None, "a pattern that is not there is supported"


# ------------------------------------------------------------------------------------------------------------ running


def run_chunk(first: int, last: int, seed: int, out: Path) -> None:
    """Run items in this process, one line in `out` before and one after each."""
    sample(), resources().nomenclature.resolve(["2-methoxyphenol"])  # what starts once is no item's fault
    with out.open("a", encoding="utf-8") as lines:
        for number in range(first, last):
            lines.write(f"{number}\n")
            lines.flush()
            lines.write(json.dumps(run_item(number, seed)) + "\n")
    resources().close()


def run_item(number: int, seed: int) -> dict[str, Any]:
    """Run one item and say what became of it."""
    kind, text = make(number, seed)
    began = time.thread_time()
    try:
        outcome, fault = check(kind, text, number), ""
    except Exception as error:  # noqa: BLE001 - every bug is to be reported, none may end the run
        outcome, fault = Counter[str](), f"{type(error).__name__}: {error}"[:300]
    seconds = time.thread_time() - began
    return {"number": number, "kind": kind, "seconds": seconds, "outcome": dict(outcome), "fault": fault}


def watch(first: int, last: int, seed: int, out: Path) -> tuple[int, str]:
    """Run items in a process of their own; the next item to run, and what ended the process early."""
    command = [sys.executable, __file__, "--range", str(first), str(last), "--seed", str(seed), "--out", str(out)]
    said = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - closed below
    process = subprocess.Popen(command, stderr=said, text=True)
    size, still_since = -1, time.monotonic()
    while process.poll() is None:
        time.sleep(0.2)
        now = out.stat().st_size if out.exists() else 0
        if now != size:
            size, still_since = now, time.monotonic()
        elif time.monotonic() - still_since > GIVE_UP_SECONDS * (1 if size > 0 else 6):
            process.kill()
            process.wait()
    said.seek(0)
    last_words = said.read()[-1500:]
    said.close()
    if process.returncode == 0:
        return last, ""
    lines = out.read_text(encoding="utf-8").splitlines() if out.exists() else []
    if not lines:
        raise RuntimeError(f"the process did not start: {last_words}")
    at = int(lines[-1]) if lines[-1].isdigit() else json.loads(lines[-1])["number"]
    when = "in" if lines[-1].isdigit() else "after"
    return at + 1, f"the process ended {when} item {at} (status {process.returncode}): {last_words}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--start", type=int, default=0, help="number of the first item")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chunk", type=int, default=2_500, help="items a process runs")
    parser.add_argument("--only", type=int, help="run this item here and show it")
    parser.add_argument("--range", type=int, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.only is not None:
        kind, text = make(chosen.only, chosen.seed)
        print(kind, repr(text[:2000]), len(text))
        began = time.perf_counter()
        print(dict(check(kind, text, chosen.only)), f"{time.perf_counter() - began:.2f} s")
        return 0
    if chosen.range is not None:
        run_chunk(*chosen.range, chosen.seed, chosen.out)
        return 0
    faults: list[str] = []
    outcomes: Counter[str] = Counter()
    slowest: list[tuple[float, int, str]] = []
    done = 0
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        for first in range(chosen.start, chosen.start + chosen.items, chosen.chunk):
            at, last = first, min(first + chosen.chunk, chosen.start + chosen.items)
            while at < last:
                out = Path(scratch) / f"{at}.jsonl"
                at, ended = watch(at, last, chosen.seed, out)
                faults += [ended] if ended else []
                for line in out.read_text(encoding="utf-8").splitlines():
                    if not line.startswith("{"):
                        continue
                    item = json.loads(line)
                    done += 1
                    outcomes.update(item["outcome"])
                    slowest = sorted([*slowest, (item["seconds"], item["number"], item["kind"])], reverse=True)[:5]
                    if item["fault"]:
                        faults.append(f"item {item['number']} ({item['kind']}): {item['fault']}")
                    if item["seconds"] > LIMIT_SECONDS:
                        faults.append(f"item {item['number']} ({item['kind']}): {item['seconds']:.1f} s")
            print(f"{done} items, {len(faults)} faults, {time.perf_counter() - began:.0f} s", flush=True)
    print("outcomes: " + ", ".join(f"{name} {count}" for name, count in sorted(outcomes.items())))
    print("slowest: " + ", ".join(f"{s:.2f} s item {number} ({kind})" for s, number, kind in slowest))
    print(*faults, sep="\n")
    print(f"{done} of {chosen.items} items finished, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""Audit of the curated lexicon by machine, on a bank of molecules made from what is installed.

The bank holds every example of the lexicon, every structure of the trivial names, the sample corpus, RDKit's first
5,000 compounds of the NCI set, the smallest members of `lexicon_audit.toml` and, where there, the corpora of
`MOLREFLECT_SHARED_DATA`. What is asked of every entry:

- examples: it occurs in its `matches`, which are members, and not in its `misses`;
- is-a: every molecule of the bank that has it has each of its parents as well, and members are members of the parents;
- shared: no other entry has the same patterns, nor the very same molecules of the bank, without being its kind;
- dotted: a pattern of parts of a kind (`A.A`) occurs wherever two of the parts do, though they share a neighbour;
- smallest: the smallest members of the table are members, the near misses are none;
- unsaid: it names a parent, a definition and a source.

Run: python benchmarks/lexicon_audit.py [--family acids] [--show 20] [--json FILE] [--checks examples,is-a,...]
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rdkit import Chem, RDConfig
from rdkit.Chem import rdSubstructLibrary

from molreflect.tools.errors import InputError
from molreflect.tools.lexicon.classes import LEXICON_FOLDER, StructuralClass, load_lexicon
from molreflect.tools.meaning.membership import conditions_of, membership
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.molecules.smarts import read_pattern, split_at_dots
from molreflect.tools.names.trivial import trivial_names
from molreflect.tools.terms import Level

SMALLEST: dict[str, dict[str, list[str]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
MIN_SHARED = 5
"""Fewest molecules that two entries must have in common to be suspected of meaning the same."""
SAMPLE = Path(__file__).parent.parent / "data" / "sample.tsv"


def bank_texts() -> Iterator[str]:
    """SMILES of every source, repeats included."""
    for table in SMALLEST.values():
        for examples in table.values():
            yield from examples
    for entry in load_lexicon().classes:
        yield from (*entry.matches, *entry.misses)
    yield from (name.smiles for name in trivial_names().entries if name.smiles)
    files = [SAMPLE]
    if shared := os.environ.get("MOLREFLECT_SHARED_DATA"):
        files += [Path(shared) / corpus / "validation.txt" for corpus in ("chebi20", "pubchem324k")]
    for path in files:
        with path.open(encoding="utf-8", newline="") as rows:
            yield from (row["SMILES"] for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE))
    nci = Path(RDConfig.RDDataDir) / "NCI" / "first_5K.smi"
    if nci.is_file():
        yield from (line.split()[0] for line in nci.read_text(encoding="utf-8").splitlines() if line.split())


@dataclass
class Bank:
    """Molecules, each once, and which of them have a class."""

    molecules: list[Molecule] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    """SMILES as written to its place in `molecules`."""
    _as_written: rdSubstructLibrary.SubstructLibrary = field(init=False)
    _neutral: rdSubstructLibrary.SubstructLibrary = field(init=False)
    _known: dict[str, frozenset[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known: dict[str, int] = {}
        for text in bank_texts():
            try:
                molecule = read_molecule(text)
            except InputError:
                continue
            canonical = Chem.MolToSmiles(molecule.mol)
            if canonical not in known:
                known[canonical] = len(self.molecules)
                self.molecules.append(molecule)
            self.places[text] = known[canonical]
        self._as_written = _library([m.mol for m in self.molecules])
        self._neutral = _library([m.neutral for m in self.molecules])

    def having(self, pattern: str, level: Level) -> frozenset[int]:
        """Places of the molecules in which a pattern occurs, down to a rung of the match ladder."""
        key = f"{level} {pattern}"
        if key not in self._known:
            read = read_pattern(pattern)
            if level is Level.SKELETON:
                hits = {i for i, m in enumerate(self.molecules) if m.mol.HasSubstructMatch(read.skeleton)}
            else:
                hits = set(_search(self._as_written, read.query, chiral=level is Level.EXACT))
            if level is Level.NEUTRAL:
                hits |= set(_search(self._neutral, read.neutral, chiral=False))
            self._known[key] = frozenset(hits)
        return self._known[key]

    def members(self, entry: StructuralClass) -> frozenset[int]:
        """Places of the molecules in which a class occurs."""
        return frozenset().union(*(self.having(pattern, entry.level) for pattern in entry.patterns))


def _library(mols: Sequence[Chem.Mol]) -> rdSubstructLibrary.SubstructLibrary:
    library = rdSubstructLibrary.SubstructLibrary(rdSubstructLibrary.MolHolder(), rdSubstructLibrary.PatternHolder())
    for mol in mols:
        library.AddMol(mol)
    return library


def _search(library: rdSubstructLibrary.SubstructLibrary, query: Chem.Mol, *, chiral: bool) -> list[int]:
    params = Chem.SubstructMatchParameters()
    params.useChirality = chiral
    return list(library.GetMatches(query, params, numThreads=1, maxResults=-1))


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be."""

    check: str
    family: str
    entry: str
    what: str


def occurs(entry: StructuralClass, molecule: Molecule) -> bool:
    return any(find(molecule, pattern, floor=entry.level, seconds=10.0) is not None for pattern in entry.patterns)


def examples(entry: StructuralClass, _bank: Bank) -> Iterator[str]:
    for text in entry.matches if conditions_of(entry.name, entry) else ():
        if (judged := membership(entry, read_molecule(text))).holds is False:
            yield f"{text} is no member: it {judged.why}"
    for expected, texts in ((True, entry.matches), (False, entry.misses)):
        for text in texts:
            try:
                if occurs(entry, read_molecule(text)) is not expected:
                    yield f"{text} {'does not match' if expected else 'matches'}"
            except (InputError, MatchTimeoutError) as error:
                yield f"{text}: {error}"


def is_a(entry: StructuralClass, bank: Bank) -> Iterator[str]:
    lexicon = load_lexicon()
    for name in entry.parents:
        parent = lexicon.find(name)
        assert parent is not None
        outside = sorted(bank.members(entry) - bank.members(parent), key=lambda i: len(bank.molecules[i].smiles))
        if outside:
            shown = ", ".join(bank.molecules[i].smiles for i in outside[:3])
            yield f"{len(outside)} of {len(bank.members(entry))} molecules have no {name}, e.g. {shown}"
        elif conditions_of(name, parent):
            both = [bank.molecules[i] for i in sorted(bank.members(entry))]
            apart = [m for m in both if membership(entry, m).holds and membership(parent, m).holds is False]
            if apart:
                least = min(apart, key=lambda m: len(m.smiles))
                yield f"{len(apart)} members are no {name}, e.g. {least.smiles}: it {membership(parent, least).why}"


def _ancestors(entry: StructuralClass) -> set[str]:
    lexicon, found, todo = load_lexicon(), set(), [entry.name]
    while todo:
        for parent in getattr(lexicon.find(todo.pop()), "parents", ()):
            if parent not in found:
                found.add(parent)
                todo.append(parent)
    return found


def shared(entry: StructuralClass, bank: Bank) -> Iterator[str]:
    mine = bank.members(entry)
    for other in _by_members(bank)[mine] if len(mine) >= MIN_SHARED else ():
        if other.name <= entry.name or conditions_of(other.name, other) != conditions_of(entry.name, entry):
            continue
        kin = other.name in _ancestors(entry) or entry.name in _ancestors(other)
        if same := set(entry.patterns) & set(other.patterns):
            yield f"has the pattern of {other.name!r}: {min(same)}" + (" (its kin)" if kin else "")
        elif not kin:
            yield f"occurs in the same {len(mine)} molecules as {other.name!r}"


_groups: dict[int, dict[frozenset[int], list[StructuralClass]]] = {}


def _by_members(bank: Bank) -> dict[frozenset[int], list[StructuralClass]]:
    if id(bank) not in _groups:
        groups = _groups[id(bank)] = defaultdict(list)
        for entry in load_lexicon().classes:
            groups[bank.members(entry)].append(entry)
    return _groups[id(bank)]


def dotted(entry: StructuralClass, bank: Bank) -> Iterator[str]:
    for pattern in entry.patterns:
        parts = split_at_dots(pattern)
        for part in dict.fromkeys(parts):
            times = parts.count(part)
            if times == 1 or len(set(parts)) > 1:
                continue
            eaten = [
                molecule
                for molecule in (bank.molecules[i] for i in bank.having(part, entry.level))
                if _times(molecule, part, entry.level) >= times > _times(molecule, pattern, entry.level) * times
            ]
            if eaten:
                shown = ", ".join(sorted((m.smiles for m in eaten), key=len)[:3])
                yield f"{len(eaten)} molecules have {times} or more of {part} and not {pattern}, e.g. {shown}"


def _times(molecule: Molecule, pattern: str, level: Level) -> int:
    try:
        found = find(molecule, pattern, floor=level, max_hits=16)
    except MatchTimeoutError:
        return 0
    return len(found.atoms) if found is not None else 0


def smallest(entry: StructuralClass, bank: Bank) -> Iterator[str]:
    table = SMALLEST.get(entry.name, {})
    for expected, texts in ((True, table.get("members", ())), (False, table.get("others", ()))):
        for text in texts:
            judged = membership(entry, read_molecule(text))
            if (judged.holds is True) is not expected:  # a near miss may be left open
                yield f"{text} is {'one' if expected else 'none'}, and the verdict is {judged}"


def unsaid(entry: StructuralClass, _bank: Bank) -> Iterator[str]:
    missing = [key for key in ("parents", "definition", "source") if not getattr(entry, key)]
    if missing:
        yield f"no {', '.join(missing)}"


CHECKS: dict[str, Callable[[StructuralClass, Bank], Iterator[str]]] = {
    "examples": examples,
    "is-a": is_a,
    "shared": shared,
    "dotted": dotted,
    "smallest": smallest,
    "unsaid": unsaid,
}


def families() -> dict[str, str]:
    """Name of every entry to the file it is in."""
    return {
        table["name"]: path.stem
        for path in sorted(LEXICON_FOLDER.glob("*.toml"))
        for table in tomllib.loads(path.read_text(encoding="utf-8"))["class"]
    }


def audit(bank: Bank, checks: Sequence[str], family: str | None = None) -> list[Finding]:
    """Ask every entry (of a family) the given checks."""
    filed = families()
    return [
        Finding(check, filed[entry.name], entry.name, what)
        for check in checks
        for entry in load_lexicon().classes
        if family is None or filed[entry.name] == family
        for what in CHECKS[check](entry, bank)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", help="Only entries of this file of the lexicon, e.g. acids.")
    parser.add_argument("--checks", default=",".join(CHECKS), help="Which checks, separated by commas.")
    parser.add_argument("--show", type=int, default=15, help="Findings to print of each check.")
    parser.add_argument("--json", type=Path, help="Write all findings here.")
    options = parser.parse_args()
    bank = Bank()
    print(f"{len(bank.molecules)} molecules, {len(load_lexicon().classes)} entries", file=sys.stderr)
    found = audit(bank, options.checks.split(","), options.family)
    for check in options.checks.split(","):
        of_check = [finding for finding in found if finding.check == check]
        print(f"\n{check}: {len(of_check)} findings in {len({f.entry for f in of_check})} entries")
        for finding in of_check[: options.show]:
            print(f"  {finding.family}: {finding.entry}: {finding.what}")
    if options.json is not None:
        options.json.write_text(json.dumps([vars(finding) for finding in found], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

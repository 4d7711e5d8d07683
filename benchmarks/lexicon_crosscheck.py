"""Cross-check of the curated lexicon against two lists of other hands: RDKit's group hierarchy and `accfg`.

Every group of theirs that has a class of ours by name is matched over one set of molecules (the corpora of
`MOLREFLECT_SHARED_DATA`, and every example molecule of the lexicon); the molecules on which the two differ are counted.
`docs/lexicon.md` keeps the outcome and says, for every disagreement, who is right and why.

Run: pip download --no-deps accfg && unzip accfg-*.whl -d accfg
     MOLREFLECT_SHARED_DATA=<folder> python benchmarks/lexicon_crosscheck.py accfg/accfg > table.md
"""

from __future__ import annotations

import csv
import os
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rdkit import Chem, RDConfig

from molreflect.tools.errors import InputError
from molreflect.tools.lexicon.classes import StructuralClass, load_lexicon
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule, read_molecule

AGREEMENT = 0.98
"""Share of molecules in both among molecules in either, from which on two readings count as the same."""

_TABLES: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
RENAMED: dict[str, str] = _TABLES["renamed"]
REASONS: dict[str, str] = _TABLES["reasons"]
RESOLVED = {name: reason for reason, names in _TABLES["resolved"].items() for name in names}


@dataclass(frozen=True)
class Foreign:
    """One group of another list."""

    source: str
    name: str
    query: Chem.Mol
    smarts: str


@dataclass(frozen=True)
class Comparison:
    """On how many molecules a foreign group and a class of ours agree."""

    foreign: Foreign
    ours: StructuralClass
    both: int
    only_ours: tuple[str, ...]
    only_theirs: tuple[str, ...]

    @property
    def agreement(self) -> float:
        """Molecules in both, over molecules in either; 1 where neither occurs."""
        either = self.both + len(self.only_ours) + len(self.only_theirs)
        return self.both / either if either else 1.0


def accfg_groups(folder: Path) -> Iterator[Foreign]:
    for name in ("fgs_common.csv", "fgs_heterocycle.csv"):
        with (folder / name).open(encoding="utf-8", newline="") as stream:
            for row in list(csv.reader(stream))[1:]:
                if len(row) < 2 or not row[0].strip() or row[0].startswith("%"):
                    continue
                query = Chem.MolFromSmarts(row[1])
                if query is not None:
                    yield Foreign("accfg", row[0].lstrip("# "), query, row[1])


def rdkit_groups() -> Iterator[Foreign]:
    path = Path(RDConfig.RDDataDir) / "Functional_Group_Hierarchy.txt"
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("\t") if cell.strip()]
        if len(cells) < 2 or line.startswith("//"):
            continue
        query = Chem.MolFromSmarts(cells[1])
        if query is not None:
            yield Foreign("RDKit", cells[0], query, cells[1])


def molecules() -> list[tuple[str, Molecule]]:
    """Corpus molecules by `corpus:id` and example molecules by their SMILES, those that can be read."""
    texts: dict[str, str] = {s: s for entry in load_lexicon().classes for s in (*entry.matches, *entry.misses)}
    shared = os.environ.get("MOLREFLECT_SHARED_DATA")
    for corpus in ("chebi20", "pubchem324k") if shared else ():
        path = Path(shared or "") / corpus / "validation.txt"
        for row in path.read_text(encoding="utf-8").splitlines()[1:]:
            cells = row.split("\t", 2)
            texts.setdefault(f"{corpus}:{cells[0]}", cells[1])
    found = []
    unread = 0
    for key, text in texts.items():
        try:
            found.append((key, read_molecule(text)))
        except InputError:
            unread += 1
    print(f"{len(found)} molecules, {unread} could not be read", file=sys.stderr)
    return found


def is_theirs(group: Foreign, molecule: Molecule) -> bool:
    return molecule.mol.HasSubstructMatch(group.query) or molecule.neutral.HasSubstructMatch(group.query)


def is_ours(entry: StructuralClass, molecule: Molecule) -> bool:
    return any(find(molecule, pattern, floor=entry.level) is not None for pattern in entry.patterns)


def compare(group: Foreign, ours: StructuralClass, pool: list[tuple[str, Molecule]]) -> Comparison:
    both, only_ours, only_theirs = 0, [], []
    for key, molecule in pool:
        theirs = is_theirs(group, molecule)
        try:
            mine = is_ours(ours, molecule)
        except MatchTimeoutError:
            print(f"{ours.name}: timed out on {key}, left out", file=sys.stderr)
            continue
        both += theirs and mine
        if mine and not theirs:
            only_ours.append(key)
        if theirs and not mine:
            only_theirs.append(key)
    return Comparison(group, ours, both, tuple(only_ours), tuple(only_theirs))


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not (Path(arguments[0]) / "fgs_common.csv").is_file():
        print(__doc__, file=sys.stderr)
        return 2
    lexicon = load_lexicon()
    pool = molecules()
    compared, unknown = [], []
    for group in (*rdkit_groups(), *accfg_groups(Path(arguments[0]))):
        name = RENAMED.get(group.name.lower(), group.name)
        ours = lexicon.find(name) if name else None
        if ours is None:
            unknown.append(group)
        else:
            compared.append(compare(group, ours, pool))
    differ = [c for c in compared if c.agreement < AGREEMENT]
    seen = [c for c in compared if c.both or c.only_ours or c.only_theirs]
    print(f"{len(pool)} molecules, lexicon {lexicon.version} with {len(lexicon.classes)} classes.")
    print(f"{len(compared)} foreign groups have a class of ours, {len(seen)} of them occur; ", end="")
    print(f"{len(seen) - len(differ)} agree on {AGREEMENT:.0%} of the molecules in either, {len(differ)} do not.\n")
    print(
        "| list | their group | our class | both | only ours | only theirs | e.g. only ours | e.g. only theirs | why |"
    )
    print("|---|---|---|---:|---:|---:|---|---|---|")
    for c in sorted(differ, key=lambda c: (c.foreign.source, c.agreement)):
        print(
            f"| {c.foreign.source} | {c.foreign.name} | {c.ours.name} | {c.both} | {len(c.only_ours)} | "
            f"{len(c.only_theirs)} | {', '.join(f'`{k}`' for k in c.only_ours[:2])} | "
            f"{', '.join(f'`{k}`' for k in c.only_theirs[:2])} | {RESOLVED.get(c.foreign.name.lower(), '**open**')} |"
        )
    print()
    for reason, words in REASONS.items():
        print(f"- **{reason}**: {words}.")
    print(f"\nNot in the lexicon under their name ({len(unknown)}): {'; '.join(g.name for g in unknown)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

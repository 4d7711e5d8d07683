"""Recheck: does every supported alignment of a run hold, looked at again from nothing but its record?"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.match import match_at
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.molecules.write import fragment_smiles
from molreflect.tools.terms import Level, Verdict


@dataclass(frozen=True, slots=True)
class Rechecked:
    """The outcome of a recheck."""

    checked: int
    broken: tuple[str, ...]
    """One line for each alignment that does not hold, and why."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def recheck(run: Path | str) -> Rechecked:
    """Check `alignments.jsonl` of a run directory again.

    >>> recheck("runs/first").broken  # doctest: +SKIP
    ()

    Raises:
        InputError: The run has no `alignments.jsonl`.
    """
    path = Path(run) / "alignments.jsonl"
    if not path.is_file():
        if not (path.parent / "run.sqlite").is_file():  # export would refuse as well
            raise InputError(f"{run} is not a run directory; make one with `molreflect distill`")
        raise InputError(f"{path} does not exist; make it with `molreflect export {run}`")
    checked, broken = 0, []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                record = json.loads(line)
            except json.JSONDecodeError as error:
                raise InputError(
                    f"{path} is not one JSON object a line ({error.msg}); make it again with `molreflect export {run}`"
                ) from error
            for alignment in record["alignments"]:
                if alignment["verdict"] == Verdict.SUPPORTED:
                    checked += 1
                    try:
                        problem = recheck_alignment(record, alignment)
                    except InputError as error:  # its SMILES or its pattern cannot be read
                        problem = str(error)
                    if problem:
                        broken.append(f"{record['id']} {alignment['phrase']!r}: {problem}")
    return Rechecked(checked, tuple(broken))


def recheck_alignment(record: dict[str, Any], alignment: dict[str, Any]) -> str:
    """Say why a supported alignment does not hold; empty where it does."""
    if alignment["start"] is not None and (
        (record["caption"] or "")[alignment["start"] : alignment["end"]] != alignment["phrase"]
    ):
        return "the phrase does not stand at its offsets"
    if record["smiles"] is None:
        return ""  # the caption view: the corpus decided, there are no atoms to find
    if alignment["pattern"] is None:
        return "it has no pattern"
    molecule = read_molecule(record["smiles"])
    if molecule.smiles != record["smiles"]:
        return "its SMILES is not kept as it was read"
    pattern = read_pattern(alignment["pattern"])
    if alignment["level"] not in list(Level):
        return f"{alignment['level']} is no level of the match ladder"
    level = Level(alignment["level"])
    stated = {frozenset(hit) for hit in alignment["atoms"]}
    found = {
        frozenset(hit)
        for stereo in (False, True)
        for hit in match_at(molecule, pattern, level, stereo=stereo, max_hits=1_000)
    }
    if not stated or not stated <= found:
        return f"{alignment['pattern']} is not at {alignment['atoms']} at level {level}"
    if fragment_smiles(molecule, tuple(alignment["atoms"][0])) != alignment["fragment"]:
        return "its fragment is not what those atoms spell"
    return ""

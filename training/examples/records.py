"""Records of a run as training needs them: read from a run, and carried along with an adapter."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.molecules.smiles_patterns import written_as_smiles
from molreflect.tools.molecules.write import attached_fragment_smiles
from molreflect.tools.storage import atomic_write_text
from molreflect.tools.terms import Direction, PhraseKind, Verdict


class PhraseFragment(NamedTuple):
    """An alignment as the student reads and writes it."""

    phrase: str
    fragment: str
    """SMILES of the matched atoms, cut by RDKit."""
    atoms: int = 0
    """Heavy atoms matched, over all hits; decides which parts stay where there are too many."""


@dataclass(frozen=True, slots=True)
class TrainRecord:
    """What training and retrieval need of one record of a run."""

    id: str
    smiles: str
    caption: str
    block: str
    """First block of the molecule's InChIKey; records that share it are the same molecule."""
    parts: tuple[PhraseFragment, ...] = ()
    """Supported structural alignments of the selected version, in caption order."""
    draft: tuple[PhraseFragment, ...] = ()
    """The teacher's draft, whatever its verdicts; only the `unverified` arm reads it."""
    steps: tuple[str, ...] = ()
    """What the teacher looked up and what was refuted, a line each; only the `traced` arm reads it."""
    neighbours: tuple[str, ...] = ()
    """Ids the run named as similar, most similar first."""

    def given(self, direction: Direction) -> str:
        """Return the side that a student is given."""
        return self.smiles if direction is Direction.MOL2CAP else self.caption

    def answer(self, direction: Direction) -> str:
        """Return the side that a student must write."""
        return self.caption if direction is Direction.MOL2CAP else self.smiles


def read_run(run_dir: Path | str, *, limit: int | None = None, attached: bool = False) -> list[TrainRecord]:
    """Read what training needs from a run directory's `alignments.jsonl`, in corpus order.

    Records without a molecule or a caption, and records whose status is not `ok`, cannot be trained on and are left
    out.

    Args:
        run_dir: The run directory.
        limit: Stop after this many usable records.
        attached: Write the fragments with `*` where they were attached, cut anew from the molecule.

    Raises:
        InputError: There is no such file, a line is not a record, ids repeat, or no usable record is left.
    """
    path = Path(run_dir) / "alignments.jsonl"
    records: list[TrainRecord] = []
    for number, raw in _json_lines(path, "run `molreflect distill`, or `molreflect export` on a finished run"):
        if not is_usable(raw):
            continue
        try:
            records.append(train_record(raw, attached=attached))
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{path} line {number} is not a record of alignments ({type(error).__name__}: {error}); "
                "make the file again with `molreflect export`"
            ) from error
        if limit is not None and len(records) == limit:
            break
    if not records:
        raise InputError(f"{path} holds no finished record with both a molecule and a caption; nothing to train on")
    _refuse_repeated(records, path)
    return records


def is_usable(raw: Mapping[str, Any]) -> bool:
    """Say whether a record of a run has both a molecule and a caption, and came to its end."""
    return raw.get("status", "ok") == "ok" and bool(raw.get("smiles")) and bool(raw.get("caption"))


def train_record(raw: Mapping[str, Any], *, attached: bool = False) -> TrainRecord:
    """Take what training needs from a record of a run that is usable.

    Args:
        raw: The record as JSON types.
        attached: Write the fragments with `*` where they were attached, cut anew from the molecule.
    """
    drafted = [
        a
        for a in raw["alignments"]
        if a["version"] == "draft" and a["kind"] == PhraseKind.STRUCTURE and (a.get("fragment") or a.get("pattern"))
    ]
    molecule = read_molecule(raw["smiles"])
    whole = molecule if attached else None
    return TrainRecord(
        id=str(raw["id"]),
        smiles=molecule.smiles,
        caption=one_line(raw["caption"]),
        block=molecule.block,
        parts=parts_of(supported(raw), whole),
        draft=parts_of(drafted, whole),
        neighbours=tuple(str(n) for n in raw.get("neighbours") or ()),
    )


def supported(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the structural alignments of a record's selected version that were verified."""
    return [
        a
        for a in raw["alignments"]
        if a["version"] == raw.get("selected")
        and a["verdict"] == Verdict.SUPPORTED
        and a["kind"] == PhraseKind.STRUCTURE
        and a["fragment"]
    ]


def parts_of(alignments: Iterable[Mapping[str, Any]], molecule: Molecule | None = None) -> tuple[PhraseFragment, ...]:
    """Phrases with their fragments by their place in the caption, each pair once; attached, given a molecule."""
    # Alignments of the molecule view have no place; they keep the order of the record behind the placed ones.
    far = 1 << 30
    ordered = sorted(alignments, key=lambda a: [far if a.get(end) is None else a[end] for end in ("start", "end")])
    parts: dict[tuple[str, str], PhraseFragment] = {}
    for a in ordered:
        # Of a draft that is nowhere in the molecule nothing was cut: its pattern stands in, written like the others.
        fragment = a.get("fragment") or written_as_smiles(a["pattern"]) or a["pattern"]
        if molecule is not None and a["atoms"]:
            fragment = attached_fragment_smiles(molecule, tuple(a["atoms"][0]))  # of the hit that was cut before
        part = PhraseFragment(one_line(a["phrase"]), fragment, sum(len(hit) for hit in a["atoms"]))
        parts.setdefault((part.phrase, part.fragment), part)
    return tuple(parts.values())


def read_supplied(run_dir: Path | str, direction: Direction) -> dict[str, tuple[PhraseFragment, ...]]:
    """One-sided alignments by record id, for the `supplied` arm.

    Raises:
        InputError: A record was made from more than the input side: its phrases or fragments would give the
            answer away.
    """
    wanted = "molecule" if direction is Direction.MOL2CAP else "caption"
    path = Path(run_dir) / "alignments.jsonl"
    found: dict[str, tuple[PhraseFragment, ...]] = {}
    for number, raw in _json_lines(path, f"run `molreflect distill --view {wanted}`"):
        if raw.get("view") != wanted:
            raise InputError(
                f"{path} line {number} was made from the {raw.get('view')!r} view; {direction} needs `--view {wanted}`:"
                " anything else would give the answer away"
            )
        found[str(raw["id"])] = parts_of(supported(raw))
    return found


def fingerprint(records: Iterable[TrainRecord]) -> str:
    """SHA-256 over everything of the records that an example can show."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(_compact(record).encode())
    return digest.hexdigest()


def _compact(record: TrainRecord) -> str:
    kept = {name: getattr(record, name) for name in ("id", "smiles", "caption", "block", "parts", "draft")}
    if record.steps:
        kept["steps"] = record.steps
    return json.dumps(kept, ensure_ascii=False)


def write_records(records: Iterable[TrainRecord], path: Path) -> None:
    """Write records one a line, small enough to travel with an adapter."""
    path.write_text("".join(_compact(record) + "\n" for record in records), encoding="utf-8")


def write_corpus(records: Iterable[TrainRecord], path: Path) -> None:
    """Write molecules and captions as a corpus in MolT5's layout."""
    lines = ["CID\tSMILES\tdescription", *(f"{r.id}\t{r.smiles}\t{one_line(r.caption)}" for r in records)]
    atomic_write_text(path, "\n".join(lines) + "\n")


def read_records(path: Path) -> list[TrainRecord]:
    """Read what `write_records` wrote.

    Raises:
        InputError: The file is missing or is not such a file.
    """
    records = []
    for number, raw in _json_lines(path, "train the student again"):
        try:
            records.append(
                TrainRecord(
                    id=raw["id"],
                    smiles=raw["smiles"],
                    caption=raw["caption"],
                    block=raw["block"],
                    parts=tuple(PhraseFragment(*part) for part in raw["parts"]),
                    draft=tuple(PhraseFragment(*part) for part in raw["draft"]),
                    steps=tuple(raw.get("steps", ())),
                )
            )
        except (KeyError, TypeError) as error:
            raise InputError(f"{path} line {number} is not a training record; train the student again") from error
    _refuse_repeated(records, path)
    return records


def _json_lines(path: Path, advice: str) -> Iterable[tuple[int, dict[str, Any]]]:
    if not path.is_file():
        raise InputError(f"{path} does not exist; {advice}")
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                raw = json.loads(line)
            except json.JSONDecodeError as error:
                raise InputError(f"{path} line {number} is not JSON ({error.msg}); {advice}") from error
            if not isinstance(raw, dict):
                raise InputError(f"{path} line {number} is not a JSON object; {advice}")
            yield number, raw


def _refuse_repeated(records: Sequence[TrainRecord], path: Path) -> None:
    seen: set[str] = set()
    for record in records:
        if record.id in seen:
            raise InputError(f"{path} holds the id {record.id!r} twice; ids must be unique")
        seen.add(record.id)


def one_line(text: str) -> str:
    """Write every run of blanks, tabs and line breaks as one blank."""
    return " ".join(text.split())


def without_draft(record: TrainRecord) -> TrainRecord:
    """The record without its unverified draft, which only one arm needs to carry along."""
    return replace(record, draft=())

"""A run directory of a few finished rows whose every alignment is known, without a distillation."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from molreflect.graphs.runs.store import MadeRow, RunStore

SALICYLIC = "OC(=O)c1ccccc1O"
ESTER = "CCOC(C)=O"
ACID_PATTERN = "[CX3](=O)[OX2H1]"


def tie(phrase: str, verdict: str, reason: str, pattern: str | None = None, *atoms: list[int], **more: Any) -> Any:
    """An alignment as a record holds it; where it stands is filled in by `row`."""
    given = {
        "kind": "structure",
        "fragment": None,
        "level": "exact" if atoms else None,
        "message": "",
        "evidence": None,
    }
    said = {"phrase": phrase, "pattern": pattern, "atoms": list(atoms), "verdict": verdict, "reason": reason}
    return given | {"source": "class", "version": "draft"} | said | more


def row(pair_id: str, smiles: str | None, caption: str, *ties: Any) -> dict[str, Any]:
    """A record."""
    placed = []
    for each in ties:
        start = caption.index(each["phrase"])
        placed.append({**each, "start": start, "end": start + len(each["phrase"])})
    return {
        "id": pair_id, "view": "pair", "smiles": smiles, "caption": caption, "alignments": placed, "selected": "draft",
        "selected_because": "it is the only one", "coverage": {"phrases": None, "heavy_atoms": None}, "unread": [],
        "usage": {"input_tokens": 3, "output_tokens": 2, "calls": 1, "uncounted": 0, "cost": None}, "trace_id": "",
    }  # fmt: skip


def rows() -> list[dict[str, Any]]:
    """Three pairs: an acid that is right, a phenol at the wrong atoms, an ester nobody knows the words of."""
    return [
        row(
            "acid",
            SALICYLIC,
            "The molecule is a monocarboxylic acid and a member of phenols. It has a role as a drug.",
            tie("monocarboxylic acid", "supported", "present_and_specific", ACID_PATTERN, [1, 2, 0]),
            tie("phenols", "refuted", "contradicts_reading", ACID_PATTERN, [1, 2, 0]),
            tie("drug", "unchecked", "role_or_origin", kind="role"),
        ),
        row(
            "again",
            "OC(=O)c1cccc(O)c1",
            "The molecule is a monocarboxylic acid.",
            tie("monocarboxylic acid", "supported", "present_and_specific", ACID_PATTERN, [1, 2, 0]),
        ),
        row(
            "ester",
            ESTER,
            "The molecule is a frobnic ester.",
            tie("frobnic ester", "unchecked", "no_reading"),
        ),
    ]


def made_run(folder: Path, records: list[dict[str, Any]] | None = None, **settings: Any) -> Path:
    """Write a run of these records, or of `rows()`."""
    found = rows() if records is None else records
    said = {"settings": settings, "corpus": {"source": "made"}}
    with closing(RunStore.create(folder, said, [], [], [])) as store:
        store.add_made([MadeRow(r["id"], r["id"], r) for r in found], first=0, name="made", note="")
    return folder

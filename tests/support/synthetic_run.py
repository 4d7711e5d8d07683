"""A small run directory in the format of a real one: plain molecules, their groups, and alignments between them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MOLECULES = [
    ("CCO", "primary alcohol", "CO"),
    ("CCCO", "primary alcohol", "CO"),
    ("CC(=O)O", "monocarboxylic acid", "O=CO"),
    ("CCC(=O)O", "monocarboxylic acid", "O=CO"),
    ("CCN", "primary amine", "CN"),
    ("CCCN", "primary amine", "CN"),
    ("CC(=O)OC", "methyl ester", "COC=O"),
    ("CCC(=O)OC", "methyl ester", "COC=O"),
    ("c1ccccc1O", "phenol", "Oc1ccccc1"),
    ("Cc1ccccc1O", "phenol", "Oc1ccccc1"),
    ("CC#N", "nitrile", "C#N"),
    ("CCC#N", "nitrile", "C#N"),
    ("CCS", "thiol", "CS"),
    ("CCCS", "thiol", "CS"),
    ("CC(=O)C", "ketone", "C=O"),
    ("CCC(=O)C", "ketone", "C=O"),
]


def alignment(caption: str, phrase: str, fragment: str, **changed: Any) -> dict[str, Any]:
    start = caption.index(phrase)
    return {
        "phrase": phrase,
        "start": start,
        "end": start + len(phrase),
        "kind": "structure",
        "pattern": fragment,
        "fragment": fragment,
        "atoms": [[0, 1]],
        "level": "exact",
        "verdict": "supported",
        "reason": "present_and_specific",
        "message": "",
        "evidence": None,
        "source": "lexicon",
        "version": "reflected",
        **changed,
    }


def record(number: int, smiles: str, phrase: str, fragment: str) -> dict[str, Any]:
    caption = f"The molecule is a {phrase} with number {number}. It has a role as a metabolite."
    return {
        "id": str(100 + number),
        "view": "pair",
        "smiles": smiles,
        "caption": caption,
        "alignments": [
            alignment(caption, "metabolite", "", kind="role", verdict="unchecked", atoms=[], pattern=""),
            alignment(caption, phrase, fragment),
            alignment(caption, phrase, "", verdict="refuted", pattern="[Pb]", atoms=[], version="draft"),
            alignment(caption, "number", "CC", verdict="refuted"),
            alignment(caption, "molecule", "C", version="draft"),
        ],
        "selected": "reflected",
        "perplexity": {"draft": None, "reflected": None},
        "neighbours": [str(100 + n) for n in range(len(MOLECULES)) if n != number][:5],
        "teacher": "lexicon",
        "status": "ok",
    }


def records() -> list[dict[str, Any]]:
    return [record(number, *row) for number, row in enumerate(MOLECULES)]


def write_run(folder: Path, rows: list[dict[str, Any]] | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row) for row in (records() if rows is None else rows)]
    (folder / "alignments.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder

"""Replay: what a run says is supported can be found again from its record alone, and a lie is caught."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from molreflect.graphs.runs.recheck import recheck
from molreflect.tools.errors import InputError


def test_every_supported_alignment_of_a_run_replays(sample_run: SimpleNamespace) -> None:
    outcome = recheck(sample_run.folder)
    supported = sum(kind.get("supported", 0) for kind in sample_run.summary["alignments"].values())
    assert outcome.checked == supported > 40
    assert outcome.broken == ()


def _first(record: dict[str, Any]) -> dict[str, Any]:
    return next(
        a for a in record["alignments"]
        if a["verdict"] == "supported" and a["kind"] == "structure" and a["fragment"] and len(a["atoms"][0]) > 2
    )  # fmt: skip


def _offset(record: dict[str, Any]) -> None:
    _first(record)["start"] += 1


def _phrase(record: dict[str, Any]) -> None:
    _first(record)["phrase"] = "something else"


def _atoms(record: dict[str, Any]) -> None:
    hit = _first(record)["atoms"][0]
    _first(record)["atoms"] = [[999, *hit[1:]]]


def _no_atoms(record: dict[str, Any]) -> None:
    _first(record)["atoms"] = []


def _pattern(record: dict[str, Any]) -> None:
    _first(record)["pattern"] = "[Xe]"


def _unreadable_pattern(record: dict[str, Any]) -> None:
    _first(record)["pattern"] = "C(("


def _no_pattern(record: dict[str, Any]) -> None:
    _first(record)["pattern"] = None


def _fragment(record: dict[str, Any]) -> None:
    _first(record)["fragment"] = "[Xe]"


def _level(record: dict[str, Any]) -> None:
    _first(record)["level"] = None


def _smiles(record: dict[str, Any]) -> None:
    record["smiles"] = "C1CC"


def _molecule(record: dict[str, Any]) -> None:
    record["smiles"] = "[Xe]"


def _caption(record: dict[str, Any]) -> None:
    record["caption"] = None


LIES = [
    _offset, _phrase, _atoms, _no_atoms, _pattern, _unreadable_pattern, _no_pattern, _fragment, _level, _smiles,
    _molecule, _caption,
]  # fmt: skip


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: str(lie.__name__).strip("_"))
def test_a_tampered_record_is_caught_and_named(sample_run: SimpleNamespace, tmp_path: Path, lie: Any) -> None:
    records = [json.loads(line) for line in (sample_run.folder / "alignments.jsonl").read_text().splitlines()]
    lie(records[0])
    (tmp_path / "alignments.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    outcome = recheck(tmp_path)
    assert outcome.broken
    assert all(line.startswith(f"{records[0]['id']} ") for line in outcome.broken)


def test_a_run_without_alignments_says_how_to_make_them(tmp_path: Path) -> None:
    (tmp_path / "run.sqlite").touch()
    with pytest.raises(InputError, match="make it with `molreflect export"):
        recheck(tmp_path)


def test_a_file_that_is_no_json_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "alignments.jsonl").write_text("{half a rec")
    with pytest.raises(InputError, match="is not one JSON object a line"):
        recheck(tmp_path)

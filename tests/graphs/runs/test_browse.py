"""The index of a run's alignments: it finds, it counts, and it follows the run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from made_run import made_run, row, rows, tie

from molreflect.graphs.runs.browse import FILE, AlignmentFilter, RunIndex, keys_of
from molreflect.graphs.runs.store import MadeRow, RunStore
from molreflect.tools.errors import InputError
from molreflect.tools.terms import PhraseKind, Reason, Verdict


@pytest.fixture
def index(tmp_path: Path) -> RunIndex:
    return RunIndex(made_run(tmp_path / "run"))


def ids(index: RunIndex, chosen: AlignmentFilter, page: int = 0, size: int = 10) -> list[str]:
    return [record["id"] for record in index.find(chosen, page=page, size=size).records]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (AlignmentFilter(), ["acid", "again", "ester"]),
        (AlignmentFilter(verdict=Verdict.SUPPORTED), ["acid", "again"]),
        (AlignmentFilter(kind=PhraseKind.ROLE), ["acid"]),
        (AlignmentFilter(reason=Reason.NO_READING), ["ester"]),
        (AlignmentFilter(text="PHENOLS drug"), ["acid"]),
        (AlignmentFilter(text="[cx3](=o)"), ["acid", "again"]),
        (AlignmentFilter(verdict=Verdict.SUPPORTED, text="phenols"), ["acid"]),
        (AlignmentFilter(verdict=Verdict.SUPPORTED, kind=PhraseKind.ROLE), []),
        (AlignmentFilter(text="100%_"), []),
    ],
)
def test_a_filter_finds_its_pairs(index: RunIndex, chosen: AlignmentFilter, expected: list[str]) -> None:
    assert ids(index, chosen) == expected


def test_a_page_says_how_many_there_are_and_which_alignments_fit(index: RunIndex) -> None:
    found = index.find(AlignmentFilter(verdict=Verdict.SUPPORTED), page=1, size=1)
    assert (found.alignments, found.pairs) == (2, 2)
    assert [record["id"] for record in found.records] == ["again"]
    assert index.find(AlignmentFilter(reason=Reason.CONTRADICTS_READING)).fitting == {"acid": frozenset({1})}


def test_the_funnel_counts_each_phrase_once(index: RunIndex) -> None:
    assert index.funnel().steps == [
        ("read", 5), ("structural", 4), ("drafted", 3), ("verified", 3), ("supported", 2),
    ]  # fmt: skip
    assert index.counts("verdict") == {"supported": 2, "unchecked": 2, "refuted": 1}


def test_patterns_of_the_same_words_are_counted(index: RunIndex) -> None:
    assert index.patterns_of("Monocarboxylic acid", most=3) == [("[CX3](=O)[OX2H1]", 2)]
    assert index.patterns_of("phenols", most=3) == []  # refuted


def test_rows_that_come_and_go_are_followed(index: RunIndex) -> None:
    assert len(ids(index, AlignmentFilter())) == 3
    more = row("more", "CCO", "The molecule is a primary alcohol.", tie("primary alcohol", "refuted", "absent", "[Pb]"))
    with closing(RunStore.open(index.folder)) as store:
        store.add_made([MadeRow("more", "more", more)], first=3, name="made", note="")
    assert ids(index, AlignmentFilter(reason=Reason.ABSENT)) == ["more"]
    with closing(sqlite3.connect(index.folder / "run.sqlite")) as db, db:
        db.execute("UPDATE pairs SET state = 'drafted', record = NULL WHERE id = 'acid'")
    assert ids(index, AlignmentFilter()) == ["again", "ester", "more"]
    assert index.funnel().read == 3


def test_a_damaged_index_is_made_again(index: RunIndex) -> None:
    assert index.funnel().read == 5
    (index.folder / FILE).write_bytes(b"no database at all" * 300)
    for leftover in index.folder.glob(f"{FILE}-*"):
        leftover.unlink()
    assert index.funnel().read == 5


def test_a_key_holds_for_what_was_looked_at_only(index: RunIndex) -> None:
    first = rows()[0]
    keys = keys_of(first)
    assert len(set(keys)) == 3
    for name, value in (("pattern", "[CX3]"), ("verdict", "refuted"), ("atoms", [[1]])):
        changed = {**first, "alignments": [first["alignments"][0] | {name: value}, *first["alignments"][1:]]}
        assert keys_of(changed)[0] != keys[0]
        assert keys_of(changed)[1:] == keys[1:]
    assert keys_of(first | {"caption": first["caption"] + " "})[0] != keys[0]
    twice = {**first, "alignments": [first["alignments"][0]] * 2}
    assert len(set(keys_of(twice))) == 2
    item = index.item(keys[1])
    assert item is not None
    assert (item.record["id"], item.alignment["phrase"]) == ("acid", "phenols")
    assert index.item("nothing") is None


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a run directory"):
        RunIndex(tmp_path)

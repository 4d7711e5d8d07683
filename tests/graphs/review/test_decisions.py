"""Decisions are kept at once, undone one by one, and tied to what was looked at."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from decided import decided, items
from made_run import made_run

from molreflect.graphs.review.agreement import agreements
from molreflect.graphs.review.decisions import FILE, Judgement, ReviewStore, reviewer_name
from molreflect.graphs.review.queue import ReviewQueue
from molreflect.graphs.runs.browse import AlignmentFilter, Item, RunIndex
from molreflect.tools.errors import InputError
from molreflect.tools.terms import PhraseKind, Reason


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return made_run(tmp_path / "run")


@pytest.fixture
def store(run: Path) -> Iterator[ReviewStore]:
    with closing(ReviewStore.open(run)) as opened:
        yield opened


@pytest.fixture
def shown(run: Path) -> list[Item]:
    return items(run)


def test_a_decision_comes_back_as_it_was_made(run: Path, store: ReviewStore, shown: list[Item]) -> None:
    made = decided("Ada", shown[1], Judgement.CORRECT, "[OX2H1]c", ((9, 8),), note="half \ud800", teaches=True)
    store.keep(made)
    with closing(ReviewStore.open(run)) as again:
        found = again.decision("Ada", shown[1].key)
    assert found is not None
    assert replace(found, at=0.0) == replace(made, note="half ?")
    assert found.at > 0
    assert store.decision("Grace", shown[1].key) is None


def test_the_latest_stands_and_what_is_undone_gives_way_to_the_one_before(
    store: ReviewStore, shown: list[Item]
) -> None:
    first, second = shown[:2]
    store.keep(decided("Ada", first, Judgement.ACCEPT))
    store.keep(decided("Ada", second, Judgement.ACCEPT))
    store.keep(decided("Ada", first, Judgement.REJECT, reason=Reason.ABSENT))
    store.keep(decided("Grace", first, Judgement.ACCEPT))
    assert store.reviewers() == {"Ada": 2, "Grace": 1}
    gone = store.undo("Ada")
    assert gone is not None
    assert (gone.key, gone.judgement) == (first.key, Judgement.REJECT)
    standing = {d.key: d.judgement for d in store.decisions("Ada")}
    assert standing == {first.key: Judgement.ACCEPT, second.key: Judgement.ACCEPT}
    assert [store.undo("Ada"), store.undo("Ada")] != [None, None]
    assert store.undo("Ada") is None
    assert store.reviewers() == {"Grace": 1}


def test_what_contradicts_itself_is_refused(store: ReviewStore, shown: list[Item]) -> None:
    with pytest.raises(InputError, match="a correction says which pattern"):
        store.keep(decided("Ada", shown[0], Judgement.CORRECT))
    with pytest.raises(InputError, match="2,000 are kept"):
        store.keep(decided("Ada", shown[0], Judgement.ACCEPT, note="x" * 2_001))
    assert store.reviewers() == {}


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\x07b", "a\u202eb"])
def test_a_name_that_cannot_be_shown_is_none(name: str) -> None:
    with pytest.raises(InputError, match="is no name of a reviewer"):
        reviewer_name(name)


def test_a_file_of_a_later_version_is_refused(run: Path) -> None:
    ReviewStore.open(run).close()
    with closing(sqlite3.connect(run / FILE)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(InputError, match="of format 99"):
        ReviewStore.open(run)


def test_the_queue_goes_on_at_the_first_undecided(run: Path, store: ReviewStore, shown: list[Item]) -> None:
    queue = ReviewQueue(RunIndex(run), AlignmentFilter())
    assert [i.alignment["phrase"] for i in shown] == ["monocarboxylic acid", "phenols", "monocarboxylic acid",
                                                      "frobnic ester"]  # fmt: skip
    store.keep(decided("Ada", shown[0], Judgement.ACCEPT))
    store.keep(decided("Ada", shown[2], Judgement.ACCEPT))
    first = queue.first("Ada")
    assert first is not None
    assert first.key == shown[1].key
    following = queue.after(shown[1], "Ada")
    assert following is not None
    assert following.key == shown[3].key  # what is decided is passed over
    around = queue.after(shown[3], "Ada")
    assert around is not None
    assert around.key == shown[1].key  # and what was passed over comes at the end
    assert (queue.progress("Ada").decided, queue.progress("Ada").of) == (2, 4)
    assert queue.progress("Grace").decided == 0
    back, on = queue.beside(shown[1], back=True), queue.beside(shown[1], back=False)
    assert (back and back.key, on and on.key) == (shown[0].key, shown[2].key)
    assert queue.beside(shown[0], back=True) is None


def test_the_queue_keeps_to_its_filter(run: Path, store: ReviewStore) -> None:
    roles = ReviewQueue(RunIndex(run), AlignmentFilter(kind=PhraseKind.ROLE))
    assert roles.progress("Ada").of == 1
    words = ReviewQueue(RunIndex(run), AlignmentFilter(text="frobnic"))
    first = words.first("Ada")
    assert first is not None
    store.keep(decided("Ada", first, Judgement.REJECT))
    assert words.first("Ada") is None


def test_agreement_is_counted_by_hand(store: ReviewStore, shown: list[Item]) -> None:
    said = {  # Ada: 3 accepted, 1 rejected; Grace: 2 and 2
        "Ada": (Judgement.ACCEPT, Judgement.REJECT, Judgement.ACCEPT, Judgement.ACCEPT),
        "Grace": (Judgement.ACCEPT, Judgement.REJECT, Judgement.ACCEPT, Judgement.REJECT),
    }
    for reviewer, judgements in said.items():
        for item, judgement in zip(shown, judgements, strict=True):
            store.keep(decided(reviewer, item, judgement))
    store.keep(decided("Linus", shown[0], Judgement.ACCEPT))
    found = agreements(store.decisions())
    first = found[0]
    assert (first.first, first.second, first.both, first.raw) == ("Ada", "Grace", 4, 0.75)
    assert first.kappa == pytest.approx((0.75 - (3 * 2 + 1 * 2) / 16) / (1 - (3 * 2 + 1 * 2) / 16))
    assert [d.first.about.alignment["phrase"] for d in first.disagreements] == ["frobnic ester"]
    alone = next(each for each in found if each.second == "Linus" and each.first == "Ada")
    assert (alone.raw, alone.kappa) == (1.0, None)  # both say one and the same thing: chance explains all


def test_corrections_agree_where_they_mean_the_same_atoms(store: ReviewStore, shown: list[Item]) -> None:
    store.keep(decided("Ada", shown[1], Judgement.CORRECT, "[OX2H1]c", ((9, 8),)))
    store.keep(decided("Grace", shown[1], Judgement.CORRECT, "c[OX2H1]", ((8, 9),)))
    store.keep(decided("Ada", shown[3], Judgement.CORRECT, "CO", ((1, 2),)))
    store.keep(decided("Grace", shown[3], Judgement.CORRECT, "C=O", ((3, 5),)))
    (found,) = agreements(store.decisions())
    assert found.raw == 1.0
    assert [d.what for d in found.disagreements] == ["corrected to other atoms"]

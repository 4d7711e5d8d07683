"""Runs are found by name, in folders that were named and below them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from made_run import made_run

from molreflect.tools.errors import InputError
from molreflect.web.shelf import Shelf


def test_runs_are_found_where_they_lie_and_no_name_is_given_twice(tmp_path: Path) -> None:
    named = made_run(tmp_path / "other" / "first")
    for name in ("first", "deep/second", "compare", "too/deep/down/third"):
        made_run(tmp_path / "runs" / name)
    with closing(Shelf([named, tmp_path / "runs", named, tmp_path / "nowhere"], cache=None)) as shelf:
        found = {name: str(folder.relative_to(tmp_path)) for name, folder in shelf.runs().items()}
        assert found == {
            "first": "other/first", "compare-2": "runs/compare", "second": "runs/deep/second", "first-2": "runs/first",
        }  # fmt: skip
        made_run(tmp_path / "runs" / "later")
        assert shelf.folder("later") == tmp_path / "runs" / "later"
        assert shelf.index("second").funnel().read == 5


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    made_run(tmp_path / "first")
    with closing(Shelf([tmp_path], cache=None)) as shelf:
        for name in ("second", "../first", ""):
            with pytest.raises(InputError, match="there is no run"):
                shelf.folder(name)
        with pytest.raises(InputError):
            shelf.traces("first")

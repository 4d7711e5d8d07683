"""Files that are whole or not there, databases and folders that processes share, and settings that must stay."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from molreflect.tools.errors import InputError
from molreflect.tools.resources import open_resources
from molreflect.tools.storage import (
    atomic_path,
    atomic_write_text,
    cached_rows,
    connect,
    give_usual_modes,
    make_folder,
    require_same_settings,
    require_writable,
    run_lock,
)


def test_a_file_is_replaced_whole_or_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    atomic_write_text(path, "old")
    with pytest.raises(RuntimeError), atomic_path(path) as part:  # noqa: PT012  (the block itself is what fails)
        part.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    atomic_write_text(path, "\u00e9")
    assert path.read_bytes() == b"\xc3\xa9"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_entries_of_an_array_are_computed_once_a_key_and_outdated_ones_go(tmp_path: Path) -> None:
    asked: list[list[str]] = []
    folder = tmp_path / "made"

    def lengths(keys: list[str], parts: object = "a") -> list[list[int]]:
        def compute(places: list[int]) -> np.ndarray:
            asked.append([keys[place] for place in places])
            return np.array([[len(keys[place]), 7] for place in places])

        return [list(map(int, row)) for row in cached_rows(folder, "x", parts, keys, compute)]

    assert lengths(["a", "bb", "a"]) == [[1, 7], [2, 7], [1, 7]]
    assert lengths(["bb", "a", "a"]) == [[2, 7], [1, 7], [1, 7]]  # another order is not computed again
    assert lengths(["ccc", "bb", "dddd"]) == [[3, 7], [2, 7], [4, 7]]
    assert asked == [["a", "bb"], ["ccc", "dddd"]]
    assert lengths(["a"]) == [[1, 7]]  # no key asked for it the last time: it went
    assert asked[2:] == [["a"]]
    lengths(["a"], "b")
    assert len(list(folder.iterdir())) == 1
    assert asked[3:] == [["a"]]


def test_texts_of_entries_may_grow(tmp_path: Path) -> None:
    def kept(keys: list[str]) -> list[str]:
        return cached_rows(tmp_path, "x", 1, keys, lambda places: np.array([keys[p] * 2 for p in places])).tolist()

    assert kept(["a"]) == ["aa"]
    assert kept(["a", "\ud800bcd"]) == ["aa", "\ud800bcd\ud800bcd"]
    assert cached_rows(None, "x", 1, ["a"], lambda places: np.array([5])).tolist() == [5]


def test_a_database_is_shared_by_threads_and_a_wrong_one_named(tmp_path: Path) -> None:
    db = connect(tmp_path / "a.sqlite", "a list", "CREATE TABLE IF NOT EXISTS t (x)")
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()
    (tmp_path / "b.sqlite").write_text("not a database, but long enough to be looked at" * 20)
    with pytest.raises(InputError, match=r"b\.sqlite is not a list .*; delete it"):
        connect(tmp_path / "b.sqlite", "a list", advice="delete it")
    with pytest.raises(InputError, match="cannot be opened"):
        connect(tmp_path / "none" / "c.sqlite", "a list")


def test_a_database_that_stays_locked_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.sqlite"
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        opened = sqlite3.connect
        monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: opened(*a, **{**k, "timeout": 0}))
        with pytest.raises(InputError, match=r"cannot be used .*locked"):
            connect(path, "a list", "CREATE TABLE t (x)")


@pytest.fixture
def other_process(tmp_path: Path) -> Callable[[], str]:
    script = f"""
from pathlib import Path
from molreflect.tools.errors import InputError
from molreflect.tools.storage import run_lock
try:
    with run_lock(Path({str(tmp_path)!r}), "the folder", advice="pears"):
        pass
except InputError as error:
    print(error)
"""

    def ask() -> str:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, env=environment)
        return done.stdout

    return ask


def test_a_second_process_is_told_who_owns_the_folder(tmp_path: Path, other_process: Callable[[], str]) -> None:
    with run_lock(tmp_path):
        with run_lock(tmp_path):  # one process may hold it twice
            said = f"the folder {tmp_path} is in use by process {os.getpid()}; wait until it ends, or pass pears\n"
            assert other_process() == said
        assert "in use" in other_process()
        assert "in use" in other_process(), "being asked for does not free it, nor does it take away the owner's name"
    assert other_process() == ""


def test_a_dead_owner_owns_nothing(tmp_path: Path, other_process: Callable[[], str]) -> None:
    killed = (
        "import os, signal; from pathlib import Path; from molreflect.tools.storage import run_lock\n"
        f"with run_lock(Path({str(tmp_path)!r})): os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", killed], check=False, timeout=120, env=environment)
    assert (tmp_path / "owner.lock").read_text()
    assert other_process() == ""


def test_other_settings_are_named_and_refused() -> None:
    kept = {"a": {"b": 1, "c": [1]}, "d": "x"}
    require_same_settings("it was made", kept, {"d": "x", "a": {"c": [1], "b": 1}})
    with pytest.raises(InputError) as refused:
        require_same_settings("it was made", kept, {"a": {"b": 2, "c": [1]}, "e": "y" * 100}, advice="go home")
    assert str(refused.value).startswith(
        "it was made with other settings (a.b: 1 there, 2 now, d: x there, None now, another e)"
    )


def test_a_place_that_cannot_be_written_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    before = sorted(tmp_path.rglob("*"))
    require_writable(tmp_path / "a/b/c.html", "--report")
    require_writable(tmp_path / "file", "--report")  # one that exists is replaced
    require_writable(tmp_path / "a/b", "--out", folder=True)
    for path, folder, words in (
        (tmp_path, False, "is a folder; name a file in it"),
        (tmp_path / "file/x.html", False, "file is a file; name a folder"),
        (tmp_path / "file", True, "cannot be written: .*file is a file"),
        (Path("/proc/none/x.html"), False, r"cannot be written: /proc takes no files \("),
    ):
        with pytest.raises(InputError, match=words):
            require_writable(path, "--report", folder=folder)
    assert sorted(tmp_path.rglob("*")) == before


def test_whole_files_make_their_folders_and_have_the_usual_modes(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        atomic_write_text(tmp_path / "a/b/c.txt", "x")
        work = Path(tempfile.mkdtemp(dir=tmp_path))
        (work / "inner").mkdir(mode=0o700)
        (work / "inner/weights").touch(mode=0o600)
        give_usual_modes(work)
    finally:
        os.umask(old)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (work / "inner", work / "inner/weights")}
    assert modes == {"inner": 0o755, "weights": 0o644}
    assert work.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "a/b/c.txt").stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in work.rglob("*")) == ["inner", "weights"]


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_made_is_one_line(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match=r"the cache folder .*file.* cannot be made \(.*\); name another place"):
        open_resources(tmp_path / place)
    make_folder(tmp_path / "a" / "b", "the cache folder")
    assert (tmp_path / "a" / "b").is_dir()

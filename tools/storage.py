"""Files on disk: written whole or not at all, opened by many, locked by one, refused where they were made otherwise."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import uuid4

from molreflect.tools.errors import InputError, InUseError, StorageError

if TYPE_CHECKING:
    import numpy.typing as npt

T = TypeVar("T")

_log = logging.getLogger(__name__)

LOCK_FILE = "owner.lock"
"""Made in a folder by `run_lock`; holds the id of the process that owns the folder, and stays there when it is free."""
RESPONSES_FILE = "responses.sqlite"
"""In the cache folder: every answer of a model, shared between runs."""
CANNOT_WRITE = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EISDIR, errno.ENOTDIR}
)
"""Of operating systems: a full, read-only or broken disk, a place that takes no file."""
_LONGEST_TOLD = 60  # characters of a setting in a message; fingerprints and whole texts say nothing to a reader


def short_hash(parts: object) -> str:
    """Hash a JSON-like value to 16 hex digits; equal values give equal digits."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def cache_folder() -> Path:
    """Name the folder for what is made once and used by every run: `$MOLREFLECT_CACHE`, else `~/.cache/molreflect`."""
    named = os.environ.get("MOLREFLECT_CACHE", "").strip()
    return Path(named).expanduser() if named else Path.home() / ".cache" / "molreflect"


def home_folder() -> Path:
    """Name the folder for what is kept: `$MOLREFLECT_HOME`, else `~/.local/share/molreflect`."""
    named = os.environ.get("MOLREFLECT_HOME", "").strip()
    return Path(named).expanduser() if named else Path.home() / ".local" / "share" / "molreflect"


# ---------------------------------------------------------------------- writing


def encodable(text: str) -> str:
    """Replace what no UTF-8 file holds (half surrogate pairs) by question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; what is written there takes its place when the block ends without an error.

    A killed process leaves either the old file or the whole new one, and at worst a hidden `.NAME.*.part`. Several
    processes may write the same file; the last one counts. The file's folder is made where it is missing.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{uuid4().hex[:8]}.part")
    with writing(path):
        try:
            yield part
            with part.open("rb") as stream:
                os.fsync(stream.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in one line why a file cannot be written.

    Raises:
        StorageError: The disk is full or read-only, or the place takes no file.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        raise StorageError(f"{path} cannot be written ({error.strerror}); free the disk or the place") from error


def atomic_write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file whole or not at all; see `atomic_path`."""
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8")


def save_array(path: Path, array: npt.NDArray[Any]) -> None:
    """Write a `.npy` file whole or not at all; its folder is made where it is missing."""
    import numpy as np

    with atomic_path(path) as part, part.open("wb") as stream:
        np.save(stream, array)


def make_folder(folder: Path, named: str) -> None:
    """Make a folder, and those above it, where it is missing.

    Args:
        folder: The folder.
        named: What a message calls it, e.g. `the cache folder`.

    Raises:
        InputError: A file stands there, or nothing can be made there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{named} {folder} cannot be made ({error.strerror}); name another place") from error


def require_writable(path: Path, named: str, *, folder: bool = False) -> None:
    """Refuse a place for results that cannot be written, before the work begins; nothing is left there.

    Missing folders are no hindrance: they are made when there is something to write.

    Args:
        path: Where results are to go.
        named: What a message calls it, e.g. `--report`.
        folder: Whether it is to be a folder; otherwise a file.

    Raises:
        InputError: A folder stands where a file is to go or the other way round, or nothing can be written there.
    """
    if path.is_dir() and not folder:
        raise InputError(f"{named} {path} is a folder; name a file in it")
    above = path.absolute() if folder else path.absolute().parent
    while not above.exists() and not above.is_symlink():
        above = above.parent
    if not above.is_dir():
        raise InputError(f"{named} {path} cannot be written: {above} is a file; name a folder")
    try:
        descriptor, probe = tempfile.mkstemp(prefix=".molreflect-", dir=above)  # only trying tells, for root too
        os.close(descriptor)
        os.unlink(probe)
    except OSError as error:
        raise InputError(
            f"{named} {path} cannot be written: {above} takes no files ({error.strerror}); name another place"
        ) from error


def give_usual_modes(folder: Path) -> None:
    """Give a folder and all in it the modes that new files and folders get here (644 and 755 under the usual umask).

    For what was made by libraries, some of which let nobody but the owner read.
    """
    probe = folder / f".{uuid4().hex[:8]}"
    probe.touch(mode=0o666)
    mode = probe.stat().st_mode & 0o777
    probe.unlink()
    for path in (folder, *folder.rglob("*")):
        path.chmod(mode | (mode & 0o444) >> 2 if path.is_dir() else mode)


def cached_rows(
    folder: Path | None, kind: str, parts: object, keys: Sequence[str], compute: Callable[[list[int]], npt.NDArray[Any]]
) -> npt.NDArray[Any]:
    """Read one entry of an array for each key from a folder, and compute those that are missing.

    What depends on a single molecule stays known when others are added to its corpus or the order changes.

    Args:
        folder: Where the file lies; None computes all and keeps nothing.
        kind: What the array is, the start of its file name. Files of this kind with other `parts` are outdated
            and go when a new one is written.
        parts: Everything the entries depend on besides their keys, as a JSON-like value.
        keys: One for each entry; equal keys have equal entries.
        compute: Called with the places of missing keys, each key once; gives their entries in that order.

    Returns:
        Shape (len(keys), ...).
    """
    import numpy as np

    names = [hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest() for key in keys]
    path = None if folder is None else folder / f"{kind}-{short_hash(parts)}.npy"
    table = None if path is None else read_cached(path, lambda: _keyed(np.load(path, allow_pickle=False)))
    places = {} if table is None else {name.tobytes(): place for place, name in enumerate(table["key"])}
    missing = {name: place for place, name in reversed(list(enumerate(names))) if name not in places}
    values = None if table is None else table["value"]
    if missing:
        wanted = sorted(missing.values())
        computed = compute(wanted)
        places |= {names[place]: len(places) + number for number, place in enumerate(wanted)}
        values = computed if values is None else np.concatenate([values, computed])
        if path is not None:
            kept = list(dict.fromkeys(names))  # what no key asks for any more goes
            whole = np.empty(len(kept), dtype=[("key", "u1", 16), ("value", values.dtype, values.shape[1:])])
            whole["key"] = np.frombuffer(b"".join(kept), dtype=np.uint8).reshape(-1, 16)
            whole["value"] = values[[places[name] for name in kept]]
            save_array(path, whole)
            for old in path.parent.glob(f"{kind}-*.npy"):
                if old != path:
                    old.unlink(missing_ok=True)
    assert values is not None  # there are keys, and each has its value now
    return np.ascontiguousarray(values[[places[name] for name in names]])


def _keyed(table: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """See that an array is one of `cached_rows`."""
    _ = table["key"], table["value"]
    return table


def read_cached(path: Path, read: Callable[[], T]) -> T | None:
    """Read a file that can be made again; None where there is none, or where it is damaged, which is said.

    Args:
        path: The file; one that cannot be read is removed.
        read: Reads it.
    """
    if not path.exists():
        return None
    try:
        return read()
    except (OSError, ValueError, LookupError, TypeError, EOFError, zipfile.BadZipFile) as error:
        _log.warning("%s is damaged (%s); it is made again", path, " ".join(str(error).split())[:100])
        path.unlink(missing_ok=True)
        return None


# ---------------------------------------------------------------------- opening

_STORAGE_CODES = frozenset(
    {
        *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CORRUPT),
        *(sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY),
    }
)
"""What SQLite says of files, and not of statements."""
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Say which file an error of SQLite is about."""
    try:
        yield
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        code = _code(error)
        if not path or code not in _STORAGE_CODES:
            raise
        advice = "it is damaged" if code in _DAMAGED else "see that the disk is neither full nor read-only"
        raise StorageError(f"{path}: {error}; {advice}") from error


def _code(error: sqlite3.Error | UnicodeDecodeError) -> int:
    """SQLite's code of an error, without the details; a text that is none is damage that SQLite itself does not see."""
    if isinstance(error, UnicodeDecodeError) or str(error).startswith("Could not decode to UTF-8"):
        return sqlite3.SQLITE_CORRUPT
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


class _Cursor(sqlite3.Cursor):
    """A cursor whose errors name the file."""

    connection: _Connection

    def execute(self, *given: Any) -> Self:
        with _naming(self.connection.path):
            return super().execute(*given)

    def executemany(self, *given: Any) -> Self:
        with _naming(self.connection.path):
            return super().executemany(*given)

    def executescript(self, *given: Any) -> Self:
        with _naming(self.connection.path):
            super().executescript(*given)
        return self

    def fetchone(self) -> Any:
        with _naming(self.connection.path):
            return super().fetchone()

    def fetchall(self) -> list[Any]:
        with _naming(self.connection.path):
            return super().fetchall()

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            with _naming(self.connection.path):
                raise


class _Connection(sqlite3.Connection):
    """A connection whose errors name the file."""

    path = ""
    """Empty while it is being opened, which says itself what is wrong."""

    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)

    def execute(self, *given: Any) -> Any:
        return self.cursor().execute(*given)

    def executemany(self, *given: Any) -> Any:
        return self.cursor().executemany(*given)

    def executescript(self, *given: Any) -> Any:
        return self.cursor().executescript(*given)

    def commit(self) -> None:
        with _naming(self.path):
            super().commit()

    def __exit__(self, *raised: Any) -> Any:
        with _naming(self.path):
            return super().__exit__(*raised)


def connect(
    path: Path, what: str, schema: str = "", *, advice: str = "move it away", remade: bool = False
) -> sqlite3.Connection:
    """Open a SQLite file that threads and processes share; it is made where it is missing.

    Readers go on while one process writes (WAL), and a writer waits up to 30 s for another. The connection may be used
    from any thread, one at a time.

    Args:
        path: The file; its folder must exist.
        what: What an error calls the file, e.g. `a database of traces`.
        schema: Statements that make the tables where they are missing.
        advice: What to do with a file that is something else.
        remade: It can be made again: one that is damaged is, which is said.

    Raises:
        InputError: The file is no SQLite database, cannot be written, or stays locked by another process.
    """
    try:
        db = sqlite3.connect(path, check_same_thread=False, timeout=30, factory=_Connection)
    except sqlite3.OperationalError as error:
        raise InputError(
            f"{path} cannot be opened ({error}); see that its folder is there and can be written"
        ) from error
    try:
        _use_wal(db)
        db.execute("PRAGMA synchronous=NORMAL")
        db.executescript(schema)
    except sqlite3.OperationalError as error:
        db.close()
        raise InputError(f"{path} cannot be used ({error}); see that it can be written and nothing locks it") from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        db.close()
        if not remade:
            raise InputError(f"{path} is not {what} ({error}); {advice}") from error
        _log.warning("%s is damaged (%s); it is made again", path, error)
        for file in (path, *path.parent.glob(f"{path.name}-*")):
            file.unlink(missing_ok=True)
        return connect(path, what, schema, advice=advice)
    db.path = str(path)
    return db


def _use_wal(db: sqlite3.Connection) -> None:
    """Turn WAL on, again and again: several that open a new file at once refuse each other that without waiting."""
    late = time.monotonic() + 30
    while True:
        try:
            db.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > late:
                raise
            time.sleep(0.02)


# ---------------------------------------------------------------------- owning


@contextmanager
def run_lock(folder: Path, what: str = "the run directory", *, advice: str = "another folder") -> Iterator[None]:
    """Own a folder while the block runs; the operating system frees it should the process die.

    One process may own a folder several times over, from any of its threads: it is free when the last block ends.

    Args:
        folder: Made where it is missing. A file `owner.lock` is left in it.
        what: What an error calls the folder, e.g. `the ablation`.
        advice: What an error advises to pass instead.

    Raises:
        InputError: Another process owns it; the message names that process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder.resolve() / LOCK_FILE
    with own_file(path, f"{what} {folder}", advice=f"pass {advice}", shared=True):
        yield


@contextmanager
def own_file(path: Path, what: str, *, advice: str, shared: bool = False) -> Iterator[None]:
    """Own a lock file while the block runs; the operating system frees it should the process die.

    Args:
        path: Made where it is missing, in a folder that is there; it is left, with the number of the process in it.
        what: What an error says is in use.
        advice: What an error advises besides waiting.
        shared: Whether other blocks of this process may own it as well.

    Raises:
        InUseError: It is owned already; the message names the process.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path, is_singleton=shared, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        owner = path.read_text(encoding="utf-8").strip() or "another one"
        raise InUseError(f"{what} is in use by process {owner}; wait until it ends, or {advice}") from error
    try:
        path.write_text(str(os.getpid()), encoding="utf-8")
        yield
    finally:
        lock.release()


@contextmanager
def waited_for(path: Path) -> Iterator[None]:
    """Own a lock file while the block runs; other processes and threads that come to it wait.

    Args:
        path: Made where it is missing, and left.
    """
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path):
        yield


def is_locked(folder: Path) -> bool:
    """Say whether some process, this one included, owns a folder."""
    from filelock import FileLock, Timeout

    path = folder.resolve() / LOCK_FILE
    if not path.is_file():
        return False
    try:
        with FileLock(path).acquire(blocking=False):
            return False
    except Timeout:
        return True


# ---------------------------------------------------------------------- going on


def require_same_settings(
    made: str, old: Mapping[str, Any], new: Mapping[str, Any], *, advice: str = "name another folder"
) -> None:
    """Refuse to go on with what was made with other settings.

    Args:
        made: Start of the message, e.g. `runs/a was made`.
        old: Settings as they were kept, JSON-like.
        new: Settings as they are now.
        advice: What to do instead of passing the same ones.

    Raises:
        InputError: They differ; the message names up to four differences, with dots between nested names.
    """
    changed = list(_differences(old, new))
    if changed:
        named = ", ".join(changed[:4]) + (f" and {len(changed) - 4} more" if len(changed) > 4 else "")
        raise InputError(f"{made} with other settings ({named}); go on with the same ones, or {advice}")


def _differences(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name in {**old, **new}:
        then, now = old.get(name), new.get(name)
        if isinstance(then, Mapping) and isinstance(now, Mapping):
            yield from _differences(then, now, f"{prefix}{name}.")
        elif then != now:
            told = [str(value) for value in (then, now)]
            long = any(len(text) > _LONGEST_TOLD or "\n" in text for text in told)
            yield f"another {prefix}{name}" if long else f"{prefix}{name}: {told[0]} there, {told[1]} now"

"""The lexicon of structural classes: what a class name of the field means, as SMARTS, with examples that prove it.

The entries live in `entries/*.toml`, one family a file, one array of tables `[[class]]`, and are read once. Names are
matched the way captions write them: see `molreflect.tools.lexicon.spelling`.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

from rdkit import Chem
from rdkit import __version__ as rdkit_version

from molreflect.tools.errors import InputError, StorageError, shorten
from molreflect.tools.lexicon.member import Member, read_member
from molreflect.tools.lexicon.spelling import normalise_name, squash
from molreflect.tools.molecules.read import quiet_rdkit
from molreflect.tools.storage import atomic_write_text, cache_folder, read_cached
from molreflect.tools.terms import LADDER, Level

LEXICON_FOLDER = Path(__file__).parent / "entries"
"""Where the curated entries live."""

Scope = Literal["part", "whole"]
Extent = Literal["hit", "chain", "sugar", "molecule", "all"]
Absence = Literal["refutes", "unchecked"]
SOURCES = ("ChEBI", "IUPAC Gold Book", "IUPAC nomenclature", "textbook")
"""Whose definition an entry follows, in own words."""

_REQUIRED = {"name", "group", "matches", "misses"}
_OPTIONAL = {
    *("id", "synonyms", "patterns", "ionised", "level", "scope", "extent", "note"),
    *("parent", "definition", "source", "absence", "doubtful", "member"),
}
_MIN_EXAMPLES = 2
"""Of an entry here; a patch is written from what reviewers saw, which may be one molecule."""
_RING = " ring"
"""Key under which a table that was checked keeps whether one of its patterns has a ring; no TOML key in use."""
_CACHE_FORMAT = 2
"""To be raised when what is kept of a table, or what is checked before, changes."""
_CACHES_KEPT = 4

_KIND_WORDS = ("functional group", "group", "substituent", "moiety", "function", "functionality", "unit", "linkage")
_JOINING = re.compile(r"(?:ester|ether|imine|urea|carbamate|disulfide) bond$")
"""Groups that join two parts, so that a bond is named after them; a "hydrogen bond" is another thing."""
_RING_WORDS = ("ring system", "ring", "nucleus", "skeleton", "core", "scaffold", "derivative")
_COMPOUND_WORD = "compound"
_ACID_ION = re.compile(r"^[^ ]*yl[ -]?[a-z]+ate$")
"""In one word the ion of a substituted acid ("methylbenzoate"), in two an ester ("methyl benzoate"): never the same."""
_SUBSTITUENT_GROUP = "substituent"
_SUBSTITUENT_WORDS = ("group", "substituent", "moiety", "residue")


@dataclass(frozen=True, slots=True)
class StructuralClass:
    """One class of the lexicon."""

    name: str
    synonyms: tuple[str, ...]
    """Other names, irregular plurals among them; regular plurals are understood without being listed."""
    patterns: tuple[str, ...]
    """SMARTS alternatives, never empty: any one of them makes a molecule (or a part of it) a member.

    The curated order is kept, the ionised forms come last.
    """
    level: Level
    """Loosest level of the match ladder at which the class still means what its name says."""
    group: str
    """Which family of classes the entry belongs to, e.g. "heterocycle"."""
    scope: Scope
    """`whole` when the name says what the molecule as a whole is (an inorganic ion), else `part`."""
    matches: tuple[str, ...]
    """SMILES that must match at `level`."""
    misses: tuple[str, ...]
    """SMILES that must not match at `level`."""
    extent: Extent = "hit"
    """What the name speaks of where its pattern only finds the characteristic part: the hit itself, its carbon chain,
    the sugars it lies in, all of the molecule it is bound to, or all components of a salt.

    See `molreflect.tools.meaning.computed_classes.extended_patterns`."""
    ionised: tuple[str, ...] = ()
    """Those of `patterns` that are written with charges, for names that mean the ion."""
    note: str = ""
    parents: tuple[str, ...] = ()
    """Names of the entries it is a kind of."""
    definition: str = ""
    """What the name means, in one sentence."""
    source: str = ""
    """Whose definition that is: one of `SOURCES`."""
    absence: Absence = "refutes"
    """What it means that no pattern is found: `unchecked` where the patterns are narrower than the word's use."""
    doubtful: tuple[str, ...] = ()
    """SMARTS of what some call by the name and others do not: where one is found, absence decides nothing."""
    member: Member | None = None
    """What must hold to be one, beside a pattern occurring; see `molreflect.tools.meaning.membership`."""
    ring: bool = field(default=False, compare=False)
    """Whether a pattern contains a ring, so that "pyridine ring" and "pyridine derivative" mean the class."""
    id: int = field(default=0, compare=False)
    """Stable number that gives the class its place among the others, wherever it is filed; 0 where it has none."""


def _surface_forms(entry: StructuralClass) -> Iterator[str]:
    """Yield every normalised form of an entry's names that a caption may use as it stands."""
    for name in (entry.name, *entry.synonyms):
        plain = normalise_name(name)
        yield plain
        if entry.group == _SUBSTITUENT_GROUP:
            stem = plain
            for word in _SUBSTITUENT_WORDS:
                stem = stem.removesuffix(f" {word}")
            yield stem
            yield from (f"{stem} {word}" for word in _SUBSTITUENT_WORDS)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All curated classes, found by name.

    `version` is a hash of what the entries say, in order: equal versions give equal answers.
    """

    version: str
    classes: tuple[StructuralClass, ...]
    names: Mapping[str, StructuralClass]
    """Every surface form, as `normalise_name` writes it, to its class; ready for a longest-match gazetteer."""
    _squashed: Mapping[str, StructuralClass] = field(repr=False)

    def find(self, name: str) -> StructuralClass | None:
        """Find the class that a name means, however a caption spells it.

        Args:
            name: Name without article, e.g. "Sulphonamides", "pyridine ring", "nitro group".

        Returns:
            The class, or None when the lexicon has no such class.
        """
        plain = normalise_name(name)
        if not plain:
            return None
        found = self._plain(plain)
        if found is not None:
            return found
        if _JOINING.search(plain):
            return self._plain(normalise_name(plain.removesuffix(" bond")))
        for word in (*_KIND_WORDS, *_RING_WORDS, _COMPOUND_WORD):
            if plain.endswith(f" {word}"):
                found = self._plain(normalise_name(plain.removesuffix(f" {word}")))
                if found is None or found.scope == "whole" or (word in _RING_WORDS and not found.ring):
                    return None
                return found
        return None

    def _plain(self, plain: str) -> StructuralClass | None:
        known = self.names.get(plain)
        if known is not None or _ACID_ION.search(plain):
            return known
        return self._squashed.get(squash(plain))


def load_lexicon() -> Lexicon:
    """Read the curated lexicon, once in a process.

    Raises:
        InputError: A file of the lexicon breaks a rule; the message names file and entry.
    """
    return read_lexicon(LEXICON_FOLDER, cache=cache_folder())


@lru_cache(maxsize=8)
def read_lexicon(folder: Path, *, cache: Path | None = None) -> Lexicon:
    """Read and check every `*.toml` of a folder.

    Classes come in the order of their ids, whatever file they are in; those without one follow, in the order of the
    files' names.

    Args:
        folder: Where the files are.
        cache: Where what was read is kept, so that the same files are read several times faster the next time.

    Raises:
        InputError: A file is not TOML, an entry lacks a key or has an unknown one, a pattern cannot be read, or a
            name or an id is used twice; the message names file and entry.
    """
    return build_lexicon(read_tables(folder, cache))


def build_lexicon(files: Mapping[str, Sequence[dict[str, Any]]], *, patch: str = "") -> Lexicon:
    """Make a lexicon of tables whose patterns were checked.

    Args:
        files: Tables by the name of their file.
        patch: Which of the files is a patch; one example of each class is enough there.

    Raises:
        InputError: As for `read_lexicon`.
    """
    placed: list[tuple[StructuralClass, str]] = []
    said: dict[str, dict[str, Any]] = {}
    for name, tables in files.items():
        for number, table in enumerate(tables, start=1):
            least = (1, 0) if name == patch else (_MIN_EXAMPLES, _MIN_EXAMPLES)
            entry = class_of(table, f"{name}, entry {number} ({shorten(str(table.get('name', '?')))})", least)
            placed.append((entry, f"{name}, entry {number} ({entry.name!r})"))
            said[entry.name] = {key: value for key, value in table.items() if key != _RING}
    placed.sort(key=lambda item: item[0].id or math.inf)
    ids: dict[int, str] = {}
    names: dict[str, StructuralClass] = {}
    squashed: dict[str, StructuralClass] = {}
    origin: dict[str, str] = {}
    digest = hashlib.sha256()
    for entry, where in placed:
        if entry.id and ids.setdefault(entry.id, where) != where:
            raise InputError(f"{where}: the id {entry.id} is already taken by {ids[entry.id]}; take the next free one")
        for form in dict.fromkeys(_surface_forms(entry)):
            for key, table_of in ((form, names), (squash(form), squashed)):
                other = table_of.setdefault(key, entry)
                if other is not entry:
                    raise InputError(
                        f"{where}: the name {form!r} is already taken by {origin[other.name]}; "
                        "keep it in one entry only"
                    )
        origin[entry.name] = where
        digest.update(json.dumps(said[entry.name], sort_keys=True).encode())
    classes = tuple(entry for entry, _ in placed)
    for entry, where in placed:
        for parent in entry.parents:
            if parent not in origin or parent == entry.name:
                raise InputError(f"{where}: the parent {parent!r} is no other entry; write the name of one")
    return Lexicon(digest.hexdigest()[:12], classes, MappingProxyType(names), MappingProxyType(squashed))


def read_tables(folder: Path, cache: Path | None) -> dict[str, list[dict[str, Any]]]:
    """Read the tables of a folder, whose patterns RDKit reads, by file.

    They come from the cache where these very files were read before.

    Raises:
        InputError: As for `read_lexicon`, as far as it can be said of single tables.
    """
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise InputError(f"no *.toml file in {folder}; a lexicon needs at least one")
    texts = {path.name: path.read_bytes() for path in files}
    digest = hashlib.sha256(f"{_CACHE_FORMAT} {rdkit_version}".encode())
    for name, text in texts.items():
        digest.update(f"{name} {len(text)} ".encode() + text)
    kept = None if cache is None else cache / f"lexicon-{digest.hexdigest()[:16]}.json"
    found: dict[str, list[dict[str, Any]]] | None = None
    if kept is not None and (found := read_cached(kept, lambda: dict(json.loads(kept.read_bytes())))) is not None:
        return found
    read = {name: checked_tables(name, text) for name, text in texts.items()}
    if kept is not None:
        with suppress(
            OSError, StorageError
        ):  # a cache that cannot be written costs a second each time, and changes nothing
            atomic_write_text(kept, json.dumps(read))
            older = sorted(kept.parent.glob("lexicon-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
            for path in older[_CACHES_KEPT:]:
                path.unlink(missing_ok=True)
    return read


def _check_patterns(table: dict[str, Any], where: str) -> None:
    """Refuse patterns that RDKit cannot read, and note in the table whether one has a ring."""
    if _RING in table:
        raise InputError(f"{where}: unknown {_RING}")
    lists = [_strings(table.get(key, []), key, where) for key in ("patterns", "ionised", "doubtful")]
    ring = False
    for pattern in _readable(lists[0] + lists[1], where):
        query = Chem.MolFromSmarts(pattern)
        Chem.FastFindRings(query)
        ring = ring or query.GetRingInfo().NumRings() > 0
    _readable(lists[2], where)
    read_member(table.get("member"), where)
    table[_RING] = ring


def checked_tables(name: str, text: bytes) -> list[dict[str, Any]]:
    """Read the tables of one file, and refuse patterns that RDKit cannot read.

    Args:
        name: Of the file, for messages.
        text: What it holds.

    Raises:
        InputError: It is not TOML, holds anything but classes, or a pattern cannot be read.
    """
    tables = _tables(name, text)
    for number, table in enumerate(tables, start=1):
        _check_patterns(table, f"{name}, entry {number} ({shorten(str(table.get('name', '?')))})")
    return tables


def _tables(name: str, text: bytes) -> list[dict[str, Any]]:
    try:
        data = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{name} is not TOML in UTF-8: {error}") from error
    tables = data.get("class")
    if set(data) != {"class"} or not isinstance(tables, list):
        raise InputError(f"{name}: expected nothing but [[class]] tables, got the keys {sorted(data)}")
    return cast("list[dict[str, Any]]", tables)


def class_of(table: dict[str, Any], where: str, least: tuple[int, int] = (1, 0)) -> StructuralClass:
    """Make a class of its table.

    Args:
        table: From `checked_tables`.
        where: What a message begins with.
        least: Fewest examples that match, and that do not.

    Raises:
        InputError: A key is missing or unknown, or a value is not of its kind.
    """
    keys = set(table) - {_RING}
    if missing := _REQUIRED - keys - ({"misses"} if not least[1] else set()):
        raise InputError(f"{where}: missing {', '.join(sorted(missing))}")
    if unknown := keys - _REQUIRED - _OPTIONAL:
        raise InputError(
            f"{where}: unknown {', '.join(sorted(unknown))}; known are {', '.join(sorted(_REQUIRED | _OPTIONAL))}"
        )
    for key in ("name", "group"):
        if not isinstance(table[key], str) or not table[key].strip():
            raise InputError(f"{where}: {key} must be a non-empty string, got {table[key]!r}")
    if type(number := table.get("id", 0)) is not int or number < 0:
        raise InputError(f"{where}: id must be a positive whole number, got {number!r}")
    lists = {key: _strings(table.get(key, []), key, where) for key in ("synonyms", "matches", "misses")}
    for key, few in zip(("matches", "misses"), least, strict=True):
        if len(lists[key]) < few:
            raise InputError(f"{where}: {key} needs at least {few} SMILES, got {len(lists[key])}")
    ionised = _strings(table.get("ionised", []), "ionised", where)
    patterns = _strings(table.get("patterns", []), "patterns", where) + ionised
    if not patterns:
        raise InputError(f"{where}: give at least one SMARTS in patterns or ionised")
    level, scope = table.get("level", Level.NEUTRAL.value), table.get("scope", "part")
    if level not in LADDER:
        raise InputError(f"{where}: level must be one of {', '.join(LADDER)}, got {level!r}")
    if scope not in ("part", "whole"):
        raise InputError(f"{where}: scope must be 'part' or 'whole', got {scope!r}")
    extent = table.get("extent", "hit")
    if extent not in get_args(Extent):
        raise InputError(f"{where}: extent must be one of {', '.join(get_args(Extent))}, got {extent!r}")
    absence, source = table.get("absence", "refutes"), table.get("source", "")
    if absence not in get_args(Absence):
        raise InputError(f"{where}: absence must be one of {', '.join(get_args(Absence))}, got {absence!r}")
    if source and source not in SOURCES:
        raise InputError(f"{where}: source must be one of {', '.join(SOURCES)}, got {source!r}")
    parent = table.get("parent", [])
    return StructuralClass(
        name=table["name"],
        synonyms=lists["synonyms"],
        patterns=patterns,
        level=Level(level),
        group=table["group"],
        scope=cast("Scope", scope),
        extent=cast("Extent", extent),
        matches=lists["matches"],
        misses=lists["misses"],
        ionised=ionised,
        note=str(table.get("note", "")),
        parents=_strings([parent] if isinstance(parent, str) else parent, "parent", where),
        definition=str(table.get("definition", "")),
        source=source,
        absence=cast("Absence", absence),
        doubtful=_strings(table.get("doubtful", []), "doubtful", where),
        member=read_member(table.get("member"), where, checked=True),
        ring=table[_RING],
        id=number,
    )


def _readable(patterns: tuple[str, ...], where: str) -> tuple[str, ...]:
    """Refuse patterns that RDKit cannot read."""
    for pattern in patterns:
        with quiet_rdkit():
            query = Chem.MolFromSmarts(pattern)
        if query is None or query.GetNumAtoms() == 0:
            raise InputError(f"{where}: RDKit cannot read the pattern {shorten(pattern)} as SMARTS")
    return patterns


def _strings(value: object, key: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise InputError(f"{where}: {key} must be a list of non-empty strings, got {value!r}")
    return tuple(value)

"""Synthetic runs: triples that are true by construction, kept in a run directory like any other.

Candidates are counted. What a candidate gives depends on its number, the seed and the known molecules alone, and
results are taken in the order of the numbers, so a run is the same whatever the number of workers, and one that was
interrupted goes on to what it would have been.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import hashlib
import importlib.metadata
import io
import json
import random
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from molreflect.agents.schemas import Alignment, Coverage, PairRecord, Usage, Version
from molreflect.graphs.alignment.coverage import coverage, unread_sentences
from molreflect.graphs.runs.export import Exported, export
from molreflect.graphs.runs.store import MadeRow, RunStore, discard_unstarted
from molreflect.tools.corpus import FIELDS, BadRow, read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.lexicon.classes import load_lexicon
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.names.systematic import Namer
from molreflect.tools.processes import ProcessPool
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.storage import atomic_path, require_same_settings
from molreflect.tools.synthesis.captions import VERSION, Composer, Dropped
from molreflect.tools.synthesis.molecules import MAX_HEAVY_ATOMS, MIN_HEAVY_ATOMS, Library, Proposal
from molreflect.tools.tables.open import open_table
from molreflect.tools.tables.table import choose_columns, expected
from molreflect.tools.terms import ProgressCallback, View

CHUNK = 16
"""Candidates that a worker takes at once, and that one transaction keeps."""
MAX_FRUITLESS = 3_000
"""Candidates in a row without a new triple, after which there is nothing more to be made of the known molecules."""
MAX_BLOCKS = 5_000
"""Most known molecules to build from; of more, an even selection is taken."""
CORPUS_FILE = "corpus.tsv"
_OTHER_TABLES = (".json", ".jsonl", ".ndjson", ".parquet", ".gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisSettings:
    """Everything that decides the result of a synthetic run."""

    count: int | None = None
    """Triples to make; None makes one of every molecule that was given, as far as it can be captioned."""
    seed: int = 0
    max_heavy_atoms: int = MAX_HEAVY_ATOMS
    """Largest molecule to make; molecules that were given may be larger."""

    def __post_init__(self) -> None:
        if self.count is not None and self.count < 1:
            raise InputError(f"count must be at least 1, got {self.count}")
        if self.seed < 0:
            raise InputError(f"seed must not be negative, got {self.seed}")
        if self.max_heavy_atoms < MIN_HEAVY_ATOMS:
            raise InputError(f"max_heavy_atoms must be at least {MIN_HEAVY_ATOMS}, got {self.max_heavy_atoms}")


@dataclass(frozen=True, slots=True)
class Known:
    """Molecules to write captions for or to build from, and molecules that must not come up."""

    given: tuple[str, ...]
    """Come first, as they stand; empty where all molecules are made."""
    blocks: tuple[str, ...]
    """What new molecules are built from."""
    left_out: frozenset[str]
    """InChIKey first blocks that are neither used nor made."""
    bad: tuple[BadRow, ...]
    source: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything that decides which molecules come up."""
        parts = json.dumps([self.given, self.blocks, sorted(self.left_out)])
        return hashlib.sha256(parts.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Synthesized:
    """What a call to `synthesize` left behind."""

    made: int
    asked: int | None
    """None where nothing but the given molecules was asked for."""
    tried: int
    dropped: dict[str, int]
    """Why candidates gave no triple."""
    exported: Exported

    @property
    def short(self) -> bool:
        """Whether fewer triples were found than were asked for."""
        return self.asked is not None and self.made < self.asked


def read_known(molecules: Path | None, sample: Path, leave_out: Sequence[Path] = ()) -> Known:
    """Read the molecules of a synthetic run.

    Args:
        molecules: File of molecules to caption; None builds all of them from `sample` and the lexicon's examples.
        sample: Corpus to build from where no molecules are given.
        leave_out: Corpora or molecule files (test sets, held-out rows) whose molecules must not come up, compared by
            InChIKey first block.

    Raises:
        InputError: A file is missing, empty, or holds no molecule.
    """
    excluded = frozenset(read_molecule(smiles).block for path in leave_out for smiles in read_smiles(path)[0])
    if molecules is not None:
        given, bad = read_smiles(molecules)
        kept = tuple(s for s in given if read_molecule(s).block not in excluded)
        if not kept:
            raise InputError(f"every molecule of {molecules} is to be left out; nothing to make triples of")
        step = max(1, -(-len(kept) // MAX_BLOCKS))
        return Known(kept, kept[::step], excluded, bad, str(molecules))
    if not sample.is_file():
        raise InputError(f"the sample corpus {sample} is not there; pass --molecules, a file of SMILES")
    pairs = read_corpus(sample)
    examples = [smiles for entry in load_lexicon().classes for smiles in entry.matches]
    blocks = [s for s in (*(p.smiles for p in pairs.pairs), *examples) if read_molecule(s).block not in excluded]
    return Known((), tuple(blocks), excluded, (), f"{sample.name} and the lexicon's examples")


def read_smiles(path: Path) -> tuple[tuple[str, ...], tuple[BadRow, ...]]:
    """Molecules of a file: a column named SMILES of a table, else the first word of every line.

    Args:
        path: `.tsv`, `.csv`, `.smi` or `.txt`, where blank lines and lines that begin with `#` are passed over; or
            another table that a corpus may be (`.json`, `.jsonl`, `.parquet`, any of them with `.gz`).

    Returns:
        SMILES that RDKit reads, in the file's order, and the lines that hold none.

    Raises:
        InputError: The file is missing, is not UTF-8 text, or holds no readable molecule.
    """
    if path.suffix.lower() in _OTHER_TABLES:
        return _read_each(path, _smiles_column(path), comments=False)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); pass a file of SMILES") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text; pass a file of SMILES, one a line, or a table") from error
    lines = text.split("\n")
    delimiter = "\t" if "\t" in lines[0] else "," if path.suffix.lower() == ".csv" else None
    header = [name.strip().lower() for name in lines[0].split(delimiter)] if delimiter or lines[0] else []
    column = header.index("smiles") if "smiles" in header else None
    rows: Iterator[tuple[int, str]]
    if delimiter == "," and column is not None:
        table = csv.reader(io.StringIO(text))
        next(table)
        rows = ((table.line_num, row[column] if len(row) > column else "") for row in table if row)
    elif column is not None:
        cells = (line.split(delimiter) for line in lines[1:])
        rows = ((n, cell[column] if len(cell) > column else "") for n, cell in enumerate(cells, 2) if any(cell))
    else:
        rows = ((n, line.split()[0]) for n, line in enumerate(lines, 1) if line.split())
    return _read_each(path, rows, comments=column is None)


def _smiles_column(path: Path) -> Iterator[tuple[int, str]]:
    """The cells of the SMILES column of a table, with their rows."""
    wanted = [field for field in FIELDS if field.name == "smiles"]
    table = open_table(path, expected(wanted))
    names = list(choose_columns(table, wanted, {}).values())
    return ((row.line, row.fields[0] if row.fields else "") for row in table.rows(names))


def _read_each(
    path: Path, rows: Iterable[tuple[int, str]], *, comments: bool
) -> tuple[tuple[str, ...], tuple[BadRow, ...]]:
    found: list[str] = []
    bad: list[BadRow] = []
    for number, cell in rows:
        if comments and cell.startswith("#"):
            continue
        try:
            found.append(read_molecule(cell).smiles)
        except InputError as error:
            bad.append(BadRow(number, str(error), cell[:200]))
    if not found:
        why = f"; line {bad[0].line}: {bad[0].reason}" if bad else ""
        raise InputError(f"{path} holds no molecule that can be read{why}")
    return tuple(found), tuple(bad)


def synthesize(
    out: Path,
    known: Known,
    settings: SynthesisSettings,
    *,
    workers: int = 1,
    resume: bool = False,
    progress: ProgressCallback = lambda what, done, of: None,
) -> Synthesized:
    """Make triples of molecule, caption and alignments, and keep them as a run directory with a corpus beside it.

    Args:
        out: The run directory; new, or one to go on with.
        known: From `read_known`.
        settings: What decides the result.
        workers: Processes; the result does not depend on it.
        resume: Go on with a run that was interrupted.
        progress: Called with every progress event.

    Returns:
        What was made. Fewer triples than asked for are no error here: see `Synthesized.short`.

    Raises:
        InputError: The folder is taken, was made with other settings, or nothing can be built.
    """
    if settings.count is None and not known.given:
        raise InputError("say how many triples to make (--count), or give molecules to caption (--molecules)")
    if workers < 1:
        raise InputError(f"workers must be at least 1, got {workers}")
    with contextlib.closing(_open(out, known, settings, resume=resume)) as store:
        state = _State(store, known, settings)
        if not state.finished():
            asked = settings.count or len(known.given)
            progress("making triples", state.made, asked)
            with contextlib.closing(_results(known, settings, state.next, workers)) as results:
                for start, chunk in results:
                    state.keep(start, chunk)
                    progress("making triples", state.made, asked)
                    if state.finished():
                        break
        state.note()
        progress("exporting", 0, 0)
        exported = export(store)
        _write_corpus(store, out / CORPUS_FILE)
        return Synthesized(state.made, settings.count, state.next, dict(state.dropped), exported)


def _open(out: Path, known: Known, settings: SynthesisSettings, *, resume: bool) -> RunStore:
    packages = ("rdkit", "openclatura", "py2opsin")
    wanted: dict[str, Any] = {
        "molreflect": importlib.metadata.version("molreflect"),
        "settings": {"teacher": VERSION, "view": View.PAIR.value, **asdict(settings)},
        "corpus": {
            "source": known.source,
            "fingerprint": known.fingerprint,
            "pairs": settings.count or len(known.given),
            "bad_rows": len(known.bad),
        },
        "lexicon": load_lexicon().version,
        "versions": {name: importlib.metadata.version(name) for name in packages},
    }
    if not resume or not (out / "run.yaml").is_file():
        if resume:
            discard_unstarted(out)
        return RunStore.create(out, wanted, (), (), known.bad)
    store = RunStore.open(out, write=True)
    deciding = ("settings", "corpus", "lexicon", "versions")
    try:
        require_same_settings(f"{out} was made", *({k: of.get(k) for k in deciding} for of in (store.settings, wanted)))
    except InputError:
        store.close()
        raise
    return store


class _State:
    """How far a run got; what `run.sqlite` holds of it, and what can be told from that."""

    def __init__(self, store: RunStore, known: Known, settings: SynthesisSettings) -> None:
        self._store, self._known, self._settings = store, known, settings
        noted = json.loads(store.note("synthesis") or "{}")
        self.next: int = noted.get("next", 0)
        """Number of the first candidate that was not tried."""
        self.dropped: Counter[str] = Counter(noted.get("dropped", {}))
        self._fruitless: int = noted.get("fruitless", 0)
        self._seen = {hashlib.sha256(key.encode()).digest()[:12] for key in store.row_keys()}
        self.made = len(self._seen)

    def finished(self) -> bool:
        if self._settings.count is None:
            return self.next >= len(self._known.given)
        exhausted = self._fruitless >= MAX_FRUITLESS and self.next >= len(self._known.given)
        return self.made >= self._settings.count or exhausted

    def keep(self, start: int, chunk: Sequence[_Result]) -> None:
        """Take the results of a chunk of candidates in their order, in one transaction."""
        rows: list[MadeRow] = []
        for number, result in enumerate(chunk, start=start):
            if self.finished():
                break
            self.next = number + 1
            reason = result if isinstance(result, str) else self._refused(result)
            self._fruitless = self._fruitless + 1 if reason else 0
            if reason:
                self.dropped[reason] += 1
                continue
            assert not isinstance(result, str)
            record = {**result.record, "id": f"SYN{self.made + 1:07d}"}
            rows.append(MadeRow(record["id"], result.inchikey, record))
            self.made += 1
        self._store.add_made(rows, first=self.made - len(rows), name="synthesis", note=self._noted())

    def _refused(self, made: _Made) -> str:
        if made.block in self._known.left_out:
            return "to be left out"
        mark = hashlib.sha256(made.inchikey.encode()).digest()[:12]
        if mark in self._seen:
            return "made before"
        self._seen.add(mark)
        return ""

    def _noted(self) -> str:
        return json.dumps({"next": self.next, "dropped": dict(self.dropped), "fruitless": self._fruitless})

    def note(self) -> None:
        """Keep how the run ended, also where nothing was made."""
        self._store.add_made((), first=self.made, name="synthesis", note=self._noted())


@dataclass(frozen=True, slots=True)
class _Made:
    """A triple as a worker hands it over; the record lacks its id."""

    inchikey: str
    block: str
    record: dict[str, Any]


_Result = _Made | str


class _Maker:
    """Makes triples of candidates; one a process."""

    def __init__(self, known: Known, settings: SynthesisSettings) -> None:
        self._known, self._settings = known, settings
        self._namer = Namer()
        self._composer = Composer(open_resources(), self._namer)

    @functools.cached_property
    def _library(self) -> Library:
        return Library(self._known.blocks, max_heavy_atoms=self._settings.max_heavy_atoms)

    def make(self, start: int, stop: int) -> list[_Result]:
        """The results of some candidates, in order."""
        return [self._one(number) for number in range(start, stop)]

    def _one(self, number: int) -> _Result:
        chance = random.Random(f"{VERSION}-{self._settings.seed}-{number}")
        given = self._known.given
        proposal = Proposal(given[number], "given") if number < len(given) else self._library.propose(chance)
        if proposal is None:
            return "no sound molecule"
        made = self._composer.compose(proposal, chance)
        if isinstance(made, Dropped):
            return made.reason
        alignments = tuple(Alignment.of(each, Version.DRAFT) for each in made.verified)
        record = _record(made.smiles, made.caption, alignments, made.way, made.pattern, self._composer.resources)
        return _Made(made.inchikey, made.block, record)

    def close(self) -> None:
        self._namer.close()


def _record(
    smiles: str, caption: str, alignments: tuple[Alignment, ...], way: str, pattern: str, resources: Resources
) -> dict[str, Any]:
    shares: Coverage = coverage(alignments, smiles, caption, resources)
    return PairRecord(
        id="",
        view=View.PAIR,
        smiles=smiles,
        caption=caption,
        alignments=alignments,
        selected=Version.DRAFT,
        selected_because=f"composed from what the tools found ({way} molecule, {pattern} sentence)",
        perplexity={},
        coverage=shares,
        unread=unread_sentences(alignments, caption, resources),
        neighbours=(),
        rounds=0,
        bounds=(),
        teacher=VERSION,
        prompt_version=VERSION,
        index_hash="",
        usage=Usage(),
        perplexity_of=None,
        trace_id="",
        status="ok",
    ).to_json()


def _results(
    known: Known, settings: SynthesisSettings, first: int, workers: int
) -> Generator[tuple[int, list[_Result]], None, None]:
    """Chunks of results in the order of their candidates, without end where molecules are made."""
    last = len(known.given) if settings.count is None else None
    if workers == 1:
        maker = _Maker(known, settings)
        try:
            for start, stop in _chunks(first, last):
                yield start, maker.make(start, stop)
        finally:
            maker.close()
        return
    with ProcessPool(workers, _begin, (known, settings)) as pool:
        yield from pool.in_order(_make, _chunks(first, last))


def _chunks(first: int, last: int | None) -> Iterator[tuple[int, int]]:
    start = first
    while last is None or start < last:
        stop = start + CHUNK if last is None else min(start + CHUNK, last)
        yield start, stop
        start = stop


_maker: _Maker | None = None


def _begin(known: Known, settings: SynthesisSettings) -> None:
    """First thing in a worker process."""
    global _maker
    _maker = _Maker(known, settings)


def _make(start: int, stop: int) -> tuple[int, list[_Result]]:
    assert _maker is not None
    return start, _maker.make(start, stop)


def _write_corpus(store: RunStore, path: Path) -> None:
    """Molecules and captions in MolT5's layout, a row at a time."""
    with atomic_path(path) as part, part.open("w", encoding="utf-8") as lines:
        lines.write("CID\tSMILES\tdescription\n")
        for record in store.records():
            lines.write(f"{record['id']}\t{record['smiles']}\t{record['caption']}\n")

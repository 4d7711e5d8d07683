"""How a batch begins or goes on: its run directory is opened, and brought up to its corpus and settings."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from molreflect.agents.teacher.agent import prompt_digest
from molreflect.graphs.batch.neighbours import find_neighbours
from molreflect.graphs.batch.prepared_corpus import PreparedCorpus, Report
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.runs.changes import apply_corpus, apply_neighbours, named_neighbours, start_over
from molreflect.graphs.runs.damage import put_back_damaged
from molreflect.graphs.runs.store import RunStore, discard_unstarted, require_empty
from molreflect.tools.corpus import Corpus, Pair
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.retrieval.changed import may_differ
from molreflect.tools.storage import require_same_settings
from molreflect.tools.terms import TeacherProtocol

PACKAGES = ("rdkit", "langchain", "langgraph", "chromadb", "openclatura", "py2opsin", "numpy")


def corpus_of(out: Path) -> str | None:
    """Fingerprint of the corpus a run was made from; None where there is no run."""
    if not (out / "run.yaml").is_file():
        return None
    with contextlib.closing(RunStore.open(out)) as store:
        return str((store.settings.get("corpus") or {}).get("fingerprint"))


def readable_in(out: Path) -> frozenset[str]:
    """SMILES that the RDKit of now has read for a run already; none where there is no run."""
    if not (out / "run.yaml").is_file():
        return frozenset()
    with contextlib.closing(RunStore.open(out)) as store:
        same = (store.settings.get("versions") or {}).get("rdkit") == importlib.metadata.version("rdkit")
        return frozenset(row.smiles for row in store.rows()) if same else frozenset()


def settings_of_run(
    settings: DistillSettings, corpus: Corpus, index_hash: str, account: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What `run.yaml` says: every setting, versions, prompt versions, corpus fingerprint."""
    from molreflect.agents import prompts

    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {
        "molreflect": importlib.metadata.version("molreflect"),
        "settings": settings.result_settings(),
        "server": settings.base_url,
        "prompts": {
            "version": prompts.JSON_VERSION if settings.protocol == TeacherProtocol.JSON else prompts.VERSION,
            "system": prompt_digest(),
        },
        "corpus": {
            "source": corpus.source,
            "fingerprint": corpus.fingerprint,
            "pairs": len(corpus),
            "bad_rows": len(corpus.bad_rows),
        },
        "index_hash": index_hash,
        "account": dict(account or {}),
        "versions": versions,
    }


def row_keys(pairs: Sequence[Pair], settings: DistillSettings) -> list[str]:
    """Hash what determines the result of each row."""
    common = json.dumps(settings.result_settings(), ensure_ascii=False, sort_keys=True)
    own = (json.dumps([pair.id, pair.smiles, pair.caption], ensure_ascii=False) for pair in pairs)
    texts = (f"{text[:-1]}, {common}]" for text in own)
    return [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts]


def open_run(
    folder: Path,
    corpus: Corpus,
    settings: DistillSettings,
    *,
    index_hash: str,
    resume: bool,
    redo: bool = False,
    keep_failed: bool = False,
    account: Mapping[str, Any] | None = None,
    report: Report = lambda _: None,
) -> RunStore:
    """Begin a run, or go on with one.

    Args:
        folder: The run directory.
        corpus: What it is about.
        settings: What decides its result.
        index_hash: Of the neighbour index.
        resume: Go on with what is there: rows that the corpus has anew or changed are to be done, others are kept.
        redo: Do every row again where settings or prompts have changed; answers to questions that stay are kept.
        keep_failed: Leave failed rows as they are; else those are tried again that `retry` has not left alone.
        account: How tokens and money are counted, for `run.yaml`.
        report: Told what has changed, and how many rows are to be done.

    Raises:
        InputError: The folder is taken, or a resumed run had other settings or another version.
    """
    wanted = settings_of_run(settings, corpus, index_hash, account)
    if not resume or not (folder / "run.yaml").is_file():
        if resume:
            discard_unstarted(folder)
        keys = row_keys(corpus.pairs, settings)
        return RunStore.create(folder, wanted, corpus.pairs, keys, corpus.bad_rows)
    store = RunStore.open(folder, write=True)
    try:
        _refuse_other(store, wanted, redo=redo)
        _follow(store, wanted, corpus, settings, report)
    except BaseException:
        store.close()
        raise
    if not keep_failed:
        store.failed.put_back_for_resume()
    if left := store.counts().get("failed", 0):
        report(f"{counted(left, 'failed row')} left alone; molreflect retry puts them back in line")
    return store


def _follow(store: RunStore, wanted: dict[str, Any], corpus: Corpus, settings: DistillSettings, report: Report) -> None:
    """Bring the rows of a run up to its corpus and settings, and say what is to be done."""
    if damaged := put_back_damaged(store.folder):
        report(f"{counted(damaged, 'damaged row')} to do again")
    anew = _result_of(store.settings) != _result_of(wanted)
    if anew:
        start_over(store.folder)
        report(f"other settings: {counted(len(corpus), 'row')} to do again")
    rows = sum(store.counts().values())
    known = (store.settings.get("corpus") or {}).get("fingerprint")
    if known != corpus.fingerprint or rows != len(corpus):  # or it has lost rows
        keys = row_keys(corpus.pairs, settings)
        changes = apply_corpus(store.folder, corpus.pairs, keys, corpus.bad_rows)
        left = sum(count for state, count in store.counts().items() if state != "done")
        report(f"{changes}; {counted(left, 'row')} to do")
    store.describe(wanted)


def follow_neighbours(
    store: RunStore, prepared: PreparedCorpus, settings: DistillSettings, before: Sequence[str], report: Report
) -> None:
    """Put rows back to their draft whose neighbours have changed with the corpus.

    Args:
        store: The run, whose rows are those of the corpus already.
        prepared: The corpus of now.
        settings: Of the run.
        before: Ids of the corpus of then, in its order.
        report: Told how many rows are reflected on again.
    """
    if prepared.index is None or not settings.neighbours:
        return
    rows, anew = store.rows(), {row.id for row in store.rows("pending")}
    named = named_neighbours(store.folder)
    index = prepared.ready()
    assert index is not None
    asked = {row.id for row in rows}
    if settings.routes == ("molecule",) and index.is_scanned and _same_order(before, [row.id for row in rows]):
        asked = may_differ(index, named, anew, settings.neighbours)
    found = find_neighbours([row for row in rows if row.id in asked], prepared, settings)
    now = named | {pair_id: [n.id for n in near] for pair_id, near in found.items()}
    again = apply_neighbours(store.folder, now, anew)
    if again:
        report(f"{counted(again, 'row')} to reflect on again, since the neighbours have changed")


def _same_order(before: Sequence[str], now: Sequence[str]) -> bool:
    """Whether what stands in both lists stands in the same order."""
    then, there = set(before), set(now)
    return [each for each in before if each in there] == [each for each in now if each in then]


def ids_in(out: Path) -> list[str]:
    """Ids of the rows of a run, in corpus order."""
    with contextlib.closing(RunStore.open(out)) as store:
        return [row.id for row in store.rows()]


def _result_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """What decides the result of a run, of what `run.yaml` says."""
    settings = {name: value for name, value in said["settings"].items() if name != "base_url"}  # earlier versions'
    return {"settings": settings, "prompts": said.get("prompts")}


def validate_output_folder(
    folder: Path, corpus: Corpus, settings: DistillSettings, *, resume: bool, redo: bool = False
) -> None:
    """What can be said about a run directory before anything is prepared in it.

    Raises:
        InputError: As `open_run`, but for the index, which is not open yet.
    """
    if not resume:
        require_empty(folder)
    elif (folder / "run.yaml").is_file():
        with contextlib.closing(RunStore.open(folder, write=True)) as store:
            _refuse_other(store, settings_of_run(settings, corpus, ""), redo=redo)
            if not redo:
                _refuse_strange(store, corpus)
    else:
        discard_unstarted(folder)
        require_empty(folder)


def _refuse_strange(store: RunStore, corpus: Corpus) -> None:
    """Refuse a corpus that would drop most of what is done: rather a slip than a change."""
    there = {(pair.id, pair.smiles, pair.caption) for pair in corpus.pairs}
    done = store.rows("done", "drafted")
    kept = sum((row.id, row.smiles, row.caption) in there for row in done)
    if kept < len(done) / 2:
        raise InputError(
            f"{store.folder} was made from another corpus than {corpus.source}, which has only {kept} of the "
            f"{counted(len(done), 'row')} that {'is' if len(done) == 1 else 'are'} done; pass the same, name another "
            "folder, or drop the others with --resume --redo"
        )


def _refuse_other(store: RunStore, wanted: dict[str, Any], *, redo: bool) -> None:
    if not redo:
        rows = counted(sum(store.counts().values()), "row")
        advice = f"do all {rows} again with --resume --redo, or name another folder"
        require_same_settings(f"{store.folder} was made", _result_of(store.settings), _result_of(wanted), advice=advice)

"""The runs of an erring teacher: the same pairs at each rate and seed, with verification and without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from molreflect.agents.models.noisy_teacher import Noise, is_noisy
from molreflect.graphs.batch.run import distill_corpus
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.tools.corpus import Corpus, Pair
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.terms import TraceMode
from molreflect.training.examples.records import TrainRecord, fingerprint, read_run
from molreflect.training.progress import DetailedProgress

RUNS = "runs"
"""Folder of the runs, in that of the experiment."""


@dataclass(frozen=True, slots=True)
class NoisyRun:
    """What an erring teacher left of the training rows."""

    noise: Noise
    records: tuple[TrainRecord, ...]
    """In the order of the rows: `parts` of the run with verification and repair, `draft` of the one without."""


def require_clean(run_dir: Path) -> None:
    """See that a run can be what noisy ones are held against.

    Raises:
        InputError: Its own teacher errs on purpose, or it was not verified.
    """
    path = run_dir / "run.yaml"
    if not path.is_file():  # alignments from elsewhere: nothing is known against them
        return
    settings = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("settings") or {}
    if is_noisy(str(settings.get("teacher"))) or settings.get("verify") is False:
        raise InputError(
            f"{run_dir} is what rationales are held against, and its own are "
            f"{'not verified' if settings.get('verify') is False else 'spoilt'}; pass a noise-free run"
        )


def noisy_runs(
    train: Sequence[TrainRecord],
    out: Path,
    rates: Sequence[float],
    seeds: Sequence[int],
    *,
    cache: Path | None,
    tell: DetailedProgress,
) -> dict[tuple[float, int], NoisyRun]:
    """Distil the training rows at every rate and seed; finished runs are kept, broken-off ones go on.

    Evidence and neighbours come from these rows alone. Without errors there is nothing to draw, so all seeds share one
    run.

    Args:
        train: The training rows.
        out: Folder of the experiment.
        rates: Of errors.
        seeds: Of errors.
        cache: Folder of names turned into structures.
        tell: Told how far it is.

    Raises:
        InputError: A folder holds another run, or rows of one failed.
    """
    pairs = tuple(Pair(r.id, r.smiles, r.caption, r.smiles, line) for line, r in enumerate(train, start=1))
    corpus = Corpus(pairs, (), fingerprint(train), "the training rows")
    found: dict[tuple[float, int], NoisyRun] = {}
    for rate in rates:
        for seed in seeds:
            noise = Noise(rate, seed if rate else 0)
            made = next((run for run in found.values() if run.noise == noise), None)
            found[rate, seed] = made or NoisyRun(noise, _merged(train, corpus, out, noise, cache, tell))
    return found


def run_folder(out: Path, noise: Noise, *, verified: bool) -> Path:
    """Name the folder of one run."""
    return out / RUNS / f"noise-{noise.rate:g}-seed-{noise.seed}-{'verified' if verified else 'unverified'}"


def _merged(
    train: Sequence[TrainRecord], corpus: Corpus, out: Path, noise: Noise, cache: Path | None, tell: DetailedProgress
) -> tuple[TrainRecord, ...]:
    verified, unverified = (_records(corpus, out, noise, cache, tell, verified=on) for on in (True, False))
    return tuple(
        replace(record, parts=verified[record.id].parts, draft=unverified[record.id].draft, neighbours=())
        for record in train
    )


def _records(
    corpus: Corpus, out: Path, noise: Noise, cache: Path | None, tell: DetailedProgress, *, verified: bool
) -> Mapping[str, TrainRecord]:
    folder = run_folder(out, noise, verified=verified)
    settings = DistillSettings(
        teacher=noise.name, verify=verified, neighbours=2 if verified else 0, trace=TraceMode.OFF
    )
    if not (folder / "alignments.jsonl").is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        result, _ = distill_corpus(
            corpus,
            folder,
            settings,
            resume=True,
            cache=cache,
            progress=lambda what, done, of: tell(f"{folder.name}: {what}", done, of),
        )
        if result.failed or result.left:
            raise InputError(
                f"{counted(result.failed + result.left, 'row')} of {folder} failed; see its failures.jsonl"
            )
    records = {record.id: record for record in read_run(folder)}
    if missing := [pair.id for pair in corpus.pairs if pair.id not in records]:
        raise InputError(f"{folder} lacks {counted(len(missing), 'row')} of the experiment; delete it, and start again")
    return records

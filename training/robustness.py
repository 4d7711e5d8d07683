"""Robustness: is a molecule captioned the same however its SMILES is written?

The student captions every molecule as the corpus writes it and in rewritten forms, and each form's scores are tested
against the original's, row by row.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from molreflect.tools.corpus import Pair
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.storage import atomic_write_text, require_same_settings, require_writable
from molreflect.tools.terms import Direction
from molreflect.tools.text_tables import TextTable
from molreflect.training.evaluation.compare import compare_evaluations
from molreflect.training.evaluation.evaluate import evaluate_predictions
from molreflect.training.evaluation.labels import ahead, headlines, label, number
from molreflect.training.evaluation.prediction_files import Predictions, read_predictions
from molreflect.training.evaluation.results import Comparison, Evaluation
from molreflect.training.evaluation.rewriting import REWRITES, rewrite_pairs
from molreflect.training.evaluation.tables import left_out_lines, paired_cells
from molreflect.training.examples.records import read_records
from molreflect.training.examples.wording import PROMPT_VERSION
from molreflect.training.progress import Progress
from molreflect.training.student.candidates import Writer
from molreflect.training.student.folder import RECORDS_FILE, read_student
from molreflect.training.student.neighbours import NeighbourSource
from molreflect.training.student.predict import PredictProgress, predict

ORIGINAL = "original"


_SETTINGS = "robustness.json"


_UNFINISHED = ".{}.tsv.unfinished"
"""Where `molreflect.training.student.predict` keeps an interrupted prediction."""


@dataclass(frozen=True)
class Rewritten:
    """What became of the captions under one rewriting."""

    name: str
    evaluation: Evaluation
    comparison: Comparison
    """A is the original, B the rewritten form."""
    changed: int
    """Rows whose input text is another one."""
    refused: dict[str, int]
    """Why rows were left as they were -> how many."""
    same_answers: int
    """Rows with the very caption that the original text got."""
    failed: int
    """Rows that could not be asked, e.g. because the rewritten text is too long; their caption is empty."""


@dataclass(frozen=True)
class Robustness:
    """Scores under the original text, and under every rewriting."""

    student: str
    corpus: str
    original: Evaluation
    failed: int
    """Rows of the original that could not be asked."""
    in_training: int
    """Rows whose molecule the student was trained on."""
    rewritten: tuple[Rewritten, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "student": self.student,
            "corpus": self.corpus,
            "rows": self.original.rows,
            "failed": self.failed,
            "in_training": self.in_training,
            ORIGINAL: self.original.to_dict(),
            "rewritten": {
                item.name: {
                    "changed": item.changed,
                    "refused": item.refused,
                    "same_answers": item.same_answers,
                    "failed": item.failed,
                    "tests": item.comparison.to_dict()["tests"],
                    "evaluation": item.evaluation.to_dict(),
                }
                for item in self.rewritten
            },
            "settings": self.rewritten[0].comparison.settings if self.rewritten else {},
        }


def robustness_table(found: Robustness) -> TextTable:
    """Headline scores as a table for the terminal, one block a rewriting."""
    headings = ("rewriting", "metric", ORIGINAL, "rewritten", "change", "95 %", "p", "ahead")
    rows = []
    for item in found.rewritten:
        tests = item.comparison.tests
        rows.append([item.name])
        rows += [
            [
                "",
                label(name),
                number(name, tests[name].a),
                number(name, tests[name].b),
                *paired_cells(tests[name]),
                {"A": ORIGINAL, "B": "rewritten"}.get(ahead(name, tests[name].difference), "same"),
            ]
            for name in headlines(Direction.MOL2CAP, list(tests))
        ]
    title = f"{found.student} on {found.corpus}: {counted(found.original.rows, 'row')}"
    return TextTable(title, headings, rows, words=frozenset(("metric",)), caption=_caption(found))


def _caption(found: Robustness) -> str:
    rows = found.original.rows
    lines = [f"{counted(found.failed, 'row')} could not be asked as the corpus writes them"] if found.failed else []
    for item in found.rewritten:
        line = f"{item.name}: {item.changed} of {counted(rows, 'input')} changed, "
        line += f"{counted(item.same_answers, 'caption')} stayed the same"
        line += f", {counted(item.failed, 'row')} could not be asked" if item.failed else ""
        lines += [line, *(f"{item.name}: {n} left as they were: {why}" for why, n in item.refused.items())]
    if found.in_training:
        lines.append(f"{found.in_training} of the molecules are training data: no held-out scores")
    return "\n".join([*lines, *left_out_lines(found.original)])


def measure_robustness(
    student_dir: Path | str,
    pairs: Sequence[Pair],
    out: Path | str,
    *,
    rewrites: Sequence[str] = tuple(REWRITES),
    source: str = "",
    limit: int | None = None,
    batch_size: int = 8,
    max_new_tokens: int | None = None,
    seed: int = 0,
    bootstrap: int = 1000,
    trials: int = 10_000,
    tokenizers: Sequence[str] = ("scibert", "t5"),
    neighbours: NeighbourSource | None = None,
    student: Writer | None = None,
    predicting: Callable[[str, PredictProgress], None] | None = None,
    progress: Progress | None = None,
) -> Robustness:
    """Caption a corpus under several spellings of its molecules, and compare.

    Predictions go to `out`, one TSV and JSONL a spelling; a call that finds them there goes on from where they end.

    Args:
        student_dir: Folder that `train` wrote; the student must have been trained for mol2cap.
        pairs: Molecules and their reference captions.
        out: Folder for the predictions.
        rewrites: Some of `REWRITES`.
        source: Name of the corpus, for the report.
        limit: Only the first so many pairs.
        batch_size: Sequences decoded together.
        max_new_tokens: Most tokens of an answer; the student's own setting where not given.
        seed: Of decoding and of the tests.
        bootstrap: Resamples for intervals.
        trials: Swaps of the paired randomisation test.
        tokenizers: As in `molreflect.training.evaluation.evaluate.evaluate`.
        neighbours: As in `molreflect.training.student.predict.predict`.
        student: A loaded student; `student_dir`'s where not given.
        predicting: Called with the spelling and predict's progress.
        progress: Called by the evaluation with stage, done, total.

    Raises:
        InputError: An unknown rewriting, nothing to predict, or `out` holds predictions of other settings.
    """
    asked = _asked(pairs if limit is None else pairs[:limit], rewrites)
    folder, out = read_student(student_dir), Path(out)
    spelt: dict[str, list[Pair]] = {ORIGINAL: asked}
    refused: dict[str, Counter[str]] = {}
    for how in dict.fromkeys(rewrites):
        spelt[how], refused[how] = rewrite_pairs(asked, how)
    limits: dict[str, Any] = {
        "batch_size": batch_size,
        "max_new_tokens": max_new_tokens or folder.config.max_new_tokens,
        "seed": seed,
    }
    _claim(
        out,
        {
            "student": folder.manifest["training_fingerprint"],
            "settings": folder.config.to_yaml(),
            "prompt_version": PROMPT_VERSION,
            "pairs": _fingerprint(asked),
            **limits,
        },
    )
    found: dict[str, Predictions] = {}
    for name, rows in spelt.items():
        if not _finished(tsv := out / f"{name}.tsv"):
            if student is None:
                student = folder.load()
            tell = None if predicting is None else partial(predicting, name)
            where: dict[str, Any] = {"neighbours": neighbours, "student": student, "progress": tell}
            predict(student_dir, rows, Direction.MOL2CAP, tsv, overwrite=True, **where, **limits)
        found[name] = _read_rows(tsv, rows, asked)
    trained = {record.block for record in read_records(folder.path / RECORDS_FILE)}
    in_training = sum(read_molecule(pair.smiles).block in trained for pair in asked)
    scores = {
        name: evaluate_predictions(answers, bootstrap=bootstrap, seed=seed, tokenizers=tokenizers, progress=progress)
        for name, answers in found.items()
    }
    original = scores[ORIGINAL]
    answers = [row.output for row in found[ORIGINAL].rows]
    return Robustness(
        student=str(student_dir),
        corpus=source or "corpus",
        original=original,
        failed=_failed(out / f"{ORIGINAL}.tsv"),
        in_training=in_training,
        rewritten=tuple(
            Rewritten(
                name=how,
                evaluation=scores[how],
                comparison=compare_evaluations(original, scores[how], bootstrap=bootstrap, trials=trials, seed=seed),
                changed=sum(a.smiles != b.smiles for a, b in zip(asked, spelt[how], strict=True)),
                refused=dict(refused[how].most_common()),
                same_answers=sum(a == row.output for a, row in zip(answers, found[how].rows, strict=True)),
                failed=_failed(out / f"{how}.tsv"),
            )
            for how in refused
        ),
    )


def _asked(pairs: Sequence[Pair], rewrites: Sequence[str]) -> list[Pair]:
    """Refuse what cannot be measured, and list the pairs to caption."""
    for how in rewrites:
        if how not in REWRITES:
            raise InputError(f"{shorten(how)} is no rewriting; pass some of {', '.join(REWRITES)}")
    if not rewrites:
        raise InputError(f"name at least one rewriting: {', '.join(REWRITES)}")
    if not pairs:
        raise InputError("there is nothing to caption: the corpus is empty, or limit is 0")
    return list(pairs)


def _read_rows(tsv: Path, rows: Sequence[Pair], asked: Sequence[Pair]) -> Predictions:
    """Read the predictions for rewritten rows, with the corpus' own SMILES: every spelling is the same question.

    Raises:
        InputError: The file answers other rows.
    """
    written = read_predictions(tsv, Direction.MOL2CAP)
    if [row.source for row in written.rows] != [pair.smiles for pair in rows]:
        raise InputError(f"{tsv} answers other questions; delete it, or name another folder")
    same = tuple(replace(row, source=pair.smiles) for row, pair in zip(written.rows, asked, strict=True))
    return replace(written, rows=same)


def _claim(out: Path, settings: dict[str, Any]) -> None:
    """Write what the folder is about, or make sure that it is about the same."""
    path = out / _SETTINGS
    if path.exists():
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise InputError(f"{path} is not JSON ({error}); delete the folder, or name another one") from error
        require_same_settings(f"{out} holds predictions", before, settings, advice="name another folder, or delete it")
        return
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is no empty folder; name another one")
    require_writable(out, "--out", folder=True)
    out.mkdir(parents=True, exist_ok=True)
    atomic_write_text(path, json.dumps(settings, indent=2))


def _fingerprint(pairs: Sequence[Pair]) -> str:
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(json.dumps(asdict(pair)).encode())
    return digest.hexdigest()


def _finished(tsv: Path) -> bool:
    """Whether a prediction came to its end; the file of an unfinished one is the last thing to go."""
    unfinished = tsv.with_name(_UNFINISHED.format(tsv.stem))
    return tsv.exists() and tsv.with_suffix(".jsonl").exists() and not unfinished.exists()


def _failed(tsv: Path) -> int:
    lines = tsv.with_suffix(".jsonl").read_text(encoding="utf-8").split("\n")
    return sum(json.loads(line)["status"] == "failed" for line in lines if line)

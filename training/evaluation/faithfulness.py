"""Faithfulness: what chemistry says of the claims in a prediction, whatever the reference says.

Overlap metrics reward a caption for words that any caption has. Here its structural claims are taken one by one and
verified against the molecule (`molreflect.tools.verification.claims`): supported, refuted, or unchecked where nothing
here can decide. No corpus is asked, so a verdict rests on curated classes and names alone.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.terms import Direction, Reason, Verdict
from molreflect.tools.verification.claims import MAX_CAPTION, claims_of
from molreflect.training.evaluation.metrics.bootstrap import Mean, Metric, Share
from molreflect.training.evaluation.prediction_files import Prediction, Predictions
from molreflect.training.progress import Progress

PREFIX = "faithfulness."
"""Prefix of these metrics where they stand in one mapping with others."""
NAMES = {
    "supported": "Claims supported",
    "refuted": "Claims refuted",
    "unchecked": "Claims unchecked",
    "supported_of_decided": "Claims supported, of those decided",
    "claims": "Claims a caption",
    "supported_rows": "Claims supported, mean of rows",
    "refuted_rows": "Claims refuted, mean of rows",
    "unchecked_rows": "Claims unchecked, mean of rows",
    "reference_supported": "Claims supported, reference captions",
    "reference_refuted": "Claims refuted, reference captions",
    "reference_claims": "Claims a caption, reference captions",
    "satisfied": "Claims satisfied",
    "satisfied_rows": "Claims satisfied, mean of rows",
    "reference_satisfied": "Claims satisfied, reference molecules",
    "reference_satisfied_rows": "Claims satisfied, reference molecules, mean of rows",
    "checkable": "Checkable claims a caption",
    "rationale_in_answer": "Alignments found in the answer",
    "rationale_in_answer_rows": "Alignments found in the answer, mean of rows",
    "rationale_in_input": "Alignments found in the input",
    "rationale_parts": "Alignments an answer",
}
"""Every metric of this module and how a table names it."""
RATIONALES = ("rationale_in_answer", "rationale_in_answer_rows", "rationale_in_input", "rationale_parts")


@dataclass(frozen=True)
class Faithfulness:
    """Row-level numbers of a prediction file, and what was counted on the way."""

    metrics: dict[str, Metric]
    """By name of `NAMES`, all over the file's rows; undefined ones (no row has a claim) are among them."""
    counts: dict[str, Any]
    """`claims`, `rows_with_claims`, `reasons` (verdict -> reason -> claims) and the like, as plain data."""
    left_out: dict[str, str]
    """Metric -> why it was not computed."""
    versions: dict[str, str] = field(default_factory=dict)


def measure_faithfulness(
    predictions: Predictions, resources: Resources | None = None, *, progress: Progress | None = None
) -> Faithfulness:
    """Judge the claims of a prediction file.

    mol2cap: every claim of the generated caption, and of the reference caption, against the given molecule. cap2mol:
    every checkable claim of the given caption against the generated molecule, of which an invalid one satisfies none,
    and against the reference molecule, which is the ceiling. Rationales, where a JSONL of `molreflect predict` stands
    beside the file: whether the alignments that the student wrote are found in its answer, and in its input.

    Args:
        predictions: The file, as read.
        resources: What claims are looked up in; one without evidence is opened for the call where none is given.
        progress: Called with stage, done, total.

    Raises:
        InputError: Java or OPSIN, which read names, are not installed.
    """
    with _opened(resources) as tools:
        if predictions.direction is Direction.MOL2CAP:
            metrics, counts = _captions(predictions.rows, tools, progress)
        else:
            metrics, counts = _molecules(predictions.rows, tools, progress)
        versions = {"lexicon": tools.lexicon.version}
    try:
        alignments = read_rationales(predictions)
    except InputError as error:
        return Faithfulness(metrics, counts, dict.fromkeys(RATIONALES, str(error)), versions)
    more, parts = _rationales(predictions, alignments)
    return Faithfulness(metrics | more, counts | parts, {}, versions)


@contextmanager
def _opened(resources: Resources | None) -> Iterator[Resources]:
    if resources is not None:
        yield resources.with_evidence(None)
        return
    opened = open_resources()
    try:
        yield opened
    finally:
        opened.close()


def _captions(
    rows: Sequence[Prediction], resources: Resources, progress: Progress | None
) -> tuple[dict[str, Metric], dict[str, Any]]:
    tally = {side: np.zeros((len(rows), 3)) for side in ("output", "truth")}
    reasons: dict[Verdict, Counter[str]] = {verdict: Counter() for verdict in Verdict}
    unreadable = too_long = 0
    for i, row in enumerate(rows):
        molecule = _molecule(row.source)
        unreadable += molecule is None
        too_long += len(row.output) > MAX_CAPTION
        if molecule is not None:
            for side, counted in tally.items():
                for claim in claims_of(getattr(row, side), resources):
                    verified = claim.verify(molecule)
                    counted[i, _COLUMN[verified.verdict]] += 1
                    if side == "output":
                        reasons[verified.verdict][verified.reason] += 1
        _tick(progress, "claims", i, len(rows))
    mine, theirs = tally["output"], tally["truth"]
    whole, reference = mine.sum(axis=1), theirs.sum(axis=1)
    metrics: dict[str, Metric] = {verdict: Share(mine[:, k], whole) for verdict, k in _COLUMN.items()}
    metrics["supported_of_decided"] = Share(mine[:, 0], mine[:, 0] + mine[:, 1])
    metrics |= {f"{verdict}_rows": _mean(mine[:, k], whole) for verdict, k in _COLUMN.items()}
    metrics["claims"] = Mean(whole)
    metrics["reference_supported"] = Share(theirs[:, 0], reference)
    metrics["reference_refuted"] = Share(theirs[:, 1], reference)
    metrics["reference_claims"] = Mean(reference)
    counts = {
        "claims": int(whole.sum()),
        "rows_with_claims": int((whole > 0).sum()),
        "unreadable_inputs": unreadable,
        "captions_too_long": too_long,
        "reasons": {verdict.value: _most_first(found) for verdict, found in reasons.items() if found},
    }
    return {str(name): metric for name, metric in metrics.items()}, counts


_COLUMN = {Verdict.SUPPORTED: 0, Verdict.REFUTED: 1, Verdict.UNCHECKED: 2}


def _molecules(
    rows: Sequence[Prediction], resources: Resources, progress: Progress | None
) -> tuple[dict[str, Metric], dict[str, Any]]:
    checkable, satisfied, reached = (np.zeros(len(rows)) for _ in range(3))
    claims = invalid = unreadable = too_long = 0
    reasons: Counter[str] = Counter()
    for i, row in enumerate(rows):
        answer, truth = _molecule(row.output), _molecule(row.truth)
        found = claims_of(row.source, resources)
        known = [claim for claim in found if claim.checkable]
        claims += len(found)
        checkable[i] = len(known)
        invalid += answer is None
        unreadable += truth is None
        too_long += len(row.source) > MAX_CAPTION
        same = answer is not None and truth is not None and answer.smiles == truth.smiles
        for claim in known:
            verified = None if answer is None else claim.verify(answer)
            holds = verified is not None and verified.verdict is Verdict.SUPPORTED
            satisfied[i] += holds
            if not holds:
                reasons["invalid_molecule" if verified is None else verified.reason] += 1
            if truth is not None:
                reached[i] += holds if same else claim.verify(truth).verdict is Verdict.SUPPORTED
        _tick(progress, "claims", i, len(rows))
    metrics: dict[str, Metric] = {
        "satisfied": Share(satisfied, checkable),
        "satisfied_rows": _mean(satisfied, checkable),
        "reference_satisfied": Share(reached, checkable),
        "reference_satisfied_rows": _mean(reached, checkable),
        "checkable": Mean(checkable),
    }
    counts = {
        "claims": claims,
        "checkable": int(checkable.sum()),
        "rows_with_claims": int((checkable > 0).sum()),
        "invalid_answers": invalid,
        "unreadable_references": unreadable,
        "captions_too_long": too_long,
        "reasons": {"not satisfied": _most_first(reasons)} if reasons else {},
    }
    return metrics, counts


def _mean(part: Any, whole: Any) -> Mean:
    """Mean of the rows' own shares, over the rows that have any."""
    return Mean(np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0), whole > 0)


def _most_first(counts: Counter[str]) -> dict[str, int]:
    return {str(reason): n for reason, n in counts.most_common()}


def _molecule(text: str) -> Molecule | None:
    """The molecule; None where the text is none, which the callers count."""
    try:
        return read_molecule(text)
    except InputError:
        return None


def _tick(progress: Progress | None, stage: str, i: int, total: int) -> None:
    if progress is not None and (i % 20 == 0 or i + 1 == total):
        progress(stage, i + 1, total)


# --- rationales


class Alignment(NamedTuple):
    """One alignment that a student wrote before its answer."""

    phrase: str
    fragment: str


def read_rationales(predictions: Predictions) -> list[tuple[Alignment, ...]]:
    """The alignments of every row's chosen answer, from the JSONL that `molreflect predict` writes beside the TSV.

    Raises:
        InputError: There is no such file, or it does not belong to the predictions.
    """
    path = Path(predictions.path).with_suffix(".jsonl")
    if not path.is_file():
        raise InputError(f"{path} does not exist; molreflect predict writes the students' alignments there")
    try:
        written = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
        found = []
        for row in predictions.rows:
            raw = written[row.line - 2]  # line 1 of the TSV is its header, and predict writes no blank lines
            if " ".join(raw["output"].split()) != row.output:
                raise InputError(f"{path} line {row.line - 1} is about another answer than {predictions.path}")
            chosen = raw["candidates"][raw["chosen"]] if raw["chosen"] is not None else {"alignments": []}
            found.append(tuple(Alignment(a["phrase"], a["fragment"]) for a in chosen["alignments"]))
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise InputError(f"{path} is not the candidates' file of {predictions.path}: {error!r}") from error
    return found


def _rationales(
    predictions: Predictions, alignments: Sequence[Sequence[Alignment]]
) -> tuple[dict[str, Metric], dict[str, Any]]:
    size = len(predictions.rows)
    whole, by_phrase, by_fragment = np.zeros(size), np.zeros(size), np.zeros(size)
    unreadable = 0
    to_molecule = predictions.direction is Direction.CAP2MOL
    for i, (row, parts) in enumerate(zip(predictions.rows, alignments, strict=True)):
        distinct = list(dict.fromkeys(parts))
        caption, smiles = (row.source, row.output) if to_molecule else (row.output, row.source)
        molecule = _molecule(smiles)
        for part in distinct:
            by_phrase[i] += quotes(caption, part.phrase)
            there = contains(molecule, part.fragment) if molecule is not None else False
            by_fragment[i] += bool(there)
            unreadable += there is None
        whole[i] = len(distinct)
    answer, given = (by_fragment, by_phrase) if to_molecule else (by_phrase, by_fragment)
    metrics: dict[str, Metric] = {
        "rationale_in_answer": Share(answer, whole),
        "rationale_in_answer_rows": _mean(answer, whole),
        "rationale_in_input": Share(given, whole),
        "rationale_parts": Mean(whole),
    }
    return metrics, {"rationale": {"alignments": int(whole.sum()), "unreadable_fragments": unreadable}}


def quotes(caption: str, phrase: str) -> bool:
    """Whether a caption has the words of a phrase, as whole words, whatever their capitals."""
    words: Iterable[str] = map(re.escape, phrase.split())
    pattern = r"\s+".join(words)
    return bool(pattern) and re.search(rf"(?<!\w){pattern}(?!\w)", caption, re.IGNORECASE) is not None


def contains(molecule: Molecule, fragment: str) -> bool | None:
    """Whether a molecule has a fragment, as `tools.molecules.match.fragment_smiles` cuts it; None for unreadable text.

    A search that takes too long does not count as found.
    """
    try:
        return find(molecule, fragment) is not None
    except MatchTimeoutError:
        return False
    except InputError:
        return None


def judge_alignment(phrase: str, fragment: str, *, molecule: Molecule, caption: str) -> tuple[Verdict, Reason]:
    """Whether an alignment that a student wrote agrees with a molecule and a caption.

    The fragment is a piece that RDKit cut once, out of some molecule, so it is looked for as it stands; what the phrase
    itself means is judged among the caption's claims.
    """
    if not quotes(caption, phrase):
        return Verdict.REFUTED, Reason.MISQUOTED
    there = contains(molecule, fragment) if fragment else None
    if there is None:
        return Verdict.REFUTED, Reason.UNREADABLE
    return (Verdict.SUPPORTED, Reason.PRESENT_AND_SPECIFIC) if there else (Verdict.REFUTED, Reason.ABSENT)

"""Decisions as a patch of the lexicon: what reviewers said that words mean in any molecule.

Of each class, the molecules of corrections and acceptances must match and those of rejections must not. Corrected
patterns come first; of those the class had, what occurs in a rejected molecule goes, and so does what a correction
took the place of, where everything else still matches without it. A class that cannot be written so that all its
examples hold is left out, and said to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from molreflect.graphs.review.check import class_name
from molreflect.graphs.review.decisions import Decision, Judgement
from molreflect.tools.errors import InputError
from molreflect.tools.lexicon.classes import StructuralClass, checked_tables, class_of
from molreflect.tools.lexicon.patch import (
    NAMED,
    curated_table,
    is_match,
    patched_lexicon,
    write_classes,
    wrong_examples,
)
from molreflect.tools.resources import Resources
from molreflect.tools.terms import PhraseKind, Verdict

GROUP = "reviewed"
"""Family of the classes that reviewers added."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch of the lexicon, and what could not become part of it."""

    text: str
    """TOML, as `distill --lexicon-patch` takes it; empty where there is no class."""
    classes: tuple[str, ...]
    left_out: tuple[str, ...]
    """One line for each class that cannot be written, with the reason."""


@dataclass(slots=True)
class _Lesson:
    """What was said of one class."""

    patterns: list[str] = field(default_factory=list)
    """Corrections, first come first."""
    corrected: list[str] = field(default_factory=list)
    """Molecules in which another pattern was meant than the class has."""
    positives: list[str] = field(default_factory=list)
    negatives: list[str] = field(default_factory=list)
    reviewers: set[str] = field(default_factory=set)


def patch_of(decisions: Iterable[Decision], resources: Resources, *, run: str, before: str | None = None) -> Patch:
    """Make a patch of the decisions that teach.

    Args:
        decisions: Those that stand. Where reviewers contradict each other, the class is left out.
        resources: What the run's phrases are looked up in.
        run: Its name, for the head of the file.
        before: The patch that the run was made with; its classes stay unless they were corrected.
    """
    lessons: dict[str, _Lesson] = {}
    for decision in decisions:
        if decision.teaches and decision.about.alignment["kind"] == PhraseKind.STRUCTURE and decision.about.smiles:
            _learn(lessons, decision, resources)
    earlier = {table["name"]: table for table in checked_tables(NAMED, before.encode())} if before else {}
    tables = {name: _plain(table) for name, table in earlier.items()}
    made, left_out = [], []
    for name, lesson in sorted(lessons.items()):
        try:
            tables[name] = _table(name, lesson, tables.get(name) or curated_table(name))
            made.append(name)
        except InputError as error:
            left_out.append(f"{name}: {error}")
    if not tables:
        return Patch("", (), tuple(left_out))
    head = [
        f"What reviewers of the run {run} said that words mean; classes of the lexicon's own format (docs/lexicon.md).",
        "Use it with: molreflect distill CORPUS --out RUN --lexicon-patch THIS_FILE",
        *(f"Left out: {line}" for line in left_out),
    ]
    text = write_classes(list(tables.values()), head=head)
    patched_lexicon(text)  # so that what is written can be used
    return Patch(text, tuple(made), tuple(left_out))


def _learn(lessons: dict[str, _Lesson], decision: Decision, resources: Resources) -> None:
    tie, about = decision.about.alignment, decision.about
    assert about.smiles is not None
    name = class_name(tie["phrase"], tie["start"], about.smiles, about.caption, resources)
    lesson = lessons.setdefault(name, _Lesson())
    lesson.reviewers.add(decision.reviewer)
    if decision.correction is not None:
        lesson.positives.append(about.smiles)
        lesson.corrected.append(about.smiles)
        lesson.patterns.append(decision.correction.pattern)
    elif decision.judgement is Judgement.ACCEPT and tie["verdict"] == Verdict.SUPPORTED:
        lesson.positives.append(about.smiles)
    elif decision.judgement is Judgement.REJECT and tie["verdict"] == Verdict.SUPPORTED:
        lesson.negatives.append(about.smiles)


def _table(name: str, lesson: _Lesson, known: dict[str, Any] | None) -> dict[str, Any]:
    """Write a class with what was said of it.

    Raises:
        InputError: It cannot be written so that its examples hold.
    """
    table: dict[str, Any] = dict(known) if known is not None else {"name": name, "patterns": [], "group": GROUP}
    if known is None and not lesson.patterns:
        raise InputError("the lexicon has no such class, and nobody has said which pattern it is")
    if both := set(lesson.positives) & set(lesson.negatives):
        raise InputError(f"{min(both)} was both accepted and rejected")
    for key, more in (("matches", lesson.positives), ("misses", lesson.negatives)):
        table[key] = [*dict.fromkeys([*table.get(key, []), *more])]
    there = [*dict.fromkeys([*lesson.patterns, *table.get("patterns", [])])]
    entry = _entry(table | {"patterns": there})
    kept = [p for p in there if not _occurs_in(p, lesson.negatives, entry)]
    ionised = [p for p in table.get("ionised", []) if not _occurs_in(p, lesson.negatives, entry)]
    if not kept and not ionised:
        raise InputError(f"each of its patterns occurs in what was rejected ({lesson.negatives[0]}); correct one")
    replaced = [p for p in kept if p not in lesson.patterns and _occurs_in(p, lesson.corrected, entry)]
    shorter = [p for p in kept if p not in replaced]
    for patterns in [shorter, kept] if lesson.patterns else [kept]:
        tried = table | {"patterns": patterns} | ({"ionised": ionised} if "ionised" in table else {})
        if (patterns or ionised) and not (wrong := wrong_examples(_entry(tried))):
            return tried | {"note": _note(table, lesson)}
    raise InputError(f"{wrong[0]}; {'its patterns are too wide' if 'matches' in wrong[0] else 'a pattern is missing'}")


def _entry(table: dict[str, Any]) -> StructuralClass:
    (checked,) = checked_tables(NAMED, write_classes([table]).encode())
    return class_of(checked, repr(table["name"]))


def _occurs_in(pattern: str, molecules: Sequence[str], entry: StructuralClass) -> bool:
    return any(is_match([pattern], smiles, entry) for smiles in molecules)


def _note(table: dict[str, Any], lesson: _Lesson) -> str:
    said = f"Reviewed by {', '.join(sorted(lesson.reviewers))}."
    before = str(table.get("note", "")).strip()
    return before if said in before else f"{before} {said}".strip()


def _plain(table: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key.strip() == key}

"""Preference pairs: what was refuted against what was accepted in its place, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from scripted import ScriptedModel, call, submit

from molreflect.agents.teacher.agent import build_teacher
from molreflect.graphs.batch.opening import open_run
from molreflect.graphs.batch.prepared_corpus import prepare_corpus
from molreflect.graphs.batch.run import distill
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.runs.history import PairHistory, Seen, read_histories
from molreflect.tools.corpus import read_corpus
from molreflect.tools.langchain_tools import build_alignment_tools
from molreflect.tools.terms import Directions, ExportFormat, Verdict
from molreflect.training.examples.records import train_record
from molreflect.training.examples.refused import Preference, PreferenceKind, RefusedCounts, preferences
from molreflect.training.export.rows import ExportCounts, export_rows

ACID, AMIDE, PHENOL = "[CX3](=O)[OX2H1]", "[CX3](=O)[NX3]", "[OX2H1]c1ccccc1"
AMINE, FIRST, SECOND = "[NX3;H2]", "[CH2][OX2H1]", "[CX4H1][OX2H1]"
PAIRS = {
    "checked": ("CC(=O)O", "The molecule is a monocarboxylic acid."),
    "repaired": ("CCC(=O)O", "The molecule is a monocarboxylic acid."),
    "reflected": ("OC(=O)c1ccccc1O", "The molecule is a monocarboxylic acid and a member of phenols."),
    "stubborn": ("CCCC(=O)O", "The molecule is a monocarboxylic acid."),
    "two": ("NCCO", "The molecule is a primary amine and a primary alcohol."),
    "alike": ("CC(O)CO", "The molecule is a primary alcohol and a secondary alcohol."),
    "unchecked": (
        "OC(=O)/C=C/C(=O)O",
        "The molecule is a butenedioic acid in which the double bond has E geometry.",
    ),
    "elsewhere": ("CCCCCC(=O)O", "The molecule is a monocarboxylic acid."),
}

SETS = {
    "two": ({"primary amine": AMIDE, "primary alcohol": "[SX2H1]"}, {"primary amine": AMINE, "primary alcohol": FIRST}),
    "alike": (
        {"primary alcohol": SECOND, "secondary alcohol": FIRST},
        {"primary alcohol": FIRST, "secondary alcohol": SECOND},
    ),
}
"""What is drafted, and what is reflected."""


def mends(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
    """A teacher whose first answers are wrong, each pair in its own way."""
    name = next(name for name, (smiles, _) in PAIRS.items() if smiles == data["smiles"])
    right, wrong, first = ("monocarboxylic acid", ACID), ("monocarboxylic acid", AMIDE), data["task"] == "draft"
    if name in ("checked", "elsewhere") and not tools:
        other = data["smiles"] if name == "checked" else "CCS"
        ties = [{"phrase": phrase, "pattern": pattern} for phrase, pattern in (right, wrong)]
        return call("check_alignments", alignments=ties, smiles=other)
    if name in SETS:
        return submit(*SETS[name][data["task"] == "reflect"].items())
    if name == "stubborn":
        return submit(wrong)
    if name == "unchecked":
        return submit(("double bond", "[!a]=[!a]" if first else "C=C"))
    if name == "reflected":
        return submit(wrong, ("phenols", PHENOL)) if data["task"] != "reflect" else submit(right, ("phenols", PHENOL))
    return submit(wrong if first and name == "repaired" else right)


@pytest.fixture(scope="module")
def mended(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with that teacher."""
    root = tmp_path_factory.mktemp("mended")
    lines = ["CID\tSMILES\tdescription", *(f"{name}\t{s}\t{c}" for name, (s, c) in PAIRS.items())]
    (root / "corpus.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    corpus = read_corpus(root / "corpus.tsv")
    settings = DistillSettings(teacher="mends", student="none", neighbours=0)
    with closing(prepare_corpus(corpus, folder=None, cache=cache, routes=("molecule",))) as prepared:
        model = ScriptedModel(script=mends)
        teacher = build_teacher(model, build_alignment_tools(prepared.resources), name="mends")
        assert prepared.ready() is not None
        with closing(open_run(root / "run", corpus, settings, index_hash="x", resume=False)) as store:
            assert distill(store, prepared, teacher, settings).done == len(PAIRS)
    return root / "run"


@pytest.fixture
def history(mended: Path) -> Callable[[str], PairHistory]:
    found = {str(h.record["id"]): h for h in read_histories(mended)}
    return found.__getitem__


def preferred(history: PairHistory) -> tuple[list[Preference], RefusedCounts]:
    counts = RefusedCounts()
    return list(preferences(history, train_record(history.record), counts)), counts


def test_what_a_teacher_checked_and_found_refuted_is_rejected(history: Callable[[str], PairHistory]) -> None:
    (found,), counts = preferred(history("checked"))
    assert found.kind is PreferenceKind.ALTERNATIVE
    assert (found.phrase, found.accepted, found.refused) == ("monocarboxylic acid", ACID, AMIDE)
    assert found.reason == "absent"
    assert [part.fragment for part in found.rejected.parts] == ["NC=O"]
    assert counts == RefusedCounts(refuted=1)


def test_what_was_submitted_and_mended_is_rejected(history: Callable[[str], PairHistory]) -> None:
    (found,), _ = preferred(history("repaired"))
    assert (found.kind, found.reason, found.refused) == (PreferenceKind.MENDED, "absent", AMIDE)
    assert found.message, "what verification told the teacher"


def test_a_draft_of_which_less_was_verified_is_rejected_as_a_whole(history: Callable[[str], PairHistory]) -> None:
    assert history("reflected").record["selected"] == "reflected"
    one, whole = preferred(history("reflected"))[0]
    assert (one.kind, whole.kind) == (PreferenceKind.MENDED, PreferenceKind.COVERAGE)
    assert whole.message == "supported phrases: draft 1, reflected 2"
    assert [(p.phrase, p.fragment) for p in whole.rejected.parts] == [
        ("monocarboxylic acid", "NC=O"), ("phenols", "Oc1ccccc1"),
    ]  # fmt: skip


def test_what_is_refuted_with_nothing_accepted_in_its_place_is_counted_and_left_out(
    history: Callable[[str], PairHistory],
) -> None:
    found, counts = preferred(history("stubborn"))
    assert (found, counts.without_accepted) == ([], counts.refuted)
    assert counts.refuted == 1, "however often it was said"


def test_what_was_checked_against_another_molecule_is_no_verdict_on_this_one(
    history: Callable[[str], PairHistory],
) -> None:
    assert preferred(history("elsewhere")) == ([], RefusedCounts())


def test_what_is_merely_unchecked_is_never_rejected(history: Callable[[str], PairHistory]) -> None:
    verdicts = {p.pattern: p.verdict for p in history("unchecked").proposals}
    assert verdicts == {"C=C": Verdict.SUPPORTED, "[!a]=[!a]": Verdict.UNCHECKED}, "one phrase, two patterns"
    assert preferred(history("unchecked"))[0] == []
    for name in PAIRS:
        told = history(name)
        spared = [dataclasses.replace(p, verdict=Verdict.UNCHECKED) for p in told.proposals]
        draft = [a | {"verdict": "unchecked"} if a["verdict"] == "refuted" else a for a in told.draft]
        found, _ = preferred(dataclasses.replace(told, proposals=tuple(spared), draft=tuple(draft)))
        assert all("NC=O" not in [p.fragment for p in each.rejected.parts] for each in found)


def test_a_pattern_whose_smiles_is_true_of_the_molecule_is_not_rejected(history: Callable[[str], PairHistory]) -> None:
    told = history("checked")
    refuted = next(p for p in told.proposals if p.seen is Seen.CHECKED and p.verdict is Verdict.REFUTED)
    for pattern in ("[CX3](=O)[OX2H1][#6]", "[CX3;R](=O)[OX2H1]", "[C,N](=O)[OX2H1]Cl"):
        other = dataclasses.replace(refuted, pattern=pattern)
        found, counts = preferred(dataclasses.replace(told, proposals=(*told.proposals[:1], other)))
        left_out = pattern != "[CX3](=O)[OX2H1][#6]"
        assert (len(found), counts.unwritable) == (int(not left_out), int(left_out)), pattern


def test_equal_answers_are_no_preference(mended: Path, history: Callable[[str], PairHistory]) -> None:
    counts = ExportCounts()
    rows = list(export_rows(mended, ExportFormat.PREFERENCE, Directions.CAP2MOL, counts))
    wanted = list(export_rows(mended, ExportFormat.SFT, Directions.CAP2MOL, ExportCounts()))
    chosen = {row["pair_id"]: (row["prompt"], row["completion"]) for row in wanted}
    for row in rows:
        assert (row["prompt"], row["chosen"]) == chosen[row["pair_id"]]
        assert row["chosen"] != row["rejected"]
    kinds = [(row["pair_id"], row["metadata"]["kind"]) for row in rows]
    # the draft of `reflected` differs in one phrase only: as a whole it would be the same row again
    assert kinds == [
        ("checked", "alternative"), ("repaired", "mended"), ("reflected", "mended"), ("two", "mended"),
        ("two", "mended"), ("two", "coverage"),
    ]  # fmt: skip
    found, _ = preferred(history("alike"))
    assert [each.kind for each in found] == [PreferenceKind.COVERAGE], "both are `CO`, so no phrase tells them apart"
    assert ("alike", "coverage") not in kinds
    (remark,) = counts.remarks(ExportFormat.PREFERENCE)
    assert remark == "8 refuted proposals in 8 pairs; 1 of phrases with nothing accepted in their place"

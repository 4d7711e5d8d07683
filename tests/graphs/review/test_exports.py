"""Decisions become gold, and classes that the next run uses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from decided import decided, items
from made_run import ACID_PATTERN, ESTER, SALICYLIC, made_run
from script_files import load_script

from molreflect.graphs.review.check import Checker
from molreflect.graphs.review.decisions import Judgement, ReviewStore
from molreflect.graphs.review.exports import gold_of_run, patch_of_run
from molreflect.graphs.review.gold import DISAGREED, UNSAID
from molreflect.graphs.runs.browse import Item, RunIndex
from molreflect.tools.errors import InputError
from molreflect.tools.lexicon.patch import patched_lexicon
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.molecules.write import atoms_smarts
from molreflect.tools.terms import Reason, Verdict

ESTER_PATTERN = "[CX3](=[OX1])[OX2][#6]"


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Checker]:
    with closing(Checker(made_run(tmp_path_factory.mktemp("checked") / "run"), cache=cache)) as opened:
        yield opened


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return made_run(tmp_path / "run")


@pytest.fixture
def shown(run: Path) -> list[Item]:
    """An acid, phenols at the atoms of the acid, an acid, and words nobody knows."""
    return items(run)


def keep(run: Path, *decisions: Any) -> None:
    with closing(ReviewStore.open(run)) as store:
        for decision in decisions:
            store.keep(decision)


# ------------------------------------------------------------------------------------------------------------- checked


def test_a_pattern_is_verified_with_its_reason(checker: Checker, shown: list[Item]) -> None:
    right = checker.check(shown[1], "[OX2H1]c1ccccc1")
    assert (right.verdict, right.reason) == (Verdict.SUPPORTED, Reason.PRESENT_AND_SPECIFIC)
    assert {frozenset(place) for place in right.atoms} == {frozenset((9, 8, 3, 4, 5, 6, 7))}
    wrong = checker.check(shown[1], "[Pb]")
    assert (wrong.verdict, wrong.atoms) == (Verdict.REFUTED, ())
    unreadable = checker.check(shown[1], "C((")
    assert unreadable.reason is Reason.UNREADABLE


def test_chosen_atoms_spell_a_pattern_that_finds_them(checker: Checker, shown: list[Item]) -> None:
    found = checker.check_atoms(shown[1], [9, 8])
    assert found.by_atoms
    assert found.atoms == ((8, 9),)
    hits = find(read_molecule(SALICYLIC), found.pattern)
    assert hits is not None
    assert {frozenset(hit) for hit in hits.atoms} == {frozenset((8, 9))}  # the acid's own OH is on another carbon
    apart = checker.check_atoms(shown[1], [9, 2])
    assert apart.atoms == ((2,), (9,))


@pytest.mark.parametrize(("atoms", "told"), [([], "no atom is chosen"), ([40], "the atoms 0 to 9"), ([-1], "0 to 9")])
def test_atoms_that_are_not_there_are_refused(checker: Checker, shown: list[Item], atoms: list[int], told: str) -> None:
    with pytest.raises(InputError, match=told):
        checker.check_atoms(shown[0], atoms)


@pytest.mark.parametrize(
    ("smiles", "atoms", "smarts"),
    [
        ("CC(=O)O", (1, 2, 3), "[CX3](=[OX1H0])-[OX2H1]"),
        ("C[N+](C)(C)C", (1,), "[NX4H0+1]"),
        ("c1cc[nH]c1", (3,), "[nX3H1]"),
        ("C[C@H](N)O", (1, 2), "[NX3H2]-[CX4]"),
    ],
)
def test_atoms_are_spelled_as_what_they_are(smiles: str, atoms: tuple[int, ...], smarts: str) -> None:
    molecule = read_molecule(smiles)
    spelled = atoms_smarts(molecule, atoms)
    found, expected = find(molecule, spelled), find(molecule, smarts)
    assert found is not None
    assert expected is not None
    assert {frozenset(hit) for hit in found.atoms} == {frozenset(hit) for hit in expected.atoms} == {frozenset(atoms)}


def test_other_patterns_are_offered_that_occur(checker: Checker, run: Path, shown: list[Item]) -> None:
    offered = checker.candidates(shown[1], RunIndex(run))
    assert offered
    assert ACID_PATTERN not in [each.pattern for each in offered]  # as it stands
    molecule = read_molecule(SALICYLIC)
    assert all(find(molecule, each.pattern) for each in offered)
    assert checker.candidates(shown[3], RunIndex(run)) == []


# ---------------------------------------------------------------------------------------------------------------- gold


def test_gold_says_what_holds_and_what_is_wrong(run: Path, shown: list[Item]) -> None:
    acid, phenols, again, ester = shown
    keep(
        run,
        decided("Ada", acid, Judgement.ACCEPT),
        decided("Ada", phenols, Judgement.CORRECT, "[OX2H1]c1ccccc1", ((9, 8, 3, 4, 5, 6, 7),), note="a ring"),
        decided("Ada", again, Judgement.REJECT, reason=Reason.ABSENT),
        decided("Ada", ester, Judgement.REJECT),
    )
    found = gold_of_run(run)
    first, second = found.cases
    assert (first["id"], first["smiles"]) == ("acid", SALICYLIC)
    assert [(p["phrase"], p["verdict"], p["atoms"]) for p in first["phrases"]] == [
        ("monocarboxylic acid", "supported", [[1, 2, 0]]),
        ("phenols", "supported", [[9, 8, 3, 4, 5, 6, 7]]),
    ]
    assert first["phrases"][1]["note"] == "a ring"
    assert first["wrong"] == []  # it was refuted anyway
    (wrong,) = second["wrong"]
    assert (wrong["pattern"], wrong["verdict"], wrong["accept"]) == (ACID_PATTERN, "refuted", ["absent"])
    assert found.left_out == {UNSAID: 1}
    assert [json.loads(line)["id"] for line in found.text.splitlines()] == ["acid", "again"]


def test_gold_has_the_layout_of_the_projects_own(run: Path, shown: list[Item], resources: Any) -> None:
    gold = load_script("benchmarks/gold.py")
    own = json.loads((gold.ROOT / "tests" / "data" / "gold.jsonl").read_text(encoding="utf-8").splitlines()[0])
    keep(run, *(decided("Ada", item, Judgement.ACCEPT) for item in shown))
    (made, *_), whole = gold_of_run(run).cases, gold_of_run(run).cases
    assert set(made) == set(own)
    assert set(made["phrases"][0]) == set(own["phrases"][0])
    assert set(made["wrong"][0]) == set(own["wrong"][0])  # phenols, refuted, and accepted as such
    score = gold.score(whole, resources, frozenset())
    assert (score.found["structure"], score.asked["structure"]) == (2, 2)
    assert (score.wrong, score.wrong_supported) == (1, 0)


def test_a_supported_tie_at_other_atoms_is_wrong(run: Path, shown: list[Item]) -> None:
    keep(run, decided("Ada", shown[0], Judgement.CORRECT, "c1ccccc1", ((3, 4, 5, 6, 7, 8),)))
    (case,) = gold_of_run(run).cases
    assert [w["reason"] for w in case["wrong"]] == ["contradicts_reading"]


def test_reviewers_must_agree_unless_one_is_named(run: Path, shown: list[Item]) -> None:
    keep(run, decided("Ada", shown[0], Judgement.ACCEPT), decided("Grace", shown[0], Judgement.REJECT))
    assert gold_of_run(run).left_out == {DISAGREED: 2}
    assert gold_of_run(run).cases == []
    assert len(gold_of_run(run, "Ada").cases[0]["phrases"]) == 1


# --------------------------------------------------------------------------------------------------------------- patch


def test_a_new_class_is_learned_and_the_next_run_knows_it(run: Path, shown: list[Item], resources: Any) -> None:
    keep(run, decided("Ada", shown[3], Judgement.CORRECT, ESTER_PATTERN, ((3, 4, 2, 1),), teaches=True))
    made = patch_of_run(run, resources)
    assert (made.classes, made.left_out) == (("frobnic ester",), ())
    entry = patched_lexicon(made.text).find("frobnic esters")
    assert entry is not None
    assert (entry.patterns, entry.matches, entry.misses) == ((ESTER_PATTERN,), (ESTER,), ())
    assert resources.lexicon.find("frobnic ester") is None


def test_a_class_is_corrected_and_keeps_its_other_patterns(run: Path, shown: list[Item], resources: Any) -> None:
    known = resources.lexicon.find("monocarboxylic acid")
    keep(run, decided("Ada", shown[0], Judgement.CORRECT, "[CX3](=[OX1])[OX2H1]", ((1, 0, 2),), teaches=True))
    made = patch_of_run(run, resources)
    entry = patched_lexicon(made.text).find("monocarboxylic acid")
    assert entry is not None
    assert entry.patterns[0] == "[CX3](=[OX1])[OX2H1]"
    assert (entry.id, set(entry.misses)) == (known.id, set(known.misses))
    assert {*known.matches, SALICYLIC} == set(entry.matches)


def test_what_was_rejected_takes_its_pattern_along(run: Path, shown: list[Item], resources: Any) -> None:
    acid, _, again, _ = shown
    keep(run, decided("Ada", again, Judgement.REJECT, reason=Reason.ABSENT, teaches=True))
    made = patch_of_run(run, resources)
    assert made.text == ""
    assert made.left_out[0].startswith("monocarboxylic acid: each of its patterns occurs in what was rejected")
    narrow = "[CX3](=[OX1])([OX2H1])c1ccccc1[OX2H1]"
    keep(run, decided("Ada", acid, Judgement.CORRECT, narrow, ((1, 0, 2),), teaches=True))
    assert "does not match" in patch_of_run(run, resources).left_out[0]  # the curated examples need the wide one


def test_what_does_not_teach_and_what_contradicts_itself_stays_out(
    run: Path, shown: list[Item], resources: Any
) -> None:
    keep(run, decided("Ada", shown[3], Judgement.CORRECT, ESTER_PATTERN, ((3, 4, 2, 1),)))
    assert patch_of_run(run, resources).text == ""
    keep(
        run,
        decided("Ada", shown[0], Judgement.ACCEPT, teaches=True),
        decided("Grace", shown[0], Judgement.REJECT, teaches=True),
    )
    assert "both accepted and rejected" in patch_of_run(run, resources).left_out[0]


def test_the_patch_of_the_run_before_is_kept(tmp_path: Path, resources: Any) -> None:
    before = made_run(tmp_path / "before")
    keep(before, decided("Ada", items(before)[3], Judgement.CORRECT, ESTER_PATTERN, ((3, 4, 2, 1),), teaches=True))
    patch = patch_of_run(before, resources).text
    after = made_run(tmp_path / "after", lexicon_patch=patch)
    keep(after, decided("Ada", items(after)[0], Judgement.ACCEPT, teaches=True))
    made = patch_of_run(after, resources)
    assert made.classes == ("monocarboxylic acid",)
    assert patched_lexicon(made.text).find("frobnic ester") is not None


def test_a_patched_lexicon_changes_the_next_runs_verdict(run: Path, shown: list[Item], cache: Path) -> None:
    from molreflect.graphs.batch.run import distill_corpus
    from molreflect.graphs.batch.settings import DistillSettings
    from molreflect.tools.resources import open_resources

    corpus = run.parent / "corpus.tsv"
    corpus.write_text(f"CID\tSMILES\tdescription\nester\t{ESTER}\tThe molecule is a frobnic ester.\n", "utf-8")
    keep(run, decided("Ada", shown[3], Judgement.CORRECT, ESTER_PATTERN, ((3, 4, 2, 1),), teaches=True))
    with closing(open_resources(cache)) as plain:
        patch = patch_of_run(run, plain).text

    def verdict(out: Path, patch: str | None, **how: Any) -> Any:
        settings = DistillSettings(neighbours=0, lexicon_patch=patch)
        distill_corpus(str(corpus), out, settings, cache=cache, **how)
        item = items(out)[0]
        return item.alignment["verdict"], item.alignment["pattern"]

    assert verdict(run.parent / "plain", None)[0] == "unchecked"
    assert verdict(run.parent / "patched", patch) == ("supported", ESTER_PATTERN)
    with pytest.raises(InputError, match="lexicon_patch"):
        verdict(run.parent / "plain", patch, resume=True)
    assert verdict(run.parent / "plain", patch, resume=True, redo=True) == ("supported", ESTER_PATTERN)

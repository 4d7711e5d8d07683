"""Classes among each other: every example of a class is one of its parents, and the smallest members are members."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from molreflect.tools.lexicon.classes import StructuralClass, load_lexicon
from molreflect.tools.meaning.membership import membership
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule

SMALLEST = Path(__file__).parents[3] / "benchmarks" / "lexicon_audit.toml"
GROUPS = sorted({entry.group for entry in load_lexicon().classes if entry.parents})


def occurs(entry: StructuralClass, smiles: str) -> bool:
    molecule = read_molecule(smiles)
    return any(find(molecule, pattern, floor=entry.level, seconds=10.0) is not None for pattern in entry.patterns)


@pytest.mark.parametrize("group", GROUPS)
def test_every_example_of_a_class_has_its_parents(group: str) -> None:
    lexicon = load_lexicon()
    wrong = []
    for entry in lexicon.classes:
        for name in entry.parents if entry.group == group else ():
            parent = lexicon.find(name)
            assert parent is not None
            wrong += [f"{entry.name}: {smiles} has no {name}" for smiles in entry.matches if not occurs(parent, smiles)]
    assert wrong == []


def test_no_class_is_a_kind_of_itself() -> None:
    lexicon = load_lexicon()
    for entry in lexicon.classes:
        seen: set[str] = set()
        todo = list(entry.parents)
        while todo:
            name = todo.pop()
            assert name != entry.name
            if name not in seen:
                seen.add(name)
                parent = lexicon.find(name)
                assert parent is not None
                todo += parent.parents


@pytest.mark.skipif(not SMALLEST.is_file(), reason="the table of smallest members is not installed")
def test_the_smallest_members_are_members_and_near_misses_are_none() -> None:
    wrong = []
    for name, table in tomllib.loads(SMALLEST.read_text(encoding="utf-8")).items():
        entry = load_lexicon().find(name)
        assert entry is not None, name
        wrong += [f"{s} is a {name}" for s in table["members"] if membership(entry, read_molecule(s)).holds is not True]
        wrong += [f"{s} is no {name}" for s in table["others"] if membership(entry, read_molecule(s)).holds is True]
    assert wrong == []


def test_no_example_of_a_class_is_refused_membership() -> None:
    judged = ((e.name, text, membership(e, read_molecule(text))) for e in load_lexicon().classes for text in e.matches)
    assert [f"{text} is no {name}: {told.why}" for name, text, told in judged if told.holds is False] == []

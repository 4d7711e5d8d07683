"""A patch is laid over the curated lexicon, and its examples are checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from molreflect.tools.errors import InputError
from molreflect.tools.lexicon.classes import load_lexicon
from molreflect.tools.lexicon.patch import curated_table, patched_lexicon, read_patch, write_classes

NEW = {"name": "frobnic ester", "patterns": ["[CX3](=O)[OX2][#6]"], "group": "reviewed", "matches": ["CCOC(C)=O"]}


def test_a_new_class_stands_beside_the_curated_ones() -> None:
    base, patched = load_lexicon(), patched_lexicon(write_classes([NEW]))
    assert patched.version != base.version
    assert len(patched.classes) == len(base.classes) + 1
    assert patched.classes[: len(base.classes)] == base.classes
    assert patched.find("frobnic esters") is not None
    assert patched_lexicon(write_classes([NEW, NEW | {"name": "frobnic acid"}])).version != patched.version


def test_a_class_of_the_same_name_takes_the_curated_ones_place() -> None:
    table = curated_table("thiol")
    assert table is not None
    patched = patched_lexicon(write_classes([table | {"patterns": ["[#6;!$(C=[O,S])][SX2H1,SeX2H1]"]}]))
    before, after = load_lexicon().find("thiol"), patched.find("thiols")
    assert before is not None
    assert after is not None
    assert (after.patterns, after.id) == (("[#6;!$(C=[O,S])][SX2H1,SeX2H1]",), before.id)
    assert len(patched.classes) == len(load_lexicon().classes)


def test_curated_tables_written_and_read_are_the_same_classes() -> None:
    some = load_lexicon().classes[::500]
    tables = [table for entry in some if (table := curated_table(entry.name)) is not None]
    patched = patched_lexicon(write_classes(tables, head=["a line\nwith \x07"]))
    assert [patched.find(entry.name) for entry in some] == list(some)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        pytest.param(NEW | {"matches": ["CCO"]}, "CCO does not match; mend its patterns", id="positive"),
        pytest.param(NEW | {"misses": ["CCOC(C)=O"]}, "matches; mend its patterns", id="negative"),
        pytest.param(NEW | {"matches": []}, "matches needs at least 1 SMILES", id="no_example"),
        pytest.param(NEW | {"matches": ["C(("]}, "C((", id="no_molecule"),
        pytest.param(NEW | {"patterns": ["C(("]}, "cannot read the pattern", id="no_pattern"),
        pytest.param(NEW | {"synonyms": ["thiols"]}, "the name 'thiol' is already taken by", id="taken_name"),
        pytest.param(NEW | {"colour": "red"}, "unknown colour", id="unknown_key"),
    ],
)
def test_what_breaks_a_rule_is_refused(table: dict[str, object], told: str) -> None:
    with pytest.raises(InputError) as refused:
        patched_lexicon(write_classes([table]))
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_any_text_is_written_so_that_it_is_read_again() -> None:
    note = 'quote " backslash \\ bell \x07 \u202e line\nend'
    entry = patched_lexicon(write_classes([NEW | {"note": note}])).find("frobnic ester")
    assert entry is not None
    assert entry.note == note


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.toml cannot be read"):
        read_patch(tmp_path / "nothing.toml")
    (tmp_path / "latin").write_bytes("[[class]]\nname = 'é'".encode("latin-1"))
    with pytest.raises(InputError, match="is not UTF-8"):
        read_patch(tmp_path / "latin")
    (tmp_path / "good.toml").write_text(write_classes([NEW]), encoding="utf-8")
    assert "frobnic" in read_patch(tmp_path / "good.toml")

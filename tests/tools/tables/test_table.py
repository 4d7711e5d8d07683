"""Column names of a reader's own: told once, found whatever their case, refused where they cannot be meant."""

from __future__ import annotations

import pytest

from molreflect.tools.errors import InputError
from molreflect.tools.tables.table import Field, Table, choose_columns, parse_columns

FIELDS = (
    Field("id", ("id", "cid"), required=False),
    Field("smiles", ("smiles",)),
    Field("caption", ("caption", "description")),
)
NAMES = [field.name for field in FIELDS]


def table(*columns: str) -> Table:
    return Table("t.csv", columns, lambda names: iter(()))


def test_columns_are_told_as_a_text_or_a_mapping() -> None:
    wanted = {"id": "mol_id", "smiles": "canonical", "caption": "text of it"}
    assert parse_columns("id=mol_id, smiles=canonical ,caption=text of it", NAMES) == wanted
    assert parse_columns(wanted, NAMES) == wanted
    assert parse_columns(None, NAMES) == parse_columns("", NAMES) == {}
    assert parse_columns("smiles=a=b", NAMES) == {"smiles": "a=b"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("smiles", "without '='; write id=COLUMN,smiles=COLUMN", id="no equals sign"),
        pytest.param("molecule=x", "knows no 'molecule'", id="unknown field"),
        pytest.param("smiles=a,smiles=b", "two columns for smiles: 'a' and 'b'", id="twice"),
        pytest.param("smiles=", "names no column for smiles", id="empty"),
    ],
)
def test_a_text_that_tells_no_columns_is_a_mistake(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_columns(text, NAMES)


def test_a_named_column_wins_over_the_usual_one_and_exact_spelling_over_another_case() -> None:
    found = table("SMILES", "canonical", "Canonical", "description", "caption")
    assert choose_columns(found, FIELDS, {}) == {"smiles": "SMILES", "caption": "caption"}
    assert choose_columns(found, FIELDS, {"smiles": "Canonical"})["smiles"] == "Canonical"
    assert choose_columns(found, FIELDS, {"smiles": "CANONICAL"})["smiles"] == "canonical"


def test_a_missing_column_is_named_with_those_that_are_there() -> None:
    with pytest.raises(InputError, match=r"t\.csv has no column 'canon' for the smiles; its columns are 'smiles, t"):
        choose_columns(table("smiles", "text"), FIELDS, {"smiles": "canon"})
    with pytest.raises(InputError, match=r"has the columns 'smiles, text'; expected .* --columns caption=COLUMN"):
        choose_columns(table("smiles", "text"), FIELDS, {})

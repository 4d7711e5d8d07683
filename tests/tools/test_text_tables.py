"""Tables that cut nothing."""

from __future__ import annotations

import pytest

from molreflect.tools.text_tables import TextTable, lay_out

SCORES = TextTable(
    "scores of a file",
    ("metric", *(f"figure {n}" for n in range(12))),
    [["Exact match, canonical SMILES", *(f"0.{n:04}" for n in range(12))], ["a class"], ["  BLEU", *["0.5"] * 12]],
    caption="a note with many words " * 6,
)
RECORDS = TextTable(
    "", ("phrase", "verdict", "pattern"),
    [["methyl ester", "supported", "[#6X3](=[OX1])[OX2][CX4H3]" * 5], ["a", "", "C"]],
    words=frozenset(("verdict", "pattern")), marks=("supported", ""),
)  # fmt: skip


def words_of(table: TextTable) -> list[str]:
    return [word for row in table.rows for cell in row for word in cell.split()]


@pytest.mark.parametrize("width", [None, 20, 40, 80, 200])
@pytest.mark.parametrize("table", [SCORES, RECORDS], ids=["figures", "words"])
def test_every_word_and_figure_stands_whole_at_any_width(table: TextTable, width: int | None) -> None:
    lines = lay_out(table, width)
    told = " ".join(line.text for line in lines).split()
    for word in words_of(table):
        assert word in told
    longest = max(len(word) for word in words_of(table)) + 13
    assert width is None or all(len(line.text) <= max(width, longest) for line in lines)


def test_a_table_that_fits_is_one_table_and_a_pipe_gets_one_line_a_row() -> None:
    small = TextTable("t", ("metric", "A"), [["BLEU", "0.5"], ["METEOR", "0.25"]])
    assert str(small).splitlines() == ["t", "metric     A", "──────  ────", "BLEU     0.5", "METEOR  0.25"]
    assert [line.text for line in lay_out(small, 80)] == str(small).splitlines()
    assert len(str(SCORES).splitlines()) == 1 + 2 + 3 + 1


def test_figures_that_do_not_fit_come_in_several_parts_with_their_keys() -> None:
    lines = [line.text for line in lay_out(SCORES, 60)]
    assert all(len(line) <= 60 for line in lines)
    assert sum(line.startswith("Exact match,") for line in lines) > 1
    assert next(line.text for line in lay_out(SCORES, 80) if line.style == "group") == "a class"


def test_words_that_do_not_fit_are_told_row_by_row() -> None:
    lines = lay_out(RECORDS, 60)
    assert [line.text for line in lines][:2] == ["methyl ester", "  verdict  supported"]
    assert lines[0].style == "supported"
    assert "  verdict  " not in [line.text for line in lines][3:]  # empty cells are not told

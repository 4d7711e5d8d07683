"""Plurals and articles of what is told to people and to teachers."""

from __future__ import annotations

import re

import pytest

from molreflect.tools.english import ENGLISH, article_of, counted
from molreflect.tools.verification import messages

TEMPLATES = {name: text for name, text in vars(messages).items() if name.isupper() and isinstance(text, str)}


def test_a_noun_agrees_with_its_number() -> None:
    assert [counted(n, "row") for n in (0, 1, 2, 12_345)] == ["0 rows", "1 row", "2 rows", "12,345 rows"]
    assert counted(3, "class", "classes") == "3 classes"


@pytest.mark.parametrize(
    ("name", "article"),
    [("origin", "an"), ("role", "a"), ("alkane", "an"), ("uracil", "a"), ("unsaturated acid", "an"), ("unit", "a"),
     ("2-aminophenol", "a"), ("N-acyl amide", "an"), ("eugenol", "a"), ("oxime", "an"), ("D-glucose", "a"),
     ("L-alanine", "an"), ("N,N-dimethylanilide", "an"), ("S-oxide", "an"), ("8-methoxychromene", "an"),
     ("11-oxo steroid", "an"), ("18-hydroxy steroid", "an"), ("1-naphthol", "a"), ("118-mer", "a"),
     ("(8-chlorooctyl) ester", "an"), ("Nitro", "a"), ("Schiff base", "a")],
)  # fmt: skip
def test_an_article_agrees_with_its_noun(name: str, article: str) -> None:
    assert article_of(name) == article
    assert ENGLISH.format("{what:a}", what=name) == f"{article} {name}"


def test_templates_may_use_what_str_format_can() -> None:
    assert (
        ENGLISH.format("{a!r} {b:.1%} {c.real:#other place} {c:#time}", a="x", b=0.5, c=1)
        == "'x' 50.0% 1 other place 1 time"
    )


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_message_has_a_plural_or_an_article_of_its_own_beside_a_value(name: str) -> None:
    text = TEMPLATES[name]
    assert not re.search(r"\b(?:a|an) \{(?!text|quoted|name!r)", text)
    assert "(s)" not in text
    assert not re.search(r"\{(?:times|extra|evidence\.pairs_with_phrase)\} (?!of\b)\w+", text)

"""Roles: "has a role as a X and a Y", "used as a X"."""

from __future__ import annotations

import pytest
from caption_cases import caption_cases, texts

from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.terms import PhraseKind


@pytest.mark.parametrize(
    ("caption", "expected"),
    caption_cases("""
It has a role as a plant metabolite, an antioxidant and a human urinary metabolite.
    plant metabolite | antioxidant | human urinary metabolite
It has a role as an EC 9.9.9.9 (wonder synthase) inhibitor and a drug.
    EC 9.9.9.9 (wonder synthase) inhibitor | drug
It is used as a herbicide.
    herbicide
It is an antibiotic.
    antibiotic
"""),
)
def test_roles_are_separate_phrases(reader: CaptionReader, caption: str, expected: list[str]) -> None:
    assert texts(reader.read(caption), PhraseKind.ROLE) == expected

"""The words every other part agrees on."""

from __future__ import annotations

import re

import pytest

from molreflect.tools.terms import Reason


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence_of_its_own_that_tells_a_reader_nothing_to_do(reason: Reason) -> None:
    assert [other for other in Reason if other.sentence == reason.sentence] == [reason]
    assert not re.search(r"\b(propose|drop|leave|quote|submit|unpatterned)\b|_", reason.sentence)

"""Attributes of spans as they are written: nothing of them is lost."""

from __future__ import annotations

import hashlib
import json

import pytest

from molreflect.graphs.traces.rows import read_attributes, written_attributes
from molreflect.graphs.traces.spans import MESSAGES_IN


def hashes(number: int) -> list[str]:
    return [hashlib.sha256(str(n).encode()).hexdigest()[:32] for n in range(number)]


@pytest.mark.parametrize("value", [[], hashes(3), hashes(4), hashes(126), ["no hash"] * 8, [*hashes(8), 5], None])
def test_attributes_come_back_as_they_were(value: object) -> None:
    attributes = {MESSAGES_IN: value, "llm.model_name": "offline"}
    assert read_attributes(written_attributes(attributes)) == attributes


def test_the_hashes_of_many_messages_take_less_room_and_earlier_files_are_read() -> None:
    attributes = {MESSAGES_IN: hashes(126)}
    assert len(written_attributes(attributes)) < 0.65 * len(json.dumps(attributes))
    assert read_attributes(json.dumps(attributes)) == attributes

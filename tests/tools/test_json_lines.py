"""JSON objects, one a line: a mistake names its line."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.tools.errors import InputError
from molreflect.tools.json_lines import read_objects, text_of


def read(*lines: str) -> list[str]:
    return list(read_objects(lines, "file", lambda found: text_of(found, "a")))


def test_blank_lines_are_passed_over_and_lone_surrogates_mended() -> None:
    assert read('{"a": "x"}\n', "\n", '{"a": "\\ud800y"}\n') == ["x", "\ufffdy"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", r"^file line 3: not JSON"),
        ("[1]", r"^file line 3: one JSON object a line was expected; got '\[1\]'"),
        ("{}", r"^file line 3: 'a' is missing; the fields given are none"),
        ('{"a": 1, "b": 2}', r"^file line 3: 'a' must be a text, not 1; the fields given are 'a', 'b'"),
        ("[" * 100_000, r"^file line 3: not JSON"),
    ],
)
def test_a_mistake_names_its_line(line: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as raised:
        read('{"a": "x"}', "", line)
    assert len(str(raised.value)) < 400


def test_a_file_that_is_no_utf8_is_said_so(tmp_path: Any) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a": "x"}\n\xff\xfe\n')
    with path.open(encoding="utf-8") as lines, pytest.raises(InputError, match="not UTF-8"):
        list(read_objects(lines, str(path), lambda found: found))

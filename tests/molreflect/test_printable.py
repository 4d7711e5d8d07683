"""What a terminal would obey is printed as text, by every way to stdout and stderr."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from rich.style import Style
from rich.text import Text

from molreflect.cli.printable import json_line, readable, readable_text
from molreflect.cli.progress import say

EVIL = "\x1b[31mred\x1b]0;owned\x07 \u202egnitset\u202c \u2066\x9b31m \u200bnone"
OBEYED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
CAPTION = f"It is an alcohol, {EVIL} and a member of phenols."


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["for people", "for programs"])
@pytest.mark.parametrize("command", ["align", "check"])
def test_a_hostile_caption_is_printed_as_text(run: Any, command: str, options: tuple[str, ...]) -> None:
    ran = run(command, "CCO", CAPTION, *options)
    assert ran.code == 0, ran.err
    assert OBEYED.search(ran.out + ran.err) is None
    if command == "align":
        assert (json.loads(ran.out)["caption"] == CAPTION) if options else (r"\x1b[31mred" in ran.out)


def test_a_mistake_is_told_as_text(run: Any) -> None:
    ran = run("align", f"CCO{EVIL}", "It is an alcohol.", "--corpus", f"no{EVIL}.tsv")
    assert ran.code == 2
    assert ran.out == ""
    assert OBEYED.search(ran.err) is None
    assert r"\x1b[31mred" in ran.err


def test_a_line_on_stderr_is_text(capfd: pytest.CaptureFixture[str]) -> None:
    say(f"read {EVIL}")
    shown = capfd.readouterr().err
    assert OBEYED.search(shown) is None
    assert r"read \x1b[31mred" in shown


def test_json_says_the_same_with_escapes() -> None:
    data = {"caption": EVIL, "name": "naïve β-\U0001f9ea\u00a0x", "tag": "\U000e0001"}
    for indent in (None, 2):
        line = json_line(data, indent=indent)
        assert OBEYED.search(line) is None
        assert json.loads(line) == data
        assert "naïve β-\U0001f9ea\u00a0x" in line  # what can be seen stays as it is
    assert json.loads(json_line("\ud800")) == "?"


def test_styles_stay_where_they_were() -> None:
    text = Text("a\x1b[31mb phenol\tc\u202e", style="bold")
    text.stylize("green", text.plain.index("phenol"), text.plain.index("phenol") + 6)
    text.stylize("red", len(text.plain) - 1)
    shown = readable_text(text)
    assert shown.plain == "a\\x1b[31mb phenol\tc\\u202e"
    styled = {shown.plain[s.start : s.end]: s.style for s in shown.spans if s.style in ("green", "red")}
    assert styled == {"phenol": "green", "\\u202e": "red"}
    assert shown.style == Style.parse("bold") or str(shown.style) == "bold"
    untouched = Text("plain, naïve\tand\u2009thin")
    assert readable_text(untouched) is untouched
    assert readable("a\tb\r\n") == "a\\tb\\r\n"

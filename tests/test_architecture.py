"""The plan of the house: what it says stands somewhere, stands there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
_CODE = re.compile(r"`([^`]+)`")


def _definitions(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    return set(re.findall(r"^ *(?:def|class) (\w+)", text, re.MULTILINE))


def test_every_place_that_the_table_names_is_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.split("## Where is what", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 10
    wrong = []
    for asked, *cells in rows:
        named = [quoted for cell in cells for quoted in _CODE.findall(cell)]
        main = ROOT / named[0]
        if not main.is_file():
            wrong.append(f"{asked}: no file {named[0]}")
            continue
        near = [main, *(p for n in named[1:] if n.endswith(".py") for p in (ROOT / n, main.parent / n) if p.is_file())]
        known = set().union(*map(_definitions, near))
        for name in named[1:]:
            there = (
                any(p.as_posix().endswith(name) for p in near)
                if name.endswith(".py")
                else (set(name.split(".")) <= known)
            )
            if not there:
                wrong.append(f"{asked}: {name} is not there")
    assert wrong == []

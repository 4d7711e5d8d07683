"""Cards and drawings packed for a page, and unpacked by a browser: the same as if they had never been packed."""

from __future__ import annotations

import base64
import gzip
import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import browser, needs_browser

from molreflect.tools.api import find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.views import html
from molreflect.tools.views.drawing import Highlight, draw_scene
from molreflect.tools.views.html import alignment_html
from molreflect.tools.views.packing import Packer, pack, take_apart_all
from molreflect.tools.views.scene import STYLE, svg_of

CASES = runpy.run_path(str(Path(__file__).parents[3] / "scripts" / "draw_hard_cases.py"))["CASES"]
STATIC = Path(html.__file__).parent / "static"


def unpacked(code: str) -> Any:
    return json.loads(gzip.decompress(base64.b64decode(code)))


def record(number: int, phrase: str, smiles: str | None = "CCO") -> dict[str, Any]:
    alignment = {
        "phrase": phrase, "start": 2, "end": 2 + len(phrase), "atoms": [[0, 1]], "verdict": "supported",
        "level": "exact", "reason": "present_and_specific", "pattern": "CC", "fragment": None, "message": "",
        "evidence": None,
        "kind": "structure", "source": "lexicon",
    }  # fmt: skip
    rest = {"id": str(number), "selected": "draft", "selected_because": "nothing was refused"}
    return {"smiles": smiles, "caption": f"a {phrase}.", "alignments": [alignment], **rest}


RECORDS = [
    record(1, "primary alcohol"), record(2, "alcohol"), record(3, "no molecule", None), record(4, "large", "C" * 401),
    record(5, "private \ue010\ue000\ue003 use"), record(6, "<i>&\"' $& \\"), record(7, "supported"),
]  # fmt: skip


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """A page with the script that draws scenes."""
    with browser() as started:
        opened = started.new_page()
        opened.add_script_tag(content=(STATIC / "drawing.js").read_text(encoding="utf-8"))
        yield opened


def test_what_is_packed_is_the_same_every_time_and_comes_out_again() -> None:
    data = {"text": ["é", "</script>"], "number": 1}
    assert pack(data) == pack(data)
    assert "<" not in pack(data)
    assert unpacked(pack(data)) == data


def test_a_card_is_its_pieces_and_values_and_comes_out_as_it_was() -> None:
    packer = Packer()
    cards = unpacked(packer.chunk(take_apart_all(RECORDS)))
    pieces = packer.dictionary()["pieces"]
    drawn = iter(zip(*cards["scenes"].values(), strict=True))
    for one, packed in zip(RECORDS, cards["cards"], strict=True):
        assert len(packed) < 200 + len(one["smiles"] or "")
        whole = re.sub("[\ue010-\uf8ff]", lambda m: pieces[ord(m[0]) - 0xE010], packed)
        if "\ue000" in whole:
            scene = dict(zip(cards["scenes"], next(drawn), strict=True))
            whole = whole.replace("\ue000", svg_of(scene))
        assert whole == re.sub("[\ue000-\uf8ff]", "\ufffd", alignment_html(one))


def test_cards_share_their_pieces() -> None:
    packer = Packer()
    packer.chunk(take_apart_all(RECORDS[:1]))
    before = len(packer.dictionary()["pieces"])
    packer.chunk(take_apart_all([record(n, f"thing {n}") for n in range(50)]))
    assert len(packer.dictionary()["pieces"]) == before


@needs_browser
@pytest.mark.parametrize(("name", "smiles", "phrases"), CASES, ids=[name for name, *_ in CASES])
def test_a_browser_draws_what_python_draws_letter_by_letter(
    page: Any, name: str, smiles: str, phrases: list[tuple[str, str]]
) -> None:
    hits = [find(smiles, pattern) for _, pattern in phrases]
    found = [Highlight(label, hit.atoms, label) for (label, _), hit in zip(phrases, hits, strict=True) if hit]
    assert len(found) == len(phrases)
    scene = draw_scene(read_molecule(smiles), found)
    assert page.evaluate("([scene, style]) => molreflectSvg(scene, style)", [scene, STYLE]) == svg_of(scene)


@needs_browser
@pytest.mark.parametrize("smiles", ["[CH3]", "CC=CC", "C~C", "*C", "[2H]C", "[U]", "F/C=C/F", "[O][O]", "C[NH3+]", "C"])
def test_a_browser_draws_unusual_molecules_likewise(page: Any, smiles: str) -> None:
    scene = draw_scene(read_molecule(smiles), [Highlight("<'\"&>", ((0,),), "<'\"&>")])
    assert page.evaluate("([scene, style]) => molreflectSvg(scene, style)", [scene, STYLE]) == svg_of(scene)

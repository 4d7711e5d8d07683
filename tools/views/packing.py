"""Cards of many pairs, packed for one page: drawings as scenes, markup as letters, all of it compressed.

A card's HTML comes from its template alone. What the template wrote between two values is one of a hundred-odd pieces
that come again and again; each becomes one letter of Unicode's private use area, so that compression, whose memory is
32 kilobytes, sees the values of a dozen cards at once. `static/report.js` puts the pieces back.
"""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any

import orjson
from markupsafe import Markup, escape

from molreflect.tools.terms import PhraseKind, Reason, Verdict
from molreflect.tools.views.cards import DETAILS, LEVELS, alignment_card
from molreflect.tools.views.html import environment
from molreflect.tools.views.scene import STYLE, Scene
from molreflect.tools.views.theme import PALETTE

_SCENE = "\ue000"
"""Where the drawing of a card stands."""
_VALUE = "\ue002{}\ue003"
_VALUES = re.compile("(\ue000|\ue002[^\ue003]*\ue003)")
_FIRST_PIECE = 0xE010
_LAST_PIECE = 0xF8FF
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_EFFORT = 6
"""Of compression: 9 takes twice as long and saves less than two of a hundred bytes."""


_WORDS = frozenset(
    [*PhraseKind, *Verdict, *Reason, *(reason.sentence for reason in Reason), *LEVELS.values(), *DETAILS]
    + [f"colour-{number}{edge}" for number in range(len(PALETTE)) for edge in ("", " edged")]
)
"""Values that are among so few that they count as markup."""


def pack(data: object) -> str:
    """Write data as compressed JSON for a page, which `report.js` unpacks; the same data always give the same text."""
    return base64.b64encode(gzip.compress(orjson.dumps(data), _EFFORT, mtime=0)).decode()


Card = tuple[list[str], Scene | None]
"""A card taken apart: pieces of markup and values in turn, a piece first and last; and its drawing."""


def take_apart(record: Mapping[str, Any]) -> Card:
    """Write a record as `alignment_html` does, its drawing left out, and part what it says from the markup."""
    card = alignment_card(record)
    drawing = card["drawing"]
    scene = drawing["scene"] if drawing and not drawing["missing"] else None
    if scene is not None:
        drawing["svg"] = Markup(_SCENE)
    text = str(_template().alignment(card)).strip()
    parts = [part.strip("\ue002\ue003") if n % 2 else part for n, part in enumerate(_VALUES.split(text))]
    return parts, scene


def take_apart_all(records: list[Mapping[str, Any]]) -> list[Card]:
    """Take several records apart, e.g. in another process."""
    return [take_apart(record) for record in records]


@cache
def _template() -> Any:
    return environment(finalize=_marked).get_template("alignment.html").module


class Packer:
    """Packs cards, and collects the pieces of markup they are made of."""

    def __init__(self) -> None:
        self._pieces: dict[str, int] = {}

    def chunk(self, cards: Iterable[Card]) -> str:
        """Pack cards together: their texts, and the columns of their scenes, which compress better one by one."""
        texts, scenes = [], []
        for parts, scene in cards:
            # piece, value, piece, value ... piece
            texts.append("".join(part if n % 2 else self._piece(part) for n, part in enumerate(parts)))
            if scene is not None:
                scenes.append(scene)
        columns = {name: [scene[name] for scene in scenes] for name in (scenes[0] if scenes else ())}
        return pack({"cards": texts, "scenes": columns})

    def dictionary(self) -> dict[str, Any]:
        """What `report.js` needs to unpack the cards so far."""
        return {"pieces": list(self._pieces), "style": STYLE}

    def _piece(self, piece: str) -> str:
        if not piece:
            return ""
        number = self._pieces.get(piece)
        if number is None:
            number = len(self._pieces)
            if _FIRST_PIECE + number > _LAST_PIECE:
                return piece
            self._pieces[piece] = number
        return chr(_FIRST_PIECE + number)


@lru_cache(maxsize=65_536, typed=True)  # the same few hundred values make up most of a thousand cards
def _marked(value: Any) -> Any:
    """Mark a value of a template as what it is when escaped, unless it is a word of ours or a part of the template."""
    if value in _WORDS or (isinstance(value, Markup) and _PRIVATE.search(value)):
        return value
    return Markup(_VALUE.format(escape(_PRIVATE.sub("\ufffd", str(value)))))

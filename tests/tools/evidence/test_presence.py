"""Presence vectors are kept by format: a later one does not read what an earlier one found."""

from contextlib import closing
from pathlib import Path

import pytest

from molreflect.tools.corpus import Corpus, Pair, fingerprint
from molreflect.tools.evidence import presence

PAIRS = tuple(Pair(f"m{n}", text, "a caption", text, n + 2) for n, text in enumerate(["CCO", "CC#N", "CC(=O)[O-]"]))
CORPUS = Corpus(PAIRS, (), fingerprint(PAIRS), "test")


def test_what_another_format_left_is_searched_again_and_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    search = presence.PatternPresence._search

    def spy(
        self: presence.PatternPresence, pattern: presence.Pattern, level: presence.Level, wanted: presence.Bits
    ) -> presence.Bits:
        searched.append(pattern.smarts)
        return search(self, pattern, level, wanted)

    monkeypatch.setattr(presence.PatternPresence, "_search", spy)
    for expected in (1, 1):
        with closing(presence.PatternPresence(CORPUS, tmp_path)) as patterns:
            assert patterns.of("C#N").tolist() == [False, True, False]
        assert len(searched) == expected
    monkeypatch.setattr(presence, "FORMAT", presence.FORMAT + 1)
    with closing(presence.PatternPresence(CORPUS, tmp_path)) as patterns:
        assert patterns.of("C#N").tolist() == [False, True, False]
    assert len(searched) == 2
    assert len(list(tmp_path.glob("presence-*.sqlite"))) == 1

"""One reader over the whole lexicon."""

from __future__ import annotations

import pytest

from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.lexicon.classes import load_lexicon


@pytest.fixture(scope="session")
def reader() -> CaptionReader:
    return CaptionReader(load_lexicon())

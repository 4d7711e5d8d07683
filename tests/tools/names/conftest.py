from __future__ import annotations

import pytest

from molreflect.tools.names.structures import Nomenclature


@pytest.fixture(scope="session")
def names() -> Nomenclature:
    return Nomenclature()

"""The face of the tools for notebooks: lazy, flat, and as its examples say."""

from __future__ import annotations

import doctest
import subprocess
import sys

import pytest

from molreflect import tools
from molreflect.tools import api
from molreflect.tools.errors import InputError


def test_the_package_brings_nothing_heavy_until_it_is_used() -> None:
    code = (
        "import sys, molreflect.tools; "
        "print([m for m in ('rdkit', 'pydantic', 'langchain_core', 'chromadb', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_name_is_there_and_documented() -> None:
    assert set(tools.__all__) <= set(dir(tools))
    assert all(getattr(tools, name).__doc__ for name in tools.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        tools.nothing  # noqa: B018


@pytest.mark.parametrize("module", [tools, api], ids=lambda m: m.__name__)
def test_the_examples_of_the_docstrings_hold(module: object) -> None:
    found = doctest.testmod(module, optionflags=doctest.ELLIPSIS)  # type: ignore[arg-type]
    assert found.attempted
    assert not found.failed


def test_a_molecule_that_cannot_be_read_is_said_so() -> None:
    with pytest.raises(InputError, match="C1CC"):
        tools.check_text("C1CC", "The molecule is a phenol.")

"""The functions of the package: their examples run, and importing them costs nothing."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys
from types import ModuleType

import pytest

import molreflect
from molreflect import api, conversations, session

HEAVY = {"torch", "transformers", "chromadb", "rdkit", "langchain", "langgraph", "jpype", "numpy", "pydantic", "typer"}


@pytest.mark.parametrize("module", [molreflect, api, conversations, session], ids=lambda module: module.__name__)
def test_the_examples_of_the_documentation_run(
    module: ModuleType, child_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MOLREFLECT_CACHE", "MOLREFLECT_HOME"):
        monkeypatch.setenv(name, child_env[name])
    outcome = doctest.testmod(module)
    assert outcome.attempted >= 2
    assert outcome.failed == 0


def test_importing_the_package_imports_nothing_heavy(child_env: dict[str, str]) -> None:
    program = "import sys, molreflect as mr; mr.align, mr.Session; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], env=child_env, capture_output=True, text=True, timeout=60, check=True
    )
    assert {name.partition(".")[0] for name in done.stdout.split()}.isdisjoint(HEAVY)


def test_options_of_functions_stand_in_their_signatures() -> None:
    for function in (api.align, api.evaluate, api.predict, api.ask):
        kinds = {parameter.kind for parameter in inspect.signature(function).parameters.values()}
        assert inspect.Parameter.VAR_KEYWORD not in kinds, function
    assert {"fcd", "bootstrap", "strata", "training", "columns"} <= set(inspect.signature(api.evaluate).parameters)


def test_the_package_offers_its_functions_and_nothing_else_by_surprise() -> None:
    assert set(molreflect.__all__) <= set(dir(molreflect))
    assert molreflect.align is api.align
    with pytest.raises(AttributeError, match="no attribute 'allign'"):
        _ = molreflect.allign  # type: ignore[attr-defined]


def test_settings_are_given_whole_or_by_field() -> None:
    from molreflect.graphs.batch.settings import DistillSettings
    from molreflect.tools.errors import InputError

    with pytest.raises(InputError, match="not both; got workers"):
        api.distill("x.tsv", "run", settings=DistillSettings(), workers=2)

"""The description against the API: what it allows and what it does not, by schemathesis."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from api_client import SECRET, api
from fastapi import FastAPI
from pydantic import BaseModel
from script_files import load_script
from starlette.responses import JSONResponse

pytest.importorskip("schemathesis")


class Count(BaseModel):
    count: int


@pytest.fixture(scope="module")
def fuzzing() -> ModuleType:
    return load_script("benchmarks/api_fuzz.py")


def test_no_request_ends_in_a_server_error_or_breaks_the_description(
    fuzzing: ModuleType, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, resources: Any
) -> None:
    monkeypatch.setenv("MOLREFLECT_CACHE", str(cache))
    monkeypatch.setenv("MOLREFLECT_HOME", str(tmp_path))
    resources.nomenclature.resolve(["phenol"])  # the first name takes seconds
    monkeypatch.setattr(fuzzing, "SECRET", SECRET)
    with api(tmp_path) as app:
        schema = fuzzing.described(app)
        took, found = fuzzing.fuzz(schema, examples=2, seed=1, seconds=120.0)
    assert found == []
    assert len(took) > 20
    assert all(times for times in took.values())


def test_an_answer_that_breaks_the_description_is_found(
    fuzzing: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = FastAPI()

    @app.get("/wrong")
    def wrong() -> Count:
        return JSONResponse({"count": "many"})  # type: ignore[return-value]

    @app.get("/broken")
    def broken() -> Count:
        return JSONResponse({}, status_code=500)  # type: ignore[return-value]

    _, found = fuzzing.fuzz(fuzzing.described(app), examples=1, seed=1, seconds=120.0)
    assert any(each.startswith("GET /wrong") and "schema" in each for each in found)
    assert any(each.startswith("GET /broken: answered 500") for each in found)

"""The bundle of the MCP server: its manifest, what is in it, and that it starts."""

from __future__ import annotations

import asyncio
import json
import sys
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import ValidationError
from script_files import load_script

TOOLS = [("read", "Read molecules."), ("draw", "Draw a molecule.")]


@pytest.fixture(scope="module")
def bundling() -> ModuleType:
    return load_script("scripts/build_mcpb.py")


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "molreflect-1.2.3-py3-none-any.whl"
    path.write_bytes(b"a wheel")
    return path


def test_a_bundle_holds_what_its_manifest_and_project_name(bundling: ModuleType, wheel: Path, tmp_path: Path) -> None:
    path = bundling.pack(wheel, TOOLS, tmp_path / "dist")
    assert path.name == "molreflect-1.2.3.mcpb"
    with zipfile.ZipFile(path) as packed:
        names = set(packed.namelist())
        manifest = bundling.Manifest.model_validate_json(packed.read("manifest.json"))
        project = tomllib.loads(packed.read("pyproject.toml").decode())
        compile(packed.read(manifest.server.entry_point), manifest.server.entry_point, "exec")
        assert packed.read(project["tool"]["uv"]["sources"]["molreflect"]["path"]) == b"a wheel"
    assert (manifest.manifest_version, manifest.version, manifest.server.type) == ("0.4", "1.2.3", "uv")
    assert [(tool.name, tool.description) for tool in manifest.tools] == TOOLS
    assert project["project"]["dependencies"] == ["molreflect[mcp]"]
    assert project["project"]["requires-python"] == manifest.compatibility.runtimes.python
    # the specification forbids an environment or packages in a bundle of this type
    assert not [name for name in names if name.startswith(("server/lib", "server/venv"))]


def test_a_manifest_with_a_field_that_is_none_is_refused(bundling: ModuleType) -> None:
    plain = json.loads(bundling.manifest_of("1.2.3", TOOLS).model_dump_json())
    for change in ({"runtime": "python"}, {"manifest_version": "9"}, {"name": "Mol Reflect"}, {"version": "one"}):
        with pytest.raises(ValidationError):
            bundling.Manifest.model_validate(plain | change)


def test_the_same_sources_make_the_same_bytes(bundling: ModuleType, wheel: Path, tmp_path: Path) -> None:
    one, two = (bundling.pack(wheel, TOOLS, tmp_path / name).read_bytes() for name in ("a", "b"))
    assert one == two


@pytest.mark.wheel
def test_a_bundle_starts_and_answers(bundling: ModuleType, tmp_path: Path, child_env: dict[str, str]) -> None:
    from mcp import Client, StdioServerParameters

    (tmp_path / "built").mkdir()
    path = bundling.pack(bundling.build_wheel(tmp_path / "built"), TOOLS, tmp_path / "dist")
    unpacked, packages = tmp_path / "unpacked", tmp_path / "packages"
    with zipfile.ZipFile(path) as packed:
        packed.extractall(unpacked)
    (made,) = (unpacked / "wheels").iterdir()
    with zipfile.ZipFile(made) as packed:
        packed.extractall(packages)
    env = child_env | {"PYTHONPATH": str(packages), "PYTHONSAFEPATH": "1"}
    server = StdioServerParameters(command=sys.executable, args=["server/main.py"], env=env, cwd=unpacked)

    async def session() -> set[str]:
        async with Client(server, read_timeout_seconds=200) as client:
            answer = await client.call_tool("read", {"words": ["CCO"]})
            assert answer.structured_content is not None
            assert answer.structured_content["molecules"][0]["smiles"] == "CCO"
            return {tool.name for tool in (await client.list_tools()).tools}

    assert {"read", "draw", "check_text"} <= asyncio.run(session())

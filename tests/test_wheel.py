"""The wheel as a user installs it: one package, all its data, beside a distribution that owns the name `agents`."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import shutil
import site
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from commands import ASPIRIN, CAPTION
from model_server import Server, chat, completion

pytestmark = pytest.mark.wheel
ROOT = Path(__file__).parents[1]
SOURCES = ("molreflect", "tools", "agents", "graphs", "training", "data")
BUILD = "import sys, setuptools.build_meta as b; print(getattr(b, 'build_' + sys.argv[1])(sys.argv[2]))"


def sh(*command: object, cwd: Path, env: dict[str, str] | None = None) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a source distribution of this checkout."""
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("dist")
    for name in SOURCES:
        shutil.copytree(ROOT / name, tree / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree / name)
    archive = out / sh(sys.executable, "-P", "-c", BUILD, "sdist", out, cwd=tree).splitlines()[-1]
    with tarfile.open(archive) as packed:
        packed.extractall(out, filter="data")
    unpacked = out / archive.name.removesuffix(".tar.gz")
    return out / sh(sys.executable, "-P", "-c", BUILD, "wheel", out, cwd=unpacked).splitlines()[-1]


def test_the_wheel_holds_one_package_with_all_its_modules_and_data(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in names} == {"molreflect"}
    wanted = {f"molreflect/data/{path.name}" for path in (ROOT / "data").iterdir()}
    for top in ("molreflect", "tools", "agents", "graphs", "training"):
        for path in (ROOT / top).rglob("*"):  # does not go through links
            if path.is_file() and "__pycache__" not in path.parts:
                own = path.relative_to(ROOT).as_posix()
                wanted.add(own if top == "molreflect" else f"molreflect/{own}")
    assert names == wanted


@pytest.fixture(scope="module")
def installed(wheel: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A fresh environment with the wheel, and a folder to work in whose names clash with ours of old.

    Dependencies come from the environment of the tests, which is only on its path: no `.pth` file there is read, so
    nothing of an editable installation is seen.
    """
    folder = tmp_path_factory.mktemp("fresh")
    sh(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    packages = Path(sh(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    sh(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    elsewhere = folder / "elsewhere"
    for name in ("tools", "agents"):
        (elsewhere / name).mkdir(parents=True)
        (elsewhere / name / "__init__.py").write_text("raise AssertionError('the working directory was imported')\n")
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONSAFEPATH")}
    env |= {"MOLREFLECT_CACHE": str(cache), "MOLREFLECT_HOME": str(folder / "home"), "HF_HUB_OFFLINE": "1"}

    def command(*words: object) -> str:
        return sh(folder / "venv" / "bin" / "molreflect", *words, cwd=elsewhere, env=env)

    return SimpleNamespace(python=python, pip=pip, packages=packages, cwd=elsewhere, env=env, run=command)


DRIVER = """
import contextlib, io, json, pathlib, shutil, sys, time, traceback
from molreflect.cli.main import main
for words in json.load(open(sys.argv[1])):
    if words[0] == "distill" and "--resume" not in words:  # the README shows several ways to one folder
        shutil.rmtree(words[words.index("--out") + 1], ignore_errors=True)
    out, err, code, began = io.StringIO(), io.StringIO(), 0, time.perf_counter()
    sys.argv = ["molreflect", *words]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as stop:
            code = stop.code
        except BaseException:
            code, trace = "bug", traceback.format_exc()
            err.write(trace)
    told = {"out": out.getvalue(), "err": err.getvalue()[-2000:], "took": round(time.perf_counter() - began, 1)}
    print(json.dumps({"words": words, "code": code, **told}))
"""
"""Runs many commands in one process, which imports heavy packages once."""


def test_every_command_works_from_a_folder_with_packages_of_the_same_names(installed: Any) -> None:
    where = "import molreflect; print(molreflect.__file__); print(molreflect.sample_corpus())"
    found = sh(installed.python, "-c", where, cwd=installed.cwd, env=installed.env).splitlines()
    assert found == [str(installed.packages / "molreflect" / name) for name in ("__init__.py", "data/sample.tsv")]
    options = ("--workers", 4, "--processes", 2, "--limit", 8, "--json")
    assert json.loads(installed.run("distill", found[1], "--out", "run", *options))["rows"] == {"done": 8}
    commands = [
        ["align", ASPIRIN, CAPTION, "--json"],
        ["ask", f"Which molecules are similar to {ASPIRIN}?"],
        ["synthesize", "--out", "made", "--count", "3", "--json"],
        ["doctor", "--json"],
    ]
    (installed.cwd / "commands.json").write_text(json.dumps(commands), encoding="utf-8")
    # With `-c` and without `-P` the working directory is the first place that modules are looked for.
    said = sh(installed.python, "-c", DRIVER, "commands.json", cwd=installed.cwd, env=installed.env)
    ran = [json.loads(line) for line in said.splitlines()]
    assert [(r["words"], r["code"]) for r in ran] == [(words, 0) for words in commands], ran
    aligned, asked, made, doctor = (r["out"] for r in ran)
    assert json.loads(aligned)["alignments"][0]["verdict"] == "supported"
    assert "Most similar" in asked
    assert json.loads(made)["made"] == 3
    assert all(f["ok"] for f in json.loads(doctor) if f["group"] == "core")


SMALLER = {
    "--count 1000": "--count 3 --molecules molecules.smi",
    "--train-rows 80 --heldout-rows 24": "--train-rows 4 --heldout-rows 2 --bootstrap 9 --arms sft --no-faithfulness",
    "--preview 3": "--preview 3 --base tiny",
    "--max-steps 30": "--max-steps 2",
    "--eval-steps 10 --patience 3": "--config configs/quickstart.yaml --eval-steps 1 --set eval_fraction=0.3",
    "--out robust --limit 20": "--out robust --limit 2 --rewrites canonical",
    "--warm-up-steps 50": "--warm-up-steps 1 --config configs/quickstart.yaml",
    "--candidates 8": "--candidates 2 --limit 2",
    "molreflect view runs/first": "molreflect view --help",  # it serves until it is interrupted, like the next three
    "serve --runs runs/first": "serve --help",
    "molreflect mcp ": "molreflect mcp --help ",
    "review runs/first --reviewer Ada": "review open --help",
    "review export runs/first --gold gold.jsonl --patch patch.toml": "review export --help",  # nothing is decided yet
    "--split random --out bace": "--split random --out bace --seeds 1 --systems prevalence,nearest --bootstrap 9",
    "SMILES CAPTION": f"'{ASPIRIN}' '{CAPTION}'",
}
"""What takes long in the README, and the same at small size."""
SETTINGS = """
base: tiny
neighbours: 1
max_length: 1900
too_long: skip
max_steps: 2
accumulation: 1
warmup_steps: 0
eval_fraction: 0
max_new_tokens: 4
"""


def readme_commands(server: str) -> list[list[str]]:
    """Every `molreflect` line of the README's shell blocks, at small size."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = (
        "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)).replace("\\\n", " ").splitlines()
    )
    commands = []
    for line in lines:
        if not line.startswith("molreflect "):
            continue
        line = re.sub(r"\s+> \S+", "", line).replace("http://localhost:8000/v1", server)
        for long, short in SMALLER.items():
            line = line.replace(long, short)
        commands.append(shlex.split(line, comments=True)[1:])
    return commands


def answer_as_teacher_or_student(path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Speak plain JSON as a teacher, and write a caption as a student."""
    if path.endswith("/chat/completions"):
        tie = {"phrase": "carboxylic acid", "pattern": "[CX3](=O)[OX2H1]"}
        return 200, chat(json.dumps({"alignments": [tie]}))
    return 200, completion(*["Molecule: CCO"] * int(body.get("n") or 1))


@pytest.fixture
def small_world(installed: Any, tmp_path: Path) -> Path:
    """A folder with everything that the README's commands read."""
    from tiny_model import save_tiny_base

    folder = tmp_path / "checkout"
    for name in ("data", "configs"):
        (folder / name).mkdir(parents=True)
    header, *rows = (ROOT / "data" / "sample.tsv").read_text(encoding="utf-8").splitlines()
    rows.insert(0, "F001\tCCO\tThe molecule is a primary alcohol that carries a nitro group.")  # which is refuted
    for name, count in (("data/sample.tsv", 12), ("corpus.tsv", 3)):
        (folder / name).write_text("\n".join([header, *rows[:count]]) + "\n", encoding="utf-8")
    with gzip.open(folder / "mine.csv.gz", "wt", encoding="utf-8") as mine:
        mine.write(f"canonical,text\n{ASPIRIN},{CAPTION}\n")
    for name in ("quickstart.yaml", "ablation-cpu.yaml"):
        (folder / "configs" / name).write_text(SETTINGS, encoding="utf-8")
    active = [f"{'C' * (1 + n // 2)}{'O' if n % 2 else 'N'},{n % 2}" for n in range(60)]
    (folder / "bace.csv").write_text("\n".join(["smiles,active", *active]) + "\n", encoding="utf-8")
    tie = {"smiles": ASPIRIN, "caption": CAPTION, "phrase": "monocarboxylic acid", "pattern": "[CX3](=O)[OX2H1]"}
    (folder / "ties.jsonl").write_text(json.dumps(tie) + "\n", encoding="utf-8")
    (folder / "answers.jsonl").write_text(json.dumps({"smiles": ASPIRIN, "text": CAPTION}) + "\n", encoding="utf-8")
    (folder / "molecules.smi").write_text("O=C(O)c1ccccc1Cl\nCOc1ccc(CCN)cc1\n", encoding="utf-8")
    for name in ("a.tsv", "b.tsv"):
        (folder / name).write_text(
            f"description\tground truth\toutput\nan acid\t{ASPIRIN}\tCC(=O)O\n", encoding="utf-8"
        )
    save_tiny_base(folder / "tiny")
    return folder


@pytest.mark.timeout(600)  # half a minute of one core, but many programs may share it
def test_every_command_of_the_readme_works_from_the_wheel(installed: Any, small_world: Path) -> None:
    server = Server(answer_as_teacher_or_student)
    try:
        commands = readme_commands(server.url)
        (small_world / "commands.json").write_text(json.dumps(commands), encoding="utf-8")
        env = installed.env | {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": server.url, "OPENAI_API_BASE": server.url}
        done = subprocess.run(
            [installed.python, "-P", "-c", DRIVER, "commands.json"],
            cwd=small_world, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=540,
            check=False,
        )  # fmt: skip
    finally:
        server.close()
    ran = [json.loads(line) for line in done.stdout.splitlines()]
    assert [r for r in ran if r["code"] != 0] == [], done.stderr
    assert [r["words"] for r in ran] == commands, done.stderr
    assert len(commands) > 30
    # the rows go to the file that is named
    silent = {("chat",), ("export", "runs/first", "--format", "sft", "--out", "sft.jsonl")}
    assert [r["words"] for r in ran if not r["out"] and tuple(r["words"]) not in silent] == []


def test_openai_agents_lives_beside_it_and_survives_its_removal(installed: Any) -> None:
    pip = [str(word) for word in installed.pip]
    done = subprocess.run(
        [*pip, "install", "--quiet", "--retries", "1", "--timeout", "30", "openai-agents"],
        cwd=installed.cwd, capture_output=True, text=True, timeout=250, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"openai-agents cannot be had from the registry: {done.stderr.strip().splitlines()[-1]}")
    program = "import agents, molreflect.agents; print(agents.__file__); print(agents.Agent.__name__)"
    home = installed.packages.parent
    found = [str(installed.packages / "agents" / "__init__.py"), "Agent"]
    assert sh(installed.python, "-c", program, cwd=home, env=installed.env).splitlines() == found
    sh(*pip, "uninstall", "--yes", "molreflect", cwd=installed.cwd)
    assert not (installed.packages / "molreflect").exists()
    gone = program.replace(", molreflect.agents", "")
    assert sh(installed.python, "-c", gone, cwd=home, env=installed.env).splitlines() == found

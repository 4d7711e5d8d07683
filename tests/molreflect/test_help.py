"""What `--help` says, and what a shell completes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import names_of_commands

from molreflect.cli.main import app

ALL = sorted(names_of_commands(app))
MOST = 10
"""Options before the first panel, without `--help`."""


def sections(text: str) -> dict[str, list[str]]:
    """The names of options or commands by the heading they stand under."""
    found: dict[str, list[str]] = {}
    for heading, body in re.findall(r"^(\S.*):\n((?:  .*\n|\n(?=  ))+)", text, re.MULTILINE):
        found[heading] = re.findall(r"^  (\S+)", body, re.MULTILINE)
    return found


@pytest.mark.parametrize("command", ALL)
def test_the_options_used_most_come_first_and_the_others_in_panels(run: Any, command: str) -> None:
    text = run(*command.split(), "--help").out
    found = sections(text)
    assert len(set(found["Options"]) - {"--help"}) <= MOST, found
    assert "Example: molreflect " + command in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80
    assert not re.search(r"\blist\[|\[\[", text), "Python's names of types, or brackets in brackets"


def test_summaries_of_commands_stand_whole_in_one_line(run: Any) -> None:
    for text in (run("--help").out, run("traces", "--help").out, run("cache", "--help").out):
        assert "..." not in text.replace("[ARGS]...", "")
        for heading, names in sections(text).items():
            if heading != "Options":
                body = text.split(f"\n{heading}:\n")[1].split("\n\n")[0]
                assert len(body.strip().splitlines()) == len(names), heading


def test_every_command_stands_in_a_panel(run: Any) -> None:
    found = sections(run("--help").out)
    names = [name for heading, under in found.items() if heading != "Options" for name in under]
    assert sorted(names) == sorted({command.split()[0] for command in ALL})
    assert "Commands" not in found


def shell(words: str, env: dict[str, str], tmp_path: Path) -> str:
    """Run a line in bash, where `molreflect` is this checkout's."""
    program = tmp_path / "bin" / "molreflect"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m molreflect "$@"\n')
    program.chmod(0o755)
    env = env | {"PATH": f"{program.parent}:{env['PATH']}", "HOME": str(tmp_path)}
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    done = subprocess.run([bash, "-c", words], env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_shell_completes_commands_and_options(child_env: dict[str, str], tmp_path: Path) -> None:
    script = shell("molreflect --show-completion; :", child_env, tmp_path)
    assert "complete -o default -F" in script
    ask = "{script}\nCOMP_WORDS=({words}) COMP_CWORD={at}; {function} molreflect; echo ${{COMPREPLY[@]}}"
    (function,) = re.findall(r"-F (\S+) molreflect", script)
    for words, at, expected in (
        ("molreflect dis", 1, {"distill"}),
        ("molreflect tra", 1, {"train", "traces"}),
        ("molreflect predict --max", 2, {"--max-new-tokens"}),
        ("molreflect distill --view cap", 3, {"caption"}),
    ):
        line = ask.format(script=script, words=words, at=at, function=function)
        assert set(shell(line, child_env, tmp_path).split()) == expected


def test_completion_is_installed_for_the_shell_that_asks(child_env: dict[str, str], tmp_path: Path) -> None:
    shell("molreflect --install-completion; :", child_env, tmp_path)
    assert "molreflect" in (tmp_path / ".bashrc").read_text()

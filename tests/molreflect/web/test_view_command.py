"""`molreflect view` and `traces show --html`, as a user calls them."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from commands import child
from traced import start, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, start("a" * 32, "row", title="A caption"), "align")
    write(tmp_path, start("b" * 32, "row", title="The same again"), "align")
    return tmp_path


@pytest.fixture
def viewer(folder: Path, child_env: dict[str, str]) -> Iterator[Any]:
    command = [sys.executable, "-m", "molreflect", "view", str(folder)]
    running = subprocess.Popen(command, env=child_env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    yield running
    running.kill()
    running.communicate()


def test_the_printed_link_opens_the_list_and_ctrl_c_ends_it_well(viewer: Any) -> None:
    link = viewer.stdout.readline().strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{40,}", link)
    with httpx.Client(trust_env=False, follow_redirects=True, timeout=30) as client:
        assert "A caption" in client.get(link).text
        with client.stream("GET", f"{link.partition('?')[0]}traces/events"):  # a page that listens keeps nothing alive
            viewer.send_signal(signal.SIGINT)
            assert viewer.wait(30) == 0
    assert "Traceback" not in viewer.stderr.read()


def test_a_port_that_is_taken_is_one_line(folder: Path, child_env: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = child(child_env, "view", folder, "--port", taken.getsockname()[1])
    assert ran.code == 2
    assert "cannot be had" in ran.mistake


def test_a_folder_without_traces_is_one_line(run: Any, tmp_path: Path) -> None:
    assert "does not exist; name a run directory that has traces" in run("view", tmp_path).mistake


def test_what_is_missing_for_the_pages_is_one_line(run: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert run("view", folder).mistake == "molreflect: the pages take uvicorn; pip install 'molreflect[web]'"


def test_one_trace_is_written_as_a_page(run: Any, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "trace.html"
    ran = run("traces", "show", "aaaa", folder, "--html", path)
    assert (ran.code, ran.out, ran.err) == (0, f"page: {path}\n", "")
    page = path.read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert "A caption" in page
    assert run("traces", "show", "row", folder, "--html", path).mistake.startswith(
        "molreflect: row has 2 traces; a page"
    )
    assert run("traces", "show", "row", folder, "--turn", 2, "--html", path).code == 0
    assert "The same again" in path.read_text(encoding="utf-8")

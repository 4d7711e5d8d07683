"""`molreflect review`, as a user calls it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from decided import decided, items
from made_run import made_run

from molreflect.graphs.review.decisions import Judgement, ReviewStore
from molreflect.tools.terms import Reason


@pytest.fixture
def reviewed(tmp_path: Path) -> Path:
    """Two reviewers who differ in one of two alignments, and a class that one of them teaches."""
    folder = made_run(tmp_path / "first")
    shown = items(folder)
    with closing(ReviewStore.open(folder)) as store:
        store.keep(decided("Ada", shown[0], Judgement.ACCEPT))
        store.keep(decided("Ada", shown[1], Judgement.ACCEPT))
        store.keep(decided("Ada", shown[3], Judgement.CORRECT, "[CX3](=O)[OX2][#6]", ((3, 4, 2, 1),), teaches=True))
        store.keep(decided("Grace", shown[0], Judgement.ACCEPT))
        store.keep(decided("Grace", shown[1], Judgement.REJECT, reason=Reason.ABSENT))
    return folder


def test_agreement_is_told_and_printed_for_programs(run: Any, reviewed: Path) -> None:
    told = run("review", "agreement", reviewed).out
    assert "Ada and Grace: 2 alignments in common, 50.0% agree, kappa 0.00" in told
    assert "acid 'phenols': accept and reject" in told
    found = json.loads(run("review", "agreement", reviewed, "--json").out)
    assert found["reviewers"] == {"Ada": 3, "Grace": 2}
    assert (found["pairs"][0]["both"], found["pairs"][0]["raw"]) == (2, 0.5)


def test_gold_and_patch_are_written(run: Any, reviewed: Path, tmp_path: Path) -> None:
    gold, patch = tmp_path / "gold.jsonl", tmp_path / "patch.toml"
    ran = run("review", "export", reviewed, "--gold", gold, "--patch", patch)
    assert ran.code == 0
    assert f"{gold}: 2 pairs, 2 phrases, 0 wrong" in ran.out
    assert f"{patch}: 1 class (frobnic ester)" in ran.out
    assert "2 decisions left out: reviewers disagree" in ran.err
    assert [json.loads(line)["id"] for line in gold.read_text(encoding="utf-8").splitlines()] == ["acid", "ester"]
    assert 'name = "frobnic ester"' in patch.read_text(encoding="utf-8")
    only = run("review", "export", reviewed, "--gold", gold, "--reviewer", "Grace")
    assert (
        f"{gold}: 1 pair, 1 phrase, 0 wrong" in only.out
    )  # what was refuted and rejected says nothing of what is right
    assert "1 decision left out" in only.err


def test_mistakes_are_one_line_and_write_nothing(run: Any, reviewed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    plain = made_run(tmp_path / "plain")
    for arguments, told in (
        (("export", reviewed), "name what to write"),
        (("export", plain, "--gold", out), "has no decisions; review it with"),
        (("export", tmp_path, "--gold", out), "is not a run directory"),
        (("export", reviewed, "--gold", out, "--reviewer", "Linus"), "who has: Ada, Grace"),
        (("agreement", plain), "has no decisions"),
        ((tmp_path / "nowhere",), "holds no run"),
        ((reviewed, "--reviewer", " "), "is no name of a reviewer"),
    ):
        ran = run("review", *arguments)
        assert ran.code == 2
        assert told in ran.mistake
    assert not out.exists()


def test_a_run_in_place_of_a_command_opens_its_page(reviewed: Path, child_env: dict[str, str]) -> None:
    command = [sys.executable, "-m", "molreflect", "review", str(reviewed), "--reviewer", "Ada L"]
    with subprocess.Popen(command, env=child_env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        try:
            assert running.stdout is not None
            link = running.stdout.readline().strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/review/first\?reviewer=Ada\+L&token=[\w-]{40,}", link)
            with httpx.Client(trust_env=False, follow_redirects=True, timeout=60) as client:
                page = client.get(link).text
            assert "0 of 4 decided" in page
            running.send_signal(signal.SIGINT)
            assert running.wait(30) == 0
        finally:
            running.kill()

"""`ask`, `chat` and `conversations` as a user runs them."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from commands import ASPIRIN, child
from openai_server import says, serve


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch, run: Any, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    monkeypatch.setenv("MOLREFLECT_HOME", str(tmp_path / "home"))


def test_lines_are_broken_between_words_whatever_the_pieces_and_not_in_a_pipe() -> None:
    from molreflect.cli.chat import HELP
    from molreflect.cli.printable import Flow

    assert max(map(len, HELP.splitlines())) < 80
    text = f"  one two three four\n{ASPIRIN} and five\n\nsix"
    told = "  one two\nthree four\nCC(=O)Oc1ccccc1C(=O)O\nand five\n\nsix"
    for pieces in ([text], text.replace(" ", " |").split("|")):
        flow = Flow(12)
        assert "".join(map(flow.broken, pieces)) == told
    assert Flow(None).broken(text) == text


def ask(run: Any, url: str, *more: object) -> Any:
    return run("ask", f"what is {ASPIRIN}?", "--model", "openai:m", "--base-url", url, *more)


def test_a_models_false_claim_is_shown_struck_out_and_in_json(run: Any) -> None:
    with serve(lambda body, number: says("It has a nitrile group and an ester.")) as server:
        ran = ask(run, server.url, "--json")
        plain = ask(run, server.url)
    data = json.loads(ran.out)
    assert [c["verdict"] for c in data["checked"]["claims"]] == ["refuted", "supported"]
    assert "~~nitrile group~~" in plain.out
    assert plain.code == 0


@pytest.mark.parametrize(
    ("content", "choice", "told"),
    [
        pytest.param("", {}, "gave an empty answer", id="empty"),
        pytest.param("It is an", {"finish_reason": "length"}, "cut off", id="cut"),
        pytest.param("<think>hm", {}, "thought, and said nothing", id="thoughts"),
    ],
)
def test_an_answer_that_is_none_ends_with_code_1(run: Any, content: str, choice: dict[str, Any], told: str) -> None:
    with serve(lambda body, number: says(content, **choice)) as server:
        ran = ask(run, server.url)
    assert ran.code == 1
    assert told in ran.err


def test_escape_codes_of_a_model_are_shown_as_text(run: Any) -> None:
    with serve(lambda body, number: says("It is an ester.\x1b[2J\x07\u202e")) as server:
        ran = ask(run, server.url)
    assert "\\x1b[2J\\x07\\u202e" in ran.out
    assert "\x1b" not in ran.out


def test_a_question_comes_from_standard_input(run: Any, child_env: dict[str, str]) -> None:
    question = "Where is the hydroxy group in\nCCO?\n"
    for ran in (child(child_env, "ask", "-", stdin=question), run("ask", stdin=question)):
        assert ran.code == 0
        assert "2" in ran.out
    assert run("ask", "-", stdin=" \n").mistake.startswith("molreflect: an empty question")


def test_a_file_of_conversations_is_answered_line_by_line(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    lines = [
        json.dumps({"id": "a", "turns": ["Where is the hydroxy group in CCO?", "Why is it an alcohol?"]}),
        "", "no json", '{"id": "c", "turns": "x"}', "[1]",
        json.dumps({"id": "d", "turns": ["why is it an alcohol?", ""]}),
    ]  # fmt: skip
    path.write_bytes("\n".join(lines).encode() + b"\n\xff\n")
    ran = run("ask", "--file", path, "--json")
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert [f["id"] for f in found] == ["a", None, "c", None, "d", None]
    assert [len(f["answers"]) for f in found] == [2, 0, 0, 0, 2, 0]
    assert "CCO" in found[0]["answers"][1]
    assert "CCO" not in found[4]["answers"][0]  # another conversation
    assert "empty question" in found[4]["problems"][-1]
    assert [line.split(":")[0].rpartition(" ")[2] for line in ran.err.splitlines()][:3] == ["3", "4", "5"]
    assert ran.code == 1
    assert json.loads(run("conversations", "list", "--json").out) == []
    assert "--file brings its own" in run("ask", "x", "--file", path).mistake
    assert "cannot be read" in run("ask", "--file", tmp_path / "none.jsonl").mistake


def test_lines_without_a_terminal_are_questions_and_blank_lines_are_skipped(
    run: Any, child_env: dict[str, str], tmp_path: Path
) -> None:
    env = child_env | {"MOLREFLECT_HOME": str(tmp_path / "home")}
    picture = tmp_path / "p.svg"
    stdin = (
        f"where is the hydroxy group in CCO\n\n  \nWhy is it an alcohol?\n/list\n/trace\n/draw {picture}\n/nope\n"
        "/new other\n/open tal\n/model\n/help\n/quit\nnever asked\n"
    )
    ran = child(env, "chat", "--thread", "talk", stdin=stdin)
    assert ran.code == 0
    assert "never asked" not in ran.out
    assert ran.out.count("CCO") >= 3
    assert "AGENT analyst" in ran.out
    assert picture.read_text().startswith("<")
    assert "/nope is no command" in ran.err
    assert "the model is offline" in ran.err
    shown = run("conversations", "show", "talk")
    assert [line for line in shown.out.splitlines() if line.startswith("> ")] == [
        "> where is the hydroxy group in CCO", "> Why is it an alcohol?",
    ]  # fmt: skip


def test_conversations_are_listed_found_renamed_exported_and_deleted(run: Any, tmp_path: Path) -> None:
    run("ask", "Where is the hydroxy group in CCO?", "--thread", "one")
    assert "one" in run("conversations", "list").out
    assert json.loads(run("conversations", "search", "hydroxy", "--json").out)[0]["thread"] == "one"
    assert run("conversations", "search", "zirconium").code == 1
    assert run("conversations", "rename", "on", "two").err.strip().endswith("one is called two now")
    out = tmp_path / "two.md"
    assert run("conversations", "export", "two", "--out", out).code == 0
    assert out.read_text().startswith("# two\n\n## Where is the hydroxy group in CCO?")
    exported = tmp_path / "two.json"
    run("conversations", "export", "two", "--out", exported)
    assert json.loads(exported.read_text())["messages"][0]["role"] == "human"
    assert "end it in .md or .json" in run("conversations", "export", "two", "--out", "x.doc").mistake
    assert "name it whole" in run("conversations", "delete", "tw", "--yes").mistake
    assert run("conversations", "delete", "two", "--yes").code == 0
    assert "no conversation 'two'" in run("conversations", "show", "two").mistake


PROMPT = "\x1b[?2004h"
"""What a terminal is told when a line is asked for: that it is to mark what is pasted."""


class Terminal:
    """A program in a terminal of its own."""

    def __init__(self, env: dict[str, str], *arguments: str) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "molreflect", *arguments], env=env | {"TERM": "xterm"}, stdin=slave, stdout=slave,
            stderr=slave, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def until(self, words: str, seconds: float = 90.0) -> str:
        end = time.monotonic() + seconds
        while words not in self.seen and time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    data = os.read(self.master, 65_536)
                except OSError:  # the program has ended
                    break
                if b"\x1b[6n" in data:
                    self.type("\x1b[1;1R")  # a terminal says where its cursor is
                self.seen += data.decode("utf-8", "replace")
        assert words in self.seen, self.seen[-2_000:]
        seen, self.seen = self.seen, ""
        return seen

    def close(self) -> int:
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            os.close(self.master)


def test_pasted_text_is_text_and_ctrl_c_keeps_the_conversation(
    run: Any, child_env: dict[str, str], tmp_path: Path
) -> None:
    terminal = Terminal(child_env | {"MOLREFLECT_HOME": str(tmp_path / "home")}, "chat", "--thread", "pasted")
    try:
        terminal.until(PROMPT)
        # A blank line in what is pasted ended the chat once, and the shell ran the rest.
        terminal.type("\x1b[200~Where is the hydroxy group\n\nin CCO?\n\x1b[201~")
        time.sleep(0.3)
        assert terminal.process.poll() is None
        terminal.type("\r")
        assert "CCO" in terminal.until(PROMPT)
        terminal.type("half a line\x03")
        terminal.type("Why is it an alcohol?\r")
        terminal.until("alcohol?")
        assert "CCO" in terminal.until(PROMPT)
        terminal.type("\x04")
        assert terminal.close() == 0
    finally:
        terminal.process.kill()
    shown = run("conversations", "show", "pasted", "--json")
    asked = [m["text"] for m in json.loads(shown.out)["messages"] if m["role"] == "human"]
    assert asked == ["Where is the hydroxy group\n\nin CCO?\n", "Why is it an alcohol?"]

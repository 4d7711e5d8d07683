"""A file of conversations, answered one after another: for scripts and evaluations."""

from __future__ import annotations

import json
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.cli.printable import json_line, readable
from molreflect.cli.progress import say
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.terms import TraceMode

if TYPE_CHECKING:
    from molreflect.conversations import Desk


@dataclass(frozen=True, slots=True)
class _Asked:
    """A line of the file."""

    number: int
    id: Any = None
    turns: tuple[str, ...] = ()
    error: str = ""
    """Why the line is no conversation; empty for one that is."""


def answer_file(path: Path, *, as_json: bool, **how: Any) -> int:
    """Answer every conversation of a file, in its order; none is remembered or knows of another.

    Args:
        path: JSON Lines, `{"id": ..., "turns": [...]}`.
        as_json: Print one JSON object a conversation; otherwise text.
        how: As `molreflect.conversations.desk` takes it.

    Returns:
        The exit code: 1 where a line is no conversation or a turn has no whole answer.

    Raises:
        InputError: The file cannot be read.
    """
    from molreflect.conversations import desk

    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); name a file of conversations") from error
    code = 0
    with (
        stream,
        tempfile.TemporaryDirectory(prefix="molreflect-ask-") as folder,
        desk(trace=TraceMode.OFF, **how) as shared,
    ):
        own = replace(shared, how={**shared.how, "folder": Path(folder)})
        for asked in _lines(stream):
            if asked.error:
                say(f"{path} line {asked.number}: {readable(asked.error)}")
            answered = _answer(asked, own, f"{path} line {asked.number}")
            code = 1 if answered.get("error") or answered.get("problems") else code
            if as_json:
                print(json_line(answered), flush=True)
            else:
                _print(asked, answered)
    return code


def _answer(asked: _Asked, shared: Desk, where: str) -> dict[str, Any]:
    """Answer one conversation; a turn that fails has an empty answer, and the others go on."""
    found: dict[str, Any] = {"id": asked.id, "answers": []}
    if asked.error:
        return found | {"seconds": 0.0, "error": f"line {asked.number}: {asked.error}"}
    problems: list[str] = []
    checked: list[Any] = []
    began = time.perf_counter()
    with shared.conversation() as talk:
        for position, turn in enumerate(asked.turns, 1):
            try:
                answer = talk.ask(turn)
            except InputError as error:
                found["answers"].append("")
                checked.append(None)
                problems.append(f"turn {position}: {error}")
                say(f"{where}, turn {position}: {readable(str(error))}")
                continue
            except Exception as error:  # noqa: BLE001 - a bug must not cost the answers to the other lines
                found["answers"].append("")
                checked.append(None)
                problems.append(f"turn {position}: a fault of molreflect ({type(error).__name__}: {error})")
                say(f"{where}, turn {position}: a fault of molreflect:\n{traceback.format_exc()}")
                continue
            found["answers"].append(answer.answer)
            checked.append(None if answer.checked is None else answer.checked.to_json())
            problems += [
                f"turn {position}: {text}" for text in dict.fromkeys((*answer.notices, answer.problem)) if text
            ]
    found["seconds"] = round(time.perf_counter() - began, 4)
    if any(checked):
        found["checked"] = checked
    return found | ({"problems": problems} if problems else {})


def _lines(stream: Any) -> Iterator[_Asked]:
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            yield _Asked(number, error=f"not UTF-8 ({error.reason})")
            continue
        except (ValueError, RecursionError) as error:
            yield _Asked(number, error=f"not JSON ({' '.join(str(error).split())[:120]})")
            continue
        yield _asked(number, data)


def _asked(number: int, data: Any) -> _Asked:
    if not isinstance(data, dict):
        return _Asked(number, error='no object; write {"id": ..., "turns": [...]}')
    turns = data.get("turns")
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, str) for turn in turns):
        told = "is missing" if "turns" not in data else f"must be a list of texts, not {shorten(json.dumps(turns))}"
        return _Asked(number, data.get("id"), error=f"turns {told}")
    return _Asked(number, data.get("id"), tuple(turns))


def _print(asked: _Asked, answered: dict[str, Any]) -> None:
    if asked.error:
        return
    print(readable(f"# {asked.id}"))
    for turn, answer in zip(asked.turns, answered["answers"], strict=True):
        print(readable(f"> {turn}\n{answer}"), flush=True)

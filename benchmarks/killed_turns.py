"""Kill turns of a conversation at random moments, let one grow long, and time the first step of an answer.

    python benchmarks/killed_turns.py                        # all three
    python benchmarks/killed_turns.py --only kills --kills 5

- kills: a model on loopback that refuses what the strictest servers refuse (`tests/support/strict_server.py`) is asked
  in one conversation; the process that asks is killed (SIGKILL) at a random moment of a turn, and the next goes on.
  Counted are the requests that the server refused, and the questions and turns that were lost.
- growth: turns of the offline analyst in one conversation, and the size of the files.
- first step: milliseconds from a question to the first event of its answer, offline and warm.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from openai_server import Reply, fails, says, serve
from strict_server import complaint

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
ASKED = f"Where is the acid in {ASPIRIN}?"
QUESTIONS = (
    f"what is in {ASPIRIN}?",
    "where is the ester in it?",
    "how many rings has it?",
    "is it a phenol?",
    "why not?",
    "its TPSA?",
    "compare it and OC(=O)c1ccccc1O",
    "how many oxygens has OCC(O)CO",
    "is C[C@H](N)C(=O)O R or S?",
    "and the amine?",
)
THREAD = "benchmark"


def strict(refused: list[str], latency: float) -> Callable[[dict[str, Any], int], Reply]:
    """Answer as a model that calls two tools and then speaks; refuse with 400 what strict servers refuse."""
    numbers = itertools.count()

    def answer(body: dict[str, Any], number: int) -> Reply:
        if (wrong := complaint(body)) is not None:
            refused.append(wrong)
            return fails(400, wrong)
        if body["messages"][-1]["role"] == "tool":
            reply = says(f"It has a carboxylic acid at atoms 10, 11 and 12 (answer {number}).")
        else:
            arguments = {"smiles": ASPIRIN}
            reply = says(
                None, calls=[("list_groups", arguments), ("locate_groups", arguments | {"groups": ["carboxylic acid"]})]
            )
            said = json.loads(reply.body)
            for call in said["choices"][0]["message"]["tool_calls"]:
                call["id"] = f"call-{next(numbers)}"
            reply = Reply(json.dumps(said).encode())
        return Reply(reply.body, delay=latency)

    return answer


def keep_asking(url: str, home: str, ready: Connection) -> None:
    """Ask in a conversation until killed; tell when it is open, and each answer."""
    os.environ["MOLREFLECT_HOME"], os.environ["OPENAI_API_KEY"] = home, "none"
    from molreflect.conversations import conversation

    with conversation("openai:strict", base_url=url, thread=THREAD) as talk:
        ready.send("open")
        while True:
            ready.send(talk.ask(ASKED).problem)


def killed(kills: int, seed: int, latency: float) -> dict[str, Any]:
    """Kill turns and go on; what was refused, interrupted and lost."""
    from molreflect.graphs.conversation.memory import INTERRUPTED, ConversationStore

    draw, problems = random.Random(seed), Counter[str]()
    refused: list[str] = []
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["molreflect.conversations", "molreflect.graphs.conversation.conversation"])
    with tempfile.TemporaryDirectory() as home, serve(strict(refused, latency)) as server:
        turn = 1.0
        for kill in range(kills + 1):
            here, there = context.Pipe()
            process = context.Process(target=keep_asking, args=(server.url, home, there))
            process.start()
            _told(here, process)  # it is open
            begin = time.monotonic()
            problems[_told(here, process)] += 1  # goes on with what the kill before has left
            turn = time.monotonic() - begin if not kill else turn
            if kill < kills:
                time.sleep(draw.uniform(0, 1.2 * turn))
            process.kill()
            process.join()
            here.close()
            if kill < kills:
                print(f"kill {kill + 1} of {kills}, refused so far: {len(refused)}", file=sys.stderr, flush=True)
        with ConversationStore(Path(home)) as store, store.owned(THREAD):
            messages = store.messages(THREAD)
    answers = [str(m.content) for m in messages if m.type == "ai" and not getattr(m, "tool_calls", None)]
    return {
        "kills": kills,
        "requests": len(server.requests),
        "refused by the server": len(refused),
        "reasons": refused[:3],
        "turns": sum(m.type == "human" for m in messages),
        "answers": len(answers),
        "interrupted": answers.count(INTERRUPTED),
        "problems": {k: n for k, n in problems.items() if k},
        "went on after each kill": problems[""] == kills + 1 and not refused,
    }


def _told(here: Connection, process: Any, seconds: float = 300) -> str:
    if not here.poll(seconds):
        process.kill()
        raise TimeoutError(f"the asking process said nothing for {seconds} s")
    return str(here.recv())


def grown(turns: int) -> dict[str, Any]:
    """Ask so many questions in one conversation; sizes of its files in megabytes."""
    from molreflect.conversations import conversation

    with tempfile.TemporaryDirectory() as home:
        os.environ["MOLREFLECT_HOME"] = home
        with conversation(thread=THREAD) as talk:
            for number in range(turns):
                talk.ask(QUESTIONS[number % len(QUESTIONS)])
        sizes: Counter[str] = Counter()
        for path in Path(home).rglob("*.sqlite*"):
            sizes[path.name.partition(".")[0]] += path.stat().st_size
    return {"turns": turns} | {f"{name} MB": round(size / 1e6, 2) for name, size in sorted(sizes.items())}


def first_steps(times: int) -> dict[str, Any]:
    """Milliseconds to the first event of an answer, after one question to warm up."""
    from molreflect.conversations import conversation

    took, worked = [], []
    with tempfile.TemporaryDirectory() as home:
        os.environ["MOLREFLECT_HOME"] = home
        with conversation(thread=THREAD) as talk:
            talk.ask(QUESTIONS[0])
            for number in range(times):
                begin, work = time.perf_counter(), time.process_time()
                events = talk.stream(QUESTIONS[number % len(QUESTIONS)])
                next(events)
                took.append(1000 * (time.perf_counter() - begin))
                worked.append(1000 * (time.process_time() - work))
                for _ in events:
                    pass
    return {
        "questions": times,
        "median ms": round(statistics.median(took), 1),
        "longest ms": round(max(took), 1),
        "longest ms of processor time": round(max(worked), 1),
    }


def main() -> None:
    """Print what was measured, one line of JSON each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=("kills", "growth", "first"))
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--turns", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds that the model thinks before each message")
    given = parser.parse_args()
    if given.only in (None, "first"):
        print("first step", json.dumps(first_steps(50)), flush=True)
    if given.only in (None, "growth"):
        print("growth", json.dumps(grown(given.turns)), flush=True)
    if given.only in (None, "kills"):
        print("kills", json.dumps(killed(given.kills, given.seed, given.latency)), flush=True)


if __name__ == "__main__":
    main()

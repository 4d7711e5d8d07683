"""Whether traces replay: every one of a run and of conversations, with the network blocked, byte for byte.

    MOLREFLECT_SHARED_DATA=... python benchmarks/replay.py --pairs 50 --conversations 20

Prints how many replayed to the same record, and processor seconds for each. The pairs are the first of ChEBI-20's
validation part, aligned by the embedded teacher; the conversations ask the questions of `QUESTIONS` in turn.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from molreflect.graphs.replay.opening import open_bench, replay_traces
from molreflect.graphs.runs.store import RunStore

SAMPLE = Path(__file__).parents[1] / "data" / "sample.tsv"
QUESTIONS = ("What is in {}?", "Where is the hydroxy group in it?", "What is its molecular weight?", "Why?")


def run_of_pairs(folder: Path, pairs: int) -> Path:
    """Distil the pairs; gives the run directory."""
    from molreflect.graphs.batch.run import distill_corpus
    from molreflect.graphs.batch.settings import DistillSettings

    shared = os.environ.get("MOLREFLECT_SHARED_DATA")
    if shared is None:
        raise SystemExit("set MOLREFLECT_SHARED_DATA to the folder with chebi20/validation.txt")
    corpus = Path(shared) / "chebi20" / "validation.txt"
    distill_corpus(str(corpus), folder / "run", DistillSettings(), cache=folder / "cache", limit=pairs)
    return folder / "run"


@contextmanager
def home(folder: Path) -> Iterator[None]:
    """Have conversations keep what they keep in a folder."""
    before = {name: os.environ.get(name) for name in ("MOLREFLECT_HOME", "MOLREFLECT_CACHE")}
    os.environ |= {"MOLREFLECT_HOME": str(folder), "MOLREFLECT_CACHE": str(folder / "cache")}
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def talk(folder: Path, conversations: int) -> Path:
    """Hold conversations about molecules of the sample; gives the folder of their traces."""
    import molreflect

    molecules = [line.split("\t")[1] for line in SAMPLE.read_text(encoding="utf-8").splitlines()[1:]]
    with home(folder), molreflect.Session():
        for number in range(conversations):
            with molreflect.conversation(thread=f"talk-{number}") as conversation:
                for question in QUESTIONS:
                    conversation.ask(question.format(molecules[number]))
    return folder


def replayed(folder: Path, cache: Path) -> dict[str, Any]:
    """Replay every trace of a folder, and compare the records of a run with what it kept."""
    kept: dict[str, str] = {}
    if (folder / "run.yaml").is_file():
        with closing(RunStore.open(folder)) as store:
            kept = {record["id"]: json.dumps(record) for record in store.records()}
    refused: list[str] = []
    same, others = 0, []
    with open_bench(folder, cache=cache, sample=SAMPLE) as bench:
        traces = bench.store.traces()
        busy = time.process_time()
        for done in replay_traces(bench, traces, lambda _, why: refused.append(why)):
            if done.identical and (not kept or json.dumps(done.record) == kept[done.subject]):
                same += 1
            else:
                others.append({"subject": done.subject, "step": done.step and done.step.path, "how": done.how})
        busy = time.process_time() - busy
    return {
        "traces": len(traces),
        "same": same,
        "others": others,
        "refused": refused,
        "processor_seconds_each": round(busy / max(1, len(traces)), 4),
    }


def main() -> None:
    """Parse arguments, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--conversations", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        folder = Path(name)
        told = {
            "pairs": replayed(run_of_pairs(folder, given.pairs), folder / "cache"),
            "conversations": replayed(talk(folder / "home", given.conversations), folder / "home" / "cache"),
        }
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()

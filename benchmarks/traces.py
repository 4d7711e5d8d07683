"""What traces cost and whether they hold: throughput, size, search, conversations at once, kills.

    MOLREFLECT_SHARED_DATA=... python benchmarks/traces.py cost --pairs 300
    python benchmarks/traces.py list | crowd | kills
    MOLREFLECT_SHARED_DATA=... python benchmarks/traces.py rows --pairs 1000

`cost` distils the same pairs with the embedded teacher, traced in full and not at all by turns, each time in a fresh
process and with everything prepared; it prints processor seconds, which a busy machine leaves nearly alone, beside
those of the clock.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import json
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

from molreflect.graphs.traces.store import FILE, TraceFilter, TraceStore
from molreflect.graphs.traces.writer import TraceTarget, TraceWriter
from molreflect.tools.terms import TraceMode, Verdict


def cost(folder: Path, pairs: int, rounds: int) -> dict[str, Any]:
    """Compare runs with and without traces, each in a process of its own: a batch meets every pair for the first time.

    Index and names are prepared before, and are no part of it. Runs that do the same pairs again in one process find
    most of the chemistry in its memory, so that traces would be compared with next to nothing.
    """
    spent: dict[str, list[float]] = {"full": [], "off": []}
    clock: dict[str, list[float]] = {"full": [], "off": []}
    records, size = set(), 0
    for turn in range(rounds + 1):  # the first prepares the corpus, and is not counted
        for mode in ("full", "off") if turn % 2 else ("off", "full"):
            command = [sys.executable, __file__, "once", "--pairs", str(pairs), "--folder", str(folder), "--mode", mode]
            found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
            records.add(found["records"])
            if turn:
                spent[mode].append(found["processor"])
                clock[mode].append(found["clock"])
            size = max(size, found["bytes"])
    assert len(records) == 1
    return {
        "pairs": found["pairs"],
        "rounds": rounds,
        "processor_seconds": {mode: [round(s, 2) for s in each] for mode, each in spent.items()},
        "throughput_lost_by_processor_time": round(1 - 1 / _ratio(spent), 4),
        "clock_seconds": {mode: [round(s, 2) for s in each] for mode, each in clock.items()},
        "throughput_lost_by_the_clock": round(1 - 1 / _ratio(clock), 4),
        "kilobytes_a_pair": round(size / 1000 / found["pairs"], 1),
    }


def once(folder: Path, pairs: int, mode: TraceMode) -> dict[str, Any]:
    """Distil some pairs in this process, everything prepared but nothing met before."""
    from molreflect.graphs.batch.prepared_corpus import prepare_corpus
    from molreflect.graphs.batch.run import distill, open_run
    from molreflect.graphs.batch.settings import DistillSettings
    from molreflect.graphs.batch.teacher_setup import open_teacher
    from molreflect.tools.corpus import read_corpus

    corpus = read_corpus(_corpus(), limit=pairs)
    with contextlib.ExitStack() as stack:
        prepared = prepare_corpus(corpus, folder=folder / "index", cache=folder / "cache", routes=("molecule",))
        stack.callback(prepared.close)
        assert prepared.ready() is not None
        settings = DistillSettings(trace=mode)
        teacher = open_teacher(settings, None, prepared.resources, stack)
        run = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder)))
        with contextlib.closing(open_run(run, corpus, settings, index_hash="x", resume=False)) as store:
            busy, began = time.process_time(), time.perf_counter()
            distill(store, prepared, teacher, settings)
            busy, taken = time.process_time() - busy, time.perf_counter() - began
            records = hashlib.sha256("\n".join(text for text, _ in store.records_as_kept()).encode()).hexdigest()
        size = sum(path.stat().st_size for path in run.glob(f"{FILE}*"))
    return {"pairs": len(corpus), "processor": busy, "clock": taken, "bytes": size, "records": records}


def _ratio(seconds: dict[str, list[float]]) -> float:
    return statistics.median(f / o for f, o in zip(seconds["full"], seconds["off"], strict=True))


def listing(folder: Path, traces: int, spans: int) -> dict[str, Any]:
    """Make a store of many spans, and time what a list asks of it."""
    from traced import start, tool

    words = Path(__file__).read_text(encoding="utf-8").split()
    draw = random.Random(0)
    with contextlib.closing(TraceWriter(TraceTarget(path=folder / FILE))) as writer:
        for number in range(traces):
            name = f"{number:032x}"
            recorder = writer.recorder(start(name, f"S{number}", title=" ".join(draw.choices(words, k=12))))
            root = uuid4()
            recorder.on_chain_start(None, {}, run_id=root, name="align")
            for step in range(spans - 1):
                text = " ".join(draw.choices(words, k=60)) + f" unique{number}"
                tool(recorder, root, ("find", "look_up_phrases")[step % 2], text, number=number)
            if number % 97:
                recorder.on_chain_end({}, run_id=root)
            else:
                recorder.on_chain_error(ValueError("gone"), run_id=root)
            writer.end(name)
            if number % 50 == 0:
                writer.write_ended()
    asked: dict[str, TraceFilter] = {
        "list": TraceFilter(),
        "verdict": TraceFilter(verdict=Verdict.REFUTED),
        "status": TraceFilter(status="error"),
        "tool": TraceFilter(tool="look_up_phrases"),
        "a word of all": TraceFilter(text="import"),
        "a word of one": TraceFilter(text=f"unique{traces // 2}"),
    }
    with contextlib.closing(TraceStore(folder / FILE)) as store:
        total = sum(t.spans for t in store.traces())
        found = {}
        for name, chosen in asked.items():
            busy, began = time.process_time(), time.perf_counter()
            shown, of = store.traces(chosen, limit=50), store.count(chosen)
            busy, taken = time.process_time() - busy, time.perf_counter() - began
            told = {"milliseconds": round(1000 * taken, 1), "processor_milliseconds": round(1000 * busy, 1)}
            found[name] = told | {"of": of, "shown": len(shown)}
    return {"traces": traces, "spans": total, "asked": found}


def crowd(folder: Path, conversations: int, threads: int, turns: int) -> dict[str, Any]:
    """Hold conversations with a scripted model at once, and look for what is lost or in the wrong place."""
    from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

    from molreflect.agents.analyst.agent import build_analyst
    from molreflect.agents.analyst.turn import Turn
    from molreflect.agents.models.rule_model import RuleModel, call_tool
    from molreflect.graphs.conversation.conversation import Conversation
    from molreflect.graphs.conversation.memory import ConversationStore
    from molreflect.tools.langchain_tools import build_alignment_tools
    from molreflect.tools.resources import open_resources

    class Scripted(RuleModel):
        kind = "scripted"

        def next_message(self, messages: list[Any], **call: Any) -> AIMessage:
            asked = next(m for m in reversed(messages) if isinstance(m, HumanMessage))
            if isinstance(messages[-1], ToolMessage):
                return AIMessage(f"answer to {asked.content}")
            return call_tool("find_substructure", len(messages), smiles="CCO", patterns=["O"])

    with contextlib.closing(open_resources(folder / "cache")) as resources:
        agent = build_analyst(Scripted(), build_alignment_tools(resources))
        with contextlib.closing(TraceWriter(TraceTarget(path=folder / FILE))) as writer:

            def talk(number: int) -> list[tuple[str, str]]:
                name = f"thread-{number}"
                questions = [f"question {turn} of {number}" for turn in range(turns)]
                with ConversationStore(folder / "memory") as memory, memory.owned(name):
                    # without a checker: what is counted is spans
                    conversation = Conversation(agent, name, memory, writer, new_turn=Turn)
                    return [(conversation.ask(question).trace_id, question) for question in questions]

            began = time.perf_counter()
            with ThreadPoolExecutor(threads) as pool:
                asked = [one for each in pool.map(talk, range(conversations)) for one in each]
            taken = time.perf_counter() - began
    wrong = orphans = 0
    with contextlib.closing(TraceStore(folder / FILE)) as store:
        listed = {t.trace_id: t for t in store.traces()}
        for trace_id, question in asked:
            trace = listed.get(trace_id)
            spans = store.spans(trace_id)
            known = {s.span_id for s in spans}
            orphans += sum(s.parent_id is not None and s.parent_id not in known for s in spans)
            kinds = [s.kind for s in spans]
            roots = [s.span_id for s in spans if s.parent_id is None]
            whole = kinds == ["AGENT", "LLM", "TOOL", "LLM"] and all(s.parent_id == roots[0] for s in spans[1:])
            said = store.messages(spans[-1])["out"][0]["content"] if whole else ""
            wrong += trace is None or trace.status != "OK" or not whole or said != f"answer to {question}"
        total = sum(t.spans for t in listed.values())
    return {
        "conversations": conversations,
        "turns": len(asked),
        "threads": threads,
        "spans": total,
        "expected": 4 * len(asked),
        "orphans": orphans,
        "wrong_or_lost_turns": wrong,
        "seconds": round(taken, 1),
    }


def rows(folder: Path, pairs: int) -> dict[str, Any]:
    """Distil pairs in as many processes as pay, and look for rows without their trace and spans out of place."""
    from molreflect.graphs.batch.run import distill_corpus
    from molreflect.graphs.batch.settings import DistillSettings
    from molreflect.graphs.runs.store import RunStore
    from molreflect.tools.processes import available_cores

    settings = DistillSettings(workers=4, processes=max(2, available_cores()))
    began = time.perf_counter()
    result, _ = distill_corpus(str(_corpus()), folder / "run", settings, cache=folder / "cache", limit=pairs)
    taken = time.perf_counter() - began
    orphans = unended = total = 0
    with (
        contextlib.closing(RunStore.open(folder / "run")) as run,
        contextlib.closing(TraceStore(folder / "run" / FILE)) as store,
    ):
        wanted = run.trace_ids()
        traces = {t.trace_id: t for t in store.traces()}
        for trace_id, trace in traces.items():
            spans = store.spans(trace_id)
            known = {s.span_id for s in spans}
            total += len(spans)
            orphans += sum(s.parent_id is not None and s.parent_id not in known for s in spans)
            unended += trace.status != "OK" or trace.spans != len(spans) or any(s.seconds is None for s in spans)
    return {
        "rows": result.done,
        "processes": settings.processes,
        "spans": total,
        "rows_without_trace": len(wanted - traces.keys()),
        "traces_without_row": len(traces.keys() - wanted),
        "orphans": orphans,
        "traces_with_open_or_lost_spans": unended,
        "seconds": round(taken, 1),
    }


def _corpus() -> Path:
    shared = os.environ.get("MOLREFLECT_SHARED_DATA")
    if shared is None:
        raise SystemExit("set MOLREFLECT_SHARED_DATA to the folder with chebi20/validation.txt")
    return Path(shared) / "chebi20" / "validation.txt"


def _write_on(path: Path, name: str, told: int) -> None:
    """Write spans until killed, and tell the number and the time of each once it is over."""
    from traced import start, tool

    writer = TraceWriter(TraceTarget(path=path))
    recorder = writer.recorder(start(name))
    root = uuid4()
    recorder.on_chain_start(None, {}, run_id=root, name="analyst")
    for number in itertools.count():
        tool(recorder, root, "find", "x" * 300 + str(number), number=number)
        os.write(told, f"{number} {time.time()}\n".encode())
        time.sleep(0.001)


def kills(folder: Path, times: int) -> dict[str, Any]:
    """Kill a process that writes, again and again, and see what the store has lost.

    Processes are forked, with everything imported, so that nearly all their time is spent writing.
    """
    lost, draw = [], random.Random(0)
    for _ in range(times):
        name = uuid4().hex
        reading, telling = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            try:
                _write_on(folder / FILE, name, telling)
            finally:
                os._exit(1)
        os.close(telling)
        with open(reading, encoding="ascii") as stream:
            lines = [stream.readline()]
            time.sleep(draw.uniform(0.05, 2.0))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            lines += [line for line in stream if line.endswith("\n")]
        told = [(int(number), float(at)) for number, at in map(str.split, lines)]
        with contextlib.closing(TraceStore(folder / FILE)) as store:
            spans = store.spans(name)
            for span in spans:
                store.resolved(span)
            kept = {s.attributes["input.value"]["number"] for s in spans if s.kind == "TOOL"}
        missing = [at for number, at in told if number not in kept]
        lost.append(told[-1][1] - min(missing) if missing else 0.0)
    with contextlib.closing(sqlite3.connect(folder / FILE)) as db:
        whole = db.execute("PRAGMA integrity_check").fetchone()[0]
    return {
        "kills": times,
        "most_seconds_lost": round(max(lost), 3),
        "over_a_second": sum(s > 1 for s in lost),
        "integrity": whole,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("cost", "once", "list", "crowd", "rows", "kills"), help="`cost` calls `once`.")
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="Of `once`: where the prepared corpus is.")
    parser.add_argument("--conversations", type=int, default=1_000, help="Of `crowd`.")
    parser.add_argument("--kills", type=int, default=50, help="Of `kills`.")
    parser.add_argument("--mode", type=TraceMode, default=TraceMode.FULL, help="Of `once`.")
    given = parser.parse_args()
    if given.what == "once":
        print(json.dumps(once(given.folder, given.pairs, given.mode)))
        return
    sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))  # traces made by hand
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    with tempfile.TemporaryDirectory(prefix="molreflect-traces-") as name:
        folder = Path(name)
        found = {
            "cost": lambda: cost(folder, given.pairs, given.rounds),
            "list": lambda: listing(folder, 5_000, 20),
            "crowd": lambda: crowd(folder, given.conversations, 32, 3),
            "rows": lambda: rows(folder, given.pairs),
            "kills": lambda: kills(folder, given.kills),
        }[given.what]()
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()

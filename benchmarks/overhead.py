"""What MolReflect adds to the time a teacher takes: throughput against an endpoint of fixed latency.

    MOLREFLECT_SHARED_DATA=... python benchmarks/overhead.py [--pairs 500] [--workers 64] [--latency 1 2]

An OpenAI-compatible server on loopback, a process of its own, answers every request exactly `latency` seconds after it
came in, as many at once as are asked. Its answers are scripted:

* `submit`: every request is answered with a whole draft at once, one call a request. Nothing hides the overhead.
* `tools`: the server says what the lexicon teacher would, so a draft takes up to four calls (read the caption, look
  phrases up, check, submit), with the tools' work between them.

Ideal: a pair is two chains of calls, a draft of d_i calls and a reflection of r_i (some have none); the calls of a
chain follow each other, so it takes d_i * latency or r_i * latency seconds. `workers` perfectly parallel clients take
all drafts and then all reflections in corpus order, each the next chain as soon as it is free, waiting for nobody.
The ideal time is the makespan of that; d_i and r_i are counted in the traces. Share of the ideal throughput = ideal
time / measured time of the batch, with commits and traces. Harder still: calls * latency / workers, as if the last
calls could be shared out as well. What comes before the first call (captions, names, evidence, index, neighbours,
processes started) and the export are printed beside it and not part of it.

Each kind and latency is measured cold, with nothing in any cache, and warm, with names and index of the cold run there;
answers are in no store either time, and each is kept as it comes.

Processor time is that of this process (which keeps rows, traces and answers) and of those that share the work, without
the server's. It bounds the throughput on any machine: so many calls a second one core carries, whatever else runs.

Control: a bare asyncio client makes the same chains of calls over `workers` connections. What it loses is the
server's and the machine's, not ours.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import heapq
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

MODEL = "scripted"


# ---------------------------------------------------------------------------- the server, in its own process


class Endpoint(asyncio.Protocol):
    """One connection of `POST /v1/chat/completions`: HTTP/1.1 with Content-Length, kept alive."""

    def __init__(self, latency: float, answer: Any) -> None:
        self.latency, self.answer, self.buffer = latency, answer, b""

    def connection_made(self, transport: Any) -> None:
        """A client has come."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request `latency` seconds after it came in."""
        came = asyncio.get_running_loop().time()
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            place = head.find(b"content-length:")
            length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            body, self.buffer = self.buffer[end + 4 : end + 4 + length], self.buffer[end + 4 + length :]
            reply = json.dumps(completion(self.answer(json.loads(body)["messages"]), len(body))).encode()
            asyncio.get_running_loop().call_at(came + self.latency, self.send, reply)

    def send(self, body: bytes) -> None:
        """Write one answer."""
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )


def completion(calls: list[dict[str, Any]], size: int) -> dict[str, Any]:
    """A chat completion that calls tools."""
    tool_calls = [
        {
            "id": c.get("id") or f"call_{n}",
            "type": "function",
            "function": {"name": c["name"], "arguments": json.dumps(c["args"], ensure_ascii=False)},
        }
        for n, c in enumerate(calls)
    ]
    message = {"role": "assistant", "content": None, "tool_calls": tool_calls}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}],
        "usage": {"prompt_tokens": size // 4, "completion_tokens": 50, "total_tokens": size // 4 + 50},
    }


def serve(port: int, latency: float, script: str) -> None:
    """Serve until the parent ends us."""
    from langchain_core.messages import convert_to_messages

    from molreflect.agents.models.lexicon_teacher import LexiconModel
    from molreflect.agents.prompts.data import read_block

    model = LexiconModel()
    drafts = json.loads(Path(script).read_text(encoding="utf-8")) if script != "tools" else {}

    def answer(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if script == "tools":
            names = {c["id"]: c["function"]["name"] for m in messages for c in m.get("tool_calls") or ()}
            told = [m | {"name": names[m["tool_call_id"]]} if m["role"] == "tool" else m for m in messages]
            return [dict(call) for call in model.invoke(convert_to_messages(told)).tool_calls]
        asked = next(m for m in reversed(messages) if m["role"] == "user")
        return [{"name": "AlignmentDraft", "args": {"alignments": drafts[read_block(asked["content"])["caption"]]}}]

    async def forever() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Endpoint(latency, answer), "127.0.0.1", port, backlog=1024)
        print("ready", flush=True)
        await server.serve_forever()

    asyncio.run(forever())


@contextlib.contextmanager
def endpoint(latency: float, script: str) -> Iterator[int]:
    """The port of a running server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, __file__, "--serve", str(port), str(latency), script]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        if server.stdout.readline().strip() != "ready":
            raise SystemExit("the scripted server did not start")
        yield port
    finally:
        server.terminate()
        server.wait(20)


# ---------------------------------------------------------------------------- ideal and control


def makespan(chains: Sequence[int], workers: int, latency: float) -> float:
    """Seconds that perfectly parallel clients need for chains of calls, taken in order."""
    free = [0.0] * workers
    for calls in chains:
        heapq.heappush(free, heapq.heappop(free) + calls * latency)
    return max(free)


def bare_client(port: int, chains: Sequence[int], workers: int, request: bytes) -> float:
    """Seconds a bare client needs for the same chains of calls."""

    async def client(waiting: Iterator[int]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for calls in waiting:
            for _ in range(calls):
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
        writer.close()

    async def everything() -> float:
        began = time.perf_counter()
        waiting = iter(chains)
        await asyncio.gather(*(client(waiting) for _ in range(workers)))
        return time.perf_counter() - began

    return asyncio.run(everything())


def post(messages: list[dict[str, Any]]) -> bytes:
    body = json.dumps({"model": MODEL, "messages": messages}).encode()
    return b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


# ---------------------------------------------------------------------------- the run


def measure(corpus: Any, script: str, latency: float, given: argparse.Namespace, folder: Path) -> Iterator[Any]:
    """Measure a run with nothing in any cache, and one with all that it left but the answers."""
    with endpoint(latency, script) as port:
        for start in ("cold", "warm"):
            for file in folder.glob("cache/responses.sqlite*"):
                file.unlink()
            yield {"start": start} | measured(corpus, script, latency, given, folder, port, folder / start)


def measured(
    corpus: Any, script: str, latency: float, given: argparse.Namespace, folder: Path, port: int, run: Path
) -> dict[str, Any]:
    from molreflect.agents.prompts import align
    from molreflect.graphs.batch.engines import open_executor
    from molreflect.graphs.batch.neighbours import find_neighbours
    from molreflect.graphs.batch.opening import open_run
    from molreflect.graphs.batch.prepared_corpus import prepare_corpus
    from molreflect.graphs.batch.run import distill, trace_target
    from molreflect.graphs.batch.settings import DistillSettings
    from molreflect.graphs.batch.teacher_setup import open_teacher_setup
    from molreflect.graphs.runs.export import export
    from molreflect.graphs.traces.store import TraceStore
    from molreflect.tools.terms import View

    with contextlib.ExitStack() as stack:
        settings = DistillSettings(
            teacher=MODEL, base_url=f"http://127.0.0.1:{port}/v1", workers=given.workers, processes=given.processes
        )
        began = time.perf_counter()
        cache = folder / "cache"
        prepared = prepare_corpus(corpus, folder=folder / "index", cache=cache, routes=settings.routes)
        stack.callback(prepared.close)
        index = prepared.ready()
        assert index is not None
        store = open_run(run, corpus, settings, index_hash=index.index_hash, resume=False)
        stack.enter_context(contextlib.closing(store))
        # `molreflect distill` asks first whether its teacher calls tools; once that is answered, all callers may ask.
        voice = replace(open_teacher_setup(settings), answers=True)
        teacher = voice.teacher(prepared.resources, stack, voice.meter(stack, store), cache=cache)
        aside = stack.enter_context(ThreadPoolExecutor(1))
        found = aside.submit(find_neighbours, store.rows(), prepared, settings)
        executor = open_executor(
            prepared,
            settings,
            index.index_hash,
            stack,
            rows=len(corpus),
            teacher=teacher,
            traces=trace_target(run, settings),
        )
        others = worker_processes()
        preparation = time.perf_counter() - began
        busy, began = [processor_seconds(pid) for pid in (os.getpid(), *others)], time.perf_counter()
        at_end: list[float] = []

        def progress(what: str, done: int, of: int) -> None:  # the processes are gone when `distill` returns
            at_end[:] = [processor_seconds(pid) for pid in others]

        result = distill(store, prepared, teacher, settings, executor=executor, found=found, progress=progress)
        seconds = time.perf_counter() - began
        spent = [processor_seconds(os.getpid()), *at_end]
        cores = [round(after - before, 2) for before, after in zip(busy, spent, strict=True)]
        began = time.perf_counter()
        export(store)
        exported = time.perf_counter() - began
        passes = calls_of(store, TraceStore(run / "traces.sqlite"))
        chains = [*passes[0], *passes[1]]
        ideal = makespan(chains, given.workers, latency)
        calls = sum(chains)
        request = post(
            [
                {
                    "role": "user",
                    "content": align.request(
                        view=View.PAIR, smiles=corpus.pairs[0].smiles, caption=corpus.pairs[0].caption
                    ),
                }
            ]
        )
        control = bare_client(port, chains, given.workers, request)
    assert (result.done, result.failed) == (len(corpus), 0), result
    return {
        "answers": "tools" if script == "tools" else "submit",
        "pairs": len(corpus),
        "workers": given.workers,
        "processes": 1 + len(others),
        "latency_seconds": latency,
        "calls": calls,
        "answers_at_hand": calls - teacher.meter.spent.calls,
        "calls_a_pair": round(calls / len(corpus), 2),
        "calls_to_draft_and_to_reflect": [sum(passes[0]), sum(passes[1])],
        "ideal_seconds": round(ideal, 2),
        "measured_seconds": round(seconds, 2),
        "share_of_ideal_throughput": round(ideal / seconds, 4),
        "share_of_calls_x_latency_by_workers": round(calls * latency / given.workers / seconds, 4),
        "bare_client_share_of_ideal": round(ideal / control, 4),
        "calls_a_second": round(calls / seconds, 1),
        "processor_seconds_of_each_process": cores,
        "processor_ms_a_call": round(1000 * sum(cores) / calls, 2),
        "calls_a_second_that_one_core_carries": round(calls / sum(cores), 1),
        "calls_a_second_that_are_ideal": round(calls / ideal, 1),
        "preparation_seconds": round(preparation, 2),
        "export_seconds": round(exported, 2),
    }


def worker_processes() -> list[int]:
    """Give the processes that share the work: the children of this one that a pool of loky started."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"popen_loky" in (place / "cmdline").read_bytes():
                found.append(int(place.name))
    return sorted(found)


def processor_seconds(pid: int) -> float:
    """Seconds of a core that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def calls_of(store: Any, traces: Any) -> list[list[int]]:
    """Model calls of every pair in both passes, in corpus order; a pair without any is left out."""
    passes: list[list[int]] = [[], []]
    for row in store.rows():
        counts, place = [0, 0], 0
        for span in traces.spans(row.trace_id):
            place = {"align:draft": 0, "align:reflect": 1}.get(span.name, place)
            counts[place] += span.kind == "LLM"
        for place, count in enumerate(counts):
            if count:
                passes[place].append(count)
    traces.close()
    return passes


def recorded_drafts(corpus: Any, folder: Path) -> Path:
    """What the lexicon teacher drafts for every caption, for the server to submit."""
    from molreflect.graphs.batch.run import distill_corpus
    from molreflect.graphs.batch.settings import DistillSettings

    distill_corpus(
        corpus.source, folder / "recorded", DistillSettings(neighbours=0), limit=len(corpus), cache=folder / "cache"
    )
    drafts: dict[str, list[dict[str, Any]]] = {}
    for line in (folder / "recorded" / "alignments.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        drafts[record["caption"]] = [
            {key: a[key] for key in ("phrase", "start", "kind", "pattern", "source")} for a in record["alignments"]
        ]
    path = folder / "drafts.json"
    path.write_text(json.dumps(drafts), encoding="utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = os.environ.get("MOLREFLECT_SHARED_DATA")
    default = Path(shared) / "chebi20" / "validation.txt" if shared else Path("data/sample.tsv")
    parser.add_argument("--corpus", type=Path, default=default)
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--latency", type=float, nargs="+", default=[1.0, 2.0])
    parser.add_argument("--processes", type=int, help="as in molreflect distill; by default as many as pay")
    parser.add_argument("--answers", choices=["submit", "tools", "both"], default="both")
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(int(given.serve[0]), float(given.serve[1]), given.serve[2])
        return
    from molreflect.tools.corpus import read_corpus

    corpus = read_corpus(given.corpus, limit=given.pairs)
    with tempfile.TemporaryDirectory(prefix="molreflect-") as name:
        folder = Path(name)
        for kind in ("submit", "tools") if given.answers == "both" else (given.answers,):
            script = str(recorded_drafts(corpus, folder)) if kind == "submit" else kind
            for latency in given.latency:
                place = folder / f"{kind}-{latency:g}"
                place.mkdir()
                for found in measure(corpus, script, latency, given, place):
                    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()

"""Let a teacher fail for a while in the middle of a run, and see how soon its throughput is back.

    MOLREFLECT_SHARED_DATA=... python benchmarks/storm.py        # 503 for 30 s, 64 callers, 2 s of latency
    python benchmarks/storm.py --how refused --seconds 30 --workers 64 --latency 1

A server on loopback, a process of its own, answers after `latency` seconds. `--before` seconds after its first answer
the storm begins: every request is answered 503 at once, or connections are closed and refused. Then it answers again.

Printed: answers a second in the last ten seconds before the storm, requests sent during the storm, and after how many
seconds from its end the answers of five seconds are 90 % as many again. The rows must all be done.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WINDOW = 5.0
"""Seconds over which answers are counted."""
BACK = 0.9
"""Share of the throughput before that counts as back."""


# ---------------------------------------------------------------------------- the server, in its own process


class Teacher:
    """Answers, except while the storm lasts; one line a request goes to a file: when, and what came of it."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given, self.first = given, float("inf")
        self.log = Path(given.serve[1])
        self.open: set[asyncio.StreamWriter] = set()

    @property
    def storm(self) -> bool:
        """Whether it lasts."""
        since = time.time() - self.first - self.given.before
        return 0 <= since < self.given.seconds

    def note(self, what: str) -> None:
        """Write down what came of a request."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"{time.time()} {what}\n")

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        from kills import what_it_says

        self.open.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                body = json.loads(await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0])))
                if self.storm:
                    self.note("failed")
                    status, said = b"503 Service Unavailable", {"error": {"message": "storm"}}
                else:
                    await asyncio.sleep(self.given.latency)
                    status, said = b"200 OK", what_it_says(body)
                    self.note("answered")
                    self.first = min(self.first, time.time())
                data = json.dumps(said).encode()
                writer.write(
                    b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(data))
                )
                writer.write(data)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):  # the client has left
            pass
        finally:
            self.open.discard(writer)
            writer.close()

    async def forever(self) -> None:
        """Serve until the parent ends us; where connections are to be refused, nobody listens while the storm lasts."""
        port = int(self.given.serve[0])
        server = await asyncio.start_server(self.client, "127.0.0.1", port, backlog=1024)
        print("ready", flush=True)
        while True:
            await asyncio.sleep(0.05)
            if self.storm and self.given.how == "refused":
                server.close()
                for writer in [*self.open]:
                    writer.transport.abort()
                while self.storm:
                    await asyncio.sleep(0.05)
                server = await asyncio.start_server(self.client, "127.0.0.1", port, backlog=1024)


@contextlib.contextmanager
def teacher(given: argparse.Namespace, log: Path) -> Iterator[str]:
    """The address of a running server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    same = [f"--{name}={getattr(given, name)}" for name in ("how", "seconds", "latency", "before")]
    server = subprocess.Popen(
        [sys.executable, __file__, *same, "--serve", str(port), str(log)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        if server.stdout.readline().strip() != "ready":
            raise SystemExit("the scripted server did not start")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(20)


# ---------------------------------------------------------------------------- the run


def measure(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    from molreflect.graphs.batch.run import distill_corpus
    from molreflect.graphs.batch.settings import DistillSettings
    from molreflect.tools.corpus import read_corpus

    corpus = read_corpus(given.corpus, limit=given.rows)
    log, told = folder / "log", list[str]()
    with teacher(given, log) as url:
        settings = DistillSettings(teacher="m", base_url=url, workers=given.workers, neighbours=0, keeps_answers=False)
        result, _ = distill_corpus(corpus, folder / "run", settings, cache=folder / "cache", report=told.append)
    moments: dict[str, list[float]] = {"answered": [], "failed": []}
    for line in log.read_text(encoding="utf-8").splitlines():
        when, what = line.split()
        moments[what].append(float(when))
    answered = sorted(moments["answered"])
    begin = answered[0] + given.before
    end = begin + given.seconds
    before = sum(begin - 2 * WINDOW <= t < begin for t in answered) / (2 * WINDOW)
    back = None
    for after in range(int(answered[-1] - end - WINDOW) + 1):
        if sum(end + after <= t < end + after + WINDOW for t in answered) / WINDOW >= BACK * before:
            back = after
            break
    return {
        "how": given.how,
        "storm_seconds": given.seconds,
        "workers": given.workers,
        "latency_seconds": given.latency,
        "answers_a_second_before": round(before, 1),
        "requests_during_the_storm": len(moments["failed"]) if given.how == "503" else None,
        "seconds_from_its_end_until_throughput_is_back": back,
        "rows_done": result.done,
        "rows_failed": result.failed,
        "rows_left": result.left,
        "said": [line for line in told if "endpoint" in line],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = os.environ.get("MOLREFLECT_SHARED_DATA")
    default = Path(shared) / "chebi20" / "validation.txt" if shared else Path("data/sample.tsv")
    parser.add_argument("--corpus", type=Path, default=default)
    parser.add_argument("--rows", type=int, default=1_500)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--latency", type=float, default=2.0)
    parser.add_argument("--how", choices=["503", "refused"], default="503")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--before", type=float, default=15.0, help="seconds of answers before the storm")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(Teacher(given).forever())
        return
    with tempfile.TemporaryDirectory(prefix="molreflect-") as name:
        print(json.dumps(measure(given, Path(name))), flush=True)


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]
    main()

"""Kill a run again and again, go on with it each time, and count what was lost and what was paid for twice.

python benchmarks/kills.py                      # 100 moments of a 300-pair run, 16 callers
python benchmarks/kills.py --moments 6 --rows 40

A teacher on loopback that answers after a while and counts what it was asked. A run is undisturbed first; then one is
killed at random moments (kill -9, SIGTERM and Ctrl-C in turn) and resumed until it ends. The store of answers is empty
at the beginning of both.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
PATTERNS = ("[OX2H1]", "[CX3](=O)[OX2H1]", "c1ccccc1", "[#6]", "[NX3;H2]", "Nope(")


@dataclass
class Counted:
    """What a teacher was asked and how often it answered the same."""

    url: str
    latency: float
    answered: Counter[str] = field(default_factory=Counter)
    """Answers that were sent whole, by question."""
    requests: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def again(self) -> int:
        """Answers that were given before."""
        with self.guard:
            return sum(self.answered.values()) - len(self.answered)


def what_it_says(body: dict[str, Any]) -> dict[str, Any]:
    """Answer by the question alone: look first, then submit what hangs on the words of the question."""
    asked = [m for m in body["messages"] if m["role"] == "user"]
    mood = int(hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest(), 16)
    start = str(asked[-1]["content"])
    data = json.loads(start[start.rfind("<data>") + 6 : start.rfind("</data>")])
    if body["messages"][-1]["role"] != "tool" and mood % 2:
        name, arguments = "find_substructure", {"smiles": data["smiles"], "patterns": list(PATTERNS[:2])}
    else:
        words = [w for w in ("acid", "ester", "group", "ring", "amine") if w in data["caption"]]
        ties = [{"phrase": w, "pattern": PATTERNS[(mood + i) % len(PATTERNS)]} for i, w in enumerate(words)]
        name, arguments = "AlignmentDraft", {"alignments": ties}
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"id": f"c{mood % 10**6}", "type": "function", "function": function}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": "counted",
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }


@contextmanager
def teacher(latency: float) -> Iterator[Counted]:
    """Serve on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with counted.guard:
                counted.requests += 1
            time.sleep(counted.latency * random.uniform(0.5, 1.5))
            said = json.dumps(what_it_says(body)).encode()
            try:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)
            except OSError:  # the client was killed
                self.close_connection = True
                return
            key = hashlib.sha256(json.dumps(body["messages"], sort_keys=True).encode()).hexdigest()
            with counted.guard:
                counted.answered[key] += 1

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 256
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that was killed

    http = Server(("127.0.0.1", 0), Handler)
    counted = Counted(f"http://127.0.0.1:{http.server_port}/v1", latency)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield counted
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a series of kills cost."""

    moments: int
    same_bytes: bool
    rows_once: bool
    paid_again: int
    """Answers given twice beyond those that were under way at a `kill -9`."""
    slowest_stop: float
    """Seconds from SIGTERM or Ctrl-C to the end of the process."""
    codes: Sequence[int]


def start(
    corpus: Path, out: Path, url: str, cache: Path, workers: int, *, resume: bool, processes: int = 1
) -> subprocess.Popen[bytes]:
    """Start a run as a user does."""
    command = [sys.executable, "-m", "molreflect", "distill", str(corpus), "--out", str(out), "--teacher", "counted"]
    command += ["--base-url", url, "--workers", str(workers), "--protocol", "tools"] + ["--resume"] * resume
    command += ["--processes", str(processes)]
    env = os.environ | {"MOLREFLECT_CACHE": str(cache), "HF_HUB_OFFLINE": "1"}
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def names_of(cache: Path, out: Path) -> None:
    """Let a fresh cache have the names that another holds, which take longer to read than all calls."""
    out.mkdir(parents=True, exist_ok=True)
    for found in cache.glob("*.sqlite"):
        if found.name.startswith("responses"):
            continue
        # Through SQLite: reading a file that this process has open as a database would drop SQLite's locks on it.
        with (
            contextlib.closing(sqlite3.connect(found)) as source,
            contextlib.closing(sqlite3.connect(out / found.name)) as copy,
        ):
            source.backup(copy)


def trial(
    corpus: Path,
    folder: Path,
    counted: Counted,
    *,
    moments: int,
    workers: int,
    seed: int,
    names: Path | None = None,
    processes: int = 1,
    minutes: float = float("inf"),
) -> Outcome:
    """Run undisturbed, then killed at so many moments, and compare.

    Args:
        corpus: The pairs.
        folder: For both runs; emptied by the caller.
        counted: The teacher.
        moments: Signals to send in all; runs are begun anew where one ended before.
        workers: Callers.
        seed: Decides the moments.
        names: A cache folder whose names are taken over.
        processes: That share the callers.
        minutes: After which no further signal is sent.
    """
    ends = time.monotonic() + 60.0 * minutes
    rng = random.Random(seed)
    if names is not None:
        names_of(names, folder / "calm-cache")
    before = counted.requests
    assert (
        start(
            corpus, folder / "calm", counted.url, folder / "calm-cache", workers, resume=False, processes=processes
        ).wait()
        == 0
    )
    calls = counted.requests - before
    wanted = (folder / "calm" / "alignments.jsonl").read_bytes()
    rows = wanted.count(b"\n")
    sent = again = kills = 0
    same, once, slowest, codes = True, True, 0.0, []
    number = 0
    while sent < moments and time.monotonic() < ends:
        number += 1
        out, cache = folder / f"killed-{number}", folder / f"cache-{number}"
        names_of(folder / "calm-cache", cache)
        with counted.guard:
            counted.answered.clear()
        here = 0
        while True:
            process = start(corpus, out, counted.url, cache, workers, resume=here > 0, processes=processes)
            until = counted.requests + rng.randint(1, max(2, calls // 3))
            while process.poll() is None and counted.requests < until:
                time.sleep(0.005)
            if process.poll() is None and sent < moments and time.monotonic() < ends:
                chosen = SIGNALS[sent % len(SIGNALS)]
                time.sleep(rng.uniform(0, counted.latency))
                process.send_signal(chosen)
                asked = time.monotonic()
                codes.append(process.wait())
                if chosen != signal.SIGKILL:
                    slowest = max(slowest, time.monotonic() - asked)
                kills += chosen == signal.SIGKILL
                sent, here = sent + 1, here + 1
                if not (out / "run.yaml").is_file():
                    here = 0
                continue
            codes.append(process.wait())
            break
        found = (out / "alignments.jsonl").read_bytes()
        same &= found == wanted
        once &= len({json.loads(line)["id"] for line in found.splitlines()}) == rows == found.count(b"\n")
        again += counted.again
    return Outcome(sent, same, once, max(0, again - kills * workers), slowest, codes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    shared = os.environ.get("MOLREFLECT_SHARED_DATA")
    default = Path(shared) / "chebi20" / "validation.txt" if shared else Path("data/sample.tsv")
    parser.add_argument("--corpus", type=Path, default=default)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--moments", type=int, default=100)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="send no signal after so many")
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="molreflect-kills-") as scratch, teacher(options.latency) as counted:
        folder = Path(scratch)
        corpus = folder / "corpus.txt"
        lines = options.corpus.read_text(encoding="utf-8").splitlines()[: options.rows + 1]
        corpus.write_text("\n".join(lines) + "\n", encoding="utf-8")
        found = trial(
            corpus,
            folder,
            counted,
            moments=options.moments,
            workers=options.workers,
            seed=options.seed,
            processes=options.processes,
            minutes=options.minutes,
        )
    print(f"moments                       {found.moments} (kill -9, SIGTERM, Ctrl-C in turn)")
    print(f"every row once                {found.rows_once}")
    print(f"export the same bytes         {found.same_bytes}")
    print(f"answers paid for again        {found.paid_again} beyond those under way")
    print(f"slowest stop when asked       {found.slowest_stop:.1f} s at {options.latency} s of latency")
    print(f"exit codes                    {dict(Counter(found.codes))}")


if __name__ == "__main__":
    main()

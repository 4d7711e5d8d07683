"""How long the pages of a run take, as a run of thousands of rows grows old.

Run: python benchmarks/browse.py runs/large [--times 5]

The run's own index (`browse.sqlite`) is made first and timed; then every page is asked for in process, without a
network, and the median and the slowest of its times are printed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from starlette.testclient import TestClient

from molreflect.graphs.runs.browse import FILE, RunIndex
from molreflect.web import review, runs
from molreflect.web.app import build_app
from molreflect.web.shelf import Shelf

HOST = "testserver"
PAGES = (
    ("run", "/runs/{name}"),
    ("first page", "/runs/{name}/alignments"),
    ("page 1,500", "/runs/{name}/alignments?page=1500"),
    ("by verdict", "/runs/{name}/alignments?verdict=refuted"),
    (
        "by kind, verdict, reason",
        "/runs/{name}/alignments?kind=structure&verdict=supported&reason=present_and_specific",
    ),
    ("by words", "/runs/{name}/alignments?text=methyl+ester"),
    ("by words nowhere", "/runs/{name}/alignments?text=zzzzzz"),
    ("failures", "/runs/{name}/failures"),
    ("review", "/review/{name}?reviewer=benchmark"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a run directory; what is left of an index in it is made anew")
    parser.add_argument("--times", type=int, default=5)
    chosen = parser.parse_args(arguments)
    for path in chosen.run.glob(f"{FILE}*"):
        path.unlink()
    began, used = time.perf_counter(), time.process_time()
    read = RunIndex(chosen.run).funnel().read
    took, used = time.perf_counter() - began, time.process_time() - used
    print(f"index of {read:,} phrases made in {took:.1f} s ({used:.1f} s of processor)")
    with closing(Shelf([chosen.run], cache=None)) as shelf:
        routers = [runs.build_router(shelf), review.build_router(shelf)]
        client = TestClient(build_app(routers, token="token", hosts=frozenset({HOST})))
        client.get("/runs?token=token")
        (name,) = shelf.runs()
        for what, path in PAGES:
            client.get(path.format(name=name))  # opens what is opened once
            walls, works = [], []
            for _ in range(chosen.times):
                began, used = time.perf_counter(), time.process_time()
                answer = client.get(path.format(name=name))
                walls.append(1e3 * (time.perf_counter() - began))
                works.append(1e3 * (time.process_time() - used))
                if answer.status_code != 200:
                    raise SystemExit(f"{path} answered {answer.status_code}")
            told = f"{statistics.median(walls):6.0f} ms in the middle, {max(walls):6.0f} at worst"
            print(f"{what:25} {told}, {statistics.median(works):6.0f} ms of processor")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How long the pages of traces take: a list of 100,000 spans, and one trace of 10,000 opened in a browser.

    python benchmarks/viewer.py --spans 100000 --long 10000

Prints JSON: milliseconds of each page, the median of several, and of the browser until the first step stands there, by
the clock and of the processors that worked for it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import statistics
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import uvicorn
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from molreflect.graphs.traces.recorder import SpanRecorder
from molreflect.graphs.traces.spans import PAIR, TraceStart
from molreflect.graphs.traces.store import FILE, TraceStore
from molreflect.graphs.traces.writer import TraceTarget, TraceWriter
from molreflect.web.app import build_app
from molreflect.web.security import new_token
from molreflect.web.traces import build_router

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SPANS_EACH = 20
FOUND = '{"readings": {"ester": [{"patterns": ["[CX3](=O)[OX2][#6]"], "source": "class"}]}}'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=100_000)
    parser.add_argument("--long", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        long = _fill(Path(folder), asked.spans // SPANS_EACH, asked.long)
        print(json.dumps(_measured(Path(folder), long, asked.repeat), indent=2))


def _fill(folder: Path, traces: int, long: int) -> str:
    with closing(TraceWriter(TraceTarget(path=folder / FILE, run="benchmark"))) as writer:
        for number in range(traces):
            _record(writer, f"{number:032x}", f"pair {number}", SPANS_EACH)
            if number % 50 == 0:
                writer.write_ended()
        _record(writer, "f" * 32, "the long one", long)
    return "f" * 32


def _record(writer: TraceWriter, trace_id: str, subject: str, spans: int) -> None:
    pair = {"id": subject, "view": "pair", "smiles": "CC(=O)Oc1ccccc1C(=O)O", "caption": f"{subject} has an ester."}
    start = TraceStart(
        trace_id=trace_id, kind="alignment", subject=subject, title=pair["caption"], attributes={PAIR: pair}
    )
    recorder = writer.recorder(start)
    root = uuid4()
    recorder.on_chain_start(None, {}, run_id=root, name="align")
    _ask(recorder, root, subject)
    for _ in range(spans - 2):
        run = uuid4()
        recorder.on_tool_start(
            {"name": "look_up_phrases"}, "", run_id=run, parent_run_id=root, inputs={"names": ["ester"]}
        )
        recorder.on_tool_end(FOUND, run_id=run)
    recorder.on_chain_end({}, run_id=root)
    writer.end(trace_id)


def _ask(recorder: SpanRecorder, parent: Any, subject: str) -> None:
    run = uuid4()
    recorder.on_chat_model_start(
        {},
        [[HumanMessage(f"What is in {subject}?")]],
        run_id=run,
        parent_run_id=parent,
        invocation_params={"model": "far"},
    )
    recorder.on_llm_end(LLMResult(generations=[[ChatGeneration(message=AIMessage("An ester."))]]), run_id=run)


def _measured(folder: Path, long: str, repeat: int) -> dict[str, float]:
    token = new_token()
    with closing(TraceStore(folder / FILE)) as store, closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{bound.getsockname()[1]}"
        app = build_app([build_router(store)], token=token, hosts=frozenset({host}))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        app.state.stopping = lambda: server.should_exit
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        found: dict[str, float] = {}
        pages = {
            "list": "/traces",
            "list, filtered": "/traces?tool=look_up_phrases&status=ok",
            "list, searched": "/traces?text=pair+4242",
            "list, a word of all": "/traces?text=ester",
            "long trace": f"/traces/{long}",
            "long trace, more rows": f"/traces/{long}/rows?offset=500",
        }
        with httpx.Client(base_url=f"http://{host}", trust_env=False, follow_redirects=True, timeout=60) as client:
            while not server.started:
                time.sleep(0.05)
            # before anything of the trace was read
            took, busy = _in_browser(f"http://{host}/traces/{long}?token={token}")
            found["long trace in a browser, ms"] = round(took)
            found["long trace in a browser, processor ms of browser and server"] = round(busy)
            client.get(f"/traces?token={token}").raise_for_status()
            for name, address in pages.items():
                times = []
                for _ in range(repeat):
                    began = time.perf_counter()
                    client.get(address).raise_for_status()
                    times.append(1000 * (time.perf_counter() - began))
                found[f"{name}, first ms"], found[f"{name}, median ms"] = (
                    round(times[0]),
                    round(statistics.median(times)),
                )
        server.should_exit = True
        thread.join()
    return found


def _in_browser(address: str) -> tuple[float, float]:
    """Open a page; gives milliseconds until a step is shown, by the clock and of all processes together."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page()
        busy, began = _processor_seconds(chromium), time.perf_counter()
        page.goto(address)
        page.locator(".panel .step").wait_for()
        took, busy = 1000 * (time.perf_counter() - began), 1000 * (_processor_seconds(chromium) - busy)
        chromium.close()
    return took, busy


def _processor_seconds(chromium: Browser) -> float:
    """Sum what this process and those of the browser have worked so far: what a busy machine leaves nearly alone."""
    told = chromium.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    return time.process_time() + sum(process["cpuTime"] for process in told["processInfo"])


if __name__ == "__main__":
    main()

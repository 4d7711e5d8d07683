"""Let a language model of yours propose, and let chemistry decide: `python examples/your_own_model.py --help`.

    pip install 'molreflect[openai]'
    python examples/your_own_model.py --model my-model --base-url http://localhost:8000/v1  # vLLM, llama.cpp, Ollama
    python examples/your_own_model.py --model openai:gpt-5-mini                             # a provider; its key is set

Without options a stand-in is asked: a server on this machine that says what a language model might, one tie right and
one wrong, so that the whole can be looked at with no model at hand.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import molreflect as mr
from molreflect.agents.models.registry import load_chat_model

SMILES = "COC(=O)c1ccccc1O"
CAPTION = "The molecule is a methyl ester and a member of phenols."
QUESTION = f"Which functional groups does the molecule {SMILES} have? Answer in one sentence."


def main(arguments: list[str] | None = None) -> None:
    """Ask the model twice: for ties, as a teacher of runs does, and for a text of its own."""
    parser = argparse.ArgumentParser(description="Judge what your own language model says of a molecule.")
    parser.add_argument("--model", help="name at the server, or provider:model; without it the stand-in is asked")
    parser.add_argument("--base-url", help="address of an OpenAI-compatible server, e.g. http://localhost:8000/v1")
    options = parser.parse_args(arguments)
    with stand_in() if options.model is None else nullcontext(options.base_url) as address:
        model = options.model or "stand-in"
        print(f"{model} ties phrases of {CAPTION!r} to {SMILES}:")
        record = mr.align(SMILES, CAPTION, teacher=model, base_url=address)
        for a in record.alignments:
            print(f"  {a.verdict}: {a.phrase!r} as {a.pattern} at atoms {a.atoms}: {a.reason.sentence}")
        print(f"  calls of the model: {record.usage.calls}; {record.selected} kept: {record.selected_because}")

        said = str(load_chat_model(model, base_url=address).invoke(QUESTION).text)
        print(f"\nIt is asked: {QUESTION}\nIt says: {said}")
        checked = mr.check(SMILES, said)
        for claim in checked.claims:
            print(f"  {claim.verdict}: {claim.phrase!r}{' (denied)' * claim.negated}: {claim.reason.sentence}")
        for left in checked.unread:
            print(f"  not read, so nobody has checked it: {left.text!r}")


@contextmanager
def stand_in() -> Iterator[str]:
    """Serve a model that knows no tools, as many do, and give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            message = {"role": "assistant", "content": answer(asked)}
            body = {"id": "1", "object": "chat.completion", "created": 0, "model": "stand-in"}
            body["choices"] = [{"index": 0, "message": message, "finish_reason": "stop"}]
            written = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_: Any) -> None:
            """Say nothing of each request."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


def answer(asked: dict[str, Any]) -> str:
    """Say what a model might: with a wrong pattern for the phenol, which is mended once it was refused."""
    told = "\n".join(str(message["content"]) for message in asked["messages"])
    if CAPTION not in told:
        return "The molecule has an ester, a phenol and a nitro group." if SMILES in told else "I cannot call tools."
    phenol = "[OX2H]c1ccccc1" if "Nc1ccccc1" in told else "Nc1ccccc1"
    ties = [{"phrase": "methyl ester", "pattern": "C(=O)O[CH3]"}, {"phrase": "phenols", "pattern": phenol}]
    return json.dumps({"alignments": ties})


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()

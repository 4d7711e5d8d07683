"""Many conversations at once with `molreflect serve`: whether each gets its own answers, and how soon they begin.

    python benchmarks/conversations.py --clients 50 --seconds 120

Starts the server as a user would (a home folder of its own, offline), asks one client alone first, then all at a time.
Every client has a molecule of its own; an answer that names the molecule of another, or a question that another has
asked on the page of a conversation, is an error. Prints JSON: turns, errors, milliseconds until the first piece of an
answer, alone and with all of them. Exit code 1 where there was an error.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from html import unescape
from uuid import uuid4

import httpx

WARM = 20
"""Turns of the client that is alone; the first ones open what later ones find open, and are not counted."""
COLD = 5
QUESTIONS = (
    "Where is the hydroxyl group in {smiles}?",
    "How many carbon atoms does {smiles} have?",
    "Is {smiles} a primary alcohol?",
    "What is in {smiles}?",
    "What is the molecular formula of {smiles}?",
)
_MOLECULE = re.compile(r"OC{10,}F")
_EVENTS = re.compile(r'data-events="([^"]+)"')
_QUESTION = re.compile(r'<h2 class="question"><span class="who">You asked</span>(.*?)</h2>', re.DOTALL)


@dataclass(slots=True)
class Client:
    """One conversation."""

    number: int
    base: str
    http: httpx.AsyncClient
    name: str = ""
    asked: list[str] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    """Milliseconds from the question to the first piece."""
    whole: list[float] = field(default_factory=list)
    """Milliseconds from the question to the whole answer."""
    errors: list[str] = field(default_factory=list)

    @property
    def smiles(self) -> str:
        """A molecule that no other client has."""
        return f"O{'C' * (10 + self.number)}F"

    async def turn(self) -> None:
        """Ask, and read the answer as it comes."""
        question = QUESTIONS[len(self.asked) % len(QUESTIONS)].format(smiles=self.smiles)
        began = time.perf_counter()
        sent = await self.http.post(
            f"{self.base}/conversations/ask", data={"question": question, "name": self.name, "key": uuid4().hex}
        )
        if sent.status_code != 202:
            self.errors.append(f"{sent.status_code}: {sent.text[:200]}")
            return
        told = sent.json()
        self.asked.append(question)
        self.name = told["name"]
        found = _EVENTS.search(told["html"])
        assert found is not None, "the page of a new turn names no events"
        await self._follow(unescape(found[1]), began)

    async def _follow(self, address: str, began: float) -> None:
        kind, answered, first = "", "", None
        async with self.http.stream("GET", f"{self.base}{address}") as stream:
            async for line in stream.aiter_lines():
                if line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("data: "):
                    first = first or time.perf_counter()
                    if kind in ("answer", "failed"):
                        answered = str(json.loads(line[6:])["html"])
                    if kind == "failed":
                        self.errors.append(answered[:300])
        self.first.append(1_000 * ((first or time.perf_counter()) - began))
        self.whole.append(1_000 * (time.perf_counter() - began))
        if not answered:
            self.errors.append(f"no answer to {self.asked[-1]!r}")
        if strangers := set(_MOLECULE.findall(answered)) - {self.smiles}:
            self.errors.append(f"conversation of {self.smiles} was told of {sorted(strangers)}")

    async def check_page(self) -> None:
        """See that the page of the conversation holds what this client has asked, and nothing else."""
        page = await self.http.get(f"{self.base}/conversations", params={"name": self.name})
        shown = [unescape(each) for each in _QUESTION.findall(page.text)]
        if shown != self.asked[-len(shown) :] or not shown:
            self.errors.append(f"the page of {self.name} shows {len(shown)} questions, {len(self.asked)} were asked")


async def _measured(link: str, clients: int, seconds: float, pause: float) -> dict[str, object]:
    base = link.partition("/?")[0]
    limits = httpx.Limits(max_connections=2 * clients + 4)
    async with httpx.AsyncClient(trust_env=False, timeout=120, limits=limits, follow_redirects=True) as http:
        (await http.get(link)).raise_for_status()
        alone = Client(clients, base, http)
        for _ in range(WARM):
            await alone.turn()
        every = [Client(number, base, http) for number in range(clients)]
        ends = time.monotonic() + seconds

        async def talk(client: Client) -> None:
            while time.monotonic() < ends:
                await client.turn()
                await asyncio.sleep(pause)

        results = await asyncio.gather(*(talk(client) for client in every), return_exceptions=True)
        for client, result in zip(every, results, strict=True):
            if result is not None:
                client.errors.append(repr(result))
            await client.check_page()
        errors = [error for client in (alone, *every) for error in client.errors]
        return {
            "clients": clients,
            "seconds": seconds,
            "turns": sum(len(client.whole) for client in every),
            "fewest turns of a conversation": min((len(client.whole) for client in every), default=0),
            "errors": len(errors),
            "first errors": errors[:5],
            "first piece alone, ms": _spread(alone.first[COLD:]),
            "first piece with all, ms": _spread([each for client in every for each in client.first]),
            "whole answer with all, ms": _spread([each for client in every for each in client.whole]),
        }


def _spread(values: list[float]) -> dict[str, int]:
    if not (ordered := sorted(values)):
        return {}
    return {
        "median": round(statistics.median(ordered)),
        "95 of 100": round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]),
        "most": round(ordered[-1]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--pause", type=float, default=0.2, help="Seconds between an answer and the next question.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "molreflect", "serve"]
        server = subprocess.Popen(
            command, env=os.environ | {"MOLREFLECT_HOME": home}, text=True, stdout=subprocess.PIPE
        )
        try:
            assert server.stdout is not None
            link = server.stdout.readline().strip()
            found = asyncio.run(_measured(link, options.clients, options.seconds, options.pause))
        finally:
            server.terminate()
            server.wait(20)
    print(json.dumps(found, indent=2))
    raise SystemExit(1 if found["errors"] else 0)


if __name__ == "__main__":
    main()

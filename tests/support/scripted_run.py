"""A run with a scripted teacher of which every question about how it went has a known answer."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, ToolMessage
from scripted import ScriptedModel, call, submit

from molreflect.agents.models.prices import Price
from molreflect.agents.teacher.agent import build_teacher
from molreflect.graphs.batch.prepared_corpus import prepare_corpus
from molreflect.graphs.batch.run import distill, open_run
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.tools.corpus import read_corpus
from molreflect.tools.langchain_tools import build_alignment_tools

ACID, AMIDE, PHENOL = "[CX3](=O)[OX2H1]", "[CX3](=O)[NX3]", "[OX2H1]c1ccccc1"
LEARNER, TUTOR, PLAIN = "learner", "tutor", "plain"
PAIRS = {
    LEARNER: ("OC(=O)c1ccccc1O", "The molecule is a monocarboxylic acid and a member of phenols."),
    TUTOR: ("OC(=O)c1cccc(O)c1", "The molecule is a member of phenols."),
    PLAIN: ("CC(=O)O", "The molecule is a monocarboxylic acid."),
}
PRICE = Price(1.0, 2.0, "USD", "far", "a table of tests")


def _script(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
    """Look the acid up and take it; miss the phenol unless a neighbour shows how it is tied."""
    if data["smiles"] == PAIRS[TUTOR][0]:
        return submit(("phenols", PHENOL))
    if data["smiles"] == PAIRS[PLAIN][0]:
        return submit(("monocarboxylic acid", ACID))
    if data["task"] != "draft":
        shown = {a["phrase"]: a["pattern"] for n in data["neighbours"] for a in n["alignments"]}
        kept = [(a["phrase"], a["pattern"]) for a in data["accepted"]]
        return submit(*kept, ("phenols", shown["phenols"]))
    if not tools:
        return call("look_up_phrases", names=["monocarboxylic acid"])
    return submit(("monocarboxylic acid", _looked_up(tools)), ("phenols", AMIDE))


def _looked_up(tools: list[ToolMessage]) -> str:
    (message,) = tools
    return str(json.loads(str(message.content))["readings"]["monocarboxylic acid"][0]["patterns"][0])


def scripted_run(folder: Path, cache: Path, **settings: Any) -> Path:
    """Distil the three pairs; the run directory is `folder/run`."""
    lines = ["CID\tSMILES\tdescription", *(f"{name}\t{s}\t{c}" for name, (s, c) in PAIRS.items())]
    (folder / "corpus.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    corpus = read_corpus(folder / "corpus.tsv")
    chosen = DistillSettings(teacher="far", neighbours=1, max_repairs=0, **settings)
    with closing(prepare_corpus(corpus, folder=None, cache=cache, routes=("molecule",))) as prepared:
        tools = build_alignment_tools(prepared.resources)
        teacher = build_teacher(ScriptedModel(script=_script), tools, name="far", price=PRICE)
        with closing(open_run(folder / "run", corpus, chosen, index_hash="x", resume=False)) as store:
            assert distill(store, prepared, teacher, chosen).done == len(PAIRS)
    return folder / "run"

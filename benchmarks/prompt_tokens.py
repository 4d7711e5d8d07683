"""How many characters a token of the teacher's prompts has, by a real tokenizer; `agents.models.tokens` approximates
it.

Run: python benchmarks/prompt_tokens.py [--tokenizer smollm2] [--corpus data/sample.tsv] [--limit 60]

Renders the system prompt, drafts and reflections of a corpus (each pair reflects on the lexicon's draft, beside two
other pairs with theirs), counts their tokens with the tokenizer, and compares with the approximation.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_core.utils.function_calling import convert_to_openai_tool

from molreflect.agents.models.lexicon_teacher import NAME, LexiconModel
from molreflect.agents.models.tokens import CHARACTERS_A_TOKEN, approximately
from molreflect.agents.prompts import align, reflect
from molreflect.agents.schemas import Alignment
from molreflect.agents.student.weights import load_tokenizer, resolve_base
from molreflect.agents.teacher.agent import build_teacher
from molreflect.graphs.alignment.graph import build_alignment_graph
from molreflect.graphs.alignment.state import AlignmentContext, AlignmentState
from molreflect.tools.corpus import read_corpus
from molreflect.tools.langchain_tools import build_alignment_tools
from molreflect.tools.resources import open_resources
from molreflect.tools.terms import View


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", default="smollm2", help="smollm2, a local folder or a hub name")
    parser.add_argument("--corpus", type=Path, default=Path(__file__).resolve().parents[1] / "data" / "sample.tsv")
    parser.add_argument("--limit", type=int, default=60)
    chosen = parser.parse_args(arguments)
    tokenizer = load_tokenizer(resolve_base(chosen.tokenizer))
    corpus, resources = read_corpus(chosen.corpus, limit=chosen.limit), open_resources()
    tools = build_alignment_tools(resources)
    context = AlignmentContext(teacher=build_teacher(LexiconModel(), tools, name=NAME), resources=resources)
    graph = build_alignment_graph(part="draft")
    drafts: list[tuple[Alignment, ...]] = [
        graph.invoke(AlignmentState(id=p.id, smiles=p.smiles, caption=p.caption), context=context)["drafted"]
        for p in corpus.pairs
    ]
    texts: dict[str, list[str]] = {
        "system prompt": [align.SYSTEM],
        "tools": [json.dumps(convert_to_openai_tool(tool)) for tool in tools],
        "drafts": [align.request(view=View.PAIR, smiles=p.smiles, caption=p.caption) for p in corpus.pairs],
        "reflections": [],
    }
    for i, pair in enumerate(corpus.pairs):
        beside = [(i + 1) % len(corpus.pairs), (i + 2) % len(corpus.pairs)]
        shown = [(corpus.pairs[j], drafts[j]) for j in beside]
        neighbours = [reflect.NeighbourExample(p.id, p.smiles, p.caption, 0.5, draft) for p, draft in shown]
        pair_in_hand: dict[str, Any] = {
            "view": View.PAIR,
            "smiles": pair.smiles,
            "caption": pair.caption,
            "judged": drafts[i],
        }
        texts["reflections"].append(reflect.request(**pair_in_hand, neighbours=neighbours))
    resources.close()
    print(f"tokenizer {chosen.tokenizer}; approximation {CHARACTERS_A_TOKEN} characters a token")
    for name, group in texts.items():
        characters = sum(map(len, group))
        tokens = [len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in group]
        too_few = sum(approximately(text) < real for text, real in zip(group, tokens, strict=True))
        print(
            f"{name:14} {characters / sum(tokens):5.2f} characters a token; approximation / real "
            f"{sum(map(approximately, group)) / sum(tokens):.2f}; too few in {too_few} of {len(group)}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How many faults of a teacher are caught, by kind, and whether one that listens ends with the gold alignments.

Run: python benchmarks/faulty_teachers.py [--limit N] [--per-pair 3] [--misses]

A scripted teacher knows the gold ties of a pair (the hand-checked set in tests/data/gold.jsonl, each with a pattern
that lights up the gold atoms) and gets one thing wrong in its first draft. The whole graph runs as in a distillation,
with the sample corpus for evidence: the draft is judged, the teacher is told, and it mends what it was told about.

Counted for every kind of fault: the share that was caught (not supported, or not accepted as an answer), the share
whose reason is one that fits the fault, and the share of pairs that end with the gold ties, all of them and no other.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from rdkit import Chem

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.gold import best_tie, gather_evidence, overlap, tie_all
from molreflect.agents.errors import BoundReachedError, TeacherError
from molreflect.agents.models.rule_model import RuleModel, call_tool
from molreflect.agents.prompts import mend
from molreflect.agents.prompts.data import read_block
from molreflect.agents.schemas import SUBMIT, Alignment, PairRecord, Version
from molreflect.agents.teacher.agent import build_teacher
from molreflect.agents.teacher.budget import Limits
from molreflect.graphs.alignment.graph import build_alignment_graph
from molreflect.graphs.alignment.state import AlignmentContext, AlignmentState
from molreflect.tools.errors import InputError
from molreflect.tools.langchain_tools import build_alignment_tools
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.terms import Level, Reason, Verdict

ROOT = Path(__file__).resolve().parents[1]
GENERAL = ("[#6]", "C", "*", "[!#1]", "*~*", "[#6]~[#6]", "CC", "cc", "[C,c]", "[#6]-,:[#6]")
"""Patterns that say nothing: each of them is in nearly every molecule."""

_OTHER_STRUCTURE = frozenset(
    {Reason.CONTRADICTS_READING, Reason.WRONG_COUNT, Reason.NOT_SUPPORTED_BY_CORPUS, Reason.TOO_GENERAL}
)
ACCEPTED: dict[str, frozenset[Reason]] = {
    "hallucinated": frozenset({Reason.ABSENT}),
    "misquoted": frozenset({Reason.MISQUOTED}),
    "unreadable": frozenset({Reason.UNREADABLE}),
    "wrongly tied": _OTHER_STRUCTURE | {Reason.WRONG_POSITION},
    "over-general": _OTHER_STRUCTURE | {Reason.TOO_LARGE},
}
"""Reasons that fit a fault which verification has to find."""
FORMS = ("broken JSON", "endless tool calls", "refusal")
"""Faults of form, which never reach verification."""
MUST = {"hallucinated": 1.0, "misquoted": 1.0, "unreadable": 1.0, "over-general": 0.9, "wrongly tied": 0.9}


@dataclass(frozen=True)
class Gold:
    """A pair with ties that are right."""

    id: str
    smiles: str
    caption: str
    ties: tuple[dict[str, Any], ...]
    """`phrase`, `start`, `pattern`, `floor`, `atoms` (of the gold set)."""


@dataclass
class Tally:
    """What became of one kind of fault."""

    injected: int = 0
    caught: int = 0
    right_reason: int = 0
    mended: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)


Speak = Callable[[Sequence[BaseMessage]], AIMessage]
"""What a teacher says to a conversation."""


class FaultyModel(RuleModel):
    """A chat model that says what a function makes of the conversation."""

    kind: ClassVar[str] = "faulty"
    speak: Any

    def next_message(self, messages: list[BaseMessage], **call: Any) -> AIMessage:
        """Say what the function says to the conversation."""
        said: AIMessage = self.speak(messages)
        said.usage_metadata = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        return said


def gold_pairs(path: Path, resources: Resources, own_ids: frozenset[str]) -> tuple[list[Gold], int]:
    """Gold pairs with a pattern for every structural phrase that stands, and how many phrases have none."""
    found, without = [], 0
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        pair_id = case["id"] if case["id"] in own_ids else None
        known = tie_all(case["smiles"], case["caption"], resources, pair_id)
        ties = []
        for phrase in case["phrases"]:
            if phrase["kind"] != "structure" or phrase["verdict"] != "supported":
                continue
            judged = best_tie(phrase, known)
            atoms = {i for hit in phrase["atoms"] for i in hit}
            if judged is None or judged.verdict is not Verdict.SUPPORTED or judged.proposal.pattern is None:
                without += 1
                continue
            if overlap(atoms, {i for hit in judged.atoms for i in hit}) < 0.5:
                without += 1
                continue
            tie = judged.proposal.model_dump(mode="json", include={"phrase", "pattern", "floor", "source"})
            ties.append(tie | {"start": judged.start, "atoms": sorted(atoms)})
        unique = {(t["start"], t["phrase"]): t for t in ties}
        if unique:
            found.append(Gold(case["id"], case["smiles"], case["caption"], tuple(unique.values())))
    return found, without


def faults(pair: Gold, pool: Sequence[str], rng: random.Random, most: int) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Faulty versions of a pair's ties: (kind of fault, index of the tie, the tie in its place)."""
    molecule = read_molecule(pair.smiles)
    for index in rng.sample(range(len(pair.ties)), min(most, len(pair.ties))):
        tie = pair.ties[index]
        absent = [p for p in rng.sample(pool, min(40, len(pool))) if _absent(molecule, p)]
        if absent:
            yield "hallucinated", index, tie | {"pattern": absent[0], "floor": "neutral", "source": "model"}
        yield "misquoted", index, tie | {"phrase": _misquoted(tie["phrase"], pair.caption, rng)}
        yield "unreadable", index, tie | {"pattern": _unreadable(tie["pattern"], rng)}
        general = rng.choice(GENERAL)
        if find(molecule, general) is not None:
            yield "over-general", index, tie | {"pattern": general, "floor": "neutral", "source": "model"}
        others = [t for t in pair.ties if overlap(t["atoms"], tie["atoms"]) < 0.5 and t["phrase"] != tie["phrase"]]
        if others:
            other = rng.choice(others)
            wrong = {"pattern": other["pattern"], "floor": other["floor"], "source": "model"}
            yield "wrongly tied", index, tie | wrong


def _absent(molecule: Any, pattern: str) -> bool:
    return find(molecule, pattern, floor=Level.NEUTRAL) is None


def _misquoted(phrase: str, caption: str, rng: random.Random) -> str:
    """The phrase as a careless reader quotes it; never words of the caption."""
    ways: list[Callable[[str], str]] = [
        lambda p: p[:-1] if p.endswith("s") else p + "s",
        lambda p: p.capitalize() if p[0].islower() else p.lower(),
        lambda p: "the " + p,
        lambda p: p.replace(" ", "  ") if " " in p else p[0] + p,
        lambda p: " ".join(reversed(p.split())) if " " in p else p + " group",
        lambda p: p[: len(p) // 2] + p[len(p) // 2 + 1 :],
    ]
    rng.shuffle(ways)
    return next(text for way in [*ways, lambda p: p + " that is not there"] if (text := way(phrase)) not in caption)


def _unreadable(pattern: str, rng: random.Random) -> str:
    """A pattern as a careless writer spoils it; never one that RDKit reads."""
    ways = [
        pattern + "(",
        pattern + "1",
        "[" + pattern,
        pattern.replace("]", "", 1) + "[",
        pattern + "=",
        "the " + pattern,
    ]
    rng.shuffle(ways)
    for text in [*ways, "not SMARTS"]:
        try:
            read_pattern(text)
        except InputError:
            return text
    raise AssertionError("one of them cannot be read")


def told(messages: Sequence[BaseMessage]) -> tuple[dict[str, Any], bool]:
    """The latest request, and whether the teacher has been told since then that its answer had no usable form."""
    data: dict[str, Any] = {}
    form = False
    for message in messages:
        if isinstance(message, HumanMessage):
            block = read_block(str(message.content))
            if block["task"] == mend.TASK:
                form = True
            else:
                data, form = block, False
        elif isinstance(message, ToolMessage) and (message.name == SUBMIT or mend.LAST_CALL in str(message.content)):
            form = True
    return data, form


def _submit(ties: Sequence[dict[str, Any]]) -> AIMessage:
    return call_tool(SUBMIT, 0, alignments=[{k: v for k, v in tie.items() if k != "atoms"} for tie in ties])


def faulty(pair: Gold, index: int, wrong: dict[str, Any], *, listens: bool) -> Speak:
    """A teacher that gets one tie wrong, and mends what it is told about or never does."""
    ties = list(pair.ties)
    ties[index] = wrong

    def key(tie: dict[str, Any]) -> tuple[str, str]:
        return tie["phrase"], tie["pattern"]

    def speak(messages: Sequence[BaseMessage]) -> AIMessage:
        data, _ = told(messages)
        if data["task"] == "draft" or not listens:
            return _submit(ties)
        right = {key(t): t for t in ties}
        accepted = [key(a) for a in data["accepted"]]
        kept = [right[each] for each in accepted if each in right]
        mended = [pair.ties[index] for a in data["refused"] if key(a) == key(wrong)]
        again = [t for t in pair.ties if t not in kept and key(t) in accepted]
        return _submit([*kept, *mended, *again])

    return speak


def misshapen(pair: Gold, form: str, *, listens: bool) -> Speak:
    """A teacher whose answer has no usable form until it is told so."""
    broken = json.dumps({"alignments": [dict(pair.ties[0])]})[:-3]
    cut = {"name": "AlignmentDraft", "args": broken, "id": "b", "error": None, "type": "invalid_tool_call"}
    bad = {
        "broken JSON": AIMessage("", invalid_tool_calls=[cut]),
        "endless tool calls": call_tool("find_substructure", 0, smiles=pair.smiles, patterns=["C"]),
        "refusal": AIMessage("I am sorry, but I cannot help with chemicals."),
    }

    def speak(messages: Sequence[BaseMessage]) -> AIMessage:
        _, form_told = told(messages)
        return _submit(pair.ties) if form_told and listens else bad[form].model_copy(deep=True)

    return speak


class Stage:
    """The compiled teacher and graph, with whoever speaks next put in."""

    def __init__(self, resources: Resources, own_ids: frozenset[str]) -> None:
        self.model = FaultyModel(speak=None)
        self.own_ids = own_ids
        teacher = build_teacher(
            self.model, build_alignment_tools(resources), name="faulty", limits=Limits(request_calls=6)
        )
        self.context = AlignmentContext(teacher=teacher, resources=resources)
        self.graph = build_alignment_graph()

    def run(self, pair: Gold, speak: Speak) -> PairRecord:
        """One pair through the whole graph."""
        self.model.speak = speak
        own = pair.id if pair.id in self.own_ids else f"gold-{pair.id}"
        state = AlignmentState(id=own, smiles=pair.smiles, caption=pair.caption)
        record: PairRecord = self.graph.invoke(state, {"recursion_limit": 100}, context=self.context)["record"]
        return record


def is_gold(pair: Gold, alignments: Sequence[Alignment]) -> bool:
    """Whether the supported alignments are the gold ties, all and no other."""
    supported = {(a.phrase, a.start): a for a in alignments if a.verdict is Verdict.SUPPORTED}
    if set(supported) != {(t["phrase"], t["start"]) for t in pair.ties}:
        return False
    return all(
        overlap(t["atoms"], {i for hit in supported[t["phrase"], t["start"]].atoms for i in hit}) >= 0.5
        for t in pair.ties
    )


def judge_fault(kind: str, pair: Gold, index: int, wrong: dict[str, Any], stage: Stage, tally: Tally) -> None:
    """Run a fault that chemistry has to find."""
    stubborn = stage.run(pair, faulty(pair, index, wrong, listens=False))  # its draft is all it ever says
    seen = next(a for a in stubborn.alignments if (a.phrase, a.pattern) == (wrong["phrase"], wrong["pattern"]))
    caught, right = seen.verdict is not Verdict.SUPPORTED, seen.reason in ACCEPTED[kind]
    gold = is_gold(pair, stage.run(pair, faulty(pair, index, wrong, listens=True)).alignments)
    tally.injected += 1
    tally.reasons[f"{seen.verdict}: {seen.reason}"] += 1
    tally.caught += caught
    tally.right_reason += caught and right
    tally.mended += gold
    if not caught or not right or not gold:
        tally.misses.append(
            f"{kind}: {pair.id} {pair.smiles} {wrong['phrase']!r} as {wrong['pattern']} "
            f"(gold {pair.ties[index]['pattern']}): {seen.verdict} {seen.reason} {seen.message}"
        )


def form_fault(form: str, pair: Gold, stage: Stage, tally: Tally) -> None:
    """Run a fault of form."""
    tally.injected += 1
    try:
        stage.run(pair, misshapen(pair, form, listens=False))
    except BoundReachedError as error:
        right, how = form == "endless tool calls" and "6 model calls" in error.bound, "failed row with its bound"
    except TeacherError as error:
        right = {"broken JSON": '"phrase"' in error.raw, "refusal": "cannot help" in error.raw}.get(form, False)
        how = "failed row with the raw answer"
    else:
        tally.misses.append(f"{form}: {pair.id} was accepted")
        return
    tally.caught += 1
    tally.right_reason += right
    tally.reasons[how] += 1
    tally.mended += is_gold(pair, stage.run(pair, misshapen(pair, form, listens=True)).alignments)


def measure(
    gold: Sequence[Gold], resources: Resources, own_ids: frozenset[str], *, per_pair: int = 3, seed: int = 0
) -> dict[str, Tally]:
    """Run every kind of fault over gold pairs.

    Args:
        gold: Pairs whose ties stand: see `standing`.
        resources: What is looked up; its evidence leaves a pair's own row out.
        own_ids: Ids of the corpus behind the evidence.
        per_pair: Ties of a pair that are spoilt, each in every way.
        seed: Of the choice of ties and ways.
    """
    rng = random.Random(seed)
    pool = sorted(
        {t["pattern"] for pair in gold for t in pair.ties if Chem.MolFromSmarts(t["pattern"]).GetNumAtoms() > 2}
    )
    tallies = {kind: Tally() for kind in (*ACCEPTED, *FORMS)}
    stage = Stage(resources, own_ids)
    for pair in gold:
        for kind, index, wrong in faults(pair, pool, rng, per_pair):
            judge_fault(kind, pair, index, wrong, stage, tallies[kind])
        for form in FORMS:
            form_fault(form, pair, stage, tallies[form])
    return tallies


def standing(gold: Sequence[Gold], resources: Resources, own_ids: frozenset[str]) -> list[Gold]:
    """The pairs that a teacher without faults ends with as gold."""
    kept, stage = [], Stage(resources, own_ids)
    for pair in gold:
        perfect = stage.run(pair, lambda messages, ties=pair.ties: _submit(ties))
        if is_gold(pair, perfect.alignments) and perfect.selected is Version.DRAFT:
            kept.append(pair)
    return kept


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", type=Path, default=ROOT / "tests" / "data" / "gold.jsonl")
    parser.add_argument("--corpus", type=Path, default=ROOT / "data" / "sample.tsv", help="pairs that give evidence")
    parser.add_argument("--limit", type=int, help="only the first N gold pairs")
    parser.add_argument("--per-pair", type=int, default=3, help="ties of a pair that are spoilt")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--misses", action="store_true", help="print what got through, or had another reason")
    chosen = parser.parse_args(arguments)
    resources = open_resources()
    evidence = gather_evidence(chosen.corpus, resources)
    resources = resources.with_evidence(evidence)
    own_ids = frozenset(pair.id for pair in evidence.corpus.pairs)
    pairs, without = gold_pairs(chosen.gold, resources, own_ids)
    kept = standing(pairs[: chosen.limit], resources, own_ids)
    tallies = measure(kept, resources, own_ids, per_pair=chosen.per_pair, seed=chosen.seed)
    resources.close()
    print(
        f"{len(kept)} of {len(pairs[: chosen.limit])} gold pairs, {sum(len(p.ties) for p in kept)} ties ({without} "
        "gold phrases of all pairs have no pattern that lights up their atoms, and are left out)"
    )
    print(f"{'fault':20} {'injected':>8} {'caught':>8} {'right reason':>13} {'ends as gold':>13}")
    failed = False
    for kind, tally in tallies.items():
        n = max(1, tally.injected)
        print(
            f"{kind:20} {tally.injected:8} {tally.caught / n:8.1%} {tally.right_reason / n:13.1%} "
            f"{tally.mended / n:13.1%}"
        )
        failed |= tally.caught / n < MUST.get(kind, 1.0)
    for kind, tally in tallies.items():
        print(f"{kind}: {', '.join(f'{reason} {count}' for reason, count in tally.reasons.most_common())}")
        if chosen.misses and tally.misses:
            print(*tally.misses, sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

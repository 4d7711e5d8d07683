"""How the lexicon teacher's readings and the verifier do on a hand-checked gold set.

Run: python benchmarks/gold.py [--misses] [--no-evidence] [--gold tests/data/gold.jsonl] [--corpus data/sample.tsv]

For every caption the reader's phrases are looked up and judged as the lexicon teacher does it: every pattern of every
reading in turn, mined fragments where no reading stands, and the first supported one is kept.

A gold structural phrase is found when a supported tie of the same words (one span within the other, but for a fifth of
the shorter: the reader quotes "two hydroxy groups at positions 3 and 4" where gold says "hydroxy groups") lights up its
atoms at an intersection over union of at least 0.5. Recall counts gold phrases; precision counts supported ties
whose words the gold set lists, so that true ties of words nobody annotated do not count against it. Ties the gold set
marks as wrong are judged as they stand: none may be supported.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from molreflect.tools.corpus import read_corpus
from molreflect.tools.evidence.corpus_evidence import CorpusEvidence
from molreflect.tools.meaning.interpret import interpret, mined_interpretations
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.terms import PhraseKind, Verdict
from molreflect.tools.verification.case import stands_modified
from molreflect.tools.verification.proposals import ProposedAlignment, Verification
from molreflect.tools.verification.verify import verify_all

ROOT = Path(__file__).resolve().parents[1]
STANDING = {Verdict.SUPPORTED: 2, Verdict.UNCHECKED: 1, Verdict.REFUTED: 0}
SAME_SPAN = 0.8
SAME_ATOMS = 0.5


@dataclass
class Score:
    """Counts over a gold set."""

    found: Counter[str] = field(default_factory=Counter)
    """Gold phrases by kind whose tie has the right verdict and, for structures that stand, the right atoms."""
    asked: Counter[str] = field(default_factory=Counter)
    """Gold phrases by kind."""
    right: int = 0
    """Supported ties of gold structural phrases with the right atoms."""
    supported: int = 0
    """Supported ties of gold structural phrases."""
    same_verdict: int = 0
    """Gold phrases of all kinds whose tie has the gold verdict, whatever its atoms."""
    wrong_supported: int = 0
    """Ties marked as wrong that were supported all the same; must be 0."""
    wrong_verdict: int = 0
    """Ties marked as wrong with the right verdict."""
    wrong_reason: int = 0
    """Ties marked as wrong whose reason is one the gold set accepts."""
    wrong: int = 0
    misses: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of gold structural phrases that stand and were found with their atoms."""
        return self.found["structure"] / max(1, self.asked["structure"])

    @property
    def precision(self) -> float:
        """Share of supported ties of gold structural phrases with the right atoms."""
        return self.right / max(1, self.supported)


def tie_all(smiles: str, caption: str, resources: Resources, pair_id: str | None) -> list[Verification]:
    """The lexicon teacher's ties of one pair: for every phrase the first supported candidate, else the first one."""
    chosen: list[Verification] = []
    for phrase in resources.reader.read(caption):
        bare = ProposedAlignment.of(phrase)
        if phrase.kind is not PhraseKind.STRUCTURE:
            chosen += verify_all([bare], smiles=smiles, caption=caption, resources=resources, pair_id=pair_id)
            continue
        first: Verification | None = None
        name = phrase.name or phrase.key
        changed = stands_modified(phrase, caption)
        for source in (partial(interpret, molecule=read_molecule(smiles), modified=changed), mined_interpretations):
            for reading in source(name, resources, leave_out=pair_id):
                for pattern in reading.patterns:
                    tie = ProposedAlignment.of(phrase, pattern, reading)
                    (judged,) = verify_all([tie], smiles=smiles, caption=caption, resources=resources, pair_id=pair_id)
                    if first is None or STANDING[judged.verdict] > STANDING[first.verdict]:
                        first = judged
                    if first.verdict is Verdict.SUPPORTED:
                        break
            if first is not None and first.verdict is Verdict.SUPPORTED:
                break
        if first is None:
            (first,) = verify_all([bare], smiles=smiles, caption=caption, resources=resources, pair_id=pair_id)
        chosen.append(first)
    return chosen


def overlap(left: Iterable[int], right: Iterable[int]) -> float:
    """Intersection over union; 0 for two empty sets."""
    a, b = set(left), set(right)
    return len(a & b) / len(a | b) if a | b else 0.0


def best_tie(phrase: dict[str, Any], ties: Sequence[Verification]) -> Verification | None:
    """The tie of the same kind whose words are a gold phrase's, or hold them, or stand within them."""
    words = set(range(phrase["start"], phrase["end"]))
    ranked = [
        (overlap(words, other), -index, tie)
        for index, tie in enumerate(ties)
        if tie.proposal.kind == phrase["kind"]
        and tie.start is not None
        and tie.end is not None
        and len(words & (other := set(range(tie.start, tie.end)))) >= SAME_SPAN * min(len(words), len(other))
    ]
    return max(ranked, key=lambda item: item[:2])[2] if ranked else None


def score(gold: Sequence[dict[str, Any]], resources: Resources, own_ids: frozenset[str]) -> Score:
    """Score the readings and the verifier on a gold set.

    Args:
        gold: Cases of the layout of `tests/data/gold.jsonl`.
        resources: What is looked up; its evidence, if any, leaves the case's own pair out.
        own_ids: Ids of the pairs of the evidence's corpus.
    """
    total = Score()
    for case in gold:
        pair_id = case["id"] if case["id"] in own_ids else None
        ties = tie_all(case["smiles"], case["caption"], resources, pair_id)
        for phrase in case["phrases"]:
            kind = phrase["kind"] if phrase["verdict"] == "supported" or phrase["kind"] != "structure" else "no reading"
            total.asked[kind] += 1
            tie = best_tie(phrase, ties)
            verdict = tie.verdict if tie is not None else None
            total.same_verdict += verdict == phrase["verdict"]
            atoms = {i for hit in phrase["atoms"] for i in hit}
            found = {i for hit in tie.atoms for i in hit} if tie is not None else set()
            if kind == "structure" and verdict is Verdict.SUPPORTED:
                total.supported += 1
                total.right += overlap(atoms, found) >= SAME_ATOMS
            good = verdict == phrase["verdict"] and (kind != "structure" or overlap(atoms, found) >= SAME_ATOMS)
            total.found[kind] += good
            if not good:
                read = "not read"
                if tie is not None:
                    said = tie.proposal
                    read = f"{said.phrase!r} {said.pattern} {tie.verdict} {tie.reason} {sorted(found)}"
                total.misses.append(
                    f"{case['id']} {case['smiles']} {kind} {phrase['phrase']!r} {sorted(atoms)}: {read}"
                )
        for wrong in case["wrong"]:
            tie_ = ProposedAlignment(
                phrase=wrong["phrase"], pattern=wrong["pattern"], start=wrong["start"], kind=PhraseKind(wrong["kind"])
            )
            (judged,) = verify_all(
                [tie_], smiles=case["smiles"], caption=case["caption"], resources=resources, pair_id=pair_id
            )
            total.wrong += 1
            total.wrong_supported += judged.verdict is Verdict.SUPPORTED
            total.wrong_verdict += judged.verdict == wrong["verdict"]
            total.wrong_reason += judged.reason in wrong["accept"]
            if judged.verdict != wrong["verdict"] or judged.reason not in wrong["accept"]:
                total.misses.append(
                    f"{case['id']} {case['smiles']} wrong {wrong['phrase']!r} {wrong['pattern']} ({wrong['reason']}): "
                    f"{judged.verdict} {judged.reason} {judged.message}"
                )
    return total


def gather_evidence(corpus: Path, resources: Resources) -> CorpusEvidence:
    """Evidence of a corpus, in memory, with the trivial names it defines learned."""
    read = read_corpus(corpus)
    resources.nomenclature.learn(read)
    keys = {
        pair.id: {p.key for p in resources.reader.read(pair.caption) if p.kind is PhraseKind.STRUCTURE}
        for pair in read.pairs
    }
    return CorpusEvidence(read, keys)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", type=Path, default=ROOT / "tests" / "data" / "gold.jsonl")
    parser.add_argument("--corpus", type=Path, default=ROOT / "data" / "sample.tsv", help="pairs that give evidence")
    parser.add_argument("--no-evidence", action="store_true", help="let chemistry alone judge")
    parser.add_argument("--misses", action="store_true", help="print every disagreement")
    chosen = parser.parse_args(arguments)
    gold = [json.loads(line) for line in chosen.gold.read_text(encoding="utf-8").splitlines() if line.strip()]
    resources = open_resources()
    own_ids: frozenset[str] = frozenset()
    if not chosen.no_evidence:
        evidence = gather_evidence(chosen.corpus, resources)
        resources = resources.with_evidence(evidence)
        own_ids = frozenset(pair.id for pair in evidence.corpus.pairs)
    total = score(gold, resources, own_ids)
    resources.close()
    if chosen.misses:
        print(*total.misses, sep="\n")
    print(f"{len(gold)} pairs, {sum(total.asked.values())} phrases, lexicon {resources.lexicon.version}")
    for kind, asked in sorted(total.asked.items()):
        print(f"{kind:12} as in the gold set: {total.found[kind]}/{asked} = {total.found[kind] / asked:.3f}")
    print(f"structures   recall {total.recall:.3f}, precision {total.precision:.3f} (IoU of atoms >= {SAME_ATOMS})")
    print(f"verdicts     {total.same_verdict / max(1, sum(total.asked.values())):.3f} agree over all kinds")
    print(
        f"wrong ties   {total.wrong_supported} of {total.wrong} supported, {total.wrong_verdict} with the right "
        f"verdict, {total.wrong_reason} with an accepted reason"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

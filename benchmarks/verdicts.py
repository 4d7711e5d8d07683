"""How often the verifier is right when it says yes and when it says no, on cases made to break it and on captions.

Run: MOLREFLECT_SHARED_DATA=<folder> python benchmarks/verdicts.py [--chebi-every 10] [--pubchem-every 5] [--wrong]

It prints: statements "The molecule is a CLASS." by textbook definition (`verifier/class_statements.jsonl` and this
folder's own), ties of plausible teachers and ties in unusual SMARTS (`verifier/ties.jsonl`), and, of the structural
phrases of real captions, the shares that are refuted and that have no reading. No corpus evidence is used.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gold import tie_all  # benchmarks/gold.py: the lexicon teacher's ties of one pair

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import mend_backslashes
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.terms import PhraseKind, Reason, Verdict
from molreflect.tools.verification.proposals import ProposedAlignment, Verification
from molreflect.tools.verification.verify import verify_all

OWN_STATEMENTS = Path(__file__).with_name("class_statements.jsonl")


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def structural(judged: list[Verification]) -> list[Verification]:
    return [each for each in judged if each.proposal.kind is PhraseKind.STRUCTURE]


def judge_statement(case: dict[str, Any], resources: Resources) -> Verdict:
    """Judge "The molecule is a CLASS."; supported where the best tie of the phrase is."""
    article = "an" if case["class"][0] in "aeiou" else "a"
    caption = f"The molecule is {article} {case['class']}."
    verdicts = {each.verdict for each in structural(tie_all(case["smiles"], caption, resources, None))}
    return next((v for v in (Verdict.SUPPORTED, Verdict.REFUTED) if v in verdicts), Verdict.UNCHECKED)


def statements(path: Path, resources: Resources) -> Iterator[str]:
    counts: Counter[tuple[bool, Verdict]] = Counter()
    for case in read_lines(path):
        verdict = judge_statement(case, resources)
        counts[case["is_a"], verdict] += 1
        if (verdict is Verdict.SUPPORTED) is not case["is_a"]:
            yield f"  wrong: {case['smiles']} is {'' if case['is_a'] else 'no '}{case['class']}: {verdict}"
    for truth in (True, False):
        told = ", ".join(f"{counts[truth, verdict]} {verdict}" for verdict in Verdict)
        total = sum(counts[truth, verdict] for verdict in Verdict)
        yield f"{path.parent.name}/{path.name}: of {total} {str(truth).lower()}, {told}"


def ties(path: Path, resources: Resources) -> Iterator[str]:
    counts: Counter[tuple[bool, Verdict]] = Counter()
    for case in read_lines(path):
        proposal = ProposedAlignment(phrase=case["phrase"], pattern=case["pattern"])
        judged = verify_all([proposal], smiles=case["smiles"], caption=case["caption"], resources=resources)[0]
        counts[case["right"], judged.verdict] += 1
        if (judged.verdict is Verdict.SUPPORTED) is not case["right"]:
            said = f"{case['phrase']} = {case['pattern']} on {case['smiles']}"
            yield f"  wrong: {said} is {'right' if case['right'] else 'wrong'}: {judged.verdict} ({judged.reason})"
    for right in (True, False):
        told = ", ".join(f"{counts[right, verdict]} {verdict}" for verdict in Verdict)
        total = sum(counts[right, verdict] for verdict in Verdict)
        yield f"{path.parent.name}/{path.name}: of {total} {'right' if right else 'wrong'}, {told}"


def captions(path: Path, every: int, resources: Resources) -> Iterator[str]:
    reasons: Counter[Reason] = Counter()
    verdicts: Counter[Verdict] = Counter()
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))[::every]
    for row in rows:
        try:
            judged = structural(tie_all(mend_backslashes(row["SMILES"]), row["description"], resources, row["CID"]))
        except InputError:
            continue
        for each in judged:
            verdicts[each.verdict] += 1
            reasons[each.reason] += 1
            if each.verdict is Verdict.REFUTED:
                yield f"  refuted: {row['CID']}: {each.proposal.phrase!r}: {each.reason}: {each.message[:160]}"
    total = sum(verdicts.values())
    shares = ", ".join(f"{verdict} {verdicts[verdict] / total:.2%}" for verdict in Verdict)
    unread = f"no_reading {reasons[Reason.NO_READING] / total:.2%}"
    yield f"{path.parent.name}: {len(rows)} rows, {total} structural phrases: {shares}, {unread}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chebi-every", type=int, default=10, help="Every which row of ChEBI-20 validation.")
    parser.add_argument("--pubchem-every", type=int, default=5, help="Every which row of PubChem324k validation.")
    parser.add_argument("--only", choices=("statements", "ties", "captions"))
    parser.add_argument("--wrong", action="store_true", help="Print the wrong cases and the refuted phrases as well.")
    options = parser.parse_args()
    shared = os.environ.get("MOLREFLECT_SHARED_DATA")
    if not shared:
        parser.error("set MOLREFLECT_SHARED_DATA to the folder with chebi20, pubchem324k and verifier")
    data, resources = Path(shared), open_resources()
    parts: list[Iterator[str]] = []
    if options.only in (None, "statements"):
        parts += [statements(data / "verifier" / "class_statements.jsonl", resources)]
        parts += [statements(OWN_STATEMENTS, resources)] if OWN_STATEMENTS.is_file() else []
    if options.only in (None, "ties"):
        parts += [ties(data / "verifier" / "ties.jsonl", resources)]
    if options.only in (None, "captions"):
        for corpus, every in (("chebi20", options.chebi_every), ("pubchem324k", options.pubchem_every)):
            parts += [captions(data / corpus / "validation.txt", every, resources)]
    for part in parts:
        for line in part:
            if options.wrong or not line.startswith("  "):
                print(line, flush=True)


if __name__ == "__main__":
    main()

"""How free prose is read: which phrases `check_text` ties to exactly the atoms they mean.

    python benchmarks/prose.py [--part work|aside|all] [--file prose_2.jsonl] [--misses]

The atoms of every phrase were worked out by hand-written SMARTS and RDKit, not by this project (the file is in
`tests/data`). `atoms` are those a phrase means at least, `most` those it may light up at most: an ether is its oxygen,
or that with the carbons beside it. A phrase without atoms is denied, consumed or said of something else: it must not
stand as a part of the molecule. A claim is a phrase's when one's words hold four fifths of the other's; of two within a
phrase ("a methyl on the heterocycle") the first is.

- `exact`: supported, and its atoms hold `atoms`; more of them lie within `most` or are carbons beside. For a phrase
  without atoms: nothing stands. `--strict` allows no carbon that is not in `most`.
- `other`: supported with other atoms, more of them or fewer.
- `refuted`: the phrase is true and chemistry is said to contradict it.
- `unchecked`: read, not decided.
- `unread`: no claim, and the text says so.
- `silent`: no claim, and nothing says that it was not read.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.storage import cache_folder
from molreflect.tools.terms import PhraseKind, Verdict
from molreflect.tools.verification.text_check import CheckedClaim, CheckedText, check

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
SAME_WORDS = 0.8
"""Share of the shorter one's characters that a claim and a phrase have in common."""
_ON = re.compile(r"\s(?:on|of|in|at|to|next to|between)\s")
"""Words behind which a phrase names another part than its own."""
PARTS = {"work": {False}, "aside": {True}, "all": {False, True}}


def own_claims(phrase: dict[str, Any], claims: Iterable[CheckedClaim]) -> list[CheckedClaim]:
    """Find the claims of a phrase's words, the closest first."""
    ranked = []
    for claim in claims:
        shared = min(claim.end, phrase["end"]) - max(claim.start, phrase["start"])
        lengths = sorted((claim.end - claim.start, phrase["end"] - phrase["start"]))
        if claim.kind is PhraseKind.STRUCTURE and shared >= SAME_WORDS * lengths[0]:
            ranked.append((-shared / (sum(lengths) - shared), claim.start, claim))
    found = [claim for *_, claim in sorted(ranked, key=lambda item: item[:2])]
    first = min(found, key=lambda claim: claim.start, default=None)
    if first is not None and first.end < found[0].start and _ON.search(phrase["text"]) is not None:
        return [first]  # "a methyl on the heterocycle" is the methyl group
    return found


def beside_carbons(molecule: Molecule, atoms: set[int]) -> set[int]:
    """Find the carbons bonded to some atoms: many a pattern holds what a group hangs on."""
    around = {n for atom in atoms for n in molecule.mol.GetAtomWithIdx(atom).GetNeighbors()}
    return {n.GetIdx() for n in around if n.GetSymbol() == "C"}


def outcome(
    phrase: dict[str, Any], checked: CheckedText, molecule: Molecule, *, strict: bool
) -> tuple[str, CheckedClaim | None]:
    """Say what became of a phrase, and by which claim."""
    claims = own_claims(phrase, checked.claims)
    if not phrase["atoms"]:
        standing = [c for c in claims if not c.negated and c.verdict is not Verdict.UNCHECKED]
        return ("other", standing[0]) if standing else ("exact", None)
    if not claims:
        said = any(u.start < phrase["end"] and phrase["start"] < u.end for u in checked.unread)
        return ("unread" if said else "silent"), None
    best = claims[0]
    if best.verdict is not Verdict.SUPPORTED or best.negated:
        return ("refuted" if best.verdict is Verdict.REFUTED or best.negated else "unchecked"), best
    found = {atom for place in best.atoms for atom in place}
    meant = set(phrase["atoms"])
    beside = set() if strict else beside_carbons(molecule, meant)
    exact = meant <= found <= set(phrase["most"]) | beside
    return ("exact" if exact else "other"), best


def measure(
    rows: Iterable[dict[str, Any]], resources: Resources, *, strict: bool = False
) -> list[tuple[str, str, str, str]]:
    """List for every phrase its outcome, whether it stands, and what a reader of misses wants to see."""
    found = []
    for row in rows:
        molecule = read_molecule(row["smiles"])
        checked = check(molecule, row["text"], resources)
        for phrase in row["phrases"]:
            said, claim = outcome(phrase, checked, molecule, strict=strict)
            shown = f" <{claim.phrase}> {claim.reason} {claim.pattern} {claim.atoms}" if claim else ""
            told = f"{phrase['text']}{shown}, meant {phrase['atoms']}: {row['smiles']} {row['text'][:400]!r}"
            found.append((said, "stands" if phrase["atoms"] else "absent", row["style"], told))
    return found


def main() -> None:
    """Print the shares, by style too, and with --misses every phrase that is not exact."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, default="work")
    parser.add_argument("--file", default="prose_2.jsonl", help="a file of tests/data with `most` for each phrase")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--misses", action="store_true", help="print every phrase that is not exact")
    given = parser.parse_args()
    lines = (DATA / given.file).read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["held_out"] in PARTS[given.part]]
    with closing(open_resources(cache_folder())) as resources:
        found = measure(rows, resources, strict=given.strict)
    for kind in ("stands", "absent"):
        counts = Counter(said for said, its, *_ in found if its == kind)
        size = max(1, counts.total())
        shares = ", ".join(f"{said} {counts[said]} ({counts[said] / size:.3f})" for said, _ in counts.most_common())
        print(f"{kind}: {size} phrases of {len(rows)} texts: {shares}")
    for style in sorted({style for *_, style, _ in found}):
        said = [said for said, _, its, _ in found if its == style]
        print(f"  {style}: {said.count('exact')} of {len(said)} exact, {said.count('other')} other")
    if given.misses:
        print("\n".join(f"{said}: {told}" for said, *_, told in sorted(found) if said != "exact"))


if __name__ == "__main__":
    main()

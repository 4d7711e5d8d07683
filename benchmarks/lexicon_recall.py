"""How often a molecule has the class its caption names: recall of every curated class on `MOLREFLECT_SHARED_DATA`.

Phrases come from the caption reader, so a phrase about a parent compound ("in which the phenyl group is substituted")
counts as a mention too. Classes below 90 % with five mentions or more are listed with the ids that lack the pattern.

Run: MOLREFLECT_SHARED_DATA=<folder> python benchmarks/lexicon_recall.py
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from pathlib import Path

from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.corpus import read_corpus
from molreflect.tools.lexicon.classes import load_lexicon
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import PhraseKind

CORPORA = ("chebi20", "pubchem324k")
FEW = 5
LOW = 0.9


def main() -> int:
    folder = os.environ.get("MOLREFLECT_SHARED_DATA")
    if not folder:
        print("set MOLREFLECT_SHARED_DATA to the folder that holds chebi20/ and pubchem324k/", file=sys.stderr)
        return 2
    lexicon = load_lexicon()
    reader = CaptionReader(lexicon)
    print(f"lexicon {lexicon.version}: {len(lexicon.classes)} classes, {len(lexicon.names)} names")
    for corpus in CORPORA:
        mentions: dict[str, list[tuple[bool, str]]] = defaultdict(list)
        structural, timed_out = 0, list[str]()
        for pair in read_corpus(Path(folder) / corpus / "validation.txt").pairs:
            molecule = read_molecule(pair.smiles)
            for phrase in reader.read(pair.caption):
                if phrase.kind is not PhraseKind.STRUCTURE:
                    continue
                structural += 1
                entry = lexicon.find(phrase.key)
                if entry is not None:
                    try:
                        held = any(find(molecule, p, floor=entry.level) is not None for p in entry.patterns)
                    except MatchTimeoutError:
                        held = False
                        timed_out.append(f"{entry.name} on {pair.id}")
                    mentions[entry.name].append((held, pair.id))
        total = sum(len(held) for held in mentions.values())
        good = sum(held for group in mentions.values() for held, _ in group)
        print(
            f"\n{corpus}: {structural} structural phrases, {total} of them name one of {len(mentions)} classes,",
            end=" ",
        )
        print(f"{good} ({good / total:.1%}) stand in the molecule")
        for name, group in sorted(mentions.items(), key=lambda item: -len(item[1])):
            lacking = [key for held, key in group if not held]
            if len(group) >= FEW and 1 - len(lacking) / len(group) < LOW:
                print(f"  {name}: {len(group)} mentions, lacking in {', '.join(dict.fromkeys(lacking[:6]))}")
        if timed_out:
            print(f"  timed out and counted as lacking: {'; '.join(timed_out)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

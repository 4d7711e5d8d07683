"""How fast the caption reader is and what it finds, on both corpora of `MOLREFLECT_SHARED_DATA`.

Run: MOLREFLECT_SHARED_DATA=<folder> python benchmarks/caption_reading.py
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from pathlib import Path

from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.lexicon.classes import load_lexicon
from molreflect.tools.terms import PhraseKind

CORPORA = ("chebi20", "pubchem324k")


def main() -> int:
    folder = os.environ.get("MOLREFLECT_SHARED_DATA")
    if not folder:
        print("set MOLREFLECT_SHARED_DATA to the folder that holds chebi20/ and pubchem324k/", file=sys.stderr)
        return 2
    lexicon = load_lexicon()
    for corpus in CORPORA:
        path = Path(folder) / corpus / "validation.txt"
        if not path.is_file():
            print(f"{corpus}: {path} is absent, skipped", file=sys.stderr)
            continue
        rows = path.read_text(encoding="utf-8").split("\n")[1:]
        captions = [row.split("\t", 2)[2] for row in rows if row.count("\t") >= 2]
        reader = CaptionReader(lexicon)
        for state in ("cold", "warm"):
            start = time.perf_counter()
            read = [reader.read(caption) for caption in captions]
            seconds = time.perf_counter() - start
            print(f"{corpus:12} {state}: {len(captions) / seconds:7.0f} captions/s ({len(captions)} captions)")
        phrases = [phrase for found in read for phrase in found]
        kinds = Counter(str(phrase.kind) for phrase in phrases)
        structures = [phrase for phrase in phrases if phrase.kind is PhraseKind.STRUCTURE]
        known = sum(reader.knows(phrase.key) for phrase in structures)
        some = sum(any(phrase.kind is PhraseKind.STRUCTURE for phrase in found) for found in read)
        print(f"{'':12} phrases: " + ", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))
        print(f"{'':12} captions with a structural phrase: {some / len(captions):.1%}")
        print(f"{'':12} structural phrases the lexicon knows: {known / max(1, len(structures)):.1%}")
        print(f"{'':12} sources: " + ", ".join(f"{s} {n}" for s, n in Counter(p.source for p in phrases).most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Everything the chemistry tools look things up in, opened once and handed around."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from tools.caption import CaptionReader
from tools.classes import Lexicon, load_lexicon
from tools.evidence import CorpusEvidence
from tools.nomenclature import Nomenclature


@dataclass(frozen=True, eq=False)  # compared by identity, so that verdicts can be remembered per toolbox
class Toolbox:
    """Lexicon, caption reader, nomenclature and, where a corpus is at hand, its evidence."""

    lexicon: Lexicon
    reader: CaptionReader
    nomenclature: Nomenclature
    evidence: CorpusEvidence | None = None

    def with_evidence(self, evidence: CorpusEvidence | None) -> Toolbox:
        """The same toolbox over another corpus."""
        return replace(self, evidence=evidence)

    def close(self) -> None:
        """Close the caches on disk."""
        self.nomenclature.close()


def open_toolbox(cache: Path | None = None, *, evidence: CorpusEvidence | None = None) -> Toolbox:
    """Open the toolbox.

    Args:
        cache: Folder for the cache of names turned into structures; None keeps it in memory.
        evidence: Evidence of the corpus that ties are judged against.
    """
    lexicon = load_lexicon()
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
    names = Nomenclature(cache / "names.sqlite" if cache is not None else None)
    return Toolbox(lexicon, CaptionReader(lexicon), names, evidence)

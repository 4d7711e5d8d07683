"""What phrases are looked up in, opened once and handed around."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.evidence.corpus_evidence import CorpusEvidence
from molreflect.tools.lexicon.classes import Lexicon, load_lexicon
from molreflect.tools.lexicon.patch import patched_lexicon
from molreflect.tools.names.structures import Nomenclature
from molreflect.tools.storage import make_folder


@dataclass(frozen=True, eq=False)  # compared by identity, so that verdicts can be remembered per resources
class Resources:
    """Lexicon, caption reader, nomenclature and, where a corpus is at hand, its evidence."""

    lexicon: Lexicon
    reader: CaptionReader
    nomenclature: Nomenclature
    evidence: CorpusEvidence | None = None

    def with_evidence(self, evidence: CorpusEvidence | None) -> Resources:
        """The same resources over another corpus."""
        return replace(self, evidence=evidence)

    def close(self) -> None:
        """Close the caches on disk."""
        self.nomenclature.close()


def open_resources(
    cache: Path | None = None, *, evidence: CorpusEvidence | None = None, lexicon_patch: str | None = None
) -> Resources:
    """Open the resources.

    Args:
        cache: Folder for the cache of names turned into structures; None keeps it in memory.
        evidence: Evidence of the corpus that proposals are verified against.
        lexicon_patch: Classes laid over the curated ones, as TOML; see `molreflect.tools.lexicon.patch`.

    Raises:
        InputError: The patch cannot be used, or the folder cannot be made.
    """
    lexicon = load_lexicon() if lexicon_patch is None else patched_lexicon(lexicon_patch)
    if cache is not None:
        make_folder(cache, "the cache folder")
    names = Nomenclature(cache / "names.sqlite" if cache is not None else None)
    return Resources(lexicon, CaptionReader(lexicon), names, evidence)

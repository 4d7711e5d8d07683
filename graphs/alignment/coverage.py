"""How much of a caption and of a molecule the supported alignments account for."""

from __future__ import annotations

from collections.abc import Sequence

from molreflect.agents.schemas import Alignment, Coverage, UnreadSentence
from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.captions.unread import unread
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources
from molreflect.tools.terms import PhraseKind, Verdict


def coverage(
    alignments: Sequence[Alignment], smiles: str | None, caption: str | None, resources: Resources
) -> Coverage:
    """Shares of the caption's structural phrases and of the molecule's heavy atoms that are supported."""
    supported = [a for a in alignments if a.verdict is Verdict.SUPPORTED and a.kind is PhraseKind.STRUCTURE]
    phrases = None
    if caption is not None:
        claims = {(p.start, p.end) for p in resources.reader.read(caption) if p.kind is PhraseKind.STRUCTURE}
        claims |= {
            (a.start, a.end)
            for a in alignments
            if a.kind is PhraseKind.STRUCTURE and a.start is not None and a.end is not None
        }
        covered = {(a.start, a.end) for a in supported}
        phrases = round(len(covered) / len(claims), 4) if claims else None
    atoms = None
    if smiles is not None:
        touched = {i for a in supported for hit in a.atoms for i in hit}
        atoms = round(len(touched) / read_molecule(smiles).heavy_atoms, 4) if touched else 0.0
    return Coverage(phrases=phrases, heavy_atoms=atoms)


def verified_coverage(alignments: Sequence[Alignment], *, by_atoms: bool) -> int:
    """How much a version verifiably accounts for, to compare two versions of one pair.

    Args:
        alignments: Judged alignments of one version.
        by_atoms: Count the molecule's heavy atoms that are supported (a molecule alone has no phrases to count, and
            names of one part are many); else the phrases of the caption, each place once.
    """
    supported = _supported(alignments)
    if by_atoms:
        return len({atom for a in supported for hit in a.atoms for atom in hit})
    return len({(a.start, a.end) for a in supported})


def alignment_text(alignments: Sequence[Alignment]) -> str:
    """The supported structural alignments as text, one `phrase: fragment` a line, in the caption's order."""
    return "\n".join(
        f"{a.phrase}: {a.fragment or a.pattern}"
        for a in sorted(_supported(alignments), key=lambda a: (a.start if a.start is not None else -1, a.phrase))
    )


def _supported(alignments: Sequence[Alignment]) -> list[Alignment]:
    return [a for a in alignments if a.verdict is Verdict.SUPPORTED and a.kind is PhraseKind.STRUCTURE]


def unread_sentences(
    alignments: Sequence[Alignment], caption: str | None, resources: Resources
) -> tuple[UnreadSentence, ...] | None:
    """List the sentences with words that look structural and that neither the reader nor the teacher speaks of."""
    if caption is None:
        return None
    read = list(resources.reader.read(caption))
    read += [
        Phrase(a.phrase, a.start, a.end, a.kind, a.phrase)
        for a in alignments
        if a.start is not None and a.end is not None
    ]
    return tuple(
        UnreadSentence(start=each.start, end=each.end, words=each.words)
        for each in unread(caption, read, resources.reader)
    )

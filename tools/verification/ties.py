"""Judge alignments that somebody else made: a phrase of a caption tied to a pattern."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.json_lines import text_of
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Level, PhraseKind, Reason, Verdict
from molreflect.tools.verification.proposals import ProposedAlignment, Verification
from molreflect.tools.verification.verify import verify


@dataclass(frozen=True, slots=True)
class Tie:
    """A phrase of a caption that somebody ties to a pattern."""

    smiles: str
    caption: str
    phrase: str
    pattern: str | None
    start: int | None = None
    """0-based character offset of the phrase, where it is known."""
    kind: PhraseKind = PhraseKind.STRUCTURE

    @classmethod
    def of(cls, found: dict[str, Any]) -> Tie:
        """Read a tie from JSON: `smiles`, `caption`, `phrase`, `pattern`, and optionally `start` and `kind`.

        Raises:
            InputError: A field is missing or of the wrong type.
        """
        smiles, caption, phrase = (text_of(found, name) for name in ("smiles", "caption", "phrase"))
        pattern = text_of(found, "pattern") if "pattern" not in found or found["pattern"] is not None else None
        start, kind = found.get("start"), found.get("kind", PhraseKind.STRUCTURE)
        if start is not None and (not isinstance(start, int) or isinstance(start, bool) or start < 0):
            raise InputError(f"'start' must be an offset of 0 or more, not {shorten(repr(start))}")
        if kind not in list(PhraseKind):
            raise InputError(f"'kind' must be one of {', '.join(PhraseKind)}, not {shorten(repr(kind))}")
        return cls(smiles, caption, phrase, pattern, start, PhraseKind(kind))


@dataclass(frozen=True, slots=True)
class JudgedTie:
    """A tie with its verdict."""

    smiles: str
    phrase: str
    pattern: str | None
    start: int | None
    """Where the phrase stands in the caption; None where it is misquoted."""
    verdict: Verdict
    reason: Reason
    message: str
    atoms: tuple[tuple[int, ...], ...]
    """0-based RDKit atom indices of `smiles`, one tuple per occurrence."""
    level: Level | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def judge(tie: Tie, resources: Resources) -> JudgedTie:
    """Decide whether a tie stands.

    Raises:
        InputError: Its SMILES cannot be read.
    """
    molecule = read_molecule(tie.smiles)
    proposal = ProposedAlignment(phrase=tie.phrase, pattern=tie.pattern, start=tie.start, kind=tie.kind)
    said: Verification = verify(proposal, molecule=molecule, caption=tie.caption, resources=resources)
    return JudgedTie(
        smiles=molecule.smiles,
        phrase=tie.phrase,
        pattern=tie.pattern,
        start=said.start,
        verdict=said.verdict,
        reason=said.reason,
        message=said.message,
        atoms=said.atoms,
        level=said.level,
    )

"""Choosing among a student's answers by verification: each candidate is judged against its own words.

Whatever the direction, a question and an answer make a molecule and a caption, one of them given. Two kinds of claims
are judged, none of them with the reference:

- **alignments** that the student wrote: the phrase must stand in the caption and the fragment in the molecule. For
  cap2mol that asks whether the SMILES holds the fragments its rationale promised, for mol2cap whether the rationale
  speaks of the caption that follows it and of the molecule that was given.
- **structural claims of the caption** (`molreflect.tools.verification.claims`), verified against the molecule by the
verifier: for
  mol2cap whether each claim of the answer is true of the molecule, for cap2mol whether the answer is what the caption
  asks for.

A candidate's score is its form (no answer 0, a SMILES that RDKit cannot read 1, else 2) plus its consistency
`(supported + 1) / (supported + refuted + 2)`, Laplace's estimate of the share that holds: three claims of three beat
one of one, which beats none at all, which beats none of one. What nobody can decide does not count. Equal scores go to
the earlier candidate, and the first one is the greedy answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Direction, Reason, Verdict
from molreflect.tools.verification.claims import claims_of
from molreflect.training.evaluation.faithfulness import judge_alignment
from molreflect.training.examples.answers import ParsedAnswer
from molreflect.training.examples.records import PhraseFragment
from molreflect.training.student.candidates import CandidateScore

NO_ANSWER, UNREADABLE, READABLE = 0.0, 1.0, 2.0
"""Scores of a candidate's form; its consistency adds between 0 and 1."""


class Verifier:
    """A judge for `molreflect.training.student.predict.predict`.

    Args:
        resources: What claims are looked up in; evidence of a corpus is not asked.
    """

    def __init__(self, resources: Resources) -> None:
        self._toolbox = resources.with_evidence(None)
        self.name = f"verifier-1, lexicon {resources.lexicon.version}"
        """Kept with a prediction, which cannot be continued by another judge."""

    def __call__(self, direction: Direction, text: str, answer: ParsedAnswer) -> CandidateScore:
        """Judge one candidate.

        Args:
            direction: Which side was given.
            text: The given side.
            answer: The candidate, taken apart.
        """
        if not answer.answer:
            return CandidateScore(NO_ANSWER)
        caption, smiles = (text, answer.answer) if direction is Direction.CAP2MOL else (answer.answer, text)
        try:
            molecule = read_molecule(smiles)
        except InputError as error:
            return CandidateScore(
                UNREADABLE, ({"claim": smiles, "verdict": str(Verdict.REFUTED), "message": str(error)},)
            )
        verdicts = tuple(self._judge(molecule, caption, answer.parts))
        supported = sum(verdict["verdict"] == Verdict.SUPPORTED for verdict in verdicts)
        refuted = sum(verdict["verdict"] == Verdict.REFUTED for verdict in verdicts)
        return CandidateScore(READABLE + (supported + 1) / (supported + refuted + 2), verdicts)

    def _judge(self, molecule: Molecule, caption: str, parts: Iterable[PhraseFragment]) -> Iterable[dict[str, Any]]:
        for phrase, fragment in dict.fromkeys((part.phrase, part.fragment) for part in parts):
            ruling = judge_alignment(phrase, fragment, molecule=molecule, caption=caption)
            yield {"claim": phrase, "fragment": fragment, "from": "alignment", **_said(*ruling)}
        for claim in claims_of(caption, self._toolbox):
            verified = claim.verify(molecule)
            yield {"claim": claim.phrase.text, "from": "caption", **_said(verified.verdict, verified.reason)}


def _said(verdict: Verdict, reason: Reason) -> dict[str, str]:
    return {"verdict": str(verdict), "reason": str(reason)}

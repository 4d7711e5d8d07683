"""What the student is asked when its perplexity has to choose between two sets of alignments."""

from __future__ import annotations

VERSION = "score-2"


def request(shown: str) -> list[dict[str, str]]:
    """Chat messages: the input side (SMILES, or the caption in the caption view); the completion is the alignments."""
    return [{"role": "user", "content": f"{shown}\nList its sub-structures, one a line, as name: SMILES."}]


def target_request(shown: str, alignments: str, *, molecule: bool) -> list[dict[str, str]]:
    """Chat messages: the input side with its alignments; the completion is the output side.

    Args:
        shown: The input side.
        alignments: One `phrase: fragment` a line; may be empty.
        molecule: Whether the output side is the molecule (else the caption).
    """
    parts = alignments or "none"
    wanted = "the SMILES of the molecule" if molecule else "the caption of the molecule"
    return [{"role": "user", "content": f"{shown}\nIts sub-structures:\n{parts}\nWrite {wanted}."}]

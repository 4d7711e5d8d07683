"""What the student is asked when its perplexity has to choose between two sets of alignments."""

from __future__ import annotations

VERSION = "score-1"


def request(shown: str) -> list[dict[str, str]]:
    """Chat messages: the input side (SMILES, or the caption in the caption view); the completion is the alignments."""
    return [{"role": "user", "content": f"{shown}\nList its sub-structures, one a line, as name: SMILES."}]

"""Ways of saying that mean what another, plainer one says: "falls under", "the conjugate base of", "A: CCO"."""

from __future__ import annotations

from collections.abc import Sequence

from molreflect.agents.analyst.marks import ENDS, strip_marks
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.facts.molecules import looks_like_smiles

MAX_LABEL = 12
"""Characters of the longest label that a question gives a molecule."""
_SAID: tuple[tuple[str, str], ...] = (
    ("the conjugate base of", "deprotonate"),
    ("the conjugate acid of", "protonate"),
    ("conjugate base of", "deprotonate"),
    ("conjugate acid of", "protonate"),
    ("falls under the term", "qualifies as a"),
    ("fall under the term", "qualify as a"),
    ("falls under", "qualifies as a"),
    ("fall under", "qualify as a"),
    ("falls within", "qualifies as a"),
    ("fall within", "qualify as a"),
    ("fall into", "qualify as a"),
    ("come under", "qualify as a"),
    ("comes under", "qualifies as a"),
    ("reads on", "qualifies as a"),
    ("read on", "qualify as a"),
    ("count as being", "count as"),
)
_ARTICLES = frozenset({"a", "an", "the"})


def respoken(tokens: Sequence[str]) -> list[str]:
    """Write phrases of `_SAID` in the plainer way.

    Args:
        tokens: The words of a question, marks still at them.
    """
    kept = list(tokens)
    for said, meant in _SAID:
        words = said.split()
        low = [token.casefold() for token in kept]
        for i in range(len(kept) - len(words)):
            if low[i : i + len(words)] == words:
                new = meant.split()
                behind = kept[i + len(words)].casefold()
                if new[-1] == "a" and behind in _ARTICLES:
                    new = new[:-1]
                kept = [*kept[:i], *new, *kept[i + len(words) :]]
                break
    return kept


def with_labels(text: str) -> str:
    """Write "A: CCO" and "(A) CCO" as "A = CCO", the way that labels are read."""
    tokens = text.split(" ")
    kept: list[str] = []
    for i, token in enumerate(tokens):
        label = token.strip("()").rstrip(":).")
        following = tokens[i + 1].strip("()").rstrip(ENDS) if i + 1 < len(tokens) else ""
        marked = token != label and token.endswith((":", ")", "."))
        if marked and len(label) == 1 and (label.isupper() or label.isdigit()) and looks_like_smiles(following):
            kept += [label if label.isupper() else f"entry{label}", "="]
        else:
            kept.append(token)
    return " ".join(kept)


def labelled(tokens: list[str]) -> tuple[list[str], tuple[tuple[str, str], ...]]:
    """Read "A = CCO" as a molecule that is called A from then on; the label and the sign leave the words.

    A sign between two names ("is acetone = propanone") is read as "the same as".
    """
    kept: list[str] = []
    labels: list[tuple[str, str]] = []
    i = 0
    while i < len(tokens):
        if i + 2 < len(tokens) and tokens[i + 1] == "=" and tokens[i].isalnum() and len(tokens[i]) <= MAX_LABEL:
            molecule, _ = strip_marks(tokens[i + 2])
            if looks_like_smiles(molecule) and not (len(tokens[i]) > 2 and looks_like_smiles(tokens[i])):
                labels.append((molecule, tokens[i]))
                i += 2
        if tokens[i] in ("=", "=="):
            asks = {strip_marks(token)[0].casefold() for token in (tokens[0], *tokens[i + 1 : i + 2])}
            kept += () if asks & vocabulary().function["question"] else ("the", "same", "as")  # "NH2 = which atom"
        else:
            kept.append(tokens[i])
        i += 1
    return kept, tuple(labels)

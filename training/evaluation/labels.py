"""Names of metrics, which way each is better, and how a table writes them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from molreflect.tools.terms import Direction
from molreflect.training.evaluation.faithfulness import NAMES as FAITHFULNESS_LABELS
from molreflect.training.evaluation.faithfulness import PREFIX as FAITHFUL

STRICT = "strict."
"""Prefix of strict metrics where they stand in one mapping with MolT5's."""


OTHER = "other."
"""Prefix of metrics that no published protocol has, such as BLEU on plain words."""


LABELS = {
    "bleu": "BLEU",
    "sentence_bleu": "BLEU, mean of rows",
    "exact_match": "Exact match",
    "exact_match_flat": "Exact match, no stereo",
    "exact_match_canonical": "Exact match, canonical SMILES",
    "levenshtein": "Levenshtein",
    "levenshtein_similarity": "Levenshtein similarity",
    "validity": "Validity",
    "maccs": "MACCS FTS",
    "rdk": "RDK FTS",
    "morgan": "Morgan FTS",
    "fcd": "FCD",
    "rouge1": "ROUGE-1",
    "rouge2": "ROUGE-2",
    "rougeL": "ROUGE-L",
    "answered": "Answered",
}


DISTANCES = frozenset(("levenshtein", "fcd"))


LOWER_IS_BETTER = DISTANCES | {"refuted", "refuted_rows"}


TOKENIZERS = {"scibert": "SciBERT", "t5": "T5", "words": "words"}


def label(name: str) -> str:
    """Name of a metric as a table shows it, e.g. `BLEU-4 (SciBERT)`; prefixes are dropped."""
    if name.startswith(FAITHFUL):
        return FAITHFULNESS_LABELS[name.removeprefix(FAITHFUL)]
    bare = name.removeprefix(STRICT).removeprefix(OTHER)
    if bare in LABELS:
        return LABELS[bare]
    stem, _, tokenizer = bare.rpartition("_")
    words = {"bleu2": "BLEU-2", "bleu4": "BLEU-4", "meteor": "METEOR"}
    stems = words | {f"sentence_{k}": f"{v}, mean of rows" for k, v in words.items()}
    return f"{stems.get(stem, stem)} ({TOKENIZERS.get(tokenizer, tokenizer)})"


def higher_is_better(name: str) -> bool:
    """Whether a larger value of the metric is the better one."""
    return name.removeprefix(STRICT).removeprefix(OTHER).removeprefix(FAITHFUL) not in LOWER_IS_BETTER


def headlines(direction: Direction, names: Sequence[str]) -> list[str]:
    """The few metrics that a narrow table shows, of those in `names`."""
    wanted = {
        Direction.CAP2MOL: [f"{STRICT}exact_match", f"{STRICT}morgan", "bleu", "levenshtein", f"{STRICT}validity"],
        Direction.MOL2CAP: [
            "bleu4_scibert",
            "bleu4_t5",
            f"{OTHER}bleu4_words",
            "rougeL",
            "meteor_scibert",
            "meteor_t5",
        ],
    }
    return [name for name in wanted[direction] if name in names]


def heading_of(name: str) -> str:
    """Write a metric as the heading of a column, e.g. `Exact match, strict`."""
    return label(name) + (", strict" if name.startswith(STRICT) else "")


def number(name: str, value: float) -> str:
    """A value with the digits the field prints: two for distances, four for shares."""
    return "" if math.isnan(value) else f"{value:.2f}" if name in DISTANCES else f"{value:.4f}"


def span(name: str, ends: tuple[float, float] | None) -> str:
    """An interval as text; empty for none."""
    return "" if ends is None else f"{number(name, ends[0])} .. {number(name, ends[1])}"


def ahead(name: str, difference: float) -> str:
    """Which system is ahead for a difference B - A: `A`, `B` or `same`."""
    if difference == 0 or math.isnan(difference):
        return "same"
    return "B" if (difference > 0) == higher_is_better(name) else "A"

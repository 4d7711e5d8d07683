"""Reward functions in TRL's signature, over the verifier and the match ladder.

Each takes `prompts`, `completions` and the columns of the training rows, and returns one number a completion, higher
is better; None where it does not apply, which TRL leaves out of the sum. The columns are `direction`, `given` (the
side that the student was given) and `reference` (the whole answer of the run's record, its rationale included).

A reward is something to be cheated, and a policy finds the cheapest way. What each of them leaves no room for is
tested in `tests/training/rewards/`:

- What is said is counted once, however often; what is true of most molecules, and what is not there, earns nothing.
- What earns is capped at what the reference earns, so that saying ever more does not pay.
- What is refuted, undecided or unread costs, unless the reference says it as well.
- Fragments count for phrases that verification tied to that very fragment, so that no other piece of the molecule does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.resources import Resources
from molreflect.tools.retrieval.fingerprints import PackedFingerprints, morgan
from molreflect.tools.terms import Direction, Verdict
from molreflect.tools.verification.claims import Claim, claims_of
from molreflect.training.evaluation.faithfulness import judge_alignment
from molreflect.training.evaluation.metrics.captions import rouge
from molreflect.training.examples.answers import ParsedAnswer, parse_answer
from molreflect.training.rewards.information import ClaimWeights, Tally, chosen_for_comparison

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "form": 1.0,
        "claims": 1.0,
        "rationale": 0.5,
        "validity": 0.5,
        "exact": 1.0,
        "similarity": 0.5,
        "overlap": 0.5,
        "length": 0.5,
        "repetition": 0.5,
    }
)
"""Every reward function and what it counts for in the sum, unless the settings say otherwise."""
FREE_LENGTH = 1.5
"""How many times as long as the reference an answer may be at no cost."""
_OPEN_COST = 0.5
"""Cost of a claim that cannot be decided or read, in claims that are refuted."""
_GRAM = 4
"""Words of the sequences whose repetition is counted."""

RewardFunction = Callable[..., list[float | None]]


class Rewards:
    """Every reward function, over one set of resources; what a text or a reference comes to is remembered.

    Args:
        resources: What claims are looked up in.
        compared: SMILES of the training set, by which claims are weighed; see `ClaimWeights`.
    """

    def __init__(self, resources: Resources, compared: Sequence[str]) -> None:
        chosen = chosen_for_comparison(map(read_molecule, compared))
        self.weights = ClaimWeights(resources, chosen)
        self._tally = lru_cache(maxsize=4_096)(self._tally_of)
        self._asked = lru_cache(maxsize=4_096)(self._asked_of)

    def functions(self, weights: Mapping[str, float] = WEIGHTS) -> tuple[list[RewardFunction], list[float]]:
        """Return the functions that have a weight, and their weights, as TRL takes them.

        Raises:
            InputError: A name is no reward function.
        """
        for name in weights:
            if name not in WEIGHTS:
                raise InputError(f"{name!r} is no reward; the rewards are {', '.join(WEIGHTS)}")
        used = {name: float(weight) for name, weight in weights.items() if weight}
        return [getattr(self, name) for name in used], list(used.values())

    def total(self, completion: str, row: Mapping[str, Any], weights: Mapping[str, float] = WEIGHTS) -> float:
        """Return the weighted sum for one answer, as TRL sums it.

        Args:
            completion: The whole answer.
            row: The columns `direction`, `given` and `reference`.
            weights: As in `functions`.
        """
        columns = {name: [row[name]] for name in ("direction", "given", "reference")}
        functions, numbers = self.functions(weights)
        found = [function([""], [completion], **columns)[0] for function in functions]
        return sum(w * value for w, value in zip(numbers, found, strict=True) if value is not None)

    def form(self, prompts: Any, completions: Any, **columns: Any) -> list[float | None]:
        """Penalise an answer that is not where it belongs; range -1 to 0.

        0 for an answer behind its marker, -0.5 for one without a marker, -1 for none at all. Source:
        `examples.answers.parse_answer`.
        """
        cost = {"ok": 0.0, "unmarked": -0.5}
        return [cost.get(row.said.status, -1.0) for row in _rows(completions, columns)]

    def claims(self, prompts: Any, completions: Any, **columns: Any) -> list[float | None]:
        """Score what is claimed of the molecule, as the verifier judges it; range -1 to 1.

        mol2cap: information of the supported claims of the caption over that of the reference's (at most 1), minus
        the refuted claims and half of the undecided and unread ones over the number of the reference's supported
        claims; what the reference says too costs nothing. cap2mol: of the given caption's claims that the reference
        molecule meets, the share of information that the answer meets, minus the share of them that it contradicts;
        -1 for an answer that cannot be read or is in more pieces than the reference. None where the reference has no
        claim to compare with. Source: `tools.verification.text_check.check`.
        """
        return [
            self._of_caption(row) if row.direction is Direction.MOL2CAP else self._of_molecule(row)
            for row in _rows(completions, columns)
        ]

    def rationale(self, prompts: Any, completions: Any, **columns: Any) -> list[float | None]:
        """Score the alignments that stand before the answer; range -1 to 1.

        The share of the phrases in the reference's rationale (which verification accepted) that the answer ties to
        the same fragment, where the phrase stands in the caption and the fragment in the molecule; minus the wrong
        alignments over the number of those phrases. For cap2mol that asks whether the answer holds what its rationale
        promised. Other alignments that hold earn nothing. None where the reference has no rationale. Source:
        `evaluation.faithfulness.judge_alignment`.
        """
        return [self._of_rationale(row) for row in _rows(completions, columns)]

    def validity(self, prompts: Any, completions: Any, **columns: Any) -> list[float | None]:
        """Score 1 for a SMILES that RDKit reads, in no more pieces than the reference, else 0; cap2mol only."""
        return [None if row.caption_wanted else float(row.molecule is not None) for row in _rows(completions, columns)]

    def exact(self, prompts: Any, completions: Any, **columns: Any) -> list[float | None]:
        """Score 1 for the reference's molecule, stereochemistry included, else 0; cap2mol only.

        Source: equal InChIKeys; equal canonical SMILES where InChI has none.
        """
        return [None if row.caption_wanted else float(row.is_same_molecule()) for row in _rows(completions, columns)]

    def similarity(self, prompts: Any, completions: Any, **columns: Any) -> list[float | None]:
        """Score the Tanimoto similarity to the reference's molecule, range 0 to 1; cap2mol only.

        0 for an answer that cannot be read. Source: Morgan fingerprint of radius 2, 2048 bits (Rogers and Hahn 2010).
        """
        return [None if row.caption_wanted else row.similarity() for row in _rows(completions, columns)]

    def overlap(self, prompts: Any, completions: Any, **columns: Any) -> list[float | None]:
        """Score ROUGE-L (F-measure) with the reference's caption, range 0 to 1; mol2cap only. Source: Lin 2004."""
        rows = _rows(completions, columns)
        scores = rouge([row.said.answer for row in rows], [row.right.answer for row in rows])["rougeL"]
        return [float(score) if row.caption_wanted else None for row, score in zip(rows, scores, strict=True)]

    def length(self, prompts: Any, completions: Any, **columns: Any) -> list[float | None]:
        """Penalise what is much longer than the reference; range -1 to 0.

        0 up to 1.5 times the reference's characters, -1 from 3 times on; the same for the heavy atoms of a molecule.
        The worse of both.
        """
        return [-max(_excess(*pair) for pair in row.sizes()) for row in _rows(completions, columns)]

    def repetition(self, prompts: Any, completions: Any, **columns: Any) -> list[float | None]:
        """Penalise what is said again; range -1 to 0.

        The share of four-word sequences that occurred before in the answer, as far as it is above the reference's
        own. Source: distinct-n (Li et al. 2016), over the whole answer.
        """
        found: list[float | None] = []
        for row in _rows(completions, columns):
            usual = repeated(row.reference)
            found.append(-max(0.0, repeated(row.text) - usual) / (1 - usual))
        return found

    def _tally_of(self, smiles: str, text: str) -> Tally:
        return self.weights.tally(read_molecule(smiles), text)

    def _of_caption(self, row: _Row) -> float | None:
        best = self._tally(row.given, row.right.answer)
        if not best.bits:
            return None
        mine = self._tally(row.given, row.said.answer)
        refuted = len(mine.refuted - best.refuted)
        left_open = len(mine.open - best.open - best.refuted)
        cost = (refuted + _OPEN_COST * left_open) / len(best.supported)
        return max(-1.0, min(1.0, mine.bits / best.bits) - cost)

    def _asked_of(self, caption: str, smiles: str) -> tuple[tuple[Claim, float], ...]:
        """List the claims of a caption that its own molecule meets, with their information."""
        molecule = read_molecule(smiles)
        met = (c for c in claims_of(caption, self.weights.resources) if c.verify(molecule).verdict is Verdict.SUPPORTED)
        weighed = ((claim, self.weights.bits(claim.phrase, caption)) for claim in met)
        return tuple((claim, bits) for claim, bits in weighed if bits)

    def _of_molecule(self, row: _Row) -> float | None:
        asked = self._asked(row.given, row.right.answer)
        if not asked:
            return None
        if row.molecule is None:
            return -1.0
        verdicts = [claim.verify(row.molecule).verdict for claim, _ in asked]
        met = sum(bits for (_, bits), found in zip(asked, verdicts, strict=True) if found is Verdict.SUPPORTED)
        refuted = sum(found is Verdict.REFUTED for found in verdicts)
        return met / sum(bits for _, bits in asked) - refuted / len(asked)

    def _of_rationale(self, row: _Row) -> float | None:
        verified: dict[str, set[str]] = {}
        for part in row.right.parts:
            verified.setdefault(part.phrase.lower(), set()).add(part.fragment)
        if not verified:
            return None
        caption, molecule = row.both_sides()
        if molecule is None:
            return -1.0 if row.said.parts else 0.0
        met, wrong = set(), 0
        for phrase, fragment in dict.fromkeys((part.phrase, part.fragment) for part in row.said.parts):
            verdict, _ = judge_alignment(phrase, fragment, molecule=molecule, caption=caption)
            wrong += verdict is Verdict.REFUTED
            if verdict is Verdict.SUPPORTED and fragment in verified.get(phrase.lower(), ()):
                met.add(phrase.lower())
        return max(-1.0, (len(met) - wrong) / len(verified))


class _Row:
    """One completion with its row, taken apart."""

    def __init__(self, text: str, direction: str, given: str, reference: str) -> None:
        self.text, self.given, self.reference = text, given, reference
        self.direction = Direction(direction)
        self.said: ParsedAnswer = parse_answer(text, self.direction)
        self.right: ParsedAnswer = parse_answer(reference, self.direction)
        self.caption_wanted = self.direction is Direction.MOL2CAP

    @property
    def molecule(self) -> Molecule | None:
        """The molecule that was written; None where it cannot be read, or is in more pieces than the reference.

        The fragments of a rationale, written side by side as a mixture, hold all that was asked for and are no answer.
        """
        found, right = _readable(self.said.answer), _readable(self.right.answer)
        if found is None or right is None or len(found.components) > len(right.components):
            return None
        return found

    def both_sides(self) -> tuple[str, Molecule | None]:
        """Caption and molecule, one of them given and the other one written."""
        if self.caption_wanted:
            return self.said.answer, _readable(self.given)
        return self.given, self.molecule

    def is_same_molecule(self) -> bool:
        mine, right = self.molecule, _readable(self.right.answer)
        if mine is None or right is None or mine.formula != right.formula:
            return False
        if mine.inchikey and right.inchikey:
            return mine.inchikey == right.inchikey
        return mine.components == right.components

    def similarity(self) -> float:
        mine, right = self.molecule, _readable(self.right.answer)
        if mine is None or right is None:
            return 0.0
        return float(PackedFingerprints([morgan(right.mol)]).tanimoto(morgan(mine.mol))[0])

    def sizes(self) -> list[tuple[int, int]]:
        """What is compared in size: the written one, and the reference."""
        sizes = [(len(self.text), len(self.reference))]
        if not self.caption_wanted:
            mine, right = self.molecule, _readable(self.right.answer)
            if mine is not None and right is not None:
                sizes.append((mine.heavy_atoms, right.heavy_atoms))
        return sizes


def _rows(completions: Sequence[Any], columns: Mapping[str, Any]) -> list[_Row]:
    texts = [text if isinstance(text, str) else "".join(str(turn["content"]) for turn in text) for text in completions]
    given = (columns["direction"], columns["given"], columns["reference"])
    return [_Row(*row) for row in zip(texts, *given, strict=True)]


def _readable(smiles: str) -> Molecule | None:
    try:
        return read_molecule(smiles)
    except InputError:  # what is no molecule has a score of its own
        return None


def _excess(mine: int, right: int) -> float:
    """How far something is beyond `FREE_LENGTH` times the right size: 0 there, 1 at twice that."""
    return min(1.0, max(0.0, mine / max(1, right) / FREE_LENGTH - 1))


def repeated(text: str) -> float:
    """Share of the four-word sequences of a text that occurred before in it, 0 to below 1; 0 for a shorter one."""
    words = text.lower().split()
    grams = [tuple(words[i : i + _GRAM]) for i in range(len(words) - _GRAM + 1)]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0

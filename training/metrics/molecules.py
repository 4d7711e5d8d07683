"""Scores of generated molecules: validity, exact match, Levenshtein distance, fingerprint similarity.

The time goes into RDKit (a MACCS and a path fingerprint cost about 1.7 ms a molecule), so every distinct SMILES is
parsed once, on all cores, and fingerprints are made only where they can change a score: not for rows with an
invalid side, and not for pairs that are equal but for stereochemistry, which none of the three fingerprints sees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_SMILES = 10_000
"""Longest SMILES that is read, in characters. ChEBI-20's longest has 1,135; RDKit may take minutes for a million."""
FINGERPRINTS = ("maccs", "rdk", "morgan")
_INCHI_SAFE_ATOMS = 250
"""Heavy atoms up to which a molecule stays within InChI's limit of 1,024 atoms, hydrogens included."""
_FEW_ATOMS = 8
"""Molecules below this may have an empty fingerprint, whose similarity with itself is 0 in RDKit (methane's path
fingerprint is one), so they are never taken as similar without looking."""


class Invalid(StrEnum):
    """Why an answer is no molecule."""

    EMPTY = "empty"
    """Nothing, or only blanks. (MolT5's scripts count the empty string as valid.)"""
    TOO_LONG = "too_long"
    """More than `MAX_SMILES` characters: not read at all."""
    EXTRA_TEXT = "extra_text"
    """More than one word. RDKit reads the first and takes the rest for a name, so MolT5's scripts call it valid."""
    PARENTHESES = "unbalanced_parentheses"
    RING = "unclosed_ring"
    SYNTAX = "syntax"
    VALENCE = "valence"
    AROMATICITY = "aromaticity"
    """RDKit cannot find alternating bonds for the aromatic atoms."""
    SANITIZATION = "sanitization"
    """RDKit reads the string but refuses the molecule for another reason."""
    CRASHED = "crashed"
    """The process that read it died."""


class Reading(NamedTuple):
    """What every score needs to know of one SMILES."""

    valid: bool
    """Whether `Chem.MolFromSmiles` gives a molecule: MolT5's notion of validity, blind to extra text."""
    problem: Invalid | None
    """Why the string is no molecule in strict mode; None when it is one."""
    formula: str
    """Sum formula with charge; empty when not valid or when InChI may fail, so that InChIs must be compared."""


class Identity(NamedTuple):
    """What tells whether two molecules of the same formula are the same."""

    canonical: str
    """Canonical SMILES with stereo."""
    shape: str
    """Equal for molecules that differ in stereo only; empty when that is not safe to say (few atoms)."""
    inchi: str
    """Standard InChI; empty where InChI fails, as `Chem.MolToInchi` gives it."""


Fingerprints = tuple[Any, Any, Any]


class MoleculeReader:
    """Reads SMILES with RDKit and keeps the molecules for a second look at some of them."""

    def __init__(self) -> None:
        self._molecules: dict[str, Any] = {}

    def read(self, texts: Iterable[str]) -> list[Reading]:
        """Read every text."""
        from rdkit import rdBase

        with rdBase.BlockLogs():
            return [self._read(text) for text in texts]

    def _read(self, text: str) -> Reading:
        from rdkit.Chem.rdMolDescriptors import CalcMolFormula

        molecule = self._molecule(text)
        if molecule is None:
            return Reading(False, _problem(text), "")
        problem = None
        if not text.strip():
            problem = Invalid.EMPTY
        elif len(text.split()) > 1:
            problem = Invalid.EXTRA_TEXT
        # InChI is the empty string for molecules with dummy atoms, above its size limit, and for none at all.
        ordinary = 0 < molecule.GetNumAtoms() < _INCHI_SAFE_ATOMS and "*" not in text and "#0" not in text
        return Reading(True, problem, CalcMolFormula(molecule) if ordinary else "")

    def identities(self, texts: Iterable[str]) -> list[Identity]:
        """Canonical SMILES and InChI of every text, all of which RDKit reads."""
        from rdkit import Chem, rdBase

        found = []
        with rdBase.BlockLogs():
            for molecule in map(self._molecule, texts):
                canonical = Chem.MolToSmiles(molecule)
                shape = ""
                if molecule.GetNumAtoms() >= _FEW_ATOMS and molecule.GetNumBonds():
                    # Morgan and MACCS fingerprints see isotopes, which the SMILES without stereo leaves out.
                    isotopes = any(atom.GetIsotope() for atom in molecule.GetAtoms())
                    shape = canonical if isotopes else Chem.MolToSmiles(molecule, isomericSmiles=False)
                found.append(Identity(canonical, shape, Chem.MolToInchi(molecule)))
        return found

    def canonical(self, texts: Iterable[str]) -> list[str]:
        """Canonical SMILES with stereo of every text, all of which RDKit reads."""
        from rdkit import Chem

        return [Chem.MolToSmiles(self._molecule(text)) for text in texts]

    def fingerprints(self, texts: Iterable[str]) -> list[Fingerprints]:
        """MACCS keys, RDKit path and count-based Morgan (radius 2) fingerprint of every text.

        Source: `MACCSkeys.GenMACCSKeys`, `Chem.RDKFingerprint`, `AllChem.GetMorganFingerprint(mol, 2)`, as in MolT5.
        """
        from rdkit.Chem import RDKFingerprint, rdFingerprintGenerator
        from rdkit.Chem.rdMolDescriptors import GetMACCSKeysFingerprint

        morgan = rdFingerprintGenerator.GetMorganGenerator(radius=2)
        return [
            (GetMACCSKeysFingerprint(m), RDKFingerprint(m), morgan.GetSparseCountFingerprint(m))
            for m in map(self._molecule, texts)
        ]

    def _molecule(self, text: str) -> Any:
        from rdkit import Chem

        if text not in self._molecules:
            self._molecules[text] = Chem.MolFromSmiles(text) if len(text) <= MAX_SMILES else None
        return self._molecules[text]


def _problem(text: str) -> Invalid:
    """Say why RDKit does not read `text`."""
    from rdkit import Chem

    if not text.strip():
        return Invalid.EMPTY
    if len(text) > MAX_SMILES:
        return Invalid.TOO_LONG
    if len(text.split()) > 1:
        return Invalid.EXTRA_TEXT
    molecule = Chem.MolFromSmiles(text, sanitize=False)
    if molecule is None:
        return _syntax_problem(text)
    for problem in Chem.DetectChemistryProblems(molecule):
        kind = problem.GetType()
        if kind == "AtomValenceException":
            return Invalid.VALENCE
        if kind in ("KekulizeException", "AtomKekulizeException"):
            return Invalid.AROMATICITY
    return Invalid.SANITIZATION


def _syntax_problem(text: str) -> Invalid:
    """Tell the two commonest slips of a language model from other syntax errors."""
    depth = 0
    open_rings: set[str] = set()
    i = 0
    while i < len(text):
        character = text[i]
        if character == "[":
            end = text.find("]", i)
            if end < 0:
                return Invalid.SYNTAX
            i = end
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth < 0:
                return Invalid.PARENTHESES
        elif character == "%":
            open_rings ^= {text[i + 1 : i + 3]}
            i += 2
        elif character.isdigit():
            open_rings ^= {character}
        i += 1
    if depth:
        return Invalid.PARENTHESES
    return Invalid.RING if open_rings else Invalid.SYNTAX


@dataclass(frozen=True, slots=True)
class MoleculeScores:
    """Scores of every row, arrays of shape (rows,)."""

    compatible: dict[str, NDArray[np.float64]]
    """As MolT5's scripts have them: `exact_match`, `levenshtein`, `validity`, and `maccs`, `rdk`, `morgan`, which mean
    something only where `scored` is true."""
    scored: NDArray[np.bool_]
    """Rows whose answer and reference both parse: those MolT5's fingerprint script averages over."""
    strict: dict[str, NDArray[np.float64]]
    """0 for every invalid or empty answer: `validity`, `exact_match`, `exact_match_flat`, `exact_match_canonical`,
    `maccs`, `rdk`, `morgan`, `levenshtein_similarity`."""
    problems: tuple[Invalid | None, ...]
    """Why an answer is no molecule in strict mode, row by row."""
    canonical: tuple[tuple[str, str], ...]
    """Canonical SMILES of answer and reference, row by row, where they were asked for; empty where RDKit reads none."""
    unreadable_truths: int
    """Rows whose reference RDKit does not read; they score 0 in strict mode."""

    @property
    def problem_counts(self) -> dict[str, int]:
        """How many answers are invalid for which reason, most frequent first."""
        return {str(p): n for p, n in Counter(p for p in self.problems if p is not None).most_common()}


Progress = Callable[[str, int, int], None]
"""Called with a stage's name, how much is done and how much there is."""


def score_molecules(
    outputs: Sequence[str],
    truths: Sequence[str],
    *,
    canonical: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> MoleculeScores:
    """Score generated SMILES against references, row by row, in MolT5's way and strictly.

    Args:
        outputs: Answers, as written.
        truths: References, as written.
        canonical: Write canonical SMILES of all molecules too.
        workers: Processes for RDKit; None for one a core where it pays, 1 for this process.
        progress: Told how far it is.

    Source: `mol_translation_metrics.py` and `fingerprint_metrics.py` of github.com/blender-nlp/MolT5.
    """
    from rapidfuzz.distance import Levenshtein

    from training.metrics.workers import MoleculePool

    rows = list(zip(outputs, truths, strict=True))
    with MoleculePool(dict.fromkeys([*truths, *outputs]), workers=workers, progress=progress) as pool:
        read = pool.read()
        pairs = [(read[output], read[truth]) for output, truth in rows]
        both = [output.valid and truth.valid for output, truth in pairs]
        # Composition differs: neither the same molecule nor the same InChI, so nothing more is asked.
        compared = [i for i, row in enumerate(rows) if both[i] and row[0] != row[1] and _may_match(*pairs[i])]
        known = pool.identities(dict.fromkeys(text for i in compared for text in rows[i]))
        same = {i: (known[rows[i][0]], known[rows[i][1]]) for i in compared}
        alike = {i for i, (output, truth) in same.items() if output.shape and output.shape == truth.shape}
        alike |= {i for i, row in enumerate(rows) if both[i] and row[0] == row[1] and _has_fingerprints(row[0])}
        wanted = [i for i in range(len(rows)) if both[i] and i not in alike]
        made = pool.fingerprints(dict.fromkeys(text for i in wanted for text in rows[i]))
        names = pool.canonical(text for text, reading in read.items() if reading.valid) if canonical else {}
    problems = [output.problem for output, _ in pairs]
    distance = np.fromiter((Levenshtein.distance(a, b) for a, b in rows), dtype=np.float64, count=len(rows))
    similarity = np.zeros((len(rows), len(FINGERPRINTS)))
    exact, exact_strict, flat, spelt = (np.zeros(len(rows)) for _ in range(4))
    for i in range(len(rows)):
        if not both[i]:
            continue
        if i in alike:
            similarity[i] = 1.0
        else:
            mine, theirs = (made[text] for text in rows[i])
            if mine is None or theirs is None:
                both[i], problems[i] = False, Invalid.CRASHED
                continue
            similarity[i] = [_tanimoto(a, b) for a, b in zip(mine, theirs, strict=True)]
        if rows[i][0] == rows[i][1]:
            exact[i] = exact_strict[i] = flat[i] = spelt[i] = True
        elif i in same:
            left, right = same[i]
            spelt[i] = left.canonical == right.canonical
            exact[i] = left.inchi == right.inchi
            # Two failed InChIs are equal to MolT5's script; here the canonical SMILES decides then.
            decided = bool(left.inchi and right.inchi)
            exact_strict[i] = exact[i] if decided else spelt[i]
            flat[i] = _without_stereo(left.inchi) == _without_stereo(right.inchi) if decided else spelt[i]
    valid = np.asarray([problem is None for problem in problems], dtype=np.float64)
    fair = valid * np.asarray([truth.valid for _, truth in pairs], dtype=np.float64)
    longest = np.fromiter((max(1, len(a), len(b)) for a, b in rows), dtype=np.float64, count=len(rows))
    compatible = {"exact_match": exact, "levenshtein": distance, "validity": np.asarray(both, dtype=np.float64)}
    compatible |= {name: similarity[:, k] for k, name in enumerate(FINGERPRINTS)}
    strict = {
        "validity": valid,
        "exact_match": exact_strict * fair,
        "exact_match_flat": flat * fair,
        "exact_match_canonical": spelt * fair,
    }
    # A molecule is like itself, whatever RDKit says of two empty fingerprints.
    strict |= {name: np.where(spelt > 0, 1.0, similarity[:, k]) * fair for k, name in enumerate(FINGERPRINTS)}
    strict["levenshtein_similarity"] = (1.0 - distance / longest) * valid
    return MoleculeScores(
        compatible,
        np.asarray(both),
        strict,
        tuple(problems),
        tuple((names.get(output, ""), names.get(truth, "")) for output, truth in rows) if canonical else (),
        sum(not truth.valid for _, truth in pairs),
    )


def _may_match(output: Reading, truth: Reading) -> bool:
    """Whether the InChIs could be equal: they contain the composition, unless InChI failed on one of them."""
    return output.formula == truth.formula or not (output.formula and truth.formula)


def _has_fingerprints(smiles: str) -> bool:
    """Whether a molecule is surely large enough to have no empty fingerprint, judged by its letters."""
    return sum(character.isalpha() for character in smiles) >= 2 * _FEW_ATOMS and "." not in smiles


def _tanimoto(a: Any, b: Any) -> float:
    from rdkit.DataStructs import TanimotoSimilarity

    return float(TanimotoSimilarity(a, b))


def _without_stereo(inchi: str) -> str:
    """Drop the stereo layers /b, /t, /m and /s, of every part of the InChI."""
    return "/".join(layer for layer in inchi.split("/") if layer[:1] not in "btms" or not layer)

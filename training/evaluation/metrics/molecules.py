"""Scores of generated molecules: validity, exact match, Levenshtein distance, fingerprint similarity.

The time goes into RDKit (a MACCS and a path fingerprint cost about 1.7 ms a molecule), so every distinct SMILES is
parsed once, rows are shared out over all cores, and fingerprints are made only where they can change a score: not for
rows with an invalid side, and not for pairs that are equal but for stereochemistry, which none of the three sees.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from molreflect.training.progress import Progress

MAX_SMILES = 10_000
"""Longest SMILES that is read, in characters. ChEBI-20's longest has 1,135; RDKit may take minutes for a million."""
FINGERPRINTS = ("maccs", "rdk", "morgan")
_INCHI_SAFE_ATOMS = 250
"""Heavy atoms up to which a molecule stays within InChI's limit of 1,024 atoms, hydrogens included."""
_FEW_ATOMS = 8
"""Molecules below this may have an empty fingerprint, whose similarity with itself is 0 in RDKit (methane's path
fingerprint is one), so they are never taken as similar without looking."""
_KEPT = 20_000
"""Molecules that one reader keeps; more are dropped together."""
_ORDINARY = re.compile(r"(?:[A-Za-z0-9@+\-()=#/\\.%]|\[(?!#)(?!\d{3})[A-Za-z0-9@+\-]*\])*")
"""SMILES of plain atoms and bonds. InChI fails, or RDKit dies of it, for wildcards, dative and aromatic bonds of their
own, isotopes like `[999H+]`, so whatever is written in other characters is compared with care, in another process."""


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


class RowScore(NamedTuple):
    """What RDKit says of one answer and its reference."""

    problem: Invalid | None
    """Why the answer is no molecule in strict mode; None when it is one."""
    truth_valid: bool
    both_valid: bool
    """Whether `Chem.MolFromSmiles` gives a molecule for both: MolT5's notion of validity, blind to extra text."""
    exact: bool = False
    """Equal InChI, as MolT5 has it: two failed InChIs are equal."""
    exact_strict: bool = False
    exact_flat: bool = False
    exact_canonical: bool = False
    similarity: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Tanimoto of MACCS, path and Morgan fingerprints; 0 where a side is invalid."""
    canonical: tuple[str, str] = ("", "")
    """Canonical SMILES of answer and reference where they were asked for; empty for what RDKit does not read."""


CRASHED = RowScore(Invalid.CRASHED, False, False)
"""Of a row whose reading killed the process."""


class ReadSmiles(NamedTuple):
    """A text as RDKit reads it."""

    molecule: Any
    """None where it is none."""
    formula: str
    """Sum formula with charge; empty when not valid or when InChI may fail, so that InChIs must be compared."""


Fingerprints = tuple[Any, Any, Any]


class RowReader:
    """Scores rows with RDKit; keeps what it read, since references and answers recur."""

    def __init__(self) -> None:
        self._read_texts: dict[str, ReadSmiles] = {}
        self._made: dict[str, Fingerprints] = {}
        self._morgan: Any = None

    def score(self, rows: Sequence[tuple[str, str]], canonical: bool = False) -> list[RowScore]:
        """Score rows of answer and reference; `canonical` writes their canonical SMILES too."""
        from molreflect.tools.molecules.read import quiet_rdkit

        if len(self._read_texts) > _KEPT:
            self._read_texts.clear()
            self._made.clear()
        with quiet_rdkit():
            return [self._score(output, truth, canonical) for output, truth in rows]

    def _score(self, output: str, truth: str, canonical: bool) -> RowScore:
        from rdkit import Chem

        mine, right = self.read(output), self.read(truth)
        names = ("", "")
        if canonical:
            names = _name(mine.molecule), _name(right.molecule)
        problem = _problem(output, mine.molecule)
        if mine.molecule is None or right.molecule is None:
            return RowScore(problem, right.molecule is not None, False, canonical=names)
        if output == truth:
            alike = _has_fingerprints(output)
            similarity = (1.0, 1.0, 1.0) if alike else self._similarity(output, truth)
            return RowScore(problem, True, True, True, True, True, True, similarity, names)
        if mine.formula != right.formula and mine.formula and right.formula:
            # Another composition: neither the same molecule nor the same InChI.
            return RowScore(problem, True, True, similarity=self._similarity(output, truth), canonical=names)
        spelt = Chem.MolToSmiles(mine.molecule) == Chem.MolToSmiles(right.molecule)
        left, theirs = Chem.MolToInchi(mine.molecule), Chem.MolToInchi(right.molecule)
        # Two failed InChIs are equal to MolT5's script; in strict mode the canonical SMILES decides then.
        decided = bool(left and theirs)
        return RowScore(
            problem,
            True,
            True,
            exact=left == theirs,
            exact_strict=left == theirs if decided else spelt,
            exact_flat=_without_stereo(left) == _without_stereo(theirs) if decided else spelt,
            exact_canonical=spelt,
            similarity=(1.0, 1.0, 1.0) if _alike(mine.molecule, right.molecule) else self._similarity(output, truth),
            canonical=names,
        )

    def read(self, text: str) -> ReadSmiles:
        """Read one text; a longer one than `MAX_SMILES` is none."""
        from rdkit import Chem
        from rdkit.Chem.rdMolDescriptors import CalcMolFormula

        found = self._read_texts.get(text)
        if found is None:
            molecule = Chem.MolFromSmiles(text) if len(text) <= MAX_SMILES else None
            # InChI is the empty string for molecules with odd bonds, above its size limits, and for none at all.
            safe = molecule is not None and 0 < molecule.GetNumAtoms() < _INCHI_SAFE_ATOMS and is_ordinary(text)
            safe = safe and text.count(")(") < _INCHI_SAFE_BRANCHES
            found = self._read_texts[text] = ReadSmiles(molecule, CalcMolFormula(molecule) if safe else "")
        return found

    def _similarity(self, output: str, truth: str) -> tuple[float, float, float]:
        from rdkit.DataStructs import TanimotoSimilarity

        mine, right = self._fingerprints(output), self._fingerprints(truth)
        maccs, rdk, morgan = (float(TanimotoSimilarity(a, b)) for a, b in zip(mine, right, strict=True))
        return maccs, rdk, morgan

    def _fingerprints(self, text: str) -> Fingerprints:
        """MACCS keys, RDKit path and count-based Morgan (radius 2) fingerprint.

        Source: `MACCSkeys.GenMACCSKeys`, `Chem.RDKFingerprint`, `AllChem.GetMorganFingerprint(mol, 2)`, as in MolT5.
        """
        from rdkit.Chem import RDKFingerprint, rdFingerprintGenerator
        from rdkit.Chem.rdMolDescriptors import GetMACCSKeysFingerprint

        found = self._made.get(text)
        if found is None:
            if self._morgan is None:
                self._morgan = rdFingerprintGenerator.GetMorganGenerator(radius=2)
            m = self._read_texts[text].molecule
            found = GetMACCSKeysFingerprint(m), RDKFingerprint(m), self._morgan.GetSparseCountFingerprint(m)
            self._made[text] = found
        return found


_INCHI_SAFE_BRANCHES = 15
"""Side chains one after the other, with which no atom reaches the 20 neighbours that are too many for InChI."""


def is_ordinary(text: str) -> bool:
    """Whether a text is written in plain atoms and bonds only, which neither InChI nor RDKit trips over."""
    return _ORDINARY.fullmatch(text) is not None


def _name(molecule: Any) -> str:
    """Canonical SMILES; empty for no molecule."""
    from rdkit import Chem

    return "" if molecule is None else str(Chem.MolToSmiles(molecule))


def _alike(one: Any, two: Any) -> bool:
    """Whether two molecules surely have the same fingerprints, none of them empty: equal but for stereochemistry."""
    from rdkit import Chem

    if one.GetNumAtoms() < _FEW_ATOMS or not one.GetNumBonds():
        return False
    # Morgan and MACCS fingerprints see isotopes, which the SMILES without stereo leaves out.
    if any(atom.GetIsotope() for molecule in (one, two) for atom in molecule.GetAtoms()):
        return bool(Chem.MolToSmiles(one) == Chem.MolToSmiles(two))
    return bool(Chem.MolToSmiles(one, isomericSmiles=False) == Chem.MolToSmiles(two, isomericSmiles=False))


def _problem(text: str, read: Any) -> Invalid | None:
    """Say why `text` is no molecule and nothing else; `read` is what RDKit made of it, None for nothing."""
    from rdkit import Chem

    if not text.strip():
        return Invalid.EMPTY
    if len(text) > MAX_SMILES:
        return Invalid.TOO_LONG
    if len(text.split()) > 1:
        return Invalid.EXTRA_TEXT
    if read is not None:
        return None
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

    from molreflect.training.evaluation.metrics.workers import score_rows

    rows = list(zip(outputs, truths, strict=True))
    distance = np.fromiter((Levenshtein.distance(a, b) for a, b in rows), dtype=np.float64, count=len(rows))
    found = score_rows(rows, canonical=canonical, workers=workers, progress=progress)
    scores = [found[row] for row in rows]
    problems = [score.problem for score in scores]
    both = np.asarray([score.both_valid for score in scores], dtype=bool)
    similarity = np.asarray([score.similarity for score in scores], dtype=np.float64).reshape(len(rows), 3)
    exact, exact_strict, flat, spelt = (
        np.asarray([getattr(score, name) for score in scores], dtype=np.float64)
        for name in ("exact", "exact_strict", "exact_flat", "exact_canonical")
    )
    valid = np.asarray([problem is None for problem in problems], dtype=np.float64)
    fair = valid * np.asarray([score.truth_valid for score in scores], dtype=np.float64)
    longest = np.fromiter((max(1, len(a), len(b)) for a, b in rows), dtype=np.float64, count=len(rows))
    compatible = {"exact_match": exact, "levenshtein": distance, "validity": both.astype(np.float64)}
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
        both,
        strict,
        tuple(problems),
        tuple(score.canonical for score in scores) if canonical else (),
        sum(not score.truth_valid for score in scores),
    )


def _has_fingerprints(smiles: str) -> bool:
    """Whether a molecule is surely large enough to have no empty fingerprint, judged by its letters."""
    return sum(character.isalpha() for character in smiles) >= 2 * _FEW_ATOMS and "." not in smiles


def _without_stereo(inchi: str) -> str:
    """Drop the stereo layers /b, /t, /m and /s, of every part of the InChI."""
    return "/".join(layer for layer in inchi.split("/") if layer[:1] not in "btms" or not layer)

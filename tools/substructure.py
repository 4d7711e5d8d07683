"""Where a pattern occurs in a molecule, and how strictly: SMARTS matching with the match ladder."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import lru_cache

from rdkit import Chem

from tools.errors import ChemInputError, shorten
from tools.molecule import Molecule
from tools.verdicts import LADDER, Level

MAX_PATTERN_LENGTH = 5_000
"""Characters of a SMARTS pattern."""
MAX_PATTERN_NESTING = 40
"""Recursive environments `$(...)` in one pattern."""
MATCH_SECONDS = 0.5
"""Most time one search may take on all rungs together."""

_CLOCK_STRIDE = 512  # atom comparisons between two looks at the clock


class MatchTimeoutError(ChemInputError):
    """A search was given up after its time bound; nothing is known about the pattern."""


@dataclass(frozen=True, slots=True)
class Hits:
    """The places where a pattern occurs in a molecule."""

    pattern: str
    atoms: tuple[tuple[int, ...], ...]
    """0-based RDKit atom indices in pattern order, shape (n_hits, n_pattern_atoms); every hit a different atom set."""
    level: Level
    """The strictest rung of the match ladder on which the pattern occurs."""
    capped: bool = False
    """Whether there may be more hits than were asked for."""

    @property
    def covered(self) -> frozenset[int]:
        """All atoms any hit touches."""
        return frozenset(index for hit in self.atoms for index in hit)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A readable SMARTS pattern with the query of every rung."""

    smarts: str
    query: Chem.Mol
    has_stereo: bool
    neutral: Chem.Mol
    skeleton: Chem.Mol


@lru_cache(maxsize=16_384)
def read_pattern(pattern: str) -> Pattern:
    """Read a SMARTS pattern (a SMILES is one as well).

    Args:
        pattern: E.g. `[CX3](=O)[OX2H1]` for a carboxylic acid.

    Raises:
        ChemInputError: RDKit cannot read it, it is empty, or it is over a limit on length or nesting.

    Source: Daylight theory manual, chapter 4.
    """
    text = pattern.strip()
    if not text:
        raise ChemInputError("an empty text is not a pattern; pass SMARTS, e.g. '[CX3](=O)[OX2H1]'")
    if len(text) > MAX_PATTERN_LENGTH or text.count("$(") > MAX_PATTERN_NESTING:
        raise ChemInputError(
            f"{shorten(text)} is over the limits for a pattern ({MAX_PATTERN_LENGTH} characters, "
            f"{MAX_PATTERN_NESTING} recursive environments); pass a smaller one"
        )
    if not text.isascii() or not text.isprintable() or any(c.isspace() for c in text):
        raise ChemInputError(f"{shorten(pattern)} has characters no SMARTS has; pass e.g. '[CX3](=O)[OX2H1]'")
    query = Chem.MolFromSmarts(text)
    if query is None or query.GetNumAtoms() == 0:
        raise ChemInputError(
            f"{shorten(pattern)} is not a SMARTS RDKit can read; check brackets and ring closures, "
            "e.g. '[CX3](=O)[OX2H1]' for a carboxylic acid"
        )
    loosened = _without_charges(text)
    neutral = query if loosened == text else Chem.MolFromSmarts(loosened) or query
    return Pattern(text, query, _states_stereo(query), neutral, _skeleton(query))


def find(
    molecule: Molecule,
    pattern: str,
    *,
    floor: Level = Level.NEUTRAL,
    stereo: bool = False,
    max_hits: int = 64,
    seconds: float = MATCH_SECONDS,
) -> Hits | None:
    """Find every place where a pattern occurs, on the strictest rung of the match ladder that has a hit.

    Args:
        molecule: The molecule; indices run over all its components.
        pattern: SMARTS.
        floor: The loosest rung to climb down to.
        stereo: Insist on the pattern's stereochemistry on every rung (a phrase that says "L-" means it);
            `flat` is then skipped.
        max_hits: Most hits to return (a count of hits, not of atoms).
        seconds: Time bound for all rungs together.

    Returns:
        The hits, or None where the pattern does not occur down to `floor`.

    Raises:
        ChemInputError: The pattern cannot be read.
        MatchTimeoutError: The time bound was reached.

    Source: RDKit `Mol.GetSubstructMatches`.
    """
    read = read_pattern(pattern)
    deadline = time.perf_counter() + seconds
    for level in LADDER[: LADDER.index(floor) + 1]:
        if level is Level.FLAT and (stereo or not read.has_stereo):
            continue  # the same search as `exact`, or one the caller ruled out
        if level is Level.NEUTRAL and not stereo and read.neutral is read.query and molecule.neutral is molecule.mol:
            continue  # nothing is charged on either side
        atoms = match_at(molecule, read, level, stereo=stereo, max_hits=max_hits, deadline=deadline)
        if atoms:
            return Hits(read.smarts, atoms, level, capped=len(atoms) >= max_hits)
    return None


def match_at(
    molecule: Molecule,
    pattern: Pattern,
    level: Level,
    *,
    stereo: bool = False,
    max_hits: int = 64,
    deadline: float | None = None,
) -> tuple[tuple[int, ...], ...]:
    """Match on exactly one rung of the ladder; the empty tuple where the pattern does not occur there.

    Args:
        molecule: The molecule to search.
        pattern: From `read_pattern`.
        level: The one rung to use.
        stereo: Keep stereochemistry on the `neutral` rung too (`exact` always has it, `flat` and `skeleton` never).
        max_hits: Most hits to return.
        deadline: `time.perf_counter()` value at which to give up; default `MATCH_SECONDS` from now.

    Raises:
        MatchTimeoutError: The deadline was reached.
    """
    late = deadline if deadline is not None else time.perf_counter() + MATCH_SECONDS
    params = Chem.SubstructMatchParameters()
    params.maxMatches = max_hits
    params.useChirality = level is Level.EXACT or (stereo and level is Level.NEUTRAL)
    comparisons = 0

    def in_time(_query: Chem.Atom, _target: Chem.Atom) -> bool:
        nonlocal comparisons
        comparisons += 1
        if comparisons % _CLOCK_STRIDE == 0 and time.perf_counter() > late:
            raise MatchTimeoutError(
                f"the search for {shorten(pattern.smarts)} was given up after its time bound; "
                "pass a smaller or more specific pattern"
            )
        return True

    params.setExtraAtomCheckFunc(in_time)
    if level is Level.NEUTRAL:
        mol, query = molecule.neutral, pattern.neutral
    elif level is Level.SKELETON:
        mol, query = molecule.mol, pattern.skeleton
    else:
        mol, query = molecule.mol, pattern.query
    return tuple(tuple(hit) for hit in mol.GetSubstructMatches(query, params))


def fragment_smiles(molecule: Molecule, atoms: tuple[int, ...]) -> str:
    """Write some atoms of a molecule as SMILES, as they stand in it.

    Args:
        molecule: The molecule.
        atoms: 0-based atom indices; order does not matter.

    Returns:
        Canonical fragment SMILES. Open valences are not filled: a cut ring may be readable as SMARTS only.
    """
    return str(Chem.MolFragmentToSmiles(molecule.mol, atomsToUse=sorted(set(atoms)), canonical=True))


def _states_stereo(query: Chem.Mol) -> bool:
    """Whether a query names a stereo centre or a double-bond geometry."""
    directed = (Chem.BondDir.ENDUPRIGHT, Chem.BondDir.ENDDOWNRIGHT)
    return any(a.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED for a in query.GetAtoms()) or any(
        b.GetBondDir() in directed or b.GetStereo() not in (Chem.BondStereo.STEREONONE, Chem.BondStereo.STEREOANY)
        for b in query.GetBonds()
    )


_CHARGE = re.compile(r"!?[+-]+\d*")
_HYDROGENS_OR_DEGREE = re.compile(r"(?<=[A-Za-z\d;&,@*])(?:H\d*(?![a-z])|[XDv]\d+)")


def _without_charges(smarts: str) -> str:
    """Drop charges from bracket atoms, and with them the hydrogen counts and degrees that depend on the charge."""
    out: list[str] = []
    position = 0
    while position < len(smarts):
        if smarts[position] != "[":
            out.append(smarts[position])
            position += 1
            continue
        end = _closing(smarts, position)
        out.append("[" + _loosen_atom(smarts[position + 1 : end]) + "]")
        position = end + 1
    return "".join(out)


def _closing(smarts: str, start: int) -> int:
    """Index of the bracket that closes the one at `start`."""
    depth = 0
    for index in range(start, len(smarts)):
        if smarts[index] == "[":
            depth += 1
        elif smarts[index] == "]":
            depth -= 1
            if depth == 0:
                return index
    return len(smarts) - 1


def _loosen_atom(content: str) -> str:
    """Loosen one bracket atom; recursive environments are loosened from the inside."""
    pieces: list[str] = []
    plain: list[str] = []
    position = 0
    while position < len(content):
        if content.startswith("$(", position):
            end = _closing_parenthesis(content, position + 1)
            pieces.append("".join(plain))
            plain.clear()
            pieces.append("$(" + _without_charges(content[position + 2 : end]) + ")")
            position = end + 1
        else:
            plain.append(content[position])
            position += 1
    pieces.append("".join(plain))
    own = "".join(piece for piece in pieces if not piece.startswith("$("))
    charged = [token for token in _CHARGE.findall(own) if not token.startswith("!") and token not in ("+0", "-0")]
    if not _CHARGE.search(own):
        return "".join(pieces)
    loosened = [piece if piece.startswith("$(") else _strip(piece, bool(charged)) for piece in pieces]
    joined = re.sub(r"([;&,])(?=[;&,])", "", "".join(loosened)).strip(";&,")
    return joined or "*"


def _strip(piece: str, charged: bool) -> str:
    stripped = _CHARGE.sub("", piece)
    return _HYDROGENS_OR_DEGREE.sub("", stripped) if charged else stripped


def _closing_parenthesis(text: str, start: int) -> int:
    depth = 0
    for index in range(start, len(text)):
        depth += (text[index] == "(") - (text[index] == ")")
        if depth == 0:
            return index
    return len(text) - 1


def _skeleton(query: Chem.Mol) -> Chem.Mol:
    """The query with elements kept and bond orders, aromaticity, charges and stereo ignored."""
    skeleton = Chem.RWMol()
    for atom in query.GetAtoms():
        number = atom.GetAtomicNum()
        skeleton.AddAtom(Chem.AtomFromSmarts(f"[#{number}]" if number else "*"))
    any_bond = Chem.BondFromSmarts("~")
    for bond in query.GetBonds():
        skeleton.AddBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), Chem.BondType.SINGLE)
        skeleton.ReplaceBond(skeleton.GetNumBonds() - 1, any_bond)
    return skeleton.GetMol()

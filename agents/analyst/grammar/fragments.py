"""Parts that are written as condensed formulas: "C=CH2", "CH2CH2NH2", "N(CH3)2", "S-H"."""

from __future__ import annotations

import re
from functools import lru_cache

from rdkit import Chem

from molreflect.tools.facts.parts import Places
from molreflect.tools.molecules.read import quiet_rdkit

_LONGEST = 24
_MOST = 64
_TRANSLATED = {0x2261: "#", 0x2013: "-", 0x2011: "-", 0x2212: "-", **{0x2080 + d: str(d) for d in range(10)}}
_LOOKS_SO = re.compile(r"[-=#]?(?:(?:Cl|Br|Si|Me|Et|Ph|[CNOSFIPH])\d?|[()=#-]\d?)+")
_OF_KIND = re.compile(
    r" (?:groups?|units?|fragments?|moiety|moieties|substituents?|bonds?|linkages?|ends?|branch(?:es)?)$"
)
_KNOWN = (
    ("COOH", "C(=O)[OX2H]"),
    ("CO2H", "C(=O)[OX2H]"),
    ("HOOC", "C(=O)[OX2H]"),
    ("COO", "C(=O)[#8]"),
    ("CO2", "C(=O)[#8]"),
    ("SO3H", "S(=O)(=O)[OX2H]"),
    ("SO2", "S(=O)(=O)"),
    ("NO2", "[N+](=O)[O-]"),
    ("C6H5", "c1ccccc1"),
    ("Ph", "c1ccccc1"),
    ("Me", "[CH3]"),
    ("Et", "[CH2][CH3]"),
)
"""Runs of letters that are no chain of their own, as SMARTS that begins at the atom which is bound."""
_BEFORE = (("H2N", "[#7;H2]"), ("HO", "[OX2H]"), ("HS", "[SX2H]"), ("H3C", "[CH3]"), ("H2C", "[#6;H2]"))
_ENDS = (("CHO", "[CX3;H1]=[OX1]"), ("CN", "C#N"))
_ATOM = re.compile(r"(?P<element>Cl|Br|Si|[CNOSFIP])(?P<h>H(?P<n>\d?))?(?P<times>\d?)")
_HALOGENS = frozenset(["F", "Cl", "Br", "I"])
_NUMBERS = {"C": 6, "N": 7, "O": 8, "S": 16, "P": 15, "Si": 14}
_X_H = re.compile(r"(?P<element>[CNOS])-H")


def written_out(noun: str, mol: Chem.Mol) -> Places | None:
    """Find a part that is written as a formula; None for other words.

    Args:
        noun: As it stands in the sentence: "C=CH2 group".
        mol: Where it is looked for.
    """
    pattern = fragment(_OF_KIND.sub("", noun).translate(_TRANSLATED))
    return None if pattern is None else tuple(mol.GetSubstructMatches(pattern, maxMatches=_MOST))


@lru_cache(maxsize=512)
def fragment(formula: str) -> Chem.Mol | None:
    """Read a condensed formula as a pattern; hydrogens that it writes are exact, other valences are open."""
    if not 2 <= len(formula) <= _LONGEST or _LOOKS_SO.fullmatch(formula) is None:
        return None
    if (bond := _X_H.fullmatch(formula)) is not None:
        return Chem.MolFromSmarts(f"[#{_NUMBERS[bond['element']]};!H0]")
    formula = formula[1:] if formula[0] == "-" else formula
    smarts = _chain(formula)
    if smarts is None:
        return None
    with quiet_rdkit():
        pattern = Chem.MolFromSmarts(smarts)
    return pattern if pattern is not None and pattern.GetNumAtoms() > 1 else None


def _chain(formula: str) -> str | None:
    """Write a chain as SMARTS; None where a part of it is not known."""
    written, bond, k = "", "", 0
    pending: list[str] = []
    while k < len(formula):
        if formula[k] in "=#-":
            bond, k = formula[k], k + 1
            continue
        if formula[k] == "(":
            closes = _closing(formula, k)
            inner = formula[k + 1 : closes]
            times = re.match(r"\d{1,2}", formula[closes + 1 :])
            many, k = int(times[0]) if times else 1, closes + 1 + (len(times[0]) if times else 0)
            sub = _chain(inner) if closes > 0 else None
            if sub is None or many > 12:
                return None
            if inner == "CH2":
                written += bond + sub * many
            elif written:
                written += f"({sub})" * many
            else:
                pending += [sub] * many
            bond = ""
            continue
        unit = _unit(formula, k, written == "")
        if unit is None:
            return None
        smarts, k, is_branch = unit
        if is_branch:
            written += f"({bond}{smarts})"
        else:
            written += bond + smarts + "".join(f"({branch})" for branch in pending)
            pending = []
        bond = ""
    return written if written and not pending and not bond else None


def _closing(formula: str, k: int) -> int:
    depth = 0
    for at in range(k, len(formula)):
        depth += (formula[at] == "(") - (formula[at] == ")")
        if not depth:
            return at
    return -1


def _unit(formula: str, k: int, first: bool) -> tuple[str, int, bool] | None:
    """Read the atom or group at an index: its SMARTS, the index behind it, whether the chain goes on before it."""
    rest = formula[k:]
    for text, smarts in (*_KNOWN, *(_BEFORE if first else ())):
        if rest.startswith(text):
            return smarts, k + len(text), False
    for text, smarts in _ENDS:
        if rest == text and (not first or len(formula) > 2):
            return smarts, k + len(text), False
    found = _ATOM.match(rest)
    if found is None:
        return None
    element, end = found["element"], k + found.end()
    if element in _HALOGENS:
        many = int(found["times"] or 1)
        whole = f"[{element}]"
        if found["h"] is not None or (first and end < len(formula)):
            return None
        return (
            f"{whole})({whole}" if many == 2 else f"{whole})({whole})({whole}" if many == 3 else whole,
            end,
            not first,
        )
    if found["times"]:
        return None
    if found["h"] is not None:
        atom = f"[#{_NUMBERS[element]};H{found['n'] or 1}]"
        more = end < len(formula) and formula[end] not in "()"
        return atom, end, element == "O" and more and not first
    if element == "C" and re.match(r"CO(?:[NCS(]|$)", rest) and len(rest) > 2:
        return "C(=[OX1])", k + 2, False
    return f"[#{_NUMBERS[element]}]", end, False

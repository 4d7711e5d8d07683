"""Condensed structural formulas (CH3CH2OH, (CH3)2CHCOOH, HOCH2CH2OH) read as structures."""

from __future__ import annotations

import re

from rdkit import Chem

from molreflect.tools.molecules.read import quiet_rdkit

MAX_LENGTH = 60
"""Characters of the longest formula that is read; a longer one is hardly a linear formula."""

_GROUPS = {
    "COOH": "C(=O)O",
    "CO2H": "C(=O)O",
    "COOCH3": "C(=O)OC",
    "CO2CH3": "C(=O)OC",
    "COOC2H5": "C(=O)OCC",
    "CONH2": "C(=O)N",
    "COCl": "C(=O)Cl",
    "CHO": "C=O",
    "CN": "C#N",
    "NO2": "[N+](=O)[O-]",
    "SO3H": "S(=O)(=O)O",
    "NHCH3": "NC",
    "N(CH3)2": "N(C)C",
    "NH2": "N",
    "OCH3": "OC",
    "OC2H5": "OCC",
    "OH": "O",
    "SH": "S",
    "CF3": "C(F)(F)F",
    "CCl3": "C(Cl)(Cl)Cl",
    "C6H5": "c1ccccc1",
    "C2H5": "CC",
    "Cl": "Cl",
    "Br": "Br",
    "I": "I",
    "F": "F",
    "N3": "N=[N+]=[N-]",
}
"""Ends of a chain, as SMILES that begins at the atom which is bound."""
_BEGINNINGS = {
    "HOOC": "OC(=O)",
    "HO2C": "OC(=O)",
    "OHC": "O=C",
    "NC": "N#C",
    "O2N": "O=[N+]([O-])",
    "H2N": "N",
    "HO": "O",
    "HS": "S",
    "H3C": "C",
    "F3C": "FC(F)(F)",
    "C6H5": "c1ccccc1",
    "C2H5": "CC",
}
_UNIT = re.compile(
    r"(?P<branch>\((?P<inside>[^()]{1,20})\)(?P<times>\d?))|(?P<end>"
    + "|".join(map(re.escape, sorted(_GROUPS, key=len, reverse=True)))
    + r")(?=$|[)])|(?P<carbonyl>CO)(?!\d)|(?P<carbon>C(?P<h>H(?P<n>\d?))?)(?![a-z])|(?P<hetero>NH|O|S|N)(?![a-z\d])"
)


def read_condensed(text: str) -> str | None:
    """Read a condensed formula as SMILES; None where it is none, or where it does not come out whole.

    A formula is taken only if its structure has just the atoms, hydrogens included, that it writes.

    >>> read_condensed("CH3CH2COOH")
    'CCC(=O)O'
    >>> read_condensed("(CH3)2CHOH")
    'CC(C)O'
    >>> read_condensed("C6H6") is None
    True

    Args:
        text: One word, with `=` and `#` or the triple bond's sign between atoms where it has them.
    """
    formula = text.strip().translate({0x2261: "#", 0x2013: "-", 0x2212: "-", **{0x2080 + d: str(d) for d in range(10)}})
    if (
        not 3 <= len(formula) <= MAX_LENGTH
        or not re.search(r"C[H(O2-9lFBN=#-]", formula)
        or re.search(r"[a-z]{2}", formula)
    ):
        return None
    smiles = _chain(formula)
    if smiles is None:
        return None
    with quiet_rdkit():
        mol = Chem.MolFromSmiles(smiles)
    if mol is None or _count(formula) != _atoms(mol):
        return None
    return str(Chem.MolToSmiles(mol))


def _chain(formula: str) -> str | None:
    """Write the chain as SMILES; None where a part of it is not known."""
    rest, written = formula, ""
    leading = re.match(r"\(([^()]{1,20})\)(\d)(?=[CN])", rest)
    pending: list[str] = []
    if leading:  # (CH3)2CHOH: the groups stand before the atom that bears them
        branch = _branch(leading[1])
        if branch is None:
            return None
        pending, rest = [branch] * int(leading[2]), rest[leading.end() :]
    else:
        for beginning in sorted(_BEGINNINGS, key=len, reverse=True):
            if rest.startswith(beginning) and len(rest) > len(beginning):
                written, rest = _BEGINNINGS[beginning], rest[len(beginning) :]
                break
    bond = ""
    while rest:
        if rest[0] in "=#-":
            bond, rest = rest[0].replace("-", ""), rest[1:]
            continue
        if (repeat := re.match(r"\((CH2)\)(\d{1,2})", rest)) and int(repeat[2]) < 30:
            written, rest = written + "C" * int(repeat[2]), rest[repeat.end() :]
            continue
        unit = _UNIT.match(rest)
        if unit is None:
            return None
        rest = rest[unit.end() :]
        if unit["branch"]:
            branch = _branch(unit["inside"])
            if branch is None or not written:
                return None
            written += f"({branch})" * int(unit["times"] or 1)
            continue
        if unit["end"]:
            piece = _GROUPS[unit["end"]]
        elif unit["carbonyl"]:
            piece = "C(=O)"
        elif unit["carbon"]:
            piece = "C"
        else:
            piece = unit["hetero"][0]
        written += bond + piece + "".join(f"({branch})" for branch in pending)
        pending, bond = [], ""
    return written if not pending and not bond else None


def _branch(inside: str) -> str | None:
    if inside in _GROUPS:
        return _GROUPS[inside]
    return "O" if inside == "O" else _chain(inside)


def _count(formula: str) -> dict[str, int]:
    """Count the atoms that a formula writes."""
    while (group := re.search(r"\(([^()]*)\)(\d*)", formula)) is not None:
        inner = _count(group[1])
        times = int(group[2] or 1)
        flat = "".join(f"{symbol}{number * times}" for symbol, number in inner.items())
        formula = f"{formula[: group.start()]}{flat}{formula[group.end() :]}"
    counts: dict[str, int] = {}
    for symbol, number in re.findall(r"([A-Z][a-z]?)(\d*)", formula):
        counts[symbol] = counts.get(symbol, 0) + int(number or 1)
    return counts


def _atoms(mol: Chem.Mol) -> dict[str, int]:
    counts: dict[str, int] = {}
    for atom in mol.GetAtoms():
        counts[atom.GetSymbol()] = counts.get(atom.GetSymbol(), 0) + 1
        if hydrogens := atom.GetTotalNumHs():
            counts["H"] = counts.get("H", 0) + hydrogens
    return counts

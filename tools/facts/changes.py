"""What a molecule becomes when a group is changed, where a reaction SMARTS of a documented set says it.

The set is `data/changes.toml`. It says what the structure becomes, not whether the reaction works in a flask.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from rdkit import Chem
from rdkit.Chem import rdChemReactions

from molreflect.tools.errors import InputError
from molreflect.tools.facts.parts import ELEMENTS
from molreflect.tools.molecules.read import Molecule, quiet_rdkit

MAX_PRODUCTS = 6
_SWAPPED = {
    "fluorine": "F",
    "fluoro": "F",
    "chlorine": "Cl",
    "chloro": "Cl",
    "bromine": "Br",
    "bromo": "Br",
    "iodine": "I",
    "iodo": "I",
    "f": "F",
    "cl": "Cl",
    "br": "Br",
    "i": "I",
    "halogen": "F,Cl,Br,I",
}
_PUT = {
    **{word: symbol for word, symbol in _SWAPPED.items() if "," not in symbol},
    "hydrogen": "[H]",
    "h": "[H]",
    "methyl": "C",
    "ch3": "C",
    "hydroxy": "O",
    "hydroxyl": "O",
    "oh": "O",
    "amino": "N",
    "nh2": "N",
    "cyano": "C#N",
    "nitrile": "C#N",
    "cn": "C#N",
    "nitro": "[N+](=O)[O-]",
    "no2": "[N+](=O)[O-]",
    "methoxy": "OC",
    "trifluoromethyl": "C(F)(F)F",
    "cf3": "C(F)(F)F",
}
"""What a halogen, a hydroxy, an amino or a methyl group may be replaced by."""
_TAKEN = {
    **{w: f"[{s}]" for w, s in _SWAPPED.items()},
    "hydroxy": "[OX2H1]",
    "hydroxyl": "[OX2H1]",
    "oh": "[OX2H1]",
    "amino": "[NX3H2]",
    "nh2": "[NX3H2]",
    "methyl": "[CH3]",
    "ch3": "[CH3]",
    "nitro": "[N+](=O)[O-]",
    "no2": "[N+](=O)[O-]",
    "cyano": "[CX2]#[NX1]",
    "nitrile": "[CX2]#[NX1]",
    "cn": "[CX2]#[NX1]",
    "methoxy": "[OX2][CH3]",
}
_REPLACE = re.compile(
    r"\b(?:replac\w*|swap\w*|chang\w*|exchang\w*|substitut\w*|convert\w*|turn\w*)\b(?P<rest>.{0,160})", re.IGNORECASE
)
_REMOVED = re.compile(r"\b(?:remov(?:e|ed|es|ing|al)|strip(?:ped|ping)? off|take off|taken off|cleave off)\b")
_LOST = {
    **{word: f"[#6:1]-[{symbol}]>>[#6:1]" for word, symbol in _SWAPPED.items()},
    "acetyl": "[#7,#8,#16:1]-[CX3](=[OX1])[CH3]>>[*:1]",
    "methyl": "[#7,#8,#16:1]-[CH3]>>[*:1]",
    "boc": "[#7:1]-C(=O)OC([CH3])([CH3])[CH3]>>[#7:1]",
    "benzyl": "[#7,#8,#16:1]-[CH2]c1ccccc1>>[*:1]",
    "hydroxy": "[CX4:1]-[OX2H1]>>[C:1]",
    "hydroxyl": "[CX4:1]-[OX2H1]>>[C:1]",
    "oh": "[CX4:1]-[OX2H1]>>[C:1]",
    "nitro": "[#6:1]-[N+](=O)[O-]>>[#6:1]",
    "carboxyl": "[#6:1]-[CX3](=O)[OX2H1]>>[#6:1]",
    "co2": "[#6:1]-[CX3](=O)[OX2H1]>>[#6:1]",
}
"""What is left, with hydrogen in its place, where a group is removed; methyl, acetyl and benzyl come off N, O or S."""
_IN_PLACE = re.compile(
    r"\b(?P<put>[a-z0-9]+)(?: atoms?| groups?| substituent)? (?:in place|instead) of "
    r"(?:the |an? |its )?(?P<taken>[a-z0-9]+)"
)
"""A group that stands for another: "a bromine in place of the chlorine"."""
_INTO = re.compile(r"\b(?:into|to|becomes)\s+(?:an?\s+|the\s+|its\s+)?(?:corresponding\s+)?", re.IGNORECASE)
"""What stands before what a group becomes: "into its methyl ester"."""
_BY = re.compile(r"\b(?:by|with|to|for|into)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Changed:
    """What becomes of a molecule."""

    name: str
    """What is changed into what."""
    reaction: str
    """Reaction SMARTS that says so."""
    products: tuple[tuple[str, ...], ...]
    """Canonical SMILES of the products, one entry for each place where it applies."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def change(words: str, molecule: Molecule) -> Changed:
    """Change a group of a molecule as words ask.

    Args:
        words: E.g. "hydrolyse the ester", "reduce the ketone", "replace the chlorine by fluorine".
        molecule: What is changed.

    Raises:
        InputError: No rule of the set says it, or the group is not there.
    """
    rules = list(_asked_for(words))
    if not rules:
        known = ", ".join(dict.fromkeys(rule["verbs"][0] for rule in _rules()))
        raise InputError(
            f"no rule of the documented set says what {words.strip()[:80]!r} makes; there are rules to {known}, "
            "and to replace a group"
        )
    for name, smarts in rules:
        products = _apply(smarts, molecule)
        if products:
            return Changed(name, smarts, products)
    raise InputError(f"there is no place for {rules[0][0]} in {molecule.smiles}")


@cache
def _rules() -> list[dict[str, Any]]:
    text = files("molreflect.tools.facts").joinpath("data/changes.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["change"])


def _asked_for(words: str) -> list[tuple[str, str]]:
    low = words.casefold()
    tokens = set(re.findall(r"[a-z0-9=#]+", low))
    tokens |= {f"{token[:-3]}{end}" for token in tokens if token.endswith("ing") for end in ("", "e")}
    tokens |= {
        token[:-1]
        for token in tokens
        if token.endswith("ises") or token.endswith(("izes", "ates", "yses", "yzes", "uces"))
    }
    replaced = _replacement(low)
    if replaced is not None:
        return [replaced]
    becomes = _INTO.search(low)
    if becomes is not None and low[becomes.end() :].strip():
        into = [r for r in _rules() if any(low[becomes.end() :].startswith(word) for word in r.get("into", ()))]
        told = [r for r in into if any(group and _said(group, low[: becomes.start()], tokens) for group in r["groups"])]
        if told:
            return [(rule["name"], rule["reaction"]) for rule in told]
    by_verb = [rule for rule in _rules() if any(_said(verb, low, tokens) for verb in rule["verbs"])]
    named = [rule for rule in by_verb if any(group and _said(group, low, tokens) for group in rule["groups"])]
    return [(rule["name"], rule["reaction"]) for rule in named or [rule for rule in by_verb if "" in rule["groups"]]]


def _said(word: str, text: str, tokens: set[str]) -> bool:
    return word in tokens or (" " in word and word in text)


def _replacement(low: str) -> tuple[str, str] | None:
    lost = _REMOVED.search(low)
    if lost is not None:
        words = re.findall(r"[a-z0-9]+", low)
        stems = [word.removesuffix("s") for word in words]
        gone = next((stem for stem in stems if len(stem) > 1 and stem in _LOST), None)
        if gone is not None:
            return f"removal of {_full(gone)}", _LOST[gone]
    beside = _IN_PLACE.search(low)
    if beside is not None and beside["put"] in _PUT and beside["taken"] in _TAKEN:
        return _replacing(beside["taken"], beside["put"])
    found = _REPLACE.search(low)
    if found is None:
        return None
    by = _BY.search(low, found.start("rest"))
    if by is None:
        return None
    taken = next((w for w in reversed(re.findall(r"[a-z0-9]+", low[: by.start()])) if w in _TAKEN), None)
    put = next((w for w in re.findall(r"[a-z0-9]+", low[by.end() :]) if w in _PUT), None)
    if taken is None or put is None:
        return None
    return _replacing(taken, put)


def _replacing(taken: str, put: str) -> tuple[str, str]:
    name = f"replacing {_full(taken)} by {_full(put)}"
    return name, f"[#6:1]-{_TAKEN[taken]}>>[#6:1]{'' if _PUT[put] == '[H]' else _PUT[put]}"


def _full(word: str) -> str:
    symbol = word.capitalize()
    return next((name for name, s in ELEMENTS.items() if s == symbol and len(word) < 3), word)


def _apply(smarts: str, molecule: Molecule) -> tuple[tuple[str, ...], ...]:
    with quiet_rdkit():
        reaction = rdChemReactions.ReactionFromSmarts(smarts)
        sets = reaction.RunReactants((molecule.mol,), maxProducts=64)
        found: dict[tuple[str, ...], None] = {}
        for products in sets:
            written = []
            for product in products:
                if Chem.SanitizeMol(product, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
                    break
                written.append(str(Chem.MolToSmiles(product)))
            else:
                parts = sorted({part for smiles in written for part in smiles.split(".")}, key=lambda s: (-len(s), s))
                found.setdefault(tuple(parts))
    return tuple(found)[:MAX_PRODUCTS]

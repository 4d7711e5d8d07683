"""Parts of a molecule that are found by its graph alone: fragments, counterions, atoms of a named ring, ends."""

from __future__ import annotations

import re
from collections.abc import Callable

from rdkit import Chem

from molreflect.agents.analyst.grammar.meaning import Place
from molreflect.tools.facts.parts import Places

_FRAGMENT = re.compile(
    r"(?:(?:separate|own|isolated|disconnected|distinct|independent|second|different|other) )?"
    r"(?:fragment|component|ion|counter-?ion|counter-?cation|counter-?anion)"
)
_RING_ATOMS = re.compile(r"(?P<ring>[\w,'-]+(?: [\w,'-]+){0,2}?)(?: ring)? (?:ring )?(?:atom|member)s?")


def graph_noun(key: str, mol: Chem.Mol) -> Places | None:
    """Find what a noun means in the graph; None for other nouns, and where it would mean all of the molecule.

    Args:
        key: In small letters, in the singular.
        mol: Where it is looked for.
    """
    if _FRAGMENT.fullmatch(key) is not None:
        return _fragments(key, mol)
    return None


def _fragments(key: str, mol: Chem.Mol) -> Places | None:
    every: list[Place] = [tuple(f) for f in Chem.GetMolFrags(mol)]
    if len(every) < 2:
        return None
    if "counter" in key:
        most = max(map(len, every))
        every = [f for f in every if len(f) < most and _charge(f, mol)]
        if key.endswith("cation"):
            every = [f for f in every if _charge(f, mol) > 0]
        elif key.endswith("anion"):
            every = [f for f in every if _charge(f, mol) < 0]
    elif key.rpartition(" ")[2] == "ion":
        every = [f for f in every if _charge(f, mol)]
    return tuple(every)


def _charge(place: Place, mol: Chem.Mol) -> int:
    return int(sum(mol.GetAtomWithIdx(a).GetFormalCharge() for a in place))


def ring_named(low: str) -> str | None:
    """The ring of "triazine ring atoms"; None for other nouns."""
    found = _RING_ATOMS.fullmatch(low)
    if found is None or found["ring"] in ("ring", "a ring", "aromatic") or "ring" not in low:
        return None
    return found["ring"].removesuffix(" ring")


_LINKS = {
    **{"methyl": "[CX4;H2]", "ethyl": "[CX4;H2][CX4;H2]", "propyl": "[CX4;H2][CX4;H2][CX4;H2]"},
    **{"oxy": "[OX2;!R]", "thio": "[SX2;!R]", "sulfanyl": "[SX2;!R]", "amino": "[NX3;!R]", "carbonyl": "[CX3;!R]=O"},
    **{"sulfonyl": "[SX4](=O)=O", "sulfinyl": "[SX3]=O", "methoxy": "[CX4;H2][OX2]", "ethoxy": "[CX4;H2][CX4;H2][OX2]"},
    **{
        "methylamino": "[CX4;H2][NX3]",
        "ethylamino": "[CX4;H2][CX4;H2][NX3]",
        "propoxy": "[CX4;H2][CX4;H2][CX4;H2][OX2]",
    },
    **{"methylthio": "[CX4;H2][SX2]", "oxymethyl": "[OX2][CX4;H2]", "aminomethyl": "[NX3][CX4;H2]"},
}
"""What stands between a substituent that is named first and the rest, from the former on."""
_COMPOSED = re.compile(
    r"(?:\d-)?\(?(?P<first>[a-z\d,'-]{4,30}?(?:yl|ino|idino|oxy|ido|o))\)?(?P<link>"
    + "|".join(sorted(_LINKS, key=len, reverse=True))
    + r")(?: (?:group|arm|chain|side chain|substituent|unit|moiety|tail|residue|cap))?"
)


def composed_substituent(key: str, mol: Chem.Mol, places: Callable[[str], Places | None]) -> Places | None:
    """Find "imidazolylmethyl", "2-(morpholino)ethoxy": a substituent, and what it hangs on the rest by.

    Args:
        key: The name in small letters, in the singular.
        mol: Where it is looked for.
        places: Looks the first substituent up.
    """
    named = _COMPOSED.fullmatch(key)
    if named is None:
        return None
    first = places(named["first"]) or places(f"{named['first']} group")
    if not first:
        return None
    hits = mol.GetSubstructMatches(Chem.MolFromSmarts(_LINKS[named["link"]]))
    found = []
    for hit in hits:
        begin = {n.GetIdx() for n in mol.GetAtomWithIdx(hit[0]).GetNeighbors()}
        found += [(*place, *hit) for place in first if begin & set(place) and not set(hit) & set(place)]
    return tuple(found) or None

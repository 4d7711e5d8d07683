"""Parts of a molecule that are found by its graph alone: fragments, counterions, atoms of a named ring, ends."""

from __future__ import annotations

import re

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

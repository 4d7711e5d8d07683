"""Parts named by their atoms: "the carbonyl oxygen", "a ring nitrogen", "the C-Cl bond", "a two-carbon linker".

Nomenclature reads such words as compounds ("amino nitrogen" as hydrazine, "carbonyl oxygens" as carbon dioxide), so
they are read here, before a name is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rdkit import Chem

from molreflect.tools.lexicon.spelling import normalise_name
from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.molecules.smarts import (
    MAX_PATTERN_LENGTH,
    MAX_PATTERN_NESTING,
    elements_of,
    has_ring,
    read_pattern,
)
from molreflect.tools.names.atoms import ELEMENTS, chain_length, read_bond
from molreflect.tools.names.words import one_of
from molreflect.tools.terms import Level

_WITHIN = {
    "ring": "R",
    "endocyclic": "R",
    "cyclic": "R",
    "exocyclic": "!R",
    "acyclic": "!R",
    "bridging": "X2",
    "quaternary": "X4",
    "positively charged": "+",
    "cationic": "+",
    "charged": "!+0",
    "thiono": "X1",
    "glycosidic": "H0;$(*-!@[CX4;R]@[OX2;R])",
    "thione": "X1",
    "doubly bonded": "X1",
    "negatively charged": "-",
}
"""Words before an element that say of the atom itself which one is meant."""
_ATOM = re.compile(rf"^(?P<of>[^ ].*?) (?P<element>{one_of(ELEMENTS)})s?(?: atoms?)?$")
_CARBONS = {
    "benzylic carbon": "[CX4;$(Ca)]",
    "benzyl carbon": "[CX4;$(Ca)]",
    "allylic carbon": "[CX4;$(C[CX3]=[CX3])]",
    "alpha carbon": "[CX4;$(C([#7])[CX3]=[OX1])]",
    "methine carbon": "[CX4H1]",
    "carbinol carbon": "[CX4;$(C[OX2H1]);!$(C([OX2])[OX2])]",
    "quaternary carbon": "[CX4;$(C([#6])([#6])([#6])[#6])]",
    "tertiary carbon": "[CX4;$(C([#6])([#6])[#6])]",
    "aromatic carbon": "c",
}
"""Carbons that are named by what they are bound to."""
_NO_HYDROGEN = frozenset({"quaternary carbon", "tertiary carbon"})
"""Carbons that are also called so for having no hydrogen, where none has as many carbons on it."""
_CARBON = re.compile(rf"^(?P<name>{one_of(_CARBONS)})s?(?: atoms?)?$")
_OXYGEN = 8
_BRIDGED = frozenset({"ester", "lactone", "alkoxy ester"})
_BRIDGE = "[OX2;H0;$(O([#6X3]=[OX1,SX1])[#6]),$(O([P,S]=[OX1,SX1])[#6])]"
"""The oxygen that chemists call the ester's; the other one is the carbonyl's."""
_LINK = "[CX4H2;!R]"


def read_atoms_and_bonds(name: str, mean: Callable[[str], Sequence[Interpretation]]) -> tuple[Interpretation, ...]:
    """Read a part that is named by its atoms.

    Args:
        name: As written, with its capitals, without article and count.
        mean: Says what the group means that the atom is of.

    Returns:
        The one meaning; empty for other names.
    """
    key = normalise_name(name)
    if (bond := read_bond(name.strip())) is not None:
        return (Interpretation((bond.pattern,), key, Level.NEUTRAL),)
    if (length := chain_length(key)) is not None:
        return (Interpretation((_chain(length),), key, Level.NEUTRAL),)
    if (carbon := _CARBON.match(key)) is not None:
        wider = ("[CX4H0]",) if carbon["name"] in _NO_HYDROGEN else ()
        return (Interpretation((_CARBONS[carbon["name"]], *wider), key, Level.NEUTRAL),)
    hit = _ATOM.match(key)
    if hit is None:
        return ()
    element = ELEMENTS[hit["element"]]
    if hit["of"] in _WITHIN:
        return (Interpretation((f"[#{element};{_WITHIN[hit['of']]}]",), key, Level.EXACT),)
    if element == _OXYGEN and hit["of"] in _BRIDGED:
        return (Interpretation((_BRIDGE,), key, Level.NEUTRAL),)
    found = []
    groups = list(mean(hit["of"]))
    if groups and all(has_ring(group.patterns[0]) for group in groups) and not hit["of"].endswith(" ring"):
        groups += mean(f"{hit['of']} ring")  # the imidazole nitrogen of a benzimidazole, which is no imidazole
    for group in groups:
        patterns = [atom for atom in (_atoms_within(pattern, element) for pattern in group.patterns) if atom]
        if patterns and not group.computed:
            found.append(Interpretation(tuple(dict.fromkeys(patterns)), key, group.floor))
    return tuple(found)


def _chain(length: int) -> str:
    """Write a run of so many CH2 groups outside rings that goes no further on either side."""
    other = f"[!$({_LINK});!#1]"
    if length == 1:
        return f"[CX4H2;!R;$(*(-{other})-{other})]"
    end = f"[CX4H2;!R;$(*-{other})]"
    return f"{end}{_LINK * (length - 2)}{end}"


def _rooted(query: Chem.Mol, index: int) -> str:
    """Write a pattern from one of its atoms on; `rootedAtAtom` fails on recursive patterns."""
    order = [index, *(other for other in range(query.GetNumAtoms()) if other != index)]
    return str(Chem.MolToSmarts(Chem.RenumberAtoms(query, order)))


def _atoms_within(pattern: str, element: int) -> str | None:
    """Write the atoms of an element in a pattern as one atom of a pattern; None where it has none or is too large."""
    query = read_pattern(pattern).query
    if len(Chem.GetMolFrags(query)) > 1:
        return None
    own = [atom.GetIdx() for atom in query.GetAtoms() if elements_of(atom) == {element}]
    spelt = (f"$({_rooted(query, index)})" for index in own)
    text = f"[{','.join(dict.fromkeys(spelt))}]" if own else ""
    return text if text and len(text) <= MAX_PATTERN_LENGTH and text.count("$(") <= MAX_PATTERN_NESTING else None

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
from molreflect.tools.molecules.smarts import MAX_PATTERN_LENGTH, MAX_PATTERN_NESTING, elements_of, read_pattern
from molreflect.tools.names.bonds import ELEMENTS, read_bond
from molreflect.tools.names.words import one_of
from molreflect.tools.terms import Level

_WITHIN = {
    "ring": "R",
    "endocyclic": "R",
    "cyclic": "R",
    "exocyclic": "!R",
    "acyclic": "!R",
    "quaternary": "X4",
    "positively charged": "+",
    "cationic": "+",
    "negatively charged": "-",
}
"""Words before an element that say of the atom itself which one is meant."""
_ATOM = re.compile(rf"^(?P<of>[^ ].*?) (?P<element>{one_of(ELEMENTS)})s?(?: atoms?)?$")
_CHAIN_LENGTHS = {"methylene": 1, "ethylene": 2, "dimethylene": 2, "propylene": 3, "trimethylene": 3, "butylene": 4}
_CHAIN_LENGTHS |= {"tetramethylene": 4, "pentamethylene": 5, "hexamethylene": 6}
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_CHAIN = re.compile(
    rf"^(?:(?P<name>{one_of(_CHAIN_LENGTHS)})|(?P<number>\d|{one_of(_NUMBERS)})-carbon) (?:chain|linker|bridge|spacer|tether)$"
)
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
    bond = read_bond(name.strip())
    pattern = bond.pattern if bond is not None else _chain(key)
    if pattern is not None:
        return (Interpretation((pattern,), key, Level.NEUTRAL),)
    hit = _ATOM.match(key)
    if hit is None:
        return ()
    element = ELEMENTS[hit["element"]]
    if hit["of"] in _WITHIN:
        return (Interpretation((f"[#{element};{_WITHIN[hit['of']]}]",), key, Level.EXACT),)
    found = []
    for group in mean(hit["of"]):
        patterns = [atom for atom in (_atoms_within(pattern, element) for pattern in group.patterns) if atom]
        if patterns and not group.computed:
            found.append(Interpretation(tuple(dict.fromkeys(patterns)), key, group.floor))
    return tuple(found)


def _chain(key: str) -> str | None:
    """Write a run of so many CH2 groups outside rings that goes no further on either side."""
    hit = _CHAIN.match(key)
    if hit is None:
        return None
    length = _CHAIN_LENGTHS.get(hit["name"] or "") or _NUMBERS.get(hit["number"] or "") or int(hit["number"])
    other = f"[!$({_LINK});!#1]"
    if length == 1:
        return f"[CX4H2;!R;$(*(-{other})-{other})]"
    end = f"[CX4H2;!R;$(*-{other})]"
    return f"{end}{_LINK * (length - 2)}{end}" if length > 1 else None


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

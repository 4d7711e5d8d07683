"""Whether a molecule is one of a class that words name with adjectives: each of them decided by itself, too."""

from __future__ import annotations

import re

from rdkit import Chem

from molreflect.agents.analyst.predications.described import described
from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.traits import trait_named
from molreflect.tools.facts.classes import is_a

_PLACED = re.compile(r"\d(?:,\d)*-(?:aryl|alkyl|acyl)[a-z]", re.IGNORECASE)
"""A class by the position of something that no name has: "3-arylpropionic acid"."""


def is_one(words: str, nouns: Nouns) -> bool | None:
    """Decide a class without its article: "C12 fatty acid", "saturated secondary alcohol".

    Args:
        words: The adjectives and the noun.
        nouns: Looks nouns up in the molecule.
    """
    if words in ("ionic compound", "salt", "ionic salt"):
        charges = [Chem.GetFormalCharge(each) for each in Chem.GetMolFrags(nouns.molecule.mol, asMols=True)]
        return bool(min(charges) < 0 < max(charges))
    if _PLACED.match(words) is not None:
        return None  # the number that it is told by is not compared
    parts = words.split()
    for word in parts[:-1]:
        trait = trait_named(word.lower(), nouns)
        if trait is not None and trait.exact is not None and trait.exact(nouns.molecule) is False:
            return False
    answer = is_a(words, nouns.molecule, nouns.resources)
    if answer.holds is not None and not answer.why_not:
        return answer.holds
    return described(words, nouns, whole=True)[0]

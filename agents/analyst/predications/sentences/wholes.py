"""What a molecule is called, and its values: "a saturated secondary alcohol", "a molecular mass of about 58 g/mol"."""

from __future__ import annotations

import re

from molreflect.agents.analyst.predications.described import described
from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.sentences.named import is_derived
from molreflect.agents.analyst.predications.traits import trait_named
from molreflect.agents.analyst.predications.whole import is_so_of_all
from molreflect.tools.facts.classes import is_a
from molreflect.tools.facts.statements import numeric_statements
from molreflect.tools.terms import Verdict

_ARTICLE = re.compile(r"^(?:an?|the|one of the) ")


def is_called(words: str, nouns: Nouns) -> bool | None:
    """Decide what "is" says of the molecule, with an article a class; None where it is not understood."""
    low = words.strip()
    bare = _ARTICLE.sub("", low)
    if " of " in bare:
        return is_derived(low, nouns)
    if low == bare:
        truth = is_so_of_all(low, nouns.molecule)
        if truth is not None:
            return truth
        trait = trait_named(low, nouns) if " " not in low else None
        return trait.exact(nouns.molecule) if trait is not None and trait.exact is not None else None
    answer = is_a(bare, nouns.molecule, nouns.resources)
    if answer.holds is not None and not answer.why_not:
        return answer.holds
    truth, _, _ = described(bare, nouns, whole=True)
    return truth


def is_valued(words: str, nouns: Nouns) -> bool | None:
    """Decide a value of the molecule, a formula, a mass, a charge; None where the words are none of these."""
    found = _SAID.fullmatch(words)
    if found is None:
        return None
    key = re.sub(r"^(?:calculated|computed|predicted|average|approximate) ", "", found["key"])
    if found["key"].startswith("number of "):
        key = found["key"].removeprefix("number of ")
    verdicts = {each.verdict for each in numeric_statements(f"{key} is {found['value']}", nouns.molecule)}
    if len(verdicts) != 1 or Verdict.UNCHECKED in verdicts:
        return None
    return verdicts == {Verdict.SUPPORTED}


_SAID = re.compile(
    r"(?:an? |the |its )?(?P<key>[a-z- ]*(?:formula|mass|weight|charge|tpsa|TPSA|polar surface area|donors|acceptors"
    r"|rotatable bonds|logp|logP|log p|log P|unsaturation|heavy atoms|rings|stereocentres|clogP|MW|mw)"
    r"(?: \((?:tpsa|TPSA|MW|mw)\))?)(?: value| count)?(?: of it)?"
    r" ?(?:is|of|equals|amounts to|comes to|works out to|lies at|are|:|=)? ?"
    r"(?:calculated (?:as|to be) |about |roughly |approximately |around |close to |exactly |ca\.? |~ ?|nearly "
    r"|just over |just under )*(?P<value>[+-]?\d+(?:\.\d+)?[+-]?|(?:[A-Z][a-z]?\d*)+[+-]?\d*"
    r"|zero|one|two|three|four|five|six|seven|eight|nine|ten)"
    r"(?: ?(?:g/mol|g mol-1|da|daltons?|amu|u|\u00e5\u00b2|\u00e5\^?2|\u00c5\u00b2|square angstroms?|a2))?"
)

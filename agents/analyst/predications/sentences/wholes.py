"""What a molecule is called, and its values: "a saturated secondary alcohol", "a molecular mass of about 58 g/mol"."""

from __future__ import annotations

import re

from rdkit import Chem

from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.sentences.classes import is_one
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
    bare = re.sub(r"^(?:smallest|simplest|best-known|most common|parent) ", "", _ARTICLE.sub("", low))
    if (reacts := re.fullmatch(r"(?P<how>basic|acidic|neutral) amino acid", bare)) is not None:
        return _amino_acid(reacts["how"], nouns)
    if " of " in bare:
        return is_derived(low, nouns)
    if (like := _LIKE.fullmatch(bare)) is not None and (
        truth := is_derived(f"a {like['kind']} of {like['name']}", nouns)
    ):
        return truth
    if low == bare:
        truth = is_so_of_all(low, nouns.molecule)
        if truth is not None:
            return truth
        trait = trait_named(low, nouns) if " " not in low else None
        return trait.exact(nouns.molecule) if trait is not None and trait.exact is not None else None
    return is_one(bare, nouns)


_LIKE = re.compile(r"(?:structural |close )?(?P<name>[\w,'-]{3,40}(?: acid)?) (?P<kind>derivative|analogue|analog)")


def is_valued(words: str, nouns: Nouns) -> bool | None:
    """Decide a value of the molecule, a formula, a mass, a charge; None where the words are none of these."""
    if re.fullmatch(r"no (?:net|overall) charge", words):
        return bool(Chem.GetFormalCharge(nouns.molecule.mol) == 0)
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


_ACID = Chem.MolFromSmarts("[CX3](=O)[OX2H,OX1-]")
_BASE = Chem.MolFromSmarts("[$([NX3;!$(NC=[O,N]);!$(N[a])]),$([NX4+]),$([NX3]C(=[NX2])[NX3;H2]),$([nH]1cncc1)]")


def _amino_acid(how: str, nouns: Nouns) -> bool | None:
    """Compare the basic groups of an amino acid with its acid groups."""
    if is_a("amino acid", nouns.molecule, nouns.resources).holds is not True:
        return False
    mol = nouns.molecule.mol
    more = len(mol.GetSubstructMatches(_BASE)) - len(mol.GetSubstructMatches(_ACID))
    return more > 0 if how == "basic" else more < 0 if how == "acidic" else more == 0

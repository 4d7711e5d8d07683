"""Whether another configuration than a phrase's name has contradicts the phrase."""

from __future__ import annotations

import re
from functools import lru_cache

from rdkit import Chem

from molreflect.tools.molecules.configuration import Configuration, compare_configuration
from molreflect.tools.molecules.descriptors import bears_descriptors
from molreflect.tools.molecules.read import WITH_MOLECULES, Molecule
from molreflect.tools.molecules.write import uncharge
from molreflect.tools.names.structures import NamedStructure, states_descriptors
from molreflect.tools.verification import messages
from molreflect.tools.verification.case import Case
from molreflect.tools.verification.changed_form import turns_round
from molreflect.tools.verification.consumed import CLASSES, sentence_of

_ONE_OF = re.compile(r"\bis an? $")
_THAT = re.compile(r" (?:that|which) (?:results|is|has)\b")
_PLURAL = re.compile(r"[a-zA-Z]{3}(?<![suix])s$")


def why_configuration_open(case: Case, molecule: Molecule) -> str | None:
    """Say why another configuration than a name's contradicts nothing; None where it does.

    "Rotenones" are compounds like rotenone, and the descriptors of a parent may be those it has in the molecule.
    """
    named = named_structure(case)
    if named is not None and _names_a_class(case, named):
        return messages.CLASS_OF_NAME
    if turns_round(sentence_of(case)):
        return messages.CHANGED_FORM
    if named is not None and _is_free_end(case, molecule, named):
        return messages.CHANGED_FORM
    if named is None or named.kind != "molecule" or named.ambiguous or not states_descriptors(named.name):
        return None
    return messages.OTHER_RANKING if bears_descriptors(molecule.neutral, _uncharged(named.smiles)) else None


def _is_free_end(case: Case, molecule: Molecule, named: NamedStructure) -> bool:
    """Whether a glycosyl residue "at the reducing end" is there as the sugar that ends the chain."""
    if named.kind != "substituent" or "reducing" not in sentence_of(case):
        return False
    part = Chem.MolFromSmiles(named.smiles)
    return compare_configuration(molecule.neutral, part, any_end=True) is Configuration.AGREES


def _names_a_class(case: Case, named: NamedStructure) -> bool:
    """Whether words name a class after one compound: "rotenones", or "a choloyl-CoA that results from ...".

    "1,3-thiazoles" all hold the ring of that name.
    """
    phrase = case.phrase
    if phrase.source not in CLASSES or phrase.count is not None or (named.source == "opsin" and not named.stereo):
        return False
    if _PLURAL.search(phrase.text.rstrip()) is not None:
        return True
    if case.caption is None or case.start is None or case.end is None or named.source == "opsin":
        return False
    return (
        _ONE_OF.search(case.caption[max(0, case.start - 8) : case.start]) is not None
        and _THAT.match(case.caption, case.end) is not None
    )


@lru_cache(maxsize=WITH_MOLECULES)
def _uncharged(smiles: str) -> Chem.Mol:
    return uncharge(Chem.MolFromSmiles(smiles))


def named_structure(case: Case) -> NamedStructure | None:
    """Look up the structure of a phrase's name."""
    return case.resources.nomenclature.resolve([case.name])[case.name]

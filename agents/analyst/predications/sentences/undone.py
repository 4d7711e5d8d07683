"""Derivatives of classes: of "the methyl ester of a fatty acid" what the ester was made of is such an acid."""

from __future__ import annotations

import re

from rdkit import Chem
from rdkit.Chem import AllChem

from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.sentences.classes import is_one
from molreflect.tools.molecules.read import read_molecule

_ALKYL = {
    "methyl": "[CH3]",
    "ethyl": "[CH2][CH3]",
    "propyl": "[CH2][CH2][CH3]",
    "isopropyl": "[CH]([CH3])[CH3]",
    "benzyl": "[CH2]c1ccccc1",
    "tert-butyl": "C([CH3])([CH3])[CH3]",
    "butyl": "[CH2][CH2][CH2][CH3]",
}
_ACYL = {
    "acetate": "C(=O)[CH3]",
    "formate": "[CH]=O",
    "benzoate": "C(=O)c1ccccc1",
    "propionate": "C(=O)[CH2][CH3]",
    "butyrate": "C(=O)[CH2][CH2][CH3]",
}
_UNDONE = {
    "n-methylcarbamate": "[#6:1][O:2]C(=O)[NX3;H1][CH3]>>[*:1][O:2]",
    "n,n-dimethyl amide": "[CX3:1](=[O:2])[NX3]([CH3])[CH3]>>[C:1](=[O:2])O",
    "n,n-diethyl amide": "[CX3:1](=[O:2])[NX3]([CH2][CH3])[CH2][CH3]>>[C:1](=[O:2])O",
    "ester": "[CX3:1](=[O:2])[O:3][#6;!$(C=O)]>>[C:1](=[O:2])[O:3]",
    "amide": "[CX3:1](=[O:2])[NX3]>>[C:1](=[O:2])O",
    "primary amide": "[CX3:1](=[O:2])[NX3;H2]>>[C:1](=[O:2])O",
    "anilide": "[CX3:1](=[O:2])[NX3;H1]c1ccccc1>>[C:1](=[O:2])O",
    "phosphate": "[#6:1][O:2]P(=O)([O;!$(O[#6])])[O;!$(O[#6])]>>[*:1][O:2]",
}
"""Reactions that give back what a derivative was made of."""


def of_a_class(found: re.Match[str], nouns: Nouns) -> bool | None:
    """Decide the kind of a derivative, and the class of what it is one of; None where the kind is not known."""
    smarts = _reaction(found["kind"].lower())
    if smarts is None:
        return None
    noun = re.sub(r"^an? ", "", found["name"])
    truths = []
    for (product,) in AllChem.ReactionFromSmarts(smarts).RunReactants((nouns.molecule.mol,)):
        if Chem.SanitizeMol(product, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
            continue
        molecule = read_molecule(Chem.MolToSmiles(product))
        truth = is_one(noun, Nouns(molecule, nouns.resources))
        truths.append(truth)
    return True if True in truths else None if None in truths else False


def _reaction(kind: str) -> str | None:
    ester = re.fullmatch(r"(?P<alkyl>[a-z-]+) ester", kind)
    if ester is not None and ester["alkyl"] in _ALKYL:
        return f"[CX3:1](=[O:2])[O:3]{_ALKYL[ester['alkyl']]}>>[C:1](=[O:2])[O:3]"
    acyl = kind.removesuffix(" ester")
    return f"[#6;!$(C=O):1][O:2]{_ACYL[acyl]}>>[*:1][O:2]" if acyl in _ACYL else _UNDONE.get(kind)

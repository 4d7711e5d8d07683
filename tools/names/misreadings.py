"""Structures that OPSIN gives a name and that the name cannot mean.

OPSIN reads leniently: it takes "phenyllactate" for a phenyl ester, puts the iodine of "iodotyrosine" on nitrogen, drops
an oxygen of "acetamidooxy" and makes a mixture of "glycolaldehyde phosphate". Such a reading is worse than none.
"""

from __future__ import annotations

import re

from rdkit import Chem

from molreflect.tools.names.words import MULTIPLIERS, one_of

_ESTER = Chem.MolFromSmarts("[#6]C(=O)O[#6;!$(C=O)]")
_ION_IN_ONE_WORD = re.compile(r"^\S*yl\S*ate$")
_ESTER_WORD = re.compile(r"yl\)?$|ide$")
_HALOGEN_ON_HETERO = Chem.MolFromSmarts("[F,Cl,Br,I;X1]-[#7,#8,#16;!$([#16](=O)=O)]")
_UNPLACED_HALOGEN = re.compile(r"(?<![\d'NOS]-)(?<![a-z])(?:mono|di|tri|tetra)?(?:fluoro|chloro|bromo|iodo)(?!us|ic)")
_UNPLACED = re.compile(r"^(?:mono|di|tri|tetra|penta|hexa)?(?:hydroxy|amino|nitro|methoxy)-?(?=[a-z]{4})")
_ON_HETERO_OR_TWICE = Chem.MolFromSmarts(
    "[$([OX2H1]-[#7,#8,#16X2]),$([NX3H2]-[#7,#8,#16X2]),$([NX3+](=O)([O-])-[#7,#8,#16X2]),$([CX4H3][OX2]-[#7,#8,#16X2]),"
    "$([OX2H1][CX4][OX2H1]),$([NX3H2][CX4][NX3H2]),$([NX3+](=O)([O-])[CX4][NX3+](=O)[O-])]"
)
"""A group without a place that OPSIN puts on a hetero atom ("hydroxytryptophan") or, twice, on one carbon."""
_CLASS_WORDS = (
    r"carboxylic acid|sulfonic acid|phosphonic acid|ketone|ether|nitrile|sulfide|disulfide|sulfone|sulfoxide|selenide"
)
_NOT_ONE_COMPOUND = re.compile(
    rf"^(?:mono|di|tri|tetra|penta|hexa|per|poly)?(?:hydroxy|amino|nitro|oxo|cyano|fluoro|chloro|bromo|iodo|halo)[ -]?"
    rf"(?:{_CLASS_WORDS})$"
    r"|^(?!di|bis)(?:\d(?:,\d){0,4}-[a-z,\d-]{0,40}?)?[a-z]+yl "
    r"(?:ketone|ether|sulfide|disulfide|sulfone|sulfoxide|selenide)$"
    r"|^(?:mono|di|tri|tetra|penta|hexa)(?:thiol|ol|one|al|amine|ene|yne|nitrile|amide)$"
    r"|^\S*(?<!o)(?<!acet)(?<!form)yl amides?$"
)
"""Classes that OPSIN takes for the smallest compound, or another one: "chlorocarboxylic acid", "tetrathiol",
"cyclopropyl ketone" (both groups of which it reads as cyclopropyl), "N,N-dimethyl amide" (the ion of an amine)."""
_ON_CARBON = Chem.MolFromSmarts("[OX2;R]-[CX4;R]-!@[CX4;D4]-[OX2H1]")
_GLYCOSYL_ON = re.compile(r"\d-\((?:(?:alpha|beta)-)?[DL]-\S*os(?:yl|yluronic acid)\)")
"""A glycosyl group whose oxygen is understood: OPSIN puts it on the carbon beside."""
_ALKYLGLYCERONE = re.compile(r"^1-(?:O-)?[a-z]+ylglycerone\b")
"""Glycerone's alkyl groups stand on oxygen."""
_RIBOSYL_ON_BASE = re.compile(r"^N-(?:(?:alpha|beta)-)?(?:[DL]-)?(?:ribo|gluco|galacto)\w*syl-N\(")
"""A glycosyl group on a ring's nitrogen: OPSIN puts it on the amino group that the name places another one on."""
_MINERAL_ACID = re.compile(r" (?:mono|di|tri|bis|tris|tetrakis|tetra)?(?:phosphate|sulfate)$")
_CHARGE_WORD = re.compile(r"\(\d*[+-]\)|\b(?:an|cat)?ions?\b|ium\b", re.IGNORECASE)
_ATOM_WORD = re.compile(r" (?:nitrogen|oxygen|sulfur|carbon)$")
_AMINOCARBOXY = re.compile(r"amino-?carboxy(?!l)")
_ON_AMINE_OXYGEN = Chem.MolFromSmarts("[#7]O[#6]=O")
"""People write "aminocarboxy" for aminocarbonyl; OPSIN binds the nitrogen to the acid's oxygen."""
_SUGAR_LEFT_OPEN = re.compile(r"^(?:(?:alpha|beta)-)?(?:D-)?(?:lactose|maltose|cellobiose) 6-(?:mono)?phosphate")
"""Biochemists mean the phosphate of the sugar that is not the reducing one (6'), OPSIN the other one."""
_NAPHTHO_PYRIDINE = re.compile(r"naphthpyrid")
"""A slip for naphthyridine; OPSIN reads a naphthalene fused to a pyridine."""
_NOT_ALKYL = frozenset({"gondoyl"})
"""Acyl groups that OPSIN takes for an alkyl group's name."""
_BASE = Chem.MolFromSmarts("[NX3;!$(N-[C,S,P]=[O,S]);!$(N-[#7]=O)]")
_BASIC_RING = Chem.MolFromSmarts("[nX2,NX2]")
_FREE_ACIDS = frozenset({"O=P(O)(O)O", "O=S(=O)(O)O", "O=P(O)(O)OP(=O)(O)O", "O=S(=O)(O)OS(=O)(=O)O"})
_REPLACING = re.compile(
    r"deoxy|dehydroxy|anhydro|thio|seleno|telluro|imid|nor(?=[a-z])|des|hydrazon|ortho|peroxo|amic|de-"
)
_MULTIPLIER = rf"(?P<count>{one_of(word for word in MULTIPLIERS if word)})?"
_COUNTED = {
    8: re.compile(
        rf"{_MULTIPLIER}\(?(?P<group>hydroxy|(?<!h)(?<!b)oxy|oxo(?!n)|amido(?!u)|nitro(?!s|g)|"
        r"(?<!z)oic acid$|acetic acid$|carboxylic acid$)"
    ),
    7: re.compile(rf"{_MULTIPLIER}\(?(?P<group>(?<!c)(?<!z)amino|amido(?!u)|nitro(?!s|g)|nitroso|cyano)"),
    9: re.compile(rf"{_MULTIPLIER}\(?(?P<group>fluoro)"),
    17: re.compile(rf"{_MULTIPLIER}\(?(?P<group>chloro(?!ph))"),
    35: re.compile(rf"{_MULTIPLIER}\(?(?P<group>bromo)"),
    53: re.compile(rf"{_MULTIPLIER}\(?(?P<group>iodo)"),
}
"""Element to the parts of a name that bring atoms of it: one each, but two oxygens for "nitro" and an acid."""
_TWO_OXYGENS = frozenset({"nitro", "oic acid", "acetic acid", "carboxylic acid"})


def is_misread(name: str, smiles: str, known_acid: bool, charged: bool) -> bool:
    """Tell whether a structure cannot be what a name means.

    Args:
        name: The wording OPSIN was asked.
        smiles: What it answered.
        known_acid: Whether the name's last word, "ate" changed to "ic acid", names an acid.
        charged: Whether the caption states a charge behind the name.
    """
    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        return False
    return (
        name in _NOT_ALKYL
        or _NOT_ONE_COMPOUND.match(name) is not None
        or (known_acid and is_acid_ion(name) and mol.HasSubstructMatch(_ESTER))
        or (mol.HasSubstructMatch(_HALOGEN_ON_HETERO) and _UNPLACED_HALOGEN.search(name) is not None)
        or (mol.HasSubstructMatch(_ON_AMINE_OXYGEN) and _AMINOCARBOXY.search(name) is not None)
        or _SUGAR_LEFT_OPEN.match(name) is not None
        or _NAPHTHO_PYRIDINE.search(name) is not None
        or _ALKYLGLYCERONE.match(name) is not None
        or _RIBOSYL_ON_BASE.match(name) is not None
        or (mol.HasSubstructMatch(_ON_CARBON) and _GLYCOSYL_ON.search(name) is not None)
        or _is_made_mixture(name, mol)
        or (not charged and _is_unbalanced(name, mol))
        or _is_atom_of_ring(name, mol)
        or _lacks_atoms(name, mol)
    )


def leaves_place_open(name: str, smiles: str) -> bool:
    """Tell whether a name gives its first groups no place and OPSIN chose one that nobody means."""
    mol = Chem.MolFromSmiles(smiles)
    return mol is not None and _UNPLACED.match(name) is not None and mol.HasSubstructMatch(_ON_HETERO_OR_TWICE)


def _is_atom_of_ring(name: str, mol: Chem.Mol) -> bool:
    """Tell whether an atom stands alone beside the compound whose own it is: "pyridine nitrogen"."""
    alone = any(len(part) == 1 for part in Chem.GetMolFrags(mol)) and mol.GetNumAtoms() > 1
    return alone and _ATOM_WORD.search(name) is not None


def is_acid_ion(name: str) -> bool:
    """Tell whether a name's last word is a substituted acid's ion, with no group in front that could be an ester's."""
    *before, last = name.split(" ")
    return _ION_IN_ONE_WORD.match(last) is not None and not any(_ESTER_WORD.search(word) for word in before)


def _is_made_mixture(name: str, mol: Chem.Mol) -> bool:
    """Tell whether a compound without a base stands beside a free mineral acid: "X phosphate" is then its ester."""
    parts = [Chem.MolToSmiles(part) for part in Chem.GetMolFrags(mol, asMols=True, sanitizeFrags=False)]
    if len(parts) < 2 or _MINERAL_ACID.search(name) is None or not _FREE_ACIDS & set(parts):
        return False
    base = mol.HasSubstructMatch(_BASE) or mol.HasSubstructMatch(_BASIC_RING)
    return not base and not any(atom.GetFormalCharge() > 0 or atom.GetAtomicNum() > 54 for atom in mol.GetAtoms())


def _is_unbalanced(name: str, mol: Chem.Mol) -> bool:
    """Tell whether an ion stands beside what does not balance it: "cumene hydroperoxide" as a salt of cumene."""
    apart = len(Chem.GetMolFrags(mol)) > 1 and Chem.GetFormalCharge(mol) != 0
    return apart and _CHARGE_WORD.search(name) is None


def _lacks_atoms(name: str, mol: Chem.Mol) -> bool:
    """Tell whether a structure has fewer atoms of an element than the parts of its name bring."""
    if _REPLACING.search(name):
        return False
    numbers = [atom.GetAtomicNum() for atom in mol.GetAtoms()]
    for element, parts in _COUNTED.items():
        least = sum(
            MULTIPLIERS[hit["count"] or ""] * (1 + (element == 8 and hit["group"] in _TWO_OXYGENS))
            for hit in parts.finditer(name)
        )
        if numbers.count(element) < least:
            return True
    return False

"""Questions that are written like code, in words: "num_heavy_atoms(CCO)", "mw(phenol)=?"."""

from __future__ import annotations

import re
from collections.abc import Callable

from molreflect.tools.facts.molecules import looks_like_smiles
from molreflect.tools.facts.parts import part_named
from molreflect.tools.molecules.smarts import split_outside_brackets

_CALL = re.compile(r"(?<![\w\]()=#@-])(?P<name>[A-Za-z][A-Za-z_]{1,40}\d?)\((?P<inside>[^\n]{1,2000})")
_IDENTIFIER = re.compile(r"[A-Za-z]+(?:_[A-Za-z0-9]+)+")
_LABEL = re.compile(r"^\s*[A-Za-z_]{1,20}\s*=\s*(?=[\"'(\[A-Za-z0-9])(?![^\"']*\()")
_ASKED_OF = re.compile(r"\s*=\s*\?")
_GIVEN = re.compile(
    r"(?i)(?:\"(?:smiles|smi|mol|molecule|property|query|group)\"\s*:\s*|\b(?:smiles|smi)\s*=\s*(?=\S)|[{}])"
)
"""Keys of what is given: "SMILES=CCO", {"smiles": "CCO", "property": "TPSA"}."""
_MODULE = re.compile(
    r"\b(?:rdkit\.)?(?:Chem|AllChem|Descriptors|rdMolDescriptors|Crippen|Lipinski|QED|rdkit|inchi)\.(?=[A-Za-z])"
)
"""Modules of RDKit before what is called."""
_READ = re.compile(r"(?i)\b(?:MolFromSmiles|MolFromInchi|smiles_?to_?mol|Mol|Molecule)(?=\()")
"""What makes a molecule of a text, in code."""
_LONGEST = 400
"""Characters of the longest molecule that is read in code."""
_MEMBERSHIP = frozenset(["isinstance", "is_a", "isa", "instanceof", "is_instance", "ismember", "is_member"])
_ATTRIBUTE = re.compile(
    r"(?P<of>[^\s.,;:?!][^\s,;:?!]{0,200}?)[\"']?\.(?P<name>[A-Za-z][A-Za-z_0-9]{1,40})(?:\(\))?(?=[\s,;:?!)]|$)"
)
"""An attribute or a method without arguments: "CCO.is_aromatic", "benzene.num_rings()"."""
_ATTRIBUTES = frozenset(["atoms", "bonds", "rings", "smiles", "inchi", "inchikey", "name", "iupac_name", "formula"])
_RELATIONS = frozenset(["isomers", "isomer", "same", "equal", "identical", "enantiomers", "diastereomers", "tautomers"])
_NUMBER = frozenset(["num", "n", "nr", "no", "count", "len", "number", "cnt"])
_WITHOUT_SENSE = frozenset(
    ["get", "calc", "calculate", "compute", "print", "return", "to", "rdkit", "mol", "find", "fn"]
)
_HAVE = frozenset(["has", "contains", "have", "contain", "includes"])
_NAMES = {
    "exactmolwt": "exact mass", "mollogp": "logp", "ringcount": "number of rings",
    "heavyatomcount": "number of heavy atoms",
    "numhdonors": "number of hydrogen bond donors", "numhacceptors": "number of hydrogen bond acceptors",
    "numrotatablebonds": "number of rotatable bonds", "fractioncsp3": "fsp3", "molformula": "formula",
    "moltoinchikey": "inchikey", "moltoinchi": "inchi", "moltosmiles": "smiles", "molecularweight": "molecular weight",
    "numaromaticrings": "number of aromatic rings", "numrings": "number of rings", "numatoms": "number of heavy atoms",
    "molecularformula": "formula", "tpsa": "tpsa", "molwt": "molecular weight",
    "numhba": "number of hydrogen bond acceptors",
    "nhbd": "number of hydrogen bond donors", "nhba": "number of hydrogen bond acceptors", "nrings": "number of rings",
    "natoms": "number of heavy atoms", "nheavy": "number of heavy atoms", "nrot": "number of rotatable bonds",
    "nrotb": "number of rotatable bonds", "getatoms": "heavy atoms", "getbonds": "bonds",
    "narom": "number of aromatic rings",
    "numhbd": "number of hydrogen bond donors", "numheteroatoms": "number of heteroatoms",
    "numheterocycles": "number of heterocycles", "numaliphaticrings": "number of aliphatic rings",
    "numsaturatedrings": "number of saturated rings", "numspiroatoms": "number of spiro atoms",
    "numbridgeheadatoms": "number of bridgehead atoms", "numatomstereocenters": "number of stereocentres",
    "sim": "tanimoto",
    "tanimotosimilarity": "tanimoto", "fingerprintsimilarity": "tanimoto",
    "findmolchiralcenters": "R or S of", "numbonds": "number of bonds", "formalcharge": "formal charge",
}  # fmt: skip
"""What RDKit and others call values, in small letters."""


def code_in_words(text: str, is_asked: Callable[[str], bool]) -> str:
    """Write calls and identifiers of a question as words; other text is left as it stands.

    Args:
        text: The question.
        is_asked: Whether a word, in small letters, asks for something of a molecule.
    """
    if not any(mark in text for mark in "(_=.") and not any(map(str.isupper, text)):
        return text
    text = _GIVEN.sub("", _ASKED_OF.sub("?", text))
    text = _without_reading(_MODULE.sub("", text))
    text = _ATTRIBUTE.sub(lambda hit: _attribute(hit, is_asked), text)
    call = next((found for found in _CALL.finditer(text) if _is_call(found["name"], is_asked)), None)
    if call is not None and (end := _closing(text, call.end("name"))) > 0:
        inside = code_in_words(text[call.end("name") + 1 : end], is_asked)
        before, behind = text[: call.start()], text[end + 1 :]
        return f"{before}{_called(call['name'], _arguments(inside))}{behind}"
    words = [_spelt(word, is_asked) for word in text.split(" ")]
    return " ".join(words)


def _without_reading(text: str) -> str:
    """Write "MolFromSmiles('CN(C)C=O')" as the molecule alone, as long as its parentheses close."""
    kept, at = [], 0
    for found in _READ.finditer(text):
        if found.start() < at:
            continue
        near = text[found.end() : found.end() + _LONGEST + 2]  # no further, so that the whole stays linear
        end = found.end() + closing if (closing := _closing(near, 0)) > 0 else -1
        inside = text[found.end() + 1 : end].split(",")[0].strip() if end > 0 else ""
        if not inside or " " in inside:
            continue
        kept += [text[at : found.start()], inside.strip("\"'")]
        at = end + 1
    return "".join([*kept, text[at:]])


def _attribute(hit: re.Match[str], is_asked: Callable[[str], bool]) -> str:
    """Write "CCO.num_rings" as "number of rings of CCO"; other words with a dot stay as they are."""
    name, of = hit["name"], hit["of"].strip("\"'")
    low = name.casefold()
    if of.count("(") != of.count(")"):
        return hit[0]  # of what is called: "len(CCO.atoms)"
    if low in _ATTRIBUTES or (_is_call(name, is_asked) and (len(low) > 2 or "_" in low or low == "mw")):
        return _called(name, [of])
    return hit[0]


def _is_call(name: str, is_asked: Callable[[str], bool]) -> bool:
    low = name.casefold()
    if looks_like_smiles(name) and not is_asked(low):
        return False
    if low.endswith("s") and part_named(low) is not None:
        return True  # rings(naphthalene)
    pieces = low.split("_")
    known = _NUMBER | _HAVE | _WITHOUT_SENSE | {"is"}
    if low in _MEMBERSHIP:
        return True
    return low in _NAMES or _bare_name(low) in _NAMES or any(piece in known or is_asked(piece) for piece in pieces)


def _bare_name(low: str) -> str:
    return low.replace("_", "").removeprefix("calc").removeprefix("get")


def _closing(text: str, opening: int) -> int:
    """Index of the parenthesis that closes the one at `opening`; the end of the text where none does."""
    depth = 0
    for i in range(opening, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if not depth:
            return i
    return -1


def _arguments(inside: str) -> list[str]:
    """Part arguments at commas outside of brackets, without their names and quotation marks."""
    parts = split_outside_brackets(inside, ",")
    return [_LABEL.sub("", part).strip().strip("\"'") for part in parts if part.strip()]


def _called(name: str, arguments: list[str]) -> str:
    low = name.casefold()
    if (known := _NAMES.get(low) or _NAMES.get(_bare_name(low))) is not None:
        return f"{known} of {' and '.join(arguments)}"
    pieces = [piece for piece in low.split("_") if piece]
    if low in _MEMBERSHIP and len(arguments) == 2:
        return f"is {arguments[0]} a {arguments[1].casefold().replace('_', ' ')}?"
    if pieces[0] == "is" and len(pieces) > 1 and len(arguments) == 1:
        return f"is {arguments[0]} {' '.join(pieces[1:])}?"
    if pieces[0] in _HAVE and arguments:
        molecule = _molecule_of(arguments)
        groups = [each for each in arguments if each != molecule] or [" ".join(pieces[1:])]
        return f"does {molecule} have {' and '.join(groups)}?"
    if len(arguments) == 2 and set(pieces) & _RELATIONS:
        asked = next(piece for piece in pieces if piece in _RELATIONS)
        return f"are {arguments[0]} and {arguments[1]} {'isomers' if asked == 'isomer' else asked}?"
    if len(arguments) > 1 and not set(pieces) & {"tanimoto", "similarity", "compare", "diff", "same"}:
        molecule = _molecule_of(arguments)
        named = " and ".join(each for each in arguments if each != molecule)
        counted = "number of" if set(pieces) & _NUMBER else "where is the"
        return f"{counted} {named} in {molecule}"
    told = f"number of {low}" if part_named(low) is not None else _in_words(pieces)
    if arguments in (["mol"], ["m"], ["molecule"], ["smiles"], ["smi"], ["x"]):
        return told  # of a variable
    return f"{told} {'of ' if told and not told.endswith(' of') else ''}{' and '.join(arguments)}".strip()


def _molecule_of(arguments: list[str]) -> str:
    """The argument that is the molecule: a SMILES of some length, or else the first that is no short symbol."""
    long = [each for each in arguments if looks_like_smiles(each)]
    return long[0] if long else max(arguments, key=lambda each: (each[:1].islower(), len(each)))


_SHORT = {"rot": "rotatable", "arom": "aromatic", "hvy": "heavy", "het": "hetero", "stereocenters": "stereocentres"}


def _in_words(pieces: list[str]) -> str:
    pieces = [_SHORT.get(piece, piece) for piece in pieces]
    counts = bool(set(pieces) & _NUMBER)
    left = [piece for piece in pieces if piece not in _NUMBER | _WITHOUT_SENSE]
    return f"number of {' '.join(left)}".strip() if counts else " ".join(left)


def _spelt(word: str, is_asked: Callable[[str], bool]) -> str:
    """Write "ring_count:" or "ExactMolWt" in words."""
    bare = word.strip("\"'?.,:;!")
    low = bare.casefold()
    if low in _NAMES and bare not in (low, low.upper()):
        return word.replace(bare, _NAMES[low])
    if _IDENTIFIER.fullmatch(bare) and _is_call(bare, is_asked):
        return word.replace(bare, _in_words(low.split("_")))
    return word

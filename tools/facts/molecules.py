"""Words that mean a molecule, read as one: SMILES, InChI, names, condensed formulas; and how they were read."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from rdkit import Chem

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.facts.condensed import read_condensed
from molreflect.tools.facts.labelled_names import parted_label, with_labels
from molreflect.tools.facts.ordinary_words import ORDINARY
from molreflect.tools.molecules.read import Molecule, quiet_rdkit, read_molecule
from molreflect.tools.names.structures import NamedStructure
from molreflect.tools.names.trivial import trivial_names
from molreflect.tools.resources import Resources

MAX_WORDS = 400
"""Characters of the longest name that is looked up; a SMILES or an InChI may be longer."""
CLOSE = 0.86
"""Likeness (difflib's ratio) from which a misspelt trivial name is read as the one it looks like."""
MAX_OFFERED = 4
"""Most compounds that are offered where words could mean several."""

How = Literal["smiles", "inchi", "name", "formula"]

_INCHI = re.compile(r"1S?/[A-Za-z0-9.*;]+(?:/\S*)?")
_INCHIKEY = re.compile(r"[A-Z]{14}-[A-Z]{10}-[A-Z]")
_FORMULA = re.compile(r"(?:[A-Z][a-z]?\d*){1,12}[+-]?")
_SMILES_LIKE = re.compile(r"[=#()\[\]@\\/]|\d")
_ARTICLES = re.compile(
    r"^(?:an?|the|molecules?|compounds?|substances?|chemicals?|drugs?|structures?)\s+", re.IGNORECASE
)
_POSITIONS = {"o": "ortho", "m": "meta", "p": "para"}
_STEM = r"(?:prop|but|pent|hex|hept|oct|non|dec|undec|dodec|tridec|tetradec|pentadec|hexadec|octadec)"
_CHAIN = re.compile(
    rf"(?P<stem>(?:cyclo)?{_STEM})(?P<mid>ane?|)(?P<suffix>ol|one|amine|thiol|ene|yne|diol|dione|adiene)"
)
_HALO = re.compile(
    rf"(?P<pre>(?:di|tri)?(?:chloro|bromo|fluoro|iodo|nitro|hydroxy|amino|methyl))"
    rf"(?P<rest>(?:{_STEM}ane|{_STEM}anoic acid|ethane|ethene|benzene|phenol|aniline|pyridine|toluene|benzoic acid"
    r"|naphthalene))"
)


_LEADING = frozenset({"phenol", "aniline", "pyridine", "toluene", "benzoic acid"})
"""Parents whose first position is taken."""
_TWO_WAYS = {"CO": ("carbon monoxide", "methanol"), "NO": ("nitrogen monoxide", "hydroxylamine")}
"""Two letters that mean one compound as a formula and another as a SMILES."""


@dataclass(frozen=True, slots=True)
class MoleculeRead:
    """What words were read as."""

    words: str
    smiles: str = ""
    """As given where it was a SMILES, else RDKit's canonical one; empty where no molecule was read."""
    how: How | None = None
    read_as: str = ""
    """The name or formula it was read as, where that is more than the words say."""
    guess: bool = False
    """Whether the words could have meant something else, so that the reading has to be told."""
    why_not: str = ""
    """Why the words could not be read as a molecule; empty where they were."""
    offers: tuple[str, ...] = ()
    """Compounds that the words may mean, where they fit several."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def read_words(words: str, resources: Resources) -> MoleculeRead:
    """Read words as a molecule, and say how, or why not.

    Args:
        words: SMILES, InChI, systematic or trivial name, condensed formula, or the formula of one compound.
        resources: Where names are looked up.
    """
    text = words.strip().strip("\"'`“”‘’").strip()
    if not text:
        return MoleculeRead(words, why_not="there are no words to read")
    if any(not c.isprintable() for c in text):
        return MoleculeRead(words, why_not=f"{shorten(ascii(text))} holds characters that no name or SMILES has")
    special = _read_identifier(words, text)
    if special is not None:
        return special
    if (formula := typed_small(text)) is not None:
        return read_words(formula, resources)
    if (named := abbreviations().get(text.casefold())) is not None and not _is_smiles_first(text):
        return _abbreviated(words, named, resources)
    if text in _TWO_WAYS:
        formula, smiles = _TWO_WAYS[text]
        said = f"{text!r} is {formula} as a formula and {smiles} as a SMILES; say which"
        return MoleculeRead(words, why_not=said, offers=_TWO_WAYS[text])
    smiles_error = ""
    if " " not in text and looks_like_smiles(text):
        try:
            return MoleculeRead(words, read_molecule(text).smiles, "smiles")
        except InputError as error:
            smiles_error = str(error)
        if smiles_error and text.isalpha() and text.islower() and looks_like_smiles(text.upper()):
            meant = read_words(text.upper(), resources)  # "cco"
            if meant.smiles:
                return replace(meant, words=words, read_as=meant.smiles, guess=True)
    if len(text) > MAX_WORDS:
        return MoleculeRead(words, why_not=smiles_error or f"{shorten(text)} is too long for a name")
    return _read_formula(words, text) or _read_name(words, text, resources, smiles_error)


def _is_smiles_first(text: str) -> bool:
    """Whether an abbreviation reads as a SMILES as it stands, and is typed as one."""
    return text.isupper() and looks_like_smiles(text)


@cache
def abbreviations() -> dict[str, str]:
    """Names by their usual abbreviation, in small letters (`data/abbreviations.toml`)."""
    text = files("molreflect.tools.facts").joinpath("data/abbreviations.toml").read_text(encoding="utf-8")
    return {str(short).casefold(): str(name) for short, name in tomllib.loads(text).items()}


def _abbreviated(words: str, name: str, resources: Resources) -> MoleculeRead:
    found = read_words(name, resources)
    return replace(found, words=words, read_as=found.read_as or name)


@cache
def _formulas_in_small() -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for formula in _formulas():
        found.setdefault(formula.casefold(), []).append(formula)
    return {low: forms[0] for low, forms in found.items() if len(forms) == 1 and (len(low) > 2 or low[1:].isdigit())}


def typed_small(word: str) -> str | None:
    """Write a formula that is typed in small letters as it is meant: h2o, nacl, ch3cooh, c6h12o6; else None."""
    if not word.islower() or not word.isascii():
        return None
    if (known := _formulas_in_small().get(word)) is not None:
        return known
    if not re.fullmatch(r"[chonspf0-9()=]+", word) or "h" not in word or not re.search(r"\d", word):
        return None  # no SMILES has an h outside of brackets
    formula = word.upper()
    return formula if read_condensed(formula) is not None or _FORMULA.fullmatch(formula) else None


def looks_like_smiles(word: str) -> bool:
    """Whether a word may be meant as a SMILES: element symbols and signs, and no name or formula of a compound."""
    if not word or not word.isascii() or word in _formulas() or typed_small(word) is not None:
        return False
    if re.fullmatch(r"[A-Za-z]+", word):  # "CCO" and "c1ccccc1" but not "phenol", "NO", "ON" or "Is"
        return (
            len(word) > 1
            and bool(re.fullmatch(r"(?:Cl|Br|[BCNOPSFI]|[bcnops]){2,}", word))
            and word.upper() not in ORDINARY
        )
    if re.fullmatch(r"[\d.,%+-]+", word) or re.match(r"\d", word):
        return False
    if read_condensed(word) is not None:
        return False
    if _OF_PARTS.fullmatch(word):
        return True  # "CCO.Cl"
    body = re.sub(r"\[[^\]]*\]", "", word)
    if re.search(r"H", body) or re.search(r"[a-z]{2}", re.sub(r"Cl|Br|Si|Se|cc+|[bcnops]{2,}", "", body)):
        return False
    return (
        bool(_SMILES_LIKE.search(word))
        and bool(re.search(r"[BCNOPSFIbcnops\[*]", word))
        and not re.search(r"[?!,;:_'\"]", word.replace(":", ""))
    )


_OF_PARTS = re.compile(r"(?:Cl|Br|[BCNOPSFI])+(?:\.(?:Cl|Br|[BCNOPSFI])+)+")
"""Components of letters alone."""


def _read_identifier(words: str, text: str) -> MoleculeRead | None:
    bare = text.removeprefix("InChI=")
    if text.startswith("InChI=") or _INCHI.fullmatch(text):
        with quiet_rdkit():
            mol = Chem.MolFromInchi(f"InChI={bare}")
        if mol is None or not mol.GetNumAtoms():
            return MoleculeRead(words, why_not=f"{shorten(text)} is not an InChI that RDKit can read")
        return MoleculeRead(words, str(Chem.MolToSmiles(mol)), "inchi")
    if _INCHIKEY.fullmatch(text):
        return MoleculeRead(
            words,
            why_not=f"{text} is an InChIKey, a hash from which no structure can be worked out; give SMILES or InChI",
        )
    return None


@cache
def _formulas() -> dict[str, str]:
    text = files("molreflect.tools.facts").joinpath("data/formulas.toml").read_text(encoding="utf-8")
    return {str(k): str(v) for k, v in tomllib.loads(text).items()}


def _read_formula(words: str, text: str) -> MoleculeRead | None:
    plain = text.translate({0x2080 + d: str(d) for d in range(10)})
    smiles = _formulas().get(plain) or read_condensed(plain)
    if smiles is not None:
        return MoleculeRead(words, smiles, "formula", read_as=smiles)
    atoms = re.findall(r"[A-Z][a-z]?", plain)
    is_formula = len(set(atoms)) == len(atoms) or "H" in atoms  # `C1CC` is a broken ring
    if _FORMULA.fullmatch(plain) and re.search(r"\d", plain) and "C" in atoms and is_formula:
        said = f"{text} is a molecular formula, which several compounds may share; name one of them or give its SMILES"
        return MoleculeRead(words, why_not=said)
    return None


def _read_name(words: str, text: str, resources: Resources, smiles_error: str) -> MoleculeRead:
    spellings = list(dict.fromkeys(_spellings(text)))
    found = resources.nomenclature.resolve(spellings)
    for spelling in spellings:
        named = found[spelling]
        if named is None or named.kind != "molecule" or named.generic:
            continue
        if named.ambiguous:
            return _several(words, text, spelling, resources) or MoleculeRead(
                words, why_not=f"{text!r} does not say where its groups are; give the positions, or a SMILES"
            )
        if (parted := _two_names(spelling, named.smiles, resources)) is not None:
            said = f"{shorten(text)} reads as two names, {parted[0]} and {parted[1]}; put 'and' between them"
            return MoleculeRead(words, why_not=said, offers=parted)
        return _named(words, spelling, named, resources)
    if (several := _several(words, text, spellings[-1], resources)) is not None:
        return several
    if (labelled := _labelled(words, text, resources)) is not None:
        return labelled
    if smiles_error:
        return MoleculeRead(words, why_not=smiles_error)
    if (close := closest_name(spellings[-1])) is not None:
        named = resources.nomenclature.resolve([close])[close]
        if named is not None and named.kind == "molecule" and not named.ambiguous:
            return MoleculeRead(words, named.smiles, "name", read_as=close, guess=True)
    return MoleculeRead(words, why_not=f"{shorten(text)} is no name that can be turned into a structure")


def _labelled(words: str, text: str, resources: Resources) -> MoleculeRead | None:
    """Read a trivial name with CIP labels before it as the one stereoisomer that has them."""
    parted = parted_label(text)
    if parted is None:
        return None
    labels, name = parted
    plain = read_words(name, resources)
    if not plain.smiles or plain.guess or plain.how != "name":
        return None
    if (smiles := with_labels(plain.smiles, labels)) is not None:
        return MoleculeRead(words, smiles, "name", read_as=plain.read_as)
    said = f"{shorten(text)}: no stereoisomer of {name} has these labels, or several have; give a SMILES"
    return MoleculeRead(words, why_not=said)


def _two_names(name: str, smiles: str, resources: Resources) -> tuple[str, str] | None:
    """Part a name that was read as a mixture into the names of two compounds that merely stand side by side."""
    parts = [part for part in smiles.split(".") if "c" in part.casefold().replace("cl", "")]
    if len(parts) < 2 or "+" in smiles or "-]" in smiles:
        return None
    words = name.split()
    pairs = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
    found = resources.nomenclature.resolve([half for pair in pairs for half in pair])
    whole = [pair for pair in pairs if all((s := found[half]) is not None and s.kind == "molecule" for half in pair)]
    return whole[0] if whole else None


def _spellings(text: str) -> Iterator[str]:
    bare = text
    while (shorter := _ARTICLES.sub("", bare)) != bare:
        bare = shorter
    bare = re.sub(r"\s+(?:molecules?|compounds?)$", "", bare, flags=re.IGNORECASE).strip(" .,;:?!")
    bare = (
        re.sub(r"^(o|m|p)[- ](?=[a-z])", lambda match: f"{_POSITIONS[match[1]]}-", bare)
        if not bare.startswith("p-")
        else bare
    )
    bare = re.sub(r"^([RSEZ])-(?=[a-z]{4})", r"(\1)-", bare)  # S-ibuprofen
    yield bare
    if bare[:1].isupper():
        yield bare[:1].lower() + bare[1:]
    if bare.isupper() and len(bare) > 5:
        yield bare.lower()
    if "sulph" in bare.lower():
        yield re.sub("sulph", "sulf", bare, flags=re.IGNORECASE)
    yield re.sub(r"\s*-\s*", "-", bare)
    yield bare.lower()


def _named(words: str, spelling: str, named: NamedStructure, resources: Resources) -> MoleculeRead:
    """Say what a name was read as where it leaves a position open that its structure does not."""
    read_as, guess = named.read_as, False
    if (chain := _CHAIN.fullmatch(spelling.lower())) is not None and named.source == "opsin":
        same = [n for n, s in _placed(chain, resources) if s == named.smiles]
        others = [n for n, s in _placed(chain, resources) if s != named.smiles]
        if same and others:
            read_as, guess = same[0], True
    return MoleculeRead(words, named.smiles, "name", read_as=read_as, guess=guess)


def _placed(chain: re.Match[str], resources: Resources) -> list[tuple[str, str]]:
    """The isomers of a chain's name that leaves out where its group is: name and SMILES, each structure once."""
    stem, suffix = chain["stem"], chain["suffix"]
    middle = {"diol": "ane", "dione": "ane", "thiol": "ane", "ol": "an", "one": "an", "amine": "an"}.get(suffix, "")
    pairs = suffix in ("diol", "dione", "adiene")
    places = ["1,2", "1,3", "2,3", "1,4", "2,4"] if pairs else ["1", "2", "3"]
    names = [f"{stem}a-{p}-diene" if suffix == "adiene" else f"{stem}{middle}-{p}-{suffix}" for p in places]
    return _distinct(names, resources)


def _distinct(names: list[str], resources: Resources) -> list[tuple[str, str]]:
    found = resources.nomenclature.resolve(names)
    kept: dict[str, str] = {}
    for name in names:
        structure = found[name]
        if structure is not None and structure.kind == "molecule" and not structure.ambiguous:
            kept.setdefault(structure.smiles, name)
    return [(name, smiles) for smiles, name in kept.items()]


def _several(words: str, text: str, spelling: str, resources: Resources) -> MoleculeRead | None:
    """Offer the isomers that a name without positions may mean."""
    low = spelling.lower()
    if (chain := _CHAIN.fullmatch(low)) is not None:
        found = _placed(chain, resources)
    elif (halo := _HALO.fullmatch(low)) is not None:
        ring = (
            halo["rest"].endswith(("ene", "ol", "ine", "acid"))
            and "anoic" not in halo["rest"]
            and halo["rest"] != "ethene"
        )
        places = {
            "di": ["1,1", "1,2", "1,3", "2,2", "1,4", "2,4"],
            "tri": ["1,1,1", "1,1,2", "1,2,3", "1,2,4", "1,3,5"],
        }.get(
            "tri" if halo["pre"].startswith("tri") else "di" if halo["pre"].startswith("di") else "",
            ["1", "2", "3", "4"],
        )
        if halo["rest"] in _LEADING:
            places = [place for place in places if not place.startswith("1")]
        if ring and halo["rest"] == "benzene":
            places = [p for p in places if p not in ("1,1", "2,2", "1,1,1", "1,1,2", "2,4")]
        found = _distinct([f"{place}-{low}" for place in places], resources)
    else:
        found = _distinct([f"{place}-{low}" for place in _POSITIONS], resources)
    if len(found) < 2:
        return None
    names = tuple(name for name, _ in found[:MAX_OFFERED])
    said = f"{text!r} may mean {', '.join(names[:-1])} or {names[-1]}; say which"
    return MoleculeRead(words, why_not=said, offers=names)


@cache
def _known_names() -> dict[str, list[str]]:
    """Trivial names by their first letter, in lower case."""
    names: dict[str, list[str]] = {}
    for entry in trivial_names().entries:
        for name in entry.names:
            if len(name) > 4 and not name.isupper():
                names.setdefault(name[0].casefold(), []).append(name.casefold())
    for name in _EVERYDAY:
        names.setdefault(name[0], []).append(name)
    return names


_EVERYDAY = [
    "acetone",
    "acetonitrile",
    "aniline",
    "anisole",
    "benzene",
    "benzaldehyde",
    "biphenyl",
    "ethanol",
    "ethylene",
    "formaldehyde",
    "furan",
    "glycerol",
    "imidazole",
    "indole",
    "methanol",
    "naphthalene",
    "anthracene",
    "phenanthrene",
    "phenol",
    "piperidine",
    "pyridine",
    "pyrrole",
    "pyrrolidine",
    "quinoline",
    "styrene",
    "thiophene",
    "toluene",
    "urea",
    "glucose",
    "fructose",
    "alanine",
    "glycine",
    "serine",
    "valine",
    "leucine",
    "isoleucine",
    "proline",
    "threonine",
    "lysine",
    "arginine",
    "histidine",
    "cysteine",
    "methionine",
    "phenylalanine",
    "tyrosine",
    "tryptophan",
    "cholesterol",
    "testosterone",
    "progesterone",
    "estradiol",
    "morphine",
    "nicotine",
    "caffeine",
    "cyclohexane",
    "cyclohexanol",
    "cyclohexanone",
    "acetophenone",
    "chloroform",
    "dichloromethane",
    "isopropanol",
    "ibuprofen",
    "naproxen",
    "aspirin",
    "paracetamol",
]
"""Names that OPSIN knows and people misspell."""


def is_known_name(word: str) -> bool:
    """Whether a word is a trivial name or an everyday one, spelt right."""
    low = word.casefold()
    return low in _known_names().get(low[:1], ())


def closest_name(text: str) -> str | None:
    """Find the one trivial name that a misspelt word is nearest to; None where none is near, or two are alike."""
    word = text.casefold()
    if not re.fullmatch(r"[a-z][a-z -]{3,30}", word):
        return None
    names = [n for n in _known_names().get(word[0], ()) if abs(len(n) - len(word)) <= 2]
    near = difflib.get_close_matches(word, sorted(set(names)), n=2, cutoff=CLOSE)
    if not near or near[0] == word:
        return None
    scores = [difflib.SequenceMatcher(None, name, word).ratio() for name in near]
    return near[0] if len(scores) == 1 or scores[0] > scores[1] else None


def read_one(words: str, resources: Resources) -> Molecule:
    """Read words as a molecule.

    Raises:
        InputError: They are none; the message says why.
    """
    found = read_words(words, resources)
    if not found.smiles:
        raise InputError(found.why_not)
    return read_molecule(found.smiles)

"""Names with words that say where a part is, what became of it, or that only name a salt's ion.

"The reducing-end GlcNAc residue" is a GlcNAc residue, "abieta-8,11,13-triene" has the skeleton of abietane, and
"quinapril(1+)" in a salt is its one cation. The words that nothing is compared with are said to be unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rdkit import Chem

from molreflect.tools.meaning.words import COMPOSED
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.names.words import one_of

_PLACE_WORDS = one_of(COMPOSED["place_words"])
_PLACED = re.compile(rf"^(?P<where>(?:(?:{_PLACE_WORDS})[ -])+)(?P<rest>[^ ].{{2,}})$", re.IGNORECASE)
_PLACED_LOCANT = re.compile(
    r"^(?P<where>[NOSC]\((?:alpha|beta|gamma|delta|epsilon|omega|\d{1,2}'?)\)[- ])(?P<rest>[a-z].{3,})$"
)
_KIND_BEFORE = re.compile(
    r"^(?P<where>(?:di|tri|tetra|penta|hexa|hepta|octa|nona|deca|undeca|dodeca|oligo|poly)(?:saccharide|peptide)"
    r"(?: derivative| unit| compound)?|sequence|glycan|steroid|dye|drug|antibiotic|amino acid|nucleotide|cation|anion"
    r") (?P<rest>\(?\[?(?:[a-zA-Z]+-)*\S*(?:\d->|-[A-Z]|\(\d|yl\b)\S*)$"
)
_MODIFIED_BEFORE = re.compile(
    r"^(?P<where>(?:(?:\d[\w,']*|[NOS](?:,[NOS])*|N\(\w+\))-)?(?:di|tri|per|poly)?(?:sulfated|acetylated|acylated|"
    r"methylated|phosphorylated|substituted|sulfonated|formylated|hydroxylated|esterified|protonated|dianionic|"
    r"partially hydrogenated|fully hydrogenated|rearranged|oxidised|oxidized|lipoated|C-linked|N-linked|O-linked|"
    r"deuterated|labelled)) (?P<rest>[^ ].{3,})$",
    re.IGNORECASE,
)
_ATOM_OF = re.compile(r"^(?P<rest>[^ ].{3,}?) (?P<atom>(?:ring )?(?:nitrogen|oxygen|sulfur|sulphur)s?(?: atoms?)?)$")
"""An atom of a ring, for which the ring is looked for."""
_TAUTOLOGY = re.compile(r"\b(?P<word>[a-z]{5,}) (?P=word)$")


_SHORTENED = tuple((re.compile(rule["pattern"], re.IGNORECASE), rule["means"]) for rule in COMPOSED["shortened"])
"""Names and the class they are a kind of; a pattern with a group only respells the name."""


def less_specific(name: str) -> Iterator[tuple[str, str]]:
    """List shorter names that a name specialises.

    Yields:
        The shorter name, with its capitals, and the words it leaves unread.
    """
    for pattern in (_PLACED, _PLACED_LOCANT, _KIND_BEFORE, _MODIFIED_BEFORE):
        if hit := pattern.match(name):
            yield hit["rest"], hit["where"].strip(" -")
    if hit := _ATOM_OF.match(name):
        yield hit["rest"], hit["atom"]
    if hit := _TAUTOLOGY.search(name):
        yield name[: hit.start()] + hit["word"], ""
    for pattern, shorter in _SHORTENED:
        text = pattern.sub(shorter, name)
        if text != name:
            yield text, name if pattern.groups == 0 else ""


_UNSATURATED = re.compile(
    r"^(?P<before>(?:\([\w,+-]*\)-|ent-|neo-|[\w',()]*-)*?)(?P<stem>[a-z]{3,14}?)a?-(?P<after>[\dEZ(][\w(),']*-"
    r"(?:di|tri|tetra|penta)?(?:en|yn)(?:e|-.*)?)$"
)


def parent_hydride(name: str) -> Iterator[tuple[str, str]]:
    """List the parent hydrides that a name may derive from: "labdane" of "labd-14-en-11-one".

    Yields:
        The parent's name and the part of the name that is then unread.
    """
    if hit := _UNSATURATED.match(name):
        for parent in dict.fromkeys((hit["stem"] + "ane", hit["stem"].removesuffix("a") + "ane")):
            yield parent, hit["before"] + hit["after"]
    if (hit := _HYDRIDE.search(name)) is not None and _OTHER_SKELETON.search(name) is None:
        yield COMPOSED["hydrides"][hit["stem"]], name


_HYDRIDE = re.compile(
    rf"(?P<stem>{one_of(COMPOSED['hydrides'])})(?:an(?=e?(?:-\d|$|\s)|oic|ol|one)|a?(?=-[\dEZ(][\w(),':-]*(?:en|yn)))"
)
"""A parent hydride of natural products anywhere in a name: "13,28-epoxyoleanane-3,16-diol", "hopan-3-one"."""
_OTHER_SKELETON = re.compile(r"nor(?!m)|seco|abeo|homo|cyclo(?!art)|neo|friedo|rearranged|migrat|apo-")
"""What changes the carbon atoms or rings of a parent hydride."""


_ION = re.compile(r"^(?P<name>[^()]*[a-z]{4,}[^()]*)\((?P<number>\d?)(?P<sign>[+-])\)$")


def component_of_charge(name: str, molecule: Molecule) -> tuple[str, frozenset[int]] | None:
    """Find the one component of a salt that bears the charge that an unknown ion's name states.

    In a salt drawn as base and acid ("N.Cl") the base counts with a charge for every molecule of hydrogen halide.

    Returns:
        The unread name and the component's heavy atoms; None where no component, or several different ones, do.
    """
    hit = _ION.match(name)
    frags = Chem.GetMolFrags(molecule.mol)
    if hit is None or len(frags) < 2:
        return None
    charge = int(hit["number"] or 1) * (1 if hit["sign"] == "+" else -1)
    acids = sum(text in _HYDROGEN_HALIDES for text in molecule.components)
    fitting: dict[str, frozenset[int]] = {}
    for atoms in frags:
        own = [molecule.mol.GetAtomWithIdx(i) for i in atoms]
        total = sum(atom.GetFormalCharge() for atom in own)
        base = total == 0 and acids == charge and any(atom.GetAtomicNum() == 7 for atom in own)
        if (total == charge or base) and any(atom.GetAtomicNum() == 6 for atom in own):
            heavy = frozenset(atom.GetIdx() for atom in own if atom.GetAtomicNum() > 1)
            fitting.setdefault(Chem.MolFragmentToSmiles(molecule.mol, list(atoms)), heavy)
    return (hit["name"], next(iter(fitting.values()))) if len(fitting) == 1 else None


_HYDROGEN_HALIDES = frozenset({"F", "Cl", "Br", "I"})

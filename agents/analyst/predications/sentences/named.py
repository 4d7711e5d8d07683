"""What a molecule is in terms of another that is named: "the methyl ester of salicylic acid"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from rdkit import Chem
from rdkit.Chem import AllChem

from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.sentences.attached import hangs_on
from molreflect.agents.analyst.predications.sentences.classes import is_one
from molreflect.agents.analyst.predications.sentences.undone import of_a_class
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.sentence import reads_as_name
from molreflect.tools.facts.molecules import read_words
from molreflect.tools.facts.parts import part_named
from molreflect.tools.molecules.read import Molecule, read_molecule

ALKYL = {
    "methyl": "C",
    "ethyl": "CC",
    "propyl": "CCC",
    "isopropyl": "C(C)C",
    "butyl": "CCCC",
    "tert-butyl": "C(C)(C)C",
    "isobutyl": "CC(C)C",
    "benzyl": "Cc1ccccc1",
    "phenyl": "c1ccccc1",
    "allyl": "CC=C",
    "vinyl": "C=C",
    "isoamyl": "CCC(C)C",
    "isopentyl": "CCC(C)C",
    "pentyl": "CCCCC",
    "hexyl": "CCCCCC",
    "octyl": "CCCCCCCC",
}
ACYL = {
    "acetyl": "C(C)=O",
    "acetate": "C(C)=O",
    "formyl": "C=O",
    "formate": "C=O",
    "benzoyl": "C(=O)c1ccccc1",
    "benzoate": "C(=O)c1ccccc1",
    "propionate": "C(=O)CC",
    "butyrate": "C(=O)CCC",
}
_GROUPS = {
    "nitro": "[N+](=O)[O-]",
    "chloro": "Cl",
    "bromo": "Br",
    "fluoro": "F",
    "iodo": "I",
    "hydroxy": "O",
    "amino": "N",
    "methoxy": "OC",
    "cyano": "C#N",
    "carboxy": "C(=O)O",
    "sulfo": "S(=O)(=O)O",
    "thio": "S",
} | ALKYL
_METALS = {
    "sodium": "[Na+]",
    "potassium": "[K+]",
    "lithium": "[Li+]",
    "calcium": "[Ca+2]",
    "magnesium": "[Mg+2]",
    "ammonium": "[NH4+]",
}
_ACIDS = {"hydrochloride": "Cl", "hydrobromide": "Br", "hydroiodide": "I"}
_TIMES = {"mono": 1, "di": 2, "tri": 3, "tetra": 4, "penta": 5, "hexa": 6}
_KIND_OF = re.compile(r"(?:an?|the) (?:corresponding |simple )?(?P<kind>[\w,-]+(?: [\w-]+)?(?: salt)?) of (?P<name>.+)")
_LOCATED = re.compile(r"(?P<what>\d(?:,\d)*-[a-z]+(?:-\d(?:,\d)*-[a-z]+)*) ?(?:derivative|analogue|analog)")
"""A derivative with the places of what it bears: "the 4-amino derivative of benzenesulfonamide"."""
_FROM_ACID = {
    "amide": "N",
    "primary amide": "N",
    "carboxamide": "N",
    "primary carboxamide": "N",
    "hydrazide": "NN",
    "acid hydrazide": "NN",
    "hydroxamic acid": "NO",
    "acid chloride": "Cl",
    "acyl chloride": "Cl",
    "chloride": "Cl",
}
_DIFFERS = re.compile(
    r"differs from (?P<name>.+?) (?:only )?"
    r"(?:in having|by having|in that it has|by the presence of|in bearing|by|in|through)"
    r" (?P<many>an?|\w+)(?: (?P<less>fewer|less)| (?:additional|extra|further|more))? (?P<noun>.+)"
)


@lru_cache(maxsize=256)
def read_smiles(smiles: str) -> Molecule:
    """Read a SMILES, each once."""
    return read_molecule(smiles)


def of_name(name: str, nouns: Nouns) -> Molecule | None:
    """Read the molecule that a name means; None where it is none."""
    found = read_words(re.sub(r"^(?:an?|the) ", "", name), nouns.resources)
    return read_smiles(found.smiles) if found.smiles else None


def is_derived(words: str, nouns: Nouns) -> bool | None:
    """Decide "the methyl ester of salicylic acid"; None where the kind, or the name, is not known."""
    found = _KIND_OF.fullmatch(words)
    if found is not None and re.match(r"an? ", found["name"]) and (truth := of_a_class(found, nouns)) is not None:
        return truth
    if found is not None and (sugar := _GLYCOSIDE.fullmatch(found["kind"].lower())) is not None:
        other = of_name(found["name"], nouns)
        if other is None or is_one(f"{sugar['sugar']}oside", nouns) is not True:
            return None
        ring = read_smiles(_SUGARS.get(sugar["sugar"], _HEXOSE))
        return plain(nouns.molecule.mol) in _joined(ring.mol, other.mol, ["glycoside"])
    if found is not None and (truth := _condensed(found, nouns)) is not None:
        return truth
    parent = of_name(found["name"], nouns) if found is not None else None
    if found is None or parent is None:
        return None
    kind = found["kind"].lower()
    if hangs_on(found["kind"], parent, nouns, only=words.startswith("the ")):
        return True
    by = _BY_NAME.fullmatch(kind)
    if by is not None and by["with"] not in ALKYL:
        truth = is_condensed([found["name"], by["with"]], nouns, by["kind"])
        if truth is not None:
            return truth
    if kind in ("ester", "amide") and words.startswith("an"):
        return _has_acyl(parent, nouns.molecule, "[OX2;!H1;!$(O(C=O)C=O)]" if kind == "ester" else "[#7]")
    if kind in ("derivative", "analogue", "analog"):
        return nouns.molecule.mol.HasSubstructMatch(parent.mol) or None
    if (located := _LOCATED.fullmatch(kind)) is not None:
        named = of_name(f"{located['what']}{found['name']}", nouns)
        return None if named is None else plain(named.mol) == plain(nouns.molecule.mol)
    if kind.startswith("n-") and _CARBAMATE.fullmatch(kind) is None:
        made = _made(kind, parent)
        return None if made is None else plain(nouns.molecule.mol) in made
    if (
        many := re.fullmatch(
            r"(?P<times>mono|di|tri|tetra|penta|hexa)?-?(?P<group>[a-z-]+?)(?:ated|lated)? ?(?:derivative|analogue)",
            kind,
        )
    ) is not None:
        group = many["group"] if many["group"] in _GROUPS else f"{many['group']}o"
        return (
            _with_groups(parent, group, _TIMES[many["times"] or "mono"], nouns.molecule) if group in _GROUPS else None
        )
    made = _made(kind, parent)
    return None if made is None else plain(nouns.molecule.mol) in made


_BY_NAME = re.compile(r"(?P<with>[\w-]+) (?P<kind>ester|amide|ether)")
_GLYCOSIDE = re.compile(
    r"(?:(?:aryl|alkyl|phenolic|o-|beta-|alpha-|d-|l-)+ ?)?(?P<sugar>gluc|galact|mann|rib|fruct|xyl)(?:o)?side"
)
_SUGARS = {"rib": "OCC1OC(O)C(O)C1O", "xyl": "OC1COC(O)C(O)C1O", "fruct": "OCC1OC(O)(CO)C(O)C1O"}
_HEXOSE = "OCC1OC(O)C(O)C(O)C1O"
_CONDENSED = {
    "glycoside": "[C;R:1]([O;R:2])[OX2H].[#6;!$(C=O):4][OX2H:5]>>[C:1]([O:2])[O:5][*:4]",
    "ester": "[C,S,P:1](=[O:2])[OX2H].[#6;!$(C=O):4][OX2H:5]>>[*:1](=[O:2])[O:5][*:4]",
    "amide": "[C,S:1](=[O:2])[OX2H].[NX3;!H0;!$(NC=O):4]>>[*:1](=[O:2])[N:4]",
    "ether": "[#6;!$(C=O):1][OX2H].[#6;!$(C=O):4][OX2H:5]>>[*:1][O:5][*:4]",
    "imine": "[#6:1]=[OX1].[NX3;H2:4]>>[*:1]=[N:4]",
    "hydrazone": "[#6:1]=[OX1].[NX3;H2;$(NN):4]>>[*:1]=[N:4]",
    "ketal": "[#6:1]=[OX1].[OX2H:2][CX4:3][CX4:4][OX2H:5]>>[*:1]1[O:2][C:3][C:4][O:5]1",
    "hemiacetal": "[CX3:1]=[OX1:2].[CX4:3][OX2H:4]>>[C:1]([O:2])[O:4][C:3]",
    "sulfonamide": "[SX4:1](=[O:2])(=[O:3])[OX2H,Cl].[NX3;!H0:4]>>[S:1](=[O:2])(=[O:3])[N:4]",
    "oxime": "[#6:1]=[OX1].[NX3;H2;$(NO):4]>>[*:1]=[N:4]",
}
"""How two compounds are joined with loss of water, by what comes of it."""


def _condensed(found: re.Match[str], nouns: Nouns) -> bool | None:
    """Decide "the ester of acetic acid with benzyl alcohol"; None where it names no two compounds."""
    kind = found["kind"].lower()
    names = re.split(r" (?:with|and) ", found["name"])
    if len(names) != 2 or (kind != "condensation product" and kind not in _CONDENSED):
        return None
    return is_condensed(names, nouns, None if kind == "condensation product" else kind)


def is_condensed(names: Sequence[str], nouns: Nouns, kind: str | None = None) -> bool | None:
    """Whether two compounds give the molecule with loss of water; None where a name is not known.

    Args:
        names: Of the two.
        nouns: Looks nouns up in the molecule.
        kind: What comes of it, a key of the table; None for any.
    """
    parents = [of_name(name, nouns) for name in names]
    if None in parents:
        return None
    one, other = (parent.mol for parent in parents if parent is not None)
    return plain(nouns.molecule.mol) in _joined(one, other, list(_CONDENSED) if kind is None else [kind])


def _joined(one: Chem.Mol, other: Chem.Mol, kinds: Sequence[str]) -> set[str]:
    """Join two compounds with loss of water, either way round, in each of some ways."""
    made: set[str] = set()
    for pair in ((one, other), (other, one)):
        for each in kinds:
            for (product,) in AllChem.ReactionFromSmarts(_CONDENSED[each]).RunReactants(pair):
                if Chem.SanitizeMol(product, catchErrors=True) == Chem.SanitizeFlags.SANITIZE_NONE:
                    made.add(plain(product))
    return made


def plain(mol: Chem.Mol) -> str:
    """Write a molecule as canonical SMILES without stereochemistry."""
    bare = Chem.Mol(mol)
    Chem.RemoveStereochemistry(bare)
    return str(Chem.MolToSmiles(bare))


def _made(kind: str, parent: Molecule) -> set[str] | None:
    """Make what may be called so: canonical SMILES without stereochemistry."""
    if (ester := re.fullmatch(r"(?P<times>mono|di|tri)?-?(?P<alkyl>[a-z-]+) (?:di|tri)?ester", kind)) is not None:
        alkyl = ALKYL.get(ester["alkyl"]) or (ALKYL.get(ester["alkyl"].removeprefix("di")))
        times = _TIMES[ester["times"] or "mono"]
        return (
            None if alkyl is None else repeated(f"[C,P,S:1](=[O:2])[OX2H:3]>>[*:1](=[O:2])[O:3]{alkyl}", parent, times)
        )
    if kind in _FROM_ACID:
        return repeated(f"[C:1](=[O:2])[OX2H]>>[C:1](=[O:2]){_FROM_ACID[kind]}", parent, 1)
    if (salt := re.fullmatch(r"(?P<times>mono|di|tri)?(?P<metal>[a-z]+)(?: salt)?", kind)) is not None and salt[
        "metal"
    ] in _METALS:
        return _salts(parent, _METALS[salt["metal"]], _TIMES[salt["times"]] if salt["times"] else None)
    if (acid := kind.removesuffix(" salt")) in _ACIDS:
        return {plain(Chem.MolFromSmiles(f"{plain(parent.mol)}.{_ACIDS[acid]}"))}
    ether = re.fullmatch(r"(?P<times>mono|di|tri)?-?(?P<alkyl>[a-z-]+) (?P<what>ether|thioether|sulfide)", kind)
    if ether is not None and ether["alkyl"] in ALKYL:
        atom = "O" if ether["what"] == "ether" else "S"
        smarts = f"[#6;!$(C=O):1][{atom}X2H:2]>>[*:1][{atom}:2]{ALKYL[ether['alkyl']]}"
        return repeated(smarts, parent, _TIMES[ether["times"] or "mono"])
    several = re.fullmatch(r"(?P<times>di|tri|tetra|penta)-?(?P<acyl>[a-z]+)(?: ester)?", kind)
    if several is not None and several["acyl"] in ACYL:
        smarts = f"[#6;!$(C=O):1][OX2H:2]>>[*:1][O:2]{ACYL[several['acyl']]}"
        return repeated(smarts, parent, _TIMES[several["times"]])
    if (carbamate := _CARBAMATE.fullmatch(kind)) is not None:
        alkyl = ALKYL.get(carbamate["alkyl"] or "", "")
        nitrogen = f"N({alkyl}){alkyl}" if carbamate["two"] else f"N{alkyl}"
        return repeated(f"[#6;!$(C=O):1][OX2H:2]>>[*:1][O:2]C(=O){nitrogen}", parent, 1)
    if kind in _OXO_ESTERS:
        return repeated(f"[#6;!$(C=O):1][OX2H:2]>>[*:1][O:2]{_OXO_ESTERS[kind]}", parent, 1)
    if (acyl := re.sub(r" ester$", "", kind)) in ACYL:
        return repeated(f"[#6;!$(C=O):1][OX2H:2]>>[*:1][O:2]{ACYL[acyl]}", parent, 1)
    if (on := re.fullmatch(r"[nN]-(?P<group>[a-z]+) (?:derivative|analogue)", kind)) is not None:
        group = ALKYL.get(on["group"]) or ACYL.get(on["group"])
        return None if group is None else repeated(f"[#7;!H0:1]>>[#7:1]{group}", parent, 1)
    if kind in ("N-oxide", "n-oxide"):
        return repeated("[#7X2,#7X3;+0:1]>>[#7+:1][O-]", parent, 1)
    return None


_CARBAMATE = re.compile(
    r"(?:n,n-|n-)?(?P<two>di)?(?P<alkyl>methyl|ethyl|propyl|isopropyl|butyl|phenyl|benzyl)? ?carbamate(?: ester)?"
)
_OXO_ESTERS = {
    "phosphate": "P(=O)(O)O",
    "phosphate ester": "P(=O)(O)O",
    "sulfate": "S(=O)(=O)O",
    "nitrate": "[N+](=O)[O-]",
}


def repeated(smarts: str, parent: Molecule, times: int) -> set[str]:
    """Run a reaction so many times, at every place."""
    reaction = AllChem.ReactionFromSmarts(smarts)
    mols = [parent.mol]
    for _ in range(times):
        made: dict[str, Chem.Mol] = {}
        for mol in mols:
            for (product,) in reaction.RunReactants((mol,)):
                if Chem.SanitizeMol(product, catchErrors=True) == Chem.SanitizeFlags.SANITIZE_NONE:
                    made[plain(product)] = product
        mols = list(made.values())
    return {plain(mol) for mol in mols}


def _salts(parent: Molecule, metal: str, times: int | None) -> set[str]:
    """Make the salts of an acid: its anions, once for each charge, with the metal."""
    charge = 2 if metal.endswith("+2]") else 1
    acid = AllChem.ReactionFromSmarts("[C,S,P,c:1][OX2H:2]>>[*:1][O-:2]")
    found: set[str] = set()
    mols = [parent.mol]
    for number in range(1, 4):
        made: dict[str, Chem.Mol] = {}
        for mol in mols:
            for (product,) in acid.RunReactants((mol,)):
                if Chem.SanitizeMol(product, catchErrors=True) == Chem.SanitizeFlags.SANITIZE_NONE:
                    made[plain(product)] = product
        mols = list(made.values())
        if times in (None, number):
            for smiles in made:
                parts = [smiles, *[metal] * number] if charge == 1 else [smiles] * (2 if number == 1 else 1) + [metal]
                whole = Chem.MolFromSmiles(".".join(parts))
                found |= {plain(whole)} if whole is not None else set()
    return found


def _has_acyl(parent: Molecule, molecule: Molecule, behind: str) -> bool | None:
    """Whether a molecule has the acyl group of an acid on an oxygen or nitrogen."""
    acid = Chem.MolFromSmarts("[CX3](=O)[OX2H]")
    for hit in parent.mol.GetSubstructMatches(acid):
        query = Chem.RWMol(parent.mol)
        query.ReplaceAtom(hit[2], Chem.AtomFromSmarts(behind))
        bare = query.GetMol()
        Chem.RemoveStereochemistry(bare)
        if molecule.mol.HasSubstructMatch(bare):
            return True
    return False if parent.mol.HasSubstructMatch(acid) else None


def _with_groups(parent: Molecule, group: str, times: int, molecule: Molecule) -> bool | None:
    """Whether a molecule is another with so many groups in the place of hydrogens."""
    piece = Chem.MolFromSmiles(_GROUPS[group])
    more = molecule.mol.GetNumHeavyAtoms() - parent.mol.GetNumHeavyAtoms()
    if more != times * piece.GetNumHeavyAtoms():
        return False
    bare = Chem.Mol(parent.mol)
    Chem.RemoveStereochemistry(bare)
    for hit in molecule.mol.GetSubstructMatches(bare, maxMatches=50):
        rest = Chem.RWMol(molecule.mol)
        for atom in sorted(hit, reverse=True):
            rest.RemoveAtom(atom)
        left = Chem.MolToSmiles(rest).split(".")
        if sorted(left) == sorted([Chem.MolToSmiles(piece)] * times):
            return True
    return False


def differs(words: str, nouns: Nouns) -> bool | None:
    """Decide "differs from uracil by one additional methyl group"; None where that is not understood."""
    if (bare := re.fullmatch(r"differs from (?P<name>[\w,'-]+(?: acid| [a-z]+ate)?)", words)) is not None:
        other = of_name(bare["name"], nouns)
        return None if other is None else plain(other.mol) != plain(nouns.molecule.mol)
    found = _DIFFERS.fullmatch(words)
    parent = of_name(found["name"], nouns) if found is not None else None
    if found is None or parent is None:
        return None
    many = 1 if found["many"] in ("a", "an") else number_of(found["many"])
    noun = re.sub(r" (?:groups?|atoms?|substituents?)$", "", found["noun"]).removesuffix("s")
    noun = re.sub(r"^[nosc]-(?=[a-z])", "", noun, flags=re.IGNORECASE)
    group = {"hydroxyl": "hydroxy", "chlorine": "chloro", "bromine": "bromo", "fluorine": "fluoro"}.get(noun, noun)
    if many is None or group not in _GROUPS:
        return None
    more = not found["less"] and _with_groups(parent, group, many, nouns.molecule)
    return more or _with_groups(nouns.molecule, group, many, parent)


def compares(words: str, nouns: Nouns) -> bool | None:
    """Decide "one more carbon than ethanol" and "fewer rings than naphthalene" behind "has"."""
    found = re.fullmatch(
        r"(?:(?P<many>\w+) )?(?P<how>more|fewer|less|additional) (?P<noun>.+?) than (?P<name>.+)", words
    )
    parent = of_name(found["name"], nouns) if found is not None else None
    if found is None or parent is None:
        return None
    other = Nouns(parent, nouns.resources)
    counts = []
    for each in (nouns, other):
        part = part_named(found["noun"])
        places = each.places(found["noun"])
        if places is None:
            return None
        counts.append(part.count(each.molecule) if part is not None and part.count is not None else len(places))
    apart = counts[0] - counts[1] if found["how"] in ("more", "additional") else counts[1] - counts[0]
    many = number_of(found["many"]) if found["many"] else None
    return apart > 0 if many is None else apart == many


_IN_NAME = re.compile(
    r"\b(?P<before>in|of|within) (?P<name>[a-zA-Z][\w,'-]{3,40})(?P<after>(?: is| are| has|,|$))", re.IGNORECASE
)


def without_names(sentence: str, nouns: Nouns) -> str:
    """Leave out "in fluoxetine,": a name that means this molecule, or that looks like one and is not known."""

    def read(found: re.Match[str]) -> str:
        return found["before"] + " it" + found["after"] if is_its_name(found["name"], nouns) else found[0]

    sentence = _IN_NAME.sub(read, sentence.rstrip(". "))
    sentence = _THIS_KIND.sub(lambda m: _kind(m, nouns), sentence)
    leading = _LEADING.match(sentence)
    if leading is None or leading["name"].lower() in _NO_NAMES or leading["name"].split()[0].lower() in _NO_NAMES:
        return sentence
    return "It" + sentence[leading.end("name") :] if may_be_its_name(leading["name"], nouns) else sentence


_THIS_KIND = re.compile(
    r"(?:(?P<in> (?:in|of|within) this)|^This) (?P<kind>[a-z][a-z-]+(?: [a-z-]+)??)"
    r"(?= (?:is|are|has|have|contains|carries|bears|lacks)\b|$)"
)


def _kind(found: re.Match[str], nouns: Nouns) -> str:
    """Leave out "in this amino acid", and write "this boronate" as "It", where the molecule is one."""
    return (" " if found["in"] else "It") if is_one(found["kind"], nouns) else found[0]


_LEADING = re.compile(
    r"(?P<name>(?:[a-z\u03b1-\u03c9]{1,4}-)?[A-Z0-9(][^\s:;]*(?: [a-z0-9][^\s,:;]*){0,2}?)(?='s |\u2019s "
    r"| (?:is|has|contains|lacks|carries|bears|features"
    r"|possesses|includes|consists|comprises|differs|combines|belongs|does|exists|also|incorporates|can|fuses|weighs|shows)\b)"
)
_NO_NAMES = frozenset(
    [
        "it",
        "its",
        "this",
        "the",
        "there",
        "these",
        "they",
        "both",
        "all",
        "each",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "none",
        "no",
        "neither",
        "a",
        "an",
        "in",
        "of",
        "only",
        "besides",
        "since",
        "because",
        "as",
        "every",
        "that",
    ]
)


def may_be_its_name(name: str, nouns: Nouns) -> bool:
    """Whether words before a verb name the molecule: they mean it, or nothing that is known."""
    other = of_name(name, nouns)
    if other is not None:
        return plain(other.mol) == plain(nouns.molecule.mol)
    places = nouns.places(name.lower())
    whole = nouns.molecule.mol.GetNumAtoms()
    return places is None or any(len(place) == whole for place in places)


def is_its_name(word: str, nouns: Nouns) -> bool:
    """Whether a word names the molecule; one that ends as names do and is not known is taken for its name."""
    if not reads_as_name(word.lower()):
        return False
    other = of_name(word, nouns)
    if other is None:
        return nouns.places(word) is None
    return plain(other.mol) == plain(nouns.molecule.mol)

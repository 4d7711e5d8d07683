"""Names read by their parts, where neither the lexicon nor OPSIN knows the whole.

Captions compose class names freely ("indole alkaloid cation", "octadecadienoic acid", "pyrimidinecarboxamide",
"phosphatidylcholine 34:1"). The rules here take such a name apart, have every part they know looked up, and say which
words they left unread, so that nobody takes "vibsane diterpenoid" for more than the diterpenoid that was found.

Some of it only a molecule decides (the carbons of a chain, the rings of a fused system, a charge): those readings are
cut from the molecule in hand, as those of `molreflect.tools.meaning.membership` are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from math import prod

from rdkit import Chem

from molreflect.tools.captions.cue_words import words
from molreflect.tools.lexicon.classes import normalise_name
from molreflect.tools.meaning.membership import cut_patterns
from molreflect.tools.molecules.match import MAX_PATTERN_LENGTH, MAX_PATTERN_NESTING, MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.terms import LADDER, Level


@dataclass(frozen=True, slots=True)
class Composed:
    """One reading of a name by its parts."""

    patterns: tuple[str, ...]
    """SMARTS alternatives, never empty."""
    name: str
    """What was looked up, in words."""
    floor: Level
    computed: bool = False
    """Whether the patterns were cut from the molecule in hand."""
    unread: str = ""
    """Words of the name that nothing was looked up for and nothing was compared with."""


LookUp = Callable[[str, bool], Sequence[Composed]]
"""`(shorter name, whether structures of systematic names count) -> readings`; curated classes always count."""


def composed_readings(name: str, look_up: LookUp, molecule: Molecule | None) -> tuple[Composed, ...]:
    """Read a name by its parts.

    Args:
        name: As written, without article and count.
        look_up: Asked for the parts.
        molecule: The molecule in hand; rules that need one are left out without it.

    Returns:
        The reading of the first rule that knows the name; empty where none does, or where the molecule is no member.
    """
    return _Asked(look_up, molecule).read(name)


MAX_COMPOSED_NAME_LENGTH = 240
"""Characters; a longer text is no composed name."""
MAX_DEPTH = 3
"""Most times a name is taken apart again."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the rules look names up in, and how deep they are in one."""

    look_up: LookUp
    molecule: Molecule | None
    depth: int = 0

    def read(self, name: str) -> tuple[Composed, ...]:
        """Read a name by its parts, whatever it means as a whole."""
        if len(name) > MAX_COMPOSED_NAME_LENGTH:
            return ()
        key = normalise_name(name)
        if self.molecule is not None and (found := open_readings(key, self.molecule)) is not None:
            return found
        for rule in (_respelt, _suffixed, _prefixed, _charged, _headed):
            if read := rule(key, name, self):
                return read
        return ()

    def mean(self, name: str) -> tuple[Composed, ...]:
        """What a shorter name means, as a whole or else by its parts."""
        known = tuple(self.look_up(name, True))
        if known or self.depth >= MAX_DEPTH:
            return known
        return _Asked(self.look_up, self.molecule, self.depth + 1).read(name)


# ---------------------------------------------------------------------------------------------------------------------
# Other spellings

_STEREO_PREFIX = re.compile(
    r"^(?:\((?:\d*'?[rsez](?:,\d*'?[rsez])*|\+|-|\+/-|rac)\)-|[rs]-(?=[a-z])|cis[- ]|trans[- ]|rac-|"
    r"(?:alpha|beta)-(?=[a-z]))"
)
_TAIL = re.compile(
    r" (?:derivatives?|compounds?|skeletons?|parents?|fundamental parents?|frameworks?|scaffolds?|"
    r"conjugates?|chains?|motifs?|structures?|units?|moiet(?:y|ies)|residues?|nucle(?:us|i)|systems?|rings?|"
    r"functions?|functionality|functionalities|substituents?|groups?|derivate|polymers?|end-groups?)$"
)


def _respelt(key: str, written: str, asked: _Asked) -> tuple[Composed, ...]:
    """The same name without a word that only says how it is meant, or with its configuration set aside."""
    for pattern, what in ((_STEREO_PREFIX, "prefix"), (_TAIL, "tail")):
        hit = pattern.search(key)
        if hit is None:
            continue
        rest = (key[: hit.start()] + key[hit.end() :]).strip()
        if len(rest) < 3:
            continue
        original = written if what == "tail" else written[hit.end() :]
        cased = original[: len(rest)] if normalise_name(original[: len(rest)]) == rest else rest
        known = asked.mean(cased)
        unread = hit.group().strip(" -") if what == "prefix" else ""
        return tuple(_with_unread(reading, unread) for reading in known)
    return ()


def _with_unread(reading: Composed, left: str) -> Composed:
    if not left:
        return reading
    unread = f"{left}, {reading.unread}" if reading.unread else left
    return Composed(reading.patterns, reading.name, reading.floor, reading.computed, unread)


# ---------------------------------------------------------------------------------------------------------------------
# A modifier and a head

_OPEN_HEADS = re.compile(
    r"(?:alkaloid|steroid|terpenoid|terpene|flavonoid|isoflavonoid|neoflavonoid|biflavonoid|homoflavonoid|carotenoid|"
    r"saponin|sapogenin|glycoside|glucoside|galactoside|rhamnoside|glucosiduronic acid|saccharide|peptide|lipopeptide|"
    r"ceramide|ganglioside|cerebroside|sphingolipid|glycolipid|phospholipid|lipid|lignan|neolignan|stilbenoid|chalcone|"
    r"lactone|lactam|macrolide|porphyrin|corrinoid|tetrapyrrole|glucosinolate|prostanoid|coumarin|xanthone|quinone|"
    r"anthraquinone|naphthoquinone|flavone|flavonol|flavanone|anthocyanin|nucleoside|nucleotide|oligonucleotide|sugar|"
    r"amino acid|fatty acid|fatty alcohol|fatty aldehyde|fatty acid anion|fatty acyl-coa|acyl-coa|wax|sterol|vitamin d|"
    r"bile acid|ergot alkaloid|cyclitol|inositol|triglyceride|diglyceride|oligosaccharide|heteroarene|arene|"
    r"amino-acid anion|amino acid anion|amino acid zwitterion|catechin|benzodiazepine|oxime|nitrone|sulfoxide|"
    r"coordination entity|complex|gibberellin|cardenolide|bufadienolide|iridoid|withanolide|polyketide)$"
)
"""Class nouns that captions qualify with names nobody could list ("vibsane diterpenoid"). The head alone says which
atoms are meant; for other heads ("phosphate", "acid", "ester") an unread word may change them, so all must be known."""

_CLAIMLESS = words(
    """simple natural extended cyclic acyclic linear branched bicyclic polycyclic macrocyclic aliphatic organic
    substituted unsubstituted simplest new complex hybrid related modified semi-synthetic synthetic mixed higher
    and or of the core non-proteinogenic proteinogenic optically active"""
)
"""Modifiers that change nothing about which atoms the head means."""


_PARTICIPLES = {
    "chlorinated": "chloro group", "brominated": "bromo group", "fluorinated": "fluoro group",
    "iodinated": "iodo group", "hydroxylated": "hydroxy group", "methylated": "methyl group",
    "methoxylated": "methoxy group", "acetylated": "acetyl group", "prenylated": "prenyl group",
    "glycosylated": "glycoside", "phosphorylated": "phosphate group", "sulfated": "sulfate group",
    "nitrated": "nitro group", "aminated": "amino group", "halogenated": "halogen group",
    "sulfur-containing": "organosulfur compound", "thiol-containing": "thiol", "indolyl": "indole",
    "hydroxylic": "hydroxy group", "phenolic": "phenol", "aromatic": "benzene ring",
}  # fmt: skip
"""Modifiers that say which group is there, in other words than the group's name."""


def _headed(key: str, written: str, asked: _Asked) -> tuple[Composed, ...]:
    """ "Indole alkaloid": both words; "vibsane diterpenoid": the head, and a note that "vibsane" was not read."""
    parted = key.split(" ")
    if not 2 <= len(parted) <= 6:
        return ()
    for start in range(1, len(parted)):
        head = " ".join(parted[start:])
        known = asked.look_up(head, False) or asked.look_up(head.replace("-", " "), False)
        if not known:
            continue
        parts: list[Composed] = []
        unread: list[str] = []
        for word in _modifiers(parted[:start]):
            if word in _CLAIMLESS:
                continue
            modifier = next(iter(asked.look_up(_PARTICIPLES.get(word, word), False)), None)
            if modifier is None:
                unread.append(word)
            elif modifier.computed and asked.molecule is not None and any(_present(h, asked.molecule) for h in known):
                return (_with_unread(modifier, " ".join(unread)),)  # "monoterpenoid alcohol": the skeleton it is
            else:
                parts.append(modifier)
        if unread and _OPEN_HEADS.search(head) is None:
            return ()
        return _joined(known, parts, " ".join(unread), asked.molecule)
    return ()


def _modifiers(before: Sequence[str]) -> Iterator[str]:
    """The words before a head, without what only says that the part is there."""
    for word in before:
        yield word if word in _PARTICIPLES else word.removesuffix("-containing").removesuffix("-type")


def _joined(
    heads: Sequence[Composed], parts: Sequence[Composed], unread: str, molecule: Molecule | None
) -> tuple[Composed, ...]:
    """The heads, in a molecule (or a pattern) that has every other part as well."""
    if not parts:
        return tuple(_with_unread(head, unread) for head in heads)
    if any(head.computed for head in heads):
        if molecule is None or not all(_present(part, molecule) for part in parts):
            return ()
        return tuple(_with_unread(head, unread) for head in heads)
    if molecule is not None and not all(_present(part, molecule) for part in parts):
        return ()
    found: list[Composed] = []
    for head in heads:
        name = " + ".join([head.name, *(part.name for part in parts)])
        floor = min([head.floor, *(part.floor for part in parts)], key=LADDER.index)
        choices = [head.patterns, *(part.patterns for part in parts)]
        if molecule is None or prod(_hits(member, molecule) for member in (head, *parts)) <= MAX_COMBINATIONS:
            joined = tuple(filter(_within_bounds, (".".join(choice) for choice in product(*choices))))
            if joined:
                found.append(Composed(joined[:MAX_ALTERNATIVES], name, floor, False, unread))
        if molecule is not None:
            # Where the parts share atoms (the lactone of a macrolide), or are too many, the head says it alone.
            found.append(Composed(head.patterns, name, head.floor, False, unread))
    return tuple(found)


MAX_COMBINATIONS = 12
"""Most ways of combining a head with its modifiers in one molecule for them to be looked for together."""
MAX_ALTERNATIVES = 12
"""Most combinations of alternatives of a head and its modifiers."""


def _within_bounds(pattern: str) -> bool:
    return len(pattern) <= MAX_PATTERN_LENGTH and pattern.count("$(") <= MAX_PATTERN_NESTING


def _present(part: Composed, molecule: Molecule) -> bool:
    return part.computed or _hits(part, molecule) > 0


def _hits(part: Composed, molecule: Molecule) -> int:
    """How often a part is there; 0 where that could not be decided in time, so that the name stays unread."""
    try:
        for pattern in filter(_within_bounds, part.patterns):
            hits = find(molecule, pattern, floor=part.floor, max_hits=MAX_COMBINATIONS + 1, seconds=PART_SECONDS)
            if hits is not None:
                return len(hits.atoms)
    except MatchTimeoutError:
        return 0
    return 0


PART_SECONDS = 0.1
"""Bound on the processor time of looking for one part of a name."""


# ---------------------------------------------------------------------------------------------------------------------
# Ring and suffix, prefix and class

_SUFFIX_GROUPS = {
    "carboxylic acid": ("[CX3;$(C[#6]);$(C~{ring})](=[OX1])[OX2H1,OX1-]",),
    "carboxylate": (
        "[CX3;$(C[#6]);$(C~{ring})](=[OX1])[OX1-]", "[CX3;$(C[#6]);$(C~{ring})](=[OX1])[OX2][#6]",
    ),
    "carboxylate ester": ("[CX3;$(C~{ring})](=[OX1])[OX2][#6]",),
    "carboxamide": ("[CX3;$(C~{ring})](=[OX1])[NX3]",),
    "carbohydrazide": ("[CX3;$(C~{ring})](=[OX1])[NX3][NX3]",),
    "carbaldehyde": ("[CX3H1;$(C~{ring})]=[OX1]",),
    "carbonitrile": ("[CX2;$(C~{ring})]#[NX1]",),
    "sulfonic acid": ("[SX4;$(S~{ring})](=[OX1])(=[OX1])[OX2H1,OX1-]",),
    "sulfonamide": ("[SX4;$(S~{ring})](=[OX1])(=[OX1])[NX3]",),
    "ol": ("[OX2H1;$(O~{ring})]", "[OX1-;$(O~{ring})]", "[OX1;$(O={ring})]"),
    "amine": ("[NX3,NX4+;$(N~{ring})]",),
    "one": ("[OX1;$(O={ring})]",),
    "thione": ("[SX1;$(S={ring})]",),
    "thiol": ("[SX2H1;$(S~{ring})]", "[SX1-;$(S~{ring})]"),
}  # fmt: skip
"""Suffix of a ring's name to what it puts on the ring; `{ring}` is any ring atom."""
_SUFFIX_COUNTS = {"": 1, "mono": 1, "di": 2, "tri": 3, "tetra": 4, "penta": 5, "hexa": 6}
_SUFFIXED = re.compile(
    r"^(?P<ring>[a-z,0-9\[\]() -]*?[a-z])e?(?P<count>mono|di|tri|tetra|penta|hexa|)(?P<suffix>"
    + "|".join(sorted((re.escape(s) for s in _SUFFIX_GROUPS), key=len, reverse=True))
    + r")$"
)


def _suffixed(key: str, written: str, asked: _Asked) -> tuple[Composed, ...]:
    """ "Pyrimidinecarboxamide", "naphthalenetetrol": a ring and what its suffix puts on it, wherever on the ring."""
    hit = _SUFFIXED.match(key)
    if hit is None or len(hit["ring"]) < 4:
        return ()
    for ring in (hit["ring"] + "e", hit["ring"]):
        heads = [r for r in asked.look_up(ring, True) if not r.computed and "1" in r.patterns[0]]
        if not heads:
            continue
        number = _SUFFIX_COUNTS[hit["count"]]
        groups = tuple(g.format(ring="[#6,#7;R]") for g in _SUFFIX_GROUPS[hit["suffix"]])
        part = Composed(tuple(".".join([g] * number) for g in groups), f"{hit['count']}{hit['suffix']}", Level.NEUTRAL)
        return _joined(heads, [part], "", asked.molecule)
    return ()


_PREFIX = re.compile(
    r"^(?:\d{1,2}[a-z]?'?(?:alpha|beta|[rs])?-)?(?P<count>mono|di|tri|tetra|penta|hexa|)(?P<group>hydroxymethyl|hydroxy|methoxy|ethoxy|acetoxy|acetyl|amino|"
    r"nitro|chloro|bromo|fluoro|iodo|methyl|ethyl|phenyl|benzyl|prenyl|carboxy|hydroperoxy|epoxy|oxo|keto|sulfo|"
    r"glycosyloxy|glucosyloxy|acyl|alkyl|aryl|alkoxy|cyano|phospho|formyl|thio|mercapto)-?(?P<rest>[a-z(].{3,})$"
)


def _prefixed(key: str, written: str, asked: _Asked) -> tuple[Composed, ...]:
    """ "Hydroxypregnenolone", "dihydroxy fatty acid": a class with so many groups, wherever they sit."""
    hit = _PREFIX.match(key)
    if hit is None or "-" in hit["rest"][:1]:
        return ()
    group = next(iter(asked.look_up(hit["group"], True)), None)
    if group is None or group.computed:
        return ()
    rest = hit["rest"].strip()
    cased = written[len(written) - len(rest) :] if normalise_name(written[len(written) - len(rest) :]) == rest else rest
    heads = asked.mean(cased)
    if not heads:
        return ()
    number = _SUFFIX_COUNTS[hit["count"]]
    part = Composed(tuple(".".join([p] * number) for p in group.patterns), hit["count"] + hit["group"], group.floor)
    return _joined(heads, [part], "", asked.molecule)


# ---------------------------------------------------------------------------------------------------------------------
# Charges

_CHARGED = re.compile(
    r"^(?P<before>anionic |cationic |zwitterionic |inorganic )?(?P<rest>.*?)"
    r"(?P<after>[ -](?:oxoanion|anion|monoanion|dianion|trianion|tetraanion|cation|dication|zwitterion|betaine|salt|"
    r"ion)|\(\d?[+-]\))?$"
)


def _charged(key: str, written: str, asked: _Asked) -> tuple[Composed, ...]:
    """ "Flavonoid oxoanion", "anionic ganglioside", "acyl-CoA(4-)": the class, in a molecule with such a charge."""
    hit = _CHARGED.match(key)
    molecule = asked.molecule
    if hit is None or not (hit["before"] or hit["after"]) or molecule is None or len(hit["rest"]) < 3:
        return ()
    word = (hit["after"] or hit["before"] or "").strip(" -")
    atoms = [atom.GetFormalCharge() for atom in molecule.mol.GetAtoms()]
    if "zwitter" in word or word == "betaine":
        holds = min(atoms) < 0 < max(atoms)
    elif word == "salt":
        holds = "." in molecule.smiles and min(atoms) < 0 < max(atoms)
    elif "anion" in word or word.endswith("-)"):
        holds = min(atoms) < 0
    elif "cation" in word or word.endswith("+)"):
        holds = max(atoms) > 0
    else:
        holds = any(atoms)
    if not holds:
        return ()
    rest = hit["rest"]
    where = normalise_name(written).find(rest)
    cased = written[where : where + len(rest)] if where >= 0 else rest
    for name in (cased, cased + " acid" if cased.endswith("ic") else "", cased.replace("-", " ")):
        if name and (known := asked.mean(name)):
            return known
    return ()


# ---------------------------------------------------------------------------------------------------------------------
# Carbon chains

_STEMS = {
    "meth": 1, "eth": 2, "prop": 3, "but": 4, "pent": 5, "hex": 6, "hept": 7, "oct": 8, "non": 9, "dec": 10,
    "undec": 11, "dodec": 12, "tridec": 13, "tetradec": 14, "pentadec": 15, "hexadec": 16, "heptadec": 17,
    "octadec": 18, "nonadec": 19, "icos": 20, "eicos": 20, "henicos": 21, "heneicos": 21, "docos": 22, "tricos": 23,
    "tetracos": 24, "pentacos": 25, "hexacos": 26, "heptacos": 27, "octacos": 28, "nonacos": 29, "triacont": 30,
    "hentriacont": 31, "dotriacont": 32, "tritriacont": 33, "tetratriacont": 34, "hexatriacont": 36,
}  # fmt: skip
_TIMES = {"": 1, "di": 2, "tri": 3, "tetra": 4, "penta": 5, "hexa": 6, "hepta": 7}
_CHAIN_NAME = re.compile(
    r"^(?P<groups>(?:(?:mono|di|tri|tetra|penta)?(?:hydroxy|hydroperoxy|oxo|epoxy|amino|methyl|methoxy|chloro|bromo|"
    r"fluoro)-?)*)"
    r"(?P<stem>" + "|".join(sorted(_STEMS, key=len, reverse=True)) + r")"
    r"(?P<unsaturated>(?:an)|(?:a?(?:di|tri|tetra|penta|hexa|hepta)?en)?(?:a?(?:di|tri)?yn)?)"
    r"(?P<suffix>edioic acid|oic acid(?: anion)?|oate|oyl|enyl|yl|(?:di|tri|tetra)?ol|(?:di)?one|al|amide|e)"
    r"(?P<charge>\(\d?[+-]\))?$"
)
_GROUP = re.compile(
    r"(mono|di|tri|tetra|penta)?(hydroxy|hydroperoxy|oxo|epoxy|amino|methyl|methoxy|chloro|bromo|fluoro)"
)
_ON_CHAIN = {
    "hydroxy": "[OX2H1][#6]", "hydroperoxy": "[OX2H1][OX2][#6]", "oxo": "[OX1]=[#6;!$([#6]~[OX2,OX1-,SX2,NX3])]",
    "epoxy": "[OX2r3]([#6])[#6]", "amino": "[NX3H2,NX4H3+][#6]", "methyl": "[CX4H3][CX4]",
    "methoxy": "[CX4H3][OX2][#6]", "chloro": "Cl[#6]", "bromo": "Br[#6]", "fluoro": "F[#6]",
}  # fmt: skip
_ENDS = {
    "oic acid": "[CX3](=[OX1])[OX2H1,OX1-]", "oic acid anion": "[CX3](=[OX1])[OX1-]",
    "oate": "[CX3](=[OX1])[OX1-,OX2]", "oyl": "[CX3;!$(C[OX2H1,OX1-])](=[OX1])",
    "al": "[CX3H1]=[OX1]", "amide": "[CX3](=[OX1])[NX3]", "e": "[CX4H3,CX3H2,CX2H1]",
    "edioic acid": "[CX3](=[OX1])[OX2H1,OX1-]", "yl": "[#6;!R;$(*~[!#6;!#1]),$(*~[R])]",
}  # fmt: skip
"""Suffix to the end of the chain: the chain's first carbon first."""
MAX_CHAIN_ATOMS = 60
"""Most carbons of a molecule's open chains for their paths to be followed one by one."""


def _chain(key: str, molecule: Molecule) -> tuple[Composed, ...] | None:
    """Open-chain names without locants: so many carbons in a row, so many double bonds and groups on them."""
    if any(c.isdigit() for c in key.split("(")[0]):
        return None
    hit = _CHAIN_NAME.match(key)
    if hit is None or (hit["stem"] in ("meth", "eth") and not hit["unsaturated"]):
        return None
    length = _STEMS[hit["stem"]]
    unsaturated = hit["unsaturated"]
    double = _count(unsaturated, "en")
    triple = _count(unsaturated, "yn")
    groups = {m[2]: _TIMES[(m[1] or "").replace("mono", "")] for m in _GROUP.finditer(hit["groups"])}
    suffix = hit["suffix"]
    double += suffix == "enyl"
    for tail, group in (("ol", "hydroxy"), ("one", "oxo")):  # anywhere on the chain, so it is looked for from its end
        if suffix.endswith(tail):
            groups[group] = groups.get(group, 0) + _TIMES[suffix.removesuffix(tail)]
            suffix = "e"
    end = _ENDS["yl" if suffix == "enyl" else suffix]
    parts = [
        atoms
        for atoms, path in _chains(molecule.mol, end, length)
        if _bonds(molecule.mol, path) == (double, triple) and _carries(molecule.mol, path, groups)
    ]
    return _cut(molecule, parts, key)


def _count(text: str, what: str) -> int:
    hit = re.search(rf"(di|tri|tetra|penta|hexa|hepta)?{what}", text)
    return _TIMES[hit[1] or ""] if hit is not None and text != "an" else 0


_CHAIN_CLASS = re.compile(
    r"^c(?P<length>\d{1,2})[ -](?P<words>[a-z -]*?)(?P<kind>fatty acid(?: anion)?|dicarboxylic acid|"
    r"carboxylic acid(?: anion)?|fatty alcohol|alkane)$"
)


def _chain_class(key: str, molecule: Molecule) -> tuple[Composed, ...] | None:
    """ "C18 straight-chain saturated fatty acid": the number of carbons and, where stated, saturation."""
    hit = _CHAIN_CLASS.match(key)
    if hit is None:
        return None
    qualified, kind = hit["words"], hit["kind"]
    end = _ENDS["e" if kind in ("alkane", "fatty alcohol") else "oic acid"]
    parts = []
    for atoms, path in _chains(molecule.mol, end, int(hit["length"])):
        double, triple = _bonds(molecule.mol, path)
        if ("unsaturated" in qualified) == (double + triple > 0) or "saturated" not in qualified:
            parts.append(atoms)
    return _cut(molecule, parts, key)


def _chains(mol: Chem.Mol, end: str, length: int) -> Iterator[tuple[frozenset[int], tuple[int, ...]]]:
    """Unbranched paths of so many chain carbons from an end group to a carbon that no path of carbons goes on from.

    Yields:
        All atoms (the end group's hetero atoms and what sits on the chain included), and the path's carbons in order.
    """
    query = Chem.MolFromSmarts(end)
    carbons = {a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() == 6 and (not a.IsInRing() or a.IsInRingSize(3))}
    if len(carbons) > MAX_CHAIN_ATOMS * 4:
        return
    near = {i: [n.GetIdx() for n in mol.GetAtomWithIdx(i).GetNeighbors() if n.GetIdx() in carbons] for i in carbons}
    seen: set[frozenset[int]] = set()
    for hit in mol.GetSubstructMatches(query, maxMatches=256):
        if hit[0] not in carbons:
            continue
        paths: list[tuple[int, ...]] = [(hit[0],)]
        steps = 0
        while paths and steps < 4_000:
            steps += 1
            path = paths.pop()
            onward = [n for n in near[path[-1]] if n not in path]
            if len(path) == length:
                if not onward:
                    part = _dressed(mol, frozenset(path) | frozenset(hit), path)
                    if part not in seen:
                        seen.add(part)
                        yield part, path
                continue
            paths.extend((*path, n) for n in onward)


def _dressed(mol: Chem.Mol, atoms: frozenset[int], path: Sequence[int]) -> frozenset[int]:
    """A chain with the hetero atoms on it that end there (oxo, hydroxy, halogen)."""
    extra = {
        n.GetIdx()
        for i in path
        for n in mol.GetAtomWithIdx(i).GetNeighbors()
        if n.GetAtomicNum() != 6 and n.GetAtomicNum() > 1 and (n.GetDegree() == 1 or n.IsInRingSize(3))
    }
    return atoms | extra


def _bonds(mol: Chem.Mol, path: Sequence[int]) -> tuple[int, int]:
    """Double and triple bonds along a path."""
    kinds = [mol.GetBondBetweenAtoms(a, b).GetBondType() for a, b in pairwise(path)]
    return kinds.count(Chem.BondType.DOUBLE), kinds.count(Chem.BondType.TRIPLE)


def _carries(mol: Chem.Mol, path: Sequence[int], groups: dict[str, int]) -> bool:
    inside = set(path)
    for group, number in groups.items():
        query = _on_chain(group)
        hits = {hit[0] for hit in mol.GetSubstructMatches(query) if inside & set(hit[1:])}
        if len(hits) < number:
            return False
    return True


@lru_cache(maxsize=32)
def _on_chain(group: str) -> Chem.Mol:
    return Chem.MolFromSmarts(_ON_CHAIN[group])


def _cut(molecule: Molecule, parts: Iterable[frozenset[int]], name: str) -> tuple[Composed, ...]:
    """A reading whose patterns are cut from the molecule, the largest part first; empty where there is none."""
    patterns = cut_patterns(molecule, parts)[:MAX_ALTERNATIVES]
    return (Composed(patterns, name, Level.EXACT, computed=True),) if patterns else ()


# ---------------------------------------------------------------------------------------------------------------------
# Lipids by number

_HEADS = {
    "phosphatidylcholine": (8, "P(=O)([O-,OH])OCC[N+](C)(C)C"), "lysophosphatidylcholine": (8, "OCC[N+](C)(C)C"),
    "phosphatidylethanolamine": (5, "POCCN"), "lysophosphatidylethanolamine": (5, "POCCN"),
    "phosphatidylserine": (6, "POCC(N)C(=O)"), "phosphatidylinositol": (9, "POC1CCCCC1"),
    "phosphatidylglycerol": (6, "POCC(O)CO"), "phosphatidic acid": (3, "P(=O)(O)OCC(O)CO"),
    "diacylglycerol": (3, "OCC(O)CO"), "triacylglycerol": (3, "OCC(O)CO"), "monoacylglycerol": (3, "OCC(O)CO"),
    "sphingomyelin": (5, "OCC[N+](C)(C)C"), "ceramide": (0, "OCC(NC=O)CO"), "triglyceride": (3, "OCC(O)CO"),
    "diglyceride": (3, "OCC(O)CO"), "cardiolipin": (9, "POCC(O)COP"),
}  # fmt: skip
"""Lipid class: carbons that are not in a chain, and a part that must be there."""
_SHORTHAND = re.compile(
    r"^(?P<head>" + "|".join(sorted(_HEADS, key=len, reverse=True)) + r") ?\(?(?P<link>[op]-)?"
    r"(?P<base>[dmt](?P<base_length>\d{1,2}):(?P<base_double>\d)/?)?(?:(?P<length>\d{1,3}):(?P<double>\d{1,2}))?\)?$"
)


def _shorthand(key: str, molecule: Molecule) -> tuple[Composed, ...] | None:
    """ "Phosphatidylcholine 34:1": 34 carbons in all chains together, and one double bond in them."""
    hit = _SHORTHAND.match(key)
    if hit is None or not (hit["length"] or hit["base"]):
        return None
    fixed, part = _HEADS[hit["head"]]
    mol = molecule.mol
    query = Chem.MolFromSmarts(part)
    if not mol.HasSubstructMatch(query):
        return ()
    carbons = sum(a.GetAtomicNum() == 6 for a in mol.GetAtoms()) - fixed
    double = sum(
        b.GetBondType() == Chem.BondType.DOUBLE
        and b.GetBeginAtom().GetAtomicNum() == b.GetEndAtom().GetAtomicNum() == 6
        for b in mol.GetBonds()
    )
    wanted = (
        int(hit["length"] or 0) + int(hit["base_length"] or 0),
        int(hit["double"] or 0) + int(hit["base_double"] or 0),
    )
    plasmalogen = hit["link"] == "p-"  # its vinyl ether is written in the letter, not in the number
    if hit["base"] and not hit["length"]:
        # "sphingomyelin d18:1": the base alone is stated
        base = _chains(mol, "[CX4;$(C(O)),$(CN)]", int(hit["base_length"]))
        return _cut(molecule, [frozenset(range(mol.GetNumAtoms()))] if any(True for _ in base) else [], key)
    if (carbons, double - plasmalogen) != wanted:
        return ()
    return _cut(molecule, [frozenset(range(mol.GetNumAtoms()))], key)


# ---------------------------------------------------------------------------------------------------------------------
# Fused ring systems named by their rings

_RING_PARTS: dict[str, tuple[str, ...]] = {
    "furo": ("O5",), "thieno": ("S5",), "pyrrolo": ("N5",), "pyrazolo": ("NN5",), "imidazo": ("NN5",),
    "oxazolo": ("NO5",), "isoxazolo": ("NO5",), "thiazolo": ("NS5",), "isothiazolo": ("NS5",), "triazolo": ("NNN5",),
    "tetrazolo": ("NNNN5",), "oxadiazolo": ("NNO5",), "thiadiazolo": ("NNS5",), "pyrano": ("O6",), "pyrido": ("N6",),
    "pyrimido": ("NN6",), "pyridazino": ("NN6",), "pyrazino": ("NN6",), "triazino": ("NNN6",), "oxazino": ("NO6",),
    "thiazino": ("NS6",), "thiopyrano": ("S6",), "dioxolo": ("OO5",), "dioxino": ("OO6",), "dithiolo": ("SS5",),
    "azepino": ("N7",), "diazepino": ("NN7",), "oxepino": ("O7",), "benzo": ("6",), "benz": ("6",),
    "naphtho": ("6", "6"), "cyclopenta": ("5",), "cyclohepta": ("7",), "indolo": ("6", "N5"), "quinolino": ("6", "N6"),
    "isoquinolino": ("6", "N6"), "chromeno": ("6", "O6"), "isochromeno": ("6", "O6"), "indeno": ("5", "6"),
    "thiochromeno": ("6", "S6"), "indolizino": ("N5", "N6"), "benzofuro": ("6", "O5"), "cyclobuta": ("4",),
    "cyclopropa": ("3",), "phenanthro": ("6", "6", "6"), "azeto": ("N4",), "isoindolo": ("6", "N5"),
}  # fmt: skip
"""First members of a fusion name to the rings they bring: hetero elements in order, then the size."""
_RING_BASES: dict[str, tuple[str, ...]] = {
    "furan": ("O5",), "thiophene": ("S5",), "pyrrole": ("N5",), "pyrazole": ("NN5",), "imidazole": ("NN5",),
    "oxazole": ("NO5",), "isoxazole": ("NO5",), "thiazole": ("NS5",), "isothiazole": ("NS5",), "triazole": ("NNN5",),
    "tetrazole": ("NNNN5",), "oxadiazole": ("NNO5",), "thiadiazole": ("NNS5",), "pyran": ("O6",), "pyridine": ("N6",),
    "pyrimidine": ("NN6",), "pyridazine": ("NN6",), "pyrazine": ("NN6",), "triazine": ("NNN6",), "oxazine": ("NO6",),
    "thiazine": ("NS6",), "dioxole": ("OO5",), "dioxine": ("OO6",), "dioxin": ("OO6",), "dithiole": ("SS5",),
    "azepine": ("N7",), "diazepine": ("NN7",), "oxepine": ("O7",), "oxazepine": ("NO7",), "thiazepine": ("NS7",),
    "azocine": ("N8",), "azonine": ("N9",), "oxocine": ("O8",), "naphthalene": ("6", "6"), "indole": ("6", "N5"),
    "isoindole": ("6", "N5"), "quinoline": ("6", "N6"), "isoquinoline": ("6", "N6"), "chromene": ("6", "O6"),
    "isochromene": ("6", "O6"), "coumarin": ("6", "O6"), "chromone": ("6", "O6"), "benzofuran": ("6", "O5"),
    "xanthene": ("6", "6", "O6"), "xanthone": ("6", "6", "O6"), "carbazole": ("6", "6", "N5"), "indazole": ("6", "NN5"),
    "quinazoline": ("6", "NN6"), "quinoxaline": ("6", "NN6"), "benzodiazepine": ("6", "NN7"), "purine": ("NN5", "NN6"),
    "benzodioxole": ("6", "OO5"), "indolizine": ("N5", "N6"), "quinolizine": ("N6", "N6"), "acridine": ("6", "6", "N6"),
    "phenanthrene": ("6", "6", "6"), "anthracene": ("6", "6", "6"), "phenanthridine": ("6", "6", "N6"),
    "cinnoline": ("6", "NN6"), "phthalazine": ("6", "NN6"), "naphthyridine": ("N6", "N6"), "fluorene": ("5", "6", "6"),
    "benzazepine": ("6", "N7"), "benzoxazepine": ("6", "NO7"), "benzothiazepine": ("6", "NS7"),
    "pteridine": ("NN6", "NN6"),
    "naphthodioxole": ("6", "6", "OO5"), "indolizinoquinoline": ("6", "N5", "N6", "N6"), "benzazocine": ("6", "N8"),
    "benzimidazole": ("6", "NN5"), "benzothiophene": ("6", "S5"), "benzothiazole": ("6", "NS5"),
    "benzoxazole": ("6", "NO5"),
    "benzopyran": ("6", "O6"), "indane": ("5", "6"), "indene": ("5", "6"), "pyrrolizine": ("N5", "N5"),
}  # fmt: skip
_FUSED = re.compile(
    r"^(?:organic )?(?P<parts>(?:(?:" + "|".join(sorted(_RING_PARTS, key=len, reverse=True)) + r")(?=[a-z])){1,4})"
    r"(?P<base>" + "|".join(sorted(_RING_BASES, key=len, reverse=True)) + r")$"
)
_RING_PART = re.compile("|".join(sorted(_RING_PARTS, key=len, reverse=True)))
_FUSED_BY_LEXICON = re.compile(r"^benzo?(?:furan|thiophene|xazole|thiazole|pyran|dioxole|imidazole|diazepine)$")


def _fused(key: str, molecule: Molecule) -> tuple[Composed, ...] | None:
    """ "Pyrazolopyrimidine": rings of these kinds fused to one another; where they are fused the name leaves open."""
    hit = _FUSED.match(key)
    if hit is None or _FUSED_BY_LEXICON.match(key):
        return None
    wanted = [kind for part in _RING_PART.findall(hit["parts"]) for kind in _RING_PARTS[part]]
    wanted += _RING_BASES[hit["base"]]
    return _cut(molecule, _fused_systems(molecule.mol, sorted(wanted)), key)


def open_readings(name: str, molecule: Molecule) -> tuple[Composed, ...] | None:
    """Read a name that leaves positions open by looking at the molecule; OPSIN would choose positions by itself.

    Returns:
        As `composed_readings`; None for names that no rule of this kind knows.
    """
    if len(name) > MAX_COMPOSED_NAME_LENGTH:
        return None
    key = normalise_name(name)
    for rule in (_shorthand, _chain, _chain_class, _fused):
        if (found := rule(key, molecule)) is not None:
            return found
    return None


def _fused_systems(mol: Chem.Mol, wanted: Sequence[str]) -> list[frozenset[int]]:
    rings = [frozenset(ring) for ring in mol.GetRingInfo().AtomRings()]
    kinds = [
        "".join(sorted(mol.GetAtomWithIdx(i).GetSymbol() for i in ring if mol.GetAtomWithIdx(i).GetAtomicNum() != 6))
        + str(len(ring))
        for ring in rings
    ]
    useful = [i for i, kind in enumerate(kinds) if kind in wanted]
    if len(useful) < len(wanted) or len(useful) > 24:
        return []
    fused = {i: [j for j in useful if j != i and len(rings[i] & rings[j]) >= 2] for i in useful}
    found: set[frozenset[int]] = set()
    grown: set[frozenset[int]] = {frozenset([i]) for i in useful}
    for _ in range(len(wanted) - 1):
        larger: set[frozenset[int]] = set()
        for group in grown:
            for j in {n for i in group for n in fused[i]} - group:
                whole = group | {j}
                left = list(wanted)
                for i in whole:
                    if kinds[i] not in left:
                        break
                    left.remove(kinds[i])
                else:
                    larger.add(whole)
        grown = larger
        if len(grown) > 512:
            return []
    for group in grown:
        if sorted(kinds[i] for i in group) == list(wanted):
            found.add(frozenset().union(*(rings[i] for i in group)))
    return sorted(found, key=sorted)

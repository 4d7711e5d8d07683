"""What it means that a phrase's own pattern is not in the molecule: a contradiction, or nothing.

A tie is refuted only where the molecule contradicts the phrase at the most generous reading. Where the pattern is
narrower than the use of the word, where the text says that the group was consumed or the compound changed, where the
atoms are there as another tautomer or with a centre left undefined, absence decides nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache, partial

from rdkit import Chem
from rdkit.Chem.MolStandardize import rdMolStandardize

from molreflect.tools.lexicon.classes import StructuralClass
from molreflect.tools.lexicon.spelling import normalise_name
from molreflect.tools.meaning.computed_classes import is_computed
from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.molecules.match import MatchTimeoutError, find, match_at
from molreflect.tools.molecules.parts import atoms_of
from molreflect.tools.molecules.read import Molecule, quiet_rdkit
from molreflect.tools.molecules.smarts import elements_of, read_pattern
from molreflect.tools.molecules.undefined import is_undefined
from molreflect.tools.names.structures import NamedStructure
from molreflect.tools.names.words import MULTIPLIERS
from molreflect.tools.terms import Level
from molreflect.tools.verification import messages
from molreflect.tools.verification.case import Case
from molreflect.tools.verification.changed_form import (
    Loss,
    changes_bonds,
    contradiction_in,
    lacks_place,
    loss_of,
)
from molreflect.tools.verification.consumed import (
    is_changed_next,
    is_consumed,
    may_change_group,
    sentence_of,
    takes_a_place,
)
from molreflect.tools.verification.frames import lacks_frame
from molreflect.tools.verification.open_configuration import why_configuration_open
from molreflect.tools.verification.other_bonds import may_have_other_bonds

LOOSE_FAMILIES = frozenset(
    {"alkaloid", "antibiotic", "drug", "lignan", "polyketide", "terpenoid", "vitamin", "polyketide skeleton"}
)
"""Families of the lexicon whose names speak of origin as much as of structure."""
_GROUPS = frozenset({"substituent", "acyl group", "alcohol", "ester", "ether"})
"""Families whose rings are aromatic by name: no hydrogenation makes a benzyl group of a cyclohexylmethyl group."""
MIN_PAIRS = 5
"""Fewest other pairs with a phrase for their use of it to say how wide it is."""
USUAL = 0.9
"""Share of them that must have a class's pattern for its absence to contradict."""
MAX_TAUTOMERS = 64
MAX_TAUTOMER_ATOMS = 60
MAX_TERMINAL = 14
_CHANGED = re.compile(
    r"\b(?:derivatives?|derivatised|derived|derives|residues?|units?|moiet(?:y|ies)|conjugates?|analogues?|analogs?|"
    r"fragments?|parents?|backbones?|skeletons?|cores?|(?<!-)chains?|replaced|replacement|substituted)\b"
)
_CARBANION = Chem.MolFromSmarts("[#6;-;!$([#6]#[N,O,#6]);!$([#6]~[+])]")
_BINDS_ON = Chem.MolFromSmarts("[#7,#8,#16;!H0,$([#7]1~*~*~*~*1)]")
"""What a unit may be bound by beside its free valence."""
_NO_GROUP = re.compile(
    r" |idene|(?:osin|idin)-\d'-yl$|(?:alan|glyc|prol|val|leuc|ser|threon|tyros|lys|argin|histid|methion|tryptoph|"
    r"cystein|asparagin|glutamin|aspart|glutam|ornith|sarcos)yl$"
)
"""Names that are no group by themselves ("glutamyl amino"), or are bound otherwise than nomenclature says."""
_IMIDIC_ACID = Chem.MolFromSmarts("[CX3;!R](=[NX2;!$(N[O,N])])[OX2H1]")
_NITROSOPHENOL = Chem.MolFromSmarts("[$(c([OX2H1]):c[NX2]=O),$(c([OX2H1]):c:c:c[NX2]=O)]")
_OXIME = Chem.MolFromSmarts("[#6]=[NX2][OX2H1]")
"""A nitrosophenol and its quinone oxime are drawn for one another, though one is aromatic."""
_RING_HETERO = Chem.MolFromSmarts("[OX2,SX2,NX3;R]([#6;R])[#6;R]")
_SALT = re.compile(r"\b(?:salts?|\w+chloride|\w+bromide|sodium|potassium)\b")
_COUNTED_SALT = re.compile(r"\b(di|tri|tetra)(?:hydro)?(?:chloride|bromide|iodide|fluoride|sulfate|nitrate|phosphate)")
_BRIDGES = re.compile(r"\s*(?:bridges?|linkage)?\s*(?:between|bridging|linking|connecting|joining|across|from)\b")
"""What follows a group that joins two places: an epoxy group "between positions 8 and 13" is no oxirane."""
_BRIDGE_GROUPS = frozenset({"epoxy", "epidioxy", "epithio", "epimino", "epoxide"})
_ACIDS = frozenset({"F", "Cl", "Br", "I", "O=S(=O)(O)O", "O=[N+]([O-])O", "O=P(O)(O)O"})
"""Mineral acids beside an uncharged base: the salt drawn before the proton moved."""
_NONMETALS = frozenset({5, 7, 8, 9, 14, 15, 16, 17, 33, 34, 35, 52, 53})
_CHARGED_WORDS = re.compile(r"anion|cation|\bion\b|ate\b|ium\b|\(\d?[+-]\)|salt|zwitterion")


def why_absence_undecided(case: Case, molecule: Molecule, known: tuple[Interpretation, ...]) -> str | None:
    """Say why it decides nothing that none of a phrase's meanings is in the molecule; None where it refutes.

    Args:
        case: The alignment, whose phrase has at least one meaning.
        molecule: The molecule, in which none of them was found.
        known: The meanings.
    """
    named = case.resources.nomenclature.resolve([case.name])[case.name] if known[0].source == "name" else None
    if named is not None and _is_whole_group(named) and not _is_bound_on(case, named):
        if not takes_a_place(case) and may_change_group(sentence_of(case)):
            return messages.CONSUMED
    elif not _is_bridge(case, molecule) and _lacks_class_rings(case, molecule, known):
        return None
    elif case.modified or (_CHANGED.search(case.phrase.text) is not None and not _is_class_of_derivatives(case)):
        return messages.CHANGED_FORM
    elif is_consumed(case):
        return messages.CONSUMED
    if _is_bridge(case, molecule):
        return messages.BRIDGE
    if _SALT.search(case.phrase.text) is not None:
        if _is_half_a_salt(molecule):
            return messages.COUNTER_ION
        least = MULTIPLIERS[hit[1]] if (hit := _COUNTED_SALT.search(case.phrase.text)) is not None else 1
        if sum(text in _ACIDS for text in molecule.components) >= least:
            return messages.OTHER_PROTONATION
    if any(atom.GetAtomicNum() == 1 and atom.GetIsotope() for atom in atoms_of(molecule.mol)):
        return messages.ISOTOPES
    if any(meant.unread for meant in known):
        return messages.HALF_READ
    entries = _entries(case, known)
    if any(entry.absence == "unchecked" for entry in entries):
        return None if _lacks_element(molecule, known) else messages.NARROWER
    if any(_is_open(entry, molecule) for entry in entries):
        return messages.NARROWER
    loose = [entry for entry in entries if entry.group in LOOSE_FAMILIES]
    if loose:
        lost = all(lacks_frame(molecule, pattern) for entry in loose for pattern in entry.patterns)
        return None if lost else messages.NARROWER
    if _is_used_wider(case, known):
        return messages.USED_WIDER
    if named is not None and (told := why_configuration_open(case, molecule)) is not None:
        return told
    if named is not None and named.ambiguous and not _needs_more(named, molecule):
        return messages.OPEN_NAME
    if named is not None and "." in named.smiles and len(molecule.components) == 1 and not _SALT.search(named.name):
        return messages.OPEN_NAME  # "galactosamine sulfate" is read as a salt, and may be an ester
    if named is not None and lacks_place(named.name) and not _needs_more(named, molecule):
        return messages.OPEN_NAME
    try:
        if named is not None and contradiction_in(sentence_of(case), molecule, named) is not None:
            tautomer = not named.stereo and any(in_tautomer(molecule, pattern) for pattern in known[0].patterns)
            return messages.TAUTOMER if tautomer else None
        fixed = named
        if named is not None and (named.generic or not _is_whole_group(named)):
            fixed = None if named.generic or changes_bonds(sentence_of(case), named) else named
        return _generous(molecule, known, entries, fixed)
    except MatchTimeoutError:
        return messages.NOT_IN_TIME


def _is_whole_group(named: NamedStructure | None) -> bool:
    """Whether a name is a group with one free valence, which a compound bound by it still has as it stands."""
    if named is None or named.kind != "substituent" or named.ambiguous or named.generic:
        return False
    return named.smiles.count("*") == 1 and _NO_GROUP.search(named.name) is None


def _is_bound_on(case: Case, named: NamedStructure) -> bool:
    """Whether a group is spoken of as a unit of something larger, which binds on where its name has ends."""
    spoken = case.modified or _CHANGED.search(case.phrase.text) is not None
    if spoken and (named.stereo or Chem.MolFromSmiles(named.smiles).HasSubstructMatch(_BINDS_ON)):
        return True
    if case.molecule is not None and case.molecule.mol.HasSubstructMatch(_CARBANION):
        return True  # a ligand drawn apart from its metal
    return is_changed_next(case)


def _is_bridge(case: Case, molecule: Molecule) -> bool:
    """Whether the phrase is a group "between" two positions, as which a ring's hetero atom counts as well."""
    if case.caption is None or case.end is None or case.phrase.key.removesuffix(" group") not in _BRIDGE_GROUPS:
        return False
    bridged = case.phrase.text.endswith("bridge") or _BRIDGES.match(case.caption, case.end) is not None
    return bridged and molecule.mol.HasSubstructMatch(_RING_HETERO)


def is_known_but_absent(case: Case) -> bool:
    """Whether the words have a meaning that only a look at the molecule decides, and the look finds none of it.

    Such a meaning (the rings of a fused system, the carbons of a chain, two words of which one is not there) has no
    pattern that could be proposed for this molecule.
    """
    if case.molecule is None:
        return False
    look = partial(interpret, case.name, case.resources, leave_out=case.pair_id)
    if look(molecule=case.molecule, modified=case.modified):
        return False
    return is_computed(case.name) or bool(look())


def _is_half_a_salt(molecule: Molecule) -> bool:
    """Whether the molecule is an ion by itself: its counter-ion is often left out."""
    charges: list[int] = [atom.GetFormalCharge() for atom in atoms_of(molecule.mol)]
    return sum(charges) != 0


def _lacks_element(molecule: Molecule, known: tuple[Interpretation, ...]) -> bool:
    """Whether every meaning needs an element that the molecule has none of: then no wider use of the word holds.

    Carbon, hydrogen and the metals of salts, which are often left out, do not count.
    """
    there = {atom.GetAtomicNum() for atom in atoms_of(molecule.mol)}
    patterns = [pattern for meant in known for pattern in (*meant.patterns, *meant.general)]
    return bool(patterns) and all(_elements(pattern) - there for pattern in patterns)


@lru_cache(maxsize=8_192)
def _elements(pattern: str) -> frozenset[int]:
    """Nonmetals that a pattern cannot do without."""
    each = (elements_of(atom) for atom in read_pattern(pattern).query.GetAtoms())
    needed = {min(elements) for elements in each if elements is not None and len(elements) == 1}
    return frozenset(needed & _NONMETALS)


def _needs_more(named: NamedStructure, molecule: Molecule) -> bool:
    """Whether a named parent and its groups, wherever they are, have more atoms of an element than the molecule."""
    there = Counter(atom.GetAtomicNum() for atom in atoms_of(molecule.mol))
    each = (elements_of(atom) for atom in read_pattern(named.pattern).query.GetAtoms())
    needed = Counter(min(elements) for elements in each if elements is not None and len(elements) == 1)
    return any(number > there[element] for element, number in needed.items())


def _entries(case: Case, known: tuple[Interpretation, ...]) -> list[StructuralClass]:
    """Classes of the lexicon that a phrase or the parts of its name mean."""
    names = [case.name, *(name for meant in known for name in meant.name.split(" + "))]
    found = (case.resources.lexicon.find(name) for name in dict.fromkeys(names))
    return [entry for entry in found if entry is not None]


def _lacks_class_rings(case: Case, molecule: Molecule, known: tuple[Interpretation, ...]) -> bool:
    """Whether a ring class's rings are not there in any saturation, though the sentence changes no skeleton."""
    if not all(meant.source == "class" and not meant.unread for meant in known):
        return False
    entries = _entries(case, known)
    if not entries or not all(entry.ring and entry.absence == "refutes" for entry in entries):
        return False
    if any(entry.group in LOOSE_FAMILIES for entry in entries) or loss_of(sentence_of(case)) is Loss.SKELETON:
        return False
    return all(lacks_frame(molecule, pattern) for entry in entries for pattern in entry.patterns)


def _is_class_of_derivatives(case: Case) -> bool:
    """Whether "derivative" is part of the name of a class: its pattern is what every one of them has.

    Not of fused rings: an octahydroquinoxaline is a derivative of quinoxaline.
    """
    entry = case.resources.lexicon.find(case.phrase.key)
    if entry is None or (entry.ring and all(_ring_count(pattern) > 1 for pattern in entry.patterns)):
        return False
    key = normalise_name(case.phrase.key)
    return key in map(normalise_name, (entry.name, *entry.synonyms)) and " derivative" in key


@lru_cache(maxsize=4_096)
def _ring_count(pattern: str) -> int:
    query = Chem.Mol(read_pattern(pattern).query)
    Chem.GetSSSR(query)
    return int(query.GetRingInfo().NumRings())


def _is_used_wider(case: Case, known: tuple[Interpretation, ...]) -> bool:
    """Whether the corpus uses a class's name for molecules without its pattern."""
    corpus = case.resources.evidence
    patterns = tuple(p for meant in known if not meant.computed and meant.source == "class" for p in meant.patterns)
    if corpus is None or not patterns:
        return False
    own = corpus.own_pair(case.pair_id, case.molecule)
    evidence = corpus.recall(case.phrase.key, patterns, level=known[-1].floor, leave_out=own)
    return evidence.pairs_with_phrase >= MIN_PAIRS and evidence.recall is not None and evidence.recall < USUAL


def _generous(
    molecule: Molecule, known: tuple[Interpretation, ...], entries: list[StructuralClass], named: NamedStructure | None
) -> str | None:
    """Look for the meanings with what a name leaves open: tautomers, protons, undefined centres, hydrogenation.

    `named` is the structure of a name whose bonds the sentence does not change.
    """
    ring = any(entry.ring for entry in entries) or not entries
    settled = named is not None and not named.ambiguous
    group = _is_whole_group(named)
    for meant in known:
        for pattern in meant.patterns:
            read = read_pattern(pattern)
            if read.has_stereo:
                if is_undefined(molecule, pattern):
                    return messages.UNDEFINED_CENTRE
                if match_at(molecule, read, Level.FLAT) or find(molecule, pattern) is not None:
                    return None  # the atoms are there, with another configuration than is stated
            charged = meant.floor in (Level.EXACT, Level.FLAT) and _CHARGED_WORDS.search(meant.name.lower())
            if charged and find(molecule, pattern) is not None and _has_charge(molecule, pattern):
                return messages.OTHER_PROTONATION
            if in_one_kekule_form(molecule, pattern):
                return messages.OTHER_BONDS
            if meant.source == "class" and (not ring or "!$(" in pattern or any(e.group in _GROUPS for e in entries)):
                continue  # without its conditions it is another class: a dichlorobenzene is no monochlorobenzene
            lies = bool(match_at(molecule, read, Level.SKELETON))
            if lies and (not settled or may_have_other_bonds(molecule, pattern, group=group)):
                return messages.OTHER_BONDS
            if not lies and meant.source == "name" and _less_terminal(molecule, pattern):
                return messages.OTHER_BONDS
    if any(in_tautomer(molecule, pattern) for meant in known for pattern in meant.patterns):
        return messages.TAUTOMER
    return None


def _is_open(entry: StructuralClass, molecule: Molecule) -> bool:
    """Whether what some call so is there, and the class itself is not: then another of its patterns is what it has."""
    if not any(find(molecule, text, stereo=True) is not None for text in _doubtful(entry)):
        return False
    return not any(find(molecule, text, stereo=True) is not None for text in entry.patterns)


def _doubtful(entry: StructuralClass) -> tuple[str, ...]:
    """List what some call by a class's name: of a hydroxy steroid also the one whose hydroxy group bears a sugar."""
    if entry.group != "steroid" or "hydroxy steroid" not in entry.name:
        return entry.doubtful
    return (*entry.doubtful, *(pattern.replace("[OX2H1]", "[OX2]") for pattern in entry.patterns))


def _has_charge(molecule: Molecule, pattern: str) -> bool:
    """Whether the molecule bears a charge of the sign that a pattern asks for."""
    signs = {atom.GetFormalCharge() > 0 for atom in atoms_of(molecule.mol) if atom.GetFormalCharge()}
    return ("-" in pattern and False in signs) or ("+" in pattern and True in signs)


def in_one_kekule_form(molecule: Molecule, pattern: str) -> bool:
    """Whether a group's hetero atoms lie in an aromatic ring and it is there with the ring's bonds drawn singly.

    Aromatic carbons do not count: a benzene has no double bond of its own.
    """
    drawn, carbons = _drawn_singly(molecule)
    if drawn is None:
        return False
    hits = drawn.GetSubstructMatches(read_pattern(pattern).query, maxMatches=16)
    return any(carbons.isdisjoint(hit) for hit in hits)


@lru_cache(maxsize=64)
def _drawn_singly(molecule: Molecule) -> tuple[Chem.Mol | None, frozenset[int]]:
    """One Kekulé form of a molecule, and its aromatic carbons; no form where no hetero atom is aromatic."""
    aromatic = list(molecule.mol.GetAromaticAtoms())
    carbons = frozenset(atom.GetIdx() for atom in aromatic if atom.GetAtomicNum() == 6)
    if len(carbons) == len(aromatic):
        return None, carbons
    drawn = Chem.RWMol(molecule.mol)
    try:
        Chem.Kekulize(drawn, clearAromaticFlags=True)
    except (ValueError, RuntimeError):
        return None, carbons
    return drawn, carbons


def _less_terminal(molecule: Molecule, pattern: str) -> bool:
    """Whether a named compound's atoms are there but for a terminal oxygen or nitrogen, whatever their bonds."""
    query = read_pattern(pattern).skeleton
    atoms = [a for a in atoms_of(query) if a.GetDegree() == 1 and re.search(r"#[78]\b", a.GetSmarts())]
    if query.GetNumAtoms() < 6 or len(atoms) > MAX_TERMINAL:
        return False
    for atom in atoms:
        less = Chem.RWMol(query)
        less.RemoveAtom(atom.GetIdx())
        if molecule.mol.HasSubstructMatch(less):
            # A hydroxy group more than the molecule has is a contradiction; one that left with a bond is not.
            return _bond_took_its_place(molecule, less, atom)
    return False


def _bond_took_its_place(molecule: Molecule, less: Chem.Mol, lost: Chem.Atom) -> bool:
    """Whether the atom that bore a lost one is bound to something else instead."""
    bearer = lost.GetNeighbors()[0].GetIdx()
    bearer -= bearer > lost.GetIdx()
    mol = molecule.mol
    for hit in mol.GetSubstructMatches(less, maxMatches=16):
        others = [n for n in mol.GetAtomWithIdx(hit[bearer]).GetNeighbors() if n.GetIdx() not in hit]
        anomeric = any(n.GetAtomicNum() == 8 and n.IsInRing() for n in mol.GetAtomWithIdx(hit[bearer]).GetNeighbors())
        if any(n.GetAtomicNum() != 6 or anomeric for n in others):
            return True  # a hydroxy group is not where carbon is bound, but in a C-glycoside
    return False


@lru_cache(maxsize=256)
def _tautomers(smiles: str) -> tuple[Chem.Mol, ...]:
    """Tautomers of a molecule that a chemist would draw for it; empty for large ones.

    A drawn ketone is not called an enol, a drawn amide no imidic acid, a phenol no ketone.

    Source: RDKit `rdMolStandardize.TautomerEnumerator`.
    """
    mol = Chem.MolFromSmiles(smiles)
    if mol is None or mol.GetNumHeavyAtoms() > MAX_TAUTOMER_ATOMS:
        return ()
    parameters = rdMolStandardize.CleanupParameters()
    parameters.maxTautomers = parameters.maxTransforms = MAX_TAUTOMERS
    with quiet_rdkit():
        try:
            found = tuple(rdMolStandardize.TautomerEnumerator(parameters).Enumerate(mol))
        except (ValueError, RuntimeError):
            return ()
    own = _stability(mol)
    oxime = mol.HasSubstructMatch(_NITROSOPHENOL)
    return tuple(
        each
        for each in found
        if all(a >= b for a, b in zip(_stability(each), own, strict=True))
        or (oxime and each.HasSubstructMatch(_OXIME) and _stability(each)[1:] == own[1:])
    )


def _stability(mol: Chem.Mol) -> tuple[int, int, int]:
    """Count what a likely tautomer has no less of: aromatic atoms, hydrogens on carbon, amides not drawn as imidic."""
    hydrogens = sum(atom.GetTotalNumHs() for atom in atoms_of(mol) if atom.GetAtomicNum() == 6)
    imidic = len(mol.GetSubstructMatches(_IMIDIC_ACID))
    return sum(atom.GetIsAromatic() for atom in atoms_of(mol)), hydrogens, -imidic


def in_tautomer(molecule: Molecule, pattern: str, count: int = 1) -> bool:
    """Whether a tautomer of the molecule has a pattern, so many times."""
    read = read_pattern(pattern)
    if molecule.heavy_atoms > MAX_TAUTOMER_ATOMS or not match_at(molecule, read, Level.SKELETON):
        return False
    tautomers = _tautomers(str(Chem.MolToSmiles(molecule.neutral)))
    return any(len(mol.GetSubstructMatches(read.query, maxMatches=64)) >= count for mol in tautomers)

"""What a phrase means as a substructure, by three independent sources: curated classes, names, corpus evidence."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from rdkit import Chem

from molreflect.tools.lexicon.classes import StructuralClass
from molreflect.tools.lexicon.spelling import normalise_name
from molreflect.tools.meaning.atoms_and_bonds import read_atoms_and_bonds
from molreflect.tools.meaning.bound_parts import is_bound_part, read_bound_part
from molreflect.tools.meaning.chains import read_chain
from molreflect.tools.meaning.compositional import interpret_by_parts, interpret_open_name
from molreflect.tools.meaning.computed_classes import computed_patterns, extended_patterns, is_computed
from molreflect.tools.meaning.fused import read_fused_system
from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.meaning.modified import less_one_atom, residue_patterns
from molreflect.tools.molecules.configuration import Configuration, compare_configuration
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.parts import atoms_of
from molreflect.tools.molecules.read import WITH_MOLECULES, Molecule
from molreflect.tools.molecules.write import mirror_image, uncharge
from molreflect.tools.names.patterns import molecule_pattern
from molreflect.tools.names.structures import NamedStructure, states_configuration
from molreflect.tools.names.sugars import open_form, ring_forms
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Level

_LONE_ATOM = re.compile(r"^\[#[678]&D0\]$")
"""Carbon, nitrogen or oxygen named as an element: OPSIN reads the free atom, the caption ("the nitrogen") means one of
many in the molecule, and which one only its context says."""
_HYDRIDES = frozenset({"ammonia", "water", "methane"})
_MADE_OF = {"ammonia": ("[NX3H2;$(N[#6])]", "[#7;$([#7][#6])]")}
"""Hydrides of which something is left where a compound was made of them."""
_FIXED_RING = re.compile(r"pyran|furan|alpha-|beta-|septan", re.IGNORECASE)
_OPENED_NAME = re.compile(r"osamine\b|ose\b|uronic acid\b|uronate\b|neuramin")
"""Names of sugars that OPSIN reads as rings and that mean the chain as well."""
_RELATIVE = re.compile(r"(?:^|[\s(,\d-])(?:cis|trans|rel|rac|[cet]h?reo|erythro)-|\(\+/-\)|\(\+-\)", re.IGNORECASE)
_ABSOLUTE = re.compile(r"\d*[RS](?=[,)])|(?:^|[-(\s])[DL]-|alpha|beta|\(\+\)|\(-\)|\bent-")
_ACYL_GROUPS = "acyl group"
"""Group of the classes whose patterns leave out the geometry that the name fixes ("oleoyl"), and ketones."""

MIN_MINED_RECALL = 0.9
"""Least share of a phrase's molecules that must contain a mined fragment for it to be proposed."""
MIN_MINED_LIFT = 3.0
"""Least recall over background of such a fragment: what is shared by chance ("CCCC(C)C") is no meaning."""


def interpret(
    phrase: str,
    resources: Resources,
    *,
    leave_out: str | None = None,
    modified: bool = False,
    molecule: Molecule | None = None,
) -> tuple[Interpretation, ...]:
    """List every known meaning of a phrase, the most trustworthy first.

    Args:
        phrase: Name without article and count: `Phrase.name`, with its capitals, or `Phrase.key`.
        resources: Lexicon, nomenclature and evidence to look in.
        leave_out: Id of the pair in hand, whose own naming of its molecule proves nothing about it.
        modified: The caption says that the compound stands in changed form (an amino acid in a peptide, a parent with
            a group replaced): the name less any one of its terminal atoms is then a meaning as well, the last one.
        molecule: The molecule in hand; without it, classes that only a look at it decides have no meaning.

    Returns:
        Curated class first, then the structure of the name; empty where nothing is known. Mined fragments are a
        statistical guess, not a meaning: see `mined_interpretations`.
    """
    return _interpret(phrase, resources, resources.nomenclature.lessons, leave_out, modified, molecule)


@lru_cache(maxsize=WITH_MOLECULES)
def _interpret(
    phrase: str,
    resources: Resources,
    lessons: int,
    leave_out: str | None,
    modified: bool,
    molecule: Molecule | None,
) -> tuple[Interpretation, ...]:
    """`interpret`, remembered: look-up, every proposal and its checks ask for the same phrase.

    `lessons` counts the corpora that names were learned from: what was known before one is not remembered.
    """
    found: list[Interpretation] = []
    entry = resources.lexicon.find(phrase)
    if entry is not None:
        *extended, whole = _by_class(entry, molecule)
        found += [replace(part, general=whole.patterns, general_floor=whole.floor) for part in extended]
        found.append(whole)
        if molecule is not None:  # an entry lists fusions that are common: "pyrrolopyrimidine" means any
            found += read_fused_system(normalise_name(phrase), molecule) or ()
        if molecule is not None and entry.group == _ACYL_GROUPS:
            found = _acyl_group(phrase, found, molecule, _structure(phrase, resources, leave_out))
    elif is_computed(phrase):
        return _by_computation(phrase, molecule)
    elif named_atoms := read_atoms_and_bonds(
        phrase, lambda group: _interpret(group, resources, lessons, leave_out, modified, molecule)
    ):
        return named_atoms
    elif is_bound_part(key := normalise_name(phrase), molecule):
        if molecule is None:
            return ()
        bound = read_bound_part(
            key, lambda group: _interpret(group, resources, lessons, leave_out, modified, molecule), molecule
        )
        if bound is not None:
            return bound
    elif molecule is not None and (opened := interpret_open_name(phrase, molecule)) is not None:
        found += opened
        if not opened and not modified:
            return ()  # the molecule was looked at; OPSIN would only choose one isomer, and find it in longer chains
    if entry is None or modified:
        named = _structure(phrase, resources, leave_out)
        if named is not None and _is_lone_elsewhere(named, molecule):
            named = None
            if modified and molecule is not None and normalise_name(phrase) in _MADE_OF:  # what an amide was made of
                found.append(
                    Interpretation(_MADE_OF[normalise_name(phrase)], f"{phrase}, in modified form", Level.NEUTRAL)
                )
        if named is not None:
            if modified and named.kind == "molecule" and (patterns := residue_patterns(named.smiles)):
                compared = None if molecule is None else _compared(named, (named.smiles,), phrase, molecule)
                residue = f"{named.name} residue"
                found.insert(0, Interpretation(patterns, residue, Level.NEUTRAL, "name", configuration=compared))
            found += _by_name(phrase, named, molecule, modified=modified, known=entry is not None)
    if found:
        return tuple(found)

    def look_up(name: str, names: bool) -> tuple[Interpretation, ...]:
        """Say what a part of a composed name means by itself."""
        if (entry := resources.lexicon.find(name)) is not None:
            return _by_class(entry, molecule)[:1]
        if is_computed(name):
            return _by_computation(name, molecule)
        named = _structure(name, resources, leave_out) if names else None
        if named is None:
            return ()
        read = _by_name(name, named, molecule, modified=modified, known=False)
        return (Interpretation(tuple(p for part in read for p in part.patterns), named.name, Level.NEUTRAL),)

    return interpret_by_parts(phrase, look_up, molecule)


def _by_class(entry: StructuralClass, molecule: Molecule | None) -> tuple[Interpretation, ...]:
    """Say what a class means: in a molecule its full extent first, where it has one, and its own patterns last."""
    whole = Interpretation(entry.patterns, entry.name, entry.level)
    full = extended_patterns(entry, molecule) if molecule is not None else ()
    return (Interpretation(full, entry.name, Level.EXACT, computed=True), whole) if full else (whole,)


def _by_computation(name: str, molecule: Molecule | None) -> tuple[Interpretation, ...]:
    """Say what a computed class means in a molecule, as written only: another rung could find other rings."""
    patterns = computed_patterns(name, molecule) if molecule is not None else ()
    return (Interpretation(patterns, normalise_name(name), Level.EXACT, computed=True),) if patterns else ()


def _structure(name: str, resources: Resources, leave_out: str | None) -> NamedStructure | None:
    """Look up the structure of a name, unless it is a lone atom."""
    named = resources.nomenclature.resolve([name], leave_out=leave_out)[name]
    lone = named is not None and named.kind == "molecule" and _LONE_ATOM.match(named.pattern) is not None
    return None if lone and normalise_name(name) not in _HYDRIDES else named


def _is_lone_elsewhere(named: NamedStructure, molecule: Molecule | None) -> bool:
    """Tell whether a hydride such as ammonia is no component of the molecule in hand, or there is no such molecule."""
    lone = _LONE_ATOM.match(named.pattern) is not None
    return lone and (molecule is None or find(molecule, named.pattern) is None)


def _by_name(
    phrase: str, named: NamedStructure, molecule: Molecule | None, *, modified: bool, known: bool
) -> list[Interpretation]:
    """Say what a name's structure means: as rings first where it is a sugar's chain, in modified form last.

    Args:
        phrase: The name.
        named: Its structure.
        molecule: The molecule in hand.
        modified: See `interpret`.
        known: Whether a curated class has the name, so that its structure counts in modified form only.
    """
    whole = [named.smiles] if named.kind == "substituent" or named.ambiguous else _drawings(phrase, named)
    rings = list(ring_forms(named.smiles, phrase)) if named.kind == "molecule" else []
    opened = open_form(named.smiles) if named.kind == "molecule" and not _FIXED_RING.search(phrase) else named.smiles
    chain = [opened] if opened != named.smiles and _OPENED_NAME.search(phrase) else []
    found: list[Interpretation] = []
    for structures, what in ((rings, ", as a ring"), (whole, ""), (chain, ", as a chain")):
        patterns = tuple(dict.fromkeys(_pattern_of(smiles, named) for smiles in structures))
        if patterns and (not known or what == ", as a ring"):
            compared = None if molecule is None else _compared(named, tuple(structures), phrase, molecule)
            read = Interpretation(patterns, f"{named.name}{what}", Level.NEUTRAL, "name", configuration=compared)
            found.append(read)
    if modified and named.kind == "molecule":
        patterns = tuple(_pattern_of(smiles, named) for smiles in rings) or (named.pattern,)
        if less := less_one_atom(*patterns):
            found.append(Interpretation(less, f"{named.name}, in modified form", Level.NEUTRAL, "name"))
    return found


def _acyl_group(
    phrase: str, known: list[Interpretation], molecule: Molecule, named: NamedStructure | None
) -> list[Interpretation]:
    """Add to a curated acyl group the geometry of its name, and the same chain on carbon ("hexanoyl" of a ketone)."""
    if named is not None and ("/" in molecule.smiles or "\\" in molecule.smiles):
        compared = _compared(named, (named.smiles,), phrase, molecule)
        known = [replace(part, configuration=compared) for part in known]
    key = normalise_name(phrase).removesuffix(" group")
    return known if named is not None and named.stereo else known + list(read_chain(key, molecule) or ())


def _drawings(phrase: str, named: NamedStructure) -> list[str]:
    """List a structure and, where the name states its configuration relatively only ("trans-"), its mirror image."""
    if not named.stereo or _RELATIVE.search(phrase) is None or _ABSOLUTE.search(phrase) is not None:
        return [named.smiles]
    return [named.smiles, str(Chem.MolToSmiles(mirror_image(Chem.MolFromSmiles(named.smiles))))]


def _pattern_of(smiles: str, named: NamedStructure) -> str:
    return named.pattern if smiles == named.smiles else _whole_pattern(smiles)


@lru_cache(maxsize=4_096)
def _whole_pattern(smiles: str) -> str:
    return molecule_pattern(Chem.MolFromSmiles(smiles))


def _compared(
    named: NamedStructure, structures: tuple[str, ...], phrase: str, molecule: Molecule
) -> Configuration | None:
    """Compare the molecule with the configuration a name fixes; of trivial names only with double bonds' geometry."""
    if not named.stereo or named.ambiguous or named.generic:
        return None
    stated = states_configuration(named, phrase)
    found = {_compared_with(smiles, stated, molecule) for smiles in structures}
    best = (Configuration.AGREES, Configuration.UNDEFINED, Configuration.CONTRADICTS)
    return next((each for each in best if each in found), None)


@lru_cache(maxsize=WITH_MOLECULES)
def _compared_with(smiles: str, centres: bool, molecule: Molecule) -> Configuration:
    """Compare with one structure: double bonds' geometry and, where the name states any, its centres."""
    part = Chem.Mol(uncharge(Chem.MolFromSmiles(smiles)))
    for atom in atoms_of(part) if not centres else ():
        atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
    return compare_configuration(molecule.neutral, part)


def mined_interpretations(
    phrase: str, resources: Resources, *, leave_out: str | None = None
) -> tuple[Interpretation, ...]:
    """Mine the fragment that best separates the molecules captioned with a phrase from the rest of the corpus.

    Empty without a corpus, for phrases of too few pairs, for those that only a look at the molecule decides, and where
    no fragment is shared by nearly all of them and by few others.
    """
    if resources.evidence is None or is_computed(phrase):
        return ()
    own = resources.evidence.own_pair(leave_out)  # a pair from elsewhere has nothing to be left out
    mined = resources.evidence.mine(normalise_name(phrase), leave_out=own)
    return tuple(
        Interpretation((fragment.pattern,), fragment.pattern, fragment.level, "mined")
        for fragment in mined[:1]
        if fragment.recall >= MIN_MINED_RECALL and fragment.lift >= MIN_MINED_LIFT
    )

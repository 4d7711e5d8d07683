"""Whether a pattern is in the molecule, at the positions and as often as the phrase states."""

from __future__ import annotations

import re
from dataclasses import replace

from rdkit import Chem

from molreflect.tools.meaning.computed_classes import is_computed
from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.meaning.positions import atoms_at
from molreflect.tools.molecules.configuration import Configuration
from molreflect.tools.molecules.match import Hits, find, match_at
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.molecules.smarts import elements_of, read_pattern
from molreflect.tools.molecules.undefined import is_undefined
from molreflect.tools.names.atoms import ELEMENTS
from molreflect.tools.names.structures import NamedStructure
from molreflect.tools.terms import LADDER, Level, Reason
from molreflect.tools.verification import messages
from molreflect.tools.verification.absence import in_tautomer, why_absence_undecided
from molreflect.tools.verification.case import Case, Found, states_stereo
from molreflect.tools.verification.changed_form import changes_bonds, contradiction_in
from molreflect.tools.verification.consumed import is_consumed, sentence_of
from molreflect.tools.verification.open_configuration import why_configuration_open
from molreflect.tools.verification.proposals import Verification

MOST_PLACES = 2
"""Most places for each one stated; of more, lighting up all says less than which is meant."""
SAME_PLACE = 0.5
"""Share of their atoms above which two hits are one place."""
MAX_LAID = 8
MAX_RINGS = 3
"""Most rings of a parent whose chain has positions of its own; those of steroids have one numbering for both."""
CONTEXT = 160
"""Characters behind a phrase in which its positions may be dealt out."""
_UNITS = re.compile(r"\b(?:units?|residues?|monomers?)\b")
_HYDROCARBON = re.compile(r"[Cc=()\d/\\]+")
_STOP = re.compile(r"[.;]\s")
_CONFIGURED = re.compile(r"\(?\d+[a-z]?(?:alpha|beta|[RSEZH])(?:,\d+[a-z]?(?:alpha|beta|[RSEZH]))*\)?-")
_SUFFIX = r"(?:di|tri|tetra|penta|hexa)?(?:en|yn|one|oic|ol\b|al\b|carbox|sulfon)"
_NUMBERED = re.compile(rf"\bsn-|\[|\d'|\d-(?!{_SUFFIX})[a-z]")
"""A name that is numbered by its own groups, not only by its suffix, double bonds and configuration."""
_PLURAL = re.compile(r"[a-z]s\b(?:\s+(?:at|in|on|attached|located|bound|linked)\b|\s*$)")
_SINGLE_PLACES = frozenset({"substituent", "group", "name", "component"})
"""Sources of phrases that speak of one part at one place."""


def check_presence(case: Case, molecule: Molecule, known: tuple[Interpretation, ...]) -> Found | Verification:
    """Find the pattern in the molecule; refuse it as absent where it is not there.

    A class's own pattern is never looked for on a looser rung than the class's, whoever proposes it: on a looser one
    "carboxylate" would match the acid, which is just what the word excludes.
    """
    stereo = states_stereo(case.phrase.text)
    own = [meant for meant in known if case.pattern in meant.patterns]
    floor = min([case.proposal.floor, *(meant.floor for meant in own)], key=LADDER.index)
    hits = find(molecule, case.pattern, floor=floor, stereo=stereo, smiles_too=not own)
    if known and all(meant.configuration is Configuration.CONTRADICTS for meant in known):
        if (told := why_configuration_open(case, molecule)) is not None:
            return case.unchecked(Reason.ABSENCE_UNDECIDED, told)
        return case.refuted(Reason.ABSENT, messages.OTHER_CONFIGURATION)
    if (told := _contradicted(case, molecule)) is not None:
        return case.refuted(Reason.ABSENT, told)
    if hits is None:
        return _absent(case, molecule, known, stereo, bool(own))
    if not known and is_computed(case.name):
        return case.unchecked(Reason.NO_READING, messages.NOT_COMPUTED, hits=hits)
    return Found(molecule, hits, known, stereo, floor)


def _contradicted(case: Case, molecule: Molecule) -> str | None:
    """Say how the molecule contradicts a compound that is said to be in it in changed form; None where it does not."""
    if not case.modified and not is_consumed(case):
        return None
    named = case.resources.nomenclature.resolve([case.name], leave_out=case.pair_id)[case.name]
    if named is not None and _is_monomer(case, named):
        return None
    return None if named is None else contradiction_in(sentence_of(case), molecule, named)


def _is_monomer(case: Case, named: NamedStructure) -> bool:
    """Whether the phrase counts units of an unsaturated hydrocarbon, whose double bonds are not those of its units."""
    if _UNITS.search(case.phrase.text) is None or _HYDROCARBON.fullmatch(named.smiles) is None:
        return False
    return "=" in named.smiles


def _absent(case: Case, molecule: Molecule, known: tuple[Interpretation, ...], stereo: bool, own: bool) -> Verification:
    """Refuse a pattern that is not there, unless it is the phrase's own and its absence decides nothing."""
    named = None if known else case.resources.nomenclature.resolve([case.name])[case.name]
    if named is not None and changes_bonds(sentence_of(case), named):
        known = interpret(case.name, case.resources, leave_out=case.pair_id, modified=case.modified)
        own = any(case.pattern in meant.patterns for meant in known)  # a chain that was looked for with its own bonds
    undecided = why_absence_undecided(case, molecule, known) if own else None
    compared = any(meant.configuration is Configuration.UNDEFINED for meant in known)
    if undecided is None and stereo and (compared or is_undefined(molecule, case.pattern)):
        undecided = messages.UNDEFINED_CENTRE
    if undecided is not None:
        return case.unchecked(Reason.ABSENCE_UNDECIDED, undecided)
    other = stereo and find(molecule, case.pattern, floor=Level.FLAT) is not None
    return case.refuted(Reason.ABSENT, messages.OTHER_CONFIGURATION if other else messages.ABSENT)


def check_positions(case: Case, found: Found) -> Found | Verification:
    """Compare stated positions with the hits; unchanged where there are none, or nothing is known about them.

    Of several hits only those at the stated positions are meant ("the methyl group at position 16"), if the pattern
    is what the phrase means; a wider one is not made right by its position. A parent whose numbering is not certain
    refutes nothing.
    """
    hits = found.hits.atoms
    if all(len(hit) == 1 and found.molecule.mol.GetAtomWithIdx(hit[0]).IsInRing() for hit in hits):
        return found  # "the nitrogen at position 4" is an atom of the parent itself, not bound to it
    if case.phrase.key.endswith("bond"):
        return found  # nor is a bond of the parent
    open_place: Verification | None = None
    for parent in case.parents:
        bound = atoms_at(parent, case.phrase.locants, found.molecule, case.resources.nomenclature)
        if bound is None:
            continue
        if all(any(at.intersection(hit) for hit in hits) for at in bound):
            if found.meant is None or case.pattern not in found.meant.patterns:
                return found
            there = frozenset().union(*bound)
            kept = tuple(hit for hit in hits if there.intersection(hit))
            return replace(found, hits=replace(found.hits, atoms=kept))
        some = any(at.intersection(hit) for at in bound for hit in hits)
        certain = _numbering_is_certain(case, parent, found, bound)
        if some and not (certain and all(bound)):
            return found  # some are where they should be: the parent may be numbered otherwise than it seems
        told = {"locants": ", ".join(case.phrase.locants), "parent": parent}
        if certain:
            return case.refuted(Reason.WRONG_POSITION, messages.NOT_AT_POSITIONS, hits=found.hits, **told)
        open_place = open_place or case.unchecked(Reason.WHICH_PLACE, messages.OTHER_PARENT, hits=found.hits, **told)
    return open_place or found


def _numbering_is_certain(case: Case, parent: str, found: Found, bound: tuple[frozenset[int], ...]) -> bool:
    """Whether positions of a phrase can only be counted on this parent.

    Not where its name has positions itself, where the ring is numbered from its substituents, where the sentence deals
    positions out over several groups or speaks of a change, and where the groups sit on no atom of the parent.
    """
    if (
        _NUMBERED.search(_CONFIGURED.sub("", parent)) is not None
        or _is_dealt_out(case)
        or is_consumed(case)
        or case.modified
    ):
        return False
    named = case.resources.nomenclature.resolve([parent])[parent]
    if named is None or named.kind != "molecule" or named.ambiguous or named.generic:
        return False
    query = read_pattern(named.pattern).query
    Chem.GetSSSR(query)
    rings = query.GetRingInfo().AtomRings()
    hetero = {a.GetIdx() for a in query.GetAtoms() if elements_of(a) != {6}}
    if (len(rings) < 2 and not hetero) or _has_chain(query):
        return False
    laid = find(found.molecule, named.pattern, max_hits=MAX_LAID, unique=True)
    if laid is None or len(laid.atoms) != 1:
        return False
    mol = found.molecule.mol
    around = {n.GetIdx() for i in laid.atoms[0] for n in mol.GetAtomWithIdx(i).GetNeighbors()} - set(laid.atoms[0])
    if not all(around.intersection(hit) for hit in found.hits.atoms):
        return False
    return not in_tautomer(found.molecule, found.hits.pattern, len(found.hits.atoms) + 1)


def _has_chain(query: Chem.Mol) -> bool:
    """Whether a parent has a chain beside few rings, of which either may be numbered: phenylacetic acid."""
    rings = query.GetRingInfo()
    open_chain = [a for a in query.GetAtoms() if not rings.NumAtomRings(a.GetIdx()) and elements_of(a) == {6}]
    within = {a.GetIdx() for a in open_chain}
    return 1 <= rings.NumRings() <= MAX_RINGS and any(
        within & {n.GetIdx() for n in a.GetNeighbors()} for a in open_chain
    )


def _is_dealt_out(case: Case) -> bool:
    """Whether positions around a phrase belong to several groups: "methyl and methoxy at 2 and 8 respectively"."""
    if case.caption is None or case.start is None or case.end is None:
        return False
    after = _STOP.split(case.caption[case.end :], maxsplit=1)[0][:CONTEXT]
    return "respectively" in case.phrase.text or "respectively" in after


def _count(case: Case) -> int:
    """How many places a phrase states: its number, or its positions where they are all its own."""
    phrase = case.phrase
    if phrase.count == 2 and phrase.key.startswith("gem"):
        return 0  # "two geminal methyl groups" are one pair, which is looked for as a whole
    if phrase.count is not None or not phrase.locants:
        return phrase.count or 0
    if len(phrase.locants) > 1 and (_PLURAL.search(phrase.text) is None or _is_dealt_out(case)):
        return 0  # "at positions 2, 5 and 8 by amino, benzyl and ethyl": one of them each
    return len(phrase.locants)


def check_count(case: Case, found: Found) -> Found | Verification:
    """Compare a stated number with the hits; unchanged where nothing is stated or the number is reached.

    A molecule may have more of a group than the words at hand speak of ("two hydroxy groups at ... and a
    4-hydroxyphenyl group"). More is refused only where the known meaning of the phrase gives the stated number, so that
    the pattern itself is too wide; fewer only where none can have been used up.
    """
    molecule, hits, meant = found.molecule, found.hits, found.meant
    count = _count(case)  # "hydroxy groups at positions 3, 4 and 5" are three
    times = len(hits.atoms)
    if count <= 1 or hits.capped or times == count:
        return found
    if times > count:
        if meant is None or case.pattern in meant.patterns:
            return found
        exact = [find(molecule, p, floor=meant.floor, stereo=found.stereo) for p in meant.patterns]
        if all(each is None or len(each.atoms) != count for each in exact):
            return found
        return case.refuted(Reason.WRONG_COUNT, messages.TOO_MANY, hits=hits, count=count, times=times, meant=meant)
    if meant is not None and case.pattern not in meant.patterns and _spans(found, count):
        return found
    # One group may be ionised and its twin not: the looser rung sees both.
    for rung in (Level.FLAT, Level.NEUTRAL):
        if LADDER.index(rung) > LADDER.index(found.floor):
            break
        atoms = match_at(molecule, read_pattern(hits.pattern), rung, stereo=found.stereo)
        if len(atoms) >= count:
            return replace(found, hits=Hits(hits.pattern, atoms, rung))
    if len(every := _of_any_spelling(found)) >= count:
        told = {"hits": hits, "count": count, "times": times, "every": len(every)}
        return case.unchecked(Reason.ABSENCE_UNDECIDED, messages.FEWER_OF_ONE_PATTERN, **told)
    if case.modified or is_consumed(case) or in_tautomer(molecule, case.pattern, count):
        return case.unchecked(Reason.ABSENCE_UNDECIDED, messages.FEWER_LEFT, hits=hits, count=count, times=times)
    return case.refuted(Reason.WRONG_COUNT, messages.TOO_FEW, hits=hits, count=count, times=times)


def _of_any_spelling(found: Found) -> tuple[tuple[int, ...], ...]:
    """Collect the places of all patterns that mean a phrase, one that holds another left out.

    A benzene ring and a cyclohexane ring are two six-membered rings, and no pattern cut from the molecule finds both.
    """
    meant = found.meant
    if meant is None or len(meant.patterns) < 2:
        return found.hits.atoms
    each = [find(found.molecule, p, floor=meant.floor, stereo=found.stereo) for p in meant.patterns]
    places = {frozenset(hit): hit for hits in each if hits is not None for hit in hits.atoms}
    return tuple(hit for atoms, hit in places.items() if not any(atoms < other for other in places))


def _spans(found: Found, count: int) -> bool:
    """Whether hits of a pattern that is the phrase's several groups at once span as many of them as are stated."""
    meant = found.meant
    if meant is None:
        return False
    single = [find(found.molecule, p, floor=meant.floor, stereo=found.stereo) for p in meant.patterns]
    covered = found.hits.covered
    return any(each is not None and sum(covered.issuperset(hit) for hit in each.atoms) >= count for each in single)


def check_which_place(case: Case, found: Found) -> Found | Verification:
    """Leave open which of many groups is meant: "a hydroxy group" of six is there, and is none in particular.

    What the words name by themselves ("an alcohol", "the pyridine rings") lights up wherever it is. Of a stated number
    as many must light up.
    """
    phrase = case.phrase
    count, times = max(phrase.count or 1, len(phrase.locants)), _places(found)
    several = phrase.count is None and set(phrase.locants) <= _ELEMENT_LOCANTS and phrase.text.rstrip().endswith("s")
    single = case.start is not None and phrase.source in _SINGLE_PLACES
    most = count if (phrase.count or 0) > 1 and not case.modified else MOST_PLACES * count
    kinds = _different(case, found)
    if kinds is not None and kinds < count:
        return case.refuted(Reason.WRONG_COUNT, messages.KINDS, hits=found.hits, count=count, times=kinds)
    if (unread := _unread_place(found)) and times > (max(count, _PAIR) if several else count):
        return case.unchecked(Reason.WHICH_PLACE, messages.WHICH_ONE, hits=found.hits, word=unread)
    if phrase.locants and phrase.source == "group" and not case.parents and not several and times > count:
        most = count  # "a 17beta-hydroxy group" beside another one, with nothing to count from
    if phrase.key in ELEMENTS and not several:
        most = count  # "the nitrogen" is one, and which one is not said
    if not single or several or times <= most or kinds == count:
        return found
    return case.unchecked(Reason.WHICH_PLACE, messages.WHICH_PLACE, hits=found.hits, count=count, times=times)


_PAIR = 2
_ELEMENT_LOCANTS = frozenset("NOSPC")


def _unread_place(found: Found) -> str:
    """Return the words of a meaning that say where it is and that nothing was compared with; empty without any."""
    meant = found.meant
    return meant.unread if meant is not None and _PLACE.fullmatch(meant.unread) else ""


_PLACE = re.compile(
    r"(?:(?:terminal|[nc]-terminal|central|lateral|internal|outer|inner|exocyclic|endocyclic|pendant|bridging|ring|chain|"
    r"side-chain|middle|distal|proximal|upper|lower|left|right|axial|equatorial|angular|bridgehead)[ ,]*)+",
    re.IGNORECASE,
)


def _different(case: Case, found: Found) -> int | None:
    """Count the elements of "three different halogens"; None for other words, or parts of several atoms."""
    if case.caption is None or case.start is None or (case.phrase.count or 0) < 2:
        return None
    if _DIFFERENT.search(case.caption[max(0, case.start - 12) : case.end]) is None or found.hits.capped:
        return None
    if any(len(hit) > 1 for hit in found.hits.atoms):
        return None
    return len({found.molecule.mol.GetAtomWithIdx(i).GetAtomicNum() for i in found.hits.covered})


_DIFFERENT = re.compile(r"\bdifferent halogen(?: atom)?s$")


def _places(found: Found) -> int:
    """Count the places of hits: those that share most of their atoms, or all that are no carbon, are one.

    A diphospho group may be laid four ways, and an amine with any of its three carbons.
    """
    mol = found.molecule.mol
    places: list[tuple[set[int], set[int]]] = []
    for hit in found.hits.atoms:
        atoms = set(hit)
        own = {i for i in hit if mol.GetAtomWithIdx(i).GetAtomicNum() != 6}
        same = next(
            (p for p in places if len(p[0] & atoms) > SAME_PLACE * min(len(p[0]), len(atoms)) or (own and own == p[1])),
            None,
        )
        if same is None:
            places.append((atoms, own))
        else:
            same[0].update(atoms)
    return len(places)

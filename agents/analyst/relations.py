"""How an answer says that groups stand to each other, checked on the atoms of the groups it names.

The reader of captions finds the groups of a sentence ("the hydroxy group", "the pyridine ring"); that both are there
says nothing of "attached to", "fused to", "para to" or "on the same carbon" between them. These words are claims of
their own here. They are refuted only where their sense leaves no choice, and unchecked where the atoms do not bear
them out, for prose says "attached to the ring" of what hangs on a chain, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from rdkit import Chem

from molreflect.agents.analyst.checked import AnswerClaim
from molreflect.tools.facts.composed import degrees_in
from molreflect.tools.facts.substitution import substitution_of
from molreflect.tools.facts.values import NUMBERS
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.terms import Verdict

SEVERAL = "it is there several times, and the words speak of one"
"""Why a claim is unchecked of which a relation may tell the place."""
_CUE = re.compile(
    r"(?P<attached>\b(?:(?:directly|covalently)\s+)?(?:attached|bonded|bound|connected"
    r"|joined)(?:\s+directly)?\s+(?:to|on)\b"
    r"|\b(?:is|are|sits?)\s+(?:directly\s+)?on(?=\s+the\b)"
    r"|\b(?:bears?|bearing|carr(?:y|ies|ying)|substituted\s+(?:with|by))\b)"
    r"|(?P<fused>\bfused\s+(?:to|with)\b|\bshares?\s+(?:a|one)\s+(?:common\s+)?(?:bond|edge)\b"
    r"|\bfused(?:\s+together|\s+along\b))"
    r"|(?P<same>\bon\s+the\s+same\s+(?P<element>carbon|atom|nitrogen|oxygen|sul(?:f|ph)ur"
    r"|phosphorus)\b(?:\s+atom)?|\bgeminal\b)"
    r"|(?P<near>\bvicinal\b|\bon\s+(?:adjacent|neighbou?ring)\s+(?:carbons?|atoms?)\b)"
    r"|\b(?:is|are)\s+(?:(?:all|both|each)\s+)?(?P<degree>primary|secondary|tertiary|quaternary)(?=\s*(?:[.,;:]"
    r"|and\b|$))"
    r"|(?<![\w,-])(?P<position>ortho|meta|para)\b(?!-)",
    re.IGNORECASE,
)
_LISTED = re.compile(r"\s*(?:,|and|,\s*and|as well as)\s+(?:(?:an?|one|two|three|the|its)\s+)?", re.IGNORECASE)
"""What stands between two groups of one list."""
_EACH_OTHER = re.compile(r"\W*(?:to|with respect to|relative to)\s+(?:each other|one another)", re.IGNORECASE)
_TO_EACH_OTHER = re.compile(r"\W*(?:each other|one another)", re.IGNORECASE)
_TO_THAT = re.compile(r"\s*(?:to|of)\s+(?:that|this|these|those|it|them|its)\b", re.IGNORECASE)
"""Words behind "ortho" that speak of what an earlier clause told."""
_NOT = re.compile(r"\b(?:not|n['\u2019]t|never|neither|nor|no)\b[^,;]{0,20}$", re.IGNORECASE)
_GOES_ON = re.compile(r"\b(?:fused (?:to|with)|bears?|bearing|carr(?:y|ies|ying))$", re.IGNORECASE)
_IT_BEARS = re.compile(r"\bit\s+(?:also\s+)?$", re.IGNORECASE)
_AND = re.compile(r"(?:,|\band|\bbut)\s*$", re.IGNORECASE)
_TWO = 2
_DIRECTLY = re.compile(r"\bdirectly\b", re.IGNORECASE)
_EXACTLY = re.compile(
    rf"\b(?:(?:only|just|exactly|precisely)\s+(?P<number>{'|'.join(NUMBERS[1:])}|\d{{1,3}}|an?)"
    rf"|(?P<one>an?\s+single|an?\s+sole"
    r"|the\s+only)|(?P<both>both(?!\s+(?:an?|in|on|at|are|of\s+(?:which|them))\b)))\s+(?:of\s+(?:its"
    r"|the)\s+)?(?:[a-z-]+\s+){0,2}$",
    re.IGNORECASE,
)
"""Words before a group that say exactly how many there are."""
_OF_THE_WHOLE = re.compile(
    r"\W*(?:it|this|the (?:molecule|compound|structure))(?:\s+(?:molecule|compound))?\s+(?:only\s+)?"
    r"(?:has|have|contains?|possess(?:es)?|bears?|carr(?:ies|y)|features?)\b",
    re.IGNORECASE,
)
_MANY = "|".join(NUMBERS[1:])
_SOME_OF = re.compile(
    rf"\b(?:(?P<number>{_MANY})\s+of\s+(?:which|them|these|those)"
    rf"|of\s+(?:which|them|these|those),?\s+(?:exactly\s+|only\s+|just\s+)?(?P<behind>{_MANY}))\s*$",
    re.IGNORECASE,
)
"""Words before "are primary" that say it of so many only."""
_LAST_WORD = {
    "nitrogen": 7, "nitrogens": 7, "nh": 7, "nh2": 7, "oxygen": 8, "oxygens": 8, "oh": 8, "hydroxyl": 8, "sulfur": 16,
    "sulphur": 16, "phosphorus": 15,
    "carbon": 6, "carbons": 6,
}  # fmt: skip
"""Elements by the last word of what names them within a group."""
_NEAR = 3
"""Bonds between groups at neighbouring atoms, O-C-C-O."""


def counted_exactly(claim: AnswerClaim, plain: str, begin: int) -> AnswerClaim:
    """Judge "only one", "a single", "both": the reader of captions takes the group to be there at least so often.

    Args:
        claim: A claim of a sentence.
        plain: The answer, what its molecules are called put as "It".
        begin: Where the sentence begins.
    """
    told = _EXACTLY.search(plain, max(begin, claim.start - 60), claim.start)
    if told is None or claim.negated or claim.verdict is not Verdict.SUPPORTED or not claim.atoms:
        return claim
    said, there = _number(told), len(claim.atoms)
    if said == there:
        return claim
    whole = told["both"] is None and _OF_THE_WHOLE.match(plain, begin) is not None and _are_apart(claim.atoms)
    verdict = Verdict.REFUTED if whole else Verdict.UNCHECKED
    return replace(claim, verdict=verdict, why=f"the molecule has {there}")


_HYDROXYL_OXYGEN = re.compile(r"(?:hydroxyl?|OH) oxygens?(?: atoms?)?", re.IGNORECASE)
_ANY_HYDROXYL = Chem.MolFromSmarts("[OX2H]")
_ALIPHATIC = re.compile(r"\b(?:aliphatic|alicyclic)\b", re.IGNORECASE)


def of_its_element(claim: AnswerClaim, molecules: Sequence[Molecule]) -> AnswerClaim:
    """Judge "the amine oxygen": the atoms of a group that has no atom of the element bear nothing out."""
    element = _LAST_WORD.get(claim.phrase.split()[-1].lower()) if claim.phrase.split() else None
    if claim.atoms and claim.verdict is Verdict.SUPPORTED and len(molecules) == 1 and _ALIPHATIC.search(claim.phrase):
        atoms = [molecules[0].mol.GetAtomWithIdx(a) for place in claim.atoms for a in place]
        if all(atom.GetIsAromatic() for atom in atoms):
            return replace(claim, verdict=Verdict.UNCHECKED, why="all of its atoms are aromatic")
    of_an_acid = claim.verdict is Verdict.REFUTED and not claim.negated and _HYDROXYL_OXYGEN.fullmatch(claim.phrase)
    if of_an_acid and all(m.mol.HasSubstructMatch(_ANY_HYDROXYL) for m in molecules):
        return replace(claim, verdict=Verdict.UNCHECKED, why="that of an acid may be meant")
    if element is None or claim.verdict is not Verdict.SUPPORTED or not claim.atoms or len(molecules) != 1:
        return claim
    mol = molecules[0].mol
    if any(mol.GetAtomWithIdx(a).GetAtomicNum() == element for place in claim.atoms for a in place):
        return claim
    return replace(claim, verdict=Verdict.UNCHECKED, why="none of its atoms is of that element", atoms=())


_FUSED_TO = re.compile(r"\bfused\s+(?:to|with|onto)\s+(?:an?\s+|the\s+)?(?:[a-z-]+\s+)?$", re.IGNORECASE)


def of_a_fused_ring(claim: AnswerClaim, plain: str, begin: int) -> AnswerClaim:
    """Leave "fused to a pyridine" open: the ring by itself need not be there, fused to another it is called so."""
    if claim.verdict is not Verdict.REFUTED or claim.negated or claim.atoms:
        return claim
    if _FUSED_TO.search(plain, max(begin, claim.start - 40), claim.start) is None:
        return claim
    return replace(claim, verdict=Verdict.UNCHECKED, why="it is not there as a ring by itself")


_GENERIC = re.compile(r"(?P<number>\d)-(?P<what>aryl|alkyl)(?P<rest>[a-z]+(?: acid)?)s?", re.IGNORECASE)
_FOR_EXAMPLE = {"aryl": "phenyl", "alkyl": "methyl"}


def at_its_locant(
    claim: AnswerClaim, molecules: Sequence[Molecule], named: Callable[[str], Molecule | None]
) -> AnswerClaim:
    """Judge "a 2-arylpropionic acid", of which the reader of captions drops the number: by its simplest one."""
    told = _GENERIC.fullmatch(claim.phrase) if claim.verdict is Verdict.SUPPORTED and len(molecules) == 1 else None
    if told is None:
        return claim
    simplest = named(f"{told['number']}-{_FOR_EXAMPLE[told['what'].lower()]}{told['rest']}")
    if simplest is not None and molecules[0].mol.HasSubstructMatch(simplest.mol):
        return claim
    return replace(claim, verdict=Verdict.UNCHECKED, why=f"whether it is at position {told['number']} was not found")


_DOUBLE_BONDS = re.compile(rf"(?:(?:{'|'.join(NUMBERS[1:])}|\d{{1,2}}|a single)\s+)?double bonds?", re.IGNORECASE)


def of_carbon(claim: AnswerClaim, molecules: Sequence[Molecule]) -> AnswerClaim:
    """Judge "two double bonds" of an acid: chemists may mean C=C alone, and then there are fewer."""
    if claim.verdict is not Verdict.SUPPORTED or len(molecules) != 1 or not _DOUBLE_BONDS.fullmatch(claim.phrase):
        return claim
    mol = molecules[0].mol
    between = [p for p in claim.atoms if all(mol.GetAtomWithIdx(a).GetAtomicNum() == 6 for a in p)]
    if not between or len(between) == len(claim.atoms):
        return claim
    why = f"{len(between)} of them {'is' if len(between) == 1 else 'are'} between carbons"
    return replace(claim, verdict=Verdict.UNCHECKED, why=why)


def _number(told: re.Match[str]) -> int:
    if told["both"]:
        return 2
    word = (told["number"] or "one").lower()
    if word in ("a", "an"):
        return 1
    return NUMBERS.index(word) if word in NUMBERS else int(word)


def _are_apart(places: Sequence[tuple[int, ...]]) -> bool:
    """Whether no two places have an atom in common, so that their number is beyond doubt."""
    atoms = [atom for place in places for atom in place]
    return len(atoms) == len(set(atoms))


def with_relations(
    found: Sequence[AnswerClaim], plain: str, place: tuple[int, int], molecules: Sequence[Molecule]
) -> list[AnswerClaim]:
    """Add what a sentence says of how its groups stand to each other.

    Args:
        found: The claims of the sentence.
        plain: The answer, what its molecules are called put as "It".
        place: Where the sentence stands.
        molecules: What it may be about.

    Returns:
        The claims, those of relations added; one that a relation tells the place of is supported now.
    """
    groups, told = list(found), list[AnswerClaim]()
    left: list[AnswerClaim] = []
    for cue in _CUE.finditer(plain, *place):
        if any(c.start <= cue.start() and cue.end() <= c.end for c in groups):
            continue  # within a name, or a claim that was read as a whole
        if cue["attached"] and _IT_BEARS.search(plain, place[0], cue.start()):
            continue  # "besides a methoxy group it carries ..."
        begins, left_before = cue.start(), left
        left, right = _ends(groups, cue, plain)
        if left_before and _AND.search(plain, left_before[0].end, begins):
            left = left_before  # "is ortho to the hydroxy group and meta to the aldehyde"
        denied = _NOT.search(plain, place[0], begins) is not None
        if len(molecules) != 1 or denied:
            if not cue["attached"] or (denied and not any(c.negated for c in groups)):
                why = "a denial is not compared" if denied else "the sentence does not say which molecule it is about"
                told.append(_claim(cue, "", Verdict.UNCHECKED, why))
        elif cue["degree"]:
            verdict, why, atoms = _degree(cue, _before(groups, cue, plain), molecules[0])
            told.append(_claim(cue, molecules[0].smiles, verdict, why, atoms))
        elif cue["position"]:
            clear = len(_usable(groups)) <= _TWO and _TO_THAT.match(plain, cue.end(), place[1]) is None
            told.append(_position(cue, left, right, molecules[0], clear=clear))
        elif left and right and _is_of_what_it_is(cue, left, plain, place[0], molecules[0]):
            continue  # "it is an ether bearing an acetamide group": the molecule bears that
        elif left and right:
            claim, places = _related(cue, left, right, molecules[0])
            told.append(claim)
            groups = [_told_where(c, places) for c in groups]
        elif not cue["attached"]:  # "attached to the chain": the other end is no group
            why = "the groups that it is said of were not read"
            told.append(_claim(cue, molecules[0].smiles, Verdict.UNCHECKED, why))
    return [*groups, *told]


_SAID_TO_BE = re.compile(
    r"\b(?:is|as|represents|constitutes)\s+(?:therefore\s+|thus\s+|also\s+)?(?:an?\s+)?$", re.IGNORECASE
)
_BEARS = re.compile(r"(?:bears?|bearing|carr(?:y|ies|ying))$", re.IGNORECASE)


def _is_of_what_it_is(
    cue: re.Match[str], left: Sequence[AnswerClaim], plain: str, begin: int, molecule: Molecule
) -> bool:
    """Whether "bearing" is said of a class that the molecule is, by a group in no ring: not of the group alone."""
    if _BEARS.search(cue[0]) is None or len(left) != 1 or _SAID_TO_BE.search(plain, begin, left[0].start) is None:
        return False
    ring = [atom.IsInRing() for place in left[0].atoms for atom in map(molecule.mol.GetAtomWithIdx, place)]
    return left[0].verdict is Verdict.SUPPORTED and not all(ring)


_DENIED_WITH = re.compile(
    r"\b(?:no|neither|without(?: any)?|lacks|not)\b[^,;:.]{0,40}\b(?:or|nor) (?:an? )?$", re.IGNORECASE
)
_OF_PART = re.compile(r"\b(?:to|on|by|of|with|at|from|bears|bearing|carries|carrying) $", re.IGNORECASE)
_PORTION_BEHIND = re.compile(r"^ (?:half|part|portion|side|moiety|unit|end|subunit)\b", re.IGNORECASE)
_OTHER_LABEL = re.compile(r"\b(?!N3\b)[A-Z][a-z]?\d{1,3}\b|\batoms? \d")


def in_its_sentence(claim: AnswerClaim, plain: str, place: tuple[int, int]) -> AnswerClaim | None:
    """Leave open what its sentence may mean otherwise than its words by themselves; None where it is no claim.

    "No NH or OH" denies both, "para to no heteroatom" speaks of a part, "N3" beside "N4" is an atom and no azide, and
    "the pyrimidine half" is part of a larger ring.
    """
    if claim.verdict is not Verdict.REFUTED or claim.negated:
        return claim
    before = plain[place[0] : claim.start]
    if claim.phrase == "N3" and _OTHER_LABEL.search(plain, *place):
        return None
    if _DENIED_WITH.search(before) is not None and not claim.atoms:
        return replace(claim, verdict=Verdict.SUPPORTED, negated=True, why="")
    of_part = claim.phrase.lower().startswith("no ") and _OF_PART.search(before) is not None
    if of_part or _PORTION_BEHIND.match(plain[claim.end : place[1]]):
        return replace(claim, verdict=Verdict.UNCHECKED)
    return claim


_LOOSELY = re.compile(r" (?:side[- ]chain|chain|arm|tail|linker|spacer|tether|half|end|portion)s?$", re.IGNORECASE)


def loosely_named(claim: AnswerClaim) -> AnswerClaim:
    """Leave open what is not there by a name that chemists give chains loosely: "the aminoethanol side chain"."""
    if claim.verdict is Verdict.REFUTED and not claim.negated and _LOOSELY.search(claim.phrase):
        return replace(claim, verdict=Verdict.UNCHECKED)
    return claim


_OF_AN_ATOM = re.compile(r"\b(?:atom \d{1,3}|[A-Z][a-z]?\d{1,3}) (?:is |as )?$")


def _degree(
    cue: re.Match[str], left: Sequence[AnswerClaim], molecule: Molecule
) -> tuple[Verdict, str, tuple[tuple[int, ...], ...]]:
    """Decide "are primary" on the alcohols, amines and alkyl halides that it is said of, all of them."""
    said = cue["degree"].lower()
    kinds = [(degree, set(atoms)) for _, degree, atoms in degrees_in(molecule)]
    found: list[str] = []
    for claim in left:
        for place in _places(claim, molecule.mol):
            found += [degree for degree, atoms in kinds if set(place) & atoms][:1]
    if not left or not found:
        return Verdict.UNCHECKED, "it was not read of what this is said", ()
    if (some := _SOME_OF.search(cue.string[: cue.start()])) is not None:
        stated = NUMBERS.index((some["number"] or some["behind"]).lower())
        if found.count(said) == stated:
            return Verdict.SUPPORTED, "", ()
        return Verdict.REFUTED, f"{found.count(said)} of them {'is' if found.count(said) == 1 else 'are'}", ()
    if _OF_AN_ATOM.search(cue.string[: cue.start()]) is not None:
        return Verdict.UNCHECKED, "it is said of one of them", ()
    if set(found) == {said}:
        return Verdict.SUPPORTED, "", tuple(place for claim in left for place in claim.atoms)
    return Verdict.REFUTED, f"they are {' and '.join(sorted(set(found)))}", ()


def _told_where(claim: AnswerClaim, places: dict[int, list[tuple[int, ...]]]) -> AnswerClaim:
    """Take the place that a relation gives for that of a claim that left it open."""
    if claim.why != SEVERAL or not places.get(id(claim)):
        return claim
    number = claim.phrase.split(" ", 1)[0].lower()
    if number in NUMBERS and NUMBERS.index(number) > len(places[id(claim)]):
        return claim  # "three methyl groups" of which the ring bears two
    return replace(claim, verdict=Verdict.SUPPORTED, why="", atoms=tuple(places[id(claim)]))


def _related(
    cue: re.Match[str], left: Sequence[AnswerClaim], right: Sequence[AnswerClaim], molecule: Molecule
) -> tuple[AnswerClaim, dict[int, list[tuple[int, ...]]]]:
    """Decide whether groups are attached, fused or close to each other.

    Returns:
        The claim, and for each group on the right, by its identity, the places that a relation holds for.
    """
    judged = [(one, other, _holds(cue, one, other, molecule)) for one in left for other in right]
    for one, other, places in judged:
        if not places:
            verdict = Verdict.REFUTED if _is_refuted(cue, one, other, molecule) else Verdict.UNCHECKED
            why = f"no bond of the molecule bears that out between {one.phrase!r} and {other.phrase!r}"
            return _claim(cue, molecule.smiles, verdict, why), {}
    atoms = tuple(dict.fromkeys(p for _, _, places in judged for p in places))
    claim = _claim(cue, molecule.smiles, Verdict.SUPPORTED, "", atoms)
    return claim, {id(other): places for _, other, places in judged}


def _claim(
    cue: re.Match[str], smiles: str, verdict: Verdict, why: str, atoms: tuple[tuple[int, ...], ...] = ()
) -> AnswerClaim:
    return AnswerClaim(cue[0], cue.start(), cue.end(), smiles, verdict, why, atoms)


def _usable(claims: Sequence[AnswerClaim]) -> list[AnswerClaim]:
    return [c for c in claims if c.atoms and not c.negated and (c.verdict is Verdict.SUPPORTED or c.why == SEVERAL)]


def _before(claims: Sequence[AnswerClaim], cue: re.Match[str], plain: str) -> list[AnswerClaim]:
    """The group that stands last before a cue, and those of a list with it."""
    found = sorted((c for c in _usable(claims) if c.end <= cue.start()), key=lambda c: (c.end, c.start))
    return _listed(found[::-1], plain, backwards=True)


def _ends(claims: Sequence[AnswerClaim], cue: re.Match[str], plain: str) -> tuple[list[AnswerClaim], list[AnswerClaim]]:
    """Find the groups on both sides of a cue, lists among them; both before it where it ends "... to each other"."""
    behind = sorted((c for c in _usable(claims) if c.start >= cue.end()), key=lambda c: (c.start, -c.end))
    left = _before(claims, cue, plain)
    right = [] if _EACH_OTHER.match(plain, cue.end()) else _listed(behind, plain, backwards=False)
    if not right and _GOES_ON.search(cue[0]) and not _TO_EACH_OTHER.match(plain, cue.end()):
        return left, right  # "fused to a central pyrrole", which was not read
    if not right and len(left) > 1:
        return left[1:], left[:1]
    if not right and left and len(left[0].atoms) == _TWO:  # "the two chlorines are meta to each other"
        one, other = left[0].atoms
        return [replace(left[0], atoms=(one,))], [replace(left[0], atoms=(other,))]
    return left, right


def _listed(claims: Sequence[AnswerClaim], plain: str, *, backwards: bool) -> list[AnswerClaim]:
    """The first claim, and those that stand with it in a list."""
    kept = list(claims[:1])
    for claim in claims[1:]:
        first, second = (claim, kept[-1]) if backwards else (kept[-1], claim)
        if first.end > second.start or _LISTED.fullmatch(plain, first.end, second.start) is None:
            break
        kept.append(claim)
    return kept


def _holds(cue: re.Match[str], one: AnswerClaim, other: AnswerClaim, molecule: Molecule) -> list[tuple[int, ...]]:
    """The places of `other` that stand so to a place of `one`; none where the relation does not hold."""
    ones, others = _places(one, molecule.mol), _places(other, molecule.mol)
    found = [p for p in others if any(_stand_so(cue, set(q), set(p), molecule.mol) for q in ones)]
    if cue["attached"] and _speaks_of_each(one) and found:
        # each of the methyl groups must be attached, not one of them
        each = [any(_stand_so(cue, set(q), set(p), molecule.mol) for p in others) for q in ones]
        return found if all(each) else []
    return found


def _places(claim: AnswerClaim, mol: Chem.Mol) -> tuple[tuple[int, ...], ...]:
    """The places of a claim; of "amide nitrogen" and "phenolic OH" the nitrogen and the oxygen alone."""
    element = _LAST_WORD.get(claim.phrase.split()[-1].lower())
    if element is None:
        return claim.atoms
    kept = (tuple(a for a in place if mol.GetAtomWithIdx(a).GetAtomicNum() == element) for place in claim.atoms)
    return tuple(place for place in kept if place) or claim.atoms


def _speaks_of_each(claim: AnswerClaim) -> bool:
    return claim.phrase.endswith("s") and len(claim.atoms) > 1


def _stand_so(cue: re.Match[str], one: set[int], other: set[int], mol: Chem.Mol) -> bool:
    common = one & other
    if cue["attached"] and len(other) == 1 and other < one:
        return False  # "a formyl group bonded to oxygen": not its own
    if cue["fused"]:
        return len(common) > 1 and one != other
    if common:
        return True
    if cue["same"]:
        shared = {n for a in one for b in other for n in _neighbours(mol, a) & _neighbours(mol, b)}
        element = _LAST_WORD.get((cue["element"] or "").lower())
        return any(element is None or mol.GetAtomWithIdx(n).GetAtomicNum() == element for n in shared)
    reach = _NEAR if cue["near"] else 1
    distances = Chem.GetDistanceMatrix(mol)
    return bool(min(distances[a][b] for a in one for b in other) <= reach)


def _neighbours(mol: Chem.Mol, index: int) -> set[int]:
    return {index, *(n.GetIdx() for n in mol.GetAtomWithIdx(index).GetNeighbors())}


def _is_refuted(cue: re.Match[str], one: AnswerClaim, other: AnswerClaim, molecule: Molecule) -> bool:
    """Whether a relation that does not hold leaves no other sense."""
    if cue["fused"]:
        rings = {frozenset(ring) for ring in molecule.mol.GetRingInfo().AtomRings()}
        return all(frozenset(place) in rings for claim in (one, other) for place in claim.atoms)
    if cue["attached"]:
        return _DIRECTLY.search(cue[0]) is not None
    return bool(cue["same"])


def _position(
    cue: re.Match[str], left: Sequence[AnswerClaim], right: Sequence[AnswerClaim], molecule: Molecule, *, clear: bool
) -> AnswerClaim:
    """Decide "ortho to" on the substituents of benzene rings; refuted only where it is `clear` what it is said of."""
    said = cue["position"].lower()
    pairs = list(_pairs(left, right, molecule))
    if not pairs:
        every = [pair for ring in substitution_of(molecule) if not ring.fused for pair in ring.pairs]
        if len(every) != 1:
            why = "nothing that was read says which substituents of which benzene ring it speaks of"
            return _claim(cue, molecule.smiles, Verdict.UNCHECKED, why)
        pairs, clear = every, True
    words = {word for _, _, word in pairs}
    atoms = tuple((a, b) for a, b, _ in pairs)
    if words == {said}:
        return _claim(cue, molecule.smiles, Verdict.SUPPORTED, "", atoms)
    told = " or ".join(sorted(words))
    clear = clear and not _on_another_ring(said, left, right, molecule)
    verdict = Verdict.REFUTED if clear and said not in words else Verdict.UNCHECKED
    return _claim(cue, molecule.smiles, verdict, f"they stand {told} to each other", atoms)


def _on_another_ring(said: str, left: Sequence[AnswerClaim], right: Sequence[AnswerClaim], molecule: Molecule) -> bool:
    """Whether groups that are part of one ring stand so in it: the carbonyl groups of a quinone."""
    apart = {"ortho": 1, "meta": 2, "para": 3}[said]
    pairs = [(p, q) for c in left for d in right for p in c.atoms for q in d.atoms if p != q]
    for ring in molecule.mol.GetRingInfo().AtomRings():
        places = {a: k for k, a in enumerate(ring)}
        for p, q in pairs:
            ways = [abs(places[a] - places[b]) for a in p for b in q if a in places and b in places]
            if len(ring) == 6 and any(min(d, 6 - d) == apart for d in ways):
                return True
    return False


def _pairs(
    left: Sequence[AnswerClaim], right: Sequence[AnswerClaim], molecule: Molecule
) -> Iterator[tuple[int, int, str]]:
    """The pairs of ring atoms at which groups of both sides stand."""
    if not left or not right:
        return
    one, other = (
        {
            n
            for c in side
            for place in _places(c, molecule.mol)
            for atom in place
            for n in _neighbours(molecule.mol, atom)
        }
        for side in (left, right)
    )
    for ring in substitution_of(molecule):
        for a, b, word in ring.pairs:
            if (a in one - other and b in other - one) or (b in one - other and a in other - one):
                yield a, b, word

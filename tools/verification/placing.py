"""Which of several places a phrase means, by the part that its sentence says it hangs on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from rdkit import Chem

from molreflect.tools.captions.carriers import APART, Carrier, carrier_of
from molreflect.tools.captions.configured import configured
from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.terms import PhraseKind, Reason
from molreflect.tools.verification import messages
from molreflect.tools.verification.case import Case, Found
from molreflect.tools.verification.proposals import Verification


def is_placed(phrase: Phrase, caption: str, phrases: Sequence[Phrase]) -> bool:
    """Say whether the words around a phrase choose among its places: the same words elsewhere may mean others."""
    after = caption[phrase.end : phrase.end + CONTEXT]
    return bool(
        _QUALIFIED.search(caption, max(0, phrase.start - CONTEXT), phrase.start)
        or _ON_BENZENE.match(after)
        or _PLACED_BEHIND.match(after)
        or _TOGETHER.match(after)
        or configured(phrase, caption)
        or carrier_of(phrase, caption, phrases)
    )


def check_carrier(case: Case, found: Found) -> Found | Verification:
    """Keep those of several hits that are where the sentence says: on the part that carries them, or in it.

    Unchanged where no carrier is named or known, or nothing is on it, and open where fewer are on it than are stated:
    words that place a part choose, they refute nothing.
    """
    hits, phrase = found.hits, case.phrase
    count = phrase.count or 1
    if case.caption is None or case.start is None or phrase.kind is not PhraseKind.STRUCTURE:
        return found
    if hits.capped or not _BOUND_TO.keys() >= set(phrase.locants):
        return found
    if len(hits.atoms) <= 1 or len(hits.atoms) < count:
        return _unless_elsewhere_on_ring(case, found)
    carrier = carrier_of(phrase, case.caption, case.resources.reader.read(case.caption))
    at = _atoms_of(carrier, case, found.molecule) if carrier is not None else frozenset()
    if carrier is None:
        return _unless_placed(case, found)
    if not at:
        return _open_place(case, found, carrier.phrase.text if carrier.phrase is not None else "part")
    if carrier.near:
        return _nearest(case, found, carrier, at)
    mol = found.molecule.mol
    near = at if carrier.within else at | {n.GetIdx() for i in at for n in mol.GetAtomWithIdx(i).GetNeighbors()}
    kept = tuple(hit for hit in hits.atoms if near.intersection(hit) and not at.issuperset(hit)) or tuple(
        hit for hit in hits.atoms if at.issuperset(hit)
    )
    if 0 < len(kept) < count:
        named = carrier.phrase.text if carrier.phrase is not None else "part"
        return case.unchecked(Reason.WHICH_PLACE, messages.FEWER_ON, hits=hits, times=len(kept), carrier=named)
    if not kept and carrier.phrase is not None and not carrier.within:
        return _open_place(case, found, carrier.phrase.text, Reason.ABSENCE_UNDECIDED)
    return replace(found, hits=replace(hits, atoms=kept)) if len(kept) < len(hits.atoms) and kept else found


_BOUND_TO = {"N": 7, "O": 8, "S": 16, "P": 15, "C": 6}


def check_bound_to(case: Case, found: Found) -> Found | Verification:
    """Of several hits of "N-methyl" keep those that are bound to nitrogen."""
    elements = {_BOUND_TO.get(locant) for locant in case.phrase.locants}
    if not elements or None in elements or len(found.hits.atoms) <= 1:
        return found
    mol = found.molecule.mol
    kept = tuple(
        atoms
        for atoms in found.hits.atoms
        if any(mol.GetAtomWithIdx(i).GetAtomicNum() in elements for i in _bearers(found.molecule, atoms))
    )
    return replace(found, hits=replace(found.hits, atoms=kept)) if kept else found


_PLACED_BEHIND = re.compile(
    r"^\s*,?\s*(?:(?:that|which) )?(?:(?:is|are|lies|lie|sits|sit|being|located|situated|directly|immediately) )*"
    r"(?:(?:next|adjacent|closest|nearest|close|alpha|beta|proximal|distal|opposite) to|beside|between|opposite|"
    r"shared by|flanked by|at (?:the|its|one|either) (?:other|far|opposite|end|terminus|top|bottom|left|right)\b|"
    r"(?:in|at) the (?:middle|cent(?:re|er))|(?:on|of|in) the (?:left|right|other|same|far)\b|"
    r"(?:of|in|on) (?:the|its) side[ -]chain|"
    r"(?:connect|link|join|bridg|separat|tether)(?:e?s|ing)\b|comes? (?:first|second|last|next)|nearest|closest)"
)
"""Words behind a part that say which of several it is."""


def _unless_placed(case: Case, found: Found) -> Found | Verification:
    """Leave open which of several parts is meant where the words behind say so in a way that was not understood."""
    count = case.phrase.count or 1
    if case.caption is None or case.end is None or len(found.hits.atoms) <= count:
        return found
    said = _PLACED_BEHIND.match(case.caption[case.end : case.end + CONTEXT])
    if said is None or (case.phrase.count is None and case.phrase.text.rstrip().endswith("s")):
        return found
    return case.unchecked(Reason.WHICH_PLACE, messages.WHICH_ONE, hits=found.hits, word=said.group().strip(" ,"))


def _open_place(case: Case, found: Found, named: str, reason: Reason = Reason.WHICH_PLACE) -> Found | Verification:
    """Leave open which of several parts is meant where what it hangs on was not found; several may be on it."""
    plural = case.phrase.count is None and case.phrase.text.rstrip().endswith("s")
    if len(found.hits.atoms) <= (case.phrase.count or 1):
        return found
    if plural or case.phrase.source not in {"group", "substituent"} or len(named) > MAX_NAMED:
        return found
    return case.unchecked(reason, messages.WHICH_ONE, hits=found.hits, word=f"on {named}")


MAX_NAMED = 40
"""Most characters of a name by which a part is placed in prose; longer ones are of compounds that were joined."""


def _nearest(case: Case, found: Found, carrier: Carrier, at: frozenset[int]) -> Found | Verification:
    """Of several hits keep those that are nearest to what they are said to be next to, or between."""
    if case.phrase.count is None and case.phrase.text.rstrip().endswith("s"):
        return found
    if carrier.apart:
        return _across(case, found, carrier.apart, at)
    beside = [at]
    if carrier.other is not None and carrier.other is not carrier.phrase:
        beside.append(_atoms_of(replace(carrier, phrase=carrier.other), case, found.molecule))
    elif carrier.other is not None:
        beside = [frozenset(hit) for hit in _hits_of(carrier, case, found.molecule)]
    apart = Chem.GetDistanceMatrix(found.molecule.mol)
    ranked: dict[float, list[tuple[int, ...]]] = {}
    for hit in found.hits.atoms:
        steps = [min((apart[i][j] for i in hit for j in part), default=_FAR) for part in beside]
        if not any(part.issuperset(hit) for part in beside):  # a hit is not next to what it is a part of
            ranked.setdefault(sum(sorted(steps)[:_TWO]), []).append(hit)
    kept = tuple(ranked[min(ranked)]) if ranked else ()
    count = case.phrase.count or 1
    if not kept or min(ranked) > _NEXT * min(len(beside), _TWO) or len(kept) < count or len(kept) > count:
        return _unless_placed(case, found)
    return replace(found, hits=replace(found.hits, atoms=kept))


def _unless_elsewhere_on_ring(case: Case, found: Found) -> Found | Verification:
    """Refute that a part is ortho, meta or para to another where both are on one benzene ring, at other places."""
    assert case.caption is not None
    if not any(f"{word} to" in case.caption for word in APART):
        return found  # most captions: no carrier is looked for
    carrier = carrier_of(case.phrase, case.caption, case.resources.reader.read(case.caption))
    if carrier is None or not carrier.apart:
        return found
    mol, steps = found.molecule.mol, set[int]()
    for other in _hits_of(carrier, case, found.molecule):
        for ring in _benzene_rings(mol):
            for hit in found.hits.atoms:
                its = _places_on(mol, ring, set(other) - set(hit))
                steps |= {min(abs(a - b), _BENZENE - abs(a - b)) for a in _places_on(mol, ring, hit) for b in its}
    if not steps - {0} or carrier.apart in steps:
        return found
    named = carrier.phrase.text if carrier.phrase is not None else "the other part"
    told = {"how": _STEPS[carrier.apart], "named": named, "really": _STEPS[min(steps - {0})]}
    return case.refuted(Reason.WRONG_POSITION, messages.OTHERWISE_ON_RING, hits=found.hits, **told)


_STEPS = {steps: word for word, steps in APART.items()}


def _benzene_rings(mol: Chem.Mol) -> list[tuple[int, ...]]:
    rings = mol.GetRingInfo().AtomRings()
    return [tuple(r) for r in rings if len(r) == _BENZENE and mol.GetAtomWithIdx(r[0]).GetIsAromatic()]


def _across(case: Case, found: Found, apart: int, at: frozenset[int]) -> Found | Verification:
    """Of several hits keep those that stand ortho, meta or para to atoms on the same benzene ring."""
    mol = found.molecule.mol
    kept = []
    for hit in found.hits.atoms:
        pairs = (
            (ring, _places_on(mol, ring, hit), _places_on(mol, ring, at - set(hit))) for ring in _benzene_rings(mol)
        )
        if any(min(abs(a - b), _BENZENE - abs(a - b)) == apart for _, own, its in pairs for a in own for b in its):
            kept.append(hit)
    if len(kept) != (case.phrase.count or 1):
        return _on_benzene(case, found)
    return replace(found, hits=replace(found.hits, atoms=tuple(kept)))


def _places_on(mol: Chem.Mol, ring: Sequence[int], atoms: Iterable[int]) -> list[int]:
    """List the places of a ring, 0 to 5, that bear one of some atoms which are not in it."""
    own = set(atoms) - set(ring)
    return [
        place for place, i in enumerate(ring) if any(n.GetIdx() in own for n in mol.GetAtomWithIdx(i).GetNeighbors())
    ]


_FAR = 1e6
_NEXT = 2
"""Most bonds between a part and what it is next to."""


def _hits_of(carrier: Carrier, case: Case, molecule: Molecule) -> tuple[tuple[int, ...], ...]:
    """Find where a carrier is in the molecule."""
    if carrier.phrase is None:
        hits = find(molecule, carrier.pattern)
        return hits.atoms if hits is not None else ()
    name = carrier.phrase.name or carrier.phrase.key
    for spelt in (name, f"{name} ring"):  # the pyrazole of a fused system is a ring, and no pyrazole by itself
        for meant in interpret(spelt, case.resources, leave_out=case.pair_id, molecule=molecule):
            for pattern in meant.patterns:
                hits = find(molecule, pattern, floor=meant.floor)
                if hits is not None:
                    return hits.atoms
    return ()


def _atoms_of(carrier: Carrier, case: Case, molecule: Molecule) -> frozenset[int]:
    """Find the atoms of a carrier in the molecule; empty where it is not known or not there."""
    return frozenset().union(*_hits_of(carrier, case, molecule))


_QUALIFIED = re.compile(
    r"\b(?P<which>(?P<places>ortho|meta|para|[omp]|1,[234])-(?:di)?substituted|monosubstituted|unsubstituted|exocyclic|"
    r"endocyclic|terminal|pendant|isolated|central|internal|inner|outer|lateral|proximal|distal|left-hand|right-hand|left|"
    r"right|upper|lower|ortho|meta|para|other|second|third|remaining|middle|adjacent|neighbou?ring|nearby|acidic|basic|reactive|first|"
    r"last|bridging|flanking|bridgehead|[NC]-terminal)(?:,? (?:primary|secondary|tertiary|free|single))?,?\s+$",
    re.IGNORECASE,
)
"""Words that choose one of several, in front of a phrase."""
_APART = {"ortho": 1, "o": 1, "1,2": 1, "meta": 2, "m": 2, "1,3": 2, "para": 3, "p": 3, "1,4": 3}
_ON_BENZENE = re.compile(
    r"^\s*(?:(?:that|which|is|are|sits?|lies?|located|positioned|placed|situated|in the) )*(?:ortho|meta|para)\b"
)
"""Words behind a phrase by which it stands on a benzene ring."""
CONTEXT = 120
"""Characters behind a phrase that are looked at."""
_BENZENE = 6
_TWO = 2


def check_qualifier(case: Case, found: Found) -> Found | Verification:
    """Heed a word that chooses one of several: "a para-substituted phenol", "the endocyclic oxygen", "the other ring".

    Where the molecule decides which one has it, that one is kept; where it does not, which one is meant stays open, so
    that no group lights up by guess.
    """
    count, hits = case.phrase.count or 1, found.hits
    hit = None
    if case.caption is not None and case.start is not None:
        hit = _QUALIFIED.search(case.caption, max(0, case.start - CONTEXT), case.start)
    if hit is None:
        return _on_benzene(case, found)
    if case.phrase.locants:
        return found
    test = _test_of(hit, found.molecule) or _test_of_end(hit, case, found.molecule)
    if case.phrase.text.rstrip().endswith("s") and case.phrase.count is None:
        return _several(case, found, hit["which"], test)
    if test is not None:
        kept = tuple(atoms for atoms in hits.atoms if test(atoms))
        if count <= len(kept):
            return replace(found, hits=replace(hits, atoms=kept))
    elif len(hits.atoms) <= count:
        return found
    return case.unchecked(Reason.WHICH_PLACE, messages.WHICH_ONE, hits=hits, word=hit["which"])


def _several(
    case: Case, found: Found, which: str, test: Callable[[Sequence[int]], bool] | None
) -> Found | Verification:
    """Keep those of several that a word chooses: "the terminal OH groups"; open where it is not known which."""
    kept = tuple(filter(test, found.hits.atoms)) if test is not None else ()
    if kept:
        return replace(found, hits=replace(found.hits, atoms=kept))
    if len(found.hits.atoms) <= _TWO:
        return found
    return case.unchecked(Reason.WHICH_PLACE, messages.WHICH_ONE, hits=found.hits, word=which)


def _on_benzene(case: Case, found: Found) -> Found | Verification:
    """Of several hits keep those on a benzene ring, where the phrase is said to be ortho, meta or para to something."""
    count, hits = case.phrase.count or 1, found.hits
    if case.caption is None or case.end is None or len(hits.atoms) <= count or case.phrase.locants:
        return found
    if case.phrase.count is None and case.phrase.text.rstrip().endswith("s"):
        return found
    if _ON_BENZENE.match(case.caption[case.end : case.end + CONTEXT]) is None:
        return found
    mol = found.molecule.mol
    kept = tuple(
        atoms
        for atoms in hits.atoms
        if any(mol.GetAtomWithIdx(i).GetIsAromatic() for i in _bearers(found.molecule, atoms))
    )
    if len(kept) != count:
        return case.unchecked(Reason.WHICH_PLACE, messages.WHICH_PLACE, hits=hits, count=count, times=len(hits.atoms))
    return replace(found, hits=replace(hits, atoms=kept))


_CHAIN_ENDS = {
    "n-terminal": "[#7;!$([#7][CX3]=[OX1]);$([#7][CX4][CX3]=[OX1])]",
    "c-terminal": "[CX3;$(C([CX4][#7])(=[OX1])[OX2H1,OX1-])]",
}
"""SMARTS of the atom that a residue at an end of a peptide has."""


def _test_of(hit: re.Match[str], molecule: Molecule) -> Callable[[Sequence[int]], bool] | None:
    """Say how a word is decided for the atoms of a place; None where the molecule does not decide it."""
    which = hit["which"].lower()
    mol = molecule.mol
    if which in _CHAIN_ENDS:
        ends = find(molecule, _CHAIN_ENDS[which])
        return lambda atoms: ends is not None and not ends.covered.isdisjoint(atoms)
    if which in {"exocyclic", "endocyclic"}:
        inside = which == "endocyclic"
        return lambda atoms: all(mol.GetAtomWithIdx(i).IsInRing() is inside for i in atoms)
    if which in {"monosubstituted", "unsubstituted"}:
        return lambda atoms: any(len(at) <= 1 for at in _substituted(molecule, atoms))
    if hit["places"]:
        apart = _APART[hit["places"].lower()]
        return lambda atoms: any(_are_apart(at, apart) for at in _substituted(molecule, atoms))
    return None


_UNSATURATED = re.compile(r"(?:alkene|alkyne|olefin|double bond|triple bond|C=C)$", re.IGNORECASE)


_ENDS_CHAIN = re.compile(
    r"(?:OH|NH2|COOH|hydroxyl|hydroxy|amino|carboxyl|carboxy|carboxylic acid|nitrile|cyano)s?(?: groups?)?$"
)
"""Groups that may stand at an end of a chain or within it."""
_SP3 = Chem.HybridizationType.SP3


def _at_chain_end(molecule: Molecule, atoms: Sequence[int]) -> bool:
    """Say whether a group hangs on the last carbon of a chain."""
    bearers = _bearers(molecule, atoms)
    return len(bearers) == 1 and molecule.mol.GetAtomWithIdx(next(iter(bearers))).GetDegree() <= _TWO


def _test_of_end(hit: re.Match[str], case: Case, molecule: Molecule) -> Callable[[Sequence[int]], bool] | None:
    """Say how "internal" and "terminal" are decided for a multiple bond: by whether it ends a chain."""
    which = hit["which"].lower()
    mol = molecule.mol
    unsaturated = _UNSATURATED.search(case.phrase.text.rstrip()) is not None
    if which in {"terminal", "central"} and not unsaturated and _ENDS_CHAIN.search(case.phrase.text.rstrip()):
        return lambda atoms: _at_chain_end(molecule, atoms) is (which == "terminal")
    if which == "isolated" and unsaturated:
        return lambda atoms: all(mol.GetAtomWithIdx(i).GetHybridization() is _SP3 for i in _bearers(molecule, atoms))
    if which not in {"internal", "terminal"} or not unsaturated:
        return None
    ends = which == "terminal"
    return lambda atoms: any(mol.GetAtomWithIdx(i).GetDegree() == 1 for i in atoms) is ends


def _substituted(molecule: Molecule, atoms: Sequence[int]) -> list[list[int]]:
    """List for each benzene-sized ring among atoms the places on it, 0 to 5, that bear something outside of it."""
    mol = molecule.mol
    found = []
    for ring in mol.GetRingInfo().AtomRings():
        if len(ring) == _BENZENE and set(ring) <= set(atoms):
            degrees = [mol.GetAtomWithIdx(i).GetDegree() for i in ring]
            found.append([place for place, degree in enumerate(degrees) if degree > _TWO])
    return found


def _are_apart(places: Sequence[int], apart: int) -> bool:
    """Say whether a ring bears exactly two groups, so far apart."""
    steps = abs(places[0] - places[-1]) if len(places) == _TWO else 0
    return min(steps, _BENZENE - steps) == apart


_TOGETHER = re.compile(
    r"^\s*(?:which |that )?(?:(?:are|is|both|all|each|attached|bonded|bound|located|found|situated|sit|lie|placed) )*"
    r"(?:on|to|of|in) (?P<how>the same|one|a single|different|separate|two different|two separate|distinct) "
    r"(?:(?:aromatic|benzene|phenyl|six-membered|five-membered) )?(?P<what>rings?|carbons?|carbon atoms?|nitrogens?)\b"
)
"""What is said of several parts at once: "the two chlorine atoms are on different rings"."""


def check_together(case: Case, found: Found) -> Found | Verification:
    """Refute that parts share a ring or an atom where they do not, and that they are apart where they are together.

    Only of two or more, and of all that there are; a ring system counts as one ring and as several, whichever fits.
    """
    hits, count = found.hits, case.phrase.count
    if case.caption is None or case.end is None or len(hits.atoms) < _TWO or count not in (None, len(hits.atoms)):
        return found
    said = _TOGETHER.match(case.caption[case.end : case.end + CONTEXT])
    if said is None or (count is None and not case.phrase.text.rstrip().endswith("s")):
        return found
    on_rings = said["what"].startswith("ring")
    places = [_rings_of(found.molecule, atoms) if on_rings else _bearers(found.molecule, atoms) for atoms in hits.atoms]
    if not all(places):
        return case.unchecked(Reason.WHICH_PLACE, messages.NOT_COMPARED, hits=hits, words=said["what"])
    together = bool(frozenset.intersection(*places))
    apart = len(set(places)) > 1
    if together if said["how"] in {"the same", "one", "a single"} else apart:
        return found
    return case.refuted(Reason.WRONG_POSITION, messages.NOT_ON, hits=hits, words=f"{said['how']} {said['what']}")


def _bearers(molecule: Molecule, atoms: Sequence[int]) -> frozenset[int]:
    """List the atoms outside of a part that it hangs on."""
    mol = molecule.mol
    return frozenset(n.GetIdx() for i in atoms for n in mol.GetAtomWithIdx(i).GetNeighbors()) - frozenset(atoms)


def _rings_of(molecule: Molecule, atoms: Sequence[int]) -> frozenset[int]:
    """List the rings, by number, that a part hangs on or is in."""
    near = _bearers(molecule, atoms) | frozenset(atoms)
    rings = molecule.mol.GetRingInfo().AtomRings()
    return frozenset(number for number, ring in enumerate(rings) if near.intersection(ring))

"""What is between two groups: "the azo group bridges the rings", "attached to the base through its nitrogen"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from rdkit import Chem

from molreflect.agents.analyst.predications.joins import flank
from molreflect.agents.analyst.predications.patterned import Decision, compiled
from molreflect.agents.analyst.predications.phrases import (
    END,
    HOLDS,
    NO_BOND,
    NOUN,
    START,
    Phrase,
    in_phrases,
    of_quantity,
    phrase,
)
from molreflect.agents.analyst.predications.places import Nouns, reaches, touches
from molreflect.agents.analyst.predications.standing import on_ring
from molreflect.agents.analyst.predications.subject import Quantity
from molreflect.tools.facts.parts import Places
from molreflect.tools.facts.statements import Statement
from molreflect.tools.terms import Verdict

_LINKS = (
    r"(?:(?:directly|simply|covalently|effectively|also) )?"
    r"(?:links?|connects?|joins?|bridges?|tethers?|couples?|unites?|spans?|separates?|straddles?|ties?"
    r"|(?:serves?|acts?|functions?) as (?:the |a )?(?:bridge|link|linker|linkage|connection|spacer) between"
    r"|(?:is|forms?|provides?) (?:the |a )?(?:bridge|link|linker|linkage|connection|spacer) between"
    r"|(?:is |are )?(?:sits?|lies?|stands?|placed|located|found|situated|positioned|sandwiched|inserted) between"
    r"|(?:is|are) (?:directly )?(?:between|flanked by|surrounded by|sandwiched by|linked to both|bonded to both"
    r"|attached to both|connected to both))"
)
_JOINED = r"(?:attached|linked|connected|joined|bonded|bound|tethered|coupled|tied|anchored|appended)"
_BY = r"(?:(?:directly |only )?(?:through|via|by|by means of|by way of|at))"
_BONDS = {
    "single bond": Chem.BondType.SINGLE,
    "double bond": Chem.BondType.DOUBLE,
    "triple bond": Chem.BondType.TRIPLE,
    "direct bond": None,
    "bond": None,
}


def _bridges(link: tuple[int, ...], one: Places, other: Places, mol: Chem.Mol) -> bool:
    """Whether a part is bonded to a place of each, to two that have nothing in common beside it."""
    own = set(link)
    left = [set(p) - own for p in one if reaches(mol, link, p)]
    right = [set(q) - own for q in other if reaches(mol, link, q)]
    return any(a.isdisjoint(b) for a in left for b in right)


_A_BOND = re.compile(r"\b(?:bond|c=c|alkene|alkyne)s?$", re.IGNORECASE)


def _ends_at(bond: tuple[int, ...], one: Places, other: Places, mol: Chem.Mol) -> bool:
    """Whether a bond has one atom in a place of each."""
    pairs = [(p, q) for p in one for q in other if p != q]
    return any(
        (a in p and b in q and b not in p) or (b in p and a in q and a not in p)
        for a, b in combinations(bond, 2)
        if len(bond) == 2 or is_to_hetero(a, b, mol)
        for p, q in pairs
    )


def is_to_hetero(a: int, b: int, mol: Chem.Mol) -> bool:
    """Whether two atoms of "the amide bond" are its carbonyl carbon and its nitrogen or oxygen."""
    bond = mol.GetBondBetweenAtoms(a, b)
    carbons = [i for i in (a, b) if mol.GetAtomWithIdx(i).GetAtomicNum() == 6]
    if bond is None or bond.GetBondType() != Chem.BondType.SINGLE or len(carbons) != 1:
        return False
    orders = {other.GetBondType() for other in mol.GetAtomWithIdx(carbons[0]).GetBonds()}
    return Chem.BondType.DOUBLE in orders


def _ways_out(link: tuple[int, ...], ends: Places, mol: Chem.Mol) -> int:
    """Count the places that a part is bonded to, those that overlap once."""
    reached: list[set[int]] = []
    for end in ends:
        rest = set(end) - set(link)
        if reaches(mol, link, end) and all(rest.isdisjoint(other) for other in reached):
            reached.append(rest)
    return len(reached)


def _links(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "the ether oxygen connects the ring to the chain"."""
    link, one, other = (phrase(found[name], nouns) for name in ("link", "one", "other"))
    name = found["link"]
    whole = nouns.is_whole(name) or (" " not in name and name[0].isupper() and nouns.is_no_part(name))
    if one is not None and other is not None and whole and _IT_JOINS.search(found[0]):
        return _beside(one, other, nouns)
    if link is None or one is None or other is None or _is_several(link):
        return None
    mol = nouns.molecule.mol
    if _A_BOND.search(link.subject.noun):
        return of_quantity(link, lambda place: _ends_at(place, one.places, other.places, mol))
    return of_quantity(link, lambda place: _bridges(place, one.places, other.places, mol))


_IT_JOINS = re.compile(r"^\S+ (?:joins|links|connects|couples|tethers|attaches) ", re.IGNORECASE)


def _beside(one: Phrase, other: Phrase, nouns: Nouns) -> Decision:
    """Whether a place of one phrase is bonded to one of the other."""
    mol = nouns.molecule.mol
    return HOLDS if any(touches(mol, p, q) for p in one.places for q in other.places) else NO_BOND


def _attached(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "a pyridine ring linked to a pyrrolidine"."""
    one, other = phrase(found["one"], nouns), phrase(found["other"], nouns)
    if one is None or other is None or _is_several(one) or _is_several(other):
        return None
    return _beside(one, other, nouns)


def _share(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "two phenyl groups share one quaternary carbon": it bears both."""
    one, other = phrase(found["one"], nouns), phrase(found["other"], nouns)
    if one is None or other is None or any(len(place) != 1 for place in other.places):
        return None
    mol = nouns.molecule.mol
    said = one.subject.number or len(one.places)
    holds = any(sum(touches(mol, place, p) for p in one.places) == said for place in other.places)
    return HOLDS if holds and said > 1 else NO_BOND


def _is_several(link: Phrase) -> bool:
    return link.subject.quantity is Quantity.EXACTLY and link.subject.number != 1


def _links_two(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "the azo group bridges the two benzene rings"."""
    if not found["one"].endswith("s") and "," not in found["one"]:
        return None
    link, ends = phrase(found["link"], nouns), phrase(found["one"], nouns)
    if link is None or ends is None:
        return None
    if ends.subject.of not in (None, len(ends.places)):
        return NO_BOND[0], f"the molecule has {len(ends.places)}"
    mol = nouns.molecule.mol
    said = ends.subject.number or ends.subject.of or 2
    if _A_BOND.search(link.subject.noun):
        return of_quantity(link, lambda place: _ends_at(place, ends.places, ends.places, mol))
    return of_quantity(link, lambda place: _ways_out(place, ends.places, mol) == said)


def _linked_by(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "the two rings are linked by an NH group", "the ring and the ester are joined by a CH2"."""
    one, link = phrase(found["one"], nouns), phrase(found["link"], nouns)
    other = phrase(found["other"], nouns) if found["other"] else one
    mol = nouns.molecule.mol
    if one is None or other is None:
        return None
    kind = _bond_kind(found["link"])
    pairs = [(p, q) for p in one.places for q in other.places if p != q]
    if other is one and len(one.places) != 2:
        return None
    if kind is not None:
        return HOLDS if any(_bonded(p, q, kind[0], mol) for p, q in pairs) else NO_BOND
    if link is None or _is_several(link):
        return None
    return HOLDS if any(_bridges(place, (p,), (q,), mol) for p, q in pairs for place in link.places) else NO_BOND


def _bond_kind(words: str) -> tuple[Chem.BondType | None] | None:
    """Which bond words name, in a tuple whose only item is None for any; None for other words."""
    low = re.sub(r"^(?:an?|one|the|its) ", "", words.lower().strip())
    return (_BONDS[low],) if low in _BONDS else None


def _bonded(one: tuple[int, ...], other: tuple[int, ...], order: Chem.BondType | None, mol: Chem.Mol) -> bool:
    bonds = (mol.GetBondBetweenAtoms(a, b) for a in one for b in other if a != b)
    return set(one).isdisjoint(other) and any(b is not None and order in (None, b.GetBondType()) for b in bonds)


def _through(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "attached to the pyrimidine through nitrogen 4": that atom joins them, or belongs to one of them."""
    one, other = phrase(found["one"], nouns), phrase(found["other"], nouns)
    if one is None or other is None:
        return None
    mol = nouns.molecule.mol
    kind = _bond_kind(found["link"])
    if kind is not None:
        return of_quantity(one, lambda p: any(_bonded(p, q, kind[0], mol) for q in other.places))
    link = phrase(found["link"], nouns)
    if link is None or _is_several(link):
        return None

    def joined(p: tuple[int, ...]) -> bool:
        for q in other.places:
            for place in link.places:
                own = set(place)
                if own < set(q) and touches(mol, place, p):
                    return True
                if own < set(p) and touches(mol, place, q):
                    return True
                if _bridges(place, (p,), (q,), mol):
                    return True
        return False

    return of_quantity(one, joined)


def _flanked(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "the phenol is flanked by two tert-butyl groups": bonded to both, or between them on a ring."""
    one = phrase(found["one"], nouns)
    words = re.sub(r"\b(?:ortho|ortho-|neighbou?ring|adjacent) ?", "", found["link"])
    beside = phrase(re.sub(r" (?:on|of|in) (?:the|its|an?) (?:\w+ )?ring$", "", words), nouns)
    if one is None or beside is None or beside.subject.number not in (None, 2):
        return None
    return of_quantity(one, lambda place: flank(beside.places, place, nouns.molecule.mol))


def _each_other(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "the two nitrogens are bonded to each other"."""
    one = phrase(found["one"], nouns)
    if one is None or len(one.places) > 6:
        return None
    mol = nouns.molecule.mol
    pairs = [touches(mol, p, q) for p, q in combinations(one.places, 2)]
    if one.subject.of is not None and one.subject.of != len(one.places):
        return NO_BOND[0], f"the molecule has {len(one.places)}"
    holds = any(pairs) if one.subject.quantity is Quantity.EXACTLY and one.subject.number == 2 else pairs and all(pairs)
    return HOLDS if holds else NO_BOND


def _one_and_other(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "the allyl group is para to one methoxy and meta to the other"."""
    one, two = phrase(found["one"], nouns), phrase(found["two"], nouns)
    if one is None or two is None or len(one.places) != 1 or len(two.places) != 2:
        return None
    mol = nouns.molecule.mol
    near = [
        on_ring(one.places[0], place, found[each].lower(), mol) for each in ("first", "second") for place in two.places
    ]
    return HOLDS if (near[0] and near[3]) or (near[1] and near[2]) else (Verdict.UNCHECKED, "they stand otherwise")


_ONE, _OTHER, _LINK = (NOUN.format(name) for name in ("one", "other", "link"))
_FLANKED = (
    r"(?:flanked|surrounded|sandwiched)(?: on (?:both|either) sides?)? by (?P<link>(?:two |both |the two )?[^,;:()]+s)"
)
_FRAME = (
    r"\b(?:has|have|contains?|features?|bears?|carr(?:y|ies)|consists? of|is (?:composed of|made of|built from)|is"
    r"|comprises|there is|combines|possesses|includes) "
)
_LINKING = "(?:that )?(?:linking|bridging|connecting|joining|tethering|coupling|links|bridges|connects|joins)"
_DIRECTLY = "(?:directly |covalently )?"
_FORMS = compiled(
    (
        (f"{START}{_LINK} {_LINKS} {_ONE} (?:and|to|with|from) {_OTHER}{END}", _links),
        (f"{START}{_LINK} {_LINKS} {_ONE}{END}", _links_two),
        (f"{_FRAME}{_LINK} {_LINKING} {_ONE} (?:and|to|with|from) {_OTHER}{END}", _links),
        (f"{_FRAME}{_LINK} {_LINKING} {_ONE}{END}", _links_two),
        (
            f"{_FRAME}{_ONE}(?P<other>)? (?:linked|joined|connected|bridged|separated) (?:by|through|via) {_LINK}{END}",
            _linked_by,
        ),
        (f"{_FRAME}{_ONE} (?:directly )?linked to {_OTHER}{END}", _attached),
        (f"{START}{_ONE} shares? (?:one|a|the same|a common|a single) {_OTHER}{END}", _share),
        (f"{_FRAME}{_ONE} {_FLANKED}{END}", _flanked),
        (
            f"{START}{_ONE}(?: and {_OTHER})? (?:are|is) {_DIRECTLY}(?:{_JOINED}|bridged|separated|held together|fused)"
            f"(?: together| to each other)? (?:by|through|via) {_LINK}{END}",
            _linked_by,
        ),
        (
            f"{START}{_ONE} (?:is|are|hangs?) {_DIRECTLY}(?:{_JOINED} )?(?:to|with|off|from|on) {_OTHER}"
            f" {_BY} {_LINK}{END}",
            _through,
        ),
        (f"{START}{_ONE} (?:is|are) {_DIRECTLY}{_JOINED} {_BY} {_LINK} (?:to|with) {_OTHER}{END}", _through),
        (
            f"{START}{_ONE} (?:is|sits|lies|stands) (?P<first>ortho|meta|para) to one (?:of the (?:two )?)?"
            r"(?P<two>[^,;:()]+?)"
            f"(?: ,)? (?:and|but) (?P<second>ortho|meta|para) to the (?:other|second)(?: one)?{END}",
            _one_and_other,
        ),
        (f"{START}{_ONE} (?:is|are) {_FLANKED}{END}", _flanked),
        (f"{START}{_ONE} are {_DIRECTLY}{_JOINED}(?: directly)? to (?:each other|one another){END}", _each_other),
    )
)


def linked(text: str, place: tuple[int, int], nouns: Nouns) -> Iterator[Statement]:
    """Check what is said to link, bridge or separate two parts, and through what they are attached.

    Args:
        text: The answer, what its molecules are called put as "It".
        place: Where the sentence stands.
        nouns: Looks nouns up in the molecule.
    """
    return in_phrases(text, place, nouns, _FORMS)

"""Statements on all of a kind in a molecule: what there is beside a group, and to which groups the atoms belong."""

from __future__ import annotations

import re
from collections.abc import Iterator

from molreflect.agents.analyst.predications.patterned import Decision, compiled, in_forms
from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.tools.facts.parts import ELEMENTS, Places
from molreflect.tools.facts.statements import Statement
from molreflect.tools.facts.values import NUMBERS
from molreflect.tools.terms import Verdict

_COUNT = rf"(?:\d{{1,2}}|{'|'.join(NUMBERS[1:])}|a|an|another)"
_END = r"(?=\s*(?:[.;)]|$))"
_ATOMS = rf"(?:{'|'.join(e for e in ELEMENTS if e.isalpha() and len(e) > 4)}|halogen|heteroatom)s?(?: atoms?)?"


def _group(noun: str, nouns: Nouns) -> Places | None:
    found = nouns.places(noun)
    return nouns.places(f"{noun} group") if found is None else found


def _no_other(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "apart from the amide nitrogen there are no other nitrogen atoms"."""
    first, _, rest = found["but"].partition(" ")
    number = number_of(first) if rest else None
    but = _group(rest if number is not None else found["but"], nouns)
    every = _group(found["what"], nouns)
    if not but or not every:
        return None
    if number is not None and number != len(but):
        return Verdict.REFUTED, f"there are {len(but)}"
    known = {atom for place in but for atom in place}
    left = [place for place in every if not set(place) & known]
    return (Verdict.REFUTED, f"there are {len(left)} others") if left else (Verdict.SUPPORTED, "")


def _belong(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "its oxygen atoms belong to an aldehyde, a methoxy group and a phenol": each to one, none left over."""
    atoms = nouns.places(found["what"])
    parts = [part for part in re.split(r",? and |, ", found["groups"]) if part]
    if not atoms or len(parts) < _SEVERAL:
        return None
    said = number_of(found["number"]) if found["number"] and found["number"].lower() not in ("both", "all") else None
    if said is not None and said != len(atoms):
        return Verdict.REFUTED, f"there are {len(atoms)}"
    left = {place[0] for place in atoms}
    for part in parts:
        read = re.fullmatch(rf"(?:(?P<many>{_COUNT}|the|one) )?(?P<noun>.+)", part, re.IGNORECASE)
        places = _group(read["noun"], nouns) if read is not None else None
        if read is None or places is None:
            return None
        number = number_of(read["many"] or "one") or 1
        own = [set(place) & {p[0] for p in atoms} for place in places]
        own = [each for each in own if each]
        if len(own) < number:
            return Verdict.UNCHECKED, f"{read['noun']} was not found so often"
        left -= set().union(*own)
    return (Verdict.UNCHECKED, "others are left") if left else (Verdict.SUPPORTED, "")


_SEVERAL = 2
_RINGS = {"pyranose": 6, "furanose": 5}


def _in_form(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "in its open-chain form": no ring is there."""
    mol = nouns.molecule.mol
    form, rings = found["form"].lower(), mol.GetRingInfo().AtomRings()
    if form in _RINGS:
        size = _RINGS[form]
        holds = any(len(r) == size and any(mol.GetAtomWithIdx(a).GetAtomicNum() == 8 for a in r) for r in rings)
    else:
        holds = bool(rings) is (form in ("cyclic", "ring", "closed"))
    return (Verdict.SUPPORTED, "") if holds else (Verdict.REFUTED, f"there are {len(rings)} rings")


FORMS = compiled(
    (
        (
            r"\bin (?:its|the|an?) (?P<form>open-chain|open chain|acyclic|cyclic|ring|closed|pyranose|furanose)"
            r"(?:-chain)?[ -]forms?\b",
            _in_form,
        ),
        (
            r"^(?:apart from|besides|except for|aside from|other than|beyond) "
            r"(?:the |its |that )?(?P<but>[\w' ,-]{3,50}?),? "
            r"(?:there (?:is|are)|it (?:has|contains|bears|carries)"
            r"|the (?:molecule|compound) (?:has|contains|bears)) no "
            r"(?:other |further |additional )?(?P<what>[\w' -]{3,40}?)" + _END,
            _no_other,
        ),
        (
            rf"(?:^|, )(?:[\w-]+\s*['\u2019]s\s+|the |its |all |both )*"
            rf"(?:(?P<number>both|all|{_COUNT}) )?(?P<what>{_ATOMS}) "
            r"(?:belongs? to|are (?:part of|found in|present in|located in"
            r"|distributed over|accounted for by|in)|occur in) "
            r"(?P<groups>[\w', -]{5,120}?)" + _END,
            _belong,
        ),
    )
)
"""Forms that a denial may be part of."""
_NEVER = re.compile(r"(?!)")


def overall_forms(text: str, place: tuple[int, int], nouns: Nouns) -> Iterator[Statement]:
    """Decide the statements of a sentence that have one of the forms; see `fixed_forms`."""
    return in_forms(text, place, nouns, FORMS, _NEVER)

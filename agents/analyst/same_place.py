"""Whether two groups stand at one atom, at neighbouring ones or on one ring: "are both OHs on the same carbon"."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

from molreflect.agents.analyst.answers import atoms_text, finished, not_known, noun_of_place
from molreflect.agents.analyst.context import Spoken, Understood
from molreflect.agents.analyst.dialogue import Call, Talk, Turn
from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.readings import base
from molreflect.agents.analyst.sentence import Role, Sentence, is_group
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.molecules.read import read_molecule

ATOM = "the same atom"
NEXT = "neighbouring atoms"
RING = "the same ring"
_SAID = {
    ATOM: ("same carbon", "same atom", "same nitrogen", "same carbon atom", "one carbon", "geminal"),
    NEXT: (
        "adjacent carbons",
        "adjacent atoms",
        "neighbouring carbons",
        "neighboring carbons",
        "neighbouring atoms",
        "neighboring atoms",
        "adjacent positions",
        "vicinal",
    ),
    RING: ("same ring", "one ring", "same aromatic ring", "same benzene ring"),
}


def same_place(sentence: Sentence) -> Question | None:
    """Read whether groups stand at the same atom, at adjacent ones or on the same ring; which, stands in the keys."""
    low = [word.casefold() for word in sentence.words]
    if not low or not (low[0] in vocabulary().function["be"] | vocabulary().function["do"] or sentence.polar):
        return None
    kind = next((kind for kind, phrases in _SAID.items() if sentence.has(*phrases)), "")
    if not kind:
        return None
    said = next(phrase for phrase in _SAID[kind] if sentence.has(phrase)).split()
    at = next(i for i in range(len(low)) if tuple(sentence.words[i : i + len(said)]) == tuple(said))
    before = [c for c in sentence.chunks if c.last <= at]
    groups = [c for c in before if c.role is Role.GROUP or (c.article and c.role is Role.EITHER and is_group(c.text))]
    groups += [c for c in sentence.chunks if c.before == "as" and c.role is not Role.MOLECULE and is_group(c.text)]
    named = [c for c in sentence.chunks if c not in groups and not at <= c.first < at + len(said) + 1]
    if not 1 <= len(groups) <= 2 or any(c.role is Role.GROUP for c in named):
        return None
    molecules = tuple(c.text for c in named)
    texts = tuple(c.text for c in groups)
    return base(Intent.SAME_PLACE, sentence, molecules=molecules, groups=texts, either=(), keys=(kind,))


def answer_same_place(talk: Talk) -> Turn:
    """Say whether groups stand at one atom, at neighbouring ones or on one ring, with the atoms."""
    molecules = yield from talk.molecules()
    groups, kind = talk.question.groups, talk.question.keys[0]
    understood = Understood(Intent.SAME_PLACE, molecules, groups, keys=(kind,))
    lines: list[str] = []
    for spoken in molecules:
        result = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": list(groups)})
        if result.error:
            return finished(talk, [result.error], understood)
        found = [result.value["groups"][words] for words in groups]
        unknown = [not_known(each) for each in found if each.get("why_not")]
        lines += unknown or [_line(spoken, found, kind)]
    return finished(talk, lines, understood)


def _line(spoken: Spoken, found: Sequence[dict[str, Any]], kind: str) -> str:
    """Judge the pairs of places: of one group all of its own, of two each of the one with each of the other."""
    for each in found:
        if each["count"] < (2 if len(found) == 1 else 1):
            number = "only one" if each["count"] else "no"
            return f"No: there is {number} {noun_of_place(each)} in {spoken.shown}."
    sites = [[_site(place, around) for place, around in zip(e["atoms"], e["bound_to"], strict=True)] for e in found]
    pairs = list(combinations(sites[0], 2)) if len(found) == 1 else list(product(*sites))
    mol = read_molecule(spoken.smiles).mol
    rings = [set(ring) for ring in mol.GetRingInfo().AtomRings()]
    held = []
    for one, two in pairs:
        if kind == ATOM:
            shared = sorted(one & two)
        elif kind == RING:
            ring = next((ring for ring in rings if one & ring and two & ring), set())
            shared = sorted((one | two) & ring)
        else:
            tied = ((a, b) for a, b in product(sorted(one), sorted(two)) if mol.GetBondBetweenAtoms(a, b))
            shared = list(next(tied, ()))
        if shared:
            held.append(shared)
    names = " and ".join(noun_of_place(each) for each in found) if len(found) == 2 else f"{noun_of_place(found[0])}s"
    places = " and ".join(atoms_text(each["atoms"]) for each in found)
    if held:
        every = len(found) == 2 or len(held) == len(pairs)
        some = "" if len(held) == len(pairs) else f" ({len(held)} of {len(pairs)} pairs)"
        opening = "Yes" if every else "Not all"
        return f"{opening}: {names} ({places}) in {spoken.shown} are on {kind}{some}: {atoms_text(held)}."
    at = " and ".join(atoms_text([[a] for a in sorted(site)]) for each in sites for site in each)
    return f"No: {names} ({places}) in {spoken.shown} are not on {kind}; they are bound to {at}."


def _site(place: Sequence[int], around: Sequence[int]) -> set[int]:
    """The atoms that a group hangs on; of one that is bound to nothing else its own."""
    return {*around} or {*place}

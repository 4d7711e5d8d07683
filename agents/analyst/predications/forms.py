"""Statements of a fixed form on chains, ends, ring sizes and numbered places: "the longest chain has six carbons"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np
from rdkit import Chem

from molreflect.agents.analyst.predications.patterned import Decision, compiled, in_forms
from molreflect.agents.analyst.predications.places import Nouns, reaches
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.tools.facts.parts import ELEMENTS, Places
from molreflect.tools.facts.statements import Statement
from molreflect.tools.facts.values import NUMBERS
from molreflect.tools.meaning.positions import atoms_at
from molreflect.tools.terms import Verdict

_COUNT = rf"(?P<number>\d{{1,2}}|{'|'.join(NUMBERS[1:])})"
_START = r"(?:^[^,;]*?\b(?:with|has|have|bears|carries|contains|features|are) |^|[,;] )"
_NOUN = r"(?:the |an? |its |one of the |another |both |two )*(?P<{}>[A-Za-z][\w'= -]{{1,40}}?)"
_END = r"(?=\s*(?:[.,;)]|$))"
_LOCANT = (
    r"(?:the |its )?(?:(?P<{0}a>\d)-position|(?:position|carbon)[ -](?:C-?)?(?P<{0}b>\d)"
    r"|[CN]-?(?P<{0}c>\d)|(?P<{0}d>first|second|third|fourth|fifth|sixth) carbon(?: atom)?)(?![\w-])"
)
_PARENT = r"(?:the |an? |its )(?P<parent>[a-z][a-z-]{3,30})(?: ring| core| nucleus| system| scaffold)?"
_AROUND = (
    r"(?:is|sits|lies|stands|are|sit|lie)"
    r"(?: (?:located|found|attached|bonded|placed|situated|bound|directly|positioned))*"
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
_NO_PARENT = frozenset(["ring", "chain", "molecule", "compound", "benzene", "phenyl", "structure", "core"])
"""What has no numbers of its own, or whose numbers depend on what it bears."""


def _compared(there: int, said: int | None, *, whole: bool = True) -> Decision:
    if there == said:
        return Verdict.SUPPORTED, ""
    return (Verdict.REFUTED if whole else Verdict.UNCHECKED), f"there are {there}"


def carbon_paths(mol: Chem.Mol) -> list[tuple[int, ...]]:
    """Find the longest chains of carbon atoms outside rings."""
    carbons = [a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() == 6 and not a.IsInRing()]
    ends = [c for c in carbons if sum(n.GetIdx() in carbons for n in mol.GetAtomWithIdx(c).GetNeighbors()) < 2]
    paths = [(c,) for c in carbons]
    for k, one in enumerate(ends):
        for other in ends[k + 1 :]:
            path = tuple(Chem.GetShortestPath(mol, one, other))
            if set(path) <= set(carbons):
                paths.append(path)
    longest = max(map(len, paths), default=0)
    return [path for path in paths if len(path) == longest]


def _longest_chain(found: re.Match[str], nouns: Nouns) -> Decision:
    paths = carbon_paths(nouns.molecule.mol)
    there = len(paths[0]) if paths else 0
    return _compared(there, number_of(found["number"]), whole=not nouns.molecule.mol.GetRingInfo().NumRings())


def _chain_of(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "a six-carbon chain": longer than the longest there is none; a shorter one is left open."""
    paths = carbon_paths(nouns.molecule.mol)
    there, said = (len(paths[0]) if paths else 0), number_of(found["number"])
    return None if said is None else _compared(there, said, whole=said > there)


def _carbons_in_all(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "a four-carbon dicarboxylic acid": all carbons, or those of the longest chain."""
    mol = nouns.molecule.mol
    said = number_of(found["number"])
    there = nouns.molecule.elements[6]
    if said in (there, *(len(path) for path in carbon_paths(mol)[:1])):
        return Verdict.SUPPORTED, ""
    return Verdict.UNCHECKED if mol.GetRingInfo().NumRings() else Verdict.REFUTED, f"there are {there} carbons"


def _in_the_middle(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "in the middle of the chain" and "at the end of the chain" by how far all other atoms are."""
    mol = nouns.molecule.mol
    places = _groups(found["noun"], nouns)
    if not places or len(places) != 1 or mol.GetRingInfo().NumRings():
        return None
    reach = [max(row) for row in Chem.GetDistanceMatrix(mol)]
    wanted = min(reach) if found["where"].lower() in ("middle", "centre", "center") else max(reach)
    holds = any(reach[a] == wanted for a in places[0])
    return (Verdict.SUPPORTED, "") if holds else (Verdict.REFUTED, "other atoms are there")


def _is_branched(found: re.Match[str], nouns: Nouns) -> Decision:
    mol = nouns.molecule.mol
    if mol.GetRingInfo().NumRings():
        return None
    carbons = [a for a in mol.GetAtoms() if a.GetAtomicNum() == 6]
    branched = any(sum(n.GetAtomicNum() == 6 for n in a.GetNeighbors()) > _IN_A_CHAIN for a in carbons)
    said = found["how"].lower() == "branched"
    long = number_of(found["long"]) if found["long"] else None
    if found["long"] and long not in {len(path) for path in carbon_paths(mol)[:1]}:
        return Verdict.UNCHECKED, "the longest chain has another length"
    return (Verdict.SUPPORTED, "") if said is branched else (Verdict.REFUTED, "it is not")


_IN_A_CHAIN = 2
"""Most carbons at a carbon of a chain without branches."""


def _on_one_atom(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "two methyl groups on the same carbon"."""
    places = _groups(found["noun"].removesuffix("s"), nouns) or _groups(found["noun"], nouns)
    if not places:
        return None
    mol = nouns.molecule.mol
    number = {"carbon": 6, "nitrogen": 7, "oxygen": 8, "sulfur": 16}.get(found["atom"].lower())
    bearers = [
        {
            n.GetIdx()
            for a in p
            for n in mol.GetAtomWithIdx(a).GetNeighbors()
            if n.GetAtomicNum() == number or not number
        }
        - set(p)
        for p in places
    ]
    counts = {a: sum(a in each for each in bearers) for a in set().union(*bearers)}
    there = max(counts.values(), default=0)
    return _compared(there, number_of(found["number"]), whole=there < 2)


def _aliphatic(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "an aliphatic nitro compound": one of it is bonded to no aromatic atom."""
    noun = found["noun"].lower()
    places = _groups(noun, nouns) or _groups(f"{noun.removesuffix(' compound')} group", nouns)
    if not places:
        return None
    mol = nouns.molecule.mol
    near = [{n.GetIdx() for a in p for n in mol.GetAtomWithIdx(a).GetNeighbors()} | set(p) for p in places]
    if any(not any(mol.GetAtomWithIdx(a).GetIsAromatic() for a in each) for each in near):
        return Verdict.SUPPORTED, ""
    return Verdict.UNCHECKED, "what was found is bonded to an aromatic ring"


def _through(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "attached (to the ring) via an ether oxygen": that is bonded to what it is said of."""
    ends = [nouns.places(found[name]) for name in ("one", "other") if found[name]]
    link = nouns.places(found["link"])
    if not link or any(not each for each in ends):
        return None
    mol = nouns.molecule.mol
    holds = any(all(any(reaches(mol, place, own) for own in each or ()) for each in ends) for place in link)
    return (Verdict.SUPPORTED, "") if holds else (Verdict.UNCHECKED, "no bond bears that out")


def _groups(noun: str, nouns: Nouns) -> Places | None:
    found = nouns.anchors(noun)
    return nouns.anchors(f"{noun} group") if found is None else found


def _at_ends(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "one at each end": no two atoms of the molecule are further apart than theirs."""
    one = _groups(found["one"], nouns)
    other = _groups(found["other"], nouns) if found.groupdict().get("other") else one
    if not one or not other:
        return None
    if other is one and len(one) != 2:
        return Verdict.UNCHECKED, f"there are {len(one)}"
    distances = Chem.GetDistanceMatrix(nouns.molecule.mol)
    reach = max(distances[a][b] for p in one for q in other if p != q for a in p for b in q) if one else 0
    if reach == int(np.max(distances)):
        return Verdict.SUPPORTED, ""
    return Verdict.REFUTED if other is one else Verdict.UNCHECKED, "other atoms are at the ends"


def _shared(found: re.Match[str], nouns: Nouns) -> Decision:
    rings = [set(ring) for ring in nouns.molecule.mol.GetRingInfo().AtomRings()]
    if len(rings) != 2:
        return None
    common = rings[0] & rings[1]
    what, word = found["what"].lower(), found["number"].lower()
    said = 1 if word in ("a", "an", "a single") else number_of(word)
    if what.startswith("carbon"):
        common = {a for a in common if nouns.molecule.mol.GetAtomWithIdx(a).GetAtomicNum() == 6}
    return _compared(max(len(common) - 1, 0) if what.startswith(("bond", "edge", "side")) else len(common), said)


def _ring_size(found: re.Match[str], nouns: Nouns) -> Decision:
    places = nouns.places(found["noun"])
    if not places or any(not _is_ring(place, nouns) for place in places):
        return None
    said = number_of(found["number"])
    truths = [len(place) == said and _holds_elements(found, place, nouns) for place in places]
    if all(truths):
        return Verdict.SUPPORTED, ""
    return Verdict.UNCHECKED if any(truths) else Verdict.REFUTED, f"it has {len(places[0])} atoms"


def _is_ring(place: tuple[int, ...], nouns: Nouns) -> bool:
    return any(set(ring) == set(place) for ring in nouns.molecule.mol.GetRingInfo().AtomRings())


def _holds_elements(found: re.Match[str], place: tuple[int, ...], nouns: Nouns) -> bool:
    if not found["element"]:
        return True
    symbol = ELEMENTS[found["element"].lower().removesuffix("s")]
    word = found["inner"].lower()
    said = 1 if word in ("a", "an") else number_of(word)
    there = sum(nouns.molecule.mol.GetAtomWithIdx(a).GetSymbol() == symbol for a in place)
    return bool(there == said)


def _between(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "a methylene sits between the oxygen and the ring": a place of it is bonded to one of each."""
    what, one, other = (nouns.places(found[name]) for name in ("what", "one", "other"))
    if not what or not one or not other:
        return None
    mol = nouns.molecule.mol
    for place in what:
        left = [set(a) - set(place) for a in one if reaches(mol, place, a)]
        right = [set(b) - set(place) for b in other if reaches(mol, place, b)]
        if any(a.isdisjoint(b) for a in left for b in right):
            return Verdict.SUPPORTED, ""
    return Verdict.UNCHECKED, "no bond bears that out"


def _hybridised(found: re.Match[str], nouns: Nouns) -> Decision:
    kind = getattr(Chem.HybridizationType, found["kind"].upper())
    mol = nouns.molecule.mol
    there = sum(a.GetAtomicNum() == 6 and a.GetHybridization() == kind for a in mol.GetAtoms())
    return _compared(there, number_of(found["number"]))


def _number_in(found: re.Match[str], name: str) -> int:
    if found[f"{name}d"]:
        return _ORDINALS.index(found[f"{name}d"].lower()) + 1
    return int(found[f"{name}a"] or found[f"{name}b"] or found[f"{name}c"])


def _bearing(place: tuple[int, ...], mol: Chem.Mol) -> set[int]:
    """The carbons of a group at its heteroatoms or multiple bonds: of a ketone that of its carbonyl group."""
    single = Chem.BondType.SINGLE
    carbons = [mol.GetAtomWithIdx(a) for a in place if mol.GetAtomWithIdx(a).GetAtomicNum() == 6]
    return {
        atom.GetIdx()
        for atom in carbons
        if any(
            b.GetOtherAtomIdx(atom.GetIdx()) in place
            and (b.GetBondType() != single or b.GetOtherAtom(atom).GetAtomicNum() != 6)
            for b in atom.GetBonds()
        )
    }


def _on_chain(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "the ketone is at C2" of a molecule without rings whose longest chain is its only one."""
    mol = nouns.molecule.mol
    places, paths = nouns.places(found["noun"]), carbon_paths(mol)
    if not places or len(places) != 1 or mol.GetRingInfo().NumRings() or len(paths) != 1:
        return None
    own = _bearing(places[0], mol)
    own = own or {n.GetIdx() for a in places[0] for n in mol.GetAtomWithIdx(a).GetNeighbors()}
    ways = (paths[0], paths[0][::-1])
    locants = [min((way.index(a) + 1 for a in own if a in way), default=0) for way in ways]
    if 0 in locants:
        return None
    said = _number_in(found, "n")
    if said == min(locants):
        return Verdict.SUPPORTED, ""
    return Verdict.UNCHECKED if said in locants else Verdict.REFUTED, f"it is at C{min(locants)} of the chain"


def _at_number(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide what a named ring bears at a position, as names count it."""
    if found["parent"].lower() in _NO_PARENT:
        return None
    bound = atoms_at(
        found["parent"].lower(), (str(_number_in(found, "n")),), nouns.molecule, nouns.resources.nomenclature
    )
    if bound is None:
        return None
    (there,) = bound
    noun = found.groupdict().get("noun")
    if not noun:
        return (Verdict.SUPPORTED, "") if there else (Verdict.REFUTED, "nothing is bound there")
    places = nouns.places(noun)
    if not places:
        return None
    at = [bool(there & _reach(place, nouns)) for place in places]
    if any(at):
        return Verdict.SUPPORTED, ""
    return Verdict.REFUTED if len(places) == 1 else Verdict.UNCHECKED, "something else, or nothing, is bound there"


def _reach(place: tuple[int, ...], nouns: Nouns) -> set[int]:
    """The atoms of a group; of one that is drawn with the ring that bears it those outside the ring."""
    mol = nouns.molecule.mol
    outside = {a for a in place if not mol.GetAtomWithIdx(a).IsInRing()}
    return outside or set(place)


_FORMS: tuple[tuple[str, Callable[[re.Match[str], Nouns], Decision]], ...] = (
    (
        r"\b(?:the |its )?longest (?:continuous |unbranched )?(?:carbon |alkyl )?chain"
        rf" (?:has|contains|is|consists of|comprises|counts|of) (?:exactly )?{_COUNT}"
        r" (?:carbon atoms|carbons|atoms)(?: long| in length)?" + _END,
        _longest_chain,
    ),
    (rf"\b{_COUNT}-carbon (?:alkyl |saturated |linear )?(?:chain|backbone)\b", _chain_of),
    (
        r"^(?:it|this)(?: molecule| compound)? is (?:an? )?" + _COUNT + r"-carbon (?!chain|backbone|ring)",
        _carbons_in_all,
    ),
    (
        r"^" + _NOUN.format("noun") + rf" {_AROUND} (?:in|at) the (?P<where>middle|cent(?:re|er)|end) of the "
        r"(?:carbon )?(?:chain|molecule)" + _END,
        _in_the_middle,
    ),
    (
        r"^(?:the|its) (?:(?P<long>\w+)-carbon )?"
        r"(?:(?:carbon|hydrocarbon|alkyl|fatty acyl|acyl|main) )*(?:chain|skeleton|backbone) is "
        r"(?:completely |entirely |fully )?(?P<how>branched|unbranched|linear|straight)" + _END,
        _is_branched,
    ),
    (
        rf"\b{_COUNT} (?P<noun>[a-z][\w-]*(?: groups?| atoms?)?) (?:attached to|bonded to|bound to|on|at) "
        r"(?:the same|one|a single) (?P<atom>carbon|nitrogen|oxygen|sulfur|atom)(?: atom)?" + _END,
        _on_one_atom,
    ),
    (r"\baliphatic (?P<noun>[a-z]+(?: [a-z]+)?)" + _END, _aliphatic),
    (
        r"^" + _NOUN.format("one") + r" is (?:attached|linked|connected|joined|bonded|bound)"
        r"(?: to " + _NOUN.format("other") + r")? (?:via|through|by) (?:the |an? |its )(?P<link>[\w' -]{2,40}?)" + _END,
        _through,
    ),
    (
        _START + _NOUN.format("one") + r"(?: groups?)?, one (?:at|on) (?:each|either) end"
        r"(?: of (?:the|its) (?:molecule|chain|carbon chain|backbone|structure))?" + _END,
        _at_ends,
    ),
    (
        _START + _NOUN.format("one") + r"(?: is| sits| lies)? at one end(?: of (?:the|its) (?:molecule|chain))? and "
        + _NOUN.format("other") + r"(?: is| sits| lies)? at the other(?: end)?" + _END,
        _at_ends,
    ),
    (
        r"\b(?:the |its |these )?two (?:fused )?rings share (?P<number>an?|a single|\d|one|two|three)"
        r" (?:common )?(?P<what>carbon atoms?|carbons?|atoms?|bonds?|edges?|sides?)" + _END,
        _shared,
    ),
    (
        r"\b(?:the|its) (?P<noun>(?:[\w'-]+ ){0,2}ring) (?:has|contains|is made(?: up)? of|consists of|is composed of) "
        + _COUNT + r" (?:members|(?:ring )?atoms)"
        rf"(?:,? (?:including|one of which is|of which) (?P<inner>an?|\d|{'|'.join(NUMBERS[1:])})"
        rf" (?P<element>(?:{'|'.join(e for e in ELEMENTS if e.isalpha() and len(e) > 4)})s?)(?: atoms?)?)?" + _END,
        _ring_size,
    ),
    (
        _START + _NOUN.format("what") + r" (?:sits|lies|is|stands)(?: located| placed| found)? between "
        + _NOUN.format("one") + r" and " + _NOUN.format("other") + _END,
        _between,
    ),
    (rf"\b{_COUNT} (?P<kind>sp[23]?)(?:[- ]hybridi[sz]ed)? (?:carbons|carbon atoms?|carbon)\b", _hybridised),
    (
        r"^" + _NOUN.format("noun") + rf" {_AROUND} (?:at|on|to) " + _LOCANT.format("n")
        + r"(?: of (?:the|its) (?:carbon )?(?:chain|backbone))?" + _END,
        _on_chain,
    ),
    (
        r"^" + _NOUN.format("noun") + rf" {_AROUND} (?:at|on|to|in) " + _LOCANT.format("n") + " (?:of|on|in) " + _PARENT
        + _END,
        _at_number,
    ),
    (r"^" + _PARENT + r" is (?:mono)?substituted (?:at|on|in) (?:only )?" + _LOCANT.format("n") + _END, _at_number),
    (
        r"^" + _PARENT + r" (?:bears|carries|has|holds) " + _NOUN.format("noun") + r" (?:at|on|in) "
        + _LOCANT.format("n") + _END,
        _at_number,
    ),
)  # fmt: skip
_COMPILED = compiled(_FORMS)


def fixed_forms(text: str, place: tuple[int, int], nouns: Nouns) -> Iterator[Statement]:
    """Decide the statements of a sentence that have one of the forms.

    Args:
        text: The answer, what its molecules are called put as "It".
        place: Where the sentence stands.
        nouns: Looks nouns up in the molecule.
    """
    return in_forms(text, place, nouns, _COMPILED, _DENIED)


_DENIED = re.compile(r"\b(?:not|no|never|neither|nor|cannot|lacks?|without)\b|n['\u2019]t\b", re.IGNORECASE)

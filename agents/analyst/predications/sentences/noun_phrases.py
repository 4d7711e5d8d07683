"""The places that a noun phrase means: a noun with what stands before and behind it, each word decided.

"three saturated six-membered rings fused to a benzene ring" is looked up noun first: the longest words that the
molecule's nouns know, then each adjective before and each addition behind selects among their places. A word that
nothing decides leaves the whole phrase not understood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rdkit import Chem

from molreflect.agents.analyst.predications.adjectives import is_so
from molreflect.agents.analyst.predications.described import is_read_in_full
from molreflect.agents.analyst.predications.forms import carbon_paths
from molreflect.agents.analyst.predications.places import Nouns, touches
from molreflect.agents.analyst.predications.sentences.rings import ring_called
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.predications.traits import SAYS_NOTHING, trait_named
from molreflect.agents.analyst.predications.vocabulary import FILTERS
from molreflect.tools.facts.classes import is_a
from molreflect.tools.facts.composed import DEGREES
from molreflect.tools.facts.parts import Places, part_named

Place = tuple[int, ...]
_ADDED = re.compile(
    r" (?:(?P<has>with|having|containing|that (?:has|have|contains?)|which (?:has|have|contains?))"
    r"|(?P<fused>(?:that is |which is )?fused (?:to|with|onto))"
    r"|(?P<joins>(?:that |which )?"
    r"(?:linking|joining|connecting|bridging|links|joins|connects|bridges|linked by|between))"
    r"|(?P<by>(?:that are |which are )?(?:linked|joined|connected|held together|bridged|separated) (?:by|through|via))"
    r"|(?P<at>(?:directly )?(?:attached|bonded|bound|connected|linked|joined) (?:directly )?(?:to|on|at)"
    r"|on|at|next to|adjacent to)"
    r"|(?P<within>in|within|inside|of))(?= )"
)
_ARTICLE = re.compile(r"^(?:the|an?|its|their|this|these|those|both|all|each) ")
_PLACED = re.compile(r" (?:by|between|to|from|via|through|that|which) ")
_HYDROGEN = re.compile(r"(?:\w+ )?(?:hydrogens?|hydrogen atoms?|protons?|H)$")
_MOST_ADJECTIVES = 4


@dataclass(frozen=True, slots=True)
class Counted:
    """A noun phrase with how many of it are said to be there."""

    noun: str
    least: int
    most: int | None
    """None where it is left open."""


def counted(words: str) -> Counted | None:
    """Read how many a phrase speaks of: "two rings", "at least one ester", "a ketone", "no ring"."""
    low = words.split()
    if len(low) > 2 and low[0] == "at" and low[1] in ("least", "most") and (n := number_of(low[2])) is not None:
        return Counted(" ".join(low[3:]), n if low[1] == "least" else 0, None if low[1] == "least" else n)
    if (
        len(low) > 3
        and low[0] in ("more", "fewer", "less")
        and low[1] == "than"
        and (n := number_of(low[2])) is not None
    ):
        return Counted(" ".join(low[3:]), n + 1 if low[0] == "more" else 0, None if low[0] == "more" else n - 1)
    if len(low) < 2:
        return Counted(words, 1, None) if words and part_named(words) is not None else None
    if low[0] in ("the", "its", "these", "their") and len(low) > 2 and (n := number_of(low[1])) is not None:
        return Counted(" ".join(low[2:]), n, n)
    if low[0] in ("a", "an", "the", "its", "any", "some"):
        return Counted(" ".join(low[1:]), 1, None)
    if low[0] == "several":
        return Counted(" ".join(low[1:]), 2, None)
    if low[0] == "both":
        rest = low[2:] if low[1] in ("the", "its", "of") and len(low) > 2 else low[1:]
        return Counted(" ".join(rest), 2, 2)
    if (n := number_of(low[0])) is not None:
        return Counted(" ".join(low[1:]), n, n)
    plural = low[-1].endswith("s") or any(w.endswith("s") and len(w) > 3 for w in low)
    return Counted(words, 1, None) if plural or part_named(words) is not None else None


def of_number(said: Counted, nouns: Nouns) -> tuple[bool | None, Places]:
    """Compare how many there are with how many are said; None where that is not decided."""
    places = resolved(said.noun, nouns)
    if places is None:
        return None, ()
    there = how_many(said.noun, places, nouns)
    if said.noun.startswith("basic nitrogen"):
        wide = tuple(nouns.molecule.mol.GetSubstructMatches(_BASIC))
        places, there = (wide, len(wide)) if len(wide) == said.most else (places, there)
    if there is None and (said.most is not None or said.least > 1):
        return None, places
    there = len(places) if there is None else there
    return (there >= said.least and (said.most is None or there <= said.most)), places


_CARBONYL = Chem.MolFromSmarts("[CX3]=[OX1]")
_BASIC = Chem.MolFromSmarts("[$([NX3;!$(N[C,S,P]=[O,N,S])]),$([nX2])]")
"""Anilines counted, which some call basic."""


def how_many(noun: str, places: Places, nouns: Nouns) -> int | None:
    """Count places; None where they overlap, so that they may be counted otherwise."""
    part = part_named(noun)
    if part is not None:
        if part.name == "double bond":
            between = nouns.places("carbon-carbon double bonds") or ()
            return len(places) if len(between) in (0, len(places)) else None
        return part.count(nouns.molecule) if part.count is not None else len(places)
    if _HYDROGEN.fullmatch(noun):
        return len(places)
    atoms = [atom for place in places for atom in place]
    if len(atoms) == len(set(atoms)) or _are_rings(places, nouns):
        return len(places)
    carbons = {a for (a, _) in nouns.molecule.mol.GetSubstructMatches(_CARBONYL)}
    own = [frozenset(place) & carbons for place in places]  # an ester is drawn with either of its ends
    return len(set(own)) if all(len(each) == 1 for each in own) else None


def _are_rings(places: Places, nouns: Nouns) -> bool:
    rings = [set(ring) for ring in nouns.molecule.mol.GetRingInfo().AtomRings()]
    return all(set(place) in rings for place in places)


def resolved(noun: str, nouns: Nouns, *, depth: int = 0) -> Places | None:
    """Find the places of a noun phrase without an article; None where a word of it is not understood.

    Args:
        noun: E.g. "benzene rings joined by a single bond", "saturated five-membered ring".
        nouns: Looks nouns up in the molecule.
        depth: How many phrases it stands within.
    """
    noun = noun.strip()
    if not noun or depth > 3:
        return None
    if (chain := _CHAIN.fullmatch(noun)) is not None:
        return _chain(chain, nouns)
    if " of " in noun and (whole := nouns.places(noun)):
        return whole
    for found in _ADDED.finditer(noun):
        head = resolved(noun[: found.start()], nouns, depth=depth + 1)
        if head is not None:
            return _selected(head, noun[: found.start()], found, noun[found.end() + 1 :], nouns, depth)
    if (added := _ADDED.search(noun)) is None:
        return _of_nouns(noun, nouns)
    if added["at"] and resolved(_ARTICLE.sub("", noun[added.end() + 1 :]), nouns, depth=depth + 1) == ():
        return ()  # what it is said to be bound to is not there
    return None


def _of_nouns(noun: str, nouns: Nouns) -> Places | None:
    """Find what adjectives and a noun mean."""
    words = noun.split()
    nowhere = False
    for k in range(min(len(words), _MOST_ADJECTIVES + 1)):
        rest = " ".join(words[k:])
        places = _known(rest, nouns)
        if places is None:
            continue
        for word in words[:k]:
            places = _described(word, places, nouns)
            if places is None:
                break
        if places:
            return places
        nowhere = nowhere or places is not None
    return () if nowhere else None


_CHAIN = re.compile(
    r"(?P<how>(?:(?:straight|linear|unbranched|straight-chain|branched|saturated|carbon|alkyl|hydrocarbon|aliphatic"
    r"|open) )*)"
    r"(?:(?P<before>\w+)-carbon )?(?P<what>chain|backbone|skeleton)(?: of (?P<number>\w+) carbons?(?: atoms?)?)?"
)


def _chain(found: re.Match[str], nouns: Nouns) -> Places | None:
    """Find "an unbranched chain of 18 carbon atoms": the longest, of a molecule without rings."""
    mol = nouns.molecule.mol
    said = number_of(found["number"] or found["before"] or "")
    paths = carbon_paths(mol)
    if mol.GetRingInfo().NumRings() or not paths or (said is None and not found["how"].strip()):
        return None
    how = found["how"].split()
    branched = any(
        sum(n.GetAtomicNum() == 6 for n in a.GetNeighbors()) > 2 for a in mol.GetAtoms() if a.GetAtomicNum() == 6
    )
    if "branched" in how and not branched:
        return ()
    if branched and {"straight", "linear", "unbranched", "straight-chain"} & set(how):
        return ()
    if "saturated" in how and mol.HasSubstructMatch(_C_MULTIPLE):
        return ()
    return tuple(paths[:1]) if said in (None, len(paths[0])) else ()


_C_MULTIPLE = Chem.MolFromSmarts("[#6]=,#[#6]")
_AMINO_ACID = Chem.MolFromSmarts("[NX3,NX4+][CX4]C(=O)[OX2H,OX1-,N]")


_SKELETON = re.compile(
    r"(?P<how>.+?) (?:(?:carbon|ring|molecular|hydrocarbon) )*"
    r"(?:skeleton|scaffold|framework|backbone|nucleus|structure)"
)


def _skeleton(found: re.Match[str], nouns: Nouns) -> Places | None:
    """Find "a tetracyclic carbon skeleton": all rings, where the molecule is what each word says."""
    mol = nouns.molecule.mol
    whole = tuple(a.GetIdx() for a in mol.GetAtoms() if a.GetIsAromatic() or a.IsInRing())
    for word in found["how"].split():
        trait = trait_named(word, nouns)
        truth = trait.exact(nouns.molecule) if trait is not None and trait.exact is not None else None
        truth = is_a(word, nouns.molecule, nouns.resources).holds if truth is None else truth
        if truth is not True:
            return () if truth is False else None
    return (whole,) if whole else None


def side_chain(nouns: Nouns) -> Places | None:
    """Find the side chain of an amino acid: what hangs on its alpha carbon beside the amine and the acid."""
    mol = nouns.molecule.mol
    hits = mol.GetSubstructMatches(_AMINO_ACID)
    if len({hit[1] for hit in hits}) != 1 or not hits:
        return None
    alpha, own = hits[0][1], {a for hit in hits for a in hit}
    ahead = [n for n in mol.GetAtomWithIdx(alpha).GetNeighbors() if n.GetIdx() not in own]
    found = {n.GetIdx() for n in ahead}
    while ahead:
        for n in ahead.pop().GetNeighbors():
            if n.GetIdx() not in found | {alpha}:
                found.add(n.GetIdx())
                ahead.append(n)
    return (tuple(sorted(found)),) if found else ()


_SAME_AS = (
    (re.compile(r"\b(?:nh2|NH2)(?: groups?)?$"), "[NX3H2,nH2]"),
    (re.compile(r"\b(?:cooh|COOH)(?: groups?)?$"), "[CX3](=O)[OX2H]"),
    (re.compile(r"\b(?:n=n|N=N)(?: (?:double )?bonds?)?$"), "[#7]=[#7]"),
)


def _known(noun: str, nouns: Nouns) -> Places | None:
    if (skeleton := _SKELETON.fullmatch(noun)) is not None and (own := _skeleton(skeleton, nouns)) is not None:
        return own
    if noun in ("side chain", "side-chain") and (own := side_chain(nouns)) is not None:
        return own
    if (charge := re.fullmatch(r"(?P<sign>positive|negative) charges?", noun)) is not None:
        sign = 1 if charge["sign"] == "positive" else -1
        return tuple((a.GetIdx(),) for a in nouns.molecule.mol.GetAtoms() if a.GetFormalCharge() * sign > 0)
    if (bond := re.fullmatch(r"(?P<x>B|P|S|Si|N|C)-OH(?: (?:groups?|bonds?))?", noun)) is not None:
        return tuple(nouns.molecule.mol.GetSubstructMatches(Chem.MolFromSmarts(f"[{bond['x']}][OX2H]")))
    if noun in ("methyl hydrogens", "methyl hydrogen atoms"):
        return tuple(
            hit for hit in nouns.molecule.mol.GetSubstructMatches(Chem.MolFromSmarts("[CH3]")) for _ in range(3)
        )
    for pattern, smarts in _SAME_AS:
        if pattern.fullmatch(noun):
            return tuple(nouns.molecule.mol.GetSubstructMatches(Chem.MolFromSmarts(smarts)))
    places = nouns.places(noun)
    if not places and (rings := ring_called(noun, nouns.molecule)):
        return rings
    if places is None:
        return None
    if not places and (_PLACED.search(noun) or is_a(noun, nouns.molecule, nouns.resources).holds):
        return None
    if part_named(noun) is not None or is_read_in_full(noun, nouns):
        return nouns.anchors(noun) if places else places
    return None


def _described(word: str, places: Places, nouns: Nouns) -> Places | None:
    """Select the places that an adjective holds of."""
    if word in SAYS_NOTHING or word == "free":
        return places
    if word == "fused":
        rings = [set(r) for r in nouns.molecule.mol.GetRingInfo().AtomRings()]
        return tuple(p for p in places if any(len(r & set(p)) > 1 and not r <= set(p) for r in rings))
    if word in _OF_CHAINS and not all(_is_chain(p, nouns) for p in places):
        trait = trait_named(word, nouns)
        truth = trait.exact(nouns.molecule) if trait is not None and trait.exact is not None else None
        return None if truth is None else places if truth else ()
    if word in _OF_CHAINS and all(len(p) > 1 for p in places):
        return tuple(p for p in places if _is_chain_so(p, word, nouns))
    if word in ("linearly", "angularly"):
        return tuple(p for p in places if _is_fused_so(p, word, nouns))
    if word == "undefined":
        open_ = set(nouns.places("open stereocentres") or nouns.places("undefined stereocentres") or ())
        return tuple(p for p in places if p in open_)
    if (
        (holds := FILTERS.get(word)) is not None
        and places
        and all(len(p) == 1 for p in places)
        and word in ("aromatic", "aliphatic")
    ):
        return tuple(p for p in places if holds(nouns.molecule.mol.GetAtomWithIdx(p[0])))
    if word in ("adjacent", "neighbouring", "neighboring", "vicinal", "contiguous"):
        return tuple(p for p in places if any(touches(nouns.molecule.mol, p, q) for q in places))
    trait = trait_named(word, nouns)
    if trait is not None and trait.of_place is not None:
        return tuple(p for p in places if trait.of_place is not None and trait.of_place(nouns.molecule, p))
    truths = [is_so(word.lower(), place, nouns) for place in places]
    if word in DEGREES and any(truths):
        truths = [truth is True for truth in truths]  # a phenol has no degree
    if not places or None in truths:
        return None
    return tuple(place for place, truth in zip(places, truths, strict=True) if truth)


_OF_CHAINS = frozenset(
    ["branched", "unbranched", "linear", "straight", "straight-chain", "hydrocarbon", "aliphatic", "saturated"]
)


def _is_chain(place: Place, nouns: Nouns) -> bool:
    """Whether a place is a chain outside rings, and no group by which a class is named."""
    atoms = [nouns.molecule.mol.GetAtomWithIdx(a) for a in place]
    return all(not a.IsInRing() for a in atoms) and sum(a.GetAtomicNum() == 6 for a in atoms) > 1


def _is_chain_so(place: Place, word: str, nouns: Nouns) -> bool:
    """Whether a chain, with the carbon that bears it, is branched, or made of carbon alone."""
    mol = nouns.molecule.mol
    atoms = [mol.GetAtomWithIdx(a) for a in place]
    if word == "hydrocarbon":
        return all(a.GetAtomicNum() == 6 for a in atoms)
    if word in ("aliphatic", "saturated"):
        own = [b for a in atoms for b in a.GetBonds() if b.GetOtherAtomIdx(a.GetIdx()) in place]
        plain = not any(a.GetIsAromatic() for a in atoms)
        return plain and (word == "aliphatic" or all(b.GetBondType() == Chem.BondType.SINGLE for b in own))
    branched = any(sum(n.GetAtomicNum() == 6 for n in a.GetNeighbors()) > 2 for a in atoms if a.GetAtomicNum() == 6)
    return branched is (word == "branched")


def _is_fused_so(place: Place, word: str, nouns: Nouns) -> bool:
    """Whether the bonds that a six-membered ring shares with two others are opposite each other, or are not."""
    rings = [tuple(ring) for ring in nouns.molecule.mol.GetRingInfo().AtomRings()]
    inner = [r for r in rings if sum(len(set(r) & set(o)) > 1 for o in rings if o != r) > 1]
    if not inner or set(place) not in [set(r) for r in rings]:
        return False
    straight = []
    for ring in inner:
        free = [k for k, a in enumerate(ring) if not any(a in o for o in rings if o != ring)]
        straight.append(len(ring) == 6 and len(free) == 2 and (free[1] - free[0]) == 3)
    return all(straight) if word == "linearly" else not all(straight)


def _selected(head: Places, noun: str, found: re.Match[str], tail: str, nouns: Nouns, depth: int) -> Places | None:
    """Select the places of a noun that what stands behind it holds of."""
    mol = nouns.molecule.mol
    if found["has"]:
        truths = [has_all(re.split(r" and |, ", tail), place, nouns, depth=depth + 1) for place in head]
        if None in truths:
            return None
        return tuple(place for place, truth in zip(head, truths, strict=True) if truth)
    if found["joins"]:
        return _joining(head, tail, nouns, depth)
    if found["by"]:
        return _joined_by(head, tail, nouns, depth)
    other = resolved(_ARTICLE.sub("", tail), nouns, depth=depth + 1)
    if other is None:
        return None
    every = {atom for place in other for atom in place}
    if found["fused"]:
        rings = [set(r) for r in mol.GetRingInfo().AtomRings()]
        own = [r for r in rings if any(len(r & set(o)) > 1 for o in other)]  # a lactone by its ring
        return tuple(p for p in head if any(len(set(p) & r) > 1 and not set(p) <= r for r in own if r != set(p)))
    if found["within"]:
        return tuple(p for p in head if set(p) <= every)
    if _HYDROGEN.fullmatch(noun) or noun.endswith(("charge", "charges")):
        return tuple(p for p in head if set(p) <= every)
    near = tuple(p for p in head if any(_meets(mol, p, o) for o in other))
    if not near and found["at"] in ("next to", "adjacent to"):
        return None  # a neighbour on the same ring may be meant
    return near


def _meets(mol: Chem.Mol, place: Place, other: Place) -> bool:
    """Whether two parts are bonded; one may be drawn with the atom of the other that bears it."""
    if set(other) < set(place):
        return True
    return touches(mol, place, other) or _reach(mol, place, other) or _reach(mol, other, place)


def _ends(tail: str, nouns: Nouns, depth: int) -> list[Places] | None:
    """Read the two ends of what joins: "two phenyl rings", "the ring and the acid"."""
    said = counted(tail)
    if said is not None and said.most == 2:
        places = resolved(said.noun, nouns, depth=depth + 1)
        return [places, places] if places else None
    parts = re.split(r" (?:and|to|with) ", tail, maxsplit=1)
    if len(parts) != 2:
        return None
    both = [resolved(_ARTICLE.sub("", part), nouns, depth=depth + 1) for part in parts]
    return [each for each in both if each] if all(both) else None


def _joining(head: Places, tail: str, nouns: Nouns, depth: int) -> Places | None:
    """Select what is bonded to both of what it is said to join."""
    ends = _ends(tail, nouns, depth)
    if ends is None or len(ends) != 2:
        return None
    mol = nouns.molecule.mol

    def joins(place: Place) -> bool:
        left = [set(p) for p in ends[0] if _reach(mol, place, p)]
        right = [set(p) for p in ends[1] if _reach(mol, place, p)]
        return any(a != b for a in left for b in right)

    return tuple(place for place in head if joins(place))


def _reach(mol: Chem.Mol, place: Place, other: Place) -> bool:
    rest = tuple(a for a in other if a not in place)
    return bool(rest) and touches(mol, place, rest)


def _joined_by(head: Places, tail: str, nouns: Nouns, depth: int) -> Places | None:
    """Select places that a bond, or a group, joins to another of them."""
    mol = nouns.molecule.mol
    bare = _ARTICLE.sub("", tail)
    if re.fullmatch(r"(?:one )?(?:direct )?(?:carbon-carbon |C-C )?(?:single )?bonds?", bare):
        return tuple(p for p in head if any(touches(mol, p, q) for q in head if q != p))
    link = resolved(re.sub(r"^one ", "", bare), nouns, depth=depth + 1)
    if link is None:
        return None
    return tuple(p for p in head if any(_reach(mol, k, p) and _reach(mol, k, q) for k in link for q in head if q != p))


def has_all(items: Sequence[str], place: Place, nouns: Nouns, *, depth: int = 0) -> bool | None:
    """Whether a ring, group or atom has all things of a list: within it, or bonded to it."""
    truths = [_has(item, place, nouns, depth) for item in items]
    if False in truths:
        return False
    return None if None in truths else True


def _has(item: str, place: Place, nouns: Nouns, depth: int) -> bool | None:
    bare = re.sub(r" only$|^only ", "", item.strip())
    said = counted(bare) or Counted(bare, 1, None)
    mol = nouns.molecule.mol
    if (many := re.fullmatch(r"(?:ring )?(?:members|atoms)", said.noun)) is not None and many:
        return len(place) == said.least if said.most is not None else None
    if _HYDROGEN.fullmatch(said.noun) and said.noun.split()[0] in ("hydrogen", "hydrogens", "H", "proton", "protons"):
        there = sum(int(mol.GetAtomWithIdx(a).GetTotalNumHs(True)) for a in place)
    else:
        substituents = re.fullmatch(r"(?:(?P<what>.+) )?(?:substituents?|neighbou?rs?)", said.noun)
        if substituents is not None and not substituents["what"]:
            outside = {n.GetIdx() for a in place for n in mol.GetAtomWithIdx(a).GetNeighbors()} - set(place)
            there = len(outside)
        else:
            noun = substituents["what"] if substituents is not None else said.noun
            other = resolved(noun, nouns, depth=depth + 1)
            other = resolved(f"{noun}s", nouns, depth=depth + 1) if other is None else other
            if other is None:
                return None
            if noun.endswith(("charge", "charges")):
                inside = sum(set(o) <= set(place) for o in other)
                return inside >= said.least and (said.most is None or inside <= said.most)
            inside = sum(set(o) <= set(place) and set(o) != set(place) for o in other)
            beside = sum(_hangs(o, place, nouns) for o in other)
            there = inside if inside and substituents is None else beside
    return there >= said.least and (said.most is None or there <= said.most)


def _hangs(other: Place, place: Place, nouns: Nouns) -> bool:
    """Whether a group is bonded to a place; one that is drawn with the atom that bears it counts, too."""
    outside = set(other) - set(place)
    if not outside:
        return False
    return any(n.GetIdx() in outside for a in place for n in nouns.molecule.mol.GetAtomWithIdx(a).GetNeighbors())


def borne(item: str, place: Place, nouns: Nouns) -> Places:
    """Find what a ring, group or atom has of a thing: within it, or bonded to it."""
    said = counted(item)
    other = resolved(said.noun, nouns) if said is not None else None
    own = tuple(o for o in other or () if set(o) < set(place))
    return own or tuple(o for o in other or () if _hangs(o, place, nouns))

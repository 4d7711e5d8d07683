"""The grammar of verb phrases: "is bonded to ...", "carries ... and ...", "lies between ..."."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import permutations

from rdkit import Chem

from molreflect.agents.analyst.predications.adjectives import is_so
from molreflect.agents.analyst.predications.composed.adjectives import adjective, bonds_out
from molreflect.agents.analyst.predications.composed.linked import chain_links, linking
from molreflect.agents.analyst.predications.composed.meant import Chain, Meant, Said, are_mutual, counts, relates
from molreflect.agents.analyst.predications.composed.phrases import is_between, lists, noun_phrases, reduced
from molreflect.agents.analyst.predications.composed.reader import Reader
from molreflect.agents.analyst.predications.composed.relations import (
    RELATIONS,
    Place,
    bonded,
    common_bearers,
)
from molreflect.agents.analyst.predications.composed.together import together
from molreflect.agents.analyst.predications.joins import flank
from molreflect.agents.analyst.predications.linking import is_to_hetero
from molreflect.agents.analyst.predications.listed import covers
from molreflect.agents.analyst.predications.places import at_atoms
from molreflect.agents.analyst.predications.subject import Quantity, number_of
from molreflect.tools.facts.parts import Places

_LONGEST_ADJECTIVE = 4
_LARGEST_BOND = 6
"""Atoms of the largest group by which a bond is found, as a peptide bond with its alpha-carbons."""


def verb_phrases(reader: Reader, k: int, depth: int = 0) -> Iterator[Said]:
    """Read the verb phrases that begin at a word: one, or several of one subject joined by "and"."""
    for first in _one(reader, k, depth):
        yield from _joined(reader, first, depth, 3)
        yield first


def _joined(reader: Reader, first: Said, depth: int, most: int) -> Iterator[Said]:
    comma = reader.low(first.end) == ","
    joins = reader.low(first.end + comma) in ("and", "but")
    if not most or not (joins or comma):
        return
    behind = reader.skip(first.end + comma + joins)
    follows = [*_one(reader, behind, depth)] or [*_elided(reader, first, behind, depth)]
    for second in follows:
        both = _both(first, second)
        if both is not None:
            yield from _joined(reader, both, depth, most - 1)
            if joins:
                yield both


def _elided(reader: Reader, first: Said, k: int, depth: int) -> Iterator[Said]:
    """Read "is ortho to the methoxy group and para to the aldehyde", in which the second verb is left out."""
    for holds, end in reduced(reader, k, depth):
        yield Said(end, holds)


def _both(first: Said, second: Said) -> Said | None:
    if first.holds is not None and second.holds is not None:
        one, other = first.holds, second.holds
        return Said(second.end, lambda place: one(place) and other(place))
    left, right = _as_together(first), _as_together(second)
    return Said(second.end, together=lambda places: left(places) and right(places))


def _as_together(said: Said) -> Callable[[Places], bool]:
    if said.together is not None:
        return said.together
    holds = said.holds
    assert holds is not None
    return lambda places: all(map(holds, places))


def _one(reader: Reader, k: int, depth: int) -> Iterator[Said]:
    k = reader.skip(k, floating=True)
    for relation, end in reader.phrase_at("verbs", k):
        yield from _of_verb(reader, relation, reader.skip(end), depth)
    for _, end in reader.phrase_at("be", k):
        yield from _behind_is(reader, reader.skip(end, floating=True), depth)


def _of_verb(reader: Reader, relation: str, k: int, depth: int) -> Iterator[Said]:
    if relation == "links":
        yield from linking(reader, k, depth)
    elif relation == "spans":
        yield from _spans(reader, k, depth)
    elif relation == "shares":
        yield from _shares(reader, k, depth)
    elif relation in ("made", "makes"):
        yield from _made(reader, k, depth, whole=relation == "made")
    elif relation == "flanks":
        for other in lists(reader, k, depth + 1):
            yield Said(other.end, together=lambda places, other=other: _flank(reader, places, other))  # type: ignore[misc]
    else:
        if relation == "bears" and reader.low(k) in ("index", "indices"):
            yield from _identity(reader, k, depth)
        whole = reader.low(k - 1) in ("comprises", "comprise", "of")
        for other in lists(reader, k, depth + 1):
            if not (relation == "contains" and whole and other.is_index):  # it tells all of its atoms then
                yield related(reader, relation, other)


def related(reader: Reader, relation: str, other: Meant) -> Said:
    """Read what a relation says: of each place, or of several, of which each has one thing of the list."""
    molecule = reader.molecule
    together = None
    several = other.quantity is Quantity.EXACTLY and (other.number or 0) > 1
    if other.parts or several or (relation == "bonded" and other.quantity is Quantity.ALL):
        together = lambda places: _shared_out(reader, relation, places, other)  # noqa: E731
    return Said(other.end, lambda place: relates(molecule, relation, place, other), together, relation, other)


def _shared_out(reader: Reader, relation: str, places: Places, other: Meant) -> bool:
    """Whether places bear the things of a list between them, one each."""
    if relation == "bonded" and other.quantity is Quantity.ALL and len(places) > len(other.places) > 1:
        holds = RELATIONS[relation]  # "three chlorines decorate the two rings"
        taken = [[holds(reader.molecule, p, q) for q in other.places] for p in places]
        return (
            other.of in (None, len(other.places)) and all(map(any, taken)) and all(map(any, zip(*taken, strict=True)))
        )
    parts = other.each()
    if len(parts) == len(places) and len(parts) < 6:
        return any(
            all(relates(reader.molecule, relation, place, part) for place, part in zip(places, row, strict=True))
            for row in permutations(parts)
        )
    return False


def _flank(reader: Reader, places: Places, other: Meant) -> bool:
    ends = Meant(places, Quantity.ALL, 0, of=len(places), is_plural=True)
    mol = reader.molecule.mol
    return len(places) == 2 and any(is_between(reader.molecule, p, ends) or flank(places, p, mol) for p in other.places)


def _spans(reader: Reader, k: int, depth: int) -> Iterator[Said]:
    """Read "runs between atoms 1 and 2", "spans C6 and C7" of a bond."""
    for ends in lists(reader, k, depth + 1):
        yield _spanned(reader, ends, ends.end)
    for one in noun_phrases(reader, k, depth + 1):
        if reader.low(one.end) in ("to", "with"):
            for other in noun_phrases(reader, one.end + 1, depth + 1):
                yield _spanned(reader, Meant((), Quantity.ALL, other.end, parts=(one, other)), other.end)


def _spanned(reader: Reader, ends: Meant, end: int) -> Said:
    mol = reader.molecule.mol

    def holds(place: Place) -> bool:
        groups = [part.places for part in ends.parts] or [(p,) for p in ends.places]
        if len(groups) != 2 or len(place) > _LARGEST_BOND:
            return False
        if len(place) > 2 and all(len(p) == 1 for group in groups for p in group) and _are_ends(reader, place, groups):
            return True
        return any(
            mol.GetBondBetweenAtoms(a, b) is not None
            for p in groups[0]
            for q in groups[1]
            for a in set(p) & set(place)
            for b in set(q) & set(place)
            if a != b and (len(place) == 2 or is_to_hetero(a, b, mol))
        )

    return Said(end, holds)


def _are_ends(reader: Reader, place: Place, groups: list[Places]) -> bool:
    """Whether two atoms are those of a part that are furthest from each other."""
    distances = Chem.GetDistanceMatrix(reader.molecule.mol)
    furthest = max(distances[a][b] for a in place for b in place)
    ends = {frozenset((a, b)) for a in place for b in place if distances[a][b] == furthest}
    return ends == {frozenset((groups[0][0][0], groups[1][0][0]))}


_SHARED = re.compile(r"(?:carbon|nitrogen|atom|bond|edge|side|carbon atom|ring)s?")


def _shares(reader: Reader, k: int, depth: int) -> Iterator[Said]:
    """Read "share atoms 6 and 12", "share a bond", "share one carbon atom"."""
    for common in lists(reader, k, depth + 1):
        if common.chain is not None and reader.low(common.end) == ",":
            for given in noun_phrases(reader, common.end + 1, depth + 1):
                atoms = {a for place in given.places for a in place}
                if given.is_index:
                    yield Said(
                        given.end,
                        together=lambda places, atoms=atoms, n=common.chain.number: (
                            _in_common(places) == atoms  # type: ignore[misc]
                            and len(atoms) == n
                        ),
                    )
        if common.is_index:
            atoms = {a for place in common.places for a in place}
            yield Said(common.end, together=lambda places, atoms=atoms: _in_common(places) == atoms)  # type: ignore[misc]
            if reader.low(common.end) == "with":
                for other in lists(reader, common.end + 1, depth + 1):
                    yield Said(
                        other.end,
                        lambda place, atoms=atoms, other=other: any(  # type: ignore[misc]
                            set(place) & set(q) == atoms for q in other.places
                        ),
                    )
        elif common.chain is not None:
            number, kind = common.chain.number, common.chain.kind
            if common.chain.at:
                told = common.chain.at
                yield Said(
                    common.end,
                    together=lambda places, told=told, n=number: _in_common(places) == told and len(told) == n,  # type: ignore[misc]
                )
                continue
            yield Said(
                common.end,
                together=lambda places, n=number, kind=kind: len(_in_common(places)) - (kind == "bond") == n,  # type: ignore[misc]
            )
        elif common.places and "bond" not in common.noun:
            yield Said(
                common.end,
                together=lambda places, c=common: counts(  # type: ignore[misc]
                    c, sum(set(p) <= (_in_common(places) or common_bearers(reader.molecule, places)) for p in c.places)
                ),
            )


def _in_common(places: Places) -> set[int]:
    return set.intersection(*map(set, places)) if places else set()


def _made(reader: Reader, k: int, depth: int, *, whole: bool) -> Iterator[Said]:
    """Read "takes up atoms 3 to 8", and "form the ring" of atoms."""
    mol = reader.molecule.mol
    for other in noun_phrases(reader, k, depth + 1):
        if whole and other.is_index:
            atoms = frozenset(a for place in other.places for a in place)
            yield Said(
                other.end,
                lambda place, atoms=atoms: covers(place, atoms, mol),  # type: ignore[misc]
                lambda places, atoms=atoms: covers(tuple({a for p in places for a in p}), atoms, mol),  # type: ignore[misc]
            )
        elif not whole and other.places and not other.is_index:
            yield Said(
                other.end,
                together=lambda places, other=other: any(  # type: ignore[misc]
                    covers(p, frozenset(a for q in places for a in q), mol) for p in other.places
                ),
            )


def _away(reader: Reader, k: int, depth: int) -> Iterator[Said]:
    """Read "is four bonds away from the ring"."""
    number = number_of(reader.low(k))
    if number is None or reader.low(k + 1) not in ("bond", "bonds"):
        return
    at = k + 2 + (reader.low(k + 2) in ("away", "removed", "apart"))
    if reader.low(at) != "from":
        return
    chain = Chain(number, "bond")
    for other in noun_phrases(reader, at + 1, depth + 1):
        yield Said(
            other.end,
            lambda place, other=other: chain_links(reader.molecule, chain, (Meant((place,), Quantity.THE, 0), other)),  # type: ignore[misc]
        )


_FUSED_AT = re.compile(r"fused (?:together )?(?:along|at|through|via|across|by)")


def _fused_at(reader: Reader, k: int, depth: int) -> Iterator[Said]:
    """Read "are fused along the bond between atoms 4 and 5", "fused at atoms 4 and 5"."""
    for size in (2, 3):
        if _FUSED_AT.fullmatch(" ".join(word.low for word in reader.words[k : k + size])) is None:
            continue
        at = k + size
        words = [reader.low(at + n) for n in range(4)]
        bond = 3 if words[:3] == ["the", "bond", "between"] else 4 if words[1:] == ["c-c", "bond", "between"] else 0
        for ends in lists(reader, at + bond, depth + 1):
            if all(part.is_index for part in ends.each()):
                atoms = {a for part in ends.each() for place in part.places for a in place}
                yield Said(ends.end, together=lambda places, atoms=atoms: _in_common(places) == atoms)  # type: ignore[misc]


def _behind_is(reader: Reader, k: int, depth: int) -> Iterator[Said]:
    """Read what stands behind "is"."""
    yield from linking(reader, k, depth, passive=True)
    yield from _by_locant(reader, k, depth)
    yield from _away(reader, k, depth)
    yield from _fused_at(reader, k, depth)
    yield from together(reader, k)
    for relation, end in reader.phrase_at("behind", k):
        if relation in ("links", "beyond", "between", "of", "contains"):
            continue
        for other in lists(reader, reader.skip(end), depth + 1):
            if other.chain is None and not (relation == "bears" and other.is_index):
                yield related(reader, relation, other)
    for holds, end in reduced(reader, k, depth):
        yield Said(end, holds)
    yield from _identity(reader, k, depth)
    yield from _adjectives(reader, k)


def _by_locant(reader: Reader, k: int, depth: int) -> Iterator[Said]:
    """Read "attached at its 3-position to ...", "bonded through C2 to ..."."""
    if reader.low(k) not in ("attached", "bonded", "linked", "connected", "joined", "bound"):
        return
    at = k + 1
    if reader.low(at) not in ("at", "through", "via", "by"):
        return
    at += 1 + (reader.low(at + 1) in ("its", "the"))
    at += reader.low(at) == "position"
    said = reader.resolver.locant(reader.words[at].text) if at < len(reader.words) else None
    if said is None or reader.low(at + 1) not in ("to", "of"):
        return
    for other in noun_phrases(reader, at + 2, depth + 1):
        yield Said(other.end, lambda place, other=other: _stands_by(reader, place, said, other))  # type: ignore[misc]


def _stands_by(reader: Reader, place: Place, said: int, other: Meant) -> bool:
    own = reader.resolver.numbered(said, place, "")
    return bool(own) and any(relates(reader.molecule, "bonded", atom, other) for atom in own or ())


def _identity(reader: Reader, k: int, depth: int) -> Iterator[Said]:
    """Read "is atom 7", "are atoms 3 and 6", "is the hydroxyl oxygen of the acid"."""
    at = reader.low(k) in ("at", "on", "in")
    for other in noun_phrases(reader, k + at, depth + 1):
        if other.is_index:
            atoms = frozenset(a for place in other.places for a in place)
            yield Said(
                other.end,
                lambda place, atoms=atoms, at=at: _is_at(reader, place, atoms, at=at),  # type: ignore[misc]
                lambda places, atoms=atoms: len(at_atoms(places, atoms)) == len(places),  # type: ignore[misc]
            )
        elif not at and not other.is_whole and not other.hydrogens and other.chain is None:
            yield _identical(reader, other)


def _is_at(reader: Reader, place: Place, atoms: frozenset[int], *, at: bool) -> bool:
    if set(place) == atoms or (len(place) > 1 and at_atoms((place,), atoms)):
        return True
    (own,) = atoms if len(atoms) == 1 else (None,)
    return at and own is not None and bonds_out(reader.molecule, place) == 1 and bonded(reader.molecule, place, (own,))


def _identical(reader: Reader, other: Meant) -> Said:
    def holds(place: Place) -> bool:
        if other.of not in (None, len(other.places)):
            return False
        if any(set(place) == set(q) for q in other.places):
            return True
        if other.noun[:2] == "CH" and any(place == q[:1] for q in other.places):
            return True  # "the terminal carbons are CH2OH groups"
        of_a_kind = other.quantity is Quantity.SOME and not other.modified
        return of_a_kind and any(_is_core_of(reader, place, q) for q in other.places)

    def together(places: Places) -> bool:
        if other.mutual and not are_mutual(reader.molecule, other.mutual, places):
            return False
        right = all(map(holds, places)) and other.number in (None, len(places))
        if other.quantity is Quantity.ALL and not other.is_bare:
            return right and len(places) == (other.of or len(other.places))
        return right

    if other.is_plural:
        return Said(other.end, None if other.mutual or other.quantity is Quantity.ALL else holds, together)
    return Said(other.end, holds)


def _is_core_of(reader: Reader, place: Place, kind: Place) -> bool:
    """Whether "its OH group is a phenol" holds: one of them has the other, and all heteroatoms of it."""
    mol = reader.molecule.mol
    hetero = {a for a in (*place, *kind) if mol.GetAtomWithIdx(a).GetAtomicNum() != 6}
    if set(place) < set(kind):
        return _is_hetero(reader, place)
    return set(kind) < set(place) and bool(hetero) and hetero <= set(kind)


def _is_hetero(reader: Reader, place: Place) -> bool:
    """Whether a place has a heteroatom: "its OH group is a phenol", but no carbon of it is."""
    return any(reader.molecule.mol.GetAtomWithIdx(a).GetAtomicNum() != 6 for a in place)


def _adjectives(reader: Reader, k: int) -> Iterator[Said]:
    """Read "is exocyclic", "are sp2-hybridised", "is secondary"."""
    for end in range(min(len(reader.words), k + _LONGEST_ADJECTIVE), k, -1):
        words = [word.low for word in reader.words[k:end]]
        if set(words) & {",", ";", "(", ")", "and", "to", "atom"} or words[0] in ("the", "a", "an"):
            continue
        holds = adjective(words[0]) if len(words) == 1 and words[0] not in _AMBIGUOUS else None
        if holds is not None:
            yield Said(end, lambda place, holds=holds: holds(reader.molecule, place))  # type: ignore[misc]
            continue
        text = " ".join(words)
        if _is_known(text, reader):
            yield Said(end, lambda place, text=text: is_so(text, place, reader.resolver.nouns) is True)  # type: ignore[misc]


_AMBIGUOUS = frozenset(
    [
        "primary",
        "secondary",
        "tertiary",
        "quaternary",
        "isolated",
        "substituted",
        "single",
        "terminal",
        "end",
        "ring",
        "chain",
    ]
)


def _is_known(text: str, reader: Reader) -> bool:
    """Whether words that stand behind "is" are decided of some atom or bond at all."""
    mol = reader.molecule.mol
    atoms: list[Place] = [(a.GetIdx(),) for a in mol.GetAtoms()]
    every = [
        *atoms,
        *((b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in mol.GetBonds()),
        *mol.GetRingInfo().AtomRings(),
    ]
    return any(is_so(text, place, reader.resolver.nouns) is not None for place in every)

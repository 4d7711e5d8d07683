"""What is said of a part, made from what stands behind its verb: relations, counts, identities, indices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, permutations, product

from rdkit import Chem

from molreflect.agents.analyst.grammar.meaning import Many, Meaning, Place, Predicate, counts_right
from molreflect.agents.analyst.grammar.nouns import is_hydrogen
from molreflect.agents.analyst.grammar.relations import (
    Relation,
    around,
    attached,
    bears_alone,
    is_ring,
    links,
    next_to,
    on_neighbours,
    same_bearer,
    within,
)
from molreflect.agents.analyst.grammar.tokens import Sentence
from molreflect.agents.analyst.predications.vocabulary import connected_parts
from molreflect.tools.facts.parts import Places


def related(relation: Relation, objects: Sequence[Meaning], s: Sentence, name: str) -> Predicate:
    """Say that something stands in a relation to as many places of each thing as is said."""
    mol = s.mol
    by_whole = name in ("within", "contains", "has", "fused", "ends")

    def of_each(place: Place) -> bool:
        return all(_of_one(place, each) for each in objects)

    def _of_one(place: Place, each: Meaning) -> bool:
        if each.only_counts:
            hydrogens = int(s.mol.GetAtomWithIdx(place[0]).GetTotalNumHs(True)) if any(map(is_hydrogen, objects)) else 0
            return name in ("bears", "has", "attached") and bears_alone(place, mol) + hydrogens == each.number
        if each.is_molecule:
            return name in ("within", "attached")
        if is_hydrogen(each):
            return not each.then and name in ("bears", "has", "attached") and _counted_hydrogens(place, each, s)
        pairs = list(zip(each.places, each.whole, strict=True)) or _ring_of_that_name(each)
        if name == "within" and pairs and all(len(p) == 1 for p, _ in pairs) and len(place) > 0:
            near = [p for p, _ in pairs if within(place, p, mol) or attached(place, p, mol)]
            return counts_right(each, near)  # "belongs to the lactam nitrogen"
        if name in ("bears", "has") and any(place in m.places for m in each.mentions):
            return counts_right(each, each.places)  # "has a carboxylic acid ortho to it"
        if each.noun.lower().endswith("charge") and name in ("bears", "has"):
            return counts_right(each, [p for p in each.places if set(p) <= set(place)])
        if name == "attached" and _charge_at(place, each.given, s):
            return True
        if name == "attached" and any(_charge_at(place, frozenset(p), s) for p in each.places if len(p) == 1):
            return True
        found = [p for p, w in pairs if relation(place, p, mol) or (by_whole and w != p and relation(place, w, mol))]
        return counts_right(each, found)

    def _ring_of_that_name(each: Meaning) -> list[tuple[Place, Place]]:
        """A ring that is fused is not of the class that is named after it alone: "a pyrazole fused to a pyrimidine"."""
        return [(p, p) for p in _rings_named(each, s)] if name == "fused" and each.many is Many.SOME else []

    def of_molecule() -> bool:
        if name not in ("bears", "has", "contains"):
            return False
        real = [each for each in objects if not each.only_counts]
        return all(not is_hydrogen(each) and counts_right(each, each.places) for each in real)

    return Predicate(of_each, None, of_molecule, by_whole, tuple(objects), relation=name)


def _rings_named(each: Meaning, s: Sentence) -> Places:
    """The rings of a name that, fused to others, are not of its class; none where the noun found places itself."""
    if s.nouns.places(each.noun):
        return ()  # an adjective has left none of them: "a brominated benzene ring"
    return s.nouns.places(f"{each.noun} ring") or ()


def _charge_at(place: Place, atoms: frozenset[int], s: Sentence) -> bool:
    """Whether a charged atom is one of those given: a charge sits "on" its own atom."""
    return len(place) == 1 and place[0] in atoms and s.mol.GetAtomWithIdx(place[0]).GetFormalCharge() != 0


def _counted_hydrogens(place: Place, said: Meaning, s: Sentence) -> bool:
    number = sum(int(s.mol.GetAtomWithIdx(a).GetTotalNumHs(True)) for a in place)
    if said.many is Many.SOME and not said.is_plural:
        return number == 1
    return counts_right(said, ((0,),) * number)


def at_both_ends(chain: Meaning, s: Sentence) -> Predicate:
    """Say that a part is at one end of a chain, and another one like it at the other end."""

    def kind(index: int) -> tuple[int, int, int]:
        atom = s.mol.GetAtomWithIdx(index)
        return atom.GetAtomicNum(), atom.GetTotalDegree(), int(atom.GetTotalNumHs(True))

    def of_each(place: Place) -> bool:
        for row in drawn(chain):
            own = around(row, s.mol) & set(place)
            rest = around(row, s.mol) - set(place)
            if own and len(rest) == 1 and kind(next(iter(own))) == kind(next(iter(rest))):
                return True
        return False

    return Predicate(of_each)


def denied(said: Predicate) -> Predicate:
    """Say that something does not hold: of any place, of the places together, of the molecule."""
    of_each, of_all, of_molecule = said.of_each, said.of_all, said.of_molecule
    return Predicate(
        None if of_each is None else lambda place: not of_each(place),
        None if of_all is None or of_each is not None else lambda places: not of_all(places),
        None if of_molecule is None or said.objects else lambda: not of_molecule(),
        objects=said.objects,
    )


def both(one: Predicate, other: Predicate) -> Predicate:
    """What two predicates say together of several places."""

    def of_all(places: Sequence[Place]) -> bool:
        return (
            one.of_all is not None
            and other.of_each is not None
            and one.of_all(places)
            and all(map(other.of_each, places))
        )

    return Predicate(None, of_all)


def mutual(relation: Relation, s: Sentence) -> Predicate:
    """Say that several places stand in a relation to each other, each to the next one at least."""

    def of_all(places: Sequence[Place]) -> bool:
        if len(places) == 2:
            return relation(places[0], places[1], s.mol)
        pairs = [(a, b) for a, b in combinations(places, 2) if relation(a, b, s.mol)]
        return relation in (next_to, on_neighbours) and len(pairs) == len(places) - 1 and _is_connected(places, pairs)

    return Predicate(None, of_all)


def _is_connected(places: Sequence[Place], pairs: Sequence[tuple[Place, Place]]) -> bool:
    reached = {places[0]}
    for _ in places:
        reached |= {b for a, b in pairs if a in reached} | {a for a, b in pairs if b in reached}
    return len(reached) == len(set(places))


def on_one(bearer: Meaning, s: Sentence, *, held: bool = False) -> Predicate:
    """Say that several parts hang on one atom, bond or ring; of a bond with `held` that it is part of each."""

    def of_all(places: Sequence[Place]) -> bool:
        common = set.intersection(*(set(p) for p in places))
        if held and bearer.many is Many.EXACTLY and all(len(p) == 1 for p in bearer.places):
            return sum(set(p) <= common for p in bearer.places) == bearer.number
        if held and bearer.given:
            return bearer.given <= common
        single = frozenset(a for p in bearer.places if len(p) == 1 for a in p)
        if single and same_bearer(places, s.mol, lambda a: a in single):
            return True
        if "bond" in bearer.noun:
            ends = [b for b in bearer.places if all(around(p, s.mol) & set(b) for p in places)]
            shared = [b for b in bearer.places if all(set(b) <= set(p) for p in places)]
            return counts_right(bearer, shared if held else shared or ends)
        rings = [p for p in bearer.places if len(p) > 1]
        return any(all(attached(p, ring, s.mol) or set(p) < set(ring) for p in places) for ring in rings)

    return Predicate(None, of_all, objects=(bearer,) if len(bearer.places) == 1 else ())


def linking(objects: Sequence[Meaning], s: Sentence) -> Predicate:
    """Say that a part stands between two others, or is the bond between two atoms."""

    def of_each(place: Place) -> bool:
        if len(objects) == 1:
            (one,) = objects
            if one.given:
                ends = [(a,) for a in sorted(one.given)]
                return _is_bond_of(place, one.given, s) or (
                    len(ends) == 2 and len(place) != 2 and links(place, ends, s.mol)
                )
            if one.of == 2 and any(_is_between(place, pair, s) for pair in combinations(one.places, 2)):
                return True
            near = _apart([p for p in one.places if set(p) & around(place, s.mol)])
            said = one.number if one.many is Many.EXACTLY else one.of
            if not one.is_plural or (said is not None and len(near) != said):
                return False
            return any(links(place, pair, s.mol) for pair in combinations(near, 2))
        if len(objects) != 2:
            return False
        if all(each.given for each in objects) and _is_bond_of(place, objects[0].given | objects[1].given, s):
            return True
        pairs = [(p, q) for p in objects[0].places for q in objects[1].places if p != q]
        return any(links(place, pair, s.mol) or _is_between(place, pair, s) for pair in pairs)

    def of_all(places: Sequence[Place]) -> bool:
        """Whether they do so in a row, none of them to spare."""
        rows = [tuple(a for place in places if place != left for a in place) for left in ((), *places)]
        linked = [len(connected_parts(row, s.mol)) == 1 and of_each(row) for row in rows]
        return linked[0] and not any(linked[1:])

    return Predicate(
        lambda place: any(map(of_each, (place, _bearer(place, s), _with_carbon(place, s)))),
        of_all,
        objects=tuple(objects),
    )


def _is_between(place: Place, pair: Sequence[Place], s: Sentence) -> bool:
    """Whether a ring atom stands between the two that bear something: "the carbon between the two hydroxyls"."""
    ringed = any(s.mol.GetAtomWithIdx(a).IsInRing() for p in pair for a in p)
    if len(place) != 1 or not s.mol.GetAtomWithIdx(place[0]).IsInRing() or ringed:
        return False
    beside = [a for a in around(place, s.mol) if s.mol.GetAtomWithIdx(a).IsInRing()]
    bearing = [{a for a in beside if a not in p and a in around(p, s.mol)} for p in pair]
    return any(a != b for a in bearing[0] for b in bearing[1])


def _with_carbon(place: Place, s: Sentence) -> Place:
    """An alcohol with its carbon, by which it stands between two parts."""
    atom = s.mol.GetAtomWithIdx(place[0])
    alcohol = len(place) == 1 and atom.GetAtomicNum() == 8 and atom.GetTotalNumHs(True) == 1
    return (*place, *around(place, s.mol)) if alcohol else place


def _bearer(place: Place, s: Sentence) -> Place:
    """The ring atom that bears a part: what a group "between the two nitrogens" hangs on."""
    near = [a for a in around(place, s.mol) if s.mol.GetAtomWithIdx(a).IsInRing()]
    return tuple(near) if len(near) == 1 and not s.mol.GetAtomWithIdx(place[0]).IsInRing() else place


def _apart(places: Sequence[Place]) -> list[Place]:
    """Leave out places that are mostly another one: the ring of two phenols."""
    kept: list[Place] = []
    for place in places:
        if not any(len(set(place) & set(other)) > 2 for other in kept):
            kept.append(place)
    return kept


def _is_bond_of(place: Place, atoms: frozenset[int], s: Sentence) -> bool:
    """Whether two atoms are those that a bond of a group joins; the rest of it are carbons."""
    if len(atoms) != 2 or not atoms <= set(place) or s.mol.GetBondBetweenAtoms(*sorted(atoms)) is None:
        return False
    return all(s.mol.GetAtomWithIdx(a).GetAtomicNum() == 6 for a in set(place) - atoms)


def drawn(meaning: Meaning) -> list[Place]:
    """The places of a thing, by the atoms that bear what is said of it and with all of its atoms."""
    return list(dict.fromkeys((*meaning.places, *meaning.whole)))


def making_up(what: Meaning, s: Sentence) -> Predicate:
    """Say of several atoms that they are those of a part, or all of it that is no carbon."""

    def of_all(places: Sequence[Place]) -> bool:
        together = {a for place in places for a in place}
        if what.is_plural and what.many is Many.SOME:
            return False  # "belong to carboxyl groups": each of them does
        return any(together in (set(p), _heteroatoms(p, s)) for p in (*what.places, *what.whole))

    return Predicate(None, of_all)


def _heteroatoms(place: Place, s: Sentence) -> set[int]:
    return {a for a in place if s.mol.GetAtomWithIdx(a).GetAtomicNum() != 6}


def joining(relation: Relation, one: Meaning, other: Meaning, s: Sentence) -> Predicate:
    """Say of the molecule that two things stand in a relation in it."""

    def of_molecule() -> bool:
        first, second = (drawn(each) or list(_rings_named(each, s)) for each in (one, other))
        return any(relation(p, q, s.mol) for p in first for q in second if p != q)

    return Predicate(None, None, of_molecule)


def one_of_each(objects: Sequence[Meaning], together: Predicate, relation: Relation, s: Sentence) -> Predicate:
    """Say that there is one place of each thing of which something holds together, in the molecule or at a part."""
    some = list(product(*(each.places for each in objects))) if len(objects) > 1 else []

    def of_each(place: Place) -> bool:
        return any(
            all(relation(place, p, s.mol) for p in places) and together.of_all is not None and together.of_all(places)
            for places in some
        )

    def in_molecule() -> bool:
        counted = all(counts_right(each, each.places) for each in objects)
        return counted and together.of_all is not None and any(map(together.of_all, some))

    return Predicate(of_each, None, in_molecule, objects=tuple(objects))


def of_both(one: Predicate, other: Predicate) -> Callable[[], bool]:
    """Whether two predicates hold of the molecule."""
    return lambda: all(each.of_molecule is not None and each.of_molecule() for each in (one, other))


def being(what: Meaning, s: Sentence) -> Callable[[Place], bool]:
    """Whether a part is one: its atoms are of one place, or hold it."""

    def holds(place: Place) -> bool:
        return any(within(place, q, s.mol) or within(q, place, s.mol) for q in drawn(what))

    return holds


def all_of(one: Callable[[Place], bool], other: Callable[[Place], bool]) -> Callable[[Place], bool]:
    """Whether two things hold of a place."""
    return lambda place: one(place) and other(place)


def at_atoms(atoms: Sequence[int], s: Sentence) -> Predicate:
    """Say that a part is at atoms: all of it, one of it, or all but carbons; one beside it may count."""
    said = set(atoms)

    def of_each(place: Place) -> bool:
        own = set(place)
        ringed = {a for a in own if s.mol.GetAtomWithIdx(a).IsInRing()}
        if said in (own, ringed) or (len(said) == 1 and said <= own and not is_ring(place, s.mol)):
            return True
        beside = said - own
        if own < said:
            return len(beside) == 1 and beside <= around(place, s.mol)
        rest = [s.mol.GetAtomWithIdx(a) for a in own - said]
        hetero = any(s.mol.GetAtomWithIdx(a).GetAtomicNum() != 6 for a in own)
        return said < own and hetero and not is_ring(place, s.mol) and all(a.GetAtomicNum() == 6 for a in rest)

    def of_all(places: Sequence[Place]) -> bool:
        together = {a for place in places for a in place}
        return said <= together and all(len(set(place) & said) == 1 or set(place) <= said for place in places)

    return Predicate(of_each, of_all, by_whole=True)


def sharing_with(bearer: Meaning, other: Meaning, s: Sentence) -> Predicate:
    """Say that a part hangs on the same atom or ring as another one: "on the same carbon as the acid"."""
    together = on_one(bearer, s).of_all
    return Predicate(
        lambda place: together is not None and any(together((place, q)) for q in drawn(other) if q != place)
    )


def linked_by(one: Meaning, s: Sentence, other: Meaning | None = None) -> Predicate:
    """Say that two parts hang together by a third one: "linked by an NH", "attached through a CH2 to the ring"."""

    def of_all(places: Sequence[Place]) -> bool:
        if len(places) == 2 and "bond" in one.noun:
            return any(joins(bond, places) for bond in one.places)
        return len(places) == 2 and any(links(p, places, s.mol) for p in drawn(one))

    def of_each(place: Place) -> bool:
        far = drawn(other) if other is not None else []
        return any(links(p, (place, q), s.mol) for p in drawn(one) for q in far if q != place)

    return Predicate(None, of_all) if other is None else Predicate(of_each)


def joins(bond: Place, places: Sequence[Place]) -> bool:
    """Whether a bond is between two parts."""
    one, other = set(bond) & set(places[0]), set(bond) & set(places[1])
    return len(bond) == 2 and bool(one) and bool(other) and len(one | other) == 2


def led_to_by(one: Meaning, s: Sentence, other: Meaning) -> Predicate:
    """Say that the way from a part to another one leads over so many of something: "joined to it through two CH2"."""
    apart = separated_by(one, s).of_all
    if one.many is not Many.EXACTLY or one.number == 1:
        return linked_by(one, s, other)
    return Predicate(lambda place: apart is not None and any(apart((place, q)) for q in drawn(other) if q != place))


def separated_by(one: Meaning, s: Sentence) -> Predicate:
    """Say that the shortest way between two parts leads over so many of something, and nothing else."""

    def of_all(places: Sequence[Place]) -> bool:
        if len(places) != 2:
            return False
        ends = [_function(place, s) for place in places]
        far = Chem.GetDistanceMatrix(s.mol)
        a, b = min(((a, b) for a in ends[0] for b in ends[1]), key=lambda pair: float(far[pair[0]][pair[1]]))
        between = set(Chem.GetShortestPath(s.mol, a, b)[1:-1]) if a != b and far[a][b] > 1 else set()
        over = [p for p in one.places if set(p) & between]
        return {x for p in over for x in p} >= between and bool(between) and counts_right(one, over)

    return Predicate(None, of_all)


def _function(place: Place, s: Sentence) -> list[int]:
    """The atoms of a part without saturated carbons that it is drawn with; all of them where it has no others."""
    atoms = [s.mol.GetAtomWithIdx(a) for a in place]
    return [a.GetIdx() for a in atoms if a.GetAtomicNum() != 6 or a.GetTotalDegree() != 4] or list(place)


def on_atoms(atoms: frozenset[int], s: Sentence) -> Predicate:
    """Say that a part is or hangs on one of some atoms."""
    return Predicate(lambda place: bool(atoms & (around(place, s.mol) | set(place))))


def of_molecule(holds: bool) -> Predicate:
    """Say something of the molecule that is known already."""
    return Predicate(None, None, lambda: holds)


def on_ring_with_one(word: str, s: Sentence) -> Predicate:
    """Say that a part stands ortho, meta or para on a benzene ring that bears one other thing."""
    apart = {"ortho": 1, "meta": 2, "para": 3}[word]

    def of_each(place: Place) -> bool:
        for ring in s.mol.GetRingInfo().AtomRings():
            bearing = [k for k, a in enumerate(ring) if around((a,), s.mol) - set(ring)]
            own = [k for k in bearing if around((ring[k],), s.mol) & set(place) - set(ring)]
            if len(ring) == 6 and len(bearing) == 2 and len(own) == 1:
                distance = abs(bearing[0] - bearing[1])
                return min(distance, 6 - distance) == apart
        return False

    return Predicate(of_each)


def on_rings_apart(s: Sentence) -> Predicate:
    """Say that several parts hang on rings, no two on the same one."""

    def of_all(places: Sequence[Place]) -> bool:
        on = []
        for place in places:
            near = around(place, s.mol) | set(place)
            on.append({k for k, ring in enumerate(s.mol.GetRingInfo().AtomRings()) if near & set(ring)})
        return all(on) and all(not a & b for a, b in combinations(on, 2))

    return Predicate(None, of_all)


def on_atoms_apart(s: Sentence) -> Predicate:
    """Say that several parts hang on atoms, no two on the same one."""

    def of_all(places: Sequence[Place]) -> bool:
        on = [around(place, s.mol) or set(place) for place in places]
        return all(not a & b for a, b in combinations(on, 2))

    return Predicate(None, of_all)


def each_one(tells: Sequence[Callable[[Place], bool] | None]) -> Predicate:
    """Say that of several parts each one is at another of as many places."""
    known = [tell for tell in tells if tell is not None]

    def of_all(places: Sequence[Place]) -> bool:
        if len(places) != len(known) or len(known) != len(tells):
            return False
        return any(all(tell(p) for tell, p in zip(known, some, strict=True)) for some in permutations(places))

    return Predicate(None, of_all)


def through(one: Meaning, s: Sentence, other: Meaning | None = None) -> Predicate:
    """Say of a part that an atom of its own is the one it hangs by, on another one: "attached through nitrogen"."""

    named = one.noun.lower().endswith(("bond", "linkage", "group", "function"))

    def hangs(own: Place, place: Place) -> bool:
        if named and set(own) & set(place) and set(own) - set(place):  # the acyl group of the amide bond
            beyond = (around(own, s.mol) | set(own)) - set(place)
            return other is None or any(beyond & set(q) for q in drawn(other))
        if not set(own) < set(place):
            return False
        near = around(own, s.mol) - set(place)
        return bool(near) if other is None else any(near & set(q) for q in drawn(other))

    return Predicate(lambda place: any(hangs(own, place) for own in one.places))

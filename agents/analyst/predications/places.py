"""Which atoms the noun of a clause means: "the carbon bearing the hydroxyl", "the ring nitrogen"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from rdkit import Chem

from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.predications.tokens import INDEX, without_index
from molreflect.agents.analyst.predications.vocabulary import FILTERS, called, synonym
from molreflect.agents.analyst.sentence import reads_as_name
from molreflect.tools.facts.composed import DEGREES, degrees_in
from molreflect.tools.facts.groups import locate
from molreflect.tools.facts.parts import Places, part_named
from molreflect.tools.facts.substitution import substitution_of
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.names.atoms import ELEMENTS as ATOMIC_NUMBERS
from molreflect.tools.resources import Resources

_WHOLE = frozenset(
    ["it", "there", "this", "molecule", "compound", "structure", "substance", "species", "skeleton", "ring skeleton",
     "carbon skeleton", "framework"]
)  # fmt: skip
_KINDS = frozenset(
    [
        *("drug", "steroid", "alkaloid", "sugar", "acid", "ion", "cation", "anion", "salt", "peptide", "dipeptide"),
        *("hormone", "vitamin", "antibiotic", "neurotransmitter", "nucleoside", "nucleotide", "flavonoid", "terpene"),
        *("dye", "solvent", "pesticide", "herbicide", "insecticide", "monomer", "metabolite", "opioid", "anaesthetic"),
    ]
)
"""Words for a molecule by its use or kind."""
_OF_IT = re.compile(
    r" (?:of|in|within) (?:it|the (?:molecule|compound|structure)|this (?:molecule|compound))$", re.IGNORECASE
)
_MODIFIED = re.compile(
    r" (?:(?P<fused>fused (?:to|with))"
    r"|(?P<bearing>bearing|carrying|(?:that|which) (?:bears|carries)|(?:directly )?(?:attached|bonded|bound)"
    r"(?: directly)? to|next to|adjacent to|beside)"
    r"|(?P<greek>alpha|beta|gamma|delta) to|(?P<between>between|flanked by|that (?:sits|lies) between)"
    r"|(?P<containing>containing|with)|(?P<within>of|in|within|from)|(?P<on>on)) (?:the |an? |its )?",
    re.IGNORECASE,
)
_BEARING = re.compile(r"bearing|carrying|that|which", re.IGNORECASE)
_SIZED = re.compile(r"(?P<size>[a-z]+|\d{1,2})-membered (?P<rest>.+)", re.IGNORECASE)
_COMPOUND = re.compile(r"^(?P<what>\w+)-(?P<how>bearing|containing) (?P<head>.+)$")
_NO_NOUN = frozenset(
    ["to", "it", "that", "which", "each", "other", "by", "with", "at", "than", "as", "not", "or", "is", "are", "via"]
)
"""Words that no noun has: what holds one is not understood."""
_CARBONYL_CARBON = re.compile(
    r"(?P<group>ketone|aldehyde|ester|amide|lactone|lactam|imide|urea|carbamate|anhydride|enone) carbon(?: atom)?s?"
)
_KETONE = re.compile(r"\bketones?(?: group)?s?$", re.IGNORECASE)
_CARBONYL = Chem.MolFromSmarts("[#6]=[OX1]")
_HETERO = re.compile(r"\b(?:amine|amino group|amino|ammonium(?: ion| group)?)s?$", re.IGNORECASE)


_ALKENE = re.compile(
    r"(?P<times>mono|di|tri|tetra)substituted (?:alkene|olefin|double bond|c=c double bond|carbon-carbon double bond)s?"
)
_TIMES = ("mono", "di", "tri", "tetra")

_IN_A_RING = re.compile(
    r"(?P<ring>[a-z,0-9-]{4,}) (?:(?P<element>nitrogen|oxygen|sulfur|sulphur|carbon)s?(?: atoms?)?"
    r"|(?P<part>part|portion|half|unit|moiety|fragment|core))"
)


@dataclass(slots=True)
class Nouns:
    """Looks nouns up in one molecule, each once."""

    molecule: Molecule
    resources: Resources
    read: dict[str, Places] = field(default_factory=dict)
    """What the reader of captions found, by its words in small letters; for nouns that the facts do not know."""
    known: dict[str, Places | None] = field(default_factory=dict)

    def is_whole(self, noun: str) -> bool:
        """Whether a noun means the molecule."""
        return noun.lower() in _WHOLE

    def is_no_part(self, noun: str) -> bool:
        """Whether a noun that may be a name is none of a part: it is not known, not there, or all of the molecule."""
        places = self.places(noun)
        return not places or len(places[0]) == self.molecule.mol.GetNumAtoms()

    def is_kind_of_molecule(self, noun: str) -> bool:
        """Whether a noun may mean the molecule: "the drug", "the amino acid"."""
        return bool(noun.split()) and noun.lower().split()[-1] in _KINDS

    def places(self, noun: str) -> Places | None:
        """Find what a noun means; None where the words are not understood, empty where it is not there."""
        low = _OF_IT.sub("", " ".join(re.sub("[\u2010-\u2013]", "-", noun).split()))
        if low not in self.known:
            self.known[low] = self._found(low)
        return self.known[low]

    def _found(self, noun: str) -> Places | None:
        if (given := INDEX.search(noun)) is not None:
            return self._given(noun, frozenset(map(int, given["atoms"].strip(",").split(","))))
        noun = _COMPOUND.sub(lambda m: f"{m['head']} {m['how']} {m['what']}", noun)
        if (modified := _MODIFIED.search(noun)) is not None:
            return self._modified(noun[: modified.start()], modified, noun[modified.end() :])
        noun = synonym(noun)
        key = noun.lower()
        if _NO_NOUN & set(key.split()):
            return None
        if (own_name := called(key, self.molecule)) is not None:
            return own_name
        if key in ("substituents", "ring substituents", "substituents on the ring", "substituents on the benzene ring"):
            return _on_the_benzene_ring(self.molecule)
        if (degree := _ALKENE.fullmatch(key)) is not None:
            return self._of_alkene(_TIMES.index(degree["times"]) + 1)
        if key in ("central carbon", "central carbon atom"):
            return _central_carbon(self.molecule.mol)
        first, _, rest = noun.partition(" ")
        if (carbon := _CARBONYL_CARBON.fullmatch(key)) is not None:
            pairs = self.places(f"{carbon['group']} carbonyl")
            mol = self.molecule.mol
            return pairs and tuple((a,) for pair in pairs for a in pair if mol.GetAtomWithIdx(a).GetAtomicNum() == 6)
        if first.lower() == "central" and rest and (middle := self._central(rest)) is not None:
            return middle
        if first.lower() == "fused" and rest and (rings := self.places(rest)) is not None:
            return tuple(place for place in rings if _is_fused(place, self.molecule.mol))
        if first.lower() == "terminal" and rest and locate(noun, self.molecule, self.resources).why_not:
            own = self.places(rest)
            return None if own is None else tuple(p for p in own if _bonds_out(p, self.molecule.mol) == 1)
        if (holds := FILTERS.get(first.lower())) is not None and _is_atom(rest) and part_named(noun) is None:
            return self._filtered(rest, holds)
        if first.lower() in DEGREES and rest and (of_degree := self._of_degree(first.lower(), rest)) is not None:
            return of_degree
        if first.lower() == "aromatic" and _HETERO.search(rest):
            return self._at_aromatic(rest)
        if first.lower() == "saturated" and "membered" in rest:
            noun = " ".join([*rest.split()[:-1], first, rest.split()[-1]])  # "saturated six-membered ring"
        if (
            key.endswith((" substituent", " substituents"))
            and (own := self.places(noun.rpartition(" ")[0])) is not None
        ):
            return tuple(place for place in own if _bonds_out(place, self.molecule.mol) == 1)
        if (sized := _SIZED.fullmatch(noun)) is not None and part_named(noun) is None:
            return self._of_size(number_of(sized["size"]), sized["rest"])
        if key in ("c=c double bond", "carbon-carbon double bond", "c=c bond", "c=c"):
            return tuple(self.molecule.mol.GetSubstructMatches(Chem.MolFromSmarts("[#6]=[#6]")))
        found = locate(noun, self.molecule, self.resources)
        if key in ("phenyl", "phenyls", "phenyl group", "phenyl groups"):  # a fused benzene ring is one in a pinch
            alone = tuple(place for place in found.atoms if not _is_fused(place, self.molecule.mol))
            return alone or found.atoms
        if found.why_not or found.more:
            return self.read.get(key)
        if part_named(noun) is not None or found.atoms:
            return found.atoms
        return self._of_a_fused_ring(key) or self.read.get(key, ())

    def _of_a_fused_ring(self, key: str) -> Places:
        """Find "the pyridine nitrogen", "the imidazole part" in a ring that is fused to another, and so no pyridine."""
        told = _IN_A_RING.fullmatch(key)
        rings = self.places(f"{told['ring']} ring") if told is not None else ()
        if told is None or not rings or told["part"]:
            return rings or ()
        number = ATOMIC_NUMBERS[told["element"]]
        mol = self.molecule.mol
        atoms = {a for ring in rings for a in ring if mol.GetAtomWithIdx(a).GetAtomicNum() == number}
        return tuple((atom,) for atom in sorted(atoms))

    def _given(self, noun: str, atoms: frozenset[int]) -> Places | None:
        """Find what a noun means at the atoms that are given for it: "ring nitrogen@5", "atoms@2,4"."""
        if not INDEX.sub("", noun, count=1).lower().removesuffix("s").replace("atom", ""):
            size = self.molecule.mol.GetNumAtoms()
            return tuple((atom,) for atom in sorted(atoms)) if max(atoms) < size else ()
        whole = self.places(INDEX.sub("", noun, count=1))
        own = at_atoms(whole or (), atoms)
        modified = _MODIFIED.search(noun)
        if own or modified is None or INDEX.search(noun[: modified.start()]) is not None:
            return None if whole is None else own
        return self._modified(noun[: modified.start()], modified, noun[modified.end() :])

    def _central(self, rest: str) -> Places | None:
        """Find the "central CH": of several single atoms the one to which all others are nearest."""
        inner = self.places(rest)
        if not inner or any(len(place) != 1 for place in inner):
            return None
        far = [max(row) for row in Chem.GetDistanceMatrix(self.molecule.mol)]
        nearest = min(far[place[0]] for place in inner)
        own = tuple(place for place in inner if far[place[0]] == nearest)
        return own if len(own) == 1 else None

    def _of_alkene(self, said: int) -> Places:
        """Find the double bonds between carbons that bear so many carbons and heteroatoms."""
        mol = self.molecule.mol
        bonds = mol.GetSubstructMatches(Chem.MolFromSmarts("[#6;!a]=[#6;!a]"))
        return tuple(bond for bond in bonds if _bonds_out(bond, mol) == said)

    def _of_size(self, size: int | None, rest: str) -> Places | None:
        """Find the "five-membered thiazolidine": a class with a ring of that size in each place."""
        places = self.places(rest)
        if places is None or size is None:
            return None
        rings = [set(ring) for ring in self.molecule.mol.GetRingInfo().AtomRings() if len(ring) == size]
        return tuple(place for place in places if any(len(ring & set(place)) > size - 2 for ring in rings))

    def _of_degree(self, degree: str, rest: str) -> Places | None:
        """Find the hydroxy groups, amines ... of one degree: "primary hydroxyl groups", "primary aromatic amine"."""
        if "carbon" in rest or rest.lower() in ("amine", "amines", "alcohol", "alcohols"):
            return None  # named so in the lexicon
        places = self.places(rest)
        if places is None:
            return None
        own = [
            set(atoms)
            for kind, each, atoms in degrees_in(self.molecule)
            if each == degree and not (kind == "alcohol" and _is_acetal(self.molecule.mol.GetAtomWithIdx(atoms[0])))
        ]
        return tuple(place for place in places if any(set(place) & atoms for atoms in own))

    def _at_aromatic(self, rest: str) -> Places | None:
        inner = self.anchors(rest)
        if inner is None:
            return None
        mol = self.molecule.mol
        return tuple(
            p for p in inner if any(n.GetIsAromatic() for a in p for n in mol.GetAtomWithIdx(a).GetNeighbors())
        )

    def _filtered(self, rest: str, holds: Callable[[Chem.Atom], bool]) -> Places | None:
        inner = self.places(rest)
        if inner is None or any(len(place) != 1 for place in inner):
            return None
        return tuple(place for place in inner if holds(self.molecule.mol.GetAtomWithIdx(place[0])))

    def _modified(self, head: str, modified: re.Match[str], tail: str) -> Places | None:
        first, _, counted = tail.partition(" ")
        if modified["containing"] and (number := number_of(first)) is not None and counted:
            return self._with_so_many(head, number, counted)
        if head.lower() in ("alpha carbon", "alpha-carbon") and modified["within"]:
            head = "alpha carbon" if self.places("alpha carbon") else "acid alpha carbon"
            near, group = self.places(head), self.places(tail)
            touching = (p for p in near or () if any(touches(self.molecule.mol, p, each) for each in group or ()))
            return None if near is None or group is None else tuple(touching)
        if modified["between"]:
            return self._between(head, tail)
        counted = tail.removeprefix("both ") if tail.lower().startswith("both ") else tail.partition(" ")[2]
        many = 2 if tail.lower().startswith("both ") else number_of(tail.partition(" ")[0])
        if modified["bearing"] and many and counted:
            return self._bearing_so_many(head, many, counted)
        one, other = self.places(head), self.places(tail)
        if modified["greek"]:
            distance = GREEK.index(modified["greek"].lower()) + 1
            mol = self.molecule.mol
            far = (p for p in one or () if any(stands_from(p, q, mol) == distance for q in other or ()))
            return None if one is None or other is None else tuple(far)
        if one is not None and other is None and modified[0] == " of " and reads_as_name(tail):
            return one  # "one ring of triclosan"
        if one is None or other is None:
            return None
        every = {atom for place in other for atom in place}
        if modified["fused"]:
            return tuple(place for place in one if any(_share_a_bond(place, each) for each in other))
        if modified["within"]:
            return tuple(place for place in one if set(place) <= every)
        if modified["containing"]:
            return tuple(place for place in one if any(set(each) < set(place) for each in other))
        bears = modified["bearing"] and _BEARING.match(modified["bearing"])
        if bears and any(len(place) > 1 and "ring" not in head for place in one):
            return None
        mol = self.molecule.mol
        return tuple(place for place in one if any(touches(mol, place, each) for each in other))

    def _bearing_so_many(self, head: str, number: int, counted: str) -> Places | None:
        """Find the "carbon that bears both phenyl rings"."""
        one, other = self.places(head), self.places(counted)
        if one is None or other is None:
            return None
        mol = self.molecule.mol
        return tuple(place for place in one if sum(touches(mol, place, each) for each in other) == number)

    def _between(self, head: str, tail: str) -> Places | None:
        """Find the "carbon between the two ring nitrogens": bonded to two of them."""
        first, _, counted = tail.partition(" ")
        if INDEX.search(tail) is not None and (own := self.places(head)) is not None:
            ends = {atom for place in self.places(tail) or () for atom in place}
            return tuple(place for place in own if set(place) == ends)
        several = number_of(first) == 2 and counted
        one, other = self.places(head), self.places(counted if several else tail)
        if one is None or other is None or not (several or tail.endswith("s")):
            return None
        mol = self.molecule.mol
        return tuple(place for place in one if sum(touches(mol, place, each) for each in other) == 2)

    def _with_so_many(self, head: str, number: int, counted: str) -> Places | None:
        """Find the rings that hold exactly so many of something: "ring with three nitrogen atoms"."""
        one, other = self.places(head), self.places(counted)
        if one is None or other is None or "ring" not in head:
            return None
        return tuple(place for place in one if sum(set(each) <= set(place) for each in other) == number)

    def anchors(self, noun: str) -> Places | None:
        """Find the atoms that bear what a clause says of a noun: of an amine its nitrogen."""
        found = self.places(noun)
        noun = without_index(noun)
        if noun.lower() in ("double bond", "double bonds"):  # what is said of one means C=C where there is any
            return self.places("C=C double bond") or found
        mol = self.molecule.mol
        if found is not None and _KETONE.search(noun):  # it is looked up with the carbons beside it
            return tuple(dict.fromkeys(_carbonyl(place, mol) for place in found))
        if found is None or not _HETERO.search(noun):
            return found
        nitrogens = (tuple(a for a in place if mol.GetAtomWithIdx(a).GetAtomicNum() == 7) for place in found)
        return tuple(dict.fromkeys(place for place in nitrogens if place))


def at_atoms(places: Places, atoms: frozenset[int]) -> Places:
    """Select the places that atoms are given for: one that has all of them, or several that have them one each."""
    hit = tuple(place for place in places if set(place) & atoms)
    if not atoms <= {atom for place in hit for atom in place}:
        return ()
    whole = tuple(place for place in hit if atoms <= set(place))
    each = all(set(place) <= atoms or len(set(place) & atoms) == 1 for place in hit)
    return whole or (hit if each else ())


def _carbonyl(place: tuple[int, ...], mol: Chem.Mol) -> tuple[int, ...]:
    """The carbonyl group of a place that has one; the place itself where it has none or several."""
    found = [pair for pair in mol.GetSubstructMatches(_CARBONYL) if set(pair) <= set(place)]
    return tuple(found[0]) if len(found) == 1 else place


def _is_acetal(carbon: Chem.Atom) -> bool:
    """Whether a carbon bears two oxygens: the hydroxy group of a hemiacetal has no degree of an alcohol."""
    return bool(sum(n.GetAtomicNum() == 8 for n in carbon.GetNeighbors()) > 1)


def _central_carbon(mol: Chem.Mol) -> Places | None:
    """Find the carbon that is nearest to all other atoms; None where two are as near."""
    far = [max(row) for row in Chem.GetDistanceMatrix(mol)]
    carbons = [(far[a.GetIdx()], a.GetIdx()) for a in mol.GetAtoms() if a.GetAtomicNum() == 6]
    nearest = min(carbons, default=(0, -1))
    own = [index for distance, index in carbons if distance == nearest[0]]
    return ((own[0],),) if len(own) == 1 else None


def _bonds_out(place: tuple[int, ...], mol: Chem.Mol) -> int:
    """Count the bonds between a group and the rest."""
    return sum(n.GetIdx() not in place for a in place for n in mol.GetAtomWithIdx(a).GetNeighbors())


def _is_fused(place: tuple[int, ...], mol: Chem.Mol) -> bool:
    """Whether a ring shares a bond with another."""
    rings = [set(ring) for ring in mol.GetRingInfo().AtomRings()]
    return any(len(ring & set(place)) > 1 and not ring <= set(place) for ring in rings)


def _share_a_bond(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return len(set(one) & set(other)) > 1 and not set(one) <= set(other)


def _on_the_benzene_ring(molecule: Molecule) -> Places | None:
    """Find the atoms that the only benzene ring bears; None where there are several, or it is fused."""
    rings = substitution_of(molecule)
    if len(rings) != 1 or rings[0].fused:
        return None
    (ring,) = rings
    atoms = (molecule.mol.GetAtomWithIdx(a) for a in ring.substituted)
    return tuple((n.GetIdx(),) for a in atoms for n in a.GetNeighbors() if n.GetIdx() not in ring.ring)


_POSITION = re.compile(
    r"\b(?:at|in|on) (?:the |its )?(?:(?P<first>[1-9])-position|(?:position|c)[ -]?(?P<second>[1-9]))$", re.IGNORECASE
)


def position_in(words: str) -> int | None:
    """Read the place that words end with: "at its 3-position", "at position 3", "at C3"."""
    found = _POSITION.search(words)
    return int(found["first"] or found["second"]) if found is not None else None


def without_position(words: str) -> str:
    """Leave out the place that words end with."""
    return _POSITION.sub("", words).strip()


def ring_numbers(ring: Sequence[int], mol: Chem.Mol) -> dict[int, set[int]] | None:
    """Number a ring from its one heteroatom, both ways round; None where it has none or several.

    Args:
        ring: Its atoms, in any order.
        mol: The molecule.
    """
    order = next((r for r in mol.GetRingInfo().AtomRings() if set(r) == set(ring)), None)
    hetero = [k for k, a in enumerate(order or ()) if mol.GetAtomWithIdx(a).GetAtomicNum() != 6]
    if order is None or len(hetero) != 1:
        return None
    size = len(order)
    return {a: {(k - hetero[0]) % size + 1, (hetero[0] - k) % size + 1} for k, a in enumerate(order)}


def is_placed(noun: str) -> bool:
    """Whether a noun says what its group is bonded or fused to: "a vinyl group next to the carbonyl"."""
    found = _MODIFIED.search(noun)
    return found is not None and any(found[how] for how in ("bearing", "fused", "on", "greek", "between"))


def is_alkene(noun: str) -> bool:
    """Whether a noun means double bonds by how many substituents they bear."""
    return _ALKENE.fullmatch(noun.lower()) is not None


GREEK = ("alpha", "beta", "gamma", "delta", "epsilon")
_FUNCTIONAL = Chem.MolFromSmarts("[#6;$([#6]=[O,N,S]),$([#6]#N)]")


def stands_from(place: tuple[int, ...], other: tuple[int, ...], mol: Chem.Mol) -> int | None:
    """Count how far from a group a part stands, alpha being 1: a carbon by itself, a group by what bears it.

    Args:
        place: The part.
        other: The group: counted from its carbonyl carbon or the like, where it has one.
        mol: The molecule.
    """
    if set(place) & set(other) and not set(place) < set(other):
        return None
    functional = {a for (a,) in mol.GetSubstructMatches(_FUNCTIONAL)}
    core = (set(other) & functional) or set(other) - {a for a in other if _is_outer(a, other, mol)} or set(other)
    distances = Chem.GetDistanceMatrix(mol)

    def far(atoms: Iterable[int]) -> int:
        return min((int(distances[a][b]) for a in atoms for b in core), default=0)

    carbon = len(place) == 1 and mol.GetAtomWithIdx(place[0]).GetAtomicNum() == 6
    own = far(place)
    if carbon and (mol.GetAtomWithIdx(place[0]).GetDegree() > 1 or own == 1):
        return own
    bearers = {n.GetIdx() for a in place for n in mol.GetAtomWithIdx(a).GetNeighbors()} - set(place)
    return far(bearers) if bearers else None


def _is_outer(index: int, place: Sequence[int], mol: Chem.Mol) -> bool:
    """Whether an atom of a group is a saturated carbon by which it is drawn."""
    atom = mol.GetAtomWithIdx(index)
    return atom.GetAtomicNum() == 6 and not atom.IsInRing() and atom.GetTotalDegree() == 4 and len(place) > 1


def names_atoms(noun: str) -> bool:
    """Whether a noun names atoms of an element: "ether oxygen", "side-chain nitrogen"."""
    return _is_atom(_OF_IT.sub("", without_index(noun)))


def _is_atom(words: str) -> bool:
    """Whether words name single atoms, "nitrogen", and not a group or a ring."""
    part = part_named(words.split()[-1]) if words.strip() else None
    return part is not None and part.name.endswith(" atom")


def touches(mol: Chem.Mol, one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two parts have no atom in common and a bond between them."""
    if set(one) & set(other):
        return False
    return any(n.GetIdx() in other for a in one for n in mol.GetAtomWithIdx(a).GetNeighbors())


def reaches(mol: Chem.Mol, place: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Tell whether a place is bonded to what of another one is not its own."""
    rest = tuple(set(other) - set(place))
    return bool(rest) and touches(mol, place, rest)

"""Which atoms the noun of a clause means: "the carbon bearing the hydroxyl", "the ring nitrogen"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rdkit import Chem

from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.sentence import reads_as_name
from molreflect.tools.facts.composed import DEGREES, degrees_in
from molreflect.tools.facts.groups import locate
from molreflect.tools.facts.parts import Places, part_named
from molreflect.tools.facts.substitution import substitution_of
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.resources import Resources

_BY_SMARTS = {
    "alpha carbon": "[CX4;$(C([NX3,NX4+])C(=O)[O,N])]",
    "alpha-carbon": "[CX4;$(C([NX3,NX4+])C(=O)[O,N])]",
    "beta carbon": "[CX4;$(C[CX4]C(=O)[O,N])]",
    "beta-carbon": "[CX4;$(C[CX4]C(=O)[O,N])]",
    "quaternary carbon": "[CX4;$(C([#6])([#6])([#6])[#6])]",
    "quaternary carbon atom": "[CX4;$(C([#6])([#6])([#6])[#6])]",
    "carbinol carbon": "[CX4;$(C[OX2H])]",
    "anomeric carbon": "[CX4;R;$(C([OX2])[OX2])]",
    "benzylic carbon": "[CX4;$(Cc)]",
    "alkyl substituent": "[CX4;$(C-c)]",
    "alkyl chain": "[CX4;$(C-c)]",
    "ester oxygen": "[OX2;$(O(C=[OX1])[#6])]",
    "acid alpha carbon": "[CX4;$(CC(=O)[OX2H,OX1-])]",
    "aldehyde carbon": "[CX3;!H0;$(C=[OX1])]",
    "n-h": "[#7;!H0]",
    "n-h group": "[#7;!H0]",
    "nh": "[#7;!H0]",
    "nh group": "[#7;!H0]",
    "oh": "[OX2H]",
    "hydroxyl oxygen": "[OX2H]",
    "hydroxy oxygen": "[OX2H]",
    "oh group": "[OX2H]",
    "oxo group": "[#6]=[OX1]",
    "carboxyl": "C(=O)[OX2H,OX1-]",
    "carboxy group": "C(=O)[OX2H,OX1-]",
    "carboxyl group": "C(=O)[OX2H,OX1-]",
    "ammonium group": "[NX4+]",
    "ammonium nitrogen": "[NX4+]",
}  # fmt: skip
"""What a chemist calls single atoms by their place."""


def _carbons(atom: Chem.Atom) -> int:
    return int(sum(n.GetAtomicNum() == 6 for n in atom.GetNeighbors()))


_FILTERS: dict[str, Callable[[Chem.Atom], bool]] = {
    "ring": lambda a: a.IsInRing(),
    "cyclic": lambda a: a.IsInRing(),
    "exocyclic": lambda a: not a.IsInRing(),
    "acyclic": lambda a: not a.IsInRing(),
    "side-chain": lambda a: not a.IsInRing(),
    "chain": lambda a: not a.IsInRing(),
    "aromatic": lambda a: a.GetIsAromatic(),
    "charged": lambda a: a.GetFormalCharge() != 0,
    "aliphatic": lambda a: a.GetAtomicNum() == 6 and not a.GetIsAromatic(),
    "primary": lambda a: _carbons(a) == 1,
    "secondary": lambda a: _carbons(a) == 2,
    "tertiary": lambda a: _carbons(a) == 3,
    "quaternary": lambda a: a.GetDegree() == 4 and a.GetTotalNumHs(True) == 0,  # prose says it of C(OH)R3, too
}
_WHOLE = frozenset(["it", "there", "this", "molecule", "compound", "structure", "substance"])
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
    r"|(?P<bearing>bearing|carrying|(?:that|which) (?:bears|carries)|attached to|bonded to|bound to|next to)"
    r"|(?P<containing>containing|with)|(?P<within>of|in|within|from)|(?P<on>on)) (?:the |an? |its )?",
    re.IGNORECASE,
)
_SIZED = re.compile(r"(?P<size>[a-z]+|\d{1,2})-membered (?P<rest>.+)", re.IGNORECASE)
_COMPOUND = re.compile(r"^(?P<what>\w+)-(?P<how>bearing|containing) (?P<head>.+)$")
_NO_NOUN = frozenset(
    ["to", "it", "that", "which", "each", "other", "by", "with", "at", "than", "as", "not", "or", "is", "are", "via"]
)
"""Words that no noun has: what holds one is not understood."""
_KETONE = re.compile(r"\bketones?(?: group)?s?$", re.IGNORECASE)
_CARBONYL = Chem.MolFromSmarts("[#6]=[OX1]")
_HETERO = re.compile(r"\b(?:amine|amino group|amino|ammonium(?: ion| group)?)s?$", re.IGNORECASE)


_ALKENE = re.compile(
    r"(?P<times>mono|di|tri|tetra)substituted (?:alkene|olefin|double bond|c=c double bond|carbon-carbon double bond)s?"
)
_TIMES = ("mono", "di", "tri", "tetra")


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
        noun = _COMPOUND.sub(lambda m: f"{m['head']} {m['how']} {m['what']}", noun)
        if (modified := _MODIFIED.search(noun)) is not None:
            return self._modified(noun[: modified.start()], modified, noun[modified.end() :])
        key = noun.lower()
        if _NO_NOUN & set(key.split()):
            return None
        smarts = _BY_SMARTS.get(key) or _BY_SMARTS.get(key.removesuffix("s"))
        if smarts is not None:
            return tuple(self.molecule.mol.GetSubstructMatches(Chem.MolFromSmarts(smarts)))
        if key in ("substituents", "ring substituents", "substituents on the ring", "substituents on the benzene ring"):
            return _on_the_benzene_ring(self.molecule)
        if (degree := _ALKENE.fullmatch(key)) is not None:
            return self._of_alkene(_TIMES.index(degree["times"]) + 1)
        if key in ("central carbon", "central carbon atom"):
            return _central_carbon(self.molecule.mol)
        if key in ("central ring", "middle ring", "central rings"):
            return _between_rings(self.molecule)
        first, _, rest = noun.partition(" ")
        if first.lower() == "terminal" and rest and locate(noun, self.molecule, self.resources).why_not:
            own = self.places(rest)
            return None if own is None else tuple(p for p in own if _bonds_out(p, self.molecule.mol) == 1)
        if (holds := _FILTERS.get(first.lower())) is not None and _is_atom(rest) and part_named(noun) is None:
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
        if found.why_not or found.more:
            return self.read.get(key)
        if part_named(noun) is not None:
            return found.atoms
        return found.atoms or self.read.get(key, ())

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
        one, other = self.places(head), self.places(tail)
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
        if modified["bearing"] and any(len(place) > 1 and "ring" not in head for place in one):
            return None
        mol = self.molecule.mol
        return tuple(place for place in one if any(touches(mol, place, each) for each in other))

    def _with_so_many(self, head: str, number: int, counted: str) -> Places | None:
        """Find the rings that hold exactly so many of something: "ring with three nitrogen atoms"."""
        one, other = self.places(head), self.places(counted)
        if one is None or other is None or "ring" not in head:
            return None
        return tuple(place for place in one if sum(set(each) <= set(place) for each in other) == number)

    def anchors(self, noun: str) -> Places | None:
        """Find the atoms that bear what a clause says of a noun: of an amine its nitrogen."""
        found = self.places(noun)
        if noun.lower() in ("double bond", "double bonds"):  # what is said of one means C=C where there is any
            return self.places("C=C double bond") or found
        mol = self.molecule.mol
        if found is not None and _KETONE.search(noun):  # it is looked up with the carbons beside it
            return tuple(dict.fromkeys(_carbonyl(place, mol) for place in found))
        if found is None or not _HETERO.search(noun):
            return found
        nitrogens = (tuple(a for a in place if mol.GetAtomWithIdx(a).GetAtomicNum() == 7) for place in found)
        return tuple(dict.fromkeys(place for place in nitrogens if place))


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


def _share_a_bond(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return len(set(one) & set(other)) > 1 and not set(one) <= set(other)


def _between_rings(molecule: Molecule) -> Places:
    """Find the rings that share a bond with two others."""
    rings = [tuple(ring) for ring in molecule.mol.GetRingInfo().AtomRings()]
    return tuple(r for r in rings if sum(len(set(r) & set(o)) > 1 for o in rings if o != r) > 1)


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
    return found is not None and bool(found["bearing"] or found["fused"])


def is_alkene(noun: str) -> bool:
    """Whether a noun means double bonds by how many substituents they bear."""
    return _ALKENE.fullmatch(noun.lower()) is not None


def names_atoms(noun: str) -> bool:
    """Whether a noun names atoms of an element: "ether oxygen", "side-chain nitrogen"."""
    return _is_atom(_OF_IT.sub("", noun))


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

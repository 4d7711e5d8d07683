"""What an adjective says of a part of a molecule."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rdkit import Chem

from molreflect.agents.analyst.grammar.behaviour import behaves
from molreflect.agents.analyst.grammar.meaning import Place
from molreflect.agents.analyst.grammar.relations import attached, bears, greek, rings_of
from molreflect.agents.analyst.grammar.tokens import Sentence
from molreflect.agents.analyst.predications.adjectives import is_so
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.predications.vocabulary import connected_parts

_HYBRID = re.compile(r"(?P<kind>sp[23]?)(?:-hybridi[sz]ed)?(?: hybridi[sz]ed)?")
_CONFIGURED = re.compile(r"\(?(?P<label>[rsez]|cis|trans)\)?(?:-configured|-configuration)?")


def adjective(words: str, s: Sentence) -> Callable[[Place], bool] | None:
    """What an adjective says of a place; None where it is not understood at all."""
    mol = s.mol
    if words in _OF_ATOMS:
        of_atom = _OF_ATOMS[words]
        return lambda place: all(of_atom(mol.GetAtomWithIdx(a)) for a in place)
    if words in _OF_PLACES:
        of_place = _OF_PLACES[words]
        return lambda place: of_place(place, mol)
    if (labelled := _CONFIGURED.fullmatch(words)) is not None:
        return lambda place: is_so(labelled["label"], place, s.nouns) is True
    if words in _BEARING:
        return lambda place: _bears_hit(place, mol, _BEARING[words])
    if (pair := _DISUBSTITUTED.fullmatch(words)) is not None:
        return lambda place: _is_disubstituted(place, mol, pair["how"])
    if (hyphened := _HYPHENED.fullmatch(words)) is not None:
        return _by_part(hyphened, s)
    if (on := _ON_ELEMENT.fullmatch(words)) is not None:
        return _with_part_on(on["element"], on["part"], s)
    if words in ("alpha", "beta", "gamma"):
        stands, carbonyls = greek(words), mol.GetSubstructMatches(_CARBONYL)
        return lambda place: any(stands(place, q, mol) for q in carbonyls)
    if words.split(" ")[0] in s.words.stop or (" " in words and words.split(" ")[1] in s.words.stop):
        return None
    if (sized := _SIZED.fullmatch(words)) is not None and (size := number_of(sized["size"])) is not None:
        return lambda place: any(len(ring) == size for ring in rings_of(place, mol))
    if words != "basic" and (does := behaves(words, mol)) is not None:
        return does
    if words in _CARBONS:
        return lambda place: is_so(words, place, s.nouns) is True or _is_of_degree(words, place, mol)
    if _is_known_adjective(words):
        return lambda place: is_so(words, place, s.nouns) is True
    return None


_HYPHENED = re.compile(
    r"(?P<part>[a-z\d=()+-]+?)-(?P<how>bearing|carrying|containing|substituted|linked|bound|attached|bonded|tethered)"
)


def _by_part(words: re.Match[str], s: Sentence) -> Callable[[Place], bool] | None:
    """What "thiol-bearing", "oxygen-containing", "nitrogen-bound" say of a place."""
    part = s.nouns.places(words["part"])
    if part is None:
        return None
    if words["how"] == "containing":
        return lambda place: any(set(q) <= set(place) for q in part)
    if words["how"] in ("bearing", "carrying", "substituted"):
        return lambda place: any(bears(place, q, s.mol) or set(place) < set(q) for q in part)
    return lambda place: any(attached(place, q, s.mol) or attached(q, place, s.mol) for q in part)


_ON_ELEMENT = re.compile(
    r"(?P<element>[nos])-(?P<part>(?:methyl|ethyl|propyl|isopropyl|butyl|isobutyl|tert-butyl|benzyl|phenyl|allyl|acetyl"
    r"|aryl|alkyl|acyl|cyclopropyl|cyclohexyl|hydroxy))"
)
_PART_SMARTS = {"aryl": "a", "alkyl": "[CX4]", "acyl": "[CX3]=[OX1]"}


def _with_part_on(element: str, part: str, s: Sentence) -> Callable[[Place], bool] | None:
    """What "N-ethyl" says of a part: its nitrogen bears an ethyl group."""
    if part in _PART_SMARTS:
        places: Sequence[Place] | None = s.mol.GetSubstructMatches(Chem.MolFromSmarts(_PART_SMARTS[part]))
    else:
        places = s.nouns.places(f"{part} group")
    if places is None:
        return None
    number = {"n": 7, "o": 8, "s": 16}[element]

    def holds(place: Place) -> bool:
        own = [(a,) for a in place if s.mol.GetAtomWithIdx(a).GetAtomicNum() == number]
        return any(attached(q, a, s.mol) for a in own for q in places)

    return holds


_BEARING = {
    word: Chem.MolFromSmarts(smarts)
    for word, smarts in (
        ("alkylated", "[CX4]"),
        ("arylated", "[$(c:[c,n,o,s])]"),
        ("halogenated", "[F,Cl,Br,I]"),
        ("aminated", "[NX3;!$(N[#6]=[O,S]);!$(N=*)]"),
        ("oxygenated", "[#8]"),
    )
}
"""What a part bears of which an adjective tells the kind alone."""


def _bears_hit(place: Place, mol: Chem.Mol, query: Chem.Mol) -> bool:
    """Whether an atom beside a part, in no ring with it, is of a kind."""
    hits = {a for (a,) in mol.GetSubstructMatches(query)}
    info = mol.GetRingInfo()
    beside = ((a, n.GetIdx()) for a in place for n in mol.GetAtomWithIdx(a).GetNeighbors() if n.GetIdx() not in place)
    return any(b in hits and not info.AreAtomsInSameRing(a, b) for a, b in beside)


_CARBONS = {"primary": (0, 1), "secondary": (2,), "tertiary": (3,)}
"""How many carbons the carbon bears that a thiol or halogen hangs on, by its degree."""


def _is_of_degree(degree: str, place: Place, mol: Chem.Mol) -> bool:
    """Whether a thiol or a halogen hangs on a saturated carbon of a degree."""
    for atom in map(mol.GetAtomWithIdx, place):
        if atom.GetAtomicNum() not in (9, 16, 17, 35, 53) or atom.GetDegree() != 1:
            continue
        bearer = atom.GetNeighbors()[0]
        carbons = sum(n.GetAtomicNum() == 6 for n in bearer.GetNeighbors())
        return bool(bearer.GetAtomicNum() == 6 and bearer.GetTotalDegree() == 4 and carbons in _CARBONS[degree])
    return False


_CARBONYL = Chem.MolFromSmarts("[#6;!a]=[OX1]")
_SIZED = re.compile(r"(?P<size>[a-z]+|\d{1,2})-membered")
_KNOWN = re.compile(
    r"(?:un|mono|di|tri|tetra|penta|hexa)substituted|(?:primary|secondary|tertiary|quaternary)|sp[23]?(?:-hybridi[sz]ed)?"
    r"|(?:fully )?saturated|unsaturated|stereogenic|chiral|asymmetric"
    r"|[a-z]+-membered|(?:n-)?(?:methylated|acetylated|ethylated|phenylated|benzylated|hydroxylated|chlorinated|fluorinated"
    r"|brominated|iodinated|methoxylated|nitrated|sulfonylated|acylated)"
)
_BASIC = Chem.MolFromSmarts(
    "[$([NX3;!$(N-[#6]=[O,S,N]);!$(N-S(=O)=O);!$(N-[a]);!$(N-[N,O]);!$(N-C#N)]),$([nX2]),$([NX2]=[CX3][NX3])]"
)
_UNSATURATED_BESIDE = Chem.MolFromSmarts("[#6X3;$([#6](=[O,S])-,:[#6X3]=,:[#6X3;!$([#6]=[O,S])])]")


def _is_terminal(place: Place, mol: Chem.Mol) -> bool:
    """Whether a part ends a chain: it bears one bond, or is a double or triple bond with an end."""
    own = set(place)
    outside = [n.GetIdx() for a in own for n in mol.GetAtomWithIdx(a).GetNeighbors() if n.GetIdx() not in own]
    if len(place) == 2 and all(mol.GetAtomWithIdx(a).GetAtomicNum() == 6 for a in place):
        return any(mol.GetAtomWithIdx(a).GetDegree() == 1 for a in place)
    alone = mol.GetAtomWithIdx(place[0])
    if len(place) == 1 and len(outside) > 1 and alone.GetAtomicNum() in (7, 8, 16) and not alone.IsInRing():
        return sum(not _is_cap(place[0], n, mol) for n in outside) == 1  # a dimethylamino group ends its chain
    if len(place) == 1 and len(outside) == 1 and alone.GetAtomicNum() in (7, 8, 16):
        return bool(mol.GetAtomWithIdx(outside[0]).GetDegree() < 3)  # at the end of its chain
    return len(outside) == 1


_LONGEST_CAP = 4


def _is_cap(atom: int, beside: int, mol: Chem.Mol) -> bool:
    """Whether what an atom bears is a small alkyl group."""
    seen, ahead = {atom, beside}, [beside]
    while ahead:
        for n in mol.GetAtomWithIdx(ahead.pop()).GetNeighbors():
            if n.GetIdx() not in seen:
                seen.add(n.GetIdx())
                ahead.append(n.GetIdx())
    own = [mol.GetAtomWithIdx(a) for a in seen - {atom}]
    return len(own) <= _LONGEST_CAP and all(a.GetAtomicNum() == 6 and a.GetTotalDegree() == 4 for a in own)


def _is_central(place: Place, mol: Chem.Mol) -> bool:
    """Whether a ring has two others beside it, fused or bonded, or parts that hold rings on two sides."""
    every = [set(ring) for ring in mol.GetRingInfo().AtomRings()]
    own = set(place)
    if own not in every:
        return False
    near = own | {n.GetIdx() for a in place for n in mol.GetAtomWithIdx(a).GetNeighbors()}
    beside = sum(bool(ring & near) for ring in every if ring != own) > 1
    rest = connected_parts((a.GetIdx() for a in mol.GetAtoms() if a.GetIdx() not in own), mol)
    borne = {
        k: sum(n.GetIdx() not in r for a in r for n in mol.GetAtomWithIdx(a).GetNeighbors())
        for k, r in enumerate(every)
    }
    mine = next(k for k, ring in enumerate(every) if ring == own)
    if borne[mine] > 2 and all(borne[mine] > number for k, number in borne.items() if k != mine):
        return True  # it bears more than any other ring
    return beside or sum(any(ring <= set(part) for ring in every) for part in rest) > 1


def _beside_of(smarts: str) -> Callable[[Place, Chem.Mol], bool]:
    """What a carbon is said to be by what is beside it; of a group its carbon, or the one that bears it."""
    query = Chem.MolFromSmarts(smarts)

    def holds(place: Place, mol: Chem.Mol) -> bool:
        carbons = {a for (a,) in mol.GetSubstructMatches(query)}
        own = {a for a in place if mol.GetAtomWithIdx(a).GetAtomicNum() == 6}
        near = {n.GetIdx() for a in place for n in mol.GetAtomWithIdx(a).GetNeighbors()}
        return bool(carbons & (own or near))

    return holds


def _holds_hit(query: Chem.Mol) -> Callable[[Place, Chem.Mol], bool]:
    return lambda place, mol: any(set(hit) & set(place) for hit in mol.GetSubstructMatches(query))


_DISUBSTITUTED = re.compile(r"(?P<how>ortho|meta|para|1,2|1,3|1,4)-(?:di)?substituted")


def _is_disubstituted(place: Place, mol: Chem.Mol, how: str) -> bool:
    """Whether a ring of six bears two things, so far apart."""
    ring = next((r for r in mol.GetRingInfo().AtomRings() if set(r) == set(place) and len(r) == 6), None)
    if ring is None:
        return False
    bearing = [
        k for k, a in enumerate(ring) if any(n.GetIdx() not in ring for n in mol.GetAtomWithIdx(a).GetNeighbors())
    ]
    apart = {"ortho": 1, "1,2": 1, "meta": 2, "1,3": 2, "para": 3, "1,4": 3}[how]
    return len(bearing) == 2 and min(bearing[1] - bearing[0], 6 - bearing[1] + bearing[0]) == apart


def _is_known_adjective(words: str) -> bool:
    return _KNOWN.fullmatch(words) is not None


def _no_substituent(place: Place, mol: Chem.Mol) -> bool:
    """Whether a part bears nothing but the one bond that it hangs by."""
    own = set(place)
    if len(place) == 1 and (atom := mol.GetAtomWithIdx(place[0])).IsInRing():
        return atom.GetTotalNumHs(True) > 0 and all(n.IsInRing() for n in atom.GetNeighbors())
    return sum(n.GetIdx() not in own for a in own for n in mol.GetAtomWithIdx(a).GetNeighbors()) < 2


def _is_fused(place: Place, mol: Chem.Mol) -> bool:
    own = set(place)
    rings = [set(r) for r in mol.GetRingInfo().AtomRings()]
    return any(len(r & own) > 1 and not r <= own for r in rings) or sum(r <= own for r in rings) > 1


def _has_aromatic_carbon_beside(place: Place, mol: Chem.Mol) -> bool:
    atoms = [mol.GetAtomWithIdx(a) for a in place]
    return any(a.GetIsAromatic() for a in atoms) or any(
        n.GetIsAromatic() for a in atoms for n in a.GetNeighbors() if n.GetIdx() not in place
    )


_PHENOL = Chem.MolFromSmarts("[OX2H,OX1-]c")


def _is_phenolic(place: Place, mol: Chem.Mol) -> bool:
    """Whether a part holds the hydroxyl oxygen of a phenol, or the carbon that bears it."""
    own = set(place)
    if any(mol.GetAtomWithIdx(a).GetAtomicNum() == 8 for a in own):
        return any(hit[0] in own for hit in mol.GetSubstructMatches(_PHENOL))
    return any(hit[1] in own for hit in mol.GetSubstructMatches(_PHENOL))


def is_aromatic(place: Place, mol: Chem.Mol) -> bool:
    """Whether rings are aromatic; a group is, by what it hangs on."""
    ringed = [mol.GetAtomWithIdx(a) for a in place if mol.GetAtomWithIdx(a).IsInRing()]
    if ringed:
        return all(a.GetIsAromatic() for a in ringed)
    if len(place) == 1 and mol.GetAtomWithIdx(place[0]).GetDegree() > 1:
        return False  # a sulfur between two rings is no aromatic one
    return _has_aromatic_carbon_beside(place, mol)


def _is_conjugated(place: Place, mol: Chem.Mol) -> bool:
    """Whether a conjugated bond goes out of a part, or one of more than a double bond has some within."""
    own = set(place)
    bonds = (b for a in own for b in mol.GetAtomWithIdx(a).GetBonds() if b.GetIsConjugated())
    return any(len(own) > 2 or not {b.GetBeginAtomIdx(), b.GetEndAtomIdx()} <= own for b in bonds)


def _charge(place: Place, mol: Chem.Mol) -> int:
    return int(sum(mol.GetAtomWithIdx(a).GetFormalCharge() for a in place))


_OF_ATOMS: dict[str, Callable[[Chem.Atom], bool]] = {
    "endocyclic": lambda a: bool(a.IsInRing()),
    "quaternary": lambda a: a.GetDegree() == 4 and a.GetTotalNumHs(True) == 0,
}
_OF_PLACES: dict[str, Callable[[Place, Chem.Mol], bool]] = {
    "aromatic": is_aromatic,
    "aryl": _has_aromatic_carbon_beside,
    "aliphatic": lambda p, m: not _has_aromatic_carbon_beside(p, m),
    "cyclic": lambda p, m: any(len(set(r) & set(p)) > 1 for r in m.GetRingInfo().AtomRings()),
    "acyclic": lambda p, m: not any(len(set(r) & set(p)) > 1 for r in m.GetRingInfo().AtomRings()),
    "exocyclic": lambda p, m: not any(set(p) <= set(r) for r in m.GetRingInfo().AtomRings()),
    "unsubstituted": _no_substituent,
    "terminal": _is_terminal,
    "central": _is_central,
    "benzylic": _beside_of("[CX4;$(Cc)]"),
    "allylic": _beside_of("[CX4;$(C[CX3]=[CX3])]"),
    "propargylic": _beside_of("[CX4;$(CC#C)]"),
    "internal": lambda p, m: not _is_terminal(p, m),
    "basic": _holds_hit(_BASIC),
    "alpha,beta-unsaturated": _holds_hit(_UNSATURATED_BESIDE),
    "fused": _is_fused,
    "isolated": lambda p, m: not _is_conjugated(p, m),
    "unconjugated": lambda p, m: not _is_conjugated(p, m),
    "conjugated": lambda p, m: _is_conjugated(p, m),
    "charged": lambda p, m: _charge(p, m) != 0,
    "free": lambda p, m: True,
    "phenolic": _is_phenolic,
    "neutral": lambda p, m: _charge(p, m) == 0,
    "cationic": lambda p, m: _charge(p, m) > 0,
    "protonated": lambda p, m: _charge(p, m) > 0,
    "anionic": lambda p, m: _charge(p, m) < 0,
    "deprotonated": lambda p, m: _charge(p, m) < 0,
    "heteroaromatic": lambda p, m: (
        all(m.GetAtomWithIdx(a).GetIsAromatic() for a in p) and any(m.GetAtomWithIdx(a).GetAtomicNum() != 6 for a in p)
    ),
}

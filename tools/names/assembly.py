"""Names whose structure is put together from named parts: thioesters, conjugates, phospholipids, polyprenols.

OPSIN reads the parts ("cholic acid", "beta-D-glucopyranosyl"), or the curated table knows them; what joins them is said
by the rest of the name. A rule answers only where the place of the join is certain: by a locant on a skeleton whose
numbering is known, or because there is one place only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin

from rdkit import Chem, Geometry

from molreflect.tools.molecules.write import mirror_image
from molreflect.tools.names.rewriting import glycosyl
from molreflect.tools.names.words import BIOCHEMICAL, MULTIPLIERS, one_of


@dataclass(frozen=True, slots=True)
class PartStructure:
    """The structure of a part, or of the whole."""

    smiles: str
    generic: bool = False
    """Whether it stands for many compounds ("acyl")."""
    charge: int | None = None
    """Net charge the name states, where it is not that of `smiles`."""


LookUp = Callable[[str], PartStructure | None]
"""Structure of a named part; None where it has none."""


def assemble(name: str, look_up: LookUp) -> PartStructure | None:
    """Put a name's structure together from its parts.

    Args:
        name: In plain ASCII, without charge suffix.
        look_up: Asked for the parts.

    Returns:
        The uncharged structure, or None where no rule is certain.
    """
    for rule in (_salt, _thioester, _inositol_phosphate, _phospholipid, _polyprenyl, _anion, _mirror, _conjugate):
        if (found := rule(name, look_up)) is not None:
            return found
    return None


# ---------------------------------------------------------------------------------------------------------------------
# Joining

_ACID = Chem.MolFromSmarts("[CX3](=O)[OX2H1]")
_THIOL = Chem.MolFromSmarts("[SX2H1]")
_PHOSPHATE = Chem.MolFromSmarts("[OX2H1]-P")
_HYDROXY = Chem.MolFromSmarts("[OX2H1]-[#6;!$(C=O)]")


def _join(left: str, at: int, group: str) -> str | None:
    """Bond atom `at` of one structure, in place of a hydrogen, to the neighbour of the `*` of a group."""
    one, two = Chem.MolFromSmiles(left), Chem.MolFromSmiles(group)
    wild = [atom for atom in two.GetAtoms() if atom.GetAtomicNum() == 0] if two is not None else []
    if one is None or len(wild) != 1:
        return None
    wild[0].SetAtomMapNum(1)
    open_end = Chem.RWMol(one)
    star = Chem.Atom(0)
    star.SetAtomMapNum(1)
    open_end.AddBond(at, open_end.AddAtom(star), Chem.BondType.SINGLE)
    if Chem.SanitizeMol(open_end, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
        return None
    return str(Chem.MolToSmiles(Chem.molzip(open_end, two)))


def _only(smiles: str, query: Chem.Mol) -> int | None:
    """Find the first atom of the one hit of a query, or of several that symmetry makes the same."""
    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        return None
    hits = mol.GetSubstructMatches(query)
    ranks = list(Chem.CanonicalRankAtoms(mol, breakTies=False))
    return hits[0][0] if hits and len({ranks[hit[0]] for hit in hits}) == 1 else None


def _acyl(acid: str) -> str | None:
    """Cut an acid's acyl group, with `*` for what was its hydroxy oxygen; None where it has several acid groups."""
    mol = Chem.MolFromSmiles(acid)
    if mol is None:
        return None
    hits = mol.GetSubstructMatches(_ACID)
    ranks = list(Chem.CanonicalRankAtoms(mol, breakTies=False))
    if not hits or len({ranks[hit[0]] for hit in hits}) != 1:
        return None
    copy = Chem.RWMol(mol)
    copy.GetAtomWithIdx(hits[0][2]).SetAtomicNum(0)
    return str(Chem.MolToSmiles(copy))


# ---------------------------------------------------------------------------------------------------------------------
# Salts

_SALT = re.compile(r"^(?P<base>[^ ]+) (?P<many>di|)hydro(?P<acid>chloride|bromide|iodide)$")
_HALIDES = {"chloride": "Cl", "bromide": "Br", "iodide": "I"}


def _salt(name: str, look_up: LookUp) -> PartStructure | None:
    """Read "bupivacaine hydrochloride": the compound beside its acid."""
    match = _SALT.match(name)
    base = look_up(match["base"]) if match is not None else None
    if match is None or base is None or base.generic or "N" not in base.smiles.upper():
        return None
    return PartStructure(".".join([base.smiles, *[_HALIDES[match["acid"]]] * MULTIPLIERS[match["many"]]]))


# ---------------------------------------------------------------------------------------------------------------------
# Thioesters

_COENZYME_A = (
    "CC(C)(COP(O)(=O)OP(O)(=O)OC[C@H]1O[C@H]([C@H](O)[C@@H]1OP(O)(O)=O)n1cnc2c(N)ncnc12)[C@@H](O)C(=O)NCCC(=O)NCCS"
)
_PHOSPHOPANTETHEINE = "OP(O)(=O)OCC(C)(C)[C@@H](O)C(=O)NCCC(=O)NCCS"
_COA = re.compile(r"^(?P<acyl>.+yl)-CoA$")
_PANTETHEINE = re.compile(r"^S-(?P<acyl>.+yl)-4'-phosphopantetheine$")


def _thioester(name: str, look_up: LookUp) -> PartStructure | None:
    for pattern, thiol in ((_COA, _COENZYME_A), (_PANTETHEINE, _PHOSPHOPANTETHEINE)):
        match = pattern.match(name)
        if match is None:
            continue
        acyl = match["acyl"].strip("[]") if match["acyl"].startswith("[") else match["acyl"]
        if acyl == "acyl":
            return _with(thiol, _THIOL, PartStructure("CC(*)=O", True))
        for acid in _acids(acyl):
            known = look_up(acid)
            if known is not None:
                group = _acyl(known.smiles)
                return None if group is None else _with(thiol, _THIOL, PartStructure(group, known.generic))
    return None


def _acids(acyl: str) -> Sequence[str]:
    """List the acids an acyl group may come from, by its name."""
    found = []
    if acyl.endswith("oyl"):
        found += [acyl[:-3] + "oic acid", acyl[:-3] + "ic acid"]
    return [*found, acyl[:-2] + "ic acid"]


def _with(core: str, query: Chem.Mol, group: PartStructure) -> PartStructure | None:
    at = _only(core, query)
    joined = None if at is None else _join(core, at, group.smiles)
    return None if joined is None else PartStructure(joined, group.generic)


# ---------------------------------------------------------------------------------------------------------------------
# Inositols

_INOSITOL = re.compile(
    r"^(?P<hand>1D-)?myo-inositol[ -](?P<places>\d(?:,\d)*)-(?P<count>bis|tris|tetrakis|pentakis)?phosphate$"
)


@lru_cache(maxsize=256)
def _inositol(phosphates: tuple[int, ...], open_at: int | None = None) -> str:
    """Build 1D-myo-inositol with phosphates; `*` stands in place of the hydroxy oxygen of one position.

    Seen from the side on which the hydroxy groups at 1, 2, 3 and 5 stand, 1D numbering runs anticlockwise (IUPAC-IUBMB,
    Numbering of Atoms in myo-Inositol, 1988).
    """
    mol = Chem.RWMol()
    points: list[tuple[float, float, float]] = []

    def add(number: int, *point: float) -> int:
        points.append((point[0], point[1], point[2]))
        return int(mol.AddAtom(Chem.Atom(number)))

    ring: list[int] = []
    for position in range(1, 7):
        x, y = cos(position * pi / 3), sin(position * pi / 3)
        up = 1.0 if position in (1, 2, 3, 5) else -1.0
        carbon = add(6, 1.4 * x, 1.4 * y, 0.0)
        oxygen = add(0 if position == open_at else 8, 1.9 * x, 1.9 * y, up)
        mol.AddBond(carbon, oxygen, Chem.BondType.SINGLE)
        ring.append(carbon)
        if position in phosphates:
            phosphorus = add(15, 3.0 * x, 3.0 * y, 1.5 * up)
            mol.AddBond(oxygen, phosphorus, Chem.BondType.SINGLE)
            for order, height in (
                (Chem.BondType.DOUBLE, 2.5),
                (Chem.BondType.SINGLE, 0.5),
                (Chem.BondType.SINGLE, 3.5),
            ):
                mol.AddBond(phosphorus, add(8, 4.0 * x, 4.0 * y, height * up), order)
    for left, right in zip(ring, ring[1:] + ring[:1], strict=True):
        mol.AddBond(left, right, Chem.BondType.SINGLE)
    place = Chem.Conformer(mol.GetNumAtoms())
    for index, point in enumerate(points):
        place.SetAtomPosition(index, Geometry.Point3D(*point))
    place.Set3D(True)
    mol.AddConformer(place)
    Chem.SanitizeMol(mol)
    Chem.AssignStereochemistryFrom3D(mol)
    for atom in mol.GetAtoms():
        if atom.GetAtomicNum() != 6:  # the phosphates' places are made up
            atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
    mol.RemoveAllConformers()
    return str(Chem.MolToSmiles(mol))


def _inositol_phosphate(name: str, look_up: LookUp) -> PartStructure | None:
    match = _INOSITOL.match(name)
    if match is None:
        return None
    places = tuple(int(place) for place in match["places"].split(","))
    if len(set(places)) != MULTIPLIERS[match["count"] or ""] or not all(1 <= place <= 6 for place in places):
        return None
    text = _inositol(places)
    if not match["hand"] and _mirror_smiles(text) != text:
        text = str(Chem.MolToSmiles(Chem.MolFromSmiles(text), isomericSmiles=False))  # 1D or 1L is not said
    return PartStructure(text)


# ---------------------------------------------------------------------------------------------------------------------
# Phospholipids

_LIPID = re.compile(
    r"^(?P<lipid>.+)-sn-glycero-3-phospho-\(?(?P<head>1'-sn-glycerol|(?:1'?-?D-|1'-|D-)?myo-inositol)"
    r"(?:[- ](?P<places>\d'?(?:,\d'?)*)-(?P<count>bis|tris)?phosphate)?\)?$"
)
_CDP_LIPID = re.compile(r"^CDP-(?P<lipid>.+-sn-glycerol)$")
_CYTIDYLYL = "*P(O)(=O)OC[C@H]1O[C@H]([C@H](O)[C@@H]1O)n1ccc(N)nc1=O"


def _phospholipid(name: str, look_up: LookUp) -> PartStructure | None:
    if match := _CDP_LIPID.match(name):
        lipid = look_up(f"{match['lipid']} 3-phosphate")
        return None if lipid is None else _with(lipid.smiles, _PHOSPHATE, PartStructure(_CYTIDYLYL, lipid.generic))
    match = _LIPID.match(name)
    if match is None:
        return None
    if match["head"] == "1'-sn-glycerol":
        if match["places"]:
            return None
        head = "*C[C@@H](O)CO"
    else:
        places = tuple(int(place.rstrip("'")) for place in match["places"].split(",")) if match["places"] else ()
        if len(places) != (MULTIPLIERS[match["count"] or ""] if match["places"] else 0) or not set(places) <= {
            2,
            3,
            4,
            5,
            6,
        }:
            return None
        head = _inositol(places, 1)
        if "D-" not in match["head"]:  # the numbering's handedness is not said
            head = str(Chem.MolToSmiles(Chem.MolFromSmiles(head), isomericSmiles=False))
    lipid = look_up(f"{match['lipid']}-sn-glycerol 3-phosphate")
    return None if lipid is None else _with(lipid.smiles, _PHOSPHATE, PartStructure(head, lipid.generic))


# ---------------------------------------------------------------------------------------------------------------------
# Polyprenols

_UNITS = ("tri", "tetra", "penta", "hexa", "hepta", "octa", "nona", "deca", "undeca", "dodeca", "trideca")
_PRENYL = re.compile(
    r"^(?:(?P<sugar>\S+yl) )?\(?(?:(?P<all>all-trans|all-cis)\)?-|(?P<trans>di|tri|tetra)?trans,"
    r"(?P<cis>poly|tetra|penta|hexa|hepta|octa|nona|deca)?cis-)?"
    rf"(?P<count>{one_of(_UNITS)})pren(?P<end>yl|ol)"
    r"(?P<tail> diphosphate| phosphate)?$"
)


def is_polyprenyl(name: str) -> bool:
    """Tell a polyprenol or its group by its name, which OPSIN takes for so many prenyl groups."""
    return _PRENYL.match(name) is not None


def _polyprenyl(name: str, look_up: LookUp) -> PartStructure | None:
    """Read "ditrans,octacis-undecaprenyl diphosphate": the trans units stand next to the far end."""
    match = _PRENYL.match(name)
    if match is None or (match["end"] == "ol" and match["tail"]) or (match["sugar"] and not match["tail"]):
        return None
    units = MULTIPLIERS[match["count"]]
    geometry = [""] * (units - 1)  # from the far end
    if match["all"]:
        geometry = ["E" if match["all"] == "all-trans" else "Z"] * (units - 1)
    elif match["cis"]:
        trans = MULTIPLIERS[match["trans"] or ""]
        cis = units - 1 - trans if match["cis"] == "poly" else MULTIPLIERS[match["cis"]]
        if trans + cis != units - 1:
            return None
        geometry = ["E"] * trans + ["Z"] * cis
    chain = "CC(C)=CC"
    for letter in geometry:
        left, right = {"E": ("/", "/"), "Z": ("/", "\\"), "": ("", "")}[letter]
        chain += f"C{left}C(C)=C{right}C" if letter else "CC(C)=CC"
    phosphates = {"": 0, " phosphate": 1, " diphosphate": 2}[match["tail"] or ""]
    end = "*" if match["end"] == "yl" and not phosphates else "O"
    if match["sugar"]:
        sugar = look_up(f"{match['sugar']} dihydrogen phosphate")
        if sugar is None:
            return None
        rest = f"*{'P(O)(=O)O' * (phosphates - 1)}"
        group = _reversed_chain(chain, rest)
        return None if group is None else _with(sugar.smiles, _PHOSPHATE, PartStructure(group, sugar.generic))
    mol = Chem.MolFromSmiles(chain + end + "P(O)(=O)O" * phosphates)
    return None if mol is None else PartStructure(str(Chem.MolToSmiles(mol)))


def _reversed_chain(chain: str, rest: str) -> str | None:
    """Write the polyprenyl group behind a `*` or a phosphate."""
    tail = {"*": "*", "*P(O)(=O)O": "OP(O)(=O)*"}.get(rest)
    mol = Chem.MolFromSmiles(chain + tail) if tail else None
    return None if mol is None else str(Chem.MolToSmiles(mol))


# ---------------------------------------------------------------------------------------------------------------------
# Ions and mirror images of known compounds


_ACIDIC = Chem.MolFromSmarts("[$([OX2H1]-C=O),$([OX2H1]-S(=O)=O)]")


def _anion(name: str, look_up: LookUp) -> PartStructure | None:
    """Read "shikimate" as shikimic acid, charged as when all its acid groups lost their protons."""
    known = look_up(f"{name[:-3]}ic acid") if re.match(r"^[^ ]*[a-z]{3}ate$", name) else None
    mol = Chem.MolFromSmiles(known.smiles) if known is not None else None
    if known is None or mol is None or not mol.HasSubstructMatch(_ACIDIC):
        return None
    return PartStructure(known.smiles, known.generic, -len(mol.GetSubstructMatches(_ACIDIC)))


def _mirror(name: str, look_up: LookUp) -> PartStructure | None:
    if not name.startswith("ent-"):
        return None
    known = look_up(name.removeprefix("ent-"))
    if known is None or known.generic:
        return None
    return PartStructure(_mirror_smiles(known.smiles)) if "@" in known.smiles else None


def _mirror_smiles(smiles: str) -> str:
    return str(Chem.CanonSmiles(Chem.MolToSmiles(mirror_image(Chem.MolFromSmiles(smiles)))))


# ---------------------------------------------------------------------------------------------------------------------
# Conjugates

_SKELETONS = tuple(
    (Chem.MolFromSmarts(skeleton["smarts"]), skeleton["positions"].split()) for skeleton in BIOCHEMICAL["skeletons"]
)
_GLYCOSIDES: dict[str, str] = BIOCHEMICAL["glycosides"]
_CONJUGATE = re.compile(
    r"^(?P<parent>.+?)[ -](?:(?P<places>\d+'?(?:,\d+'?)*)-?(?P<many>di-|tri-)?(?:O-)?)?\(?(?P<what>sulfate|phosphate|"
    rf"(?:(?:alpha|beta)-)?[DL]-[a-z]+oside|(?:beta-D-)?glucuronide|{one_of(_GLYCOSIDES)})\)?$"
)


def _conjugate(name: str, look_up: LookUp) -> PartStructure | None:
    """Read "apigenin 7-O-beta-D-glucoside", "lithocholic acid sulfate": a group on a hydroxy of a known compound."""
    match = _CONJUGATE.match(name)
    if match is None:
        return None
    parent = look_up(match["parent"])
    group = _conjugate_group(match["what"], look_up)
    if parent is None or group is None or parent.generic:
        return None
    places = match["places"].split(",") if match["places"] else []
    if len(places) != {None: len(places) if len(places) < 2 else -1, "di-": 2, "tri-": 3}[match["many"]]:
        return None
    text = parent.smiles
    if not places:
        at = _only_hydroxy(text)
        joined = None if at is None else _join(text, at, group)
        return None if joined is None else PartStructure(joined)
    for place in sorted(places):
        at = _hydroxy_at(text, place)
        joined = None if at is None else _join(text, at, group)
        if joined is None:
            return None
        text = joined
    return PartStructure(text)


def _only_hydroxy(smiles: str) -> int | None:
    mol = Chem.MolFromSmiles(smiles)
    hits = list(mol.GetSubstructMatches(_HYDROXY)) if mol is not None else []
    return hits[0][0] if len(hits) == 1 else None


def _hydroxy_at(smiles: str, place: str) -> int | None:
    """Find the hydroxy oxygen at a position of a skeleton whose numbering is known; None where that is not certain."""
    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        return None
    hydroxy = {carbon: oxygen for oxygen, carbon in mol.GetSubstructMatches(_HYDROXY)}
    for query, labels in _SKELETONS:
        if place not in labels:
            continue
        column = labels.index(place)
        hits = mol.GetSubstructMatches(query, uniquify=False, maxMatches=64)
        found = {hydroxy[hit[column]] for hit in hits if hit[column] in hydroxy}
        if hits:
            return found.pop() if len(found) == 1 else None
    return None


def _conjugate_group(what: str, look_up: LookUp) -> str | None:
    if what == "sulfate":
        return "*S(O)(=O)=O"
    if what == "phosphate":
        return "*P(O)(O)=O"
    if what in _GLYCOSIDES:
        group: str | None = _GLYCOSIDES[what]
    elif what.endswith("glucuronide"):
        group = glycosyl("beta-D-glucuronic acid" if what.startswith("beta-D-") else "D-glucuronic acid")
    else:
        group = glycosyl(re.sub("ide$", "e", what))
    fluoride = look_up(f"{group} fluoride") if group else None
    mol = Chem.MolFromSmiles(fluoride.smiles) if fluoride is not None else None
    if mol is None:
        return None
    halogens = [atom for atom in mol.GetAtoms() if atom.GetAtomicNum() == 9]
    if len(halogens) != 1:
        return None
    halogens[0].SetAtomicNum(0)
    return str(Chem.MolToSmiles(mol))

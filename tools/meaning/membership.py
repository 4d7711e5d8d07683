"""Whether a molecule is one of a class, which asks for more than that the class's pattern occurs in it.

Conditions are those of the class's entry in the lexicon, or those that the words of the name state
(`data/conditions.toml`): the more generous ones where both speak. They are asked in the most generous reading: of any
component that meets them all, charges normalised, and a count that can be taken in two ways holds if either does.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from rdkit import Chem

from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.lexicon.classes import Lexicon, StructuralClass
from molreflect.tools.lexicon.member import Bounds, Counted, Member, read_member
from molreflect.tools.lexicon.spelling import normalise_name
from molreflect.tools.meaning import units
from molreflect.tools.molecules.match import MatchTimeoutError, find, match_at
from molreflect.tools.molecules.parts import atoms_of
from molreflect.tools.molecules.read import WITH_MOLECULES, Molecule, read_molecule
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.molecules.tautomers import amide_form
from molreflect.tools.molecules.undefined import is_undefined
from molreflect.tools.names.words import MULTIPLIERS
from molreflect.tools.terms import Level

MAX_COUNTED = 512
"""Most hits of one pattern that are counted."""
MAX_SHOWN = 40
"""Most characters of a pattern that a message shows."""
_MEMBERSHIP_SOURCES = frozenset({"head", "item"})
_CONTEXT = 60
_SENTENCE = 400
"""Characters before "as the" in which "having" may stand: a systematic name goes between."""
_IS_A = re.compile(
    r"\b(?:is|are|was|were|as)(?: (?:also|both|classified as|described as))?(?: (?:an?|the|one of(?: the)?))?"
    r"(?: (?:member|example|kind|type)s? of)?(?: the)?(?: (?:class|family|group) of)?(?: an?)? ?$",
    re.IGNORECASE,
)
# an atom of a counted part that states its configuration, or a double bond; "!@" is a bond
_CONFIGURED = re.compile(r"\[[A-Z][a-z]?(?P<mark>@)|(?P<slash>[/\\])")
_HAS_AS = re.compile(r"\b(?:has|have|having|with)\b[^.;]*\bas (?:an?|the|its)? ?$", re.IGNORECASE)
"""Words that call a part of the molecule something: "has hederagenin as the sapogenin"."""
_DERIVATIVE = re.compile(r"(?<!-substituted )\bderivatives?$")
_CHARGES: dict[str, Bounds] = {
    **{"anion": (-99, -1), "oxoanion": (-99, -1), "dianion": (-2, -2), "trianion": (-3, -3)},
    **{"zwitterion": (0, 0), "betaine": (0, 0)},
}
"""Net charges that the last word of a name states. "Cation" is not among them: anthocyanidin cations are also drawn
with an acid's anion in them."""
_CHARGE_WORD = re.compile(rf"(?<![a-z])(?:{'|'.join(_CHARGES)})$")
_CHARGE_NUMBER = re.compile(r"[a-z]\((?P<n>[1-9])(?P<sign>[-+])\)$")
_LONE_ION = re.compile(r"^\[[A-Z][a-z]?\+\d?\]$")
_INORGANIC = re.compile(
    r"^(?:\w*halide|chloride|azide|cyanide|nitrogen|halogen|chlorine|sulfur|phosphorus|boron|silicon|arsenic|selenium|"
    r"metal|phosphate|sulfate|nitrate|(?:\w+ )*inorganic|chromium|molybdenum|vanadium|\w*cyanate)\b"
)
"""Anions that stand beside something organic as often as not."""
_OCCURRENCE_WORDS = re.compile(r"\b(?:group|substituent|moiety|moieties|residue|unit|chain|function|functionality)s?$")


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether a molecule is one of a class."""

    holds: bool | None
    """None where no condition is known, none could be decided, or one fails and some call it so all the same."""
    why: str = ""
    """What it has and what one of the class has; empty where it holds and where nothing is known."""
    atoms: tuple[tuple[int, ...], ...] = ()
    """0-based RDKit atom indices of the parts that contradict it."""


UNKNOWN = Membership(None)
_BARE_METAL = re.compile(r"\[(?:Li|Na|K|Rb|Cs|Mg|Ca|Sr|Ba)\]")
_METALS = frozenset({3, 4, 11, 12, 13, *range(19, 33), *range(37, 52), *range(55, 85), *range(87, 119)})
"""Atomic numbers, germanium and antimony among them."""


def asks_membership(phrase: Phrase, caption: str | None = None) -> bool:
    """Whether words say that the molecule is something ("is a diol"), not that it has something ("has a hydroxy")."""
    if phrase.count is not None or phrase.locants or _OCCURRENCE_WORDS.search(phrase.text) is not None:
        return False
    if phrase.source in _MEMBERSHIP_SOURCES:
        return True
    before = caption[max(0, phrase.start - _SENTENCE) : phrase.start] if caption is not None else ""
    return _IS_A.search(before[-_CONTEXT:]) is not None and _HAS_AS.search(before) is None


def membership_of(name: str, molecule: Molecule, lexicon: Lexicon) -> Membership:
    """Decide whether a molecule is one of the class that a name means, that its pattern occurs nowhere aside."""
    entry = lexicon.find(name)
    if entry is not None and (apart := _apart(entry, molecule)) is not None:
        return apart
    return _judge(conditions_of(name, entry), normalise_name(name), molecule, entry)


def membership(entry: StructuralClass, molecule: Molecule) -> Membership:
    """Decide whether a molecule is one of a class of the lexicon: its pattern occurs and its conditions hold.

    That none occurs decides nothing where the class's absence does not, where what some call so is found, or where the
    molecule is drawn without the configuration that the class states. A salt drawn with a bond to its metal ("CO[Na]")
    is refused nothing: patterns are written for the acid and for the ions. An amide drawn as the imidic acid
    ("CC(O)=NC") is refused nothing that the amide is.
    """
    judged = _membership_as_drawn(entry, molecule)
    if judged.holds is not False:
        return judged
    if _is_bonded_salt(molecule):
        return UNKNOWN
    amide = amide_form(molecule)
    return judged if amide is None or _membership_as_drawn(entry, amide).holds is False else UNKNOWN


def _is_bonded_salt(molecule: Molecule) -> bool:
    """Whether an alkali or alkaline earth metal is drawn bonded to oxygen or sulfur."""
    if _BARE_METAL.search(molecule.smiles) is None:
        return False
    return find(molecule, "[Li,Na,K,Rb,Cs,Mg,Ca,Sr,Ba;+0]-[#8,#16]") is not None


def _membership_as_drawn(entry: StructuralClass, molecule: Molecule) -> Membership:
    try:
        if all(find(molecule, pattern, floor=entry.level) is None for pattern in entry.patterns):
            open_ = entry.absence == "unchecked" or any(find(molecule, text, stereo=True) for text in entry.doubtful)
            open_ = open_ or any("@" in pattern and is_undefined(molecule, pattern) for pattern in entry.patterns)
            return UNKNOWN if open_ else Membership(False, f"has no {entry.name}")
    except MatchTimeoutError:
        return UNKNOWN
    if (apart := _apart(entry, molecule)) is not None:
        return apart
    asked = conditions_of(entry.name, entry)
    return _judge(asked, normalise_name(entry.name), molecule, entry) if asked else Membership(True)


def conditions_of(name: str, entry: StructuralClass | None) -> tuple[Member, ...]:
    """Find what a name asks of its members: alternatives, one of which must hold; empty where it asks nothing.

    What the entry says goes before what the words of the name say. A derivative may have more than the class, unless
    the entry is about derivatives itself.
    """
    own = (entry.member,) if entry is not None and entry.member is not None else ()
    key = normalise_name(name)
    asked = own or _by_words(key)
    if entry is not None and _asks_charge(entry) and (charge := _charge_in(key)) is not None:
        asked = tuple(m if m.charge is not None else replace(m, charge=charge) for m in asked or (Member(),))
    if _DERIVATIVE.search(name) is None or (own and entry is not None and _DERIVATIVE.search(entry.name) is not None):
        return asked
    return tuple(map(_without_most, asked))


def _asks_charge(entry: StructuralClass) -> bool:
    """Whether the charge that a name states is the molecule's; a lone metal ion ("lead(2+)") stands beside others."""
    return entry.scope == "part" and not all(map(_LONE_ION.match, entry.patterns))


def _charge_in(key: str) -> Bounds | None:
    """Read the net charge that the last word of a name states ("anion", "(4-)"); None where it states none.

    An inorganic ion is one component beside others, an organic one is the molecule that is judged. A compound's name
    says so too, and may be a part's: only classes of the lexicon are asked.
    """
    if (number := _CHARGE_NUMBER.search(key)) is not None:
        charge = int(number["sign"] + number["n"])
        return charge, charge
    if (word := _CHARGE_WORD.search(key)) is not None and _INORGANIC.search(key) is None:
        return _CHARGES[word[0]]
    return None


def _without_most(member: Member) -> Member:
    """Let a derivative have more: a disaccharide derivative may bear a third sugar elsewhere."""
    most: dict[str, Any] = {
        key: (bounds[0], -1)
        for key in ("rings", "carbons", "residues", "sugars", "components", "chain")
        if (bounds := getattr(member, key)) is not None
    }
    count = tuple(replace(part, bounds=(part.bounds[0], -1)) for part in member.count)
    return replace(member, count=count, elements=frozenset(), without=(), **most)


@lru_cache(maxsize=1)
def _rules() -> tuple[tuple[re.Pattern[str], list[dict[str, object]]], ...]:
    text = files("molreflect.tools.meaning").joinpath("data/conditions.toml").read_text(encoding="utf-8")
    rules = tomllib.loads(text)["rule"]
    return tuple((re.compile(rule["name"]), [rule["member"], *rule.get("or", ())]) for rule in rules)


@lru_cache(maxsize=8_192)
def _by_words(key: str) -> tuple[Member, ...]:
    for name, tables in _rules():
        if (hit := name.fullmatch(key)) is not None:
            word = hit.groupdict().get("n") or ""
            bounds = [2, -1] if word == "poly" else [MULTIPLIERS[word]] * 2
            where = f"conditions.toml, {name.pattern}"
            read = (
                read_member({key: _filled(value, bounds) for key, value in table.items()}, where) for table in tables
            )
            return tuple(member for member in read if member is not None)
    return ()


def _filled(value: object, bounds: list[int]) -> object:
    """Put the number of a name where a rule says `{n}`."""
    if value == "{n}":
        return bounds
    if isinstance(value, list) and value and isinstance(value[0], list):
        return [[item[0], *bounds, *item[2:]] if item[1] == "{n}" else item for item in value]
    return value


# ---------------------------------------------------------------------------------------------------------------------
# One molecule


def _judge(asked: Sequence[Member], name: str, molecule: Molecule, entry: StructuralClass | None = None) -> Membership:
    """Ask every organic component; the largest one says what is wrong where none meets all conditions.

    Where one component alone has what the class is known by, those without are not asked: the acid of a salt, which
    has none of the parts that must not occur, would make the base a member.
    """
    first: Membership | None = None
    parts = _organic_parts(molecule) if asked else ()
    if entry is not None and len(parts) > 1:
        own = tuple(part for part in parts if _occurs(entry, part))
        parts = own or (parts if _occurs(entry, molecule) else parts[:1])
    for part in parts:
        for member in asked:
            failed = next(_failures(member, name, part, molecule), None)
            if failed is None:
                return Membership(True)
            if not _is_open(member, part):
                first = first or failed
            elif entry is None or _occurs(entry, part):
                first = first or replace(failed, holds=None)
            else:
                first = first or UNKNOWN  # without its pattern it is for the absence to say whether some call it so
    return first or UNKNOWN


def _is_open(member: Member, part: Molecule) -> bool:
    """Whether a component that fails a condition is one of those that some call so; a search without end says yes."""
    try:
        return any(find(part, text, stereo=True) is not None for text in member.open)
    except MatchTimeoutError:
        return True


def _occurs(entry: StructuralClass, part: Molecule) -> bool:
    """Whether a pattern of the class occurs in a component; a search that takes too long leaves it in."""
    try:
        return any(find(part, pattern, floor=entry.level) is not None for pattern in entry.patterns)
    except MatchTimeoutError:
        return True


def _apart(entry: StructuralClass, molecule: Molecule) -> Membership | None:
    """Refuse a molecule that has the parts of a pattern in different components only; None where it has not.

    An acid beside an alcohol is no hydroxy acid, though both parts occur. A salt's name speaks of several components,
    and so does a class whose own examples have its parts in several.
    """
    if "." not in molecule.smiles or all("." not in pattern for pattern in entry.patterns) or _is_of_several(entry):
        return None
    if not _occurs(entry, molecule) or any(_occurs(entry, part) for part in _parts(molecule)):
        return None
    return Membership(False, f"has the parts of {_a(entry.name)} in different components only")


@lru_cache(maxsize=1_024)
def _is_of_several(entry: StructuralClass) -> bool:
    """Whether a class is one of several components: salts, hydrates, metallocenes, metals with ligands drawn apart."""
    if entry.extent == "all" or entry.scope != "part" or "salt" in entry.name:
        return True
    if any(_has_lone_metal(pattern) for pattern in entry.patterns if "." in pattern):
        return True
    mixed = [read_molecule(text) for text in entry.matches if "." in text]
    alone = [replace(entry, patterns=(pattern,)) for pattern in entry.patterns if "." in pattern]
    return any(
        _occurs(one, example) and not any(_occurs(one, part) for part in _parts(example))
        for one in alone
        for example in mixed
    )


def _has_lone_metal(pattern: str) -> bool:
    """Whether a dotted pattern has a part that is one metal atom, which ligands drawn apart stand beside."""
    query = read_pattern(pattern).query
    return any(
        len(part) == 1 and query.GetAtomWithIdx(part[0]).GetAtomicNum() in _METALS for part in Chem.GetMolFrags(query)
    )


def _parts(molecule: Molecule) -> list[Molecule]:
    """Read every component, each once."""
    return [read_molecule(smiles) for smiles in dict.fromkeys(molecule.components)]


@lru_cache(maxsize=WITH_MOLECULES)
def _organic_parts(molecule: Molecule) -> tuple[Molecule, ...]:
    """Components with carbon, the largest first; all of them where none has any."""
    if "." not in molecule.smiles:
        return (molecule,)
    parts = _parts(molecule)
    return tuple(p for p in parts if any(a.GetAtomicNum() == 6 for a in atoms_of(p.mol))) or tuple(parts)


def _failures(member: Member, name: str, molecule: Molecule, whole: Molecule) -> Iterator[Membership]:
    """Say which conditions a component of a whole does not meet, cheap ones first."""
    mol, one = molecule.neutral, _a(name)
    if member.elements:
        other = {atom.GetSymbol() for atom in atoms_of(mol)} - member.elements
        if other:
            atoms = tuple((atom.GetIdx(),) for atom in atoms_of(mol) if atom.GetSymbol() in other)
            only = " and ".join(sorted(member.elements))
            yield Membership(False, f"has {', '.join(sorted(other))}, {one} has only {only}", atoms)
    rings = mol.GetRingInfo().NumRings()
    if member.acyclic and rings:
        yield Membership(False, f"has {_number(rings, 'ring')}, {one} is acyclic")
    components: Iterable[str] = whole.components
    if "salt" in name:  # a salt is of an acid and something else: water beside the acid makes none, nor a second of it
        components = {part for part in components if part != "O"}
    numbers: list[tuple[int, Bounds | None, str]] = [
        (len(tuple(components)), member.components, "component"),
        (rings, member.rings, "ring"),
    ]
    if member.carbons is not None:
        numbers.append((sum(atom.GetAtomicNum() == 6 for atom in atoms_of(mol)), member.carbons, "carbon atom"))
    if member.charge is not None:
        # a proton that is written apart belongs to the component: [H+].CC(=O)[O-] is an acid
        charge = Chem.GetFormalCharge(molecule.mol) + whole.components.count("[H+]")
        low, high = member.charge
        if not low <= charge <= high:
            yield Membership(False, f"has the net charge {charge:+d}, {one} has {_said_charge(low, high)}")
    for number, bounds, what in numbers:
        if bounds is not None and not _within(number, bounds):
            yield Membership(False, f"has {_number(number, what)}, {one} has {_said(bounds)}")
    yield from _counted((*member.count, *(Counted(pattern, (0, 0)) for pattern in member.without)), one, molecule)
    yield from _per_body(member.salt, one, whole)
    for counted, bounds, what in (
        (units.residues, member.residues, "amino acid residue"),
        (units.sugars, member.sugars, "monosaccharide unit"),
    ):
        if bounds is not None and not units.overlap(found := counted(mol), bounds):
            yield Membership(False, f"has {_number(found[1], what)}, {one} has {_said(bounds)}")
    if member.chain is not None:
        lengths = units.acyl_chains(mol)
        if lengths and not any(_within(length, member.chain) for length in lengths):
            has = f"has an acyl chain of {_number(max(lengths), 'carbon')}"
            yield Membership(False, f"{has}, {one} has {_said(member.chain)}")


def _per_body(salt: tuple[Counted, ...], one: str, whole: Molecule) -> Iterator[Membership]:
    """Say which counter-ions or waters are too many or too few for one of the body, the longest component but water.

    Of two of a length the anion is the body: sodium sulfide has one sulfide and two sodium ions. Where the body is
    there more than once, all else is shared out, if the formula can be divided so. Where it cannot, the formula is one
    of a kind: calcium nitrate with four waters is a tetrahydrate. Two of an uncharged base, sulfuric acid and one water
    may be a monohydrate or a hemihydrate.
    """
    kinds = Counter(part for part in whole.components if part != "O") or Counter(whole.components)
    body = max(kinds, key=lambda c: (len(c), "-" in c))
    shares = {math.gcd(*kinds.values())}
    if _is_neutral(body):
        shares.add(kinds[body])
    for part in salt:
        low, high = part.bounds
        failed: list[Membership] = []
        for unit in sorted(shares):
            shared = replace(part, bounds=(low * unit, high if high == -1 else high * unit))
            failed.extend(_counted((shared,), one, whole, Level.FLAT))
        if len(failed) == len(shares):
            yield failed[0]


@lru_cache(maxsize=1_024)
def _is_neutral(component: str) -> bool:
    return bool(Chem.GetFormalCharge(read_molecule(component).mol) == 0)


def _counted(
    parts: Iterable[Counted], one: str, molecule: Molecule, level: Level = Level.NEUTRAL
) -> Iterator[Membership]:
    """Say which parts occur too often or too seldom, in their configuration where it is stated.

    A search that takes too long says nothing, nor does a structure drawn without configurations. Components
    are counted on the flat rung: on the neutral one the hydroxide of lithium hydroxide monohydrate is a water. What
    a pattern says of charges is asked of the molecule as written and of its neutral form, whichever has more: the
    neutral rung would drop it.
    """
    for part in parts:
        configured = _CONFIGURED.search(part.pattern)
        if configured is not None and not _is_drawn(configured, molecule):
            continue
        rung, pattern, drawn = Level.EXACT if configured else level, read_pattern(part.pattern), [molecule]
        if rung is Level.NEUTRAL and pattern.neutral is not pattern.query:
            rung, drawn = Level.FLAT, [molecule, _uncharged(molecule)]
        try:
            hits = max((match_at(form, pattern, rung, max_hits=MAX_COUNTED) for form in drawn), key=len)
        except MatchTimeoutError:
            continue
        if not _within(len(hits), part.bounds):
            words = part.words or (part.pattern if len(part.pattern) <= MAX_SHOWN else "counted group")
            has = _number(len(hits), words) if " " in words else f"{words} {len(hits)} times"
            yield Membership(False, f"has {has}, {one} has {_said(part.bounds)}", hits)


def _is_drawn(stated: re.Match[str], molecule: Molecule) -> bool:
    """Whether a molecule is drawn with configurations of the kind that a part states."""
    return any(mark in molecule.smiles for mark in ("@" if stated["mark"] else "/\\"))


@lru_cache(maxsize=WITH_MOLECULES)
def _uncharged(molecule: Molecule) -> Molecule:
    """Take a molecule's neutral form as one that is written so."""
    return molecule if molecule.neutral is molecule.mol else replace(molecule, mol=molecule.neutral)


def _within(number: int, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= number and (bounds[1] == -1 or number <= bounds[1])


def _said(bounds: tuple[float, float]) -> str:
    low, high = bounds
    if low == high:
        return f"{low:g}" if low else "none"
    return f"{low:g} or more" if high == -1 else f"{low:g} to {high:g}"


def _said_charge(low: int, high: int) -> str:
    if low == high:
        return f"{low:+d}" if low else "none"
    return "a positive one" if low > 0 else "a negative one" if high < 0 else f"{low:+d} to {high:+d}"


def _number(number: int, what: str) -> str:
    head, between, rest = what.partition(" between ")  # "double bonds between carbons"
    return f"{number} {head}" + ("s" if number != 1 else "") + between + rest


def _a(name: str) -> str:
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"

"""Names read by their parts, where neither the lexicon nor OPSIN knows the whole.

Captions compose class names freely ("indole alkaloid cation", "octadecadienoic acid", "pyrimidinecarboxamide",
"phosphatidylcholine 34:1"). The rules here take such a name apart, have every part they know looked up, and say which
words they left unread, so that nobody takes "vibsane diterpenoid" for more than the diterpenoid that was found.

Some of it only a molecule decides (the carbons of a chain, the rings of a fused system, a charge): those meanings are
cut from the molecule in hand, as those of `molreflect.tools.meaning.computed_classes` are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from molreflect.tools.lexicon.spelling import normalise_name
from molreflect.tools.meaning.bound_parts import is_bound_part, read_bound_part
from molreflect.tools.meaning.chains import read_chain, read_chain_class, read_lipid_shorthand
from molreflect.tools.meaning.computed_classes import cut_interpretation
from molreflect.tools.meaning.fused import read_fused_system, with_oxo_groups
from molreflect.tools.meaning.group_lists import read_group_list
from molreflect.tools.meaning.interpretation import Interpretation, Interpretations
from molreflect.tools.meaning.joined import is_present, joined_with, with_unread
from molreflect.tools.meaning.qualified import component_of_charge, less_specific, parent_hydride
from molreflect.tools.meaning.words import COMPOSED
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.molecules.smarts import any_bonds, has_ring
from molreflect.tools.names.words import MULTIPLIERS, one_of
from molreflect.tools.terms import Level

MAX_COMPOSED_NAME_LENGTH = 240
"""Characters; a longer text is no composed name."""
MAX_DEPTH = 3
"""Most times a name is taken apart again."""

LookUp = Callable[[str, bool], Interpretations]
"""`(shorter name, whether structures of systematic names count) -> meanings`; curated classes always count."""


def interpret_by_parts(name: str, look_up: LookUp, molecule: Molecule | None) -> Interpretations:
    """Read a name by its parts.

    Args:
        name: As written, without article and count.
        look_up: Asked for the parts.
        molecule: The molecule in hand; rules that need one are left out without it.

    Returns:
        What the first rule that knows the name says; empty where none does, or where the molecule is no member.
    """
    return _Reader(look_up, molecule).read(name)


def interpret_open_name(name: str, molecule: Molecule) -> Interpretations | None:
    """Read a name that leaves positions open by looking at the molecule; OPSIN would choose positions by itself.

    Returns:
        As `interpret_by_parts`; None for names that no rule of this kind knows.
    """
    if len(name) > MAX_COMPOSED_NAME_LENGTH:
        return None
    key = normalise_name(name)
    for rule in (read_lipid_shorthand, read_chain, read_chain_class, read_fused_system):
        if (found := rule(key, molecule)) is not None:
            return found
    return None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads names by their parts: what the parts are looked up in, and how deep it is in a name."""

    look_up: LookUp
    molecule: Molecule | None
    depth: int = 0

    def read(self, name: str) -> Interpretations:
        """Read a name by its parts, whatever it means as a whole."""
        if len(name) > MAX_COMPOSED_NAME_LENGTH:
            return ()
        key = normalise_name(name)
        if self.molecule is not None:
            for found in (interpret_open_name(key, self.molecule), read_bound_part(key, self.mean, self.molecule)):
                if found is not None:
                    return found
        elif is_bound_part(key, None):
            return ()
        for rule in (
            _respelt,
            _group_list,
            _suffixed,
            _alkane,
            _prefixed,
            _charged,
            _qualified,
            _acylated,
            _membered,
            _radical,
            _alkyl_ester,
            _headed,
        ):
            if read := rule(key, name, self):
                return read
        return ()

    def mean(self, name: str) -> Interpretations:
        """Say what a shorter name means, as a whole or else by its parts."""
        known = self.look_up(name, True)
        if known or self.depth >= MAX_DEPTH:
            return known
        return _Reader(self.look_up, self.molecule, self.depth + 1).read(name)


# ---------------------------------------------------------------------------------------------------------------------
# Other spellings

_STEREO_PREFIX = re.compile(
    r"^(?:\d+[rs](?:,\d+[rs])*-(?=[a-z])|"
    r"\((?:\d*'?[rsez](?:,\d*'?[rsez])*|\+|-|\+/-|rac)\)-|[rs]-(?=[a-z])|cis[- ]|trans[- ]|rac-|"
    r"(?:\d{1,2}[a-z]?)?(?:alpha|beta)-(?=[a-z([]))"
)
_TAIL = re.compile(
    r" (?:(?<=ose )sugars?|derivatives?|compounds?|skeletons?|parents?|fundamental parents?|frameworks?|scaffolds?|"
    r"conjugates?|chains?|motifs?|structures?|units?|moiet(?:y|ies)|residues?|nucle(?:us|i)|systems?|rings?|"
    r"functions?|functionality|functionalities|substituents?|groups?|derivate|polymers?|cages?|end-groups?|protecting|bridges?|fragments?|"
    r"(?<!conjugate )(?<!schiff )bases?)$"
)


def _respelt(key: str, written: str, reader: _Reader) -> Interpretations:
    """Read a name without a word that only says how it is meant, or with its configuration set aside."""
    for pattern, what in ((_STEREO_PREFIX, "prefix"), (_TAIL, "tail")):
        hit = pattern.search(key)
        if hit is None:
            continue
        rest = (key[: hit.start()] + key[hit.end() :]).strip()
        if len(rest) < 3:
            continue
        original = written if what == "tail" else written[hit.end() :]
        cased = original[: len(rest)] if normalise_name(original[: len(rest)]) == rest else rest
        known = reader.mean(cased)
        unread = hit.group().strip(" -") if what == "prefix" else ""
        return tuple(with_unread(part, unread) for part in known)
    return ()


def _qualified(key: str, written: str, reader: _Reader) -> Interpretations:
    """Read "terminal hydroxy group", "abieta-8,11,13-triene", "quinapril(1+)" where the molecule has such a part."""
    molecule = reader.molecule
    if molecule is None:
        return ()
    for shorter, unread in less_specific(written):
        if known := tuple(part for part in reader.mean(shorter) if is_present(part, molecule)):
            return tuple(with_unread(part, unread) for part in known)
    for parent, unread in parent_hydride(written):
        loose = [
            replace(part, patterns=tuple(map(any_bonds, part.patterns)), floor=Level.NEUTRAL)
            for part in reader.look_up(parent, False)
            if not part.computed
        ]
        if known := tuple(part for part in loose if is_present(part, molecule)):
            return tuple(with_unread(part, unread) for part in known)
    if (found := component_of_charge(written, molecule)) is not None:
        return tuple(with_unread(part, found[0]) for part in cut_interpretation(molecule, [found[1]], key))
    return ()


# ---------------------------------------------------------------------------------------------------------------------
# A modifier and a head

_OPEN_HEADS = re.compile(rf"(?:{one_of(COMPOSED['open_heads'])})$")
_CLAIMLESS = frozenset(COMPOSED["claimless"])
_PARTICIPLES: dict[str, str] = COMPOSED["participles"]


_ALKYL_ESTER = re.compile(r"^(?:mono|di|tri)?-?(?P<alkyl>[a-z-]{3,}yl) ester$")
_ESTER_OXYGEN = Interpretation(("[OX2;$(O[P,S,N,B]~[OX1,SX1]),$(O[#6X3]=[O,S,N])]",), "ester", Level.NEUTRAL)
"""The bridging oxygen of an ester of any acid, carbon's or another."""


def _alkyl_ester(key: str, written: str, reader: _Reader) -> Interpretations:
    """Read "isobutyl ester", of a carboxylic acid as the class and the group, of another acid by its oxygen."""
    hit = _ALKYL_ESTER.match(key)
    groups = reader.look_up(hit["alkyl"], True) if hit is not None else ()
    if not groups:
        return ()
    return _headed(key, written, reader) + joined_with(groups[:1], [_ESTER_OXYGEN], "", reader.molecule)


_ONE_COMPOUND = re.compile(r"[a-z]{3}(?:oyl|yl) (?:aldehyde|alcohol|cyanide|isocyanate|chloride|bromide)$")
"""Names of one compound in two words, of which neither may be lit alone: "caffeoyl aldehyde"."""


_ESTER_OF_A_SUGAR = re.compile(r"[a-z-]{3,}ose (?:mono|di|tri|bis|poly)?(?:phosphate|sulfate)$")
"""An ester whose place the name leaves open: "ribose monophosphate", "lactose phosphate"."""


def _headed(key: str, written: str, reader: _Reader) -> Interpretations:
    """Read "indole alkaloid" as both words, "vibsane diterpenoid" as the head, "vibsane" being unread."""
    parted = key.split(" ")
    if not 2 <= len(parted) <= 6 or _ONE_COMPOUND.search(key):
        return ()
    for start in range(1, len(parted)):
        head = " ".join(parted[start:])
        known = reader.look_up(head, False) or reader.look_up(head.replace("-", " "), False)
        if not known:
            continue
        parts: list[Interpretation] = []
        unread: list[str] = []
        for word in _modifiers(parted[:start]):
            if word in _CLAIMLESS:
                continue
            names = _ESTER_OF_A_SUGAR.match(f"{word} {head}") is not None
            modifier = next(iter(reader.look_up(_PARTICIPLES.get(word, word), names)), None)
            if modifier is None:
                unread.append(word)
            elif (
                modifier.computed and reader.molecule is not None and any(is_present(h, reader.molecule) for h in known)
            ):
                return (with_unread(modifier, " ".join(unread)),)  # "monoterpenoid alcohol": the skeleton it is
            else:
                parts.append(modifier)
        if unread and _OPEN_HEADS.search(head) is None:
            return ()
        return joined_with(known, parts, " ".join(unread), reader.molecule)
    return ()


_SPEAKS_OF_GROUP = re.compile(r"-(?:containing|type|substituted|bearing|functionalised|functionalized|appended)$")


def _modifiers(before: Sequence[str]) -> Iterator[str]:
    """Strip the words before a head of what only says that the part is there."""
    for word in before:
        yield word if word in _PARTICIPLES else _SPEAKS_OF_GROUP.sub("", word)


_SUFFIXED = re.compile(
    r"^(?P<ring>[a-z,0-9\[\]() -]*?[a-z])e?(?P<count>mono|di|tri|tetra?|penta?|hexa?|)"
    rf"(?P<suffix>{one_of(COMPOSED['suffixes'])})$"
)


def _suffixed(key: str, written: str, reader: _Reader) -> Interpretations:
    """Read "pyrimidinecarboxamide", "naphthalenetetrol": a ring and what its suffix puts anywhere on it."""
    hit = _SUFFIXED.match(key)
    if hit is None or len(hit["ring"]) < 4:
        return ()
    groups = [group.format(ring="[#6,#7;R]") for group in COMPOSED["suffixes"][hit["suffix"]]]
    if (prefix := _PREFIX.match(key)) is not None and reader.look_up(prefix["rest"], False):
        return ()  # "thioquinolone": a quinolone with sulfur, no thioquinol
    count = hit["count"] + "a" if hit["count"] in _ELIDED else hit["count"]
    part = _counted(groups, count, hit["suffix"], Level.NEUTRAL)
    rings = (hit["ring"] + "e", hit["ring"])
    if (molecule := reader.molecule) is not None:
        for ring in rings:
            if (fused := read_fused_system(ring, molecule)) is not None:
                return with_oxo_groups(fused, key, molecule, hit["suffix"]) if is_present(part, molecule) else ()
    for ring in rings:
        heads = [r for r in reader.look_up(ring, True) if not r.computed and has_ring(r.patterns[0])]
        if not heads:
            continue
        if hit["suffix"] in _OXIDISING:  # "cyclohexanedione": the ring's own atoms lose hydrogens to the suffix
            heads = [replace(head, patterns=tuple(map(any_bonds, head.patterns))) for head in heads]
        return joined_with(heads, [part], "", reader.molecule)
    return ()


_ELIDED = frozenset({"tetr", "pent", "hex"})
"""Multipliers before a vowel: "naphthalenetetrol"."""
_OXIDISING = frozenset({"one", "thione"})
_ON_ALKANE: dict[str, str] = COMPOSED["on_alkane"]
_ALKANE = re.compile(rf"^(?P<count>mono|di|tri|tetra|penta|hexa|)(?P<group>{one_of(_ON_ALKANE)})-?alkane$")


def _alkane(key: str, written: str, reader: _Reader) -> Interpretations:
    """Read "fluoroalkane", "dichloroalkane": so many groups on saturated carbon, which need not have a methyl group."""
    hit = _ALKANE.match(key)
    if hit is None:
        return ()
    count = hit["count"] if hit["count"] != "mono" else ""
    return (_counted([_ON_ALKANE[hit["group"]]], count, key, Level.NEUTRAL),)


def _counted(patterns: Sequence[str], count: str, what: str, floor: Level) -> Interpretation:
    """Ask for so many groups of a kind, wherever they sit."""
    times = MULTIPLIERS[count]
    return Interpretation(tuple(".".join([pattern] * times) for pattern in patterns), count + what, floor)


_PREFIX = re.compile(
    r"^(?:\d{1,2}[a-z]?'?(?:alpha|beta|[rs])?-)?(?P<count>mono|di|tri|tetra|penta|hexa|)"
    rf"(?P<group>{one_of(COMPOSED['prefixes'])})-?(?P<rest>[a-z(].{{3,}})$"
)


_WITH_OXYGEN = re.compile(r"(?:one|acid|ate|anion|ester|urea|amide|ol)$")
"""Classes of which "thio" may replace an oxygen that their pattern asks for: "thioquinolone"."""
_PREFIX_PATTERNS: dict[str, str] = COMPOSED["prefix_patterns"]
"""Prefixes that name no group by themselves."""


_ALKYL = re.compile(r"(?:meth|eth|prop|but|pent|hex)yl(?: group)?$")


def _prefixed(key: str, written: str, reader: _Reader) -> Interpretations:
    """Read "hydroxypregnenolone", "dihydroxy fatty acid": a class with so many groups, wherever they sit."""
    hit = _PREFIX.match(key)
    if hit is None or "-" in hit["rest"][:1] or (hit["group"] == "thio" and _WITH_OXYGEN.search(hit["rest"])):
        return ()
    if hit["group"] in ("aryl", "alkyl", "acyl") and _ALKYL.match(hit["rest"]):
        return ()  # the methyl of "diarylmethyl" has lost two hydrogens, which its own pattern asks for
    open_group = _PREFIX_PATTERNS.get(hit["group"])
    group = (
        Interpretation((open_group,), hit["group"], Level.NEUTRAL)
        if open_group is not None
        else next(iter(reader.look_up(hit["group"], True)), None)
    )
    if group is None or group.computed:
        return ()
    rest = hit["rest"].strip()
    cased = written[len(written) - len(rest) :] if normalise_name(written[len(written) - len(rest) :]) == rest else rest
    heads = reader.mean(cased)
    if not heads:
        return ()
    part = _counted(group.patterns, hit["count"], hit["group"], group.floor)
    return joined_with(heads, [part], "", reader.molecule)


def _group_list(key: str, written: str, reader: _Reader) -> Interpretations:
    """Read "dihydroxy-2,6-dioxo" as all of its groups, each as often as it is counted; "alcoholic" as its group."""
    if key in _PARTICIPLES:
        return reader.look_up(_PARTICIPLES[key], False)
    listed = read_group_list(key)
    if listed is None or (len(listed[0]) == 1 and listed[0][0].name == key):
        return ()
    parts: list[Interpretation] = []
    for group in listed[0]:
        known = next(iter(reader.look_up(group.name, True)), None)
        if known is None or known.computed:
            return ()
        patterns = tuple(".".join([pattern] * group.count) for pattern in known.patterns)
        parts.append(replace(known, patterns=patterns))
    return joined_with(parts[:1], parts[1:], listed[1], reader.molecule)


MIN_RING, MAX_RING = 3, 8
"""Sizes of rings that are looked for whether or not they are among the smallest ones of the molecule."""
_SIZES = ("three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER_WORDS = {word: number for number, word in enumerate(_SIZES, start=3)}
_MEMBERED = re.compile(rf"^(?P<size>\d{{1,2}}|{one_of(_NUMBER_WORDS)})-membered (?:ring|macrocycle|macrocyle)$")


def _membered(key: str, written: str, reader: _Reader) -> Interpretations:
    """Read "6-membered ring" as the molecule's rings of that size."""
    hit = _MEMBERED.match(key)
    if hit is None or reader.molecule is None:
        return ()
    size = _NUMBER_WORDS.get(hit["size"]) or int(hit["size"])
    rings = [frozenset(ring) for ring in reader.molecule.mol.GetRingInfo().AtomRings() if len(ring) == size]
    if not rings and MIN_RING <= size <= MAX_RING:  # any ring of the size, outer ones included: its absence decides
        return (Interpretation((f"*1{'@*' * (size - 1)}@1",), key, Level.NEUTRAL),)
    return cut_interpretation(reader.molecule, rings, key)


_RADICAL = re.compile(r"^(?P<parent>[a-zA-Z].{4,}[a-z]{3})(?P<where>-\d{1,2}[a-z]?(?:alpha|beta)?'?-yl)$")


def _radical(key: str, written: str, reader: _Reader) -> Interpretations:
    """Read "progesterone-4-yl" as the compound, which is bound somewhere."""
    hit = _RADICAL.match(written)
    if hit is None:
        return ()
    for parent in (hit["parent"], hit["parent"] + "e"):
        if known := reader.look_up(parent, True):
            return tuple(with_unread(part, hit["where"].strip("-")) for part in known)
    return ()


_ACYLATED = re.compile(
    rf"^(?P<places>[\dnos][\dnos,']*-)?(?P<count>di|tri|tetra|bis|)-?\(?(?P<acyl>(?:(?:mono|di)?hydroxy)?[a-z]+(?:oyl|enyl|acyl))\)?-?"
    rf"(?P<head>{one_of(COMPOSED['acylated'])})(?P<tail>[ -].+)?$"
)


_ANY_ACYL = re.compile(r"(?:mono|di|hydroxy|oxo|poly)*acyl")
"""Acyl groups of any chain; "guaiacyl" is none."""


def _acylated(key: str, written: str, reader: _Reader) -> Interpretations:
    """Read "N-octadecenoylsphinganine" and "dioleoylglycerol": the lipid, with such a chain where it is known."""
    hit = _ACYLATED.match(key)
    if hit is None or reader.molecule is None:
        return ()
    name = COMPOSED["acylated"][hit["head"]].format(hit["count"]) + (hit["tail"] or "")
    heads = reader.mean(name)
    if not heads or _ANY_ACYL.fullmatch(hit["acyl"]) is not None:
        return tuple(with_unread(part, hit["acyl"]) for part in heads)
    chain = reader.mean(hit["acyl"])
    if not any(is_present(part, reader.molecule) for part in chain):
        return ()
    return heads


# ---------------------------------------------------------------------------------------------------------------------
# Charges

_CHARGED = re.compile(
    r"^(?P<before>anionic |cationic |zwitterionic |inorganic )?(?P<rest>.*?)"
    r"(?P<after>[ -](?:oxoanion|anion|monoanion|dianion|trianion|tetraanion|cation|dication|zwitterion|betaine|salt|"
    r"ion)|\(\d?[+-]\))?$"
)


def _charged(key: str, written: str, reader: _Reader) -> Interpretations:
    """Read "flavonoid oxoanion", "anionic ganglioside", "acyl-CoA(4-)": the class, in a molecule with such a charge."""
    hit = _CHARGED.match(key)
    molecule = reader.molecule
    if hit is None or not (hit["before"] or hit["after"]) or molecule is None or len(hit["rest"]) < 3:
        return ()
    word = (hit["after"] or hit["before"] or "").strip(" -")
    atoms = [atom.GetFormalCharge() for atom in molecule.mol.GetAtoms()]
    if "zwitter" in word or word == "betaine":
        holds = min(atoms) < 0 < max(atoms)
    elif word == "salt":
        holds = "." in molecule.smiles and min(atoms) < 0 < max(atoms)
    elif "anion" in word or word.endswith("-)"):
        holds = min(atoms) < 0
    elif "cation" in word or word.endswith("+)"):
        holds = max(atoms) > 0
    else:
        holds = any(atoms)
    if not holds:
        return ()
    rest = hit["rest"]
    where = normalise_name(written).find(rest)
    cased = written[where : where + len(rest)] if where >= 0 else rest
    for name in (cased, cased + " acid" if cased.endswith("ic") else "", cased.replace("-", " ")):
        if name and (known := reader.mean(name)):
            return known
    return ()

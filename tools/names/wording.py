"""How the words of a caption become names that OPSIN reads: clean-up, charges, and what a wording leaves unsaid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from molreflect.tools.lexicon.spelling import PLAIN_CHARACTERS
from molreflect.tools.names.words import MULTIPLIERS

_CHARACTERS = str.maketrans({**PLAIN_CHARACTERS, **dict.fromkeys("″“”", "''"), "→": "->", "\u200b": ""})
_ARTICLE = re.compile(r"^(?:an?|the|one|any)\s+(?=\S)", re.IGNORECASE)
_SYNONYM = re.compile(
    r"(?<=[a-z]) \([a-z][a-z ]{3,}\)$|(?<=yl) \([^()]*[a-z]yl\)$|(?<=acid) \([^()]*(?:acid|ate)[^()]*\)$|"
    r"(?<=[A-Za-z]) \[[^\[\]]{6,}\]$"
)  # "hexadecanoic acid (palmitic acid)", not "iron (ii)"
_PART_WORD = re.compile(
    r"\s+(?:functional group|group|substituent|moiet(?:y|ie)|residue|unit|ring|skeleton|nucleus|core|"
    r"compound|atom)s?$",
    re.IGNORECASE,
)
_RESIDUE = re.compile(r"\s+(?:residue|unit|moiet(?:y|ie))s?$", re.IGNORECASE)
_CHARGE = re.compile(r"\s*\((\d*)([+-])\)$")
_ZWITTERION = re.compile(r"\s+(?:di)?zwitterion$|^zwitterionic\s+", re.IGNORECASE)
_LOWERED_DL = re.compile(r"^([dl])-(?=[A-Za-z])")
_ALL_CIS = re.compile(r"^all-(cis|trans)-((?:\d+,)*\d+)-(?=[A-Za-z])", re.IGNORECASE)
_ALL_CIS_BARE = re.compile(r"^all-(cis|trans)-(?=[(A-Za-z])", re.IGNORECASE)
_INNER_LOCANTS = re.compile(r"-((?:\d+,)*\d+)-(?:di|tri|tetra|penta|hexa)?en")
_GLYCOSYL = re.compile(r"(?<=[DL]-)((?:deoxy|\d|-)*(?:gluc|galact|mann|all|altr|gul|id|tal|xyl|arabin|lyx))osyl\b")
_SPHINGOSIDE = re.compile(r"^1-(?!O-)(?=\(?\S*(?:osyl|furanosyl|uronosyl)\)?-?(?:N-|\w*sphing))")
_CHAIN = re.compile(
    r"(?P<locants>(?<![\w,'])(?:\d+,)*\d+-)?(?P<stem>(?:but|pent|hex|hept|oct|non|dec|undec|dodec|tridec|tetradec|pentadec|"
    r"hexadec|heptadec|octadec|nonadec|e?icos|henicos|docos|tricos|tetracos|pentacos|hexacos|octacos|triacont))a?"
    r"(?P<count>di|tri|tetra|penta|hexa)?(?P<en>en)(?=oic|oate|oyl|ol|al|amide|e\b)"
)
_GEOMETRY = re.compile(r"\(((?:\d+[EZRS],?)*\d+[EZ](?:,\d+[EZRS])*)\)")
_HALOGENS = {"fluorine": "fluoro", "chlorine": "chloro", "bromine": "bromo", "iodine": "iodo"}


@dataclass(frozen=True, slots=True)
class Wording:
    """One wording of a name to try, and what the caption's own wording adds to it."""

    text: str
    charge: int | None = None
    """Net charge the name states, None where it states none."""
    residue: bool = False
    """Whether the compound is meant as it stands bound in a larger one ("alanine residue")."""
    literal: bool = False
    """The structure is known as it is: nothing of it is set aside for what the wording leaves unsaid."""
    generic: bool = False
    """The name stands for many compounds, of which `text` names the smallest."""
    uncharged: bool = False
    """Acid groups that OPSIN leaves ionised are meant with their protons."""


def clean_name(name: str) -> str:
    """Bring a name from a caption into plain ASCII wording: Greek letters, primes, dashes, spaces, article."""
    text = re.sub(r"\s+", " ", name.translate(_CHARACTERS)).strip(" .,;:")
    text = re.sub(r"\b(alpha|beta)(?=[DL]-)", r"\1-", text)
    return _balanced(_SYNONYM.sub("", _ARTICLE.sub("", text)))


MAX_MENDED = 400
"""Characters of the longest name whose brackets are mended."""
_BRACKETS = {")": "(", "]": "[", "}": "{"}


def _balanced(text: str) -> str:
    """Open a bracket in front of a name that closes one more than it opens: "11Z)-octadecenoyl"."""
    opened: list[str] = []
    for character in text:
        if character in _BRACKETS.values():
            opened.append(character)
        elif character in _BRACKETS:
            if opened:
                opened.pop()
            else:
                return _balanced(_BRACKETS[character] + text) if len(text) < MAX_MENDED else text
    return text


def wordings(name: str) -> list[Wording]:
    """List the wordings to try for a name, best first, without repetition."""
    text = clean_name(name)
    residue = bool(_RESIDUE.search(text))
    bare = _PART_WORD.sub("", text)
    charge = 0 if _ZWITTERION.search(bare) else None
    bare = _ZWITTERION.sub("", bare)
    uncharged = bare
    if match := _CHARGE.search(bare):
        charge = int(match[1] or 1) * (1 if match[2] == "+" else -1)
        uncharged = bare[: match.start()]
    if bare.lower().rstrip("s") in _HALOGENS:  # "chlorine at position 4" is a group, not an atom on its own
        bare = uncharged = _HALOGENS[bare.lower().rstrip("s")]
    texts = [_GLYCOSYL.sub(r"\1opyranosyl", bare), bare, uncharged]
    texts += [_LOWERED_DL.sub(lambda m: m[1].upper() + "-", wording) for wording in (bare, uncharged)]
    if "sphing" in uncharged:  # "1-(beta-D-galactosyl)-N-acylsphingosine" is the glycoside, not a C-glycosyl compound
        texts = [_SPHINGOSIDE.sub("1-O-", wording) for wording in texts]
    if "pregn" in uncharged:  # OPSIN refuses a second substituent's letter where the side chain sits already
        texts.append(re.sub(r"17alpha(?=[,-])", "17", uncharged))
    texts = [_sulfated_sugar(_deoxy_sugar(_lactone(_ADENINE.sub(_PRENYL, text)))) for text in texts]
    if ether := _ETHER.match(uncharged):
        texts = [f"({ether['group']})oxy"]  # OPSIN reads "phenyl ether" as diphenyl ether
    if (common := _linolenic(uncharged)) != uncharged:
        texts.append(common)
    if (spelt := _spell_out(uncharged)) != uncharged:
        texts.append(spelt)
    texts += [wording[:-1] for wording in texts if wording.endswith("s") and not wording.endswith(("ss", "us", "is"))]
    return [Wording(wording, charge, residue) for wording in dict.fromkeys(texts) if wording]


_AMINO_SUGAR = re.compile(
    r"(?<![\w-])(?P<place>[2-6])-(?P<group>acetamido|amino|formamido|azido|sulfoamino)-"
    r"(?=(?:(?:alpha|beta)-)?[DL]-(?:gluc|galact|mann|all|gul|id|tal|altr)\w*os)"
)


def _deoxy_sugar(name: str) -> str:
    """Say that an amino group stands instead of a hydroxy group: OPSIN would put both on one carbon."""
    return _AMINO_SUGAR.sub(r"\g<place>-\g<group>-\g<place>-deoxy-", name)


_ETHER = re.compile(r"^(?!di|bis\()(?P<group>\S*yl)(?: |-)ether$")
"""An ether named by one of its groups: "the 2,4-dichlorobenzyl ether of X"."""
_ADENINE = re.compile(r"(?<=[)\w-])isopentenyl(?=aden)")
_PRENYL = "(3-methylbut-2-en-1-yl)"
"""What "isopentenyl" means in the cytokinins, of whatever isomer it is elsewhere."""
_LACTONE = re.compile(
    r"(?<![a-z-])(?P<greek>gamma|delta|epsilon)-(?P<stem>but|pent|hex|hept|oct|non|dec|undec|dodec|tridec|tetradec)"
    r"(?:ano|a)lactone$"
)
_LACTONE_PLACES = {"gamma": 4, "delta": 5, "epsilon": 6}


def _lactone(name: str) -> str:
    """Name a lactone by the place of its oxygen: OPSIN misreads "gamma-butanolactone"."""
    return _LACTONE.sub(lambda m: f"{m['stem']}an-{_LACTONE_PLACES[m['greek']]}-olide", name)


_SULFATED_SUGAR = re.compile(
    r"(?<![\w,])(?P<place>[2-6])-sulfo(?=-?(?:(?:alpha|beta)-)?(?:[DL]-)?(?:gluc|galact|mann|fuc)\w*os)"
)


def _sulfated_sugar(name: str) -> str:
    """Say that a sugar's sulfo group is on oxygen: OPSIN puts it on carbon."""
    return _SULFATED_SUGAR.sub(r"\g<place>-O-sulfo", name)


def _linolenic(name: str) -> str:
    """Name the common isomer where "linolenic acid" leaves it out."""
    return re.sub(r"^linolen(?=ic acid|ate|oyl)", "alpha-linolen", name)


def _spell_out(name: str) -> str:
    """Bring fatty acids into the wording OPSIN reads; other names come back unchanged.

    "all-cis-5,8-icosadienoic acid" and "(5Z,8Z)-icosadienoic acid" become "(5Z,8Z)-icosa-5,8-dienoic acid".
    """
    text = _ALL_CIS.sub(
        lambda m: "({})-{}-".format(
            ",".join(f"{locant}{'Z' if m[1].lower() == 'cis' else 'E'}" for locant in m[2].split(",")), m[2]
        ),
        name,
    )
    if bare := _ALL_CIS_BARE.match(text):
        text = text[bare.end() :]
        inner = _INNER_LOCANTS.search(text)
        if inner is not None and not text.startswith("("):
            letter = "Z" if bare[1].lower() == "cis" else "E"
            text = "({})-{}".format(",".join(f"{locant}{letter}" for locant in inner[1].split(",")), text)
    chain = _CHAIN.search(text)
    if chain is None:
        return text
    count = MULTIPLIERS[chain["count"] or ""]
    before = text[: chain.start()]
    locants = chain["locants"]
    if locants is None:
        locants = ",".join(re.findall(r"(\d+)[EZ]", " ".join(_GEOMETRY.findall(before))))
    else:
        locants = locants.rstrip("-")
    if len(locants.split(",")) != count or not locants:
        return text
    stem = chain["stem"] + ("a" if chain["count"] else "")
    return f"{before}{stem}-{locants}-{chain['count'] or ''}en" + text[chain.end("en") :]


_OPEN_PREFIX = re.compile(
    r"^-?(?P<count>mono|di|tri|tetra|penta|hexa|hepta|octa|nona|deca)?"
    r"\(?(?P<group>hydroxymethyl|hydroxy|trifluoromethyl|methoxy|ethoxy|acetoxy|acetyloxy|acetyl|acetamido|chloro|bromo|"
    r"fluoro|iodo|methyl|ethyl|propyl|isopropyl|butyl|amino|nitro|cyano|oxo|phenyl|benzyl|carboxy|sulfo|sulfanyl|"
    r"mercapto|prenyl|phenoxy|formyl|vinyl|allyl)\)?-?(?=[a-z1-9(])"
)


def open_positions(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Take counted groups off the front of a name one by one, "dihydroxy-methoxyflavone".

    Yields:
        The groups so far, each as often as it is counted, and the rest of the name.
    """
    groups: tuple[str, ...] = ()
    while match := _OPEN_PREFIX.match(text):
        groups += (match["group"],) * MULTIPLIERS[match["count"] or ""]
        text = text[match.end() :].lstrip("-")
        yield groups, text


def open_parent(name: str) -> str | None:
    """Name the parent of a name that counts groups without placing them: "flavone" of "trihydroxyflavone"."""
    rests = [rest for _, rest in open_positions(clean_name(name))]
    return rests[-1] if rests and len(rests[-1]) > 3 else None


def name_key(name: str) -> str:
    """Bring a name into the form in which the names that a corpus defines are compared."""
    text = _PART_WORD.sub("", clean_name(name))
    return text[:1].lower() + text[1:]

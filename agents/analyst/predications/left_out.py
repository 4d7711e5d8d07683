"""Words that restrict what a sentence says and stand in nothing that was decided.

That a hydroxyl group and a ring are there does not bear out "the hydroxyl is axial": a sentence with such a word left
over is named among what was not read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from molreflect.agents.analyst.checked import AnswerClaim
from molreflect.agents.analyst.predications.tokens import Words
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.terms import Verdict

_RESTRICTING = re.compile(
    r"(?<![\w-])(?:cis|trans|syn|anti|axial|equatorial|opposite|opposed|adjacent|vicinal|geminal|neighbou?ring|ortho|meta"
    r"|para|inside|outside|endocyclic|exocyclic|between(?! atoms)|separated?|separates|same|different|unsubstituted"
    r"|conjugated|chiral|achiral|hydrogens?|(?:of|none of) (?:them|which)|neither|nothing else|in place of|instead of"
    r"|[a-z]*(?:yl|proton|chlorin|fluorin|bromin|iodin|nitr|sulfon|phosphoryl|amin|hydrogen|oxygen|satur|halogen)ated"
    r"|(?:three|four|five|six|seven|eight|\d)-membered|spiro[a-z-]*|\d{1,2}'?-positions?|positions? \d{1,2}"
    r"|at the position|C-?\d{1,2}|oxidi[sz]ed|reduced|sp[23]?|planar|primary|secondary|tertiary|quaternary|phenolic"
    r"|(?:mono|di|tri|tetra|penta|hexa)substituted|(?:alpha|beta|gamma|delta|omega) (?:carbon|position)s?|members"
    r"|(?:at|on|to) (?:each|either|both|opposite|the other) ends?|longest|aliphatic|adjoining"
    r"|(?:is|are|sits?|lies?) (?:at|in) the (?:end|middle|cent(?:re|er)) of"
    r"|(?:first|second|third|fourth|fifth|sixth) carbon"
    r"|(?:two|three|four|five|six|seven|eight|nine|ten|\d)-carbon|attached (?:via|through)|linked (?:via|through)"
    r"|(?:double|triple) bonds? (?:to|with)|(?:single|double|triple|singly|doubly|triply)[- ]bonded"
    r"|(?:alpha|beta|gamma|delta) (?:to|of)|(?:positive|negative)(?: formal)? charge|formal charge"
    r"|(?:connect|link|join|tether|bridg|flank|sandwich|surround|couple|straddl)(?:s|es|e|ed|ing)?|shar(?:es?|ed|ing)"
    r"|(?:attached|linked|bonded|connected|joined|bound) [^,;.]{2,50} (?:through|via|by)|next to|belongs?"
    r"|(?:attached|bonded|bound|connected|linked) (?:directly )?(?:to|on|via)|(?:adjacent|next|ortho|meta|para) to"
    r"|(?:located|found|situated|positioned|placed|sits?|lies?) on (?!atoms?\b)|on (?:one|both|each|all) of"
    r"|(?:two|three|four|five|six|seven|eight) (?:belong|are|sit|lie|carry|bear|have|of))"
    r"(?![\w-])",
    re.IGNORECASE,
)
_THE_WHOLE = re.compile(
    r"(?:^|[.;:,\n]|\band)\s*(?:it|this|the (?:molecule|compound|drug|structure))\s+(?:also\s+|therefore\s+|thus\s+)?$",
    re.IGNORECASE,
)
_NUMBERS = {
    "nitrogen": 7, "oxygen": 8, "fluorine": 9, "phosphorus": 15, "sulfur": 16, "sulphur": 16, "chlorine": 17,
    "bromine": 35, "iodine": 53,
}  # fmt: skip
_ELEMENT = re.compile(rf"\b(?P<element>{'|'.join(_NUMBERS)})s?\b(?!-)", re.IGNORECASE)


def left_out(
    plain: str,
    place: tuple[int, int],
    claims: Sequence[AnswerClaim],
    clauses: Sequence[Words],
    molecules: Sequence[Molecule],
) -> bool:
    """Whether a sentence has a restricting word, or an element that is not there, in no claim and no decided clause.

    Args:
        plain: The answer, what its molecules are called put as "It".
        place: Where the sentence stands.
        claims: What was read of it.
        clauses: Where clauses stand that were decided.
        molecules: What it may be about.
    """
    taken = [(c.start, c.end) for c in claims] + [(w.start, w.end) for w in clauses]
    absent = (
        word
        for word in _ELEMENT.finditer(plain, *place)
        if any(not molecule.elements[_NUMBERS[word["element"].lower()]] for molecule in molecules)
    )
    gone = [c for c in claims if c.negated and c.verdict is not Verdict.UNCHECKED]
    return any(
        not any(start <= word.start() and word.end() <= end for start, end in taken)
        and not _is_of_what_is_denied(word, plain, place[1], claims, gone)
        for word in (*_RESTRICTING.finditer(plain, *place), *absent)
    )


def _is_of_what_is_denied(
    word: re.Match[str], plain: str, end: int, claims: Sequence[AnswerClaim], gone: Sequence[AnswerClaim]
) -> bool:
    """Whether a word stands right before a group that is not there at all: "no exocyclic amino group"; or is "neither"
    before two groups and more, each of them denied.
    """
    if word[0].lower() in ("belong", "belongs"):  # "it belongs to the tryptamines" says what it is
        return _THE_WHOLE.search(plain, 0, word.start()) is not None
    if word[0].lower() == "neither":
        behind = [c for c in claims if word.end() <= c.start < end]
        return len(behind) > 1 and all(c in gone for c in behind)
    return any(
        c.verdict is Verdict.SUPPORTED and not plain[word.end() : c.start].strip() and word.end() < c.start
        for c in gone
    )

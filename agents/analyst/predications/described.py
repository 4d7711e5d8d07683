"""Classes and groups named with adjectives: "a saturated monocyclic secondary alcohol", "a bridged bicyclic ketone".

The lexicon knows the noun, or none of the words together. Each adjective is decided by itself, of the molecule where it
is said to be one, else of the place of the group; a word that nothing decides leaves the whole open.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from molreflect.agents.analyst.checked import AnswerClaim
from molreflect.agents.analyst.predications.adjectives import is_so
from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.predications.traits import SAYS_NOTHING, Trait, trait_named
from molreflect.tools.facts.classes import is_a
from molreflect.tools.facts.parts import Places
from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.meaning.words import COMPOSED
from molreflect.tools.terms import Verdict
from molreflect.tools.verification.messages import is_partly_read

UNKNOWN = "nothing here can tell what it means as a structure"
"""Why a claim is open of which no word was understood."""
_SAID_TO_BE = re.compile(
    r"\b(?:is|are|as|be|represents|constitutes|remains|called|to|class of|type of|kind of|sort of|form of|example of"
    r"|family of|group of|member of|representative of|case of|derivative of)"
    r"(?: (?:in fact|essentially|simply|formally|also|therefore|thus|actually|really|structurally|overall|best"
    r"|described|regarded|classified|viewed|considered|categori[sz]ed|as|either))*(?: (?:an?|the|one of the))? *$",
    re.IGNORECASE,
)
_MOST = 6
"""Words of the longest description."""
_LEAD = re.compile(r"^(?:an?|the|its|one)\s+", re.IGNORECASE)


def with_descriptions(found: Sequence[AnswerClaim], plain: str, begin: int, nouns: Nouns) -> list[AnswerClaim]:
    """Decide the claims that were not understood, or not in all their words, adjective by adjective.

    Args:
        found: The claims of a sentence.
        plain: The answer, what its molecules are called put as "It".
        begin: Where the sentence begins.
        nouns: Looks nouns up in the molecule.
    """
    return [_decided(_not_of_a_type(claim), plain, begin, nouns) for claim in found]


_OF_A_TYPE = re.compile(
    r"[a-z]-(?:type|like)\b|\b(?:geminal|vicinal|peri)\b|-(?:carbon|atom) (?:bridge|linker|spacer)", re.IGNORECASE
)


def _not_of_a_type(claim: AnswerClaim) -> AnswerClaim:
    """Leave "imine-type nitrogen" open where no such group is there: it says how something stands."""
    if claim.verdict is not Verdict.REFUTED or claim.negated or _OF_A_TYPE.search(claim.phrase) is None:
        return claim
    return replace(claim, verdict=Verdict.UNCHECKED, why="it says what it resembles")


def _decided(claim: AnswerClaim, plain: str, begin: int, nouns: Nouns) -> AnswerClaim:
    if claim.negated and claim.verdict is Verdict.UNCHECKED and claim.why != UNKNOWN and not claim.atoms:
        absent = is_a(claim.phrase, nouns.molecule, nouns.resources).holds is False
        return replace(claim, verdict=Verdict.SUPPORTED, why="") if absent else claim
    claim = _times_counted(claim)
    passed_over = claim.verdict is Verdict.SUPPORTED and not claim.negated and _has_passed_over(claim.phrase, nouns)
    unread = claim.verdict is Verdict.UNCHECKED and (claim.why == UNKNOWN or is_partly_read(claim.why))
    if not unread and not passed_over:
        return claim
    whole = not claim.negated and _SAID_TO_BE.search(plain, max(begin, claim.start - 80), claim.start) is not None
    truth, why, atoms = described(_LEAD.sub("", claim.phrase), nouns, whole=whole)
    if passed_over and not whole and truth is None:
        return claim
    if truth is None:
        return replace(claim, verdict=Verdict.UNCHECKED, why=why or claim.why or "not all of its words are decided")
    if claim.negated:
        truth, why, atoms = not truth, "" if not truth else "the molecule has it", () if not truth else atoms
    if truth:
        return replace(claim, verdict=Verdict.SUPPORTED, why="", atoms=atoms)
    return replace(claim, verdict=Verdict.REFUTED if whole or claim.negated else Verdict.UNCHECKED, why=why, atoms=())


_PREFIX = re.compile(
    r"^(?:an? )?(?P<times>mono|di|tri|tetra|penta|hexa)"
    r"(?P<what>nitro|chloro|bromo|fluoro|iodo|methyl|hydroxy|methoxy|amino|acetyl|halo)"
    r"(?:gen)?(?:ated)?[ -](?:derivative|compound|analogue)s?$",
    re.IGNORECASE,
)
_TIMES = ("mono", "di", "tri", "tetra", "penta", "hexa")


def _times_counted(claim: AnswerClaim) -> AnswerClaim:
    """Count "a dinitro derivative": three nitro groups are there, too, where there are two."""
    told = _PREFIX.match(claim.phrase)
    if told is None or claim.verdict is not Verdict.SUPPORTED or claim.negated:
        return claim
    there = len(claim.atoms)
    if there == _TIMES.index(told["times"].lower()) + 1:
        return claim
    return replace(claim, verdict=Verdict.UNCHECKED, why=f"the molecule has {there}")


def _has_passed_over(phrase: str, nouns: Nouns) -> bool:
    """Whether a phrase has a word that the reader of captions passes over, and a molecule may contradict."""
    words = _LEAD.sub("", phrase).lower().split()
    return bool(_PASSED_OVER & set(words[:-1])) and nouns.resources.lexicon.find(" ".join(words)) is None


_PASSED_OVER = frozenset(COMPOSED["claimless"]) & {
    "cyclic", "acyclic", "linear", "branched", "bicyclic", "polycyclic", "macrocyclic", "aliphatic", "unsubstituted"
}  # fmt: skip


def is_read_in_full(noun: str, nouns: Nouns) -> bool:
    """Whether no word of a noun is left unread where it is looked up."""
    meant = interpret(noun, nouns.resources, molecule=nouns.molecule)
    return not any(each.unread for each in meant) and not _has_passed_over(noun, nouns)


def described(words: str, nouns: Nouns, *, whole: bool) -> tuple[bool | None, str, Places]:
    """Decide whether a molecule is, or has, what adjectives and a noun say.

    Args:
        words: Without an article: "saturated five-membered cyclic ether", "two tertiary ring nitrogens".
        nouns: Looks nouns up in the molecule.
        whole: Whether the molecule is said to be it.

    Returns:
        Whether it is so, None where that is not decided; why not; its atoms.
    """
    parts = re.sub("[\u2010-\u2013]", "-", words).split()
    number = number_of(parts[0]) if len(parts) > 1 else None
    if number is not None:
        parts, whole = parts[1:], False
    if len(parts) > _MOST:
        return None, "", ()
    undecided: tuple[bool | None, str, Places] = (None, "", ())
    for k in range(len(parts)):
        traits = [trait_named(word.lower(), nouns) for word in parts[:k]]
        if any(trait is None for trait in traits):
            return undecided
        known = [trait for trait in traits if trait is not None]
        read = _of_noun(" ".join(parts[k:]), known, nouns, whole=whole)
        if read is None:
            continue
        truth, why, atoms = read
        if truth is None:
            undecided = undecided if undecided[1] else read
            continue
        if number is not None:
            right = len(atoms) == number
            return (True, "", atoms) if right else (None, f"the molecule has {len(atoms)}", atoms)
        return truth, why, atoms
    return undecided


def _of_noun(
    noun: str, traits: Sequence[Trait], nouns: Nouns, *, whole: bool
) -> tuple[bool | None, str, Places] | None:
    """Decide traits of what a noun names; None where the noun is not understood."""
    if not whole:
        places = nouns.anchors(noun)
        if places is None or not is_read_in_full(noun, nouns):
            return None
        held = [p for p in places if all(is_of_place(t, p, nouns) for t in traits)]
        return (bool(held) or None), "" if held else "no such place was found", tuple(held)
    if noun.lower() in SAYS_NOTHING or noun.lower() in ("molecule", "compound", "structure", "substance", "species"):
        known: tuple[bool | None, str, Places] = (True, "", ())
    else:
        answer = is_a(noun, nouns.molecule, nouns.resources)
        if answer.why_not:
            places = nouns.places(noun)
            if not places or not is_read_in_full(noun, nouns):
                return None
            known = (True, "", places)
        else:
            known = (answer.holds, answer.because, answer.atoms)
    truth, why, atoms = known
    if truth is not True:
        return truth, why, ()
    open_ = False
    for trait in traits:
        of_it = _is_of_whole(trait, atoms, nouns)
        if of_it is False:
            return False, f"it is not {trait.word}", ()
        open_ = open_ or of_it is None
    return (None, "not all of its words are decided", atoms) if open_ else (True, "", atoms)


def is_of_place(trait: Trait, place: tuple[int, ...], nouns: Nouns) -> bool:
    """Whether an adjective holds of one place."""
    if trait.word in SAYS_NOTHING:
        return True
    if trait.of_place is not None:
        return trait.of_place(nouns.molecule, place)
    return is_so(trait.word, place, nouns) is True


def _is_of_whole(trait: Trait, atoms: Places, nouns: Nouns) -> bool | None:
    """Decide a trait of a molecule; one that may mean its group alone is borne out by that alone."""
    if trait.word in SAYS_NOTHING:
        return True
    if trait.exact is not None:
        return trait.exact(nouns.molecule)
    if any(is_of_place(trait, place, nouns) for place in atoms):
        return True
    return False if trait.some is not None and not trait.some(nouns.molecule) else None

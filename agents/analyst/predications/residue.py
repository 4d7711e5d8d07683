"""Words of a sentence that stand in nothing that was decided, and are none that only join or frame.

"A saturated fatty acid with an unbranched chain of 16 carbon atoms" is not borne out by the fatty acid: a sentence is
supported only where all its words were read, but for those of a list (`joining` in `data/prose.toml`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from molreflect.agents.analyst.checked import AnswerClaim
from molreflect.agents.analyst.grammar.sentences import sentence_statements
from molreflect.agents.analyst.predications.composed.sentences import composed_statements
from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.sentences.named import is_its_name
from molreflect.agents.analyst.predications.sentences.noun_phrases import resolved
from molreflect.agents.analyst.predications.sentences.reader import whole_sentence
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.predications.tokens import Words
from molreflect.agents.analyst.vocabulary import prose
from molreflect.tools.facts.parts import ELEMENTS
from molreflect.tools.terms import Verdict

_WORD = re.compile(r"[^\W_][^\s,;:()\[\]\"\u201c\u201d\u2014]*")
_POSSESSIVE = re.compile(r"['\u2019]s?$")
_NAMED = re.compile(
    r"^\s*(?:in |of |for |yes,? )?(?P<name>[A-Z0-9][^\s,;:()]*(?: [a-z0-9A-Z-]+){0,3}?)(?:['\u2019]s?|,)?"
    r"\s+(?=[a-z]|[0-9]|the )"
)
"""What a sentence begins with where that may be a name of the molecule which nobody here knows."""


def residue(
    plain: str, place: tuple[int, int], claims: Sequence[AnswerClaim], clauses: Sequence[Words], nouns: Nouns | None
) -> tuple[str, ...]:
    """Find the words of a sentence that nothing decided and that may restrict what it says.

    Args:
        plain: The answer, what its molecules are called put as "It".
        place: Where the sentence stands.
        claims: What was read of it.
        clauses: Where clauses stand that were decided.
        nouns: Looks nouns up in the molecule; None where the sentence may be about several.
    """
    taken = [(c.start, c.end) for c in claims] + [(w.start, w.end) for w in clauses]
    speech = prose()
    named = _NAMED.match(plain[slice(*place)])
    begins = place[0] + named.end("name") if named is not None else place[0]
    left = []
    for word in _WORD.finditer(plain, *place):
        low = _POSSESSIVE.sub("", word[0].rstrip(".!?").lower())
        if not low or low in speech.joining or low in speech.adjectives or low in speech.uses:
            continue
        if any(start < word.end() and word.start() < end for start, end in taken) or word.start() < begins:
            continue
        number = number_of(low)
        if number is not None and _is_counted(number, word.end(), plain, claims):
            continue
        if nouns is not None and (_is_told_of(word, plain, claims, nouns) or _is_named(low, nouns)):
            continue
        left.append(word[0])
    return tuple(left)


def taken_as_a_whole(
    found: Sequence[AnswerClaim], place: tuple[int, int], plain: str, text: str, nouns: Nouns
) -> tuple[list[AnswerClaim], bool]:
    """Let the reader of whole sentences support what others did not, and doubt what they support of its words alone.

    Args:
        found: The claims of a sentence.
        place: Where it stands.
        plain: The answer, what its molecules are called put as "It".
        text: The answer.
        nouns: Looks nouns up in the molecule it is about.

    Returns:
        The claims; whether the sentence was read to its last word and holds.
    """
    smiles = nouns.molecule.smiles
    if (only := _ONLY_A.search(plain, *place)) is not None:
        why = "whether it has nothing else was not decided"
        return [*found, AnswerClaim(text[slice(*only.span())], *only.span(), smiles, Verdict.UNCHECKED, why)], False
    found = _with_building_blocks_open(found, plain, place)
    truth = whole_sentence(plain[slice(*place)], nouns)
    if truth is True and _denied_twice(plain, place, nouns):
        truth = None
    if truth is True and not any(c.verdict is Verdict.REFUTED and not _is_loose(c, plain) for c in found):
        kept = [c for c in found if c.verdict is Verdict.SUPPORTED]
        if len(kept) < len(found) or not kept:
            kept.append(AnswerClaim(text[slice(*place)], *place, smiles, Verdict.SUPPORTED, ""))
        return kept, True
    if not found or any(c.verdict is not Verdict.SUPPORTED for c in found):
        return list(found), False
    by_grammar = [statement.verdict for statement in sentence_statements(plain, place, nouns)]
    label = _LABEL_APART.search(plain, *place)
    start, end = label.span(label.lastgroup or 0) if label is not None else (0, 0)
    if label is not None and Verdict.SUPPORTED not in by_grammar and not _is_composed(plain, place, nouns, end):
        why = "what is at its end was not read" if label["end"] else f"{NOTHING_SAYS} {plain[start:end]}"
        return [*found, AnswerClaim(plain[start:end], start, end, smiles, Verdict.UNCHECKED, why)], False
    if (on := _DERIVATIVE.search(plain, *place)) is not None and not _hangs_on(on["part"], on["element"], nouns):
        why = f"no {on['part']} group was found on {on['element']}"
        return [*found, AnswerClaim(on[0], *on.span(), smiles, Verdict.UNCHECKED, why)], False
    doubted = truth is False and not _OF_A_PART.match(plain[slice(*place)])
    borne_out = Verdict.SUPPORTED in by_grammar or (not by_grammar and _is_composed(plain, place, nouns))
    if not borne_out and (doubted or by_grammar):  # it was read, and no reading of it holds
        why = "it was understood, and not all of it holds"
        return [*found, AnswerClaim(text[slice(*place)], *place, smiles, Verdict.UNCHECKED, why)], False
    return list(found), False


NOTHING_SAYS = "no reading tells what is said of"
_ONLY_A = re.compile(
    r"\b(?:has|have|contains?|bears?|carr(?:y|ies)|features?|is|are|see|with) "
    r"(?:only|just|merely|solely|nothing but) an? "
    r"(?!single\b|total\b|few\b|member|simple\b)[\w-]+",
    re.IGNORECASE,
)
"""It may speak of all that the molecule has: "it has only an alcohol"."""
_LABEL_APART = re.compile(
    r", (?P<label>[A-Z][a-z]?\d{1,3}),|\((?P<inner>[A-Z][a-z]?\d{1,3})\)"
    r"|(?:linker|spacer|chain|tether|bridge) (?:to|from) (?P<end>[A-Z][a-z]?\d{1,3})\b"
)
"""A label that stands in apposition to a noun, or is the end of a chain."""


_DERIVATIVE = re.compile(r"\b(?P<element>[NOS])-(?P<part>[a-z]+) (?:derivative|analogue)")


def _hangs_on(part: str, element: str, nouns: Nouns) -> bool:
    """Whether a group hangs on an atom of an element: what the N-acetyl derivative has."""
    mol = nouns.molecule.mol
    near = {n.GetIdx() for p in nouns.places(part) or () for a in p for n in mol.GetAtomWithIdx(a).GetNeighbors()}
    return any(mol.GetAtomWithIdx(a).GetSymbol() == element for a in near)


_BUILT_FROM = re.compile(
    r"\b(?:combines|couples|unites|joins|is (?:made|built|formed|derived|assembled|obtained) (?:up )?from)"
    r"\b[^.;]*\bacid\b"
)
"""What names the compounds that a molecule is made from, which it does not hold as they are."""


def _with_building_blocks_open(found: Sequence[AnswerClaim], plain: str, place: tuple[int, int]) -> list[AnswerClaim]:
    """Leave open whether the acids that a molecule is made from are in it."""
    built = _BUILT_FROM.search(plain, *place)
    if built is None:
        return list(found)
    why = "it is named as what the molecule is made from"
    return [
        replace(c, verdict=Verdict.UNCHECKED, why=why)
        if c.verdict is Verdict.REFUTED and built.start() <= c.start and not c.negated
        else c
        for c in found
    ]


def _denied_twice(plain: str, place: tuple[int, int], nouns: Nouns) -> bool:
    """Whether both readers of relations read a sentence, and neither finds it to hold."""
    readings = [list(read(plain, place, nouns)) for read in (sentence_statements, composed_statements)]
    return all(every and all(each.verdict is not Verdict.SUPPORTED for each in every) for every in readings)


def _is_composed(plain: str, place: tuple[int, int], nouns: Nouns, until: int = 0) -> bool:
    """Whether the other reader of relations supports a clause, one that holds a place of the text where it is given."""
    read = composed_statements(plain, place, nouns)
    return any(each.verdict is Verdict.SUPPORTED and each.end >= until for each in read)


_OF_A_PART = re.compile(r"\s*(?:the|a|an) ", re.IGNORECASE)
"""What speaks of a part of the molecule: the reader of relations has the say there."""


def _is_loose(claim: AnswerClaim, plain: str) -> bool:
    """Whether a claim may be refuted as it was read out of its sentence: a number, a denial, what something is of."""
    if re.search(r"\bof (?:an? |the )?$", plain[: claim.start]):
        return True
    first = claim.phrase.split()[0].lower()
    return claim.negated or number_of(first) is not None or claim.why.startswith("the molecule has")


def _is_counted(number: int, end: int, plain: str, claims: Sequence[AnswerClaim]) -> bool:
    """Whether a number stands before a claim that was found so often."""
    behind = min((c for c in claims if c.start >= end), key=lambda c: c.start, default=None)
    if behind is None or behind.verdict is not Verdict.SUPPORTED:
        return False
    between = plain[end : behind.start].lower().split()
    return len(behind.atoms) == number and all(word in prose().joining for word in between)


_ONE = frozenset(["single", "sole", "lone", "only"])
_MOST_BEFORE = 3


def _is_told_of(word: re.Match[str], plain: str, claims: Sequence[AnswerClaim], nouns: Nouns) -> bool:
    """Whether a word stands before a claim that holds with it, too: "a fused imidazole ring", "the single fluorine"."""
    behind = min((c for c in claims if c.start >= word.end()), key=lambda c: c.start, default=None)
    if behind is None or behind.verdict is not Verdict.SUPPORTED or behind.negated or not behind.atoms:
        return False
    before = plain[word.start() : behind.start].split()
    if word[0].lower() in _ONE:
        return len(before) == 1 and len(behind.atoms) == 1
    if len(before) > _MOST_BEFORE:
        return False
    places = resolved(" ".join([*before, behind.phrase]), nouns)
    return bool(places) and len(places or ()) == len(behind.atoms)


def _is_named(word: str, nouns: Nouns) -> bool:
    """Whether a word is an element that the molecule has, or a name of the molecule."""
    symbol = ELEMENTS.get(word) or ELEMENTS.get(word.removesuffix("s"))
    if symbol is not None and symbol.isalpha() and symbol not in ("H", "C"):
        return bool(nouns.places(word))
    return len(word) > _SHORTEST and is_its_name(word, nouns)


_SHORTEST = 5

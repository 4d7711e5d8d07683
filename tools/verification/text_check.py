"""Check any text about a molecule: every structural claim with its verdict, and what of the text was not read.

The text may be a caption, a sentence of a paper or the answer of a language model. A long one is cut at the ends of its
sentences and read piece by piece, so that the time taken grows with its length alone; what lies beyond the bounds is
named among what was not read.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from rdkit import Chem

from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.captions.unread import unread
from molreflect.tools.json_lines import LONE_SURROGATE
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Level, PhraseKind, Reason, Verdict
from molreflect.tools.verification import messages
from molreflect.tools.verification.claims import MAX_CAPTION, Claim
from molreflect.tools.verification.configured_centres import CentreClaim, claims_on_centres
from molreflect.tools.verification.placing import is_placed
from molreflect.tools.verification.proposals import ProposedAlignment, Verification

MAX_TEXT = 400_000
"""Characters of a text that are read; a paper has about 50,000."""
MAX_CLAIMS = 3_000
"""Claims of a text that are verified; later ones are listed as unchecked."""
MAX_OWN_NAME = 60
"""Most characters of an unread word that is looked up as a name of the molecule."""
MAX_QUOTED = 300
"""Characters that are quoted of a sentence that was not read."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
"""Characters that only steer a terminal or a printer; blanks for the reader."""
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\s*\n\s*")
_KNOWN_LETTER = re.compile(r"[A-Za-z\u00aa-\u024f\u0370-\u03ff\u1e00-\u1eff]")
_WORD = re.compile(r"[^\W\d_]+")
_SMALL_WORD = re.compile(
    r"an?|and|are|as|at|be(?:en)?|both|by|can|for|from|ha[sd]|have|in|is|its?|not?|of|on|or|that|the|there|these|this"
    r"|to|two|was|were|which|while|with"
)
_SUBJECT = re.compile(r"\W*(?P<name>[A-Z][a-z]{3,40}) (?:also )?(?:has|contains|features|bears|carries|possesses|is)\b")
"""A capitalised word that a sentence begins with and speaks of."""
_MIN_WORDS = 4
"""Fewest words of a sentence whose language is looked at."""


class WhyUnread(StrEnum):
    """Why words of a text were not read."""

    NOT_UNDERSTOOD = "not_understood"
    """Some of its words look structural, and no claim was read from them."""
    OTHER_LANGUAGE = "other_language"
    """It is in other letters than Latin and Greek ones, or has none of the small words of English."""
    TOO_LONG = "too_long"
    """It is longer than a piece that is read at once."""
    OUT_OF_BOUNDS = "out_of_bounds"
    """It lies behind the first `MAX_TEXT` characters."""


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """One structural claim of a text with its verdict; `text[start:end] == phrase`."""

    phrase: str
    start: int
    """0-based character offset of the first character."""
    end: int
    """0-based character offset behind the last character."""
    kind: PhraseKind
    negated: bool
    """Whether the text says that the molecule does not have it."""
    verdict: Verdict
    reason: Reason
    message: str
    """What is wrong, or which words were not compared; empty where there is nothing to say."""
    pattern: str | None
    """SMARTS that was looked for."""
    atoms: tuple[tuple[int, ...], ...]
    """0-based RDKit atom indices of the molecule's SMILES, one tuple per occurrence."""
    level: Level | None
    """How strictly the pattern matched."""


@dataclass(frozen=True, slots=True)
class UnreadText:
    """A part of the text of which no claim was checked; never to be taken for one that holds."""

    text: str
    """Its first `MAX_QUOTED` characters."""
    start: int
    """0-based character offset of the first character."""
    end: int
    """0-based character offset behind the last character."""
    words: tuple[str, ...]
    """The words that look structural, where it was looked at."""
    why: WhyUnread


@dataclass(frozen=True, slots=True)
class CheckedText:
    """What a text claims of a molecule, what chemistry says of it, and what was not read."""

    smiles: str
    claims: tuple[CheckedClaim, ...]
    """In the order of the text; a claim that is repeated stands here as often."""
    unread: tuple[UnreadText, ...]
    """In the order of the text."""
    text: str = field(repr=False)
    """As it was read."""

    @property
    def characters(self) -> int:
        """Length of the text."""
        return len(self.text)

    def with_verdict(self, verdict: Verdict) -> tuple[CheckedClaim, ...]:
        """List the claims of one verdict."""
        return tuple(claim for claim in self.claims if claim.verdict is verdict)

    @property
    def refuted(self) -> tuple[CheckedClaim, ...]:
        """The claims that chemistry contradicts."""
        return self.with_verdict(Verdict.REFUTED)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, the verdicts counted."""
        counts = {str(verdict): len(self.with_verdict(verdict)) for verdict in Verdict}
        plain = asdict(self) | {"characters": self.characters}
        del plain["text"]
        return plain | {"counts": counts | {"unread": len(self.unread)}}

    def to_record(self) -> dict[str, Any]:
        """What the component that shows alignments takes: the text as a caption, its claims as alignments."""
        claims = [
            asdict(claim) | {"fragment": None, "evidence": None, "source": "the text denies it" * claim.negated}
            for claim in self.claims
        ]
        record = {"id": "Checked text", "smiles": self.smiles, "caption": self.text, "alignments": claims}
        unread = [asdict(left) | {"words": left.words or (left.why.replace("_", " "),)} for left in self.unread]
        said = {"selected": "checked", "selected_because": "every structural claim"}
        return record | said | {"unread": unread}

    def _repr_html_(self) -> str:
        """Show text and molecule in a notebook, as a report shows a pair."""
        from molreflect.tools.views.html import notebook_html

        return notebook_html(self.to_record())


def check(molecule: Molecule, text: str, resources: Resources) -> CheckedText:
    """Verify every structural claim of a text against a molecule.

    Roles, origins and properties are no structural claims and are passed over.

    Args:
        molecule: The molecule the text is about.
        text: Any text; control characters are read as blanks, a lone surrogate as U+FFFD.
        resources: What is looked up in.
    """
    clean = _CONTROL.sub(" ", LONE_SURROGATE.sub("\ufffd", text))
    claims: list[CheckedClaim] = []
    skipped: list[UnreadText] = []
    known: dict[tuple[Any, ...], Verification] = {}
    for first, last in _pieces(clean):
        piece = clean[first:last]
        if last - first > MAX_CAPTION:
            skipped.append(_unread(piece, first, (), WhyUnread.TOO_LONG))
            continue
        phrases = resources.reader.read(piece, negated=True)
        for phrase in phrases:
            if phrase.kind in (PhraseKind.STRUCTURE, PhraseKind.RELATION):
                claim = Claim(phrase, piece, resources)
                bounded = len(claims) >= MAX_CLAIMS
                judged = _out_of_bounds(phrase) if bounded else _verify(claim, molecule, known)
                claims.append(_checked(judged, phrase, first, negated=claim.negated))
        for centre in claims_on_centres(piece, molecule) if len(claims) < MAX_CLAIMS else ():
            claims.append(_of_centre(centre, piece, first))
        left = unread(piece, phrases, resources.reader)
        for part in left:
            words = _but_own_names(part.words, molecule, resources)
            if any(part.start <= each.start < part.end for each in phrases):
                words = _but_unknown_subject(words, part.text, resources)
            if words:
                skipped.append(_unread(part.text, first + part.start, words, WhyUnread.NOT_UNDERSTOOD))
        seen = [each.start for each in phrases] + [each.start for each in left]
        skipped += [_unread(piece[a:b], first + a, (), WhyUnread.OTHER_LANGUAGE) for a, b in _foreign(piece, seen)]
    if len(clean) > MAX_TEXT:
        skipped.append(_unread(clean[MAX_TEXT:], MAX_TEXT, (), WhyUnread.OUT_OF_BOUNDS))
    claims.sort(key=lambda claim: claim.start)
    return CheckedText(molecule.smiles, tuple(claims), tuple(sorted(skipped, key=lambda u: u.start)), clean)


def _but_own_names(words: Sequence[str], molecule: Molecule, resources: Resources) -> tuple[str, ...]:
    """Leave out the names of the molecule itself: "Glycerol has three hydroxy groups" claims nothing else by it."""
    named = resources.nomenclature.resolve([word for word in words if len(word) <= MAX_OWN_NAME])
    own = Chem.MolToSmiles(molecule.mol, isomericSmiles=False)
    return tuple(word for word in words if (it := named.get(word)) is None or _flat(it.smiles) != own)


def _but_unknown_subject(words: tuple[str, ...], sentence: str, resources: Resources) -> tuple[str, ...]:
    """Leave out a name that nobody knows before a verb of structure: "Pargyline features an alkyne" is about this one.

    A name of a compound or class stays: it may be another one, of which the sentence speaks.
    """
    subject = _SUBJECT.match(sentence)
    if subject is None or subject["name"] not in words or resources.reader.knows(subject["name"]):
        return words
    name = subject["name"]
    unknown = resources.nomenclature.resolve([name])[name] is None
    return tuple(word for word in words if word != name) if unknown else words


def _flat(smiles: str) -> str:
    return str(Chem.MolToSmiles(Chem.MolFromSmiles(smiles), isomericSmiles=False))


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Cut what is read of a text into pieces of whole sentences, each as long as may be.

    A sentence that is longer than a piece may be is a piece by itself.
    """
    size = min(len(text), MAX_TEXT)
    first = end = 0
    for stop in (*(found.end() for found in _SENTENCE_END.finditer(text, 0, size)), size):
        if stop - first > MAX_CAPTION and end > first:
            yield first, end
            first = end
        end = stop
    if end > first:
        yield first, end


def _verify(claim: Claim, molecule: Molecule, known: dict[tuple[Any, ...], Verification]) -> Verification:
    """Verify a claim, or remember the verdict on the same words; a position depends on the words around it."""
    phrase = claim.phrase
    if phrase.locants or is_placed(phrase, claim.caption, claim.resources.reader.read(claim.caption)):
        return claim.verify(molecule)
    said = (phrase.kind, phrase.relation, phrase.text, phrase.name, phrase.count, phrase.source, claim.modified)
    if said not in known:
        known[said] = claim.verify(molecule)
    return known[said]


def _out_of_bounds(phrase: Phrase) -> Verification:
    told = messages.TOO_MANY_CLAIMS.format(most=MAX_CLAIMS)
    return Verification(ProposedAlignment.of(phrase), None, None, Verdict.UNCHECKED, Reason.OUT_OF_BOUNDS, told)


def _checked(judged: Verification, phrase: Phrase, offset: int, *, negated: bool) -> CheckedClaim:
    return CheckedClaim(
        phrase=phrase.text,
        start=offset + phrase.start,
        end=offset + phrase.end,
        kind=phrase.kind,
        negated=negated,
        verdict=judged.verdict,
        reason=judged.reason,
        message=judged.message,
        pattern=judged.proposal.pattern,
        atoms=judged.atoms,
        level=judged.level,
    )


def _of_centre(claim: CentreClaim, piece: str, offset: int) -> CheckedClaim:
    """List what is said of stereocentres among the claims."""
    return CheckedClaim(
        phrase=piece[claim.start : claim.end],
        start=offset + claim.start,
        end=offset + claim.end,
        kind=PhraseKind.STRUCTURE,
        negated=claim.negated,
        verdict=claim.verdict,
        reason=claim.reason,
        message=claim.message,
        pattern=None,
        atoms=claim.atoms,
        level=None,
    )


def _unread(text: str, start: int, words: tuple[str, ...], why: WhyUnread) -> UnreadText:
    return UnreadText(text[:MAX_QUOTED], start, start + len(text), words, why)


def _foreign(piece: str, seen: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Find the sentences that do not look English and in which nothing else was found.

    Args:
        piece: Whole sentences.
        seen: Where in it something was read, or is named as unread already.
    """
    taken = sorted(seen)
    start = 0
    for stop in (*(found.end() for found in _SENTENCE_END.finditer(piece)), len(piece)):
        sentence = piece[start:stop].rstrip()
        nearest = bisect_left(taken, start)
        if not (nearest < len(taken) and taken[nearest] < stop) and not _is_english(sentence):
            yield start, start + len(sentence)
        start = stop


def _is_english(sentence: str) -> bool:
    words = _WORD.findall(sentence)
    letters = sum(map(len, words))
    if 2 * len(_KNOWN_LETTER.findall(sentence)) < letters:
        return False
    return len(words) < _MIN_WORDS or any(_SMALL_WORD.fullmatch(word.lower()) for word in words)

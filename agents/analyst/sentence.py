"""A question as words and chunks: what may name a molecule, what names a group, and what asks.

Everything here is linear in the length of the question: words are split at blanks and looked up; no pattern runs over
the whole of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from itertools import pairwise

from molreflect.agents.analyst.atom_words import INDICES, atoms_wanted, listed_atoms
from molreflect.agents.analyst.code_words import code_in_words
from molreflect.agents.analyst.hurried import typed_in_full
from molreflect.agents.analyst.kind_words import names_asked, without_kinds
from molreflect.agents.analyst.marks import strip_marks, without_dots
from molreflect.agents.analyst.noted import spoken_out
from molreflect.agents.analyst.openings import called_like_functions, number_of, without_frame
from molreflect.agents.analyst.plain_text import plain_text
from molreflect.agents.analyst.position_words import with_positions
from molreflect.agents.analyst.property_words import asked_for, asks_for_something, is_plain_english, is_property_word
from molreflect.agents.analyst.quoted import without_quotes
from molreflect.agents.analyst.respoken import labelled, respoken, with_labels
from molreflect.agents.analyst.rewording import spelt_out
from molreflect.agents.analyst.vocabulary import edits, english, vocabulary
from molreflect.tools.facts.classes import is_adjective
from molreflect.tools.facts.composed import DEGREES
from molreflect.tools.facts.groups import containing, is_within_group, noun_of, shorthand
from molreflect.tools.facts.molecules import abbreviations, closest_name, is_known_name, looks_like_smiles, typed_small
from molreflect.tools.facts.parts import part_named
from molreflect.tools.lexicon.classes import load_lexicon

MAX_WORDS = 120
"""Words of a question that are looked at, quoted texts aside."""
MAX_CHUNK = 7
"""Words of the longest chunk that may be one name."""
_OPEN_CENTRES = frozenset({"undefined", "unassigned", "unspecified", "undetermined", "ambiguous"})
"""Words that say of a stereocentre that it is left open, and name nothing by themselves."""
_NOTHING = "please"
"""What stands in place of a word that is set aside."""

_GROUP_NOUNS = frozenset(
    ["group", "groups", "grp", "ring", "rings", "moiety", "moieties", "atom", "atoms", "bond", "bonds", "unit",
     "units", "substituent", "substituents", "function", "functionality", "residue", "residues", "centre",
     "centres", "center", "centers", "system", "chain", "linkage", "link", "linker", "part", "parts", "piece", "bit"]
)  # fmt: skip
_PLURALS = frozenset(noun for noun in _GROUP_NOUNS if noun.endswith("s"))
"""Nouns that end what is named: no compound's name goes on behind them."""
_BARE_NOUNS = frozenset(
    ["group", "groups", "grp", "moiety", "moieties", "unit", "units", "substituent", "substituents", "function",
     "functionality", "residue", "residues", "part", "parts", "piece", "bit"]
)  # fmt: skip
"""Nouns that name nothing by themselves."""
_ARTICLES = frozenset(["a", "an", "any", "no", "one", "some"])
_INDICES = frozenset(
    ["index", "indices", "indexes", "idx", "number", "numbers", "nr", "nrs", "no", "nos", "id", "ids", "list", "lists"]
)
_GREEK = frozenset(["A", "B", "C", "D", "E", "G", "K"])


_FRONTED = frozenset(["for", "in", "with"])


class Role(Enum):
    """What a chunk is."""

    MOLECULE = "molecule"
    GROUP = "group"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Words that belong together and name something."""

    text: str
    role: Role
    first: int
    """Index of its first word in the sentence."""
    last: int
    """Index behind its last word."""
    before: str = ""
    """The word before it, articles passed over."""
    article: str = ""
    """The article before it, if any."""
    joined: bool = False
    """Whether "and", "or" or a comma ties it to the chunk before it."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A question taken apart."""

    words: tuple[str, ...]
    """Words in small letters, misspelt ones mended, chunks as they stand."""
    chunks: tuple[Chunk, ...]
    quoted: tuple[str, ...] = ()
    """Texts in quotation marks, or behind a colon."""
    mended: tuple[tuple[str, str], ...] = ()
    """Words that were taken for others."""
    labels: tuple[tuple[str, str], ...] = ()
    """Molecules, as SMILES, and what the question calls them ("A = CCO")."""
    polar: bool = False
    """Whether its frame asks for a yes or no: "true or false: ...", "... or not?"."""
    text: str = field(default="", compare=False)

    def has(self, *words: str) -> bool:
        """Whether one of the words, or a run of words, is in it."""
        joined = f" {' '.join(self.words)} "
        return any(f" {word} " in joined for word in words)

    def says(self, reading: str) -> bool:
        """Whether one of the phrases that speak for a reading is in it (`[phrases]` of `data/words.toml`)."""
        return self.has(*vocabulary().phrases[reading])

    def of_role(self, *roles: Role) -> tuple[Chunk, ...]:
        """The chunks of some roles."""
        return tuple(chunk for chunk in self.chunks if chunk.role in roles)


def take_apart(text: str, aside: frozenset[str] = frozenset(), named: frozenset[str] = frozenset()) -> Sentence:
    """Take a question apart.

    Args:
        text: The question.
        aside: Words, in small letters, that are known to name nothing in it.
        named: Chunks that are known to name a group.
    """
    body, quoted = without_quotes(
        code_in_words(with_labels(spoken_out(plain_text(text), is_group)), asks_for_something)
    )
    asked = typed_in_full(without_dots(body.split()[:MAX_WORDS], is_property_word), asks_for_something)
    asked = respoken(with_positions(without_kinds(names_asked(asked), asks_for_something, is_group)))
    spelt = spelt_out(called_like_functions(asked, is_property_word), is_group)
    tokens, polar = without_frame(spelt)
    raw, labels = labelled(tokens)
    words: list[str] = []
    ends: list[bool] = []  # whether a comma or the like stands behind a word
    originals: list[str] = []
    mended: list[tuple[str, str]] = []
    for token in raw:
        word, ended = strip_marks(token)
        if not word:
            if ends:
                ends[-1] = ends[-1] or ended
            continue
        joined = vocabulary().joined.get(f"{words[-1].casefold()} {word.casefold()}") if words else None
        if joined is not None and not ends[-1]:  # "inchi key", "mol wt"
            words[-1], originals[-1], ends[-1] = joined, joined, ended
            continue
        if word.casefold() in aside:
            word = _NOTHING
        shown = word if _is_content(word) else word.casefold()
        originals.append(word)
        words.append(shown)
        ends.append(ended)
    words, mended = _mend(words)
    meant = dict(mended)
    originals = [meant.get(word.casefold(), word) for word in originals]
    found = (replace(c, role=Role.GROUP) if c.text in named else c for c in _chunks(words, originals, ends))
    chunks = _without_apposition(_headed(tuple(found), words, ends), words, ends)
    return Sentence(tuple(words), chunks, tuple(quoted), tuple(mended), labels, polar, text)


def _headed(chunks: tuple[Chunk, ...], words: list[str], ends: list[bool]) -> tuple[Chunk, ...]:
    """Take a compound's name at the head of a question, with a mark behind it, as what it is about.

    "Thiophenol, is it a thiol or a thioether?"; of a list ("phenol, alcohol or ether?") and where another molecule is
    named, the words around decide.
    """
    if chunks and words[0] in _FRONTED:  # "for ethanol and for phenol: ..."
        named = (c.before in _FRONTED and not c.article and is_known_name(c.text) for c in chunks)
        return tuple(replace(c, role=Role.MOLECULE) if is_one else c for c, is_one in zip(chunks, named, strict=True))
    pairs = [(one, other) for one, other in pairwise(chunks) if _goes_on(one, other, words)]
    listed = {chunk.first for pair in pairs for chunk in pair}
    chunks = tuple(replace(c, role=Role.MOLECULE) if c.first in listed else c for c in chunks)
    if len(chunks) < 2 or chunks[0].first:
        return chunks
    head, *others = chunks
    verb = words[head.last].casefold() if head.last < len(words) else ""
    stated = verb in vocabulary().function["have"] and head.role is Role.EITHER and not head.article
    if stated and is_known_name(head.text) and all(c.role is Role.GROUP for c in others):
        return (replace(head, role=Role.MOLECULE), *others)  # "toluene has a nitrogen in it"
    if not ends[head.last - 1]:
        return chunks
    if not is_known_name(head.text) and not (head.role is Role.EITHER and {"it", "its"} & set(words[head.last :])):
        return chunks
    if others[0].joined and others[0].first == head.last + bool(others[0].article):
        return chunks
    if head.role is Role.MOLECULE or any(c.role is Role.MOLECULE for c in others):
        return chunks
    return (replace(head, role=Role.MOLECULE), *others)


def _goes_on(one: Chunk, other: Chunk, words: list[str]) -> bool:
    """Whether a name goes on with the molecules asked about: "the NH2 of aniline and of benzylamine"."""
    listed = (
        words[one.last : other.first] == ["and", "of"]
        and one.before == "of"
        and Role.GROUP not in (one.role, other.role)
    )
    return listed and not other.article and (is_known_name(other.text) or reads_as_name(other.text.split()[-1]))


def _without_apposition(chunks: tuple[Chunk, ...], words: list[str], ends: list[bool]) -> tuple[Chunk, ...]:
    """Leave out what a molecule is called before its SMILES where more is asked: "is the ketone CC(C)=O chiral"."""
    speech = vocabulary()
    opens = bool(words) and words[0].casefold() in speech.function["be"]
    kept = []
    for i, chunk in enumerate(chunks):
        behind = chunks[i + 1] if i + 1 < len(chunks) else chunk
        apposed = chunk.last == behind.first and not ends[chunk.last - 1] and chunk.article in ("the", "this")
        apposed = apposed and looks_like_smiles(behind.text) and not looks_like_smiles(chunk.text)
        gap = [word.casefold() for word in words[chunk.last : behind.first]]
        if gap in (["analog"], ["analogue"], ["derivative"]) and looks_like_smiles(behind.text):
            continue  # "in metformin analog NC(=N)NCC"
        kind = gap in (["compound"], ["molecule"], ["species"]) and chunk.article in ("the", "this") and len(chunks) > 2
        if kind and not ends[chunk.last - 1] and looks_like_smiles(behind.text):
            continue  # "how many oxygens has the nitro compound CC[N+](=O)[O-]"
        if apposed and (opens or len(chunks) > 2) and chunk.before not in ("where", "of", "which"):
            continue
        kept.append(chunk)
    return tuple(kept)


@cache
def _lexicon_has(name: str) -> bool:
    return load_lexicon().find(name) is not None


@cache
def is_group(words: str) -> bool:
    """Whether words name a group, a class or a part, by themselves."""
    if len(words) > 80:
        return False
    if shorthand(words) is not None or part_named(words) is not None:
        return True
    low = words.casefold()
    forms = [words, low]
    if low.endswith("s") and not low.endswith("ss"):
        forms.append(low[:-1])
    head, _, last = low.rpartition(" ")
    if head == "" and noun_of(low) != low and low != "acidic":
        return True  # the phenolic one
    head = noun_of(head)
    element = part_named(words.rpartition(" ")[2]) if head else None
    if element is not None and element.name.endswith(" atom") and is_group(head):
        return not is_known_name(words)  # amide N, carbonyl carbon; penicillin V
    if is_within_group(words):
        return True  # ketone carbonyl
    if (held := containing(low)) is not None:
        return is_group(held[1])  # sulfur-containing heterocycle
    inner = words.rpartition(" ")[2]
    if head and inner.removesuffix("s").isupper() and shorthand(inner) is not None and is_group(head):
        return True  # phenol OH
    if head and last in _GROUP_NOUNS:
        forms += [head, f"{head} group", f"{head} ring"]
    forms.append(f"{low} group")
    return any(_lexicon_has(form) for form in forms)


def _is_content(word: str) -> bool:
    """Whether a word stands for itself whatever its case: a SMILES, a formula, an element, a name with figures."""
    low = word.casefold()
    if looks_like_smiles(word) or word.startswith("InChI=") or typed_small(word) is not None:
        return True
    if vocabulary().role(low) or vocabulary().intents(low):
        return False
    return any(c.isdigit() for c in word) or any(c.isupper() for c in word[1:]) or len(word) <= 2


def _mend(words: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
    found = []
    mended = []
    for i, word in enumerate(words):
        new = word
        if word == "r" and words[i + 1 : i + 2] in (["or"], ["vs"], ["/"]):
            pass  # a label, and no "are"
        elif word in vocabulary().typos:
            new = vocabulary().typos[word]
        elif (
            word.islower()
            and word.isalpha()
            and not is_group(word)
            and word not in english()
            and not is_known_name(word)
            and not _begins_part(words, i)
            and closest_name(word) is None
            and word not in abbreviations()
            and not reads_as_name(word)
        ):
            new = vocabulary().mended(word)
        if new != word:
            mended.append((word, new))
        found.append(new)
    return found, mended


_NAME_ENDS = re.compile(
    r"(?:ane|ene|yne|ol|one|al|ine|ide|ate|ite|oic|ic|yl|ose|ium|amine|acid|ester|ether|azole|idine|olol|pril|statin|mycin|cillin|oxacin|in|en|an)$"
)


def reads_as_name(word: str) -> bool:
    """Say whether a word ends as chemical names do, and is none of a question's."""
    return (
        len(word) > 5
        and _NAME_ENDS.search(word) is not None
        and word not in vocabulary().every
        and word not in english()
        and edits(word, vocabulary().mended(word)) != 1  # "sulfolane" is no misspelt "sulfone"
    )


def _chunks(words: list[str], originals: list[str], ends: list[bool]) -> Iterator[Chunk]:
    """Yield maximal runs of words of content, with what stands before them."""
    speech = vocabulary()
    i, behind = 0, ""
    article = ""
    joined = False
    asked = asked_for(words)
    while i < len(words):
        word = words[i]
        if i not in asked and _is_number(words, originals, ends, i):
            article, i = word, i + 1
            continue
        if i in asked or not _may_name(words, originals, i):
            role = speech.role(word)
            if role == "article" and word != "of":
                article = word
            else:
                if role == "join":
                    joined = True
                else:
                    behind, joined = word, False
                article = ""
            i += 1
            continue
        j = _part_at(words, originals, ends, i)
        whole = j > i and ends[j - 1]
        while not whole and j < len(words) and j - i < MAX_CHUNK:
            if j > i and (j in asked or not _may_name(words, originals, j)):
                break
            if j > i and looks_like_smiles(originals[j]) and not is_known_name(" ".join(originals[i : j + 1])):
                break  # but vitamin B3
            named = j > i and (is_known_name(" ".join(originals[i:j])) or "-" in originals[j - 1])
            if named and words[j].casefold() in DEGREES:
                break  # "is N,N-dimethylaniline tertiary aromatic amine"
            if words[j] in ("atom", "atoms") and j > i and atoms_wanted(words, originals[i:j], j, is_group):
                break  # "urea atom indices", "ester atoms"
            j += 1
            if _PLURALS & {words[j - 1]} and is_group(" ".join(originals[i:j])):
                break  # "double bonds cyclohexene"
            if ends[j - 1] or (looks_like_smiles(originals[j - 1]) and j - 1 == i):
                break
        indexed = words[j : j + 1] and words[j].casefold() in INDICES
        if (
            j - i == 1
            and words[i] in ("atoms", "atom")
            and (indexed or behind not in ("many", "number", "of", "heavy") or listed_atoms(words, i))
        ):
            behind, joined, article, i = words[i], False, "", j
            continue
        text = " ".join(originals[i:j]) if j - i > 1 or _is_content(originals[i]) else originals[i]
        comma = ends[j - 1]
        yield Chunk(
            text, _role_of(text, behind, article, words[j] if j < len(words) else ""), i, j, behind, article, joined
        )
        joined, article = comma, ""
        i = j


def _is_number(words: list[str], originals: list[str], ends: list[bool], i: int) -> bool:
    """Whether a word is a number that counts what stands behind it ("two hydroxy groups"), and no part of a name."""
    if number_of(words[i]) is None or words[i] == "one":
        return False
    j = i + 1
    while j < len(words) and not ends[j - 1] and j - i < MAX_CHUNK and _may_name(words, originals, j):
        j += 1
    if is_group(" ".join(words[i:j])):
        return False  # "three membered ring"
    return words[i].isalpha() or j == i + 1 or is_group(" ".join(words[i + 1 : j]))


def _part_at(words: list[str], originals: list[str], ends: list[bool], i: int) -> int:
    """Find where a part that is called by two words ends, of which one may look like a SMILES: sp2 carbons, C=O bonds.

    Returns:
        The index behind it; `i` where there is none.
    """
    if i + 1 >= len(words) or ends[i]:
        return i
    if words[i][:2].casefold() == "sp":
        return i + 2 if part_named(f"{words[i]} {words[i + 1]}") is not None else i
    if words[i + 1].casefold() in _GROUP_NOUNS and looks_like_smiles(originals[i]) and is_group(originals[i]):
        return i + 2
    return i


def _may_name(words: list[str], originals: list[str], i: int) -> bool:
    """Whether a word may be part of a name."""
    word, original = words[i], originals[i]
    if original in ("sp", "sp2", "sp3", "stereogenic"):  # by itself no SMILES of two aromatic atoms, and no name
        return i + 1 < len(words) and is_group(f"{original} {words[i + 1]}")
    if original.isalpha() and original.isupper() and vocabulary().intents(original.casefold()):
        return False  # CIP is a rule before it is a SMILES
    speech = vocabulary()
    if (
        not original.isalpha()
        and original.isalnum()
        and (speech.role(original.casefold()) or original.casefold() in english())
    ):
        return False  # ECFP4
    if word.casefold() in _OPEN_CENTRES:
        return _begins_part(words, i)
    if word.casefold() in ("r/s", "e/z", "s/r", "z/e", "true/false", "t/f", "yes/no", "y/n"):
        return False
    if looks_like_smiles(original) or original.startswith("InChI="):
        return True
    if original in _GREEK and i and not speech.role(words[i - 1]):
        return True  # vitamin C, bisphenol A
    if i and len(original) == 1 and original.isupper() and is_known_name(f"{originals[i - 1]} {original}"):
        return True  # penicillin V
    low = word.casefold()
    made = low.endswith("ed") and i and words[i - 1] in ("a", "an") and low in speech.intent["change"]
    if made and i + 1 < len(words) and not speech.role(words[i + 1].casefold()):
        return True  # "a chlorinated hydrocarbon"
    if low in speech.intent["stereo"] | speech.intent["change"] and not speech.role(low) and _begins_part(words, i):
        return True  # an asymmetric carbon atom, methylated nitrogens
    if speech.role(low) or is_plain_english(low) or (low in _BARE_NOUNS and not _beside_name(words, originals, i)):
        return False
    if is_adjective(low):
        told = set(words[:i]) & speech.function["have"] or "or" in words
        if part_named(low) is not None and told and words[i - 1] in _ARTICLES:
            return True  # "does X contain a heterocycle", "an amine or a heterocycle"
        after = words[i + 1].casefold() if i + 1 < len(words) else ""
        runs = (" ".join(words[i : i + n]).casefold() for n in (2, 3) if i + n <= len(words))
        behind = i > 0 and is_group(f"{words[i - 1]} {word}".casefold())  # an aromatic heterocycle
        return behind or after in _GROUP_NOUNS or any(is_group(run) for run in runs)
    if low in _GROUP_NOUNS or is_group(original):
        return True
    return not speech.intents(low) and not is_property_word(low)


def _begins_part(words: list[str], i: int) -> bool:
    """Whether a word and one or two behind it name a part together."""
    return any(part_named(" ".join(words[i : i + n]).casefold()) is not None for n in (2, 3) if i + n <= len(words))


def _beside_name(words: list[str], originals: list[str], i: int) -> bool:
    """Whether "group" or "atoms" stands behind a word of a name: "nitro group", "F atoms"."""
    return i > 0 and words[i - 1].casefold() not in _BARE_NOUNS and _may_name(words, originals, i - 1)


def _is_element_of_group(text: str) -> bool:
    """Whether words name atoms of a group: carbonyl carbons, amide N."""
    head, _, last = text.rpartition(" ")
    element = part_named(last) if head else None
    return element is not None and element.name.endswith(" atom") and is_group(noun_of(head.casefold()))


def _is_part_of_some_kind(text: str) -> bool:
    """Whether words mean atoms, bonds or rings that plain words restrict ("basic nitrogen"): a part, though unknown."""
    head, _, last = text.rpartition(" ")
    if not head or not (last.casefold() in _GROUP_NOUNS or part_named(last) is not None) or last.isupper():
        return False
    return all(word.isalpha() and word.islower() and not reads_as_name(word) for word in head.split())


def _role_of(text: str, behind: str, article: str, after: str) -> Role:
    """Say what a chunk is, by its words and by what stands around it."""
    if looks_like_smiles(text) or text.startswith("InChI="):
        counted = bool(article) or behind == "many"  # "a C=O", "how many C=C": no molecule is counted
        bond = counted and (part_named(text) is not None or shorthand(text) is not None)
        bond = bond or (shorthand(text) is not None and any(text.count(c) == 1 for c in text if c.isdigit()))  # NO2
        return Role.GROUP if bond else Role.MOLECULE
    if not is_group(text):
        return Role.GROUP if _is_part_of_some_kind(text) else Role.MOLECULE
    last = text.casefold().split()[-1]
    if last in _GROUP_NOUNS or part_named(text) is not None or _is_element_of_group(text):
        return Role.GROUP
    if is_within_group(text):
        return Role.GROUP
    place = vocabulary().function["place"]
    if behind in place:
        return Role.MOLECULE if not article else Role.EITHER
    if article in ("a", "an", "any"):
        return Role.GROUP
    return Role.EITHER

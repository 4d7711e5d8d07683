"""Read what no cue of the grammar announces: "It has two benzene rings", "A chlorine atom is attached to the ring".

People and language models write sentences that ChEBI does not. Here every noun phrase that no rule has read is looked
at once more: one that the lexicon knows, or that ends in "group", "ring" or "bond", is a phrase where the sentence
speaks about structure and the words around it do not say otherwise.
"""

from __future__ import annotations

from dataclasses import replace

from molreflect.tools.captions.classification import is_bond, is_part
from molreflect.tools.captions.fragments import is_bare_item, is_listing
from molreflect.tools.captions.locants import read_locants_after
from molreflect.tools.captions.name_shape import looks_chemical
from molreflect.tools.captions.noun_phrases import PARTICIPLES, RING_KINDS, NounPhrase, name_start, read_noun_phrase
from molreflect.tools.captions.parse_state import IN_COMPONENT, Context, ParseState
from molreflect.tools.captions.phrase_building import add_part
from molreflect.tools.captions.substituents import is_replaced_next
from molreflect.tools.names.atoms import chain_length, read_bond
from molreflect.tools.terms import PhraseKind

_PLACES = frozenset({"position", "positions", "centre", "centres", "center", "centers"})
_NOT_TRIMMED = (
    "-membered",
    "cyclic",
    "-carbon",
    "-atom",
    "inated",
    "halogenated",
    "methylated",
    "hydroxylated",
    "methoxylated",
    "-containing",
    "-bearing",
    "-bound",
)
_CARBONS = frozenset(
    ["benzylic", "benzyl", "allylic", "alpha", "methine", "carbinol", "aromatic", "quaternary", "tertiary", "carbonyl"]
)
"""Words before "carbon" that say which one is meant."""
_WHERE = frozenset(
    {"side-chain", "backbone", "ring", "c-terminal", "n-terminal", "aliphatic", "aryl-bound", "bis-allylic", "angular"}
)
_WHERE |= {"allylic", "benzylic", "vinylic", "phenolic", "aromatic"}
"""Words before a group's name that say which one is meant."""
_HAVING = frozenset({"has", "have", "having"})
_ON = frozenset({"on", "ortho", "meta", "para", "next", "opposite", "adjacent", "beside", "vicinal", "peri"})
_LOOK = frozenset({"note", "notice", "observe", "mind"})
_LIES = frozenset({"lies", "lie", "stands", "stand"})
_SHARES = frozenset({"count", "counts", "combines", "combine", "presents", "present", "shares", "share"})
"""Verbs that speak of structure where a counted thing follows: "share a carbon"."""
_OWES = frozenset({"because", "owing", "due", "thanks"})
_AS_PART = frozenset({"capped", "protected", "masked", "present", "tied", "occurs", "appears", "exists", "bound"})
"""Words before "as" that say in which form a part is there: "is capped as a methyl ester"."""
_SOMETIMES = (
    frozenset(["there", "there's", "presence", "one", "other", "separated"])
    | {"comes", "come", "belongs", "belong"}
    | _SHARES
    | _ON
    | _OWES
)
"""Words that announce structure only with the right words around them."""
_ONE_OF_IT = frozenset({"one", "the"})
_DEFINITE = frozenset({"the", "its", "both", "each", "this"})
_DEGREES = frozenset({"more", "less", "most", "least", "quite", "strongly", "weakly", "mildly", "very", "far", "the"})
_OF_PARTS = frozenset(
    [
        "equivalent",
        "identical",
        "distinct",
        "basic",
        "acidic",
        "free",
        "protonated",
        "deprotonated",
        "nucleophilic",
        "electrophilic",
        "benzylic",
        "allylic",
        "phenolic",
        "methylated",
        "acylated",
        "esterified",
        "attached",
        "part",
        "stereogenic",
        "chiral",
    ]
)
"""What is said of parts only, beside the predicates of structure."""
_OF_GROUPS = frozenset(
    {"carbonyl", "hydroxyl", "nitrogen", "oxygen", "methyl", "nh", "nh2", "oh", "methylene", "ch2", "n-h", "c=c"}
)
"""Words that name a group or atom of another part, whatever is said of it."""
_HAVE_KINDS = {"alcohol": "alcohol", "hydroxyl": "alcohol", "oh": "alcohol", "hydroxy": "alcohol", "amine": "amine"}
_HAVE_KINDS |= {"amide": "amide", "carbinol": "alcohol", "amino": "amine"}
"""Groups of which there are kinds, by their last word."""
_KINDS = frozenset({"primary", "secondary", "tertiary", "benzylic", "allylic", "aromatic", "aliphatic"})
_DEGREES_OF = frozenset({"primary", "secondary", "tertiary"})
_ENDS_KIND = frozenset({"one", "ones", ",", "and", ".", ")", ";"})
"""What may stand behind the kind of a group that is not named again."""
_PLACING = frozenset({"ortho", "meta", "para", "next", "adjacent", "alpha", "between", "closest", "nearest", "beside"})
_BEFORE_NAMED_FORMULA = frozenset({"the", "its", "a", "an", "one", "free", "each"})
_ELEMENTS = frozenset({"nitrogen", "sulfur", "sulphur", "phosphorus", "boron", "silicon"})
_BEFORE_FORMULA = frozenset(
    {"(", ",", "and", ";", ":", "or", "only", "sole", "=", "/", "+", "&", "|", "-", "\u2013", "with"}
)
_WHICH_ATOM = frozenset(
    [
        "ring",
        "endocyclic",
        "exocyclic",
        "bridging",
        "aryl-bound",
        "aromatic",
        "benzylic",
        "allylic",
        "aliphatic",
        "alkyl-bound",
        "aryl-attached",
    ]
)
"""Words before an element that say which atom of it is meant."""
_CONFIGURED = ("cis", "trans", "(e)", "(z)", "e-", "z-")
"""Beginnings of words that a bond's name must keep, since they are compared."""
_ATOM_HEADS = _ELEMENTS | {
    "oxygen",
    "carbon",
    "bond",
    "linkage",
    "group",
    "unit",
    "chain",
    "linker",
    "bridge",
    "spacer",
    "tether",
}
"""Last words, in the singular, of parts that are named by their atoms."""


def read_prose(state: ParseState) -> None:
    """Add the phrases of free prose, once every other rule has read the caption."""
    marks = state.marks
    covered = state.covered
    for first, last in state.sentences:
        if not speaks_of_structure(state, first, last):
            continue
        i = first
        while i < last:
            goes_on = (
                state.lows[i] in PARTICIPLES and state.lows[i + 1] in state.cues.articles | state.cues.counts.keys()
            )
            if not covered[i] and state.lows[i] in _DEGREES_OF and _read_one(state, i, first):
                i += 1
                continue
            if state.lows[i + 1] in _DEGREES_OF and state.lows[i] in state.cues.counts.keys() | {"one", "other"}:
                i += 1
                continue
            if covered[i] or marks[i] or not state.tokens[i].word or state.lows[i] in state.cues.stop or goes_on:
                i += 1
                continue
            i = _read_phrase(state, i, first, last)


def read_negated(state: ParseState) -> None:
    """Add what the caption says is not in the molecule, as phrases with the source "negated"."""
    marks = state.marks
    i = 0
    while i < state.size:
        if marks[i] != Context.NEGATED or not state.tokens[i].word or state.lows[i] in state.cues.stop:
            i += 1
            continue
        phrase = read_noun_phrase(state, i)
        if phrase is None:
            i += 1
            continue
        first = structural_name(state, phrase)
        i = max(phrase.next, i + 1)
        if first is not None:
            i, locants = read_locants_after(state, phrase.next)
            add_part(state, replace(phrase, first=first), "negated", locants, i if locants else None)


def speaks_of_structure(state: ParseState, first: int, last: int) -> bool:
    """Say whether a sentence speaks about structure: an item of a list, or one with a word that announces it."""
    lows, cues = state.lows, state.cues
    if first and state.tokens[first - 1].text not in {"", ".", "!", "?"}:
        return True
    words = lows[first:last]
    if lows[first] in _LOOK and lows[first + 1] in cues.articles:
        return True  # "Note the diaryl ketone"
    if _says_of_part(state, first) or any(_is_formula(state, i) for i in range(first, last)):
        return True
    spoken = cues.structure_cues.intersection(words)
    if spoken - _HAVING or is_listing(state, first, last):
        return True
    for i in range(first, last) if spoken or not _SOMETIMES.isdisjoint(words) else ():
        low, following = lows[i], lows[i + 1]
        if low == "separated" and following == "by":
            return True
        if low in _OWES and following in {"of", "to"} and lows[i + 2] in cues.articles:
            return True  # "bulky because of the tert-butyl"
        if low in {"comes", "come"} and following == "from" and lows[i + 2] in cues.articles:
            return True
        if (low in {"comes", "come"} or f"{low} {following}" in {"belongs to", "belong to"}) and (
            _to_a_place(state, i) if following != "to" else lows[i + 2] in cues.articles
        ):
            return True  # "Then comes a secondary amine", "belongs to a 4-methylpiperazine"
        if low in {"one", "other"} and following in {"is", "being"}:
            return True  # "one is a secondary amine, the other is a tertiary one"
        if low in _HAVING and following != "been" and "role" not in lows[i + 1 : i + 3]:
            return True
        if low == "there's" or (low == "there" and following in cues.forms_of_be):
            return True
        if low in _SHARES and (following in cues.articles or following in cues.counts or following == "one"):
            return True
        if following in _ON and (low in _LIES or low in cues.forms_of_be) and _to_a_place(state, i + 1):
            return True  # "is on a piperidine", "lies next to the alcohol"
        if low == "presence" and following == "of" and lows[i - 2 : i] != ["in", "the"]:
            return True
    return False


def _says_of_part(state: ParseState, first: int) -> bool:
    """Say whether a sentence begins with a part of which it says what that is: "The terminal amine is tertiary"."""
    lows, cues = state.lows, state.cues
    if lows[first] not in _DEFINITE and not lows[first].endswith(("'s", "\u2019s")):
        return False
    if lows[first + 1] in {"only", "sole"} and lows[first] == "the":
        return True
    phrase = read_noun_phrase(state, first)
    if (
        phrase is not None
        and lows[first] != "this"
        and any(lows[k] in _KINDS for k in range(phrase.first, phrase.last))
    ):
        return True  # "The primary aromatic amine is essential"
    if phrase is not None and lows[phrase.last] in _OF_GROUPS and phrase.last > phrase.first:
        return True  # "the acetyl methyl", "the amide NH"
    if phrase is not None and lows[phrase.next] in _PLACING:
        return True  # "The chlorine para to the acid is more reactive"
    if phrase is None or lows[phrase.next + (lows[phrase.next] == "here")] not in cues.forms_of_be:
        return False
    at = phrase.next + 1 + (lows[phrase.next] == "here")
    while lows[at] in cues.before_predicates or lows[at] in _DEGREES:
        at += 1
    at += lows[at] == "a" and lows[at + 2] == "one"  # "is a tertiary one"
    return lows[at] in cues.predicates or lows[at] in _OF_PARTS


def _is_formula(state: ParseState, i: int) -> bool:
    """Say whether a token is a group's formula behind an article: "the COOH"."""
    if i == 0 or not state.tokens[i].text[:1].isupper() or state.lows[i - 1] not in _BEFORE_NAMED_FORMULA:
        return False
    return bool(state.formula_name(i)) and state.lows[i + 1] not in {"gas", "vapour", "vapor"}


def _to_a_place(state: ParseState, i: int) -> bool:
    """Say whether a counted thing follows "on" or "next to" at `i`."""
    behind = i + 1 + (state.lows[i + 1] == "to")
    low = state.lows[behind]
    return low in state.cues.articles or low in state.cues.counts or low in _ELEMENTS or low == "oxygen"


def _read_phrase(state: ParseState, i: int, begin: int, last: int) -> int:
    """Read the noun phrase at `i` of the sentence from `begin` to before `last`; return the index behind it."""
    phrase = read_noun_phrase(state, i)
    if phrase is None:
        return i + 1
    for k in range(phrase.first, min(phrase.last, last - 1) + 1):
        if state.covered[k] or state.marks[k]:
            return k + 1
    if phrase.next > last:
        return last
    behind = max(phrase.next, i + 1)
    first = structural_name(state, phrase)
    bare = is_bare_item(state, phrase, i, begin, named=first is not None)
    if bare and first is None:
        first = name_start(state, phrase)
    if first is None or is_replaced_next(state, phrase.next) or state.lows[phrase.first] == "0":
        return behind
    head = state.lows[phrase.last]
    cues = state.cues
    lows = state.lows
    before = state.covered[i - 2 - (lows[i - 2] == ",")] if i >= 2 and lows[i - 1] in {",", "and", "or"} else 0
    if not bare and head not in cues.part_nouns and head not in cues.bond_nouns and head not in cues.group_nouns:
        if lows[i - 2 : i] == ["one", "of"] or (lows[i - 1] == "as" and lows[i - 2] not in _AS_PART):
            return behind
        counted = lows[i - 1] in cues.articles or phrase.count is not None or before or phrase.first > i
        if not (counted or state.knows(state.text(first, phrase.last)) or _stands_in_list(state, phrase, first)):
            return behind
    after, locants = read_locants_after(state, phrase.next)
    source = "component" if before == IN_COMPONENT else "group"
    add_part(state, replace(phrase, first=first), source, locants, after if locants else None)
    return max(
        after, behind, _read_predicate(state, lows[phrase.last - (head in cues.group_nouns)], max(after, behind))
    )


def _read_one(state: ParseState, i: int, first: int) -> bool:
    """Read one of several groups by its kind alone: "three alcohols: one primary, two secondary", "a tertiary one"."""
    lows = state.lows
    before = lows[i - 1]
    counted = before in {"a", "one", "other"} or before in state.cues.counts
    if state.marks[i] or not counted or lows[i + 1] not in _ENDS_KIND:
        return False
    group = next(
        (_HAVE_KINDS[head] for low in lows[i - 2 : first : -1] if (head := low.removesuffix("s")) in _HAVE_KINDS), ""
    )
    key = f"{lows[i]} {group}"
    if not group or not state.knows(key):
        return False
    count = state.cues.counts.get(before)
    state.add(i, i, PhraseKind.STRUCTURE, key, "group", name=key, count=count)
    return True


def _read_predicate(state: ParseState, head: str, i: int) -> int:
    """Read what kind of group one is said to be: "The alcohol is secondary"; return the index behind it."""
    lows = state.lows
    group = _HAVE_KINDS.get(head.removesuffix("s"))
    i += lows[i] == "here"
    if group is None or lows[i] not in state.cues.forms_of_be:
        return 0
    i += 1
    denied = lows[i] == "not"
    i += denied
    while lows[i] in {"also", "both", "a", "therefore"}:
        i += 1
    ends = lows[i + 1] in {".", ",", ";", "and", "but", "while", "one", ")", "("}
    if lows[i] not in _KINDS or not ends or state.marks[i]:
        return 0
    key = f"{lows[i]} {group}"
    if state.knows(key) or lows[i] in _WHICH_ATOM:
        state.add(i, i, PhraseKind.STRUCTURE, key, "negated" if denied else "group", name=key)
    return i + 1


def _stands_in_list(state: ParseState, phrase: NounPhrase, first: int) -> bool:
    """Say whether a name needs no article: an atom's, a formula in brackets or a list, one of several with one noun."""
    lows, cues, last = state.lows, state.cues, phrase.last
    if _by_atoms(state, first, last) is not None:
        return True
    if first == last and state.formula_name(last):
        return lows[last - 1] in _BEFORE_FORMULA or last in {begin for begin, _ in state.sentences}
    if lows[phrase.next] not in {"and", ",", "or"} or not lows[last].endswith(("yl", "oxy", "o")):
        return False
    following = read_noun_phrase(state, phrase.next + 1)  # "2,6-difluorophenyl and 4-chlorophenyl groups"
    return following is not None and lows[following.last] in cues.group_nouns and lows[following.last].endswith("s")


def _by_atoms(state: ParseState, first: int, last: int) -> int | None:
    """Find where a part begins that is named by its atoms: "C-Cl bond", "ring nitrogen", "two-carbon linker"."""
    lows = state.lows
    head = lows[last].removesuffix("s")
    if last == first or head not in _ATOM_HEADS:
        return None
    if last > first + 1 and lows[last - 2 : last] in (["positively", "charged"], ["negatively", "charged"]):
        return last - 2 if head in _ELEMENTS | {"oxygen"} else None
    if head == "carbon" and lows[last - 1] in _CARBONS:
        return last - 1
    if lows[last - 1] in _WHICH_ATOM and head in _ELEMENTS | {"oxygen"}:
        return last - 1
    for k in range(first, last):
        text = state.text(k, last)
        if read_bond(text) is not None or chain_length(text) is not None:
            return k if k == first or not lows[k - 1].startswith(_CONFIGURED) else k - 1
        if head in _ELEMENTS | {"oxygen"} and state.knows(state.text(k, last - 1)):
            return k
    return None


def _where(state: ParseState, first: int, end: int) -> int | None:
    """Find a word that says where a part is among those before its name: "side chain" of "side chain amide"."""
    for k in range(first, end):
        if state.lows[k] in _WHERE or state.lows[k : k + 2] == ["side", "chain"]:
            return k
    return None


def structural_name(state: ParseState, phrase: NounPhrase) -> int | None:
    """Find where the name of a part or class begins in a noun phrase; None where it names none.

    Words that only describe ("central", "electron-rich") are left out, as long as no name is among them.
    """
    lows, cues, tokens = state.lows, state.cues, state.tokens
    first, last = name_start(state, phrase), phrase.last
    head = lows[last]
    if head in _PLACES or (first == last and head in cues.bare_names and not state.formula_name(last)):
        return None
    if (named := _by_atoms(state, first, last)) is not None:
        return named
    if last > first + 1 and head in cues.bond_nouns and lows[last - 1] in {"double", "triple"}:
        return last - 2 if lows[last - 2] in _WHICH_ATOM | {"carbon-carbon"} else last - 1
    if head in {"chain", "chains"} and last > first and lows[last - 1].endswith("-carbon"):
        return last - 1
    if head in _ELEMENTS | {"oxygen"} and last > first:
        return first  # "a thiono sulfur": which one is meant, an unknown word says
    not_a_name = head in cues.not_names and not (last > first and head in cues.group_nouns)
    if not_a_name or head in cues.not_structure or head in cues.role_nouns:
        return first if last > first and state.knows(state.text(first, last)) else None
    part = head in cues.group_nouns or head in cues.part_nouns or head in cues.bond_nouns
    if head in _ELEMENTS and first == last and phrase.count is None and lows[phrase.first - 1] not in _ONE_OF_IT:
        return None  # "substituted at nitrogen"
    for k in range(first, last + 1):
        if k == last and (part or head in cues.bare_names):
            return None
        if k == last - 1 and part and lows[k] in cues.bare_names:
            return None
        if k > first and (where := _where(state, first, k)) is not None and not part:
            return where
        if state.knows(state.text(k, last)) or state.formula_name(k if k == last or (part and k == last - 1) else last):
            return k
        if part and state.knows(state.text(k, last - 1)):
            return k
        if lows[k].endswith(_NOT_TRIMMED) or (lows[k] in RING_KINDS and head in {"ring", "rings"}):
            return k if part or state.knows(head) else None  # "five-membered ring" is no ring of any size
        if looks_chemical(tokens[k].text) or state.knows(tokens[k].text):
            rest = replace(phrase, first=k)
            return k if (is_part(state, rest) or is_bond(state, rest)) else None
    return None

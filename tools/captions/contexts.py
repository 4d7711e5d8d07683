"""Find the words of a caption that claim nothing of the molecule, or claim that something is not in it.

"It lacks a hydroxy group", "obtained by condensation with the amino group of X", "used in the synthesis of Y": names in
such words are no parts of the molecule. Every token gets one mark; the search is linear in the length of the caption.
"""

from __future__ import annotations

from functools import cache

from molreflect.tools.captions.cue_words import load_cue_words
from molreflect.tools.captions.denials import (
    ABSENT,
    CONTRACTED,
    MAX_BACK,
    NOT_HAVING,
    THERE,
    before_aside,
    is_contracted_not,
    mark_denial,
    opens_denial,
)
from molreflect.tools.captions.marking import MAX_LIST, mark, mark_clause, mark_list
from molreflect.tools.captions.noun_phrases import read_noun_phrase
from molreflect.tools.captions.parse_state import Context, ParseState

_BEARS = frozenset({"bears", "has", "carries", "contains", "possesses", "features", "holds", "have", "bear", "carry"})
_OTHERWISE = frozenset({"embodiments", "embodiment"})
_OTHER_FORMS = frozenset({"ester", "esters", "ether", "hydrochloride", "n-oxide", "oxide", "glucuronide", "sulfate"})
"""Heads of "its X" that carry something: another compound."""
_MISSING = frozenset({"lacking", "lacks", "lack", "lacked", "without", "no", "devoid", "neither", "nor", "absence"})
_OF_OTHERS = frozenset(
    {"its", "their", "the", "some", "several", "related", "synthesis", "production", "other", "a", "an"}
)
"""First words of sentences whose subject may be something else."""
_COMPOUNDS = frozenset(
    {"compound", "compounds", "molecule", "molecules", "drug", "drugs", "analogue", "analog", "substance"}
)
_STARTS = frozenset({"of", "between", "with", "at", "from"})
_KINDS = frozenset(
    {"salt", "salts", "isomer", "isomers", "metabolite", "metabolites", "analogue", "analogues", "analog", "analogs"}
    | {"prodrug", "precursor", "precursors", "homologue", "congener", "congeners", "derivatives", "anhydride"}
)
"""Nouns of which "its X" is another compound: "its disodium salt"."""
_NEVER_MAKING = frozenset({"depletion", "inhibition", "activation", "secretion", "reuptake", "accumulation"})
"""Matters that are no way to a compound: "resulting in depletion of X"."""
_YIELDS = frozenset({"yields", "affords", "furnishes"})
_MAKES_ANOTHER = _YIELDS | {"gives", "forms", "produces", "generates", "delivers", "provides"}
_REACTION_ENDS = ("tion", "lysis", "cleavage")
_OWN = frozenset({"the", "this", "it", "its", "that"})
_ANALOGUES = frozenset({"analogue", "analog", "congener", "homologue"})
_USUALLY = frozenset({"often", "usually", "commonly", "generally", "frequently", "typically", "mostly", "normally"})
_PREPARATIONS = frozenset(
    {"product", "products", "formulation", "formulations", "tablet", "tablets", "capsule", "capsules", "preparation"}
    | {"preparations", "medication", "medications", "supplement", "supplements", "food", "foods", "solution"}
    | {"solutions", "mixture", "mixtures", "cream", "creams", "drugs", "medicine", "medicines"}
)
"""What may contain the molecule beside other compounds."""
_ALTERNATIVES_END = 20
"""Most tokens of a bracket in which "or" is looked for."""


def mark_contexts(state: ParseState) -> None:
    """Mark every token of a caption with its `Context`, in `ParseState.marks`."""
    marks, lows, starters = state.marks, state.lows, _starters()
    openers = [i for i in range(state.size) if lows[i] in starters]
    at = 0
    for first, last in state.sentences:
        if not _OTHERWISE.isdisjoint(lows[first:last]) or _is_of_another_form(state, first):
            mark(marks, first, last, Context.FOREIGN)
            continue
        if _is_of_a_kind(state, first, last) or (
            lows[first] in _OF_OTHERS and lows[first + 1] != "molecule" and _is_of_others(state, first, last)
        ):
            mark(marks, first, last, Context.FOREIGN)
            continue
        behind = first
        while at < len(openers) and openers[at] < last:
            i = openers[at]
            at += 1
            if i >= behind:
                behind = _mark_from(state, marks, i, first, last)


@cache
def _starters() -> frozenset[str]:
    """List the words that can open a context."""
    cues = load_cue_words()
    first_words = {words.split(" ", 1)[0] for words in cues.comparisons | cues.effects}
    named = {"not", "free", "conversion", "loss", "removal", "elimination", "replacement", "like", "presence"}
    named |= _MAKES_ANOTHER
    named |= {"if", "whereas", "while", "contrast", "its", "present", "containing", "contain", "("}
    reactions = {noun for noun in cues.reactions if noun not in {"transfer", "addition", "protonation"}}
    named |= {f"{verb}n{sign}t" for verb in CONTRACTED for sign in "'\u2019"}
    named |= opens_denial()
    return frozenset(first_words | named | _MISSING | cues.other_matters | reactions | {"except", "rather"})


def _mark_from(state: ParseState, marks: bytearray, i: int, first: int, last: int) -> int:
    """Mark what the word at `i` announces; return the index behind it, or `i` where it announces nothing."""
    lows, cues = state.lows, state.cues
    low, following = lows[i], lows[i + 1]
    pair = f"{low} {following}"
    before = lows[i - 1] if i > first else ""
    if (behind := mark_denial(state, marks, i, first, last)) > i:
        return behind
    elsewhere = following in {"in", "from"} and lows[i + 2] not in _OWN  # "is lost in nornicotine": here it is
    if low in ABSENT and (before in cues.forms_of_be or (before in {"been", "also"})) and not elsewhere:
        start = before_aside(lows, i, first)
        while start > first and i - start < 2 * MAX_BACK and lows[start - 1] not in {",", ";", "but", "which", "that"}:
            start -= 1
        mark(marks, start, i, Context.NEGATED)
        return i
    if low == "not" and before in cues.forms_of_be and following in THERE:
        mark(marks, before_aside(lows, i, first), i, Context.NEGATED)  # "A free carboxylic acid is not there"
        return i + 2
    if low == "neither" and (bearing := _bearing_after(state, i)):
        return mark_list(state, marks, bearing + 1, last, Context.NEGATED)  # "and neither ring bears a halogen"
    if low == "not" and following in NOT_HAVING and (before in {"do", "does", "did"} or following in {"a", "an"}):
        return mark_list(state, marks, i + 1, last, Context.NEGATED)
    if is_contracted_not(low) and following in NOT_HAVING:
        return mark_list(state, marks, i + 1, last, Context.NEGATED)
    if low == "no" and _is_of_none(state, i):
        return mark_clause(state, marks, i, last, Context.FOREIGN)  # "No chlorine is benzylic" denies no chlorine
    if low == "nor":
        return mark_list(state, marks, i + 1 + 2 * (following in {"does", "do"}), last, Context.NEGATED)
    if (
        low in (_MISSING - {"neither"})
        or (low == "neither" and following != "of")
        or (low == "free" and following in {"of", "from"})
        or (low == "missing" and before != "is")
    ):
        if low == "lacking" and before == "in":
            return i
        return mark_list(state, marks, i + 1, last, Context.NEGATED)
    if low in {"would", "if"} or (low == "neither" and following == "of") or _is_of_another(state, i):
        return mark_clause(state, marks, i, last, Context.NEGATED if low == "neither" else Context.FOREIGN)
    if low == "presence" and following == "of" and lows[i - 2 : i] == ["in", "the"]:
        return mark_list(state, marks, i + 1, last, Context.FOREIGN)
    if low in _MAKES_ANOTHER and (low in _YIELDS or lows[first].endswith(_REACTION_ENDS)):
        return mark_clause(state, marks, i, last, Context.FOREIGN)  # "Hydrolysis gives a carboxylic acid"
    if low in {"except", "rather"}:
        return mark_list(state, marks, i + 1 + (following in {"for", "than"}), last, Context.FOREIGN)
    if low == "contrast" and before in {"by", "in"} and following == ",":
        return mark_clause(state, marks, i + 1, last, Context.FOREIGN)
    if low == "present" and following == "as" and before in _USUALLY:
        mark(marks, i, last, Context.FOREIGN)  # "often present as its chloride, but also as ..."
        return last
    if low in {"containing", "contain"} and before in _PREPARATIONS:
        return mark_clause(state, marks, i, last, Context.FOREIGN)
    if low in {"its", "("}:
        return _mark_aside(state, marks, i, last)
    if pair in cues.comparisons or low in cues.comparisons or (low == "like" and i == first):
        if low == "related" and before == "functionally":
            return i
        return mark_list(state, marks, i + 1 + (pair in cues.comparisons), last, Context.FOREIGN)
    if low == "similar" and following == "in" and "to" in lows[i + 2 : i + 7]:
        return mark_list(state, marks, lows.index("to", i + 2) + 1, last, Context.FOREIGN)
    if pair in cues.effects or low in cues.effects:
        if low in state.cues.removing_verbs and any(
            word in {"which", "where"} for word in lows[max(first, i - MAX_LIST) : i]
        ):
            return i  # "in which the acid has been converted to the amide": the amide is there
        return mark_clause(state, marks, i, last, Context.FOREIGN)
    made = low not in _NEVER_MAKING and _makes_molecule(state, i, first)
    if low in cues.other_matters and following in {"of", "for", "in", "to"} and not made:
        return mark_clause(state, marks, i, last, Context.FOREIGN)
    return _mark_consumed(state, marks, i, last)


def _is_of_none(state: ParseState, i: int) -> bool:
    """Say whether "no X is" goes on with what no X is, rather than with "present"."""
    phrase = read_noun_phrase(state, i + 1)
    if phrase is None or state.lows[phrase.next] not in state.cues.forms_of_be:
        return False
    said = state.lows[phrase.next + 1]
    return said in state.cues.predicates or said in {"benzylic", "allylic", "basic", "acidic", "attached", "bonded"}


def _bearing_after(state: ParseState, i: int) -> int:
    """Find the verb of "neither (ring) bears"; 0 where there is none."""
    if state.lows[i + 1] in _BEARS:
        return i + 1
    phrase = read_noun_phrase(state, i + 1 + (state.lows[i + 1] == "of"))
    return phrase.next if phrase is not None and state.lows[phrase.next] in _BEARS else 0


def _is_of_another_form(state: ParseState, first: int) -> bool:
    """Say whether a sentence is about a derivative: "Its diphosphate ester carries a diphosphate"."""
    if state.lows[first] != "its":
        return False
    phrase = read_noun_phrase(state, first)
    if phrase is None or phrase.last == phrase.first or state.lows[phrase.last] not in _OTHER_FORMS:
        return False
    return state.lows[phrase.next] in _BEARS


def _mark_aside(state: ParseState, marks: bytearray, i: int, last: int) -> int:
    """Mark "its disodium salt", alternatives in brackets, "(thymine or cytosine)", and analogues there."""
    lows = state.lows
    if lows[i] == "its":
        phrase = read_noun_phrase(state, i)
        if phrase is None or phrase.next > last or lows[phrase.last] not in _KINDS:
            return i
        mark(marks, i, phrase.next, Context.FOREIGN)
        return phrase.next
    end = i + 1
    while end < min(last, i + _ALTERNATIVES_END) and lows[end] not in {"(", ")"}:
        end += 1
    if lows[end] != ")" or not ("or" in lows[i + 2 : end - 1] or _ANALOGUES.intersection(lows[i + 1 : end])):
        return i
    mark(marks, i, end, Context.FOREIGN)
    return end


def _is_of_another(state: ParseState, i: int) -> bool:
    """Say whether "whereas" or "while" at `i` goes on about another compound: a name without an article follows."""
    if state.lows[i] not in {"whereas", "while"}:
        return False
    phrase = read_noun_phrase(state, i + 1)
    return (
        phrase is not None
        and not phrase.article
        and phrase.count is None
        and phrase.first == i + 1
        and state.lows[phrase.next] in {"has", "is", "contains", "bears", "carries", "possesses", "lacks"}
    )


def _mark_consumed(state: ParseState, marks: bytearray, i: int, last: int) -> int:
    """Mark what a reaction consumes: "conversion of one of the carboxy groups" up to "to the amide"."""
    lows, cues = state.lows, state.cues
    low = lows[i]
    if low in {"conversion", "replacement"} and lows[i + 1] == "of":
        phrase = read_noun_phrase(state, i + 2)
        end = min(phrase.next, last) if phrase is not None else i + 2
        mark(marks, i, end, Context.CONSUMED)
        return end
    if low in {"loss", "removal", "elimination"} and lows[i + 1] in {"of", "from"}:
        if any("proton" in word for word in lows[i - 1 : i + 8]):
            return i  # the carboxy group is there, as its anion
        return mark_list(state, marks, i + 1, last, Context.CONSUMED)
    relation = cues.reactions.get(low)
    if relation is None or relation in {"deprotonation of", "protonation of", "tautomer of"}:
        return i
    if lows[i + 1] not in _STARTS or lows[i - 1] in {"the", "a"}:
        return i
    end = i + 1
    while end < last and lows[end] not in {";", "which", "that", "carrying", "bearing"}:
        end += 1
    mark(marks, i, end, Context.CONSUMED)
    return end


def _makes_molecule(state: ParseState, i: int, first: int) -> bool:
    """Say whether "by (formal) oxidation of X" tells how the molecule itself is made: then X is a relation."""
    return any(low in state.cues.made_by for low in state.lows[max(first, i - 4) : i])


def _is_of_a_kind(state: ParseState, first: int, last: int) -> bool:
    """Say whether a sentence explains a term, or what the members of a class share: "The term 'macrolide' ...".

    "Features of trichothecenes are" speaks of them all, of which the molecule need not have each.
    """
    lows = state.lows
    if lows[first : first + 2] == ["the", "term"]:
        return True
    if "of" not in lows[first + 1 : last]:
        return False
    of = lows.index("of", first + 1)
    subject = lows[first:of]
    if "features" not in subject or state.cues.structure_cues.intersection(subject) - {"features", "structure"}:
        return False
    phrase = read_noun_phrase(state, of + 1)
    if phrase is None or phrase.article or phrase.next >= last:
        return False
    name = lows[phrase.last]
    return name.endswith("s") and state.knows(name) and lows[phrase.next] in state.cues.forms_of_be | {"include"}


def _is_of_others(state: ParseState, first: int, last: int) -> bool:
    """Say whether the subject of a sentence is something else: "Its metabolites are derived from cotinine"."""
    lows = state.lows
    if lows[first + 1] in {"related", "similar", "analogous", "different"} and lows[first + 2] in _COMPOUNDS:
        return True
    phrase = read_noun_phrase(state, first)
    if phrase is None or phrase.next >= last or lows[phrase.last] not in state.cues.other_subjects:
        return False
    return lows[phrase.next] in state.cues.auxiliaries | {
        "of",
        "include",
        "contain",
        "from",
        "involves",
        "starts",
        "with",
    }

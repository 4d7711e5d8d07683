"""Ways of saying that mean what another, plainer one says: "falls under", "the conjugate base of", "A: CCO"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from molreflect.agents.analyst.marks import ENDS, strip_marks
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.facts.molecules import looks_like_smiles
from molreflect.tools.facts.parts import ELEMENTS, part_named

MAX_LABEL = 12
"""Characters of the longest label that a question gives a molecule."""
_SAID: tuple[tuple[str, str], ...] = (
    ("the conjugate base of", "deprotonate"),
    ("the conjugate acid of", "protonate"),
    ("conjugate base of", "deprotonate"),
    ("conjugate acid of", "protonate"),
    ("falls under the term", "qualifies as a"),
    ("fall under the term", "qualify as a"),
    ("falls under", "qualifies as a"),
    ("fall under", "qualify as a"),
    ("falls within", "qualifies as a"),
    ("fall within", "qualify as a"),
    ("fall into", "qualify as a"),
    ("come under", "qualify as a"),
    ("comes under", "qualifies as a"),
    ("reads on", "qualifies as a"),
    ("read on", "qualify as a"),
    ("count as being", "count as"),
    ("e/z double bonds", "stereo bonds"),
    ("e/z double bond", "stereo bond"),
    ("stereogenic double bonds", "stereo bonds"),
    ("cis/trans double bonds", "stereo bonds"),
    ("fall in the class of", "qualify as a"),
    ("falls in the class of", "qualifies as a"),
    ("fall into the class of", "qualify as a"),
    ("belong to the class of", "qualify as a"),
    ("belong to the family of", "qualify as a"),
    ("fall in the category of", "qualify as a"),
    ("positively charged", "cationic"),
    ("negatively charged", "anionic"),
    ("more of a", "a"),
    ("more of an", "an"),
    ("anything halogenated", "a halogen"),
    ("something halogenated", "a halogen"),
    ("anything chlorinated", "a chlorine"),
    ("anything brominated", "a bromine"),
    ("anything fluorinated", "a fluorine"),
    ("anything aromatic", "an aromatic ring"),
    ("something aromatic", "an aromatic ring"),
    ("anything cyclic", "a ring"),
    ("anything chiral", "a stereocentre"),
    ("anything basic", "a basic nitrogen"),
    ("something basic", "a basic nitrogen"),
)
_ARTICLES = frozenset({"a", "an", "the"})


def respoken(tokens: Sequence[str]) -> list[str]:
    """Write phrases of `_SAID` in the plainer way.

    Args:
        tokens: The words of a question, marks still at them.
    """
    kept = list(tokens)
    for said, meant in _SAID:
        words = said.split()
        low = [token.casefold() for token in kept]
        for i in range(len(kept) - len(words)):
            if low[i : i + len(words)] == words:
                new = meant.split()
                behind = kept[i + len(words)].casefold()
                if new[-1] == "a" and behind in _ARTICLES:
                    new = new[:-1]
                kept = [*kept[:i], *new, *kept[i + len(words) :]]
                break
    kept = _bonds_between(kept)
    return _described_as(_made(_rotates(_it_is(_without_bounds(_acids(kept))))))


def _bonds_between(tokens: list[str]) -> list[str]:
    """Write "double bonds between carbon and oxygen" as "carbon-oxygen double bonds"."""
    low = [token.casefold().strip(ENDS) for token in tokens]
    at = next((i for i, word in enumerate(low) if word in ("bond", "bonds") and low[i + 1 : i + 2] == ["between"]), -1)
    if at < 1:
        return tokens
    named = [word for word in low[at + 2 : at + 8] if word not in ("two", "a", "an", "the", "and", "atoms", "atom")]
    one = named[0].removesuffix("s") if named else ""
    if one.title() in _SYMBOLS:
        one = _SYMBOLS[one.title()]
    two = named[1].removesuffix("s") if len(named) > 1 and low[at + 3 : at + 5][:1] == ["and"] else one
    two = _SYMBOLS.get(two.title(), two)
    if part_named(one) is None or part_named(two) is None or one not in ELEMENTS or two not in ELEMENTS:
        return tokens
    end = at + 3 + (2 if low[at + 3 : at + 4] == ["and"] else 0) + (low[at + 2] == "two")
    end += low[end : end + 1] in (["atoms"], ["atom"])
    first = at - (low[at - 1] in ("single", "double", "triple"))
    return [*tokens[:first], f"{one}-{two}", *tokens[first : at + 1], *tokens[end:]]


_SYMBOLS = {"C": "carbon", "N": "nitrogen", "O": "oxygen", "S": "sulfur", "P": "phosphorus", "H": "hydrogen"}
_ADDED = {
    "chlorinated": "chlorine",
    "brominated": "bromine",
    "fluorinated": "fluorine",
    "iodinated": "iodine",
    "halogenated": "halogen",
    "hydroxylated": "hydroxyl",
    "nitrated": "nitro",
    "methylated": "methyl",
}
_PLACES = frozenset({"carbon", "atom", "position", "c", "carbons", "atoms", "positions"})


def _made(tokens: list[str]) -> list[str]:
    """Write "the carbon that is chlorinated" and "which position is brominated" as the one that bears the halogen."""
    low = [token.casefold().strip(ENDS) for token in tokens]
    for i, word in enumerate(low[:-1]):
        end = i + 1
        if word not in _PLACES:
            continue
        if low[end : end + 1] in (["that's"], ["thats"]):
            end += 1
        else:
            end += low[end : end + 1] in (["that"], ["which"])
            if low[end : end + 1] not in (["is"], ["are"]):
                continue
            end += 1
        if end < len(low) and low[end] in _ADDED:
            marks = tokens[end][len(tokens[end].rstrip(ENDS)) :]
            noun = {"atom": "carbon", "atoms": "carbons", "position": "carbon", "positions": "carbons"}.get(word, word)
            return [*tokens[:i], noun, "that", "bears", "the", f"{_ADDED[low[end]]}{marks}", *tokens[end + 1 :]]
    return tokens


def _rotates(tokens: list[str]) -> list[str]:
    """Write "does X rotate (plane-)polarised light" as "is X chiral"."""
    low = [token.casefold().strip(ENDS) for token in tokens]
    at = next((i for i, word in enumerate(low) if word in ("rotate", "rotates")), -1)
    behind = [part for word in low[at + 1 :] for part in word.split("-")]
    light = behind[-1:] == ["light"] and len(behind) < 6 and set(behind) & {"polarised", "polarized"}
    if at < 2 or not light or low[0] not in vocabulary().function["do"]:
        return tokens
    return ["is", *tokens[1:at], "chiral?"]


def _acids(tokens: list[str]) -> list[str]:
    """Write "maleic or fumaric acid" as "maleic acid or fumaric acid"."""
    for i in range(len(tokens) - 3):
        one, join, two, acid = (token.casefold() for token in tokens[i : i + 4])
        if (
            join in ("or", "and")
            and one.endswith("ic")
            and two.endswith("ic")
            and acid.rstrip(ENDS) in ("acid", "acids")
        ):
            return [*tokens[: i + 1], "acid", *tokens[i + 1 :]]
    return tokens


_BOUND = re.compile(r"\d+\.\d+|\d{3,}")
_SIGNS = {"<": "below", ">": "above", "<=": "below", ">=": "above", "\u2264": "below", "\u2265": "above"}
_BEFORE_BOUND = frozenset(
    {"than", "below", "above", "under", "over", "exceed", "exceeds", "exceeding", "most", "least"}
)


def _without_bounds(tokens: list[str]) -> list[str]:
    """Leave out the number that a value is compared with ("MW < 500"), which names no molecule."""
    kept: list[str] = []
    for token in tokens:
        word = token.rstrip(ENDS)
        if token in _SIGNS:
            kept.append(_SIGNS[token])
        elif kept and kept[-1].casefold() in _BEFORE_BOUND and _BOUND.fullmatch(word):
            kept[-1] += token[len(word) :]
        elif kept and kept[-1] in ("below", "above") and word.isdecimal():
            kept[-1] += token[len(word) :]
        else:
            kept.append(token)
    return kept


def _it_is(tokens: list[str]) -> list[str]:
    """Write "so it's an acid chloride?" as "is it an acid chloride?"."""
    first = next((i for i, token in enumerate(tokens[:3]) if token.casefold() in ("it's", "its", "it")), -1)
    low = [token.casefold() for token in tokens]
    if first < 0 or not tokens[-1].endswith("?") or any(word.strip(",") not in _SO for word in low[:first]):
        return tokens
    behind = first + (2 if low[first] == "it" and low[first + 1 : first + 2] == ["is"] else 1)
    if (low[first] == "it" and behind == first + 1) or low[behind : behind + 1] not in (["a"], ["an"], ["not"]):
        return tokens
    return ["is", "it", *tokens[behind:]]


_SO = frozenset({"so", "then", "ah", "oh", "and", "hence", "thus", "ok", "okay", "well"})
_CALLING = frozenset(
    {"describe", "classify", "regard", "consider", "categorise", "categorize", "label", "class", "view"}
)


def _described_as(tokens: list[str]) -> list[str]:
    """Write "would it be accurate to describe X as a Y" as "is X a Y"."""
    low = [token.casefold() for token in tokens]
    verb = next((i for i, word in enumerate(low) if word in _CALLING), -1)
    at = next((i for i in range(verb + 2, len(low) - 1) if low[i] == "as" and low[i + 1] in _ARTICLES), -1)
    if verb < 0 or at < 0 or not (verb == 0 or low[verb - 1] in _WHO):
        return tokens
    return ["is", *tokens[verb + 1 : at], *tokens[at + 1 :]]


_WHO = frozenset({"to", "you", "we", "one", "i", "chemist", "chemists", "people", "anyone", "they", "textbook"})
_LABELLED = frozenset({"formula", "compound", "structure", "molecule", "cpd", "substance"})


def _is_letter(label: str) -> bool:
    """Whether a word is a letter, alone or with a figure, that a molecule may be called by: A, X1."""
    return len(label) <= 2 and label[:1].isupper() and label[1:].isdigit() is bool(label[1:])


def with_labels(text: str) -> str:
    """Write "A: CCO" and "(A) CCO" as "A = CCO", the way that labels are read."""
    tokens = text.split(" ")
    for i in range(len(tokens) - 3):  # "let X be CCO"
        let, label, be, molecule = tokens[i : i + 4]
        named = let.casefold() == "let" and be == "be" and label.isalnum() and len(label) <= MAX_LABEL
        if named and looks_like_smiles(molecule.rstrip(ENDS)):
            tokens = [*tokens[: i + 2], "=", *tokens[i + 3 :]]
            break
    sure = any(token[:2] in ("A=", "X=", "Y=", "Z=", "D=", "M=") for token in tokens)  # C=CCS may be a SMILES
    split: list[str] = []
    for token in tokens:  # "A=CCO, B=CCN"
        label, sign, molecule = token.partition("=")
        told = sign and _is_letter(label) and len(molecule) > 2 and looks_like_smiles(molecule.rstrip(ENDS))
        split += [label, "=", molecule] if told and sure else [token]
    tokens = split
    for i in range(len(tokens) - 2):  # "A is CCO. B is CCN."
        label, verb, molecule = tokens[i : i + 3]
        opens = i == 0 or tokens[i - 1][-1:] in (".", ",", ";", ":", "and") or tokens[i - 1] == "and"
        if verb == "is" and opens and _is_letter(label) and looks_like_smiles(molecule.rstrip(ENDS)):
            tokens = [*tokens[: i + 1], "=", *tokens[i + 2 :]]
    kept: list[str] = []
    for i, token in enumerate(tokens):
        label = token.strip("()").rstrip(":).")
        following = tokens[i + 1].strip("()").rstrip(ENDS) if i + 1 < len(tokens) else ""
        told = i > 0 and tokens[i - 1].casefold() in _LABELLED  # "formula I: CCO" is read as it stands
        chosen = i > 0 and tokens[i - 1].casefold() == "or"  # "E or Z: C/C=C/C"
        marked = not told and not chosen and token != label and token.endswith((":", ")", "."))
        counted = label.isdigit() and not token.endswith(":")  # "rows 1 and 2: CCO" gives no label
        if marked and len(label) == 1 and (label.isupper() or counted) and looks_like_smiles(following):
            kept += [label if label.isupper() else f"entry{label}", "="]
        else:
            kept.append(token)
    return " ".join(kept)


def labelled(tokens: list[str]) -> tuple[list[str], tuple[tuple[str, str], ...]]:
    """Read "A = CCO" as a molecule that is called A from then on; the label and the sign leave the words.

    A sign between two names ("is acetone = propanone") is read as "the same as".
    """
    kept: list[str] = []
    labels: list[tuple[str, str]] = []
    i = 0
    while i < len(tokens):
        if i + 2 < len(tokens) and tokens[i + 1] == "=" and tokens[i].isalnum() and len(tokens[i]) <= MAX_LABEL:
            molecule, _ = strip_marks(tokens[i + 2])
            if looks_like_smiles(molecule) and not (len(tokens[i]) > 2 and looks_like_smiles(tokens[i])):
                labels.append((molecule, tokens[i]))
                i += 2
        if tokens[i] in ("=", "=="):
            asks = {strip_marks(token)[0].casefold() for token in (tokens[0], *tokens[i + 1 : i + 2])}
            kept += () if asks & vocabulary().function["question"] else ("the", "same", "as")  # "NH2 = which atom"
        else:
            kept.append(tokens[i])
        i += 1
    return kept, tuple(labels)

"""Short and doubled wordings spelt out before a question is read: "#Cs", "C=C double bond", "o, m or p", "X = a Y".

Each rule looks at words beside each other, so that the whole is linear in the length of the question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from molreflect.agents.analyst.openings import number_of
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.facts.groups import shorthand
from molreflect.tools.facts.molecules import is_known_name, looks_like_smiles

_MARKS = ".,;:?!"
_PLURAL = re.compile(r"(?P<symbol>Cl|Br|Si|Se|[HBCNOFPSI])(?:['\u2019]?s)")
_ELEMENTS = {
    "H": "hydrogen",
    "B": "boron",
    "C": "carbon",
    "N": "nitrogen",
    "O": "oxygen",
    "F": "fluorine",
    "P": "phosphorus atom",
    "S": "sulfur atom",
    "I": "iodine",
    "Cl": "chlorine",
    "Br": "bromine",
    "Si": "silicon atom",
    "Se": "selenium atom",
}
_COUNTING = frozenset(
    [
        "many",
        "of",
        "number",
        "count",
        "the",
        "all",
        "any",
        "which",
        "what",
        "these",
        "those",
        "and",
        "or",
        "more",
        "fewer",
        "total",
        "both",
        "are",
        "no",
        "nr",
        "nrs",
        "its",
        "aromatic",
        "several",
        "than",
    ]
)
"""Words before a symbol with an s that make it a plural: "how many Cs", "the Os"."""
_REAL_SYMBOLS = frozenset(["Cs", "Os", "Hs", "Bs", "Ss"])
"""Symbols, or what might pass for one, that a plural is written like."""
_PLACES = {"o": "ortho", "m": "meta", "p": "para"}
_DEGREES = {
    "prim": "primary",
    "sec": "secondary",
    "tert": "tertiary",
    "1\u00b0": "primary",
    "2\u00b0": "secondary",
    "3\u00b0": "tertiary",
}
_WITH_DEGREE = frozenset(["alcohol", "amine", "amide", "carbon", "halide", "carbocation", "or", "and", "one"])
_ORDERS = frozenset(["single", "double", "triple"])
_BONDS = frozenset(["bond", "bonds"])
_LABELS = frozenset(["r", "s", "e", "z", "+", "-", "\u00b1", "d", "l", "ez", "rs", "e/z", "r/s"])
_WHY = (
    "how come that",
    "how come",
    "how can it be that",
    "how is it possible that",
    "how is it that",
    "for what reason",
    "how comes it that",
    "how comes",
    "why is it that",
    "how can it be",
)


def spelt_out(tokens: Sequence[str], is_group: Callable[[str], bool]) -> list[str]:
    """Spell out what is written short or twice.

    Args:
        tokens: The words of a question, marks still at them.
        is_group: Whether words name a group, a class or a part.
    """
    kept = _possessive(list(tokens), is_group)
    kept = _esters(_in_one_word(_why(_numbers(kept))))
    kept = _which_of_two(_choices(kept))
    kept = _degrees(kept)
    kept = _in_parentheses(kept, is_group)
    kept = _named_twice(kept, is_group)
    kept = _plural_symbols(kept)
    return _class_behind_sign(kept, is_group)


_MOST_OF_A_PART = 3
"""Words of the longest part that is told with a possessive."""


def _possessive(tokens: list[str], is_group: Callable[[str], bool]) -> list[str]:
    """Write "aniline's nitrogen" as "the nitrogen of aniline"; of values and names the words stay as they are."""
    for i, token in enumerate(tokens[:-1]):
        owner = token.removesuffix("'s")
        if owner == token or not (is_known_name(owner) or looks_like_smiles(owner)):
            continue
        for end in range(min(len(tokens), i + 1 + _MOST_OF_A_PART), i + 1, -1):
            part = tokens[i + 1 : end]
            if is_group(_bare(" ".join(part))):
                last = _bare(part[-1])
                marks = part[-1][len(last) :]
                return [*tokens[:i], "the", *part[:-1], last, "of", f"{owner}{marks}", *tokens[end:]]
    return tokens


def _bare(token: str) -> str:
    return token.strip("\"'`").rstrip(_MARKS)


def _why(tokens: list[str]) -> list[str]:
    """Read "how come that X is not Y" as "why X is not Y"; by itself "how come?" stays."""
    low = [_bare(token).casefold() for token in tokens]
    for phrase in _WHY:
        words = phrase.split()
        if low[: len(words)] == words and len(low) > len(words) + 1:
            return ["why", *tokens[len(words) :]]
    return tokens


_UNSATURATION = (
    "index of hydrogen deficiency",
    "indices of hydrogen deficiency",
    "index of unsaturation",
    "unsaturation index",
    "hydrogen deficiency index",
    "hydrogen deficiencies",
    "hydrogen deficiency",
    "ring double bond equivalents",
    "rings plus double bonds",
    "rings + double bonds",
    "double bond equivalents",
    "double bond equivalent",
    "double bond equivalence",
    "double-bond equivalents",
    "double-bond equivalent",
    "sites of unsaturation",
    "elements of unsaturation",
    "units of unsaturation",
)
"""Runs of words for the degree of unsaturation that hold words with a meaning of their own."""


def _in_one_word(tokens: list[str]) -> list[str]:
    """Read "index of hydrogen deficiency" as DBE, since "index", "bond" and "ring" by themselves ask for others."""
    low = [_bare(token).casefold() for token in tokens]
    for phrase in _UNSATURATION:
        words = phrase.split()
        at = next((i for i in range(len(low)) if low[i : i + len(words)] == words), -1)
        if at >= 0:
            return [*tokens[:at], "DBE", *tokens[at + len(words) :]]
    return tokens


def _numbers(tokens: Sequence[str]) -> list[str]:
    """Read "#Cs", "# of Ns" and "No. of Os" as "number of ..."."""
    kept: list[str] = []
    for i, token in enumerate(tokens):
        low = token.casefold()
        behind = tokens[i + 1].casefold() if i + 1 < len(tokens) else ""
        if low in ("no", "no.", "nr.", "#") and behind == "of":
            kept.append("number")
        elif low == "#" and behind:
            kept += ["number", "of"]
        elif len(token) > 1 and token[0] == "#" and token[1] != "#" and (token[1].isalpha() or token[1] == "("):
            kept += ["number", "of", token[1:]]
        else:
            kept.append(token)
    return kept


def _esters(tokens: list[str]) -> list[str]:
    """Read "methyl ester of salicylic acid" as one name, "salicylic acid methyl ester"."""
    low = [_bare(token).casefold() for token in tokens]
    for i in range(1, len(low) - 3):
        named = low[i] == "ester" and low[i + 1] == "of" and low[i - 1].endswith("yl") and tokens[i + 1] == low[i + 1]
        end = next((j for j in range(i + 3, min(i + 6, len(low))) if low[j] == "acid"), -1) if named else -1
        if end > 0 and not any(token.endswith(tuple(_MARKS)) for token in tokens[i + 2 : end]):
            marks = tokens[end][len(_bare(tokens[end])) :]
            acid = [*tokens[i + 2 : end], _bare(tokens[end])]
            return [*tokens[: i - 1], *acid, tokens[i - 1], f"ester{marks}", *tokens[end + 1 :]]
    return tokens


def _plural_symbols(tokens: list[str]) -> list[str]:
    """Read an element's symbol with an s as its atoms where a plural may stand: "how many Cs", "carbonyl C's"."""
    text = " ".join(tokens).casefold()
    if "[cs" in text or "[os" in text or "caesium" in text or "cesium" in text or "osmium" in text:
        return tokens
    kept: list[str] = []
    for i, token in enumerate(tokens):
        word = _bare(token)
        found = _PLURAL.fullmatch(word)
        before = _bare(tokens[i - 1]).casefold() if i else ""
        behind = _bare(tokens[i + 1]).casefold() if i + 1 < len(tokens) else ""
        counted = before in _COUNTING or number_of(before) is not None or bool(before and shorthand(before))
        certain = word not in _REAL_SYMBOLS and word != "Is"
        if found and behind not in ("atom", "atoms") and i and (counted or certain):
            marks = token[len(word) :] if token.startswith(word) else ""
            kept.append(f"{_ELEMENTS[found['symbol']]}s{marks}")
        else:
            kept.append(token)
    return kept


def _choices(tokens: list[str]) -> list[str]:
    """Read "o, m or p", "o/m/p" and "m- or p-" as ortho, meta and para, where two of the letters stand together."""
    apart: list[str] = []
    letter = {word: short for short, word in _PLACES.items()}
    for token in tokens:
        word = _bare(token)
        parts = word.casefold().split("/")
        parts = [letter.get(part, part) for part in parts]
        if len(parts) > 1 and all(part in _PLACES for part in parts):
            apart += [
                *(piece for part in parts[:-1] for piece in (f"{part},",)),
                "or",
                f"{parts[-1]}{token[len(word) :]}",
            ]
        elif len(parts) > 1 and all(part.rstrip(".") in _DEGREES or part in _DEGREES.values() for part in parts):
            apart += [*(f"{part}," for part in parts[:-1]), "or", f"{parts[-1]}{token[len(word) :]}"]
        else:
            apart.append(token)
    letters = [_bare(token).casefold().removesuffix("substituted").removesuffix("-") for token in apart]
    found = {i for i, letter in enumerate(letters) if letter in _PLACES}
    together = {
        i
        for i in found
        for j in (i - 2, i - 1, i + 1, i + 2)
        if j in found and (abs(j - i) == 1 or letters[(i + j) // 2] in ("or", "and"))
    }
    if not together or "or" not in letters:
        return apart
    return [
        f"{_PLACES[letters[i]]}{',' if token.endswith(',') else ':' if token.endswith((':', '?')) else ''}"
        if i in together
        else token
        for i, token in enumerate(apart)
    ]


def _which_of_two(tokens: list[str]) -> list[str]:
    """Read "lactam or lactone, which is X?" and "which is X, a lactam or a lactone?" as "is X a lactam or lactone?"."""
    low = [_bare(token).casefold() for token in tokens]
    if "or" not in low or len(low) > _MOST_WORDS:
        return tokens
    asked = next((i for i, word in enumerate(low) if word in ("which", "what")), -1)
    behind = asked + 1 + (low[asked + 1 : asked + 2] == ["one"])
    if asked < 0 or low[behind : behind + 1] not in (["is"], ["are"]):
        return tokens
    rest = tokens[behind + 1 :]
    if not asked and rest and rest[0].casefold() in ("the", "a", "an"):
        return tokens  # "which is the secondary alcohol, X or Y?"
    if asked and tokens[asked - 1].endswith((",", ":", ";", "-")) and "or" in low[:asked] and rest:
        if any(_is_compound(_bare(token)) for token in tokens[:asked]):
            return tokens  # "benzene or toluene, which is heavier?"
        classes = [*tokens[: asked - 1], tokens[asked - 1].rstrip(_MARKS + "-")]
        return ["is", *rest[:-1], _bare(rest[-1]), *_with_article([c for c in classes if c])]
    comma = next((i for i, token in enumerate(rest) if token.endswith((",", ":"))), -1)
    named = any(_is_compound(_bare(token)) for token in rest[comma + 1 :])  # "which is heavier, benzene or toluene?"
    if asked == 0 and 0 <= comma < len(rest) - 1 and "or" in low[behind + 1 + comma :] and not named:
        return ["is", *rest[:comma], _bare(rest[comma]), *_with_article(rest[comma + 1 :])]
    return tokens


def _is_compound(word: str) -> bool:
    return is_known_name(word) or looks_like_smiles(word)


_MOST_WORDS = 14
"""Words of the longest question that is turned round."""


def _with_article(words: list[str]) -> list[str]:
    return words if words[0].casefold() in ("a", "an", "the") else ["a", *words]


def _degrees(tokens: list[str]) -> list[str]:
    """Read prim, sec, tert and 1\u00b0 as degrees, but for those that belong to a name ("tert butyl alcohol")."""
    kept: list[str] = []
    for i, token in enumerate(tokens):
        word = token.rstrip(_MARKS)
        low = word.casefold()
        behind = _bare(tokens[i + 1]).casefold().removesuffix("s") if i + 1 < len(tokens) else ""
        marks = token[len(word) :].replace(".", "")
        if low in _DEGREES and (behind in _WITH_DEGREE or behind in _DEGREES or marks or not behind):
            kept.append(f"{_DEGREES[low]}{marks}")
        else:
            kept.append(token)
    return kept


def _in_parentheses(tokens: list[str], is_group: Callable[[str], bool]) -> list[str]:
    """Read "epoxide (glycidol)" as "epoxide in glycidol"; "hydroxyl (OH)" says the same twice.

    A parenthesis behind a molecule, or where the question says already where, is left as it stands.
    """
    place = vocabulary().function["place"]
    where_said = any(_bare(token).casefold() in place for token in tokens[:-1])
    kept: list[str] = []
    i = 0
    while i < len(tokens):
        end = next((j for j in range(i, min(i + 4, len(tokens))) if _bare(tokens[j]).endswith(")")), -1)
        if i and tokens[i].startswith("(") and end >= i:
            inside = " ".join(tokens[i : end + 1])
            marks = inside[len(_bare(inside)) :]
            inside = _bare(inside)[1:-1].strip()
            before = _bare(kept[-1])
            named = is_group(before) and not looks_like_smiles(before)
            if inside.casefold() not in _LABELS and inside.count("(") == inside.count(")") and inside:
                if named and (shorthand(inside) or _is_bond(inside)) and not is_known_name(inside):
                    kept[-1] = f"{kept[-1]}{marks}"
                    i = end + 1
                    continue
                plain = named and not (is_group(inside) or is_known_name(inside) or looks_like_smiles(inside))
                if plain and where_said and inside.replace(" ", "").isalpha() and inside.islower():
                    kept[-1] = f"{kept[-1]}{marks}"  # "the hydroxamic acid (zinc binder) in ..."
                    i = end + 1
                    continue
                if (named or _is_asked(before)) and not where_said and (not is_group(inside) or is_known_name(inside)):
                    kept += ["in", *f"{inside}{marks}".split()]
                    i = end + 1
                    continue
        kept.append(tokens[i])
        i += 1
    return kept


def _is_bond(word: str) -> bool:
    """Whether a word writes a bond or a chain of a group, as "C=C" and "C-O-C" do."""
    return len(word) < 8 and re.fullmatch(r"[CNOSPR](?:[-=#\u2261][CNOSPRH])+", word) is not None


def _is_asked(word: str) -> bool:
    speech = vocabulary()
    low = word.casefold()
    return any(low in phrases for phrases in speech.properties.values())


def _named_twice(tokens: list[str], is_group: Callable[[str], bool]) -> list[str]:
    """Leave out one of two names of a group beside each other: "C=C double bonds", "C=O carbonyl", "NO2 nitro"."""
    kept: list[str] = []
    i = 0
    while i < len(tokens):
        word = tokens[i].strip("()")
        after = [_bare(token).casefold().strip("()") for token in tokens[i + 1 : i + 3]]
        bond = _is_bond(word)
        if bond and len(after) == 2 and after[0] in _ORDERS and after[1] in _BONDS:
            kept.append(word)  # "C=C double bond" is a C=C bond
            i += 2
            continue
        if bond and after[:1] in (["atoms"], ["atom"]) and not {"many", "number", "count"} & set(map(_bare, tokens)):
            kept += [word, f"group{tokens[i + 1][len(_bare(tokens[i + 1])) :]}"]  # "the C=O atoms of CCC=O"
            i += 2
            continue
        if (
            (bond or (shorthand(word) and word[:1].isupper()))
            and after
            and after[0].isalpha()
            and not tokens[i].endswith(tuple(_MARKS))
            and len(after[0]) > 4
            and after[0] not in _BONDS | _ORDERS
            and not vocabulary().role(after[0])
            and _same_group(word, after[0])
            and is_group(after[0])
        ):
            i += 1
            continue
        kept.append(tokens[i])
        i += 1
    return kept


_SAME = {
    "OH": ("hydroxy", "alcohol"),
    "C=O": ("carbonyl", "keto", "oxo"),
    "NO2": ("nitro",),
    "CN": ("cyano", "nitrile"),
    "C#N": ("cyano", "nitrile"),
    "NH2": ("amin",),
    "COOH": ("carbox",),
    "CO2H": ("carbox",),
    "CHO": ("aldehyd", "formyl"),
    "C=C": ("alken", "olefin"),
    "C#C": ("alkyn",),
    "C=N": ("imin",),
    "S-S": ("disul",),
    "SH": ("thiol", "sulf", "merc"),
    "OMe": ("methoxy",),
    "CF3": ("trifluoromethyl",),
    "CH3": ("methyl",),
    "Me": ("methyl",),
    "Et": ("ethyl",),
    "Ph": ("phenyl",),
    "Ac": ("acetyl",),
    "N3": ("azid",),
    "C-O-C": ("ether",),
    "SO3H": ("sulfon",),
}
"""Formulas of groups, and how words that mean the same begin."""


def _same_group(formula: str, word: str) -> bool:
    return word.startswith(_SAME.get(formula, ())) if formula in _SAME else False


_TAGS = frozenset(["right", "correct", "true", "yes", "no", "ok", "or", "isn't"])


def _without_tag(tokens: list[str]) -> list[str]:
    """Leave out "right?" and the like at the end."""
    end = next((i for i, token in enumerate(tokens) if i and _bare(token).casefold() in _TAGS), len(tokens))
    return [*tokens[: end - 1], f"{_bare(tokens[end - 1])}?"] if end < len(tokens) else tokens


def _class_behind_sign(tokens: list[str], is_group: Callable[[str], bool]) -> list[str]:
    """Read "glucose = aldose?" as "is glucose a aldose"; behind the sign stands a class, and no compound's name."""
    kept: list[str] = []
    for token in tokens:
        word = _bare(token)
        left, sign, right = word.partition("=")
        words = left.isalpha() and right.isalpha() and len(left) > 3 and len(right) > 3
        if sign and words and not looks_like_smiles(word):
            kept += [left, "=", f"{right}{token[len(word) :]}"]
        else:
            kept.append(token)
    at = next((i for i, token in enumerate(kept) if token in ("=", "==")), -1)
    if at < 1 or at == len(kept) - 1:
        return kept
    behind = _without_tag(kept[at + 1 :])
    if behind[0].casefold() in ("a", "an", "the"):
        behind = behind[1:]
    named = _bare(" ".join(behind))
    before = kept[:at]
    if before[0].casefold() in vocabulary().function["be"]:
        before = before[1:]
    asks = any(_bare(t).casefold() in vocabulary().function["question"] for t in (*before, *behind))
    left = " ".join(before)
    if asks or not before or not named or not is_group(named) or looks_like_smiles(named):
        return kept
    if is_known_name(named) or (is_group(left) and not is_known_name(left)):
        return kept  # "toluene = benzene" asks for the same compound, "NH2 = amine" for no molecule
    article = "an" if named[:1].casefold() in "aeiou" else "a"
    return ["is", *before, article, *behind]

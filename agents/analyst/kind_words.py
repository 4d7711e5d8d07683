"""What sort of substance a name stands for, said beside it: "the herbicide 2,4-D", "two solvents: A and B".

Such a word restricts nothing, and is no part of the name; asked for, it asks for the name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from molreflect.agents.analyst.marks import ENDS, strip_marks
from molreflect.agents.analyst.openings import number_of
from molreflect.agents.analyst.vocabulary import english, vocabulary
from molreflect.tools.facts.molecules import is_known_name, looks_like_smiles

_USES = frozenset(
    [
        "herbicide",
        "insecticide",
        "pesticide",
        "fungicide",
        "rodenticide",
        "drug",
        "medicine",
        "medication",
        "pharmaceutical",
        "painkiller",
        "analgesic",
        "anaesthetic",
        "anesthetic",
        "antibiotic",
        "antiviral",
        "antifungal",
        "antidepressant",
        "antipsychotic",
        "antihistamine",
        "antioxidant",
        "anticoagulant",
        "antimalarial",
        "statin",
        "stimulant",
        "sedative",
        "narcotic",
        "opioid",
        "hypnotic",
        "hormone",
        "neurotransmitter",
        "solvent",
        "reagent",
        "dye",
        "dyestuff",
        "pigment",
        "indicator",
        "fragrance",
        "odorant",
        "flavour",
        "flavor",
        "sweetener",
        "preservative",
        "fuel",
        "monomer",
        "gas",
        "liquid",
        "toxin",
        "poison",
        "carcinogen",
        "pollutant",
        "plasticizer",
        "plasticiser",
        "surfactant",
        "detergent",
        "metabolite",
        "pheromone",
        "chemical",
        "explosive",
        "propellant",
        "refrigerant",
        "candidate",
    ]
)
"""What a substance is used for or does; no structure says it."""
_CLASSES = frozenset(
    [
        "alkaloid",
        "sugar",
        "terpene",
        "terpenoid",
        "steroid",
        "hydrocarbon",
        "nucleobase",
        "flavonoid",
        "monosaccharide",
        "disaccharide",
        "peptide",
        "antiseptic",
        "vitamin",
        "barbiturate",
        "amphetamine",
        "benzodiazepine",
    ]
)
"""Classes that stand before a name in the same way; a name that is known has to follow."""
_USE_PAIRS = frozenset(
    {"flame retardant", "artificial sweetener", "plant hormone", "food additive", "local anesthetic"}
)
_PAIRS = frozenset({*_USE_PAIRS, "amino acid", "fatty acid", "natural product", "beta blocker", "local anaesthetic"})
_NOUNS = frozenset({"compound", "molecule", "substance", "species"})
_ARTICLES = frozenset({"the", "this", "these", "a", "an", "our", "my"})
_JOINING = frozenset({"and", "or", "&"})


def without_kinds(tokens: Sequence[str], is_asked: Callable[[str], bool], is_group: Callable[[str], bool]) -> list[str]:
    """Leave out what a compound is said to be right before its name.

    Args:
        tokens: The words of a question, marks still at them.
        is_asked: Whether a word, in small letters, asks for something of a molecule.
        is_group: Whether words name a group, a class or a part.
    """
    kept: list[str] = []
    i = 0
    while i < len(tokens):
        size, open_kind = _kind_at(tokens, i)
        following = strip_marks(tokens[i + size])[0] if size and i + size < len(tokens) else ""
        before = strip_marks(kept[-1])[0].casefold() if kept else ""
        if before in vocabulary().function["question"] and open_kind and following.casefold() in _verbs():
            kept.append("compound")  # "which drug has a nitrile: ..."
            i += size
            continue
        behind_name = bool(before) and not vocabulary().role(before) and before not in english()
        if behind_name and number_of(before) is None:
            following = ""  # "testosterone steroid y/n"
        if (
            not following
            or is_known_name(f"{tokens[i]} {following}")  # vitamin B3
            or before in vocabulary().function["question"]
            or not _is_name(following, is_asked, is_group, known=not open_kind)
        ):
            kept.append(tokens[i])
            i += 1
            continue
        if kept and number_of(kept[-1]) is not None and not kept[-1].isdigit():
            kept.pop()  # "two stimulants: ..."
        if kept and kept[-1].casefold() in _ARTICLES:
            kept.pop()
        i += size
    return kept


def _verbs() -> frozenset[str]:
    function = vocabulary().function
    return frozenset({*function["be"], *function["have"], *function["do"], "weighs"})


def _kind_at(tokens: Sequence[str], i: int) -> tuple[int, bool]:
    """Count the words of a kind that begins at an index; say whether any name may follow, or only one that is known."""
    for size in (2, 1):
        words = tokens[i : i + size]
        if len(words) < size or any(word[-1] in ENDS for word in words[:-1]):
            continue
        last = words[-1].casefold()
        several = i > 0 and number_of(tokens[i - 1]) is not None  # "two drugs, A and B"
        written = tokens[i + size : i + size + 1] and looks_like_smiles(strip_marks(tokens[i + size])[0])
        written = written and i > 0 and tokens[i - 1].casefold() in _ARTICLES  # "this drug, CCO, ..."
        if last[-1] in ENDS and last[-1] != ":" and not (last[-1] == "," and (several or written)):
            continue
        named = " ".join([*(w.casefold() for w in words[:-1]), last.rstrip(":,")])
        if size == 1 and last[-1] in ":," and named.removesuffix("s") in _NOUNS:
            return (size if several else 0), False  # "two molecules: A and B"
        if size == 2:
            if {named, named.removesuffix("s")} & _PAIRS:
                return size, named.removesuffix("s") in _USE_PAIRS
            continue
        for each in (named, named.removesuffix("s")):
            if each in _USES:
                return size, True
            if each in _CLASSES:
                return size, False
    return 0, False


def _is_name(word: str, is_asked: Callable[[str], bool], is_group: Callable[[str], bool], *, known: bool) -> bool:
    if is_known_name(word) or looks_like_smiles(word):
        return True
    low, speech = word.casefold(), vocabulary()
    if known or speech.role(low) or speech.intents(low) or low in english() or is_asked(low):
        return False
    return len(word) > 2 and low not in _USES | _CLASSES | _NOUNS and not is_group(word)


def names_asked(tokens: Sequence[str]) -> list[str]:
    """Write "what drug is CCO", "which compound is this: CCO" and "what's this molecule? CCO" as "name of CCO"."""
    if not 3 <= len(tokens) <= _MOST or is_known_name(" ".join(strip_marks(token)[0] for token in tokens[-2:])):
        return list(tokens)  # "what is vitamin B3"
    first, ended = strip_marks(tokens[0])
    arrow = not strip_marks(tokens[1])[0]
    if (arrow or ended) and (looks_like_smiles(first) or first.startswith("InChI=")):
        turned = [*tokens[1 + arrow :], first]  # "CCO <- what compound is that?"
        return asked if (asked := names_asked(turned)) != turned else list(tokens)
    last, _ = strip_marks(tokens[-1])
    bare = [strip_marks(token)[0].casefold() for token in tokens]
    end = next((n for n in (1, 2) if " ".join(bare[-n:]) in ("stand for", "represent", "mean", "denote")), 0)
    stated = strip_marks(tokens[-1 - end])[0] if end else ""
    if looks_like_smiles(stated) and bare[:2] == ["what", "does"] and set(bare[2 : -1 - end]) <= _POINTING:
        return ["name", "of", stated]  # "what does the SMILES CCO stand for"
    low = [strip_marks(token)[0].casefold() for token in tokens]
    written = looks_like_smiles(last) or last.startswith("InChI=")
    before = low[:-1] if written else low
    if not written and last.casefold() not in ("this", "it", "that"):
        return list(tokens)
    if before[:1] == ["so"] or before[:1] == ["and"]:
        before = before[1:]
    between = {word for word in before[2:] if word}
    kind = _kind_of(before[1:])
    if before[:1] in (["what"], ["which"]) and kind:
        rest = before[1 + kind :]
        asks = rest[:1] in (["is"], ["has"], ["does"]) and set(rest[1:]) <= _POINTING
        return ["name", "of", last] if asks else list(tokens)
    opens = before[:2] == ["what", "is"] or before[:1] in (["what's"], ["whats"], ["identify"], ["name"])
    skip = 2 if before[:2] == ["what", "is"] else 1
    rest = [word for word in before[skip:] if word not in _POINTING]
    called = bool(rest) and _kind_of(rest) == len(rest) and bool(between | set(before[1:]))
    return ["name", "of", last] if written and opens and called else list(tokens)


_MOST = 9
"""Words of the longest question for the name of a SMILES."""
_POINTING = frozenset(
    ["this", "that", "it", "the", "following", "smiles", "structure", "a", "have", "represent", "here"]
)


def _kind_of(words: Sequence[str]) -> int:
    """Count the words at the beginning that say of what kind a substance is."""
    if " ".join(words[:2]) in _PAIRS:
        return 2
    return 1 if words[:1] and words[0] in _USES | _CLASSES | _NOUNS else 0

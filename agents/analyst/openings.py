"""What frames a question without asking anything: openers, "true or false:", "y/n", numbers before a noun."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from molreflect.agents.analyst.vocabulary import english, vocabulary
from molreflect.tools.facts.molecules import is_known_name, looks_like_smiles

OPENERS = frozenset(
    [
        "so",
        "well",
        "hmm",
        "hm",
        "um",
        "uh",
        "ok",
        "okay",
        "hey",
        "hi",
        "hello",
        "please",
        "pls",
        "plz",
        "btw",
        "fyi",
        "yo",
        "oh",
        "ah",
        "anyway",
        "kindly",
        "oops",
        "whoops",
        "argh",
        "dear",
        "sir",
        "madam",
    ]
)
"""Words that may stand before a question and say nothing of it."""
_BEFORE = (
    "could it be that",
    "might it be that",
    "can it be that",
    "is it possible that",
    "is it so that",
    "is it a fact that",
    "is it accurate to say that",
    "would it be fair to say that",
    "would it be true to say that",
    "would it be accurate to say that",
    "is it true then that",
    "am i correct in thinking that",
    "am i right in thinking that",
    "am i right that",
    "am i correct that",
    "am i right to say that",
    "do you think that",
    "do you believe that",
    "do you agree",
    "does it make sense to say that",
    "would it make sense to say that",
    "is it reasonable to say that",
    "is it okay to say that",
    "is it ok to say that",
    "would it be ok to say that",
    "is it legitimate to say that",
    "is it safe to say that",
    "there is no way that",
    "there's no way that",
    "no way that",
    "i doubt that",
    "i bet that",
    "i bet",
    "i am convinced that",
    "i'm convinced that",
    "i'm pretty sure that",
    "i am pretty sure that",
    "i'm fairly sure that",
    "i'm sure that",
    "i am sure that",
    "i think that",
    "i think",
    "i believe that",
    "i guess that",
    "i suppose that",
    "i assume that",
    "so i think",
    "true or false",
    "true/false",
    "t/f",
    "t or f",
    "yes or no",
    "yes/no",
    "y/n",
    "y or n",
    "quick question",
    "is it true that",
    "is it correct that",
    "is it right that",
    "is it the case that",
    "is it correct to say that",
    "is it true to say that",
    "is it right to say that",
    "is it fair to say that",
    "would it be correct to say that",
    "would it be right to say that",
    "would you agree that",
    "would you say that",
    "do you agree that",
    "can one say that",
    "can we say that",
    "can i say that",
    "could you confirm that",
    "can you confirm that",
    "can you confirm",
    "could you confirm",
    "please confirm",
    "confirm that",
    "please confirm that",
    "is it true",
    "is it correct",
    "is it right",
)
_BEHIND = (
    "correct or not",
    "right or wrong",
    "right or not",
    "true or not",
    "correct or incorrect",
    "correct or wrong",
    "is that true or false",
    "true or false",
    "true/false",
    "t/f",
    "t or f",
    "yes or no",
    "yes/no",
    "y/n",
    "y or n",
    "confirm or deny",
    "confirm or refute",
    "agree or disagree",
    "or not",
    "or no",
    "yes/no only",
    "yes or no only",
    "y/n only",
    "true/false only",
    "yes/no please",
    "yes or no please",
    "or nah",
    "or nope",
    "or naw",
    "or isn't it",
    "or is there",
    "or does it",
    "or doesn't it",
    "or has it",
    "or am i wrong",
    "or am i mistaken",
    "am i wrong",
    "am i mistaken",
    "am i right",
    "am i correct",
    "is my thinking right",
    "please confirm",
    "can you confirm",
    "could you confirm",
    "or is it not",
    "or what",
    "yes",
    "no",
)
_LENGTHS = tuple(
    f"in {size} {unit}"
    for size in ("a single", "a short", "a single short", "just one", "only one", "one single", "a couple of")
    for unit in ("sentence", "line", "phrase", "word", "sentences", "lines", "words")
)
"""How long an answer is wished to be; what follows from a structure is told in full."""
_INSIDE = frozenset({"yes/no", "y/n", "true/false", "t/f"})
_OF_ASKING = frozenset(
    [
        "tell",
        "wondering",
        "wonder",
        "know",
        "say",
        "check",
        "ask",
        "asking",
        "see",
        "sure",
        "explain",
        "confirm",
        "verify",
        "decide",
        "determine",
        "find",
        "curious",
        "unsure",
        "doubt",
        "clarify",
    ]
)
"""Words that ask for an answer, and not for anything of a molecule."""
_MARKS = ".,;:?!\u2026-\u2013\u2014"
NUMBERS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
}
"""Number words by what they mean."""


def number_of(word: str) -> int | None:
    """Read a small number, written as a word or in figures; None for any other word."""
    if word.isdecimal() and word.isascii() and len(word) <= 2:
        return int(word)
    return NUMBERS.get(word.casefold())


def called_like_functions(tokens: Sequence[str], is_asked: Callable[[str], bool]) -> list[str]:
    """Part "MW(aspirin)" into what is asked and of what.

    Args:
        tokens: The words of a question.
        is_asked: Whether a word, in small letters, asks for something of a molecule.
    """
    kept: list[str] = []
    for token in tokens:
        bare = token.rstrip(_MARKS)
        name, found, inside = bare.partition("(")
        if found and inside.endswith(")") and name.isalpha() and is_asked(name.casefold()):
            kept += [name, inside[:-1]]
        else:
            kept.append(token)
    return kept


def without_frame(tokens: Sequence[str]) -> tuple[list[str], bool]:
    """Leave out what stands around a question and asks nothing.

    Args:
        tokens: The words of the question, marks still at them.

    Returns:
        The other words, and whether the frame asked for a yes or no ("true or false: ...", "... y/n").
    """
    kept, polar = _without_asking(_without_reason(list(tokens)))
    kept, told = _without_saying(_without_doing(_not_broken_off(kept)))
    inner = next((i for i, t in enumerate(kept[1:5], 1) if t.casefold().strip(_MARKS) in _INSIDE), -1)
    if 0 < inner < len(kept) - 1 and kept[inner].endswith((":", "-", "?")):
        kept, told = (
            [*kept[: inner - 1], f"{kept[inner - 1]},", *kept[inner + 1 :]],
            True,
        )  # "ring yes/no: hexane, benzene"
    polar = polar or told
    if end := _announced(kept):
        kept = kept[end:]
    while len(kept) > 1:
        bare = [token.casefold().strip(_MARKS) for token in kept]
        before = _framed(bare, _BEFORE, at_end=False)
        if before and bare[0] == "is" and kept[before - 1][-1] in ":?,":
            before = 0  # "is it true: ..." speaks of a text
        if before:
            kept, polar = kept[before:], True
        elif (manner := _manner(kept)) and len(kept) > manner:
            kept = kept[manner:]  # "chemically speaking, ..."
        elif bare[0] == "but" and (bare[1] in _BEGINS or bare[1] in ("does", "do", "why", "has")):
            kept = kept[1:]
        elif bare[0] in OPENERS and any(word not in OPENERS for word in bare[1:]):
            kept = kept[1:]
        elif not bare[0]:
            kept = kept[1:]  # a mark by itself
        else:
            break
    bare = [token.casefold().strip(_MARKS) for token in kept]
    if (
        len(bare) > 2
        and bare[-1] in ("right", "correct", "innit")
        and bare[0] not in _BEGINS
        and bare[-2] not in _OF_A_TAG
    ):
        kept, bare, polar = kept[:-1], bare[:-1], True  # "CCNC secondary amine right"
    if length := _framed(bare, _LENGTHS, at_end=True):
        kept, bare = kept[: len(kept) - length], bare[: len(bare) - length]
    elif length := _framed(bare, _LENGTHS, at_end=False):
        kept, bare = kept[length:], bare[length:]
    behind = _framed(bare, _BEHIND, at_end=True)
    if behind and len(kept) > behind and (len(bare) == behind or bare[-behind - 1] not in ("or", "and")):
        kept, polar = kept[: len(kept) - behind], True
    return kept, polar


def _without_asking(tokens: list[str]) -> tuple[list[str], bool]:
    """Leave out "I was wondering if ...", "can you tell me whether ...": what follows is a question by itself."""
    for i, token in enumerate(tokens[:9]):
        word = token.casefold().strip(_MARKS)
        if word in ("whether", "if") and 0 < i < len(tokens) - 2 and tokens[i] == token.strip(_MARKS):
            before = {t.casefold().strip(_MARKS) for t in tokens[:i]}
            before -= {"how"} if before & {"tell", "know", "decide", "determine", "see", "check"} else set()
            if before & (_OF_ASKING | english()) and not before & {"what", "happens", "how", "which", "where", "why"}:
                comma = next((k for k, t in enumerate(tokens[:i]) if t.endswith(",")), -1)
                about = tokens[: comma + 1] if tokens[0].casefold() in ("in", "for", "of", "regarding") else []
                return [*tokens[i + 1 :], *about], True  # "in CCO, I should like to know whether ..."
            break
    return tokens, False


_REASONS = frozenset(["since", "as", "because", "although", "though", "while", "whereas"])
_BEGINS = frozenset(
    ["what", "which", "where", "how", "is", "are", "does", "do", "has", "can", "could", "would", "please"]
)


def _without_reason(tokens: list[str]) -> list[str]:
    """Leave out a first clause that gives a reason and names no molecule: "since we like coffee, what is ..."."""
    if not tokens or tokens[0].casefold() not in _REASONS:
        return tokens
    end = next((i for i, token in enumerate(tokens[:-2]) if token.endswith(",")), -1)
    clause = [token.strip(_MARKS) for token in tokens[: end + 1]]
    if end < 1 or tokens[end + 1].casefold() not in _BEGINS:
        return tokens
    return tokens if any(is_known_name(w) or looks_like_smiles(w) for w in clause) else tokens[end + 1 :]


_OF_SAYING = frozenset(
    ["claims", "claim", "claimed", "insists", "insist", "insisted", "says", "said", "argues", "argued", "believes",
     "believe", "believed", "thinks", "think", "thought", "states", "stated", "maintains", "swears", "reckons",
     "reckon", "heard", "read", "told", "tells", "asserts", "wrote", "writes", "suggests", "suggested", "assume",
     "assumes", "suppose", "convinced", "sure"]
)  # fmt: skip
"""Words after which "that" begins what somebody holds."""
_OF_A_TAG = frozenset(
    ["is", "are", "was", "am", "she", "he", "it", "that", "this", "they", "i", "right", "true", "correct", "so",
     "wrong", "or", "not", "really", "the", "case", "false", "isn't", "aren't", "mistaken", "does", "hold"]
)  # fmt: skip
_OF_A_VERDICT = frozenset(["right", "true", "correct", "so", "wrong", "mistaken", "false", "case", "hold"])


def is_tag(tokens: Sequence[str]) -> bool:
    """Whether words ask only whether what was said before them is so: "is she right?", "true or false?"."""
    bare = {token.casefold().strip(_MARKS) for token in tokens} - {""}
    return 0 < len(tokens) < 7 and bare <= _OF_A_TAG and bool(bare & _OF_A_VERDICT)


def _without_saying(tokens: list[str]) -> tuple[list[str], bool]:
    """Leave out "a colleague of mine insists that ..." and "... Is she right?"; what is held is a question then."""
    polar = False
    end = next((i for i in range(2, len(tokens)) if tokens[i - 1][-1:] in ".?!,;" and is_tag(tokens[i:])), len(tokens))
    if end < len(tokens):
        tokens, polar = tokens[:end], True
    for i, token in enumerate(tokens[:10]):
        if token.casefold() == "that" and 0 < i < len(tokens) - 3:
            before = {t.casefold().strip(_MARKS) for t in tokens[:i]}
            if before & _OF_SAYING and not before & {"what", "which", "where", "how", "why", "is", "are", "does"}:
                return tokens[i + 1 :], True
            break
    return tokens, polar


_BROKEN_OFF = (
    ("never", "mind"),
    ("nevermind",),
    ("forget", "it"),
    ("forget", "that"),
    ("scratch", "that"),
    ("whatever",),
)


def _not_broken_off(tokens: list[str]) -> list[str]:
    """Leave out a question that is broken off: "how many carbons does the longest... never mind: carbons in CCO"."""
    low = [token.casefold().strip(_MARKS) for token in tokens]
    for i in range(len(low) - 1, 0, -1):
        for said in _BROKEN_OFF:
            behind = i + len(said)
            broken = (
                tokens[i - 1].endswith(("...", "\u2026", "-", ",", ".", "\u2014"))
                or tokens[min(behind, len(tokens)) - 1][-1] in ":,;.-"
            )
            if tuple(low[i:behind]) == said and broken and len(tokens) - behind > 1:
                return tokens[behind:]
    return tokens


_DOING = 9
"""Words of the longest clause before a colon that says what somebody is doing."""
_DONE_FOR = ("my", "our", "a", "an", "the", "this")


def _without_doing(tokens: list[str]) -> list[str]:
    """Leave out what somebody is doing, before a colon: "Working on a docking pose: for CCO, where ..."."""
    end = next((i for i, token in enumerate(tokens[:_DOING]) if token.endswith(":")), -1)
    words = [token.casefold().strip(_MARKS) for token in tokens[: end + 1]]
    if end < 1 or end + 3 > len(tokens):
        return tokens
    does = (words[0].endswith("ing") and len(words[0]) > 5) or (
        words[0] in ("for", "from", "in") and words[1] in _DONE_FOR
    )
    names = any(looks_like_smiles(t.rstrip(_MARKS)) or is_known_name(t.rstrip(_MARKS)) for t in tokens[: end + 1])
    asks = set(words) & {"which", "what", "where", "how", "of", "number", "all"}
    return tokens[end + 1 :] if does and not names and not asks else tokens


_ANNOUNCED = frozenset(["question", "query", "task", "problem", "exercise", "homework", "request", "q", "qn", "ex"])


def _announced(tokens: Sequence[str]) -> int:
    """Count the words that announce a question: "SAR question: ...", "homework problem 3: ..."; 0 where none do."""
    end = next((i for i, token in enumerate(tokens[:5]) if token.endswith(":")), -1)
    if end < 0 or end + 1 >= len(tokens):
        return 0
    words = {token.casefold().strip(_MARKS) for token in tokens[: end + 1]}
    frames = all(word in english() or vocabulary().role(word) for word in words)
    following = tokens[end + 1].casefold().strip(_MARKS)
    asks = following in _BEGINS or following in ("why", "does", "who", "whether")
    return end + 1 if words & _ANNOUNCED or (frames and asks) else 0


def _manner(tokens: Sequence[str]) -> int:
    """Count the plain words before a first comma: "strictly speaking, "; 0 where other words stand there."""
    end = next((i for i, token in enumerate(tokens[:3]) if token.endswith(",")), -1)
    words = [token.casefold().strip(_MARKS) for token in tokens[: end + 1]]
    return end + 1 if all(word in english() for word in words) else 0


def _framed(bare: Sequence[str], frames: Sequence[str], *, at_end: bool) -> int:
    """Count the words of a frame that words begin or end with; 0 where there is none."""
    for frame in frames:
        words = frame.split()
        part = bare[-len(words) :] if at_end else bare[: len(words)]
        if list(part) == words and len(bare) > len(words):
            return len(words)
    return 0

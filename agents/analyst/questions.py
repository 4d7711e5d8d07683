"""What a question to the analyst asks for, read off its wording."""

from __future__ import annotations

import re
from dataclasses import dataclass

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule

_QUOTED = re.compile(r"[\"“”'‘’]([^\"“”]{2,4000})[\"“”'’](?=$|[\s.,;:?!)])")
_ALIGN = re.compile(r"\balign\b|\btie\b.*\bcaption\b|\bcaption\b.*\b(?:align|tie)\b", re.IGNORECASE)
_SIMILAR = re.compile(r"\b(?:similar|resembles?|neighbou?rs?|analogues?|analogs?)\b", re.IGNORECASE)
_MOL = r"(?P<mol>[^?!]+?)"
_END = r"\s*[?.!]*$"
_WHAT = r"(?:an?\s+|the\s+|any\s+|its\s+)?(?P<what>[^?!]{2,80}?)"
_SEEN = r"(?:in|of|on|inside|within)"
_KINDS = r"(?:(?:functional|structural|chemical)\s+)?(?:groups?|class(?:es)?|parts?|rings?|substructures?|features)"


def _any(*shapes: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"\b{shape}{_END}", re.IGNORECASE) for shape in shapes)


_SHAPES: dict[str, tuple[re.Pattern[str], ...]] = {
    "why": _any(
        rf"why\s+(?:is|would)\s+{_MOL}\s+(?:be\s+|not\s+|called\s+|considered\s+|classified\s+as\s+)*(?:an?|the)\s+"
        r"(?P<what>[^?!]+?)",
        rf"why\s+{_MOL}\s+is\s+(?:not\s+|called\s+)*(?:an?|the)\s+(?P<what>[^?!]+?)",
        rf"what\s+makes\s+{_MOL}\s+(?:an?|the)\s+(?P<what>[^?!]+?)",
        rf"^is\s+(?!there\b){_MOL}\s+an?\s+(?P<what>[^?!]+?)",
    ),
    "where": _any(
        rf"{_SEEN}\s+{_MOL},?\s+where(?:'s|\s+is|\s+are)\s+{_WHAT}",
        rf"where(?:'s|\s+is|\s+are)\s+{_WHAT}\s+{_SEEN}\s+{_MOL}",
        rf"where(?:'s|\s+is|\s+are)\s+{_WHAT}",
        rf"(?:locate|find|show(?:\s+me)?|highlight|which\s+atoms\s+(?:are|make\s+up|form|belong\s+to))\s+{_WHAT}\s+"
        rf"{_SEEN}\s+{_MOL}",
        rf"(?:locate|highlight|which\s+atoms\s+(?:are|make\s+up|form|belong\s+to))\s+{_WHAT}",
        rf"how\s+many\s+{_WHAT}\s+(?:does|do|has)\s+{_MOL}(?:\s+(?:have|contain|bear|carry))?",
        rf"how\s+many\s+{_WHAT}\s+(?:(?:are|is)\s+(?:there\s+)?)?{_SEEN}\s+{_MOL}",
        rf"(?:is|are)\s+there\s+{_WHAT}\s+{_SEEN}\s+{_MOL}",
        rf"(?:does|do|has)\s+{_MOL}\s+(?:have|contain|bear|carry|got)\s+{_WHAT}",
    ),
    "what": _any(
        rf"(?:what|which)\s+{_KINDS}\s+(?:(?:are|is|occur|stand)\s+)?(?:there\s+)?{_SEEN}\s+{_MOL}",
        rf"(?:what|which)\s+{_KINDS}\s+(?:does|do|has)\s+{_MOL}(?:\s+(?:have|contain|belong\s+to|consist\s+of))?",
        rf"what(?:'s|\s+is|\s+are)\s+(?:there\s+)?{_SEEN}\s+{_MOL}",
        rf"what\s+(?:does|do)\s+{_MOL}\s+(?:have|contain|consist\s+of)",
        rf"what(?:'s|\s+is)\s+{_MOL}(?:\s+made\s+of)?",
        rf"(?:describe|tell\s+me\s+about)\s+{_MOL}",
        rf"(?:list|name|show)\s+(?:me\s+)?(?:all\s+)?(?:the\s+)?{_KINDS}\s+{_SEEN}\s+{_MOL}",
    ),
}
"""Wordings by what they ask for, tried in this order; the molecule's SMILES reads as "it" in them."""

_LIKE = re.compile(
    r"\b(?:similar\s+to|resembl(?:es?|ing)|neighbou?rs?\s+of|analog(?:ue)?s?\s+of|like)\s+(?P<mol>[^?!]+?)\s*[?.!]*$",
    re.IGNORECASE,
)
_WITH = re.compile(r"\b(?:with|to|of|for)\s+(?P<mol>[^?!:]+?)\s*(?:[?.!:]|$)", re.IGNORECASE)
_POINTER = re.compile(
    r"(?:it|this|that|here|them|molecule|(?:this|that) one|(?:this|that|the) (?:molecule|compound))?", re.IGNORECASE
)
"""Words that point to a molecule of the conversation, the empty string among them."""
_NO_MOLECULE = re.compile(r"^(?:its|his|her|your|my|our|the)\b|\b(?:of|for|in|point|weather)\b", re.IGNORECASE)
"""What the wording "what is ..." matches besides molecules: "the boiling point of ethanol", "its solubility"."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a question asks for."""

    intent: str
    """`align`, `similar`, `where`, `why`, `what` or `unknown`."""
    what: str = ""
    """The group, class or caption that is asked about."""
    name: str = ""
    """The words that may name the molecule; empty for pointers such as "it", and where it stands as SMILES."""


def read_question(text: str) -> Question:
    """Read off its wording what a question asks for."""
    text = text.replace("\u2019", "'").strip()
    if _ALIGN.search(text):
        quoted = _QUOTED.search(text)
        caption = quoted[1] if quoted else text.partition(":")[2].strip()
        rest = _pointing(text.replace(caption, " ") if caption else text)
        named = _WITH.search(re.sub(r"[\"\u201c\u201d]", " ", rest))
        return Question("align", caption, _name(named["mol"]) if named else "")
    bare = _pointing(text)
    if _SIMILAR.search(bare):
        like = _LIKE.search(bare)
        return Question("similar", name=_name(like["mol"]) if like else "")
    for intent, shapes in _SHAPES.items():
        for shape in shapes:
            if (found := shape.search(bare)) is None:
                continue
            groups = found.groupdict()
            what = " ".join((groups.get("what") or "").split())
            name = _name(groups.get("mol") or "")
            if intent == "what" and _NO_MOLECULE.search(name):
                return Question("unknown")
            if intent == "what" or not _POINTER.fullmatch(what):
                return Question(intent, what, name)
    if find_smiles(text) is not None and _name(bare.strip(" ?.!,:")) == "":
        return Question("what")
    return Question("unknown")


def find_smiles(text: str) -> str | None:
    """Find the first word of a text that is a SMILES; a word of letters alone needs two atoms at least."""
    for word in re.split(r"\s+", text):
        candidate = word.strip("\"'“”‘’`,;?!").rstrip(".:")
        if len(candidate) < 2 or not re.search(r"[=#()\[\]@0-9]|^[BCNOPSFIc-s]{2,}$", candidate):
            continue
        if re.fullmatch(r"[A-Za-z]+", candidate) and not re.fullmatch(r"[BCNOPSFIclrnos]+", candidate):
            continue
        if candidate.lower() in {"is", "in", "on", "so", "no", "of", "os"} or re.fullmatch(r"[\d(),.-]+", candidate):
            continue
        try:
            return read_molecule(candidate).smiles
        except InputError:
            continue  # an ordinary word, or a name
    return None


def _pointing(text: str) -> str:
    """Replace the SMILES of a text by "it"."""
    if find_smiles(text) is None:
        return text
    words = []
    for word in text.split():
        if find_smiles(word) is None:
            words.append(word)
        else:
            words.append("it" + (word[-1] if word[-1] in ",;?!:" else ""))
    return " ".join(words)


def _name(words: str) -> str:
    """Strip quotes and article from the words that name a molecule; empty for pointers."""
    name = re.sub(r"^(?:an?|the)\s+(?:molecule\s+|compound\s+)(?=\S)", "", words.strip(" .\"'`"), flags=re.IGNORECASE)
    return "" if _POINTER.fullmatch(name) else name

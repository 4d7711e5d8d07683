"""Which molecules an answer is about: those that the question, the tools of the turn or earlier turns name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage
from rdkit import Chem

from molreflect.agents.analyst.checked import CHECKED
from molreflect.agents.analyst.question_reader import read_question
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import Molecule, read_molecule

MAX_NAMES = 12
"""Most words at the beginning of sentences that are looked up as names."""
_OPENING = re.compile(
    r"(?:^|[.!?]\s|\n)\s{0,4}(?:[-*\u2022]\s+)?(?:[A-Z][\w' -]{1,50}, (?=[a-z]))?\**"
    r"(?!(?:[Ii]t|Its|The|This|That|There|These|They|No|Yes|Both|Each)\b)"
    r"(?P<name>(?:[A-Z0-9]|(?<=, )[a-z])[\w,'()\[\]-]{2,60}(?: [a-z][\w-]{1,40}){0,3}?)\** "
    r"(?:is|has|contains|carries|bears|consists|possesses|features|lacks|does|includes|also|shows|belongs"
    r"|qualifies|represents|combines|comprises|incorporates|can|exists)\b"
)
MAX_SUBJECTS = 8
"""Most molecules that an answer is checked against."""
_OTHERS = frozenset({"similar_molecules"})
"""Tools whose results are other molecules than those asked about; an answer is about one of them where it names it."""
_NAMED_BY_KEY = frozenset({"structures", "molecules"})
"""Fields of tool results whose keys are what molecules were called."""
_TOKEN = re.compile(r"[^\s`\"'\u201c\u201d\u2018\u2019|]+")
_LIKE_SMILES = re.compile(r"[A-Za-z0-9@+\-\[\]()=#$:/\\.%*]+")
_LETTERS = re.compile(r"[BCNOPSFIbcnopslr]+")
_SAYS_NOTHING = frozenset(
    {
        "a",
        "an",
        "the",
        "one",
        "two",
        "three",
        "four",
        "group",
        "groups",
        "functional",
        "moiety",
        "moieties",
        "unit",
        "units",
    }
)
_MIN_ATOMS = 3
"""Fewest atoms of a word of letters alone that is read as a SMILES: "CO" and "NO" stand in many sentences."""
MAX_QUESTION = 20_000
"""Characters of a question in which molecules are looked for."""
MAX_SMILES = 1_000
"""Characters of a word that is tried as a SMILES."""


@dataclass(slots=True)
class Subject:
    """A molecule that an answer may be about."""

    spellings: dict[str, Molecule]
    """By SMILES as it was written; atoms may be counted in any of them."""
    words: set[str] = field(default_factory=set)
    """What it is called, its SMILES in every spelling that was used among it."""

    @property
    def molecule(self) -> Molecule:
        """The molecule as it was first written."""
        return next(iter(self.spellings.values()))


@dataclass(frozen=True, slots=True)
class ToolFinding:
    """Atoms that a tool gave for something."""

    smiles: str
    names: frozenset[str]
    """What was looked for, as `plain_name` writes it."""
    atoms: tuple[tuple[int, ...], ...]


@dataclass(slots=True)
class Subjects:
    """The molecules of a turn."""

    meant: list[Subject] = field(default_factory=list)
    """Those asked about, or that tools were called with."""
    others: list[Subject] = field(default_factory=list)
    """Those that an answer is about only where it names them."""
    findings: list[ToolFinding] = field(default_factory=list)

    def add(self, smiles: str, words: str = "", *, meant: bool = True) -> None:
        """Add a molecule, or a name of one that is known; what cannot be read is left out."""
        try:
            molecule = read_molecule(smiles)
        except InputError:
            return  # the tool, or the model, has been told so
        every = [*self.meant, *self.others]
        same = canonical(molecule)
        known = next((s for s in every if smiles in s.spellings or canonical(s.molecule) == same), None)
        if known is None:
            known = Subject({smiles: molecule})
            if len(every) < MAX_SUBJECTS:
                (self.meant if meant else self.others).append(known)
        elif meant and known in self.others:
            self.others.remove(known)
            self.meant.append(known)
        known.spellings.setdefault(smiles, molecule)
        known.words |= {smiles, *([words] if words.strip() else [])}


def canonical(molecule: Molecule) -> str:
    """Write a molecule as RDKit's canonical SMILES."""
    return str(Chem.MolToSmiles(molecule.mol))


def subjects_of(
    turn: Sequence[BaseMessage], before: Sequence[BaseMessage], answer: str, read_name: Callable[[str], str]
) -> Subjects:
    """Find what an answer is about.

    Args:
        turn: The question and what followed it.
        before: The messages of earlier turns.
        answer: What is to be checked.
        read_name: Turns a name into a SMILES; an empty one where it cannot.
    """
    found = Subjects()
    called: dict[str, ToolCall] = {}
    for message in turn:
        if isinstance(message, AIMessage):
            for call in message.tool_calls:
                called[str(call["id"])] = call
                for smiles in _smiles_in(call["args"]):
                    found.add(smiles)
        elif isinstance(message, ToolMessage) and message.status != "error":
            known = called.get(message.tool_call_id)
            of = next(_smiles_in(known["args"]), "") if known is not None else ""
            name = message.name or (known["name"] if known is not None else "")
            _read_result(found, str(message.content), of, meant=name not in _OTHERS)
    called_with = bool(found.meant)  # then what else the question names may be a group
    for message in turn:
        if isinstance(message, HumanMessage):
            asked = str(message.text)[:MAX_QUESTION]
            for words in read_question(asked).molecules:
                if smiles := read_name(words):
                    found.add(smiles, words)
            for smiles in smiles_tokens(asked):
                found.add(smiles, meant=not called_with)
    if not found.meant:
        for smiles, words in _earlier(before):
            found.add(smiles, words)
    if not found.meant:
        for smiles in smiles_tokens(answer):
            found.add(smiles)
    _name_openings(found, answer, read_name)
    return found


_WITHIN = re.compile(
    r"\b(?:of|in|within|for)\s(?P<of>[A-Za-z][\w-]{4,40})(?=[.,;:)]|\s*$|\s(?:is|are|has|sits?|bears?|carr\w+)\b)"
    r"|\b(?P<whose>[A-Za-z][\w-]{2,40})['\u2019]s\b",
    re.MULTILINE,
)
"""Words in the midst of a sentence that may be a name of what it is about."""


def _name_openings(found: Subjects, answer: str, read_name: Callable[[str], str]) -> None:
    """Take words for a name of a molecule that is known, where they are one: "Caffeine has", "the acid of aspirin"."""
    openings = [match["name"] for match in _OPENING.finditer(answer[:MAX_QUESTION])]
    within = [match["of"] or match["whose"] for match in _WITHIN.finditer(answer[:MAX_QUESTION])]
    names = list(dict.fromkeys(openings + within))
    known = {s.molecule.block: s for s in (*found.others, *found.meant)}
    for name in names[:MAX_NAMES]:
        if not any(name in s.words for s in known.values()) and (smiles := read_name(name)):
            subject = known.get(read_molecule(smiles).block)
            if subject is not None:
                subject.words.add(name)


def plain_name(words: str) -> str:
    """Write what a group is called without number, article and words such as "group", so that names can be compared."""
    kept = [word.removesuffix("s") for word in re.findall(r"[A-Za-z]+", words.lower()) if word not in _SAYS_NOTHING]
    return " ".join(kept)


def smiles_tokens(text: str) -> list[str]:
    """Find the words of a text that are SMILES of three atoms or more."""
    found = []
    for token, _, _ in smiles_places(text):
        if token not in found:
            found.append(token)
    return found


def smiles_places(text: str) -> Iterator[tuple[str, int, int]]:
    """Find the words of a text that are SMILES, with their places."""
    for word in _TOKEN.finditer(text):
        token = word[0].rstrip(".,;:!?*_").lstrip("*_")
        start = word.start() + word[0].index(token) if token else word.start()
        while token and not _balanced(token):
            if (token[0] in "([" and not _balanced(token[1:])) or (token[0] in "([" and token[-1:] not in ")]"):
                token, start = token[1:], start + 1
            elif token[-1] in ")]":
                token = token[:-1].rstrip(".,;:!?")
            else:
                break
        if _is_smiles(token):
            yield token, start, start + len(token)


def _balanced(token: str) -> bool:
    return token.count("(") == token.count(")") and token.count("[") == token.count("]")


def _is_smiles(token: str) -> bool:
    if (
        token == "CIP"
        or not 2 < len(token) <= MAX_SMILES
        or not _LIKE_SMILES.fullmatch(token)
        or not re.search(r"[A-Za-z]", token)
    ):
        return False
    if re.fullmatch(r"[A-Za-z]+", token) and not (_LETTERS.fullmatch(token) and re.search(r"[A-Z]", token)):
        return False
    if not re.search(r"[=#()\[\]@0-9]", token) and not _LETTERS.fullmatch(token):
        return False
    try:
        return bool(read_molecule(token).mol.GetNumAtoms() >= _MIN_ATOMS)
    except InputError:
        return False  # an ordinary word


def _smiles_in(arguments: Any) -> Iterator[str]:
    value = arguments.get("smiles") if isinstance(arguments, dict) else None
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str):
            yield each


def _read_result(found: Subjects, content: str, smiles: str, *, meant: bool) -> None:
    try:
        result = json.loads(content)
    except ValueError:
        return  # a tool's message in words
    _walk(found, result, "", "", smiles, meant=meant)


def _walk(found: Subjects, value: Any, key: str, within: str, smiles: str, *, meant: bool) -> None:
    """Collect molecules, and the atoms of what was looked for, from a tool's result.

    Args:
        found: Where they are put.
        value: A part of the result.
        key: Where it stands.
        within: Where the part around it stands.
        smiles: The molecule it is about, as far as is known.
        meant: Whether an answer is about its molecules.
    """
    if isinstance(value, list):
        for each in value:
            _walk(found, each, key, within, smiles, meant=meant)
    if not isinstance(value, dict):
        return
    if isinstance(own := value.get("smiles"), str):
        found.add(own, key if within in _NAMED_BY_KEY else "", meant=meant)
        smiles = own
    if isinstance(atoms := value.get("atoms"), list) and (places := _places(atoms)):
        named = {key, *(str(value[name]) for name in ("name", "words", "phrase") if value.get(name))}
        found.findings.append(ToolFinding(smiles, frozenset(map(plain_name, named)) - {""}, places))
    for name, each in value.items():
        _walk(found, each, name, key, smiles, meant=meant)


def _places(atoms: list[Any]) -> tuple[tuple[int, ...], ...]:
    if atoms and all(isinstance(atom, int) for atom in atoms):
        return (tuple(atoms),)
    listed = [place for place in atoms if isinstance(place, list) and all(isinstance(atom, int) for atom in place)]
    return tuple(tuple(place) for place in listed if place)


def _earlier(before: Sequence[BaseMessage]) -> list[tuple[str, str]]:
    """The molecules of the last turn that had any, with what they were called."""
    for message in reversed(before):
        if not isinstance(message, AIMessage):
            continue
        kept = message.additional_kwargs
        spoken = [(m["smiles"], m.get("words", "")) for m in (kept.get("understood") or {}).get("molecules", ())]
        if spoken := spoken or [(smiles, "") for smiles in (kept.get(CHECKED) or {}).get("molecules", ())]:
            return spoken
    return []

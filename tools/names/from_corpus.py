"""Trivial names that the captions of a corpus define, and the structures of the pairs that define them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from rdkit import Chem

from molreflect.tools.molecules.write import mirror_image, uncharge
from molreflect.tools.names.opsin import MAX_PARSED_NAME_LENGTH, named_molecule
from molreflect.tools.names.wording import name_key

_BEGINS_WITH_NAME = re.compile(r"^(?P<name>[^.;]{2,120}?)\s+(?:is an?|is the|appears as)\s")
_IS_NAME = re.compile(r"^The molecule is (?P<name>[^.;,\s]{3,120}(?:\s(?:acid|[A-Z]\d?))?)\.?$")
_NAME_END = (
    r"(?P<name>[^\s,;.][^;]*?)(?=\.(?:\s|$)|,\s(?:obtained|arising|formed|resulting|major|the)\b|"
    r"\s(?:obtained|arising|formed|resulting|and an?|and is)\b|;|$)"
)
_CONJUGATE = re.compile(r"\bconjugate (?P<side>base|acid) of (?:an? |the )?" + _NAME_END)
_ENANTIOMER = re.compile(r"\benantiomer of (?:an? |the )?" + _NAME_END)
_NOT_A_NAME = re.compile(
    r"^(?:the molecule|it|this|a|an|the|artificial|any)\b|"
    r"\b(?:which|that|with|in|of|from|group|compound|salt|solution|mixture)\b",
    re.IGNORECASE,
)
_ION_NAME = re.compile(r"\(\d*[+-]\)$|(?:ate|ide|ium|ion|olate)s?$|zwitterion$|\banion\b|\bcation\b")


Definition = tuple[str, str, str]
"""Key of a name, its structure as SMILES, and the same without stereo."""


class _Pair(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def smiles(self) -> str: ...
    @property
    def caption(self) -> str: ...


class PairSource(Protocol):
    """A corpus, as far as names are learned from it."""

    @property
    def pairs(self) -> Sequence[_Pair]:
        """The pairs."""


class LearnedNames:
    """Names that corpora define. A name that two pairs define differently counts for nothing."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, tuple[str, list[str]]]] = {}
        """Key of the name, then SMILES without stereo, to the SMILES and the ids of the pairs that define it."""

    def __len__(self) -> int:
        """Count the names that are defined in one way only."""
        return sum(len(entry) == 1 for entry in self._found.values())

    def learn(self, corpus: PairSource) -> None:
        """Learn the names that the captions of a corpus define."""
        self.add((pair.id, definitions_of(pair)) for pair in corpus.pairs)

    def add(self, defined: Iterable[tuple[str, Iterable[Definition]]]) -> None:
        """Learn names by the ids of the pairs that define them."""
        for pair_id, definitions in defined:
            for key, smiles, flat in definitions:
                ids = self._found.setdefault(key, {}).setdefault(flat, (smiles, []))[1]
                if pair_id not in ids:
                    ids.append(pair_id)

    def find(self, name: str, leave_out: str | None = None) -> tuple[str, list[str]] | None:
        """Find a name's SMILES and the ids of the pairs that define it, one pair's own definitions left out."""
        entries = self._found.get(name_key(name), {}).values()
        defined = [(smiles, left) for smiles, ids in entries if (left := [i for i in ids if i != leave_out])]
        return defined[0] if len(defined) == 1 else None


def definitions_of(pair: _Pair) -> Iterator[Definition]:
    """Yield the names that a pair defines."""
    for name, smiles in _defined_names(pair):
        mol = named_molecule(smiles)
        if mol is not None and len(name) <= MAX_PARSED_NAME_LENGTH:
            yield name_key(name), str(Chem.MolToSmiles(mol)), str(Chem.MolToSmiles(mol, isomericSmiles=False))


def _defined_names(pair: _Pair) -> Iterator[tuple[str, str]]:
    """(name, SMILES) that a pair defines: its own name, or that of its conjugate or its mirror image."""
    caption = pair.caption.strip()
    if match := _IS_NAME.match(caption):
        yield match["name"], pair.smiles
    elif (match := _BEGINS_WITH_NAME.match(caption)) and not _NOT_A_NAME.search(match["name"]):
        yield match["name"], pair.smiles
    elif len(caption.split()) <= 3 and len(caption) <= 120 and not _NOT_A_NAME.search(caption):
        yield caption.rstrip("."), pair.smiles
    conjugates = [match for match in _CONJUGATE.finditer(caption) if not _NOT_A_NAME.search(match["name"])]
    images = [match["name"] for match in _ENANTIOMER.finditer(caption) if not _NOT_A_NAME.search(match["name"])]
    mol = named_molecule(pair.smiles) if conjugates or images else None
    if mol is None:
        return
    charge, neutral = Chem.GetFormalCharge(mol), uncharge(mol)
    for match in conjugates:
        # Only names of the uncharged partner: which proton an ion lacks, its name alone does not say.
        is_partner = charge < 0 if match["side"] == "base" else charge > 0
        if is_partner and not Chem.GetFormalCharge(neutral) and not _ION_NAME.search(match["name"]):
            yield match["name"], str(Chem.MolToSmiles(neutral))
    if not images:
        return
    mirrored = str(Chem.MolToSmiles(mirror_image(mol)))
    if mirrored != Chem.MolToSmiles(mol):
        yield from ((name, mirrored) for name in images)

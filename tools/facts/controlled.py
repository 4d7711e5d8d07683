"""Whether a compound is named in a public list of controlled chemicals (`data/controlled.toml`).

A match says that a list names the compound, and no match says that these lists do not; neither says anything of safety.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from rdkit import Chem
from rdkit.Chem.MolStandardize import rdMolStandardize

from molreflect.tools.molecules.read import Molecule, quiet_rdkit

MAX_TEXT = 20_000
"""Characters of a text that is searched for names."""


@dataclass(frozen=True, slots=True)
class ControlledEntry:
    """A compound that a list names."""

    listed_in: str
    names: tuple[str, ...]
    smiles: str
    """Empty where a list names what is no small molecule, or is found by its name alone."""
    formula: str
    salts: bool
    """Whether its salts count."""
    noted: bool
    source: str


@dataclass(frozen=True, slots=True)
class ListMatch:
    """A compound found in a list."""

    listed_in: str
    name: str
    by: Literal["structure", "structure, stereochemistry and isotopes aside", "name"]
    noted: bool
    """Whether to tell it wherever the compound comes up."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


@cache
def controlled_entries() -> tuple[ControlledEntry, ...]:
    """Read the lists, once."""
    text = files("molreflect.tools.facts").joinpath("data/controlled.toml").read_text(encoding="utf-8")
    return tuple(
        ControlledEntry(
            each["name"],
            tuple(entry["names"]),
            entry.get("smiles", ""),
            entry.get("formula", ""),
            entry.get("salts", each.get("salts", False)),
            each["noted"],
            each["source"],
        )
        for each in tomllib.loads(text)["lists"]
        for entry in each["entries"]
    )


def list_names() -> tuple[str, ...]:
    """Name the lists that are searched."""
    return tuple(dict.fromkeys(entry.listed_in for entry in controlled_entries()))


def screen_structure(molecule: Molecule) -> tuple[ListMatch, ...]:
    """Find a compound in the lists by its InChIKey; where the list says that salts count, without its counterions."""
    own = str(Chem.MolToInchiKey(molecule.mol))
    parent = _parent_key(molecule.mol)
    found: dict[str, ListMatch] = {}
    for key, entry in _keys():
        mine = parent if entry.salts else own
        if mine and mine.split("-")[0] == key.split("-")[0]:
            same = mine == key
            by: Any = "structure" if same else "structure, stereochemistry and isotopes aside"
            before = found.get(entry.listed_in)
            if before is None or (same and before.by != "structure"):
                found[entry.listed_in] = ListMatch(entry.listed_in, entry.names[0], by, entry.noted)
    return tuple(found.values())


def screen_text(text: str) -> tuple[ListMatch, ...]:
    """Find names of listed compounds in a text, as whole words."""
    low = " ".join(text[:MAX_TEXT].casefold().split())
    found: dict[tuple[str, str], ListMatch] = {}
    for entry in controlled_entries():
        for name in entry.names:
            if any(not _is_parent(low, each) for each in _as_word(name.casefold()).finditer(low)):
                match = ListMatch(entry.listed_in, name, "name", entry.noted)
                found.setdefault((entry.listed_in, entry.names[0]), match)
    return tuple(found.values())


_PARENT_OF = re.compile(
    r" (?:with|in which|where|wherein|substituted|carrying|bearing|having|of|moiety|residue|rings?|nitrogen|skeleton"
    r"|core|nucleus|scaffold|backbone|alkaloids?|derivatives?|(?:ortho|meta|para|[omp]|\d)-\w+)\b"
)
_NAMED_AFTER = re.compile(
    r"(?:tautomer|derivative|analogue|analog|isomer|homologue|ester|amide|anhydride|conjugate base|conjugate acid) of"
    r" (?:an? |the )?$"
)


def _is_parent(text: str, found: re.Match[str]) -> bool:
    """Whether a text names a compound only to tell of another ("phenylacetic acid in which a hydrogen is replaced")."""
    behind = _PARENT_OF.match(text, found.end())
    return behind is not None or _NAMED_AFTER.search(text, 0, found.start()) is not None


@cache
def _as_word(name: str) -> re.Pattern[str]:
    """Match a name that stands by itself, and not as part of a longer one ("acetone cyanohydrin", "N-sarin")."""
    return re.compile(rf"(?<![\w)\]-]){re.escape(name)}(?![\w(\[]|-\w)")


@cache
def _keys() -> tuple[tuple[str, ControlledEntry], ...]:
    return tuple(_keyed())


def _keyed() -> Iterator[tuple[str, ControlledEntry]]:
    for entry in controlled_entries():
        if entry.smiles:
            mol = Chem.MolFromSmiles(entry.smiles)
            yield (_parent_key(mol) if entry.salts else "") or str(Chem.MolToInchiKey(mol)), entry


def _parent_key(mol: Chem.Mol) -> str:
    """Key of the largest component without its charge; empty where that has no carbon."""
    with quiet_rdkit():
        largest = max(Chem.GetMolFrags(mol, asMols=True, sanitizeFrags=False), key=lambda m: m.GetNumHeavyAtoms())
        if not any(atom.GetAtomicNum() == 6 for atom in largest.GetAtoms()):
            return str(Chem.MolToInchiKey(mol))
        return str(Chem.MolToInchiKey(rdMolStandardize.Uncharger().uncharge(Chem.Mol(largest))))

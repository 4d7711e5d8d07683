"""Names and identifiers of a molecule."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from rdkit import Chem

from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.molecules.write import write_inchi
from molreflect.tools.names.systematic import Namer, NamerStartError, Naming
from molreflect.tools.names.trivial import common_names, trivial_names
from molreflect.tools.resources import Resources

NOT_ASKED = "names were not asked for"
NAMING_SECONDS = 4.0
"""Most time to wait for a systematic name."""
START_SECONDS = 20.0
"""Most time that a question waits for the naming program to start."""


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What a molecule is called."""

    smiles: str
    """RDKit's canonical SMILES."""
    inchi: str
    inchikey: str
    formula: str
    name: str
    """Systematic name (openclatura); empty where there is none."""
    no_name: str
    """Why there is no systematic name."""
    trivial: tuple[str, ...]
    """Trivial names of the project's tables that mean this compound."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def identify(molecule: Molecule, namer: Namer, resources: Resources, *, named: bool = True) -> Identifiers:
    """Name a molecule, and write its identifiers.

    Args:
        molecule: What is named.
        namer: Names it systematically; its process is started by the first molecule that is named.
        resources: Where trivial names are looked up.
        named: Whether names are asked for; identifiers alone take no process.
    """
    try:
        naming = Naming("unnamed", message=NOT_ASKED)
        if named:
            naming = namer.name(molecule, seconds=NAMING_SECONDS, start_seconds=START_SECONDS)
    except NamerStartError as error:  # all else that is asked for is known without it
        naming = Naming("unnamed", message=str(error))
    return Identifiers(
        str(Chem.MolToSmiles(molecule.mol)),
        write_inchi(molecule.mol),
        molecule.inchikey,
        molecule.formula,
        naming.name,
        naming.message,
        trivial_names_of(molecule, resources) if named else (),
    )


def trivial_names_of(molecule: Molecule, resources: Resources) -> tuple[str, ...]:
    """Find the trivial names of the tables that mean just this compound, stereochemistry included."""
    by_formula = _by_formula()
    found: list[str] = []
    candidates = by_formula.get(molecule.formula, ())
    structures = resources.nomenclature.resolve(list(candidates))
    for name in candidates:
        structure = structures[name]
        if structure is None or structure.kind != "molecule":
            continue
        if read_molecule(structure.smiles).inchikey == molecule.inchikey:
            found += _names_of(name)
    return tuple(dict.fromkeys(found))[:6]


@lru_cache(maxsize=1)
def _by_formula() -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for entry in trivial_names().entries:
        table.setdefault(entry.formula, []).append(entry.name)
    for formula, names in common_names().items():
        table.setdefault(formula, []).extend(names)
    return {formula: tuple(names) for formula, names in table.items()}


def _names_of(name: str) -> tuple[str, ...]:
    entry = trivial_names().find(name)
    return entry.names if entry is not None else (name,)

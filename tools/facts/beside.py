"""Molecules beside each other, made ready for the component: common core, differences, groups and values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from molreflect.tools.english import counted
from molreflect.tools.facts.comparison import CORE_SECONDS, FINGERPRINT, MAX_GROUPS, Comparison, compare, tanimoto
from molreflect.tools.facts.contents import contents_of
from molreflect.tools.facts.properties import properties_of
from molreflect.tools.facts.stereo import compare_identity
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.resources import Resources
from molreflect.tools.views.several import DrawnMolecule, PhraseInMolecules, several_card

Places = tuple[tuple[int, ...], ...]
_VALUES = ("formula", "mass", "logp", "tpsa", "donors", "acceptors", "rotatable")


@dataclass(frozen=True, slots=True)
class PairLikeness:
    """How two of the molecules stand to each other."""

    first: str
    second: str
    relation: str
    tanimoto: float
    """0 to 1, of the fingerprint that `comparison.FINGERPRINT` names."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Molecules beside each other."""

    names: tuple[str, ...]
    card: dict[str, Any]
    """For `several_html`."""
    pairs: tuple[PairLikeness, ...]
    """Every two of them."""
    values: tuple[tuple[str, ...], ...]
    """Rows of a table: what, its value for each molecule, how it was calculated."""
    fingerprint: str = FINGERPRINT


def set_beside(molecules: Sequence[Molecule], names: Sequence[str], resources: Resources) -> Beside:
    """Compare molecules and light what they share and in what they differ.

    Args:
        molecules: Two or more.
        names: What each is called.
        resources: With the lexicon, for the groups.
    """
    compared = compare(molecules, resources)
    phrases = [*_cores(molecules, names, compared), *_groups(molecules, names, resources)]
    drawn = [DrawnMolecule(m.smiles, name) for m, name in zip(molecules, names, strict=True)]
    pairs = tuple(
        PairLikeness(
            names[a],
            names[b],
            str(compare_identity(molecules[a], molecules[b])),
            round(tanimoto(molecules[a], molecules[b]), 3),
        )
        for a, b in combinations(range(len(molecules)), 2)
    )
    columns = [properties_of(molecule, _VALUES) for molecule in molecules]
    values = tuple(
        (f"{each[0].name}{f', {each[0].unit}' if each[0].unit else ''}", *(str(p.value) for p in each), each[0].method)
        for each in zip(*columns, strict=True)
    )
    return Beside(tuple(names), several_card(drawn, phrases), pairs, values)


def _cores(molecules: Sequence[Molecule], names: Sequence[str], compared: Comparison) -> list[PhraseInMolecules]:
    """The largest common core, and what of each molecule is not in it."""
    bound = "" if compared.core_whole else f"; there may be a larger one, the search was ended after {CORE_SECONDS} s"
    core = compared.core_atoms
    rest = tuple(
        tuple((atom,) for atom in range(m.mol.GetNumAtoms()) if atom not in own)
        for m, own in zip(molecules, core, strict=True)
    )
    found = []
    if compared.core:
        why = f"{counted(len(core[0]), 'atom')} in each, found by RDKit's FMCS{bound}"
        found.append(
            PhraseInMolecules(
                "largest common core",
                tuple((own,) for own in core),
                why=why,
                details=(("pattern", compared.core, True),),
            )
        )
    else:
        found.append(PhraseInMolecules("largest common core", why=f"they share none of two atoms or more{bound}"))
    counts = ", ".join(f"{len(own)} in {name}" for own, name in zip(rest, names, strict=True))
    why = f"atoms outside the core: {counts}" if any(rest) else "no atom lies outside the core"
    found.append(PhraseInMolecules("differences", _joined(rest), why=why))
    return found


def _joined(rest: Sequence[Places]) -> tuple[Places, ...]:
    """One place for all atoms of a molecule, so that the bonds between them are lit as well."""
    return tuple((tuple(atom for (atom,) in own),) if own else () for own in rest)


def _groups(molecules: Sequence[Molecule], names: Sequence[str], resources: Resources) -> list[PhraseInMolecules]:
    """The groups of the molecules, those in which they differ first."""
    own = [{g.name: g for g in contents_of(m, resources, most=MAX_GROUPS) if not g.whole} for m in molecules]
    every = dict.fromkeys(name for groups in own for name in groups)
    found = []
    for name in every:
        places = tuple(groups[name].atoms if name in groups else () for groups in own)
        numbers = [len(place) for place in places]
        if len(set(numbers)) == 1:
            why, order = f"in each, {counted(numbers[0], 'place')}", 1
        else:
            have = [f"{number} in {said}" for number, said in zip(numbers, names, strict=True) if number]
            lack = [said for number, said in zip(numbers, names, strict=True) if not number]
            none = f"; not in {', '.join(lack)}" if lack else ""
            why, order = ", ".join(have) + none, 0
        pattern = next(groups[name].pattern for groups in own if name in groups)
        details = (("pattern", pattern, True),) if pattern else ()
        found.append((order, PhraseInMolecules(name, places, why=why, details=details, halo=False)))
    return [phrase for _, phrase in sorted(found, key=lambda each: each[0])]

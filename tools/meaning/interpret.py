"""What a phrase means as a substructure, by three independent sources: curated classes, names, corpus evidence."""

from __future__ import annotations

import re
from dataclasses import replace

from molreflect.tools.lexicon.classes import StructuralClass
from molreflect.tools.lexicon.spelling import normalise_name
from molreflect.tools.meaning.compositional import interpret_by_parts, interpret_open_name
from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.meaning.membership import computed_patterns, extended_patterns, is_computed
from molreflect.tools.meaning.modified import less_one_atom
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.names.structures import NamedStructure
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Level

_LONE_ATOM = re.compile(r"^\[#[678]&D0\]$")
"""Carbon, nitrogen or oxygen named as an element: OPSIN reads the free atom, the caption ("the nitrogen") means one of
many in the molecule, and which one only its context says."""
_OPEN_SUGAR = re.compile(r"(?<=[a-z]{3})ose\b")

MIN_MINED_RECALL = 0.9
"""Least share of a phrase's molecules that must contain a mined fragment for it to be proposed."""
MIN_MINED_LIFT = 3.0
"""Least recall over background of such a fragment: what is shared by chance ("CCCC(C)C") is no meaning."""


def interpret(
    phrase: str,
    resources: Resources,
    *,
    leave_out: str | None = None,
    modified: bool = False,
    molecule: Molecule | None = None,
) -> tuple[Interpretation, ...]:
    """List every known meaning of a phrase, the most trustworthy first.

    Args:
        phrase: Name without article and count: `Phrase.name`, with its capitals, or `Phrase.key`.
        resources: Lexicon, nomenclature and evidence to look in.
        leave_out: Id of the pair in hand, whose own naming of its molecule proves nothing about it.
        modified: The caption says that the compound stands in changed form (an amino acid in a peptide, a parent with
            a group replaced): the name less any one of its terminal atoms is then a meaning as well, the last one.
        molecule: The molecule in hand; without it, classes that only a look at it decides have no meaning.

    Returns:
        Curated class first, then the structure of the name; empty where nothing is known. Mined fragments are a
        statistical guess, not a meaning: see `mined_interpretations`.
    """
    found: list[Interpretation] = []
    entry = resources.lexicon.find(phrase)
    if entry is not None:
        *extended, whole = _by_class(entry, molecule)
        found += [replace(part, general=whole.patterns, general_floor=whole.floor) for part in extended]
        found.append(whole)
    elif is_computed(phrase):
        return _by_computation(phrase, molecule)
    elif molecule is not None and (opened := interpret_open_name(phrase, molecule)) is not None:
        found += opened
        if not opened and not modified:
            return ()  # the molecule was looked at; OPSIN would only choose one isomer, and find it in longer chains
    if entry is None or modified:
        named = _structure(phrase, resources, leave_out)
        if named is not None:
            rings = _ring_forms(phrase, named, resources)
            less = less_one_atom(named.pattern, *rings) if modified and named.kind == "molecule" else ()
            for patterns, what in (
                ((named.pattern,) if entry is None else (), ""),
                (rings, ", as a ring"),
                (less, ", in modified form"),
            ):
                if patterns:
                    found.append(Interpretation(patterns, f"{named.name}{what}", Level.NEUTRAL, "name"))
    if found:
        return tuple(found)

    def look_up(name: str, names: bool) -> tuple[Interpretation, ...]:
        """Say what a part of a composed name means by itself."""
        if (entry := resources.lexicon.find(name)) is not None:
            return _by_class(entry, molecule)[:1]
        if is_computed(name):
            return _by_computation(name, molecule)
        named = _structure(name, resources, leave_out) if names else None
        if named is None:
            return ()
        less = less_one_atom(named.pattern) if modified and named.kind == "molecule" else ()
        return (Interpretation((named.pattern, *less), named.name, Level.NEUTRAL),)

    return interpret_by_parts(phrase, look_up, molecule)


def _by_class(entry: StructuralClass, molecule: Molecule | None) -> tuple[Interpretation, ...]:
    """Say what a class means: in a molecule its full extent first, where it has one, and its own patterns last."""
    whole = Interpretation(entry.patterns, entry.name, entry.level)
    full = extended_patterns(entry, molecule) if molecule is not None else ()
    return (Interpretation(full, entry.name, Level.EXACT, computed=True), whole) if full else (whole,)


def _by_computation(name: str, molecule: Molecule | None) -> tuple[Interpretation, ...]:
    """Say what a computed class means in a molecule, as written only: another rung could find other rings."""
    patterns = computed_patterns(name, molecule) if molecule is not None else ()
    return (Interpretation(patterns, normalise_name(name), Level.EXACT, computed=True),) if patterns else ()


def _structure(name: str, resources: Resources, leave_out: str | None) -> NamedStructure | None:
    """Look up the structure of a name, unless it is a lone atom."""
    named = resources.nomenclature.resolve([name], leave_out=leave_out)[name]
    lone = named is not None and named.kind == "molecule" and _LONE_ATOM.match(named.pattern) is not None
    return None if lone else named


def _ring_forms(phrase: str, named: NamedStructure, resources: Resources) -> tuple[str, ...]:
    """Write patterns of a sugar's rings: "mannose" is read as the open chain and stands mostly as a ring."""
    if named.kind != "molecule" or "1" in named.pattern or _OPEN_SUGAR.search(phrase) is None:
        return ()
    names = [_OPEN_SUGAR.sub(f"o{ring}ose", phrase, count=1) for ring in ("pyran", "furan")]
    found = resources.nomenclature.resolve(names)
    return tuple(dict.fromkeys(ring.pattern for name in names if (ring := found[name]) is not None))


def mined_interpretations(
    phrase: str, resources: Resources, *, leave_out: str | None = None
) -> tuple[Interpretation, ...]:
    """Mine the fragment that best separates the molecules captioned with a phrase from the rest of the corpus.

    Empty without a corpus, for phrases of too few pairs, for those that only a look at the molecule decides, and where
    no fragment is shared by nearly all of them and by few others.
    """
    if resources.evidence is None or is_computed(phrase):
        return ()
    own = resources.evidence.own_pair(leave_out)  # a pair from elsewhere has nothing to be left out
    mined = resources.evidence.mine(normalise_name(phrase), leave_out=own)
    return tuple(
        Interpretation((fragment.pattern,), fragment.pattern, fragment.level, "mined")
        for fragment in mined[:1]
        if fragment.recall >= MIN_MINED_RECALL and fragment.lift >= MIN_MINED_LIFT
    )

"""Positions stated in a caption ("a hydroxy group at position 3"), found on the parent the caption names.

How a parent is numbered, OPSIN knows: "3-iodo" put before its name says which atom position 3 is. The parent's pattern
with that one place marked is looked for in the molecule, and what the molecule has there is what the position means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from rdkit import Chem

from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.names.structures import Nomenclature
from molreflect.tools.names.wording import open_parent
from molreflect.tools.terms import Level, PhraseKind

_PARENT_SOURCES = frozenset({"head", "parent", "modified-parent", "item", "component"})
_LOCANT = re.compile(r"^(?:C-?)?\(?(?P<place>\d{1,2}[a-z]?'{0,2}|[NOS](?:-?\d{1,2})?'{0,2})(?:alpha|beta|[RSEZ])?\)?$")
_PROBE = "iodo"
_MARKED = re.compile(r"-\[#53\]|^\[#53\]-")
_STEREO = re.compile(r"@+")
MAX_PLACES = 12
"""Most positions of one phrase that are looked up."""
MAX_EMBEDDINGS = 256
"""Most ways of laying a parent over the molecule; a parent that fits in more ways says nothing about positions."""
PLACE_SECONDS = 0.25
"""Bound on the processor time of laying a parent over the molecule."""


def parents_of(phrase: Phrase, phrases: Iterable[Phrase]) -> tuple[str, ...]:
    """List the names a phrase's positions may refer to: the last compound named before it, and its parent.

    Args:
        phrase: A substituent with locants.
        phrases: All phrases of the caption, in order.

    Returns:
        Candidate names, the likeliest first; empty where the caption names none, or where another substituent stands
        between them, which the positions may as well belong to.
    """
    before = [p for p in phrases if p.kind is PhraseKind.STRUCTURE and p.end <= phrase.start]
    named = [p for p in before if p.source in _PARENT_SOURCES]
    if not named:
        return ()
    meant = named[-1:]
    if meant[0].source == "component":  # "a cinnamamide that consists of acrylamide with a phenyl group at position 3"
        meant += next(([p] for p in reversed(named) if p.source != "component"), [])
    names = [parent.name or parent.key for parent in meant]
    return tuple(dict.fromkeys(text for name in names for text in (name, open_parent(name)) if text))


def places(locants: Sequence[str]) -> tuple[str, ...]:
    """Write locants as OPSIN does: "C-3" and "3beta" are 3; empty where one of them is nothing of the kind."""
    found = [_LOCANT.match(locant) for locant in locants]
    if not found or len(found) > MAX_PLACES or not all(found):
        return ()
    return tuple(hit["place"].replace("-", "") for hit in found if hit is not None)


def atoms_at(
    parent: str, locants: Sequence[str], molecule: Molecule, nomenclature: Nomenclature
) -> tuple[frozenset[int], ...] | None:
    """Find what the molecule has at positions of a parent.

    Args:
        parent: Name of the parent, e.g. "flavone", "benzoic acid".
        locants: As captions write them: "3", "C-11", "4'", "N".
        molecule: The molecule.
        nomenclature: Reads the probes.

    Returns:
        For every locant the atoms (0-based indices) bound there to the parent, over all ways of laying the parent over
        the molecule, none where the position is free; None where the parent or a position is not understood, or the
        parent is not in the molecule.
    """
    wanted = places(locants)
    if not wanted:
        return None
    hyphen = "-" if not parent[:1].isalpha() or re.match(r"^[A-Z]-", parent) else ""
    names = [f"{place}-{_PROBE}{hyphen}{parent}" for place in wanted]
    probes = nomenclature.resolve(names)
    found: list[frozenset[int]] = []
    for name in names:
        probe = probes[name]
        if probe is None or probe.kind != "molecule" or probe.ambiguous:
            return None
        marked = _mark(probe.pattern)
        if marked is None:
            return None
        pattern, place = marked
        try:
            hits = find(
                molecule, pattern, floor=Level.NEUTRAL, max_hits=MAX_EMBEDDINGS, seconds=PLACE_SECONDS, unique=False
            )
        except MatchTimeoutError:
            return None  # nothing is known about this position, which is what None says
        if hits is not None and hits.capped:
            return None
        if hits is None and not _is_free(probe.smiles, parent, nomenclature):
            return None
        found.append(frozenset(hit[place] for hit in hits.atoms) if hits is not None else frozenset())
    return tuple(found) if any(found) or _is_there(parent, molecule, nomenclature) else None


def _is_free(probe: str, parent: str, nomenclature: Nomenclature) -> bool:
    """Tell whether the probe's iodine took the place of a hydrogen on a ring of the parent.

    "6-iodo" on glucose or "3-iodo" on kaempferol displaces a hydroxy group, and "2-iodoacetophenone" is not
    substituted on the ring that captions number: the molecule cannot be held to such a position. A parent without
    rings has its chain alone to number.
    """
    named = nomenclature.resolve([parent])[parent]
    if named is None:
        return False
    bare = Chem.RWMol(Chem.MolFromSmiles(probe))
    iodine = next(atom for atom in bare.GetAtoms() if atom.GetAtomicNum() == 53)
    if bare.GetRingInfo().NumRings() and not all(neighbour.IsInRing() for neighbour in iodine.GetNeighbors()):
        return False
    iodine.SetAtomicNum(1)  # not removed: the nitrogen of pyrrole must keep its hydrogen
    place = iodine.GetNeighbors()[0]
    if any(not n.IsInRing() and n.GetAtomicNum() in (7, 8, 16) for n in place.GetNeighbors()):
        return False  # "a methoxy group at position 2'" of adenosine stands for the hydroxy group there
    return str(Chem.MolToSmiles(Chem.RemoveHs(bare), isomericSmiles=False)) == str(
        Chem.MolToSmiles(Chem.MolFromSmiles(named.smiles), isomericSmiles=False)
    )


def _is_there(parent: str, molecule: Molecule, nomenclature: Nomenclature) -> bool:
    named = nomenclature.resolve([parent])[parent]
    if named is None or named.kind != "molecule" or named.ambiguous:
        return False
    try:
        return find(molecule, named.pattern, floor=Level.NEUTRAL, max_hits=1, seconds=PLACE_SECONDS) is not None
    except MatchTimeoutError:
        return False


@lru_cache(maxsize=4_096)
def _mark(pattern: str) -> tuple[str, int] | None:
    """Mark "any atom" in a probe's pattern for its iodine, and that atom's index; None unless it is there once."""
    flat = _STEREO.sub("", pattern).replace("/", "-").replace("\\", "-")
    if flat.count("[#53]") != 1 or _MARKED.search(flat) is None:
        return None
    text = _MARKED.sub(lambda hit: "~[*:1]" if hit.group().startswith("-") else "[*:1]~", flat)
    query = read_pattern(text).query
    marked = [atom.GetIdx() for atom in query.GetAtoms() if atom.GetAtomMapNum() == 1]
    return (text, marked[0]) if marked else None

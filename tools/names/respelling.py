"""Names in a spelling of their own brought into the one that OPSIN reads: groups by trivial names, loose descriptors.

As in `molreflect.tools.names.rewriting`, each rule rewrites text only, and counts when OPSIN reads the result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from molreflect.tools.names.rewriting import Rewritten
from molreflect.tools.names.words import BIOCHEMICAL, MULTIPLIERS, one_of


def respelt_names(name: str) -> Iterator[Rewritten]:
    """List every spelling that a rule gives for a name, in plain ASCII and without charge suffix; often none."""
    for rule in (_homologues, _groups, _bound_groups, _descriptors, _faces):
        yield from (found for found in rule(name) if found.text != name)


# ---------------------------------------------------------------------------------------------------------------------
# Homologues

_HOMOMETHIONINE = re.compile(
    r"^(?P<hydroxy>N,N-dihydroxy-?|N-hydroxy-?)?(?P<hand>[LD]-)?(?P<count>|di|tri|tetra|penta|hexa)homomethionin(?P<end>e|ate)$"
)


def _homologues(name: str) -> Iterator[Rewritten]:
    """Read "N,N-dihydroxy-L-trihomomethionine" as the amino acid with three methylene groups more."""
    match = _HOMOMETHIONINE.match(name)
    if match is None:
        return
    length = 4 + MULTIPLIERS[match["count"]]
    stem = _LENGTH_STEMS[length]
    amino = {None: "amino", "N,N-dihydroxy": "(dihydroxyamino)", "N-hydroxy": "(hydroxyamino)"}[
        match["hydroxy"].rstrip("-") if match["hydroxy"] else None
    ]
    stereo = {"L-": "(2S)-", "D-": "(2R)-", None: ""}[match["hand"]]
    acid = "oic acid" if match["end"] == "e" else "oate"
    yield Rewritten(f"{stereo}2-{amino}-{length}-(methylsulfanyl){stem}an{acid}")


_LENGTH_STEMS = {5: "pent", 6: "hex", 7: "hept", 8: "oct", 9: "non", 10: "dec"}


# ---------------------------------------------------------------------------------------------------------------------
# Groups by trivial names

_GROUPS: dict[str, str] = BIOCHEMICAL["groups"]
_GROUP = re.compile(rf"(?<![A-Za-z])(?P<group>{one_of(_GROUPS)})(?P<tail>oxy|amino)?(?![a-z])")


def _groups(name: str) -> Iterator[Rewritten]:
    """Read "lavandulyl" and "senecioylamino" by the systematic name of the group."""
    text = _GROUP.sub(lambda m: f"({_GROUPS[m['group']]}){m['tail']}" if m["tail"] else _GROUPS[m["group"]], name)
    if text != name:
        yield Rewritten(text)


# ---------------------------------------------------------------------------------------------------------------------
# Groups as parts of a sentence

_ON_HETERO = re.compile(r"^[NOS]-(?P<open>[(\[{])(?P<group>.+yl)(?P<close>[)\]}])$")
_AMIDO = re.compile(r"(?<=[a-z]yl[)\]}])amido$")
_ALKANAMINO = re.compile(r"^(?P<chain>.+an-\d+)-amino$")


def _bound_groups(name: str) -> Iterator[Rewritten]:
    """Read "N-(5-carboxypentyl)", "(N-acetylcysteinyl)amido" and "propan-2-amino" as the groups that they are."""
    if match := _ON_HETERO.match(name):
        yield Rewritten(match["group"])
    yield Rewritten(_AMIDO.sub("amino", name))
    if match := _ALKANAMINO.match(name):
        yield Rewritten(f"[{match['chain']}-yl]amino")


# ---------------------------------------------------------------------------------------------------------------------
# Descriptors

_BARE_DESCRIPTORS = re.compile(
    r"^(?P<stereo>\d+[RS](?:,\d+[RS])*)-(?P<many>di|tri|)(?P<group>amino|hydroxy|methyl|chloro|bromo|fluoro|oxo)"
)
_FACE = re.compile(r"(?<=\d)(?:alpha|beta)(?=[,-])")


def _descriptors(name: str) -> Iterator[Rewritten]:
    """Read "1S,2S-diaminocyclohexane", whose descriptors are the positions as well."""
    match = _BARE_DESCRIPTORS.match(name)
    places = re.findall(r"\d+", match["stereo"]) if match is not None else []
    if match is not None and len(places) == MULTIPLIERS[match["many"]]:
        rest = name[match.end("stereo") + 1 :]
        yield Rewritten(f"({match['stereo']})-{','.join(places)}-{rest}")


def _faces(name: str) -> Iterator[Rewritten]:
    """Set aside the faces of groups on a ring that has no faces by name: "4alpha-aminocyclohexane-1beta-ol"."""
    yield Rewritten(_FACE.sub("", name))

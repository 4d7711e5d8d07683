"""Names that list groups and nothing else: "4,5-dihydroxy-2,6-dioxo", "di-O-acetyl", "dihydroxy-"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from molreflect.tools.names.words import MULTIPLIERS

_ONE = re.compile(
    r"-?(?:\(?(?:\d{1,2}[a-z]?'{0,2}(?:alpha|beta|[rsez])?|[nosc])(?:,(?:\d{1,2}'{0,2}|[nosc]))*\)?-)*"
    r"(?P<count>mono|di|tri|tetra|penta|hexa|)-?(?:[nosc]-)?(?P<group>[a-z]+?)(?=-|$)"
)
_ENDS_AS_GROUP = re.compile(r"(?:yl|oxy|[a-z]o)$")
_SILENT = re.compile(r"(?:di|tri|tetra)?(?:deoxy|anhydro|dehydro|nor|seco|epi|iso)|(?:di|tetra|hexa)?hydro")
"""What is missing or turned: no group that could be looked for."""
MAX_GROUPS = 8


@dataclass(frozen=True, slots=True)
class CountedGroup:
    """One group of a list, and how often it is counted."""

    name: str
    count: int


def read_group_list(key: str) -> tuple[tuple[CountedGroup, ...], str] | None:
    """Take a list of groups apart.

    Args:
        key: A normalised name.

    Returns:
        The groups in their order and, separated by commas, what names no group ("didehydro"); None where the name
        is no list of at least one group.
    """
    groups: list[CountedGroup] = []
    silent: list[str] = []
    at = 0
    key = key.rstrip("-")
    while at < len(key):
        hit = _ONE.match(key, at)
        if hit is None or hit.end() == at or len(groups) == MAX_GROUPS:
            return None
        name, count = hit["group"], MULTIPLIERS[hit["count"].replace("mono", "")]
        if _SILENT.fullmatch(name) is not None:
            silent.append(hit[0].lstrip("-"))
        elif _ENDS_AS_GROUP.search(name) is None:
            return None
        else:
            groups.append(CountedGroup(name, count))
        at = hit.end()
    return (tuple(groups), ", ".join(silent)) if groups else None

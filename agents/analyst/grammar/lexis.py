"""Words of the grammar (`data/words.toml`): fillers, verbs and prepositions with the relation they state."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from molreflect.agents.analyst.grammar.relations import (
    Relation,
    across,
    at_places,
    at_site,
    attached,
    bears,
    bonded_by,
    ends_in,
    flanking,
    flanks,
    fused,
    greek,
    has,
    holds_within,
    is_conjugated,
    next_to,
    outside,
    placed,
    spiro,
    within,
)

Run = tuple[str, ...]
"""Words that stand one behind the other."""
RELATIONS: dict[str, Relation] = {
    "attached": attached,
    "site": at_site,
    "bears": bears,
    "has": has,
    "contains": holds_within,
    "within": within,
    "fused": fused,
    "outside": outside,
    "next": next_to,
    "conjugated": is_conjugated,
    "ends": ends_in,
    "surrounds": attached,
    "spiro": spiro,
    "flanks": flanks,
    "flanking": flanking,
    "single": bonded_by(1.0),
    "double": bonded_by(2.0),
    "triple": bonded_by(3.0),
    "cis": across("cis"),
    "trans": across("trans"),
    **{word: placed(word) for word in ("ortho", "meta", "para")},
    **{numbers: at_places(numbers) for numbers in ("1,2", "1,3", "1,4")},
    **{word: greek(word) for word in ("alpha", "beta", "gamma", "delta")},
}
"""How a part may stand to another one, by the names that the tables of words use."""
_ONTO = ("to", "onto", "on", "with", "at")
OTHER = (("each", "other"), ("one", "another"))
"""What stands in the place of the other parts themselves."""


@dataclass(frozen=True, slots=True)
class Words:
    """The tables of `data/words.toml`; what each is for stands there."""

    molecule: frozenset[str]
    cores: frozenset[str]
    fillers: frozenset[str]
    plain: frozenset[str]
    stop: frozenset[str]
    before_numbers: frozenset[str]
    sits: frozenset[str]
    links: frozenset[str]
    joins: frozenset[str]
    shares: frozenset[str]
    joined: frozenset[str]
    together: frozenset[str]
    ends: frozenset[str]
    no_class: frozenset[str]
    before_values: frozenset[str]
    of_the_molecule: frozenset[Run]
    takes_up: frozenset[Run]
    makes_up: frozenset[Run]
    given_by: tuple[Run, ...]
    openings: tuple[Run, ...]
    endings: tuple[Run, ...]
    makes: tuple[Run, ...]
    besides: tuple[Run, ...]
    typical: tuple[Run, ...]
    so: tuple[Run, ...]
    there: tuple[Run, ...]
    verbs: Mapping[Run, str]
    places: Mapping[Run, str]


@cache
def load_words() -> Words:
    """Load the tables, once."""
    folder = files("molreflect.agents.analyst.grammar") / "data"
    with (folder / "words.toml").open("rb") as file:
        read = tomllib.load(file)
    fields: dict[str, object] = {k: frozenset(v.split()) for k, v in read.items() if isinstance(v, str)}
    for name, value in read.items():
        if isinstance(value, list):
            runs = sorted((tuple(words.split()) for words in value), key=lambda run: (-len(run), run))
            fields[name] = frozenset(runs) if name in ("of_the_molecule", "takes_up", "makes_up") else tuple(runs)
        elif isinstance(value, dict):
            fields[name] = {tuple(words.split()): relation for relation, every in value.items() for words in every}
    places = fields["places"]
    assert isinstance(places, dict)
    for word in read["bonded"].split():
        places |= {(word, to): "attached" for to in _ONTO}
    del fields["bonded"]
    return Words(**fields)  # type: ignore[arg-type]

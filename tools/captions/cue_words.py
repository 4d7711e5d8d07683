"""The words the caption reader goes by, from `data/cue_words.toml`, whose comments say what each list is for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CueWords:
    """Hold every word list and table of the reader; all words are lower case."""

    articles: frozenset[str]
    placing: frozenset[str]
    abbreviations: frozenset[str]
    stop: frozenset[str]
    forms_of_be: frozenset[str]
    predicates: frozenset[str]
    before_predicates: frozenset[str]
    auxiliaries: frozenset[str]
    negations: frozenset[str]
    adjectives: frozenset[str]
    adjective_endings: tuple[str, ...]
    not_names: frozenset[str]

    group_nouns: frozenset[str]
    part_nouns: frozenset[str]
    bond_nouns: frozenset[str]
    class_heads: frozenset[str]
    empty_heads: frozenset[str]
    stereo_heads: frozenset[str]
    role_nouns: frozenset[str]
    structural_roles: frozenset[str]
    substance_roles: frozenset[str]
    not_structure: frozenset[str]

    name_endings: frozenset[str]
    simple_substituents: frozenset[str]
    not_multiplied: frozenset[str]
    no_claims: frozenset[str]

    substituent_verbs: frozenset[str]
    component_verbs: frozenset[str]
    structure_cues: frozenset[str]
    other_subjects: frozenset[str]
    other_matters: frozenset[str]
    comparisons: frozenset[str]
    uses: frozenset[str]
    effects: frozenset[str]
    bare_names: frozenset[str]
    removing_verbs: frozenset[str]
    modifying_verbs: frozenset[str]
    attaching_verbs: frozenset[str]
    substituent_adverbs: frozenset[str]
    parent_followers: frozenset[str]
    not_having: frozenset[str]

    role_ends: frozenset[str]
    sure_origins: frozenset[str]
    origin_words: frozenset[str]
    origin_ends: frozenset[str]
    origin_verbs: dict[str, frozenset[str]]
    """Verb to the prepositions that may follow it."""

    made_by: frozenset[str]
    salt_words: frozenset[str]
    tautomer_words: frozenset[str]
    reaction_sites: frozenset[str]
    relations: frozenset[str]
    """Every value that `Phrase.relation` can take."""
    formal_relations: frozenset[str]
    isomers: dict[str, str]
    """Noun to relation, as in the next three: "epimer" to "stereoisomer of"."""
    ions: dict[str, str]
    products: dict[str, str]
    reactions: dict[str, str]
    misspelt: dict[str, str]
    trimmed: frozenset[str]
    """What may be trimmed off the front of a name: adjectives, placing words and an opening bracket."""
    formulas: dict[str, str]
    """Groups written as formulas, capitals kept ("NO2"), to their names."""
    counts: dict[str, int]


@cache
def load_cue_words() -> CueWords:
    """Read the word lists, once in the life of the process."""
    data = tomllib.loads((files(__package__) / "data" / "cue_words.toml").read_text(encoding="utf-8"))
    fields: dict[str, Any] = {name: _word_set(words) for name, words in data.items() if not isinstance(words, dict)}
    for name in ("isomers", "ions", "products", "reactions"):
        fields[name] = {word: relation for relation, words in data[name].items() for word in words.split()}
    fields["adjective_endings"] = tuple(fields["adjective_endings"])
    fields["origin_verbs"] = {verb: _word_set(words) for verb, words in data["origin_verbs"].items()}
    for name in ("group_nouns", "part_nouns", "bond_nouns"):
        fields["structure_cues"] |= fields[name]
    fields["trimmed"] = fields["adjectives"] | fields["placing"] | {"("}
    formulas = {formula: name for name, written in data["formulas"].items() for formula in written.split()}
    return CueWords(**fields, misspelt=data["misspelt"], formulas=formulas, counts=data["counts"])


def _word_set(entry: str | list[str]) -> frozenset[str]:
    return frozenset(entry.split() if isinstance(entry, str) else entry)

"""Answers for other programs, with a schema; the MCP server and the JSON API give the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from molreflect.tools.terms import PhraseKind

MAX_ITEMS = 24
"""Most words, groups or alignments in one call."""
MAX_COMPARED = 6
MAX_MOLECULE = 10_000
"""Characters of what names a molecule; a SMILES may have 5,000."""
MAX_CAPTION = 4_000
MAX_TEXT = 20_000
MAX_SIMILAR = 10

MoleculeWords = Annotated[
    str,
    Field(
        min_length=1, max_length=MAX_MOLECULE, description="A molecule: SMILES, InChI or name.", examples=["aspirin"]
    ),
]
Words = Annotated[list[MoleculeWords], Field(min_length=1, max_length=MAX_ITEMS)]
GroupWords = Annotated[str, Field(min_length=1, max_length=400, examples=["carboxylic acid"])]
Groups = Annotated[
    list[GroupWords],
    Field(min_length=1, max_length=MAX_ITEMS, description="Groups, rings, elements, bonds or kinds of atom."),
]
LitGroups = Annotated[list[GroupWords], Field(max_length=MAX_ITEMS, description="Groups to light up.")]
Compared = Annotated[list[MoleculeWords], Field(min_length=2, max_length=MAX_COMPARED)]
Caption = Annotated[str, Field(min_length=1, max_length=MAX_CAPTION)]
Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
HowMany = Annotated[int, Field(ge=1, le=MAX_SIMILAR)]
Atoms = list[list[int]]


class Answer(BaseModel):
    """What all answers share: they are made from records of the chemistry tools."""

    model_config = ConfigDict(from_attributes=True)


class ReadMolecule(Answer):
    """What words were read as."""

    words: str
    smiles: str = Field(description="Empty where no molecule was read.")
    how: Literal["smiles", "inchi", "name", "formula"] | None = Field(description="As what it was read.")
    read_as: str = Field(description="The name or formula it was read as, where that is more than the words say.")
    guess: bool = Field(description="Whether the words could have meant something else.")
    why_not: str = Field(description="Why the words could not be read; empty where they were.")
    offers: list[str] = Field(description="Compounds that the words may mean, where they fit several.")


class ReadAnswer(Answer):
    """Molecules that were read, in the order they were asked for."""

    molecules: list[ReadMolecule]


class Group(Answer):
    """A class that stands in a molecule."""

    name: str
    pattern: str = Field(description="SMARTS.")
    atoms: Atoms
    whole: bool = Field(description="Whether the molecule as a whole is one.")


class Property(Answer):
    """One value and how it was calculated."""

    key: str
    name: str
    value: float | int | str
    unit: str
    method: str


class Lipinski(Answer):
    """How a molecule stands to the rule of five."""

    passes: bool = Field(description="At most one of its four bounds is exceeded.")
    exceeded: list[str]
    values: dict[str, float]


class GroupsAnswer(Answer):
    """What is in a molecule, the specific first, and its values."""

    smiles: str
    formula: str
    form: Literal["single", "salt", "mixture"]
    groups: list[Group]
    properties: list[Property]


class PropertiesAnswer(Answer):
    """Values of a molecule; calculated ones say how."""

    smiles: str
    properties: list[Property]
    lipinski: Lipinski


class LocatedGroup(Answer):
    """Where a group is."""

    words: str
    name: str = Field(description="What the words were read as; empty where they could not be.")
    counted: str = Field(description="What exactly was counted.")
    count: int
    atoms: Atoms = Field(description="0-based atom indices of each place, at most 48 places.")
    pattern: str = Field(description="SMARTS; empty for rings, atoms by kind and the like.")
    level: str = Field(description="How strictly it was found.")
    why_not: str = Field(description="Why the words could not be read.")
    offers: list[str] = Field(description="Names that the words resemble.")
    more: bool = Field(description="Whether there may be more places than were searched for.")


class LocateAnswer(Answer):
    """Where groups are, in the order they were asked for."""

    smiles: str
    groups: list[LocatedGroup]


class Claim(Answer):
    """A claim or an alignment with its verdict."""

    phrase: str
    start: int | None
    end: int | None
    verdict: Literal["supported", "refuted", "unchecked"]
    reason: str
    message: str
    pattern: str | None
    atoms: Atoms


class JudgedText(Answer):
    """The claims of a text about a molecule, and what of it was not read."""

    smiles: str
    claims: list[Claim]
    unread: list[str] = Field(description="Sentences in which nothing was checked.")


class Comparison(Answer):
    """Molecules beside each other."""

    smiles: list[str]
    relation: str = Field(description="How the first two stand to each other.")
    tanimoto: float = Field(description="Likeness of the first two, 0 to 1.")
    fingerprint: str
    core: str = Field(description="SMARTS of their largest common core; empty where they share none.")
    core_atoms: Atoms = Field(description="Atoms of the core in each molecule.")
    core_whole: bool
    shared: list[str] = Field(description="Groups that all have.")
    only: list[list[str]] = Field(description="Groups that each has and not all others have as often.")
    values: list[dict[str, float | int | str]]


class SimilarMolecule(Answer):
    """A pair of the corpus."""

    id: str
    smiles: str
    caption: str
    similarity: float


class SimilarAnswer(Answer):
    """The most similar molecules of the corpus, the molecule itself left out."""

    smiles: str
    similar: list[SimilarMolecule]


class Drawing(Answer):
    """A drawing."""

    smiles: str
    svg: str
    lit: list[str] = Field(description="The groups that are there and lit up.")


class ProposedTie(BaseModel):
    """A phrase of a caption that somebody ties to a pattern."""

    model_config = ConfigDict(extra="forbid")

    smiles: MoleculeWords
    caption: Caption
    phrase: Annotated[str, Field(min_length=1, max_length=MAX_CAPTION)]
    pattern: Annotated[str, Field(max_length=2_000, description="SMARTS; null for a relation.")] | None = None
    start: Annotated[int, Field(ge=0, le=MAX_CAPTION)] | None = None
    kind: PhraseKind = PhraseKind.STRUCTURE


class JudgedTie(Answer):
    """A tie with its verdict."""

    smiles: str
    phrase: str
    pattern: str | None
    start: int | None
    verdict: Literal["supported", "refuted", "unchecked"]
    reason: str
    message: str
    atoms: Atoms
    level: str | None


class JudgedTies(Answer):
    """Ties with their verdicts, in the order they were given."""

    judged: list[JudgedTie]


def claims_of(found: Sequence[Any]) -> list[Claim]:
    """Take claims from records that have the fields of one."""
    return [Claim.model_validate(each) for each in found]

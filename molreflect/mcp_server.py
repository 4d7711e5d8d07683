"""The facts about molecules as a server of the Model Context Protocol, for other agents (`molreflect mcp`).

Every tool reads only, takes a molecule as SMILES, InChI or name, and answers with a schema. What words are looked up in
is opened once and stays open between calls.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field

from molreflect.conversations import desk
from molreflect.session import Session
from molreflect.tools.errors import InputError
from molreflect.tools.facts.groups import locate as locate_group
from molreflect.tools.facts.molecules import read_one, read_words
from molreflect.tools.resources import Resources
from molreflect.tools.views.drawing import Highlight, draw_alignments

P = ParamSpec("P")
R = TypeVar("R")

INSTRUCTIONS = """Facts about molecules, decided by chemistry and not by a model. Pass a molecule as SMILES, InChI or
name. Atoms are 0-based indices of the SMILES in the answer. 'unchecked' means that nothing here can decide; it is no
support."""
MAX_ITEMS = 24
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

MoleculeWords = Annotated[str, Field(description="A molecule: SMILES, InChI or name.", max_length=10_000)]
Words = Annotated[list[str], Field(min_length=1, max_length=MAX_ITEMS)]


class ReadMolecule(BaseModel):
    """What words were read as."""

    words: str
    smiles: str = Field(description="Empty where no molecule was read.")
    read_as: str = Field(description="The name or formula it was read as, where that is more than the words say.")
    why_not: str = Field(description="Why the words could not be read; empty where they were.")
    offers: list[str] = Field(description="Compounds that the words may mean, where they fit several.")


class ReadAnswer(BaseModel):
    """Molecules that were read, in the order they were asked for."""

    molecules: list[ReadMolecule]


class Facts(BaseModel):
    """What a tool of the conversation answers, and the molecule that its atoms count."""

    smiles: str
    facts: dict[str, Any]


class ClaimOut(BaseModel):
    """A claim or an alignment with its verdict."""

    phrase: str
    start: int | None
    end: int | None
    verdict: str = Field(description="supported, refuted or unchecked.")
    reason: str
    message: str
    pattern: str | None
    atoms: list[list[int]]


class Judged(BaseModel):
    """The claims of a text about a molecule, and what of it was not read."""

    smiles: str
    claims: list[ClaimOut]
    unread: list[str] = Field(description="Sentences in which nothing was checked.")


class Comparison(BaseModel):
    """What molecules have in common, and what not."""

    smiles: list[str]
    facts: dict[str, Any]


class Drawing(BaseModel):
    """A drawing."""

    smiles: str
    svg: str
    lit: list[str] = Field(description="The groups that are there and lit up.")


def _explained(call: Callable[P, R]) -> Callable[P, R]:
    """Tell a client of its mistakes in one line; a bug travels up."""

    @wraps(call)
    def explained(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return call(*args, **kwargs)
        except InputError as error:
            raise ToolError(str(error)) from error

    return explained


@contextmanager
def open_server(corpus: str | None = None) -> Iterator[MCPServer[Any]]:
    """Open what the tools look things up in, and build the server.

    Args:
        corpus: Pairs to look for similar molecules in; the sample corpus where none is given.

    Raises:
        InputError: The corpus cannot be had.
    """
    from molreflect import __version__

    with Session() as session, desk(corpus=corpus) as opened:
        server: MCPServer[Any] = MCPServer("molreflect", instructions=INSTRUCTIONS, version=__version__)
        tools = {tool.name: tool for tool in opened.tools}

        def ask(name: str, **arguments: Any) -> dict[str, Any]:
            found: dict[str, Any] = json.loads(tools[name].invoke(arguments))
            return found

        resources: Resources = opened.how["resources"]
        _add_facts(server, resources, ask)
        _add_judgements(server, resources, session)
        yield server


def _add_facts(server: MCPServer[Any], resources: Resources, ask: Callable[..., dict[str, Any]]) -> None:
    """Add the tools that say what is in molecules."""

    @server.tool(title="Read molecules", annotations=_READS)
    @_explained
    def read(words: Words) -> ReadAnswer:
        """Read SMILES, InChI, names and formulas as molecules, and say why where they cannot be read."""
        found = [read_words(each, resources) for each in words]
        return ReadAnswer(
            molecules=[
                ReadMolecule(
                    words=m.words, smiles=m.smiles, read_as=m.read_as, why_not=m.why_not, offers=list(m.offers)
                )
                for m in found
            ]
        )

    @server.tool(title="List groups", annotations=_READS)
    @_explained
    def groups(molecule: MoleculeWords) -> Facts:
        """List what is in a molecule: what it is as a whole, functional groups and rings with atoms, and its values."""
        smiles = read_one(molecule, resources).smiles
        values = ask("calculate_properties", smiles=smiles)
        return Facts(smiles=smiles, facts=ask("list_groups", smiles=smiles) | {"properties": values["properties"]})

    @server.tool(title="Locate groups", annotations=_READS)
    @_explained
    def locate(molecule: MoleculeWords, groups: Words) -> Facts:
        """Say where groups, rings, elements or bonds are in a molecule and how many."""
        smiles = read_one(molecule, resources).smiles
        there = ask("locate_groups", smiles=smiles, groups=groups)["groups"]
        return Facts(smiles=smiles, facts={"groups": there})

    @server.tool(title="Compare molecules", annotations=_READS)
    @_explained
    def compare(molecules: Annotated[list[str], Field(min_length=2, max_length=6)]) -> Comparison:
        """Compare molecules: the same compound or not, common core, groups that each has, likeness, values."""
        smiles = [read_one(each, resources).smiles for each in molecules]
        return Comparison(smiles=smiles, facts=ask("compare_molecules", smiles=smiles))

    @server.tool(title="Similar molecules", annotations=_READS)
    @_explained
    def similar(molecule: MoleculeWords, k: Annotated[int, Field(ge=1, le=10)] = 3) -> Facts:
        """Find the most similar molecules of the corpus with their captions; the molecule itself is never returned."""
        smiles = read_one(molecule, resources).smiles
        return Facts(smiles=smiles, facts=ask("similar_molecules", smiles=smiles, k=k))

    @server.tool(title="Draw a molecule", annotations=_READS)
    @_explained
    def draw(molecule: MoleculeWords, groups: Annotated[list[str], Field(max_length=MAX_ITEMS)] = []) -> Drawing:  # noqa: B006
        """Draw a molecule as SVG, groups of it lit up in colours; nothing is written to a file."""
        read = read_one(molecule, resources)
        found = [locate_group(words, read, resources) for words in groups]
        lit = [Highlight(each.name, each.atoms) for each in found if each.atoms]
        return Drawing(smiles=read.smiles, svg=draw_alignments(read, lit), lit=[each.label for each in lit])


def _add_judgements(server: MCPServer[Any], resources: Resources, session: Session) -> None:
    """Add the tools that judge words about molecules."""
    from molreflect.tools.verification.text_check import check

    @server.tool(title="Align a caption", annotations=_READS)
    @_explained
    def align(molecule: MoleculeWords, caption: Annotated[str, Field(min_length=1, max_length=4_000)]) -> Judged:
        """Tie the phrases of a caption to sub-structures of a molecule, each with a verdict, a reason and atoms."""
        smiles = read_one(molecule, resources).smiles
        record = session.align(smiles, caption)
        unread = [caption[sentence.start : sentence.end] for sentence in record.unread or ()]
        return Judged(smiles=smiles, claims=_claims(record.alignments), unread=unread)

    @server.tool(title="Check a text", annotations=_READS)
    @_explained
    def check_text(molecule: MoleculeWords, text: Annotated[str, Field(min_length=1, max_length=20_000)]) -> Judged:
        """Check every structural claim of a text about a molecule; call it on your own answer before you give it."""
        found = check(read_one(molecule, resources), text, resources)
        return Judged(smiles=found.smiles, claims=_claims(found.claims), unread=[u.text for u in found.unread])


def _claims(found: Sequence[Any]) -> list[ClaimOut]:
    return [
        ClaimOut(
            phrase=each.phrase,
            start=each.start,
            end=each.end,
            verdict=str(each.verdict),
            reason=str(each.reason),
            message=each.message,
            pattern=each.pattern,
            atoms=[list(place) for place in each.atoms],
        )
        for each in found
    ]

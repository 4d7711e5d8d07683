"""The facts about molecules as a server of the Model Context Protocol, for other agents (`molreflect mcp`).

Every tool reads only, takes a molecule as SMILES, InChI or name, and answers with a schema. What words are looked up in
is opened once and stays open between calls. Hosts with MCP Apps show what was found in a panel; others get the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

from mcp.server import MCPServer
from mcp.server.apps import Apps, client_supports_apps
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel

from molreflect import __version__
from molreflect.conversations import desk
from molreflect.services import models
from molreflect.services.cards import located_html
from molreflect.services.facts import FactService, judged_record, judged_text, open_facts
from molreflect.settings import Settings
from molreflect.tools.errors import InputError
from molreflect.tools.views.html import alignment_html, panel_page

P = ParamSpec("P")
R = TypeVar("R")

INSTRUCTIONS = """Facts about molecules, decided by chemistry and not by a model. Pass a molecule as SMILES, InChI or
name. Atoms are 0-based indices of the SMILES in the answer. 'unchecked' means that nothing here can decide; it is no
support."""
PANEL = "ui://molreflect/molecule-and-phrases.html"
CARD = "molreflect/card"
"""Key of a result's metadata under which the panel finds what to show; models do not read it."""
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


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
    with desk(corpus=corpus) as opened, open_facts(opened, Settings().home) as facts:
        apps = Apps()
        _add_shown(apps, facts)
        apps.add_html_resource(
            PANEL,
            panel_page(__version__),
            name="molecule-and-phrases",
            title="Molecule and phrases",
            description="A molecule drawn, the phrases said of it with their verdicts; each lights up the other.",
            prefers_border=True,
        )
        server: MCPServer[Any] = MCPServer(
            "molreflect", title="MolReflect", instructions=INSTRUCTIONS, version=__version__, extensions=[apps]
        )
        _add_facts(server, facts)
        yield server


def _add_facts(server: MCPServer[Any], facts: FactService) -> None:
    """Add the tools whose answers are words and values."""

    @server.tool(title="Read molecules", annotations=_READS)
    @_explained
    def read(words: models.Words) -> models.ReadAnswer:
        """Read SMILES, InChI, names and formulas as molecules, and say why where they cannot be read."""
        return facts.read(words)

    @server.tool(title="List groups", annotations=_READS)
    @_explained
    def groups(molecule: models.MoleculeWords) -> models.GroupsAnswer:
        """List what is in a molecule: what it is as a whole, functional groups and rings with atoms, and its values."""
        return facts.groups(molecule)

    @server.tool(title="Compare molecules", annotations=_READS)
    @_explained
    def compare(molecules: models.Compared) -> models.Comparison:
        """Compare molecules: the same compound or not, common core, groups that each has, likeness, values."""
        return facts.compare(molecules)

    @server.tool(title="Similar molecules", annotations=_READS)
    @_explained
    def similar(molecule: models.MoleculeWords, k: models.HowMany = 3) -> models.SimilarAnswer:
        """Find the most similar molecules of the corpus with their captions; the molecule itself is never returned."""
        return facts.similar(molecule, k)

    @server.tool(title="Draw a molecule", annotations=_READS)
    @_explained
    def draw(molecule: models.MoleculeWords, groups: models.LitGroups = []) -> models.Drawing:  # noqa: B006
        """Draw a molecule as SVG, groups of it lit up in colours; nothing is written to a file."""
        return facts.draw(molecule, groups)


def _add_shown(apps: Apps, facts: FactService) -> None:
    """Add the tools whose answers the panel shows."""

    @apps.tool(resource_uri=PANEL, title="Locate groups", annotations=_READS)
    @_explained
    def locate(
        molecule: models.MoleculeWords, groups: models.Groups, context: Context[Any]
    ) -> Annotated[CallToolResult, models.LocateAnswer]:
        """Say where groups, rings, elements or bonds are in a molecule and how many."""
        answer = facts.locate(molecule, groups)
        return _shown(answer, context, lambda: located_html(answer))

    @apps.tool(resource_uri=PANEL, title="Align a caption", annotations=_READS)
    @_explained
    def align(
        molecule: models.MoleculeWords, caption: models.Caption, context: Context[Any]
    ) -> Annotated[CallToolResult, models.JudgedText]:
        """Tie the phrases of a caption to sub-structures of a molecule, each with a verdict, a reason and atoms."""
        record = facts.align(molecule, caption)
        return _shown(judged_record(record), context, lambda: alignment_html(record.to_json()))

    @apps.tool(resource_uri=PANEL, title="Check a text", annotations=_READS)
    @_explained
    def check_text(
        molecule: models.MoleculeWords, text: models.Text, context: Context[Any]
    ) -> Annotated[CallToolResult, models.JudgedText]:
        """Check every structural claim of a text about a molecule; call it on your own answer before you give it."""
        found = facts.check(molecule, text)
        return _shown(judged_text(found), context, lambda: alignment_html(found.to_record()))


def _shown(answer: BaseModel, context: Context[Any], card: Callable[[], str]) -> CallToolResult:
    """Answer with text and structure, and for hosts with panels what these show."""
    return CallToolResult(
        content=[TextContent(type="text", text=answer.model_dump_json())],
        structured_content=answer.model_dump(mode="json"),
        _meta={CARD: card()} if client_supports_apps(context) else None,
    )

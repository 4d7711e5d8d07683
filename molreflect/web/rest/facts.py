"""Facts about molecules, texts judged and captions aligned."""

from __future__ import annotations

from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from molreflect.services import models
from molreflect.services.facts import FactService, judged_record, judged_text
from molreflect.services.workers import Workers
from molreflect.web.rest.problems import only_known, responses

A = TypeVar("A", bound=BaseModel)


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OneMolecule(_Asked):
    """A molecule."""

    molecule: models.MoleculeWords


class ManyWords(_Asked):
    """Words that may each mean a molecule."""

    words: models.Words


class MoleculeAndGroups(_Asked):
    """A molecule and what is looked for in it."""

    molecule: models.MoleculeWords
    groups: models.Groups


class MoleculeAndText(_Asked):
    """A molecule and any text about it."""

    molecule: models.MoleculeWords
    text: models.Text


class MoleculeAndCaption(_Asked):
    """A molecule and its caption."""

    molecule: models.MoleculeWords
    caption: models.Caption


class ManyMolecules(_Asked):
    """Molecules to compare."""

    molecules: models.Compared


class MoleculeAndNumber(_Asked):
    """A molecule, and how many similar ones are wanted."""

    molecule: models.MoleculeWords
    k: models.HowMany = 3


class MoleculeToDraw(_Asked):
    """A molecule, and groups to light up."""

    molecule: models.MoleculeWords
    groups: models.LitGroups = Field(default_factory=list)


class Ties(_Asked):
    """Phrases of captions that somebody ties to patterns."""

    ties: Annotated[list[models.ProposedTie], Field(min_length=1, max_length=models.MAX_ITEMS)]


def build_router(facts: FactService, workers: Workers) -> APIRouter:
    """Build the addresses of the facts.

    Args:
        facts: Answers them.
        workers: In a thread of which each is answered.
    """
    router = APIRouter(tags=["facts"], responses=responses(413, 422, 429), dependencies=[Depends(only_known)])

    @router.post("/read", summary="Read SMILES, InChI, names and formulas as molecules")
    async def read(asked: ManyWords) -> models.ReadAnswer:
        """What cannot be read says why; that is no error."""
        return await workers.call(facts.read, asked.words)

    @router.post("/groups", summary="List what is in a molecule")
    async def groups(asked: OneMolecule) -> models.GroupsAnswer:
        """What it is as a whole, its functional groups and rings with atoms, and its values."""
        return await workers.call(facts.groups, asked.molecule)

    @router.post("/properties", summary="Calculate the values of a molecule")
    async def properties(asked: OneMolecule) -> models.PropertiesAnswer:
        """Each with its method; calculated values are no measured ones."""
        return await workers.call(facts.properties, asked.molecule)

    @router.post("/locate", summary="Say where groups are and how many")
    async def locate(asked: MoleculeAndGroups) -> models.LocateAnswer:
        """Groups, rings, elements, bonds or kinds of atom; atoms are 0-based indices of the SMILES in the answer."""
        return await workers.call(facts.locate, asked.molecule, asked.groups)

    @router.post("/compare", summary="Compare two to six molecules")
    async def compare(asked: ManyMolecules) -> models.Comparison:
        """The same compound or not, common core, groups that each has, likeness, values."""
        return await workers.call(facts.compare, asked.molecules)

    @router.post("/similar", summary="Find similar molecules of the corpus")
    async def similar(asked: MoleculeAndNumber) -> models.SimilarAnswer:
        """With their captions, most similar first; the molecule itself is never among them."""
        return await workers.call(facts.similar, asked.molecule, asked.k)

    @router.post("/draw", summary="Draw a molecule as SVG")
    async def draw(asked: MoleculeToDraw) -> models.Drawing:
        """Groups of it are lit up in colours; those that are not there are left out of `lit`."""
        return await workers.call(facts.draw, asked.molecule, asked.groups)

    @router.post("/check", summary="Check every structural claim of a text")
    async def check(asked: MoleculeAndText) -> models.JudgedText:
        """Each is supported, refuted or unchecked, with atoms; sentences that were not read are named."""
        return judged_text(await workers.call(facts.check, asked.molecule, asked.text))

    @router.post("/judge", summary="Judge alignments that somebody else made")
    async def judge(asked: Ties) -> models.JudgedTies:
        """Each ties a phrase of a caption to a SMARTS pattern."""
        return await workers.call(facts.judge, asked.ties)

    @router.post("/align", summary="Align a caption with a molecule")
    async def align(asked: MoleculeAndCaption) -> models.JudgedText:
        """Phrases tied to sub-structures, each with a verdict, a reason and atoms."""
        return judged_record(await workers.call(facts.align, asked.molecule, asked.caption))

    return router

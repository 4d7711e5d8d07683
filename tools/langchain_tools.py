"""What a teacher calls, as LangChain tools; those of a conversation are in `facts.langchain_tools`.

Docstrings here are read by the model: they say when to call a tool, not how it works. Arguments a model got wrong
come back to it as a message (`InputError`); bugs travel up.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, tool
from pydantic import BaseModel, Field
from rdkit import Chem

from molreflect.tools.errors import InputError
from molreflect.tools.meaning.interpret import interpret, mined_interpretations
from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.meaning.membership import membership_of
from molreflect.tools.molecules.match import MATCH_SECONDS, MatchTimeoutError, find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.names.systematic import Namer
from molreflect.tools.resources import Resources
from molreflect.tools.retrieval.index import Neighbour
from molreflect.tools.terms import Level, PhraseKind
from molreflect.tools.verification.case import stands_modified
from molreflect.tools.verification.proposals import ProposedAlignment, Rung, Verification
from molreflect.tools.verification.verify import verify_all

MAX_ITEMS = 128
"""Most phrases, patterns or proposals in one call."""
MAX_ATOM_LISTS = 8
"""Most occurrences of a pattern whose atoms an answer lists."""
MAX_ANSWER = 16_000
"""Characters above which an answer lists fewer occurrences of each class."""
SMALL_PLACE = 6
"""Atoms of a class that are listed even where an answer is too long."""
LIST_SECONDS = 5.0
"""Most processor time for looking all classes of the lexicon up in one molecule."""

PAIR_ID = "pair_id"
"""Key of the run's configuration that holds the id of the pair in hand, so that it is left out of its own evidence."""

FindNeighbours = Callable[[str, int], Sequence[Neighbour]]
"""`(smiles, k) -> neighbours`, most similar first."""


class AlignmentArgument(BaseModel):
    """One tie to check."""  # the model reads this: `ProposedAlignment` in the words of this tool

    phrase: str = Field(description="Words quoted verbatim from the caption.")
    pattern: str | None = Field(default=None, description="SMARTS of the substructure the phrase means; null for none.")
    start: int | None = Field(default=None, description="Character offset of the phrase in the caption, if known.")
    kind: PhraseKind = Field(default=PhraseKind.STRUCTURE, description="structure, relation, role or origin.")
    source: str = Field(default="model", description="Where the pattern comes from.")
    floor: Rung = Field(default=Level.NEUTRAL, description="Loosest rung of the match ladder to accept.")


def build_alignment_tools(resources: Resources) -> list[BaseTool]:
    """Build the tools a teacher works with."""
    return [*_build_reading_tools(resources), *_build_checking_tools(resources)]


def _build_reading_tools(resources: Resources) -> list[BaseTool]:
    """What a caption says, and what its phrases mean."""

    @tool("read_caption", parse_docstring=True)
    def read_caption(caption: str) -> str:
        """List the phrases of a caption that speak about structure, relations, roles and origin. Call this first.

        Args:
            caption: The caption, word for word.
        """
        phrases = [
            {
                "phrase": p.text,
                "start": p.start,
                "kind": p.kind,
                "name": p.name or p.key,
                "count": p.count,
                "modified": stands_modified(p, caption),
            }
            for p in resources.reader.read(caption)
        ]
        return json.dumps({"phrases": phrases}, ensure_ascii=False)

    @tool("look_up_phrases", parse_docstring=True)
    def look_up_phrases(
        names: list[str], config: RunnableConfig, modified: list[str] | None = None, smiles: str | None = None
    ) -> str:
        """Look up what phrases mean as SMARTS: curated classes first, then systematic names read as structures.

        Args:
            names: Phrases, or the `name` values that read_caption gave; all of them in one call.
            modified: Those of them that stand in modified form, as read_caption says (a residue, a changed parent).
            smiles: The molecule, if known: classes that count rings or the carbons of a skeleton need it.
        """
        _bounded(names)
        molecule = read_molecule(smiles) if smiles is not None else None
        changed = set(modified or ())
        own = config.get("configurable", {}).get(PAIR_ID)
        found = {
            name: [
                _reading(r)
                for r in interpret(name, resources, leave_out=own, modified=name in changed, molecule=molecule)
            ]
            for name in names
        }
        return json.dumps({"readings": found}, ensure_ascii=False)

    @tool("mine_fragments", parse_docstring=True)
    def mine_fragments(names: list[str], config: RunnableConfig) -> str:
        """Ask the corpus which fragments the molecules captioned with a phrase share. For phrases nobody can look up.

        Args:
            names: Phrases, or the `name` values that read_caption gave.
        """
        _bounded(names)
        own = config.get("configurable", {}).get(PAIR_ID)
        found = {name: [_reading(r) for r in mined_interpretations(name, resources, leave_out=own)] for name in names}
        return json.dumps({"readings": found}, ensure_ascii=False)

    return [read_caption, look_up_phrases, mine_fragments]


def _build_checking_tools(resources: Resources) -> list[BaseTool]:
    """What is in a molecule, and whether alignments stand."""

    @tool("check_alignments", parse_docstring=True)
    def check_alignments(
        alignments: list[AlignmentArgument],
        config: RunnableConfig,
        smiles: str | None = None,
        caption: str | None = None,
    ) -> str:
        """Check ties of phrases and patterns before you submit them: each comes back with verdict, reason and advice.

        Args:
            alignments: The ties, all in one call.
            smiles: The molecule, as SMILES; leave out when only the caption is known.
            caption: The caption, word for word; leave out when only the molecule is known.
        """
        _bounded(alignments)
        pair_id = config.get("configurable", {}).get(PAIR_ID)
        proposals = [ProposedAlignment(**vars(item)) for item in alignments]
        verified = verify_all(proposals, smiles=smiles, caption=caption, resources=resources, pair_id=pair_id)
        return json.dumps({"verdicts": [_brief(v) for v in verified]}, ensure_ascii=False)

    @tool("find_substructure", parse_docstring=True)
    def find_substructure(smiles: str, patterns: list[str]) -> str:
        """Check where patterns occur in the molecule before tying any phrase of the caption to them.

        Args:
            smiles: The molecule, as SMILES.
            patterns: SMARTS patterns to look for, e.g. "[CX3](=O)[OX2H1]" for a carboxylic acid.
        """
        _bounded(patterns)
        molecule = read_molecule(smiles)
        found: dict[str, Any] = {}
        for pattern in patterns:
            try:
                hits = find(molecule, pattern, smiles_too=True)
            except InputError as error:
                found[pattern] = {"error": str(error)}
                continue
            found[pattern] = {"hits": 0}
            if hits is not None:
                shown = hits.atoms[:MAX_ATOM_LISTS]
                found[pattern] = {"hits": len(hits.atoms), "level": hits.level, "atoms": shown}
        return json.dumps({"patterns": found})

    @tool("list_classes", parse_docstring=True)
    def list_classes(smiles: str) -> str:
        """List the structural classes that a molecule belongs to, with pattern and atoms. Needs no caption.

        Classes that could not be decided in time, in very large molecules, are named under "undecided"; there, atoms
        of large groups may be left out.

        Args:
            smiles: The molecule, as SMILES.
        """
        found, undecided = classes_of(smiles, resources)
        left: dict[str, Any] = {"undecided": undecided[:MAX_ITEMS]} if undecided else {}
        shown = MAX_ATOM_LISTS
        while len(answer := _compact({"classes": found} | left)) > MAX_ANSWER and shown > 1:
            shown //= 2  # a large molecule belongs to many classes: fewer of their places each
            found = [entry | {"atoms": entry["atoms"][:shown]} for entry in found]
        if len(answer) > MAX_ANSWER:  # whole skeletons: their names tell more than their atoms
            large = [entry for entry in found if sum(map(len, entry["atoms"])) > SMALL_PLACE]
            for entry in large:
                entry["atoms"] = []
            answer = _compact({"classes": found, "atoms_left_out": len(large)} | left)
        return answer

    return [check_alignments, find_substructure, list_classes]


def build_name_tool(resources: Resources) -> BaseTool:
    """Build the tool that turns names into structures."""

    @tool("resolve_names", parse_docstring=True)
    def resolve_names(names: list[str]) -> str:
        """Turn chemical names into SMILES. Use it when the user names a molecule instead of giving its SMILES.

        Args:
            names: Names, e.g. "2-methoxyphenol".
        """
        _bounded(names)
        found = resources.nomenclature.resolve(names)
        return json.dumps(
            {
                "structures": {
                    n: None if (s := found[n]) is None else {"smiles": s.smiles, "kind": s.kind} for n in names
                }
            },
            ensure_ascii=False,
        )

    return resolve_names


def build_naming_tool(namer: Namer) -> BaseTool:
    """Build the tool that names a molecule, with the atoms of the name's parts."""

    @tool("name_molecule", parse_docstring=True)
    def name_molecule(smiles: str) -> str:
        """Name a molecule systematically; every part of the name comes with the atoms it stands for.

        Args:
            smiles: The molecule, as SMILES.
        """
        molecule = read_molecule(smiles)
        naming = namer.name(molecule)
        parts = [
            asdict(p) | {"pattern": Chem.MolFragmentToSmarts(molecule.mol, sorted(p.atoms), isomericSmarts=False)}
            for p in naming.parts
        ]
        return json.dumps({"name": naming.name, "status": naming.status, "message": naming.message, "parts": parts})

    return name_molecule


def build_similarity_tool(neighbours: FindNeighbours) -> BaseTool:
    """Build the tool that retrieves similar molecules from the corpus."""

    @tool("similar_molecules", parse_docstring=True)
    def similar_molecules(smiles: str, k: int = 3) -> str:
        """Find the most similar molecules of the corpus, with their captions. The molecule itself is never returned.

        Args:
            smiles: The molecule, as SMILES.
            k: How many, 1 to 10.
        """
        found = neighbours(read_molecule(smiles).smiles, max(1, min(k, 10)))
        return json.dumps(
            {
                "similar": [
                    {"id": n.id, "smiles": n.smiles, "caption": n.caption, "similarity": round(n.similarity, 4)}
                    for n in found
                ]
            },
            ensure_ascii=False,
        )

    return similar_molecules


def classes_of(smiles: str, resources: Resources) -> tuple[list[dict[str, Any]], list[str]]:
    """List every class of the lexicon that the molecule belongs to, with the first pattern that matched and its atoms.

    Returns:
        The classes, and the names of those that no bound on time let decide.

    Raises:
        InputError: `smiles` cannot be read.
    """
    molecule = read_molecule(smiles)
    found: list[dict[str, Any]] = []
    undecided: list[str] = []
    late = time.thread_time() + LIST_SECONDS
    for entry in resources.lexicon.classes:
        for pattern in entry.patterns:
            try:
                left = late - time.thread_time()
                hits = find(molecule, pattern, floor=entry.level, seconds=max(0.0, min(MATCH_SECONDS, left)))
            except MatchTimeoutError:
                undecided.append(entry.name)
                break
            if hits is not None:
                if membership_of(entry.name, molecule, resources.lexicon).holds is False:
                    break  # the pattern occurs, but the molecule is none: an alkyl chain makes no alkane
                found.append(
                    {
                        "name": entry.name,
                        "group": entry.group,
                        "pattern": pattern,
                        "level": hits.level,
                        "atoms": hits.atoms[:MAX_ATOM_LISTS],
                    }
                )
                break
    return found, undecided


def _compact(answer: dict[str, Any]) -> str:
    return json.dumps(answer, separators=(",", ":"))


def _bounded(items: Sequence[object]) -> None:
    if len(items) > MAX_ITEMS:
        raise InputError(f"{len(items)} items in one call; pass at most {MAX_ITEMS}")


def _reading(reading: Interpretation) -> dict[str, Any]:
    return {"patterns": list(reading.patterns), "source": reading.source, "name": reading.name, "floor": reading.floor}


def _brief(verification: Verification) -> dict[str, Any]:
    """What a teacher needs to know of a verdict, and no more."""
    brief: dict[str, Any] = {
        "phrase": verification.proposal.phrase,
        "start": verification.start,
        "pattern": verification.proposal.pattern,
        "verdict": verification.verdict,
        "reason": verification.reason,
    }
    if verification.message:
        brief["message"] = verification.message
    if verification.atoms:
        brief["atoms"] = verification.atoms[:MAX_ATOM_LISTS]
    return brief

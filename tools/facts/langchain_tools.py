"""The facts as LangChain tools: what the analyst and any model of a conversation call.

Docstrings here are read by the model. Answers are JSON; what a caller got wrong comes back as a message (`InputError`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool, tool
from rdkit import Chem

from molreflect.tools.errors import InputError
from molreflect.tools.facts.changes import change
from molreflect.tools.facts.classes import is_a, told_to_people
from molreflect.tools.facts.comparison import FINGERPRINT, compare
from molreflect.tools.facts.contents import contents_of, rings_of
from molreflect.tools.facts.controlled import list_names, screen_structure, screen_text
from molreflect.tools.facts.descriptions import built_from
from molreflect.tools.facts.groups import locate
from molreflect.tools.facts.identifiers import identify
from molreflect.tools.facts.molecules import read_words
from molreflect.tools.facts.properties import KEYS, properties_of, rule_of_five
from molreflect.tools.facts.statements import numeric_statements
from molreflect.tools.facts.stereo import stereo_of
from molreflect.tools.facts.substitution import substitution_of
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.names.systematic import Namer
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Verdict
from molreflect.tools.verification.text_check import check

MAX_ITEMS = 24
"""Most names, groups, classes or molecules in one call."""
MAX_TEXT = 20_000
"""Characters of a text that is checked."""
MAX_SHOWN = 48
"""Places of a group whose atoms an answer lists."""


def build_fact_tools(resources: Resources, namer: Namer, pictures: Callable[[], Path]) -> list[BaseTool]:
    """Build the tools of a conversation about molecules.

    Args:
        resources: What words are looked up in.
        namer: Names molecules systematically.
        pictures: Says the folder that drawings are written to, when one is asked for.
    """
    return [
        *_reading(resources, namer),
        *_groups(resources),
        *_values(),
        *_several(resources),
        *_texts(resources),
        _drawing(resources, pictures),
    ]


def _reading(resources: Resources, namer: Namer) -> list[BaseTool]:
    @tool("read_molecules", parse_docstring=True)
    def read_molecules(words: list[str]) -> str:
        """Read words as molecules: SMILES, InChI, systematic or trivial names, formulas; say how each was read.

        Args:
            words: What the user calls the molecules, e.g. "aspirin", "2-butanol", "CCO".
        """
        _bounded(words)
        return _written({"molecules": {each: _read_and_screened(each, resources) for each in words}})

    @tool("identify_molecule", parse_docstring=True)
    def identify_molecule(smiles: str, names: bool = True) -> str:
        """Name a molecule systematically, and give its trivial names, canonical SMILES, InChI, InChIKey and formula.

        Args:
            smiles: The molecule, as SMILES.
            names: Whether names are asked for; false where an InChIKey or another identifier is all that is needed.
        """
        return _written(identify(read_molecule(smiles), namer, resources, named=names).to_json())

    @tool("screen_controlled", parse_docstring=True)
    def screen_controlled(words: list[str], text: str = "") -> str:
        """Look compounds up in public lists of controlled chemicals; says nothing of safety.

        Args:
            words: What the user calls the molecules; may be empty.
            text: A text that is searched for names of listed compounds.
        """
        found = {each: _read_and_screened(each, resources) for each in words[:MAX_ITEMS]}
        matches = [match for entry in found.values() for match in entry.get("listed", ())]
        named = [match.to_json() for match in screen_text(text)]
        known = {match["listed_in"] for match in matches}
        matches += [match for match in named if match["listed_in"] not in known]
        return _written({"molecules": found, "matches": matches, "lists": list(list_names())})

    return [read_molecules, identify_molecule, screen_controlled]


def _read_and_screened(words: str, resources: Resources) -> dict[str, Any]:
    read = read_words(words, resources)
    fields = _without_empty(read.to_json())
    matches = screen_structure(read_molecule(read.smiles)) if read.smiles else screen_text(words)
    if matches:
        fields["listed"] = [match.to_json() for match in matches]
    return fields


def _groups(resources: Resources) -> list[BaseTool]:
    @tool("locate_groups", parse_docstring=True)
    def locate_groups(smiles: str, groups: list[str]) -> str:
        """Say where groups are in a molecule and how many there are. Atoms are 0-based indices of the SMILES.

        Args:
            smiles: The molecule, as SMILES.
            groups: Groups, rings, elements, bonds or kinds of atom, e.g. "nitrile", "COOH", "aromatic rings", "C=O".
        """
        _bounded(groups)
        molecule = read_molecule(smiles)
        found = {}
        for words in groups:
            located = _without_empty(locate(words, molecule, resources).to_json()) | {"words": words}
            if not located.get("why_not"):
                located["count"] = located.get("count", 0)
                located["atoms"] = list(located.get("atoms", ()))[:MAX_SHOWN]
                located["bound_to"] = [
                    _around(molecule, place, whole=located["name"].endswith(("yl group", "oxy group")))
                    for place in located["atoms"]
                ]
            found[words] = located
        return _written({"smiles": molecule.smiles, "groups": found})

    @tool("check_classes", parse_docstring=True)
    def check_classes(smiles: str, classes: list[str]) -> str:
        """Decide whether a molecule is one of a class, and why or why not. Use it for "is X a Y".

        Args:
            smiles: The molecule, as SMILES.
            classes: Classes or adjectives, e.g. "secondary alcohol", "dipeptide", "aromatic", "chiral".
        """
        _bounded(classes)
        molecule = read_molecule(smiles)
        found = {words: is_a(words, molecule, resources).to_json() for words in classes}
        for answer in found.values():
            answer["atoms"] = list(answer["atoms"])[:MAX_SHOWN]
        return _written({"smiles": molecule.smiles, "classes": found})

    @tool("list_groups", parse_docstring=True)
    def list_groups(smiles: str, rings: bool = False) -> str:
        """List what is in a molecule: what it is as a whole, its functional groups, its rings; at most 8.

        Args:
            smiles: The molecule, as SMILES.
            rings: List its rings alone, all of them.
        """
        molecule = read_molecule(smiles)
        found = rings_of(molecule, resources) if rings else contents_of(molecule, resources)
        groups = [group.to_json() for group in found]
        return _written(
            {"smiles": molecule.smiles, "formula": molecule.formula, "form": molecule.form, "groups": groups}
        )

    return [locate_groups, check_classes, list_groups]


def _values() -> list[BaseTool]:
    @tool("calculate_properties", parse_docstring=True)
    def calculate_properties(smiles: str) -> str:
        """Calculate formula, mass, charge, logP, TPSA, H-bond donors, acceptors, rotatable bonds, rings, Lipinski.

        Args:
            smiles: The molecule, as SMILES.
        """
        molecule = read_molecule(smiles)
        values = {p.key: p.to_json() for p in properties_of(molecule, KEYS)}
        return _written({"smiles": molecule.smiles, "properties": values, "lipinski": rule_of_five(molecule).to_json()})

    @tool("describe_stereochemistry", parse_docstring=True)
    def describe_stereochemistry(smiles: str) -> str:
        """List stereocentres with R or S, double bonds with E or Z, and say whether the molecule is chiral.

        Args:
            smiles: The molecule, as SMILES.
        """
        molecule = read_molecule(smiles)
        return _written({"smiles": molecule.smiles} | stereo_of(molecule).to_json())

    @tool("describe_substitution", parse_docstring=True)
    def describe_substitution(smiles: str) -> str:
        """Say how the substituents of each benzene ring stand to each other: ortho, meta, para, 1,2,4 ...

        Args:
            smiles: The molecule, as SMILES.
        """
        molecule = read_molecule(smiles)
        return _written({"smiles": molecule.smiles, "rings": [ring.to_json() for ring in substitution_of(molecule)]})

    @tool("change_group", parse_docstring=True)
    def change_group(smiles: str, request: str) -> str:
        """Say what a molecule becomes when a group is changed, where a rule of a documented set says it.

        Args:
            smiles: The molecule, as SMILES.
            request: What is done, e.g. "hydrolyse the ester", "replace the chlorine by fluorine".
        """
        return _written({"smiles": smiles} | change(request, read_molecule(smiles)).to_json())

    @tool("build_described", parse_docstring=True)
    def build_described(description: str) -> str:
        """Build the molecules that a description of one ring and what it bears fits; says why where it cannot.

        Args:
            description: E.g. "a benzene ring with a nitro group para to a hydroxyl group".
        """
        return _written(_without_empty(built_from(description).to_json()))

    return [calculate_properties, describe_stereochemistry, describe_substitution, change_group, build_described]


def _several(resources: Resources) -> list[BaseTool]:
    @tool("compare_molecules", parse_docstring=True)
    def compare_molecules(smiles: list[str]) -> str:
        """Compare molecules: the same compound or not, common core, groups each has, likeness, values.

        Args:
            smiles: Two or more molecules, as SMILES.
        """
        if not 2 <= len(smiles) <= 6:
            raise InputError(f"{len(smiles)} molecules; pass two to six")
        molecules: list[Molecule] = [read_molecule(each) for each in smiles]
        return _written({"smiles": list(smiles), "fingerprint": FINGERPRINT} | compare(molecules, resources).to_json())

    return [compare_molecules]


def _texts(resources: Resources) -> list[BaseTool]:
    @tool("check_text", parse_docstring=True)
    def check_text(smiles: str, text: str) -> str:
        """Check every structural claim of a text about a molecule: supported, refuted or unchecked, with atoms.

        Args:
            smiles: The molecule, as SMILES.
            text: A caption, a sentence, an answer: any text about the molecule.
        """
        if len(text) > MAX_TEXT:
            raise InputError(f"a text of {len(text):,} characters; pass at most {MAX_TEXT:,}")
        molecule = read_molecule(smiles)
        found = check(molecule, text, resources)
        claims = [
            {
                "phrase": claim.phrase,
                "start": claim.start,
                "end": claim.end,
                "verdict": claim.verdict,
                "why": told_to_people(claim),
                "pattern": claim.pattern,
                "atoms": list(claim.atoms)[:MAX_SHOWN],
            }
            for claim in found.claims
        ]
        claims = _with_statements(claims, text, molecule)
        unread = [{"text": u.text, "start": u.start} for u in found.unread]
        return _written({"smiles": molecule.smiles, "claims": claims, "unread": unread})

    return [check_text]


def _with_statements(claims: list[dict[str, Any]], text: str, molecule: Molecule) -> list[dict[str, Any]]:
    """Add what a text says in numbers; where a claim was read from the same words, the number decides."""
    for said in numeric_statements(text, molecule):
        refuted = Verdict.REFUTED
        claims = [
            c
            for c in claims
            if not (said.start <= c["start"] and c["end"] <= said.end)
            or (c["verdict"] == refuted and (c["start"], c["end"]) != (said.start, said.end))
        ]
        claims.append(
            {
                "phrase": text[said.start : said.end],
                "start": said.start,
                "end": said.end,
                "verdict": said.verdict,
                "why": said.why,
                "pattern": None,
                "atoms": list(said.atoms)[:MAX_SHOWN],
            }
        )
    return sorted(claims, key=lambda c: (c["start"], c["end"]))


def _drawing(resources: Resources, pictures: Callable[[], Path]) -> BaseTool:
    @tool("draw_molecule", parse_docstring=True)
    def draw_molecule(smiles: str, groups: Sequence[str] = (), file_format: str = "svg") -> str:
        """Draw a molecule into a file, groups of it lit up in colours.

        Args:
            smiles: The molecule, as SMILES.
            groups: Groups to light up.
            file_format: svg or png.
        """
        from molreflect.tools.storage import atomic_path
        from molreflect.tools.views.drawing import Highlight, draw_alignments, draw_alignments_png

        if file_format not in ("svg", "png"):
            raise InputError(f"{file_format!r} is no format of a picture; use svg or png")
        molecule = read_molecule(smiles)
        found = [locate(words, molecule, resources) for words in groups]
        lit = [Highlight(g.name, g.atoms) for g in found if g.atoms]
        stem = molecule.inchikey or molecule.block.replace(":", "-")
        folder = pictures()
        path = (
            folder
            / f"{stem}{'-' + '-'.join(g.name.replace(' ', '_')[:30] for g in found) if found else ''}.{file_format}"
        )
        folder.mkdir(parents=True, exist_ok=True)
        data = draw_alignments(molecule, lit).encode() if file_format == "svg" else draw_alignments_png(molecule, lit)
        with atomic_path(path) as part:
            part.write_bytes(data)
        return _written({"smiles": molecule.smiles, "file": str(path), "lit": [g.name for g in found if g.atoms]})

    return draw_molecule


def _around(molecule: Molecule, place: Sequence[int], *, whole: bool) -> list[int]:
    """Find the atoms that a group is bound to; a carbon of its pattern that merely bears it is one of them.

    Args:
        molecule: The molecule.
        place: Atoms of the group.
        whole: Whether all of them are the group's own, as those of an isopropoxy group are.
    """
    atoms = [molecule.mol.GetAtomWithIdx(index) for index in place]
    own = {atom.GetIdx() for atom in atoms if whole or not _only_bears(atom, set(place))} or set(place)
    near = {n.GetIdx() for atom in atoms if atom.GetIdx() in own for n in atom.GetNeighbors()}
    return sorted(near - own)


def _only_bears(atom: Chem.Atom, place: set[int]) -> bool:
    """Whether an atom of a group is a carbon with single bonds to carbons of it alone: the R in R-CHO."""
    bonds = [bond for bond in atom.GetBonds() if bond.GetOtherAtomIdx(atom.GetIdx()) in place]
    return atom.GetAtomicNum() == 6 and all(
        bond.GetOtherAtom(atom).GetAtomicNum() == 6 and bond.GetBondType() == Chem.BondType.SINGLE for bond in bonds
    )


def _bounded(items: Sequence[object]) -> None:
    if not items or len(items) > MAX_ITEMS:
        raise InputError(f"{len(items)} items in one call; pass 1 to {MAX_ITEMS}")


def _without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value not in ("", None, (), [], False)}


def _written(answer: dict[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))

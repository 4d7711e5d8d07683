"""Questions about atoms by their index: "what is atom 3 in CCCO", "is atom 5 aromatic", "neighbours of atom 2"."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

from rdkit import Chem

from molreflect.agents.analyst.answers import finished, not_known
from molreflect.agents.analyst.context import Spoken, Understood
from molreflect.agents.analyst.dialogue import Call, Talk, Turn
from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.readings import base
from molreflect.agents.analyst.sentence import Role, Sentence
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.english import counted
from molreflect.tools.facts.classes import is_adjective
from molreflect.tools.molecules.descriptors import labelled_centres
from molreflect.tools.molecules.read import read_molecule

MOST = 8
"""Atoms that one question may ask about."""
_CALLED = frozenset({"atom", "atoms", "index", "indices", "idx"})
_BETWEEN = frozenset({"and", "or", "number", "nr", "no", "index", "idx", "with", "#"})
_AS_PART = {
    "aromatic": "aromatic atom",
    "cyclic": "ring",
    "chiral": "stereocentre",
    "stereogenic": "stereocentre",
    "halogenated": "halogen",
}
"""Adjectives of an atom, and the part that it is of then."""
_NOT_PARTS = frozenset(
    {
        "single",
        "double",
        "triple",
        "bond",
        "part",
        "member",
        "element",
        "group",
        "groups",
        "fragment",
        "neighbours",
        "neighbors",
    }
)


def atoms_asked(sentence: Sentence) -> Question | None:
    """Read what asks about atoms by index; their indices stand in the keys, and what they may be of in the groups."""
    low = [word.casefold() for word in sentence.words]
    at = next((i for i, word in enumerate(low) if word in _CALLED and _indices(low[i + 1 :])), -1)
    if at < 0 or "label" in low or "highlight" in low or "draw" in low:
        return None
    indices = _indices(low[at + 1 :])[:MOST]
    end = at + 1 + len(list(takewhile(lambda word: word.isdecimal() or word in _BETWEEN, low[at + 1 :])))
    chunks = []
    for chunk in sentence.chunks:
        words = [
            w
            for i, w in zip(range(chunk.first, chunk.last), sentence.words[chunk.first :], strict=False)
            if i < at or i >= end
        ]
        words = [w for w in words if w.casefold() not in _NOT_PARTS]
        if chunk.first <= at < chunk.last or at <= chunk.first < end:
            if words:
                chunks.append(replace(chunk, text=" ".join(words)))
        else:
            chunks.append(chunk)
    polar = low[0] in vocabulary().function["be"] | vocabulary().function["do"] or sentence.polar
    groups = tuple(c.text for c in chunks if c.role is Role.GROUP or (c.role is Role.EITHER and c.article))
    adjectives = tuple(_AS_PART[w] for w in low if w in _AS_PART and is_adjective(w)) if polar else ()
    named = tuple(c.text for c in chunks if c.text not in groups and c.text.casefold() not in _NOT_PARTS)
    return base(
        Intent.ATOM,
        replace(sentence, chunks=tuple(c for c in chunks if c.text in named)),
        molecules=named,
        groups=(*adjectives, *groups) if polar else (),
        either=(),
        keys=tuple(map(str, indices)),
    )


def _indices(words: list[str]) -> list[int]:
    found = []
    for word in words:
        if word.isdecimal() and word.isascii() and len(word) < 5:
            found.append(int(word))
        elif word not in _BETWEEN:
            break
    return found


def answer_atoms(talk: Talk) -> Turn:
    """Say what atoms are, what they are bound to and of which groups they are, or whether they are of one."""
    molecules = yield from talk.molecules()
    groups, keys = talk.question.groups, talk.question.keys
    understood = Understood(Intent.ATOM, molecules, groups, keys=keys)
    lines: list[str] = []
    for spoken in molecules:
        mol = read_molecule(spoken.smiles).mol
        for index in map(int, keys):
            if index >= mol.GetNumAtoms():
                last = mol.GetNumAtoms() - 1
                lines.append(f"There is no atom {index} in {spoken.shown}: its atoms are numbered from 0 to {last}.")
        inside = [int(key) for key in keys if int(key) < mol.GetNumAtoms()]
        if not inside:
            continue
        if len(inside) == 2 and _asks_of_bond(talk.question.sentence):
            lines.append(_bond_line(spoken, mol, inside[0], inside[1], talk.question.sentence))
            continue
        if groups:
            located = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": list(groups)})
            if located.error:
                return finished(talk, [located.error], understood)
            for words in groups:
                found = located.value["groups"][words]
                if found.get("why_not"):
                    lines.append(not_known(found))
                    continue
                held = {atom for place in found["atoms"] for atom in place}
                for index in inside:
                    opening, verb = ("Yes", "is in") if index in held else ("No", "is not in")
                    if found["name"] == "hydrogen atom":
                        verb = "bears" if index in held else "does not bear"
                    lines.append(
                        f"{opening}: atom {index} of {spoken.shown} {verb} {found['name']}. {_told(mol, index)}"
                    )
            continue
        listed = yield Call("list_groups", {"smiles": spoken.smiles})
        for index in inside:
            names = (
                []
                if listed.error
                else [
                    group["name"]
                    for group in listed.value["groups"]
                    if not group["whole"] and any(index in p for p in group["atoms"])
                ]
            )
            lines.append(_line(spoken, mol, index, names))
    return finished(talk, lines, understood)


_BONDS = {"single": "single", "double": "double", "triple": "triple", "aromatic": "aromatic"}


def _asks_of_bond(sentence: Sentence) -> bool:
    """Whether words ask for the bond between two atoms, or whether they are bound."""
    return sentence.has(
        "bond", "bonds", "bond order", "bonded", "bound", "connected", "linked", "neighbours", "neighbors"
    )


def _bond_line(spoken: Spoken, mol: Chem.Mol, one: int, two: int, sentence: Sentence) -> str:
    pair = " and ".join(f"{i} ({mol.GetAtomWithIdx(i).GetSymbol()})" for i in (one, two))
    bond = mol.GetBondBetweenAtoms(one, two)
    polar = sentence.polar or sentence.words[0] in vocabulary().function["be"] | vocabulary().function["do"]
    if bond is None:
        return f"{'No: a' if polar else 'A'}toms {pair} of {spoken.shown} are not bound to each other."
    kind = "aromatic" if bond.GetIsAromatic() else str(bond.GetBondType()).lower()
    asked = next((word for word in sentence.text.casefold().replace("?", " ").split() if word in _BONDS), "")
    opening = ("Yes: " if not asked or asked == kind else "No: ") if polar else ""
    return f"{opening}{'t' if opening else 'T'}he bond between atoms {pair} of {spoken.shown} is {kind}."


def _told(mol: Chem.Mol, index: int) -> str:
    atom = mol.GetAtomWithIdx(index)
    charge = f" with charge {atom.GetFormalCharge():+d}" if atom.GetFormalCharge() else ""
    near = ", ".join(f"atom {n.GetIdx()} ({n.GetSymbol()})" for n in atom.GetNeighbors())
    ring = "in an aromatic ring" if atom.GetIsAromatic() else "in a ring" if atom.IsInRing() else "in no ring"
    bound = f"bound to {near}" if near else "bound to no other heavy atom"
    name = (
        Chem.GetPeriodicTable().GetElementName(atom.GetAtomicNum()).lower() if atom.GetAtomicNum() else "a dummy atom"
    )
    hydrogens = counted(atom.GetTotalNumHs(includeNeighbors=True), "hydrogen")
    centres = dict(labelled_centres(mol, unassigned=True))
    label = centres.get(index, "")
    stereo = f" It is a stereocentre, {'left open' if label == '?' else label}." if label else ""
    return f"It is {name}{charge}, bears {hydrogens}, is {bound}, {ring}.{stereo}"


def _line(spoken: Spoken, mol: Chem.Mol, index: int, names: list[str]) -> str:
    told = _told(mol, index).removeprefix("It ")
    groups = f" It is of: {', '.join(dict.fromkeys(names))}." if names else ""
    return f"Atom {index} of {spoken.shown} {told}{groups}"

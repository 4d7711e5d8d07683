"""Which chunks of a question that may be a molecule or a group are which."""

from __future__ import annotations

from dataclasses import replace

from molreflect.agents.analyst.dialogue import Talk
from molreflect.agents.analyst.nominal import name_and_class
from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.sentence import Chunk, is_group
from molreflect.tools.facts.groups import noun_of
from molreflect.tools.facts.molecules import is_known_name
from molreflect.tools.facts.parts import part_named


def assigned(question: Question, talk: Talk) -> Question:
    """Decide for each chunk that may be a molecule or a group which one it is."""
    molecules, groups, either = list(question.molecules), list(question.groups), list(question.either)
    needs_group = question.intent in (
        Intent.WHERE,
        Intent.COUNT,
        Intent.HAS,
        Intent.WHICH_HAS,
        Intent.CHANGE,
        Intent.WHY,
        Intent.FOLLOW_UP,
        Intent.DRAW,
    )
    has_molecule = bool(molecules) or bool(question.pointer) or bool(talk.context.current)
    for chunk in either:
        sentence_chunk = next((c for c in question.sentence.chunks if c.text == chunk), None)
        before = sentence_chunk.before if sentence_chunk is not None else ""
        located = (
            before in ("in", "inside", "within")
            or (before == "than" and is_known_name(chunk))
            or (before in ("of", "on") and bool(groups))
        )
        subject = before in ("does", "do", "has", "have", "is", "are", "can") and not (
            sentence_chunk and sentence_chunk.article
        )
        changed = question.intent in (Intent.CHANGE, Intent.DRAW) and len(either) + len(molecules) > 1
        between = question.intent is Intent.SUBSTITUTION and before not in ("in", "inside", "within")
        if between and sentence_chunk and (sentence_chunk.article or question.molecules):
            groups.append(chunk)  # "is the OH ortho to the acid", "relative position of OH and NO2 in ..."
        elif changed and sentence_chunk and sentence_chunk.article in ("the", "its"):
            groups.append(chunk)  # "replace the methyl of toluene"
        elif (
            not needs_group
            or (question.intent is Intent.WHICH_HAS and groups)
            or (subject and not molecules)
            or (located and not molecules)
            or (before == "than" and is_known_name(chunk) and part_named(chunk) is None)
            or _goes_on(sentence_chunk, question, molecules)
        ):
            molecules.append(chunk)
        elif has_molecule or (not groups and question.intent not in (Intent.DRAW, Intent.CHANGE)):
            groups.append(chunk)
        else:
            molecules.append(chunk)
        has_molecule = bool(molecules) or has_molecule
    if (
        needs_group
        and groups
        and not molecules
        and not question.pointer
        and not talk.context.current
        and len(either) > 1
    ):
        molecules, groups = [groups[-1]], groups[:-1]
    if question.intent in (Intent.WHERE, Intent.COUNT, Intent.HAS) and not groups and len(molecules) > 1:
        known = [m for m in molecules if is_group(m)]
        if known:
            groups, molecules = known[:1], [m for m in molecules if m != known[0]]
    lone = needs_group and len(groups) == 1 and not (molecules or question.pointer or talk.context.current)
    if lone:  # "naphthalene rings, how many?" where no other molecule is meant
        head, behind = name_and_class(groups[0])
        if is_known_name(head):
            molecules, groups = [head], [behind]
    groups = _joined_adjectives(question, groups)
    if question.intent is Intent.WHERE and len(groups) == 2:  # "which oxygens are carbonyl oxygens"
        one, two = (group.casefold().removesuffix("s") for group in groups)
        groups = groups[1:] if two.endswith(f" {one}") else groups
    if question.intent is Intent.WHERE and len(groups) > 1:  # "numbers of the atoms in the oxazole ring"
        groups = [group for group in groups if group.casefold() not in ("atom", "atoms")] or groups
    order = {chunk.text: chunk.first for chunk in question.sentence.chunks}
    molecules.sort(key=lambda text: order.get(text, 0))
    groups.sort(key=lambda text: order.get(text, 0))
    return replace(question, molecules=tuple(molecules), groups=tuple(groups), either=())


def _goes_on(chunk: Chunk | None, question: Question, molecules: list[str]) -> bool:
    """Whether a chunk goes on with a list of molecules: "do phenol and toluene both ..."."""
    if chunk is None or not chunk.joined or chunk.article:
        return False
    before = [c for c in question.sentence.chunks if c.last < chunk.first]
    return bool(before) and before[-1].text in molecules and len(question.sentence.chunks) > len(before) + 1


def _joined_adjectives(question: Question, groups: list[str]) -> list[str]:
    """Read "which carbons are aromatic" as "aromatic carbons", and "which atoms are stereogenic" as stereocentres."""
    if question.intent in (Intent.WHERE, Intent.COUNT) and not groups and "stereogenic" in question.sentence.words:
        return ["stereocentre"]
    if question.intent is Intent.WHERE and not groups and "aromatic" in question.sentence.words:
        return ["aromatic atom"]  # "which atoms are aromatic in indane"
    if question.intent in (Intent.WHERE, Intent.COUNT) and not groups:
        hybrid = next((word for word in ("sp3", "sp2", "sp") if word in question.sentence.words), "")
        groups = [f"{hybrid} carbon"] if hybrid else groups
    told = [group for group in groups if noun_of(group) != group]
    if len(told) == 1 and len(groups) == 2 and question.intent in (Intent.WHERE, Intent.COUNT):
        joined = [f"{told[0]} {group.removesuffix('s')}" for group in groups if group != told[0]]
        return joined if is_group(joined[0]) else groups  # "which of the hydroxyls is phenolic"
    for word in ("aromatic", "sp3", "sp2", "sp", "primary", "secondary", "tertiary", "quaternary"):
        if word in question.sentence.words and question.intent in (Intent.WHERE, Intent.COUNT):
            joined = [f"{word} {group.removesuffix('s')}" for group in groups if group != word]
            if len(joined) == 1 and part_named(joined[0]) is not None:
                return joined
    return groups

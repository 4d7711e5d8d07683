"""Words that were read as a molecule's name and name a group: "methyl sulfone" in "where is the methyl sulfone of X".

Only the tool that finds groups knows what is a group beyond the lexicon's own names, so it is asked.
"""

from __future__ import annotations

from collections.abc import Generator

from molreflect.agents.analyst.answers import not_known
from molreflect.agents.analyst.context import Context
from molreflect.agents.analyst.dialogue import Call, Reply, Result, UnreadError
from molreflect.agents.analyst.more_answers import readable
from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.question_reader import read_question
from molreflect.agents.analyst.sentence import is_group
from molreflect.tools.facts.molecules import is_known_name, looks_like_smiles

_OF_GROUPS = frozenset(
    {
        Intent.WHERE,
        Intent.COUNT,
        Intent.HAS,
        Intent.CONTENTS,
        Intent.FOLLOW_UP,
        Intent.WHICH_HAS,
        Intent.WHY,
        Intent.DRAW,
        Intent.CLASS,
    }
)


def read_as_group(question: Question, unread: str, context: Context) -> Generator[Call, Result, Question | None]:
    """Read a question anew with a chunk as a group that could not be read as a molecule.

    Args:
        question: As it was read.
        unread: The chunk.
        context: What was spoken of before.

    Returns:
        The question; None where the chunk names no group, or no molecule is there to look for it in.

    Raises:
        UnreadError: A word before a group's name says which one is meant, and nothing here knows what it means.
    """
    chunk = next((c for c in question.sentence.chunks if c.text == unread), None)
    if chunk is None or question.intent not in _OF_GROUPS or unread in question.named:
        return None
    if looks_like_smiles(unread) or is_known_name(unread) or chunk.before in ("in", "inside", "within"):
        return None
    others = [c.text for c in question.sentence.chunks if c is not chunk and c.role.value != "group"]
    spoken = (yield from readable([word for word in others if word != unread])) or context.current
    first, _, last = unread.rpartition(" ")
    of_kind = bool(first) and is_group(last) and not is_known_name(first)
    of_kind = of_kind and first.isascii() and first.replace(" ", "").isalpha()
    if not spoken:  # what cannot be read is the molecule, then
        return read_question(question.text, question.aside, question.named | {unread}) if of_kind and others else None
    result = yield Call("locate_groups", {"smiles": spoken[0].smiles, "groups": [unread]})
    if result.error:
        return None
    found = result.value["groups"][unread]
    if not found.get("why_not"):
        return read_question(question.text, question.aside, question.named | {unread})
    if of_kind:
        raise UnreadError(Reply(not_known(found), unread=""))
    return None

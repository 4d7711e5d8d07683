"""Answers to "which molecule is ...": the student's draft, or what can be built from the description of one ring."""

from __future__ import annotations

from molreflect.agents.analyst.answers import finished
from molreflect.agents.analyst.context import Spoken, Understood
from molreflect.agents.analyst.dialogue import Call, NotReadError, Reply, Talk, Turn
from molreflect.agents.analyst.more_answers import caption_lines, checked_against
from molreflect.agents.analyst.question import Intent


def answer_from_caption(talk: Talk) -> Turn:
    """Draft a molecule for a caption with the configured student, or say that there is none."""
    caption = talk.question.caption
    if not caption:
        raise NotReadError(Reply("Which caption? Put it in double quotes, or behind a colon."))
    known = talk.context.current if len(talk.context.current) > 1 else talk.context.all
    if len(known) > 1:  # "which molecule fits ..." after several were spoken of
        return (yield from checked_against(talk, known[-6:], caption))
    result = yield Call("translate", {"text": caption, "into": "molecule"})
    if result.error:
        return (yield from _built(talk, caption, result.error.rstrip(".")))
    if "smiles" not in result.value:
        return Reply(
            f"The student answers {result.value['answer']!r}, which is no molecule: {result.value['why_not']}."
        )
    smiles = result.value["smiles"]
    spoken = Spoken(smiles, smiles)
    checked = yield Call("check_text", {"smiles": smiles, "text": caption})
    lines = [f"The student answers {smiles}.", *([] if checked.error else caption_lines(spoken, checked.value))]
    return finished(talk, lines, Understood(Intent.FROM_CAPTION, (spoken,), caption=caption))


def _built(talk: Talk, caption: str, why_no_student: str) -> Turn:
    """Build what a description of one ring fits, where there is no student; else say what is missing."""
    built = yield Call("build_described", {"description": caption})
    value = {"why_not": built.error} if built.error else built.value
    if value.get("why_not") or not value.get("smiles"):
        told = f"I cannot work out a molecule from a caption: {why_no_student}."
        more = f" Nor can I build one: {value['why_not'].rstrip('.')}." if value.get("why_not") else ""
        return Reply(f"{told}{more} Give a molecule, and I check the caption against it.")
    read = ", ".join(value["read"])
    if len(value["smiles"]) > 1:
        several = tuple(Spoken(smiles, smiles) for smiles in value["smiles"])
        shown = ", ".join(value["smiles"])
        lines = [f"Several molecules fit it: {shown}. Say where the groups stand. Read: {read}."]
        return finished(talk, lines, Understood(Intent.FROM_CAPTION, several, caption=caption))
    smiles = value["smiles"][0]
    named = yield Call("identify_molecule", {"smiles": smiles})
    name = "" if named.error else named.value.get("name") or ""
    called = f", {name}" if name else ""
    lines = [f"{smiles}{called}: built from the description, of which every word was read ({read}) and nothing added."]
    return finished(talk, lines, Understood(Intent.FROM_CAPTION, (Spoken(smiles, smiles),), caption=caption))

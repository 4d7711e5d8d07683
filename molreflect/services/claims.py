"""The claims of an answer with their verdicts, whoever has made them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

if TYPE_CHECKING:
    from molreflect.graphs.conversation.events import Answer


class AnswerClaim(BaseModel):
    """One claim: words about a molecule, decided by chemistry."""

    phrase: str
    smiles: str
    verdict: Literal["supported", "refuted", "unchecked"]
    why: str
    atoms: list[list[int]]


def claims_in(answer: Answer) -> list[AnswerClaim]:
    """List the claims of an answer.

    A language model's answer was checked claim by claim. The answers of the offline analyst say what its tools found:
    the groups that were looked for, and whether they are there.
    """
    if answer.checked is not None:
        return [
            AnswerClaim(phrase=c.phrase, smiles=c.smiles, verdict=c.verdict.value, why=c.why, atoms=_lists(c.atoms))
            for c in answer.checked.claims
        ]
    return [claim for call in answer.tool_calls for claim in _found(call)]


def _found(call: dict[str, Any]) -> Iterator[AnswerClaim]:
    try:
        result = json.loads(call["result"])
    except ValueError:
        return  # the message of an error, which is told to the user in words
    smiles = result.get("smiles", "") if isinstance(result, dict) else ""
    if not isinstance(smiles, str) or not smiles:
        return
    if call["name"] == "locate_groups":
        for words, group in result["groups"].items():
            if why := group.get("why_not"):
                yield AnswerClaim(phrase=words, smiles=smiles, verdict="unchecked", why=why, atoms=[])
            else:
                verdict: Literal["supported", "refuted"] = "supported" if group["count"] else "refuted"
                why = "" if group["count"] else "it is not there"
                yield AnswerClaim(phrase=words, smiles=smiles, verdict=verdict, why=why, atoms=_lists(group["atoms"]))
    elif call["name"] == "list_groups":
        for group in result["groups"]:
            yield AnswerClaim(
                phrase=group["name"], smiles=smiles, verdict="supported", why="", atoms=_lists(group["atoms"])
            )
    elif call["name"] == "check_text":
        for claim in result["claims"]:
            yield AnswerClaim(
                phrase=claim["phrase"],
                smiles=smiles,
                verdict=claim["verdict"],
                why=claim["why"],
                atoms=_lists(claim["atoms"]),
            )


def _lists(places: Any) -> list[list[int]]:
    return [list(place) for place in places]

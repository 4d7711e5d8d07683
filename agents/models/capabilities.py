"""Probe what a chat model can do: tool calling, JSON schema output, logprobs; one call each."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from molreflect.agents.errors import TeacherError, TroubleKind, endpoint_trouble
from molreflect.agents.models.lexicon_teacher import LexiconModel
from molreflect.agents.models.registry import address_of
from molreflect.agents.models.tokens import text_of
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.terms import TeacherProtocol

CAPABILITIES = ("tool calling", "JSON schema output", "logprobs")


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether a model can do one thing."""

    name: str
    able: bool
    detail: str
    """What the probe saw, in one line."""
    disables: str = ""
    """What that means for a run; empty where the model is able."""
    rejected: bool = False
    """Whether the endpoint did not take the question."""
    undecided: bool = False
    """Whether the answer shows neither that it is able nor that it is not."""


class Report(BaseModel):
    """Report the molecule's number of carbon atoms."""

    model_config = ConfigDict(extra="forbid")

    carbons: int = Field(description="Number of carbon atoms.")
    colour_code: str = Field(description="The word 'amber', always.")


def probe(model: BaseChatModel) -> tuple[Capability, ...]:
    """Probe every capability of a model.

    Raises:
        TeacherError: It cannot be reached at all, or its key is refused.
    """
    tools = probe_tools(model)
    return (tools, _probe_schema(model), _probe_logprobs(model))


def probe_tools(model: BaseChatModel) -> Capability:
    """Probe whether a model calls a tool when it is told to (errors as in `probe`)."""
    name = CAPABILITIES[0]
    if isinstance(model, LexiconModel):
        return Capability(name, True, "follows rules over the same tools")
    without = "the plain JSON protocol is used instead"
    if type(model).bind_tools is BaseChatModel.bind_tools:
        return Capability(name, False, "its class offers none", without)

    def ask() -> Any:
        bound = model.bind_tools([Report], tool_choice="any")
        return bound.invoke([HumanMessage("Report the number of carbon atoms of CCO (ethanol). Call the tool Report.")])

    answer, trouble = _ask(ask)
    if trouble:
        return Capability(name, False, trouble, without, rejected=True)
    if not isinstance(answer, AIMessage) or not answer.tool_calls:
        said = text_of(answer) if isinstance(answer, AIMessage) else str(answer)
        ended = str(getattr(answer, "response_metadata", {}).get("finish_reason"))
        if not said.strip() or ended in ("length", "max_tokens"):
            cut = "its answer was cut off at its limit of tokens" if said.strip() else "its answer is empty"
            return Capability(name, False, cut, without, undecided=True)
        return Capability(name, False, f"it answered in words: {shorten(said, 60)}", without)
    call = answer.tool_calls[0]
    if call["name"] != "Report" or not isinstance(call["args"].get("carbons"), int):
        return Capability(name, False, f"it made a call nobody offered: {shorten(str(call), 80)}", without)
    return Capability(name, True, "it called the tool it was told to call")


def protocol_for(model: BaseChatModel) -> tuple[TeacherProtocol, Capability]:
    """Choose the protocol that fits a model, and say why.

    Raises:
        TeacherError: As in `probe`, with the address that was asked; or it takes no question at all, or its answer does
            not show what it can do.
    """
    try:
        return _protocol_for(model)
    except TeacherError as error:
        address = address_of(model)
        raise TeacherError(f"{error} (asked at {address})" if address else str(error), kind=error.kind) from error


def _protocol_for(model: BaseChatModel) -> tuple[TeacherProtocol, Capability]:
    seen = probe_tools(model)
    if seen.able:
        return TeacherProtocol.TOOLS, seen
    if seen.undecided:
        raise TeacherError(f"it is not known whether the teacher calls tools: {seen.detail}; pass --protocol")
    if seen.rejected:  # for its tools, or whatever it is asked
        _, trouble = _ask(lambda: model.invoke([HumanMessage("Say: benzene")]))
        if trouble:
            raise TeacherError(f"the teacher cannot be asked: {trouble}")
    return TeacherProtocol.JSON, seen


def _probe_schema(model: BaseChatModel) -> Capability:
    name = CAPABILITIES[1]
    needless = "nothing here: alignments are submitted by a tool call, or as plain JSON"
    if isinstance(model, LexiconModel):
        return Capability(name, False, "it follows rules", needless)

    def ask() -> Any:
        # A request that says nothing of the schema: what follows it was held to it by the server.
        bound = model.with_structured_output(Report, include_raw=True, **_json_schema_method(model))
        return bound.invoke([HumanMessage("How many carbon atoms has CCO (ethanol)?")])

    answer, trouble = _ask(ask)
    if trouble:
        return Capability(name, False, trouble, needless)
    if not isinstance(answer, dict) or answer.get("parsed") is None:
        return Capability(name, False, f"it ignored the schema: {shorten(_raw(answer), 60)}", needless)
    return Capability(name, True, "its answer kept to the schema")


def _probe_logprobs(model: BaseChatModel) -> Capability:
    name = CAPABILITIES[2]
    needless = "nothing here: perplexity is the student's"
    if isinstance(model, LexiconModel):
        return Capability(name, False, "it follows rules", needless)
    answer, trouble = _ask(lambda: model.bind(logprobs=True).invoke([HumanMessage("Say: benzene")]))
    if trouble:
        return Capability(name, False, trouble, needless)
    metadata = getattr(answer, "response_metadata", {})
    found = metadata.get("logprobs") or metadata.get("logprobs_result")
    values = [t.get("logprob") for t in found.get("content") or ()] if isinstance(found, dict) else found
    if not values:
        return Capability(name, False, "its answer came without", needless)
    shown = [v for v in values if isinstance(v, (int, float)) and math.isfinite(v)]
    return Capability(name, True, f"{counted(len(shown) or len(values), 'token')} came with theirs")


def _ask(ask: Callable[[], Any]) -> tuple[Any, str]:
    """Get an answer, or one line on why the endpoint or the class refuses such a request.

    Raises:
        TeacherError: The endpoint cannot be reached or refuses the key, so no other request would succeed either.
    """
    try:
        return ask(), ""
    except NotImplementedError:
        return None, "its class does not offer it"
    except InputError:
        raise
    except Exception as error:
        trouble = endpoint_trouble(error)
        if trouble is None:
            if isinstance(error, (TypeError, ValueError)):  # what classes raise for an argument they do not know
                return None, " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise
        if isinstance(error, ValidationError):  # the client holds answers to the schema that it asked for
            return None, "its answer does not keep to the schema"
        if trouble.kind is not TroubleKind.REJECTED:  # only a server that understood the request says what it cannot do
            raise TeacherError(f"the teacher cannot be asked: {trouble.text}") from error
        return None, trouble.text[:200]


def _json_schema_method(model: BaseChatModel) -> dict[str, Any]:
    """Ask for `method="json_schema"` where the class knows it; others have one way only."""
    return {"method": "json_schema"} if "method" in inspect.signature(model.with_structured_output).parameters else {}


def _raw(answer: Any) -> str:
    raw = answer.get("raw") if isinstance(answer, dict) else answer
    return text_of(raw) if isinstance(raw, AIMessage) else str(raw)

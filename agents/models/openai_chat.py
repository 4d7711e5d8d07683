"""OpenAI's chat models as many servers speak them: their habits put right, their answers bounded in time and size."""

from __future__ import annotations

import json
import math
import os
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

import httpx
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.messages import AIMessage, BaseMessage, InvalidToolCall
from langchain_core.outputs import ChatResult
from langchain_openai import ChatOpenAI
from openai import BaseModel
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from molreflect.agents.errors import keep_answer
from molreflect.agents.models.transport import MAX_REDIRECTS, PACKINGS, BoundedTransport
from molreflect.tools.errors import InputError, shorten

Answering = Callable[[dict[str, Any]], dict[str, Any]]
"""`body of a request -> body of its answer`; may raise where it has none."""

_answering: ContextVar[Answering | None] = ContextVar("answering", default=None)


@contextmanager
def answered_by(answer: Answering) -> Iterator[None]:
    """Have a function answer in place of the server while the block runs: nothing is sent.

    What it answers takes the way of every answer, into the store of responses too, under the key of its question.
    """
    token = _answering.set(answer)
    try:
        yield
    finally:
        _answering.reset(token)


_MOST_TOKENS = 10**9
"""Of one answer; a server that reports more reports nothing."""
_STREAMED = "data:"


class TolerantChatOpenAI(ChatOpenAI):
    """`ChatOpenAI` that reads what OpenAI-compatible servers make of the format."""

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        answer = _answering.get()
        if answer is None:
            return super()._generate(messages, stop, run_manager, **kwargs)
        said = answer(self.request_body(messages, stop=stop, **kwargs))
        return self._create_chat_result(ChatCompletion.construct(**said), {})

    def request_body(
        self, messages: list[BaseMessage], *, stop: list[str] | None = None, **call: Any
    ) -> dict[str, Any]:
        """Render the body of a request to `/v1/chat/completions`, as it goes over the wire.

        Raises:
            InputError: The model is asked by another interface of OpenAI's.
        """
        body = self._get_request_payload(messages, stop=stop, **call)
        if "messages" not in body:
            raise InputError(f"{self.model_name} is asked by OpenAI's Responses API, whose batch files are not written")
        extra = body.pop("extra_body", None) or {}
        return {name: value for name, value in (body | extra).items() if name != "stream"}

    def _get_request_payload(self, input_: Any, *, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        """Hand the tools over as they are: the client would walk them, type by type, at every call."""
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        if "tools" in payload and "messages" in payload and not self._use_responses_api(payload):
            payload["extra_body"] = {**(payload.get("extra_body") or {}), "tools": payload.pop("tools")}
        return payload

    def _create_chat_result(self, response: Any, generation_info: dict[str, Any] | None = None) -> ChatResult:
        try:
            return self._read(response, generation_info)
        except Exception as error:  # whatever it is, what came is kept with it
            keep_answer(error, response)
            raise

    def _read(self, response: Any, generation_info: dict[str, Any] | None) -> ChatResult:
        if isinstance(response, str):
            if not response.lstrip().startswith(_STREAMED):  # a page, given for an answer with status 200
                raise ValueError(f"it is no JSON: {shorten(response, 100)}")
            response = _from_stream(response)
        if not isinstance(response, dict | BaseModel):
            raise ValueError(f"it is no JSON object: {shorten(json.dumps(response, default=str), 100)}")
        said = response if isinstance(response, dict) else response.model_dump(mode="python", warnings=False)
        before = json.dumps(said, default=str, sort_keys=True)
        right, unreadable = _put_right(said)
        # An answer as it should be is handed on as it came: what the client has parsed of it stays.
        changed = json.dumps(right, default=str, sort_keys=True) != before
        result = super()._create_chat_result(right if changed else response, generation_info)
        for generation, calls in zip(result.generations, unreadable, strict=True):
            if calls and isinstance(generation.message, AIMessage):
                generation.message.invalid_tool_calls += calls
        return result


def _put_right(said: dict[str, Any]) -> tuple[dict[str, Any], list[list[InvalidToolCall]]]:
    """Give an answer the form that the client reads.

    Returns:
        The answer without the calls that cannot be read, and those of each of its choices.

    Raises:
        ValueError: It is no answer.
    """
    choices = said.get("choices")
    if not choices:
        raise ValueError("it holds no choices" if not said.get("error") else f"it holds an error: {said['error']}")
    if not isinstance(choices, list) or not all(
        isinstance(c, dict) and isinstance(c.get("message"), dict) for c in choices
    ):
        raise ValueError("its choices hold no messages")
    unreadable = []
    for choice in choices:
        unreadable.append(_put_message_right(choice["message"]))
        if choice.get("finish_reason") is not None:
            choice["finish_reason"] = str(choice["finish_reason"])
    return said | {"usage": token_counts(said.get("usage"))}, unreadable


def _put_message_right(message: dict[str, Any]) -> list[InvalidToolCall]:
    """Put role, content and calls of a message right; returns the calls that cannot be read, which are taken out."""
    message["role"] = "assistant"
    if not isinstance(message.get("content"), str | list | None):
        message["content"] = json.dumps(message["content"], default=str)
    calls = message.get("tool_calls")
    if not calls and isinstance(message.get("function_call"), Mapping):
        calls = [{"type": "function", "function": dict(message.pop("function_call"))}]
    found: list[Any] = calls if isinstance(calls, list) else [] if calls is None else [calls]
    read, unreadable = [], []
    for call in found:
        function = call.get("function") if isinstance(call, Mapping) else None
        function = function if isinstance(function, Mapping) else {}
        name, id_ = function.get("name"), call.get("id") if isinstance(call, Mapping) else None
        arguments, problem = _arguments(function.get("arguments"))
        if not name or not isinstance(name, str):
            problem = "the call names no tool"
        if problem:
            said = function.get("arguments", call)
            text = said if isinstance(said, str) else json.dumps(said, default=str)
            unreadable.append(
                InvalidToolCall(
                    type="invalid_tool_call", name=str(name or ""), args=text, id=str(id_ or ""), error=problem
                )
            )
        else:
            id_ = None if id_ is None else str(id_)
            read.append({"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}})
    if found:
        message["tool_calls"] = read or None
    return unreadable


def _arguments(said: object) -> tuple[str, str]:
    """Read the arguments of a call: as JSON text of an object, also where they are one, or are encoded twice.

    Returns:
        The text, and what is wrong with it; empty where nothing is.
    """
    text = said if isinstance(said, str) else "{}" if said is None else json.dumps(said, default=str)
    try:
        found = json.loads(text)
        if isinstance(found, str):
            text, found = found, json.loads(found)
    except (ValueError, RecursionError) as error:
        return text, f"its arguments are no JSON ({type(error).__name__})"
    return text, "" if isinstance(found, dict) else "its arguments are no JSON object"


def token_counts(said: object) -> dict[str, Any] | None:
    """Read counts of tokens as whole numbers; None where a server does not say how much it read or wrote."""
    if not isinstance(said, Mapping):
        return None
    read, written = _count(said.get("prompt_tokens")), _count(said.get("completion_tokens"))
    if not read or written is None:
        return None
    counts: dict[str, Any] = {**said, "prompt_tokens": read, "completion_tokens": written}
    counts["total_tokens"] = read + written
    for name in ("prompt_tokens_details", "completion_tokens_details"):
        details = said.get(name)
        if isinstance(details, Mapping):
            counts[name] = {key: None if value is None else _count(value) for key, value in details.items()}
        elif details is not None:
            counts[name] = None
    return counts


def _count(said: object) -> int | None:
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    try:
        value = float(said)
    except (ValueError, OverflowError):
        return None
    return round(value) if math.isfinite(value) and 0 <= value <= _MOST_TOKENS else None


def _from_stream(text: str) -> dict[str, Any]:
    """Put an answer together from the pieces of a server that streams though nobody asked it to.

    Raises:
        ValueError: The pieces are no answer.
    """
    state: ChatCompletionStreamState[None] = ChatCompletionStreamState()
    for line in text.splitlines():
        piece = line.removeprefix(_STREAMED).strip()
        if not line.startswith(_STREAMED) or not piece or piece == "[DONE]":
            continue
        found = json.loads(piece)
        if not isinstance(found, dict) or found.get("error"):
            raise ValueError(f"its stream holds an error: {shorten(piece, 100)}")
        state.handle_chunk(
            ChatCompletionChunk.model_validate({"object": "chat.completion.chunk", "created": 0, **found})
        )
    whole = state.get_final_completion().model_dump(mode="python", warnings=False)
    if any(choice.get("finish_reason") is None for choice in whole["choices"]):
        raise ValueError("its stream ends in the middle")
    return whole


def load(model: str, *, timeout: float | None = None, **settings: Any) -> TolerantChatOpenAI:
    """Load a chat model of OpenAI or of a server that speaks like it.

    Args:
        model: Its name.
        timeout: Seconds from sending a request to the last byte of its answer; None waits for ever.
        settings: Of `ChatOpenAI`.

    Raises:
        InputError: No request could be made with the address, the key or the proxy of the environment.
    """
    named = settings.get("base_url") or next((v for n in _ADDRESSES if (v := os.environ.get(n))), _OPENAI)
    _require_address(named)
    _require_key(str(settings.get("api_key") or os.environ.get("OPENAI_API_KEY") or ""))
    proxy = _proxy_for(named)
    try:
        transport = BoundedTransport(timeout, limits=httpx.Limits(max_connections=None), proxy=proxy)
    except (ValueError, httpx.InvalidURL, ImportError) as error:
        raise InputError(f"the proxy of the environment cannot be used ({shorten(str(proxy), 60)}): {error}") from error
    client = httpx.Client(
        transport=transport,
        timeout=timeout,
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        headers={"Accept-Encoding": ", ".join(PACKINGS)},
    )
    # The client of ours goes by the proxy itself; langchain refuses to be given both.
    return TolerantChatOpenAI(model=model, timeout=timeout, http_client=client, openai_proxy="", **settings)


_OPENAI = "https://api.openai.com/v1"
_ADDRESSES = ("OPENAI_API_BASE", "OPENAI_BASE_URL")


def _require_address(address: str) -> None:
    try:
        url = httpx.URL(address)
        usable = url.scheme in ("http", "https") and url.host and (url.port is None or 0 < url.port < 65_536)
    except (ValueError, httpx.InvalidURL):  # which of them depends on what is wrong
        usable = False
    if not usable:
        raise InputError(f"{shorten(address)} is no address of a server; write it like http://localhost:8000/v1")


def _require_key(key: str) -> None:
    """Refuse a key that no HTTP header takes: every call would fail of it, and look like a broken connection."""
    if not (key.isascii() and key.isprintable()):
        raise InputError(
            "the key (OPENAI_API_KEY) holds a line end or another character that cannot be sent; set it anew"
        )


def _proxy_for(address: str) -> str | None:
    """Name the proxy that the environment sets for an address; a transport of our own does not look for it."""
    parts = urlsplit(address)
    if not parts.hostname or urllib.request.proxy_bypass(parts.hostname):
        return None
    proxies = urllib.request.getproxies()
    found = os.environ.get("OPENAI_PROXY") or proxies.get(parts.scheme) or proxies.get("all")
    return found if not found or "://" in found else f"http://{found}"

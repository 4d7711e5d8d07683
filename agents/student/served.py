"""A student behind an OpenAI-compatible server (vLLM, llama.cpp, ...), in place of `agents.student.local.Student`.

With `completions`, the default, prompts are rendered here, by the student's own chat template and tokenizer, and sent
as token ids: the server sees exactly the tokens the student was trained on, whatever template it has. With `chat` the
server renders the messages itself, by a template that its operator has to have set to the student's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.agents.student.chat_format import ChatFormat, Message
from molreflect.agents.student.generation import AnswerModel, Decoding
from molreflect.agents.student.weights import load_tokenizer
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.terms import ServerApi

if TYPE_CHECKING:
    from openai import OpenAI


class ServedStudent(AnswerModel):
    """A student on a server.

    Args:
        base_url: Address of the server with its version, e.g. `http://localhost:8000/v1`.
        model: What the server calls the student: the merged weights, or base and adapter joined by the server.
        tokenizer: Folder with the student's tokenizer and chat template, such as the student's own.
        api: `completions` or `chat`.
        in_flight: Most requests at a time; the server batches them.
        timeout: Seconds one request may take.
        retries: How often a request is repeated that met no answer, a rate limit or a server's error.
        key: Most servers ask for none; `OPENAI_API_KEY` where not given.

    Raises:
        InputError: The package `openai` is missing, the server does not answer, or it does not have the model.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        tokenizer: Path | str,
        api: ServerApi = ServerApi.COMPLETIONS,
        in_flight: int = 8,
        timeout: float = 600.0,
        retries: int = 4,
        key: str | None = None,
    ) -> None:
        if api not in tuple(ServerApi):
            raise InputError(f"api must be one of {', '.join(ServerApi)}; got {api!r}")
        if in_flight < 1:
            raise InputError(f"in_flight must be at least 1, got {in_flight}")
        self.model, self.api, self.base_url = model, api, base_url
        self.name = f"{model} ({api})"
        self.format = ChatFormat(load_tokenizer(tokenizer))
        self._in_flight = in_flight
        self._client = _client(base_url, key=key, timeout=timeout, retries=retries)
        self.max_positions = self._look_up()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _look_up(self) -> int:
        """Look up the most tokens the served model takes, where the server says so (vLLM does)."""
        # Not repeated, so that a wrong address shows at once.
        listed = self._asked(lambda: self._client.with_options(max_retries=0).models.list().data)
        for known in listed:
            if known.id == self.model:
                return int(getattr(known, "max_model_len", None) or 1_000_000)
        names = ", ".join(sorted(known.id for known in listed)) or "nothing"
        raise InputError(f"{self.base_url} serves no model {self.model!r}; it serves {names}")

    def _generate(
        self, prompts: Sequence[Sequence[Message]], starts: Sequence[str], decoding: Decoding
    ) -> list[list[str]]:
        """Ask the server: one request for each prompt, `in_flight` at a time.

        `top_k`, `stop_token_ids` and, for `chat` with a start, `continue_final_message` go beyond OpenAI's own API:
        vLLM knows them, other servers ignore what they do not know. Where the server stops answering, answers that
        came before are lost, and a prediction resumes from its last whole window.
        """
        settings: dict[str, Any] = {"model": self.model, "max_tokens": decoding.max_new_tokens, "n": decoding.n}
        settings["temperature"] = decoding.temperature if decoding.do_sample else 0.0
        extra: dict[str, Any] = {"stop_token_ids": list(self.format.stop_ids)}
        if decoding.do_sample:
            settings["top_p"] = decoding.top_p
            extra["top_k"] = decoding.top_k
        ask = self._complete if self.api == "completions" else self._chat

        def answer(index: int) -> list[str]:
            own = settings | ({"seed": decoding.seed + index} if decoding.do_sample else {})
            return ask(prompts[index], starts[index], own, extra)

        if not prompts:
            return []
        with ThreadPoolExecutor(min(self._in_flight, len(prompts))) as pool:
            answers = list(pool.map(answer, range(len(prompts))))
        for index, texts in enumerate(answers):
            if len(texts) != decoding.n:
                raise InputError(
                    f"{self.base_url} gave {counted(len(texts), 'answer')} to request {index} where "
                    f"{decoding.n} were asked for; "
                    "its server does not support n, ask for one candidate"
                )
        if self.watch is not None:
            self.watch(sum(len(self.format.text_ids(text)) for texts in answers for text in texts if text))
        return answers

    def _complete(
        self, messages: Sequence[Message], start: str, settings: dict[str, Any], extra: dict[str, Any]
    ) -> list[str]:
        ids = self.format.prompt_ids(messages) + (self.format.text_ids(start) if start else [])
        # Special tokens are not asked for: where a server writes them all the same, the answer ends at the first.
        answer = self._asked(lambda: self._client.completions.create(prompt=ids, extra_body=extra, **settings))
        return [self._cut(choice.text) for choice in sorted(answer.choices, key=lambda choice: choice.index)]

    def _chat(
        self, messages: Sequence[Message], start: str, settings: dict[str, Any], extra: dict[str, Any]
    ) -> list[str]:
        shown: list[Any] = self.format.fold(messages)
        if start:
            shown.append({"role": "assistant", "content": start})
            extra = extra | {"continue_final_message": True, "add_generation_prompt": False}
        answer = self._asked(lambda: self._client.chat.completions.create(messages=shown, extra_body=extra, **settings))
        choices = sorted(answer.choices, key=lambda choice: choice.index)
        return [self._cut(choice.message.content or "") for choice in choices]

    def _cut(self, text: str) -> str:
        ends = [self.format.tokenizer.decode([token]) for token in self.format.stop_ids]
        return min((text.partition(end)[0] for end in ends if end), key=len, default=text)

    def _asked(self, request: Callable[[], Any]) -> Any:
        """Make a request; an error of the server becomes one line."""
        from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

        try:
            return request()
        except APITimeoutError as error:
            raise InputError(f"the server {self.base_url} took too long to answer") from error
        except APIConnectionError as error:
            cause = f" ({error.__cause__})" if error.__cause__ is not None else ""
            raise InputError(f"the server {self.base_url} cannot be reached{_line(cause)}") from error
        except APIStatusError as error:
            raise InputError(
                f"the server {self.base_url} answered {error.status_code}: {_line(str(error.message))}"
            ) from error
        except APIError as error:  # an answer that is no answer of this API
            raise InputError(f"the server {self.base_url} gave no usable answer: {_line(str(error))}") from error


def _client(base_url: str, *, key: str | None, timeout: float, retries: int) -> OpenAI:
    import os

    try:
        from openai import OpenAI as Client
    except ImportError as error:
        raise InputError(f"a served student needs {error.name}; run: pip install 'molreflect[openai]'") from error
    if not base_url.startswith(("http://", "https://")):
        raise InputError(f"{base_url!r} is not an address; pass e.g. http://localhost:8000/v1")
    # Local servers rarely ask for a key, while the client refuses to start without one.
    chosen = key or os.environ.get("OPENAI_API_KEY") or "not-needed"
    return Client(base_url=base_url, api_key=chosen, timeout=timeout, max_retries=retries)


def _line(text: str) -> str:
    return shorten(" ".join(text.split()))

"""A student behind an OpenAI-compatible server (vLLM, llama.cpp, ...), in place of `agents.student.local.Student`.

With `completions`, the default, prompts are rendered here, by the student's own chat template and tokenizer, and sent
as token ids: the server sees exactly the tokens the student was trained on, whatever template it has. With `chat` the
server renders the messages itself, and whether its template is the student's is its operator's business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.agents.student.local import ChatFormat, Message, load_tokenizer
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.terms import ServerApi

if TYPE_CHECKING:
    from openai import OpenAI


class ServedStudent:
    """A student on a server; takes the same questions as `molreflect.agents.student.local.Student`.

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
        """Most tokens the served model takes, where the server says so (vLLM does)."""
        # A wrong address shall show at once, so the first question is not repeated.
        listed = self._asked(lambda: self._client.with_options(max_retries=0).models.list().data)
        for known in listed:
            if known.id == self.model:
                return int(getattr(known, "max_model_len", None) or 1_000_000)
        names = ", ".join(sorted(known.id for known in listed)) or "nothing"
        raise InputError(f"{self.base_url} serves no model {self.model!r}; it serves {names}")

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        *,
        max_new_tokens: int = 256,
        do_sample: bool = False,
        temperature: float = 0.75,
        top_p: float = 0.85,
        top_k: int = 40,
        n: int = 1,
        seed: int = 0,
        batch_size: int = 8,
        starts: Sequence[str] | None = None,
    ) -> list[list[str]]:
        """Ask the server; arguments and answers as in `molreflect.agents.student.local.Student.generate`.

        One request for each prompt, `in_flight` at a time. `top_k`, `stop_token_ids` and, for `chat` with `starts`,
        `continue_final_message` go beyond OpenAI's own API: vLLM knows them, other servers ignore what they do not
        know. `batch_size` is the server's business.

        Raises:
            InputError: The server refuses a request or stops answering; answers that came before are lost, and a
                prediction goes on from its last whole window.
        """
        if n > 1 and not do_sample:
            raise InputError(f"{n} greedy answers would all be the same; pass do_sample=True or n=1")
        if starts is not None and len(starts) != len(prompts):
            raise InputError(f"{len(prompts)} prompts came with {len(starts)} starts; pass one for each")
        settings: dict[str, Any] = {
            "model": self.model,
            "max_tokens": max_new_tokens,
            "n": n,
            "temperature": temperature if do_sample else 0.0,
        }
        extra: dict[str, Any] = {"stop_token_ids": list(self.format.stop_ids)}
        if do_sample:
            settings["top_p"] = top_p
            extra["top_k"] = top_k

        def ask(index: int) -> list[str]:
            start = starts[index] if starts is not None else ""
            own = settings | ({"seed": seed + index} if do_sample else {})
            if self.api == ServerApi.COMPLETIONS:
                return self._complete(prompts[index], start, own, extra)
            return self._chat(prompts[index], start, own, extra)

        if not prompts:
            return []
        with ThreadPoolExecutor(min(self._in_flight, len(prompts))) as pool:
            answers = list(pool.map(ask, range(len(prompts))))
        for index, texts in enumerate(answers):
            if len(texts) != n:
                raise InputError(
                    f"{self.base_url} gave {len(texts)} answers to request {index} where {n} were asked for; "
                    "its server does not support n, ask for one candidate"
                )
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
        """What the server answers; its errors as one line each."""
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

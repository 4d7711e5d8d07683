"""The student: a causal language model that scores text by perplexity and writes text.

Training, scoring and generation all render a conversation through `ChatFormat`, so that a token the student is
trained on is a token it is asked for later.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.agents.student.weights import quiet_transformers, resolve_base
from molreflect.tools.errors import InputError, shorten

if TYPE_CHECKING:
    import torch

STRIDE = 16
"""Tokens after which rows that have ended leave their batch."""
READ_TOKENS = 1024
"""Most tokens of prompts, padding included, that a CPU reads in one pass (a single longer prompt is one pass)."""

Message = dict[str, str]
"""One turn of a conversation: `{"role": "system"|"user"|"assistant", "content": ...}`."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A conversation as tokens, split where the answer begins and ends."""

    ids: tuple[int, ...]
    """Prompt, answer and the token that ends the answer; nothing after it."""
    n_prompt: int
    """`ids[:n_prompt]` is exactly what generation starts from; the rest is what is trained on."""
    n_text: int
    """`ids[n_prompt:n_text]` is the answer's own text, `ids[n_text:]` the end-of-turn token."""


class ChatFormat:
    """How one tokenizer's chat template writes a conversation.

    Probes the template once: whether it takes a system role (Mistral's does not: the system text then opens the
    first user turn), and which token ends an answer.

    Raises:
        InputError: The tokenizer has no chat template, or its template never ends an answer.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        if not getattr(tokenizer, "chat_template", None):
            raise InputError(
                "the base model's tokenizer has no chat template, so prompts cannot be written for it; "
                "pass an instruction-tuned model"
            )
        self.takes_system = self._probe_system()
        self.stop_ids = self._probe_stop()

    def _render(self, messages: Sequence[Message], *, generation: bool) -> str:
        text = self.tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=generation)
        return str(text)

    def _tokens(self, text: str) -> list[int]:
        # The template already wrote every special token as text; a tokenizer that adds its own would double them.
        return [int(i) for i in self.tokenizer(text, add_special_tokens=False)["input_ids"]]

    def _probe_system(self) -> bool:
        from jinja2.exceptions import TemplateError

        probe = [{"role": "system", "content": "sysprobe"}, {"role": "user", "content": "userprobe"}]
        try:
            return "sysprobe" in self._render(probe, generation=True)
        except TemplateError:  # this is how templates say that they take no system role
            return False

    def _probe_stop(self) -> tuple[int, ...]:
        user = [{"role": "user", "content": "userprobe"}]
        text = self._render([*user, {"role": "assistant", "content": "answerprobe"}], generation=False)
        _, _, tail = text.partition("answerprobe")
        special = set(self.tokenizer.all_special_ids)
        first = next((i for i in self._tokens(tail) if i in special), None)
        if first is None:
            raise InputError(
                "the base model's chat template ends an answer with no special token, so generation could not stop; "
                "pass an instruction-tuned model"
            )
        eos = self.tokenizer.eos_token_id
        return (first,) if eos is None or eos == first else (first, int(eos))

    def fold(self, messages: Sequence[Message]) -> list[Message]:
        """The conversation as the template can take it: without a system role where it has none."""
        if self.takes_system or not messages or messages[0]["role"] != "system":
            return list(messages)
        head, *rest = messages
        if not rest or rest[0]["role"] != "user":
            raise InputError("a system message must be followed by a user message for this chat template")
        return [{"role": "user", "content": f"{head['content']}\n\n{rest[0]['content']}"}, *rest[1:]]

    def prompt_ids(self, messages: Sequence[Message]) -> list[int]:
        """Tokens of a prompt, up to and including the marks that open the assistant's turn."""
        return self._tokens(self._render(self.fold(messages), generation=True))

    def encode(self, messages: Sequence[Message], completion: str) -> Encoded:
        """Tokens of a prompt and its answer.

        Raises:
            InputError: The answer is empty, or the template does not round-trip: it writes the prompt
                differently once an answer follows, or it changes the answer.
        """
        if not completion.strip():
            raise InputError("an answer to score or train on is empty; pass some text")
        folded = self.fold(messages)
        prompt = self._tokens(self._render(folded, generation=True))
        whole = self._render([*folded, {"role": "assistant", "content": completion}], generation=False)
        ids = self._tokens(whole)
        if ids[: len(prompt)] != prompt:
            raise InputError(
                "the base model's chat template does not round-trip: it writes the prompt differently when an answer "
                f"follows ({shorten(whole)}); a student trained this way would see other prompts than it is asked"
            )
        # The first end mark after the prompt ends the answer; what a template writes after it is never generated.
        stop = next((i for i in range(len(prompt), len(ids)) if ids[i] in self.stop_ids), None)
        if stop is None:
            raise InputError(f"the chat template leaves the answer {shorten(completion)} without an end mark")
        text = self.decode(ids[len(prompt) : stop])
        if text.strip() != completion.strip():
            raise InputError(
                f"the chat template does not round-trip: the answer {shorten(completion)} reads back as {shorten(text)}"
            )
        return Encoded(ids=tuple(ids[: stop + 1]), n_prompt=len(prompt), n_text=stop)

    def decode(self, ids: Sequence[int]) -> str:
        """Tokens back to text, special tokens left out and no spaces tidied."""
        text = self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return str(text)

    def text_ids(self, text: str) -> list[int]:
        """Tokens of a plain text, without any template."""
        return self._tokens(text)

    def count(self, text: str) -> int:
        """Number of tokens of a plain text, without any template."""
        return len(self._tokens(text))


def load_tokenizer(base: Path | str) -> Any:
    """The tokenizer of a resolved base model, its padding token set.

    Raises:
        InputError: transformers is missing, or the name can be found neither locally nor on the hub.
    """
    AutoTokenizer = _from_transformers("AutoTokenizer")  # noqa: N806
    tokenizer = _load(base, lambda: AutoTokenizer.from_pretrained(str(base)))
    if tokenizer.pad_token_id is None:
        # Padding is always masked by position here, never by token id, so sharing a token is harmless.
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(base: Path | str, *, dtype: Any, quantization_config: Any = None) -> Any:
    """The weights of a resolved base model as a causal language model (errors as in `load_tokenizer`)."""
    AutoModelForCausalLM = _from_transformers("AutoModelForCausalLM")  # noqa: N806
    extra = {} if quantization_config is None else {"quantization_config": quantization_config}
    return _load(base, lambda: AutoModelForCausalLM.from_pretrained(str(base), dtype=dtype, **extra))


def _from_transformers(name: str) -> Any:
    try:
        import transformers
    except ImportError as error:
        raise InputError(f"a student needs the package {error.name}; run: pip install 'molreflect[models]'") from (
            error
        )
    return getattr(transformers, name)


def _load(base: Path | str, load: Callable[[], Any]) -> Any:
    with quiet_transformers():
        try:
            return load()
        except OSError as error:
            raise InputError(
                f"the model {str(base)!r} cannot be loaded: {str(error).splitlines()[0]}; pass `smollm2`, a local "
                "model folder, or a hub name that can be reached (HF_TOKEN set where the model asks for it)"
            ) from error


class Student:
    """A causal language model with its chat format, on one device.

    Args:
        model: Any transformers causal language model, with or without an adapter.
        tokenizer: Its tokenizer, with a chat template and a padding token.
        name: What records call it.
    """

    def __init__(self, model: Any, tokenizer: Any, *, name: str = "student") -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.format = ChatFormat(tokenizer)
        self.name = name

    @classmethod
    def load(
        cls, base: str | Path, *, adapter: Path | None = None, device: str | None = None, dtype: Any = None
    ) -> Student:
        """Load a student.

        Args:
            base: As in `resolve_base`: `smollm2`, a local folder, or a hub name.
            adapter: Folder with a LoRA adapter to put on top.
            device: torch device; the first GPU where there is one, else the CPU.
            dtype: torch dtype; bfloat16 on a GPU that has it, else float32 (bfloat16 is slower on most CPUs).

        Raises:
            InputError: Packages, weights or adapter are missing, with what to do.
        """
        try:
            import torch
        except ImportError as error:
            raise InputError("a student needs torch; run: pip install 'molreflect[models]'") from error
        resolved = resolve_base(str(base))
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        if dtype is None:
            bf16 = device.startswith("cuda") and torch.cuda.is_bf16_supported()
            dtype = torch.bfloat16 if bf16 else torch.float32
        tokenizer = load_tokenizer(resolved)
        model = load_model(resolved, dtype=dtype)
        if adapter is not None:
            if not (Path(adapter) / "adapter_config.json").is_file():
                raise InputError(f"{adapter} holds no adapter (adapter_config.json); pass a folder `train` wrote")
            try:
                from peft import PeftModel
            except ImportError as error:
                raise InputError("an adapter needs peft; run: pip install 'molreflect[train]'") from error
            model = PeftModel.from_pretrained(model, str(adapter))
        return cls(model.to(device), tokenizer, name=str(base))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        device: torch.device = next(iter(self.model.parameters())).device
        return device

    @property
    def max_positions(self) -> int:
        """Most tokens of prompt and answer together that the model was built for."""
        return int(getattr(self.model.config, "max_position_embeddings", 0) or 1_000_000)

    def perplexity(
        self, prompts: Sequence[Sequence[Message]], completions: Sequence[str], *, batch_size: int = 8
    ) -> list[float]:
        """Perplexity of each completion given its prompt: exp of the mean negative log-likelihood of its tokens.

        The end-of-turn token is not scored: the question is how well the model expects the text, not its end.

        Args:
            prompts: Chat messages, one list for each completion.
            completions: The assistant's answers.
            batch_size: Sequences in one forward pass; it changes speed and memory, not the values.

        Returns:
            One value of at least 1 for each completion, lower is better, in the order given.

        Raises:
            InputError: The lists differ in length, a completion is empty, or a sequence is longer than the model
                can take.
        """
        if len(prompts) != len(completions):
            raise InputError(f"{len(prompts)} prompts came with {len(completions)} completions; pass one for each")
        rows = [self.format.encode(p, c) for p, c in zip(prompts, completions, strict=True)]
        for row in rows:
            self._check_length(row.n_text)
        values = [math.nan] * len(rows)
        for batch in _by_length([row.n_text for row in rows], batch_size):
            for index, value in zip(batch, self._perplexities([rows[i] for i in batch]), strict=True):
                values[index] = value
        return values

    def _perplexities(self, rows: Sequence[Encoded]) -> list[float]:
        import torch

        texts = [list(row.ids[: row.n_text]) for row in rows]
        spans = [row.n_text - row.n_prompt for row in rows]
        ids, mask = self._left_pad(texts)
        # Positions are counted from the first real token, so a padded row sees what it sees alone. Logits are made
        # for the answers only: over a vocabulary of 49,152 they are what fills the memory.
        keep = max(spans) + 1
        with torch.inference_mode():
            logits = self.model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=(mask.cumsum(-1) - 1).clamp(min=0),
                logits_to_keep=keep,
                use_cache=False,
            ).logits.float()
        result = []
        for row, span in enumerate(spans):
            scores = torch.log_softmax(logits[row, -span - 1 : -1], dim=-1)
            nll = -scores.gather(-1, ids[row, -span:, None]).mean()
            result.append(float(torch.exp(nll)))
        return result

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
        """Write answers, in batches of prompts of similar length, padded on the left.

        Args:
            prompts: Chat messages, ending with a user turn.
            max_new_tokens: Most tokens of one answer; it ends earlier at the end-of-turn token.
            do_sample: Sample; otherwise the likeliest token is taken each time (greedy).
            temperature: Only for sampling, as `top_p` and `top_k`; the defaults are the paper's.
            top_p: Nucleus size, 0 to 1.
            top_k: Number of likeliest tokens to sample from.
            n: Answers for each prompt; more than one needs sampling.
            seed: Same seed, same prompts and same batch size give the same answers.
            batch_size: Sequences (prompts times `n`) decoded together.
            starts: How each answer begins; what comes back continues it, without repeating it.

        Returns:
            For each prompt its `n` answers, without special tokens.

        Raises:
            InputError: Several greedy answers are asked for (they would all be the same), or a prompt leaves no
                room for an answer.
        """
        import torch

        if n > 1 and not do_sample:
            raise InputError(f"{n} greedy answers would all be the same; pass do_sample=True or n=1")
        encoded = [self.format.prompt_ids(p) for p in prompts]
        if starts is not None:
            if len(starts) != len(prompts):
                raise InputError(f"{len(prompts)} prompts came with {len(starts)} starts; pass one for each")
            encoded = [ids + self.format.text_ids(start) for ids, start in zip(encoded, starts, strict=True)]
        for prompt in encoded:
            self._check_length(len(prompt) + max_new_tokens)
        sampling = {"temperature": temperature, "top_p": top_p, "top_k": top_k} if do_sample else {}
        settings = {
            "do_sample": do_sample,
            "eos_token_id": list(self.format.stop_ids),
            "pad_token_id": self.tokenizer.pad_token_id,
            **sampling,
        }
        answers: list[list[str]] = [[] for _ in prompts]
        devices = [self.device] if self.device.type == "cuda" else []
        for number, batch in enumerate(_by_length([len(ids) for ids in encoded], max(1, batch_size // n))):
            rows = [encoded[i] for i in batch]
            ids, mask = self._left_pad(rows)
            with torch.inference_mode(), torch.random.fork_rng(devices):
                cache = self._read(rows)
                if n > 1:
                    cache.batch_repeat_interleave(n)
                    ids, mask = ids.repeat_interleave(n, dim=0), mask.repeat_interleave(n, dim=0)
                torch.manual_seed(seed + number)  # the caller's own random state stays as it was
                written = self._write(ids, mask, cache, max_new_tokens, settings)
            texts = [self._answer(row) for row in written]
            for place, index in enumerate(batch):
                answers[index] = texts[place * n : (place + 1) * n]
        return answers

    def _write(
        self, ids: torch.Tensor, mask: torch.Tensor, cache: Any, max_new_tokens: int, settings: Mapping[str, Any]
    ) -> list[list[int]]:
        """Continue every row until it ends; those that have ended are no longer computed with the others.

        Args:
            ids: Token ids, shape (rows, longest row), padded on the left.
            mask: Attention mask of the same shape.
            cache: Keys and values of all tokens but the last of each row; written on.
            max_new_tokens: Most tokens of a row.
            settings: Of `GenerationConfig`, how a token is chosen.

        Returns:
            The new token ids of each row, the stop token included; what follows it is padding.
        """
        import torch

        written: list[list[int]] = [[] for _ in range(len(ids))]
        going = list(range(len(ids)))
        left = max_new_tokens
        while going and left:
            some = _from_transformers("GenerationConfig")(max_new_tokens=min(left, STRIDE), **settings)
            out = self.model.generate(input_ids=ids, attention_mask=mask, past_key_values=cache, generation_config=some)
            new = out[:, ids.shape[1] :]
            left -= new.shape[1]
            open_ends = []
            for i, (row, tokens) in enumerate(zip(going, new.tolist(), strict=True)):
                written[row] += tokens
                if not any(stop in tokens for stop in self.format.stop_ids):
                    open_ends.append(i)
            going = [going[i] for i in open_ends]
            if going and left:
                kept = torch.tensor(open_ends, device=self.device)
                ids = out[kept]
                mask = torch.cat([mask[kept], mask.new_ones(len(kept), new.shape[1])], dim=1)
                if len(kept) < len(out):
                    cache.batch_select_indices(kept)
        return written

    def _read(self, rows: Sequence[Sequence[int]]) -> Any:
        """Keys and values of all tokens but the last of each prompt: it is read once, however many answers it is given.

        A CPU reads so many rows at a time as make `READ_TOKENS`: states of a whole batch outgrow its caches and are
        mapped anew for each operation, which is slower than reading the prompts one by one.
        """
        from molreflect.agents.student import kv_cache

        config = self.model.config
        at_once = READ_TOKENS if self.device.type == "cpu" and kv_cache.can_join(config) else math.inf
        parts = []
        for some in _at_most(at_once, rows):
            ids, mask = self._left_pad([row[:-1] for row in some])
            parts.append(kv_cache.cache_for(config))
            self.model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=(mask.cumsum(-1) - 1).clamp(min=0),
                past_key_values=parts[-1],
                use_cache=True,
                logits_to_keep=1,
            )
        return kv_cache.join(parts, config)

    def _answer(self, ids: list[int]) -> str:
        end = next((i for i, token in enumerate(ids) if token in self.format.stop_ids), len(ids))
        return self.format.decode(ids[:end])

    def _check_length(self, length: int) -> None:
        if length > self.max_positions:
            raise InputError(
                f"a prompt and its answer take {length} tokens, and {self.name} takes at most {self.max_positions}; "
                "use fewer neighbours or a smaller max_new_tokens"
            )

    def _left_pad(self, rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Token ids and attention mask, both of shape (rows, longest row), padded on the left."""
        import torch

        width = max(len(row) for row in rows)
        pad = self.tokenizer.pad_token_id
        ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in rows], device=self.device)
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=self.device)
        return ids, mask


def _by_length(lengths: Sequence[int], batch_size: int) -> Iterator[list[int]]:
    """Indices in batches of similar length, longest first, so that running out of memory shows at once."""
    if batch_size < 1:
        raise InputError(f"batch_size must be at least 1, got {batch_size}")
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


def _at_most(tokens: float, rows: Sequence[Sequence[int]]) -> Iterator[Sequence[Sequence[int]]]:
    """Rows in parts of at most so many tokens once padded; a part has one row at least."""
    start = 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or max(len(row) for row in rows[start : end + 1]) * (end + 1 - start) > tokens:
            yield rows[start:end]
            start = end

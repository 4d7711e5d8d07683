"""The student on this machine: a causal language model that scores text by perplexity and writes text."""

from __future__ import annotations

import copy
import importlib.util
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.agents.student.chat_format import ChatFormat, Encoded, Message
from molreflect.agents.student.generation import AnswerModel, Decoding
from molreflect.agents.student.weights import TemplateSettings, load_model, load_tokenizer, resolve_base
from molreflect.tools.errors import InputError

if TYPE_CHECKING:
    import torch


WORTH_SHARING = 8
"""Tokens that prompts must share at their beginning to be read once for all."""


class Student(AnswerModel):
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
        cls,
        base: str | Path,
        *,
        adapter: Path | None = None,
        device: str | None = None,
        dtype: Any = None,
        template_settings: TemplateSettings | None = None,
    ) -> Student:
        """Load a student's weights, tokenizer and adapter.

        Args:
            base: As in `resolve_base`: `smollm2`, a local folder, or a hub name.
            adapter: Folder with a LoRA adapter to put on top.
            device: torch device; the first GPU where there is one, else the CPU.
            dtype: torch dtype; bfloat16 on a GPU that has it, else float32 (bfloat16 is slower on most CPUs).
            template_settings: As in `load_tokenizer`.

        Raises:
            InputError: Packages, weights or adapter are missing, with what to do.
        """
        if importlib.util.find_spec("torch") is None:
            raise InputError("a student needs torch; run: pip install 'molreflect[models]'")
        resolved = resolve_base(str(base))  # a name that is wrong is said before torch is loaded
        if adapter is not None and not (Path(adapter) / "adapter_config.json").is_file():
            raise InputError(f"{adapter} holds no adapter (adapter_config.json); pass a folder `train` wrote")
        import torch

        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        if dtype is None:
            bf16 = device.startswith("cuda") and torch.cuda.is_bf16_supported()
            dtype = torch.bfloat16 if bf16 else torch.float32
        tokenizer = load_tokenizer(resolved, template_settings)
        model = load_model(resolved, dtype=dtype)
        if adapter is not None:
            try:
                from peft import PeftModel
            except ImportError as error:
                raise InputError("an adapter needs peft; run: pip install 'molreflect[train]'") from error
            model = PeftModel.from_pretrained(model, str(adapter))
        return cls(model.to(device), tokenizer, name=str(base))

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        device: torch.device = next(iter(self.model.parameters())).device
        return device

    @property
    def max_positions(self) -> int:
        """Most tokens of prompt and answer together that the model was built for."""
        return int(getattr(self.model.config, "max_position_embeddings", 0) or 1_000_000)

    def perplexity(
        self, prompts: Sequence[Sequence[Message]], completions: Sequence[str], *, batch_size: int = 8
    ) -> list[float]:
        """Compute the perplexity of each completion given its prompt.

        It is exp of the mean negative log-likelihood of the completion's tokens, the end-of-turn token excluded.

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

    def _generate(
        self, prompts: Sequence[Sequence[Message]], starts: Sequence[str], decoding: Decoding
    ) -> list[list[str]]:
        """Decode in batches of prompts of similar length, padded on the left."""
        import torch
        from transformers import GenerationConfig

        encoded = [
            self.format.prompt_ids(prompt) + (self.format.text_ids(start) if start else [])
            for prompt, start in zip(prompts, starts, strict=True)
        ]
        for one in encoded:
            self._check_length(len(one) + decoding.max_new_tokens)
        sampling = ("temperature", "top_p", "top_k") if decoding.do_sample else ()
        config = GenerationConfig(  # type: ignore[no-untyped-call]
            max_new_tokens=decoding.max_new_tokens,
            do_sample=decoding.do_sample,
            eos_token_id=list(self.format.stop_ids),
            pad_token_id=self.tokenizer.pad_token_id,
            **{name: getattr(decoding, name) for name in sampling},
        )
        answers: list[list[str]] = [[] for _ in prompts]
        n, devices = decoding.n, [self.device] if self.device.type == "cuda" else []
        shared = self._shared_tokens(encoded)
        with torch.inference_mode():
            opening = self._read_opening(encoded[0][:shared]) if shared else None
        for number, batch in enumerate(_by_length([len(ids) for ids in encoded], max(1, decoding.batch_size // n))):
            ids, mask = self._left_pad([encoded[i] for i in batch], shared)
            with torch.inference_mode(), torch.random.fork_rng(devices):
                cache = None if opening is None else _repeated(opening, len(batch))
                if n > 1:
                    cache = self._read(ids, mask, n, cache, shared)
                ids, mask = ids.repeat_interleave(n, dim=0), mask.repeat_interleave(n, dim=0)
                torch.manual_seed(decoding.seed + number)  # the caller's own random state stays as it was
                written = self.model.generate(
                    input_ids=ids,
                    attention_mask=mask,
                    past_key_values=cache,
                    generation_config=config,
                    stopping_criteria=None if self.watch is None else [_TokenWatch(self.watch, self.format.stop_ids)],
                )
            texts = [self._answer(row) for row in written[:, ids.shape[1] :].tolist()]
            for place, index in enumerate(batch):
                answers[index] = texts[place * n : (place + 1) * n]
        return answers

    def _shared_tokens(self, encoded: Sequence[list[int]]) -> int:
        """Count the tokens that all prompts begin with and that are worth reading once for all; 0 where none are."""
        if len(encoded) < 2 or not self._sees_whole_context:
            return 0
        first, last = min(encoded, key=list), max(encoded, key=list)  # what these two share, all do
        room = min(len(ids) for ids in encoded) - 1  # each prompt has a token of its own to go on from
        shared = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), room)
        return min(shared, room) if min(shared, room) >= WORTH_SHARING else 0

    @property
    def _sees_whole_context(self) -> bool:
        """Whether no layer looks through a window: one counts the padding that stands behind a shared beginning."""
        config = self.model.config
        kinds = set(getattr(config, "layer_types", None) or ())
        return getattr(config, "sliding_window", None) is None and kinds <= {"full_attention"}

    def _read_opening(self, ids: Sequence[int]) -> Any:
        """Compute the keys and values of what all prompts begin with."""
        import torch
        from transformers import DynamicCache

        cache = DynamicCache(config=self.model.config)
        self.model(
            input_ids=torch.tensor([list(ids)], device=self.device),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return cache

    def _read(self, ids: torch.Tensor, mask: torch.Tensor, n: int, cache: Any, known: int) -> Any:
        """Compute the keys and values of all tokens but the last once for the `n` answers of each prompt.

        Args:
            ids: Of shape (prompts, longest).
            mask: Of the same shape.
            n: Answers for each prompt.
            cache: Keys and values of the first `known` tokens; None for none.
            known: As above.
        """
        from transformers import DynamicCache

        cache = DynamicCache(config=self.model.config) if cache is None else cache
        if ids.shape[1] - 1 > known:
            self.model(
                input_ids=ids[:, known:-1],
                attention_mask=mask[:, :-1],
                position_ids=(mask[:, :-1].cumsum(-1) - 1).clamp(min=0)[:, known:],
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
        cache.batch_repeat_interleave(n)
        return cache

    def _answer(self, ids: list[int]) -> str:
        end = next((i for i, token in enumerate(ids) if token in self.format.stop_ids), len(ids))
        return self.format.decode(ids[:end])

    def _check_length(self, length: int) -> None:
        if length > self.max_positions:
            raise InputError(
                f"a prompt and its answer take {length} tokens, and {self.name} takes at most {self.max_positions}; "
                "use fewer neighbours or a smaller max_new_tokens"
            )

    def _left_pad(self, rows: Sequence[Sequence[int]], shared: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
        """Pad rows on the left: token ids and attention mask, both of shape (rows, longest row).

        Args:
            rows: Token ids.
            shared: Tokens at the beginning that all rows share; they stay in front, and padding follows them.
        """
        import torch

        width = max(len(row) for row in rows)
        pad, head = self.tokenizer.pad_token_id, list(rows[0][:shared])
        ids = [head + [pad] * (width - len(row)) + list(row[shared:]) for row in rows]
        mask = [[1] * shared + [0] * (width - len(row)) + [1] * (len(row) - shared) for row in rows]
        return torch.tensor(ids, device=self.device), torch.tensor(mask, device=self.device)


def _repeated(cache: Any, rows: int) -> Any:
    """Copy the keys and values of one row for several."""
    copied = copy.deepcopy(cache)
    copied.batch_repeat_interleave(rows)
    return copied


class _TokenWatch:
    """Tells how many tokens each decoding step writes; as a stopping criterion it never stops anything."""

    def __init__(self, told: Callable[[int], None], stops: Sequence[int]) -> None:
        self._told, self._stops = told, stops
        self._ended: torch.Tensor | None = None

    def __call__(self, ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        import torch

        ended = torch.isin(ids[:, -1], torch.tensor(list(self._stops), device=ids.device))
        before = torch.zeros_like(ended) if self._ended is None else self._ended
        self._told(int((~before).sum()))
        self._ended = before | ended
        return torch.zeros_like(ended)


def _by_length(lengths: Sequence[int], batch_size: int) -> Iterator[list[int]]:
    """Split indices into batches of similar length, the longest first, so that running out of memory shows at once."""
    if batch_size < 1:
        raise InputError(f"batch_size must be at least 1, got {batch_size}")
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]

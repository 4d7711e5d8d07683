"""A randomly initialised Llama of a few thousand weights, and a tokenizer built on the spot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
LLAMA3 = (
    "{{ '<|begin_of_text|>' }}{% for m in messages %}"
    "{{ '<|start_header_id|>' + m['role'] + '<|end_header_id|>\n\n' + m['content'] | trim + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
MISTRAL = (
    "{{ '<s>' }}{% for m in messages %}"
    "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}"
    "{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}"
    "{% else %}{{ ' ' + m['content'] + '</s>' }}{% endif %}{% endfor %}"
)
GEMMA = (
    "{{ '<bos>' }}{% for m in messages %}"
    "{% if m['role'] == 'system' %}{{ raise_exception('no system role here') }}{% endif %}"
    "{{ '<start_of_turn>' + ('model' if m['role'] == 'assistant' else m['role']) + '\n' }}"
    "{{ m['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
THINKING = (  # as Qwen3's: a prompt that asks for no thoughts opens with none, and so does every last answer
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}"
    "{% if m['role'] == 'assistant' and loop.last %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{{ m['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{% endif %}"
)
TEMPLATES = {
    "chatml": (CHATML, "<|im_end|>"),
    "llama3": (LLAMA3, "<|eot_id|>"),
    "mistral": (MISTRAL, "</s>"),
    "gemma": (GEMMA, "<end_of_turn>"),
}
"""Templates that round-trip as they are."""
TOLD = {"thinking": (THINKING, "<|im_end|>")}
"""Templates that have to be told something."""
_MARKS = (
    "<bos> <start_of_turn> <end_of_turn> <|im_start|> <|im_end|> <s> </s> <|begin_of_text|> <|start_header_id|> "
    "<|end_header_id|> <|eot_id|> [INST] [/INST]"
)
SPECIAL = _MARKS.split()
_TEXT = [
    "You are an expert chemist who reads and writes SMILES.",
    "Write the caption of the last molecule. First list its parts, each as words -> fragment SMILES.",
    "Write the molecule of the last caption, as SMILES.\n\nMolecule: CC(=O)O\nParts:\nnone\nCaption: The molecule is a",
    "system\nuser\nassistant\n",
    "primary alcohol, monocarboxylic acid, primary amine, methyl ester, phenol, nitrile, thiol, ketone with number ",
    "The molecule is a primary It has a role as a metabolite.",
] * 4


def tiny_tokenizer(template: str = "chatml") -> Any:
    """A byte-level BPE tokenizer whose padding token is its end token, as SmolLM2's is."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(_TEXT, trainer)
    chat, end = (TEMPLATES | TOLD)[template]
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end, pad_token=end)
    fast.add_special_tokens({"additional_special_tokens": [token for token in SPECIAL if token != end]})
    fast.chat_template = chat
    return fast


def tiny_model(
    vocabulary: int, *, hidden: int = 64, layers: int = 2, seed: int = 0, positions: int = 2048, kv_heads: int = 4
) -> Any:
    """A Llama with random weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=kv_heads,
        max_position_embeddings=positions,
        initializer_range=0.1,
    )
    return LlamaForCausalLM(config)


def save_tiny_base(folder: Path, *, template: str = "chatml", **sizes: int) -> Path:
    """Model and tokenizer as a local base folder."""
    tokenizer = tiny_tokenizer(template)
    model = tiny_model(len(tokenizer), **sizes)
    for config in (model.config, model.generation_config):
        config.eos_token_id = config.pad_token_id = tokenizer.eos_token_id
        config.bos_token_id = None
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@contextmanager
def one_thread() -> Iterator[None]:
    """Matrices this small are slower on several threads, and far slower where the machine is busy."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)

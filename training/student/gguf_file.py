"""A merged student as one GGUF file, as llama.cpp, Ollama and LM Studio load it."""

from __future__ import annotations

import importlib.util
import io
import json
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.agents.student.weights import load_model, quiet_transformers
from molreflect.tools.errors import InputError, shorten
from molreflect.training.student.gguf_server import serve_gguf

if TYPE_CHECKING:
    import numpy.typing as npt

    from molreflect.agents.student.chat_format import Message
    from molreflect.agents.student.local import Student

LLAMA_CPP_TOLERANCE = 0.05
"""Most difference of a log-probability by llama.cpp, whose kernels round in other places."""
_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
_NORMAL, _CONTROL, _USER_DEFINED, _UNUSED = 1, 3, 4, 5
"""Types of tokens in a GGUF file."""


class ParityError(RuntimeError):
    """Written weights do not say what the trained ones say; nothing was kept."""


def require_writable_as_gguf(model: Any, tokenizer: Any) -> None:
    """Refuse what cannot be written without a guess.

    Args:
        model: Of a student.
        tokenizer: Of it.

    Raises:
        InputError: It is no Llama with a byte-level BPE tokenizer that llama.cpp knows, or scales its positions.
    """
    config, advice = model.config, "write it with llama.cpp's convert_hf_to_gguf.py from the merged folder"
    if config.model_type != "llama":
        raise InputError(f"a GGUF file is written of Llama models alone, and this one is {config.model_type}; {advice}")
    if (kind := (config.rope_parameters or {}).get("rope_type", "default")) != "default":
        raise InputError(f"a GGUF file is not written of a model with positions scaled by {kind}; {advice}")
    if getattr(config, "hidden_act", "silu") != "silu":
        raise InputError(f"a GGUF file is not written of a model with {config.hidden_act}; {advice}")
    if pre_tokenizer(json.loads(tokenizer.backend_tokenizer.to_str())) is None:
        raise InputError(f"a GGUF file is written of byte-level BPE tokenizers that llama.cpp knows; {advice}")


def pre_tokenizer(tokenizer: dict[str, Any]) -> str | None:
    """Name how a tokenizer cuts texts before it merges bytes, as llama.cpp calls it; None where it is none it knows.

    Args:
        tokenizer: The content of a `tokenizer.json`.
    """
    if tokenizer["model"]["type"] != "BPE" or tokenizer.get("normalizer") is not None:
        return None
    first = tokenizer.get("pre_tokenizer") or {}
    steps = first["pretokenizers"] if first.get("type") == "Sequence" else [first]
    bytes_of = steps[-1]
    if bytes_of.get("type") != "ByteLevel" or bytes_of.get("add_prefix_space"):
        return None
    ruled, before = bytes_of.get("use_regex", True), steps[:-1]
    if ruled and not before:
        return "gpt-2"
    if ruled and [step.get("type") for step in before] == ["Digits"] and before[0].get("individual_digits"):
        return "smollm"
    if not ruled and len(before) == 1 and before[0].get("pattern", {}).get("Regex") == _LLAMA3:
        return "llama-bpe"
    return None


def write_gguf(folder: Path, path: Path, *, name: str) -> None:
    """Write a merged model's weights (float32) and tokenizer.

    Args:
        folder: Model and tokenizer, as `merge` leaves them.
        path: The file.
        name: What the file calls the model.

    Raises:
        InputError: The package is missing, or the model cannot be written; see `require_writable_as_gguf`.

    Source: the GGUF specification, and the layout of Llama models in llama.cpp's converter.
    """
    try:
        import gguf
    except ImportError as error:
        raise InputError("a GGUF file needs the package gguf; run: pip install 'molreflect[models]'") from error
    import torch
    from transformers import AutoTokenizer

    with quiet_transformers():
        tokenizer: Any = AutoTokenizer.from_pretrained(str(folder))
    model = load_model(folder, dtype=torch.float32)
    require_writable_as_gguf(model, tokenizer)
    config = model.config
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(name)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    _add_tokenizer(writer, tokenizer, folder, config.vocab_size)
    for tensor, values in _tensors(model):
        writer.add_tensor(tensor, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_tokenizer(writer: Any, tokenizer: Any, folder: Path, vocabulary: int) -> None:
    import gguf

    described = json.loads(tokenizer.backend_tokenizer.to_str())
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre_tokenizer(described))
    known = {id: token for token, id in tokenizer.get_vocab().items()}
    added = {entry["id"]: _CONTROL if entry["special"] else _USER_DEFINED for entry in described["added_tokens"]}
    # Embeddings may be padded to a round number; those places need a name too.
    writer.add_token_list([known.get(id, f"[PAD{id}]") for id in range(vocabulary)])
    writer.add_token_types([added.get(id, _NORMAL if id in known else _UNUSED) for id in range(vocabulary)])
    gguf.SpecialVocab(folder, load_merges=True, n_vocab=vocabulary).add_to_gguf(writer, quiet=True)
    writer.add_add_bos_token(False)  # the chat template writes what a prompt begins with


def _tensors(model: Any) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Give names and values as llama.cpp has them; tied output weights are left out, it takes the embeddings'."""
    import gguf

    config = model.config
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        values = tensor.float().cpu().numpy()
        part = next((heads[key] for key in heads if f".{key}." in name), None)
        if part is not None:
            values = _interleaved(values, part)
        called = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if called is None:
            raise InputError(f"the model's tensor {name} has no place in a GGUF file of a Llama model")
        yield called, values


def _interleaved(values: npt.NDArray[Any], heads: int) -> npt.NDArray[Any]:
    """Reorder rows of queries or keys: transformers turns halves of a head against each other, llama.cpp neighbours."""
    halves = values.reshape(heads, 2, values.shape[0] // heads // 2, *values.shape[1:])
    return halves.swapaxes(1, 2).reshape(values.shape)


@dataclass(frozen=True, slots=True)
class GgufParity:
    """How far a GGUF file is from the model that it was written of."""

    max_logit_difference: float
    """Largest absolute difference of any logit over all prompts, the file being read by transformers."""
    llama_cpp: bool
    """Whether llama.cpp was asked too, and gave the same tokens and the same first words."""


def check_gguf(path: Path, merged: Student, prompts: Sequence[Sequence[Message]], *, tolerance: float) -> GgufParity:
    """Read a GGUF file with other programs than the one that wrote it, and compare what it says.

    Args:
        path: The file.
        merged: The model that it was written of.
        prompts: Chat messages to compare on.
        tolerance: Largest absolute difference of a logit that rounding may cause.

    Raises:
        ParityError: A logit differs by more, prompts are other tokens there, or the log-probability of the first token
            differs by more than llama.cpp's rounding.
    """
    import torch
    from transformers import AutoModelForCausalLM

    ids = [merged.format.prompt_ids(prompt) for prompt in prompts]
    with quiet_transformers(), redirect_stderr(io.StringIO()):  # a progress bar that nothing else turns off
        read: Any = AutoModelForCausalLM.from_pretrained(str(path.parent), gguf_file=path.name, dtype=torch.float32)
    read = read.to(merged.device).eval()
    differences, last = [], []
    with torch.inference_mode():
        for row in ids:
            tokens = torch.tensor([row], device=merged.device)
            expected = merged.model(input_ids=tokens).logits.float()
            differences.append((expected - read(input_ids=tokens).logits.float()).abs().max())
            last.append(torch.log_softmax(expected[0, -1], dim=-1).cpu())
    difference = float(torch.stack(differences).max())
    if not difference <= tolerance:
        raise ParityError(
            f"the GGUF file differs from the merged weights: largest logit difference {difference:.2e} (tolerance "
            f"{tolerance:.0e}); nothing was written"
        )
    if importlib.util.find_spec("xllamacpp") is None:
        return GgufParity(difference, False)
    with serve_gguf(path, threads=torch_threads(), context=max(map(len, ids)) + 8) as address:
        for prompt, row, scores in zip(prompts, ids, last, strict=True):
            text = merged.format.render_prompt(prompt)
            asked = {"content": text, "add_special": False, "parse_special": True}
            if ask_server(f"{address}/tokenize", asked)["tokens"] != row:
                raise ParityError(
                    f"llama.cpp reads {shorten(text)} as other tokens than the student; nothing was written"
                )
            said = ask_server(f"{address}/completion", {"prompt": row, "n_predict": 1, "temperature": 0, "n_probs": 1})[
                "completion_probabilities"
            ][0]
            if abs(said["logprob"] - float(scores.max())) > LLAMA_CPP_TOLERANCE:
                raise ParityError(
                    f"llama.cpp gives its first token a log-probability of {said['logprob']:.4f}, the student "
                    f"{float(scores.max()):.4f} at best; nothing was written"
                )
    return GgufParity(difference, True)


def torch_threads() -> int:
    """Count the threads that torch would take."""
    import torch

    return torch.get_num_threads()


def ask_server(address: str, body: dict[str, Any]) -> Any:
    """Post a question to a server on this machine, and read its answer."""
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=600) as response:
        return json.load(response)

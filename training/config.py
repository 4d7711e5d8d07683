"""Settings of one fine-tuning. Imports nothing heavy: the command line reads this on start."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import yaml

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.terms import Direction


class Arm(StrEnum):
    """What a training example holds: the method and its ablations."""

    WRITTEN = "written"
    """Neighbours with their alignments; the answer is preceded by the query's own alignments, which the student
    writes itself. The default."""
    SUPPLIED = "supplied"
    """As `written`, but the query's alignments stand in the prompt, from a one-sided view: the paper's test setting."""
    SFT = "sft"
    """Neither neighbours nor alignments."""
    ICMT = "icmt"
    """Neighbours only."""
    NO_CONTEXT = "no_context"
    """The query's alignments are written, without neighbours."""
    UNVERIFIED = "unverified"
    """As `written`, with the teacher's draft as proposed, whatever its verdicts."""
    FILLER = "filler"
    """As `written`, with meaningless text of as many tokens where the alignments would stand."""

    @property
    def has_context(self) -> bool:
        """Whether neighbours are shown."""
        return self not in (Arm.SFT, Arm.NO_CONTEXT)

    @property
    def writes_rationale(self) -> bool:
        """Whether the completion holds more than the answer."""
        return self in (Arm.WRITTEN, Arm.NO_CONTEXT, Arm.UNVERIFIED, Arm.FILLER)


_CHOICES: dict[str, tuple[str, ...]] = {
    "direction": ("both", *Direction),
    "arm": tuple(Arm),
    "neighbours_from": ("index", "record"),
    "too_long": ("stop", "skip"),
    "schedule": ("linear", "cosine", "constant", "constant_with_warmup"),
    "precision": ("auto", "fp32", "bf16", "fp16"),
    "quantization": ("none", "8bit", "4bit"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentConfig:
    """Every setting of one fine-tuning; checks itself, and is saved beside the adapter.

    Raises:
        InputError: A value is out of its range; the message names the setting, the value and the range.
    """

    base: str = "smollm2"
    """Base model: `smollm2` (embedded), a local folder, or a hub name."""
    direction: str = "both"
    """`mol2cap`, `cap2mol`, or `both` (every pair once in each direction)."""
    arm: Arm = Arm.WRITTEN
    neighbours: int = 2
    """Context examples of one prompt."""
    neighbours_from: str = "index"
    """`index`: the most similar training pairs by the input side, found as at prediction. `record`: the ids that the
    run's records name."""
    max_alignments: int = 16
    """Most alignments of one rationale; the ones with the most atoms stay."""
    supplied_run: str | None = None
    """Run directory with the one-sided alignments that `arm: supplied` puts into prompts."""
    randomize_smiles: bool = False
    """Write the query's input SMILES in another atom order each epoch (mol2cap); outputs stay as in the corpus."""
    limit: int | None = None
    """Use at most this many records, in corpus order."""
    curriculum: str | None = None
    """Run directory that is trained on first, such as one of `molreflect synthesize`. Its molecules that are held out
    of the run proper are left out of it, and it lends no neighbours to the run proper."""
    curriculum_steps: int = 100
    """Optimiser steps on `curriculum`, before `max_steps` on the run proper; nothing without `curriculum`."""

    max_length: int = 1024
    """Tokens of prompt and completion together; longer examples lose neighbours, farthest first."""
    too_long: str = "stop"
    """What to do when an example is too long even without neighbours: `stop`, or `skip` it and count it."""
    max_steps: int = 200
    """Optimiser steps."""
    batch_size: int = 1
    """Examples in one forward pass on one device."""
    accumulation: int = 8
    """Forward passes for one optimiser step."""
    learning_rate: float = 2e-4
    warmup_steps: int = 10
    schedule: str = "linear"
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    gradient_checkpointing: bool = False
    """Trade about a fifth of the speed for memory."""
    precision: str = "auto"
    """`auto` is bf16 on a GPU that has it, else fp16 on a GPU, and fp32 on a CPU."""
    quantization: str = "none"
    """`8bit` or `4bit` base weights; needs a GPU and bitsandbytes."""

    lora_rank: int = 8
    lora_alpha: int = 16
    lora_dropout: float = 0.0
    lora_targets: tuple[str, ...] = ("q_proj", "v_proj")
    """Names of the linear layers that get an adapter, or the one word `all-linear`."""

    eval_fraction: float = 0.1
    """Share of the InChIKey first blocks held out; 0 trains on everything and reports no held-out loss."""
    eval_rows: int = 64
    """Most held-out records scored before and after training; further ones stay held out, unscored."""
    save_steps: int = 50
    """Steps between checkpoints."""
    log_steps: int = 1
    seed: int = 42

    max_new_tokens: int = 512
    """Most tokens of one predicted answer, rationale included."""
    temperature: float = 0.75
    """For sampled predictions only, as `top_p` and `top_k`."""
    top_p: float = 0.85
    top_k: int = 40

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(type(self)).items():
            object.__setattr__(self, name, _converted(name, getattr(self, name), kind))
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise InputError(f"{name} must be one of {', '.join(choices)}; got {getattr(self, name)!r}")
        least = {
            "neighbours": 0, "max_alignments": 1, "max_length": 32, "max_steps": 1, "curriculum_steps": 1,
            "batch_size": 1, "accumulation": 1, "warmup_steps": 0, "weight_decay": 0, "lora_rank": 1, "lora_alpha": 1,
            "lora_dropout": 0, "eval_fraction": 0, "eval_rows": 0, "save_steps": 1, "log_steps": 1, "seed": 0,
            "max_new_tokens": 1, "top_k": 0,
        }  # fmt: skip
        for name, bound in least.items():
            if not getattr(self, name) >= bound:
                raise InputError(f"{name} must be at least {bound}, got {getattr(self, name)}")
        for name in ("learning_rate", "max_grad_norm", "temperature", "top_p"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"{name} must be above 0, got {value}")
        for name, top in {"lora_dropout": 1, "eval_fraction": 1, "top_p": 1.0000001}.items():
            if not getattr(self, name) < top:
                raise InputError(f"{name} must be below 1, got {getattr(self, name)}")
        if self.limit is not None and self.limit < 2:
            raise InputError(f"limit must be at least 2 records, got {self.limit}")
        if not self.lora_targets:
            raise InputError("lora_targets must name at least one layer, e.g. q_proj, or be all-linear")
        if self.arm is Arm.SUPPLIED and not self.supplied_run:
            raise InputError(
                "arm=supplied needs supplied_run, a run directory made with `--view molecule` (mol2cap) or "
                "`--view caption` (cap2mol); alignments of the pair view would give the answer away"
            )
        if self.arm is Arm.SUPPLIED and self.curriculum:
            raise InputError("arm=supplied takes no curriculum: that run has no one-sided alignments to supply")
        if self.arm is Arm.SUPPLIED and self.direction == "both":
            raise InputError("arm=supplied takes one direction at a time, since each needs its own one-sided run")

    @property
    def total_steps(self) -> int:
        """Optimiser steps in all, the warm-up's first."""
        return self.max_steps + (self.curriculum_steps if self.curriculum else 0)

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The directions trained, in a fixed order."""
        return tuple(Direction) if self.direction == "both" else (Direction(self.direction),)

    def with_overrides(self, overrides: Sequence[str] | Mapping[str, Any]) -> StudentConfig:
        """A copy with `key=value` settings replaced; values are read as YAML (`lora_targets=[q_proj, k_proj]`).

        Raises:
            InputError: A setting has no `=`, is unknown, or has a wrong value.
        """
        return from_mapping({**dataclasses.asdict(self), **parse_overrides(overrides)}, "overrides")

    def to_yaml(self) -> str:
        """The settings as YAML, in the order of their definition; `load_config` reads it back equal."""
        plain = {
            name: list(value) if isinstance(value, tuple) else str(value) if isinstance(value, StrEnum) else value
            for name, value in dataclasses.asdict(self).items()
        }
        return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)


def parse_overrides(overrides: Sequence[str] | Mapping[str, Any]) -> dict[str, Any]:
    """`["max_steps=30", ...]` as a mapping; a mapping is copied as it is."""
    if isinstance(overrides, Mapping):
        return dict(overrides)
    parsed: dict[str, Any] = {}
    for text in overrides:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise InputError(f"{shorten(text)} is not a setting; write key=value, e.g. max_steps=30")
        try:
            parsed[key.strip()] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise InputError(f"the value of {key.strip()} in {shorten(text)} is not YAML: {error}") from error
    return parsed


def from_mapping(settings: Mapping[str, Any], source: str) -> StudentConfig:
    """Settings from a mapping; `source` names it in errors.

    Raises:
        InputError: A name is unknown (the nearest known one is offered), or a value is wrong.
    """
    from difflib import get_close_matches

    known = [field.name for field in dataclasses.fields(StudentConfig)]
    for name in settings:
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known settings: {', '.join(known)}"
            raise InputError(f"{source} has an unknown setting {name!r}; {hint}")
    return StudentConfig(**settings)


def load_config(path: Path | str | None, overrides: Sequence[str] | Mapping[str, Any] = ()) -> StudentConfig:
    """Read settings from a YAML file (None: the defaults) and put `key=value` overrides on top.

    Raises:
        InputError: The file is missing, is not a YAML mapping, or holds a wrong setting.
    """
    settings: Any = {}
    if path is not None:
        try:
            settings = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
        except OSError as error:
            raise InputError(f"the settings file {path} cannot be read ({error.strerror})") from error
        except yaml.YAMLError as error:
            raise InputError(f"the settings file {path} is not YAML: {error}") from error
        if not isinstance(settings, dict):
            raise InputError(f"the settings file {path} must hold `name: value` lines")
    return from_mapping({**settings, **parse_overrides(overrides)}, str(path or "the settings"))


def _converted(name: str, value: Any, kind: Any) -> Any:
    """`value` in the declared type; YAML gives lists for tuples and integers (or `2e-4` as text) for floats."""
    optional = type(None) in get_args(kind)
    if optional and value is None:
        return None
    target = next((k for k in get_args(kind) if k is not type(None)), kind) if optional else kind
    wrong = InputError(f"{name} must be of type {getattr(target, '__name__', target)}, got {value!r}")
    if target is float:
        try:
            return float(value) if not isinstance(value, bool) else _raise(wrong)
        except (TypeError, ValueError):
            raise wrong from None
    if target is Arm:
        try:
            return Arm(value)
        except ValueError:
            raise InputError(f"{name} must be one of {', '.join(Arm)}; got {value!r}") from None
    if target is str:
        return str(value) if isinstance(value, (str, Path)) else _raise(wrong)
    if target in (int, bool):
        return value if type(value) is target else _raise(wrong)
    texts = (value,) if isinstance(value, str) else value
    if not isinstance(texts, (list, tuple)) or not all(isinstance(text, str) for text in texts):
        raise wrong
    return tuple(texts)


def _raise(error: Exception) -> Any:
    raise error

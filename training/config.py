"""Settings of one fine-tuning. Imports nothing heavy: the command line reads this on start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, ValidationError, model_validator

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.terms import Direction, TrainMethod

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


class Arm(StrEnum):
    """What a training example holds: the method and its ablations."""

    WRITTEN = "written"
    """Neighbours with their alignments; the answer is preceded by the query's own alignments, which the student
    writes itself. The default."""
    TRACED = "traced"
    """As `written`, and before the alignments the steps of the teacher: what it looked up, and which of its proposals
    were refuted and why."""
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
        return self in (Arm.WRITTEN, Arm.TRACED, Arm.NO_CONTEXT, Arm.UNVERIFIED, Arm.FILLER)


REWARDS = ("form", "claims", "rationale", "validity", "exact", "similarity", "overlap", "length", "repetition")
"""Names of the reward functions; see `rewards.functions`."""


class CheckedSettings(BaseModel):
    """Settings that check themselves; a mistake is told in one line that names the setting, its value and what fits.

    Raises:
        InputError: A setting is unknown, or has a wrong value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise InputError(_explain(error.errors()[0], list(type(self).model_fields))) from None

    def changed(self, **values: Any) -> Self:
        """Return a copy with settings replaced, checked as a whole."""
        return type(self)(**(dict(self) | values))

    def plain(self) -> dict[str, Any]:
        """Return the settings as plain values for YAML and JSON, in the order of their definition."""
        return self.model_dump(mode="json")


def _explain(detail: ErrorDetails, known: Sequence[str]) -> str:
    """Say in one line what is wrong with a setting."""
    if detail["type"] == "value_error":  # of a check below, in words of its own
        return str(detail["ctx"]["error"])
    name = ".".join(map(str, detail["loc"]))
    if detail["type"] == "extra_forbidden":
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known settings: {', '.join(known)}"
        return f"unknown setting {name!r}; {hint}"
    message = detail["msg"].removeprefix("Input should ")
    return f"{name}{': ' if message == detail['msg'] else ' must '}{message}, got {detail['input']!r}"


def _read_number(value: Any) -> Any:
    """Read `2e-4`, which is text in YAML 1.1."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Number = Annotated[float, BeforeValidator(_read_number)]
Text = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, Path) else value)]
Words = Annotated[
    tuple[str, ...], Strict(False), BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
]


class StudentConfig(CheckedSettings):
    """Every setting of one fine-tuning; saved beside the adapter."""

    method: Annotated[TrainMethod, Strict(False)] = TrainMethod.SFT
    start: Text | None = None
    """Student folder whose adapter is trained on; a new adapter where not given. What makes its prompts (base, arm,
    fragments, neighbours) and its adapter are taken from it, and its held-out molecules stay held out."""
    base: Text = "smollm2"
    """Base model: `smollm2` (embedded), a local folder, or a hub name."""
    chat_template_kwargs: dict[str, bool | int | float | str] = Field(default_factory=dict)
    """Variables of the base model's chat template, such as `{enable_thinking: false}` for models that may think first
    (Qwen3); they become part of the template that is saved with the student."""
    direction: Literal["both", "mol2cap", "cap2mol"] = "both"
    """`mol2cap`, `cap2mol`, or `both` (every pair once in each direction)."""
    arm: Annotated[Arm, Strict(False)] = Arm.WRITTEN
    neighbours: int = Field(2, ge=0)
    """Context examples of one prompt."""
    neighbours_from: Literal["index", "record"] = "index"
    """`index`: the most similar training pairs by the input side, found as at prediction. `record`: the ids that the
    run's records name."""
    max_alignments: int = Field(16, ge=1)
    """Most alignments of one rationale; the ones with the most atoms stay."""
    fragments: Literal["bare", "attached"] = "bare"
    """How the parts of a rationale are written: as the matched atoms alone (hydroxy and oxo are both `O`), or
    `attached`, with a `*` for every atom they are bonded to (`*O`, `*=O`)."""
    trace_lines: int = Field(8, ge=1)
    """`arm: traced` only: most lines of the teacher's steps; look-ups are left out before refusals."""
    supplied_run: Text | None = None
    """Run directory with the one-sided alignments that `arm: supplied` puts into prompts."""
    randomize_smiles: bool = False
    """Write the query's input SMILES in another atom order each epoch (mol2cap); outputs stay as in the corpus."""
    limit: int | None = Field(None, ge=2)
    """Use at most this many records, in corpus order."""
    curriculum: Text | None = None
    """Run directory that is trained on first, such as one of `molreflect synthesize`. Its molecules that are held out
    of the run proper are left out of it, and it lends no neighbours to the run proper."""
    curriculum_steps: int = Field(100, ge=1)
    """Optimiser steps on `curriculum`, before `max_steps` on the run proper; nothing without `curriculum`."""

    candidates: Text | None = None
    """`dpo` only: file of candidates that `molreflect predict --candidates N` wrote for rows of the run; the one that
    its judge scored highest is preferred to the lowest. Beside the pairs of the run."""
    beta: Number | None = Field(None, ge=0)
    """How strongly `dpo` (not given: 0.1) and `grpo` (not given: 0) hold the student to where it started."""
    completions: int = Field(8, ge=2)
    """`grpo` only: answers sampled for each prompt, which are compared with each other. They share the
    `batch_size * accumulation` places of a step."""
    rewards: dict[str, Number] = Field(default_factory=dict)
    """`grpo` only: reward functions and what each counts for; empty for those of `rewards.functions.WEIGHTS`."""
    explore_temperature: Number = Field(1.0, gt=0)
    """`grpo` only: temperature of the sampled answers, from the whole vocabulary."""
    generation: Literal["transformers", "vllm"] = "transformers"
    """`grpo` only: what writes the answers; `vllm` needs a GPU and the package."""

    max_length: int = Field(1024, ge=32)
    """Tokens of prompt and completion together; longer examples lose neighbours, farthest first."""
    too_long: Literal["stop", "skip"] = "stop"
    """What to do when an example is too long even without neighbours: `stop`, or `skip` it and count it."""
    max_steps: int = Field(200, ge=1)
    """Optimiser steps."""
    batch_size: int = Field(1, ge=1)
    """Examples in one forward pass on one device."""
    accumulation: int = Field(8, ge=1)
    """Forward passes for one optimiser step."""
    learning_rate: Number = Field(2e-4, gt=0)
    warmup_steps: int = Field(10, ge=0)
    schedule: Literal["linear", "cosine", "constant", "constant_with_warmup"] = "linear"
    weight_decay: Number = Field(0.0, ge=0)
    max_grad_norm: Number = Field(1.0, gt=0)
    gradient_checkpointing: bool = False
    """Trade about a fifth of the speed for memory."""
    packing: bool = False
    """`sft` only: lay the `batch_size` examples of a forward pass end to end in one row, each blind to the others, in
    place of padding them to one length. The same examples, steps and losses."""
    attn_implementation: Text | None = None
    """How attention is computed in training, as transformers names it (`sdpa`, `eager`, `flash_attention_2` ...); its
    own choice where not given."""
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """`auto` is bf16 on a GPU that has it, else fp16 on a GPU, and fp32 on a CPU."""
    quantization: Literal["none", "8bit", "4bit"] = "none"
    """`8bit` or `4bit` base weights; needs a GPU and bitsandbytes."""

    tuning: Literal["lora", "full"] = "lora"
    """`lora`: an adapter to the base model. `full`: all weights, in float32; the student is a model of its own, and the
    settings of LoRA say nothing."""
    dora: bool = False
    """Weight-decomposed LoRA (Liu et al. 2024): direction and magnitude apart; slower, often better at low ranks."""
    rslora: bool = False
    """Rank-stabilised LoRA (Kalajdzievski 2023): the adapter is scaled by lora_alpha / sqrt(lora_rank)."""
    lora_rank: int = Field(8, ge=1)
    lora_alpha: int = Field(16, ge=1)
    lora_dropout: Number = Field(0.0, ge=0, lt=1)
    lora_targets: Words = Field(("q_proj", "v_proj"), min_length=1)
    """Names of the linear layers that get an adapter, or the one word `all-linear`."""

    eval_fraction: Number = Field(0.1, ge=0, lt=1)
    """Share of the InChIKey first blocks held out; 0 trains on everything and reports no held-out loss."""
    eval_rows: int = Field(64, ge=0)
    """Most held-out records scored before and after training; further ones stay held out, unscored."""
    eval_steps: int | None = Field(None, ge=1)
    """Steps between measurements of the held-out rows; before and after the training only where not given."""
    keep_best: bool = False
    """Keep the weights of the best measurement in place of the last ones; there is a checkpoint at each then."""
    patience: int | None = Field(None, ge=1)
    """Stop after so many measurements in a row without a better one, and keep the best weights."""
    report_to: Literal["none", "tensorboard", "trackio", "wandb"] = "none"
    """Service that is told losses and learning rate as well; files of TensorBoard stay in the student's folder."""
    save_steps: int = Field(50, ge=1)
    """Steps between checkpoints."""
    log_steps: int = Field(1, ge=1)
    seed: int = Field(42, ge=0)

    max_new_tokens: int = Field(512, ge=1)
    """Most tokens of one predicted answer, rationale included."""
    temperature: Number = Field(0.75, gt=0)
    """For sampled predictions only, as `top_p` and `top_k`."""
    top_p: Number = Field(0.85, gt=0, le=1)
    top_k: int = Field(40, ge=0)

    @model_validator(mode="after")
    def _check_supplied(self) -> Self:
        if self.arm is not Arm.SUPPLIED:
            return self
        if not self.supplied_run:
            raise ValueError(
                "arm=supplied needs supplied_run, a run directory made with `--view molecule` (mol2cap) or "
                "`--view caption` (cap2mol); alignments of the pair view would give the answer away"
            )
        if self.fragments == "attached":
            raise ValueError("arm=supplied takes no attached fragments: a caption alone has no atoms to cut them from")
        if self.curriculum:
            raise ValueError("arm=supplied takes no curriculum: that run has no one-sided alignments to supply")
        if self.direction == "both":
            raise ValueError("arm=supplied takes one direction at a time, since each needs its own one-sided run")
        return self

    @model_validator(mode="after")
    def _check_traced(self) -> Self:
        if self.arm is not Arm.TRACED:
            return self
        if self.fragments == "attached":
            raise ValueError("arm=traced takes no attached fragments: what was refused was not cut with them")
        if self.curriculum:
            raise ValueError("arm=traced takes no curriculum: synthetic records have no steps of a teacher")
        return self

    @model_validator(mode="after")
    def _check_method(self) -> Self:
        if self.method is TrainMethod.SFT:
            return self
        if self.curriculum:
            raise ValueError(f"method={self.method} takes no curriculum; warm up with method=sft and go on from there")
        if self.method is TrainMethod.DPO:
            if self.arm not in (Arm.WRITTEN, Arm.NO_CONTEXT):
                raise ValueError(
                    f"method=dpo compares written alignments, and arm={self.arm} writes none that were verified; set "
                    "arm=written or arm=no_context"
                )
            if self.fragments == "attached":
                raise ValueError("method=dpo takes no attached fragments: what was refused was not cut with them")
            if self.beta == 0:
                raise ValueError("beta=0 leaves dpo nothing to compare with; set beta above 0")
        elif self.batch_size * self.accumulation % self.completions:
            raise ValueError(
                f"batch_size * accumulation = {self.batch_size * self.accumulation} answers of a step cannot be shared "
                f"out over groups of completions={self.completions}; make it a multiple of that"
            )
        elif unknown := [name for name in self.rewards if name not in REWARDS]:
            raise ValueError(f"{unknown[0]!r} is no reward; the rewards are {', '.join(REWARDS)}")
        return self

    @model_validator(mode="after")
    def _check_tuning(self) -> Self:
        if self.tuning == "full":
            if self.quantization != "none":
                raise ValueError(
                    f"tuning=full trains all weights, and {self.quantization} ones cannot be; set tuning=lora"
                )
            if named := [name for name in ("dora", "rslora") if getattr(self, name)]:
                raise ValueError(f"{named[0]} is a kind of LoRA, and tuning=full has none; set tuning=lora")
        if self.packing and self.method is not TrainMethod.SFT:
            raise ValueError(f"packing is for method=sft; leave it out with method={self.method}")
        if self.packing and self.batch_size == 1:
            raise ValueError("packing lays the examples of a forward pass end to end; set batch_size above 1")
        return self

    @model_validator(mode="after")
    def _check_measuring(self) -> Self:
        if self.eval_steps is None:
            if self.keeps_best:
                named = "keep_best" if self.keep_best else "patience"
                raise ValueError(f"{named} needs eval_steps, the steps between measurements of the held-out rows")
        elif (not self.eval_fraction and self.start is None) or not self.eval_rows:  # `start` may hold some out
            raise ValueError("eval_steps measures held-out rows; set eval_fraction and eval_rows above 0")
        elif self.eval_steps > self.total_steps:
            raise ValueError(f"eval_steps={self.eval_steps} is more than all {self.total_steps} steps of the training")
        return self

    @property
    def keeps_best(self) -> bool:
        """Whether the weights of the best measurement are kept, and not the last ones."""
        return self.keep_best or self.patience is not None

    def with_overrides(self, overrides: Sequence[str] | Mapping[str, Any]) -> Self:
        """Return a copy with `key=value` settings replaced; see `parse_overrides`."""
        return self.changed(**parse_overrides(overrides))

    @property
    def total_steps(self) -> int:
        """Optimiser steps in all, the warm-up's first."""
        return self.max_steps + (self.curriculum_steps if self.curriculum else 0)

    def examples_per_step(self, processes: int) -> int:
        """Count the rows that one optimiser step takes, over all processes; for `grpo` the prompts."""
        places = self.batch_size * self.accumulation * processes
        return places // self.completions if self.method is TrainMethod.GRPO else places

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The directions trained, in a fixed order."""
        return tuple(Direction) if self.direction == "both" else (Direction(self.direction),)

    def to_yaml(self) -> str:
        """Write the settings as YAML, in the order of their definition; `load_config` reads it back equal."""
        return yaml.safe_dump(self.plain(), sort_keys=False, allow_unicode=True)


def parse_overrides(overrides: Sequence[str] | Mapping[str, Any]) -> dict[str, Any]:
    """Read `["max_steps=30", "lora_targets=[q_proj, k_proj]"]`, values as YAML; a mapping is copied as it is.

    Raises:
        InputError: A setting has no `=`, or its value is not YAML.
    """
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
    return StudentConfig(**{str(name): value for name, value in (settings | parse_overrides(overrides)).items()})

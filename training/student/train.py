"""Fine-tuning the student: LoRA on chain-of-thought in-context examples, through TRL's `SFTTrainer`."""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from molreflect.tools.errors import InputError
from molreflect.tools.storage import atomic_write_text, require_same_settings
from molreflect.tools.terms import Direction
from molreflect.training.config import Arm, StudentConfig, load_config
from molreflect.training.examples.builder import Example, ExampleBuilder, Query, TooLongError, rewrite_smiles
from molreflect.training.examples.records import (
    TrainRecord,
    fingerprint,
    read_run,
    read_supplied,
    without_draft,
    write_records,
)
from molreflect.training.examples.wording import PROMPT_VERSION
from molreflect.training.student.neighbours import TrainingIndex

if TYPE_CHECKING:
    from molreflect.agents.student.chat_format import ChatFormat

FORMAT = 1
"""Version of the student folder's layout."""
CONFIG_FILE, MANIFEST_FILE, RECORDS_FILE = "student.yaml", "student.json", "records.jsonl"
HELDOUT_FILE, METRICS_FILE, HISTORY_FILE, CONTEXTS_FILE = (
    "heldout.tsv",
    "metrics.json",
    "history.jsonl",
    "contexts.jsonl",
)


@dataclass(frozen=True, slots=True)
class TrainProgress:
    """One sign of life."""

    stage: str
    """`prepare`, `evaluate`, `train` or `save`."""
    step: int = 0
    total: int = 0
    loss: float | None = None
    learning_rate: float | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What a fine-tuning left behind."""

    out: Path
    metrics: dict[str, Any]
    """The content of `metrics.json`."""


@dataclass(frozen=True, slots=True)
class Split:
    """Records trained on, and records held out; no InChIKey first block is on both sides."""

    train: tuple[TrainRecord, ...]
    heldout: tuple[TrainRecord, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One record in one direction, with its context."""

    record: TrainRecord
    neighbours: tuple[TrainRecord, ...]
    """Most similar first."""
    direction: Direction
    example: Example


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything a training is made of, before any weight is loaded."""

    split: Split
    train: tuple[Row, ...]
    heldout: tuple[Row, ...]
    """The held-out rows that are scored, at most `eval_rows` records in each direction."""
    skipped: tuple[str, ...]
    """`direction:id` of examples that are too long even without neighbours."""
    builder: ExampleBuilder
    warm_up: tuple[Row, ...] = ()
    """Rows of `curriculum`, trained on before `train`; their neighbours are of that run as well."""
    warm_up_left_out: int = 0
    """Records of `curriculum` that were not used because their molecules are held out here."""


def split_records(records: Sequence[TrainRecord], *, fraction: float, seed: int) -> Split:
    """Hold out a share of the molecules, never a molecule of the training side.

    The choice is by a hash of the InChIKey first block, so that it depends on nothing but the block, the seed and
    which other blocks there are.

    Raises:
        InputError: A share is asked for, and there are fewer than two different molecules.
    """
    if fraction == 0:
        return Split(tuple(records), ())
    blocks = sorted({r.block for r in records}, key=lambda block: hashlib.sha256(f"{seed}:{block}".encode()).digest())
    if len(blocks) < 2:
        raise InputError("one molecule cannot be split into training and held-out rows; set eval_fraction=0")
    held = set(blocks[: min(len(blocks) - 1, max(1, round(fraction * len(blocks))))])
    return Split(tuple(r for r in records if r.block not in held), tuple(r for r in records if r.block in held))


def prepare(
    records: Sequence[TrainRecord], config: StudentConfig, chat_format: ChatFormat, *, split: Split | None = None
) -> Prepared:
    """Split the records, find every row's neighbours among the training records, and compose all examples.

    Args:
        records: All records; unused where `split` is given.
        config: All settings.
        chat_format: Of the base model.
        split: Which records are trained on and held out; made as the settings say where not given.

    Raises:
        InputError: An example cannot be composed as the settings say, or none is left.
    """
    split = split or split_records(records, fraction=config.eval_fraction, seed=config.seed)
    supplied = None
    if config.arm is Arm.SUPPLIED:
        supplied = read_supplied(str(config.supplied_run), config.directions[0])
    builder = ExampleBuilder(
        format=chat_format,
        arm=config.arm,
        max_alignments=config.max_alignments,
        max_length=config.max_length,
        supplied=supplied,
    )
    index = TrainingIndex(split.train)
    by_id = {record.id: record for record in split.train}
    skipped: list[str] = []

    def rows(
        side: Sequence[TrainRecord], index: TrainingIndex = index, by_id: Mapping[str, TrainRecord] = by_id
    ) -> tuple[Row, ...]:
        made = []
        for record in side:
            for direction in config.directions:
                neighbours = _neighbours(record, direction, config, index, by_id)
                try:
                    example = builder.example(record, neighbours, direction)
                except TooLongError:
                    if config.too_long == "stop":
                        raise
                    skipped.append(f"{direction}:{record.id}")
                    continue
                made.append(Row(record, neighbours, direction, example))
        return tuple(made)

    train, heldout = rows(split.train), rows(split.heldout[: config.eval_rows])
    if not train:
        raise InputError(
            f"none of {len(split.train)} training records fits into max_length={config.max_length} tokens; raise it"
        )
    if not config.curriculum:
        return Prepared(split, train, heldout, tuple(skipped), builder)
    warm_records, left_out = _warm_up_records(config, split)
    warm_up = rows(warm_records, TrainingIndex(warm_records), {record.id: record for record in warm_records})
    if not warm_up:
        raise InputError(f"no example of {config.curriculum} fits into max_length={config.max_length} tokens")
    return Prepared(split, train, heldout, tuple(skipped), builder, warm_up, left_out)


def _warm_up_records(config: StudentConfig, split: Split) -> tuple[list[TrainRecord], int]:
    """As many records of the warm-up's run as its steps can use, without molecules that are held out here."""
    held = {record.block for record in split.heldout}
    each = config.accumulation * config.batch_size * _processes()
    wanted = -(-config.curriculum_steps * each // len(config.directions))
    found = read_run(str(config.curriculum), limit=wanted + len(held))
    kept = [record for record in found if record.block not in held]
    if not kept:
        raise InputError(f"every molecule of {config.curriculum} is held out here; pass another warm-up run")
    return kept[:wanted], len(found) - len(kept)


def _neighbours(
    record: TrainRecord,
    direction: Direction,
    config: StudentConfig,
    index: TrainingIndex,
    by_id: Mapping[str, TrainRecord],
) -> tuple[TrainRecord, ...]:
    if not config.arm.has_context:
        return ()
    if config.neighbours_from == "index":
        return index(Query(record.id, record.given(direction), record.block), direction, config.neighbours)
    named = (by_id[id] for id in record.neighbours if id in by_id)
    return tuple(n for n in named if n.block != record.block)[: config.neighbours]


def plan(rows: Sequence[Row], config: StudentConfig, *, examples: int) -> list[tuple[int, int]]:
    """The order of training, fixed beforehand: `examples` pairs of (row, epoch).

    Every epoch is its own shuffle. Where several examples share a forward pass, the shuffle is cut into pieces of 32
    batches, and rows of similar length go together within a piece; the batches of a piece are shuffled again. Length is
    that of the pair itself, so that all arms see the same rows in the same order.
    """
    order: list[tuple[int, int]] = []
    epoch = 0
    while len(order) < examples:
        chance = random.Random(f"{config.seed}-{epoch}")
        shuffled = list(range(len(rows)))
        chance.shuffle(shuffled)
        if config.batch_size > 1:
            size = config.batch_size
            for start in range(0, len(shuffled), size * 32):
                piece = sorted(shuffled[start : start + size * 32], key=lambda i: _length(rows[i].record))
                batches = [piece[i : i + size] for i in range(0, len(piece), size)]
                chance.shuffle(batches)
                shuffled[start : start + size * 32] = [i for batch in batches for i in batch]
        order += [(row, epoch) for row in shuffled]
        epoch += 1
    return order[:examples]


def plan_all(prepared: Prepared, config: StudentConfig, *, world: int = 1) -> list[tuple[int, int]]:
    """The order of a whole training as pairs of (row, epoch): the warm-up's rows first, then the run's.

    Rows are counted through: those of `prepared.warm_up` stand behind those of `prepared.train`.
    """
    each = config.accumulation * config.batch_size * world
    proper = plan(prepared.train, config, examples=config.max_steps * each)
    if not prepared.warm_up:
        return proper
    shift = len(prepared.train)
    first = plan(prepared.warm_up, config, examples=config.curriculum_steps * each)
    return [*((shift + row, epoch) for row, epoch in first), *proper]


def _length(record: TrainRecord) -> int:
    return len(record.smiles) + len(record.caption)


def train(
    run_dir: Path | str,
    out: Path | str,
    config: StudentConfig,
    *,
    split: Split | None = None,
    progress: Callable[[TrainProgress], None] | None = None,
    resume: bool = True,
    stop_after: int | None = None,
) -> TrainResult:
    """Fine-tune a student on a run's selected alignments.

    All work happens in a hidden folder beside `out`, which becomes `out` only when everything is written. An
    interrupted training leaves that folder with its checkpoints; the same call goes on from the last one, and gives
    what an undisturbed training gives.

    Args:
        run_dir: Run directory with `alignments.jsonl`.
        out: Folder of the student; must be new or empty.
        config: All settings.
        split: Which records of the run are trained on and held out, where the settings alone shall not say it.
        progress: Called with every sign of life.
        resume: Go on with an interrupted training of the same settings and records; False starts over.
        stop_after: Stop at this step as an interruption would, right after its checkpoint; for tests.

    Raises:
        InputError: `out` is taken, the run cannot be read, packages or weights are missing, an example cannot be
            composed, or an interrupted training with other settings is in the way.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when huggingface_hub is imported first
    tell = progress or (lambda _: None)
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} exists and is not empty; pass a new folder for the student, or delete it")
    records = [*split.train, *split.heldout] if split else read_run(run_dir, limit=config.limit)
    _require_packages()
    tell(TrainProgress("prepare", message=f"{len(records)} records of {run_dir}"))

    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.agents.student.weights import load_tokenizer, resolve_base

    base = resolve_base(config.base, notify=lambda line: tell(TrainProgress("prepare", message=line)))
    tokenizer = load_tokenizer(base)
    prepared = prepare(records, config, ChatFormat(tokenizer), split=split)
    identity = {
        "format": FORMAT,
        "prompt_version": PROMPT_VERSION,
        "settings": config.to_yaml(),
        "records": fingerprint(records),
        "warm_up": fingerprint(row.record for row in prepared.warm_up) if prepared.warm_up else None,
        "training_records": fingerprint(prepared.split.train),
        "processes": _processes(),
    }
    work = out.parent / f".{out.name}.unfinished"
    checkpoint = _open_work(work, identity, out, resume=resume)
    longest = max(len(row.example.encoded.ids) for row in (*prepared.train, *prepared.warm_up))
    tell(TrainProgress("prepare", message=_summary(prepared, longest)))

    started = time.perf_counter()
    trainer = _trainer(base, tokenizer, prepared, config, work, tell, stop_after)
    total = config.total_steps
    before = _before(trainer, prepared, work, tell, resumed=checkpoint is not None)
    tell(TrainProgress("train", 0, total, message="training" if checkpoint is None else f"going on from {checkpoint}"))
    train_started = time.perf_counter()
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    train_seconds = time.perf_counter() - train_started
    if stop_after is not None and trainer.state.global_step < total:
        raise InterruptedError(f"stopped after step {trainer.state.global_step} of {total}, as asked")
    after = _evaluate(trainer, prepared, tell) if prepared.heldout else {}

    metrics = _metrics(trainer, prepared, config, before, after)
    metrics["seconds"] = {"train": round(train_seconds, 2), "total": round(time.perf_counter() - started, 2)}
    steps_here = total - (0 if checkpoint is None else int(checkpoint.name.rpartition("-")[2]))
    if steps_here and train_seconds:
        metrics["seconds_per_step"] = round(train_seconds / steps_here, 3)
        metrics["tokens_per_second"] = round(
            metrics["tokens_trained_on_with_prompts"] * steps_here / total / train_seconds
        )
    metrics["peak_memory_mb"] = _peak_memory_mb()
    tell(TrainProgress("save", total, total, message=f"writing {out}"))
    if trainer.is_world_process_zero():
        _save(trainer, tokenizer, prepared, config, identity, metrics, work, out, run_dir, len(records))
    trainer.accelerator.wait_for_everyone()
    return TrainResult(out, metrics)


def _processes() -> int:
    """How many processes train together, as `accelerate launch` and `torchrun` say in the environment."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first_process() -> bool:
    """Whether this one of the processes that train together speaks for all."""
    return int(os.environ.get("RANK", "0")) == 0


def _require_packages() -> None:
    try:
        import datasets  # noqa: F401
        import peft  # noqa: F401
        import torch  # noqa: F401
        import trl  # noqa: F401
    except ImportError as error:
        raise InputError(f"training needs the package {error.name}; run: pip install 'molreflect[train]'") from error


def _open_work(work: Path, identity: Mapping[str, Any], out: Path, *, resume: bool) -> Path | None:
    """Make or take over the hidden work folder; the last checkpoint in it, or None."""
    mark = work / "identity.json"
    if work.exists() and not resume:
        shutil.rmtree(work)
    if mark.is_file():
        require_same_settings(
            f"{work} holds an interrupted training of {out.name}",
            json.loads(mark.read_text(encoding="utf-8")),
            identity,
            advice="pass another folder, or start over (resume=False)",
        )
        checkpoints = work / "checkpoints"
        # The trainer writes its state last, so a checkpoint without it was cut short.
        whole = [path.parent for path in checkpoints.glob("checkpoint-*/trainer_state.json")]
        return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)
    work.mkdir(parents=True, exist_ok=True)
    atomic_write_text(mark, json.dumps(identity, indent=1))
    return None


def _trainer(
    base: Path | str,
    tokenizer: Any,
    prepared: Prepared,
    config: StudentConfig,
    work: Path,
    tell: Callable[[TrainProgress], None],
    stop_after: int | None,
) -> Any:
    """TRL's trainer over examples that are composed, and masked, by our own code alone."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import PrinterCallback, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from molreflect.agents.student.weights import load_model

    gpu = torch.cuda.is_available()
    precision = config.precision
    if precision == "auto":
        precision = ("bf16" if torch.cuda.is_bf16_supported() else "fp16") if gpu else "fp32"
    if precision == "fp16" and not gpu:
        raise InputError("precision=fp16 needs a GPU; set precision=auto")
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    model = load_model(base, dtype=dtype, quantization_config=_quantization(config, gpu=gpu, dtype=dtype))

    order = plan_all(prepared, config, world=_processes())

    def compose(batch: Mapping[str, Sequence[int]]) -> dict[str, list[list[int]]]:
        made = [_render(prepared, row, epoch, config) for row, epoch in zip(batch["row"], batch["epoch"], strict=True)]
        return {"input_ids": [list(e.encoded.ids) for e in made], "labels": [e.labels for e in made]}

    train_set = Dataset.from_dict({"row": [row for row, _ in order], "epoch": [epoch for _, epoch in order]})
    eval_sets = {
        str(direction): Dataset.from_list(
            [
                {"input_ids": list(row.example.encoded.ids), "labels": row.example.labels}
                for row in prepared.heldout
                if row.direction is direction
            ]
        )
        for direction in config.directions
        if any(row.direction is direction for row in prepared.heldout)
    }

    class Tell(TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
            if logs and "loss" in logs:
                tell(TrainProgress("train", state.global_step, state.max_steps, logs["loss"], logs["learning_rate"]))

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if stop_after is not None and state.global_step >= stop_after:
                control.should_save = control.should_training_stop = True

    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(
            output_dir=str(work / "checkpoints"),
            max_steps=config.total_steps,
            per_device_train_batch_size=config.batch_size,
            per_device_eval_batch_size=config.batch_size,
            gradient_accumulation_steps=config.accumulation,
            gradient_checkpointing=config.gradient_checkpointing,
            learning_rate=config.learning_rate,
            warmup_steps=config.warmup_steps,
            lr_scheduler_type=config.schedule,
            weight_decay=config.weight_decay,
            max_grad_norm=config.max_grad_norm,
            seed=config.seed,
            bf16=precision == "bf16",
            fp16=precision == "fp16",
            use_cpu=not gpu,
            # The order is planned beforehand, and lengths are checked before: TRL neither shuffles nor cuts.
            train_sampling_strategy="sequential",
            max_length=None,
            dataset_kwargs={"skip_prepare_dataset": True},
            remove_unused_columns=False,
            logging_steps=config.log_steps,
            logging_first_step=True,
            eval_strategy="no",
            save_strategy="steps",
            save_steps=config.save_steps,
            save_total_limit=2,
            disable_tqdm=True,
            report_to=[],
            dataloader_pin_memory=gpu,
        ),
        train_dataset=train_set.with_transform(compose),
        eval_dataset=eval_sets or None,
        processing_class=tokenizer,
        peft_config=LoraConfig(
            task_type="CAUSAL_LM",
            r=config.lora_rank,
            lora_alpha=config.lora_alpha,
            lora_dropout=config.lora_dropout,
            target_modules="all-linear" if config.lora_targets == ("all-linear",) else list(config.lora_targets),
        ),
        callbacks=[Tell()],
    )
    trainer.remove_callback(PrinterCallback)  # it prints to stdout, which belongs to data
    return trainer


def _quantization(config: StudentConfig, *, gpu: bool, dtype: Any) -> Any:
    if config.quantization == "none":
        return None
    if not gpu:
        raise InputError(f"quantization={config.quantization} needs a GPU; set quantization=none")
    try:
        import bitsandbytes  # type: ignore[import-not-found]  # noqa: F401
    except ImportError as error:
        raise InputError("8-bit and 4-bit weights need bitsandbytes; run: pip install bitsandbytes") from error
    from transformers import BitsAndBytesConfig

    make: Any = BitsAndBytesConfig
    if config.quantization == "8bit":
        return make(load_in_8bit=True)
    return make(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)


def _render(prepared: Prepared, index: int, epoch: int, config: StudentConfig) -> Example:
    """The example of one row in one epoch; differs between epochs only where SMILES are rewritten."""
    proper = len(prepared.train)
    row = prepared.train[index] if index < proper else prepared.warm_up[index - proper]
    if not config.randomize_smiles or row.direction is not Direction.MOL2CAP:
        return row.example
    seed = int.from_bytes(hashlib.sha256(f"{config.seed}-{epoch}-{row.record.id}".encode()).digest()[:4])
    try:
        smiles = rewrite_smiles(row.record.smiles, seed)
        return prepared.builder.example(row.record, row.neighbours, row.direction, smiles=smiles)
    except TooLongError:  # this writing takes more tokens than the corpus' own, which is known to fit
        return row.example


def _before(
    trainer: Any, prepared: Prepared, work: Path, tell: Callable[[TrainProgress], None], *, resumed: bool
) -> dict[str, float]:
    """Held-out losses of the untrained adapter; kept in the work folder, since a resumed training cannot ask again."""
    kept = work / "before.json"
    if resumed and kept.is_file():
        stored: dict[str, float] = json.loads(kept.read_text(encoding="utf-8"))
        return stored
    if not prepared.heldout:
        return {}
    losses = _evaluate(trainer, prepared, tell)
    if trainer.is_world_process_zero():
        atomic_write_text(kept, json.dumps(losses))
    return losses


def _evaluate(trainer: Any, prepared: Prepared, tell: Callable[[TrainProgress], None]) -> dict[str, float]:
    """Mean held-out loss per direction, and over all rows as `all` (each direction weighted by its rows)."""
    tell(TrainProgress("evaluate", message=f"loss on {len(prepared.heldout)} held-out examples"))
    found = trainer.evaluate()
    losses = {
        key.removeprefix("eval_").removesuffix("_loss"): float(value)
        for key, value in found.items()
        if key.endswith("_loss")
    }
    counts = {name: sum(row.direction == name for row in prepared.heldout) for name in losses}
    losses["all"] = sum(losses[name] * count for name, count in counts.items()) / sum(counts.values())
    return losses


def _metrics(
    trainer: Any, prepared: Prepared, config: StudentConfig, before: dict[str, float], after: dict[str, float]
) -> dict[str, Any]:
    history = [entry for entry in trainer.state.log_history if "loss" in entry]
    examples = config.total_steps * config.accumulation * config.batch_size * _processes()
    order = plan_all(prepared, config, world=_processes())
    sizes = [row.example.encoded for row in (*prepared.train, *prepared.warm_up)]
    trainable = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
    return {
        "steps": trainer.state.global_step,
        "processes": _processes(),
        "examples": examples,
        "order_sha256": _order_fingerprint((*prepared.train, *prepared.warm_up), order),
        "train_records": len(prepared.split.train),
        "heldout_records": len(prepared.split.heldout),
        "train_examples": len(prepared.train),
        "heldout_examples_scored": len(prepared.heldout),
        "warm_up_steps": config.total_steps - config.max_steps,
        "warm_up_examples": len(prepared.warm_up),
        "warm_up_records_left_out_as_held_out": prepared.warm_up_left_out,
        "too_long_skipped": len(prepared.skipped),
        "examples_with_dropped_neighbours": sum(row.example.dropped > 0 for row in prepared.train),
        "neighbours_dropped": sum(row.example.dropped for row in prepared.train),
        "examples_without_alignments": sum(not row.record.parts for row in prepared.train),
        "longest_example_tokens": max(len(size.ids) for size in sizes),
        "tokens_trained_on": sum(len(sizes[row].ids) - sizes[row].n_prompt for row, _ in order),
        "tokens_trained_on_with_prompts": sum(len(sizes[row].ids) for row, _ in order),
        "trainable_parameters": trainable,
        "loss_first": history[0]["loss"] if history else None,
        "loss_last": history[-1]["loss"] if history else None,
        "heldout_loss_before": before,
        "heldout_loss_after": after,
    }


def _order_fingerprint(rows: Sequence[Row], order: Sequence[tuple[int, int]]) -> str:
    """SHA-256 over which record stands where in the training; equal for arms that saw the same rows in one order."""
    digest = hashlib.sha256()
    for row, epoch in order:
        digest.update(f"{rows[row].record.id}\t{rows[row].direction}\t{epoch}\n".encode())
    return digest.hexdigest()


def _save(
    trainer: Any,
    tokenizer: Any,
    prepared: Prepared,
    config: StudentConfig,
    identity: Mapping[str, Any],
    metrics: Mapping[str, Any],
    work: Path,
    out: Path,
    run_dir: Path | str,
    n_records: int,
) -> None:
    """Write everything into a fresh folder and let it appear as `out` in one rename."""
    final = work / "final"
    shutil.rmtree(final, ignore_errors=True)
    final.mkdir()
    trainer.accelerator.unwrap_model(trainer.model).save_pretrained(final)
    tokenizer.save_pretrained(final)
    keep = prepared.split.train if config.arm is Arm.UNVERIFIED else [without_draft(r) for r in prepared.split.train]
    write_records(keep, final / RECORDS_FILE)
    (final / CONFIG_FILE).write_text(config.to_yaml(), encoding="utf-8")
    manifest = {
        "format": FORMAT,
        "prompt_version": identity["prompt_version"],
        "run": str(Path(run_dir).resolve()),
        "run_records": n_records,
        "run_fingerprint": identity["records"],
        "warm_up_run": str(Path(config.curriculum).resolve()) if config.curriculum else None,
        "warm_up_fingerprint": identity["warm_up"],
        "training_fingerprint": fingerprint(keep),
        "train_ids": [record.id for record in prepared.split.train],
        "heldout_ids": [record.id for record in prepared.split.heldout],
        "skipped": list(prepared.skipped),
        "versions": {
            "python": sys.version.split()[0],
            **{name: version(name) for name in ("torch", "transformers", "trl", "peft", "rdkit")},
        },
    }
    (final / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    (final / METRICS_FILE).write_text(json.dumps(metrics, indent=1), encoding="utf-8")
    history = (entry for entry in trainer.state.log_history if "loss" in entry)
    (final / HISTORY_FILE).write_text("".join(json.dumps(entry) + "\n" for entry in history), encoding="utf-8")
    contexts = (
        {
            "id": row.record.id,
            "direction": row.direction,
            "split": side,
            "neighbours": list(row.example.context),
            "dropped": row.example.dropped,
            "tokens": len(row.example.encoded.ids),
        }
        for side, rows in (("train", prepared.train), ("heldout", prepared.heldout), ("warm_up", prepared.warm_up))
        for row in rows
    )
    (final / CONTEXTS_FILE).write_text("".join(json.dumps(entry) + "\n" for entry in contexts), encoding="utf-8")
    if prepared.split.heldout:
        lines = ["CID\tSMILES\tdescription", *(f"{r.id}\t{r.smiles}\t{r.caption}" for r in prepared.split.heldout)]
        (final / HELDOUT_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (final / "README.md").write_text(_card(config, metrics, manifest), encoding="utf-8")
    if out.exists():
        out.rmdir()  # only an empty folder gets here; one that filled up meanwhile is an error, not overwritten
    final.rename(out)
    shutil.rmtree(work)


def _card(config: StudentConfig, metrics: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """A model card that holds nothing but facts of this training."""
    before, after = metrics["heldout_loss_before"], metrics["heldout_loss_after"]
    losses = [f"| {name} | {before[name]:.4f} | {after[name]:.4f} |" for name in after]
    table = (
        ["", "| held-out loss | before | after |", "|---|---|---|", *losses] if losses else ["", "No rows held out."]
    )
    versions = ", ".join(f"{name} {value}" for name, value in manifest["versions"].items())
    return "\n".join(
        [
            "---",
            "library_name: peft",
            "tags: [chemistry, molecule-captioning, lora, molreflect]",
            "---",
            "# A MolReFlect student",
            "",
            f"LoRA adapter (rank {config.lora_rank}, alpha {config.lora_alpha}, on {', '.join(config.lora_targets)}) "
            f"for `{config.base}`, direction `{config.direction}`, arm `{config.arm}`.",
            "",
            f"{metrics['steps']} steps of {metrics['examples'] // metrics['steps']} examples, from "
            f"{metrics['train_examples']} examples of {metrics['train_records']} records; "
            f"{metrics['heldout_records']} records of other molecules held out, "
            f"{metrics['heldout_examples_scored']} examples of them scored.",
            *_warm_up_of_card(config, metrics, manifest),
            *table,
            "",
            f"Records: sha256 `{manifest['run_fingerprint']}`. Prompts: `{manifest['prompt_version']}`. {versions}.",
            "",
            f"All settings: `{CONFIG_FILE}`. All figures: `{METRICS_FILE}`, `{HISTORY_FILE}`. "
            f"Which neighbours each example showed: `{CONTEXTS_FILE}`.",
            "",
        ]
    )


def _warm_up_of_card(config: StudentConfig, metrics: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    if not config.curriculum:
        return []
    return [
        "",
        f"The first {metrics['warm_up_steps']} of these steps are a warm-up on {metrics['warm_up_examples']} examples "
        f"of another run (records sha256 `{manifest['warm_up_fingerprint']}`); "
        f"{metrics['warm_up_records_left_out_as_held_out']} of its records were left out because their molecules are "
        "held out.",
    ]


def _summary(prepared: Prepared, longest: int) -> str:
    dropped = sum(row.example.dropped > 0 for row in (*prepared.train, *prepared.warm_up))
    parts = [
        f"{len(prepared.train)} training examples of {len(prepared.split.train)} records",
        f"{len(prepared.split.heldout)} records held out",
        f"longest {longest} tokens",
    ]
    if prepared.warm_up:
        parts.append(f"{len(prepared.warm_up)} examples to warm up on")
    if prepared.warm_up_left_out:
        parts.append(f"{prepared.warm_up_left_out} records of the warm-up left out as held out")
    if dropped:
        parts.append(f"{dropped} examples lost neighbours to max_length")
    if prepared.skipped:
        parts.append(f"{len(prepared.skipped)} examples skipped as too long")
    return ", ".join(parts)


def _peak_memory_mb() -> int:
    """Peak resident memory of this process in MiB (Linux counts it in KiB, macOS in bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))


@dataclass(frozen=True, slots=True)
class StudentFolder:
    """What `train` left in a folder, read back and checked."""

    path: Path
    config: StudentConfig
    manifest: dict[str, Any]


def read_student(folder: Path | str) -> StudentFolder:
    """Read a student folder's settings and manifest.

    Raises:
        InputError: It is not a student folder, or one of another layout or prompt version.
    """
    folder = Path(folder)
    missing = [
        name
        for name in (MANIFEST_FILE, CONFIG_FILE, RECORDS_FILE, "adapter_config.json")
        if not (folder / name).is_file()
    ]
    if missing:
        raise InputError(f"{folder} is not a student folder ({missing[0]} is missing); pass what `train` wrote")
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"{folder / MANIFEST_FILE} is not JSON ({error.msg}); train the student again") from error
    for name, wanted in (("format", FORMAT), ("prompt_version", PROMPT_VERSION)):
        if manifest.get(name) != wanted:
            raise InputError(
                f"{folder} was written with {name} {manifest.get(name)!r}, this version reads {wanted!r}; "
                "train the student again"
            )
    return StudentFolder(folder, load_config(folder / CONFIG_FILE), manifest)


class Preview(NamedTuple):
    """What a training would begin with."""

    examples: list[tuple[Example, list[tuple[str, bool]]]]
    """Examples with every token and whether it is trained on, in the order of training."""
    summary: str
    """Counts over all examples: rows, longest, neighbours dropped, rows skipped."""


def preview_examples(run_dir: Path | str, config: StudentConfig, n: int = 3) -> Preview:
    """The first `n` examples of a training as the model will see them; loads no weights.

    Raises:
        InputError: As in `train`.
    """
    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.agents.student.weights import load_tokenizer, resolve_base
    from molreflect.training.examples.preview import preview

    chat_format = ChatFormat(load_tokenizer(resolve_base(config.base)))
    prepared = prepare(read_run(run_dir, limit=config.limit), config, chat_format)
    longest = max(len(row.example.encoded.ids) for row in (*prepared.train, *prepared.warm_up))
    first = [_render(prepared, row, epoch, config) for row, epoch in plan_all(prepared, config)[:n]]
    return Preview([(example, preview(example, chat_format)) for example in first], _summary(prepared, longest))

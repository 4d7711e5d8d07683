"""Speed of the student: training against a plain TRL script on the same rows, batched generation against one by one.

python benchmarks/student.py                       # the sample corpus, distilled on the spot
python benchmarks/student.py --run runs/first --steps 12 --prompts 32

Both trainings take the same rows in the same order with the same adapter, and are timed in turns (ours, plain, ours,
plain), so that a machine that slows down slows both. The bars are held against processor time, since other programs
take their share of wall time; OMP_NUM_THREADS=1 makes it exact, as idle threads that wait count too. Exits with 1 where
a bar is missed: training at least .95 of the plain script, batched generation at least 2 times one by one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
warnings.filterwarnings("ignore")
TRAINING_BAR, GENERATION_BAR = 0.95, 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, help="A run directory; the sample corpus is distilled where none is named.")
    parser.add_argument("--base", default="smollm2")
    parser.add_argument("--steps", type=int, default=12, help="Steps of one timed training, of two examples each.")
    parser.add_argument("--rounds", type=int, default=2, help="Trainings of each kind.")
    parser.add_argument("--prompts", type=int, default=32)
    parser.add_argument("--batch-size", type=int, default=16, help="Sequences decoded together.")
    parser.add_argument("--tokens", type=int, default=96, help="Most tokens of an answer.")
    parser.add_argument("--precision", default="fp32", help="Of the trainings in batches of one, two and four.")
    parser.add_argument("--skip-training", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="molreflect-"))
    try:
        run = options.run or distilled(folder)
        reached = [] if options.skip_training else [train(run, folder, options)]
        if not options.skip_training:
            batches(run, folder, options)
        reached.append(generate(run, options))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if all(reached) else 1)


def distilled(folder: Path) -> Path:
    from molreflect.graphs.batch.run import distill_corpus
    from molreflect.graphs.batch.settings import DistillSettings

    sample = Path(__file__).resolve().parents[1] / "data" / "sample.tsv"
    distill_corpus(str(sample), folder / "run", DistillSettings())
    return folder / "run"


def settings(options: argparse.Namespace) -> Any:
    from molreflect.training.config import StudentConfig

    examples: dict[str, Any] = {"neighbours": 1, "max_alignments": 6, "max_length": 512, "too_long": "skip"}
    steps = {"max_steps": options.steps, "batch_size": 2, "accumulation": 1, "warmup_steps": 0}
    return StudentConfig(base=options.base, eval_fraction=0, save_steps=1_000_000, **examples, **steps)


def timed(act: Callable[[], Any]) -> tuple[float, float, Any]:
    """Wall seconds, processor seconds, and what came back."""
    wall, processor = time.perf_counter(), time.process_time()
    found = act()
    return time.perf_counter() - wall, time.process_time() - processor, found


def train(run: Path, folder: Path, options: argparse.Namespace) -> bool:
    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.agents.student.weights import load_model, load_tokenizer, resolve_base
    from molreflect.training.examples.records import read_run
    from molreflect.training.student.methods import build_trainer
    from molreflect.training.student.plan import plan, prepare

    config = settings(options)
    base = resolve_base(config.base)
    tokenizer = load_tokenizer(base)
    prepared = prepare(read_run(run), config, ChatFormat(tokenizer))
    order = plan(prepared.train, config, examples=options.steps * config.batch_size)
    rows = [prepared.train[row].example for row, _ in order]
    tokens = sum(len(row.encoded.ids) for row in rows)

    def plain() -> Any:
        """What a TRL user would write: prompts and completions as messages, everything else by TRL."""
        import torch
        from datasets import Dataset
        from peft import LoraConfig
        from transformers import PrinterCallback
        from trl import SFTConfig, SFTTrainer

        messages = [
            {"prompt": list(row.messages), "completion": [{"role": "assistant", "content": row.completion}]}
            for row in rows
        ]
        quiet: dict[str, Any] = {"save_strategy": "no", "report_to": [], "disable_tqdm": True, "logging_steps": 1}
        same = {name: getattr(config, name) for name in ("max_steps", "learning_rate", "max_length", "seed")}
        machine: dict[str, Any] = {
            "bf16": False,
            "use_cpu": not torch.cuda.is_available(),
            "dataloader_pin_memory": False,
        }
        lora: dict[str, Any] = {
            "r": config.lora_rank,
            "lora_alpha": config.lora_alpha,
            "target_modules": list(config.lora_targets),
        }
        trainer = SFTTrainer(
            model=load_model(base, dtype=torch.float32),
            args=SFTConfig(
                output_dir=str(folder / "plain"),
                per_device_train_batch_size=2,
                train_sampling_strategy="sequential",
                gradient_checkpointing=False,
                **quiet,
                **same,
                **machine,
            ),
            train_dataset=Dataset.from_list(messages),
            processing_class=tokenizer,
            peft_config=LoraConfig(task_type="CAUSAL_LM", lora_dropout=0.0, **lora),
        )
        trainer.remove_callback(PrinterCallback)  # its lines would stand among ours
        return trainer

    def mine() -> Any:
        work = folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        return build_trainer(base, tokenizer, prepared, config, work, lambda _: None, None)

    seconds: dict[str, list[tuple[float, float]]] = {"ours": [], "plain": []}
    losses: dict[str, float] = {}
    for turn in range(options.rounds):
        turns = [("ours", mine), ("plain", plain)]
        for name, build in turns if turn % 2 == 0 else turns[::-1]:
            trainer = build()
            wall, processor, _ = timed(trainer.train)
            seconds[name].append((wall, processor))
            losses[name] = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry][-1]
            del trainer
    print(
        f"training                 {options.steps} steps of 2 examples, {tokens:,} tokens, {options.rounds} rounds each"
    )
    ratios = []
    for at, kind in enumerate(("wall", "processor")):
        mean = {name: sum(s[at] for s in runs) / len(runs) for name, runs in seconds.items()}
        ratios.append(mean["plain"] / mean["ours"])
        print(
            f"  {kind:10} seconds     ours {mean['ours']:.1f} ({tokens / mean['ours']:.0f} tokens/s), plain TRL "
            f"{mean['plain']:.1f} ({tokens / mean['plain']:.0f} tokens/s): throughput {ratios[-1]:.2f} of plain"
        )
    print(f"  last loss              ours {losses['ours']:.4f}, plain TRL {losses['plain']:.4f}")
    return verdict("training throughput, processor time", ratios[1], TRAINING_BAR)


def generate(run: Path, options: argparse.Namespace) -> bool:
    from molreflect.agents.student.local import Student
    from molreflect.tools.terms import Direction
    from molreflect.training.examples.builder import ExampleBuilder
    from molreflect.training.examples.records import read_run
    from molreflect.training.examples.text import Query
    from molreflect.training.student.neighbours import TrainingIndex

    student = Student.load(options.base)
    config = settings(options)
    records = read_run(run)
    builder = ExampleBuilder(format=student.format, max_alignments=6, max_length=config.max_length)
    index = TrainingIndex(records)
    prompts = []
    for record in records:
        query = Query(record.id, record.smiles, record.block)
        prompt = builder.prompt(query, index(query, Direction.MOL2CAP, 1), Direction.MOL2CAP, room=1_000_000)
        if len(student.format.prompt_ids(prompt.messages)) <= config.max_length - options.tokens:
            prompts.append(prompt.messages)
        if len(prompts) == options.prompts:
            break

    def asked(batch_size: int) -> list[list[str]]:
        return student.generate(prompts, max_new_tokens=options.tokens, batch_size=batch_size)

    student.generate(prompts[:1], max_new_tokens=2)
    wall_batched, batched, answers = timed(lambda: asked(options.batch_size))
    wall_single, single, alone = timed(lambda: asked(1))
    same = sum(a == b for a, b in zip(answers, alone, strict=True))
    written = sum(student.format.count(answer) for [answer] in alone)
    print(f"generation               {len(prompts)} prompts, {written:,} tokens, batches of {options.batch_size}")
    for kind, a, b in (("wall", wall_single, wall_batched), ("processor", single, batched)):
        speed = f"{written / b:.0f} tokens/s"
        print(f"  {kind:10} seconds     one by one {a:.1f}, batched {b:.1f} ({speed}): {a / b:.2f} times")
    print(f"  answers                {same} of {len(prompts)} the same")
    shared_openings(student, asked, options)
    precisions(options, asked, student)
    return verdict("batched generation, processor time", single / batched, GENERATION_BAR)


def batches(run: Path, folder: Path, options: argparse.Namespace) -> None:
    """Training the same examples one by one and several in a forward pass, those of similar length together."""
    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.agents.student.weights import load_tokenizer, resolve_base
    from molreflect.training.examples.records import read_run
    from molreflect.training.student.methods import build_trainer
    from molreflect.training.student.plan import plan, prepare

    base = resolve_base(options.base)
    tokenizer = load_tokenizer(base)
    examples = 2 * options.steps
    for size in (1, 2, 4):
        steps = {"max_steps": examples // size, "batch_size": size, "precision": options.precision}
        config = settings(options).changed(**steps)
        prepared = prepare(read_run(run), config, ChatFormat(tokenizer))
        order = plan(prepared.train, config, examples=examples)
        tokens = sum(len(prepared.train[row].example.encoded.ids) for row, _ in order)
        work = folder / f"batches-{size}"
        work.mkdir()
        trainer = build_trainer(base, tokenizer, prepared, config, work, lambda _: None, None)
        processor = timed(trainer.train)[1]
        speed = f"{tokens / processor:.0f} tokens a second of processor time"
        print(f"  batches of {size}           {speed} ({options.precision})")
        del trainer


def shared_openings(student: Any, asked: Callable[[int], Any], options: argparse.Namespace) -> None:
    """What it brings to read once what all prompts begin with, in turns; no bar, but kept only while it pays."""
    from molreflect.agents.student import local

    kept, seconds = local.WORTH_SHARING, {"shared": 0.0, "each": 0.0}
    for turn in range(options.rounds):
        for name in ("shared", "each") if turn % 2 == 0 else ("each", "shared"):
            local.WORTH_SHARING = kept if name == "shared" else sys.maxsize
            seconds[name] += timed(lambda: asked(options.batch_size))[1]
    local.WORTH_SHARING = kept
    mean = {name: total / options.rounds for name, total in seconds.items()}
    ratio = f"{mean['each'] / mean['shared']:.2f} times"
    print(f"  shared opening         read once {mean['shared']:.1f} s, by each prompt {mean['each']:.1f} s: {ratio}")


def precisions(options: argparse.Namespace, asked: Callable[[int], Any], student: Any) -> None:
    """What bfloat16 weights bring on this machine; on a GPU they are the default already."""
    import torch

    if torch.cuda.is_available():
        return
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        student.model.to(dtype)
        seconds[dtype] = timed(lambda: asked(options.batch_size))[1]
    student.model.to(torch.float32)
    single, half = seconds[torch.float32], seconds[torch.bfloat16]
    told = f"float32 {single:.1f} s of processor time, bfloat16 {half:.1f}: {single / half:.2f} times"
    print(f"  precision              {told}")


def verdict(what: str, ratio: float, bar: float) -> bool:
    print(f"{'reached' if ratio >= bar else 'MISSED '}  {what}: {ratio:.2f} (bar {bar})")
    return ratio >= bar


if __name__ == "__main__":
    main()

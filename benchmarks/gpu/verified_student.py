"""The student on one GPU: does the method beat copying a neighbour, and do verified alignments beat unverified ones?

Three steps, so that the GPU works on nothing else and the machine that has it needs neither a network nor Java:

python benchmarks/gpu/verified_student.py pack --run runs/chebi20 --synthetic runs/synthetic --out packet
python benchmarks/gpu/verified_student.py train packet --out result [--jobs 3]      # on the GPU; at most 10 minutes
python benchmarks/gpu/verified_student.py table packet result --out table           # anywhere again

`pack` takes a noise-free run of ChEBI-20's validation split and one of `molreflect synthesize` (20,000 triples), has a
teacher that errs at 20 % distil the former with and without verification, and writes files of at most 60 MiB: the rows,
and the base model in pieces. Each can be sent by itself; `train` wants them all in one folder. It trains `written`,
`icmt` and `sft` on the noise-free alignments and `verified` and `unverified` on those of the erring teacher, all on the
same rows in the same order for as many steps, and asks each about the same held-out pairs, in both directions. Finished
cells are kept: after a limit or a crash the same call goes on. `table` scores the answers and says which bars are met:
`written` ahead of copying the nearest neighbour on ROUGE-L and Morgan similarity, exact match above 0, and `verified`
ahead of `unverified`, each interval clear of zero. Exit code 1 where one is missed.

On a CPU the same commands run at toy size: --limit, --heldout-rows and --steps.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

PIECE = 60 * 2**20
"""Bytes of one file of the packet, below the 64 MiB of a transfer."""
RATE, SEED = 0.2, 1
ALIGNMENTS, MAX_LENGTH = 8, 1024
RESAMPLES, TRIALS = 1000, 10_000
"""Of the intervals and of the paired tests."""
CLEAN, NOISY = "clean", f"noise-{RATE:g}"
"""Folders of the cells: of the noise-free alignments, and of the erring teacher's."""
STEPS = {"gpu": 180, "cpu": 2}
"""Of each cell; of 64 examples on a GPU, of one on a CPU."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(required=True)
    step = steps.add_parser("pack")
    step.add_argument("--run", type=Path, required=True, help="noise-free run of the pair view")
    step.add_argument("--synthetic", type=Path, required=True, help="run of molreflect synthesize")
    step.add_argument("--out", type=Path, required=True)
    step.add_argument("--base", default="smollm2")
    step.add_argument("--heldout-rows", type=int, default=500)
    step.add_argument("--limit", type=int, help="pairs of the run, and as many synthetic triples")
    step.set_defaults(act=pack)
    step = steps.add_parser("train")
    step.add_argument("packet", type=Path)
    step.add_argument("--out", type=Path, required=True)
    step.add_argument("--steps", type=int, help="of each cell")
    step.add_argument("--jobs", type=int, default=1, help="cells at a time, each in a process")
    step.set_defaults(act=train)
    step = steps.add_parser("table")
    step.add_argument("packet", type=Path)
    step.add_argument("result", type=Path)
    step.add_argument("--out", type=Path, required=True)
    step.add_argument("--no-faithfulness", action="store_true", help="leave claims out, which takes Java")
    step.set_defaults(act=table)
    options = parser.parse_args(arguments)
    return int(options.act(options) or 0)


def pack(options: argparse.Namespace) -> None:
    """Write the rows and the base model in pieces."""
    from molreflect.agents.student.weights import resolve_base
    from molreflect.settings import Settings
    from molreflect.training.ablation.noise_runs import noisy_runs, require_clean
    from molreflect.training.examples.records import read_run
    from molreflect.training.student.plan import split_records

    require_clean(options.run)
    records = read_run(options.run, limit=options.limit)
    synthetic = read_run(options.synthetic, limit=options.limit)
    options.out.mkdir(parents=True, exist_ok=True)
    split = split_records(records, fraction=min(0.5, options.heldout_rows / len(records)), seed=0)
    heldout = split.heldout[: options.heldout_rows]
    blocks = {record.block for record in split.heldout}
    synthetic = [replace(record, id=f"syn-{record.id}") for record in synthetic if record.block not in blocks]
    work = options.out / "work"
    made = noisy_runs(split.train, work, [RATE], [SEED], cache=Settings().cache, tell=_say)[RATE, SEED].records
    # A synthetic triple is right by construction: it is the same in every arm.
    triples = [replace(record, draft=record.parts) for record in synthetic]
    base = Path(resolve_base(options.base, notify=print))
    files = {"heldout": heldout, CLEAN: (*split.train, *triples), NOISY: (*made, *triples)}
    fitting = _fitting(base, files)
    for name, rows in files.items():
        kept = [record for record in rows if record.id in fitting]
        print(f"{name}: {len(kept)} rows, {len(rows) - len(kept)} longer than {MAX_LENGTH} tokens in some arm")
        _write_rows(options.out / f"{name}.jsonl.gz", kept)
    _write_pieces(base, options.out)
    shutil.rmtree(work)
    for path in sorted(options.out.iterdir()):
        size = path.stat().st_size
        print(f"{path.name:32} {size / 2**20:6.1f} MiB")
        if size > PIECE:
            raise SystemExit(f"{path} is too large for one transfer; pass a smaller --limit")


def _fitting(base: Path, files: Mapping[str, Sequence[Any]]) -> set[str]:
    """Ids of the rows that fit in every arm, so that none skips what another one trains on."""
    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.agents.student.weights import load_tokenizer
    from molreflect.tools.terms import Direction
    from molreflect.training.config import Arm
    from molreflect.training.examples.builder import ExampleBuilder, TooLongError

    chat = ChatFormat(load_tokenizer(base))
    builders = [
        ExampleBuilder(format=chat, arm=arm, max_alignments=ALIGNMENTS, max_length=MAX_LENGTH)
        for arm in (Arm.WRITTEN, Arm.UNVERIFIED)
    ]
    ids, over = set(), set()
    for record in (record for rows in files.values() for record in rows):
        ids.add(record.id)
        try:
            for builder in builders:
                for direction in Direction:
                    builder.example(record, (), direction)
        except TooLongError:
            over.add(record.id)
    return ids - over


def _say(what: str, done: int, of: int, **_: Any) -> None:
    print(f"{what}: {done} of {of}" if of else what, file=sys.stderr, flush=True)


def _write_rows(path: Path, rows: Sequence[Any]) -> None:
    from molreflect.training.examples.records import write_records

    plain = path.with_suffix("")
    write_records(rows, plain)
    with plain.open("rb") as source, gzip.open(path, "wb", compresslevel=9) as target:
        shutil.copyfileobj(source, target)
    plain.unlink()


def _write_pieces(base: Path, out: Path) -> None:
    """Write the base model in bfloat16, as it was published, cut into files."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    work = out / "base-work"
    model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16)
    model.save_pretrained(work)
    AutoTokenizer.from_pretrained(base).save_pretrained(work)
    archive = Path(shutil.make_archive(str(out / "base"), "zip", work))
    shutil.rmtree(work)
    with archive.open("rb") as source:
        number = 0
        while piece := source.read(PIECE):
            (out / f"base.zip.{number:02d}").write_bytes(piece)
            number += 1
    archive.unlink()


def _base(packet: Path, out: Path) -> Path:
    """Join the pieces of the base model, once."""
    folder = out / "base"
    if not (folder / "config.json").is_file():
        archive = out / "base.zip"
        with archive.open("wb") as target:
            for piece in sorted(packet.glob("base.zip.*")):
                target.write(piece.read_bytes())
        shutil.unpack_archive(archive, folder)
        archive.unlink()
    return folder


def _read_rows(path: Path) -> tuple[Any, ...]:
    import tempfile

    from molreflect.training.examples.records import read_records

    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "rows.jsonl"
        with gzip.open(path, "rb") as source, plain.open("wb") as target:
            shutil.copyfileobj(source, target)
        return tuple(read_records(plain))


def _plan(packet: Path, out: Path, steps: int | None) -> list[Any]:
    """All cells of the experiment."""
    import torch

    from molreflect.tools.terms import Direction
    from molreflect.training.ablation.cells import Cell
    from molreflect.training.ablation.jobs import CellTask
    from molreflect.training.config import Arm, StudentConfig

    gpu = torch.cuda.is_available()
    heldout = _read_rows(packet / "heldout.jsonl.gz")
    many: dict[str, Any] = {"batch_size": 32, "accumulation": 2} if gpu else {"batch_size": 1, "accumulation": 1}
    config = StudentConfig(
        base=str(_base(packet, out)),
        neighbours=1,
        max_alignments=ALIGNMENTS,
        max_length=MAX_LENGTH,
        max_steps=steps or STEPS["gpu" if gpu else "cpu"],
        warmup_steps=2,
        learning_rate=1e-3,
        schedule="cosine",
        lora_rank=32,
        lora_alpha=64,
        lora_targets="all-linear",
        eval_rows=0,
        save_steps=1_000_000,
        max_new_tokens=256 if gpu else 8,
        **many,
    )
    tasks = []
    for name, arms in ((CLEAN, (Arm.WRITTEN, Arm.ICMT, Arm.SFT)), (NOISY, (Arm.WRITTEN, Arm.UNVERIFIED))):
        chosen = _chosen(_read_rows(packet / f"{name}.jsonl.gz"), heldout)
        settings = _settings(arms, len(heldout))
        tasks += [
            CellTask(Cell(direction, arm, SEED), name, out / name, settings, config, chosen)
            for direction in Direction
            for arm in arms
        ]
    return tasks


def _chosen(train_rows: tuple[Any, ...], heldout: tuple[Any, ...]) -> Any:
    from molreflect.training.ablation.rows import Chosen
    from molreflect.training.student.plan import Split

    return Chosen(Split(train_rows, heldout), None, len(train_rows) + len(heldout), 0, 0, 0)


def _settings(arms: Sequence[Any], heldout: int, *, faithfulness: bool = True) -> Any:
    from molreflect.training.ablation.settings import AblationSettings

    return AblationSettings(
        arms=tuple(arms),
        seeds=(SEED,),
        heldout_rows=max(2, heldout),
        batch_size=250,
        faithfulness=faithfulness,
        bootstrap=RESAMPLES,
        trials=TRIALS,
    )


def train(options: argparse.Namespace) -> None:
    """Train all cells and ask them."""
    from molreflect.training.ablation.jobs import run_cells

    options.out.mkdir(parents=True, exist_ok=True)
    tasks = _plan(options.packet, options.out, options.steps)
    run_cells(tasks, jobs=options.jobs, judge=None, resources_cache=None, tell=_say)
    _pack_answers(options.out)


def _pack_answers(out: Path) -> None:
    """Everything that the table needs, without weights, in one file that is small enough to send back."""
    archive = out / "answers.tar.gz"
    import tarfile

    with tarfile.open(archive, "w:gz") as target:
        for path in sorted(out.rglob("*")):
            wanted = path.suffix in (".tsv", ".jsonl", ".json") and path.name != "records.jsonl" and path.is_file()
            if wanted and "base" not in path.relative_to(out).parts and "tokenizer" not in path.name:
                target.add(path, path.relative_to(out))
    print(f"{archive}: {archive.stat().st_size / 2**20:.1f} MiB")


def table(options: argparse.Namespace) -> int:
    """Score the answers, print the tables, and say which bars are met."""
    from molreflect.settings import Settings
    from molreflect.tools.resources import open_resources
    from molreflect.tools.terms import Direction
    from molreflect.training.ablation.rationales import rationale_metrics
    from molreflect.training.ablation.results import collect_results
    from molreflect.training.config import Arm

    if (options.result / "answers.tar.gz").is_file() and not (options.result / CLEAN).is_dir():
        shutil.unpack_archive(options.result / "answers.tar.gz", options.result)
    heldout = _read_rows(options.packet / "heldout.jsonl.gz")
    resources = None if options.no_faithfulness else open_resources(Settings().cache)
    found: dict[tuple[str, Direction], Any] = {}
    for name, arms in ((CLEAN, (Arm.WRITTEN, Arm.ICMT, Arm.SFT)), (NOISY, (Arm.WRITTEN, Arm.UNVERIFIED))):
        settings = _settings(arms, len(heldout), faithfulness=not options.no_faithfulness)
        chosen = _chosen(_read_rows(options.packet / f"{name}.jsonl.gz"), heldout)
        for direction in Direction:
            found[name, direction] = collect_results(
                direction,
                options.result / name,
                settings,
                chosen,
                resources,
                _say,
                more=rationale_metrics(chosen, direction),
            )
    if resources is not None:
        resources.close()
    options.out.mkdir(parents=True, exist_ok=True)
    lines = [line for (name, direction), one in found.items() for line in _section(name, direction, one)]
    met, said = _bars(found)
    text = "\n".join([*lines, "", *said]) + "\n"
    (options.out / "table.md").write_text(text, encoding="utf-8")
    data = {f"{name}/{direction}": _plain(one) for (name, direction), one in found.items()}
    (options.out / "table.json").write_text(json.dumps(data, indent=1), encoding="utf-8")
    print(text, end="")
    return 0 if met else 1


def _section(name: str, direction: Any, results: Any) -> list[str]:
    from molreflect.training.ablation.noise_report import shown, title

    names = shown(results)
    lines = ["", f"### {direction}, {'noise-free' if name == CLEAN else f'teacher errs at {RATE:g}'}", ""]
    lines += [f"| | {' | '.join(title(metric) for metric in names)} |", "|---|" + "---|" * len(names)]
    for system in results.systems:
        cells = []
        for metric in names:
            value, ends = system.values.get(metric), system.intervals.get(metric)
            cells.append("–" if value is None or ends is None else f"{value:.3f} [{ends[0]:.3f}, {ends[1]:.3f}]")
        lines.append(f"| {_called(name, system.name)} | {' | '.join(cells)} |")
    return lines


def _called(name: str, system: str) -> str:
    from molreflect.training.ablation.noise_settings import NAMES

    return NAMES.get(system, system) if name == NOISY else system


def _bars(found: dict[tuple[str, Any], Any]) -> tuple[bool, list[str]]:
    from molreflect.tools.terms import Direction
    from molreflect.training.ablation.rationales import PRECISION
    from molreflect.training.ablation.results import BASELINE
    from molreflect.training.evaluation.labels import STRICT

    def difference(name: str, direction: Any, other: str, metric: str) -> Any:
        tests = next(test.tests for test in found[name, direction].tests if test.b == other)
        return tests[metric]

    up, down = Direction.CAP2MOL, Direction.MOL2CAP
    asked = [
        ("written beats copying on Morgan similarity", difference(CLEAN, up, BASELINE, f"{STRICT}morgan")),
        ("written beats copying on ROUGE-L", difference(CLEAN, down, BASELINE, "rougeL")),
        ("verified beats unverified on Morgan similarity", difference(NOISY, up, "unverified", f"{STRICT}morgan")),
        ("verified beats unverified on ROUGE-L", difference(NOISY, down, "unverified", "rougeL")),
        ("verified beats unverified on rationale precision", difference(NOISY, up, "unverified", PRECISION)),
    ]
    lines = []
    for what, test in asked:
        ends = f"({test.low:+.3f} to {test.high:+.3f})"
        lines.append(f"{'met   ' if test.low > 0 else 'MISSED'}  {what}: {test.difference:+.3f} {ends}")
    exact = next(s for s in found[CLEAN, up].systems if s.name == "written").values[f"{STRICT}exact_match"]
    lines.append(f"{'met   ' if exact > 0 else 'MISSED'}  exact match above 0: {exact:.4f}")
    return exact > 0 and all(test.low > 0 for _, test in asked), lines


def _plain(results: Any) -> dict[str, Any]:
    from molreflect.training.evaluation.results import without_nan

    plain: dict[str, Any] = without_nan(
        {
            "systems": {
                s.name: {"values": s.values, "intervals": s.intervals, "cost": s.cost} for s in results.systems
            },
            "tests": {
                f"{t.a} - {t.b}": {
                    name: [one.difference, one.low, one.high, one.p_value] for name, one in t.tests.items()
                }
                for t in results.tests
            },
        }
    )
    return plain


if __name__ == "__main__":
    sys.exit(main())

"""Commands that train students and ask them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from molreflect import api
from molreflect.cli import help
from molreflect.cli.corpora import read_pairs
from molreflect.cli.options import (
    AsJson,
    BatchSize,
    Columns,
    Config,
    Limit,
    Run,
    Set,
    StartOver,
    Student,
    grouped,
    listed,
    listed_integers,
    listed_numbers,
)
from molreflect.cli.progress import kept, say, say_threads, status, steps
from molreflect.cli.render import print_json
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction, Directions, JudgedBy, ServerApi, StudentBackend, TrainMethod

if TYPE_CHECKING:
    from molreflect.training.ablation.noise_settings import NoiseSettings
    from molreflect.training.ablation.settings import AblationSettings

MAIN_ARMS = "written,icmt,sft,unverified"


@dataclass(frozen=True, kw_only=True)
class WatchOptions:
    """How a training is watched, and which of its weights are kept."""

    eval_steps: Annotated[
        int | None,
        typer.Option(min=1, help="Steps between measurements of held-out rows.", rich_help_panel=help.WATCHED),
    ] = None
    keep_best: Annotated[
        bool,
        typer.Option("--keep-best", help="Keep the weights of the best measurement.", rich_help_panel=help.WATCHED),
    ] = False
    patience: Annotated[
        int | None,
        typer.Option(
            min=1, help="Stop after N measurements without a better one; keep the best.", rich_help_panel=help.WATCHED
        ),
    ] = None
    report_to: Annotated[
        str | None,
        typer.Option(help="Tell tensorboard, trackio or wandb the losses too.", rich_help_panel=help.WATCHED),
    ] = None

    def settings(self) -> dict[str, Any]:
        """What was given, by name of the setting."""
        given = {"eval_steps": self.eval_steps, "keep_best": self.keep_best or None}
        return given | {"patience": self.patience, "report_to": self.report_to}


@dataclass(frozen=True, kw_only=True)
class WarmUpOptions:
    """What is trained on first."""

    warm_up: Annotated[
        Path | None,
        typer.Option(help="A run to train on first, as synthesize makes them.", rich_help_panel=help.CURRICULUM),
    ] = None
    warm_up_steps: Annotated[
        int | None, typer.Option(min=1, help="Steps on it, before the others.", rich_help_panel=help.CURRICULUM)
    ] = None

    def settings(self) -> dict[str, Any]:
        """What was given, by name of the setting."""
        return {"curriculum": self.warm_up and str(self.warm_up), "curriculum_steps": self.warm_up_steps}


@grouped
def train(
    run: Run,
    watch: WatchOptions,
    first: WarmUpOptions,
    out: Annotated[Path | None, typer.Option(help="Where the student goes; not needed for --preview.")] = None,
    direction: Annotated[Directions | None, typer.Option(help="Which way to train.")] = None,
    base: Annotated[str | None, typer.Option(help="'smollm2', a hub name or a local folder.")] = None,
    arm: Annotated[
        str | None, typer.Option(help="What an example holds: written, traced, sft ...; see docs/training.md.")
    ] = None,
    config: Config = None,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Optimizer steps.")] = None,
    method: Annotated[
        TrainMethod | None,
        typer.Option(
            help="sft: accepted answers. dpo: accepted against refused ones. grpo: rewards by the verifier.",
            rich_help_panel=help.VERDICTS,
        ),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option("--from", help="Go on with this student's adapter.", rich_help_panel=help.VERDICTS),
    ] = None,
    candidates: Annotated[
        Path | None,
        typer.Option(
            help="For dpo: the .jsonl of predict --candidates N; best against worst.", rich_help_panel=help.VERDICTS
        ),
    ] = None,
    settings: Set = None,
    push_to_hub: Annotated[
        str | None,
        typer.Option(help="Upload the student, privately, to the hub as owner/name.", rich_help_panel=help.MORE),
    ] = None,
    preview: Annotated[
        int | None, typer.Option(min=1, help="Show N examples token by token, trained or masked, and stop.")
    ] = None,
    start_over: StartOver = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a student, with LoRA or whole.

    Example: molreflect train runs/first --out students/first --max-steps 30

    Example: molreflect train runs/first --out students/second --method dpo --from students/first
    """
    from molreflect.cli.render import print_metrics
    from molreflect.tools.hub import Upload
    from molreflect.training.config import parse_overrides
    from molreflect.training.student.plan import is_first_process

    options: dict[str, Any] = {
        "direction": direction and direction.value,
        "base": base,
        "arm": arm,
        "max_steps": max_steps,
    }
    options |= {"method": method and method.value, "start": start and str(start)}
    options |= {"candidates": candidates and str(candidates), **watch.settings(), **first.settings()}
    overrides: dict[str, Any] = parse_overrides(settings or [])
    overrides |= {name: value for name, value in options.items() if value is not None}
    if preview is not None:
        _show_preview(run, config, overrides, preview)
        return
    if out is None:
        raise InputError("say where the student goes: --out FOLDER (or --preview N to look at examples only)")
    if push_to_hub is not None:
        Upload(push_to_hub, "model", {}, "")  # a name that is none is told before hours of training
    speaks = is_first_process()  # of several that `accelerate launch` started, one speaks for all
    say_threads()
    with kept(lambda: _train_kept(out)), steps() as shown:
        told = shown.training if speaks else None
        result = api.train(run, out, config=config, progress=told, resume=not start_over, **overrides)
    if not speaks:
        return
    print_json(result.metrics) if as_json else print_metrics(result.metrics, result.out)
    if push_to_hub is not None:
        _upload(result.out, push_to_hub)


def _show_preview(run: Path, config: Path | None, overrides: dict[str, Any], count: int) -> None:
    """Show the first examples of a training, token by token."""
    from molreflect.cli.render import print_preview
    from molreflect.training.config import load_config
    from molreflect.training.student.preparation import preview_examples

    loaded = load_config(config, overrides)
    with status("preparing the examples"):
        shown = preview_examples(run, loaded, count)
    print_preview(shown)


def _train_kept(student: Path) -> str:
    from molreflect.training.student.train import last_checkpoint, work_folder

    found = last_checkpoint(work_folder(student))
    if found is None:
        return "no checkpoint was written yet (--set save_steps=N writes one every N steps)"
    return f"{found.name} is kept in {work_folder(student)}; the same command goes on from there"


def _upload(student: Path, name: str) -> None:
    """Upload a student that was just trained, and say where it is; where that fails, how to do it later."""
    try:
        with status("uploading"):
            page = api.push(student, name)
    except InputError as error:
        later = f"molreflect push {student} {name}"
        raise InputError(f"{error}; the student is in {student}, upload it with: {later}") from error
    say(f"uploaded, private: {page}")


def merge(
    student: Student,
    out: Annotated[Path, typer.Option(help="Where the merged model goes.")],
    tolerance: Annotated[float, typer.Option(min=0, help="Largest difference of a logit that passes.")] = 1e-3,
    gguf: Annotated[bool, typer.Option("--gguf", help="Write model.gguf for llama.cpp there too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Merge an adapter into the weights of its base model.

    Exit code 1 where the two would not say the same.

    Example: molreflect merge students/first --out models/first
    """
    from molreflect.training.student.gguf_file import ParityError
    from molreflect.training.student.merge import merge as join

    say_threads()
    with status("merging and comparing"):
        try:
            result = join(student, out, tolerance=tolerance, gguf=gguf)
        except ParityError as error:
            say(str(error))
            raise typer.Exit(1) from error
    if as_json:
        print_json(result.to_json())
        return
    print(
        f"{result.out}: logits differ by at most {result.max_logit_difference:.2g}, "
        f"{result.answers_equal} of {result.probes} greedy answers are the same"
    )
    if result.gguf_parity is not None:
        found = result.gguf_parity
        by = "transformers and llama.cpp" if found.llama_cpp else "transformers (xllamacpp is not installed)"
        print(f"{result.gguf}: logits differ by at most {found.max_logit_difference:.2g}, as read by {by}")


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """Who answers."""

    backend: Annotated[
        StudentBackend, typer.Option(help="The student's own weights, or a server.", rich_help_panel=help.SERVER)
    ] = StudentBackend.LOCAL
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="Address of the server.", rich_help_panel=help.SERVER)
    ] = None
    served_model: Annotated[
        str | None, typer.Option(help="What the server calls the student.", rich_help_panel=help.SERVER)
    ] = None
    api: Annotated[
        ServerApi,
        typer.Option("--api", help="completions keeps the student's own chat template.", rich_help_panel=help.SERVER),
    ] = ServerApi.COMPLETIONS


@grouped
def predict(
    student: Student,
    corpus: Annotated[str, typer.Argument(help="Pairs to predict; read as distill reads them.")],
    direction: Annotated[Direction, typer.Option(help="Which side is given.")],
    out: Annotated[Path, typer.Option(help="Predictions in MolT5's layout, a .tsv file.")],
    server: ServerOptions,
    limit: Limit = None,
    columns: Columns = None,
    candidates: Annotated[
        int,
        typer.Option(min=1, max=64, help="Answers for each pair; the best one wins.", rich_help_panel=help.CANDIDATES),
    ] = 1,
    batch_size: BatchSize = 8,
    max_new_tokens: Annotated[int | None, typer.Option(min=1, help="Most tokens of an answer.")] = None,
    seed: Annotated[int, typer.Option(help="For sampling.", rich_help_panel=help.CANDIDATES)] = 0,
    judge: Annotated[
        JudgedBy,
        typer.Option(
            help="Who chooses: the verifier, or the form alone (is it readable).", rich_help_panel=help.CANDIDATES
        ),
    ] = JudgedBy.VERIFIER,
    supplied_run: Annotated[
        Path | None,
        typer.Option(
            help="One-sided run over this corpus, for a student of the supplied arm.", rich_help_panel=help.MORE
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing predictions.")] = False,
    start_over: StartOver = False,
    as_json: AsJson = False,
) -> None:
    """Predict with a student.

    Example: molreflect predict students/first data/sample.tsv --direction cap2mol --out p.tsv
    """
    from molreflect.training.student.folder import read_student
    from molreflect.training.student.predict import unfinished, written_rows

    def predict_kept(out: Path) -> str:
        rows = written_rows(unfinished(out))
        return f"{counted(rows, 'row')} kept in {unfinished(out)}; the same command goes on from there"

    read_student(student)  # a folder that is none is said before thousands of rows are read
    pairs = read_pairs(corpus, limit=limit, columns=columns)
    options: dict[str, Any] = {"candidates": candidates, "max_new_tokens": max_new_tokens, "seed": seed}
    options |= {
        "supplied_run": supplied_run,
        "batch_size": batch_size,
        "judge": judge,
        "limit": limit,
        "overwrite": overwrite,
        "resume": not start_over,
        **asdict(server),
    }
    if server.backend == StudentBackend.LOCAL:
        say_threads()
    with kept(lambda: predict_kept(out)), steps() as shown:
        result = api.predict(student, pairs, direction=direction, out=out, progress=shown.predicting, **options)
    if result.in_training:
        say(f"{result.in_training} of {counted(result.rows, 'row')}: molecules the student was trained on")
    if result.failed:
        say(f"{counted(result.failed, 'row')} could not be asked; the reasons stand in {result.jsonl}")
    print_json(result.to_json()) if as_json else print(out)


@dataclass(frozen=True, kw_only=True)
class AblationOptions:
    """What an ablation compares, and how."""

    arms: Annotated[
        str, typer.Option(help="Arms, separated by commas; all are tested against 'written', or the first one.")
    ] = MAIN_ARMS
    noise: Annotated[
        str | None,
        typer.Option(
            help="Rates of errors, e.g. 0,.2,.4: distil RUN's pairs with a teacher that errs so often, and train on "
            "verified against unverified alignments.",
            rich_help_panel=help.NOISE,
        ),
    ] = None
    seeds: Annotated[str, typer.Option(help="Seeds, separated by commas.")] = "42"
    direction: Annotated[Directions, typer.Option(help="Which way, or both ways, each by itself.")] = Directions.BOTH
    train_rows: Annotated[
        int | None,
        typer.Option(min=2, help="Records trained on; all that are left if not given.", rich_help_panel=help.SPLIT),
    ] = None
    heldout_rows: Annotated[
        int, typer.Option(min=2, help="Records of other molecules to predict.", rich_help_panel=help.SPLIT)
    ] = 60
    row_tokens: Annotated[
        int | None,
        typer.Option(min=2, help="Leave out pairs of more tokens, in all arms.", rich_help_panel=help.SPLIT),
    ] = None
    split_seed: Annotated[
        int, typer.Option(min=0, help="Which rows are held out and which are trained on.", rich_help_panel=help.SPLIT)
    ] = 0
    candidates: Annotated[
        int,
        typer.Option(
            min=1,
            max=64,
            help="Answers of each question; the verifier's choice is scored too.",
            rich_help_panel=help.CANDIDATES,
        ),
    ] = 1
    rerank: Annotated[
        str, typer.Option(help="Arms that give several answers, separated by commas.", rich_help_panel=help.CANDIDATES)
    ] = "written"
    curriculum: Annotated[
        Path | None, typer.Option(help="Run that the arm 'curriculum' begins with.", rich_help_panel=help.CURRICULUM)
    ] = None
    curriculum_share: Annotated[
        float, typer.Option(help="Share of that arm's steps on it.", rich_help_panel=help.CURRICULUM)
    ] = 0.25
    batch_size: BatchSize = 8
    bootstrap: Annotated[
        int, typer.Option(min=1, help="Resamples for the intervals.", rich_help_panel=help.INTERVALS)
    ] = 1000
    faithfulness: Annotated[
        bool, typer.Option("--faithfulness/--no-faithfulness", help="Judge the claims of the answers as well.")
    ] = True
    jobs: Annotated[
        int, typer.Option(min=1, max=64, help="Trainings at a time, each in a process with one thread.")
    ] = 1

    def settings(self) -> AblationSettings | NoiseSettings:
        """Check them.

        Raises:
            InputError: They make no ablation.
        """
        from molreflect.training.ablation.noise_settings import NoiseSettings
        from molreflect.training.ablation.settings import AblationSettings

        same = ("train_rows", "heldout_rows", "row_tokens", "split_seed", "candidates", "batch_size", "bootstrap")
        common: dict[str, Any] = {name: getattr(self, name) for name in (*same, "faithfulness", "curriculum_share")}
        common |= {
            "seeds": listed_integers(self.seeds, "seeds"),
            "directions": self.direction.each,
            "rerank": listed(self.rerank, "rerank"),
            "curriculum": None if self.curriculum is None else str(self.curriculum),
        }
        if self.noise is None:
            return AblationSettings(arms=listed(self.arms, "arms"), **common)
        if self.arms != MAIN_ARMS:
            raise InputError("--noise compares verified with unverified alignments and takes no --arms")
        return NoiseSettings(rates=listed_numbers(self.noise, "noise"), **common)


@grouped
def ablate(
    run: Annotated[Path, typer.Argument(help="A run directory, distilled from the pair view.")],
    out: Annotated[Path, typer.Option(help="Folder for everything; the same call goes on from it.")],
    options: AblationOptions,
    config: Config = None,
    settings: Set = None,
    as_json: AsJson = False,
) -> None:
    """Train and evaluate arms on equal rows, and print one table.

    Every arm takes as many steps. With --noise the table says what verification is worth at each rate of errors.

    Example: molreflect ablate runs/first --out ablations/first --config configs/ablation-cpu.yaml --train-rows 60
    """
    from molreflect.settings import Settings
    from molreflect.training.ablation.noise import ablate_noise
    from molreflect.training.ablation.noise_settings import NoiseSettings
    from molreflect.training.ablation.run import ablate as run_ablation
    from molreflect.training.config import load_config

    chosen = options.settings()
    effective = load_config(config, settings or [])
    say_threads()
    with kept(lambda: f"what is trained and predicted is kept in {out}; the same command goes on"), steps() as shown:
        how: dict[str, Any] = {"cache": Settings().cache, "jobs": options.jobs, "progress": shown.progress}
        result: Any = (
            ablate_noise(run, out, chosen, effective, **how)
            if isinstance(chosen, NoiseSettings)
            else run_ablation(run, out, chosen, effective, **how)
        )
    print_json(result.data) if as_json else print(result.table)
    say(f"ablation: {out}")

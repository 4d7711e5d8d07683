"""The command line: parse, call one function of a lower package, print. Data on stdout, progress on stderr.

A mistake of the caller is one line on stderr and exit code 2; a bug keeps its traceback. Heavy packages are imported by
the commands that use them, so that `--help` is instant.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from molreflect.tools.errors import InputError

if TYPE_CHECKING:
    from rich.progress import Progress

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Tie the phrases of molecule captions to sub-structures: the model proposes, chemistry decides.",
)
traces_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="See how alignments and answers came about.")
app.add_typer(traces_app, name="traces")

err = Console(stderr=True)


class _View(StrEnum):
    PAIR = "pair"
    MOLECULE = "molecule"
    CAPTION = "caption"


class _Select(StrEnum):
    VERIFIED = "verified"
    PERPLEXITY = "perplexity"


class _Reflect(StrEnum):
    REFUSED = "refused"
    ALWAYS = "always"


class _NeighboursBy(StrEnum):
    VIEW = "view"
    MOLECULE = "molecule"
    CAPTION = "caption"
    BOTH = "both"


class _Protocol(StrEnum):
    AUTO = "auto"
    TOOLS = "tools"
    JSON = "json"


class _SamplingPreset(StrEnum):
    PROVIDER = "provider"
    PAPER = "paper"


class _PerplexityOf(StrEnum):
    ALIGNMENTS = "alignments"
    TARGET = "target"


class _CaptionsBy(StrEnum):
    EMBEDDINGS = "embeddings"
    BM25 = "bm25"


class _Direction(StrEnum):
    CAP2MOL = "cap2mol"
    MOL2CAP = "mol2cap"


class _Tokenizer(StrEnum):
    SCIBERT = "scibert"
    T5 = "t5"


class _JudgedBy(StrEnum):
    VERIFIER = "verifier"
    FORM = "form"


class _Backend(StrEnum):
    LOCAL = "local"
    OPENAI = "openai"


class _Api(StrEnum):
    COMPLETIONS = "completions"
    CHAT = "chat"


class _Directions(StrEnum):
    CAP2MOL = "cap2mol"
    MOL2CAP = "mol2cap"
    BOTH = "both"


Teacher = Annotated[str, typer.Option(help="Who proposes: 'lexicon', or provider:model, e.g. openai:gpt-5-mini.")]
BaseUrl = Annotated[str | None, typer.Option("--base-url", help="Address of an OpenAI-compatible server.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Student = Annotated[
    str, typer.Option(help="Who breaks ties by perplexity: 'none', 'smollm2', a hub name or a local folder.")
]
Protocol = Annotated[
    _Protocol, typer.Option(help="How the teacher is spoken to: tool calls, plain JSON, or ask it once which it can.")
]
Preset = Annotated[
    _SamplingPreset,
    typer.Option("--sampling", help="The provider's defaults, or the paper's: T .75, top_p .85, top_k 40, 512 tokens."),
]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first N usable pairs.")]


def _print_version(asked: bool) -> None:
    if asked:
        from molreflect import __version__

        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    pass  # the option does its work before a command is looked for


def main() -> None:
    """Entry point: runs a command, and turns a caller's mistake into one line."""
    # transformers warns about names that trl uses inside itself; nobody who runs a command can act on it.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers\b")
    try:
        code = app(standalone_mode=False)  # hands `typer.Exit(1)` of a command back as 1 instead of raising it
    except InputError as error:
        _mistake(str(error))
    except typer.Exit as stop:
        raise SystemExit(stop.exit_code) from None
    except (typer.Abort, KeyboardInterrupt):
        print("molreflect: interrupted", file=sys.stderr)
        raise SystemExit(130) from None
    except Exception as error:
        usage = getattr(error, "format_message", None)  # click's own errors: unknown option, missing argument
        if usage is None:
            raise
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the whole help, which is not one line
            print(usage(), file=sys.stderr)
            raise SystemExit(2) from None
        _mistake(f"{usage()} (see molreflect --help)")
    else:
        raise SystemExit(code if isinstance(code, int) else 0)


def _mistake(message: str) -> None:
    print(f"molreflect: {' '.join(message.split())}", file=sys.stderr)
    raise SystemExit(2)


def _print_json(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2))


@app.command()
def align(
    smiles: Annotated[str, typer.Argument(help="The molecule, as SMILES.")],
    caption: Annotated[str, typer.Argument(help="Its caption.")],
    teacher: Teacher = "lexicon",
    base_url: BaseUrl = None,
    protocol: Protocol = _Protocol.AUTO,
    sampling: Preset = _SamplingPreset.PROVIDER,
    corpus: Annotated[Path | None, typer.Option(help="Pairs to take evidence and neighbours from.")] = None,
    as_json: AsJson = False,
    picture: Annotated[Path | None, typer.Option(help="Draw the supported alignments into this SVG file.")] = None,
) -> None:
    """Align one pair.

    Example: molreflect align 'COC(=O)c1ccccc1O' 'The molecule is a methyl ester and a phenol.'
    """
    from molreflect.graphs.align_pair import align_pair, draw_record
    from molreflect.settings import Settings

    if picture is not None and picture.suffix.lower() != ".svg":
        raise InputError(f"--picture {picture} must end in .svg")
    if picture is not None and not picture.absolute().parent.is_dir():
        raise InputError(f"the folder of --picture {picture} does not exist; make it first")
    settings = Settings()
    with _status("aligning") as report:
        record = align_pair(
            smiles, caption, teacher=teacher, base_url=base_url, sampling=_sampling(sampling),
            protocol=protocol.value, corpus=corpus, cache=settings.cache, home=settings.home, report=report,
        )  # fmt: skip
    if picture is not None:
        from molreflect.tools.storage import atomic_write_text

        atomic_write_text(picture, draw_record(record))
    if as_json:
        _print_json(record.to_json())
    else:
        from molreflect.cli.render import print_record

        print_record(record)
    if picture is not None:
        err.print(f"picture: {picture}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def distill(
    corpus: Annotated[str, typer.Argument(help="TSV, CSV, JSONL or Parquet file, or hf:NAME[:SPLIT].")],
    out: Annotated[Path, typer.Option(help="The run directory.")],
    view: Annotated[_View, typer.Option(help="What the teacher may see.")] = _View.PAIR,
    teacher: Teacher = "lexicon",
    base_url: BaseUrl = None,
    student: Student = "none",
    select: Annotated[_Select, typer.Option(help="Verified coverage first, or the paper's rule.")] = _Select.VERIFIED,
    perplexity_of: Annotated[
        _PerplexityOf, typer.Option(help="Of the alignments given the input, or of the output side given both.")
    ] = _PerplexityOf.ALIGNMENTS,
    neighbours: Annotated[int, typer.Option(min=0, max=16, help="Neighbours shown in reflection.")] = 2,
    neighbours_by: Annotated[
        _NeighboursBy, typer.Option(help="Similar in what: what the view shows (molecule first), or both in turn.")
    ] = _NeighboursBy.VIEW,
    captions_by: Annotated[
        _CaptionsBy, typer.Option(help="How captions are compared where neighbours are found by them.")
    ] = _CaptionsBy.EMBEDDINGS,
    max_tanimoto: Annotated[
        float | None, typer.Option(min=0, max=1, help="Leave out neighbours more similar than this, by molecule.")
    ] = None,
    reflect: Annotated[
        _Reflect, typer.Option(help="Reflect where something was refused or unread, or always.")
    ] = _Reflect.REFUSED,
    limit: Limit = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was interrupted.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Calls of the teacher under way at once.")] = 1,
    processes: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that share the pairs; by default as many as pay.")
    ] = None,
    chroma_url: Annotated[str | None, typer.Option(help="A Chroma server in place of the run's own index.")] = None,
    protocol: Protocol = _Protocol.AUTO,
    sampling: Preset = _SamplingPreset.PROVIDER,
    temperature: Annotated[float | None, typer.Option(help="Sampling of the teacher; wins over the preset.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Sampling of the teacher.")] = None,
    top_k: Annotated[int | None, typer.Option(help="Sampling of the teacher, where the provider has it.")] = None,
    answer_tokens: Annotated[int | None, typer.Option(help="Most tokens of one answer of the teacher.")] = None,
    seed: Annotated[int | None, typer.Option(help="Sampling of the teacher, where the provider has it.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds one request to the teacher may take.")] = 120.0,
    retries: Annotated[int, typer.Option(help="Times a refused or failed request is sent again.")] = 3,
    repairs: Annotated[int, typer.Option(min=0, help="Rounds in which refused alignments may be mended.")] = 1,
    mends: Annotated[int, typer.Option(min=0, help="Rounds in which malformed output may be mended.")] = 2,
    reflect_tokens: Annotated[int, typer.Option(min=1, help="Most tokens of a request to reflect.")] = 6_000,
    request_calls: Annotated[int, typer.Option(min=1, help="Most model calls of one request.")] = 12,
    pair_calls: Annotated[int, typer.Option(min=1, help="Most model calls for a pair.")] = 48,
    pair_tokens: Annotated[int | None, typer.Option(help="Most tokens for a pair.")] = None,
    pair_seconds: Annotated[float | None, typer.Option(help="Most seconds for a pair.")] = None,
    pair_cost: Annotated[float | None, typer.Option(help="Most money for a pair.")] = None,
    max_calls: Annotated[int | None, typer.Option(help="Stop the run before it makes more model calls.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Stop the run before it takes more tokens.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Stop the run after so many seconds.")] = None,
    max_cost: Annotated[float | None, typer.Option(help="Stop the run before it costs more.")] = None,
    prices: Annotated[
        Path | None,
        typer.Option(help="Your price table (TOML); it wins.", envvar="MOLREFLECT_PRICES"),
    ] = None,
    estimate: Annotated[
        int | None, typer.Option(min=1, help="Work on N rows only, and project what the whole run would take.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Distil a corpus into verified alignments.

    Example: molreflect distill data/sample.tsv --out runs/first
    """
    from molreflect.agents.models.registry import not_sent
    from molreflect.agents.teacher.budget import Caps, Limits
    from molreflect.graphs.align_pair import distill_corpus
    from molreflect.graphs.batch.run import DistillSettings
    from molreflect.settings import Settings
    from molreflect.tools.terms import PerplexityOf, View

    settings = DistillSettings(
        view=View(view.value), teacher=teacher, base_url=base_url,
        sampling=_sampling(
            sampling, temperature=temperature, top_p=top_p, top_k=top_k, max_tokens=answer_tokens, seed=seed,
            timeout=timeout, retries=retries,
        ),
        protocol=protocol.value,
        limits=Limits(
            request_calls=request_calls, calls=pair_calls, tokens=pair_tokens, seconds=pair_seconds, cost=pair_cost,
            mends=mends,
        ),
        caps=Caps(calls=max_calls, tokens=max_tokens, seconds=max_seconds, cost=max_cost),
        student=None if student == "none" else student, select=select.value,
        perplexity_of=PerplexityOf(perplexity_of.value), reflect_when=reflect.value, reflect_tokens=reflect_tokens,
        max_repairs=repairs, neighbours=neighbours, neighbours_by=neighbours_by.value, captions_by=captions_by.value,
        max_tanimoto=max_tanimoto, workers=workers, processes=processes,
    )  # fmt: skip
    cache = Settings().cache
    if estimate is not None:
        from molreflect.graphs.batch.estimate import estimate_corpus

        with _bars() as bars:
            projection = estimate_corpus(
                corpus, out, settings, estimate, limit=limit, cache=cache, chroma_url=chroma_url, prices=prices,
                report=bars.report, progress=bars.progress,
            )  # fmt: skip
        if as_json:
            _print_json(projection.to_json())
        else:
            from molreflect.cli.render import print_projection

            print_projection(projection)
        return
    with _bars() as bars:
        result, exported = distill_corpus(
            corpus, out, settings, limit=limit, resume=resume, cache=cache, chroma_url=chroma_url, prices=prices,
            report=bars.report, progress=bars.progress,
        )  # fmt: skip
    if unsent := not_sent(teacher, settings.sampling, base_url=base_url):
        err.print(
            f"{teacher} has no word for {', '.join(unsent)}: not sent, and named in run.yaml",
            highlight=False, markup=False, soft_wrap=True,
        )  # fmt: skip
    if as_json:
        _print_json(exported.summary)
    else:
        from molreflect.cli.render import print_summary

        print_summary(exported.summary, out)
    if result.failed:
        reason, count = result.reasons[0]
        err.print(
            f"{result.failed} rows failed; most often ({count}): {reason}",
            highlight=False, markup=False, soft_wrap=True,
        )  # fmt: skip
        if result.done == 0 and result.stopped is None:
            raise typer.Exit(1)
    if result.stopped is not None:
        err.print(
            f"stopped: {result.stopped}; {result.left} rows are left, go on with --resume and a higher cap",
            highlight=False, markup=False, soft_wrap=True,
        )  # fmt: skip
        raise typer.Exit(3)


@app.command()
def export(run: Annotated[Path, typer.Argument(help="A run directory.")], as_json: AsJson = False) -> None:
    """Make the derived files of a run again.

    Example: molreflect export runs/first
    """
    from contextlib import closing

    from molreflect.graphs.runs.export import FILES
    from molreflect.graphs.runs.export import export as write
    from molreflect.graphs.runs.store import RunStore

    with closing(RunStore.open(run)) as store:
        exported = write(store)
    if as_json:
        _print_json(exported.summary)
    else:
        for name in FILES:
            print(run / name)


@app.command()
def replay(run: Annotated[Path, typer.Argument(help="A run directory.")], as_json: AsJson = False) -> None:
    """Check every supported alignment of a run against RDKit again; exit code 1 if one does not replay."""
    from molreflect.graphs.runs.recheck import replay_run

    outcome = replay_run(run)
    if as_json:
        _print_json(outcome.to_json())
    else:
        print(f"{outcome.checked} supported alignments replayed, {len(outcome.broken)} do not hold")
        for line in outcome.broken[:20]:
            print(line)
    if outcome.broken:
        raise typer.Exit(1)


@app.command()
def synthesize(
    out: Annotated[Path, typer.Option(help="The run directory.")],
    count: Annotated[int | None, typer.Option(min=1, help="Triples to make; default one a given molecule.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides which molecules and which words.")] = 0,
    molecules: Annotated[
        Path | None, typer.Option(help="Molecules to caption, a list of SMILES or a table; new ones follow them.")
    ] = None,
    leave_out: Annotated[
        list[Path] | None, typer.Option(help="A file whose molecules must not come up, such as a test set; repeatable.")
    ] = None,
    max_heavy_atoms: Annotated[int, typer.Option(min=4, max=200, help="Largest molecule to make.")] = 36,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Processes; default one a core.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was interrupted.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make molecules, captions and alignments that are true by construction, to warm a student up.

    Example: molreflect synthesize --out runs/synthetic --count 1000
    """
    from molreflect.graphs.runs.synthetic import CORPUS_FILE, SynthesisSettings, read_known
    from molreflect.graphs.runs.synthetic import synthesize as make
    from molreflect.settings import Settings
    from molreflect.tools.synthesis.captions import counted

    settings = SynthesisSettings(count=count, seed=seed, max_heavy_atoms=max_heavy_atoms)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # Starting a process takes longer than making a hundred triples.
    few = count is not None and count <= 100
    with _bars() as bars:
        known = read_known(molecules, Settings().sample, leave_out or ())
        made = make(
            out, known, settings, workers=workers or (1 if few else cores), resume=resume, progress=bars.progress
        )
    if as_json:
        _print_json({"made": made.made, "asked": made.asked, "tried": made.tried, "dropped": made.dropped,
                     "summary": made.exported.summary})  # fmt: skip
    else:
        from molreflect.cli.render import print_summary

        print_summary(made.exported.summary, out)
        print(f"corpus: {out / CORPUS_FILE}")
    if made.dropped:
        err.print(
            f"{made.tried - made.made} of {made.tried} candidates gave no triple: {counted(made.dropped)}",
            highlight=False, markup=False, soft_wrap=True,
        )  # fmt: skip
    if made.short or not made.made:
        err.print(
            f"only {made.made} of {made.asked or made.tried} triples could be made of these molecules",
            highlight=False, markup=False, soft_wrap=True,
        )  # fmt: skip
        raise typer.Exit(1)


@app.command()
def train(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    out: Annotated[Path | None, typer.Option(help="Where the student goes; not needed for --preview.")] = None,
    direction: Annotated[_Directions | None, typer.Option(help="Which way to train.")] = None,
    base: Annotated[str | None, typer.Option(help="'smollm2', a hub name or a local folder.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings as YAML; see configs/.")] = None,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Optimizer steps.")] = None,
    warm_up: Annotated[Path | None, typer.Option(help="A run to train on first, as synthesize makes them.")] = None,
    warm_up_steps: Annotated[int | None, typer.Option(min=1, help="Steps on it, before the others.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="One setting as key=value; repeatable.")] = None,
    preview: Annotated[
        int | None, typer.Option(min=1, help="Show N examples token by token, trained or masked, and stop.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a student with LoRA.

    Example: molreflect train runs/first --out students/first --max-steps 30
    """
    from molreflect.training.config import load_config
    from molreflect.training.student.train import is_first_process
    from molreflect.training.student.train import train as fine_tune

    overrides = list(settings or [])
    overrides += [f"direction={direction.value}"] if direction is not None else []
    overrides += [f"base={base}"] if base is not None else []
    overrides += [f"max_steps={max_steps}"] if max_steps is not None else []
    overrides += [f"curriculum={json.dumps(str(warm_up))}"] if warm_up is not None else []
    overrides += [f"curriculum_steps={warm_up_steps}"] if warm_up_steps is not None else []
    effective = load_config(config, overrides)
    if preview is not None:
        from molreflect.cli.render import print_preview
        from molreflect.training.student.train import preview_examples

        print_preview(preview_examples(run, effective, preview))
        return
    if out is None:
        raise InputError("say where the student goes: --out FOLDER (or --preview N to look at examples only)")
    first = is_first_process()  # of several that `accelerate launch` started, one speaks for all
    with _bars() as bars:
        result = fine_tune(run, out, effective, progress=bars.training if first else None)
    if not first:
        return
    if as_json:
        _print_json(result.metrics)
    else:
        from molreflect.cli.render import print_metrics

        print_metrics(result.metrics, result.out)


@app.command()
def merge(
    student: Annotated[Path, typer.Argument(help="A folder that train wrote.")],
    out: Annotated[Path, typer.Option(help="Where the merged model goes.")],
    tolerance: Annotated[float, typer.Option(min=0, help="Largest difference of a logit that passes.")] = 1e-3,
) -> None:
    """Merge an adapter into full weights; exit code 1 where they would not say the same.

    Example: molreflect merge students/first --out models/first
    """
    from molreflect.training.student.merge import ParityError
    from molreflect.training.student.merge import merge as join

    with _status("merging and comparing"):
        try:
            result = join(student, out, tolerance=tolerance)
        except ParityError as error:
            err.print(str(error), highlight=False, markup=False, soft_wrap=True)
            raise typer.Exit(1) from error
    print(
        f"{result.out}: logits differ by at most {result.max_logit_difference:.2g}, "
        f"{result.answers_equal} of {result.probes} greedy answers are the same"
    )


@app.command()
def predict(
    student: Annotated[Path, typer.Argument(help="A folder that train wrote.")],
    corpus: Annotated[str, typer.Argument(help="Pairs to predict; read as distill reads them.")],
    direction: Annotated[_Direction, typer.Option(help="Which side is given.")],
    out: Annotated[Path, typer.Option(help="Predictions in MolT5's layout, a .tsv file.")],
    limit: Limit = None,
    candidates: Annotated[int, typer.Option(min=1, max=64, help="Answers for each pair; the best one wins.")] = 1,
    batch_size: Annotated[int, typer.Option(min=1, help="Sequences decoded together.")] = 8,
    max_new_tokens: Annotated[int | None, typer.Option(min=1, help="Most tokens of an answer.")] = None,
    seed: Annotated[int, typer.Option(help="For sampling.")] = 0,
    judge: Annotated[
        _JudgedBy, typer.Option(help="Who chooses: the verifier, or the form alone (is it readable).")
    ] = _JudgedBy.VERIFIER,
    supplied_run: Annotated[
        Path | None, typer.Option(help="One-sided run over this corpus, for a student of the supplied arm.")
    ] = None,
    backend: Annotated[_Backend, typer.Option(help="The student's own weights, or a server.")] = _Backend.LOCAL,
    base_url: BaseUrl = None,
    served_model: Annotated[str | None, typer.Option(help="What the server calls the student.")] = None,
    api: Annotated[_Api, typer.Option(help="completions keeps the student's own chat template.")] = _Api.COMPLETIONS,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing predictions.")] = False,
) -> None:
    """Predict with a student.

    Example: molreflect predict students/first data/sample.tsv --direction cap2mol --out p.tsv
    """
    from contextlib import ExitStack, closing

    from molreflect.tools.corpus import read_corpus
    from molreflect.training.student.predict import predict as ask_student

    if backend is _Backend.LOCAL and (base_url is not None or served_model is not None):
        raise InputError("--base-url and --served-model need --backend openai")
    pairs = read_corpus(corpus, limit=limit)
    _report_bad_rows(pairs.bad_rows)
    with ExitStack() as stack:
        writer = verifier = None
        if backend is _Backend.OPENAI:
            from molreflect.agents.student.served import ServedStudent

            if base_url is None or served_model is None:
                raise InputError("--backend openai needs --base-url and --served-model, as the server names it")
            writer = ServedStudent(base_url, served_model, tokenizer=student, api=api.value, in_flight=batch_size)
            stack.enter_context(closing(writer))
        if judge is _JudgedBy.VERIFIER:
            from molreflect.settings import Settings
            from molreflect.tools.resources import open_resources
            from molreflect.training.student.rerank import Verifier

            verifier = Verifier(stack.enter_context(closing(open_resources(Settings().cache))))
        bars = stack.enter_context(_bars())
        result = ask_student(
            student, pairs.pairs, direction.value, out, limit=limit, candidates=candidates, batch_size=batch_size,
            max_new_tokens=max_new_tokens, seed=seed, judge=verifier, supplied_run=supplied_run, student=writer,
            overwrite=overwrite, progress=bars.predicting,
        )  # fmt: skip
    if result.in_training:
        err.print(
            f"{result.in_training} of {result.rows} rows are molecules the student was trained on", highlight=False
        )
    if result.failed:
        err.print(f"{result.failed} rows could not be asked; their reasons stand in {result.jsonl}", highlight=False)
    print(out)


@app.command()
def ablate(
    run: Annotated[Path, typer.Argument(help="A run directory, distilled from the pair view.")],
    out: Annotated[Path, typer.Option(help="Folder for everything; the same call goes on from it.")],
    arms: Annotated[
        str, typer.Option(help="Arms, separated by commas; all are tested against 'written', or the first one.")
    ] = "written,icmt,sft,unverified",
    seeds: Annotated[str, typer.Option(help="Seeds, separated by commas.")] = "42",
    direction: Annotated[_Directions, typer.Option(help="Which way, or both ways, each by itself.")] = _Directions.BOTH,
    train_rows: Annotated[
        int | None, typer.Option(min=2, help="Records trained on; all that are left if not given.")
    ] = None,
    heldout_rows: Annotated[int, typer.Option(min=2, help="Records of other molecules to predict.")] = 60,
    row_tokens: Annotated[
        int | None, typer.Option(min=2, help="Leave out pairs that take more tokens than this, in all arms.")
    ] = None,
    split_seed: Annotated[int, typer.Option(min=0, help="Which rows are held out and which are trained on.")] = 0,
    candidates: Annotated[
        int,
        typer.Option(min=1, max=64, help="Answers of each question; the verifier's choice is scored too."),
    ] = 1,
    rerank: Annotated[str, typer.Option(help="Arms that give several answers, separated by commas.")] = "written",
    curriculum: Annotated[
        Path | None, typer.Option(help="Run that the arm 'curriculum' begins with, e.g. one of synthesize.")
    ] = None,
    curriculum_share: Annotated[float, typer.Option(help="Share of that arm's steps on it.")] = 0.25,
    batch_size: Annotated[int, typer.Option(min=1, help="Sequences decoded together.")] = 8,
    bootstrap: Annotated[int, typer.Option(min=1, help="Resamples for the intervals.")] = 1000,
    faithfulness: Annotated[bool, typer.Option(help="Judge the claims of the answers as well.")] = True,
    config: Annotated[Path | None, typer.Option(help="Settings of every training as YAML; see configs/.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="One setting as key=value; repeatable.")] = None,
    as_json: AsJson = False,
) -> None:
    """Train and evaluate arms with equal steps on equal rows, and print one table.

    Example: molreflect ablate runs/first --out ablations/first --config configs/ablation-cpu.yaml --train-rows 60
    """
    from molreflect.tools.terms import Direction
    from molreflect.training.ablation.run import ablate as run_ablation
    from molreflect.training.ablation.settings import AblationSettings
    from molreflect.training.config import load_config

    which = tuple(Direction) if direction is _Directions.BOTH else (Direction(direction.value),)
    chosen = AblationSettings(
        arms=tuple(_listed(arms, "arms")), seeds=tuple(_integers(seeds, "seeds")), directions=which,
        train_rows=train_rows, heldout_rows=heldout_rows, row_tokens=row_tokens, split_seed=split_seed,
        candidates=candidates, rerank=tuple(_listed(rerank, "rerank")), batch_size=batch_size, bootstrap=bootstrap,
        faithfulness=faithfulness, curriculum=None if curriculum is None else str(curriculum),
        curriculum_share=curriculum_share,
    )  # fmt: skip
    effective = load_config(config, list(settings or []))
    from molreflect.settings import Settings

    with _bars() as bars:

        def told(what: str, done: int, of: int) -> None:
            if what == "cells":  # a log of a run without a terminal has no bars
                err.print(f"{done} of {of} trainings with their predictions are done", highlight=False)
            bars.progress(what, done, of)

        result = run_ablation(run, out, chosen, effective, cache=Settings().cache, progress=told)
    if as_json:
        _print_json(result.data)
    else:
        print(result.table)
    err.print(f"ablation: {out}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def evaluate(
    predictions: Annotated[Path, typer.Argument(help="Predictions in MolT5's layout.")],
    direction: Annotated[_Direction, typer.Option(help="Which way was predicted.")],
    fcd: Annotated[bool, typer.Option("--fcd", help="Compute the Frechet ChemNet Distance as well.")] = False,
    bootstrap: Annotated[int, typer.Option(min=0, help="Resamples for the intervals; 0 leaves them out.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the resamples.")] = 0,
    strata: Annotated[
        bool, typer.Option("--strata", help="Score by molecule size and caption length too; --training includes it.")
    ] = False,
    training: Annotated[
        str | None,
        typer.Option(help="Training pairs: scores by distance to them, and the copy-the-neighbour baseline."),
    ] = None,
    published: Annotated[
        str | None, typer.Option(help="Set the run beside published figures: chebi20 or pubchem324k.")
    ] = None,
    faithfulness: Annotated[
        bool, typer.Option("--faithfulness", help="Judge the structural claims of captions against the molecules.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Write a self-contained HTML page.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a Markdown row.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX rows.")] = False,
    tokenizer: Annotated[
        _Tokenizer, typer.Option(help="Whose BLEU and METEOR stand in Markdown and LaTeX rows of captions.")
    ] = _Tokenizer.SCIBERT,
    as_json: AsJson = False,
) -> None:
    """Score predictions.

    Example: molreflect evaluate p.tsv --direction cap2mol
    """
    from contextlib import ExitStack, closing
    from dataclasses import asdict

    from molreflect.training.evaluation.evaluate import evaluate_predictions
    from molreflect.training.evaluation.prediction_files import read_predictions
    from molreflect.training.evaluation.published import comparable, set_beside
    from molreflect.training.evaluation.report import html_report, latex_table, markdown_table

    read = read_predictions(predictions, direction.value)
    if published is not None:
        comparable(read.direction, len(read.rows), published)  # refused now, not after minutes of scoring
    with ExitStack() as stack:
        resources = None
        if faithfulness:
            from molreflect.settings import Settings
            from molreflect.tools.resources import open_resources

            resources = stack.enter_context(closing(open_resources(Settings().cache)))
        bars = stack.enter_context(_bars())
        evaluation = evaluate_predictions(
            read, fcd=fcd, bootstrap=bootstrap, seed=seed, strata=strata, training=training,
            faithfulness=faithfulness, resources=resources, progress=bars.progress,
        )  # fmt: skip
    if report is not None:
        _write_report(report, html_report(evaluation, published=published))
    if as_json:
        data = evaluation.to_dict()
        if published is not None:
            beside, refused = set_beside(evaluation, published)
            data["published"] = {"beside": [asdict(b) for b in beside], "refused": [asdict(r) for r in refused]}
        _print_json(data)
    elif markdown:
        print(markdown_table([(predictions.stem, evaluation)], tokenizer=tokenizer.value))
    elif latex:
        print(latex_table([(predictions.stem, evaluation)], tokenizer=tokenizer.value))
    else:
        from molreflect.cli.render import print_evaluation

        print_evaluation(evaluation, published=published)


def _write_report(path: Path, page: str) -> None:
    from molreflect.tools.storage import atomic_write_text

    atomic_write_text(path, page)
    err.print(f"report: {path}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def compare(
    a: Annotated[Path, typer.Argument(help="Predictions in MolT5's layout.")],
    b: Annotated[Path, typer.Argument(help="Predictions of another system for the same rows.")],
    direction: Annotated[_Direction, typer.Option(help="Which way was predicted.")],
    bootstrap: Annotated[int, typer.Option(min=1, help="Resamples for the intervals of the differences.")] = 1000,
    trials: Annotated[int, typer.Option(min=1, help="Swaps for the p-values.")] = 10_000,
    seed: Annotated[int, typer.Option(help="Of the resamples and swaps.")] = 0,
    report: Annotated[
        Path | None, typer.Option(help="Write a self-contained HTML page, with the answers that flip.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare two prediction files row by row, with paired tests.

    Example: molreflect compare a.tsv b.tsv --direction cap2mol
    """
    from molreflect.training.evaluation.evaluate import compare as pair_up
    from molreflect.training.evaluation.report import html_report

    with _bars() as bars:
        comparison = pair_up(
            a, b, direction.value, bootstrap=bootstrap, trials=trials, seed=seed, progress=bars.progress
        )
    if report is not None:
        _write_report(report, html_report(comparison.a, comparison=comparison))
    if as_json:
        _print_json(comparison.to_dict())
    else:
        from molreflect.cli.render import print_evaluation

        print_evaluation(comparison)


@app.command()
def robustness(
    student: Annotated[Path, typer.Argument(help="A folder that train wrote.")],
    corpus: Annotated[str, typer.Argument(help="Pairs to caption; read as distill reads them.")],
    out: Annotated[Path, typer.Option(help="Folder for the predictions; a second call goes on from them.")],
    limit: Limit = None,
    rewrites: Annotated[
        str, typer.Option(help="Which spellings of the molecules, separated by commas.")
    ] = "canonical,hydrogen,kekule,rings",
    batch_size: Annotated[int, typer.Option(min=1, help="Sequences decoded together.")] = 8,
    max_new_tokens: Annotated[int | None, typer.Option(min=1, help="Most tokens of a caption.")] = None,
    seed: Annotated[int, typer.Option(help="Of the resamples and swaps.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Caption molecules under other spellings of their SMILES, and compare with the original.

    Example: molreflect robustness students/first data/sample.tsv --out robust --limit 50
    """
    from molreflect.tools.corpus import read_corpus
    from molreflect.training.evaluation.robustness import measure_robustness

    pairs = read_corpus(corpus, limit=limit)
    _report_bad_rows(pairs.bad_rows)
    with _bars() as bars:
        found = measure_robustness(
            student, pairs.pairs, out, rewrites=[name.strip() for name in rewrites.split(",")], source=corpus,
            batch_size=batch_size, max_new_tokens=max_new_tokens, seed=seed,
            predicting=lambda name, sign: bars.progress(f"captioning, {name}", sign.done, sign.total),
            progress=bars.progress,
        )  # fmt: skip
    if as_json:
        _print_json(found.to_dict())
    else:
        from molreflect.cli.render import print_evaluation

        print_evaluation(found)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="A question about a molecule.")],
    model: Annotated[str, typer.Option(help="'offline', or provider:model.")] = "offline",
    base_url: BaseUrl = None,
    thread: Annotated[str | None, typer.Option(help="Name of a conversation to go on with.")] = None,
    corpus: Annotated[str | None, typer.Option(help="Pairs to look for similar molecules in.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask one question.

    Example: molreflect ask 'Where is the carboxylic acid in CC(=O)Oc1ccccc1C(=O)O?'
    """
    from molreflect.cli.talk import open_talk

    with open_talk(model, base_url=base_url, thread=thread, corpus=corpus) as talk:
        answer = talk.ask(question)
    if as_json:
        _print_json({
            "question": answer.question, "answer": answer.answer, "tool_calls": list(answer.tool_calls),
            "thread": answer.thread, "trace_id": answer.trace_id,
        })  # fmt: skip
    else:
        print(answer.answer)


@app.command()
def chat(
    model: Annotated[str, typer.Option(help="'offline', or provider:model.")] = "offline",
    base_url: BaseUrl = None,
    thread: Annotated[str | None, typer.Option(help="Name of a conversation to go on with.")] = None,
    corpus: Annotated[str | None, typer.Option(help="Pairs to look for similar molecules in.")] = None,
) -> None:
    """Talk about molecules; an empty line or Ctrl-D ends the conversation."""
    from molreflect.cli.talk import open_talk

    with open_talk(model, base_url=base_url, thread=thread, corpus=corpus) as talk:
        err.print(f"conversation {talk.thread}; an empty line ends it", highlight=False, markup=False)
        while True:
            try:
                question = input("> " if sys.stdin.isatty() else "")
            except EOFError:
                break
            if not question.strip():
                break
            try:
                print(talk.ask(question).answer, flush=True)
            except InputError as error:
                err.print(str(error), highlight=False, markup=False)


@traces_app.command("list")
def traces_list(
    run: Annotated[Path, typer.Argument(help="A run directory, or a folder with traces.sqlite.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the traces of a run.

    Example: molreflect traces list runs/first
    """
    from contextlib import closing

    from molreflect.graphs.traces.store import TraceStore

    with closing(TraceStore(run / "traces.sqlite", must_exist=True)) as store:
        found = store.traces(limit=limit)
    if as_json:
        _print_json(found)
    else:
        from molreflect.cli.render import print_traces

        print_traces(found)


@traces_app.command("show")
def traces_show(
    run: Annotated[Path, typer.Argument(help="A run directory, or a folder with traces.sqlite.")],
    id: Annotated[str, typer.Argument(help="A pair's id, a conversation's name, or a trace id.")],
    as_json: AsJson = False,
) -> None:
    """Show one trace as a tree.

    Example: molreflect traces show runs/first S001
    """
    from contextlib import closing
    from dataclasses import asdict

    from molreflect.graphs.traces.store import TraceStore

    with closing(TraceStore(run / "traces.sqlite", must_exist=True)) as store:
        found = store.traces(subject=id)
        if not found:
            raise InputError(f"{run} has no trace of {id!r}; molreflect traces list {run} names those it has")
        spans = {trace["trace_id"]: store.spans(trace["trace_id"]) for trace in found}
    if as_json:
        _print_json([{**t, "spans": [asdict(s) for s in spans[t["trace_id"]]]} for t in found])
    else:
        from molreflect.cli.render import print_trace

        for trace in found:
            print_trace(trace, spans[trace["trace_id"]])


@app.command()
def prompts(
    out: Annotated[Path | None, typer.Option(help="Write them into this file.")] = None,
) -> None:
    """Print every prompt of the teacher as docs/prompts.md shows them.

    Example: molreflect prompts --out docs/prompts.md
    """
    from molreflect.agents.prompts.document import document

    if out is None:
        print(document(), end="")
        return
    from molreflect.tools.storage import atomic_write_text

    if not out.absolute().parent.is_dir():
        raise InputError(f"the folder of --out {out} does not exist; make it first")
    atomic_write_text(out, document())
    print(out)


@app.command()
def doctor(
    teacher: Annotated[
        str | None, typer.Option(help="Ask this teacher what it can do (three calls): provider:model.")
    ] = None,
    base_url: BaseUrl = None,
    prices: Annotated[Path | None, typer.Option(help="Your price table (TOML).", envvar="MOLREFLECT_PRICES")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is installed, what is missing, and what each missing thing disables.

    Example: molreflect doctor --teacher openai:gpt-5-mini
    """
    from molreflect.doctor import examine, examine_teacher
    from molreflect.settings import Settings

    if teacher is None and base_url is not None:
        raise InputError("--base-url is the address of a teacher's server; name its model with --teacher")
    findings = examine(Settings())
    if teacher is not None:
        findings += examine_teacher(teacher, base_url=base_url, prices=prices)
    if as_json:
        _print_json([finding.to_json() for finding in findings])
    else:
        from molreflect.cli.render import print_findings

        print_findings(findings)


def _sampling(preset: _SamplingPreset, **given: Any) -> Any:
    """The preset with what was given on top."""
    from dataclasses import replace

    from molreflect.agents.models.registry import PAPER_SAMPLING, Sampling

    base = PAPER_SAMPLING if preset is _SamplingPreset.PAPER else Sampling()
    return replace(base, **{name: value for name, value in given.items() if value is not None})


def _listed(text: str, name: str) -> list[str]:
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found:
        raise InputError(f"{name} names nothing; separate values by commas")
    return found


def _integers(text: str, name: str) -> list[int]:
    try:
        return [int(part) for part in _listed(text, name)]
    except ValueError:
        raise InputError(f"{name} must be whole numbers separated by commas; got {text!r}") from None


def _report_bad_rows(bad_rows: Any) -> None:
    for bad in bad_rows[:5]:
        err.print(f"line {bad.line}: {bad.reason}", highlight=False, markup=False, soft_wrap=True)
    if len(bad_rows) > 5:
        err.print(f"{len(bad_rows)} rows in all could not be read and are left out", highlight=False)


@contextmanager
def _status(what: str) -> Iterator[Any]:
    """A line on stderr that says what is going on, where a person is watching."""
    with err.status(what) as status:
        yield status.update


class _Bars:
    """Progress on stderr for every long command."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, Any] = {}

    def report(self, what: str) -> None:
        """A step without a count."""
        self.progress(what, 0, 0)

    def progress(self, what: str, done: int, of: int) -> None:
        """One bar for each kind of step."""
        if what not in self._tasks:
            for task in self._tasks.values():
                self._progress.stop_task(task)
            self._tasks[what] = self._progress.add_task(what, total=of or None)
        self._progress.update(self._tasks[what], completed=done, total=of or None)

    def training(self, sign: Any) -> None:
        """A sign of life of a training."""
        loss = f" loss {sign.loss:.3f}" if sign.loss is not None else ""
        rate = f" lr {sign.learning_rate:.1e}" if sign.learning_rate is not None else ""
        self.progress(sign.stage, sign.step, sign.total)
        self._progress.update(self._tasks[sign.stage], description=f"{sign.stage}{loss}{rate}")
        if sign.message:
            self._progress.console.print(sign.message, highlight=False, markup=False, soft_wrap=True)

    def predicting(self, sign: Any) -> None:
        """A sign of life of a prediction."""
        self.progress("predicting", sign.done, sign.total)


@contextmanager
def _bars() -> Iterator[_Bars]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    progress = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=err,
    )  # fmt: skip
    progress.start()
    try:
        yield _Bars(progress)
    except BaseException:
        # A mistake is one line: bars that stopped half way, and the empty line `Progress.stop` adds, would be more.
        progress.live.transient = True
        progress.live.stop()
        raise
    progress.stop()


def run() -> None:
    """What the installed command calls: `main`, then out, without the interpreter's own farewell.

    Java, torch and Chroma leave threads behind that may abort a process while the interpreter is taken down ("FATAL:
    exception not rethrown"), after everything was written and closed. A finished command must not end with that.
    """
    code: int | str | None = 0
    try:
        main()
    except SystemExit as stop:
        code = stop.code
    with suppress(BrokenPipeError):  # whoever read our output has enough of it
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    run()

"""Commands that align: one pair, or a corpus."""

from __future__ import annotations

import shlex
import sqlite3
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from molreflect import api
from molreflect.cli import help
from molreflect.cli.corpora import read_pairs
from molreflect.cli.options import (
    AsJson,
    Columns,
    Limit,
    Preset,
    Prices,
    Private,
    Resume,
    TeacherOptions,
    TraceLevel,
    given_fields,
    grouped,
)
from molreflect.cli.progress import Interrupted, kept, say, say_threads, status, steps
from molreflect.cli.render import print_json
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.processes import keep_few_heaps
from molreflect.tools.storage import require_writable
from molreflect.tools.terms import (
    CaptionsBy,
    Engine,
    NeighboursBy,
    PerplexityOf,
    ReflectWhen,
    SamplingPreset,
    Select,
    TeacherProtocol,
    TraceMode,
    View,
)

if TYPE_CHECKING:
    from molreflect.agents.models.registry import Sampling
    from molreflect.graphs.batch.run import DistillResult
    from molreflect.graphs.batch.settings import DistillSettings
    from molreflect.graphs.runs.export import Exported


@dataclass(frozen=True, kw_only=True)
class SamplingOptions:
    """How the teacher is sampled; fields of `Sampling`, on top of a preset."""

    preset: Preset = SamplingPreset.PROVIDER
    temperature: Annotated[
        float | None, typer.Option(help="Sampling of the teacher; wins over the preset.", rich_help_panel=help.ASKING)
    ] = None
    top_p: Annotated[float | None, typer.Option(help="Sampling of the teacher.", rich_help_panel=help.ASKING)] = None
    top_k: Annotated[
        int | None,
        typer.Option(help="Sampling of the teacher, where the provider has it.", rich_help_panel=help.ASKING),
    ] = None
    max_tokens: Annotated[
        int | None,
        typer.Option("--answer-tokens", help="Most tokens of one answer of the teacher.", rich_help_panel=help.ASKING),
    ] = None
    seed: Annotated[
        int | None,
        typer.Option(help="Sampling of the teacher, where the provider has it.", rich_help_panel=help.ASKING),
    ] = None
    timeout: Annotated[
        float | None, typer.Option(help="Seconds one request to the teacher may take.", rich_help_panel=help.ASKING)
    ] = 120.0
    retries: Annotated[
        int | None,
        typer.Option(help="Times a request is sent again that the server failed on.", rich_help_panel=help.ASKING),
    ] = 5


@dataclass(frozen=True, kw_only=True)
class LimitOptions:
    """Bounds of a pair; fields of `Limits`."""

    mends: Annotated[
        int, typer.Option(min=0, help="Rounds in which malformed output may be mended.", rich_help_panel=help.PAIR)
    ] = 2
    request_calls: Annotated[
        int, typer.Option(min=1, help="Most model calls of one request.", rich_help_panel=help.PAIR)
    ] = 12
    calls: Annotated[
        int, typer.Option("--pair-calls", min=1, help="Most model calls for a pair.", rich_help_panel=help.PAIR)
    ] = 48
    tokens: Annotated[
        int | None, typer.Option("--pair-tokens", help="Most tokens for a pair.", rich_help_panel=help.PAIR)
    ] = None
    seconds: Annotated[
        float | None, typer.Option("--pair-seconds", help="Most seconds for a pair.", rich_help_panel=help.PAIR)
    ] = None
    cost: Annotated[
        float | None,
        typer.Option(
            "--pair-cost",
            help="Most money for a pair, in US dollars or the currency of --prices.",
            rich_help_panel=help.PAIR,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class CapOptions:
    """Caps of the run; fields of `Caps`."""

    calls: Annotated[
        int | None,
        typer.Option("--max-calls", help="Stop the run before it makes more model calls.", rich_help_panel=help.CAPS),
    ] = None
    tokens: Annotated[
        int | None,
        typer.Option("--max-tokens", help="Stop the run before it takes more tokens.", rich_help_panel=help.CAPS),
    ] = None
    seconds: Annotated[
        float | None,
        typer.Option("--max-seconds", help="Stop the run after so many seconds.", rich_help_panel=help.CAPS),
    ] = None
    cost: Annotated[
        float | None,
        typer.Option(
            "--max-cost",
            help="Stop the run before it costs more, in US dollars or the currency of --prices.",
            rich_help_panel=help.CAPS,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class DistillOptions(TeacherOptions):
    """What else decides the result of a run; fields of `DistillSettings`."""

    view: Annotated[View, typer.Option(help="What the teacher may see.")] = View.PAIR
    student: Annotated[
        str,
        typer.Option(
            help="Who breaks ties by perplexity: 'none', 'smollm2', a hub name or a local folder.",
            rich_help_panel=help.SELECTION,
        ),
    ] = "none"
    select: Annotated[
        Select, typer.Option(help="Verified coverage first, or the paper's rule.", rich_help_panel=help.SELECTION)
    ] = Select.VERIFIED
    perplexity_of: Annotated[
        PerplexityOf,
        typer.Option(
            help="Of the alignments given the input, or of the output side given both.", rich_help_panel=help.SELECTION
        ),
    ] = PerplexityOf.ALIGNMENTS
    neighbours: Annotated[
        int, typer.Option(min=0, max=16, help="Neighbours shown in reflection.", rich_help_panel=help.REFLECTION)
    ] = 2
    neighbours_by: Annotated[
        NeighboursBy,
        typer.Option(
            help="Similar in what: what the view shows (molecule first), or both in turn.",
            rich_help_panel=help.REFLECTION,
        ),
    ] = NeighboursBy.VIEW
    captions_by: Annotated[
        CaptionsBy,
        typer.Option(
            help="How captions are compared where neighbours are found by them.", rich_help_panel=help.REFLECTION
        ),
    ] = CaptionsBy.EMBEDDINGS
    max_tanimoto: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Leave out neighbours more similar than this, by molecule.",
            rich_help_panel=help.REFLECTION,
        ),
    ] = None
    reflect_when: Annotated[
        ReflectWhen,
        typer.Option(
            "--reflect",
            help="Reflect where something was refused or unread, or always.",
            rich_help_panel=help.REFLECTION,
        ),
    ] = ReflectWhen.REFUSED
    reflect_tokens: Annotated[
        int, typer.Option(min=1, help="Most tokens of a request to reflect.", rich_help_panel=help.REFLECTION)
    ] = 6_000
    lexicon_patch: Annotated[
        Path | None,
        typer.Option(help="Classes laid over the lexicon (TOML), e.g. of a review.", rich_help_panel=help.MORE),
    ] = None
    max_repairs: Annotated[
        int,
        typer.Option(
            "--repairs",
            min=0,
            help="Rounds in which refused alignments may be mended.",
            rich_help_panel=help.REFLECTION,
        ),
    ] = 1
    verify: Annotated[
        bool,
        typer.Option(
            "--verify/--no-verify",
            help="Without: record drafts as proposed, all unchecked, nothing repaired or reflected on.",
            rich_help_panel=help.REFLECTION,
        ),
    ] = True
    workers: Annotated[int, typer.Option(min=1, max=1024, help="Calls of the teacher under way at once.")] = 1
    engine: Annotated[
        Engine | None,
        typer.Option(
            help="What runs the rows; by default threads, and processes where they pay.", rich_help_panel=help.MORE
        ),
    ] = None
    processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=64,
            help="Processes, or workers of Ray, that share the pairs; by default as many as pay.",
            rich_help_panel=help.MORE,
        ),
    ] = None
    patience: Annotated[
        float,
        typer.Option(min=0, help="Seconds to wait for an endpoint that answers nothing.", rich_help_panel=help.ASKING),
    ] = 600.0
    requests_per_minute: Annotated[
        float | None, typer.Option("--rpm", help="Most requests to the teacher a minute.", rich_help_panel=help.ASKING)
    ] = None
    tokens_per_minute: Annotated[
        float | None,
        typer.Option("--tpm", help="Most tokens to the teacher and back a minute.", rich_help_panel=help.ASKING),
    ] = None
    keeps_answers: Annotated[
        bool,
        typer.Option(
            "--cache/--no-cache", help="Take answers given before from the store.", rich_help_panel=help.ASKING
        ),
    ] = True
    batch_api: Annotated[
        bool,
        typer.Option(
            "--batch-api",
            help="Ask for drafts in the provider's batches: cheaper, and later.",
            rich_help_panel=help.BATCHES,
        ),
    ] = False
    batch_file: Annotated[
        bool,
        typer.Option(
            "--batch-file",
            help="Write what drafts ask into files that you run, e.g. with vllm run-batch.",
            rich_help_panel=help.BATCHES,
        ),
    ] = False
    batch_rounds: Annotated[
        int,
        typer.Option(
            min=1,
            help="Most batches one after the other; each answers one more call of every draft.",
            rich_help_panel=help.BATCHES,
        ),
    ] = 12
    trace: TraceLevel = TraceMode.FULL
    private: Private = False


@grouped
def align(
    smiles: Annotated[str, typer.Argument(help="The molecule, as SMILES.")],
    caption: Annotated[str, typer.Argument(help="Its caption.")],
    teacher: TeacherOptions,
    sampling: Preset = SamplingPreset.PROVIDER,
    corpus: Annotated[str | None, typer.Option(help="Pairs to take evidence and neighbours from.")] = None,
    columns: Columns = None,
    as_json: AsJson = False,
    picture: Annotated[
        Path | None, typer.Option(help="Draw what is supported into this file: .svg, .png, or .html with all reasons.")
    ] = None,
    legend: Annotated[bool, typer.Option(help="Name the phrases below the picture.")] = True,
    atom_numbers: Annotated[bool, typer.Option("--atom-numbers", help="Number the atoms in the picture.")] = False,
    trace: TraceLevel = TraceMode.FULL,
    private: Private = False,
) -> None:
    """Align one pair.

    Example: molreflect align 'COC(=O)c1ccccc1O' 'The molecule is a methyl ester and a phenol.'
    """
    if picture is not None and picture.suffix.lower() not in (".svg", ".png", ".html"):
        raise InputError(f"--picture {picture} must end in .svg, .png or .html")
    if picture is not None:
        require_writable(picture, "--picture")
    how = _sampling(SamplingOptions(preset=sampling))
    pairs = None if corpus is None else read_pairs(corpus, columns=columns)
    with status("aligning") as report:
        record = api.align(
            smiles, caption, corpus=pairs, sampling=how, trace=trace, private=private, report=report, **vars(teacher)
        )
    if picture is not None:
        from molreflect.graphs.align_pair import save_picture

        save_picture(picture, record, legend=legend, atom_numbers=atom_numbers)
    if as_json:
        print_json(record.to_json())
    else:
        from molreflect.cli.render import print_record

        print_record(record)
    if picture is not None:
        say(f"picture: {picture}")


@grouped
def distill(
    context: typer.Context,
    corpus: Annotated[str, typer.Argument(help="TSV, CSV, JSON, JSONL or Parquet file, or hf:NAME[:SPLIT].")],
    out: Annotated[Path, typer.Option(help="The run directory.")],
    options: DistillOptions,
    sampling: SamplingOptions,
    limits: LimitOptions,
    caps: CapOptions,
    limit: Limit = None,
    columns: Columns = None,
    resume: Resume = False,
    redo: Annotated[
        bool,
        typer.Option(
            "--redo", help="With --resume: do all rows again, with the settings of now.", rich_help_panel=help.MORE
        ),
    ] = False,
    keep_failed: Annotated[
        bool, typer.Option("--keep-failed", help="With --resume: leave failed rows alone.", rich_help_panel=help.MORE)
    ] = False,
    config: Annotated[
        Path | None, typer.Option(help="Settings as YAML, named as in run.yaml; what is given here wins.")
    ] = None,
    chroma_url: Annotated[
        str | None, typer.Option(help="A Chroma server in place of the run's own index.", rich_help_panel=help.MORE)
    ] = None,
    prices: Prices = None,
    estimate: Annotated[
        int | None, typer.Option(min=1, help="Work on N rows only, and project what the whole run would take.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Distil a corpus into verified alignments.

    Example: molreflect distill data/sample.tsv --out runs/first
    """
    from molreflect.tools.corpus import require_corpus

    require_corpus(corpus, columns)  # before packages are loaded that take seconds
    keep_few_heaps()

    from molreflect.cli.render import print_projection
    from molreflect.graphs.batch.estimate import estimate_corpus
    from molreflect.graphs.batch.opening import readable_in
    from molreflect.graphs.batch.run import require_startable
    from molreflect.settings import Settings

    given = {"options": options, "sampling": sampling, "limits": limits, "caps": caps}
    settings = distill_settings(config, {name: given_fields(context, name, group) for name, group in given.items()})
    require_startable(out, settings, resume=resume)  # before thousands of rows are read
    known = readable_in(out) if resume else frozenset()
    pairs = read_pairs(corpus, limit=limit, columns=columns, readable=known)
    if settings.student is not None:
        say_threads()
    with kept(lambda: _kept_of(out)), steps() as shown:
        common: dict[str, Any] = {"chroma_url": chroma_url, "prices": prices}
        common |= {"report": shown.report, "progress": shown.progress}
        if estimate is not None:
            projection = estimate_corpus(pairs, out, settings, estimate, cache=Settings().cache, **common)
        else:
            common |= {"resume": resume, "redo": redo, "keep_failed": keep_failed, "say": say, "command": typed()}
            shown.line = lambda: _line_of(out)
            result, exported = api.distill(pairs, out, settings=settings, **common)
    if estimate is not None:
        print_json(projection.to_json()) if as_json else print_projection(projection)
        return
    _tell_outcome(result, exported, settings, out, as_json=as_json)


def _tell_outcome(
    result: DistillResult, exported: Exported, settings: DistillSettings, out: Path, *, as_json: bool
) -> None:
    """Say what a run came to and what is left of it, and leave with the code that says so too.

    Raises:
        Interrupted: The run was interrupted.
        typer.Exit: 3 where it stopped at a bound, 4 where rows failed or are left, 1 where none is done.
    """
    from molreflect.agents.models.registry import not_sent
    from molreflect.cli.render import print_summary
    from molreflect.graphs.batch.steering import INTERRUPTED

    if unsent := not_sent(settings.teacher, settings.sampling, base_url=settings.base_url):
        say(f"{settings.teacher} has no word for {', '.join(unsent)}: not sent, and named in run.yaml")
    print_json(exported.summary) if as_json else print_summary(exported.summary, out)
    if exported.left_out:
        say(exported.left_out)
    for note in result.notes:
        say(note)
    if result.failed:
        reason, count = result.reasons[0]
        kinds = ", ".join(f"{kind} {n}" for kind, n in result.kinds.items())
        say(f"{counted(result.failed, 'row')} failed ({kinds}); most often ({count}): {reason}")
    if result.stopped == INTERRUPTED:
        raise Interrupted(_kept_of(out))
    if result.stopped is not None:
        more = " and a higher cap" if "the run's cap of" in result.stopped else ""
        say(f"stopped: {result.stopped}; {counted(result.left, 'row')} left, go on with --resume{more}")
        raise typer.Exit(3)
    if result.left:
        say(f"{counted(result.left, 'row')} left, which wait for drafts that failed; go on with --resume")
    if result.failed or result.left:
        raise typer.Exit(4 if result.done else 1)


def typed() -> str:
    """The command of this process, as a shell would take it."""
    return shlex.join(["molreflect", *sys.argv[1:]])


def _line_of(out: Path) -> str | None:
    """Say how far a run is; None before its first row."""
    from molreflect.cli.run_status import progress_line
    from molreflect.graphs.runs.status import status_of

    try:
        found = status_of(out)
    except (InputError, sqlite3.Error):  # it has not begun, or cannot be looked at now; the step is told all the same
        return None
    return progress_line(found) if found.rows else None


def _kept_of(out: Path) -> str:
    """Say what an interrupted run keeps."""
    from contextlib import closing

    from molreflect.graphs.runs.batches import batches_of, told_of
    from molreflect.graphs.runs.store import RunStore

    if not (out / "run.yaml").is_file():
        return "no row was begun; the same command starts anew"
    with closing(RunStore.open(out)) as store:
        counts = store.counts()
    rows = f"{counts.get('done', 0)} of {counted(sum(counts.values()), 'row')} are done"
    batches = told_of(batches_of(out))
    return f"{rows} and kept in {out}{f' ({batches})' if batches else ''}; the same command with --resume goes on"


def distill_settings(config: Path | None, given: Mapping[str, Mapping[str, Any]]) -> DistillSettings:
    """Make the settings of a run: the defaults, then a file, then what the command line names.

    Args:
        config: Settings as YAML; see `read_settings`.
        given: Options that are named, by their group.

    Raises:
        InputError: The file cannot be used, a value is out of its range, or two contradict each other.
    """
    from molreflect.graphs.batch.settings import read_settings, settings_of

    named = {"protocol": TeacherProtocol.AUTO} | (read_settings(config) if config is not None else {})
    named |= given["options"]
    for group in ("sampling", "limits", "caps"):
        fields = dict(given[group])
        if (preset := fields.pop("preset", None)) is not None:
            fields = asdict(_sampling(SamplingOptions(preset=preset))) | fields
        if fields:
            named[group] = (named.get(group) or {}) | fields
    if isinstance(patch := named.get("lexicon_patch"), Path):
        from molreflect.tools.lexicon.patch import read_patch

        named["lexicon_patch"] = read_patch(patch)
    if named.get("student") == "none":
        named["student"] = None
    return settings_of(named)


def _sampling(options: SamplingOptions) -> Sampling:
    """Put what was given on top of the preset."""
    from molreflect.agents.models.registry import PAPER_SAMPLING, Sampling

    given = {name: value for name, value in asdict(options).items() if value is not None and name != "preset"}
    return replace(PAPER_SAMPLING if options.preset == SamplingPreset.PAPER else Sampling(), **given)

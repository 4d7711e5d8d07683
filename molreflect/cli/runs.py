"""Commands over run directories: derived files, recheck, and synthetic runs."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from molreflect.cli.options import AsJson, Resume, Run
from molreflect.cli.printable import json_line
from molreflect.cli.progress import kept, say, steps
from molreflect.cli.render import print_json
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.processes import available_cores
from molreflect.tools.terms import Directions, ExportFormat


def export(
    run: Run,
    form: Annotated[
        ExportFormat | None,
        typer.Option("--format", help="Rows to train on, instead of the derived files: TRL's, Alpaca's, ShareGPT's."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the rows there; default stdout.")] = None,
    direction: Annotated[Directions, typer.Option(help="What is given and what is to be written.")] = Directions.BOTH,
    neighbours: Annotated[
        int, typer.Option(min=0, max=16, help="Similar pairs before each question, found as train finds them.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Make the derived files of a run again, or rows to train on.

    Example: molreflect export runs/first --format sft --out sft.jsonl
    """
    if form is not None:
        _export_rows(run, form, out, direction, neighbours, as_json=as_json)
        return
    if out is not None or neighbours or direction is not Directions.BOTH:
        raise InputError("--out, --direction and --neighbours are for rows to train on; add --format sft, say")
    from molreflect.graphs.runs.export import export as write
    from molreflect.graphs.runs.store import RunStore

    with steps() as shown, closing(RunStore.open(run, write=True)) as store:
        exported = write(store, progress=shown.progress)
    if as_json:
        print_json(exported.summary)
    else:
        for name in exported.files:
            print(run / name)
    if exported.left_out:
        say(exported.left_out)


def _export_rows(
    run: Path, form: ExportFormat, out: Path | None, direction: Directions, neighbours: int, *, as_json: bool
) -> None:
    from molreflect.tools.storage import require_writable
    from molreflect.training.export.rows import ExportCounts, export_rows
    from molreflect.training.export.write import write_rows

    if as_json and out is None:
        raise InputError("rows go to stdout, and so would the figures of --json; name a file with --out")
    if out is not None:
        require_writable(out, "--out")
    counts = ExportCounts()
    with steps() as shown:
        rows = export_rows(run, form, direction, counts, neighbours=neighbours, progress=shown.progress)
        if out is not None:
            write_rows(out, rows)
        else:
            for row in rows:
                print(json_line(row))
    for remark in counts.remarks(form):
        say(remark)
    if as_json:
        print_json({"format": form.value, "out": str(out), **asdict(counts)})
    where = "" if out is None else f" in {out}"
    if counts.rows:
        say(f"{counted(counts.rows, 'row')} of {counted(counts.pairs, 'pair')}{where}")
        return
    say(f"no rows, and nothing was written: {counts.why_none(form)}")
    raise typer.Exit(1)


def push(
    folder: Annotated[Path, typer.Argument(help="A run directory, or a folder that train wrote.")],
    name: Annotated[str, typer.Argument(help="On the Hugging Face hub: owner/name.")],
    public: Annotated[bool, typer.Option("--public", help="Let everybody see it; otherwise only you do.")] = False,
    licence: Annotated[
        str | None, typer.Option("--license", help="Of captions or adapter, as the hub spells it: cc-by-4.0.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be uploaded, and stop.")] = False,
) -> None:
    """Upload a run or a student to the hub; private by default.

    Example: molreflect push runs/first me/my-run --dry-run
    """
    from molreflect import api
    from molreflect.cli.progress import status
    from molreflect.tools.hub import push as upload

    found = api.upload_of(folder, name, licence=licence, public=public)
    seen = "everybody can see it" if public else "private, only you can see it"
    told = print if dry_run else say  # what was asked for, or what is going on
    told(f"{'would upload' if dry_run else 'uploading'} the {found.kind} {name} ({seen}):")
    for path, size in found.sizes.items():
        told(f"  {path}, {size:,} bytes")
    if dry_run:
        return
    with status("uploading"):
        page = upload(found)
    print(page)


def recheck(run: Run, as_json: AsJson = False) -> None:
    """Check every supported alignment of a run against RDKit again.

    Exit code 1 where one does not hold.

    Example: molreflect recheck runs/first
    """
    from molreflect.graphs.runs.recheck import recheck as look_again

    outcome = look_again(run)
    if as_json:
        print_json(outcome.to_json())
    else:
        print(f"{counted(outcome.checked, 'supported alignment')} looked at again; not holding: {len(outcome.broken)}")
        for line in outcome.broken[:20]:
            print(line)
    if outcome.broken:
        raise typer.Exit(1)


def synthesize(
    out: Annotated[Path, typer.Option(help="The run directory.")],
    count: Annotated[int | None, typer.Option(min=1, help="Triples to make; default one a given molecule.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides which molecules and which words.")] = 0,
    molecules: Annotated[
        Path | None, typer.Option(help="Molecules to caption, a list of SMILES or a table; new ones follow them.")
    ] = None,
    leave_out: Annotated[
        list[Path] | None,
        typer.Option(help="A file whose molecules must not come up, such as a test set; repeatable.", metavar="<path>"),
    ] = None,
    max_heavy_atoms: Annotated[int, typer.Option(min=4, max=200, help="Largest molecule to make.")] = 36,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Processes; default one a core.")] = None,
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Make molecules and captions that are true by construction.

    A student may be warmed up on their alignments.

    Example: molreflect synthesize --out runs/synthetic --count 1000
    """
    from molreflect.cli.render import print_summary
    from molreflect.graphs.runs.synthetic import CORPUS_FILE, SynthesisSettings, read_known
    from molreflect.graphs.runs.synthetic import synthesize as make
    from molreflect.settings import Settings
    from molreflect.tools.synthesis.captions import in_order

    settings = SynthesisSettings(count=count, seed=seed, max_heavy_atoms=max_heavy_atoms)
    # Starting a process takes longer than making a hundred triples.
    used = workers or (1 if count is not None and count <= 100 else available_cores())
    with (
        kept(lambda: f"the triples so far are kept in {out}; the same command with --resume goes on"),
        steps() as shown,
    ):
        known = read_known(molecules, Settings().sample, leave_out or ())
        made = make(out, known, settings, workers=used, resume=resume, progress=shown.progress)
    if as_json:
        counts = {name: getattr(made, name) for name in ("made", "asked", "tried", "dropped")}
        print_json(counts | {"summary": made.exported.summary})
    else:
        print_summary(made.exported.summary, out)
        print(f"corpus: {out / CORPUS_FILE}")
    if made.exported.left_out:
        say(made.exported.left_out)
    if made.dropped:
        say(f"{made.tried - made.made} of {made.tried} candidates gave no triple: {in_order(made.dropped)}")
    if made.short or not made.made:
        say(f"only {made.made} of {counted(made.asked or made.tried, 'triple')} could be made of these molecules")
        raise typer.Exit(1)

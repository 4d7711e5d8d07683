"""Commands of a review: the page, what is handed on of its decisions, who agrees with whom."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from molreflect.cli.help import PanelCommand, PanelGroup
from molreflect.cli.options import AsJson, Run
from molreflect.cli.progress import say
from molreflect.cli.render import print_json, print_line
from molreflect.cli.viewing import Port, require_web, serve_app
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.storage import atomic_write_text, require_writable

_PAGE = "open"


class _PageByDefault(PanelGroup):
    """Takes a run in place of a command: `review RUN` opens its page."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        known = bool(args) and self.get_command(ctx, args[0]) is not None
        return super().resolve_command(ctx, args if known else [_PAGE, *args])


app = typer.Typer(
    cls=_PageByDefault,
    help="Accept, correct or reject alignments: review RUN opens the page.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Reviewer = Annotated[str | None, typer.Option(help="Only the decisions of this reviewer.")]


@app.command(_PAGE, cls=PanelCommand)
def open_page(
    run: Run,
    reviewer: Annotated[str | None, typer.Option(help="Your name; by default that of your account here.")] = None,
    port: Port = 0,
) -> None:
    """Review a run in a browser, on this machine only; `review RUN` does the same.

    Decisions are kept at once in the run's folder, and the page goes on at the first alignment without one.

    Example: molreflect review open runs/first --reviewer Ada
    """
    require_web()
    from molreflect.graphs.review.decisions import reviewer_name, user_name
    from molreflect.settings import Settings
    from molreflect.web import review, runs
    from molreflect.web.app import build_app
    from molreflect.web.pages import Place
    from molreflect.web.shelf import Shelf

    name = reviewer_name(reviewer) if reviewer is not None else user_name()
    with closing(Shelf([run], cache=Settings().cache)) as shelf:
        found = shelf.runs()
        if not found:
            raise InputError(f"{run} holds no run; make one with `molreflect distill`")
        begin = review.address(next(iter(found)), reviewer=name) if len(found) == 1 and name else review.AT
        routers = [review.build_router(shelf, reviewer=name), runs.build_router(shelf)]
        places = [Place("Review", review.AT), Place("Runs", runs.AT)]
        serve_app(
            lambda token, hosts: build_app(routers, token=token, hosts=hosts, places=places),
            port,
            f"shows {run} for review",
            path=begin,
        )


@app.command(cls=PanelCommand)
def export(
    run: Run,
    gold: Annotated[Path | None, typer.Option(help="Write cases as JSON lines, for benchmarks/gold.py.")] = None,
    patch: Annotated[Path | None, typer.Option(help="Write a lexicon patch (TOML), for distill.")] = None,
    reviewer: Reviewer = None,
) -> None:
    """Hand decisions on: as gold, as a patch of the lexicon.

    Example: molreflect review export runs/first --gold gold.jsonl --patch patch.toml
    """
    if gold is None and patch is None:
        raise InputError("name what to write: --gold FILE, --patch FILE or both")
    for path, name in ((gold, "--gold"), (patch, "--patch")):
        if path is not None:
            require_writable(path, name)
    from molreflect.graphs.review.exports import gold_of_run, patch_of_run

    _require_decisions(run, reviewer)
    if gold is not None:
        found = gold_of_run(run, reviewer)
        atomic_write_text(gold, found.text)
        phrases = sum(len(case["phrases"]) for case in found.cases)
        wrong = sum(len(case["wrong"]) for case in found.cases)
        print_line(f"{gold}: {counted(len(found.cases), 'pair')}, {counted(phrases, 'phrase')}, {wrong} wrong")
        for why, count in found.left_out.items():
            say(f"{counted(count, 'decision')} left out: {why}")
    if patch is not None:
        from molreflect.graphs.runs.store import lexicon_patch_of
        from molreflect.settings import Settings
        from molreflect.tools.resources import open_resources

        with closing(open_resources(Settings().cache, lexicon_patch=lexicon_patch_of(run))) as resources:
            made = patch_of_run(run, resources, reviewer)
        for line in made.left_out:
            say(f"left out of the patch: {line}")
        if not made.text:
            raise InputError("there is nothing to patch: no decision that teaches the lexicon could be written")
        atomic_write_text(patch, made.text)
        print_line(f"{patch}: {counted(len(made.classes), 'class', 'classes')} ({', '.join(made.classes)})")
        say(f"the next run uses it: molreflect distill CORPUS --out RUN --lexicon-patch {patch}")


@app.command(cls=PanelCommand)
def agreement(run: Run, as_json: AsJson = False) -> None:
    """Say how far reviewers of a run agree: raw, and Cohen's kappa.

    Example: molreflect review agreement runs/first
    """
    from molreflect.graphs.review.agreement import agreements
    from molreflect.graphs.review.decisions import ReviewStore

    _require_decisions(run, None)
    with closing(ReviewStore.open(run)) as store:
        reviewers, found = store.reviewers(), agreements(store.decisions())
    if as_json:
        print_json({"reviewers": reviewers, "pairs": [each.to_json() for each in found]})
        return
    for name, count in reviewers.items():
        print_line(f"{name}: {counted(count, 'decision')}")
    for each in found:
        kappa = "not defined" if each.kappa is None else f"{each.kappa:.2f}"
        both = f"{counted(each.both, 'alignment')} in common"
        print_line(f"{each.first} and {each.second}: {both}, {each.raw:.1%} agree, kappa {kappa}")
        for differ in each.disagreements:
            about = differ.first.about
            print_line(f"  {about.id} {about.alignment['phrase']!r}: {differ.what}")
    if not found:
        print_line("no two reviewers have decided on the same alignment")


def _require_decisions(run: Path, reviewer: str | None) -> None:
    """Refuse a run on which nobody, or not this reviewer, has decided anything.

    Raises:
        InputError: So it is, or it is no run directory.
    """
    from molreflect.graphs.review.decisions import FILE, ReviewStore
    from molreflect.graphs.runs.store import RunStore

    RunStore.open(run).close()
    known: dict[str, int] = {}
    if (run / FILE).is_file():
        with closing(ReviewStore.open(run)) as store:
            known = store.reviewers()
    if not known:
        raise InputError(f"{run} has no decisions; review it with: molreflect review {run}")
    if reviewer is not None and reviewer not in known:
        raise InputError(f"{reviewer!r} has decided on nothing in {run}; who has: {', '.join(known)}")

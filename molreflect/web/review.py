"""Pages of a review: one alignment after the other, what verification says of a correction, who agrees with whom."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from molreflect.graphs.review.agreement import agreements
from molreflect.graphs.review.decisions import (
    FILE,
    Correction,
    Decision,
    Judgement,
    ReviewStore,
    about_of,
    reviewer_name,
)
from molreflect.graphs.review.exports import gold_of_run, patch_of_run
from molreflect.graphs.review.queue import ReviewQueue
from molreflect.graphs.runs.browse import Item
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.terms import PhraseKind, Reason, Verdict
from molreflect.tools.views.cards import fact_of, step_card
from molreflect.tools.views.html import card_html
from molreflect.web import runs
from molreflect.web.pages import render
from molreflect.web.shelf import Shelf

AT = "/review"
"""Where the pages begin."""
MAX_BODY = 200_000
"""Bytes of a form."""
_FILTERS = ("kind", "verdict", "reason", "text")
_WHY_WRONG = (
    *(Reason.CONTRADICTS_READING, Reason.ABSENT, Reason.TOO_GENERAL, Reason.TOO_LARGE, Reason.WRONG_COUNT),
    *(Reason.WRONG_POSITION, Reason.NOT_A_MEMBER, Reason.RELATION_FAILS, Reason.MISQUOTED),
)
"""Why a reviewer may say that a supported alignment is wrong."""
_PATTERN = "pattern:"
"""What the value of a choice begins with that names a pattern."""


def build_router(shelf: Shelf, *, reviewer: str = "") -> APIRouter:
    """Build the pages of reviews of the runs on a shelf.

    Args:
        shelf: The runs.
        reviewer: Name that the form offers.
    """
    router = APIRouter(prefix=AT)

    @router.get("", response_class=HTMLResponse)
    def list_page() -> str:
        return _list(shelf, reviewer)

    @router.get("/{name}", response_class=HTMLResponse)
    def item_page(request: Request, name: str) -> str:
        return _item(shelf, name, dict(request.query_params), reviewer)

    @router.post("/{name}/check", response_class=HTMLResponse)
    async def check(request: Request, name: str) -> str:
        form = await _form(request)
        return await run_in_threadpool(_checked, shelf, name, form)

    @router.post("/{name}/decide")
    async def decide(request: Request, name: str) -> Response:
        form = await _form(request)
        return RedirectResponse(await run_in_threadpool(_decided, shelf, name, form), status_code=303)

    @router.post("/{name}/undo")
    async def undo(request: Request, name: str) -> Response:
        form = await _form(request)
        return RedirectResponse(await run_in_threadpool(_undone, shelf, name, form), status_code=303)

    @router.get("/{name}/agreement", response_class=HTMLResponse)
    def agreement_page(name: str) -> str:
        with closing(ReviewStore.open(shelf.folder(name))) as store:
            found, reviewers = agreements(store.decisions()), store.reviewers()
        return render(
            "agreement.html",
            title=f"Agreement on {name}",
            name=name,
            found=found,
            reviewers=reviewers,
            judgements=[*Judgement],
            link=address,
        )

    @router.get("/{name}/gold.jsonl")
    def gold(name: str, reviewer: str = "") -> Response:
        found = gold_of_run(shelf.folder(name), reviewer or None)
        return _file(found.text, f"{name}-gold.jsonl")

    @router.get("/{name}/patch.toml")
    def patch(name: str, reviewer: str = "") -> Response:
        found = patch_of_run(shelf.folder(name), shelf.checker(name).resources, reviewer or None)
        if not found.text:
            why = "; ".join(found.left_out) or "no decision says what words mean in any molecule"
            raise InputError(f"there is nothing to patch: {why}")
        return _file(found.text, f"{name}-patch.toml")

    return router


def address(name: str, *more: str, **asked: object) -> str:
    """Write the address of a page of a review."""
    return AT + runs.address(name, *more, **asked).removeprefix(runs.AT)


async def _form(request: Request) -> dict[str, str]:
    """Read the fields of a form; the last one of a name counts.

    Raises:
        InputError: It is too large, or not UTF-8.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise InputError(f"the form is larger than {MAX_BODY:,} bytes")
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError as error:
        raise InputError("the form is not UTF-8") from error


def _file(text: str, name: str) -> Response:
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name)
    return PlainTextResponse(text, headers={"Content-Disposition": f'attachment; filename="{safe}"'})


def _list(shelf: Shelf, reviewer: str) -> str:
    found = []
    for name, folder in shelf.runs().items():
        reviewers = {}
        if (folder / FILE).is_file():  # looking at the list begins no review
            with closing(ReviewStore.open(folder)) as store:
                reviewers = store.reviewers()
        found.append((name, reviewers))
    return render("reviews.html", title="Review", runs=found, reviewer=reviewer, link=address)


# ------------------------------------------------------------------------------------------------------------ one item


def _item(shelf: Shelf, name: str, asked: Mapping[str, str], usual: str) -> str:
    index = shelf.index(name)
    if not asked.get("reviewer", "").strip():
        return _list(shelf, usual)
    reviewer = reviewer_name(asked["reviewer"])
    kept = {key: asked[key] for key in _FILTERS if asked.get(key)}
    queue = ReviewQueue(index, runs.filter_of(kept))
    item = index.item(asked["key"]) if asked.get("key") else queue.first(reviewer)
    progress = queue.progress(reviewer)
    common: dict[str, Any] = {"name": name, "reviewer": reviewer, "kept": kept, "progress": progress, "link": address}
    common |= {"said": asked.get("said", "")}
    if asked.get("key") and item is None:
        raise InputError(f"{name} has no alignment {shorten(asked['key'])} any more; go on with the first undecided")
    if item is None:
        return render("reviewed.html", title=f"Review of {name}", **common)
    with closing(ReviewStore.open(index.folder)) as store:
        decided = store.decision(reviewer, item.key)
    around = {"earlier": queue.beside(item, back=True), "later": queue.beside(item, back=False)}
    alignment = item.alignment
    structural = alignment["kind"] == PhraseKind.STRUCTURE
    return render(
        "review.html",
        title=f"{alignment['phrase']} in {item.record['id']}",
        item=item,
        alignment=alignment,
        decided=decided,
        card=_card(item),
        structural=structural,
        drawn=structural and item.record["smiles"] is not None,
        candidates=shelf.checker(name).candidates(item, index),
        supported=alignment["verdict"] == Verdict.SUPPORTED,
        reasons=_WHY_WRONG,
        usual=_usual_reason(alignment),
        runs_link=runs.address,
        pattern_prefix=_PATTERN,
        addresses={
            way: address(name, reviewer=reviewer, key=other.key, **kept) if other else ""
            for way, other in around.items()
        },
        **common,
    )


def _usual_reason(alignment: Mapping[str, Any]) -> Reason:
    return Reason.RELATION_FAILS if alignment["kind"] == PhraseKind.RELATION else Reason.CONTRADICTS_READING


def _card(item: Item) -> Markup:
    record = item.record
    card = step_card(record["id"], record["smiles"], record["caption"] or "", [item.alignment])
    return Markup(card_html(card))


def _asked_item(shelf: Shelf, name: str, form: Mapping[str, str]) -> Item:
    item = shelf.index(name).item(form.get("key", ""))
    if item is None:
        raise InputError(f"{name} has no such alignment any more; reload the page")
    return item


def _correction(shelf: Shelf, name: str, item: Item, form: Mapping[str, str]) -> Correction:
    """What a form says is meant, verified.

    Raises:
        InputError: It names neither a pattern nor atoms, or they cannot be used.
    """
    choice, checker = form.get("choice", ""), shelf.checker(name)
    if choice == "atoms":
        return checker.check_atoms(item, _atoms(form.get("atoms", "")))
    pattern = choice.removeprefix(_PATTERN) if choice.startswith(_PATTERN) else form.get("pattern", "")
    if not pattern.strip():
        raise InputError("no pattern is given; write SMARTS, choose one, or choose atoms")
    return checker.check(item, pattern)


def _atoms(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split()]
    except ValueError as error:
        raise InputError(f"{shorten(text)} are no numbers of atoms") from error


def _checked(shelf: Shelf, name: str, form: Mapping[str, str]) -> str:
    try:
        found = _correction(shelf, name, _asked_item(shelf, name, form), form)
    except InputError as error:
        return render("review_checked.html", found=None, told=str(error))
    return render("review_checked.html", found=found, told=fact_of(found.message))


def _decided(shelf: Shelf, name: str, form: Mapping[str, str]) -> str:
    item, reviewer = _asked_item(shelf, name, form), reviewer_name(form.get("reviewer", ""))
    choice = form.get("choice", "")
    correction, reason = None, None
    if choice == "accept":
        judgement = Judgement.ACCEPT
    elif choice == "reject":
        judgement = Judgement.REJECT
        given = form.get("why", "")
        if item.alignment["verdict"] == Verdict.SUPPORTED:
            if given not in _WHY_WRONG:
                raise InputError(f"{given!r} is no reason to reject; it is one of {', '.join(_WHY_WRONG)}")
            reason = Reason(given)
    else:
        judgement, correction = Judgement.CORRECT, _correction(shelf, name, item, form)
        if correction.reason is Reason.UNREADABLE:
            raise InputError(correction.message)
    decision = Decision(
        reviewer,
        item.key,
        judgement,
        about_of(item),
        correction,
        reason,
        note=form.get("note", "").strip(),
        teaches=form.get("teaches") == "yes",
    )
    index = shelf.index(name)
    with closing(ReviewStore.open(index.folder)) as store:
        store.keep(decision)
    kept = {key: form[key] for key in _FILTERS if form.get(key)}
    following = ReviewQueue(index, runs.filter_of(kept)).after(item, reviewer)
    said = f"{judgement}: {shorten(item.alignment['phrase'], 60)}"
    asked = kept | {"reviewer": reviewer, "said": said}
    return address(name, **asked, key=following.key if following else "")


def _undone(shelf: Shelf, name: str, form: Mapping[str, str]) -> str:
    reviewer = reviewer_name(form.get("reviewer", ""))
    with closing(ReviewStore.open(shelf.folder(name))) as store:
        gone = store.undo(reviewer)
    asked = {key: form[key] for key in _FILTERS if form.get(key)} | {"reviewer": reviewer}
    if gone is None:
        return address(name, **asked, key=form.get("key", ""), said="there is nothing to undo")
    there = shelf.index(name).item(gone.key) is not None
    said = f"undone: {gone.judgement} of {shorten(str(gone.about.alignment['phrase']), 60)}"
    return address(name, **asked, key=gone.key if there else "", said=said)

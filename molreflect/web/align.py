"""The page that aligns one molecule and its caption."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup

from molreflect.agents.models.lexicon_teacher import NAME as LEXICON
from molreflect.agents.schemas import PairRecord
from molreflect.conversations import OFFLINE
from molreflect.graphs.align_pair import PairAligner, open_aligner
from molreflect.tools.errors import InputError
from molreflect.tools.facts.molecules import MoleculeRead, read_words
from molreflect.tools.views.html import alignment_html
from molreflect.web.pages import render
from molreflect.web.site import Site

AT = "/align"
MAX_MOLECULE = 5_000
"""Characters of a molecule's name or SMILES."""
MAX_CAPTION = 20_000
KEPT = 200
"""Results that are shown again when their page is loaded anew; older ones are in the traces."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was asked on the form, and what came of it."""

    molecule: str
    caption: str
    teacher: str
    read: MoleculeRead | None = None
    record: PairRecord | None = None
    why_not: str = ""
    """Why there is no record; empty where there is."""


class Aligners:
    """Aligns with a teacher that is opened when it is first asked for, and keeps the latest results."""

    def __init__(self, site: Site, stack: ExitStack) -> None:
        """Align with what a site has; the stack closes it."""
        self._site, self._stack, self._lock = site, stack, threading.Lock()
        self._opened: dict[str, PairAligner] = {}
        self._results: OrderedDict[str, Result] = OrderedDict()
        self.teachers = (LEXICON,) if site.desk.name == OFFLINE else (LEXICON, site.desk.name)

    def align(self, molecule: str, caption: str, teacher: str) -> str:
        """Align a pair; a mistake in it is a result as well.

        Returns:
            Key of the result.
        """
        read: MoleculeRead | None = None
        try:
            if teacher not in self.teachers:
                raise InputError(f"{teacher!r} is no teacher of this server; it has {', '.join(self.teachers)}")
            read = read_words(molecule, self._site.desk.resources)
            if not read.smiles:
                raise InputError(f"The molecule could not be read: {read.why_not}")
            if not caption.strip():
                raise InputError("There is no caption; write what the molecule is, e.g. The molecule is a phenol.")
            record = self._aligner(teacher).align(read.smiles, caption)
            result = Result(molecule, caption, teacher, read, record)
        except InputError as error:
            result = Result(molecule, caption, teacher, read, None, str(error))
        key = uuid4().hex
        with self._lock:
            self._results[key] = result
            while len(self._results) > KEPT:
                self._results.popitem(last=False)
        return key

    def result(self, key: str) -> Result:
        """Find a result.

        Raises:
            InputError: It is not kept any more.
        """
        with self._lock:
            found = self._results.get(key)
        if found is None:
            raise InputError(
                f"this alignment is not held any more: the latest {KEPT} are, until the server ends; its trace is kept"
            )
        return found

    def _aligner(self, teacher: str) -> PairAligner:
        with self._lock:
            if teacher not in self._opened:
                how = self._site.desk.how
                options: dict[str, Any] = {} if teacher == LEXICON else {"base_url": self._site.base_url}
                self._opened[teacher] = self._stack.enter_context(
                    open_aligner(
                        teacher=teacher,
                        resources=self._site.desk.resources,
                        home=self._site.home,
                        trace=how["trace"],
                        private=how["private"],
                        **options,
                    )
                )
            return self._opened[teacher]


def open_align(site: Site, stack: ExitStack) -> APIRouter:
    """Build the page."""
    router, aligners = APIRouter(), Aligners(site, stack)

    @router.get(AT, response_class=HTMLResponse)
    def page(result: str = "") -> str:
        found = aligners.result(result) if result else None
        return _page(site, aligners, found)

    @router.post(AT)
    def align(
        molecule: Annotated[str, Form(max_length=MAX_MOLECULE)] = "",
        caption: Annotated[str, Form(max_length=MAX_CAPTION)] = "",
        teacher: Annotated[str, Form()] = LEXICON,
    ) -> RedirectResponse:
        key = aligners.align(molecule, caption, teacher)
        return RedirectResponse(f"{AT}?result={quote(key)}", status_code=303)

    return router


def _page(site: Site, aligners: Aligners, found: Result | None) -> str:
    record = None if found is None else found.record
    told, name = "", "Alignments"
    if found is not None and (read := found.read) is not None and read.smiles not in ("", found.molecule.strip()):
        told, name = (f"Read as {read.read_as or found.molecule.strip()}: {read.smiles}", found.molecule.strip())
    return render(
        "align.html",
        title="Align",
        found=found,
        told=told,
        teachers=aligners.teachers,
        offline=LEXICON,
        card=None if record is None else Markup(alignment_html(record.to_json() | {"id": name})),
        trace=record.trace_id if record is not None and site.desk.how["trace"] != "off" else "",
        bounds=() if record is None else record.bounds,
        leaves=site.leaves_aligning,
        most_molecule=MAX_MOLECULE,
        most_caption=MAX_CAPTION,
    )

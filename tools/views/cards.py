"""One record (a line of `alignments.jsonl`) made ready for the component that shows alignments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from molreflect.tools.english import counted
from molreflect.tools.molecules.parts import atoms_of
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Reason, Verdict
from molreflect.tools.views.drawing import MAX_DRAWN_ATOMS, MAX_HIGHLIGHTS, Highlight, draw_scene
from molreflect.tools.views.theme import look

BROAD = 520
"""Pixels from which a drawing stands above its text, not beside it."""
STEP = 200
"""Pixels. A drawing broader than the page is shrunk to 0.6 at most, and scrolled from there on; the style sheet has a
rule for every so many pixels."""
STEPS = 20

DETAILS = ("pattern", "fragment", "level", "atoms", "corpus", "found", "known from", "kind", "reason")
"""What is said of an alignment, one click away."""
CODE = ("pattern", "fragment", "reason")
LEVELS = {
    "exact": "as written, configuration included",
    "flat": "with configuration ignored",
    "neutral": "with charges and protons ignored",
    "skeleton": "with bond orders ignored",
    "smiles": "read as the SMILES it looks like",
}
_ADVICE = re.compile(
    r"; (?:use|propose|drop|leave|quote|add|make|cut|submit|say|check|pass)\b[^;]*$"
    r"|(?<=\S); (?:leave|drop|propose)[^;]*(?=;|$)"
)


def alignment_card(record: Mapping[str, Any]) -> dict[str, Any]:
    """Prepare one record for the component.

    What is supported and has atoms gets a colour; a record may come from a file, so no field is trusted to be short or
    harmless: templates escape all of it. The drawing is a scene, which the caller makes into what `svg` says.
    """
    alignments = record["alignments"]
    coloured = [n for n, a in enumerate(alignments) if a["verdict"] == Verdict.SUPPORTED and a["atoms"]]
    drawn = record["smiles"] is not None
    colours = {n: look(place) for place, n in enumerate(coloured[:MAX_HIGHLIGHTS])} if drawn else {}
    rows = [_row(n, a, colours.get(n)) for n, a in enumerate(alignments)]
    counts = Counter(a["verdict"] for a in alignments)
    caption = record["caption"] or ""
    return {
        "id": record["id"],
        "smiles": record["smiles"] or "",
        "drawing": drawing_of(record["smiles"], alignments, list(colours)) if drawn else None,
        "caption": marked(caption, rows),
        "rows": rows,
        "tally": ", ".join(f"{counts[v]} {v}" for v in Verdict if counts[v]) or "no alignments",
        "unread": [
            {"text": caption[left["start"] : left["end"]], "words": ", ".join(left["words"])}
            for left in record.get("unread") or ()
        ],
        "because": f"{record['selected']}: {record['selected_because']}",
    }


def step_card(
    title: str, smiles: str | None, caption: str, alignments: Sequence[Mapping[str, Any]], because: str = ""
) -> dict[str, Any]:
    """Prepare what one step was about for the component: whatever has atoms gets a colour, by its verdict.

    Args:
        title: Heading of the card.
        smiles: The molecule, None where it is not known.
        caption: The text that phrases are marked in.
        alignments: As in a record; without a verdict, `why` says what was found.
        because: A last line.

    Raises:
        InputError: `smiles` cannot be read, or an atom does not exist.
    """
    coloured = [n for n, a in enumerate(alignments) if a["atoms"]][:MAX_HIGHLIGHTS] if smiles else []
    colours = {n: look(place) for place, n in enumerate(coloured)}
    rows = [_row(n, a, colours.get(n)) for n, a in enumerate(alignments)]
    for row, alignment in zip(rows, alignments, strict=True):
        if row["colour"] and alignment["verdict"] in (Verdict.REFUTED, Verdict.UNCHECKED):
            row["colour"] = f"lit-{alignment['verdict']}"
    counts = Counter(a["verdict"] for a in alignments)
    return {
        "id": title,
        "smiles": smiles or "",
        "drawing": drawing_of(smiles, alignments, coloured) if smiles else None,
        "caption": marked(caption, rows),
        "rows": rows,
        "tally": ", ".join(f"{counts[v]} {v}" for v in Verdict if counts[v]),
        "unread": [],
        "because": because,
    }


def fact_of(message: str) -> str:
    """What a message to a teacher says of the molecule, without what the teacher should do about it."""
    return _ADVICE.sub("", message).strip()


def _row(number: int, alignment: Mapping[str, Any], colour: tuple[int, bool] | None) -> dict[str, Any]:
    atoms = alignment["atoms"]
    texts = (
        alignment["pattern"] or "",
        alignment["fragment"] or "",
        LEVELS.get(alignment["level"] or "", alignment["level"] or ""),
        " · ".join(", ".join(map(str, place)) for place in atoms),
        _evidence(alignment["evidence"]),
        fact_of(alignment["message"]),
        alignment["source"],
        alignment["kind"],
        alignment["reason"],
    )
    return {
        "n": number,
        "phrase": alignment["phrase"],
        "start": alignment["start"],
        "end": alignment["end"],
        "kind": alignment["kind"],
        "verdict": alignment["verdict"],
        "reason": alignment["reason"],
        "why": alignment.get("why") or Reason(alignment["reason"]).sentence,
        "colour": "" if colour is None else f"colour-{colour[0]}{' edged' if colour[1] else ''}",
        "atoms": " ".join(map(str, sorted({i for place in atoms for i in place}))),
        "details": [(name, text, name in CODE) for name, text in zip(DETAILS, texts, strict=True) if text],
    }


def _evidence(evidence: Mapping[str, Any] | None) -> str:
    if evidence is None:
        return ""
    count = evidence["pairs_with_phrase"]
    said = counted(count, "other pair says it", "other pairs say it")
    if evidence["recall"] is None:
        return said
    lift = "" if evidence["lift"] is None else f", {evidence['lift']:.3g} times as often as all molecules"
    estimated = "" if evidence.get("recall_error") is None else "about "
    said += f"; {estimated}{evidence['recall']:.0%} of them have the pattern{lift}"
    if evidence["counterexamples"]:
        said += f"; not {', '.join(evidence['counterexamples'])}"
    return said


def drawing_of(smiles: str, alignments: Sequence[Mapping[str, Any]], coloured: Sequence[int]) -> dict[str, Any]:
    """Draw a molecule for the component, chosen phrases lit.

    Args:
        smiles: The molecule.
        alignments: With `phrase` and `atoms`.
        coloured: Which of them, in the order that gives them their colours.

    Raises:
        InputError: The molecule cannot be read, or an atom does not exist.
    """
    molecule = read_molecule(smiles)
    if molecule.mol.GetNumAtoms() > MAX_DRAWN_ATOMS:
        return {"missing": f"{counted(molecule.heavy_atoms, 'heavy atom')}: too large to draw.", "broad": True}
    found = [Highlight(alignments[n]["phrase"], tuple(map(tuple, alignments[n]["atoms"])), str(n)) for n in coloured]
    scene = draw_scene(molecule, found)
    width = scene["size"][0]
    return {
        "missing": "",
        "scene": scene,
        "symbols": " ".join(atom.GetSymbol() for atom in atoms_of(molecule.mol)),
        "broad": width > BROAD,
        "step": min(STEPS, width // STEP),
    }


def marked(caption: str, rows: Sequence[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]], bool]]:
    """Cut a caption where phrases begin and end: text, the phrases it is part of, shortest first, whether one begins.

    The part a phrase begins with is the one that a keyboard reaches.
    """
    said = [row for row in rows if row["start"] is not None and 0 <= row["start"] < row["end"] <= len(caption)]
    cuts = sorted({0, len(caption), *(row["start"] for row in said), *(row["end"] for row in said)})
    pieces = []
    for start, end in pairwise(cuts):
        over = [row for row in said if row["start"] <= start and end <= row["end"]]
        over.sort(key=lambda row: (row["end"] - row["start"], row["n"]))
        pieces.append((caption[start:end], over, any(row["start"] == start for row in over)))
    return pieces

"""`docs/prompts.md`: every prompt as a model gets it, rendered from an example pair by the functions that send it."""

from __future__ import annotations

from typing import Any

from molreflect.agents import prompts
from molreflect.agents.prompts import align, mend, protocol, reflect, repair, score
from molreflect.agents.schemas import Alignment, EvidenceRecord, Version
from molreflect.tools.terms import Level, PhraseKind, Reason, Verdict, View

SMILES = "COC(=O)c1ccccc1O"
CAPTION = "The molecule is a methyl ester and a member of phenols. It has a role as a flavouring agent."

_VIEWS = {
    View.PAIR: "the molecule and its caption",
    View.MOLECULE: "the molecule alone",
    View.CAPTION: "the caption alone",
}


_HEAD = (
    "# Prompts\n\n"
    "Everything a teacher's model and the student are told, rendered from one example pair. This page is written "
    "by `molreflect prompts --out docs/prompts.md`; a test holds it to the code. Each record names the versions it "
    f"was made with: `{prompts.VERSION}`, and `+{protocol.VERSION}` where the plain JSON protocol was used.\n\n"
    "Whatever a corpus, a tool or a model wrote stands as JSON between `<data>` and `</data>`, with every `<` "
    "written as `\\u003c`: no text inside can close the block or pass for an instruction.\n\n"
)
NO_CALL = "it calls no tool; call AlignmentDraft with your alignments, an empty list where there are none"


def document() -> str:
    """Render the page, as Markdown."""
    sections = [("System prompt", align.VERSION, "Opens every conversation with a teacher.", align.SYSTEM)]
    for view, what in _VIEWS.items():
        text = align.request(view=view, **_sides(view))
        sections.append((f"Draft, {view} view", align.VERSION, f"The teacher sees {what}.", text))
    pair = _sides(View.PAIR)
    sections += [
        (
            "Repair",
            repair.VERSION,
            "What was refused, and why; alike in all views.",
            repair.request(view=View.PAIR, **pair, judged=JUDGED),
        ),
        (
            "Reflect",
            reflect.VERSION,
            "Verdicts with counterexamples, and neighbours with the alignments of theirs that were verified, the most "
            "similar one last. The farthest are left out where the request would be longer than `--reflect-tokens`.",
            reflect.request(view=View.PAIR, **pair, judged=JUDGED, neighbours=NEIGHBOURS),
        ),
        ("Mend", mend.VERSION, "Malformed output, sent back at most `--mends` times.", mend.request(NO_CALL)),
        (
            "Mend, before the last call",
            mend.VERSION,
            "Where a request has one call left.",
            mend.request(mend.LAST_CALL),
        ),
        (
            "Plain JSON protocol",
            protocol.VERSION,
            "Follows the system prompt where the model cannot call tools; all tools are listed, one is shown here.",
            protocol.instructions([EXAMPLE_TOOL], protocol.ENTRY),
        ),
        (
            "Plain JSON protocol, a tool's result",
            protocol.VERSION,
            "",
            protocol.result("find_substructure", '{"patterns": {"[CH3]OC=O": {"hits": 1}}}', failed=False),
        ),
        (
            "Student: perplexity of the alignments",
            score.VERSION,
            "The completion that is scored: `phrase: fragment` lines.",
            score.request(SMILES)[0]["content"],
        ),
        (
            "Student: perplexity of the target",
            score.VERSION,
            "The completion that is scored: the output side.",
            score.target_request(SMILES, "methyl ester: COC=O", molecule=False)[0]["content"],
        ),
    ]
    return _HEAD + "\n".join(_section(*section) for section in sections)


def _section(title: str, version: str, about: str, text: str) -> str:
    lead = f"Version `{version}`. {about}".strip()
    return f"## {title}\n\n{lead}\n\n````text\n{text}\n````\n"


def _sides(view: View) -> dict[str, str | None]:
    return {
        "smiles": None if view is View.CAPTION else SMILES,
        "caption": None if view is View.MOLECULE else CAPTION,
    }


def _judged(phrase: str, verdict: Verdict, reason: Reason, pattern: str | None, **more: Any) -> Alignment:
    start = CAPTION.index(phrase)
    place: dict[str, Any] = {"start": start, "end": start + len(phrase), "fragment": None, "atoms": (), "level": None}
    rest = {"kind": PhraseKind.STRUCTURE, "message": "", "evidence": None, "source": "model", "version": Version.DRAFT}
    return Alignment(phrase=phrase, pattern=pattern, verdict=verdict, reason=reason, **place | rest | more)


_REFUSED = "Nc1ccccc1"
_EVIDENCE = EvidenceRecord(
    pairs_with_phrase=5, recall=0.2, background=0.1, lift=2.0, p_value=0.3, counterexamples=("S017", "S042")
)
_ADVICE = f"{_REFUSED}: the pattern does not occur in the molecule; propose another one, or drop the phrase"
JUDGED = (
    _judged("methyl ester", Verdict.SUPPORTED, Reason.PRESENT_AND_SPECIFIC, "[CH3]OC(=O)[#6]", level=Level.EXACT),
    _judged("phenols", Verdict.REFUTED, Reason.ABSENT, _REFUSED, message=_ADVICE, evidence=_EVIDENCE),
    _judged("flavouring agent", Verdict.UNCHECKED, Reason.ROLE_OR_ORIGIN, None, kind=PhraseKind.ROLE),
)
NEIGHBOURS = (
    reflect.NeighbourExample("S021", "COC(=O)c1ccccc1", "The molecule is a methyl ester.", 0.7, JUDGED[:1]),
    reflect.NeighbourExample("S008", "Oc1ccccc1", "The molecule is a member of phenols.", 0.4, ()),
)
EXAMPLE_TOOL = {
    "name": "find_substructure",
    "description": "Check where patterns occur in the molecule before tying any phrase of the caption to them.",
    "parameters": {
        "type": "object",
        "properties": {"smiles": {"type": "string"}, "patterns": {"type": "array", "items": {"type": "string"}}},
        "required": ["smiles", "patterns"],
    },
}

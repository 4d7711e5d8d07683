"""What the nodes of the alignment graph came to, as attributes of their spans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from molreflect.agents.analyst.checked import CHECKED as KEPT_CHECK
from molreflect.graphs.traces.contents import Packer
from molreflect.graphs.traces.packs import Kept
from molreflect.graphs.traces.spans import CHECKED, CHOICE, DOCUMENTS, OUTPUT, RECORD, VERDICTS, Judged
from molreflect.tools.terms import TraceMode


def outcome_of(name: str, outputs: Any, packer: Packer) -> dict[str, Any]:
    """Say what a node decided.

    Args:
        name: Of the node.
        outputs: What it returned.
        packer: Keeps long texts.
    """
    if not isinstance(outputs, dict):
        return {}
    if name in ("verify", "verify_again"):
        judged = _judged(outputs)
        counts = dict(Counter(str(a.verdict) for a in judged))
        return {VERDICTS: packer.json_text(written(judged)), "molreflect.verdict_counts": counts}
    if name == "retrieve":
        return {DOCUMENTS: [_document(n, packer) for n in outputs.get("neighbours", ())]}
    if name == "select":
        chosen = {"selected": outputs.get("selected"), "because": outputs.get("selected_because")}
        if outputs.get("perplexity"):
            chosen |= {"perplexity": outputs["perplexity"], "perplexity_of": outputs.get("perplexity_of")}
        return {CHOICE: packer.value({k: str(v) if isinstance(v, str) else v for k, v in chosen.items()})}
    if name == "analyst" and outputs.get("messages"):
        last = outputs["messages"][-1]
        told = {OUTPUT: packer.text(str(last.text))}
        checked = last.additional_kwargs.get(KEPT_CHECK)
        return told if checked is None else {**told, CHECKED: packer.json(checked)}
    if name == "record" and (record := outputs.get("record")) is not None:
        return {RECORD: packer.kept(Kept.UNSEARCHED).json_text(record.model_dump_json())}
    return {}


def verdicts_in(name: str, outputs: Any) -> Judged | None:
    """Take the verdicts that a trace has come to from what a node returned."""
    if not isinstance(outputs, dict):
        return None
    if name in ("verify", "verify_again"):
        return Judged(of=[(str(a.verdict), str(a.reason)) for a in _judged(outputs)])
    if name == "record" and (record := outputs.get("record")) is not None:
        return Judged(of=[(str(a.verdict), str(a.reason)) for a in record.alignments])
    return None


def written(alignments: Sequence[Any]) -> str:
    """Write alignments as JSON; the same ones give the same text, so that they are kept once."""
    return f"[{','.join(a.model_dump_json() for a in alignments)}]"


def _judged(outputs: dict[str, Any]) -> Sequence[Any]:
    return outputs.get("drafted") or outputs.get("reflected") or ()


def _document(neighbour: Any, packer: Packer) -> dict[str, Any]:
    """Write down a neighbour as it was shown: whole, with its draft by its hash."""
    found = {
        "id": packer.value(neighbour.id),
        "score": neighbour.similarity,
        "distance": round(1 - neighbour.similarity, 6),
    }
    if packer.mode is TraceMode.FULL:
        found["smiles"] = packer.text(neighbour.smiles)
        found["caption"] = packer.text(neighbour.caption)
        found["alignments"] = packer.json_text(written(neighbour.alignments))
    return found

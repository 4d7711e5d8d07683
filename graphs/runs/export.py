"""What is derived from a run: alignments, failures, summary, report, dataset card. Made again at will."""

from __future__ import annotations

import html
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from molreflect.agents.schemas import Usage
from molreflect.agents.teacher.budget import add
from molreflect.graphs.runs.store import RunStore
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.storage import atomic_path, atomic_write_text
from molreflect.tools.terms import PhraseKind, Verdict
from molreflect.tools.views.drawing import MAX_DRAWN_ATOMS, MAX_HIGHLIGHTS, PALETTE, Highlight, draw_alignments

REPORT_PAIRS = 24
"""Pairs drawn in the report; all of them are in `alignments.jsonl`."""

_ROW_GROUP = 1_000
"""Records of one row group of the Parquet file; no more are in memory at once."""

FILES = ("alignments.jsonl", "alignments.parquet", "failures.jsonl", "summary.json", "report.html", "README.md")


@dataclass(frozen=True, slots=True)
class Exported:
    """The files that were written."""

    folder: Path
    summary: dict[str, Any]


def export(store: RunStore) -> Exported:
    """Write every derived file of a run, each whole or not at all; records are gone through one by one.

    Args:
        store: An open run; it may still have rows to do, which are then counted as such.
    """
    folder = store.folder
    _write_lines(folder / "alignments.jsonl", store.records())
    _write_parquet(folder / "alignments.parquet", store.records())
    said = store.last_failures()
    nothing = ("", Usage())
    failures = [
        {"id": row.id, "smiles": row.smiles, "caption": row.caption, "reason": row.reason, "attempts": row.attempts,
         "raw": said.get(row.id, nothing)[0], "usage": said.get(row.id, nothing)[1].model_dump(),
         "trace_id": row.trace_id}
        for row in store.rows("failed")
    ] + [{"line": bad.line, "reason": bad.reason, "text": bad.text} for bad in store.bad_rows()]  # fmt: skip
    atomic_write_text(folder / "failures.jsonl", "".join(json.dumps(f, ensure_ascii=False) + "\n" for f in failures))
    summary = summarise(store, store.records())
    atomic_write_text(folder / "summary.json", json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    done = summary["rows"].get("done", 0)
    shown = [record for place, record in enumerate(store.records()) if place in _spread(done)]
    atomic_write_text(folder / "report.html", report_html(summary, shown, of=done))
    atomic_write_text(folder / "README.md", _card(summary))
    return Exported(folder, summary)


def summarise(store: RunStore, records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Counts and shares of a run."""
    kinds: dict[str, Counter[str]] = {kind.value: Counter() for kind in PhraseKind}
    reasons: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    selected: Counter[str] = Counter()
    phrase_shares: list[float] = []
    atom_shares: list[float] = []
    usage = Usage()
    bounds: Counter[str] = Counter()
    for record in records:
        selected[record["selected"]] += 1
        usage = add(usage, Usage.model_validate(record["usage"]))
        bounds.update(record["bounds"])
        for alignment in record["alignments"]:
            kinds[alignment["kind"]][alignment["verdict"]] += 1
            reasons[alignment["reason"]] += 1
            if alignment["verdict"] == Verdict.SUPPORTED:
                sources[alignment["source"]] += 1
        if record["coverage"]["phrases"] is not None:
            phrase_shares.append(record["coverage"]["phrases"])
        if record["coverage"]["heavy_atoms"] is not None:
            atom_shares.append(record["coverage"]["heavy_atoms"])
    structure = kinds[PhraseKind.STRUCTURE.value]
    return {
        "run": store.settings,
        "rows": store.counts(),
        "bad_rows": len(store.bad_rows()),
        "alignments": {kind: dict(sorted(counter.items())) for kind, counter in kinds.items()},
        "supported_share_of_structural_phrases": _share(structure[Verdict.SUPPORTED.value], sum(structure.values())),
        "mean_coverage": {
            "phrases": round(sum(phrase_shares) / len(phrase_shares), 4) if phrase_shares else None,
            "heavy_atoms": round(sum(atom_shares) / len(atom_shares), 4) if atom_shares else None,
        },
        "reasons": dict(reasons.most_common()),
        "sources_of_supported": dict(sources.most_common()),
        "selected": dict(selected.most_common()),
        "bounds": dict(bounds.most_common(20)),
        "usage": usage.model_dump(),
        "spent": store.spent().model_dump(),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _write_lines(path: Path, records: Iterable[dict[str, Any]]) -> None:
    with atomic_path(path) as part, part.open("w", encoding="utf-8") as lines:
        for record in records:
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")


def _write_parquet(path: Path, records: Iterable[dict[str, Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    alignment = pa.struct([
        ("phrase", pa.string()), ("start", pa.int32()), ("end", pa.int32()), ("kind", pa.string()),
        ("pattern", pa.string()), ("fragment", pa.string()), ("atoms", pa.list_(pa.list_(pa.int32()))),
        ("level", pa.string()), ("verdict", pa.string()), ("reason", pa.string()), ("message", pa.string()),
        ("evidence", pa.struct([
            ("pairs_with_phrase", pa.int32()), ("recall", pa.float64()), ("background", pa.float64()),
            ("lift", pa.float64()), ("p_value", pa.float64()), ("counterexamples", pa.list_(pa.string())),
        ])),
        ("source", pa.string()), ("version", pa.string()),
    ])  # fmt: skip
    schema = pa.schema([
        ("id", pa.string()), ("view", pa.string()), ("smiles", pa.string()), ("caption", pa.string()),
        ("alignments", pa.list_(alignment)), ("selected", pa.string()), ("selected_because", pa.string()),
        ("perplexity", pa.struct([("draft", pa.float64()), ("reflected", pa.float64())])),
        ("perplexity_of", pa.string()),
        ("coverage", pa.struct([("phrases", pa.float64()), ("heavy_atoms", pa.float64())])),
        ("neighbours", pa.list_(pa.string())), ("rounds", pa.int32()), ("bounds", pa.list_(pa.string())),
        ("teacher", pa.string()), ("prompt_version", pa.string()), ("index_hash", pa.string()),
        ("usage", pa.struct([
            ("input_tokens", pa.int64()), ("output_tokens", pa.int64()), ("calls", pa.int64()),
            ("uncounted", pa.int64()), ("cost", pa.float64()),
        ])),
        ("trace_id", pa.string()), ("status", pa.string()),
    ])  # fmt: skip
    left = iter(records)
    with atomic_path(path) as part, pq.ParquetWriter(part, schema) as table:
        while batch := list(islice(left, _ROW_GROUP)):
            table.write_table(pa.Table.from_pylist(batch, schema=schema))


_STYLE = """
:root{--supported:#117733;--refuted:#aa3377;--unchecked:#666;--ink:#1b1b1b;--paper:#fff;--line:#ddd;--soft:#f6f6f4}
@media (prefers-color-scheme:dark){:root{--ink:#eee;--paper:#161616;--line:#3a3a3a;--soft:#202020;--unchecked:#aaa;
--supported:#5ec07a;--refuted:#e07ab0}}
*{box-sizing:border-box}body{margin:0 auto;max-width:1100px;padding:2rem 1rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}h1{font-size:1.6rem;margin:0 0 .3rem}h2{font-size:1.15rem;margin:2rem 0 .6rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .6rem;
border-bottom:1px solid var(--line);vertical-align:top}.num{text-align:right;font-variant-numeric:tabular-nums}
.figures{display:flex;flex-wrap:wrap;gap:1rem}
.figures div{background:var(--soft);border-radius:.5rem;padding:.7rem 1rem}.figures b{display:block;font-size:1.4rem}
article{border:1px solid var(--line);border-radius:.6rem;padding:1rem;margin:1rem 0;display:grid;gap:1rem;
grid-template-columns:minmax(0,22rem) minmax(0,1fr)}@media (max-width:760px){article{grid-template-columns:1fr}}
article svg{width:100%;height:auto;background:#fff;border-radius:.4rem}code{font-size:.86em;overflow-wrap:anywhere}
mark{background:none;color:inherit;border-bottom:3px solid;padding:0 .05em}mark.supported{border-color:var(--supported)}
mark.refuted{border-color:var(--refuted);border-bottom-style:dashed}mark.unchecked{border-color:var(--unchecked);
border-bottom-style:dotted}.verdict{font-weight:600}.verdict.supported{color:var(--supported)}
.verdict.refuted{color:var(--refuted)}.verdict.unchecked{color:var(--unchecked)}.small{font-size:.88em}
[data-n]{cursor:default}.lit,tr.lit td{background:var(--soft)}
.phrase{transition:opacity .1s}
.swatch{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.4em;vertical-align:-.05em}
"""


_SCRIPT = """
for (const pair of document.querySelectorAll('article')) {
  const light = n => {
    for (const g of pair.querySelectorAll('.phrase'))
      g.style.opacity = n === null || g.classList.contains('phrase-' + n) ? '' : '.12';
    for (const e of pair.querySelectorAll('[data-n]')) e.classList.toggle('lit', e.dataset.n === n);
  };
  for (const e of pair.querySelectorAll('[data-n], .phrase')) {
    e.addEventListener('mouseenter', () => light(e.dataset.n ?? e.dataset.key));
    e.addEventListener('mouseleave', () => light(null));
  }
}
"""


def report_html(summary: dict[str, Any], records: Sequence[dict[str, Any]], *, of: int | None = None) -> str:
    """A self-contained page: figures, reasons, and pairs with their alignments drawn.

    Args:
        summary: From `summarise`.
        records: The pairs to draw.
        of: How many pairs there are in all, where more than those.
    """
    run = summary["run"]
    share = summary["supported_share_of_structural_phrases"]
    mean = summary["mean_coverage"]
    figures = [
        ("pairs done", summary["rows"].get("done", 0)),
        ("failed", summary["rows"].get("failed", 0)),
        ("unreadable rows", summary["bad_rows"]),
        ("structural phrases supported", "–" if share is None else f"{share:.1%}"),
        ("mean phrase coverage", "–" if mean["phrases"] is None else f"{mean['phrases']:.1%}"),
        ("mean heavy atoms covered", "–" if mean["heavy_atoms"] is None else f"{mean['heavy_atoms']:.1%}"),
    ]
    settings = run.get("settings", {})
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width,initial-scale=1'>",
        f"<title>MolReFlect run</title><style>{_STYLE}</style></head><body>",
        "<h1>Alignments, and why they stand</h1>",
        f"<p>Teacher <b>{html.escape(str(settings.get('teacher')))}</b>, "
        f"view {html.escape(str(settings.get('view')))}, "
        f"corpus <code>{html.escape(str(run.get('corpus', {}).get('source')))}</code>, "
        f"molreflect {html.escape(str(run.get('molreflect')))}.</p><div class='figures'>",
        *(f"<div><b>{html.escape(str(value))}</b>{html.escape(name)}</div>" for name, value in figures),
        "</div><h2>Verdicts by kind of phrase</h2><table><tr><th>kind</th>",
        *(f"<th class='num'>{verdict.value}</th>" for verdict in Verdict),
        "</tr>",
    ]
    for kind, counts in summary["alignments"].items():
        cells = "".join(f"<td class='num'>{counts.get(verdict.value, 0)}</td>" for verdict in Verdict)
        parts.append(f"<tr><td>{html.escape(kind)}</td>{cells}</tr>")
    parts.append("</table><h2>Reasons</h2><table>")
    for reason, count in summary["reasons"].items():
        parts.append(f"<tr><td>{html.escape(reason)}</td><td class='num'>{count}</td></tr>")
    parts.append(f"</table><h2>{len(records)} of {len(records) if of is None else of} pairs</h2>")
    parts += [_article(record) for record in records]
    parts.append(f"<script>{_SCRIPT}</script></body></html>\n")
    return "".join(parts)


def _spread(count: int) -> frozenset[int]:
    """Evenly spaced places in a run, so that the report is no choice of the best."""
    return frozenset(range(count)) if count <= REPORT_PAIRS else frozenset(
        i * count // REPORT_PAIRS for i in range(REPORT_PAIRS)
    )  # fmt: skip


def _article(record: dict[str, Any]) -> str:
    supported = [a for a in record["alignments"] if a["verdict"] == Verdict.SUPPORTED and a["atoms"]]
    numbers = {id(a): n for n, a in enumerate(supported)}
    picture, colours = "", {}
    if record["smiles"] is not None:
        highlights = [
            Highlight(a["phrase"], tuple(tuple(hit) for hit in a["atoms"]), str(n)) for n, a in enumerate(supported)
        ]
        molecule = read_molecule(record["smiles"])
        if molecule.heavy_atoms <= MAX_DRAWN_ATOMS:
            picture = draw_alignments(molecule, highlights[:MAX_HIGHLIGHTS], width=420, height=320)
        else:
            picture = f"<p>{molecule.heavy_atoms} heavy atoms: too large to draw.</p>"
        colours = {id(a): PALETTE[n % len(PALETTE)] for n, a in enumerate(supported)}
    rows = []
    for a in record["alignments"]:
        swatch = f"<span class='swatch' style='background:{colours[id(a)]}'></span>" if id(a) in colours else ""
        handle = f" data-n='{numbers[id(a)]}'" if id(a) in numbers else ""
        evidence = a["evidence"]
        corpus = ""
        if evidence is not None and evidence["recall"] is not None:
            lift = "" if evidence["lift"] is None else f", lift {evidence['lift']:.3g}"
            corpus = f"{evidence['pairs_with_phrase']} other pairs, recall {evidence['recall']:.0%}{lift}"
        rows.append(
            f"<tr{handle}><td>{swatch}{html.escape(a['phrase'])}</td>"
            f"<td><span class='verdict {a['verdict']}'>{a['verdict']}</span><br>"
            f"<span class='small'>{html.escape(a['reason'])}</span></td><td class='small'>"
            f"<code>{html.escape(a['fragment'] or a['pattern'] or '')}</code><br>"
            f"{html.escape(corpus or a['message'])}</td></tr>"
        )
    return (
        f"<article><div>{picture}<p class='small'><code>{html.escape(record['smiles'] or '')}</code></p></div><div>"
        f"<p><b>{html.escape(record['id'])}</b> {_marked(record, numbers)}</p><table>{''.join(rows)}</table>"
        f"<p class='small'>{html.escape(record['selected'])}: {html.escape(record['selected_because'])}</p>"
        "</div></article>"
    )


def _marked(record: dict[str, Any], numbers: dict[int, int]) -> str:
    """The caption with its phrases marked by verdict; overlapping phrases keep the first mark."""
    caption = record["caption"]
    if caption is None:
        return ""
    out, position = [], 0
    for a in sorted((a for a in record["alignments"] if a["start"] is not None), key=lambda a: (a["start"], -a["end"])):
        if a["start"] < position:
            continue
        out.append(html.escape(caption[position : a["start"]]))
        handle = f" data-n='{numbers[id(a)]}'" if id(a) in numbers else ""
        title = html.escape(f"{a['verdict']}: {a['reason']}", quote=True)
        inner = html.escape(caption[a["start"] : a["end"]])
        out.append(f"<mark class='{a['verdict']}'{handle} title='{title}'>{inner}</mark>")
        position = a["end"]
    return "".join(out) + html.escape(caption[position:])


def _card(summary: dict[str, Any]) -> str:
    run = summary["run"]
    settings = "\n".join(f"- {key}: `{value}`" for key, value in run.get("settings", {}).items())
    verdicts = "\n".join(
        f"| {kind} | {counts.get('supported', 0)} | {counts.get('refuted', 0)} | {counts.get('unchecked', 0)} |"
        for kind, counts in summary["alignments"].items()
    )
    return f"""# Alignments of molecules and captions

Made by molreflect {run.get("molreflect")} from `{run.get("corpus", {}).get("source")}` \
({run.get("corpus", {}).get("pairs")} pairs, fingerprint `{str(run.get("corpus", {}).get("fingerprint"))[:16]}`). \
Rows: {summary["rows"]}; unreadable rows: {summary["bad_rows"]}.

Each line of `alignments.jsonl` is a pair; each alignment ties a phrase (character offsets into `caption`) to a SMARTS \
`pattern` and to `atoms` (0-based RDKit indices of `smiles`), with a verdict, its reason and the corpus evidence. Only \
`supported` was confirmed; `refuted` and `unchecked` are kept to be seen.

| kind | supported | refuted | unchecked |
|---|---|---|---|
{verdicts}

## Settings

{settings}

The captions' licence is that of the corpus.
"""

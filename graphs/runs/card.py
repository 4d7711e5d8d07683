"""What a run tells the rest of the world: the columns of its table, and its dataset card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from molreflect.tools.tables.datasets import HUB_PREFIX
from molreflect.tools.terms import Verdict

if TYPE_CHECKING:
    import pyarrow as pa

TABLE_FILE = "alignments.parquet"
"""What `datasets.load_dataset` reads of a run, in whole and with its types."""
UNKNOWN_LICENCE = "unknown"
"""The hub's word where nobody said which licence the captions have."""
_SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M", 10_000_000: "1M<n<10M"}
_PRIVATE = ("base_url",)
"""Settings that speak of the machine a run was made on, not of the run."""


def record_schema() -> pa.Schema:
    """Describe the columns of `alignments.parquet`: the fields of a record, with their types."""
    import pyarrow as pa

    text, texts, number = pa.string(), pa.list_(pa.string()), pa.int32()
    evidence: list[Any] = [("pairs_with_phrase", number)]
    evidence += [(name, pa.float64()) for name in ("recall", "background", "background_error", "lift", "p_value")]
    evidence += [("counterexamples", texts)]
    alignment: list[Any] = [("phrase", text), ("start", number), ("end", number)]
    alignment += [(name, text) for name in ("kind", "pattern", "fragment")]
    alignment += [("atoms", pa.list_(pa.list_(number)))]
    alignment += [(name, text) for name in ("level", "verdict", "reason", "message")]
    alignment += [("evidence", pa.struct(evidence)), ("source", text), ("version", text)]
    unread = pa.struct([("start", number), ("end", number), ("words", texts)])
    counts: list[Any] = [(name, pa.int64()) for name in ("input_tokens", "output_tokens", "calls", "uncounted")]
    record: list[Any] = [(name, text) for name in ("id", "view", "smiles", "caption")]
    record += [("alignments", pa.list_(pa.struct(alignment))), ("selected", text), ("selected_because", text)]
    record += [("perplexity", pa.struct([("draft", pa.float64()), ("reflected", pa.float64())]))]
    record += [("perplexity_of", text)]
    record += [("coverage", pa.struct([("phrases", pa.float64()), ("heavy_atoms", pa.float64())]))]
    record += [("unread", pa.list_(unread)), ("neighbours", texts), ("rounds", number), ("bounds", texts)]
    record += [(name, text) for name in ("teacher", "prompt_version", "index_hash")]
    record += [("usage", pa.struct([*counts, ("cost", pa.float64())])), ("trace_id", text), ("status", text)]
    return pa.schema(record)


def features_of(schema: pa.Schema) -> list[dict[str, Any]]:
    """Write columns as the `features` of a dataset card, as `datasets` writes its own.

    Source: `datasets.Features._to_yaml_list`, compared with it in the tests.
    """
    return [{"name": field.name, **_feature(field.type)} for field in schema]


def _feature(kind: pa.DataType) -> dict[str, Any]:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return {"struct": features_of(kind)}
    if pa.types.is_list(kind):
        inner = _feature(kind.value_type)
        return {"list": inner.get("struct", inner.get("dtype", inner))}
    return {"dtype": {"double": "float64"}.get(str(kind), str(kind))}


def dataset_card(summary: Mapping[str, Any], *, licence: str = UNKNOWN_LICENCE) -> str:
    """Write the `README.md` of a run, with which `datasets.load_dataset(RUN)` finds its table.

    Args:
        summary: From `molreflect.graphs.runs.export.summarise`.
        licence: Of the captions, as the hub spells it, e.g. `cc-by-4.0`.
    """
    return (
        f"---\n{yaml.safe_dump(_metadata(summary, licence), sort_keys=False, width=1000)}---\n{_text(summary, licence)}"
    )


def _metadata(summary: Mapping[str, Any], licence: str) -> dict[str, Any]:
    rows = summary["rows"].get("done", 0)
    return {
        "pretty_name": "Alignments of molecules and captions",
        "license": licence,
        "language": ["en"],
        "tags": ["chemistry", "molecules", "smiles", "smarts", "molecule-captioning", "molreflect"],
        "task_categories": ["text-generation"],
        "size_categories": [next((name for most, name in _SIZES.items() if rows < most), "n>10M")],
        "configs": [
            {"config_name": "default", "data_files": [{"split": "train", "path": TABLE_FILE}], "default": True}
        ],
        "dataset_info": {
            "config_name": "default",
            "features": features_of(record_schema()),
            "splits": [{"name": "train", "num_examples": rows}],
        },
    }


def _text(summary: Mapping[str, Any], licence: str) -> str:
    run, unread = summary["run"], summary["unread"]
    corpus = run.get("corpus", {})
    settings = "\n".join(
        f"- {key}: `{_public(value)}`" for key, value in run.get("settings", {}).items() if key not in _PRIVATE
    )
    verdicts = "\n".join(
        f"| {kind} | {' | '.join(str(counts.get(verdict.value, 0)) for verdict in Verdict)} |"
        for kind, counts in summary["alignments"].items()
    )
    rows = ", ".join(f"{count:,} {state}" for state, count in summary["rows"].items()) or "none"
    said = f"stated by whoever published this: {licence}" if licence != UNKNOWN_LICENCE else "that of the corpus"
    return f"""# Alignments of molecules and captions

Made by molreflect {run.get("molreflect")} from `{_public(corpus.get("source"))}` ({corpus.get("pairs")} pairs, \
fingerprint `{str(corpus.get("fingerprint"))[:16]}`). Rows: {rows}; unreadable rows: {summary["bad_rows"]}.

```python
from datasets import load_dataset

pairs = load_dataset("this folder, or its name on the hub", split="train")
```

Each row of `{TABLE_FILE}` (and each line of `alignments.jsonl`) is a pair; each alignment ties a phrase (character \
offsets into `caption`) to a SMARTS `pattern` and to `atoms` (0-based RDKit indices of `smiles`), with a verdict, its \
reason and the corpus evidence. Only `supported` was confirmed; `refuted` and `unchecked` are kept to be seen.

`unread` lists the sentences with words that look structural and that no alignment speaks of, by their offsets: \
{unread["sentences"]} in {unread["pairs"]} of {unread["looked_at"]} captions. What they say was not checked.

| kind | {" | ".join(Verdict)} |
|---|---|---|---|
{verdicts}

## Settings

{settings}

## Licence

Of the captions: {said}. The alignments are computed from them.
"""


def _public(value: Any) -> Any:
    """A value without the folders of the machine it was given on: of a path, its last part."""
    if isinstance(value, str) and not value.startswith(HUB_PREFIX) and Path(value).is_absolute():
        return Path(value).name
    return value

"""What a run tells the rest of the world: the columns of its table, and its dataset card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from molreflect.graphs.runs.headline import failures_told
from molreflect.tools.tables.datasets import HUB_PREFIX
from molreflect.tools.terms import Verdict

if TYPE_CHECKING:
    import pyarrow as pa

TABLE_FILE = "alignments.parquet"
"""What `datasets.load_dataset` reads of a run, in whole and with its types."""
LINES_FILE = "alignments.jsonl"
"""The same rows as JSON, one a line."""
UNKNOWN_LICENCE = "unknown"
"""The hub's word where nobody said which licence the captions have."""
_SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M", 10_000_000: "1M<n<10M"}
_PRIVATE = ("base_url",)
"""Settings that speak of the machine a run was made on, not of the run."""


def record_features() -> list[dict[str, Any]]:
    """Describe the columns of `alignments.parquet`, the fields of a record, as the `features` of a dataset card.

    Source: `datasets.Features._to_yaml_list`, compared with it in the tests.
    """
    evidence = [
        _column("pairs_with_phrase", "int32"),
        *(
            _column(name, "float64")
            for name in ("recall", "recall_error", "background", "background_error", "lift", "p_value")
        ),
        _texts("counterexamples"),
    ]
    alignment = [
        *(_column(name, kind) for name, kind in (("phrase", "string"), ("start", "int32"), ("end", "int32"))),
        *(_column(name) for name in ("kind", "pattern", "fragment")),
        {"name": "atoms", "list": {"list": "int32"}},
        *(_column(name) for name in ("level", "verdict", "reason", "message")),
        {"name": "evidence", "struct": evidence},
        *(_column(name) for name in ("source", "version")),
    ]
    counts = [_column(name, "int64") for name in ("input_tokens", "output_tokens", "calls", "uncounted")]
    shares = [_column(name, "float64") for name in ("phrases", "heavy_atoms")]
    return [
        *(_column(name) for name in ("id", "view", "smiles", "caption")),
        {"name": "alignments", "list": alignment},
        *(_column(name) for name in ("selected", "selected_because")),
        {"name": "perplexity", "struct": [_column(name, "float64") for name in ("draft", "reflected")]},
        _column("perplexity_of"),
        {"name": "coverage", "struct": shares},
        {"name": "unread", "list": [_column("start", "int32"), _column("end", "int32"), _texts("words")]},
        _texts("neighbours"),
        _column("rounds", "int32"),
        _texts("bounds"),
        *(_column(name) for name in ("teacher", "prompt_version", "index_hash")),
        {"name": "usage", "struct": [*counts, _column("cost", "float64")]},
        *(_column(name) for name in ("trace_id", "status")),
    ]


def _column(name: str, kind: str = "string") -> dict[str, Any]:
    return {"name": name, "dtype": kind}


def _texts(name: str) -> dict[str, Any]:
    return {"name": name, "list": "string"}


def record_schema(arrow: Any) -> pa.Schema:
    """Write `record_features` as a schema.

    Args:
        arrow: The package pyarrow.
    """
    return arrow.schema([(column["name"], _arrow_type(arrow, column)) for column in record_features()])


def _arrow_type(arrow: Any, described: dict[str, Any] | list[dict[str, Any]] | str) -> Any:
    """Give the type of a column, of the columns of a struct, or of a type's name."""
    if isinstance(described, str):
        return arrow.type_for_alias(described)
    if isinstance(described, list):
        return arrow.struct([(column["name"], _arrow_type(arrow, column)) for column in described])
    if "list" in described:
        return arrow.list_(_arrow_type(arrow, described["list"]))
    return _arrow_type(arrow, described.get("struct") or described["dtype"])


def dataset_card(summary: Mapping[str, Any], *, licence: str = UNKNOWN_LICENCE, data_file: str = TABLE_FILE) -> str:
    """Write the `README.md` of a run, with which `datasets.load_dataset(RUN)` finds its rows.

    Args:
        summary: From `molreflect.graphs.runs.export.summarise`.
        licence: Of the captions, as the hub spells it, e.g. `cc-by-4.0`.
        data_file: Which of the run's files has the rows: its table, or its lines where there is no table.
    """
    head = yaml.safe_dump(_metadata(summary, licence, data_file), sort_keys=False, width=1000)
    return f"---\n{head}---\n{_text(summary, licence, data_file)}"


def _metadata(summary: Mapping[str, Any], licence: str, data_file: str) -> dict[str, Any]:
    rows = summary["rows"].get("done", 0)
    return {
        "pretty_name": "Alignments of molecules and captions",
        "license": licence,
        "language": ["en"],
        "tags": ["chemistry", "molecules", "smiles", "smarts", "molecule-captioning", "molreflect"],
        "task_categories": ["text-generation"],
        "size_categories": [next((name for most, name in _SIZES.items() if rows < most), "n>10M")],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": data_file}], "default": True}],
        "dataset_info": {
            "config_name": "default",
            "features": record_features(),  # no "splits": they need bytes in memory, and datasets warns without
        },
    }


def _text(summary: Mapping[str, Any], licence: str, data_file: str) -> str:
    other = f" (and each line of `{LINES_FILE}`)" if data_file != LINES_FILE else ""
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
    failed = f"\n\n**{told}.**" if (told := failures_told(summary)) else ""
    said = f"stated by whoever published this: {licence}" if licence != UNKNOWN_LICENCE else "that of the corpus"
    return f"""# Alignments of molecules and captions

Made by molreflect {run.get("molreflect")} from `{_public(corpus.get("source"))}` ({corpus.get("pairs")} pairs, \
fingerprint `{str(corpus.get("fingerprint"))[:16]}`). Rows: {rows}; unreadable rows: {summary["bad_rows"]}.{failed}

```python
from datasets import load_dataset

pairs = load_dataset("this folder, or its name on the hub", split="train")
```

Each row of `{data_file}`{other} is a pair; each alignment ties a phrase (character \
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

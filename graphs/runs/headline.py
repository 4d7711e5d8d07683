"""What is said first of a run in which rows failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def failures_told(summary: Mapping[str, Any]) -> str:
    """Say how many rows failed, of how many and of what; empty where none did.

    Args:
        summary: From `molreflect.graphs.runs.export.summarise`.
    """
    failed, of = summary["rows"].get("failed", 0), sum(summary["rows"].values())
    if not failed:
        return ""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in summary.get("failures", {}).items())
    return f"{failed:,} of {of:,} {'row' if of == 1 else 'rows'} failed: {kinds}"


def done_told(summary: Mapping[str, Any]) -> str:
    """Name the rows that shares speak of: those that are done, where others are not."""
    done, of = summary["rows"].get("done", 0), sum(summary["rows"].values())
    return "" if done == of else f" of the {done:,} {'row' if done == 1 else 'rows'} done"

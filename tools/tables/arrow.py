"""Parquet files go through pyarrow, which is heavy and an extra: imported where it is used, and missed in one line."""

from __future__ import annotations

from typing import Any

from molreflect.tools.errors import InputError

INSTALL = "pip install 'molreflect[parquet]'"
"""What brings pyarrow."""


def import_arrow(what_for: str, *, instead: str) -> Any:
    """Import pyarrow with its parts for Parquet and JSON.

    Args:
        what_for: Start of the message where it is missing, e.g. `mine.parquet`.
        instead: What can be done without it, end of the message.

    Raises:
        InputError: It is not installed.
    """
    try:
        import pyarrow
        import pyarrow.json
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(f"{what_for} needs the package pyarrow; install it with {INSTALL}, or {instead}") from error
    return pyarrow

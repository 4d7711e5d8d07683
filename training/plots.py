"""Plots as files: one look, the same bytes for the same figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.tools.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LOOK = {"font.size": 8, "svg.hashsalt": "molreflect"}
_METADATA: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "png": {"Software": None}}


def require_matplotlib(extra: str = "evaluate") -> None:
    """Refuse to begin without what draws plots: hours of work must not end with that.

    Args:
        extra: Extra of this package that brings it.

    Raises:
        InputError: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise InputError(f"matplotlib is not installed; pip install 'molreflect[{extra}]'") from error


def save_plot(draw: Callable[[Figure], None], stem: Path, formats: Sequence[str] = ("svg",)) -> list[Path]:
    """Draw a figure and save it; folders are made where they are missing.

    Args:
        draw: Fills the empty figure, its size included.
        stem: The files without their endings.
        formats: `svg`, `png` (150 dots an inch).

    Returns:
        The files, in the order of `formats`.

    Raises:
        InputError: matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    stem.parent.mkdir(parents=True, exist_ok=True)
    written = []
    with rc_context(_LOOK):
        figure = Figure(layout="constrained")
        draw(figure)
        for ending in formats:
            path = stem.with_name(f"{stem.name}.{ending}")
            figure.savefig(path, dpi=150, metadata=_METADATA[ending])
            written.append(path)
    return written

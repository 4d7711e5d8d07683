"""Every colour that is shown, once: style sheet, drawings and plots take them from here.

The hues of the phrases are those of Okabe and Ito (2008), which stay apart for colour-blind readers, each lightened or
darkened to a lightness of its own, so that they stay apart in grey print as well. Their order sets the most different
ones first. The dark theme has the same hues, dark enough for white bonds to show on them.
"""

from __future__ import annotations

PALETTE: tuple[str, ...] = ("#F2E746", "#92D4FF", "#C55501", "#079F73", "#D588B7", "#0568A2", "#F5A622")
"""Colours of the phrases on a light ground: steps of 8 in CIE lightness, black shows on each."""
DARK_PALETTE: tuple[str, ...] = ("#A09901", "#2D91C1", "#8C3A00", "#026E4F", "#9D5582", "#004A76", "#A96E00")
"""The same on a dark ground: steps of 5, white shows on each."""

LIGHT = {
    "ink": "#1C2321",
    "bonds": "#000000",
    "soft": "#55605C",
    "line": "#D3DAD7",
    "paper": "#FFFFFF",
    "tint": "#F1F5F3",
    "accent": "#0068A2",
    "second": "#C45600",
    "supported": "#0F6B2E",
    "refuted": "#9C2A6B",
    "unchecked": "#5C5C5C",
}
DARK = {
    "ink": "#EEEEEE",
    "bonds": "#FFFFFF",
    "soft": "#A9B4B0",
    "line": "#45494A",
    "paper": "#161616",
    "tint": "#232525",
    "accent": "#6FBFEC",
    "second": "#F0A060",
    "supported": "#62C480",
    "refuted": "#E88CBF",
    "unchecked": "#B0B0B0",
}
ROUNDS = 2
"""How often the palette is gone through before a look comes again; the second time with a dark edge."""


def look(number: int) -> tuple[int, bool]:
    """Say which colour of the palette phrase `number` has, 0-based, and whether its halo has an edge."""
    return number % len(PALETTE), number // len(PALETTE) % ROUNDS == 1


def css_variables() -> str:
    """Write the colours as custom properties of `.mr`: by the reader's setting, or by a notebook's own theme."""
    light, dark = _properties(LIGHT, PALETTE), _properties(DARK, DARK_PALETTE)
    return (
        f".mr{{color-scheme:light dark;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{.mr{{{dark}}}}}\n"
        f'[data-jp-theme-light="true"] .mr,.vscode-light .mr{{color-scheme:light;{light}}}\n'
        f'[data-jp-theme-light="false"] .mr,.vscode-dark .mr{{color-scheme:dark;{dark}}}\n'
    )


def _properties(named: dict[str, str], palette: tuple[str, ...]) -> str:
    return "".join(f"--{name}:{value};" for name, value in named.items()) + "".join(
        f"--phrase-{number}:{value};" for number, value in enumerate(palette)
    )

"""Take keys out of texts before they are kept."""

from __future__ import annotations

import os
import re
from typing import Any

REDACTED = "[key removed]"

_PATTERNS = (
    re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_\-]{12,}()"),
    re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._~+/=\-]{8,}()"),
    re.compile(r"""(?i)((?:x-goog-)?api[_-]?key["']?\s*[=:]\s*["']?)[A-Za-z0-9._~+/=\-]{6,}"""),
    re.compile(r"""(?i)(authorization["']?\s*[=:]\s*["']?(?:basic |token )?)(?!bearer )[A-Za-z0-9._~+/=\-]{8,}"""),
)
_SECRET = re.compile(r"(?i)(?:x-goog-)?api[_-]?key|authorization|.*_api_key|access_token|secret")
"""Names under which a value is a key, whatever it looks like."""
_SHORTEST = 8
"""Characters of a key at least; shorter values of `..._API_KEY` are placeholders such as `none`."""


class Redactor:
    """Replace keys: by their looks, and the values of the environment's `..._API_KEY`, `..._TOKEN`."""

    def __init__(self) -> None:
        values = {
            value.strip()
            for name, value in os.environ.items()
            if name.upper().endswith(("API_KEY", "API_TOKEN", "HF_TOKEN")) and len(value.strip()) >= _SHORTEST
        }
        self._values = sorted(values, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Replace every key in a text."""
        for value in self._values:
            if value in text:
                text = text.replace(value, REDACTED)
        low = text.lower()
        # One of these stands in every text that a pattern can find something in, and looking for them is faster.
        if "sk-" in low or "bearer" in low or "api" in low or "authorization" in low:
            for pattern in _PATTERNS:
                text = pattern.sub(lambda found: (found[1] or "") + REDACTED, text)
        return text

    def value(self, value: Any, named: str = "") -> Any:
        """Replace every key within a JSON-like value.

        Args:
            value: The value.
            named: The name it stands under.
        """
        if isinstance(value, dict):
            return {name: self.value(each, str(name)) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each, named) for each in value]
        if named and value is not None and not isinstance(value, bool) and _SECRET.fullmatch(named):
            return REDACTED
        return self(value) if isinstance(value, str) else value

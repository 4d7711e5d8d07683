"""Take keys out of texts before they are kept."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import Any

from pydantic_core import SchemaValidator, core_schema

from molreflect.tools.storage import encodable

REDACTED = "[key removed]"

_NAMES = (
    r"api[ _-]?key|access[_-]?key|secret[_-]key|client[_-]?secret|(?:access|refresh|auth)[_-]?token|password|passwd"
)
"""Names under which a value is a key."""
_PATTERNS = (
    # what keys of providers begin with
    re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_\-]{12,}()"),
    re.compile(
        r"(?<![A-Za-z0-9])(?:hf_|gsk_|gh[opsu]_|github_pat_|xai-|nvapi-|pplx-|glpat-|AIza)[A-Za-z0-9_\-]{20,}()"
    ),
    re.compile(r"(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])()"),
    # a JSON web token; what is looked ahead for is there seldom, and what comes before it is read once
    re.compile(
        r"(?<![A-Za-z0-9_\-])(?=[A-Za-z0-9_\-]+\.eyJ[A-Za-z0-9_\-]{8,}\.)([A-Za-z0-9_\-]*?)"
        r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*"
    ),
    # what they stand behind, in headers, addresses, and JSON that is quoted in JSON
    re.compile(r"(?i)(bearer\s+)[A-Za-z0-9._~+/=\-]{8,}"),
    re.compile(rf"""(?i)((?:{_NAMES})[\\"']*\s*[=:]\s*[\\"']*)[^\s"'\\&,;]{{6,}}"""),
    re.compile(r"(?i)([?&](?:key|token|sig|signature)=)[^\s\"'\\&#]{6,}"),
    re.compile(r"""(?i)(authorization[\\"']*\s*[=:]\s*[\\"']*(?:basic |token )?)(?!bearer\s)[A-Za-z0-9._~+/=\-]{8,}"""),
    re.compile(r"""(?i)(cookie[\\"']*\s*[=:]\s*[\\"']*)[^\r\n"'\\]{6,}"""),
    re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)"),  # a user's password in an address
)
_HINTS = (
    *("sk-", "hf_", "gsk_", "gho_", "ghp_", "ghs_", "ghu_", "github_pat_", "xai-", "nvapi-", "pplx-", "glpat-", "aiza"),
    *("akia", "asia", "eyj", "bearer", "api_key", "api-key", "apikey", "api key", "secret", "passw"),
    *("access_key", "access-key", "accesskey", "access_token", "access-token", "accesstoken", "refresh_token"),
    *("refresh-token", "refreshtoken", "auth_token", "auth-token", "authtoken", "authorization", "cookie"),
    *("key=", "token=", "sig=", "signature=", "://"),
)
"""One of these stands in every text, in small or capital letters, that holds a key."""
_HINTED = SchemaValidator(
    core_schema.str_schema(pattern=f"(?i){'|'.join(map(re.escape, _HINTS))}", regex_engine="rust-regex", strict=True)
)
"""Looks for all of them at once: in a tenth of the time that one after the other takes, which is what traces cost most.

A text that it takes holds one. It takes none with half a surrogate pair, whatever else that holds.
"""
_SECRET = re.compile(rf"(?i)(?:.*[_-])?(?:{_NAMES}|secret|authorization|cookie)")
"""Names under which a value is a key, whatever it looks like."""
_LONGEST_NAME = 200
"""Characters at the end of a name that say whether its value is a key."""
_SHORTEST = 8
"""Characters of a key at least; shorter values of `..._API_KEY` are placeholders such as `none`."""
_OF_ENVIRONMENT = ("API_KEY", "_TOKEN", "_SECRET", "SECRET_KEY", "ACCESS_KEY", "_PASSWORD")
"""What the names of variables that hold keys end with."""


class Redactor:
    """Replace keys: by their looks, and the values of the environment's `..._API_KEY`, `..._TOKEN` and alike."""

    def __init__(self) -> None:
        values = {
            value.strip()
            for name, value in os.environ.items()
            if name.upper().endswith(_OF_ENVIRONMENT) and len(value.strip()) >= _SHORTEST
        }
        self._values = tuple(sorted(values, key=len, reverse=True))

    def suspects(self, text: str) -> bool:
        """Say whether a text can hold a key at all, or a name that one stands under."""
        if _HINTED.isinstance_python(text) or any(value in text for value in self._values):
            return True
        return not text.isascii() and encodable(text) != text

    def __call__(self, text: str) -> str:
        """Replace every key in a text."""
        if not self.suspects(text):
            return text
        for value in self._values:
            text = text.replace(value, REDACTED)
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
            return {self(str(name)): self.value(each, str(name)) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each, named) for each in value]
        if named and value is not None and not isinstance(value, bool) and _is_secret(named[-_LONGEST_NAME:]):
            return REDACTED
        return self(value) if isinstance(value, str) else value


@lru_cache(maxsize=1_000)
def _is_secret(name: str) -> bool:
    return _SECRET.fullmatch(name) is not None

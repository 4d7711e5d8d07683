"""Texts that are kept once by what they say, and what stands in their place."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from molreflect.graphs.traces.packs import Kept
from molreflect.graphs.traces.redact import Redactor
from molreflect.tools.errors import InputError
from molreflect.tools.storage import encodable
from molreflect.tools.terms import TraceMode

LONG = 200
"""Characters above which a text is kept by its hash."""
TEXT, JSON = "$text", "$json"
"""Keys of what stands in a text's or a JSON value's place: `{"$text": hash}`."""
KEY_FILE = "private.key"
"""In the home folder: what `--private` hashes with."""

_HASHED = re.compile(r"hash:[0-9a-f]{32}")
_TOLD = frozenset(
    {
        *("role", "type", "kind", "verdict", "reason", "level", "status", "version", "view", "selected", "teacher"),
        *("protocol", "prompt_version", "prompts", "select", "reflect_when", "perplexity_of", "currency", "index_hash"),
        *("finish_reason", "stop_reason", "model", "model_name", "model_provider", "mode", "trace_id", "intent"),
        *("tool", "versions", "lexicon", "selected_because", "because", "how", "floor", "name_of_tool", "part"),
        *("molreflect", "rdkit", "langchain", "langgraph"),
    }
)
"""Keys whose texts `--private` keeps: they say what was done, not with which molecule or in which words."""


class Packer:
    """Turns values into what a span keeps, and hands long texts to whoever keeps them.

    Keys are taken out of every text first.
    """

    def __init__(
        self, mode: TraceMode, key: bytes | None, keep: Callable[[str, str, Kept], None], redact: Redactor
    ) -> None:
        """Set how values are kept.

        Args:
            mode: `summary` keeps no long text at all.
            key: Texts are replaced by their hash under this key; None keeps them.
            keep: Called with the hash and the text of each that is to be kept, and how.
            redact: Takes keys out of texts.
        """
        self.mode, self.key, self._keep = mode, key, keep
        self._redact, self._kind = redact, Kept.SEARCHED
        self._packed: dict[str, dict[str, str | None]] = {}
        """Long texts that were packed before, which are said again and again."""
        self._given: dict[int, tuple[Any, Any]] = {}
        """JSON-like values that were packed before, by identity; they are held, so that no other takes their place."""

    def kept(self, kind: Kept) -> Packer:
        """Pack in the same way, but keep texts otherwise."""
        other = copy(self)
        other._kind, other._packed, other._given = kind, {}, {}
        return other

    def text(self, text: str, named: str = "") -> Any:
        """Pack a text: as it is where it is short, else its hash.

        Args:
            text: The text.
            named: The key it stands under; a summary keeps no text without one.
        """
        long = len(text) > LONG and self.key is None
        if long and (known := self._packed.get(text)) is not None:
            return known
        text, said = self._redact.value(encodable(text), named), text
        if self.key is not None:
            return text if named in _TOLD else keyed(self.key, text)
        if len(text) <= LONG and (named or self.mode is TraceMode.FULL):
            return text
        packed = {TEXT: self._kept(text)}
        if long:
            self._packed[said] = packed
        return packed

    def json(self, value: Any) -> Any:
        """Pack a JSON-like value: by its hash where it is long."""
        if self.mode is not TraceMode.FULL:
            return {JSON: None}
        if (known := self._given.get(id(value))) is not None:
            return known[1]
        text = self._written(value)
        packed = json.loads(text) if len(text) <= LONG else {JSON: self._kept(text)}
        self._given[id(value)] = (value, packed)
        return packed

    def json_text(self, text: str) -> Any:
        """Pack JSON that is written already, as `json` packs its value."""
        if self.key is not None or self.mode is not TraceMode.FULL or len(text) <= LONG or self._redact.suspects(text):
            return self.json(json.loads(text))
        return {JSON: self._kept(encodable(text))}

    def value(self, value: Any, named: str = "") -> Any:
        """Pack the long texts within a JSON-like value."""
        if isinstance(value, str):
            return self.text(value, named)
        if isinstance(value, dict):
            return {self._redact(str(name)): self.value(each, str(name)) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each, named) for each in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self.text(str(value), named)

    def whole(self, value: Any) -> str | None:
        """Keep a packed value by its hash, whatever its length; None where no contents are kept."""
        return self._kept(dumps(value))

    def label(self, text: Any) -> str:
        """Pack a name that says what was done, e.g. of a tool or a model: as it is, in private traces too."""
        return self._redact(encodable(str(text)))

    def short(self, text: str) -> str:
        """Pack a text that a list shows: one line of some words, hashed where texts are."""
        line = " ".join(self._redact(encodable(text)).split())
        if self.key is not None:
            return keyed(self.key, line) if line else ""
        return line if len(line) <= LONG else f"{line[: LONG - 3]}..."

    def _written(self, value: Any) -> str:
        if self.key is not None:
            return dumps(self._hashed(value))
        text = dumps(value)
        return dumps(self._redact.value(json.loads(text))) if self._redact.suspects(text) else text

    def _hashed(self, value: Any, named: str = "") -> Any:
        value = plain(value) if hasattr(value, "model_dump") else value
        if isinstance(value, dict):
            return {self._redact(str(name)): self._hashed(each, str(name)) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._hashed(each, named) for each in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self.text(str(value), named)

    def _kept(self, text: str) -> str | None:
        if self.mode is not TraceMode.FULL:
            return None
        hash_ = content_hash(text)
        self._keep(hash_, text, self._kind)
        return hash_


def content_hash(text: str) -> str:
    """Hash a text to 32 hexadecimal characters."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def keyed(key: bytes, text: str) -> str:
    """Hash a text so that only who has the key can tell whether it is a text they know."""
    return f"hash:{hmac.new(key, text.encode('utf-8', 'replace'), hashlib.sha256).hexdigest()[:32]}"


def is_hashed(text: str) -> bool:
    """Say whether a text is the hash that stands for one."""
    return _HASHED.fullmatch(text) is not None


def private_key(home: Path) -> bytes:
    """Read the key of `--private` from the home folder, or draw one; only its owner can read the file.

    Raises:
        InputError: The file cannot be read, or holds no key.
    """
    path = home / KEY_FILE
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _draw_key(path)
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise InputError(f"{path} holds no key for --private ({error}); move it away") from error
    if len(key) < 16:
        raise InputError(f"{path} holds no key for --private; move it away, and another is made")
    return key


def _draw_key(path: Path) -> None:
    """Write a key that is there whole or not at all; where another process was faster, its own stays."""
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # only its owner can read it
    try:
        with open(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            os.link(part, path)
    finally:
        os.unlink(part)


def dumps(value: Any) -> str:
    """Write JSON as contents and spans hold it; half surrogate pairs become question marks."""
    try:
        return to_json(value, inf_nan_mode="constants", fallback=plain).decode()
    except ValueError:  # of half surrogate pairs, which the standard library lets through
        return encodable(_ENCODER.encode(value))


def plain(value: Any) -> Any:
    """Turn what JSON has no word for into what it has."""
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else str(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=plain)


def resolve(value: Any, content: Callable[[str], str]) -> Any:
    """Put texts back into a packed value.

    Args:
        value: From a span's attributes.
        content: Looks a text up by its hash.
    """
    if isinstance(value, dict):
        if len(value) == 1:
            ((name, hash_),) = value.items()
            if name in (TEXT, JSON):
                if hash_ is None:
                    return None  # left out: only a summary was kept
                if is_hashed(hash_):
                    return hash_  # of a private trace, whose hashes stand for nothing that was kept
                text = content(hash_)
                return text if name == TEXT else resolve(json.loads(text), content)
        return {name: resolve(each, content) for name, each in value.items()}
    if isinstance(value, list):
        return [resolve(each, content) for each in value]
    return value

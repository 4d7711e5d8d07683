"""Spans with their texts, wherever those are kept."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any

from molreflect.graphs.traces.contents import resolve
from molreflect.graphs.traces.spans import MESSAGES_IN, MESSAGES_OUT, Span


class TextReader(ABC):
    """Puts texts back into spans, from where they are kept by their hash."""

    @abstractmethod
    def content(self, hash_: str) -> str:
        """Read a text by its hash.

        Raises:
            InputError: There is no such text.
        """

    def messages(self, span: Span) -> dict[str, list[dict[str, Any]]]:
        """Read the messages of a call of a model: `in` and `out`, each with `role`, `content` and what else it has."""
        return {
            name: [self.message(hash_) for hash_ in span.attributes.get(key) or ()]
            for name, key in (("in", MESSAGES_IN), ("out", MESSAGES_OUT))
        }

    def message(self, hash_: str) -> dict[str, Any]:
        """Read one message by its hash."""
        found: dict[str, Any] = resolve(json.loads(self.content(hash_)), self.content)
        return found

    def resolved(self, span: Span, *, messages: bool = True) -> Span:
        """Put long texts into the attributes of a span, and the messages, which otherwise stay hashes."""
        attributes = {
            name: value if name in (MESSAGES_IN, MESSAGES_OUT) else resolve(value, self.content)
            for name, value in span.attributes.items()
        }
        if messages and (MESSAGES_IN in attributes or MESSAGES_OUT in attributes):
            said = self.messages(span)
            attributes |= {k: said[n] for n, k in (("in", MESSAGES_IN), ("out", MESSAGES_OUT)) if k in attributes}
        return replace(span, attributes=attributes)

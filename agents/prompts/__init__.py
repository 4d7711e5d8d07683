"""The teacher's words: one module a step, each with a version that is stored with every record."""

from __future__ import annotations

from agents.prompts import align, reflect, repair

VERSION = f"{align.VERSION}+{repair.VERSION}+{reflect.VERSION}"
"""What a record names as its `prompt_version`."""

"""The teacher's words: one module a step, each with a version that is stored with every record."""

from __future__ import annotations

from molreflect.agents.prompts import align, mend, protocol, reflect, repair

VERSION = f"{align.VERSION}+{repair.VERSION}+{reflect.VERSION}+{mend.VERSION}"
"""What a record names as its `prompt_version`."""
JSON_VERSION = f"{VERSION}+{protocol.VERSION}"
"""The same where the plain JSON protocol was used."""

"""Translation between molecules and captions as a tool of conversations, with the user's fine-tuned student."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Literal

from langchain_core.tools import BaseTool, tool

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Direction

Translate = Callable[[Direction, str], str]
"""Writes a caption for a SMILES, or a SMILES for a caption."""
NO_STUDENT = (
    "that takes a fine-tuned student, and none is configured; set MOLREFLECT_STUDENT to a folder that molreflect train "
    "wrote"
)
MAX_TEXT = 4_000
"""Characters of a caption that is translated."""


def build_translate_tool(translate: Translate | None) -> BaseTool:
    """Build the tool.

    Args:
        translate: Asks the student; None where none is configured, which each call is then told.
    """

    @tool("translate", parse_docstring=True)
    def translate_tool(text: str, into: Literal["caption", "molecule"]) -> str:
        """Write a caption for a molecule, or a molecule for a caption, with the user's fine-tuned student.

        What it writes is a draft: check it with check_text before you tell it.

        Args:
            text: The molecule as SMILES, or the caption.
            into: What is to be written.
        """
        if translate is None:
            raise InputError(NO_STUDENT)
        if len(text) > MAX_TEXT:
            raise InputError(f"a text of {len(text):,} characters; pass at most {MAX_TEXT:,}")
        if into == "caption":
            caption = translate(Direction.MOL2CAP, read_molecule(text).smiles)
            return json.dumps({"caption": caption}, ensure_ascii=False)
        if not text.strip():
            raise InputError("there is no caption to translate")
        smiles = translate(Direction.CAP2MOL, text)
        return json.dumps({"answer": smiles, **_read(smiles)}, ensure_ascii=False)

    return translate_tool


def _read(smiles: str) -> dict[str, str]:
    """Say whether what a student wrote is a molecule; a field `smiles` is one that can be read."""
    try:
        return {"smiles": read_molecule(smiles).smiles}
    except InputError as error:
        return {"why_not": str(error)}

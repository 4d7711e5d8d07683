"""Every text a student ever sees is worded here, for training and for prediction alike."""

from __future__ import annotations

from molreflect.tools.terms import Direction

PROMPT_VERSION = "cot-icmt-1"
"""Bump on any change of wording or layout: a student predicts with the prompts it was trained on."""


SYSTEM = "You are an expert chemist who reads and writes SMILES."


TASK = {
    Direction.MOL2CAP: "Write the caption of the last molecule.",
    Direction.CAP2MOL: "Write the molecule of the last caption, as SMILES.",
}


LIST_PARTS = "First list its parts, each as words -> fragment SMILES."


LIST_STEPS = "First say what you look up and what you rule out, then list its parts, each as words -> fragment SMILES."
"""In place of `LIST_PARTS` for the arm `traced`."""


INPUT_MARKER = {Direction.MOL2CAP: "Molecule:", Direction.CAP2MOL: "Caption:"}


ANSWER_MARKER = {Direction.MOL2CAP: "Caption:", Direction.CAP2MOL: "Molecule:"}


PARTS_MARKER = "Parts:"


STEPS_MARKER = "Steps:"


NO_STEPS = "none"


ARROW = " -> "


NO_PARTS = "none"

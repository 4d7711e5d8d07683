"""Going on from a student: what a further training takes from the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from molreflect.tools.corpus import read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.training.config import StudentConfig
from molreflect.training.examples.records import TrainRecord
from molreflect.training.student.folder import HELDOUT_FILE, read_student
from molreflect.training.student.plan import Split

_INHERITED = (
    "base",
    "chat_template_kwargs",
    "arm",
    "fragments",
    "neighbours",
    "neighbours_from",
    "max_alignments",
    "trace_lines",
    "supplied_run",
    "tuning",
    "dora",
    "rslora",
    "lora_rank",
    "lora_alpha",
    "lora_dropout",
    "lora_targets",
)
"""What makes a student's prompts and its adapter: another value would be another student."""


def with_start(config: StudentConfig) -> StudentConfig:
    """Return the settings with what makes the student of `start` in them; unchanged where nothing is started from.

    Raises:
        InputError: A setting that was given is another than that student's, or it was not trained in the direction.
    """
    if config.start is None:
        return config
    started = read_student(config.start).config
    taken = {name: getattr(started, name) for name in _INHERITED}
    for name, value in taken.items():
        if name in config.model_fields_set and getattr(config, name) != value:
            raise InputError(
                f"{name}={getattr(config, name)} is not what {config.start} was trained with ({value}); leave it out "
                "to go on from there, or train without --from"
            )
    if not set(config.directions) <= set(started.directions):
        raise InputError(
            f"{config.start} was trained for {started.direction} only; go on with --direction {started.direction}"
        )
    given = {name: getattr(config, name) for name in config.model_fields_set}
    return StudentConfig(**(given | taken))


def split_of_start(config: StudentConfig, records: Sequence[TrainRecord]) -> Split | None:
    """Hold out what the student of `start` held out; None where there is none, or none of its molecules is here."""
    if config.start is None or not (path := Path(config.start) / HELDOUT_FILE).is_file():
        return None
    held = {read_molecule(pair.smiles).block for pair in read_corpus(path).pairs}
    apart = tuple(record for record in records if record.block in held)
    if not apart:
        return None
    kept = tuple(record for record in records if record.block not in held)
    if not kept:
        raise InputError(f"every molecule of the run was held out of {config.start}; pass the run it was trained on")
    return Split(kept, apart)


def adapter_fingerprint(student: Path) -> str:
    """SHA-256 of the weights of a student's adapter, or of all its weights after a full fine-tuning."""
    digest = hashlib.sha256()
    for path in sorted(student.glob("*.safetensors")):
        with path.open("rb") as file:
            while block := file.read(1 << 24):
                digest.update(block)
    return digest.hexdigest()

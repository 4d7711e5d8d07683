"""Merging an adapter into full weights, behind a gate that compares the two."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.tools.errors import InputError
from molreflect.tools.storage import give_usual_modes, require_writable
from molreflect.training.config import Arm
from molreflect.training.examples.builder import ExampleBuilder
from molreflect.training.examples.records import read_records
from molreflect.training.examples.text import Query
from molreflect.training.student.folder import CONFIG_FILE, MANIFEST_FILE, RECORDS_FILE, StudentFolder, read_student
from molreflect.training.student.gguf_file import (
    GgufParity,
    ParityError,
    check_gguf,
    require_writable_as_gguf,
    write_gguf,
)
from molreflect.training.student.neighbours import TrainingIndex

if TYPE_CHECKING:
    from molreflect.agents.student.chat_format import Message
    from molreflect.agents.student.local import Student

GGUF_FILE = "model.gguf"


@dataclass(frozen=True, slots=True)
class MergeResult:
    """Merged weights, and how far they are from base and adapter."""

    out: Path
    probes: int
    max_logit_difference: float
    """Largest absolute difference of any logit over all probes."""
    answers_equal: int
    """Probes whose greedy generation is the same, of `probes`."""
    gguf: Path | None = None
    """The GGUF file, where one was asked for."""
    gguf_parity: GgufParity | None = None
    """How far that is from the merged model."""

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        return asdict(self) | {"out": str(self.out), "gguf": None if self.gguf is None else str(self.gguf)}


def merge(
    student_dir: Path | str,
    out: Path | str,
    *,
    probes: int = 4,
    tolerance: float = 1e-3,
    max_new_tokens: int = 32,
    device: str | None = None,
    dtype: Any = None,
    gguf: bool = False,
) -> MergeResult:
    """Write a student's base and adapter as one model, after comparing what is on disk with what was trained.

    Args:
        student_dir: Folder that `train` wrote.
        out: New folder for the merged model, tokenizer included; loads like any base model.
        probes: Prompts of training records to compare on.
        tolerance: Largest absolute difference of a logit that rounding may cause; about 1e-4 in float32.
        max_new_tokens: Tokens of the greedy answers that are compared.
        device: torch device, as in `Student.load`.
        dtype: torch dtype of the merged weights, as in `Student.load`.
        gguf: Write the merged model as a GGUF file (float32) into `out` too, and compare what other programs read.

    Raises:
        InputError: The folder is not a student, or `out` is taken.
        ParityError: The merged model differs beyond the tolerance; `out` is not written.
    """
    from molreflect.agents.student.local import Student
    from molreflect.agents.student.weights import quiet_transformers

    folder = read_student(student_dir)
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} exists and is not empty; pass a new folder for the merged model")
    require_writable(out, "--out", folder=True)
    student = folder.load(device=device, dtype=dtype)
    if gguf:
        require_writable_as_gguf(student.model, student.tokenizer)
    import torch  # after the checks

    prompts = _probes(folder, student, max(1, probes))
    expected_logits = _logits(student, prompts)
    expected = student.generate(prompts, max_new_tokens=max_new_tokens)
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        whole = student.model if folder.config.tuning == "full" else student.model.merge_and_unload()
        with quiet_transformers():
            whole.save_pretrained(work)
        student.tokenizer.save_pretrained(work)
        for name in (CONFIG_FILE, MANIFEST_FILE, RECORDS_FILE):
            shutil.copyfile(folder.path / name, work / name)
        merged = Student.load(work, device=device, dtype=dtype)
        # torch's maximum keeps a NaN, which Python's would lose: broken weights must not pass as equal ones.
        differences = [(a - b).abs().max() for a, b in zip(expected_logits, _logits(merged, prompts), strict=True)]
        difference = float(torch.stack(differences).max())
        equal = sum(
            a == b for a, b in zip(expected, merged.generate(prompts, max_new_tokens=max_new_tokens), strict=True)
        )
        if not difference <= tolerance or equal < len(prompts):
            raise ParityError(
                f"merged weights differ from base and adapter: largest logit difference {difference:.2e} (tolerance "
                f"{tolerance:.0e}), {equal} of {len(prompts)} greedy answers equal; nothing was written"
            )
        parity = None
        if gguf:
            write_gguf(work, work / GGUF_FILE, name=out.name)
            parity = check_gguf(work / GGUF_FILE, merged, prompts, tolerance=tolerance)
        if out.exists():
            out.rmdir()
        give_usual_modes(work)
        work.rename(out)
        work = out.with_name(f".{out.name}-gone")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return MergeResult(out, len(prompts), difference, equal, out / GGUF_FILE if gguf else None, parity)


def _probes(folder: StudentFolder, student: Student, number: int) -> list[Sequence[Message]]:
    """Compose prompts to compare on, of the first training records.

    Any text will do to compare weights; plain questions with context need no alignments at hand.
    """
    records = read_records(folder.path / RECORDS_FILE)
    builder = ExampleBuilder(format=student.format, arm=Arm.ICMT, max_length=folder.config.max_length)
    index, directions = TrainingIndex(records), folder.config.directions
    prompts: list[Sequence[Message]] = []
    for place, record in enumerate(records[:number]):
        direction = directions[place % len(directions)]
        query = Query(record.id, record.given(direction), record.block)
        prompts.append(builder.prompt(query, index(query, direction, folder.config.neighbours), direction).messages)
    return prompts


def _logits(student: Student, prompts: Sequence[Sequence[Message]]) -> list[Any]:
    import torch

    found = []
    with torch.inference_mode():
        for prompt in prompts:
            ids = torch.tensor([student.format.prompt_ids(prompt)], device=student.device)
            found.append(student.model(input_ids=ids).logits.float().cpu())
    return found

"""One text at a time through a fine-tuned student: a caption for a molecule, or a molecule for a caption."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.training.config import Arm
from molreflect.training.examples.builder import ExampleBuilder
from molreflect.training.student.candidates import Questioner, Writer, judge_by_form
from molreflect.training.student.folder import StudentFolder, read_student
from molreflect.training.student.neighbours import TrainingIndex
from molreflect.training.student.predict import load_student, training_records


@dataclass(frozen=True, slots=True)
class _Asked:
    id: str
    smiles: str
    caption: str


class Translator:
    """A student that is loaded with the first text it is asked about; may be shared between threads, which take turns.

    Args:
        folder: What `train` wrote.
        student: A loaded student; the folder's where not given.

    Raises:
        InputError: The folder is no student, or its arm takes alignments of a run, which one text does not have.
    """

    def __init__(self, folder: Path | str, *, student: Writer | None = None) -> None:
        self._folder: StudentFolder = read_student(folder)
        if self._folder.config.arm is Arm.SUPPLIED:
            raise InputError(
                f"{folder} was trained on supplied alignments, which a single text does not have; configure a student "
                "of another arm"
            )
        self._student = student
        self._index: TrainingIndex | None = None
        self._lock = threading.Lock()

    def __call__(self, direction: Direction, text: str) -> str:
        """Write the other side of a molecule or a caption, decoded greedily.

        Raises:
            InputError: The student was not trained in that direction, or the text leaves no room for an answer.
        """
        config = self._folder.config
        if direction not in config.directions:
            raise InputError(f"the student {self._folder.path} was not trained for {direction}")
        with self._lock:
            self._student = self._student or load_student(self._folder)
            self._index = self._index or TrainingIndex(training_records(self._folder))
            questioner = Questioner(
                config=config,
                direction=direction,
                builder=ExampleBuilder(
                    format=self._student.format,
                    arm=config.arm,
                    max_alignments=config.max_alignments,
                    max_length=config.max_length,
                    supplied=None,
                ),
                student=self._student,
                neighbours=self._index,
                judge=judge_by_form,
                candidates=1,
                batch_size=1,
                max_new_tokens=config.max_new_tokens,
            )
            molecule = direction is Direction.MOL2CAP
            asked = _Asked("asked", text if molecule else "", "" if molecule else text)
            row = questioner.ask([asked], seed=0)[0]
        if row["status"] == "failed" or not str(row["output"]).strip():
            raise InputError(f"the student has no answer: {row['reason'] or 'it wrote none'}")
        return str(row["output"])

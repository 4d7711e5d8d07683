"""A student that is fine-tuned on labels, and scored by the probabilities of its two answer words."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from molreflect.tools.errors import InputError
from molreflect.tools.lexicon.classes import load_lexicon
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.molecules.write import fragment_smiles
from molreflect.tools.retrieval.fingerprints import PackedFingerprints
from molreflect.tools.synthesis.class_claims import ClassClaims
from molreflect.training.config import StudentConfig
from molreflect.training.properties.baselines import Probabilities
from molreflect.training.properties.splits import Rows

if TYPE_CHECKING:
    from molreflect.agents.student.chat_format import ChatFormat, Message
    from molreflect.agents.student.local import Student

STUDENTS = ("student", "student_bare")
"""With the verified groups of every molecule in its prompt, and with SMILES alone."""
WORDS = ("yes", "no")
"""What is answered of an active and of an inactive molecule."""
_SYSTEM = "You are an expert chemist who reads SMILES."


@dataclass(frozen=True, slots=True)
class Shown:
    """What a student reads of a molecule."""

    smiles: str
    groups: tuple[str, ...]
    """Lines of verified groups, each as `name -> fragment SMILES`."""


def show(molecules: Sequence[Molecule], config: StudentConfig) -> list[Shown]:
    """Find the groups of molecules: classes of the lexicon that hold as written, those of most atoms first.

    Args:
        molecules: To be shown.
        config: `max_alignments` of them are shown at most.
    """
    claims = ClassClaims(load_lexicon())
    shown = []
    for molecule in molecules:
        found = sorted(claims.find(molecule), key=lambda claim: (-len(claim.atoms), claim.entry.name))
        lines = [f"{c.entry.name} -> {fragment_smiles(molecule, tuple(sorted(c.atoms)))}" for c in found]
        shown.append(Shown(molecule.smiles, tuple(lines[: config.max_alignments])))
    return shown


def prompt(task: str, asked: Shown, neighbours: Sequence[tuple[Shown, float]], *, groups: bool) -> list[Message]:
    """Ask for a property of a molecule, after neighbours with their labels, the most similar one last.

    Args:
        task: Name of the property.
        asked: The molecule.
        neighbours: Molecules of the training part with their labels, most similar first.
        groups: Whether the groups of all of them are shown.
    """

    def molecule(one: Shown) -> str:
        return "\n".join([f"Molecule: {one.smiles}", *(("Groups:", *(one.groups or ("none",))) if groups else ())])

    told = [f"{molecule(one)}\nAnswer: {WORDS[0] if label else WORDS[1]}" for one, label in reversed(neighbours)]
    asks = f"Is the last molecule active in {task}? Answer {WORDS[0]} or {WORDS[1]}."
    text = "\n\n".join([asks, *told, molecule(asked)])
    return [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": text}]


def predict_student(
    name: str,
    task: str,
    shown: Sequence[Shown],
    fingerprints: PackedFingerprints,
    train: Rows,
    labels: npt.NDArray[np.float64],
    asked: Rows,
    config: StudentConfig,
    tell: Callable[[str], None] = lambda _: None,
) -> Probabilities:
    """Fine-tune a student on the labels of one training part, and give the probability that molecules are active.

    The probability is that of the answer `yes` against `no`, by the student's own probabilities of the two; nothing is
    sampled. Neighbours are the most similar training molecules, never the molecule itself.

    Args:
        name: One of `STUDENTS`.
        task: Name of the property.
        shown: All molecules, as `show` gives them.
        fingerprints: Of the same molecules.
        train: Rows to train on.
        labels: 1 or 0 of each of `train`.
        asked: Rows to predict.
        config: Of the training; its seed decides the order of rows and the adapter's first weights.
        tell: Told what is going on.

    Returns:
        Shape (asked,).

    Raises:
        InputError: Packages or weights are missing, or a question does not fit into `max_length`.
    """
    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.agents.student.weights import load_tokenizer, resolve_base
    from molreflect.training.student.trainer import fine_tune

    base = resolve_base(config.base, notify=tell)
    tokenizer = load_tokenizer(base, config.chat_template_kwargs)
    chat_format, groups = ChatFormat(tokenizer), name == STUDENTS[0]
    label_of = {int(row): float(label) for row, label in zip(train, labels, strict=True)}

    def question(row: int) -> list[Message]:
        near = _nearest(fingerprints, row, train, config.neighbours)
        neighbours = [(shown[other], label_of[other]) for other in near]
        return _fitting(chat_format, task, shown[row], neighbours, config.max_length, groups=groups)

    rows = [
        chat_format.encode(question(int(row)), WORDS[0] if label else WORDS[1])
        for row, label in zip(train, labels, strict=True)
    ]
    with tempfile.TemporaryDirectory(prefix="molreflect-property-") as work:
        student = fine_tune(base, tokenizer, rows, config, Path(work))
    return answer_probabilities(student, [question(int(row)) for row in asked], batch_size=config.batch_size)


def answer_probabilities(student: Student, prompts: Sequence[Sequence[Message]], *, batch_size: int) -> Probabilities:
    """Compute the probability of `yes` against `no` after each prompt.

    Args:
        student: Of whatever training.
        prompts: Questions.
        batch_size: Sequences in one forward pass.

    Returns:
        Shape (prompts,).
    """
    both = [(question, word) for question in prompts for word in WORDS]
    questions, words = [q for q, _ in both], [w for _, w in both]
    perplexities = student.perplexity(questions, words, batch_size=batch_size)
    encoded = [student.format.encode(q, w) for q, w in both]
    scores = [-math.log(p) * (e.n_text - e.n_prompt) for p, e in zip(perplexities, encoded, strict=True)]
    yes, no = np.array(scores[::2]), np.array(scores[1::2])
    return np.asarray(1 / (1 + np.exp(np.clip(no - yes, -500, 500))), dtype=np.float64)


def _nearest(fingerprints: PackedFingerprints, row: int, train: Rows, number: int) -> list[int]:
    others = train[train != row]
    similarity = fingerprints.tanimoto(fingerprints.bits[row], others)
    return [int(others[i]) for i in np.argsort(-similarity, kind="stable")[:number]]


def _fitting(
    chat_format: ChatFormat,
    task: str,
    asked: Shown,
    neighbours: Sequence[tuple[Shown, float]],
    max_length: int,
    *,
    groups: bool,
) -> list[Message]:
    """The question with as many neighbours as fit, farthest left out first."""
    for shown in range(len(neighbours), -1, -1):
        messages = prompt(task, asked, neighbours[:shown], groups=groups)
        if max(len(chat_format.encode(messages, word).ids) for word in WORDS) <= max_length:
            return messages
    raise InputError(
        f"the question about {asked.smiles} takes more than max_length={max_length} tokens; raise it, or lower "
        "max_alignments"
    )

"""Chain-of-thought in-context examples: records in, prompts and completions out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Direction
from molreflect.training.config import Arm
from molreflect.training.examples.records import PhraseFragment, TrainRecord
from molreflect.training.examples.text import ExampleText, Query

if TYPE_CHECKING:
    from molreflect.agents.student.chat_format import ChatFormat, Encoded, Message

IGNORED = -100
"""Label of a token that is not trained on (the value torch's cross entropy skips)."""


@dataclass(frozen=True, slots=True)
class Example:
    """One training example, ready to train on."""

    id: str
    direction: Direction
    messages: tuple[Message, ...]
    completion: str
    context: tuple[str, ...]
    """Ids of the neighbours shown, in the order shown: most similar last."""
    dropped: int
    """Neighbours left out because the example was too long."""
    encoded: Encoded

    @property
    def labels(self) -> list[int]:
        """Token ids where trained on, `IGNORED` elsewhere; made from positions, never from token ids."""
        return [IGNORED] * self.encoded.n_prompt + list(self.encoded.ids[self.encoded.n_prompt :])


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question to a student."""

    messages: tuple[Message, ...]
    context: tuple[str, ...]
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleBuilder:
    """Composes examples and prompts of one arm for one chat format."""

    format: ChatFormat
    arm: Arm = Arm.WRITTEN
    max_alignments: int = 16
    max_length: int = 1024
    """Tokens of prompt and completion together."""
    supplied: Mapping[str, tuple[PhraseFragment, ...]] | None = None
    """One-sided alignments by id, for the `supplied` arm: of the queries, and of the neighbours shown to them."""

    def example(
        self,
        record: TrainRecord,
        neighbours: Sequence[TrainRecord],
        direction: Direction,
        *,
        smiles: str | None = None,
        completion: str | None = None,
    ) -> Example:
        """Compose a training example.

        Args:
            record: The query with its answer.
            neighbours: Context, most similar first; shown the other way round, most similar next to the query.
            direction: Which side is given.
            smiles: Another way to write the input molecule (mol2cap); outputs are never rewritten.
            completion: What is to be written; what the record says where not given.

        Raises:
            InputError: A neighbour is the query's own molecule, the record has nothing to train on, the chat
                template does not round-trip, or the example is too long even without neighbours, so that its target
                would be cut.
        """
        rewritten = smiles if direction is Direction.MOL2CAP else None
        query = Query(record.id, rewritten or record.given(direction), record.block)
        if not record.answer(direction).strip():
            raise InputError(f"the record {record.id!r} trains on nothing: its answer is empty")
        completion = self._text.completion(record, direction) if completion is None else completion
        shown = list(neighbours) if self.arm.has_context else []
        for kept in range(len(shown), -1, -1):  # the last neighbour is the farthest
            messages = self._text.messages(query, shown[:kept], direction)
            encoded = self.format.encode(messages, completion)
            if len(encoded.ids) <= self.max_length:
                if encoded.n_text <= encoded.n_prompt:
                    raise InputError(f"the record {record.id!r} trains on nothing: its answer has no tokens")
                context = tuple(n.id for n in reversed(shown[:kept]))
                return Example(record.id, direction, messages, completion, context, len(shown) - kept, encoded)
        raise TooLongError(
            f"the {direction} example of record {record.id!r} takes {len(encoded.ids)} tokens even without neighbours, "
            f"and max_length is {self.max_length}, so its target would be cut; raise max_length, lower max_alignments, "
            "or set too_long=skip"
        )

    def prompt(
        self, query: Query, neighbours: Sequence[TrainRecord], direction: Direction, *, room: int | None = None
    ) -> Prompt:
        """Compose a question to a student: the same text that stands before the completion in training.

        Args:
            query: What is asked.
            neighbours: Context, most similar first.
            direction: Which side is given.
            room: Most tokens the prompt may take; `max_length` where not given.

        Raises:
            InputError: The question alone takes more than `room`.
        """
        room = self.max_length if room is None else room
        shown = list(neighbours) if self.arm.has_context else []
        length = 0
        for kept in range(len(shown), -1, -1):
            messages = self._text.messages(query, shown[:kept], direction)
            length = len(self.format.prompt_ids(messages))
            if length <= room:
                return Prompt(messages, tuple(n.id for n in reversed(shown[:kept])), len(shown) - kept)
        raise TooLongError(f"the prompt of {query.id!r} takes {length} tokens without neighbours, more than {room}")

    @property
    def _text(self) -> ExampleText:
        return ExampleText(self.arm, self.max_alignments, self.supplied, self.format.count)


class TooLongError(InputError):
    """An example or a prompt does not fit, even without any neighbour."""


def rewrite_smiles(smiles: str, seed: int) -> str:
    """The same molecule written from another atom; the same seed gives the same text.

    Raises:
        InputError: RDKit cannot read `smiles`.
    """
    from rdkit import Chem

    molecule = read_molecule(smiles)
    [text] = Chem.MolToRandomSmilesVect(molecule.mol, 1, randomSeed=seed % (2**31 - 1) + 1)
    if read_molecule(text).inchikey != molecule.inchikey:
        raise InputError(f"rewriting {shorten(smiles)} changed the molecule; set randomize_smiles=false")
    return str(text)

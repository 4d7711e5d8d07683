"""Chain-of-thought in-context examples: records of a run in, prompts and completions out.

Every text a student ever sees is composed here, for training and for prediction alike.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Direction, PhraseKind, Verdict
from molreflect.training.config import Arm

if TYPE_CHECKING:
    from molreflect.agents.student.chat_format import ChatFormat, Encoded, Message

PROMPT_VERSION = "cot-icmt-1"
"""Bump on any change of wording or layout: a student predicts with the prompts it was trained on."""

SYSTEM = "You are an expert chemist who reads and writes SMILES."
_TASK = {
    Direction.MOL2CAP: "Write the caption of the last molecule.",
    Direction.CAP2MOL: "Write the molecule of the last caption, as SMILES.",
}
_LIST_PARTS = "First list its parts, each as words -> fragment SMILES."
_INPUT = {Direction.MOL2CAP: "Molecule:", Direction.CAP2MOL: "Caption:"}
_ANSWER = {Direction.MOL2CAP: "Caption:", Direction.CAP2MOL: "Molecule:"}
_PARTS = "Parts:"
_ARROW = " -> "
_NO_PARTS = "none"
IGNORED = -100
"""Label of a token that is not trained on (the value torch's cross entropy skips)."""


class Part(NamedTuple):
    """One tie as the student reads and writes it."""

    phrase: str
    fragment: str
    """SMILES of the matched atoms, cut by RDKit."""
    atoms: int = 0
    """Heavy atoms matched, over all hits; decides which parts stay where there are too many."""


@dataclass(frozen=True, slots=True)
class TrainRecord:
    """What training and retrieval need of one record of a run."""

    id: str
    smiles: str
    caption: str
    block: str
    """First block of the molecule's InChIKey; records that share it are the same molecule."""
    parts: tuple[Part, ...] = ()
    """Supported structural alignments of the selected version, in caption order."""
    draft: tuple[Part, ...] = ()
    """The teacher's draft, whatever its verdicts; only the `unverified` arm reads it."""
    neighbours: tuple[str, ...] = ()
    """Ids the run named as similar, most similar first."""


@dataclass(frozen=True, slots=True)
class Query:
    """One question: the input side, and what must not be shown as context."""

    id: str
    text: str
    """SMILES (mol2cap) or caption (cap2mol)."""
    block: str | None
    """InChIKey first block of its molecule, so that the answer is never retrieved; None where nobody knows it."""


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


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """What a generation says, taken apart."""

    answer: str
    """The caption, or the SMILES; empty where there is none."""
    parts: tuple[Part, ...]
    """The alignments the student wrote before it answered."""
    status: str
    """`ok`; `unmarked` (no marker: the whole text is the answer); `no_answer` (only a rationale, or nothing). A
    prediction also knows `asked_again`: the rationale did not come to an end, and the answer was asked for after it."""


# --- records ------------------------------------------------------------------------------------------------------


def read_run(run_dir: Path | str, *, limit: int | None = None) -> list[TrainRecord]:
    """Read what training needs from a run directory's `alignments.jsonl`, in corpus order.

    Records without a molecule or a caption, and records whose status is not `ok`, cannot be trained on and are left
    out.

    Raises:
        InputError: There is no such file, a line is not a record, ids repeat, or no usable record is left.
    """
    path = Path(run_dir) / "alignments.jsonl"
    records: list[TrainRecord] = []
    for number, raw in _json_lines(path, "run `molreflect distill`, or `molreflect export` on a finished run"):
        if raw.get("status", "ok") != "ok" or not raw.get("smiles") or not raw.get("caption"):
            continue
        try:
            records.append(_record(raw))
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{path} line {number} is not a record of alignments ({type(error).__name__}: {error}); "
                "make the file again with `molreflect export`"
            ) from error
        if limit is not None and len(records) == limit:
            break
    if not records:
        raise InputError(f"{path} holds no finished record with both a molecule and a caption; nothing to train on")
    _refuse_repeated(records, path)
    return records


def _record(raw: Mapping[str, Any]) -> TrainRecord:
    alignments: Sequence[Mapping[str, Any]] = raw["alignments"]
    chosen = [
        a
        for a in alignments
        if a["version"] == raw.get("selected")
        and a["verdict"] == Verdict.SUPPORTED
        and a["kind"] == PhraseKind.STRUCTURE
        and a["fragment"]
    ]
    drafted = [
        a
        for a in alignments
        if a["version"] == "draft" and a["kind"] == PhraseKind.STRUCTURE and (a.get("fragment") or a.get("pattern"))
    ]
    molecule = read_molecule(raw["smiles"])
    return TrainRecord(
        id=str(raw["id"]),
        smiles=molecule.smiles,
        caption=_one_line(raw["caption"]),
        block=molecule.block,
        parts=_parts(chosen),
        draft=_parts(drafted),
        neighbours=tuple(str(n) for n in raw.get("neighbours") or ()),
    )


def _parts(alignments: Iterable[Mapping[str, Any]]) -> tuple[Part, ...]:
    """Phrases with their fragments by their place in the caption, each pair once."""
    # Ties in the molecule view have no place; they keep the order of the record behind the placed ones.
    far = 1 << 30
    ordered = sorted(
        enumerate(alignments),
        key=lambda item: (
            far if item[1].get("start") is None else item[1]["start"],
            far if item[1].get("end") is None else item[1]["end"],
            item[0],
        ),
    )
    parts: dict[tuple[str, str], Part] = {}
    for _, a in ordered:
        # A refused draft has no fragment, since nothing was cut; its pattern stands in, as it was proposed.
        part = Part(_one_line(a["phrase"]), a.get("fragment") or a["pattern"], sum(len(hit) for hit in a["atoms"]))
        parts.setdefault((part.phrase, part.fragment), part)
    return tuple(parts.values())


def read_supplied(run_dir: Path | str, direction: Direction) -> dict[str, tuple[Part, ...]]:
    """One-sided alignments by record id, for the `supplied` arm.

    Raises:
        InputError: A record was made from more than the input side: its phrases or fragments would give the
            answer away.
    """
    wanted = "molecule" if direction is Direction.MOL2CAP else "caption"
    path = Path(run_dir) / "alignments.jsonl"
    found: dict[str, tuple[Part, ...]] = {}
    for number, raw in _json_lines(path, f"run `molreflect distill --view {wanted}`"):
        if raw.get("view") != wanted:
            raise InputError(
                f"{path} line {number} was made from the {raw.get('view')!r} view; {direction} needs `--view {wanted}`:"
                " anything else would give the answer away"
            )
        chosen = [
            a
            for a in raw["alignments"]
            if a["version"] == raw.get("selected")
            and a["verdict"] == Verdict.SUPPORTED
            and a["kind"] == PhraseKind.STRUCTURE
            and a["fragment"]
        ]
        found[str(raw["id"])] = _parts(chosen)
    return found


def fingerprint(records: Iterable[TrainRecord]) -> str:
    """SHA-256 over everything of the records that an example can show."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(_compact(record).encode())
    return digest.hexdigest()


def _compact(record: TrainRecord) -> str:
    return json.dumps(
        {
            "id": record.id,
            "smiles": record.smiles,
            "caption": record.caption,
            "block": record.block,
            "parts": [list(part) for part in record.parts],
            "draft": [list(part) for part in record.draft],
        },
        ensure_ascii=False,
    )


def write_records(records: Iterable[TrainRecord], path: Path) -> None:
    """Write records one a line, small enough to travel with an adapter."""
    path.write_text("".join(_compact(record) + "\n" for record in records), encoding="utf-8")


def read_records(path: Path) -> list[TrainRecord]:
    """Read what `write_records` wrote.

    Raises:
        InputError: The file is missing or is not such a file.
    """
    records = []
    for number, raw in _json_lines(path, "train the student again"):
        try:
            records.append(
                TrainRecord(
                    id=raw["id"],
                    smiles=raw["smiles"],
                    caption=raw["caption"],
                    block=raw["block"],
                    parts=tuple(Part(*part) for part in raw["parts"]),
                    draft=tuple(Part(*part) for part in raw["draft"]),
                )
            )
        except (KeyError, TypeError) as error:
            raise InputError(f"{path} line {number} is not a training record; train the student again") from error
    _refuse_repeated(records, path)
    return records


def _json_lines(path: Path, advice: str) -> Iterable[tuple[int, dict[str, Any]]]:
    if not path.is_file():
        raise InputError(f"{path} does not exist; {advice}")
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                raw = json.loads(line)
            except json.JSONDecodeError as error:
                raise InputError(f"{path} line {number} is not JSON ({error.msg}); {advice}") from error
            if not isinstance(raw, dict):
                raise InputError(f"{path} line {number} is not a JSON object; {advice}")
            yield number, raw


def _refuse_repeated(records: Sequence[TrainRecord], path: Path) -> None:
    seen: set[str] = set()
    for record in records:
        if record.id in seen:
            raise InputError(f"{path} holds the id {record.id!r} twice; ids must be unique")
        seen.add(record.id)


def _one_line(text: str) -> str:
    return " ".join(text.split())


# --- examples -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleBuilder:
    """Composes examples and prompts of one arm for one chat format."""

    format: ChatFormat
    arm: Arm = Arm.WRITTEN
    max_alignments: int = 16
    max_length: int = 1024
    """Tokens of prompt and completion together."""
    supplied: Mapping[str, tuple[Part, ...]] | None = None
    """One-sided alignments by id, for the `supplied` arm: of the queries, and of the neighbours shown to them."""

    def example(
        self,
        record: TrainRecord,
        neighbours: Sequence[TrainRecord],
        direction: Direction,
        *,
        smiles: str | None = None,
    ) -> Example:
        """One training example.

        Args:
            record: The query with its answer.
            neighbours: Context, most similar first; shown the other way round, most similar next to the query.
            direction: Which side is given.
            smiles: Another way to write the input molecule (mol2cap); outputs are never rewritten.

        Raises:
            InputError: A neighbour is the query's own molecule, the record has nothing to train on, the chat
                template does not round-trip, or the example is too long even without neighbours, so that its target
                would be cut.
        """
        given = record.smiles if direction is Direction.MOL2CAP else record.caption
        query = Query(record.id, smiles if smiles and direction is Direction.MOL2CAP else given, record.block)
        if not (record.caption if direction is Direction.MOL2CAP else record.smiles).strip():
            raise InputError(f"the record {record.id!r} trains on nothing: its answer is empty")
        completion = self._completion(record, direction)
        shown = list(neighbours) if self.arm.has_context else []
        for kept in range(len(shown), -1, -1):  # the last neighbour is the farthest
            messages = self._messages(query, shown[:kept], direction)
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
        """One question to a student; the same text that stands before the completion in training.

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
            messages = self._messages(query, shown[:kept], direction)
            length = len(self.format.prompt_ids(messages))
            if length <= room:
                return Prompt(messages, tuple(n.id for n in reversed(shown[:kept])), len(shown) - kept)
        raise TooLongError(f"the prompt of {query.id!r} takes {length} tokens without neighbours, more than {room}")

    def _messages(self, query: Query, neighbours: Sequence[TrainRecord], direction: Direction) -> tuple[Message, ...]:
        for neighbour in neighbours:
            if query.block is not None and neighbour.block == query.block:
                raise InputError(
                    f"neighbour {neighbour.id!r} of {query.id!r} is the same molecule (InChIKey block {query.block})"
                )
        lines = [f"{_TASK[direction]} {_LIST_PARTS}" if self.arm.writes_rationale else _TASK[direction], ""]
        for neighbour in reversed(neighbours):
            given = neighbour.smiles if direction is Direction.MOL2CAP else neighbour.caption
            lines += [f"{_INPUT[direction]} {given}", self._worked(neighbour, direction), ""]
        lines.append(f"{_INPUT[direction]} {query.text}")
        if self.arm is Arm.SUPPLIED:
            lines.append(self._rationale(self._supplied_parts(query.id)))
        return ({"role": "system", "content": SYSTEM}, {"role": "user", "content": "\n".join(lines)})

    def _completion(self, record: TrainRecord, direction: Direction) -> str:
        if self.arm is Arm.SUPPLIED:  # the alignments already stand in the prompt
            return self._answer(record, direction)
        return self._worked(record, direction)

    def _worked(self, record: TrainRecord, direction: Direction) -> str:
        """Alignments, where the arm has them, and the answer: of a neighbour, and of what the student must write."""
        if self.arm is Arm.SUPPLIED:
            return f"{self._rationale(self._supplied_parts(record.id))}\n{self._answer(record, direction)}"
        if not self.arm.writes_rationale:
            return self._answer(record, direction)
        rationale = self._rationale(record.draft if self.arm is Arm.UNVERIFIED else record.parts)
        if self.arm is Arm.FILLER:
            rationale = f"{_PARTS}\n{self._filler(rationale.removeprefix(_PARTS).strip())}"
        return f"{rationale}\n{self._answer(record, direction)}"

    def _supplied_parts(self, id: str) -> tuple[Part, ...]:
        if self.supplied is None:
            raise InputError("the supplied arm needs one-sided alignments; set supplied_run")
        if id not in self.supplied:
            raise InputError(f"the supplied run holds no alignments for {id!r}; distill the same corpus one-sided")
        return self.supplied[id]

    def _rationale(self, parts: Sequence[Part]) -> str:
        if len(parts) > self.max_alignments:
            ranked = sorted(range(len(parts)), key=lambda i: (-parts[i].atoms, i))[: self.max_alignments]
            parts = [parts[i] for i in sorted(ranked)]
        lines = [f"{p.phrase}{_ARROW}{p.fragment}" for p in parts] or [_NO_PARTS]
        return "\n".join([_PARTS, *lines])

    def _filler(self, text: str) -> str:
        """Dots that take as many tokens as `text` does."""
        wanted = self.format.count(text)
        dots = max(1, wanted)
        while dots > 1 and self.format.count(" ".join("." * dots)) > wanted:
            dots -= 1
        return " ".join("." * dots)

    @staticmethod
    def _answer(record: TrainRecord, direction: Direction) -> str:
        answer = record.caption if direction is Direction.MOL2CAP else record.smiles
        return f"{_ANSWER[direction]} {answer}"


class TooLongError(InputError):
    """An example or a prompt does not fit, even without any neighbour."""


def preview(example: Example, chat_format: ChatFormat) -> list[tuple[str, bool]]:
    """Every token of an example as text, and whether it is trained on.

    A character that several tokens share stands with the last of them, and the others are empty, so that the texts
    together are the text of the example.
    """
    shown: list[tuple[str, bool]] = []
    waiting: list[int] = []
    last = len(example.encoded.ids) - 1
    for place, (token, label) in enumerate(zip(example.encoded.ids, example.labels, strict=True)):
        waiting.append(token)
        text = str(chat_format.tokenizer.decode(waiting, clean_up_tokenization_spaces=False))
        whole = "\ufffd" not in text or place == last or len(waiting) == _LONGEST_CHARACTER
        shown.append((text if whole else "", label != IGNORED))
        if whole:
            waiting = []
    return shown


_LONGEST_CHARACTER = 4
"""Bytes of a character in UTF-8, and so the most tokens that can share one."""


def parse_answer(text: str, direction: Direction) -> ParsedAnswer:
    """Take a generation apart: the alignments it wrote, and its answer.

    The answer is what follows the first line that opens with the answer's marker. Without a marker, a text that
    wrote no alignments is taken whole; a text that stopped among its alignments has no answer.
    """
    marker = _ANSWER[direction]
    lines = text.strip().splitlines()
    at = next((i for i, line in enumerate(lines) if line.strip().startswith(marker)), None)
    parts = tuple(_read_part(line) for line in (lines if at is None else lines[:at]) if _ARROW in line)
    if at is not None:
        first = lines[at].strip().removeprefix(marker)
        answer = _clean([first, *lines[at + 1 :]], direction)
        return ParsedAnswer(answer, parts, "ok" if answer else "no_answer")
    if parts or not lines or lines[0].strip().startswith(_PARTS):
        return ParsedAnswer("", parts, "no_answer")
    answer = _clean(lines, direction)
    return ParsedAnswer(answer, (), "unmarked" if answer else "no_answer")


def close_rationale(text: str, direction: Direction) -> str:
    """The whole lines of a rationale that was cut short, and the marker after which the answer is due."""
    lines = text.strip().split("\n")[:-1]
    return "\n".join([*lines, _ANSWER[direction]])


def _read_part(line: str) -> Part:
    phrase, _, fragment = line.strip().rpartition(_ARROW)
    return Part(phrase.strip().removeprefix("- "), fragment.strip())


def _clean(lines: Sequence[str], direction: Direction) -> str:
    """A SMILES is one word; a caption ends where the student starts another example."""
    if direction is Direction.CAP2MOL:
        words = " ".join(lines).split()
        return words[0] if words else ""
    kept: list[str] = []
    for line in lines:
        if line.strip().startswith((_INPUT[direction], _ANSWER[direction], _PARTS)):
            break
        kept.append(line)
    return _one_line(" ".join(kept))


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


def without_draft(record: TrainRecord) -> TrainRecord:
    """The record without its unverified draft, which only one arm needs to carry along."""
    return replace(record, draft=())

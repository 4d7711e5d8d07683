"""The facts about molecules, opened once for many calls from many threads."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.services import models
from molreflect.services.models import claims_of
from molreflect.tools.facts.comparison import FINGERPRINT, compare
from molreflect.tools.facts.contents import contents_of
from molreflect.tools.facts.groups import locate
from molreflect.tools.facts.langchain_tools import MAX_SHOWN
from molreflect.tools.facts.molecules import read_one, read_words
from molreflect.tools.facts.properties import KEYS, properties_of, rule_of_five
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.views.drawing import Highlight, draw_alignments

if TYPE_CHECKING:
    from molreflect.agents.schemas import PairRecord
    from molreflect.conversations import Desk
    from molreflect.graphs.align_pair import PairAligner
    from molreflect.tools.resources import Resources
    from molreflect.tools.verification.text_check import CheckedText

SIMILAR = "similar_molecules"
"""The tool of a conversation that looks into the corpus."""


class FactService:
    """Answers what other programs ask of molecules; see `open_facts`.

    Every method takes a molecule as SMILES, InChI or name, and raises `InputError` where it cannot be read.
    """

    def __init__(
        self,
        resources: Resources,
        similar: Callable[[str, int], list[dict[str, Any]]],
        aligner: Callable[[], PairAligner],
    ) -> None:
        """Answer from what is open.

        Args:
            resources: What words are looked up in.
            similar: `(smiles, k)`, the pairs of the corpus that are most similar.
            aligner: Aligns pairs; opened at the first call.
        """
        self._resources, self._similar, self._aligner = resources, similar, aligner

    def molecule(self, words: str) -> Molecule:
        """Read words as one molecule."""
        return read_one(words, self._resources)

    def read(self, words: Sequence[str]) -> models.ReadAnswer:
        """Read SMILES, InChI, names and formulas; what cannot be read says why."""
        found = [models.ReadMolecule.model_validate(read_words(each, self._resources)) for each in words]
        return models.ReadAnswer(molecules=found)

    def groups(self, molecule: str) -> models.GroupsAnswer:
        """List what is in a molecule."""
        read = self.molecule(molecule)
        return models.GroupsAnswer(
            smiles=read.smiles,
            formula=read.formula,
            form=read.form,
            groups=[models.Group.model_validate(group) for group in contents_of(read, self._resources)],
            properties=_properties(read),
        )

    def properties(self, molecule: str) -> models.PropertiesAnswer:
        """Calculate the values of a molecule."""
        read = self.molecule(molecule)
        rule = models.Lipinski.model_validate(rule_of_five(read))
        return models.PropertiesAnswer(smiles=read.smiles, properties=_properties(read), lipinski=rule)

    def locate(self, molecule: str, groups: Sequence[str]) -> models.LocateAnswer:
        """Say where groups are and how many there are."""
        read = self.molecule(molecule)
        found = [asdict(locate(words, read, self._resources)) for words in groups]
        return models.LocateAnswer(
            smiles=read.smiles,
            groups=[models.LocatedGroup(**(each | {"atoms": each["atoms"][:MAX_SHOWN]})) for each in found],
        )

    def compare(self, molecules: Sequence[str]) -> models.Comparison:
        """Compare two to six molecules."""
        read = [self.molecule(each) for each in molecules]
        found = asdict(compare(read, self._resources))
        return models.Comparison(smiles=[each.smiles for each in read], fingerprint=FINGERPRINT, **found)

    def similar(self, molecule: str, k: int) -> models.SimilarAnswer:
        """Find the most similar molecules of the corpus."""
        smiles = self.molecule(molecule).smiles
        return models.SimilarAnswer(
            smiles=smiles, similar=[models.SimilarMolecule(**each) for each in self._similar(smiles, k)]
        )

    def draw(self, molecule: str, groups: Sequence[str] = ()) -> models.Drawing:
        """Draw a molecule, groups of it lit up."""
        read = self.molecule(molecule)
        found = [locate(words, read, self._resources) for words in groups]
        lit = [Highlight(each.name, each.atoms) for each in found if each.atoms]
        return models.Drawing(smiles=read.smiles, svg=draw_alignments(read, lit), lit=[each.label for each in lit])

    def align(self, molecule: str, caption: str) -> PairRecord:
        """Align a caption with a molecule; `judged_record` makes it an answer."""
        return self._aligner().align(self.molecule(molecule).smiles, caption)

    def check(self, molecule: str, text: str) -> CheckedText:
        """Check every structural claim of a text; `judged_text` makes it an answer."""
        from molreflect.tools.verification.text_check import check

        return check(self.molecule(molecule), text, self._resources)

    def judge(self, ties: Sequence[models.ProposedTie]) -> models.JudgedTies:
        """Judge alignments that somebody else made; each SMILES must be one."""
        from molreflect.tools.verification.ties import Tie, judge

        judged = [judge(Tie(**tie.model_dump()), self._resources) for tie in ties]
        return models.JudgedTies(judged=[models.JudgedTie.model_validate(each) for each in judged])


def judged_record(record: PairRecord) -> models.JudgedText:
    """Take the answer from a record."""
    caption = record.caption or ""
    unread = [caption[sentence.start : sentence.end] for sentence in record.unread or ()]
    return models.JudgedText(smiles=record.smiles or "", claims=claims_of(record.alignments), unread=unread)


def judged_text(found: CheckedText) -> models.JudgedText:
    """Take the answer from a checked text."""
    return models.JudgedText(
        smiles=found.smiles, claims=claims_of(found.claims), unread=[left.text for left in found.unread]
    )


@contextmanager
def open_facts(desk: Desk, home: Path) -> Iterator[FactService]:
    """Open the facts over what conversations share.

    Args:
        desk: Has the resources and the corpus.
        home: Where traces of alignments are kept.
    """
    from molreflect.graphs.align_pair import open_aligner

    tools = {tool.name: tool for tool in desk.tools}
    lock, opened = threading.Lock(), list[Any]()
    resources = desk.how["resources"]

    def similar(smiles: str, k: int) -> list[dict[str, Any]]:
        with lock:  # the index is made at the first question
            found: list[dict[str, Any]] = json.loads(tools[SIMILAR].invoke({"smiles": smiles, "k": k}))["similar"]
        return found

    with ExitStack() as stack:

        def aligner() -> PairAligner:
            with lock:
                if not opened:
                    how = {"trace": desk.how["trace"], "private": desk.how["private"]}
                    opened.append(stack.enter_context(open_aligner(resources=resources, home=home, **how)))
                made: PairAligner = opened[0]
            return made

        yield FactService(resources, similar, aligner)


def _properties(molecule: Molecule) -> list[models.Property]:
    return [models.Property.model_validate(each) for each in properties_of(molecule, KEYS)]

"""Chemistry for a notebook: SMILES and words in, small frozen records out; what is looked up in is opened once.

The functions are the ones the teacher's tools and the graphs stand on, without a model in sight. Those that look
something up take `resources`; without, the default ones (no evidence of a corpus) are opened at the first call.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING

from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.molecules import match
from molreflect.tools.molecules.match import Hits
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.names.structures import NamedStructure
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.terms import Level, PhraseKind
from molreflect.tools.verification import verify as verifier
from molreflect.tools.verification.proposals import ProposedAlignment, Verification
from molreflect.tools.verification.text_check import CheckedText, check

if TYPE_CHECKING:
    from molreflect.tools.corpus import Corpus
    from molreflect.tools.retrieval.index import Neighbour


@cache
def default_resources() -> Resources:
    """Open lexicon, caption reader and nomenclature, once."""
    return open_resources()


def find(smiles: str, pattern: str, *, floor: Level = Level.NEUTRAL) -> Hits | None:
    """Find every place where a SMARTS pattern occurs in a molecule; None where it does not.

    >>> find("CC(=O)O", "[CX3](=O)[OX2H1]").atoms
    ((1, 2, 3),)
    >>> find("CC(=O)[O-]", "[CX3](=O)[OX2H1]").level.value
    'neutral'

    Args:
        smiles: The molecule; atom indices are 0-based and run over all its components.
        pattern: SMARTS.
        floor: The loosest rung of the match ladder to climb down to.

    Raises:
        InputError: Molecule or pattern cannot be read, or the search took too long.
    """
    return match.find(read_molecule(smiles), pattern, floor=floor)


def resolve_names(names: Sequence[str], resources: Resources | None = None) -> dict[str, NamedStructure | None]:
    """Turn chemical names into structures, by OPSIN; None for a name that has none.

    >>> resolve_names(["2-methoxyphenol"])["2-methoxyphenol"].smiles
    'COc1ccccc1O'

    Raises:
        InputError: Java or OPSIN is not installed.
    """
    return (resources or default_resources()).nomenclature.resolve(names)


def read_caption(caption: str, resources: Resources | None = None) -> tuple[Phrase, ...]:
    """Read the phrases of a caption that speak about structure, relations, roles and origin.

    >>> [(p.text, p.kind.value) for p in read_caption("The molecule is a phenol. It has a role as a metabolite.")]
    [('phenol', 'structure'), ('metabolite', 'role')]
    """
    return (resources or default_resources()).reader.read(caption)


def look_up(phrase: str, smiles: str | None = None, resources: Resources | None = None) -> tuple[Interpretation, ...]:
    """Look up what a phrase means, as SMARTS patterns with where they come from.

    >>> [(i.name, i.source) for i in look_up("carboxylic acid")]
    [('carboxylic acid', 'class')]

    Args:
        phrase: The phrase, e.g. "methyl ester".
        smiles: The molecule; classes that count rings or the carbons of a skeleton need it.
        resources: What is looked up in.

    Raises:
        InputError: `smiles` cannot be read.
    """
    molecule = read_molecule(smiles) if smiles is not None else None
    return interpret(phrase, resources or default_resources(), molecule=molecule)


def verify(
    phrase: str,
    pattern: str | None = None,
    *,
    smiles: str | None,
    caption: str | None = None,
    kind: PhraseKind = PhraseKind.STRUCTURE,
    resources: Resources | None = None,
) -> Verification:
    """Decide whether a phrase means a pattern in a molecule, and why.

    >>> verify("phenol", "[OX2H1]c1ccccc1", smiles="Oc1ccccc1").verdict.value
    'supported'
    >>> wrong = verify("phenol", "Nc1ccccc1", smiles="Oc1ccccc1")
    >>> wrong.verdict.value, wrong.reason.value
    ('refuted', 'absent')

    Args:
        phrase: Words of the caption.
        pattern: SMARTS of what they are said to mean; None for a relation.
        smiles: The molecule; None lets the corpus of `resources` decide.
        caption: The caption, where there is one; the phrase must stand in it.
        kind: What the phrase speaks about.
        resources: What is looked up in.

    Raises:
        InputError: `smiles` cannot be read.
    """
    proposal = ProposedAlignment(phrase=phrase, pattern=pattern, kind=kind)
    used = resources or default_resources()
    return verifier.verify_all([proposal], smiles=smiles, caption=caption, resources=used)[0]


def check_text(smiles: str, text: str, resources: Resources | None = None) -> CheckedText:
    """Verify every structural claim of any text against a molecule, and say what of the text was not read.

    >>> found = check_text("Oc1ccccc1", "The molecule is a phenol and a carboxylic acid. It lacks a nitro group.")
    >>> [(claim.phrase, claim.verdict.value) for claim in found.claims]
    [('phenol', 'supported'), ('carboxylic acid', 'refuted'), ('nitro group', 'supported')]
    >>> found.claims[0].atoms
    ((0, 1, 2, 3, 4, 5, 6),)
    >>> found.unread
    ()

    Args:
        smiles: The molecule.
        text: A caption, a sentence of a paper, an answer of a language model: any text, of any length.
        resources: What is looked up in.

    Raises:
        InputError: `smiles` cannot be read.
    """
    return check(read_molecule(smiles), text, resources or default_resources())


def draw(
    smiles: str,
    phrases: Sequence[Verification] = (),
    *,
    width: int | None = None,
    height: int | None = None,
    legend: bool = True,
    atom_numbers: bool = False,
) -> str:
    """Draw a molecule as SVG with the atoms of every verified phrase lit up, as large as it needs or as is asked for.

    >>> draw("Oc1ccccc1", [verify("phenol", "[OX2H1]c1ccccc1", smiles="Oc1ccccc1")]).count("phrase-0") > 0
    True

    Raises:
        InputError: `smiles` cannot be read, or the molecule is too large to draw.
    """
    from molreflect.tools.views.drawing import Highlight, draw_alignments

    lit = [Highlight(v.proposal.phrase, v.atoms) for v in phrases if v.atoms]
    return draw_alignments(
        read_molecule(smiles), lit, width=width, height=height, legend=legend, atom_numbers=atom_numbers
    )


def find_neighbours(smiles: str, corpus: Corpus, k: int = 3) -> list[Neighbour]:
    """Find the pairs of a corpus whose molecules are most similar, never the molecule itself.

    For many queries keep one `molreflect.tools.retrieval.index.NeighbourIndex`: this indexes the corpus at each call.

    >>> import tempfile, pathlib
    >>> from molreflect.tools import read_corpus
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "pairs.csv"
    ...     _ = path.write_text("id,smiles,caption\\n1,Oc1ccccc1C,A cresol.\\n2,Oc1ccccc1,A phenol.\\n")
    ...     corpus = read_corpus(path)
    >>> [n.id for n in find_neighbours("Oc1ccccc1", corpus, 1)]
    ['1']

    Raises:
        InputError: `smiles` cannot be read, or the corpus is empty.
    """
    from molreflect.tools.retrieval.index import NeighbourIndex
    from molreflect.tools.retrieval.vectors import Route

    molecule = read_molecule(smiles)
    by_molecule: tuple[Route] = ("molecule",)
    with closing(NeighbourIndex(corpus, routes=by_molecule)) as index:
        return list(index.neighbours(molecule, k=k, exclude={molecule.block}))

"""What functions of the package open, opened once for many calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from contextvars import ContextVar, Token
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.tools.errors import InputError
from molreflect.tools.terms import TeacherProtocol, TraceMode

if TYPE_CHECKING:
    from molreflect.agents.models.registry import Sampling
    from molreflect.agents.schemas import PairRecord
    from molreflect.graphs.align_pair import PairAligner
    from molreflect.tools.corpus import Corpus
    from molreflect.tools.resources import Resources

_current: ContextVar[Session | None] = ContextVar("molreflect_session", default=None)


def _nothing(*_: object) -> None:
    pass


class Session:
    """Opens lexicon, names, teacher and, where one is given, a corpus once for all calls in a `with` block.

    Every function of the package that is called in the block, in the same thread, takes what is open; each part is
    opened when it is first needed.

    >>> import molreflect as mr
    >>> with mr.Session():
    ...     first = mr.align("CCO", "The molecule is a primary alcohol.")
    ...     second = mr.align("CC=O", "The molecule is an aldehyde.")
    >>> [str(record.alignments[0].verdict) for record in (first, second)]
    ['supported', 'supported']

    Args:
        teacher: Who proposes in `align`: `lexicon`, or `provider:model`.
        base_url: Address of an OpenAI-compatible server.
        sampling: How the teacher is sampled; None leaves the provider's defaults.
        protocol: How the teacher is spoken to.
        corpus: Pairs that give evidence and neighbours to `align`; read and prepared once.
        columns: Which column of the corpus holds what; see `molreflect.tools.read_corpus`.
        neighbours: Neighbours shown in reflection.
        trace: How much of each pair is kept as a trace in the home folder.
        private: Whether traces hold hashes in place of molecules and texts.
        report: Told what is going on.

    Raises:
        InputError: The corpus is no table that can be opened.
    """

    def __init__(
        self,
        *,
        teacher: str = "lexicon",
        base_url: str | None = None,
        sampling: Sampling | None = None,
        protocol: TeacherProtocol = TeacherProtocol.AUTO,
        corpus: Path | str | Corpus | None = None,
        columns: str | Mapping[str, str] | None = None,
        neighbours: int = 2,
        trace: TraceMode | str = TraceMode.FULL,
        private: bool = False,
        report: Callable[[str], None] = _nothing,
    ) -> None:
        if isinstance(corpus, (str, Path)):
            from molreflect.tools.corpus import require_corpus

            require_corpus(corpus, columns)  # said here, not at the first call
        self._how: dict[str, Any] = {"teacher": teacher, "base_url": base_url, "sampling": sampling}
        self._how |= {"protocol": protocol, "neighbours": neighbours, "report": report}
        self._how |= {"trace": TraceMode(trace), "private": private}
        self._corpus, self._columns = corpus, columns
        self._stack: ExitStack | None = None
        self._resources: Resources | None = None
        self._aligner: PairAligner | None = None
        self._token: Token[Session | None] | None = None

    def __enter__(self) -> Session:
        if self._stack is not None:
            raise InputError("this session is open already; make another one for another block")
        self._stack = ExitStack()
        self._token = _current.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._stack is not None  # entered, and left once
        assert self._token is not None
        _current.reset(self._token)
        stack, self._stack, self._resources, self._aligner = self._stack, None, None, None
        stack.close()

    @property
    def resources(self) -> Resources:
        """What phrases are looked up in, without a corpus; opened when it is first asked for.

        Raises:
            InputError: The session is not open.
        """
        if self._resources is None:
            from molreflect.settings import Settings
            from molreflect.tools.resources import open_resources

            self._resources = self._opened.enter_context(closing(open_resources(Settings().cache)))
        return self._resources

    def align(self, smiles: str, caption: str) -> PairRecord:
        """Align one pair with the teacher and the corpus of the session; see `molreflect.align`.

        Args:
            smiles: The molecule.
            caption: Its caption.

        Raises:
            InputError: The SMILES cannot be read, the caption is empty, or the teacher or corpus cannot be had.
        """
        if self._aligner is None:
            from molreflect.graphs.align_pair import open_aligner
            from molreflect.settings import Settings
            from molreflect.tools.corpus import Corpus, read_corpus

            if self._corpus is not None and not isinstance(self._corpus, Corpus):
                self._corpus = read_corpus(self._corpus, columns=self._columns)
            settings = Settings()
            shared = self.resources if self._corpus is None else None
            opened = open_aligner(
                **self._how, corpus=self._corpus, resources=shared, cache=settings.cache, home=settings.home
            )
            self._aligner = self._opened.enter_context(opened)
        return self._aligner.align(smiles, caption)

    @property
    def _opened(self) -> ExitStack:
        if self._stack is None:
            raise InputError("this session is not open; use it in a block: with molreflect.Session() as session")
        return self._stack


def current_session() -> Session | None:
    """Look up the session whose block this is, in this thread."""
    return _current.get()


@contextmanager
def shared_resources() -> Iterator[Resources]:
    """Take the resources of the session whose block this is, or open them for this block alone."""
    if (session := current_session()) is not None:
        yield session.resources
        return
    from molreflect.settings import Settings
    from molreflect.tools.resources import open_resources

    with closing(open_resources(Settings().cache)) as resources:
        yield resources

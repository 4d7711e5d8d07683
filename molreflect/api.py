"""Functions of the package for notebooks and scripts; the commands of the same names call them too.

Each fills in where this installation keeps things (`molreflect.settings`) and calls one function of a lower package.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.conversations import OFFLINE, ask, conversation
from molreflect.publishing import push, upload_of
from molreflect.session import Session, current_session, shared_resources
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction, JudgedBy, ServerApi, StudentBackend, TeacherProtocol, TraceMode, View

if TYPE_CHECKING:
    from molreflect.agents.models.registry import Sampling
    from molreflect.agents.schemas import PairRecord
    from molreflect.graphs.batch.run import DistillResult
    from molreflect.graphs.batch.settings import DistillSettings
    from molreflect.graphs.runs.export import Exported
    from molreflect.tools.corpus import Corpus
    from molreflect.tools.verification.text_check import CheckedText
    from molreflect.tools.verification.ties import JudgedTie
    from molreflect.training.evaluation.prediction_files import Predictions
    from molreflect.training.evaluation.results import Evaluation
    from molreflect.training.student.predict import PredictProgress, PredictResult
    from molreflect.training.student.train import TrainResult
    from molreflect.training.student.trainer import TrainProgress

__all__ = [
    "OFFLINE",
    "align",
    "ask",
    "check",
    "check_lines",
    "conversation",
    "distill",
    "evaluate",
    "judge",
    "predict",
    "push",
    "sample_corpus",
    "train",
    "upload_of",
]

Report = Callable[[str], None]
"""Told what is going on."""
Progress = Callable[[str, int, int], None]
"""Told `(what, done, of)`."""


def _nothing(*_: object) -> None: ...


def align(
    smiles: str,
    caption: str,
    *,
    teacher: str | None = None,
    base_url: str | None = None,
    sampling: Sampling | None = None,
    protocol: TeacherProtocol | None = None,
    corpus: Path | str | Corpus | None = None,
    columns: str | Mapping[str, str] | None = None,
    neighbours: int | None = None,
    trace: TraceMode | str | None = None,
    private: bool | None = None,
    report: Report | None = None,
) -> PairRecord:
    """Align one pair; the record is what a run keeps of it.

    In the block of a `Session`, a call that gives nothing but the pair takes the session's teacher and corpus; one that
    gives more opens its own.

    >>> record = align("CC(=O)Oc1ccccc1C(=O)O", "The molecule is a monocarboxylic acid.")
    >>> [(a.phrase, str(a.verdict), a.atoms) for a in record.alignments]
    [('monocarboxylic acid', 'supported', ((10, 11, 12),))]

    Args:
        smiles: The molecule.
        caption: Its caption.
        teacher: `lexicon`, which it is where none is given, or `provider:model`.
        base_url: Address of an OpenAI-compatible server.
        sampling: How the teacher is sampled; the provider's defaults where not given.
        protocol: How the teacher is spoken to; asked for once where not given.
        corpus: Pairs that give evidence and neighbours; without one, chemistry alone judges.
        columns: As in `distill`.
        neighbours: Neighbours shown in reflection; 2 where not given.
        trace: How much is kept as a trace in the home folder; everything where not given.
        private: Whether the trace holds hashes in place of molecule and texts.
        report: Told what is going on.

    Raises:
        InputError: The SMILES cannot be read, the caption is empty, or the teacher cannot be had.
    """
    given: dict[str, Any] = {"teacher": teacher, "base_url": base_url, "sampling": sampling, "protocol": protocol}
    given |= {"corpus": corpus, "columns": columns, "neighbours": neighbours, "trace": trace, "private": private}
    given = {name: value for name, value in (given | {"report": report}).items() if value is not None}
    if not given and (session := current_session()) is not None:
        return session.align(smiles, caption)
    from molreflect.tools.molecules.read import read_molecule

    read_molecule(smiles)  # before packages are loaded that take seconds
    with Session(**given) as own:
        return own.align(smiles, caption)


def check(smiles: str, text: str) -> CheckedText:
    """Check every structural claim of any text about a molecule: a caption, a paper's sentence, a model's answer.

    >>> found = check("CC(=O)Oc1ccccc1C(=O)O", "It is a benzoic acid with a chloro group. It has a frobnicyl ring.")
    >>> [(claim.phrase, str(claim.verdict), str(claim.reason)) for claim in found.claims]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('benzoic acid', 'supported', 'present_and_specific'), ('chloro group', 'refuted', 'absent'),
     ('frobnicyl ring', 'unchecked', 'no_reading')]

    Args:
        smiles: The molecule.
        text: Any text, of any length; what was not read of it is in `unread`.

    Raises:
        InputError: The SMILES cannot be read.
    """
    from molreflect.tools.api import check_text

    with shared_resources() as resources:
        return check_text(smiles, text, resources)


def check_lines(lines: Iterable[str], *, source: str = "the text") -> Iterator[CheckedText]:
    r"""Check many texts, as `check` does, and open what is looked up in once.

    >>> lines = ['{"smiles": "Oc1ccccc1", "text": "It is a phenol."}', '{"smiles": "CCO", "text": "It is a phenol."}']
    >>> [len(found.refuted) for found in check_lines(lines)]
    [0, 1]

    Args:
        lines: JSON objects with `smiles` and `text`, one a line.
        source: Where they come from, for messages.

    Raises:
        InputError: A line cannot be used; the message names it.
    """
    from molreflect.tools.api import check_text
    from molreflect.tools.json_lines import read_objects, text_of

    with shared_resources() as resources:

        def check_one(found: dict[str, Any]) -> CheckedText:
            return check_text(text_of(found, "smiles"), text_of(found, "text"), resources)

        yield from read_objects(lines, source, check_one)


def judge(ties: Iterable[dict[str, Any] | str], *, source: str = "ties") -> Iterator[JudgedTie]:
    """Judge alignments that somebody else made: each a phrase of a caption tied to a pattern.

    >>> tie = {"smiles": "Oc1ccccc1", "caption": "It is a phenol.", "phrase": "phenol", "pattern": "Nc1ccccc1"}
    >>> [(str(judged.verdict), str(judged.reason)) for judged in judge([tie])]
    [('refuted', 'absent')]

    Args:
        ties: `smiles`, `caption`, `phrase`, `pattern` (SMARTS or None), and optionally `start` and `kind`; as objects
            or as lines of JSON.
        source: Where they come from, for messages.

    Raises:
        InputError: A tie cannot be used; the message names its line.
    """
    from molreflect.tools.json_lines import read_objects
    from molreflect.tools.verification.ties import Tie
    from molreflect.tools.verification.ties import judge as judge_one

    with shared_resources() as resources:
        yield from read_objects(ties, source, lambda found: judge_one(Tie.of(found), resources))


def distill(
    corpus: Path | str | Corpus,
    out: Path | str,
    *,
    settings: DistillSettings | None = None,
    limit: int | None = None,
    columns: str | Mapping[str, str] | None = None,
    resume: bool = False,
    redo: bool = False,
    keep_failed: bool = False,
    chroma_url: str | None = None,
    prices: Path | None = None,
    report: Report = _nothing,
    progress: Progress = _nothing,
    say: Report | None = None,
    command: str = "",
    **fields: Any,
) -> tuple[DistillResult, Exported]:
    """Distil a corpus into a run directory of verified alignments, and export it.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     result, exported = distill(sample_corpus(), folder + "/run", limit=3, neighbours=0)
    >>> result.done, exported.summary["rows"]
    (3, {'done': 3})

    Args:
        corpus: TSV, CSV, JSON, JSONL or Parquet file, `hf:NAME[:SPLIT]`, or a corpus that was read.
        out: The run directory.
        settings: Settings of the run; the defaults where not given.
        limit: Only the first so many usable pairs.
        columns: Which column holds what, e.g. `{"smiles": "canonical"}`; see `molreflect.tools.read_corpus`.
        resume: Go on with a run that was interrupted, or whose corpus has changed: what is done is kept.
        redo: With `resume`, do every row again that was done with other settings.
        keep_failed: With `resume`, leave failed rows as they are.
        chroma_url: A Chroma server in place of the run's own index.
        prices: A price table (TOML) that wins over the built-in one.
        report: Told what is going on.
        progress: Told how far it is.
        say: Told what is to be known whatever goes on; `report` where not given.
        command: How the run was begun, as `status` is to say it.
        **fields: Settings by name in place of `settings`, e.g. `teacher="openai:gpt-5-mini"`, `view="caption"`.

    Raises:
        InputError: Corpus, settings, teacher, student or directory cannot be used; nothing is begun then.
    """
    from molreflect.graphs.batch.opening import readable_in
    from molreflect.graphs.batch.run import distill_corpus, require_startable
    from molreflect.graphs.batch.settings import DistillSettings
    from molreflect.settings import Settings

    if settings is not None and fields:
        raise InputError(f"pass either settings or fields of them, not both; got {', '.join(fields)}")
    fields |= {"view": View(fields["view"])} if "view" in fields else {}
    chosen = settings or DistillSettings(**fields)
    require_startable(Path(out), chosen, resume=resume)
    return distill_corpus(
        _read(corpus, limit, columns, readable_in(Path(out)) if resume else frozenset()),
        Path(out),
        chosen,
        resume=resume,
        redo=redo,
        keep_failed=keep_failed,
        cache=Settings().cache,
        chroma_url=chroma_url,
        prices=prices,
        report=report,
        progress=progress,
        say=say,
        command=command,
    )


def train(
    run: Path | str,
    out: Path | str,
    *,
    config: Path | str | None = None,
    progress: Callable[[TrainProgress], None] | None = None,
    resume: bool = True,
    **settings: Any,
) -> TrainResult:
    """Fine-tune a student on a run with LoRA.

    >>> result = train("runs/first", "students/first", max_steps=30)  # doctest: +SKIP

    Args:
        run: A run directory.
        out: Where the student goes.
        config: Settings as YAML.
        progress: Told every progress event.
        resume: Go on with an interrupted training of the same settings; False starts over.
        **settings: Settings by name on top, e.g. `direction="cap2mol"`.

    Raises:
        InputError: The run holds nothing to train on, a setting is wrong, or a package is missing.
    """
    from molreflect.training.config import load_config
    from molreflect.training.student.train import train as fine_tune

    return fine_tune(Path(run), Path(out), load_config(config, settings), progress=progress, resume=resume)


def predict(
    student: Path | str,
    corpus: Path | str | Corpus,
    *,
    direction: Direction | str,
    out: Path | str,
    limit: int | None = None,
    columns: str | Mapping[str, str] | None = None,
    candidates: int = 1,
    max_new_tokens: int | None = None,
    seed: int = 0,
    judge: JudgedBy | str = JudgedBy.VERIFIER,
    supplied_run: Path | str | None = None,
    backend: StudentBackend | str = StudentBackend.LOCAL,
    base_url: str | None = None,
    served_model: str | None = None,
    api: ServerApi = ServerApi.COMPLETIONS,
    batch_size: int = 8,
    resume: bool = True,
    overwrite: bool = False,
    progress: Callable[[PredictProgress], None] | None = None,
) -> PredictResult:
    """Predict the other side of every pair with a student.

    >>> predict("students/first", "test.tsv", direction="cap2mol", out="p.tsv", candidates=4)  # doctest: +SKIP

    Args:
        student: A folder that `train` wrote.
        corpus: Pairs to predict, a file or a corpus that was read.
        direction: Which side is given.
        out: Predictions in MolT5's layout, a .tsv file.
        limit: Only the first so many usable pairs.
        columns: As in `distill`.
        candidates: Answers for each pair, of which the judge chooses one.
        max_new_tokens: Most tokens of an answer; the student's own setting where not given.
        seed: For sampling.
        judge: What chooses among several candidates.
        supplied_run: One-sided run over the same corpus, for a student of the `supplied` arm.
        backend: The student's own weights, or a server.
        base_url: Address of the server.
        served_model: What the server calls the student.
        api: Which interface of the server is used.
        batch_size: Sequences decoded together.
        resume: Go on with an interrupted prediction of the same settings; False starts over.
        overwrite: Replace existing predictions.
        progress: Told every progress event.

    Raises:
        InputError: Student, corpus, server or output cannot be used.
    """
    from molreflect.training.student.folder import read_student
    from molreflect.training.student.predict import predict as ask_student

    served = backend == StudentBackend.OPENAI
    if not served and (base_url is not None or served_model is not None):
        raise InputError("--base-url and --served-model need --backend openai")
    read_student(student)  # a folder that is none is said before thousands of rows are read
    read = _read(corpus, limit, columns)
    with ExitStack() as stack:
        writer = verifier = None
        if served:
            from molreflect.agents.student.served import ServedStudent

            if base_url is None or served_model is None:
                raise InputError("--backend openai needs --base-url and --served-model, as the server names it")
            writer = ServedStudent(base_url, served_model, tokenizer=student, api=api, in_flight=batch_size)
            stack.callback(writer.close)
        if judge == JudgedBy.VERIFIER:
            from molreflect.training.student.rerank import Verifier

            verifier = Verifier(stack.enter_context(shared_resources()))
        return ask_student(
            student,
            read.pairs,
            direction,
            out,
            limit=limit,
            candidates=candidates,
            batch_size=batch_size,
            max_new_tokens=max_new_tokens,
            seed=seed,
            judge=verifier,
            supplied_run=supplied_run,
            student=writer,
            resume=resume,
            overwrite=overwrite,
            progress=progress,
        )


def evaluate(
    predictions: Path | str | Predictions,
    *,
    direction: Direction | str | None = None,
    fcd: bool = False,
    bootstrap: int = 1000,
    seed: int = 0,
    tokenizers: Sequence[str] = ("scibert", "t5"),
    strata: bool = False,
    training: Path | str | Corpus | None = None,
    columns: str | Mapping[str, str] | None = None,
    published: str | None = None,
    faithfulness: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    r"""Score a prediction file.

    >>> from pathlib import Path; from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "p.tsv")
    ...     _ = path.write_text("description\tground truth\toutput\nan acid\tCC(=O)O\tOC(C)=O\n")
    ...     scores = evaluate(path, direction="cap2mol", bootstrap=0)
    >>> scores.rows, scores.molt5["exact_match"]
    (1, 1.0)

    Args:
        predictions: Predictions in MolT5's layout, or predictions that were read.
        direction: Which way was predicted; read off the columns where not given.
        fcd: Compute the Frechet ChemNet Distance too (cap2mol; takes a while and needs `fcd-torch`).
        bootstrap: Resamples for 95 % intervals; 0 for none.
        seed: Of the resamples.
        tokenizers: Which to score captions with; one that is not there is left out with its reason.
        strata: Score classes of rows by molecule size and caption length too.
        training: Training pairs: adds classes of rows by distance to them, and the baseline that copies the nearest
            neighbour's answer.
        columns: Which column holds what: `input`, `truth` and `output` of the predictions, `id`, `smiles` and `caption`
            of the training pairs.
        published: Figures the run is to be set beside, refused at once where it cannot be: `chebi20`, `pubchem324k`.
        faithfulness: Judge the structural claims of captions against the molecules too.
        workers: Processes for RDKit; None for one a core.
        progress: Told how far it is.

    Raises:
        InputError: The predictions or the training pairs cannot be read, or a package is missing.
    """
    from molreflect.training.evaluation.evaluate import evaluate_predictions
    from molreflect.training.evaluation.prediction_files import Predictions, read_predictions, split_columns
    from molreflect.training.evaluation.published import comparable

    mine, of_pairs = split_columns(columns)
    read = predictions if isinstance(predictions, Predictions) else read_predictions(predictions, direction, mine)
    if published is not None:
        comparable(read.direction, len(read.rows), published)  # refused now, not after minutes of scoring
    with ExitStack() as stack:
        return evaluate_predictions(
            read,
            fcd=fcd,
            bootstrap=bootstrap,
            seed=seed,
            tokenizers=tokenizers,
            strata=strata,
            training=None if training is None else _read(training, None, of_pairs),
            faithfulness=faithfulness,
            resources=stack.enter_context(shared_resources()) if faithfulness else None,
            workers=workers,
            progress=progress,
        )


def _read(
    corpus: Path | str | Corpus,
    limit: int | None,
    columns: str | Mapping[str, str] | None,
    readable: Container[str] = frozenset(),
) -> Corpus:
    """Read a corpus, or take one that was read; SMILES that are known to be `readable` are not looked at."""
    from molreflect.tools.corpus import Corpus, read_corpus

    return (
        corpus if isinstance(corpus, Corpus) else read_corpus(corpus, limit=limit, columns=columns, readable=readable)
    )


def sample_corpus() -> Path:
    """Locate the sample corpus that comes with the package."""
    from molreflect.settings import Settings

    return Settings().sample

"""Settings of a batch: everything that decides its result, apart from the corpus."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError

from molreflect.agents.models.noisy_teacher import is_embedded, is_noisy, read_noise
from molreflect.agents.models.registry import Sampling
from molreflect.agents.teacher.budget import Caps, Limits
from molreflect.agents.teacher.endpoint import EndpointPolicy
from molreflect.graphs.alignment.state import AlignmentSettings
from molreflect.tools.errors import InputError
from molreflect.tools.retrieval.vectors import Route
from molreflect.tools.terms import (
    CaptionsBy,
    Engine,
    NeighboursBy,
    PerplexityOf,
    ReflectWhen,
    Select,
    TeacherProtocol,
    TraceMode,
    View,
)

T = TypeVar("T")

_CAPTION_ROUTE: Mapping[CaptionsBy, Route] = {CaptionsBy.EMBEDDINGS: "caption", CaptionsBy.BM25: "bm25"}

_HOW_FAR_AND_FAST = frozenset(
    {
        "base_url",
        "workers",
        "processes",
        "engine",
        "caps",
        "patience",
        "requests_per_minute",
        "tokens_per_minute",
        "keeps_answers",
        "trace",
        "private",
        "batch_api",
        "batch_file",
        "batch_rounds",
    }
)
"""Settings that change no record; a model is the same wherever its server stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillSettings:
    """Everything that decides the result of a run, apart from the corpus."""

    view: View = View.PAIR
    teacher: str = "lexicon"
    base_url: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    protocol: TeacherProtocol = TeacherProtocol.TOOLS
    """How the model is spoken to; `auto`, which `distill_corpus` settles, asks the model once."""
    limits: Limits = field(default_factory=Limits)
    """Bounds of a pair."""
    caps: Caps = field(default_factory=Caps)
    """Caps of the run; they decide how far it gets, not what comes out."""
    patience: float = 600.0
    """Seconds to wait while the endpoint answers nothing at all, before the run stops."""
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    keeps_answers: bool = True
    """Whether answers are looked up in, and kept for, the store that all runs share."""
    batch_api: bool = False
    """Whether drafts are asked in the provider's batches."""
    batch_file: bool = False
    """Whether drafts are asked in batch files that somebody else runs."""
    batch_rounds: int = 12
    """Most batches one after the other: each answers one more call of every draft."""
    student: str | None = None
    select: Select = Select.VERIFIED
    perplexity_of: PerplexityOf = PerplexityOf.ALIGNMENTS
    reflect_when: ReflectWhen = ReflectWhen.REFUSED
    neighbours: int = 2
    """Neighbours shown in reflection; 0 shows none."""
    neighbours_by: NeighboursBy = NeighboursBy.VIEW
    """`view`: by the molecule where the teacher sees it, else by the caption; `both`: by each side in turn."""
    reflect_tokens: int = 6_000
    """Most tokens of a request to reflect."""
    captions_by: CaptionsBy = CaptionsBy.EMBEDDINGS
    """How captions are compared: cosine of sentence embeddings, or BM25 over their words."""
    max_tanimoto: float | None = None
    """Pairs whose molecule is more similar than this to the row's are no neighbours either; None leaves out only those
    with its InChIKey first block."""
    max_repairs: int = 1
    lexicon_patch: str | None = None
    """Classes laid over the curated lexicon, as TOML; see `molreflect.tools.lexicon.patch`. The text itself, so that
    `run.yaml` alone says what the run was made with."""
    verify: bool = True
    """Whether proposals are verified. If not, drafts are recorded as they were proposed, all `unchecked` for the reason
    `not_verified`, and nothing is repaired or reflected on."""
    workers: int = 1
    """Calls of the teacher under way at once, with twice as many pairs more in work that are read and judged meanwhile;
    1 works on one pair after the other. Results do not depend on it."""
    processes: int | None = None
    """Processes, or workers of Ray, that share the work; None starts as many as pay. Results do not depend on it."""
    engine: Engine | None = None
    """What runs the rows; None takes threads, and processes where they pay. Results do not depend on it."""

    trace: TraceMode = TraceMode.FULL
    """How much of the run is kept as traces. Results do not depend on it."""
    private: bool = False
    """Whether traces hold hashes in place of molecules and texts."""

    def __post_init__(self) -> None:
        if not 0 <= self.neighbours <= 16:
            raise InputError(f"neighbours must be 0 to 16, got {self.neighbours}")
        hidden = {View.CAPTION: ("molecule", "both"), View.MOLECULE: ("caption", "both"), View.PAIR: ()}[self.view]
        if self.neighbours_by in hidden:
            raise InputError(
                f"neighbours by {self.neighbours_by} need what the {self.view} view hides; choose by {self.view}"
            )
        if self.max_tanimoto is not None and not 0 <= self.max_tanimoto <= 1:
            raise InputError(f"a Tanimoto threshold is 0 to 1, got {self.max_tanimoto}")
        if is_noisy(self.teacher) and self.base_url is None:
            read_noise(self.teacher)
            if self.view is not View.PAIR:
                raise InputError(f"a noisy teacher spoils ties of captions to their molecules; not --view {self.view}")
        if not self.verify and (self.select == Select.PERPLEXITY or self.reflect_when == ReflectWhen.ALWAYS):
            raise InputError("without verification there is one draft: nothing to reflect on, and nothing to select")
        if self.workers < 1:
            raise InputError(f"workers must be at least 1, got {self.workers}")
        if self.processes is not None and not 1 <= self.processes <= self.workers:
            raise InputError(f"processes must be 1 to the {self.workers} workers they share, got {self.processes}")
        if self.engine == Engine.THREADS and (self.processes or 1) > 1:
            raise InputError(f"--engine threads works in one process, not {self.processes}; pass --engine processes")
        if self.engine == Engine.PROCESSES and not is_embedded(self.teacher) and self.workers < 2:
            raise InputError("--engine processes shares --workers out; pass at least 2 of them")
        if self.student is not None and self.engine in (Engine.PROCESSES, Engine.RAY):
            raise InputError(f"a student works in one process; pass --engine threads in place of {self.engine}")
        _ = self.endpoint_policy()  # which checks its own values
        if self.max_repairs < 0:
            raise InputError(f"repair rounds must not be negative, got {self.max_repairs}")
        if self.reflect_tokens < 1:
            raise InputError(f"tokens of a request to reflect must be at least 1, got {self.reflect_tokens}")
        if self.select == Select.PERPLEXITY and self.student is None:
            raise InputError("--select perplexity needs a student; name one with --student")
        if self.batch_api and self.batch_file:
            raise InputError("pass either --batch-api or --batch-file, not both")
        if self.uses_batches and not self.keeps_answers:
            raise InputError("what batches answer goes through the store of answers; leave out --no-cache")
        bounded = self.caps.tokens is not None or self.caps.cost is not None
        if self.uses_batches and bounded and self.sampling.max_tokens is None:
            # Thousands of questions are out at once, and none can be stopped for what others wrote.
            raise InputError(
                "a cap on tokens or money holds for batches where answers are bounded: pass --answer-tokens"
            )
        if self.batch_rounds < 1:
            raise InputError(f"rounds of batches must be at least 1, got {self.batch_rounds}")
        if self.student is not None and (self.processes or 1) > 1:
            raise InputError("a student works in one process; pass --processes 1, or no student")

    def result_settings(self) -> dict[str, Any]:
        """Plain types for `run.yaml`, without what does not change a result."""
        found = json.loads(json.dumps(asdict(self)))
        sampling = {key: value for key, value in found["sampling"].items() if key not in ("timeout", "retries")}
        # without a patch, and verified, as before there was a choice: a run of then goes on
        usual = {"lexicon_patch": self.lexicon_patch is None, "verify": self.verify}
        left_out = _HOW_FAR_AND_FAST | {name for name, is_usual in usual.items() if is_usual}
        return {key: value for key, value in found.items() if key not in left_out} | {"sampling": sampling}

    @property
    def uses_batches(self) -> bool:
        """Whether drafts are asked in batch files."""
        return self.batch_api or self.batch_file

    def endpoint_policy(self) -> EndpointPolicy:
        """How the teacher's endpoint is called."""
        return EndpointPolicy(
            retries=self.sampling.retries,
            patience=self.patience,
            requests_per_minute=self.requests_per_minute,
            tokens_per_minute=self.tokens_per_minute,
        )

    def pair_settings(self) -> AlignmentSettings:
        """What decides how one pair is worked on."""
        return AlignmentSettings(
            max_repairs=self.max_repairs,
            select=self.select,
            reflect_when=self.reflect_when,
            reflect_tokens=self.reflect_tokens,
            perplexity_of=self.perplexity_of,
            verify=self.verify,
        )

    @property
    def routes(self) -> tuple[Route, ...]:
        """How neighbours are found. Captions are embedded only where they are asked for, which takes a while."""
        if not self.neighbours:
            return ()
        caption = _CAPTION_ROUTE[self.captions_by]
        if self.neighbours_by == NeighboursBy.BOTH:
            return ("molecule", caption)
        by_view = self.neighbours_by == NeighboursBy.VIEW and self.view is View.CAPTION
        by_caption = self.neighbours_by == NeighboursBy.CAPTION or by_view
        return (caption,) if by_caption else ("molecule",)


def read_settings(path: Path) -> dict[str, Any]:
    """Read settings of a run from a YAML file: fields of `DistillSettings`, or the `run.yaml` of another run.

    Raises:
        InputError: The file cannot be read, or is no mapping.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise InputError(f"the settings file {path} cannot be read ({error.strerror})") from error
    except yaml.YAMLError as error:
        raise InputError(f"the settings file {path} is not YAML: {error}") from error
    if isinstance(found, dict) and isinstance(found.get("settings"), dict):  # a run.yaml
        server = {"base_url": found["server"]} if found.get("server") is not None else {}
        found = found["settings"] | server
    if not isinstance(found, dict):
        raise InputError(f"the settings file {path} must hold `name: value` lines")
    return {str(name): value for name, value in found.items()}


def settings_of(named: Mapping[str, Any]) -> DistillSettings:
    """Make settings of plain values: mappings for `sampling`, `limits` and `caps`, texts for choices.

    Raises:
        InputError: A name is unknown, or a value does not fit; the message says which.
    """
    return _checked(DistillSettings, named, "")


def _checked(kind: type[T], named: Mapping[str, Any], before: str) -> T:
    types = get_type_hints(kind)
    values = {}
    for name, value in named.items():
        if name not in types:
            close = get_close_matches(name, types, 1) or [", ".join(types)]
            raise InputError(f"{before}{name} is no setting of a run; did you mean {close[0]}?")
        if is_dataclass(types[name]) and not is_dataclass(value):
            if not isinstance(value, Mapping):
                raise InputError(f"{before}{name} must hold `name: value` lines, got {value!r}")
            values[name] = _checked(types[name], value, f"{before}{name}.")
            continue
        try:
            values[name] = TypeAdapter(types[name]).validate_python(value)
        except ValidationError as error:
            detail = error.errors()[0]["msg"]
            raise InputError(f"{before}{name} is {value!r}: {detail[0].lower()}{detail[1:]}") from None
    return kind(**values)

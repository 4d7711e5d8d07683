"""Verdicts, reasons and the evidence that stands behind them: the words every other part agrees on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

ProgressCallback = Callable[[str, int, int], None]
"""`(what, done, of)`: a progress event."""


class PhraseKind(StrEnum):
    """What a phrase of a caption speaks about."""

    STRUCTURE = "structure"
    """Part of the molecule: "methyl ester", "2-methoxyphenol"."""
    RELATION = "relation"
    """Another compound and how it is related: "derives from a pregnane"."""
    ROLE = "role"
    """What the molecule does: "plant metabolite". Has no pattern by nature."""
    ORIGIN = "origin"
    """Where it was found: "isolated from Aspergillus". Has no pattern by nature."""


class Direction(StrEnum):
    """What a student is given and what it writes."""

    MOL2CAP = "mol2cap"
    CAP2MOL = "cap2mol"


class Directions(StrEnum):
    """One direction, or both."""

    CAP2MOL = "cap2mol"
    MOL2CAP = "mol2cap"
    BOTH = "both"

    @property
    def each(self) -> tuple[Direction, ...]:
        """The directions it stands for, in the order of `Direction`."""
        return tuple(Direction) if self is Directions.BOTH else (Direction(self.value),)


class ExportFormat(StrEnum):
    """How examples of a run are written for other programs."""

    SFT = "sft"
    """Prompt and completion as messages, as TRL's `SFTTrainer` takes them."""
    PREFERENCE = "preference"
    """Prompt, chosen and rejected as messages, as TRL's `DPOTrainer` takes them."""
    ALPACA = "alpaca"
    """Instruction, input and output."""
    SHAREGPT = "sharegpt"
    """Conversations of turns with `from` and `value`."""


class TraceMode(StrEnum):
    """How much of a run is kept as traces."""

    FULL = "full"
    """Every message, argument and result."""
    SUMMARY = "summary"
    """Steps, times, verdicts in numbers, tokens and cost; no messages and no texts."""
    OFF = "off"
    """Nothing."""


class Verdict(StrEnum):
    """Whether an alignment stands."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    """Chemistry contradicts the tie."""
    UNCHECKED = "unchecked"
    """Nothing here can decide it. Never counted as support."""


class Level(StrEnum):
    """How strictly a pattern matched (the match ladder), strictest first."""

    EXACT = "exact"
    """With stereochemistry where the pattern states it."""
    FLAT = "flat"
    """Stereochemistry ignored."""
    NEUTRAL = "neutral"
    """Charges and protonation normalised on both sides: an acid matches its anion."""
    SKELETON = "skeleton"
    """Bond orders and aromaticity ignored as well: for "derives from a hydride of a pregnane"."""
    SMILES = "smiles"
    """Nowhere as SMARTS, but there as the SMILES the pattern looks like (Kekule rings, explicit hydrogens, nitro or
    azide spelt otherwise). No rung to climb down to: see `molreflect.tools.molecules.smiles_patterns`."""


LADDER: tuple[Level, ...] = (Level.EXACT, Level.FLAT, Level.NEUTRAL, Level.SKELETON)


class View(StrEnum):
    """What the teacher may see."""

    PAIR = "pair"
    MOLECULE = "molecule"
    CAPTION = "caption"


class PerplexityOf(StrEnum):
    """What the student's perplexity is taken of."""

    ALIGNMENTS = "alignments"
    """The alignments as text, given the input side."""
    TARGET = "target"
    """The output side, given the input side and the alignments: how much they help to write it."""


class Select(StrEnum):
    """What decides between a draft and its reflection."""

    VERIFIED = "verified"
    """Verified coverage first; perplexity breaks ties."""
    PERPLEXITY = "perplexity"
    """Perplexity alone, which is the paper's rule."""


class ReflectWhen(StrEnum):
    """When a teacher is asked to reflect on its draft."""

    REFUSED = "refused"
    """Where something was refused or unread."""
    ALWAYS = "always"


class NeighboursBy(StrEnum):
    """Which side of a pair its neighbours resemble."""

    VIEW = "view"
    """The molecule where the teacher sees it, else the caption."""
    MOLECULE = "molecule"
    CAPTION = "caption"
    BOTH = "both"
    """Each side in turn."""


class CaptionsBy(StrEnum):
    """How captions are compared."""

    EMBEDDINGS = "embeddings"
    """Cosine of sentence embeddings."""
    BM25 = "bm25"


NOT_REFLECTED = "nothing was refused, so nothing was reflected on"
"""Why the draft of a row was selected that had no need of a reflection."""


class FailureKind(StrEnum):
    """Why a row of a batch has no record. Every failed row has exactly one."""

    ENDPOINT = "endpoint"
    """The server could not be reached or answered with errors, again and again."""
    REJECTED = "rejected"
    """The server would not take this request (too long, not allowed)."""
    FILTERED = "filtered"
    """A content filter of the provider stopped the request or its answer."""
    REFUSAL = "refusal"
    """The model declined in words."""
    MALFORMED = "malformed"
    """The answers could not be used, and telling the model so did not help."""
    CUT = "cut"
    """The answers ended at the limit of tokens before they were whole."""
    BOUND = "bound"
    """A bound of the pair was reached before there was an answer."""
    INPUT = "input"
    """The pair itself cannot be worked on."""
    UNEXPECTED = "unexpected"
    """An error nobody foresaw; its traceback is kept."""

    @property
    def answered(self) -> bool:
        """Whether the model's own answers are at fault, so that the same answers would fail again."""
        return self in (FailureKind.REFUSAL, FailureKind.MALFORMED, FailureKind.CUT, FailureKind.FILTERED)


class CommandName(StrEnum):
    """What may be asked of a run that goes on."""

    PAUSE = "pause"
    """Make no new call; what is under way is finished and kept."""
    RESUME = "resume"
    """Make calls again."""
    CONCURRENCY = "concurrency"
    """Make at most so many calls at a time."""
    STOP = "stop"
    """End the run as Ctrl-C does."""


class Engine(StrEnum):
    """What runs the rows of a batch."""

    THREADS = "threads"
    """Threads of one process."""
    PROCESSES = "processes"
    """Threads of several processes of this machine."""
    RAY = "ray"
    """Workers of a Ray cluster, by Ray Data."""


class TeacherProtocol(StrEnum):
    """How a teacher's model is spoken to."""

    AUTO = "auto"
    """Ask the model once which of the two it can."""
    TOOLS = "tools"
    JSON = "json"


class SamplingPreset(StrEnum):
    """Where a teacher's sampling starts from."""

    PROVIDER = "provider"
    """The provider's defaults."""
    PAPER = "paper"


class ServerApi(StrEnum):
    """Which interface of an OpenAI-compatible server a student is asked through."""

    COMPLETIONS = "completions"
    """Keeps the student's own chat template."""
    CHAT = "chat"


class StudentBackend(StrEnum):
    """Where a student's answers are generated."""

    LOCAL = "local"
    OPENAI = "openai"
    """An OpenAI-compatible server."""


class TrainMethod(StrEnum):
    """How a student learns from a run."""

    SFT = "sft"
    """From the accepted answers, token by token."""
    DPO = "dpo"
    """From pairs of answers, one accepted and one refused (direct preference optimisation)."""
    GRPO = "grpo"
    """From rewards for its own answers, compared within groups (group relative policy optimisation)."""


class PropertySplit(StrEnum):
    """How molecules with properties are split into training, validation and test parts."""

    RANDOM = "random"
    SCAFFOLD = "scaffold"
    """Whole Murcko scaffolds, the most frequent ones in training; the same at every seed."""
    BALANCED = "balanced"
    """Whole Murcko scaffolds, shuffled."""
    SEPARATED = "separated"
    """Whole clusters, so that no molecule is very similar to one of another part."""


class JudgedBy(StrEnum):
    """What chooses among a student's candidates."""

    VERIFIER = "verifier"
    FORM = "form"
    """Whether the answer can be read."""


class ScoreTokenizer(StrEnum):
    """Whose tokens BLEU and METEOR of captions are counted in."""

    SCIBERT = "scibert"
    T5 = "t5"


class Reason(StrEnum):
    """Why a verdict is what it is. One word per way to pass or fail; the message says what to do about it."""

    # supported
    PRESENT_AND_SPECIFIC = "present_and_specific"
    CORPUS_SUPPORTED = "corpus_supported"
    """Only a caption is known: the corpus decides (question 6 of the design)."""
    RELATION_HOLDS = "relation_holds"
    ABSENT_AS_STATED = "absent_as_stated"
    """The text says that the molecule does not have it, and the molecule does not."""
    # refuted
    MISQUOTED = "misquoted"
    UNREADABLE = "unreadable"
    ABSENT = "absent"
    TOO_GENERAL = "too_general"
    TOO_LARGE = "too_large"
    """The pattern covers nearly the whole molecule although the phrase names a part."""
    WRONG_COUNT = "wrong_count"
    WRONG_POSITION = "wrong_position"
    CONTRADICTS_READING = "contradicts_reading"
    """The phrase has a known structure, and the pattern matched other atoms than that structure."""
    NOT_A_MEMBER = "not_a_member"
    """The words say that the molecule is one of a class, and what holds of all its members does not hold of it."""
    NOT_SUPPORTED_BY_CORPUS = "not_supported_by_corpus"
    RELATION_FAILS = "relation_fails"
    PRESENT_THOUGH_DENIED = "present_though_denied"
    """The text says that the molecule does not have it, and the molecule does."""
    # unchecked
    ROLE_OR_ORIGIN = "role_or_origin"
    NO_READING = "no_reading"
    """No pattern was proposed, and none is known for the phrase."""
    NAME_WITHOUT_STRUCTURE = "name_without_structure"
    """A relation's named compound could not be turned into a structure."""
    WHICH_PLACE = "which_place"
    """The pattern is at several places, the phrase speaks of fewer, and nothing says which."""
    ABSENCE_UNDECIDED = "absence_undecided"
    """What the phrase means was not found, and the pattern is narrower than the words may mean."""
    MINED_ONLY = "mined_only"
    """Only a fragment that the corpus suggests stands behind the tie."""
    TOO_RARE = "too_rare"
    """Only a caption is known and the corpus has too few pairs with the phrase to decide."""
    DENIAL_UNDECIDED = "denial_undecided"
    """The text says that the molecule does not have it; something like it is there, in another form or place."""
    OUT_OF_BOUNDS = "out_of_bounds"
    """A limit on size or time was reached before the question could be answered."""
    NOT_VERIFIED = "not_verified"
    """Verification was off: nothing was asked."""

    @property
    def sentence(self) -> str:
        """What it says of a phrase to a reader, where a message of the verifier speaks to a teacher."""
        return _SENTENCES[self]


_SENTENCES: dict[Reason, str] = {
    Reason.PRESENT_AND_SPECIFIC: "it is there",
    Reason.CORPUS_SUPPORTED: "molecules whose captions say it nearly always have it",
    Reason.RELATION_HOLDS: "the relation holds",
    Reason.ABSENT_AS_STATED: "it is not there, as the text says",
    Reason.MISQUOTED: "the caption does not say it in these words",
    Reason.UNREADABLE: "its pattern is no readable SMARTS",
    Reason.ABSENT: "it is not in the molecule",
    Reason.TOO_GENERAL: "its pattern fits nearly any molecule",
    Reason.TOO_LARGE: "its pattern covers nearly the whole molecule, and the words name a part",
    Reason.WRONG_COUNT: "it is there, but not as many times as said",
    Reason.WRONG_POSITION: "it is at other positions",
    Reason.CONTRADICTS_READING: "the words mean something else",
    Reason.NOT_A_MEMBER: "it is not one of them",
    Reason.NOT_SUPPORTED_BY_CORPUS: "molecules whose captions say it mostly lack the pattern",
    Reason.RELATION_FAILS: "the relation does not hold",
    Reason.PRESENT_THOUGH_DENIED: "it is there, although the text says that it is not",
    Reason.ROLE_OR_ORIGIN: "a role or an origin, which no structure shows",
    Reason.NO_READING: "its meaning is not known",
    Reason.NAME_WITHOUT_STRUCTURE: "the compound it names could not be compared",
    Reason.WHICH_PLACE: "it is at several places, and which is meant is not said",
    Reason.ABSENCE_UNDECIDED: "it was not found, and the words may mean more than was looked for",
    Reason.MINED_ONLY: "only a fragment that the corpus suggests stands behind it",
    Reason.TOO_RARE: "too few captions say it to decide without the molecule",
    Reason.DENIAL_UNDECIDED: "it could not be decided whether it is there",
    Reason.OUT_OF_BOUNDS: "a limit on size or time was reached",
    Reason.NOT_VERIFIED: "it was not verified",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """How the corpus speaks on one tie of a phrase and a pattern.

    Captions are open-world: they do not name every class a molecule belongs to. So recall counts, precision
    does not.
    """

    pairs_with_phrase: int
    """Pairs of the corpus whose caption uses the phrase, the query's own pair left out."""
    recall: float | None = None
    """Share of those pairs whose molecule contains the pattern, 0 to 1; None when there are none."""
    recall_error: float | None = None
    """Standard error of `recall` where some of very many pairs were looked at; None where all of them were."""
    background: float | None = None
    """Share of all pairs whose molecule contains the pattern, 0 to 1; None where the tie has a known meaning, which
    the corpus cannot overrule."""
    background_error: float | None = None
    """Standard error of `background` where a sample of a large corpus was counted; None where all of it was."""
    lift: float | None = None
    """`recall / background`; None where either is missing or the background is 0."""
    p_value: float | None = None
    """One-sided Fisher exact test that phrase and pattern occur together more than by chance."""
    counterexamples: tuple[str, ...] = ()
    """Ids of pairs captioned with the phrase whose molecule lacks the pattern, at most five, corpus order."""

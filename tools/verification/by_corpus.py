"""Whether the corpus supports a proposed alignment: the last question, and the only one without a molecule."""

from __future__ import annotations

from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.molecules.smiles_patterns import read_as_smiles
from molreflect.tools.terms import Evidence, Level, Reason
from molreflect.tools.verification import messages
from molreflect.tools.verification.case import Case, Found
from molreflect.tools.verification.proposals import Verification

MIN_PAIRS = 5
"""Fewest other pairs with the phrase for the corpus to have a say."""
MIN_RECALL = 0.6
"""Least share of the pairs with the phrase that must contain the pattern."""
MIN_RECALL_ONE_SIDED = 0.8
"""The same where the corpus alone decides (no molecule is known)."""
MIN_LIFT = 1.5
"""Least recall over background of a pattern that no curated class and no name stands behind."""
MAX_P_VALUE = 0.01
"""Greatest Fisher p-value of such a pattern where the corpus alone decides."""
COMMON = 0.5
"""Share of the corpus above which a pattern without an interpretation says nothing."""


def check_corpus(case: Case, found: Found) -> Verification:
    """Ask whether the corpus speaks against an alignment that chemistry agrees with."""
    hits, meant = found.hits, found.meant
    note = messages.PARTLY_READ if meant is not None and meant.unread else ""
    told = {"unread": meant.unread, "meant": meant} if meant is not None else {}
    asked: tuple[str, ...] = (hits.pattern,)
    floor = case.proposal.floor
    if meant is not None and meant.computed:
        if not meant.general:  # cut from this very molecule: no other one can speak about it
            return case.supported(Reason.PRESENT_AND_SPECIFIC, note, hits=hits, **told)
        asked, floor = meant.general, meant.general_floor
    elif meant is not None:
        asked = meant.patterns if case.pattern in meant.patterns else asked
        floor = meant.floor
    evidence = _evidence(case, asked, floor, whole=meant is None)
    background = (evidence.background if evidence is not None else None) or 0.0
    if evidence is not None and evidence.recall is not None and evidence.pairs_with_phrase >= MIN_PAIRS:
        if evidence.recall < MIN_RECALL and meant is None:
            shown = ", ".join(evidence.counterexamples[:3])
            return case.refuted(
                Reason.NOT_SUPPORTED_BY_CORPUS, messages.RARELY_TOGETHER, hits=hits, evidence=evidence, shown=shown
            )
        refusal = messages.NO_OFTENER_TOGETHER if (evidence.lift or 0.0) < MIN_LIFT else None
    else:
        refusal = messages.COMMON if background > COMMON else None
    if meant is None and refusal is not None:
        return case.refuted(Reason.TOO_GENERAL, refusal, hits=hits, evidence=evidence, background=background)
    return case.supported(Reason.PRESENT_AND_SPECIFIC, note, hits=hits, evidence=evidence, **told)


def decide_by_corpus_alone(case: Case, known: tuple[Interpretation, ...]) -> Verification:
    """Decide in the `caption` view, where there is no molecule to look at."""
    meant = next((meant for meant in known if case.pattern in meant.patterns), None)
    patterns: tuple[str, ...] = tuple(filter(None, (case.pattern, read_as_smiles(case.pattern))))
    floor = case.proposal.floor
    if meant is not None:
        patterns, floor = meant.patterns, meant.floor
    evidence = _evidence(case, patterns, floor, whole=True)
    if evidence is None or evidence.pairs_with_phrase < MIN_PAIRS or evidence.recall is None:
        return case.unchecked(Reason.TOO_RARE, messages.TOO_RARE, evidence=evidence)
    p_value = 1.0 if evidence.p_value is None else evidence.p_value
    telling = meant is not None or ((evidence.lift or 0.0) >= MIN_LIFT and p_value <= MAX_P_VALUE)
    if evidence.recall >= MIN_RECALL_ONE_SIDED and telling:
        return case.supported(Reason.CORPUS_SUPPORTED, evidence=evidence)
    return case.refuted(
        Reason.NOT_SUPPORTED_BY_CORPUS,
        messages.NOT_TOGETHER,
        evidence=evidence,
        background=evidence.background or 0.0,
    )


def _evidence(case: Case, patterns: tuple[str, ...], floor: Level, *, whole: bool) -> Evidence | None:
    """Ask the corpus: the pairs with the phrase, and where the tie has to stand out, what is usual in the whole."""
    corpus = case.resources.evidence
    if corpus is None:
        return None
    own = corpus.own_pair(case.pair_id, case.molecule)
    ask = corpus.tie_any if whole else corpus.recall
    return ask(case.phrase.key, patterns, level=floor, leave_out=own)

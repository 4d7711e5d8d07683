"""The caption reader: which words are phrases, where they stand, and what they state."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from caption_cases import caption_cases, texts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.lexicon.classes import load_lexicon
from molreflect.tools.terms import PhraseKind


@pytest.mark.parametrize(
    ("caption", "expected"),
    caption_cases("""
Alcohol consumption and acid rain are unhealthy.
    -
It binds the dopamine receptor and inhibits alcohol dehydrogenase.
    -
The compound is soluble in alcohol, ether and benzene.
    -
It lacks a methyl group and is without a carboxylic acid.
    -
It has no nitro group.
    -
"""),
)
def test_prose_that_only_mentions_names_has_no_structural_phrases(
    reader: CaptionReader, caption: str, expected: list[str]
) -> None:
    assert texts(reader.read(caption)) == expected


def well_formed(caption: str, phrases: tuple[Phrase, ...]) -> None:
    ends: dict[PhraseKind, int] = {}
    assert [p.start for p in phrases] == sorted(p.start for p in phrases)
    for phrase in phrases:
        assert caption[phrase.start : phrase.end] == phrase.text
        assert phrase.start < phrase.end
        assert phrase.start >= ends.get(phrase.kind, 0)
        ends[phrase.kind] = phrase.end
        assert phrase.count is None or phrase.count >= 2
        assert (phrase.relation is not None) == (phrase.kind is PhraseKind.RELATION)


PIECES = """
The molecule is It a an the methyl ester of hydroxy group groups at position positions 2 3' and 11 , . ; ( ) substituted
by replaced in which hydrogens conjugate base acid benzoic derives from hydride role as plant metabolite isolated Genus
species condensation formal with carboxy two di N-acetyl respectively specified those member class consisting residues
A without 1,2-di-O-acyl [ ] → é
"""


@given(st.lists(st.sampled_from([*PIECES.split(), "", "\n", "\x00", "\u202e", "א"]), max_size=60))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_run_of_caption_words_gives_exact_sorted_disjoint_phrases(reader: CaptionReader, words: list[str]) -> None:
    caption = " ".join(words)
    phrases = reader.read(caption)
    well_formed(caption, phrases)
    assert phrases == reader.read(caption) == CaptionReader(load_lexicon()).read(caption)


@given(st.text(max_size=400))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_at_all_is_read_without_error(reader: CaptionReader, caption: str) -> None:
    well_formed(caption, reader.read(caption))


HOSTILE = {
    "open brackets": "(" * 100_000,
    "nested brackets": "[(" * 25_000 + ")]" * 25_000,
    "brackets across words": "a(b " * 25_000,
    "one endless relation": "conjugate base of " * 5_600,
    "salts of salts": "It is a salt of benzene, a " * 3_700,
    "reactions": "formal condensation of the carboxy group of " * 2_300,
    "endless locants": "hydroxy group at positions " + "1, " * 33_000,
    "one long locant": "hydroxy group at position " + "1," * 49_000,
    "clauses": "in which the x " * 6_600,
    "one long name": "It is a " + "di" * 50_000,
    "spaces": "It is a methyl" + " " * 99_000 + "ester of x",
    "null bytes": "\x00" * 100_000,
    "right to left": "‮אב " * 25_000,
    "claims": "is a " * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_captions_take_well_under_two_seconds_of_processor_time(reader: CaptionReader, name: str) -> None:
    caption = HOSTILE[name]
    start = time.process_time()
    well_formed(caption, reader.read(caption))
    assert time.process_time() - start < 2


def test_time_grows_linearly_with_the_caption(reader: CaptionReader) -> None:
    sentence = (
        "The molecule is a phenol that is toluene substituted by hydroxy and methyl groups at positions 2 and 4. "
    )

    def seconds(times: int) -> float:
        caption = sentence * times
        runs = []
        for _ in range(3):
            start = time.process_time()
            reader.read(caption)
            runs.append(time.process_time() - start)
        return min(runs)

    seconds(10)
    assert seconds(800) < 30 * seconds(80)  # ten times the text; quadratic would be a hundred times


def shared_captions(corpus: str) -> list[str]:
    folder = os.environ.get("MOLREFLECT_SHARED_DATA")
    path = Path(folder or "") / corpus / "validation.txt"
    if not folder or not path.is_file():
        pytest.skip(f"MOLREFLECT_SHARED_DATA has no {corpus}/validation.txt")
    rows = path.read_text(encoding="utf-8").split("\n")[1:]
    return [row.split("\t", 2)[2] for row in rows if row.count("\t") >= 2]


@pytest.mark.parametrize(("corpus", "least"), [("chebi20", 0.95), ("pubchem324k", 0.80)])
def test_captions_of_the_field_have_structural_phrases(reader: CaptionReader, corpus: str, least: float) -> None:
    captions = shared_captions(corpus)
    structural = 0
    for caption in captions:
        phrases = reader.read(caption)
        well_formed(caption, phrases)
        structural += any(p.kind is PhraseKind.STRUCTURE for p in phrases)
    assert structural / len(captions) > least

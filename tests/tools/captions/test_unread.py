"""What was not read is said."""

from __future__ import annotations

import time

import pytest

from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.captions.unread import Unread, unread


def unread_of(reader: CaptionReader, caption: str) -> tuple[Unread, ...]:
    return unread(caption, reader.read(caption), reader)


def test_a_sentence_whose_names_were_read_is_not_unread(reader: CaptionReader) -> None:
    caption = "The molecule is a phenol that is toluene substituted by a hydroxy group at position 4."
    assert unread_of(reader, caption) == ()


def test_a_name_outside_every_phrase_is_unread_with_its_sentence(reader: CaptionReader) -> None:
    caption = "The molecule is a phenol. Whatever one says, a pyrimidine comes to mind."
    (found,) = unread(caption, (), reader)[1:]
    assert caption[found.start : found.end] == found.text
    assert found.text.startswith("Whatever")
    assert found.words == ("pyrimidine",)


def test_a_count_of_rings_is_a_claim(reader: CaptionReader) -> None:
    assert [u.words for u in unread_of(reader, "Altogether it shows four rings.")] == [("rings",)]


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("The ring is aromatic.", ("aromatic",)),
        ("Both rings are fused.", ("fused",)),
        ("It is not saturated, and its carbon chain is branched.", ("saturated", "branched")),
        ("The molecule is planar and conjugated.", ("planar", "conjugated")),
        ("The rings are fused to each other.", ()),
        ("It is an aromatic ether.", ()),
    ],
)
def test_what_is_said_of_a_part_without_a_name_is_a_claim(
    reader: CaptionReader, caption: str, words: tuple[str, ...]
) -> None:
    assert [u.words for u in unread_of(reader, caption)] == ([words] if words else [])


@pytest.mark.parametrize(
    "caption",
    [
        "It was discovered in 1957 by a team at a university.",
        "It is used in the synthesis of benzaldehyde.",
        "It inhibits alcohol dehydrogenase.",
        "It lacks a hydroxy group.",
        "",
        "\x00\x01",
    ],
)
def test_other_matters_and_what_is_missing_are_not_unread(reader: CaptionReader, caption: str) -> None:
    assert unread_of(reader, caption) == ()


def test_time_grows_linearly_with_the_caption(reader: CaptionReader) -> None:
    caption = "Somewhere a pyrimidine, a phenol and a 2-chlorophenyl group stand. " * 2_000
    start = time.process_time()
    assert len(unread(caption, (), reader)) == 2_000
    assert time.process_time() - start < 2

# ruff: noqa: E501  (captions of the tables stand on one line each)
"""The caption reader: which words are phrases, where they stand, and what they state."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from molreflect.tools.captions.cue_words import load_cue_words
from molreflect.tools.captions.name_shape import looks_chemical
from molreflect.tools.captions.phrases import Phrase, of_kind, shift
from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.captions.tokens import tokenise
from molreflect.tools.lexicon.classes import load_lexicon
from molreflect.tools.terms import PhraseKind

S, REL, ROLE, ORIGIN = PhraseKind.STRUCTURE, PhraseKind.RELATION, PhraseKind.ROLE, PhraseKind.ORIGIN


@pytest.fixture(scope="module")
def reader() -> CaptionReader:
    return CaptionReader(load_lexicon())


def texts(phrases: tuple[Phrase, ...], kind: PhraseKind) -> list[str]:
    return [phrase.text for phrase in of_kind(phrases, kind)]


STRUCTURES = [
    ("The molecule is a methyl ester.", ["methyl ester"]),
    ("The molecule is 2-methoxyphenol.", ["2-methoxyphenol"]),
    ("The molecule is the dicarboxylic acid.", ["dicarboxylic acid"]),
    ("It is an aromatic ketone, a primary alcohol and a methyl ester.", ["aromatic ketone", "primary alcohol", "methyl ester"]),
    (
        "It is a 3-oxo-Delta(4) steroid, an 11-oxo steroid and a methyl ester.",
        ["3-oxo-Delta(4) steroid", "11-oxo steroid", "methyl ester"],
    ),
    ("It is a member of pyridines and a member of the class of ureas.", ["pyridines", "ureas"]),
    ("The molecule is a member of the class of indoles.", ["indoles"]),
    ("It is an organochlorine compound and a zorbaquinoid.", ["organochlorine compound", "zorbaquinoid"]),
    (
        "It is an N-(very-long-chain fatty acyl)-sphingoid base and a lactam.",
        ["N-(very-long-chain fatty acyl)-sphingoid base", "lactam"],
    ),
    (
        "The molecule is a 1,2-di-O-acyl-sn-glycero-3-phosphocholine(1+) and a primary amide.",
        ["1,2-di-O-acyl-sn-glycero-3-phosphocholine(1+)", "primary amide"],
    ),
    ("It is an alpha,beta-unsaturated ketone, an enol ether and a nitrile.", ["alpha,beta-unsaturated ketone", "enol ether", "nitrile"]),
    ("It is a hexadecanoic (palmitic) acid ester.", ["hexadecanoic (palmitic) acid ester"]),
    ("The molecule is a phenol that is toluene substituted by a hydroxy group at position 4.", ["phenol", "toluene", "hydroxy group at position 4"]),
    (
        "The molecule is benzene carrying two chloro substituents at positions 1 and 3.",
        ["benzene", "two chloro substituents at positions 1 and 3"],
    ),
    (
        "The molecule is a flavone in which the hydroxy groups at positions 5 and 7 are replaced by methoxy groups.",
        ["flavone", "methoxy groups"],
    ),
    (
        "The molecule is cholestane with a methyl and hydrogen replaced by hydroxy and hydroxymethyl groups at position 7.",
        ["cholestane", "hydroxy", "hydroxymethyl groups at position 7"],
    ),
    ("The molecule is an indole having an acetyl group at N-1.", ["indole", "acetyl group at N-1"]),
    ("The molecule is a pyran bearing a prop-2-enyl residue at C-4.", ["pyran", "prop-2-enyl residue at C-4"]),
    (
        "The molecule is a sugar ester in which the 3-hydroxy group is acylated by a palmitoyl group.",
        ["sugar ester", "palmitoyl group"],
    ),
    (
        "The molecule is a pyridine substituted at positions 2 and 5 by chloro and nitro groups, respectively.",
        ["pyridine", "chloro", "nitro groups"],
    ),
    (
        "The molecule is a triglyceride in which the acyl groups at positions 1 and 3 are specified as oleoyl and stearoyl respectively.",
        ["triglyceride", "oleoyl", "stearoyl"],
    ),
    ("The molecule is octanoic acid having three double bonds located at positions 2, 4 and 6.", ["octanoic acid", "three double bonds located at positions 2, 4 and 6"]),
    ("The molecule is a tripeptide composed of two L-alanine residues and a glycine residue.", ["tripeptide", "two L-alanine residues", "glycine residue"]),
    ("The molecule is a disaccharide consisting of beta-D-galactose and D-glucose.", ["disaccharide", "beta-D-galactose", "D-glucose"]),
    ("It contains a carboxylic acid.", ["carboxylic acid"]),
    ("The molecule is a potent, selective, orally available aromatic ketone.", ["aromatic ketone"]),
    ("The molecule is a heat-labile, bitter sesquiterpene lactone.", ["sesquiterpene lactone"]),
    ("The molecule is a compound. It is an acid.", []),
    ("A nitroimidazole used to treat infections.", ["nitroimidazole"]),
    ("An alkaloid from the bark of trees.", ["alkaloid"]),
    ("Wonderol is an aromatic ketone.", ["aromatic ketone"]),
    ("The molecule is a potent, selective inhibitor of renin.", []),
    ("The molecule is a white crystalline powder.", []),
    ("Alcohol consumption and acid rain are unhealthy.", []),
    ("It binds the dopamine receptor and inhibits alcohol dehydrogenase.", []),
    ("The compound is soluble in alcohol, ether and benzene.", []),
    ("It lacks a methyl group and is without a carboxylic acid.", []),
    ("It has no nitro group.", []),
    ("It is a histamine receptor antagonist and a monoamine oxidase inhibitor.", []),
    ("The molecule is a lead compound; the salt was mined at the base of a hill.", ["lead compound"]),
    (
        "The molecule is an ester obtained by formal condensation of the carboxy group of lactic acid with the hydroxy group of menthol.",
        ["ester", "lactic acid", "menthol"],
    ),
    (
        "The molecule is an alkaloid in which isoquinoline is substituted by a methoxy group at position 6.",
        ["alkaloid", "isoquinoline", "methoxy group at position 6"],
    ),
    (
        "The molecule is a primary alcohol in which a phenyl group is attached to the carbon of methanol.",
        ["primary alcohol", "phenyl group", "methanol"],
    ),
    (
        "The molecule is a primary alcohol and one of the cholines. It is a dihydro derivative of a phenol.",
        ["primary alcohol", "cholines"],
    ),
    (
        "The molecule is a carboxylic acid anion obtained by deprotonation of the carboxy group of lactic acid.",
        ["carboxylic acid anion", "carboxy group"],
    ),
    ("The molecule is the methyl ester of cinnamic acid.", ["methyl ester", "cinnamic acid"]),
    ("The molecule is the R-enantiomer of ibuprofen.", ["ibuprofen"]),
    ("It is a phenol with a chloro group at position 4 of the benzene ring.", ["phenol", "chloro group at position 4", "benzene ring"]),
    ("It is an indole in which a benzene ring bears a chloro group.", ["indole", "benzene ring", "chloro group"]),
    ("It is a diester and a member of dicarboxylic acids and O-substituted derivatives.", ["diester", "dicarboxylic acids and O-substituted derivatives"]),
    ("It is a bis(azo) compound and a semisynthetic derivative.", ["bis(azo) compound"]),
    ("The molecule is the N-acetyl derivative of L-leucine.", ["N-acetyl derivative"]),
    ("It is a macrolide antibiotic.", ["macrolide"]),
]  # fmt: skip


@pytest.mark.parametrize(("caption", "expected"), STRUCTURES, ids=[c[:48] for c, _ in STRUCTURES])
def test_structural_phrases_are_quoted_exactly(reader: CaptionReader, caption: str, expected: list[str]) -> None:
    assert texts(reader.read(caption), S) == expected


RELATED = [
    ("It derives from a pregnane.", [("derives from a pregnane", "derives from", "pregnane")]),
    ("It derives from a hydride of an oleanane.", [("derives from a hydride of an oleanane", "derives from a hydride of", "oleanane")]),
    ("It is a conjugate base of a benzoic acid.", [("conjugate base of a benzoic acid", "conjugate base of", "benzoic acid")]),
    ("It is a conjugate acid of a valinate.", [("conjugate acid of a valinate", "conjugate acid of", "valinate")]),
    ("It is an enantiomer of a D-serine.", [("enantiomer of a D-serine", "enantiomer of", "d-serine")]),
    ("It is a tautomer of a glycine zwitterion.", [("tautomer of a glycine zwitterion", "tautomer of", "glycine zwitterion")]),
    ("It is functionally related to a stearic acid.", [("functionally related to a stearic acid", "functionally related to", "stearic acid")]),
    (
        "It derives from a L-alanine, a glycine and a L-proline.",
        [
            ("derives from a L-alanine", "derives from", "l-alanine"),
            ("glycine", "derives from", "glycine"),
            ("L-proline", "derives from", "l-proline"),
        ],
    ),
    (
        "The molecule is an ester resulting from the formal condensation of the carboxy group of lactic acid with the hydroxy group of menthol.",
        [
            ("condensation of the carboxy group of lactic acid", "condensation of", "lactic acid"),
            ("menthol", "condensation of", "menthol"),
        ],
    ),
    ("The molecule is the sulfate salt of atropine.", [("sulfate salt of atropine", "salt of", "atropine")]),
    ("The molecule is the hydrochloride of quinine.", [("hydrochloride of quinine", "salt of", "quinine")]),
    ("The molecule is the 2-methyl ether of hydroquinone.", [("2-methyl ether of hydroquinone", "ether of", "hydroquinone")]),
    ("The molecule is the (S)-stereoisomer of carvone.", [("(S)-stereoisomer of carvone", "stereoisomer of", "carvone")]),
    ("The molecule is dianion of malic acid.", [("dianion of malic acid", "anion of", "malic acid")]),
    ("The molecule is the trihydrate form of ampicillin.", [("trihydrate form of ampicillin", "hydrate of", "ampicillin")]),
    ("It is a toxic metabolite of hexane.", [("toxic metabolite of hexane", "metabolite of", "hexane")]),
    (
        "The molecule is an anion arising from deprotonation of the phosphate and carboxy functions of CDP-choline.",
        [("deprotonation of the phosphate and carboxy functions of CDP-choline", "deprotonation of", "cdp-choline")],
    ),
    ("It prevents the addition of amino acids to the chain.", []),
]  # fmt: skip


@pytest.mark.parametrize(("caption", "expected"), RELATED, ids=[c[:48] for c, _ in RELATED])
def test_relations_span_from_the_relation_word_to_the_name(
    reader: CaptionReader, caption: str, expected: list[tuple[str, str, str]]
) -> None:
    found = of_kind(reader.read(caption), REL)
    assert [(p.text, p.relation, p.key) for p in found] == expected
    assert all(p.relation in load_cue_words().relations for p in found)


STATED = [
    ("It has two chloro substituents at positions 3 and 4.", "chloro", 2, ("3", "4")),
    ("The molecule is ethane carrying a hydroxy group at position 2.", "hydroxy", None, ("2",)),
    ("The molecule is a furan carrying dichloro groups at positions 3 and 5.", "chloro", 2, ("3", "5")),
    ("The molecule is a steroid bearing hydroxy groups at positions 6a and 9.", "hydroxy", None, ("6a", "9")),
    ("The molecule is a flavone having a methoxy group at position 3'.", "methoxy", None, ("3'",)),
    ("The molecule is a steroid having an 11beta-hydroxy substituent.", "hydroxy", None, ("11beta",)),
    ("The molecule is an indole with an acetyl group at N-1.", "acetyl", None, ("N-1",)),
    ("The molecule is a pyridine carrying nitro groups at the 2- and 4-positions.", "nitro", None, ("2", "4")),
    ("The molecule is a pyridine substituted at position 3 by a cyano group.", "cyano", None, ("3",)),
    ("The molecule is a sterol having four double bonds.", "double bond", 4, ()),
    ("The molecule is urea in which the hydrogen at position 1 is replaced by an allyl group.", "allyl", None, ("1",)),
    ("The molecule is ADP with deprotonation of the diphosphate OH groups.", "diphosphate", None, ()),
    ("The molecule is an amine carrying a dimethylamino group.", "dimethylamino", None, ()),
    ("The molecule is the dimethyl ester of maleic acid.", "methyl ester", 2, ()),
]  # fmt: skip


@pytest.mark.parametrize(("caption", "key", "count", "locants"), STATED, ids=[c[:60] for c, *_ in STATED])
def test_counts_and_locants_are_read(
    reader: CaptionReader, caption: str, key: str, count: int | None, locants: tuple[str, ...]
) -> None:
    (phrase,) = [p for p in reader.read(caption) if p.kind is S and p.key == key]
    assert (phrase.count, phrase.locants) == (count, locants)


def test_respectively_deals_the_locants_out(reader: CaptionReader) -> None:
    caption = "The molecule is a quinoline in which the hydrogens at positions 2, 4, and 6 are replaced by methyl, chloro, and amino groups, respectively."
    assert [(p.key, p.locants) for p in of_kind(reader.read(caption), S)][1:] == [
        ("methyl", ("2",)), ("chloro", ("4",)), ("amino", ("6",)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        pytest.param(
            "It has a role as a plant metabolite, an antioxidant and a human urinary metabolite.",
            ["plant metabolite", "antioxidant", "human urinary metabolite"],
            id="coordinated",
        ),
        pytest.param(
            "It has a role as an EC 9.9.9.9 (wonder synthase) inhibitor and a drug.",
            ["EC 9.9.9.9 (wonder synthase) inhibitor", "drug"],
            id="enzyme with bracket",
        ),
        pytest.param("It is used as a herbicide.", ["herbicide"], id="prose"),
        pytest.param("It is an antibiotic.", ["antibiotic"], id="is a role"),
    ],
)
def test_roles_are_separate_phrases(reader: CaptionReader, caption: str, expected: list[str]) -> None:
    assert texts(reader.read(caption), ROLE) == expected


@pytest.mark.parametrize(
    ("caption", "expected", "keys"),
    [
        pytest.param(
            "It has been isolated from the roots of Fictus magnus.",
            ["isolated from the roots of Fictus magnus"], ["fictus magnus"], id="isolated from a part",
        ),
        pytest.param(
            "The molecule is a natural product found in Fictus magnus, Alba parva, and other organisms with data available.",
            ["found in Fictus magnus", "Alba parva"], ["fictus magnus", "alba parva"], id="list of organisms",
        ),
        pytest.param("It can be found in the literature.", [], [], id="not an origin"),
    ],
)  # fmt: skip
def test_origins_are_read(reader: CaptionReader, caption: str, expected: list[str], keys: list[str]) -> None:
    found = of_kind(reader.read(caption), ORIGIN)
    assert [p.text for p in found] == expected
    assert [p.key for p in found] == keys


def test_what_follows_the_molecule_is_a_names_the_whole_molecule(reader: CaptionReader) -> None:
    found = reader.read("The molecule is a phenol. It is a methyl ester.")
    assert [(p.text, p.whole, p.source) for p in found] == [("phenol", True, "head"), ("methyl ester", False, "item")]


def test_a_substituted_head_does_not_name_the_whole_molecule(reader: CaptionReader) -> None:
    assert not reader.read("The molecule is a pyridine substituted by a chloro group.")[0].whole


def test_an_unknown_name_of_chemical_shape_is_kept_for_nomenclature(reader: CaptionReader) -> None:
    (phrase,) = of_kind(reader.read("The molecule carries a 3-quuxylbazanoyl group."), S)
    assert (phrase.key, phrase.text) == ("3-quuxylbazanoyl", "3-quuxylbazanoyl group")


def test_names_keep_their_capitals_beside_the_normalised_key(reader: CaptionReader) -> None:
    (phrase,) = of_kind(reader.read("It derives from a N-acetyl-L-cysteine."), REL)
    assert (phrase.key, phrase.name) == ("n-acetyl-l-cysteine", "N-acetyl-L-cysteine")


def test_a_missing_full_stop_does_not_join_sentences(reader: CaptionReader) -> None:
    found = reader.read("The molecule is a phenol; major species at pH 7.3 It is a methyl ester.")
    assert texts(found, S) == ["phenol", "methyl ester"]


def test_tokens_keep_names_whole() -> None:
    words = [
        t.text for t in tokenise("an N-(fatty acyl)-amine, [2-(x)phenyl]amino and (1->4)-linked units (see note).")
    ]
    assert {"N-(fatty acyl)-amine", "[2-(x)phenyl]amino", "(1->4)-linked", "see"} <= set(words)


@pytest.mark.parametrize("word", ["4-methoxyphenyl", "resorcinol", "CDP(3-)", "hexadecanoyl", "glucopyranoside"])
def test_names_look_chemical(word: str) -> None:
    assert looks_chemical(word)


@pytest.mark.parametrize("word", ["medicine", "dehydrogenase", "bone", "protein", "state", "COX-1", ""])
def test_words_of_english_and_biology_do_not_look_chemical(word: str) -> None:
    assert not looks_chemical(word)


def test_shifting_moves_both_offsets(reader: CaptionReader) -> None:
    phrase = reader.read("It is a methyl ester.")[0]
    assert (shift(phrase, 10).start, shift(phrase, 10).end) == (phrase.start + 10, phrase.end + 10)


def well_formed(caption: str, phrases: tuple[Phrase, ...]) -> None:
    ends: dict[PhraseKind, int] = {}
    assert [p.start for p in phrases] == sorted(p.start for p in phrases)
    for phrase in phrases:
        assert caption[phrase.start : phrase.end] == phrase.text
        assert phrase.start < phrase.end
        assert phrase.start >= ends.get(phrase.kind, 0)
        ends[phrase.kind] = phrase.end
        assert phrase.count is None or phrase.count >= 2
        assert (phrase.relation is not None) == (phrase.kind is REL)


PIECES = st.sampled_from(
    [
        "The",
        "molecule",
        "is",
        "It",
        "a",
        "an",
        "the",
        "methyl",
        "ester",
        "of",
        "hydroxy",
        "group",
        "groups",
        "at",
        "position",
        "positions",
        "2",
        "3'",
        "and",
        "11",
        ",",
        ".",
        ";",
        "(",
        ")\n",
        "",
        "",
        "",
        "substituted",
        "by",
        "replaced",
        "in",
        "which",
        "hydrogens",
        "conjugate",
        "base",
        "acid",
        "benzoic",
        "derives",
        "from",
        "hydride",
        "role",
        "as",
        "plant",
        "metabolite\n",
        "",
        "",
        "",
        "isolated",
        "Genus",
        "species",
        "condensation",
        "formal",
        "with",
        "carboxy",
        "two",
        "di",
        "N-acetyl",
        "respectively",
        "specified",
        "those",
        "member",
        "class\n",
        "",
        "",
        "",
        "consisting",
        "residues",
        "A",
        "without",
        "1,2-di-O-acyl",
        "[",
        "]",
        "→",
        "é",
        "\x00",
        "\u202e",
        "א",
    ]
)


@given(st.lists(PIECES, max_size=60))
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
def test_hostile_captions_take_well_under_two_seconds(reader: CaptionReader, name: str) -> None:
    caption = HOSTILE[name]
    start = time.perf_counter()
    well_formed(caption, reader.read(caption))
    assert time.perf_counter() - start < 2


def test_time_grows_linearly_with_the_caption(reader: CaptionReader) -> None:
    sentence = (
        "The molecule is a phenol that is toluene substituted by hydroxy and methyl groups at positions 2 and 4. "
    )

    def seconds(times: int) -> float:
        caption = sentence * times
        runs = []
        for _ in range(3):
            start = time.perf_counter()
            reader.read(caption)
            runs.append(time.perf_counter() - start)
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
        structural += any(p.kind is S for p in phrases)
    assert structural / len(captions) > least

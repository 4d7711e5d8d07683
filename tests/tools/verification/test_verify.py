"""The verifier: every reason, what each message says to do, and the hand-checked gold set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.corpus import Corpus, read_corpus
from molreflect.tools.evidence.corpus_evidence import CorpusEvidence
from molreflect.tools.molecules.match import MatchTimeoutError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.terms import Level, PhraseKind, Reason, Verdict
from molreflect.tools.verification.by_corpus import MIN_PAIRS
from molreflect.tools.verification.case import stands_modified, states_stereo
from molreflect.tools.verification.proposals import ProposedAlignment, Verification
from molreflect.tools.verification.verify import verify, verify_all

ROOT = Path(__file__).resolve().parents[3]
SALICYLIC = "OC(=O)c1ccccc1O"
CAPTION = (
    "The molecule is a monohydroxybenzoic acid with a carboxy group. It has a role as a plant metabolite and is "
    "isolated from Salix alba. It is a conjugate acid of a salicylate."
)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resources]:
    resources = open_resources(tmp_path_factory.mktemp("names"))
    yield resources
    resources.close()


def corpus_of(folder: Path, rows: list[tuple[str, str, str]]) -> Corpus:
    path = folder / "corpus.tsv"
    path.write_text("CID\tSMILES\tdescription\n" + "".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    return read_corpus(path)


def zorbanes(nitriles: int, others: int, background: int) -> list[tuple[str, str, str]]:
    """Pairs that say "zorbane": some nitriles, some not; and a background without the word, of alkanols."""
    rows = [(f"N{n}", "C" * (n + 2) + "C#N", "The molecule is a zorbane.") for n in range(nitriles)]
    rows += [(f"O{n}", "C" * (n + 2) + "S", "The molecule is a zorbane.") for n in range(others)]
    return rows + [(f"B{n}", "C" * (n + 2) + "O", "The molecule is a primary alcohol.") for n in range(background)]


def with_corpus(bare: Resources, folder: Path, rows: list[tuple[str, str, str]]) -> Resources:
    corpus = corpus_of(folder, rows)
    keys = {
        pair.id: {p.key for p in bare.reader.read(pair.caption) if p.kind is PhraseKind.STRUCTURE}
        for pair in corpus.pairs
    }
    assert any("zorbane" in found for found in keys.values())
    return bare.with_evidence(CorpusEvidence(corpus, keys))


def ask(
    resources: Resources,
    phrase: str,
    pattern: str | None,
    *,
    smiles: str | None = SALICYLIC,
    caption: str | None = CAPTION,
    kind: PhraseKind = PhraseKind.STRUCTURE,
    floor: Level = Level.NEUTRAL,
    pair_id: str | None = None,
) -> Verification:
    molecule = read_molecule(smiles) if smiles is not None else None
    tie = ProposedAlignment(phrase=phrase, pattern=pattern, kind=kind, floor=floor)
    return verify(tie, molecule=molecule, caption=caption, resources=resources, pair_id=pair_id)


def says(text: str) -> str:
    return f"The molecule is a compound with {text}."


# ------------------------------------------------------------------------------------------------- one case per reason

RELATION = PhraseKind.RELATION
CASES: list[Any] = [
    # words, pattern, smiles, caption, kind, verdict, reason, what the message must say
    ("carboxy group", "[CX3](=O)[OX2H1]", SALICYLIC, CAPTION, "structure", "supported", "present_and_specific", ""),
    ("conjugate acid of a salicylate", None, SALICYLIC, CAPTION, "relation", "supported", "relation_holds", ""),
    ("methyl ester", "C(=O)OC", SALICYLIC, CAPTION, "structure", "refuted", "misquoted", "the caption's own words"),
    ("", "C", SALICYLIC, CAPTION, "structure", "refuted", "misquoted", "quote"),
    ("carboxy group", "C(=O", SALICYLIC, CAPTION, "structure", "refuted", "unreadable", "e.g."),
    ("carboxy group", "C#N", SALICYLIC, CAPTION, "structure", "refuted", "absent", "propose another one"),
    ("carboxy group", "c1ccccc1", SALICYLIC, CAPTION, "structure", "refuted", "contradicts_reading", "use that"),
    ("carboxy group", "[#6]", SALICYLIC, CAPTION, "structure", "refuted", "too_general", "add the atoms"),
    ("carboxy group", "*", SALICYLIC, CAPTION, "structure", "refuted", "too_general", "add the atoms"),
    ("zorbane", "C", "CCCC#N", says("a zorbane"), "structure", "refuted", "too_general", "add the atoms"),
    ("zorbane", "CC", "CCCC#N", says("a zorbane"), "structure", "refuted", "too_general", "make it specific"),
    ("zorbane", "*~*~*", "CCCC#N", says("a zorbane"), "structure", "refuted", "too_general", "which atoms"),
    ("zorbane group", SALICYLIC, SALICYLIC, says("a zorbane group"), "structure", "refuted", "too_large", "cut it"),
    ("three hydroxy groups", "[OX2H1]", "OCCO", says("three hydroxy groups"), "structure", "refuted", "wrong_count",
     "states 3"),
    ("conjugate base of a phenol", None, SALICYLIC, says("x. It is a conjugate base of a phenol"), "relation",
     "refuted", "relation_fails", ""),
    ("plant metabolite", None, SALICYLIC, CAPTION, "role", "unchecked", "role_or_origin", "unpatterned"),
    ("plant metabolite", "c1ccccc1", SALICYLIC, CAPTION, "role", "unchecked", "role_or_origin", "unpatterned"),
    ("plant metabolite", "c1ccccc1", SALICYLIC, CAPTION, "structure", "unchecked", "role_or_origin", "unpatterned"),
    ("isolated from Salix alba", "c1ccccc1", SALICYLIC, CAPTION, "structure", "unchecked", "role_or_origin",
     "unpatterned"),
    ("conjugate acid of a salicylate", "c1ccccc1", SALICYLIC, CAPTION, "structure", "unchecked", "no_reading",
     "kind relation"),
    ("carboxy group", None, SALICYLIC, CAPTION, "structure", "unchecked", "no_reading", "propose SMARTS"),
    ("conjugate acid of a zorbanate", None, SALICYLIC, says("x. It is a conjugate acid of a zorbanate"), "relation",
     "unchecked", "name_without_structure", "no structure is known"),
    ("zorbane", "c" + "~c" * 25 + "~[!#6]", None, says("a zorbane"), "structure", "unchecked", "too_rare", "too few"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("phrase", "pattern", "smiles", "caption", "kind", "verdict", "reason", "message"),
    CASES,
    ids=[f"{case[6]}-{n}" for n, case in enumerate(CASES)],
)
def test_a_tie_gets_its_verdict_with_the_reason_and_what_to_do_about_it(
    bare: Resources,
    phrase: str,
    pattern: str | None,
    smiles: str | None,
    caption: str,
    kind: str,
    verdict: str,
    reason: str,
    message: str,
) -> None:
    judged = ask(bare, phrase, pattern, smiles=smiles, caption=caption, kind=PhraseKind(kind))
    assert (judged.verdict, judged.reason) == (verdict, reason), judged.message
    assert message in judged.message
    assert judged.message or judged.verdict is Verdict.SUPPORTED


def test_a_positional_isomer_is_told_from_a_stranger(bare: Resources) -> None:
    para = "COc1ccc(O)cc1"
    judged = ask(bare, "2-methoxyphenol", "COc1ccc(O)cc1", smiles=para, caption="The molecule is a 2-methoxyphenol.")
    assert (judged.verdict, judged.reason) == (Verdict.REFUTED, Reason.WRONG_POSITION)
    assert "2-methoxyphenol" in judged.message


def test_a_search_that_runs_out_of_time_decides_nothing(bare: Resources) -> None:
    fullerene = (
        "c12c3c4c5c1c6c7c8c2c9c1c3c2c3c4c4c%10c5c5c6c6c7c7c%11c8c9c8c9c1c2c1c2c3c4c3c4c%10c5c5c6c6c7c7c%11c8c8c9c1c1c2"
        "c3c2c4c5c6c3c7c8c1c23"
    )
    judged = ask(
        bare, "zorbane", "[$(c" + "~c" * 30 + "~[!#6])]", smiles=fullerene, caption="The molecule is a zorbane."
    )
    assert (judged.verdict, judged.reason) == (Verdict.UNCHECKED, Reason.OUT_OF_BOUNDS)
    assert "smaller or more specific" in judged.message


def test_a_corpus_search_that_runs_out_of_time_is_a_verdict_in_the_caption_view_too(
    bare: Resources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources = with_corpus(bare, tmp_path, zorbanes(6, 0, 6))
    assert resources.evidence is not None

    def late(*_: Any, **__: Any) -> Any:
        raise MatchTimeoutError("given up; pass a smaller or more specific pattern")

    monkeypatch.setattr(resources.evidence._patterns, "of", late)
    judged = ask(resources, "zorbane", "C#N", smiles=None, caption="The molecule is a zorbane.")
    assert (judged.verdict, judged.reason) == (Verdict.UNCHECKED, Reason.OUT_OF_BOUNDS)


# -------------------------------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("words", "quoted", "pattern", "smiles", "verdict"),
    [
        ("two hydroxy groups", "two hydroxy groups", "[OX2H1]", "OCCO", "supported"),
        ("two hydroxy groups", "hydroxy groups", "[OX2H1]", "OCCO", "supported"),
        ("three hydroxy groups", "hydroxy groups", "[OX2H1]", "OCCO", "refuted"),
        ("three chloro substituents", "chloro substituents", "Cl", "Clc1ccccc1Cl", "refuted"),
        ("two carboxy groups", "two carboxy groups", "[CX3](=O)[OX2H1]", "OC(=O)CCC(=O)[O-]", "supported"),  # half ion
        ("hydroxy groups at positions 3, 4 and 5", "hydroxy groups", "[OX2H1]", "OC(=O)c1cc(O)c(O)c(O)c1", "refuted"),
        (
            "hydroxy groups at positions 3, 4 and 5",
            "hydroxy groups",
            "c[OX2H1]",
            "OC(=O)c1cc(O)c(O)c(O)c1",
            "supported",
        ),
        ("a hydroxy group", "hydroxy group", "[OX2H1]", "OCCO", "supported"),
    ],
)
def test_a_stated_number_is_compared_with_the_hits(
    bare: Resources, words: str, quoted: str, pattern: str, smiles: str, verdict: str
) -> None:
    judged = ask(bare, quoted, pattern, smiles=smiles, caption=f"The molecule is a compound carrying {words}.")
    assert judged.verdict == verdict, (judged.reason, judged.message)
    assert judged.verdict is Verdict.SUPPORTED or judged.reason is Reason.WRONG_COUNT


# ------------------------------------------------------------------------------------------------------- configuration


@pytest.mark.parametrize(
    "phrase",
    ["L-alanine", "D-glucose", "(2R)-2-hydroxy", "(9Z,12Z)-octadeca", "cis-alkene", "all-trans-retinol",
     "3beta-hydroxy", "beta-D-glucoside", "sn-glycerol", "the (R)-configuration", "α-D-mannose"],
)  # fmt: skip
def test_words_that_state_a_configuration_are_recognised(phrase: str) -> None:
    assert states_stereo(phrase)


@pytest.mark.parametrize(
    "phrase", ["carboxylic acid", "2-methoxyphenol", "N-acyl group", "DL-alanine", "transition", "cistron", "steroid"]
)
def test_other_words_state_no_configuration(phrase: str) -> None:
    assert not states_stereo(phrase)


def test_the_other_hand_is_refused_where_the_words_state_one(bare: Resources) -> None:
    left, right = "C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"
    caption = "The molecule is a L-alanine."
    assert ask(bare, "L-alanine", left, smiles=left, caption=caption).verdict is Verdict.SUPPORTED
    judged = ask(bare, "L-alanine", left, smiles=right, caption=caption)
    assert (judged.verdict, judged.reason) == (Verdict.REFUTED, Reason.ABSENT)
    assert "another configuration" in judged.message


def test_either_hand_will_do_where_the_words_state_none(bare: Resources) -> None:
    judged = ask(bare, "alanine", "C[C@H](N)C(=O)O", smiles="C[C@@H](N)C(=O)O", caption="The molecule is an alanine.")
    assert (judged.verdict, judged.level) == (Verdict.SUPPORTED, Level.FLAT)


# --------------------------------------------------------------------------------------------------------------- levels


def test_a_class_that_names_an_ion_is_not_supported_on_the_acid_however_loose_the_tie(bare: Resources) -> None:
    caption = "The molecule is a carboxylic acid anion."
    anion = "[CX3](=O)[OX1-]"
    entry = bare.lexicon.find("carboxylic acid anion")
    assert entry is not None
    for pattern in (anion, *entry.patterns):
        judged = ask(bare, "carboxylic acid anion", pattern, smiles="CCC(=O)O", caption=caption, floor=Level.SKELETON)
        assert judged.verdict is Verdict.REFUTED, pattern
    assert ask(bare, "carboxylic acid anion", anion, smiles="CCC(=O)[O-]", caption=caption).verdict is Verdict.SUPPORTED


def test_a_loose_floor_does_not_turn_an_alcohol_into_a_ketone(bare: Resources) -> None:
    entry = bare.lexicon.find("ketone")
    assert entry is not None
    for pattern in (*entry.patterns, "CC(=O)C"):
        judged = ask(
            bare, "ketone", pattern, smiles="CCC(O)CC", caption="The molecule is a ketone.", floor=Level.SKELETON
        )
        assert judged.verdict is Verdict.REFUTED, pattern


def test_atoms_that_together_cover_a_ring_are_not_the_ring(bare: Resources) -> None:
    caption = "The molecule is a compound with a benzene ring."
    assert ask(bare, "benzene ring", "c", caption=caption).reason is Reason.TOO_GENERAL
    assert ask(bare, "benzene ring", "c1ccccc1", caption=caption).verdict is Verdict.SUPPORTED


# ------------------------------------------------------------------------------------------------------ corpus evidence


def test_the_corpus_refutes_a_pattern_that_few_of_its_pairs_share(bare: Resources, tmp_path: Path) -> None:
    resources = with_corpus(bare, tmp_path, zorbanes(2, 6, 6))
    judged = ask(resources, "zorbane", "C#N", smiles="CC(C)C#N", caption="The molecule is a zorbane.")
    assert (judged.verdict, judged.reason) == (Verdict.REFUTED, Reason.NOT_SUPPORTED_BY_CORPUS)
    assert judged.evidence is not None
    assert judged.evidence.recall == pytest.approx(2 / 8)
    assert set(judged.evidence.counterexamples) <= {f"O{n}" for n in range(6)}
    assert all(example in judged.message for example in judged.evidence.counterexamples[:3])


def test_the_corpus_supports_a_pattern_that_its_pairs_share(bare: Resources, tmp_path: Path) -> None:
    resources = with_corpus(bare, tmp_path, zorbanes(8, 0, 8))
    judged = ask(resources, "zorbane", "C#N", smiles="CC(C)C#N", caption="The molecule is a zorbane.")
    assert judged.verdict is Verdict.SUPPORTED
    assert judged.evidence is not None
    assert (judged.evidence.recall, judged.evidence.lift) == (1.0, pytest.approx(2.0))


@pytest.mark.parametrize(
    "pattern", ["C", "[#6]", "CC", "cc", "*~*", "[#6]~[#6]", "[#6]-,:[#6]", "[C,c]~[#6]", "[!#1]~*"]
)
def test_atoms_that_may_be_any_carbons_are_too_general_also_where_they_touch_the_right_part(
    bare: Resources, pattern: str
) -> None:
    """A third of an allyl group is one atom, and of a benzene ring one bond, but every other carbon fits as well."""
    smiles = "CC(=O)Oc1ccccc1C(=O)OCC=C"
    caption = "The molecule has an acetyl group, an allyl group and a benzene ring."
    for phrase in ("acetyl group", "allyl group", "benzene ring"):
        judged = ask(bare, phrase, pattern, smiles=smiles, caption=caption)
        if judged.reason is not Reason.ABSENT:
            assert (judged.verdict, judged.reason) == (Verdict.REFUTED, Reason.TOO_GENERAL)
            assert judged.message


@pytest.mark.parametrize(
    ("phrase", "pattern", "smiles"),
    [
        ("vinyl group", "[CH2]=[CH]", "C=CC(=O)O"), ("ethynyl group", "C#C", "C#CC(=O)O"),
        ("ethyl group", "[CH3][CH2]", "CCc1ccccc1"), ("methyl group", "[CH3]", "Cc1ccccc1"),
    ],
)  # fmt: skip
def test_small_patterns_that_say_something_of_their_carbons_stand(
    bare: Resources, phrase: str, pattern: str, smiles: str
) -> None:
    assert ask(bare, phrase, pattern, smiles=smiles, caption=f"It has a {phrase}.").verdict is Verdict.SUPPORTED


def test_a_pattern_that_is_everywhere_is_too_general_whatever_its_recall(bare: Resources, tmp_path: Path) -> None:
    resources = with_corpus(bare, tmp_path, zorbanes(8, 0, 8))
    judged = ask(resources, "zorbane", "CCC", smiles="CCCCCCCCOCCC#N", caption="The molecule is a zorbane.")
    assert (judged.verdict, judged.reason) == (Verdict.REFUTED, Reason.TOO_GENERAL)


@pytest.mark.parametrize(("pairs", "pattern", "verdict"), [(MIN_PAIRS - 1, "CCC", "refuted"), (2, "C#N", "supported")])
def test_a_rare_phrase_is_judged_by_how_common_its_pattern_is(
    bare: Resources, tmp_path: Path, pairs: int, pattern: str, verdict: str
) -> None:
    resources = with_corpus(bare, tmp_path, zorbanes(pairs, 0, 12))
    judged = ask(resources, "zorbane", pattern, smiles="CCCCOCCCCC#N", caption="The molecule is a zorbane.")
    assert judged.verdict == verdict, judged.message


@pytest.mark.parametrize(
    ("rows", "pattern", "verdict", "reason"),
    [
        (zorbanes(8, 0, 16), "C#N", "supported", "corpus_supported"),
        (zorbanes(6, 4, 16), "C#N", "refuted", "not_supported_by_corpus"),
        (zorbanes(8, 0, 16), "CCC", "refuted", "not_supported_by_corpus"),
        (zorbanes(MIN_PAIRS - 1, 0, 16), "C#N", "unchecked", "too_rare"),
        (zorbanes(MIN_PAIRS, 0, 3), "C#N", "refuted", "not_supported_by_corpus"),  # five of eight: chance would do
    ],
)
def test_without_a_molecule_the_corpus_decides(
    bare: Resources, tmp_path: Path, rows: list[tuple[str, str, str]], pattern: str, verdict: str, reason: str
) -> None:
    resources = with_corpus(bare, tmp_path, rows)
    judged = ask(resources, "zorbane", pattern, smiles=None, caption="The molecule is a zorbane.")
    assert (judged.verdict, judged.reason) == (verdict, reason), judged.evidence
    assert judged.atoms == ()


def test_a_pair_is_no_evidence_for_itself(bare: Resources, tmp_path: Path) -> None:
    resources = with_corpus(bare, tmp_path, zorbanes(MIN_PAIRS, 0, 12))
    asked = {"smiles": None, "caption": "The molecule is a zorbane."}
    assert ask(resources, "zorbane", "C#N", **asked).verdict is Verdict.SUPPORTED
    own = ask(resources, "zorbane", "C#N", pair_id="N0", **asked)
    assert (own.verdict, own.reason) == (Verdict.UNCHECKED, Reason.TOO_RARE)
    assert own.evidence is not None
    assert own.evidence.pairs_with_phrase == MIN_PAIRS - 1


def test_a_pair_of_another_corpus_leaves_its_own_molecule_out(bare: Resources, tmp_path: Path) -> None:
    resources = with_corpus(bare, tmp_path, zorbanes(8, 0, 8))
    caption = "The molecule is a zorbane."
    stranger = ask(resources, "zorbane", "C#N", smiles="CCCCCCCCCCCCCC#N", caption=caption, pair_id="elsewhere")
    known = ask(resources, "zorbane", "C#N", smiles="CCC#N", caption=caption, pair_id="elsewhere")
    assert stranger.evidence is not None
    assert known.evidence is not None
    assert (stranger.evidence.pairs_with_phrase, known.evidence.pairs_with_phrase) == (8, 7)


# ---------------------------------------------------------------------------------------------------------------- views


def test_without_a_caption_a_phrase_needs_no_quoting(bare: Resources) -> None:
    judged = ask(bare, "carboxylic acid", "[CX3](=O)[OX2H1]", caption=None)
    assert judged.verdict is Verdict.SUPPORTED
    assert (judged.start, judged.end) == (None, None)
    assert judged.atoms == ((1, 2, 0),)
    assert judged.fragment is not None


def test_a_relation_needs_the_molecule(bare: Resources) -> None:
    judged = ask(bare, "conjugate acid of a salicylate", None, smiles=None, kind=PhraseKind.RELATION)
    assert (judged.verdict, judged.reason) == (Verdict.UNCHECKED, Reason.NAME_WITHOUT_STRUCTURE)


def test_a_pattern_does_not_make_a_false_relation_true(bare: Resources) -> None:
    caption = "It is a conjugate base of a phenol."
    judged = ask(bare, "conjugate base of a phenol", "Oc1ccccc1", caption=caption, kind=PhraseKind.RELATION)
    assert judged.verdict is Verdict.REFUTED


def test_a_relation_without_a_relation_word_cannot_be_checked(bare: Resources) -> None:
    judged = ask(bare, "carboxy group", None, kind=PhraseKind.RELATION)
    assert (judged.verdict, judged.reason) == (Verdict.UNCHECKED, Reason.NO_READING)
    assert "quote it from the relation word on" in judged.message


def test_a_relation_to_a_class_is_supported_where_the_class_stands_in_the_molecule(bare: Resources) -> None:
    caption = "It derives from a fatty acid."
    judged = ask(bare, "derives from a fatty acid", None, smiles="CCCCCCCCCCCC(=O)O", caption=caption, kind=RELATION)
    assert (judged.verdict, judged.reason) == (Verdict.SUPPORTED, Reason.RELATION_HOLDS)


def test_a_given_offset_picks_among_repeated_words(bare: Resources) -> None:
    caption = "The molecule is a phenol. As a phenol, it is weakly acidic."
    second = caption.rindex("phenol")
    molecule = read_molecule(SALICYLIC)
    tie = ProposedAlignment(phrase="phenol", pattern="Oc1ccccc1")
    at = [
        verify(tie.model_copy(update={"start": start}), molecule=molecule, caption=caption, resources=bare).start
        for start in (None, second, 3)
    ]
    assert at == [caption.index("phenol"), second, caption.index("phenol")]


def test_several_ties_come_back_in_their_order(bare: Resources) -> None:
    ties = [
        ProposedAlignment(phrase="plant metabolite", kind=PhraseKind.ROLE),
        ProposedAlignment(phrase="carboxy group", pattern="[CX3](=O)[OX2H1]"),
        ProposedAlignment(phrase="nothing"),
    ]
    judged = verify_all(ties, smiles=SALICYLIC, caption=CAPTION, resources=bare)
    assert [j.proposal.phrase for j in judged] == ["plant metabolite", "carboxy group", "nothing"]
    assert [j.verdict for j in judged] == [Verdict.UNCHECKED, Verdict.SUPPORTED, Verdict.REFUTED]


# ------------------------------------------------------------------------------------------------------------- gold set


def test_a_sugar_in_a_nucleoside_keeps_its_handedness_without_its_anomeric_hydroxy_group() -> None:
    from molreflect.tools.meaning.modified import less_one_atom
    from molreflect.tools.molecules.match import find

    uridine = read_molecule("O=c1ccn([C@@H]2O[C@H](CO)[C@@H](O)[C@H]2O)c(=O)[nH]1")
    mirror = read_molecule("O=c1ccn([C@H]2O[C@@H](CO)[C@H](O)[C@@H]2O)c(=O)[nH]1")
    ribofuranose = "[#8]-[#6]-[#6@@]1-[#8]-[#6](-[#8])-[#6@](-[#8])-[#6@]-1-[#8]"
    found = [p for p in less_one_atom(ribofuranose) if find(uridine, p, stereo=True)]
    assert found
    assert not any(find(mirror, p, stereo=True) for p in found)


@pytest.mark.parametrize(
    ("smiles", "phrase", "atoms"),
    [
        pytest.param("CCOC(C)=O", "condensation of acetic acid", {3, 4, 5}, id="acid-less-its-hydroxy"),
        pytest.param("CCOC(C)=O", "ethanol", {0, 1, 2}, id="alcohol"),
    ],
)
def test_a_compound_that_reacted_stands_by_what_is_left_of_it(
    bare: Resources, smiles: str, phrase: str, atoms: set[int]
) -> None:
    caption = "The molecule is an acetate ester obtained by formal condensation of acetic acid with ethanol."
    (judged,) = verify_all(
        [ProposedAlignment(phrase=phrase, kind=PhraseKind.RELATION)], smiles=smiles, caption=caption, resources=bare
    )
    assert (judged.verdict, judged.reason) == (Verdict.SUPPORTED, Reason.RELATION_HOLDS)
    assert atoms <= set(judged.atoms[0])


@pytest.mark.parametrize(
    ("smiles", "way", "verdict"),
    [
        pytest.param("CC(N)=O", "formal condensation", Verdict.REFUTED, id="its-atoms-are-not-there"),
        pytest.param("NC(=O)c1ccccc1", "formal condensation", Verdict.SUPPORTED, id="less-its-hydroxy"),
        pytest.param("CC(N)=O", "decarboxylation and condensation", Verdict.UNCHECKED, id="carbon-may-be-lost"),
    ],
)
def test_a_reacted_compound_is_refuted_only_where_its_skeleton_cannot_be_there(
    bare: Resources, smiles: str, way: str, verdict: Verdict
) -> None:
    caption = f"The molecule is an amide obtained by {way} of benzoic acid with ammonia."
    (judged,) = verify_all(
        [ProposedAlignment(phrase="condensation of benzoic acid", kind=PhraseKind.RELATION)],
        smiles=smiles,
        caption=caption,
        resources=bare,
    )
    assert judged.verdict is verdict


def test_two_of_three_groups_light_no_more_than_two(bare: Resources) -> None:
    caption = "The molecule is a compound carrying two hydroxy groups."
    judged = ask(bare, "two hydroxy groups", "[OX2H1]", smiles="OCC(O)CO", caption=caption)
    assert (judged.verdict, judged.reason) == (Verdict.UNCHECKED, Reason.WHICH_PLACE)
    judged = ask(bare, "two hydroxy groups", "[CH2][OX2H1]", smiles="OCC(O)CO", caption=caption)
    assert judged.verdict is Verdict.SUPPORTED


def test_which_of_many_groups_is_meant_is_left_open(bare: Resources) -> None:
    caption = "The molecule is a sugar with a hydroxy group and a hydroxymethyl group. It is a secondary alcohol."
    ties = [
        ProposedAlignment(phrase="hydroxy group", pattern="[OX2H1]"),
        ProposedAlignment(phrase="hydroxymethyl group", pattern="[CH2][OX2H1]"),
        ProposedAlignment(phrase="secondary alcohol", pattern="[OX2H1][CX4;H1]([#6])[#6]"),
    ]
    glucose = "OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O"
    group, single, own = verify_all(ties, smiles=glucose, caption=caption, resources=bare)
    assert (group.verdict, group.reason) == (Verdict.UNCHECKED, Reason.WHICH_PLACE)
    assert "5 times" in group.message
    assert single.verdict is Verdict.SUPPORTED
    assert own.verdict is Verdict.SUPPORTED  # a class names itself, however often it is there


LONG_LIST = (
    "The molecule is an oligopeptide composed of L-glutamyl-L-alanyl-L-leucine, N-(2-amino-3-methylbutanoyl)glycine, "
    "L-lysine, L-methionine, 4-(dimethylamino)benzoic acid and L-threonine joined in sequence by peptide linkages."
)


@pytest.mark.parametrize(("phrase", "in_changed_form"), [("L-threonine", True), ("peptide linkages", False)])
def test_a_list_of_components_is_one_context_to_its_end(phrase: str, in_changed_form: bool) -> None:
    start = LONG_LIST.index(phrase)
    words = Phrase(phrase, start, start + len(phrase), PhraseKind.STRUCTURE, phrase.lower())
    assert stands_modified(words, LONG_LIST) is in_changed_form


def test_what_a_component_carries_is_no_component() -> None:
    caption = "The molecule is an acid composed of pentadecanoic acid having methyl substituents at positions 2 and 6."
    start = caption.index("methyl")
    words = Phrase("methyl", start, start + 6, PhraseKind.STRUCTURE, "methyl")
    assert not stands_modified(words, caption)


@pytest.mark.parametrize(
    ("smiles", "caption", "phrase", "reason"),
    [
        pytest.param("CCO", "It is an alkaloid.", "alkaloid", Reason.ABSENCE_UNDECIDED, id="computed_class"),
        pytest.param(
            "CCCCCC=CC(=O)O",
            "The molecule is octanoic acid carrying a double bond at position 2.",
            "octanoic acid",
            Reason.ABSENCE_UNDECIDED,
            id="chain_that_is_measured",
        ),
        pytest.param("CCO", "It is a zorbyl compound.", "zorbyl compound", Reason.NO_READING, id="words_unknown"),
        pytest.param(
            "C1CCCN2C1CCC2", "It is an alkaloid.", "alkaloid", Reason.NO_READING, id="there_but_nothing_proposed"
        ),
    ],
)
def test_words_that_are_known_and_not_found_are_not_unread(
    bare: Resources, smiles: str, caption: str, phrase: str, reason: Reason
) -> None:
    (judged,) = verify_all([ProposedAlignment(phrase=phrase)], smiles=smiles, caption=caption, resources=bare)
    assert (judged.verdict, judged.reason) == (Verdict.UNCHECKED, reason)

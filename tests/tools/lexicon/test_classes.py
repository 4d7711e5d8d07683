"""The lexicon: every example of every entry, names as captions spell them, and the loader's refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from molreflect.tools.errors import InputError
from molreflect.tools.lexicon.classes import LEXICON_FOLDER, StructuralClass, load_lexicon, read_lexicon
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Level

EXAMPLE_SECONDS = 10.0  # phytic acid needs half a second, as long as a search may take elsewhere
GROUPS = sorted({entry.group for entry in load_lexicon().classes})

ENTRY = """
[[class]]
name = "thiol"
synonyms = ["mercaptan"]
patterns = ["[#6][SX2H1]"]
group = "sulfur"
matches = ["CS", "CCS"]
misses = ["CSC", "CO"]
"""


def is_member(entry: StructuralClass, smiles: str) -> bool:
    molecule = read_molecule(smiles)
    return any(find(molecule, p, floor=entry.level, seconds=EXAMPLE_SECONDS) is not None for p in entry.patterns)


@pytest.mark.parametrize("group", GROUPS)
def test_every_example_of_every_entry_says_what_it_should(group: str) -> None:
    wrong = [
        f"{entry.name}: {smiles} {'does not match' if expected else 'matches'}"
        for entry in load_lexicon().classes
        if entry.group == group
        for expected, examples in ((True, entry.matches), (False, entry.misses))
        for smiles in examples
        if is_member(entry, smiles) is not expected
    ]
    assert wrong == []


def test_the_lexicon_is_as_large_as_the_field_needs() -> None:
    assert len(load_lexicon().classes) >= 600


def test_every_ionised_pattern_is_also_a_pattern() -> None:
    assert all(set(entry.ionised) <= set(entry.patterns) and entry.patterns for entry in load_lexicon().classes)


def test_classes_that_name_an_ion_do_not_match_its_uncharged_form() -> None:
    entry = load_lexicon().find("carboxylic acid anion")
    assert entry is not None
    assert entry.level is Level.FLAT
    assert not is_member(entry, "CC(=O)O")


def test_an_uncharged_class_matches_its_ion_too() -> None:
    entry = load_lexicon().find("carboxylic acid")
    assert entry is not None
    assert is_member(entry, "CC(=O)[O-]")


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Carboxylic acids", "carboxylic acid"),
        ("carboxy groups", "carboxylic acid"),
        ("α,β-unsaturated ketones", "enone"),
        ("alpha,beta unsaturated ketone", "enone"),
        ("Sulphonamides", "sulfonamide"),
        ("primary-alcohol", "primary alcohol"),
        ("organochlorine compounds", "organochlorine compound"),
        ("pyridine derivatives", "pyridine"),
        ("imidazole moiety", "imidazole ring"),
        ("methoxy", "methoxy group"),
        ("methoxy substituents", "methoxy group"),
        ("γ‑lactones", "gamma-lactone"),
        ("(trifluoromethyl)benzenes", "(trifluoromethyl)benzene"),
        ("quinolines", "quinoline"),
    ],
)
def test_names_are_found_however_a_caption_spells_them(spelling: str, name: str) -> None:
    found = load_lexicon().find(spelling)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("unknown", ["", "   ", "plant metabolite", "group", "compound", "ester-like thing"])
def test_names_the_lexicon_does_not_know_are_none(unknown: str) -> None:
    assert load_lexicon().find(unknown) is None


def test_a_kind_word_never_turns_a_whole_molecule_class_into_a_part() -> None:
    lexicon = load_lexicon()
    assert lexicon.find("noble gas") is not None
    assert lexicon.find("noble gas moiety") is None


def test_a_ring_word_is_dropped_only_for_ring_classes() -> None:
    lexicon = load_lexicon()
    assert lexicon.find("coumarin skeleton") is lexicon.find("coumarin")
    assert lexicon.find("nitrile skeleton") is None


def test_every_surface_form_finds_its_own_class() -> None:
    lexicon = load_lexicon()
    assert [form for form, entry in lexicon.names.items() if lexicon.find(form) is not entry] == []


def lexicon_of(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    lexicon = read_lexicon(lexicon_of(tmp_path, own=ENTRY))
    found = lexicon.find("mercaptans")
    assert found is not None
    assert (found.name, found.level, found.scope) == ("thiol", Level.NEUTRAL, "part")


@pytest.mark.parametrize(
    ("second", "message"),
    [
        pytest.param(ENTRY, "'thiol' is already taken by a.toml, entry 1", id="same_name"),
        pytest.param(
            ENTRY.replace('"thiol"', '"thio alcohol"'), "'mercaptan' is already taken", id="synonym_of_another"
        ),
        pytest.param(
            ENTRY.replace('"thiol"', '"x"').replace("mercaptan", "THIOLS"), "'thiol' is already taken", id="plural"
        ),
        pytest.param(ENTRY.replace("[SX2H1]", "[SX2H1"), "cannot read the pattern", id="unreadable_pattern"),
        pytest.param(ENTRY.replace('patterns = ["[#6][SX2H1]"]', ""), "at least one SMARTS", id="no_pattern"),
        pytest.param(ENTRY.replace('group = "sulfur"', ""), "missing group", id="no_group"),
        pytest.param(ENTRY.replace('"CS", ', ""), "matches needs at least 2", id="one_example"),
        pytest.param(ENTRY + 'colour = "red"', "unknown colour", id="unknown_key"),
        pytest.param(ENTRY + 'level = "loose"', "level must be one of", id="unknown_level"),
        pytest.param(ENTRY + 'id = "7"', "id must be a positive whole number", id="unknown_id"),
        pytest.param(ENTRY + 'scope = "half"', "scope must be", id="unknown_scope"),
        pytest.param(ENTRY.replace('["mercaptan"]', '"mercaptan"'), "synonyms must be a list", id="not_a_list"),
        pytest.param("[[class", "is not TOML", id="not_toml"),
        pytest.param('[[klass]]\nname = "x"', "nothing but [[class]] tables", id="wrong_table"),
    ],
)
def test_a_broken_entry_is_refused_with_file_and_reason(tmp_path: Path, second: str, message: str) -> None:
    folder = lexicon_of(tmp_path, a=ENTRY, b=second)
    if "already taken" not in message:
        (folder / "a.toml").unlink()
    with pytest.raises(InputError) as refusal:
        read_lexicon(folder)
    assert message in str(refusal.value)
    assert "b.toml" in str(refusal.value)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \*\.toml file"):
        read_lexicon(tmp_path)


def test_the_version_follows_the_content(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = read_lexicon(lexicon_of(tmp_path / "one", own=ENTRY))
    two = read_lexicon(lexicon_of(tmp_path / "two", own=ENTRY.replace("CCS", "CCCS")))
    assert one.version != two.version
    assert load_lexicon() is load_lexicon()
    assert sorted(path.suffix for path in LEXICON_FOLDER.iterdir()) == [".toml"] * len(list(LEXICON_FOLDER.iterdir()))


def test_neither_order_nor_version_depends_on_the_file_an_entry_is_in(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first = ENTRY + "id = 1\n"
    second = ENTRY.replace('"thiol"', '"thio compound"').replace("mercaptan", "thio thing") + "id = 2\n"
    apart = read_lexicon(lexicon_of(tmp_path / "one", a=second, b=first))
    together = read_lexicon(lexicon_of(tmp_path / "two", c=second + first))
    assert [entry.name for entry in apart.classes] == ["thiol", "thio compound"]
    assert (apart.classes, apart.version) == (together.classes, together.version)


def test_an_id_given_twice_is_refused(tmp_path: Path) -> None:
    other = ENTRY.replace('"thiol"', '"thio compound"').replace("mercaptan", "thio thing")
    folder = lexicon_of(tmp_path, a=ENTRY + "id = 1", b=other + "id = 1")
    with pytest.raises(InputError, match=r"b\.toml.*the id 1 is already taken by a\.toml"):
        read_lexicon(folder)


def test_every_curated_class_has_an_id() -> None:
    assert all(entry.id for entry in load_lexicon().classes)


def test_what_was_read_once_is_read_from_the_cache_and_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own").mkdir()
    folder, cache = lexicon_of(tmp_path / "own", own=ENTRY), tmp_path / "cache"
    plain = read_lexicon(folder)
    first = read_lexicon(folder, cache=cache)
    (kept,) = cache.glob("lexicon-*.json")
    read_lexicon.cache_clear()

    def refuse(*_: object) -> None:
        raise AssertionError("the files were read again")

    with monkeypatch.context() as patch:
        patch.setattr("molreflect.tools.lexicon.classes._tables", refuse)
        again = read_lexicon(folder, cache=cache)
    assert first.classes == again.classes == plain.classes
    assert first.version == again.version == plain.version
    (folder / "own.toml").write_text(ENTRY.replace("CCS", "CCCS"))
    read_lexicon.cache_clear()
    assert read_lexicon(folder, cache=cache).classes != first.classes
    assert kept.is_file()
    assert len(list(cache.glob("lexicon-*.json"))) == 2


def test_a_cache_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    folder = lexicon_of(tmp_path / "own", own=ENTRY)
    (tmp_path / "file").write_text("")
    assert read_lexicon(folder, cache=tmp_path / "file").classes == read_lexicon(folder).classes
    (folder / "own.toml").write_text(ENTRY + '\n" ring" = true\n')
    read_lexicon.cache_clear()
    with pytest.raises(InputError, match="unknown  ring"):
        read_lexicon(folder)

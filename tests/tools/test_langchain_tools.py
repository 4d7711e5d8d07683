"""The chemistry tools as a model sees them: small JSON, mistakes as messages, bugs loud, the own pair left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool

from molreflect.tools.corpus import read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.evidence.corpus_evidence import CorpusEvidence
from molreflect.tools.langchain_tools import (
    MAX_ITEMS,
    PAIR_ID,
    build_alignment_tools,
    build_name_tool,
    build_naming_tool,
    build_similarity_tool,
)
from molreflect.tools.names.systematic import Namer
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.retrieval.index import Neighbour
from molreflect.tools.terms import PhraseKind

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
CAPTION = "The molecule is a member of benzoic acids and an acetate ester. It has a role as a plant hormone."
SMALL = 20_000
"""Characters a tool may answer with; a model has to read them."""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resources]:
    resources = open_resources(tmp_path_factory.mktemp("names"))
    yield resources
    resources.close()


@pytest.fixture(scope="module")
def resources(bare: Resources, tmp_path_factory: pytest.TempPathFactory) -> Resources:
    """A corpus in which just six pairs say "zorbane", all of them nitriles."""
    path = tmp_path_factory.mktemp("corpus") / "corpus.tsv"
    rows = [f"N{n}\t{'C' * (n + 2)}C#N\tThe molecule is a zorbane." for n in range(6)]
    rows += [f"B{n}\t{'C' * (n + 2)}O\tThe molecule is a primary alcohol." for n in range(18)]
    path.write_text("CID\tSMILES\tdescription\n" + "\n".join(rows) + "\n", encoding="utf-8")
    corpus = read_corpus(path)
    keys = {
        pair.id: {p.key for p in bare.reader.read(pair.caption) if p.kind is PhraseKind.STRUCTURE}
        for pair in corpus.pairs
    }
    return bare.with_evidence(CorpusEvidence(corpus, keys))


@pytest.fixture(scope="module")
def tools(resources: Resources) -> dict[str, BaseTool]:
    return {tool.name: tool for tool in build_alignment_tools(resources)}


def call(tool: BaseTool, *, pair_id: str | None = None, **arguments: Any) -> dict[str, Any]:
    config: RunnableConfig = {"configurable": {PAIR_ID: pair_id}} if pair_id is not None else {}
    answer = tool.invoke(arguments, config)
    assert isinstance(answer, str)
    assert len(answer) < SMALL
    return dict(json.loads(answer))


def test_every_tool_says_what_it_is_for_and_describes_every_argument(tools: dict[str, BaseTool]) -> None:
    assert set(tools) == {
        "read_caption", "look_up_phrases", "mine_fragments", "check_alignments", "find_substructure", "list_classes"
    }  # fmt: skip
    for tool in tools.values():
        assert len(tool.description) > 40
        for name, field in tool.args.items():
            assert field.get("description"), (tool.name, name)
            assert name not in ("config", "resources")


def test_a_caption_is_read_into_phrases_with_offsets(tools: dict[str, BaseTool]) -> None:
    phrases = call(tools["read_caption"], caption=CAPTION)["phrases"]
    assert {p["kind"] for p in phrases} == {"structure", "role"}
    assert all(CAPTION[p["start"] :].startswith(p["phrase"]) for p in phrases)


def test_phrases_are_looked_up_by_name(tools: dict[str, BaseTool]) -> None:
    found = call(tools["look_up_phrases"], names=["acetate ester", "2-methoxyphenol", "zorbane"])["readings"]
    assert found["acetate ester"][0]["source"] == "class"
    assert found["2-methoxyphenol"]
    assert found["zorbane"] == []


def test_ties_are_checked_in_their_order_with_reason_and_advice(tools: dict[str, BaseTool]) -> None:
    ties = [
        {"phrase": "acetate ester", "pattern": "CC(=O)O[#6]", "start": CAPTION.index("acetate")},
        {"phrase": "benzoic acids", "pattern": "C#N"},
        {"phrase": "plant hormone", "kind": "role"},
        {"phrase": "a pyridine", "pattern": "c1ccncc1"},
        {"phrase": "benzoic acids", "pattern": "C(C"},
    ]
    verdicts = call(tools["check_alignments"], alignments=ties, smiles=ASPIRIN, caption=CAPTION)["verdicts"]
    assert [(v["verdict"], v["reason"]) for v in verdicts] == [
        ("supported", "present_and_specific"), ("refuted", "absent"), ("unchecked", "role_or_origin"),
        ("refuted", "misquoted"), ("refuted", "unreadable"),
    ]  # fmt: skip
    assert all(v.get("message") for v in verdicts[1:])
    assert verdicts[0]["atoms"]


def test_patterns_are_found_and_one_bad_pattern_does_not_spoil_the_rest(tools: dict[str, BaseTool]) -> None:
    found = call(tools["find_substructure"], smiles=ASPIRIN, patterns=["c1ccccc1", "C#N", "C(C"])["patterns"]
    assert found["c1ccccc1"]["hits"] == 1
    assert found["C#N"] == {"hits": 0}
    assert "e.g." in found["C(C"]["error"]


def test_a_molecule_is_listed_by_its_classes(tools: dict[str, BaseTool]) -> None:
    classes = {c["name"]: c for c in call(tools["list_classes"], smiles=ASPIRIN)["classes"]}
    assert classes["carboxylic acid"]["atoms"]
    assert "nitrile" not in classes


def test_a_mined_fragment_leaves_the_own_pair_out(tools: dict[str, BaseTool]) -> None:
    mine = tools["mine_fragments"]
    assert call(mine, names=["zorbane"])["readings"]["zorbane"][0]["source"] == "mined"
    assert call(mine, names=["zorbane"], pair_id="N0")["readings"]["zorbane"]  # five others are enough
    assert call(mine, names=["zorbane"], pair_id="elsewhere")["readings"]["zorbane"]  # a pair from no corpus is fine


def test_a_checked_tie_leaves_the_own_pair_out(tools: dict[str, BaseTool], resources: Resources) -> None:
    caption = "The molecule is a zorbane."
    assert resources.evidence is not None
    ties = [{"phrase": "zorbane", "pattern": "C#N"}]
    verdicts = [
        call(tools["check_alignments"], alignments=ties, caption=caption, pair_id=pair_id)["verdicts"][0]["verdict"]
        for pair_id in (None, "N0", "elsewhere")
    ]
    assert verdicts == ["supported", "supported", "supported"]
    few = resources.evidence.tie("zorbane", "C#N", leave_out="N0")
    assert few.pairs_with_phrase == 5


def test_the_molecule_that_names_itself_is_no_reading_for_itself(bare: Resources, tmp_path: Path) -> None:
    path = tmp_path / "named.tsv"
    path.write_text("CID\tSMILES\tdescription\nQ1\tCCCC1CCC(C#N)CC1\tThe molecule is quuxorubine.\n", encoding="utf-8")
    bare.nomenclature.learn(read_corpus(path))
    look_up = next(t for t in build_alignment_tools(bare) if t.name == "look_up_phrases")
    assert call(look_up, names=["quuxorubine"], pair_id="Q1")["readings"]["quuxorubine"] == []


# ------------------------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("find_substructure", {"smiles": "C1CC", "patterns": ["C"]}, "not a SMILES"),
        ("list_classes", {"smiles": ""}, "empty"),
        ("check_alignments", {"alignments": [{"phrase": "x"}], "smiles": "C1CC"}, "not a SMILES"),
        ("look_up_phrases", {"names": ["x"] * (MAX_ITEMS + 1)}, "at most"),
        ("mine_fragments", {"names": ["x"] * (MAX_ITEMS + 1)}, "at most"),
        ("find_substructure", {"smiles": "C", "patterns": ["C"] * (MAX_ITEMS + 1)}, "at most"),
        ("check_alignments", {"alignments": [{"phrase": "x"}] * (MAX_ITEMS + 1)}, "at most"),
    ],
)
def test_an_argument_that_cannot_be_used_says_how_to_mend_it(
    tools: dict[str, BaseTool], name: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        tools[name].invoke(arguments)


def test_a_bug_is_not_mistaken_for_a_wrong_argument(
    tools: dict[str, BaseTool], resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(type(resources.nomenclature), "resolve", broken)
    with pytest.raises(ZeroDivisionError):
        tools["look_up_phrases"].invoke({"names": ["a name no lexicon has"]})


# --------------------------------------------------------------------------------------------------------------- bounds


def test_answers_stay_small_for_molecules_of_many_groups(tools: dict[str, BaseTool]) -> None:
    dextran = "O" + "C1OC(CO)C(O)C(O)C1O" * 30
    call(tools["list_classes"], smiles=dextran)
    found = call(tools["find_substructure"], smiles=dextran, patterns=["[OX2H1]"])["patterns"]["[OX2H1]"]
    assert found["hits"] > len(found["atoms"])
    ties = [{"phrase": "hydroxy", "pattern": "[#6][OX2H1]"}]
    verdict = call(tools["check_alignments"], alignments=ties, smiles=dextran)["verdicts"][0]
    assert len(verdict["atoms"]) <= 8


# ---------------------------------------------------------------------------------------------------------- other tools


def test_names_become_structures(bare: Resources) -> None:
    found = call(build_name_tool(bare), names=["2-methoxyphenol", "not a name at all"])["structures"]
    assert found["2-methoxyphenol"]["kind"] == "molecule"
    assert found["not a name at all"] is None


def test_a_molecule_is_named_with_the_atoms_of_every_part() -> None:
    with Namer() as namer:
        naming = call(build_naming_tool(namer), smiles="CCO")
    assert (naming["name"], naming["status"]) == ("ethanol", "named")
    assert {i for part in naming["parts"] for i in part["atoms"]} <= {0, 1, 2}


@pytest.mark.parametrize(("asked", "given"), [(-3, 1), (0, 1), (2, 2), (99, 10)])
def test_similar_molecules_are_bounded_whatever_is_asked(asked: int, given: int) -> None:
    seen: list[tuple[str, int]] = []

    def neighbours(smiles: str, k: int) -> list[Neighbour]:
        seen.append((smiles, k))
        return [Neighbour("P1", "CCO", "An alcohol.", 0.123456)]

    answer = call(build_similarity_tool(neighbours), smiles="CCN", k=asked)
    assert seen == [("CCN", given)]
    assert answer["similar"] == [{"id": "P1", "smiles": "CCO", "caption": "An alcohol.", "similarity": 0.1235}]


def test_a_molecule_is_not_listed_in_a_class_whose_conditions_it_fails(tools: dict[str, BaseTool]) -> None:
    names = {entry["name"] for entry in call(tools["list_classes"], smiles="CCCO")["classes"]}
    assert "primary alcohol" in names
    assert not {"one-carbon compound", "alkane", "chalcogen", "p-block element atom"} & names

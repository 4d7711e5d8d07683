"""The sample corpus and the gold set are sound by themselves: nothing of the project's chemistry is used here."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rdkit import Chem

from molreflect.tools.terms import PhraseKind, Reason, Verdict

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample.tsv"
GOLD = ROOT / "tests" / "data" / "gold.jsonl"

# Name, SMARTS and how many molecules of the corpus must have it for neighbours to be of use.
FAMILIES = [
    pytest.param("c1ccccc1C(=O)[OX2,OX1-]", 8, id="benzoates"),
    pytest.param("O=c1[c;R]c[o,c]c2ccccc12", 8, id="flavones-and-chromones"),
    pytest.param("[#6]1~[#7]~[#6]~[#6]2~[#7]~[#6]~[#7]~[#6]~2~[#7]~1", 10, id="purines"),
    pytest.param("[NX3,NX4+;!$(NC=O)][CX4;H1,H2]C(=O)[OX2H1,OX1-]", 15, id="amino-acids"),
    pytest.param("O=C([CX4]N)[NX3][CX4]C(=O)[OX2]", 3, id="peptides"),
    pytest.param("[CH2][CH2][CH2][CH2][CH2][CH2][CH2]C(=O)[OX2H1,OX1-]", 6, id="fatty-acids"),
    pytest.param("[OX2]1[CX4][CX4](O)[CX4](O)[CX4](O)[CX4]1", 8, id="pyranoses"),
    pytest.param("[#7]C1OC(CO)CC1", 6, id="nucleosides"),
    pytest.param("C1CCC2C(~C~1)~C~CC1C2CCC2CCCC12", 5, id="steroids"),
    pytest.param("O=C1CC2SCCN12", 5, id="penams"),
    pytest.param("O=C1CC2SCC=CN12", 2, id="cephems"),
    pytest.param("c1ccccc1S(=O)(=O)[NX3]", 5, id="benzenesulfonamides"),
    pytest.param("[NX3+](=O)[O-]", 4, id="nitro"),
    pytest.param("[#6][OX2H1]", 40, id="hydroxy"),
    pytest.param("[CX4;H1]([#6])([#6])[OX2H1]", 15, id="secondary-alcohols"),
    pytest.param("[#6][NX4+]([#6])([#6])[#6]", 4, id="quaternary-ammonium"),
    pytest.param("C(F)(F)F", 2, id="trifluoromethyl"),
    pytest.param("C#N", 1, id="nitrile"),
    pytest.param("[#6]SS[#6]", 2, id="disulfides"),
    pytest.param("C1OC1", 1, id="epoxide"),
    pytest.param("N=N", 1, id="azo"),
    pytest.param("C=N[OX2H1]", 1, id="oxime"),
    pytest.param("[$([SX3](=O)([#6])[#6]),$([SX4](=O)(=O)([#6])[#6])]", 3, id="sulfoxides-and-sulfones"),
    pytest.param("P(=O)(O)O", 4, id="phosphates"),
    pytest.param("c1cnccc1", 8, id="pyridines"),
    pytest.param("c1ccc2[nH]ccc2c1", 3, id="indoles"),
]


def read_rows() -> list[tuple[str, str, str]]:
    lines = SAMPLE.read_text(encoding="ascii").splitlines()
    assert lines[0] == "CID\tSMILES\tdescription"
    rows = [tuple(line.split("\t")) for line in lines[1:]]
    assert all(len(row) == 3 for row in rows)
    return rows  # type: ignore[return-value]


def read_gold() -> list[dict[str, Any]]:
    return [json.loads(line) for line in GOLD.read_text(encoding="ascii").splitlines()]


ROWS = read_rows()
MOLS = {id_: Chem.MolFromSmiles(smiles) for id_, smiles, _ in ROWS}


def test_the_sample_corpus_is_large_enough_and_its_ids_are_unique() -> None:
    ids = [id_ for id_, _, _ in ROWS]
    assert len(ids) >= 150
    assert len(set(ids)) == len(ids)


def test_every_smiles_is_read_as_it_stands_and_no_molecule_comes_twice() -> None:
    unread = [id_ for id_, mol in MOLS.items() if mol is None]
    assert unread == []
    keys = Counter(Chem.MolToInchiKey(mol) for mol in MOLS.values())
    assert [key for key, n in keys.items() if n > 1] == []
    assert not any("\\\\" in smiles for _, smiles, _ in ROWS)  # MolT5 doubles backslashes; this file does not


def test_captions_are_plain_sentences() -> None:
    for id_, _, caption in ROWS:
        assert caption.startswith("The molecule is "), id_
        assert caption.endswith("."), id_
        assert caption == caption.strip(), id_
        assert "  " not in caption, id_
        assert not re.search(r"[{}|\t]", caption), id_  # left over from the mark-up the captions were written in
        assert 14 <= len(caption.split()) <= 60, id_


@pytest.mark.parametrize(("smarts", "least"), FAMILIES)
def test_a_family_has_enough_members_for_neighbours(smarts: str, least: int) -> None:
    pattern = Chem.MolFromSmarts(smarts)
    members = [id_ for id_, mol in MOLS.items() if mol.HasSubstructMatch(pattern)]
    assert len(members) >= least, members


def test_salts_ions_zwitterions_and_enantiomers_are_present() -> None:
    charges = [Chem.GetFormalCharge(mol) for mol in MOLS.values()]
    assert sum(c > 0 for c in charges) >= 3
    assert sum(c < 0 for c in charges) >= 3
    assert sum("." in smiles for _, smiles, _ in ROWS) >= 3
    ammonium = Chem.MolFromSmarts("[N+;!$([N+]=*);!$([N+]-[O-])]")  # neither azide nor nitro
    anion = Chem.MolFromSmarts("[O-;$([O-]C=O),$([O-]P)]")
    zwitterions = [id_ for id_, mol in MOLS.items() if mol.HasSubstructMatch(ammonium) and mol.HasSubstructMatch(anion)]
    assert len(zwitterions) >= 3
    blocks = Counter(Chem.MolToInchiKey(mol)[:14] for mol in MOLS.values())
    assert sum(n > 1 for n in blocks.values()) >= 6  # pairs that differ in stereo or charge only


def test_gold_pairs_are_pairs_of_the_corpus_or_marked_as_false() -> None:
    corpus = {id_: (smiles, caption) for id_, smiles, caption in ROWS}
    for case in read_gold():
        if case["id"].startswith("F"):  # a caption that is wrong on purpose: nothing of it is listed as true
            assert case["phrases"] == []
            assert case["wrong"]
        else:
            assert (case["smiles"], case["caption"]) == corpus[case["id"]]


def test_gold_phrases_stand_at_their_offsets_and_do_not_overlap_within_a_kind() -> None:
    for case in read_gold():
        for kind in PhraseKind:
            end = 0
            for phrase in sorted((p for p in case["phrases"] if p["kind"] == kind), key=lambda p: p["start"]):
                assert case["caption"][phrase["start"] : phrase["end"]] == phrase["phrase"], case["id"]
                assert phrase["start"] >= end, (case["id"], phrase)
                end = phrase["end"]


def test_gold_atoms_are_sorted_unique_and_in_the_molecule() -> None:
    for case in read_gold():
        n_atoms = Chem.MolFromSmiles(case["smiles"]).GetNumAtoms()
        for phrase in case["phrases"]:
            for atoms in phrase["atoms"]:
                assert atoms == sorted(set(atoms)), (case["id"], phrase)
                assert atoms, (case["id"], phrase)
                assert 0 <= atoms[0] <= atoms[-1] < n_atoms, (case["id"], phrase)
            # Only a structural phrase that stands has atoms; a relation speaks of the whole molecule.
            assert bool(phrase["atoms"]) == (phrase["kind"] == "structure" and phrase["verdict"] == "supported"), phrase
            assert phrase["verdict"] in {Verdict.SUPPORTED, Verdict.UNCHECKED}


def test_the_gold_set_is_large_and_holds_every_kind_and_verdict() -> None:
    cases = read_gold()
    phrases = [p for case in cases for p in case["phrases"]]
    wrong = [w for case in cases for w in case["wrong"]]
    assert sum(bool(case["phrases"]) for case in cases) >= 70
    assert len(phrases) >= 220
    assert {p["kind"] for p in phrases} == set(PhraseKind)
    assert {p["verdict"] for p in phrases} | {w["verdict"] for w in wrong} == set(Verdict)


def test_wrong_ties_of_the_gold_set_are_wrong_for_the_reason_they_give() -> None:
    for case in read_gold():
        mol = Chem.MolFromSmiles(case["smiles"])
        for tie in case["wrong"]:
            assert tie["reason"] in tie["accept"]
            assert {Reason(r) for r in tie["accept"]}
            if tie["reason"] == Reason.MISQUOTED:
                assert tie["phrase"] not in case["caption"]
                continue
            assert case["caption"][tie["start"] : tie["end"]] == tie["phrase"]
            pattern = Chem.MolFromSmarts(tie["pattern"]) if tie["pattern"] else None
            if tie["reason"] == Reason.UNREADABLE:
                assert pattern is None, tie
            elif tie["reason"] == Reason.ABSENT:
                assert not mol.HasSubstructMatch(pattern), tie
            elif tie["reason"] == Reason.RELATION_FAILS:
                assert tie["pattern"] is None, tie
            else:
                assert mol.HasSubstructMatch(pattern), tie


def test_no_structural_claim_of_a_caption_is_refuted_and_nearly_all_are_supported() -> None:
    from molreflect.agents.models.lexicon_teacher import LexiconModel
    from molreflect.agents.teacher.agent import build_teacher
    from molreflect.graphs.alignment.graph import build_alignment_graph
    from molreflect.graphs.alignment.state import AlignmentContext, AlignmentState
    from molreflect.tools.corpus import read_corpus
    from molreflect.tools.langchain_tools import build_alignment_tools
    from molreflect.tools.resources import open_resources
    from molreflect.tools.terms import PhraseKind, Verdict, View

    resources = open_resources(None)
    teacher = build_teacher(LexiconModel(), build_alignment_tools(resources), name="lexicon")
    context = AlignmentContext(teacher=teacher, resources=resources)
    graph = build_alignment_graph(part="draft")
    refuted, supported, claims = [], 0, 0
    for pair in read_corpus(SAMPLE).pairs:
        state = AlignmentState(id=pair.id, view=View.PAIR, smiles=pair.smiles, caption=pair.caption)
        for alignment in graph.invoke(state, context=context)["drafted"]:
            if alignment.kind is PhraseKind.STRUCTURE:
                claims += 1
                supported += alignment.verdict is Verdict.SUPPORTED
            if alignment.verdict is Verdict.REFUTED:
                refuted.append((pair.id, alignment.phrase, alignment.reason.value))
    assert refuted == []
    assert supported >= 0.9 * claims
